//! XLSX and XLSM: the main part, number formats and shared texts (ECMA-376 part 1, 18).
//!
//! Our own reader and not a library's, because the bytes are not to be trusted: sizes that they
//! claim are never allocated for, a sheet is one stream from the archive to its cells, and every
//! byte on the way counts against the limits.

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};
use quipu_schema::{ErrorKind, Fault, Result};

use super::book::{Book, Take};
use super::moment::{Epoch, Style};
use super::ooxml::{self, Relations};
use super::package::Package;
use super::sheets::{self, Kind, Sheet, Shown};
use super::strings::Strings;
use super::xml::{self, Xml};
use super::{cells, raised, style, xlsx_sheet};
use crate::Limits;

/// An open workbook.
pub(super) struct Xlsx<'a> {
    package: Package<'a>,
    limits: Limits,
    sheets: Vec<Sheet>,
    /// The parts of the sheets.
    parts: Vec<String>,
    relations: Relations,
    values: Values,
    /// Whether number formats and shared texts were read.
    ready: bool,
}

/// What cells refer to.
#[derive(Default)]
pub(super) struct Values {
    pub(super) strings: Strings,
    /// What each cell format makes of a number.
    pub(super) styles: Vec<Style>,
    /// Of each font of a binary format, whether it sets text higher.
    pub(super) raising: Vec<bool>,
    pub(super) epoch: Epoch,
}

impl Values {
    /// The shared text of this number, for the cell in this row and column.
    ///
    /// # Errors
    /// `Shape` where there is none.
    pub(super) fn shared(&self, number: usize, row: u32, column: u32) -> Result<&str> {
        self.strings.get(number).ok_or_else(|| {
            let (cell, count) = (cells::name(row, column), self.strings.len());
            let message = format!("the workbook is damaged: {cell} refers to text {number} of {count} shared texts");
            Fault::new(ErrorKind::Shape, message)
        })
    }
}

impl<'a> Xlsx<'a> {
    /// Opens a workbook by its main part: the list of sheets, and nothing more yet.
    ///
    /// # Errors
    /// `Shape` for a damaged workbook.
    pub(super) fn open(mut package: Package<'a>, main: &str, limits: &Limits) -> Result<Self> {
        let relations = ooxml::relations(&mut package, main, limits)?;
        let mut book = Self {
            package,
            limits: *limits,
            sheets: Vec::new(),
            parts: Vec::new(),
            relations,
            values: Values::default(),
            ready: false,
        };
        book.read_main(main)?;
        Ok(book)
    }

    fn read_main(&mut self, main: &str) -> Result<()> {
        let Some(member) = self.package.member(main)? else {
            return Err(ooxml::not_a_workbook("an archive whose main part is missing"));
        };
        let mut xml = Xml::new(member, &self.limits);
        loop {
            match xml.next()? {
                Event::Start(tag) | Event::Empty(tag) => match xml::local(tag.name()) {
                    b"sheet" => {
                        let (sheet, part) = read_sheet(&tag, &self.relations)?;
                        sheets::add(&mut self.sheets, sheet)?;
                        self.parts.push(part);
                    }
                    b"workbookPr" => {
                        if let Some(flag) = xml::attribute(&tag, "date1904")? {
                            self.values.epoch = if is_true(&flag) { Epoch::Of1904 } else { Epoch::Of1900 };
                        }
                    }
                    _ => {}
                },
                Event::End(tag) if xml::local(tag.name()) == b"workbook" => return Ok(()),
                Event::Eof => return Err(xml.cut()),
                _ => {}
            }
        }
    }

    /// Reads what cells refer to, once.
    fn prepare(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.ready, true) {
            return Ok(());
        }
        if let Some(part) = ooxml::part_of_kind(&self.relations, "styles")
            && let Some(member) = self.package.member(&part)?
        {
            self.values.styles = read_styles(&mut Xml::new(member, &self.limits), &self.limits)?;
        }
        if let Some(part) = ooxml::part_of_kind(&self.relations, "sharedStrings")
            && let Some(member) = self.package.member(&part)?
        {
            read_strings(&mut Xml::new(member, &self.limits), &self.limits, &mut self.values.strings)?;
        }
        Ok(())
    }
}

impl Book for Xlsx<'_> {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn read(&mut self, numbers: &[usize], take: &mut dyn Take) -> Result<()> {
        self.prepare()?;
        for number in numbers {
            let part = self.parts.get(*number).ok_or_else(|| Fault::bug("a sheet that is not there"))?;
            let mut cells = take.start();
            let Some(member) = self.package.member(part)? else { return Err(ooxml::missing(part)) };
            xlsx_sheet::read(&mut Xml::new(member, &self.limits), &self.values, &mut cells)?;
            take.take(*number, cells)?;
        }
        Ok(())
    }
}

pub(super) fn is_true(flag: &str) -> bool {
    matches!(flag, "1" | "true")
}

