//! Vintages stand beside each other, and where sources or vintages disagree a row of `conflict` says so.

use polars::prelude::{AnyValue, DataFrame};
use quipu_tests::{Dir, shared};

use crate::small::text;

const RUN: [&str; 2] = ["run", "pipelines/test.toml"];

/// Two invented publications of one quantity: wide years here, long rows and areas by code there.
const PIPELINE: &str = r#"
[pipeline]
name = "test"
reference = "../data/reference"
store = "../quipu-store"

[[source]]
id = "police"
file = "../in/police.csv"
marking = "TLP:GREEN"
[source.observe]
dataset = "POLICE"
indicator = "homicide-rate"
crime = "0101"
unit = "per-100k"
ref_area = { column = "area" }
vintage = { preamble = "Edition" }
values = { pattern = '\d{4}' }
period = { year = { header = true } }

[[source]]
id = "institute"
file = "../in/institute.csv"
published_on = "2024-09-01"
marking = "TLP:AMBER H1"
[source.observe]
dataset = "INSTITUTE"
indicator = "homicide-rate"
crime = "0101"
unit = "per-1k"
ref_area = { column = "code" }
values = "per_thousand"
period = { year = { column = "year" } }

[export]
to = "../release"
title = "Two publications"
"#;

/// Per 100,000. Argentina agrees to the digits that are printed; Chile 2021 lost its decimal mark.
const FIRST: &str = "Edition,2024-03-01\narea,2020,2021\nAR,5.3,4.62\nCL,4.8,36.1\nUY,9.11,8.5\n";
/// A revision: Uruguay 2021 alone.
const SECOND: &str = "Edition,2024-06-01\narea,2020,2021\nAR,5.3,4.62\nCL,4.8,36.1\nUY,9.11,8.94\n";
/// Per 1,000.
const INSTITUTE: &str = "code,year,per_thousand\nAR,2020,0.05312\nAR,2021,0.0462\nCL,2020,0.048\nCL,2021,0.00361\nUY,2020,0.0911\nUY,2021,0.0894\n";

fn dir() -> Dir {
    let dir = Dir::with_pipeline(PIPELINE);
    dir.write("in/police.csv", FIRST);
    dir.write("in/institute.csv", INSTITUTE);
    dir
}

/// The rows of a published table, of all its parts.
pub(crate) fn table(dir: &Dir, pipeline: &str, name: &str) -> Vec<DataFrame> {
    let snapshot = dir.tables(pipeline);
    let parts = snapshot.parts.iter().filter(|part| part.table == name);
    parts.map(|part| dir.store().read_table(part).expect("a whole part")).collect()
}

/// These columns of every row, in order.
pub(crate) fn rows(frames: &[DataFrame], columns: &[&str]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for frame in frames {
        for row in 0..frame.height() {
            let cell = |column: &&str| match frame.column(column).and_then(|c| c.get(row)).expect("a cell") {
                AnyValue::Float64(number) => format!("{number:.4}"),
                AnyValue::UInt32(number) => number.to_string(),
                AnyValue::UInt64(number) => number.to_string(),
                AnyValue::Null => String::new(),
                AnyValue::Boolean(flag) => flag.to_string(),
                day @ AnyValue::Date(_) => day.to_string(),
                _ => text(frame, column, row).unwrap_or_default(),
            };
            rows.push(columns.iter().map(cell).collect());
        }
    }
    rows.sort();
    rows
}

