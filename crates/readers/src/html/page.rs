//! The tables of a page: where each of their cells begins and ends.

use std::ops::Range;

use quipu_schema::Result;

use super::modes::{Change, Group, Modes};
use super::text::Hidden;
use super::tokens::{Token, walk};
use crate::Limits;

/// A table of a page.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) caption: Option<Range<usize>>,
    /// The nearest heading before it.
    pub(super) heading: Option<Range<usize>>,
    /// Whether it, or something around it, is hidden.
    pub(super) hidden: bool,
    /// How many tables stand in its cells.
    pub(super) nested: u64,
    pub(super) groups: Vec<RowGroup>,
}

/// A `thead`, `tbody` or `tfoot`.
#[derive(Debug)]
pub(super) struct RowGroup {
    pub(super) group: Group,
    pub(super) hidden: bool,
    pub(super) rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) hidden: bool,
    pub(super) cells: Vec<Cell>,
    /// Where it ends.
    pub(super) end: usize,
}

/// A cell: the range of its content, without the white space around it.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) content: Range<usize>,
    pub(super) colspan: u32,
    /// 0 is to the end of the group.
    pub(super) rowspan: u32,
    pub(super) hidden: bool,
}

/// What a place in the page is part of.
struct Page<'a> {
    bytes: &'a [u8],
    tables: Vec<Table>,
    /// The tables that are open, by number.
    open: Vec<usize>,
    hidden: Hidden,
    heading: Option<Range<usize>>,
    /// Start of a heading that is open, and in how many tables.
    title: Option<(usize, usize)>,
    caption: usize,
    /// Parts of tables so far, for the bound on memory.
    parts: usize,
}

/// The tables of a page, in the order of their start tags.
///
/// # Errors
/// Tables nested too deep, or too many cells.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Table>> {
    let mut modes = Modes::default();
    let mut page = Page {
        bytes,
        tables: Vec::new(),
        open: Vec::new(),
        hidden: Hidden::default(),
        heading: None,
        title: None,
        caption: 0,
        parts: 0,
    };
    // The tokeniser cannot be stopped: behind an error it walks on for nothing.
    let mut error = None;
    walk(bytes, |token| {
        if error.is_some() {
            return;
        }
        match token {
            Token::Start(tag) => {
                modes.start(tag, |change| page.change(&change, tag.at.start));
                let level = modes.depth();
                page.hidden.start(tag, level);
                if is_heading(&tag.name) && !page.is_hidden() {
                    page.title = Some((tag.at.end, level));
                }
            }
            Token::End { name, at } => {
                let level = modes.depth();
                page.hidden.end(name, level);
                if is_heading(name)
                    && let Some((start, _)) = page.title.take().filter(|(_, open)| *open == level)
                {
                    page.heading = Some(start..at.start);
                }
                modes.end(name, |change| page.change(&change, at.start));
            }
            Token::Text(_) => {}
        }
        if modes.depth() > limits.depth {
            error = Some(Limits::exceeded(format!("tables nested deeper than {}", limits.depth)));
        }
        if page.parts.saturating_mul(size_of::<Cell>()) > limits.memory {
            error = Some(Limits::exceeded(format!("its cells take more than {} MiB", limits.memory >> 20)));
        }
    });
    if let Some(error) = error {
        return Err(error);
    }
    modes.finish(|change| page.change(&change, bytes.len()));
    Ok(page.tables)
}

fn is_heading(name: &[u8]) -> bool {
    matches!(name, [b'h', b'1'..=b'6'])
}

