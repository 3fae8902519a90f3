//! IMEI of mobile equipment (3GPP TS 23.003): eight digits of type, six of serial number, a Luhn check digit. The
//! check digit is not transmitted, and IMEISV has two digits of software version in its place: the first fourteen are
//! the key.

use super::{CheckState, Key, KeyKind, ShapeReason, check_digit, fold, junk};

/// Identities of mobile equipment.
#[derive(Debug, Clone, Copy)]
pub struct Imei;

/// Digits of type and serial number.
const KEY: usize = 14;

impl KeyKind for Imei {
    fn name(&self) -> &'static str {
        "imei"
    }

    fn needs_issuer(&self) -> bool {
        false
    }

    fn same(&self) -> &'static str {
        "same-imei"
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (folded, dropped) = fold::fold(raw);
        // The word before the number, and nothing else that begins so.
        let bare = folded.strip_prefix("IMEISV").or(folded.strip_prefix("IMEI"));
        let bare = bare.filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        let folded = bare.unwrap_or(&folded).to_owned();
        let junk = junk::judge(&folded);
        let digits = folded.bytes().all(|b| b.is_ascii_digit());
        let not_a_key = match folded.len() {
            _ if !digits => Some(ShapeReason::Alphabet),
            14..=16 => None,
            _ => Some(ShapeReason::Length),
        };
        let check = CheckState::of(check_digit::luhn_holds(&folded).filter(|_| folded.len() == KEY + 1));
        let normal = match folded.get(..KEY).filter(|_| not_a_key.is_none()) {
            Some(key) => key.to_owned(),
            None => folded,
        };
        Key { junk: junk.or_else(|| junk::judge(&normal)), not_a_key, dropped, ..Key::plain(normal, check) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_and_without_check_digit_and_with_software_version() {
        for (raw, check) in [
            ("490154203237518", CheckState::Holds),
            ("49-015420-323751-8", CheckState::Holds),
            ("IMEI: 490154203237517", CheckState::Fails),
            ("49015420323751", CheckState::NotApplicable),
            ("4901542032375101", CheckState::NotApplicable),
        ] {
            let key = Imei.normalise(raw, None);
            assert_eq!((key.normal.as_str(), key.check, key.is_usable()), ("49015420323751", check, true), "{raw}");
        }
        let twice = Imei.normalise("IMEI IMEISV X1", None).normal;
        assert_eq!(Imei.normalise(&twice, None).normal, twice);
        assert_eq!(Imei.normalise("4901542032375", None).not_a_key, Some(ShapeReason::Length));
        assert_eq!(Imei.normalise("49015420323751A", None).not_a_key, Some(ShapeReason::Alphabet));
    }
}
