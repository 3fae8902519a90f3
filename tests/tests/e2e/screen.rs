//! `quipu screen` on files: exactly the truth, whatever memory and threads; whole or nothing, whatever goes wrong.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use polars::prelude::{DataFrame, NamedFrom as _, ParquetWriter, Series};
use quipu_tests::{Dir, Random, SmallDisk};

use crate::small::{self, account, frame};

const SCREEN: [&str; 7] =
    ["screen", "--records", "in/records.parquet", "--checks", "in/checks.parquet", "--out", "out"];

fn dir() -> Dir {
    let dir = Dir::with_pipeline("");
    synth(&dir, "in", "6000");
    dir
}

fn synth(dir: &Dir, out: &str, records: &str) {
    dir.quipu(&["synth", "--records", records, "--checks", "40000", "--seed", "5", "--out", out]).expect(0);
}

fn text(frame: &DataFrame, column: &str, row: usize) -> String {
    small::text(frame, column, row).unwrap_or_default()
}

/// Check and record of each row, and another column.
fn shown(frame: &DataFrame, columns: &[&str]) -> BTreeSet<String> {
    (0..frame.height())
        .map(|row| columns.iter().map(|name| text(frame, name, row)).collect::<Vec<_>>().join(" "))
        .collect()
}

/// What the truth says of checks of a fate.
fn truth(dir: &Dir, fate: &str) -> BTreeSet<String> {
    let truth = frame(dir, "in/truth.parquet");
    let of = |row: &usize| text(&truth, "fate", *row) == fate;
    let pair = |row| format!("{} {}", text(&truth, "check_id", row), text(&truth, "record_id", row));
    (0..truth.height()).filter(of).map(pair).collect()
}

#[test]
fn hits_are_the_truth_and_the_same_bytes_whatever_memory_and_threads() {
    let dir = dir();
    let ended = dir.quipu(&SCREEN).expect(0).says(&["40000 checks against 6000 records", "hits normalised"]);
    let hits = frame(&dir, "out/hit/hit.parquet");
    let proved: BTreeSet<String> = shown(&hits, &["check_id", "record_id", "grade"])
        .into_iter()
        .filter_map(|row| row.strip_suffix(" exact").or(row.strip_suffix(" normalised")).map(str::to_owned))
        .collect();
    assert_eq!(proved, truth(&dir, "hit"));
    let all = shown(&hits, &["check_id", "record_id"]);
    for fate in ["denied", "expired", "withdrawn", "other-issuer"] {
        assert!(truth(&dir, fate).is_disjoint(&all), "{fate}");
    }
    let told = account(&ended);
    assert_eq!(told["checks_read"], 40_000);
    let sum: u64 = told["checks"].as_object().expect("answers").values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(sum, 40_000, "every check is accounted for: {told}");
    assert_eq!(told["checks"]["denied-by-owner"].as_u64(), Some(truth(&dir, "denied").len() as u64));
    assert_eq!(told["index"], "made: there was none");

    // The same bytes again: with the index that is there, with little memory, with other threads and parts.
    let (hit, run) = (dir.read("out/hit/hit.parquet"), dir.read("out/run.json"));
    for more in [&["--threads", "1"][..], &["--memory", "1MiB", "--threads", "3"], &["--index", "elsewhere"]] {
        let ended = dir.quipu(&[&SCREEN[..], more].concat()).expect(0);
        assert_eq!(dir.read("out/hit/hit.parquet"), hit, "{more:?}");
        let kept = account(&ended)["index"] == "kept";
        assert_eq!(kept, more[0] != "--index");
        if !kept {
            assert_eq!(dir.read("out/run.json"), run, "{more:?}");
        }
    }
    // Grades are switched for all databases or for one.
    dir.quipu(&[&SCREEN[..], &["--grades", "exact,confusable", "--grades", "SLTD:normalised"]].concat()).expect(0);
    let by_database = shown(&frame(&dir, "out/hit/hit.parquet"), &["database", "grade"]);
    assert!(by_database.contains("SLTD normalised") && !by_database.contains("SLTD exact"), "{by_database:?}");
    let others = by_database.iter().filter(|row| !row.starts_with("SLTD"));
    assert!(
        by_database.contains("SAD exact") && !others.clone().any(|row| row.ends_with(" normalised")),
        "{by_database:?}"
    );
}

