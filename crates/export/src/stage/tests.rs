//! The stage against a store: what is released, what is skipped, what is made again.

use std::fs;
use std::path::{Path, PathBuf};

use quipu_schema::pipeline::Pipeline;
use quipu_schema::table::find;
use quipu_store::{Ledger, Silent, SourceState, Store, WriteOptions};

use super::*;
use crate::tests::{aliases, documents, marked, observations};
use crate::{latest, verify};

/// A store with a pipeline that published tables.
struct Bench {
    folder: tempfile::TempDir,
    store: Store,
    ledger: Ledger,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        let ledger = store.ledger().unwrap();
        Self { folder, store, ledger }
    }

    fn pipeline(&self, screen: &str, export: &str) -> Pipeline {
        let text = format!(
            "[pipeline]\nname = \"figures\"\nreference = \"reference\"\n\
             [[source]]\nid = \"figures\"\nfile = \"in/*.csv\"\nmarking = \"TLP:GREEN\"\npublisher = \"Office\"\n\
             [source.rows]\ntable = \"record\"\n[source.rows.columns]\nrecord_id = {{ column = \"id\" }}\n\
             database = \"SLTD\"\nkey_kind = \"vin\"\nkey_raw = {{ column = \"vin\" }}\nowner = \"CL\"\nstatus = \"stolen\"\n\
             {screen}\n[export]\nto = \"out\"\ntitle = \"Figures\"\n{export}\n"
        );
        let parsed = Pipeline::parse(&self.folder.path().join("p.toml"), &text);
        parsed.unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn publish(&self, stage: &str, frames: &[(&str, DataFrame)]) {
        let part = |(name, frame): &(&str, DataFrame)| {
            let table = find(name).unwrap();
            let written = self.store.write_table(table, std::slice::from_ref(frame), &WriteOptions::default()).unwrap();
            Part { source: table.column("source").map(|_| "figures".to_owned()), ..written }
        };
        let rows: u64 = frames.iter().map(|(_, frame)| frame.height() as u64).sum();
        let state = SourceState {
            ingredients: Digest::of("in"),
            documents: Vec::new(),
            tally: Tally { read: rows, published: rows, ..Tally::default() },
            notes: Vec::new(),
            findings: Vec::new(),
            origins: BTreeMap::new(),
        };
        let snapshot = Snapshot {
            pipeline: "figures".to_owned(),
            stage: stage.to_owned(),
            ingredients: Digest::of(stage),
            parts: frames.iter().map(part).collect(),
            sources: BTreeMap::from([("figures".to_owned(), state)]),
            derived: BTreeMap::new(),
        };
        self.store.publish(&snapshot).unwrap();
    }

    fn run(&self, pipeline: &Pipeline) -> Result<StageReport> {
        let run = self.ledger.begin_run("figures", "export", "test").unwrap();
        super::run(&Context {
            store: &self.store,
            ledger: &self.ledger,
            pipeline,
            run,
            build: "test",
            as_of: None,
            offline: true,
            only: None,
            progress: &Silent,
        })
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }
}

fn tables() -> Vec<(&'static str, DataFrame)> {
    vec![
        ("document", documents()),
        ("observation", observations(&[("a", Some("0101"), 1.0), ("b", None, 2.0)])),
        ("quarantine", marked("quarantine", "")),
        ("area_alias", aliases(&[("AR", "Argentina")])),
    ]
}

fn released(folder: &Path) -> Vec<String> {
    verify(folder).unwrap().into_iter().map(|table| table.name).collect()
}

#[test]
fn all_but_quarantine_is_released_once_and_then_skipped() {
    let bench = Bench::new();
    let pipeline = bench.pipeline("", "");
    bench.publish("transform", &tables());
    let first = bench.run(&pipeline).unwrap();
    let folder = latest(&bench.out()).unwrap().unwrap();
    assert_eq!(released(&folder), ["area_alias", "document", "observation"]);
    assert!(first.changed && matches!(first.sources[0].outcome, Outcome::Done));
    assert_eq!((first.tally().read, first.tally().published), (4, 4));
    assert!(first.notes[0].contains(&folder.display().to_string()), "{:?}", first.notes);
    assert!(first.notes.iter().any(|note| note.starts_with("quarantine: 2 rows stay")), "{:?}", first.notes);
    let (manifest, digest) = Manifest::read(&folder).unwrap();
    assert_eq!(first.output, Some(digest));
    assert_eq!(manifest.stages["transform"].read, 6);
    assert!(bench.store.snapshot("figures", "transform", &manifest.snapshots["transform"]).unwrap().is_some());

    let again = bench.run(&pipeline).unwrap();
    assert!(!again.changed && matches!(again.sources[0].outcome, Outcome::Unchanged));
    assert_eq!((again.output, again.tally()), (first.output, first.tally()));
    assert_eq!(again.notes, first.notes);
    let records = [1, 2].map(|run| bench.ledger.stages(run).unwrap());
    assert_eq!(records.each_ref().map(Vec::len), [1, 1]);
    assert!(records[0][0].changed && !records[1][0].changed);
}

