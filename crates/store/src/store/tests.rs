use quipu_schema::{Digest, table};
use tempfile::TempDir;

use super::*;
use crate::fixture::{EVERY, every, frame};
use crate::{Part, WriteOptions, logical_hash};

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("deep/down/store")).unwrap();
    (folder, store)
}

fn write(store: &Store, rows: usize) -> Part {
    store.write_table(&EVERY, &[every(rows)], &WriteOptions::default()).unwrap()
}

#[test]
fn opening_makes_the_folders_and_opening_again_changes_nothing() {
    let (_folder, store) = store();
    let root = store.root().to_owned();
    assert_eq!(fs::read_to_string(root.join("FORMAT")).unwrap(), "quipu store 1\n");
    let part = write(&store, 3);
    fs::remove_dir(root.join("tmp")).unwrap();
    let again = Store::open(&root).unwrap();
    assert!(again.read_table(&part).is_ok());
    assert!(root.join("tmp").is_dir());
    again.ledger().unwrap().begin_run("p", "c", "1").unwrap();
}

#[test]
fn a_store_of_another_version_is_refused() {
    let (_folder, store) = store();
    for text in ["quipu store 2\n", "", "\u{1}\u{2}"] {
        fs::write(store.root().join("FORMAT"), text).unwrap();
        let fault = Store::open(store.root()).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Storage);
        assert!(fault.message().contains("`quipu store 1`") && fault.advice().is_some(), "{fault}");
    }
}

#[test]
fn a_file_in_the_place_of_the_store_is_wrong_usage() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(Store::open(file.path()).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn one_writer_at_a_time() {
    let (_folder, store) = store();
    let lock = store.lock("run").unwrap();
    let fault = store.clone().lock("run").unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Locked);
    drop(lock);
    store.lock("run").unwrap();
}

#[test]
fn a_table_comes_back_and_is_kept_once() {
    let (_folder, store) = store();
    let part = write(&store, 300);
    let bytes = fs::read(store.table_path(&part)).unwrap();
    assert_eq!((part.table.as_str(), &part.source, part.rows, part.size), ("every", &None, 300, bytes.len() as u64));
    assert_eq!(part.digest, Digest::of(&bytes));
    assert_eq!(part.logical, logical_hash(&EVERY, &[every(300)]).unwrap());
    assert!(store.read_table(&part).unwrap().equals_missing(&every(300)));
    store.verify_table(&part).unwrap();

    let written = fs::metadata(store.table_path(&part)).unwrap().modified().unwrap();
    assert_eq!(write(&store, 300), part);
    assert_eq!(fs::metadata(store.table_path(&part)).unwrap().modified().unwrap(), written);
    assert_eq!(fs::read_dir(store.temporary()).unwrap().count(), 0);

    // Another layout is another file of the same rows.
    let options = WriteOptions { row_group: 7, ..WriteOptions::default() };
    let other = store.write_table(&EVERY, &[every(300)], &options).unwrap();
    assert_ne!(other.digest, part.digest);
    assert_eq!(other.logical, part.logical);
}

#[test]
fn a_tables_file_has_the_tables_columns() {
    let (_folder, store) = store();
    let document = table::find("document").unwrap();
    let check = table::find("check").unwrap();
    let part = store.write_table(document, &[frame(document, 9)], &WriteOptions::default()).unwrap();
    assert!(store.read_table(&part).is_ok());
    let other = store.write_table(check, &[frame(check, 9)], &WriteOptions::default()).unwrap();
    fs::copy(store.table_path(&other), store.table_path(&part)).unwrap();
    assert_eq!(store.read_table(&part).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_damaged_table_is_named_and_written_anew_where_it_is_truncated() {
    let (_folder, store) = store();
    let part = write(&store, 300);
    let path = store.table_path(&part);
    let good = fs::read(&path).unwrap();
    let mut flipped = good.clone();
    flipped[100] ^= 1;
    fs::write(&path, flipped).unwrap();
    let fault = store.verify_table(&part).unwrap_err();
    assert_eq!((fault.kind(), fault.place()), (ErrorKind::Corrupt, path.to_str()));
    assert!(fault.message().contains("`every`"), "{fault}");

    fs::write(&path, &good[..50]).unwrap();
    assert_eq!(store.read_table(&part).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(write(&store, 300), part);
    store.verify_table(&part).unwrap();

    fs::remove_file(&path).unwrap();
    for fault in [store.verify_table(&part).unwrap_err(), store.read_table(&part).unwrap_err()] {
        assert_eq!(fault.kind(), ErrorKind::Corrupt);
        assert!(fault.message().contains("missing"), "{fault}");
    }
}

#[test]
fn a_refused_table_leaves_nothing_behind() {
    let (_folder, store) = store();
    assert!(store.write_table(&EVERY, &[every(3).drop("int").unwrap()], &WriteOptions::default()).is_err());
    assert_eq!(fs::read_dir(store.temporary()).unwrap().count(), 0);
    assert!(!store.root().join("tables/every").exists());
}

#[test]
fn a_full_disk_leaves_what_was_published_and_is_worth_a_retry() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=400k", "tmpfs"])
        .arg(folder.path())
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        println!("skipped: this user may not mount a file system");
        return;
    }
    let outcome = std::panic::catch_unwind(|| fill(folder.path()));
    std::process::Command::new("umount").arg("-l").arg(folder.path()).output().unwrap();
    outcome.unwrap();
}

/// Fills the small file system at `root` in every way a run may.
fn fill(root: &Path) {
    let store = Store::open(root).unwrap();
    let part = write(&store, 10);
    let fault = store.write_table(&EVERY, &[every(60_000)], &WriteOptions::default()).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Storage);
    assert!(fault.advice().is_some_and(|help| help.contains("disk is full")), "{fault}");
    let input = tempfile::NamedTempFile::new().unwrap();
    fs::write(input.path(), vec![1; 600_000]).unwrap();
    let fault = store.archive().put_file(input.path()).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Storage, "{fault}");
    assert_eq!(fs::read_dir(store.temporary()).unwrap().count(), 0);
    store.verify_table(&part).unwrap();
}
