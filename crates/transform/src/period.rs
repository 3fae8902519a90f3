//! Periods as publishers print them: a year, a month by number or name, a quarter, a day.

use jiff::civil::Date;
use quipu_schema::pipeline::DateOrder;

/// A period of the calendar with its SDMX frequency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Period {
    /// First day.
    pub(crate) start: Date,
    /// Last day.
    pub(crate) end: Date,
    /// SDMX frequency: `A`, `Q`, `M`, `D`.
    pub(crate) freq: &'static str,
}

/// Years that a publication can speak of.
const YEARS: std::ops::RangeInclusive<i16> = 1800..=2200;

/// Month names in en, es, pt, fr, folded; abbreviations are their first three letters where no two
/// months share them.
const MONTHS: [[&str; 4]; 12] = [
    ["january", "enero", "janeiro", "janvier"],
    ["february", "febrero", "fevereiro", "fevrier"],
    ["march", "marzo", "marco", "mars"],
    ["april", "abril", "abril", "avril"],
    ["may", "mayo", "maio", "mai"],
    ["june", "junio", "junho", "juin"],
    ["july", "julio", "julho", "juillet"],
    ["august", "agosto", "agosto", "aout"],
    ["september", "septiembre", "setembro", "septembre"],
    ["october", "octubre", "outubro", "octobre"],
    ["november", "noviembre", "novembro", "novembre"],
    ["december", "diciembre", "dezembro", "decembre"],
];

impl Period {
    /// A year.
    pub(crate) fn year(year: i16) -> Option<Self> {
        let year = Some(year).filter(|year| YEARS.contains(year))?;
        Some(Self { start: Date::new(year, 1, 1).ok()?, end: Date::new(year, 12, 31).ok()?, freq: "A" })
    }

    /// A month.
    pub(crate) fn month(year: i16, month: i8) -> Option<Self> {
        Self::months(year, month, 1, "M")
    }

    fn months(year: i16, month: i8, count: i8, freq: &'static str) -> Option<Self> {
        let year = Some(year).filter(|year| YEARS.contains(year))?;
        let start = Date::new(year, month, 1).ok()?;
        let end = Date::new(year, month.checked_add(count - 1)?, 1).ok()?.last_of_month();
        Some(Self { start, end, freq })
    }

