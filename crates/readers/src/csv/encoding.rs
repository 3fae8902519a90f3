//! Which encoding the bytes are in, and how a range of them reads as text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use quipu_schema::pipeline::Placed;
use quipu_schema::{ErrorKind, Fault, Result};

use crate::{Content, Limits};

/// What is known of the bytes of a document before they are scanned.
///
/// UTF-16 is turned into UTF-8 first (its delimiters are not single bytes) and held in memory; every
/// other encoding is scanned as it is, piece by piece, so that positions are positions of the archive.
#[derive(Debug)]
pub struct Encoded<'a> {
    content: Content<'a>,
    /// Encoding of the bytes that are scanned.
    encoding: &'static Encoding,
    /// How the encoding was known: `declared`, `byte order mark`, `detected`.
    pub basis: &'static str,
    /// Length of a byte order mark at the start of the bytes that are scanned.
    pub mark: u64,
    /// Whether any byte is a quote.
    pub quotes: bool,
    /// Whether a carriage return stands without a line feed behind it.
    pub lone_returns: bool,
    /// How many line feeds stand before each block of [`BLOCK`] bytes.
    feeds: Vec<u64>,
    wide: Option<Wide>,
}

/// The way from positions in transcoded text back to a UTF-16 file.
#[derive(Debug)]
struct Wide {
    text: Vec<u8>,
    encoding: &'static Encoding,
    /// Positions in the archive of every `STEP`th byte of the text (at character starts).
    steps: Vec<(usize, usize)>,
}

const STEP: usize = 4_096;

/// Bytes that are looked at together when a document is surveyed.
const BLOCK: u64 = 256 << 10;

impl<'a> Encoded<'a> {
    /// Finds out the encoding: what is declared, else a byte order mark, else UTF-8 where all bytes
    /// are valid, else a guess from their statistics. Reads the whole content once, in blocks.
    ///
    /// # Errors
    /// An unknown declared label (pipeline), bytes that are no text (shape), UTF-16 beyond the limits.
    pub fn new(content: Content<'a>, declared: Option<&Placed<String>>, limits: &Limits) -> Result<Self> {
        let head = content.range(0, 1_024)?;
        let marked = Encoding::for_bom(&head);
        let known = known(&head, declared)?;
        if let Some((encoding, basis)) = known.filter(|(encoding, _)| *encoding == UTF_16LE || *encoding == UTF_16BE) {
            let mark = marked.filter(|(found, _)| *found == encoding).map_or(0, |(_, length)| length);
            return Self::transcoded(&content.all(limits)?, encoding, basis, mark);
        }
        if let Some(what) = not_text(&head) {
            return Err(no_delimited_text(what));
        }
        let survey = Survey::of(content, known.is_none())?;
        let (encoding, basis) = known.unwrap_or((survey.encoding, "detected"));
        let mark = marked.filter(|(found, _)| *found == encoding).map_or(0, |(_, length)| length as u64);
        let Survey { quotes, lone_returns, feeds, .. } = survey;
        Ok(Self { content, encoding, basis, mark, quotes, lone_returns, feeds, wide: None })
    }

