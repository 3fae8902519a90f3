//! What is made is what the truth says, always the same, and in its mix.

use std::collections::{BTreeMap, BTreeSet};

use quipu_keys::find;

use super::*;

const PLAN: Plan = Plan { records: 20_000, checks: 60_000, seed: 5, travel_documents_only: false, keys_only: false };

/// The key as screening compares it: kind, issuer where it is part of the key, normal form; none where it is no key.
fn compared(kind: &str, raw: &str, issuer: &'static str) -> Option<(String, &'static str, String)> {
    let rules = find(kind).expect("a kind");
    let key = rules.normalise(raw, Some(issuer));
    key.is_usable().then(|| (kind.to_owned(), if rules.needs_issuer() { issuer } else { "" }, key.normal))
}

#[test]
fn the_truth_is_what_a_nested_loop_finds() {
    for plan in [PLAN, Plan { travel_documents_only: true, seed: 6, ..PLAN }] {
        let (records, questions) = (Records::new(&plan), Questions::new(&plan));
        let mut held: BTreeMap<_, Vec<u64>> = BTreeMap::new();
        for number in 0..plan.records {
            let entry = records.get(number);
            let key = compared(entry.key_kind, &entry.key_raw, entry.issuer);
            held.entry(key.unwrap_or_else(|| panic!("{entry:?} is no key"))).or_default().push(number);
        }
        assert_eq!(held.len() as u64, plan.records, "no two records share a key");
        let mut fates = BTreeSet::new();
        for number in 0..plan.checks {
            let asked = questions.get(number);
            let met = compared(asked.key_kind, &asked.key_raw, asked.issuer).and_then(|key| held.get(&key));
            let met = met.and_then(|numbers| numbers.first().copied());
            fates.insert(asked.fate);
            match asked.fate {
                Fate::Slip => {
                    assert_eq!(met, None, "{asked:?}");
                    let of: u64 =
                        asked.record_id.as_deref().and_then(|id| id.get(1..)?.parse().ok()).expect("a record");
                    let entry = records.get(of);
                    let normal = |raw: &str| find(asked.key_kind).expect("a kind").normalise(raw, None).normal;
                    assert!(quipu_keys::one_edit_apart(&normal(&entry.key_raw), &normal(&asked.key_raw)), "{asked:?}");
                    assert!(entry.birth_date.is_some() && entry.issuer == asked.issuer, "{asked:?}");
                    assert!(asked.birth_date.is_none() || asked.birth_date == entry.birth_date, "{asked:?}");
                }
                Fate::NoHit | Fate::Misread | Fate::OtherIssuer | Fate::Junk => assert_eq!(met, None, "{asked:?}"),
                Fate::Hit | Fate::Expired | Fate::Withdrawn | Fate::Denied => {
                    let entry = records.get(met.unwrap_or_else(|| panic!("{asked:?} meets nothing")));
                    assert_eq!(Some(&entry.record_id), asked.record_id.as_ref());
                    let expected = match asked.fate {
                        Fate::Expired => Standing::Expired,
                        Fate::Withdrawn => Standing::Withdrawn,
                        Fate::Denied => Standing::Denied,
                        _ => Standing::Open,
                    };
                    assert_eq!(entry.standing, expected, "{asked:?}");
                    assert_eq!(entry.deny == Some(asked.asked_by), asked.fate == Fate::Denied, "{asked:?}");
                    let day = i32::try_from(asked.asked_at / 86_400_000_000).expect("a day");
                    assert_eq!(entry.expires_on.is_some_and(|last| last < day), asked.fate == Fate::Expired);
                }
            }
        }
        assert_eq!(fates.len(), Fate::ALL.len(), "every fate is there: {fates:?}");
    }
}

#[test]
fn every_kind_of_database_is_there_in_its_share() {
    let records = Records::new(&Plan { records: 200_000, ..PLAN });
    let mut shares: BTreeMap<&str, u64> = BTreeMap::new();
    for number in 0..200_000 {
        *shares.entry(records.get(number).key_kind).or_default() += 1;
    }
    for database in mix::DATABASES {
        let share = shares.get(database.kind).copied().unwrap_or_default() * 5;
        let apart = share.abs_diff(database.records);
        assert!(apart < database.records / 5 + 500, "{}: {share} in a million", database.kind);
    }
}

fn made(plan: &Plan) -> (tempfile::TempDir, Made) {
    let folder = tempfile::tempdir().expect("a folder");
    let made = make(plan, folder.path(), &mut |_, _| {}).expect("made");
    (folder, made)
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let plan = Plan { records: 3_000, checks: 9_000, ..PLAN };
    let files =
        |made: &Made| [&made.records, &made.checks, &made.truth].map(|path| std::fs::read(path).expect("a file"));
    let (folder, first) = made(&plan);
    let (_two, second) = made(&plan);
    assert_eq!(files(&first), files(&second));
    assert_eq!(first.fates.iter().map(|(_, count)| count).sum::<u64>(), plan.checks);
    let (_three, other) = made(&Plan { seed: 9, ..plan });
    assert_ne!(files(&first)[0], files(&other)[0]);
    // One thread makes the same.
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    let (_four, alone) = one.install(|| made(&plan));
    assert_eq!(files(&first), files(&alone));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 3, "no part is left");
}

#[test]
fn more_rows_than_numbers_and_none_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for plan in [Plan { records: NUMBERS, checks: 1, ..PLAN }, Plan { records: 0, ..PLAN }] {
        let fault = make(&plan, folder.path(), &mut |_, _| {}).expect_err("refused");
        assert_eq!(fault.kind(), ErrorKind::Usage);
    }
}
