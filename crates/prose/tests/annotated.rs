//! Whole documents against their annotations: the shared report row by row, and the annotated documents of the
//! project with a floor for each table.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, clippy::string_slice)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use quipu_prose::evaluate::{Evaluation, Score, Truth, evaluate};
use quipu_prose::{Given, Reading, read};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn scored(truth: &Path) -> (Vec<Truth>, Reading, Evaluation) {
    let rows =
        Truth::read(&fs::read_to_string(truth).unwrap()).unwrap_or_else(|fault| panic!("{}: {fault}", truth.display()));
    let name = truth.to_string_lossy().into_owned();
    let base = name.strip_suffix(".truth.jsonl").unwrap();
    let bytes = fs::read(format!("{base}.txt")).or_else(|_| fs::read(format!("{base}.html"))).unwrap();
    for row in &rows {
        let piece = &bytes[usize::try_from(row.start).unwrap()..usize::try_from(row.end).unwrap()];
        assert_eq!(
            String::from_utf8_lossy(piece),
            row.phrase,
            "{}: the annotation is not where it says",
            truth.display()
        );
    }
    let reading = read(&bytes, &Given::default()).unwrap();
    assert!(reading.tally.balances(), "{}: {}", truth.display(), reading.tally);
    let found = evaluate(&rows, &reading);
    (rows, reading, found)
}

#[test]
fn the_shared_report_is_read_row_by_row() {
    let truth = root().join("../shared/data/report/americas-regional-conference.truth.jsonl");
    if !truth.exists() {
        println!("skipped: the shared report is not here");
        return;
    }
    let (rows, reading, found) = scored(&truth);
    for miss in &found.misses {
        println!("{} {} {}", if miss.missing { "missed" } else { "spurious" }, miss.table, miss.what);
    }
    // Every figure with value, unit and qualifier, none spurious; every coded threat; every quotation with its
    // speaker; every event and the operation; all people; all dates.
    for table in ["figure", "crime", "statement", "person", "place"] {
        let score = &found.scores[table];
        assert_eq!((score.hits, score.read), (score.truth, score.truth), "{table}");
    }
    assert_eq!(found.scores["figure"].truth, 16);
    assert_eq!(found.scores["statement"].truth, 7);
    for table in ["event", "date"] {
        assert_eq!(found.scores[table].hits, found.scores[table].truth, "{table}");
    }
    assert_eq!(found.scores["date"].truth, 11);
    for row in rows.iter().filter(|row| matches!(row.kind.as_str(), "not_a_figure" | "noise")) {
        let read = reading.figures.iter().find(|figure| figure.place.start < row.end && row.start < figure.place.end);
        // "one of the Organization’s three centres": the three is a figure, the one is none.
        assert!(read.is_none_or(|figure| figure.value > 1.0), "{}: {read:?}", row.phrase);
    }
    let person = |name: &str| {
        let mut found = reading.mentions.iter().filter(|mention| mention.kind == "person" && mention.name == name);
        found.find(|mention| mention.role.is_some()).unwrap_or_else(|| panic!("{name} has no role"))
    };
    assert_eq!(person("Jürgen Stock").role.as_deref(), Some("Secretary General"));
    assert_eq!(person("Ahmed Naser Al-Raisi").role.as_deref(), Some("President"));
    assert!(
        person("Carolina Tohá Morales").role.as_deref().is_some_and(|role| role.starts_with("Minister of Interior"))
    );
    assert_eq!(person("Sergio Muñoz Yáñez").role.as_deref(), Some("Director General"));
    assert_eq!(
        reading.published.map(|(day, stated)| (day.to_string(), stated)),
        Some(("2023-03-21".to_owned(), false))
    );
    assert_eq!(reading.language.as_deref(), Some("en"));
    // Whose number each of the sixteen is, in the order of the text.
    let subjects: Vec<&str> = reading.figures.iter().map(|figure| figure.subject.as_deref().unwrap_or("")).collect();
    assert_eq!(
        subjects,
        [
            "Americas Regional Conference 25",
            "Americas Regional Conference 25",
            "Turquesa 4",
            "INTERPOL",
            "Americas",
            "INTERPOL",
            "global databases",
            "global databases",
            "global databases",
            "INTERPOL",
            "INTERPOL",
            "police congress",
            "Americas Regional Conference 1",
            "INTERPOL Regional Office for South America",
            "Regional Bureau in Buenos Aires",
            "INTERPOL"
        ]
    );
    let flow = |unit: &str| reading.figures.iter().find(|figure| figure.unit == unit).unwrap().flow;
    assert_eq!([flow("record"), flow("check"), flow("hit")], [Some("stock"), Some("flow"), Some("flow")]);
    // Place and time of each event.
    for row in rows.iter().filter(|row| row.kind == "event") {
        let overlaps = |place: &quipu_prose::Place| place.start < row.end && row.start < place.end;
        let event = reading.events.iter().find(|event| event.mentions.iter().any(overlaps)).unwrap();
        if let Some(country) = row.text("country").filter(|_| row.text("place").is_some()) {
            assert_eq!(event.country.as_deref(), Some(country), "{}", row.phrase);
        }
        let start = event.start.map(|day| day.to_string()).unwrap_or_default();
        assert!(start.starts_with(row.text("start").unwrap()), "{}: {start}", row.phrase);
    }
    let relations = &found.scores["relation"];
    assert!(relations.hits >= 28, "{} of {} relations", relations.hits, relations.truth);
    let organisations = rows.iter().filter(|row| row.kind == "organisation");
    let named = organisations.filter(|row| {
        reading.mentions.iter().any(|mention| {
            mention.kind == "organisation"
                && (mention.place.start < row.end && row.start < mention.place.end
                    || row.text("name") == Some(mention.place.text.as_str()))
        })
    });
    assert!(named.count() >= 11);
    // The period of checks and hits: the year up to the day of the report, inferred.
    let hits = reading.figures.iter().find(|figure| figure.unit == "hit").unwrap();
    let (start, end, stated) = hits.period.unwrap();
    assert_eq!((start.to_string(), end.to_string(), stated), ("2023-01-01".to_owned(), "2023-03-21".to_owned(), false));
}

