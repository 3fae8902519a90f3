//! What bytes are, as far as their beginning tells, and whether that is what a server said or a source is to be.
//!
//! Servers answer with a page of HTML where the document is gone or somebody has to log in, and say that all is well. So
//! what came is looked at before anybody takes it for data.

use std::borrow::Cow;

/// Bytes at the beginning of a document that are looked at.
const LOOKED_AT: usize = 4_096;

/// What a document is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// A page of HTML.
    Html,
    /// XML that is no HTML.
    Xml,
    /// JSON: an object or a list.
    Json,
    /// Text that is none of these.
    Text,
    /// A PDF.
    Pdf,
    /// A ZIP, and so XLSX and ODS.
    Zip,
    /// An older workbook, or another OLE compound file.
    Ole,
    /// Compressed with gzip.
    Gzip,
    /// Parquet.
    Parquet,
    /// Something else.
    Other,
}

impl Sniffed {
    /// Looks at the first bytes of a document.
    pub fn of(bytes: &[u8]) -> Self {
        let head = bytes.get(..LOOKED_AT.min(bytes.len())).unwrap_or_default();
        for (magic, kind) in [
            (&b"%PDF-"[..], Self::Pdf),
            (b"PK\x03\x04", Self::Zip),
            (b"PK\x05\x06", Self::Zip),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Self::Ole),
            (b"\x1f\x8b", Self::Gzip),
            (b"PAR1", Self::Parquet),
        ] {
            if head.starts_with(magic) {
                return kind;
            }
        }
        let wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
        // Of text in two bytes a character, those that say something.
        let narrow: Cow<[u8]> = if wide {
            head.iter().skip(2).copied().filter(|byte| *byte != 0).collect::<Vec<u8>>().into()
        } else {
            head.into()
        };
        let text = narrow.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&narrow).trim_ascii_start();
        if !wide && text.contains(&0) {
            return Self::Other;
        }
        match text.first() {
            Some(b'<') => markup(text),
            Some(b'{' | b'[') if is_json(text) => Self::Json,
            _ => Self::Text,
        }
    }

    /// The word for messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Html => "HTML",
            Self::Xml => "XML",
            Self::Json => "JSON",
            Self::Text => "text",
            Self::Pdf => "PDF",
            Self::Zip => "ZIP",
            Self::Ole => "an OLE compound file",
            Self::Gzip => "gzip",
            Self::Parquet => "Parquet",
            Self::Other => "binary data",
        }
    }

    /// Whether a media type may be stated for such bytes. What says nothing (`application/octet-stream`), and what nobody
    /// registered, goes with everything but a page of HTML in place of data.
    pub fn goes_with(self, media_type: &str) -> bool {
        let (kind, sub) = media_type.split_once('/').unwrap_or((media_type, ""));
        let says = |words: &[&str]| words.iter().any(|word| sub == *word || sub.ends_with(&format!("+{word}")));
        if says(&["html", "xhtml+xml"]) {
            return matches!(self, Self::Html | Self::Xml | Self::Text);
        }
        if says(&["json", "x-ndjson", "geo+json"]) {
            return matches!(self, Self::Json | Self::Text);
        }
        if says(&["xml"]) {
            return matches!(self, Self::Xml | Self::Html);
        }
        if says(&["pdf"]) {
            return self == Self::Pdf;
        }
        if sub.starts_with("vnd.openxmlformats") || sub.starts_with("vnd.oasis.opendocument") || says(&["zip"]) {
            // Workbooks under a password are compound files.
            return matches!(self, Self::Zip | Self::Ole);
        }
        if says(&["vnd.ms-excel"]) {
            // The type that servers give to everything that Excel opens.
            return !matches!(self, Self::Html | Self::Pdf);
        }
        if says(&["gzip", "x-gzip"]) {
            return self == Self::Gzip;
        }
        if kind == "text" {
            // CSV is served as plain text and plain text as CSV, and both may begin with a bracket.
            return matches!(self, Self::Text | Self::Json | Self::Xml) || (self == Self::Html && sub == "plain");
        }
        self != Self::Html
    }
}

