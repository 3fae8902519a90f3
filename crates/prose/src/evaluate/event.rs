//! Events and operations.

use super::{Evaluation, Miss, Truth};
use crate::reading::Reading;

pub(super) fn events(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    let rows: Vec<&Truth> = truth.iter().filter(|row| matches!(row.kind.as_str(), "event" | "operation")).collect();
    let score = out.scores.entry("event").or_default();
    let same = |row: &Truth, event: &crate::reading::Event| {
        let edition = row.number("edition").zip(event.edition).is_none_or(|(a, b)| (a - f64::from(b)).abs() < 0.5);
        let kind = (row.kind == "operation") == (event.kind == "operation");
        kind && edition && event.mentions.iter().any(|mention| row.overlaps(mention.start, mention.end))
    };
    score.truth += u64::try_from(rows.len()).unwrap_or(u64::MAX);
    for row in &rows {
        if reading.events.iter().any(|event| same(row, event)) {
            score.hits += 1;
        } else {
            let what = format!("{} {:?}", row.kind, row.phrase);
            out.misses.push(Miss { table: "event", missing: true, start: row.start, end: row.end, what });
        }
    }
    // An event that was read counts once, however often the text speaks of it; what was found of the truth is
    // right however many rows it answers.
    let right = score.hits;
    let mut wrong = 0;
    for event in &reading.events {
        if rows.iter().any(|row| same(row, event)) {
            continue;
        }
        wrong += 1;
        let (start, end) = event.mentions.first().map_or((0, 0), |mention| (mention.start, mention.end));
        let what = format!("{} {:?} {:?}", event.kind, event.name, event.edition);
        out.misses.push(Miss { table: "event", missing: false, start, end, what });
    }
    if let Some(score) = out.scores.get_mut("event") {
        score.read += right + wrong;
    }
}
