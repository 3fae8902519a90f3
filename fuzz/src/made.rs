//! Workbooks made of their parts, by the generators of the readers' tests. Nothing in them is packed,
//! so that the bytes that fuzzing changes are the bytes that the readers see.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[path = "../../crates/readers/tests/made/compound.rs"]
pub(crate) mod compound;
#[path = "../../crates/readers/tests/made/ods.rs"]
#[allow(dead_code, reason = "the tests of the readers use all of it")]
pub(crate) mod ods;
#[path = "../../crates/readers/tests/made/xlsb.rs"]
#[allow(dead_code, reason = "the tests of the readers use all of it")]
pub(crate) mod xlsb;
#[path = "../../crates/readers/tests/made/xlsx.rs"]
#[allow(dead_code, reason = "the tests of the readers use all of it")]
pub(crate) mod xlsx;

/// A zip archive of these members, as they are.
pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        zip.start_file(*name, options).expect("a member of memory");
        zip.write_all(bytes).expect("bytes of memory");
    }
    zip.finish().expect("an archive of memory").into_inner()
}
