//! `quipu quarantine`: what was refused is listed with its record, and read again after a fix; no text of
//! a person leaves its table.

use std::fmt::Write as _;

use polars::prelude::DataType;
use quipu_tests::{Dir, Ended};
use serde_json::Value;

use crate::small::{self, ROWS, observations, rows, run};

const LIST: [&str; 3] = ["quarantine", "list", "pipelines/test.toml"];
const REPLAY: [&str; 3] = ["quarantine", "replay", "pipelines/test.toml"];

#[track_caller]
fn call(dir: &Dir, command: [&str; 3], more: &[&str]) -> Ended {
    dir.quipu(&[&command[..], more].concat())
}

#[track_caller]
fn json(dir: &Dir, command: [&str; 3], more: &[&str]) -> Ended {
    call(dir, command, &[more, &["--format", "json"]].concat()).expect(0)
}

/// A folder whose `odd` has a department that no list knows, a bad value and a ragged row.
fn dir_with_three() -> Dir {
    let text = format!("{}Antioqia,2021,41\nAntioqia,2022,42\nUY,2021,12 or 13\nUY,2020\n", rows(0));
    let dir = small::dir_with_odd(text);
    dir.edit("pipelines/test.toml", "\n[export]", "\n[source.expect]\nquarantine_max = \"10 %\"\n\n[export]");
    run(&dir).expect(0);
    dir
}

fn field<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

#[test]
fn the_list_groups_what_was_refused_and_shows_the_records() {
    let dir = dir_with_three();
    let listed = json(&dir, LIST, &[]);
    let groups = listed.events_named("quarantine_group");
    assert_eq!(groups.len(), 3, "{groups:?}");
    assert_eq!((field(&groups[0], "reason"), field(&groups[0], "text")), ("unknown-code", "Antioqia"));
    assert_eq!((groups[0]["rows"].as_u64(), groups[0]["values"].as_u64()), (Some(2), Some(2)));
    assert_eq!(groups[0]["nearest"][0]["code"], "CO-ANT", "{}", groups[0]);
    let rows = listed.events_named("quarantined");
    let records: Vec<String> = rows.iter().map(|row| row["record"].to_string()).collect();
    assert_eq!(
        records,
        [
            // What has no line of its own stands first.
            r#"["UY","2020"]"#,
            r#"{"area":"Antioqia","year":"2021","offences":"41"}"#,
            r#"{"area":"Antioqia","year":"2022","offences":"42"}"#,
            r#"{"area":"UY","year":"2021","offences":"12 or 13"}"#,
        ]
    );
    assert!(field(&rows[3], "locator").starts_with("line=64;column=offences;bytes="), "{}", rows[3]);
    assert_eq!(listed.events().last().expect("a last line")["event"], "quarantine_finished");
    let people = call(&dir, LIST, &["--reason", "bad-value", "--limit", "1"]).expect(0);
    assert!(people.stdout.contains("`12 or 13`") && !people.stdout.contains("Antioqia"), "{}", people.stdout);
    call(&dir, LIST, &["--reason", "bad-valu"]).expect(2).says(&["did you mean `bad-value`?"]);
    call(&dir, LIST, &["--source", "od"]).expect(2).says(&["did you mean `odd`?"]);
    call(&dir, LIST, &["--source", "steady"]).expect(0).says(&["nothing is in quarantine"]);
}

