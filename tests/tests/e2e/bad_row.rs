//! A row that cannot be read goes to quarantine with its reason and its place; the others are published.

use quipu_tests::Dir;

use crate::small::{self, ROWS, Refused, observations, quarantine, rows, run};

/// Runs with these further lines at the end of `odd`; gives what was refused.
#[track_caller]
fn refused(lines: &[u8]) -> (Dir, Vec<Refused>) {
    let mut bytes = rows(0).into_bytes();
    bytes.extend(lines);
    let dir = small::dir_with_odd(bytes);
    run(&dir).expect(0);
    assert_eq!(observations(&dir, "steady"), ROWS);
    dir.assert_whole();
    let refused = quarantine(&dir, "odd");
    // Each row of the quarantine leads back to its bytes.
    for number in 1..=refused.len() {
        let traced =
            dir.quipu(&["trace", "quarantine", &format!("#{number}"), "--format", "json"]).expect(0).event("traced");
        assert_eq!(traced["agrees"], true, "{traced}");
    }
    (dir, refused)
}

/// One refused row: its reason, what its locator shows, its line.
#[track_caller]
fn assert_one(found: &[Refused], reason: &str, bytes: &[u8], line: Option<u64>) {
    let [one] = found else { panic!("one row is refused: {found:?}") };
    assert_eq!((one.reason.as_str(), one.line), (reason, line), "{one:?}");
    assert_eq!(String::from_utf8_lossy(&one.bytes), String::from_utf8_lossy(bytes), "{one:?}");
    assert_eq!(one.raw.as_deref(), std::str::from_utf8(bytes).ok(), "the text as printed");
}

/// The first line after [`rows`].
const NEXT: u64 = ROWS + 2;

#[test]
fn a_truncated_quoted_field() {
    let (dir, found) = refused(b"UY,2021,\"12");
    assert_one(&found, "unclosed-quote", b"UY,2021,\"12", None);
    assert_eq!(observations(&dir, "odd"), ROWS);
    // In the middle it takes its own line with it and no other.
    let text = rows(0).replacen("\nBR,2015,", "\nBR,2015,\"", 1);
    let dir = small::dir_with_odd(&text);
    run(&dir).expect(0).says(&["1 unclosed-quote"]);
    assert_eq!(observations(&dir, "odd"), ROWS - 1);
    let line = text.lines().find(|line| line.contains('"')).expect("the line");
    assert_one(&quarantine(&dir, "odd"), "unclosed-quote", line.as_bytes(), None);
}

#[test]
fn a_value_that_does_not_parse() {
    let (dir, found) = refused(b"UY,2021,12 or 13\n");
    assert_one(&found, "bad-value", b"12 or 13", Some(NEXT));
    assert!(found[0].message.contains("`12 or 13` is no number"), "{found:?}");
    assert_eq!(observations(&dir, "odd"), ROWS);
}

#[test]
fn a_value_in_bytes_that_are_no_text() {
    let mut bytes = rows(0).into_bytes();
    bytes.extend(b"UY,2021,1\xa0200\n");
    let dir = small::dir_with_odd(bytes);
    dir.edit(
        "pipelines/test.toml",
        "[source.observe]\ndataset = \"ODD\"",
        "[source.csv]\nencoding = \"utf-8\"\n[source.observe]\ndataset = \"ODD\"",
    );
    run(&dir).expect(0);
    assert_eq!(observations(&dir, "odd"), ROWS);
    let found = quarantine(&dir, "odd");
    assert_one(&found, "bad-encoding", b"1\xa0200", Some(NEXT));
}

#[test]
fn a_period_that_does_not_parse() {
    let (_, found) = refused(b"UY,20x1,12\n");
    assert_one(&found, "bad-period", b"20x1", Some(NEXT));
}

