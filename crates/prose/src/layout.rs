//! Sentences and paragraphs of the blocks of a text, with headings told apart, even where no blank parts
//! them from what follows.

use std::ops::Range;

use crate::lexicon::Lexicon;
use crate::text::{Block, BlockKind};
use crate::token::{Shape, Tokens};

/// A sentence. Ranges count tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) tokens: Range<usize>,
    /// Number of its paragraph.
    pub(crate) paragraph: usize,
    /// It stands without a full stop before another text: a title, heading, caption or list entry.
    pub(crate) is_heading: bool,
}

/// Abbreviations that end in a full stop and no sentence, folded.
const ABBREVIATIONS: [&str; 49] = [
    "no", "nos", "dr", "dra", "mr", "mrs", "ms", "sr", "sra", "st", "art", "arts", "p", "pp", "num", "nro", "vs",
    "gen", "col", "lt", "sgt", "capt", "insp", "supt", "cmdr", "prof", "hon", "lic", "ing", "excmo", "mme", "jr",
    "inc", "ltd", "approx", "av", "etc", "ca", "tel", "cf", "rs", "bs", "gs", "lps", "shs", "ush", "tsh", "kr", "esq",
];

/// Most tokens of a sentence.
const MOST_TOKENS: usize = 400;

/// Most words of a heading.
const HEADING: usize = 22;

/// Cuts the prose of a text.
pub(crate) fn sentences(text: &str, tokens: &Tokens, blocks: &[Block], lexicon: Option<&Lexicon>) -> Vec<Sentence> {
    let mut out = Vec::new();
    let mut paragraph = 0;
    for block in blocks.iter().filter(|block| block.kind == BlockKind::Prose) {
        let range = tokens.within(&block.range);
        let wrapped = is_wrapped(text.get(block.range.clone()).unwrap_or_default());
        let mut start = range.start;
        for at in range.clone() {
            let end = end_after(tokens, at, range.end, wrapped, lexicon);
            // Text without full stops is no sentence: what looks about in a sentence must not look through all of it.
            let Some(end) = end.or((at + 1 - start >= MOST_TOKENS).then_some(End::Sentence)) else { continue };
            if start < at + 1 {
                out.push(Sentence { tokens: start..at + 1, paragraph, is_heading: !ends(tokens, start..at + 1) });
            }
            start = at + 1;
            paragraph += usize::from(end == End::Paragraph);
        }
        if start < range.end {
            out.push(Sentence { tokens: start..range.end, paragraph, is_heading: !ends(tokens, start..range.end) });
        }
        paragraph += 1;
    }
    for sentence in &mut out {
        let words =
            sentence.tokens.clone().filter(|at| tokens.get(*at).is_some_and(super::token::Token::is_word)).count();
        sentence.is_heading &= words <= HEADING;
    }
    out
}

/// Bytes of text that are read as one: no press release is as long, and what is joined across a text (names, events,
/// what a number goes back to) costs more than its length.
const PART: usize = 64 << 10;

/// The parts in which a text is read: one, for a text of up to [`PART`] bytes; of a longer one, parts that end with a
/// paragraph, else with a line, else with a word.
pub(crate) fn parts(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    while text.len() - start > PART {
        let mut limit = start + PART;
        while !text.is_char_boundary(limit) {
            limit -= 1;
        }
        let window = text.get(start..limit).unwrap_or_default();
        let late = |at: Option<usize>| at.filter(|at| *at > PART / 2);
        let cut = late(window.rfind("\n\n").map(|at| at + 2))
            .or_else(|| late(window.rfind('\n').map(|at| at + 1)))
            .or_else(|| late(window.rfind(' ').map(|at| at + 1)))
            .unwrap_or(window.len());
        out.push(start..start + cut);
        start += cut;
    }
    out.push(start..text.len());
    out
}

/// The blocks of a part of a text.
pub(crate) fn blocks_of(blocks: &[Block], part: &Range<usize>) -> Vec<Block> {
    let clip = |block: &Block| {
        let range = block.range.start.max(part.start)..block.range.end.min(part.end);
        (range.start < range.end).then_some(Block { range, kind: block.kind })
    };
    blocks.iter().filter_map(clip).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Sentence,
    Paragraph,
}

/// Whether the lines of a block are broken where they are full, and not where something ends.
fn is_wrapped(block: &str) -> bool {
    let lines: Vec<usize> =
        block.lines().map(|line| line.trim().chars().count()).filter(|length| *length > 0).collect();
    let Some((_, full)) = lines.split_last() else { return false };
    full.len() >= 2 && full.iter().all(|length| (50..=120).contains(length)) && {
        let (most, least) = (full.iter().max().copied().unwrap_or(0), full.iter().min().copied().unwrap_or(0));
        most - least <= 25
    }
}

