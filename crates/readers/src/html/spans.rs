//! The grid of a table: which cell stands in which row and column, by the HTML standard's way of
//! forming a table.
//!
//! A span never makes more than the table has: rows end with their group, and columns with the last
//! one in which any cell begins. So a banner of `colspan="1000"` over five columns covers five.

use quipu_schema::Result;

use super::modes::Group;
use super::page::{Cell, Row, RowGroup, Table};
use crate::Limits;

/// What stands in a row and column.
#[derive(Debug, Clone)]
pub(super) enum Slot<'t> {
    /// A cell begins here.
    Own(&'t Cell),
    /// Covered by the cell that begins in this row (of the rows shown) and column.
    Covered(usize, usize),
    /// No cell; the place is the end of the row.
    Gap(usize),
}

/// What was left out of a table, or does not fit in it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Odd {
    pub(super) hidden_rows: u64,
    pub(super) hidden_cells: u64,
}

/// Bytes that one covered slot takes at least in a grid.
const SLOT: usize = 32;

/// The rows of a table as they are shown: the first head first, the first foot last, hidden ones left
/// out.
pub(super) struct Shown<'t> {
    groups: Vec<Vec<&'t Row>>,
    /// Columns in which a cell begins, up to the last.
    width: usize,
    most: usize,
    pub(super) odd: Odd,
}

/// A column that cells above reach down into.
#[derive(Debug, Clone, Copy, Default)]
struct Carried {
    /// The first row (of the group) that it does not reach.
    until: usize,
    row: usize,
    column: usize,
}

impl<'t> Shown<'t> {
    /// # Errors
    /// Too many columns, or spans that cover too much.
    pub(super) fn new(table: &'t Table, limits: &Limits) -> Result<Self> {
        let mut odd = Odd::default();
        let first = |wanted| table.groups.iter().position(|group| group.group == wanted);
        let (head, foot) = (first(Group::Head), first(Group::Foot));
        let middle = (0..table.groups.len()).filter(|at| Some(*at) != head && Some(*at) != foot);
        let mut groups = Vec::new();
        for group in head.into_iter().chain(middle).chain(foot).filter_map(|at| table.groups.get(at)) {
            groups.push(visible(group, &mut odd));
        }
        let cells = groups.iter().flatten().flat_map(|row| &row.cells);
        odd.hidden_cells = cells.filter(|cell| cell.hidden).count() as u64;
        let mut shown = Self { groups, width: usize::MAX, most: limits.columns as usize, odd };
        let (mut width, mut covered, mut number) = (0, 0_usize, 0);
        shown.walk(|slots| {
            for (column, slot) in slots.iter().enumerate() {
                match slot {
                    Slot::Own(_) => width = width.max(column + 1),
                    Slot::Covered(row, _) => covered += usize::from(*row != number),
                    Slot::Gap(_) => {}
                }
            }
            number += 1;
            if covered.saturating_mul(SLOT) > limits.memory {
                return Err(Limits::exceeded(format!("its spans cover more than {} MiB", limits.memory >> 20)));
            }
            Ok(())
        })?;
        shown.width = width;
        Ok(shown)
    }

