//! `[source.observe]`: how a table of figures becomes observations.

use super::origin::Origin;
use super::section::{Placed, Section};
use crate::table;

/// How a table of figures becomes observations.
#[derive(Debug, Clone)]
pub struct Observe {
    /// Columns of `observation` that come from one text, by name, unless a measure says otherwise.
    pub columns: Vec<(&'static str, Origin)>,
    /// Further dimensions, by name.
    pub breakdown: Vec<(String, Origin)>,
    /// The period of a value.
    pub period: Period,
    /// The columns that hold values, at least one measure.
    pub measures: Vec<Measure>,
    /// Rows to leave out, and rows to leave in, in order.
    pub filters: Vec<Filter>,
    /// Columns in which a blank repeats the text above.
    pub fill_down: Vec<Placed<String>>,
    /// What the first text of the first row below the body matches: from there on nothing is read.
    pub footer: Option<Placed<String>>,
    /// Source columns that are knowingly not read, by name.
    pub ignore: Vec<Placed<String>>,
    /// Source columns that are knowingly not read, by regular expression.
    pub ignore_matching: Vec<Placed<String>>,
    /// Source columns whose texts are about persons.
    pub personal: Vec<Placed<String>>,
    /// Which rows add up others.
    pub totals: Option<Totals>,
    /// Whether the values of records with the same key are added up.
    pub aggregate: bool,
    /// Sums below this are not published, but suppressed.
    pub suppress_below: Option<u64>,
    /// Whether a missing value becomes a row without value (and with a status) or is left out.
    pub publish_missing: bool,
}

/// One or more value columns with the same meaning.
#[derive(Debug, Clone)]
pub struct Measure {
    /// Which columns.
    pub values: Pick,
    /// Columns of `observation` that differ from the rest of the mapping.
    pub columns: Vec<(&'static str, Origin)>,
    /// Further dimensions of this measure only.
    pub breakdown: Vec<(String, Origin)>,
}

/// Which source columns.
#[derive(Debug, Clone)]
pub enum Pick {
    /// These, all of them required.
    Names(Vec<Placed<String>>),
    /// All whose header this regular expression matches as a whole; at least one.
    Pattern(Placed<String>),
    /// None: every record counts one.
    Rows,
}

/// Where the period of a value is read.
#[derive(Debug, Clone, Default)]
pub struct Period {
    /// The whole period (`2019`, `2003m1`, `2019-03`, `2019-03-21`, `21/03/2019`).
    pub date: Option<Origin>,
    /// In which order a date of three numbers is printed; without it the dates have to prove it.
    pub order: Option<DateOrder>,
    /// The year; a whole period too, where it stands alone.
    pub year: Option<Origin>,
    /// The quarter.
    pub quarter: Option<Origin>,
    /// The month, as number or name.
    pub month: Option<Origin>,
    /// The day of the month.
    pub day: Option<Origin>,
    /// SDMX frequency that a finer period is widened to.
    pub freq: Option<&'static str>,
}

/// In which order a date of three numbers is printed, where its year does not stand first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// `21/03/2019`, as almost everywhere.
    #[default]
    DayFirst,
    /// `03/21/2019`, as in the United States.
    MonthFirst,
}

impl Period {
    /// The parts that are read, each with what it is.
    pub fn parts(&self) -> impl Iterator<Item = (PeriodPart, &Origin)> {
        [
            (PeriodPart::Date, &self.date),
            (PeriodPart::Year, &self.year),
            (PeriodPart::Quarter, &self.quarter),
            (PeriodPart::Month, &self.month),
            (PeriodPart::Day, &self.day),
        ]
        .into_iter()
        .filter_map(|(part, origin)| origin.as_ref().map(|origin| (part, origin)))
    }
}

/// A part of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeriodPart {
    /// The whole.
    Date,
    /// The year.
    Year,
    /// The quarter.
    Quarter,
    /// The month.
    Month,
    /// The day of the month.
    Day,
}

/// Rows to leave out, or to leave in.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Source column that decides.
    pub column: Placed<String>,
    /// Whether the rows that match stay and all others go.
    pub keep: bool,
    /// Texts that match, whatever their case and outer spaces.
    pub equals: Vec<String>,
    /// Texts that match, as a regular expression for the whole, whatever their case.
    pub matches: Option<String>,
    /// Whether a blank matches.
    pub blank: bool,
    /// Name of the rule in the account; default `drop:COLUMN` or `keep:COLUMN`.
    pub rule: String,
}

