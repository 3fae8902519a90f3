//! Finds every numeric candidate of a block: digit runs, and number words before a scale word.

use std::ops::Range;

use super::decimal::{self, Decimal, Meaning};
use super::phrase::{self, Phrases};
use super::rules::{Marks, Rules};

/// The language of a document, with the marks of its region.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locale<'a> {
    pub(super) rules: &'a Rules,
    pub(super) marks: &'a Marks,
    pub(super) blank_thousands: bool,
}

/// A number found in a block. Ranges count from the start of the block.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Digits (or number words) and scale words.
    pub(super) range: Range<usize>,
    /// Its value, where it has one.
    pub(super) number: Option<Decimal>,
    /// Without scale words.
    pub(super) unscaled: Option<Decimal>,
    /// Power of ten of its scale words.
    pub(super) scale: i32,
    /// Digits alone, without marks and scale words.
    pub(super) plain: bool,
    /// Its decimals are decimals only where a scale word or a measure goes with them.
    pub(super) doubtful: bool,
    /// Why it is no figure, where its form alone tells.
    pub(super) why: Option<&'static str>,
}

/// Every candidate of a block, in order. Digits are never skipped, whatever they turn out to be.
pub(super) fn candidates(text: &str, locale: Option<Locale<'_>>) -> Vec<Candidate> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if next.is_ascii_digit() {
            let found = digits(text, at, locale);
            at = found.range.end;
            out.push(found);
        } else if next.is_alphabetic() {
            match locale.and_then(|locale| words(text, at, locale.rules)) {
                Some(found) => {
                    at = found.range.end;
                    out.push(found);
                }
                None => at = skip(text, at, char::is_alphabetic),
            }
        } else {
            at += next.len_utf8();
        }
    }
    out
}

fn skip(text: &str, at: usize, wanted: impl Fn(char) -> bool) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find(|c| !wanted(c)).unwrap_or(rest.len())
}

pub(super) fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or_default()
}

