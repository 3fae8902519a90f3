//! Where in an index a hash belongs.
//!
//! Everything is laid out by the upper bits of the hash, so that a part of the hashes owns a stretch of each area, and
//! parts can be built, loaded and searched apart from each other.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Bytes before the first area.
const HEAD: u64 = 64;
/// Entries that a part is to have, so that it is sorted within a processor's own cache.
const PART: u64 = 1 << 16;
/// Records for each word of the filter: 11 bits a record let one in a hundred others pass. More bits let fewer pass, but
/// less of the filter is near the processor then, which costs more: so it was measured with 12.7 million records.
const PER_WORD: u64 = 6;
/// Entries of a bucket on average.
const PER_BUCKET: u64 = 8;
/// Most parts.
const PARTS: u64 = 1 << 12;

/// The measures of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Layout {
    pub(crate) entries: u64,
    /// A power of two.
    pub(crate) parts: u64,
    /// Words of the filter of each part.
    pub(crate) words: u64,
    /// Buckets of each part.
    pub(crate) buckets: u64,
}

/// How many parts an index of so many entries has.
pub(crate) fn parts_for(entries: u64) -> u64 {
    (entries / PART).next_power_of_two().clamp(1, PARTS)
}

impl Layout {
    pub(crate) fn new(entries: u64, parts: u64) -> Self {
        let each = entries.div_ceil(parts);
        Self { entries, parts, words: each.div_ceil(PER_WORD).max(1), buckets: each.div_ceil(PER_BUCKET).max(1) }
    }

    /// Whether the measures can be those of an index; what is read from a disk may be anything.
    pub(crate) fn is_sound(&self) -> bool {
        self.parts.is_power_of_two() && self.parts <= PARTS && *self == Self::new(self.entries, self.parts)
    }

    /// The part that a hash is of.
    pub(crate) fn part(&self, hash: u64) -> u64 {
        scaled(hash, self.parts)
    }

    pub(crate) fn word(&self, hash: u64) -> u64 {
        scaled(hash, self.parts * self.words)
    }

    pub(crate) fn bucket(&self, hash: u64) -> u64 {
        scaled(hash, self.parts * self.buckets)
    }

    /// Bytes of the filter of some parts.
    pub(crate) fn filter(&self, parts: &Range<u64>) -> Range<u64> {
        HEAD + parts.start * self.words * 8..HEAD + parts.end * self.words * 8
    }

    /// Where the buckets of some parts begin, one more than there are buckets: four bytes each.
    pub(crate) fn starts(&self, parts: &Range<u64>) -> Range<u64> {
        let from = self.filter(&(0..self.parts)).end;
        from + parts.start * self.buckets * 4..from + (parts.end * self.buckets + 1) * 4
    }

    /// The remainders of some entries: four bytes each.
    pub(crate) fn remainders(&self, entries: &Range<u64>) -> Range<u64> {
        let from = self.starts(&(0..self.parts)).end;
        from + entries.start * 4..from + entries.end * 4
    }

    /// The record rows of some entries: four bytes each.
    pub(crate) fn rows(&self, entries: &Range<u64>) -> Range<u64> {
        let from = self.remainders(&(0..self.entries)).end;
        from + entries.start * 4..from + entries.end * 4
    }

    /// Bytes that so many parts take when they are searched, on average.
    pub(crate) const fn searched(&self, parts: u64) -> u64 {
        parts * (self.words * 8 + self.buckets * 4) + self.entries.div_ceil(self.parts) * parts * 8
    }

    pub(crate) fn size(&self) -> u64 {
        self.rows(&(0..self.entries)).end
    }
}

/// The hash as a number below `most`, in the order of hashes.
#[inline]
pub(super) fn scaled(hash: u64, most: u64) -> u64 {
    u64::try_from((u128::from(hash) * u128::from(most)) >> 64).unwrap_or_default()
}

/// The bits that a hash sets in its word of the filter.
pub(crate) const fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63) | 1 << (hash >> 18 & 63) | 1 << (hash >> 24 & 63)
}

/// What an entry keeps of its hash, beside its bucket.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
pub(crate) const fn remainder(hash: u64) -> u32 {
    hash as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_own_stretches() {
        for (entries, parts) in [(0, 1), (1, 4), (1_000, 8), (70_001, 2), (12_700_000, 256)] {
            let layout = Layout::new(entries, parts);
            assert!(layout.is_sound());
            assert_eq!(layout.size(), layout.rows(&(0..entries)).end);
            for step in 0..=1_000_u64 {
                let hash = step.wrapping_mul(u64::MAX / 1_000);
                let part = layout.part(hash);
                assert!(part < parts);
                assert_eq!(layout.word(hash) / layout.words, part);
                assert_eq!(layout.bucket(hash) / layout.buckets, part);
            }
        }
        assert!(!Layout { words: 3, ..Layout::new(1_000, 8) }.is_sound());
        assert_eq!((parts_for(0), parts_for(12_700_000), parts_for(u64::MAX)), (1, 256, PARTS));
    }
}
