//! The workbook reader on workbooks made for it: every cell must come out, in every format.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod made;

use made::{ods, rows, xls, xlsb, xlsx};
use quipu_readers::workbook::Workbook;
use quipu_readers::{Content, Form, Grid, Limits, Reader as _, reader, sniff};
use quipu_schema::ErrorKind;
use quipu_schema::pipeline::{Format, Layout, Placed, SheetPick};
use rust_xlsxwriter::{Chart, ChartType, ExcelDateTime, Format as Look, Formula, Workbook as Written, XlsxError};

fn read(bytes: &[u8]) -> Vec<Grid> {
    Workbook.read(bytes, &Layout::default(), &Limits::default()).unwrap()
}

/// Rows as they are expected, cells separated by `|`.
fn expected(rows: &[(u64, &str)]) -> Vec<(u64, Vec<String>)> {
    rows.iter().map(|(number, cells)| (*number, cells.split('|').map(str::to_owned).collect())).collect()
}

fn places(grid: &Grid, position: usize) -> Vec<String> {
    let cells = 0..grid.cells(position).len();
    cells.map(|column| grid.locator(position, column).unwrap().to_string()).collect()
}

/// A publication as police forces make them: a banner, countries and years in two merged header rows,
/// pairs of rate and count below, codes as text, suppressed and annotated numbers, errors, footnotes.
fn publication() -> Result<Vec<u8>, XlsxError> {
    let (plain, bold) = (Look::new(), Look::new().set_bold());
    let day = Look::new().set_num_format("dd/mm/yyyy");
    let mut book = Written::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Delitos; 2019-2020")?;
    sheet.merge_range(0, 0, 0, 10, "Delitos registrados, por país y año", &bold)?;
    sheet.write_string(1, 0, "Cifras provisionales")?;
    sheet.merge_range(3, 0, 5, 0, "Código", &bold)?;
    sheet.merge_range(3, 1, 5, 1, "Delito", &bold)?;
    sheet.merge_range(3, 2, 3, 5, "Perú", &bold)?;
    sheet.merge_range(3, 6, 3, 9, "Chile", &bold)?;
    sheet.merge_range(3, 10, 5, 10, "Corte", &bold)?;
    for (pair, year) in (0..4_u16).zip([2019, 2020, 2019, 2020]) {
        let column = 2 + pair * 2;
        sheet.merge_range(4, column, 4, column + 1, "", &bold)?;
        sheet.write_number_with_format(4, column, f64::from(year), &bold)?;
        sheet.write_string(5, column, "Tasa")?;
        sheet.write_rich_string(5, column + 1, &[(&plain, "Ca"), (&bold, "sos")])?;
    }
    sheet.write_string(6, 0, "0101")?.write_string(6, 1, "Homicidio")?;
    for (column, number) in (2..10_u16).zip([7.4, 2404.0, 5.6, 1853.0, 3.9, 750.0, 5.7, 1115.0]) {
        sheet.write_number(6, column, number)?;
    }
    sheet.write_datetime_with_format(6, 10, ExcelDateTime::parse_from_str("2021-03-01")?, &day)?;
    sheet.write_string(7, 0, "0201")?.write_string(7, 1, "Robo")?;
    sheet.write_number(7, 2, 0.1 + 0.2)?.write_string(7, 3, "2366*")?.write_string(7, 4, "x")?;
    sheet.write_formula(7, 6, Formula::new("=NA()").set_result("#N/A"))?;
    sheet.write_formula(7, 7, Formula::new("=1/0").set_result("#DIV/0!"))?;
    sheet.write_formula(7, 8, Formula::new("=SUM(D7,F7)").set_result("4257"))?;
    sheet.write_boolean(7, 9, true)?;
    sheet.write_datetime_with_format(7, 10, ExcelDateTime::parse_from_str("2021-03-01 13:30:00")?, &day)?;
    sheet.merge_range(8, 0, 9, 0, "03", &plain)?;
    sheet.write_string(8, 1, "Drogas & armas")?.write_number(8, 3, 0)?.write_string(8, 5, "<5")?;
    sheet.write_string(9, 1, "  de ellas, armas ")?.write_string(9, 9, "..")?;
    sheet.write_string(12, 0, "* Cifra revisada.\nx: suprimida.")?;
    sheet.write_string(13, 0, "Fuente: policías nacionales")?;
    let hidden = book.add_worksheet();
    hidden.set_name("Cálculo")?.set_hidden(true).write_number(0, 0, 1)?;
    book.add_worksheet().set_name("Notas")?.write_string(2, 1, "=no formula")?;
    book.add_worksheet().set_name("aux")?.set_very_hidden(true);
    let mut chart = Chart::new(ChartType::Line);
    chart.add_series().set_values(("Notas", 0, 0, 2, 0));
    book.add_chartsheet().set_name("Figura")?.insert_chart(0, 0, &chart)?;
    book.save_to_buffer()
}

