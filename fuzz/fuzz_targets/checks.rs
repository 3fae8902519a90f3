//! The key engine: any bytes as a file of checks are screened or refused, every check is accounted for, and little memory
//! gives the same hits.
#![no_main]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use quipu_engine::{Countries, Grade, Grades, Request, Secret, Settings, Silent, screen};

const RECORDS: &[u8] = include_bytes!("../corpus/checks/records.parquet");

struct Place {
    folder: tempfile::TempDir,
    countries: Countries,
}

fn request(folder: &Path) -> Request {
    let mut grades = Grades::default();
    grades.set(None, Grade::ALL.to_vec());
    Request {
        records: vec![folder.join("records.parquet")],
        checks: vec![folder.join("checks.csv")],
        kinds: quipu_keys::ALL.iter().map(|kind| kind.name().to_owned()).collect(),
        given_kind: Some("travel-document".to_owned()),
        names: BTreeMap::new(),
        grades,
        as_of: None,
        index: folder.join("index"),
        fan_out: 100,
        count_records: false,
        secret: Some(Secret::of(b"a secret")),
        books: Vec::new(),
    }
}

fuzz_target!(|bytes: &[u8]| {
    static PLACE: OnceLock<Place> = OnceLock::new();
    let place = PLACE.get_or_init(|| {
        quipu_fuzz::fence();
        let folder = if Path::new("/dev/shm").is_dir() { tempfile::tempdir_in("/dev/shm") } else { tempfile::tempdir() };
        let folder = folder.expect("a folder");
        std::fs::write(folder.path().join("records.parquet"), RECORDS).expect("written");
        Place { folder, countries: Countries::known() }
    });
    let folder = place.folder.path();
    // Parquet and JSON are known by their first bytes, whatever the name says.
    std::fs::write(folder.join("checks.csv"), bytes).expect("written");
    let asked = request(folder);
    let settings = Settings { memory: 1 << 30, threads: 1, parts: Some(4) };
    if let Ok(found) = screen(&asked, &place.countries, &settings, &Silent) {
        assert_eq!(found.answers.values().sum::<u64>(), found.checks, "every check is accounted for");
        let little = Settings { memory: 1, ..settings };
        let again = screen(&asked, &place.countries, &little, &Silent).expect("screened before");
        assert_eq!((again.hits, again.answers), (found.hits, found.answers));
    }
});
