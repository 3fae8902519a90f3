//! Workbooks: XLSX and XLSM, XLSB, XLS (BIFF5 and BIFF8) and ODS.
//!
//! A sheet becomes one [`Grid`] whose rows are numbered as in the sheet and whose cells stand at the
//! position of their column. Numbers, dates, truth values and errors keep their [`Form`](crate::Form); a text that
//! looks like a number stays a text. The cells that a merged area covers repeat its first cell.
//!
//! The formats are read by siblings behind `Book`, all of them streams with bounded memory:
//! nothing is allocated because a document says so, a cell beyond the limits ends the reading, and
//! what an archive unpacks to is counted as it comes out.

mod areas;
mod biff;
mod book;
mod cells;
mod compound;
mod hidden;
mod moment;
mod number;
mod ods;
mod ods_cell;
mod ooxml;
mod package;
mod raised;
mod records;
mod sheets;
mod strings;
mod style;
mod xls;
mod xls_sheet;
mod xlsb;
mod xlsx;
mod xlsx_sheet;
mod xml;

use quipu_schema::pipeline::{Format, Layout};
use quipu_schema::{ErrorKind, Fault, Locator, Result};

use self::book::{Book, Take};
use self::cells::{Cells, Wanted};
use self::compound::Compound;
use self::ods::Ods;
use self::package::Package;
use self::sheets::Sheet;
use self::xls::Xls;
use self::xlsb::Xlsb;
use self::xlsx::Xlsx;
use crate::{Grid, Limits, Reader};

/// The reader of workbooks.
#[derive(Debug, Clone, Copy)]
pub struct Workbook;

/// The first bytes of a zip archive, and of an empty one.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// The stream that holds an encrypted XLSX.
const ENCRYPTED: &str = "EncryptedPackage";

impl Reader for Workbook {
    fn format(&self) -> Format {
        Format::Workbook
    }

    fn is_like(&self, bytes: &[u8]) -> bool {
        let limits = Limits::default();
        if is_zip(bytes) {
            let Ok(mut package) = Package::open(bytes, &limits) else { return false };
            let main = |name: &str| matches!(name.rsplit('/').next(), Some("workbook.xml" | "workbook.bin"));
            let office = package.names().any(|name| name == "[content_types].xml") && package.names().any(main);
            return office || ods::is_like(&mut package);
        }
        if bytes.starts_with(&compound::START) {
            let Ok(file) = Compound::open(bytes) else { return false };
            return xls::STREAMS.iter().chain([&ENCRYPTED]).any(|stream| file.has(stream));
        }
        false
    }

