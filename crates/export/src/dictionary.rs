//! `dictionary.md`: the release for people.

use std::fmt::Write as _;

use quipu_schema::table::{self, Table};

use crate::manifest::ReleasedTable;
use crate::release::Head;
use crate::source::Used;

/// What anyone who acts on a hit must know. The wording is ours; the rules are those of the owners
/// of police records everywhere.
const ON_HITS: &str = "\
## Before anyone acts on a hit

A hit says that a question met an entry of a reference database, in the state in which that database
was searched. **It is a lead, not proof.**

- Confirm it with the owner of the record, through the national bureau, before anything is done
  because of it. `record.owner` names the owner.
- The record stays its owner's. The owner's limits on use, on keeping and on passing on bind whoever
  receives it; `marking` carries them.
- Nobody vouches here for a record's accuracy: it may be out of date, mistaken or withdrawn since.
- **Absence clears nothing.** What has no hit may not be reported yet, be known in one country only,
  or be written in another way.
- `grade` says how the two met and `state` how far people have looked at it: a `candidate` has been
  seen by nobody.

";

/// The text of `dictionary.md`.
pub(crate) fn text(head: &Head<'_>, tables: &[(&'static Table, ReleasedTable)], sources: &[Used<'_>]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {}\n", line(head.title));
    let _ = writeln!(
        out,
        "A release of the quipu pipeline `{}`, marked **{}**, the strictest marking of any of its rows. A row\n\
         with a marking of its own keeps it; the others have that of their source. `manifest.json` lists\n\
         every other file with size and SHA-256. Null means \"not stated\"; zero means zero. The release holds no wall-clock time, so `document.retrieved_at` is null.\n",
        head.pipeline, head.marking
    );
    let licence = head.licence.map_or_else(
        || "Licence: none is stated for the release as a whole; those of the sources hold.".to_owned(),
        |licence| format!("Licence: {}. The licences of the sources hold beside it.", line(licence)),
    );
    let _ = writeln!(out, "{licence}\n");
    out.push_str("| table | rows | marking | files | logical hash |\n|---|---|---|---|---|\n");
    for (table, released) in tables {
        let files = match released.files.as_slice() {
            [file] if released.partition.is_empty() => format!("`{}`", file.path),
            files => format!("{} in `{}/`", files.len(), table.name),
        };
        let marking = released.marking.as_deref().unwrap_or("none");
        let _ =
            writeln!(out, "| {} | {} | {marking} | {files} | `{}` |", table.name, released.rows, released.logical_hash);
    }
    out.push('\n');
    folders(&mut out, tables);
    if tables.iter().any(|(table, _)| table.name == "hit") {
        out.push_str(ON_HITS);
    }
    origins(&mut out, sources);
    out.push_str("# Tables\n\n");
    out.push_str(&table::markdown(&tables.iter().map(|(table, _)| *table).collect::<Vec<_>>()));
    out
}

/// How tables in folders are read.
fn folders(out: &mut String, tables: &[(&'static Table, ReleasedTable)]) {
    let mut partitioned = tables.iter().filter(|(_, released)| !released.partition.is_empty()).peekable();
    if partitioned.peek().is_none() {
        return;
    }
    out.push_str("## Tables in folders\n\n");
    for (table, released) in partitioned {
        let columns: Vec<String> = released.partition.iter().map(|column| format!("`{column}`")).collect();
        let _ = writeln!(out, "- `{}` by {}", table.name, columns.join(", "));
    }
    out.push_str(
        "\nThe values of these columns stand in the names of the folders (`column=value`, percent-encoded,\n\
         `__HIVE_DEFAULT_PARTITION__` for null) and not in the files, as in Hive. Tell the reader their types,\n\
         or it may guess and read the code `0101` as the number 101:\n\n\
         - DuckDB: `read_parquet('TABLE/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)`\n\
           (before DuckDB 1.5 also `NULLIF(COLUMN, '__HIVE_DEFAULT_PARTITION__')`)\n\
         - polars: `scan_parquet('TABLE/', hive_schema = {'COLUMN': pl.String})`\n\n",
    );
}

fn origins(out: &mut String, sources: &[Used<'_>]) {
    if sources.is_empty() {
        return;
    }
    out.push_str(
        "## Sources\n\n| source | title | publisher | licence | marking | documents |\n|---|---|---|---|---|---|\n",
    );
    for used in sources {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            used.info.id,
            cell(used.title()),
            used.publisher().map_or_else(|| "not stated".to_owned(), cell),
            used.licence().map_or_else(|| "not stated".to_owned(), cell),
            used.info.marking,
            if used.documents.is_empty() {
                "not part of the release".to_owned()
            } else {
                used.documents.len().to_string()
            },
        );
    }
    out.push('\n');
}

/// Text on one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}
