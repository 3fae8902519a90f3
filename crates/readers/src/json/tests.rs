use proptest::prelude::*;
use quipu_schema::pipeline::Placed;

use super::*;

fn layout(records: Option<&str>) -> Layout {
    let records = records.map(|pointer| Placed { value: pointer.to_owned(), span: 0..0 });
    Layout { format: Some(Format::Json), records, ..Layout::default() }
}

fn one(text: &str, records: Option<&str>) -> Grid {
    let mut grids = Json.read(text.as_bytes(), &layout(records), &Limits::default()).expect("read");
    assert_eq!(grids.len(), 1);
    grids.remove(0)
}

fn rows(grid: &Grid) -> Vec<Vec<String>> {
    let row = |at| grid.cells(at).iter().map(|cell| grid.text(*cell).to_owned()).collect();
    (0..grid.rows().len()).map(row).collect()
}

fn places(grid: &Grid, row: usize) -> Vec<String> {
    let place = |column| grid.locator(row, column).map(|place| place.to_string()).expect("a place");
    (0..grid.cells(row).len()).map(place).collect()
}

fn check(bytes: &[u8], layout: &Layout, limits: &Limits) {
    crate::promise::check(&Json, bytes, layout, limits);
}

const ENVELOPE: &str = r#"{
  "title": "Delitos por municipio", "dateReleased": "2025-08-25", "count": 3,
  "source": {"name": "Oficina de estadística", "open": true},
  "data": [
    {"id": "a1", "country": {"id": "MX", "value": "México"}, "value": 28.73670231841440, "tags": ["x", "y"], "ok": true},
    {"id": "a2", "value": null, "country": {"value": "Per\u00fa", "id": "PE"}, "tags": [], "note": "n.d."},
    {"id": "a3", "country": {"id": "CO"}, "value": 1e3}
  ]
}"#;

#[test]
fn an_envelope_becomes_metadata_header_and_rows() {
    let grid = one(ENVELOPE, None);
    assert_eq!(grid.title, "data");
    let rows = rows(&grid);
    assert_eq!(rows[0], ["title", "Delitos por municipio"]);
    assert_eq!(rows[1], ["dateReleased", "2025-08-25"]);
    assert_eq!(rows[2], ["count", "3"]);
    assert_eq!(rows[4], ["source.open", "true"]);
    assert_eq!(rows[5], ["id", "country.id", "country.value", "value", "tags.0", "tags.1", "ok", "note"]);
    assert_eq!(rows[6], ["a1", "MX", "México", "28.73670231841440", "x", "y", "true"]);
    assert_eq!(rows[7], ["a2", "PE", "Perú", "", "", "", "", "n.d."]);
    assert_eq!(rows[8], ["a3", "CO", "", "1e3"]);
    assert_eq!(places(&grid, 4), ["pointer=~#/source/open", "pointer=/source/open"]);
    assert_eq!(places(&grid, 5)[1], "pointer=/data/0~#/country/id");
    assert_eq!(places(&grid, 5)[7], "pointer=/data/1~#/note");
    assert_eq!(places(&grid, 7)[1], "pointer=/data/1/country/id");
    let forms: Vec<Form> = grid.cells(6).iter().map(|cell| cell.form).collect();
    assert_eq!((forms[0], forms[3], forms[6]), (Form::Printed, Form::Number, Form::Flag));
    let notes = grid.notes.join("; ");
    assert!(notes.contains("3 records at `/data` (detected), 8 columns"), "{notes}");
    assert!(notes.contains("empty cells: 1 null, 9 without the field"), "{notes}");
    assert!(notes.contains("1 lists or objects in records hold nothing"), "{notes}");
    check(ENVELOPE.as_bytes(), &layout(None), &Limits::default());
    check(ENVELOPE.as_bytes(), &layout(Some("/data")), &Limits::default());
    check(ENVELOPE.as_bytes(), &layout(Some("/source")), &Limits::default());
}

#[test]
fn a_list_of_metadata_and_records() {
    let text = r#"[{"page":1,"lastupdated":"2020-03-18"},[{"date":"2013","value":7,"unit":""}]]"#;
    let grid = one(text, None);
    assert_eq!(
        rows(&grid),
        [vec!["page", "1"], vec!["lastupdated", "2020-03-18"], vec!["date", "value", "unit"], vec!["2013", "7", ""],]
    );
    assert_eq!(places(&grid, 1), ["pointer=/0~#/lastupdated", "pointer=/0/lastupdated"]);
    assert_eq!(places(&grid, 3)[1], "pointer=/1/0/value");
    check(text.as_bytes(), &layout(None), &Limits::default());
}

