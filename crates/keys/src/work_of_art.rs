//! Works of art: the id that a database gives an object. What an object is (type, maker, title, measurements: Object ID)
//! is no key.

use super::{CheckState, Key, KeyKind, Plain, ShapeReason, fold, junk};

/// Works of art.
#[derive(Debug, Clone, Copy)]
pub struct WorkOfArt;

/// Most characters of an id.
const MOST: usize = 40;

impl KeyKind for WorkOfArt {
    fn name(&self) -> &'static str {
        "work-of-art"
    }

    fn needs_issuer(&self) -> bool {
        false
    }

    fn same(&self) -> &'static str {
        "same-object-id"
    }

    fn plain(&self) -> Option<Plain> {
        Some(Plain { least: 1, most: MOST, never: "" })
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (normal, dropped) = fold::fold(raw);
        let not_a_key = (normal.len() > MOST).then_some(ShapeReason::Length);
        Key { junk: junk::judge(&normal), not_a_key, dropped, ..Key::plain(normal, CheckState::NotApplicable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_goes() {
        assert_eq!(WorkOfArt.normalise("woa/2019-0041.2", None).normal, "WOA201900412");
    }
}
