//! `[source.guard]`: what bytes must be before they are taken for those of the source.

use super::section::Section;

/// What a document is held to before it becomes current.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Guard {
    /// A document must have at least this share of the bytes of the one before it; 0 where nothing is said.
    pub shrink_to: f64,
    /// The share of its items, by its own count, that a paged source must give, from 0 to 1.
    pub complete_min: Option<f64>,
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
        let complete_min = section.parsed("complete_min", |text| {
            let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
            let share = percent.filter(|percent| (0.0..=100.0).contains(percent)).map(|percent| percent / 100.0);
            share.ok_or("must be a percentage such as \"99 %\"")
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
        Self { shrink_to: shrink_to.unwrap_or(0.0), complete_min, sha256 }
    }
}
