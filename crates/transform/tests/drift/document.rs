//! A published document taken apart into rows of cells, so that it can be changed and written again.

use encoding_rs::{Encoding, UTF_8};
use quipu_schema::pipeline::{Observe, Origin, Pick, Source};
use serde_json::Value;

/// A cell, as its format holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    /// A number of a workbook's own, or of JSON.
    Number(String),
    /// A date of a workbook's own, in ISO 8601.
    Date(String),
    /// What JSON holds besides: null, lists, truth values.
    Other(Value),
}

impl Cell {
    pub(crate) fn blank() -> Self {
        Self::Text(String::new())
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Date(text) => text.clone(),
            Self::Other(Value::Null) => String::new(),
            Self::Other(value) => value.to_string(),
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text().trim().is_empty()
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

pub(crate) type Row = Vec<Cell>;

/// What the mapping does with a column.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a column may be several of these at once")]
pub(crate) struct Role {
    /// Its name in the file as published.
    pub(crate) name: String,
    /// Holds values.
    pub(crate) value: bool,
    /// Is a part of the period.
    pub(crate) period: bool,
    /// Is a whole date.
    pub(crate) date: bool,
    /// Is looked up in a list or a map.
    pub(crate) coded: bool,
    /// Names a row with its label as printed.
    pub(crate) verbatim: bool,
    /// Decides which rows are read.
    pub(crate) filter: bool,
    /// Has a meaning for blanks.
    pub(crate) blank: bool,
    /// Is required in the header.
    pub(crate) wanted: bool,
}

impl Role {
    /// Names a row, by whatever way.
    pub(crate) fn is_key(&self) -> bool {
        self.period || self.coded || self.verbatim
    }
}

/// How fields are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    Needed,
    Texts,
    All,
}

/// How the document is written.
#[derive(Debug, Clone)]
pub(crate) enum Format {
    Text {
        delimiter: char,
        quotes: Quotes,
        end: &'static str,
        mark: bool,
        encoding: &'static Encoding,
    },
    Book {
        sheet: String,
        /// Further sheets: name, rows, hidden, before the first.
        sheets: Vec<(String, Vec<Row>, bool, bool)>,
    },
    Json {
        /// The document without its records.
        envelope: Value,
        pointer: String,
        pretty: bool,
        lines: bool,
    },
}

/// A document taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// Name of the file.
    pub(crate) name: String,
    pub(crate) above: Vec<Row>,
    pub(crate) header: Vec<Row>,
    pub(crate) body: Vec<Row>,
    pub(crate) below: Vec<Row>,
    /// One by column of the header.
    pub(crate) roles: Vec<Role>,
    pub(crate) format: Format,
    /// Whether records are added up.
    pub(crate) adds: bool,
}

impl Draft {
    /// The names of the columns.
    pub(crate) fn names(&self) -> Vec<String> {
        self.header.last().map(|row| row.iter().map(Cell::text).collect()).unwrap_or_default()
    }

    /// The columns of which this holds.
    pub(crate) fn columns(&self, test: impl Fn(&Role) -> bool) -> Vec<usize> {
        (0..self.roles.len()).filter(|at| test(&self.roles[*at])).collect()
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.format, Format::Text { .. })
    }

    pub(crate) fn is_json(&self) -> bool {
        matches!(self.format, Format::Json { .. })
    }

    /// The cell of a body row; blank where the row is shorter.
    pub(crate) fn cell(&self, row: usize, column: usize) -> String {
        self.body[row].get(column).map(Cell::text).unwrap_or_default()
    }

    /// The labels of a column of the body, each once, in order.
    pub(crate) fn labels(&self, column: usize) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        for row in 0..self.body.len() {
            let label = self.cell(row, column);
            if !label.trim().is_empty() && !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    }

    /// Inserts a column before another one.
    pub(crate) fn insert_column(&mut self, at: usize, name: &str, cell: impl Fn(usize, &Row) -> Cell) {
        for row in &mut self.header {
            row.insert(at.min(row.len()), name.into());
        }
        for (number, row) in self.body.iter_mut().enumerate() {
            if row.is_empty() {
                continue;
            }
            let cell = cell(number, row);
            row.insert(at.min(row.len()), cell);
        }
        for row in self.below.iter_mut().filter(|row| row.len() > at) {
            row.insert(at, Cell::blank());
        }
        self.roles.insert(at, Role { name: name.to_owned(), ..Role::default() });
    }

    /// Takes a column out.
    pub(crate) fn remove_column(&mut self, at: usize) {
        for row in self.header.iter_mut().chain(&mut self.body).chain(&mut self.below) {
            if row.len() > at {
                row.remove(at);
            }
        }
        self.roles.remove(at);
    }
}

