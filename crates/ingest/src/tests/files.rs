//! Files, and what becomes of captures.

use quipu_schema::ErrorKind;

use super::*;

#[test]
fn files_are_captured_once_and_noticed_when_they_change() {
    let place = Place::new();
    place.write("in/b.csv", "b");
    place.write("in/a.csv", "a");
    let pipeline = place.pipeline(&[("one", "file = \"in/*.csv\"")]);
    let first = place.run(&pipeline);
    assert!(first.changed && is_done(&first.sources[0]));
    assert_eq!((first.tally().read, first.tally().published), (2, 2));
    let captures = place.captures("one");
    assert_eq!(names(&captures), ["in/a.csv", "in/b.csv"]);
    assert_eq!(place.bytes(&captures[0]), "a");
    assert!((captures[0].kind.as_str(), captures[0].status, captures[0].size) == ("file", None, 1));

    let again = place.run(&pipeline);
    assert!(!again.changed && is_unchanged(&again.sources[0]));
    place.write("in/b.csv", "b2");
    assert!(place.run(&pipeline).changed);
    std::fs::remove_file(place.folder.path().join("in/a.csv")).expect("removed");
    assert!(place.run(&pipeline).changed, "a document less is a change");
    assert_eq!(names(&place.captures("one")), ["in/b.csv"]);
}

#[test]
fn one_source_fails_and_the_other_goes_on() {
    let place = Place::new();
    place.write("a.csv", "a");
    place.write("b.csv", "b");
    let pipeline = place.pipeline(&[("bad", "file = \"b.csv\""), ("good", "file = \"a.csv\"")]);
    place.run(&pipeline);
    std::fs::remove_file(place.folder.path().join("b.csv")).expect("removed");
    place.write("a.csv", "a2");
    let report = place.run(&pipeline);
    assert!(report.changed);
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Source);
    assert_eq!(report.sources[0].notes, ["keeps the 1 document of its last good ingest"]);
    assert_eq!(report.sources[0].tally.read, 0);
    assert!(is_done(&report.sources[1]));
    assert_eq!(place.bytes(&place.captures("bad")[0]), "b", "the last good one");
    assert_eq!(report.worst().map(Fault::kind), Some(ErrorKind::Source));
}

#[test]
fn half_a_source_is_no_source() {
    let place = Place::new();
    place.write("in/a.csv", "a");
    place.write("in/b.csv", "");
    let pipeline = place.pipeline(&[("one", "file = \"in/*.csv\"")]);
    assert_eq!(fault(&place.run(&pipeline).sources[0]).kind(), ErrorKind::Source);
    assert!(place.captures("one").is_empty());
}

#[test]
fn the_same_bytes_under_two_names_are_two_captures() {
    let place = Place::new();
    place.write("in/a.csv", "x");
    place.write("in/b.csv", "x");
    let pipeline = place.pipeline(&[("one", "file = \"in/*.csv\"")]);
    let report = place.run(&pipeline);
    assert_eq!(report.sources[0].notes, ["2 documents have only 1 different contents"]);
    assert_eq!(names(&place.captures("one")), ["in/a.csv", "in/b.csv"]);
    assert!(!place.run(&pipeline).changed);
}

#[test]
fn no_capture_tells_where_the_machine_keeps_things() {
    let place = Place::new();
    let elsewhere = tempfile::tempdir().expect("folder");
    std::fs::write(elsewhere.path().join("a.csv"), "a").expect("file");
    let line = format!("file = \"{}\"", elsewhere.path().join("a.csv").display());
    let pipeline = place.pipeline(&[("one", &line)]);
    place.run(&pipeline);
    let captures = place.captures("one");
    assert_eq!(names(&captures), ["a.csv"]);
    assert!(tells_no_path(&format!("{captures:?}"), elsewhere.path()));
}

#[test]
fn offline_uses_what_is_there() {
    let place = Place::new();
    place.write("a.csv", "a");
    let pipeline = place.pipeline(&[("one", "file = \"a.csv\""), ("two", "http = { url = \"http://127.0.0.1:1/\" }")]);
    place.try_run(&pipeline, false, Some("one")).expect("report");
    std::fs::remove_file(place.folder.path().join("a.csv")).expect("removed");
    let report = place.try_run(&pipeline, true, None).expect("report");
    assert!(!report.changed && is_unchanged(&report.sources[0]));
    assert_eq!(report.sources[0].tally.published, 1);
    assert_eq!(fault(&report.sources[1]).kind(), ErrorKind::Source);
    assert!(fault(&report.sources[1]).advice().is_some_and(|help| help.contains("--offline")));
}

#[test]
fn only_one_source_is_worked_on() {
    let place = Place::new();
    place.write("a.csv", "a");
    let pipeline = place.pipeline(&[("one", "file = \"a.csv\""), ("two", "file = \"none.csv\"")]);
    let report = place.try_run(&pipeline, false, Some("one")).expect("report");
    assert_eq!(report.sources.len(), 1);
    let fault = place.try_run(&pipeline, false, Some("on")).expect_err("a fault");
    assert_eq!((fault.kind(), fault.advice()), (ErrorKind::Usage, Some("did you mean `one`?")));
}
