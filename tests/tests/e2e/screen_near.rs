//! Grade `near`: a number with one slip of the hand counts where name or date of birth agree, and nowhere else.

use std::collections::BTreeSet;
use std::fs::{self, File};

use polars::prelude::{Column, DataFrame, ParquetWriter};
use quipu_tests::{Dir, Quipu};

use crate::small::{self, account, frame};

/// Number, issuer, names, date of birth.
type Record = (&'static str, &'static str, &'static str, &'static str);

/// Records of invented people.
const RECORDS: [Record; 5] = [
    ("AB1234567", "BR", "da Silva Souza, Maria José", "1974-08-12"),
    ("CD7654321", "MX", "Núñez Müller, Jorge", "1990-03-30"),
    ("EF1111222", "PE", "Quispe Mamani, Rosa", "1985-01-01"),
    ("GH5550001", "CL", "Soto Rojas, Ana", "2001-11-05"),
    ("L898902C3", "UTO", "Eriksson, Anna Maria", "1974-08-12"),
];

const CHECKS: &str = "\
check_id,key_raw,issuer,names,birth_date\n\
neighbours,AB1243567,BRA,Maria Souza,\n\
one-more,AB12334567,BR,,1974-08-12\n\
other-person,AB1234568,BR,Maria Rojas,1974-08-13\n\
nobody,AB1234568,BR,,\n\
another-issuer,AB1234568,AR,Maria Souza,1974-08-12\n\
two-slips,AB2143657,BR,Maria Souza,1974-08-12\n\
umlaut,CD765432,MX,NUNEZ MUELLER JORGE,\n\
first-of-january,EF1111223,PE,,1985-01-01\n\
no-date,GH5550002,CL,\"Rojas, Ana\",5/11/2001\n\
the-same,GH5550001,CL,Ana Soto,2001-11-05\n";

/// A zone whose number has one figure other, with check digits that hold.
const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\\nL898903C33UTO7408122F1204159ZE184226B<<<<<16";

const SCREEN: [&str; 8] = [
    "screen",
    "--records",
    "records.parquet",
    "--key-kind",
    "travel-document",
    "--expiry-on",
    "2026-11-28",
    "--checks",
];
const NEAR: [&str; 2] = ["--grades", "exact,normalised,near"];

fn dir() -> Dir {
    let dir = Dir::with_pipeline("");
    write_records(&dir, &RECORDS);
    dir.write("checks.csv", CHECKS);
    dir.write("zone.ndjson", format!("{{\"check_id\":\"zone\",\"key_raw\":\"{ZONE}\"}}\n"));
    dir
}

fn write_records(dir: &Dir, records: &[Record]) {
    let column = |name: &str, of: &dyn Fn(&Record) -> String| {
        Column::new(name.into(), records.iter().map(of).collect::<Vec<String>>())
    };
    let mut table = DataFrame::new(
        records.len(),
        vec![
            column("record_id", &|record| format!("R-{}", record.0)),
            column("database", &|_| "SLTD".to_owned()),
            column("key_raw", &|record| record.0.to_owned()),
            column("issuer", &|record| record.1.to_owned()),
            column("owner", &|record| record.1.to_owned()),
            column("names", &|record| record.2.to_owned()),
            column("birth_date", &|record| record.3.to_owned()),
        ],
    )
    .expect("a table");
    ParquetWriter::new(File::create(dir.path("records.parquet")).expect("file")).finish(&mut table).expect("written");
}

/// Check, record, grade and reasons of each hit that is there.
fn hits(dir: &Dir, out: &str) -> BTreeSet<String> {
    let hits = frame(dir, &format!("{out}/hit/hit.parquet"));
    let text = |name: &str, row| small::text(&hits, name, row).unwrap_or_default();
    let there = (0..hits.height()).filter(|row| text("change", *row) != "withdrawn");
    there.map(|row| ["check_id", "record_id", "grade", "reasons"].map(|name| text(name, row)).join(" ")).collect()
}

fn keyed(dir: &Dir, arguments: &[&str]) -> Quipu {
    dir.call(arguments).env("QUIPU_DIGEST_KEY", "a secret of these tests")
}

