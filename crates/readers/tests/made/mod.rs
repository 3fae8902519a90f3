//! Documents made for the tests, byte by byte where no writer makes what a test needs.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test needs a part of it, and fails by panicking"
)]

pub(crate) mod compound;
pub(crate) mod corpus;
pub(crate) mod ods;
pub(crate) mod pdf;
pub(crate) mod random;
pub(crate) mod workbooks;
pub(crate) mod xls;
pub(crate) mod xlsb;
pub(crate) mod xlsx;

use std::io::{Cursor, Read as _, Write as _};

use quipu_readers::Grid;
use quipu_schema::pipeline::{Format, Layout};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A document for what every reader promises.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    pub(crate) bytes: Vec<u8>,
    pub(crate) layout: Layout,
}

/// A zip archive of these members.
pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    pack(members, CompressionMethod::Deflated)
}

/// The same archive with its members as they are.
pub(crate) fn unpacked(archive: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut members = Vec::new();
    for number in 0..zip.len() {
        let mut member = zip.by_index(number).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        members.push((member.name().unwrap().into_owned(), bytes));
    }
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    pack(&members, CompressionMethod::Stored)
}

fn pack(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(method);
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
