//! The search as a whole, on invented rows in a store.

use std::path::Path;

use proptest::prelude::*;
use quipu_schema::digest::Hasher;
use quipu_store::WriteOptions;

use super::*;
use crate::frame::{self, Value};

/// One row: source, dataset, vintage, area, year, unit, printed value and whether it is superseded.
#[derive(Debug, Clone)]
struct Said {
    source: &'static str,
    dataset: &'static str,
    vintage: String,
    area: &'static str,
    year: i16,
    unit: &'static str,
    text: String,
    superseded: bool,
}

fn said(source: &'static str, vintage: &str, area: &'static str, year: i16, text: &str) -> Said {
    let dataset = if source == "b" { "B" } else { "A" };
    let (vintage, text) = (vintage.to_owned(), text.to_owned());
    Said { source, dataset, vintage, area, year, unit: "offence", text, superseded: false }
}

fn day(year: i16, month: i8, day: i8) -> i32 {
    crate::period::days(jiff::civil::date(year, month, day))
}

fn document(source: &str, vintage: &str) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part(source, vintage);
    hasher.finish()
}

fn values(row: &Said) -> Vec<Option<Value>> {
    let table = quipu_schema::table::find("observation").unwrap();
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let below = row.text.strip_prefix('<').map(|text| text.parse::<f64>().unwrap());
    table
        .all_columns()
        .map(|column| match column.name {
            "dataset" => text(row.dataset),
            "indicator" => text("offences-recorded"),
            "crime" => text("0101"),
            "ref_area" => text(row.area),
            "time_start" => Some(Value::Date(day(row.year, 1, 1))),
            "time_end" => Some(Value::Date(day(row.year, 12, 31))),
            "freq" => text("A"),
            "sex" | "age" | "breakdown" => text("_T"),
            "unit" => text(row.unit),
            "value" => row.text.parse().ok().map(Value::Float),
            "value_text" => text(&row.text),
            "upper" => below.map(Value::Float),
            "obs_status" => text(if row.text.is_empty() { "O" } else { "A" }),
            "is_total" => Some(Value::Bool(false)),
            "vintage" => text(&row.vintage),
            "superseded" => Some(Value::Bool(row.superseded)),
            "document_id" => text(&document(row.source, &row.vintage).to_string()),
            "source" => text(row.source),
            "loc_start" => Some(Value::UInt(1)),
            "loc_end" => Some(Value::UInt(2)),
            _ => None,
        })
        .collect()
}

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
    pipeline: Pipeline,
    reference: Reference,
    parts: Vec<Part>,
    sources: BTreeMap<String, SourceState>,
}

impl Bench {
    fn new(rows: &[Said]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/reference");
        let text = "[pipeline]\nname = \"p\"\nreference = \"r\"\n\
            [[source]]\nid = \"a\"\nfile = \"a\"\nmarking = \"TLP:GREEN\"\n[source.report]\n\
            [[source]]\nid = \"b\"\nfile = \"b\"\nmarking = \"TLP:AMBER\"\n[source.report]\n";
        let pipeline = Pipeline::parse(Path::new("p.toml"), text).unwrap();
        let table = quipu_schema::table::find("observation").unwrap();
        let (mut parts, mut sources) = (Vec::new(), BTreeMap::new());
        for source in ["a", "b"] {
            let own: Vec<&Said> = rows.iter().filter(|row| row.source == source).collect();
            let frame = frame::from_rows(table, own.iter().map(|row| values(row)).collect()).unwrap();
            let options = WriteOptions { row_group: 3, metadata: Vec::new() };
            let mut part = store.write_table(table, &[frame], &options).unwrap();
            part.source = Some(source.to_owned());
            parts.push(part);
            // The current document first, then ever earlier ones.
            let mut documents: Vec<Digest> = Vec::new();
            for row in own.iter().rev() {
                let digest = document(source, &row.vintage);
                if !documents.contains(&digest) {
                    documents.push(digest);
                }
            }
            let state = SourceState {
                ingredients: Digest::of(source),
                documents,
                tally: quipu_schema::tally::Tally::default(),
                notes: Vec::new(),
                findings: Vec::new(),
                origins: BTreeMap::new(),
            };
            sources.insert(source.to_owned(), state);
        }
        let reference = Reference::load(&lists).unwrap();
        Self { _folder: folder, store, pipeline, reference, parts, sources }
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            store: &self.store,
            pipeline: &self.pipeline,
            reference: &self.reference,
            parts: &self.parts,
            sources: &self.sources,
        }
    }

    /// `area year: left/right cause` of every conflict.
    fn found(&self) -> Vec<String> {
        let mut found = Vec::new();
        let account = self.ground().find(|_, frame| {
            for row in 0..frame.height() {
                let text = |name: &str| quantity::texts(&frame, name).unwrap().get(row).unwrap_or_default().to_owned();
                let year = quantity::date(quantity::days(&frame, "time_start")?.get(row).unwrap()).unwrap().year();
                found.push(format!(
                    "{} {year}: {} {}/{} {} {}",
                    text("ref_area"),
                    text("left_vintage"),
                    text("left_text"),
                    text("right_vintage"),
                    text("right_text"),
                    text("cause")
                ));
            }
            Ok(())
        });
        assert_eq!(account.unwrap().counts.values().sum::<u64>(), found.len() as u64);
        found.sort();
        found
    }
}

