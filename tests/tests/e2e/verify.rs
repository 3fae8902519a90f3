//! `quipu verify` passes, and fails for a single wrong byte wherever it is.

use std::fs;
use std::path::{Path, PathBuf};

use quipu_tests::{Dir, Random, Tree};

const VERIFY: [&str; 2] = ["verify", "pipelines/americas.toml"];

fn finished() -> Dir {
    let dir = Dir::with_samples();
    dir.quipu(&["run", "pipelines/americas.toml"]).expect(0);
    dir
}

/// Changes one byte of a file, calls `meanwhile`, and puts the byte back.
fn with_one_wrong_byte(path: &Path, random: &mut Random, meanwhile: impl FnOnce(usize)) {
    let bytes = fs::read(path).expect("a file");
    let writable = fs::metadata(path).expect("a file").permissions();
    let mut damaged = bytes.clone();
    let at = random.below(bytes.len());
    damaged[at] ^= 1 << random.below(8);
    put(path, &damaged);
    meanwhile(at);
    put(path, &bytes);
    fs::set_permissions(path, writable).expect("permissions");
}

/// Writes a file anew, also where it is read-only.
fn put(path: &Path, bytes: &[u8]) {
    // Another file under the name, for a captured file may have other names elsewhere.
    fs::remove_file(path).expect("a file");
    fs::write(path, bytes).expect("a file");
}

#[test]
fn what_was_published_passes_and_is_made_again_from_the_archive() {
    let dir = finished();
    let ended = dir.quipu(&VERIFY).expect(0).says(&["everything is as it was published"]);
    for part in [
        "capture of source `mexico-ideff`",
        "table `observation` of argentina-snic made again",
        "table `hit` made again",
    ] {
        assert!(ended.stderr.contains(part), "`{part}` in\n{}", ended.stderr);
    }
    let release = dir.release().file_name().expect("a name").to_string_lossy().into_owned();
    assert!(ended.stderr.contains(&format!("{release} made again")), "{}", ended.stderr);
    let json = dir.quipu(&["verify", "pipelines/americas.toml", "--format", "json"]).expect(0);
    assert!(json.events_named("verified").iter().all(|event| event["right"] == true));
    assert_eq!(json.event("verify_finished")["right"], true);
    assert_eq!(json.events().last().expect("events")["event"], "verify_finished");
    // It needs the archive only.
    fs::remove_dir_all(dir.path("data/samples")).expect("samples");
    dir.quipu(&VERIFY).expect(0);
    dir.assert_whole();
}

#[test]
fn nothing_to_verify_says_so() {
    let dir = Dir::with_samples();
    dir.quipu(&VERIFY).expect(2).says(&["there is no store here"]);
    dir.quipu(&["ingest", "pipelines/americas.toml"]).expect(0);
    dir.quipu(&VERIFY).expect(2).says(&["nothing of `americas` is published yet"]);
}

#[test]
fn one_wrong_byte_in_a_capture_is_found() {
    let dir = finished();
    let (mut random, seed) = Random::from_environment(3);
    println!("seed {seed}");
    for (source, state) in &dir.tables("americas").sources {
        for document in &state.documents {
            let path = dir.store().archive().path(document);
            with_one_wrong_byte(&path, &mut random, |at| {
                println!("{source}: byte {at} of {document}");
                let ended = dir.quipu(&VERIFY).expect(4);
                let file = path.file_name().expect("a name").to_string_lossy().into_owned();
                ended.says(&[&format!("capture of source `{source}`"), &file, "verification failed"]);
            });
        }
    }
    dir.quipu(&VERIFY).expect(0);
}

#[test]
fn one_wrong_byte_in_a_table_of_the_store_is_found() {
    let dir = finished();
    let (mut random, seed) = Random::from_environment(4);
    println!("seed {seed}");
    let store = dir.store();
    let screen = store.current("americas", "screen").expect("whole").expect("published");
    for part in dir.tables("americas").parts.iter().chain(&screen.parts) {
        let path = store.table_path(part);
        with_one_wrong_byte(&path, &mut random, |at| {
            println!("{}: byte {at} of {}", part.table, part.digest);
            let ended = dir.quipu(&VERIFY).expect(4);
            ended.says(&[
                &format!("table `{}`", part.table),
                &format!("{}.parquet", part.digest),
                "verification failed",
            ]);
        });
    }
    dir.quipu(&VERIFY).expect(0);
}

