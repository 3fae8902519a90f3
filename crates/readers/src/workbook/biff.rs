//! What the binary formats have in common: numbers, texts and errors as Excel packs them (MS-XLS 2.5).

use super::moment::{self, Epoch, Style};
use super::{number, raised};
use crate::Form;

/// The byte at a position.
pub(super) fn byte(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// The little-endian number at a position.
pub(super) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

/// The little-endian number at a position.
pub(super) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

/// The little-endian number at a position.
pub(super) fn f64_at(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

/// A number packed into 30 bits (`RkNumber`): an integer or the upper half of a binary number,
/// perhaps a hundred times too large.
pub(super) fn unpack_rk(packed: u32) -> f64 {
    let number = if packed & 2 != 0 {
        f64::from(packed.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(packed & !3) << 32)
    };
    if packed & 1 != 0 { number / 100.0 } else { number }
}

/// How an error is printed (`BErr`).
pub(super) fn error_name(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2a => "#N/A",
        0x2b => "#GETTING_DATA",
        _ => "#ERROR!",
    }
}

/// Adds a number as its style shows it.
pub(super) fn write_value(value: f64, style: Style, epoch: Epoch, into: &mut String) -> Form {
    if moment::write_moment(value, style, epoch, into) {
        return Form::Date;
    }
    if value.is_finite() {
        if style == Style::Percent {
            number::write_percent(value, into);
            return Form::Number;
        }
        number::write_number(value, into);
        return Form::Number;
    }
    // No spreadsheet program keeps such a number; it prints as an error.
    into.push_str("#NUM!");
    Form::Fault
}

/// Adds a text of UTF-16 units; a lone surrogate becomes U+FFFD.
pub(super) fn add_wide(bytes: &[u8], into: &mut String) {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    into.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

/// A font in which a piece of a text is set, from a UTF-16 unit on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) start: u16,
    /// Whether the font sets text higher.
    pub(super) raised: bool,
}

/// Reads runs: first unit and number of the font, of two bytes each.
pub(super) fn runs(bytes: &[u8], raises: impl Fn(u16) -> bool) -> Vec<Run> {
    let pairs = bytes.as_chunks::<4>().0.iter();
    pairs
        .map(|[a, b, c, d]| Run { start: u16::from_le_bytes([*a, *b]), raised: raises(u16::from_le_bytes([*c, *d])) })
        .collect()
}

/// Adds a text of UTF-16 units, with what is set higher as such.
pub(super) fn add_rich(bytes: &[u8], runs: &[Run], into: &mut String) {
    if !runs.iter().any(|run| run.raised) {
        return add_wide(bytes, into);
    }
    let (mut at, mut raised) = (0, false);
    let ends = runs.iter().map(|run| (usize::from(run.start) * 2, run.raised)).chain([(bytes.len(), false)]);
    for (end, next) in ends {
        if let Some(piece) = bytes.get(at..end.min(bytes.len())) {
            if raised {
                let mut text = String::new();
                add_wide(piece, &mut text);
                raised::add_raised(&text, into);
            } else {
                add_wide(piece, into);
            }
            at += piece.len();
        }
        raised = next;
    }
}

/// Adds a text of one byte a character, whose upper byte would be zero.
pub(super) fn add_narrow(bytes: &[u8], into: &mut String) {
    into.extend(bytes.iter().map(|byte| char::from(*byte)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "packed numbers are exact")]
    fn packed_numbers() {
        assert_eq!(unpack_rk(0x0000_0002 | (12_656 << 2)), 12_656.0);
        assert_eq!(unpack_rk((-7_i32 << 2).cast_unsigned() | 2), -7.0);
        assert_eq!(unpack_rk((1_234 << 2) | 3), 12.34);
        assert_eq!(unpack_rk(0x3ff0_0000), 1.0);
        assert_eq!(unpack_rk(0x4059_0001), 1.0);
    }

    #[test]
    fn runs_of_a_raised_font_are_raised() {
        let units: Vec<u8> = "2366 12x".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let runs = runs(&[4, 0, 0, 0, 5, 0, 7, 0, 7, 0, 0, 0], |font| font == 7);
        let mut text = String::new();
        add_rich(&units, &runs, &mut text);
        assert_eq!(text, "2366 ¹²x");
        for start in [0, 3, 9, u16::MAX] {
            let mut text = String::new();
            add_rich(&units, &[Run { start, raised: true }, Run { start: 1, raised: false }], &mut text);
            assert_eq!(text.chars().count(), 8, "{start}: {text}");
        }
    }

    #[test]
    fn texts_and_places() {
        let mut out = String::new();
        add_wide(&[0x41, 0, 0x3d, 0xd8, 0xf7, 0xdc, 0x3d, 0xd8, 9], &mut out);
        add_narrow(&[0xe9], &mut out);
        assert_eq!(out, "A📷\u{fffd}é");
        assert_eq!((u16_at(&[1, 2], 0), u16_at(&[1, 2], 1), u32_at(&[], 9)), (Some(0x0201), None, None));
    }
}
