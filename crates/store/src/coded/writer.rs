//! Writes a table file from blocks, row group by row group.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringViewArray, UInt32Array, UInt64Array};
use arrow_schema::{Field, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::Result as Parquet;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;
use quipu_schema::digest::Hasher;
use quipu_schema::table::{Kind, Table};
use quipu_schema::{ErrorKind, Fault, Result};
use rayon::prelude::*;

use super::Block;
use super::chunk::{self, Chunk};
use super::group::{self, Distinct, Held, HeldValues};
use crate::durable::{self, Temporary};
use crate::parquet_file::{failed, has_bounds, properties};
use crate::table_file::Hashing;
use crate::{Part, Store, WriteOptions, arrow_bridge, logical};

/// Writes one table file from blocks of rows. At most one row group is held in memory. What is dropped
/// unfinished leaves nothing behind.
pub struct PartWriter {
    store: Store,
    table: &'static Table,
    group_rows: usize,
    columns: Vec<Held>,
    fields: Vec<Field>,
    schema: SchemaDescriptor,
    writer: SerializedFileWriter<Hashing<Temporary>>,
    factory: ArrowRowGroupWriterFactory,
    /// Rows held, and rows written.
    held: usize,
    written: u64,
    groups: usize,
    hash: u128,
}

/// Most distinct values of a dictionary, as a share of the rows: beyond it, it only costs.
const REPEATED: usize = 2;

enum Encoded {
    Own(Chunk),
    Plain(ArrowColumnChunk),
}

impl PartWriter {
    /// Begins a file of a table in the store.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`] where no file can be made; a bug where the table has columns that blocks
    /// do not hold.
    pub fn create(store: &Store, table: &'static Table, options: &WriteOptions) -> Result<Self> {
        let columns: Vec<Held> = table.all_columns().map(Held::new).collect::<Result<_>>()?;
        let fields: Vec<Field> = table
            .all_columns()
            .map(|column| Field::new(column.name, arrow_bridge::data_type(column.kind), column.nullable))
            .collect();
        let arrow = Arc::new(Schema::new(fields.clone()));
        let schema = ArrowSchemaConverter::new().schema_root(table.name).convert(&arrow).map_err(failed)?;
        let out = Hashing { inner: Temporary::create(&store.temporary())?, hasher: Hasher::default(), size: 0 };
        // What is written by way of arrow is what a dictionary does not suit.
        let properties = Arc::new(properties(table, |_| false, options));
        let writer = SerializedFileWriter::new(out, schema.root_schema_ptr(), properties).map_err(failed)?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, arrow);
        Ok(Self {
            store: store.clone(),
            table,
            group_rows: options.row_group.max(1),
            columns,
            fields,
            schema,
            writer,
            factory,
            held: 0,
            written: 0,
            groups: 0,
            hash: 0,
        })
    }

    /// Adds the rows of a block.
    ///
    /// # Errors
    /// A block that is not of the table (a bug); [`ErrorKind::Contract`] where a required column is null;
    /// [`ErrorKind::Storage`] where the file cannot be written.
    pub fn push(&mut self, block: &Block<'_>) -> Result<()> {
        if block.columns.len() != self.columns.len() {
            return Err(Fault::bug(format!("a block with {} columns of `{}`", block.columns.len(), self.table.name)));
        }
        let mut from = 0;
        while from < block.rows {
            let rows = (block.rows - from).min(self.group_rows - self.held);
            self.columns
                .par_iter_mut()
                .zip(&block.columns)
                .try_for_each(|(held, values)| held.take(*values, from, rows))?;
            self.held += rows;
            from += rows;
            if self.held == self.group_rows {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// How many rows were added.
    pub fn rows(&self) -> u64 {
        self.written + self.held as u64
    }

    /// Ends the file and puts it in its place. The part's `source` is left to the caller.
    ///
    /// # Errors
    /// Those of [`PartWriter::push`].
    pub fn finish(mut self) -> Result<Part> {
        self.flush()?;
        let Hashing { inner: file, hasher, size } = self.writer.into_inner().map_err(failed)?;
        let part = Part {
            table: self.table.name.to_owned(),
            source: None,
            digest: hasher.finish(),
            rows: self.written,
            size,
            logical: logical::finish(self.hash, self.written),
        };
        let target = self.store.table_path(&part);
        if !durable::has_size(&target, size) {
            file.place(&target)?;
        }
        Ok(part)
    }

    /// Writes the rows that are held as a row group.
    fn flush(&mut self) -> Result<()> {
        if self.held == 0 {
            return Ok(());
        }
        let writers = self.factory.create_column_writers(self.groups).map_err(failed)?;
        let (table, fields, schema) = (self.table, &self.fields, &self.schema);
        let (columns, rows) = (&self.columns, self.held);
        let encode = || {
            let numbered: Vec<(usize, ArrowColumnWriter)> = writers.into_iter().enumerate().collect();
            numbered
                .into_par_iter()
                .map(|(number, writer)| {
                    let (Some(held), Some(field)) = (columns.get(number), fields.get(number)) else {
                        return Err(Fault::bug("a writer without a column"));
                    };
                    refuse_nulls(table, held)?;
                    encode(table, held, field, schema, number, writer).map_err(failed)
                })
                .collect::<Result<Vec<Encoded>>>()
        };
        let (encoded, hash) = rayon::join(encode, || group::hash(columns, rows));
        let mut group = self.writer.next_row_group().map_err(failed)?;
        for chunk in encoded? {
            match chunk {
                Encoded::Own(Chunk { bytes, close }) => group.append_column(&Bytes::from(bytes), close),
                Encoded::Plain(chunk) => chunk.append_to_row_group(&mut group),
            }
            .map_err(failed)?;
        }
        group.close().map_err(failed)?;
        self.hash = self.hash.wrapping_add(hash);
        self.written += self.held as u64;
        self.groups += 1;
        self.held = 0;
        self.columns.iter_mut().for_each(Held::clear);
        Ok(())
    }
}

fn refuse_nulls(table: &Table, held: &Held) -> Result<()> {
    if held.column.nullable {
        return Ok(());
    }
    match held.nulls {
        0 => Ok(()),
        nulls => Err(Fault::new(ErrorKind::Contract, format!("a required column is null in {nulls} rows"))
            .at(format!("{}.{}", table.name, held.column.name))
            .help("the rows should have gone to quarantine before they were written")),
    }
}

fn encode(
    table: &Table,
    held: &Held,
    field: &Field,
    schema: &SchemaDescriptor,
    number: usize,
    writer: ArrowColumnWriter,
) -> Parquet<Encoded> {
    let array: ArrayRef = match &held.values {
        HeldValues::Flags(flags) => return Ok(Encoded::Own(chunk::flags(&schema.column(number), flags)?)),
        HeldValues::Coded(codes, distinct) if is_repeated(codes.len() - held.nulls, distinct) => {
            let bounds = has_bounds(table, held.column);
            let nulls = held.column.nullable.then_some(held.nulls);
            let chunk = chunk::coded(&schema.column(number), codes, distinct, nulls, bounds)?;
            return Ok(Encoded::Own(chunk));
        }
        HeldValues::Coded(codes, distinct @ Distinct::Texts { .. }) => {
            Arc::new(codes.iter().map(|code| distinct.text(*code)).collect::<StringViewArray>())
        }
        HeldValues::Coded(codes, Distinct::Floats(floats, _)) => {
            Arc::new(codes.iter().map(|code| floats.get(*code as usize).copied()).collect::<Float64Array>())
        }
        HeldValues::Coded(codes, Distinct::Days(days, _)) => {
            let days = codes.iter().map(|code| days.get(*code as usize).copied());
            Arc::new(days.collect::<arrow_array::Date32Array>())
        }
        HeldValues::Counts(counts) => {
            let there = |count: &u64| Some(*count).filter(|count| *count != u64::MAX);
            match held.column.kind {
                Kind::UInt32 => {
                    let count = |count: &u64| there(count).and_then(|count| u32::try_from(count).ok());
                    Arc::new(counts.iter().map(count).collect::<UInt32Array>())
                }
                _ if held.nulls > 0 => Arc::new(counts.iter().map(there).collect::<UInt64Array>()),
                _ => Arc::new(UInt64Array::from(counts.clone())),
            }
        }
    };
    let mut writer = writer;
    for leaf in compute_leaves(field, &array)? {
        writer.write(&leaf)?;
    }
    Ok(Encoded::Plain(writer.close()?))
}

/// Whether numbers take less than the values, of which so many are there.
fn is_repeated(there: usize, distinct: &Distinct) -> bool {
    const FEW: usize = 4_096;
    distinct.len() <= FEW || distinct.len() * REPEATED <= there
}
