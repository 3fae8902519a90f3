//! ODS: the sheets of an OpenDocument spreadsheet, all in one part (OpenDocument 1.3 part 3, 9).
//!
//! Empty rows and cells stand in it as one with a number of repetitions, a million as a matter of
//! course: they are counted and not made.

use std::collections::BTreeSet;

use quick_xml::events::{BytesStart, Event};
use quipu_schema::Result;

use super::areas::Area;
use super::book::{Book, Take};
use super::cells::{COLUMNS, Cells, ROWS};
use super::ods_cell::{self, Value};
use super::package::{Package, encrypted};
use super::sheets::{self, Kind, MOST, Sheet, Shown};
use super::xml::{self, Xml};
use super::{ooxml, xlsx};
use crate::Limits;

/// The media type that an archive says it has, in its first member or in its manifest.
const MEDIA_TYPE: &str = "application/vnd.oasis.opendocument.spreadsheet";
const CONTENT: &str = "content.xml";
const MANIFEST: &str = "META-INF/manifest.xml";
/// Bytes of a member in which the media type stands, if at all.
const HEAD: usize = 4096;

/// An open workbook.
pub(super) struct Ods<'a> {
    package: Package<'a>,
    limits: Limits,
    sheets: Vec<Sheet>,
    /// Styles whose text is set higher.
    raising: BTreeSet<String>,
}

/// Whether an archive says that it is a spreadsheet.
pub(super) fn is_like(package: &mut Package<'_>) -> bool {
    ["mimetype", MANIFEST].iter().any(|member| {
        let head = package.start_of(member, HEAD).ok().flatten();
        head.is_some_and(|head| memchr::memmem::find(&head, MEDIA_TYPE.as_bytes()).is_some())
    })
}

impl<'a> Ods<'a> {
    /// Opens a workbook: the list of its sheets.
    ///
    /// # Errors
    /// `Shape` for a damaged or encrypted workbook.
    pub(super) fn open(mut package: Package<'a>, limits: &Limits) -> Result<Self> {
        if package.names().any(|name| name == "encrypted-package") {
            return Err(encrypted());
        }
        if let Some(member) = package.member(MANIFEST)? {
            let mut xml = Xml::new(member, limits);
            loop {
                match xml.next()? {
                    Event::Start(tag) | Event::Empty(tag) if xml::local(tag.name()) == b"encryption-data" => {
                        return Err(encrypted());
                    }
                    Event::Eof => break,
                    _ => {}
                }
            }
        }
        let mut book = Self { package, limits: *limits, sheets: Vec::new(), raising: BTreeSet::new() };
        book.list()?;
        Ok(book)
    }

    /// Reads the names of the sheets and whether they are shown, and which styles set text higher.
    fn list(&mut self) -> Result<()> {
        let Some(member) = self.package.member(CONTENT)? else { return Err(ooxml::missing(CONTENT)) };
        let mut xml = Xml::new(member, &self.limits);
        let (mut style, mut hidden) = (String::new(), BTreeSet::new());
        loop {
            match xml.next()? {
                Event::Start(tag) | Event::Empty(tag) if xml::local(tag.name()) == b"style" => {
                    style = xml::attribute(&tag, "name")?.unwrap_or_default().into_owned();
                }
                Event::Start(tag) | Event::Empty(tag) if hides(&tag)? => {
                    hidden.insert(style.clone());
                    if hidden.len() > MOST {
                        return Err(Limits::exceeded(format!("more than {MOST} styles of sheets")));
                    }
                }
                Event::Start(tag) | Event::Empty(tag) if raises(&tag)? => {
                    self.raising.insert(style.clone());
                    if self.raising.len() > MOST {
                        return Err(Limits::exceeded(format!("more than {MOST} styles of raised text")));
                    }
                }
                Event::Start(tag) if xml::local(tag.name()) == b"spreadsheet" => break,
                Event::Eof => return Err(ooxml::not_a_workbook("an OpenDocument of another kind")),
                _ => {}
            }
        }
        while let Some(table) = next_table(&mut xml)? {
            let shown = if hidden.contains(&table.style) { Shown::Hidden } else { Shown::Visible };
            sheets::add(&mut self.sheets, Sheet { name: table.name, kind: Kind::Table, shown })?;
            if !table.empty {
                xml.skip()?;
            }
        }
        Ok(())
    }
}

