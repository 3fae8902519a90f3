//! The rules of one language, read from the TOML files beside this module.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use quipu_schema::{Fault, Result};
use regex::Regex;
use serde::Deserialize;

use super::decimal::Decimal;
use super::phrase::Phrases;

/// The key of unit nouns without a code.
const AS_PRINTED: &str = "plain";

/// Languages with rules.
const FILES: [(&str, &str); 4] = [
    ("en", include_str!("rules/en.toml")),
    ("es", include_str!("rules/es.toml")),
    ("fr", include_str!("rules/fr.toml")),
    ("pt", include_str!("rules/pt.toml")),
];

/// The rules of one language.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) marks: Marks,
    pub(super) hedges: Phrases<String>,
    pub(super) hedges_after: Phrases<String>,
    pub(super) words: Phrases<Decimal>,
    pub(super) scales: Phrases<i32>,
    pub(super) grammar: Grammar,
    pub(super) units: Phrases<Unit>,
    pub(super) currency_before: Phrases<String>,
    pub(super) not: Not,
    pub(super) stops: Phrases<()>,
    pub(super) before_year: Phrases<()>,
    pub(super) before_identifier: Phrases<()>,
    pub(super) after_furniture: Phrases<()>,
    pub(super) of: Phrases<()>,
    pub(super) per: Phrases<()>,
    pub(super) joins: Phrases<()>,
    pub(super) bare: Phrases<()>,
    pub(super) range_from: Phrases<()>,
    /// Dates, day or month first, and times.
    pub(super) spans: Vec<(Regex, &'static str)>,
    /// `March 12`: a date unless a unit follows (`in March 12 countries …`).
    pub(super) month_day: Regex,
}

/// A unit a number can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Code of the table `unit`; `None` for a noun that is published as printed.
    pub(super) code: Option<String>,
    /// As in `figure.kind`.
    pub(super) kind: &'static str,
}

/// Which mark parts thousands and which decimals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marks {
    pub(super) thousands: char,
    pub(super) decimal: char,
    /// Three digits after the decimal mark are decimals where a scale word or a measure follows.
    #[serde(default)]
    pub(super) three_decimals: bool,
    #[serde(default)]
    regions: BTreeMap<String, Marks>,
}

impl Marks {
    /// The marks of a region of the language.
    pub(super) fn of(&self, region: Option<&str>) -> &Self {
        region.and_then(|region| self.regions.get(region)).unwrap_or(self)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grammar {
    pub(super) joins_after_thousand: bool,
    bare: Vec<String>,
    joins: Vec<String>,
    pub(super) noun_first: bool,
    of: Vec<String>,
    pub(super) range_to: Vec<String>,
    range_from: Vec<String>,
    pub(super) range_from_needed_for: Vec<String>,
    per: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Not {
    months: Vec<String>,
    months_any_case: bool,
    date_joins: Vec<String>,
    pub(super) ordinal_suffixes: Vec<String>,
    before_year: Vec<String>,
    after_time: Vec<String>,
    before_identifier: Vec<String>,
    after_furniture: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stops {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    marks: Marks,
    hedges: BTreeMap<String, Vec<String>>,
    hedges_after: BTreeMap<String, Vec<String>>,
    words: BTreeMap<String, String>,
    scales: BTreeMap<String, i32>,
    grammar: Grammar,
    units: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    currency_before: BTreeMap<String, Vec<String>>,
    not: Not,
    stops: Stops,
}

/// The rules of a language, by its ISO 639-1 code; `None` for a language without rules.
///
/// # Errors
/// `Bug` when a rule file is wrong; a test reads them all.
pub(super) fn of(language: &str) -> Result<Option<&'static Rules>> {
    static ALL: OnceLock<Result<BTreeMap<&'static str, Rules>, String>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        FILES.iter().map(|(code, text)| Ok((*code, read(text).map_err(|e| format!("{code}.toml: {e}"))?))).collect()
    });
    match all {
        Ok(all) => Ok(all.get(language)),
        Err(error) => Err(Fault::bug(format!("the rules of reports cannot be read: {error}"))),
    }
}

fn read(text: &str) -> Result<Rules, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut units = Vec::new();
    for (kind, codes) in file.units {
        let kind = ["count", "mass", "money", "share", "duration"].into_iter().find(|known| *known == kind);
        let kind = kind.ok_or("an unknown kind of unit")?;
        for (code, words) in codes {
            let code = (code != AS_PRINTED).then_some(code);
            units.extend(words.into_iter().map(|word| (word, Unit { code: code.clone(), kind })));
        }
    }
    let mut words = Vec::new();
    for (word, value) in file.words {
        words.push((word, Decimal::parse(&value).ok_or_else(|| format!("`{value}` is no number"))?));
    }
    let spans = spans(&file.not).map_err(|error| error.to_string())?;
    let month_day = month_day(&file.not).map_err(|error| error.to_string())?;
    Ok(Rules {
        marks: file.marks,
        hedges: flat(file.hedges),
        hedges_after: flat(file.hedges_after),
        words: Phrases::new(words),
        scales: Phrases::new(file.scales),
        units: Phrases::new(units),
        currency_before: flat(file.currency_before),
        stops: set(&file.stops.words),
        before_year: set(&file.not.before_year),
        before_identifier: set(&file.not.before_identifier),
        after_furniture: set(&file.not.after_furniture),
        of: set(&file.grammar.of),
        per: set(&file.grammar.per),
        joins: set(&file.grammar.joins),
        bare: set(&file.grammar.bare),
        range_from: set(&file.grammar.range_from),
        grammar: file.grammar,
        not: file.not,
        spans,
        month_day,
    })
}

