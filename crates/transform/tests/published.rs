//! The mappings of `pipelines/americas.toml` on whole published files, read where they lie when they
//! are there. The expected figures can be checked by looking into the files.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and whole numbers are compared"
)]

use std::path::{Path, PathBuf};

use polars::prelude::{AnyValue, DataFrame, Expr, IntoLazy, col, lit};
use quipu_schema::pipeline::Pipeline;
use quipu_transform::{Reference, Transformed, transform_source};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Transforms a published file with the mapping of a source; `None` where the file is not there.
fn transform(source: &str, file: &str) -> Option<(Transformed, Vec<u8>)> {
    let path = root().join("../shared/data/published").join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: {file} is not here");
        return None;
    };
    let pipeline_file = root().join("pipelines/americas.toml");
    let text = std::fs::read_to_string(&pipeline_file).expect("pipeline file");
    let pipeline = Pipeline::parse(&pipeline_file, &text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let reference = Reference::load(&pipeline.reference).unwrap_or_else(|fault| panic!("{fault}"));
    let source = pipeline.source(source).expect("source");
    let transformed = transform_source(source, &[(file, &bytes)], &reference).unwrap_or_else(|fault| panic!("{fault}"));
    Some((transformed, bytes))
}

fn table<'t>(transformed: &'t Transformed, name: &str) -> &'t DataFrame {
    transformed.tables.iter().find(|(table, _)| table.name == name).map(|(_, frame)| frame).expect("table")
}

fn select(frame: &DataFrame, filter: Expr) -> DataFrame {
    frame.clone().lazy().filter(filter).collect().expect("filter")
}

fn sum(frame: &DataFrame, filter: Expr) -> f64 {
    let frame = select(frame, filter);
    assert!(frame.height() > 0, "nothing to sum");
    frame.column("value").expect("value").f64().expect("numbers").iter().flatten().sum()
}

/// The only value that the filter leaves.
fn one(frame: &DataFrame, filter: Expr) -> Option<f64> {
    let frame = select(frame, filter);
    assert_eq!(frame.height(), 1, "{frame:?}");
    frame.column("value").expect("value").f64().expect("numbers").get(0)
}

fn is(column: &str, text: &str) -> Expr {
    col(column).eq(lit(text.to_owned()))
}

/// Periods that start in this year.
fn year(year: i16) -> Expr {
    let start = || col("time_start").cast(polars::prelude::DataType::Int32);
    start().gt_eq(lit(first_day(year, 1))).and(start().lt(lit(first_day(year + 1, 1))))
}

/// Days from 1970-01-01 to the first of a month.
fn first_day(year: i16, month: i8) -> i32 {
    let span = jiff::civil::date(1970, 1, 1).until(jiff::civil::date(year, month, 1)).expect("span");
    span.get_days()
}

/// Every value is printed at its place, and the account balances.
fn is_sound(transformed: &Transformed, bytes: &[u8], latin_1: bool) {
    assert!(transformed.tally.balances(), "{}", transformed.tally);
    let frame = table(transformed, "observation");
    assert_eq!(frame.height() as u64, transformed.tally.published);
    let number = |name: &str| frame.column(name).expect(name).u64().expect(name).clone();
    let (starts, ends) = (number("loc_start"), number("loc_end"));
    let texts = frame.column("value_text").expect("value_text").str().expect("text");
    for row in 0..frame.height() {
        let (start, end) = (starts.get(row).expect("start") as usize, ends.get(row).expect("end") as usize);
        let piece = &bytes[start..end];
        let again = if latin_1 {
            piece.iter().map(|b| char::from(*b)).collect()
        } else {
            String::from_utf8(piece.to_vec()).expect("UTF-8")
        };
        assert_eq!(Some(again.as_str()), texts.get(row), "row {row}");
    }
}

#[test]
fn world_bank() {
    let Some((made, bytes)) = transform("worldbank-homicide", "unodc/wb_API_VC.IHR.PSRC.P5_DS2_en_csv_v2_4355130.csv")
    else {
        return;
    };
    is_sound(&made, &bytes, false);
    let frame = table(&made, "observation");
    let of = |area: &str, y: i16| one(frame, is("ref_area", area).and(year(y)));
    assert_eq!(of("MX", 2019), Some(28.736_702_318_514_4));
    assert_eq!(of("HN", 2018), Some(38.925_591_104_188_2));
    assert_eq!(of("US", 2020), Some(6.516_564_201_373_29));
    assert_eq!(of("WB.LCN", 2015), Some(22.3));
    assert_eq!(of("MX", 2021), None);
    assert_eq!(made.tally.read, 266 * 62);
    assert_eq!(made.tally.quarantined_total(), 0, "{:?}", made.tally);
    assert!(select(frame, year(2021)).column("value").expect("value").null_count() == 266);
    let totals = select(frame, is("ref_area", "WB.LCN").or(is("ref_area", "MX")).and(year(2015)));
    let flags: Vec<AnyValue<'_>> =
        (0..2).map(|row| totals.column("is_total").expect("c").get(row).expect("v")).collect();
    assert!(flags.contains(&AnyValue::Boolean(true)) && flags.contains(&AnyValue::Boolean(false)));
}

