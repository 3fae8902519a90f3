//! Histories of records and checks: a run that remembers the checks of before, and one that reads the files of all of
//! them, come to the same in everything.

use std::fs::File;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::made::{Layout, Question, Reference, any_layout};
use super::oracle::{any_check, any_record};
use super::*;
use crate::{Secret, remember};

/// What becomes of a record from one day to the next.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    None,
    Gone,
    Withdrawn,
    Expired,
    DeniedTo(&'static str),
    /// All of it but the id.
    Other(Reference),
}

/// One day: changes of the records in their order, records that are added, and the checks of the day.
#[derive(Debug, Clone)]
struct Day {
    changes: Vec<Change>,
    added: Vec<Reference>,
    checks: Vec<Question>,
    layout: Layout,
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => Just(Change::None),
        1 => Just(Change::Gone),
        1 => Just(Change::Withdrawn),
        1 => Just(Change::Expired),
        1 => prop_oneof![Just("CL"), Just("AR, UY")].prop_map(Change::DeniedTo),
        2 => any_record().prop_map(Change::Other),
    ]
}

fn any_day() -> impl Strategy<Value = Day> {
    let added = proptest::collection::vec(any_record(), 0..12);
    let checks = proptest::collection::vec(any_check(), 0..25);
    (proptest::collection::vec(any_change(), 40), added, checks, any_layout())
        .prop_map(|(changes, added, checks, layout)| Day { changes, added, checks, layout })
}

fn after(records: Vec<Reference>, day: &Day) -> Vec<Reference> {
    let changes = day.changes.iter().cloned().chain(std::iter::repeat(Change::None));
    let kept = records.into_iter().zip(changes).filter_map(|(record, change)| match change {
        Change::None => Some(record),
        Change::Gone => None,
        Change::Withdrawn => Some(Reference { status: Some("withdrawn"), ..record }),
        Change::Expired => Some(Reference { expires: Some(19_000), ..record }),
        Change::DeniedTo(deny) => Some(Reference { deny: Some(deny), ..record }),
        Change::Other(other) => Some(Reference { id: record.id, ..other }),
    });
    kept.chain(day.added.iter().cloned()).collect()
}

/// Remembers the checks of a request, and says how it was done.
fn kept(request: &Request, path: PathBuf, settings: &Settings) -> PathBuf {
    let countries = Countries::known();
    let file = File::create(&path).expect("file");
    let footers: Vec<_> = request.checks.iter().map(|path| crate::footer(path).expect("footer")).collect();
    remember(request, &countries, &footers, 20_100, (&path, &file), settings, &Silent).expect("remembered");
    // Not the files that were screened.
    let others = vec![quipu_schema::Digest::of("another"); footers.len()];
    let other = remember(request, &countries, &others, 20_100, (&path, &file), settings, &Silent);
    assert!(footers.is_empty() || other.is_err_and(|fault| fault.kind() == quipu_schema::ErrorKind::Upstream));
    path
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn old_checks_meet_new_records_as_if_they_were_asked_again(
        days in proptest::collection::vec(any_day(), 2..5),
        threads in 1_usize..4,
        memory in prop_oneof![Just(1_u64), Just(1 << 30)],
        fan_out in prop_oneof![Just(1_usize), Just(2), Just(100)],
    ) {
        let folder = tempfile::tempdir().expect("folder");
        let settings = Settings { memory, threads, parts: None };
        let (mut records, mut files, mut books) = (Vec::new(), Vec::new(), Vec::new());
        for (number, day) in days.iter().enumerate() {
            records = after(records, day);
            made::write_records(&folder.path().join("records.parquet"), &records, day.layout);
            let checks = folder.path().join(format!("checks-{number}.parquet"));
            made::write_checks(&checks, &day.checks, day.layout);
            files.push(checks.clone());
            let mut all = Request { checks: files.clone(), fan_out, ..request(folder.path()) };
            let mut new = Request { checks: vec![checks], ..all.clone() };
            new.books.clone_from(&books);
            all.index = folder.path().join("another-index");
            let countries = Countries::known();
            let full = screen(&all, &countries, &SETTINGS, &Silent).expect("screened");
            let delta = screen(&new, &countries, &settings, &Silent).expect("screened");
            prop_assert_eq!(&delta.hits, &full.hits);
            prop_assert_eq!(&delta.withheld, &full.withheld);
            prop_assert_eq!(&delta.answers, &full.answers);
            prop_assert_eq!((delta.checks, delta.records), (full.checks, full.records));
            prop_assert_eq!((delta.cannot_say, delta.repeated, delta.capped), (full.cannot_say, full.repeated, full.capped));
            prop_assert_eq!(delta.snapshots, full.snapshots);
            let apart = (delta.expected.same - full.expected.same).abs();
            // Of more rows only some are looked at.
            let all = full.checks.max(records.len() as u64) < 48;
            prop_assert!(!all || apart <= full.expected.same.abs() * 1e-9, "{} and {}", delta.expected.same, full.expected.same);
            let earlier: usize = days.iter().take(number).map(|day| day.checks.len()).sum();
            prop_assert_eq!(delta.remembered, earlier as u64);
            books.push(kept(&new, folder.path().join(format!("{number}.checks")), &settings));
        }
    }
}

