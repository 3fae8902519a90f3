//! Publications that no pipeline file describes: each is inspected, a pipeline file is drafted, and
//! the draft as it is reads the publication. What comes out is measured, file by file.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::format_push_string,
    clippy::cast_precision_loss,
    reason = "a test fails by panicking, and counts are small"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::{AnyValue, DataFrame};
use quipu_schema::pipeline::Pipeline;
use quipu_transform::inspect::{self, Draft, Inspection, Naming};
use quipu_transform::readers::Content;
use quipu_transform::{Reference, Transformed, transform_source};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn reference() -> Reference {
    Reference::load(&root().join("data/reference")).unwrap_or_else(|fault| panic!("{fault}"))
}

fn drafted(name: &str, bytes: &[u8], reference: &Reference) -> quipu_schema::Result<(Inspection, Draft)> {
    let content = Content::Memory(bytes);
    let inspection = inspect::inspect(name, content, reference)?;
    let stem = Path::new(name).file_stem().expect("a name").to_string_lossy().into_owned();
    let naming = Naming {
        name: inspect::slug_of(&stem),
        file: name.to_owned(),
        reference: root().join("data/reference").to_string_lossy().into_owned(),
        store: "store".to_owned(),
    };
    let draft = inspection.draft(&naming, Path::new("draft.toml"), content, reference)?;
    Ok((inspection, draft))
}

/// Reads a document by all sources of a draft.
fn read(draft: &Draft, name: &str, bytes: &[u8], reference: &Reference) -> Vec<Result<Transformed, String>> {
    let pipeline =
        Pipeline::parse(Path::new("draft.toml"), &draft.text).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(reference.dangling(&pipeline).is_empty(), "the draft names codes that are not there");
    let sources = pipeline.sources.iter();
    sources.map(|source| transform_source(source, &[(name, bytes)], reference).map_err(|f| f.to_string())).collect()
}

fn observations(made: &Transformed) -> &DataFrame {
    made.tables.iter().find(|(table, _)| table.name == "observation").map(|(_, frame)| frame).expect("observations")
}

fn cell(frame: &DataFrame, column: &str, row: usize) -> Option<String> {
    match frame.column(column).and_then(|c| c.get(row)).expect("cell") {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(text.to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    }
}

/// Files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The spot values of a published file.
fn spots() -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(root().join("crates/transform/tests/published_spots.csv")).expect("spots");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("header").split(',').collect();
    let cells = |line: &str| {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    };
    lines.map(|line| names.iter().map(ToString::to_string).zip(cells(line)).collect()).collect()
}

/// Rows of an observation table by what a spot asks for.
struct Row {
    area: String,
    start: String,
    rest: String,
    labels: Vec<String>,
    value: f64,
    total: bool,
}

fn rows(frame: &DataFrame) -> Vec<Row> {
    let values = frame.column("value").expect("value").f64().expect("numbers").clone();
    (0..frame.height())
        .map(|row| {
            let get = |column: &str| cell(frame, column, row).unwrap_or_default();
            let breakdown = get("breakdown");
            let decoded = |piece: &str| piece.replace("%3B", ";").replace("%3D", "=").replace("%25", "%");
            let labels =
                breakdown.split(';').filter_map(|p| p.split_once('=')).map(|(_, label)| decoded(label)).collect();
            Row {
                area: get("ref_area"),
                start: get("time_start"),
                rest: format!("{} {} {}", get("indicator"), get("sex"), get("crime")),
                labels,
                value: values.get(row).unwrap_or(f64::NAN),
                total: get("is_total") == "true",
            }
        })
        .collect()
}

/// Whether a draft reaches a figure: one value of the area and period is it, or the sum over areas and
/// the parts of the period, of the rows that share a label and kind.
fn reaches(rows: &[Row], spot: &BTreeMap<String, String>) -> bool {
    let wanted: Vec<&str> =
        spot["breakdown"].split(';').filter_map(|p| p.split_once('=')).map(|(_, label)| label).collect();
    let meant = |row: &&Row| {
        (spot["ref_area"].is_empty() || row.area == spot["ref_area"])
            && row.start.starts_with(&spot["period"])
            && wanted.iter().all(|label| row.labels.iter().any(|own| own == label))
    };
    let near = |value: f64| {
        spot["expected"].parse().is_ok_and(|expected: f64| (value - expected).abs() <= 1e-9 * expected.abs())
    };
    let meant: Vec<&Row> = rows.iter().filter(meant).collect();
    if spot["expected"] == "null" {
        return meant.iter().any(|row| row.value.is_nan());
    }
    if meant.iter().any(|row| near(row.value)) {
        return true;
    }
    let mut sums: BTreeMap<(String, bool), f64> = BTreeMap::new();
    for row in meant.iter().filter(|row| row.value.is_finite()) {
        for label in row.labels.iter().map(String::as_str).chain([""]) {
            for rest in [row.rest.as_str(), ""] {
                for totals in [true, false] {
                    if totals || !row.total {
                        *sums.entry((format!("{label}|{rest}"), totals)).or_default() += row.value;
                    }
                }
            }
        }
    }
    sums.into_values().any(near)
}

