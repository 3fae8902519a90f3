//! Periods that are printed otherwise.

use jiff::civil::Date;

use super::Make;
use crate::document::{Cell, Draft};
use crate::outcome::Change;
use crate::random::Random;

pub(crate) const ALL: &[(&str, Make)] = &[
    ("dates in another format", other_format),
    ("dates month first", month_first),
    ("firsts of months, month first", firsts_of_months),
    ("years in another format", years),
    ("year columns in another format", year_columns),
];

/// A day as a document prints it: ISO 8601, or a month such as `2003m1`.
fn day_of(text: &str) -> Option<Date> {
    let text = text.split(['T', ' ']).next()?;
    if let Some((year, month)) = text.split_once('m') {
        return Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok();
    }
    text.parse().ok()
}

/// Rewrites the whole dates as text.
fn rewrite(draft: &mut Draft, print: impl Fn(Date) -> String) -> Option<Vec<String>> {
    let columns = draft.columns(|role| role.date);
    let mut printed = Vec::new();
    for row in &mut draft.body {
        for at in &columns {
            if let Some(cell) = row.get_mut(*at)
                && let Some(day) = day_of(&cell.text())
            {
                printed.push(print(day));
                *cell = Cell::Text(print(day));
            }
        }
    }
    (!printed.is_empty()).then_some(printed)
}

/// Whether the dates are whole days, not months.
fn has_days(draft: &Draft) -> bool {
    let columns = draft.columns(|role| role.date);
    columns.first().is_some_and(|at| (0..draft.body.len()).any(|row| draft.cell(row, *at).contains('-')))
}

fn other_format(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    const MONTHS: [&str; 12] = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"];
    let month = |day: Date| MONTHS[usize::try_from(day.month() - 1).expect("a month")];
    let way = random.below(5);
    let names = if has_days(draft) {
        rewrite(draft, move |day| match way {
            0 => day.strftime("%d/%m/%Y").to_string(),
            1 => day.strftime("%Y%m%d").to_string(),
            2 => day.strftime("%d.%m.%Y").to_string(),
            3 => format!("{} de {} de {}", day.day(), month(day), day.year()),
            _ => day.strftime("%Y-%m-%d 00:00:00").to_string(),
        })
    } else {
        rewrite(draft, move |day| match way {
            0 => day.strftime("%m/%Y").to_string(),
            1 => day.strftime("%Y-%m").to_string(),
            2 => format!("{}-{}", month(day), day.year()),
            _ => format!("{} de {}", month(day), day.year()),
        })
    }?;
    Some(Change::named(names))
}

fn month_first(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    if !has_days(draft) {
        return None;
    }
    rewrite(draft, |day| day.strftime("%m/%d/%Y").to_string()).map(Change::named)
}

/// No day is beyond the twelfth, so that both orders read.
fn firsts_of_months(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let separator = *random.pick(&["/", "-", "."]);
    let print = move |day: Date| format!("{:02}{separator}{:02}{separator}{}", day.month(), 1, day.year());
    rewrite(draft, print).map(Change::named)
}

fn year_printed(year: &str, way: usize) -> String {
    match way {
        0 => format!("{year}.0"),
        1 => format!("{year}*"),
        2 => format!("FY{year}"),
        3 => format!("{year} "),
        4 => format!("Año {year}"),
        _ => year.get(2..).unwrap_or_default().to_owned(),
    }
}

fn years(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let columns = draft.columns(|role| role.period && !role.date && !role.value);
    let way = random.below(6);
    let mut names = Vec::new();
    for row in &mut draft.body {
        for at in &columns {
            let Some(cell) = row.get_mut(*at) else { continue };
            let text = cell.text();
            if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
                names.push(year_printed(&text, way));
                *cell = Cell::Text(year_printed(&text, way));
            }
        }
    }
    (!names.is_empty()).then(|| Change::named(names))
}

fn year_columns(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let way = random.below(5);
    let mut names = Vec::new();
    for at in draft.columns(|role| role.value) {
        let name = draft.names()[at].clone();
        if name.len() == 4 && name.bytes().all(|b| b.is_ascii_digit()) {
            names.push(year_printed(&name, way));
            draft.header[0][at] = Cell::Text(year_printed(&name, way));
        }
    }
    names.push(r"\d{4}".to_owned());
    (names.len() > 1).then(|| Change::named(names))
}
