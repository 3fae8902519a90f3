//! The three files, written row group by row group: nothing is held but what is being written.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Date32Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use quipu_schema::{ErrorKind, Fault, Result};
use rayon::prelude::*;

use crate::check::{Asked, Fate, Questions};
use crate::record::{Entry, Records};
use crate::{Made, Plan};

/// Rows of a row group.
const GROUP: u64 = 1 << 19;
/// Rows that one thread makes at a time.
const PIECE: u64 = 1 << 15;
/// Columns in which every value is its own, so that a dictionary only costs.
const UNIQUE: [&str; 4] = ["record_id", "check_id", "key_raw", "asked_at"];

/// How a cell of a column is put.
enum Cells<T> {
    Text(fn(&T) -> Option<&str>),
    Day(fn(&T) -> Option<i32>),
    Moment(fn(&T) -> i64),
}

/// A column of a file: its name, whether a pipeline needs it for the keys, and its cells.
struct Column<T> {
    name: &'static str,
    key: bool,
    cells: Cells<T>,
}

const fn text<T>(name: &'static str, key: bool, of: fn(&T) -> Option<&str>) -> Column<T> {
    Column { name, key, cells: Cells::Text(of) }
}

const RECORDS: [Column<Entry>; 13] = [
    text("record_id", true, |row| Some(&row.record_id)),
    text("database", true, |row| Some(row.database)),
    text("key_kind", true, |row| Some(row.key_kind)),
    text("key_raw", true, |row| Some(&row.key_raw)),
    text("issuer", true, |row| Some(row.issuer)),
    text("owner", false, |row| Some(row.issuer)),
    text("status", false, |row| Some(row.status)),
    Column { name: "entered_on", key: false, cells: Cells::Day(|row| Some(row.entered_on)) },
    Column { name: "expires_on", key: false, cells: Cells::Day(|row| row.expires_on) },
    text("deny", false, |row| row.deny),
    text("marking", false, |_| Some("TLP:AMBER")),
    text("names", false, |row| row.names.as_deref()),
    Column { name: "birth_date", key: false, cells: Cells::Day(|row| row.birth_date) },
];

const CHECKS: [Column<Asked>; 10] = [
    text("check_id", true, |row| Some(&row.check_id)),
    text("key_kind", true, |row| Some(row.key_kind)),
    text("key_raw", true, |row| Some(&row.key_raw)),
    text("issuer", true, |row| Some(row.issuer)),
    text("purpose", false, |row| Some(row.purpose)),
    text("asked_by", false, |row| Some(row.asked_by)),
    Column { name: "asked_at", key: false, cells: Cells::Moment(|row| row.asked_at) },
    text("marking", false, |_| Some("TLP:AMBER")),
    text("names", false, |row| row.names.as_deref()),
    Column { name: "birth_date", key: false, cells: Cells::Day(|row| row.birth_date) },
];

const TRUTH: [Column<Asked>; 3] = [
    text("check_id", true, |row| Some(&row.check_id)),
    text("record_id", true, |row| row.record_id.as_deref()),
    text("fate", true, |row| Some(row.fate.word())),
];

impl<T> Column<T> {
    fn field(&self) -> Field {
        let kind = match self.cells {
            Cells::Text(_) => DataType::Utf8,
            Cells::Day(_) => DataType::Date32,
            Cells::Moment(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(self.name, kind, true)
    }

    fn array(&self, rows: &[T]) -> ArrayRef {
        match self.cells {
            Cells::Text(of) => {
                let mut out = StringBuilder::with_capacity(rows.len(), rows.len() * 12);
                for row in rows {
                    out.append_option(of(row));
                }
                Arc::new(out.finish())
            }
            Cells::Day(of) => {
                let mut out = Date32Builder::with_capacity(rows.len());
                for row in rows {
                    out.append_option(of(row));
                }
                Arc::new(out.finish())
            }
            Cells::Moment(of) => {
                let mut out = TimestampMicrosecondBuilder::with_capacity(rows.len()).with_timezone("UTC");
                for row in rows {
                    out.append_value(of(row));
                }
                Arc::new(out.finish())
            }
        }
    }
}

/// A file in the making: it gets its name when it is whole.
struct Output<T: 'static> {
    path: PathBuf,
    part: PathBuf,
    columns: Vec<&'static Column<T>>,
    schema: Arc<Schema>,
    writer: ArrowWriter<BufWriter<File>>,
}

impl<T> Output<T> {
    fn create(folder: &Path, name: &str, columns: Vec<&'static Column<T>>) -> Result<Self> {
        let path = folder.join(name);
        let part = folder.join(format!("{name}.part"));
        let file = File::create(&part).map_err(|error| Fault::io(ErrorKind::Storage, "make", &part, error))?;
        let schema = Arc::new(Schema::new(columns.iter().map(|column| column.field()).collect::<Vec<_>>()));
        let level = ZstdLevel::try_new(1).map_err(|error| Fault::bug("a level of zstd").because(error))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::None)
            .set_max_row_group_row_count(usize::try_from(GROUP).ok());
        for column in columns.iter().filter(|column| UNIQUE.contains(&column.name)) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(column.name), false);
        }
        let writer = ArrowWriter::try_new(BufWriter::new(file), Arc::clone(&schema), Some(properties.build()))
            .map_err(|error| failed(&part, error))?;
        Ok(Self { path, part, columns, schema, writer })
    }

    fn batch(schema: &Arc<Schema>, columns: &[&'static Column<T>], rows: &[T]) -> Result<RecordBatch> {
        let arrays = columns.iter().map(|column| column.array(rows)).collect();
        RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|error| Fault::bug("a batch of rows").because(error))
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(|error| failed(&self.part, error))
    }

    /// Ends the file and gives it its name.
    fn finish(self) -> Result<PathBuf> {
        let file = self.writer.into_inner().map_err(|error| failed(&self.part, error))?;
        let storage = |what, error| Fault::io(ErrorKind::Storage, what, &self.part, error);
        let file = file.into_inner().map_err(|error| storage("write", error.into_error()))?;
        file.sync_all().map_err(|error| storage("write", error))?;
        std::fs::rename(&self.part, &self.path).map_err(|error| storage("name", error))?;
        Ok(self.path)
    }
}

