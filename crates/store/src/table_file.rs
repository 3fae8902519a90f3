//! Table files: `tables/<table>/<sha256>.parquet`.

use std::fs::File;
use std::io::{self, ErrorKind as Io, Write};
use std::path::{Path, PathBuf};

use polars::io::parquet::metadata::FileMetadataRef;
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use quipu_schema::digest::Hasher;
use quipu_schema::table::{self, Table};
use quipu_schema::{ErrorKind, Fault, Result};

use crate::archive::hash;
use crate::durable::{self, Temporary};
use crate::parquet_file::{WriteOptions, write_parquet};
use crate::{Part, Store, logical_hash};

/// Hashes and counts what passes through.
pub(crate) struct Hashing<W> {
    pub(crate) inner: W,
    pub(crate) hasher: Hasher,
    pub(crate) size: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Store {
    /// Writes rows as one table file. The same rows in the same order give the same file, and a
    /// file that is there already is not written again. The part's `source` is left to the caller.
    ///
    /// # Errors
    /// [`ErrorKind::Bug`] where a frame does not have the table's columns, [`ErrorKind::Contract`]
    /// where a required column holds null, [`ErrorKind::Storage`] where the file cannot be written.
    pub fn write_table(&self, table: &'static Table, frames: &[DataFrame], options: &WriteOptions) -> Result<Part> {
        let mut out = Hashing { inner: Temporary::create(&self.temporary())?, hasher: Hasher::default(), size: 0 };
        let (rows, logical) =
            rayon::join(|| write_parquet(&mut out, table, frames, options), || logical_hash(table, frames));
        let (rows, logical) = (rows?, logical?);
        let Hashing { inner: file, hasher, size } = out;
        let part = Part { table: table.name.to_owned(), source: None, digest: hasher.finish(), rows, size, logical };
        let target = self.table_path(&part);
        if !durable::has_size(&target, size) {
            file.place(&target)?;
        }
        Ok(part)
    }

    /// Reads a table file. Only its footer and its columns are checked, see [`Store::verify_table`].
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where the file is missing, damaged or has other columns than the table.
    pub fn read_table(&self, part: &Part) -> Result<DataFrame> {
        let path = self.table_path(part);
        let file = File::open(&path).map_err(|error| not_read(part, &path, error))?;
        let frame = ParquetReader::new(file).finish().map_err(|error| unreadable(&part.table, &path, error))?;
        let definition = table::find(&part.table);
        let fits = definition.is_none_or(|table| **frame.schema() == crate::polars_schema(table));
        if !fits || frame.height() as u64 != part.rows {
            let message =
                format!("the file of table `{}` has other columns or rows than its snapshot says", part.table);
            return Err(Fault::new(ErrorKind::Corrupt, message).at(path.display()).help(RESTORE));
        }
        Ok(frame)
    }

    /// Opens a table file to read some of its columns, some rows at a time.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where the file is missing, damaged or has other columns than the table.
    pub fn open_table(&self, part: &Part) -> Result<OpenTable> {
        let path = self.table_path(part);
        let file = File::open(&path).map_err(|error| not_read(part, &path, error))?;
        let mut reader = ParquetReader::new(file);
        let metadata = reader.get_metadata().map_err(|error| unreadable(&part.table, &path, error))?.clone();
        if metadata.num_rows as u64 != part.rows {
            let message = format!("the file of table `{}` has other rows than its snapshot says", part.table);
            return Err(Fault::new(ErrorKind::Corrupt, message).at(path.display()).help(RESTORE));
        }
        Ok(OpenTable { table: part.table.clone(), rows: metadata.num_rows, path, metadata })
    }

    /// Where a part's file lies.
    pub fn table_path(&self, part: &Part) -> PathBuf {
        self.root().join("tables").join(&part.table).join(format!("{}.parquet", part.digest))
    }

    /// Checks the SHA-256 of a part's file.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] names table and file where the file is missing or damaged.
    pub fn verify_table(&self, part: &Part) -> Result<()> {
        let path = self.table_path(part);
        let (found, _) =
            File::open(&path).and_then(|mut file| hash(&mut file)).map_err(|error| not_read(part, &path, error))?;
        if found == part.digest {
            return Ok(());
        }
        let message = format!("the file of table `{}` is damaged: its bytes now have the SHA-256 {found}", part.table);
        Err(Fault::new(ErrorKind::Corrupt, message).at(path.display()).help(RESTORE))
    }
}

/// A table file of which the footer was read.
#[derive(Debug)]
pub struct OpenTable {
    table: String,
    path: PathBuf,
    rows: usize,
    metadata: FileMetadataRef,
}

impl OpenTable {
    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// These columns of the rows from `from` on, `length` of them or what is left.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where the file is gone or damaged since it was opened.
    pub fn read(&self, columns: &[&str], from: usize, length: usize) -> Result<DataFrame> {
        let file = File::open(&self.path).map_err(|error| unreadable(&self.table, &self.path, error))?;
        let mut reader = ParquetReader::new(file)
            .with_columns(Some(columns.iter().map(|column| (*column).to_owned()).collect()))
            .with_slice(Some((from, length.min(self.rows.saturating_sub(from)))));
        reader.set_metadata(self.metadata.clone());
        reader.finish().map_err(|error| unreadable(&self.table, &self.path, error))
    }
}

fn unreadable(table: &str, path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::new(ErrorKind::Corrupt, format!("the file of table `{table}` cannot be read"))
        .at(path.display())
        .because(error)
        .help(RESTORE)
}

const RESTORE: &str = "delete the file and run the pipeline again from the stage that wrote it, or bring it back from a \
                       backup; check the disk";

fn not_read(part: &Part, path: &Path, error: io::Error) -> Fault {
    if error.kind() == Io::NotFound {
        return Fault::new(ErrorKind::Corrupt, format!("the file of table `{}` is missing", part.table))
            .at(path.display())
            .help(RESTORE);
    }
    Fault::io(ErrorKind::Storage, "read the table file", path, error)
}