#[test]
fn a_publication_comes_out_to_the_last_cell() {
    let bytes = publication().unwrap();
    let grids = read(&bytes);
    assert_eq!(grids.iter().map(|grid| grid.title.as_str()).collect::<Vec<_>>(), ["Delitos; 2019-2020", "Notas"]);
    let banner = "Delitos registrados, por país y año";
    let covered = format!("{banner}{}", format!("|Covered {banner}").repeat(10));
    assert_eq!(
        rows(&grids[0]),
        expected(&[
            (1, &covered),
            (2, "Cifras provisionales"),
            (
                4,
                "Código|Delito|Perú|Covered Perú|Covered Perú|Covered Perú|Chile|Covered Chile|Covered Chile|Covered Chile|Corte"
            ),
            (
                5,
                "Covered Código|Covered Delito|Number 2019|Covered 2019|Number 2020|Covered 2020|Number 2019|Covered 2019|\
                 Number 2020|Covered 2020|Covered Corte"
            ),
            (6, "Covered Código|Covered Delito|Tasa|Casos|Tasa|Casos|Tasa|Casos|Tasa|Casos|Covered Corte"),
            (
                7,
                "0101|Homicidio|Number 7.4|Number 2404|Number 5.6|Number 1853|Number 3.9|Number 750|Number 5.7|Number 1115|\
                 Date 2021-03-01"
            ),
            (
                8,
                "0201|Robo|Number 0.30000000000000004|2366*|x||Fault #N/A|Fault #DIV/0!|Number 4257|Flag true|\
                 Date 2021-03-01T13:30:00"
            ),
            (9, "03|Drogas & armas||Number 0||<5"),
            (10, "Covered 03|  de ellas, armas ||||||||.."),
            (13, "* Cifra revisada.\nx: suprimida."),
            (14, "Fuente: policías nacionales"),
        ])
    );
    assert_eq!(rows(&grids[1]), expected(&[(3, "|=no formula")]));
    let years = places(&grids[0], 3);
    assert_eq!(years[0], "sheet=Delitos%3B 2019-2020;cell=A4", "where the text of a covered cell stands");
    assert_eq!(years[2..4], ["sheet=Delitos%3B 2019-2020;cell=C5", "sheet=Delitos%3B 2019-2020;cell=C5"]);
    assert_eq!(places(&grids[0], 6)[3], "sheet=Delitos%3B 2019-2020;cell=D8");
    let notes = grids[0].notes.join("\n");
    for part in [
        "format: XLSX",
        "`Cálculo`: left out, because it is hidden",
        "`aux`",
        "`Figura`: left out, because it is a chart",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(grids[1].notes.is_empty());
}

#[test]
fn hidden_sheets_are_read_on_demand() {
    let bytes = publication().unwrap();
    let titles = |layout: &Layout| {
        let grids = Workbook.read(&bytes, layout, &Limits::default());
        grids.map(|grids| grids.into_iter().map(|grid| grid.title).collect::<Vec<_>>())
    };
    let name = |text: &str| Some(SheetPick::Name(Placed { value: text.into(), span: 0..0 }));
    let pattern = |text: &str| Some(SheetPick::Pattern(Placed { value: text.into(), span: 0..0 }));
    let hidden = Layout { hidden: true, ..Layout::default() };
    assert_eq!(titles(&hidden).unwrap(), ["Delitos; 2019-2020", "Cálculo", "Notas", "aux"]);
    assert_eq!(titles(&Layout { sheet: name("NOTAS "), ..Layout::default() }).unwrap(), ["Notas"]);
    assert_eq!(
        titles(&Layout { sheet: pattern("Delitos.*\\d{4}"), ..Layout::default() }).unwrap(),
        ["Delitos; 2019-2020"]
    );
    let missing = titles(&Layout { sheet: name("Nota"), ..Layout::default() }).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Shape);
    assert!(missing.to_string().contains("did you mean `Notas`?"), "{missing}");
}

