//! The map of characters in an embedded TrueType font, for text whose document does not say what its
//! codes mean.

use std::collections::BTreeMap;

use super::encoding::Codes;

/// Most glyphs of a font, as its format has it.
const GLYPHS: usize = 65_536;

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let pair: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(usize::from(u16::from_be_bytes(pair)))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    Some((short(bytes, at)? << 16) | short(bytes, at.checked_add(2)?)?)
}

/// The maps of a font: platform, encoding and bytes.
fn maps(font: &[u8]) -> Vec<(usize, usize, &[u8])> {
    let table = || {
        let count = short(font, 4)?;
        let at = (0..count).map(|n| 12 + n * 16).find(|at| font.get(*at..*at + 4) == Some(b"cmap"))?;
        font.get(long(font, at + 8)?..)
    };
    let Some(table) = table() else { return Vec::new() };
    let count = short(table, 2).unwrap_or_default().min(64);
    let one = |n: usize| {
        let at = 4 + n * 8;
        Some((short(table, at)?, short(table, at + 2)?, table.get(long(table, at + 4)?..)?))
    };
    (0..count).filter_map(one).collect()
}

/// Code and glyph of every entry of a map.
fn entries(map: &[u8]) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    // Segments may claim the same codes over and over.
    let mut steps = 4 * GLYPHS;
    let add = |out: &mut Vec<(u32, u32)>, code: usize, glyph: usize| {
        if glyph > 0 && glyph < GLYPHS {
            out.extend(u32::try_from(code).ok().zip(u32::try_from(glyph).ok()));
        }
    };
    match short(map, 0) {
        Some(0) => {
            for (code, glyph) in map.get(6..).unwrap_or_default().iter().take(256).enumerate() {
                add(&mut out, code, usize::from(*glyph));
            }
        }
        Some(4) => {
            let segments = short(map, 6).unwrap_or_default() / 2;
            for segment in 0..segments {
                let at = |part: usize| 14 + part * segments * 2 + segment * 2 + if part > 0 { 2 } else { 0 };
                let fields = (short(map, at(0)), short(map, at(1)), short(map, at(2)), short(map, at(3)));
                let (Some(end), Some(start), Some(delta), Some(offset)) = fields else { break };
                for code in start..=end.min(0xfffe) {
                    steps -= 1;
                    if steps == 0 {
                        return out;
                    }
                    let glyph = if offset == 0 {
                        (code + delta) & 0xffff
                    } else {
                        match short(map, at(3) + offset + (code - start) * 2) {
                            Some(glyph) if glyph > 0 => (glyph + delta) & 0xffff,
                            _ => 0,
                        }
                    };
                    add(&mut out, code, glyph);
                }
            }
        }
        Some(6) => {
            let (first, count) = (short(map, 6).unwrap_or_default(), short(map, 8).unwrap_or_default());
            for at in 0..count {
                add(&mut out, first + at, short(map, 10 + at * 2).unwrap_or_default());
            }
        }
        Some(12) => {
            for group in 0..long(map, 12).unwrap_or_default().min(GLYPHS) {
                let at = 16 + group * 12;
                let fields = (long(map, at), long(map, at + 4), long(map, at + 8));
                let (Some(start), Some(end), Some(glyph)) = fields else { break };
                for code in start..=end.min(start.saturating_add(GLYPHS)) {
                    steps -= 1;
                    if steps == 0 {
                        return out;
                    }
                    add(&mut out, code, glyph + (code - start));
                }
            }
        }
        _ => {}
    }
    out
}

/// The character of each glyph, by a map of the font from Unicode.
pub(super) fn characters(font: &[u8]) -> BTreeMap<u32, char> {
    let maps = maps(font);
    let order = |platform: usize, encoding: usize| match (platform, encoding) {
        (3, 10) => Some(0),
        (0, 3..=6) => Some(1),
        (3, 1) => Some(2),
        (0, _) => Some(3),
        _ => None,
    };
    let mut known: Vec<(i32, &[u8])> =
        maps.iter().filter_map(|(platform, encoding, map)| Some((order(*platform, *encoding)?, *map))).collect();
    known.sort_by_key(|(order, _)| *order);
    let mut out = BTreeMap::new();
    for (code, glyph) in known.first().map(|(_, map)| entries(map)).unwrap_or_default() {
        // Of characters that share a glyph the first one is the plain one.
        if let Some(character) = char::from_u32(code) {
            out.entry(glyph).or_insert(character);
        }
    }
    out
}

/// What the codes of a symbolic font say: its codes by its own maps, through the glyphs, to Unicode.
pub(super) fn symbols(font: &[u8]) -> Option<Codes> {
    let characters = characters(font);
    if characters.is_empty() {
        return None;
    }
    let maps = maps(font);
    let own = maps.iter().find(|(platform, encoding, _)| (*platform, *encoding) == (3, 0));
    let own = own.or_else(|| maps.iter().find(|(platform, encoding, _)| (*platform, *encoding) == (1, 0)))?;
    let mut codes: Codes = vec![None; 256];
    for (code, glyph) in entries(own.2) {
        // Symbol fonts have their codes at F000.
        let code = if (0xf000..=0xf0ff).contains(&code) { code - 0xf000 } else { code };
        if let Some(slot) = codes.get_mut(code as usize) {
            *slot = characters.get(&glyph).map(|c| c.to_string().into_boxed_str());
        }
    }
    Some(codes)
}
