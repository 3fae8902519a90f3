//! From a date as printed to days, with the day of the report.

use std::ops::Range;

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::{Dated, Precision, Printed};
use crate::lexicon::{Relative, TimeUnit};

pub(super) fn resolve(tokens: Range<usize>, printed: Printed, day: Option<Date>) -> Option<Dated> {
    let whole = |start: Date, end: Date, precision, inferred, relative| {
        (start <= end).then_some(Dated {
            tokens: tokens.clone(),
            start,
            end,
            precision,
            inferred,
            relative,
            open: false,
        })
    };
    match printed {
        Printed::Days { from, to, weekday } => {
            let inferred = to.year.is_none();
            let end_year = match (to.year, weekday.filter(|_| from == to)) {
                (Some(year), _) => year,
                (None, weekday) => {
                    let year = near(day?, to.month, to.of_month);
                    let told = Date::new(year, to.month, to.of_month).ok();
                    let told = told.zip(weekday).and_then(|(day, weekday)| super::day::with_weekday(day, weekday));
                    told.map_or(year, Date::year)
                }
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
        Printed::Weekday { of_month: Some(of_month), .. } => {
            // The day of that number nearest to the report.
            let day = day?;
            let months =
                [0, -1, 1].into_iter().filter_map(|shift: i64| day.first_of_month().checked_add(shift.months()).ok());
            let days = months.filter_map(|month| Date::new(month.year(), month.month(), of_month).ok());
            let then = days.min_by_key(|then| day.since(*then).map_or(i32::MAX, |span| span.get_days().abs()))?;
            whole(then, then, Precision::Day, true, true)
        }
        Printed::Weekday { number, next, of_month: None } => {
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
        Printed::YearBefore => {
            let (start, end, precision) = relative_to(day?, Relative::LastYear)?;
            whole(start, end, precision, true, true)
        }
        Printed::MonthOf { month, years_ago } => {
            let start = Date::new(day?.year().checked_sub(years_ago)?, month, 1).ok()?;
            whole(start, start.last_of_month(), Precision::Month, true, true)
        }
        Printed::MonthPast { month } => {
            let day = day?;
            let year = if month >= day.month() { day.year().checked_sub(1)? } else { day.year() };
            let start = Date::new(year, month, 1).ok()?;
            whole(start, start.last_of_month(), Precision::Month, true, true)
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
        Relative::LastYear | Relative::YearBefore => year(-1),
        Relative::NextYear => year(1),
    }
}
