#![expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "test tables are small")]

use polars::prelude::{IdxCa, NamedFrom};
use proptest::prelude::*;
use quipu_schema::table;

use super::*;
use crate::fixture::{EVERY, KINDS, every, frame};

fn hash(frame: &DataFrame) -> String {
    logical_hash(&EVERY, std::slice::from_ref(frame)).unwrap()
}

/// The frame with one column replaced.
fn with(frame: &DataFrame, name: &str, values: Series) -> DataFrame {
    let mut frame = frame.clone();
    frame.with_column(values.with_name(name.into()).into()).unwrap();
    frame
}

/// The rows in another order.
fn take(series: &Series, order: &[u32]) -> Series {
    series.take(&order.iter().copied().map(Some).collect::<IdxCa>()).unwrap()
}

#[test]
fn known_values_so_that_an_upgrade_cannot_change_them_unnoticed() {
    assert_eq!(hash(&every(0)), "l1:00000000000000000000000000000000");
    check_known(&hash(&every(1)), "l1:ab60229305c499b97805688b8ce93b8d");
    check_known(&hash(&every(1000)), "l1:92ac1f79ff31b98fef349fa5f3635cd3");
}

fn check_known(found: &str, expected: &str) {
    assert_eq!(found, expected, "the logical hash changed: published hashes would no longer hold");
}

#[test]
fn the_one_row_hash_is_what_the_documentation_says() {
    let row = every(2).slice(1, 1);
    let text = |column: &str, bytes: &[u8]| xxh3_128_with_seed(bytes, xxh3_64(column.as_bytes()));
    let int = |column: &str, n: i64| text(column, &n.to_le_bytes());
    let spread = 0x5851_F42D_4C95_7F2D_i64 >> 3;
    let sum = [
        int("id", spread),
        text("text", b"curto 1"),
        text("phrase", b"curto 1"),
        int("int", spread),
        int("uint", spread),
        int("uint32", spread & 0xFFFF_FFFF),
        text("float", &[0; 8]),
        text("bool", &[0]),
        int("date", 18_999),
        int("time", spread),
    ]
    .into_iter()
    .fold(0_u128, u128::wrapping_add);
    let expected = xxh3_128(&sum.to_le_bytes()).wrapping_add(1);
    assert_eq!(hash(&row), format!("l1:{expected:032x}"));
}

#[test]
fn zeros_are_one_value_and_so_are_all_that_are_no_number() {
    let rows = every(4);
    let of = |x: f64| hash(&with(&rows, "float", Series::new("x".into(), [x; 4])));
    assert_eq!(of(0.0), of(-0.0));
    assert_eq!(of(f64::NAN), of(-f64::NAN));
    assert_eq!(of(f64::NAN), of(f64::from_bits(0x7ff0_0000_0000_0001)));
    assert_ne!(of(f64::NAN), of(f64::INFINITY));
    assert_ne!(of(0.0), of(f64::MIN_POSITIVE));
}

#[test]
fn null_is_no_value() {
    let rows = every(1);
    let mut seen = std::collections::BTreeSet::new();
    for text in [None, Some(""), Some("\0"), Some(" ")] {
        assert!(seen.insert(hash(&with(&rows, "text", Series::new("x".into(), [text])))), "{text:?}");
    }
}

#[test]
fn wall_clock_time_is_left_out() {
    let document = table::find("document").unwrap();
    let rows = frame(document, 20);
    let mut later = rows.clone();
    later.with_column(Series::full_null("retrieved_at".into(), 20, &crate::polars_type(Kind::Time)).into()).unwrap();
    assert_ne!(rows.column("retrieved_at").unwrap().null_count(), 20);
    let of = |rows: &DataFrame| logical_hash(document, std::slice::from_ref(rows)).unwrap();
    assert_eq!(of(&rows), of(&later));
}

#[test]
fn another_set_of_columns_is_a_bug() {
    let fault = logical_hash(&EVERY, &[every(1).drop("int").unwrap()]).unwrap_err();
    assert_eq!(fault.kind(), quipu_schema::ErrorKind::Bug);
}

#[test]
fn a_row_more_than_once_counts() {
    let rows = every(3);
    let twice = rows.vstack(&rows.slice(0, 1)).unwrap();
    assert_ne!(hash(&rows), hash(&twice));
    assert_ne!(hash(&twice), hash(&rows.vstack(&rows.slice(1, 1)).unwrap()));
}

/// The column of each kind, and another of the same kind to swap with.
const PAIRS: [(&str, &str); 2] = [("text", "phrase"), ("uint", "id")];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn order_and_chunks_do_not_matter(rows in 2..300_usize, cut in 0..300_usize, seed in any::<u64>()) {
        let rows = every(rows);
        let height = rows.height();
        let mut order: Vec<u32> = (0..height as u32).collect();
        order.sort_by_key(|row| xxh3_64(&(u64::from(*row) ^ seed).to_le_bytes()));
        let shuffled = rows.take(&order.iter().copied().map(Some).collect::<IdxCa>()).unwrap();
        prop_assert_eq!(hash(&shuffled), hash(&rows));

        let cut = cut % height;
        let parts = [rows.slice(cut as i64, height - cut), rows.slice(0, 0), rows.slice(0, cut)];
        prop_assert_eq!(logical_hash(&EVERY, &parts).unwrap(), hash(&rows));
        let chunked = parts[0].vstack(&parts[2]).unwrap();
        prop_assert_eq!(hash(&chunked), hash(&rows));
    }

    #[test]
    fn any_change_shows(rows in 2..60_usize, a in 0..60_u32, b in 0..60_u32, kind in 0..KINDS.len()) {
        let rows = every(rows);
        let height = rows.height() as u32;
        let (a, b) = (a % height, b % height);
        let kind = KINDS[kind];
        let name = EVERY.columns.iter().rfind(|column| column.kind == kind).unwrap().name;
        let values = rows.column(name).unwrap().as_materialized_series().clone();

        // One value becomes another; two rows swap a value.
        let mut order: Vec<u32> = (0..height).collect();
        order[a as usize] = b;
        let changed = take(&values, &order);
        order[b as usize] = a;
        let swapped = take(&values, &order);
        let alike = |other: &Series| other.equals_missing(&values);
        prop_assert_eq!(hash(&with(&rows, name, changed.clone())) == hash(&rows), alike(&changed));
        // `id` differs in every row, so a swap always makes other rows.
        prop_assert_eq!(hash(&with(&rows, name, swapped.clone())) == hash(&rows), alike(&swapped));

        // Two columns swap their values in one row.
        for (one, other) in PAIRS {
            let (x, y) = (rows.column(one).unwrap(), rows.column(other).unwrap());
            let mixed = |keep: &polars::prelude::Column, from: &polars::prelude::Column| {
                let mut values = keep.as_materialized_series().slice(0, a as usize);
                values.append(&from.as_materialized_series().slice(i64::from(a), 1).with_name(values.name().clone())).unwrap();
                values.append(&keep.as_materialized_series().slice(i64::from(a) + 1, height as usize)).unwrap();
                values
            };
            let swapped = with(&with(&rows, one, mixed(x, y)), other, mixed(y, x));
            prop_assert_eq!(hash(&swapped) == hash(&rows), swapped.equals_missing(&rows));
        }
    }
}