#[test]
fn checks_in_csv_and_ndjson_give_the_hits_of_those_in_parquet() {
    let dir = dir();
    let ended = dir.quipu(&[&SCREEN[..], &["--expiry-on", "2023-03-21"]].concat()).expect(0);
    let columns = ["check_id", "record_id", "grade", "key", "reasons", "marking"];
    let (rows, answers) = (shown(&frame(&dir, "out/hit/hit.parquet"), &columns), account(&ended)["checks"].clone());
    assert!(!rows.is_empty());
    let checks = frame(&dir, "in/checks.parquet");
    let names = ["check_id", "key_kind", "key_raw", "issuer", "asked_by", "purpose", "marking"];
    let (mut csv, mut lines) = (names.join(";").replace("key_raw", "número"), String::new());
    for row in 0..checks.height() {
        let values = names.map(|name| small::text(&checks, name, row));
        let quoted = values.clone().map(|value| format!("\"{}\"", value.unwrap_or_default().replace('"', "\"\"")));
        let _ = write!(csv, "\n{}", quoted.join(";"));
        let object = names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), serde_json::json!(value)));
        let _ = writeln!(lines, "{}", serde_json::Value::Object(object.collect()));
    }
    // As many a spreadsheet writes it: Windows-1252.
    dir.write(
        "in/checks.csv",
        csv.replace('ú', "\u{1}").bytes().map(|b| if b == 1 { 0xfa } else { b }).collect::<Vec<u8>>(),
    );
    dir.write("in/checks.ndjson", lines);
    for (name, more) in [("in/checks.csv", &["--map", "checks.key_raw=número"][..]), ("in/checks.ndjson", &[])] {
        let call = [
            "screen",
            "--records",
            "in/records.parquet",
            "--checks",
            name,
            "--out",
            "text",
            "--expiry-on",
            "2023-03-21",
        ];
        let ended = dir.quipu(&[&call[..], more].concat()).expect(0);
        assert_eq!(account(&ended)["checks"], answers, "{name}");
        assert_eq!(shown(&frame(&dir, "text/hit/hit.parquet"), &columns), rows, "{name}");
        let hits = frame(&dir, "text/hit/hit.parquet");
        let key = format!("check_id={},record_id={}", text(&hits, "check_id", 0), text(&hits, "record_id", 0));
        let ended = dir.quipu(&["trace", "hit", &key, "--run", "text"]).expect(0);
        assert!(
            ended.stdout.contains(&format!("{name}, row ")) && ended.stdout.contains("it agrees"),
            "{}",
            ended.stdout
        );
    }
    let folder = ["screen", "--records", "in/records.parquet", "--checks", "out", "--out", "text"];
    dir.quipu(&folder).expect(2).says(&["folders in it"]);
}

