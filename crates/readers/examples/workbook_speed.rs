//! The workbook reader against calamine's own read, in one run, on a workbook made for it.
//!
//! ```text
//! cargo run --release -p quipu-readers --example workbook_speed [ROWS] [both|quipu|calamine]
//! ```
//!
//! 200,000 rows make about 25 MB and 3.4 million cells: texts that repeat and texts that do not,
//! integers, decimals, dates, truth values. Each is read seven times, by turns; what is printed is the
//! median. With one of the two named, only it is run: for `/usr/bin/time -v`, which tells the peak.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use calamine::{Reader as _, Xlsx};
use quipu_readers::{Limits, Reader as _, workbook::Workbook};
use quipu_schema::pipeline::Layout;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook as Written, XlsxError};

const COLUMNS: u16 = 17;
const TURNS: usize = 7;
const WEAPONS: [&str; 4] = ["ARMA DE FUEGO", "ARMA BLANCA", "CONTUNDENTE", "SIN DATO"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows = std::env::args().nth(1).map_or(Ok(200_000), |rows| rows.parse())?;
    let who = std::env::args().nth(2).unwrap_or_else(|| "both".to_owned());
    let bytes = made(rows)?;
    let mut out = std::io::stdout().lock();
    let cells = u64::from(rows) * u64::from(COLUMNS);
    writeln!(out, "{rows} rows, {:.1} million cells, {:.1} MB", cells as f64 / 1e6, bytes.len() as f64 / 1e6)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        if who != "calamine" {
            ours.push(timed(|| read_ours(&bytes))?);
        }
        if who != "quipu" {
            theirs.push(timed(|| read_theirs(&bytes))?);
        }
    }
    for (name, times) in [("calamine", &mut theirs), ("quipu", &mut ours)] {
        times.sort_unstable();
        if let (Some(median), Some(least), Some(most)) = (times.get(times.len() / 2), times.first(), times.last()) {
            writeln!(out, "{name:>9}: {median:.2?} ({least:.2?} to {most:.2?})")?;
        }
    }
    if let (Some(ours), Some(theirs)) = (ours.get(TURNS / 2), theirs.get(TURNS / 2)) {
        writeln!(out, "{:.2} times calamine's own read", ours.as_secs_f64() / theirs.as_secs_f64())?;
    }
    Ok(())
}

fn timed(
    read: impl FnOnce() -> Result<usize, Box<dyn std::error::Error>>,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let cells = read()?;
    let took = start.elapsed();
    if cells == 0 { Err("nothing was read".into()) } else { Ok(took) }
}

fn read_ours(bytes: &[u8]) -> Result<usize, Box<dyn std::error::Error>> {
    let grids = Workbook.read(bytes, &Layout::default(), &Limits::default())?;
    Ok(grids.iter().map(|grid| (0..grid.rows().len()).map(|row| grid.cells(row).len()).sum::<usize>()).sum())
}

fn read_theirs(bytes: &[u8]) -> Result<usize, Box<dyn std::error::Error>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    let range = book.worksheet_range("Data")?;
    Ok(range.rows().map(<[_]>::len).sum())
}

/// A workbook with one sheet of these rows. No random numbers: the same rows every time.
fn made(rows: u32) -> Result<Vec<u8>, XlsxError> {
    let mut book = Written::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Data")?;
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for row in 0..rows {
        let mixed = row.wrapping_mul(2_654_435_761);
        let n = f64::from(mixed);
        sheet.write_datetime_with_format(
            row,
            0,
            ExcelDateTime::from_serial_datetime(f64::from(36_526 + mixed % 9_000))?,
            &date,
        )?;
        sheet.write_string(row, 1, format!("Departamento {}", mixed % 33))?;
        sheet.write_string(row, 2, format!("Municipio {}", mixed % 1_100))?;
        sheet.write_string(row, 3, format!("{:08}", mixed % 100_000_000))?;
        sheet.write_string(row, 4, WEAPONS.get((mixed % 4) as usize).copied().unwrap_or_default())?;
        for column in 5..10 {
            sheet.write_number(row, column, f64::from(mixed.rotate_left(u32::from(column)) % 5_000))?;
        }
        for column in 10..13 {
            sheet.write_number(row, column, n / f64::from(column) / 1e4)?;
        }
        sheet.write_number(row, 13, f64::from(mixed % 10_000) / 100.0)?;
        sheet.write_boolean(row, 14, mixed % 3 == 0)?;
        sheet.write_string(row, 15, format!("Caso {row}: descripción & detalles"))?;
        sheet.write_number(row, 16, f64::from(row))?;
    }
    book.save_to_buffer()
}
