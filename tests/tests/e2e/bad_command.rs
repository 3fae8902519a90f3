//! A command that cannot be done now or at all: the right exit code, and nothing is touched.

use std::process::Command;
use std::time::Duration;

use quipu_tests::{Dir, Tree};
use rustix::process::{Pid, Signal, kill_process};

use crate::large;
use crate::small::{self, RUN, rows, run};

#[test]
fn mistakes_in_a_pipeline_file_are_shown_like_a_compiler_does() {
    let dir = small::dir();
    dir.edit("pipelines/test.toml", "store = \"../quipu-store\"", "stroe = \"../quipu-store\"");
    dir.edit("pipelines/test.toml", "crime = \"0101\"\nunit = \"offence\"\nref_area = { column = \"area\", codes = \"area\" }\nperiod = { year = { column = \"year\" } }\nvalues = [\"offences\"]\n\n[export]", "crime = \"0101\"\nunit = \"offence\"\nref_aera = { column = \"area\", codes = \"aera\" }\nperiod = { year = { column = \"year\" } }\nvalues = 7\n\n[export]");
    let text = String::from_utf8(dir.read("pipelines/test.toml")).expect("text");
    let line = |part: &str| 1 + text.lines().position(|line| line.contains(part)).expect("the line");
    for command in ["run", "check", "plan", "ingest", "verify"] {
        let ended = dir.quipu(&[command, "pipelines/test.toml"]).expect(2);
        let ended = ended.says(&[
            &format!("pipelines/test.toml:{}:1: ", line("stroe")),
            &format!("pipelines/test.toml:{}:1: ", line("ref_aera")),
            &format!("pipelines/test.toml:{}:10: ", line("values = 7")),
            "did you mean `store`?",
            "did you mean `ref_area`?",
            "ref_aera = { column",
            "^^^^^",
        ]);
        assert_eq!(ended.stdout, "");
    }
    assert!(!dir.path("quipu-store").exists(), "nothing is made");
}

#[test]
fn a_file_that_is_no_toml_names_the_place() {
    let dir = small::dir();
    dir.write("pipelines/test.toml", "[pipeline]\nname = \"a\nreference = 1\n");
    run(&dir).expect(2).says(&["pipelines/test.toml:2:"]);
    dir.write("pipelines/test.toml", b"[pipeline]\nname = \"a\xff\"\n");
    run(&dir).expect(2).says(&["pipelines/test.toml"]);
    dir.write("pipelines/test.toml", "");
    run(&dir).expect(2).says(&["[pipeline]"]);
    dir.quipu(&["run", "pipelines"]).expect(2).says(&["this is a folder; name the file in it"]);
    dir.quipu(&["run", "pipelines/none.toml"])
        .expect(2)
        .says(&["pipelines/none.toml", "cannot read the pipeline file"]);
}

#[test]
fn a_missing_or_wrong_reference_list_is_named() {
    let dir = small::dir();
    let crimes = dir.read("data/reference/crime.csv");
    std::fs::remove_file(dir.path("data/reference/crime.csv")).expect("a list");
    for command in ["run", "check", "plan"] {
        dir.quipu(&[command, "pipelines/test.toml"]).expect(2).says(&["data/reference/crime.csv"]);
    }
    assert!(dir.releases_in("release").is_empty());
    let text = String::from_utf8(crimes).expect("text");
    let (header, rest) = text.split_once('\n').expect("a header");
    dir.write("data/reference/crime.csv", format!("{}\n{rest}", header.replacen("name_en", "nombre_en", 1)));
    run(&dir).expect(2).says(&["data/reference/crime.csv", "`name_en`"]);
    dir.write("data/reference/crime.csv", text);
    run(&dir).expect(0);
}

