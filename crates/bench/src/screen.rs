//! Screens checks against records, 130 million against 12.7 million by default, beside what it takes polars merely to
//! read and touch the key columns of the checks, and beside the joins of DuckDB and polars on the same files in the same
//! run.
//!
//! What each side does:
//! - quipu: reads the records into an index, streams the checks through it, compares what is found in full under the
//!   owners' rules, and writes table `hit`; then once more with the index that is there, and once more with the grade
//!   `confusable` switched on.
//! - polars, touching: reads the columns `issuer`, `key_kind` and `key_raw` of the checks and sums their lengths; and the
//!   same with `check_id`, which whoever names the checks that hit has to read as well.
//! - DuckDB and polars: an inner join on the three columns as they are typed, without normal forms, rules, grades or
//!   history; the pairs of ids are written to a Parquet file. DuckDB also counting pairs without naming them.
//!
//! The files are made by `quipu synth`'s generator: travel documents of two letters and seven digits of 40 issuers, the
//! key columns and ids alone. The peers are run by `screen.py` beside this file, with the Python whose path is in
//! `QUIPU_PEERS`. Each run is a process of its own.

use std::error::Error;

use quipu_screen::{Batch, Grade, Grades, Settings};

use crate::say;
use crate::side::{measured, own, peers, rounds};

/// The word by which the benchmark starts itself for one run.
pub(crate) const ONE: &str = "screen-one";

const SIDES: [&str; 8] =
    ["touch", "touch-ids", "quipu", "quipu-kept", "quipu-confusable", "duckdb", "duckdb-count", "polars"];

/// `screen [RECORDS] [CHECKS] [ROUNDS] [MEMORY in MiB] [FOLDER]`; files that are in the folder already are used.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let mut number = |other: u64| arguments.next().map_or(Ok(other), |text| text.parse::<u64>());
    let (records, checks, times, memory) = (number(12_700_000)?, number(130_000_000)?, number(3)?, number(1_024)?);
    let temporary = tempfile::tempdir()?;
    let folder = arguments.next().map_or_else(|| temporary.path().to_path_buf(), std::path::PathBuf::from);
    if !folder.join("checks.parquet").is_file() {
        say(&format!("making {records} records and {checks} checks"));
        let plan = quipu_synth::Plan { records, checks, seed: 1, travel_documents_only: true, keys_only: true };
        quipu_synth::make(&plan, &folder, &mut |_, _| ())?;
    }
    for name in ["records.parquet", "checks.parquet"] {
        let size = std::fs::metadata(folder.join(name))?.len();
        say(&format!("{name} takes {:.0} MiB", size as f64 / 1_048_576.0));
    }
    rounds(&SIDES, "touch", times, |side| {
        let mut command = if side.starts_with("quipu") {
            let mut command = own(ONE)?;
            command.arg(memory.to_string());
            command
        } else {
            peers("screen.py")
        };
        measured(side, command.arg(side).arg(&folder))
    })
}

/// One run of quipu; prints seconds, peak memory and what came out.
pub(crate) fn run_one(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let memory: u64 = arguments.next().ok_or("no memory")?.parse()?;
    let side = arguments.next().ok_or("no side")?;
    let folder = std::path::PathBuf::from(arguments.next().ok_or("no folder")?);
    let mut grades = Grades::default();
    if side == "quipu-confusable" {
        grades.set(None, vec![Grade::Exact, Grade::Normalised, Grade::Repaired, Grade::Confusable]);
    }
    let index = folder.join("index");
    if side != "quipu-kept" && index.exists() {
        std::fs::remove_dir_all(&index)?;
    }
    let of = |name: &str| vec![folder.join(name)];
    let batch = Batch {
        index: Some(index),
        kinds: vec!["travel-document".to_owned()],
        grades,
        settings: Settings { memory: memory << 20, ..Settings::of_this_machine() },
        ..Batch::new(of("records.parquet"), of("checks.parquet"), folder.join("out"))
    };
    let account = quipu_screen::batch(&batch, &quipu_screen::Silent)?;
    let number = |pointer: &str| account.pointer(pointer).and_then(serde_json::Value::as_f64).unwrap_or_default();
    let hits: f64 =
        ["exact", "normalised", "repaired", "confusable"].iter().map(|g| number(&format!("/hits/{g}"))).sum();
    let peak = number("/peak_memory_bytes") / 1_048_576.0;
    say(&format!("{} {peak} {hits} hits, {} passes", number("/seconds"), number("/passes")));
    Ok(())
}
