//! Grids: a table of cells in the order of the document, before anything is understood of it.

use quipu_schema::{Fault, Locator, Result};

use crate::Limits;

/// How the text of a cell came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// As printed; what it says of numbers has to be proven.
    #[default]
    Printed,
    /// As printed, with doubled quotes that stand for one (delimited text only).
    Escaped,
    /// A number of the format's own: digits with `.` as decimal mark, nothing to prove.
    Number,
    /// A date or moment of the format's own, in ISO 8601.
    Date,
    /// A truth value of the format's own: `true` or `false`.
    Flag,
    /// An error of the format's own, such as `#N/A`.
    Fault,
    /// Part of a merged area or span: repeats the text of the cell at the area's top left.
    Covered,
}

/// A cell: where its text lies in the grid, and how it came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    start: u32,
    length: u32,
    /// How its text came to be.
    pub form: Form,
}

/// A row of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its number in the document, from 1; what a locator says. Where rows stand above the records
    /// ([`GridBuilder::row_above`]) they are counted too: the locator of a record does not count them.
    pub number: u64,
    first: u32,
}

/// Where the cells of a grid stand in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Places {
    /// In a sheet of this name: row by the row's number, column by position.
    Sheet(String),
    /// In an array of JSON records under `base`: `base/ROW-1` followed by the pointer of the column.
    Pointers {
        /// Pointer of the array; empty for a document that is the array itself, or lines of JSON.
        base: String,
        /// Pointer of each column within a record, such as `/country/id`.
        columns: Vec<String>,
    },
    /// In a record of a columnar file: row by the row's number, column by name.
    Columns(Vec<String>),
    /// Each cell on its own, in the order of the cells.
    Each(Vec<Locator>),
}

/// A table of a document: rows of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// What it is called in messages and by origins that ask for it: a sheet's name, a caption, or
    /// `table 2`, `page 3, table 1`.
    pub title: String,
    /// What was detected, for people.
    pub notes: Vec<String>,
    text: String,
    cells: Vec<Cell>,
    rows: Vec<Row>,
    places: Places,
    /// Covered cells by number, with the cell whose text and place they repeat. Sorted.
    covered: Vec<(u32, u32)>,
    /// Rows above the records, and the places of their cells, which are the first of the grid.
    rows_above: u64,
    above: Vec<Locator>,
}

impl Grid {
    /// The rows, in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The cells of the row at this position; empty where there is none. Rows may differ in length.
    pub fn cells(&self, position: usize) -> &[Cell] {
        let Some(row) = self.rows.get(position) else { return &[] };
        let end = self.rows.get(position + 1).map_or(self.cells.len(), |next| next.first as usize);
        self.cells.get(row.first as usize..end).unwrap_or_default()
    }

    /// The text of a cell.
    pub fn text(&self, cell: Cell) -> &str {
        let (start, end) = cell.range();
        self.text.get(start..end).unwrap_or_default()
    }

    /// All texts, one after the other; [`Cell::range`] gives a cell's part of it.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Where the cell in this row and column stands in the document. For a covered cell, where the
    /// text that it repeats stands.
    pub fn locator(&self, position: usize, column: usize) -> Option<Locator> {
        let row = self.rows.get(position)?;
        let number = u32::try_from(row.first as usize + column).ok()?;
        if column >= self.cells(position).len() {
            return None;
        }
        let origin = self.covered.binary_search_by_key(&number, |(cell, _)| *cell).ok();
        let number = origin.and_then(|at| self.covered.get(at)).map_or(number, |(_, origin)| *origin);
        if let Places::Each(places) = &self.places {
            return places.get(number as usize).cloned();
        }
        if let Some(place) = self.above.get(number as usize) {
            return Some(place.clone());
        }
        let at = self.rows.partition_point(|row| row.first <= number).checked_sub(1)?;
        let row = self.rows.get(at)?;
        let column = (number - row.first) as usize;
        let record = row.number.checked_sub(self.rows_above)?;
        Some(match &self.places {
            Places::Sheet(sheet) => {
                Locator::Sheet { sheet: sheet.clone(), row: record, column: u32::try_from(column).ok()? + 1 }
            }
            Places::Pointers { base, columns } => {
                Locator::Pointer(format!("{base}/{}{}", record.checked_sub(1)?, columns.get(column)?))
            }
            Places::Columns(columns) => Locator::Record { row: record, column: columns.get(column)?.clone() },
            Places::Each(_) => return None,
        })
    }

    /// The place of a cell behind the last of its row, where nothing stands: only sheets have such places.
    pub fn blank(&self, row: usize, column: usize) -> Option<Locator> {
        let Places::Sheet(sheet) = &self.places else { return None };
        let row = self.rows.get(row)?.number;
        Some(Locator::Sheet { sheet: sheet.clone(), row, column: u32::try_from(column).ok()?.checked_add(1)? })
    }

