//! Samples of workbooks for what every reader promises: each format, packed and, so that damage
//! reaches what is behind the packing, not packed.

use quipu_schema::pipeline::{Format, Layout};
use rust_xlsxwriter::{Format as Look, Formula, Workbook, XlsxError};

use super::xls::{self, head, record};
use super::xlsb::{self, cell, row, wide};
use super::{Sample, ods, unpacked, xlsx};

/// The samples.
pub(crate) fn samples() -> Vec<Sample> {
    let (written, raw, binary, old, older, open) = (written().unwrap(), raw(), binary(), old(), older(), open());
    let samples = [
        ("xlsx, written", written.clone()),
        ("xlsx, written, not packed", unpacked(&written)),
        ("xlsx, raw, not packed", unpacked(&raw)),
        ("xlsx, raw", raw),
        ("xlsb, not packed", unpacked(&binary)),
        ("xlsb", binary),
        ("xls, BIFF8", old),
        ("xls, BIFF5", older),
        ("ods, not packed", unpacked(&open)),
        ("ods", open),
    ];
    let sample = |(name, bytes)| Sample { name, format: Format::Workbook, bytes, layout: Layout::default() };
    samples.into_iter().map(sample).collect()
}

fn written() -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let day = Look::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet();
    sheet.set_name("a;b % ñ")?.merge_range(0, 0, 1, 2, "Título", &day)?;
    for row in 2..12_u32 {
        sheet.write_number_with_format(row, 0, 43_466.0 + f64::from(row) / 3.0, &day)?;
        sheet.write_string(row, 2, format!("fila {row}"))?.write_number(row, 4, f64::from(row) / 7.0)?;
        sheet.write_formula(row, 6, Formula::new("=NA()").set_result("#N/A"))?;
    }
    book.add_worksheet().set_name("zwei")?.write_boolean(4, 3, true)?;
    book.save_to_buffer()
}

fn raw() -> Vec<u8> {
    let mut book = xlsx::Xlsx::with_sheet(
        "<worksheet><sheetData><row r='2'><c r='C2' t='s'><v>1</v></c><c r='B2' t='inlineStr'><is><t>in</t></is></c></row>\
         <row r='1'><c r='A1' s='1'><v>43466.5</v></c><c r='E1' t='str'><v>&lt;x&gt; &#233;</v></c></row>\
         <row r='7'><c><v>0.1</v></c><c t='b'><v>1</v></c><c><f>A1</f></c><c t='e'><v>#REF!</v></c></row></sheetData>\
         <mergeCells><mergeCell ref='B2:B4'/><mergeCell ref='C2:D2'/></mergeCells></worksheet>",
    )
    .strings("<si><t>one</t></si><si><r><t>t</t></r><r><t>wo</t></r></si>");
    book.styles = "<cellXfs><xf numFmtId='0'/><xf numFmtId='22'/></cellXfs>";
    book.bytes()
}

fn binary() -> Vec<u8> {
    let records = [
        row(1),
        cell(7, 1, 0, &0_u32.to_le_bytes()),
        xlsb::merged([1, 2, 1, 2]),
        row(4),
        cell(5, 0, 1, &43_466.25_f64.to_le_bytes()),
        cell(2, 3, 0, &(7_u32 << 2 | 3).to_le_bytes()),
        cell(3, 4, 0, &[0x17]),
        cell(6, 5, 0, &wide("hier")),
    ];
    xlsb::xlsb(&[("Hoja", 0, records.concat()), ("dos", 0, Vec::new())], &["geteilt"], &[0, 22])
}

fn cells_of_xls(text: &dyn Fn(&str) -> Vec<u8>) -> Vec<Vec<u8>> {
    vec![
        record(0x0204, &[head(1, 1, 0), text("etiqueta")].concat()),
        xls::merged(&[[1, 2, 1, 3], [9, 9, 0, 2]]),
        xls::number(3, 0, 1, 43_466.5),
        xls::packed(3, 2, 44),
        xls::formula(4, 0, None),
        record(0x0207, &text("resultado")),
        record(0x0205, &[head(9, 0, 0), vec![0x07, 1]].concat()),
        xls::number(2, 5, 0, -0.125),
    ]
}

fn old() -> Vec<u8> {
    let mut cells = cells_of_xls(&xls::wide);
    cells.extend((20..400).map(|row| xls::shared(row, 3, u32::from(row % 2))));
    let globals = [xls::format(0), xls::format(22), xls::texts(&["eins", "zwei"])];
    xls::biff8(&globals, &[xls::Sheet::of(&cells)])
}

fn older() -> Vec<u8> {
    let text = |text: &str| [&u16::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat();
    xls::biff5(&[xls::format(0), xls::format(22)], &[xls::Sheet::of(&cells_of_xls(&text))])
}

fn open() -> Vec<u8> {
    ods::ods(
        r#"<table:table table:name="a;b"><table:table-row table:number-rows-repeated="3"/>
<table:table-row><table:table-cell office:value-type="string" table:number-columns-spanned="2" table:number-rows-spanned="2"><text:p>Título &amp; más</text:p></table:table-cell><table:covered-table-cell/></table:table-row>
<table:table-row><table:covered-table-cell table:number-columns-repeated="2"/><table:table-cell office:value-type="float" office:value="0.1"/></table:table-row>
<table:table-row table:number-rows-repeated="40"><table:table-cell table:number-columns-repeated="3" office:value-type="date" office:date-value="2019-01-01"/></table:table-row>
<table:table-row table:number-rows-repeated="1048000"/></table:table>
<table:table table:name="zwei"><table:table-row><table:table-cell office:value-type="boolean" office:boolean-value="true"/></table:table-row></table:table>"#,
    )
}
