//! Days, months and parts of years as the four languages print them.

use std::ops::Range;

use jiff::civil::Date;

use super::printed::{self, day, month, number, past_of, past_to, year};
use super::{Day, Printed};
use crate::analysis::Analysis;
use crate::lexicon::{Relative, Sense, TimeUnit};
use crate::token::Shape;

/// `21 March 2023`, `21 – 23 March`, `28 de noviembre al 2 de diciembre`, `10, 11 and 12 July`.
pub(super) fn days(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
    if at > 0
        && doc.token(at).is_some_and(|token| !token.apart)
        && doc
            .token(at - 1)
            .is_some_and(|before| before.shape == Shape::Digits || matches!(doc.fold(at - 1), "." | ","))
    {
        return None;
    }
    if is_address(doc, at) {
        return None;
    }
    let (first, after_first) = day(doc, at)?;
    if let Some((month, end)) = month(doc, past_of(doc, after_first)) {
        let (first_year, end) = match year(doc, past_of(doc, end)) {
            Some((year, end)) => (Some(year), end),
            None => (None, end),
        };
        let from = Day { of_month: first, month, year: first_year };
        // `28 November to 2 December 2023`
        if let Some(next) = past_to(doc, end)
            && let Some((last, after)) = day(doc, next)
            && let Some((last_month, after)) = printed::month(doc, past_of(doc, after))
        {
            let (year, after) = year(doc, past_of(doc, after)).map_or((None, after), |(year, end)| (Some(year), end));
            let to = Day { of_month: last, month: last_month, year };
            return Some((at..after, Printed::Days { from, to, weekday: None }));
        }
        return Some((at..end, Printed::Days { from, to: from, weekday: weekday_before(doc, at) }));
    }
    // `21 – 23 March`, `10, 11 y 12 de julio`
    let mut next = after_first;
    let mut last = None;
    for _ in 0..6 {
        let over = if doc.fold(next) == "," { Some(next + 1) } else { past_to(doc, next) };
        let Some((number, after)) = over.and_then(|over| day(doc, over)) else { break };
        last = Some(number);
        next = after;
    }
    let last = last?;
    let (month, end) = month(doc, past_of(doc, next))?;
    let (year, end) = year(doc, past_of(doc, end)).map_or((None, end), |(year, end)| (Some(year), end));
    (first <= last).then_some((
        at..end,
        Printed::Days {
            from: Day { of_month: first, month, year },
            to: Day { of_month: last, month, year },
            weekday: None,
        },
    ))
}

