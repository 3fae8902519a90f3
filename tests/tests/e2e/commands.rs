//! `plan`, `check`, `status`, `runs`, `schema`: they say what is there and change nothing.

use quipu_schema::table::ALL;
use quipu_tests::{Dir, Tree};
use serde_json::Value;

const PIPELINE: &str = "pipelines/americas.toml";
const SOURCES: [&str; 7] =
    ["worldbank-homicide", "argentina-snic", "mexico-ideff", "press", "press-text", "records", "checks"];

#[test]
fn plan_and_check_touch_nothing_and_plan_tells_what_a_run_would_do() {
    let dir = Dir::with_samples();
    let before = Tree::read(dir.root());
    dir.quipu(&["check", PIPELINE]).expect(0).says(&["right (7 sources)"]);
    let plan = dir.quipu(&["plan", PIPELINE]).expect(0);
    for part in SOURCES.into_iter().chain([
        "0 documents captured",
        "transform after the first capture",
        "a release in",
        "travel-document, vin",
    ]) {
        assert!(plan.stdout.contains(part), "`{part}` in\n{}", plan.stdout);
    }
    before.assert_untouched(&Tree::read(dir.root()), "the folder");
    assert!(!dir.path("quipu-store").exists(), "a plan makes no store");

    dir.quipu(&["run", PIPELINE]).expect(0);
    let plan = dir.quipu(&["plan", PIPELINE, "--format", "json"]).expect(0);
    let sources = plan.events_named("source_planned");
    assert_eq!(sources.len(), SOURCES.len());
    for source in &sources {
        assert!(source["captured"].as_u64().expect("a number") > 0, "{source}");
        assert_eq!(source["transform"], "tables are up to date with the last capture");
    }
    dir.edit(PIPELINE, "dataset = \"WDI\"", "dataset = \"WB-WDI\"");
    let plan = dir.quipu(&["plan", PIPELINE, "--format", "json"]).expect(0);
    for source in plan.events_named("source_planned") {
        let again = source["source"] == "worldbank-homicide";
        assert_eq!(source["transform"] == "transform again", again, "{source}");
    }
}

#[test]
fn check_looks_at_every_file_and_ends_with_the_worst_code() {
    let dir = Dir::with_samples();
    dir.write("pipelines/wrong.toml", "[pipeline]\nnam = \"x\"\n");
    let ended = dir.quipu(&["check", "pipelines/wrong.toml", PIPELINE]).expect(2);
    ended.says(&["pipelines/wrong.toml:2:1", "did you mean `name`?", "americas.toml: right (7 sources)"]);
    let ended = dir.quipu(&["check", PIPELINE, "pipelines/none.toml"]).expect(2);
    ended.says(&["pipelines/none.toml", "americas.toml: right"]);
}

#[test]
fn status_and_runs_show_what_the_store_and_its_ledger_hold() {
    let dir = Dir::with_samples();
    for command in ["status", "runs"] {
        dir.quipu(&[command, PIPELINE]).expect(2).says(&["there is no store here", "quipu-store"]);
    }
    dir.quipu(&["run", PIPELINE]).expect(0);
    dir.quipu(&["ingest", PIPELINE]).expect(0);
    let status = dir.quipu(&["status", PIPELINE]).expect(0);
    for part in [
        "pipeline americas",
        "last run 2 (ingest)",
        "exit code 0",
        "observation",
        "argentina-snic",
        "1215 rows",
        "release",
    ] {
        assert!(status.stdout.contains(part), "`{part}` in\n{}", status.stdout);
    }
    // Without a pipeline file the store of this folder is meant.
    assert_eq!(dir.quipu(&["status"]).expect(0).stdout.lines().count(), status.stdout.lines().count());
    let status = dir.quipu(&["status", PIPELINE, "--format", "json"]).expect(0);
    let parts = status.events_named("part");
    assert_eq!(parts.len(), dir.tables("americas").parts.len() + 1, "those of transform, and the hits");
    let name = dir.release().file_name().expect("a name").to_string_lossy().into_owned();
    assert!(status.event("release")["manifest"].as_str().expect("a digest").starts_with(&name));

    let runs = dir.quipu(&["runs", PIPELINE, "--format", "json"]).expect(0).events_named("run");
    let commands: Vec<&Value> = runs.iter().map(|run| &run["command"]).collect();
    assert_eq!(commands, ["ingest", "run"], "the newest first");
    for run in &runs {
        assert_eq!(run["exit_code"], 0);
        assert!(run["started_at"].as_str().expect("a time") < run["finished_at"].as_str().expect("a time"), "{run}");
        for stage in run["stages"].as_array().expect("stages") {
            let total = |of: &str| {
                stage["tally"][of].as_object().expect("by reason").values().filter_map(Value::as_u64).sum::<u64>()
            };
            let published = stage["tally"]["published"].as_u64().expect("a number");
            assert_eq!(stage["tally"]["read"], published + total("quarantined") + total("ignored"), "{stage}");
        }
    }
    assert_eq!(runs[1]["stages"].as_array().expect("stages").len(), 4);
    let runs = dir.quipu(&["runs", PIPELINE, "--limit", "1"]).expect(0).stdout;
    assert!(runs.contains("ingest") && !runs.contains("export"), "{runs}");
}

#[test]
fn the_dictionary_of_every_table_is_printed_in_every_format() {
    let dir = Dir::with_samples();
    let all = dir.quipu(&["schema"]).expect(0).stdout;
    assert_eq!(all, dir.quipu(&["schema", "--format", "md"]).expect(0).stdout);
    let json: Value = serde_json::from_str(&dir.quipu(&["schema", "--format", "json"]).expect(0).stdout).expect("JSON");
    let json = json.to_string();
    for table in ALL {
        let text = dir.quipu(&["schema", table.name]).expect(0).stdout;
        let one = dir.quipu(&["schema", table.name, "--format", "json"]).expect(0).stdout;
        let one: Value = serde_json::from_str(&one).expect("JSON");
        let one = one.to_string();
        assert!(all.contains(table.row_is), "{}", table.name);
        for column in table.all_columns() {
            assert!(text.contains(column.name) && text.contains(column.meaning), "{}.{}", table.name, column.name);
            for json in [&json, &one] {
                let name = Value::from(column.name).to_string();
                let meaning = Value::from(column.meaning).to_string();
                assert!(json.contains(&name) && json.contains(&meaning), "{}.{}", table.name, column.name);
            }
        }
    }
    dir.quipu(&["schema", "observations"]).expect(2).says(&["no table `observations`", "did you mean `observation`?"]);
}

#[test]
fn help_and_version_are_asked_for_and_no_mistake() {
    let dir = Dir::with_pipeline("");
    let help = dir.quipu(&["--help"]).expect(0).stdout;
    for command in [
        "run",
        "ingest",
        "transform",
        "screen",
        "export",
        "plan",
        "check",
        "status",
        "runs",
        "trace",
        "verify",
        "schema",
    ] {
        assert!(help.contains(&format!("\n  {command}")), "{command} in\n{help}");
        dir.quipu(&[command, "--help"]).expect(0);
    }
    assert!(dir.quipu(&["--version"]).expect(0).stdout.starts_with("quipu "));
}
