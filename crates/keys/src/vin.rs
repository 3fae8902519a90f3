//! Vehicle identification numbers (ISO 3779): 17 characters without `I`, `O` and `Q`.
//!
//! The check digit in place 9 is mandatory in North America and China only, so a wrong one is a
//! flag and never a reason to refuse the number.

use super::{CheckState, Key, KeyKind, Plain, ShapeReason, check_digit, fold, junk, ocr};

/// Vehicle identification numbers.
#[derive(Debug, Clone, Copy)]
pub struct Vin;

const LENGTH: usize = 17;
/// Place of the check digit, from 0.
const CHECK_PLACE: usize = 8;

impl KeyKind for Vin {
    fn name(&self) -> &'static str {
        "vin"
    }

    fn needs_issuer(&self) -> bool {
        false
    }

    fn same(&self) -> &'static str {
        "same-vin"
    }

    fn plain(&self) -> Option<Plain> {
        Some(Plain { least: LENGTH, most: LENGTH, never: "IOQ" })
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (normal, dropped) = fold::fold(raw);
        let junk = junk::judge(&normal);
        let not_a_key = if normal.len() != LENGTH {
            Some(ShapeReason::Length)
        } else if normal.contains(['I', 'O', 'Q']) {
            Some(ShapeReason::Alphabet)
        } else {
            None
        };
        let check = CheckState::of(vin_holds(&normal));
        Key { junk, not_a_key, dropped, ..Key::plain(normal, check) }
    }

    /// `I`, `O` and `Q` are never printed: as the figures that they look like they are the number, where the check digit
    /// then holds. So is a number whose check digit fails, with one character of a class put right, where only one is.
    fn repairs(&self, key: &Key) -> Vec<String> {
        let holds = |text: &str| vin_holds(text) == Some(true);
        let figures: String =
            key.normal.chars().map(|c| if matches!(c, 'I' | 'O' | 'Q') { ocr::class(c) } else { c }).collect();
        if figures != key.normal {
            return if holds(&figures) { vec![figures] } else { Vec::new() };
        }
        if key.check != CheckState::Fails {
            return Vec::new();
        }
        let mut found: Vec<String> = Vec::new();
        for (at, own) in key.normal.char_indices() {
            for other in ocr::alike(own).filter(|other| !matches!(other, 'I' | 'O' | 'Q')) {
                let tried: String = key.normal.char_indices().map(|(i, c)| if i == at { other } else { c }).collect();
                if holds(&tried) {
                    found.push(tried);
                }
            }
        }
        // Several that hold prove none.
        if found.len() == 1 { found } else { Vec::new() }
    }

    fn folded(&self, normal: &str) -> Option<String> {
        Some(ocr::ocr_fold(normal))
    }

    /// One character: each further one would be another vehicle of the series.
    fn confusable(&self, a: &str, b: &str) -> bool {
        ocr::ocr_distance(a, b) == Some(1)
    }
}

/// Whether the check digit in place 9 is right; `None` for what has none.
fn vin_holds(text: &str) -> Option<bool> {
    check_digit::vin_check_digit(text).map(|digit| text.chars().nth(CHECK_PLACE) == Some(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (raw, check) in [
            ("1M8GDM9AXKP042788", CheckState::Holds),
            ("1m8-gdm9a xkp 042788", CheckState::Holds),
            ("1M8GDM9A1KP042788", CheckState::Fails),
            ("WVWZZZAAZFD123456", CheckState::Fails),
        ] {
            let key = Vin.normalise(raw, None);
            assert!(key.is_usable(), "{raw}: flagged, never rejected");
            assert_eq!(key.check, check, "{raw}");
        }
    }

    #[test]
    fn repairs_are_proved_by_the_check_digit() {
        let repairs = |raw: &str| Vin.repairs(&Vin.normalise(raw, None));
        assert_eq!(repairs("1M8GDM9AXKPO42788"), ["1M8GDM9AXKP042788"]);
        assert_eq!(repairs("IM8GDM9AXKP042788"), ["1M8GDM9AXKP042788"]);
        assert_eq!(repairs("1M8GDM9AXKP042788"), [""; 0], "nothing to mend");
        assert_eq!(repairs("IM8GDM9AXKP042789"), [""; 0], "the check digit does not hold afterwards");
        // What is repaired has a check digit that holds.
        for repaired in repairs("1M8GDM9AXKP04278B") {
            assert_eq!(Vin.normalise(&repaired, None).check, CheckState::Holds, "{repaired}");
        }
    }

    #[test]
    fn what_is_no_vehicle_number() {
        for (raw, reason) in [
            ("1M8GDM9AXKP04278", ShapeReason::Length),
            ("1M8GDM9AXKP0427889", ShapeReason::Length),
            ("1M8GDM9AXKPO42788", ShapeReason::Alphabet),
            ("IM8GDM9AXKP042788", ShapeReason::Alphabet),
            ("QM8GDM9AXKP042788", ShapeReason::Alphabet),
        ] {
            assert_eq!(Vin.normalise(raw, None).not_a_key, Some(reason), "{raw}");
        }
        assert!(Vin.normalise("11111111111111111", None).junk.is_some(), "its check digit holds, and it is junk");
    }
}
