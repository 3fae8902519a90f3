//! What a page shows: its glyphs and its lines, as they are drawn, before anything is made of them.

use quipu_schema::Result;

use super::page::Matrix;
use crate::Limits;

/// A glyph, or several that have one text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Glyph {
    /// Its text in the texts of the page.
    start: u32,
    length: u32,
    /// Where its baseline starts, in points from the top left of the page.
    pub(super) x: f64,
    pub(super) y: f64,
    /// How wide it is, and how far the pen moves on, in points.
    pub(super) width: f64,
    pub(super) pen: f64,
    /// Height of the font, in points.
    pub(super) size: f64,
    /// Quarter turns of the direction of reading, clockwise: 0 to the right, 3 upwards.
    pub(super) turn: u8,
    /// Whether nothing tells what it says.
    pub(super) unknown: bool,
}

/// A straight line along an axis: ruled, or the edge of a coloured area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    /// Whether it runs from left to right.
    pub(super) level: bool,
    /// Where it lies across its direction, and from where to where it runs.
    pub(super) at: f64,
    pub(super) from: f64,
    pub(super) to: f64,
    /// Whether it is the edge of an area, and no line of its own.
    pub(super) edge: bool,
}

/// What a page shows.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) glyphs: Vec<Glyph>,
    texts: String,
    pub(super) rules: Vec<Rule>,
    /// Rules beyond the number that is looked at.
    pub(super) more_rules: bool,
    /// Glyphs at an angle, out of the page, or in a hidden layer, which are not read.
    pub(super) slanted: u64,
    pub(super) outside: u64,
    pub(super) hidden: u64,
    /// Glyphs that are there and not painted, as behind a scanned image.
    pub(super) invisible: u64,
    /// Images drawn.
    pub(super) images: u64,
}

/// Most rules of a page that are looked at; drawings have more.
const RULES: usize = 20_000;
/// Least and largest font size that is text, in points.
const SIZES: std::ops::Range<f64> = 0.5..2_000.0;

impl Shown {
    pub(super) fn text(&self, glyph: &Glyph) -> &str {
        self.texts.get(glyph.start as usize..(glyph.start + glyph.length) as usize).unwrap_or_default()
    }

    /// Adds a glyph of `width` and `pen` (parts of the font size) where the matrix puts it.
    ///
    /// # Errors
    /// More glyphs than memory is allowed for.
    pub(super) fn push(
        &mut self,
        text: Option<&str>,
        [width, pen]: [f64; 2],
        place: Matrix,
        page: (f64, f64),
        limits: &Limits,
    ) -> Result<()> {
        let [a, b, c, d, x, y] = place.0;
        let (along, size) = (a.hypot(b), c.hypot(d));
        if !(along.is_finite() && size.is_finite() && SIZES.contains(&size) && along > 1e-3 && along < 1e5) {
            self.outside += 1;
            return Ok(());
        }
        let turn = if b.abs() < along * 0.02 {
            if a > 0.0 { 0 } else { 2 }
        } else if a.abs() < along * 0.02 {
            if b > 0.0 { 1 } else { 3 }
        } else {
            self.slanted += 1;
            return Ok(());
        };
        let within = |at: f64, most: f64| (-0.5..=most + 0.5).contains(&at);
        if !within(x, page.0) || !within(y, page.1) {
            self.outside += 1;
            return Ok(());
        }
        let unknown = text.is_none();
        let text = text.unwrap_or("\u{fffd}");
        let (start, length) = (u32::try_from(self.texts.len()), u32::try_from(text.len()));
        let used = self.texts.len() + text.len() + self.glyphs.len() * size_of::<Glyph>();
        let (Ok(start), Ok(length), true) = (start, length, used <= limits.memory) else {
            return Err(Limits::exceeded(format!("the text of one page takes more than {} MiB", limits.memory >> 20)));
        };
        self.texts.push_str(text);
        let most = page.0.max(page.1);
        let (width, pen) = ((width * along).clamp(0.0, most), (pen * along).clamp(-most, most));
        self.glyphs.push(Glyph { start, length, x, y, width, pen, size, turn, unknown });
        Ok(())
    }

    /// Says the glyphs from this one on in other words: those that the document has for them.
    pub(super) fn replace(&mut self, from: usize, text: &str) {
        let Some([first, rest @ ..]) = self.glyphs.get(from..) else { return };
        let mut one = *first;
        // What runs on in a second line belongs to the word in the first.
        for glyph in rest.iter().filter(|glyph| glyph.turn == one.turn && (glyph.y - one.y).abs() < one.size * 0.6) {
            if one.turn == 0 && glyph.x >= one.x {
                one.width = one.width.max(glyph.x + glyph.width - one.x);
                one.pen = one.pen.max(glyph.x + glyph.pen - one.x);
            }
        }
        let (Ok(start), Ok(length)) = (u32::try_from(self.texts.len()), u32::try_from(text.len())) else { return };
        self.texts.push_str(text);
        self.glyphs.truncate(from);
        self.glyphs.push(Glyph { start, length, unknown: false, ..one });
    }

    pub(super) fn rule(&mut self, rule: Rule) {
        if self.rules.len() >= RULES {
            self.more_rules = true;
        } else if [rule.at, rule.from, rule.to].iter().all(|number| number.abs() < 1e6) {
            self.rules.push(rule);
        }
    }
}
