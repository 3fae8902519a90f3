use std::fs;

use quipu_schema::ErrorKind;
use rusqlite::ErrorCode;
use serde_json::json;
use tempfile::TempDir;

use super::*;

fn ledger() -> (TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
    (folder, ledger)
}

fn capture(name: &str, content: &str) -> Capture {
    Capture {
        pipeline: "p".to_owned(),
        source: "s".to_owned(),
        name: name.to_owned(),
        digest: Digest::of(content),
        size: content.len() as u64,
        kind: "http".to_owned(),
        media_type: Some("text/csv".to_owned()),
        status: Some(200),
        headers: vec![("etag".to_owned(), "\"x\"".to_owned()), ("etag".to_owned(), "b".to_owned())],
        redirects: vec!["https://a.example/".to_owned()],
        suspect: None,
        parent: None,
        captured_at: "never".to_owned(),
    }
}

fn names(ledger: &Ledger) -> Vec<(String, Digest)> {
    ledger.current_captures("p", "s").unwrap().into_iter().map(|c| (c.name, c.digest)).collect()
}

fn named(list: &[(&str, &str)]) -> Vec<(String, Digest)> {
    list.iter().map(|(name, content)| ((*name).to_owned(), Digest::of(content))).collect()
}

#[test]
fn runs_are_listed_newest_first_and_may_be_unfinished() {
    let (_folder, ledger) = ledger();
    let first = ledger.begin_run("p", "run p.toml", "1").unwrap();
    let second = ledger.begin_run("q", "run q.toml", "1").unwrap();
    ledger.finish_run(first, 75, &json!({"why": "lock"})).unwrap();
    let runs = ledger.runs(None, 10).unwrap();
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!((runs[0].exit_code, &runs[0].finished_at, &runs[0].summary), (None, &None, &None));
    assert_eq!((runs[1].exit_code, &runs[1].summary), (Some(75), &Some(json!({"why": "lock"}))));
    assert!(runs[1].finished_at.as_ref().unwrap() >= &runs[1].started_at);
    assert_eq!(ledger.runs(Some("p"), 10).unwrap().len(), 1);
    assert_eq!(ledger.runs(None, 1).unwrap()[0].id, second);
    assert_eq!(ledger.finish_run(99, 0, &json!(null)).unwrap_err().kind(), ErrorKind::Bug);
}

