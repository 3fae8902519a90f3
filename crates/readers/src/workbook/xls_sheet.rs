//! The cells of an XLS sheet: one pass over its records (MS-XLS 2.4).

use quipu_schema::{ErrorKind, Fault, Result};

use super::areas::Area;
use super::biff;
use super::cells::Cells;
use super::moment::Style;
use super::records::{BOF, EOF, Records, short};
use super::xls::{self, Texts};
use super::xlsx::Values;
use crate::Form;

/// Reads the cells and merged areas of the sheet that starts at a position of the stream, and says
/// where it ends.
///
/// # Errors
/// `Shape` for a damaged stream, or more than the limits allow.
pub(super) fn read(stream: &[u8], start: usize, texts: Texts, values: &Values, cells: &mut Cells) -> Result<usize> {
    let mut records = Records::new(stream, start);
    if records.next()?.is_none_or(|first| first.kind != BOF) {
        return Err(Fault::new(ErrorKind::Shape, "the workbook is damaged: a sheet is not where it should be"));
    }
    // Charts within the sheet are streams of their own, with cells of their own.
    let mut within = 0_usize;
    // The cell of a formula whose text follows in a record of its own.
    let mut awaited = None;
    let mut scratch = String::new();
    while let Some(record) = records.next()? {
        let data = record.data;
        match record.kind {
            BOF => within += 1,
            EOF if within == 0 => break,
            EOF => within -= 1,
            _ if within > 0 => {}
            // MergeCells: how many, then first and last row, first and last column of each.
            0x00e5 => {
                for area in data.get(2..).unwrap_or_default().as_chunks::<8>().0 {
                    let at = |at| biff::u16_at(area, at).map(u32::from).ok_or_else(short);
                    cells.merge(Area { top: at(0)?, bottom: at(2)?, left: at(4)?, right: at(6)? })?;
                }
            }
            // Row: flags at 12
            0x0208 if biff::u16_at(data, 12).is_some_and(|flags| flags & 0x20 != 0) => {
                let row = u32::from(biff::u16_at(data, 0).unwrap_or_default());
                cells.hidden.rows(row, row);
            }
            // ColInfo: first and last column, flags at 8
            0x007d if biff::u16_at(data, 8).is_some_and(|flags| flags & 1 != 0) => {
                let at = |at| u32::from(biff::u16_at(data, at).unwrap_or_default());
                cells.hidden.columns(at(0), at(2));
            }
            // String
            0x0207 => {
                if let Some((row, column)) = awaited.take() {
                    read_text(&mut records, data, texts, values, &mut scratch)?;
                    cells.put(row, column, &scratch, Form::Printed)?;
                }
            }
            // LabelSst, Label, RString, Number, BoolErr, RK, MulRk, Formula
            0x00fd | 0x0204 | 0x00d6 | 0x0203 | 0x0205 | 0x027e | 0x00bd | 0x0006 => {
                let cell = Head::read(data, values).ok_or_else(short)?;
                match record.kind {
                    0x00fd => {
                        let number = biff::u32_at(data, 6).ok_or_else(short)? as usize;
                        cells.put(
                            cell.row,
                            cell.column,
                            values.shared(number, cell.row, cell.column)?,
                            Form::Printed,
                        )?;
                    }
                    0x0204 | 0x00d6 => {
                        let data = data.get(6..).unwrap_or_default();
                        read_text(&mut records, data, texts, values, &mut scratch)?;
                        cells.put(cell.row, cell.column, &scratch, Form::Printed)?;
                    }
                    0x0203 => cell.number(biff::f64_at(data, 6).ok_or_else(short)?, values, cells)?,
                    0x0205 => cell.flag_or_error(
                        biff::byte(data, 7).ok_or_else(short)? == 0,
                        biff::byte(data, 6).ok_or_else(short)?,
                        cells,
                    )?,
                    0x027e => cell.number(biff::unpack_rk(biff::u32_at(data, 6).ok_or_else(short)?), values, cells)?,
                    0x00bd => read_row(cell, data, values, cells)?,
                    _ => awaited = read_formula(&cell, data, values, cells)?,
                }
                if cells.done() {
                    break;
                }
            }
            _ => {}
        }
    }
    Ok(records.position())
}

/// What the records of cells begin with.
struct Head {
    row: u32,
    column: u32,
    style: Style,
}

impl Head {
    fn read(data: &[u8], values: &Values) -> Option<Self> {
        let style = values.styles.get(usize::from(biff::u16_at(data, 4)?)).copied().unwrap_or_default();
        Some(Self { row: biff::u16_at(data, 0)?.into(), column: biff::u16_at(data, 2)?.into(), style })
    }

    fn number(&self, number: f64, values: &Values, cells: &mut Cells) -> Result<()> {
        cells.put_with(self.row, self.column, |into| biff::write_value(number, self.style, values.epoch, into))
    }

    fn flag_or_error(&self, is_flag: bool, value: u8, cells: &mut Cells) -> Result<()> {
        match (is_flag, value) {
            (true, 0) => cells.put(self.row, self.column, "false", Form::Flag),
            (true, _) => cells.put(self.row, self.column, "true", Form::Flag),
            (false, code) => cells.put(self.row, self.column, biff::error_name(code), Form::Fault),
        }
    }
}

/// Several packed numbers side by side: row, first column, format and number of each, last column.
fn read_row(mut cell: Head, data: &[u8], values: &Values, cells: &mut Cells) -> Result<()> {
    let end = data.len().saturating_sub(2);
    for number in data.get(4..end).unwrap_or_default().as_chunks::<6>().0 {
        let format = biff::u16_at(number, 0).ok_or_else(short)?;
        cell.style = values.styles.get(usize::from(format)).copied().unwrap_or_default();
        cell.number(biff::unpack_rk(biff::u32_at(number, 2).ok_or_else(short)?), values, cells)?;
        cell.column += 1;
    }
    Ok(())
}

/// The stored value of a formula; where it is a text, the cell that awaits it.
fn read_formula(cell: &Head, data: &[u8], values: &Values, cells: &mut Cells) -> Result<Option<(u32, u32)>> {
    let value = data.get(6..14).ok_or_else(short)?;
    if biff::u16_at(value, 6) != Some(0xffff) {
        cell.number(biff::f64_at(value, 0).ok_or_else(short)?, values, cells)?;
        return Ok(None);
    }
    let result = biff::byte(value, 2).unwrap_or_default();
    match biff::byte(value, 0) {
        Some(0) => return Ok(Some((cell.row, cell.column))),
        Some(1) => cell.flag_or_error(true, result, cells)?,
        Some(2) => cell.flag_or_error(false, result, cells)?,
        // An empty text.
        _ => {}
    }
    Ok(None)
}

/// Reads a text with its length in two bytes before it.
fn read_text<'a>(
    records: &mut Records<'a>,
    data: &'a [u8],
    texts: Texts,
    values: &Values,
    into: &mut String,
) -> Result<()> {
    into.clear();
    match texts {
        Texts::Unicode => records.continued(data)?.add_text(&|font| xls::raises(&values.raising, font), into),
        Texts::Bytes(encoding) => {
            let length = usize::from(biff::u16_at(data, 0).ok_or_else(short)?);
            let bytes = data.get(2..2 + length).ok_or_else(short)?;
            into.push_str(&encoding.decode_without_bom_handling(bytes).0);
            Ok(())
        }
    }
}