fn flat(lists: BTreeMap<String, Vec<String>>) -> Phrases<String> {
    Phrases::new(
        lists.into_iter().flat_map(|(meaning, words)| words.into_iter().map(move |word| (word, meaning.clone()))),
    )
}

fn set(words: &[String]) -> Phrases<()> {
    Phrases::new(words.iter().map(|word| (word.clone(), ())))
}

fn any_of(words: &[String]) -> String {
    let mut words: Vec<&String> = words.iter().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let escaped: Vec<String> = words.into_iter().map(|word| regex::escape(word)).collect();
    format!("(?:{})", escaped.join("|"))
}

/// Pieces of the patterns: a day, several days, a month, a year.
fn pieces(not: &Not) -> (String, String, String) {
    let joins = any_of(&not.date_joins);
    let day = format!(r"\d{{1,2}}{}?\b", any_of(&not.ordinal_suffixes));
    // `\b` after a suffix sign such as `º` needs help: the suffix is optional either way.
    let day = format!(r"(?:{day}|\d{{1,2}}(?:[ªº°]|\.[ªº°]))");
    let days = format!(r"{day}(?:(?:\s*[-–—/,]\s*|\s+(?:{joins}\s+){{1,2}}){day})*");
    let months = format!(r"{}{}(?:\b|\s)", if not.months_any_case { "(?i:" } else { "(?:" }, any_of(&not.months) + ")");
    (days, months, joins)
}

fn spans(not: &Not) -> Result<Vec<(Regex, &'static str)>, regex::Error> {
    let (days, month, joins) = pieces(not);
    let year = r"(?:1[89]|20)\d\d\b";
    let after = any_of(&not.after_time);
    let patterns = [
        (format!(r"\b{days}\s+(?:{joins}\s+)?{month}(?:\s*,?\s*(?:{joins}\s+)?{year})?"), "date"),
        (format!(r"{month}\s*,?\s*(?:{joins}\s+)?{year}"), "date"),
        (r"\b\d{4}-\d{2}-\d{2}\b".to_owned(), "date"),
        (r"\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b".to_owned(), "date"),
        (r"\b(?:1[89]|20)\d\d\s?[/–—-]\s?(?:(?:1[89]|20)\d\d|\d\d)\b".to_owned(), "year"),
        (r"\b\d{1,2}[:h]\d{2}(?:[:]\d{2})?\b".to_owned(), "time"),
        (format!(r"\b\d{{1,2}}(?:[.:]\d{{2}})?\s?(?i:{after})(?:\b|\s|$)"), "time"),
        (r"(?:https?://|www\.)\S+|\S+@\S+\.\S+".to_owned(), "identifier"),
        (r"\+\d[\d\s().-]{6,20}\d".to_owned(), "identifier"),
    ];
    patterns.into_iter().map(|(pattern, rule)| Ok((Regex::new(&pattern)?, rule))).collect()
}

fn month_day(not: &Not) -> Result<Regex, regex::Error> {
    let (days, month, _) = pieces(not);
    Regex::new(&format!(r"{month}\s*{days}(?:\s*,\s*(?:1[89]|20)\d\d\b)?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_file_is_right() {
        for (code, text) in FILES {
            let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{code}: {error}"));
            let qualifiers = ["exact", "approx", "gt", "ge", "lt", "le", "projected"];
            for qualifier in file.hedges.keys().chain(file.hedges_after.keys()) {
                assert!(qualifiers.contains(&qualifier.as_str()), "{code}: {qualifier}");
            }
            let mut seen = BTreeMap::new();
            for (unit, words) in file.units.values().flatten() {
                for word in words {
                    assert_eq!(word, &word.to_lowercase(), "{code}: {unit}");
                    assert_eq!(seen.insert(word, unit), None, "{code}: `{word}` twice");
                }
            }
            assert!(of(code).unwrap().is_some());
        }
        assert!(of("xx").unwrap().is_none());
    }
}
