//! XLS workbooks, record by record.

use super::compound::compound;

pub(crate) const BOF: u16 = 0x0809;
pub(crate) const EOF: u16 = 0x000a;

/// A record.
pub(crate) fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut out = kind.to_le_bytes().to_vec();
    out.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    out.extend(data);
    out
}

/// A sheet: name, visibility (0, 1, 2), kind (0 table, 1 macros, 2 chart), records of its cells.
pub(crate) struct Sheet {
    pub(crate) name: &'static str,
    pub(crate) shown: u8,
    pub(crate) kind: u8,
    pub(crate) records: Vec<u8>,
}

impl Sheet {
    pub(crate) fn of(records: &[Vec<u8>]) -> Self {
        Self { name: "Hoja", shown: 0, kind: 0, records: records.concat() }
    }
}

/// A workbook of BIFF8.
pub(crate) fn biff8(globals: &[Vec<u8>], sheets: &[Sheet]) -> Vec<u8> {
    compound(&[(
        "Workbook",
        &stream(0x0600, globals, sheets, |name| {
            let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            [&[u8::try_from(wide.len() / 2).unwrap(), 1][..], &wide].concat()
        }),
    )])
}

/// A workbook of BIFF5, whose names are in ASCII.
pub(crate) fn biff5(globals: &[Vec<u8>], sheets: &[Sheet]) -> Vec<u8> {
    compound(&[(
        "Book",
        &stream(0x0500, globals, sheets, |name| [&[u8::try_from(name.len()).unwrap()][..], name.as_bytes()].concat()),
    )])
}

/// The stream of a workbook.
pub(crate) fn stream(version: u16, globals: &[Vec<u8>], sheets: &[Sheet], name: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let start = |kind: u16| record(BOF, &[version.to_le_bytes(), kind.to_le_bytes(), [0; 2], [0; 2]].concat());
    let mut out = start(5);
    out.extend(globals.concat());
    let names: Vec<Vec<u8>> = sheets.iter().map(|sheet| name(sheet.name)).collect();
    let list: usize = names.iter().map(|name| 4 + 6 + name.len()).sum();
    let mut at = out.len() + list + 4;
    for (sheet, name) in sheets.iter().zip(&names) {
        let head = [&u32::try_from(at).unwrap().to_le_bytes()[..], &[sheet.shown, sheet.kind], name].concat();
        out.extend(record(0x0085, &head));
        at += 12 + sheet.records.len() + 4;
    }
    out.extend(record(EOF, &[]));
    for sheet in sheets {
        out.extend(start(0x10));
        out.extend(&sheet.records);
        out.extend(record(EOF, &[]));
    }
    out
}

/// The beginning of a cell: row and column from 0, number of its format.
pub(crate) fn head(row: u16, column: u16, format: u16) -> Vec<u8> {
    [row, column, format].iter().flat_map(|n| n.to_le_bytes()).collect()
}

pub(crate) fn number(row: u16, column: u16, format: u16, value: f64) -> Vec<u8> {
    record(0x0203, &[head(row, column, format), value.to_le_bytes().to_vec()].concat())
}

/// A packed integer.
pub(crate) fn packed(row: u16, column: u16, value: u32) -> Vec<u8> {
    record(0x027e, &[head(row, column, 0), (value << 2 | 2).to_le_bytes().to_vec()].concat())
}

pub(crate) fn shared(row: u16, column: u16, text: u32) -> Vec<u8> {
    record(0x00fd, &[head(row, column, 0), text.to_le_bytes().to_vec()].concat())
}

/// The shared texts, in wide characters.
pub(crate) fn texts(texts: &[&str]) -> Vec<u8> {
    let count = u32::try_from(texts.len()).unwrap().to_le_bytes();
    let mut data = [count, count].concat();
    for text in texts {
        data.extend(wide(text));
    }
    record(0x00fc, &data)
}

/// A text with its length in characters and flags before it.
pub(crate) fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&u16::try_from(units.len() / 2).unwrap().to_le_bytes()[..], &[1], &units].concat()
}

/// A cell format with this number format.
pub(crate) fn format(number: u16) -> Vec<u8> {
    record(0x00e0, &[&[0, 0][..], &number.to_le_bytes(), &[0; 16]].concat())
}

/// A font, which may set text higher.
pub(crate) fn font(raised: bool) -> Vec<u8> {
    record(0x0031, &[&[0; 8][..], &[u8::from(raised), 0], &[0; 5]].concat())
}

/// A merged area, all ends within.
pub(crate) fn merged(areas: &[[u16; 4]]) -> Vec<u8> {
    let count = u16::try_from(areas.len()).unwrap().to_le_bytes();
    let areas: Vec<u8> = areas.iter().flatten().flat_map(|n| n.to_le_bytes()).collect();
    record(0x00e5, &[&count[..], &areas].concat())
}

/// A formula with its stored value; `None` for a text, which follows in a record of its own.
pub(crate) fn formula(row: u16, column: u16, value: Option<f64>) -> Vec<u8> {
    let value = value.map_or([0, 0, 0, 0, 0, 0, 0xff, 0xff], f64::to_le_bytes);
    record(0x0006, &[&head(row, column, 0)[..], &value, &[0; 8]].concat())
}
