//! Dates and periods: `21 – 23 March`, `en mayo de 1990`, `so far in 2023`, `il y a 100 ans`.
//!
//! What a date leaves out (a year, the day that "today" means) is reckoned from the day of the report and
//! marked as inferred.

use std::ops::Range;

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::analysis::Analysis;
use crate::lexicon::{Relative, Sense, TimeUnit};
use crate::token::Shape;

/// How exact a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// To the day.
    Day,
    /// A week, from Monday.
    Week,
    /// A month, or several.
    Month,
    /// A quarter or a half of a year.
    Quarter,
    /// A year, or several.
    Year,
    /// From the start of a year to the day of the report.
    ToDate,
    /// Some days.
    Vague,
}

/// A date of a text. Ranges count tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dated {
    pub(crate) tokens: Range<usize>,
    pub(crate) start: Date,
    pub(crate) end: Date,
    pub(crate) precision: Precision,
    /// A part was not printed, but reckoned from the rest of the report.
    pub(crate) inferred: bool,
    pub(crate) relative: bool,
}

/// A date as printed: what is missing is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Printed {
    Days { from: Day, to: Day },
    Month { month: i8, year: Option<i16> },
    Months { from: (i8, Option<i16>), to: (i8, Option<i16>) },
    Weekday { number: i8, next: bool },
    Year { from: i16, to: i16 },
    Part { start: i8, months: i8, year: Option<i16> },
    ToDate { year: i16 },
    Relative(Relative),
    Ago { count: i64, unit: TimeUnit },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day {
    of_month: i8,
    month: i8,
    year: Option<i16>,
}

/// What was found of dates.
#[derive(Debug)]
pub(crate) struct Dates {
    pub(crate) found: Vec<Dated>,
    /// Tokens of dates whose year nothing tells.
    pub(crate) without: Vec<Range<usize>>,
    /// The day of the report.
    pub(crate) day: Option<Date>,
}

/// The dates of a text. `published` is the day of the report, where it is known from elsewhere.
pub(crate) fn dates(doc: &Analysis<'_>, published: Option<Date>, numbers: &[(Range<usize>, f64)]) -> Dates {
    let mut found: Vec<(Range<usize>, Printed)> = Vec::new();
    let mut at = 0;
    while at < doc.tokens.len() {
        match printed(doc, at, numbers) {
            Some((tokens, date)) => {
                at = tokens.end.max(at + 1);
                found.push((tokens, date));
            }
            None => at += 1,
        }
    }
    let day = published.or_else(|| reckoned(doc, &found));
    let mut without = Vec::new();
    let dates = found.into_iter().filter_map(|(tokens, printed)| {
        let since =
            matches!(printed, Printed::Year { from, to } if from == to) || matches!(printed, Printed::Month { .. });
        let start = tokens.start;
        let Some(mut date) = resolve(tokens.clone(), printed, day) else {
            if !matches!(printed, Printed::Relative(_) | Printed::Ago { .. } | Printed::Weekday { .. }) {
                without.push(tokens);
            }
            return None;
        };
        // "since 2004": up to the day of the report.
        if since
            && doc.lexicon.since.before(&doc.tokens, start).is_some()
            && let Some(day) = day.filter(|day| *day > date.end)
        {
            date.end = day;
            date.inferred = true;
        }
        Some(date)
    });
    Dates { found: dates.collect(), without, day }
}

