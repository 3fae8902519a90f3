//! The reader of HTML tables.
//!
//! Every `<table>` is a grid, those in cells of others too (their text is not part of the outer
//! cell). Parts and spans are as in browsers, tags that authors leave out included: [`modes`],
//! [`spans`]. What a cell says is what is shown of it: [`text`]. Its place is the byte range of its
//! content in the archived bytes, in the document's own encoding, and the text is made from those
//! bytes alone, so that it reads back the same.
//!
//! A table's title is its caption, else the nearest heading before it, else `table N`. Tables are
//! numbered from 1 in the order of their start tags, hidden and nested ones included. Hidden tables
//! are read only where the layout asks for their number; hidden rows and cells never.

mod modes;
mod page;
mod spans;
mod text;
mod tokens;

use std::ops::Range;

use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};
use quipu_schema::pipeline::{Format, Layout, TableAt};
use quipu_schema::{ErrorKind, Fault, Locator, Result};

use crate::csv::Encoded;
use crate::csv::encoding::detect;
use crate::{Form, Grid, GridBuilder, Limits, Places, Reader};
use page::Table;
use spans::{Shown, Slot};

/// How much of the start is searched for a declaration of the encoding, as browsers do.
const PRESCAN: usize = 1_024;
/// How much of the start is looked at to tell a page from other texts.
const LOOK: usize = 4_096;

/// The reader of HTML tables.
pub(crate) struct Html;

impl Reader for Html {
    fn format(&self) -> Format {
        Format::Html
    }

    fn is_like(&self, bytes: &[u8]) -> bool {
        let start = bytes.get(..LOOK).unwrap_or(bytes);
        let (encoding, mark) = Encoding::for_bom(start).unwrap_or((UTF_8, 0));
        let (start, _) = encoding.decode_without_bom_handling(start.get(mark..).unwrap_or_default());
        let start = start.to_ascii_lowercase();
        let mut rest = start.trim_start();
        while let Some(comment) = rest.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
            rest = comment.1.trim_start();
        }
        let xml = rest.starts_with("<?xml");
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':');
        let tag = |name: &str| rest.strip_prefix(name).is_some_and(ends);
        let known = ["<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<title"];
        known.into_iter().any(tag)
            || (xml && rest.contains("<html"))
            || (rest.starts_with('<') && !xml && rest.split("<table").skip(1).any(ends))
    }

    fn read(&self, bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Vec<Grid>> {
        let encoded = encoded(bytes, layout)?;
        let text = encoded.range(0, u64::MAX)?;
        let tables = page::read(&text, limits)?;
        let mut grids =
            Grids { encoded: &encoded, bytes: &text, limits: *limits, left: limits.memory, count: tables.len() };
        match &layout.table {
            Some(TableAt::Number(number)) => {
                let table = usize::try_from(*number).ok().and_then(|n| tables.get(n.checked_sub(1)?));
                let Some((table, number)) = table.zip(usize::try_from(*number).ok()) else {
                    let message = format!("the page has {} tables, and no table {number}", tables.len());
                    return Err(Fault::new(ErrorKind::Shape, message).help(grids.advice(&tables)));
                };
                let grid = grids.grid(table, number)?;
                if grid.rows().is_empty() {
                    let message = format!("table {number} of the page has no rows that are shown");
                    return Err(Fault::new(ErrorKind::Shape, message).help(grids.advice(&tables)));
                }
                Ok(vec![grid])
            }
            wish => {
                let shown = tables.iter().enumerate().filter(|(_, table)| !table.hidden);
                let mut found = Vec::new();
                for (index, table) in shown {
                    let grid = grids.grid(table, index + 1)?;
                    let wanted = match wish {
                        Some(TableAt::Holds(text)) => grid.holds(&text.value),
                        _ => true,
                    };
                    if wanted && !grid.rows().is_empty() {
                        found.push(grid);
                    } else {
                        grids.forget(&grid);
                    }
                }
                if found.is_empty() {
                    let message = match wish {
                        Some(TableAt::Holds(text)) => format!("no table of the page holds `{}`", text.value),
                        _ => "the page has no table that is shown".to_owned(),
                    };
                    return Err(Fault::new(ErrorKind::Shape, message).help(grids.advice(&tables)));
                }
                Ok(found)
            }
        }
    }

    fn reread(&self, bytes: &[u8], layout: &Layout, locator: &Locator, _limits: &Limits) -> Result<String> {
        let wrong = || Fault::new(ErrorKind::Corrupt, format!("{locator} is no place in this page"));
        let Locator::Bytes { start, end } = locator else { return Err(wrong()) };
        let range = usize::try_from(*start).ok().zip(usize::try_from(*end).ok());
        let piece = range.and_then(|(start, end)| bytes.get(start..end)).ok_or_else(wrong)?;
        let (encoding, _, _) = choose(bytes, layout)?;
        let piece = Encoded::known(piece, encoding, "", 0)?;
        Ok(text::read(&piece.range(0, u64::MAX)?, piece.encoding()).text)
    }
}

