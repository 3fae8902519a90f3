//! Files and indexes that are broken, missing or of something else: told with their place, and the next run is right.

use std::fs;
use std::path::Path;

use quipu_schema::{ErrorKind, Fault};

use super::made::{self, PLAIN};
use super::*;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    let record = |number: u32| Reference {
        id: format!("r{number}"),
        database: "SMV",
        kind: Some("plate"),
        raw: Some(format!("AB{number:04}")),
        issuer: Some("CL"),
        ..Reference::default()
    };
    let check = |number: u32| Question {
        id: format!("c{number}"),
        kind: Some("plate"),
        raw: Some(format!("ab {number:04}")),
        issuer: Some("CHL"),
        ..Question::default()
    };
    let layout = Layout { group: 100, ..PLAIN };
    made::write_records(&folder.path().join("records.parquet"), &(0..300).map(record).collect::<Vec<_>>(), layout);
    made::write_checks(&folder.path().join("checks.parquet"), &(250..350).map(check).collect::<Vec<_>>(), layout);
    folder
}

fn run(folder: &Path) -> Result<Screened, Fault> {
    screen(&request(folder), &Countries::known(), &SETTINGS, &Silent)
}

fn told(fault: &Fault) -> String {
    format!("{fault}")
}

#[test]
fn a_whole_run_and_one_with_the_index_that_is_there() {
    let folder = folder();
    let first = run(folder.path()).expect("screened");
    assert!(first.hits.iter().filter(|hit| hit.grade == Grade::Normalised).count() == 50, "{:?}", first.answers);
    assert!(first.index_made.is_some());
    let second = run(folder.path()).expect("screened");
    assert_eq!((second.index_made, second.hits), (None, first.hits));
}

#[test]
fn columns_that_are_missing_or_no_texts_are_named() {
    let folder = folder();
    let mut asked = request(folder.path());
    asked.names.insert("key_raw".to_owned(), "number".to_owned());
    let fault = screen(&asked, &Countries::known(), &SETTINGS, &Silent).expect_err("no such column");
    assert_eq!(fault.kind(), ErrorKind::Shape);
    assert!(told(&fault).contains("`number`") && told(&fault).contains("records.parquet"), "{fault}");

    asked.names.insert("key_raw".to_owned(), "expires_on".to_owned());
    let fault = screen(&asked, &Countries::known(), &SETTINGS, &Silent).expect_err("a date");
    assert!(fault.kind() == ErrorKind::Shape && told(&fault).contains("INT32; text is needed"), "{fault}");

    let mut asked = request(folder.path());
    asked.given_kind = Some("passport".to_owned());
    let fault = screen(&asked, &Countries::known(), &SETTINGS, &Silent).expect_err("no such kind");
    assert!(fault.kind() == ErrorKind::Usage && told(&fault).contains("travel-document"), "{fault}");

    fs::remove_file(folder.path().join("checks.parquet")).expect("removed");
    let fault = run(folder.path()).expect_err("no checks");
    assert!(fault.kind() == ErrorKind::Source && told(&fault).contains("checks.parquet"), "{fault}");
    fs::write(folder.path().join("checks.parquet"), "check_id;key_raw\n").expect("written");
    let fault = run(folder.path()).expect_err("no Parquet");
    assert!(fault.kind() == ErrorKind::Corrupt && told(&fault).contains("no Parquet file"), "{fault}");
}

