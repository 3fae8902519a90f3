//! How often two people agree by chance: counted among the rows that were looked at.
//!
//! Names and dates are not kept for that, only how many pairs of rows have one in common.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::near::Person;

/// Of the rows whose shape is looked at, so many pass for one whose person is.
pub(super) const ONE_IN: u32 = 16;
/// Most dates and words that are kept apart.
const MOST: usize = 1 << 18;

/// What the rows that were looked at state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct People {
    births: Seen,
    names: Seen,
    /// All rows that were looked at.
    rows: u64,
}

/// One thing that is stated, while it is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Seen {
    rows: u64,
    /// How often each value was seen, by its hash.
    values: FxHashMap<u64, u64>,
    /// What was counted before.
    before: u64,
}

/// How many rows state something, and how many ordered pairs of them state the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ties {
    pub(super) rows: u64,
    pub(super) ties: u64,
}

/// As it is kept with an index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counted {
    pub(super) rows: u64,
    pub(super) births: Ties,
    pub(super) names: Ties,
}

impl Seen {
    fn see(&mut self, values: &[u64]) {
        self.rows += u64::from(!values.is_empty());
        for value in values {
            self.count(*value, 1);
        }
    }

    fn count(&mut self, value: u64, times: u64) {
        if self.values.len() < MOST || self.values.contains_key(&value) {
            *self.values.entry(value).or_default() += times;
        }
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.before += other.before;
        other.values.iter().for_each(|(value, times)| self.count(*value, *times));
    }

    fn ties(&self) -> Ties {
        let ties: u64 = self.values.values().map(|times| times * (times - 1)).sum();
        Ties { rows: self.rows, ties: self.before + ties }
    }
}

impl From<Ties> for Seen {
    fn from(ties: Ties) -> Self {
        Self { rows: ties.rows, before: ties.ties, values: FxHashMap::default() }
    }
}

impl From<Counted> for People {
    fn from(counted: Counted) -> Self {
        Self { rows: counted.rows, births: counted.births.into(), names: counted.names.into() }
    }
}

impl People {
    pub(super) fn see(&mut self, person: &Person) {
        let (births, names) = person.hashes(0);
        self.rows += 1;
        self.births.see(&births);
        self.names.see(&names);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.births.add(&other.births);
        self.names.add(&other.names);
    }

    pub(super) fn counted(&self) -> Counted {
        Counted { rows: self.rows, births: self.births.ties(), names: self.names.ties() }
    }
}

/// Chance that a row of one side and one of the other agree in something.
pub(super) fn agree(one: &Counted, two: &Counted) -> f64 {
    let of = |a: Ties, b: Ties| {
        let pairs = |ties: Ties| (ties.rows as f64) * (ties.rows.saturating_sub(1) as f64);
        let (ties, pairs) = ((a.ties + b.ties) as f64, pairs(a) + pairs(b));
        let stated = (a.rows as f64 / one.rows as f64) * (b.rows as f64 / two.rows as f64);
        // Pairs of rows can have several words in common.
        if pairs > 0.0 { (ties / pairs).min(1.0) * stated } else { 0.0 }
    };
    if one.rows == 0 || two.rows == 0 { 0.0 } else { (of(one.births, two.births) + of(one.names, two.names)).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_often_as_people_agree() {
        // 400 people with 40 dates of birth, and every other one with one of 20 names.
        let mut people = People::default();
        for (number, letter) in (0..400).zip(('a'..='t').cycle()) {
            let name = format!("Ana{letter} Cruz{letter}");
            let named = (number % 2 == 0).then_some(name.as_str());
            people.see(&Person::of(named, Some(100 + number % 40), None));
        }
        let chance = agree(&people.counted(), &people.counted());
        // Every other number below 20 are ten names.
        let expected = 1.0 / 40.0 + 0.25 / 10.0;
        assert!((chance / expected - 1.0).abs() < 0.15, "{chance} {expected}");
        assert_eq!(People::from(people.counted()).counted(), people.counted());
        assert!(agree(&Counted::default(), &people.counted()).abs() < f64::EPSILON);
    }
}
