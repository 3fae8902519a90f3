//! Dates and periods: `21 – 23 March`, `en mayo de 1990`, `so far in 2023`, `il y a 100 ans`.
//!
//! What a date leaves out (a year, the day that "today" means) is reckoned from the day of the report and
//! marked as inferred.

mod calendar;
mod day;
mod printed;
mod resolve;
mod weekday;

use std::ops::Range;

use jiff::civil::Date;

use crate::analysis::Analysis;
use crate::lexicon::{Relative, TimeUnit};

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
    /// It goes on to the day of the report: `since 2004`.
    pub(crate) open: bool,
}

/// A date as printed: what is missing is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Printed {
    /// `weekday`: of the first, Monday being 1, where it stands with the day.
    Days {
        from: Day,
        to: Day,
        weekday: Option<i8>,
    },
    Month {
        month: i8,
        year: Option<i16>,
    },
    Months {
        from: (i8, Option<i16>),
        to: (i8, Option<i16>),
    },
    /// `of_month`: its day, where it stands behind.
    Weekday {
        number: i8,
        next: bool,
        of_month: Option<i8>,
    },
    Year {
        from: i16,
        to: i16,
    },
    Part {
        start: i8,
        months: i8,
        year: Option<i16>,
    },
    ToDate {
        year: i16,
    },
    /// "the year before": before a year that stands before it, or the report's.
    YearBefore,
    /// `outubro do ano passado`: years before the report's.
    MonthOf {
        month: i8,
        years_ago: i16,
    },
    /// `noviembre pasado`: the last one before the report.
    MonthPast {
        month: i8,
    },
    Relative(Relative),
    Ago {
        count: i64,
        unit: TimeUnit,
    },
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
        match printed::printed(doc, at, numbers) {
            Some((tokens, date)) => {
                at = tokens.end.max(at + 1);
                found.push((tokens, date));
            }
            None => at += 1,
        }
    }
    let day = published.or_else(|| day::reckoned(doc, &found));
    let mut without = Vec::new();
    let mut dates = Vec::new();
    for (number, (tokens, printed)) in found.iter().enumerate() {
        let anchored = anchored(doc, found.get(..number).unwrap_or_default(), tokens, *printed);
        let Some(mut date) = resolve::resolve(tokens.clone(), anchored, day) else {
            if !matches!(printed, Printed::Relative(_) | Printed::Ago { .. } | Printed::Weekday { .. }) {
                without.push(tokens.clone());
            }
            continue;
        };
        date.open = matches!(printed, Printed::Year { from, to } if from == to)
            || matches!(printed, Printed::Month { .. } | Printed::Days { .. });
        date.open &= doc.lexicon.since.before(&doc.tokens, tokens.start).is_some();
        dates.push(date);
    }
    Dates { found: dates, without, day }
}

/// "the first half", "the year before": of the year that stands before it in its sentence; "the year before" also of
/// the year that the text has spoken of last, as statistics do.
fn anchored(
    doc: &Analysis<'_>,
    before: &[(Range<usize>, Printed)],
    tokens: &Range<usize>,
    printed: Printed,
) -> Printed {
    let sentence = doc.sentence_of(tokens.start);
    let year = || {
        let near = before.iter().rev().take_while(|(other, _)| doc.sentence_of(other.start) == sentence);
        near.into_iter().find_map(|(_, other)| other.year())
    };
    match printed {
        Printed::Part { start, months, year: None } => Printed::Part { start, months, year: year() },
        Printed::YearBefore => match year().or_else(|| spoken(before)).and_then(|year| year.checked_sub(1)) {
            Some(year) => Printed::Year { from: year, to: year },
            None => Printed::Relative(Relative::LastYear),
        },
        printed => printed,
    }
}

/// The year that a text has spoken of last as a whole, or in months or quarters.
fn spoken(before: &[(Range<usize>, Printed)]) -> Option<i16> {
    before.iter().rev().take(SPOKEN).find_map(|(_, printed)| match printed {
        Printed::Year { from, to } if from == to => Some(*to),
        Printed::Part { year, .. } => *year,
        Printed::Months { to, .. } => to.1,
        _ => None,
    })
}

/// Dates back that a year may have been spoken of.
const SPOKEN: usize = 6;

impl Printed {
    /// The year that is printed with it; of several, the last.
    fn year(self) -> Option<i16> {
        match self {
            Self::Days { to, .. } => to.year,
            Self::Month { year, .. } | Self::Part { year, .. } => year,
            Self::Year { to, .. } => Some(to),
            Self::ToDate { year } => Some(year),
            Self::Months { to, .. } => to.1,
            _ => None,
        }
    }
}
