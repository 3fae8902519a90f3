//! What the workbooks of real publishers hold beside plain numbers and texts, and must not be read
//! as something else: footnotes set higher, percentages, numbers that are text, the strict variant.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod made;

use made::{archive, ods, rows, xls, xlsb, xlsx};
use quipu_readers::workbook::Workbook;
use quipu_readers::{Grid, Limits, Reader as _};
use quipu_schema::pipeline::Layout;
use rust_xlsxwriter::{Format as Look, FormatScript, Workbook as Written, XlsxError};

fn read(bytes: &[u8]) -> Vec<Grid> {
    Workbook.read(bytes, &Layout::default(), &Limits::default()).unwrap()
}

/// The cells of the first sheet, row after row; those of a form of their own begin with it.
fn cells(bytes: &[u8]) -> Vec<String> {
    rows(&read(bytes)[0]).into_iter().flat_map(|(_, texts)| texts).collect()
}

/// A raised 1 behind 2366 leads to a footnote: 23661 would be a figure that nobody published.
#[test]
fn footnotes_set_higher_stay_apart() {
    let written = || -> Result<Vec<u8>, XlsxError> {
        let (plain, raised) = (Look::new(), Look::new().set_font_script(FormatScript::Superscript));
        let mut book = Written::new();
        let sheet = book.add_worksheet();
        sheet.write_rich_string(0, 0, &[(&plain, "2366"), (&raised, "1")])?;
        sheet.write_rich_string(0, 1, &[(&plain, "2019"), (&raised, "a, 12"), (&plain, " total")])?;
        sheet.write_rich_string(0, 2, &[(&raised, "1"), (&plain, " Not counted")])?;
        book.save_to_buffer()
    };
    assert_eq!(cells(&written().unwrap()), ["2366¹", "2019ᵃ, ¹² total", "¹ Not counted"]);

    let inline = "<row><c t='inlineStr'><is><r><t>7</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>2</t></r>\
                  <r><rPr><vertAlign val='subscript'/></rPr><t>3</t></r><r><t>4</t></r></is></c></row>";
    assert_eq!(cells(&xlsx::Xlsx::of(inline).bytes()), ["7²34"], "lowered digits stand in formulas and names");

    let shared = [&3_u32.to_le_bytes()[..], &3_u32.to_le_bytes()].concat();
    let rich = |text: &str, start: u16, font: u16| {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u16::try_from(units.len() / 2).unwrap();
        let run = [start.to_le_bytes(), font.to_le_bytes()].concat();
        [&length.to_le_bytes()[..], &[1 | 8, 1, 0], &units, &run].concat()
    };
    // The fonts are numbered without a fourth: the last of these five is font 5.
    let fonts = [false, false, false, true, true].map(xls::font).concat();
    let texts = [shared, rich("2366 1", 5, 5), rich("20191", 4, 3), rich("12", 0, 2)].concat();
    let globals = [fonts, xls::format(0), xls::record(0x00fc, &texts)];
    let label = xls::record(0x0204, &[xls::head(0, 3, 0), rich("8p", 1, 5)].concat());
    let sheet = xls::Sheet::of(&[xls::shared(0, 0, 0), xls::shared(0, 1, 1), xls::shared(0, 2, 2), label]);
    assert_eq!(cells(&xls::biff8(&globals, &[sheet])), ["2366 ¹", "2019¹", "12", "8ᵖ"]);

    let records = [
        xlsb::row(0),
        xlsb::cell(62, 0, 0, &xlsb::rich("2366*1", &[(5, 1)])),
        xlsb::cell(62, 1, 0, &xlsb::rich("2012", &[(2, 1), (3, 0)])),
    ];
    assert_eq!(cells(&xlsb::xlsb(&[("S", 0, records.concat())], &[], &[0])), ["2366*¹", "20¹2"]);

    let open = ods::ods(
        "<table:table table:name='S'><table:table-row><table:table-cell office:value-type='string'><text:p>2366<text:span \
         text:style-name='up'>1</text:span><text:span text:style-name='other'>0</text:span></text:p></table:table-cell>\
         </table:table-row></table:table>",
    );
    assert_eq!(cells(&open), ["2366¹0"]);
}

