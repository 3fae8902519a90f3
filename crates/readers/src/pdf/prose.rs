//! The text of a PDF in the order in which it is read, for what reads prose: running heads, page numbers and tables
//! left out, columns one after the other, lines joined to paragraphs, and every character with its place on its page.
//!
//! The place of a stretch of text is a page and two corners: the upper left one of its first character and the lower
//! right one of its last. In one line that is the box around it; of a text that goes on over lines it says where to
//! begin and where to end, as a selection with the mouse does, so that the same text is read there again.

use std::ops::Range;

use quipu_schema::{ErrorKind, Fault, Locator, Result};

use super::columns::median;
use super::content::Resources;
use super::file::File;
use super::lines::{Line, lines};
use super::sheet::{Placed, Sheet};
use super::{check_text, furniture, open, page, ruled, sheets, strike};
use crate::Limits;

/// How much further than the lines of a paragraph the next paragraph stands, as a part of their distance.
const APART: f64 = 1.3;
/// Change of the font size that parts a heading from what follows.
const OTHER_SIZE: f64 = 0.12;
/// Indent of a first line, as a part of the font size.
const INDENT: f64 = 0.8;
/// Least white space between columns, as a part of the font size.
const GUTTER: f64 = 1.0;
/// Least lines on either side of it.
const BESIDE: usize = 3;
/// Deepest nesting of columns in blocks in columns.
const NESTED: usize = 12;

/// The text of a PDF.
#[derive(Debug, Default)]
pub struct LaidText {
    /// Paragraphs, with an empty line between them.
    pub text: String,
    /// What is left out, and what is odd.
    pub notes: Vec<String>,
    spots: Vec<Spot>,
}

/// A word in the text, or the part of one that a line holds.
#[derive(Debug, Clone)]
struct Spot {
    text: Range<usize>,
    page: u64,
    /// Hundredths of a point on the page as it is seen.
    bounds: [u32; 4],
}

impl Spot {
    /// The box of some of its characters, which share its width.
    fn part(&self, chars: &Range<usize>, all: usize) -> [u32; 4] {
        let [x0, y0, x1, y1] = self.bounds;
        let at = |number: usize| {
            let share = u64::from(x1.saturating_sub(x0)) * number as u64 / all.max(1) as u64;
            x0.saturating_add(u32::try_from(share).unwrap_or(u32::MAX))
        };
        [at(chars.start), y0, at(chars.end), y1]
    }
}

/// The text of a PDF.
///
/// # Errors
/// Those of the reader of PDFs; `Shape` for one without text.
pub fn laid_text(bytes: &[u8], limits: &Limits) -> Result<LaidText> {
    let file = File::open(bytes, limits)?;
    let resources = Resources::of(&file)?;
    let pages = page::pages(&file)?;
    let sheets = sheets(&file, &resources, &pages, (1, u32::MAX), limits)?;
    check_text(&sheets, pages.len(), 1)?;
    let mut laid = LaidText::default();
    if file.rebuilt.get() {
        laid.notes.push("the file's own table of objects is damaged; the objects were searched for".to_owned());
    }
    let (free, tabled, repeated) = prose_of(&sheets);
    if repeated > 0 {
        laid.notes.push(format!("{repeated} words of running heads, feet and page numbers are left out"));
    }
    if tabled > 0 {
        laid.notes
            .push(format!("{tabled} words in tables are not read as prose; a source with `observe` reads tables"));
    }
    // The last page may have a line or two beside its first column: where the gutter is, the others tell.
    let mut gutters = Vec::new();
    for (sheet, free) in sheets.iter().zip(&free) {
        let mut found = Gutters { known: &[], found: Vec::new() };
        blocks(sheet, free, NESTED, &mut found, &mut Vec::new());
        gutters.extend(found.found);
    }
    for (sheet, free) in sheets.iter().zip(&free) {
        laid.notes.extend(sheet.notes.iter().cloned());
        let mut paragraphs = Vec::new();
        let mut known = Gutters { known: &gutters, found: Vec::new() };
        blocks(sheet, free, NESTED, &mut known, &mut paragraphs);
        for paragraph in &paragraphs {
            laid.add(sheet, paragraph);
        }
    }
    Ok(laid)
}