/// `March 21, 2023`, `March 21-23`, `March 2023`, and `in March`.
pub(super) fn month_first(doc: &Analysis<'_>, at: usize, month: i8, end: usize) -> Option<(Range<usize>, Printed)> {
    if let Some((first, after)) = day(doc, end)
        && doc.lexicon.trade.right_headed
        && !is_unit(doc, after)
    {
        let mut to = Day { of_month: first, month, year: None };
        let mut end = after;
        if let Some(next) = past_to(doc, after) {
            if let Some((last_month, over)) = printed::month(doc, next)
                && let Some((last, over)) = day(doc, over)
            {
                (to, end) = (Day { of_month: last, month: last_month, year: None }, over);
            } else if let Some((last, over)) = day(doc, next).filter(|(last, _)| *last > first) {
                (to, end) = (Day { of_month: last, ..to }, over);
            }
        }
        let comma = end + usize::from(doc.fold(end) == ",");
        if let Some((year, over)) = year(doc, comma) {
            (to.year, end) = (Some(year), over);
        }
        let from = Day { of_month: first, month, year: None };
        return Some((at..end, Printed::Days { from, to, weekday: None }));
    }
    // "plaza 25 de Mayo", "Rio de Janeiro"
    let of_street = doc.lexicon.date_of.before(&doc.tokens, at).is_some_and(|(of, ())| {
        of.checked_sub(1).is_some_and(|number| day(doc, number).is_some() && is_address(doc, number))
    });
    if of_street || doc.fold(at.wrapping_sub(1)) == "de" && doc.fold(at.wrapping_sub(2)) == "rio" {
        return None;
    }
    let over = past_of(doc, end);
    // "outubro do ano passado"
    if let Some((over, Sense::Relative(Relative::LastYear))) = doc
        .find(over, |sense| matches!(sense, Sense::Relative(_)))
        .or_else(|| doc.find(end, |sense| matches!(sense, Sense::Relative(_))))
    {
        return Some((at..over, Printed::MonthOf { month, years_ago: 1 }));
    }
    // "noviembre pasado", "juin dernier", "last March"
    if matches!(doc.fold(end), "pasado" | "dernier" | "passado") {
        return Some((at..end + 1, Printed::MonthPast { month }));
    }
    if at.checked_sub(1).is_some_and(|before| doc.fold(before) == "last") && year(doc, over).is_none() {
        return Some((at..end, Printed::MonthPast { month }));
    }
    let (first_year, after) = year(doc, over).map_or((None, end), |(year, end)| (Some(year), end));
    // "November 2020 to December 2022", "entre enero y agosto"
    let opened = doc.lexicon.between.before(&doc.tokens, at).is_some();
    if let Some(next) = past_to(doc, after).filter(|_| {
        opened || doc.fold(after) == "-" || first_year.is_some() && !matches!(doc.fold(after), "and" | "y" | "e" | "et")
    }) && let Some((last, over)) = printed::month(doc, next)
        && day(doc, over).is_none_or(|_| !doc.lexicon.trade.right_headed)
    {
        let (last_year, over) = year(doc, past_of(doc, over)).map_or((None, over), |(year, end)| (Some(year), end));
        return Some((at..over, Printed::Months { from: (month, first_year), to: (last, last_year) }));
    }
    // "in the year to June 2025": the twelve months that end with it.
    let twelve = (2..=3).filter_map(|back| at.checked_sub(back)).any(|from| {
        matches!(doc.fold(from), "year" | "months") && matches!(doc.fold(at - 1), "to" | "ending" | "ended")
    });
    if let Some(last) = first_year.filter(|_| twelve) {
        let first = if month == 12 { (1, Some(last)) } else { (month + 1, last.checked_sub(1)) };
        return Some((at..after, Printed::Months { from: first, to: (month, Some(last)) }));
    }
    if let Some(year) = first_year {
        return Some((at..after, Printed::Month { month, year: Some(year) }));
    }
    // A month by itself is a date where a word before it says so: `in March`, `desde enero`.
    let led = doc.lexicon.date_in.before(&doc.tokens, at).is_some();
    // "sept semaines": seven of them.
    let number = doc.fold(at) == "sept" && !doc.lexicon.trade.right_headed;
    let short = number || doc.fold(at).len() <= 3 && doc.fold(at) != "mai" && doc.fold(at) != "may";
    (led && !short).then_some((at..end, Printed::Month { month, year: None }))
}

/// "plaza 25 de Mayo", "Praça 15 de Novembro": a street named for a day.
fn is_address(doc: &Analysis<'_>, at: usize) -> bool {
    let before = (1..=2).filter_map(|back| at.checked_sub(back)).map(|before| doc.fold(before));
    before.into_iter().any(|word| {
        matches!(
            word,
            "plaza"
                | "praca"
                | "avenida"
                | "av"
                | "calle"
                | "rua"
                | "rue"
                | "place"
                | "boulevard"
                | "bulevar"
                | "barrio"
                | "bairro"
                | "largo"
                | "jiron"
        )
    })
}

/// The weekday that stands with a day: "martes 4 de octubre", "on Tuesday, 4 October".
fn weekday_before(doc: &Analysis<'_>, at: usize) -> Option<i8> {
    let back = at.checked_sub(1)?;
    let at = if doc.fold(back) == "," || matches!(doc.fold(back), "el" | "dia" | "the" | "le") {
        back.checked_sub(1)?
    } else {
        back
    };
    (at.saturating_sub(2)..=at).find_map(|start| match doc.find(start, |sense| matches!(sense, Sense::Weekday(_)))? {
        (end, Sense::Weekday(number)) if end == at + 1 => Some(*number),
        _ => None,
    })
}

fn is_unit(doc: &Analysis<'_>, at: usize) -> bool {
    // "in March 12 countries": a small word right behind, and no end of the phrase.
    doc.token(at).is_some_and(|token| token.shape == Shape::Small && token.apart)
        && !doc.is_function_word(at)
        && doc.fold(at).ends_with('s')
}

