//! `quipu codes`: labels that no list knows, the lines they need, and what a label means.

use std::fmt::Write as _;

use quipu_tests::{Dir, Ended};
use serde_json::Value;

use crate::small::{self, rows, run};

const SUGGEST: [&str; 3] = ["codes", "suggest", "pipelines/test.toml"];
const ALIASES: &str = "data/reference/area_alias.csv";

#[track_caller]
fn suggest(dir: &Dir, more: &[&str]) -> Ended {
    dir.quipu(&[&SUGGEST[..], more].concat()).expect(0)
}

/// Departments of one country, two of them misspelt: one by punctuation, one by a letter, one by both.
fn dir_with_departments() -> Dir {
    let mut text = rows(0);
    for (year, area) in [
        (2010, "Boyaca"),
        (2010, "Norte-de-Santander"),
        (2011, "Norte-de-Santander"),
        (2010, "Cundinamarka"),
        (2010, "Antioqia Dept."),
        (2010, "Mordor"),
    ] {
        let _ = writeln!(text, "{area},{year},9");
    }
    let dir = small::dir_with_odd(
        text.replace("AR,", "CO-CAL,")
            .replace("BR,", "CO-CES,")
            .replace("CL,", "CO-CHO,")
            .replace("MX,", "CO-HUI,")
            .replace("PE,", "CO-MET,"),
    );
    dir.edit("pipelines/test.toml", "\n[export]", "\n[source.expect]\nquarantine_max = \"20 %\"\n\n[export]");
    dir.edit("pipelines/test.toml", "id = \"odd\"", "id = \"odd\"\nlanguage = \"es\"");
    run(&dir).expect(0);
    dir
}

fn by_label<'e>(events: &'e [Value], label: &str) -> &'e Value {
    events.iter().find(|event| event["label"] == label).unwrap_or_else(|| panic!("no {label} in {events:?}"))
}

#[test]
fn sure_lines_are_written_once_the_others_are_left_to_a_person_and_a_replay_publishes() {
    let dir = dir_with_departments();
    let before = String::from_utf8(dir.read(ALIASES)).expect("text");
    let suggested = suggest(&dir, &["--format", "json"]);
    let events = suggested.events_named("code_suggested");
    assert_eq!(events.len(), 4, "Boyaca differs by an accent alone and is known: {events:?}");
    let first = &events[0];
    assert_eq!((&first["label"], &first["values"]), (&"Norte-de-Santander".into(), &2.into()), "most values first");
    assert_eq!((&first["sure"], &first["table"]), (&true.into(), &"area_alias".into()));
    assert!(
        first["line"].as_str().expect("a line").starts_with("CO-NSA,es,Norte-de-Santander,unverified: "),
        "{first}"
    );
    let letter = by_label(&events, "Cundinamarka");
    assert_eq!((&letter["sure"], &letter["candidates"][0]["code"]), (&true.into(), &"CO-CUN".into()));
    let unsure = by_label(&events, "Antioqia Dept.");
    assert_eq!((&unsure["sure"], &unsure["line"]), (&false.into(), &",es,Antioqia Dept.,printed by odd".into()));
    assert_eq!(unsure["candidates"][0]["code"], "CO-ANT", "{unsure}");
    let nothing = by_label(&events, "Mordor");
    assert_eq!(nothing["sure"], false);
    let finished = suggested.events().pop().expect("a last line");
    assert_eq!(
        (&finished["event"], &finished["sure"], &finished["written"]),
        (&"codes_finished".into(), &2.into(), &0.into())
    );
    assert_eq!(String::from_utf8(dir.read(ALIASES)).expect("text"), before, "nothing is written unasked");

    // As people see it: nothing but the sure lines is data.
    let people = suggest(&dir, &[]);
    let lines: Vec<&str> = people.stdout.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 2, "{}", people.stdout);

    let written = suggest(&dir, &["--write"]).says(&["2 lines added", "quipu quarantine replay pipelines/test.toml"]);
    assert!(written.stdout.contains("Mordor"));
    let after = String::from_utf8(dir.read(ALIASES)).expect("text");
    let new: Vec<&str> = after.lines().filter(|line| !before.lines().any(|known| known == *line)).collect();
    assert_eq!(new.len(), 2, "{new:?}");
    assert!(new.iter().all(|line| line.contains("unverified")), "{new:?}");
    let kept: Vec<&str> = after.lines().filter(|line| !new.contains(line)).collect();
    assert_eq!(kept, before.lines().collect::<Vec<_>>(), "every other line stands where it stood");
    let again = suggest(&dir, &["--write", "--format", "json"]);
    assert_eq!(again.events_named("code_suggested").len(), 2, "what is in the lists is not suggested again");
    assert_eq!(String::from_utf8(dir.read(ALIASES)).expect("text"), after);

    let replayed = dir.quipu(&["quarantine", "replay", "pipelines/test.toml", "--format", "json"]).expect(0);
    let finished = replayed.event("replay_finished");
    assert_eq!((&finished["published"], &finished["still_refused"]), (&3.into(), &2.into()));
    assert_eq!(finished["beside"], 0);
}