#[test]
fn against_the_run_before_hits_are_new_unchanged_or_withdrawn() {
    let dir = dir();
    synth(&dir, "fewer", "3000");
    let screen = |records: &str, out: &str, since: Option<&str>| {
        let mut arguments = vec!["screen", "--records", records, "--checks", "in/checks.parquet", "--out", out];
        arguments.extend(since.into_iter().flat_map(|since| ["--since", since]));
        dir.quipu(&arguments).expect(0)
    };
    screen("fewer/records.parquet", "one", None);
    let few = |out: &str| frame(&dir, &format!("{out}/hit/hit.parquet")).height();
    // Killed between the table and its account: nobody takes it for whole, and the next run there puts it right.
    fs::rename(dir.path("one/run.json"), dir.path("one/.quipu/run.json")).expect("renamed");
    let since = ["screen", "--records", "in/records.parquet", "--checks", "in/checks.parquet", "--since", "one"];
    dir.quipu(&[&since[..], &["--out", "two"]].concat()).expect(2).says(&["the run did not end"]);
    let before = few("one");
    screen("fewer/records.parquet", "one", Some("one"));
    assert_eq!(few("one"), before);
    screen("in/records.parquet", "two", Some("one"));
    screen("fewer/records.parquet", "three", Some("two"));
    let rows = |out: &str, change: &str| -> BTreeSet<String> {
        let hits = shown(&frame(&dir, &format!("{out}/hit/hit.parquet")), &["check_id", "record_id", "change"]);
        hits.into_iter().filter_map(|row| row.strip_suffix(&format!(" {change}")).map(str::to_owned)).collect()
    };
    let (few, more) = (rows("one", "unchanged"), rows("two", "new"));
    assert!(!few.is_empty() && !more.is_empty() && few.is_disjoint(&more));
    assert_eq!(rows("two", "unchanged"), few);
    assert_eq!((rows("three", "unchanged"), rows("three", "withdrawn")), (few, more));
    let ended = dir.quipu(&[&SCREEN[..], &["--since", "in"]].concat()).expect(2);
    assert!(ended.stderr.contains("run before cannot be read"), "{}", ended.stderr);
}

#[test]
fn a_hit_is_reckoned_again_and_a_row_that_does_not_follow_is_told() {
    let dir = dir();
    dir.quipu(&[&SCREEN[..], &["--grades", "exact,normalised,repaired,confusable"]].concat()).expect(0);
    let hits = frame(&dir, "out/hit/hit.parquet");
    let mut grades = BTreeSet::new();
    for row in 0..hits.height() {
        let (check, record, grade) =
            (text(&hits, "check_id", row), text(&hits, "record_id", row), text(&hits, "grade", row));
        if !grades.insert(grade.clone()) {
            continue;
        }
        let key = format!("check_id={check},record_id={record}");
        let ended = dir.quipu(&["trace", "hit", &key, "--run", "out"]).expect(0);
        for word in [&check, &record, &grade, "in/checks.parquet, row ", "normal form", "it agrees", "denied: "] {
            assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
        }
    }
    assert!(grades.len() >= 3, "{grades:?}");
    let first = format!("check_id={},record_id={}", text(&hits, "check_id", 0), text(&hits, "record_id", 0));
    dir.quipu(&["trace", "hit", "check_id=C1,record_id=R1", "--run", "out"]).expect(2).says(&["no hit of check"]);
    dir.quipu(&["trace", "hit", "C1", "--run", "out"]).expect(2).says(&["check_id=CHECK,record_id=RECORD"]);
    dir.quipu(&["trace", "hit", &first, "--run", "in"]).expect(2).says(&["--out folder"]);
    // Other records under the same ids.
    dir.quipu(&["synth", "--records", "6000", "--checks", "40000", "--seed", "6", "--out", "in"]).expect(0);
    dir.quipu(&["trace", "hit", &first, "--run", "out"]).expect(4).says(&["does not follow from its sources"]);
}

#[test]
fn the_audit_trail_says_what_was_shown_and_withheld_and_no_key() {
    let dir = dir();
    dir.call(&SCREEN).env("QUIPU_DIGEST_KEY", "a secret of these tests").end().expect(0);
    let ended = dir.quipu(&["hit", "audit", "out"]).expect(0);
    let lines: Vec<serde_json::Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    assert_eq!(of("screened").len(), 1);
    let hits = frame(&dir, "out/hit/hit.parquet");
    assert_eq!(of("shown").len(), hits.height());
    let withheld: BTreeSet<String> = of("withheld")
        .iter()
        .map(|line| format!("{} {}", line["check_id"].as_str().expect("id"), line["record_id"].as_str().expect("id")))
        .collect();
    assert_eq!(withheld, truth(&dir, "denied"));
    assert!(of("withheld").iter().all(|line| line["owner"].is_string() && line["asked_by"].is_string()));
    for (row, line) in of("shown").iter().enumerate() {
        assert_eq!(line["key_digest"].as_str().map(str::len), Some(64));
        assert!(line["purpose"].is_string() && line["asked_by"].is_string(), "{line}");
        let key = text(&hits, "key", row);
        assert!(!line.to_string().contains(&key), "{line}");
    }
    // A second run is added, and a line that is gone is noticed.
    dir.quipu(&SCREEN).expect(0);
    let log = String::from_utf8(dir.read("out/audit.ndjson")).expect("text");
    assert_eq!(log.lines().count(), lines.len() * 2);
    let kept = log.lines().enumerate().filter(|(at, _)| *at != 3).map(|(_, line)| line);
    let without = kept.collect::<Vec<_>>().join("\n") + "\n";
    dir.write("out/audit.ndjson", without);
    dir.quipu(&["hit", "audit", "out"]).expect(4).says(&["the log was changed", "audit.ndjson:4"]);
}

