//! Workbooks made to harm: each ends in a clear fault, or is read, soon and in bounded memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod made;

use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use made::{ods, rows, xls, xlsb, xlsx};
use quipu_readers::workbook::Workbook;
use quipu_readers::{Grid, Limits, Reader as _};
use quipu_schema::pipeline::Layout;
use quipu_schema::{ErrorKind, Fault};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Small bounds, so that a test that keeps them shows.
const LIMITS: Limits = Limits {
    memory: 8 << 20,
    cell: 64 << 10,
    unpacked: 32 << 20,
    depth: 128,
    rows: 20_000_000,
    columns: 16_384,
    pages: 1,
};
/// Most resident memory of this whole process, with several of the tests at once: shared texts, cells
/// and grid may each take what the limits say.
const PEAK: u64 = 400 << 10;
/// Most time for one workbook, built without optimisation.
const SOON: Duration = Duration::from_secs(20);

fn read(bytes: &[u8]) -> Result<Vec<Grid>, Fault> {
    let start = Instant::now();
    let grids = Workbook.read(bytes, &Layout { hidden: true, ..Layout::default() }, &LIMITS);
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
    // The peak of the process in KiB, where the system tells it.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0_u64);
    assert!(peak < PEAK, "{} MiB resident", peak >> 10);
    grids
}

/// Holds a workbook to a fault that says this.
fn refused(bytes: &[u8], part: &str) {
    let fault = read(bytes).map(|grids| grids.len()).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Shape, "{fault}");
    assert!(fault.to_string().contains(part), "{fault}");
}

