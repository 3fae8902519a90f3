//! Tables that go on over several pages, joined to one.

use super::lines::{is_value, is_year};
use super::sheet::Sheet;
use super::table::{Area, Table};

/// Most rows of a header that is repeated.
const HEAD: usize = 8;
/// How far columns may lie apart from page to page, in points, where rules draw them.
const DRIFT: f64 = 4.0;

/// Joins what goes on from page to page. The tables are in the order of the document; `rest` says for
/// each sheet from where to where other text stands that belongs to no table.
pub(super) fn join(sheets: &[Sheet], tables: Vec<Table>, rest: &[Vec<f64>]) -> Vec<Table> {
    let mut out: Vec<Table> = Vec::new();
    for table in tables {
        let last = out.iter().rposition(|before| before.sheets.last().is_some_and(|at| at + 1 == table.sheet));
        // Only the lowest table of a page goes on, and only as the highest of the next.
        let first = !out.iter().any(|before| before.sheets.last() == Some(&table.sheet));
        let joins = last.filter(|_| first).and_then(|at| {
            let before = out.get(at)?;
            Some((at, repeated(sheets, before, &table, rest)?))
        });
        match joins.and_then(|(at, head)| Some((out.get_mut(at)?, head))) {
            Some((before, head)) => append(before, table, head, sheets),
            None => out.push(table),
        }
    }
    out
}

/// How many rows of a repeated header a table begins with, where it goes on from the one before; none
/// where it does not.
fn repeated(sheets: &[Sheet], before: &Table, table: &Table, rest: &[Vec<f64>]) -> Option<usize> {
    let (above, here) = (sheets.get(*before.sheets.last()?)?, sheets.get(table.sheet)?);
    if before.columns.len() != table.columns.len() || before.ruled != table.ruled {
        return None;
    }
    let alike = before.columns.iter().zip(&table.columns).enumerate().all(|(at, (a, b))| {
        let over = a.1.min(b.1) - a.0.max(b.0);
        if table.ruled {
            (a.0 - b.0).abs() < DRIFT && (a.1 - b.1).abs() < DRIFT
        } else {
            // The outer sides are where texts end, on each page elsewhere.
            over > 0.5 * (a.1 - a.0).min(b.1 - b.0) || (at == 0 && over > 0.0)
        }
    });
    if !alike {
        return None;
    }
    let mut head = 0;
    while head < HEAD.min(before.rows.len()).min(table.rows.len().saturating_sub(1)) {
        let (a, b) = (before.texts(head, sheets), table.texts(head, sheets));
        if a != b || b.iter().all(String::is_empty) {
            break;
        }
        head += 1;
    }
    let told = table.title.as_ref().is_some_and(|title| {
        let folded = title.to_lowercase();
        folded.contains("(cont") || folded.contains("continu") || Some(title) == before.title.as_ref()
    });
    if table.title.is_some() && !told {
        return None;
    }
    // Text between the two parts them.
    let bottom = before.bottom;
    let below = rest.get(*before.sheets.last()?)?.iter().filter(|y| **y > bottom).count();
    let over = rest.get(table.sheet)?.iter().filter(|y| **y < table.bounds[1]).count();
    let reaches = bottom > 0.55 * above.size.1 && table.bounds[1] < 0.4 * here.size.1;
    if head > 0 && (reaches || told) {
        return Some(head);
    }
    let figures = table.texts(0, sheets);
    let is_body = figures.iter().skip(1).any(|text| is_value(text) && !is_year(text));
    (reaches && is_body && below <= 1 && over == 0).then_some(0)
}

fn append(before: &mut Table, table: Table, head: usize, sheets: &[Sheet]) {
    let offset = before.rows.len();
    if head > 0 {
        let page = sheets.get(table.sheet).map_or(0, |sheet| sheet.number);
        before.notes.push(format!("the header is repeated on page {page}, {head} rows, and read once"));
    }
    let here = table.rows.len();
    for row in table.rows.into_iter().skip(head) {
        let cells = row.into_iter().map(|area| match area {
            Area::Covered(row, column) => Area::Covered((row + offset).saturating_sub(head), column),
            own @ Area::Own(_) => own,
        });
        before.rows.push(cells.collect());
    }
    before.sheets.extend(std::iter::repeat_n(table.sheet, here.saturating_sub(head)));
    before.notes.extend(table.notes);
    before.bottom = table.bottom;
    for (a, b) in before.columns.iter_mut().zip(&table.columns) {
        if !before.ruled {
            *a = (a.0.min(b.0).max(a.0 - 30.0), a.1.max(b.1).min(a.1 + 30.0));
        }
    }
}