/// The words of each sheet that are prose, how many are in tables, and how many are repeated on pages.
fn prose_of(sheets: &[Sheet]) -> (Vec<Vec<usize>>, usize, usize) {
    let (mut within, mut rules) = (Vec::new(), Vec::new());
    for (position, sheet) in sheets.iter().enumerate() {
        let (tables, single) = ruled::tables(sheet, position, &vec![true; sheet.words.len()]);
        let mut inside = vec![false; sheet.words.len()];
        strike(&tables, &mut inside, true);
        within.push(inside);
        rules.push(single);
    }
    let furniture = furniture::find(sheets, &within);
    let repeated = furniture.iter().map(Vec::len).sum();
    let (mut out, mut tabled) = (Vec::new(), 0);
    for (position, sheet) in sheets.iter().enumerate() {
        let mut inside = within.get(position).cloned().unwrap_or_default();
        let repeats = furniture.get(position).map(Vec::as_slice).unwrap_or_default();
        let left = |inside: &[bool]| -> Vec<usize> {
            let free = |at: &usize| {
                inside.get(*at) == Some(&false)
                    && !repeats.contains(at)
                    && sheet.words.get(*at).is_some_and(|placed| !placed.across)
            };
            (0..sheet.words.len()).filter(free).collect()
        };
        // White space parts the columns of a text as it does those of a table: only what mostly holds figures is one.
        let single = rules.get(position).map(Vec::as_slice).unwrap_or_default();
        let tables = open::tables(sheet, position, &left(&inside), single);
        for table in tables.iter().filter(|table| figures(sheet, &table.words)) {
            strike(std::slice::from_ref(table), &mut inside, true);
        }
        tabled += inside.iter().filter(|inside| **inside).count();
        out.push(left(&inside));
    }
    (out, tabled, repeated)
}

/// Whether a good part of these words are numbers.
fn figures(sheet: &Sheet, words: &[usize]) -> bool {
    let texts = words.iter().filter_map(|at| sheet.words.get(*at));
    let numbers = texts.filter(|placed| super::lines::is_value(placed.text())).count();
    numbers * 3 >= words.len()
}

/// A paragraph: its words in the order in which they are read, line by line.
type Paragraph = Vec<Vec<usize>>;

/// Where white space parts the columns of a document, in points from the left.
struct Gutters<'g> {
    /// Those of all pages.
    known: &'g [f64],
    /// Those of this page.
    found: Vec<f64>,
}

/// Puts the words of a region in order: columns from left to right, blocks from top to bottom, and in them paragraphs.
fn blocks(sheet: &Sheet, words: &[usize], depth: usize, gutters: &mut Gutters<'_>, out: &mut Vec<Paragraph>) {
    let all = lines(&sheet.words, words);
    if all.is_empty() {
        return;
    }
    if depth > 0 {
        if let Some((left, right)) = columns(sheet, words, &all, gutters) {
            blocks(sheet, &left, depth - 1, gutters, out);
            blocks(sheet, &right, depth - 1, gutters, out);
            return;
        }
        // What spans the columns comes before them: a title above, a note below.
        let bands = bands(&all);
        if bands.len() > 1 {
            for (from, to) in bands {
                let band = all.get(from..to).unwrap_or_default().iter();
                let band: Vec<usize> = band.flat_map(|line| line.words.iter().copied()).collect();
                blocks(sheet, &band, depth - 1, gutters, out);
            }
            return;
        }
    }
    paragraphs(sheet, &all, out);
}

/// Stretches of lines that are parted by more white space than the lines in them, or where columns begin and end.
fn bands(all: &[Line]) -> Vec<(usize, usize)> {
    let size = median(all.iter().map(|line| line.size).collect());
    let (mut out, mut from) = (Vec::new(), 0);
    for (at, pair) in all.windows(2).enumerate() {
        let [above, below] = pair else { continue };
        let gap = below.bounds[1] - above.bounds[3];
        if gap > 0.9 * size {
            out.push((from, at + 1));
            from = at + 1;
        }
    }
    out.push((from, all.len()));
    out
}

