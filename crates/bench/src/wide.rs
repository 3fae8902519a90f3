//! Maps a wide CSV of monthly counts, ten million rows by default, to contract-checked, located Parquet
//! with a quarantine, against bare polars, DuckDB and pandas on the same file in the same run.
//!
//! What each side does:
//! - quipu: from the archived file to the table files of a store. Every month of every row becomes a
//!   row of `observation` with the bytes where it was read, its labels mapped through the code lists and
//!   held to the contract, repeated keys and unreadable values refused into `quarantine`, statistical
//!   checks run, a hash of all rows.
//! - polars: `scan_csv` → `unpivot` → `sink_parquet`, nothing checked.
//! - DuckDB: the same as polars, and a second time with the checks that SQL can say: codes looked up in
//!   the lists, values cast, repeated keys and refused values written to a file of their own.
//! - pandas: `read_csv` → `melt` → Parquet by way of pyarrow, in pieces of half a million rows.
//!
//! The peers are run by `peers.py` beside this file, with the Python whose path is in `QUIPU_PEERS`
//! (`python3` by default; it needs the packages polars, duckdb, pandas and pyarrow). Each run is a
//! process of its own, so that peak memory is its own too.

use std::error::Error;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use quipu_schema::pipeline::Pipeline;
use quipu_store::{Edition, Store};
use quipu_transform::Reference;

use crate::side::{measured, own, peak_mib, peers, rounds};
use crate::{captured, say};

/// The word by which the benchmark starts itself for one run.
pub(crate) const ONE: &str = "wide-one";

const MAPPING: &str = r#"
[pipeline]
name = "bench"
reference = "data/reference"
[[source]]
id = "wide"
file = "wide.csv"
published_on = "2026-01-01"
[source.csv]
missing = { "" = "O", "n.d." = "L" }
[source.observe]
dataset = "BENCH"
indicator = "offences-recorded"
unit = "offence"
ref_area = { column = "ENTIDAD", codes = "area", scheme = "inegi" }
crime = { column = "DELITO", codes = "crime" }
breakdown = { municipality = { column = "MUNICIPIO" }, modality = { column = "MODALIDAD" } }
period = { year = { column = "ANIO" }, month = { header = true } }
values = ["ENERO", "FEBRERO", "MARZO", "ABRIL", "MAYO", "JUNIO", "JULIO", "AGOSTO", "SEPTIEMBRE", "OCTUBRE", "NOVIEMBRE", "DICIEMBRE"]
"#;

const MONTHS: &str = "ENERO,FEBRERO,MARZO,ABRIL,MAYO,JUNIO,JULIO,AGOSTO,SEPTIEMBRE,OCTUBRE,NOVIEMBRE,DICIEMBRE";
const CRIMES: [&str; 20] = [
    "0101", "0102", "0103", "0201", "0202", "0203", "0204", "0205", "0301", "0302", "0401", "0501", "0502", "0503",
    "0601", "0602", "0701", "0703", "0901", "0903",
];
const MODALITIES: [&str; 10] = [
    "CON ARMA DE FUEGO",
    "CON ARMA BLANCA",
    "CON OTRO ELEMENTO",
    "NO ESPECIFICADO",
    "CON VIOLENCIA",
    "SIN VIOLENCIA",
    "EN VIA PUBLICA",
    "EN TRANSPORTE",
    "A NEGOCIO",
    "A CASA HABITACION",
];
const YEARS: usize = 20;

/// `wide [ROWS] [ROUNDS]`.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let rows: usize = arguments.next().map_or(Ok(10_000_000), |text| text.parse())?;
    let times: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let csv = folder.path().join("wide.csv");
    write_csv(&csv, rows)?;
    let size = fs::metadata(&csv)?.len();
    say(&format!("{rows} rows, {} values, {:.0} MiB of CSV, {times} rounds in turn", rows * 12, mib(size)));
    rounds(&["quipu", "polars", "duckdb", "duckdb-checked", "pandas"], "polars", times, |side| {
        let mut command = if side == "quipu" {
            own(ONE)?
        } else {
            let mut command = peers("peers.py");
            command.arg(side);
            command
        };
        measured(side, command.arg(&csv).arg(folder.path()))
    })
}

/// One run of quipu; prints seconds, peak memory and what came out.
pub(crate) fn run_one(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let csv = arguments.next().ok_or("no file")?;
    let folder = arguments.next().ok_or("no folder")?;
    let pipeline = Pipeline::parse(Path::new("bench.toml"), MAPPING).map_err(|problems| format!("{problems:?}"))?;
    let source = pipeline.source("wide").ok_or("no source")?;
    let reference = Reference::load(&pipeline.reference)?;
    let store = tempfile::tempdir_in(folder)?;
    let store = Store::open(store.path())?;
    let archived = store.archive().put_file(Path::new(&csv))?;
    let capture = captured("wide", "wide.csv", &archived);
    let edition = Edition { capture, earlier: 0 };
    let start = Instant::now();
    let made = quipu_transform::remake(&store, source, &[edition], &reference, Some(&store))?;
    let seconds = start.elapsed().as_secs_f64();
    let tally = made.iter().map(|made| made.tally.to_string()).collect::<Vec<_>>().join("; ");
    let bytes: u64 = made.iter().flat_map(|made| &made.written).map(|part| part.size).sum();
    say(&format!("{seconds} {} {tally}; {:.0} MiB of Parquet", peak_mib(), mib(bytes)));
    Ok(())
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// A wide file with the mix of a statistics office: small counts with many zeros, few large ones, the
/// last months of the last year not yet published, here and there a typing error. Seeded, the same
/// every time.
fn write_csv(path: &Path, rows: usize) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::with_capacity(1 << 20, fs::File::create(path)?);
    writeln!(out, "ANIO,ENTIDAD,MUNICIPIO,DELITO,MODALIDAD,{MONTHS}")?;
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let per_place = YEARS * CRIMES.len() * MODALITIES.len();
    for row in 0..rows {
        let (place, rest) = (row / per_place, row % per_place);
        let (year, rest) = (rest / (CRIMES.len() * MODALITIES.len()), rest % (CRIMES.len() * MODALITIES.len()));
        let crime = CRIMES.get(rest / MODALITIES.len()).copied().unwrap_or_default();
        let modality = MODALITIES.get(rest % MODALITIES.len()).copied().unwrap_or_default();
        let state = place % 32 + 1;
        write!(out, "{},{state:02},{state:02}{:03},{crime},{modality}", 2006 + year, place / 32 + 1)?;
        for month in 0..12 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let draw = seed >> 40;
            if year + 1 == YEARS && month > 6 {
                out.write_all(b",")?;
            } else if draw.is_multiple_of(20_011) {
                out.write_all(b",1O")?;
            } else if draw.is_multiple_of(1_009) {
                out.write_all(b",n.d.")?;
            } else {
                let size = [1, 1, 2, 5, 12, 40, 150, 900].get((draw % 8) as usize).copied().unwrap_or(1);
                write!(out, ",{}", (seed >> 8) % size)?;
            }
        }
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
