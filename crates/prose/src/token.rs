//! Words, numbers and marks of a text, each with its place and its folded form.
//!
//! Hyphens and apostrophes are tokens of their own: `three-day` is three tokens, `l’Organisation` too.

use std::hash::Hasher;
use std::ops::Range;

use rustc_hash::{FxHashSet, FxHasher};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Letters, the first a small one.
    Small,
    /// Letters, the first a capital.
    Title,
    /// Two capitals or more and nothing else.
    Capitals,
    /// Digits.
    Digits,
    /// One mark.
    Mark,
}

/// A token of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) shape: Shape,
    /// White space stands before it.
    pub(crate) apart: bool,
    /// A line break stands before it.
    pub(crate) line: bool,
    /// It was cut off the word before it: a heading without a blank after it.
    pub(crate) cut: bool,
    fold: (u32, u32),
    /// Of its folded form, as [`hash`] makes it.
    hash: u64,
}

impl Token {
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether it begins as a name does.
    pub(crate) fn is_capital(&self) -> bool {
        matches!(self.shape, Shape::Title | Shape::Capitals)
    }

    pub(crate) fn is_word(&self) -> bool {
        !matches!(self.shape, Shape::Digits | Shape::Mark)
    }
}

/// A text in tokens.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
    folded: String,
}

impl Tokens {
    /// Cuts a part of a text; places are those in the whole text.
    pub(crate) fn of_part(text: &str, part: &Range<usize>) -> Self {
        let mut out = Self::of(text.get(part.clone()).unwrap_or_default());
        for token in &mut out.tokens {
            token.start += part.start;
            token.end += part.start;
        }
        out
    }

    /// Cuts a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut out = Self::default();
        let (mut apart, mut line) = (true, true);
        let mut chars = text.char_indices().peekable();
        while let Some((start, c)) = chars.next() {
            if c.is_whitespace() || is_invisible(c) {
                apart = true;
                line |= c == '\n';
                continue;
            }
            let mut end = start + c.len_utf8();
            let kind = kind(c);
            if kind != Class::Mark {
                while let Some((at, next)) = chars.next_if(|(_, next)| class_goes_on(kind, *next)) {
                    end = at + next.len_utf8();
                }
            }
            let piece = text.get(start..end).unwrap_or_default();
            let shape = match kind {
                Class::Digit => Shape::Digits,
                Class::Mark => Shape::Mark,
                Class::Letter if !c.is_uppercase() => Shape::Small,
                Class::Letter if is_capitals(piece) => Shape::Capitals,
                Class::Letter => Shape::Title,
            };
            let from = out.folded.len();
            fold_into(piece, &mut out.folded);
            let fold = (narrow(from), narrow(out.folded.len()));
            let hash = hash(out.folded.get(from..).unwrap_or_default());
            out.tokens.push(Token { start, end, shape, apart, line, cut: false, fold, hash });
            (apart, line) = (false, false);
        }
        out
    }

    /// Cuts words in two where a heading runs into the next sentence (`AmericasIllicit`): after a small
    /// letter, before a capital, where one of the parts is a word of the text by itself or `known` to be one.
    /// Names such as `EncroChat` stay whole.
    pub(crate) fn cut_headings(&mut self, text: &str, known: &FxHashSet<String>) {
        let suspects: Vec<(usize, usize)> = self
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.is_word())
            .filter_map(|(at, token)| Some((at, seam(text.get(token.range())?)?)))
            .collect();
        if suspects.is_empty() {
            return;
        }
        let words: FxHashSet<&str> = (0..self.len()).map(|at| self.fold(at)).collect();
        let cuts: Vec<(usize, usize)> = suspects
            .into_iter()
            .filter(|(at, seam)| {
                let Some(word) = self.get(*at).and_then(|token| text.get(token.range())) else { return false };
                let (left, right) = word.split_at(*seam);
                let (left, right) = (fold(left), fold(right));
                let there = |part: &String| part.chars().count() > 2 && words.contains(part.as_str());
                known.contains(&right) || (there(&left) && left.chars().count() > 3) || there(&right)
            })
            .collect();
        if cuts.is_empty() {
            return;
        }
        let mut out =
            Self { tokens: Vec::with_capacity(self.len() + cuts.len()), folded: std::mem::take(&mut self.folded) };
        let mut cuts = cuts.into_iter().peekable();
        for (at, token) in std::mem::take(&mut self.tokens).into_iter().enumerate() {
            let Some((_, seam)) = cuts.next_if(|(cut, _)| *cut == at) else {
                out.tokens.push(token);
                continue;
            };
            let middle = token.start + seam;
            for (start, end, cut) in [(token.start, middle, false), (middle, token.end, true)] {
                let piece = text.get(start..end).unwrap_or_default();
                let from = out.folded.len();
                fold_into(piece, &mut out.folded);
                let capital = piece.starts_with(char::is_uppercase);
                let shape = match capital {
                    true if is_capitals(piece) => Shape::Capitals,
                    true => Shape::Title,
                    false => Shape::Small,
                };
                let (apart, line) = if cut { (false, false) } else { (token.apart, token.line) };
                out.tokens.push(Token {
                    start,
                    end,
                    shape,
                    apart,
                    line,
                    cut,
                    fold: (narrow(from), narrow(out.folded.len())),
                    hash: hash(out.folded.get(from..).unwrap_or_default()),
                });
            }
        }
        *self = out;
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    /// The folded form of a token; empty beyond the last.
    pub(crate) fn fold(&self, at: usize) -> &str {
        let Some(token) = self.tokens.get(at) else { return "" };
        self.folded.get(token.fold.0 as usize..token.fold.1 as usize).unwrap_or_default()
    }

    /// The hash of a token's folded form; that of no word beyond the last.
    pub(crate) fn hash(&self, at: usize) -> u64 {
        self.tokens.get(at).map_or(0, |token| token.hash)
    }

    /// The place in the text of tokens `from..to`.
    pub(crate) fn place(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.get(range.start).map_or(0, |token| token.start);
        let end = range.end.checked_sub(1).and_then(|last| self.get(last)).map_or(start, |token| token.end);
        start..end.max(start)
    }

    /// The tokens inside a range of the text.
    pub(crate) fn within(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.tokens.partition_point(|token| token.start < range.start);
        let end = self.tokens.partition_point(|token| token.end <= range.end);
        start..end.max(start)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Mark,
}