#[test]
fn a_broken_row_group_is_named_and_nothing_else_happens() {
    let folder = folder();
    let path = folder.path().join("records.parquet");
    let whole = fs::read(&path).expect("read");
    let mut broken_groups = 0;
    // Every byte before the footer, one after the other in steps.
    let footer = u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().expect("four")) as usize;
    for at in (4..whole.len() - 8 - footer).step_by(41) {
        let mut broken = whole.clone();
        broken[at] ^= 0x55;
        fs::write(&path, &broken).expect("written");
        fs::remove_dir_all(folder.path().join("index")).ok();
        // A changed text is a text; everything else is told with its row group.
        if let Err(fault) = run(folder.path()) {
            broken_groups += 1;
            let text = told(&fault);
            assert_eq!(fault.kind(), ErrorKind::Corrupt, "{text}");
            assert!(text.contains("row group") && text.contains("records.parquet"), "{text}");
        }
    }
    assert!(broken_groups > 5, "{broken_groups}");
    fs::write(&path, &whole).expect("written");
    assert_eq!(run(folder.path()).expect("whole again").hits.len(), run(folder.path()).expect("again").hits.len());
}

#[test]
fn a_footer_that_is_cut_or_changed_never_panics() {
    let folder = folder();
    let path = folder.path().join("checks.parquet");
    let whole = fs::read(&path).expect("read");
    for length in (0..whole.len()).step_by(97) {
        fs::write(&path, &whole[..length]).expect("written");
        assert_eq!(run(folder.path()).expect_err("cut").kind(), ErrorKind::Corrupt, "{length}");
    }
    let footer = u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().expect("four")) as usize;
    for at in (whole.len() - 8 - footer..whole.len()).step_by(7) {
        let mut broken = whole.clone();
        broken[at] ^= 0x2a;
        fs::write(&path, &broken).expect("written");
        // Whatever it comes to: no panic, and no wrong hit.
        if let Ok(found) = run(folder.path()) {
            assert!(found.hits.iter().all(|hit| hit.key_kind == "plate"));
        }
    }
}

