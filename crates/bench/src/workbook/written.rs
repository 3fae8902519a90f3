//! The workbooks of the benchmark: the same rows every time, in every format.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Failure;

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

#[expect(clippy::expect_used, reason = "an archive in memory does not fail")]
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a member");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

/// Writes a workbook of so many rows.
type Write = fn(u32) -> Result<Vec<u8>, Failure>;

/// The formats: file name, writer, rows; those of the XLSX make about so many megabytes.
pub(super) fn formats(megabytes: u32) -> [(&'static str, Write, u32); 4] {
    let rows = megabytes * 8_000;
    // An XLS has at most 65,536 rows, and the tables of one that is made here have no more room.
    [
        ("made.xlsx", xlsx, rows),
        ("made.xlsb", xlsb, rows),
        ("made.ods", ods, rows / 4),
        ("made.xls", xls, rows.min(14_000)),
    ]
}

/// Columns of a row.
const COLUMNS: u16 = 17;
const WEAPONS: [&str; 4] = ["ARMA DE FUEGO", "ARMA BLANCA", "CONTUNDENTE", "SIN DATO"];

/// A cell.
enum Cell {
    /// Days since 1900.
    Date(f64),
    /// A text that stands in many cells.
    Shared(String),
    /// A text of its own.
    Text(String),
    Number(f64),
    Flag(bool),
    /// The sum of the numbers before it.
    Formula(f64),
}

/// The cells of a row: texts that repeat and texts that do not, integers, decimals, a date, a truth
/// value, a formula.
fn cells(row: u32) -> [Cell; COLUMNS as usize] {
    let mixed = row.wrapping_mul(2_654_435_761);
    let count = |turn: u32| Cell::Number(f64::from(mixed.rotate_left(turn) % 5_000));
    let decimal = |by: f64| Cell::Number(f64::from(mixed) / by / 1e4);
    let weapon = WEAPONS.get((mixed % 4) as usize).copied().unwrap_or_default();
    let sum: u32 = (5..10).map(|turn| mixed.rotate_left(turn) % 5_000).sum();
    [
        Cell::Date(f64::from(36_526 + mixed % 9_000)),
        Cell::Shared(format!("Departamento {}", mixed % 33)),
        Cell::Shared(format!("Municipio {}", mixed % 1_100)),
        Cell::Text(format!("{:08}", mixed % 100_000_000)),
        Cell::Shared(weapon.to_owned()),
        count(5),
        count(6),
        count(7),
        count(8),
        count(9),
        decimal(10.0),
        decimal(11.0),
        decimal(12.0),
        Cell::Number(f64::from(mixed % 10_000) / 100.0),
        Cell::Flag(mixed.is_multiple_of(3)),
        Cell::Text(format!("Caso {row}: descripción & detalles")),
        Cell::Formula(f64::from(sum)),
    ]
}

/// Two sheets, each of half the rows.
fn halves(rows: u32) -> [(&'static str, std::ops::Range<u32>); 2] {
    [("Uno", 0..rows / 2), ("Dos", rows / 2..rows)]
}

fn xlsx(rows: u32) -> Result<Vec<u8>, Failure> {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    for (name, rows) in halves(rows) {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?;
        for (at, row) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells(row)) {
                match cell {
                    Cell::Date(days) => {
                        let date = ExcelDateTime::from_serial_datetime(days)?;
                        sheet.write_datetime_with_format(at, column, date, &day)?
                    }
                    Cell::Shared(text) | Cell::Text(text) => sheet.write_string(at, column, text)?,
                    Cell::Number(number) => sheet.write_number(at, column, number)?,
                    Cell::Flag(flag) => sheet.write_boolean(at, column, flag)?,
                    Cell::Formula(sum) => {
                        let formula = Formula::new(format!("=SUM(F{0}:J{0})", at + 1));
                        sheet.write_formula(at, column, formula.set_result(sum.to_string()))?
                    }
                };
            }
        }
    }
    Ok(book.save_to_buffer()?)
}

