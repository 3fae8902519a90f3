//! The ways in which reports of one event come to disagree, each on reports that carry it.

use std::path::Path;

use quipu_schema::Digest;
use quipu_schema::pipeline::{Pipeline, Source};

use super::rows::Rows;
use super::*;
use crate::{document, report};

fn source(id: &str, language: &str, day: &str) -> Source {
    let file = format!(
        "[pipeline]\nname = \"test\"\nreference = \".\"\n[[source]]\nid = \"{id}\"\nfile = \"x.txt\"\npublisher = \"Us\"\n\
         title = \"{id}\"\nmarking = \"TLP:GREEN\"\nlanguage = \"{language}\"\npublished_on = \"{day}\"\n[source.report]\n"
    );
    let pipeline = Pipeline::parse(Path::new("test.toml"), &file).unwrap_or_else(|problems| panic!("{problems:#?}"));
    pipeline.sources.into_iter().next().unwrap()
}

/// Reports as `(source, language, day, text)`, compared.
fn compared(reports: &[(&str, &str, &str, &str)]) -> Corroborated {
    let mut rows = Rows::default();
    for (id, language, day, text) in reports {
        let source = source(id, language, day);
        let (origin, reading) = report::read(&source, "doc", &Digest::of(text.as_bytes()), text.as_bytes()).unwrap();
        let mut read = report::Rows::default();
        read.add(&origin, reading);
        for (name, frame) in report::FRAMES {
            let frame = frame(&read).unwrap();
            match name {
                "figure" => rows.add_figures(&frame).unwrap(),
                "event" => rows.add_events(&frame).unwrap(),
                _ => {}
            }
        }
        rows.add_reports(&document::document_frame(&[origin.document]).unwrap()).unwrap();
    }
    rows.sort();
    compare(&rows, &Statistics::default(), &|_| Marking::default()).unwrap()
}

fn causes(reports: &[(&str, &str, &str, &str)]) -> Vec<(&'static str, String)> {
    let found = compared(reports);
    let mut causes: Vec<_> = found.disagreements.iter().map(|row| (row.cause(), row.counted.clone())).collect();
    causes.sort();
    causes
}

/// The causes that two reports of one operation give rise to.
fn pair(one: (&str, &str), other: (&str, &str)) -> Vec<(&'static str, String)> {
    causes(&[("first", one.0, "2023-05-02", one.1), ("second", other.0, "2023-05-04", other.1)])
}

fn row(cause: &'static str, counted: &str) -> (&'static str, String) {
    (cause, counted.to_owned())
}

#[test]
fn a_scale_word_that_was_lost() {
    let found = pair(
        (
            "en",
            "Operation Kestrel IX led to the seizure of drugs worth USD 5.7 billion in April 2023, the police said.",
        ),
        (
            "es",
            "La operación Kestrel IX permitió incautar drogas por valor de 5,7 millones de dólares en abril de 2023.",
        ),
    );
    assert_eq!(found, [row("scale", "USD")]);
}

#[test]
fn digits_that_changed_places_between_headline_and_body() {
    let text = "Operación Kestrel IX: 14.620 detenidos en América\n\nLa operación Kestrel IX terminó con 14.260 detenidos en quince países de la región, según la policía.";
    assert_eq!(causes(&[("wire", "es", "2023-05-02", text)]), [row("transposed-digits", "detainee")]);
}

#[test]
fn a_qualifier_that_drifts() {
    let found = pair(
        ("en", "Police seized 8,263 illegal firearms in Operation Kestrel IX, which ended in April 2023."),
        ("en", "Police seized over 8,263 illegal firearms in Operation Kestrel IX, which ended in April 2023."),
    );
    assert_eq!(found, [row("qualifier-drift", "firearm")]);
}

#[test]
fn an_object_that_drifts() {
    let found = pair(
        ("en", "Operation Kestrel IX led to the seizure of 203 tonnes of cocaine in April 2023."),
        ("en", "Operation Kestrel IX led to the seizure of 203 tonnes of cocaine and other drugs in April 2023."),
    );
    assert_eq!(found, [row("object-drift", "tonne")]);
}

#[test]
fn rounding_each_way() {
    let found = causes(&[
        (
            "first",
            "en",
            "2023-05-02",
            "Operation Kestrel IX, held in April 2023, led to the recovery of 305,000 rounds of ammunition.",
        ),
        (
            "second",
            "pt",
            "2023-05-03",
            "A operação Kestrel IX, realizada em abril de 2023, apreendeu 300 mil cartuchos.",
        ),
        (
            "third",
            "en",
            "2023-05-04",
            "Operation Kestrel IX, held in April 2023, recovered around 306,000 rounds of ammunition.",
        ),
    ]);
    assert_eq!(found, [row("rounding", "round"), row("rounding", "round"), row("rounding", "round")]);
}

#[test]
fn values_that_were_exchanged() {
    let found = pair(
        (
            "es",
            "La operación Kestrel IX localizó a casi 12.000 migrantes de 69 países en abril de 2023, dijo la policía.",
        ),
        (
            "es",
            "La operación Kestrel IX localizó a casi 69 migrantes de 12.000 países en abril de 2023, dijo la policía.",
        ),
    );
    assert_eq!(found, [row("swapped-values", "country"), row("swapped-values", "migrant")]);
}

