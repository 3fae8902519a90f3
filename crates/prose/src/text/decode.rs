//! Bytes to characters, with a map, for every encoding of the WHATWG standard that can be read
//! from the middle.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};
use quipu_schema::{ErrorKind, Fault, Result};

use super::map::Map;

/// How much of the start is searched for a declaration of the encoding, as browsers do.
const PRESCAN: usize = 1024;

/// How the encoding became known, for notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A byte order mark.
    Mark,
    /// A label beside the document (HTTP header, or the media type stored with it).
    Label,
    /// The document says so.
    Declared,
    /// Detected from the bytes.
    Detected,
}

/// Decides the encoding: byte order mark, label beside the document, declaration inside it,
/// detection. Gives the number of bytes of the mark too.
///
/// # Errors
/// `Source` for an unknown label and for encodings that cannot be read from the middle.
pub(super) fn choose(bytes: &[u8], label: Option<&str>) -> Result<(&'static Encoding, Known, usize)> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok((encoding, Known::Mark, mark));
    }
    let (encoding, known) = if let Some(label) = label {
        let encoding = Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            Fault::new(ErrorKind::Source, format!("`{label}` is not an encoding"))
                .help("use a label of the WHATWG encoding standard, such as `windows-1252`")
        })?;
        (encoding, Known::Label)
    } else if let Some(encoding) = declared(bytes.get(..PRESCAN).unwrap_or(bytes)) {
        (encoding, Known::Declared)
    } else {
        (detect(bytes), Known::Detected)
    };
    if encoding == ISO_2022_JP || encoding == REPLACEMENT {
        let message = format!("documents in {} are not read", encoding.name());
        return Err(Fault::new(ErrorKind::Source, message).help("convert it to UTF-8 before it is ingested"));
    }
    Ok((encoding, known, 0))
}

/// The encoding that a `<meta>` near the start declares. A declared UTF-16 cannot be true, since
/// the declaration was read as ASCII; it means UTF-8, as in browsers.
fn declared(start: &[u8]) -> Option<&'static Encoding> {
    let start = start.to_ascii_lowercase();
    let mut rest = start.as_slice();
    while let Some(at) = memchr::memmem::find(rest, b"<meta") {
        rest = rest.get(at + 5..)?;
        let tag = rest.get(..memchr::memchr(b'>', rest)?)?;
        if let Some(at) = memchr::memmem::find(tag, b"charset") {
            let value = tag.get(at + 7..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
            let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
            let end = value.iter().position(|b| matches!(b, b'"' | b'\'' | b';' | b' ' | b'/')).unwrap_or(value.len());
            let encoding = Encoding::for_label(value.get(..end)?)?;
            return Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding });
        }
    }
    None
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let start = bytes.get(..PRESCAN).unwrap_or(bytes);
    if start.len() >= 4 {
        // Latin text in UTF-16 has a zero in every second byte; no other encoding has.
        let zeros = |parity| start.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
        let (even, odd, half) = (zeros(0), zeros(1), start.len() / 2);
        if odd * 10 >= half * 9 && even == 0 {
            return UTF_16LE;
        }
        if even * 10 >= half * 9 && odd == 0 {
            return UTF_16BE;
        }
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow)
}

/// Decodes the bytes after the mark. Malformed sequences become U+FFFD, as in browsers.
pub(super) fn decode(bytes: &[u8], encoding: &'static Encoding, mark: usize) -> (String, Map) {
    let body = bytes.get(mark..).unwrap_or_default();
    let mut out = Out { text: String::with_capacity(body.len()), map: Map::default() };
    if encoding == UTF_8 {
        utf8(body, mark, &mut out);
    } else if encoding == UTF_16LE {
        utf16(body, mark, u16::from_le_bytes, &mut out);
    } else if encoding == UTF_16BE {
        utf16(body, mark, u16::from_be_bytes, &mut out);
    } else if encoding.is_single_byte() {
        single_byte(body, mark, encoding, &mut out);
    } else {
        stepwise(body, mark, encoding, &mut out);
    }
    (out.text, out.map)
}

/// Decodes a range on its own. The same as the same range of the whole where the range was cut at
/// atoms: none of the encodings has state between characters.
pub(super) fn decode_piece<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    encoding.decode_without_bom_handling(bytes).0
}

struct Out {
    text: String,
    map: Map,
}

impl Out {
    fn char(&mut self, c: char, source: usize, width: usize) {
        self.text.push(c);
        self.map.push(1, c.len_utf8(), source, width);
    }
}

fn utf8(body: &[u8], base: usize, out: &mut Out) {
    let mut at = base;
    for chunk in body.utf8_chunks() {
        out.text.push_str(chunk.valid());
        out.map.push(chunk.valid().len(), 1, at, 1);
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            out.char(char::REPLACEMENT_CHARACTER, at, chunk.invalid().len());
            at += chunk.invalid().len();
        }
    }
}

fn utf16(body: &[u8], base: usize, unit: fn([u8; 2]) -> u16, out: &mut Out) {
    let (mut pairs, odd) = body.as_chunks::<2>();
    let mut tail = odd.len();
    // An odd byte after half a surrogate pair is one malformed sequence with it.
    if let ([before @ .., last], [_]) = (pairs, odd)
        && matches!(unit(*last), 0xd800..=0xdbff)
    {
        pairs = before;
        tail += 2;
    }
    let mut at = base;
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let c = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.char(c, at, c.len_utf16() * 2);
        at += c.len_utf16() * 2;
    }
    if tail > 0 {
        out.char(char::REPLACEMENT_CHARACTER, at, tail);
    }
}