#[test]
fn what_is_suspect_is_kept_and_is_never_current() {
    let (_folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    assert!(ledger.record_capture(run, &capture("a", "one")).unwrap());
    ledger.set_current("p", "s", &[("a", Digest::of("one"))]).unwrap();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    let wrong = Capture { suspect: Some("a page of HTML".to_owned()), ..capture("a", "login") };
    ledger.record_capture(run, &wrong).unwrap();
    assert_eq!(ledger.set_current("p", "s", &[("a", Digest::of("login"))]).unwrap_err().kind(), ErrorKind::Bug);
    assert_eq!(names(&ledger), named(&[("a", "one")]));
    for as_of in [None, Some("9999")] {
        let editions = ledger.editions("p", "s", as_of).unwrap();
        assert_eq!(editions.iter().map(|edition| edition.capture.digest).collect::<Vec<_>>(), [Digest::of("one")]);
    }
    let newest = ledger.newest_captures("p", "s").unwrap();
    assert_eq!(newest.iter().map(|capture| capture.digest).collect::<Vec<_>>(), [Digest::of("one")]);
    // The same bytes as before are nothing new, whatever came in between.
    assert!(!ledger.record_capture(run, &capture("a", "one")).unwrap());
    assert!(ledger.record_capture(run, &capture("b", "two")).unwrap());
    assert_eq!(ledger.newest_captures("p", "s").unwrap().len(), 2);
}

#[test]
fn a_capture_comes_back_as_it_was_with_the_ledgers_time() {
    let (_folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    let entry = capture("a", "one");
    ledger.record_capture(run, &entry).unwrap();
    ledger.set_current("p", "s", &[("a", entry.digest)]).unwrap();
    let back = ledger.current_captures("p", "s").unwrap().remove(0);
    assert!(back.captured_at.parse::<jiff::Timestamp>().is_ok(), "{}", back.captured_at);
    assert_eq!(ledger.first_captured(&entry.digest).unwrap().as_ref(), Some(&back.captured_at));
    assert_eq!(Capture { captured_at: "never".to_owned(), ..back }, entry);
    assert_eq!(ledger.first_captured(&Digest::of("other")).unwrap(), None);
}

#[test]
fn new_is_what_differs_from_the_last_of_that_name() {
    let (_folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    let new = |name, content| ledger.record_capture(run, &capture(name, content)).unwrap();
    assert!(new("a", "one"));
    assert!(!new("a", "one"));
    assert!(new("b", "one"));
    assert!(new("a", "two"));
    assert!(new("a", "one"));
}

#[test]
fn the_first_capture_of_bytes_keeps_its_time() {
    let (_folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    ledger.record_capture(run, &capture("a", "one")).unwrap();
    let first = ledger.first_captured(&Digest::of("one")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5));
    ledger.record_capture(run, &capture("b", "one")).unwrap();
    assert_eq!(ledger.first_captured(&Digest::of("one")).unwrap(), first);
}

#[test]
fn the_current_set_is_replaced_as_a_whole() {
    let (_folder, ledger) = ledger();
    let (one, two) = (Digest::of("one"), Digest::of("two"));
    let run = ledger.begin_run("p", "c", "1").unwrap();
    ledger.record_capture(run, &capture("b", "one")).unwrap();
    ledger.record_capture(run, &capture("a", "one")).unwrap();
    ledger.record_capture(run, &capture("c", "two")).unwrap();
    assert_eq!(names(&ledger), []);
    ledger.set_current("p", "s", &[("c", two), ("a", one), ("b", one), ("a", one)]).unwrap();
    assert_eq!(names(&ledger), named(&[("a", "one"), ("b", "one"), ("c", "two")]));

    // A digest that nobody captured: nothing changes.
    let fault = ledger.set_current("p", "s", &[("a", one), ("b", Digest::of("three"))]).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Bug);
    assert_eq!(names(&ledger).len(), 3);

    // Not modified: nothing captured in this run.
    ledger.set_current("p", "s", &[("a", one), ("b", one)]).unwrap();
    assert_eq!(names(&ledger), named(&[("a", "one"), ("b", "one")]));

    // A renamed file.
    let run = ledger.begin_run("p", "c", "1").unwrap();
    ledger.record_capture(run, &capture("z", "one")).unwrap();
    ledger.set_current("p", "s", &[("z", one)]).unwrap();
    assert_eq!(names(&ledger), named(&[("z", "one")]));

    // Long ago captured, not current, not captured now.
    ledger.set_current("p", "s", &[("c", two)]).unwrap();
    assert_eq!(names(&ledger), named(&[("c", "two")]));

    // Other sources have their own set.
    assert_eq!(ledger.current_captures("p", "other").unwrap(), []);
    ledger.set_current("p", "s", &[]).unwrap();
    assert_eq!(names(&ledger), []);
}

#[test]
fn stages_come_back_in_order() {
    let (_folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    let mut tally = Tally { read: 3, published: 2, ..Tally::default() };
    tally.quarantine("bad", 1);
    let entry = |stage: &str, output| StageRecord {
        pipeline: "p".to_owned(),
        stage: stage.to_owned(),
        ingredients: Digest::of("in"),
        changed: true,
        tally: tally.clone(),
        output,
    };
    let (ingest, transform) = (entry("ingest", None), entry("transform", Some(Digest::of("out"))));
    ledger.record_stage(run, &ingest).unwrap();
    ledger.record_stage(run, &transform).unwrap();
    assert_eq!(ledger.stages(run).unwrap(), [ingest.clone(), transform]);
    let again = StageRecord { changed: false, ..ingest };
    let run = ledger.begin_run("p", "c", "1").unwrap();
    ledger.record_stage(run, &again).unwrap();
    assert_eq!(ledger.last_stage("p", "ingest").unwrap(), Some(again));
    assert_eq!(ledger.last_stage("q", "ingest").unwrap(), None);
}

#[test]
fn entries_of_no_run_are_refused() {
    let (_folder, ledger) = ledger();
    assert_eq!(ledger.record_capture(7, &capture("a", "one")).unwrap_err().kind(), ErrorKind::Bug);
}

#[test]
fn opening_again_keeps_everything_and_two_may_be_open() {
    let (folder, ledger) = ledger();
    ledger.begin_run("p", "c", "1").unwrap();
    let second = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
    assert_eq!(second.runs(None, 9).unwrap().len(), 1);
    second.begin_run("p", "c", "1").unwrap();
    assert_eq!(ledger.runs(None, 9).unwrap().len(), 2);
}

#[test]
fn several_may_make_the_ledger_at_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| Ledger::open(&path).unwrap().begin_run("p", "c", "1").unwrap());
            }
        });
        assert_eq!(Ledger::open(&path).unwrap().runs(None, 9).unwrap().len(), 4);
    }
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let (folder, ledger) = ledger();
    drop(ledger);
    let path = folder.path().join("ledger.sqlite");
    for version in [99, -1] {
        Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
        let fault = Ledger::open(&path).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Storage);
        assert!(fault.message().contains("version"), "{fault}");
    }
}