/// A cell of 0.12 that is shown as 12 % says 12 %, as it would in any other format of document.
#[test]
fn percentages_read_as_they_are_shown() {
    let mut book = xlsx::Xlsx::of(
        "<row><c s='1'><v>0.12</v></c><c s='2'><v>7.0000000000000007E-2</v></c><c s='3'><v>12</v></c>\
         <c s='1' t='str'><v>n/a</v></c></row>",
    );
    book.styles = "<numFmts><numFmt numFmtId='170' formatCode='0.0 %;-0.0 %'/><numFmt numFmtId='171' formatCode='0\"%\"'/></numFmts>\
                   <cellXfs><xf/><xf numFmtId='9'/><xf numFmtId='170'/><xf numFmtId='171'/></cellXfs>";
    let wanted = ["Number 12%", "Number 7%", "Number 12", "n/a"];
    assert_eq!(cells(&book.bytes()), wanted, "a sign that is only text changes nothing");
    let sheet = xls::Sheet::of(&[xls::number(0, 0, 1, 0.12), xls::number(0, 1, 1, 0.07)]);
    assert_eq!(cells(&xls::biff8(&[xls::format(0), xls::format(10)], &[sheet])), wanted[..2]);
    let number = |column: u32, number: f64| xlsb::cell(5, column, 1, &number.to_le_bytes());
    let records = [xlsb::row(0), number(0, 0.12), number(1, 0.07)].concat();
    assert_eq!(cells(&xlsb::xlsb(&[("S", 0, records)], &[], &[0, 9])), wanted[..2]);
    let open = ods::ods(
        "<table:table table:name='S'><table:table-row><table:table-cell office:value-type='percentage' \
         office:value='0.12'><text:p>12,0%</text:p></table:table-cell><table:table-cell office:value-type='percentage' \
         office:value='0.07'><text:p>7%</text:p></table:table-cell></table:table-row></table:table>",
    );
    assert_eq!(cells(&open), wanted[..2]);
}

/// What a spreadsheet keeps as a text (with an apostrophe before it) is a text, and a date that is one.
#[test]
fn numbers_and_dates_that_are_text_stay_text() {
    let written = || -> Result<Vec<u8>, XlsxError> {
        let mut book = Written::new();
        let sheet = book.add_worksheet();
        let text = Look::new().set_num_format("@").set_quote_prefix();
        sheet.write_string_with_format(0, 0, "007", &text)?.write_string_with_format(0, 1, "1.234,5", &text)?;
        sheet.write_string(0, 2, "31/12/2019")?.write_string(0, 3, "mar-19")?;
        sheet.write_number_with_format(0, 4, 7.0, &text)?;
        book.save_to_buffer()
    };
    assert_eq!(cells(&written().unwrap()), ["007", "1.234,5", "31/12/2019", "mar-19", "Number 7"]);
}

/// The strict variant of the standard has other namespaces, types of relationships and dates.
#[test]
fn the_strict_variant() {
    let relation = |id: &str, kind: &str, target: &str| {
        format!(
            "<Relationship Id='{id}' Type='http://purl.oclc.org/ooxml/officeDocument/relationships/{kind}' Target='{target}'/>"
        )
    };
    let list = |relations: &str| format!("<Relationships>{relations}</Relationships>");
    let top = list(&relation("r1", "officeDocument", "/xl/workbook.xml"));
    let relations = list(
        &[
            relation("r1", "worksheet", "worksheets/sheet1.xml"),
            relation("r2", "styles", "styles.xml"),
            relation("r3", "sharedStrings", "sharedStrings.xml"),
        ]
        .concat(),
    );
    let space = "xmlns='http://purl.oclc.org/ooxml/spreadsheetml/main'";
    let main = format!(
        "<workbook {space} xmlns:r='http://purl.oclc.org/ooxml/officeDocument/relationships' conformance='strict'>\
         <workbookPr dateCompatibility='0'/><sheets><sheet name='S' sheetId='1' r:id='r1'/></sheets></workbook>"
    );
    // Cells out of order, and an area of a million rows that says nothing.
    let sheet = format!(
        "<worksheet {space}><dimension ref='A1:XFD1048576'/><cols><col min='1' max='16384' width='9'/></cols><sheetData>\
         <row r='2'><c r='B2' t='d' s='1'><v>2019-03-01T00:00:00.000</v></c><c r='A2' t='s'><v>0</v></c></row>\
         <row r='1'><c r='C1'><v>1.5</v></c></row><row r='1048576'><c r='XFD1048576' s='1'/></row></sheetData></worksheet>"
    );
    let strings = format!(
        "<sst {space}><si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh><phoneticPr fontId='1'/></si></sst>"
    );
    let styles = format!("<styleSheet {space}><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>");
    let bytes = archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", top.as_bytes()),
        ("xl/workbook.xml", main.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
    ]);
    let grids = read(&bytes);
    assert_eq!(
        rows(&grids[0]),
        [
            (1, vec![String::new(), String::new(), "Number 1.5".into()]),
            (2, vec!["東京".into(), "Date 2019-03-01".into()])
        ]
    );
}

