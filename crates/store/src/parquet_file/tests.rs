#![expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "test tables are small")]

use std::io::Cursor;

use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use polars::prelude::{IdxCa, ParquetReader, SerReader, TimeUnit, TimeZone};
use proptest::prelude::*;
use quipu_schema::table;

use super::*;
use crate::fixture::{EVERY, every, frame};

fn options(row_group: usize) -> WriteOptions {
    WriteOptions { row_group, metadata: Vec::new() }
}

fn bytes(table: &'static Table, frames: &[DataFrame], options: &WriteOptions) -> Vec<u8> {
    let mut out = Vec::new();
    let rows = write_parquet(&mut out, table, frames, options).unwrap();
    assert_eq!(rows as usize, frames.iter().map(DataFrame::height).sum::<usize>());
    out
}

fn read(bytes: &[u8]) -> DataFrame {
    ParquetReader::new(Cursor::new(bytes)).finish().unwrap()
}

fn footer(bytes: &[u8]) -> ParquetMetaData {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    SerializedFileReader::new(file).unwrap().metadata().clone()
}

#[test]
fn every_table_comes_back_with_the_same_types_and_values() {
    for table in table::ALL.iter().copied().chain([&EVERY]) {
        let rows = frame(table, 333);
        for row_group in [1000, 333, 100] {
            let back = read(&bytes(table, std::slice::from_ref(&rows), &options(row_group)));
            assert_eq!(**back.schema(), crate::polars_schema(table), "{}", table.name);
            assert!(back.equals_missing(&rows), "{} in groups of {row_group}", table.name);
        }
    }
}

#[test]
fn only_tables_with_moments_need_a_hint() {
    let unit = table::find("unit").unwrap();
    let footer = footer(&bytes(unit, &[frame(unit, 3)], &options(9)));
    let pairs = footer.file_metadata().key_value_metadata().unwrap();
    assert!(pairs.iter().all(|pair| pair.key.starts_with("quipu.")));
}

#[test]
fn times_come_back_in_utc() {
    let back = read(&bytes(&EVERY, &[every(3)], &options(9)));
    let expected = polars::prelude::DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
    assert_eq!(back.column("time").unwrap().dtype(), &expected);
}

#[test]
fn no_rows_make_a_file_with_columns() {
    for frames in [vec![], vec![every(0)], vec![every(0), every(0)]] {
        let back = read(&bytes(&EVERY, &frames, &options(9)));
        assert_eq!((back.height(), &**back.schema()), (0, &crate::polars_schema(&EVERY)));
    }
}

#[test]
fn many_rows_with_pages_and_dictionaries_that_overflow_come_back() {
    let rows = every(70_000);
    let back = read(&bytes(&EVERY, std::slice::from_ref(&rows), &WriteOptions::default()));
    assert!(back.equals_missing(&rows));
}

#[test]
fn row_groups_are_exact_and_the_footer_says_only_what_it_should() {
    let frames = [every(30), every(0), every(45)];
    let options = WriteOptions {
        row_group: 20,
        metadata: vec![
            ("z".to_owned(), "last".to_owned()),
            ("a".to_owned(), "first".to_owned()),
            ("quipu.table".to_owned(), "lie".to_owned()),
        ],
    };
    let footer = footer(&bytes(&EVERY, &frames, &options));
    let rows: Vec<i64> = footer.row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).collect();
    assert_eq!(rows, [20, 20, 20, 15]);
    let file = footer.file_metadata();
    assert_eq!(file.created_by(), Some("quipu"));
    let mut pairs: Vec<(String, Option<String>)> =
        file.key_value_metadata().unwrap().iter().map(|pair| (pair.key.clone(), pair.value.clone())).collect();
    assert_eq!(pairs.remove(0).0, "ARROW:schema");
    let pair = |key: &str, value: &str| (key.to_owned(), Some(value.to_owned()));
    assert_eq!(
        pairs,
        [pair("a", "first"), pair("quipu.key", "id,text"), pair("quipu.table", "every"), pair("z", "last")]
    );
    for group in footer.row_groups() {
        assert_eq!(group.sorting_columns(), None);
        for (column, definition) in group.columns().iter().zip(EVERY.columns) {
            let bounds = definition.kind != Kind::Text || EVERY.key.contains(&definition.name);
            assert_eq!(column.statistics().is_some(), bounds, "{}", definition.name);
            assert!(matches!(column.compression(), Compression::ZSTD(_)));
            let dictionary = matches!(definition.name, "text" | "float" | "date");
            assert_eq!(column.dictionary_page_offset().is_some(), dictionary, "{}", definition.name);
        }
    }
}

