//! From glyphs to words: what stands together, in the order in which it is read.

use quipu_schema::Result;

use super::glyphs::{Glyph, Shown};
use crate::Limits;

/// A word, in the frame of its own direction of reading: `from` and `to` along its baseline, `base`
/// downwards, in points.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    pub(super) text: Box<str>,
    pub(super) turn: u8,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) base: f64,
    pub(super) size: f64,
    /// How wide the space is that is written behind it; 0 where none is.
    pub(super) space: f64,
    /// Whether something in it is not known.
    pub(super) unknown: bool,
    /// Whether figures in it are raised or lowered.
    pub(super) raised: bool,
}

/// Least gap between words, as a part of the font size.
const GAP: f64 = 0.15;
/// Most gap between pieces of one word that were drawn apart.
const TOUCH: f64 = 0.12;
/// Most words of a page: many times what fits on one.
const WORDS: usize = 100_000;

/// Where a point of the page lies for one who reads in this direction: along the line, and downwards.
pub(super) fn turned(x: f64, y: f64, turn: u8, page: (f64, f64)) -> (f64, f64) {
    match turn {
        1 => (y, page.0 - x),
        2 => (page.0 - x, page.1 - y),
        3 => (page.1 - y, x),
        _ => (x, y),
    }
}

/// The other way round.
pub(super) fn unturned(u: f64, v: f64, turn: u8, page: (f64, f64)) -> (f64, f64) {
    match turn {
        1 => (page.0 - v, u),
        2 => (page.0 - u, page.1 - v),
        3 => (v, page.1 - u),
        _ => (u, v),
    }
}

/// A word in the making.
struct Open {
    word: Word,
    text: String,
    /// Where the pen stands, and the last glyph.
    pen: f64,
    last: (f64, f64, String),
    /// A space within a number, which counts only if a figure follows.
    space: Option<char>,
}

/// The words of a page, and how many leaders of dots there are between them.
///
/// # Errors
/// More words than a page can have.
pub(super) fn words(shown: &Shown, page: (f64, f64)) -> Result<(Vec<Word>, u64)> {
    let mut words: Vec<Word> = Vec::new();
    let mut open: Option<Open> = None;
    for glyph in &shown.glyphs {
        if words.len() > WORDS {
            return Err(Limits::exceeded(format!("more than {WORDS} words on one page")));
        }
        let text = shown.text(glyph);
        let (at, base) = turned(glyph.x, glyph.y, glyph.turn, page);
        if text.chars().all(is_break) {
            let closed = open.take().and_then(close);
            let one = text.chars().count() == 1;
            words.extend(closed.map(|word| Word { space: if one { glyph.pen.max(0.0) } else { 0.0 }, ..word }));
            continue;
        }
        if let Some(word) = &mut open {
            if word.repeats(text, at, base, glyph.size) {
                continue;
            }
            if let Some(space) = text.chars().next().filter(|c| is_inner_space(*c) && text.chars().count() == 1) {
                word.space = Some(space);
                word.pen = at + glyph.pen;
                continue;
            }
            if word.takes(glyph, text, at, base) {
                word.add(glyph, text, at, base);
                continue;
            }
        }
        words.extend(open.take().and_then(close));
        if !text.chars().all(|c| c.is_whitespace() || is_inner_space(c)) {
            let word = Word {
                text: Box::default(),
                turn: glyph.turn,
                from: at,
                to: at,
                base,
                size: glyph.size,
                space: 0.0,
                unknown: false,
                raised: false,
            };
            let mut fresh = Open { word, text: String::new(), pen: at, last: (at, base, String::new()), space: None };
            fresh.add(glyph, text, at, base);
            open = Some(fresh);
        }
    }
    words.extend(open.take().and_then(close));
    Ok(without_leaders(&joined(words)))
}

/// Whether a character ends a word.
fn is_break(c: char) -> bool {
    c.is_whitespace() && !is_inner_space(c) || matches!(c, '\u{200b}' | '\u{feff}')
}

/// Spaces that may part the figures of one number.
fn is_inner_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' | '\u{2008}' | '\u{200a}')
}

impl Open {
    /// Whether a glyph is the last one again: drawn twice, to be bold.
    fn repeats(&self, text: &str, at: f64, base: f64, size: f64) -> bool {
        let near = size * 0.12;
        (at - self.last.0).abs() < near && (base - self.last.1).abs() < near && self.last.2 == text
    }

    fn takes(&self, glyph: &Glyph, text: &str, at: f64, base: f64) -> bool {
        let word = &self.word;
        let gap = at - self.pen;
        let size = word.size.max(glyph.size);
        if glyph.turn != word.turn || gap > size * GAP || gap < -size * 0.6 {
            return false;
        }
        if self.space.is_some()
            && !(self.text.ends_with(|c: char| c.is_ascii_digit()) && text.starts_with(|c: char| c.is_ascii_digit()))
        {
            return false;
        }
        let rise = word.base - base;
        if rise.abs() <= size * 0.1 {
            return glyph.size >= word.size * 0.55 && glyph.size <= word.size * 1.3;
        }
        // Raised or lowered, and small.
        glyph.size <= word.size * 0.85 && rise < word.size * 0.85 && rise > -word.size * 0.45
    }

