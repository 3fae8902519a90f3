//! Writes the samples from which fuzzing of workbooks starts, `fuzz/corpus/workbook`: whole documents,
//! and the parts of one as the fuzz target puts them together.
//!
//! ```text
//! cargo run -p quipu-readers --example workbook_seeds
//! ```

use std::error::Error;
use std::io::{Cursor, Read as _};
use std::path::Path;

#[path = "../tests/made/mod.rs"]
mod made;

use made::xls::{self, head, record};

/// Divides the parts of one sample.
const DIVIDER: &[u8] = b"\n====\n";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/workbook");
    std::fs::create_dir_all(&folder)?;
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes);
    for sample in made::workbooks::samples() {
        let name = match sample.name {
            "xlsx, written" => "xlsx-written",
            "xlsx, raw" => "xlsx",
            "xlsb" => "xlsb",
            "xls, BIFF8" => "xls",
            "xls, BIFF5" => "xls5",
            "ods" => "ods",
            _ => continue,
        };
        write(name, &sample.bytes)?;
        let parts = match name {
            "xlsx" => ["xl/worksheets/sheet0.xml", "xl/sharedStrings.xml", "xl/styles.xml"].as_slice(),
            "xlsb" => &["xl/worksheets/sheet0.bin", "xl/sharedStrings.bin", "xl/styles.bin"],
            "ods" => &["content.xml"],
            _ => continue,
        };
        let mut members = Vec::new();
        for part in parts {
            let mut bytes = Vec::new();
            zip::ZipArchive::new(Cursor::new(&sample.bytes))?.by_name(part)?.read_to_end(&mut bytes)?;
            members.push(bytes);
        }
        write(&format!("{name}-parts"), &[format!("{name}\n").as_bytes(), &members.join(DIVIDER)].concat())?;
    }
    write("xls-parts", &[b"xls\n", stream(0x0600).as_slice()].concat())?;
    write("xls5-parts", &[b"xls5\n", stream(0x0500).as_slice()].concat())?;
    Ok(())
}

/// A small stream of BIFF5 or BIFF8.
fn stream(version: u16) -> Vec<u8> {
    let wide = version == 0x0600;
    let text = |text: &str| {
        if wide { xls::wide(text) } else { [&[u8::try_from(text.len()).unwrap_or(0), 0], text.as_bytes()].concat() }
    };
    let mut globals = vec![xls::format(0), xls::format(22)];
    if wide {
        globals.push(xls::texts(&["eins", "zwei"]));
    }
    let mut cells = vec![
        record(0x0204, &[head(1, 1, 0), text("etiqueta")].concat()),
        xls::merged(&[[1, 2, 1, 3]]),
        xls::number(3, 0, 1, 43_466.5),
        xls::packed(3, 2, 44),
        xls::formula(4, 0, None),
        record(0x0207, &text("resultado")),
        record(0x0205, &[head(9, 0, 0), vec![0x07, 1]].concat()),
    ];
    if wide {
        cells.push(xls::shared(10, 1, 1));
    }
    xls::stream(version, &globals, &[xls::Sheet::of(&cells)], |name| {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u8::try_from(name.len()).unwrap_or_default();
        if wide { [&[length, 1][..], &units].concat() } else { [&[length][..], name.as_bytes()].concat() }
    })
}
