//! XLSB: the parts of XLSX as binary records (MS-XLSB 2.1.4).

use std::collections::BTreeMap;
use std::io::{BufRead as _, Read as _};

use quipu_schema::{ErrorKind, Fault, Result};

use super::areas::Area;
use super::biff::{self, Run};
use super::book::{Book, Take};
use super::cells::Cells;
use super::moment::{Epoch, Style};
use super::ooxml::{self, Relations};
use super::package::{Member, Package};
use super::sheets::{self, Sheet, Shown};
use super::style;
use super::xlsx::Values;
use crate::{Form, Limits};

/// An open workbook.
pub(super) struct Xlsb<'a> {
    package: Package<'a>,
    limits: Limits,
    sheets: Vec<Sheet>,
    parts: Vec<String>,
    relations: Relations,
    values: Values,
    ready: bool,
}

impl<'a> Xlsb<'a> {
    /// Opens a workbook by its main part: the list of sheets, and nothing more yet.
    ///
    /// # Errors
    /// `Shape` for a damaged workbook.
    pub(super) fn open(mut package: Package<'a>, main: &str, limits: &Limits) -> Result<Self> {
        let relations = ooxml::relations(&mut package, main, limits)?;
        let (mut sheets, mut parts, mut epoch) = (Vec::new(), Vec::new(), Epoch::Of1900);
        let Some(member) = package.member(main)? else {
            return Err(ooxml::not_a_workbook("an archive whose main part is missing"));
        };
        let mut records = Records::new(member, limits);
        while let Some(kind) = records.next()? {
            match kind {
                // BrtWbProp
                153 if biff::byte(&records.data, 0).is_some_and(|flags| flags & 1 != 0) => epoch = Epoch::Of1904,
                // BrtBundleSh
                156 => {
                    if let Some((sheet, part)) = read_sheet(&records, &relations)? {
                        sheets::add(&mut sheets, sheet)?;
                        parts.push(part);
                    }
                }
                // BrtEndBook
                132 => break,
                _ => {}
            }
        }
        drop(records);
        let values = Values { epoch, ..Values::default() };
        Ok(Self { package, limits: *limits, sheets, parts, relations, values, ready: false })
    }

    fn prepare(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.ready, true) {
            return Ok(());
        }
        if let Some(part) = ooxml::part_of_kind(&self.relations, "styles")
            && let Some(member) = self.package.member(&part)?
        {
            (self.values.styles, self.values.raising) = read_styles(Records::new(member, &self.limits))?;
        }
        if let Some(part) = ooxml::part_of_kind(&self.relations, "sharedStrings")
            && let Some(member) = self.package.member(&part)?
        {
            let mut records = Records::new(member, &self.limits);
            while let Some(kind) = records.next()? {
                // BrtSSTItem
                if kind == 19 {
                    let (text, runs) = rich(&records.data, 0, &self.values.raising).ok_or_else(|| records.wrong())?;
                    self.values.strings.add(&self.limits, |into| {
                        biff::add_rich(text, &runs, into);
                        Ok(())
                    })?;
                }
            }
        }
        Ok(())
    }
}

impl Book for Xlsb<'_> {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn read(&mut self, numbers: &[usize], take: &mut dyn Take) -> Result<()> {
        self.prepare()?;
        for number in numbers {
            let part = self.parts.get(*number).ok_or_else(|| Fault::bug("a sheet that is not there"))?;
            let mut cells = take.start();
            let Some(member) = self.package.member(part)? else { return Err(ooxml::missing(part)) };
            read_cells(Records::new(member, &self.limits), &self.values, &mut cells)?;
            take.take(*number, cells)?;
        }
        Ok(())
    }
}

/// The records of a part.
struct Records<'p, 'a> {
    member: Member<'p, 'a>,
    /// The content of the last record.
    data: Vec<u8>,
    most: usize,
}

impl<'p, 'a> Records<'p, 'a> {
    fn new(member: Member<'p, 'a>, limits: &Limits) -> Self {
        // The longest texts take two bytes a character, and a few around them.
        Self { member, data: Vec::new(), most: limits.cell.saturating_mul(2).saturating_add(1024) }
    }

