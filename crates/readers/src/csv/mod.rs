//! The reader of delimited text: encoding, delimiter and header declared or detected and reported.

pub(crate) mod encoding;
mod header;
mod scan;

use std::borrow::Cow;

use quipu_schema::locator::Locator;
use quipu_schema::pipeline::{Layout, Placed};
use quipu_schema::{ErrorKind, Fault, Result};

pub use encoding::Encoded;
pub use header::Header;
pub use scan::{Field, Found, Piece, Scanner};

/// Size of a piece that one thread walks, in bytes.
pub const PIECE: usize = 4 << 20;

/// What is left behind the first line end at least `size` bytes away, where no field is quoted.
fn cut(bytes: &[u8], piece: Piece, size: usize) -> Piece {
    let from = piece.start.saturating_add(size).min(bytes.len());
    let rest = bytes.get(from..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).map_or(bytes.len(), |at| from + at + 1);
    let lines = memchr::memchr_iter(b'\n', bytes.get(piece.start..end).unwrap_or_default()).count();
    Piece { start: end, line: piece.line + lines as u64, ..piece }
}

/// A delimited text whose layout is known.
#[derive(Debug)]
pub struct CsvText<'a> {
    /// The bytes and their encoding.
    pub encoded: Encoded<'a>,
    /// The delimiter.
    pub delimiter: u8,
    /// The header record.
    pub header: Header,
    /// What was detected, for people.
    pub notes: Vec<String>,
}

impl<'a> CsvText<'a> {
    /// Opens the bytes of a document. `wanted` are the header names that the mapping reads; `place`
    /// names the document in messages.
    ///
    /// # Errors
    /// Bytes that are no text, an unknown encoding, or no header with the wanted names.
    pub fn open(bytes: &'a [u8], options: &Layout, wanted: &[&str], place: &str) -> Result<Self> {
        let encoded = Encoded::new(bytes, options.encoding.as_ref()).map_err(|fault| fault.at(place))?;
        let candidates: &[u8] = match &options.delimiter {
            Some(delimiter) => std::slice::from_ref(delimiter),
            None => b",;\t|",
        };
        let mut best: Option<(usize, u8)> = None;
        let mut found = None;
        for delimiter in candidates {
            match header::find(&encoded, *delimiter, options, wanted) {
                header::Search::Found(header) => {
                    let better =
                        found.as_ref().is_none_or(|(_, other): &(u8, Header)| header.names.len() > other.names.len());
                    if better {
                        found = Some((*delimiter, header));
                    }
                }
                header::Search::Best(matched) => {
                    if best.is_none_or(|(most, _)| matched > most) {
                        best = Some((matched, *delimiter));
                    }
                }
            }
        }
        let Some((delimiter, header)) = found else {
            let delimiter = best.map_or(b',', |(_, delimiter)| delimiter);
            return Err(header::missing(&encoded, delimiter, options, wanted, place));
        };
        let mut notes = vec![format!("encoding {} ({})", encoded.name(), encoded.basis)];
        let basis = if options.delimiter.is_some() { "declared" } else { "detected" };
        notes.push(format!("delimiter {:?} ({basis})", char::from(delimiter)));
        notes.push(format!("header on line {}, {} columns", header.line, header.names.len()));
        Ok(Self { encoded, delimiter, header, notes })
    }