/// A workbook whose sheet is `before`, then `piece` many times, then `behind`; packed as it is made.
fn with_long_part(part: &str, before: &str, piece: &[u8], times: usize, behind: &str) -> Vec<u8> {
    let book = xlsx::Xlsx::of("<row/>").strings("<si/>").bytes();
    let mut archive = zip::ZipArchive::new(Cursor::new(&book[..])).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..archive.len() {
        let member = archive.by_index_raw(number).unwrap();
        if member.name().unwrap() != part {
            zip.raw_copy_file(member).unwrap();
        }
    }
    zip.start_file(part, SimpleFileOptions::default()).unwrap();
    zip.write_all(before.as_bytes()).unwrap();
    for _ in 0..times {
        zip.write_all(piece).unwrap();
    }
    zip.write_all(behind.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

const SHEET: &str = "xl/worksheets/sheet0.xml";
const TEXTS: &str = "xl/sharedStrings.xml";

#[test]
fn bombs_stop_at_the_bound() {
    let rows = b"<row><c/></row>".repeat(10_000);
    let bomb = with_long_part(SHEET, "<worksheet><sheetData>", &rows, 300, "</sheetData></worksheet>");
    assert!(bomb.len() < 400 << 10, "{} bytes", bomb.len());
    refused(&bomb, "unpacks to more than 32 MiB");

    // What the archive says of its sizes is a lie: 1000 bytes. The directory is behind the members.
    let mut lying = bomb;
    let directory = memchr::memmem::rfind(&lying, SHEET.as_bytes()).unwrap() - 46;
    assert_eq!(lying[directory..directory + 4], *b"PK\x01\x02");
    lying[directory + 24..directory + 28].copy_from_slice(&1000_u32.to_le_bytes());
    let fault = read(&lying).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Shape, "{fault}");
}

#[test]
fn a_cell_of_a_gigabyte_is_refused() {
    let piece = vec![b'x'; 64 << 10];
    let cell = |open: &str, close: &str| with_long_part(SHEET, open, &piece, 200, close);
    for (open, close) in [
        ("<worksheet><sheetData><row><c t='inlineStr'><is><t>", "</t></is></c></row></sheetData></worksheet>"),
        ("<worksheet><sheetData><row><c t='str'><v>", "</v></c></row></sheetData></worksheet>"),
        ("<worksheet><sheetData><row><c r='", "'/></row></sheetData></worksheet>"),
        ("<worksheet><!--", "--><sheetData/></worksheet>"),
        ("<worksheet><", "/><sheetData/></worksheet>"),
    ] {
        refused(&cell(open, close), "than 65536");
    }
    let entities = b"&amp;".repeat(1 << 15);
    let piecemeal = with_long_part(
        SHEET,
        "<worksheet><sheetData><row><c t='str'><v>",
        &entities,
        3,
        "</v></c></row></sheetData></worksheet>",
    );
    refused(&piecemeal, "a cell of 65537 bytes");
    refused(&with_long_part(TEXTS, "<sst><si><t>", &piece, 200, "</t></si></sst>"), "than 65536");
    let runs = b"<r><t>xxxxxxxx</t></r>".repeat(1 << 10);
    refused(&with_long_part(TEXTS, "<sst><si>", &runs, 50, "</si></sst>"), "a cell of");
}

#[test]
fn the_default_bounds_hold_a_real_gigabyte() {
    let piece = vec![b'x'; 1 << 20];
    let open = "<worksheet><sheetData><row><c t='inlineStr'><is><t>";
    let bytes = with_long_part(SHEET, open, &piece, 1024, "</t></is></c></row></sheetData></worksheet>");
    let fault = Workbook.read(&bytes, &Layout::default(), &Limits::default()).unwrap_err();
    assert!(fault.message().contains("more than 16777216 bytes"), "{fault}");
}

#[test]
fn texts_and_cells_together_are_bounded() {
    let texts = b"<si/>".repeat(100_000);
    refused(&with_long_part(TEXTS, "<sst>", &texts, 20, "</sst>"), "shared texts take more than 8 MiB");
    let long = format!("<si><t>{}</t></si>", "x".repeat(1 << 15));
    let cells = "<c t='s'><v>0</v></c>".repeat(1_000);
    refused(&xlsx::Xlsx::of(&format!("<row>{cells}</row>")).strings(&long).bytes(), "more than 8 MiB");
    // Each row has one cell, in the last column: the cells left of it are part of the grid.
    let rows: Vec<String> =
        (1..2_000).map(|row| format!("<row r='{row}'><c r='XFD{row}'><v>1</v></c></row>")).collect();
    refused(&xlsx::Xlsx::of(&rows.concat()).bytes(), "its cells take more than 8 MiB");
}

#[test]
fn sizes_that_are_claimed_are_not_believed() {
    let one = "<row r='1'><c r='A1'><v>1</v></c></row>";
    for dimension in ["A1:XFD1048576", "A1:ZZZ4000000000", "", "B2:A1"] {
        let part = format!("<worksheet><dimension ref='{dimension}'/><sheetData>{one}</sheetData></worksheet>");
        assert_eq!(read(&xlsx::Xlsx::with_sheet(&part).bytes()).unwrap()[0].rows().len(), 1, "{dimension}");
    }
    for count in ["1000000000000", "99999999999999999999", "-1"] {
        let before = format!("<sst count='{count}' uniqueCount='{count}'>");
        assert!(read(&with_long_part(TEXTS, &before, b"<si/>", 1, "</sst>")).is_ok(), "{count}");
    }
    let dimensions = [0_u32.to_le_bytes(), u32::MAX.to_le_bytes(), [0, 0, 0xff, 0xff], [0; 4]].concat()[..14].to_vec();
    let sheet = xls::Sheet::of(&[xls::record(0x0200, &dimensions), xls::packed(0, 0, 1)]);
    let globals = [xls::record(0x00fc, &[0xff; 8]), xls::record(0x013d, &[0; 8000])];
    assert_eq!(read(&xls::biff8(&globals, &[sheet])).unwrap()[0].rows().len(), 1);
}

#[test]
fn xml_that_means_harm() {
    let deep = "<a>".repeat(200_000);
    refused(&xlsx::Xlsx::with_sheet(&format!("<worksheet>{deep}")).bytes(), "nested more than 128 deep");
    let laughs = "<!DOCTYPE w [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                  <worksheet><sheetData><row><c t='str'><v>&b;</v></c></row></sheetData></worksheet>";
    refused(&xlsx::Xlsx::with_sheet(laughs).bytes(), "`&b;` means nothing");
    let attributes = "a='1' ".repeat(10_000);
    let part = format!("<worksheet><sheetData><row><c {attributes} r='B1'><v>1</v></c></row></sheetData></worksheet>");
    assert_eq!(rows(&read(&xlsx::Xlsx::with_sheet(&part).bytes()).unwrap()[0])[0].1, ["", "Number 1"]);
    for part in
        ["", "<", "<worksheet", "<worksheet><sheetData><row><c><v>1", "</worksheet>", "\0\0\0", "<worksheet/>trailing"]
    {
        let result = read(&xlsx::Xlsx::with_sheet(part).bytes());
        assert!(result.is_ok_and(|grids| grids[0].rows().is_empty()) || !part.is_empty());
    }
    refused(&xlsx::Xlsx::with_sheet("<worksheet><sheetData><row><c><v>1").bytes(), "ends in the middle");
}

#[test]
fn cells_where_none_can_be() {
    let with = |cells: &str| xlsx::Xlsx::of(cells).bytes();
    refused(&with("<row r='1'><c r='A1' t='s'><v>99</v></c></row>"), "A1 refers to text 99 of 0 shared texts");
    refused(&with("<row r='1'><c r='XFE1'><v>1</v></c></row>"), "`XFE1` is no cell");
    refused(&with("<row r='1048577'><c><v>1</v></c></row>"), "`1048577` is no cell");
    refused(&with("<row r='1'><c r='A99999999999'><v>1</v></c></row>"), "is no cell");
    refused(&with("<row r='1048576'/><row><c><v>1</v></c></row>"), "A1048577 lies beyond the end");
    refused(&with("<row r='1'><c r='A1'><v>1</v></c><c r='A1'><v>2</v></c></row>"), "cell A1 stands twice");
    let wide = format!("<row>{}<c><v>1</v></c></row>", "<c/>".repeat(16_384));
    refused(&with(&wide), "XFE1 lies beyond the end");
    let mixed =
        with("<row r='9'><c r='C9'><v>3</v></c><c r='A9'><v>1</v></c></row><row r='2'><c r='B2'><v>2</v></c></row>");
    let wanted =
        [(2, vec![String::new(), "Number 2".into()]), (9, vec!["Number 1".into(), String::new(), "Number 3".into()])];
    assert_eq!(rows(&read(&mixed).unwrap()[0]), wanted, "in any order");
}

#[test]
fn merged_areas_without_end() {
    let area = |reference: &str| format!("<mergeCell ref='{reference}'/>");
    let book = |areas: &str| {
        let cell = "<row r='1'><c r='A1' t='str'><v>x</v></c></row><row r='3000'><c r='B3000'><v>1</v></c></row>";
        let part = format!("<worksheet><sheetData>{cell}</sheetData><mergeCells>{areas}</mergeCells></worksheet>");
        xlsx::Xlsx::with_sheet(&part).bytes()
    };
    assert!(read(&book(&area("A1:XFD1048576"))).is_ok());
    refused(&book(&area("A1:XFC1048575")), "its cells take more than 8 MiB");
    let overlapping: String = (1..40_000).map(|row| area(&format!("A{row}:XFC1048575"))).collect();
    refused(&book(&overlapping), "more than 8 MiB");
    let empty: String = (2..40_000).map(|row| area(&format!("C{row}:XFC1048575"))).collect();
    assert_eq!(read(&book(&empty)).unwrap()[0].rows().len(), 2, "they have nothing to repeat");
    let twice = read(&book(&(area("A1:A3") + &area("A1:B2")))).unwrap();
    assert!(twice[0].notes.iter().any(|note| note.contains("1 merged areas overlap others")), "{:?}", twice[0].notes);
    let many = area("A1:B1").repeat(600_000);
    refused(&book(&many), "more than 8 MiB");
    refused(&book(&area("C1:A1")), "lies beyond");
}

#[test]
fn a_part_for_many_sheets_is_read_within_the_bound() {
    let part = format!("<worksheet><sheetData>{}</sheetData></worksheet>", "<row><c/></row>".repeat(50_000));
    let mut book = xlsx::Xlsx::with_sheet(&part).bytes();
    let sheets: Vec<String> = (0..100).map(|n| format!("<sheet name='{n}' r:id='s0'/>")).collect();
    let sheets = sheets.concat();
    let main = format!("<workbook><sheets>{sheets}</sheets></workbook>");
    book = replace(&book, "xl/workbook.xml", main.as_bytes());
    refused(&book, "unpacks to more than 32 MiB");
    let sheets = "<sheet name='' r:id='s0'/>".repeat(70_000);
    refused(&replace(&book, "xl/workbook.xml", format!("<workbook>{sheets}").as_bytes()), "more than 65535 sheets");
}

fn replace(book: &[u8], part: &str, with: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..archive.len() {
        let member = archive.by_index_raw(number).unwrap();
        if member.name().unwrap() != part {
            zip.raw_copy_file(member).unwrap();
        }
    }
    zip.start_file(part, SimpleFileOptions::default()).unwrap();
    zip.write_all(with).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn repetitions_of_ods() {
    let table = |rows: &str| ods::ods(&format!("<table:table table:name='a'>{rows}</table:table>"));
    let number = "office:value-type='float' office:value='1'";
    let empty = "<table:table-row table:number-rows-repeated='4000000000'><table:table-cell table:number-columns-repeated='4000000000'/></table:table-row>";
    assert!(read(&table(&empty.repeat(3))).unwrap()[0].rows().is_empty());
    let all = format!(
        "<table:table-row table:number-rows-repeated='1048576'><table:table-cell table:number-columns-repeated='16384' {number}/></table:table-row>"
    );
    refused(&table(&all), "more than 8 MiB");
    let wide = format!(
        "<table:table-row><table:table-cell table:number-columns-repeated='99999999999' {number}/></table:table-row>"
    );
    refused(&table(&wide), "XFE1 lies beyond the end");
    let beyond = format!("{empty}<table:table-row><table:table-cell {number}/></table:table-row>");
    refused(&table(&beyond), "lies beyond the end");
    let spaces = "<table:table-row><table:table-cell office:value-type='string'><text:p>a<text:s text:c='4000000000'/></text:p></table:table-cell></table:table-row>";
    refused(&table(spaces), "a cell of 4000000000 bytes");
    let spans = format!(
        "<table:table-row table:number-rows-repeated='1000000'><table:table-cell table:number-columns-spanned='16383' {number}/></table:table-row>"
    );
    refused(&table(&spans), "more than 8 MiB");
    let nested = "<table:table-row><table:table-cell><table:table table:name='b'>".repeat(100);
    refused(&table(&nested), "nested more than 128 deep");
}

#[test]
fn binary_parts_that_mean_harm() {
    let sheet = |records: Vec<u8>| xlsb::xlsb(&[("a", 0, records)], &["x"], &[0]);
    let huge = [&[0x07, 0xff, 0xff, 0xff, 0x7f][..], &[0; 100]].concat();
    refused(&sheet(huge), "a record of 268435455 bytes");
    refused(&sheet(vec![0x07, 0x40, 1, 2]), "ends in the middle");
    refused(&sheet(xlsb::cell(7, 0, 0, &9_u32.to_le_bytes())), "A1 refers to text 9 of 1");
    refused(&sheet(xlsb::cell(6, 0, 0, &[0xff; 4])), "a record is too short");
    refused(&sheet(xlsb::cell(7, 70_000, 0, &[0; 4])), "lies beyond the end");
    refused(&sheet([xlsb::row(u32::MAX), xlsb::cell(7, 0, 0, &[0; 4])].concat()), "lies beyond the end");
    refused(&sheet(xlsb::merged([5, 1, 0, 0])), "lies beyond");

    let one = xls::Sheet::of(&[xls::packed(0, 0, 1)]);
    let bytes = xls::biff8(&[], &[one]);
    let start = memchr::memmem::find(&bytes, &[0x85, 0]).unwrap();
    let mut lost = bytes.clone();
    lost[start + 4..start + 8].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    refused(&lost, "a sheet is not where it should be");
    // Sheet after sheet that holds all those behind it.
    let names: Vec<&'static str> = (0..3_000).map(|n| &*Box::leak(format!("s{n}").into_boxed_str())).collect();
    let nested = |name| xls::Sheet { name, shown: 0, kind: 0, records: xls::record(xls::BOF, &[0, 6, 0x10, 0]) };
    let sheets: Vec<xls::Sheet> = names.into_iter().map(nested).collect();
    refused(&xls::biff8(&[], &sheets), "lie one in the other");
    refused(&xls::biff8(&[xls::record(0x00fc, &[1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0])], &[]), "cut short");
    refused(&xls::biff8(&[], &[xls::Sheet::of(&[xls::shared(0, 0, 1)])]), "refers to text 1 of 0");
}
