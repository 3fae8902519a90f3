//! Archived bytes to text, where every range of the text knows its bytes.
//!
//! Bytes are decoded to characters (`decode`), and of those the main text is made: of a page by
//! `html`, of plain text by taking all of it, in both cases with soft hyphens dropped
//! (`entity`). Each step keeps a `map::Map`; the two together lead from the text to the bytes.

mod decode;
mod entity;
mod html;
mod map;
mod odd;
mod plain;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use encoding_rs::Encoding;
use quipu_schema::{ErrorKind, Fault, Result};

pub use html::Page;
use map::Map;
pub use odd::Oddity;

/// The largest document read, in bytes.
pub const MAX_SIZE: usize = 64 << 20;

/// How much of the start is searched for HTML.
const SNIFF: usize = 1024;

/// The main text of a document.
#[derive(Debug)]
pub struct SourceText {
    text: String,
    /// Text to decoded document.
    shown: Map,
    /// Decoded document to archived bytes.
    decoded: Map,
    /// Stretches of text in order; no sentence goes from one to the next.
    pub blocks: Vec<Block>,
    /// What the page says of itself.
    pub page: Page,
    /// Media type with the charset that was used: enough to decode a piece again.
    pub media_type: String,
    /// Characters not in the main text, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// What is odd in its characters.
    pub oddities: Vec<Oddity>,
    /// What the reader wants to be known.
    pub notes: Vec<String>,
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where it is in the text.
    pub range: Range<usize>,
    /// What it is.
    pub kind: BlockKind,
}

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Prose.
    Prose,
    /// The counter of a photo gallery (`1 / 12`).
    Counter,
}

/// A range of the text, widened to whole atoms, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located<'a> {
    /// The text, as any reader of these bytes gets it.
    pub text: &'a str,
    /// First archived byte.
    pub start: u64,
    /// One past the last archived byte.
    pub end: u64,
}

impl SourceText {
    /// Reads a document. `media` is what is known of it from beside it, such as
    /// `text/html; charset=utf-8` (HTTP header, or the media type stored with it).
    ///
    /// # Errors
    /// `Source` for a document above [`MAX_SIZE`] or in an encoding that is not read.
    pub fn read(bytes: &[u8], media: Option<&str>) -> Result<Self> {
        if bytes.len() > MAX_SIZE {
            let message = format!("a report of {} MiB is not read", bytes.len() >> 20);
            return Err(Fault::new(ErrorKind::Source, message).help("the limit is 64 MiB; split the file"));
        }
        let (encoding, known, mark) = decode::choose(bytes, charset(media))?;
        let (document, decoded) = decode::decode(bytes, encoding, mark);
        let mut notes = Vec::new();
        if known == decode::Known::Detected && encoding != encoding_rs::UTF_8 {
            notes.push(format!("encoding detected as {}; nothing declares it", encoding.name()));
        }
        let oddities = odd::oddities(&document);
        for Oddity { kind, count, first } in &oddities {
            let byte = decoded.locate(&(*first..first + 1)).map_or(0, |(_, bytes)| bytes.start);
            notes.push(match *kind {
                "malformed" => {
                    format!("{count} characters are not valid {}, the first at byte {byte}", encoding.name())
                }
                "mojibake" => format!("mojibake: {count} characters were decoded twice, the first at byte {byte}"),
                kind => format!("{count} characters of kind {kind}, the first at byte {byte}"),
            });
        }
        let (media_type, main) = if is_html(media, &document) {
            ("text/html", html::read(&document)?)
        } else {
            ("text/plain", plain::read(&document))
        };
        let html::Main { text, map, blocks, page, left_out } = main;
        let media_type = format!("{media_type}; charset={}", encoding.name().to_ascii_lowercase());
        let blocks = plain::mark_counters(&text, blocks);
        Ok(Self { text, shown: map, decoded, blocks, page, media_type, left_out, oddities, notes })
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a range; empty where the range is none.
    pub fn get(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Where a range of the text lies in the archived bytes.
    pub fn locate(&self, range: &Range<usize>) -> Option<Located<'_>> {
        let (_, document) = self.shown.locate(range)?;
        let (document, bytes) = self.decoded.locate(&document)?;
        // Widening in the document may have widened the text.
        let text = self.text.get(self.shown.text_of(&document))?;
        Some(Located { text, start: widen(bytes.start), end: widen(bytes.end) })
    }

    /// The text made from these archived bytes alone.
    fn text_of(&self, bytes: &Range<usize>) -> &str {
        let document = self.decoded.text_of(bytes);
        self.get(&self.shown.text_of(&document))
    }
}

/// The markup of a page as characters, in its encoding. `media` is as for [`SourceText::read`].
///
/// # Errors
/// `Source` for an encoding that is not read.
pub fn markup<'a>(bytes: &'a [u8], media: Option<&str>) -> Result<(Cow<'a, str>, &'static encoding_rs::Encoding)> {
    let (encoding, _, mark) = decode::choose(bytes, charset(media))?;
    let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default());
    Ok((text, encoding))
}