#[test]
fn a_revision_adds_a_vintage_and_the_difference_is_a_conflict() {
    let dir = dir();
    dir.quipu(&RUN).expect(0).says(&["conflict: 2 rows"]);
    let columns = ["ref_area", "time_start", "cause", "left_vintage", "left_text", "right_text", "ratio", "severity"];
    let chile = ["CL", "2021-01-01", "rate-base", "2024-03-01", "36.1", "0.00361", "0.0100", "high"];
    let uruguay = ["UY", "2021-01-01", "revision", "2024-03-01", "8.5", "0.0894", "1.0518", "medium"];
    assert_eq!(rows(&table(&dir, "test", "conflict"), &columns), [chile, uruguay]);
    let before = dir.quipu(&["runs", "--store", "quipu-store", "--format", "json"]).expect(0).event("run");
    let before = before["finished_at"].as_str().expect("a moment").to_owned();
    std::thread::sleep(std::time::Duration::from_millis(20));

    // Nothing changed, nothing is done.
    dir.quipu(&RUN).expect(0).says(&["nothing changed"]);

    // The revised file is captured later: its rows stand beside the old ones.
    dir.write("in/police.csv", SECOND);
    dir.quipu(&RUN).expect(0);
    let observed = rows(
        &table(&dir, "test", "observation"),
        &["dataset", "ref_area", "time_start", "vintage", "value", "superseded"],
    );
    let of_uruguay: Vec<_> =
        observed.iter().filter(|row| row[0] == "POLICE" && row[1] == "UY" && row[2] == "2021-01-01").collect();
    assert_eq!(of_uruguay.len(), 2, "{observed:?}");
    assert_eq!(of_uruguay[0][3..], ["2024-03-01", "8.5000", "true"]);
    assert_eq!(of_uruguay[1][3..], ["2024-06-01", "8.9400", "false"]);
    // The institute agrees with what is said now; what is left of Uruguay is the revision itself.
    let revised = ["UY", "2021-01-01", "revision", "2024-03-01", "8.5", "8.94", "1.0518", "medium"];
    let chile = ["CL", "2021-01-01", "rate-base", "2024-06-01", "36.1", "0.00361", "0.0100", "high"];
    let conflicts = table(&dir, "test", "conflict");
    assert_eq!(rows(&conflicts, &columns), [chile, revised]);
    assert_eq!(
        rows(&conflicts, &["ref_area", "detail", "left_superseded", "right_superseded", "marking"])[1],
        ["UY", "vintage 2024-06-01 replaced 2024-03-01", "true", "false", "TLP:GREEN"]
    );
    assert_eq!(rows(&conflicts, &["ref_area", "marking"])[0][1], "TLP:AMBER H1", "the strictest of both");

    // Both keys lead to the places, as they stand in the row.
    for side in ["left_row", "right_row"] {
        for key in rows(&conflicts, &[side]) {
            let traced = dir.quipu(&["trace", "observation", &key[0], "--store", "quipu-store", "--pipeline", "test"]);
            assert!(traced.expect(0).stdout.contains("the published text"), "{key:?}");
        }
    }
    dir.quipu(&["verify", "pipelines/test.toml"]).expect(0).says(&["table `conflict` made again"]);
    let dictionary = std::fs::read_to_string(dir.release().join("dictionary.md")).expect("a dictionary");
    assert!(dictionary.contains("conflict") && dictionary.contains("left_locator"));

    // As of before: the old state, without the conflict of vintages.
    dir.quipu(&["run", "pipelines/test.toml", "--as-of", &before]).expect(0);
    let then = format!("test@{}", before.replace(':', "-"));
    let observed = rows(&table(&dir, &then, "observation"), &["dataset", "vintage", "superseded"]);
    assert!(observed.iter().all(|row| row[1] != "2024-06-01" && row[2] == "false"), "{observed:?}");
    assert_eq!(
        rows(&table(&dir, &then, "conflict"), &columns),
        [["CL", "2021-01-01", "rate-base", "2024-03-01", "36.1", "0.00361", "0.0100", "high"], uruguay,]
    );
    dir.assert_whole();
}

#[test]
fn one_publication_with_one_edition_has_no_conflicts_to_look_for() {
    let (one, _) = PIPELINE.split_once("[[source]]\nid = \"institute\"").expect("two sources");
    let dir = Dir::with_pipeline(one);
    dir.write("in/police.csv", FIRST);
    let ended = dir.quipu(&RUN).expect(0);
    assert!(!ended.stderr.contains("conflict"), "{}", ended.stderr);
    assert!(table(&dir, "test", "conflict").is_empty());
    // A revision that says nothing of its edition is one all the same, and the other table is not made anew.
    dir.write("in/police.csv", SECOND.replace("2024-06-01", "2024-03-01"));
    dir.quipu(&RUN).expect(0).says(&["conflict: 1 rows (1 medium revision)"]);
    let conflicts = table(&dir, "test", "conflict");
    let found = rows(&conflicts, &["left_text", "right_text", "right_vintage", "detail"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0][..3], ["8.5", "8.94", "2024-03-01"]);
    assert!(found[0][3].starts_with("vintage 2024-03-01 replaced 2024-03-01~"), "{found:?}");
}