/// Records and checks of one day in a folder, the request that screens them, and the book of its checks.
pub(crate) fn day_of(folder: &Path) -> (Request, PathBuf) {
    let records: Vec<Reference> = (0..40).map(|at| record(&format!("AB{at:07}"))).collect();
    let checks: Vec<Question> = (0..60).map(|at| check(at, &format!("ab {at:07}"))).collect();
    made::write_records(&folder.join("records.parquet"), &records, made::PLAIN);
    made::write_checks(&folder.join("checks.parquet"), &checks, made::PLAIN);
    let request = request(folder);
    let book = kept(&request, folder.join("one.checks"), &SETTINGS);
    (request, book)
}

fn record(raw: &str) -> Reference {
    Reference {
        id: format!("r-{raw}"),
        database: "SLTD",
        kind: Some("travel-document"),
        raw: Some(raw.to_owned()),
        issuer: Some("BR"),
        owner: Some("BR"),
        ..Reference::default()
    }
}

fn check(at: usize, raw: &str) -> Question {
    Question {
        id: format!("c{at}"),
        kind: Some("travel-document"),
        raw: Some(raw.to_owned()),
        issuer: Some("BRA"),
        ..Question::default()
    }
}

#[test]
fn files_that_are_remembered_are_known_by_their_bytes() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut request, book) = day_of(folder.path());
    let checks: Vec<Question> = (0..60).map(|at| check(at, &format!("ab {:07}", at + 1))).collect();
    // As long, and laid out the same way: even its footer is the same.
    made::write_checks(&folder.path().join("others.parquet"), &checks, made::PLAIN);
    std::fs::copy(folder.path().join("checks.parquet"), folder.path().join("copy.parquet")).expect("copied");
    let footer = |name: &str| {
        let bytes = std::fs::read(folder.path().join(name)).expect("file");
        let length = u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().expect("four")) as usize;
        (bytes.len(), bytes[bytes.len() - 8 - length..].to_vec())
    };
    assert_eq!(footer("others.parquet"), footer("checks.parquet"));
    let names = ["others.parquet", "copy.parquet", "checks.parquet", "others.parquet"];
    request.checks = names.map(|name| folder.path().join(name)).to_vec();
    assert_eq!(crate::known(&request).expect("known"), [false, false, true, true], "each is asked once");
    request.books = vec![book];
    assert_eq!(crate::known(&request).expect("known"), [false, true, true, true]);
}

#[test]
fn a_book_is_the_same_bytes_again_and_holds_no_key() {
    let folder = tempfile::tempdir().expect("folder");
    let (request, book) = day_of(folder.path());
    let again = kept(&request, folder.path().join("two.checks"), &Settings { memory: 1, threads: 1, parts: None });
    let bytes = std::fs::read(&book).expect("book");
    assert_eq!(bytes, std::fs::read(again).expect("book"));
    for word in ["ab 00", "c59", "BRA"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
}

#[test]
fn a_book_that_was_changed_or_is_of_another_secret_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut request, book) = day_of(folder.path());
    made::write_checks(&folder.path().join("checks.parquet"), &[], made::PLAIN);
    let run = |secret: Option<Secret>| {
        let request = Request { books: vec![book.clone()], secret, ..request.clone() };
        screen(&request, &Countries::known(), &SETTINGS, &Silent)
    };
    let found = run(request.secret.clone()).expect("screened");
    assert_eq!((found.hits.len(), found.remembered, found.checks), (40, 60, 60));
    for other in [None, Some(Secret::of(b"another one"))] {
        let fault = run(other).expect_err("another secret");
        assert_eq!(fault.kind(), quipu_schema::ErrorKind::Usage, "{fault}");
    }

    // Whatever byte is changed or missing: told, or of no check that a record has the number of.
    let whole = std::fs::read(&book).expect("book");
    let mut told = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&book, &bytes).expect("written");
        match run(request.secret.clone()) {
            Ok(again) => assert_eq!(again.hits, found.hits, "byte {at}"),
            Err(fault) => {
                told += 1;
                assert!(fault.to_string().contains("remembered"), "{fault}");
            }
        }
    }
    assert!(told * 10 > whole.len() * 6, "{told} of {}", whole.len());
    for length in (0..whole.len()).step_by(7) {
        std::fs::write(&book, &whole[..length]).expect("written");
        run(request.secret.clone()).expect_err("cut short");
    }
    // Other kinds of keys: the book cannot say what it left out.
    std::fs::write(&book, &whole).expect("written");
    request.kinds.pop();
    let fault = screen(&Request { books: vec![book], ..request.clone() }, &Countries::known(), &SETTINGS, &Silent)
        .expect_err("other kinds");
    assert!(fault.to_string().contains("other kinds"), "{fault}");
}
