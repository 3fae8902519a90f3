//! Runs that follow each other: old checks meet new records, from what is remembered of them or from their files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use polars::prelude::ParquetWriter;
use quipu_tests::{Dir, Quipu, Random};

use crate::small::{self, account, frame};

/// A folder with records, half of them, and three files of checks, of which each numbers its checks on its own.
fn dir() -> Dir {
    let dir = Dir::with_pipeline("");
    for (seed, out, records, checks) in
        [("5", "in", "6000", "100000"), ("6", "second", "10", "20000"), ("7", "third", "10", "20000")]
    {
        dir.quipu(&["synth", "--records", records, "--checks", checks, "--seed", seed, "--out", out]).expect(0);
    }
    fs::create_dir(dir.path("few")).expect("folder");
    let mut half = frame(&dir, "in/records.parquet").slice(0, 3_000);
    ParquetWriter::new(File::create(dir.path("few/records.parquet")).expect("file"))
        .finish(&mut half)
        .expect("written");
    dir
}

/// `--records --checks --out` and more, on a day that is always the same.
fn call<'a>(records: &'a str, checks: &[&'a str], out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["screen", "--records", records];
    if !checks.is_empty() {
        arguments.push("--checks");
        arguments.extend(checks);
    }
    arguments.extend(["--out", out, "--expiry-on", "2023-04-01"]);
    arguments.extend(more);
    arguments
}

fn keyed(dir: &Dir, arguments: &[&str]) -> Quipu {
    dir.call(arguments).env("QUIPU_DIGEST_KEY", "a secret of these tests")
}

/// Check and record of each row that is no farewell.
fn pairs(dir: &Dir, out: &str) -> BTreeSet<String> {
    let hits = frame(dir, &format!("{out}/hit/hit.parquet"));
    let text = |name: &str, row| small::text(&hits, name, row).unwrap_or_default();
    let there = (0..hits.height()).filter(|row| text("change", *row) != "withdrawn");
    there.map(|row| format!("{} {}", text("check_id", row), text("record_id", row))).collect()
}

