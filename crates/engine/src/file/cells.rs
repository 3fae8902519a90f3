//! Single values of a column: what stands in the few rows that something came of.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{DataType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescPtr;

use super::hybrid::broken;
use super::text::TextColumn;
use super::window::Window;
use crate::near::Born;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// A text. Bytes that are no UTF-8 are replaced, as they could be in no key.
    Text(String),
    /// A day, in days since 1970-01-01.
    Day(i32),
    /// A moment, in microseconds since 1970-01-01 UTC.
    Moment(i64),
}

/// A day, in days since 1970-01-01.
pub fn day_number(day: jiff::civil::Date) -> Option<i32> {
    i32::try_from(day.duration_since(jiff::civil::Date::constant(1970, 1, 1)).as_hours() / 24).ok()
}

impl Cell {
    /// The text.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Day(_) | Self::Moment(_) => None,
        }
    }

    /// The day, also of a moment or of a text in ISO 8601.
    pub(crate) fn day(&self) -> Option<i32> {
        match self {
            Self::Day(day) => Some(*day),
            Self::Moment(at) => i32::try_from(at.div_euclid(MICROS_PER_DAY)).ok(),
            Self::Text(text) => day_number(text.trim().get(..10)?.parse().ok()?),
        }
    }
}

/// How the integers of a column are meant.
#[derive(Debug, Clone, Copy)]
enum Integers {
    Days,
    /// So many of them are a microsecond, or a microsecond is so many of them.
    Moments {
        times: i64,
        parts: i64,
    },
}

enum Reader {
    /// Texts, by our own reader: it passes over those that nobody asks for without touching them.
    Texts(Box<TextColumn>),
    Numbers(Box<ColumnReader>),
}

/// A column whose values are read one by one, front to back.
pub(crate) struct CellColumn {
    reader: Reader,
    optional: i16,
    integers: Option<Integers>,
    /// The row that comes next.
    at: u64,
}

/// How the integers of a column are meant; `None` where they are no days or moments.
fn integers(column: &ColumnDescPtr) -> Option<Integers> {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => Integers::Moments { times: 1_000, parts: 1 },
        TimeUnit::MICROS => Integers::Moments { times: 1, parts: 1 },
        TimeUnit::NANOS => Integers::Moments { times: 1, parts: 1_000 },
    };
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Some(Integers::Days),
        (Some(LogicalType::Timestamp(kind)), _) => Some(unit(&kind.unit)),
        (None, ConvertedType::TIMESTAMP_MILLIS) => Some(unit(&TimeUnit::MILLIS)),
        (None, ConvertedType::TIMESTAMP_MICROS) => Some(unit(&TimeUnit::MICROS)),
        _ => None,
    }
}

impl CellColumn {
    /// Whether the values of a column can be read.
    pub(crate) fn is_told(column: &ColumnDescPtr) -> bool {
        match column.physical_type() {
            Type::BYTE_ARRAY => true,
            Type::INT32 | Type::INT64 => integers(column).is_some(),
            _ => false,
        }
    }

    pub(crate) fn new(pages: SerializedPageReader<Window>, column: ColumnDescPtr) -> Result<Self> {
        let integers = integers(&column);
        let optional = column.max_def_level();
        let numbers = matches!(column.physical_type(), Type::INT32 | Type::INT64) && integers.is_some();
        let reader = match column.physical_type() {
            Type::BYTE_ARRAY => Reader::Texts(Box::new(TextColumn::new(pages, column))),
            _ if numbers => Reader::Numbers(Box::new(get_column_reader(column, Box::new(pages)))),
            _ => return Err(broken("a column that is neither text nor date nor time")),
        };
        Ok(Self { reader, optional, integers, at: 0 })
    }

