//! The lines that unknown labels need in the reference lists: which file, which columns, and only where
//! it is sure, which code.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use quipu_schema::table::{self, Table};
use quipu_schema::{ErrorKind, Fault, Result};

use crate::candidates::{Candidate, Candidates, Question, Surroundings};
use crate::codes::{Reference, fold};
use crate::refused::Refused;

/// Candidates that are named of each label.
const NAMED: usize = 3;

/// A label that a list does not know, over all sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The list.
    pub list: String,
    /// Its scheme.
    pub scheme: Option<String>,
    /// The label as printed.
    pub label: String,
    /// The sources that print it.
    pub sources: Vec<String>,
    /// The language of these sources, where they have one and the same.
    pub language: Option<String>,
    /// How many rows of the quarantine.
    pub rows: u64,
    /// How many values were not published because of it.
    pub cells: u64,
}

/// What a label needs.
#[derive(Debug, Clone)]
pub struct Suggested {
    /// The label.
    pub unknown: Unknown,
    /// The table that takes it; none where the list has no table of labels.
    pub table: Option<&'static Table>,
    /// The line: complete where it is `sure`, else with an empty code for a person to fill in.
    pub line: String,
    /// Whether the code is sure enough to be written.
    pub sure: bool,
    /// Why it is, where it is.
    pub why: Option<String>,
    /// What it may mean, the nearest first.
    pub candidates: Vec<Candidate>,
}

impl Unknown {
    /// The unknown labels of these rows, those with most values first. What a list knows by now is left
    /// out; of each source, its language is given.
    pub fn of(rows: &[Refused], reference: &Reference, language: impl Fn(&str) -> Option<String>) -> Vec<Self> {
        let mut found: BTreeMap<(&str, Option<&str>, &str), Self> = BTreeMap::new();
        for row in rows {
            let (Some(list), Some(label)) = (row.list.as_deref(), row.label.as_deref()) else { continue };
            let scheme = row.scheme.as_deref();
            if reference.knows(list, scheme, label) {
                continue;
            }
            let own = language(&row.source);
            let unknown = found.entry((list, scheme, label)).or_insert_with(|| Self {
                list: list.to_owned(),
                scheme: scheme.map(str::to_owned),
                label: label.to_owned(),
                sources: Vec::new(),
                language: own.clone(),
                rows: 0,
                cells: 0,
            });
            unknown.rows += 1;
            unknown.cells += row.cells;
            if !unknown.sources.contains(&row.source) {
                unknown.sources.push(row.source.clone());
            }
            if unknown.language != own {
                unknown.language = None;
            }
        }
        let mut found: Vec<Self> = found.into_values().collect();
        found.sort_by_key(|unknown| std::cmp::Reverse(unknown.cells));
        found
    }
}

/// What each label needs. `around` says where the other areas of a label's sources lie. Two labels that
/// differ in case or accents alone need one line.
pub fn suggest(
    unknown: Vec<Unknown>,
    candidates: &Candidates,
    around: impl Fn(&Unknown) -> Surroundings,
) -> Vec<Suggested> {
    let mut out: Vec<Suggested> = Vec::new();
    for unknown in unknown {
        let same = |other: &&mut Suggested| {
            let other = &other.unknown;
            (&other.list, &other.scheme) == (&unknown.list, &unknown.scheme)
                && fold(&other.label) == fold(&unknown.label)
        };
        if let Some(other) = out.iter_mut().find(same) {
            other.unknown.rows += unknown.rows;
            other.unknown.cells += unknown.cells;
            for source in unknown.sources {
                if !other.unknown.sources.contains(&source) {
                    other.unknown.sources.push(source);
                }
            }
            continue;
        }
        let around = around(&unknown);
        let (list, scheme) = (unknown.list.as_str(), unknown.scheme.as_deref());
        let question = Question { list, scheme, label: &unknown.label, around: &around };
        let table = table_of(list, scheme);
        let sure = candidates.sure(question).filter(|_| table.is_some());
        let mut nearest = candidates.nearest(question, NAMED);
        if let Some((sure, _)) = &sure {
            nearest.retain(|candidate| candidate.code != sure.code);
            nearest.insert(0, sure.clone());
            nearest.truncate(NAMED);
        }
        let line = match (table, &sure) {
            (Some(table), Some((candidate, why))) => line(table, &unknown, Some(candidate), why),
            (Some(table), None) => line(table, &unknown, None, ""),
            (None, _) => format!("map = {{ {:?} = \"\" }}", unknown.label),
        };
        let why = sure.map(|(_, why)| why);
        out.push(Suggested { unknown, table, line, sure: why.is_some(), why, candidates: nearest });
    }
    out
}