/// Decodes the archived bytes of a range exactly as the reader did. `media` is the document's
/// `media_type`. Plain text is decoded from the range alone; for HTML the document is read again,
/// because what surrounds a range decides what of it is text.
///
/// # Errors
/// `Source` where the document cannot be read, or the range is not inside it.
pub fn reread(bytes: &[u8], media: &str, start: u64, end: u64) -> Result<String> {
    let outside =
        || Fault::new(ErrorKind::Source, format!("bytes {start}-{end} are not in a document of {} bytes", bytes.len()));
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok()).map(|(start, end)| start..end);
    let range = range.filter(|range| range.start <= range.end && range.end <= bytes.len()).ok_or_else(outside)?;
    if essence(media) == "text/html" {
        return Ok(SourceText::read(bytes, Some(media))?.text_of(&range).to_owned());
    }
    let (encoding, _, mark) = decode::choose(bytes, charset(Some(media)))?;
    let piece = bytes.get(range.start.max(mark)..range.end).unwrap_or_default();
    Ok(plain_piece(piece, encoding))
}

fn plain_piece(piece: &[u8], encoding: &'static Encoding) -> String {
    let (mut text, mut map) = (String::new(), Map::default());
    entity::append(&decode::decode_piece(piece, encoding), 0, false, &mut text, &mut map);
    text
}

/// The type and subtype of a media type.
fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or_default().trim()
}

/// The charset parameter of a media type.
fn charset(media: Option<&str>) -> Option<&str> {
    let parameters = media?.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset = parameters.filter(|(key, _)| key.trim().eq_ignore_ascii_case("charset")).map(|(_, value)| value);
    charset.map(|value| value.trim().trim_matches('"')).find(|value| !value.is_empty())
}

/// The media type that [`SourceText::read`] gives these bytes when nothing is known from beside
/// them, without its charset.
pub fn sniff(bytes: &[u8]) -> &'static str {
    // Four bytes a character at most, and a mark.
    let start = |mark: usize| bytes.get(mark..).map(|rest| rest.get(..SNIFF * 4).unwrap_or(rest)).unwrap_or_default();
    match decode::choose(bytes, None) {
        Ok((encoding, _, mark)) if is_html(None, &decode::decode_piece(start(mark), encoding)) => "text/html",
        _ => "text/plain",
    }
}

/// Whether a document is HTML: its media type says so or plain text, else its start does.
fn is_html(media: Option<&str>, document: &str) -> bool {
    match media.map(|media| essence(media).to_ascii_lowercase()).as_deref() {
        Some("text/html" | "application/xhtml+xml") => return true,
        Some("text/plain") => return false,
        _ => {}
    }
    let start: String = document.chars().take(SNIFF).collect::<String>().to_ascii_lowercase();
    let tags =
        ["<!doctype html", "<html", "<head", "<body", "<meta", "<title", "<article", "<main", "<div", "<p>", "<h1"];
    start.trim_start().starts_with('<') && tags.iter().any(|tag| start.contains(tag))
}

fn widen(offset: usize) -> u64 {
    u64::try_from(offset).unwrap_or(u64::MAX)
}
