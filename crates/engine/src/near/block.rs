//! Where rows that may be near each other are looked for: under half of the number together with what agrees.
//!
//! One edit leaves the first or the last half of a number as it was. So a row stands under hashes of kind, issuer, one of
//! the halves, and the date of birth or two words of a name; and two rows that are near each other have one of them in
//! common. What is found there is compared in full.
//!
//! Of two numbers that may be near, the shorter one has m characters and the other one m or m+1; so a number of n characters
//! stands under m = n and m = n-1. The halves have (m-1)/2 characters: two neighbours that change places stand in one of
//! them at most. Both sides stand under the same hashes, so that whichever of them waits finds the same others.

use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

use super::{Birth, LEAST, Person};

const SEED: u64 = 0x7175_6970_752d_6e31;

/// How a record was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum By {
    /// By kind, issuer and number.
    Key,
    /// By the number, without an issuer that is part of the key.
    Number,
    /// By half of the number, and a name or a date of birth.
    Near,
}

impl Person {
    /// The hashes under which a number of this person is found, each one once. `seed` tells kinds and issuers apart.
    pub(crate) fn blocks(&self, normal: &str, seed: u64, out: &mut Vec<u64>) {
        out.clear();
        let length = normal.len();
        if length < LEAST || !normal.is_ascii() {
            return;
        }
        let (births, names) = self.hashes(seed);
        for shorter in [length - 1, length] {
            let half = (shorter - 1) / 2;
            let (Some(first), Some(last)) = (normal.get(..half), normal.get(length - half..)) else { continue };
            for with in births.iter().chain(&names) {
                let with = with ^ (shorter as u64).wrapping_mul(SEED);
                out.push(xxh3_64_with_seed(first.as_bytes(), with));
                out.push(xxh3_64_with_seed(last.as_bytes(), !with));
            }
        }
        out.sort_unstable();
        out.dedup();
    }

    /// Hashes of what two people can have in common: dates of birth, and pairs of words of one name; each one once.
    pub(crate) fn hashes(&self, seed: u64) -> (Vec<u64>, Vec<u64>) {
        let births = self.birth.iter().map(|birth| birth.hash(seed)).collect();
        let mut names = Vec::new();
        for words in &self.names {
            for (at, one) in words.iter().enumerate() {
                names.extend(words.iter().skip(at + 1).map(|two| pair(one, two, seed)));
            }
        }
        names.sort_unstable();
        names.dedup();
        (births, names)
    }
}

impl Birth {
    fn hash(self, seed: u64) -> u64 {
        xxh3_64_with_seed(&self.short.to_le_bytes(), seed ^ SEED)
    }
}

/// Two words of a name; they come in order.
fn pair(one: &str, two: &str, seed: u64) -> u64 {
    let mut hasher = Xxh3::with_seed(seed ^ SEED);
    hasher.update(one.as_bytes());
    hasher.update(&[0]);
    hasher.update(two.as_bytes());
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quipu_keys::one_edit_apart;

    use super::*;

    fn blocks(person: &Person, normal: &str) -> Vec<u64> {
        let mut out = Vec::new();
        person.blocks(normal, 7, &mut out);
        out
    }

    proptest! {
        /// Whoever is near is found: every edit of every number, with every way to agree.
        #[test]
        fn who_is_near_has_a_block_in_common(
            number in "[AB1]{5,12}",
            at in 0_usize..12,
            edit in 0_u8..4,
            names in ("[ABC]{2} [DEF]{2}( [GHI]{2}){0,2}", "[ABC]{2} [DEF]{2}( [GHI]{2}){0,2}"),
            born in (0_i32..3, 0_i32..3),
        ) {
            let mut chars: Vec<char> = number.chars().collect();
            let at = at % chars.len();
            match edit {
                0 => chars[at] = 'X',
                1 => chars.insert(at, 'X'),
                2 if chars.len() > LEAST => { chars.remove(at); }
                _ if at + 1 < chars.len() => chars.swap(at, at + 1),
                _ => {}
            }
            let other: String = chars.into_iter().collect();
            let (one, two) = (Person::of(Some(&names.0), Some(born.0), None), Person::of(Some(&names.1), Some(born.1), None));
            let common = |one: &[u64], two: &[u64]| one.iter().any(|hash| two.contains(hash));
            if one_edit_apart(&number, &other) && one.agrees(&two).any() {
                prop_assert!(common(&blocks(&one, &number), &blocks(&two, &other)));
                prop_assert!(common(&blocks(&two, &number), &blocks(&one, &other)));
            }
        }
    }

    #[test]
    fn how_many_there_are() {
        let nobody = Person::of(None, None, None);
        assert!(blocks(&nobody, "AB1234567").is_empty());
        let born = Person::of(None, Some(100), None);
        assert_eq!(blocks(&born, "AB1234567").len(), 4);
        assert!(blocks(&born, "AB12").is_empty());
        // Three words are three pairs.
        let named = Person::of(Some("Ana Paz Cruz"), None, None);
        assert_eq!(blocks(&named, "AB1234567").len(), 12);
        // Numbers of lengths that differ by two never meet.
        let (short, long) = (blocks(&born, "AB123"), blocks(&born, "AB12323"));
        assert!(short.iter().all(|hash| !long.contains(hash)));
    }
}
