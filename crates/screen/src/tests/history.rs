//! Histories of records that are added, changed, withdrawn, expired and denied: a run that follows on the run before and
//! is given the new checks alone writes the bytes of one that is given all of them again.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use quipu_engine::{Settings, Silent};
use quipu_schema::ErrorKind;

use super::oracle::{any_check, any_record};
use super::*;
use crate::batch::{Batch, batch};
use crate::{DigestKey, Grade, Grades};

#[derive(Debug, Clone)]
enum Change {
    None,
    Gone,
    Withdrawn,
    Expired,
    Denied,
    Other(Record),
}

#[derive(Debug, Clone)]
struct Day {
    changes: Vec<Change>,
    added: Vec<Record>,
    checks: Vec<Check>,
}

fn any_day() -> impl Strategy<Value = Day> {
    let change = prop_oneof![
        5 => Just(Change::None),
        1 => Just(Change::Gone),
        1 => Just(Change::Withdrawn),
        1 => Just(Change::Expired),
        1 => Just(Change::Denied),
        2 => any_record().prop_map(Change::Other),
    ];
    (
        proptest::collection::vec(change, 20),
        proptest::collection::vec(any_record(), 0..6),
        proptest::collection::vec(any_check(), 0..8),
    )
        .prop_map(|(changes, added, checks)| Day { changes, added, checks })
}

fn after(before: Vec<Record>, day: &Day) -> Vec<Record> {
    let changes = day.changes.iter().cloned().chain(std::iter::repeat(Change::None));
    let kept = before.into_iter().zip(changes).filter_map(|(record, change)| match change {
        Change::None => Some(record),
        Change::Gone => None,
        Change::Withdrawn => Some(Record { status: "withdrawn", ..record }),
        Change::Expired => Some(Record { expires: Some(19_000), ..record }),
        Change::Denied => Some(Record { deny: Some("CL"), ..record }),
        Change::Other(other) => Some(Record { id: record.id, ..other }),
    });
    kept.chain(day.added.iter().cloned()).collect()
}

pub(crate) fn write(path: &Path, table: &str, frame: &DataFrame) -> PathBuf {
    let file = std::fs::File::create(path).expect("file");
    let table = table::find(table).expect("table");
    write_parquet(file, table, std::slice::from_ref(frame), &WriteOptions::default()).expect("written");
    path.to_path_buf()
}

/// A batch of the files in a folder.
pub(crate) fn asked(records: &Path, checks: Vec<PathBuf>, out: PathBuf) -> Batch {
    let mut grades = Grades::default();
    grades.set(None, Grade::ALL.to_vec());
    Batch {
        grades,
        settings: Settings { memory: 1 << 30, threads: 2, parts: None },
        ..Batch::new(vec![records.to_path_buf()], checks, out)
    }
}

fn run(how: &Batch) -> Vec<u8> {
    batch(how, &Silent).expect("screened");
    std::fs::read(how.out.join("hit/hit.parquet")).expect("hits")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_run_that_follows_writes_what_a_full_one_writes(days in proptest::collection::vec(any_day(), 2..4)) {
        let folder = tempfile::tempdir().expect("folder");
        let at = |name: String| folder.path().join(name);
        let (mut kept, mut files): (Vec<Record>, Vec<PathBuf>) = Default::default();
        let mut before: Option<usize> = None;
        for (number, day) in days.iter().enumerate() {
            kept = after(kept, day);
            let held = write(&at("records".to_owned()), "record", &records(&kept));
            let new = write(&at(format!("checks-{number}")), "check", &checks(&day.checks));
            files.push(new.clone());
            let since = |chain: &str| before.map(|number| at(format!("{chain}-{number}")));
            let full = Batch {
                since: since("remembering"),
                forget: before.is_some(),
                ..asked(&held, files.clone(), at("full".to_owned()))
            };
            let full = run(&full);
            let remembering = Batch {
                since: since("remembering"),
                remember: Some(100_000),
                digest_key: DigestKey::new("a secret of tests"),
                ..asked(&held, vec![new.clone()], at(format!("remembering-{number}")))
            };
            prop_assert!(run(&remembering) == full, "remembering");
            let reading = Batch {
                since: since("reading"),
                ..asked(&held, vec![new], at(format!("reading-{number}")))
            };
            prop_assert!(run(&reading) == full, "reading the files of before");
            before = Some(number);
        }
    }
}

struct Two {
    folder: tempfile::TempDir,
}

