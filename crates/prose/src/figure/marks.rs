//! Which marks a text parts its numbers with, told by its numbers themselves.
//!
//! A language has a custom, its countries have others (Spanish of Mexico writes `11,020`, of Spain `11.020`), and
//! few reports say where they come from. One number with three digits behind a mark tells nothing; what all
//! numbers of a text agree in does.

use super::rules::Marks;
use crate::token::{Shape, Tokens};

/// What the numbers of a text show of one mark.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Groups of three behind it, again and again: it parts thousands.
    thousands: u32,
    /// One group of three behind it.
    three: u32,
    /// One or two digits behind it: decimals.
    decimals: u32,
}

/// The marks of a text, where its numbers are all written the other way than is usual in the language.
pub(crate) fn told(tokens: &Tokens, usual: &Marks) -> Option<Marks> {
    let (mut point, mut comma) = (Seen::default(), Seen::default());
    let mut at = 0;
    while at < tokens.len() {
        let groups = groups(tokens, at);
        if let [(_, first), rest @ ..] = groups.as_slice()
            && let Some((mark, last)) = rest.last()
            && rest.iter().all(|(other, _)| other == mark)
            && !first.starts_with('0')
        {
            let seen = if *mark == "." { &mut point } else { &mut comma };
            let threes = first.len() <= 3 && rest.iter().all(|(_, digits)| digits.len() == 3);
            match (threes, rest.len()) {
                (true, 1) => seen.three += 1,
                (true, _) => seen.thousands += 1,
                (false, 1) if last.len() <= 2 => seen.decimals += 1,
                _ => {}
            }
        }
        at += (groups.len() * 2).max(2) - 1;
    }
    let of = |mark: char| if mark == '.' { point } else { comma };
    let (parts, decimal) = (of(usual.thousands), of(usual.decimal));
    if !matches!((usual.thousands, usual.decimal), ('.', ',') | (',', '.')) {
        return None;
    }
    let usual_way = parts.thousands + parts.three + decimal.decimals;
    let other_way = 2 * decimal.thousands + decimal.three + parts.decimals;
    (usual_way == 0 && other_way >= 2 && decimal.three + decimal.thousands > 0).then(|| usual.swapped())
}

/// The digits at a token with what hangs on them by a point or a comma, each with the mark before it.
fn groups(tokens: &Tokens, at: usize) -> Vec<(&str, &str)> {
    let digits = |at: usize| tokens.get(at).is_some_and(|token| token.shape == Shape::Digits);
    let tight = |at: usize| tokens.get(at).is_some_and(|token| !token.apart);
    let mut out = Vec::new();
    if !digits(at) {
        return out;
    }
    out.push(("", tokens.fold(at)));
    let mut next = at + 1;
    while matches!(tokens.fold(next), "." | ",") && tight(next) && digits(next + 1) && tight(next + 1) {
        out.push((tokens.fold(next), tokens.fold(next + 1)));
        next += 2;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::rules;

    fn swapped(language: &str, text: &str) -> bool {
        told(&Tokens::of(text), &rules::of(language).unwrap().unwrap().marks).is_some()
    }

    #[test]
    fn numbers_tell_how_they_are_written() {
        assert!(swapped("es", "452 tambos con 11,020 kilogramos (unas 24,300 libras)"));
        assert!(swapped("es", "1,250,000 pesos"));
        assert!(swapped("es", "12,000 armas y 3.5 toneladas"));
        assert!(!swapped("es", "12,000 armas"));
        assert!(!swapped("es", "12.000 armas y 3,5 toneladas"));
        assert!(!swapped("es", "12,000 armas, 24,000 balas y 1.300 personas"));
        assert!(!swapped("es", "a las 10.30 del 12.05.2024"));
        assert!(swapped("en", "1.300 persons and 2.400 cars"));
        assert!(!swapped("en", "7,2 million cars"));
        assert!(!swapped("fr", "12,5 tonnes et 1.300 personnes"));
    }
}
