//! The reader of delimited text: encoding and delimiter declared or detected and reported, read in
//! pieces that are never held all at once.

pub(crate) mod encoding;
mod scan;

use std::borrow::Cow;

use quipu_schema::pipeline::{Layout, Placed};
use quipu_schema::{ErrorKind, Fault, Result};

use crate::header::{self, HeadRow, Header, Search};
use crate::{Content, Form, Limits};

pub use encoding::Encoded;
pub use scan::{BytesEnd, Field, Found, LONGEST, Scanner, Unclosed};

/// Bytes at the start of a document in which the header must stand.
const HEAD: u64 = 4 << 20;
/// Bytes that are read beyond a piece at first, to see where its last record ends.
const BEYOND: u64 = 64 << 10;

/// A run of whole records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// First byte; in a grid, first row.
    pub start: u64,
    /// One past the last byte or row.
    pub end: u64,
    /// Line of the first record, in delimited text.
    pub line: u64,
    /// Where no quoted field is closed, as known at the start.
    pub unclosed: Unclosed,
    /// What stands behind it.
    pub behind: BytesEnd,
}

/// A delimited text whose layout is known.
#[derive(Debug)]
pub struct Delimited<'a> {
    /// The bytes and their encoding.
    pub encoded: Encoded<'a>,
    /// The delimiter.
    pub delimiter: u8,
}

impl<'a> Delimited<'a> {
    /// Finds delimiter and header. `wanted` are the header names that the mapping reads; `place` names
    /// the document in messages. With them come remarks for people.
    ///
    /// # Errors
    /// Bytes that are no text, an unknown encoding, or no header with the wanted names.
    pub fn open(
        content: Content<'a>,
        layout: &Layout,
        wanted: &[Vec<&str>],
        limits: &Limits,
        place: &str,
    ) -> Result<(Self, Header, Vec<String>)> {
        let encoded = Encoded::new(content, layout.encoding.as_ref(), limits).map_err(|fault| fault.at(place))?;
        let candidates: &[u8] = match &layout.delimiter {
            Some(delimiter) => std::slice::from_ref(delimiter),
            None => b",;\t|",
        };
        let mut best: Option<(usize, u8)> = None;
        let mut found: Option<(u8, Header)> = None;
        for delimiter in candidates {
            let rows = head(&encoded, *delimiter, header::SEARCH)?;
            match header::find(&rows, layout, wanted) {
                Search::Found(header) => {
                    if found.as_ref().is_none_or(|(_, other)| header.names.len() > other.names.len()) {
                        found = Some((*delimiter, header));
                    }
                }
                Search::Best(matched) => {
                    if best.is_none_or(|(most, _)| matched > most) {
                        best = Some((matched, *delimiter));
                    }
                }
            }
        }
        let Some((delimiter, header)) = found else {
            let delimiter = best.map_or(b',', |(_, delimiter)| delimiter);
            let rows = head(&encoded, delimiter, header::SEARCH)?;
            return Err(header::missing(&rows, layout, wanted, place));
        };
        let basis = if layout.delimiter.is_some() { "declared" } else { "detected" };
        let notes = vec![
            format!("encoding {} ({})", encoded.name(), encoded.basis),
            format!("delimiter {:?} ({basis})", char::from(delimiter)),
            format!("header on line {}, {} columns", header.line, header.names.len()),
        ];
        Ok((Self { encoded, delimiter }, header, notes))
    }

    /// The records from a position on, in pieces of about `size` bytes, cut between records.
    ///
    /// # Errors
    /// A record that is longer than a piece may be; a file that cannot be read.
    pub fn pieces(&self, body: (u64, u64), size: u64) -> Result<Vec<Piece>> {
        let length = self.encoded.length();
        let mut rest = Piece { start: body.0, end: length, line: body.1, unclosed: (0, 0), behind: BytesEnd::Document };
        // Where a quoted field may hold a line end, or a line ends otherwise, only the scanner knows
        // where records end.
        let plain = !self.encoded.quotes && !self.encoded.lone_returns;
        let mut pieces = Vec::new();
        while rest.end.saturating_sub(rest.start) > size.saturating_mul(2) {
            let next = if plain { self.cut(rest, size)? } else { self.skip(rest, size)? };
            pieces.push(Piece { end: next.start, behind: BytesEnd::Record(next.unclosed), ..rest });
            rest = next;
        }
        pieces.push(rest);
        Ok(pieces)
    }