#[test]
fn a_group_of_no_rows_is_taken_as_one_row() {
    assert_eq!(footer(&bytes(&EVERY, &[every(3)], &options(0))).num_row_groups(), 3);
}

#[test]
fn another_set_of_columns_is_a_bug() {
    let good = every(3);
    let mut renamed = good.clone();
    renamed.rename("int", "integer".into()).unwrap();
    let fewer = good.drop("int").unwrap();
    let mut retyped = good.clone();
    retyped.with_column(crate::fixture::series(Kind::Text, 3, true).with_name("int".into()).into()).unwrap();
    let mut names: Vec<_> = good.get_column_names_owned();
    names.swap(2, 3);
    let reordered = good.select(names).unwrap();
    for wrong in [renamed, fewer, retyped, reordered] {
        let mut out = Vec::new();
        let fault = write_parquet(&mut out, &EVERY, &[good.clone(), wrong], &options(9)).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Bug);
        assert!(fault.message().contains("`every`"), "{fault}");
        assert!(out.is_empty());
    }
}

#[test]
fn null_in_a_required_column_is_refused_by_name() {
    let mut rows = every(5);
    rows.with_column(polars::prelude::Series::full_null("id".into(), 5, &crate::polars_type(Kind::UInt)).into())
        .unwrap();
    let fault = write_parquet(Vec::new(), &EVERY, &[rows], &options(9)).unwrap_err();
    assert_eq!((fault.kind(), fault.place()), (ErrorKind::Contract, Some("every.id")));
}

#[test]
fn a_full_disk_is_a_storage_fault() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let fault = write_parquet(full, &EVERY, &[every(1000)], &options(100)).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Storage);
    assert!(fault.advice().is_some_and(|help| help.contains("disk is full")), "{fault}");
}

/// Cuts a frame into frames, some of which consist of several chunks.
fn cut(rows: &DataFrame, cuts: &[usize]) -> Vec<DataFrame> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (rows.height() + 1)).collect();
    cuts.extend([0, rows.height()]);
    cuts.sort_unstable();
    let mut frames: Vec<DataFrame> = Vec::new();
    for (n, pair) in cuts.windows(2).enumerate() {
        let piece = rows.slice(pair[0] as i64, pair[1] - pair[0]);
        match frames.last_mut() {
            Some(last) if n % 2 == 1 => drop(last.vstack_mut(&piece).unwrap()),
            _ => frames.push(piece),
        }
    }
    frames
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_bytes_do_not_depend_on_chunks(
        rows in 0..400_usize,
        row_group in 1..200_usize,
        cuts in prop::collection::vec(0..400_usize, 0..8),
    ) {
        let rows = every(rows);
        let whole = bytes(&EVERY, std::slice::from_ref(&rows), &options(row_group));
        prop_assert_eq!(&bytes(&EVERY, &cut(&rows, &cuts), &options(row_group)), &whole);
        // Nor on how the values came to lie in memory.
        let order: IdxCa = (0..rows.height() as u32).rev().map(Some).collect();
        let turned = rows.take(&order).unwrap().take(&order).unwrap();
        prop_assert_eq!(&bytes(&EVERY, &[turned], &options(row_group)), &whole);
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let rows = every(5000);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bytes(&EVERY, std::slice::from_ref(&rows), &options(700)))
    };
    assert_eq!(with(1), with(4));
}