#[test]
fn raw_xlsx_of_other_writers() {
    let mut book = xlsx::Xlsx::with_sheet(
        "<x:worksheet xmlns:x='m'><x:dimension ref='A1:XFD1048576'/><x:sheetData>\
         <x:row><x:c t='inlineStr'><x:is><x:t>no </x:t><x:t xml:space='preserve'> places</x:t></x:is></x:c><x:c><x:v>2</x:v></x:c></x:row>\
         <x:row r='3'><x:c r='D3' t='s'><x:v>1</x:v></x:c><x:c r='B3' t='str'><x:v>a_x000D_b &amp; &#233;</x:v></x:c></x:row>\
         <x:row r='4'><x:c r='A4' s='1'><x:v>43466</x:v></x:c><x:c r='B4' s='2'><x:v>1.5</x:v></x:c>\
         <x:c r='C4' s='3'><x:v>0.75</x:v></x:c><x:c r='D4' t='d'><x:v>2019-01-01T00:00:00</x:v></x:c><x:c r='E4' s='1'><x:v>60</x:v></x:c></x:row>\
         <x:row r='5'><x:c r='A5' t='b'><x:v>0</x:v></x:c><x:c r='B5' t='n'><x:v>1,5</x:v></x:c><x:c r='C5'><x:v>1E-3</x:v></x:c>\
         <x:c r='D5'><x:f>A1+1</x:f></x:c><x:c r='E5' t='e'><x:v>#SPILL!</x:v></x:c><x:c r='F5' t='s'><x:v>0</x:v></x:c></x:row>\
         </x:sheetData><x:mergeCells><x:mergeCell ref='B3:C4'/></x:mergeCells></x:worksheet>",
    )
    .strings("<si><r><t>ri</t></r><rPh><t>no</t></rPh><r><t>ch</t></r></si><si><t><![CDATA[<raw>]]></t></si>");
    book.styles = "<numFmts><numFmt numFmtId='170' formatCode='[h]:mm'/><numFmt numFmtId='171' formatCode='hh:mm'/></numFmts>\
                   <cellXfs><xf/><xf numFmtId='14'/><xf numFmtId='170'/><xf numFmtId='171'/></cellXfs>";
    let grids = read(&book.bytes());
    assert_eq!(
        rows(&grids[0]),
        expected(&[
            (1, "no places|Number 2"),
            (3, "|a\rb & é|Covered a\rb & é|<raw>"),
            (4, "Date 2019-01-01|Covered a\rb & é|Covered a\rb & é|Date 2019-01-01|Number 60"),
            (5, "Flag false|1,5|Number 0.001||Fault #SPILL!|rich"),
        ])
    );
    let notes = grids[0].notes.join("\n");
    assert!(notes.contains("2 cells have texts that a merged area hides"), "{notes}");
    assert!(notes.contains("1 formulas have no stored value and read as empty, the first in D5"), "{notes}");
    book.properties = "<workbookPr date1904='true'/>";
    assert_eq!(rows(&read(&book.bytes())[0])[2].1[0], "Date 2023-01-02", "days count from 1904");
}

#[test]
fn areas_of_whole_rows_and_columns_end_with_the_text() {
    let book = xlsx::Xlsx::with_sheet(
        "<worksheet><sheetData><row r='1'><c r='A1' t='str'><v>all</v></c></row><row r='2'><c r='A2' t='str'><v>block</v></c>\
         <c r='C2'><v>1</v></c></row><row r='5'><c r='B5'><v>2</v></c></row></sheetData><mergeCells>\
         <mergeCell ref='A1:XFD1'/><mergeCell ref='A2:A1048576'/><mergeCell ref='B2:C3'/></mergeCells></worksheet>",
    );
    assert_eq!(
        rows(&read(&book.bytes())[0]),
        expected(&[
            (1, "all|Covered all|Covered all"),
            (2, "block||Number 1"),
            (3, "Covered block"),
            (4, "Covered block"),
            (5, "Covered block|Number 2"),
        ]),
        "an area with nothing at its top left hides nothing"
    );
}

