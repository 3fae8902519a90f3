//! Labels and codes that are spelled otherwise, come and go.

use super::Make;
use crate::document::{Cell, Draft};
use crate::outcome::{Change, plain, unaccented};
use crate::random::Random;

pub(crate) const ALL: &[(&str, Make)] = &[
    ("labels in another case", other_case),
    ("labels with spaces around", spaced),
    ("labels without accents", without_accents),
    ("a new category", new_category),
    ("a category renamed", renamed),
    ("codes lose their zeros", zeros_lost),
    ("codes gain zeros", zeros_gained),
];

/// The columns that hold labels: read by list, by map or as printed.
fn label_columns(draft: &Draft) -> Vec<usize> {
    draft.columns(|role| (role.coded || role.verbatim || role.filter) && !role.value && !role.period)
}

/// Changes the texts of label columns and of those that nobody reads; whether any text changed.
fn respell(draft: &mut Draft, change: &mut dyn FnMut(&str) -> String) -> bool {
    let columns = draft.columns(|role| !role.value && !role.period);
    let mut any = false;
    for row in &mut draft.body {
        for at in &columns {
            if let Some(Cell::Text(text)) = row.get_mut(*at)
                && !text.trim().is_empty()
            {
                let new = change(text);
                any |= new != *text;
                *text = new;
            }
        }
    }
    any
}

fn other_case(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let title = |text: &str| {
        let words = text.split(' ').map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            first + &chars.as_str().to_lowercase()
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let way = random.below(3);
    let mut labels = Vec::new();
    let any = respell(draft, &mut |text| {
        let new = match way {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            _ => title(text),
        };
        labels.push(new.clone());
        new
    });
    labels.truncate(2_000);
    any.then(|| Change::named(labels))
}

fn spaced(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let any = respell(draft, &mut |text| match random.below(5) {
        0 => format!("{text} "),
        1 => format!("  {text}"),
        2 => text.replace(' ', "  "),
        3 => format!("{text}\u{a0}"),
        _ => text.to_owned(),
    });
    any.then(|| Change::named(["label"]))
}

fn without_accents(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let mut labels = Vec::new();
    let any = respell(draft, &mut |text| {
        let new = unaccented(text);
        if new != text {
            labels.push(new.clone());
        }
        new
    });
    any.then(|| Change::named(labels))
}

fn new_category(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let columns = label_columns(draft);
    if columns.is_empty() {
        return None;
    }
    let at = *random.pick(&columns);
    let label = *random.pick(&["Delitos de nuevo cuño", "ZZX", "9999999"]);
    let (mut rows, most) = (0, 1 + draft.body.len() / 60);
    for _ in 0..most.min(4) {
        let mut row = draft.body[random.below(draft.body.len())].clone();
        if let Some(cell) = row.get_mut(at) {
            *cell = label.into();
            rows += 1;
        }
        // Each is of another value, or exact repeats would hide the label.
        draft.body.push(row);
    }
    let role = draft.roles[at].clone();
    let printed = move |breakdown: &str| plain(breakdown).contains(&plain(label));
    // What a filter leaves in or out by its label alone is the mapping's rule, not the reader's.
    (rows > 0).then(|| {
        Change::named([label, "repeat"]).gives(move |row| (role.verbatim || role.filter) && printed(&row.breakdown))
    })
}

fn renamed(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let columns = label_columns(draft);
    if columns.is_empty() {
        return None;
    }
    let at = *random.pick(&columns);
    let labels = draft.labels(at);
    if labels.is_empty() {
        return None;
    }
    let old = random.pick(&labels).clone();
    let new = format!("{old} (revisado)");
    for row in &mut draft.body {
        if let Some(cell) = row.get_mut(at)
            && cell.text() == old
        {
            *cell = Cell::Text(new.clone());
        }
    }
    let mut change = Change::named([new.clone(), old.clone()]);
    if draft.roles[at].verbatim {
        change.relabelled = vec![(old, new)];
    }
    if draft.roles[at].filter {
        // The filter's rule decides by this label alone, and nobody can know that it means the same.
        change.untold = Some("a filter decides by the label");
    }
    Some(change)
}

/// Columns whose texts are digits alone, some of them beginning with a zero.
fn padded(draft: &Draft, test: impl Fn(&str) -> bool) -> Vec<usize> {
    let digits = |text: &str| text.len() < 9 && text.bytes().all(|b| b.is_ascii_digit());
    let columns = draft.columns(|role| role.coded && !role.value && !role.period);
    columns
        .into_iter()
        .filter(|at| {
            let labels = draft.labels(*at);
            !labels.is_empty() && labels.iter().all(|label| digits(label)) && labels.iter().any(|label| test(label))
        })
        .collect()
}

fn recode(draft: &mut Draft, columns: &[usize], change: impl Fn(&str) -> String) -> Vec<String> {
    let mut codes = Vec::new();
    for row in &mut draft.body {
        for at in columns {
            if let Some(cell) = row.get_mut(*at)
                && !cell.is_blank()
            {
                let new = change(cell.text().trim());
                codes.push(new.clone());
                *cell = Cell::Text(new);
            }
        }
    }
    codes
}

fn zeros_lost(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let columns = padded(draft, |text| text.starts_with('0'));
    let codes = recode(draft, &columns, |code| code.trim_start_matches('0').to_owned());
    (!columns.is_empty()).then(|| Change::named(codes))
}

fn zeros_gained(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let columns = padded(draft, |text| !text.starts_with('0'));
    let codes = recode(draft, &columns, |code| format!("{code:0>8}"));
    (!columns.is_empty()).then(|| Change::named(codes))
}
