//! Fonts: what the codes of a text say, and how wide they are.

use std::collections::BTreeMap;

use quipu_schema::Result;

use super::cmap::CodeMap;
use super::encoding::{self, Codes, Face, Named, face, glyph_text};
use super::file::File;
use super::object::{Dict, Object, Stream, whole};

/// A code of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Code {
    /// What it says; none where nothing tells.
    pub(super) text: Option<String>,
    /// How far it moves on, as a part of the font size.
    pub(super) width: f64,
    /// Whether it is the one byte 32, to which the space between words is added.
    pub(super) space: bool,
}

/// A font.
#[derive(Debug)]
pub(super) struct Font {
    kind: Kind,
    to_unicode: Option<CodeMap>,
    /// Whether text runs downwards.
    pub(super) vertical: bool,
}

#[derive(Debug)]
enum Kind {
    Simple {
        codes: Codes,
        widths: Vec<Option<f64>>,
        missing: f64,
        face: Option<Face>,
    },
    Composite {
        map: CodeMap,
        utf16: bool,
        glyphs: BTreeMap<u32, char>,
        widths: BTreeMap<u32, (u32, f64)>,
        missing: f64,
    },
}

impl Font {
    /// Reads a font.
    ///
    /// # Errors
    /// `Shape` for one that is damaged.
    pub(super) fn read(file: &File<'_>, dict: &Dict) -> Result<Self> {
        let name = file.entry(dict, b"BaseFont")?;
        let name = String::from_utf8_lossy(name.name().unwrap_or(b"a font")).into_owned();
        let to_unicode = match file.entry(dict, b"ToUnicode")? {
            Object::Stream(stream) => Some(CodeMap::read(&file.unpack(&stream)?, &file.limits)?),
            _ => None,
        };
        let subtype = file.entry(dict, b"Subtype")?;
        if subtype.name() == Some(b"Type0") {
            return Self::composite(file, dict, to_unicode);
        }
        let descriptor = file.part(dict, b"FontDescriptor")?.unwrap_or_default();
        let codes = codes(file, dict, &descriptor, &name)?;
        let first = file.entry(dict, b"FirstChar")?.count().unwrap_or_default();
        // The widths of a drawn font are in its own units.
        let unit = match subtype.name() {
            Some(b"Type3") => {
                let matrix = file.numbers(&file.entry(dict, b"FontMatrix")?)?;
                matrix.first().copied().filter(|unit| unit.abs() > 1e-9).unwrap_or(0.001)
            }
            _ => 0.001,
        };
        let mut widths = vec![None; 256];
        for (at, width) in file.numbers(&file.entry(dict, b"Widths")?)?.into_iter().enumerate().take(256) {
            if let Some(slot) = widths.get_mut(first.saturating_add(at)) {
                *slot = Some(width * unit);
            }
        }
        let missing = file.entry(&descriptor, b"MissingWidth")?.number().map(|width| width * unit);
        let kind = Kind::Simple { codes, widths, missing: missing.unwrap_or(0.5), face: face(&name) };
        Ok(Self { kind, to_unicode, vertical: false })
    }

    fn composite(file: &File<'_>, dict: &Dict, to_unicode: Option<CodeMap>) -> Result<Self> {
        let encoding = file.entry(dict, b"Encoding")?;
        let mut utf16 = false;
        let mut vertical = false;
        let map = match &encoding {
            Object::Stream(stream) => {
                vertical = file.entry(&stream.dict, b"WMode")?.number() == Some(1.0);
                CodeMap::read(&file.unpack(stream)?, &file.limits)?
            }
            other => {
                let word = other.name().unwrap_or(b"Identity-H");
                vertical = vertical || word.ends_with(b"-V");
                // Maps of the standard whose codes are Unicode; of other ones the codes stay unknown.
                utf16 = word.starts_with(b"Uni") && word.windows(5).any(|part| part == b"UTF16" || part == b"-UCS2");
                CodeMap::identity()
            }
        };
        let descendants = file.entry(dict, b"DescendantFonts")?;
        let descendant = match descendants.array().and_then(|array| array.first()) {
            Some(first) => file.resolve(first)?.dict().cloned().unwrap_or_default(),
            None => Dict::default(),
        };
        let missing = file.entry(&descendant, b"DW")?.number().unwrap_or(1000.0) / 1000.0;
        let widths = composite_widths(file, &descendant)?;
        let descriptor = file.part(&descendant, b"FontDescriptor")?.unwrap_or_default();
        let mut glyphs = BTreeMap::new();
        if to_unicode.is_none()
            && !utf16
            && let Object::Stream(program) = file.entry(&descriptor, b"FontFile2")?
        {
            let plain = !matches!(file.entry(&descendant, b"CIDToGIDMap")?, Object::Stream(_));
            if plain {
                glyphs = super::truetype::characters(&file.unpack(&program)?);
            }
        }
        Ok(Self { kind: Kind::Composite { map, utf16, glyphs, widths, missing }, to_unicode, vertical })
    }

