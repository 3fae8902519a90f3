//! Maps a long CSV of a million rows to contract-checked Parquet with locators, against polars
//! scanning the same CSV and sinking it to Parquet as it is, in the same run.
//!
//! ```text
//! cargo run --release -p quipu-bench -- long [ROWS] [ROUNDS]
//! ```
//!
//! What each side does: polars infers types and writes the 7 columns of the file. quipu finds every
//! field's bytes, maps labels through the code lists, holds each row to the contract, refuses
//! duplicate keys, and writes the 25 columns of `observation`, locators included.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use polars::prelude::{
    FileWriteFormat, LazyCsvReader, LazyFileListReader, ParquetWriteOptions, PlRefPath, SinkDestination, SinkTarget,
    UnifiedSinkArgs,
};
use quipu_schema::Digest;
use quipu_schema::pipeline::{Pipeline, Source};
use quipu_store::{Store, WriteOptions};
use quipu_transform::{Reference, transform_source};

use crate::{median, say};

const MAPPING: &str = r#"
[pipeline]
name = "bench"
reference = "data/reference"
[[source]]
id = "long"
file = "long.csv"
published_on = "2024-01-01"
[source.observe]
dataset = "BENCH"
indicator = "offences-recorded"
unit = "offence"
ref_area = { column = "country", codes = "area", scheme = "iso3166-1-alpha3" }
crime = { column = "iccs", codes = "crime" }
sex = { column = "sex" }
age = { column = "age" }
breakdown = { place = { column = "place" } }
period = { year = { column = "year" } }
values = "value"
"#;

const COUNTRIES: [&str; 20] = [
    "MEX", "BRA", "ARG", "CHL", "COL", "PER", "ECU", "URY", "PRY", "BOL", "VEN", "GTM", "HND", "SLV", "NIC", "CRI",
    "PAN", "DOM", "CUB", "JAM",
];
const CRIMES: [&str; 10] = ["0101", "0102", "0201", "0204", "0301", "0401", "0501", "0502", "0601", "0903"];

/// Runs it.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let rows: usize = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let csv = folder.path().join("long.csv");
    write_csv(&csv, rows)?;
    let size = fs::metadata(&csv)?.len();
    let pipeline = Pipeline::parse(Path::new("bench.toml"), MAPPING).map_err(|problems| format!("{problems:?}"))?;
    let source = pipeline.source("long").ok_or("no source")?;
    let reference = Reference::load(&pipeline.reference)?;
    let store = Store::open(&folder.path().join("store"))?;
    say(&format!("{rows} rows, {size} bytes of CSV, {rounds} rounds, alternating"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first round of each warms the page cache and is not counted.
    for round in 0..=rounds {
        let (quipu, bytes) = quipu(&csv, source, &reference, &store, rows)?;
        let (polars, plain) = polars(&csv, &folder.path().join("polars.parquet"))?;
        if round == 0 {
            say(&format!("Parquet: quipu {bytes} bytes, polars {plain} bytes"));
            continue;
        }
        say(&format!("round {round}: quipu {quipu:.3} s, polars {polars:.3} s, ratio {:.2}", quipu / polars));
        ours.push(quipu);
        theirs.push(polars);
    }
    let (quipu, polars) = (median(&mut ours), median(&mut theirs));
    say(&format!("median: quipu {quipu:.3} s, polars {polars:.3} s, ratio {:.2}", quipu / polars));
    Ok(())
}

/// One run of quipu: read, archive digest, map, check, write. Seconds and size of the result.
fn quipu(
    csv: &Path,
    source: &Source,
    reference: &Reference,
    store: &Store,
    rows: usize,
) -> Result<(f64, u64), Box<dyn Error>> {
    let start = Instant::now();
    let bytes = fs::read(csv)?;
    let made = transform_source(source, &[("long.csv", &bytes)], reference)?;
    let (table, frame) = made.tables.iter().find(|(table, _)| table.name == "observation").ok_or("no table")?;
    let mapped = start.elapsed().as_secs_f64();
    let part = store.write_table(table, std::slice::from_ref(frame), &WriteOptions::default())?;
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("  read and map {mapped:.3} s, write {:.3} s", seconds - mapped));
    if part.rows != rows as u64 {
        return Err(format!("{} rows of {rows}: {}", part.rows, made.tally).into());
    }
    // The next round must write it again.
    fs::remove_file(store.table_path(&part))?;
    Ok((seconds, part.size))
}

/// One run of polars: scan and sink.
fn polars(csv: &Path, parquet: &Path) -> Result<(f64, u64), Box<dyn Error>> {
    let start = Instant::now();
    let scan = LazyCsvReader::new(PlRefPath::try_from_path(csv)?).finish()?;
    let target = SinkTarget::Path(PlRefPath::try_from_path(parquet)?);
    let options = ParquetWriteOptions::default();
    scan.sink(
        SinkDestination::File { target },
        FileWriteFormat::Parquet(Arc::new(options)),
        UnifiedSinkArgs::default(),
    )?
    .collect()?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, fs::metadata(parquet)?.len()))
}

/// A long file with the mix of a statistics office: few countries and crimes, many places, values of
/// one to seven digits. Seeded, the same every time.
fn write_csv(path: &Path, rows: usize) -> Result<(), Box<dyn Error>> {
    let mut text = String::from("country,year,iccs,sex,age,place,value\n");
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for row in 0..rows {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let pick = |list: &[&'static str], at: usize| list.get(at % list.len()).copied().unwrap_or_default();
        let (country, crime) = (pick(&COUNTRIES, row), pick(&CRIMES, row / 20));
        let (sex, age) = (pick(&["M", "F"], row / 200), pick(&["Y0T17", "Y18T64", "Y_GE65"], row / 400));
        let (year, place) = (2000 + (row / 1200) % 24, row / 28_800);
        let value = (seed >> 33) % 10_u64.pow(u32::try_from(seed % 7)? + 1);
        writeln!(text, "{country},{year},{crime},{sex},{age},P{place:05},{value}")?;
    }
    let digest = Digest::of(&text);
    fs::write(path, text)?;
    say(&format!("CSV {}", digest.short()));
    Ok(())
}
