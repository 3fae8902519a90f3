//! Whole releases: built, read back, damaged, completed.

mod damage;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use quipu_schema::pipeline::Export;
use quipu_schema::table::{ALL, Kind, Rule, Table, find};
use quipu_schema::{Digest, ErrorKind};
use serde_json::Value;

use crate::layout::same_clock;
use crate::{Contents, Manifest, Released, SourceInfo, build, latest, verify};

/// Rows of a table; `value` gives the text of a cell, or none for null; without a say of its own
/// (`""` in a column that is not text) a cell holds something harmless of its type.
fn rows(name: &str, count: usize, value: impl Fn(&str, usize) -> Option<String>) -> DataFrame {
    let table = find(name).unwrap();
    let columns = table.all_columns().map(|column| {
        let cell = |row: usize| -> AnyValue<'static> {
            let Some(text) = value(column.name, row) else { return AnyValue::Null };
            let plain = text.is_empty();
            match column.kind {
                Kind::Text => AnyValue::StringOwned(text.into()),
                Kind::Int => AnyValue::Int64(text.parse().unwrap_or(1)),
                Kind::UInt => AnyValue::UInt64(text.parse().unwrap_or(1)),
                Kind::UInt32 => AnyValue::UInt32(text.parse().unwrap_or(1)),
                Kind::Float => AnyValue::Float64(text.parse().unwrap_or(0.5)),
                Kind::Bool => AnyValue::Boolean(!plain && text == "true"),
                Kind::Date => AnyValue::Date(text.parse().unwrap_or(19_723)),
                Kind::Time => {
                    AnyValue::DatetimeOwned(1_700_000_000_000_000, TimeUnit::Microseconds, Some(TimeZone::UTC.into()))
                }
            }
        };
        let values: Vec<AnyValue<'static>> = (0..count).map(cell).collect();
        Series::from_any_values_and_dtype(column.name.into(), &values, &quipu_store::polars_type(column.kind), true)
            .unwrap()
            .into_column()
    });
    DataFrame::new(count, columns.collect()).unwrap()
}

/// A value that the column's own contract allows.
fn harmless(table: &str, column: &str, row: usize) -> String {
    let definition = find(table).unwrap().column(column).unwrap();
    match (column, definition.rule) {
        ("document_id", _) => Digest::of(row.to_string()).to_string(),
        ("source", _) => "figures".to_owned(),
        ("marking", _) => "TLP:GREEN".to_owned(),
        ("loc_row", _) => (row + 2).to_string(),
        (_, Rule::OneOf(words)) => words[0].to_owned(),
        _ if definition.kind == Kind::Text => format!("{column} {row}"),
        _ => String::new(),
    }
}

/// Rows of `observation`: dataset, crime, value. Keys differ where dataset or crime do.
pub(crate) fn observations(of: &[(&str, Option<&str>, f64)]) -> DataFrame {
    rows("observation", of.len(), |column, row| match column {
        "dataset" => Some(of[row].0.to_owned()),
        "crime" => of[row].1.map(str::to_owned),
        "value" => Some(of[row].2.to_string()),
        "indicator" | "ref_area" | "unit" | "vintage" | "age" | "breakdown" => Some("x".to_owned()),
        "lower" | "upper" | "loc_part" => None,
        _ => Some(harmless("observation", column, row)),
    })
}

/// Rows of `area_alias`: area, alias.
pub(crate) fn aliases(of: &[(&str, &str)]) -> DataFrame {
    rows("area_alias", of.len(), |column, row| match column {
        "area" => Some(of[row].0.to_owned()),
        "alias" => Some(of[row].1.to_owned()),
        _ => Some("es".to_owned()),
    })
}

pub(crate) fn documents() -> DataFrame {
    rows("document", 1, |column, row| match column {
        "url" => Some("https://statistics.example/figures.csv".to_owned()),
        "title" => Some("Figures | 2024".to_owned()),
        "publisher" => Some("Office of Statistics".to_owned()),
        "licence" => Some("CC BY 4.0".to_owned()),
        _ => Some(harmless("document", column, row)),
    })
}

/// Two rows of a table, with this marking where it has one.
pub(crate) fn marked(name: &str, marking: &str) -> DataFrame {
    rows(name, 2, |column, row| {
        Some(if column == "marking" { marking.to_owned() } else { harmless(name, column, row) })
    })
}

fn sources() -> Vec<SourceInfo> {
    vec![SourceInfo {
        id: "figures".to_owned(),
        publisher: None,
        title: None,
        licence: None,
        marking: "TLP:CLEAR".parse().unwrap(),
    }]
}

