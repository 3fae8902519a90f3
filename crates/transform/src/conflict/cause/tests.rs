//! Each rule on invented rows, with what it must not say.

use super::super::pair::{Later, Pair};
use super::super::printed::Printed;
use super::super::quantity::Quantity;
use super::super::statement::Statement;
use super::super::unit::Units;
use super::*;
use crate::codes::Reference;

fn units() -> Units {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/reference");
    Units::of(&Reference::load(&folder).unwrap()).unwrap()
}

fn quantity(unit: &str) -> Quantity {
    let texts = ["offences-recorded", "0101", "AR", "A", "_T", "_T", "_T", unit];
    // 2020.
    Quantity { texts: texts.map(|text| Some(text.to_owned())), start: 18_262, end: 18_627 }
}

/// A row of a publication that prints this, with a dot for decimals.
fn says(dataset: &str, vintage: &str, text: &str) -> Statement {
    let value: f64 = text.parse().unwrap();
    Statement {
        edition: (dataset.to_lowercase(), dataset.to_owned(), vintage.to_owned()),
        unit: "offence".to_owned(),
        value: Some(Printed::new(value, Some(text), 1.0)),
        text: Some(text.to_owned()),
        lower: value,
        upper: value,
        status: "A".to_owned(),
        is_total: false,
        superseded: false,
        document: "0".repeat(64),
        locator: None,
    }
}

/// A row that has bounds alone.
fn bounded(text: &str, lower: f64, upper: f64) -> Statement {
    Statement { value: None, lower, upper, status: "Q".to_owned(), text: Some(text.to_owned()), ..says("B", "2", "0") }
}

fn between(unit: &str, left: &Statement, right: &Statement, later: Option<Later>) -> Verdict {
    let pair = Pair { left, right, later, replaced: None };
    verdict(&quantity(unit), &pair, &units(), &Neighbours::default())
}

/// The cause between two publications that print these.
fn cause(unit: &str, left: &str, right: &str) -> &'static str {
    between(unit, &says("A", "2024-01-01", left), &says("B", "2024-01-01", right), None).cause
}

#[test]
fn powers_of_ten_are_lost_words_or_marks_and_other_bases_of_rates() {
    assert_eq!(cause("usd", "5700000000", "5700000"), "scale");
    assert_eq!(cause("record", "16706281", "16706.281"), "scale");
    assert_eq!(cause("offence", "1250", "12500"), "scale");
    assert_eq!(cause("per-100k", "12.5", "125"), "rate-base");
    assert_eq!(cause("share", "0.125", "12.5"), "rate-base");
    // One digit is no proof, and other digits are none either.
    assert_eq!(cause("offence", "3", "30"), "sources-differ");
    assert_eq!(cause("offence", "1250", "12750"), "sources-differ");
    assert_eq!(cause("offence", "1250", "-12500"), "sources-differ");
}

#[test]
fn factors_between_units_of_measure() {
    assert_eq!(cause("kilogram", "1200", "2645.5"), "unit");
    assert_eq!(cause("kilogram", "1000", "2204.62"), "sources-differ", "1000 has one digit that counts");
    assert_eq!(cause("kilogram", "2645.5", "1200"), "unit");
    assert_eq!(cause("hour", "36", "864"), "unit");
    assert_eq!(cause("offence", "36", "864"), "sources-differ");
}

#[test]
fn digits_that_changed_places() {
    assert_eq!(cause("arrest", "14620", "14260"), "transposed-digits");
    assert_eq!(cause("arrest", "12.34", "12.43"), "transposed-digits");
    assert_eq!(cause("arrest", "14620", "16420"), "transposed-digits");
    assert_eq!(cause("arrest", "12", "21"), "sources-differ");
    assert_eq!(cause("arrest", "14620", "14062"), "sources-differ", "three digits moved");
    assert_eq!(cause("arrest", "14620", "10624"), "sources-differ", "not beside each other");
    assert_eq!(cause("arrest", "1462", "1642.0"), "sources-differ", "other decimals");
}

#[test]
fn rounding_to_zeros_and_cutting_off() {
    assert_eq!(cause("round", "306000", "306012"), "rounding");
    assert_eq!(cause("round", "300000", "306012"), "rounding");
    assert_eq!(cause("round", "12345", "12300"), "rounding");
    assert_eq!(cause("round", "100", "140"), "sources-differ", "too far apart to pass as rounding");
    assert_eq!(cause("offence", "10", "12"), "sources-differ");
    assert_eq!(cause("per-100k", "22.3", "22.38"), "rounding", "cut off");
    assert_eq!(cause("per-100k", "22.4", "22.38"), "sources-differ", "these agree, and never come here");
    // A publication that corrects itself does not round.
    let (old, new) = (says("A", "2024-01-01", "1000"), says("A", "2024-02-01", "1020"));
    assert_eq!(between("offence", &old, &new, Some(Later::Stated)).cause, "revision");
}

