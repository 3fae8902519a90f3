use tempfile::TempDir;

use super::*;
use crate::WriteOptions;
use crate::fixture::{EVERY, every};

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn part(store: &Store, rows: usize, source: &str) -> Part {
    let part = store.write_table(&EVERY, &[every(rows)], &WriteOptions::default()).unwrap();
    Part { source: Some(source.to_owned()), ..part }
}

fn snapshot(parts: Vec<Part>) -> Snapshot {
    let state = SourceState {
        ingredients: Digest::of("of the source"),
        documents: vec![Digest::of("b"), Digest::of("a")],
        tally: Tally { read: 3, published: 3, ..Tally::default() },
        notes: vec!["a note".to_owned()],
        findings: Vec::new(),
        origins: BTreeMap::from([("file.csv".to_owned(), "https://a.example/".to_owned())]),
    };
    Snapshot {
        pipeline: "crime-br".to_owned(),
        stage: "transform".to_owned(),
        ingredients: Digest::of("all"),
        parts,
        sources: BTreeMap::from([("s".to_owned(), state)]),
        derived: BTreeMap::new(),
    }
}

fn folder(store: &Store) -> PathBuf {
    store.root().join("snapshots/crime-br/transform")
}

#[test]
fn what_is_published_is_current_and_stays_reachable_by_its_id() {
    let (_folder, store) = store();
    assert_eq!(store.current("crime-br", "transform").unwrap(), None);
    let first = snapshot(vec![part(&store, 3, "a"), part(&store, 4, "b")]);
    let first_id = store.publish(&first).unwrap();
    let second = snapshot(vec![part(&store, 5, "a")]);
    let second_id = store.publish(&second).unwrap();
    assert_ne!(first_id, second_id);
    assert_eq!(store.current("crime-br", "transform").unwrap(), Some(second));
    assert_eq!(store.snapshot("crime-br", "transform", &first_id).unwrap().unwrap().sources, first.sources);
    assert_eq!(store.snapshot("crime-br", "transform", &Digest::of("none")).unwrap(), None);
    assert_eq!(store.current("crime-br", "screen").unwrap(), None);
}

#[test]
fn the_id_does_not_depend_on_the_order_of_parts() {
    let (_folder, store) = store();
    let (a, b) = (part(&store, 3, "a"), part(&store, 4, "b"));
    let id = store.publish(&snapshot(vec![a.clone(), b.clone()])).unwrap();
    assert_eq!(store.publish(&snapshot(vec![b, a])).unwrap(), id);
    let bytes = fs::read(manifest_path(&folder(&store), &id)).unwrap();
    assert_eq!(Digest::of(&bytes), id);
    assert!(bytes.starts_with(b"{\n  \"format\": 1,\n"));
}

#[test]
fn parts_that_are_not_there_as_a_whole_are_not_published() {
    let (_folder, store) = store();
    let good = part(&store, 3, "a");
    let id = store.publish(&snapshot(vec![good.clone()])).unwrap();
    let old = store.current("crime-br", "transform").unwrap();
    let missing = Part { digest: Digest::of("missing"), ..good.clone() };
    let other_size = Part { size: good.size + 1, ..good.clone() };
    for wrong in [missing, other_size] {
        let fault = store.publish(&snapshot(vec![good.clone(), wrong])).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Corrupt);
        assert!(fault.message().contains("`every`"), "{fault}");
    }
    assert_eq!(store.current("crime-br", "transform").unwrap(), old);
    assert_eq!(fs::read_to_string(folder(&store).join("current")).unwrap().trim(), id.to_string());
}

#[test]
fn killed_before_the_last_step_the_old_one_stays_current() {
    let (_folder, store) = store();
    store.publish(&snapshot(vec![part(&store, 3, "a")])).unwrap();
    let old = store.current("crime-br", "transform").unwrap();
    // What a killed run may leave: a half-written table, a new part, a new manifest, a half-written `current`.
    fs::write(store.temporary().join("1-0"), "PAR1 half").unwrap();
    let new = snapshot(vec![part(&store, 9, "a")]);
    let bytes = serde_json::to_vec_pretty(&Manifest { format: FORMAT, snapshot: new.clone() }).unwrap();
    fs::write(manifest_path(&folder(&store), &Digest::of(&bytes)), &bytes).unwrap();
    fs::write(store.temporary().join("1-1"), Digest::of(&bytes).to_string()).unwrap();

    assert_eq!(store.current("crime-br", "transform").unwrap(), old);
    assert_eq!(store.sweep().unwrap(), 2);
    assert_eq!(store.current("crime-br", "transform").unwrap(), old);
    store.publish(&new).unwrap();
    assert_eq!(store.current("crime-br", "transform").unwrap(), Some(new));
}