    fn add(&mut self, glyph: &Glyph, text: &str, at: f64, base: f64) {
        let rise = self.word.base - base;
        let small = glyph.size <= self.word.size * 0.85;
        if let Some(space) = self.space.take() {
            self.text.push(space);
        }
        for c in text.chars() {
            let other = match rise {
                rise if small && rise > self.word.size * 0.12 => raised(c),
                rise if small && rise < -self.word.size * 0.08 => lowered(c),
                _ => None,
            };
            self.word.raised |= other.is_some();
            match (other, ligature(c)) {
                (Some(other), _) => self.text.push(other),
                (None, Some(letters)) => self.text.push_str(letters),
                (None, None) if c.is_whitespace() && !is_inner_space(c) => self.text.push(' '),
                (None, None) => self.text.push(c),
            }
        }
        self.word.unknown |= glyph.unknown;
        self.word.to = self.word.to.max(at + glyph.width);
        self.pen = at + glyph.pen;
        self.last = (at, base, text.to_owned());
    }
}

fn close(open: Open) -> Option<Word> {
    let text = open.text.trim();
    // A soft hyphen that is drawn within a word is a hyphen.
    let inner = text.trim_end_matches('\u{ad}');
    let text = if inner.contains('\u{ad}') {
        let end = text.get(inner.len()..).unwrap_or_default();
        format!("{}{end}", inner.replace('\u{ad}', "-"))
    } else {
        text.to_owned()
    };
    let word = open.word;
    let to = word.to.max(word.from + word.size * 0.05);
    (!text.is_empty()).then(|| Word { text: text.into(), to, ..word })
}

fn ligature(c: char) -> Option<&'static str> {
    Some(match c {
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        _ => return None,
    })
}

/// A raised figure or letter, so that `2366¹` does not become 23661.
fn raised(c: char) -> Option<char> {
    let figures = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    match c {
        '0'..='9' => figures.chars().nth(c.to_digit(10)? as usize),
        'a' => Some('ᵃ'),
        'b' => Some('ᵇ'),
        'c' => Some('ᶜ'),
        'd' => Some('ᵈ'),
        'e' => Some('ᵉ'),
        'f' => Some('ᶠ'),
        'g' => Some('ᵍ'),
        'h' => Some('ʰ'),
        'i' => Some('ⁱ'),
        'j' => Some('ʲ'),
        'k' => Some('ᵏ'),
        'l' => Some('ˡ'),
        'm' => Some('ᵐ'),
        'n' => Some('ⁿ'),
        'p' => Some('ᵖ'),
        'r' => Some('ʳ'),
        's' => Some('ˢ'),
        't' => Some('ᵗ'),
        _ => None,
    }
}

fn lowered(c: char) -> Option<char> {
    "₀₁₂₃₄₅₆₇₈₉".chars().nth(c.to_digit(10)? as usize)
}

/// Joins pieces of words that were drawn apart, and drops what was drawn twice.
fn joined(mut words: Vec<Word>) -> Vec<Word> {
    words.sort_by(|a, b| a.turn.cmp(&b.turn).then(a.base.total_cmp(&b.base)));
    let mut start = 0;
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    while start < words.len() {
        let rest = words.get(start..).unwrap_or_default();
        let same = |pair: &[Word]| match pair {
            [a, b] => a.turn == b.turn && b.base - a.base < 0.3,
            _ => false,
        };
        let length = 1 + rest.windows(2).take_while(|pair| same(pair)).count();
        let mut line: Vec<Word> = rest.get(..length).unwrap_or_default().to_vec();
        line.sort_by(|a, b| a.from.total_cmp(&b.from).then(a.to.total_cmp(&b.to)).then(a.text.cmp(&b.text)));
        let first = out.len();
        for word in line {
            let last = if out.len() > first { out.last_mut() } else { None };
            match last {
                Some(last) if last.text == word.text && (word.from - last.from).abs() < word.size * 0.12 => {}
                Some(last) if touches(last, &word) => {
                    last.text = format!("{}{}", last.text, word.text).into();
                    last.to = last.to.max(word.to);
                    last.space = word.space;
                    last.unknown |= word.unknown;
                    last.raised |= word.raised;
                }
                _ => out.push(word),
            }
        }
        start += length;
    }
    out
}

fn touches(left: &Word, right: &Word) -> bool {
    let gap = right.from - left.to;
    let size = left.size.min(right.size);
    (left.size - right.size).abs() < size * 0.1 && gap < size * TOUCH && gap > -size * 0.25
}

/// Takes out the dots that lead the eye from a label to its figure: `.....`, or `. . . .`.
fn without_leaders(words: &[Word]) -> (Vec<Word>, u64) {
    const DOTS: usize = 4;
    const STEP: f64 = 1.3;
    let is_dot = |word: &Word| matches!(&*word.text, "." | "·" | "…" | "‥");
    let mut leaders = 0;
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let rest = words.get(at..).unwrap_or_default();
        let follows = |pair: &[Word]| match pair {
            [a, b] => is_dot(b) && (a.base - b.base).abs() < 0.1 && b.from - a.to < STEP * a.size,
            _ => false,
        };
        let run = if is_dot(word) { 1 + rest.windows(2).take_while(|pair| follows(pair)).count() } else { 0 };
        if run >= DOTS {
            leaders += 1;
            at += run;
            continue;
        }
        at += 1;
        let kept = word.text.trim_end_matches(['.', '·', '…']);
        let cut = word.text.chars().count() - kept.chars().count();
        if cut < DOTS {
            out.push(word.clone());
            continue;
        }
        leaders += 1;
        if !kept.is_empty() {
            let share = kept.chars().count() as f64 / word.text.chars().count() as f64;
            let to = word.from + (word.to - word.from) * share;
            out.push(Word { text: kept.into(), to, ..word.clone() });
        }
    }
    (out, leaders)
}