#[test]
fn the_same_tables_made_again_make_the_same_release_elsewhere() {
    let bench = Bench::new();
    let pipeline = bench.pipeline("[screen]", "partition = { observation = [\"crime\"] }");
    bench.publish("transform", &tables());
    bench.publish("screen", &[("hit", marked("hit", "TLP:AMBER"))]);
    let made = bench.run(&pipeline).unwrap().output.unwrap();
    let mut parts: Vec<_> = tables().into_iter().map(|(name, frame)| (find(name).unwrap(), frame.reverse())).collect();
    parts.push((find("hit").unwrap(), marked("hit", "TLP:AMBER")));
    let current = |stage: &str| bench.store.current("figures", stage).unwrap().unwrap();
    let (transform, screen) = (current("transform"), current("screen"));
    let elsewhere = tempfile::tempdir().unwrap();
    let export = pipeline.export.as_ref().unwrap();
    let name = again(&pipeline, export, parts, &transform, Some(&screen), elsewhere.path()).unwrap();
    assert_eq!(name, id(&made));
}

#[test]
fn what_was_removed_is_made_again() {
    let bench = Bench::new();
    let pipeline = bench.pipeline("", "");
    bench.publish("transform", &tables());
    let first = bench.run(&pipeline).unwrap();
    let folder = latest(&bench.out()).unwrap().unwrap();
    fs::remove_file(folder.join("manifest.json")).unwrap();
    assert!(bench.run(&pipeline).unwrap().changed);
    fs::remove_file(bench.out().join("latest.json")).unwrap();
    let put_back = bench.run(&pipeline).unwrap();
    assert!(!put_back.changed);
    assert_eq!(latest(&bench.out()).unwrap(), Some(folder));
    assert_eq!(put_back.output, first.output);
}

#[test]
fn new_rows_or_another_title_make_another_release() {
    let bench = Bench::new();
    bench.publish("transform", &tables());
    let first = bench.run(&bench.pipeline("", "")).unwrap();
    let licensed = bench.run(&bench.pipeline("", "licence = \"CC0-1.0\"")).unwrap();
    assert!(licensed.changed && licensed.output != first.output);
    bench.publish("transform", &tables()[..2]);
    let fewer = bench.run(&bench.pipeline("", "licence = \"CC0-1.0\"")).unwrap();
    assert!(fewer.changed && fewer.output != licensed.output);
    assert_eq!(released(&latest(&bench.out()).unwrap().unwrap()), ["document", "observation"]);
}

#[test]
fn only_named_tables_are_released_also_without_rows() {
    let bench = Bench::new();
    bench.publish("transform", &tables());
    let report = bench.run(&bench.pipeline("", "tables = [\"quarantine\", \"figure\"]")).unwrap();
    let folder = latest(&bench.out()).unwrap().unwrap();
    assert_eq!(released(&folder), ["figure", "quarantine"]);
    assert!(report.notes.contains(&"figure: 0 rows".to_owned()), "{:?}", report.notes);
    assert!(report.notes.iter().any(|note| note.starts_with("observation: 2 rows stay")), "{:?}", report.notes);
}

#[test]
fn hits_come_from_the_screen_stage_and_are_waited_for() {
    let bench = Bench::new();
    bench.publish("transform", &tables());
    let named = bench.pipeline("[screen]", "tables = [\"hit\", \"document\"]");
    assert_eq!(bench.run(&named).unwrap_err().kind(), ErrorKind::Usage);
    let report = bench.run(&bench.pipeline("[screen]", "")).unwrap();
    assert!(report.notes.iter().any(|note| note.starts_with("hit: not released")), "{:?}", report.notes);
    bench.publish("screen", &[("hit", marked("hit", "TLP:AMBER"))]);
    bench.run(&named).unwrap();
    let folder = latest(&bench.out()).unwrap().unwrap();
    assert_eq!(released(&folder), ["document", "hit"]);
    let manifest = Manifest::read(&folder).unwrap().0;
    assert_eq!(manifest.snapshots.keys().collect::<Vec<_>>(), ["screen", "transform"]);
    // Without `[screen]` what was screened in earlier days stays behind.
    bench.run(&bench.pipeline("", "")).unwrap();
    assert!(!released(&latest(&bench.out()).unwrap().unwrap()).contains(&"hit".to_owned()));
}

#[test]
fn nothing_published_and_nothing_asked_for_are_told_apart() {
    let bench = Bench::new();
    let fault = bench.run(&bench.pipeline("", "")).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Usage);
    let without = Pipeline { export: None, ..bench.pipeline("", "") };
    assert_eq!(bench.run(&without).unwrap_err().kind(), ErrorKind::Pipeline);
    assert!(!bench.out().exists());
}