#[test]
fn unknown_words_of_the_command_line() {
    let dir = small::dir();
    let wrong: [(&[&str], &str); 7] = [
        (&["rnu", "pipelines/test.toml"], "run"),
        (&[], "Usage"),
        (&["run"], "PIPELINE"),
        (&["run", "pipelines/test.toml", "--formats", "json"], "--format"),
        (&["run", "pipelines/test.toml", "--jobs", "many"], "--jobs"),
        (&["run", "pipelines/test.toml", "--only", "steddy"], "did you mean `steady`?"),
        (&["run", "pipelines/test.toml", "--from", "export", "--to", "ingest"], "--from names a later stage than --to"),
    ];
    for (arguments, says) in wrong {
        let ended = dir.quipu(arguments).expect(2).says(&[says]);
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
    assert!(!dir.path("quipu-store").exists(), "nothing is made");
}

#[test]
fn errors_are_events_too_where_programs_read() {
    let dir = small::dir();
    let ended = dir.quipu(&["run", "pipelines/test.toml", "--only", "steddy", "--format", "json"]).expect(2);
    let error = ended.event("error");
    assert_eq!((&error["kind"], &error["exit_code"]), (&"usage".into(), &2.into()), "{error}");
    assert!(error["message"].as_str().expect("a message").contains("steddy"), "{error}");
    assert_eq!(error["help"], "did you mean `steady`?");
}

#[test]
fn a_store_in_use_names_its_holder_and_may_still_be_read() {
    let dir = small::dir();
    run(&dir).expect(0);
    let before = Tree::read(&dir.path("release"));
    dir.write("in/odd.csv", rows(4));
    let lock = dir.store().lock("a test with a name").expect("the lock");
    let holder = format!("process {} (`a test with a name`)", std::process::id());
    for command in ["run", "ingest", "transform", "export"] {
        dir.quipu(&[command, "pipelines/test.toml"]).expect(75).says(&[
            "the store is in use by",
            &holder,
            "quipu-store/LOCK",
        ]);
    }
    for command in ["status", "runs", "verify", "plan"] {
        dir.quipu(&[command, "pipelines/test.toml"]).expect(0);
    }
    dir.quipu(&["trace", "observation", "#1"]).expect(0);
    drop(lock);
    before.assert_untouched(&Tree::read(&dir.path("release")), "the release");
    run(&dir).expect(0);
    assert_eq!(dir.releases_in("release").len(), 2);
}

#[test]
fn a_signal_ends_a_run_with_the_code_for_later_and_leaves_all_whole() {
    for signal in [Signal::TERM, Signal::INT] {
        let dir = Dir::with_samples();
        large::put(&dir, large::rows(4_000), 0);
        let mut running = dir.call(&["run", "pipelines/americas.toml", "--format", "json"]).start();
        assert!(running.line().contains("run_started"));
        std::thread::sleep(Duration::from_millis(30));
        let pid = Pid::from_raw(i32::try_from(running.id()).expect("small")).expect("a process");
        kill_process(pid, signal).expect("sent");
        running.end().expect(75).says(&["stopped by a signal", "run again to go on"]);
        dir.assert_store_whole("quipu-store");
        assert!(dir.release_in("release").is_none(), "nothing is released");
        dir.quipu(&["run", "pipelines/americas.toml"]).expect(0);
        dir.assert_whole();
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = Dir::with_samples();
    let mut schema = dir.call(&["schema"]).start();
    assert!(!schema.line().is_empty());
    schema.close_stdout();
    assert_eq!(schema.end().expect(0).stderr, "");
    let mut closed = dir.call(&["schema", "--format", "json"]).start();
    closed.close_stdout();
    assert_eq!(closed.end().expect(0).stderr, "");
    let mut closed = dir.call(&["--help"]).start();
    closed.close_stdout();
    closed.end().expect(0);
    // A run does its work, whoever reads of it.
    let mut run = dir.call(&["run", "pipelines/americas.toml", "--format", "json"]).start();
    run.close_stdout();
    run.end().expect(0);
    dir.assert_whole();
    dir.release();
    // And as a shell would do it.
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" schema | head -1"]).arg(quipu_tests::binary()).current_dir(dir.root());
    let ended = shell.output().expect("a shell");
    assert!(ended.status.success() && !ended.stdout.is_empty() && ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn a_store_of_another_version_is_left_alone() {
    let dir = small::dir();
    run(&dir).expect(0);
    dir.write("quipu-store/FORMAT", "quipu store 2\n");
    let before = Tree::read(dir.root());
    dir.quipu(&RUN).expect(75).says(&["quipu store 2", "quipu store 1"]);
    before.assert_untouched(&Tree::read(dir.root()), "the folder");
}
