//! The rows of one row group, gathered from blocks.

use quipu_schema::table::{Column, Kind};
use quipu_schema::{Fault, Result};
use rayon::prelude::*;
use std::collections::HashMap;

use super::{Codes, NULL, Values};
use crate::logical::{ROWS, ValueHasher, of_row};

/// One column of a row group.
#[derive(Debug)]
pub(super) struct Held {
    /// Its definition.
    pub(super) column: &'static Column,
    /// Its values.
    pub(super) values: HeldValues,
    /// How many of them are null.
    pub(super) nulls: usize,
}

/// Values of a column of a row group.
#[derive(Debug)]
pub(super) enum HeldValues {
    /// Numbers into the distinct values.
    Coded(Vec<u32>, Distinct),
    /// Truth values.
    Flags(Vec<bool>),
    /// Whole numbers; `u64::MAX` is null.
    Counts(Vec<u64>),
}

/// The distinct values of a row group, in the order of their first use.
#[derive(Debug)]
pub(super) enum Distinct {
    /// Texts, one behind the other, each up to its end.
    Texts { bytes: String, ends: Vec<usize>, numbers: HashMap<Box<str>, u32> },
    /// Days since 1970-01-01.
    Days(Vec<i32>, HashMap<i32, u32>),
    /// Numbers, told apart by their bits.
    Floats(Vec<f64>, HashMap<u64, u32>),
}

/// A number of a block that the row group has not met.
const UNMET: u32 = u32::MAX - 1;

impl Distinct {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Texts { ends, .. } => ends.len(),
            Self::Days(days, _) => days.len(),
            Self::Floats(floats, _) => floats.len(),
        }
    }

    /// The text of a number.
    pub(super) fn text(&self, number: u32) -> Option<&str> {
        let Self::Texts { bytes, ends, .. } = self else { return None };
        let number = number as usize;
        let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
        bytes.get(start..*ends.get(number)?)
    }

    /// All texts, in their order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|number| self.text(u32::try_from(number).ok()?))
    }

    fn of_text(&mut self, text: Option<&str>) -> Option<u32> {
        let Self::Texts { bytes, ends, numbers } = self else { return None };
        let text = text?;
        if let Some(number) = numbers.get(text) {
            return Some(*number);
        }
        let number = u32::try_from(ends.len()).ok()?;
        bytes.push_str(text);
        ends.push(bytes.len());
        numbers.insert(text.into(), number);
        Some(number)
    }

    fn of_day(&mut self, day: Option<&i32>) -> Option<u32> {
        let Self::Days(days, numbers) = self else { return None };
        Some(*numbers.entry(*day?).or_insert_with(|| {
            days.push(*day.unwrap_or(&0));
            u32::try_from(days.len() - 1).unwrap_or(NULL)
        }))
    }

    fn of_float(&mut self, float: Option<&f64>) -> Option<u32> {
        let Self::Floats(floats, numbers) = self else { return None };
        let float = float.filter(|float| !float.is_nan())?;
        Some(*numbers.entry(float.to_bits()).or_insert_with(|| {
            floats.push(*float);
            u32::try_from(floats.len() - 1).unwrap_or(NULL)
        }))
    }
}

impl Held {
    /// No rows yet.
    pub(super) fn new(column: &'static Column) -> Result<Self> {
        let values = match column.kind {
            Kind::Text => HeldValues::Coded(
                Vec::new(),
                Distinct::Texts { bytes: String::new(), ends: Vec::new(), numbers: HashMap::new() },
            ),
            Kind::Date => HeldValues::Coded(Vec::new(), Distinct::Days(Vec::new(), HashMap::new())),
            Kind::Float => HeldValues::Coded(Vec::new(), Distinct::Floats(Vec::new(), HashMap::new())),
            Kind::Bool => HeldValues::Flags(Vec::new()),
            Kind::UInt | Kind::UInt32 => HeldValues::Counts(Vec::new()),
            Kind::Int | Kind::Time => {
                return Err(Fault::bug(format!("columns such as `{}` are not written from blocks", column.name)));
            }
        };
        Ok(Self { column, values, nulls: 0 })
    }

    /// Forgets its rows.
    pub(super) fn clear(&mut self) {
        self.nulls = 0;
        match &mut self.values {
            HeldValues::Coded(codes, distinct) => {
                codes.clear();
                match distinct {
                    Distinct::Texts { bytes, ends, numbers } => {
                        bytes.clear();
                        ends.clear();
                        numbers.clear();
                    }
                    Distinct::Days(days, numbers) => {
                        days.clear();
                        numbers.clear();
                    }
                    Distinct::Floats(floats, numbers) => {
                        floats.clear();
                        numbers.clear();
                    }
                }
            }
            HeldValues::Flags(flags) => flags.clear(),
            HeldValues::Counts(counts) => counts.clear(),
        }
    }

