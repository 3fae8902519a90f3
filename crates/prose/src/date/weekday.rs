//! Weekdays: `on Tuesday`, `este jueves`, `nesta quinta-feira (15/5)`.

use std::ops::Range;

use super::printed::{day, month, number, past_of};
use super::{Day, Printed};
use crate::analysis::Analysis;
use crate::lexicon::Sense;
use crate::token::Shape;

/// `on Tuesday`, `este jueves`, `el próximo lunes`; not where the date itself follows.
pub(super) fn weekday(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
    let (end, Sense::Weekday(number)) = doc.find(at, |sense| matches!(sense, Sense::Weekday(_)))? else { return None };
    let led = at.checked_sub(1).is_some_and(|before| {
        matches!(
            doc.fold(before),
            "on" | "this"
                | "last"
                | "next"
                | "el"
                | "este"
                | "pasado"
                | "proximo"
                | "ce"
                | "nesta"
                | "na"
                | "neste"
                | "no"
                | "esta"
                | "passada"
                | "proxima"
                | "since"
                | "past"
                | "del"
                | "of"
                | "by"
        ) || matches!(doc.fold(before), "y" | "et" | "e" | "and")
            && before.checked_sub(1).is_some_and(|at| doc.is(at, |sense| matches!(sense, Sense::Weekday(_))))
    });
    // "nesta quinta-feira (15/5)", "até quinta-feira (14)": the day itself stands behind.
    if let Some(found) = in_brackets(doc, at, end, *number) {
        return Some(found);
    }
    // French names the day alone: "arrêtées mardi".
    let of_month = |token: &crate::token::Token| token.shape == Shape::Digits && token.end - token.start <= 2;
    let alone = doc.fold(end) != "," || !doc.token(end + 1).is_some_and(of_month);
    let bare = !doc.lexicon.trade.right_headed
        && doc.token(at).is_some_and(|token| token.shape == Shape::Small)
        && at > 0
        && !doc.is_function_word(at - 1);
    let follows = (end..end + 3).any(|next| {
        day(doc, next).is_some_and(|(_, over)| month(doc, past_of(doc, over)).is_some()) || month(doc, next).is_some()
    });
    let ahead = at.checked_sub(1).is_some_and(|before| doc.lexicon.next.is_at(&doc.tokens, before))
        || doc.lexicon.next.is_at(&doc.tokens, end);
    (alone && (led || bare) && !follows)
        .then_some((at..end, Printed::Weekday { number: *number, next: ahead, of_month: None }))
}

/// A weekday with its day in brackets, and perhaps its month: the month is that of the report.
fn in_brackets(doc: &Analysis<'_>, at: usize, end: usize, weekday: i8) -> Option<(Range<usize>, Printed)> {
    if doc.fold(end) != "(" {
        return None;
    }
    let (of_month, mut next) = day(doc, end + 1)?;
    let month = (doc.fold(next) == "/").then(|| number(doc, next + 1, 1..=2)).flatten();
    if month.is_some() {
        next += 2;
    }
    if doc.fold(next) != ")" {
        return None;
    }
    match month.and_then(|month| i8::try_from(month).ok()) {
        Some(month) if (1..=12).contains(&month) => {
            let day = Day { of_month, month, year: None };
            Some((at..next + 1, Printed::Days { from: day, to: day, weekday: Some(weekday) }))
        }
        Some(_) => None,
        None => Some((at..next + 1, Printed::Weekday { number: weekday, next: false, of_month: Some(of_month) })),
    }
}
