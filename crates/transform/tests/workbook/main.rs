//! A workbook made for the test, of the kind that international organisations publish, through a
//! pipeline file to observations: every figure of it must come out as the truth from which it was
//! made, in whatever format the workbook is.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::format_push_string,
    reason = "a test fails by panicking, and exact figures are compared"
)]

mod sheet;
mod written;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::date;
use polars::prelude::{DataFrame, DataType};
use quipu_readers::{Limits, Reader as _, workbook::Workbook};
use quipu_schema::Locator;
use quipu_schema::locator::Columns;
use quipu_schema::pipeline::{Layout, Pipeline};
use quipu_transform::{Reference, Transformed, transform_source};
use sheet::{Figure, Place, Sheet, table};

/// The mapping, but for how the document is laid out and what the sheets' names say.
const OBSERVE: &str = r#"
[source.observe]
dataset = "MADE"
crime = { sheet = true, map = { "Homicide" = "0101", "Attempts" = "0102" } }
ref_area = { column = "Country", extract = '^(.*?)\**$', codes = "area" }
indicator = { column = "Measure", map = { "Rate per 100,000" = "homicide-rate", "Count" = "homicide-victims" } }
unit = { column = "Measure", map = { "Rate per 100,000" = "per-100k", "Count" = "victim" } }
period = { year = { header = 1, extract = '^\d{4}' } }
obs_status = { header = 1, extract = '^\d{4}\s*(.*)$', default = "A", map = { "(p)" = "P", "¹" = "A" } }
sex = { header = 2, map = { "Male" = "M", "Female" = "F", "Total" = "_T" } }
values = { pattern = '\d{4}.* / (Male|Female|Total)' }
fill_down = ["Region", "Country"]
drop = [{ column = "Country", equals = ["All of the region"] }]
footer = '(?i)notes?:|sources?:.*'
ignore = ["Region"]
"#;

