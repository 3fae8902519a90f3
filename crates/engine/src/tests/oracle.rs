//! A nested loop over all pairs, as slow and as plain as can be, that must agree: whatever the layout of the files, the
//! threads, the memory and the parts of the index.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use quipu_keys::{find, ocr_distance};

use super::made::{Question, Reference, any_layout};
use super::*;

fn any_kind() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        6 => Just(Some("travel-document")),
        4 => Just(Some("vin")),
        2 => Just(Some("plate")),
        2 => Just(Some("firearm-serial")),
        1 => Just(Some("payment-card")),
        1 => Just(Some("no-such-kind")),
        1 => Just(None),
    ]
}

fn any_raw() -> impl Strategy<Value = Option<String>> {
    let text = prop_oneof![
        6 => "[ABab][0O1I][ -]?[2Z5S]{1,2}",
        2 => "(AB|A8|ab|IO)12345(67|6I|SZ|52)",
        2 => "ABCDEFG[0O]1234567[8B]9",
        4 => "AB(12|21|1|123|13)4[57]{1,2}",
        2 => Just("UNKNOWN".to_owned()),
        3 => prop_oneof![
            Just("1M8GDM9AXKP042788".to_owned()),
            Just("IM8GDM9AXKP042788".to_owned()),
            Just("1m8gdm9axkpO42788".to_owned()),
            Just("1M8GDM9AXKP042789".to_owned()),
            Just("WVWZZZAAZFD123456".to_owned()),
        ],
        1 => "[А-Яé]{1,3}12",
        1 => Just("I<BRAD231458907<<<<<<<<<<<<<<<\n7408122F1204159BRA<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<".to_owned()),
        1 => Just("D23145890".to_owned()),
    ];
    proptest::option::weighted(0.95, text)
}

fn any_issuer() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![4 => Just(Some("BR")), 2 => Just(Some("bra")), 2 => Just(Some("CL")), 1 => Just(None), 1 => Just(Some(" "))]
}

fn any_names() -> impl Strategy<Value = Option<&'static str>> {
    let names = prop_oneof![
        Just("Ana Maria Cruz"),
        Just("CRUZ, ANA"),
        Just("de la Cruz, Ana"),
        Just("Silva; María Ána"),
        Just("Cruz"),
        Just("Eriksson, Anna Maria"),
        Just("Другой Человек; X"),
    ];
    proptest::option::weighted(0.6, names)
}

/// 12 August 1974 and the day after, 12 August 1874, and a first of January.
fn any_birth() -> impl Strategy<Value = Option<i32>> {
    let days = prop_oneof![3 => Just(1_684), 1 => Just(1_685), 1 => Just(-34_840), 1 => Just(1_826)];
    proptest::option::weighted(0.5, days)
}

fn any_marking() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![Just(Some("TLP:CLEAR")), Just(Some("TLP:AMBER")), Just(None)]
}

pub(super) fn any_record() -> impl Strategy<Value = Reference> {
    (
        (0..30_u32, prop_oneof![Just("SLTD"), Just("SMV")], any_kind(), any_raw(), any_issuer()),
        prop_oneof![4 => Just(Some("BR")), 1 => Just(Some("CHL")), 1 => Just(None)],
        prop_oneof![4 => Just(Some("stolen")), 1 => Just(Some("withdrawn")), 1 => Just(None)],
        proptest::option::weighted(0.3, 19_998..20_003_i32),
        prop_oneof![4 => Just(None), 1 => Just(Some("CL")), 1 => Just(Some("AR, BRA"))],
        any_marking(),
        (any_names(), any_birth()),
    )
        .prop_map(|(key, owner, status, expires, deny, marking, (names, birth_date))| {
            let (id, database, kind, raw, issuer) = key;
            Reference {
                id: format!("r{id}"),
                database,
                kind,
                raw,
                issuer,
                owner,
                status,
                expires,
                deny,
                marking,
                names,
                birth_date,
            }
        })
}

pub(super) fn any_check() -> impl Strategy<Value = Question> {
    let asked_by = prop_oneof![Just(Some("CL")), Just(Some("BR-SP")), Just(Some("UY")), Just(None)];
    let person = (any_names(), any_birth());
    (0..30_u32, any_kind(), any_raw(), any_issuer(), asked_by, any_marking(), person).prop_map(
        |(id, kind, raw, issuer, asked_by, marking, (names, birth_date))| Question {
            id: format!("c{id}"),
            kind,
            raw,
            issuer,
            asked_by,
            marking,
            names,
            birth_date,
        },
    )
}