#[test]
fn what_is_no_ledger_is_refused_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    fs::write(&text, "this is a text file, long enough to be looked at as a database header, really").unwrap();
    let foreign = folder.path().join("foreign");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    for path in [text, foreign] {
        let before = fs::read(&path).unwrap();
        let fault = Ledger::open(&path).unwrap_err();
        assert_eq!((fault.kind(), fault.message()), (ErrorKind::Corrupt, "this is not a ledger of quipu"));
        assert!(fault.advice().is_some());
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_damaged_ledger_says_so() {
    let (folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    for n in 0..200 {
        ledger.record_capture(run, &capture(&format!("name {n}"), "x")).unwrap();
    }
    drop(ledger);
    let path = folder.path().join("ledger.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[4096..length].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let failed = Ledger::open(&path).and_then(|ledger| ledger.runs(None, 9));
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_value_of_a_wrong_form_is_damage() {
    let (folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    ledger.record_capture(run, &capture("a", "one")).unwrap();
    ledger.set_current("p", "s", &[("a", Digest::of("one"))]).unwrap();
    let path = folder.path().join("ledger.sqlite");
    Connection::open(&path).unwrap().execute("UPDATE capture SET digest = 'nonsense'", []).unwrap();
    assert_eq!(ledger.current_captures("p", "s").unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_full_disk_is_a_storage_fault_and_nothing_half_stays() {
    let (_folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    {
        // SQLite's own limit stands for the disk: no page more than there are.
        let connection = ledger.connection.lock().unwrap();
        connection.pragma_update(None, "max_page_count", 1).unwrap();
    }
    let full = (0..10_000).find_map(|n| ledger.record_capture(run, &capture(&format!("{n}"), "x")).err());
    let fault = full.expect("the ledger never fills");
    assert_eq!(fault.kind(), ErrorKind::Storage);
    assert!(fault.advice().is_some_and(|help| help.contains("disk is full")));
    assert_eq!(ledger.runs(None, 9).unwrap().len(), 1);
}

#[test]
fn failures_of_the_disk_are_worth_a_retry() {
    for (code, kind) in [
        (rusqlite::ffi::SQLITE_FULL, ErrorKind::Storage),
        (rusqlite::ffi::SQLITE_IOERR, ErrorKind::Storage),
        (rusqlite::ffi::SQLITE_CANTOPEN, ErrorKind::Storage),
        (rusqlite::ffi::SQLITE_BUSY, ErrorKind::Locked),
        (rusqlite::ffi::SQLITE_MISUSE, ErrorKind::Bug),
    ] {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        assert_eq!(open::fault("x", Path::new("y"), error).kind(), kind, "{code}");
    }
    let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    assert_eq!(error.code, ErrorCode::DiskFull);
}

#[test]
fn times_are_of_one_width() {
    assert_eq!(now().len(), "2026-01-01T00:00:00.000Z".len());
}

#[test]
fn what_was_current_then_is_a_set_and_not_the_newest_of_each_name() {
    let (_folder, ledger) = ledger();
    let run = ledger.begin_run("p", "c", "1").unwrap();
    let moment = || {
        std::thread::sleep(std::time::Duration::from_millis(3));
        let now = now();
        std::thread::sleep(std::time::Duration::from_millis(3));
        now
    };
    let took = |names: &[(&str, &str)]| {
        for (name, text) in names {
            ledger.record_capture(run, &capture(name, text)).unwrap();
        }
    };
    let current = |names: &[(&str, &str)]| {
        let list: Vec<(&str, Digest)> = names.iter().map(|(name, text)| (*name, Digest::of(text))).collect();
        ledger.set_current("p", "s", &list).unwrap();
    };
    let before = moment();
    took(&[("page 1", "one"), ("page 2", "two")]);
    current(&[("page 1", "one"), ("page 2", "two")]);
    let first = moment();
    // A run that was not complete: what came of it was never current.
    took(&[("page 1", "half"), ("page 9", "nine")]);
    let broken = moment();
    took(&[("page 1", "all")]);
    current(&[("page 1", "all")]);
    let second = moment();
    took(&[("page 2", "two")]);
    current(&[("page 1", "all"), ("page 2", "two")]);
    let was = |at: Option<&str>| -> Vec<(String, Digest, usize)> {
        let editions = ledger.editions("p", "s", at).unwrap().into_iter();
        editions.map(|e| (e.capture.name, e.capture.digest, e.earlier)).collect()
    };
    let row = |name: &str, text: &str, earlier| (name.to_owned(), Digest::of(text), earlier);
    assert_eq!(was(Some(&before)), []);
    assert_eq!(was(Some(&first)), [row("page 1", "one", 0), row("page 2", "two", 0)]);
    assert_eq!(was(Some(&broken))[..2], was(Some(&first))[..]);
    assert_eq!(
        was(Some(&second)),
        [row("page 1", "all", 0), row("page 1", "one", 1)],
        "what was half never was current"
    );
    assert_eq!(was(None), [row("page 1", "all", 0), row("page 2", "two", 0), row("page 1", "one", 1)]);
    // What comes back is the latest, and what it replaced stands before it.
    took(&[("page 1", "one")]);
    current(&[("page 1", "one"), ("page 2", "two")]);
    assert_eq!(was(None), [row("page 1", "one", 0), row("page 2", "two", 0), row("page 1", "all", 1)]);
}

#[test]
fn a_ledger_of_version_3_keeps_what_is_current_and_what_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let old = Connection::open(&path).unwrap();
    for sql in [
        include_str!("../ledger_schema.sql"),
        include_str!("../ledger_captures.sql"),
        include_str!("../ledger_completeness.sql"),
    ] {
        old.execute_batch(sql).unwrap();
    }
    old.execute_batch("PRAGMA user_version = 3; PRAGMA application_id = 1903520112; INSERT INTO run (pipeline, command, build, started_at) VALUES ('p', 'c', '1', 't')").unwrap();
    for (number, name, text, suspect) in [
        (1, "a", "one", None),
        (2, "a", "two", None),
        (3, "a", "login", Some("why")),
        (4, "b", "gone", None),
        (5, "a", "of a run that was not complete", None),
        (6, "a", "and of another", None),
    ] {
        old.execute(
            "INSERT INTO capture (run, pipeline, source, name, digest, size, kind, headers, redirects, captured_at, suspect) \
             VALUES (1, 'p', 's', ?1, ?2, 1, 'file', '[]', '[]', ?3, ?4)",
            params![name, Digest::of(text).to_string(), format!("2026-01-0{number}T00:00:00.000Z"), suspect],
        )
        .unwrap();
    }
    old.execute("INSERT INTO current_capture VALUES ('p', 's', 2)", []).unwrap();
    drop(old);
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(names(&ledger), [("a".to_owned(), Digest::of("two"))]);
    let then = ledger.editions("p", "s", Some("2026-01-01T12:00:00.000Z")).unwrap();
    assert_eq!(then.len(), 1);
    assert_eq!(then[0].capture.digest, Digest::of("one"));
    let later = ledger.editions("p", "s", Some("2026-01-05T12:00:00.000Z")).unwrap();
    let current: Vec<_> =
        later.iter().filter(|edition| edition.earlier == 0).map(|edition| edition.capture.digest).collect();
    assert_eq!(current, [Digest::of("two")]);
}