/// The words on either side of a gutter that no word crosses.
fn columns(
    sheet: &Sheet,
    words: &[usize],
    all: &[Line],
    gutters: &mut Gutters<'_>,
) -> Option<(Vec<usize>, Vec<usize>)> {
    let size = median(all.iter().map(|line| line.size).collect());
    let mut spans: Vec<(f64, f64)> =
        words.iter().filter_map(|at| sheet.words.get(*at)).map(|placed| (placed.bounds[0], placed.bounds[2])).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut reach = spans.first()?.1;
    let mut widest: Option<(f64, f64)> = None;
    for (from, to) in spans {
        let gap = from - reach;
        if gap > GUTTER * size && widest.is_none_or(|(_, width)| gap > width) {
            widest = Some((f64::midpoint(reach, from), gap));
        }
        reach = reach.max(to);
    }
    let (middle, _) = widest?;
    let side = |right: bool| -> Vec<usize> {
        let of = |at: &usize| sheet.words.get(*at).is_some_and(|placed| (placed.middle().0 > middle) == right);
        words.iter().copied().filter(of).collect()
    };
    let (left, right) = (side(false), side(true));
    let known = gutters.known.iter().any(|gutter| (gutter - middle).abs() < 2.0 * size);
    let enough = |words: &[usize]| {
        let lines = lines(&sheet.words, words);
        // A column of marks or numbers before items of a list is none.
        known || lines.len() >= BESIDE && words.len() >= 2 * lines.len()
    };
    let parted = enough(&left) && enough(&right);
    if parted {
        gutters.found.push(middle);
    }
    parted.then_some((left, right))
}

/// Joins the lines of a block to paragraphs.
fn paragraphs(sheet: &Sheet, all: &[Line], out: &mut Vec<Paragraph>) {
    let steps: Vec<f64> = all.windows(2).filter_map(|pair| Some(pair.last()?.base - pair.first()?.base)).collect();
    let step = median(steps);
    let left = all.iter().map(|line| line.bounds[0]).fold(f64::INFINITY, f64::min);
    let right = all.iter().map(|line| line.bounds[2]).fold(0.0, f64::max);
    let mut open: Paragraph = Vec::new();
    for (at, line) in all.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| all.get(at));
        let new = before.is_none_or(|before| {
            let wide = line.base - before.base > APART * step;
            let other = (line.size - before.size).abs() > OTHER_SIZE * line.size.max(before.size);
            let indent = line.bounds[0] > left + INDENT * line.size && before.bounds[0] <= left + 0.3 * line.size;
            let first = line.words.first().and_then(|at| sheet.words.get(*at)).map(Placed::text).unwrap_or_default();
            let item = matches!(first, "•" | "-" | "–" | "—" | "▪" | "◦" | "·" | "*" | "►" | "➢" | "\u{f0b7}");
            // A line that ends early, with a full stop, before one that starts anew.
            let last = before.words.last().and_then(|at| sheet.words.get(*at)).map(Placed::text).unwrap_or_default();
            let short = before.bounds[2] < right - 0.18 * (right - left)
                && last.ends_with(['.', ':', '!', '?', '”', '»', '"'])
                && first.chars().next().is_some_and(|c| !c.is_lowercase());
            wide || other || indent || item || short
        });
        if new && !open.is_empty() {
            out.push(std::mem::take(&mut open));
        }
        open.push(line.words.clone());
    }
    if !open.is_empty() {
        out.push(open);
    }
}