    /// The period that a text prints: `2019`, `2019-03`, `2003m1`, `2019Q2`, `2019-03-21`, an ISO
    /// moment, `21/03/2019`, `3/2019`, `Mar-19`, `marzo de 2019`, `2019 T2`, `20190321`, `201903`.
    pub(crate) fn parse(text: &str, order: DateOrder) -> Option<Self> {
        let text = text.trim();
        if let Some(year) = year(text) {
            return Self::year(year);
        }
        if let Some((date, time)) = text.split_once(['T', ' '])
            && time.starts_with(|c: char| c.is_ascii_digit())
            && time.contains(':')
        {
            return Self::parse(date, order);
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if digits && matches!(text.len(), 6 | 8) {
            let part = |from: usize, to: usize| text.get(from..to);
            let (year, month) = (year(part(0, 4)?)?, number(part(4, 6)?)?);
            return match part(6, 8) {
                Some(day) => Self::day(year, month, number(day)?),
                None => Self::month(year, month),
            };
        }
        if let Some(year) = text.get(..4).and_then(year) {
            let tail = text.get(4..)?.trim_start();
            let mark = tail.chars().next()?;
            let rest = tail.get(mark.len_utf8()..)?.trim();
            return match mark {
                'm' | 'M' if rest.starts_with(|c: char| c.is_ascii_digit()) => Self::month(year, number(rest)?),
                'q' | 'Q' | 't' | 'T' => Self::quarter(year, number(rest)?),
                '-' | '/' | '.' => match rest.split_once(mark) {
                    None if rest.starts_with(['Q', 'q', 'M', 'm', 'T', 't']) && rest.len() <= 3 => {
                        Self::parse(&format!("{year}{rest}"), order)
                    }
                    None => Self::month(year, month(rest)?),
                    Some((month_text, day)) => Self::day(year, month(month_text)?, number(day)?),
                },
                _ => Self::month(year, month(tail)?),
            };
        }
        Self::parse_year_last(text, order)
    }

    fn parse_year_last(text: &str, order: DateOrder) -> Option<Self> {
        let mark = text.chars().find(|c| ['/', '-', '.', ' '].contains(c))?;
        let parts: Vec<&str> = text.split(mark).map(str::trim).filter(|part| !part.is_empty()).collect();
        // The words of `21 de marzo de 2019`.
        let parts: Vec<&str> = parts.into_iter().filter(|part| !matches!(*part, "de" | "del" | "of" | "do")).collect();
        match parts.as_slice() {
            [one, other, printed] if ["trim", "quart"].iter().any(|word| other.to_lowercase().starts_with(word)) => {
                Self::quarter(year(printed)?, quarter(one)?)
            }
            [one, other, printed] => {
                let year = year_of_a_date(printed.trim_end_matches(','))?;
                let named = number(one).is_none() || number(other).is_none();
                let (day, month_text) = match order {
                    _ if named && number(one).is_none() => (other, one),
                    DateOrder::MonthFirst if !named => (other, one),
                    DateOrder::DayFirst | DateOrder::MonthFirst => (one, other),
                };
                Self::day(year, month(month_text)?, number(day.trim_end_matches(','))?)
            }
            [one, printed] => {
                // Two bare numbers of two digits may be anything.
                let named = number(one).is_none();
                let year = if named { year_of_a_date(printed)? } else { year(printed)? };
                match quarter(one) {
                    Some(quarter) if named => Self::quarter(year, quarter),
                    _ => Self::month(year, month(one)?),
                }
            }
            _ => None,
        }
    }

    /// A quarter.
    pub(crate) fn quarter(year: i16, quarter: i8) -> Option<Self> {
        let quarter = Some(quarter).filter(|q| (1..=4).contains(q))?;
        Self::months(year, quarter * 3 - 2, 3, "Q")
    }

    /// A day.
    pub(crate) fn day(year: i16, month: i8, day: i8) -> Option<Self> {
        let day = Date::new(year, month, day).ok().filter(|day| YEARS.contains(&day.year()))?;
        Some(Self { start: day, end: day, freq: "D" })
    }

    /// The period of this frequency in which it lies; `None` where it is longer than that.
    pub(crate) fn widened(self, freq: &str) -> Option<Self> {
        let rank = |freq: &str| ["D", "W", "M", "Q", "S", "A"].iter().position(|known| *known == freq);
        if rank(self.freq)? > rank(freq)? {
            return None;
        }
        let (year, month) = (self.start.year(), self.start.month());
        match freq {
            "A" => Self::year(year),
            "Q" => Self::quarter(year, (month + 2) / 3),
            "M" => Self::month(year, month),
            _ => Some(self),
        }
    }
}

/// What the dates of a document show of the order in which they are printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    /// A date whose day can only stand first.
    day_first: Option<String>,
    /// A date whose month can only stand first.
    month_first: Option<String>,
    /// A date that is another day in either order.
    either: Option<(String, [Date; 2])>,
}

impl Orders {
    /// Adds a date as printed.
    pub(crate) fn add(&mut self, text: &str) {
        let read = |order| Period::parse(text, order);
        match (read(DateOrder::DayFirst), read(DateOrder::MonthFirst)) {
            (Some(one), Some(other)) if one != other && self.either.is_none() => {
                self.either = Some((text.to_owned(), [one.start, other.start]));
            }
            (Some(_), None) if self.day_first.is_none() => self.day_first = Some(text.to_owned()),
            (None, Some(_)) if self.month_first.is_none() => self.month_first = Some(text.to_owned()),
            _ => {}
        }
    }

    /// Adds what another part of the document shows.
    pub(crate) fn join(&mut self, other: &Self) {
        self.day_first = self.day_first.take().or_else(|| other.day_first.clone());
        self.month_first = self.month_first.take().or_else(|| other.month_first.clone());
        self.either = self.either.take().or_else(|| other.either.clone());
    }

