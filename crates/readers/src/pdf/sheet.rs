//! A page as it is read: words and rules in the frame of the reader, and the text within a box.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use quipu_schema::Result;

use super::content::{Resources, show};
use super::file::File;
use super::glyphs::Rule;
use super::page::Page;
use super::words::{Word, turned, unturned, words};

/// A box: left, top, right, bottom.
pub(super) type Bounds = [f64; 4];

/// A word and where it stands for the reader of the page.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) word: Word,
    pub(super) bounds: Bounds,
    /// Whether it is read in another direction than most of the page.
    pub(super) across: bool,
}

/// A page as it is read.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) number: u64,
    /// Width and height in the frame of the reader.
    pub(super) size: (f64, f64),
    page: (f64, f64),
    turn: u8,
    /// Sorted by the height of their middle.
    pub(super) words: Vec<Placed>,
    pub(super) rules: Vec<Rule>,
    pub(super) images: u64,
    /// What is to be said of the page.
    pub(super) notes: Vec<String>,
    vocabulary: OnceCell<BTreeSet<String>>,
}

impl Placed {
    pub(super) fn middle(&self) -> (f64, f64) {
        let [x0, y0, x1, y1] = self.bounds;
        (f64::midpoint(x0, x1), f64::midpoint(y0, y1))
    }

    pub(super) fn text(&self) -> &str {
        &self.word.text
    }
}

/// Heights of a word above and below its baseline, as parts of the font size.
const ABOVE: f64 = 0.75;
const BELOW: f64 = 0.22;

