//! The cells of a sheet as they are found, in whatever order, and the grid that they make.

use quipu_schema::{ErrorKind, Fault, Locator, Result};

use super::areas::{Area, Areas};
use super::hidden::Hidden;
use crate::{Cell, Form, Grid, GridBuilder, Limits, Places};

/// Rows of the largest sheet.
pub(super) const ROWS: u32 = 1_048_576;
/// Columns of the largest sheet.
pub(super) const COLUMNS: u32 = 16_384;

/// What is wanted of a sheet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) limits: Limits,
    /// Only the cell in this row and column, from 0.
    pub(super) only: Option<(u32, u32)>,
}

/// A cell with text.
#[derive(Debug, Clone, Copy)]
struct Found {
    row: u32,
    start: u32,
    length: u32,
    column: u16,
    form: Form,
}

/// The cells of one sheet.
pub(super) struct Cells {
    wanted: Wanted,
    text: String,
    found: Vec<Found>,
    areas: Vec<Area>,
    /// Whether the cells came by row and column, each once.
    ordered: bool,
    /// What of the sheet is hidden.
    pub(super) hidden: Hidden,
    /// Formulas without a stored value, and the first of them.
    valueless: u64,
    first_valueless: Option<(u32, u32)>,
}

impl Cells {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            text: String::new(),
            found: Vec::new(),
            areas: Vec::new(),
            ordered: true,
            hidden: Hidden::default(),
            valueless: 0,
            first_valueless: None,
        }
    }

    /// Takes a cell, row and column from 0. Cells without text are not kept.
    ///
    /// # Errors
    /// A place that no sheet has; a text that is too long; too much in all.
    #[inline]
    pub(super) fn put(&mut self, row: u32, column: u32, text: &str, form: Form) -> Result<()> {
        if text.is_empty() || self.wanted.only.is_some_and(|only| only != (row, column)) {
            return Ok(());
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.keep(row, column, start, form)
    }

    /// Takes a cell whose text `write` adds; it may add none.
    ///
    /// # Errors
    /// As for [`Cells::put`].
    #[inline]
    pub(super) fn put_with(&mut self, row: u32, column: u32, write: impl FnOnce(&mut String) -> Form) -> Result<()> {
        if self.wanted.only.is_some_and(|only| only != (row, column)) {
            return Ok(());
        }
        let start = self.text.len();
        let form = write(&mut self.text);
        if self.text.len() == start { Ok(()) } else { self.keep(row, column, start, form) }
    }

    fn keep(&mut self, row: u32, column: u32, start: usize, form: Form) -> Result<()> {
        let limits = &self.wanted.limits;
        let length = self.text.len() - start;
        limits.check_cell(length)?;
        let within = u16::try_from(column).ok().filter(|_| row < ROWS && column < COLUMNS);
        let column = within.ok_or_else(|| beyond(row, column))?;
        if let Some(last) = self.found.last() {
            self.ordered &= (last.row, last.column) < (row, column);
        }
        let (Ok(start), Ok(length)) = (u32::try_from(start), u32::try_from(length)) else {
            return Err(Limits::exceeded("more than 4 GiB of text"));
        };
        self.found.push(Found { row, start, length, column, form });
        self.check()
    }

    /// Repeats the cells of the last row in rows below it, `count` times; the texts are kept once.
    /// `first` is where the row's cells begin, as [`Cells::count`] told before the row.
    ///
    /// # Errors
    /// As for [`Cells::put`].
    pub(super) fn repeat(&mut self, first: usize, count: u32) -> Result<()> {
        let end = self.found.len();
        for below in 1..=count {
            for at in first..end {
                if let Some(found) = self.found.get(at).copied() {
                    let row = found.row.checked_add(below).filter(|row| *row < ROWS);
                    let row = row.ok_or_else(|| beyond(ROWS, u32::from(found.column)))?;
                    self.found.push(Found { row, ..found });
                    self.check()?;
                }
            }
        }
        Ok(())
    }

    /// Of a row that stands for `count` rows from `row` on: the row to read it as, and how often to
    /// [`Cells::repeat`] it.
    pub(super) fn rows_of(&self, row: u32, count: u32) -> (u32, u32) {
        match self.wanted.only {
            Some((only, _)) if only >= row && only - row < count => (only, 0),
            Some(_) => (row, 0),
            None => (row, count.saturating_sub(1)),
        }
    }

    /// The limits.
    pub(super) fn limits(&self) -> Limits {
        self.wanted.limits
    }

    /// How many cells were kept so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Takes a merged area.
    ///
    /// # Errors
    /// A place that no sheet has; too much in all.
    pub(super) fn merge(&mut self, area: Area) -> Result<()> {
        if area.bottom >= ROWS || area.right >= COLUMNS || area.top > area.bottom || area.left > area.right {
            return Err(beyond(area.bottom, area.right));
        }
        if self.wanted.only.is_none() {
            self.areas.push(area);
        }
        self.check()
    }

    /// Takes note of a formula whose value is not stored.
    pub(super) fn without_value(&mut self, row: u32, column: u32) {
        self.valueless += 1;
        self.first_valueless.get_or_insert((row, column));
    }

    /// Whether a single cell was wanted and is found.
    pub(super) fn done(&self) -> bool {
        self.wanted.only.is_some() && !self.found.is_empty()
    }

    /// The text of the single cell that was wanted.
    pub(super) fn only_text(&self) -> Option<&str> {
        self.found.first().map(|found| self.text_of(*found)).filter(|_| self.wanted.only.is_some())
    }

    fn text_of(&self, found: Found) -> &str {
        let start = found.start as usize;
        self.text.get(start..start + found.length as usize).unwrap_or_default()
    }

    fn check(&self) -> Result<()> {
        let used = self.text.len() + self.found.len() * size_of::<Found>() + self.areas.len() * size_of::<Area>();
        let most = self.wanted.limits.memory;
        if used <= most {
            return Ok(());
        }
        Err(Limits::exceeded(format!("the cells of a sheet take more than {} MiB", most >> 20)))
    }

    /// The grid of these cells, and the bytes that it takes. Rows without text are left out; cells
    /// left of others are there, if empty.
    ///
    /// # Errors
    /// A cell that stands twice; more than the limits allow.
    pub(super) fn into_grid(mut self, sheet: &str) -> Result<(Grid, usize)> {
        if !self.ordered {
            self.found.sort_by_key(|found| (found.row, found.column));
            let twice = self.found.windows(2).find_map(|pair| match pair {
                [a, b] if (a.row, a.column) == (b.row, b.column) => Some(*a),
                _ => None,
            });
            if let Some(found) = twice {
                let message =
                    format!("the workbook is damaged: cell {} stands twice", name(found.row, found.column.into()));
                return Err(Fault::new(ErrorKind::Shape, message).at(format!("sheet `{sheet}`")));
            }
        }
        let used = (
            self.found.last().map_or(0, |found| found.row),
            self.found.iter().map(|found| u32::from(found.column)).max().unwrap_or_default(),
        );
        let told = self.hidden.note(self.found.iter().map(|found| (found.row, found.column.into())));
        let areas = Areas::new(std::mem::take(&mut self.areas), used);
        let builder = GridBuilder::new(sheet, Places::Sheet(sheet.to_owned()), self.wanted.limits);
        let mut writer = Writer { cells: &self, builder, areas, next: 0, hidden: 0, width: 0 };
        writer.write()?;
        let (overlapping, hidden, mut builder) = (writer.areas.overlapping, writer.hidden, writer.builder);
        if overlapping > 0 {
            builder.note(format!("{overlapping} merged areas overlap others and were taken as not merged"));
        }
        if hidden > 0 {
            builder.note(format!("{hidden} cells have texts that a merged area hides; they were left out"));
        }
        if let Some(note) = told {
            builder.note(note);
        }
        if let Some((row, column)) = self.first_valueless {
            let count = self.valueless;
            let first = name(row, column);
            builder.note(format!(
                "{count} formulas have no stored value and read as empty, the first in {first}: open and save the workbook in a spreadsheet program"
            ));
        }
        let grid = builder.finish();
        let rows = grid.rows().len();
        let count: usize = (0..rows).map(|row| grid.cells(row).len()).sum();
        let size = grid.bytes().len() + count * size_of::<Cell>() + size_of_val(grid.rows());
        Ok((grid, size))
    }
}

