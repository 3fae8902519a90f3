//! Notices: the entity id of a public notice (`2021/75051`, in addresses `2021-75051`), and the control number with the
//! letter of its colour (`A-1234/5-2023`). Parts of a control number are padded, so that `A-123/1` and `A-12/31` stay two.

use super::{CheckState, Key, KeyKind, ShapeReason, fold, junk};

/// Notices.
#[derive(Debug, Clone, Copy)]
pub struct Notice;

impl KeyKind for Notice {
    fn name(&self) -> &'static str {
        "notice"
    }

    fn needs_issuer(&self) -> bool {
        false
    }

    fn same(&self) -> &'static str {
        "same-notice"
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (folded, dropped) = fold::fold(raw);
        let junk = junk::judge(&folded);
        let normal = control_number(raw).unwrap_or(folded);
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let year = |text: Option<&str>| text.is_some_and(|year| digits(year) && ("1946"..="2199").contains(&year));
        // Year and number, or the letter, number, part and year.
        let entity = digits(&normal) && (5..=10).contains(&normal.len()) && year(normal.get(..4));
        let control = normal.len() == 13
            && normal.get(..1).is_some_and(|letter| letter.bytes().all(|b| b.is_ascii_uppercase()))
            && normal.get(1..).is_some_and(digits)
            && year(normal.get(9..));
        let not_a_key = (!entity && !control).then_some(ShapeReason::Length);
        Key { junk, not_a_key, dropped, ..Key::plain(normal, CheckState::NotApplicable) }
    }
}

/// `A-1234/5-2023` as `A001234052023`: six digits of number, two of part.
fn control_number(raw: &str) -> Option<String> {
    let text = raw.trim();
    let letter = text.chars().next().filter(char::is_ascii_alphabetic)?.to_ascii_uppercase();
    let rest = text.get(1..)?.trim_start_matches(['-', ' ']);
    let (number, rest) = rest.split_once('/')?;
    let (part, year) = rest.split_once(['-', '/'])?;
    let [number, part, year] = [number, part, year].map(str::trim);
    let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    (digits(number, 6) && digits(part, 2) && digits(year, 4) && year.len() == 4)
        .then(|| format!("{letter}{number:0>6}{part:0>2}{year}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_entities_and_control_numbers() {
        let key = |raw: &str| Notice.normalise(raw, None);
        for raw in ["2021/75051", "2021-75051", " 2021 75051 "] {
            assert_eq!((key(raw).normal.as_str(), key(raw).is_usable()), ("202175051", true), "{raw}");
        }
        assert_eq!(key("A-1234/5-2023").normal, "A001234052023");
        assert_eq!(key("a 1234/5/2023").normal, "A001234052023");
        assert_ne!(key("A-123/1-2023").normal, key("A-12/31-2023").normal);
        assert!(key("A001234052023").is_usable(), "its own normal form");
        for raw in ["75051", "9021/75051", "A-1234", "red notice"] {
            assert!(!key(raw).is_usable(), "{raw}");
        }
    }
}
