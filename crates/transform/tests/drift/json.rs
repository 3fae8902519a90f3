//! JSON: records of an envelope as rows of cells. A field within a field is a column named with a dot.

use quipu_schema::pipeline::{Reader, Source};
use serde_json::{Map, Value};

use crate::document::{Cell, Draft, Format, Row};

/// The records as rows below a row of names, and the envelope.
pub(crate) fn read(source: &Source, bytes: &[u8]) -> (Vec<Row>, Format) {
    let Reader::Cells(layout) = &source.reader else { panic!("no cells") };
    let pointer = layout.records.as_ref().map(|pointer| pointer.value.clone()).unwrap_or_default();
    let mut envelope: Value = serde_json::from_slice(bytes).expect("JSON");
    let Some(Value::Array(records)) = envelope.pointer_mut(&pointer).map(Value::take) else { panic!("no records") };
    let mut names: Vec<String> = Vec::new();
    let mut flat: Vec<Vec<(String, Cell)>> = Vec::new();
    for record in &records {
        let mut cells = Vec::new();
        flatten("", record, &mut cells);
        for (name, _) in &cells {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        flat.push(cells);
    }
    let mut rows: Vec<Row> = vec![names.iter().map(|name| Cell::Text(name.clone())).collect()];
    for cells in flat {
        let of = |name: &String| cells.iter().find(|(own, _)| own == name).map(|(_, cell)| cell.clone());
        rows.push(names.iter().map(|name| of(name).unwrap_or(Cell::Other(Value::Null))).collect());
    }
    (rows, Format::Json { envelope, pointer, pretty: true, lines: false })
}

fn flatten(prefix: &str, value: &Value, out: &mut Vec<(String, Cell)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&name, value, out);
            }
        }
        Value::String(text) => out.push((prefix.to_owned(), Cell::Text(text.clone()))),
        Value::Number(number) => out.push((prefix.to_owned(), Cell::Number(number.to_string()))),
        other => out.push((prefix.to_owned(), Cell::Other(other.clone()))),
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) | Cell::Date(text) => Value::String(text.clone()),
        Cell::Number(text) => serde_json::from_str(text).expect("a number"),
        Cell::Other(value) => value.clone(),
    }
}

/// The document as bytes.
pub(crate) fn write(draft: &Draft) -> Vec<u8> {
    let Format::Json { envelope, pointer, pretty, lines } = &draft.format else { panic!("no JSON") };
    let names = draft.names();
    let mut records = Vec::new();
    for row in draft.body.iter().chain(&draft.below).filter(|row| !row.is_empty()) {
        let mut record = Value::Object(Map::new());
        for (name, cell) in names.iter().zip(row) {
            let mut at = &mut record;
            let parts: Vec<&str> = name.split('.').collect();
            for part in &parts[..parts.len() - 1] {
                let Value::Object(fields) = at else { panic!("a field within no object") };
                at = fields.entry(*part).or_insert_with(|| Value::Object(Map::new()));
            }
            if let Value::Object(fields) = at {
                fields.insert(parts[parts.len() - 1].to_owned(), value(cell));
            }
        }
        records.push(record);
    }
    if *lines {
        let lines: Vec<String> = records.iter().map(|record| record.to_string() + "\n").collect();
        return lines.concat().into_bytes();
    }
    let mut document = envelope.clone();
    if pointer.is_empty() {
        document = Value::Array(records);
    } else {
        put(&mut document, pointer, Value::Array(records));
    }
    if *pretty { serde_json::to_vec_pretty(&document) } else { serde_json::to_vec(&document) }.expect("JSON")
}

/// Puts a value where a pointer points, which may be a new field of an object that is there.
fn put(document: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = document.pointer_mut(pointer) {
        *place = value;
        return;
    }
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = if parent.is_empty() { document } else { document.pointer_mut(parent).expect("a parent") };
    let Value::Object(fields) = parent else { panic!("a field of no object") };
    fields.insert(key.to_owned(), value);
}