    /// Gives each row's slots. Returns how many spans ran into others.
    pub(super) fn walk(&self, mut row: impl FnMut(&[Slot<'t>]) -> Result<()>) -> Result<u64> {
        let (mut number, mut overlaps) = (0, 0);
        for group in &self.groups {
            let mut carried: Vec<Carried> = Vec::new();
            for (at, source) in group.iter().enumerate() {
                let slots = self.place(source, at, group.len(), number, &mut carried, &mut overlaps)?;
                row(&slots)?;
                number += 1;
            }
        }
        Ok(overlaps)
    }

    fn place(
        &self,
        source: &'t Row,
        at: usize,
        height: usize,
        number: usize,
        carried: &mut Vec<Carried>,
        overlaps: &mut u64,
    ) -> Result<Vec<Slot<'t>>> {
        let mut slots = Vec::new();
        let above = |carried: &Vec<Carried>, column: usize| carried.get(column).copied().filter(|c| c.until > at);
        for cell in source.cells.iter().filter(|cell| !cell.hidden) {
            while let Some(cover) = above(carried, slots.len()) {
                slots.push(Slot::Covered(cover.row, cover.column));
            }
            let column = slots.len();
            if column >= self.most {
                return Err(Limits::exceeded(format!("a row of more than {} cells", self.most)));
            }
            let left = height - at;
            let down = if cell.rowspan == 0 { left } else { (cell.rowspan as usize).min(left) };
            let wide = (cell.colspan as usize).min(self.width.saturating_sub(column)).max(1);
            for step in column..column + wide {
                if step > column && above(carried, step).is_some() {
                    *overlaps += 1;
                    break;
                }
                slots.push(if step == column { Slot::Own(cell) } else { Slot::Covered(number, column) });
                if down > 1 {
                    if carried.len() <= step {
                        carried.resize(step + 1, Carried::default());
                    }
                    if let Some(cover) = carried.get_mut(step) {
                        *cover = Carried { until: at + down, row: number, column };
                    }
                }
            }
        }
        let last = carried.iter().rposition(|cover| cover.until > at).map_or(0, |last| last + 1);
        for column in slots.len()..last.min(self.width) {
            slots.push(match above(carried, column) {
                Some(cover) => Slot::Covered(cover.row, cover.column),
                None => Slot::Gap(source.end),
            });
        }
        Ok(slots)
    }
}

fn visible<'t>(group: &'t RowGroup, odd: &mut Odd) -> Vec<&'t Row> {
    let hidden = |row: &&Row| group.hidden || row.hidden;
    odd.hidden_rows += group.rows.iter().filter(hidden).count() as u64;
    group.rows.iter().filter(|row| !hidden(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::page;
    use super::*;

    /// Rows of slots: a cell's text, `<` and `^` for what is covered from the left and from above.
    fn shape(html: &str) -> (Vec<String>, Odd, u64) {
        let tables = page::read(html.as_bytes(), &Limits::default()).expect("read");
        let shown = Shown::new(&tables[0], &Limits::default()).expect("shown");
        let mut rows = Vec::new();
        let mut write = |slots: &[Slot<'_>]| {
            let number = rows.len();
            let texts = slots.iter().map(|slot| match slot {
                Slot::Own(cell) => html.get(cell.content.clone()).unwrap(),
                Slot::Covered(row, _) if *row == number => "<",
                Slot::Covered(..) => "^",
                Slot::Gap(_) => "_",
            });
            let row: Vec<&str> = texts.collect();
            rows.push(row.join(" "));
            Ok(())
        };
        let overlaps = shown.walk(&mut write).expect("walked");
        (rows, shown.odd, overlaps)
    }

    #[test]
    fn spans_cover_what_they_reach() {
        let (rows, odd, overlaps) = shape(
            "<table><tr><th rowspan=2>a<th colspan=2>b<tr><th>c<th>d<tr><td>1<td>2<td>3\
             <tr><td colspan=3>n<tr><td>x<td rowspan=0>y<tr><td>z<tr>",
        );
        assert_eq!(rows, ["a b <", "^ c d", "1 2 3", "n < <", "x y", "z ^", "_ ^"]);
        assert_eq!((odd, overlaps), (Odd::default(), 0));
    }

    #[test]
    fn spans_end_with_their_group_and_with_the_table() {
        let (rows, ..) = shape("<table><thead><tr><th rowspan=9 colspan=99>a<tbody><tr><td>1<td>2</table>");
        assert_eq!(rows, ["a <", "1 2"]);
    }

    #[test]
    fn groups_stand_as_they_are_shown() {
        let (rows, ..) = shape(
            "<table><tbody><tr><td>b1<tfoot><tr><td>f1<tbody><tr><td>b2<thead><tr><td>h1<thead><tr><td>h2<tfoot><tr><td>f2",
        );
        assert_eq!(rows, ["h1", "b1", "b2", "h2", "f2", "f1"]);
    }

    #[test]
    fn hidden_rows_and_cells_are_counted() {
        let (rows, odd, _) = shape(
            "<table><tr hidden><td>x<tr><td style='display:none'>key<td>a<td>b<tbody style='visibility:collapse'><tr><td>y",
        );
        assert_eq!(rows, ["a b"]);
        assert_eq!(odd, Odd { hidden_rows: 2, hidden_cells: 1 });
    }

    #[test]
    fn spans_that_run_into_each_other_are_counted() {
        let (rows, _, overlaps) = shape("<table><tr><td>a<td rowspan=2>b<td>c<tr><td colspan=3>d</table>");
        assert_eq!((rows, overlaps), (vec!["a b c".to_owned(), "d ^".to_owned()], 1));
    }

    #[test]
    fn bombs_of_spans_end_in_an_error() {
        let row = "<td colspan=1000 rowspan=65534>".repeat(17);
        let tables = page::read(format!("<table><tr>{row}").as_bytes(), &Limits::default()).expect("read");
        assert!(Shown::new(&tables[0], &Limits::default()).is_ok(), "columns end where the last cell begins");
        let row = "<td colspan=1000>".repeat(18);
        let tables = page::read(format!("<table><tr>{row}").as_bytes(), &Limits::default()).expect("read");
        let error = Shown::new(&tables[0], &Limits::default()).err().expect("too wide");
        assert!(error.message().contains("more than 16384 cells"), "{error}");
        let wide = "<td rowspan=65534>".repeat(1_000) + &"<tr>".repeat(65_000);
        let limits = Limits { memory: 16 << 20, ..Limits::default() };
        let tables = page::read(format!("<table><tr>{wide}").as_bytes(), &limits).expect("read");
        let error = Shown::new(&tables[0], &limits).err().expect("too much");
        assert!(error.message().contains("spans cover"), "{error}");
    }
}
