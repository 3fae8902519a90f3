//! Phrases and what they mean, looked up by the folded tokens of a text.

use rustc_hash::FxHashMap;

use crate::token::{Shape, Tokens, hash};

/// Phrases of one or more tokens. Hyphens in the text may stand where a phrase has a blank.
#[derive(Debug)]
pub(crate) struct Table<T> {
    /// Folded tokens, and what they mean.
    phrases: Vec<(Vec<Box<str>>, T)>,
    /// Phrases by the hash of their first token, longer ones first.
    by_first: FxHashMap<u64, Vec<usize>>,
    /// Phrases by the hash of their last token, longer ones first.
    by_last: FxHashMap<u64, Vec<usize>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { phrases: Vec::new(), by_first: FxHashMap::default(), by_last: FxHashMap::default() }
    }
}

impl<T> Table<T> {
    pub(crate) fn new<'a>(phrases: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut out = Self::default();
        for (phrase, meaning) in phrases {
            let (words, _) = split(phrase);
            let (Some(first), Some(last)) = (words.first(), words.last()) else { continue };
            let number = out.phrases.len();
            out.by_first.entry(hash(first)).or_default().push(number);
            out.by_last.entry(hash(last)).or_default().push(number);
            out.phrases.push((words, meaning));
        }
        let phrases = &out.phrases;
        let length = |number: &usize| std::cmp::Reverse(phrases.get(*number).map_or(0, |(words, _)| words.len()));
        for list in out.by_first.values_mut().chain(out.by_last.values_mut()) {
            list.sort_by_key(length);
        }
        out
    }

    /// The longest phrase at a token: the token after it, and what it means.
    pub(crate) fn at(&self, tokens: &Tokens, at: usize) -> Option<(usize, &T)> {
        let list = self.by_first.get(&tokens.hash(at))?;
        list.iter().filter_map(|number| self.phrases.get(*number)).find_map(|(words, meaning)| {
            let (first, rest) = words.split_first()?;
            let end = (tokens.fold(at) == &**first).then(|| rest_at(tokens, at, rest)).flatten()?;
            Some((end, meaning))
        })
    }

    /// The longest phrase that ends before the token `end`: its first token, and what it means.
    pub(crate) fn before(&self, tokens: &Tokens, end: usize) -> Option<(usize, &T)> {
        let last = end.checked_sub(1)?;
        let list = self.by_last.get(&tokens.hash(last))?;
        list.iter()
            .filter_map(|number| self.phrases.get(*number))
            .find_map(|(words, meaning)| Some((start_before(tokens, last, words)?, meaning)))
    }

    /// Hashes of the first words of all phrases.
    pub(crate) fn starts(&self) -> impl Iterator<Item = u64> {
        self.by_first.keys().copied()
    }

    pub(crate) fn is_at(&self, tokens: &Tokens, at: usize) -> bool {
        self.at(tokens, at).is_some()
    }
}

/// The first token of the words that end with the token `last`.
fn start_before(tokens: &Tokens, last: usize, words: &[Box<str>]) -> Option<usize> {
    let mut at = last;
    let mut words = words.iter().rev().peekable();
    while let Some(word) = words.next() {
        if tokens.fold(at) != &**word {
            return None;
        }
        let Some(next) = words.peek() else { return Some(at) };
        at = at.checked_sub(1)?;
        if tokens.fold(at) == "-" && ***next != *"-" {
            at = at.checked_sub(1)?;
        }
    }
    None
}

/// A set of phrases.
pub(crate) fn set<'a>(phrases: impl IntoIterator<Item = &'a String>) -> Table<()> {
    Table::new(phrases.into_iter().map(|phrase| (phrase.as_str(), ())))
}

/// Folded tokens of a phrase, hyphens between words left out, with the shape of the first.
pub(crate) fn split(phrase: &str) -> (Vec<Box<str>>, Shape) {
    let tokens = Tokens::of(phrase);
    let shape = tokens.get(0).map_or(Shape::Mark, |token| token.shape);
    let words = (0..tokens.len()).map(|at| Box::<str>::from(tokens.fold(at)));
    let words: Vec<Box<str>> =
        if tokens.len() == 1 { words.collect() } else { words.filter(|word| **word != *"-").collect() };
    (words, shape)
}

/// The token after `rest`, where it stands behind the token `at`.
pub(crate) fn rest_at(tokens: &Tokens, at: usize, rest: &[Box<str>]) -> Option<usize> {
    let mut next = at + 1;
    for wanted in rest {
        if tokens.fold(next) == "-" && **wanted != *"-" {
            next += 1;
        }
        if tokens.fold(next) != &**wanted {
            return None;
        }
        next += 1;
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_wins_on_both_sides() {
        let table = Table::new([("more than", 1), ("no more than", 2), ("plus d'", 3), ("dix sept", 17)]);
        let tokens = Tokens::of("in No more\n than five, plus d’une, Dix-sept");
        assert_eq!(table.at(&tokens, 1), Some((4, &2)));
        assert_eq!(table.before(&tokens, 4), Some((1, &2)));
        assert_eq!(table.before(&tokens, 9), Some((6, &3)));
        assert_eq!(table.at(&tokens, 11), Some((14, &17)));
        assert_eq!(table.before(&tokens, 14), Some((11, &17)));
        assert_eq!(table.at(&tokens, 0), None);
    }
}