/// One code for a country.
fn country(text: Option<&str>) -> Option<&str> {
    match text.map(str::trim) {
        None | Some("") => None,
        Some("BRA" | "bra") => Some("BR"),
        Some("CHL") => Some("CL"),
        other => other,
    }
}

/// Whether one text becomes the other one by one edit: all of them are tried.
fn one_edit(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let without = |text: &[char], at: usize| [&text[..at], &text[at + 1..]].concat();
    let fewer = |more: &[char], text: &[char]| (0..more.len()).any(|at| without(more, at) == text);
    let other = a.len() == b.len() && (0..a.len()).any(|at| without(&a, at) == without(&b, at));
    let swapped = (1..a.len()).any(|at| {
        let mut swapped = a.clone();
        swapped.swap(at - 1, at);
        swapped == b
    });
    a != b && (other || swapped || fewer(&a, &b) || fewer(&b, &a))
}

/// Whether a check and a record are of one person.
fn same_person(check: &Question, record: &Reference, a: &quipu_keys::Key, b: &quipu_keys::Key) -> bool {
    // The last two figures of the year, month and day, and the whole date where it is known.
    let born = |day: Option<i32>, key: &quipu_keys::Key| match (day, &key.holder) {
        (Some(1_684), _) => Some(("740812".to_owned(), Some(1_684))),
        (Some(1_685), _) => Some(("740813".to_owned(), Some(1_685))),
        (Some(-34_840), _) => Some(("740812".to_owned(), Some(-34_840))),
        (None, Some(holder)) => Some((holder.birth.clone(), None)),
        _ => None,
    };
    let birth = match (born(check.birth_date, a), born(record.birth_date, b)) {
        (Some((one, day)), Some((two, other))) => one == two && (day.is_none() || other.is_none() || day == other),
        _ => false,
    };
    let names = |text: Option<&str>, key: &quipu_keys::Key| -> Vec<BTreeSet<&'static str>> {
        let mut all: Vec<BTreeSet<&str>> = match text {
            Some("Ana Maria Cruz") => vec![["ANA", "MARIA", "CRUZ"].into()],
            Some("CRUZ, ANA" | "de la Cruz, Ana") => vec![["ANA", "CRUZ"].into()],
            Some("Silva; María Ána") => vec![["MARIA", "ANA"].into()],
            Some("Eriksson, Anna Maria") => vec![["ERIKSSON", "ANNA", "MARIA"].into()],
            Some("Другой Человек; X") => vec![["DRUGOI", "CHELOVEK"].into()],
            _ => Vec::new(),
        };
        all.extend(key.holder.iter().map(|_| ["ERIKSSON", "ANNA", "MARIA"].into()));
        all
    };
    let (ones, twos) = (names(check.names, a), names(record.names, b));
    birth || ones.iter().any(|one| twos.iter().any(|two| one.is_subset(two) || two.is_subset(one)))
}