/// The name of a cell as locators print it, row and column from 0.
pub(super) fn name(row: u32, column: u32) -> String {
    let locator = Locator::Sheet { sheet: String::new(), row: u64::from(row) + 1, column: column.saturating_add(1) };
    locator.to_string().split_once("cell=").map(|(_, name)| name.to_owned()).unwrap_or_default()
}

fn beyond(row: u32, column: u32) -> Fault {
    let message = format!("the workbook is damaged: cell {} lies beyond the end of a sheet", name(row, column));
    Fault::new(ErrorKind::Shape, message)
}

/// Writes cells and areas row by row.
struct Writer<'c> {
    cells: &'c Cells,
    builder: GridBuilder,
    areas: Areas,
    /// The next cell to write.
    next: usize,
    /// Texts under a merged area.
    hidden: u64,
    /// Cells of the present row so far.
    width: u32,
}

impl Writer<'_> {
    fn write(&mut self) -> Result<()> {
        let mut from = 0;
        loop {
            let text = self.cells.found.get(self.next).map(|found| found.row);
            let row = match (text, self.areas.next_row(from)) {
                (Some(text), Some(area)) => text.min(area),
                (Some(row), None) | (None, Some(row)) => row,
                (None, None) => return Ok(()),
            };
            self.row(row)?;
            from = row + 1;
        }
    }

    fn row(&mut self, row: u32) -> Result<()> {
        let starting = self.areas.starting(row);
        let first = self.next;
        while self.cells.found.get(self.next).is_some_and(|found| found.row == row) {
            self.next += 1;
        }
        let cells = self.cells;
        let texts = cells.found.get(first..self.next).unwrap_or_default();
        // An area with nothing at its top left hides nothing: what stands in it stands for itself.
        let origin = |area: &Area| texts.binary_search_by_key(&area.left, |found| found.column.into()).is_ok();
        let mut starting: Vec<Area> = starting.into_iter().filter(origin).collect();
        if texts.is_empty() && self.areas.running().is_empty() {
            return Ok(());
        }
        self.builder.row(u64::from(row) + 1)?;
        self.width = 0;
        let position = self.builder.height().saturating_sub(1);
        let running = self.areas.running().to_vec();
        let (mut above, mut beside) = (running.iter().peekable(), starting.iter().peekable());
        for found in texts {
            let column = u32::from(found.column);
            while let Some(run) = above.next_if(|run| run.area.left <= column) {
                self.cover(run.area, run.area.left, run.origin)?;
            }
            if column < self.width {
                self.hidden += 1;
                continue;
            }
            self.pad(column)?;
            self.builder.push(cells.text_of(*found), found.form)?;
            self.width = column + 1;
            if let Some(area) = beside.next_if(|area| area.left == column) {
                self.cover(*area, area.left + 1, (position, area.left as usize))?;
            }
        }
        for run in above {
            self.cover(run.area, run.area.left, run.origin)?;
        }
        for area in starting.drain(..) {
            self.areas.run(area, (position, area.left as usize));
        }
        Ok(())
    }

    /// Adds empty cells up to this column.
    fn pad(&mut self, column: u32) -> Result<()> {
        while self.width < column {
            self.builder.push("", Form::Printed)?;
            self.width += 1;
        }
        Ok(())
    }

    /// Covers an area's cells of this row from the column `from` on.
    fn cover(&mut self, area: Area, from: u32, origin: (usize, usize)) -> Result<()> {
        self.pad(from)?;
        while self.width <= area.right {
            self.builder.push_covered(origin.0, origin.1)?;
            self.width += 1;
        }
        Ok(())
    }
}