#[test]
fn an_unknown_code_with_the_nearest_known_one() {
    let (dir, found) = refused(b"Argentinia,2022,12\n");
    assert_one(&found, "unknown-code", b"Argentinia", Some(NEXT));
    assert!(found[0].message.contains("is not in the list area"), "{found:?}");
    assert!(found[0].message.to_lowercase().contains("did you mean `argentina`?"), "{found:?}");
    assert_eq!(observations(&dir, "odd"), ROWS);
}

#[test]
fn a_record_with_too_few_or_too_many_fields() {
    let (_, found) = refused(b"UY,2021\nUY,2020,1,2\n");
    let [few, many] = found.as_slice() else { panic!("two rows are refused: {found:?}") };
    assert_eq!((few.reason.as_str(), few.bytes.as_slice()), ("ragged-row", &b"UY,2021"[..]));
    assert_eq!((many.reason.as_str(), many.bytes.as_slice()), ("ragged-row", &b"UY,2020,1,2"[..]));
    assert!(few.message.contains("2 fields, the header 3") && many.message.contains("4 fields, the header 3"));
}

#[test]
fn a_repeated_row_is_published_once() {
    let (dir, found) = refused(b"AR,2010,100\n");
    assert_one(&found, "duplicate-row", b"100", Some(NEXT));
    assert!(found[0].message.contains("line 2"), "{found:?}");
    assert_eq!(observations(&dir, "odd"), ROWS);
}

#[test]
fn a_repeated_key_with_another_value_is_not_published_at_all() {
    let (dir, found) = refused(b"AR,2010,101\n");
    assert_eq!(observations(&dir, "odd"), ROWS - 1, "nothing says which one is right");
    let [one, other] = found.as_slice() else { panic!("both rows are refused: {found:?}") };
    assert_eq!((one.reason.as_str(), other.reason.as_str()), ("duplicate-key", "duplicate-key"));
    assert_eq!((one.line, other.line), (Some(2), Some(NEXT)));
    assert_eq!((one.bytes.as_slice(), other.bytes.as_slice()), (&b"100"[..], &b"101"[..]));
    assert!(one.message.contains("lines 2, 62"), "{one:?}");
}

#[test]
fn a_refused_check_does_not_quote_the_person() {
    let dir = Dir::with_samples();
    let path = "data/samples/screening/checks.csv";
    let mut bytes = dir.read(path);
    bytes.extend(b"CHK-0081,travel-document,QX7700112,UTO,border-control,UY,yesterday\n");
    bytes.extend(b"CHK-0082,travel-document,\"QX7700113,UTO,border-control,UY,2023-03-01T09:39:54Z\n");
    dir.write(path, bytes);
    dir.quipu(&["run", "pipelines/americas.toml"]).expect(0).says(&["1 bad-value", "1 unclosed-quote"]);
    dir.assert_whole();
    let snapshot = dir.tables("americas");
    let part =
        snapshot.parts.iter().find(|part| part.table == "quarantine" && part.source.as_deref() == Some("checks"));
    let frame = dir.store().read_table(part.expect("a quarantine")).expect("a table");
    let raw = |row| small::text(&frame, "raw", row);
    let reasons: Vec<_> =
        (0..frame.height()).map(|row| small::text(&frame, "reason", row).expect("a reason")).collect();
    let at = |reason: &str| reasons.iter().position(|found| found == reason).expect("a row of this reason");
    assert_eq!(reasons.len(), 2);
    assert_eq!(raw(at("bad-value")).as_deref(), Some("yesterday"));
    assert_eq!(raw(at("unclosed-quote")), None, "the line holds the number of a document");
    for (key, shown) in [("reason=bad-value", true), ("reason=unclosed-quote", false)] {
        let ended = dir.quipu(&["trace", "quarantine", key]).expect(0);
        assert_eq!(ended.stdout.contains("the published text"), shown, "{}", ended.stdout);
        assert!(!ended.stdout.contains("NOT the published text"), "{}", ended.stdout);
    }
}