/// What one pair comes to: the rank of its answer, and the grade where it is a hit.
fn pair(check: &Question, record: &Reference) -> (u8, Option<Grade>) {
    const NOTHING: (u8, Option<Grade>) = (0, None);
    let (Some(kind), true) = (check.kind, check.kind == record.kind) else { return NOTHING };
    let Some(rules) = find(kind).filter(|rules| !rules.is_secret()) else { return NOTHING };
    let (asked, held) = (check.raw.as_deref().unwrap_or(""), record.raw.as_deref().unwrap_or(""));
    let (a, b) = (rules.normalise(asked, None), rules.normalise(held, None));
    let (a_forms, b_forms) = (rules.repairs(&a), rules.repairs(&b));
    let grade = if a.junk.is_some() || b.junk.is_some() {
        None
    } else if a.is_usable() && b.is_usable() && a.normal == b.normal {
        Some(if asked == held {
            Grade::Exact
        } else if a.repaired || b.repaired {
            Grade::Repaired
        } else {
            Grade::Normalised
        })
    } else if (a.is_usable() && b_forms.contains(&a.normal))
        || (b.is_usable() && a_forms.contains(&b.normal))
        || a_forms.iter().any(|form| b_forms.contains(form))
    {
        Some(Grade::Repaired)
    } else if a.is_usable() && b.is_usable() {
        let most = match kind {
            "travel-document" => usize::MAX,
            "vin" | "plate" => 1,
            _ => 0,
        };
        let confusable = ocr_distance(&a.normal, &b.normal).filter(|apart| (1..=most).contains(apart));
        let near = a.normal.len().min(b.normal.len()) >= 5
            && one_edit(&a.normal, &b.normal)
            && same_person(check, record, &a, &b);
        confusable.map(|_| Grade::Confusable).or(near.then_some(Grade::Near))
    } else {
        None
    };
    let Some(grade) = grade else { return NOTHING };
    let by_issuer = matches!(kind, "travel-document" | "plate");
    let issuer = |column, key: &quipu_keys::Key| {
        country(column).map(str::to_owned).or_else(|| country(key.issuer.as_deref()).map(str::to_owned))
    };
    let (asked_issuer, held_issuer) = (issuer(check.issuer, &a), issuer(record.issuer, &b));
    let missing = by_issuer && (asked_issuer.is_none() || held_issuer.is_none());
    if by_issuer && !missing && asked_issuer != held_issuer {
        return NOTHING;
    }
    let denied = record.deny.is_some_and(|deny| {
        let asker = check.asked_by.map(|asker| asker.split('-').next().unwrap_or(""));
        asker.is_none_or(|asker| deny.split([' ', ',']).any(|word| country(Some(word)) == Some(asker)))
    });
    let stated = country(record.issuer);
    let rank = if record.status == Some("withdrawn") {
        2
    } else if record.database == "SLTD" && stated.is_some() && country(record.owner) != stated {
        3
    } else if record.expires.is_some_and(|last| last < 20_000) {
        2
    } else if denied {
        6
    } else {
        7
    };
    if missing {
        return if rank == 7 && grade < Grade::Confusable { (5, None) } else { NOTHING };
    }
    (rank, (rank == 7).then_some(grade))
}

const WORDS: [&str; 8] = [
    "no-hit",
    "grade-not-screened",
    "only-expired-or-withdrawn",
    "owner-is-not-issuer",
    "expiry-cannot-be-judged",
    "cannot-say",
    "denied-by-owner",
    "hit",
];

/// What becomes of a check that is not compared.
fn without_key(check: &Question) -> Option<&'static str> {
    let Some(rules) = check.kind.and_then(find).filter(|rules| !rules.is_secret()) else {
        return Some("kind-not-screened");
    };
    let key = rules.normalise(check.raw.as_deref().unwrap_or(""), None);
    if key.junk.is_some() {
        Some("junk-key")
    } else if key.not_a_key.is_some() && rules.repairs(&key).is_empty() {
        Some("not-a-key")
    } else {
        None
    }
}

fn agrees(records: &[Reference], checks: &[Question], found: &Screened) {
    let mut hits: BTreeMap<(String, String), Grade> = BTreeMap::new();
    let mut answers: BTreeMap<&str, u64> = BTreeMap::new();
    for check in checks {
        let mut best = 0;
        for record in records {
            let (rank, grade) = pair(check, record);
            best = best.max(rank);
            if let Some(grade) = grade {
                let known = hits.entry((check.id.clone(), record.id.clone())).or_insert(grade);
                *known = grade.min(*known);
            }
        }
        *answers.entry(without_key(check).unwrap_or(WORDS[usize::from(best)])).or_default() += 1;
    }
    let shown: BTreeMap<(String, String), Grade> =
        found.hits.iter().map(|hit| ((hit.check_id.clone(), hit.record_id.clone()), hit.grade)).collect();
    assert_eq!(shown.len(), found.hits.len(), "one hit a pair");
    assert_eq!(shown, hits);
    let told: BTreeMap<&str, u64> = found.answers.iter().filter(|(_, n)| **n > 0).map(|(w, n)| (*w, *n)).collect();
    assert_eq!(told, answers);
    assert_eq!(found.answers.values().sum::<u64>(), checks.len() as u64, "every check is accounted for");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]
    #[test]
    fn the_engine_agrees_with_the_nested_loop(
        records in proptest::collection::vec(any_record(), 0..40),
        checks in proptest::collection::vec(any_check(), 0..60),
        layout in any_layout(),
        threads in 1_usize..4,
        parts in prop_oneof![Just(None), Just(Some(1)), Just(Some(8)), Just(Some(64))],
        memory in prop_oneof![Just(1_u64), Just(1 << 30)],
    ) {
        let settings = Settings { memory, threads, parts };
        let found = screened(&records, &checks, layout, &settings);
        agrees(&records, &checks, &found);
        if memory == 1 && parts.is_some_and(|parts| parts > 1) && !records.is_empty() {
            prop_assert!(found.passes > 1, "the index is searched part by part");
        }
        // Neither layout nor settings change a thing.
        let other = Settings { memory: 1 << 30, threads: 1, parts: None };
        let again = screened(&records, &checks, made::PLAIN, &other);
        prop_assert_eq!(&again.hits, &found.hits);
        prop_assert_eq!(&again.answers, &found.answers);
        prop_assert_eq!(again.cannot_say, found.cannot_say);
        prop_assert_eq!(&again.records_kept_back, &found.records_kept_back);
        // Nor does the format of the checks.
        let folder = tempfile::tempdir().expect("folder");
        made::write_records(&folder.path().join("records.parquet"), &records, layout);
        for path in made::write_checks_as_text(folder.path(), &checks, [',', ';', '\t'][threads - 1]) {
            let request = Request { checks: vec![path], ..request(folder.path()) };
            let again = screen(&request, &Countries::known(), &settings, &Silent).expect("screened");
            prop_assert_eq!(&again.hits, &found.hits);
            prop_assert_eq!(&again.withheld, &found.withheld);
            prop_assert_eq!(&again.answers, &found.answers);
        }
    }
}

