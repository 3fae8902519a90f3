//! Where the period of a value stands: across the header, in columns, or beside the table.

use std::fmt::Write as _;

use quipu_readers::{Header, Sample};
use quipu_schema::pipeline::DateOrder;
use regex::Regex;

use super::profile::Profile;
use super::words::{self, Hint};
use crate::period::{self, Period};

/// A year within a text.
pub(super) const YEAR: &str = r"(?:19|20)\d\d";

/// Where a part of a period is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a column.
    Column(usize),
    /// In the header of the value: all of it (0) or one row of it, from 1; and what of it.
    Header(usize, Option<String>),
    /// In the rows above the header.
    Above(String),
    /// In the title of the table.
    Title(String),
    /// In the name of the document.
    Document(String),
}

/// Where the period of a value stands.
#[derive(Debug, Clone, Default)]
pub(super) struct When {
    /// `date`, `year`, `quarter`, `month`, `day`, each with its place.
    pub(super) parts: Vec<(&'static str, Place)>,
    /// Whether dates are printed month first.
    pub(super) month_first: bool,
    /// Whether no date tells which of the two stands first.
    pub(super) order_open: bool,
    /// The frequency to which finer periods are to be widened.
    pub(super) freq: Option<&'static str>,
    /// How it is known, for people.
    pub(super) how: Vec<String>,
    /// Whether that is a guess.
    pub(super) guessed: bool,
    /// Columns that say the same.
    pub(super) same: Vec<usize>,
}

/// Columns of values side by side that differ in their period.
#[derive(Debug, Clone)]
pub(super) struct Wide {
    /// What the header of a column says besides its period; one group of columns for each.
    pub(super) groups: Vec<(String, Vec<usize>)>,
    /// The part of a period that the header gives.
    pub(super) part: &'static str,
    /// Where in the header.
    pub(super) place: Place,
    /// A pattern for the headers of each group; none where names are better.
    pub(super) patterns: Vec<Option<String>>,
    /// The first and last header.
    pub(super) span: (String, String),
}

/// What a header cell says of periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Year,
    Month,
    Date,
    YearWithin,
}

fn says(text: &str, year: &Regex) -> Option<Says> {
    if period::year(text).is_some_and(|year| (1900..=2100).contains(&year)) {
        return Some(Says::Year);
    }
    if period::number(text).is_none() && period::month(text).is_some() {
        return Some(Says::Month);
    }
    if text.len() <= 30
        && text.bytes().any(|b| b.is_ascii_digit())
        && Period::parse(text, DateOrder::DayFirst).is_some()
    {
        // Numbers that happen to read as a period are no header.
        return (!text.bytes().all(|b| b.is_ascii_digit())).then_some(Says::Date);
    }
    (year.find_iter(text).count() == 1).then_some(Says::YearWithin)
}

/// Value columns whose headers are a run of periods.
pub(super) fn wide(header: &Header, profiles: &[Profile]) -> Option<Wide> {
    let year = Regex::new(YEAR).ok()?;
    let levels: Vec<(usize, &Vec<String>)> = if header.levels.len() > 1 {
        header.levels.iter().enumerate().map(|(at, level)| (at + 1, level)).collect()
    } else {
        vec![(0, &header.names)]
    };
    let mut best: Option<(usize, usize, Says, Vec<usize>)> = None;
    for (level, texts) in &levels {
        for kind in [Says::Year, Says::Month, Says::Date, Says::YearWithin] {
            let valued = |column: usize| {
                profiles.get(column).is_some_and(|p| p.is_numeric() || p.is_mostly_numeric() || p.said() == 0)
            };
            let columns: Vec<usize> = (0..texts.len())
                .filter(|column| texts.get(*column).and_then(|text| says(text, &year)) == Some(kind) && valued(*column))
                .collect();
            let filled = columns.iter().filter(|c| profiles.get(**c).is_some_and(|p| p.numbers > 0)).count();
            if filled >= 2 && best.as_ref().is_none_or(|(_, _, _, other)| columns.len() > other.len()) {
                best = Some((*level, texts.len(), kind, columns));
            }
        }
    }
    let (level, _, kind, columns) = best?;
    let texts = levels.iter().find(|(at, _)| *at == level).map(|(_, texts)| *texts)?;
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for column in columns {
        let own = texts.get(column).cloned().unwrap_or_default();
        let rest = if header.levels.len() > 1 {
            let others = header.levels.iter().enumerate().filter(|(at, _)| at + 1 != level);
            let mut parts: Vec<&str> = others.filter_map(|(_, texts)| texts.get(column)).map(String::as_str).collect();
            parts.retain(|part| !part.is_empty());
            parts.join(" / ")
        } else if kind == Says::YearWithin {
            year.replace(&own, "").split_whitespace().collect::<Vec<_>>().join(" ")
        } else {
            String::new()
        };
        match groups.iter_mut().find(|(known, _)| *known == rest) {
            Some((_, columns)) => columns.push(column),
            None => groups.push((rest, vec![column])),
        }
    }
    let (part, extract) = match kind {
        Says::Year => ("year", None),
        Says::Month => ("month", None),
        Says::Date => ("date", None),
        Says::YearWithin => ("year", Some(YEAR.to_owned())),
    };
    let pattern = |(_, columns): &(String, Vec<usize>)| {
        if kind == Says::Month {
            return None;
        }
        let mut pattern: Option<String> = None;
        for column in columns {
            let own = general(header.names.get(*column)?, kind, &year);
            match &pattern {
                None => pattern = Some(own),
                Some(known) if *known == own => {}
                Some(_) => return None,
            }
        }
        let pattern = pattern?;
        let whole = Regex::new(&format!("^(?:{pattern})$")).ok()?;
        let matched = header.names.iter().enumerate().filter(|(_, name)| whole.is_match(name));
        matched.map(|(at, _)| at).eq(columns.iter().copied()).then_some(pattern)
    };
    let patterns = groups.iter().map(pattern).collect();
    let ends = groups.iter().flat_map(|(_, columns)| columns);
    let name = |column: Option<&usize>| column.and_then(|column| texts.get(*column)).cloned().unwrap_or_default();
    let span = (name(ends.clone().min()), name(ends.max()));
    Some(Wide { groups, part, place: Place::Header(level, extract), patterns, span })
}