impl LaidText {
    /// Adds a paragraph of a page; one that the column or the page before broke off goes on.
    fn add(&mut self, sheet: &Sheet, paragraph: &Paragraph) {
        let first = paragraph.first().and_then(|line| line.first()).and_then(|at| sheet.words.get(*at));
        let lower = first.is_some_and(|placed| placed.text().chars().next().is_some_and(char::is_lowercase));
        let broken = self.text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ',' | '-' | '\u{ad}'));
        let top = first.map_or(0, |placed| sheet.locate(placed.bounds)[1]);
        let turns = self.spots.last().is_some_and(|spot| spot.page != sheet.number || spot.bounds[1] > top);
        let goes_on = turns && lower && broken;
        if !self.text.is_empty() && !goes_on {
            self.text.push_str("\n\n");
        }
        for (number, line) in paragraph.iter().enumerate() {
            let placed: Vec<&Placed> = line.iter().filter_map(|at| sheet.words.get(*at)).collect();
            let starts = number == 0 && !goes_on;
            if let Some(first) = placed.first()
                && !starts
            {
                sheet.break_line(first.text(), &mut self.text);
                // A hyphen that was taken back is in no place.
                if let Some(last) = self.spots.last_mut() {
                    last.text.end = last.text.end.min(self.text.len());
                }
            }
            let mut before: Option<&Placed> = None;
            for placed in placed {
                let parted = before.is_some_and(|before| {
                    placed.bounds[0] - before.bounds[2] >= 0.12 * placed.word.size.min(before.word.size)
                });
                if parted {
                    self.text.push(' ');
                }
                let start = self.text.len();
                self.text.push_str(placed.text());
                let bounds = sheet.locate(placed.bounds);
                self.spots.push(Spot { text: start..self.text.len(), page: sheet.number, bounds });
                before = Some(placed);
            }
        }
    }

    /// The place of a stretch of the text, and the text that stands there: the stretch without white space at its
    /// ends, as far as its first page goes. `None` for white space alone, and where other text is drawn at the same
    /// place, so that the place does not tell which is meant.
    pub fn locate(&self, range: &Range<usize>) -> Option<(Locator, &str)> {
        let first = self.spots.partition_point(|spot| spot.text.end <= range.start);
        let page = self.spots.get(first)?.page;
        let last =
            self.spots.partition_point(|spot| spot.text.start < range.end && spot.page <= page).checked_sub(1)?;
        let (one, other) = (self.spots.get(first)?, self.spots.get(last)?);
        let text = range.start.max(one.text.start)..range.end.min(other.text.end);
        let shown = self.text.get(text.clone()).filter(|text| !text.is_empty())?;
        let [x0, y0, ..] = self.corner(one, text.start, text.start)?;
        let [.., x1, y1] = self.corner(other, text.end, text.end)?;
        let locator = Locator::Page { page, bounds: [x0, y0, x1, y1] };
        (self.range_of(&locator)? == text).then_some((locator, shown))
    }

    /// The box of a word's characters from one place of the text to another, with no width where both are one.
    fn corner(&self, spot: &Spot, from: usize, to: usize) -> Option<[u32; 4]> {
        let count = |to: usize| Some(self.text.get(spot.text.start..to)?.chars().count());
        let all = self.text.get(spot.text.clone())?.chars().count();
        Some(spot.part(&(count(from)?..count(to)?), all))
    }

    /// The stretch of the text that a locator made by [`LaidText::locate`] names.
    pub fn range_of(&self, locator: &Locator) -> Option<Range<usize>> {
        let Locator::Page { page, bounds: [x0, y0, x1, y1] } = locator else { return None };
        let (first, last) = (
            self.spots.partition_point(|spot| spot.page < *page),
            self.spots.partition_point(|spot| spot.page <= *page),
        );
        let of_page = self.spots.get(first..last).unwrap_or_default().iter();
        // Where a word has a character that begins there, and one that ends there.
        let edge = |spot: &Spot, x: u32, first: bool| -> Option<usize> {
            let text = self.text.get(spot.text.clone())?;
            let all = text.chars().count();
            let places = text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len()));
            let mut found = places.enumerate().filter(|(number, _)| {
                let side = spot.part(&(*number..*number), all)[0];
                side == x && if first { *number < all } else { *number > 0 }
            });
            found.next().map(|(_, at)| spot.text.start + at)
        };
        let start = of_page.clone().filter(|spot| spot.bounds[1] == *y0).find_map(|spot| edge(spot, *x0, true))?;
        let end = of_page
            .filter(|spot| spot.bounds[3] == *y1 && spot.text.end > start)
            .find_map(|spot| edge(spot, *x1, false).filter(|end| *end > start))?;
        Some(start..end)
    }

    /// The text that a locator names.
    ///
    /// # Errors
    /// `Corrupt` for a locator that no stretch of this text has.
    pub fn at(&self, locator: &Locator) -> Result<&str> {
        let wrong = || Fault::new(ErrorKind::Corrupt, format!("{locator} is no place in the text of this document"));
        self.text.get(self.range_of(locator).ok_or_else(wrong)?).ok_or_else(wrong)
    }
}