fn xlsb(rows: u32) -> Result<Vec<u8>, Failure> {
    let mut texts: Vec<String> = Vec::new();
    let mut sheets = Vec::new();
    for (name, rows) in halves(rows) {
        let mut records = Vec::new();
        for (at, row) in (0..).zip(rows) {
            records.extend(xlsb::row(at));
            for (column, cell) in (0..).zip(cells(row)) {
                records.extend(match cell {
                    Cell::Date(days) => xlsb::cell(5, column, 1, &days.to_le_bytes()),
                    Cell::Shared(text) | Cell::Text(text) => {
                        texts.push(text);
                        xlsb::cell(7, column, 0, &u32::try_from(texts.len() - 1)?.to_le_bytes())
                    }
                    Cell::Number(number) => xlsb::cell(5, column, 0, &number.to_le_bytes()),
                    Cell::Flag(flag) => xlsb::cell(4, column, 0, &[u8::from(flag)]),
                    Cell::Formula(sum) => xlsb::cell(9, column, 0, &[&sum.to_le_bytes()[..], &[0; 12]].concat()),
                });
            }
        }
        sheets.push((name, 0, records));
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Ok(xlsb::xlsb(&sheets, &texts, &[0, 14]))
}

fn xls(rows: u32) -> Result<Vec<u8>, Failure> {
    let mut sheets = Vec::new();
    for (name, rows) in halves(rows) {
        let mut records = Vec::new();
        for (at, row) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells(row)) {
                records.extend(match cell {
                    Cell::Date(days) => xls::number(at, column, 1, days),
                    // The texts of one record hold a few; all others are a text's own.
                    Cell::Shared(text) | Cell::Text(text) => match WEAPONS.iter().position(|weapon| *weapon == text) {
                        Some(shared) => xls::shared(at, column, u32::try_from(shared)?),
                        None => xls::record(0x0204, &[xls::head(at, column, 0), xls::wide(&text)].concat()),
                    },
                    Cell::Number(number) => xls::number(at, column, 0, number),
                    Cell::Flag(flag) => {
                        xls::record(0x0205, &[&xls::head(at, column, 0)[..], &[u8::from(flag), 0]].concat())
                    }
                    Cell::Formula(sum) => xls::formula(at, column, Some(sum)),
                });
            }
        }
        sheets.push(xls::Sheet { name, shown: 0, kind: 0, records });
    }
    Ok(xls::biff8(&[xls::format(0), xls::format(14), xls::texts(&WEAPONS)], &sheets))
}

fn ods(rows: u32) -> Result<Vec<u8>, Failure> {
    let mut tables = String::new();
    for (name, rows) in halves(rows) {
        write!(tables, "<table:table table:name='{name}'>")?;
        for (at, row) in (1..).zip(rows) {
            tables += "<table:table-row>";
            for cell in cells(row) {
                let (value, printed) = match cell {
                    Cell::Date(days) => {
                        #[expect(clippy::cast_possible_truncation, reason = "the part of the day is not shown")]
                        let whole = days as i64;
                        let date = jiff::civil::date(1899, 12, 30) + jiff::Span::new().days(whole);
                        (format!("date' office:date-value='{date}"), date.to_string())
                    }
                    Cell::Shared(text) | Cell::Text(text) => ("string".to_owned(), text.replace('&', "&amp;")),
                    Cell::Number(number) => (format!("float' office:value='{number}"), number.to_string()),
                    Cell::Flag(flag) => (format!("boolean' office:boolean-value='{flag}"), flag.to_string()),
                    Cell::Formula(sum) => (
                        format!("float' office:value='{sum}' table:formula='of:=SUM([.F{at}:.J{at}])"),
                        sum.to_string(),
                    ),
                };
                write!(
                    tables,
                    "<table:table-cell office:value-type='{value}'><text:p>{printed}</text:p></table:table-cell>"
                )?;
            }
            tables += "</table:table-row>";
        }
        tables += "</table:table>";
    }
    Ok(ods::ods(&tables))
}
