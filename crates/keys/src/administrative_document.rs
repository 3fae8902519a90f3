//! Administrative documents: registrations, certificates, licences. As travel documents, without a
//! machine-readable zone.

use super::{CheckState, Key, KeyKind, Plain, fold, junk, ocr};

/// Administrative documents.
#[derive(Debug, Clone, Copy)]
pub struct AdministrativeDocument;

impl KeyKind for AdministrativeDocument {
    fn name(&self) -> &'static str {
        "administrative-document"
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
        let (normal, dropped) = fold::fold(raw);
        Key { junk: junk::judge(&normal), dropped, ..Key::plain(normal, CheckState::NotApplicable) }
    }

    fn folded(&self, normal: &str) -> Option<String> {
        Some(ocr::ocr_fold(normal))
    }

    /// As travel documents: numbers are read off scans.
    fn confusable(&self, a: &str, b: &str) -> bool {
        ocr::ocr_distance(a, b).is_some_and(|apart| apart > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_goes() {
        assert_eq!(AdministrativeDocument.normalise("nº 12.345-K / 2021", Some("CL")).normal, "N12345K2021");
    }
}
