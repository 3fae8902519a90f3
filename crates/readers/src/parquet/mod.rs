//! The reader of Parquet.
//!
//! The first row of the grid holds the names of the columns (nested ones with dots: `country.id`),
//! each record is a row below. Values are written exactly as they are stored: decimals with all their
//! digits, floats as the shortest digits that read back the same, dates and moments in ISO 8601
//! (moments in UTC with `Z`), bytes that are no text as hexadecimal digits of form `Fault`. Null is an
//! empty cell. Columns that repeat (lists, maps) have no place in a table and are refused by name.
//!
//! A place is record and column, `row=13;column=value`; row 0 is the column's name itself.
//!
//! The `parquet` crate decodes, after [`claims`] has held what the file claims against its bytes.

mod claims;
mod column;
mod delta;
mod pages;
mod shape;
mod thrift;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use parquet::column::reader::get_column_reader;
use parquet::file::metadata::{ParquetMetaData, ParquetStatisticsPolicy};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use quipu_schema::pipeline::{Format, Layout};
use quipu_schema::{ErrorKind, Fault, Locator, Result};

use crate::{Form, Grid, GridBuilder, Limits, Places, Reader};
use claims::damaged;
use column::Column;
use pages::Guarded;
use values::Meaning;

/// Values that are decoded at a time, over all columns, and most records.
const VALUES: usize = 1 << 20;
const RECORDS: usize = 1_024;

/// The reader of Parquet.
pub(crate) struct Parquet;

impl Reader for Parquet {
    fn format(&self) -> Format {
        Format::Parquet
    }

    fn is_like(&self, bytes: &[u8]) -> bool {
        let magic = |magic: &[u8; 4]| bytes.len() >= 8 && bytes.starts_with(magic) && bytes.ends_with(magic);
        magic(b"PAR1") || magic(b"PARE") || (bytes.starts_with(b"PAR1") && bytes.ends_with(b"PARE"))
    }

    fn read(&self, bytes: &[u8], _layout: &Layout, limits: &Limits) -> Result<Vec<Grid>> {
        fenced(|| {
            let file = File::open(bytes, limits)?;
            let mut unpacked = limits.unpacked;
            for group in file.metadata().row_groups() {
                for chunk in group.columns() {
                    claims::check_chunk(bytes, group, chunk, &mut unpacked, limits)?;
                }
            }
            Ok(vec![file.grid(limits)?])
        })
    }

    fn reread(&self, bytes: &[u8], _layout: &Layout, locator: &Locator, limits: &Limits) -> Result<String> {
        let wrong = || Fault::new(ErrorKind::Corrupt, format!("the document has nothing at {locator}"));
        let Locator::Record { row, column } = locator else { return Err(wrong()) };
        fenced(|| {
            let file = File::open(bytes, limits)?;
            let at = file.names.iter().position(|name| name == column).ok_or_else(wrong)?;
            let Some(mut record) = row.checked_sub(1) else { return Ok(column.clone()) };
            for (number, group) in file.metadata().row_groups().iter().enumerate() {
                let rows = u64::try_from(group.num_rows()).unwrap_or_default();
                if record >= rows {
                    record -= rows;
                    continue;
                }
                let chunk = group.columns().get(at).ok_or_else(wrong)?;
                claims::check_chunk(bytes, group, chunk, &mut limits.unpacked.clone(), limits)?;
                let mut column = file.column(number, at, limits)?;
                // In the steps of the first reading: what a decoder says of a damaged page depends on how it
                // is asked.
                let (step, mut before) = (file.step() as u64, 0);
                loop {
                    let count = step.min(rows - before);
                    column.fill(usize::try_from(count).map_err(|_| wrong())?)?;
                    if record < before + count {
                        let mut text = String::new();
                        column.write(usize::try_from(record - before).map_err(|_| wrong())?, &mut text);
                        return Ok(text);
                    }
                    before += count;
                }
            }
            Err(wrong())
        })
    }
}

/// Runs a decoder behind a fence. The `parquet` crate has assertions that damaged files can reach:
/// for us such a file is damaged, and no reason to stop.
fn fenced<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // What was half built is dropped, so that nothing broken can be seen.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged("its decoder gave up")))
}

/// A Parquet file whose footer is read.
struct File {
    reader: SerializedFileReader<Bytes>,
    names: Vec<String>,
    meanings: Vec<Meaning>,
}

