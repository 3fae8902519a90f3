//! Serial numbers of firearms, by the rules of the NCIC gun file: spaces, hyphens and symbols are dropped, the
//! letter O reads as zero, letters inside the digits are ignored, letters before and after them count.

use super::{CheckState, JunkReason, Key, KeyKind, ShapeReason, fold, junk};

/// Serial numbers of firearms.
#[derive(Debug, Clone, Copy)]
pub struct FirearmSerial;

/// Most characters of a serial number in the NCIC gun file.
const MOST: usize = 20;

impl KeyKind for FirearmSerial {
    fn name(&self) -> &'static str {
        "firearm-serial"
    }

    fn needs_issuer(&self) -> bool {
        false
    }

    fn same(&self) -> &'static str {
        "same-serial"
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (folded, dropped) = fold::fold(raw);
        let zeroed = folded.replace('O', "0");
        let normal = match (zeroed.find(|c: char| c.is_ascii_digit()), zeroed.rfind(|c: char| c.is_ascii_digit())) {
            (Some(first), Some(last)) => {
                let inside = |(at, c): &(usize, char)| *at < first || *at > last || c.is_ascii_digit();
                zeroed.char_indices().filter(inside).map(|(_, c)| c).collect()
            }
            _ => zeroed,
        };
        let not_a_key = (normal.is_empty() || normal.len() > MOST).then_some(ShapeReason::Length);
        // `NONE` is a word and no serial number, also as `N0NE`.
        let word = || junk::judge(&normal.replace('0', "O")).filter(|reason| *reason == JunkReason::Placeholder);
        let junk = junk::judge(&normal).or_else(word);
        Key { junk, not_a_key, dropped, ..Key::plain(normal, CheckState::NotApplicable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_inside_the_digits_are_ignored() {
        let normal = |raw: &str| FirearmSerial.normalise(raw, None).normal;
        for raw in ["369J257", "369257", "369M257", "369-257", "36 92 57"] {
            assert_eq!(normal(raw), "369257", "{raw}");
        }
        assert_eq!(normal("AB123X"), "AB123X", "letters before and after count");
        assert_eq!(normal("AB12C3X"), "AB123X");
        assert_eq!(normal("1O2"), "102", "O reads as zero");
        assert_eq!(normal("OO7"), "007");
        assert_ne!(normal("A369257"), normal("369257"));
    }

    #[test]
    fn words_are_junk_also_where_their_o_reads_as_zero() {
        assert!(FirearmSerial.normalise("NONE", None).junk.is_some());
        assert!(FirearmSerial.normalise("unknown", None).junk.is_some());
        assert!(FirearmSerial.normalise("O-O-O", None).junk.is_some(), "zeros only");
    }
}
