//! The PDF reader on documents that other programs made, and on pages of chance: all cells are read,
//! and each is found again at its place.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod made;

use std::path::{Path, PathBuf};

use quipu_readers::{Grid, Limits, reader};
use quipu_schema::pipeline::{Format, Layout, Placed, TableAt};

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/pdf")
}

fn read(bytes: &[u8], layout: &Layout) -> Vec<Grid> {
    let grids = reader(Format::Pdf).unwrap().read(bytes, layout, &Limits::default());
    grids.unwrap_or_else(|fault| panic!("{fault}"))
}

/// The texts of a grid.
fn texts(grid: &Grid) -> Vec<Vec<String>> {
    let row = |row: usize| grid.cells(row).iter().map(|cell| grid.text(*cell).to_owned()).collect();
    (0..grid.rows().len()).map(row).collect()
}

/// Reads every cell again at its place.
fn check_places(bytes: &[u8], grid: &Grid) {
    for row in 0..grid.rows().len() {
        for (column, cell) in grid.cells(row).iter().enumerate() {
            let place = grid.locator(row, column).unwrap();
            let again = reader(Format::Pdf).unwrap().reread(bytes, &Layout::default(), &place, &Limits::default());
            assert_eq!(again.unwrap(), grid.text(*cell), "{place}");
        }
    }
}

/// Title and rows of each table of a file of truth.
fn truth(name: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let text = std::fs::read_to_string(files().join(name)).unwrap();
    let mut tables: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    for line in text.lines() {
        let (mut fields, mut quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                c => fields.last_mut().unwrap().push(c),
            }
        }
        match fields[0].strip_prefix("# ") {
            Some(title) => tables.push((title.to_owned(), Vec::new())),
            None => tables.last_mut().unwrap().1.push(fields),
        }
    }
    tables
}

fn hold(name: &str) {
    let bytes = std::fs::read(files().join(format!("{name}.pdf"))).unwrap();
    let grids = read(&bytes, &Layout::default());
    let tables = truth(&format!("{name}.csv"));
    let titles: Vec<&str> = grids.iter().map(|grid| grid.title.as_str()).collect();
    assert_eq!(titles, tables.iter().map(|(title, _)| title.as_str()).collect::<Vec<_>>(), "{name}: titles");
    for (grid, (title, rows)) in grids.iter().zip(&tables) {
        let read = texts(grid);
        for (at, (read, row)) in read.iter().zip(rows).enumerate() {
            assert_eq!(read, row, "{name}, {title}, row {at}");
        }
        assert_eq!(read.len(), rows.len(), "{name}, {title}: rows");
        check_places(&bytes, grid);
        // A text of the table picks it, of all tables of the document.
        let text = Placed { value: rows[rows.len() - 2][0].clone(), span: 0..0 };
        let layout = Layout { table: Some(TableAt::Holds(text)), ..Layout::default() };
        assert!(self::read(&bytes, &layout).iter().any(|picked| picked.title == *title), "{name}, {title}");
    }
}

#[test]
fn a_ruled_table_over_several_pages() {
    hold("ruled");
}

#[test]
fn two_tables_side_by_side() {
    hold("beside");
}

#[test]
fn tables_of_a_word_processor() {
    hold("writer");
}

#[test]
fn a_turned_page_with_spanning_texts() {
    hold("turned");
}