fn books(dir: &Dir, out: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(dir.path(out).join("remembered")).expect("a folder");
    entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn old_checks_meet_new_records_as_in_a_full_run_when_their_files_are_gone() {
    let dir = dir();
    let remember = ["--remember", "30"];
    keyed(&dir, &call("few/records.parquet", &["in/checks.parquet"], "one", &remember)).end().expect(0);
    let checks = frame(&dir, "in/checks.parquet");
    fs::rename(dir.path("in/checks.parquet"), dir.path("kept.parquet")).expect("renamed");
    let second = call("in/records.parquet", &["second/checks.parquet"], "two", &["--since", "one", "--remember", "30"]);
    let ended = keyed(&dir, &second).end().expect(0).says(&["20000 checks and 100000 remembered ones"]);
    assert_eq!(account(&ended)["checks_remembered"], 100_000);

    let all = ["kept.parquet", "second/checks.parquet"];
    let full = keyed(&dir, &call("in/records.parquet", &all, "full", &["--since", "one", "--forget"])).end().expect(0);
    assert!(dir.read("two/hit/hit.parquet") == dir.read("full/hit/hit.parquet"), "byte for byte");
    for part in ["checks", "hits", "expected_by_chance", "changes", "checks_cut_off"] {
        assert_eq!(account(&ended)[part], account(&full)[part], "{part}");
    }
    let new = account(&ended)["changes"]["new"].as_u64();
    assert!(new > Some(5) && pairs(&dir, "two").is_superset(&pairs(&dir, "one")), "{new:?}");

    // Both books are there, for their owner alone, and hold no key.
    assert_eq!(books(&dir, "two").len(), 2);
    for book in books(&dir, "two") {
        let path = dir.path("two/remembered").join(book);
        assert_eq!(fs::metadata(&path).expect("book").permissions().mode() & 0o777, 0o600);
        let bytes = fs::read(&path).expect("book");
        for row in (0..checks.height()).step_by(997) {
            let key = small::text(&checks, "key_raw", row).unwrap_or_default();
            let there = key.len() > 5 && bytes.windows(key.len()).any(|window| window == key.as_bytes());
            assert!(!there, "a key in clear");
        }
    }
    // A hit of a check whose file is gone is reckoned again from its book, by whoever has the secret.
    let hits = frame(&dir, "two/hit/hit.parquet");
    let of = |name: &str, row| small::text(&hits, name, row).unwrap_or_default();
    let old = (0..hits.height()).find(|row| of("change", *row) == "unchanged").expect("an old hit");
    let key = format!("check_id={},record_id={}", of("check_id", old), of("record_id", old));
    let trace = ["trace", "hit", &key, "--run", "two"];
    let ended = keyed(&dir, &trace).end().expect(0);
    assert!(ended.stdout.contains("in/checks.parquet, row ") && ended.stdout.contains("it agrees"), "{}", ended.stdout);

    let third = call("in/records.parquet", &["third/checks.parquet"], "three", &["--since", "two"]);
    dir.quipu(&third).expect(2).says(&["there is no secret to open them with", "QUIPU_DIGEST_KEY"]);
    let other = dir.call(&third).env("QUIPU_DIGEST_KEY", "another one");
    other.end().expect(2).says(&["under another secret"]);
    dir.quipu(&call("in/records.parquet", &[], "three", &[])).expect(2).says(&["--checks", "--since"]);
    dir.quipu(&call("in/records.parquet", &["third/checks.parquet"], "x", &remember))
        .expect(2)
        .says(&["under a secret"]);
    // Without new checks: the records alone are new.
    let ended = keyed(&dir, &call("few/records.parquet", &[], "four", &["--since", "two"])).end().expect(0);
    assert_eq!(
        (account(&ended)["checks_read"].as_u64(), account(&ended)["checks_remembered"].as_u64()),
        (Some(0), Some(120_000))
    );
    assert!(account(&ended)["changes"]["withdrawn"].as_u64() > Some(5));
}

#[test]
fn without_a_secret_the_files_of_before_are_read_again_and_missed_when_they_are_gone() {
    let dir = dir();
    dir.quipu(&call("few/records.parquet", &["in/checks.parquet"], "one", &[])).expect(0);
    let second = call("in/records.parquet", &["second/checks.parquet"], "two", &["--since", "one"]);
    let ended = dir.quipu(&second).expect(0).says(&["120000 checks against"]);
    assert_eq!(account(&ended)["checks_remembered"], 0);
    let all = ["in/checks.parquet", "second/checks.parquet"];
    dir.quipu(&call("in/records.parquet", &all, "full", &["--since", "one", "--forget"])).expect(0);
    assert!(dir.read("two/hit/hit.parquet") == dir.read("full/hit/hit.parquet"));
    // The same file twice, under another name: its checks were asked once.
    fs::copy(dir.path("in/checks.parquet"), dir.path("copy.parquet")).expect("copied");
    let ended = dir.quipu(&call("in/records.parquet", &["copy.parquet"], "again", &["--since", "two"])).expect(0);
    assert_eq!(
        (account(&ended)["checks_read"].as_u64(), account(&ended)["files_known_already"].as_u64()),
        (Some(120_000), Some(1))
    );
    assert_eq!(pairs(&dir, "again"), pairs(&dir, "two"));

    // What a folder has beside files of checks is named.
    fs::create_dir(dir.path("folder")).expect("folder");
    fs::rename(dir.path("copy.parquet"), dir.path("folder/a.parquet")).expect("renamed");
    dir.write("folder/b.csv.gz", "x");
    let ended = dir.quipu(&call("in/records.parquet", &["folder"], "more", &["--since", "two"])).expect(0);
    ended.says(&["left out, because of its name: folder/b.csv.gz"]);

    fs::remove_file(dir.path("in/checks.parquet")).expect("removed");
    let before = dir.read("two/hit/hit.parquet");
    dir.quipu(&second).expect(2).says(&["is gone", "in/checks.parquet", "--remember", "--forget"]);
    assert!(dir.read("two/hit/hit.parquet") == before);
    dir.quipu(&[&second[..], &["--forget"]].concat()).expect(0);
}

#[test]
fn killed_at_any_moment_what_is_remembered_stays_whole() {
    let (mut random, seed) = Random::from_environment(3);
    println!("seed {seed}");
    let dir = dir();
    let first = call("few/records.parquet", &["in/checks.parquet"], "out", &["--remember", "30"]);
    keyed(&dir, &first).end().expect(0);
    let next = call("in/records.parquet", &["second/checks.parquet"], "out", &["--since", "out", "--remember", "30"]);
    let full = call("in/records.parquet", &["in/checks.parquet", "second/checks.parquet"], "full", &[]);
    let begun = Instant::now();
    dir.quipu(&full).expect(0);
    let whole = begun.elapsed();
    let mut kills = 0;
    for _ in 0..12 {
        let mut running = keyed(&dir, &next).start();
        std::thread::sleep(whole.mul_f64(random.share()));
        kills += usize::from(running.kill());
    }
    assert!(kills > 3, "only {kills} runs were killed");
    let ended = keyed(&dir, &next).end().expect(0);
    let told = account(&ended);
    assert_eq!(told["checks_read"].as_u64().zip(told["checks_remembered"].as_u64()).map(|(a, b)| a + b), Some(120_000));
    assert_eq!(pairs(&dir, "out"), pairs(&dir, "full"));
    assert_eq!(books(&dir, "out").len(), 2, "{:?}", books(&dir, "out"));
    let left: Vec<_> =
        fs::read_dir(dir.path("out/.quipu")).expect("a folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["lock"]);
}
