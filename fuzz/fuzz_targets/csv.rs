//! The scanner of delimited text, its encodings and its header.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| quipu_fuzz::delimited::check(bytes));
