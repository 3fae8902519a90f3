//! What the cell of a value says: a number, a number with a mark, a bound, that something is missing.
//!
//! Nothing of it is thrown away: a mark becomes a status, `<5` a bound, a missing value a status; what
//! is none of these is refused.

use std::borrow::Cow;

use quipu_readers::Form;
use quipu_schema::pipeline::Layout;
use rustc_hash::FxHashMap;

use crate::codes::{Marker, Reference};
use crate::frame::clip;
use crate::number::{Evidence, Marks};

/// SDMX status of a missing value of which nothing more is known.
const MISSING: &str = "O";
/// SDMX status of a value of which nothing is to be said.
const PLAIN: &str = "A";
/// SDMX status of a value that is held back.
const SUPPRESSED: &str = "Q";
/// Integers below this are exact as a float of 64 bits.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What a cell says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading<'m> {
    /// A number.
    Number(f64),
    /// A number with a mark that gives it a status.
    Marked(f64, &'m str),
    /// No value, with the status that says why.
    Missing(&'m str),
    /// Bounds as printed, both or one.
    Bounded { lower: Option<f64>, upper: Option<f64>, status: &'m str },
    /// Nothing that is understood, and why.
    Bad(String),
}

/// Texts that stand for missing values, and marks behind numbers.
#[derive(Debug)]
pub(crate) struct Markers {
    /// Status of an empty cell.
    pub(crate) empty: String,
    missing: FxHashMap<String, String>,
    zeros: Vec<String>,
    /// The longest first.
    flags: Vec<(String, String)>,
}

/// Words and signs before a bound.
const BELOW: [&str; 9] = ["<=", "≤", "<", "menos de ", "hasta ", "less than ", "fewer than ", "moins de ", "até "];
const ABOVE: [&str; 8] = [">=", "≥", ">", "más de ", "mas de ", "more than ", "plus de ", "mais de "];

impl Markers {
    /// What the pipeline file declares; and what the reference list knows besides.
    pub(crate) fn new(layout: &Layout, reference: &Reference) -> Self {
        Self::of(layout, &reference.markers)
    }

    fn of(layout: &Layout, known: &[Marker]) -> Self {
        let mut missing: FxHashMap<String, String> = FxHashMap::default();
        let mut flags: Vec<(String, String)> = layout.marks.clone();
        for Marker { text, flag, status } in known {
            if *flag {
                if !flags.iter().any(|(known, _)| known == text) {
                    flags.push((text.clone(), status.clone()));
                }
            } else {
                missing.insert(spelled(text), status.clone());
            }
        }
        let mut empty = MISSING.to_owned();
        for (text, status) in &layout.missing {
            if text.trim().is_empty() {
                empty.clone_from(status);
            } else {
                missing.insert(spelled(text), status.clone());
            }
        }
        flags.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        let zeros = layout.zeros.iter().map(|text| spelled(text)).collect();
        Self { empty, missing, zeros, flags }
    }

    /// Whether a text stands for a missing value.
    pub(crate) fn is_missing(&self, text: &str) -> bool {
        self.missing.contains_key(&spelled(text))
    }

    /// Reads a cell; `evidence` hears of every number that is printed.
    pub(crate) fn read(&self, text: &str, form: Form, marks: Marks, evidence: &mut Evidence) -> Reading<'_> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}');
        if text.is_empty() {
            return Reading::Missing(&self.empty);
        }
        if form == Form::Number {
            let marks = Marks { decimal: '.', thousands: None };
            return number(without_percent(text), marks).unwrap_or_else(|| bad(text));
        }
        if self.zeros.contains(&spelled(text)) {
            return Reading::Number(0.0);
        }
        if let Some(status) = self.missing.get(spelled(text).as_str()) {
            return Reading::Missing(status);
        }
        if form == Form::Flag || form == Form::Date {
            return Reading::Bad(format!(
                "`{}` is a {}",
                clip(text),
                if form == Form::Date { "date" } else { "truth value" }
            ));
        }
        let printed = without_percent(text);
        if marks.read(printed).is_some() || looks_like_a_number(printed) {
            evidence.add(printed);
            return number(printed, marks).unwrap_or_else(|| bad(text));
        }
        if let Some(bounded) = bounded(text, marks, evidence) {
            return bounded;
        }
        if let Some((rest, status)) = self.unmarked(text) {
            evidence.add(rest);
            if let Some(Reading::Number(value)) = number(rest, marks) {
                return Reading::Marked(value, status);
            }
        }
        bad(text)
    }

    /// A number without the marks behind it, and the status that they give it: the one nearest to the
    /// number that says more than "a footnote". Several marks may stand there, `2366*¹` or `12 (p), ²`,
    /// but no words that are spelled by letters which are marks.
    fn unmarked<'t>(&self, text: &'t str) -> Option<(&'t str, &str)> {
        let (mut rest, mut status, mut letter) = (text, None, false);
        loop {
            let (mark, own) = self.flags.iter().find(|(mark, _)| rest.ends_with(mark.as_str()))?;
            let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
            if letter && is_letter(mark.chars().next_back()) {
                return None;
            }
            let before = rest.strip_suffix(mark.as_str())?;
            rest = before.trim_end_matches([' ', ',', '\u{a0}', '\u{202f}']);
            letter = before.len() == rest.len() && is_letter(mark.chars().next());
            if status.is_none() || own != PLAIN {
                status = Some(own.as_str());
            }
            if rest.ends_with(|c: char| c.is_ascii_digit()) && looks_like_a_number(rest) {
                return status.map(|status| (rest, status));
            }
        }
    }
}

