//! The engine on files that are made here, against a nested loop; and on files that are broken.

mod faults;
mod history;
mod made;
mod oracle;

use std::path::Path;

pub(crate) use history::day_of as a_book;
use made::{Layout, Question, Reference};

use crate::{Countries, Grade, Grades, Request, Screened, Secret, Settings, Silent, screen};

/// All kinds but payment cards.
pub(super) fn kinds() -> Vec<String> {
    let open = quipu_keys::ALL.iter().filter(|kind| !kind.is_secret());
    open.map(|kind| kind.name().to_owned()).collect()
}

pub(super) fn request(folder: &Path) -> Request {
    let mut grades = Grades::default();
    grades.set(None, Grade::ALL.to_vec());
    Request {
        records: vec![folder.join("records.parquet")],
        checks: vec![folder.join("checks.parquet")],
        kinds: kinds(),
        given_kind: None,
        names: std::collections::BTreeMap::new(),
        grades,
        as_of: Some(20_000),
        index: folder.join("index"),
        fan_out: 100,
        count_records: true,
        secret: Some(Secret::of(b"a secret of tests")),
        books: Vec::new(),
    }
}

pub(super) const SETTINGS: Settings = Settings { memory: 1 << 30, threads: 2, parts: None };

/// Writes both tables and screens them.
pub(super) fn screened(records: &[Reference], checks: &[Question], layout: Layout, settings: &Settings) -> Screened {
    let folder = tempfile::tempdir().expect("folder");
    made::write_records(&folder.path().join("records.parquet"), records, layout);
    made::write_checks(&folder.path().join("checks.parquet"), checks, layout);
    screen(&request(folder.path()), &Countries::known(), settings, &Silent).expect("screened")
}