#[test]
fn a_stock_read_as_a_flow() {
    let found = causes(&[
        (
            "first",
            "en",
            "2009-03-02",
            "The database of INTERPOL holds 7.2 million records of stolen vehicles, the police said.",
        ),
        (
            "second",
            "en",
            "2009-03-04",
            "Criminals stole 7.2 million vehicles last year, according to INTERPOL and the police.",
        ),
    ]);
    assert!(found.iter().any(|(cause, _)| *cause == "stock-as-flow"), "{found:?}");
    let notices = causes(&[
        ("first", "en", "2012-02-02", "INTERPOL issued 7,678 Red Notices in 2011, its Secretary General said in Lyon."),
        (
            "second",
            "en",
            "2012-02-04",
            "INTERPOL issued 26,000 Red Notices in 2011, its Secretary General said in Lyon.",
        ),
    ]);
    assert_eq!(notices.first().map(|(cause, _)| *cause), Some("stock-as-flow"), "{notices:?}");
}

#[test]
fn a_figure_that_was_carried_over() {
    let found = causes(&[
        ("first", "en", "2018-02-02", "INTERPOL handled 256 million searches in 2017, the Organization said in Lyon."),
        ("second", "en", "2021-02-04", "INTERPOL handled 256 million searches in 2020, the Organization said in Lyon."),
    ]);
    assert_eq!(found.first().map(|(cause, _)| *cause), Some("carried-over"), "{found:?}");
}

#[test]
fn sources_that_differ() {
    let hits = causes(&[
        ("first", "en", "2014-02-02", "INTERPOL recorded 67,000 hits in 2013, the Organization said in Lyon."),
        ("second", "en", "2014-02-04", "INTERPOL recorded 60,000 hits in 2013, the Organization said in Lyon."),
    ]);
    assert_eq!(hits.first().map(|(cause, _)| *cause), Some("sources-differ"), "{hits:?}");
    // Announced and counted: the countries at one conference.
    let countries = pair(
        (
            "en",
            "The 24th Americas Regional Conference in Lima (2-4 May 2023) brings together police from 37 countries.",
        ),
        (
            "es",
            "La 24.ª Conferencia Regional Americana, celebrada en Lima (2-4 de mayo de 2023), reunió a policías de 31 países.",
        ),
    );
    assert_eq!(countries, [row("sources-differ", "country")]);
}

#[test]
fn a_number_of_members_that_is_stale() {
    let found = causes(&[
        ("first", "en", "2023-03-20", "INTERPOL has 194 member countries, the Organization said in Lyon."),
        ("second", "en", "2023-03-22", "INTERPOL has 195 member countries, the Organization said in Lyon."),
    ]);
    assert_eq!(found.first().map(|(cause, _)| *cause), Some("stale"), "{found:?}");
}

#[test]
fn a_year_that_is_off_by_one() {
    let found = pair(
        ("en", "Operation Kestrel V, launched in July 2024, targeted online fraud in 40 countries."),
        ("en", "Operation Kestrel V, launched in July 2023, targeted online fraud in 40 countries."),
    );
    assert_eq!(found, [row("year-off-by-one", "start")]);
}

#[test]
fn numbers_of_two_events_that_were_merged() {
    let found = causes(&[
        ("first", "en", "2022-05-02", "Operation Kestrel VIII led to 3,976 arrests in April 2022, the police said."),
        ("second", "en", "2023-05-02", "Operation Kestrel IX led to 5,214 arrests in April 2023, the police said."),
        ("third", "en", "2023-05-04", "Operation Kestrel IX led to 3,976 arrests in April 2023, the police said."),
    ]);
    assert_eq!(found, [row("merged-events", "arrest")]);
}

#[test]
fn reports_that_agree_raise_the_count_of_sources() {
    let found = compared(&[
        ("first", "en", "2023-05-02", "Operation Trigger IX led to 14,260 arrests in April 2023, the police said."),
        (
            "second",
            "pt",
            "2023-05-03",
            "A operação Gatilho IX levou a mais de 14 mil prisões em abril de 2023, disse a polícia.",
        ),
        (
            "third",
            "es",
            "2023-05-04",
            "La operación Trigger IX terminó con 14.260 detenciones en abril de 2023, dijo la policía.",
        ),
    ]);
    assert!(found.disagreements.is_empty(), "{:?}", found.disagreements);
    assert_eq!(found.joined, 1);
    let (table, claims) = &found.frames[1];
    assert_eq!(table.name, "claim");
    let column = |name: &str| {
        let values = claims.column(name).unwrap().as_materialized_series().iter();
        values.map(|value| value.to_string()).collect::<Vec<_>>()
    };
    let at = column("unit").iter().position(|unit| unit.contains("arrest")).unwrap();
    assert_eq!((column("value")[at].as_str(), column("sources")[at].as_str()), ("14260.0", "3"));
    assert_eq!(column("agreeing")[at], "3");
    let occurrences = &found.frames[0].1;
    assert_eq!(occurrences.height(), 1);
}