    /// The days of the next `rows` rows.
    pub(crate) fn days(&mut self, rows: usize, out: &mut Vec<Option<i32>>) -> Result<()> {
        let (mut levels, optional) = (Vec::new(), self.optional > 0);
        let numbers = match &mut self.reader {
            Reader::Numbers(numbers) => Some(numbers.as_mut()),
            Reader::Texts(_) => None,
        };
        let mut values = match numbers {
            Some(ColumnReader::Int32ColumnReader(reader)) => {
                let mut values = Vec::new();
                all(reader, rows, optional.then_some(&mut levels), &mut values)?;
                values.into_iter().map(i64::from).collect()
            }
            Some(ColumnReader::Int64ColumnReader(reader)) => {
                let mut values = Vec::new();
                all(reader, rows, optional.then_some(&mut levels), &mut values)?;
                values
            }
            // Days as texts are read one by one.
            _ => {
                for _ in 0..rows {
                    out.push(self.at(self.at)?.and_then(|cell| cell.day()));
                }
                return Ok(());
            }
        }
        .into_iter();
        self.at += rows as u64;
        for row in 0..rows {
            let there = !optional || levels.get(row) == Some(&self.optional);
            let value = if there { values.next() } else { None };
            out.push(value.and_then(|value| self.meaning(value).day()));
        }
        Ok(())
    }

    /// When the people of the next `rows` rows were born.
    pub(crate) fn born(&mut self, rows: usize, out: &mut Vec<Born>) -> Result<()> {
        if matches!(self.reader, Reader::Texts(_)) {
            for _ in 0..rows {
                out.push(Born::of(self.at(self.at)?.as_ref()));
            }
            return Ok(());
        }
        let mut days = Vec::with_capacity(rows);
        self.days(rows, &mut days)?;
        out.extend(days.into_iter().map(|day| day.map_or(Born::NotStated, Born::On)));
        Ok(())
    }

    fn meaning(&self, value: i64) -> Cell {
        match self.integers {
            Some(Integers::Moments { times, parts }) => Cell::Moment(value.saturating_mul(times).div_euclid(parts)),
            _ => Cell::Day(i32::try_from(value).unwrap_or(i32::MAX)),
        }
    }

    /// The value of a row, which must lie behind those asked for before.
    pub(crate) fn at(&mut self, row: u64) -> Result<Option<Cell>> {
        let skip = row.checked_sub(self.at).ok_or_else(|| broken("a row that has passed"))?;
        let skip = usize::try_from(skip).map_err(|_| broken("a row out of range"))?;
        self.at = row + 1;
        Ok(match &mut self.reader {
            Reader::Texts(texts) => {
                texts.skip(skip as u64)?;
                if texts.available()? == 0 {
                    return Err(broken("a column with fewer rows than its row group"));
                }
                let mut found = None;
                texts
                    .visit(1, |text| found = text.map(|text| Cell::Text(String::from_utf8_lossy(text).into_owned())))?;
                found
            }
            Reader::Numbers(numbers) => {
                let value = match numbers.as_mut() {
                    ColumnReader::Int32ColumnReader(reader) => {
                        next::<Int32Type>(reader, skip, self.optional)?.map(i64::from)
                    }
                    ColumnReader::Int64ColumnReader(reader) => next::<Int64Type>(reader, skip, self.optional)?,
                    _ => None,
                };
                value.map(|value| self.meaning(value))
            }
        })
    }
}

/// Reads so many rows.
fn all<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    mut levels: Option<&mut Vec<i16>>,
    values: &mut Vec<T::T>,
) -> Result<()> {
    let mut left = rows;
    while left > 0 {
        let (read, ..) = reader.read_records(left, levels.as_deref_mut(), None, values)?;
        if read == 0 {
            return Err(broken("a column with fewer rows than its row group"));
        }
        left -= read;
    }
    Ok(())
}

fn next<T: DataType>(reader: &mut ColumnReaderImpl<T>, skip: usize, optional: i16) -> Result<Option<T::T>> {
    if skip > 0 && reader.skip_records(skip)? != skip {
        return Err(broken("a column with fewer rows than its row group"));
    }
    let (mut values, mut levels) = (Vec::with_capacity(1), Vec::new());
    let (rows, ..) = reader.read_records(1, (optional > 0).then_some(&mut levels), None, &mut values)?;
    if rows != 1 {
        return Err(broken("a column with fewer rows than its row group"));
    }
    Ok(values.pop())
}
