//! Builds a release from tables: checks, order, files, descriptions, manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use polars::prelude::{Column as Values, DataFrame};
use quipu_schema::marking::{Marking, Tlp};
use quipu_schema::pipeline::Export;
use quipu_schema::table::{ALL, SOURCE, Table};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::WriteOptions;

use crate::manifest::{FORMAT, LATEST, Latest, MANIFEST, Manifest, ReleasedFile, ReleasedTable, json_bytes};
use crate::source::{Document, SourceInfo, Used, documents};
use crate::staging::{Staging, Written};
use crate::{datapackage, dictionary, layout, sort};

/// Tables about persons and cases: marked RED they leave only when the pipeline file names them.
const GUARDED: [&str; 3] = ["hit", "record", "check"];

/// All that a release is made of.
#[derive(Debug)]
pub struct Contents<'a> {
    /// Name of the pipeline.
    pub pipeline: &'a str,
    /// What the pipeline file says of the release. Its `to` and its empty `tables` are not looked at
    /// here: the caller chooses folder and tables.
    pub export: &'a Export,
    /// The tables; several parts of one table are released as one.
    pub parts: Vec<(&'static Table, DataFrame)>,
    /// The sources that the rows may name.
    pub sources: &'a [SourceInfo],
    /// Ids of the snapshots, by stage.
    pub snapshots: BTreeMap<String, Digest>,
    /// The account of each stage before this one.
    pub stages: BTreeMap<String, Tally>,
}

/// A release that was made.
#[derive(Debug)]
pub struct Released {
    /// Its folder.
    pub folder: PathBuf,
    /// Its name.
    pub id: String,
    /// SHA-256 of its manifest.
    pub digest: Digest,
    /// What it holds.
    pub manifest: Manifest,
}

/// What the descriptions of a release begin with.
pub(crate) struct Head<'a> {
    pub(crate) pipeline: &'a str,
    pub(crate) title: &'a str,
    pub(crate) licence: Option<&'a str>,
    pub(crate) marking: Marking,
}

/// Makes a release in the folder `to`, under a name that its content decides, and points
/// `latest.json` to it. The same contents, in whatever order of rows, give the same bytes.
///
/// # Errors
/// `Contract` for a repeated key, a row that names no known source, a text that is no marking, or
/// rows that may not leave; `Locked` while another process makes a release there; `Storage`. Nothing
/// is released then.
pub fn build(contents: Contents<'_>, to: &Path) -> Result<Released> {
    let Contents { pipeline, export, parts, sources, snapshots, stages } = contents;
    let mut builder = Builder::begin(pipeline, export, sources, to)?;
    for table in ALL {
        let frames: Vec<_> = parts.iter().filter(|(t, _)| t.name == table.name).map(|(_, f)| f.clone()).collect();
        if !frames.is_empty() {
            builder.add(table, frames)?;
        }
    }
    builder.finish(snapshots, stages)
}

/// A release in the making, table by table, so that one table at a time is in memory.
pub(crate) struct Builder<'a> {
    pipeline: &'a str,
    export: &'a Export,
    sources: &'a [SourceInfo],
    to: &'a Path,
    staging: Staging,
    tables: Vec<(&'static Table, ReleasedTable)>,
    marking: Option<Marking>,
    used: BTreeSet<String>,
    documents: BTreeSet<Document>,
}

impl<'a> Builder<'a> {
    pub(crate) fn begin(
        pipeline: &'a str,
        export: &'a Export,
        sources: &'a [SourceInfo],
        to: &'a Path,
    ) -> Result<Self> {
        let staging = Staging::begin(to)?;
        Ok(Self {
            pipeline,
            export,
            sources,
            to,
            staging,
            tables: Vec::new(),
            marking: None,
            used: BTreeSet::new(),
            documents: BTreeSet::new(),
        })
    }