impl Book for Ods<'_> {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn read(&mut self, numbers: &[usize], take: &mut dyn Take) -> Result<()> {
        let Some(member) = self.package.member(CONTENT)? else { return Err(ooxml::missing(CONTENT)) };
        let mut xml = Xml::new(member, &self.limits);
        loop {
            match xml.next()? {
                Event::Start(tag) if xml::local(tag.name()) == b"spreadsheet" => break,
                Event::Eof => return Err(xml.cut()),
                _ => {}
            }
        }
        let (mut number, mut wanted) = (0, numbers.iter().peekable());
        while let Some(table) = next_table(&mut xml)? {
            if wanted.next_if_eq(&&number).is_some() {
                let mut cells = take.start();
                if !table.empty {
                    read_table(&mut xml, &self.raising, &mut cells)?;
                }
                let done = cells.done();
                take.take(number, cells)?;
                if done {
                    return Ok(());
                }
            } else if !table.empty {
                xml.skip()?;
            }
            number += 1;
        }
        Ok(())
    }
}

/// The start of a sheet.
struct Table {
    name: String,
    style: String,
    /// Whether it ends at once.
    empty: bool,
}

/// Goes on to the next sheet; `None` at the end of the last.
fn next_table(xml: &mut Xml<'_, '_>) -> Result<Option<Table>> {
    loop {
        let event = xml.next()?;
        let empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(tag) | Event::Empty(tag) if xml::local(tag.name()) == b"table" => {
                let name = xml::attribute(&tag, "name")?.unwrap_or_default().into_owned();
                let style = xml::attribute(&tag, "style-name")?.unwrap_or_default().into_owned();
                return Ok(Some(Table { name, style, empty }));
            }
            // What was deleted, names of areas, settings.
            Event::Start(_) => xml.skip()?,
            Event::End(tag) if xml::local(tag.name()) == b"spreadsheet" => return Ok(None),
            Event::Eof => return Err(xml.cut()),
            _ => {}
        }
    }
}

/// Reads the cells of the sheet whose start was read last.
fn read_table(xml: &mut Xml<'_, '_>, raising: &BTreeSet<String>, cells: &mut Cells) -> Result<()> {
    let inside = xml.depth();
    let (mut row, mut column) = (0_u32, 0_u32);
    let mut scratch = Scratch { value: Value::default(), areas: Vec::new(), raising };
    loop {
        match xml.next()? {
            Event::Start(tag) => match xml::local(tag.name()) {
                b"table-row" => {
                    let count = repeated(&tag, "number-rows-repeated");
                    if is_collapsed(&tag) {
                        cells.hidden.rows(row, row.saturating_add(count - 1));
                    }
                    read_row(xml, row, count, cells, &mut scratch)?;
                    row = row.saturating_add(count);
                    if cells.done() {
                        return Ok(());
                    }
                }
                b"table-rows"
                | b"table-row-group"
                | b"table-header-rows"
                | b"table-columns"
                | b"table-column-group"
                | b"table-header-columns" => {}
                _ => xml.skip()?,
            },
            Event::Empty(tag) if xml::local(tag.name()) == b"table-column" => {
                let end = column.saturating_add(repeated(&tag, "number-columns-repeated"));
                if is_collapsed(&tag) {
                    cells.hidden.columns(column, end.saturating_sub(1));
                }
                column = end;
            }
            Event::Empty(tag) if xml::local(tag.name()) == b"table-row" => {
                row = row.saturating_add(repeated(&tag, "number-rows-repeated"));
            }
            Event::End(_) => {
                let depth = xml.depth();
                if depth < inside {
                    return Ok(());
                }
            }
            Event::Eof => return Err(xml.cut()),
            _ => {}
        }
    }
}

