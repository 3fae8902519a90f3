//! The tables: one definition each, from which the frames' schema, the contract check, the
//! dictionary and the documentation come.
//!
//! Names of tables are singular, columns snake_case. Dates are `Date`, codes are text (leading
//! zeros live), units stand in a unit column or in the column's name. Null means "not stated";
//! zero means zero; a suppressed value has a status.

mod area;
mod area_alias;
mod area_code;
mod check;
mod claim;
mod conflict;
mod country_rule;
mod crime;
mod crime_label;
mod database;
mod dictionary;
mod document;
mod event;
mod figure;
mod finding;
mod hit;
mod indicator;
mod marker;
mod mention;
mod observation;
mod occurrence;
mod organisation;
mod quarantine;
mod record;
mod relation;
mod residue;
mod statement;
mod unit;

pub use conflict::CAUSES;
pub use dictionary::{json, markdown};
pub use hit::GRADES;

/// A table's definition.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Name, singular.
    pub name: &'static str,
    /// What it is for, in one line.
    pub title: &'static str,
    /// What one row is.
    pub row_is: &'static str,
    /// The columns whose values together name a row. Rows are sorted by them.
    pub key: &'static [&'static str],
    /// The table's own columns, in order.
    pub columns: &'static [Column],
    /// Whether the rows carry `document_id`, `source` and a locator.
    pub provenance: Provenance,
}

/// What a table's rows know of where they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// Nothing: reference lists and derived rows.
    None,
    /// Document, source and locator; the named column holds the text printed at the locator.
    At(&'static str),
    /// Document, source and locator; the locator is the whole row or document.
    Whole,
}

/// A column's definition.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name, snake_case.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// Whether null is allowed, and means "not stated".
    pub nullable: bool,
    /// Unit of the values, where the column has one.
    pub unit: Option<&'static str>,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// What values are allowed beyond the type.
    pub rule: Rule,
    /// Whether its texts are about a person: they are shown nowhere but in the table itself.
    pub personal: bool,
}

/// A column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Signed integer, 64 bit.
    Int,
    /// Unsigned integer, 64 bit.
    UInt,
    /// Unsigned integer, 32 bit.
    UInt32,
    /// Floating point, 64 bit.
    Float,
    /// True or false.
    Bool,
    /// Calendar day.
    Date,
    /// Moment, UTC, microseconds.
    Time,
}

/// What values a column allows beyond its type. Null is judged by `nullable` alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Anything of the type.
    Any,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Text that this regular expression matches as a whole.
    Matches(&'static str),
    /// A number from the first to the second, both allowed.
    Range(f64, f64),
    /// A value that stands in this column of this table.
    References(&'static str, &'static str),
}

impl Column {
    const fn new(name: &'static str, kind: Kind, meaning: &'static str) -> Self {
        Self { name, kind, nullable: false, unit: None, meaning, rule: Rule::Any, personal: false }
    }

    const fn text(name: &'static str, meaning: &'static str) -> Self {
        Self::new(name, Kind::Text, meaning)
    }

    const fn date(name: &'static str, meaning: &'static str) -> Self {
        Self::new(name, Kind::Date, meaning)
    }

    const fn float(name: &'static str, meaning: &'static str) -> Self {
        Self::new(name, Kind::Float, meaning)
    }

    const fn optional(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    const fn personal(mut self) -> Self {
        self.personal = true;
        self
    }

    const fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    const fn one_of(self, words: &'static [&'static str]) -> Self {
        self.rule(Rule::OneOf(words))
    }

    const fn refers(self, table: &'static str, column: &'static str) -> Self {
        self.rule(Rule::References(table, column))
    }
}

/// Names of the provenance columns, in order.
pub const DOCUMENT_ID: &str = "document_id";
/// The pipeline's name for the source.
pub const SOURCE: &str = "source";
/// Locator: column name, sheet name or JSON pointer.
pub const LOC_PART: &str = "loc_part";
/// Locator: line, row or page.
pub const LOC_ROW: &str = "loc_row";
/// Locator: column number of a cell.
pub const LOC_COL: &str = "loc_col";
/// Locator: first byte.
pub const LOC_START: &str = "loc_start";
/// Locator: one past the last byte.
pub const LOC_END: &str = "loc_end";

