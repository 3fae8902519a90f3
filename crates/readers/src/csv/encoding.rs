//! Which encoding the bytes are in, and how a range of them reads as text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use quipu_schema::pipeline::Placed;
use quipu_schema::{ErrorKind, Fault, Result};

/// Bytes that the scanner can walk, with the way back to the archived bytes.
///
/// UTF-16 is turned into UTF-8 first (its delimiters are not single bytes); every other encoding is
/// scanned as it is, so that positions are positions of the archive.
#[derive(Debug)]
pub struct Encoded<'a> {
    /// The bytes to scan.
    pub bytes: Cow<'a, [u8]>,
    /// Their encoding.
    pub encoding: &'static Encoding,
    /// How the encoding was known: `declared`, `byte order mark`, `detected`.
    pub basis: &'static str,
    /// Length of a byte order mark at the start of `bytes`.
    pub mark: usize,
    wide: Option<Wide>,
}

/// The way from positions in transcoded text back to a UTF-16 file.
#[derive(Debug)]
struct Wide {
    encoding: &'static Encoding,
    /// Positions in the archive of every `STEP`th byte of the text (at character starts).
    steps: Vec<(usize, usize)>,
}

const STEP: usize = 4_096;

impl<'a> Encoded<'a> {
    /// Finds out the encoding: what is declared, else a byte order mark, else UTF-8 where the bytes
    /// are valid, else a guess from their statistics.
    ///
    /// # Errors
    /// An unknown declared label (pipeline), or bytes that are no text (shape).
    pub fn new(bytes: &'a [u8], declared: Option<&Placed<String>>) -> Result<Self> {
        let marked = Encoding::for_bom(bytes);
        let (encoding, basis) = match (declared, marked) {
            (Some(label), _) => {
                let encoding = Encoding::for_label(label.value.as_bytes()).ok_or_else(|| {
                    Fault::new(ErrorKind::Pipeline, format!("`{}` is not an encoding", label.value))
                        .help("use a WHATWG label such as \"utf-8\", \"windows-1252\", \"utf-16le\"")
                })?;
                (encoding, "declared")
            }
            (None, Some((encoding, _))) => (encoding, "byte order mark"),
            (None, None) => (detect(bytes), "detected"),
        };
        let mark = marked.filter(|(found, _)| *found == encoding).map_or(0, |(_, length)| length);
        let wide = encoding == UTF_16LE || encoding == UTF_16BE;
        if let Some(what) = not_text(bytes).filter(|_| !wide) {
            return Err(Fault::new(ErrorKind::Shape, format!("the file is {what}, not delimited text"))
                .help("look at what the source delivers now; if that is right, read it with another reader"));
        }
        Ok(Self::known(bytes, encoding, basis, mark))
    }

    /// Bytes whose encoding is known. The first `mark` of them are a byte order mark.
    pub(crate) fn known(bytes: &'a [u8], encoding: &'static Encoding, basis: &'static str, mark: usize) -> Self {
        if encoding == UTF_16LE || encoding == UTF_16BE {
            return Self::transcoded(bytes, encoding, basis, mark);
        }
        Self { bytes: Cow::Borrowed(bytes), encoding, basis, mark, wide: None }
    }

    fn transcoded(bytes: &[u8], encoding: &'static Encoding, basis: &'static str, mark: usize) -> Self {
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
        let wide = Some(Wide { encoding, steps });
        Self { bytes: Cow::Owned(text.into_bytes()), encoding: UTF_8, basis, mark: 0, wide }
    }

    /// Name of the archived encoding.
    pub fn name(&self) -> &'static str {
        self.wide.as_ref().map_or(self.encoding, |wide| wide.encoding).name()
    }

    /// The position in the archive of a position in `bytes`.
    pub fn archived(&self, at: usize) -> u64 {
        let Some(wide) = &self.wide else { return at as u64 };
        let step = wide.steps.partition_point(|(text, _)| *text <= at).saturating_sub(1);
        let (text, archive) = wide.steps.get(step).copied().unwrap_or_default();
        let between = self.bytes.get(text..at).unwrap_or_default();
        let units: usize = String::from_utf8_lossy(between).chars().map(char::len_utf16).sum();
        (archive + units * 2) as u64
    }

    /// The text of a byte range; `None` where the bytes are not valid in the encoding.
    pub fn text(&self, start: usize, end: usize) -> Option<Cow<'_, str>> {
        let bytes = self.bytes.get(start..end)?;
        if bytes.is_ascii() {
            return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
        }
        self.encoding.decode_without_bom_handling_and_without_replacement(bytes)
    }
}

/// UTF-8 where the bytes are valid, else a guess from their statistics.
pub(crate) fn detect(bytes: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let head = bytes.get(..64).unwrap_or(bytes);
    let zero_at = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    if head.len() >= 8 && zero_at(1) * 4 > head.len() && zero_at(0) == 0 {
        return UTF_16LE;
    }
    if head.len() >= 8 && zero_at(0) * 4 > head.len() && zero_at(1) == 0 {
        return UTF_16BE;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, chardetng::Utf8Detection::Deny)
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
            let encoded = Encoded::new(bytes, declared.as_ref()).expect("text");
            (encoded.name(), encoded.basis, encoded.mark)
        };
        assert_eq!(name("a,ñ".as_bytes(), None), ("UTF-8", "detected", 0));
        assert_eq!(name(b"\xef\xbb\xbfa,b", None), ("UTF-8", "byte order mark", 3));
        assert_eq!(name(b"A\xd1O,INEGI\n2012,1\n", None).0, "windows-1252");
        assert_eq!(name(b"m\xeas;ano\n", Some("latin1")), ("windows-1252", "declared", 0));
        assert!(Encoded::new(b"x", Some(&label("klingon"))).is_err());
    }

    #[test]
    fn text_of_latin_1_and_bad_utf_8() {
        let encoded = Encoded::new(b"A\xd1O", None).expect("text");
        assert_eq!(encoded.text(0, 3).as_deref(), Some("AÑO"));
        let utf8 = label("utf-8");
        let wrong = Encoded::new(b"A\xd1O", Some(&utf8)).expect("text");
        assert_eq!(wrong.text(0, 3), None);
        assert_eq!(wrong.text(2, 3).as_deref(), Some("O"));
    }

    #[test]
    fn utf_16_positions_lead_back_to_the_archive() {
        let text = "país,año\n".to_owned() + &"Perú 😀,7\n".repeat(900);
        for little in [true, false] {
            let mut bytes = if little { vec![0xff, 0xfe] } else { vec![0xfe, 0xff] };
            for unit in text.encode_utf16() {
                bytes.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            }
            let encoded = Encoded::new(&bytes, None).expect("text");
            assert_eq!(encoded.bytes.as_ref(), text.as_bytes());
            let at = text.rfind("Perú").expect("there");
            let archived = usize::try_from(encoded.archived(at)).expect("small");
            let piece = &bytes[archived..archived + 2];
            assert_eq!(piece, if little { [b'P', 0] } else { [0, b'P'] });
            assert_eq!(encoded.archived(text.len()), bytes.len() as u64);
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, what) in
            [(&b"PK\x03\x04zip"[..], "zip"), (b"<!DOCTYPE html><html>", "HTML"), (b"a\0\x01b", "binary")]
        {
            let message = Encoded::new(bytes, None).expect_err("no text").to_string();
            assert!(message.contains(what), "{message}");
        }
    }
}
