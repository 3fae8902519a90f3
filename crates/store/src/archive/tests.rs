use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;
use crate::Store;

fn archive() -> (TempDir, Archive) {
    let folder = tempfile::tempdir().unwrap();
    let archive = Store::open(&folder.path().join("store")).unwrap().archive();
    (folder, archive)
}

fn file(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("input.csv");
    fs::write(&path, bytes).unwrap();
    path
}

fn temporary_files(archive: &Archive) -> usize {
    fs::read_dir(&archive.temporary).unwrap().count()
}

/// Changes one byte of an archived file without changing its size.
fn damage(archive: &Archive, digest: &Digest) {
    let path = archive.path(digest);
    let mut bytes = fs::read(&path).unwrap();
    bytes[0] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
}

#[test]
fn bytes_come_back_under_their_own_digest_and_are_kept_once() {
    let (folder, archive) = archive();
    let path = file(&folder, b"abc");
    let first = archive.put_file(&path).unwrap();
    assert_eq!(first, Archived { digest: Digest::of("abc"), size: 3, new: true });
    assert!(
        archive
            .path(&first.digest)
            .ends_with("archive/sha256/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
    assert!(archive.contains(&first.digest));
    assert_eq!(archive.read(&first.digest).unwrap(), b"abc");
    assert_eq!(archive.verify(&first.digest).unwrap(), 3);
    assert_eq!(archive.put_file(&path).unwrap(), Archived { new: false, ..first });
    assert_eq!(fs::metadata(archive.path(&first.digest)).unwrap().permissions().mode() & 0o222, 0);
    assert_eq!(temporary_files(&archive), 0);
    // The archive does not share the user's file.
    fs::write(&path, "xyz").unwrap();
    assert_eq!(archive.read(&first.digest).unwrap(), b"abc");
}

#[test]
fn streamed_bytes_are_there_after_finish_and_only_then() {
    let (_folder, archive) = archive();
    let mut incoming = archive.begin().unwrap();
    incoming.write_all(b"a").unwrap();
    incoming.write_all(b"bc").unwrap();
    assert_eq!(incoming.size(), 3);
    assert!(!archive.contains(&Digest::of("abc")));
    assert_eq!(incoming.stage().unwrap().settle().unwrap(), Archived { digest: Digest::of("abc"), size: 3, new: true });
    assert_eq!(archive.read(&Digest::of("abc")).unwrap(), b"abc");

    let mut broken_off = archive.begin().unwrap();
    broken_off.write_all(b"half").unwrap();
    assert_eq!(temporary_files(&archive), 1);
    drop(broken_off);
    assert_eq!(temporary_files(&archive), 0);
    assert!(!archive.contains(&Digest::of("half")));
}

#[test]
fn what_cannot_be_captured_is_named_with_advice() {
    let (folder, archive) = archive();
    let empty = file(&folder, b"");
    let file_as_folder = empty.join("inside");
    let missing = folder.path().join("missing.csv");
    for (path, words) in [
        (missing.as_path(), "no such file"),
        (file_as_folder.as_path(), "no such file"),
        (folder.path(), "a folder"),
        (empty.as_path(), "empty"),
        (Path::new("/dev/null"), "not a plain file"),
    ] {
        let fault = archive.put_file(path).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Source, "{fault}");
        assert!(fault.message().contains(words), "{fault}");
        assert_eq!(fault.place(), Some(path.to_str().unwrap()));
        assert!(fault.advice().is_some());
    }
    assert_eq!(temporary_files(&archive), 0);
}

#[test]
fn an_unreadable_file_is_a_source_fault() {
    let (folder, archive) = archive();
    let path = file(&folder, b"abc");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    if File::open(&path).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let fault = archive.put_file(&path).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Source);
    assert!(fault.advice().is_some_and(|help| help.contains("permissions")));
}

