use std::path::Path;

use super::{Contract, Policy};
use super::{Interpreter, Origin, Pick, Pipeline, SourceKind, TakeFrom};

const GOOD: &str = r#"
[pipeline]
name = "demo"
reference = "../data/reference"
store = "../store"

[[source]]
id = "wb"
file = "in/*.csv"
marking = "TLP:GREEN"
[source.csv]
header = ["Country Code"]
missing = { "" = "O", "x" = "Q" }
[source.observe]
dataset = "WDI"
indicator = "homicide-rate"
ref_area = { column = "Country Code", codes = "area", scheme = "worldbank" }
unit = "per-100k"
freq = "A"
period = { year = { header = true } }
values = { pattern = '\d{4}' }
vintage = { preamble = "Last Updated Date" }
breakdown = { ley = { columns = ["A", "B"], join = "/" } }

[[source]]
id = "checks"
http = { url = "https://example.org/c.csv", tries = 2 }
[source.rows]
table = "check"
[source.rows.columns]
check_id = { column = "id" }
key_kind = "vin"
key_raw = { column = "vin" }
purpose = "identify"
asked_by = "CL"

[screen]
kinds = ["vin"]

[export]
to = "../release"
title = "Demo"
partition = { observation = ["dataset"] }
"#;

fn parse(text: &str) -> Result<Pipeline, String> {
    Pipeline::parse(Path::new("dir/p.toml"), text)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_whole_file_is_read_as_written() {
    let pipeline = parse(GOOD).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(pipeline.reference, Path::new("data/reference"));
    let wb = pipeline.source("wb").expect("source");
    assert!(matches!(&wb.kind, SourceKind::File(f) if f.path == Path::new("dir/in/*.csv")));
    let Interpreter::Observe(observe) = &wb.interpreter else { panic!("not observe") };
    assert!(matches!(&observe.measures[0].values, Pick::Pattern(p) if p.value == r"\d{4}"));
    assert!(observe.columns.iter().any(|(name, origin)| *name == "vintage"
        && matches!(origin, Origin::Read(take) if matches!(take.from, TakeFrom::Preamble(_)))));
    let checks = pipeline.source("checks").expect("source");
    assert!(
        matches!(&checks.kind, SourceKind::Http(h) if h.reach.limits.tries == 2 && h.reach.limits.max_redirects == 5)
    );
    assert_eq!(pipeline.export.expect("export").partition[0].1, ["dataset"]);
}

#[test]
fn grades_are_those_of_all_databases_or_of_one() {
    let screen = |lines: &str| parse(&GOOD.replace("kinds = [\"vin\"]", lines)).expect("read").screen.expect("screen");
    let told = screen("grades = \"exact\"\ndatabase_grades = { SMV = [\"exact\", \"near\"], TDAWN = [] }");
    assert_eq!(told.grades, ["exact"]);
    let of = |name: &str, grades: &[&str]| (name.to_owned(), grades.iter().map(|&grade| grade.to_owned()).collect());
    assert_eq!(told.database_grades, [of("SMV", &["exact", "near"]), of("TDAWN", &[])]);
    let silent = screen("");
    assert!(silent.grades.is_empty() && silent.database_grades.is_empty());
}

#[test]
fn comments_and_layout_do_not_change_a_part_but_values_do() {
    let part = |text: &str| parse(text).unwrap_or_else(|e| panic!("{e}")).source("wb").map(|s| s.part);
    let commented = GOOD.replace("unit = \"per-100k\"", "# why\n\nunit    = \"per-100k\" # note");
    assert_eq!(part(GOOD), part(&commented));
    assert_ne!(part(GOOD), part(&GOOD.replace("freq = \"A\"", "freq = \"M\"")));
}

/// Each mistake: what to replace, by what, and what the message must say, place included.
const MISTAKES: [(&str, &str, &[&str]); 17] = [
    ("freq = \"A\"", "frq = \"A\"", &["dir/p.toml:19:1: unknown key `frq`", "did you mean `freq`?"]),
    ("freq = \"A\"", "freq = \"Y\"", &["dir/p.toml:19:8: `Y` is not a value of `freq`"]),
    ("freq = \"A\"", "freq = 3", &["dir/p.toml:19:8: `freq` must be a text"]),
    ("codes = \"area\"", "codes = \"aera\"", &["17:47: `aera` is not a reference list", "did you mean `area`?"]),
    ("unit = \"per-100k\"\n", "", &["has no `unit`"]),
    ("table = \"check\"", "table = \"chekc\"", &["there is no table `chekc`", "did you mean `check`?"]),
    ("key_raw =", "key_rwa =", &["`check` has no column `key_rwa`", "did you mean `key_raw`?", "has no `key_raw`"]),
    ("id = \"checks\"", "id = \"wb\"", &["two sources have the id `wb`"]),
    ("kinds = [\"vin\"]", "kinds = [\"vim\"]", &["`vim` is not a kind of key", "did you mean `vin`?"]),
    (
        "kinds = [\"vin\"]",
        "grades = [\"near\", \"confusible\"]",
        &["38:19: `confusible` is not a grade", "`confusable`?"],
    ),
    ("kinds = [\"vin\"]", "grades = []", &["`grades` names no grade"]),
    (
        "kinds = [\"vin\"]",
        "database_grades = { SMV = [\"exact\", 3] }",
        &["38:37: the grades of a database are a list"],
    ),
    ("kinds = [\"vin\"]", "database_grades = { SMV = \"same\" }", &["38:27: `same` is not a grade"]),
    ("observation = [\"dataset\"]", "observation = [\"datset\"]", &["no column `datset`", "did you mean `dataset`?"]),
    ("'\\d{4}'", "'(\\d'", &["no regular expression"]),
    ("\"TLP:GREEN\"", "\"TLP:PINK\"", &["`marking`: `TLP:PINK` is not a TLP 2.0 label"]),
    ("[screen]", "[screen", &["dir/p.toml:37:8: unclosed table"]),
];

#[test]
fn mistakes_name_their_place_and_what_was_meant() {
    for (from, to, expected) in MISTAKES {
        assert!(GOOD.contains(from), "the good file no longer holds {from}");
        let message = parse(&GOOD.replacen(from, to, 1)).expect_err(from);
        for part in expected {
            assert!(message.contains(part), "for `{to}` expected `{part}` in:\n{message}");
        }
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = GOOD.replace("freq = \"A\"", "frq = \"A\"").replace("kinds = ", "kind = ");
    let problems = Pipeline::parse(Path::new("p.toml"), &text).expect_err("two mistakes");
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn an_empty_file_says_what_is_needed() {
    let message = parse("").expect_err("empty");
    assert!(message.contains("has no `pipeline`") && message.contains("has no `source`"), "{message}");
}

#[test]
fn paths_are_seen_from_the_file_and_kept_short() {
    let joined = |base: &str, path: &str| super::join(Path::new(base), path).display().to_string();
    assert_eq!(joined("pipelines", "../release"), "release");
    assert_eq!(joined("", "../release"), "../release");
    assert_eq!(joined("a/b", "./c/../../d/*.csv"), "a/d/*.csv");
    assert_eq!(joined("a", "/srv/x"), "/srv/x");
    assert_eq!(joined("..", "../x"), "../../x");
    assert_eq!(joined("a", ".."), ".");
}

#[test]
fn cells_of_the_contract_that_mean_nothing_say_why_and_the_rest_is_read() {
    let observed = |general: &str, own: &str| {
        let text = format!(
            "[pipeline]\nname = \"p\"\nreference = \"r\"\n{general}\n[[source]]\nid = \"a\"\nfile = \"a\"\n[source.contract]\n{own}\n\
             [source.observe]\ndataset = \"D\"\nindicator = \"i\"\nunit = \"u\"\nref_area = \"AR\"\nvalues = \"n\"\nperiod = {{ year = {{ column = \"y\" }} }}\n"
        );
        Pipeline::parse(Path::new("p.toml"), &text)
    };
    let contract = |general: &str, own: &str| {
        observed(general, own).unwrap_or_else(|problems| panic!("{problems:?}")).sources.remove(0).contract
    };
    let impossible = [
        ("table", "discard-row"),
        ("table", "discard-value"),
        ("column", "discard-row"),
        ("code", "evolve"),
        ("code", "discard-value"),
    ];
    for thing in ["table", "column", "type", "code"] {
        for policy in ["evolve", "freeze", "discard-row", "discard-value"] {
            let line = format!("{thing} = \"{policy}\"");
            let read = observed("", &line);
            if !impossible.contains(&(thing, policy)) {
                assert!(read.is_ok(), "{line}: {read:?}");
                continue;
            }
            let problems = read.expect_err("a cell that means nothing");
            let message = format!("`{thing}` cannot be `{policy}` for rows of `observation`");
            assert!(problems[0].message == message && problems[0].help.is_some(), "{problems:?}");
        }
    }
    // What a source does not say stands for its table; what neither says is as ever.
    let general = "[contract.observation]\ncolumn = \"evolve\"\ntype = \"freeze\"\n";
    let read = contract(general, "type = \"discard-value\"");
    assert_eq!((read.column, read.kind, read.code), (Policy::Evolve, Policy::DiscardValue, Policy::DiscardRow));
    assert_eq!(contract("", ""), Contract::default());
    let part = |general: &str| observed(general, "").expect("read").sources.remove(0).part;
    assert_ne!(part(general), part(""), "a source is read anew where its contract changes");
    let problems = observed("[contract.observations]\ncolumn = \"evolve\"\n", "").expect_err("no such table");
    assert!(problems[0].help.as_deref().is_some_and(|help| help.contains("observation")), "{problems:?}");
}
