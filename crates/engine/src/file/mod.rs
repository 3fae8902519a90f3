//! Parquet files of records and checks: their footers, their columns by name and type, and their row groups.

mod cells;
mod hybrid;
mod text;
mod texts;
mod window;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{LogicalType, Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::ChunkReader as _;
use parquet::file::serialized_reader::SerializedPageReader;
use quipu_schema::digest::Hasher;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use serde::{Deserialize, Serialize};

pub use cells::day_number;
pub(crate) use cells::{Cell, CellColumn};
pub(crate) use text::{Meanings, TextColumn};
pub(crate) use texts::Texts;
use window::Window;

/// 31 December 9999, in days since 1970-01-01: no day that anybody means is later.
const LAST_DAY: i32 = 2_932_896;
/// Rows of which a day is asked at a time.
const BATCH: usize = 1 << 14;

/// What tells a file from another one, and from itself after it was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Size in bytes.
    pub(crate) size: u64,
    /// When it was changed, in nanoseconds since 1970-01-01 UTC.
    pub(crate) modified: i128,
    /// Digest of its footer: schema, sizes and places of all column chunks; of text, BLAKE3 of all of its bytes.
    pub(crate) footer: Digest,
    /// Rows; of text, about so many.
    pub(crate) rows: u64,
}

/// Names of columns of a table and of the file that holds it, where they differ.
///
/// A name that begins with `records.` or `checks.` is that of a column in those files alone.
pub type ColumnNames = BTreeMap<String, String>;

/// The names of the columns of one side: what is said of it alone counts before what is said of both.
pub(crate) fn names_of(side: &str, names: &ColumnNames) -> ColumnNames {
    let both = names.iter().filter(|(column, _)| !column.contains('.'));
    let mut out: ColumnNames = both.map(|(column, name)| (column.clone(), name.clone())).collect();
    out.extend(names.iter().filter_map(|(column, name)| {
        let column = column.strip_prefix(side)?.strip_prefix('.')?;
        Some((column.to_owned(), name.clone()))
    }));
    out
}

/// An open Parquet file.
#[derive(Debug)]
pub(crate) struct TableFile {
    identity: Identity,
    file: Arc<File>,
    metadata: ParquetMetaData,
    names: ColumnNames,
}

