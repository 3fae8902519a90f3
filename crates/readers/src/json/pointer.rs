//! Pointers into a document (RFC 6901), and their one extension for names.
//!
//! `~#` in a pointer cannot be part of a member's name, where `~` is always followed by `0` or `1`.
//! Here it parts a pointer in two: the place of a value, and names below it that are meant
//! themselves. `/results/0~#/country/id` is the text `country.id`: the names on the way from the
//! first record to that value, joined by dots. So a column's header and the label of a metadata
//! field have places that read back as what they say.

use std::borrow::Cow;
use std::fmt::Write;

/// The mark behind which names are meant and not values.
pub(super) const NAMES: &str = "~#";

/// Appends one step to a pointer.
pub(super) fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    for c in step.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// Appends the step to an element of an array.
pub(super) fn push_index(pointer: &mut String, index: u64) {
    // Writing to a string does not fail.
    let _ = write!(pointer, "/{index}");
}

/// The steps of a pointer; `None` where it is none.
pub(super) fn steps(pointer: &str) -> Option<Vec<Cow<'_, str>>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    pointer.strip_prefix('/')?.split('/').map(step).collect()
}

fn step(escaped: &str) -> Option<Cow<'_, str>> {
    if !escaped.contains('~') {
        return Some(Cow::Borrowed(escaped));
    }
    let mut parts = escaped.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (c, rest) =
            if let Some(rest) = part.strip_prefix('0') { ('~', rest) } else { ('/', part.strip_prefix('1')?) };
        out.push(c);
        out.push_str(rest);
    }
    Some(Cow::Owned(out))
}

/// The index that a step names; digits without leading zeros, as RFC 6901 has it.
pub(super) fn index(step: &str) -> Option<u64> {
    let plain = step.bytes().all(|byte| byte.is_ascii_digit()) && (step == "0" || !step.starts_with('0'));
    if plain { step.parse().ok() } else { None }
}

/// The names of a pointer, joined by dots.
pub(super) fn dotted(pointer: &str) -> String {
    steps(pointer).unwrap_or_default().join(".")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_and_names() {
        assert_eq!(steps("/a~1b/m~0n/0").map(|s| s.join("|")).as_deref(), Some("a/b|m~n|0"));
        assert_eq!(steps("").map(|s| s.len()), Some(0));
        assert_eq!(steps("/").map(|s| s.join("|")).as_deref(), Some(""));
        for bad in ["a", "/a~2", "/a~", "/0~#"] {
            assert_eq!(steps(bad), None, "{bad}");
        }
        assert_eq!(dotted("/country/id"), "country.id");
        assert_eq!(
            (index("0"), index("12"), index("01"), index("-"), index("")),
            (Some(0), Some(12), None, None, None)
        );
    }

    proptest! {
        #[test]
        fn what_is_pushed_is_read_back(names in proptest::collection::vec("[a~/01#.é]{0,5}", 0..5)) {
            let mut pointer = String::new();
            for name in &names {
                push(&mut pointer, name);
            }
            let read: Vec<String> = steps(&pointer).unwrap().into_iter().map(Cow::into_owned).collect();
            prop_assert_eq!(read, names);
            prop_assert!(!pointer.contains(NAMES));
        }
    }
}