#[test]
fn decisions_are_logged_kept_and_followed() {
    let dir = dir();
    dir.quipu(&SCREEN).expect(0);
    let hits = frame(&dir, "out/hit/hit.parquet");
    let (check, record) = (text(&hits, "check_id", 0), text(&hits, "record_id", 0));
    let decide = |state: &str| {
        dir.quipu(&["hit", "decide", "out", &check, &record, state, "--by", "A. Analyst", "--note", "other holder"])
    };
    decide("sure").expect(2).says(&["under_review, confirmed"]);
    decide("not_identical").expect(0).says(&["candidate is now not_identical"]);
    decide("confirmed").expect(2).says(&["cannot become `confirmed`", "under_review"]);
    decide("under_review").expect(0);
    decide("not_identical").expect(0);
    dir.quipu(&["hit", "decide", "out", "C", "R", "confirmed", "--by", "A"]).expect(2).says(&["no hit of check"]);
    let state = |out: &str| {
        let hits = frame(&dir, &format!("{out}/hit/hit.parquet"));
        let row = (0..hits.height())
            .find(|row| text(&hits, "check_id", *row) == check && text(&hits, "record_id", *row) == record);
        row.map(|row| (text(&hits, "state", row), text(&hits, "change", row)))
    };
    let told = |state: &str, change: &str| Some((state.to_owned(), change.to_owned()));
    assert_eq!(state("out"), told("not_identical", "new"));
    let ended = dir.quipu(&["hit", "decisions", "out"]).expect(0).says(&["3 decisions"]);
    assert_eq!(ended.stdout.lines().filter(|line| line.contains("other holder")).count(), 3);

    // A process that was killed behind the log: the table follows from it.
    let table = dir.read("out/hit/hit.parquet");
    decide("under_review").expect(0);
    dir.write("out/hit/hit.parquet", &table);
    decide("confirmed").expect(0).says(&["under_review is now confirmed"]);
    decide("under_review").expect(0);
    // And in the middle of a line.
    let log = dir.read("out/decisions.ndjson");
    dir.write("out/decisions.ndjson", [&log[..], b"{\"number\":7,\"pre"].concat());
    decide("not_identical").expect(0);
    let ended = dir.quipu(&["hit", "decisions", "out"]).expect(0).says(&["7 decisions"]);
    assert_eq!(ended.stdout.lines().count(), 7);

    // Runs after it keep it, also where the hit was gone in between.
    let none = ["screen", "--records", "none/records.parquet", "--checks", "in/checks.parquet", "--out", "gone"];
    synth(&dir, "none", "1");
    dir.quipu(&[&none[..], &["--since", "out"]].concat()).expect(0);
    assert_eq!(state("gone"), told("withdrawn", "withdrawn"));
    let back = ["screen", "--records", "in/records.parquet", "--checks", "in/checks.parquet", "--out", "back"];
    dir.quipu(&[&back[..], &["--since", "gone"]].concat()).expect(0);
    assert_eq!(state("back"), told("not_identical", "new"));
    dir.quipu(&["hit", "decisions", "back"]).expect(0).says(&["7 decisions"]);
    // A folder with decisions takes no run that would not have them.
    dir.quipu(&back).expect(2).says(&["holds decisions that the new run would not have", "--since"]);

    // A line that was changed, and one that was taken out.
    let log = String::from_utf8(dir.read("out/decisions.ndjson")).expect("text");
    dir.write("out/decisions.ndjson", log.replacen("other holder", "same holder", 1));
    dir.quipu(&["hit", "decisions", "out"]).expect(4).says(&["the log was changed", "decisions.ndjson:2"]);
    dir.write("out/decisions.ndjson", log.lines().skip(1).collect::<Vec<_>>().join("\n"));
    decide("under_review").expect(4).says(&["the log was changed"]);
}