    /// Checks a table and writes its files.
    pub(crate) fn add(&mut self, table: &'static Table, frames: Vec<DataFrame>) -> Result<()> {
        let mut frame = sort::stack(table, frames)?;
        if table.name == "document" {
            self.documents = documents(table, &frame)?;
            frame = without_retrieval(table, frame)?;
        }
        let mut frame = sort::sorted(table, &frame, &[])?;
        sort::refuse_duplicates(table, &frame)?;
        let marking = self.marking_of(table, &frame)?;
        self.refuse_guarded(table, marking)?;
        let partition = self.partition(table);
        if !partition.is_empty() {
            frame = sort::sorted(table, &frame, partition)?;
        }
        let logical_hash = quipu_store::logical_hash(table, std::slice::from_ref(&frame))?;
        let options = self.write_options(table, &logical_hash);
        let stored = layout::stored(table, partition);
        let mut files = Vec::new();
        for piece in layout::pieces(table, partition, &frame)? {
            let mut rows = 0;
            let written = self.staging.write(&piece.path, |out| {
                rows = quipu_store::write_parquet(out, stored, std::slice::from_ref(&piece.rows), &options)?;
                Ok(())
            })?;
            files.push(released(piece.path, &written, Some(rows)));
        }
        let released = ReleasedTable {
            name: table.name.to_owned(),
            rows: frame.height() as u64,
            logical_hash,
            marking: marking.map(|marking| marking.to_string()),
            partition: partition.to_vec(),
            files,
        };
        self.marking = strictest(self.marking, marking);
        self.tables.push((table, released));
        Ok(())
    }

    /// Writes the descriptions and publishes: files, then manifest, then the pointer.
    pub(crate) fn finish(
        self,
        snapshots: BTreeMap<String, Digest>,
        mut stages: BTreeMap<String, Tally>,
    ) -> Result<Released> {
        let marking = self.marking.unwrap_or_default();
        let head = Head {
            pipeline: self.pipeline,
            title: &self.export.title,
            licence: self.export.licence.as_deref(),
            marking,
        };
        let used = Used::all(self.sources, &self.used, &self.documents);
        let descriptions = [
            ("datapackage.json", datapackage::bytes(&head, &self.tables, &used)?),
            ("dictionary.md", dictionary::text(&head, &self.tables, &used).into_bytes()),
        ];
        let mut files = Vec::new();
        for (path, bytes) in descriptions {
            let written = self.staging.write(path, |out| {
                let failed = |error| Fault::io(ErrorKind::Storage, "write a file of the release", path, error);
                std::io::Write::write_all(out, &bytes).map_err(failed)
            })?;
            files.push(released(path.to_owned(), &written, None));
        }
        let rows = self.tables.iter().map(|(_, table)| table.rows).sum();
        stages.insert("export".to_owned(), Tally { read: rows, published: rows, ..Tally::default() });
        let manifest = Manifest {
            format: FORMAT,
            pipeline: self.pipeline.to_owned(),
            title: self.export.title.clone(),
            licence: self.export.licence.clone(),
            marking: marking.to_string(),
            snapshots,
            stages,
            tables: self.tables.into_iter().map(|(_, table)| table).collect(),
            files,
        };
        let (bytes, digest, id) = manifest.seal()?;
        let paths: Vec<&str> = manifest.all_files().map(|(_, file)| file.path.as_str()).collect();
        let folder = self.staging.publish(&id, &paths, (MANIFEST, &bytes))?;
        point(&self.staging, self.to, &id, digest)?;
        Ok(Released { folder, id, digest, manifest })
    }

    /// The strictest marking of a table's rows: of the rows that carry one, and of the sources that
    /// the rows name.
    fn marking_of(&mut self, table: &Table, frame: &DataFrame) -> Result<Option<Marking>> {
        let mut all = None;
        for text in distinct(table, frame, "marking")? {
            let marking = text.parse().map_err(|error| {
                Fault::new(ErrorKind::Contract, "a row's marking cannot be read")
                    .at(format!("{}.marking", table.name))
                    .because(error)
            })?;
            all = strictest(all, Some(marking));
        }
        for id in distinct(table, frame, SOURCE)? {
            // In reference tables `source` is a remark and names no source of the pipeline.
            if table.provenance == quipu_schema::table::Provenance::None {
                break;
            }
            let Some(info) = self.sources.iter().find(|info| info.id == id) else {
                return Err(Fault::new(
                    ErrorKind::Contract,
                    format!("rows come from the source `{id}`, which the pipeline file no longer has"),
                )
                .at(table.name)
                .help("run the transform stage again, so that the tables follow the pipeline file"));
            };
            all = strictest(all, Some(info.marking));
            self.used.insert(id);
        }
        Ok(all)
    }

