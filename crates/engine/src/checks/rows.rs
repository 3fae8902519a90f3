//! The rows of a piece of text, column by column.

use rustc_hash::FxHashMap;

use crate::file::{Cell, Texts};
use crate::form::{Issuer, KindNumber, text_of};
use crate::keys::{BATCH, KeyReader, Row, Sink};
use crate::near::{Born, Stated};

/// The columns of a check, in the order of [`TextRows`].
pub(crate) const COLUMNS: [&str; 10] =
    ["check_id", "key_kind", "key_raw", "issuer", "asked_by", "purpose", "marking", "asked_at", "names", "birth_date"];
pub(crate) const CHECK_ID: usize = 0;
pub(crate) const KEY_KIND: usize = 1;
pub(crate) const KEY_RAW: usize = 2;
pub(crate) const ISSUER: usize = 3;
pub(crate) const ASKED_BY: usize = 4;
pub(crate) const PURPOSE: usize = 5;
pub(crate) const MARKING: usize = 6;
pub(crate) const ASKED_AT: usize = 7;
/// Only where they are needed: see [`of_people`].
pub(crate) const NAMES: usize = 8;
pub(crate) const BIRTH_DATE: usize = 9;

/// Whether a column is read for people alone.
pub(crate) const fn of_people(column: usize) -> bool {
    column == NAMES || column == BIRTH_DATE
}

/// The rows of a piece.
#[derive(Debug, Default)]
pub(crate) struct TextRows {
    columns: [Texts; COLUMNS.len()],
    rows: usize,
}

impl TextRows {
    /// Gives the row that is being read a text in a column; the last one counts.
    pub(crate) fn put(&mut self, column: usize, text: &str) {
        let row = self.rows;
        if let Some(texts) = self.columns.get_mut(column) {
            texts.truncate(row);
            texts.push(Some(text.as_bytes()));
        }
    }

    /// Ends the row; its columns without a text have none.
    pub(crate) fn end(&mut self) {
        self.rows += 1;
        for texts in &mut self.columns {
            texts.fill(self.rows);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.rows
    }

    /// The text of a row in a column.
    pub(crate) fn text(&self, column: usize, row: u32) -> Option<String> {
        self.get(column, row as usize).map(|text| text_of(text).into_owned())
    }

    /// The key of a row as it stands there.
    pub(crate) fn key(&self, row: u32) -> String {
        self.text(KEY_RAW, row).unwrap_or_default()
    }

    /// When the person of a row was born.
    pub(crate) fn born(&self, row: usize) -> Born {
        Born::of(self.get(BIRTH_DATE, row).map(|text| Cell::Text(text_of(text).into_owned())).as_ref())
    }

    fn get(&self, column: usize, row: usize) -> Option<&[u8]> {
        self.columns.get(column).and_then(|texts| texts.get(row))
    }

    /// Hands the keys on; `given` is the kind of files that do not name it.
    pub(crate) fn feed(&self, reader: &mut KeyReader, given: Option<&str>, sink: &mut impl Sink) {
        let forms = &mut reader.forms;
        let given = given.map(|name| forms.kind(Some(name.as_bytes())));
        let (mut kinds, mut issuers) = (FxHashMap::default(), FxHashMap::default());
        for row in 0..self.rows {
            let kind: KindNumber = match given {
                Some(kind) => kind,
                None => {
                    let text = self.get(KEY_KIND, row);
                    *kinds.entry(text).or_insert_with(|| forms.kind(text))
                }
            };
            let text = self.get(ISSUER, row);
            let issuer: Issuer = *issuers.entry(text).or_insert_with(|| forms.issuer(text));
            let raw = self.get(KEY_RAW, row);
            let form = forms.form(kind, issuer, raw);
            let issuer = forms.stated;
            let number = u32::try_from(row).unwrap_or(u32::MAX);
            let person = Stated { names: self.get(NAMES, row), born: self.born(row) };
            sink.row(forms, &Row { number, kind, issuer, form, raw, person });
            if row % BATCH == BATCH - 1 {
                sink.batch();
            }
        }
        sink.batch();
        let mut wanted = Vec::new();
        sink.wanted(0, &mut wanted);
        for row in wanted {
            sink.text(self.get(KEY_RAW, row as usize).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_text_of_a_column_counts_and_what_is_missing_is_none() {
        let mut rows = TextRows::default();
        rows.put(KEY_RAW, "one");
        rows.put(KEY_RAW, "AB1");
        rows.end();
        rows.put(CHECK_ID, "c2");
        rows.put(KEY_RAW, "");
        rows.end();
        assert_eq!((rows.count(), rows.key(0), rows.key(1)), (2, "AB1".to_owned(), String::new()));
        assert_eq!((rows.text(CHECK_ID, 0), rows.text(CHECK_ID, 1)), (None, Some("c2".to_owned())));
        assert_eq!((rows.text(KEY_RAW, 1), rows.text(KEY_RAW, 2)), (Some(String::new()), None));
    }
}