/// Whether something ends after the token `at`.
fn end_after(tokens: &Tokens, at: usize, end: usize, wrapped: bool, lexicon: Option<&Lexicon>) -> Option<End> {
    let next = tokens.get(at + 1).filter(|_| at + 1 < end)?;
    if next.cut {
        return Some(End::Paragraph);
    }
    if next.line && !wrapped {
        return Some(End::Paragraph);
    }
    let closes = |at: usize| matches!(tokens.fold(at), "\u{201d}" | "\"" | "»" | ")" | "'" | "]");
    // Back over closing marks to the mark that may end a sentence.
    let mut last = at;
    while closes(last) && last > 0 && !tokens.get(last)?.apart {
        last -= 1;
    }
    if tokens.fold(last) == "»" && last > 0 {
        last -= 1;
    }
    let mark = tokens.fold(last);
    if !matches!(mark, "." | "!" | "?" | "…") {
        // A heading that ends in a closing mark or a bracket, and the next sentence glued to it.
        // A mark that opens has a blank before it.
        let closing = closes(at) && last < at && !tokens.get(at)?.apart && tokens.fold(at) != "'";
        let glued = !next.apart && next.shape != Shape::Mark && closing && next.is_capital();
        // `Report“This week’s`: an opening mark right behind a word.
        let opens = !next.apart && matches!(tokens.fold(at + 1), "\u{201c}" | "«") && tokens.get(at)?.is_word();
        return (glued || opens).then_some(End::Paragraph);
    }
    if closes(at + 1) && !next.apart {
        return None;
    }
    // `“…” said X`: what goes on in small letters is the same sentence.
    let opens = matches!(
        tokens.fold(at + 1),
        "\u{201c}" | "\"" | "«" | "'" | "\u{201e}" | "(" | "¿" | "¡" | "-" | "•" | "·" | "["
    );
    let begins = next.is_capital() || next.shape == Shape::Digits || opens;
    if !begins {
        return None;
    }
    if mark == "." {
        let before = last.checked_sub(1)?;
        let word = tokens.get(before)?;
        let glued = !tokens.get(last)?.apart;
        // `1.3`, `U.S.`, `H.E. X`, `No. 5`
        if word.shape == Shape::Digits && next.shape == Shape::Digits && !next.apart {
            return None;
        }
        // `B/.1,800`, `Bs.500`, `No.5`: an abbreviation that stands close to its number.
        let short = word.shape == Shape::Mark || word.is_word() && word.end - word.start <= 3;
        if next.shape == Shape::Digits && !next.apart && short {
            return None;
        }
        let single = word.is_word() && word.end - word.start <= 2 && word.is_capital() && glued;
        if single && last == at {
            let folded = tokens.fold(before);
            let initial = folded.chars().count() == 1;
            // An initial ends a sentence only where a word that begins sentences follows.
            let starts = tokens.fold(at + 1).len() <= 4
                && lexicon.is_some_and(|lexicon| lexicon.not_names.contains(tokens.fold(at + 1)));
            if initial && !(starts && tokens.fold(before.wrapping_sub(1)) == ".") {
                return None;
            }
        }
        if last == at && word.is_word() && ABBREVIATIONS.contains(&tokens.fold(before)) && next.apart {
            let number = matches!(
                tokens.fold(before),
                "no" | "nos"
                    | "p"
                    | "pp"
                    | "art"
                    | "arts"
                    | "num"
                    | "nro"
                    | "ca"
                    | "approx"
                    | "tel"
                    | "cf"
                    | "rs"
                    | "bs"
                    | "gs"
                    | "lps"
                    | "shs"
            );
            let sentence = matches!(tokens.fold(before), "no" | "etc" | "inc" | "ltd") && next.is_capital();
            if !(sentence || number && next.shape != Shape::Digits) {
                return None;
            }
        }
    }
    if !next.apart && next.shape == Shape::Mark && !opens {
        return None;
    }
    Some(if next.apart { End::Sentence } else { End::Paragraph })
}

/// Whether a stretch ends as a sentence does.
fn ends(tokens: &Tokens, range: Range<usize>) -> bool {
    let last = range.clone().rev().find(|at| !matches!(tokens.fold(*at), "\u{201d}" | "\"" | "»" | ")" | "'"));
    last.is_some_and(|last| matches!(tokens.fold(last), "." | "!" | "?" | "…" | ":" | ";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(String, bool)> {
        let lexicon = crate::lexicon::of("en").unwrap();
        let mut tokens = Tokens::of(text);
        tokens.cut_headings(text, &lexicon.unwrap().not_names);
        let blocks = [Block { range: 0..text.len(), kind: BlockKind::Prose }];
        let shown = |s: &Sentence| (text.get(tokens.place(&s.tokens)).unwrap().to_owned(), s.is_heading);
        sentences(text, &tokens, &blocks, lexicon).iter().map(shown).collect()
    }

    #[test]
    fn sentences_and_headings() {
        let text = "One ends.Two has 1.3 billion by the U.S. Police today.100 years of supporting lawThe region. “Yes.” He said it “so.”Crime trends in the AmericasIllicit trade in the Americas rose";
        assert_eq!(
            cut(text),
            [
                ("One ends.", false),
                ("Two has 1.3 billion by the U.S. Police today.", false),
                ("100 years of supporting law", true),
                ("The region.", false),
                ("“Yes.”", false),
                ("He said it “so.”", false),
                ("Crime trends in the Americas", true),
                ("Illicit trade in the Americas rose", true),
            ]
            .map(|(s, h)| (s.to_owned(), h))
        );
    }

    #[test]
    fn lines() {
        let short = "Title of it\nA sentence here. Dr. No met Mr. X. in room No. 5.\n- one\n- two";
        let shown: Vec<String> = cut(short).into_iter().map(|(s, _)| s).collect();
        assert_eq!(shown, ["Title of it", "A sentence here.", "Dr. No met Mr. X. in room No. 5.", "- one", "- two"]);
    }
}
