//! Integers packed as differences (DELTA_BINARY_PACKED), as far as claims have to be read before the
//! decoder acts on them.
//!
//! Texts of the encodings DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY begin with such a list of
//! lengths. The decoder makes room for as many lengths as the list claims to have, and for texts as long
//! as the lengths say. Source: "Delta Encoding" of the Apache Parquet format's `Encodings.md`.

use super::thrift::varint;

/// What a list of lengths holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths {
    pub(super) count: u64,
    /// All lengths together; negative ones count as none, the decoder refuses them.
    pub(super) total: u64,
    /// Bytes that the list takes.
    pub(super) size: usize,
}

/// Widest length: the decoder holds them in 32 bits.
const WIDEST: u8 = 32;

/// Reads a list of at most `most` lengths at the start of `bytes`. `None` where the bytes are none, or
/// claim more.
pub(super) fn lengths(bytes: &[u8], most: u64) -> Option<Lengths> {
    let mut at = 0;
    let block = varint(bytes, &mut at)?;
    let parts = usize::try_from(varint(bytes, &mut at)?).ok()?;
    let count = varint(bytes, &mut at).filter(|count| *count <= most)?;
    let first = zigzag(varint(bytes, &mut at)?);
    let per_part = usize::try_from(block).ok()?.checked_div(parts)?;
    if per_part == 0 || !per_part.is_multiple_of(32) || !block.is_multiple_of(128) {
        return None;
    }
    let mut found = Lengths { count, total: 0, size: at };
    if count == 0 {
        return Some(found);
    }
    // The decoder adds in 32 bits, round and round.
    let mut last = i32::try_from(first).ok()?;
    found.total = length(last);
    let mut left = usize::try_from(count - 1).ok()?;
    while left > 0 {
        let least = i32::try_from(zigzag(varint(bytes, &mut at)?)).ok()?;
        let widths = bytes.get(at..at.checked_add(parts)?)?;
        at += parts;
        for &width in widths {
            // Parts behind the last value have a width and no bytes.
            if left == 0 {
                break;
            }
            if width > WIDEST {
                return None;
            }
            let width = usize::from(width);
            let size = width.checked_mul(per_part)? / 8;
            let packed = bytes.get(at..)?;
            for value in 0..left.min(per_part) {
                let difference = bits(packed, value.checked_mul(width)?, width)?;
                last = last.wrapping_add(least).wrapping_add(difference.cast_signed());
                found.total = found.total.saturating_add(length(last));
            }
            left -= left.min(per_part);
            at = at.checked_add(size)?;
        }
    }
    found.size = at;
    Some(found)
}

fn length(value: i32) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A packed number of `width` bits, 32 at most, from bit `start` on.
fn bits(bytes: &[u8], start: usize, width: usize) -> Option<u32> {
    let end = start.checked_add(width)?;
    let taken = bytes.get(start / 8..end.div_ceil(8))?;
    let number = taken.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    u32::try_from((number >> (start % 8)) & ((1 << width) - 1)).ok()
}

fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_the_specification_is_read() {
        // Blocks of 128 in 4 parts; 5 values from 7 on: 5, 3, 1, 2, 3, 4, 5 has differences -2, -2, 1, 1, 1, 1
        // and a least of -2, so 0, 0, 3, 3, 3, 3 in two bits each.
        let mut bytes = vec![0x80, 1, 4, 7, 14, 3, 2, 0, 0, 0, 0b1111_0000, 0b0000_1111];
        let first = [7, 5, 3, 4, 5, 6, 7];
        bytes.extend([0; 6]);
        let expected = Lengths { count: 7, total: first.iter().sum(), size: bytes.len() };
        bytes.extend(b"text");
        assert_eq!(lengths(&bytes, 7), Some(expected));
        assert_eq!(lengths(&bytes, 6), None);
        assert_eq!(lengths(&bytes[..9], 7), None);
    }

    #[test]
    fn claims_beyond_any_page_are_refused() {
        let claim = [0x80, 1, 4, 0xf5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07, 0];
        assert_eq!(lengths(&claim, 1_000_000), None);
        assert_eq!(lengths(&[0x80, 1, 0, 1, 0], 10), None);
        assert_eq!(lengths(&[0x80, 1, 4, 0, 0], 10), Some(Lengths { count: 0, total: 0, size: 5 }));
    }
}
