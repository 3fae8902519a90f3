//! The promises of delimited text, which is read in pieces and not as a grid.

use quipu_readers::csv::{self, Found};
use quipu_readers::{Content, Limits, Tabular, open};
use quipu_schema::pipeline::{Format, HeaderAt, Layout, Placed};

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
    for (rows, header) in headers.into_iter().enumerate() {
        let format = Some(Format::Csv);
        let layout = Layout {
            format,
            encoding: encoding.clone(),
            delimiter,
            header,
            header_rows: rows % 3,
            ..Layout::default()
        };
        let wanted = [vec!["a"], vec!["b", "c"]];
        for table in open(Content::Memory(bytes), &layout, &wanted, &Limits::default(), "fuzz").unwrap_or_default() {
            records(&table, bytes, &layout);
        }
    }
}

fn records(table: &Tabular<'_>, bytes: &[u8], layout: &Layout) {
    let whole = walk(table, u64::MAX, bytes, layout);
    for size in [1, 7] {
        assert_eq!(walk(table, size, bytes, layout), whole, "pieces of {size}");
    }
}

/// Line, whether it is a record, and where each field stands with its text.
type Record = (u64, bool, Vec<(u64, u64, Option<String>)>);

fn walk(table: &Tabular<'_>, size: u64, bytes: &[u8], layout: &Layout) -> Vec<Record> {
    let mut out = Vec::new();
    let mut last = 0;
    for piece in table.pieces(size).expect("pieces of memory") {
        let mut records = table.records(piece).expect("records of memory");
        loop {
            let found = records.step();
            if found == Found::End {
                break;
            }
            let mut fields = Vec::new();
            for (column, field) in records.fields().iter().enumerate() {
                let place = records.locator(column, *field);
                let (start, end) = place.bytes().expect("a range");
                assert!(start >= last && start <= end && end <= bytes.len() as u64, "fields in order");
                last = end;
                let text = records.text(*field).map(std::borrow::Cow::into_owned);
                if size == u64::MAX
                    && let Some(text) = &text
                {
                    let read = csv::reread(bytes, layout.encoding.as_ref(), start, end);
                    assert_eq!(&read.expect("a text"), text, "{place}");
                }
                fields.push((start, end, text));
            }
            out.push((records.line(), found == Found::Record, fields));
        }
    }
    out
}
