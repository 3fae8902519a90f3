//! Periods as publishers print them: a year, a month by number or name, a quarter, a day.

use jiff::civil::Date;

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

    /// The period that a text prints: `2019`, `2019-03`, `2003m1`, `2019Q2`, `2019-03-21`, `21/03/2019`
    /// (day first).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(year) = year(text) {
            return Self::year(year);
        }
        let (head, tail) = (text.get(..4)?, text.get(4..)?);
        if let Some(year) = year(head) {
            let mark = tail.chars().next()?;
            let rest = tail.get(mark.len_utf8()..)?;
            return match mark {
                'm' | 'M' => Self::month(year, number(rest)?),
                'q' | 'Q' | 't' | 'T' => {
                    let quarter: i8 = number(rest).filter(|q| (1..=4).contains(q))?;
                    Self::months(year, quarter * 3 - 2, 3, "Q")
                }
                '-' | '/' | '.' => match rest.split_once(mark) {
                    None if rest.starts_with(['Q', 'q', 'M', 'm']) => Self::parse(&format!("{year}{rest}")),
                    None => Self::month(year, number(rest)?),
                    Some((month, day)) => Self::day(year, number(month)?, number(day)?),
                },
                _ => None,
            };
        }
        let mark = text.chars().find(|c| ['/', '-', '.'].contains(c))?;
        let parts: Vec<&str> = text.split(mark).collect();
        match parts.as_slice() {
            [day, month, printed] => Self::day(year(printed)?, number(month)?, number(day)?),
            [month, printed] => Self::month(year(printed)?, number(month)?),
            _ => None,
        }
    }

    fn day(year: i16, month: i8, day: i8) -> Option<Self> {
        let day = Date::new(year, month, day).ok().filter(|day| YEARS.contains(&day.year()))?;
        Some(Self { start: day, end: day, freq: "D" })
    }
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

fn number(text: &str) -> Option<i8> {
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
        let show = |text: &str| Period::parse(text).map(|p| format!("{} {} {}", p.freq, p.start, p.end));
        for (text, expected) in [
            ("2019", "A 2019-01-01 2019-12-31"),
            ("2003m1", "M 2003-01-01 2003-01-31"),
            ("2020-02", "M 2020-02-01 2020-02-29"),
            ("2021Q4", "Q 2021-10-01 2021-12-31"),
            ("2021-Q1", "Q 2021-01-01 2021-03-31"),
            ("2019-03-21", "D 2019-03-21 2019-03-21"),
            ("17/06/2022", "D 2022-06-17 2022-06-17"),
            ("06/2022", "M 2022-06-01 2022-06-30"),
        ] {
            assert_eq!(show(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "19", "20190", "2019m13", "31/02/2020", "2021Q5", "añoñ", "2019-", "0999", "Total"] {
            assert_eq!(show(text), None, "{text}");
        }
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
