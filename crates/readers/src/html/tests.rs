use proptest::prelude::*;
use quipu_schema::pipeline::Placed;

use super::*;

fn placed(text: &str) -> Placed<String> {
    Placed { value: text.to_owned(), span: 0..0 }
}

fn layout(table: Option<TableAt>) -> Layout {
    Layout { format: Some(Format::Html), table, ..Layout::default() }
}

fn check(bytes: &[u8], layout: &Layout) -> Option<usize> {
    crate::promise::check(&Html, bytes, layout, &Limits::default())
}

fn read(html: &str, table: Option<TableAt>) -> Vec<(String, Vec<Vec<String>>)> {
    check(html.as_bytes(), &layout(table.clone()));
    let grids = Html.read(html.as_bytes(), &layout(table), &Limits::default()).expect("read");
    grids.iter().map(|grid| (grid.title.clone(), rows(grid))).collect()
}

fn rows(grid: &Grid) -> Vec<Vec<String>> {
    let row = |at| grid.cells(at).iter().map(|cell| grid.text(*cell).to_owned()).collect();
    (0..grid.rows().len()).map(row).collect()
}

fn range(grid: &Grid, row: usize, column: usize) -> Range<usize> {
    let place = grid.locator(row, column).and_then(|place| place.bytes()).expect("a range");
    usize::try_from(place.0).unwrap()..usize::try_from(place.1).unwrap()
}

const PAGE: &str = r#"<!DOCTYPE html><html lang="es"><head><meta charset="utf-8"><title>Cifras</title></head><body>
<h1>Anuario</h1><h2>Homicidios <small>por país</small></h2>
<table class="data">
 <thead><tr><th rowspan="2">País</th><th colspan="2">2019</th></tr><tr><th>Casos</th><th>Tasa<sup>a</sup></th></tr></thead>
 <tfoot><tr><td colspan="3">Fuente: oficina de estadística</td></tr></tfoot>
 <tbody>
  <tr><td>México</td><td>2366<sup>1</sup></td><td>28,7</td></tr>
  <tr hidden><td>plantilla</td><td></td><td></td></tr>
  <tr><td>Per&uacute;</td><td>14&nbsp;260<td>n.d.</td></tr>
 </tbody>
</table>
<table><caption>Notas</caption><tr><td><table><tr><td>dentro</td></tr></table>fuera</td></tr></table>
<div style="display:none"><table><tr><td>oculta</td></tr></table></div>
</body></html>"#;

#[test]
fn a_page_gives_its_tables_in_order() {
    let tables = read(PAGE, None);
    let titles: Vec<&str> = tables.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(titles, ["Homicidios por país", "Notas", "Homicidios por país"]);
    assert_eq!(
        tables[0].1,
        [
            vec!["País", "2019", "2019"],
            vec!["País", "Casos", "Tasaᵃ"],
            vec!["México", "2366¹", "28,7"],
            vec!["Perú", "14\u{a0}260", "n.d."],
            vec!["Fuente: oficina de estadística"; 3],
        ]
    );
    assert_eq!(tables[1].1, [["fuera"]]);
    assert_eq!(tables[2].1, [["dentro"]]);
    let grids = Html.read(PAGE.as_bytes(), &layout(None), &Limits::default()).expect("read");
    let notes = grids[0].notes.join("; ");
    assert!(notes.contains("encoding UTF-8 (told by the page)"), "{notes}");
    assert!(
        notes.contains("table 1 of 4") && notes.contains("1 hidden rows") && !notes.contains("run into"),
        "{notes}"
    );
    assert!(notes.contains("2 cells have raised or lowered digits"), "{notes}");
    assert!(grids[1].notes.join("; ").contains("1 tables in its cells are tables of their own"));
    let range = range(&grids[0], 2, 1);
    assert_eq!(PAGE.get(range), Some("2366<sup>1</sup>"));
    assert_eq!(grids[0].locator(0, 2), grids[0].locator(0, 1), "a covered cell stands where its origin does");
}

#[test]
fn tables_are_chosen_by_number_or_text() {
    assert_eq!(read(PAGE, Some(TableAt::Number(4)))[0].1, [["oculta"]]);
    assert_eq!(read(PAGE, Some(TableAt::Holds(placed("  PERÚ "))))[0].1.len(), 5);
    assert_eq!(read(PAGE, Some(TableAt::Holds(placed("notas"))))[0].1, [["fuera"]]);
    let fault =
        |table| Html.read(PAGE.as_bytes(), &layout(Some(table)), &Limits::default()).expect_err("none").to_string();
    let message = fault(TableAt::Number(5));
    assert!(message.contains("the page has 4 tables, and no table 5"), "{message}");
    assert!(message.contains("1 (\"Homicidios por país\"), 2 (\"Notas\")"), "{message}");
    assert!(fault(TableAt::Holds(placed("oculta"))).contains("no table of the page holds `oculta`"));
    let none = Html.read(b"<html><p>none", &layout(None), &Limits::default()).expect_err("none");
    assert_eq!(none.kind(), ErrorKind::Shape);
}

