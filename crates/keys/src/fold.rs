//! From any Unicode text to `A`-`Z` and `0`-`9`.

use unicode_normalization::UnicodeNormalization;

/// Upper-cases, folds compatibility forms (full-width, mathematical, superscript) of a letter or
/// digit to that letter or digit, drops the rest. Returns the normal form and how many characters
/// were dropped that are more than spelling.
///
/// Letters with marks and letters of other scripts are dropped, not guessed: `É` is not `E` on a
/// document whose alphabet has no `É`, and a Cyrillic `А` is no Latin `A`. The text is composed
/// first, so that both spellings of `É` meet the same fate.
pub(crate) fn fold(raw: &str) -> (String, u32) {
    let mut normal = String::with_capacity(raw.len());
    if raw.is_ascii() {
        // What is not a letter or digit is spelling.
        normal.extend(raw.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()));
        return (normal, 0);
    }
    let mut dropped = 0_u32;
    for c in raw.nfc() {
        match folded(c) {
            Some(letter) => normal.push(letter),
            None if is_spelling(c) => {}
            None => dropped = dropped.saturating_add(1),
        }
    }
    (normal, dropped)
}

/// The one ASCII letter or digit that `c` stands for. What unfolds to several characters (`№`,
/// ligatures, fractions) stands for none, and an ordinal mark as in `Nº` is no letter `O`.
fn folded(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_uppercase());
    }
    if matches!(c, 'ª' | 'º') {
        return None;
    }
    let mut unfolded = std::iter::once(c).nfkc();
    match (unfolded.next(), unfolded.next()) {
        (Some(only), None) if only.is_ascii_alphanumeric() => Some(only.to_ascii_uppercase()),
        _ => None,
    }
}

/// Spaces, ASCII punctuation, and dashes and the like in their full-width or typographic forms.
fn is_spelling(c: char) -> bool {
    c.is_ascii()
        || c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{206f}' | '\u{2212}' | '\u{feff}' | 'ª' | 'º' | '·')
        || std::iter::once(c).nfkc().all(|c| c.is_ascii() && !c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// The short way for ASCII is the long way.
        #[test]
        fn ascii_is_folded_as_all_text_is(raw in "[ -~\t\n\x00-\x1f]{0,30}") {
            let long: String = raw.chars().filter_map(folded).collect();
            proptest::prop_assert!(raw.chars().all(|c| folded(c).is_some() || is_spelling(c)));
            proptest::prop_assert_eq!(fold(&raw), (long, 0));
        }
    }

    #[test]
    fn compatibility_forms_fold_and_the_rest_is_dropped_and_counted() {
        assert_eq!(fold("ＡＢ１２３"), ("AB123".into(), 0));
        assert_eq!(fold("ab-12 3/<4."), ("AB1234".into(), 0));
        assert_eq!(fold("АВ123"), ("123".into(), 2), "Cyrillic letters are not Latin ones");
        assert_eq!(fold("É1"), ("1".into(), 1));
        assert_eq!(fold("E\u{301}1"), ("1".into(), 1), "both spellings of É");
        assert_eq!(fold("Nº 12"), ("N12".into(), 0));
        assert_eq!(fold("№12"), ("12".into(), 1));
        assert_eq!(fold("A\u{2013}1\u{200b}2－3"), ("A123".into(), 0), "dashes and zero-width characters are spelling");
        assert_eq!(fold("ß١"), (String::new(), 2));
    }
}
