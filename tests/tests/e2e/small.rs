//! A pipeline of two small sources: `steady`, which is always right, and `odd`, which a test breaks.

use std::fmt::Write as _;
use std::fs::File;

use polars::prelude::{DataFrame, ParquetReader, SerReader as _};
use quipu_schema::locator::Columns;
use quipu_schema::{Digest, Locator};
use quipu_tests::{Dir, Ended};

pub(crate) const AREAS: [&str; 5] = ["AR", "BR", "CL", "MX", "PE"];
/// Rows of an input that nobody broke: five areas, twelve years.
pub(crate) const ROWS: u64 = 60;
/// The arguments of a run.
pub(crate) const RUN: [&str; 2] = ["run", "pipelines/test.toml"];

/// The pipeline file.
pub(crate) fn pipeline() -> String {
    let mut text =
        String::from("[pipeline]\nname = \"test\"\nreference = \"../data/reference\"\nstore = \"../quipu-store\"\n");
    text += &source("steady");
    text += &source("odd");
    text += "\n[export]\nto = \"../release\"\ntitle = \"Test\"\n";
    text
}

/// A source of the pipeline file; its dataset has its name in capitals.
pub(crate) fn source(id: &str) -> String {
    format!(
        "\n[[source]]\nid = \"{id}\"\nfile = \"../in/{id}.csv\"\npublished_on = \"2024-01-01\"\neditions = 1\n\
         [source.observe]\ndataset = \"{}\"\nindicator = \"offences-recorded\"\ncrime = \"0101\"\nunit = \"offence\"\n\
         ref_area = {{ column = \"area\", codes = \"area\" }}\nperiod = {{ year = {{ column = \"year\" }} }}\n\
         values = [\"offences\"]\n",
        id.to_uppercase()
    )
}

/// An input: a header and [`ROWS`] rows. Every number is `plus` more than in the plainest one.
pub(crate) fn rows(plus: u64) -> String {
    let mut text = String::from("area,year,offences\n");
    for (number, year) in (2010..2022).enumerate() {
        for (area, name) in AREAS.iter().enumerate() {
            let _ =
                writeln!(text, "{name},{year},{}", 100 + number * 10 + area + usize::try_from(plus).expect("small"));
        }
    }
    text
}

/// A folder with the pipeline, where both inputs are right.
pub(crate) fn dir() -> Dir {
    let dir = Dir::with_pipeline(&pipeline());
    dir.write("in/steady.csv", rows(0));
    dir.write("in/odd.csv", rows(0));
    dir
}

/// A folder with the pipeline, where `odd` has these bytes.
pub(crate) fn dir_with_odd(bytes: impl AsRef<[u8]>) -> Dir {
    let dir = dir();
    dir.write("in/odd.csv", bytes);
    dir
}

/// Runs the pipeline.
#[track_caller]
pub(crate) fn run(dir: &Dir) -> Ended {
    dir.quipu(&RUN)
}

/// A table of the newest release, all its files in one.
pub(crate) fn released(dir: &Dir, table: &str) -> Option<DataFrame> {
    let release = dir.release();
    let (manifest, _) = quipu_export::Manifest::read(&release).expect("a manifest");
    let table = manifest.tables.into_iter().find(|released| released.name == table)?;
    let mut frames = table.files.iter().map(|file| {
        let file = File::open(release.join(&file.path)).expect("a released file");
        ParquetReader::new(file).finish().expect("Parquet")
    });
    let first = frames.next().expect("a file");
    Some(frames.fold(first, |all, frame| all.vstack(&frame).expect("the same columns")))
}

/// How many observations of a source are in the newest release.
pub(crate) fn observations(dir: &Dir, source: &str) -> u64 {
    let Some(frame) = released(dir, "observation") else { return 0 };
    let sources = frame.column("source").expect("source").str().expect("text").iter();
    sources.filter(|name| *name == Some(source)).count() as u64
}

/// A row of the quarantine, which is kept in the store.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) reason: String,
    pub(crate) raw: Option<String>,
    pub(crate) message: String,
    pub(crate) line: Option<u64>,
    /// The archived bytes at its locator.
    pub(crate) bytes: Vec<u8>,
}

/// The quarantine of a source.
pub(crate) fn quarantine(dir: &Dir, source: &str) -> Vec<Refused> {
    let (store, snapshot) = (dir.store(), dir.tables("test"));
    let part = snapshot.parts.iter().find(|part| part.table == "quarantine" && part.source.as_deref() == Some(source));
    let frame = store.read_table(part.expect("a quarantine")).expect("a table");
    (0..frame.height())
        .map(|row| {
            let locator = locator(&frame, row).expect("a locator");
            let (start, end) = locator.bytes().expect("a range of bytes");
            let digest: Digest = text(&frame, "document_id", row).expect("a document").parse().expect("a digest");
            let bytes = store.archive().read(&digest).expect("archived bytes");
            let range = usize::try_from(start).expect("small")..usize::try_from(end).expect("small");
            Refused {
                reason: text(&frame, "reason", row).expect("a reason"),
                raw: text(&frame, "raw", row),
                message: text(&frame, "message", row).expect("a message"),
                line: match locator {
                    Locator::Csv { line, .. } => Some(line),
                    _ => None,
                },
                bytes: bytes[range].to_vec(),
            }
        })
        .collect()
}

/// The text of a cell.
pub(crate) fn text(frame: &DataFrame, column: &str, row: usize) -> Option<String> {
    frame.column(column).expect("the column").str().expect("text").get(row).map(str::to_owned)
}

/// The locator of a row.
pub(crate) fn locator(frame: &DataFrame, row: usize) -> Option<Locator> {
    let number = |name: &str| frame.column(name).expect("the column").u64().expect("numbers").get(row);
    Locator::from_columns(&Columns {
        part: text(frame, "loc_part", row),
        row: number("loc_row"),
        col: frame.column("loc_col").expect("the column").u32().expect("numbers").get(row),
        start: number("loc_start"),
        end: number("loc_end"),
    })
}

/// A Parquet file of a folder.
pub(crate) fn frame(dir: &Dir, name: &str) -> DataFrame {
    ParquetReader::new(File::open(dir.path(name)).expect("a file")).finish().expect("Parquet")
}

/// The account of a screening: the last line of stdout.
pub(crate) fn account(ended: &Ended) -> serde_json::Value {
    serde_json::from_str(ended.stdout.lines().last().unwrap_or_default()).expect("JSON in the last line")
}
