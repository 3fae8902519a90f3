//! Many short texts at once: letters and digits folded, everything else left out, sixteen characters at a time.
//!
//! This is where most checks spend most of their time, so it is laid out for the processor: texts are loaded into words,
//! folded by tables of 16 bytes where there is an instruction for that, and stand in arrays until they are hashed.

#![expect(unsafe_code, reason = "a function for processors that have SSSE3 is called where there is one")]

use quipu_keys::ocr_fold;

use crate::keys::BATCH;

/// Most characters of a text.
const MOST: usize = 16;
/// Fewest: those of fewer are rare.
const FEWEST: usize = 4;

/// Texts of 4 to 16 bytes.
#[derive(Debug)]
pub(crate) struct Texts {
    count: usize,
    /// The first character in the lowest bits; what is behind the last one is 0.
    raw: Box<[(u64, u64); BATCH]>,
    length: [u8; BATCH],
    /// What each one was loaded for.
    of: [u16; BATCH],
    /// The folded characters, laid out as `raw`, and how many there are: 0 where the kind of the key has to be asked.
    folded: Box<[(u64, u64); BATCH]>,
    left: [u8; BATCH],
    tables: Tables,
}

/// What the characters of 0x30, 0x40 and 0x50 fold to; 0 for what is neither letter nor digit.
#[derive(Debug, Clone, Copy)]
struct Tables([[u8; 16]; 3]);

/// One folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Folded {
    /// What it was loaded for.
    pub(crate) of: u16,
    /// The characters as two words, the first one in the lowest bits.
    pub(crate) low: u64,
    pub(crate) high: u64,
    /// Characters; 0 where the kind of the key has to be asked.
    pub(crate) count: u8,
}

impl Default for Texts {
    fn default() -> Self {
        let mut tables = [[0; 16]; 3];
        for (table, from) in tables.iter_mut().zip([0x30_u8, 0x40, 0x50]) {
            for (folded, byte) in table.iter_mut().zip(from..) {
                if byte.is_ascii_alphanumeric() {
                    *folded = ocr_fold(&char::from(byte).to_string()).bytes().next().unwrap_or(0);
                }
            }
        }
        Self {
            count: 0,
            raw: Box::new([(0, 0); BATCH]),
            length: [0; BATCH],
            of: [0; BATCH],
            folded: Box::new([(0, 0); BATCH]),
            left: [0; BATCH],
            tables: Tables(tables),
        }
    }
}

impl Texts {
    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// Loads a text for one of the rows of a batch; `false` where it is too long or too short.
    #[inline]
    pub(crate) fn load(&mut self, of: u16, text: &[u8]) -> bool {
        let Some(words) = words(text) else { return false };
        let at = self.count;
        let (Some(raw), Some(length), Some(row)) = (self.raw.get_mut(at), self.length.get_mut(at), self.of.get_mut(at))
        else {
            return false;
        };
        *raw = words;
        #[expect(clippy::cast_possible_truncation, reason = "a text of at most 16 bytes")]
        {
            *length = text.len() as u8;
        }
        *row = of;
        self.count += 1;
        true
    }

    /// Folds what was loaded.
    pub(crate) fn fold(&mut self) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("ssse3") {
            // SAFETY: the processor has the instructions; that is all that the function needs.
            unsafe { x86::fold(self) };
            return;
        }
        for at in 0..self.count {
            let folded = self.raw_at(at).map_or((0, 0, 0), |(bytes, length)| self.tables.fold(&bytes, length));
            self.put(at, folded);
        }
    }

    fn put(&mut self, at: usize, (low, high, count): (u64, u64, u8)) {
        if let (Some(folded), Some(left)) = (self.folded.get_mut(at), self.left.get_mut(at)) {
            (*folded, *left) = ((low, high), count);
        }
    }

    fn raw_at(&self, at: usize) -> Option<([u8; MOST], usize)> {
        let (low, high) = *self.raw.get(at)?;
        let bytes = (u128::from(high) << 64 | u128::from(low)).to_le_bytes();
        Some((bytes, usize::from(*self.length.get(at)?).min(MOST)))
    }

    /// The text as it was loaded.
    pub(crate) fn text(&self, at: usize) -> ([u8; MOST], usize) {
        self.raw_at(at).unwrap_or_default()
    }

    /// All folded texts, in the order in which they were loaded.
    #[inline]
    pub(crate) fn folded(&self) -> impl Iterator<Item = Folded> {
        let all = self.of.iter().zip(self.folded.iter()).zip(&self.left).take(self.count);
        all.map(|((of, (low, high)), count)| Folded { of: *of, low: *low, high: *high, count: *count })
    }
}

