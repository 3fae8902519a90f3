//! Hits to expect by chance: how many would be found if the numbers asked for were any numbers of their shape.
//!
//! A shape is which characters of a number are letters and which are digits. Of two numbers of one shape, kind and
//! issuer, drawn evenly, each digit is equal once in 10 and each letter once in 26; a letter and a digit are never equal
//! and look alike in 8 of 260 pairs. Numbers are not drawn evenly, so this is an order of magnitude. What two people agree
//! in by chance is not reckoned but counted: see `people`.

mod near;
mod people;

use quipu_keys::{ALL, ocr_fold};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::form::{Issuer, UNKNOWN, text_of};
use crate::keys::Row;
use crate::near::{LEAST, Person};
pub(crate) use people::Counted;
use people::People;

/// Rows that are looked at, about: always the same ones, and all of fewer.
const LOOKED_AT: u64 = if cfg!(test) { 24 } else { 1 << 18 };
/// Most shapes that are kept apart.
const MOST: usize = 1 << 18;
/// Longest number that has a shape.
const LONGEST: usize = 40;

/// How often each shape was seen among the rows that were looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shapes {
    /// One row in so many is looked at: a power of two.
    step: u32,
    seen: FxHashMap<Shape, u64>,
    people: People,
}

/// One shape, as it is kept with an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Shape {
    kind: u8,
    issuer: Issuer,
    length: u8,
    /// Bit n is set where character n is a digit.
    digits: u64,
}

/// Hits to expect, by how they meet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Expected {
    /// The same normal form: grades `exact` and `normalised`.
    pub same: f64,
    /// After a repair.
    pub repaired: f64,
    /// After folding.
    pub confusable: f64,
    /// One edit apart, and of people who agree; 0 where that is not looked for.
    pub near: f64,
}

impl std::iter::Sum for Expected {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            same: sum.same + one.same,
            repaired: sum.repaired + one.repaired,
            confusable: sum.confusable + one.confusable,
            near: sum.near + one.near,
        })
    }
}

impl Default for Shapes {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Shapes {
    /// For so many rows.
    pub(crate) fn new(rows: u64) -> Self {
        let step = u32::try_from(rows / LOOKED_AT).unwrap_or(1 << 30).clamp(1, 1 << 30).next_power_of_two();
        Self { step, seen: FxHashMap::default(), people: People::default() }
    }

    pub(crate) const fn step(&self) -> u32 {
        self.step
    }

    /// Looks at a row, where it is one of the sample.
    pub(crate) fn see(&mut self, row: &Row) {
        if row.number & (self.step - 1) != 0 || row.kind == UNKNOWN {
            return;
        }
        let Some(kind) = ALL.get(usize::from(row.kind)) else { return };
        let key = kind.normalise(&text_of(row.raw.unwrap_or_default()), None);
        if (row.number / self.step).is_multiple_of(people::ONE_IN) {
            let names = row.person.names.map(text_of);
            self.people.see(&Person::of(names.as_deref(), row.person.born.day(), key.holder.as_ref()));
        }
        let normal = key.normal;
        let Some(length) = u8::try_from(normal.len()).ok().filter(|length| usize::from(*length) <= LONGEST) else {
            return;
        };
        let digits = (0..).zip(normal.bytes()).filter(|(_, byte)| byte.is_ascii_digit());
        let digits = digits.fold(0, |digits, (at, _)| digits | 1_u64 << at);
        let issuer = if kind.needs_issuer() { row.issuer } else { Issuer::of(None) };
        self.count(Shape { kind: row.kind, issuer, length, digits }, 1);
    }