#[test]
fn what_cannot_be_screened_is_told_with_its_place_and_code() {
    let dir = dir();
    let with = |more: &[&str]| dir.quipu(&[&SCREEN[..], more].concat());
    with(&["--map", "key_raw=number"]).expect(5).says(&["no column `number`", "records.parquet"]);
    with(&["--map", "key_raw=entered_on"]).expect(5).says(&["text is needed", "entered_on"]);
    with(&["--map", "colour=x"]).expect(2).says(&["neither records nor checks"]);
    with(&["--grades", "sure"]).expect(2).says(&["is not a grade"]);
    with(&["--memory", "much"]).expect(2).says(&["4GiB"]);
    with(&["--key-kind", "passport"]).expect(2).says(&["not a kind of key"]);
    dir.quipu(&["screen", "--records", "in/records.parquet", "--out", "out"]).expect(2).says(&["--checks"]);
    dir.quipu(&["screen"]).expect(2).says(&["PIPELINE"]);
    let missing = ["screen", "--records", "in/records.parquet", "--checks", "gone.parquet", "--out", "out"];
    dir.quipu(&missing).expect(3).says(&["gone.parquet"]);
    dir.write("in/empty/x.txt", "");
    let empty = ["screen", "--records", "in/empty", "--checks", "in/checks.parquet", "--out", "out"];
    dir.quipu(&empty).expect(2).says(&["no file in this folder that ends with parquet"]);
    let mut broken = dir.read("in/checks.parquet");
    let middle = broken.len() / 2;
    broken.iter_mut().skip(middle).take(64).for_each(|byte| *byte = !*byte);
    dir.write("in/broken.parquet", broken);
    let broken = ["screen", "--records", "in/records.parquet", "--checks", "in/broken.parquet", "--out", "out"];
    dir.quipu(&broken).expect(4).says(&["row group 0 is damaged", "broken.parquet"]);
    assert!(!dir.path("out/hit/hit.parquet").exists(), "nothing is published");
    dir.quipu(&SCREEN).expect(0);
    // A folder of files is one table.
    dir.write("many/a.parquet", dir.read("in/checks.parquet"));
    let many = ["screen", "--records", "in/records.parquet", "--checks", "many", "--out", "other"];
    dir.quipu(&many).expect(0);
    assert_eq!(dir.read("other/hit/hit.parquet"), dir.read("out/hit/hit.parquet"));
}

#[test]
fn killed_at_any_moment_the_table_is_whole_or_not_there_and_the_next_run_is_right() {
    let (mut random, seed) = Random::from_environment(1);
    println!("seed {seed}");
    let dir = dir();
    dir.quipu(&["synth", "--records", "60000", "--checks", "400000", "--seed", "9", "--out", "in"]).expect(0);
    let begun = Instant::now();
    dir.quipu(&SCREEN).expect(0);
    let whole = begun.elapsed();
    let right = dir.read("out/hit/hit.parquet");
    let mut kills = 0;
    for _ in 0..24 {
        if random.below(2) == 0 {
            fs::remove_dir_all(dir.path("out")).ok();
        }
        let mut running = dir.call(&SCREEN).start();
        std::thread::sleep(whole.mul_f64(random.share()));
        kills += usize::from(running.kill());
        if dir.path("out/hit/hit.parquet").exists() {
            assert!(dir.read("out/hit/hit.parquet") == right, "a table that is there is whole");
        }
    }
    assert!(kills > 5, "only {kills} runs were killed");
    dir.quipu(&SCREEN).expect(0);
    assert!(dir.read("out/hit/hit.parquet") == right);
    let left: Vec<String> = ["out/.quipu", "out/index"]
        .iter()
        .flat_map(|folder| fs::read_dir(dir.path(folder)).expect("a folder").flatten())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "lock" && name != "index.json" && !name.contains(".index"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "nothing half done is left");
}

