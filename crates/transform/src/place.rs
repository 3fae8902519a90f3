//! Records by place: which quarantined rows a place of a document belongs to.
//!
//! A row is refused at the cell that is to blame, and published at the cell of its value. What both have
//! in common is the record: the line of a delimited text, the row of a sheet, the element of an array.

use quipu_schema::locator::Locator;
use rustc_hash::FxHashMap;

use crate::refused::Refused;

/// What a record is known by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Record {
    /// Line or row, with the sheet where there are several.
    Number(Option<String>, u64),
    /// The pointer to the record.
    Pointer(String),
}

/// From where to where, and whose.
type Stretches = Vec<(u32, u32, usize)>;

/// Quarantined rows by place.
#[derive(Debug, Default)]
pub(crate) struct Row {
    records: FxHashMap<(String, Record), Vec<usize>>,
    /// Byte ranges of whole lines, by document.
    lines: FxHashMap<String, Vec<(u64, u64, usize)>>,
    /// Boxes, by document and page: top, bottom.
    boxes: FxHashMap<(String, u64), Stretches>,
}

impl Row {
    /// The places of these rows, by their number.
    pub(crate) fn index(rows: &[Refused]) -> Self {
        let mut index = Self::default();
        for (number, row) in rows.iter().enumerate() {
            let Some(locator) = &row.locator else { continue };
            let document = row.document.clone();
            match locator {
                Locator::Bytes { start, end } => {
                    index.lines.entry(document).or_default().push((*start, *end, number));
                }
                Locator::Page { page, bounds: [_, top, _, bottom] } => {
                    index.boxes.entry((document, *page)).or_default().push((*top, *bottom, number));
                }
                Locator::Pointer(pointer) => {
                    if let Some(record) = elements(pointer).into_iter().next() {
                        index.records.entry((document, Record::Pointer(record))).or_default().push(number);
                    }
                }
                other => {
                    if let Some(record) = record_of(other) {
                        index.records.entry((document, record)).or_default().push(number);
                    }
                }
            }
        }
        for lines in index.lines.values_mut() {
            lines.sort_unstable();
        }
        index
    }

    /// The rows whose record a place lies in.
    pub(crate) fn find(&self, document: &str, locator: &Locator) -> Vec<usize> {
        let mut found = Vec::new();
        let of = |record| self.records.get(&(document.to_owned(), record)).cloned().unwrap_or_default();
        match locator {
            Locator::Pointer(pointer) => {
                // The innermost array that a quarantined row is an element of.
                let records = elements(pointer).into_iter().map(|element| of(Record::Pointer(element)));
                found.extend(records.into_iter().find(|rows| !rows.is_empty()).unwrap_or_default());
            }
            Locator::Page { page, bounds: [_, top, _, bottom] } => {
                let boxes = self.boxes.get(&(document.to_owned(), *page)).map(Vec::as_slice).unwrap_or_default();
                found.extend(boxes.iter().filter(|(a, b, _)| a < bottom && top < b).map(|(.., number)| *number));
            }
            other => found.extend(record_of(other).map(of).unwrap_or_default()),
        }
        if let (Some((start, end)), Some(lines)) = (locator.bytes(), self.lines.get(document)) {
            let from = lines.partition_point(|(first, ..)| *first <= start);
            let around = lines.get(..from).unwrap_or_default().iter().rev().take(1);
            found.extend(around.filter(|(_, last, _)| end <= *last).map(|(.., number)| *number));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether places of a document tell its records.
    pub(crate) fn has_records(&self, document: &str) -> bool {
        self.records.keys().any(|(known, _)| known == document)
    }
}

fn record_of(locator: &Locator) -> Option<Record> {
    match locator {
        Locator::Csv { line, .. } => Some(Record::Number(None, *line)),
        Locator::Sheet { sheet, row, .. } => Some(Record::Number(Some(sheet.clone()), *row)),
        Locator::Record { row, .. } => Some(Record::Number(None, *row)),
        Locator::Bytes { .. } | Locator::Pointer(_) | Locator::Page { .. } => None,
    }
}

/// The pointers to the elements of arrays that a pointer leads through, the innermost first.
fn elements(pointer: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    for step in pointer.split('/') {
        let end = at + step.len();
        if !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit()) {
            found.extend(pointer.get(..end).map(str::to_owned));
        }
        at = end + 1;
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(locator: &str) -> Refused {
        Refused {
            source: "s".into(),
            document: "d".into(),
            locator: locator.parse().ok(),
            table: "observation".into(),
            reason: "unknown-code".into(),
            column: None,
            raw: None,
            record: None,
            list: None,
            scheme: None,
            label: None,
            message: String::new(),
            cells: 1,
        }
    }

    #[test]
    fn values_lead_to_the_record_they_stand_in() {
        let index = Row::index(&[
            row("line=3;column=area;bytes=20-28"),
            row("bytes=40-60"),
            row("sheet=A;cell=B7"),
            row("pointer=/data/0/rows/5/area"),
            row("page=2;box=10.00,100.00,50.00,110.00"),
            row("row=9;column=x"),
        ]);
        for (place, expected) in [
            ("line=3;column=value;bytes=30-31", Some(0)),
            ("line=4;column=value;bytes=45-46", Some(1)),
            ("line=5;column=value;bytes=59-61", None),
            ("sheet=A;cell=C7", Some(2)),
            ("sheet=B;cell=C7", None),
            ("pointer=/data/0/rows/5/value", Some(3)),
            ("pointer=/data/0/rows/6/value", None),
            ("page=2;box=90.00,101.00,99.00,109.00", Some(4)),
            ("page=2;box=90.00,111.00,99.00,119.00", None),
            ("row=9;column=y", Some(5)),
        ] {
            let found = index.find("d", &place.parse().unwrap());
            assert_eq!(found.first().copied(), expected, "{place}");
        }
        assert_eq!(index.find("other", &"row=9;column=y".parse().unwrap()), Vec::<usize>::new());
    }
}
