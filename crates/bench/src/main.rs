//! Benchmarks that compare quipu with a peer in the same run.
//!
//! ```text
//! cargo run --release -p quipu-bench -- long [ROWS] [ROUNDS]       a long CSV, against polars
//! cargo run --release -p quipu-bench -- wide [ROWS] [ROUNDS]       a wide CSV, against polars, DuckDB and pandas
//! cargo run --release -p quipu-bench -- workbook [MB] [ROUNDS]     workbooks, against calamine
//! cargo run --release -p quipu-bench -- press [ROUNDS]             press releases, against spaCy and quantulum3
//! cargo run --release -p quipu-bench -- screen [RECORDS] [CHECKS] [ROUNDS]   checks against records, against DuckDB and polars
//! cargo run --release -p quipu-bench -- fetch [DOCUMENTS] [MIB] [ROUNDS]     documents of a server, against curl and aria2c
//! ```

mod fetch;
mod long;
mod press;
mod screen;
mod side;
mod wide;
mod workbook;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("long") => long::run(arguments),
        Some("wide") => wide::run(arguments),
        Some(wide::ONE) => wide::run_one(arguments),
        Some("workbook") => workbook::run(arguments),
        Some(workbook::ONE) => workbook::run_one(arguments),
        Some("press") => press::run(arguments),
        Some(press::ONE) => press::run_one(arguments),
        Some("fetch") => fetch::run(arguments),
        Some(fetch::ONE) => fetch::run_one(arguments),
        Some("screen") => screen::run(arguments),
        Some(screen::ONE) => screen::run_one(arguments),
        _ => Err(
            "name a benchmark: long [ROWS] [ROUNDS], wide [ROWS] [ROUNDS], workbook [MB] [ROUNDS], press [ROUNDS], \
             screen [RECORDS] [CHECKS] [ROUNDS] or fetch [DOCUMENTS] [MIB] [ROUNDS]"
                .into(),
        ),
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]
fn say(line: &str) {
    println!("{line}");
}

/// What the ledger would hold of a file that was put into the archive.
fn captured(source: &str, name: &str, archived: &quipu_store::Archived) -> quipu_store::Capture {
    quipu_store::Capture {
        pipeline: "bench".to_owned(),
        source: source.to_owned(),
        name: name.to_owned(),
        digest: archived.digest,
        size: archived.size,
        kind: "file".to_owned(),
        media_type: None,
        status: None,
        headers: Vec::new(),
        redirects: Vec::new(),
        suspect: None,
        parent: None,
        captured_at: String::new(),
    }
}