const PROVENANCE: &[Column] = &[
    Column::text(DOCUMENT_ID, "SHA-256 of the archived bytes this row was read from")
        .rule(Rule::Matches("[0-9a-f]{64}")),
    Column::text(SOURCE, "the pipeline file's id of the source"),
    Column::text(LOC_PART, "locator: column name, sheet name or JSON pointer").optional(),
    Column::new(LOC_ROW, Kind::UInt, "locator: line, row or page, from 1").optional(),
    Column::new(LOC_COL, Kind::UInt32, "locator: column number of a workbook cell, from 1").optional(),
    Column::new(LOC_START, Kind::UInt, "locator: first byte in the archived document").optional(),
    Column::new(LOC_END, Kind::UInt, "locator: one past the last byte in the archived document").optional(),
];

/// A row's marking as text: TLP label, handling code, 4x4 grading.
const MARKING: Column = Column::text(
    "marking",
    "marking on three axes: TLP 2.0, handling code H0-H3, 4x4 grading (for example `TLP:AMBER H2 B2`)",
)
.rule(Rule::Matches("TLP:(CLEAR|GREEN|AMBER|AMBER\\+STRICT|RED)( H[0-3])?( [ABCX][1-4])?"));

/// Every table, reference lists first.
pub const ALL: &[&Table] = &[
    &area::TABLE,
    &area_alias::TABLE,
    &area_code::TABLE,
    &country_rule::TABLE,
    &crime::TABLE,
    &crime_label::TABLE,
    &database::TABLE,
    &indicator::TABLE,
    &marker::TABLE,
    &organisation::TABLE,
    &unit::TABLE,
    &document::TABLE,
    &observation::TABLE,
    &figure::TABLE,
    &finding::TABLE,
    &mention::TABLE,
    &statement::TABLE,
    &event::TABLE,
    &relation::TABLE,
    &residue::TABLE,
    &occurrence::TABLE,
    &claim::TABLE,
    &record::TABLE,
    &check::TABLE,
    &hit::TABLE,
    &conflict::TABLE,
    &quarantine::TABLE,
];

/// The reference lists, kept as CSV files beside the pipelines: the first tables of [`ALL`].
pub const REFERENCE: &[&Table] = ALL.split_at(11).0;

/// The table of this name.
pub fn find(name: &str) -> Option<&'static Table> {
    ALL.iter().copied().find(|table| table.name == name)
}

impl Table {
    /// All columns in order: the table's own, then the provenance columns where it has them.
    pub fn all_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        let provenance = if self.provenance == Provenance::None { &[] } else { PROVENANCE };
        self.columns.iter().chain(provenance)
    }

    /// The definition of a column.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.all_columns().find(|column| column.name == name)
    }

    /// The column whose text is printed at the row's locator.
    pub fn located_text(&self) -> Option<&'static str> {
        match self.provenance {
            Provenance::At(column) => Some(column),
            Provenance::None | Provenance::Whole => None,
        }
    }
}

impl Kind {
    /// The word used in dictionaries.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int => "int64",
            Self::UInt => "uint64",
            Self::UInt32 => "uint32",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Time => "timestamp (UTC, µs)",
        }
    }

    /// The Frictionless Table Schema type.
    pub const fn frictionless(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Int | Self::UInt | Self::UInt32 => "integer",
            Self::Float => "number",
            Self::Bool => "boolean",
            Self::Date => "date",
            Self::Time => "datetime",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn definitions_hold_together() {
        let mut names = BTreeSet::new();
        for table in ALL {
            assert!(names.insert(table.name), "two tables named {}", table.name);
            let mut columns = BTreeSet::new();
            for column in table.all_columns() {
                assert!(columns.insert(column.name), "{}.{} twice", table.name, column.name);
                assert!(!column.meaning.is_empty(), "{}.{} has no meaning", table.name, column.name);
                match column.rule {
                    Rule::References(other, target) => {
                        let other =
                            find(other).unwrap_or_else(|| panic!("{}.{} refers to no table", table.name, column.name));
                        assert!(other.column(target).is_some(), "{}.{} refers to no column", table.name, column.name);
                    }
                    Rule::Matches(pattern) => assert!(regex::Regex::new(pattern).is_ok(), "{pattern}"),
                    Rule::Range(low, high) => assert!(low <= high),
                    Rule::OneOf(words) => assert!(!words.is_empty()),
                    Rule::Any => {}
                }
            }
            for key in table.key {
                assert!(columns.contains(key), "{} has no key column {key}", table.name);
            }
            assert!(!table.key.is_empty(), "{} has no key", table.name);
            if let Some(text) = table.located_text() {
                assert_eq!(table.column(text).map(|c| c.kind), Some(Kind::Text), "{}", table.name);
            }
        }
    }

    #[test]
    fn reference_lists_end_where_published_tables_begin() {
        assert_eq!(REFERENCE.last().map(|t| t.name), Some("unit"));
        assert!(REFERENCE.iter().all(|table| table.provenance == Provenance::None));
    }
}
