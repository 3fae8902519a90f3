//! Numbers that differ by one slip of the hand.

/// Whether two texts are one edit apart: one character another one, one too many or one too few, or two neighbours in each
/// other's place (Damerau 1964). Texts that are the same are not.
pub fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same_first = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same_first..).unwrap_or_default(), b.get(same_first..).unwrap_or_default());
    // The first characters that differ, and what is behind them.
    match (a, b) {
        ([], [_]) | ([_], []) => true,
        ([one, rest_a @ ..], [two, rest_b @ ..]) => {
            let swapped = match (rest_a, rest_b) {
                ([next_a, rest_a @ ..], [next_b, rest_b @ ..]) => next_a == two && next_b == one && rest_a == rest_b,
                _ => false,
            };
            rest_a == rest_b || swapped || rest_a == b || a == rest_b
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// All texts that are one edit from another one, made one by one.
    fn all_edits(text: &str) -> BTreeSet<String> {
        let chars: Vec<char> = text.chars().collect();
        let mut out = BTreeSet::new();
        for at in 0..=chars.len() {
            for c in "AB1".chars() {
                let mut more = chars.clone();
                more.insert(at, c);
                out.insert(more);
                let mut other = chars.clone();
                if at < chars.len() {
                    other[at] = c;
                    out.insert(other);
                }
            }
            let mut fewer = chars.clone();
            if at < chars.len() {
                fewer.remove(at);
                out.insert(fewer);
            }
            let mut swapped = chars.clone();
            if at + 1 < chars.len() {
                swapped.swap(at, at + 1);
                out.insert(swapped);
            }
        }
        out.remove(&chars);
        out.into_iter().map(|chars| chars.into_iter().collect()).collect()
    }

    proptest! {
        #[test]
        fn one_edit_is_what_an_edit_makes(a in "[AB1]{0,6}", b in "[AB1]{0,6}") {
            prop_assert_eq!(one_edit_apart(&a, &b), all_edits(&a).contains(&b));
            prop_assert_eq!(one_edit_apart(&a, &b), one_edit_apart(&b, &a));
            for edit in all_edits(&a) {
                prop_assert!(one_edit_apart(&a, &edit), "{} {}", a, edit);
            }
        }
    }
}
