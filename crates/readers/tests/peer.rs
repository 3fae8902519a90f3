//! The workbook reader beside calamine: of one workbook, both must read the same. On workbooks made
//! for it, and on published ones where they are there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and says when it was skipped"
)]

mod made;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader as _, open_workbook_auto_from_rs};
use made::random::Random;
use quipu_readers::workbook::Workbook;
use quipu_readers::{Form, Grid, Limits, Reader as _};
use quipu_schema::pipeline::Layout;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook as Written, XlsxError};

/// Cells with text by row and column, from 1.
type Cells = BTreeMap<(u64, u64), String>;

fn ours(grid: &Grid) -> Cells {
    let mut cells = Cells::new();
    for (position, row) in grid.rows().iter().enumerate() {
        for (column, cell) in (1..).zip(grid.cells(position)) {
            if cell.form != Form::Covered && !cell.is_empty() {
                cells.insert((row.number, column), plain(grid.text(*cell), cell.form));
            }
        }
    }
    cells
}

/// A text as calamine has it: percentages are parts of one, and nothing is set higher.
fn plain(text: &str, form: Form) -> String {
    if let (Form::Number, Some(digits)) = (form, text.strip_suffix('%')) {
        return format!("{digits}e-2").parse::<f64>().unwrap().to_string();
    }
    text.chars()
        .map(|c| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().zip('0'..).find(|(raised, _)| *raised == c).map_or(c, |(_, c)| c))
        .collect()
}

/// What calamine reads of a sheet, printed as our reader prints it.
fn theirs(range: &calamine::Range<Data>) -> Cells {
    let (top, left) = range.start().unwrap_or_default();
    let mut cells = Cells::new();
    for (row, column, data) in range.used_cells() {
        let text = match data {
            Data::Float(number) => number.to_string(),
            Data::DateTime(moment) if moment.is_duration() => continue,
            Data::DateTime(moment) => {
                let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
                let date = format!("{year:04}-{month:02}-{day:02}");
                let time = format!("T{hour:02}:{minute:02}:{second:02}.{milli:03}");
                match time.split_once('.') {
                    Some(("T00:00:00", "000")) => date,
                    Some((time, "000")) => date + time,
                    _ => date + time.trim_end_matches('0'),
                }
            }
            other => other.to_string(),
        };
        let text = plain(&text, Form::Printed);
        if !text.is_empty() {
            cells.insert((row as u64 + u64::from(top) + 1, column as u64 + u64::from(left) + 1), text);
        }
    }
    cells
}

/// Holds every visible sheet of a workbook to what calamine reads; says how many cells there were.
fn compare(name: &str, bytes: &[u8]) -> usize {
    let grids =
        Workbook.read(bytes, &Layout::default(), &Limits::default()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let mut peer = open_workbook_auto_from_rs(Cursor::new(bytes)).unwrap();
    let mut count = 0;
    for grid in &grids {
        let (ours, theirs) = (ours(grid), theirs(&peer.worksheet_range(&grid.title).unwrap()));
        for (place, text) in &theirs {
            assert_eq!(ours.get(place), Some(text), "{name}, sheet `{}`, row and column {place:?}", grid.title);
        }
        assert_eq!(ours.len(), theirs.len(), "{name}, sheet `{}`: cells that calamine has not", grid.title);
        count += ours.len();
    }
    count
}

fn made_by_chance(seed: u64) -> Result<Vec<u8>, XlsxError> {
    const TEXTS: [&str; 7] = ["x", "007", " two  words ", "a_x000D_b", "línea\notra", "<&>\"'", "#N/A"];
    const CODES: [&str; 7] =
        ["0.00", "yyyy-mm-dd", "dd/mm/yyyy hh:mm:ss", "#,##0 \"days\"", "[$-409]d-mmm-yy", "General", "0.0%"];
    let mut random = Random::new(seed);
    let mut book = Written::new();
    for number in 0..=random.below(3) {
        let sheet = book.add_worksheet();
        sheet.set_name(format!("Hoja {number}"))?;
        for _ in 0..random.below(400) {
            // Not far down and far right at once: calamine makes every cell between.
            let (height, width) = [(60, 20), (60, 20), (100_000, 3), (30, 16_384)][usize::try_from(seed % 4).unwrap()];
            let row = u32::try_from(random.below(height)).unwrap();
            let column = u16::try_from(random.below(width)).unwrap();
            let number = f64::from(u32::try_from(random.below(1 << 30)).unwrap());
            match random.below(6) {
                0 => sheet.write_number(row, column, number)?,
                1 => sheet.write_number(row, column, number / 977.0 - 1e5)?,
                2 => sheet.write_string(row, column, TEXTS[random.below(TEXTS.len())])?,
                3 => sheet.write_boolean(row, column, random.below(2) == 0)?,
                4 => {
                    // Whole seconds: halves of a millisecond may be rounded either way.
                    let days = (number * 7.0 % (90_000.0 * 86_400.0)) / 86_400.0;
                    let moment = ExcelDateTime::from_serial_datetime(61.0 + days)?;
                    let format = Format::new().set_num_format(CODES[1 + random.below(2)]);
                    sheet.write_datetime_with_format(row, column, moment, &format)?
                }
                _ => {
                    let format = Format::new().set_num_format(CODES[random.below(CODES.len())]);
                    let result = ["12.5", "#DIV/0!", "text", "45000"][random.below(4)];
                    sheet.write_formula_with_format(row, column, Formula::new("=A1").set_result(result), &format)?
                }
            };
        }
    }
    book.save_to_buffer()
}

#[test]
fn workbooks_made_by_chance() {
    let mut cells = 0;
    for seed in 0..60 {
        cells += compare(&format!("seed {seed}"), &made_by_chance(seed).unwrap());
    }
    assert!(cells > 5_000, "{cells}");
}

/// The sum of a column below the row that holds its title, up to the row that starts with a word.
fn sum_of(grid: &Grid, title: &str) -> (f64, Vec<f64>) {
    let text =
        |row: usize, column: usize| grid.cells(row).get(column).map(|cell| grid.text(*cell).trim()).unwrap_or_default();
    let rows = 0..grid.rows().len();
    let find =
        |row: usize| (0..grid.cells(row).len()).find(|column| text(row, *column) == title).map(|column| (row, column));
    let (header, column) = rows.clone().find_map(find).unwrap();
    let numbers: Vec<f64> = rows.skip(header + 1).filter_map(|row| text(row, column).parse().ok()).collect();
    let total = numbers.iter().copied().fold(0.0, f64::max);
    (total, numbers.into_iter().filter(|number| *number < total).collect())
}

#[test]
fn published_workbooks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/published/americas");
    for (file, total) in [
        ("co_ponal_homicidios_2019.xlsx", Some(12_656.0)),
        ("co_ponal_homicidios_2023.xls", Some(13_555.0)),
        ("br_isp_rj_BaseDpDicionarioDeVariaveis.xlsx", None),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(file)) else {
            println!("skipped: {file} is not here");
            continue;
        };
        let cells = compare(file, &bytes);
        println!("{file}: {cells} cells as calamine reads them");
        if let Some(total) = total {
            let grids = Workbook.read(&bytes, &Layout::default(), &Limits::default()).unwrap();
            let (printed, rows) = sum_of(grids.first().unwrap(), "CANTIDAD");
            assert!(
                (printed - total).abs() < 0.5 && (rows.iter().sum::<f64>() - total).abs() < 0.5,
                "{file}: {printed}"
            );
        }
    }
}
