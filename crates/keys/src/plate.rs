//! Registration plates of vehicles: letters and digits, the issuer being part of the key.

use super::{CheckState, Key, KeyKind, Plain, ShapeReason, fold, junk, ocr};

/// Registration plates.
#[derive(Debug, Clone, Copy)]
pub struct Plate;

/// Fewest and most characters: personalised plates have two, the longest series ten.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=12;

impl KeyKind for Plate {
    fn name(&self) -> &'static str {
        "plate"
    }

    fn needs_issuer(&self) -> bool {
        true
    }

    fn same(&self) -> &'static str {
        "same-plate"
    }

    fn plain(&self) -> Option<Plain> {
        Some(Plain { least: *LENGTH.start(), most: *LENGTH.end(), never: "" })
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (normal, dropped) = fold::fold(raw);
        let not_a_key = (!LENGTH.contains(&normal.len())).then_some(ShapeReason::Length);
        Key { junk: junk::judge(&normal), not_a_key, dropped, ..Key::plain(normal, CheckState::NotApplicable) }
    }

    fn folded(&self, normal: &str) -> Option<String> {
        Some(ocr::ocr_fold(normal))
    }

    /// At most one character misread: two make a plate of the series that is somebody else's.
    fn confusable(&self, a: &str, b: &str) -> bool {
        ocr::ocr_distance(a, b) == Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let normal = |raw: &str| Plate.normalise(raw, Some("CL")).normal;
        assert_eq!(normal("abc·123"), "ABC123");
        assert_eq!(normal("AB-CD 12"), "ABCD12");
        let meets = |other: &str| Plate.confusable("ABC123", other);
        assert!(meets("A8C123") && meets("ABC1Z3") && meets("ABCI23"));
        assert!(!meets("A8CIZ3"), "three characters differ");
        assert!(!meets("ABC123"), "the same is not confused");
    }
}
