//! `quipu run`: the account balances, the release lies where it is said to, and a second run does nothing.

use std::collections::BTreeMap;
use std::time::Instant;

use quipu_tests::{Dir, Tree};
use serde_json::Value;

const RUN: [&str; 2] = ["run", "pipelines/americas.toml"];
const RUN_JSON: [&str; 4] = ["run", "pipelines/americas.toml", "--format", "json"];
const STAGES: [&str; 4] = ["ingest", "transform", "screen", "export"];
const ACCOUNT: [&str; 4] = ["read", "published", "quarantined", "ignored"];

fn number(event: &Value, field: &str) -> u64 {
    event[field].as_u64().unwrap_or_else(|| panic!("no number `{field}` in {event}"))
}

fn account(event: &Value) -> [u64; 4] {
    ACCOUNT.map(|field| number(event, field))
}

/// The account of one event holds, and its parts by reason and rule add up.
fn assert_balances(event: &Value) {
    let [read, published, quarantined, ignored] = account(event);
    assert_eq!(read, published + quarantined + ignored, "{event}");
    for (total, parts) in [(quarantined, "quarantined_by"), (ignored, "ignored_by")] {
        let parts = event[parts].as_object().expect("an object").values();
        assert_eq!(total, parts.map(|n| n.as_u64().expect("a number")).sum::<u64>(), "{event}");
    }
}

#[test]
fn events_account_for_everything_that_was_read_and_end_with_run_finished() {
    let dir = Dir::with_samples();
    let ended = dir.quipu(&RUN_JSON).expect(0);
    let events = ended.events();
    assert_eq!(events.first().expect("events")["event"], "run_started");
    let last = events.last().expect("events");
    assert_eq!(
        (&last["event"], &last["exit_code"], &last["changed"]),
        (&"run_finished".into(), &0.into(), &true.into())
    );
    assert_eq!(ended.stderr, "", "nothing for people where programs read");

    let mut sums: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    for event in ended.events_named("source_finished") {
        assert_balances(&event);
        assert_eq!(event["outcome"], "done", "{event}");
        let sum = sums.entry(event["stage"].as_str().expect("a stage").to_owned()).or_default();
        for (sum, n) in sum.iter_mut().zip(account(&event)) {
            *sum += n;
        }
    }
    let stages = ended.events_named("stage_finished");
    let names: Vec<&str> = stages.iter().map(|stage| stage["stage"].as_str().expect("a stage")).collect();
    assert_eq!(names, STAGES);
    for stage in &stages {
        assert_balances(stage);
        assert_eq!(sums[stage["stage"].as_str().expect("a stage")], account(stage), "the sources add up: {stage}");
        assert!(number(stage, "published") > 0, "{stage}");
        assert_eq!(stage["changed"], true);
    }
}

#[test]
fn the_release_lies_where_it_is_said_to_and_its_manifest_lists_every_file() {
    let dir = Dir::with_samples();
    let ended = dir.quipu(&RUN_JSON).expect(0);
    let stages = ended.events_named("stage_finished");
    let export = stages.last().expect("export");
    let release = dir.release();
    let name = release.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(export["output"].as_str().expect("a digest").starts_with(&name), "{export}");
    let notes = export["notes"].to_string();
    assert!(notes.contains(&format!("release/{name}")), "{notes}");
    dir.assert_whole();

    let (manifest, _) = quipu_export::Manifest::read(&release).expect("a manifest");
    let files = manifest.tables.iter().flat_map(|table| &table.files).chain(&manifest.files);
    let mut listed: Vec<&str> = files.map(|file| file.path.as_str()).chain(["manifest.json"]).collect();
    listed.sort_unstable();
    assert_eq!(listed, Tree::read(&release).paths());
    for table in ["area", "crime", "document", "observation", "figure", "record", "check", "hit"] {
        let released = manifest.tables.iter().find(|released| released.name == table);
        let released = released.unwrap_or_else(|| panic!("no table {table}"));
        assert!(released.rows > 0 && released.logical_hash.starts_with("l1:"), "{released:?}");
        assert_eq!(released.rows, released.files.iter().filter_map(|file| file.rows).sum::<u64>(), "{table}");
    }
    assert!(!manifest.tables.iter().any(|table| table.name == "quarantine"), "it quotes what was refused");
    let transform = &manifest.stages["transform"];
    assert!(transform.balances());
    assert_eq!(transform.read, number(&stages[1], "read"));
    for stage in ["transform", "screen"] {
        assert_eq!(
            stages[STAGES.iter().position(|s| *s == stage).expect("a stage")]["output"],
            manifest.snapshots[stage].to_string()
        );
    }
}

