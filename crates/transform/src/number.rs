//! Numbers as publishers print them: which marks part decimals and thousands, declared or proven.
//!
//! A column proves its marks: every value must read under one choice. Where two choices read all
//! values but differently (a column of nothing but `1.300`, `2.450`), the column is ambiguous and
//! that is an error, never a guess.

use std::fmt;

/// The marks of a number format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Decimal mark.
    pub(crate) decimal: char,
    /// Thousands mark; a space stands for every kind of space.
    pub(crate) thousands: Option<char>,
}

/// Formats that are tried, the most common first.
const CANDIDATES: [Marks; 8] = [
    Marks { decimal: '.', thousands: None },
    Marks { decimal: '.', thousands: Some(',') },
    Marks { decimal: ',', thousands: None },
    Marks { decimal: ',', thousands: Some('.') },
    Marks { decimal: '.', thousands: Some(' ') },
    Marks { decimal: ',', thousands: Some(' ') },
    Marks { decimal: '.', thousands: Some('\'') },
    Marks { decimal: ',', thousands: Some('\'') },
];

/// Why a column does not prove one format.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unproven {
    /// A value that two formats read differently, and nothing tells which is meant.
    Ambiguous {
        /// A value that shows it.
        example: String,
        /// The two readings.
        readings: [f64; 2],
    },
    /// Values that prove different formats, beside one that reads in both.
    Contradiction {
        /// A value that proves one.
        one: String,
        /// A value that proves another.
        other: String,
        /// A value that may be either.
        example: String,
    },
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { example, readings: [one, other] } => {
                write!(f, "`{example}` may be {one} or {other}: the values do not tell which")
            }
            Self::Contradiction { one, other, example } => {
                write!(f, "`{one}` and `{other}` prove different number formats, and `{example}` may be in either")
            }
        }
    }
}

/// Collects the evidence for a format from the values of a column.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    alive: Vec<Marks>,
    /// Values on which the formats that are still alive differ.
    disputed: Vec<String>,
    declared: bool,
    /// The first value that ruled a format out.
    proof: Option<String>,
    /// The first value that only a format that was ruled out can read.
    contrary: Option<String>,
    /// The first value that formats of different marks read differently.
    doubtful: Option<String>,
}

/// Most disputed values that are kept; they repeat, and one is enough to show ambiguity.
const DISPUTED: usize = 64;

impl Evidence {
    /// Evidence that starts from what is declared.
    pub(crate) fn new(decimal: Option<char>, thousands: Option<Option<char>>) -> Self {
        let alike = |a: char, b: char| a == b || (is_space(a) && is_space(b)) || (is_apostrophe(a) && is_apostrophe(b));
        let mut alive: Vec<Marks> = CANDIDATES
            .into_iter()
            .filter(|marks| decimal.is_none_or(|declared| alike(declared, marks.decimal)))
            .filter(|marks| match (thousands, marks.thousands) {
                (None, _) | (Some(None), None) => true,
                (Some(Some(declared)), Some(mark)) => alike(declared, mark),
                _ => false,
            })
            .collect();
        if alive.is_empty() {
            alive.push(Marks { decimal: decimal.unwrap_or('.'), thousands: thousands.flatten() });
        }
        let declared = alive.len() == 1;
        Self { alive, disputed: Vec::new(), declared, proof: None, contrary: None, doubtful: None }
    }

    /// Adds one value as printed.
    pub(crate) fn add(&mut self, text: &str) {
        if self.declared || text.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        if self.doubtful.is_none() && is_doubtful(text.as_bytes()) {
            self.doubtful = Some(text.to_owned());
        }
        let readings: Vec<Option<f64>> = self.alive.iter().map(|marks| marks.read(text)).collect();
        if readings.iter().all(Option::is_none) {
            // Not a number in any format, or one in a format that is ruled out: its row goes to
            // quarantine later.
            if self.contrary.is_none() && CANDIDATES.iter().any(|marks| marks.read(text).is_some()) {
                self.contrary = Some(text.to_owned());
            }
            return;
        }
        if readings.iter().any(Option::is_none) {
            let mut reads = readings.iter().map(Option::is_some);
            let decimal = self.alive.first().map(|marks| marks.decimal);
            self.alive.retain(|_| reads.next().unwrap_or(false));
            if self.proof.is_none() || self.alive.iter().all(|marks| Some(marks.decimal) != decimal) {
                self.proof = Some(text.to_owned());
            }
        }
        if self.disputed.len() < DISPUTED && self.differ(text) {
            self.disputed.push(text.to_owned());
        }
    }