#[test]
fn xls_of_both_versions() {
    use xls::{Sheet, head, record};
    let sheet = |text: &dyn Fn(u16, u16, &str) -> Vec<u8>| {
        Sheet::of(&[
            record(0x0200, &[0xff; 14]),
            text(0, 0, "Título"),
            xls::merged(&[[0, 0, 0, 2]]),
            xls::packed(1, 1, 12_656),
            record(
                0x00bd,
                &[&[2, 0, 1, 0, 0, 0][..], &(7_u32 << 2 | 2).to_le_bytes()[..], &[0, 0], &[0x03, 0, 0, 0], &[2, 0]]
                    .concat(),
            ),
            xls::number(3, 0, 1, 43_466.0),
            xls::number(3, 1, 2, 0.75),
            xls::number(3, 2, 3, 43_466.5),
            record(0x0205, &[head(4, 0, 0), vec![1, 0]].concat()),
            record(0x0205, &[head(4, 1, 0), vec![0x2a, 1]].concat()),
            xls::formula(4, 2, Some(0.5)),
            xls::formula(4, 3, None),
            record(0x04bc, &[0; 10]),
            record(0x0207, &text(4, 3, "fórmula")[10..]),
            record(xls::BOF, &[0, 6, 0x20, 0, 0, 0, 0, 0]),
            xls::number(9, 9, 0, 1.0),
            record(xls::EOF, &[]),
        ])
    };
    let wanted = expected(&[
        (1, "Título|Covered Título|Covered Título"),
        (2, "|Number 12656"),
        (3, "|Number 7|Number 0"),
        (4, "Date 2019-01-01|Date 18:00:00|Date 2019-01-01T12:00:00"),
        (5, "Flag true|Fault #N/A|Number 0.5|fórmula"),
    ]);
    let wide = |row, column, text: &str| record(0x0204, &[head(row, column, 0), xls::wide(text)].concat());
    let code = |number: u16, code: Vec<u8>| record(0x041e, &[number.to_le_bytes().to_vec(), code].concat());
    // A code page of Windows beside Unicode texts changes nothing; some writers have it.
    let globals = [
        record(0x0042, &1252_u16.to_le_bytes()),
        code(164, xls::wide("hh:mm")),
        code(165, xls::wide("d\"/\"m\"/\"yyyy h:mm")),
        xls::format(0),
        xls::format(14),
        xls::format(164),
        xls::format(165),
        xls::texts(&["eins", "zwei ☠"]),
    ];
    let chart = Sheet { name: "Gráfico", shown: 0, kind: 2, records: Vec::new() };
    let deep = Sheet { name: "aux", shown: 2, kind: 0, records: xls::shared(6, 1, 1) };
    let bytes = xls::biff8(&globals, &[sheet(&wide), chart, deep]);
    let grids = read(&bytes);
    assert_eq!(rows(&grids[0]), wanted);
    assert_eq!(
        grids[0].notes,
        [
            "format: XLS",
            "sheet `aux`: left out, because it is hidden from all but programs",
            "sheet `Gráfico`: left out, because it is a chart and no table"
        ]
    );
    let all = Workbook.read(&bytes, &Layout { hidden: true, ..Layout::default() }, &Limits::default()).unwrap();
    assert_eq!(rows(&all[1]), expected(&[(7, "|zwei ☠")]));

    let bytes_of = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let narrow = |row, column, text: &str| {
        let bytes = bytes_of(text);
        record(
            0x0204,
            &[head(row, column, 0), u16::try_from(bytes.len()).unwrap().to_le_bytes().to_vec(), bytes].concat(),
        )
    };
    let short = |text: &str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    let globals = [
        record(0x0042, &1252_u16.to_le_bytes()),
        code(164, short("hh:mm")),
        code(165, short("d\"/\"m\"/\"yyyy h:mm")),
        xls::format(0),
        xls::format(14),
        xls::format(164),
        xls::format(165),
    ];
    assert_eq!(rows(&read(&xls::biff5(&globals, &[sheet(&narrow)]))[0]), wanted);
    let globals = [record(0x0022, &[1, 0]), xls::format(14)];
    let bytes = xls::biff8(&globals, &[Sheet::of(&[xls::number(0, 0, 0, 42_004.0)])]);
    assert_eq!(rows(&read(&bytes)[0]), expected(&[(1, "Date 2019-01-01")]), "days count from 1904");
}

