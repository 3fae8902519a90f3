//! `datapackage.json`: the release as a Frictionless Data Package 2.0.
//!
//! Beyond the standard's own properties a field may carry `sdmx` (its name in SDMX), `unit` and
//! `refersTo` (`table.column`, also where that table is not part of the release); a resource laid
//! out in folders carries `partitionedBy`.

use quipu_schema::Result;
use quipu_schema::table::{Column, Kind, Rule, Table};
use serde_json::{Map, Value, json};

use crate::manifest::{ReleasedTable, json_bytes};
use crate::release::Head;
use crate::sort;
use crate::source::Used;

const PROFILE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";
const MEDIA_TYPE: &str = "application/vnd.apache.parquet";

/// The bytes of `datapackage.json`.
pub(crate) fn bytes(
    head: &Head<'_>,
    tables: &[(&'static Table, ReleasedTable)],
    sources: &[Used<'_>],
) -> Result<Vec<u8>> {
    let mut package = Map::new();
    let mut put = |key: &str, value: Value| package.insert(key.to_owned(), value);
    put("$schema", json!(PROFILE));
    put("name", json!(head.pipeline));
    put("title", json!(head.title));
    put("description", json!("Made by quipu. dictionary.md explains the tables; manifest.json proves the files."));
    put("marking", json!(head.marking.to_string()));
    if let Some(licence) = head.licence {
        put("licenses", json!([license(licence)]));
    }
    let sources: Vec<Value> = sources.iter().flat_map(source).collect();
    if !sources.is_empty() {
        put("sources", json!(sources));
    }
    let resources: Vec<Value> = tables.iter().map(|(table, released)| resource(table, released, tables)).collect();
    put("resources", json!(resources));
    json_bytes(&package)
}

/// The standard wants an identifier or an address; a licence in words keeps them as its title.
fn license(text: &str) -> Value {
    let words = text.trim();
    if words.starts_with("https://") || words.starts_with("http://") {
        json!({ "path": words, "title": words })
    } else {
        json!({ "name": words.split_whitespace().collect::<Vec<_>>().join("-"), "title": words })
    }
}

/// One entry for each document, or one for the source where no document is known.
fn source(used: &Used<'_>) -> Vec<Value> {
    let entry = |title: &str, path: Option<&str>| {
        let mut entry = Map::new();
        entry.insert("title".to_owned(), json!(title));
        if let Some(path) = path.filter(|path| is_path(path)) {
            entry.insert("path".to_owned(), json!(path));
        }
        entry.insert("source".to_owned(), json!(used.info.id));
        for (key, value) in [("publisher", used.publisher()), ("licence", used.licence())] {
            if let Some(value) = value {
                entry.insert(key.to_owned(), json!(value));
            }
        }
        Value::Object(entry)
    };
    if used.documents.is_empty() {
        return vec![entry(used.title(), None)];
    }
    let title = used.title();
    let entries = used.documents.iter();
    entries.map(|document| entry(document.title.as_deref().unwrap_or(title), document.url.as_deref())).collect()
}

/// Whether the standard takes this as a path: an address, or relative without steps upwards.
fn is_path(path: &str) -> bool {
    path.starts_with("http://")
        || path.starts_with("https://")
        || !(path.is_empty()
            || path.starts_with(['/', '~', '\\'])
            || path.contains(':')
            || path.split('/').any(|s| s == ".."))
}

fn resource(table: &'static Table, released: &ReleasedTable, tables: &[(&'static Table, ReleasedTable)]) -> Value {
    let mut resource = Map::new();
    let mut put = |key: &str, value: Value| resource.insert(key.to_owned(), value);
    put("name", json!(table.name));
    put("title", json!(table.title));
    put("description", json!(format!("A row is {}.", table.row_is)));
    put("type", json!("table"));
    let bytes: u64 = released.files.iter().map(|file| file.bytes).sum();
    match released.files.as_slice() {
        [file] if released.partition.is_empty() => {
            put("path", json!(file.path));
            put("format", json!("parquet"));
            put("mediatype", json!(MEDIA_TYPE));
            put("bytes", json!(bytes));
            put("hash", json!(format!("sha256:{}", file.sha256)));
        }
        // The standard has one hash for a resource; those of several files stand in the manifest.
        files => {
            put("path", json!(files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>()));
            put("format", json!("parquet"));
            put("mediatype", json!(MEDIA_TYPE));
            put("bytes", json!(bytes));
            put("partitionedBy", json!(released.partition));
        }
    }
    put("rows", json!(released.rows));
    put("schema", schema(table, tables));
    Value::Object(resource)
}

fn schema(table: &'static Table, tables: &[(&'static Table, ReleasedTable)]) -> Value {
    let mut schema = Map::new();
    schema.insert("fields".to_owned(), table.all_columns().map(|column| field(table, column)).collect());
    // Parquet has nulls of its own: no text stands for a missing value, the empty one included.
    schema.insert("missingValues".to_owned(), json!([]));
    if sort::key_is_unique(table) && table.key.iter().all(|key| table.column(key).is_some_and(|c| !c.nullable)) {
        schema.insert("primaryKey".to_owned(), json!(table.key));
    } else if sort::key_is_unique(table) {
        // A primary key may hold no null, a unique key may.
        schema.insert("uniqueKeys".to_owned(), json!([table.key]));
    }
    let foreign: Vec<Value> = table.all_columns().filter_map(|column| foreign_key(column, table, tables)).collect();
    if !foreign.is_empty() {
        schema.insert("foreignKeys".to_owned(), json!(foreign));
    }
    Value::Object(schema)
}