    /// The encoding of a document alone. The whole of it is looked at only where neither its maker
    /// nor its first bytes tell.
    ///
    /// # Errors
    /// An unknown label, or bytes that are no text.
    pub(crate) fn encoding_alone(bytes: &[u8], declared: Option<&Placed<String>>) -> Result<&'static Encoding> {
        let content = Content::Memory(bytes);
        let head = content.range(0, 1_024)?;
        match known(&head, declared)? {
            Some((encoding, _)) => Ok(encoding),
            None => match not_text(&head) {
                Some(what) => Err(no_delimited_text(what)),
                None => Ok(Survey::of(content, true)?.encoding),
            },
        }
    }

    /// Bytes in memory whose encoding is known; a byte order mark of this length stands before them.
    ///
    /// # Errors
    /// None but those of a survey of memory.
    pub(crate) fn known(
        bytes: &'a [u8],
        encoding: &'static Encoding,
        basis: &'static str,
        mark: usize,
    ) -> Result<Self> {
        if encoding == UTF_16LE || encoding == UTF_16BE {
            return Self::transcoded(bytes, encoding, basis, mark);
        }
        let content = Content::Memory(bytes);
        let (quotes, lone_returns, feeds) = (true, true, Vec::new());
        Ok(Self { content, encoding, basis, mark: mark as u64, quotes, lone_returns, feeds, wide: None })
    }

    /// The encoding of the bytes that are scanned.
    pub(crate) fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    fn transcoded(bytes: &[u8], encoding: &'static Encoding, basis: &'static str, mark: usize) -> Result<Self> {
        let mut text = String::with_capacity(bytes.len() / 2);
        let mut steps = Vec::new();
        let mut next_step = 0;
        let units = bytes.get(mark..).unwrap_or_default().chunks_exact(2).map(|pair| {
            let pair = <[u8; 2]>::try_from(pair).unwrap_or_default();
            if encoding == UTF_16LE { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        });
        let mut at = mark;
        for c in char::decode_utf16(units) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            if text.len() >= next_step {
                steps.push((text.len(), at));
                next_step = text.len() + STEP;
            }
            text.push(c);
            at += c.len_utf16() * 2;
        }
        steps.push((text.len(), bytes.len()));
        let text = text.into_bytes();
        let Survey { quotes, lone_returns, feeds, .. } = Survey::of(Content::Memory(&text), false)?;
        let wide = Some(Wide { text, encoding, steps });
        let content = Content::Memory(&[]);
        Ok(Self { content, encoding: UTF_8, basis, mark: 0, quotes, lone_returns, feeds, wide })
    }

    /// Name of the archived encoding.
    pub fn name(&self) -> &'static str {
        self.wide.as_ref().map_or(self.encoding, |wide| wide.encoding).name()
    }

    /// How many bytes are scanned.
    pub fn length(&self) -> u64 {
        self.wide.as_ref().map_or(self.content.length(), |wide| wide.text.len() as u64)
    }

    /// Bytes to scan.
    ///
    /// # Errors
    /// `Storage` where the file cannot be read.
    pub fn range(&self, start: u64, end: u64) -> Result<Cow<'_, [u8]>> {
        match &self.wide {
            Some(wide) => Content::Memory(&wide.text).range(start, end),
            None => self.content.range(start, end),
        }
    }

    /// The position in the archive of a position in the bytes that are scanned.
    pub fn archived(&self, at: u64) -> u64 {
        let Some(wide) = &self.wide else { return at };
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let step = wide.steps.partition_point(|(text, _)| *text <= at).saturating_sub(1);
        let (text, archive) = wide.steps.get(step).copied().unwrap_or_default();
        let between = wide.text.get(text..at).unwrap_or_default();
        let units: usize = String::from_utf8_lossy(between).chars().map(char::len_utf16).sum();
        (archive + units * 2) as u64
    }

    /// Whether positions in the bytes that are scanned are positions in the archive.
    pub fn is_as_archived(&self) -> bool {
        self.wide.is_none()
    }

    /// The text of scanned bytes; `None` where they are not valid in the encoding.
    pub fn text<'t>(&self, bytes: &'t [u8]) -> Option<Cow<'t, str>> {
        if bytes.is_ascii() || self.encoding == UTF_8 {
            return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
        }
        // No publisher prints control characters: a byte that becomes one is in another encoding.
        let text = self.encoding.decode_without_bom_handling_and_without_replacement(bytes);
        text.filter(|text| !text.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c)))
    }

    /// The line on which a position stands, from 1.
    ///
    /// # Errors
    /// `Storage` where the file cannot be read.
    pub fn line_at(&self, at: u64) -> Result<u64> {
        let block = at / BLOCK;
        let before = usize::try_from(block).ok().and_then(|block| self.feeds.get(block)).copied().unwrap_or_default();
        let within = self.range(block * BLOCK, at)?;
        Ok(1 + before + memchr::memchr_iter(b'\n', &within).count() as u64)
    }
}

/// What one walk over all bytes tells.
struct Survey {
    encoding: &'static Encoding,
    quotes: bool,
    lone_returns: bool,
    feeds: Vec<u64>,
}

