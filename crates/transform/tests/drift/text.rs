//! Delimited text: taken apart and written by a writer that shares nothing with the reader under test.

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use quipu_schema::pipeline::Observe;

use crate::document::{Cell, Draft, Format, Quotes, Row, folded, plain, wanted};

/// The rows of a text, and how it was written.
pub(crate) fn read(bytes: &[u8], observe: &Observe) -> (Vec<Row>, Format) {
    let mark = bytes.starts_with(b"\xef\xbb\xbf");
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (text, encoding) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), UTF_8),
        Err(_) => (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), WINDOWS_1252),
    };
    let wanted = wanted(observe);
    let parts = |delimiter: char| {
        let rows = rows(&text, delimiter);
        let most = rows.iter().take(100).map(|row| {
            let texts: Vec<String> = row.iter().map(|cell| folded(&cell.text())).collect();
            wanted.iter().filter(|name| texts.contains(name)).count()
        });
        (most.max().unwrap_or_default(), rows, delimiter)
    };
    let best = [',', ';', '\t'].into_iter().map(parts).max_by_key(|(most, ..)| *most).expect("a delimiter");
    (best.1, plain(best.2, encoding, mark))
}

fn rows(text: &str, delimiter: char) -> Vec<Row> {
    let (mut rows, mut row, mut cell): (Vec<Row>, Row, String) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut any) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => (quoted, any) = (true, true),
            c if c == delimiter && !quoted => {
                row.push(Cell::Text(std::mem::take(&mut cell)));
                any = true;
            }
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                if any || !cell.is_empty() {
                    row.push(Cell::Text(std::mem::take(&mut cell)));
                }
                rows.push(std::mem::take(&mut row));
                any = false;
            }
            c => {
                cell.push(c);
                any = true;
            }
        }
    }
    if any {
        row.push(Cell::Text(cell));
        rows.push(row);
    }
    rows
}

/// The text as bytes.
pub(crate) fn write(draft: &Draft) -> Vec<u8> {
    let Format::Text { delimiter, quotes, end, mark, encoding } = draft.format else { panic!("no text") };
    let mut text = String::new();
    for row in draft.above.iter().chain(&draft.header).chain(&draft.body).chain(&draft.below) {
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                text.push(delimiter);
            }
            let cell = cell.text();
            let number = !cell.is_empty() && cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
            let quote = match quotes {
                Quotes::All => true,
                Quotes::Texts => !number && !cell.is_empty(),
                Quotes::Needed => false,
            };
            if quote || cell.contains([delimiter, '"', '\n', '\r']) {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
            } else {
                text.push_str(&cell);
            }
        }
        text.push_str(end);
    }
    if encoding == UTF_16LE || encoding == UTF_16BE {
        let text = if mark { format!("\u{feff}{text}") } else { text };
        let unit = |unit: u16| if encoding == UTF_16LE { unit.to_le_bytes() } else { unit.to_be_bytes() };
        return text.encode_utf16().flat_map(unit).collect();
    }
    let mut bytes = if mark { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
    bytes.extend_from_slice(&encoding.encode(&text).0);
    bytes
}