/// Which rows add up others.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Source column that decides.
    pub column: Placed<String>,
    /// A code that others extend with this separator is their sum (`28` of `28_1`).
    pub separator: Option<String>,
    /// Labels of totals, whatever their case and outer spaces.
    pub labels: Vec<String>,
    /// Whether a label is a total where its values are always the sum of the others'.
    pub proof: bool,
}

/// Columns of `observation` that one text gives, and what each is for.
const COLUMNS: [(&str, &str); 10] = [
    ("dataset", "the publication, for example \"WDI\""),
    ("indicator", "what is measured, a code of indicator.csv"),
    ("crime", "ICCS code"),
    ("ref_area", "the area, for example { column = \"Country Code\", codes = \"area\" }"),
    ("freq", "SDMX frequency: \"A\", \"M\" …"),
    ("sex", "SDMX sex: \"_T\", \"M\", \"F\""),
    ("age", "age group"),
    ("unit", "unit of the value, a code of unit.csv"),
    ("obs_status", "SDMX status of values that are there; default \"A\""),
    ("vintage", "edition of the publication"),
];

const REQUIRED: [&str; 4] = ["dataset", "indicator", "ref_area", "unit"];

impl Observe {
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let columns = read_columns(section);
        let breakdown = read_breakdown(section);
        let period = read_period(section);
        let mut measures = Vec::new();
        if let Some(values) = Pick::read(section, "values") {
            measures.push(Measure { values, columns: Vec::new(), breakdown: Vec::new() });
        }
        for block in section.sections("measure") {
            let values = Pick::read(&block, "values");
            if values.is_none() && !block.has("values") {
                block.missing("values", "the column or columns that hold the values");
            }
            let (columns, breakdown) = (read_columns(&block), read_breakdown(&block));
            measures.extend(values.map(|values| Measure { values, columns, breakdown }));
            block.finish();
        }
        if measures.is_empty() && !section.has("values") && !section.has("measure") {
            section.missing("values", "the column or columns that hold the values");
        }
        for (name, what) in COLUMNS {
            let given = columns.iter().any(|(column, _)| *column == name)
                || (!measures.is_empty()
                    && measures.iter().all(|m| m.columns.iter().any(|(column, _)| *column == name)));
            if REQUIRED.contains(&name) && !given && !section.has(name) {
                section.missing(name, what);
            }
        }
        let mut filters: Vec<Filter> =
            section.sections("drop").into_iter().filter_map(|block| Filter::read(block, false)).collect();
        filters.extend(section.sections("keep").into_iter().filter_map(|block| Filter::read(block, true)));
        let (ignore, ignore_matching) = read_ignore(section);
        let totals = section.section("totals").and_then(Totals::read);
        let missing = section.one_of("missing_values", &[("publish", true), ("ignore", false)]);
        Some(Self {
            columns,
            breakdown,
            period: period?,
            measures,
            filters,
            fill_down: section.texts("fill_down"),
            footer: section.pattern("footer"),
            ignore,
            ignore_matching,
            personal: section.texts("personal"),
            totals,
            aggregate: section.flag("aggregate").unwrap_or_default(),
            suppress_below: section.number("suppress_below", 1..=1_000_000),
            publish_missing: missing.unwrap_or(true),
        })
    }
}

impl Observe {
    /// Whether the values of records are added up: because the mapping says so, or because records that
    /// count one each are never published one by one.
    pub fn adds(&self) -> bool {
        self.aggregate || self.measures.iter().any(|measure| matches!(measure.values, Pick::Rows))
    }
}

fn read_columns(section: &Section<'_, '_>) -> Vec<(&'static str, Origin)> {
    let table = table::find("observation");
    let mut columns = Vec::new();
    for (name, _) in COLUMNS {
        if let Some(origin) = Origin::read(section, name) {
            if let Some(column) = table.and_then(|t| t.column(name)) {
                origin.check_constant(section.findings(), column);
            }
            columns.push((name, origin));
        }
    }
    columns
}

fn read_breakdown(section: &Section<'_, '_>) -> Vec<(String, Origin)> {
    let entries = section.entries("breakdown");
    entries
        .into_iter()
        .filter_map(|(name, value)| {
            Origin::from_value(section.findings(), value, &name.value).map(|origin| (name.value, origin))
        })
        .collect()
}