fn single_byte(body: &[u8], base: usize, encoding: &'static Encoding, out: &mut Out) {
    let table: Vec<char> = (0..=u8::MAX)
        .map(|byte| decode_piece(&[byte], encoding).chars().next().unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    for (at, byte) in body.iter().enumerate() {
        let c = table.get(usize::from(*byte)).copied().unwrap_or(char::REPLACEMENT_CHARACTER);
        out.char(c, base + at, 1);
    }
}

/// The old multi-byte encodings: byte by byte through the decoder. What it gives out belongs to the
/// bytes taken since it last gave out something.
fn stepwise(body: &[u8], base: usize, encoding: &'static Encoding, out: &mut Out) {
    let mut buffer = [0_u8; 32];
    let mut atom = Atom::default();
    let mut start = 0;
    while start < body.len() {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut at = start;
        loop {
            let last = at == body.len();
            let byte = body.get(at..=at).unwrap_or_default();
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(byte, &mut buffer, last);
            let looked = at + byte.len();
            at += read;
            if written > 0 {
                atom.text.push_str(&String::from_utf8_lossy(buffer.get(..written).unwrap_or_default()));
                start = at;
                atom.flush(start, base, out);
            }
            if let DecoderResult::Malformed(_, held) = result {
                // Bytes after the malformed ones that the decoder still holds are read anew. What
                // they mean hung on the bytes up to this one, so one atom holds them all.
                atom.text.push(char::REPLACEMENT_CHARACTER);
                if held > 0 {
                    atom.until = atom.until.max(looked);
                }
                start = at.saturating_sub(usize::from(held)).max(start + 1).min(body.len());
                atom.flush(start, base, out);
                break;
            }
            if last {
                start = at;
                break;
            }
        }
    }
    atom.until = 0;
    atom.flush(body.len(), base, out);
}

/// The atom that [`stepwise`] is at.
#[derive(Default)]
struct Atom {
    text: String,
    start: usize,
    /// It does not end before this byte.
    until: usize,
}

impl Atom {
    fn flush(&mut self, end: usize, base: usize, out: &mut Out) {
        if end >= self.until && !self.text.is_empty() {
            out.text.push_str(&self.text);
            out.map.push(1, self.text.len(), base + self.start, end - self.start);
            self.text.clear();
            self.start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_JP, EUC_KR, GB18030, GBK, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};
    use proptest::prelude::*;

    use super::*;

    const ALL: [&Encoding; 11] =
        [UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252, WINDOWS_1251, GBK, GB18030, SHIFT_JIS, EUC_JP, EUC_KR, BIG5];

    #[test]
    fn declarations_labels_and_marks() {
        let name = |bytes: &[u8], label| choose(bytes, label).map(|(e, k, m)| (e.name(), k, m)).unwrap();
        assert_eq!(name(b"\xef\xbb\xbfabc", Some("windows-1252")), ("UTF-8", Known::Mark, 3));
        assert_eq!(name(b"abc", Some("latin1")), ("windows-1252", Known::Label, 0));
        assert_eq!(name(b"<META  charset='ISO-8859-1'>\xe9", None), ("windows-1252", Known::Declared, 0));
        let old = b"<meta name=x><meta http-equiv=content-type content=\"text/html; charset=utf-8\">";
        assert_eq!(name(old, None), ("UTF-8", Known::Declared, 0));
        assert_eq!(name("señal".as_bytes(), None), ("UTF-8", Known::Detected, 0));
        assert_eq!(name(b"la operaci\xf3n dej\xf3 m\xe1s de 20 a\xf1os", None), ("windows-1252", Known::Detected, 0));
        assert_eq!(name(b"1\x002\x003\x00", None), ("UTF-16LE", Known::Detected, 0));
        assert_eq!(choose(b"x", Some("klingon")).unwrap_err().kind(), ErrorKind::Source);
        assert_eq!(choose(b"x", Some("iso-2022-jp")).unwrap_err().kind(), ErrorKind::Source);
    }

    proptest! {
        /// The whole equals what encoding_rs makes of it, and every atom-aligned piece decodes alone.
        #[test]
        fn every_piece_decodes_alone(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x30_u8..0x3a, 0x80_u8..0xff], 0..60),
            which in 0..ALL.len(),
            cut in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let encoding = ALL[which];
            let (text, map) = decode(&bytes, encoding, 0);
            prop_assert_eq!(&text, &decode_piece(&bytes, encoding));
            if !text.is_empty() {
                let (a, b) = (cut.0.index(text.len()), cut.1.index(text.len()));
                let (cut_text, source) = map.locate(&(text.floor_char_boundary(a.min(b))..text.ceil_char_boundary(a.max(b) + 1))).unwrap();
                prop_assert_eq!(text.get(cut_text.clone()).unwrap(), decode_piece(&bytes[source.clone()], encoding));
                prop_assert_eq!(map.text_of(&source), cut_text);
            }
        }
    }
}
