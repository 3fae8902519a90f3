//! Names: who speaks, and people, organisations and places.

use super::{Evaluation, Miss, Rows, Truth, of};
use crate::reading::Reading;
use crate::token::fold;

struct SegmentRow<'a> {
    place: &'a crate::reading::Place,
    speaker: Option<&'a str>,
    role: Option<&'a str>,
    organisation: Option<&'a str>,
}

pub(super) fn statements(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    let read: Vec<SegmentRow<'_>> = reading
        .statements
        .iter()
        .flat_map(|statement| {
            statement.segments.iter().map(|place| SegmentRow {
                place,
                speaker: statement.speaker.as_deref(),
                role: statement.role.as_deref(),
                organisation: statement.organisation.as_deref(),
            })
        })
        .collect();
    Rows {
        table: "statement",
        truth: of(truth, "quote"),
        read: &read,
        place: |row| (row.place.start, row.place.end),
        same: |truth, row| {
            let wanted = truth.text("speaker").unwrap_or_default();
            // Who speaks without a name is told by role or organisation.
            [row.speaker, row.role, row.organisation].into_iter().flatten().any(|name| same_name(wanted, name))
        },
        show_truth: |truth| {
            let shown: String = truth.phrase.chars().take(60).collect();
            format!("{} {shown:?}", truth.text("speaker").unwrap_or("?"))
        },
        show: |row| {
            let shown: String = row.place.text.chars().take(60).collect();
            format!("{} {shown:?}", row.speaker.unwrap_or("?"))
        },
    }
    .score(out);
}

/// Whether two names are one: the same words, or the words of one among those of the other.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    let words = |name: &str| {
        let folded = fold(name);
        let small = [
            "the", "of", "de", "del", "la", "el", "da", "do", "du", "des", "le", "les", "l", "d", "and", "y", "e",
            "et", "for", "s", "un", "une", "una", "um", "uma", "a", "an",
        ];
        folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !small.contains(word))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (a, b) = (words(a), words(b));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let inside = |part: &[String], whole: &[String]| part.iter().all(|word| whole.contains(word));
    inside(&a, &b) || inside(&b, &a)
}

/// People, organisations and places: each name once, wherever it stands.
pub(super) fn named(truth: &[Truth], reading: &Reading, kind: &str, table: &'static str, out: &mut Evaluation) {
    // A document without any row of the kind was not annotated for it.
    if !truth.iter().any(|row| row.kind == kind) {
        return;
    }
    let score = out.scores.entry(table).or_default();
    let mentions: Vec<&crate::reading::Mention> =
        reading.mentions.iter().filter(|mention| mention.kind == kind).collect();
    let rows: Vec<&Truth> = truth.iter().filter(|row| row.kind == kind && row.text("name").is_some()).collect();
    let same = |row: &Truth, mention: &crate::reading::Mention| {
        let overlaps = row.overlaps(mention.place.start, mention.place.end);
        overlaps
            || same_name(row.text("name").unwrap_or_default(), &mention.name)
            || same_name(&row.phrase, &mention.place.text)
    };
    let mut seen: Vec<String> = Vec::new();
    for row in &rows {
        let name = fold(row.text("name").unwrap_or_default());
        if seen.contains(&name) {
            continue;
        }
        seen.push(name.clone());
        score.truth += 1;
        let all: Vec<&&Truth> =
            rows.iter().filter(|other| fold(other.text("name").unwrap_or_default()) == name).collect();
        if all.iter().any(|row| mentions.iter().any(|mention| same(row, mention))) {
            score.hits += 1;
        } else {
            let what = format!("{:?} {:?}", row.text("name").unwrap_or_default(), row.phrase);
            out.misses.push(Miss { table, missing: true, start: row.start, end: row.end, what });
        }
    }
    score.read += score.hits;
    let mut wrong: Vec<String> = Vec::new();
    for mention in mentions {
        let name = fold(&mention.name);
        if wrong.contains(&name) || rows.iter().any(|row| same(row, mention)) {
            continue;
        }
        wrong.push(name);
        score.read += 1;
        let what = format!("{:?} {:?}", mention.name, mention.place.text);
        out.misses.push(Miss { table, missing: false, start: mention.place.start, end: mention.place.end, what });
    }
}