#[test]
fn an_index_of_something_else_is_made_anew_and_a_damaged_one_told() {
    let folder = folder();
    let first = run(folder.path()).expect("screened");
    let index = folder.path().join("index");
    let names = || -> Vec<String> {
        let entries = fs::read_dir(&index).expect("index").filter_map(Result::ok);
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let before = names();
    assert_eq!(before.len(), 3, "{before:?}");

    // Left by a run that was killed.
    fs::write(index.join("index.part"), "half").expect("written");
    // Other records under the same name.
    let records: Vec<Reference> = (0..10)
        .map(|number| Reference {
            id: format!("n{number}"),
            database: "SMV",
            kind: Some("plate"),
            raw: Some(format!("AB{:04}", number + 250)),
            issuer: Some("CL"),
            ..Reference::default()
        })
        .collect();
    let path = folder.path().join("records.parquet");
    let kept = fs::read(&path).expect("read");
    made::write_records(&path, &records, PLAIN);
    let second = run(folder.path()).expect("screened");
    assert!(
        second.index_made.as_ref().is_some_and(|why| why.contains("records.parquet changed")),
        "{:?}",
        second.index_made
    );
    assert!(second.hits.iter().all(|hit| hit.record_id.starts_with('n')));
    assert_eq!(names().len(), 3, "the index of before is removed: {:?}", names());
    fs::write(&path, &kept).expect("written");
    assert_eq!(run(folder.path()).expect("screened").hits, first.hits);

    // Damage in every area of the index.
    let file = names().into_iter().find(|name| name.contains(".index")).expect("an index");
    let whole = fs::read(index.join(&file)).expect("read");
    for at in [0, 64, 200, whole.len() / 2, whole.len() - 1] {
        let mut broken = whole.clone();
        broken[at] ^= 1;
        fs::write(index.join(&file), &broken).expect("written");
        let fault = run(folder.path()).expect_err("damaged");
        assert!(fault.kind() == ErrorKind::Corrupt && told(&fault).contains("the index is damaged"), "{at}: {fault}");
    }
    fs::write(index.join(&file), &whole[..whole.len() - 1]).expect("written");
    assert_eq!(run(folder.path()).expect_err("cut").kind(), ErrorKind::Corrupt);
    fs::write(index.join(&file), &whole).expect("written");
    assert_eq!(run(folder.path()).expect("whole again").hits, first.hits);

    // Another version of quipu.
    let manifest = fs::read_to_string(index.join("index.json")).expect("read");
    fs::write(index.join("index.json"), manifest.replace("\"format\":1", "\"format\":9")).expect("written");
    let fault = run(folder.path()).expect_err("another version");
    assert!(fault.kind() == ErrorKind::Usage && told(&fault).contains("format 9"), "{fault}");
    fs::write(index.join("index.json"), "{").expect("written");
    assert_eq!(run(folder.path()).expect_err("no JSON").kind(), ErrorKind::Corrupt);
    fs::remove_dir_all(&index).expect("removed");
    assert_eq!(run(folder.path()).expect("made again").hits, first.hits);
}

#[test]
fn two_at_once_do_not_share_an_index() {
    let folder = folder();
    run(folder.path()).expect("screened");
    let lock = fs::File::open(folder.path().join("index/lock")).expect("lock");
    lock.try_lock().expect("free");
    let fault = run(folder.path()).expect_err("in use");
    assert!(fault.kind() == ErrorKind::Locked && fault.kind().is_retryable(), "{fault}");
    drop(lock);
    run(folder.path()).expect("free again");
}

#[test]
fn keys_of_many_records_are_cut_off_and_counted() {
    let folder = folder();
    let same = |number: u32| Reference {
        id: format!("r{number:03}"),
        database: "SMV",
        kind: Some("plate"),
        raw: Some("AB0300".to_owned()),
        issuer: Some("CL"),
        ..Reference::default()
    };
    let rows: Vec<Reference> = (0..250).map(same).collect();
    made::write_records(&folder.path().join("records.parquet"), &rows, Layout { group: 33, ..PLAIN });
    let found = run(folder.path()).expect("screened");
    assert_eq!(found.capped, (1, 150), "one check meets 250 records, of which 100 are looked at");
    let ids: Vec<&str> = found.hits.iter().map(|hit| hit.record_id.as_str()).collect();
    assert_eq!((ids.len(), ids[0], ids[99]), (100, "r000", "r099"), "the first ones");

    // A hit behind those that were looked at: nobody may say that there is none.
    let gone = |number: u32| Reference { status: (number < 200).then_some("withdrawn"), ..same(number) };
    let rows: Vec<Reference> = (0..250).map(gone).collect();
    made::write_records(&folder.path().join("records.parquet"), &rows, PLAIN);
    let found = run(folder.path()).expect("screened");
    assert_eq!((found.hits.len(), found.answers["cut-off"], found.capped), (0, 1, (1, 150)));
}

#[test]
fn more_hits_than_memory_is_there_for_are_told() {
    let folder = tempfile::tempdir().expect("folder");
    let record = |number: u32| Reference {
        id: format!("r{number:03}"),
        database: "SMV",
        kind: Some("plate"),
        raw: Some("AB0300".to_owned()),
        issuer: Some("CL"),
        ..Reference::default()
    };
    let check = |number: u32| Question {
        id: format!("c{number:04}"),
        kind: Some("plate"),
        raw: Some("AB0300".to_owned()),
        issuer: Some("CL"),
        ..Question::default()
    };
    let (records, checks): (Vec<_>, Vec<_>) = ((0..100).map(record).collect(), (0..4_000).map(check).collect());
    made::write_records(&folder.path().join("records.parquet"), &records, PLAIN);
    made::write_checks(&folder.path().join("checks.parquet"), &checks, PLAIN);
    let screened = |memory| {
        let settings = Settings { memory, ..SETTINGS };
        crate::screen(&request(folder.path()), &Countries::known(), &settings, &Silent)
    };
    let fault = screened(64 << 20).expect_err("400,000 hits do not fit");
    assert_eq!(fault.kind(), ErrorKind::Usage);
    assert!(told(&fault).contains("--memory"), "{fault:?}");
    assert_eq!(screened(1 << 30).expect("screened").hits.len(), 400_000);
}

#[test]
fn text_that_cannot_be_read_is_told_with_its_line_and_without_its_keys() {
    let folder = folder();
    let fault = |name: &str, text: &[u8], given: Option<&str>, words: &[&str]| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        let given_kind = given.map(str::to_owned);
        let asked = Request { checks: vec![path], given_kind, ..request(folder.path()) };
        let fault = screen(&asked, &Countries::known(), &SETTINGS, &Silent).expect_err(name);
        assert_eq!(fault.kind(), ErrorKind::Shape, "{fault}");
        for word in words {
            assert!(told(&fault).contains(word), "{word}: {fault}");
        }
        assert!(!told(&fault).contains("AB0299"), "{fault}");
    };
    let kind = Some("plate");
    let many = "{\"check_id\":\"c\",\"key_raw\":\"AB0299\"}\n".repeat(60);
    let after = |line: &str| format!("{many}{line}").into_bytes();
    fault("c.csv", b"check_id,number,key_kind\n1,AB0299,plate\n", None, &["key_raw", "c.csv", "--map key_raw=NAME"]);
    fault("c.csv", b"check_id,key_raw\n1,AB0299\n", None, &["key_kind", "--key-kind"]);
    fault("c.csv", b"check_id,key_raw,key_raw\n1,AB0299,AB0299\n", kind, &["key_raw"]);
    fault("c.csv", b"check_id,key_raw\n1,AB0299\n2,AB0299,x\n", kind, &["c.csv:3", "3 fields, the header 2"]);
    fault("c.csv", b"check_id,key_raw\n1,AB0299\n2,\"AB0299\n", kind, &["c.csv:3", "never closed"]);
    fault("c.ndjson", &after("{\"check_id\":\"1\",\"key_raw\":\"AB0299\""), kind, &["c.ndjson:61", "no JSON object"]);
    fault("c.ndjson", &after("[\"AB0299\"]"), kind, &["c.ndjson:61"]);
    fault("c.ndjson", &after("{\"check_id\":\"1\"}"), kind, &["c.ndjson:61", "no field `key_raw`"]);
    fault("c.ndjson", &after("{\"check_id\":1,\"key_raw\":1.5}"), kind, &["c.ndjson:61", "fraction"]);
    fault(
        "c.ndjson",
        &after("{\"check_id\":1,\"key_raw\":[\"AB0299\"]}"),
        kind,
        &["c.ndjson:61", "is a list; a text is needed"],
    );
    fault("c.ndjson", &after("{\"key_raw\":\"A\",\"key_raw\":\"B\",\"check_id\":1}"), kind, &["c.ndjson:61", "twice"]);
    fault("c.ndjson", many.as_bytes(), None, &["c.ndjson:", "no field `key_kind`"]);
    fault("c.ndjson", &after("\"AB0299\""), kind, &["c.ndjson:61", "no JSON object"]);
    let above = b"1,AB0299\nsep=,\ncheck_id,key_raw\n2,AB0299\n";
    fault("c.csv", above, kind, &["c.csv:1", "above the header, which is on line 3"]);
    fault("c.json", b" [{\"check_id\":1}]", kind, &["a JSON array"]);

    // What stands in the place of a marking may be a key.
    let path = folder.path().join("m.csv");
    let rows = "1,AB0001,CL,\n".repeat(20);
    fs::write(&path, format!("check_id,key_raw,issuer,marking\n{rows}2,AB0299,CL,AB0299\n")).expect("written");
    let asked = Request { checks: vec![path], given_kind: kind.map(str::to_owned), ..request(folder.path()) };
    let fault = screen(&asked, &Countries::known(), &SETTINGS, &Silent).expect_err("marking");
    assert!(told(&fault).contains("m.csv, row 21") && !told(&fault).contains("AB0299"), "{fault}");

    // Days as nobody can read them are told where they are needed.
    let path = folder.path().join("d.csv");
    fs::write(&path, "check_id,key_raw,asked_at\n1,AB0299,2023-02-01\n2,AB0299,21/03/2023\n").expect("written");
    let asked =
        Request { checks: vec![path], given_kind: kind.map(str::to_owned), as_of: None, ..request(folder.path()) };
    let fault = screen(&asked, &Countries::known(), &SETTINGS, &Silent).expect_err("a day");
    assert!(told(&fault).contains("d.csv, row 2") && told(&fault).contains("--expiry-on"), "{fault}");

    // Whole numbers are texts as they are written; names are those of one side alone.
    let path = folder.path().join("c.jsonl");
    fs::write(&path, "\u{feff}{\"check_id\": 7, \"placa\": \"ab-0299\", \"issuer\": \"CL\"}\n\n").expect("written");
    let mut asked = Request { checks: vec![path], given_kind: kind.map(str::to_owned), ..request(folder.path()) };
    asked.names.insert("checks.key_raw".to_owned(), "placa".to_owned());
    let found = screen(&asked, &Countries::known(), &SETTINGS, &Silent).expect("screened");
    let ids: Vec<(&str, &str)> = found.hits.iter().map(|hit| (hit.check_id.as_str(), hit.record_id.as_str())).collect();
    assert_eq!(ids, [("7", "r299")]);
    let explained = crate::explain(&asked, &Countries::known(), "7", "r299", None).expect("explained");
    assert_eq!((explained[0].check.spot.row, explained[0].check.key_raw.as_str()), (1, "ab-0299"));
}

