//! Finding listed phrases before and after a place in a text, without regard to case.

use std::collections::BTreeMap;

/// Phrases with what they mean, the longest first. A blank in a phrase is any white space.
#[derive(Debug, Clone)]
pub(super) struct Phrases<T> {
    by_first: BTreeMap<char, Vec<(String, T)>>,
    by_last: BTreeMap<char, Vec<(String, T)>>,
}

impl<T: Clone> Phrases<T> {
    pub(super) fn new(phrases: impl IntoIterator<Item = (String, T)>) -> Self {
        let (mut by_first, mut by_last): (BTreeMap<char, Vec<_>>, BTreeMap<char, Vec<_>>) = Default::default();
        for (phrase, meaning) in phrases {
            if let (Some(first), Some(last)) = (phrase.chars().next(), phrase.chars().next_back()) {
                by_first.entry(first).or_default().push((phrase.clone(), meaning.clone()));
                by_last.entry(last).or_default().push((phrase, meaning));
            }
        }
        for list in by_first.values_mut().chain(by_last.values_mut()) {
            list.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        }
        Self { by_first, by_last }
    }

    /// The longest phrase at the start of `text`, and its width there.
    pub(super) fn at_start(&self, text: &str) -> Option<(usize, &T)> {
        let list = self.by_first.get(&lower(text.chars().next()?))?;
        list.iter().find_map(|(phrase, meaning)| Some((width_at_start(text, phrase)?, meaning)))
    }

    /// The longest phrase at the end of `text`, and where it starts.
    pub(super) fn at_end(&self, text: &str) -> Option<(usize, &T)> {
        let list = self.by_last.get(&lower(text.chars().next_back()?))?;
        list.iter().find_map(|(phrase, meaning)| Some((start_at_end(text, phrase)?, meaning)))
    }
}

fn lower(c: char) -> char {
    match c {
        '’' => '\'',
        _ if c.is_whitespace() => ' ',
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}

/// Width of `phrase` at the start of `text`, where it stands there as a whole word.
pub(super) fn width_at_start(text: &str, phrase: &str) -> Option<usize> {
    let mut rest = text;
    for wanted in phrase.chars() {
        if wanted == ' ' {
            let trimmed = rest.trim_start();
            if trimmed.len() == rest.len() {
                return None;
            }
            rest = trimmed;
        } else {
            let mut chars = rest.chars();
            if lower(chars.next()?) != lower(wanted) {
                return None;
            }
            rest = chars.as_str();
        }
    }
    let ends_in_word = phrase.ends_with(char::is_alphanumeric);
    (!(ends_in_word && rest.starts_with(char::is_alphanumeric))).then_some(text.len() - rest.len())
}

/// Where `phrase` starts at the end of `text`, where it stands there as a whole word.
fn start_at_end(text: &str, phrase: &str) -> Option<usize> {
    let mut rest = text;
    for wanted in phrase.chars().rev() {
        if wanted == ' ' {
            let trimmed = rest.trim_end();
            if trimmed.len() == rest.len() {
                return None;
            }
            rest = trimmed;
        } else {
            let mut chars = rest.chars();
            if lower(chars.next_back()?) != lower(wanted) {
                return None;
            }
            rest = chars.as_str();
        }
    }
    let starts_in_word = phrase.starts_with(char::is_alphanumeric);
    (!(starts_in_word && rest.ends_with(char::is_alphanumeric))).then_some(rest.len())
}

/// Characters of a word: letters, digits, and hyphens and apostrophes between them.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '‑' | '\'' | '’')
}

/// The word at the start of `text`.
pub(super) fn first_word(text: &str) -> &str {
    let end = text.find(|c| !in_word(c)).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    // A closing quotation mark looks like an apostrophe.
    word.trim_end_matches(['\'', '’', '-', '‑'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_without_case() {
        let phrases =
            Phrases::new([("more than", 1), ("no more than", 2), ("plus d'", 3)].map(|(p, n)| (p.to_owned(), n)));
        assert_eq!(phrases.at_end("in No more\n than"), Some((3, &2)));
        assert_eq!(phrases.at_end("furthermore than"), None);
        assert_eq!(phrases.at_end("plus d’"), Some((0, &3)));
        assert_eq!(phrases.at_start("More than one"), Some((9, &1)));
        assert_eq!(phrases.at_start("more thank"), None);
        assert_eq!(first_word("re-use’ of"), "re-use");
    }
}
