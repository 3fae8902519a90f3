//! The rows of a piece as a block of coded columns, for the writer of table files.

use quipu_schema::table::{self, DOCUMENT_ID, LOC_COL, LOC_END, LOC_PART, LOC_ROW, LOC_START, SOURCE};
use quipu_schema::{Fault, Result};
use quipu_store::coded::{Block, Codes, Texts, Values};

use super::columns::{Whole, statuses};
use super::recipe::NULL;
use super::rows::{Numbers, Rows};
use super::{FREQ, STATUS, TEXTS};
use crate::period::days;

/// What a block refers to and the rows do not hold.
#[derive(Debug)]
pub(crate) struct Prepared {
    rows: Rows,
    starts: Vec<i32>,
    ends: Vec<i32>,
    /// By distinct cell.
    values: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    status: Numbers,
    /// The frequency of each row, and the texts of the numbers.
    freq: Numbers,
    freqs: Vec<String>,
    lines: Vec<u64>,
    document: [String; 1],
    source: [String; 1],
    superseded: bool,
}

impl Prepared {
    /// Prepares rows.
    pub(crate) fn new(mut rows: Rows, whole: Whole<'_>) -> Self {
        let of_period = |day: fn(&crate::period::Period) -> i32| rows.shelf.periods.iter().map(day).collect();
        let cells = rows.cells.all();
        let bound = |of: fn(&super::cells::Bounds) -> Option<f64>| {
            let bounds = cells.iter().map(|cell| of(&cell.bounds).unwrap_or(f64::NAN));
            if rows.cells.has_bounds() { bounds.collect() } else { Vec::new() }
        };
        let mapped = rows.texts.get(STATUS).cloned().unwrap_or(Numbers::Same(NULL));
        let status = if rows.cells.has_statuses() { statuses(&rows, &mapped) } else { mapped };
        let (freq, freqs) = super::columns::freqs(&rows);
        let digest = whole.documents.get(rows.document as usize).map(ToString::to_string).unwrap_or_default();
        let mut prepared = Self {
            starts: of_period(|period| days(period.start)),
            ends: of_period(|period| days(period.end)),
            values: cells.iter().map(|cell| cell.value).collect(),
            lower: bound(|bounds| bounds.lower),
            upper: bound(|bounds| bounds.upper),
            status,
            freq,
            freqs,
            lines: Vec::new(),
            document: [digest],
            source: [whole.source.to_owned()],
            superseded: whole.earlier.get(rows.document as usize).is_some_and(|earlier| *earlier > 0),
            rows: Rows::new(0, [None; TEXTS.len()], None, super::recipe::Shelf::default()),
        };
        prepared.lines = std::mem::take(&mut rows.line);
        for line in &mut prepared.lines {
            // What is added up has no line.
            *line = if *line == 0 { u64::MAX } else { *line };
        }
        prepared.rows = rows;
        prepared
    }

    /// The block.
    ///
    /// # Errors
    /// A bug: a column that nothing fills.
    pub(crate) fn block(&self) -> Result<Block<'_>> {
        let table = table::find("observation").ok_or_else(|| Fault::bug("no table `observation`"))?;
        let columns = table.all_columns().map(|column| self.column(column.name)).collect::<Result<_>>()?;
        Ok(Block { rows: self.rows.len(), columns })
    }

    fn column(&self, name: &'static str) -> Result<Values<'_>> {
        let rows = &self.rows;
        let cells = Codes::Each(&rows.cell);
        Ok(match name {
            "time_start" => Values::Days(Codes::Each(&rows.period), &self.starts),
            "time_end" => Values::Days(Codes::Each(&rows.period), &self.ends),
            "value" => Values::Floats(cells, &self.values),
            "value_text" if rows.printed => {
                let printed = rows.cells.printed();
                Values::Texts(cells, Texts::Joined { bytes: &printed.bytes, ends: &printed.ends })
            }
            "lower" if rows.cells.has_bounds() => Values::Floats(cells, &self.lower),
            "upper" if rows.cells.has_bounds() => Values::Floats(cells, &self.upper),
            "value_text" | "lower" | "upper" => Values::Nothing,
            "superseded" => Values::Flag(self.superseded),
            "is_total" => Values::Flags(&rows.total),
            DOCUMENT_ID => Values::Texts(Codes::Same(0), Texts::List(&self.document)),
            SOURCE => Values::Texts(Codes::Same(0), Texts::List(&self.source)),
            LOC_PART => Values::Texts(codes(&rows.part), Texts::List(&rows.parts.texts)),
            LOC_ROW => Values::Counts(&self.lines),
            LOC_COL => rows.column.as_deref().map_or(Values::Nothing, Values::Counts32),
            LOC_START => rows.start.as_deref().map_or(Values::Nothing, Values::Counts),
            LOC_END => rows.end.as_deref().map_or(Values::Nothing, Values::Counts),
            _ => {
                let number = TEXTS.iter().position(|text| *text == name);
                let found = number.and_then(|n| Some((n, rows.texts.get(n)?, rows.shelf.dictionaries.get(n)?)));
                let (number, numbers, dictionary) =
                    found.ok_or_else(|| Fault::bug(format!("nothing fills observation.{name}")))?;
                match number {
                    STATUS => Values::Texts(codes(&self.status), Texts::List(&dictionary.texts)),
                    FREQ => Values::Texts(codes(&self.freq), Texts::List(&self.freqs)),
                    _ => Values::Texts(codes(numbers), Texts::List(&dictionary.texts)),
                }
            }
        })
    }
}

fn codes(numbers: &Numbers) -> Codes<'_> {
    match numbers {
        Numbers::Same(number) => Codes::Same(*number),
        Numbers::Each(numbers) => Codes::Each(numbers),
    }
}
