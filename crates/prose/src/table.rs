//! Phrases and what they mean, looked up by the folded tokens of a text.

use std::collections::HashMap;

use crate::token::{Shape, Tokens};

/// Folded tokens after the first, and what they mean.
type Phrase<T> = (Vec<Box<str>>, T);

/// Phrases of one or more tokens. Hyphens in the text may stand where a phrase has a blank.
#[derive(Debug)]
pub(crate) struct Table<T> {
    by_first: HashMap<Box<str>, Vec<Phrase<T>>>,
    /// Tokens of the longest phrase.
    longest: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { by_first: HashMap::new(), longest: 0 }
    }
}

impl<T> Table<T> {
    pub(crate) fn new<'a>(phrases: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut out = Self::default();
        for (phrase, meaning) in phrases {
            let (mut words, _) = split(phrase);
            if words.is_empty() {
                continue;
            }
            out.longest = out.longest.max(words.len());
            let first = words.remove(0);
            let list = out.by_first.entry(first).or_default();
            list.push((words, meaning));
            list.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
        }
        out
    }

    /// The longest phrase at a token: the token after it, and what it means.
    pub(crate) fn at(&self, tokens: &Tokens, at: usize) -> Option<(usize, &T)> {
        let list = self.by_first.get(tokens.fold(at))?;
        list.iter().find_map(|(rest, meaning)| Some((rest_at(tokens, at, rest)?, meaning)))
    }

    /// The longest phrase that ends before the token `end`: its first token, and what it means.
    pub(crate) fn before(&self, tokens: &Tokens, end: usize) -> Option<(usize, &T)> {
        // Hyphens of the text make a phrase longer than its words.
        (1..=self.longest + 2).rev().filter_map(|width| end.checked_sub(width)).find_map(|start| {
            let list = self.by_first.get(tokens.fold(start))?;
            list.iter().find(|(rest, _)| rest_at(tokens, start, rest) == Some(end)).map(|(_, meaning)| (start, meaning))
        })
    }

    pub(crate) fn is_at(&self, tokens: &Tokens, at: usize) -> bool {
        self.at(tokens, at).is_some()
    }
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
