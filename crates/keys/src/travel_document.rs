//! Travel documents: passport, identity card, visa, laissez-passer.
//!
//! The key is issuer, document type class and number. Tables have no column for the type class
//! yet, so issuer and number make the key. A number as printed carries no check digit: that stands
//! beside it in the machine-readable zone. The lines of such a zone may stand in place of the number.

use super::{CheckState, Holder, Key, KeyKind, Mrz, Plain, fold, junk, ocr};

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

    fn plain(&self) -> Option<Plain> {
        Some(Plain { least: 1, most: 64, never: "" })
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        // The shortest zone has 72 characters, and no number has as many.
        if let Some(zone) = Some(raw).filter(|raw| raw.len() >= 72).and_then(Mrz::parse) {
            let (normal, dropped) = fold::fold(&zone.number);
            let check = if zone.holds { CheckState::Holds } else { CheckState::Fails };
            return Key {
                junk: junk::judge(&normal),
                dropped,
                // Germany alone has one letter (Doc 9303-3, section 5).
                issuer: Some(if zone.issuer == "D" { "DEU".to_owned() } else { zone.issuer }),
                repaired: zone.repaired > 0,
                holder: Some(Holder { names: zone.names, birth: zone.birth }),
                ..Key::plain(normal, check)
            };
        }
        let (normal, dropped) = fold::fold(raw);
        Key { junk: junk::judge(&normal), dropped, ..Key::plain(normal, CheckState::NotApplicable) }
    }

    fn folded(&self, normal: &str) -> Option<String> {
        Some(ocr::ocr_fold(normal))
    }

    /// Machines read zones and misread a character wherever it stands: however many differ within the classes.
    fn confusable(&self, a: &str, b: &str) -> bool {
        ocr::ocr_distance(a, b).is_some_and(|apart| apart > 0)
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