/// The encoding of a page, how it was known, and the length of a byte order mark: what is declared in
/// the pipeline file, else a mark, else what the page declares of itself, else a guess.
fn choose(bytes: &[u8], layout: &Layout) -> Result<(&'static Encoding, &'static str, usize)> {
    let marked = Encoding::for_bom(bytes);
    let (encoding, basis) = if let Some(label) = &layout.encoding {
        let encoding = Encoding::for_label(label.value.as_bytes()).ok_or_else(|| {
            Fault::new(ErrorKind::Pipeline, format!("`{}` is not an encoding", label.value))
                .help("use a WHATWG label such as \"utf-8\", \"windows-1252\", \"utf-16le\"")
        })?;
        (encoding, "declared")
    } else if let Some((encoding, _)) = marked {
        (encoding, "byte order mark")
    } else if let Some(encoding) = told(bytes.get(..PRESCAN).unwrap_or(bytes)) {
        (encoding, "told by the page")
    } else {
        (detect(bytes), "detected")
    };
    if encoding == ISO_2022_JP || encoding == REPLACEMENT {
        let message = format!("pages in {} are not read", encoding.name());
        return Err(Fault::new(ErrorKind::Shape, message).help("convert it to UTF-8 before it is ingested"));
    }
    let mark = marked.filter(|(found, _)| *found == encoding).map_or(0, |(_, length)| length);
    Ok((encoding, basis, mark))
}

fn encoded<'a>(bytes: &'a [u8], layout: &Layout) -> Result<Encoded<'a>> {
    let (encoding, basis, mark) = choose(bytes, layout)?;
    Encoded::known(bytes, encoding, basis, mark)
}

/// The encoding that a `<meta>` near the start declares. UTF-16 cannot be true, since the declaration
/// was read as ASCII; it means UTF-8, as in browsers.
fn told(start: &[u8]) -> Option<&'static Encoding> {
    let start = start.to_ascii_lowercase();
    let mut rest = start.as_slice();
    while let Some(at) = memchr::memmem::find(rest, b"<meta") {
        rest = rest.get(at + 5..)?;
        let tag = rest.get(..memchr::memchr(b'>', rest)?)?;
        let Some(at) = memchr::memmem::find(tag, b"charset") else { continue };
        let value = tag.get(at + 7..)?.trim_ascii_start();
        let Some(value) = value.strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let stops = |byte: &u8| matches!(byte, b'"' | b'\'' | b';' | b'/') || byte.is_ascii_whitespace();
        let end = value.iter().position(stops).unwrap_or(value.len());
        let Some(encoding) = Encoding::for_label(value.get(..end)?) else { continue };
        return Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding });
    }
    None
}

/// Builds the grids of a page within one bound for all.
struct Grids<'p> {
    encoded: &'p Encoded<'p>,
    bytes: &'p [u8],
    limits: Limits,
    /// What is left of the bound on memory.
    left: usize,
    count: usize,
}

impl Grids<'_> {
    fn content(&self, range: &Range<usize>) -> text::Text {
        text::read(self.bytes.get(range.clone()).unwrap_or_default(), self.encoded.encoding())
    }

    fn place(&self, range: &Range<usize>) -> Locator {
        let at = |at: usize| self.encoded.archived(at as u64);
        Locator::Bytes { start: at(range.start), end: at(range.end) }
    }

    fn title(&self, table: &Table, number: usize) -> String {
        let names = [&table.caption, &table.heading];
        let mut names = names.into_iter().flatten().map(|range| self.content(range).text);
        names.find(|name| !name.is_empty()).unwrap_or_else(|| format!("table {number}"))
    }

    fn grid(&mut self, table: &Table, number: usize) -> Result<Grid> {
        let limits = Limits { memory: self.left, ..self.limits };
        let shown = Shown::new(table, &limits)?;
        let mut builder = GridBuilder::new(self.title(table, number), Places::Each(Vec::new()), limits);
        let mut raised = 0_u64;
        let overlaps = shown.walk(|slots| {
            builder.row(builder.height() as u64 + 1)?;
            for slot in slots {
                match slot {
                    Slot::Own(cell) => {
                        let content = self.content(&cell.content);
                        raised += u64::from(content.raised);
                        builder.push_at(&content.text, Form::Printed, self.place(&cell.content))?;
                    }
                    Slot::Covered(row, column) => builder.push_covered(*row, *column)?,
                    Slot::Gap(end) => builder.push_at("", Form::Printed, self.place(&(*end..*end)))?,
                }
            }
            Ok(())
        })?;
        builder.note(format!("encoding {} ({})", self.encoded.name(), self.encoded.basis));
        builder.note(format!("table {number} of {} on the page, {} rows", self.count, builder.height()));
        let odd = shown.odd;
        for (count, what) in [
            (odd.hidden_rows, "hidden rows are left out"),
            (odd.hidden_cells, "hidden cells are left out"),
            (overlaps, "cells run into others that span rows; the upper cell keeps its place"),
            (table.nested, "tables in its cells are tables of their own"),
            (raised, "cells have raised or lowered digits, which are kept so (`¹`, `₁`)"),
        ] {
            if count > 0 {
                builder.note(format!("{count} {what}"));
            }
        }
        if table.hidden {
            builder.note("the table is hidden on the page, and read because its number is asked for");
        }
        let grid = builder.finish();
        self.left = self.left.saturating_sub(grid.size());
        Ok(grid)
    }

    /// Gives back what a grid took that is not kept.
    fn forget(&mut self, grid: &Grid) {
        self.left = self.left.saturating_add(grid.size());
    }

    /// What tables there are, for a message.
    fn advice(&self, tables: &[Table]) -> String {
        const NAMED: usize = 12;
        if tables.is_empty() {
            return "the source delivers another page now, or makes its tables with a script".to_owned();
        }
        let mut names = Vec::new();
        for (index, table) in tables.iter().enumerate().take(NAMED) {
            let hidden = if table.hidden { ", hidden" } else { "" };
            let title: String = self.title(table, index + 1).chars().take(60).collect();
            names.push(format!("{} ({title:?}{hidden})", index + 1));
        }
        let more = if tables.len() > NAMED { " and more" } else { "" };
        format!("`table` is a number or a text; the page has tables {}{more}", names.join(", "))
    }
}

#[cfg(test)]
mod tests;
