//! The reader of workbooks: whole documents, and the parts of one.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| quipu_fuzz::workbooks::check(bytes));