#[test]
fn a_conflict_is_made_anew_only_where_what_it_is_made_of_changed() {
    let dir = dir();
    let records = |number: &str| {
        format!(
            "record_id,database,key_kind,key_raw,issuer,owner,status\nR1,SLTD,travel-document,{number},UTO,UTO,lost\n"
        )
    };
    dir.write("in/records.csv", records("L898902C3"));
    dir.write("in/note.txt", "The police counted 120 firearms.\n");
    let columns = ["record_id", "database", "key_kind", "key_raw", "issuer", "owner", "status"];
    let columns: Vec<String> = columns.iter().map(|name| format!("{name} = {{ column = \"{name}\" }}")).collect();
    let columns = columns.join("\n");
    let more = format!(
        "\n[[source]]\nid = \"note\"\nfile = \"../in/note.txt\"\nlanguage = \"en\"\n[source.report]\n\n\
         [[source]]\nid = \"records\"\nfile = \"../in/records.csv\"\n[source.rows]\ntable = \"record\"\n\
         [source.rows.columns]\n{columns}\n\n[export]"
    );
    dir.edit("pipelines/test.toml", "\n[export]", &more);
    dir.quipu(&RUN).expect(0).says(&["conflict: 2 rows ("]);
    let first = dir.tables("test").derived;
    dir.write("in/records.csv", records("AB2134"));
    dir.quipu(&RUN).expect(0).says(&["conflict: 2 rows, as before"]);
    assert_eq!(dir.tables("test").derived, first);
    // Another number in a report is compared with the others anew.
    dir.write("in/note.txt", "The police counted 121 firearms.\n");
    dir.quipu(&RUN).expect(0).says(&["conflict: 2 rows ("]);
    assert_ne!(dir.tables("test").derived, first);
    dir.edit("pipelines/test.toml", "TLP:GREEN", "TLP:RED");
    dir.quipu(&RUN).expect(0).says(&["conflict: 2 rows ("]);
    assert_eq!(rows(&table(&dir, "test", "conflict"), &["marking"]), [["TLP:RED H1"], ["TLP:RED H1"]]);
}

#[test]
fn the_homicide_rate_of_two_publishers_stands_in_both_vintages() {
    let files = [
        ("unodc/wb_API_VC.IHR.PSRC.P5_DS2_en_csv_v2_4355130.csv", "worldbank/API_VC.IHR.PSRC.P5.csv"),
        ("unodc/owid_homicide-rate-unodc.csv", "owid/homicide-rate.csv"),
    ];
    let dir = Dir::with_samples();
    for (shared_name, name) in files {
        let Some(path) = shared(&format!("data/published/{shared_name}")) else {
            println!("skipped: {shared_name} is not here");
            return;
        };
        dir.write(&format!("data/published/{name}"), std::fs::read(path).expect("a file"));
    }
    dir.quipu(&["run", "pipelines/published/homicide.toml"]).expect(0);
    let observed = rows(&table(&dir, "homicide", "observation"), &["ref_area", "time_start", "dataset", "value"]);
    let conflicts = rows(
        &table(&dir, "homicide", "conflict"),
        &["ref_area", "time_start", "left_text", "right_text", "ratio", "cause", "left_dataset", "right_dataset"],
    );
    for (area, left, right, ratio) in
        [("MX", "28.7367023185144", "29.150867", "1.0144"), ("BR", "20.8827768046228", "21.24456", "1.0173")]
    {
        for (dataset, value) in [("WDI", left), ("OWID-UNODC", right)] {
            let value = format!("{:.4}", value.parse::<f64>().expect("a number"));
            let row = [area, "2019-01-01", dataset, &value].map(str::to_owned).to_vec();
            assert_eq!(observed.iter().filter(|other| **other == row).count(), 1, "{row:?}");
        }
        let row = [area, "2019-01-01", left, right, ratio, "revision", "WDI", "OWID-UNODC"].map(str::to_owned).to_vec();
        assert!(conflicts.contains(&row), "{row:?}");
    }
    dir.quipu(&["verify", "pipelines/published/homicide.toml"]).expect(0);
}

