//! The objects of a PDF and the lexer that reads them, from a file or a content stream.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use quipu_schema::{ErrorKind, Fault, Result};

use crate::Limits;

/// The entries of a dictionary by name.
pub(super) type Dict = Rc<BTreeMap<Box<[u8]>, Object>>;

/// An object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    Null,
    Flag(bool),
    Number(f64),
    Text(Rc<[u8]>),
    Name(Rc<[u8]>),
    Array(Rc<[Object]>),
    Dict(Dict),
    Stream(Stream),
    /// A reference to the object of this number.
    Reference(u32),
    /// A keyword: an operator of a content stream, or `obj`, `endobj`, `R` and the like.
    Keyword(Rc<[u8]>),
}

/// A stream: its dictionary and where its packed bytes lie in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stream {
    pub(super) dict: Dict,
    pub(super) range: Range<usize>,
}

pub(super) fn damaged(what: impl std::fmt::Display) -> Fault {
    Fault::new(ErrorKind::Shape, format!("the PDF is damaged: {what}"))
        .help("fetch it again; if it is so at the source, its publisher has to write it anew")
}

impl Object {
    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// A number that is not negative, without its fraction.
    pub(super) fn count(&self) -> Option<usize> {
        self.number().and_then(whole).and_then(|number| usize::try_from(number).ok())
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    pub(super) fn array(&self) -> Option<&Rc<[Self]>> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// A dictionary, or that of a stream.
    pub(super) fn dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) | Self::Stream(Stream { dict, .. }) => Some(dict),
            _ => None,
        }
    }

    pub(super) fn is_keyword(&self, word: &[u8]) -> bool {
        matches!(self, Self::Keyword(found) if &**found == word)
    }
}