impl Two {
    /// A first run with a check that meets nothing yet, and records that it will meet later.
    fn new(remember: Option<u32>) -> Self {
        let own = Self { folder: tempfile::tempdir().expect("folder") };
        write(&own.path("r1"), "record", &records(&[record("r1", "AA111")]));
        write(&own.path("r2"), "record", &records(&[record("r1", "AA111"), record("r2", "BB222")]));
        write(&own.path("c1"), "check", &checks(&[check("c1", "aa-111"), check("c2", "bb-222")]));
        write(&own.path("c2"), "check", &checks(&[check("c3", "AA 111")]));
        let first = asked(&own.path("r1"), vec![own.path("c1")], own.path("one"));
        let key = remember.and_then(|_| DigestKey::new("a secret of tests"));
        batch(&Batch { remember, digest_key: key, as_of: Some(20_000), ..first }, &Silent).expect("screened");
        own
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The run that follows, of the second checks.
    fn second(&self) -> Batch {
        let second = asked(&self.path("r2"), vec![self.path("c2")], self.path("two"));
        let digest_key = DigestKey::new("a secret of tests");
        Batch { since: Some(self.path("one")), digest_key, as_of: Some(20_010), ..second }
    }
}

fn ran(how: &Batch) -> (Vec<String>, serde_json::Value) {
    let account = batch(how, &Silent).expect("screened");
    let hits = crate::batch::hits_of(&how.out).expect("hits");
    (shown(&hits, &["check_id", "record_id", "change"]), account)
}

#[test]
fn old_checks_meet_new_records_without_their_files() {
    let two = Two::new(Some(30));
    std::fs::remove_file(two.path("c1")).expect("removed");
    let (hits, account) = ran(&two.second());
    assert_eq!(hits, ["c1 r1 unchanged", "c2 r2 new", "c3 r1 new"]);
    assert_eq!((account["checks_read"].as_u64(), account["checks_remembered"].as_u64()), (Some(1), Some(2)));
    // A hit of a check whose file is gone is explained from what is remembered.
    let traced = crate::trace_hit(&two.path("two"), "c2", "r2", two.second().digest_key.as_ref()).expect("traced");
    assert!(traced.differs.is_empty(), "{:?}", traced.differs);
    let explained = traced.explained.expect("both are there");
    let spot = &explained.check.spot;
    assert_eq!((spot.file.clone(), spot.row), (two.path("c1"), 2));
    assert_eq!(explained.check.key_raw, "bb-222");
    let fault = crate::trace_hit(&two.path("two"), "c2", "r2", None).expect_err("sealed");
    assert!(fault.to_string().contains("QUIPU_DIGEST_KEY"), "{fault}");
    // Once more, in the same folder, without new checks: the checks of the second run were not remembered, and are read.
    let again = Batch { checks: Vec::new(), since: Some(two.path("two")), ..two.second() };
    let (hits, account) = ran(&again);
    assert_eq!(hits, ["c1 r1 unchanged", "c2 r2 unchanged", "c3 r1 unchanged"]);
    assert_eq!((account["checks_read"].as_u64(), account["checks_remembered"].as_u64()), (Some(1), Some(2)));
}

#[test]
fn what_is_named_again_is_not_screened_twice() {
    let two = Two::new(Some(30));
    let again = Batch { checks: vec![two.path("c1"), two.path("c2")], ..two.second() };
    let (hits, account) = ran(&again);
    assert_eq!(hits, ["c1 r1 unchanged", "c2 r2 new", "c3 r1 new"]);
    assert_eq!((account["checks_read"].as_u64(), account["files_known_already"].as_u64()), (Some(1), Some(1)));
}

#[test]
fn checks_are_forgotten_when_their_time_is_over() {
    let two = Two::new(Some(9));
    let (hits, account) = ran(&two.second());
    assert_eq!(hits, ["c1 r1 withdrawn", "c3 r1 new"]);
    // The check of a hit that is withdrawn may be gone: the row follows from that.
    std::fs::remove_file(two.path("c1")).expect("removed");
    let traced = crate::trace_hit(&two.path("two"), "c1", "r1", None).expect("traced");
    assert!(traced.explained.is_none() && traced.differs.is_empty());
    assert_eq!(account["checks_forgotten"].as_u64(), Some(2));
    assert!(!two.path("two/remembered").exists(), "and their book is not handed on");
    let (hits, _) = ran(&Batch { as_of: Some(20_009), out: two.path("three"), ..two.second() });
    assert_eq!(hits, ["c1 r1 unchanged", "c2 r2 new", "c3 r1 new"], "on the last day they still meet");
    // In place: the folder keeps what it names, and nothing else.
    let (_, account) = ran(&Batch { remember: Some(30), out: two.path("one"), ..two.second() });
    let named = account["inputs"]["books"].as_array().expect("books").clone();
    let there: Vec<_> = std::fs::read_dir(two.path("one/remembered"))
        .expect("folder")
        .map(|entry| serde_json::json!(entry.expect("entry").file_name().to_str()))
        .collect();
    assert_eq!((named.len(), named), (1, there));
}

#[test]
fn checks_of_before_that_cannot_be_had_are_told() {
    let fault = |how: &Batch| {
        let fault = batch(how, &Silent).expect_err("told");
        assert_eq!(fault.kind(), ErrorKind::Usage, "{fault}");
        fault.to_string()
    };
    let two = Two::new(Some(30));
    assert!(fault(&Batch { digest_key: None, ..two.second() }).contains("there is no secret to open them with"));
    assert!(fault(&Batch { digest_key: DigestKey::new("another"), ..two.second() }).contains("another secret"));
    assert!(fault(&Batch { digest_key: None, remember: Some(1), since: None, ..two.second() }).contains("secret"));

    let two = Two::new(None);
    let other = Batch { given_kind: Some("vin".to_owned()), ..two.second() };
    assert!(fault(&other).contains("other --map or --key-kind"));
    std::fs::write(two.path("c1"), std::fs::read(two.path("c2")).expect("file")).expect("written");
    assert!(fault(&two.second()).contains("has other content by now"));
    let same_name = Batch { checks: vec![two.path("c1")], ..two.second() };
    assert!(fault(&same_name).contains("has other content by now"), "a name that is given again");
    std::fs::remove_file(two.path("c1")).expect("removed");
    assert!(fault(&two.second()).contains("is gone"));
    let (hits, _) = ran(&Batch { forget: true, ..two.second() });
    assert_eq!(hits, ["c1 r1 withdrawn", "c3 r1 new"], "unless they are left behind");
}
