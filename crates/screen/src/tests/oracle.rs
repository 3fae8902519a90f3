//! A second implementation, as slow and as plain as can be, that must agree.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

pub(super) fn any_record() -> impl Strategy<Value = Record> {
    (
        ("r[0-5]", prop_oneof![Just("SLTD"), Just("SAD")], any_kind(), any_raw(), any_issuer()),
        prop_oneof![Just("BR"), Just("BRA"), Just("CL")],
        prop_oneof![4 => Just("stolen"), 1 => Just("withdrawn")],
        proptest::option::weighted(0.3, 19_998..20_003_i32),
        prop_oneof![3 => Just(None), 1 => Just(Some("CL")), 1 => Just(Some("AR, BRA"))],
        any_marking(),
    )
        .prop_map(|((id, database, kind, raw, issuer), owner, status, expires, deny, marking)| Record {
            id,
            database,
            kind,
            raw,
            issuer,
            owner,
            status,
            expires,
            deny,
            marking,
        })
}

pub(super) fn any_check() -> impl Strategy<Value = Check> {
    (
        "c[0-5]",
        any_kind(),
        any_raw(),
        any_issuer(),
        prop_oneof![Just("CL"), Just("BR-SP"), Just("AR")],
        proptest::option::weighted(0.8, 19_998..20_003_i32),
        any_marking(),
    )
        .prop_map(|(id, kind, raw, issuer, asked_by, asked, marking)| Check {
            id,
            kind,
            raw,
            issuer,
            asked_by,
            asked,
            marking,
        })
}

fn any_kind() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("travel-document"), 2 => Just("vin"), 1 => Just("plate")]
}

fn any_raw() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[aA]-?[1-2]",
        1 => Just("UNK".to_owned()),
        3 => prop_oneof![Just("WVWZZZAAZFD123456".to_owned()), Just("wvwzzz-aazfd 123456".to_owned())],
    ]
}

fn any_issuer() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![4 => Just(Some("BR")), 2 => Just(Some("bra")), 2 => Just(Some("CL")), 1 => Just(None), 1 => Just(Some(" "))]
}

fn any_marking() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("TLP:CLEAR"), Just("TLP:RED"), Just("TLP:GREEN H1 A2")]
}

fn squeeze(raw: &str) -> String {
    raw.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

fn country(code: &str) -> String {
    match code.trim().to_ascii_uppercase().as_str() {
        "BRA" => "BR".to_owned(),
        other => other.to_owned(),
    }
}

/// The rule that leaves a key out before it is compared.
fn key_rule(kind: &str, raw: &str) -> Option<&'static str> {
    match (kind, squeeze(raw)) {
        ("plate", _) => Some("kind-not-screened"),
        (_, key) if key == "UNK" => Some("junk-key"),
        ("vin", key) if key.len() != 17 => Some("not-a-key"),
        _ => None,
    }
}

/// What one check and one record have to say to each other, with its rank.
fn meets(check: &Check, record: &Record, as_of: Option<i32>) -> (u8, &'static str) {
    const NO: (u8, &str) = (0, "no-hit");
    let apart = check.kind != record.kind || squeeze(&check.raw) != squeeze(&record.raw);
    if apart || key_rule(check.kind, &check.raw).is_some() || key_rule(record.kind, &record.raw).is_some() {
        return NO;
    }
    let issuer = |raw: Option<&str>| raw.map(country).filter(|code| !code.is_empty());
    let (asked, held) = (issuer(check.issuer), issuer(record.issuer));
    let by_issuer = record.kind == "travel-document";
    let unknown = by_issuer && (asked.is_none() || held.is_none());
    if by_issuer && !unknown && asked != held {
        return NO;
    }
    let foreign = record.database == "SLTD" && held.as_ref().is_some_and(|held| *held != country(record.owner));
    let asker = check.asked_by.split('-').next().unwrap_or_default();
    let denied = record.deny.is_some_and(|deny| deny.split([' ', ',']).any(|word| country(word) == asker));
    let fate = if record.status == "withdrawn" {
        (1, "only-expired-or-withdrawn")
    } else if foreign {
        (2, "owner-is-not-issuer")
    } else if record.expires.is_some() && as_of.is_none() {
        (3, "expiry-cannot-be-judged")
    } else if record.expires.zip(as_of).is_some_and(|(last, day)| last < day) {
        (1, "only-expired-or-withdrawn")
    } else if denied {
        (5, "denied-by-owner")
    } else {
        (6, "hit")
    };
    match (unknown, fate.0) {
        (true, 6) => (4, "cannot-say"),
        (true, _) => NO,
        (false, _) => fate,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_join_agrees_with_the_nested_loop(
        rows in proptest::collection::vec(any_record(), 0..8),
        mut questions in proptest::collection::vec(any_check(), 0..8),
        before in proptest::collection::vec(any_record(), 0..4),
    ) {
        let as_of = questions.iter().filter_map(|check| check.asked).max();
        let mut expected = BTreeSet::new();
        let (mut published, mut ignored) = (0_u64, BTreeMap::new());
        for check in &questions {
            let mut best = (0, "no-hit");
            for record in &rows {
                let fate = meets(check, record, as_of);
                if fate.1 == "hit" {
                    expected.insert((check.id.clone(), record.id.clone()));
                }
                best = best.max(fate);
            }
            match key_rule(check.kind, &check.raw).unwrap_or(best.1) {
                "hit" => published += 1,
                rule => *ignored.entry(rule.to_owned()).or_insert(0) += 1,
            }
        }

        let (previous, ..) = compute(&before, &questions, None).expect("compute");
        let known: BTreeSet<String> = shown(&previous, &["check_id", "record_id"]).into_iter().collect();
        let (hits, tally, notes) = compute(&rows, &questions, Some(&previous)).expect("compute");
        prop_assert!(tally.balances());
        prop_assert_eq!(tally.published, published);
        prop_assert_eq!(&tally.ignored, &ignored);
        let mut want: BTreeMap<String, &str> = known.iter().map(|pair| (pair.clone(), "withdrawn")).collect();
        for (check, record) in &expected {
            let pair = format!("{check} {record}");
            let change = if known.contains(&pair) { "unchanged" } else { "new" };
            want.insert(pair, change);
        }
        let want: Vec<String> = want.into_iter().map(|(pair, change)| format!("{pair} {change}")).collect();
        prop_assert_eq!(shown(&hits, &["check_id", "record_id", "change"]), want);

        // The order of rows decides nothing.
        let reversed: Vec<Record> = rows.into_iter().rev().collect();
        questions.reverse();
        let again = compute(&reversed, &questions, Some(&previous)).expect("compute");
        prop_assert!(again.0.equals_missing(&hits));
        prop_assert_eq!((again.1, again.2), (tally, notes));
    }
}
