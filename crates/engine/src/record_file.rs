//! A file of records with the columns that are read of it.

use std::path::Path;

use quipu_schema::Result;

use crate::file::{ColumnNames, TableFile};
use crate::form::Forms;
use crate::keys::KeyColumns;
use crate::row::HeldColumns;

/// An open file of records.
#[derive(Debug)]
pub(crate) struct RecordFile {
    pub(crate) file: TableFile,
    pub(crate) keys: KeyColumns,
    pub(crate) rows: HeldColumns,
}

impl RecordFile {
    /// Opens a file; `given` is the kind of all keys of files that do not say it.
    ///
    /// # Errors
    /// `Source` where it is not there; `Corrupt` where it is no Parquet; `Shape` for a column that is missing or of the
    /// wrong type.
    pub(crate) fn open(path: &Path, names: &ColumnNames, forms: &Forms, given: Option<&str>) -> Result<Self> {
        let file = TableFile::open(path, names)?;
        let keys = KeyColumns::find(&file, forms, given)?;
        let rows = HeldColumns::held(&file, given, forms)?;
        Ok(Self { file, keys, rows })
    }

    /// All row groups of some files: each with its file, and the number of its first row among all records.
    pub(crate) fn groups(files: &[Self]) -> impl Iterator<Item = (&Self, usize, u64)> {
        let mut first = 0;
        files.iter().flat_map(|own| (0..own.file.groups()).map(move |group| (own, group))).map(move |(own, group)| {
            first += own.file.rows(group);
            (own, group, first - own.file.rows(group))
        })
    }

    /// Rows of some files together.
    pub(crate) fn rows_of(files: &[Self]) -> u64 {
        files.iter().map(|own| own.file.identity().rows).sum()
    }
}