fn foreign_key(column: &Column, table: &Table, tables: &[(&'static Table, ReleasedTable)]) -> Option<Value> {
    let Rule::References(other, target) = column.rule else { return None };
    tables.iter().find(|(released, _)| released.name == other)?;
    let mut reference = Map::new();
    // A reference within one table names no resource.
    if other != table.name {
        reference.insert("resource".to_owned(), json!(other));
    }
    reference.insert("fields".to_owned(), json!([target]));
    Some(json!({ "fields": [column.name], "reference": reference }))
}

fn field(table: &Table, column: &Column) -> Value {
    let mut field = Map::new();
    let mut put = |key: &str, value: Value| field.insert(key.to_owned(), value);
    put("name", json!(column.name));
    put("type", json!(column.kind.frictionless()));
    put("description", json!(column.meaning));
    if let Some(unit) = column.unit {
        put("unit", json!(unit));
    }
    if let Some(sdmx) = sdmx(table, column) {
        put("sdmx", json!(sdmx));
    }
    let mut constraints = Map::new();
    if !column.nullable {
        constraints.insert("required".to_owned(), json!(true));
    }
    match column.rule {
        Rule::Any => {}
        Rule::OneOf(words) => _ = constraints.insert("enum".to_owned(), json!(words)),
        Rule::Matches(pattern) => _ = constraints.insert("pattern".to_owned(), json!(pattern)),
        Rule::Range(low, high) => {
            constraints.insert("minimum".to_owned(), bound(column.kind, low));
            constraints.insert("maximum".to_owned(), bound(column.kind, high));
        }
        Rule::References(other, target) => _ = put("refersTo", json!(format!("{other}.{target}"))),
    }
    if !constraints.is_empty() {
        put("constraints", Value::Object(constraints));
    }
    Value::Object(field)
}

/// A bound in the field's own type: `4`, not `4.0`, for whole numbers.
fn bound(kind: Kind, bound: f64) -> Value {
    let whole = matches!(kind, Kind::Int | Kind::UInt | Kind::UInt32) && bound.fract() == 0.0;
    if whole { format!("{bound:.0}").parse::<i64>().map_or(json!(bound), |n| json!(n)) } else { json!(bound) }
}

/// The SDMX name of a column, where it has one. Numbers in prose have none: their hedges are not
/// observation statuses.
fn sdmx(table: &Table, column: &Column) -> Option<&'static str> {
    if table.name != "observation" {
        return None;
    }
    Some(match column.name {
        "ref_area" => "REF_AREA",
        "time_start" => "TIME_PERIOD",
        "value" => "OBS_VALUE",
        "unit" => "UNIT_MEASURE",
        "obs_status" => "OBS_STATUS",
        "freq" => "FREQ",
        "sex" => "SEX",
        "age" => "AGE",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use quipu_schema::table::{ALL, find};

    use super::*;

    #[test]
    fn sdmx_names_stand_on_columns_that_exist() {
        let table = find("observation").unwrap();
        let names: Vec<_> = table.all_columns().filter_map(|column| sdmx(table, column)).collect();
        assert_eq!(names.len(), 8);
    }

    #[test]
    fn every_table_makes_a_schema_with_a_key_and_typed_fields() {
        for table in ALL {
            let schema = schema(table, &[]);
            let fields = schema["fields"].as_array().unwrap();
            assert_eq!(fields.len(), table.all_columns().count());
            assert_eq!(
                schema.get("primaryKey").is_some() || schema.get("uniqueKeys").is_some(),
                table.name != "quarantine",
                "{}",
                table.name
            );
            assert!(schema.get("foreignKeys").is_none());
        }
        let crime = schema(find("crime").unwrap(), &[]);
        assert_eq!(crime.pointer("/fields/1/constraints/maximum"), Some(&json!(4)));
    }

    #[test]
    fn licences_and_paths_fit_the_standard() {
        assert_eq!(license("CC BY 4.0")["name"], "CC-BY-4.0");
        assert_eq!(license("https://example.org/l")["path"], "https://example.org/l");
        assert!(is_path("https://example.org/a?b=c") && is_path("figures 2024.csv"));
        assert!(!is_path("/data/x") && !is_path("../x") && !is_path("file:///x") && !is_path(""));
    }
}