fn read_sheet(tag: &BytesStart<'_>, relations: &Relations) -> Result<(Sheet, String)> {
    let (mut name, mut id, mut shown) = (String::new(), String::new(), Shown::Visible);
    for (key, value) in xml::attributes(tag) {
        match key {
            "name" => ooxml::add_unescaped(&xml::unescape(value)?, &mut name),
            "id" => id = xml::unescape(value)?.into_owned(),
            "state" => {
                shown = match value {
                    "hidden" => Shown::Hidden,
                    "veryHidden" => Shown::VeryHidden,
                    _ => Shown::Visible,
                }
            }
            _ => {}
        }
    }
    let relation = ooxml::part_of_sheet(relations, &id, &name)?;
    let kind: Kind = ooxml::kind_of_sheet(&relation.kind);
    Ok((Sheet { name, kind, shown }, relation.part.clone()))
}

/// What the cell formats make of numbers, in their order.
fn read_styles(xml: &mut Xml<'_, '_>, limits: &Limits) -> Result<Vec<Style>> {
    let mut codes: BTreeMap<u32, Style> = BTreeMap::new();
    let (mut styles, mut in_formats) = (Vec::new(), false);
    loop {
        let event = xml.next()?;
        let opens = matches!(event, Event::Start(_));
        match event {
            Event::Start(tag) | Event::Empty(tag) => match xml::local(tag.name()) {
                b"numFmt" => {
                    let number = xml::attribute(&tag, "numFmtId")?.and_then(|number| number.parse().ok());
                    if let (Some(number), Some(code)) = (number, xml::attribute(&tag, "formatCode")?) {
                        codes.entry(number).or_insert_with(|| style::of_code(&code));
                    }
                }
                b"cellXfs" => in_formats = opens,
                b"xf" if in_formats => {
                    let number = xml::attribute(&tag, "numFmtId")?.and_then(|number| number.parse().ok());
                    let style = number.map(|n| codes.get(&n).copied().unwrap_or_else(|| style::built_in(n)));
                    styles.push(style.unwrap_or_default());
                    if styles.len() > limits.memory {
                        return Err(Limits::exceeded("its cell formats take all memory"));
                    }
                }
                _ => {}
            },
            Event::End(tag) if xml::local(tag.name()) == b"cellXfs" => in_formats = false,
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

/// The shared texts. What the part says of their number is not believed.
fn read_strings(xml: &mut Xml<'_, '_>, limits: &Limits, strings: &mut Strings) -> Result<()> {
    let mut scratch = String::new();
    loop {
        match xml.next()? {
            Event::Start(tag) if xml::local(tag.name()) == b"si" => {
                strings.add(limits, |text| read_rich(xml, &mut scratch, limits, text))?;
            }
            Event::Empty(tag) if xml::local(tag.name()) == b"si" => strings.add(limits, |_| Ok(()))?,
            Event::End(tag) if xml::local(tag.name()) == b"sst" => return Ok(()),
            Event::Eof => return Err(xml.cut()),
            _ => {}
        }
    }
}

/// Adds the text of an element whose start was read last: all its `t` in order, without those that
/// only say how it is pronounced, and those that are set higher as such. White space around a `t` counts
/// where it says so.
pub(super) fn read_rich(xml: &mut Xml<'_, '_>, scratch: &mut String, limits: &Limits, into: &mut String) -> Result<()> {
    let outside = xml.depth().saturating_sub(1);
    let (start, mut is_raised) = (into.len(), false);
    while xml.depth() > outside {
        match xml.next()? {
            Event::Start(tag) => match xml::local(tag.name()) {
                b"r" => is_raised = false,
                b"vertAlign" => is_raised = raises(&tag),
                b"t" => {
                    let keep = xml::attributes(&tag).any(|attribute| attribute == ("space", "preserve"));
                    read_text(xml, scratch, limits)?;
                    let text = if keep { scratch.as_str() } else { scratch.trim_matches([' ', '\t', '\r', '\n']) };
                    if is_raised {
                        raised::add_raised(text, into);
                    } else {
                        add_text(text, into);
                    }
                    limits.check_cell(into.len() - start)?;
                }
                b"rPh" => xml.skip()?,
                _ => {}
            },
            Event::Empty(tag) if xml::local(tag.name()) == b"vertAlign" => is_raised = raises(&tag),
            Event::Eof => return Err(xml.cut()),
            _ => {}
        }
    }
    Ok(())
}

fn raises(tag: &BytesStart<'_>) -> bool {
    xml::attributes(tag).any(|attribute| attribute == ("val", "superscript"))
}

/// The text of an element whose start was read last, without that of elements in it.
pub(super) fn read_text(xml: &mut Xml<'_, '_>, into: &mut String, limits: &Limits) -> Result<()> {
    into.clear();
    let inside = xml.depth();
    loop {
        let event = xml.next()?;
        match event {
            Event::End(_) => {
                if xml.depth() < inside {
                    return Ok(());
                }
            }
            Event::Eof => return Err(xml.cut()),
            Event::Start(_) => xml.skip()?,
            event => {
                xml::add_text(&event, into)?;
                limits.check_cell(into.len())?;
            }
        }
    }
}

/// Adds a text of Office, whose escapes are rare.
pub(super) fn add_text(text: &str, into: &mut String) {
    if text.contains("_x") { ooxml::add_unescaped(text, into) } else { into.push_str(text) }
}
