//! The sentence around a place, in text where headings and paragraphs may be glued together.

use std::ops::Range;

/// A sentence longer than this is no sentence but a block without full stops; it is not kept.
const LONGEST: usize = 1_200;

/// The sentence of `text` that holds `place`; `None` where there is no end of it in sight.
pub(super) fn around(text: &str, place: &Range<usize>) -> Option<Range<usize>> {
    let from = text.floor_char_boundary(place.start.saturating_sub(LONGEST));
    let to = text.ceil_char_boundary(place.end.saturating_add(LONGEST).min(text.len()));
    let left = text.get(from..place.start)?;
    let right = text.get(place.end..to)?;
    let start = match boundaries(left, text.get(place.start..to)?).last() {
        Some(at) => from + at,
        None if from == 0 => 0,
        None => return None,
    };
    let end = match boundaries(right, "").next() {
        Some(at) => place.end + at,
        None if to == text.len() => to,
        None => return None,
    };
    let sentence = text.get(start..end)?;
    let lead = sentence.len() - sentence.trim_start().len();
    let range = start + lead..start + sentence.trim_end().len();
    (range.start < range.end && range.len() <= LONGEST).then_some(range)
}

/// Where one sentence of `text` ends and the next begins; `follows` is what comes after `text`.
fn boundaries<'a>(text: &'a str, follows: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.char_indices().filter_map(move |(at, c)| {
        if !matches!(c, '.' | '!' | '?' | '…') {
            return None;
        }
        let rest = text.get(at + c.len_utf8()..)?;
        let closed = rest.trim_start_matches(['”', '"', '’', '»', ')']);
        let end = text.len() - closed.len();
        let mut next = closed.chars().chain(follows.chars());
        let glued = next.next()?;
        let begins =
            |c: char| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '“' | '"' | '«' | '¿' | '¡' | '‘' | '(');
        let blank = glued.is_whitespace();
        let starts = if blank { next.find(|c| !c.is_whitespace()).is_none_or(begins) } else { begins(glued) };
        let word = text.get(..at)?;
        let before = word.chars().next_back()?;
        // `U.S.`, `H.E.`, `No. 5`, `1.3`
        let last = word.rsplit(|c: char| !(c.is_alphanumeric() || c == '.')).next().unwrap_or_default();
        let short = c == '.'
            && (last.chars().count() == 1
                || last.contains('.')
                || matches!(last, "No" | "Dr" | "Mr" | "Ms" | "Mrs" | "Sr" | "Sra" | "St" | "art" | "p" | "núm"));
        let in_number = before.is_ascii_digit() && glued.is_ascii_digit();
        (starts && !in_number && !(short && last.chars().any(char::is_alphabetic))).then_some(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence<'a>(text: &'a str, of: &str) -> Option<&'a str> {
        let start = text.find(of).unwrap();
        around(text, &(start..start + of.len())).map(|range| text.get(range).unwrap())
    }

    #[test]
    fn sentences() {
        let text = "One ends.Two has 1.3 billion checks by the U.S. Police today.100 years on, “three.”Four has No. 12 at 5 p.m. daily. Five";
        assert_eq!(sentence(text, "One"), Some("One ends."));
        assert_eq!(sentence(text, "1.3"), Some("Two has 1.3 billion checks by the U.S. Police today."));
        assert_eq!(sentence(text, "100"), Some("100 years on, “three.”"));
        assert_eq!(sentence(text, "12"), Some("Four has No. 12 at 5 p.m. daily."));
        assert_eq!(sentence(text, "Five"), Some("Five"));
        assert_eq!(sentence(&"word ".repeat(1000), "word"), None);
    }
}
