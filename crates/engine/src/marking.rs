//! The present markings of rows by their ids: of hits that are gone, nobody may see more than of the rows themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use quipu_schema::Result;
use quipu_schema::marking::Marking;

use crate::file::{ColumnNames, TableFile};
use crate::row::marking_of;

/// Rows that are looked at together, at most.
const BATCH: usize = 4_096;

/// The strictest marking of each of some ids, where it is in one of the files.
///
/// # Errors
/// Those of the files, and a marking that cannot be read.
pub fn markings(
    files: &[PathBuf],
    names: &ColumnNames,
    column: &str,
    wanted: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Marking>> {
    let mut out: BTreeMap<String, Marking> = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(out);
    }
    for path in files {
        let file = TableFile::open(path, names)?;
        let (ids, markings) = (file.need_text(column)?, file.find_text("marking")?);
        for group in 0..file.groups() {
            let mut rows: Vec<(u64, String)> = Vec::new();
            file.decode(group, || {
                let mut texts = file.texts(group, ids)?;
                let mut row = 0;
                loop {
                    let count = texts.available()?.min(BATCH);
                    if count == 0 {
                        return Ok(());
                    }
                    texts.visit(count, |id| {
                        let id = id.and_then(|id| std::str::from_utf8(id).ok()).filter(|id| wanted.contains(id));
                        rows.extend(id.map(|id| (row, id.to_owned())));
                        row += 1;
                    })?;
                }
            })?;
            let mut cells = markings.map(|column| file.decode(group, || file.cells(group, column))).transpose()?;
            for (row, id) in rows {
                let cell = match &mut cells {
                    Some(cells) => file.decode(group, || cells.at(row))?,
                    None => None,
                };
                let marking = marking_of(cell, &file)?;
                out.entry(id).and_modify(|known| *known = known.strictest(marking)).or_insert(marking);
            }
        }
    }
    Ok(out)
}