/// Whether a tag says of the style around it that its tables are not shown.
fn hides(tag: &BytesStart<'_>) -> Result<bool> {
    Ok(xml::local(tag.name()) == b"table-properties"
        && xml::attribute(tag, "display")?.is_some_and(|display| !xlsx::is_true(&display)))
}

/// Whether a tag says of the style around it that its text is set higher: `super 58%`, `33% 58%`.
fn raises(tag: &BytesStart<'_>) -> Result<bool> {
    if xml::local(tag.name()) != b"text-properties" {
        return Ok(false);
    }
    let place = xml::attribute(tag, "text-position")?;
    let place = place.as_deref().and_then(|place| place.split_ascii_whitespace().next()).unwrap_or_default();
    let share = place.strip_suffix('%').and_then(|share| share.parse::<f64>().ok());
    Ok(place == "super" || share.is_some_and(|share| share > 0.0))
}

/// What is used again from cell to cell.
struct Scratch<'b> {
    value: Value,
    areas: Vec<Area>,
    /// Styles whose text is set higher.
    raising: &'b BTreeSet<String>,
}

/// Reads the cells of a row that stands for `count` rows from `row` on.
fn read_row(xml: &mut Xml<'_, '_>, row: u32, count: u32, cells: &mut Cells, scratch: &mut Scratch<'_>) -> Result<()> {
    let inside = xml.depth();
    let (row, times) = cells.rows_of(row, count);
    let (first, mut column) = (cells.count(), 0_u32);
    scratch.areas.clear();
    loop {
        let event = xml.next()?;
        let opens = matches!(event, Event::Start(_));
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                if !matches!(xml::local(tag.name()), b"table-cell" | b"covered-table-cell") {
                    if opens {
                        xml.skip()?;
                    }
                    continue;
                }
                let count = repeated(&tag, "number-columns-repeated");
                let spans = (repeated(&tag, "number-rows-spanned"), repeated(&tag, "number-columns-spanned"));
                scratch.value.start(&tag)?;
                if opens {
                    ods_cell::read_content(xml, &mut scratch.value, scratch.raising, &cells.limits())?;
                }
                if let Some((text, form)) = scratch.value.shown() {
                    // Beyond the last column the first that is put ends the reading.
                    for at in 0..count.min(COLUMNS + 1) {
                        cells.put(row, column.saturating_add(at), text, form)?;
                    }
                    if spans != (1, 1) {
                        let bottom = row.saturating_add(spans.0 - 1).min(ROWS - 1);
                        let right = column.saturating_add(spans.1 - 1).min(COLUMNS - 1);
                        scratch.areas.push(Area { top: row, left: column, bottom, right });
                    }
                } else if scratch.value.is_valueless_formula() {
                    cells.without_value(row, column);
                }
                column = column.saturating_add(count);
            }
            Event::End(_) => {
                let depth = xml.depth();
                if depth < inside {
                    break;
                }
            }
            Event::Eof => return Err(xml.cut()),
            _ => {}
        }
    }
    if cells.count() == first {
        return Ok(());
    }
    cells.repeat(first, times)?;
    for area in &scratch.areas {
        cells.merge(*area)?;
        let lines = if area.top == area.bottom { times } else { 0 };
        for below in 1..=lines {
            cells.merge(Area { top: area.top + below, bottom: area.bottom + below, ..*area })?;
        }
    }
    Ok(())
}

/// Whether a row or column is hidden, or left out by a filter.
fn is_collapsed(tag: &BytesStart<'_>) -> bool {
    xml::attributes(tag).any(|(name, value)| name == "visibility" && matches!(value, "collapse" | "filter"))
}

/// How often something stands, or over how many rows or columns it spans; at least once.
fn repeated(tag: &BytesStart<'_>, name: &str) -> u32 {
    let value = xml::attributes(tag).find(|(key, _)| *key == name).map(|(_, value)| value);
    value.map_or(1, |value| value.parse().unwrap_or(u32::MAX).max(1))
}
