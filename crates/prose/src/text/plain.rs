//! Plain text: paragraphs by blank lines. Gallery counters, in plain text and in pages alike.

use std::collections::BTreeMap;
use std::ops::Range;

use super::html::{Main, Page};
use super::map::Map;
use super::{Block, BlockKind, entity};

/// Reads a plain text; all of it is main text.
pub(super) fn read(document: &str) -> Main {
    let (mut text, mut map) = (String::new(), Map::default());
    entity::append(document, 0, false, &mut text, &mut map);
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for line in lines(&text, 0..text.len()) {
        let blank = text.get(line.clone()).is_none_or(|line| line.trim().is_empty());
        match blocks.last_mut() {
            Some(block) if open && !blank => block.end = line.end,
            _ if !blank => blocks.push(line),
            _ => {}
        }
        open = !blank;
    }
    Main { text, map, blocks, page: Page::default(), left_out: BTreeMap::new() }
}

/// Splits gallery counters off the blocks: a line `1 / 12`, or `1 /` with `12` on the next line
/// that is not blank (crawlers spread them so).
pub(super) fn mark_counters(text: &str, blocks: Vec<Range<usize>>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut half = false;
    for block in blocks {
        let mut open = false;
        for line in lines(text, block) {
            let shown = text.get(line.clone()).unwrap_or_default().trim();
            if shown.is_empty() {
                continue;
            }
            let part = part(shown);
            let counter = matches!(part, Part::Whole | Part::First) || (half && part == Part::Number);
            half = part == Part::First;
            let kind = if counter { BlockKind::Counter } else { BlockKind::Prose };
            match out.last_mut() {
                Some(last) if open && !counter => last.range.end = line.end,
                _ => out.push(Block { range: line, kind }),
            }
            open = !counter;
        }
    }
    out
}

#[derive(PartialEq, Eq)]
enum Part {
    /// `1 / 12`
    Whole,
    /// `1 /`
    First,
    /// `12`
    Number,
    Other,
}

fn part(line: &str) -> Part {
    let number = |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    match line.split_once('/').map(|(first, last)| (first.trim(), last.trim())) {
        Some((first, "")) if number(first) => Part::First,
        Some((first, last)) if number(first) && number(last) => Part::Whole,
        None if number(line) => Part::Number,
        _ => Part::Other,
    }
}

/// The lines of a range, with their ends.
fn lines(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    text.get(range).unwrap_or_default().split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..at
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_counters() {
        let main = read("One\ntwo\n\n  \nthree\n   1 /\n \n  12\n\nfour 1 / 12\n5/6\n12\n");
        let blocks = mark_counters(&main.text, main.blocks);
        let shown: Vec<_> = blocks.iter().map(|b| (main.text.get(b.range.clone()).unwrap().trim(), b.kind)).collect();
        assert_eq!(
            shown,
            [
                ("One\ntwo", BlockKind::Prose),
                ("three", BlockKind::Prose),
                ("1 /", BlockKind::Counter),
                ("12", BlockKind::Counter),
                ("four 1 / 12", BlockKind::Prose),
                ("5/6", BlockKind::Counter),
                ("12", BlockKind::Prose),
            ]
        );
    }
}