/// Scores of all documents of a folder, by language and table; those of all languages under `all`.
fn folder(name: &str) -> BTreeMap<(String, &'static str), Score> {
    let mut totals: BTreeMap<(String, &'static str), Score> = BTreeMap::new();
    let folder = root().join("data/annotated").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.to_string_lossy().ends_with(".truth.jsonl")) {
        let (_, reading, found) = scored(path);
        let expected = path.file_name().unwrap().to_string_lossy()[..2].to_owned();
        assert_eq!(reading.language.as_deref(), Some(expected.as_str()), "{}", path.display());
        for (table, score) in &found.scores {
            for language in [expected.as_str(), "all"] {
                totals.entry((language.to_owned(), table)).or_default().add(score);
            }
        }
    }
    for ((language, table), score) in &totals {
        println!(
            "{name:12} {language:4} {table:13} {:.3} {:.3} {:.3} {}",
            score.precision(),
            score.recall(),
            score.f1(),
            score.truth
        );
    }
    totals
}

fn hold(name: &str, floors: &[(&'static str, f64)]) {
    let totals = folder(name);
    for (table, floor) in floors {
        let score = &totals[&("all".to_owned(), *table)];
        assert!(score.f1() >= *floor, "{name}: {table} is read with F1 {:.3}, the floor is {floor}", score.f1());
    }
}

#[test]
fn the_development_half_is_read() {
    hold(
        "development",
        &[
            ("figure", 0.95),
            ("statement", 0.94),
            ("crime", 0.95),
            ("event", 0.93),
            ("date", 0.93),
            ("person", 0.97),
            ("place", 0.92),
            ("organisation", 0.86),
        ],
    );
}

/// These documents were kept apart while the rules were made: the floors are what unknown documents get.
#[test]
fn the_held_back_half_is_read() {
    hold(
        "test",
        &[("figure", 0.93), ("statement", 0.93), ("crime", 0.96), ("event", 0.87), ("date", 0.93), ("person", 0.92)],
    );
}
