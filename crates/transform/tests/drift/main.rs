//! Layouts drift from one edition to the next. Whatever changes, a pipeline file gives the same values
//! as before or stops with an error that names the change; never other values in silence.
//!
//! Every published document (where the shared files are there) and every sample of the project is taken
//! apart, cut to a size that a test can read many times, changed in one way (`change`), written again by
//! writers that share nothing with the readers, and read by its pipeline file. What comes out is
//! compared with what came out before the change. The table of outcomes is printed:
//!
//! ```text
//! cargo test -p quipu-transform --test drift -- --nocapture
//! ```
//!
//! `DRIFT=text` runs only the changes whose name, or the sources whose id, holds the text, with details;
//! `DRIFT_SEEDS=0..9` makes each change with other seeds.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::unnecessary_wraps,
    reason = "a test fails by panicking, and prints its table"
)]

mod change;
mod document;
mod json;
mod outcome;
mod random;
mod text;
mod workbook;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use document::{Draft, take_apart, write};
use outcome::{Given, Outcome, judge, read};
use quipu_schema::pipeline::{Interpreter, Observe, Pipeline, Source};
use quipu_transform::Reference;
use random::Random;
use rayon::prelude::*;

/// About how many value cells a document is cut to.
const CELLS: usize = 3_000;
/// Most records that are kept.
const RECORDS: usize = 240;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A document, with the source that reads it.
struct Case {
    label: String,
    source: Source,
    draft: Draft,
}

fn case(pipeline: &Path, source: &str, document: &Path) -> Case {
    let text = std::fs::read_to_string(pipeline).expect("a pipeline file");
    let pipeline = Pipeline::parse(pipeline, &text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut source = pipeline.source(source).expect("a source").clone();
    // A part of a file has fewer rows than the whole.
    source.expect.rows_min = 1;
    let bytes = std::fs::read(document).expect("a document");
    let Interpreter::Observe(observe) = &source.interpreter else { panic!("no statistics") };
    let name = document.file_name().expect("a name").to_string_lossy().into_owned();
    let draft = cut(take_apart(&source, observe, &name, &bytes), observe);
    let kind = document.extension().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default();
    Case { label: format!("{} .{kind}", source.id), source, draft }
}

/// Cuts a document to blocks of its records, most of which pass its filters; the first and last stay.
fn cut(mut draft: Draft, observe: &Observe) -> Draft {
    const BLOCK: usize = 30;
    let values = draft.roles.iter().filter(|role| role.value).count().max(1);
    let most = (CELLS / values).clamp(40, RECORDS);
    if draft.body.len() <= most {
        return draft;
    }
    let mut random = Random::new(draft.body.len() as u64);
    let kept: Vec<bool> = (0..draft.body.len()).map(|row| passes(&draft, observe, row)).collect();
    let passing: Vec<usize> = (0..kept.len()).filter(|row| kept[*row]).collect();
    let mut rows: BTreeSet<usize> = (0..5).chain(draft.body.len() - 5..draft.body.len()).collect();
    while rows.len() < most {
        let from = if random.once_in(4) { random.below(draft.body.len()) } else { *random.pick(&passing) };
        // Most of what a filter leaves out would be read for nothing.
        rows.extend((from..draft.body.len()).filter(|row| kept[*row] || row % 4 == 0).take(BLOCK));
    }
    draft.body = rows.iter().map(|row| draft.body[*row].clone()).collect();
    draft
}

fn passes(draft: &Draft, observe: &Observe, row: usize) -> bool {
    observe.filters.iter().all(|filter| {
        let at = draft.roles.iter().position(|role| role.name == filter.column.value).expect("a column");
        let text = draft.cell(row, at).trim().to_lowercase();
        let like =
            |pattern: &String| regex::Regex::new(&format!("(?i)^(?:{pattern})$")).expect("a pattern").is_match(&text);
        let matched =
            filter.equals.iter().any(|own| own.to_lowercase() == text) || filter.matches.as_ref().is_some_and(like);
        matched == filter.keep
    })
}

/// The sources of the shared files, as the file of figures to check names them.
fn published() -> Vec<Case> {
    let data = root().join("../shared/data/published");
    if !data.is_dir() {
        println!("skipped: the published files are not there");
        return Vec::new();
    }
    let spots = std::fs::read_to_string(root().join("crates/transform/tests/published_spots.csv")).expect("spots");
    let named: BTreeSet<Vec<&str>> = spots.lines().skip(1).map(|line| line.split(',').take(3).collect()).collect();
    let folder = root().join("pipelines/published");
    named.par_iter().map(|own| case(&folder.join(own[0]), own[1], &data.join(own[2]))).collect()
}

/// The statistics among the project's own samples.
fn samples() -> Vec<Case> {
    let pipeline = root().join("pipelines/americas.toml");
    let sources = [("worldbank-homicide", "worldbank"), ("argentina-snic", "argentina"), ("mexico-ideff", "mexico")];
    let sample = |(source, folder): (&str, &str)| {
        let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("data/samples").join(folder))
            .expect("a folder")
            .map(|entry| entry.expect("a file").path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "csv"))
            .collect();
        files.sort();
        let mut case = case(&pipeline, source, files.first().expect("a sample"));
        case.label = format!("{source} (sample)");
        case
    };
    sources.into_iter().map(sample).collect()
}

