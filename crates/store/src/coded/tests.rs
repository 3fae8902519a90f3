use std::fs::File;

use polars::prelude::{DataFrame, Float64Chunked, IntoColumn, ParquetReader, SerReader};
use proptest::prelude::*;
use quipu_schema::table::{self, Kind, Table};

use super::*;
use crate::fixture::frame;
use crate::{Part, Store, WriteOptions, logical_hash};

/// One column as blocks hold it.
enum Column {
    Texts(Vec<u32>, Vec<String>),
    Days(Vec<u32>, Vec<i32>),
    Floats(Vec<u32>, Vec<f64>),
    Flags(Vec<bool>),
    Counts(Vec<u64>),
    Counts32(Vec<u32>),
}

fn numbered<T: PartialEq>(values: impl Iterator<Item = Option<T>>) -> (Vec<u32>, Vec<T>) {
    let mut known: Vec<T> = Vec::new();
    let codes = values
        .map(|value| match value {
            None => NULL,
            Some(value) => u32::try_from(known.iter().position(|k| *k == value).unwrap_or_else(|| {
                known.push(value);
                known.len() - 1
            }))
            .unwrap(),
        })
        .collect();
    (codes, known)
}

/// Blocks have null where there is no number.
fn without_nan(table: &Table, mut frame: DataFrame) -> DataFrame {
    for column in table.all_columns().filter(|column| column.kind == Kind::Float) {
        let floats = frame.column(column.name).unwrap().f64().unwrap();
        let floats: Float64Chunked = floats.iter().map(|float| float.filter(|float| !float.is_nan())).collect();
        frame.with_column(floats.with_name(column.name.into()).into_column()).unwrap();
    }
    frame
}

fn columns(table: &Table, frame: &DataFrame) -> Vec<Column> {
    let column = |column: &table::Column| {
        let series = frame.column(column.name).unwrap().as_materialized_series();
        match column.kind {
            Kind::Text => {
                let (codes, texts) = numbered(series.str().unwrap().iter().map(|text| text.map(str::to_owned)));
                Column::Texts(codes, texts)
            }
            Kind::Date => {
                let (codes, days) = numbered(series.date().unwrap().physical().iter());
                Column::Days(codes, days)
            }
            Kind::Float => {
                let (codes, bits) = numbered(series.f64().unwrap().iter().map(|float| float.map(f64::to_bits)));
                Column::Floats(codes, bits.into_iter().map(f64::from_bits).collect())
            }
            Kind::Bool => Column::Flags(series.bool().unwrap().iter().map(Option::unwrap).collect()),
            Kind::UInt => Column::Counts(series.u64().unwrap().iter().map(|n| n.unwrap_or(u64::MAX)).collect()),
            Kind::UInt32 => Column::Counts32(series.u32().unwrap().iter().map(|n| n.unwrap_or(NULL)).collect()),
            other => panic!("{other:?}"),
        }
    };
    table.all_columns().map(column).collect()
}

fn block(columns: &[Column], from: usize, to: usize) -> Block<'_> {
    fn codes(codes: &[u32]) -> Codes<'_> {
        match codes {
            [first, rest @ ..] if rest.iter().all(|code| code == first) => Codes::Same(*first),
            codes => Codes::Each(codes),
        }
    }
    fn values(column: &Column, from: usize, to: usize) -> Values<'_> {
        match column {
            Column::Texts(all, texts) => {
                if all[from..to].iter().all(|code| *code == NULL) {
                    Values::Nothing
                } else {
                    Values::Texts(codes(&all[from..to]), Texts::List(texts))
                }
            }
            Column::Days(all, days) => Values::Days(codes(&all[from..to]), days),
            Column::Floats(all, floats) => Values::Floats(codes(&all[from..to]), floats),
            Column::Flags(flags) if !flags[from..to].contains(&true) => Values::Flag(false),
            Column::Flags(flags) => Values::Flags(&flags[from..to]),
            Column::Counts(counts) => Values::Counts(&counts[from..to]),
            Column::Counts32(counts) => Values::Counts32(&counts[from..to]),
        }
    }
    Block { rows: to - from, columns: columns.iter().map(|column| values(column, from, to)).collect() }
}