/// `2023-03-21`
pub(super) fn iso(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
    let (year, _) = year(doc, at)?;
    let tight = |at: usize| doc.token(at).is_some_and(|token| !token.apart);
    if !(doc.fold(at + 1) == "-" && doc.fold(at + 3) == "-" && (1..=4).all(|step| tight(at + step))) {
        return None;
    }
    let month = i8::try_from(number(doc, at + 2, 2..=2)?).ok()?;
    let day = i8::try_from(number(doc, at + 4, 2..=2)?).ok()?;
    let day = Day { of_month: day, month, year: Some(year) };
    Date::new(year, month, day.of_month).ok()?;
    Some((at..at + 5, Printed::Days { from: day, to: day, weekday: None }))
}

/// `21/03/2023`: days come first, as these four languages write; in English only where it can be no other.
pub(super) fn slashed(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
    let mark = doc.fold(at + 1);
    let tight = |at: usize| doc.token(at).is_some_and(|token| !token.apart);
    if !(matches!(mark, "/" | "." | "-") && doc.fold(at + 3) == mark && (1..=4).all(|step| tight(at + step))) {
        return None;
    }
    let (first, second) = (number(doc, at, 1..=2)?, number(doc, at + 2, 1..=2)?);
    let (year, _) = year(doc, at + 4)?;
    let (day, month) = if second > 12 { (second, first) } else { (first, second) };
    let day = Day { of_month: i8::try_from(day).ok()?, month: i8::try_from(month).ok()?, year: Some(year) };
    Date::new(year, day.month, day.of_month).ok()?;
    Some((at..at + 5, Printed::Days { from: day, to: day, weekday: None }))
}

/// `first quarter of 2024`, `primer semestre de 2023`.
pub(super) fn part_of_year(
    doc: &Analysis<'_>,
    at: usize,
    numbers: &[(Range<usize>, f64)],
) -> Option<(Range<usize>, Printed)> {
    if let Some(found) = months_of_year(doc, at, numbers) {
        return Some(found);
    }
    let (next, Sense::Nth(number)) = doc.find(at, |sense| matches!(sense, Sense::Nth(_)))? else { return None };
    let (end, sense) = doc.find(next, |sense| matches!(sense, Sense::Quarter | Sense::Half))?;
    let months = if *sense == Sense::Quarter { 3 } else { 6 };
    let start = number.checked_sub(1)?.checked_mul(months)?.checked_add(1).filter(|start| *start <= 12)?;
    let over = past_of(doc, end);
    let (year, end) = year(doc, over).map_or((None, end), |(year, end)| (Some(year), end));
    Some((at..end, Printed::Part { start, months, year }))
}

/// `the first nine months of 2021`, `los primeros seis meses de 2023`, `les neuf premiers mois de 2022`.
fn months_of_year(doc: &Analysis<'_>, at: usize, numbers: &[(Range<usize>, f64)]) -> Option<(Range<usize>, Printed)> {
    let first = |at: usize| matches!(doc.fold(at), "first" | "primeros" | "primeiros" | "premiers");
    let number = |at: usize| {
        let next = numbers.partition_point(|(tokens, _)| tokens.start < at);
        numbers.get(next).filter(|(tokens, _)| tokens.start == at)
    };
    let (tokens, value, unit) = if first(at) {
        let (tokens, value) = number(at + 1)?;
        (at..tokens.end, value, tokens.end)
    } else {
        let (tokens, value) = number(at)?;
        first(tokens.end).then_some((at..tokens.end + 1, value, tokens.end + 1))?
    };
    let (end, Sense::TimeUnit(TimeUnit::Month)) = doc.find(unit, |sense| matches!(sense, Sense::TimeUnit(_)))? else {
        return None;
    };
    let months = (2.0..=11.0).contains(value).then(|| format!("{value}").parse().ok()).flatten()?;
    let (year, end) = year(doc, past_of(doc, end)).map_or((None, end), |(year, end)| (Some(year), end));
    Some((tokens.start..end, Printed::Part { start: 1, months, year }))
}
