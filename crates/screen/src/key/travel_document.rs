//! Travel documents: passport, identity card, visa, laissez-passer.
//!
//! The key is issuer, document type class and number. Tables have no column for the type class
//! yet, so issuer and number make the key. A number as printed carries no check digit: that stands
//! beside it in the machine-readable zone.

use super::{CheckState, Key, KeyKind, fold, junk};

/// Travel documents.
#[derive(Debug, Clone, Copy)]
pub struct TravelDocument;

impl KeyKind for TravelDocument {
    fn name(&self) -> &'static str {
        "travel-document"
    }

    fn needs_issuer(&self) -> bool {
        true
    }

    fn same(&self) -> &'static str {
        "same-number"
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (normal, dropped) = fold::fold(raw);
        let junk = junk::judge(&normal);
        Key { normal, check: CheckState::NotApplicable, junk, not_a_key: None, dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_and_fillers_go_and_leading_zeros_stay() {
        for (raw, normal) in [
            ("L898902C3", "L898902C3"),
            ("ab 2134<<<", "AB2134"),
            (" 00-12.345 ", "0012345"),
            ("ＡＢ２１３４", "AB2134"),
            ("O0I1", "O0I1"),
        ] {
            let key = TravelDocument.normalise(raw, Some("UTO"));
            assert_eq!((key.normal.as_str(), key.is_usable()), (normal, true), "{raw}");
        }
    }
}