/// The roles of these columns in the mapping of a source.
pub(crate) fn roles(observe: &Observe, names: &[String]) -> Vec<Role> {
    let mut roles: Vec<Role> = names.iter().map(|name| Role { name: name.clone(), ..Role::default() }).collect();
    let mut note = |column: &str, set: &dyn Fn(&mut Role)| {
        if let Some(at) = names.iter().position(|name| folded(name) == folded(column)) {
            set(&mut roles[at]);
            roles[at].wanted = true;
        }
    };
    let mut origin = |origin: &Origin, verbatim: bool| {
        let Origin::Read(take) = origin else { return };
        let coded = take.codes.is_some() || !take.map.is_empty() || take.extract.is_some();
        let printed = verbatim && !coded;
        for name in origin.wanted().iter().flatten() {
            note(name, &|role| {
                role.coded |= !printed;
                role.verbatim |= printed;
                role.blank |= take.default.is_some() || take.map.iter().any(|(from, _)| from.is_empty());
            });
        }
    };
    observe.columns.iter().for_each(|(_, own)| origin(own, false));
    observe.breakdown.iter().for_each(|(_, own)| origin(own, true));
    for measure in &observe.measures {
        measure.columns.iter().for_each(|(_, own)| origin(own, false));
        measure.breakdown.iter().for_each(|(_, own)| origin(own, true));
    }
    for (part, own) in observe.period.parts() {
        for name in own.wanted().iter().flatten() {
            let date = part == quipu_schema::pipeline::PeriodPart::Date;
            note(name, &|role| (role.period, role.date) = (true, date));
        }
    }
    for filter in &observe.filters {
        note(&filter.column.value, &|role| role.filter = true);
    }
    for measure in &observe.measures {
        match &measure.values {
            Pick::Names(columns) => columns.iter().for_each(|column| note(&column.value, &|role| role.value = true)),
            Pick::Pattern(pattern) => {
                let pattern = regex::Regex::new(&format!("^(?:{})$", pattern.value)).expect("a pattern");
                for (at, name) in names.iter().enumerate().filter(|(_, name)| pattern.is_match(name)) {
                    let _ = name;
                    roles[at].value = true;
                }
                return roles;
            }
            Pick::Rows => {}
        }
    }
    roles
}

pub(crate) fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Takes a document apart as a source reads it.
pub(crate) fn take_apart(source: &Source, observe: &Observe, name: &str, bytes: &[u8]) -> Draft {
    let (rows, format) = if bytes.starts_with(b"PK") || bytes.starts_with(b"\xd0\xcf") {
        crate::workbook::read(bytes, observe)
    } else if source_is_json(source) {
        crate::json::read(source, bytes)
    } else {
        crate::text::read(bytes, observe)
    };
    let wanted = wanted(observe);
    let is_header = |row: &Row| {
        let texts: Vec<String> = row.iter().map(|cell| folded(&cell.text())).collect();
        wanted.iter().all(|name| texts.contains(name))
    };
    let at = rows.iter().position(is_header).expect("a header");
    let names: Vec<String> = rows[at].iter().map(Cell::text).collect();
    let footer = observe.footer.as_ref().map(|p| regex::Regex::new(&format!("^(?:{})$", p.value)).expect("pattern"));
    let begins = |row: &Row| {
        let first = row.iter().map(Cell::text).find(|text| !text.trim().is_empty());
        footer.as_ref().zip(first).is_some_and(|(footer, first)| footer.is_match(first.trim()))
    };
    let end = rows[at + 1..].iter().position(begins).map_or(rows.len(), |found| at + 1 + found);
    let roles = roles(observe, &names);
    let adds = observe.aggregate || observe.measures.iter().any(|measure| matches!(measure.values, Pick::Rows));
    Draft {
        name: name.to_owned(),
        above: rows[..at].to_vec(),
        header: vec![rows[at].clone()],
        body: rows[at + 1..end].to_vec(),
        below: rows[end..].to_vec(),
        roles,
        format,
        adds,
    }
}

fn source_is_json(source: &Source) -> bool {
    let quipu_schema::pipeline::Reader::Cells(layout) = &source.reader else { return false };
    layout.format == Some(quipu_schema::pipeline::Format::Json)
}

/// The names that the header must have, folded.
pub(crate) fn wanted(observe: &Observe) -> Vec<String> {
    let mut origins: Vec<&Origin> = observe.period.parts().map(|(_, origin)| origin).collect();
    origins.extend(observe.columns.iter().map(|(_, origin)| origin));
    origins.extend(observe.breakdown.iter().map(|(_, origin)| origin));
    let mut names: Vec<String> = origins.iter().flat_map(|o| o.columns()).map(|c| folded(&c.value)).collect();
    for measure in &observe.measures {
        if let Pick::Names(columns) = &measure.values {
            names.extend(columns.iter().map(|column| folded(&column.value)));
        }
    }
    names
}

/// The document as bytes.
pub(crate) fn write(draft: &Draft) -> Vec<u8> {
    match &draft.format {
        Format::Text { .. } => crate::text::write(draft),
        Format::Book { .. } => crate::workbook::write(draft),
        Format::Json { .. } => crate::json::write(draft),
    }
}

/// The default format of a text.
pub(crate) const fn plain(delimiter: char, encoding: &'static Encoding, mark: bool) -> Format {
    Format::Text { delimiter, quotes: Quotes::Needed, end: "\n", mark, encoding }
}

/// UTF-8 without a mark.
pub(crate) const fn utf_8(delimiter: char) -> Format {
    plain(delimiter, UTF_8, false)
}