pub(super) fn after(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// Marks between digit groups.
fn is_mark(c: char) -> bool {
    is_blank(c) || matches!(c, '.' | ',' | '\'' | '’')
}

/// Blanks and apostrophes: they part groups of three and nothing else.
fn is_group_mark(c: char) -> bool {
    is_blank(c) || matches!(c, '\'' | '’')
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

fn digits(text: &str, at: usize, locale: Option<Locale<'_>>) -> Candidate {
    let mut end = skip(text, at, |c| c.is_ascii_digit());
    let mut groups = vec![('\0', text.get(at..end).unwrap_or_default())];
    while let Some(mark) = after(text, end).chars().next().filter(|c| is_mark(*c)) {
        let start = end + mark.len_utf8();
        let next = skip(text, start, |c| c.is_ascii_digit());
        let group = text.get(start..next).unwrap_or_default();
        let first = groups.first().map_or(0, |(_, digits)| digits.len());
        let fits = match groups.last() {
            _ if group.is_empty() => false,
            _ if !is_group_mark(mark) => true,
            Some((last, _)) => group.len() == 3 && first <= 3 && (*last == '\0' || *last == mark),
            None => false,
        };
        if !fits {
            break;
        }
        groups.push((mark, group));
        end = next;
    }
    let mut found = Candidate {
        range: at..end,
        number: None,
        unscaled: None,
        scale: 0,
        plain: groups.len() == 1,
        doubtful: false,
        why: None,
    };
    let Some(locale) = locale else {
        found.why = Some("unknown-locale");
        return found;
    };
    let meaning = decimal::interpret(&groups, locale.marks, locale.blank_thousands);
    found.why = shape(text, &found, locale.rules);
    match meaning {
        Meaning::Number(number) => found.unscaled = Some(number),
        Meaning::ThreeDecimals(number) => (found.unscaled, found.doubtful) = (Some(number), true),
        Meaning::Ambiguous => found.why = found.why.or(Some("ambiguous-number")),
        Meaning::Identifier => found.why = found.why.or(Some("identifier")),
    }
    scales(text, &mut found, locale.rules);
    found
}

/// What the characters around a digit run make of it.
fn shape(text: &str, found: &Candidate, rules: &Rules) -> Option<&'static str> {
    let mut left = before(text, found.range.start).chars().rev();
    let (near, far) = (left.next().unwrap_or(' '), left.next().unwrap_or(' '));
    let rest = after(text, found.range.end);
    let mut right = rest.chars();
    let (next, over) = (right.next().unwrap_or(' '), right.next().unwrap_or(' '));
    if near.is_alphabetic()
        || matches!(near, '_' | '#' | '@')
        || (matches!(near, '-' | '‑') && far.is_alphanumeric() && !far.is_ascii_digit())
    {
        return Some("identifier");
    }
    if (matches!(near, '/' | ':') && far.is_ascii_digit()) || (matches!(next, '/' | ':') && over.is_ascii_digit()) {
        return Some("identifier");
    }
    if matches!(near, '-' | '−') && !far.is_ascii_digit() {
        return Some("ambiguous-number");
    }
    let year = found.plain && is_year(text.get(found.range.clone()).unwrap_or_default());
    if year && next == 's' && !over.is_alphabetic() {
        return Some("year");
    }
    let suffix = rules.not.ordinal_suffixes.iter().any(|suffix| phrase::width_at_start(rest, suffix).is_some());
    if suffix && found.plain {
        return Some("ordinal");
    }
    let known = || {
        rules.scales.at_start(rest).is_some() || rules.units.at_start(rest).is_some_and(|(_, unit)| unit.kind == "mass")
    };
    (next.is_alphabetic() && !known()).then_some("identifier")
}

/// Four digits that can be a year.
pub(super) fn is_year(digits: &str) -> bool {
    digits.len() == 4 && matches!(digits.parse(), Ok(1800..=2100))
}

/// A number in words at `at`, where a scale word or a sign for per cent follows it.
fn words(text: &str, at: usize, rules: &Rules) -> Option<Candidate> {
    let (left, rest) = (before(text, at), after(text, at));
    if left.ends_with(char::is_alphanumeric) {
        return None;
    }
    let mut found =
        Candidate { range: at..at, number: None, unscaled: None, scale: 0, plain: false, doubtful: false, why: None };
    if let Some((width, number)) = rules.words.at_start(rest) {
        found.range.end = at + width;
        found.unscaled = Some(*number);
        scales(text, &mut found, rules);
        let percent = || {
            let next = after(text, found.range.end).trim_start();
            rules.units.at_start(next).is_some_and(|(_, unit)| unit.kind == "share")
        };
        if found.scale == 0 && !percent() {
            return None;
        }
    } else {
        let (width, ()) = rules.bare.at_start(rest)?;
        let (_, power) = rules.scales.at_start(rest).filter(|(scale, _)| *scale == width)?;
        found.range.end = at + width;
        found.unscaled = Some(Decimal::ONE);
        found.scale = *power;
        scales(text, &mut found, rules);
    }
    let left = left.trim_end_matches(|c: char| c.is_whitespace() || c == '-' || c == '‑');
    let over = rules.joins.at_end(left).map_or(left, |(start, ())| before(left, start).trim_end());
    if many(rules.words.at_end(left)) || many(rules.words.at_end(over)) {
        found.why = Some("number-words");
    }
    Some(found)
}

/// Whether a number word was found that is no article.
fn many(found: Option<(usize, &Decimal)>) -> bool {
    found.is_some_and(|(_, number)| number.value() > 1.0)
}

/// Takes in the scale words after a number ("9 mil 15", "cinco mil 700 millones").
fn scales(text: &str, found: &mut Candidate, rules: &Rules) {
    let mut number = found.unscaled.map(|number| number.scaled(found.scale));
    let mut thousand = found.scale == 3;
    loop {
        let rest = after(text, found.range.end);
        let next = rest.strip_prefix(['-', '‑']).unwrap_or_else(|| rest.trim_start());
        let start = found.range.end + rest.len() - next.len();
        if let Some((width, power)) = rules.scales.at_start(next) {
            number = number.map(|number| number.scaled(*power));
            found.scale += power;
            thousand = *power == 3;
            found.range.end = start + width;
            found.plain = false;
        } else if let Some((width, below)) = remainder(next).filter(|_| thousand && rules.grammar.joins_after_thousand)
        {
            number = number.and_then(|number| number.plus(below));
            thousand = false;
            found.range.end = start + width;
        } else {
            if found.scale > 0 && found.why.is_none() && many(rules.words.at_start(next)) {
                found.why = Some("number-words");
            }
            break;
        }
        if found.scale > 15 {
            found.why = found.why.or(Some("identifier"));
            break;
        }
    }
    found.number = number;
    found.doubtful &= found.scale == 0;
}

/// The number below a thousand that may follow a word for thousand.
fn remainder(next: &str) -> Option<(usize, Decimal)> {
    let width = skip(next, 0, |c| c.is_ascii_digit());
    let mut rest = after(next, width).chars();
    let (mark, over) = (rest.next().unwrap_or(' '), rest.next().unwrap_or(' '));
    let alone = !(mark.is_alphanumeric() || is_mark(mark) && over.is_ascii_digit());
    let digits = next.get(..width).filter(|digits| (1..=3).contains(&digits.len()) && alone)?;
    Decimal::parse(digits).map(|number| (width, number))
}

/// Whether one of the phrases stands right before `at`, white space between.
pub(super) fn stands_before<T: Clone>(phrases: &Phrases<T>, text: &str, at: usize) -> bool {
    phrases.at_end(before(text, at).trim_end()).is_some()
}
