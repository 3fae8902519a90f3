//! The record scanner: finds fields in raw bytes and knows where each one stands.
//!
//! It works on bytes in any encoding in which ASCII characters stand for themselves (UTF-8, Latin-1,
//! Windows code pages, most East Asian ones as far as delimiters and quotes go). Quoting is that of
//! RFC 4180. Two lenient readings are taken, because publishers need them: a quote inside an
//! unquoted field is a plain character, and text after a closing quote makes the whole field plain.

use memchr::{memchr, memchr3};

/// A field of a record as a byte range of its content, without the surrounding quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Field {
    /// First byte of the content.
    pub start: usize,
    /// One past the last byte of the content.
    pub end: usize,
    /// Whether the content holds doubled quotes that stand for one.
    pub escaped: bool,
}

/// A run of whole records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of the first record.
    pub line: u64,
    /// Beyond this position no quoted field is closed any more.
    pub unclosed_from: usize,
}

/// What the scanner found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A record; its fields are in [`Scanner::fields`].
    Record,
    /// A line without any character.
    Blank,
    /// A line with a quoted field that is never closed; the line is in [`Scanner::span`].
    UnclosedQuote,
    /// The end of the bytes.
    End,
}

/// Walks over the records of delimited text.
#[derive(Debug)]
pub struct Scanner<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    at: usize,
    line: u64,
    record_line: u64,
    record_start: usize,
    record_end: usize,
    fields: Vec<Field>,
    /// Records that start here or later are not read.
    stop: usize,
    /// Beyond this position no quoted field is closed any more.
    unclosed_from: usize,
}

enum Quoted {
    Closed { end: usize, next: usize, escaped: bool },
    Plain,
    Unclosed,
}

impl<'a> Scanner<'a> {
    /// A scanner from `at` on, which is the start of line `line`.
    pub fn new(bytes: &'a [u8], delimiter: u8, at: usize, line: u64) -> Self {
        Self {
            bytes,
            delimiter,
            at,
            line,
            record_line: line,
            record_start: at,
            record_end: at,
            fields: Vec::new(),
            stop: bytes.len(),
            unclosed_from: usize::MAX,
        }
    }

    /// A scanner over the records that start in a piece. It sees the bytes behind the piece, because
    /// whether a quote is closed may show only there.
    pub fn over(bytes: &'a [u8], delimiter: u8, piece: Piece) -> Self {
        let stop = piece.end.min(bytes.len());
        Self { stop, unclosed_from: piece.unclosed_from, ..Self::new(bytes, delimiter, piece.start, piece.line) }
    }

    /// The records from where the scanner is on.
    pub fn rest(&self) -> Piece {
        Piece { start: self.at, end: self.bytes.len(), line: self.line, unclosed_from: self.unclosed_from }
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

    /// Reads the next record.
    pub fn step(&mut self) -> Found {
        self.fields.clear();
        self.record_line = self.line;
        self.record_start = self.at;
        if self.at >= self.stop {
            self.record_end = self.at;
            return Found::End;
        }
        let mut start = self.at;
        loop {
            match self.byte(start) {
                Some(b'"') if start < self.unclosed_from => match self.quoted(start) {
                    Quoted::Closed { end, next, escaped } => {
                        self.fields.push(Field { start: start + 1, end, escaped });
                        if self.byte(next) == Some(self.delimiter) {
                            start = next + 1;
                            continue;
                        }
                        self.end_record(next);
                        return Found::Record;
                    }
                    Quoted::Plain => {}
                    Quoted::Unclosed => {
                        self.unclosed_from = start;
                        let end = self.line_end(start);
                        self.fields.clear();
                        self.end_record(end);
                        return Found::UnclosedQuote;
                    }
                },
                _ => {}
            }
            let rest = self.bytes.get(start..).unwrap_or_default();
            let stop = memchr3(self.delimiter, b'\n', b'\r', rest).map_or(self.bytes.len(), |at| start + at);
            self.fields.push(Field { start, end: stop, escaped: false });
            if self.byte(stop) == Some(self.delimiter) {
                start = stop + 1;
                continue;
            }
            self.end_record(stop);
            let blank = self.record_end == self.record_start;
            return if blank { Found::Blank } else { Found::Record };
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        memchr::memchr2(b'\n', b'\r', rest).map_or(self.bytes.len(), |at| from + at)
    }

    /// Ends the record at `end`, which is a line end or the end of the bytes.
    fn end_record(&mut self, end: usize) {
        self.record_end = end;
        self.at = match (self.byte(end), self.byte(end + 1)) {
            (Some(b'\r'), Some(b'\n')) => end + 2,
            (Some(_), _) => end + 1,
            (None, _) => end,
        };
        self.line += 1;
    }

    /// Reads the quoted field that opens at `open`.
    fn quoted(&mut self, open: usize) -> Quoted {
        let mut from = open + 1;
        let mut escaped = false;
        let mut lines = 0;
        loop {
            let rest = self.bytes.get(from..).unwrap_or_default();
            let Some(at) = memchr(b'"', rest) else { return Quoted::Unclosed };
            lines += line_breaks(rest.get(..at).unwrap_or_default());
            let quote = from + at;
            match self.byte(quote + 1) {
                Some(b'"') => {
                    escaped = true;
                    from = quote + 2;
                }
                next if next.is_none() || matches!(next, Some(b'\n' | b'\r')) || next == Some(self.delimiter) => {
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
        let mut scanner = Scanner::new(bytes, delimiter, 0, 1);
        let mut out = Vec::new();
        loop {
            match scanner.step() {
                Found::End => return out,
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
            let mut scanner = Scanner::new(&bytes, b',', 0, 1);
            let mut last = 0;
            for _ in 0..=bytes.len() {
                let found = scanner.step();
                for field in scanner.fields() {
                    prop_assert!(field.start >= last && field.start <= field.end && field.end <= bytes.len());
                    last = field.end;
                }
                if found == Found::End {
                    return Ok(());
                }
            }
            prop_assert!(false, "the scanner does not end");
        }
    }
}
