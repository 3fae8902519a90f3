//! Releases that were damaged, interrupted or refused.

use std::fs;

use quipu_schema::ErrorKind;
use quipu_schema::table::find;

use super::{HIVE, export, files, observations, parts, release};
use crate::{latest, verify};

#[test]
fn a_flipped_byte_in_any_file_is_found_and_named() {
    let to = tempfile::tempdir().unwrap();
    let made = release(parts(), &export(HIVE), to.path()).unwrap();
    for (name, bytes) in files(&made.folder) {
        let path = made.folder.join(&name);
        for at in [0, bytes.len() / 2, bytes.len() - 2] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            fs::write(&path, &damaged).unwrap();
            let fault = verify(&made.folder).unwrap_err();
            assert_eq!(fault.kind(), ErrorKind::Corrupt);
            let text = fault.to_string();
            assert!(text.contains(&name), "{name}: {text}");
            let table = name.split(['/', '.']).next().unwrap();
            assert!(find(table).is_none() || text.contains(&format!("{table}: ")), "{name}: {text}");
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert!(verify(&made.folder).is_ok());
}

#[test]
fn missing_and_added_files_are_found_all_at_once() {
    let to = tempfile::tempdir().unwrap();
    let made = release(parts(), &export(HIVE), to.path()).unwrap();
    fs::remove_file(made.folder.join("document.parquet")).unwrap();
    fs::write(made.folder.join("observation/crime=0101/part-1.parquet"), "x").unwrap();
    fs::write(made.folder.join("notes.txt"), "x").unwrap();
    let text = verify(&made.folder).unwrap_err().to_string();
    for part in
        ["document: document.parquet is missing", "observation: observation/crime=0101/part-1.parquet", "notes.txt"]
    {
        assert!(text.contains(part), "{text}");
    }
    assert!(text.find("document.parquet") < text.find("notes.txt"));
    fs::remove_file(made.folder.join("manifest.json")).unwrap();
    assert!(verify(&made.folder).unwrap_err().to_string().contains("never finished"));
    assert_eq!(latest(to.path()).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_manifest_that_was_tampered_with_does_not_pass_under_the_old_name() {
    let to = tempfile::tempdir().unwrap();
    let made = release(parts(), &export(&[]), to.path()).unwrap();
    let path = made.folder.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap().replace("TLP:GREEN", "TLP:CLEAR");
    fs::write(&path, text).unwrap();
    assert!(verify(&made.folder).unwrap_err().to_string().contains("manifest.json"));
}

#[test]
fn a_killed_run_is_completed_and_its_neighbours_stay() {
    let [fresh, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let export = export(HIVE);
    let whole = release(parts(), &export, fresh.path()).unwrap();
    // What a kill between two renames leaves: some files, the building folder with the others, and no
    // manifest. One file is torn, which a rename never does; a broken disk may. Beside it lies a
    // neighbour that is none of our business.
    let torn = to.path().join(&whole.id);
    fs::create_dir_all(torn.join("observation/crime=0101")).unwrap();
    fs::write(torn.join("document.parquet"), "half").unwrap();
    fs::create_dir_all(to.path().join(".building/observation")).unwrap();
    fs::write(to.path().join(".building/observation/x"), "half").unwrap();
    fs::create_dir_all(to.path().join("0123456789abcdef")).unwrap();
    fs::write(to.path().join("0123456789abcdef/mine.txt"), "mine").unwrap();
    assert!(verify(&torn).is_err());
    let completed = release(parts(), &export, to.path()).unwrap();
    assert_eq!(completed.folder, torn);
    assert!(verify(&torn).is_ok());
    assert_eq!(files(&torn), files(&whole.folder));
    assert!(!to.path().join(".building").exists());
    assert_eq!(fs::read(to.path().join("0123456789abcdef/mine.txt")).unwrap(), b"mine");
}

#[test]
fn a_refused_release_leaves_the_old_one_standing() {
    let to = tempfile::tempdir().unwrap();
    let first = release(parts(), &export(&[]), to.path()).unwrap();
    let mut twice = parts();
    twice.push((find("observation").unwrap(), observations(&[("c", Some("0102"), 9.0)])));
    let fault = release(twice, &export(&[]), to.path()).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Contract);
    assert!(fault.to_string().contains("dataset=c"), "{fault}");
    assert_eq!(latest(to.path()).unwrap(), Some(first.folder));
    assert!(!to.path().join(".building").exists());
}