#[test]
fn what_was_mended_is_published_by_a_replay_and_nothing_else_moves() {
    let dir = dir_with_three();
    let before = dir.tables("test");
    let nothing = json(&dir, REPLAY, &[]).event("replay_finished");
    assert_eq!(
        (&nothing["published"], &nothing["still_refused"], &nothing["changed"]),
        (&0.into(), &4.into(), &false.into())
    );
    assert_eq!(dir.tables("test"), before);

    // The list is mended by its line, the value by the pipeline file; the source itself is gone by now.
    let file = "data/reference/area_alias.csv";
    let text = String::from_utf8(dir.read(file)).expect("text");
    let at = text.find("\nAX,pt,Alanda").expect("a line") + 1;
    let (above, below) = text.split_at(at);
    dir.write(file, format!("{above}CO-ANT,es,Antioqia,\n{below}"));
    std::fs::remove_file(dir.path("in/odd.csv")).expect("removed");
    let dry = json(&dir, REPLAY, &["--dry-run"]);
    assert_eq!(dry.event("replay_finished")["published"], 2);
    assert_eq!(dir.tables("test"), before, "a dry run publishes nothing");

    let replayed = json(&dir, REPLAY, &["--source", "odd"]);
    let became: Vec<(String, String)> = replayed
        .events_named("replayed")
        .iter()
        .map(|event| (field(event, "became").to_owned(), event["published_values"].to_string()))
        .collect();
    let row = |became: &str, values: &str| (became.to_owned(), values.to_owned());
    assert_eq!(
        became,
        [
            row("still-refused", "null"),
            row("published", "[\"41\"]"),
            row("published", "[\"42\"]"),
            row("still-refused", "null")
        ]
    );
    let source = replayed.event("source_replayed");
    assert_eq!(source["before"]["published"], ROWS);
    assert_eq!(source["after"]["published"], ROWS + 2);
    assert_eq!(source["replayed"], 2);
    for other in ["added", "changed", "removed", "refused_anew", "captured_since"] {
        assert_eq!(source[other], 0, "{other}: {source}");
    }
    assert_eq!(dry.event("source_replayed"), source, "a dry run says what will be");
    let finished = replayed.events().pop().expect("a last line");
    assert_eq!((&finished["event"], &finished["beside"]), (&"replay_finished".into(), &0.into()));
    assert_eq!(dir.tables("test").sources["odd"].tally.published, ROWS + 2);
    dir.quipu(&["run", "pipelines/test.toml", "--from", "screen"]).expect(0);
    assert_eq!(observations(&dir, "odd"), ROWS + 2);
    dir.assert_whole();
}

#[test]
fn a_replay_counts_what_else_it_changes() {
    let dir = dir_with_three();
    dir.edit("pipelines/test.toml", "dataset = \"ODD\"", "dataset = \"ODD\"\nsex = \"M\"");
    let source = json(&dir, REPLAY, &["--dry-run"]).event("source_replayed");
    assert_eq!((&source["replayed"], &source["added"], &source["removed"]), (&0.into(), &ROWS.into(), &ROWS.into()));
    let people = call(&dir, REPLAY, &["--dry-run"]).expect(0).says(&["120 published rows changed"]);
    assert!(people.stdout.contains("NOTE: 60 published rows are gone"), "{}", people.stdout);
}

#[test]
fn a_row_may_be_refused_for_another_reason_after_a_fix() {
    let dir = small::dir_with_odd(format!("{}Antioqia,20x1,41\n", rows(0)));
    run(&dir).expect(0);
    dir.edit(
        "pipelines/test.toml",
        "dataset = \"ODD\"\nindicator = \"offences-recorded\"\ncrime = \"0101\"\nunit = \"offence\"\nref_area = { column = \"area\",",
        "dataset = \"ODD\"\nindicator = \"offences-recorded\"\ncrime = \"0101\"\nunit = \"offence\"\n\
         ref_area = { column = \"area\", map = { \"Antioqia\" = \"CO-ANT\" },",
    );
    let replayed = json(&dir, REPLAY, &[]);
    let row = replayed.event("replayed");
    assert_eq!(field(&row, "became"), "refused-otherwise", "{row}");
    assert_eq!(row["now"]["reason"], "bad-period", "{row}");
    assert_eq!(replayed.event("replay_finished")["refused_otherwise"], 1);
}

#[test]
fn a_source_that_its_contract_blocks_can_be_looked_at_mended_and_replayed() {
    let mut text = String::from("area,year,offences\n");
    for year in 2010..2020 {
        let _ = write!(text, "AR,{year},7\nAntioqia,{year},41\n");
    }
    let dir = small::dir_with_odd(text);
    run(&dir).expect(4);
    let listed = call(&dir, LIST, &["--format", "json"]).expect(0);
    assert_eq!(listed.events_named("quarantined").len(), 10);
    dir.edit(
        "pipelines/test.toml",
        "dataset = \"ODD\"\nindicator = \"offences-recorded\"\ncrime = \"0101\"\nunit = \"offence\"\nref_area = { column = \"area\",",
        "dataset = \"ODD\"\nindicator = \"offences-recorded\"\ncrime = \"0101\"\nunit = \"offence\"\n\
         ref_area = { column = \"area\", map = { \"Antioqia\" = \"CO-ANT\" },",
    );
    call(&dir, REPLAY, &[]).expect(0);
    assert_eq!(dir.tables("test").sources["odd"].tally.published, 20);
}