#[test]
fn values_of_the_year_before_or_after() {
    let (left, right) = (says("A", "1", "812"), says("B", "1", "797"));
    let near = [says("A", "1", "797")];
    let pair = Pair { left: &left, right: &right, later: None, replaced: None };
    let of = |near: &Neighbours<'_>| verdict(&quantity("offence"), &pair, &units(), near);
    let found = of(&Neighbours { before: &near, after: &[] });
    assert_eq!(found.cause, "year-off-by-one");
    assert_eq!(found.detail, "B prints what A prints for the year before");
    assert_eq!(of(&Neighbours { before: &[], after: &near }).cause, "year-off-by-one");
    // Of another edition, or a number too small to be known again.
    let other = [says("A", "2", "797")];
    assert_eq!(of(&Neighbours { before: &other, after: &[] }).cause, "sources-differ");
    let (left, right, near) = (says("A", "1", "8"), says("B", "1", "7"), [says("A", "1", "7")]);
    let pair = Pair { left: &left, right: &right, later: None, replaced: None };
    let found = verdict(&quantity("offence"), &pair, &units(), &Neighbours { before: &near, after: &[] });
    assert_eq!(found.cause, "sources-differ");
}

#[test]
fn bounds_that_leave_no_room() {
    let found = between("offence", &says("A", "1", "7"), &bounded("<5", f64::NEG_INFINITY, 5.0), None);
    assert_eq!((found.cause, found.detail.as_str()), ("outside-bounds", "`7` leaves no room for `<5`"));
    assert!(!says("A", "1", "7").agrees(&bounded("<5", f64::NEG_INFINITY, 5.0)));
    assert!(says("A", "1", "4").agrees(&bounded("<5", f64::NEG_INFINITY, 5.0)));
    assert!(bounded("<5", f64::NEG_INFINITY, 5.0).agrees(&bounded("3-9", 3.0, 9.0)));
    assert!(!bounded("<5", f64::NEG_INFINITY, 5.0).agrees(&bounded("6-9", 6.0, 9.0)));
}

#[test]
fn marks_of_status() {
    let marked = |status: &str| Statement { status: status.to_owned(), ..says("B", "2024-01-01", "150") };
    let plain = says("A", "2024-01-01", "120");
    assert_eq!(between("offence", &plain, &marked("D"), None).cause, "definition-break");
    assert_eq!(between("offence", &plain, &marked("B"), None).cause, "definition-break");
    assert_eq!(between("offence", &marked("P"), &plain, None).cause, "provisional");
    assert_eq!(between("offence", &marked("E"), &plain, None).cause, "provisional");
    assert_eq!(between("offence", &marked("P"), &marked("P"), None).cause, "unexplained");
}

#[test]
fn editions_from_before_the_period_ended() {
    let (early, late) = (says("A", "2020-09-30", "120"), says("B", "2021-03-01", "170"));
    assert_eq!(between("offence", &early, &late, Some(Later::Stated)).cause, "partial-period");
    // What is early but larger is not larger because it is early.
    let early = says("A", "2020-09-30", "190");
    assert_eq!(between("offence", &early, &late, Some(Later::Stated)).cause, "revision");
}

#[test]
fn totals_against_parts() {
    let total = Statement { is_total: true, ..says("B", "2024-01-01", "150") };
    assert_eq!(between("offence", &says("A", "2024-01-01", "120"), &total, None).cause, "total-or-part");
}

#[test]
fn revisions_within_and_across_publications() {
    let (old, new) = (says("A", "2024-01-01", "120"), says("A", "2024-02-01", "470"));
    let found = between("offence", &old, &new, Some(Later::Stated));
    assert_eq!((found.cause, found.detail.as_str()), ("revision", "vintage 2024-02-01 replaced 2024-01-01"));
    assert_eq!(between("offence", &old, &says("A", "2024-01-01", "470"), None).cause, "unexplained");
    // Across publications only where they are not far apart, and it is known which is later.
    let other = says("B", "2024-02-01", "126");
    assert_eq!(between("offence", &old, &other, Some(Later::Stated)).cause, "revision");
    assert_eq!(between("offence", &old, &other, Some(Later::Reach)).cause, "revision");
    assert_eq!(between("offence", &old, &other, None).cause, "sources-differ");
    assert_eq!(between("offence", &old, &says("B", "2024-02-01", "470"), Some(Later::Stated)).cause, "sources-differ");
    let far = says("B", "2024-02-01", "470");
    let pair = Pair { left: &old, right: &far, later: None, replaced: Some("2023-01-01") };
    let found = verdict(&quantity("offence"), &pair, &units(), &Neighbours::default());
    assert_eq!(found.detail, "one side still prints what vintage 2023-01-01 of the other said");
}

#[test]
fn severity_goes_by_size_but_for_mistakes_and_rounding() {
    assert_eq!(severity("revision", Some(0.5)), "high");
    assert_eq!(severity("revision", Some(0.05)), "medium");
    assert_eq!(severity("revision", Some(0.01)), "low");
    assert_eq!(severity("rounding", Some(0.04)), "low");
    assert_eq!(severity("transposed-digits", Some(0.001)), "high");
    assert_eq!(severity("outside-bounds", None), "high");
    assert!((difference(0.0, 0.0), difference(2.0, 1.0)) == (0.0, 0.5));
}
