//! Maps of codes: to characters (`ToUnicode`) and to glyph numbers (encodings of composite fonts).

use quipu_schema::Result;

use super::object::{Lexer, Object};
use crate::Limits;

/// A map of codes of one to four bytes.
#[derive(Debug, Default)]
pub(super) struct CodeMap {
    /// Lengths in bytes and the codes of each length, in the order of the file.
    spaces: Vec<(usize, u32, u32)>,
    /// First and last code, and what the first one stands for; sorted.
    texts: Vec<(u32, u32, Box<[u16]>)>,
    numbers: Vec<(u32, u32, u32)>,
    /// Codes are glyph numbers, or UTF-16, in two bytes.
    pub(super) same: bool,
}

/// Longest text that one code may stand for, in UTF-16 units.
const LONGEST: usize = 32;

impl CodeMap {
    /// Codes of two bytes that are glyph numbers themselves.
    pub(super) fn identity() -> Self {
        Self { same: true, ..Self::default() }
    }

    /// Reads a map.
    ///
    /// # Errors
    /// `Shape` for what cannot be read.
    pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let mut map = Self::default();
        let mut lexer = Lexer::new(bytes, 0, limits, false);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(object) = lexer.object()? {
            let Object::Keyword(word) = &object else {
                operands.push(object);
                continue;
            };
            match &**word {
                b"endcodespacerange" => {
                    for pair in operands.chunks_exact(2) {
                        let [Object::Text(low), Object::Text(high)] = pair else { continue };
                        map.spaces
                            .extend(code(low).zip(code(high)).map(|(low_code, high)| (low.len(), low_code, high)));
                    }
                }
                b"endbfchar" => {
                    for pair in operands.chunks_exact(2) {
                        let [Object::Text(from), to] = pair else { continue };
                        map.texts.extend(code(from).zip(text(to)).map(|(code, text)| (code, code, text)));
                    }
                }
                b"endbfrange" => {
                    for triple in operands.chunks_exact(3) {
                        let [Object::Text(low), Object::Text(high), to] = triple else { continue };
                        let Some((low, high)) = code(low).zip(code(high)).filter(|(low, high)| low <= high) else {
                            continue;
                        };
                        match to {
                            Object::Array(items) => {
                                for (code, item) in (low..=high).zip(items.iter()) {
                                    map.texts.extend(text(item).map(|text| (code, code, text)));
                                }
                            }
                            one => map.texts.extend(text(one).map(|text| (low, high, text))),
                        }
                    }
                }
                b"endcidchar" => {
                    for pair in operands.chunks_exact(2) {
                        let [Object::Text(from), to] = pair else { continue };
                        let to = to.count().and_then(|to| u32::try_from(to).ok());
                        map.numbers.extend(code(from).zip(to).map(|(code, to)| (code, code, to)));
                    }
                }
                b"endcidrange" => {
                    for triple in operands.chunks_exact(3) {
                        let [Object::Text(low), Object::Text(high), to] = triple else { continue };
                        let to = to.count().and_then(|to| u32::try_from(to).ok());
                        let range = code(low).zip(code(high)).filter(|(low, high)| low <= high);
                        map.numbers.extend(range.zip(to).map(|((low, high), to)| (low, high, to)));
                    }
                }
                _ => {}
            }
            operands.clear();
        }
        // Of two entries for a code the later one counts, as elsewhere.
        map.texts.reverse();
        map.texts.sort_by_key(|(low, ..)| *low);
        map.numbers.reverse();
        map.numbers.sort_by_key(|(low, ..)| *low);
        Ok(map)
    }

    /// Whether it says how long codes are.
    pub(super) fn has_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }

    /// How many bytes the code at the start has, and the code.
    pub(super) fn next(&self, bytes: &[u8]) -> (usize, u32) {
        for length in 1..=bytes.len().min(4) {
            let Some(code) = bytes.get(..length).and_then(code) else { break };
            // Each byte must lie within its own bounds.
            let within = |low: u32, high: u32| {
                (0..length).all(|at| {
                    let byte = |number: u32| (number >> (8 * at)) & 0xff;
                    (byte(low)..=byte(high)).contains(&byte(code))
                })
            };
            if self.spaces.iter().any(|(size, low, high)| *size == length && within(*low, *high)) {
                return (length, code);
            }
        }
        let length = self.spaces.iter().map(|(length, ..)| *length).min().unwrap_or(2).clamp(1, bytes.len().max(1));
        (length, bytes.get(..length).and_then(code).unwrap_or_default())
    }

    /// What a code stands for; none where the map does not say.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        let at = self.texts.partition_point(|(low, ..)| *low <= code);
        // A single code may stand within a range that is given too: the nearest one that has it.
        let nearest = self.texts.get(at.saturating_sub(8)..at)?.iter();
        // Of entries with one start the first is the one that counts.
        let mut best: Option<&(u32, u32, Box<[u16]>)> = None;
        for entry in nearest.filter(|(_, high, _)| code <= *high) {
            if best.is_none_or(|best| entry.0 > best.0) {
                best = Some(entry);
            }
        }
        let (low, _, units) = best?;
        let mut units = units.to_vec();
        let last = units.last_mut()?;
        *last = last.wrapping_add(u16::try_from(code - low).ok()?);
        String::from_utf16(&units).ok()
    }

    /// The glyph number of a code.
    pub(super) fn number(&self, code: u32) -> u32 {
        if self.same {
            return code;
        }
        let at = self.numbers.partition_point(|(low, ..)| *low <= code);
        let nearest = self.numbers.get(at.saturating_sub(8)..at).unwrap_or_default();
        let found = nearest.iter().rev().find(|(_, high, _)| code <= *high);
        found.map_or(0, |(low, _, number)| number.saturating_add(code - low))
    }
}

