//! XLSB workbooks, record by record.

use super::archive;
use super::xlsx::relation;

/// A record.
pub(crate) fn record(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if kind < 128 {
        out.push(u8::try_from(kind).unwrap());
    } else {
        out.extend([u8::try_from(kind & 0x7f | 0x80).unwrap(), u8::try_from(kind >> 7).unwrap()]);
    }
    let mut size = data.len();
    loop {
        let byte = u8::try_from(size & 0x7f).unwrap();
        size >>= 7;
        out.push(if size > 0 { byte | 0x80 } else { byte });
        if size == 0 {
            break;
        }
    }
    out.extend(data);
    out
}

/// A text with its length in characters before it.
pub(crate) fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&u32::try_from(units.len() / 2).unwrap().to_le_bytes()[..], &units].concat()
}

pub(crate) fn row(number: u32) -> Vec<u8> {
    record(0, &[&number.to_le_bytes()[..], &[0; 13]].concat())
}

/// A cell of a kind: column, format, value.
pub(crate) fn cell(kind: u32, column: u32, format: u32, value: &[u8]) -> Vec<u8> {
    record(kind, &[&column.to_le_bytes()[..], &format.to_le_bytes(), value].concat())
}

pub(crate) fn merged(area: [u32; 4]) -> Vec<u8> {
    record(176, &area.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>())
}

/// A text of runs: first unit and font of each; font 1 sets text higher.
pub(crate) fn rich(text: &str, runs: &[(u16, u16)]) -> Vec<u8> {
    let count = u32::try_from(runs.len()).unwrap().to_le_bytes();
    let runs: Vec<u8> =
        runs.iter().flat_map(|(start, font)| [start.to_le_bytes(), font.to_le_bytes()].concat()).collect();
    [&[1][..], &wide(text), &count, &runs].concat()
}

/// A workbook: sheets with name, visibility and records, shared texts, formats by number.
pub(crate) fn xlsb(sheets: &[(&str, u32, Vec<u8>)], texts: &[&str], formats: &[u16]) -> Vec<u8> {
    let mut main = record(153, &[0; 12]);
    let mut relations =
        relation("styles", "styles", "styles.bin") + &relation("texts", "sharedStrings", "sharedStrings.bin");
    let mut parts = Vec::new();
    for (number, (name, shown, records)) in sheets.iter().enumerate() {
        let id = format!("s{number}");
        let number = u32::try_from(number).unwrap();
        let head = [shown.to_le_bytes(), number.to_le_bytes()].concat();
        main.extend(record(156, &[head, wide(&id), wide(name)].concat()));
        relations += &relation(&id, "worksheet", &format!("worksheets/sheet{number}.bin"));
        // Its dimension, then its rows, as every writer has them.
        let sheet = [record(129, &[]), record(148, &[0; 16]), record(145, &[]), records.clone()].concat();
        let sheet = [sheet, record(146, &[]), record(130, &[])].concat();
        parts.push((format!("xl/worksheets/sheet{number}.bin"), sheet));
    }
    main.extend(record(132, &[]));
    let count = u32::try_from(texts.len()).unwrap().to_le_bytes();
    let shared = texts.iter().flat_map(|text| record(19, &[vec![0], wide(text)].concat()));
    let strings = record(159, &[count, count].concat()).into_iter().chain(shared).chain(record(160, &[])).collect();
    let kinds = u32::try_from(formats.len()).unwrap().to_le_bytes();
    let formats = formats.iter().map(|number| record(47, &[&[0, 0][..], &number.to_le_bytes(), &[0; 12]].concat()));
    let font = |raised: u8| record(43, &[&[0; 6][..], &[raised, 0], &[0; 17]].concat());
    let styles =
        [font(0), font(1), record(617, &kinds), formats.collect::<Vec<_>>().concat(), record(618, &[])].concat();
    let top = format!("<Relationships>{}</Relationships>", relation("r", "officeDocument", "xl/workbook.bin"));
    parts.push(("xl/workbook.bin".into(), main));
    parts.push(("xl/styles.bin".into(), styles));
    parts.push(("xl/sharedStrings.bin".into(), strings));
    parts.push((
        "xl/_rels/workbook.bin.rels".into(),
        format!("<Relationships>{relations}</Relationships>").into_bytes(),
    ));
    parts.push(("_rels/.rels".into(), top.into_bytes()));
    parts.push(("[Content_Types].xml".into(), b"<Types/>".to_vec()));
    let members: Vec<(&str, &[u8])> = parts.iter().map(|(name, part)| (name.as_str(), part.as_slice())).collect();
    archive(&members)
}
