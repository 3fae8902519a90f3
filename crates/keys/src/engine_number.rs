//! Engine numbers of vehicles and outboard engines: as their maker stamps them, without a check digit.

use super::{CheckState, Key, KeyKind, Plain, ShapeReason, fold, junk};

/// Engine numbers.
#[derive(Debug, Clone, Copy)]
pub struct EngineNumber;

/// Fewest characters that tell one engine from others.
const LEAST: usize = 4;
/// Most characters that are stamped.
const MOST: usize = 30;

impl KeyKind for EngineNumber {
    fn name(&self) -> &'static str {
        "engine-number"
    }

    fn needs_issuer(&self) -> bool {
        false
    }

    fn same(&self) -> &'static str {
        "same-engine-number"
    }

    fn plain(&self) -> Option<Plain> {
        Some(Plain { least: LEAST, most: MOST, never: "" })
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (normal, dropped) = fold::fold(raw);
        let not_a_key = (!(LEAST..=MOST).contains(&normal.len())).then_some(ShapeReason::Length);
        Key { junk: junk::judge(&normal), not_a_key, dropped, ..Key::plain(normal, CheckState::NotApplicable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_tell_nothing() {
        assert!(EngineNumber.normalise("4G63-T 8841", None).is_usable());
        assert_eq!(EngineNumber.normalise("4G6", None).not_a_key, Some(ShapeReason::Length));
    }
}
