//! XML as workbooks hold it: pulled tag by tag, bounded in depth and in the size of one tag or text.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::QName;
use quipu_schema::{ErrorKind, Fault, Result};

use super::package::Member;
use crate::Limits;

/// Most bytes of a tag's name.
const LONGEST_NAME: usize = 256;

/// A part of the workbook, read as XML.
pub(super) struct Xml<'p, 'a> {
    reader: Reader<Member<'p, 'a>>,
    buffer: Vec<u8>,
    depth: usize,
    deepest: usize,
}

impl<'p, 'a> Xml<'p, 'a> {
    pub(super) fn new(member: Member<'p, 'a>, limits: &Limits) -> Self {
        let mut reader = Reader::from_reader(member);
        let config = reader.config_mut();
        // What is cut or misnested shows as an end that comes too soon; names need no second check.
        config.check_end_names = false;
        config.check_comments = false;
        Self { reader, buffer: Vec::new(), depth: 0, deepest: limits.depth }
    }

    /// The next tag, text or other event. Names are to be taken without their prefix.
    ///
    /// # Errors
    /// `Shape` for what is not XML, nested too deep or too large.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Event<'_>> {
        self.buffer.clear();
        self.reader.get_mut().allow(0);
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(self.reader.get_ref().fault(error)),
        };
        match event {
            Event::Start(ref tag) => {
                self.depth += 1;
                // The parser keeps the names of open tags.
                if tag.name().into_inner().len() > LONGEST_NAME {
                    return Err(Limits::exceeded(format!("a tag whose name has more than {LONGEST_NAME} bytes")));
                }
                if self.depth > self.deepest {
                    return Err(Limits::exceeded(format!("tags nested more than {} deep", self.deepest)));
                }
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(event)
    }

    /// How many tags are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Skips to behind the end of the element whose start was read last.
    ///
    /// # Errors
    /// As for [`Xml::next`], and for a document that ends before.
    pub(super) fn skip(&mut self) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if matches!(self.next()?, Event::Eof) {
                return Err(self.cut());
            }
        }
        Ok(())
    }

    /// The fault for a part that ends in the middle.
    pub(super) fn cut(&self) -> Fault {
        self.wrong("it ends in the middle")
    }

    /// The fault for a part that says something impossible.
    pub(super) fn wrong(&self, what: &str) -> Fault {
        let place = format!("part `{}`", self.reader.get_ref().name());
        Fault::new(ErrorKind::Shape, format!("the workbook is damaged: {what}")).at(place)
    }
}

/// The name of a tag without its prefix.
#[inline]
pub(super) fn local(name: QName<'_>) -> &[u8] {
    let name = name.into_inner().as_bytes();
    match name.iter().position(|byte| *byte == b':') {
        Some(colon) => name.get(colon + 1..).unwrap_or_default(),
        None => name,
    }
}

/// Adds the text of an event, where it has any.
///
/// # Errors
/// An entity that XML does not define: workbooks have no others.
pub(super) fn add_text(event: &Event<'_>, into: &mut String) -> Result<()> {
    match event {
        Event::Text(text) => into.push_str(&text.xml10_content()),
        Event::CData(text) => into.push_str(&text.xml10_content()),
        Event::GeneralRef(reference) => into.push_str(resolve(reference, &mut [0; 4])?),
        _ => {}
    }
    Ok(())
}

fn resolve<'b>(reference: &BytesRef<'_>, bytes: &'b mut [u8; 4]) -> Result<&'b str> {
    if let Some(text) = resolve_predefined_entity(reference) {
        return Ok(text);
    }
    let unknown =
        || Fault::new(ErrorKind::Shape, format!("the workbook is damaged: `&{};` means nothing", &**reference));
    let character = reference.resolve_char_ref().map_err(|error| unknown().because(error))?;
    Ok(character.ok_or_else(unknown)?.encode_utf8(bytes))
}

/// The attributes of a tag as local name and value, the value still escaped.
#[inline]
pub(super) fn attributes<'t>(tag: &'t BytesStart<'_>) -> Attributes<'t> {
    Attributes { raw: tag.attributes_raw(), at: 0 }
}

/// The attributes of a tag.
pub(super) struct Attributes<'t> {
    raw: &'t str,
    at: usize,
}

impl<'t> Iterator for Attributes<'t> {
    type Item = (&'t str, &'t str);

    // Byte by byte: names and values are a few letters, too short for a search to pay.
    #[inline]
    fn next(&mut self) -> Option<(&'t str, &'t str)> {
        let bytes = self.raw.as_bytes();
        let start = behind(bytes, self.at, |byte| !byte.is_ascii_whitespace())?;
        let equals = behind(bytes, start, |byte| byte == b'=')?;
        let open = behind(bytes, equals + 1, |byte| !byte.is_ascii_whitespace())?;
        let quote = bytes.get(open).copied().filter(|quote| matches!(quote, b'"' | b'\''))?;
        let close = behind(bytes, open + 1, |byte| byte == quote)?;
        self.at = close + 1;
        let name = self.raw.get(start..equals)?.trim_ascii_end();
        let name = match name.as_bytes().iter().position(|byte| *byte == b':') {
            Some(colon) => name.get(colon + 1..)?,
            None => name,
        };
        Some((name, self.raw.get(open + 1..close)?))
    }
}

#[inline]
fn behind(bytes: &[u8], from: usize, test: impl Fn(u8) -> bool) -> Option<usize> {
    bytes.get(from..)?.iter().position(|byte| test(*byte)).map(|at| from + at)
}

/// The value of the attribute of this local name.
///
/// # Errors
/// An entity that XML does not define.
pub(super) fn attribute<'t>(tag: &'t BytesStart<'_>, name: &str) -> Result<Option<Cow<'t, str>>> {
    attributes(tag).find(|(key, _)| *key == name).map(|(_, value)| unescape(value)).transpose()
}

/// The value of an attribute with its references resolved.
///
/// # Errors
/// An entity that XML does not define.
pub(super) fn unescape(value: &str) -> Result<Cow<'_, str>> {
    quick_xml::escape::unescape(value).map_err(|error| {
        Fault::new(ErrorKind::Shape, "the workbook is damaged: a tag has a reference that means nothing").because(error)
    })
}