/// A text of 4 to 16 bytes as two words.
#[inline]
fn words(text: &[u8]) -> Option<(u64, u64)> {
    let length = text.len();
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        let behind = length - 8;
        let last = u64::from_le_bytes(*last);
        let high = match behind {
            0 => 0,
            1..=8 => last >> (8 * (8 - behind)),
            _ => return None,
        };
        return Some((u64::from_le_bytes(*first), high));
    }
    let (first, last) = (text.first_chunk::<FEWEST>()?, text.last_chunk::<FEWEST>()?);
    let (first, last) = (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    Some((first | last << (8 * (length - FEWEST)), 0))
}

/// Whether all of so many characters are the same.
#[inline]
fn is_run(low: u64, high: u64, count: u32) -> bool {
    let run = 0x0101_0101_0101_0101 * (low & 0xff);
    let there = |from: u32| {
        if count >= from + 8 {
            u64::MAX
        } else if count > from {
            (1 << (8 * (count - from))) - 1
        } else {
            0
        }
    };
    (low ^ run) & there(0) == 0 && (high ^ run) & there(8) == 0
}

impl Tables {
    /// Folds one text; a count of 0 where there are other characters than ASCII, no digit, or one character alone.
    fn fold(&self, text: &[u8; MOST], length: usize) -> (u64, u64, u8) {
        let (mut out, mut count, mut digits) = (0_u128, 0_u8, false);
        for byte in text.iter().take(length) {
            let table = match byte >> 4 {
                3 => 0,
                4 | 6 => 1,
                5 | 7 => 2,
                0..=2 => continue,
                _ => return (0, 0, 0),
            };
            let folded = self.0.get(table).and_then(|table| table.get(usize::from(byte & 0xf))).copied().unwrap_or(0);
            if folded != 0 {
                digits |= table == 0;
                out |= u128::from(folded) << (8 * u32::from(count));
                count += 1;
            }
        }
        let [low, high] = halves(out);
        if digits && !is_run(low, high, u32::from(count)) { (low, high, count) } else { (0, 0, 0) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "halves are what is wanted")]
const fn halves(word: u128) -> [u64; 2] {
    [word as u64, (word >> 64) as u64]
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_cvtsi128_si64, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8, _mm_setzero_si128, _mm_shuffle_epi8, _mm_unpackhi_epi64,
    };

    use super::{Texts, halves, is_run};

