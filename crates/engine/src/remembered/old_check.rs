//! One old check as bytes: what hits and rules need of it, and where it stood.

use crate::form::text_of;
use crate::row::Asked;

/// A check that was remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OldCheck {
    /// File, row group and row at which it stood.
    pub(crate) place: (u32, u32, u32),
    pub(crate) asked: Asked,
}

impl OldCheck {
    /// Adds its bytes to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (file, group, row) = self.place;
        for number in [file, group, row] {
            write_number(u64::from(number), out);
        }
        let Asked { check_id, key_kind, key_raw, issuer, by, purpose, marking, names, birth_date } = &self.asked;
        let marking = marking.to_string();
        for text in [check_id, key_kind, key_raw, &marking] {
            write_text(Some(text), out);
        }
        for text in [issuer, by, purpose, names] {
            write_text(text.as_deref(), out);
        }
        if let Some(day) = birth_date {
            out.extend_from_slice(&day.to_le_bytes());
        }
    }

    /// From its bytes; `None` where they are those of no check.
    pub(crate) fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut number = || u32::try_from(read_number(&mut bytes)?).ok();
        let place = (number()?, number()?, number()?);
        let mut text = || read_text(&mut bytes);
        let (check_id, key_kind, key_raw) = (text()??, text()??, text()??);
        let marking = text()??.parse().ok()?;
        let (issuer, by, purpose, names) = (text()?, text()?, text()?, text()?);
        let birth_date = match bytes.first_chunk().filter(|_| bytes.len() == 4) {
            Some(day) => Some(i32::from_le_bytes(*day)),
            None if bytes.is_empty() => None,
            None => return None,
        };
        let asked = Asked { check_id, key_kind, key_raw, issuer, by, purpose, marking, names, birth_date };
        Some(Self { place, asked })
    }
}

/// Seven bits a byte, the lowest first (LEB128).
fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The length and one more, then the text; 0 for none.
fn write_text(text: Option<&str>, out: &mut Vec<u8>) {
    write_number(text.map_or(0, |text| text.len() as u64 + 1), out);
    out.extend_from_slice(text.unwrap_or_default().as_bytes());
}

fn read_text(bytes: &mut &[u8]) -> Option<Option<String>> {
    let Some(length) = read_number(bytes)?.checked_sub(1) else { return Some(None) };
    let (text, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(Some(text_of(text).into_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            place: (u32, u32, u32),
            texts in proptest::collection::vec(any::<String>(), 3),
            others in proptest::collection::vec(any::<Option<String>>(), 4),
            birth_date: Option<i32>,
            amber: bool,
        ) {
            let asked = Asked {
                check_id: texts[0].clone(),
                key_kind: texts[1].clone(),
                key_raw: texts[2].clone(),
                issuer: others[0].clone(),
                by: others[1].clone(),
                purpose: others[2].clone(),
                names: others[3].clone(),
                birth_date,
                marking: if amber { "TLP:AMBER H1 B2" } else { "TLP:CLEAR" }.parse().unwrap_or_default(),
            };
            let check = OldCheck { place, asked };
            let mut bytes = Vec::new();
            check.write(&mut bytes);
            prop_assert_eq!(OldCheck::read(&bytes), Some(check));
            prop_assert_eq!(OldCheck::read(&bytes[..bytes.len() - 1]), None);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = OldCheck::read(&bytes);
        }
    }
}