#[test]
fn lines_of_json_count_their_values_and_not_their_lines() {
    let text = "\u{feff}{\"a\":1}\r\n\r\n{\"a\":2,\"b\":{\"c\":\"x\"}}\n\n\n{\"b\":{\"c\":\"y\"}}";
    let grid = one(text, None);
    assert_eq!(rows(&grid), [vec!["a", "b.c"], vec!["1"], vec!["2", "x"], vec!["", "y"]]);
    assert_eq!(places(&grid, 3), ["pointer=/2/a", "pointer=/2/b/c"]);
    check(text.as_bytes(), &layout(None), &Limits::default());
    let cut = "{\"a\":1}\n{\"a\":2\n";
    let fault = Json.read(cut.as_bytes(), &layout(None), &Limits::default()).expect_err("cut");
    assert!(fault.message().contains("the JSON ends too early"), "{fault}");
}

#[test]
fn lists_of_lists_are_rows_as_they_are() {
    let text = r#"[["state","value"],["08", 12],["09"]]"#;
    let grid = one(text, None);
    assert_eq!(rows(&grid), [vec!["state", "value"], vec!["08", "12"], vec!["09"]]);
    assert_eq!(places(&grid, 1), ["pointer=/1/0", "pointer=/1/1"]);
    check(text.as_bytes(), &layout(None), &Limits::default());
}

#[test]
fn a_lone_object_is_one_record() {
    let text = r#"{"year": 2019, "value": 7, "by": {"sex": null}}"#;
    let grid = one(text, None);
    assert_eq!(rows(&grid), [vec!["year", "value", "by.sex"], vec!["2019", "7", ""]]);
    assert_eq!(places(&grid, 0)[2], "pointer=~#/by/sex");
    assert_eq!(places(&grid, 1), ["pointer=/year", "pointer=/value", "pointer=/by/sex"]);
    check(text.as_bytes(), &layout(None), &Limits::default());
}

#[test]
fn names_with_dots_slashes_and_tildes_keep_their_places() {
    let text = r#"[{"a.b":1,"a":{"b":2},"c/d":3,"~#":4,"":5,"0":6,"é\n":7}]"#;
    let grid = one(text, None);
    assert_eq!(rows(&grid)[0], ["a.b", "a.b", "c/d", "~#", "", "0", "é\n"]);
    assert_eq!(places(&grid, 1)[2..4], ["pointer=/0/c~1d", "pointer=/0/~0#"]);
    check(text.as_bytes(), &layout(None), &Limits::default());
}

#[test]
fn places_that_are_not_there_are_told_from_fields_that_are_absent() {
    let read = |place: &str| {
        let place = Locator::Pointer(place.to_owned());
        Json.reread(ENVELOPE.as_bytes(), &layout(None), &place, &Limits::default())
    };
    for (place, text) in
        [("/data/2/note", ""), ("/data/2/tags/7", ""), ("/data/1/country/id", "PE"), ("/data/0/country", "")]
    {
        assert_eq!(read(place).ok().as_deref(), Some(text), "{place}");
    }
    for place in ["/data/3/id", "/data/x/id", "/nothing", "/nothing/0/id", "data", "/data/2~#/note", "/data/0/~2"] {
        assert_eq!(read(place).map_err(|fault| fault.kind()), Err(ErrorKind::Corrupt), "{place}");
    }
    let other = Locator::Bytes { start: 0, end: 1 };
    assert!(Json.reread(b"[{}]", &layout(None), &other, &Limits::default()).is_err());
}