fn export(partition: &[(&str, &[&str])]) -> Export {
    let owned = |columns: &[&str]| columns.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
    Export {
        to: PathBuf::from("unused"),
        title: "Published crime figures".to_owned(),
        licence: Some("CC BY 4.0".to_owned()),
        tables: Vec::new(),
        partition: partition.iter().map(|(table, columns)| ((*table).to_owned(), owned(columns))).collect(),
        row_group: 1_000,
        part: Digest::of("part"),
    }
}

type Parts = Vec<(&'static Table, DataFrame)>;

fn parts() -> Parts {
    vec![
        (
            find("observation").unwrap(),
            observations(&[("b", Some("0101"), 2.0), ("a", Some("0101"), 1.5), ("a", None, 3.0)]),
        ),
        (find("document").unwrap(), documents()),
        (find("area_alias").unwrap(), aliases(&[("AR", "Argentina"), ("AR", "República Argentina"), ("ES", "España")])),
        (find("observation").unwrap(), observations(&[("c", Some("0102"), 4.0)])),
    ]
}

fn release(parts: Parts, export: &Export, to: &Path) -> quipu_schema::Result<Released> {
    let sources = sources();
    let snapshots = BTreeMap::from([("transform".to_owned(), Digest::of("snapshot"))]);
    let contents =
        Contents { pipeline: "figures", export, parts, sources: &sources, snapshots, stages: BTreeMap::new() };
    build(contents, to)
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, all);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(folder, folder, &mut all);
    all
}

const HIVE: &[(&str, &[&str])] = &[("observation", &["crime"])];

#[test]
fn a_release_has_its_files_its_descriptions_and_its_name() {
    let to = tempfile::tempdir().unwrap();
    let made = release(parts(), &export(&[]), to.path()).unwrap();
    let names: Vec<String> = files(&made.folder).into_keys().collect();
    let expected = [
        "area_alias.parquet",
        "datapackage.json",
        "dictionary.md",
        "document.parquet",
        "manifest.json",
        "observation.parquet",
    ];
    assert_eq!(names, expected);
    let manifest = fs::read(made.folder.join("manifest.json")).unwrap();
    assert_eq!(Digest::of(&manifest), made.digest);
    assert!(made.id.len() == 16 && made.digest.to_string().starts_with(&made.id));
    assert_eq!(made.folder, to.path().join(&made.id));
    let tables: Vec<_> = made.manifest.tables.iter().map(|table| (table.name.as_str(), table.rows)).collect();
    assert_eq!(tables, [("area_alias", 3), ("document", 1), ("observation", 4)]);
    assert_eq!(made.manifest.marking, "TLP:GREEN");
    assert_eq!(made.manifest.stages["export"].published, 8);
    assert_eq!(latest(to.path()).unwrap(), Some(made.folder.clone()));
    let verified = verify(&made.folder).unwrap();
    let hashes = |of: &Manifest| of.tables.iter().map(|t| t.logical_hash.clone()).collect::<Vec<_>>();
    assert_eq!(verified.iter().map(|table| table.logical_hash.clone()).collect::<Vec<_>>(), hashes(&made.manifest));
}

#[test]
fn the_data_package_says_what_the_files_are() {
    let to = tempfile::tempdir().unwrap();
    let made = release(parts(), &export(HIVE), to.path()).unwrap();
    let package: Value = serde_json::from_slice(&fs::read(made.folder.join("datapackage.json")).unwrap()).unwrap();
    assert_eq!(package["$schema"], "https://datapackage.org/profiles/2.0/datapackage.json");
    assert_eq!(package["licenses"][0]["name"], "CC-BY-4.0");
    assert_eq!(package["sources"][0]["path"], "https://statistics.example/figures.csv");
    assert_eq!(package["sources"][0]["title"], "Figures | 2024");
    let resource = |name: &str| {
        let all = package["resources"].as_array().unwrap();
        all.iter().find(|resource| resource["name"] == name).unwrap().clone()
    };
    let document = resource("document");
    let bytes = fs::read(made.folder.join("document.parquet")).unwrap();
    assert_eq!(document["path"], "document.parquet");
    assert_eq!(document["bytes"], bytes.len());
    assert_eq!(document["hash"], format!("sha256:{}", Digest::of(&bytes)));
    assert_eq!(document["mediatype"], "application/vnd.apache.parquet");
    assert_eq!(document["schema"]["primaryKey"], serde_json::json!(["document_id", "source"]));
    assert_eq!(document["schema"]["missingValues"], serde_json::json!([]));
    let observation = resource("observation");
    assert_eq!(observation["path"].as_array().unwrap().len(), 3);
    assert_eq!(observation["partitionedBy"], serde_json::json!(["crime"]));
    let fields = observation["schema"]["fields"].as_array().unwrap();
    let field = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap().clone();
    assert_eq!(field("value")["sdmx"], "OBS_VALUE");
    assert_eq!(field("value")["type"], "number");
    assert_eq!(field("ref_area")["refersTo"], "area.area");
    assert_eq!(field("freq")["constraints"]["enum"][0], "A");
    assert_eq!(field("document_id")["constraints"]["pattern"], "[0-9a-f]{64}");
    // `area` is not part of this release, so nothing in it can be a foreign key.
    assert!(observation["schema"].get("foreignKeys").is_none());
}