/// Markup is HTML where it says so, or begins with an element of HTML.
fn markup(text: &[u8]) -> Sniffed {
    let mut rest = text;
    // Comments and a declaration may come first.
    loop {
        let end: &[u8] = match rest {
            _ if rest.starts_with(b"<!--") => b"-->",
            _ if rest.starts_with(b"<?xml") => b"?>",
            _ => break,
        };
        let Some(at) = rest.windows(end.len()).position(|window| window == end) else { return Sniffed::Xml };
        rest = rest.get(at + end.len()..).unwrap_or_default().trim_ascii_start();
    }
    let lower = rest.get(..64.min(rest.len())).unwrap_or_default().to_ascii_lowercase();
    let after = |word: &[u8]| {
        let next = lower.strip_prefix(word).map(|rest| rest.first().copied());
        next.is_some_and(|next| next.is_none_or(|byte| !byte.is_ascii_alphanumeric()))
    };
    let words: [&[u8]; 14] = [
        b"<!doctype html",
        b"<html",
        b"<head",
        b"<body",
        b"<title",
        b"<meta",
        b"<script",
        b"<style",
        b"<div",
        b"<table",
        b"<p",
        b"<h1",
        b"<a",
        b"<br",
    ];
    if words.into_iter().any(after) { Sniffed::Html } else { Sniffed::Xml }
}

/// Whether a bracket begins JSON: what follows it could be in JSON.
fn is_json(text: &[u8]) -> bool {
    let inner = text.get(1..).unwrap_or_default().trim_ascii_start();
    match (text.first(), inner.first()) {
        (Some(b'{'), Some(byte)) => matches!(byte, b'"' | b'}'),
        (Some(b'['), Some(byte)) => matches!(byte, b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'),
        (_, first) => first.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn first_bytes_tell() {
        for (bytes, kind) in [
            (&b"<!DOCTYPE html><html>"[..], Sniffed::Html),
            (b"\xef\xbb\xbf\r\n <HTML lang=\"es\">", Sniffed::Html),
            (b"<!-- login --><script>", Sniffed::Html),
            (b"<?xml version=\"1.0\"?>\n<html xmlns=\"x\">", Sniffed::Html),
            (b"<?xml version=\"1.0\"?><rss>", Sniffed::Xml),
            (b"<headline>", Sniffed::Xml),
            (b"{\"a\":1}", Sniffed::Json),
            (b" [ 1, 2]", Sniffed::Json),
            (b"[note] a,b\n1,2", Sniffed::Json),
            (b"{x}", Sniffed::Text),
            (b"a,b\n1,2\n", Sniffed::Text),
            (b"\xff\xfea\0,\0b\0", Sniffed::Text),
            (b"\xff\xfe<\0h\0t\0m\0l\0>\0", Sniffed::Html),
            (b"%PDF-1.7", Sniffed::Pdf),
            (b"PK\x03\x04rest", Sniffed::Zip),
            (b"\x1f\x8b\x08", Sniffed::Gzip),
            (b"a\0b", Sniffed::Other),
            (b"", Sniffed::Text),
        ] {
            assert_eq!(Sniffed::of(bytes), kind, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_page_in_place_of_data_is_noticed() {
        for (kind, media_type, goes) in [
            (Sniffed::Html, "text/csv", false),
            (Sniffed::Html, "application/json", false),
            (Sniffed::Html, "application/octet-stream", false),
            (Sniffed::Html, "application/vnd.ms-excel", false),
            (Sniffed::Html, "text/html", true),
            (Sniffed::Html, "application/xhtml+xml", true),
            (Sniffed::Text, "text/csv", true),
            (Sniffed::Text, "application/vnd.ms-excel", true),
            (Sniffed::Text, "application/octet-stream", true),
            (Sniffed::Json, "application/hal+json", true),
            (Sniffed::Zip, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true),
            (Sniffed::Text, "application/pdf", false),
            (Sniffed::Pdf, "text/csv", false),
            (Sniffed::Json, "text/plain", true),
        ] {
            assert_eq!(kind.goes_with(media_type), goes, "{kind:?} {media_type}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_something(bytes in proptest::collection::vec(any::<u8>(), 0..100), media_type in ".{0,30}") {
            let _ = Sniffed::of(&bytes).goes_with(&media_type);
        }
    }
}
