//! Documents made for the tests, byte by byte where no writer makes what a test needs.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test needs a part of it, and fails by panicking"
)]

pub(crate) mod compound;
pub(crate) mod ods;
pub(crate) mod random;
pub(crate) mod xls;
pub(crate) mod xlsb;
pub(crate) mod xlsx;

use std::io::{Cursor, Write as _};

use quipu_readers::Grid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A zip archive of these members.
pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The rows of a grid as number and texts, the form of each that is not plainly printed before it.
pub(crate) fn rows(grid: &Grid) -> Vec<(u64, Vec<String>)> {
    let row = |position: usize| {
        let cells = grid.cells(position).iter();
        let texts = cells.map(|cell| match cell.form {
            quipu_readers::Form::Printed => grid.text(*cell).to_owned(),
            form => format!("{form:?} {}", grid.text(*cell)),
        });
        (grid.rows()[position].number, texts.collect())
    };
    (0..grid.rows().len()).map(row).collect()
}
