//! What is read from reports has the form of the tables.

use std::path::Path;

use quipu_schema::pipeline::Pipeline;
use quipu_schema::{Digest, table};

use super::*;

fn source() -> Source {
    let file = "[pipeline]\nname = \"test\"\nreference = \".\"\n[[source]]\nid = \"press\"\nfile = \"x.txt\"\n\
        publisher = \"Us\"\ntitle = \"From the file\"\nmarking = \"TLP:GREEN\"\nlanguage = \"en\"\n[source.report]\n";
    let pipeline = Pipeline::parse(Path::new("test.toml"), file).unwrap_or_else(|problems| panic!("{problems:#?}"));
    pipeline.sources.into_iter().next().unwrap()
}

#[test]
fn frames_have_the_tables_form() {
    let bytes = "LIMA, Peru – Operation Condor II led to 12 arrests in 14 countries in May 2023.\n\n\
        “We seized some 283,000 rounds and stopped human trafficking,” said Maria Silva Rojas, Director of the Police.\n\n\
        A longer report follows in 2024.\n"
        .as_bytes();
    let (origin, reading) = read(&source(), "doc", &Digest::of(bytes), bytes).unwrap();
    assert!(reading.tally.balances());
    let mut rows = Rows::default();
    rows.add(&origin, reading);
    for (name, make) in FRAMES {
        let frame = make(&rows).unwrap();
        assert_eq!(**frame.schema(), quipu_store::polars_schema(table::find(name).unwrap()), "{name}");
        assert!(frame.height() > 0, "{name} has no rows");
        assert_eq!(make(&Rows::default()).unwrap().height(), 0);
    }
    let figures = FRAMES[0].1(&rows).unwrap();
    let column = |name: &str| {
        let values = figures.column(name).unwrap().as_materialized_series().iter();
        values.map(|value| value.str_value().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(column("unit"), ["edition", "arrest", "country", "round"]);
    assert_eq!(column("event")[0], "Condor 2");
    assert_eq!(column("subject")[0], "Condor 2");
    assert_eq!(column("stock_or_flow")[1], "flow");
    assert_eq!(column("period_start")[1], "2023-05-01");
    assert_eq!(column("speaker")[3], "Maria Silva Rojas");
}