/// A marker without regard to case. Marks such as `¹` stay what they are: they are no digits.
fn spelled(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn bad(text: &str) -> Reading<'static> {
    Reading::Bad(format!("`{}` is no number", clip(text)))
}

/// A share is printed with its unit.
pub(crate) fn without_percent(text: &str) -> &str {
    text.strip_suffix('%').map_or(text, str::trim_end)
}

pub(crate) fn looks_like_a_number(text: &str) -> bool {
    let mark =
        |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}');
    let rest = text.strip_prefix(['-', '+', '\u{2212}']).unwrap_or(text);
    rest.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',')
        && rest.chars().all(mark)
        && rest.bytes().any(|b| b.is_ascii_digit())
}

/// The number; refused where a float of 64 bits cannot hold it exactly.
fn number(text: &str, marks: Marks) -> Option<Reading<'static>> {
    let value = marks.read(text)?;
    if value.abs() >= EXACT && !text.contains(['e', 'E']) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let whole: String = format!("{:.0}", value.abs());
        if digits.trim_start_matches('0') != whole {
            return Some(Reading::Bad(format!("`{}` is too large to be kept exactly", clip(text))));
        }
    }
    Some(Reading::Number(value))
}

/// `<5`, `≥ 10`, `menos de 5`, `5-9`.
fn bounded(text: &str, marks: Marks, evidence: &mut Evidence) -> Option<Reading<'static>> {
    let lower_case: Cow<'_, str> =
        if text.is_ascii() { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Owned(text.to_lowercase()) };
    let mut read = |part: &str| {
        let part = without_percent(part.trim());
        if !looks_like_a_number(part) {
            return None;
        }
        evidence.add(part);
        marks.read(part)
    };
    let behind = |signs: &[&str]| signs.iter().find_map(|sign| lower_case.strip_prefix(sign)).map(str::to_owned);
    if let Some(rest) = behind(&BELOW) {
        return read(&rest).map(|upper| Reading::Bounded { lower: None, upper: Some(upper), status: SUPPRESSED });
    }
    if let Some(rest) = behind(&ABOVE) {
        return read(&rest).map(|lower| Reading::Bounded { lower: Some(lower), upper: None, status: SUPPRESSED });
    }
    let (low, high) = lower_case.split_once(['-', '–', '—'])?;
    let whole = |part: &str| !part.trim().is_empty() && part.trim().bytes().all(|b| b.is_ascii_digit());
    if !whole(low) || !whole(high) {
        return None;
    }
    let (low, high) = (read(low)?, read(high)?);
    (low < high).then_some(Reading::Bounded { lower: Some(low), upper: Some(high), status: SUPPRESSED })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn markers() -> Markers {
        let marker = |text: &str, flag: bool, status: &str| Marker { text: text.into(), flag, status: status.into() };
        let reference = [
            marker("n.d.", false, "O"),
            marker("x", false, "Q"),
            marker("SIN DATO", false, "O"),
            marker("*", true, "D"),
            marker("(p)", true, "P"),
            marker("p", true, "P"),
            marker("e", true, "E"),
            marker("¹", true, "A"),
            marker("²", true, "A"),
        ];
        let layout = Layout {
            missing: vec![("-".into(), "M".into())],
            zeros: vec!["nil".into()],
            marks: vec![("#".into(), "U".into())],
            ..Layout::default()
        };
        Markers::of(&layout, &reference)
    }

    fn read(text: &str) -> String {
        let marks = Marks { decimal: '.', thousands: Some(',') };
        let markers = markers();
        let reading = markers.read(text, Form::Printed, marks, &mut Evidence::new(None, None));
        match reading {
            Reading::Number(value) => format!("{value}"),
            Reading::Marked(value, status) => format!("{value} {status}"),
            Reading::Missing(status) => format!("missing {status}"),
            Reading::Bounded { lower, upper, status } => format!("{lower:?} {upper:?} {status}"),
            Reading::Bad(why) => why,
        }
    }

    #[test]
    fn cells_say_what_they_say() {
        for (text, expected) in [
            ("7", "7"),
            ("1,234.5", "1234.5"),
            ("12.5 %", "12.5"),
            ("2366*", "2366 D"),
            ("2,366 (p)", "2366 P"),
            ("12#", "12 U"),
            ("2366*¹", "2366 D"),
            ("2366¹*", "2366 D"),
            ("23¹²", "23 A"),
            ("12 (p), ²", "12 P"),
            ("12p¹", "12 P"),
            ("12 pe", "`12 pe` is no number"),
            ("¹²", "`¹²` is no number"),
            ("", "missing O"),
            ("-", "missing M"),
            ("X", "missing Q"),
            ("NIL", "0"),
            ("Sin dato", "missing O"),
            ("<5", "None Some(5.0) Q"),
            ("≥ 10", "Some(10.0) None Q"),
            ("Menos de 5", "None Some(5.0) Q"),
            ("5-9", "Some(5.0) Some(9.0) Q"),
            ("*", "`*` is no number"),
            ("12 de 14", "`12 de 14` is no number"),
            ("9-5", "`9-5` is no number"),
            ("9007199254740992", "9007199254740992"),
            ("9007199254740993", "`9007199254740993` is too large to be kept exactly"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_of_a_format_prove_nothing() {
        let mut evidence = Evidence::new(None, None);
        let markers = markers();
        let comma = Marks { decimal: ',', thousands: Some('.') };
        assert_eq!(markers.read("1.234", Form::Number, comma, &mut evidence), Reading::Number(1.234));
        assert_eq!(markers.read("12.5%", Form::Number, comma, &mut evidence), Reading::Number(12.5));
        assert_eq!(evidence.conclude().map(|marks| marks.decimal), Ok('.'));
        assert!(matches!(markers.read("true", Form::Flag, comma, &mut evidence), Reading::Bad(_)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,12}|[<>≤≥0-9.,*# -]{0,10}") {
            let markers = markers();
            let marks = Marks { decimal: '.', thousands: Some(',') };
            match markers.read(&text, Form::Printed, marks, &mut Evidence::new(None, None)) {
                Reading::Number(value) | Reading::Marked(value, _) => prop_assert!(value.is_finite()),
                _ => {}
            }
        }
    }
}
