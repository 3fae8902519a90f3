//! The reader of PDFs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quipu_schema::pipeline::Format;

fuzz_target!(|bytes: &[u8]| {
    quipu_fuzz::grids(Format::Pdf, bytes);
    quipu_fuzz::prose(bytes);
});