    fn read(&self, bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Vec<Grid>> {
        let (mut book, kind) = open(bytes, limits)?;
        let sheets = book.sheets().to_vec();
        let (numbers, mut notes) = sheets::pick(&sheets, layout)?;
        notes.insert(0, format!("format: {kind}"));
        let mut take = TakeGrids { sheets: &sheets, limits: *limits, grids: Vec::new(), notes };
        book.read(&numbers, &mut take)?;
        Ok(take.grids)
    }

    fn reread(&self, bytes: &[u8], _: &Layout, locator: &Locator, limits: &Limits) -> Result<String> {
        let missing = || Fault::new(ErrorKind::Corrupt, format!("the workbook has no cell at {locator}"));
        let Locator::Sheet { sheet, row, column } = locator else { return Err(missing()) };
        let row = row.checked_sub(1).and_then(|row| u32::try_from(row).ok()).ok_or_else(missing)?;
        let column = column.checked_sub(1).ok_or_else(missing)?;
        let (mut book, _) = open(bytes, limits)?;
        let sheets = book.sheets().to_vec();
        let number = sheets.iter().position(|known| known.name == *sheet).ok_or_else(missing)?;
        let mut one = TakeOne { wanted: Wanted { limits: *limits, only: Some((row, column)) }, text: None };
        book.read(&[number], &mut one)?;
        if let Some(text) = one.text {
            return Ok(text);
        }
        // No text of its own: whether there is an empty cell shows in the whole only.
        let mut whole = TakeGrids { sheets: &sheets, limits: *limits, grids: Vec::new(), notes: Vec::new() };
        book.read(&[number], &mut whole)?;
        let grid = whole.grids.first().ok_or_else(missing)?;
        let at = grid.rows().binary_search_by_key(&(u64::from(row) + 1), |row| row.number).map_err(|_| missing())?;
        // Behind the last text of its row a cell is as empty as between texts, as far as the sheet goes.
        let width = (0..grid.rows().len()).map(|row| grid.cells(row).len()).max().unwrap_or_default();
        let cell = grid.cells(at).get(column as usize);
        match cell {
            Some(cell) => Ok(grid.text(*cell).to_owned()),
            None if (column as usize) < width => Ok(String::new()),
            None => Err(missing()),
        }
    }
}

fn is_zip(bytes: &[u8]) -> bool {
    ZIP.iter().any(|start| bytes.starts_with(start))
}

/// Opens a workbook of any format, and says of which.
fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Box<dyn Book + 'a>, &'static str)> {
    if is_zip(bytes) {
        let mut package = Package::open(bytes, limits)?;
        if ods::is_like(&mut package) {
            return Ok((Box::new(Ods::open(package, limits)?), "ODS"));
        }
        let main = ooxml::main_part(&mut package, limits)?;
        return Ok(if main.to_ascii_lowercase().ends_with(".bin") {
            (Box::new(Xlsb::open(package, &main, limits)?), "XLSB")
        } else {
            (Box::new(Xlsx::open(package, &main, limits)?), "XLSX")
        });
    }
    if bytes.starts_with(&compound::START) {
        let file = Compound::open(bytes)?;
        if file.has(ENCRYPTED) && !xls::STREAMS.iter().any(|stream| file.has(stream)) {
            return Err(package::encrypted());
        }
        return Ok((Box::new(Xls::open(&file, limits)?), "XLS"));
    }
    Err(something_else(bytes))
}

/// The fault for a document that is no workbook, whatever its name says. Publishers' systems often
/// name pages and delimited text `.xls`, because spreadsheet programs open them.
fn something_else(bytes: &[u8]) -> Fault {
    let start = bytes.get(..512).unwrap_or(bytes);
    let start = String::from_utf8_lossy(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start)).to_lowercase();
    let what = match start.trim_start() {
        "" => return ooxml::not_a_workbook("an empty document"),
        page if page.starts_with('<') && page.contains("html") => ("a page", "html"),
        xml if xml.starts_with("<?xml") => return ooxml::not_a_workbook("an XML document"),
        json if json.starts_with(['{', '[']) => ("JSON", "json"),
        pdf if pdf.starts_with("%pdf") => ("a PDF", "pdf"),
        text if !text.contains(['\0', char::REPLACEMENT_CHARACTER]) => ("text", "csv"),
        _ => return ooxml::not_a_workbook("a document of another kind, or damaged"),
    };
    ooxml::not_a_workbook(what.0).help(format!("declare `[source.{}]` if that is what it holds", what.1))
}

/// Makes grids.
struct TakeGrids<'s> {
    sheets: &'s [Sheet],
    /// What is left of them.
    limits: Limits,
    grids: Vec<Grid>,
    /// For the first grid.
    notes: Vec<String>,
}

impl Take for TakeGrids<'_> {
    fn start(&mut self) -> Cells {
        Cells::new(Wanted { limits: self.limits, only: None })
    }

    fn take(&mut self, number: usize, cells: Cells) -> Result<()> {
        let sheet = self.sheets.get(number).ok_or_else(|| Fault::bug("a sheet that is not there"))?;
        let (mut grid, size) = cells.into_grid(&sheet.name)?;
        self.limits.memory = self.limits.memory.saturating_sub(size);
        grid.notes.splice(0..0, self.notes.drain(..));
        self.grids.push(grid);
        Ok(())
    }
}

/// Finds one cell.
struct TakeOne {
    wanted: Wanted,
    text: Option<String>,
}

impl Take for TakeOne {
    fn start(&mut self) -> Cells {
        Cells::new(self.wanted)
    }

    fn take(&mut self, _: usize, cells: Cells) -> Result<()> {
        self.text = cells.only_text().map(str::to_owned);
        Ok(())
    }
}