    /// The kind of the next record, whose content is then in `data`; `None` at the end.
    fn next(&mut self) -> Result<Option<u32>> {
        self.member.allow(self.most);
        let Some(low) = self.byte()? else { return Ok(None) };
        let mut kind = u32::from(low & 0x7f);
        if low & 0x80 != 0 {
            kind |= u32::from(self.byte()?.ok_or_else(|| self.cut())? & 0x7f) << 7;
        }
        let mut size = 0_usize;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?.ok_or_else(|| self.cut())?;
            size |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if size > self.most {
            return Err(Limits::exceeded(format!("a record of {size} bytes")));
        }
        self.data.clear();
        let read = (&mut self.member).take(size as u64).read_to_end(&mut self.data);
        match read {
            Ok(count) if count == size => Ok(Some(kind)),
            Ok(_) => Err(self.cut()),
            Err(error) => Err(self.member.fault(error)),
        }
    }

    fn byte(&mut self) -> Result<Option<u8>> {
        let byte = match self.member.fill_buf() {
            Ok(bytes) => bytes.first().copied(),
            Err(error) => return Err(self.member.fault(error)),
        };
        if byte.is_some() {
            self.member.consume(1);
        }
        Ok(byte)
    }

    fn cut(&self) -> Fault {
        self.fault("it ends in the middle")
    }

    fn wrong(&self) -> Fault {
        self.fault("a record is too short")
    }

    fn fault(&self, what: &str) -> Fault {
        let place = format!("part `{}`", self.member.name());
        Fault::new(ErrorKind::Shape, format!("the workbook is damaged: {what}")).at(place)
    }
}

/// A text with its length in characters before it, from `at` on, and where it ends.
fn wide(data: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length = usize::try_from(biff::u32_at(data, at)?).ok()?.checked_mul(2)?;
    let (start, end) = (at + 4, at.checked_add(4)?.checked_add(length)?);
    Some((data.get(start..end)?, end))
}

/// A text of runs, from `at` on: flags, the text, how many runs, the runs.
fn rich<'d>(data: &'d [u8], at: usize, raising: &[bool]) -> Option<(&'d [u8], Vec<Run>)> {
    let (text, end) = wide(data, at + 1)?;
    let has_runs = biff::byte(data, at)? & 1 != 0;
    let runs = if has_runs { data.get(end + 4..).unwrap_or_default() } else { &[] };
    let said = if has_runs { biff::u32_at(data, end).unwrap_or_default() as usize } else { 0 };
    let runs = runs.get(..said.saturating_mul(4)).unwrap_or(runs);
    Some((text, biff::runs(runs, |font| raising.get(usize::from(font)).copied().unwrap_or_default())))
}

fn read_sheet(records: &Records<'_, '_>, relations: &Relations) -> Result<Option<(Sheet, String)>> {
    let data = &records.data;
    // A sheet that leads nowhere was never saved.
    if biff::u32_at(data, 8) == Some(u32::MAX) {
        return Ok(None);
    }
    let parts = wide(data, 8).and_then(|(id, end)| Some((id, wide(data, end)?.0)));
    let (id, wide_name) = parts.ok_or_else(|| records.wrong())?;
    let (mut relation, mut name) = (String::new(), String::new());
    biff::add_wide(id, &mut relation);
    biff::add_wide(wide_name, &mut name);
    let shown = match biff::u32_at(data, 0) {
        Some(1) => Shown::Hidden,
        Some(2) => Shown::VeryHidden,
        _ => Shown::Visible,
    };
    let relation = ooxml::part_of_sheet(relations, &relation, &name)?;
    let kind = ooxml::kind_of_sheet(&relation.kind);
    Ok(Some((Sheet { name, kind, shown }, relation.part.clone())))
}