    /// Adds what another part of the column tells.
    pub(crate) fn join(&mut self, other: &Self) {
        let first = self.alive.first().copied();
        self.alive.retain(|marks| other.alive.contains(marks));
        // Parts that contradict each other: the earlier one counts, the other's values are refused.
        if self.alive.is_empty() {
            self.alive.extend(first);
            self.contrary = self.contrary.take().or_else(|| other.proof.clone());
        }
        self.contrary = self.contrary.take().or_else(|| other.contrary.clone());
        self.proof = self.proof.take().or_else(|| other.proof.clone());
        self.doubtful = self.doubtful.take().or_else(|| other.doubtful.clone());
        let room = DISPUTED.saturating_sub(self.disputed.len());
        self.disputed.extend(other.disputed.iter().take(room).cloned());
    }

    fn differ(&self, text: &str) -> bool {
        let mut readings = self.alive.iter().filter_map(|marks| marks.read(text));
        let first = readings.next();
        readings.any(|other| Some(other) != first)
    }

    /// The format that all values prove.
    ///
    /// # Errors
    /// A column that proves none: see [`Unproven`].
    pub(crate) fn conclude(&self) -> Result<Marks, Unproven> {
        if let (Some(one), Some(other), Some(example)) = (&self.proof, &self.contrary, &self.doubtful) {
            return Err(Unproven::Contradiction { one: one.clone(), other: other.clone(), example: example.clone() });
        }
        let first = self.alive.first().copied().unwrap_or(Marks { decimal: '.', thousands: None });
        for example in &self.disputed {
            let mut readings = self.alive.iter().filter_map(|marks| marks.read(example));
            if let Some(one) = readings.next()
                && let Some(other) = readings.find(|other| other.to_bits() != one.to_bits())
            {
                return Err(Unproven::Ambiguous { example: example.clone(), readings: [one, other] });
            }
        }
        Ok(first)
    }
}

