//! A small writer of PDFs: texts and lines at places of a page, and documents made of objects.

use std::fmt::Write as _;

/// Width of every character of the font, as a part of its size.
pub(crate) const WIDTH: f64 = 0.6;
/// Width and height of a page.
pub(crate) const PAGE: (f64, f64) = (595.0, 842.0);

/// Pages of text in one font whose characters are all as wide (Courier).
#[derive(Default)]
pub(crate) struct Pages {
    pages: Vec<String>,
}

impl Pages {
    pub(crate) fn page(&mut self) {
        self.pages.push(String::new());
    }

    fn last(&mut self) -> &mut String {
        if self.pages.is_empty() {
            self.page();
        }
        self.pages.last_mut().unwrap()
    }

    /// Writes a text whose baseline begins here, in points from the top left.
    pub(crate) fn text(&mut self, x: f64, y: f64, size: f64, text: &str) {
        let mut hex = String::new();
        for byte in encoding_of(text) {
            write!(hex, "{byte:02x}").unwrap();
        }
        let y = PAGE.1 - y;
        writeln!(self.last(), "BT /F1 {size} Tf 1 0 0 1 {x:.3} {y:.3} Tm <{hex}> Tj ET").unwrap();
    }

    /// Draws a line, in points from the top left.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (a, b) = (PAGE.1 - from.1, PAGE.1 - to.1);
        writeln!(self.last(), "0.5 w {:.3} {a:.3} m {:.3} {b:.3} l S", from.0, to.0).unwrap();
    }

    /// The document.
    pub(crate) fn finish(&self) -> Vec<u8> {
        let count = self.pages.len();
        let kids: Vec<String> = (0..count).map(|page| format!("{} 0 R", 4 + 2 * page)).collect();
        let mut objects = vec![
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            format!("<< /Type /Pages /Kids [{}] /Count {count} >>", kids.join(" ")),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>".to_owned(),
        ];
        for (page, content) in self.pages.iter().enumerate() {
            objects.push(format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Contents {} 0 R \
                 /Resources << /Font << /F1 3 0 R >> >> >>",
                PAGE.0,
                PAGE.1,
                5 + 2 * page
            ));
            objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len() + 1));
        }
        let objects: Vec<Vec<u8>> = objects.into_iter().map(String::into_bytes).collect();
        document(&objects, "")
    }
}

/// The bytes of a text in Windows-1252, of which Latin-1 is all that the tests need.
fn encoding_of(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// A document of these objects, numbered from 1, of which the first is the catalog; `trailer` is added
/// to its trailer.
pub(crate) fn document(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(objects) {
        places.push(out.len());
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}

/// A stream with these entries in its dictionary.
pub(crate) fn stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("<< {entries} /Length {} >>\nstream\n", bytes.len()).into_bytes();
    out.extend(bytes);
    out.extend(b"\nendstream");
    out
}
