//! The reader of tables in PDFs with text.
//!
//! A page is interpreted to glyphs with their places ([`content`]), glyphs become words ([`words`]),
//! words and rules become tables: ruled ones by their lines ([`ruled`]), others by the white space
//! between their columns ([`open`], [`columns`]), with the rows that wrapped cells form ([`rows`]) and
//! the levels of the header ([`head`]). A table that goes on over pages is one grid ([`joined`]).
//!
//! The place of a cell is the box around its words on the page as it is seen. Its text is made from
//! the words in that box alone, so that it reads back the same. What is on the pages and in no table
//! is counted in the notes; titles and notes of a table are kept with it.
//!
//! Only text is read: a scanned page without text is refused, and characters that the document does
//! not map to Unicode are written as U+FFFD and noted.

mod around;
mod cmap;
mod columns;
mod content;
mod encoding;
mod file;
mod filter;
mod font;
mod furniture;
mod glyphs;
mod head;
mod joined;
mod lines;
mod object;
mod open;
mod page;
mod path;
mod prose;
mod rows;
mod ruled;
mod sheet;
mod table;
mod truetype;
mod words;

use quipu_schema::pipeline::{Format, Layout, TableAt};
use quipu_schema::{ErrorKind, Fault, Locator, Result};

use crate::{Form, Grid, GridBuilder, Limits, Places, Reader};
use content::Resources;
use file::File;
use page::Page;
pub use prose::{LaidText, laid_text};
use sheet::{Placed, Sheet};
use table::{Area, Table};

/// Share of words with unknown characters above which a document is refused.
const UNKNOWN: f64 = 0.3;

/// The reader of PDFs.
pub(crate) struct Pdf;

impl Reader for Pdf {
    fn format(&self) -> Format {
        Format::Pdf
    }

    fn is_like(&self, bytes: &[u8]) -> bool {
        memchr::memmem::find(bytes.get(..1_024).unwrap_or(bytes), b"%PDF-").is_some()
    }