    /// Bytes that its texts, cells and places take, as far as limits count them.
    pub(crate) fn size(&self) -> usize {
        let places = match &self.places {
            Places::Each(places) => places.len(),
            _ => self.above.len(),
        };
        self.text.len()
            + self.cells.len() * CELL
            + self.covered.len() * size_of::<(u32, u32)>()
            + self.rows.len() * size_of::<Row>()
            + places * size_of::<Locator>()
    }

    /// Whether its title or a cell has a text, whatever case and white space.
    pub(crate) fn holds(&self, wanted: &str) -> bool {
        let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let wanted = fold(wanted);
        let rows = 0..self.rows.len();
        let mut cells = rows.flat_map(|row| self.cells(row)).filter(|cell| cell.form != Form::Covered);
        fold(&self.title).contains(&wanted) || cells.any(|cell| fold(self.text(*cell)).contains(&wanted))
    }

    /// Where the cells stand.
    pub fn places(&self) -> &Places {
        &self.places
    }
}

impl Cell {
    /// The range of its text in the grid's bytes.
    pub fn range(self) -> (usize, usize) {
        (self.start as usize, self.start as usize + self.length as usize)
    }

    /// Whether it has no text.
    pub fn is_empty(self) -> bool {
        self.length == 0
    }
}

/// Builds a grid row by row, within limits.
#[derive(Debug)]
pub struct GridBuilder {
    grid: Grid,
    limits: Limits,
}

/// Bytes that a cell, and a place of its own, take besides the text.
const CELL: usize = size_of::<Cell>();

impl GridBuilder {
    /// A grid without rows. `places` of kind [`Places::Each`] are given cell by cell, with
    /// [`GridBuilder::push_at`].
    pub fn new(title: impl Into<String>, places: Places, limits: Limits) -> Self {
        let grid = Grid {
            title: title.into(),
            notes: Vec::new(),
            text: String::new(),
            cells: Vec::new(),
            rows: Vec::new(),
            places,
            covered: Vec::new(),
            rows_above: 0,
            above: Vec::new(),
        };
        Self { grid, limits }
    }

    /// Adds a remark for people.
    pub fn note(&mut self, note: impl Into<String>) {
        self.grid.notes.push(note.into());
    }

    /// Begins a row above the records, in a grid whose places are computed from record and column:
    /// what the document says beside the records, or the names of the columns. Such rows come first
    /// and are numbered from 1; each of their cells has its own place ([`GridBuilder::push_above`]).
    ///
    /// # Errors
    /// Too many rows; a row above that comes after a record, a bug of the reader.
    pub fn row_above(&mut self) -> Result<()> {
        if self.grid.rows.len() as u64 != self.grid.rows_above {
            return Err(Fault::bug("a row above the records below one"));
        }
        self.row(1)?;
        self.grid.rows_above += 1;
        Ok(())
    }

    /// Adds a cell to a row above the records.
    ///
    /// # Errors
    /// As for [`GridBuilder::push`]; no such row, a bug of the reader.
    pub fn push_above(&mut self, text: &str, form: Form, place: Locator) -> Result<()> {
        let last = self.grid.rows.len() as u64 == self.grid.rows_above;
        if !last || self.grid.above.len() != self.grid.cells.len() {
            return Err(Fault::bug("a cell above the records among them"));
        }
        self.grid.above.push(place);
        self.push(text, form)
    }

    /// Begins the row of this number (from 1, growing); rows above the records do not count.
    ///
    /// # Errors
    /// Too many rows.
    pub fn row(&mut self, number: u64) -> Result<()> {
        if self.grid.rows.len() as u64 >= self.limits.rows {
            return Err(Limits::exceeded(format!("more than {} rows", self.limits.rows)));
        }
        let first = index(self.grid.cells.len())?;
        self.grid.rows.push(Row { number: number.saturating_add(self.grid.rows_above), first });
        self.check()
    }

    /// Adds a cell to the last row, whose place follows from row and column.
    ///
    /// # Errors
    /// A text that is too long, too many columns, too much in all.
    pub fn push(&mut self, text: &str, form: Form) -> Result<()> {
        self.limits.check_cell(text.len())?;
        self.check_width()?;
        let start = index(self.grid.text.len())?;
        self.grid.text.push_str(text);
        self.grid.cells.push(Cell { start, length: index(text.len())?, form });
        self.check()
    }

    /// Adds a cell with its own place to the last row ([`Places::Each`]).
    ///
    /// # Errors
    /// As for [`GridBuilder::push`].
    pub fn push_at(&mut self, text: &str, form: Form, place: Locator) -> Result<()> {
        if let Places::Each(places) = &mut self.grid.places {
            places.push(place);
        }
        self.push(text, form)
    }

