//! The cells of an XLSX sheet: one pass over its part (ECMA-376 part 1, 18.3.1).

use quick_xml::events::{BytesStart, Event};
use quipu_schema::{ErrorKind, Fault, Result};

use super::areas::Area;
use super::biff;
use super::cells::{COLUMNS, Cells, ROWS};
use super::moment::{self, Style};
use super::number;
use super::xlsx::{self, Values};
use super::xml::{self, Xml};
use crate::Form;

/// What the `t` of a cell says of its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Number,
    Shared,
    Text,
    Inline,
    Flag,
    Fault,
    Moment,
    /// None given, or none that is known: a number if it is one, else text.
    Any,
}

/// A cell that is being read.
struct Open {
    row: u32,
    column: u32,
    style: Style,
    of_type: Type,
    /// Whether a formula makes its value.
    formula: bool,
    /// Whether it had a value, if an empty one.
    valued: bool,
}

/// Reads the cells and merged areas of a sheet.
///
/// # Errors
/// `Shape` for a damaged part, a text that is not among the shared ones, a cell beyond the end of a
/// sheet, or more than the limits allow.
pub(super) fn read(xml: &mut Xml<'_, '_>, values: &Values, cells: &mut Cells) -> Result<()> {
    let limits = cells.limits();
    let (mut row, mut column) = (0_u32, 0_u32);
    let mut text = String::new();
    let mut rich = String::new();
    let mut open: Option<Open> = None;
    loop {
        match xml.next()? {
            Event::Start(tag) => match xml::local(tag.name()) {
                b"c" => {
                    let cell = read_open(&tag, row, column, &values.styles)?;
                    (row, column) = (cell.row, cell.column.saturating_add(1));
                    open = Some(cell);
                }
                b"v" => {
                    xlsx::read_text(xml, &mut text, &limits)?;
                    if let Some(cell) = &mut open {
                        cell.valued |= !text.is_empty();
                        if cell.of_type != Type::Inline {
                            put(cell, &text, values, cells)?;
                        }
                    }
                }
                b"f" => {
                    xml.skip()?;
                    if let Some(cell) = &mut open {
                        cell.formula = true;
                    }
                }
                b"is" => {
                    rich.clear();
                    xlsx::read_rich(xml, &mut text, &limits, &mut rich)?;
                    if let Some(cell) = &mut open {
                        cell.valued = true;
                        cells.put(cell.row, cell.column, &rich, Form::Printed)?;
                    }
                }
                b"row" => (row, column) = (read_row(&tag, row, cells)?, 0),
                b"mergeCell" => cells.merge(read_area(&tag)?)?,
                _ => {}
            },
            Event::Empty(tag) => match xml::local(tag.name()) {
                b"c" => {
                    let cell = read_open(&tag, row, column, &[])?;
                    (row, column) = (cell.row, cell.column.saturating_add(1));
                }
                b"f" => {
                    if let Some(cell) = &mut open {
                        cell.formula = true;
                    }
                }
                b"row" => (row, column) = (read_row(&tag, row, cells)?.saturating_add(1), 0),
                b"col" => read_columns(&tag, cells),
                b"mergeCell" => cells.merge(read_area(&tag)?)?,
                _ => {}
            },
            Event::End(tag) => match xml::local(tag.name()) {
                b"c" => {
                    if let Some(cell) = open.take_if(|cell| cell.formula && !cell.valued && cell.of_type != Type::Text)
                    {
                        cells.without_value(cell.row, cell.column);
                    }
                    open = None;
                    if cells.done() {
                        return Ok(());
                    }
                }
                b"row" => (row, column) = (row.saturating_add(1), 0),
                _ => {}
            },
            Event::Eof => {
                return if xml.depth() == 0 { Ok(()) } else { Err(xml.cut()) };
            }
            _ => {}
        }
    }
}

fn read_open(tag: &BytesStart<'_>, row: u32, column: u32, styles: &[Style]) -> Result<Open> {
    let mut cell = Open { row, column, style: Style::Number, of_type: Type::Any, formula: false, valued: false };
    for (name, value) in xml::attributes(tag) {
        match name {
            "r" => (cell.row, cell.column) = reference(value).ok_or_else(|| no_place(value))?,
            "s" => {
                let style = value.parse().ok().and_then(|number: usize| styles.get(number));
                cell.style = style.copied().unwrap_or_default();
            }
            "t" => {
                cell.of_type = match value {
                    "s" => Type::Shared,
                    "n" => Type::Number,
                    "str" => Type::Text,
                    "inlineStr" => Type::Inline,
                    "b" => Type::Flag,
                    "e" => Type::Fault,
                    "d" => Type::Moment,
                    _ => Type::Any,
                }
            }
            _ => {}
        }
    }
    Ok(cell)
}