/// Hidden rows and columns are read, and people are told.
#[test]
fn hidden_rows_and_columns() {
    let note = "hidden in the sheet, and read all the same: 1 row (the first is 2), 1 column (the first is B)";
    let rows = "<cols><col min='2' max='9' hidden='1'/></cols><sheetData><row r='1'><c r='A1'><v>1</v></c><c r='B1'><v>2</v></c></row>\
                <row r='2' hidden='true'><c r='A2'><v>3</v></c></row><row r='3' hidden='0'><c r='A3'><v>4</v></c></row></sheetData>";
    let xlsx = xlsx::Xlsx::with_sheet(&format!("<worksheet>{rows}</worksheet>")).bytes();
    let hidden_row = |number: u16, flags: u16| {
        xls::record(0x0208, &[&number.to_le_bytes()[..], &[0; 10], &flags.to_le_bytes(), &[0; 2]].concat())
    };
    let columns = xls::record(0x007d, &[1, 0, 8, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    let packed = [xls::packed(0, 0, 1), xls::packed(0, 1, 2), xls::packed(1, 0, 3), xls::packed(2, 0, 4)].concat();
    let xls = xls::biff8(&[], &[xls::Sheet::of(&[columns, hidden_row(1, 0x120), hidden_row(2, 0x100), packed])]);
    let number = |column: u32, number: f64| xlsb::cell(5, column, 0, &number.to_le_bytes());
    let columns = xlsb::record(60, &[&[1, 0, 0, 0, 8, 0, 0, 0][..], &[0; 8], &[1, 0]].concat());
    let hidden = xlsb::record(0, &[&1_u32.to_le_bytes()[..], &[0; 7], &[0x10], &[0; 5]].concat());
    let records =
        [columns, xlsb::row(0), number(0, 1.0), number(1, 2.0), hidden, number(0, 3.0), xlsb::row(2), number(0, 4.0)];
    let xlsb = xlsb::xlsb(&[("S", 0, records.concat())], &[], &[0]);
    let cell = |number: u8| format!("<table:table-cell office:value-type='float' office:value='{number}'/>");
    let ods = ods::ods(&format!(
        "<table:table table:name='S'><table:table-column-group><table:table-column/></table:table-column-group>\
         <table:table-column table:number-columns-repeated='8' table:visibility='collapse'/>\
         <table:table-row>{}{}</table:table-row><table:table-row table:visibility='filter'>{}</table:table-row>\
         <table:table-row table:visibility='visible'>{}</table:table-row></table:table>",
        cell(1),
        cell(2),
        cell(3),
        cell(4)
    ));
    for (name, bytes) in [("xlsx", xlsx), ("xls", xls), ("xlsb", xlsb), ("ods", ods)] {
        assert_eq!(cells(&bytes), ["Number 1", "Number 2", "Number 3", "Number 4"], "{name}");
        let notes = &read(&bytes)[0].notes;
        assert_eq!(notes[1..], [note], "{name}");
    }
}
