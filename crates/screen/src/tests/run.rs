//! The stage on a store.

use std::collections::BTreeMap;
use std::path::Path;

use quipu_schema::pipeline::Pipeline;
use quipu_store::{Context, Ledger, Outcome, Silent, Snapshot, StageReport, Store, WriteOptions};

use super::*;

struct Place {
    _folder: tempfile::TempDir,
    store: Store,
    ledger: Ledger,
    pipeline: Pipeline,
}

const SOURCE: &str = "[[source]]\nid = \"one\"\nfile = \"a.txt\"\n[source.report]\n";

impl Place {
    fn new(screen: &str) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        let ledger = store.ledger().expect("ledger");
        let text = format!("[pipeline]\nname = \"demo\"\nreference = \"r\"\n{SOURCE}{screen}");
        let pipeline = Pipeline::parse(Path::new("p.toml"), &text).expect("pipeline");
        Self { _folder: folder, store, ledger, pipeline }
    }

    /// Publishes a transform snapshot; each inner list is one part.
    fn transform(&self, tables: &[(&str, DataFrame)]) {
        let mut parts = Vec::new();
        for (n, (name, frame)) in tables.iter().enumerate() {
            let table = table::find(name).expect("table");
            let frames = std::slice::from_ref(frame);
            let mut part = self.store.write_table(table, frames, &WriteOptions::default()).expect("part");
            part.source = Some(format!("s{n}"));
            parts.push(part);
        }
        let snapshot = Snapshot {
            pipeline: "demo".into(),
            stage: "transform".into(),
            ingredients: Digest::of("x"),
            parts,
            sources: BTreeMap::new(),
            derived: BTreeMap::new(),
        };
        self.store.publish(&snapshot).expect("published");
    }

    fn run(&self) -> StageReport {
        let run = self.ledger.begin_run("demo", "screen", "test").expect("run");
        let context = Context {
            store: &self.store,
            ledger: &self.ledger,
            pipeline: &self.pipeline,
            run,
            build: "test",
            as_of: None,
            offline: true,
            only: None,
            progress: &Silent,
        };
        crate::run(&context, crate::DigestKey::new("a secret of tests").as_ref()).expect("report")
    }

    /// The events of the audit trail.
    fn audited(&self) -> Vec<String> {
        let mut events = Vec::new();
        let trail = self.store.root().join("audit/demo");
        crate::audit(&trail, |line| {
            events.push(line["event"].as_str().unwrap_or_default().to_owned());
            Ok(())
        })
        .expect("a chain");
        events
    }

    fn published(&self) -> Snapshot {
        self.store.current("demo", "screen").expect("read").expect("published")
    }

    fn hits(&self) -> Vec<String> {
        let part = self.published().parts.remove(0);
        shown(&self.store.read_table(&part).expect("hits"), &["check_id", "record_id", "change"])
    }
}

#[test]
fn parts_are_screened_together_and_once() {
    let place = Place::new("[screen]\n");
    let tables = |owner: &'static str| {
        let second = Record { issuer: Some("BRA"), owner, ..record("r2", "AB2") };
        [
            ("record", records(&[record("r1", "AB1")])),
            ("record", records(&[second])),
            ("check", checks(&[check("c1", "AB1"), check("c2", "AB2"), check("c3", "AB3")])),
            ("area", areas()),
        ]
    };
    place.transform(&tables("BR"));
    let first = place.run();
    assert!(first.changed && matches!(first.sources[0].outcome, Outcome::Done));
    assert_eq!((first.tally().read, first.tally().published), (3, 2));
    assert_eq!(place.hits(), ["c1 r1 new", "c2 r2 new"]);
    let snapshot = place.published();
    assert!(snapshot.sources["screen"].origins.is_empty());

    let again = place.run();
    assert!(!again.changed && matches!(again.sources[0].outcome, Outcome::Unchanged));
    assert_eq!((again.output, again.tally()), (first.output, first.tally()));
    assert_eq!(place.published(), snapshot, "a repetition gives the same bytes");
    assert_eq!(place.audited(), ["screened", "shown", "shown"], "and shows nothing anew");

    place.transform(&tables("CL"));
    let second = place.run();
    assert!(second.changed);
    assert_eq!(place.hits(), ["c1 r1 unchanged", "c2 r2 withdrawn"]);
    let snapshot = place.published();
    let previous = snapshot.sources["screen"].origins.get(crate::PREVIOUS).expect("previous");
    assert_eq!(Some(previous), first.output.map(|id| id.to_string()).as_ref());
    let found = place.store.snapshot("demo", "screen", &previous.parse().expect("digest")).expect("read");
    assert!(found.is_some(), "the snapshot compared with can be found again");
    assert!(!place.run().changed);
    assert_eq!(place.published(), snapshot);
    assert_eq!(place.audited()[3..], ["screened", "shown", "shown as withdrawn"]);
}

#[test]
fn grades_are_those_that_the_pipeline_names() {
    let tables = [
        ("record", records(&[record("r1", "AB1"), Record { database: "SMV", ..record("r2", "AB12") }])),
        ("check", checks(&[check("c1", "A81"), check("c2", "AB 12"), check("c3", "A8 12")])),
    ];
    let run = |grades: &str| {
        let place = Place::new(&format!("[screen]\n{grades}"));
        place.transform(&tables);
        let report = place.run();
        (place.hits(), report.sources[0].notes.join("\n"))
    };
    let (proved, notes) = run("");
    assert_eq!(proved, ["c2 r2 new"]);
    assert!(!notes.contains("by chance"), "{notes}");
    let all = "grades = [\"exact\", \"normalised\", \"confusable\"]\n";
    let (hits, notes) = run(all);
    assert_eq!(hits, ["c1 r1 new", "c2 r2 new", "c3 r2 new"]);
    assert!(notes.contains("confusable: 2 hits, and 0.0"), "{notes}");
    let (hits, _) = run(&format!("{all}database_grades = {{ SMV = [\"exact\"] }}"));
    assert_eq!(hits, ["c1 r1 new"]);
}

#[test]
fn nothing_to_screen_is_said_and_not_published() {
    for (screen, tables, why) in [
        ("", vec![], "`[screen]`"),
        ("[screen]\n", vec![], "nothing is transformed"),
        ("[screen]\n", vec![("record", records(&[]))], "no table `record` or no table `check`"),
    ] {
        let place = Place::new(screen);
        if !tables.is_empty() {
            place.transform(&tables);
        }
        let report = place.run();
        assert!(!report.changed && report.output.is_none() && report.tally() == Tally::default());
        assert!(matches!(report.sources[0].outcome, Outcome::Done));
        assert!(report.sources[0].notes[0].contains(why), "{:?}", report.sources[0].notes);
        assert!(place.store.current("demo", "screen").expect("read").is_none());
    }
}

#[test]
fn no_hits_are_published_as_an_empty_table() {
    let place = Place::new("[screen]\n");
    place.transform(&[("record", records(&[])), ("check", checks(&[check("c1", "AB1")]))]);
    let report = place.run();
    assert!(report.changed);
    assert_eq!(report.tally().ignored.get("no-hit"), Some(&1));
    assert_eq!(place.hits(), Vec::<String>::new());
}