#[test]
fn broken_documents_name_the_place() {
    let fault = |bytes: &[u8]| Json.read(bytes, &layout(None), &Limits::default()).expect_err("broken").to_string();
    assert!(fault(b"{\"a\":\n\"A\xd1O\"}").contains("line 2, byte 8: the bytes are not valid UTF-8"));
    assert!(fault(b"\xef\xbb\xbf[{\"a\":1},\n]").contains("line 2, byte 13: expected a value, found \"]\""));
    assert!(fault(b"\xff\xfe[\0").contains("UTF-16"));
    assert!(fault(b" \n").contains("empty"));
    assert!(fault(br#"[{"a":1,"a":2}]"#).contains("the name at `/0/a` stands twice"));
    assert!(fault(&b"{\"a\":".repeat(300)).contains("nested deeper than 128"));
}

#[test]
fn limits_hold() {
    let limits = Limits { columns: 3, cell: 8, rows: 3, ..Limits::default() };
    let fault = |text: &str| Json.read(text.as_bytes(), &layout(None), &limits).expect_err("too large").to_string();
    assert!(fault(r#"[{"a":1,"b":2},{"c":3,"d":4}]"#).contains("more than 3 different fields"));
    assert!(fault(r#"[{"a":"123456789"}]"#).contains("a cell of 9 bytes"));
    assert!(fault(r#"[{"a":1},{},{},{}]"#).contains("more than 3 rows"));
    assert!(fault(r#"[{"abcdef":1,"ghi":2}]"#).contains("names of fields"));
    // Every record with a field of its own: the cells between are counted before they are made.
    let sparse: Vec<String> = (0..2_000).map(|n| format!("{{\"f{n}\":1}}")).collect();
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    let sparse = format!("[{}]", sparse.join(","));
    let fault = Json.read(sparse.as_bytes(), &layout(None), &limits).expect_err("too large").to_string();
    assert!(fault.contains("more than 1 MiB"), "{fault}");
}

#[test]
fn json_is_told_from_other_texts() {
    for text in ["[{\"a\":1}", " {\"a\": [", "\u{feff}{}", "{\"a\":1}\n{\"a\":2}"] {
        assert!(Json.is_like(text.as_bytes()), "{text}");
    }
    let long = format!("[{}", "{\"a\":\"é\"},".repeat(2_000));
    assert!((0..8).all(|shift| Json.is_like(format!("{}{long}", " ".repeat(shift)).as_bytes())));
    for text in ["", "a,b\n", "[Note],x\n1,2", "[1],2\n", "{x}", "7", "\"a\"", "<html>"] {
        assert!(!Json.is_like(text.as_bytes()), "{text}");
    }
}

#[test]
fn the_published_feeds_are_read() {
    let folder = std::path::Path::new("/work/shared/data/published/feeds");
    let Ok(bytes) = std::fs::read(folder.join("cisa_kev_2025-08.json")) else {
        println!("skipped: the published feeds are not here");
        return;
    };
    let grid = Json.read(&bytes, &layout(None), &Limits::default()).expect("read").remove(0);
    let rows = rows(&grid);
    let header = rows.iter().position(|row| row[0] == "cveID").expect("a header");
    assert_eq!(rows.len() - header - 1, 1_404);
    let column = rows[header].iter().position(|name| name == "knownRansomwareCampaignUse").expect("a column");
    assert_eq!(rows.iter().filter(|row| row.get(column).is_some_and(|text| text == "Known")).count(), 293);
    assert!(rows[..header].contains(&vec!["count".to_owned(), "1404".to_owned()]));
    let last = grid.locator(rows.len() - 1, 0).expect("a place");
    assert_eq!(last.to_string(), "pointer=/vulnerabilities/1403/cveID");
    assert_eq!(
        Json.reread(&bytes, &layout(None), &last, &Limits::default()).ok().as_deref(),
        Some(&*rows[rows.len() - 1][0])
    );
    let shape = std::fs::read(folder.join("worldbank_envelope_SHAPE_ONLY.json")).expect("beside it");
    check(&shape, &layout(None), &Limits::default());
    let grid = Json.read(&shape, &layout(None), &Limits::default()).expect("read").remove(0);
    assert!(grid.notes.iter().any(|note| note.contains("4 records at `/1`")), "{:?}", grid.notes);
}

/// Documents near to what publishers write, some of them broken.
fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[1-9][0-9]{0,3}(\\.[0-9]{1,3})?",
        "\"[a-z~/.# é]{0,4}\"",
        Just("\"\\u00e9\\n\\ud83d\\ude00\"".to_owned()),
    ];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        let member = ("[a-c~/.]{0,2}", inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            proptest::collection::vec(member, 0..4).prop_map(|list| format!("{{{}}}", list.join(", "))),
        ]
    });
    let line = prop_oneof![value.clone(), Just(String::new())];
    prop_oneof![
        3 => value.clone(),
        2 => proptest::collection::vec(line, 0..5).prop_map(|lines| lines.join("\n")),
        1 => (value, any::<prop::sample::Index>()).prop_map(|(text, cut)| {
            let cut = cut.index(text.len() + 1);
            text.get(..cut).unwrap_or_default().to_owned()
        }),
    ]
}

proptest! {
    #[test]
    fn every_cell_reads_back_at_its_place(text in documents()) {
        let limits = Limits { depth: 8, columns: 12, memory: 1 << 16, ..Limits::default() };
        check(text.as_bytes(), &layout(None), &limits);
        for pointer in ["", "/a", "/0/b"] {
            check(text.as_bytes(), &layout(Some(pointer)), &limits);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        Json.is_like(&bytes);
        check(&bytes, &layout(None), &Limits::default());
    }
}
