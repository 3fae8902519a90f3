//! The dictionary of tables, for people (Markdown) and programs (JSON).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Column, Provenance, Rule, Table};

/// The dictionary of these tables as Markdown.
pub fn markdown(tables: &[&Table]) -> String {
    let mut out = String::new();
    for table in tables {
        let _ = writeln!(out, "## {}\n\n{}. A row is {}.", table.name, table.title, table.row_is);
        let _ = writeln!(out, "Key: {}.", table.key.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "));
        match table.provenance {
            Provenance::At(column) => {
                let _ = writeln!(out, "The bytes at the locator print `{column}`.");
            }
            Provenance::Whole => {
                let _ = writeln!(out, "The locator spans the whole row.");
            }
            Provenance::None => {}
        }
        let _ = writeln!(out, "\n| column | type | null | unit | meaning | contract |\n|---|---|---|---|---|---|");
        for column in table.all_columns() {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                column.name,
                column.kind.word(),
                if column.nullable { "yes" } else { "no" },
                column.unit.unwrap_or_default(),
                meaning_words(column).replace('|', "\\|"),
                contract_words(column).replace('|', "\\|"),
            );
        }
        out.push('\n');
    }
    out
}

fn meaning_words(column: &Column) -> String {
    let personal = if column.personal { " (personal)" } else { "" };
    format!("{}{personal}", column.meaning)
}

fn contract_words(column: &Column) -> String {
    match column.rule {
        Rule::Any => String::new(),
        Rule::OneOf(words) => format!("one of {}", words.join(", ")),
        Rule::Matches(pattern) => format!("matches `{pattern}`"),
        Rule::Range(low, high) => format!("from {low} to {high}"),
        Rule::References(table, target) => format!("stands in {table}.{target}"),
    }
}

/// The dictionary of these tables as JSON: an array of tables.
pub fn json(tables: &[&Table]) -> Value {
    tables.iter().map(|table| table_json(table)).collect()
}

fn table_json(table: &Table) -> Value {
    json!({
        "name": table.name,
        "title": table.title,
        "row_is": table.row_is,
        "key": table.key,
        "located_text": table.located_text(),
        "columns": table.all_columns().map(column_json).collect::<Vec<_>>(),
    })
}

fn column_json(column: &Column) -> Value {
    let contract = match column.rule {
        Rule::Any => Value::Null,
        Rule::OneOf(words) => json!({ "one_of": words }),
        Rule::Matches(pattern) => json!({ "matches": pattern }),
        Rule::Range(low, high) => json!({ "minimum": low, "maximum": high }),
        Rule::References(table, target) => json!({ "references": { "table": table, "column": target } }),
    };
    json!({
        "name": column.name,
        "type": column.kind.word(),
        "nullable": column.nullable,
        "unit": column.unit,
        "meaning": column.meaning,
        "personal": column.personal,
        "contract": contract,
    })
}

#[cfg(test)]
mod tests {
    use super::super::ALL;
    use super::*;

    #[test]
    fn both_dictionaries_name_every_column_of_every_table() {
        let text = markdown(ALL);
        let value = json(ALL);
        for (index, table) in ALL.iter().enumerate() {
            assert!(text.contains(&format!("## {}\n", table.name)));
            let columns = value.pointer(&format!("/{index}/columns")).and_then(Value::as_array);
            assert_eq!(columns.map(Vec::len), Some(table.all_columns().count()));
            for column in table.all_columns() {
                assert!(text.contains(&format!("| {} | {} |", column.name, column.kind.word())));
            }
        }
    }
}