/// Texts of one invented person, none so short that a digest or a number of seconds could hold it.
const PERSON: [&str; 5] = ["Zephyrine", "Quatlebaum", "1961-11-31", "XQ0099887", "0099887"];

/// Whether one of the person's texts stands in these bytes, in any of the encodings in use.
#[track_caller]
fn assert_nobody(what: &str, bytes: &[u8]) {
    for text in PERSON {
        let found = bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()));
        assert!(!found, "`{text}` stands in {what}");
    }
}

/// Every text of every table of the store: files are compressed, so their bytes prove nothing.
#[track_caller]
fn assert_nobody_in_tables(dir: &Dir) {
    let (store, snapshot) = (dir.store(), dir.tables("test"));
    for part in &snapshot.parts {
        let frame = store.read_table(part).expect("a table");
        // A moment says nothing about a person, and polars prints none without further features.
        for column in frame.columns().iter().filter(|column| !matches!(column.dtype(), DataType::Datetime(..))) {
            for row in 0..frame.height() {
                let text = column.get(row).expect("a cell").to_string();
                assert_nobody(&format!("{}.{}", part.table, column.name()), text.as_bytes());
            }
        }
    }
    let manifest = serde_json::to_vec(&snapshot).expect("JSON");
    assert_nobody("the manifest", &manifest);
}

#[track_caller]
fn assert_nobody_heard(what: &str, ended: &Ended) {
    assert_nobody(&format!("stdout of {what}"), ended.stdout.as_bytes());
    assert_nobody(&format!("stderr of {what}"), ended.stderr.as_bytes());
}