    fn count(&mut self, shape: Shape, times: u64) {
        if self.seen.len() < MOST || self.seen.contains_key(&shape) {
            *self.seen.entry(shape).or_default() += times;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (shape, times) in other.listed() {
            self.count(shape, times);
        }
        self.people.add(&other.people);
    }

    pub(crate) fn people(&self) -> Counted {
        self.people.counted()
    }

    /// In an order that depends on nothing else.
    pub(crate) fn listed(&self) -> Vec<(Shape, u64)> {
        let mut listed: Vec<(Shape, u64)> = self.seen.iter().map(|(shape, times)| (*shape, *times)).collect();
        listed.sort_unstable();
        listed
    }

    pub(crate) fn from_list(step: u32, listed: &[(Shape, u64)], people: Counted) -> Self {
        Self { step, seen: listed.iter().copied().collect(), people: People::from(people) }
    }
}

/// Pairs of shapes that are compared for one kind and issuer, at most.
const PAIRS: usize = 1 << 22;

/// Hits to expect between the rows that two samples stand for.
pub(crate) fn expected(checks: &Shapes, records: &Shapes) -> Expected {
    let mut by_place: FxHashMap<(u8, Issuer, u8), Vec<(u64, u64)>> = FxHashMap::default();
    for (shape, times) in records.listed() {
        by_place.entry((shape.kind, shape.issuer, shape.length)).or_default().push((shape.digits, times));
    }
    let mut out = Expected::default();
    let mut pairs = 0;
    let agree = people::agree(&checks.people.counted(), &records.people.counted());
    let scale = f64::from(checks.step) * f64::from(records.step);
    for (shape, asked) in checks.listed() {
        let Some(kind) = ALL.get(usize::from(shape.kind)) else { continue };
        let several = kind.confusable("00", "OO");
        let folds = kind.folded("0") == Some(ocr_fold("0"));
        let lengths = [shape.length, shape.length.saturating_sub(1), shape.length.saturating_add(1)];
        let lengths = if agree > 0.0 { lengths.as_slice() } else { lengths.get(..1).unwrap_or_default() };
        let places = lengths.iter().map(|length| (*length, by_place.get(&(shape.kind, shape.issuer, *length))));
        for (length, (digits, held)) in
            places.flat_map(|(length, of)| of.into_iter().flatten().map(move |of| (length, of)))
        {
            pairs += 1;
            if pairs > PAIRS {
                return out;
            }
            let many = asked as f64 * *held as f64 * scale;
            if agree > 0.0 && usize::from(length.min(shape.length)) >= LEAST && !kind.is_secret() {
                let (one, two) = (near::Number::of(&shape), near::Number { length, digits: *digits });
                out.near += many * agree * near::chance(one, two, folds);
            }
            if length != shape.length {
                continue;
            }
            let chance = Chance::of(shape.length, shape.digits, *digits);
            out.same += many * chance.same;
            if folds {
                out.confusable += many * if several { chance.alike } else { chance.one_alike };
            }
            if kind.name() == "vin" {
                // One number in eleven has a check digit that holds.
                out.repaired += many * chance.one_alike / 11.0;
            }
        }
    }
    out
}

/// Chances that two numbers of two shapes meet.
#[derive(Debug, Clone, Copy)]
struct Chance {
    same: f64,
    /// They differ, within the classes.
    alike: f64,
    /// They differ in one character, within the classes.
    one_alike: f64,
}

impl Chance {
    fn of(length: u8, one: u64, two: u64) -> Self {
        let (mut same, mut folded, mut one_alike) = (1.0, 1.0, 0.0);
        for at in 0..length {
            let (equal, apart) = match (one >> at & 1, two >> at & 1) {
                (1, 1) => (0.1, 0.0),
                // O, D and Q are one class; every other letter is alone among letters.
                (0, 0) => (1.0 / 26.0, 6.0 / 676.0),
                _ => (0.0, 8.0 / 260.0),
            };
            one_alike = one_alike * equal + same * apart;
            same *= equal;
            folded *= equal + apart;
        }
        Self { same, alike: folded - same, one_alike }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_agree_with_counting() {
        // Two characters each, all pairs counted.
        let all: Vec<char> = ('0'..='9').chain('A'..='Z').collect();
        for (one, two) in [(0b00_u64, 0b00_u64), (0b01, 0b01), (0b01, 0b00), (0b11, 0b00), (0b10, 0b01)] {
            let of = |shape: u64| -> Vec<String> {
                let fits = |at: u64, c: &char| c.is_ascii_digit() == (shape >> at & 1 == 1);
                let firsts: Vec<char> = all.iter().filter(|c| fits(0, c)).copied().collect();
                let seconds: Vec<char> = all.iter().filter(|c| fits(1, c)).copied().collect();
                firsts.iter().flat_map(|a| seconds.iter().map(move |b| format!("{a}{b}"))).collect()
            };
            let (ones, twos) = (of(one), of(two));
            let (mut same, mut alike, mut one_alike) = (0_u32, 0_u32, 0_u32);
            for a in &ones {
                for b in &twos {
                    match quipu_keys::ocr_distance(a, b) {
                        Some(0) => same += 1,
                        Some(apart) => {
                            alike += 1;
                            one_alike += u32::from(apart == 1);
                        }
                        None => {}
                    }
                }
            }
            let chance = Chance::of(2, one, two);
            let pairs = (ones.len() * twos.len()) as f64;
            for (counted, told) in [(same, chance.same), (alike, chance.alike), (one_alike, chance.one_alike)] {
                assert!((f64::from(counted) / pairs - told).abs() < 1e-12, "{one:b} {two:b}: {counted} {told}");
            }
        }
    }

    /// The example that the plan of the house gives: 127 million numbers of two letters and seven digits over 40
    /// issuers. Each check of one of these issuers meets one in 2,129 by chance.
    #[test]
    fn the_example() {
        let shape = |issuer: u8| Shape {
            kind: 0,
            issuer: Issuer::of(Some(&issuer.to_string())),
            length: 9,
            digits: 0b1_1111_1100,
        };
        // One person in a thousand agrees with another one.
        let same = people::Ties { rows: 1_001, ties: 1_001 };
        let people = people::Counted { rows: 1_001, births: same, names: people::Ties::default() };
        let records = Shapes::from_list(
            64,
            &(0..40).map(|issuer| (shape(issuer), 127_000_000 / 40 / 64)).collect::<Vec<_>>(),
            people,
        );
        let checks = Shapes::from_list(64, &[(shape(7), 1_000_000 / 64)], people);
        let expected = expected(&checks, &records);
        let per_check = 127e6 / 40.0 / (676.0 * 1e7);
        assert!((expected.same / 1e6 / per_check - 1.0).abs() < 0.001, "{expected:?}");
        // A letter O, D or Q instead of another one of the three, in either of two places.
        assert!((expected.confusable / expected.same - 0.515).abs() < 0.01, "{expected:?}");
        // One check in about twenty has a number near that of some record; of those, one in a thousand is of one person.
        assert!((expected.near / 1e6 * 1e3 - 0.05).abs() < 0.02, "{expected:?}");
    }
}
