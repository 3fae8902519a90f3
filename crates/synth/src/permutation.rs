//! A permutation of all numbers: each is given once, and can be taken back.

use crate::chance::{Draw, draw};

/// How many numbers there are: two letters and seven figures.
pub const NUMBERS: u64 = 26 * 26 * 10_000_000;

/// Bits of each half: 2^34 is the next power of four above [`NUMBERS`].
const HALF: u32 = 17;
const MASK: u64 = (1 << HALF) - 1;
const ROUNDS: u64 = 4;

/// A Feistel network over 34 bits, walked along its cycles until a number is one of [`NUMBERS`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permutation {
    seed: u64,
}

impl Permutation {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The number at a place below [`NUMBERS`].
    pub(crate) fn at(self, place: u64) -> u64 {
        let mut number = self.round_trip(place, false);
        while number >= NUMBERS {
            number = self.round_trip(number, false);
        }
        number
    }

    /// The place of a number.
    pub(crate) fn place(self, number: u64) -> u64 {
        let mut place = self.round_trip(number, true);
        while place >= NUMBERS {
            place = self.round_trip(place, true);
        }
        place
    }

    fn round_trip(self, value: u64, back: bool) -> u64 {
        let (mut left, mut right) = ((value >> HALF) & MASK, value & MASK);
        for round in 0..ROUNDS {
            let round = if back { ROUNDS - 1 - round } else { round };
            let key = |half: u64| draw(self.seed ^ round, Draw::Record, half) & MASK;
            if back {
                (left, right) = (right ^ key(left), left);
            } else {
                (left, right) = (right, left ^ key(right));
            }
        }
        (left << HALF) | right
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_is_given_once_and_comes_back() {
        let permutation = Permutation::new(7);
        let mut seen = BTreeSet::new();
        for place in (0..20_000).chain(NUMBERS - 20_000..NUMBERS) {
            let number = permutation.at(place);
            assert!(number < NUMBERS && seen.insert(number), "{place}");
            assert_eq!(permutation.place(number), place);
        }
        assert_ne!(Permutation::new(8).at(5), permutation.at(5));
    }
}