impl Marks {
    /// The number that the text prints: sign, digits, thousands marks between groups of three,
    /// decimals, exponent. `None` for anything else, infinities and not-a-number included.
    pub(crate) fn read(self, text: &str) -> Option<f64> {
        let text = text.trim();
        if self.decimal == '.' && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return plain(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        if let Some(after) = rest.strip_prefix(['-', '\u{2212}']) {
            clean.push('-');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('+') {
            rest = after;
        }
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (rest.get(..at)?, Some(rest.get(at + 1..)?)),
            None => (rest, None),
        };
        let (whole, decimals) = match mantissa.split_once(self.decimal) {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (mantissa, None),
        };
        self.push_whole(whole, &mut clean)?;
        if let Some(decimals) = decimals {
            if decimals.is_empty() || !decimals.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            clean.push('.');
            clean.push_str(decimals);
        } else if whole.is_empty() {
            return None;
        }
        if let Some(exponent) = exponent {
            let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            clean.push('e');
            clean.push_str(exponent);
        }
        clean.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// Digits before the decimal mark, with or without thousands marks.
    fn push_whole(self, whole: &str, clean: &mut String) -> Option<()> {
        if whole.bytes().all(|b| b.is_ascii_digit()) {
            clean.push_str(if whole.is_empty() { "0" } else { whole });
            return Some(());
        }
        let mark = self.thousands?;
        let is_mark =
            |c: char| c == mark || (is_space(c) && is_space(mark)) || (is_apostrophe(c) && is_apostrophe(mark));
        for (index, group) in whole.split(is_mark).enumerate() {
            let good = if index == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
            if !good || !group.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            clean.push_str(group);
        }
        Some(())
    }
}

/// Whether a value may print thousands or decimals: groups of three digits behind one kind of mark.
fn is_doubtful(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let Some((mark, digits)) = bytes
        .iter()
        .rev()
        .position(|b| !b.is_ascii_digit())
        .and_then(|digits| bytes.get(bytes.len() - 1 - digits).map(|mark| (*mark, digits)))
    else {
        return false;
    };
    let whole = bytes.get(..bytes.len() - 1 - digits).unwrap_or_default();
    digits == 3 && matches!(mark, b'.' | b',') && (1..=3).contains(&whole.len()) && whole.iter().all(u8::is_ascii_digit)
}

/// Digits with at most one `.`; the fast way for most of the world's statistics.
fn plain(text: &str) -> Option<f64> {
    if text.is_empty() || text.ends_with('.') {
        return None;
    }
    // Up to fifteen digits a float is exact.
    if text.len() <= 15 && !text.contains('.') {
        let digits = text.bytes().fold(0_u64, |number, digit| number * 10 + u64::from(digit.wrapping_sub(b'0')));
        return Some(digits as f64);
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.thousands {
            Some(thousands) => write!(f, "decimal {:?}, thousands {thousands:?}", self.decimal),
            None => write!(f, "decimal {:?}, no thousands mark", self.decimal),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn conclude(values: &[&str]) -> Result<Marks, Unproven> {
        let mut evidence = Evidence::new(None, None);
        for value in values {
            evidence.add(value);
        }
        evidence.conclude()
    }

    #[test]
    fn columns_prove_their_marks() {
        let marks = |decimal, thousands| Ok(Marks { decimal, thousands });
        assert_eq!(conclude(&["1", "28.7367023184144"]), marks('.', None));
        assert_eq!(conclude(&["15", "163,120", "1,102,939"]), marks('.', Some(',')));
        assert_eq!(conclude(&["7.250.909", "3"]), marks(',', Some('.')));
        assert_eq!(conclude(&["5,7", "12,65"]), marks(',', None));
        assert_eq!(conclude(&["14 260", "7\u{202f}250\u{a0}909"]), marks('.', Some(' ')));
        assert_eq!(conclude(&["430'000", "1,5"]), marks(',', Some('\'')));
        assert_eq!(conclude(&["1", "2", ""]), marks('.', None));
        assert_eq!(conclude(&["1.300", "n.d.", "4.9750013"]), marks('.', None));
    }

    #[test]
    fn a_column_that_reads_two_ways_is_an_error() {
        let ambiguous = conclude(&["1.300", "2.450", "7"]).expect_err("ambiguous");
        assert_eq!(ambiguous, Unproven::Ambiguous { example: "1.300".into(), readings: [1.3, 1300.0] });
        let mut declared = Evidence::new(Some(','), Some(Some('.')));
        declared.add("1.300");
        assert_eq!(declared.conclude().map(|m| m.read("1.300")), Ok(Some(1300.0)));
    }

    #[test]
    fn one_typing_error_does_not_decide_over_the_others() {
        let mut values = vec!["1,5"];
        values.extend(["2.5"; 9]);
        values.extend(["1.234"; 200]);
        let expected = "prove different number formats, and `1.234` may be in either";
        for _ in 0..2 {
            let message = conclude(&values).expect_err("contradiction").to_string();
            assert!(message.contains(expected), "{message}");
            // In another order, and from two parts.
            values.reverse();
            let (head, tail) = values.split_at(9);
            let part = |values: &[&str]| {
                let mut evidence = Evidence::new(None, None);
                for value in values {
                    evidence.add(value);
                }
                evidence
            };
            let mut joined = part(head);
            joined.join(&part(tail));
            assert!(joined.conclude().is_err());
        }
        // Without a value that may be either, the odd one is simply refused.
        assert_eq!(conclude(&["2.5", "1,5", "2.75"]).map(|marks| marks.decimal), Ok('.'));
    }

    #[test]
    fn single_numbers() {
        let dot = Marks { decimal: '.', thousands: None };
        for (text, value) in
            [(".80050492", 0.800_504_92), ("-3", -3.0), ("1e3", 1000.0), ("+7", 7.0), ("\u{2212}2.5", -2.5)]
        {
            assert_eq!(dot.read(text), Some(value), "{text}");
        }
        for text in ["", ".", "1.", "1.2.3", "1,300", "abc", "inf", "NaN", "1e", "1e9999", "--3", "2366*"] {
            assert_eq!(dot.read(text), None, "{text}");
        }
        let comma = Marks { decimal: '.', thousands: Some(',') };
        assert_eq!(comma.read("1,234,567.5"), Some(1_234_567.5));
        for text in ["12,34", "1234,567", ",123", "1,,234"] {
            assert_eq!(comma.read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_numbers_read_back(value in -1e12..1e12_f64) {
            let dot = Marks { decimal: '.', thousands: None };
            prop_assert_eq!(dot.read(&value.to_string()), Some(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9.,' eE\u{a0}x]{0,14}|\\PC{0,8}") {
            for marks in CANDIDATES {
                if let Some(value) = marks.read(&text) {
                    prop_assert!(value.is_finite());
                }
            }
        }
    }
}
