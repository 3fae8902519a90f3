//! The day of a report that does not say its own.

use std::ops::Range;

use jiff::civil::Date;

use super::Printed;
use crate::analysis::Analysis;

/// The day of a report that does not say its own: the first day of the first days printed (a conference,
/// a dateline), in the latest year of the text.
pub(super) fn reckoned(doc: &Analysis<'_>, found: &[(Range<usize>, Printed)]) -> Option<Date> {
    let to_date = found.iter().find_map(|(_, printed)| match printed {
        Printed::ToDate { year } => Some(*year),
        _ => None,
    });
    // A whole date at the head or the foot of a report, where releases print their day.
    let end = doc.tokens.len();
    let whole = |tokens: &Range<usize>, printed: &Printed| match printed {
        Printed::Days { from, to, .. } if from == to && to.year.is_some() => {
            Some((tokens.start, Date::new(to.year?, to.month, to.of_month).ok()?))
        }
        _ => None,
    };
    let all: Vec<(usize, Date)> = found.iter().filter_map(|(tokens, printed)| whole(tokens, printed)).collect();
    let head = all.iter().find(|(at, _)| *at < HEAD);
    let foot = || all.iter().rev().find(|(at, _)| at + HEAD / 2 >= end);
    if let Some((_, day)) = head.or_else(foot) {
        return Some(*day);
    }
    // The latest year that is no plan's.
    let years = || {
        found.iter().filter_map(|(tokens, printed)| Some((tokens, printed.year()?))).filter(|(_, year)| *year <= LATEST)
    };
    // "frente a las 19 del mismo periodo de 2024": the report is of the year after.
    let compared = years().filter(|(tokens, _)| doc.lexicon.same_period.before(&doc.tokens, tokens.start).is_some());
    let compared = compared.map(|(_, year)| year.saturating_add(1)).max();
    let past = years().filter(|(tokens, _)| !is_ahead(doc, tokens)).map(|(_, year)| year).max();
    let latest = to_date.or(past.max(compared)).or_else(|| years().map(|(_, year)| year).max())?;
    let days = found.iter().find_map(|(tokens, printed)| match printed {
        Printed::Days { from, weekday, .. } if from.year.is_none_or(|year| year == latest) => {
            let first = Date::new(latest, from.month, from.of_month).ok()?;
            // At the head of a report its weekday tells the year.
            let weekday = weekday.filter(|_| from.year.is_none() && tokens.start < HEAD);
            Some(weekday.and_then(|weekday| with_weekday(first, weekday)).unwrap_or(first))
        }
        _ => None,
    });
    days.or_else(|| {
        found.iter().find_map(|(_, printed)| match printed {
            Printed::Month { month, year } if year.is_none_or(|year| year == latest) => {
                Date::new(latest, *month, 1).ok()
            }
            _ => None,
        })
    })
    .or_else(|| Date::new(latest, 12, 31).ok())
}

/// The same day of the nearest year in which it is that weekday.
pub(super) fn with_weekday(day: Date, weekday: i8) -> Option<Date> {
    [0, -1, 1, -2, 2, -3, 3].into_iter().find_map(|shift: i16| {
        let then = Date::new(day.year().checked_add(shift)?, day.month(), day.day()).ok()?;
        (then.weekday().to_monday_one_offset() == weekday).then_some(then)
    })
}

/// Whether a date speaks of what has not been: "until 2030", "will be held in 2027".
fn is_ahead(doc: &Analysis<'_>, date: &Range<usize>) -> bool {
    let Some(sentence) = doc.sentence_of(date.start).and_then(|number| doc.sentence(number)) else { return false };
    let from = date.start.saturating_sub(AHEAD).max(sentence.tokens.start);
    let to = (date.end + AHEAD).min(sentence.tokens.end);
    (from..to).any(|at| doc.lexicon.ahead.is_at(&doc.tokens, at))
}

/// Tokens on each side of a date in which a verb may say that it lies ahead.
const AHEAD: usize = 12;

/// Tokens at the head of a report in which it prints its own day.
const HEAD: usize = 60;

/// Years after this one are plans.
const LATEST: i16 = 2100;
