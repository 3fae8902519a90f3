//! Publications that no pipeline file describes: each is inspected, a pipeline file is drafted, and
//! the draft as it is reads the publication. What comes out is measured, file by file.

#![expect(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::{AnyValue, DataFrame};
use quipu_schema::pipeline::Pipeline;
use quipu_transform::inspect::{self, Draft, Inspection, Naming};
use quipu_transform::readers::Content;
use quipu_transform::{Reference, Transformed, transform_source};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn reference() -> Reference {
    Reference::load(&root().join("data/reference")).unwrap_or_else(|fault| panic!("{fault}"))
}

fn drafted(name: &str, bytes: &[u8], reference: &Reference) -> quipu_schema::Result<(Inspection, Draft)> {
    let content = Content::Memory(bytes);
    let inspection = inspect::inspect(name, content, reference)?;
    let stem = Path::new(name).file_stem().expect("a name").to_string_lossy().into_owned();
    let naming = Naming {
        name: inspect::slug_of(&stem),
        file: name.to_owned(),
        reference: root().join("data/reference").to_string_lossy().into_owned(),
        store: "store".to_owned(),
    };
    let draft = inspection.draft(&naming, Path::new("draft.toml"), content, reference)?;
    Ok((inspection, draft))
}

/// Reads a document by all sources of a draft.
fn read(draft: &Draft, name: &str, bytes: &[u8], reference: &Reference) -> Vec<Result<Transformed, String>> {
    let pipeline =
        Pipeline::parse(Path::new("draft.toml"), &draft.text).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(reference.dangling(&pipeline).is_empty(), "the draft names codes that are not there");
    let sources = pipeline.sources.iter();
    sources.map(|source| transform_source(source, &[(name, bytes)], reference).map_err(|f| f.to_string())).collect()
}

fn observations(made: &Transformed) -> &DataFrame {
    made.tables.iter().find(|(table, _)| table.name == "observation").map(|(_, frame)| frame).expect("observations")
}

fn cell(frame: &DataFrame, column: &str, row: usize) -> Option<String> {
    match frame.column(column).and_then(|c| c.get(row)).expect("cell") {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(text.to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    }
}

/// Files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The spot values of a published file.
fn spots() -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(root().join("crates/transform/tests/published_spots.csv")).expect("spots");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("header").split(',').collect();
    let cells = |line: &str| {
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

/// Rows of an observation table by what a spot asks for.
struct Row {
    area: String,
    start: String,
    rest: String,
    labels: Vec<String>,
    value: f64,
    total: bool,
}

fn rows(frame: &DataFrame) -> Vec<Row> {
    let values = frame.column("value").expect("value").f64().expect("numbers").clone();
    (0..frame.height())
        .map(|row| {
            let get = |column: &str| cell(frame, column, row).unwrap_or_default();
            let breakdown = get("breakdown");
            let decoded = |piece: &str| piece.replace("%3B", ";").replace("%3D", "=").replace("%25", "%");
            let labels =
                breakdown.split(';').filter_map(|p| p.split_once('=')).map(|(_, label)| decoded(label)).collect();
            Row {
                area: get("ref_area"),
                start: get("time_start"),
                rest: format!("{} {} {}", get("indicator"), get("sex"), get("crime")),
                labels,
                value: values.get(row).unwrap_or(f64::NAN),
                total: get("is_total") == "true",
            }
        })
        .collect()
}

/// Whether a draft reaches a figure: one value of the area and period is it, or the sum over areas and
/// the parts of the period, of the rows that share a label and kind.
fn reaches(rows: &[Row], spot: &BTreeMap<String, String>) -> bool {
    let wanted: Vec<&str> =
        spot["breakdown"].split(';').filter_map(|p| p.split_once('=')).map(|(_, label)| label).collect();
    let meant = |row: &&Row| {
        (spot["ref_area"].is_empty() || row.area == spot["ref_area"])
            && row.start.starts_with(&spot["period"])
            && wanted.iter().all(|label| row.labels.iter().any(|own| own == label))
    };
    let near = |value: f64| {
        spot["expected"].parse().is_ok_and(|expected: f64| (value - expected).abs() <= 1e-9 * expected.abs())
    };
    let meant: Vec<&Row> = rows.iter().filter(meant).collect();
    if spot["expected"] == "null" {
        return meant.iter().any(|row| row.value.is_nan());
    }
    if meant.iter().any(|row| near(row.value)) {
        return true;
    }
    let mut sums: BTreeMap<(String, bool), f64> = BTreeMap::new();
    for row in meant.iter().filter(|row| row.value.is_finite()) {
        for label in row.labels.iter().map(String::as_str).chain([""]) {
            for rest in [row.rest.as_str(), ""] {
                for totals in [true, false] {
                    if totals || !row.total {
                        *sums.entry((format!("{label}|{rest}"), totals)).or_default() += row.value;
                    }
                }
            }
        }
    }
    sums.into_values().any(near)
}

fn measure(folder: &Path, reference: &Reference, with_spots: bool) -> Vec<(String, f64, usize, usize)> {
    let spots = spots();
    let mut out = Vec::new();
    println!("{:<52} {:>9} {:>9} {:>7} {:>7}  spots", "file", "read", "published", "refused", "ignored");
    for path in files(folder) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.ends_with(".md") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let (_, draft) = match drafted(&name, &bytes, reference) {
            Ok(drafted) => drafted,
            Err(fault) => {
                println!("{name:<52} {}", fault.to_string().lines().next().unwrap_or_default());
                out.push((name, -1.0, 0, 0));
                continue;
            }
        };
        if let Ok(folder) = std::env::var("QUIPU_DRAFTS") {
            std::fs::write(Path::new(&folder).join(format!("{name}.toml")), &draft.text).expect("written");
        }
        let (mut all, mut published, mut refused, mut ignored) = (0, 0, 0, 0);
        let mut found = Vec::new();
        for made in read(&draft, &name, &bytes, reference) {
            match made {
                Ok(made) => {
                    all += made.tally.read;
                    published += made.tally.published;
                    refused += made.tally.quarantined_total();
                    ignored += made.tally.ignored_total();
                    if with_spots {
                        found.extend(rows(observations(&made)));
                    }
                }
                Err(fault) => println!("    {fault}"),
            }
        }
        let document = path.strip_prefix(folder).expect("in the folder").to_string_lossy().into_owned();
        let own: Vec<_> = spots.iter().filter(|spot| spot["document"] == document).collect();
        let reached = own.iter().filter(|spot| reaches(&found, spot)).count();
        println!("{name:<52} {all:>9} {published:>9} {refused:>7} {ignored:>7}  {reached} of {}", own.len());
        out.push((name, (published + ignored) as f64 / all.max(1) as f64, reached, own.len()));
    }
    out
}

#[test]
fn drafts_for_published_files_read_them() {
    let folder = root().join("../shared/data/published");
    if !folder.is_dir() {
        println!("skipped: the published files are not there");
        return;
    }
    let measured = measure(&folder, &reference(), true);
    assert!(!measured.is_empty());
}

#[test]
fn drafts_for_our_samples_read_them() {
    let samples = root().join("data/samples");
    for folder in ["argentina", "mexico", "worldbank"] {
        for (name, share, ..) in measure(&samples.join(folder), &reference(), false) {
            assert!(share > 0.9, "{name}: {share}");
        }
    }
}