/// The day of a report that does not say its own: the first day of the first days printed (a conference,
/// a dateline), in the latest year of the text.
fn reckoned(doc: &Analysis<'_>, found: &[(Range<usize>, Printed)]) -> Option<Date> {
    let years = found.iter().filter_map(|(_, printed)| match printed {
        Printed::Days { to, .. } => to.year,
        Printed::Month { year, .. } | Printed::Part { year, .. } => *year,
        Printed::Year { to, .. } => Some(*to),
        Printed::ToDate { year } => Some(*year),
        Printed::Months { to, .. } => to.1,
        Printed::Relative(_) | Printed::Ago { .. } | Printed::Weekday { .. } => None,
    });
    let to_date = found.iter().find_map(|(_, printed)| match printed {
        Printed::ToDate { year } => Some(*year),
        _ => None,
    });
    // A whole date at the head or the foot of a report, where releases print their day.
    let end = doc.tokens.len();
    let whole = |tokens: &Range<usize>, printed: &Printed| match printed {
        Printed::Days { from, to } if from == to && to.year.is_some() => {
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
    // The latest year that is spoken of twice, or with a month; else the latest of all. Plans lie ahead, but
    // are rarely spoken of twice.
    let mut counts: std::collections::BTreeMap<i16, usize> = std::collections::BTreeMap::new();
    for year in years.filter(|year| *year <= LATEST) {
        *counts.entry(year).or_default() += 1;
    }
    let with_month = |year: i16| {
        found.iter().any(|(_, printed)| match printed {
            Printed::Days { to, .. } => to.year == Some(year),
            Printed::Month { year: stated, .. } => *stated == Some(year),
            _ => false,
        })
    };
    let often = counts.iter().rev().find(|(year, count)| **count > 1 || with_month(**year)).map(|(year, _)| *year);
    let latest = to_date.or(often).or_else(|| counts.keys().next_back().copied())?;
    let days = found.iter().find_map(|(_, printed)| match printed {
        Printed::Days { from, .. } if from.year.is_none_or(|year| year == latest) => {
            Date::new(latest, from.month, from.of_month).ok()
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

/// Tokens at the head of a report in which it prints its own day.
const HEAD: usize = 60;

/// Years after this one are plans.
const LATEST: i16 = 2100;

fn resolve(tokens: Range<usize>, printed: Printed, day: Option<Date>) -> Option<Dated> {
    let whole = |start: Date, end: Date, precision, inferred, relative| {
        (start <= end).then_some(Dated { tokens: tokens.clone(), start, end, precision, inferred, relative })
    };
    match printed {
        Printed::Days { from, to } => {
            let inferred = to.year.is_none();
            let end_year = match to.year {
                Some(year) => year,
                None => near(day?, to.month, to.of_month),
            };
            let end = Date::new(end_year, to.month, to.of_month).ok()?;
            let start_year = from.year.unwrap_or(if (from.month, from.of_month) > (to.month, to.of_month) {
                end_year - 1
            } else {
                end_year
            });
            whole(Date::new(start_year, from.month, from.of_month).ok()?, end, Precision::Day, inferred, false)
        }
        Printed::Month { month, year } => {
            let start = Date::new(
                year.unwrap_or(near(day.or(year.and_then(|y| Date::new(y, 1, 1).ok()))?, month, 1)),
                month,
                1,
            )
            .ok()?;
            whole(start, start.last_of_month(), Precision::Month, year.is_none(), false)
        }
        Printed::Months { from, to } => {
            let end_year = to.1.or(day.map(Date::year))?;
            let start_year = from.1.unwrap_or(if from.0 > to.0 { end_year - 1 } else { end_year });
            let end = Date::new(end_year, to.0, 1).ok()?.last_of_month();
            whole(Date::new(start_year, from.0, 1).ok()?, end, Precision::Month, to.1.is_none(), false)
        }
        Printed::Weekday { number, next } => {
            let day = day?;
            let behind = (day.weekday().to_monday_one_offset() - number).rem_euclid(7);
            let then = if next {
                day.checked_add(i64::from(7 - behind).days())
            } else {
                day.checked_sub(i64::from(behind).days())
            }
            .ok()?;
            whole(then, then, Precision::Day, true, true)
        }
        Printed::Year { from, to } => {
            whole(Date::new(from, 1, 1).ok()?, Date::new(to, 12, 31).ok()?, Precision::Year, false, false)
        }
        Printed::Part { start, months, year } => {
            let first = Date::new(year.or(day.map(Date::year))?, start, 1).ok()?;
            let end = first.checked_add((i64::from(months) - 1).months()).ok()?.last_of_month();
            whole(first, end, Precision::Quarter, year.is_none(), false)
        }
        Printed::ToDate { year } => {
            let last = Date::new(year, 12, 31).ok()?;
            let end = day.filter(|day| day.year() == year).unwrap_or(last);
            whole(Date::new(year, 1, 1).ok()?, end, Precision::ToDate, true, false)
        }
        Printed::Relative(relative) => {
            let (start, end, precision) = relative_to(day?, relative)?;
            whole(start, end, precision, true, true)
        }
        Printed::Ago { count, unit } => {
            let day = day?;
            let span: Span = match unit {
                TimeUnit::Day => Span::new().try_days(count).ok()?,
                TimeUnit::Week => Span::new().try_weeks(count).ok()?,
                TimeUnit::Month => Span::new().try_months(count).ok()?,
                TimeUnit::Year => Span::new().try_years(count).ok()?,
                TimeUnit::Decade => Span::new().try_years(count.checked_mul(10)?).ok()?,
            };
            let then = day.checked_sub(span).ok()?;
            match unit {
                TimeUnit::Day => whole(then, then, Precision::Day, true, true),
                TimeUnit::Week => {
                    let monday = monday(then)?;
                    whole(monday, monday.checked_add(6.days()).ok()?, Precision::Week, true, true)
                }
                TimeUnit::Month => whole(then.first_of_month(), then.last_of_month(), Precision::Month, true, true),
                TimeUnit::Year | TimeUnit::Decade => {
                    whole(then.first_of_year(), then.last_of_year(), Precision::Year, true, true)
                }
            }
        }
    }
}

/// The year in which a day without one lies: near the day of the report.
fn near(day: Date, month: i8, of_month: i8) -> i16 {
    let distance = |year: i16| {
        let then = Date::new(year, month, of_month.min(28));
        then.map_or(i32::MAX, |then| day.since(then).map_or(i32::MAX, |span| span.get_days().abs()))
    };
    // What lies far ahead of a report is more likely behind it.
    let ahead = Date::new(day.year(), month, of_month.min(28)).is_ok_and(|then| then > day);
    if ahead && distance(day.year()) > 180 { day.year() - 1 } else { day.year() }
}

fn monday(day: Date) -> Option<Date> {
    day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).ok()
}

fn relative_to(day: Date, relative: Relative) -> Option<(Date, Date, Precision)> {
    let week = |shift: i64| {
        let start = monday(day)?.checked_add((7 * shift).days()).ok()?;
        Some((start, start.checked_add(6.days()).ok()?, Precision::Week))
    };
    let month = |shift: i64| {
        let start = day.first_of_month().checked_add(shift.months()).ok()?;
        Some((start, start.last_of_month(), Precision::Month))
    };
    let year = |shift: i16| {
        let start = Date::new(day.year().checked_add(shift)?, 1, 1).ok()?;
        Some((start, start.last_of_year(), Precision::Year))
    };
    let shifted = |days: i64| day.checked_add(days.days()).ok();
    match relative {
        Relative::Today => Some((day, day, Precision::Day)),
        Relative::DayBefore => shifted(-2).map(|day| (day, day, Precision::Day)),
        Relative::YearToDate => Some((day.first_of_year(), day, Precision::ToDate)),
        Relative::Yesterday => shifted(-1).map(|day| (day, day, Precision::Day)),
        Relative::Tomorrow => shifted(1).map(|day| (day, day, Precision::Day)),
        Relative::ThisWeek => week(0),
        Relative::LastWeek => week(-1),
        Relative::NextWeek => week(1),
        Relative::ComingDays => shifted(2).map(|end| (day, end, Precision::Vague)),
        Relative::PastDays => shifted(-6).map(|start| (start, day, Precision::Vague)),
        Relative::ThisMonth => month(0),
        Relative::LastMonth => month(-1),
        Relative::NextMonth => month(1),
        Relative::ThisYear => year(0),
        Relative::LastYear => year(-1),
        Relative::NextYear => year(1),
    }
}

/// A date that starts at a token.
fn printed(doc: &Analysis<'_>, at: usize, numbers: &[(Range<usize>, f64)]) -> Option<(Range<usize>, Printed)> {
    let token = doc.token(at)?;
    if let Some((end, sense)) = doc.find(at, |sense| matches!(sense, Sense::Relative(_) | Sense::ToDate)) {
        match sense {
            Sense::Relative(relative) => return Some((at..end, Printed::Relative(*relative))),
            _ => {
                if let Some((year, end)) = year(doc, end) {
                    return Some((at..end, Printed::ToDate { year }));
                }
            }
        }
    }
    if let Some((end, _)) = doc.find(at, |sense| matches!(sense, Sense::BeforeAgo))
        && let Some((number, value)) = numbers.iter().find(|(number, _)| number.start >= end && number.start <= end + 2)
        && let Some((unit_end, Sense::TimeUnit(unit))) =
            doc.find(number.end, |sense| matches!(sense, Sense::TimeUnit(_)))
        && let Some(count) = count(*value)
    {
        return Some((at..unit_end, Printed::Ago { count, unit: *unit }));
    }
    if let Some((number, value)) = numbers.iter().find(|(number, _)| number.start == at)
        && let Some((unit_end, Sense::TimeUnit(unit))) =
            doc.find(number.end, |sense| matches!(sense, Sense::TimeUnit(_)))
        && let Some((end, _)) = doc.find(unit_end, |sense| matches!(sense, Sense::Ago))
        && let Some(count) = count(*value)
    {
        return Some((at..end, Printed::Ago { count, unit: *unit }));
    }
    if let Some(found) = iso(doc, at).or_else(|| slashed(doc, at)).or_else(|| days(doc, at)) {
        return Some(found);
    }
    if let Some(found) = part_of_year(doc, at) {
        return Some(found);
    }
    if let Some((month, end)) = month(doc, at) {
        return month_first(doc, at, month, end);
    }
    if let Some(found) = weekday(doc, at) {
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

fn number(doc: &Analysis<'_>, at: usize, digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let token = doc.token(at)?;
    let fits = token.shape == Shape::Digits && digits.contains(&(token.end - token.start));
    fits.then(|| doc.fold(at).parse().ok()).flatten()
}

/// A year of four digits, and the token after it.
fn year(doc: &Analysis<'_>, at: usize) -> Option<(i16, usize)> {
    let year = number(doc, at, 4..=4).filter(|year| (1800..=2100).contains(year))?;
    Some((year, at + 1))
}

/// A day of a month, with its ordinal suffix, and the token after it.
fn day(doc: &Analysis<'_>, at: usize) -> Option<(i8, usize)> {
    let number = number(doc, at, 1..=2).filter(|day| (1..=31).contains(day))?;
    let next = at + 1;
    let suffix = doc.token(next).is_some_and(|token| !token.apart)
        && matches!(doc.fold(next), "st" | "nd" | "rd" | "th" | "er" | "º" | "o" | "ª" | "°" | "re");
    Some((i8::try_from(number).ok()?, next + usize::from(suffix)))
}

fn month(doc: &Analysis<'_>, at: usize) -> Option<(i8, usize)> {
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

fn is_dash(doc: &Analysis<'_>, at: usize) -> bool {
    matches!(doc.fold(at), "-" | "/")
}

/// Past a word such as `of` or `de`.
fn past_of(doc: &Analysis<'_>, at: usize) -> usize {
    let at = if doc.fold(at) == "," { at + 1 } else { at };
    doc.lexicon.date_of.at(&doc.tokens, at).map_or(at, |(end, ())| end)
}

/// Past a dash or a word such as `to` or `al`.
fn past_to(doc: &Analysis<'_>, at: usize) -> Option<usize> {
    if is_dash(doc, at) {
        return Some(at + 1);
    }
    doc.lexicon.date_to.at(&doc.tokens, at).map(|(end, ())| end)
}

/// `21 March 2023`, `21 – 23 March`, `28 de noviembre al 2 de diciembre`, `10, 11 and 12 July`.
fn days(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
    if at > 0
        && doc.token(at).is_some_and(|token| !token.apart)
        && doc
            .token(at - 1)
            .is_some_and(|before| before.shape == Shape::Digits || matches!(doc.fold(at - 1), "." | ","))
    {
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
            && let Some((last_month, after)) = self::month(doc, past_of(doc, after))
        {
            let (year, after) = year(doc, past_of(doc, after)).map_or((None, after), |(year, end)| (Some(year), end));
            let to = Day { of_month: last, month: last_month, year };
            return Some((at..after, Printed::Days { from, to }));
        }
        return Some((at..end, Printed::Days { from, to: from }));
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
        Printed::Days { from: Day { of_month: first, month, year }, to: Day { of_month: last, month, year } },
    ))
}

/// `March 21, 2023`, `March 21-23`, `March 2023`, and `in March`.
fn month_first(doc: &Analysis<'_>, at: usize, month: i8, end: usize) -> Option<(Range<usize>, Printed)> {
    if let Some((first, after)) = day(doc, end)
        && doc.lexicon.trade.right_headed
        && !is_unit(doc, after)
    {
        let mut to = Day { of_month: first, month, year: None };
        let mut end = after;
        if let Some(next) = past_to(doc, after) {
            if let Some((last_month, over)) = self::month(doc, next)
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
        return Some((at..end, Printed::Days { from, to }));
    }
    let over = past_of(doc, end);
    let (first_year, after) = year(doc, over).map_or((None, end), |(year, end)| (Some(year), end));
    // "November 2020 to December 2022", "entre enero y agosto"
    let opened = doc.lexicon.between.before(&doc.tokens, at).is_some();
    if let Some(next) = past_to(doc, after).filter(|_| {
        opened || doc.fold(after) == "-" || first_year.is_some() && !matches!(doc.fold(after), "and" | "y" | "e" | "et")
    }) && let Some((last, over)) = self::month(doc, next)
        && day(doc, over).is_none_or(|_| !doc.lexicon.trade.right_headed)
    {
        let (last_year, over) = year(doc, past_of(doc, over)).map_or((None, over), |(year, end)| (Some(year), end));
        return Some((at..over, Printed::Months { from: (month, first_year), to: (last, last_year) }));
    }
    if let Some(year) = first_year {
        return Some((at..after, Printed::Month { month, year: Some(year) }));
    }
    // A month by itself is a date where a word before it says so: `in March`, `desde enero`.
    let led = doc.lexicon.date_in.before(&doc.tokens, at).is_some();
    let short = doc.fold(at).len() <= 3 && doc.fold(at) != "mai" && doc.fold(at) != "may";
    (led && !short).then_some((at..end, Printed::Month { month, year: None }))
}

fn is_unit(doc: &Analysis<'_>, at: usize) -> bool {
    // "in March 12 countries": a small word right behind, and no end of the phrase.
    doc.token(at).is_some_and(|token| token.shape == Shape::Small && token.apart)
        && !doc.is_function_word(at)
        && doc.fold(at).ends_with('s')
}

/// `2023-03-21`
fn iso(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
    let (year, _) = year(doc, at)?;
    let tight = |at: usize| doc.token(at).is_some_and(|token| !token.apart);
    if !(doc.fold(at + 1) == "-" && doc.fold(at + 3) == "-" && (1..=4).all(|step| tight(at + step))) {
        return None;
    }
    let month = i8::try_from(number(doc, at + 2, 2..=2)?).ok()?;
    let day = i8::try_from(number(doc, at + 4, 2..=2)?).ok()?;
    let day = Day { of_month: day, month, year: Some(year) };
    Date::new(year, month, day.of_month).ok()?;
    Some((at..at + 5, Printed::Days { from: day, to: day }))
}

/// `21/03/2023`: days come first, as these four languages write; in English only where it can be no other.
fn slashed(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
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
    Some((at..at + 5, Printed::Days { from: day, to: day }))
}

/// `first quarter of 2024`, `primer semestre de 2023`.
fn part_of_year(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
    let (next, Sense::Nth(number)) = doc.find(at, |sense| matches!(sense, Sense::Nth(_)))? else { return None };
    let (end, sense) = doc.find(next, |sense| matches!(sense, Sense::Quarter | Sense::Half))?;
    let months = if *sense == Sense::Quarter { 3 } else { 6 };
    let start = number.checked_sub(1)?.checked_mul(months)?.checked_add(1).filter(|start| *start <= 12)?;
    let over = past_of(doc, end);
    let (year, end) = year(doc, over).map_or((None, end), |(year, end)| (Some(year), end));
    Some((at..end, Printed::Part { start, months, year }))
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

/// `on Tuesday`, `este jueves`, `el próximo lunes`; not where the date itself follows.
fn weekday(doc: &Analysis<'_>, at: usize) -> Option<(Range<usize>, Printed)> {
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
        )
    });
    // French names the day alone: "arrêtées mardi".
    let alone = doc.fold(end) != "," || !doc.token(end + 1).is_some_and(|token| token.shape == Shape::Digits);
    let bare = !doc.lexicon.trade.right_headed
        && doc.token(at).is_some_and(|token| token.shape == Shape::Small)
        && at > 0
        && !doc.is_function_word(at - 1);
    let follows = (end..end + 3).any(|next| {
        day(doc, next).is_some_and(|(_, over)| month(doc, past_of(doc, over)).is_some()) || month(doc, next).is_some()
    });
    let ahead = at.checked_sub(1).is_some_and(|before| doc.lexicon.next.is_at(&doc.tokens, before))
        || doc.lexicon.next.is_at(&doc.tokens, end);
    (alone && (led || bare) && !follows).then_some((at..end, Printed::Weekday { number: *number, next: ahead }))
}
