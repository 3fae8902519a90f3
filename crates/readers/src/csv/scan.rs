//! The record scanner: finds fields in raw bytes and knows where each one stands.
//!
//! It works on bytes in any encoding in which ASCII characters stand for themselves (UTF-8, Latin-1,
//! Windows code pages, most East Asian ones as far as delimiters and quotes go). Quoting is that of
//! RFC 4180. Two lenient readings are taken, because publishers need them: a quote inside an
//! unquoted field is a plain character, and text after a closing quote makes the whole field plain.

use memchr::{memchr, memchr3};

use crate::Form;

/// A field of a record: where its content lies, without the surrounding quotes, and how it came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Field {
    /// First byte of the content.
    pub start: usize,
    /// One past the last byte of the content.
    pub end: usize,
    /// How its text came to be; [`Form::Escaped`] where doubled quotes stand for one.
    pub form: Form,
}

/// Longest quoted field, in bytes: a quote that is not closed within it counts as never closed, so
/// that a stray one does not make the rest of a file one field.
pub const LONGEST: usize = 16 << 20;

/// What the scanner found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A record; its fields are in [`Scanner::fields`].
    Record,
    /// A line without any character.
    Blank,
    /// A line with a quoted field that is never closed; the line is in [`Scanner::span`].
    UnclosedQuote,
    /// The bytes end inside a record, and there are more of them than were given.
    Cut,
    /// The end of the bytes.
    End,
}

/// Positions from the first up to the second, in which no quoted field is closed.
pub type Unclosed = (u64, u64);

/// Walks over the records of delimited text. The bytes are given to every step, so that the scanner
/// can be kept beside what owns them; they must stay the same.
#[derive(Debug, Clone)]
pub struct Scanner {
    delimiter: u8,
    at: usize,
    line: u64,
    record_line: u64,
    record_start: usize,
    record_end: usize,
    fields: Vec<Field>,
    /// Position of the first byte in the document.
    base: u64,
    unclosed: Unclosed,
    end: BytesEnd,
}

/// What stands behind the bytes that a scanner sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BytesEnd {
    /// Nothing: the document ends.
    Document,
    /// The next record; and what is known there of quotes that are never closed.
    Record(Unclosed),
    /// More of the document, perhaps of the same record.
    Anywhere,
}

enum Quoted {
    Closed { end: usize, next: usize, escaped: bool },
    Plain,
    Unclosed,
    Cut,
}

impl Scanner {
    /// A scanner over bytes that stand at `base` in the document and begin on line `line`.
    pub fn new(delimiter: u8, base: u64, line: u64, unclosed: Unclosed, end: BytesEnd) -> Self {
        Self {
            delimiter,
            at: 0,
            line,
            record_line: line,
            record_start: 0,
            record_end: 0,
            fields: Vec::new(),
            base,
            unclosed,
            end,
        }
    }

    /// The fields of the last record.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The line on which the last record starts, from 1.
    pub fn record_line(&self) -> u64 {
        self.record_line
    }

    /// The byte range of the last record, without its line end.
    pub fn span(&self) -> (usize, usize) {
        (self.record_start, self.record_end)
    }

    /// Where the next record starts: byte and line.
    pub fn position(&self) -> (usize, u64) {
        (self.at, self.line)
    }

    /// Where no quoted field is closed, as far as the scanner knows.
    pub fn unclosed(&self) -> Unclosed {
        self.unclosed
    }