#[test]
fn xlsb_with_all_kinds_of_cells() {
    use xlsb::{cell, row, wide};
    let records = [
        row(0),
        cell(7, 0, 0, &1_u32.to_le_bytes()),
        xlsb::merged([0, 1, 0, 0]),
        cell(2, 1, 0, &(12_656_u32 << 2 | 2).to_le_bytes()),
        row(1),
        cell(5, 1, 1, &43_466_f64.to_le_bytes()),
        cell(9, 2, 0, &0.25_f64.to_le_bytes()),
        cell(3, 3, 0, &[0x2a]),
        cell(4, 4, 0, &[1]),
        cell(8, 5, 0, &wide("fórmula")),
        cell(62, 6, 0, &[vec![0], wide("rich")].concat()),
        cell(1, 7, 0, &[]),
    ]
    .concat();
    let bytes = xlsb::xlsb(&[("Hoja 1", 0, records), ("aux", 1, Vec::new())], &["eins", "zwei ☠"], &[0, 14]);
    let grids = read(&bytes);
    assert_eq!(
        rows(&grids[0]),
        expected(&[
            (1, "zwei ☠|Number 12656"),
            (2, "Covered zwei ☠|Date 2019-01-01|Number 0.25|Fault #N/A|Flag true|fórmula|rich"),
        ])
    );
    assert_eq!(grids[0].notes, ["format: XLSB", "sheet `aux`: left out, because it is hidden"]);
}

#[test]
fn ods_with_spans_and_repetitions() {
    let bytes = ods::ods(
        r#"<table:tracked-changes><table:deletion><table:table><table:table-row/></table:table></table:deletion></table:tracked-changes>
<table:table table:name="Índice" table:style-name="seen"><table:table-column table:number-columns-repeated="1024"/>
<table:table-header-rows><table:table-row>
<table:table-cell office:value-type="string" table:number-columns-spanned="2" table:number-rows-spanned="2"><text:p>País</text:p></table:table-cell>
<table:covered-table-cell/>
<table:table-cell office:value-type="string" office:string-value="given"><text:p>shown</text:p></table:table-cell>
</table:table-row></table:table-header-rows>
<table:table-row><table:covered-table-cell table:number-columns-repeated="2"/><table:table-cell office:value-type="float" office:value="12656.0"/></table:table-row>
<table:table-row table:number-rows-repeated="1000"/>
<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/>
<table:table-cell table:number-columns-repeated="2" office:value-type="percentage" office:value="0.125"><text:p>12.5%</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="16380"/></table:table-row>
<table:table-row><table:table-cell office:value-type="date" office:date-value="2019-01-01T00:00:00"><text:p>1/1/19</text:p></table:table-cell>
<table:table-cell office:value-type="time" office:time-value="PT13H30M00S"/><table:table-cell office:value-type="boolean" office:boolean-value="true"/>
<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error" table:formula="of:=1/0"><text:p>#DIV/0!</text:p></table:table-cell>
<table:table-cell office:value-type="string"><office:annotation><text:p>a remark</text:p></office:annotation>
<text:p> two  <text:span>words</text:span><text:s text:c="2"/>&amp;<text:tab/>x </text:p><text:p/><text:p>third<text:line-break/>line</text:p><draw:frame><text:p>drawn</text:p></draw:frame></table:table-cell>
<table:table-cell table:formula="of:=A1"/></table:table-row>
<table:table-row-group><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table-row-group>
</table:table>
<table:table table:name="aux" table:style-name="gone"><table:table-row><table:table-cell office:value-type="float" office:value="1"/></table:table-row></table:table>
<table:named-expressions><table:named-range table:name="n"/></table:named-expressions>
<table:table table:name="Leer"/>"#,
    );
    let grids = read(&bytes);
    assert_eq!(
        rows(&grids[0]),
        expected(&[
            (1, "País|Covered País|given"),
            (2, "Covered País|Covered País|Number 12656"),
            (1003, "||Number 12.5%|Number 12.5%"),
            (1004, "||Number 12.5%|Number 12.5%"),
            (1005, "Date 2019-01-01|Date PT13H30M|Flag true|Fault #DIV/0!|two words  &\tx\n\nthird\nline"),
        ])
    );
    assert_eq!(places(&grids[0], 3)[3], "sheet=Índice;cell=D1004");
    assert_eq!((grids[1].title.as_str(), grids[1].rows().len()), ("Leer", 0));
    let notes = grids[0].notes.join("\n");
    assert!(
        notes.contains("format: ODS") && notes.contains("`aux`: left out") && notes.contains("the first in F1005"),
        "{notes}"
    );
    let hidden = Workbook.read(&bytes, &Layout { hidden: true, ..Layout::default() }, &Limits::default()).unwrap();
    assert_eq!(hidden.iter().map(|grid| grid.title.as_str()).collect::<Vec<_>>(), ["Índice", "aux", "Leer"]);
}