/// The seeds of each change: `DRIFT_SEEDS` such as `0..9`, else one, for time.
fn seeds() -> std::ops::Range<u64> {
    let Ok(range) = std::env::var("DRIFT_SEEDS") else { return 0..1 };
    let ends = range.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    ends.unwrap_or_else(|| panic!("DRIFT_SEEDS is no range such as 0..9: {range}"))
}

/// One change of one document: what became of it, by seed.
type Line = (usize, &'static str, Vec<(u64, (Outcome, String))>);

fn run(case: &Case, number: usize, reference: &Reference, only: &str) -> Vec<Line> {
    let before = read(&case.source, &case.draft.name, &write(&case.draft), reference);
    let before: Given = before.unwrap_or_else(|why| panic!("{}: {why}", case.label));
    assert!(before.rows.len() > 2, "{}: {} rows", case.label, before.rows.len());
    let changes: Vec<_> = (0..).zip(change::all()).collect();
    let wanted = |name: &str| name.contains(only) || case.label.contains(only);
    changes
        .into_par_iter()
        .filter(|(_, (name, _))| wanted(name))
        .map(|(place, (name, make))| {
            let seeds = seeds().filter_map(|seed| {
                let mut random = Random::new(seed * 1_000 + place);
                let mut draft = case.draft.clone();
                let change = make(&mut draft, &mut random)?;
                let after = read(&case.source, &draft.name, &write(&draft), reference);
                Some((seed, judge(&before, &after, &change, draft.adds)))
            });
            (number, name, seeds.collect())
        })
        .collect()
}

#[test]
fn drifted_layouts_give_the_same_values_or_stop_and_say_why() {
    let only = std::env::var("DRIFT").unwrap_or_default();
    let reference = Reference::load(&root().join("data/reference")).unwrap_or_else(|fault| panic!("{fault}"));
    let cases: Vec<Case> = samples().into_iter().chain(published()).collect();
    let begun = std::time::Instant::now();
    println!("taken apart");
    let lines: Vec<Line> =
        cases.par_iter().enumerate().flat_map(|(number, case)| run(case, number, &reference, &only)).collect();
    print(&cases, &lines);
    println!("in {:.1} s", begun.elapsed().as_secs_f64());
    let mut bad = Vec::new();
    for (number, name, outcomes) in &lines {
        for (seed, (outcome, why)) in outcomes {
            let line = format!("{} × {name} × seed {seed}: {outcome:?}: {why}", cases[*number].label);
            if matches!(outcome, Outcome::Wrong | Outcome::Unnamed) {
                bad.push(line);
            } else if !only.is_empty() {
                println!("{line}");
            }
        }
    }
    assert!(bad.is_empty(), "{} outcomes that must not be:\n{}", bad.len(), bad.join("\n"));
}

/// Prints the table of outcomes: a line by change, a column by document, a sign by seed.
fn print(cases: &[Case], lines: &[Line]) {
    println!("\nWhat becomes of drifted layouts (seeds {:?};  a blank: does not go with the format)", seeds());
    for (number, case) in (1..).zip(cases) {
        println!("  {number:>2}  {} ({} records)", case.label, case.draft.body.len());
    }
    for (_, sign, meaning) in Outcome::ALL {
        println!("   {sign}  {meaning}");
    }
    let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut table: BTreeMap<(usize, usize), String> = BTreeMap::new();
    let names: Vec<&str> = change::all().into_iter().map(|(name, _)| name).collect();
    for (number, name, outcomes) in lines {
        let row = names.iter().position(|own| own == name).expect("a change");
        for (_, (outcome, _)) in outcomes {
            table.entry((row, *number)).or_default().push(outcome.sign());
            *counts.entry(*outcome).or_default() += 1;
        }
    }
    let heads: Vec<String> = (1..=cases.len()).map(|number| format!("{number:>3}")).collect();
    println!("{:32} {}", "", heads.join(" "));
    for (row, name) in names.iter().enumerate() {
        let cells: Vec<String> = (0..cases.len())
            .map(|number| format!("{:>3}", table.get(&(row, number)).map_or("", String::as_str)))
            .collect();
        println!("{name:32} {}", cells.join(" "));
    }
    let counts: Vec<String> = Outcome::ALL
        .iter()
        .filter_map(|(outcome, _, meaning)| counts.get(outcome).map(|count| format!("{count} {meaning}")))
        .collect();
    println!("{}", counts.join(" · "));
}