    /// What is left behind the first line end at least `size` bytes away, where no field is quoted.
    fn cut(&self, piece: Piece, size: u64) -> Result<Piece> {
        let mut from = piece.start.saturating_add(size).min(piece.end);
        loop {
            let window = self.encoded.range(from, (from + BEYOND).min(piece.end))?;
            if let Some(at) = memchr::memchr(b'\n', &window) {
                let start = from + at as u64 + 1;
                return Ok(Piece { start, line: self.encoded.line_at(start)?, ..piece });
            }
            from += window.len() as u64;
            if from >= piece.end {
                return Ok(Piece { start: piece.end, line: piece.line, ..piece });
            }
        }
    }

    /// What is left behind the first record end at least `size` bytes away, by reading the records.
    fn skip(&self, piece: Piece, size: u64) -> Result<Piece> {
        let mut beyond = BEYOND;
        loop {
            let end = piece.start.saturating_add(size).saturating_add(beyond).min(piece.end);
            let bytes = self.encoded.range(piece.start, end)?;
            let behind = if end < piece.end { BytesEnd::Anywhere } else { BytesEnd::Document };
            let mut scanner = Scanner::new(self.delimiter, piece.start, piece.line, piece.unclosed, behind);
            let mut found = Found::Blank;
            // A piece ends with the first quote that is never closed, so that it knows all of them.
            while (scanner.position().0 as u64) < size
                && !matches!(found, Found::End | Found::Cut | Found::UnclosedQuote)
            {
                found = scanner.step(&bytes);
            }
            let (at, line) = scanner.position();
            if matches!(found, Found::End | Found::Cut) && end < piece.end {
                if beyond > 2 * LONGEST as u64 {
                    let message = format!("the record on line {line} is longer than {} MiB", LONGEST >> 20);
                    return Err(Fault::new(ErrorKind::Shape, message)
                        .help("a quote that is never closed, or another delimiter or line end, makes records long"));
                }
                beyond *= 8;
                continue;
            }
            return Ok(Piece { start: piece.start + at as u64, line, unclosed: scanner.unclosed(), ..piece });
        }
    }
}

/// The first records as texts.
pub(crate) fn head(encoded: &Encoded<'_>, delimiter: u8, most: usize) -> Result<Vec<HeadRow>> {
    let (start, end) = (encoded.mark, encoded.length().min(HEAD));
    let bytes = encoded.range(start, end)?;
    let behind = if end < encoded.length() { BytesEnd::Anywhere } else { BytesEnd::Document };
    let mut scanner = Scanner::new(delimiter, start, 1, (0, 0), behind);
    let mut rows = Vec::new();
    while rows.len() < most {
        match scanner.step(&bytes) {
            Found::End | Found::Cut => break,
            Found::Blank | Found::UnclosedQuote => continue,
            Found::Record => {}
        }
        let text = |field: &Field| {
            let text = bytes.get(field.start..field.end).and_then(|bytes| unescaped(encoded, bytes, field.form));
            text.map(|text| text.trim().to_owned()).unwrap_or_default()
        };
        let (at, line) = scanner.position();
        rows.push(HeadRow {
            number: scanner.record_line(),
            texts: scanner.fields().iter().map(text).collect(),
            next: (start + at as u64, line),
        });
    }
    Ok(rows)
}

/// The text of the bytes of a field, with doubled quotes made one where the form says so.
pub(crate) fn unescaped<'e>(encoded: &Encoded<'_>, bytes: &'e [u8], form: Form) -> Option<Cow<'e, str>> {
    let text = encoded.text(bytes)?;
    if form == Form::Escaped { Some(Cow::Owned(text.replace("\"\"", "\""))) } else { Some(text) }
}

/// The encoding of a document, where it is text at all.
pub fn encoding_of(bytes: &[u8], declared: Option<&Placed<String>>) -> Option<&'static encoding_rs::Encoding> {
    Encoded::encoding_alone(bytes, declared).ok()
}

