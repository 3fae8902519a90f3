//! `quipu synth` makes the same files again, and screening finds in them exactly what their truth says.

use std::collections::BTreeSet;
use std::fs::File;

use polars::prelude::{DataFrame, ParquetReader, SerReader as _};
use quipu_tests::Dir;

use crate::small::text;

const PIPELINE: &str = r#"
[pipeline]
name = "test"
reference = "../data/reference"
store = "../quipu-store"

[[source]]
id = "records"
file = "../in/records.parquet"
publisher = "Us"
marking = "TLP:AMBER"
[source.rows]
table = "record"
ignore = ["marking"]
[source.rows.columns]
record_id = { column = "record_id" }
database = { column = "database" }
key_kind = { column = "key_kind" }
key_raw = { column = "key_raw" }
issuer = { column = "issuer" }
owner = { column = "owner" }
status = { column = "status" }
entered_on = { column = "entered_on" }
expires_on = { column = "expires_on" }
deny = { column = "deny" }
names = { column = "names" }
birth_date = { column = "birth_date" }

[[source]]
id = "checks"
file = "../in/checks.parquet"
publisher = "Us"
marking = "TLP:AMBER"
[source.rows]
table = "check"
ignore = ["marking"]
[source.rows.columns]
check_id = { column = "check_id" }
key_kind = { column = "key_kind" }
key_raw = { column = "key_raw" }
issuer = { column = "issuer" }
purpose = { column = "purpose" }
asked_by = { column = "asked_by" }
asked_at = { column = "asked_at" }
names = { column = "names" }
birth_date = { column = "birth_date" }

[screen]
kinds = ["travel-document", "administrative-document", "vin", "engine-number", "plate", "vessel", "firearm-serial", "work-of-art", "notice"]

[export]
to = "../release"
title = "Made"
tables = ["hit"]
"#;

fn frame(dir: &Dir, name: &str) -> DataFrame {
    let file = File::open(dir.path(name)).expect("a file");
    ParquetReader::new(file).finish().expect("Parquet")
}

#[test]
fn screening_finds_exactly_what_the_truth_says() {
    let dir = Dir::with_pipeline(PIPELINE);
    let synth = |out: &str| {
        let arguments = ["synth", "--records", "4000", "--checks", "30000", "--seed", "3", "--out", out];
        dir.quipu(&arguments).expect(0).says(&["4000 records in", "meet a record", "have no key"]);
    };
    synth("in");
    synth("again");
    for name in ["records", "checks", "truth"] {
        let read = |folder: &str| std::fs::read(dir.path(&format!("{folder}/{name}.parquet"))).expect("a file");
        assert_eq!(read("in"), read("again"), "{name}");
    }
    dir.quipu(&["run", "pipelines/test.toml"]).expect(0);
    let truth = frame(&dir, "in/truth.parquet");
    let expected: BTreeSet<(String, String)> = (0..truth.height())
        .filter(|row| text(&truth, "fate", *row).as_deref() == Some("hit"))
        .map(|row| (text(&truth, "check_id", row).expect("a check"), text(&truth, "record_id", row).expect("a record")))
        .collect();
    let mut found = BTreeSet::new();
    let store = dir.store();
    let snapshot = store.current("test", "screen").expect("a store").expect("a snapshot");
    for part in snapshot.parts.iter().filter(|part| part.table == "hit") {
        let hits = store.read_table(part).expect("a table");
        for row in 0..hits.height() {
            // A misread number that its check digit proves is a lead as well.
            if text(&hits, "grade", row).as_deref() == Some("repaired") {
                continue;
            }
            let pair =
                (text(&hits, "check_id", row).expect("a check"), text(&hits, "record_id", row).expect("a record"));
            assert!(found.insert(pair));
        }
    }
    assert!(!expected.is_empty());
    assert_eq!(found, expected);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing() {
    let dir = Dir::with_pipeline(PIPELINE);
    dir.write("in", "a file and no folder");
    dir.quipu(&["synth", "--records", "10", "--checks", "10", "--out", "in"])
        .expect(2)
        .says(&["a file stands where a folder is needed"]);
    dir.quipu(&["synth", "--records", "0", "--checks", "10", "--out", "out"]).expect(2).says(&["--records"]);
}