#[test]
fn ranges_are_those_of_the_archived_bytes_in_their_encoding() {
    let html = "<html><meta charset=iso-8859-1><table><tr><td>AÑO &euro;</td><td>Perú<sup>2</sup></td></table>";
    let latin: Vec<u8> = html.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(html.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (bytes, name) in [(latin, "windows-1252"), (wide, "UTF-16LE")] {
        assert_eq!(check(&bytes, &layout(None)), Some(2));
        let grid = Html.read(&bytes, &layout(None), &Limits::default()).expect("read").remove(0);
        assert_eq!(rows(&grid), [["AÑO €", "Perú²"]]);
        assert!(grid.notes[0].contains(name), "{:?}", grid.notes);
        let (text, _, _) = Encoding::for_label(name.as_bytes()).unwrap().decode(&bytes[range(&grid, 0, 0)]);
        assert_eq!(text, "AÑO &euro;");
    }
    let declared = Layout { encoding: Some(placed("windows-1251")), ..layout(None) };
    let cyrillic = b"<table><td>\xc3\xee\xe4";
    assert_eq!(check(cyrillic, &declared), Some(1));
    let grid = Html.read(cyrillic, &declared, &Limits::default()).expect("read").remove(0);
    assert_eq!(rows(&grid), [["Год"]]);
    let unknown = Layout { encoding: Some(placed("klingon")), ..layout(None) };
    assert_eq!(Html.read(cyrillic, &unknown, &Limits::default()).expect_err("none").kind(), ErrorKind::Pipeline);
}

#[test]
fn multi_byte_encodings_read_back() {
    for (label, text) in [("shift_jis", "殺人 年"), ("gb18030", "年份 €"), ("euc-kr", "연도"), ("big5", "年度")]
    {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let html = format!("<table><tr><td>{text}<td><b>{text}</b> 7</table>");
        let (bytes, _, _) = encoding.encode(&html);
        let layout = Layout { encoding: Some(placed(label)), ..layout(None) };
        assert_eq!(check(&bytes, &layout), Some(2));
        let grid = Html.read(&bytes, &layout, &Limits::default()).expect("read").remove(0);
        assert_eq!(rows(&grid), [[text.to_owned(), format!("{text} 7")]]);
    }
}

#[test]
fn places_outside_the_page_are_refused() {
    for place in [Locator::Bytes { start: 5, end: 99_999_999 }, Locator::Pointer("/0".into())] {
        let fault = Html.reread(PAGE.as_bytes(), &layout(None), &place, &Limits::default()).expect_err("nothing");
        assert_eq!(fault.kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn bombs_end_in_an_error_or_a_small_grid() {
    let banner = format!("<table>{}<tr><td>a<td>b</table>", "<tr><td colspan=100000 rowspan=1>x".repeat(5_000));
    assert_eq!(read(&banner, None)[0].1.iter().map(Vec::len).max(), Some(2));
    let limits = Limits { memory: 8 << 20, ..Limits::default() };
    let wide = "<td rowspan=0>x".repeat(2_000) + &"<tr>".repeat(20_000);
    let deep = "<table><tr><td>".repeat(100_000);
    let many = "<table><tr>".to_owned() + &"<td>1".repeat(400_000);
    for html in [format!("<table><tr>{wide}"), deep, many] {
        let fault = Html.read(html.as_bytes(), &layout(None), &limits).expect_err("too large");
        assert_eq!(fault.kind(), ErrorKind::Shape, "{fault}");
    }
    let long = format!("<table><td>{}", "x".repeat(1_000));
    let limits = Limits { cell: 999, ..Limits::default() };
    assert!(Html.read(long.as_bytes(), &layout(None), &limits).expect_err("long").message().contains("1000 bytes"));
}

#[test]
fn pages_are_told_from_other_texts() {
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("<html>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for page in [
        &b"<!DOCTYPE HTML PUBLIC>"[..],
        b"\xef\xbb\xbf \n<!-- x --><html lang=es>",
        b"<table border=1>",
        b"<div class=x><p>..</p><table>",
        b"<?xml version='1.0'?><!DOCTYPE html><html>",
        &wide,
    ] {
        assert!(Html.is_like(page), "{}", String::from_utf8_lossy(page));
    }
    for other in
        [&b"a,b\n<table>,1"[..], b"", b"{\"a\":\"<html>\"}", b"<?xml version='1.0'?><rows><table/></rows>", b"<tablet>"]
    {
        assert!(!Html.is_like(other), "{}", String::from_utf8_lossy(other));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_cell_reads_back_at_its_place(
        html in "(<table>|</table>|<tr>|</tr>|<td>|</td>|<th colspan=2>|<td rowspan=2>|<td rowspan=0 hidden>|</th>|<thead>|</tbody>|<tfoot>|<caption>|</caption>|<h2>|</h2>|<template>|</template>|<div hidden>|</div>|<script>|</script>|<sup>|</sup>|<!--|-->|</>|<|&eacute;|&amp|1|é| |x){0,40}"
    ) {
        for table in [None, Some(TableAt::Number(2)), Some(TableAt::Holds(placed("x")))] {
            check(html.as_bytes(), &layout(table));
        }
        for label in ["windows-1252", "shift_jis", "utf-16le", "utf-16be", "gb18030"] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let declared = Layout { encoding: Some(placed(label)), ..layout(None) };
            let bytes = if label.starts_with("utf-16") {
                html.encode_utf16().flat_map(if label == "utf-16le" { u16::to_le_bytes } else { u16::to_be_bytes }).collect()
            } else {
                encoding.encode(&html).0.into_owned()
            };
            let whole = Html.read(html.as_bytes(), &layout(None), &Limits::default());
            let other = Html.read(&bytes, &declared, &Limits::default());
            check(&bytes, &declared);
            if let (Ok(whole), Ok(other)) = (whole, other) {
                let texts = |grids: &[Grid]| grids.iter().map(rows).collect::<Vec<_>>();
                prop_assert_eq!(texts(&whole), texts(&other));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut page = b"<table><td>".to_vec();
        page.extend_from_slice(&bytes);
        check(&page, &layout(None));
        check(&bytes, &layout(None));
    }
}