/// What the cell formats make of numbers, and of each font whether it sets text higher.
fn read_styles(mut records: Records<'_, '_>) -> Result<(Vec<Style>, Vec<bool>)> {
    let mut codes: BTreeMap<u16, Style> = BTreeMap::new();
    let (mut styles, mut raising, mut in_formats) = (Vec::new(), Vec::new(), false);
    while let Some(kind) = records.next()? {
        let data = &records.data;
        match kind {
            // BrtFmt
            44 => {
                let parts = biff::u16_at(data, 0).zip(wide(data, 2));
                let (number, (wide_code, _)) = parts.ok_or_else(|| records.wrong())?;
                let mut code = String::new();
                biff::add_wide(wide_code, &mut code);
                codes.entry(number).or_insert_with(|| style::of_code(&code));
            }
            // BrtFont
            43 => raising.push(biff::u16_at(data, 6) == Some(1)),
            // BrtBeginCellXFs, BrtEndCellXFs
            617 => in_formats = true,
            618 => in_formats = false,
            // BrtXF
            47 if in_formats => {
                let number = biff::u16_at(data, 2).ok_or_else(|| records.wrong())?;
                styles.push(codes.get(&number).copied().unwrap_or_else(|| style::built_in(number.into())));
            }
            _ => {}
        }
    }
    Ok((styles, raising))
}

fn read_cells(mut records: Records<'_, '_>, values: &Values, cells: &mut Cells) -> Result<()> {
    let mut row = 0;
    while let Some(kind) = records.next()? {
        match kind {
            // BrtRowHdr
            0 => {
                row = biff::u32_at(&records.data, 0).ok_or_else(|| records.wrong())?;
                if biff::byte(&records.data, 11).is_some_and(|flags| flags & 0x10 != 0) {
                    cells.hidden.rows(row, row);
                }
            }
            // BrtColInfo
            60 if biff::byte(&records.data, 16).is_some_and(|flags| flags & 1 != 0) => {
                let at = |at| biff::u32_at(&records.data, at).unwrap_or_default();
                cells.hidden.columns(at(0), at(4));
            }
            2..=11 | 62 => {
                read_cell(kind, row, &records.data, values, cells)?.ok_or_else(|| records.wrong())?;
                if cells.done() {
                    return Ok(());
                }
            }
            // The short forms without a column, which no program is known to write.
            13..=18 => return Err(records.fault("it has cells of a kind that is not read")),
            // BrtMergeCell
            176 => {
                let at = |at| biff::u32_at(&records.data, at);
                let area = (|| Some(Area { top: at(0)?, bottom: at(4)?, left: at(8)?, right: at(12)? }))();
                cells.merge(area.ok_or_else(|| records.wrong())?)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reads a cell; `None` where its record is too short.
fn read_cell(kind: u32, row: u32, data: &[u8], values: &Values, cells: &mut Cells) -> Result<Option<()>> {
    let (Some(column), Some(style)) = (biff::u32_at(data, 0), biff::u32_at(data, 4)) else { return Ok(None) };
    let style = values.styles.get((style & 0x00ff_ffff) as usize).copied().unwrap_or_default();
    let mut put_number =
        |number: f64| cells.put_with(row, column, |into| biff::write_value(number, style, values.epoch, into));
    match kind {
        // BrtCellRk
        2 => {
            let Some(packed) = biff::u32_at(data, 8) else { return Ok(None) };
            put_number(biff::unpack_rk(packed))?;
        }
        // BrtCellReal, BrtFmlaNum
        5 | 9 => {
            let Some(number) = biff::f64_at(data, 8) else { return Ok(None) };
            put_number(number)?;
        }
        // BrtCellError, BrtFmlaError
        3 | 11 => {
            let Some(code) = biff::byte(data, 8) else { return Ok(None) };
            cells.put(row, column, biff::error_name(code), Form::Fault)?;
        }
        // BrtCellBool, BrtFmlaBool
        4 | 10 => {
            let Some(flag) = biff::byte(data, 8) else { return Ok(None) };
            cells.put(row, column, if flag == 0 { "false" } else { "true" }, Form::Flag)?;
        }
        // BrtCellIsst
        7 => {
            let Some(number) = biff::u32_at(data, 8) else { return Ok(None) };
            cells.put(row, column, values.shared(number as usize, row, column)?, Form::Printed)?;
        }
        // BrtCellRString
        62 => {
            let Some((text, runs)) = rich(data, 8, &values.raising) else { return Ok(None) };
            cells.put_with(row, column, |into| {
                biff::add_rich(text, &runs, into);
                Form::Printed
            })?;
        }
        // BrtCellSt, BrtFmlaString
        _ => {
            let Some((text, _)) = wide(data, 8) else { return Ok(None) };
            cells.put_with(row, column, |into| {
                biff::add_wide(text, into);
                Form::Printed
            })?;
        }
    }
    Ok(Some(()))
}