#[test]
fn crimes_and_codes_of_a_scheme_go_to_their_own_lists_and_a_person_decides_on_crimes() {
    let dir = small::dir();
    dir.write("in/odd.csv", "prov,delito,year,n\n2,15,2020,1\n2,15.,2021,1\n2,Robo en banda,2020,1\n99,15,2020,1\n");
    dir.edit(
        "pipelines/test.toml",
        "dataset = \"ODD\"\nindicator = \"offences-recorded\"\ncrime = \"0101\"\nunit = \"offence\"\nref_area = { column = \"area\", codes = \"area\" }\nperiod = { year = { column = \"year\" } }\nvalues = [\"offences\"]",
        "dataset = \"ODD\"\nindicator = \"offences-recorded\"\nunit = \"offence\"\n\
         crime = { column = \"delito\", codes = \"crime\", scheme = \"ar-snic\" }\n\
         ref_area = { column = \"prov\", codes = \"area\", scheme = \"indec\" }\n\
         period = { year = { column = \"year\" } }\nvalues = [\"n\"]\n[source.expect]\nquarantine_max = \"80 %\"",
    );
    run(&dir).expect(0);
    let events = suggest(&dir, &["--format", "json"]).events_named("code_suggested");
    assert_eq!(events.len(), 3, "{events:?}");
    assert_eq!(by_label(&events, "99")["line"], "indec,99,,printed by odd");
    let crime = by_label(&events, "Robo en banda");
    assert_eq!((&crime["line"], &crime["sure"]), (&"ar-snic,Robo en banda,,?,printed by odd".into(), &false.into()));
    assert!(!crime["candidates"].as_array().expect("a list").is_empty(), "{crime}");
    let only = suggest(&dir, &["--list", "area", "--format", "json"]).events_named("code_suggested");
    assert_eq!(only.len(), 1);
    dir.quipu(&["codes", "suggest", "pipelines/test.toml", "--list", "aera"]).expect(2).says(&["did you mean `area`?"]);
}

#[test]
fn nothing_to_suggest_is_no_failure() {
    let dir = small::dir();
    run(&dir).expect(0);
    suggest(&dir, &["--write"]).says(&["no label in quarantine is unknown"]);
    let finished = suggest(&dir, &["--format", "json"]).event("codes_finished");
    assert_eq!((&finished["labels"], &finished["written"]), (&0.into(), &0.into()));
}

#[test]
fn a_label_is_looked_up_with_where_it_stands_or_with_its_neighbours() {
    let dir = small::dir();
    let lookup = |arguments: &[&str]| dir.quipu(&[&["codes", "lookup"], arguments].concat());
    let known = lookup(&["cundinamarca"]).expect(0);
    assert!(known.stdout.contains("area: 1.00 CO-CUN Cundinamarca (name_en)"), "{}", known.stdout);
    let scheme = lookup(&["15", "--list", "crime", "--scheme", "ar-snic", "--format", "json"]).expect(0);
    let found = scheme.event("code_found");
    assert_eq!((&found["known"]["code"], &found["known"]["match"]), (&"0401".into(), &"narrow".into()), "{found}");
    let unknown = lookup(&["Cundinamarka", "--pipeline", "pipelines/test.toml", "--list", "area"]).expect(0);
    assert!(unknown.stdout.starts_with("no list knows `Cundinamarka`; the nearest:\n  area: 0."), "{}", unknown.stdout);
    assert!(unknown.stdout.contains("CO-CUN"), "{}", unknown.stdout);
    lookup(&["15", "--scheme", "ar-snik"]).expect(2).says(&["did you mean `ar-snic`?"]);
}