impl Sheet {
    /// Reads a page.
    ///
    /// # Errors
    /// Those of [`show`] and [`words`].
    pub(super) fn read(file: &File<'_>, resources: &Resources, page: &Page) -> Result<Self> {
        let place = |fault: quipu_schema::Fault| fault.at(format!("page {}", page.number));
        let shown = show(file, resources, page).map_err(place)?;
        let size = (page.width, page.height);
        let mut counts = [0_usize; 4];
        for glyph in &shown.glyphs {
            if let Some(count) = counts.get_mut(usize::from(glyph.turn)) {
                *count += 1;
            }
        }
        let most = counts.iter().copied().max().unwrap_or_default();
        let turn = counts.iter().position(|count| *count == most).and_then(|turn| u8::try_from(turn).ok());
        let turn = turn.unwrap_or_default();
        let frame = if turn % 2 == 0 { size } else { (size.1, size.0) };
        let (found, leaders) = words(&shown, size).map_err(place)?;
        let mut placed: Vec<Placed> = found
            .into_iter()
            .map(|word| {
                let near = unturned(word.from, word.base - word.size * ABOVE, word.turn, size);
                let far = unturned(word.to, word.base + word.size * BELOW, word.turn, size);
                let (a, b) = (turned(near.0, near.1, turn, size), turned(far.0, far.1, turn, size));
                let x = side(a.0, b.0, frame.0);
                let y = side(a.1, b.1, frame.1);
                Placed { across: word.turn != turn, bounds: [x.0, y.0, x.1, y.1], word }
            })
            .collect();
        placed.sort_by(|a, b| {
            let (a, b) = (a.middle(), b.middle());
            a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0))
        });
        let rules = shown.rules.iter().map(|rule| turn_rule(*rule, turn, size)).collect();
        let mut notes = Vec::new();
        let unknown: Vec<&Placed> = placed.iter().filter(|placed| placed.word.unknown).collect();
        if let Some(first) = unknown.first() {
            let [x0, y0, ..] = first.bounds;
            notes.push(format!(
                "page {}: {} words have characters that the document does not map to Unicode, written `\u{fffd}`; the first at {x0:.0},{y0:.0}",
                page.number,
                unknown.len()
            ));
        }
        for (count, what) in [
            (leaders, "leaders of dots are left out"),
            (shown.slanted, "characters at an angle are not read"),
            (shown.outside, "characters outside the page are not read"),
            (shown.hidden, "characters in layers that are not shown are not read"),
            (shown.invisible, "characters are invisible, as text recognised in a scanned image is"),
            (u64::from(shown.more_rules), "drawing has more lines than are looked at"),
        ] {
            if count > 0 {
                notes.push(format!("page {}: {count} {what}", page.number));
            }
        }
        Ok(Self {
            number: page.number,
            size: frame,
            page: size,
            turn,
            words: placed,
            rules,
            images: shown.images,
            notes,
            vocabulary: OnceCell::new(),
        })
    }

    /// A box of the reader's frame as a locator has it: hundredths of a point on the page.
    pub(super) fn locate(&self, bounds: Bounds) -> [u32; 4] {
        let [x0, y0, x1, y1] = bounds;
        let (a, b) = (unturned(x0, y0, self.turn, self.page), unturned(x1, y1, self.turn, self.page));
        let low = |a: f64, b: f64| hundredths((a.min(b) * 100.0).floor());
        let high = |a: f64, b: f64| hundredths((a.max(b) * 100.0).ceil());
        [low(a.0, b.0), low(a.1, b.1), high(a.0, b.0), high(a.1, b.1)]
    }

    /// The words whose middle lies within a box of the page.
    pub(super) fn within(&self, bounds: [u32; 4]) -> Vec<&Placed> {
        let [x0, y0, x1, y1] = bounds.map(|bound| f64::from(bound) / 100.0);
        let (a, b) = (turned(x0, y0, self.turn, self.page), turned(x1, y1, self.turn, self.page));
        let (left, right) = (a.0.min(b.0), a.0.max(b.0));
        let (top, bottom) = (a.1.min(b.1), a.1.max(b.1));
        let start = self.words.partition_point(|word| word.middle().1 <= top);
        let rest = self.words.get(start..).unwrap_or_default().iter();
        rest.take_while(|word| word.middle().1 < bottom)
            .filter(|word| (left < word.middle().0) && (word.middle().0 < right))
            .collect()
    }

    /// The text within a box of the page: its words line by line.
    pub(super) fn text_in(&self, bounds: [u32; 4]) -> String {
        self.text_of(&self.within(bounds))
    }

    pub(super) fn text_of(&self, words: &[&Placed]) -> String {
        let mut text = String::new();
        // What is read in another direction comes behind.
        let mut turns: Vec<u8> = words.iter().map(|placed| placed.word.turn).collect();
        turns.sort_by_key(|turn| (*turn != self.turn, *turn));
        turns.dedup();
        for turn in turns {
            let mut words: Vec<&Word> = words.iter().map(|placed| &placed.word).filter(|w| w.turn == turn).collect();
            words.sort_by(|a, b| a.base.total_cmp(&b.base).then(a.from.total_cmp(&b.from)));
            let mut rest = words.as_slice();
            while let Some(first) = rest.first() {
                let same = |word: &&&Word| word.base - first.base < 0.5 * word.size.max(first.size);
                let length = rest.iter().take_while(same).count().max(1);
                let (line, after) = rest.split_at_checked(length).unwrap_or_default();
                let mut line = line.to_vec();
                line.sort_by(|a, b| a.from.total_cmp(&b.from).then(a.base.total_cmp(&b.base)));
                self.add_line(&line, &mut text);
                rest = after;
            }
        }
        // A soft hyphen at the end of all is drawn, and parts nothing.
        if text.ends_with('\u{ad}') {
            text.pop();
            text.push('-');
        }
        text
    }

    fn add_line(&self, line: &[&Word], text: &mut String) {
        for (at, word) in line.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| line.get(at));
            match before {
                None if text.is_empty() => {}
                None => self.break_line(&word.text, text),
                Some(before) => {
                    if word.from - before.to >= 0.12 * word.size.min(before.size) {
                        text.push(' ');
                    }
                }
            }
            text.push_str(&word.text);
        }
    }

    /// Goes on to the next line, which begins with a word.
    pub(super) fn break_line(&self, next: &str, text: &mut String) {
        if text.ends_with('\u{ad}') {
            text.pop();
            return;
        }
        let mut back = text.chars().rev();
        let (last, before) = (back.next(), back.next());
        let follows = next.chars().next();
        let hyphen = matches!(last, Some('-' | '\u{2010}' | '\u{2011}'));
        let dash = matches!(last, Some('–' | '/'));
        if !(hyphen || dash)
            || !before.is_some_and(char::is_alphanumeric)
            || !follows.is_some_and(char::is_alphanumeric)
        {
            text.push(' ');
            return;
        }
        // Whether the hyphen is the word's own or parts it at the end of the line is told by the same
        // word elsewhere on the page. Without that it stays.
        if hyphen && follows.is_some_and(char::is_lowercase) {
            let start = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
            let head = text.get(start..).unwrap_or_default().trim_end_matches(['-', '\u{2010}', '\u{2011}']);
            if self.vocabulary().contains(&plain(&format!("{head}{next}"))) {
                text.pop();
            }
        }
    }

    fn vocabulary(&self) -> &BTreeSet<String> {
        self.vocabulary.get_or_init(|| self.words.iter().map(|placed| plain(placed.text())).collect())
    }
}

/// A word in lower case and without what stands around it.
fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// A side within the page, never without extent.
fn side(a: f64, b: f64, most: f64) -> (f64, f64) {
    let low = a.min(b).clamp(0.0, (most - 0.1).max(0.0));
    (low, a.max(b).max(low + 0.1))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn hundredths(number: f64) -> u32 {
    number.clamp(0.0, f64::from(u32::MAX)) as u32
}

fn turn_rule(rule: Rule, turn: u8, page: (f64, f64)) -> Rule {
    let ends = if rule.level {
        [(rule.from, rule.at), (rule.to, rule.at)]
    } else {
        [(rule.at, rule.from), (rule.at, rule.to)]
    };
    let [a, b] = ends.map(|(x, y)| turned(x, y, turn, page));
    let level = (a.1 - b.1).abs() < (a.0 - b.0).abs();
    if level {
        Rule { level, at: a.1, from: a.0.min(b.0), to: a.0.max(b.0), edge: rule.edge }
    } else {
        Rule { level, at: a.0, from: a.1.min(b.1), to: a.1.max(b.1), edge: rule.edge }
    }
}