fn measure(folder: &Path, reference: &Reference, with_spots: bool) -> Vec<(String, f64, usize, usize)> {
    let spots = spots();
    let mut out = Vec::new();
    println!("{:<52} {:>9} {:>9} {:>7} {:>7}  spots", "file", "read", "published", "refused", "ignored");
    for path in files(folder) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "md") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let (_, draft) = match drafted(&name, &bytes, reference) {
            Ok(drafted) => drafted,
            Err(fault) => {
                println!("{name:<52} {}", fault.to_string().lines().next().unwrap_or_default());
                out.push((name, -1.0, 0, 0));
                continue;
            }
        };
        if let Ok(folder) = std::env::var("QUIPU_DRAFTS") {
            std::fs::write(Path::new(&folder).join(format!("{name}.toml")), &draft.text).expect("written");
        }
        let (mut all, mut published, mut refused, mut ignored) = (0, 0, 0, 0);
        let mut found = Vec::new();
        for made in read(&draft, &name, &bytes, reference) {
            match made {
                Ok(made) => {
                    all += made.tally.read;
                    published += made.tally.published;
                    refused += made.tally.quarantined_total();
                    ignored += made.tally.ignored_total();
                    if with_spots {
                        found.extend(rows(observations(&made)));
                    }
                }
                Err(fault) => println!("    {fault}"),
            }
        }
        let document = path.strip_prefix(folder).expect("in the folder").to_string_lossy().into_owned();
        let own: Vec<_> = spots.iter().filter(|spot| spot["document"] == document).collect();
        let reached = own.iter().filter(|spot| reaches(&found, spot)).count();
        println!("{name:<52} {all:>9} {published:>9} {refused:>7} {ignored:>7}  {reached} of {}", own.len());
        out.push((name, (published + ignored) as f64 / all.max(1) as f64, reached, own.len()));
    }
    out
}

#[test]
fn drafts_for_published_files_read_them() {
    let folder = root().join("../shared/data/published");
    if !folder.is_dir() {
        println!("skipped: the published files are not there");
        return;
    }
    let measured = measure(&folder, &reference(), true);
    let (mut reached, mut figures) = (0, 0);
    for (_, _, own, of) in &measured {
        (reached, figures) = (reached + own, figures + of);
    }
    println!("drafts reach {reached} of {figures} figures");
    assert!(figures > 0 && reached * 100 >= figures * 84, "drafts reach {reached} of {figures} figures");
}

#[test]
fn drafts_for_our_samples_read_them() {
    let samples = root().join("data/samples");
    for folder in ["argentina", "mexico", "peru", "worldbank"] {
        for (name, share, ..) in measure(&samples.join(folder), &reference(), false) {
            assert!(share > 0.9, "{name}: {share}");
        }
    }
}

/// What a draft makes of a text that was made up for a test.
fn made(name: &str, bytes: &[u8]) -> (String, Draft, Transformed) {
    let reference = reference();
    let (inspection, draft) = drafted(name, bytes, &reference).unwrap_or_else(|fault| panic!("{fault}"));
    let told = inspect::text(&inspection, Some(&draft));
    let mut all = read(&draft, name, bytes, &reference);
    assert_eq!(all.len(), 1, "one source\n{}", draft.text);
    let made = all.remove(0).unwrap_or_else(|fault| panic!("{fault}\n{}", draft.text));
    // The same bytes give the same words.
    let (again, second) = drafted(name, bytes, &reference).expect("again");
    assert_eq!((inspect::text(&again, Some(&second)), &second.text), (told.clone(), &draft.text));
    let json = inspect::json(&again, Some(&second)).expect("JSON");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(json["tables"].as_array().is_some_and(|tables| !tables.is_empty()), "{json}");
    (told, draft, made)
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect()
}

