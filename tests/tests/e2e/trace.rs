//! Every published value leads back to the bytes where it was read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use polars::prelude::{DataFrame, ParquetReader, SerReader as _};
use quipu_schema::Digest;
use quipu_schema::table;
use quipu_store::Snapshot;
use quipu_tests::{Dir, Random, shared};

use crate::small::{locator, text};

const PIPELINE: &str = "pipelines/americas.toml";

/// The files of a released table.
fn frames(release: &Path, table: &str) -> Vec<DataFrame> {
    let (manifest, _) = quipu_export::Manifest::read(release).expect("a manifest");
    let table = manifest.tables.into_iter().find(|released| released.name == table).expect("the table");
    let read =
        |path: &str| ParquetReader::new(File::open(release.join(path)).expect("a file")).finish().expect("Parquet");
    table.files.iter().map(|file| read(&file.path)).collect()
}

/// Re-reads every row of a released table at its locator and compares with the printed text; gives
/// the number of rows.
fn assert_rows_read_back(dir: &Dir, snapshot: &Snapshot, name: &str) -> usize {
    let printed = table::find(name).and_then(table::Table::located_text).expect("a table with printed text");
    let store = dir.store();
    let mut archived: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut rows = 0;
    for frame in frames(&dir.release(), name) {
        for row in 0..frame.height() {
            let document = text(&frame, "document_id", row).expect("a document");
            let source = text(&frame, "source", row).expect("a source");
            let state = snapshot.sources.get(&source).expect("a source of the snapshot");
            let bytes = archived.entry(document).or_insert_with_key(|document| {
                let digest: Digest = document.parse().expect("a digest");
                assert!(state.documents.contains(&digest), "{source} has no document {digest}");
                store.archive().read(&digest).expect("archived bytes")
            });
            let locator = locator(&frame, row).unwrap_or_else(|| panic!("row {row} of {name} has no locator"));
            let again = quipu_transform::reread(state, bytes, &locator).expect("text at the locator");
            assert_eq!(text(&frame, printed, row).as_ref(), Some(&again), "{name}, {source}, {locator}");
            rows += 1;
        }
    }
    rows
}

#[test]
fn every_row_of_the_sample_release_is_what_the_archive_says_at_its_locator() {
    let dir = Dir::with_samples();
    dir.quipu(&["run", PIPELINE]).expect(0);
    let snapshot = dir.tables("americas");
    for (table, fewest) in [("observation", 2_163), ("figure", 20), ("record", 60), ("check", 80)] {
        let rows = assert_rows_read_back(&dir, &snapshot, table);
        println!("{table}: {rows} rows read back");
        assert!(rows >= fewest, "{table}: {rows} rows");
    }
    for frame in frames(&dir.release(), "document") {
        for row in 0..frame.height() {
            let digest: Digest = text(&frame, "document_id", row).expect("a document").parse().expect("a digest");
            let size = dir.store().archive().verify(&digest).expect("an archived document");
            assert_eq!(locator(&frame, row).and_then(|locator| locator.bytes()), Some((0, size)));
        }
    }
}

#[test]
fn every_row_of_the_published_files_is_what_the_archive_says_at_its_locator() {
    let published = [
        ("worldbank", "published/unodc/wb_API_VC.IHR.PSRC.P5_DS2_en_csv_v2_4355130.csv"),
        ("argentina", "published/americas/ar_snic-provincias.csv"),
        ("mexico", "published/americas/mx_sesnsp_IDEFF_jul25.csv"),
    ];
    let dir = Dir::with_samples();
    for (layout, file) in published {
        let Some(path) = shared(&format!("data/{file}")) else {
            println!("skipped: {file} is not here");
            return;
        };
        dir.edit(PIPELINE, &format!("../data/samples/{layout}/*.csv"), &path.to_string_lossy());
    }
    // Detecting an encoding takes the whole file, for each of some hundred thousand rows.
    dir.edit(PIPELINE, "missing = { \"\" = \"O\" } ", "encoding = \"utf-8\"\nmissing = { \"\" = \"O\" } ");
    dir.edit(PIPELINE, "missing = { \"\" = \"L\" } ", "encoding = \"utf-8\"\nmissing = { \"\" = \"L\" } ");
    let day = "published_on = \"2025-08-20\"\n";
    dir.edit(PIPELINE, day, &format!("{day}[source.csv]\nencoding = \"windows-1252\"\n"));
    dir.quipu(&["run", PIPELINE]).expect(0);
    let rows = assert_rows_read_back(&dir, &dir.tables("americas"), "observation");
    println!("observation: {rows} rows read back");
    assert!(rows > 200_000, "{rows} rows");
}