#[test]
fn a_person_is_masked_in_every_table_log_and_output() {
    // Incidents: one row speaks of one person. Everything that can be refused is.
    let incidents = "muni,fecha,nombre,nacido,documento,edad,casos\n\
        AR,2020-01-05,Ana,2000-01-01,A1,30,1\n\
        Antioqia,2020-02-05,Zephyrine Quatlebaum,1961-11-31,XQ0099887,62,1\n\
        AR,2020-02-xx,Zephyrine Quatlebaum,2000-01-01,XQ0099887,62,1\n\
        AR,2020-03-05,Zephyrine Quatlebaum,2000-01-01,XQ0099887,62,Zephyrine\n\
        AR,2020-03-05,Zephyrine Quatlebaum,1961-11-31,XQ0099887\n\
        AR,2020-04-05,\"Zephyrine Quatlebaum,1961-11-31,XQ0099887,62,1\n";
    let mut text = incidents.to_owned();
    for month in 1..=12 {
        for day in 1..=9 {
            let _ = writeln!(text, "BR,2021-{month:02}-0{day},Ana,2000-01-01,A1,30,1");
        }
    }
    let checks = "id,kind,number,who,born,why,by,at\n\
        C1,travel-document,A0000001,Ana,2000-01-01,identify,UY,2023-03-01T09:39:54Z\n\
        C2,travel-document,XQ0099887,Zephyrine Quatlebaum,1961-11-31,identify,UY,2023-03-01T09:39:54Z\n\
        C3,travel-document,XQ0099887,Zephyrine Quatlebaum,,spite,UY,2023-03-01T09:39:54Z\n\
        C4,travel-document,XQ0099887,\"Zephyrine Quatlebaum,1961-11-31,identify,UY,2023-03-01T09:39:54Z\n\
        C5,travel-document,XQ0099887,Zephyrine Quatlebaum,1961-11-31\n\
        C6,travel-document,A0000002,Ana,,identify,UY,2023-03-01T09:39:54Z\n\
        C6,travel-document,A0000003,Eva,,identify,UY,2023-03-01T09:39:54Z\n";
    let pipeline = "[pipeline]\nname = \"test\"\nreference = \"../data/reference\"\nstore = \"../quipu-store\"\n\
        \n[[source]]\nid = \"incidents\"\nfile = \"../in/incidents.csv\"\n\
        [source.csv]\ndecimal = \".\"\n\
        [source.observe]\ndataset = \"INC\"\nindicator = \"offences-recorded\"\ncrime = \"0101\"\nunit = \"offence\"\n\
        ref_area = { column = \"muni\", codes = \"area\" }\nperiod = { date = { column = \"fecha\" }, freq = \"M\" }\n\
        age = { column = \"nacido\", map = { \"2000-01-01\" = \"Y20\" } }\nvalues = \"casos\"\naggregate = true\n\
        personal = [\"nacido\", \"NOMBRE\", \"casos\"]\nignore = [\"edad\", \"documento\"]\n\
        [source.expect]\nquarantine_max = \"50 %\"\n\
        \n[[source]]\nid = \"checks\"\nfile = \"../in/checks.csv\"\nmarking = \"TLP:AMBER\"\n\
        [source.rows]\ntable = \"check\"\n\
        [source.rows.columns]\ncheck_id = { column = \"id\" }\nkey_kind = { column = \"kind\" }\nkey_raw = { column = \"number\" }\n\
        names = { column = \"who\" }\nbirth_date = { column = \"born\" }\npurpose = { column = \"why\" }\n\
        asked_by = { column = \"by\" }\nasked_at = { column = \"at\" }\n\
        [source.expect]\nquarantine_max = \"90 %\"\n";
    let dir = Dir::with_pipeline(pipeline);
    dir.write("in/incidents.csv", text);
    dir.write("in/checks.csv", checks);
    let ended = dir.call(&["run", "pipelines/test.toml", "--log", "trace", "--to", "transform"]).end().expect(0);
    assert_nobody_heard("run", &ended);
    assert_nobody_in_tables(&dir);
    let listed = json(&dir, LIST, &[]);
    let rows = listed.events_named("quarantined");
    let reasons: Vec<&str> = rows.iter().map(|row| field(row, "reason")).collect();
    for reason in ["unknown-code", "bad-period", "bad-value", "ragged-row", "unclosed-quote", "duplicate-key"] {
        assert!(reasons.contains(&reason), "{reason} of {reasons:?}");
    }
    let refused = rows.iter().find(|row| field(row, "label") == "Antioqia").expect("the unknown department");
    assert_eq!(
        refused["record"].to_string(),
        r#"{"muni":"Antioqia","fecha":"2020-02-05","nombre":"A… A…","nacido":"9…-9…-9…","documento":"A…9…","edad":"9…","casos":"9…"}"#
    );
    let check = rows.iter().find(|row| field(row, "raw") == "spite").expect("the refused check");
    assert_eq!(check["record"]["who"], "A… A…", "{check}");
    assert_eq!(check["record"]["by"], "UY", "{check}");
    let twin = rows.iter().find(|row| field(row, "reason") == "duplicate-key").expect("a twin");
    assert_eq!(twin["record"]["number"], "A…9…", "{twin}");
    assert_nobody_heard("list", &listed);
    assert_nobody_heard("list", &call(&dir, LIST, &[]).expect(0));
    assert_nobody_heard("replay", &call(&dir, REPLAY, &["--log", "trace"]).expect(0));
    assert_nobody_heard("replay", &json(&dir, REPLAY, &["--dry-run"]));
    assert_nobody_heard("suggest", &dir.quipu(&["codes", "suggest", "pipelines/test.toml"]).expect(0));
    // Nor does a look at the place of a refused row show the person beside it.
    for row in 1..=rows.len() {
        let key = format!("#{row}");
        assert_nobody_heard("trace", &dir.quipu(&["trace", "quarantine", &key]).expect(0));
        assert_nobody_heard("trace", &dir.quipu(&["trace", "quarantine", &key, "--format", "json"]).expect(0));
    }
    assert_nobody("the ledger", &std::fs::read(dir.path("quipu-store/ledger.sqlite")).expect("a ledger"));
    // A contract that stops at the first of them is as discreet.
    for frozen in ["code", "type"] {
        let contract = format!("[source.contract]\n{frozen} = \"freeze\"\n\n[[source]]\nid = \"checks\"");
        let text = pipeline.replace("[[source]]\nid = \"checks\"", &contract);
        dir.write("pipelines/test.toml", text);
        let ended = dir.quipu(&["transform", "pipelines/test.toml"]).expect(5);
        assert_nobody_heard("a frozen contract", &ended);
    }
}

#[test]
fn a_personal_column_that_is_not_there_stops_the_source() {
    let dir = small::dir();
    dir.edit("pipelines/test.toml", "dataset = \"ODD\"", "dataset = \"ODD\"\npersonal = [\"aera\"]");
    run(&dir).expect(5).says(&["no column is named `aera`", "did you mean `area`?"]);
}