/// What a generator says is true, at a size at which indexes have several parts and files several row groups.
#[test]
fn the_generator_and_the_engine_agree() {
    let folder = tempfile::tempdir().expect("folder");
    let plan = quipu_synth::Plan {
        records: 150_000,
        checks: 300_000,
        seed: 11,
        travel_documents_only: false,
        keys_only: false,
    };
    let made = quipu_synth::make(&plan, folder.path(), &mut |_, _| ()).expect("made");
    let of = |fate: quipu_synth::Fate| made.fates.iter().find(|(known, _)| *known == fate).map_or(0, |(_, n)| *n);
    let mut request = request(folder.path());
    request.grades = Grades::default();
    request.as_of = None;
    let mut seen = None;
    for (threads, memory, parts) in [(2, 1 << 30, None), (1, 1, Some(16)), (3, 1 << 27, Some(64))] {
        request.index = folder.path().join(format!("index-{threads}"));
        let settings = Settings { memory, threads, parts };
        let found = screen(&request, &Countries::known(), &settings, &Silent).expect("screened");
        let proved = found.hits.iter().filter(|hit| hit.grade != Grade::Repaired).count() as u64;
        assert_eq!(proved, of(quipu_synth::Fate::Hit));
        assert_eq!(found.answers["denied-by-owner"], of(quipu_synth::Fate::Denied));
        let gone = of(quipu_synth::Fate::Expired) + of(quipu_synth::Fate::Withdrawn);
        assert_eq!(found.answers["only-expired-or-withdrawn"], gone);
        assert_eq!(found.checks, plan.checks);
        let index: Vec<Vec<u8>> = std::fs::read_dir(&request.index)
            .expect("index")
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "index"))
            .map(|path| std::fs::read(path).expect("index"))
            .collect();
        assert_eq!(index.len(), 1);
        let known = seen.get_or_insert_with(|| found.hits.clone());
        assert_eq!(known, &found.hits);
        // Once more with the index that is there.
        let again = screen(&request, &Countries::known(), &settings, &Silent).expect("screened");
        assert_eq!((again.index_made, &again.hits), (None, &found.hits));
    }
    // Slips of the hand are near, and nothing else is.
    request.grades = Grades::default();
    request.grades.set(None, Grade::ALL.to_vec());
    let questions = quipu_synth::Questions::new(&plan);
    let all = (0..plan.checks).map(|number| questions.get(number));
    let slips: BTreeSet<(String, String)> = all
        .filter(|asked| asked.fate == quipu_synth::Fate::Slip)
        .map(|asked| (asked.check_id, asked.record_id.unwrap_or_default()))
        .collect();
    assert!(slips.len() > 100, "{}", slips.len());
    let found = screen(&request, &Countries::known(), &SETTINGS, &Silent).expect("screened");
    let near = found.hits.into_iter().filter(|hit| hit.grade == Grade::Near);
    assert_eq!(near.map(|hit| (hit.check_id, hit.record_id)).collect::<BTreeSet<_>>(), slips);
    assert!(found.expected.near < 1.0, "{:?}", found.expected);
}