impl Survey {
    fn of(content: Content<'_>, detect: bool) -> Result<Self> {
        let (mut quotes, mut lone_returns, mut feeds, mut lines) = (false, false, Vec::new(), 0);
        let mut after_return = false;
        // Whether all bytes so far are UTF-8, but for the first bytes of a character at the end.
        let (mut valid, mut open): (bool, Vec<u8>) = (detect, Vec::new());
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
        let mut detecting = false;
        let (mut at, length) = (0, content.length());
        while at < length {
            let block = content.range(at, at + BLOCK)?;
            feeds.push(lines);
            lines += memchr::memchr_iter(b'\n', &block).count() as u64;
            quotes = quotes || memchr::memchr(b'"', &block).is_some();
            lone_returns = lone_returns || (after_return && block.first() != Some(&b'\n'));
            after_return = block.last() == Some(&b'\r');
            lone_returns = lone_returns
                || memchr::memchr_iter(b'\r', &block).any(|at| block.get(at + 1).is_some_and(|next| *next != b'\n'));
            if valid {
                valid = extends_utf_8(&mut open, &block);
                if !valid {
                    // The detector sees everything, also what was valid so far.
                    detecting = true;
                    let mut from = 0;
                    while from < at {
                        detector.feed(&content.range(from, (from + BLOCK).min(at))?, false);
                        from += BLOCK;
                    }
                }
            }
            at += BLOCK;
            if detecting {
                detector.feed(&block, at >= length);
            }
        }
        let encoding = if valid && open.is_empty() {
            UTF_8
        } else {
            if !detecting && detect {
                detector.feed(&content.range(0, length.min(BLOCK))?, length <= BLOCK);
            }
            detector.guess(None, chardetng::Utf8Detection::Deny)
        };
        Ok(Self { encoding, quotes, lone_returns: lone_returns || after_return, feeds })
    }
}

/// Whether `block` goes on with valid UTF-8 behind the bytes of a cut character in `open`, which then
/// holds those at the end of the block.
fn extends_utf_8(open: &mut Vec<u8>, block: &[u8]) -> bool {
    let mut rest = block;
    while !open.is_empty() {
        let Some((byte, more)) = rest.split_first() else { return true };
        open.push(*byte);
        rest = more;
        match std::str::from_utf8(open) {
            Ok(_) => open.clear(),
            Err(error) if error.error_len().is_none() => {}
            Err(_) => return false,
        }
    }
    match std::str::from_utf8(rest) {
        Ok(_) => true,
        Err(error) if error.error_len().is_none() => {
            open.extend(rest.get(error.valid_up_to()..).unwrap_or_default());
            true
        }
        Err(_) => false,
    }
}

/// UTF-8 where the bytes are valid, else a guess from their statistics.
pub(crate) fn detect(bytes: &[u8]) -> &'static Encoding {
    let head = bytes.get(..64).unwrap_or(bytes);
    let guess = || Survey::of(Content::Memory(bytes), true).map_or(UTF_8, |survey| survey.encoding);
    wide_without_mark(head).unwrap_or_else(guess)
}

/// UTF-16 without a byte order mark: every other byte of Latin text is zero.
fn wide_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.get(..64).unwrap_or(head);
    let zero_at = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    if head.len() >= 8 && zero_at(1) * 4 > head.len() && zero_at(0) == 0 {
        return Some(UTF_16LE);
    }
    (head.len() >= 8 && zero_at(0) * 4 > head.len() && zero_at(1) == 0).then_some(UTF_16BE)
}

/// The encoding that is declared, or that the first bytes show, and which of the two it was.
fn known(head: &[u8], declared: Option<&Placed<String>>) -> Result<Option<(&'static Encoding, &'static str)>> {
    match (declared, Encoding::for_bom(head)) {
        (Some(label), _) => {
            let encoding = Encoding::for_label(label.value.as_bytes()).ok_or_else(|| {
                Fault::new(ErrorKind::Pipeline, format!("`{}` is not an encoding", label.value))
                    .help("use a WHATWG label such as \"utf-8\", \"windows-1252\", \"utf-16le\"")
            })?;
            Ok(Some((encoding, "declared")))
        }
        (None, Some((encoding, _))) => Ok(Some((encoding, "byte order mark"))),
        (None, None) => Ok(wide_without_mark(head).map(|encoding| (encoding, "detected"))),
    }
}

