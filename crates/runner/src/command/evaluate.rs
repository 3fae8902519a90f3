//! `quipu evaluate`: how well annotated documents are read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use quipu_prose::evaluate::{Evaluation, Score, Truth, evaluate as score};
use quipu_prose::{Given, read};
use quipu_schema::fault::exit;
use quipu_schema::{ErrorKind, Fault, Result};
use serde_json::{Map, Value, json};

use crate::output::Output;

/// What a truth file's name ends with.
const SUFFIX: &str = ".truth.jsonl";
/// What the document beside it may end with.
const DOCUMENTS: [&str; 2] = ["txt", "html"];
/// Characters shown on each side of a mistake.
const AROUND: usize = 48;

/// Reads annotated documents and holds what is read against the truth beside them.
pub(crate) fn evaluate(paths: &[PathBuf], output: Output) -> Result<u8> {
    let mut totals: BTreeMap<&'static str, Score> = BTreeMap::new();
    let mut by_language: BTreeMap<String, BTreeMap<&'static str, Score>> = BTreeMap::new();
    for path in paths {
        let truth = fs::read_to_string(path).map_err(|error| Fault::io(ErrorKind::Usage, "read", path, error))?;
        let truth = Truth::read(&truth).map_err(|fault| fault.at(path.display()))?;
        let (document, bytes) = document(path)?;
        let reading = read(&bytes, &Given::default()).map_err(|fault| fault.at(document.display()))?;
        let found = score(&truth, &reading);
        let language = reading.language.unwrap_or_else(|| "unknown".to_owned());
        report(&document, &bytes, &found, &language, output)?;
        for (table, score) in &found.scores {
            totals.entry(table).or_default().add(score);
            by_language.entry(language.clone()).or_default().entry(table).or_default().add(score);
        }
    }
    if output.is_json() {
        let languages: Map<String, Value> =
            by_language.iter().map(|(language, scores)| (language.clone(), tables(scores))).collect();
        Output::data(&json!({ "tables": tables(&totals), "languages": languages }).to_string())?;
    } else {
        for (language, scores) in by_language.iter().filter(|_| by_language.len() > 1) {
            Output::data(&table(language, scores))?;
        }
        Output::data(&table("all", &totals))?;
    }
    Ok(exit::DONE)
}

/// The document beside a truth file, and its bytes.
fn document(truth: &Path) -> Result<(PathBuf, Vec<u8>)> {
    let name = truth.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(stem) = name.strip_suffix(SUFFIX) else {
        let message = format!("`{name}` is no truth file: its name does not end in `{SUFFIX}`");
        return Err(Fault::new(ErrorKind::Usage, message).help("the format is described in data/annotated/README.md"));
    };
    let candidates = DOCUMENTS.map(|ending| truth.with_file_name(format!("{stem}.{ending}")));
    let found = candidates.iter().find(|path| path.exists()).ok_or_else(|| {
        Fault::new(ErrorKind::Usage, format!("no document lies beside it: neither {stem}.txt nor {stem}.html"))
            .at(truth.display())
    })?;
    let bytes = fs::read(found).map_err(|error| Fault::io(ErrorKind::Usage, "read", found, error))?;
    Ok((found.clone(), bytes))
}

/// Prints every row that was missed, and every one that is not there, with what stands around it.
fn report(document: &Path, bytes: &[u8], found: &Evaluation, language: &str, output: Output) -> Result<()> {
    for miss in &found.misses {
        let (before, words, after) = context(bytes, miss.start, miss.end);
        let what = if miss.missing { "missed" } else { "spurious" };
        output.event(&json!({
            "event": what, "document": document, "language": language, "table": miss.table, "row": miss.what,
            "byte_start": miss.start, "byte_end": miss.end, "context": format!("{before}{words}{after}"),
        }))?;
        let place = format!("{}:{}-{}", document.display(), miss.start, miss.end);
        output.say(&format!("{what:8} {:12} {}\n  {place}: …{before}[{words}]{after}…", miss.table, miss.what));
    }
    Ok(())
}

/// The words at a place, and what stands around them.
fn context(bytes: &[u8], start: u64, end: u64) -> (String, String, String) {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let (start, end) = (place(start), place(end));
    let shown = |from: usize, to: usize| {
        let piece = String::from_utf8_lossy(bytes.get(from..to.max(from)).unwrap_or_default()).into_owned();
        piece.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>()
    };
    let before = shown(start.saturating_sub(AROUND), start);
    let after = shown(end, end.saturating_add(AROUND).min(bytes.len()));
    (before, shown(start, end), after)
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

fn tables(scores: &BTreeMap<&'static str, Score>) -> Value {
    let tables: Map<String, Value> = scores
        .iter()
        .map(|(table, score)| {
            let row = json!({
                "precision": rounded(score.precision()), "recall": rounded(score.recall()),
                "f1": rounded(score.f1()), "n": score.truth,
            });
            ((*table).to_owned(), row)
        })
        .collect();
    Value::Object(tables)
}

fn table(language: &str, scores: &BTreeMap<&'static str, Score>) -> String {
    let mut out = format!("{language:<10} {:<13} {:>9} {:>7} {:>7} {:>6}\n", "table", "precision", "recall", "f1", "n");
    for (table, score) in scores {
        let _ = writeln!(
            out,
            "{:<10} {table:<13} {:>9.3} {:>7.3} {:>7.3} {:>6}",
            "",
            score.precision(),
            score.recall(),
            score.f1(),
            score.truth
        );
    }
    out
}