/// Names, or `{ pattern = "…" }`, or a list of both.
fn read_ignore(section: &Section<'_, '_>) -> (Vec<Placed<String>>, Vec<Placed<String>>) {
    let Some(value) = section.value("ignore") else { return (Vec::new(), Vec::new()) };
    if !value.get_ref().is_table() {
        return (section.texts("ignore"), section.texts("ignore_matching"));
    }
    let Some(block) = section.section("ignore") else { return (Vec::new(), Vec::new()) };
    let pattern = block.required_pattern("pattern", "a regular expression that headers match as a whole");
    let names = block.texts("names");
    block.finish();
    (names, pattern.into_iter().collect())
}

fn read_period(section: &Section<'_, '_>) -> Option<Period> {
    const EXAMPLE: &str = "for example `period = { year = { column = \"Year\" } }`";
    let Some(block) = section.section("period") else {
        if !section.has("period") {
            section.missing("period", EXAMPLE);
        }
        return None;
    };
    let order = [("dmy", DateOrder::DayFirst), ("ymd", DateOrder::DayFirst), ("mdy", DateOrder::MonthFirst)];
    let period = Period {
        date: Origin::read(&block, "date"),
        order: block.one_of("order", &order),
        year: Origin::read(&block, "year"),
        quarter: Origin::read(&block, "quarter"),
        month: Origin::read(&block, "month"),
        day: Origin::read(&block, "day"),
        freq: block.one_of("freq", &["A", "Q", "M", "D"].map(|freq| (freq, freq))),
    };
    let parts: Vec<PeriodPart> = period.parts().map(|(part, _)| part).collect();
    let good = matches!(
        parts.as_slice(),
        [PeriodPart::Date | PeriodPart::Year]
            | [PeriodPart::Year, PeriodPart::Quarter | PeriodPart::Month]
            | [PeriodPart::Year, PeriodPart::Month, PeriodPart::Day]
    );
    let given = ["date", "year", "quarter", "month", "day"].iter().any(|key| block.has(key));
    if !given {
        block.missing("year", "where the year (or the whole period) is read");
    } else if !good && parts.len() == block.count(&["date", "year", "quarter", "month", "day"]) {
        let help = "give `date`, or `year` alone or with `quarter`, with `month`, or with `month` and `day`".to_owned();
        block.findings().report(block.span(), "these parts make no period", Some(help));
    }
    block.finish();
    good.then_some(period)
}

impl Pick {
    fn read(section: &Section<'_, '_>, key: &'static str) -> Option<Self> {
        let value = section.value(key)?;
        if value.get_ref().is_table() {
            let block = section.section(key)?;
            if block.has("rows") {
                let rows = block.flag("rows") == Some(true);
                block.finish();
                return rows.then_some(Self::Rows);
            }
            let pattern = block.required_pattern("pattern", "a regular expression that value headers match as a whole");
            block.finish();
            return pattern.map(Self::Pattern);
        }
        let names = section.texts(key);
        (!names.is_empty()).then_some(Self::Names(names))
    }
}

impl Filter {
    fn read(section: Section<'_, '_>, keep: bool) -> Option<Self> {
        let column = section.required_text("column", "the source column that decides");
        let equals: Vec<String> = section.texts("equals").into_iter().map(|t| t.value).collect();
        let matches = section.pattern("matches");
        let blank = section.flag("blank").unwrap_or_default();
        if equals.is_empty() && !section.has("matches") && !blank {
            section
                .missing("equals", "the texts that decide (or `matches` with a regular expression, or `blank = true`)");
        }
        let rule = section.text("rule").map(|t| t.value);
        section.finish();
        let column = column?;
        let word = if keep { "keep" } else { "drop" };
        let rule = rule.unwrap_or_else(|| format!("{word}:{}", column.value));
        Some(Self { column, keep, equals, matches: matches.map(|m| m.value), blank, rule })
    }
}

impl Totals {
    fn read(section: Section<'_, '_>) -> Option<Self> {
        let column = section.required_text("column", "the source column that tells totals");
        let separator = section.text("separator").map(|t| t.value);
        let labels: Vec<String> = section.texts("labels").into_iter().map(|t| t.value).collect();
        if separator.as_deref() == Some("") {
            let help = Some("write what parts a code from its parent's, such as \"_\"".to_owned());
            section.findings().report(section.span(), "an empty `separator` makes every code a total", help);
        }
        let proof = section.flag("proof").unwrap_or_default();
        if separator.is_none() && labels.is_empty() && !proof {
            section
                .missing("separator", "what parts a code from its parent's (or `labels` of totals, or `proof = true`)");
        }
        section.finish();
        Some(Self { column: column?, separator, labels, proof })
    }
}