#[test]
fn reports_of_one_event_are_joined_and_their_numbers_compared() {
    let dir = dir();
    let said = |city: &str, day: u8, arrests: &str| {
        format!(
            "{city}, {day} March 2023 – Police made {arrests} arrests in 12 countries during Operation Gatekeeper IV.\n\n\
             “Nobody is out of reach,” said Marta Quiroga Salinas, director of the operation.\n"
        )
    };
    dir.write("in/a.txt", said("LYON, France", 21, "1,200"));
    dir.write("in/b.txt", said("LIMA, Peru", 22, "1.2 million"));
    let source = |id: &str| {
        format!(
            "\n[[source]]\nid = \"{id}\"\nfile = \"../in/{id}.txt\"\npublisher = \"{id}\"\nlanguage = \"en\"\n[source.report]\n"
        )
    };
    dir.edit("pipelines/test.toml", "\n[export]", &format!("{}{}\n[export]", source("a"), source("b")));
    dir.quipu(&RUN).expect(0).says(&["corroboration: 1 events"]);
    let events = rows(&table(&dir, "test", "occurrence"), &["kind", "name", "edition", "documents", "sources"]);
    assert_eq!(events, [["operation", "Gatekeeper", "4", "2", "2"]]);
    let agreed = rows(&table(&dir, "test", "claim"), &["unit", "value", "agreeing"]);
    assert!(agreed.contains(&vec!["country".to_owned(), "12.0000".to_owned(), "2".to_owned()]), "{agreed:?}");
    let conflicts = rows(&table(&dir, "test", "conflict"), &["cause", "counted"]);
    assert!(conflicts.iter().any(|row| row[0] == "scale" && row[1] == "arrest"), "{conflicts:?}");
    // None of it is written into the tables of what was read.
    let figures = rows(&table(&dir, "test", "figure"), &["basis"]);
    assert!(figures.iter().all(|row| row[0] == "stated"), "{figures:?}");
}

#[test]
fn figures_of_reports_are_held_against_statistics() {
    let dir = dir();
    dir.write(
        "in/a.txt",
        "MONTEVIDEO, Uruguay, 21 March 2023 – The homicide rate in Uruguay was 8.9 per 100,000 inhabitants in 2021, \
         the ministry said.\n\nThe homicide rate in Argentina was 5.3 per 100,000 inhabitants in 2021.\n\n\
         Police in Chile put the homicide rate of 2020 at about 5 per 100,000 inhabitants.\n",
    );
    let source = "\n[[source]]\nid = \"a\"\nfile = \"../in/a.txt\"\npublisher = \"a\"\nlanguage = \"en\"\n\
                  marking = \"TLP:AMBER\"\n[source.report]\n\n[export]";
    dir.edit("pipelines/test.toml", "\n[export]", source);
    dir.quipu(&RUN).expect(0).says(&["year-off-by-one"]);
    let conflicts = rows(
        &table(&dir, "test", "conflict"),
        &["right_table", "indicator", "ref_area", "left_dataset", "left_text", "right_text", "cause", "marking"],
    );
    let prose: Vec<_> = conflicts.iter().filter(|row| row[0] == "figure").map(|row| row[2..].join("|")).collect();
    // Rounding is no disagreement: 8.9 is INSTITUTE's 8.94, and "about 5" allows 4.8.
    let expected = [
        "AR|INSTITUTE|0.0462|5.3 per 100,000 inhabitants|year-off-by-one|TLP:AMBER H1",
        "AR|POLICE|4.62|5.3 per 100,000 inhabitants|year-off-by-one|TLP:AMBER",
        "UY|POLICE|8.5|8.9 per 100,000 inhabitants|sources-differ|TLP:AMBER",
    ];
    assert_eq!(prose, expected, "{conflicts:#?}");
    let claims = rows(&table(&dir, "test", "claim"), &["subject", "value", "statistics", "statistics_agreeing"]);
    assert!(claims.iter().any(|row| row[0].starts_with("UY 0101 2021") && row[2..] == ["2", "1"]), "{claims:?}");
    dir.quipu(&["verify", "pipelines/test.toml"]).expect(0);
}