    /// Adds a cell that repeats the cell at this row position (of the rows begun so far) and column.
    ///
    /// # Errors
    /// As for [`GridBuilder::push`]; a cell that is not there, a bug of the reader.
    pub fn push_covered(&mut self, position: usize, column: usize) -> Result<()> {
        self.check_width()?;
        let row = self.grid.rows.get(position).ok_or_else(|| Fault::bug("a covered cell of no row"))?;
        let origin = row.first + index(column)?;
        let cell = self.grid.cells.get(origin as usize).copied();
        let cell = cell.ok_or_else(|| Fault::bug("a covered cell of no cell"))?;
        // The place is that of the origin's origin.
        let before = self.grid.covered.binary_search_by_key(&origin, |(cell, _)| *cell).ok();
        let origin = before.and_then(|at| self.grid.covered.get(at)).map_or(origin, |(_, first)| *first);
        if let Places::Each(places) = &mut self.grid.places {
            let place = places.get(origin as usize).cloned();
            places.push(place.ok_or_else(|| Fault::bug("a cell without a place"))?);
        }
        self.grid.covered.push((index(self.grid.cells.len())?, origin));
        self.grid.cells.push(Cell { form: Form::Covered, ..cell });
        self.check()
    }

    /// How many rows were begun.
    pub fn height(&self) -> usize {
        self.grid.rows.len()
    }

    /// The grid.
    pub fn finish(self) -> Grid {
        self.grid
    }

    fn check_width(&self) -> Result<()> {
        let width = self.grid.rows.last().map_or(0, |row| self.grid.cells.len() - row.first as usize);
        if width as u64 >= u64::from(self.limits.columns) {
            return Err(Limits::exceeded(format!("a row of more than {} cells", self.limits.columns)));
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.grid.size() <= self.limits.memory {
            return Ok(());
        }
        Err(Limits::exceeded(format!("its cells take more than {} MiB", self.limits.memory >> 20)))
    }
}

fn index(number: usize) -> Result<u32> {
    u32::try_from(number).map_err(|_| Limits::exceeded("more than 4 GiB of cells"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_know_their_places() {
        let mut builder = GridBuilder::new("Data", Places::Sheet("Data".into()), Limits::default());
        builder.row(3).unwrap();
        builder.push("Year", Form::Printed).unwrap();
        builder.push_covered(0, 0).unwrap();
        builder.row(5).unwrap();
        builder.push("7", Form::Number).unwrap();
        let grid = builder.finish();
        let place = |row, column| grid.locator(row, column).map(|l| l.to_string());
        assert_eq!(place(0, 0).as_deref(), Some("sheet=Data;cell=A3"));
        assert_eq!(place(0, 1).as_deref(), Some("sheet=Data;cell=A3"), "the origin of what it repeats");
        assert_eq!(place(1, 0).as_deref(), Some("sheet=Data;cell=A5"));
        assert_eq!(place(1, 1), None);
        assert_eq!(grid.text(grid.cells(0)[1]), "Year");
    }

    #[test]
    fn rows_above_the_records_have_places_of_their_own() {
        let places = Places::Columns(vec!["year".into(), "value".into()]);
        let mut builder = GridBuilder::new("t", places, Limits::default());
        for (row, texts) in [["as of", "2019"], ["year", "value"]].into_iter().enumerate() {
            builder.row_above().unwrap();
            for (column, text) in texts.into_iter().enumerate() {
                let place = Locator::Pointer(format!("/{row}/{column}"));
                builder.push_above(text, Form::Printed, place).unwrap();
            }
        }
        builder.row(1).unwrap();
        builder.push("2019", Form::Number).unwrap();
        builder.push("7", Form::Number).unwrap();
        assert!(builder.row_above().is_err());
        assert!(builder.push_above("x", Form::Printed, Locator::Pointer(String::new())).is_err());
        let grid = builder.finish();
        let place = |row, column| grid.locator(row, column).map(|l| l.to_string());
        assert_eq!(place(1, 1).as_deref(), Some("pointer=/1/1"));
        assert_eq!(place(2, 1).as_deref(), Some("row=1;column=value"));
        assert_eq!(grid.rows().iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn limits_hold() {
        let limits = Limits { memory: 200, cell: 10, columns: 3, rows: 2, ..Limits::default() };
        let mut builder = GridBuilder::new("t", Places::Each(Vec::new()), limits);
        builder.row(1).unwrap();
        assert!(builder.push("longer than ten", Form::Printed).unwrap_err().message().contains("15 bytes"));
        for _ in 0..3 {
            let _ = builder.push_at("x", Form::Printed, Locator::Bytes { start: 0, end: 1 });
        }
        assert!(builder.push("x", Form::Printed).unwrap_err().message().contains("more than 3 cells"));
        assert!(builder.push_covered(0, 0).unwrap_err().message().contains("more than 3 cells"));
    }
}
