//! Rows by their ids: the present markings of hits that are gone, and the rows that a hit is explained with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use quipu_schema::Result;
use quipu_schema::marking::Marking;

use crate::file::{ColumnNames, TableFile, names_of};
use crate::form::text_of;
use crate::row::marking_of;

/// Rows that are looked at together, at most.
const BATCH: usize = 4_096;

/// Visits the rows of a file whose id is one of some: row group, row in it, and id.
pub(crate) fn rows_of(
    file: &TableFile,
    column: &str,
    wanted: &BTreeSet<&str>,
    mut visit: impl FnMut(usize, u32, &str) -> Result<()>,
) -> Result<()> {
    let ids = file.need_text(column)?;
    for group in 0..file.groups() {
        let mut rows: Vec<(u32, String)> = Vec::new();
        file.decode(group, || {
            let mut texts = file.texts(group, ids)?;
            let mut row = 0;
            loop {
                let count = texts.available()?.min(BATCH);
                if count == 0 {
                    return Ok(());
                }
                texts.visit(count, |id| {
                    let id = id.map(text_of).filter(|id| wanted.contains(id.as_ref()));
                    rows.extend(id.map(|id| (row, id.into_owned())));
                    row += 1;
                })?;
            }
        })?;
        for (row, id) in rows {
            visit(group, row, &id)?;
        }
    }
    Ok(())
}

/// The strictest marking of each of some ids, where it is in one of the files: `side` is `records` or `checks`.
///
/// # Errors
/// Those of the files, and a marking that cannot be read.
pub fn markings(
    files: &[PathBuf],
    names: &ColumnNames,
    (side, column): (&str, &str),
    wanted: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Marking>> {
    let mut out: BTreeMap<String, Marking> = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(out);
    }
    let names = names_of(side, names);
    for path in files {
        let file = TableFile::open(path, &names)?;
        let markings = file.find_text("marking")?;
        let mut open = None;
        rows_of(&file, column, wanted, |group, row, id| {
            if open.as_ref().is_none_or(|(known, _)| *known != group) {
                let cells = markings.map(|column| file.decode(group, || file.cells(group, column))).transpose()?;
                open = Some((group, cells));
            }
            let cell = match open.as_mut().and_then(|(_, cells)| cells.as_mut()) {
                Some(cells) => file.decode(group, || cells.at(u64::from(row)))?,
                None => None,
            };
            let marking = marking_of(cell, &file)?;
            out.entry(id.to_owned()).and_modify(|known| *known = known.strictest(marking)).or_insert(marking);
            Ok(())
        })?;
    }
    Ok(out)
}
