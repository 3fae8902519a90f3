//! The sheets in every format: by a writer of XLSX, and by the generators of the readers' tests.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use rust_xlsxwriter::{Format, FormatScript, Formula, Workbook, XlsxError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::sheet::{Cell, Place, Sheet, printed};

#[path = "../../../readers/tests/made/compound.rs"]
#[expect(clippy::unwrap_used, reason = "a generator of tests")]
mod compound;
#[path = "../../../readers/tests/made/ods.rs"]
#[allow(dead_code, reason = "the tests of the readers use all of it")]
mod ods;
#[path = "../../../readers/tests/made/xls.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "the tests of the readers use all of it")]
mod xls;
#[path = "../../../readers/tests/made/xlsb.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "the tests of the readers use all of it")]
mod xlsb;
#[path = "../../../readers/tests/made/xlsx.rs"]
#[allow(dead_code, reason = "the tests of the readers use all of it")]
mod xlsx;

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a member");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

pub(crate) fn xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (plain, raised) = (Format::new(), Format::new().set_font_script(FormatScript::Superscript));
    for sheet in sheets {
        let to = book.add_worksheet();
        to.set_name(sheet.name)?.set_hidden(sheet.hidden);
        for (first, last) in &sheet.merged {
            to.merge_range(first.0, first.1, last.0, last.1, "", &plain)?;
        }
        for ((row, column), cell) in &sheet.cells {
            match cell {
                Cell::Text(text) => to.write_string(*row, *column, text)?,
                Cell::Number(number) => to.write_number(*row, *column, *number)?,
                Cell::Error(error) => to.write_formula(*row, *column, Formula::new("=NA()").set_result(*error))?,
                Cell::Raised(text, mark) => {
                    to.write_rich_string(*row, *column, &[(&plain, *text), (&raised, *mark)])?
                }
            };
        }
    }
    book.save_to_buffer()
}

pub(crate) fn ods(sheets: &[Sheet]) -> Vec<u8> {
    let mut tables = String::new();
    for sheet in sheets {
        let style = if sheet.hidden { "gone" } else { "seen" };
        tables += &format!("<table:table table:name='{}' table:style-name='{style}'>", sheet.name);
        let (bottom, right) = ends(sheet);
        for row in 0..=bottom {
            tables += "<table:table-row>";
            for column in 0..=right {
                let inside = |(first, last): &&(Place, Place)| {
                    (first.0..=last.0).contains(&row) && (first.1..=last.1).contains(&column)
                };
                let spans = match sheet.merged.iter().find(inside) {
                    Some((first, _)) if *first != (row, column) => {
                        tables += "<table:covered-table-cell/>";
                        continue;
                    }
                    Some((first, last)) => format!(
                        "table:number-rows-spanned='{}' table:number-columns-spanned='{}'",
                        last.0 - first.0 + 1,
                        last.1 - first.1 + 1
                    ),
                    None => String::new(),
                };
                let cell = sheet.cells.get(&(row, column));
                let text = cell.map(printed).unwrap_or_default().replace('<', "&lt;");
                let paragraph = match cell {
                    Some(Cell::Raised(text, mark)) => {
                        format!("<text:p>{text}<text:span text:style-name='up'>{mark}</text:span></text:p>")
                    }
                    Some(_) => format!("<text:p>{text}</text:p>"),
                    None => String::new(),
                };
                let value = match cell {
                    Some(Cell::Number(number)) => format!("office:value-type='float' office:value='{number}'"),
                    Some(Cell::Error(_)) => "office:value-type='string' calcext:value-type='error'".to_owned(),
                    Some(_) => "office:value-type='string'".to_owned(),
                    None => String::new(),
                };
                tables += &format!("<table:table-cell {value} {spans}>{paragraph}</table:table-cell>");
            }
            tables += "</table:table-row>";
        }
        tables += "</table:table>";
    }
    ods::ods(&tables)
}

/// BIFF8. A raised mark stands as a character of its own.
pub(crate) fn xls(sheets: &[Sheet]) -> Vec<u8> {
    let small = |number: u32| u16::try_from(number).expect("a small sheet");
    let sheet = |sheet: &Sheet| {
        let mut records = Vec::new();
        for ((row, column), cell) in &sheet.cells {
            let head = xls::head(small(*row), *column, 0);
            records.push(match cell {
                Cell::Number(number) => xls::number(small(*row), *column, 0, *number),
                Cell::Error(_) => xls::record(0x0205, &[head, vec![0x2a, 1]].concat()),
                text => xls::record(0x0204, &[head, xls::wide(&printed(text))].concat()),
            });
        }
        let areas: Vec<[u16; 4]> =
            sheet.merged.iter().map(|(first, last)| [small(first.0), small(last.0), first.1, last.1]).collect();
        records.push(xls::merged(&areas));
        xls::Sheet { name: sheet.name, shown: u8::from(sheet.hidden), kind: 0, records: records.concat() }
    };
    xls::biff8(&[xls::format(0)], &sheets.iter().map(sheet).collect::<Vec<_>>())
}

/// A raised mark stands as a character of its own.
pub(crate) fn xlsb(sheets: &[Sheet]) -> Vec<u8> {
    let sheet = |sheet: &Sheet| {
        let mut records = Vec::new();
        let mut last = None;
        for ((row, column), cell) in &sheet.cells {
            if last != Some(row) {
                records.extend(xlsb::row(*row));
                last = Some(row);
            }
            let column = u32::from(*column);
            records.extend(match cell {
                Cell::Number(number) => xlsb::cell(5, column, 0, &number.to_le_bytes()),
                Cell::Error(_) => xlsb::cell(3, column, 0, &[0x2a]),
                text => xlsb::cell(6, column, 0, &xlsb::wide(&printed(text))),
            });
        }
        for (first, last) in &sheet.merged {
            records.extend(xlsb::merged([first.0, last.0, first.1.into(), last.1.into()]));
        }
        (sheet.name, u32::from(sheet.hidden), records)
    };
    xlsb::xlsb(&sheets.iter().map(sheet).collect::<Vec<_>>(), &[], &[0])
}

/// One sheet, a merged area as its first cell alone; and where in the bytes each cell stands.
pub(crate) fn csv(sheet: &Sheet) -> (Vec<u8>, BTreeMap<Place, (u64, u64)>) {
    let (mut text, mut places) = (String::new(), BTreeMap::new());
    let (bottom, right) = ends(sheet);
    for row in 0..=bottom {
        for column in 0..=right {
            if column > 0 {
                text.push(',');
            }
            let printed = sheet.cells.get(&(row, column)).map(printed).unwrap_or_default();
            let quote = if printed.contains(',') { "\"" } else { "" };
            text += quote;
            // A place is that of the content without white space around it.
            let start = text.len() + printed.len() - printed.trim_start().len();
            text += &printed;
            places.insert((row, column), (start as u64, (start + printed.trim().len()) as u64));
            text += quote;
        }
        text.push('\n');
    }
    (text.into_bytes(), places)
}

/// The last row and column of a sheet.
fn ends(sheet: &Sheet) -> Place {
    let places = || sheet.cells.keys().chain(sheet.merged.iter().map(|(_, last)| last));
    (places().map(|place| place.0).max().unwrap_or_default(), places().map(|place| place.1).max().unwrap_or_default())
}
