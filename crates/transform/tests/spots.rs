//! Every published file, read by its pipeline file alone, gives the figures that anyone can check by
//! looking. The figures stand in `published_spots.csv`; where the shared files are not there, the test
//! says so and passes.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::{AnyValue, DataFrame};
use quipu_schema::pipeline::Pipeline;
use quipu_transform::{Reference, Transformed, transform_source};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One figure to check: the columns of the file by name.
type Spot = BTreeMap<String, String>;

fn spots() -> Vec<Spot> {
    let text = std::fs::read_to_string(root().join("crates/transform/tests/published_spots.csv")).expect("spots");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("header").split(',').collect();
    let cells = |line: &str| {
        // Fields that hold commas are quoted; none holds a quote.
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    };
    lines.map(|line| names.iter().map(ToString::to_string).zip(cells(line)).collect()).collect()
}

fn text(frame: &DataFrame, column: &str, row: usize) -> Option<String> {
    match frame.column(column).and_then(|c| c.get(row)).expect("cell") {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(text.to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    }
}

/// Whether a row is one of those that a spot is about.
fn is_meant(frame: &DataFrame, row: usize, spot: &Spot) -> bool {
    for column in ["indicator", "crime", "ref_area", "sex", "age", "unit", "obs_status", "is_total"] {
        let wanted = &spot[column];
        if !wanted.is_empty() && text(frame, column, row).as_deref() != Some(wanted) {
            return false;
        }
    }
    let start = text(frame, "time_start", row).expect("a period");
    if !start.starts_with(&spot["period"]) {
        return false;
    }
    let breakdown = text(frame, "breakdown", row).expect("a breakdown");
    let decoded = |piece: &str| piece.replace("%3B", ";").replace("%3D", "=").replace("%25", "%");
    let pieces: Vec<String> = breakdown.split(';').map(decoded).collect();
    spot["breakdown"].split(';').filter(|piece| !piece.is_empty()).all(|piece| pieces.iter().any(|own| own == piece))
}

/// The figure that a spot is about, or what is wrong.
fn figure(frame: &DataFrame, spot: &Spot) -> Result<f64, String> {
    let rows: Vec<usize> = (0..frame.height()).filter(|row| is_meant(frame, *row, spot)).collect();
    let values = frame.column("value").expect("value").f64().expect("numbers");
    let found: Vec<Option<f64>> = rows.iter().map(|row| values.get(*row)).collect();
    match (spot["aggregate"].as_str(), found.as_slice()) {
        ("one", [Some(value)]) => Ok(*value),
        ("one", [None]) if spot["expected"] == "null" => Ok(f64::NAN),
        ("sum", [_, ..]) => Ok(found.into_iter().flatten().sum()),
        (kind, _) => Err(format!("{} rows for `{kind}`", rows.len())),
    }
}

#[test]
fn every_figure_comes_out_and_no_sum_counts_twice() {
    let data = root().join("../shared/data/published");
    if !data.is_dir() {
        println!("skipped: the published files are not there");
        return;
    }
    let reference = Reference::load(&root().join("data/reference")).unwrap_or_else(|fault| panic!("{fault}"));
    let mut made: BTreeMap<(String, String, String), Result<Transformed, String>> = BTreeMap::new();
    let (mut right, mut wrong) = (0, Vec::new());
    for (number, spot) in spots().iter().enumerate() {
        let key = (spot["pipeline"].clone(), spot["source"].clone(), spot["document"].clone());
        let transformed = made.entry(key.clone()).or_insert_with(|| {
            let path = root().join("pipelines/published").join(&key.0);
            let pipeline = std::fs::read_to_string(&path).expect("a pipeline file");
            let pipeline = Pipeline::parse(&path, &pipeline)
                .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
            assert!(reference.dangling(&pipeline).is_empty(), "{}", key.0);
            let source = pipeline.source(&key.1).ok_or("no such source")?;
            let bytes = std::fs::read(data.join(&key.2)).expect("a published file");
            let name = Path::new(&key.2).file_name().expect("a name").to_string_lossy().into_owned();
            transform_source(source, &[(&name, &bytes)], &reference).map_err(|fault| fault.to_string())
        });
        let place = format!("line {}: {} {}", number + 2, key.1, key.2);
        let transformed = match transformed {
            Ok(transformed) => transformed,
            Err(why) => {
                wrong.push(format!("{place}: {why}"));
                continue;
            }
        };
        let frame = &transformed.tables.iter().find(|(table, _)| table.name == "observation").expect("table").1;
        match figure(frame, spot) {
            Ok(value) if spot["expected"] == "null" && value.is_nan() => right += 1,
            Ok(value) => {
                let expected: f64 = spot["expected"].parse().expect("a number");
                // Sums of many decimals may differ in the last bits.
                if (value - expected).abs() <= 1e-9 * expected.abs() {
                    right += 1;
                } else {
                    wrong.push(format!("{place}: {value} instead of {expected}"));
                }
                if let Ok(doubled) = spot["wrong"].parse::<f64>() {
                    assert!((value - doubled).abs() > 1e-9, "{place}: counted twice");
                }
            }
            Err(why) => wrong.push(format!("{place}: {why} of {spot:?}")),
        }
    }
    for ((_, source, document), made) in &made {
        if let Ok(made) = made {
            println!("{source} {document}: {}", made.tally);
        }
    }
    assert!(wrong.is_empty(), "{right} right, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