#[test]
fn one_wrong_byte_in_a_released_file_is_found() {
    let dir = finished();
    let (mut random, seed) = Random::from_environment(5);
    println!("seed {seed}");
    let release = dir.release();
    let (manifest, _) = quipu_export::Manifest::read(&release).expect("a manifest");
    let tables =
        manifest.tables.iter().flat_map(|table| table.files.iter().map(move |file| (Some(&table.name), &file.path)));
    let files: Vec<(Option<&String>, &String)> =
        tables.chain(manifest.files.iter().map(|file| (None, &file.path))).collect();
    assert!(files.len() > 15);
    for (table, file) in files {
        with_one_wrong_byte(&release.join(file), &mut random, |at| {
            println!("byte {at} of {file}");
            let ended = dir.quipu(&VERIFY).expect(4).says(&[file, "verification failed"]);
            if let Some(table) = table {
                ended.says(&[&format!("{table}: ")]);
            }
        });
    }
    // What names the files is guarded by what names it, and that by its form.
    let name = release.file_name().expect("a name").to_string_lossy().into_owned();
    for (file, says) in [
        (release.join("manifest.json"), [name.as_str(), "manifest"]),
        (dir.path("release/latest.json"), ["release/", "latest.json"]),
    ] {
        for _ in 0..8 {
            with_one_wrong_byte(&file, &mut random, |at| {
                println!("byte {at} of {}", file.display());
                dir.quipu(&VERIFY).expect(4).says(&says);
            });
        }
    }
    dir.quipu(&VERIFY).expect(0);
}

#[test]
fn a_file_that_is_gone_or_was_added_is_found() {
    let dir = finished();
    let release = dir.release();
    let aside = dir.path("aside");
    let document = dir.tables("americas").sources["press"].documents[0];
    let part = dir.tables("americas").parts.into_iter().find(|part| part.table == "figure").expect("figures");
    let gone: [(PathBuf, &str); 3] = [
        (dir.store().archive().path(&document), "capture of source `press`"),
        (dir.store().table_path(&part), "table `figure`"),
        (release.join("figure.parquet"), "figure: figure.parquet is missing"),
    ];
    for (path, what) in gone {
        fs::rename(&path, &aside).expect("moved away");
        dir.quipu(&VERIFY).expect(4).says(&[what]);
        fs::rename(&aside, &path).expect("moved back");
    }
    fs::write(release.join("observation/extra.parquet"), "x").expect("a file");
    dir.quipu(&VERIFY).expect(4).says(&["observation/extra.parquet is not part of the release"]);
    fs::remove_file(release.join("observation/extra.parquet")).expect("removed");
    dir.quipu(&VERIFY).expect(0);
}

#[test]
fn a_damaged_release_is_made_again_as_the_advice_says() {
    let dir = finished();
    let before = Tree::read(&dir.path("release"));
    let figures = dir.release().join("figure.parquet");
    fs::write(&figures, "x").expect("a file");
    dir.quipu(&VERIFY).expect(4).says(&["make it again with `quipu export` after removing its manifest.json"]);
    fs::remove_file(dir.release().join("manifest.json")).expect("the manifest");
    dir.quipu(&["export", "pipelines/americas.toml"]).expect(0);
    before.assert_same(&Tree::read(&dir.path("release")), "the release made again");
    dir.quipu(&VERIFY).expect(0);
}

#[test]
fn a_pointer_that_is_lost_or_leads_nowhere_is_put_right_by_the_next_run() {
    let dir = finished();
    let before = Tree::read(&dir.path("release"));
    let pointer = dir.path("release/latest.json");
    let text = fs::read_to_string(&pointer).expect("the pointer");
    let name = dir.release().file_name().expect("a name").to_string_lossy().into_owned();
    for (what, wrong) in [
        ("lost", None),
        ("damaged", Some("{".to_owned())),
        ("to nowhere", Some(text.replace(&name, "0123456789abcdef"))),
    ] {
        println!("{what}");
        fs::remove_file(&pointer).expect("the pointer");
        if let Some(wrong) = wrong {
            fs::write(&pointer, wrong).expect("a pointer");
        }
        dir.quipu(&["run", "pipelines/americas.toml"]).expect(0);
        before.assert_same(&Tree::read(&dir.path("release")), what);
    }
    dir.quipu(&VERIFY).expect(0);
}