fn transform(layout: &str, observe: &str, name: &str, bytes: &[u8]) -> Transformed {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = format!(
        "[pipeline]\nname = \"made\"\nreference = \"{}\"\n[[source]]\nid = \"made\"\nfile = \"{name}\"\n{layout}\n{observe}",
        root.join("data/reference").display()
    );
    let pipeline =
        Pipeline::parse(Path::new("made.toml"), &text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let reference = Reference::load(&pipeline.reference).unwrap_or_else(|fault| panic!("{fault}"));
    let source = pipeline.source("made").expect("the source");
    transform_source(source, &[(name, bytes)], &reference).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// A row of `observation`, as far as the truth tells it, and its crime.
type Row = (Figure, Option<String>);

/// The rows of a frame by their locator.
fn rows(frame: &DataFrame) -> BTreeMap<String, Row> {
    let column = |name: &str| frame.column(name).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let text = |name: &str, row: usize| column(name).str().expect("texts").get(row).map(str::to_owned);
    let number = |name: &str, row: usize| column(name).f64().expect("numbers").get(row);
    let place = |name: &str, row: usize| column(name).u64().expect("places").get(row);
    let day = |name: &str, row: usize| column(name).cast(&DataType::Int32).expect("days").i32().expect("days").get(row);
    let mut rows = BTreeMap::new();
    for row in 0..frame.height() {
        let year = (2000..2030).find(|year| Some(days(*year, 1, 1)) == day("time_start", row)).expect("a year");
        assert_eq!(day("time_end", row), Some(days(year, 12, 31)));
        let columns = Columns {
            part: text("loc_part", row),
            row: place("loc_row", row),
            col: column("loc_col").u32().expect("columns").get(row),
            start: place("loc_start", row),
            end: place("loc_end", row),
        };
        let known = |name: &str| text(name, row).expect("a text").leak() as &'static str;
        let figure = Figure {
            place: (0, 0),
            printed: text("value_text", row).unwrap_or_default(),
            area: known("ref_area"),
            year,
            sex: known("sex"),
            indicator: known("indicator"),
            unit: known("unit"),
            value: number("value", row),
            bounds: (number("lower", row), number("upper", row)),
            status: known("obs_status"),
        };
        let locator = Locator::from_columns(&columns).expect("a locator").to_string();
        assert!(rows.insert(locator, (figure, text("crime", row))).is_none(), "two rows of one cell");
    }
    rows
}

fn days(year: i16, month: i8, day: i8) -> i32 {
    date(1970, 1, 1).until(date(year, month, day)).expect("a span").get_days()
}

/// Holds what came out to the truth: each figure, at its place, and nothing else.
fn hold(made: &Transformed, truth: &BTreeMap<String, Row>) {
    assert!(made.tally.balances(), "{}", made.tally);
    assert_eq!(made.tally.quarantined_total(), 0, "{:?}", made.tally);
    let frame = made.tables.iter().find(|(table, _)| table.name == "observation").map(|(_, frame)| frame);
    let rows = rows(frame.expect("observations"));
    for (locator, row) in truth {
        assert_eq!(rows.get(locator), Some(row), "{locator}");
    }
    assert_eq!(rows.len(), truth.len(), "figures that are none");
}

/// The truth by locators, as `printed` and `place` change it for a format.
fn by_locator(figures: &[Figure], crime: &str, locator: impl Fn(Place) -> Locator) -> BTreeMap<String, Row> {
    let figure =
        |figure: &Figure| Figure { place: (0, 0), printed: figure.printed.trim().to_owned(), ..figure.clone() };
    figures.iter().map(|one| (locator(one.place).to_string(), (figure(one), Some(crime.to_owned())))).collect()
}

fn cell(sheet: &str, (row, column): Place) -> Locator {
    Locator::Sheet { sheet: sheet.to_owned(), row: u64::from(row) + 1, column: u32::from(column) + 1 }
}

/// Two tables, one that must not be read, and a sheet of notes.
fn sheets() -> (Vec<Sheet>, BTreeMap<String, Row>) {
    let (homicide, mut figures) = table("Homicide", 0);
    let (femicide, others) = table("Attempts", 1_000);
    let (mut working, _) = table("Working", 5_000);
    working.hidden = true;
    let mut notes = Sheet { name: "About", ..Sheet::default() };
    notes.cells.insert((0, 0), sheet::Cell::Text("Region and Country are those of the United Nations.".into()));
    let mut truth = by_locator(&figures, "0101", |place| cell("Homicide", place));
    truth.extend(by_locator(&others, "0102", |place| cell("Attempts", place)));
    figures.extend(others);
    assert_eq!(truth.len(), figures.len());
    (vec![notes, homicide, working, femicide], truth)
}

#[test]
fn every_figure_of_a_workbook_comes_out() {
    let (sheets, truth) = sheets();
    assert_eq!(truth.len(), 2 * 7 * 2 * 9);
    let xlsx = written::xlsx(&sheets).expect("a workbook");
    let layout = r#"
[source.workbook]
header_rows = 2
missing = { "-" = "M" }
marks = { "*" = "E" }
"#;
    for (name, bytes) in [
        ("made.xlsx", xlsx),
        ("made.xlsb", written::xlsb(&sheets)),
        ("made.xls", written::xls(&sheets)),
        ("made.ods", written::ods(&sheets)),
    ] {
        let made = transform(layout, OBSERVE, name, &bytes);
        hold(&made, &truth);
        // Two rows of sums, nine cells each, on each sheet; the last row of all.
        assert_eq!(made.tally.ignored.get("drop:Country"), Some(&36), "{:?}", made.tally);
        let notes = made.notes.join("\n");
        assert!(notes.contains("`Working`: left out, because it is hidden"), "{notes}");
        assert!(notes.contains("not read, for want of the header: `About`"), "{notes}");
        for (locator, (figure, _)) in &truth {
            let locator: Locator = locator.parse().expect("a locator");
            let again = Workbook.reread(&bytes, &Layout::default(), &locator, &Limits::default());
            assert_eq!(again.expect("a cell").trim(), figure.printed, "{name}: {locator}");
        }
    }
}

#[test]
fn every_figure_of_its_csv_comes_out() {
    let (sheet, figures) = table("Homicide", 0);
    let (bytes, places) = written::csv(&sheet);
    let header = |column: u16| {
        let year = ["2019", "2020 (p)", "2021¹"];
        let sex = ["Male", "Female", "Total"];
        let at = usize::from(column - 3);
        format!("{} / {}", year.get(at / 3).expect("a year"), sex.get(at % 3).expect("a sex"))
    };
    let truth = by_locator(&figures, "0101", |place| {
        let (start, end) = *places.get(&place).expect("a place");
        Locator::Csv { line: u64::from(place.0) + 1, column: header(place.1), start, end }
    });
    let layout = r#"
[source.csv]
header_rows = 2
missing = { "-" = "M" }
marks = { "*" = "E" }
"#;
    let crime = r#"crime = { sheet = true, map = { "Homicide" = "0101", "Attempts" = "0102" } }"#;
    // The footnotes are wider than the table, so that its lines end in columns without a name.
    let observe = OBSERVE.replace(crime, r#"crime = "0101""#).replace(r#"["Region"]"#, r#"["Region", ""]"#);
    hold(&transform(layout, &observe, "made.csv", &bytes), &truth);
}
