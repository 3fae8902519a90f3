//! Values that are printed otherwise.

use super::Make;
use crate::document::{Cell, Draft};
use crate::outcome::Change;
use crate::random::Random;

pub(crate) const ALL: &[(&str, Make)] = &[
    ("decimal mark switched", decimal_switched),
    ("thousands marks added", thousands),
    ("thousands, decimals switched", both_switched),
    ("one half of the rows switched", half_switched),
    ("footnote marks on values", footnotes),
    ("numbers as texts", as_texts),
    ("blanks become marks", blanks_marked),
];

/// Rewrites the values that are numbers, as text; what was written, and whether any changed.
fn rewrite(draft: &mut Draft, change: &mut dyn FnMut(usize, &str) -> Option<String>) -> (Vec<String>, bool) {
    let columns = draft.columns(|role| role.value);
    let (mut written, mut any) = (Vec::new(), false);
    for (number, row) in draft.body.iter_mut().enumerate() {
        for at in &columns {
            let Some(cell) = row.get_mut(*at) else { continue };
            let text = cell.text();
            let bare = text.replace(',', "");
            if bare.parse::<f64>().is_err() || bare.contains(['e', 'E']) {
                continue;
            }
            if let Some(new) = change(number, &bare) {
                any |= new != text;
                written.push(new.clone());
                *cell = Cell::Text(new);
            }
        }
    }
    (written, any)
}

/// A number of plain digits with these marks.
fn printed(bare: &str, decimal: char, thousands: Option<&str>) -> String {
    let (sign, bare) = bare.strip_prefix('-').map_or(("", bare), |rest| ("-", rest));
    let (whole, decimals) = bare.split_once('.').unwrap_or((bare, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push_str(thousands.unwrap_or_default());
        }
        grouped.push(digit);
    }
    let tail = if decimals.is_empty() { String::new() } else { format!("{decimal}{decimals}") };
    format!("{sign}{grouped}{tail}")
}

fn switched(draft: &mut Draft, decimal: char, thousands: Option<&str>) -> Option<Change> {
    let (mut names, any) = rewrite(draft, &mut |_, bare| Some(printed(bare, decimal, thousands)));
    names.push("number formats".into());
    any.then(|| Change::named(names))
}

fn decimal_switched(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    switched(draft, ',', None)
}

fn thousands(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    switched(draft, '.', Some(*random.pick(&[",", " ", "\u{202f}", "'"])))
}

fn both_switched(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    switched(draft, ',', Some(*random.pick(&[".", " ", "\u{a0}"])))
}

/// Two offices, two keyboards: half of the rows have the other decimal mark.
fn half_switched(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let half = draft.body.len() / 2;
    let switch = |row: usize, bare: &str| (row > half).then(|| printed(bare, ',', Some(".")));
    let (mut names, any) = rewrite(draft, &mut |row, bare| switch(row, bare));
    names.push("number formats".into());
    any.then(|| Change::named(names))
}

fn footnotes(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let marks = ["*", " *", "(p)", "¹", " (1)", "r", " 1/", "**", "ᵃ", "#", " a/"];
    let mark = *random.pick(&marks);
    let each = 40;
    let mut at = 0;
    let (names, any) = rewrite(draft, &mut |_, bare| {
        at += 1;
        (at % each == 7).then(|| format!("{bare}{mark}"))
    });
    let mut change = Change::named(names);
    change.status = true;
    any.then_some(change)
}

fn as_texts(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    if draft.is_text() {
        return None;
    }
    let (names, _) = rewrite(draft, &mut |_, bare| Some(bare.to_owned()));
    (!names.is_empty()).then(|| Change::named(names))
}

fn blanks_marked(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let mark = *random.pick(&["-", "..", "n.d.", "NA", "s/d", "…", "x", "sem info"]);
    let mut any = false;
    for at in draft.columns(|role| role.value) {
        for row in &mut draft.body {
            if let Some(cell) = row.get_mut(at).filter(|cell| cell.is_blank()) {
                *cell = mark.into();
                any = true;
            }
        }
    }
    let mut change = Change::named([mark]);
    change.status = true;
    any.then_some(change)
}