    /// A scanner over the records below the header.
    pub fn body(&self) -> Scanner<'_> {
        let (at, line) = self.header.body;
        Scanner::new(&self.encoded.bytes, self.delimiter, at, line)
    }

    /// A scanner over a piece of the records below the header.
    pub fn scanner(&self, piece: Piece) -> Scanner<'_> {
        Scanner::over(&self.encoded.bytes, self.delimiter, piece)
    }

    /// The records below the header in pieces of about `size` bytes, cut between records.
    pub fn pieces(&self, size: usize) -> Vec<Piece> {
        let bytes: &[u8] = &self.encoded.bytes;
        let mut rest = self.body().rest();
        let body = bytes.get(rest.start..).unwrap_or_default();
        // Where a quoted field may hold a line end, or a line ends otherwise, only the scanner knows
        // where records end.
        let lone_return = |at: usize| body.get(at + 1) != Some(&b'\n');
        let plain = memchr::memchr(b'"', body).is_none() && !memchr::memchr_iter(b'\r', body).any(lone_return);
        let mut pieces = Vec::new();
        while rest.end.saturating_sub(rest.start) > size.saturating_mul(2) {
            let next = if plain { cut(bytes, rest, size) } else { self.skip(rest, size) };
            pieces.push(Piece { end: next.start, ..rest });
            rest = next;
        }
        pieces.push(rest);
        pieces
    }

    /// What is left behind the first record end at least `size` bytes away, by reading the records.
    fn skip(&self, piece: Piece, size: usize) -> Piece {
        let mut scanner = self.scanner(piece);
        while scanner.position().0 < piece.start.saturating_add(size) && scanner.step() != Found::End {}
        scanner.rest()
    }

    /// The text of a field, unescaped; `None` where its bytes are not valid in the encoding.
    pub fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        unescaped(&self.encoded, field)
    }

    /// The field without the white space around its content.
    pub fn trimmed(&self, field: Field) -> Field {
        let bytes = self.encoded.bytes.get(field.start..field.end).unwrap_or_default();
        let lead = bytes.len() - bytes.trim_ascii_start().len();
        let kept = bytes.trim_ascii().len();
        Field { start: field.start + lead, end: field.start + lead + kept, escaped: field.escaped }
    }

    /// The locator of a field.
    pub fn locator(&self, line: u64, column: usize, field: Field) -> Locator {
        Locator::Csv {
            line,
            column: self.header.names.get(column).cloned().unwrap_or_default(),
            start: self.encoded.archived(field.start),
            end: self.encoded.archived(field.end),
        }
    }

    /// The locator of a byte range, such as a whole line.
    pub fn span_locator(&self, start: usize, end: usize) -> Locator {
        Locator::Bytes { start: self.encoded.archived(start), end: self.encoded.archived(end) }
    }

    /// Checks that every column is among those that are `read` or is ignored by name.
    ///
    /// # Errors
    /// A column that is neither: the source has changed its shape.
    pub fn check_unread(&self, read: &[usize], ignore: &[Placed<String>], place: &str, source: &str) -> Result<()> {
        let ignored = |name: &str| ignore.iter().any(|i| i.value.trim() == name || i.value.eq_ignore_ascii_case(name));
        let columns = self.header.names.iter().enumerate();
        let unread: Vec<String> = columns
            .filter(|(at, name)| !read.contains(at) && !ignored(name))
            .map(|(_, name)| format!("{name:?}"))
            .collect();
        if unread.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the header on line {} has columns that the mapping neither reads nor ignores: {}",
            self.header.line,
            unread.join(", ")
        );
        let help = format!("map them, or add them to `ignore` of source `{source}`");
        Err(Fault::new(ErrorKind::Shape, message).at(place).help(help))
    }

    /// The texts of these columns of a record, trimmed and joined.
    ///
    /// `None` where bytes are not valid in the encoding.
    pub fn joined(&self, fields: &[Field], columns: &[usize], join: &str) -> Option<String> {
        let mut out = String::new();
        for (index, column) in columns.iter().enumerate() {
            let text = self.text(fields.get(*column).copied().unwrap_or_default())?;
            if index > 0 {
                out.push_str(join);
            }
            out.push_str(text.trim());
        }
        Some(out)
    }

    /// The position of the column of this name.
    ///
    /// # Errors
    /// No such column, or two of them.
    pub fn column(&self, name: &str, place: &str) -> Result<usize> {
        match self.header.position(name) {
            header::Position::One(at) => Ok(at),
            header::Position::Many => Err(Fault::new(
                ErrorKind::Shape,
                format!("two columns are named `{name}` in the header on line {}", self.header.line),
            )
            .at(place)
            .help("the source has changed its shape, or the header is on another line: declare `header`")),
            header::Position::None => {
                let help = quipu_schema::pipeline::suggestion(
                    name,
                    self.header.names.iter().map(String::as_str).collect::<Vec<_>>(),
                );
                let fault = Fault::new(
                    ErrorKind::Shape,
                    format!("no column is named `{name}` in the header on line {}", self.header.line),
                )
                .at(place);
                Err(match help {
                    Some(help) => fault.help(help),
                    None => fault,
                })
            }
        }
    }
}

/// The text of a field of encoded bytes, with doubled quotes made one.
pub fn unescaped<'e>(encoded: &'e Encoded<'_>, field: Field) -> Option<Cow<'e, str>> {
    let text = encoded.text(field.start, field.end)?;
    if field.escaped { Some(Cow::Owned(text.replace("\"\"", "\""))) } else { Some(text) }
}

/// The encoding of a document, where it is text at all.
pub fn encoding_of(bytes: &[u8], declared: Option<&Placed<String>>) -> Option<&'static encoding_rs::Encoding> {
    let encoded = Encoded::new(bytes, declared).ok()?;
    encoding_rs::Encoding::for_label(encoded.name().as_bytes())
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
    let encoding = Encoded::new(bytes, declared)?;
    let decoder = encoding_rs::Encoding::for_label(encoding.name().as_bytes()).ok_or_else(wrong)?;
    // The piece has no byte order mark of its own: what looks like one is part of the text.
    let piece = Encoded::known(piece, decoder, "", 0);
    let text = piece.text(0, piece.bytes.len()).ok_or_else(wrong)?.into_owned();
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

    /// A record as the scanner tells it: line, what was found, byte range, fields.
    type Told = (u64, Found, (usize, usize), Vec<Field>);

    fn records(csv: &CsvText<'_>, pieces: &[Piece]) -> Vec<Told> {
        let mut out = Vec::new();
        for piece in pieces {
            let mut scanner = csv.scanner(*piece);
            loop {
                let found = scanner.step();
                if found == Found::End {
                    break;
                }
                out.push((scanner.record_line(), found, scanner.span(), scanner.fields().to_vec()));
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
            let csv = CsvText::open(&bytes, &Layout::default(), &["a"], "f.csv").expect("open");
            let mut body = csv.body();
            assert_eq!(body.step(), Found::Record);
            for field in body.fields() {
                let (start, end) = csv.locator(2, 0, *field).bytes().expect("a range");
                let read = reread(&bytes, None, start, end).expect("a text");
                assert_eq!(Some(read.as_str()), csv.text(*field).as_deref(), "{}", csv.encoded.name());
            }
        }
    }

    proptest! {
        #[test]
        fn pieces_hold_the_same_records_as_the_whole(body in "[ab,\n\r]{0,80}|([ab,]{0,4}\n){0,20}|[a,\"\n]{0,40}", size in 1..20_usize) {
            let text = format!("x,y\n{body}");
            let csv = CsvText::open(text.as_bytes(), &Layout::default(), &["x", "y"], "f.csv").expect("open");
            let whole = csv.pieces(usize::MAX);
            prop_assert_eq!(whole.len(), 1);
            let whole = records(&csv, &whole);
            prop_assert_eq!(records(&csv, &csv.pieces(size)), whole);
        }
    }
}