#[test]
fn editions_are_held_against_the_one_before_and_the_last_against_other_publications() {
    let old = |row: Said| Said { superseded: true, ..row };
    let bench = Bench::new(&[
        old(said("a", "sha256:1", "AR", 2020, "100")),
        old(said("a", "sha256:2", "AR", 2020, "100")),
        old(said("a", "sha256:3", "AR", 2020, "110")),
        said("a", "sha256:4", "AR", 2020, "115"),
        // B still says what A said first, and of Chile nothing that is against A.
        said("b", "2024-05-01", "AR", 2020, "100"),
        said("a", "sha256:4", "CL", 2020, "7"),
        said("b", "2024-05-01", "CL", 2020, ""),
        said("b", "2024-05-01", "CL", 2021, "9"),
        // Bounds: room for 4, none for 9.
        said("a", "sha256:4", "UY", 2020, "<5"),
        said("b", "2024-05-01", "UY", 2020, "4"),
        said("a", "sha256:4", "PY", 2020, "<5"),
        said("b", "2024-05-01", "PY", 2020, "9"),
    ]);
    assert_eq!(
        bench.found(),
        [
            "AR 2020: 2024-05-01 100/sha256:4 115 revision"
                .replace("2024-05-01 100/sha256:4 115", "sha256:4 115/2024-05-01 100"),
            "AR 2020: sha256:2 100/sha256:3 110 revision".to_owned(),
            "AR 2020: sha256:3 110/sha256:4 115 revision".to_owned(),
            "PY 2020: sha256:4 <5/2024-05-01 9 outside-bounds".to_owned(),
        ]
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
}

#[test]
fn a_year_that_slipped_is_found_in_the_neighbour() {
    let bench = Bench::new(&[
        said("a", "1", "AR", 2019, "2311"),
        said("a", "1", "AR", 2020, "2405"),
        said("a", "1", "AR", 2021, "2287"),
        said("b", "2", "AR", 2020, "2311"),
        said("b", "2", "AR", 2021, "2405"),
        said("b", "2", "AR", 2022, "2287"),
    ]);
    let slipped = ["AR 2020: 1 2405/2 2311 year-off-by-one", "AR 2021: 1 2287/2 2405 year-off-by-one"];
    assert_eq!(bench.found(), slipped);
}

#[test]
fn units_that_convert_are_one_quantity() {
    let mass = |source, unit, text: &str| Said { unit, ..said(source, "1", "AR", 2020, text) };
    assert!(Bench::new(&[mass("a", "tonne", "2.5"), mass("b", "kilogram", "2500")]).found().is_empty());
    assert!(Bench::new(&[mass("a", "tonne", "2.5"), mass("b", "kilogram", "2512")]).found().is_empty(), "rounded");
    assert_eq!(Bench::new(&[mass("a", "tonne", "2.5"), mass("b", "kilogram", "2570")]).found().len(), 1);
    assert!(Bench::new(&[mass("a", "victim", "2"), mass("b", "offence", "3")]).found().is_empty(), "two quantities");
}

#[test]
fn the_account_names_the_gravest_first() {
    let bench = Bench::new(&[
        said("a", "1", "AR", 2020, "1000.5"),
        said("b", "2", "AR", 2020, "1001.5"),
        said("a", "1", "CL", 2020, "14620"),
        said("b", "2", "CL", 2020, "14260"),
    ]);
    let notes = bench.ground().find(|_, _| Ok(())).unwrap().notes();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[0].starts_with("conflict: 2 rows ("), "{notes:?}");
    assert!(notes[1].contains("CL") && notes[1].contains("transposed-digits") && notes[1].contains("ratio 0.9754"));
    let agree = Bench::new(&[said("a", "1", "AR", 2020, "10"), said("b", "2", "AR", 2020, "10")]);
    assert_eq!(
        agree.ground().find(|_, _| Ok(())).unwrap().notes(),
        ["conflict: sources and vintages agree on every quantity that they share"]
    );
    let alone = Bench::new(&[said("a", "1", "AR", 2020, "10"), said("a", "1", "CL", 2020, "11")]);
    assert!(alone.ground().find(|_, _| Ok(())).unwrap().notes().is_empty());
}