#[test]
fn the_dictionary_tells_people_what_they_hold() {
    let to = tempfile::tempdir().unwrap();
    let mut all = parts();
    let plain = release(parts(), &export(HIVE), to.path()).unwrap();
    all.push((find("hit").unwrap(), marked("hit", "TLP:AMBER H1")));
    let with_hits = release(all, &export(&[]), to.path()).unwrap();
    let read = |made: &Released| fs::read_to_string(made.folder.join("dictionary.md")).unwrap();
    let (plain, with_hits) = (read(&plain), read(&with_hits));
    assert!(!plain.contains("lead, not proof") && plain.contains("hive_partitioning"));
    assert!(
        plain.contains("| figures | Figures \\| 2024 | Office of Statistics | CC BY 4.0 | TLP:CLEAR | 1 |"),
        "{plain}"
    );
    assert!(plain.contains("**TLP:GREEN**") && plain.contains("Licence: CC BY 4.0."));
    assert!(with_hits.contains("lead, not proof") && with_hits.contains("Absence clears nothing"));
    assert!(with_hits.contains("**TLP:AMBER H1**") && with_hits.contains("| hit | 2 | TLP:AMBER H1 | `hit.parquet` |"));
}

#[test]
fn the_same_rows_in_any_order_give_the_same_bytes() {
    for partition in [&[][..], HIVE] {
        let export = export(partition);
        let [one, two, three] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let first = release(parts(), &export, one.path()).unwrap();
        let again = release(parts(), &export, two.path()).unwrap();
        let mut turned = parts();
        turned.reverse();
        for (_, frame) in &mut turned {
            *frame = frame.reverse();
        }
        let turned = release(turned, &export, three.path()).unwrap();
        assert_eq!(first.id, again.id);
        assert_eq!(files(one.path()), files(two.path()));
        assert_eq!(first.id, turned.id);
        assert_eq!(files(one.path()), files(three.path()));
    }
}

#[test]
fn a_changed_value_changes_the_name() {
    let to = tempfile::tempdir().unwrap();
    let first = release(parts(), &export(&[]), to.path()).unwrap();
    let mut changed = parts();
    changed[3].1 = observations(&[("c", Some("0102"), 5.0)]);
    let second = release(changed, &export(&[]), to.path()).unwrap();
    assert_ne!(first.id, second.id);
    assert!(verify(&first.folder).is_ok() && verify(&second.folder).is_ok());
    assert_eq!(latest(to.path()).unwrap(), Some(second.folder));
}

#[test]
fn polars_reads_every_table_in_the_types_of_its_definition() {
    let to = tempfile::tempdir().unwrap();
    let all: Parts = ALL.iter().map(|table| (*table, marked(table.name, "TLP:CLEAR"))).collect();
    let made = release(all, &export(&[]), to.path()).unwrap();
    assert_eq!(made.manifest.tables.len(), ALL.len());
    for table in ALL {
        let file = fs::File::open(made.folder.join(format!("{}.parquet", table.name))).unwrap();
        let frame = ParquetReader::new(file).finish().unwrap();
        let expected = quipu_store::polars_schema(table);
        assert_eq!(frame.schema().len(), expected.len());
        for (column, (name, dtype)) in frame.columns().iter().zip(expected.iter()) {
            let fits = column.dtype() == dtype || same_clock(column.dtype(), dtype);
            assert!(column.name() == name && fits, "{}: {name} is {}", table.name, column.dtype());
        }
        assert_eq!(frame.height(), 2);
    }
    assert_eq!(verify(&made.folder).unwrap().len(), ALL.len());
}