    fn refuse_guarded(&self, table: &Table, marking: Option<Marking>) -> Result<()> {
        let red = marking.is_some_and(|marking| marking.distribution == Tlp::Red);
        let listed = self.export.tables.iter().any(|name| name == table.name);
        if !red || listed || !GUARDED.contains(&table.name) {
            return Ok(());
        }
        Err(Fault::new(ErrorKind::Contract, "rows marked TLP:RED are for named recipients and are not released unasked")
            .at(table.name)
            .help(format!(
                "name the tables to release in `export.tables`: with `{0}` to hand it to those recipients, without it to keep it",
                table.name
            )))
    }

    fn partition(&self, table: &Table) -> &'a [String] {
        let export: &'a Export = self.export;
        let found = export.partition.iter().find(|(name, _)| name == table.name);
        found.map_or(&[], |(_, columns)| columns.as_slice())
    }

    fn write_options(&self, table: &Table, logical_hash: &str) -> WriteOptions {
        let metadata =
            [("quipu.pipeline", self.pipeline), ("quipu.title", table.title), ("quipu.logical_hash", logical_hash)];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        WriteOptions { row_group: self.export.row_group, metadata }
    }
}

impl Manifest {
    /// Every file but the manifest itself, with the table it belongs to.
    pub(crate) fn all_files(&self) -> impl Iterator<Item = (Option<&ReleasedTable>, &ReleasedFile)> {
        let tables = self.tables.iter().flat_map(|table| table.files.iter().map(move |file| (Some(table), file)));
        tables.chain(self.files.iter().map(|file| (None, file)))
    }
}

/// Points `latest.json` to a release.
pub(crate) fn point(staging: &Staging, to: &Path, id: &str, manifest: Digest) -> Result<()> {
    let pointer = Latest { release: id.to_owned(), manifest_sha256: manifest };
    staging.replace(&to.join(LATEST), &json_bytes(&pointer)?)
}

/// The documents with `retrieved_at` emptied: when a machine fetched them is not what they say.
fn without_retrieval(table: &Table, mut frame: DataFrame) -> Result<DataFrame> {
    let name = "retrieved_at";
    let column = frame.column(name).map_err(|error| sort::broken(table, error))?;
    let empty = Values::full_null(name.into(), frame.height(), column.dtype());
    frame.with_column(empty).map_err(|error| sort::broken(table, error))?;
    Ok(frame)
}

/// The different texts of a column, in order; none where the table has no such column.
fn distinct(table: &Table, frame: &DataFrame, column: &str) -> Result<BTreeSet<String>> {
    if table.column(column).is_none() {
        return Ok(BTreeSet::new());
    }
    let texts = frame.column(column).and_then(|column| column.str()).map_err(|error| sort::broken(table, error))?;
    let mut distinct = BTreeSet::new();
    let mut last = None;
    for text in texts.iter().flatten() {
        // Neighbours are mostly alike, and a comparison is cheaper than a search.
        if last != Some(text) {
            last = Some(text);
            if !distinct.contains(text) {
                distinct.insert(text.to_owned());
            }
        }
    }
    Ok(distinct)
}

fn strictest(one: Option<Marking>, two: Option<Marking>) -> Option<Marking> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.strictest(two)),
        (one, two) => one.or(two),
    }
}

fn released(path: String, written: &Written, rows: Option<u64>) -> ReleasedFile {
    ReleasedFile { path, sha256: written.sha256, bytes: written.bytes, rows }
}