#[test]
fn markings_and_documents_are_ingredients() {
    let rows = [said("a", "1", "AR", 2020, "10"), said("b", "2", "AR", 2020, "11")];
    let mut bench = Bench::new(&rows);
    let first = bench.ground().ingredients("build");
    assert_eq!(first, Bench::new(&rows).ground().ingredients("build"));
    assert_ne!(first, bench.ground().ingredients("another build"));
    for source in &mut bench.pipeline.sources {
        source.marking.distribution = quipu_schema::marking::Tlp::Red;
    }
    assert_ne!(first, bench.ground().ingredients("build"));
}

/// Every pair of rows, looked at one by one: what is found must be found this way too.
fn expected(rows: &[Said]) -> usize {
    let print = |row: &Said| printed::Printed::new(row.text.parse().unwrap(), Some(&row.text), 1.0);
    let mut count = 0;
    for one in rows.iter().filter(|row| row.source == "a") {
        for other in rows.iter().filter(|row| row.source == "b") {
            let same = (one.area, one.year) == (other.area, other.year);
            count += usize::from(same && !print(one).agrees(&print(other)));
        }
    }
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_found_is_what_looking_at_all_pairs_finds(
        cells in proptest::collection::btree_map(
            (prop::bool::ANY, 0_usize..4, 2015_i16..2020),
            prop::sample::select(vec!["1", "1.0", "1.04", "1.1", "2", "14620", "14260", "-3"]),
            1..40,
        )
    ) {
        let areas = ["AR", "CL", "UY", "PY"];
        let rows: Vec<Said> = cells
            .into_iter()
            .map(|((a, area, year), text)| said(if a { "a" } else { "b" }, "1", areas[area], year, text))
            .collect();
        prop_assert_eq!(Bench::new(&rows).found().len(), expected(&rows));
    }

    #[test]
    fn a_quantity_has_the_hash_of_its_row(year in 1900_i16..2100, unit in prop::sample::select(vec!["tonne", "offence"])) {
        let row = Said { unit, ..said("a", "1", "AR", year, "1") };
        let table = quipu_schema::table::find("observation").unwrap();
        let frame = frame::from_rows(table, vec![values(&row)]).unwrap();
        let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/reference");
        let units = Units::of(&Reference::load(&lists).unwrap()).unwrap();
        let quantity = quantity::quantity(&frame, 0, &units).unwrap();
        prop_assert_eq!(quantity.hash(), quantity::hashes(&frame, &units).unwrap()[0]);
        let next = quantity.years_later(1).unwrap();
        prop_assert_eq!((next.start, next.end), (day(year + 1, 1, 1), day(year + 1, 12, 31)));
        prop_assert_eq!(next.years_later(-1), Some(quantity));
    }
}
