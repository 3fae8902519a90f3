//! A date as it is printed, and the parts that it is made of.

use std::ops::Range;

use super::{Printed, calendar, weekday};
use crate::analysis::Analysis;
use crate::lexicon::{Relative, Sense};
use crate::token::Shape;

/// A date that starts at a token.
pub(super) fn printed(
    doc: &Analysis<'_>,
    at: usize,
    numbers: &[(Range<usize>, f64)],
) -> Option<(Range<usize>, Printed)> {
    let token = doc.token(at)?;
    let number_at = |from: usize, to: usize| {
        let next = numbers.partition_point(|(number, _)| number.start < from);
        numbers.get(next).filter(|(number, _)| number.start <= to)
    };
    // Most words start no date.
    if doc.senses(at).is_empty() && token.shape != Shape::Digits && number_at(at, at).is_none() {
        return None;
    }
    if let Some((end, sense)) = doc.find(at, |sense| matches!(sense, Sense::Relative(_) | Sense::ToDate)) {
        match sense {
            // "depuis le début de l'année 2025"
            Sense::Relative(Relative::YearToDate) if year(doc, end).is_some() => {
                let (year, end) = year(doc, end)?;
                return Some((at..end, Printed::ToDate { year }));
            }
            Sense::Relative(Relative::YearBefore) => return Some((at..end, Printed::YearBefore)),
            Sense::Relative(relative) => return Some((at..end, Printed::Relative(*relative))),
            _ => {
                if let Some((year, end)) = year(doc, end) {
                    return Some((at..end, Printed::ToDate { year }));
                }
            }
        }
    }
    if let Some((end, _)) = doc.find(at, |sense| matches!(sense, Sense::BeforeAgo))
        && let Some((number, value)) = number_at(end, end + 2)
        && let Some((unit_end, Sense::TimeUnit(unit))) =
            doc.find(number.end, |sense| matches!(sense, Sense::TimeUnit(_)))
        && let Some(count) = count(*value)
    {
        return Some((at..unit_end, Printed::Ago { count, unit: *unit }));
    }
    if let Some((number, value)) = number_at(at, at)
        && let Some((unit_end, Sense::TimeUnit(unit))) =
            doc.find(number.end, |sense| matches!(sense, Sense::TimeUnit(_)))
        && let Some((end, _)) = doc.find(unit_end, |sense| matches!(sense, Sense::Ago))
        && let Some(count) = count(*value)
    {
        return Some((at..end, Printed::Ago { count, unit: *unit }));
    }
    if let Some(found) =
        calendar::iso(doc, at).or_else(|| calendar::slashed(doc, at)).or_else(|| calendar::days(doc, at))
    {
        return Some(found);
    }
    if let Some(found) = calendar::part_of_year(doc, at, numbers) {
        return Some(found);
    }
    if let Some((month, end)) = month(doc, at) {
        return calendar::month_first(doc, at, month, end);
    }
    if let Some(found) = weekday::weekday(doc, at) {
        return Some(found);
    }
    if token.shape == Shape::Digits {
        return years(doc, at);
    }
    None
}

fn count(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && (0.0..=10_000.0).contains(&value)).then(|| format!("{value}").parse().ok()).flatten()
}

pub(super) fn number(doc: &Analysis<'_>, at: usize, digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let token = doc.token(at)?;
    let fits = token.shape == Shape::Digits && digits.contains(&(token.end - token.start));
    fits.then(|| doc.fold(at).parse().ok()).flatten()
}

/// A year of four digits, and the token after it.
pub(super) fn year(doc: &Analysis<'_>, at: usize) -> Option<(i16, usize)> {
    let year = number(doc, at, 4..=4).filter(|year| (1800..=2100).contains(year))?;
    Some((year, at + 1))
}

/// A day of a month, with its ordinal suffix, and the token after it.
pub(super) fn day(doc: &Analysis<'_>, at: usize) -> Option<(i8, usize)> {
    let number = number(doc, at, 1..=2).filter(|day| (1..=31).contains(day))?;
    // "1.º de noviembre"
    let dot = usize::from(
        doc.fold(at + 1) == "."
            && matches!(doc.fold(at + 2), "o" | "º" | "°")
            && doc.token(at + 2).is_some_and(|t| !t.apart),
    );
    let next = at + 1 + dot;
    let suffix = doc.token(next).is_some_and(|token| !token.apart)
        && matches!(doc.fold(next), "st" | "nd" | "rd" | "th" | "er" | "º" | "o" | "ª" | "°" | "re");
    Some((i8::try_from(number).ok()?, next + usize::from(suffix)))
}