    /// Why the day cannot be taken to stand first, where it cannot.
    pub(crate) fn doubt(&self) -> Option<String> {
        match (&self.day_first, &self.month_first, &self.either) {
            (None, Some(date), _) => Some(format!("`{date}` prints its month first")),
            (Some(one), Some(other), Some((date, _))) => {
                Some(format!("`{one}` prints its day first, `{other}` its month, and `{date}` may be in either order"))
            }
            (None, None, Some((date, [one, other]))) => {
                Some(format!("`{date}` may be {one} or {other}: the dates do not tell which"))
            }
            _ => None,
        }
    }
}

/// A year of four digits, or of two behind a month: `Mar-19` is 2019, `Mar-75` 1975.
fn year_of_a_date(text: &str) -> Option<i16> {
    if text.len() == 2 {
        let short = i16::from(number(text)?);
        return Some(if short < 70 { 2000 + short } else { 1900 + short });
    }
    year(text)
}

/// A quarter from 1 to 4: `1`, `Q1`, `T1`, `1T`, `I`, `1er trimestre`.
pub(crate) fn quarter(text: &str) -> Option<i8> {
    const ROMAN: [(&str, i8); 4] = [("i", 1), ("ii", 2), ("iii", 3), ("iv", 4)];
    let folded = crate::codes::fold(text.trim());
    let first = folded.split_whitespace().next()?;
    if let Some((_, quarter)) = ROMAN.iter().find(|(roman, _)| *roman == first) {
        return Some(*quarter);
    }
    let bare = first.trim_start_matches(['q', 't']);
    let digits = bare.trim_end_matches(|c: char| !c.is_ascii_digit());
    let word = bare.get(digits.len()..)?;
    let known = ["", "q", "t", "er", "ro", "do", "to", "e", "o", "st", "nd", "rd", "th"].contains(&word);
    number(digits).filter(|quarter| known && (1..=4).contains(quarter))
}

/// A year of four digits.
pub(crate) fn year(text: &str) -> Option<i16> {
    let text = text.trim();
    if text.len() != 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|year| YEARS.contains(year))
}

/// A month from 1 to 12, by number or by name in en, es, pt, fr.
pub(crate) fn month(text: &str) -> Option<i8> {
    if let Some(month) = number(text.trim()) {
        return (1..=12).contains(&month).then_some(month);
    }
    let folded = crate::codes::fold(text.trim().trim_end_matches('.'));
    let by_name = |test: &dyn Fn(&str) -> bool| {
        let mut found = MONTHS.iter().zip(1_i8..).filter(|(names, _)| names.iter().any(|name| test(name)));
        match (found.next(), found.next()) {
            (Some((_, month)), None) => Some(month),
            _ => None,
        }
    };
    by_name(&|name| name == folded).or_else(|| {
        let short = folded.len() >= 3 && (folded.len() <= 4 || folded == "setiembre");
        if folded == "setiembre" {
            Some(9)
        } else {
            short.then(|| by_name(&|name| name.starts_with(&folded))).flatten()
        }
    })
}