fn failed(path: &Path, error: parquet::errors::ParquetError) -> Fault {
    Fault::new(ErrorKind::Storage, "the file cannot be written").at(path.display()).because(error)
}

fn chosen<T>(all: &'static [Column<T>], plan: &Plan) -> Vec<&'static Column<T>> {
    all.iter().filter(|column| column.key || !plan.keys_only).collect()
}

/// Writes the files of a plan; `count` hears of the rows as they are written. What was begun is removed where one fails.
pub(crate) fn write(
    plan: &Plan,
    records: &Records,
    questions: &Questions,
    folder: &Path,
    count: &mut dyn FnMut(u64),
) -> Result<Made> {
    let made = all(plan, records, questions, folder, count);
    if made.is_err() {
        for name in ["records", "checks", "truth"] {
            // What is not there needs no removing.
            let _ = std::fs::remove_file(folder.join(format!("{name}.parquet.part")));
        }
    }
    made
}

fn all(
    plan: &Plan,
    records: &Records,
    questions: &Questions,
    folder: &Path,
    count: &mut dyn FnMut(u64),
) -> Result<Made> {
    let mut entries = Output::create(folder, "records.parquet", chosen(&RECORDS, plan))?;
    for from in (0..plan.records).step_by(usize::try_from(GROUP).unwrap_or(1)) {
        let until = plan.records.min(from + GROUP);
        let (schema, columns) = (Arc::clone(&entries.schema), entries.columns.clone());
        let batches: Vec<RecordBatch> = pieces(from, until)
            .map(|(from, until)| {
                let rows: Vec<Entry> = (from..until).map(|number| records.get(number)).collect();
                Output::batch(&schema, &columns, &rows)
            })
            .collect::<Result<_>>()?;
        batches.iter().try_for_each(|batch| entries.write(batch))?;
        count(until - from);
    }
    let mut asked = Output::create(folder, "checks.parquet", chosen(&CHECKS, plan))?;
    let mut truth = Output::create(folder, "truth.parquet", chosen(&TRUTH, plan))?;
    let mut fates = Fate::ALL.map(|fate| (fate, 0_u64)).to_vec();
    for from in (0..plan.checks).step_by(usize::try_from(GROUP).unwrap_or(1)) {
        let until = plan.checks.min(from + GROUP);
        let (schema, columns) = (Arc::clone(&asked.schema), asked.columns.clone());
        let made: Vec<(RecordBatch, Vec<Asked>, u64)> = pieces(from, until)
            .map(|(from, until)| {
                let rows: Vec<Asked> = (from..until).map(|number| questions.get(number)).collect();
                let batch = Output::batch(&schema, &columns, &rows)?;
                let told: Vec<Asked> = rows.into_iter().filter(|row| row.fate != Fate::NoHit).collect();
                Ok((batch, told, until - from))
            })
            .collect::<Result<_>>()?;
        for (batch, told, rows) in &made {
            asked.write(batch)?;
            truth.write(&Output::batch(&truth.schema, &truth.columns, told)?)?;
            for (fate, number) in &mut fates {
                let of = told.iter().filter(|row| row.fate == *fate).count() as u64;
                *number += if *fate == Fate::NoHit { rows - told.len() as u64 } else { of };
            }
        }
        count(until - from);
    }
    Ok(Made { records: entries.finish()?, checks: asked.finish()?, truth: truth.finish()?, fates })
}

/// The pieces of a row group, for as many threads as there are.
fn pieces(from: u64, until: u64) -> impl IndexedParallelIterator<Item = (u64, u64)> {
    let count = usize::try_from((until - from).div_ceil(PIECE)).unwrap_or(0);
    (0..count).into_par_iter().map(move |piece| {
        let start = from + piece as u64 * PIECE;
        (start, until.min(start + PIECE))
    })
}