/// A pattern for a header that leaves its period open.
fn general(name: &str, kind: Says, year: &Regex) -> String {
    if kind != Says::Date {
        let mut pattern = String::new();
        let mut at = 0;
        for found in year.find_iter(name) {
            pattern.push_str(&regex::escape(name.get(at..found.start()).unwrap_or_default()));
            pattern.push_str(r"\d{4}");
            at = found.end();
        }
        pattern.push_str(&regex::escape(name.get(at..).unwrap_or_default()));
        return pattern;
    }
    let mut pattern = String::new();
    for c in name.chars() {
        if c.is_ascii_digit() {
            pattern.push_str(r"\d");
        } else if c.is_alphabetic() {
            pattern.push_str(r"\p{L}");
        } else {
            pattern.push_str(&regex::escape(&c.to_string()));
        }
    }
    pattern
}

/// The period where it stands in columns.
pub(super) fn long(profiles: &[Profile], taken: &[usize]) -> Option<When> {
    let mut when = When::default();
    let free = |column: &usize| !taken.contains(column);
    let hinted = |column: usize, hint| profiles.get(column).is_some_and(|p| words::hints(&p.name, hint));
    let columns = |test: &dyn Fn(&Profile) -> bool| -> Vec<usize> {
        (0..profiles.len()).filter(free).filter(|column| profiles.get(*column).is_some_and(test)).collect()
    };
    let preferred = |columns: &[usize], hint| {
        columns
            .iter()
            .copied()
            .find(|c| hinted(*c, hint))
            .or_else(|| columns.iter().copied().find(|c| hinted(*c, Hint::Date)))
            .or_else(|| columns.first().copied())
    };
    let years = columns(&|p: &Profile| p.nearly(p.years));
    let months = columns(&|p: &Profile| {
        p.nearly(p.month_names) || (p.nearly(p.months + p.month_names) && words::hints(&p.name, Hint::Month))
    });
    let days = columns(&|p: &Profile| {
        words::hints(&p.name, Hint::Day) && p.is_whole() && p.least >= 1.0 && p.greatest <= 31.0
    });
    let quarters = columns(&|p: &Profile| {
        words::hints(&p.name, Hint::Quarter)
            && !p.nearly(p.dates)
            && p.labels.len() <= 8
            && p.labels.iter().all(|label| period::quarter(&label.text).is_some())
    });
    let dates = columns(&|p: &Profile| p.nearly(p.dates));
    let year = preferred(&years, Hint::Year);
    let name = |column: usize| profiles.get(column).map(|p| p.name.clone()).unwrap_or_default();
    if let (Some(year), Some(part)) =
        (year, months.first().map(|at| ("month", *at)).or_else(|| quarters.first().map(|at| ("quarter", *at))))
    {
        when.parts = vec![("year", Place::Column(year)), (part.0, Place::Column(part.1))];
        when.how = vec![format!("year in `{}`, {} in `{}`", name(year), part.0, name(part.1))];
        if let Some(day) = days.first().filter(|_| part.0 == "month") {
            when.parts.push(("day", Place::Column(*day)));
        }
    } else if let Some(date) = preferred(&dates, Hint::Date) {
        let profile = profiles.get(date)?;
        when.parts = vec![("date", Place::Column(date))];
        when.month_first = profile.month_first > profile.day_first;
        let mut how =
            format!("in `{}`, such as `{}`", profile.name, profile.examples().first().cloned().unwrap_or_default());
        if let Some((proof, row)) = &profile.order_proof {
            let order = if when.month_first { "month first" } else { "day first" };
            let _ = write!(how, "; {order}, proven by `{proof}` (row {row})");
        } else if let Some(date) = &profile.either_order {
            let _ = write!(how, "; nothing proves that the day stands first: `{date}` may have its month there");
            (when.order_open, when.guessed) = (true, true);
        }
        when.how = vec![how];
        let finest = if profile.freqs.contains(&"D") { "D" } else { "M" };
        when.freq = Some(finest).filter(|freq| *freq == "D");
    } else if let Some(year) = year {
        when.parts = vec![("year", Place::Column(year))];
        when.how = vec![format!("year in `{}`", name(year))];
        when.guessed = !hinted(year, Hint::Year) && !hinted(year, Hint::Date);
    } else {
        return None;
    }
    let used: Vec<usize> =
        when.parts.iter().filter_map(|(_, place)| if let Place::Column(c) = place { Some(*c) } else { None }).collect();
    let also = years.into_iter().chain(months).chain(dates).chain(quarters).chain(days);
    when.same = also.filter(|column| !used.contains(column)).collect();
    when.same.sort_unstable();
    when.same.dedup();
    Some(when)
}

