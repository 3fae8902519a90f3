//! The promises of delimited text, which is read in pieces and not as a grid.

use quipu_readers::csv::{self, CsvText, Found, Piece};
use quipu_schema::pipeline::{HeaderAt, Layout, Placed};

/// Opens a text in every way that a layout may ask for, and checks that its records are the same in
/// pieces of any size, that fields stand in order within the bytes, and that each reads back at its
/// place.
///
/// # Panics
/// Where one of these is broken.
pub fn check(bytes: &[u8]) {
    let chosen = crate::hash(bytes);
    let encodings = [None, None, Some("windows-1252"), Some("utf-16le"), Some("utf-16be"), Some("shift_jis")];
    let label = encodings.get((chosen % 6) as usize).copied().flatten();
    let encoding = label.map(|label| Placed { value: label.to_owned(), span: 0..0 });
    let delimiters = [None, Some(b','), Some(b';'), Some(b'\t')];
    let delimiter = delimiters.get((chosen / 6 % 4) as usize).copied().flatten();
    let headers = [HeaderAt::Line(1), HeaderAt::Line(2), HeaderAt::Has(vec!["a".into()]), HeaderAt::Mapped];
    for header in headers {
        let layout = Layout { encoding: encoding.clone(), delimiter, header, ..Layout::default() };
        if let Ok(text) = CsvText::open(bytes, &layout, &["a", "b"], "fuzz") {
            records(&text, bytes, &layout);
        }
    }
}

fn records(text: &CsvText<'_>, bytes: &[u8], layout: &Layout) {
    let whole = walk(text, &text.pieces(usize::MAX));
    for size in [1, 7] {
        assert_eq!(walk(text, &text.pieces(size)), whole, "pieces of {size}");
    }
    let mut last = 0;
    for (line, _, fields) in &whole {
        for (column, (start, end, escaped)) in fields.iter().enumerate() {
            assert!(*start >= last && start <= end && *end <= text.encoded.bytes.len(), "fields in order");
            last = *end;
            let field = csv::Field { start: *start, end: *end, escaped: *escaped };
            let Some(expected) = text.text(field) else { continue };
            let place = text.locator(*line, column, field);
            let (from, to) = place.bytes().expect("a range");
            let read = csv::reread(bytes, layout.encoding.as_ref(), from, to);
            assert_eq!(read.expect("a text"), expected, "{place}");
        }
    }
}

type Record = (u64, bool, Vec<(usize, usize, bool)>);

fn walk(text: &CsvText<'_>, pieces: &[Piece]) -> Vec<Record> {
    let mut out = Vec::new();
    for piece in pieces {
        let mut scanner = text.scanner(*piece);
        loop {
            let found = scanner.step();
            if found == Found::End {
                break;
            }
            let fields = scanner.fields().iter().map(|field| (field.start, field.end, field.escaped)).collect();
            out.push((scanner.record_line(), found == Found::Record, fields));
        }
    }
    out
}