#[test]
fn a_full_disk_is_told_and_the_result_of_before_stays() {
    let dir = dir();
    let Some(disk) = SmallDisk::mount(&dir.path("out"), "1m") else {
        println!("skipped: this user may not mount a file system");
        return;
    };
    for free in [0, 4_096, 40_960] {
        disk.leave(free);
        dir.quipu(&SCREEN).expect(75).says(&["the disk is full"]);
        assert!(!dir.path("out/hit/hit.parquet").exists(), "{free}");
        disk.empty();
    }
    dir.quipu(&SCREEN).expect(0);
    let before = dir.read("out/hit/hit.parquet");
    disk.leave(0);
    dir.quipu(&[&SCREEN[..], &["--grades", "exact"]].concat()).expect(75).says(&["the disk is full"]);
    assert!(dir.read("out/hit/hit.parquet") == before, "the table of before");
    drop(disk);
}

/// A key, an issuer and a name that stand nowhere else.
const CANARY: &str = "CANARY7719";

#[test]
fn no_key_of_a_check_is_anywhere_but_in_the_table() {
    let dir = dir();
    let column = |name: &str, value: String| Series::new(name.into(), vec![value; 3]).into();
    let text = |name: &str, value: &str| column(name, value.to_owned());
    let put = |name: &str, columns: Vec<polars::prelude::Column>| {
        let mut frame = DataFrame::new(3, columns).expect("columns");
        ParquetWriter::new(File::create(dir.path(name)).expect("a file")).finish(&mut frame).expect("written");
    };
    let keys = || [text("key_kind", "travel-document"), text("key_raw", CANARY), text("issuer", "CL")];
    put("in/r.parquet", [&[text("record_id", "r"), text("database", "SLTD")][..], &keys()].concat());
    put("in/c.parquet", [&[text("check_id", "c"), text("marking", "no marking")][..], &keys()].concat());
    put("in/d.parquet", [&[text("check_id", "c"), text("marking", "TLP:GREEN")][..], &keys()].concat());
    let screen = |checks: &str, more: &[&str]| {
        let arguments = ["screen", "--records", "in/r.parquet", "--checks", checks, "--out", "out", "--log", "trace"];
        dir.quipu(&[&arguments[..], more].concat())
    };
    // One that fails on the very row, one that is right, and one without memory, so that all goes to disk.
    for (ended, code) in [
        (screen("in/c.parquet", &[]), 4),
        (screen("in/d.parquet", &[]), 0),
        (screen("in/d.parquet", &["--memory", "1", "--index", "out/again"]), 0),
    ] {
        let ended = ended.expect(code);
        assert!(!ended.stderr.contains(CANARY) && !ended.stdout.contains(CANARY), "{}\n{}", ended.stdout, ended.stderr);
    }
    let mut looked_at = 0;
    for folder in ["out", "out/index", "out/again", "out/.quipu"] {
        for entry in fs::read_dir(dir.path(folder)).expect("a folder").flatten() {
            if entry.path().is_dir() {
                continue;
            }
            looked_at += 1;
            let bytes = fs::read(entry.path()).expect("a file");
            let there = bytes.windows(CANARY.len()).any(|window| window.eq_ignore_ascii_case(CANARY.as_bytes()));
            assert!(!there, "{}", entry.path().display());
        }
    }
    assert!(looked_at >= 5, "{looked_at}");
    assert_eq!(shown(&frame(&dir, "out/hit/hit.parquet"), &["key"]), BTreeSet::from([CANARY.to_owned()]));
    let private = fs::metadata(dir.path("out/hit/hit.parquet")).expect("a file").permissions().mode() & 0o777;
    assert_eq!(private, 0o600, "only its owner reads it");
}
