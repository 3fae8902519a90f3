//! Observations from small made-up publications, each with one trouble.

mod mapping;

use std::path::Path;

use polars::prelude::{AnyValue, DataFrame};
use quipu_schema::pipeline::{Interpreter, Pipeline, Reader};
use quipu_schema::{Digest, Result};

use super::{Destination, Observed, read_in_pieces};

use crate::codes::Reference;
use crate::input::Input;
use quipu_readers::{Content, csv};

fn reference() -> Reference {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/reference");
    Reference::load(&folder).unwrap_or_else(|fault| panic!("{fault}"))
}

/// Runs a mapping over a text, in one go and in small pieces.
fn observe(mapping: &str, bytes: &[u8]) -> Result<Observed> {
    let (observed, pieces) = (observe_pieces(mapping, bytes, u64::MAX)?, observe_pieces(mapping, bytes, 8)?);
    assert!(observed.frame.equals_missing(&pieces.frame), "pieces give other rows");
    assert_eq!(observed.tally, pieces.tally);
    assert_eq!(observed.rejected, pieces.rejected);
    every_value_is_at_its_locator(&observed.frame, bytes);
    Ok(observed)
}

/// Runs a mapping over a text as the program does.
fn observe_once(mapping: &str, bytes: &[u8]) -> Result<Observed> {
    observe_pieces(mapping, bytes, super::PIECE)
}

/// As [`observe`], of rows that have no place of their own.
fn observe_whole(mapping: &str, bytes: &[u8]) -> Result<Observed> {
    let (observed, pieces) = (observe_pieces(mapping, bytes, u64::MAX)?, observe_pieces(mapping, bytes, 8)?);
    assert!(observed.frame.equals_missing(&pieces.frame), "pieces give other rows");
    assert_eq!((&observed.tally, &observed.rejected), (&pieces.tally, &pieces.rejected));
    Ok(observed)
}

fn observe_pieces(mapping: &str, bytes: &[u8], size: u64) -> Result<Observed> {
    read_named(mapping, "f.csv", bytes, size)
}

/// As [`observe`], of a document of this name.
fn observe_named(mapping: &str, name: &str, bytes: &[u8]) -> Result<Observed> {
    read_named(mapping, name, bytes, super::PIECE)
}

fn read_named(mapping: &str, name: &str, bytes: &[u8], size: u64) -> Result<Observed> {
    let text = format!(
        "[pipeline]\nname = \"t\"\nreference = \"r\"\n[[source]]\nid = \"s\"\nfile = \"f.csv\"\npublished_on = \"2024-02-01\"\n{mapping}"
    );
    let pipeline = Pipeline::parse(Path::new("t.toml"), &text)
        .unwrap_or_else(|problems| panic!("{}", problems.iter().map(ToString::to_string).collect::<String>()));
    let source = pipeline.source("s").expect("source");
    let (Interpreter::Observe(observe), Reader::Cells(options)) = (&source.interpreter, &source.reader) else {
        panic!()
    };
    let input = Input { name, digest: Digest::of(bytes), content: Content::Memory(bytes), earlier: 0, suffix: None };
    let observed = read_in_pieces(source, options, observe, &[input], &reference(), Destination::Memory, size)?;
    assert!(observed.tally.balances(), "{}", observed.tally);
    assert_eq!(observed.tally.published, observed.frame.height() as u64);
    Ok(observed)
}