fn code(bytes: &[u8]) -> Option<u32> {
    (1..=4).contains(&bytes.len()).then(|| bytes.iter().fold(0, |code, byte| (code << 8) | u32::from(*byte)))
}

/// The UTF-16 units of a text, or of a glyph name, which old maps have.
fn text(object: &Object) -> Option<Box<[u16]>> {
    match object {
        Object::Text(bytes) if bytes.len() == 1 => Some(bytes.iter().map(|byte| u16::from(*byte)).collect()),
        Object::Text(bytes) if bytes.len() <= 2 * LONGEST => Some(
            bytes
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |unit, byte| (unit << 8) | u16::from(*byte)))
                .collect(),
        ),
        Object::Name(name) => {
            let text = super::encoding::glyph_text(std::str::from_utf8(name).ok()?)?;
            Some(text.encode_utf16().collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_give_texts_and_numbers() {
        let source = b"1 begincodespacerange <00> <7f> <8000> <ffff> endcodespacerange
            2 beginbfchar <01> <0041> <8002> <00660069> endbfchar
            2 beginbfrange <10> <20> <0061> <30> <32> [<0058> /eacute <D83DDE00>] endbfrange
            1 begincidrange <8000> <80ff> 500 endcidrange";
        let map = CodeMap::read(source, &Limits::default()).unwrap();
        assert_eq!(map.next(&[0x41, 0x80, 0x02]), (1, 0x41));
        assert_eq!(map.next(&[0x80, 0x02]), (2, 0x8002));
        let texts: Vec<_> = [1, 0x8002, 0x12, 0x30, 0x31, 0x32, 0x40].into_iter().map(|code| map.text(code)).collect();
        let wanted = [Some("A"), Some("fi"), Some("c"), Some("X"), Some("é"), Some("😀"), None];
        assert_eq!(texts, wanted.map(|text| text.map(str::to_owned)));
        assert_eq!((map.number(0x8003), map.number(0x41)), (503, 0));
    }
}