#[test]
fn when_a_document_was_fetched_is_not_released() {
    let to = tempfile::tempdir().unwrap();
    let made = release(parts(), &export(&[]), to.path()).unwrap();
    let file = fs::File::open(made.folder.join("document.parquet")).unwrap();
    let frame = ParquetReader::new(file).finish().unwrap();
    assert_eq!(frame.column("retrieved_at").unwrap().null_count(), 1);
}

#[test]
fn polars_reads_folders_back_as_the_table_they_were() {
    let to = tempfile::tempdir().unwrap();
    let names = ["Tucumán / Ñ", "a b", "", "100 %", "0101", "España", "x=y*"];
    let frame = aliases(&names.map(|name| ("AR", name)));
    let table = find("area_alias").unwrap();
    let made = release(vec![(table, frame.clone())], &export(&[("area_alias", &["alias"])]), to.path()).unwrap();
    assert_eq!(verify(&made.folder).unwrap()[0].rows, names.len() as u64);
    let hive = HiveOptions {
        enabled: Some(true),
        hive_start_idx: 0,
        schema: Some(Arc::new(Schema::from_iter([Field::new("alias".into(), DataType::String)]))),
        try_parse_dates: false,
    };
    let path = PlRefPath::try_from_path(&made.folder.join("area_alias")).unwrap();
    let args = ScanArgsParquet { hive_options: hive, ..ScanArgsParquet::default() };
    let read = LazyFrame::scan_parquet(path, args).unwrap().collect().unwrap();
    let order = |frame: &DataFrame| {
        frame.select(["area", "language", "alias"]).unwrap().sort(["alias"], SortMultipleOptions::default()).unwrap()
    };
    assert!(order(&read).equals_missing(&order(&frame)), "{read}");
}

#[test]
fn polars_reads_null_folders_as_null() {
    let to = tempfile::tempdir().unwrap();
    let made = release(parts(), &export(HIVE), to.path()).unwrap();
    let hive = HiveOptions {
        enabled: Some(true),
        hive_start_idx: 0,
        schema: Some(Arc::new(Schema::from_iter([Field::new("crime".into(), DataType::String)]))),
        try_parse_dates: false,
    };
    let path = PlRefPath::try_from_path(&made.folder.join("observation")).unwrap();
    let args = ScanArgsParquet { hive_options: hive, ..ScanArgsParquet::default() };
    let read = LazyFrame::scan_parquet(path, args).unwrap().collect().unwrap();
    let mut crimes: Vec<_> = read.column("crime").unwrap().str().unwrap().iter().collect();
    crimes.sort_unstable();
    assert_eq!(crimes, [None, Some("0101"), Some("0101"), Some("0102")]);
}

#[test]
fn red_rows_about_people_leave_only_by_name() {
    let to = tempfile::tempdir().unwrap();
    for name in ["hit", "record", "check"] {
        let table = find(name).unwrap();
        let fault = release(vec![(table, marked(name, "TLP:RED H2"))], &export(&[]), to.path()).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Contract);
        assert_eq!(fault.place(), Some(name));
        let named = Export { tables: vec![name.to_owned()], ..export(&[]) };
        let made = release(vec![(table, marked(name, "TLP:RED H2"))], &named, to.path()).unwrap();
        assert_eq!(made.manifest.marking, "TLP:RED H2");
        assert!(release(vec![(table, marked(name, "TLP:AMBER+STRICT"))], &export(&[]), to.path()).is_ok());
    }
}

#[test]
fn rows_of_an_unknown_source_or_with_no_marking_that_can_be_read_are_refused() {
    let to = tempfile::tempdir().unwrap();
    let record = find("record").unwrap();
    let fault = release(vec![(record, marked("record", "TLP:unclear"))], &export(&[]), to.path()).unwrap_err();
    assert_eq!((fault.kind(), fault.place()), (ErrorKind::Contract, Some("record.marking")));
    let strange = rows("record", 1, |column, row| {
        Some(if column == "source" { "elsewhere".to_owned() } else { harmless("record", column, row) })
    });
    let fault = release(vec![(record, strange)], &export(&[]), to.path()).unwrap_err();
    assert!(fault.to_string().contains("`elsewhere`"), "{fault}");
}

#[test]
fn metadata_tells_no_more_of_documents_than_the_tables_do() {
    let to = tempfile::tempdir().unwrap();
    let without: Parts = parts().into_iter().filter(|(table, _)| table.name != "document").collect();
    let made = release(without, &export(&[]), to.path()).unwrap();
    let text = fs::read_to_string(made.folder.join("datapackage.json")).unwrap();
    assert!(!text.contains("statistics.example") && text.contains("\"source\": \"figures\""), "{text}");
}
