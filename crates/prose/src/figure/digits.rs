//! Numbers in digits: groups of thousands, decimal marks, scale words and suffixes behind them.

use std::ops::Range;

use super::decimal::{self, Decimal, Meaning};
use super::number::{Form, Locale, Number, scaled};
use super::rules::Rules;
use crate::token::{Shape, Tokens};

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// The one character between two tokens, where they stand one apart.
fn gap(text: &str, tokens: &Tokens, left: usize) -> Option<char> {
    let between = text.get(tokens.get(left)?.end..tokens.get(left + 1)?.start)?;
    let mut chars = between.chars();
    chars.next().filter(|_| chars.next().is_none())
}

pub(super) fn tight(tokens: &Tokens, at: usize) -> bool {
    tokens.get(at).is_some_and(|token| !token.apart)
}

pub(super) fn is_digits(tokens: &Tokens, at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.shape == Shape::Digits)
}

pub(super) fn digits(text: &str, tokens: &Tokens, at: usize, end: usize, locale: Locale<'_>) -> Number {
    let mut groups = vec![('\0', tokens.fold(at))];
    let mut next = at + 1;
    while next < end {
        let first = groups.first().map_or(0, |(_, digits)| digits.len());
        let last = groups.last().copied().unwrap_or(('\0', ""));
        let fits = |mark: char, group: &str| group.len() == 3 && first <= 3 && (last.0 == '\0' || last.0 == mark);
        if is_digits(tokens, next)
            && let Some(blank) = gap(text, tokens, next - 1).filter(|c| is_blank(*c))
            && fits(blank, tokens.fold(next))
        {
            groups.push((blank, tokens.fold(next)));
            next += 1;
            continue;
        }
        let mark = tokens.fold(next);
        if tight(tokens, next) && tight(tokens, next + 1) && is_digits(tokens, next + 1) && next + 1 < end {
            match mark {
                "." | "," => {
                    groups.push((mark.chars().next().unwrap_or('.'), tokens.fold(next + 1)));
                    next += 2;
                    continue;
                }
                "'" if fits('\'', tokens.fold(next + 1)) => {
                    groups.push(('\'', tokens.fold(next + 1)));
                    next += 2;
                    continue;
                }
                _ => {}
            }
        }
        break;
    }
    let plain = groups.len() == 1;
    let mut found = Number { plain, ..Number::of(at..next, Form::Digits) };
    let meaning = decimal::interpret(&groups, locale.marks, locale.blank_thousands);
    let base = match meaning {
        Meaning::Number(number) => Some(number),
        Meaning::ThreeDecimals(number) => {
            found.doubtful = true;
            Some(number)
        }
        // "12,000 armas" in a text whose decimals have commas: thousands, if a noun that is counted follows.
        Meaning::Ambiguous
            if groups.len() == 2 && matches!(groups.get(1), Some((',' | '.', digits)) if digits.len() == 3) =>
        {
            found.doubtful = true;
            let digits: String = groups.iter().map(|(_, digits)| *digits).collect();
            Decimal::parse(&digits).map(|number| number.scaled(-3))
        }
        Meaning::Ambiguous => {
            found.why = Some("ambiguous-number");
            None
        }
        Meaning::Identifier => {
            found.why = Some("identifier");
            None
        }
    };
    if let Some(why) = shape(tokens, &found, locale.rules) {
        if why == "ordinal" && plain {
            found.form = Form::Ordinal;
            found.value = base.map(Decimal::value);
            found.tokens.end += ordinal_suffix(tokens, next, locale.rules);
            return found;
        }
        found.why = Some(why);
        return found;
    }
    let Some(base) = base else { return found };
    scaled(tokens, end, locale, base, &mut found);
    found
}

/// How many tokens the suffix of an ordinal takes: `th`, `ª`, `.º`.
fn ordinal_suffix(tokens: &Tokens, at: usize, rules: &Rules) -> usize {
    let dot = usize::from(tokens.fold(at) == "." && tight(tokens, at));
    let suffix = at + dot;
    let fits =
        tight(tokens, suffix) && rules.ordinal_suffixes.contains(tokens.fold(suffix)) && !is_digits(tokens, suffix);
    if fits { dot + 1 } else { 0 }
}

/// What the tokens around a digit run make of it.
fn shape(tokens: &Tokens, found: &Number, rules: &Rules) -> Option<&'static str> {
    let Range { start, end } = found.tokens;
    let before = start.checked_sub(1).filter(|_| tight(tokens, start));
    if let Some(before) = before {
        let far = before.checked_sub(1);
        let left = tokens.get(before)?;
        let letters_before = far.is_some_and(|far| tokens.get(far).is_some_and(super::super::token::Token::is_word))
            && tight(tokens, before);
        match tokens.fold(before) {
            "#" | "@" | "_" => return Some("identifier"),
            "-" if letters_before => return Some("identifier"),
            "-" if far.is_none_or(|far| !is_digits(tokens, far)) => return Some("ambiguous-number"),
            "/" | ":" if far.is_some_and(|far| is_digits(tokens, far)) => return Some("identifier"),
            _ if left.is_word() && rules.currency_before.before(tokens, start).is_none_or(|(at, _)| at != before) => {
                return Some("identifier");
            }
            _ => {}
        }
    }
    let next = tokens.get(end).filter(|token| !token.apart);
    if matches!(tokens.fold(end), "/" | ":") && next.is_some() && tight(tokens, end + 1) && is_digits(tokens, end + 1) {
        return Some("identifier");
    }
    if found.plain && ordinal_suffix(tokens, end, rules) > 0 {
        return Some("ordinal");
    }
    let next = next.filter(|token| token.is_word())?;
    let sign = matches!(tokens.fold(end), "m" | "md" | "mds" | "k" | "g") && matches!(tokens.fold(end + 1), "$" | "€");
    let known = sign || rules.scales.is_at(tokens, end) || rules.units.is_at(tokens, end) || next.cut;
    (!known).then_some("identifier")
}