#[test]
fn argentina() {
    let Some((made, bytes)) = transform("argentina-snic", "americas/ar_snic-provincias.csv") else { return };
    is_sound(&made, &bytes, false);
    assert_eq!(made.tally.quarantined_total(), 0, "{:?}", made.tally);
    assert_eq!(made.tally.read, 23_072 * 9);
    let frame = table(&made, "observation");
    let national = |indicator: &str, code: &str, y: i16| {
        let all = is("indicator", indicator).and(is("sex", "_T")).and(is("breakdown", &format!("snic={code}")));
        sum(frame, all.and(year(y)))
    };
    let both = |code: &str, y: i16| (national("offences-recorded", code, y), national("victims-recorded", code, y));
    assert_eq!(both("1", 2023), (1995.0, 2046.0));
    assert_eq!(both("1", 2020), (2349.0, 2418.0));
    assert_eq!(national("offences-recorded", "28", 2023), 64_094.0);
    assert_eq!(national("offences-recorded", "14_1", 2022), 332.0);
    assert_eq!(national("offences-recorded", "29_2", 2022), 1715.0);
    let caba = is("ref_area", "AR-C").and(is("breakdown", "snic=1")).and(is("sex", "_T")).and(year(2000));
    assert_eq!(one(frame, caba.clone().and(is("indicator", "offences-recorded"))), Some(149.0));
    assert_eq!(one(frame, caba.and(is("indicator", "victims-recorded"))), Some(158.0));
    // A sum over what is no total equals a sum over the top codes: nothing is counted twice.
    let hechos = || is("indicator", "offences-recorded").and(year(2023));
    let leaves = sum(frame, hechos().and(col("is_total").eq(lit(false))));
    let top: f64 = (1..=32).map(|code| national("offences-recorded", &code.to_string(), 2023)).sum();
    assert_eq!(leaves, top);
    assert!(sum(frame, hechos()) > leaves);
    let parent = is("breakdown", "snic=28").and(year(2023)).and(is("indicator", "offences-recorded"));
    assert_eq!(select(frame, parent.clone().and(col("is_total"))).height(), 24);
    assert_eq!(select(frame, parent).height(), 24);
}

#[test]
fn mexico() {
    let Some((made, bytes)) = transform("mexico-ideff", "americas/mx_sesnsp_IDEFF_jul25.csv") else { return };
    is_sound(&made, &bytes, true);
    assert_eq!(made.tally.quarantined_total(), 0, "{:?}", made.tally);
    assert_eq!(made.tally.read, 13_398 * 12);
    let frame = table(&made, "observation");
    let breakdown = |test: fn(&str) -> bool| {
        let texts = frame.column("breakdown").expect("breakdown").str().expect("text");
        let rows: polars::prelude::BooleanChunked = texts.iter().map(|text| text.map(test)).collect();
        frame.filter(&rows).expect("filter")
    };
    let health = breakdown(|text| text.contains("concepto=CONTRA LA SALUD;"));
    for (y, expected) in [(2012, 27_870.0), (2019, 7_513.0), (2024, 6_053.0)] {
        assert_eq!(sum(&health, year(y)), expected, "{y}");
    }
    let retail = breakdown(|text| text.contains("concepto=LEY GENERAL DE SALUD (L.G.S.);"));
    for (y, expected) in [(2012, 43_782.0), (2019, 9_091.0), (2024, 6_776.0)] {
        assert_eq!(sum(&health, year(y)) + sum(&retail, year(y)), expected, "{y}");
    }
    let arms = breakdown(|text| text.ends_with("tipo=LEY FEDERAL DE ARMAS DE FUEGO Y EXPLOSIVOS (L.F.A.F.E.)"));
    assert_eq!(sum(&arms, year(2024)), 14_845.0);
    let migration = breakdown(|text| text.ends_with("tipo=LEY DE MIGRACION"));
    assert_eq!((sum(&migration, year(2022)), sum(&migration, year(2024))), (1_648.0, 749.0));
    assert_eq!(sum(frame, year(2024)), 78_645.0);
    let trade = breakdown(|text| text.contains("concepto=CONTRA LA SALUD;tipo=COMERCIO"));
    let january = lit(first_day(2012, 1)).eq(col("time_start").cast(polars::prelude::DataType::Int32));
    assert_eq!(one(&trade, is("ref_area", "MX-AGU").and(january)), Some(13.0));
    // August to December 2025 were not yet published when the file was: null with a status, not 0.
    let august = col("time_start").cast(polars::prelude::DataType::Int32).gt_eq(lit(first_day(2025, 8)));
    let blank = select(frame, august);
    assert_eq!(blank.column("value").expect("value").null_count(), blank.height());
    assert!(blank.height() > 0 && select(&blank, is("obs_status", "O")).height() == blank.height());
    assert!(select(frame, is("ref_area", "MX.EXT")).height() > 0);
}