    /// Reads the next record.
    pub fn step(&mut self, bytes: &[u8]) -> Found {
        self.fields.clear();
        self.record_line = self.line;
        self.record_start = self.at;
        if self.at >= bytes.len() {
            self.record_end = self.at;
            return Found::End;
        }
        let mut start = self.at;
        loop {
            if bytes.get(start) == Some(&b'"') && !self.is_unclosed(start) {
                match self.quoted(bytes, start) {
                    Quoted::Closed { end, next, escaped } => {
                        let form = if escaped { Form::Escaped } else { Form::Printed };
                        self.fields.push(Field { start: start + 1, end, form });
                        if bytes.get(next) == Some(&self.delimiter) {
                            start = next + 1;
                            continue;
                        }
                        return self.end_record(bytes, next, Found::Record);
                    }
                    Quoted::Plain => {}
                    Quoted::Unclosed => {
                        let from = self.base + start as u64;
                        self.unclosed = (from, from.saturating_add(LONGEST as u64));
                        self.fields.clear();
                        let rest = bytes.get(start..).unwrap_or_default();
                        let end = memchr::memchr2(b'\n', b'\r', rest).map_or(bytes.len(), |at| start + at);
                        return self.end_record(bytes, end, Found::UnclosedQuote);
                    }
                    Quoted::Cut => return self.back(),
                }
            }
            let rest = bytes.get(start..).unwrap_or_default();
            let stop = memchr3(self.delimiter, b'\n', b'\r', rest).map_or(bytes.len(), |at| start + at);
            self.fields.push(Field { start, end: stop, form: Form::Printed });
            if bytes.get(stop) == Some(&self.delimiter) {
                start = stop + 1;
                continue;
            }
            return self.end_record(bytes, stop, Found::Record);
        }
    }

    fn is_unclosed(&self, at: usize) -> bool {
        let at = self.base + at as u64;
        self.unclosed.0 <= at && at < self.unclosed.1
    }

    /// Forgets the record that is cut.
    fn back(&mut self) -> Found {
        self.fields.clear();
        self.at = self.record_start;
        self.line = self.record_line;
        self.record_end = self.record_start;
        Found::Cut
    }

    /// Ends the record at `end`, which is a line end or the end of the bytes.
    fn end_record(&mut self, bytes: &[u8], end: usize, found: Found) -> Found {
        self.record_end = end;
        self.at = match (bytes.get(end), bytes.get(end + 1)) {
            (Some(b'\r'), Some(b'\n')) => end + 2,
            // A line feed may follow.
            (Some(b'\r') | None, None) if self.end == BytesEnd::Anywhere => return self.back(),
            (Some(_), _) => end + 1,
            (None, _) => end,
        };
        self.line += 1;
        if found == Found::Record && end == self.record_start { Found::Blank } else { found }
    }

    /// Reads the quoted field that opens at `open`.
    fn quoted(&mut self, bytes: &[u8], open: usize) -> Quoted {
        let mut from = open + 1;
        let mut escaped = false;
        let mut lines = 0;
        let last = bytes.len().min(open.saturating_add(LONGEST));
        loop {
            let rest = bytes.get(from..last).unwrap_or_default();
            let Some(at) = memchr(b'"', rest) else {
                return match self.end {
                    _ if last < bytes.len() => Quoted::Unclosed,
                    BytesEnd::Document => Quoted::Unclosed,
                    // Whoever cut the bytes here saw what follows.
                    BytesEnd::Record((from, _)) if from == self.base + open as u64 => Quoted::Unclosed,
                    BytesEnd::Record(_) => Quoted::Plain,
                    BytesEnd::Anywhere => Quoted::Cut,
                };
            };
            lines += line_breaks(rest.get(..at).unwrap_or_default());
            let quote = from + at;
            match bytes.get(quote + 1) {
                Some(b'"') => {
                    escaped = true;
                    from = quote + 2;
                }
                None if self.end == BytesEnd::Anywhere => return Quoted::Cut,
                next if next.is_none() || matches!(next, Some(b'\n' | b'\r')) || next == Some(&self.delimiter) => {
                    self.line += lines;
                    return Quoted::Closed { end: quote, next: quote + 1, escaped };
                }
                _ => return Quoted::Plain,
            }
        }
    }
}