#[track_caller]
fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` in\n{text}");
    }
}

/// The value of an area in the period that starts on a day, with this text in its breakdown.
#[track_caller]
fn one(made: &Transformed, area: &str, start: &str, label: &str) -> f64 {
    let frame = observations(made);
    let meant = |row: &usize| {
        cell(frame, "ref_area", *row).as_deref() == Some(area)
            && cell(frame, "time_start", *row).as_deref() == Some(start)
            && cell(frame, "breakdown", *row).is_some_and(|text| text.contains(label))
    };
    let rows: Vec<usize> = (0..frame.height()).filter(meant).collect();
    assert_eq!(rows.len(), 1, "{area} {start} {label}: {frame:?}");
    frame.column("value").expect("value").f64().expect("numbers").get(rows[0]).unwrap_or(f64::NAN)
}

#[test]
fn blocks_with_totals_in_spanish() {
    let bytes = std::fs::read(root().join("data/samples/peru/denuncias_2023.csv")).expect("the sample");
    let (told, draft, made) = made("denuncias_2023.csv", &bytes);
    holds(&told, &["windows-1252", "header   row 5", "one per month", "`TOTAL`", "below    row", "Fuente"]);
    holds(
        &draft.text,
        &[
            "fill_down = [\"Departamento\"]",
            "codes = \"area\"",
            "month = { header = true }",
            "footer = ",
            "\"TOTAL\" = \"PE\"",
            "\"Total\"",
            "not known, and to quarantine: `Lima Provincias`",
        ],
    );
    // Two values without data, one with a mark; one department that no list knows goes to quarantine.
    assert_eq!(made.tally.quarantined_total(), 4 * 12, "{}", made.tally);
    assert_eq!(made.tally.published, (12 - 1 + 1) * 4 * 12, "{}", made.tally);
    let frame = observations(&made);
    let totals = (0..frame.height()).filter(|row| cell(frame, "is_total", *row).as_deref() == Some("true")).count();
    assert_eq!(totals, 4 * 12, "the country's rows are totals");
    let sum = |area: &str| one(&made, area, "2023-03-01", "Hurto");
    assert!(sum("PE") > sum("PE-PIU") && sum("PE-PIU") > 0.0);
}

#[test]
fn months_across_with_decimal_commas_in_portuguese() {
    let mut text = String::from("UF;Indicador;janeiro;fevereiro;março;abril\n");
    for (uf, values) in [
        ("SP", "12,5;11,25;1.310,75;9,0"),
        ("RJ", "22,5;21,25;20,75;-"),
        ("BA", "32,5;31,25;30,75;8,5"),
        ("RS", "7,5;6,25;5,75;4,5"),
    ] {
        text.push_str(&format!("{uf};Taxa de homicídio por 100 mil;{values}\n"));
    }
    let (told, draft, made) = made("taxas_2021.csv", &latin_1(&text));
    holds(&told, &["decimal ','", "`2021` in the name of the file"]);
    holds(&draft.text, &["scheme = \"br-uf\"", "per-100k", "homicide-rate", "document = true"]);
    assert_eq!(made.tally.published, 16, "{}", made.tally);
    assert!((one(&made, "BR-SP", "2021-03-01", "") - 1310.75).abs() < 1e-9);
}

#[test]
fn spaces_for_thousands_and_nd_in_french() {
    let text = "Source : observatoire d'exemple\n\nPays;Année;Faits constatés;Taux pour 100 000 habitants\n\
        France;2019;1 204 310;12,5\nBelgique;2019;204 310;nd\nSuisse;2019;41 200;8,25\nLuxembourg;2019;nd;7,5\n\
        France;2020;1 104 310;11,5\nBelgique;2020;194 310;10,5\nSuisse;2020;40 100;8,0\nLuxembourg;2020;5 120;7,0\n";
    let (told, draft, made) = made("faits.csv", text.as_bytes());
    holds(&told, &["header   row 3", "missing: `nd`", "thousands"]);
    holds(&draft.text, &["language = \"fr\"", "year = { column = \"Année\" }", "offences-rate", "offences-recorded"]);
    assert_eq!((made.tally.published, made.tally.quarantined_total()), (16, 0), "{}", made.tally);
    let frame = observations(&made);
    let value = |row: usize| frame.column("value").expect("value").f64().expect("numbers").get(row);
    assert!((0..frame.height()).any(|row| value(row) == Some(1_204_310.0)));
}

#[test]
fn an_envelope_of_json() {
    let text = r#"{"title":"Seizures","updated":"2024-02-01","data":[
        {"country":{"code":"CHL","name":"Chile"},"year":2021,"firearms seized":120,"note":null},
        {"country":{"code":"PER","name":"Peru"},"year":2021,"firearms seized":340,"note":null},
        {"country":{"code":"CHL","name":"Chile"},"year":2022,"firearms seized":95,"note":null},
        {"country":{"code":"PER","name":"Peru"},"year":2022,"firearms seized":310,"note":null}]}"#;
    let (_, draft, made) = made("seizures.json", text.as_bytes());
    holds(&draft.text, &["records = \"/data\"", "arms-seized", "\"country.code\"", "year = { column = \"year\" }"]);
    assert_eq!(made.tally.published, 4);
    assert!((one(&made, "PE", "2022-01-01", "") - 310.0).abs() < 1e-9);
}

#[test]
fn two_rows_of_header_in_a_page() {
    let text = "<!doctype html><html><body><h1>Homicides</h1><table>\
        <tr><th rowspan=2>Country</th><th colspan=2>2019</th><th colspan=2>2020</th></tr>\
        <tr><th>Count</th><th>Rate</th><th>Count</th><th>Rate</th></tr>\
        <tr><td>Chile</td><td>845</td><td>4.4</td><td>939*</td><td>4.8</td></tr>\
        <tr><td>Peru</td><td>2,500</td><td>7.6</td><td>x</td><td>5.4</td></tr>\
        <tr><td>Bolivia</td><td>1,020</td><td>8.8</td><td>&lt;5</td><td>6.1</td></tr></table></body></html>";
    let (told, draft, made) = made("homicides.html", text.as_bytes());
    holds(&told, &["row 1, 2 rows", "bounds: `<5`", "marks behind numbers: `939*`"]);
    holds(&draft.text, &["header_rows = 2", r"\d{4} / Count", r"\d{4} / Rate", "homicide-rate", "homicide-victims"]);
    assert_eq!((made.tally.published, made.tally.quarantined_total()), (12, 0), "{}", made.tally);
}

#[test]
fn records_of_persons_are_added_up_and_not_shown() {
    let mut text = String::from("fecha_hecho,departamento,nombre de la victima,documento nro,sexo,edad\n");
    for n in 0..60 {
        let (day, sex) = (n % 27 + 1, if n % 3 == 0 { "F" } else { "M" });
        let department = ["Lima", "Cusco", "Puno"][n % 3];
        text.push_str(&format!(
            "{day:02}/04/2022,{department},Persona Inventada {n},0000{n:04},{sex},{}\n",
            20 + n % 50
        ));
    }
    let (told, draft, made) = made("homicidios.csv", text.as_bytes());
    holds(&draft.text, &["aggregate = true", "values = { rows = true }", "freq = \"M\"", "looks personal"]);
    assert!(!told.contains("Inventada") && !draft.text.contains("Inventada") && !told.contains("00000001"), "{told}");
    let frame = observations(&made);
    let sum: f64 = frame.column("value").expect("value").f64().expect("numbers").iter().flatten().sum();
    assert!((sum - 60.0).abs() < 1e-9 && frame.height() < 10, "{frame:?}");
}

#[test]
fn dates_in_either_order_are_a_guess_that_is_written_down() {
    let text = "fecha,departamento,casos\n03/04/2022,Lima,5\n05/04/2022,Cusco,7\n06/07/2022,Puno,1\n";
    let (told, draft, made) = made("casos.csv", text.as_bytes());
    holds(&draft.text, &["order = \"dmy\""]);
    holds(&told, &["nothing proves that the day stands first"]);
    assert_eq!(made.tally.published, 3);
}

#[test]
fn what_is_no_table_is_told_as_such() {
    let reference = reference();
    let zeros = vec![0_u8; 4_096];
    for (name, bytes) in [
        ("empty.csv", &b""[..]),
        ("prose.txt", b"Nothing here.\nNor here.\n"),
        ("zeros.bin", &zeros),
        ("words.csv", b"a,b\nred,blue\nblue,red\n"),
        ("broken.json", b"{\"a\": [1, 2"),
        ("broken.xlsx", b"PK\x03\x04 and nothing else"),
    ] {
        let fault = drafted(name, bytes, &reference).err().unwrap_or_else(|| panic!("{name} is no table of figures"));
        assert_ne!(fault.kind(), quipu_schema::ErrorKind::Bug, "{name}: {fault}");
    }
}

mod any {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn bytes_are_drafted_or_refused(text in "([A-Za-zñé0-9.,;\"' \t%<*-]{0,12}[,;|\n]){0,60}") {
            thread_local! { static LISTS: Reference = reference(); }
            LISTS.with(|lists| {
                match drafted("any.csv", text.as_bytes(), lists) {
                    Ok((inspection, draft)) => {
                        let _ = inspect::text(&inspection, Some(&draft));
                        let _ = read(&draft, "any.csv", text.as_bytes(), lists);
                    }
                    Err(fault) => assert_ne!(fault.kind(), quipu_schema::ErrorKind::Bug, "{fault}"),
                }
            });
        }
    }
}