impl TableFile {
    /// Opens a file and reads its footer.
    pub(crate) fn open(path: &Path, names: &ColumnNames) -> Result<Self> {
        let failed = |error| Fault::io(ErrorKind::Source, "read", path, error);
        let file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if about.is_dir() {
            return Err(Fault::new(ErrorKind::Usage, "this is a folder, not a Parquet file").at(path.display()));
        }
        let file = Arc::new(file);
        let size = about.len();
        let window = Window::file(Arc::clone(&file), size);
        let damaged = |error: ParquetError| {
            Fault::new(ErrorKind::Corrupt, "this is no Parquet file, or its footer is damaged")
                .at(path.display())
                .because(error)
        };
        let tail = size.checked_sub(8).ok_or_else(|| damaged(ParquetError::EOF("fewer than 8 bytes".into())))?;
        let tail_bytes = window.get_bytes(tail, 8).map_err(damaged)?;
        let length = tail_bytes.first_chunk::<4>().map_or(0, |length| u64::from(u32::from_le_bytes(*length)));
        let metadata = fenced(|| {
            let metadata = ParquetMetaDataReader::new().parse_and_finish(&window).map_err(damaged)?;
            // A chunk that claims an impossible place is an assertion of the crate wherever it is asked for it.
            for chunk in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
                chunk.byte_range();
            }
            Ok(metadata)
        })
        .unwrap_or_else(|| Err(damaged(ParquetError::General("its decoder gave up".into()))))?;
        let footer = tail.checked_sub(length).and_then(|start| Some((start, usize::try_from(length).ok()?)));
        let (start, length) = footer.ok_or_else(|| damaged(ParquetError::EOF("the footer".into())))?;
        let mut hasher = Hasher::default();
        hasher.update(&window.get_bytes(start, length).map_err(damaged)?);
        let mut rows = 0_u64;
        for group in metadata.row_groups() {
            let count = u64::try_from(group.num_rows()).ok().filter(|count| u32::try_from(*count).is_ok());
            rows += count.ok_or_else(|| damaged(ParquetError::General("a row group of impossible size".into())))?;
        }
        let modified = modified(&about);
        let identity = Identity { path: path.to_path_buf(), size, modified, footer: hasher.finish(), rows };
        Ok(Self { identity, file, metadata, names: names.clone() })
    }

    /// That the file is still what it was when it was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        changed(&self.file, &self.identity)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.identity.path
    }

    pub(crate) const fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Rows of a row group.
    pub(crate) fn rows(&self, group: usize) -> u64 {
        self.metadata.row_groups().get(group).map_or(0, |group| u64::try_from(group.num_rows()).unwrap_or(0))
    }

    /// The name that a column of the table has in this file.
    fn named<'a>(&'a self, column: &'a str) -> &'a str {
        self.names.get(column).map_or(column, String::as_str)
    }

    /// The place of a column of the table in this file; `None` where the file does not have it.
    pub(crate) fn find(&self, column: &str) -> Result<Option<usize>> {
        let named = self.named(column);
        let columns = self.metadata.file_metadata().schema_descr().columns();
        let at = columns.iter().position(|c| c.path().string() == named);
        let Some(found) = at.and_then(|at| columns.get(at)) else {
            if self.names.contains_key(column) {
                return Err(self.shape(format!("there is no column `{named}`, which --map names for `{column}`")));
            }
            return Ok(None);
        };
        if found.max_rep_level() > 0 {
            return Err(self.shape(format!("column `{named}` holds lists; one value a row is needed")));
        }
        Ok(at)
    }

    /// As [`Self::find`], for a column of text.
    pub(crate) fn find_text(&self, column: &str) -> Result<Option<usize>> {
        let Some(at) = self.find(column)? else { return Ok(None) };
        let described = self.metadata.file_metadata().schema_descr().column(at);
        let text = described.physical_type() == Type::BYTE_ARRAY
            && !matches!(
                described.logical_type_ref(),
                Some(LogicalType::Decimal(_) | LogicalType::Bson | LogicalType::Float16)
            );
        if !text {
            let kind = described.physical_type();
            let message = format!("column `{}` is of type {kind}; text is needed", self.named(column));
            return Err(self.shape(message).help("have it written as text, so that leading zeros live"));
        }
        Ok(Some(at))
    }

    /// As [`Self::find`], for a column of days or moments, or of texts that say them.
    pub(crate) fn find_day(&self, column: &str) -> Result<Option<usize>> {
        let Some(at) = self.find(column)? else { return Ok(None) };
        let described = self.metadata.file_metadata().schema_descr().column(at);
        if !CellColumn::is_told(&described) {
            let kind = described.physical_type();
            let message = format!("column `{}` is of type {kind} and neither a date nor a time", self.named(column));
            return Err(self.shape(message).help("have it written as a date, a timestamp or a text in ISO 8601"));
        }
        Ok(Some(at))
    }

    /// As [`Self::find_text`], for a column that must be there.
    pub(crate) fn need_text(&self, column: &str) -> Result<usize> {
        self.find_text(column)?.ok_or_else(|| {
            let columns = self.metadata.file_metadata().schema_descr().columns();
            let there: Vec<String> = columns.iter().map(|c| format!("`{}`", c.path().string())).collect();
            self.shape(format!("there is no column `{column}`; the file has {}", there.join(", ")))
                .help(format!("say which one it is with --map {column}=NAME"))
        })
    }

    fn shape(&self, message: String) -> Fault {
        Fault::new(ErrorKind::Shape, message).at(self.path().display())
    }

    fn pages(&self, group: usize, column: usize) -> Result<SerializedPageReader<Window>, ParquetError> {
        let about = self.metadata.row_groups().get(group);
        let missing = || ParquetError::General("no such row group".into());
        let about = about.ok_or_else(missing)?;
        let chunk = about.columns().get(column).ok_or_else(missing)?;
        let rows = usize::try_from(about.num_rows()).unwrap_or_default();
        let (start, size) = chunk.byte_range();
        let window = Window::chunk(Arc::clone(&self.file), self.identity.size, start, size)?;
        SerializedPageReader::new(Arc::new(window), chunk, rows, None)
    }

    /// The texts of a column of a row group.
    pub(crate) fn texts(&self, group: usize, column: usize) -> Result<TextColumn, ParquetError> {
        let described = self.metadata.file_metadata().schema_descr().column(column);
        Ok(TextColumn::new(self.pages(group, column)?, described))
    }

    /// Single values of a column of a row group.
    pub(crate) fn cells(&self, group: usize, column: usize) -> Result<CellColumn, ParquetError> {
        let described = self.metadata.file_metadata().schema_descr().column(column);
        CellColumn::new(self.pages(group, column)?, described)
    }

    /// The newest day of a column of moments or days.
    pub(crate) fn latest_day(&self, column: usize, threads: usize) -> Result<Option<i32>> {
        let next = std::sync::atomic::AtomicUsize::new(0);
        let days = crate::threads::each(threads, |_| {
            let mut latest = None;
            loop {
                let group = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if group >= self.groups() {
                    return Ok(latest);
                }
                let (mut cells, mut days) = (self.decode(group, || self.cells(group, column))?, Vec::new());
                for from in (0..self.rows(group)).step_by(BATCH) {
                    let rows = usize::try_from(self.rows(group) - from).unwrap_or(BATCH).min(BATCH);
                    days.clear();
                    self.decode(group, || cells.days(rows, &mut days))?;
                    if days.iter().flatten().any(|day| *day > LAST_DAY) {
                        return Err(self.damaged(group, ParquetError::General("a day beyond the year 9999".into())));
                    }
                    latest = latest.max(days.iter().copied().max().flatten());
                }
            }
        })?;
        Ok(days.into_iter().flatten().max())
    }

    /// Tells the system that the columns of a row group are read next.
    pub(crate) fn announce(&self, group: usize, columns: &[usize]) {
        let Some(about) = self.metadata.row_groups().get(group) else { return };
        for chunk in columns.iter().filter_map(|column| about.columns().get(*column)) {
            let (start, size) = chunk.byte_range();
            // Advice: where it is not taken, the reading is slower and nothing else.
            let _ =
                rustix::fs::fadvise(&self.file, start, std::num::NonZeroU64::new(size), rustix::fs::Advice::WillNeed);
        }
    }

    /// What is wrong with a row group.
    pub(crate) fn damaged(&self, group: usize, error: ParquetError) -> Fault {
        Fault::new(ErrorKind::Corrupt, format!("row group {group} is damaged"))
            .at(self.path().display())
            .because(error)
            .help("have the file written again; nothing of this run was published")
    }

    /// Runs the decoding of a row group behind a fence: the `parquet` crate has assertions that damaged files reach.
    pub(crate) fn decode<T>(&self, group: usize, work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T> {
        let gave_up = || Err(ParquetError::General("its decoder gave up".into()));
        fenced(work).unwrap_or_else(gave_up).map_err(|error| self.damaged(group, error))
    }
}

/// That an open file is still what it was when it was opened.
pub(crate) fn changed(file: &File, identity: &Identity) -> Result<()> {
    let about = file.metadata().map_err(|error| Fault::io(ErrorKind::Source, "read", &identity.path, error))?;
    if (about.len(), modified(&about)) == (identity.size, identity.modified) {
        return Ok(());
    }
    Err(Fault::new(ErrorKind::Upstream, "the file was changed while it was read; nothing was published")
        .at(identity.path.display())
        .help("run again when it is whole; have it replaced by renaming and not written over"))
}

/// When a file was changed, in nanoseconds since 1970-01-01 UTC.
pub(crate) fn modified(about: &std::fs::Metadata) -> i128 {
    i128::from(about.mtime()) * 1_000_000_000 + i128::from(about.mtime_nsec())
}

fn fenced<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