#[test]
fn one_flipped_bit_is_found() {
    let (folder, archive) = archive();
    let digest = archive.put_file(&file(&folder, b"abc")).unwrap().digest;
    damage(&archive, &digest);
    for fault in [archive.read(&digest).unwrap_err(), archive.verify(&digest).unwrap_err()] {
        assert_eq!(fault.kind(), ErrorKind::Corrupt);
        assert!(fault.message().contains(&digest.to_string()), "{fault}");
        assert_eq!(fault.place(), Some(archive.path(&digest).to_str().unwrap()));
    }
}

#[test]
fn missing_bytes_are_damage_too() {
    let (_folder, archive) = archive();
    let digest = Digest::of("never");
    assert!(!archive.contains(&digest));
    assert_eq!(archive.read(&digest).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(archive.verify(&digest).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_truncated_file_is_repaired_when_its_bytes_come_again() {
    let (folder, mut archive) = archive();
    let path = file(&folder, b"abc");
    for link_from in [LINK_FROM, 1] {
        archive.link_from = link_from;
        let digest = archive.put_file(&path).unwrap().digest;
        fs::remove_file(archive.path(&digest)).unwrap();
        fs::write(archive.path(&digest), "a").unwrap();
        assert!(archive.put_file(&path).unwrap().new);
        assert_eq!(archive.read(&digest).unwrap(), b"abc");
    }
}

#[test]
fn a_large_file_is_linked_and_keeps_its_permissions() {
    let (folder, mut archive) = archive();
    archive.link_from = 3;
    let path = file(&folder, b"abc");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let archived = archive.put_file(&path).unwrap();
    assert_eq!(archived, Archived { digest: Digest::of("abc"), size: 3, new: true });
    let metadata = fs::metadata(archive.path(&archived.digest)).unwrap();
    assert_eq!((metadata.nlink(), metadata.permissions().mode() & 0o777), (2, 0o640));
    assert!(!archive.put_file(&path).unwrap().new);
    assert_eq!(temporary_files(&archive), 0);
}

#[test]
fn a_linked_symbolic_link_archives_the_bytes_not_the_link() {
    let (folder, mut archive) = archive();
    archive.link_from = 3;
    let link = folder.path().join("link.csv");
    std::os::unix::fs::symlink(file(&folder, b"abc"), &link).unwrap();
    let digest = archive.put_file(&link).unwrap().digest;
    assert_eq!(archive.read(&digest).unwrap(), b"abc");
    assert!(!fs::symlink_metadata(archive.path(&digest)).unwrap().is_symlink());
}

#[test]
fn a_file_that_changes_all_the_time_is_a_source_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, b"abc");
    let before = look_at(&path).unwrap();
    assert!(same(&before, &look_at(&path).unwrap()));
    fs::write(&path, "abcd").unwrap();
    assert!(!same(&before, &look_at(&path).unwrap()));

    // A writer that never stops: either a quiet moment is found or the fault says what is wrong.
    let (_store, archive) = archive();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut out = fs::OpenOptions::new().append(true).open(&path).unwrap();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                out.write_all(&[b'x'; 4096]).unwrap();
                if out.metadata().unwrap().len() > 1 << 24 {
                    out.set_len(4).unwrap();
                }
            }
        });
        for _ in 0..20 {
            match archive.put_file(&path) {
                Ok(archived) => assert_eq!(archive.verify(&archived.digest).unwrap(), archived.size),
                Err(fault) => {
                    assert_eq!(fault.kind(), ErrorKind::Source);
                    assert!(fault.message().contains("changes while"), "{fault}");
                }
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(temporary_files(&archive), 0);
}

#[test]
fn several_may_put_the_same_bytes_at_once() {
    let (folder, archive) = archive();
    let path = file(&folder, &vec![7; 100_000]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| archive.put_file(&path).unwrap());
        }
    });
    assert_eq!(archive.verify(&Digest::of(vec![7; 100_000])).unwrap(), 100_000);
    assert_eq!(temporary_files(&archive), 0);
}