    fn read(&self, bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Vec<Grid>> {
        let file = File::open(bytes, limits)?;
        let resources = Resources::of(&file)?;
        let pages = page::pages(&file)?;
        let wanted = layout.pages.unwrap_or((1, u32::MAX));
        let sheets = sheets(&file, &resources, &pages, wanted, limits)?;
        check_text(&sheets, pages.len(), wanted.0)?;
        let mut document = Document { sheets, limits: *limits, notes: Vec::new() };
        if file.rebuilt.get() {
            document.notes.push("the file's own table of objects is damaged; the objects were searched for".to_owned());
        }
        let tables = document.tables();
        document.grids(&tables, layout)
    }

    fn reread(&self, bytes: &[u8], _layout: &Layout, locator: &Locator, limits: &Limits) -> Result<String> {
        let wrong = || Fault::new(ErrorKind::Corrupt, format!("{locator} is no place in this document"));
        let Locator::Page { page: number, bounds } = locator else { return Err(wrong()) };
        let file = File::open(bytes, limits)?;
        let resources = Resources::of(&file)?;
        let pages = page::pages(&file)?;
        let at = number.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        let page = at.and_then(|at| pages.get(at)).ok_or_else(wrong)?;
        Ok(Sheet::read(&file, &resources, page)?.text_in(*bounds))
    }
}

/// The pages from one number to another, as they are read.
fn sheets(
    file: &File<'_>,
    resources: &Resources,
    pages: &[Page],
    (first, last): (u32, u32),
    limits: &Limits,
) -> Result<Vec<Sheet>> {
    let wanted = pages.iter().filter(|page| (u64::from(first)..=u64::from(last)).contains(&page.number));
    let (mut sheets, mut used) = (Vec::new(), 0_usize);
    for page in wanted {
        let sheet = Sheet::read(file, resources, page)?;
        used = used.saturating_add(sheet.words.len() * (size_of::<Placed>() + 16));
        if used > limits.memory {
            return Err(Limits::exceeded(format!("its words take more than {} MiB", limits.memory >> 20)));
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// Refuses documents that have nothing that can be read.
fn check_text(sheets: &[Sheet], pages: usize, first: u32) -> Result<()> {
    if pages == 0 {
        return Err(object::damaged("it has no pages"));
    }
    if sheets.is_empty() {
        let message = format!("the PDF has {pages} pages, and no page {first}");
        return Err(
            Fault::new(ErrorKind::Shape, message).help("correct `pages`, or the source delivers another file now")
        );
    }
    let words: usize = sheets.iter().map(|sheet| sheet.words.len()).sum();
    if words == 0 {
        let images: u64 = sheets.iter().map(|sheet| sheet.images).sum();
        let why = if images > 0 { ": its pages are images, as of a scan" } else { "" };
        return Err(Fault::new(ErrorKind::Shape, format!("the PDF has no text in it{why}"))
            .help("ask its publisher for the tables as a workbook or delimited text, or have the scan recognised"));
    }
    let unknown = sheets.iter().flat_map(|sheet| sheet.words.iter()).filter(|placed| placed.word.unknown).count();
    if unknown as f64 > UNKNOWN * words as f64 {
        let first =
            sheets.iter().find_map(|sheet| Some((sheet, sheet.words.iter().find(|placed| placed.word.unknown)?)));
        let place = first.map(|(sheet, placed)| {
            Locator::Page { page: sheet.number, bounds: sheet.locate(placed.bounds) }.to_string()
        });
        let message =
            format!("{unknown} of {words} words of the PDF cannot be read: its fonts do not say what they mean");
        return Err(Fault::new(ErrorKind::Shape, message)
            .at(place.unwrap_or_default())
            .help("ask its publisher for the tables as a workbook or delimited text"));
    }
    Ok(())
}

/// The pages of a document that are read.
struct Document {
    sheets: Vec<Sheet>,
    limits: Limits,
    notes: Vec<String>,
}

impl Document {
    /// The tables of all pages, in order.
    fn tables(&mut self) -> Vec<Table> {
        let (mut ruled, mut single, mut within) = (Vec::new(), Vec::new(), Vec::new());
        for (position, sheet) in self.sheets.iter().enumerate() {
            let free = vec![true; sheet.words.len()];
            let (tables, rules) = ruled::tables(sheet, position, &free);
            let mut inside = vec![false; sheet.words.len()];
            strike(&tables, &mut inside, true);
            ruled.push(tables);
            single.push(rules);
            within.push(inside);
        }
        let furniture = furniture::find(&self.sheets, &within);
        let count: usize = furniture.iter().map(Vec::len).sum();
        if count > 0 {
            self.notes.push(format!("{count} words of running heads, feet and page numbers are left out"));
        }
        let (mut all, mut rest, mut left_over) = (Vec::new(), Vec::new(), Vec::new());
        for (position, (sheet, mut tables)) in self.sheets.iter().zip(ruled).enumerate() {
            let mut free: Vec<bool> = within.get(position).into_iter().flatten().map(|inside| !inside).collect();
            for at in furniture.get(position).into_iter().flatten() {
                if let Some(slot) = free.get_mut(*at) {
                    *slot = false;
                }
            }
            let words: Vec<usize> = free
                .iter()
                .enumerate()
                .filter(|(at, free)| **free && sheet.words.get(*at).is_some_and(|placed| !placed.across))
                .map(|(at, _)| at)
                .collect();
            let rules = single.get(position).map(Vec::as_slice).unwrap_or_default();
            let open = open::tables(sheet, position, &words, rules);
            strike(&open, &mut free, false);
            tables.extend(open);
            tables.sort_by(|a, b| {
                let beside = a.bounds[1] < b.bounds[3] && b.bounds[1] < a.bounds[3];
                let (a, b) = if beside { (a.bounds[0], b.bounds[0]) } else { (a.bounds[1], b.bounds[1]) };
                a.total_cmp(&b)
            });
            around::attach(sheet, &mut tables, &mut free);
            let other: Vec<f64> =
                free.iter().zip(&sheet.words).filter(|(free, _)| **free).map(|(_, placed)| placed.middle().1).collect();
            if !other.is_empty() {
                left_over.push((sheet.number, other.len()));
            }
            rest.push(other);
            all.extend(tables);
        }
        if !left_over.is_empty() {
            let words: usize = left_over.iter().map(|(_, words)| words).sum();
            let first: Vec<String> = left_over.iter().take(20).map(|(page, _)| page.to_string()).collect();
            let more = if left_over.len() > 20 { " and more" } else { "" };
            self.notes
                .push(format!("{words} words outside of tables are not read, on pages {}{more}", first.join(", ")));
        }
        joined::join(&self.sheets, all, &rest)
    }

    /// The grids that the layout asks for.
    fn grids(&self, tables: &[Table], layout: &Layout) -> Result<Vec<Grid>> {
        if tables.is_empty() {
            return Err(Fault::new(ErrorKind::Shape, "no table is found in the PDF")
                .help("its pages may be prose or drawings; `pages` picks other ones"));
        }
        if let Some(TableAt::Number(number)) = &layout.table {
            let table = usize::try_from(*number).ok().and_then(|n| tables.get(n.checked_sub(1)?));
            let table = table.ok_or_else(|| {
                let message = format!("the PDF has {} tables, and no table {number}", tables.len());
                Fault::new(ErrorKind::Shape, message).help(self.advice(tables))
            })?;
            return Ok(vec![self.grid(tables, table, true, self.limits)?]);
        }
        let mut left = self.limits.memory;
        let mut grids = Vec::new();
        for table in tables {
            let grid = self.grid(tables, table, grids.is_empty(), Limits { memory: left, ..self.limits })?;
            if let Some(TableAt::Holds(text)) = &layout.table
                && !grid.holds(&text.value)
            {
                continue;
            }
            left = left.saturating_sub(grid.size());
            grids.push(grid);
        }
        if let (true, Some(TableAt::Holds(text))) = (grids.is_empty(), &layout.table) {
            let message = format!("no table of the PDF holds `{}`", text.value);
            return Err(Fault::new(ErrorKind::Shape, message).help(self.advice(tables)));
        }
        Ok(grids)
    }

    /// What a table is called: its title, else its page and number there.
    fn title(&self, tables: &[Table], table: &Table) -> String {
        if let Some(title) = &table.title {
            return title.clone();
        }
        let number =
            tables.iter().filter(|other| other.sheet == table.sheet).take_while(|other| !std::ptr::eq(*other, table));
        let page = self.sheets.get(table.sheet).map_or(0, |sheet| sheet.number);
        format!("page {page}, table {}", number.count() + 1)
    }

    fn grid(&self, tables: &[Table], table: &Table, first: bool, limits: Limits) -> Result<Grid> {
        let mut builder = GridBuilder::new(self.title(tables, table), Places::Each(Vec::new()), limits);
        for (position, (cells, sheet)) in table.rows.iter().zip(&table.sheets).enumerate() {
            let Some(sheet) = self.sheets.get(*sheet) else { return Err(Fault::bug("a row on no page")) };
            builder.row(position as u64 + 1)?;
            for area in cells {
                match area {
                    Area::Covered(row, column) => builder.push_covered(*row, *column)?,
                    Area::Own(bounds) => {
                        let bounds = Table::place(*bounds, sheet);
                        let place = Locator::Page { page: sheet.number, bounds };
                        builder.push_at(&sheet.text_in(bounds), Form::Printed, place)?;
                    }
                }
            }
        }
        let pages: Vec<&Sheet> =
            self.sheets.iter().enumerate().filter(|(at, _)| table.sheets.contains(at)).map(|(_, s)| s).collect();
        let numbers = (pages.first().map_or(0, |sheet| sheet.number), pages.last().map_or(0, |sheet| sheet.number));
        let on = if numbers.0 == numbers.1 {
            format!("page {}", numbers.0)
        } else {
            format!("pages {}-{}", numbers.0, numbers.1)
        };
        let by = if table.ruled { "rules" } else { "white space" };
        let number = tables.iter().take_while(|other| !std::ptr::eq(*other, table)).count() + 1;
        builder.note(format!(
            "table {number} of {} in the PDF, {on}: {} rows, {} columns by {by}",
            tables.len(),
            table.rows.len(),
            table.columns.len()
        ));
        if !table.ruled {
            let note = "the table has no rules: its columns are told by white space alone, compare them with the page";
            builder.note(note.to_owned());
        }
        for note in &table.notes {
            builder.note(note.clone());
        }
        for note in pages.iter().flat_map(|sheet| &sheet.notes) {
            builder.note(note.clone());
        }
        if first {
            for note in &self.notes {
                builder.note(note.clone());
            }
        }
        Ok(builder.finish())
    }

    /// What tables there are, for a message.
    fn advice(&self, tables: &[Table]) -> String {
        const NAMED: usize = 12;
        let name = |(at, table): (usize, &Table)| {
            let title: String = self.title(tables, table).chars().take(60).collect();
            format!("{} ({title:?})", at + 1)
        };
        let names: Vec<String> = tables.iter().enumerate().take(NAMED).map(name).collect();
        let more = if tables.len() > NAMED { " and more" } else { "" };
        format!("`table` is a number or a text; the PDF has tables {}{more}", names.join(", "))
    }
}

/// Marks the words of tables.
fn strike(tables: &[Table], words: &mut [bool], mark: bool) {
    for at in tables.iter().flat_map(|table| table.words.iter()) {
        if let Some(slot) = words.get_mut(*at) {
            *slot = mark;
        }
    }
}