fn kind(c: char) -> Class {
    if c.is_ascii_digit() {
        Class::Digit
    } else if c.is_alphanumeric() {
        Class::Letter
    } else {
        Class::Mark
    }
}

fn class_goes_on(class: Class, next: char) -> bool {
    kind(next) == class || (class == Class::Letter && is_combining_mark(next))
}

/// Characters that show nothing: zero-width blanks, marks of direction.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Where a small letter is followed by a capital and a small letter, with two letters on each side.
fn seam(word: &str) -> Option<usize> {
    let mut before = ('\0', '\0');
    for (at, c) in word.char_indices() {
        if c.is_uppercase() && before.1.is_lowercase() && before.0.is_alphabetic() {
            let rest = word.get(at + c.len_utf8()..)?;
            return rest.chars().next().is_none_or(char::is_lowercase).then_some(at);
        }
        before = (before.1, c);
    }
    None
}

fn is_capitals(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let (mut count, mut upper) = (0, 0);
    for c in &mut letters {
        count += 1;
        upper += usize::from(c.is_uppercase());
    }
    count > 1 && upper == count
}

/// Small letters without accents: `Tohá` and `TOHA` are `toha`.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

fn fold_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        let from = out.len();
        out.push_str(text);
        if let Some(tail) = out.get_mut(from..) {
            tail.make_ascii_lowercase();
        }
        return;
    }
    for c in text.nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'œ' | 'Œ' => out.push_str("oe"),
            'æ' | 'Æ' => out.push_str("ae"),
            'ß' => out.push_str("ss"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            '’' | '‘' | 'ʼ' | '´' => out.push('\''),
            '‐' | '‑' | '–' | '—' | '−' => out.push('-'),
            _ => out.extend(c.to_lowercase()),
        }
    }
}

/// By which folded words are looked up: made once for each token, and not for each list it is looked up in.
pub(crate) fn hash(word: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(word.as_bytes());
    hasher.finish()
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_marks() {
        let text = "INTERPOL’s three-day Tohá, 1.3\u{a0}bn";
        let tokens = Tokens::of(text);
        let shown: Vec<_> = tokens.tokens.iter().map(|t| text.get(t.range()).unwrap()).collect();
        assert_eq!(shown, ["INTERPOL", "’", "s", "three", "-", "day", "Tohá", ",", "1", ".", "3", "bn"]);
        assert_eq!(tokens.fold(1), "'");
        assert_eq!(tokens.fold(6), "toha");
        assert_eq!(tokens.get(0).unwrap().shape, Shape::Capitals);
        assert_eq!(tokens.get(6).unwrap().shape, Shape::Title);
        assert!(tokens.get(11).unwrap().apart && !tokens.get(4).unwrap().apart);
        assert_eq!(tokens.place(&(3..6)), tokens.get(3).unwrap().start..tokens.get(5).unwrap().end);
        let text = "Trends in the AmericasIllicit trade, EncroChat and the Americas. So it endsThe Mc";
        let mut tokens = Tokens::of(text);
        tokens.cut_headings(text, &FxHashSet::from_iter(["the".to_owned()]));
        let shown: Vec<_> = tokens.tokens.iter().map(|t| (text.get(t.range()).unwrap(), t.cut)).collect();
        assert_eq!(shown[3..6], [("Americas", false), ("Illicit", true), ("trade", false)]);
        assert!(shown.contains(&("EncroChat", false)) && shown.contains(&("The", true)));
        assert_eq!(fold("DÉTENTION d’œuvres"), "detention d'oeuvres");
    }
}
