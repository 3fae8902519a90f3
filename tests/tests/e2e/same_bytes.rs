//! The same binary and the same captures give the same bytes.

use std::fmt::Write as _;

use quipu_tests::{Dir, Quipu, Tree};

use crate::large;

const PIPELINE: &str = "pipelines/americas.toml";

fn releases(dir: &Dir) -> Tree {
    Tree::read(&dir.path("release"))
}

#[test]
fn two_stores_in_two_folders_give_the_same_release() {
    let (one, two) = (Dir::with_samples(), Dir::with_samples());
    two.touch("data");
    for dir in [&one, &two] {
        dir.quipu(&["run", PIPELINE]).expect(0);
    }
    releases(&one).assert_same(&releases(&two), "releases");
    for part in ["tables", "snapshots", "archive"] {
        let of = |dir: &Dir| Tree::read(&dir.path("quipu-store").join(part));
        of(&one).assert_same(&of(&two), part);
    }
}

#[test]
fn one_thread_and_two_give_the_same_release() {
    let dirs = ["1", "2"].map(|jobs| {
        let dir = Dir::with_samples();
        large::put(&dir, 500, 0);
        dir.quipu(&["run", PIPELINE, "--jobs", jobs]).expect(0);
        dir
    });
    releases(&dirs[0]).assert_same(&releases(&dirs[1]), "releases");
    assert!(releases(&dirs[0]).paths().len() > 15);
    dirs[0].quipu(&["run", PIPELINE, "--jobs", "0"]).expect(2);
}

#[test]
fn the_folder_from_which_it_is_called_is_not_in_the_release() {
    let (one, two) = (Dir::with_samples(), Dir::with_samples());
    one.quipu(&["run", PIPELINE]).expect(0);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let path = two.path(PIPELINE);
    Quipu::new(elsewhere.path(), &["run", &path.to_string_lossy()]).end().expect(0);
    releases(&one).assert_same(&releases(&two), "releases");
    Quipu::new(&two.path("pipelines"), &["run", "americas.toml"]).end().expect(0);
    releases(&one).assert_same(&releases(&two), "releases");
}

#[test]
fn times_of_change_and_comments_make_no_new_release() {
    let dir = Dir::with_samples();
    dir.quipu(&["run", PIPELINE]).expect(0);
    let before = releases(&dir);
    dir.touch("data");
    dir.touch("pipelines");
    let unchanged = ["run", PIPELINE, "--unchanged-exit-code"];
    dir.quipu(&unchanged).expect(99).says(&["nothing changed"]);

    let text = String::from_utf8(dir.read(PIPELINE)).expect("text");
    let mut rewritten = String::from("# Another comment.\n\n");
    for line in text.lines() {
        // A comment of a line of its own; one behind a value may be a text with a hash.
        let line = if line.starts_with('#') { "# rewritten" } else { line };
        let _ = writeln!(rewritten, "{}   # and one behind", line.replacen(" = ", "   =  ", 1));
    }
    assert_ne!(text, rewritten);
    dir.write(PIPELINE, rewritten);
    dir.quipu(&unchanged).expect(99);
    before.assert_untouched(&releases(&dir), "releases");

    dir.edit(PIPELINE, "Crime in the Americas: sample release", "Another title");
    dir.quipu(&unchanged).expect(0);
    assert_eq!(dir.releases_in("release").len(), 2, "what is said of the release is part of it");
    dir.assert_whole();
}

#[test]
fn going_back_to_an_input_gives_its_release_again() {
    let dir = Dir::with_samples();
    dir.quipu(&["run", PIPELINE]).expect(0);
    let (first, before) = (dir.release(), releases(&dir));
    let file = "data/samples/press/2023-04-18-trigger-ix.txt";
    dir.edit(file, "14,260 arrests", "14,261 arrests");
    dir.quipu(&["run", PIPELINE]).expect(0);
    assert_ne!(dir.release(), first);
    dir.edit(file, "14,261 arrests", "14,260 arrests");
    dir.quipu(&["run", PIPELINE]).expect(0);
    assert_eq!(dir.release(), first);
    let name = first.file_name().expect("a name").to_string_lossy().into_owned();
    let original = before.paths().iter().filter(|path| path.starts_with(&name)).count();
    assert_eq!(Tree::read(&first).paths().len(), original);
    dir.assert_whole();
}
