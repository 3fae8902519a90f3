//! A column of a row group, decoded some records at a time.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    AsBytes, BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::errors::ParquetError;
use quipu_schema::Result;

use super::claims::damaged;
use super::values::{self, Meaning};
use crate::Form;

/// A column of a row group, some records of it decoded.
pub(super) struct Column {
    values: Values,
    meaning: Meaning,
    /// The level at which a value is there; 0 where it always is.
    level: i16,
    levels: Vec<i16>,
    /// The value of each record decoded.
    places: Vec<Option<usize>>,
}

/// The values of each of Parquet's types, with what reads them.
enum Values {
    Flags(ColumnReaderImpl<BoolType>, Vec<bool>),
    Ints(ColumnReaderImpl<Int32Type>, Vec<i32>),
    Longs(ColumnReaderImpl<Int64Type>, Vec<i64>),
    Moments(ColumnReaderImpl<Int96Type>, Vec<Int96>),
    Floats(ColumnReaderImpl<FloatType>, Vec<f32>),
    Doubles(ColumnReaderImpl<DoubleType>, Vec<f64>),
    Texts(ColumnReaderImpl<ByteArrayType>, Vec<ByteArray>),
    Fixed(ColumnReaderImpl<FixedLenByteArrayType>, Vec<FixedLenByteArray>),
}

impl Column {
    pub(super) fn new(reader: ColumnReader, meaning: Meaning, level: i16) -> Self {
        let values = match reader {
            ColumnReader::BoolColumnReader(reader) => Values::Flags(reader, Vec::new()),
            ColumnReader::Int32ColumnReader(reader) => Values::Ints(reader, Vec::new()),
            ColumnReader::Int64ColumnReader(reader) => Values::Longs(reader, Vec::new()),
            ColumnReader::Int96ColumnReader(reader) => Values::Moments(reader, Vec::new()),
            ColumnReader::FloatColumnReader(reader) => Values::Floats(reader, Vec::new()),
            ColumnReader::DoubleColumnReader(reader) => Values::Doubles(reader, Vec::new()),
            ColumnReader::ByteArrayColumnReader(reader) => Values::Texts(reader, Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => Values::Fixed(reader, Vec::new()),
        };
        Self { values, meaning, level, levels: Vec::new(), places: Vec::new() }
    }

    /// Decodes the next records.
    pub(super) fn fill(&mut self, count: usize) -> Result<()> {
        let levels = (self.level > 0).then_some(&mut self.levels);
        let read = match &mut self.values {
            Values::Flags(reader, values) => records(reader, values, levels, count),
            Values::Ints(reader, values) => records(reader, values, levels, count),
            Values::Longs(reader, values) => records(reader, values, levels, count),
            Values::Moments(reader, values) => records(reader, values, levels, count),
            Values::Floats(reader, values) => records(reader, values, levels, count),
            Values::Doubles(reader, values) => records(reader, values, levels, count),
            Values::Texts(reader, values) => records(reader, values, levels, count),
            Values::Fixed(reader, values) => records(reader, values, levels, count),
        };
        if read.map_err(damaged)? != count {
            return Err(damaged("a column ends early"));
        }
        self.places.clear();
        let mut next = 0;
        for at in 0..count {
            let there = self.level == 0 || self.levels.get(at) == Some(&self.level);
            self.places.push(there.then_some(next));
            next += usize::from(there);
        }
        Ok(())
    }

    /// Writes the value of a record that is decoded; nothing, and `None`, for null.
    pub(super) fn write(&self, at: usize, out: &mut String) -> Option<Form> {
        let at = self.places.get(at).copied().flatten()?;
        Some(match &self.values {
            Values::Flags(_, values) => {
                out.push_str(if *values.get(at)? { "true" } else { "false" });
                Form::Flag
            }
            Values::Ints(_, values) => self.meaning.integer(i64::from(*values.get(at)?), false, out),
            Values::Longs(_, values) => self.meaning.integer(*values.get(at)?, true, out),
            Values::Moments(_, values) => values::old_moment(values.get(at)?, out),
            Values::Floats(_, values) => values::short_float(*values.get(at)?, out),
            Values::Doubles(_, values) => values::float(*values.get(at)?, out),
            Values::Texts(_, values) => self.meaning.bytes(values.get(at)?.as_bytes(), out),
            Values::Fixed(_, values) => self.meaning.bytes(values.get(at)?.as_bytes(), out),
        })
    }
}

fn records<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    values: &mut Vec<T::T>,
    mut levels: Option<&mut Vec<i16>>,
    count: usize,
) -> std::result::Result<usize, ParquetError> {
    values.clear();
    if let Some(levels) = &mut levels {
        levels.clear();
    }
    reader.read_records(count, levels, None, values).map(|(records, _, _)| records)
}