#[test]
fn a_failed_last_step_leaves_the_old_one_current() {
    let (_folder, store) = store();
    store.publish(&snapshot(vec![part(&store, 3, "a")])).unwrap();
    let old = store.current("crime-br", "transform").unwrap();
    // Without a folder for temporary files nothing can be written.
    fs::remove_dir(store.temporary()).unwrap();
    let new = Snapshot { parts: Vec::new(), ..snapshot(Vec::new()) };
    assert_eq!(store.publish(&new).unwrap_err().kind(), ErrorKind::Storage);
    assert_eq!(store.current("crime-br", "transform").unwrap(), old);
}

#[test]
fn readers_see_the_old_or_the_new_one_while_it_changes() {
    let (_folder, store) = store();
    let both = [snapshot(vec![part(&store, 3, "a")]), snapshot(vec![part(&store, 4, "a")])];
    store.publish(&both[0]).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..300 {
                let seen = store.current("crime-br", "transform").unwrap().unwrap();
                assert!(both.contains(&seen));
            }
        });
        while !reader.is_finished() {
            for snapshot in &both {
                store.publish(snapshot).unwrap();
            }
        }
    });
}

/// Puts `bytes` in as the current manifest.
fn plant(store: &Store, bytes: &[u8]) {
    let id = Digest::of(bytes);
    fs::create_dir_all(folder(store)).unwrap();
    fs::write(manifest_path(&folder(store), &id), bytes).unwrap();
    fs::write(folder(store).join("current"), id.to_string()).unwrap();
}

#[test]
fn damage_is_found_and_a_newer_format_is_named() {
    let (_folder, store) = store();
    let current = || store.current("crime-br", "transform").unwrap_err();
    let id = store.publish(&snapshot(vec![part(&store, 3, "a")])).unwrap();
    let path = manifest_path(&folder(&store), &id);
    let good = fs::read(&path).unwrap();

    let mut flipped = good.clone();
    flipped[40] ^= 1;
    fs::write(&path, flipped).unwrap();
    assert_eq!(current().kind(), ErrorKind::Corrupt);
    fs::remove_file(&path).unwrap();
    assert!(current().message().contains("missing"));
    fs::write(folder(&store).join("current"), "half a dig").unwrap();
    assert_eq!(current().kind(), ErrorKind::Corrupt);
    fs::write(folder(&store).join("current"), b"\xff").unwrap();
    assert_eq!(current().kind(), ErrorKind::Corrupt);

    plant(&store, b"not JSON");
    assert_eq!(current().kind(), ErrorKind::Corrupt);
    let text = String::from_utf8(good).unwrap();
    plant(&store, text.replace("\"stage\"", "\"stages\"").as_bytes());
    assert_eq!(current().kind(), ErrorKind::Corrupt);
    plant(&store, text.replace("\"every\"", "\"../../etc\"").as_bytes());
    assert_eq!(current().kind(), ErrorKind::Corrupt);
    plant(&store, br#"{"format": 2, "unheard": "of"}"#);
    let fault = current();
    assert_eq!(fault.kind(), ErrorKind::Storage);
    assert!(fault.message().contains("format 2") && fault.message().contains("newer"), "{fault}");
}

#[test]
fn names_that_would_leave_the_folder_are_refused() {
    let (_folder, store) = store();
    for name in ["", ".", "..", "a/b", "/etc", "a\\b", ".hidden"] {
        assert_eq!(store.current(name, "transform").unwrap_err().kind(), ErrorKind::Bug, "{name}");
        assert_eq!(store.current("p", name).unwrap_err().kind(), ErrorKind::Bug, "{name}");
        assert_eq!(
            store.publish(&Snapshot { stage: name.to_owned(), ..snapshot(Vec::new()) }).unwrap_err().kind(),
            ErrorKind::Bug
        );
    }
}