pub(super) fn month(doc: &Analysis<'_>, at: usize) -> Option<(i8, usize)> {
    let (end, sense) = doc.find(at, |sense| matches!(sense, Sense::Month(_)))?;
    let Sense::Month(month) = sense else { return None };
    // "may", "March" and "Mar." are months with a capital where the language writes one.
    let token = doc.token(at)?;
    let english = doc.lexicon.trade.right_headed;
    if english && !token.is_capital() {
        return None;
    }
    let short = token.end - token.start <= 4 && !doc.fold(at).starts_with("mai") && doc.fold(end) == ".";
    Some((*month, end + usize::from(short && doc.token(end).is_some_and(|mark| !mark.apart))))
}

pub(super) fn is_dash(doc: &Analysis<'_>, at: usize) -> bool {
    matches!(doc.fold(at), "-" | "/")
}

/// Past a word such as `of` or `de`.
pub(super) fn past_of(doc: &Analysis<'_>, at: usize) -> usize {
    let at = if doc.fold(at) == "," { at + 1 } else { at };
    doc.lexicon.date_of.at(&doc.tokens, at).map_or(at, |(end, ())| end)
}

/// Past a dash or a word such as `to` or `al`.
pub(super) fn past_to(doc: &Analysis<'_>, at: usize) -> Option<usize> {
    if is_dash(doc, at) {
        return Some(at + 1);
    }
    doc.lexicon.date_to.at(&doc.tokens, at).map(|(end, ())| end)
}

/// Years by themselves.
fn years(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
    let (from, end) = year(doc, at)?;
    let tight = doc.token(at).is_some_and(|token| !token.apart);
    let before = at.checked_sub(1).map(|before| doc.fold(before)).unwrap_or_default();
    if tight && matches!(before, "." | "," | "-" | "/" | "$" | "€" | "£" | "#" | "°" | "º") {
        return None;
    }
    let next = doc.token(end);
    // "1800 333 000": a telephone number.
    if number(doc, end, 3..=3).is_some() && number(doc, end + 1, 3..=3).is_some() {
        return None;
    }
    // `1,965`, `2000s`, `2023/05`: no years.
    if next.is_some_and(|next| !next.apart && next.is_word()) && doc.fold(end) != "s" {
        return None;
    }
    let decimals = matches!(doc.fold(end), "." | ",") && next.is_some_and(|mark| !mark.apart);
    if decimals && doc.token(end + 1).is_some_and(|digits| !digits.apart && digits.shape == Shape::Digits) {
        return None;
    }
    if doc.fold(end) == "s" && next.is_some_and(|next| !next.apart) {
        return Some((at..end + 1, Printed::Year { from, to: from.checked_add(9)? }));
    }
    // `2019-2023`, `2019/20`, `from 2019 to 2023`
    if is_dash(doc, end) {
        if let Some((to, over)) = year(doc, end + 1).filter(|(to, _)| *to > from) {
            return Some((at..over, Printed::Year { from, to }));
        }
        if let Some(short) = number(doc, end + 1, 2..=2) {
            let to = from / 100 * 100 + short;
            if to == from + 1 {
                return Some((at..end + 2, Printed::Year { from, to }));
            }
        }
    }
    // "between 2019 and 2023", "de 2019 a 2023"
    if doc.lexicon.between.before(&doc.tokens, at).is_some()
        && let Some(next) = past_to(doc, end)
        && let Some((to, over)) = year(doc, next).filter(|(to, _)| *to > from)
    {
        return Some((at..over, Printed::Year { from, to }));
    }
    let led = doc.lexicon.date_in.before(&doc.tokens, at).is_some()
        || matches!(before, "(" | "," | "-" | "[" | "|" | ":")
        || doc.is_capital(end)
        || at.checked_sub(1).is_some_and(|before| {
            doc.is_capital(before) || doc.is(before, |s| matches!(s, Sense::TimeUnit(_) | Sense::Event(_)))
        });
    let counted = next.is_some_and(|next| next.shape == Shape::Small && next.apart)
        && !doc.is_function_word(end)
        && !doc.is(end, |sense| matches!(sense, Sense::Says | Sense::Held))
        && doc.fold(end).ends_with('s')
        && !doc.fold(end).ends_with("ss");
    (led && !counted).then_some((at..end, Printed::Year { from, to: from }))
}
