//! Stated links.

use serde_json::Value;

use super::name::same_name;
use super::{Evaluation, Miss, Truth};
use crate::reading::{Reading, Relation};

/// Links are one where their predicate is one, their places have a byte in common and an end is the same; a link to
/// several things is read where each of them is.
pub(super) fn relations(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    let rows: Vec<&Truth> = truth.iter().filter(|row| row.kind == "relation").collect();
    // A document without any was not annotated for them.
    if rows.is_empty() {
        return;
    }
    let score = out.scores.entry("relation").or_default();
    score.truth += u64::try_from(rows.len()).unwrap_or(u64::MAX);
    for row in &rows {
        if found(row, truth, &reading.relations) {
            score.hits += 1;
        } else {
            let what = format!("{} {:?}", row.text("predicate").unwrap_or_default(), row.phrase);
            out.misses.push(Miss { table: "relation", missing: true, start: row.start, end: row.end, what });
        }
    }
    score.read += score.hits;
    for relation in &reading.relations {
        if rows.iter().any(|row| same(row, relation, truth, None)) {
            continue;
        }
        score.read += 1;
        let Relation { subject, predicate, object, place, .. } = relation;
        let what = format!("{subject:?} {predicate} {object:?}");
        out.misses.push(Miss { table: "relation", missing: false, start: place.start, end: place.end, what });
    }
}

fn found(row: &Truth, truth: &[Truth], read: &[Relation]) -> bool {
    let objects: Vec<&str> = match row.fields.get("object") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => return read.iter().any(|relation| same(row, relation, truth, None)),
    };
    objects.iter().all(|object| read.iter().any(|relation| same(row, relation, truth, Some(object))))
}

/// `object` is the one of several things that has to be met.
fn same(row: &Truth, relation: &Relation, truth: &[Truth], object: Option<&str>) -> bool {
    let predicate = row.text("predicate").unwrap_or_default();
    if !predicate.starts_with(relation.predicate) || !row.overlaps(relation.place.start, relation.place.end) {
        return false;
    }
    let object_named = |wanted: &str| named(wanted, truth).iter().any(|name| same_name(name, &relation.object));
    if let Some(object) = object {
        return object_named(object);
    }
    let subject_named = row
        .text("subject")
        .is_some_and(|subject| named(subject, truth).iter().any(|name| same_name(name, &relation.subject)));
    let objects = match row.fields.get("object") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(object_named),
        // A count may be told in figures or in words.
        Some(Value::String(object)) => object_named(object) || has_digit(object) && has_digit(&relation.object),
        Some(Value::Number(object)) => object.to_string() == relation.object,
        _ => false,
    };
    subject_named || objects
}

/// The names of what a row of the truth calls by an identifier of another row, else the words themselves.
fn named(wanted: &str, truth: &[Truth]) -> Vec<String> {
    let mut out = vec![wanted.to_owned()];
    for row in truth {
        let ids = ["event_id", "op_id", "org_id"];
        if ids.iter().any(|id| row.text(id) == Some(wanted)) {
            out.extend(["name", "series"].iter().filter_map(|field| row.text(field)).map(str::to_owned));
            out.push(row.phrase.clone());
        }
    }
    out
}

fn has_digit(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}