    /// As [`super::Tables::fold`], for all texts.
    #[target_feature(enable = "ssse3")]
    pub(super) fn fold(texts: &mut Texts) {
        let [digits, upper, lower] = texts.tables.0;
        let (digits, upper, lower) = (vector(digits), vector(upper), vector(lower));
        let (nibble, row, letters) = (_mm_set1_epi8(0x0f), _mm_set1_epi8(!0x0f), _mm_set1_epi8(!0x2f));
        let (row_3, row_4, row_5) = (_mm_set1_epi8(0x30), _mm_set1_epi8(0x40), _mm_set1_epi8(0x50));
        let all = texts.raw.iter().zip(&texts.length).zip(texts.folded.iter_mut().zip(&mut texts.left));
        for (((low, high), length), (folded, left)) in all.take(texts.count) {
            let text = _mm_set_epi64x(high.cast_signed(), low.cast_signed());
            let (place, of) = (_mm_and_si128(text, nibble), _mm_and_si128(text, row));
            let is_digit = _mm_cmpeq_epi8(of, row_3);
            let of = _mm_and_si128(of, letters);
            let (is_upper, is_lower) = (_mm_cmpeq_epi8(of, row_4), _mm_cmpeq_epi8(of, row_5));
            let of_digits = _mm_and_si128(is_digit, _mm_shuffle_epi8(digits, place));
            let of_upper = _mm_and_si128(is_upper, _mm_shuffle_epi8(upper, place));
            let of_lower = _mm_and_si128(is_lower, _mm_shuffle_epi8(lower, place));
            let out = _mm_or_si128(of_digits, _mm_or_si128(of_upper, of_lower));
            let there = (1_u32 << *length) - 1;
            let empty = _mm_setzero_si128();
            let gaps = mask(_mm_cmpeq_epi8(out, empty)) & there;
            let digits = !mask(_mm_cmpeq_epi8(of_digits, empty)) & there;
            let others = !mask(_mm_cmpeq_epi8(out, _mm_shuffle_epi8(out, empty))) & there;
            let halves = (
                _mm_cvtsi128_si64(out).cast_unsigned(),
                _mm_cvtsi128_si64(_mm_unpackhi_epi64(out, out)).cast_unsigned(),
            );
            // Letters and digits, one of them a digit, and not all of them the same.
            if gaps == 0 && digits != 0 && others != 0 {
                (*folded, *left) = (halves, *length);
            } else {
                let told = mask(text) == 0 && digits != 0;
                (*folded, *left) = if told { with_gaps(halves, gaps, *length) } else { ((0, 0), 0) };
            }
        }
    }

    #[target_feature(enable = "ssse3")]
    fn vector(bytes: [u8; 16]) -> __m128i {
        let [low, high] = halves(u128::from_le_bytes(bytes));
        _mm_set_epi64x(high.cast_signed(), low.cast_signed())
    }

    /// The upper bits of all bytes.
    #[target_feature(enable = "ssse3")]
    fn mask(bytes: __m128i) -> u32 {
        _mm_movemask_epi8(bytes).cast_unsigned()
    }

    /// Takes out the bytes at the places of `gaps`, the last one first; a count of 0 where one character alone is left.
    #[cold]
    fn with_gaps((low, high): (u64, u64), mut gaps: u32, length: u8) -> ((u64, u64), u8) {
        let mut text = u128::from(high) << 64 | u128::from(low);
        let count = u32::from(length) - gaps.count_ones();
        while gaps != 0 {
            let at = gaps.ilog2();
            let before = (1_u128 << (8 * at)) - 1;
            text = text & before | text >> 8 & !before;
            gaps &= !(1 << at);
        }
        let [low, high] = super::halves(text);
        if is_run(low, high, count) { ((0, 0), 0) } else { ((low, high), count.to_le_bytes()[0]) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn folding_together_is_folding_one_by_one(
            all in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..20),
                    "[A-Za-z0-9<@`{/: -]{0,18}".prop_map(String::into_bytes),
                    "(A{2,16}|[0O]{4,16}|7{4,16}|[A-Z]{4,16})".prop_map(String::into_bytes),
                ],
                0..60,
            )
        ) {
            let mut texts = Texts::default();
            let mut expected = Vec::new();
            for (of, text) in (0_u16..).zip(&all) {
                prop_assert_eq!(texts.load(of, text), (FEWEST..=MOST).contains(&text.len()));
                if (FEWEST..=MOST).contains(&text.len()) {
                    let mut bytes = [0; MOST];
                    bytes[..text.len()].copy_from_slice(text);
                    let (low, high, count) = texts.tables.fold(&bytes, text.len());
                    expected.push((of, low, high, count));
                    let (raw, length) = texts.text(expected.len() - 1);
                    prop_assert_eq!(&raw[..length], text.as_slice());
                }
            }
            texts.fold();
            let folded: Vec<_> = texts.folded().map(|one| match one.count {
                0 => (one.of, 0, 0, 0),
                count => (one.of, one.low, one.high, count),
            }).collect();
            prop_assert_eq!(folded, expected);
        }
    }
}
