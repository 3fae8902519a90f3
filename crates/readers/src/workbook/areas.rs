//! Merged areas: which cells repeat the cell at an area's top left.

/// A merged area, rows and columns from 0, both ends within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Area {
    pub(super) top: u32,
    pub(super) left: u32,
    pub(super) bottom: u32,
    pub(super) right: u32,
}

/// Last columns that formats have (XLS, old ODS, the others), from 0: an area up to there means
/// "the whole row".
const LAST_COLUMNS: [u32; 3] = [255, 1023, 16_383];
/// Last rows that formats have (BIFF5, BIFF8, the others), from 0.
const LAST_ROWS: [u32; 3] = [16_383, 65_535, 1_048_575];

/// An area that the present row runs through, with the place of its origin in the grid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) area: Area,
    /// Position of the origin's row in the grid, and the origin's column.
    pub(super) origin: (usize, usize),
}

/// The areas of a sheet, walked from the first row to the last.
pub(super) struct Areas {
    /// By top and left; none of a single cell.
    waiting: std::iter::Peekable<std::vec::IntoIter<Area>>,
    /// By left; they do not overlap.
    running: Vec<Running>,
    /// Areas that were left out because they overlap another; no spreadsheet program makes them.
    pub(super) overlapping: usize,
}

impl Areas {
    /// `used` is the last row and column with text: areas that reach to the end of the sheet are cut
    /// there, because they say "all" and not "a million".
    pub(super) fn new(mut areas: Vec<Area>, used: (u32, u32)) -> Self {
        for area in &mut areas {
            if LAST_ROWS.contains(&area.bottom) {
                area.bottom = used.0.max(area.top);
            }
            if LAST_COLUMNS.contains(&area.right) {
                area.right = used.1.max(area.left);
            }
        }
        areas.retain(|area| (area.top, area.left) != (area.bottom, area.right));
        areas.sort_unstable();
        Self { waiting: areas.into_iter().peekable(), running: Vec::new(), overlapping: 0 }
    }

    /// The next row at or behind `row` that an area covers or starts in.
    pub(super) fn next_row(&mut self, row: u32) -> Option<u32> {
        self.running.retain(|running| running.area.bottom >= row);
        if !self.running.is_empty() {
            return Some(row);
        }
        self.waiting.peek().map(|area| area.top)
    }

    /// The areas that run through a row from above, by column.
    pub(super) fn running(&self) -> &[Running] {
        &self.running
    }

    /// Takes the areas that start in this row, by column, without those that overlap another.
    pub(super) fn starting(&mut self, row: u32) -> Vec<Area> {
        let mut starting: Vec<Area> = Vec::new();
        while let Some(area) = self.waiting.next_if(|area| area.top <= row) {
            let above = self.running.partition_point(|running| running.area.left <= area.right);
            let above = above.checked_sub(1).and_then(|at| self.running.get(at));
            let meets_above = above.is_some_and(|running| running.area.right >= area.left);
            let meets_beside = starting.last().is_some_and(|beside| beside.right >= area.left);
            if meets_above || meets_beside {
                self.overlapping += 1;
            } else {
                starting.push(area);
            }
        }
        starting
    }

    /// Lets an area run through the rows below its first.
    pub(super) fn run(&mut self, area: Area, origin: (usize, usize)) {
        if area.bottom > area.top {
            let at = self.running.partition_point(|running| running.area.left < area.left);
            self.running.insert(at, Running { area, origin });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(top: u32, left: u32, bottom: u32, right: u32) -> Area {
        Area { top, left, bottom, right }
    }

    #[test]
    fn areas_start_run_and_end() {
        let mut areas = Areas::new(vec![area(4, 0, 6, 0), area(1, 1, 1, 3), area(2, 2, 2, 2)], (9, 9));
        assert_eq!(areas.next_row(0), Some(1), "an area of one cell is none");
        assert_eq!(areas.starting(1), [area(1, 1, 1, 3)]);
        areas.run(area(1, 1, 1, 3), (0, 1));
        assert_eq!(areas.next_row(2), Some(4));
        for area in areas.starting(4) {
            areas.run(area, (1, 0));
        }
        assert_eq!(areas.next_row(5), Some(5));
        assert_eq!(areas.running().iter().map(|r| r.origin).collect::<Vec<_>>(), [(1, 0)]);
        assert_eq!(areas.next_row(7), None);
    }

    #[test]
    fn whole_rows_and_columns_end_with_the_text() {
        let mut areas = Areas::new(vec![area(0, 0, 0, 16_383), area(1, 0, 1_048_575, 0)], (3, 2));
        assert_eq!(areas.starting(0), [area(0, 0, 0, 2)]);
        assert_eq!(areas.starting(1), [area(1, 0, 3, 0)]);
    }

    #[test]
    fn overlapping_areas_are_counted_and_left_out() {
        let mut areas =
            Areas::new(vec![area(0, 0, 5, 2), area(0, 2, 0, 3), area(1, 1, 2, 4), area(1, 3, 2, 4)], (9, 9));
        for area in areas.starting(0) {
            areas.run(area, (0, area.left as usize));
        }
        assert_eq!(areas.next_row(1), Some(1));
        assert_eq!(areas.starting(1), [area(1, 3, 2, 4)]);
        assert_eq!(areas.overlapping, 2);
    }
}