/// How many lines end inside these bytes.
fn line_breaks(bytes: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    if feeds > 0 {
        return feeds as u64;
    }
    memchr::memchr_iter(b'\r', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(text: &str, delimiter: u8) -> Vec<(u64, Vec<String>)> {
        let bytes = text.as_bytes();
        let mut scanner = Scanner::new(delimiter, 0, 1, (0, 0), BytesEnd::Document);
        let mut out = Vec::new();
        loop {
            match scanner.step(bytes) {
                Found::End | Found::Cut => return out,
                Found::Record => {
                    let fields = scanner.fields().iter();
                    let texts = fields.map(|f| String::from_utf8_lossy(&bytes[f.start..f.end]).replace("\"\"", "\""));
                    out.push((scanner.record_line(), texts.collect()));
                }
                Found::Blank => out.push((scanner.record_line(), vec![])),
                Found::UnclosedQuote => out.push((scanner.record_line(), vec!["<unclosed>".into()])),
            }
        }
    }

    #[test]
    fn fields_quotes_line_ends_and_lines() {
        let text = "a,b,\r\n\"x, \"\"y\"\"\",\"two\nlines\",3\n\nlast,\"\",\"q\"";
        let expected: Vec<(u64, Vec<&str>)> = vec![
            (1, vec!["a", "b", ""]),
            (2, vec!["x, \"y\"", "two\nlines", "3"]),
            (4, vec![]),
            (5, vec!["last", "", "q"]),
        ];
        let got = records(text, b',');
        assert_eq!(got.len(), expected.len());
        for ((line, fields), (want_line, want)) in got.iter().zip(expected) {
            assert_eq!((*line, fields.iter().map(String::as_str).collect::<Vec<_>>()), (want_line, want));
        }
    }

    #[test]
    fn an_unclosed_quote_costs_its_line_only() {
        let got = records("a;b\n1;\"open\n2;3\n", b';');
        assert_eq!(got[1], (2, vec!["<unclosed>".to_owned()]));
        assert_eq!(got[2], (3, vec!["2".to_owned(), "3".to_owned()]));
    }

    #[test]
    fn quotes_in_the_middle_are_plain_characters() {
        assert_eq!(records("5\" gun,\"a\"b,c\n", b',')[0].1, ["5\" gun", "\"a\"b", "c"]);
    }

    #[test]
    fn old_mac_line_ends() {
        assert_eq!(records("a,b\rc,d\r", b',').len(), 2);
    }

    proptest! {
        #[test]
        fn written_records_are_read_back(rows in proptest::collection::vec(
            proptest::collection::vec("[a-z,\"\n\r é;]{0,8}", 2..5), 1..6)) {
            let mut text = String::new();
            for row in &rows {
                let cells: Vec<String> = row.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
                text.push_str(&cells.join(","));
                text.push('\n');
            }
            let got = records(&text, b',');
            prop_assert_eq!(got.iter().map(|(_, f)| f.clone()).collect::<Vec<_>>(), rows);
        }

        #[test]
        fn any_bytes_are_walked_to_the_end_with_fields_in_bounds(bytes in proptest::collection::vec(
            prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200)) {
            let mut scanner = Scanner::new(b',', 0, 1, (0, 0), BytesEnd::Document);
            let mut last = 0;
            let mut ended = false;
            for _ in 0..=bytes.len() {
                let found = scanner.step(&bytes);
                for field in scanner.fields() {
                    prop_assert!(field.start >= last && field.start <= field.end && field.end <= bytes.len());
                    last = field.end;
                }
                ended |= found == Found::End;
            }
            prop_assert!(ended, "the scanner does not end");
        }

        #[test]
        fn cut_bytes_give_the_same_records_and_ask_for_more(bytes in proptest::collection::vec(
            prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'a')], 0..60), at in 0..60_usize) {
            let at = at.min(bytes.len());
            let mut whole = Scanner::new(b',', 0, 1, (0, 0), BytesEnd::Document);
            let mut part = Scanner::new(b',', 0, 1, (0, 0), BytesEnd::Anywhere);
            for _ in 0..=at {
                let found = part.step(&bytes[..at]);
                if matches!(found, Found::Cut | Found::End) {
                    return Ok(());
                }
                prop_assert_eq!(whole.step(&bytes), found);
                prop_assert_eq!((whole.fields(), whole.span(), whole.position()), (part.fields(), part.span(), part.position()));
            }
        }
    }
}
