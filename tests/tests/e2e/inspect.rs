//! `inspect`: a publication that no pipeline file describes, up to where its values come from.

use quipu_tests::Dir;

const FILE: &str = "data/samples/peru/denuncias_2023.csv";
const DRAFT: &str = "pipelines/peru.toml";

#[test]
fn a_new_publisher_from_the_bare_file_to_the_place_of_a_value() {
    let dir = Dir::with_samples();
    let told = dir.quipu(&["inspect", FILE]).expect(0);
    for part in ["windows-1252", "header   row 5", "Departamento", "the list area", "`s/d`", "totals", "below"] {
        assert!(told.stdout.contains(part), "`{part}` in\n{}", told.stdout);
    }
    assert!(!dir.path(DRAFT).exists(), "nothing is written unless it is asked for");

    dir.quipu(&["inspect", FILE, "--write", DRAFT]).expect(0).says(&["wrote pipelines/peru.toml"]);
    let draft = String::from_utf8(dir.read(DRAFT)).expect("text");
    for part in ["file = \"../data/samples/peru/denuncias_2023.csv\"", "reference = \"../data/reference\"", "DECIDE"] {
        assert!(draft.contains(part), "`{part}` in\n{draft}");
    }
    dir.quipu(&["check", DRAFT]).expect(0).says(&["right (1 sources)"]);

    // A person's work is not written over.
    dir.quipu(&["inspect", FILE, "--write", DRAFT]).expect(2).says(&["not written over", "--force"]);
    assert_eq!(dir.read(DRAFT), draft.as_bytes());
    dir.quipu(&["inspect", FILE, "--write", DRAFT, "--force"]).expect(0);
    assert_eq!(dir.read(DRAFT), draft.as_bytes(), "the same file gives the same draft");

    dir.edit(DRAFT, "indicator = \"police-reports\"", "indicator = \"offences-recorded\"");
    dir.quipu(&["run", DRAFT]).expect(0).says(&["576 published", "48 unknown-code"]);
    let key = "ref_area=PE-PUN,time_start=2023-05-01,breakdown=delito=Homicidio";
    let traced = dir.quipu(&["trace", "observation", key]).expect(0);
    assert!(traced.stdout.contains("column=May") && traced.stdout.contains("the published text"), "{}", traced.stdout);
    dir.assert_whole();
}

#[test]
fn it_tells_programs_and_refuses_what_is_no_table() {
    let dir = Dir::with_samples();
    let told = dir.quipu(&["inspect", FILE, "--format", "json"]).expect(0);
    let told: serde_json::Value = serde_json::from_str(told.stdout.trim()).expect("JSON");
    assert_eq!(told["tables"][0]["header_row"], 5);
    assert_eq!(told["tables"][0]["columns"][0]["role"], "area");
    dir.write("drops/prose.txt", "No table.\nNone at all.\n");
    dir.quipu(&["inspect", "drops/prose.txt"]).expect(5).says(&["nothing like a table"]);
    dir.quipu(&["inspect", "drops/none.csv"]).expect(3).says(&["none.csv"]);
    dir.quipu(&["inspect", FILE, "--force"]).expect(2);
}
