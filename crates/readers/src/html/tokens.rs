//! The tags and texts of an HTML document with their byte ranges.
//!
//! `html5gum` is used and not `lol_html`, which the text reader uses, because tables need every end
//! tag, those that close nothing included (`</tr>` behind cells without `<tr>` begins a new row), and
//! because its tokens depend on nothing before them but the last tag. So the bytes of a cell read
//! alone give the tokens that they give within their page.
//!
//! It reads bytes in any encoding in which ASCII bytes are ASCII characters: no tag can hide in
//! others. Only ranges are taken from it; bytes are decoded in the document's own encoding.

use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// What the tokeniser found.
#[derive(Debug)]
pub(super) enum Token<'t> {
    Start(&'t Tag),
    End {
        name: &'t [u8],
        at: Range<usize>,
    },
    /// Text as it is written, entities and all.
    Text(Range<usize>),
}

/// A start tag, and what matters of its attributes.
#[derive(Debug, Default)]
pub(super) struct Tag {
    /// In small letters.
    pub(super) name: Vec<u8>,
    pub(super) at: Range<usize>,
    pub(super) closes_itself: bool,
    /// As written, bounded as the HTML standard has it: 1 to 1,000 columns, 0 to 65,534 rows.
    pub(super) colspan: u32,
    pub(super) rowspan: u32,
    /// `hidden`, or a style with `display: none`.
    pub(super) gone: bool,
    /// A style with `visibility: hidden` or `collapse`.
    pub(super) unseen: bool,
}

/// Walks over the tokens of a document or a piece of one.
pub(super) fn walk(bytes: &[u8], mut on: impl FnMut(Token<'_>)) {
    let mut tag = Tag::default();
    let mut attribute: Vec<u8> = Vec::new();
    let emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| -> Option<Infallible> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                let mut buffer = std::mem::take(&mut tag.name);
                buffer.clear();
                buffer.extend_from_slice(name);
                tag = Tag { name: buffer, at: span.start..span.end, colspan: 1, rowspan: 1, ..Tag::default() };
                attribute.clear();
            }
            CallbackEvent::AttributeName { name } => {
                tag.gone |= name == b"hidden";
                attribute.clear();
                attribute.extend_from_slice(name);
            }
            CallbackEvent::AttributeValue { value } => match attribute.as_slice() {
                b"colspan" => tag.colspan = number(value).unwrap_or(1).clamp(1, 1_000),
                b"rowspan" => tag.rowspan = number(value).unwrap_or(1).min(65_534),
                b"style" => tag.style(value),
                _ => {}
            },
            CallbackEvent::CloseStartTag { self_closing } => {
                tag.closes_itself = self_closing;
                tag.at.end = span.end;
                on(Token::Start(&tag));
            }
            CallbackEvent::EndTag { name } => on(Token::End { name, at: span.start..span.end }),
            CallbackEvent::String { .. } => on(Token::Text(span.start..span.end)),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        None
    });
    let mut emitter = emitter;
    emitter.naively_switch_states(true);
    // Reading from memory does not fail.
    let Ok(()) = Tokenizer::new_with_emitter(bytes, emitter).finish();
}

impl Tag {
    fn style(&mut self, style: &[u8]) {
        let style: Vec<u8> =
            style.iter().filter(|byte| !byte.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
        for declaration in style.split(|byte| *byte == b';') {
            let declaration = declaration.strip_suffix(b"!important").unwrap_or(declaration);
            self.gone |= declaration == b"display:none";
            self.unseen |= declaration == b"visibility:hidden" || declaration == b"visibility:collapse";
        }
    }
}

/// The number at the start of an attribute, as browsers read it: white space, digits, then anything.
fn number(value: &[u8]) -> Option<u32> {
    let value = value.trim_ascii_start();
    let value = value.strip_prefix(b"+").unwrap_or(value);
    let count = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = std::str::from_utf8(value.get(..count)?).ok()?;
    if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u32::MAX)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(html: &str) -> Vec<String> {
        let mut out = Vec::new();
        let cut = |range: Range<usize>| html.get(range).expect("in the document").to_owned();
        walk(html.as_bytes(), |token| {
            out.push(match token {
                Token::Start(tag) => format!("start {}", cut(tag.at.clone())),
                Token::End { at, .. } => format!("end {}", cut(at)),
                Token::Text(at) => format!("text {}", cut(at)),
            });
        });
        out
    }

    #[test]
    fn ranges_are_those_of_the_source() {
        let html = "a &amp; <B x='>'>b<!-- <i> -->c</B\n>\r\n</tr><script>x<b></script><?php ?></ x><br/>é<td";
        assert_eq!(
            told(html),
            [
                "text a &amp; ",
                "start <B x='>'>",
                "text b",
                "text c",
                "end </B\n>",
                "text \r\n",
                "end </tr>",
                "start <script>",
                "text x<b>",
                "end </script>",
                "start <br/>",
                "text é",
            ]
        );
    }

    #[test]
    fn attributes_that_matter() {
        let mut tags = Vec::new();
        let html = "<td colspan=100000 rowspan='x'><td COLSPAN=0 rowspan=99999999999><tr hidden>\
                    <p style='color:red; Display : NONE !important'><p style=\"visibility:hidden\"><td colspan=' +3 '>";
        walk(html.as_bytes(), |token| {
            if let Token::Start(tag) = token {
                tags.push((tag.colspan, tag.rowspan, tag.gone, tag.unseen));
            }
        });
        assert_eq!(
            tags,
            [
                (1_000, 1, false, false),
                (1, 65_534, false, false),
                (1, 1, true, false),
                (1, 1, true, false),
                (1, 1, false, true),
                (3, 1, false, false),
            ]
        );
    }

    proptest! {
        /// What the tokeniser says a text is, is what stands in its range: `text.rs` relies on it.
        #[test]
        fn texts_are_what_stands_in_their_ranges(
            html in "(<|</|>|/|!|--|b|td|script|title| |x=|\"|'|&amp;|&lt|&|;|\r|\n|é|a){0,16}"
        ) {
            let mut texts = Vec::new();
            let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| -> Option<Infallible> {
                if let CallbackEvent::String { value } = event {
                    texts.push((String::from_utf8_lossy(value).into_owned(), span.start..span.end));
                }
                None
            });
            emitter.naively_switch_states(true);
            let Ok(()) = Tokenizer::new_with_emitter(html.as_str(), emitter).finish();
            let mut last = 0;
            for (text, range) in texts {
                prop_assert!(range.start >= last && range.end >= range.start);
                last = range.end;
                let source = html.get(range).expect("whole characters").replace("\r\n", "\n").replace('\r', "\n");
                // Nothing but an end tag without a name is left out of a text.
                let raw = source.clone();
                let parts: Vec<String> = source.split("</>").map(|part| htmlize::unescape(part).into_owned()).collect();
                prop_assert!(text == parts.concat() || text == raw, "{:?} {:?}", text, raw);
            }
        }
    }
}
