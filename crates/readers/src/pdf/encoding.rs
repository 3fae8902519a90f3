//! From the codes of a simple font to characters: the encodings of the standard, and glyph names.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use encoding_rs::{MACINTOSH, WINDOWS_1252};

/// The text of each code of a simple font; none where it cannot be known.
pub(super) type Codes = Vec<Option<Box<str>>>;

/// An encoding that the standard names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Standard,
    WinAnsi,
    MacRoman,
    Symbol,
}

/// Character by code of two encodings, and the widths of Symbol.
struct Tables {
    standard: BTreeMap<u8, char>,
    symbol: BTreeMap<u8, (char, u16)>,
}

fn character(hex: &str) -> Option<char> {
    u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)
}

fn lines(data: &'static str) -> impl Iterator<Item = std::str::SplitWhitespace<'static>> {
    data.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace)
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = Tables { standard: BTreeMap::new(), symbol: BTreeMap::new() };
        for mut fields in lines(include_str!("data/encodings.txt")) {
            let code = fields.next().and_then(|code| u8::from_str_radix(code, 16).ok());
            let (standard, symbol) = (fields.next().and_then(character), fields.next().and_then(character));
            let width = fields.next().and_then(|width| width.parse().ok());
            let Some(code) = code else { continue };
            tables.standard.extend(standard.map(|c| (code, c)));
            tables.symbol.extend(symbol.zip(width).map(|(c, width)| (code, (c, width))));
        }
        tables
    })
}

/// The codes of an encoding.
pub(super) fn codes(named: Named) -> Codes {
    let one = |code: u8| -> Option<char> {
        match named {
            Named::Standard => tables().standard.get(&code).copied(),
            Named::Symbol => tables().symbol.get(&code).map(|(c, _)| *c),
            Named::WinAnsi => match code {
                0..32 => None,
                // Codes without a character are bullets, and the soft hyphen is drawn as a hyphen.
                0x7f | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d => Some('\u{2022}'),
                _ => WINDOWS_1252.decode_without_bom_handling(&[code]).0.chars().next(),
            },
            Named::MacRoman => match code {
                0..32 | 0x7f => None,
                0xca => Some('\u{a0}'),
                0xdb => Some('\u{a4}'),
                _ => MACINTOSH.decode_without_bom_handling(&[code]).0.chars().next(),
            },
        }
    };
    (0..=u8::MAX).map(|code| one(code).map(|c| c.to_string().into_boxed_str())).collect()
}

/// The width of a code of the font Symbol, in thousandths.
pub(super) fn symbol_width(code: u8) -> Option<f64> {
    tables().symbol.get(&code).map(|(_, width)| f64::from(*width))
}

/// The text of a glyph name: by the Adobe Glyph List, as `uni20AC` or `u1F600`, in parts such as
/// `f_f_i`, and without what stands behind a dot (`one.oldstyle`).
pub(super) fn glyph_text(name: &str) -> Option<String> {
    let base = name.split('.').next().filter(|base| !base.is_empty())?;
    if let Some(text) = listed(base) {
        return Some(text);
    }
    let mut text = String::new();
    for part in base.split('_') {
        text.push_str(&listed(part).or_else(|| spelled(part))?);
    }
    Some(text)
}

fn listed(name: &str) -> Option<String> {
    static GLYPHS: OnceLock<BTreeMap<&'static str, String>> = OnceLock::new();
    let glyphs = GLYPHS.get_or_init(|| {
        lines(include_str!("data/glyphs.txt"))
            .filter_map(|mut fields| Some((fields.next()?, fields.filter_map(character).collect())))
            .collect()
    });
    glyphs.get(name).cloned()
}

fn spelled(name: &str) -> Option<String> {
    let hex = |digits: &str| {
        let upper = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
        upper.then(|| character(digits)).flatten()
    };
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len() >= 4
        && digits.len().is_multiple_of(4)
        && digits.is_ascii()
    {
        return (0..digits.len()).step_by(4).map(|at| hex(digits.get(at..at + 4)?)).collect();
    }
    let digits = name.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len()))?;
    hex(digits).map(String::from)
}

/// The fonts that a PDF need not bring, by how they set text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// Place of the font in the table of widths.
    Text(usize),
    Courier,
    Symbol,
    Dingbats,
}

/// The face of a font by its name; `ABCDEF+` before it marks a part of a font.
pub(super) fn face(name: &str) -> Option<Face> {
    let name = match name.split_once('+') {
        Some((tag, rest)) if tag.len() == 6 => rest,
        _ => name,
    };
    let plain: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let (bold, slanted) = (plain.contains("bold"), plain.contains("italic") || plain.contains("oblique"));
    if plain.starts_with("courier") {
        return Some(Face::Courier);
    }
    if plain.starts_with("helvetica") || plain.starts_with("arial") {
        return Some(Face::Text(usize::from(bold)));
    }
    if plain.starts_with("times") {
        return Some(Face::Text(2 + usize::from(bold) + 2 * usize::from(slanted)));
    }
    match plain.as_str() {
        "symbol" => Some(Face::Symbol),
        "zapfdingbats" => Some(Face::Dingbats),
        _ => None,
    }
}

/// The width of a character in one of the fonts that a PDF need not bring, in thousandths.
pub(super) fn face_width(face: Face, drawn: char) -> Option<f64> {
    static WIDTHS: OnceLock<BTreeMap<char, Vec<f64>>> = OnceLock::new();
    let widths = WIDTHS.get_or_init(|| {
        let row = |mut fields: std::str::SplitWhitespace<'static>| {
            let shown = fields.next().and_then(character)?;
            Some((shown, fields.filter_map(|width| width.parse().ok()).collect()))
        };
        lines(include_str!("data/widths.txt")).filter_map(row).collect()
    });
    match face {
        Face::Courier => Some(600.0),
        Face::Text(at) => {
            // The hyphen and the space in other clothes.
            let same = match drawn {
                '\u{a0}' => ' ',
                '\u{ad}' => '-',
                c => c,
            };
            widths.get(&same).and_then(|row| row.get(at)).copied().filter(|width| *width > 0.0)
        }
        Face::Symbol | Face::Dingbats => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_text() {
        for (name, text) in [
            ("A", "A"),
            ("ntilde", "ñ"),
            ("fi", "ﬁ"),
            ("f_f_i", "ffi"),
            ("uni20AC", "€"),
            ("uni00410042", "AB"),
            ("u1F600", "😀"),
            ("one.oldstyle", "1"),
            ("oneoldstyle", "1"),
            ("afii10017", "А"),
        ] {
            assert_eq!(glyph_text(name).as_deref(), Some(text), "{name}");
        }
        for name in ["g37", "cid1234", "", ".notdef", "uni20a", "glyph12"] {
            assert_eq!(glyph_text(name), None, "{name}");
        }
    }

    #[test]
    fn encodings_differ_where_they_should() {
        let text = |named, code: usize| codes(named).get(code).cloned().flatten().unwrap_or_default();
        assert_eq!(&*text(Named::WinAnsi, 0x80), "€");
        assert_eq!(&*text(Named::MacRoman, 0x8e), "é");
        assert_eq!(&*text(Named::Standard, 0x27), "\u{2019}");
        assert_eq!(&*text(Named::Symbol, 0x61), "α");
        assert_eq!(face_width(Face::Text(0), 'ñ'), Some(556.0));
        assert_eq!(face("ABCDEF+Times-BoldItalic"), Some(Face::Text(5)));
    }
}
