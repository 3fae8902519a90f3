//! A full disk: one clear error, the code for later, and what was published stays whole.

use std::path::PathBuf;

use quipu_tests::{Dir, Ended, SmallDisk, Tree};

use crate::small::{self, RUN, pipeline, rows};

/// A disk of its own for store and releases, with a first release on it; none where this user may
/// not mount.
fn on_a_disk_of_its_own(size: &str) -> Option<(SmallDisk, Dir)> {
    let text = pipeline().replace("../quipu-store", "../disk/store").replace("../release", "../disk/releases");
    let dir = Dir::with_pipeline(&text);
    dir.write("in/steady.csv", rows(0));
    dir.write("in/odd.csv", rows(0));
    let Some(disk) = SmallDisk::mount(&dir.path("disk"), size) else {
        println!("skipped: this user may not mount a file system");
        return None;
    };
    Some((disk, dir))
}

fn release(dir: &Dir) -> PathBuf {
    dir.release_in("disk/releases").expect("a release")
}

/// SQLite does not always learn that a disk is full; then it only knows that the disk failed.
fn names_the_disk(stderr: &str) -> bool {
    stderr.contains("disk is full") || stderr.contains("disk I/O error") && stderr.contains("check the disk")
}

fn errors(ended: &Ended) -> usize {
    ended.stderr.lines().filter(|line| line.starts_with("error:")).count()
}

#[test]
fn an_input_larger_than_the_disk() {
    let Some((disk, dir)) = on_a_disk_of_its_own("2m") else { return };
    dir.quipu(&RUN).expect(0);
    let before = Tree::read(&dir.path("disk/releases"));
    dir.write("in/odd.csv", format!("{}{}", rows(0), "\n".repeat(4 << 20)));
    let ended = dir.quipu(&RUN).expect(75).says(&["the disk is full"]);
    assert_eq!(errors(&ended), 1, "one error:\n{}", ended.stderr);
    before.assert_untouched(&Tree::read(&dir.path("disk/releases")), "the releases");
    dir.assert_whole_at("disk/store", "disk/releases");
    dir.write("in/odd.csv", rows(5));
    dir.quipu(&RUN).expect(0);
    dir.assert_whole_at("disk/store", "disk/releases");
    drop(disk);
}

#[test]
fn a_disk_that_is_full_from_the_start() {
    let Some((disk, dir)) = on_a_disk_of_its_own("400k") else { return };
    for free in [0, 4_096, 65_536, 131_072] {
        disk.leave(free);
        let ended = dir.quipu(&RUN).expect(75);
        println!("{free} bytes free: {}", ended.stderr.lines().find(|line| line.starts_with("error:")).unwrap_or("?"));
        assert!(names_the_disk(&ended.stderr), "{}", ended.stderr);
        dir.assert_store_whole("disk/store");
        assert!(dir.release_in("disk/releases").is_none());
    }
    drop(disk);
}

#[test]
fn a_disk_that_becomes_full_at_any_point_of_a_run() {
    let Some((disk, dir)) = on_a_disk_of_its_own("4m") else { return };
    dir.quipu(&RUN).expect(0);
    let (mut full, mut plus) = (0, 0);
    for free in (0..).map(|step: usize| step * 12_288) {
        let first = release(&dir);
        let before = Tree::read(&first);
        plus += 1;
        dir.write("in/odd.csv", rows(plus));
        disk.leave(free);
        let ended = dir.quipu(&RUN);
        disk.empty();
        let error = ended.stderr.lines().find(|line| line.starts_with("error:")).unwrap_or("no error");
        println!("{free} bytes free: exit code {:?}, {error}", ended.code);
        dir.assert_store_whole("disk/store");
        before.assert_untouched(&Tree::read(&first), "the release");
        if ended.code == Some(0) {
            assert_ne!(release(&dir), first);
            break;
        }
        assert!(free < 2 << 20, "it never fits");
        let ended = ended.expect(75);
        assert!(names_the_disk(&ended.stderr), "{}", ended.stderr);
        assert_eq!(errors(&ended), 1, "one error:\n{}", ended.stderr);
        full += 1;
    }
    assert!(full > 3, "the disk was full {full} times");
    dir.write("in/odd.csv", rows(1));
    dir.quipu(&RUN).expect(0);
    dir.assert_whole_at("disk/store", "disk/releases");
    let elsewhere = small::dir_with_odd(rows(1));
    elsewhere.quipu(&RUN).expect(0);
    Tree::read(&release(&dir)).assert_same(&Tree::read(&elsewhere.release()), "the release after full disks");
}
