//! The same table in other bytes.

use encoding_rs::{MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde_json::{Value, json};

use super::Make;
use crate::document::{Draft, Format, Quotes};
use crate::outcome::Change;
use crate::random::Random;

pub(crate) const ALL: &[(&str, Make)] = &[
    ("encoding switched", encoding),
    ("encoding that none detects", unknown_encoding),
    ("byte order mark added, removed", mark),
    ("delimiter switched", delimiter),
    ("quoting style", quoting),
    ("CRLF, LF", ends),
    ("format switched", format),
    ("JSON laid out otherwise", laid_out),
    ("records elsewhere in the JSON", moved),
    ("JSON envelope grows", envelope_grows),
];

/// Every text of the document.
fn all_text(draft: &Draft) -> String {
    let rows = draft.above.iter().chain(&draft.header).chain(&draft.body).chain(&draft.below);
    rows.flatten().map(crate::document::Cell::text).collect()
}

fn encoding(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let text = all_text(draft);
    let Format::Text { encoding, mark, .. } = &mut draft.format else { return None };
    let narrow = !WINDOWS_1252.encode(&text).2;
    let ways = [(UTF_8, false), (UTF_16LE, true), (UTF_16BE, true), (UTF_8, true), (UTF_16LE, false)];
    (*encoding, *mark) =
        if narrow && *encoding == UTF_8 && random.once_in(2) { (WINDOWS_1252, false) } else { *random.pick(&ways) };
    Some(Change::named(["encoding", "UTF-16"]))
}

fn unknown_encoding(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let text = all_text(draft);
    if text.is_ascii() || MACINTOSH.encode(&text).2 {
        return None;
    }
    let names = draft.names();
    let Format::Text { encoding, mark, .. } = &mut draft.format else { return None };
    (*encoding, *mark) = (MACINTOSH, false);
    let mut change = Change::named(names);
    change.untold = Some("most bytes are good letters of other words in another encoding");
    Some(change)
}

fn mark(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let Format::Text { mark, encoding, .. } = &mut draft.format else { return None };
    if *encoding != UTF_8 {
        return None;
    }
    *mark = !*mark;
    Some(Change::named(["byte order mark"]))
}

fn delimiter(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let Format::Text { delimiter, .. } = &mut draft.format else { return None };
    let others: Vec<char> = [',', ';', '\t', '|'].into_iter().filter(|other| other != delimiter).collect();
    *delimiter = *random.pick(&others);
    Some(Change::named(["delimiter"]))
}

fn quoting(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let Format::Text { quotes, .. } = &mut draft.format else { return None };
    *quotes = *random.pick(&[Quotes::All, Quotes::Texts]);
    Some(Change::named(["quote"]))
}

fn ends(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let Format::Text { end, .. } = &mut draft.format else { return None };
    *end = "\r\n";
    Some(Change::named(["line"]))
}

/// Text becomes a workbook, a workbook text.
fn format(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    draft.format = match draft.format {
        Format::Text { .. } => Format::Book { sheet: "Datos".to_owned(), sheets: Vec::new() },
        Format::Book { .. } => crate::document::utf_8(';'),
        Format::Json { .. } => return None,
    };
    Some(Change::named(["workbook", "zip", "delimited text", "format"]))
}

fn laid_out(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let Format::Json { pretty, lines, pointer, .. } = &mut draft.format else { return None };
    *pretty = false;
    // Lines of records have no envelope: what it says is gone.
    *lines = random.once_in(2);
    let pointer = pointer.clone();
    Some(Change::named([pointer, "records".to_owned(), "above the header".to_owned()]))
}

fn moved(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let Format::Json { envelope, pointer, .. } = &mut draft.format else { return None };
    let old = pointer.clone();
    *envelope = json!({ "meta": envelope.clone() });
    "/data".clone_into(pointer);
    Some(Change::named([old]))
}

fn envelope_grows(draft: &mut Draft, _: &mut Random) -> Option<Change> {
    let Format::Json { envelope, .. } = &mut draft.format else { return None };
    let fields = match envelope {
        Value::Array(parts) => parts.first_mut()?,
        other => other,
    };
    fields.as_object_mut()?.insert("note".to_owned(), json!({ "by": ["x", "y"], "count": 3 }));
    Some(Change::named(["note"]))
}
