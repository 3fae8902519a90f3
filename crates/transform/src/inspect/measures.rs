//! What the columns of values count, in which unit, as far as words tell.

use super::lists;
use super::table::{Role, Table};
use super::words;
use crate::codes::{Reference, fold};

/// Columns of values that mean the same thing.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    /// The columns.
    pub(super) columns: Vec<usize>,
    /// A pattern for their headers, where that is better than their names.
    pub(super) pattern: Option<String>,
    pub(super) indicator: &'static str,
    pub(super) unit: &'static str,
    /// Code of the sex that the header names.
    pub(super) sex: Option<&'static str>,
    /// The scheme that knows the headers as kinds of offence.
    pub(super) scheme: Option<String>,
    /// The words that tell indicator and unit; none where they are a default.
    pub(super) by: Option<String>,
    /// Why it is not read, where it is not.
    pub(super) left: Option<String>,
}

/// The measures of a table.
pub(super) fn find(table: &Table, further: &str, reference: &Reference) -> Vec<Measure> {
    let columns = table.of_role(&Role::Value);
    let mut measures: Vec<Measure> = Vec::new();
    if let Some(wide) = &table.wide {
        for ((rest, columns), pattern) in wide.groups.iter().zip(&wide.patterns) {
            measures.push(one(columns.clone(), pattern.clone(), rest, further));
        }
        return measures;
    }
    let names: Vec<&str> = columns.iter().map(|column| table.name(*column)).collect();
    let scheme = lists::crimes_of_headers(&names, reference).filter(|_| table.crime.is_none());
    for column in columns {
        let name = table.name(column);
        let mut own = one(vec![column], None, name, further);
        if let Some((scheme, known)) = &scheme {
            if known.contains(&name) {
                // The list of offences says what it is; a word of the header alone does not make it victims.
                if own.unit == "victim" {
                    (own.indicator, own.unit) = ("offences-recorded", "offence");
                }
            } else if known.len() * 10 >= names.len() * 8 {
                own.left = Some(format!(
                    "the list crime, scheme {scheme}, knows the other headers and not this: no figure, or a new offence"
                ));
            }
        }
        own.scheme = scheme.as_ref().filter(|(_, known)| known.contains(&name)).map(|(scheme, _)| scheme.clone());
        let same = |other: &&mut Measure| {
            (other.indicator, other.unit, other.sex, &other.scheme, &other.left)
                == (own.indicator, own.unit, own.sex, &own.scheme, &own.left)
        };
        match measures.iter_mut().find(same) {
            Some(other) => {
                other.columns.extend(own.columns);
                if other.by != own.by {
                    other.by = other.by.take().or(own.by);
                }
            }
            None => measures.push(own),
        }
    }
    if measures.is_empty() {
        let mut counted = one(Vec::new(), None, "", further);
        counted.columns.clear();
        measures.push(counted);
    }
    measures
}

fn one(columns: Vec<usize>, pattern: Option<String>, name: &str, further: &str) -> Measure {
    let meant = words::meant(name, further);
    let share = words::is_share(name) && !words::is_rate(name);
    let left = share.then(|| "shares: indicator.csv has no line for them".to_owned());
    Measure {
        columns,
        pattern,
        indicator: meant.indicator,
        unit: meant.unit,
        sex: words::sex_of_header(name),
        scheme: None,
        by: meant.by,
        left,
    }
}

/// The unit of each of these labels, where they are units: counts, rates, shares. A count has the unit
/// of what it counts, and no code here.
pub(super) fn units(labels: &[&str]) -> Option<Vec<(String, &'static str)>> {
    let unit = |label: &&str| {
        let folded = fold(label);
        let starts = |stems: &[&str]| stems.iter().any(|stem| folded.starts_with(stem));
        if words::is_rate(label) {
            Some("per-100k")
        } else if words::is_share(label) {
            Some("percent")
        } else if starts(&["count", "number", "numero", "nombre", "casos", "cantidad", "quantidade", "unidad", "total"])
        {
            Some("")
        } else if starts(&["person", "pessoa"]) {
            Some("person")
        } else {
            None
        }
    };
    let units: Option<Vec<&'static str>> = labels.iter().map(unit).collect();
    Some(labels.iter().map(ToString::to_string).zip(units?).collect())
}
