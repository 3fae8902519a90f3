//! The JSON tokens of RFC 8259, one after the other, with nothing built from them.
//!
//! The scanner is ours because two things are needed that libraries give only with a tree of the
//! whole document: a number's own digits, and the place of what is wrong. Tests hold it to
//! `serde_json`: both accept the same documents and read the same strings.

use std::borrow::Cow;
use std::fmt;

use quipu_schema::{ErrorKind, Fault};

/// What a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
}

/// One token. Commas and colons are checked and not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open(Kind),
    Close(Kind),
    /// Name of a member; its value follows.
    Name(Text<'a>),
    Value(Scalar<'a>),
    /// The end of the document.
    End,
}

/// A value that holds no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Null,
    Flag(bool),
    /// The number as it is written.
    Number(&'a str),
    Text(Text<'a>),
}

/// A string as it stands between its quotes; its escapes are known to be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

/// What is wrong with a document, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) what: What,
    pub(super) at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The document ends too early.
    Cut,
    /// Nested deeper than allowed.
    Deep(usize),
    /// Anything else.
    Other(String),
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A value, or the end of a document that has none yet.
    First,
    Value,
    /// A value or the end of the array that has just been opened.
    ValueOrClose,
    /// A name or the end of the object that has just been opened.
    NameOrClose,
    /// A comma or the end of the container.
    More,
    /// A value on another line, or the end of the document.
    Line,
}

/// Walks over the tokens of a document, which may be several values on lines of their own.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    token: usize,
    deepest: usize,
    open: Vec<Kind>,
    next: Next,
}

impl<'a> Scanner<'a> {
    /// A scanner over a whole document, without byte order mark.
    pub(super) fn new(text: &'a str, deepest: usize) -> Self {
        Self::at(text, 0, deepest)
    }

    /// A scanner that reads the value at this byte first.
    pub(super) fn at(text: &'a str, at: usize, deepest: usize) -> Self {
        Self { text, at, token: at, deepest, open: Vec::new(), next: Next::First }
    }

    /// Where the last token starts.
    pub(super) fn token_start(&self) -> usize {
        self.token
    }