#[test]
fn one_slip_counts_where_the_person_agrees() {
    let dir = dir();
    let arguments = [&SCREEN[..], &["checks.csv", "zone.ndjson", "--out", "out"]].concat();
    let ended =
        dir.quipu(&[&arguments[..], &NEAR].concat()).expect(0).says(&["hits near, about", "it agrees with no other"]);
    let expected = [
        "neighbours R-AB1234567 near one-edit-apart;names-agree;same-issuer-by-code-list",
        "one-more R-AB1234567 near one-edit-apart;same-birth-date;same-issuer",
        "umlaut R-CD7654321 near one-edit-apart;names-agree;same-issuer",
        "no-date R-GH5550001 near one-edit-apart;names-agree;same-issuer",
        "the-same R-GH5550001 exact same-number;same-issuer",
        "zone R-L898902C3 near one-edit-apart;same-birth-date;names-agree;same-issuer;check-digit-holds",
    ];
    assert_eq!(hits(&dir, "out"), expected.map(str::to_owned).into());
    let told = account(&ended);
    assert_eq!((&told["births_unread"]["checks"], &told["hits"]["near"]), (&1.into(), &5.into()));

    // It is off where nobody asks for it, and names are not read then.
    let ended = dir.quipu(&[&arguments[..], &["--grades", "exact,confusable"]].concat()).expect(0);
    assert_eq!(hits(&dir, "out").len(), 1);
    assert!(!ended.stderr.contains("near"), "{}", ended.stderr);
    // For another database alone.
    dir.quipu(&[&arguments[..], &["--grades", "SMV:near"]].concat()).expect(0).says(&["5 grade-not-screened"]);
    assert_eq!(hits(&dir, "out").len(), 1);

    // Explained, without a word of names or dates.
    dir.quipu(&[&arguments[..], &NEAR].concat()).expect(0);
    let key = "check_id=neighbours,record_id=R-AB1234567";
    let ended = dir.quipu(&["trace", "hit", key, "--run", "out"]).expect(0);
    for word in ["one edit apart: date of birth differs, or is not stated on both sides; name agrees", "it agrees"] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let log = String::from_utf8(dir.read("out/audit.ndjson")).expect("text");
    for canary in ["Souza", "SOUZA", "Eriksson", "1974", "740812"] {
        assert!(!ended.stdout.contains(canary), "{canary}: {}", ended.stdout);
        assert!(!log.contains(canary), "{canary}");
    }
    assert!(!log.contains("AB1243567"));
}

#[test]
fn old_checks_are_near_new_records_too() {
    let dir = dir();
    let none: [Record; 1] = [("ZZ0000001", "BR", "Nadie", "1950-05-05")];
    write_records(&dir, &none);
    let out = |out: &'static str| [&SCREEN[..], &["checks.csv", "zone.ndjson", "--out", out], &NEAR].concat();
    keyed(&dir, &[&out("one")[..], &["--remember", "30"]].concat()).end().expect(0);
    assert_eq!(hits(&dir, "one"), BTreeSet::new());
    // A book holds neither names nor numbers.
    for entry in fs::read_dir(dir.path("one/remembered")).expect("a folder") {
        let book = fs::read(entry.expect("entry").path()).expect("a book");
        for word in ["Souza", "SOUZA", "AB1243567", "740812", "1974-08-12"] {
            assert!(!book.windows(word.len()).any(|bytes| bytes == word.as_bytes()), "{word}");
        }
    }
    for name in ["checks.csv", "zone.ndjson"] {
        fs::rename(dir.path(name), dir.path(&format!("{name}.away"))).expect("moved");
    }
    write_records(&dir, &RECORDS);
    let since = [&SCREEN[..7], &["--since", "one", "--out", "two"], &NEAR].concat();
    keyed(&dir, &since).end().expect(0).says(&["11 remembered ones"]);
    let delta = dir.read("two/hit/hit.parquet");
    assert_eq!(hits(&dir, "two").len(), 6);
    let key = "check_id=zone,record_id=R-L898902C3";
    keyed(&dir, &["trace", "hit", key, "--run", "two"]).end().expect(0).says(&[]);
    // The same as from the files.
    for name in ["checks.csv", "zone.ndjson"] {
        fs::rename(dir.path(&format!("{name}.away")), dir.path(name)).expect("moved");
    }
    let full = [&out("three")[..], &["--since", "one", "--forget"]].concat();
    keyed(&dir, &full).end().expect(0);
    assert_eq!(dir.read("three/hit/hit.parquet"), delta);

    // Remembered without it, checks cannot be asked for it.
    let plain = [&SCREEN[..], &["checks.csv", "--out", "four", "--remember", "30"]].concat();
    keyed(&dir, &plain).end().expect(0);
    let since = [&SCREEN[..7], &["--since", "four", "--out", "five"], &NEAR].concat();
    keyed(&dir, &since).end().expect(2).says(&["without the grade `near`", "--forget"]);
}