fn no_delimited_text(what: &str) -> Fault {
    Fault::new(ErrorKind::Shape, format!("the file is {what}, not delimited text"))
        .help("look at what the source delivers now; if that is right, read it with another reader")
}

/// What bytes are, where they plainly are no delimited text.
fn not_text(bytes: &[u8]) -> Option<&'static str> {
    const SIGNS: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a zip archive or an XLSX/ODS workbook"),
        (b"\xd0\xcf\x11\xe0", "an old binary Office file (XLS)"),
        (b"%PDF-", "a PDF"),
        (b"\x1f\x8b", "gzip-compressed"),
        (b"PAR1", "a Parquet file"),
        (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    ];
    for (sign, what) in SIGNS {
        if bytes.starts_with(sign) {
            return Some(what);
        }
    }
    let head = bytes.get(..1_024).unwrap_or(bytes);
    let start =
        String::from_utf8_lossy(head).trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Some("an HTML page");
    }
    memchr::memchr(0, head).map(|_| "binary data")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Placed<String> {
        Placed { value: text.to_owned(), span: 0..0 }
    }

    #[test]
    fn declared_marked_valid_and_guessed() {
        let name = |bytes: &[u8], declared: Option<&str>| {
            let declared = declared.map(label);
            let encoded = Encoded::new(Content::Memory(bytes), declared.as_ref(), &Limits::default()).expect("text");
            (encoded.name(), encoded.basis, encoded.mark)
        };
        assert_eq!(name("a,ñ".as_bytes(), None), ("UTF-8", "detected", 0));
        assert_eq!(name(b"\xef\xbb\xbfa,b", None), ("UTF-8", "byte order mark", 3));
        assert_eq!(name(b"A\xd1O,INEGI\n2012,1\n", None).0, "windows-1252");
        assert_eq!(name(b"m\xeas;ano\n", Some("latin1")), ("windows-1252", "declared", 0));
        assert!(Encoded::new(Content::Memory(b"x"), Some(&label("klingon")), &Limits::default()).is_err());
    }

    #[test]
    fn text_of_latin_1_and_bad_utf_8() {
        let encoded = Encoded::new(Content::Memory(b"A\xd1O"), None, &Limits::default()).expect("text");
        assert_eq!(encoded.text(b"A\xd1O").as_deref(), Some("AÑO"));
        let utf8 = label("utf-8");
        let wrong = Encoded::new(Content::Memory(b"A\xd1O"), Some(&utf8), &Limits::default()).expect("text");
        assert_eq!(wrong.text(b"A\xd1O"), None);
        assert_eq!(wrong.text(b"O").as_deref(), Some("O"));
    }

    #[test]
    fn utf_16_positions_lead_back_to_the_archive() {
        let text = "país,año\n".to_owned() + &"Perú 😀,7\n".repeat(900);
        for little in [true, false] {
            let mut bytes = if little { vec![0xff, 0xfe] } else { vec![0xfe, 0xff] };
            for unit in text.encode_utf16() {
                bytes.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            }
            let encoded = Encoded::new(Content::Memory(&bytes), None, &Limits::default()).expect("text");
            assert_eq!(encoded.range(0, u64::MAX).expect("bytes").as_ref(), text.as_bytes());
            let at = text.rfind("Perú").expect("there");
            let archived = usize::try_from(encoded.archived(at as u64)).expect("small");
            let piece = &bytes[archived..archived + 2];
            assert_eq!(piece, if little { [b'P', 0] } else { [0, b'P'] });
            assert_eq!(encoded.archived(text.len() as u64), bytes.len() as u64);
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, what) in
            [(&b"PK\x03\x04zip"[..], "zip"), (b"<!DOCTYPE html><html>", "HTML"), (b"a\0\x01b", "binary")]
        {
            let message =
                Encoded::new(Content::Memory(bytes), None, &Limits::default()).expect_err("no text").to_string();
            assert!(message.contains(what), "{message}");
        }
    }
}
