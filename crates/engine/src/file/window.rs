//! The bytes of one column chunk, read by place: threads share a file, and no read moves another one's.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Chunks up to this size are read at once; of larger ones, what is asked for.
const WHOLE: u64 = 8 << 20;

/// A column chunk of a file, or the file itself with nothing in memory.
#[derive(Debug)]
pub(crate) struct Window {
    file: Arc<File>,
    length: u64,
    start: u64,
    bytes: Bytes,
}

impl Window {
    /// All of a file, read as it is asked for.
    pub(crate) const fn file(file: Arc<File>, length: u64) -> Self {
        Self { file, length, start: 0, bytes: Bytes::new() }
    }

    /// The `size` bytes from `start` on, in memory where they are few enough.
    pub(crate) fn chunk(file: Arc<File>, length: u64, start: u64, size: u64) -> Result<Self> {
        let end = start.checked_add(size).filter(|end| *end <= length);
        end.ok_or_else(|| ParquetError::EOF("a column that lies outside of the file".into()))?;
        let mut window = Self { file, length, start, bytes: Bytes::new() };
        if size <= WHOLE {
            window.bytes = window.read(start, usize::try_from(size).unwrap_or_default())?;
        }
        Ok(window)
    }

    fn read(&self, start: u64, size: usize) -> Result<Bytes> {
        if start.checked_add(size as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF("a page that reaches beyond the file".into()));
        }
        let mut bytes = vec![0; size];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(Bytes::from(bytes))
    }

    /// The part in memory from a place of the file on.
    fn held(&self, start: u64) -> Option<Bytes> {
        let at = usize::try_from(start.checked_sub(self.start)?).ok()?;
        (at < self.bytes.len()).then(|| self.bytes.slice(at..))
    }
}

impl Length for Window {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Window {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        match self.held(start) {
            Some(bytes) => Ok(Box::new(std::io::Cursor::new(bytes))),
            None => Ok(Box::new(BufReader::with_capacity(1 << 10, At { file: Arc::clone(&self.file), at: start }))),
        }
    }

    fn get_bytes(&self, start: u64, size: usize) -> Result<Bytes> {
        match self.held(start) {
            Some(bytes) if bytes.len() >= size => Ok(bytes.slice(..size)),
            _ => self.read(start, size),
        }
    }
}

/// A reader of a file from a place on, with a place of its own.
struct At {
    file: Arc<File>,
    at: u64,
}

impl Read for At {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read_at(into, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
