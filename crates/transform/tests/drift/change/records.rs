//! Records that move, repeat and run together.

use super::Make;
use crate::document::{Cell, Draft, Format, Row};
use crate::outcome::Change;
use crate::random::Random;

pub(crate) const ALL: &[(&str, Make)] = &[
    ("rows reordered", reordered),
    ("rows duplicated", duplicated),
    ("all rows twice", all_twice),
    ("repeated labels left blank", blanked),
    ("a label lost in some rows", label_lost),
    ("sheet renamed", sheet_renamed),
    ("notes sheet added", notes_sheet),
    ("second sheet, same table", second_sheet),
    ("hidden sheet, same table", hidden_sheet),
];

fn reordered(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    random.shuffle(&mut draft.body);
    Some(Change::named(["row"]))
}

/// What tells that a row stands twice.
const REPEATS: [&str; 3] = ["repeat", "twice", "same key"];

fn duplicated(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    // Within what may be refused.
    for _ in 0..=random.below(3.min(draft.body.len() / 25 + 1)) {
        let row = draft.body[random.below(draft.body.len())].clone();
        let at = random.below(draft.body.len() + 1);
        draft.body.insert(at, row);
    }
    Some(Change::named(REPEATS))
}

fn all_twice(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    draft.body.extend(draft.body.clone());
    Some(Change::named(REPEATS))
}

/// As reports print a table: a label stands once above the rows that it belongs to.
fn blanked(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let columns = draft.columns(|role| role.is_key() && !role.value);
    let at = *random.pick(&columns);
    let mut last = String::new();
    let mut blanks = 0;
    for row in &mut draft.body {
        let Some(cell) = row.get_mut(at) else { continue };
        if cell.text() == last && !last.is_empty() {
            *cell = Cell::blank();
            blanks += 1;
        } else {
            last = cell.text();
        }
    }
    (blanks > 0).then(|| Change::named([draft.names()[at].clone(), "empty".into(), "blank".into(), "``".into()]))
}

fn label_lost(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let columns = draft.columns(|role| role.is_key() && !role.value);
    let at = *random.pick(&columns);
    let mut lost = 0;
    for _ in 0..=random.below(2) {
        let row = random.below(draft.body.len());
        if let Some(cell) = draft.body[row].get_mut(at)
            && !cell.is_blank()
        {
            *cell = Cell::blank();
            lost += 1;
        }
    }
    let mut change = Change::named([draft.names()[at].clone(), "empty".into(), "blank".into(), "``".into()]);
    let role = &draft.roles[at];
    if role.blank || role.filter {
        change.untold = Some("the mapping says what a blank means there");
    }
    (lost > 0).then_some(change)
}

fn sheet_renamed(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let Format::Book { sheet, .. } = &mut draft.format else { return None };
    "Hoja 1".clone_into(sheet);
    Some(Change::named(["sheet"]))
}

fn notes_sheet(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let names: Row = draft.header[0].clone();
    let Format::Book { sheets, .. } = &mut draft.format else { return None };
    let mut rows: Vec<Row> = vec![vec!["Notas metodológicas".into()], Row::new()];
    rows.extend(names.into_iter().map(|name| vec![name, "significado".into()]));
    sheets.push(("Notas".to_owned(), rows, false, random.once_in(2)));
    Some(Change::named(["Notas"]))
}

fn with_copy(draft: &mut Draft, hidden: bool) -> Option<Change> {
    let rows: Vec<Row> = draft.header.iter().chain(&draft.body).cloned().collect();
    let Format::Book { sheets, .. } = &mut draft.format else { return None };
    sheets.push(("Copia".to_owned(), rows, hidden, false));
    Some(Change::named(["Copia"].into_iter().chain(REPEATS)))
}

fn second_sheet(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    with_copy(draft, false)
}

fn hidden_sheet(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    with_copy(draft, true)
}