/// The year, where it stands beside the table: above the header, in its title, in the document's name.
pub(super) fn beside(header: &Header, sample: &Sample, name: &str) -> Option<(Place, String)> {
    let year = Regex::new(YEAR).ok()?;
    let title = sample.title.trim();
    if let Some(found) = year.find(title) {
        return Some((
            Place::Title(YEAR.to_owned()),
            format!("`{}` in the title of the table `{title}`", found.as_str()),
        ));
    }
    let mut above: Vec<(u64, String)> = Vec::new();
    for (number, texts) in &header.preamble {
        for text in texts {
            let dated = text.len() <= 40 && Period::parse(text, DateOrder::DayFirst).is_some_and(|p| p.freq == "D");
            if !dated {
                above.extend(year.find_iter(text).map(|found| (*number, found.as_str().to_owned())));
            }
        }
    }
    let mut distinct: Vec<&str> = above.iter().map(|(_, year)| year.as_str()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    if let ([only], Some((row, _))) = (distinct.as_slice(), above.first()) {
        // The first year of all that stands above must be this one, or the pattern would find another.
        let all: Vec<String> = header.preamble.iter().map(|(_, texts)| texts.join("\t")).collect();
        if year.find(&all.join("\n")).map(|found| found.as_str()) == Some(*only) {
            return Some((Place::Above(YEAR.to_owned()), format!("`{only}` above the header (row {row})")));
        }
    }
    // The name may come to have folders in front: the last year of it is meant.
    let found = year.find_iter(name).last()?;
    Some((Place::Document(format!(".*({YEAR})")), format!("`{}` in the name of the file", found.as_str())))
}

/// The day of publication that the rows above the header state, with the label beside it.
pub(super) fn published(header: &Header) -> Option<(String, Option<String>, u64)> {
    const SAYS: [&str; 14] = [
        "actualiz", "atualiz", "updat", "publi", "fecha", "corte", "date", "data", "extra", "generad", "elabor",
        "jour", "release", "as",
    ];
    let mut found: Option<(String, Option<String>, u64)> = None;
    for (number, texts) in &header.preamble {
        let mut label: Option<&String> = None;
        for text in texts.iter().filter(|text| !text.is_empty()) {
            let (said, date) =
                text.split_once(':').map_or((None, text.as_str()), |(said, rest)| (Some(said), rest.trim()));
            let day = Period::parse(date, DateOrder::DayFirst).filter(|period| period.freq == "D");
            if let Some(day) = day {
                let words = words::words(said.or(label.map(String::as_str)).unwrap_or_default());
                let spoken = words.iter().any(|word| SAYS.iter().any(|stem| word.starts_with(stem)));
                let beside = label.filter(|_| spoken && said.is_none()).cloned();
                if spoken || found.is_none() {
                    found = Some((day.start.to_string(), beside, *number));
                }
            }
            label = Some(text);
        }
    }
    found
}