#[test]
fn figures_of_the_published_report_are_phrases_of_its_bytes() {
    let Some(path) = shared("data/report/americas-regional-conference.txt") else {
        println!("skipped: the report is not here");
        return;
    };
    let pipeline = "[pipeline]\nname = \"report\"\nreference = \"../data/reference\"\nstore = \"../quipu-store\"\n\
                    [[source]]\nid = \"conference\"\nfile = \"PATH\"\nlanguage = \"en\"\n[source.report]\n\
                    [export]\nto = \"../release\"\ntitle = \"Report\"\n";
    let dir = Dir::with_pipeline(&pipeline.replace("PATH", &path.to_string_lossy()));
    dir.quipu(&["run", "pipelines/test.toml"]).expect(0);
    let rows = assert_rows_read_back(&dir, &dir.tables("report"), "figure");
    println!("figure: {rows} rows read back");
    assert!(rows >= 8, "{rows} figures");
    // The file is UTF-8 text, so that a phrase is its bytes.
    let bytes = std::fs::read(path).expect("the report");
    for frame in frames(&dir.release(), "figure") {
        for row in 0..frame.height() {
            let (start, end) = locator(&frame, row).and_then(|locator| locator.bytes()).expect("a range of bytes");
            let range = usize::try_from(start).expect("small")..usize::try_from(end).expect("small");
            let phrase = text(&frame, "phrase", row).expect("a phrase");
            assert_eq!(String::from_utf8_lossy(&bytes[range]), phrase);
        }
    }
}

#[test]
fn trace_shows_the_bytes_around_a_value_and_that_they_still_give_it() {
    let dir = Dir::with_samples();
    dir.quipu(&["run", PIPELINE]).expect(0);
    let (mut random, seed) = Random::from_environment(2);
    println!("seed {seed}");
    let snapshot = dir.tables("americas");
    for (table, samples) in [("observation", 12), ("figure", 8), ("record", 3), ("check", 3)] {
        let rows: u64 = snapshot.parts.iter().filter(|part| part.table == table).map(|part| part.rows).sum();
        for _ in 0..samples {
            let key = format!("#{}", 1 + random.below(usize::try_from(rows).expect("small")));
            let traced = dir.quipu(&["trace", table, &key, "--format", "json"]).expect(0).event("traced");
            assert_eq!(traced["agrees"], true, "{traced}");
            let printed = table::find(table).and_then(table::Table::located_text).expect("printed text");
            assert_eq!(traced["read_again"], traced["row"][printed], "{traced}");

            // What is shown is what the archive holds there.
            let digest: Digest = traced["document"].as_str().expect("a document").parse().expect("a digest");
            let bytes = dir.store().archive().read(&digest).expect("archived bytes");
            let offset =
                |name: &str| -> usize { traced["row"][name].as_str().expect("an offset").parse().expect("a number") };
            let (start, end) = (offset("loc_start"), offset("loc_end"));
            let state = &snapshot.sources[traced["row"]["source"].as_str().expect("a source")];
            let show =
                |from: usize, to: usize| quipu_transform::decode_for_people(state, &bytes, from, to.min(bytes.len()));
            let [before, at, after] = ["before", "at", "after"].map(|part| traced[part].as_str().expect("text"));
            assert_eq!(at, show(start, end), "{traced}");
            assert!(!before.is_empty() && show(0, start).ends_with(before.trim_start_matches('\u{fffd}')), "{traced}");
            assert!(show(end, bytes.len()).starts_with(after.trim_end_matches('\u{fffd}')), "{traced}");

            let text = dir.quipu(&["trace", table, &key]).expect(0).stdout;
            assert!(text.contains(&format!("{before}⟦{at}⟧{after}")), "{text}");
            assert!(text.contains(traced["locator"].as_str().expect("a locator")), "{text}");
            assert!(text.contains("the published text") && !text.contains("NOT the published text"), "{text}");
        }
    }
}

