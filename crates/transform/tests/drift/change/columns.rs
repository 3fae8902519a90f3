//! Columns that move, come, go and change their names.

use super::Make;
use crate::document::{Cell, Draft};
use crate::outcome::{Change, unaccented};
use crate::random::Random;

pub(crate) const ALL: &[(&str, Make)] = &[
    ("columns reordered", reordered),
    ("names in another case, spaces", respelled),
    ("names without accents", unaccented_names),
    ("a column renamed", renamed),
    ("an unread column renamed", unread_renamed),
    ("a column removed", removed),
    ("an unread column removed", unread_removed),
    ("a column added", added),
    ("a column twice, another name", twice),
    ("a column twice, same name", twice_the_same),
    ("TOTAL column added", total_column),
    ("next year's column added", next_year),
    ("first year's column dropped", first_year),
];

fn reordered(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let mut order: Vec<usize> = (0..draft.roles.len()).collect();
    random.shuffle(&mut order);
    let width = order.len();
    for row in draft.header.iter_mut().chain(&mut draft.body).filter(|row| !row.is_empty()) {
        row.resize(width, Cell::blank());
        *row = order.iter().map(|at| row[*at].clone()).collect();
    }
    draft.roles = order.iter().map(|at| draft.roles[*at].clone()).collect();
    Some(Change::named(draft.names()))
}

fn rename(draft: &mut Draft, at: usize, name: &str) {
    for row in &mut draft.header {
        row[at] = name.into();
    }
}

fn respelled(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    for at in 0..draft.roles.len() {
        let name = draft.names()[at].clone();
        let spelled = match random.below(4) {
            0 => name.to_uppercase(),
            1 => name.to_lowercase(),
            2 => format!("{name}  "),
            _ => format!(" {}", name.replace(' ', "  ")),
        };
        if !name.is_empty() {
            rename(draft, at, &spelled);
        }
    }
    Some(Change::named(draft.names()))
}

fn unaccented_names(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let names = draft.names();
    let accented: Vec<usize> = (0..names.len()).filter(|at| unaccented(&names[*at]) != names[*at]).collect();
    for at in &accented {
        rename(draft, *at, &unaccented(&names[*at]));
    }
    (!accented.is_empty()).then(|| Change::named(names))
}

fn one(draft: &Draft, random: &mut Random, wanted: bool) -> Option<usize> {
    let columns = draft.columns(|role| (role.wanted || role.value) == wanted && !role.name.is_empty());
    (!columns.is_empty()).then(|| *random.pick(&columns))
}

fn renamed(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let at = one(draft, random, true)?;
    let old = draft.names()[at].clone();
    let new = match random.below(3) {
        0 => format!("{old} (n)"),
        1 => format!("Nuevo {old}"),
        _ => "Wert".to_owned(),
    };
    rename(draft, at, &new);
    Some(Change::named([old, new]))
}

fn unread_renamed(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let at = one(draft, random, false)?;
    let old = draft.names()[at].clone();
    let new = format!("{old} 2");
    rename(draft, at, &new);
    Some(Change::named([new]))
}

fn removed(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    // A column of a pattern may go: the others are what the file says then.
    let columns = draft.columns(|role| role.wanted);
    let at = *random.pick(&columns);
    let name = draft.names()[at].clone();
    draft.remove_column(at);
    Some(Change::named([name]))
}

fn unread_removed(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let at = one(draft, random, false)?;
    let name = draft.names()[at].clone();
    draft.remove_column(at);
    Some(Change::named([name]))
}

fn added(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let at = random.below(draft.roles.len() + 1);
    let name = *random.pick(&["observaciones", "Population", "fuente"]);
    draft.insert_column(at, name, |_, _| "1".into());
    Some(Change::named([name]))
}

fn copied(draft: &mut Draft, random: &mut Random, name: impl Fn(&str) -> String) -> Option<(String, usize)> {
    let columns = draft.columns(|role| role.wanted || role.value);
    let from = *random.pick(&columns);
    let name = name(&draft.names()[from]);
    let at = from + 1 + random.below(draft.roles.len() - from);
    let role = draft.roles[from].clone();
    draft.insert_column(at, &name, |_, row| row.get(from).cloned().unwrap_or_else(Cell::blank));
    draft.roles[at] = role;
    Some((name, from))
}

fn twice(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let (name, _) = copied(draft, random, |name| format!("{name} (copia)"))?;
    Some(Change::named([name]))
}

fn twice_the_same(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    let (name, _) = copied(draft, random, str::to_owned)?;
    Some(Change::named([name, "repeats the key".into()]))
}

fn total_column(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let values = draft.columns(|role| role.value);
    if values.len() < 2 {
        return None;
    }
    let name = *random.pick(&["TOTAL", "Total general", "Suma"]);
    let at = values.last()? + 1;
    draft.insert_column(at, name, move |_, row| {
        let numbers = values.iter().filter_map(|at| row.get(*at)?.text().parse::<f64>().ok());
        Cell::Number(numbers.sum::<f64>().to_string())
    });
    Some(Change::named([name]))
}

/// The columns whose names are years, in order.
fn years(draft: &Draft) -> Vec<(i16, usize)> {
    let names = draft.names();
    let year = |at: usize| names[at].trim().parse::<i16>().ok().filter(|year| (1900..2100).contains(year));
    let columns = draft.columns(|role| role.value);
    let mut years: Vec<(i16, usize)> = columns.into_iter().filter_map(|at| Some((year(at)?, at))).collect();
    years.sort_unstable();
    years
}

fn next_year(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let (year, at) = *years(draft).last()?;
    let factor = 1 + random.below(3);
    draft.insert_column(at + 1, &(year + 1).to_string(), move |number, _| {
        Cell::Text(if number % 5 == 0 { String::new() } else { (number * factor).to_string() })
    });
    Some(Change::named([(year + 1).to_string()]).gives(move |row| row.year() == year + 1))
}

fn first_year(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let (year, at) = *years(draft).first()?;
    draft.remove_column(at);
    Some(Change::named([year.to_string()]).gone(move |row| row.year() == year))
}