impl Page<'_> {
    fn table(&mut self) -> Option<&mut Table> {
        let number = self.open.last()?;
        self.tables.get_mut(*number)
    }

    fn row(&mut self) -> Option<&mut Row> {
        self.table()?.groups.last_mut()?.rows.last_mut()
    }

    /// Whether what comes next is hidden.
    fn is_hidden(&self) -> bool {
        let around = |number: &usize| {
            let table = self.tables.get(*number)?;
            let group = table.groups.last();
            let row = group.and_then(|group| group.rows.last());
            let cell = row.and_then(|row| row.cells.last());
            Some(
                table.hidden
                    || group.is_some_and(|group| group.hidden)
                    || row.is_some_and(|row| row.hidden)
                    || cell.is_some_and(|cell| cell.hidden),
            )
        };
        self.hidden.is_open() || self.open.last().and_then(around).unwrap_or(false)
    }

    /// Reads a change of the tables, caused by the tag at `at`.
    fn change(&mut self, change: &Change<'_>, at: usize) {
        self.parts += 1;
        match *change {
            Change::OpenTable(tag) => {
                let hidden = tag.gone || tag.unseen || self.is_hidden();
                if let Some(around) = self.table() {
                    around.nested += 1;
                }
                self.open.push(self.tables.len());
                self.tables.push(Table { heading: self.heading.clone(), hidden, ..Table::default() });
            }
            Change::OpenGroup(group, tag) => {
                let hidden = tag.is_some_and(|tag| tag.gone || tag.unseen);
                if let Some(table) = self.table() {
                    table.groups.push(RowGroup { group, hidden, rows: Vec::new() });
                }
            }
            Change::OpenRow(tag) => {
                let hidden = tag.is_some_and(|tag| tag.gone || tag.unseen);
                if let Some(group) = self.table().and_then(|table| table.groups.last_mut()) {
                    group.rows.push(Row { hidden, cells: Vec::new(), end: at });
                }
            }
            Change::OpenCell(tag) => {
                let content = tag.at.end..tag.at.end;
                let cell = Cell { content, colspan: tag.colspan, rowspan: tag.rowspan, hidden: tag.gone };
                if let Some(row) = self.row() {
                    row.cells.push(cell);
                }
            }
            Change::OpenCaption(tag) => self.caption = tag.at.end,
            Change::CloseCell => {
                self.leave();
                let bytes = self.bytes;
                if let Some(cell) = self.row().and_then(|row| row.cells.last_mut()) {
                    cell.content = trimmed(bytes, cell.content.start..at);
                }
            }
            Change::CloseRow => {
                if let Some(row) = self.row() {
                    row.end = at;
                }
            }
            Change::CloseCaption => {
                self.leave();
                let caption = self.caption..at;
                if let Some(table) = self.table().filter(|table| table.caption.is_none()) {
                    table.caption = Some(caption);
                }
            }
            Change::CloseTable => {
                self.leave();
                self.open.pop();
            }
        }
    }

    /// Ends what lasts no longer than the cell, caption or table that ends.
    fn leave(&mut self) {
        let level = self.open.len();
        self.hidden.close(level);
        self.title = self.title.take().filter(|(_, open)| *open < level);
    }
}

/// The range without white space at its ends.
fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let content = bytes.get(range.clone()).unwrap_or_default();
    let lead = content.len() - content.trim_ascii_start().len();
    range.start + lead..range.start + lead + content.trim_ascii().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(html: &str) -> Vec<Table> {
        read(html.as_bytes(), &Limits::default()).expect("read")
    }

    #[test]
    fn captions_headings_and_hidden_tables() {
        let html = "<h2>One</h2><table><caption> C </caption><td>1</table>\
                    <div style='display:none'><h3>no</h3><table><td>2</table></div>\
                    <h2>Two</h2><table><td>3<table><td>in</table></table>\
                    <table><tr hidden><td><table><td>4</table></table>\
                    <table><td><div hidden></table><table><td>5</table>";
        let found: Vec<_> = tables(html)
            .iter()
            .map(|table| {
                let cut = |range: &Option<Range<usize>>| range.clone().and_then(|r| html.get(r)).map(str::to_owned);
                (cut(&table.caption), cut(&table.heading), table.hidden, table.nested)
            })
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                (some(" C "), some("One"), false, 0),
                (None, some("One"), true, 0),
                (None, some("Two"), false, 1),
                (None, some("Two"), false, 0),
                (None, some("Two"), false, 1),
                (None, some("Two"), true, 0),
                (None, some("Two"), false, 0),
                (None, some("Two"), false, 0),
            ]
        );
    }

    #[test]
    fn contents_are_ranges_without_the_space_around_them() {
        let html = "<table><tr><td> a <b>x</b>\n<td></td><th rowspan=2 colspan=3>é</table>";
        let table = &tables(html)[0];
        let cells = &table.groups[0].rows[0].cells;
        let texts: Vec<_> = cells.iter().map(|cell| html.get(cell.content.clone()).unwrap()).collect();
        assert_eq!(texts, ["a <b>x</b>", "", "é"]);
        assert_eq!((cells[2].rowspan, cells[2].colspan), (2, 3));
    }

    #[test]
    fn bounds_hold() {
        let deep = "<table><td>".repeat(200);
        assert!(read(deep.as_bytes(), &Limits::default()).unwrap_err().message().contains("nested deeper than 128"));
        let many = "<td>".repeat(10_000);
        let limits = Limits { memory: 100_000, ..Limits::default() };
        assert!(read(format!("<table>{many}").as_bytes(), &limits).is_err());
    }
}
