//! Reads press releases into all tables of reports, against spaCy and quantulum3 on the same texts in the same run.
//!
//! The texts are the annotated documents of `data/annotated`, as they are, over and over until there are some six
//! megabytes of them; their number is told as items of 3 KB a second, on one core. What each side does:
//! - `quipu`: from the bytes of a document to the rows of all tables of reports: figures, dates, names, statements,
//!   events, crimes and relations, each with its place in the bytes.
//! - `quipu-stage`: the stage itself, from archived documents to the Parquet files of the tables.
//! - `spacy-small`: the shape of spaCy's small English pipeline (tok2vec, tagger, parser, ner) with weights of no
//!   training, for the trained model is in no package index: the time is that of the pipeline, what it finds is not.
//! - `spacy-blank`: spaCy's tokenizer and sentences alone.
//! - `quantulum3`: quantities and units by rules, which is a part of what `figure` holds.
//!
//! The peers read the English documents only, and so does `quipu-en`. They are run by `press.py` beside this file with
//! the Python of `QUIPU_PEERS` (packages spacy and quantulum3).

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use quipu_prose::{Given, read};
use quipu_schema::pipeline::Pipeline;
use quipu_store::{Edition, Store};
use quipu_transform::Reference;

use crate::{captured, median, say};

/// The word by which the benchmark starts itself for one run.
pub(crate) const ONE: &str = "press-one";

/// Bytes that a side reads in one run.
const BYTES: usize = 6_000_000;
/// Bytes of an item.
const ITEM: f64 = 3_000.0;

const MAPPING: &str = r#"
[pipeline]
name = "bench"
reference = "data/reference"
[[source]]
id = "press"
file = "*.txt"
publisher = "Bench"
[source.report]
"#;

/// `press [ROUNDS]`.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let rounds: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let all = documents(false)?;
    let bytes: u64 = all.iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).sum();
    say(&format!("{} documents of {} bytes on average, {rounds} rounds in turn", all.len(), bytes / all.len() as u64));
    let sides = ["quipu", "quipu-stage", "quipu-en", "spacy-small", "spacy-blank", "quantulum3"];
    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); sides.len()];
    for round in 1..=rounds {
        for (side, rates) in sides.iter().zip(&mut rates) {
            match one(side)? {
                Some((items, what)) => {
                    say(&format!("round {round}: {side:<12} {items:8.1} items of 3 KB a second, {what}"));
                    rates.push(items);
                }
                None => say(&format!("round {round}: {side:<12} left out: its package is not there")),
            }
        }
    }
    for (side, rates) in sides.iter().zip(&mut rates).filter(|(_, rates)| !rates.is_empty()) {
        say(&format!("median: {side:<12} {:8.1} items of 3 KB a second", median(rates)));
    }
    Ok(())
}

/// One run of one side in a process of its own, on one thread: items a second, and what came out.
fn one(side: &str) -> Result<Option<(f64, String)>, Box<dyn Error>> {
    let mut command = if side.starts_with("quipu") {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([ONE, side]);
        command
    } else {
        let python = std::env::var("QUIPU_PEERS").unwrap_or_else(|_| "python3".to_owned());
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/press.py")).arg(side).args(documents(true)?);
        command
    };
    for name in ["POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"] {
        command.env(name, "1");
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    if output.status.code() == Some(3) {
        return Ok(None);
    }
    let line = text.lines().last().unwrap_or_default();
    let told = line.split_once(' ').and_then(|(rate, what)| Some((rate.parse::<f64>().ok()?, what.to_owned())));
    match told {
        Some((bytes, what)) if output.status.success() => Ok(Some((bytes / ITEM, what))),
        _ => Err(format!("{side} ended with {}: {text}", output.status).into()),
    }
}

/// One run of quipu; prints bytes a second and what came out.
pub(crate) fn run_one(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let side = arguments.next().unwrap_or_default();
    if side == "quipu-stage" {
        return stage();
    }
    let texts: Vec<Vec<u8>> = documents(side == "quipu-en")?.iter().map(fs::read).collect::<Result<_, _>>()?;
    let given = Given::default();
    // The word lists are read with the first text of a language.
    for text in &texts {
        read(text, &given)?;
    }
    let (mut bytes, mut items, mut rows) = (0, 0, 0);
    let start = Instant::now();
    for text in texts.iter().cycle() {
        if bytes >= BYTES {
            break;
        }
        let reading = read(text, &given)?;
        rows += reading.figures.len() + reading.dates.len() + reading.statements.len() + reading.events.len();
        bytes += text.len();
        items += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("{} {items} documents, {rows} figures, dates, statements and events", bytes as f64 / seconds));
    Ok(())
}

/// The stage on documents of an archive.
fn stage() -> Result<(), Box<dyn Error>> {
    let pipeline = Pipeline::parse(Path::new("bench.toml"), MAPPING).map_err(|problems| format!("{problems:?}"))?;
    let source = pipeline.source("press").ok_or("no source")?;
    let reference = Reference::load(&pipeline.reference)?;
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path())?;
    let (mut editions, mut bytes) = (Vec::new(), 0_u64);
    let paths = documents(false)?;
    let inputs = tempfile::tempdir()?;
    let copy = inputs.path().join("text");
    for (number, path) in paths.iter().cycle().enumerate() {
        if bytes >= BYTES as u64 {
            break;
        }
        // Each a document of its own: a mark of its number at the end.
        let mut text = fs::read(path)?;
        text.extend_from_slice(format!("\n\nRef. {number}\n").as_bytes());
        fs::write(&copy, &text)?;
        let archived = store.archive().put_file(&copy)?;
        bytes += archived.size;
        let capture = captured("press", &format!("{number}.txt"), &archived);
        editions.push(Edition { capture, earlier: 0 });
    }
    let start = Instant::now();
    let made = quipu_transform::remake(&store, source, &editions, &reference, Some(&store))?;
    let mut written = 0;
    for (table, frame) in made.iter().flat_map(|made| &made.tables) {
        if frame.height() > 0 {
            let frames = std::slice::from_ref(frame);
            written += store.write_table(table, frames, &quipu_store::WriteOptions::default())?.rows;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("{} {} documents, {written} rows of all tables in Parquet", bytes as f64 / seconds, editions.len()));
    Ok(())
}

/// The annotated documents in text, in order; of English alone where that is asked.
fn documents(english: bool) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/annotated");
    let mut out = Vec::new();
    for half in ["development", "test"] {
        for entry in fs::read_dir(root.join(half))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let text = path.extension().is_some_and(|extension| extension == "txt");
            if text && (!english || name.starts_with("en-")) {
                out.push(path);
            }
        }
    }
    out.sort();
    Ok(out)
}