/// A number without its fraction; none where it is out of all reason.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are checked")]
pub(super) fn whole(number: f64) -> Option<i64> {
    (number.abs() < 9e15).then_some(number.trunc() as i64)
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// Reads objects one after the other.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    depth: usize,
    /// How many objects may still be made.
    left: usize,
    /// Whether two numbers and `R` are a reference: in files, not in content streams.
    references: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize, limits: &Limits, references: bool) -> Self {
        Self { bytes, at, depth: limits.depth, left: limits.memory / size_of::<Object>(), references }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Objects that were made since a budget of the limits was given.
    pub(super) fn made(&self, limits: &Limits) -> usize {
        (limits.memory / size_of::<Object>()).saturating_sub(self.left)
    }

    /// Allows as many objects again: what was read before is gone.
    pub(super) fn renew(&mut self, limits: &Limits) {
        self.left = limits.memory / size_of::<Object>();
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let end = self.rest().iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                self.at += end.unwrap_or(self.rest().len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// The next object; none at the end.
    ///
    /// # Errors
    /// `Shape` for what is no object, is nested too deeply, or has too many parts.
    pub(super) fn object(&mut self) -> Result<Option<Object>> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Option<Object>> {
        self.skip_space();
        let Some(byte) = self.peek() else { return Ok(None) };
        if depth > self.depth {
            return Err(Limits::exceeded(format!("objects nested deeper than {}", self.depth)));
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| Limits::exceeded("too many objects in the PDF"))?;
        let next = self.bytes.get(self.at + 1).copied();
        Ok(Some(match byte {
            b'(' => Object::Text(self.literal()),
            b'<' if next == Some(b'<') => {
                self.at += 2;
                Object::Dict(self.dict(depth)?)
            }
            b'<' => Object::Text(self.hexadecimal()),
            b'/' => Object::Name(self.name()),
            b'[' => {
                self.at += 1;
                Object::Array(self.array(depth)?)
            }
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(depth),
            b']' | b'}' | b'{' | b')' => {
                self.at += 1;
                Object::Keyword(Rc::from([byte]))
            }
            b'>' => {
                self.at += if next == Some(b'>') { 2 } else { 1 };
                Object::Keyword(Rc::from(&b">>"[..]))
            }
            _ => {
                let length = self.rest().iter().position(|byte| is_space(*byte) || is_delimiter(*byte));
                let word = self.rest().get(..length.unwrap_or(self.rest().len())).unwrap_or_default();
                self.at += word.len();
                match word {
                    b"true" => Object::Flag(true),
                    b"false" => Object::Flag(false),
                    b"null" => Object::Null,
                    word => Object::Keyword(Rc::from(word)),
                }
            }
        }))
    }

    fn array(&mut self, depth: usize) -> Result<Rc<[Object]>> {
        let mut items = Vec::new();
        loop {
            match self.nested(depth + 1)? {
                None => return Err(damaged("an array without an end")),
                Some(Object::Keyword(word)) if &*word == b"]" => return Ok(items.into()),
                // Keywords have no place here; what stands around them is kept.
                Some(Object::Keyword(word)) if matches!(&*word, b"endobj" | b"endstream") => {
                    return Err(damaged("an array without an end"));
                }
                Some(Object::Keyword(_)) => {}
                Some(item) => items.push(item),
            }
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Dict> {
        let mut entries = BTreeMap::new();
        loop {
            match self.nested(depth + 1)? {
                Some(Object::Name(key)) => {
                    let before = self.at;
                    match self.nested(depth + 1)? {
                        None => return Err(damaged("a dictionary without an end")),
                        Some(Object::Keyword(_)) => self.at = before,
                        Some(value) => {
                            // Of two entries of a name readers take the first or the last; so may we.
                            entries.entry(Box::from(&*key)).or_insert(value);
                            continue;
                        }
                    }
                    if self.closes() {
                        return Ok(Rc::new(entries));
                    }
                    self.nested(depth + 1)?;
                }
                Some(Object::Keyword(word)) if &*word == b">>" => return Ok(Rc::new(entries)),
                None => return Err(damaged("a dictionary without an end")),
                Some(Object::Keyword(word)) if matches!(&*word, b"endobj" | b"stream") => {
                    return Err(damaged("a dictionary without an end"));
                }
                Some(_) => {}
            }
        }
    }

    fn closes(&mut self) -> bool {
        self.skip_space();
        let closes = self.rest().starts_with(b">>");
        self.at += if closes { 2 } else { 0 };
        closes
    }

    fn name(&mut self) -> Rc<[u8]> {
        self.at += 1;
        let length = self.rest().iter().position(|byte| is_space(*byte) || is_delimiter(*byte));
        let raw = self.rest().get(..length.unwrap_or(self.rest().len())).unwrap_or_default();
        self.at += raw.len();
        if !raw.contains(&b'#') {
            return Rc::from(raw);
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let [byte, after @ ..] = rest {
            rest = after;
            match (byte, after) {
                (b'#', [high, low, after @ ..]) if digit(*high).is_some() && digit(*low).is_some() => {
                    name.push(digit(*high).unwrap_or_default() * 16 + digit(*low).unwrap_or_default());
                    rest = after;
                }
                _ => name.push(*byte),
            }
        }
        name.into()
    }

    fn number(&mut self, depth: usize) -> Object {
        let start = self.at;
        let length = self.rest().iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
        let raw = self.rest().get(..length.unwrap_or(self.rest().len())).unwrap_or_default();
        self.at += raw.len();
        let number = parse_number(raw);
        // `12 0 R` is one object.
        let whole = raw.iter().all(u8::is_ascii_digit) && raw.len() <= 10 && depth <= self.depth;
        if self.references && whole {
            let after = self.at;
            if let Some(number) = self.reference(number) {
                return Object::Reference(number);
            }
            self.at = after;
        }
        debug_assert!(self.at > start);
        Object::Number(number)
    }

    fn reference(&mut self, number: f64) -> Option<u32> {
        self.skip_space();
        let digits = self.rest().iter().take(6).position(|byte| !byte.is_ascii_digit())?;
        if digits == 0 {
            return None;
        }
        self.at += digits;
        self.skip_space();
        let [b'R', after @ ..] = self.rest() else { return None };
        if after.first().is_some_and(|byte| !is_space(*byte) && !is_delimiter(*byte)) {
            return None;
        }
        self.at += 1;
        u32::try_from(whole(number)?).ok()
    }

    /// A string in parentheses.
    fn literal(&mut self) -> Rc<[u8]> {
        self.at += 1;
        let (mut text, mut open) = (Vec::new(), 1_u32);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape(&mut text);
                    continue;
                }
                b'\r' => {
                    self.at += usize::from(self.peek() == Some(b'\n'));
                    text.push(b'\n');
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        text.into()
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(byte @ b'0'..=b'7') = self.peek() else { break };
                    code = code * 8 + u32::from(byte - b'0');
                    self.at += 1;
                }
                text.push(u8::try_from(code & 0xff).unwrap_or_default());
            }
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'\n' => {}
            other => text.push(other),
        }
    }

    /// A string in hexadecimal digits.
    fn hexadecimal(&mut self) -> Rc<[u8]> {
        self.at += 1;
        let end = self.rest().iter().position(|byte| *byte == b'>').unwrap_or(self.rest().len());
        let text = unhex(self.rest().get(..end).unwrap_or_default());
        self.at = (self.at + end + 1).min(self.bytes.len());
        text.into()
    }
}

/// The bytes that hexadecimal digits stand for; other characters are passed over.
pub(super) fn unhex(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() / 2 + 1);
    let mut high = None;
    for value in raw.iter().filter_map(|byte| digit(*byte)) {
        match high.take() {
            None => high = Some(value),
            Some(first) => out.push(first * 16 + value),
        }
    }
    out.extend(high.map(|high| high * 16));
    out
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A number as PDFs write them; what is none counts as 0, as in other readers.
fn parse_number(raw: &[u8]) -> f64 {
    let (mut number, mut scale, mut negative) = (0.0_f64, None, false);
    for (at, byte) in raw.iter().enumerate() {
        match byte {
            b'-' if at == 0 => negative = true,
            // `12-34`, `--5`: the sign within ends it.
            b'-' if at > 1 => break,
            b'.' if scale.is_none() => scale = Some(1.0),
            b'.' => break,
            b'0'..=b'9' => {
                let digit = f64::from(byte - b'0');
                match &mut scale {
                    None => number = number * 10.0 + digit,
                    Some(scale) => {
                        *scale /= 10.0;
                        number += digit * *scale;
                    }
                }
            }
            _ => {}
        }
    }
    if negative { -number } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Object> {
        let limits = Limits::default();
        let mut lexer = Lexer::new(text.as_bytes(), 0, &limits, true);
        std::iter::from_fn(|| lexer.object().unwrap()).collect()
    }

    #[test]
    fn objects_are_read_as_they_are_written() {
        let objects = read("[1 0 R 2 0.5 -.25 +3]/A#20b(a\\(b\\)(c)\\101\\\n)<48 656>true % rest\n<</K/V/N null>>");
        let [array, name, text, hex, flag, dict] = objects.as_slice() else { panic!("{objects:?}") };
        let numbers: Vec<_> = array.array().unwrap().iter().map(Object::number).collect();
        assert_eq!(numbers, [None, Some(2.0), Some(0.5), Some(-0.25), Some(3.0)]);
        assert_eq!(name.name(), Some(&b"A b"[..]));
        assert_eq!(*text, Object::Text(Rc::from(&b"a(b)(c)A"[..])));
        assert_eq!(*hex, Object::Text(Rc::from(&b"He`"[..])));
        assert_eq!(*flag, Object::Flag(true));
        assert_eq!(dict.dict().unwrap().get(&b"K"[..]).and_then(Object::name), Some(&b"V"[..]));
    }

    #[test]
    fn deep_objects_are_refused() {
        let deep = "[".repeat(100_000);
        let limits = Limits::default();
        let fault = Lexer::new(deep.as_bytes(), 0, &limits, true).object().unwrap_err();
        assert!(fault.message().contains("nested deeper"), "{fault}");
    }
}
