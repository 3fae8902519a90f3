//! Each rule on its own.

use quipu_schema::ErrorKind;

use super::*;

const IDS: [&str; 2] = ["check_id", "record_id"];

/// The only check's fate: `hit`, or the rule by which it was left out.
fn fate(records: &[Record], check: Check) -> String {
    let (hits, tally, _) = compute(records, &[check], None).expect("compute");
    assert!(tally.balances() && tally.read == 1 && tally.quarantined.is_empty(), "{tally:?}");
    assert_eq!(hits.height() > 0, tally.published == 1);
    tally.ignored.keys().next().cloned().unwrap_or_else(|| "hit".to_owned())
}

#[test]
fn equal_keys_meet_and_say_how() {
    let vin = Record { kind: "vin", database: "SMV", issuer: None, ..record("r3", "1M8GDM9A1KP042788") };
    let rows = [record("r1", "AB 123456"), Record { issuer: Some("BRA"), ..record("r2", "ab-123456") }, vin];
    let questions = [
        check("c1", "AB 123456"),
        check("c2", "ＡＢ123456é"),
        Check { kind: "vin", issuer: None, ..check("c3", "1m8gdm9a1kp042788") },
        check("c4", "AB123457"),
    ];
    let (hits, tally, notes) = compute(&rows, &questions, None).expect("compute");
    let columns = ["check_id", "record_id", "database", "key_kind", "key", "grade", "reasons", "change", "state"];
    assert_eq!(
        shown(&hits, &columns),
        [
            "c1 r1 SLTD travel-document AB123456 exact same-number;same-issuer new candidate",
            "c1 r2 SLTD travel-document AB123456 normalised same-number;same-issuer-by-code-list new candidate",
            "c2 r1 SLTD travel-document AB123456 normalised same-number;same-issuer;characters-dropped new candidate",
            "c2 r2 SLTD travel-document AB123456 normalised \
             same-number;same-issuer-by-code-list;characters-dropped new candidate",
            "c3 r3 SMV vin 1M8GDM9A1KP042788 normalised same-vin;check-digit-fails new candidate",
        ]
    );
    assert_eq!(
        shown(&hits, &["record_snapshot", "check_snapshot", "rule_version", "marking"])[0],
        format!("l1:r l1:c {} TLP:GREEN", crate::RULE_VERSION)
    );
    let schema = quipu_store::polars_schema(table::find("hit").expect("table"));
    assert_eq!(hits.schema().as_ref(), &schema);
    assert_eq!((tally.read, tally.published, tally.ignored.get("no-hit")), (4, 3, Some(&1)));
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn another_issuer_is_another_document() {
    assert_eq!(fate(&[record("r", "AB1")], check("c", "AB1")), "hit");
    assert_eq!(fate(&[record("r", "AB1")], Check { issuer: Some("CL"), ..check("c", "AB1") }), "no-hit");
    assert_eq!(fate(&[record("r", "AB1")], Check { issuer: Some("br "), ..check("c", "AB1") }), "hit");
}

#[test]
fn a_missing_issuer_gives_no_answer_rather_than_no() {
    let nameless = Check { issuer: None, ..check("c", "AB1") };
    assert_eq!(fate(&[record("r", "AB1")], nameless.clone()), "cannot-say");
    assert_eq!(fate(&[record("r", "AB2")], nameless.clone()), "no-hit", "no issuer could make it a hit");
    assert_eq!(fate(&[Record { issuer: Some(" "), ..record("r", "AB1") }], check("c", "AB1")), "cannot-say");
    assert_eq!(fate(&[Record { issuer: None, ..record("r", "AB1") }], nameless.clone()), "cannot-say");
    let withdrawn = Record { status: "withdrawn", ..record("r", "AB1") };
    assert_eq!(fate(&[withdrawn], nameless.clone()), "no-hit");
    let (_, _, notes) = compute(&[record("r", "AB1")], &[nameless], None).expect("compute");
    assert!(notes.iter().any(|note| note.starts_with("cannot-say: 1 pairs")), "{notes:?}");
}

/// The specimen of Doc 9303-5, of an invented number and a state that exists.
#[test]
fn the_lines_of_a_machine_readable_zone_say_number_and_issuer() {
    let zone = "I<BRAD231458907<<<<<<<<<<<<<<<\n7408122F1204159BRA<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    let asked = Check { issuer: None, ..check("c", zone) };
    assert_eq!(fate(&[record("r", "D23145890")], asked.clone()), "hit", "the record's issuer is BR");
    assert_eq!(fate(&[Record { issuer: Some("CL"), ..record("r", "D23145890") }], asked.clone()), "no-hit");
    assert_eq!(fate(&[record("r", "D23145891")], asked.clone()), "no-hit");
    // A zero that was read as a letter in the date of birth: mended, and told.
    let misread = Check { raw: zone.replace("7408122", "74O8122"), ..asked };
    let (hits, ..) = compute(&[record("r", "D23145890")], &[misread], None).expect("compute");
    assert_eq!(
        shown(&hits, &["grade", "reasons"]),
        ["repaired same-number;same-issuer-by-code-list;check-digit-holds;misread-characters-mended"]
    );
}

#[test]
fn withdrawn_and_expired_records_never_match() {
    let rule = "only-expired-or-withdrawn";
    assert_eq!(fate(&[Record { status: "withdrawn", ..record("r", "AB1") }], check("c", "AB1")), rule);
    assert_eq!(fate(&[Record { expires: Some(19_999), ..record("r", "AB1") }], check("c", "AB1")), rule);
    assert_eq!(fate(&[Record { expires: Some(20_000), ..record("r", "AB1") }], check("c", "AB1")), "hit", "last day");
    let undated = Check { asked: None, ..check("c", "AB1") };
    let expiring = Record { expires: Some(1), ..record("r", "AB1") };
    assert_eq!(fate(&[expiring], undated.clone()), "expiry-cannot-be-judged");
    assert_eq!(fate(&[record("r", "AB1")], undated), "hit");
}

#[test]
fn the_pipeline_can_name_the_day() {
    let mut screen = screen(&["travel-document"]);
    let rows = records(&[Record { expires: Some(20_000), ..record("r", "AB1") }]);
    let questions = checks(&[Check { asked: Some(30_000), ..check("c", "AB1") }]);
    for (day, height) in [("2024-10-04", 1), ("2024-10-05", 0), ("1969-01-01", 1)] {
        screen.as_of = day.parse().ok();
        let (hits, ..) = screened(&rows, &questions, None, &screen, ("", "")).expect("compute");
        assert_eq!(hits.height(), height, "{day}");
    }
}

#[test]
fn a_denied_asker_sees_nothing() {
    let secret = Record { deny: Some("AR CHL"), ..record("r", "AB1") };
    assert_eq!(fate(std::slice::from_ref(&secret), check("c", "AB1")), "denied-by-owner");
    assert_eq!(fate(std::slice::from_ref(&secret), Check { asked_by: "BR", ..check("c", "AB1") }), "hit");
    let open = record("open", "AB1");
    let (hits, tally, _) = compute(&[secret, open], &[check("c", "AB1")], None).expect("compute");
    assert_eq!(shown(&hits, &IDS), ["c open"]);
    assert_eq!(tally.published, 1);
}

#[test]
fn only_the_issuing_country_adds_to_sltd() {
    let foreign = Record { owner: "CL", ..record("r", "AB1") };
    assert_eq!(fate(std::slice::from_ref(&foreign), check("c", "AB1")), "owner-is-not-issuer");
    let other_base = Record { database: "SAD", ..foreign.clone() };
    assert_eq!(fate(&[other_base], check("c", "AB1")), "hit", "the rule is one of SLTD");
    assert_eq!(fate(&[Record { issuer: Some("BRA"), ..record("r", "AB1") }], check("c", "AB1")), "hit", "BRA is BR");
    let (_, _, notes) = compute(&[foreign], &[check("c", "AB2")], None).expect("compute");
    assert_eq!(notes, ["owner-is-not-issuer: 1 of 1 records take no part"]);
}

#[test]
fn keys_that_are_none() {
    assert_eq!(fate(&[record("r", "UNKNOWN")], check("c", "unknown")), "junk-key");
    let vin = |raw| Check { kind: "vin", ..check("c", raw) };
    assert_eq!(fate(&[], vin("1M8GDM9AXKP04278")), "not-a-key");
    assert_eq!(fate(&[], Check { kind: "plate", ..check("c", "ABC123") }), "kind-not-screened");
    let rows = [
        record("a", "0000"),
        Record { kind: "vin", ..record("b", "ABC") },
        Record { kind: "imei", ..record("c", "1") },
    ];
    let (_, tally, notes) = compute(&rows, &[], None).expect("compute");
    assert_eq!(tally, Tally::default());
    assert_eq!(
        notes,
        [
            "junk-key: 1 of 3 records take no part",
            "kind-not-screened: 1 of 3 records take no part",
            "not-a-key: 1 of 3 records take no part",
        ]
    );
}

#[test]
fn a_hit_is_as_secret_as_the_stricter_side_on_each_axis() {
    let row = Record { marking: "TLP:RED H1", ..record("r", "AB1") };
    let question = Check { marking: "TLP:AMBER H2 B2", ..check("c", "AB1") };
    let (hits, ..) = compute(&[row], &[question], None).expect("compute");
    assert_eq!(shown(&hits, &["marking"]), ["TLP:RED H2 B2"]);
    let fault = compute(&[Record { marking: "secret", ..record("r", "AB1") }], &[check("c", "AB1")], None).err();
    assert_eq!(fault.map(|fault| fault.kind()), Some(ErrorKind::Contract));
}

#[test]
fn ids_that_stand_twice_make_one_hit_that_says_so() {
    let rows = [record("r", "AB1"), Record { marking: "TLP:RED", ..record("r", "AB 1") }, record("r", "AB-1")];
    let (hits, tally, notes) = compute(&rows, &[check("c", "AB1")], None).expect("compute");
    assert_eq!(shown(&hits, &["grade", "reasons", "marking"]), ["exact same-number;same-issuer;id-not-unique TLP:RED"]);
    assert_eq!(tally.published, 1);
    assert!(notes.iter().any(|note| note.contains("id-not-unique")), "{notes:?}");
}

#[test]
fn hits_are_new_then_unchanged_then_withdrawn_then_gone() {
    let columns = ["check_id", "record_id", "change", "state", "reasons", "marking"];
    let (row, question) = ([record("r", "AB1")], [check("c", "AB1")]);
    let (first, ..) = compute(&row, &question, None).expect("compute");
    assert_eq!(shown(&first, &columns), ["c r new candidate same-number;same-issuer TLP:GREEN"]);
    let (second, ..) = compute(&row, &question, Some(&first)).expect("compute");
    assert_eq!(shown(&second, &columns), ["c r unchanged candidate same-number;same-issuer TLP:GREEN"]);
    let (again, ..) = compute(&row, &question, Some(&second)).expect("compute");
    assert!(again.equals(&second), "a third run changes nothing");
    let secret = [Record { deny: Some("CL"), marking: "TLP:RED", ..record("r", "AB1") }];
    let (third, tally, _) = compute(&secret, &question, Some(&second)).expect("compute");
    assert_eq!(shown(&third, &columns), ["c r withdrawn withdrawn no-longer-matches TLP:RED"]);
    assert_eq!(tally.published, 0);
    let (fourth, ..) = compute(&secret, &question, Some(&third)).expect("compute");
    assert_eq!(fourth.height(), 0);
    let (back, ..) = compute(&row, &question, Some(&third)).expect("compute");
    assert_eq!(shown(&back, &["change", "state"]), ["new candidate"]);
    let (gone, ..) = compute(&[], &[], Some(&second)).expect("compute");
    assert_eq!(shown(&gone, &columns), ["c r withdrawn withdrawn no-longer-matches TLP:GREEN"]);
}

#[test]
fn a_persons_decision_is_kept() {
    let (row, question) = ([record("r", "AB1")], [check("c", "AB1")]);
    let (mut first, ..) = compute(&row, &question, None).expect("compute");
    first.with_column(Series::new("state".into(), ["not_identical"]).into_column()).expect("column");
    let (second, ..) = compute(&row, &question, Some(&first)).expect("compute");
    assert_eq!(shown(&second, &["change", "state"]), ["unchanged not_identical"]);
}