/// Puts the value of a cell among the others.
fn put(cell: &Open, text: &str, values: &Values, cells: &mut Cells) -> Result<()> {
    let (row, column) = (cell.row, cell.column);
    match cell.of_type {
        Type::Shared => {
            if text.is_empty() {
                return Ok(());
            }
            let number = text.trim_ascii().parse().unwrap_or(usize::MAX);
            cells.put(row, column, values.shared(number, row, column)?, Form::Printed)
        }
        Type::Text => cells.put_with(row, column, |into| {
            xlsx::add_text(text, into);
            Form::Printed
        }),
        Type::Flag => match text.trim_ascii() {
            "0" | "false" | "FALSE" => cells.put(row, column, "false", Form::Flag),
            "1" | "true" | "TRUE" => cells.put(row, column, "true", Form::Flag),
            other => cells.put(row, column, other, Form::Printed),
        },
        Type::Fault => cells.put(row, column, text.trim_ascii(), Form::Fault),
        Type::Moment => cells
            .put_with(row, column, |into| if moment::write_iso(text, into) { Form::Date } else { printed(text, into) }),
        Type::Number | Type::Any | Type::Inline => cells.put_with(row, column, |into| {
            if cell.style == Style::Number {
                return if number::write_printed(text, into) { Form::Number } else { printed(text, into) };
            }
            match text.trim_ascii().parse::<f64>() {
                Ok(number) if number.is_finite() => biff::write_value(number, cell.style, values.epoch, into),
                _ => printed(text, into),
            }
        }),
    }
}

fn printed(text: &str, into: &mut String) -> Form {
    into.push_str(text);
    Form::Printed
}

/// The row that a tag begins, where the next would be `row`.
fn read_row(tag: &BytesStart<'_>, mut row: u32, cells: &mut Cells) -> Result<u32> {
    let mut hidden = false;
    for (name, value) in xml::attributes(tag) {
        match name {
            "r" => {
                let number = value.parse::<u32>().ok().filter(|number| (1..=ROWS).contains(number));
                row = number.map(|number| number - 1).ok_or_else(|| no_place(value))?;
            }
            "hidden" => hidden = xlsx::is_true(value),
            _ => {}
        }
    }
    if hidden {
        cells.hidden.rows(row, row);
    }
    Ok(row)
}

fn read_columns(tag: &BytesStart<'_>, cells: &mut Cells) {
    let number = |name: &str| {
        let (_, value) = xml::attributes(tag).find(|(key, _)| *key == name)?;
        value.parse::<u32>().ok()?.checked_sub(1)
    };
    let hidden = xml::attributes(tag).any(|(name, value)| name == "hidden" && xlsx::is_true(value));
    if let (true, Some(first), Some(last)) = (hidden, number("min"), number("max")) {
        cells.hidden.columns(first, last);
    }
}

fn read_area(tag: &BytesStart<'_>) -> Result<Area> {
    let (_, value) = xml::attributes(tag).find(|(name, _)| *name == "ref").unwrap_or_default();
    let (first, last) = value.split_once(':').unwrap_or((value, value));
    let ((top, left), (bottom, right)) = reference(first).zip(reference(last)).ok_or_else(|| no_place(value))?;
    Ok(Area { top, left, bottom, right })
}

/// Row and column, from 0, of a name such as `C12`; `None` beyond the end of a sheet.
fn reference(name: &str) -> Option<(u32, u32)> {
    let (mut row, mut column, mut digits) = (0_u32, 0_u32, false);
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' if !digits => {
                column = column * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1;
            }
            b'0'..=b'9' => {
                digits = true;
                row = row * 10 + u32::from(byte - b'0');
            }
            b'$' => {}
            _ => return None,
        }
        if row > ROWS || column > COLUMNS {
            return None;
        }
    }
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

fn no_place(name: &str) -> Fault {
    let shown: String = name.chars().take(24).collect();
    Fault::new(ErrorKind::Shape, format!("the workbook is damaged: `{shown}` is no cell of a sheet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        assert_eq!(reference("A1"), Some((0, 0)));
        assert_eq!(reference("xfd1048576"), Some((1_048_575, 16_383)));
        assert_eq!(reference("$C$12"), Some((11, 2)));
        for name in
            ["", "A", "1", "A0", "XFE1", "A1048577", "A99999999999999999999", "ZZZZZZZZZZZZ1", "1A", "A-1", "é1"]
        {
            assert_eq!(reference(name), None, "{name}");
        }
    }
}