impl File {
    fn open(bytes: &[u8], limits: &Limits) -> Result<Self> {
        claims::check_footer(bytes, limits)?;
        let options = ReadOptionsBuilder::new().with_column_stats_policy(ParquetStatisticsPolicy::SkipAll).build();
        let reader = SerializedFileReader::new_with_options(Bytes::copy_from_slice(bytes), options);
        let reader = reader.map_err(damaged)?;
        let columns = reader.metadata().file_metadata().schema_descr().columns();
        if columns.len() as u64 > u64::from(limits.columns) {
            return Err(Limits::exceeded(format!("more than {} columns", limits.columns)));
        }
        if columns.is_empty() {
            return Err(Fault::new(ErrorKind::Shape, "the Parquet file has no columns"));
        }
        let (mut names, mut meanings) = (Vec::new(), Vec::new());
        let (mut repeated, mut known) = (Vec::new(), std::collections::BTreeSet::new());
        for column in columns {
            let name = column.path().string();
            if column.max_rep_level() > 0 {
                repeated.push(format!("`{name}`"));
            }
            if !known.insert(name.clone()) {
                let message = format!("the Parquet file has two columns of the name `{name}`");
                return Err(Fault::new(ErrorKind::Shape, message).help("its publisher has to name them apart"));
            }
            meanings.push(Meaning::of(column).ok_or_else(|| damaged(format!("the type of column `{name}`")))?);
            names.push(name);
        }
        if !repeated.is_empty() {
            let message = format!("columns that hold lists or maps cannot be read as a table: {}", repeated.join(", "));
            return Err(Fault::new(ErrorKind::Shape, message)
                .help("have them published as rows or columns of their own, or left out of the file"));
        }
        let file = Self { reader, names, meanings };
        file.check_groups(limits)?;
        Ok(file)
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }

    fn check_groups(&self, limits: &Limits) -> Result<()> {
        let mut rows = 0_u64;
        for group in self.metadata().row_groups() {
            let count = u64::try_from(group.num_rows()).map_err(|_| damaged("a negative number of rows"))?;
            rows = rows.saturating_add(count);
            if group.columns().len() != self.names.len() {
                return Err(damaged("a row group with another number of columns than the schema"));
            }
        }
        if rows > limits.rows {
            return Err(Limits::exceeded(format!("{rows} rows, more than {}", limits.rows)));
        }
        Ok(())
    }

    fn column(&self, group: usize, column: usize, limits: &Limits) -> Result<Column> {
        let meaning = self.meanings.get(column).copied().unwrap_or(Meaning::Plain);
        let group = self.reader.get_row_group(group).map_err(damaged)?;
        let pages = group.get_column_page_reader(column).map_err(damaged)?;
        let described = self.metadata().file_metadata().schema_descr().column(column);
        let optional = described.max_def_level();
        let pages = Box::new(Guarded::new(pages, optional, limits.memory));
        Ok(Column::new(get_column_reader(described, pages), meaning, optional))
    }

    /// How many records are decoded at a time.
    fn step(&self) -> usize {
        (VALUES / self.names.len().max(1)).clamp(1, RECORDS)
    }

    fn grid(&self, limits: &Limits) -> Result<Grid> {
        let mut builder = GridBuilder::new("records", Places::Columns(self.names.clone()), *limits);
        builder.row_above()?;
        for name in &self.names {
            builder.push_above(name, Form::Printed, Locator::Record { row: 0, column: name.clone() })?;
        }
        let (mut record, mut nulls, mut text) = (0, 0_u64, String::new());
        let step = self.step();
        for (number, group) in self.metadata().row_groups().iter().enumerate() {
            let mut left = usize::try_from(group.num_rows()).unwrap_or_default();
            let columns: Result<Vec<Column>> =
                (0..self.names.len()).map(|at| self.column(number, at, limits)).collect();
            let mut columns = columns?;
            while left > 0 {
                let count = left.min(step);
                left -= count;
                for column in &mut columns {
                    column.fill(count)?;
                }
                for at in 0..count {
                    record += 1;
                    builder.row(record)?;
                    for column in &mut columns {
                        text.clear();
                        let form = column.write(at, &mut text);
                        nulls += u64::from(form.is_none());
                        builder.push(&text, form.unwrap_or_default())?;
                    }
                }
            }
        }
        let groups = self.metadata().num_row_groups();
        builder.note(format!("{record} records in {groups} row groups, {} columns", self.names.len()));
        if nulls > 0 {
            builder.note(format!("empty cells: {nulls} null"));
        }
        Ok(builder.finish())
    }
}

#[cfg(test)]
mod tests;
