//! The one Parquet writer.
//!
//! Columns of a row group are encoded in parallel. The bytes depend on the rows, their order and
//! the options alone: not on how the frames are cut into chunks, not on the clock, not on the
//! number of threads.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowSchemaConverter, encode_arrow_schema};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use polars::prelude::{DataFrame, Series};
use quipu_schema::table::{Column, Kind, Table};
use quipu_schema::{ErrorKind, Fault, Result};
use rayon::prelude::*;

use crate::arrow_bridge;

/// How a table file is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOptions {
    /// Rows per row group; the last one has what is left.
    pub row_group: usize,
    /// Key-value metadata for the footer, besides `quipu.table` and `quipu.key`.
    pub metadata: Vec<(String, String)>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { row_group: 131_072, metadata: Vec::new() }
    }
}

/// How many rows tell whether a column repeats its values.
const SAMPLE: usize = 4_096;

/// How many columns of a table's key have the bounds of their texts in the footer. Rows are sorted by
/// the key, so that bounds of later columns span everything and cost a comparison of every value.
const PRUNING: usize = 4;

/// Text columns in which nearly every value is its own, so that a dictionary would only cost.
const MOSTLY_UNIQUE: &[&str] = &["phrase", "key_raw", "raw", "context", "record_id", "check_id", "key"];

/// Writes the rows of `frames`, one after the other, as one Parquet file and returns their number.
///
/// # Errors
/// [`ErrorKind::Bug`] where a frame does not have the table's columns in name, order and type;
/// [`ErrorKind::Contract`] where a required column holds null; [`ErrorKind::Storage`] where `out`
/// cannot be written.
pub fn write_parquet<W: Write + Send>(
    out: W,
    table: &'static Table,
    frames: &[DataFrame],
    options: &WriteOptions,
) -> Result<u64> {
    check_frames(table, frames)?;
    let columns: Vec<Input<'_>> =
        table.all_columns().map(|column| Input::new(column, frames)).collect::<Result<_>>()?;
    for input in &columns {
        input.check_required(table)?;
    }
    let rows: usize = frames.iter().map(DataFrame::height).sum();
    let group_rows = options.row_group.max(1);

    let schema = Arc::new(Schema::new(columns.iter().map(|input| input.field.clone()).collect::<Vec<_>>()));
    let described = ArrowSchemaConverter::new().schema_root(table.name).convert(&schema).map_err(failed)?;
    let unique: Vec<&str> =
        columns.iter().filter(|input| input.is_mostly_unique()).map(|input| input.column.name).collect();
    let properties = Arc::new(properties(table, |column| !unique.contains(&column.name), options));
    let mut writer = SerializedFileWriter::new(out, described.root_schema_ptr(), properties).map_err(failed)?;
    let factory = ArrowRowGroupWriterFactory::new(&writer, schema);

    for (number, from) in (0..rows).step_by(group_rows).enumerate() {
        let length = group_rows.min(rows - from);
        let writers = factory.create_column_writers(number).map_err(failed)?;
        let chunks: Vec<ArrowColumnChunk> = columns
            .par_iter()
            .zip(writers)
            .map(|(input, writer)| input.encode(writer, from, length))
            .collect::<Result<_>>()?;
        let mut group = writer.next_row_group().map_err(failed)?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group).map_err(failed)?;
        }
        group.close().map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    Ok(rows as u64)
}

/// Checks that every frame has the table's columns.
pub(crate) fn check_frames(table: &'static Table, frames: &[DataFrame]) -> Result<()> {
    let expected = crate::polars_schema(table);
    for frame in frames {
        let found = frame.schema();
        if **found == expected {
            continue;
        }
        let list = |schema: &polars::prelude::Schema| {
            schema.iter().map(|(name, kind)| format!("{name}: {kind}")).collect::<Vec<_>>().join(", ")
        };
        return Err(Fault::bug(format!(
            "a frame for table `{}` has the columns ({}) instead of ({})",
            table.name,
            list(found),
            list(&expected)
        )));
    }
    Ok(())
}

/// One column over all frames.
struct Input<'a> {
    column: &'static Column,
    field: Field,
    series: Vec<&'a Series>,
}

impl<'a> Input<'a> {
    fn new(column: &'static Column, frames: &'a [DataFrame]) -> Result<Self> {
        let series = frames
            .iter()
            .map(|frame| frame.column(column.name).map(polars::prelude::Column::as_materialized_series))
            .collect::<Result<_, _>>()
            .map_err(|error| Fault::bug("a checked frame lacks a column").because(error))?;
        let field = Field::new(column.name, arrow_bridge::data_type(column.kind), column.nullable);
        Ok(Self { column, field, series })
    }

    /// Refuses nulls in a required column.
    fn check_required(&self, table: &Table) -> Result<()> {
        let nulls: usize = self.series.iter().map(|series| series.null_count()).sum();
        if self.column.nullable || nulls == 0 {
            return Ok(());
        }
        Err(Fault::new(ErrorKind::Contract, format!("a required column is null in {nulls} rows"))
            .at(format!("{}.{}", table.name, self.column.name))
            .help("the rows should have gone to quarantine before they were written"))
    }