/// Decodes archived bytes at a CSV locator as the reader did: in the document's encoding, doubled
/// quotes made one where the field was quoted.
///
/// # Errors
/// A range outside the document, or bytes that are not valid in its encoding.
pub fn reread(bytes: &[u8], declared: Option<&Placed<String>>, start: u64, end: u64) -> Result<String> {
    let wrong = || Fault::new(ErrorKind::Corrupt, format!("bytes {start} to {end} are no text of this document"));
    let (from, to) = (usize::try_from(start).map_err(|_| wrong())?, usize::try_from(end).map_err(|_| wrong())?);
    let piece = bytes.get(from..to).ok_or_else(wrong)?;
    let decoder = Encoded::encoding_alone(bytes, declared)?;
    // The piece has no byte order mark of its own: what looks like one is part of the text.
    let piece = Encoded::known(piece, decoder, "", 0)?;
    let text = piece.text(&piece.range(0, u64::MAX)?).ok_or_else(wrong)?.into_owned();
    let quote: &[u8] = match decoder {
        wide if wide == encoding_rs::UTF_16LE => b"\"\0",
        wide if wide == encoding_rs::UTF_16BE => b"\0\"",
        _ => b"\"",
    };
    let opened = bytes.get(..from).is_some_and(|before| before.ends_with(quote));
    let closed = bytes.get(to..).is_some_and(|after| after.starts_with(quote));
    Ok(if opened && closed { text.replace("\"\"", "\"") } else { text })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A record as the scanner tells it: line, what was found, byte range and fields in the document.
    type Told = (u64, Found, (u64, u64), Vec<(u64, u64)>);

    fn records(csv: &Delimited<'_>, pieces: &[Piece]) -> Vec<Told> {
        let mut out = Vec::new();
        for piece in pieces {
            let bytes = csv.encoded.range(piece.start, piece.end).expect("bytes");
            let mut scanner = Scanner::new(csv.delimiter, piece.start, piece.line, piece.unclosed, piece.behind);
            let at = |at: usize| piece.start + at as u64;
            loop {
                let found = scanner.step(&bytes);
                if found == Found::End {
                    break;
                }
                let (start, end) = scanner.span();
                let fields = scanner.fields().iter().map(|field| (at(field.start), at(field.end))).collect();
                out.push((scanner.record_line(), found, (at(start), at(end)), fields));
            }
        }
        out
    }

    #[test]
    fn a_field_reads_back_in_every_encoding() {
        let text = "a,b\n\"\u{feff}Perú \"\"1\"\"\",\u{feff}2\n";
        let wide = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<u8>>()
        };
        for bytes in
            [text.as_bytes().to_vec(), wide(u16::to_le_bytes, [0xff, 0xfe]), wide(u16::to_be_bytes, [0xfe, 0xff])]
        {
            let tables =
                crate::open(Content::Memory(&bytes), &Layout::default(), &[vec!["a"]], &Limits::default(), "f.csv");
            let tables = tables.expect("open");
            let table = tables.first().expect("a table");
            for piece in table.pieces(u64::MAX).expect("pieces") {
                let mut records = table.records(piece).expect("records");
                assert_eq!(records.step(), Found::Record);
                for (column, field) in records.fields().iter().enumerate() {
                    let (start, end) = records.locator(column, *field).bytes().expect("a range");
                    let read = reread(&bytes, None, start, end).expect("a text");
                    assert_eq!(Some(read.as_str()), records.text(*field).as_deref());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn pieces_hold_the_same_records_as_the_whole(body in "[ab,\n\r]{0,80}|([ab,]{0,4}\n){0,20}|[a,\"\n]{0,40}", size in 1..20_u64) {
            let text = format!("x,y\n{body}");
            let content = Content::Memory(text.as_bytes());
            let (csv, header, _) =
                Delimited::open(content, &Layout::default(), &[vec!["x"], vec!["y"]], &Limits::default(), "f.csv").expect("open");
            let whole = csv.pieces(header.body, u64::MAX).expect("pieces");
            prop_assert_eq!(whole.len(), 1);
            let whole = records(&csv, &whole);
            prop_assert_eq!(records(&csv, &csv.pieces(header.body, size).expect("pieces")), whole);
        }
    }
}