#[test]
fn people_read_stderr_and_stdout_stays_empty() {
    let dir = Dir::with_samples();
    let ended = dir.quipu(&RUN).expect(0);
    assert_eq!(ended.stdout, "");
    let release = dir.release();
    let name = release.file_name().expect("a name").to_string_lossy().into_owned();
    let ended = ended.says(&[&format!("release/{name}"), "finished in", "exit code 0", "dictionary.md"]);
    for stage in STAGES {
        let line =
            ended.stderr.lines().find(|line| line.starts_with(stage)).unwrap_or_else(|| panic!("no line on {stage}"));
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [read, rest @ ..] = numbers.as_slice() else { panic!("no numbers in {line}") };
        assert_eq!((*read, rest.len()), (rest.iter().sum(), 3), "{line}");
    }
    assert!(!ended.stderr.contains('\u{1b}'), "no colours and no progress bars beside a terminal");
    let quiet = dir.quipu(&["run", "pipelines/americas.toml", "--quiet"]).expect(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn a_second_run_says_that_nothing_changed_and_writes_nothing() {
    let dir = Dir::with_samples();
    dir.quipu(&RUN).expect(0);
    let (releases, tables) = (Tree::read(&dir.path("release")), Tree::read(&dir.path("quipu-store/tables")));
    let snapshots = Tree::read(&dir.path("quipu-store/snapshots"));
    let mut quickest = f64::MAX;
    // The machine may be busy with other tests.
    for _ in 0..3 {
        let begun = Instant::now();
        dir.quipu(&RUN).expect(0).says(&["nothing changed, nothing was published"]);
        quickest = quickest.min(begun.elapsed().as_secs_f64());
    }
    println!("a second run takes {quickest:.2} s");
    assert!(quickest < 1.0, "a run that has nothing to do takes {quickest:.2} s");
    let ended = dir.quipu(&RUN_JSON).expect(0);
    for event in ended.events_named("stage_finished") {
        assert_eq!(event["changed"], false, "{event}");
        assert_balances(&event);
        assert!(number(&event, "read") > 0, "the account is that of what is published: {event}");
    }
    assert!(ended.events_named("source_finished").iter().all(|event| event["outcome"] == "unchanged"));
    assert_eq!(ended.event("run_finished")["changed"], false);
    dir.quipu(&["run", "pipelines/americas.toml", "--unchanged-exit-code"]).expect(99);
    releases.assert_untouched(&Tree::read(&dir.path("release")), "releases");
    tables.assert_untouched(&Tree::read(&dir.path("quipu-store/tables")), "tables");
    snapshots.assert_untouched(&Tree::read(&dir.path("quipu-store/snapshots")), "snapshots");
}

#[test]
fn a_first_run_is_no_unchanged_one() {
    let dir = Dir::with_samples();
    dir.quipu(&["run", "pipelines/americas.toml", "--unchanged-exit-code"]).expect(0);
}

#[test]
fn stage_by_stage_gives_the_release_of_one_run() {
    let (one, steps) = (Dir::with_samples(), Dir::with_samples());
    one.quipu(&RUN).expect(0);
    for stage in STAGES {
        steps.quipu(&[stage, "pipelines/americas.toml"]).expect(0).says(&[stage]);
    }
    Tree::read(&one.path("release")).assert_same(&Tree::read(&steps.path("release")), "releases");
    // What is archived is enough: the sources may be gone.
    std::fs::remove_dir_all(steps.path("data/samples")).expect("samples");
    std::fs::remove_dir_all(steps.path("release")).expect("releases");
    steps.quipu(&["run", "pipelines/americas.toml", "--offline"]).expect(0);
    Tree::read(&one.path("release")).assert_same(&Tree::read(&steps.path("release")), "releases");
    steps.quipu(&["run", "pipelines/americas.toml", "--from", "transform", "--to", "screen"]).expect(0);
}

#[test]
fn only_one_source_is_worked_on_where_that_is_asked() {
    let dir = Dir::with_samples();
    dir.quipu(&RUN).expect(0);
    let release = dir.release();
    for file in ["argentina/snic-provincias_sample.csv", "mexico/IDEFF_sample.csv"] {
        let path = format!("data/samples/{file}");
        let mut bytes = dir.read(&path);
        bytes.truncate(bytes.len() * 2 / 3);
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').expect("lines") + 1);
        dir.write(&path, bytes);
    }
    let arguments = ["run", "pipelines/americas.toml", "--only", "mexico-ideff", "--format", "json"];
    let ended = dir.quipu(&arguments).expect(0);
    let ingested: Vec<Value> =
        ended.events_named("source_finished").into_iter().filter(|event| event["stage"] == "ingest").collect();
    assert_eq!(ingested.len(), 1);
    assert_eq!(ingested[0]["source"], "mexico-ideff");
    for event in ended.events_named("source_finished").iter().filter(|event| event["stage"] == "transform") {
        let expected = if event["source"] == "mexico-ideff" { "done" } else { "unchanged" };
        assert_eq!(event["outcome"], expected, "{event}");
    }
    assert_ne!(dir.release(), release);
    dir.assert_whole();
}
