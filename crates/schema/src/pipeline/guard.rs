//! `[source.guard]`: what bytes must be before they are taken for those of the source.

use super::section::Section;

/// What a document is held to before it becomes current.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Guard {
    /// A document must have at least this share of the bytes of the one before it; 0 where nothing is said.
    pub shrink_to: f64,
    /// SHA-256 digests, in hexadecimal digits, of which a document must have one; none where nothing is said.
    pub sha256: Vec<String>,
}

impl Guard {
    /// Reads the section.
    pub(super) fn read(section: Section<'_, '_>) -> Self {
        let shrink_to = section.real("shrink_to").filter(|share| {
            let good = (0.0..=1.0).contains(share);
            if !good {
                section.findings().report(section.span(), "`shrink_to` is a share, from 0 to 1", None);
            }
            good
        });
        let mut sha256 = Vec::new();
        for pin in section.texts("sha256") {
            if pin.value.len() == 64 && pin.value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                sha256.push(pin.value.to_ascii_lowercase());
            } else {
                let message = "this is no SHA-256: it has 64 hexadecimal digits";
                section.findings().report(pin.span, message, None);
            }
        }
        section.finish();
        Self { shrink_to: shrink_to.unwrap_or(0.0), sha256 }
    }
}