#[test]
fn workbooks_are_known_by_their_bytes() {
    let xlsx = publication().unwrap();
    let xls = xls::biff5(&[], &[xls::Sheet::of(&[])]);
    let xlsb = xlsb::xlsb(&[("a", 0, Vec::new())], &[], &[]);
    for bytes in [&xlsx, &xls, &xlsb, &ods::ods("")] {
        assert_eq!(sniff(Content::Memory(bytes)).expect("memory"), Format::Workbook);
    }
    let docx = made::archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", b""),
        ("word/embeddings/book.xlsx", &xlsx),
    ]);
    let odt = made::archive(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"")]);
    let plain = made::archive(&[("workbook.csv", b"a,b\n1,2\n")]);
    let doc = made::compound::compound(&[("WordDocument", &[0; 5000]), ("1Table", &[])]);
    for (bytes, what) in
        [(&docx, "an Office document"), (&odt, ""), (&plain, "an Office document"), (&doc, "another document")]
    {
        assert_ne!(sniff(Content::Memory(bytes)).expect("memory"), Format::Workbook, "{what}");
        let fault = Workbook.read(bytes, &Layout::default(), &Limits::default()).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Shape);
        assert!(fault.message().contains(what), "{fault}");
    }
    assert_eq!(reader(Format::Workbook).map(quipu_readers::Reader::format), Some(Format::Workbook));
}

#[test]
fn what_is_no_workbook_is_told_by_what_it_is() {
    let encrypted = made::compound::compound(&[("EncryptionInfo", &[0; 100]), ("EncryptedPackage", &[0; 9000])]);
    let locked = xls::biff8(&[xls::record(0x002f, &[1, 0, 1, 0, 1, 0])], &[]);
    let locked_ods = ods::with_manifest("", "<manifest:encryption-data/>");
    let old = made::compound::compound(&[("Book", &xls::record(0x0409, &[0, 4, 0x10, 0, 0, 0]))]);
    let whole = publication().unwrap();
    let cases: [(&[u8], &str); 11] = [
        (&encrypted, "encrypted"),
        (&locked, "encrypted"),
        (&locked_ods, "encrypted"),
        (&old, "before Excel 5"),
        (&whole[..whole.len() / 2], "cut short"),
        (b"", "an empty document"),
        (b"\xef\xbb\xbf<!DOCTYPE html><table>", "`[source.html]`"),
        (b"a;b\n1;2\n", "`[source.csv]`"),
        (b"{\"a\": 1}", "`[source.json]`"),
        (b"%PDF-1.7", "`[source.pdf]`"),
        (&[0x09, 0x08, 0, 0, 0xff], "another kind"),
    ];
    for (bytes, part) in cases {
        let fault = Workbook.read(bytes, &Layout::default(), &Limits::default()).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Shape);
        assert!(fault.to_string().contains(part), "{fault}");
    }
    assert_eq!(
        sniff(Content::Memory(&encrypted)).expect("memory"),
        Format::Workbook,
        "so that the fault says that it is encrypted"
    );
}

#[test]
fn forms_tell_numbers_from_texts() {
    let book = xlsx::Xlsx::of("<row r='1'><c r='A1' t='str'><v>007</v></c><c r='B1'><v>7.0</v></c></row>");
    let grids = read(&book.bytes());
    let cells: Vec<(Form, &str)> = grids[0].cells(0).iter().map(|cell| (cell.form, grids[0].text(*cell))).collect();
    assert_eq!(cells, [(Form::Printed, "007"), (Form::Number, "7")]);
}
