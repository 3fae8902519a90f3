//! Crimes and their codes.

use super::{Evaluation, Rows, Truth, of};
use crate::reading::Reading;

pub(super) fn crimes(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    let read: Vec<&crate::reading::Mention> =
        reading.mentions.iter().filter(|mention| mention.kind == "crime").collect();
    let coded = |row: &&Truth| row.text("iccs").is_some();
    // A threat without a code is not asked for, and reading one there is no mistake.
    let uncoded: Vec<&Truth> = truth.iter().filter(|row| row.kind == "threat" && row.text("iccs").is_none()).collect();
    let read: Vec<&crate::reading::Mention> = read
        .into_iter()
        .filter(|mention| !uncoded.iter().any(|row| row.overlaps(mention.place.start, mention.place.end)))
        .collect();
    Rows {
        table: "crime",
        truth: of(truth, "threat").into_iter().filter(coded).collect(),
        read: &read,
        place: |mention| (mention.place.start, mention.place.end),
        same: |truth, mention| truth.text("iccs") == mention.reference.as_deref(),
        show_truth: |truth| format!("{} {:?}", truth.text("iccs").unwrap_or_default(), truth.phrase),
        show: |mention| format!("{} {:?}", mention.reference.clone().unwrap_or_default(), mention.place.text),
    }
    .score(out);
}
