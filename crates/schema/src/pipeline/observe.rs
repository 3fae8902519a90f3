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
    /// Rows to leave out, in order.
    pub drop: Vec<Filter>,
    /// Source columns that are knowingly not read.
    pub ignore: Vec<Placed<String>>,
    /// Which rows add up others.
    pub totals: Option<Totals>,
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
}

/// Where the period of a value is read.
#[derive(Debug, Clone)]
pub struct Period {
    /// The year, or the whole period (`2019`, `2003m1`, `2019-03`, `2019-03-21`) where `month` is none.
    pub year: Origin,
    /// The month, as number or name.
    pub month: Option<Origin>,
}

/// Rows to leave out.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Source column that decides.
    pub column: Placed<String>,
    /// Texts that are left out.
    pub equals: Vec<String>,
    /// Texts that are left out, as a regular expression matched as a whole.
    pub matches: Option<String>,
    /// Name of the rule in the account; default `drop:COLUMN`.
    pub rule: String,
}

/// Which rows add up others.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Source column that decides.
    pub column: Placed<String>,
    /// A code that others extend with this separator is their sum (`28` of `28_1`).
    pub separator: Option<String>,
    /// Labels of totals.
    pub labels: Vec<String>,
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
        let drop = section.sections("drop").into_iter().filter_map(|block| Filter::read(block)).collect();
        let ignore = section.texts("ignore");
        let totals = section.section("totals").and_then(Totals::read);
        let missing = section.one_of("missing_values", &[("publish", true), ("ignore", false)]);
        Some(Self {
            columns,
            breakdown,
            period: period?,
            measures,
            drop,
            ignore,
            totals,
            publish_missing: missing.unwrap_or(true),
        })
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

fn read_period(section: &Section<'_, '_>) -> Option<Period> {
    let Some(period) = section.section("period") else {
        if !section.has("period") {
            section.missing("period", "for example `period = { year = { column = \"Year\" } }`");
        }
        return None;
    };
    let year = Origin::required(&period, "year", "where the year (or the whole period) is read");
    let month = Origin::read(&period, "month");
    period.finish();
    Some(Period { year: year?, month })
}

impl Pick {
    fn read(section: &Section<'_, '_>, key: &'static str) -> Option<Self> {
        let value = section.value(key)?;
        if value.get_ref().is_table() {
            let block = section.section(key)?;
            let pattern = block.required_text("pattern", "a regular expression that value headers match as a whole");
            if let Some(pattern) = &pattern
                && let Err(error) = regex::Regex::new(&pattern.value)
            {
                section.findings().report(
                    pattern.span.clone(),
                    format!("`pattern` is no regular expression: {error}"),
                    None,
                );
            }
            block.finish();
            return pattern.map(Self::Pattern);
        }
        let names = section.texts(key);
        (!names.is_empty()).then_some(Self::Names(names))
    }
}

impl Filter {
    fn read(section: Section<'_, '_>) -> Option<Self> {
        let column = section.required_text("column", "the source column that decides");
        let equals: Vec<String> = section.texts("equals").into_iter().map(|t| t.value).collect();
        let matches = section.text("matches");
        if let Some(pattern) = &matches
            && let Err(error) = regex::Regex::new(&pattern.value)
        {
            section.findings().report(
                pattern.span.clone(),
                format!("`matches` is no regular expression: {error}"),
                None,
            );
        }
        if equals.is_empty() && matches.is_none() {
            section.missing("equals", "the texts to leave out (or `matches` with a regular expression)");
        }
        let rule = section.text("rule").map(|t| t.value);
        section.finish();
        let column = column?;
        let rule = rule.unwrap_or_else(|| format!("drop:{}", column.value));
        Some(Self { column, equals, matches: matches.map(|m| m.value), rule })
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
        if separator.is_none() && labels.is_empty() {
            section.missing("separator", "what parts a code from its parent's (or `labels` of totals)");
        }
        section.finish();
        Some(Self { column: column?, separator, labels })
    }
}