fn text(frame: &DataFrame, column: &str, row: usize) -> String {
    match frame.column(column).and_then(|c| c.get(row)).expect("cell") {
        AnyValue::Null => "null".to_owned(),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float64(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}

fn every_value_is_at_its_locator(frame: &DataFrame, bytes: &[u8]) {
    for row in 0..frame.height() {
        let at = |column| text(frame, column, row).parse::<u64>().expect("number");
        let again = csv::reread(bytes, None, at("loc_start"), at("loc_end")).expect("re-read");
        assert_eq!(again, text(frame, "value_text", row), "row {row}");
    }
}

const LONG: &str = r#"
[source.observe]
dataset = "D"
indicator = "offences-recorded"
unit = "offence"
ref_area = { column = "pais", codes = "area" }
period = { year = { column = "anio" } }
values = "hechos"
"#;

#[test]
fn a_long_file_with_a_quoted_comma_and_a_blank() {
    let observed = observe(LONG, "pais,anio,hechos\nMEX,2019,\"1,234,567\"\nBrasil,2019,7\n\nCHL,2020,\n".as_bytes())
        .expect("read");
    let frame = &observed.frame;
    assert_eq!(frame.height(), 3);
    let row = |n| {
        ["ref_area", "time_start", "freq", "value", "value_text", "obs_status", "sex", "vintage", "loc_row"]
            .map(|c| text(frame, c, n))
            .join(" ")
    };
    assert_eq!(row(0), "MX 2019-01-01 A 1234567.0 1,234,567 A _T 2024-02-01 2");
    assert_eq!(row(1), "BR 2019-01-01 A 7.0 7 A _T 2024-02-01 3");
    assert_eq!(row(2), "CL 2020-01-01 A null  O _T 2024-02-01 5");
}

#[test]
fn what_is_refused_stands_in_quarantine_with_its_reason_and_place() {
    let bytes = "pais,anio,hechos\nMEX,2019,5\nAtlantis,2019,6\nCHL,19,7\nARG,2019,mucho\nPER,2019\nMEX,2019,5\nBRA,2019,8\nBRA,2019,9\nURY,2019,\"3\n";
    let observed = observe(LONG, bytes.as_bytes()).expect("read");
    let mut found: Vec<String> = observed.rejected.iter().map(|r| format!("{} {}", r.reason, r.locator)).collect();
    found.sort();
    assert_eq!(
        found,
        [
            "bad-period line=4;column=anio;bytes=48-50",
            "bad-value line=5;column=hechos;bytes=62-67",
            "duplicate-key line=8;column=hechos;bytes=97-98",
            "duplicate-key line=9;column=hechos;bytes=108-109",
            "duplicate-row line=7;column=hechos;bytes=86-87",
            "ragged-row bytes=68-76",
            "unclosed-quote bytes=110-121",
            "unknown-code line=3;column=pais;bytes=28-36",
        ]
    );
    assert_eq!((observed.tally.read, observed.tally.published), (9, 1));
}

#[test]
fn months_across_in_latin_1_with_months_not_yet_published() {
    let mapping = r#"
[source.observe]
dataset = "D"
indicator = "offences-recorded"
unit = "offence"
ref_area = { column = "INEGI", codes = "area", scheme = "inegi", map = { "" = "MX.EXT" } }
period = { year = { column = "AÑO" }, month = { header = true } }
breakdown = { tipo = { columns = ["LEY", "TIPO"] } }
values = ["ENERO", "FEBRERO", "MARZO"]
"#;
    let bytes = b"A\xd1O,INEGI,LEY,TIPO,ENERO,FEBRERO,MARZO\r\n2025,9,A,\"x, y\",13,0,\r\n2025,,A,z,1,2,\r\n";
    let observed = observe(mapping, bytes).expect("read");
    let frame = &observed.frame;
    assert_eq!(frame.height(), 6);
    let row = |n| {
        ["ref_area", "time_start", "time_end", "freq", "value", "breakdown", "loc_part"]
            .map(|c| text(frame, c, n))
            .join(" ")
    };
    assert_eq!(row(0), "MX-CMX 2025-01-01 2025-01-31 M 13.0 tipo=A / x, y ENERO");
    assert_eq!(row(1), "MX-CMX 2025-02-01 2025-02-28 M 0.0 tipo=A / x, y FEBRERO");
    assert_eq!(row(2), "MX-CMX 2025-03-01 2025-03-31 M null tipo=A / x, y MARZO");
    assert_eq!(row(4), "MX.EXT 2025-02-01 2025-02-28 M 2.0 tipo=A / z FEBRERO");
}

#[test]
fn parents_are_totals_only_where_their_children_stand() {
    let mapping = r#"
[source.observe]
dataset = "D"
unit = "offence"
ref_area = "AR"
period = { year = { column = "anio" } }
breakdown = { snic = { column = "codigo" } }
totals = { column = "codigo", separator = "_" }
missing_values = "ignore"
[[source.observe.measure]]
values = "hechos"
indicator = "offences-recorded"
[[source.observe.measure]]
values = "victimas"
indicator = "victims-recorded"
unit = "victim"
"#;
    let bytes = "anio,codigo,hechos,victimas\n2022,28,5,\n2022,28_1,2,\n2022,28_10,3,\n2023,28,4,1\n2022,2,9,9\n";
    let observed = observe(mapping, bytes.as_bytes()).expect("read");
    let frame = &observed.frame;
    let totals: Vec<String> = (0..frame.height())
        .filter(|row| text(frame, "is_total", *row) == "true")
        .map(|row| format!("{} {}", text(frame, "time_start", row), text(frame, "breakdown", row)))
        .collect();
    assert_eq!(totals, ["2022-01-01 snic=28"]);
    assert_eq!(observed.tally.ignored.get("missing-value"), Some(&3));
}

#[test]
fn preamble_values_dropped_rows_and_aggregates() {
    let mapping = r#"
[source.csv]
delimiter = ","
[source.observe]
dataset = "WDI"
indicator = "homicide-rate"
unit = "per-100k"
vintage = { preamble = "Last Updated Date" }
ref_area = { column = "Country Code", codes = "area", scheme = "worldbank" }
period = { year = { header = true } }
values = { pattern = '\d{4}' }
ignore = ["Country Name", ""]
drop = [{ column = "Country Code", equals = ["WLD"], rule = "world" }]
"#;
    let bytes = "\u{feff}\"Data Source\",\"WDI\",\n\n\"Last Updated Date\",\"2022-07-20\",\n\n\"Country Name\",\"Country Code\",\"2010\",\"2011\",\n\"Mexico\",\"MEX\",\"28.7367023184144\",\"\",\n\"Latin America\",\"LCN\",\"22.3\",\"\",\n\"World\",\"WLD\",\"6\",\"6\",\n";
    let observed = observe(mapping, bytes.as_bytes()).expect("read");
    let frame = &observed.frame;
    assert_eq!(frame.height(), 4);
    assert_eq!(observed.tally.ignored.get("world"), Some(&2));
    let row = |n| ["ref_area", "time_start", "value", "vintage", "is_total"].map(|c| text(frame, c, n)).join(" ");
    assert_eq!(row(0), "MX 2010-01-01 28.7367023184144 2022-07-20 false");
    assert_eq!(row(2), "WB.LCN 2010-01-01 22.3 2022-07-20 true");
}

#[test]
fn a_column_that_nobody_reads_or_ignores_is_an_alarm() {
    let fault = observe(LONG, b"pais,anio,hechos,nueva\nMEX,2019,1,2\n").expect_err("alarm");
    assert_eq!(fault.kind(), quipu_schema::ErrorKind::Shape);
    assert!(fault.to_string().contains("`nueva`"), "{fault}");
}

#[test]
fn an_ambiguous_number_format_is_an_error_until_declared() {
    let bytes = b"pais;anio;hechos\nMEX;2019;1.300\nBRA;2019;2.450\n";
    let fault = observe(LONG, bytes).expect_err("ambiguous");
    assert!(fault.to_string().contains("`1.300` may be 1.3 or 1300"), "{fault}");
    let declared = format!("[source.csv]\ndecimal = \",\"\nthousands = \".\"\n{LONG}");
    let observed = observe(&declared, bytes).expect("declared");
    assert_eq!(text(&observed.frame, "value", 0), "1300.0");
}

#[test]
fn utf_16_values_are_found_again_in_the_archive() {
    let text_of = "pais\tanio\thechos\nMéxico\t2019\t5\nBrasil\t2020\t6,5\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text_of.encode_utf16().flat_map(u16::to_le_bytes));
    let observed = observe(LONG, &bytes).expect("read");
    assert_eq!(text(&observed.frame, "value", 1), "6.5");
}

#[test]
fn very_many_rows_of_one_key_cost_no_more_than_they_must() {
    let rows: Vec<String> = (0..20_000).map(|n| format!("MEX,2019,{n}\n")).collect();
    let observed = observe_once(LONG, format!("pais,anio,hechos\n{}", rows.concat()).as_bytes()).expect("read");
    assert_eq!(observed.rejected.len(), 20_000);
    let longest = observed.rejected.iter().map(|rejected| rejected.message.len()).max();
    assert_eq!(
        observed.rejected[9].message,
        "lines 2, 3, 4, 5, 6 and 19995 more have the same key and different values"
    );
    assert!(longest < Some(100), "{longest:?}");
}