/// The table that takes labels of a list.
fn table_of(list: &str, scheme: Option<&str>) -> Option<&'static Table> {
    match (list, scheme) {
        ("area", None) => table::find("area_alias"),
        ("area", Some(_)) => table::find("area_code"),
        ("crime", Some(_)) => table::find("crime_label"),
        _ => None,
    }
}

/// A line of a list; without a candidate its code is empty, and for crimes how well it fits is `?`.
fn line(table: &Table, unknown: &Unknown, candidate: Option<&Candidate>, why: &str) -> String {
    let sources = unknown.sources.join(", ");
    let note = match candidate {
        Some(_) => format!("unverified: {why}; printed by {sources}"),
        None => format!("printed by {sources}"),
    };
    let code = candidate.and_then(|candidate| candidate.code.clone()).unwrap_or_default();
    let fit = candidate.map_or_else(|| "?".to_owned(), |c| c.fit.clone().unwrap_or_default());
    let cells = table.columns.iter().map(|column| match column.name {
        "scheme" => unknown.scheme.clone().unwrap_or_default(),
        "alias" | "label" | "code" => unknown.label.clone(),
        "area" | "crime" => code.clone(),
        "language" => unknown.language.clone().unwrap_or_default(),
        "match" => fit.clone(),
        "note" => note.clone(),
        _ => String::new(),
    });
    cells.map(|cell| quoted(&cell)).collect::<Vec<_>>().join(",")
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// Writes lines into a list, each where its key sorts to, and leaves every other line as it is. A line
/// whose key is there already is left out. Returns the file and how many lines were written; the list is
/// read again, and put back as it was where it is not right any more.
///
/// # Errors
/// A list that is not there, cannot be written, or is wrong.
pub fn add_lines(folder: &Path, table: &Table, lines: &[&str]) -> Result<(PathBuf, usize)> {
    let path = folder.join(format!("{}.csv", table.name));
    let failed = |what: &str, error| Fault::io(ErrorKind::Pipeline, what, &path, error);
    let before = fs::read_to_string(&path).map_err(|error| failed("read a reference list", error))?;
    let mut rows: Vec<String> = records(&before);
    let key = |row: &str| {
        let cells = cells(row);
        let column = |name: &&str| table.columns.iter().position(|column| column.name == *name);
        table.key.iter().filter_map(|name| cells.get(column(name)?).cloned()).collect::<Vec<String>>()
    };
    let mut written = 0;
    for line in lines {
        let new = key(line);
        if rows.iter().skip(1).any(|row| key(row) == new) {
            continue;
        }
        // The first row is the header.
        let at = rows.iter().skip(1).position(|row| key(row) > new).map_or(rows.len(), |at| at + 1);
        rows.insert(at, (*line).to_owned());
        written += 1;
    }
    if written == 0 {
        return Ok((path, 0));
    }
    let newline = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let after: String = rows.iter().flat_map(|row| [row.as_str(), newline]).collect();
    replace(folder, &path, after.as_bytes())?;
    if let Err(fault) = Reference::load(folder) {
        replace(folder, &path, before.as_bytes())?;
        return Err(Fault::bug("the lines made a list that is not right; it is as it was").because(fault));
    }
    Ok((path, written))
}

/// Puts a file in the place of another, whole or not at all.
fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: std::io::Error| {
        Fault::io(ErrorKind::Storage, "write a reference list", path, error).help("make the folder of lists writable")
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    if let Ok(held) = fs::metadata(path) {
        file.as_file().set_permissions(held.permissions()).map_err(failed)?;
    }
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The records of a list as they stand, without the ends of their lines.
fn records(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut record = String::new();
    for line in text.lines() {
        if !record.is_empty() {
            record.push('\n');
        }
        record.push_str(line);
        // A quoted cell may hold the end of a line.
        if record.matches('"').count().is_multiple_of(2) {
            out.push(std::mem::take(&mut record));
        }
    }
    if !record.is_empty() {
        out.push(record);
    }
    out
}

/// The cells of a record.
fn cells(record: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut in_quotes = false;
    let mut chars = record.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if in_quotes && chars.peek() == Some(&'"') => {
                chars.next();
                if let Some(cell) = out.last_mut() {
                    cell.push('"');
                }
            }
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes => out.push(String::new()),
            c => {
                if let Some(cell) = out.last_mut() {
                    cell.push(c);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(list: &str, scheme: Option<&str>, label: &str) -> Unknown {
        Unknown {
            list: list.into(),
            scheme: scheme.map(str::to_owned),
            label: label.into(),
            sources: vec!["police".into()],
            language: Some("es".into()),
            rows: 1,
            cells: 12,
        }
    }

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/reference")
    }

    fn suggested(unknown: Vec<Unknown>) -> Vec<Suggested> {
        let candidates = Candidates::new(&Reference::load(&folder()).unwrap()).unwrap();
        suggest(unknown, &candidates, |_| Surroundings { parent: Some("CO".into()) })
    }

    #[test]
    fn lines_have_the_columns_of_their_list_and_a_code_only_where_it_is_sure() {
        let made = suggested(vec![
            unknown("area", None, "Norte de\u{a0}Santander."),
            unknown("area", None, "NORTE DE SANTANDER."),
            unknown("area", None, "Dpto. de Nariño, Sur"),
            unknown("area", Some("ponal-departamento"), "GUAJIRA (LA)"),
            unknown("crime", Some("ar-snic"), "14-1"),
            unknown("crime", Some("ar-snic"), "Robo, otros"),
            unknown("unit", None, "sack"),
        ]);
        let lines: Vec<(bool, &str)> = made.iter().map(|made| (made.sure, made.line.as_str())).collect();
        let same = "differs from `Norte de Santander` in case or accents or punctuation alone";
        let first = format!("CO-NSA,es,Norte de\u{a0}Santander.,unverified: {same}; printed by police");
        assert_eq!(lines[0], (true, first.as_str()));
        assert_eq!(lines[1], (false, ",es,\"Dpto. de Nariño, Sur\",printed by police"));
        assert_eq!(made[0].unknown.cells, 24, "one line for both");
        assert_eq!(made[1].candidates[0].code.as_deref(), Some("CO-NAR"));
        assert!(!lines[2].0);
        assert!(lines[2].1.starts_with("ponal-departamento,GUAJIRA (LA),,"), "{}", lines[2].1);
        assert!(lines[3].0 && lines[3].1.starts_with("ar-snic,14-1,0204,broad,unverified: "), "{}", lines[3].1);
        assert_eq!(lines[4], (false, "ar-snic,\"Robo, otros\",,?,printed by police"));
        assert_eq!(lines[5], (false, "map = { \"sack\" = \"\" }"));
    }

    #[test]
    fn lines_are_written_where_they_sort_to_and_never_twice() {
        let lists = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(folder()).unwrap().flatten() {
            fs::copy(entry.path(), lists.path().join(entry.file_name())).unwrap();
        }
        let table = table::find("area_code").unwrap();
        let path = lists.path().join("area_code.csv");
        let before = fs::read_to_string(&path).unwrap();
        let lines = ["snic-provincia,\"Chaco, Provincia del\",AR-H,unverified: x", "br-uf,AC,BR-AC,"];
        assert_eq!(add_lines(lists.path(), table, &lines).unwrap(), (path.clone(), 1), "one is there already");
        assert_eq!(add_lines(lists.path(), table, &lines).unwrap(), (path.clone(), 0));
        let after = fs::read_to_string(&path).unwrap();
        assert_eq!(after.replace(&format!("{}\n", lines[0]), ""), before, "all other lines stay as they are");
        let at = after.lines().position(|line| line == lines[0]).unwrap();
        let neighbours: Vec<&str> = after.lines().skip(at - 1).take(3).collect();
        assert!(neighbours.windows(2).all(|pair| cells(pair[0])[..2] < cells(pair[1])[..2]), "{neighbours:?}");
        // A line that makes the list wrong is taken back.
        assert!(add_lines(lists.path(), table, &["x,y,NOWHERE,"]).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
    }

    #[test]
    fn cells_and_records_keep_quotes_commas_and_line_ends() {
        assert_eq!(cells("a,\"b, \"\"c\"\"\",\"d\ne\","), ["a", "b, \"c\"", "d\ne", ""]);
        assert_eq!(records("a,b\nc,\"d\ne\"\nf"), ["a,b", "c,\"d\ne\"", "f"]);
    }
}