fn write(store: &Store, columns: &[Column], cuts: &[usize], rows: usize, row_group: usize) -> Part {
    let table = table::find("observation").unwrap();
    let mut writer = PartWriter::create(store, table, &WriteOptions { row_group, ..WriteOptions::default() }).unwrap();
    let mut from = 0;
    for to in cuts.iter().copied().chain([rows]) {
        writer.push(&block(columns, from, to)).unwrap();
        from = to;
    }
    assert_eq!(writer.rows(), rows as u64);
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_file_depends_on_its_rows_alone_and_says_what_a_frame_says(
        rows in 0_usize..1500, row_group in 1_usize..700, mut cuts in prop::collection::vec(0_usize..1500, 0..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let table = table::find("observation").unwrap();
        let frame = without_nan(table, frame(table, rows));
        let columns = columns(table, &frame);
        cuts.retain(|cut| *cut <= rows);
        cuts.sort_unstable();
        let part = write(&store, &columns, &cuts, rows, row_group);
        prop_assert_eq!(&part, &write(&store, &columns, &[], rows, row_group));
        prop_assert_eq!(&part.logical, &logical_hash(table, std::slice::from_ref(&frame)).unwrap());
        store.verify_table(&part).unwrap();
        prop_assert!(store.read_table(&part).unwrap().equals_missing(&frame));
    }
}

#[test]
fn values_that_do_not_repeat_and_columns_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let table = table::find("observation").unwrap();
    let rows = 20_000;
    let frame = frame(table, 10);
    let codes: Vec<u32> = (0..20_000).collect();
    let texts: Vec<String> = codes.iter().map(|code| format!("{code}.5")).collect();
    let floats: Vec<f64> = codes.iter().map(|code| f64::from(*code) + 0.5).collect();
    let one = [String::from("_T")];
    let columns = table
        .all_columns()
        .map(|column| match (column.name, column.kind) {
            ("value", _) => Values::Floats(Codes::Each(&codes), &floats),
            ("value_text", _) => Values::Texts(Codes::Each(&codes), Texts::List(&texts)),
            (_, Kind::Date) => Values::Days(Codes::Same(0), &[7]),
            (_, Kind::Bool) => Values::Flag(true),
            _ if column.nullable => Values::Nothing,
            _ => Values::Texts(Codes::Same(0), Texts::List(&one)),
        })
        .collect();
    let mut writer = PartWriter::create(&store, table, &WriteOptions::default()).unwrap();
    writer.push(&Block { rows, columns }).unwrap();
    let part = writer.finish().unwrap();
    let back = ParquetReader::new(File::open(store.table_path(&part)).unwrap()).finish().unwrap();
    assert_eq!(**back.schema(), **frame.schema());
    assert_eq!(back.column("value").unwrap().f64().unwrap().get(19_999), Some(19_999.5));
    assert_eq!(back.column("value_text").unwrap().str().unwrap().get(19_999), Some("19999.5"));
    assert_eq!(back.column("crime").unwrap().null_count(), rows);
    assert_eq!(part.logical, logical_hash(table, &[back]).unwrap());
    assert!(part.size < 200_000, "{} bytes", part.size);
}

#[test]
fn a_required_column_without_values_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let table = table::find("observation").unwrap();
    let columns = table
        .all_columns()
        .map(|column| if column.kind == Kind::Bool { Values::Flag(false) } else { Values::Nothing })
        .collect();
    let mut writer = PartWriter::create(&store, table, &WriteOptions::default()).unwrap();
    writer.push(&Block { rows: 3, columns }).unwrap();
    let fault = writer.finish().unwrap_err();
    assert_eq!(fault.kind(), quipu_schema::ErrorKind::Contract, "{fault}");
    assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}
