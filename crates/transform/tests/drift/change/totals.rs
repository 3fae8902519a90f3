//! Rows that add up others: they come, go and change their names, and must never be added again.

use super::Make;
use crate::document::{Cell, Draft, Row};
use crate::outcome::{Change, plain};
use crate::random::Random;

pub(crate) const ALL: &[(&str, Make)] = &[
    ("TOTAL row added at the end", at_the_end),
    ("TOTAL row added at the top", at_the_top),
    ("TOTAL row, word in any column", in_any_column),
    ("TOTAL row per year", per_period),
    ("total row without a word", without_word),
    ("subtotals in the body", subtotals),
    ("TOTAL row removed", removed),
    ("label of totals translated", translated),
];

const WORDS: [&str; 10] = [
    "TOTAL",
    "Total",
    "Total general",
    "Grand total",
    "Totales",
    "TOTAL NACIONAL",
    "Total Geral:",
    "Total général",
    "Suma",
    "Totais",
];

/// The sums of the value columns over some rows, in cells of their kind.
fn sums(draft: &Draft, rows: std::ops::Range<usize>) -> Row {
    let mut row = vec![Cell::blank(); draft.roles.len()];
    for at in draft.columns(|role| role.value) {
        let numbers = rows.clone().filter_map(|row| draft.cell(row, at).replace(',', "").parse::<f64>().ok());
        let sum = numbers.sum::<f64>();
        if let Some(cell) = row.get_mut(at) {
            *cell = if draft.is_text() { Cell::Text(sum.to_string()) } else { Cell::Number(sum.to_string()) };
        }
    }
    row
}

/// A change that adds totals, which may be published as such.
fn marked(word: &str, names: Vec<String>) -> Change {
    Change::named([word.to_owned(), "empty".into()].into_iter().chain(names)).gives(|row| row.total)
}

/// The columns that may hold the word: the first text, or any that is no value.
fn first_label(draft: &Draft) -> usize {
    draft.columns(|role| !role.value).first().copied().unwrap_or_default()
}

fn has_values(draft: &Draft) -> bool {
    draft.roles.iter().any(|role| role.value)
}

fn at_the_end(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if !has_values(draft) {
        return None;
    }
    let word = *random.pick(&WORDS);
    let mut row = sums(draft, 0..draft.body.len());
    row[first_label(draft)] = word.into();
    draft.body.push(row);
    Some(marked(word, Vec::new()))
}

fn at_the_top(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if !has_values(draft) {
        return None;
    }
    let word = *random.pick(&WORDS);
    let mut row = sums(draft, 0..draft.body.len());
    row[first_label(draft)] = word.into();
    draft.body.insert(0, row);
    Some(marked(word, Vec::new()))
}

fn in_any_column(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if !has_values(draft) {
        return None;
    }
    let word = *random.pick(&WORDS);
    let mut row = sums(draft, 0..draft.body.len());
    let columns = draft.columns(|role| !role.value);
    row[*random.pick(&columns)] = word.into();
    draft.body.push(row);
    Some(marked(word, Vec::new()))
}

/// The period is filled in, as a table that is sorted by year has it, and one label says what it is.
fn per_period(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let labels = draft.columns(|role| !role.value && !role.period);
    let periods = draft.columns(|role| role.period && !role.value);
    if !has_values(draft) || labels.is_empty() || periods.is_empty() {
        return None;
    }
    let word = *random.pick(&WORDS);
    let at = draft.body.len() - 1;
    let mut row = sums(draft, 0..draft.body.len());
    for period in periods {
        row[period] = draft.body[at].get(period).cloned().unwrap_or_else(Cell::blank);
    }
    row[*random.pick(&labels)] = word.into();
    draft.body.push(row);
    Some(marked(word, vec!["same key".into()]))
}

fn without_word(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let periods = draft.columns(|role| role.period && !role.value);
    if !has_values(draft) || draft.columns(|role| role.is_key() && !role.period).is_empty() {
        return None;
    }
    let at = random.below(draft.body.len());
    let mut row = sums(draft, 0..draft.body.len());
    for period in &periods {
        row[*period] = draft.body[at].get(*period).cloned().unwrap_or_else(Cell::blank);
    }
    draft.body.push(row);
    let names = ["empty", "blank", "``", "same key", "no label"].map(str::to_owned).to_vec();
    Some(marked("empty", names))
}

fn subtotals(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if !has_values(draft) {
        return None;
    }
    let word = *random.pick(&["Subtotal", "SUBTOTAL NORTE", "Sub-total", "Sous-total", "Total parcial"]);
    let labels = draft.columns(|role| !role.value && !role.period);
    let periods = draft.columns(|role| role.period && !role.value);
    let label = if labels.is_empty() { first_label(draft) } else { *random.pick(&labels) };
    let end = 2 + random.below(draft.body.len() - 2);
    let mut row = sums(draft, 0..end);
    for period in periods.into_iter().filter(|period| *period != label) {
        row[period] = draft.body[end - 1].get(period).cloned().unwrap_or_else(Cell::blank);
    }
    row[label] = word.into();
    draft.body.insert(end, row);
    // A row that the mapping's own rule takes for the end is named by its cell and that rule.
    Some(marked(word, vec!["same key".into(), "for `footer` (".into()]))
}

fn is_word(text: &str) -> bool {
    plain(text) == "total"
}

fn removed(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    // A label of a list, such as both sexes, is no row of totals.
    let telling = draft.columns(|role| !role.value && !role.coded && !role.filter);
    let has = |row: &Row| telling.iter().any(|at| row.get(*at).is_some_and(|cell| is_word(&cell.text())));
    let below = draft.below.len();
    draft.below.retain(|row| !has(row));
    // Where a label says total in most rows, they are what the file is about.
    let totals = draft.body.iter().filter(|row| has(row)).count();
    if totals * 4 < draft.body.len() {
        draft.body.retain(|row| !has(row));
    } else if below == draft.below.len() {
        return None;
    }
    (below > draft.below.len() || totals > 0).then(|| Change::named(["total"]).gone(|row| row.total))
}

fn translated(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let word = *random.pick(&["Total general", "Ensemble", "Totais", "TOTAL", "Summe"]);
    let mut any = false;
    for row in draft.body.iter_mut().chain(&mut draft.below) {
        for cell in row.iter_mut().filter(|cell| is_word(&cell.text())) {
            any |= cell.text() != word;
            *cell = word.into();
        }
    }
    let mut change = Change::named([word, "fewer than"]);
    change.relabelled = vec![("total".to_owned(), word.to_owned())];
    if draft.roles.iter().any(|role| role.filter) {
        change.untold = Some("a filter decides by the label");
    }
    if word == "Summe" {
        change.untold = Some("a word of a language that nobody declared");
    }
    any.then_some(change)
}