    /// Whether the first rows hardly ever repeat a value, so that a dictionary would only cost.
    fn is_mostly_unique(&self) -> bool {
        if !matches!(self.column.kind, Kind::Text | Kind::Float) {
            return false;
        }
        let Ok(head) = self.rows(0, SAMPLE) else { return false };
        let distinct = head.n_unique().unwrap_or_default();
        head.len() == SAMPLE && distinct > SAMPLE / 2
    }

    /// Encodes the rows from `from` on as one column chunk.
    fn encode(&self, mut writer: ArrowColumnWriter, from: usize, length: usize) -> Result<ArrowColumnChunk> {
        let series = self.rows(from, length)?;
        // One array per row group, whatever the chunks: page limits are looked at per array.
        let array = arrow_bridge::array(&series, self.column.kind)?;
        for leaf in compute_leaves(&self.field, &array).map_err(failed)? {
            writer.write(&leaf).map_err(failed)?;
        }
        writer.close().map_err(failed)
    }

    /// These rows as one series, without copying where they lie in one frame.
    fn rows(&self, from: usize, length: usize) -> Result<Series> {
        let mut taken: Option<Series> = None;
        let (mut skip, mut left) = (from, length);
        for series in &self.series {
            if skip >= series.len() {
                skip -= series.len();
                continue;
            }
            let here = left.min(series.len() - skip);
            let offset = i64::try_from(skip).map_err(|error| Fault::bug("a frame is too long").because(error))?;
            let piece = series.slice(offset, here);
            match &mut taken {
                None => taken = Some(piece),
                Some(taken) => {
                    taken
                        .append_owned(piece)
                        .map_err(|error| Fault::bug("frames do not fit together").because(error))?;
                }
            }
            (skip, left) = (0, left - here);
            if left == 0 {
                break;
            }
        }
        taken.ok_or_else(|| Fault::bug(format!("`{}` has no row {from}", self.column.name)))
    }
}

/// How a table's file is written; `repeats` says whether a column's values do.
pub(crate) fn properties(
    table: &Table,
    repeats: impl Fn(&'static Column) -> bool,
    options: &WriteOptions,
) -> WriterProperties {
    let mut metadata: BTreeMap<String, String> = options.metadata.iter().cloned().collect();
    metadata.insert("quipu.table".to_owned(), table.name.to_owned());
    metadata.insert("quipu.key".to_owned(), table.key.join(","));
    if table.all_columns().any(|column| column.kind == Kind::Time) {
        metadata.insert(ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(&hint(table)));
    }
    let metadata = metadata.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
    let mut properties = WriterProperties::builder()
        .set_created_by("quipu".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // Of use only beside page statistics.
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_key_value_metadata(Some(metadata));
    for column in table.all_columns() {
        let path = || ColumnPath::from(column.name);
        let (dictionary, encoding) = encoding(column);
        let dictionary = dictionary && repeats(column);
        properties = properties.set_column_dictionary_enabled(path(), dictionary).set_column_encoding(path(), encoding);
        if !has_bounds(table, column) {
            properties = properties.set_column_statistics_enabled(path(), EnabledStatistics::None);
        }
    }
    properties.build()
}

/// Whether the footer holds the bounds of a column's values.
pub(crate) fn has_bounds(table: &Table, column: &Column) -> bool {
    column.kind != Kind::Text || table.key.iter().take(PRUNING).any(|key| *key == column.name)
}

/// Whether a column has a dictionary, and how its values are written where it has none or where
/// that grew too large. Chosen by size on statistics and record lists.
///
/// Differences of neighbouring numbers must fit into 64 bits: polars reads others too, but its
/// decoder adds without wrapping, which is a panic in a debug build. Offsets, counts and moments
/// stay far below.
fn encoding(column: &Column) -> (bool, Encoding) {
    match column.kind {
        Kind::Int | Kind::UInt | Kind::UInt32 | Kind::Time => (false, Encoding::DELTA_BINARY_PACKED),
        // Periods come again and again.
        Kind::Date => (true, Encoding::DELTA_BINARY_PACKED),
        // So do counts: a third smaller than plain on statistics.
        Kind::Float => (true, Encoding::BYTE_STREAM_SPLIT),
        Kind::Bool => (false, Encoding::PLAIN),
        Kind::Text => (!MOSTLY_UNIQUE.contains(&column.name), Encoding::DELTA_LENGTH_BYTE_ARRAY),
    }
}

/// The columns as Arrow types, for readers that would else call the time zone of a moment `+00:00`
/// instead of `UTC`, polars among them. Text has its plain type here: not every reader of Arrow
/// knows the newer one that polars has in memory.
fn hint(table: &Table) -> Schema {
    let fields = table.all_columns().map(|column| {
        let data_type = match column.kind {
            Kind::Text => DataType::Utf8,
            other => arrow_bridge::data_type(other),
        };
        Field::new(column.name, data_type, column.nullable)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// What an error of the Parquet writer means: a failed write of `out`, or a bug.
pub(crate) fn failed(error: ParquetError) -> Fault {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => Fault::io(ErrorKind::Storage, "write the rows", "a Parquet file", *error),
            Err(inner) => Fault::bug("rows cannot be written as Parquet").because(inner),
        },
        other => Fault::bug("rows cannot be written as Parquet").because(other),
    }
}

#[cfg(test)]
mod tests;
