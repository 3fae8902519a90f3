//! Rows and columns of a sheet that are hidden. They are read: what a publication hides it may still
//! add up. But people are told, because they do not see them when they compare.

/// Most ranges that are kept; what is hidden beyond is not told.
const MOST: usize = 65_536;

/// Which rows and columns are hidden, as ranges with both ends within, from 0.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    rows: Vec<(u32, u32)>,
    columns: Vec<(u32, u32)>,
}

impl Hidden {
    /// Takes rows, in growing order.
    pub(super) fn rows(&mut self, first: u32, last: u32) {
        add(&mut self.rows, first, last);
    }

    /// Takes columns, in growing order.
    pub(super) fn columns(&mut self, first: u32, last: u32) {
        add(&mut self.columns, first, last);
    }

    /// What there is to say, where rows and columns with text are hidden; `cells` are rows and columns
    /// of those with text, by row.
    pub(super) fn note(&mut self, cells: impl Iterator<Item = (u32, u32)>) -> Option<String> {
        if self.rows.is_empty() && self.columns.is_empty() {
            return None;
        }
        self.rows.sort_unstable();
        self.columns.sort_unstable();
        let (mut rows, mut columns) = (Vec::<u32>::new(), Vec::<u32>::new());
        for (row, column) in cells {
            if rows.last() != Some(&row) && is_in(&self.rows, row) {
                rows.push(row);
            }
            if is_in(&self.columns, column)
                && let Err(at) = columns.binary_search(&column)
            {
                columns.insert(at, column);
            }
        }
        let told = |what: &str, count: usize, first: Option<String>| {
            first.map(|first| format!("{count} {what}{} (the first is {first})", if count == 1 { "" } else { "s" }))
        };
        let name = |column: &u32| super::cells::name(0, *column).trim_end_matches('1').to_owned();
        let parts = [
            told("row", rows.len(), rows.first().map(|row| (row + 1).to_string())),
            told("column", columns.len(), columns.first().map(name)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("hidden in the sheet, and read all the same: {}", parts.join(", ")))
    }
}

fn add(ranges: &mut Vec<(u32, u32)>, first: u32, last: u32) {
    let room = ranges.len() < MOST;
    match ranges.last_mut() {
        Some((_, end)) if end.checked_add(1) == Some(first) => *end = last,
        _ if room => ranges.push((first, last)),
        _ => {}
    }
}

/// Whether a number lies in one of these ranges, which are in order.
fn is_in(ranges: &[(u32, u32)], number: u32) -> bool {
    let at = ranges.partition_point(|(first, _)| *first <= number);
    at.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, last)| number <= *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_and_has_text_is_told() {
        let mut hidden = Hidden::default();
        hidden.rows(3, 3);
        hidden.rows(4, 4);
        hidden.rows(90, 99);
        hidden.columns(27, 16_383);
        let cells = [(0, 0), (3, 1), (3, 2), (4, 1), (5, 30), (6, 27)];
        assert_eq!(
            hidden.note(cells.into_iter()).as_deref(),
            Some("hidden in the sheet, and read all the same: 2 rows (the first is 4), 2 columns (the first is AB)")
        );
        assert_eq!(hidden.rows.len(), 2, "neighbours are one range");
        assert_eq!(hidden.note([(50, 3)].into_iter()), None);
        assert_eq!(Hidden::default().note([(0, 0)].into_iter()), None);
    }
}