#[test]
fn trace_finds_a_row_by_its_key_and_tells_where_a_column_comes_from() {
    let dir = Dir::with_samples();
    dir.quipu(&["run", PIPELINE]).expect(0);
    let key = "ref_area=MX,time_start=2019-01-01,indicator=homicide-rate";
    let traced = dir.quipu(&["trace", "observation", key, "ref_area"]).expect(0).stdout;
    for part in ["28.7367023185144", "line=16;column=2019;bytes=", "⟦28.7367023185144⟧", "column Country Code", "⏎"]
    {
        assert!(traced.contains(part), "`{part}` in\n{traced}");
    }
    let traced = dir.quipu(&["trace", "figure", "value=1300000000", "-p", PIPELINE]).expect(0).stdout;
    for part in
        ["gt", "⟦more than 1.3&nbsp;billion checks⟧", "more than 1.3\u{a0}billion checks\n", ": the published text"]
    {
        assert!(traced.contains(part), "`{part}` in\n{traced}");
    }
    dir.quipu(&["trace", "observation", "ref_area=MX"]).expect(2).says(&["rows of `observation`", "and", "more"]);
    dir.quipu(&["trace", "observation", "ref_area=XX"]).expect(2).says(&["no row of `observation`"]);
    dir.quipu(&["trace", "observation", "#1", "ref_aera"]).expect(2).says(&["did you mean `ref_area`?"]);
    dir.quipu(&["trace", "observation", "#0"]).expect(2).says(&["rows count from #1"]);
    dir.quipu(&["trace", "obsevation", "#1"]).expect(2).says(&["did you mean `observation`?"]);
}

/// A PDF of these lines, each a page's width apart; `Tf` and `Td` as any program writes them.
fn pdf(lines: &[&str]) -> Vec<u8> {
    let mut content = String::from("BT /F1 10 Tf 60 760 Td 14 TL\n");
    for line in lines {
        let line = line.replace('(', "\\(").replace(')', "\\)");
        content.push('(');
        content.push_str(&line);
        content.push_str(") Tj T*\n");
    }
    content.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
    }
    let table = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    out.extend(format!("trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1).bytes());
    out
}

#[test]
fn a_figure_of_a_pdf_is_shown_in_its_sentence_and_read_again_on_its_page() {
    let dir = Dir::with_pipeline(
        "[pipeline]\nname = \"test\"\nreference = \"../data/reference\"\nstore = \"../quipu-store\"\n\n\
         [[source]]\nid = \"press\"\nfile = \"../in/release.pdf\"\npublisher = \"Us\"\nlanguage = \"en\"\n\
         published_on = \"2024-03-05\"\n[source.report]\n\n[export]\nto = \"../release\"\ntitle = \"PDF\"\n",
    );
    let lines = [
        "LIMA, Peru, 5 March 2024 - Police and customs said on Tuesday that more than",
        "1,200 rounds of ammunition had been found in two lorries.",
    ];
    dir.write("in/release.pdf", pdf(&lines));
    dir.quipu(&["run", "pipelines/test.toml"]).expect(0);
    let snapshot = dir.tables("test");
    assert!(assert_rows_read_back(&dir, &snapshot, "figure") >= 2);
    assert!(assert_rows_read_back(&dir, &snapshot, "mention") >= 3);
    let found = dir.quipu(&["trace", "figure", "value=1200"]).expect(0);
    for part in [
        "locator   page=1;box=",
        "Police and customs said on Tuesday that ⟦more than 1,200 rounds of ammunition⟧ had been found in two lorries.",
        "the published text",
    ] {
        assert!(found.stdout.contains(part), "{}", found.stdout);
    }
    dir.quipu(&["verify", "pipelines/test.toml"]).expect(0);
}