    /// How many containers are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Reads the next token.
    pub(super) fn step(&mut self) -> Result<Token<'a>, Wrong> {
        loop {
            let from = self.at;
            self.skip_space();
            self.token = self.at;
            let Some(byte) = self.byte() else {
                return match self.next {
                    Next::Line => Ok(Token::End),
                    _ => Err(self.cut()),
                };
            };
            match (self.next, byte) {
                (Next::Line, _) => {
                    let between = self.text.get(from..self.at).unwrap_or_default();
                    if !between.contains(['\n', '\r']) {
                        return Err(self.wrong("something follows the value on its line"));
                    }
                    self.next = Next::Value;
                }
                (Next::More, b',') => {
                    self.at += 1;
                    if self.open.last() == Some(&Kind::Array) {
                        self.next = Next::Value;
                        continue;
                    }
                    self.skip_space();
                    self.token = self.at;
                    return self.name();
                }
                (Next::More | Next::ValueOrClose, b']') if self.open.last() == Some(&Kind::Array) => {
                    return Ok(self.close(Kind::Array));
                }
                (Next::More | Next::NameOrClose, b'}') if self.open.last() == Some(&Kind::Object) => {
                    return Ok(self.close(Kind::Object));
                }
                (Next::More, _) => return Err(self.unexpected("a comma or the end of the list")),
                (Next::NameOrClose, _) => return self.name(),
                (Next::First | Next::Value | Next::ValueOrClose, _) => return self.value(byte),
            }
        }
    }

    /// Reads to the end of the container that the last token opened; does nothing behind another token.
    pub(super) fn skip(&mut self, opened: Token<'a>) -> Result<(), Wrong> {
        if let Token::Open(_) = opened {
            let around = self.depth().saturating_sub(1);
            while self.depth() > around {
                self.step()?;
            }
        }
        Ok(())
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += space;
    }

    fn close(&mut self, kind: Kind) -> Token<'a> {
        self.at += 1;
        self.open.pop();
        self.after_value();
        Token::Close(kind)
    }

    fn after_value(&mut self) {
        self.next = if self.open.is_empty() { Next::Line } else { Next::More };
    }

    fn name(&mut self) -> Result<Token<'a>, Wrong> {
        if self.byte() != Some(b'"') {
            return Err(self.unexpected("a name in quotes"));
        }
        let name = self.string()?;
        self.skip_space();
        if self.byte() != Some(b':') {
            return Err(self.unexpected("`:` behind the name"));
        }
        self.at += 1;
        self.next = Next::Value;
        Ok(Token::Name(name))
    }

    fn value(&mut self, byte: u8) -> Result<Token<'a>, Wrong> {
        let scalar = match byte {
            b'{' | b'[' => {
                if self.open.len() >= self.deepest {
                    return Err(Wrong { what: What::Deep(self.deepest), at: self.at });
                }
                self.at += 1;
                let (kind, next) = match byte {
                    b'{' => (Kind::Object, Next::NameOrClose),
                    _ => (Kind::Array, Next::ValueOrClose),
                };
                self.open.push(kind);
                self.next = next;
                return Ok(Token::Open(kind));
            }
            b'"' => Scalar::Text(self.string()?),
            b'-' | b'0'..=b'9' => Scalar::Number(self.number()?),
            _ => self.word()?,
        };
        self.after_value();
        Ok(Token::Value(scalar))
    }

    fn word(&mut self) -> Result<Scalar<'a>, Wrong> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let scalar = match rest.get(..length).unwrap_or_default() {
            b"null" => Scalar::Null,
            b"true" => Scalar::Flag(true),
            b"false" => Scalar::Flag(false),
            word if length == rest.len() && [&b"null"[..], b"true", b"false"].iter().any(|w| w.starts_with(word)) => {
                return Err(self.cut());
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.at += length;
        Ok(scalar)
    }

    fn number(&mut self) -> Result<&'a str, Wrong> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn digits(&mut self) -> Result<(), Wrong> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.unexpected("a digit"));
        }
        self.at += count;
        Ok(())
    }

    /// Reads the string that starts here, and checks its escapes.
    fn string(&mut self) -> Result<Text<'a>, Wrong> {
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(plain) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) else {
                self.at += rest.len();
                return Err(self.cut());
            };
            self.at += plain;
            match rest.get(plain) {
                Some(b'"') => {
                    let raw = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Text { raw, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.wrong("a control character in a string, which must be escaped")),
            }
        }
    }

    /// Checks the escape that starts here, and goes behind it.
    fn escape(&mut self) -> Result<(), Wrong> {
        let at = self.at;
        self.at += 1;
        let byte = self.byte();
        self.at += 1;
        match byte {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => match self.unit()? {
                0xd800..=0xdbff => {
                    let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
                    if b"\\u".starts_with(rest) {
                        self.at += rest.len();
                        return Err(self.cut());
                    }
                    if rest.starts_with(b"\\u") {
                        self.at += 2;
                        if matches!(self.unit()?, 0xdc00..=0xdfff) {
                            return Ok(());
                        }
                    }
                    Err(Wrong { what: What::Other("half a surrogate pair, which is no character".into()), at })
                }
                0xdc00..=0xdfff => {
                    Err(Wrong { what: What::Other("half a surrogate pair, which is no character".into()), at })
                }
                _ => Ok(()),
            },
            None => Err(Wrong { what: What::Cut, at }),
            Some(_) => Err(Wrong { what: What::Other("an escape that JSON does not have".into()), at }),
        }
    }

    /// The four hexadecimal digits here.
    fn unit(&mut self) -> Result<u32, Wrong> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let digits = rest.get(..4).unwrap_or(rest);
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.unexpected("four hexadecimal digits"));
        }
        self.at += digits.len();
        if digits.len() < 4 {
            return Err(self.cut());
        }
        Ok(hexadecimal(digits))
    }

    fn cut(&self) -> Wrong {
        Wrong { what: What::Cut, at: self.text.len() }
    }

    fn wrong(&self, what: &str) -> Wrong {
        Wrong { what: What::Other(what.to_owned()), at: self.at }
    }

    fn unexpected(&self, expected: &str) -> Wrong {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return self.cut();
        }
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '+' | '.')).collect();
        let mut found: String = if word.is_empty() { rest.chars().take(1).collect() } else { word };
        if let Some((cut, _)) = found.char_indices().nth(20) {
            found.truncate(cut);
            found.push('…');
        }
        self.wrong(&format!("expected {expected}, found {found:?}"))
    }
}

fn hexadecimal(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |unit, digit| (unit << 4) | char::from(*digit).to_digit(16).unwrap_or_default())
}

impl<'a> Text<'a> {
    /// The text, its escapes resolved.
    pub(super) fn text(self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut out = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some((plain, escape)) = rest.split_once('\\') {
            out.push_str(plain);
            let mut chars = escape.chars();
            let code = chars.next().unwrap_or_default();
            rest = chars.as_str();
            out.push(match code {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let unit = |text: &str| hexadecimal(text.as_bytes().get(..4).unwrap_or_default());
                    let mut code = unit(rest);
                    rest = rest.get(4..).unwrap_or_default();
                    if let (0xd800..=0xdbff, Some(low)) = (code, rest.strip_prefix("\\u")) {
                        code = 0x1_0000 + ((code & 0x3ff) << 10) + (unit(low) & 0x3ff);
                        rest = low.get(4..).unwrap_or_default();
                    }
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                plain => plain,
            });
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

impl Wrong {
    /// The fault, with the line and byte of what is wrong. `before` bytes stand before the text.
    pub(super) fn fault(&self, text: &str, before: usize) -> Fault {
        let bytes = text.as_bytes().get(..self.at).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', bytes).count();
        Fault::new(ErrorKind::Shape, format!("line {line}, byte {}: {}", before + self.at, self.what))
            .help("the document is damaged or is no JSON (RFC 8259): look at what the source delivers now")
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("the JSON ends too early"),
            Self::Deep(depth) => write!(f, "the JSON is nested deeper than {depth}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

#[cfg(test)]
mod tests;