    /// Splits a text into its codes.
    pub(super) fn codes(&self, text: &[u8], mut each: impl FnMut(Code) -> Result<()>) -> Result<()> {
        match &self.kind {
            Kind::Simple { codes, widths, missing, face } => {
                for byte in text {
                    let code = usize::from(*byte);
                    let named = codes.get(code).and_then(Option::as_deref);
                    let mapped = self.to_unicode.as_ref().and_then(|map| map.text(u32::from(*byte)));
                    let text = mapped.filter(|text| is_text(text)).or_else(|| named.map(str::to_owned));
                    let shown = named.and_then(|named| named.chars().next());
                    let by_face = || match face {
                        Some(Face::Symbol) => encoding::symbol_width(*byte).map(|width| width / 1000.0),
                        Some(face) => shown.and_then(|c| encoding::face_width(*face, c)).map(|width| width / 1000.0),
                        None => None,
                    };
                    let width = widths.get(code).copied().flatten().or_else(by_face).unwrap_or(*missing);
                    each(Code { text: text.filter(|text| is_text(text)), width, space: *byte == 32 })?;
                }
            }
            Kind::Composite { map, utf16, glyphs, widths, missing } => {
                let spaces = if map.same { self.to_unicode.as_ref() } else { Some(map) };
                let spaces = spaces.filter(|spaces| spaces.has_spaces() && !map.same).unwrap_or(map);
                let mut rest = text;
                while !rest.is_empty() {
                    let (length, code) = spaces.next(rest);
                    let whole_code = rest.get(..length).is_some_and(|code| code.len() == length) && length > 0;
                    rest = rest.get(length.max(1)..).unwrap_or_default();
                    if !whole_code {
                        break;
                    }
                    let number = map.number(code);
                    let mapped = self.to_unicode.as_ref().and_then(|map| map.text(code));
                    let known = mapped.filter(|text| is_text(text)).or_else(|| {
                        let by_code = utf16.then(|| char::from_u32(code)).flatten();
                        by_code.or_else(|| glyphs.get(&number).copied()).map(String::from)
                    });
                    let range = widths.range(..=number).next_back().filter(|(_, (last, _))| number <= *last);
                    let width = range.map_or(*missing, |(_, (_, width))| *width);
                    each(Code { text: known.filter(|text| is_text(text)), width, space: length == 1 && code == 32 })?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a mapped text says anything: characters for private use and replacements do not.
fn is_text(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| matches!(c, '\0' | '\u{fffd}' | '\u{fffe}' | '\u{e000}'..='\u{f8ff}'))
}

/// What the codes of a simple font say.
fn codes(file: &File<'_>, dict: &Dict, descriptor: &Dict, name: &str) -> Result<Codes> {
    let encoding = file.entry(dict, b"Encoding")?;
    let named = |object: &Object| match object.name() {
        Some(b"WinAnsiEncoding") => Some(Named::WinAnsi),
        Some(b"MacRomanEncoding") => Some(Named::MacRoman),
        Some(b"StandardEncoding") => Some(Named::Standard),
        _ => None,
    };
    let base = match encoding.dict() {
        Some(dict) => named(&file.entry(dict, b"BaseEncoding")?),
        None => named(&encoding),
    };
    let flags = whole(file.entry(descriptor, b"Flags")?.number().unwrap_or_default()).unwrap_or_default();
    let symbolic = flags & 4 != 0;
    let mut codes = match (base, face(name)) {
        (_, Some(Face::Symbol)) => encoding::codes(Named::Symbol),
        (_, Some(Face::Dingbats)) => vec![None; 256],
        (Some(named), _) => encoding::codes(named),
        (None, known) => match built_in(file, descriptor)? {
            Some(codes) => codes,
            // The encoding of a symbolic font is its own, and not to be guessed.
            None if symbolic && known.is_none() => vec![None; 256],
            None => encoding::codes(Named::Standard),
        },
    };
    if let Some(dict) = encoding.dict()
        && let Some(differences) = file.entry(dict, b"Differences")?.array()
    {
        let mut code = 0_usize;
        for item in differences.iter() {
            match file.resolve(item)? {
                Object::Name(glyph) => {
                    if let Some(slot) = codes.get_mut(code) {
                        let text = std::str::from_utf8(&glyph).ok().and_then(glyph_text);
                        *slot = text.map(String::into_boxed_str);
                    }
                    code = code.saturating_add(1);
                }
                other => code = other.count().unwrap_or(code),
            }
        }
    }
    Ok(codes)
}

/// The encoding within an embedded font.
fn built_in(file: &File<'_>, descriptor: &Dict) -> Result<Option<Codes>> {
    if let Object::Stream(program) = file.entry(descriptor, b"FontFile")? {
        return type1(file, &program);
    }
    if let Object::Stream(program) = file.entry(descriptor, b"FontFile2")? {
        return Ok(super::truetype::symbols(&file.unpack(&program)?));
    }
    Ok(None)
}

/// The encoding in the readable part of a Type 1 font: `dup 65 /A put`.
fn type1(file: &File<'_>, program: &Stream) -> Result<Option<Codes>> {
    let bytes = file.unpack(program)?;
    let end = memchr::memmem::find(&bytes, b"eexec").unwrap_or(bytes.len());
    let head = bytes.get(..end).unwrap_or_default();
    let Some(start) = memchr::memmem::find(head, b"/Encoding") else { return Ok(None) };
    let text = String::from_utf8_lossy(head.get(start + 9..).unwrap_or_default()).replace('/', " /");
    let mut words = text.split_whitespace().peekable();
    if words.peek() == Some(&"StandardEncoding") {
        return Ok(Some(encoding::codes(Named::Standard)));
    }
    let mut codes: Codes = vec![None; 256];
    while let Some(word) = words.next() {
        match word {
            "dup" => {
                let code = words.next().and_then(|code| code.parse::<usize>().ok());
                let glyph = words.next().and_then(|glyph| glyph.strip_prefix('/'));
                if let Some((code, glyph)) = code.zip(glyph)
                    && let Some(slot) = codes.get_mut(code)
                {
                    *slot = glyph_text(glyph).map(String::into_boxed_str);
                }
            }
            "def" | "readonly" => break,
            _ => {}
        }
    }
    Ok(Some(codes))
}

/// The widths of a composite font: `[first [w w w] first last w]`, as ranges by their first glyph.
fn composite_widths(file: &File<'_>, descendant: &Dict) -> Result<BTreeMap<u32, (u32, f64)>> {
    let mut widths = BTreeMap::new();
    let listed = file.entry(descendant, b"W")?;
    let Some(listed) = listed.array() else { return Ok(widths) };
    let mut items = listed.iter();
    let number = |object: &Object| object.count().and_then(|number| u32::try_from(number).ok());
    while let Some(first) = items.next() {
        let Some(first) = number(&file.resolve(first)?) else { continue };
        match items.next().map(|next| file.resolve(next)).transpose()? {
            Some(Object::Array(each)) => {
                for (at, width) in (first..).zip(each.iter()) {
                    if let Some(width) = file.resolve(width)?.number() {
                        widths.insert(at, (at, width / 1000.0));
                    }
                }
            }
            Some(last) => {
                let width = items.next().map(|width| file.resolve(width)).transpose()?.and_then(|width| width.number());
                if let Some((last, width)) = number(&last).zip(width) {
                    widths.insert(first, (last, width / 1000.0));
                }
            }
            None => {}
        }
    }
    Ok(widths)
}