pub(crate) fn number(text: &str) -> Option<i8> {
    if text.is_empty() || text.len() > 2 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Days since 1970-01-01, as polars and Parquet count them.
pub(crate) fn days(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(date).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_as_printed() {
        let show =
            |text: &str| Period::parse(text, DateOrder::DayFirst).map(|p| format!("{} {} {}", p.freq, p.start, p.end));
        for (text, expected) in [
            ("2019", "A 2019-01-01 2019-12-31"),
            ("2003m1", "M 2003-01-01 2003-01-31"),
            ("2020-02", "M 2020-02-01 2020-02-29"),
            ("2021Q4", "Q 2021-10-01 2021-12-31"),
            ("2021-Q1", "Q 2021-01-01 2021-03-31"),
            ("2019-03-21", "D 2019-03-21 2019-03-21"),
            ("17/06/2022", "D 2022-06-17 2022-06-17"),
            ("06/2022", "M 2022-06-01 2022-06-30"),
            ("Mar-19", "M 2019-03-01 2019-03-31"),
            ("dic. 1999", "M 1999-12-01 1999-12-31"),
            ("21 de marzo de 2019", "D 2019-03-21 2019-03-21"),
            ("March 21, 2019", "D 2019-03-21 2019-03-21"),
            ("2019-03-21T00:00:00", "D 2019-03-21 2019-03-21"),
            ("2019-03-21 12:30:00", "D 2019-03-21 2019-03-21"),
            ("20190321", "D 2019-03-21 2019-03-21"),
            ("201903", "M 2019-03-01 2019-03-31"),
            ("II trimestre 2020", "Q 2020-04-01 2020-06-30"),
            ("Q3 2020", "Q 2020-07-01 2020-09-30"),
            ("2020 T2", "Q 2020-04-01 2020-06-30"),
            ("2020-mar", "M 2020-03-01 2020-03-31"),
            ("17/06/22", "D 2022-06-17 2022-06-17"),
        ] {
            assert_eq!(show(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "19",
            "20190",
            "2019m13",
            "31/02/2020",
            "2021Q5",
            "añoñ",
            "2019-",
            "0999",
            "Total",
            "06/22",
            "200013",
            "1/2",
        ] {
            assert_eq!(show(text), None, "{text}");
        }
    }

    #[test]
    fn dates_prove_their_order() {
        let doubt = |texts: &[&str]| {
            let mut orders = Orders::default();
            for text in texts {
                orders.add(text);
            }
            orders.doubt().unwrap_or_default()
        };
        assert_eq!(doubt(&["2019-04-03", "03/03/2019", "2019", "3 de abril de 2019", "x", ""]), "");
        assert_eq!(doubt(&["03/04/2019", "21/03/2019"]), "");
        assert_eq!(doubt(&["03/04/2019"]), "`03/04/2019` may be 2019-04-03 or 2019-03-04: the dates do not tell which");
        assert_eq!(doubt(&["03/04/2019", "03/21/2019"]), "`03/21/2019` prints its month first");
        assert!(doubt(&["03/04/2019", "03/21/2019", "21/03/2019"]).contains("either order"));
        // Without a date that may be in either, the odd one is simply refused.
        assert_eq!(doubt(&["03/21/2019", "21/03/2019"]), "");
    }

    #[test]
    fn order_and_width() {
        let month_first = Period::parse("03/21/2019", DateOrder::MonthFirst).expect("a date");
        assert_eq!(month_first, Period::parse("21/03/2019", DateOrder::DayFirst).expect("a date"));
        assert_eq!(Period::parse("03/21/2019", DateOrder::DayFirst), None);
        assert_eq!(month_first.widened("Q"), Period::quarter(2019, 1));
        assert_eq!(month_first.widened("A"), Period::year(2019));
        assert_eq!(Period::year(2019).and_then(|year| year.widened("M")), None, "a year is no month");
        for (text, expected) in [("1", 1), ("Q2", 2), ("3T", 3), ("IV", 4), ("1er trimestre", 1), ("2º", 2)] {
            assert_eq!(quarter(text), Some(expected), "{text}");
        }
        assert_eq!((quarter("5"), quarter("x"), quarter("")), (None, None, None));
    }

    #[test]
    fn months_by_number_and_name() {
        for (text, expected) in [
            ("ENERO", 1),
            ("março", 3),
            ("Août", 8),
            ("Dic.", 12),
            ("septiembre", 9),
            ("set", 9),
            ("setiembre", 9),
            ("7", 7),
            ("07", 7),
        ] {
            assert_eq!(month(text), Some(expected), "{text}");
        }
        for text in ["", "13", "0", "ju", "jui", "ma", "mar€", "total"] {
            assert_eq!(month(text), None, "{text}");
        }
    }

    #[test]
    fn days_count_from_1970() {
        assert_eq!(days(Date::constant(1970, 1, 2)), 1);
        assert_eq!(days(Date::constant(1969, 12, 31)), -1);
        assert_eq!(days(Date::constant(2023, 3, 21)), 19_437);
    }
}