#[test]
fn card_numbers_are_screened_under_a_secret_and_never_shown() {
    let folder = tempfile::tempdir().expect("folder");
    let record = Reference {
        id: "r1".to_owned(),
        database: "CARDS",
        kind: Some("payment-card"),
        raw: Some("4111 1111 1111 1111".to_owned()),
        ..Reference::default()
    };
    let check = |at: usize, raw: &str| Question {
        id: format!("c{at}"),
        kind: Some("payment-card"),
        raw: Some(raw.to_owned()),
        ..Question::default()
    };
    made::write_records(&folder.path().join("records.parquet"), &[record], PLAIN);
    let checks = [check(1, "4111-1111-1111-1111"), check(2, "4111111111111112"), check(3, "5555555555554444")];
    made::write_checks(&folder.path().join("checks.parquet"), &checks, PLAIN);
    let mut asked = request(folder.path());
    asked.kinds = quipu_keys::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    let run = |asked: &Request| screen(asked, &Countries::known(), &SETTINGS, &Silent).expect("screened");
    asked.secret = None;
    assert_eq!(run(&asked).answers["kind-not-screened"], 3, "without a secret");
    asked.secret = Some(crate::Secret::of(b"one"));
    let found = run(&asked);
    let hits: Vec<(&str, &str)> = found.hits.iter().map(|hit| (hit.check_id.as_str(), hit.grade.word())).collect();
    assert_eq!(hits, [("c1", "normalised")]);
    let key = found.hits[0].key.clone();
    assert!(key.len() == 37 && key.ends_with(":1111") && !key.contains("4111"), "{key}");
    let explained = format!("{:?}", crate::explain(&asked, &Countries::known(), "c1", "r1", None).expect("explained"));
    assert!(!explained.contains("4111") && explained.contains("****-****-****-1111"), "{explained}");
    // Under another secret nothing is the same: neither index nor what is shown.
    let (first, index) = (fs::read(folder.path().join("index/index.json")).expect("index"), found.index_made);
    assert!(index.is_some());
    asked.secret = Some(crate::Secret::of(b"two"));
    let again = run(&asked);
    assert!(again.index_made.is_some() && again.hits[0].key != key);
    assert_ne!(fs::read(folder.path().join("index/index.json")).expect("index"), first);
}