    /// Takes rows of a block.
    ///
    /// # Errors
    /// A bug: values of another type or number than the column's.
    pub(super) fn take(&mut self, values: Values<'_>, from: usize, rows: usize) -> Result<()> {
        let short = || Fault::bug(format!("a block has fewer values of `{}` than rows", self.column.name));
        match (&mut self.values, values) {
            (HeldValues::Coded(held, _), Values::Nothing) => {
                held.resize(held.len() + rows, NULL);
                self.nulls += rows;
            }
            (HeldValues::Counts(held), Values::Nothing) => {
                held.resize(held.len() + rows, u64::MAX);
                self.nulls += rows;
            }
            (HeldValues::Coded(held, distinct @ Distinct::Texts { .. }), Values::Texts(codes, texts)) => {
                let number = |number| distinct.of_text(texts.get(number));
                self.nulls += number_all(held, codes, from, rows, texts.len(), number).ok_or_else(short)?;
            }
            (HeldValues::Coded(held, distinct @ Distinct::Days(..)), Values::Days(codes, days)) => {
                let number = |number: u32| distinct.of_day(days.get(number as usize));
                self.nulls += number_all(held, codes, from, rows, days.len(), number).ok_or_else(short)?;
            }
            (HeldValues::Coded(held, distinct @ Distinct::Floats(..)), Values::Floats(codes, floats)) => {
                let number = |number: u32| distinct.of_float(floats.get(number as usize));
                self.nulls += number_all(held, codes, from, rows, floats.len(), number).ok_or_else(short)?;
            }
            (HeldValues::Flags(held), Values::Flag(flag)) => held.resize(held.len() + rows, flag),
            (HeldValues::Flags(held), Values::Flags(flags)) => {
                held.extend_from_slice(flags.get(from..from + rows).ok_or_else(short)?);
            }
            (HeldValues::Counts(held), Values::Counts(counts)) => {
                let counts = counts.get(from..from + rows).ok_or_else(short)?;
                self.nulls += counts.iter().filter(|count| **count == u64::MAX).count();
                held.extend_from_slice(counts);
            }
            (HeldValues::Counts(held), Values::Counts32(counts)) => {
                let counts = counts.get(from..from + rows).ok_or_else(short)?;
                self.nulls += counts.iter().filter(|count| **count == NULL).count();
                held.extend(counts.iter().map(|count| if *count == NULL { u64::MAX } else { u64::from(*count) }));
            }
            _ => return Err(Fault::bug(format!("a block has values of another type for `{}`", self.column.name))),
        }
        Ok(())
    }
}

/// Gives the numbers of the row group for those of a block, asking once for each; and how many are null.
fn number_all(
    held: &mut Vec<u32>,
    codes: Codes<'_>,
    from: usize,
    rows: usize,
    distinct: usize,
    mut number: impl FnMut(u32) -> Option<u32>,
) -> Option<usize> {
    match codes {
        Codes::Same(code) => {
            let code = if code == NULL { NULL } else { number(code).unwrap_or(NULL) };
            held.resize(held.len() + rows, code);
            Some(if code == NULL { rows } else { 0 })
        }
        Codes::Each(codes) => {
            let mut known = vec![UNMET; distinct];
            let mut nulls = 0;
            held.extend(codes.get(from..from + rows)?.iter().map(|code| {
                let own = match known.get_mut(*code as usize) {
                    Some(known) => {
                        if *known == UNMET {
                            *known = number(*code).unwrap_or(NULL);
                        }
                        *known
                    }
                    None => NULL,
                };
                nulls += usize::from(own == NULL);
                own
            }));
            Some(nulls)
        }
    }
}

/// The sum of the hashes of these rows, as [`logical_hash`](crate::logical_hash) adds them up.
pub(super) fn hash(columns: &[Held], rows: usize) -> u128 {
    let mut same = 0_u128;
    let mut inputs = Vec::new();
    for held in columns.iter().filter(|held| crate::logical::counts(held.column)) {
        let hasher = ValueHasher::new(held.column.name);
        match &held.values {
            HeldValues::Coded(codes, distinct) => {
                let hashes: Vec<u128> = match distinct {
                    Distinct::Texts { .. } => distinct.texts().map(|text| hasher.of(text.as_bytes())).collect(),
                    Distinct::Days(days, _) => {
                        days.iter().map(|day| hasher.of(&i64::from(*day).to_le_bytes())).collect()
                    }
                    Distinct::Floats(floats, _) => {
                        floats.iter().map(|float| hasher.of(&crate::logical::canonical(*float).to_le_bytes())).collect()
                    }
                };
                match (hashes.as_slice(), held.nulls > 0) {
                    ([], _) => same = same.wrapping_add(hasher.null()),
                    ([only], false) => same = same.wrapping_add(*only),
                    _ => inputs.push(Input::Coded(codes, hashes, hasher.null())),
                }
            }
            HeldValues::Flags(flags) => inputs.push(Input::Flags(flags, [hasher.of(&[0]), hasher.of(&[1])])),
            HeldValues::Counts(counts) => inputs.push(Input::Counts(counts, hasher)),
        }
    }
    let starts: Vec<usize> = (0..rows).step_by(ROWS).collect();
    starts
        .into_par_iter()
        .map(|from| {
            let mut sums = vec![same; ROWS.min(rows - from)];
            for input in &inputs {
                input.add(from, &mut sums);
            }
            sums.into_iter().fold(0_u128, |sum, row| sum.wrapping_add(of_row(row)))
        })
        .reduce(|| 0, u128::wrapping_add)
}

/// A column whose values differ.
enum Input<'h> {
    Coded(&'h [u32], Vec<u128>, u128),
    Flags(&'h [bool], [u128; 2]),
    Counts(&'h [u64], ValueHasher),
}

impl Input<'_> {
    fn add(&self, from: usize, sums: &mut [u128]) {
        match self {
            Self::Coded(codes, hashes, null) => {
                for (sum, code) in sums.iter_mut().zip(codes.get(from..).unwrap_or_default()) {
                    *sum = sum.wrapping_add(hashes.get(*code as usize).copied().unwrap_or(*null));
                }
            }
            Self::Flags(flags, [no, yes]) => {
                for (sum, flag) in sums.iter_mut().zip(flags.get(from..).unwrap_or_default()) {
                    *sum = sum.wrapping_add(if *flag { *yes } else { *no });
                }
            }
            Self::Counts(counts, hasher) => {
                let counts = counts.get(from..).unwrap_or_default().iter();
                let counts = counts.map(|count| Some(*count).filter(|count| *count != u64::MAX));
                hasher.add(sums, counts, u64::to_le_bytes);
            }
        }
    }
}
