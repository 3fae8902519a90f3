//! A table of a page: areas of cells, before it becomes a grid.

use super::sheet::{Bounds, Sheet};

/// A cell of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Area {
    /// All whose middle lies in this box.
    Own(Bounds),
    /// Part of the cell at this row and column.
    Covered(usize, usize),
}

/// A table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// The sheet that its first row is on, by position.
    pub(super) sheet: usize,
    pub(super) bounds: Bounds,
    /// Where its last row ends, on the last of its sheets.
    pub(super) bottom: f64,
    /// From where to where each column reaches.
    pub(super) columns: Vec<(f64, f64)>,
    pub(super) rows: Vec<Vec<Area>>,
    /// The sheet of each row.
    pub(super) sheets: Vec<usize>,
    /// Its words, by place in the sheet.
    pub(super) words: Vec<usize>,
    pub(super) ruled: bool,
    pub(super) title: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Table {
    pub(super) fn new(
        sheet: usize,
        bounds: Bounds,
        columns: Vec<(f64, f64)>,
        rows: Vec<Vec<Area>>,
        words: Vec<usize>,
        ruled: bool,
    ) -> Self {
        let sheets = vec![sheet; rows.len()];
        Self { sheet, bounds, bottom: bounds[3], columns, rows, sheets, words, ruled, title: None, notes: Vec::new() }
    }

    /// The box on the page of a cell that has its own: close around its words, or all of it where it
    /// has none.
    pub(super) fn place(area: Bounds, sheet: &Sheet) -> [u32; 4] {
        let whole = sheet.locate(area);
        let words = sheet.within(whole);
        let close = super::lines::around(words.iter().map(|placed| placed.bounds));
        let Some(close) = close else { return whole };
        sheet.locate([close[0].max(area[0]), close[1].max(area[1]), close[2].min(area[2]), close[3].min(area[3])])
    }

    /// The texts of a row, those of covered cells empty.
    pub(super) fn texts(&self, row: usize, sheets: &[Sheet]) -> Vec<String> {
        let sheet = self.sheets.get(row).and_then(|at| sheets.get(*at));
        let cells = self.rows.get(row).map(Vec::as_slice).unwrap_or_default();
        cells
            .iter()
            .map(|area| match (area, sheet) {
                (Area::Own(bounds), Some(sheet)) => sheet.text_in(sheet.locate(*bounds)),
                _ => String::new(),
            })
            .collect()
    }
}
