//! The bytes of a document: in memory, or in a file that is read in pieces.

use std::borrow::Cow;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use quipu_schema::{ErrorKind, Fault, Result};

use crate::Limits;

/// The bytes of a document.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// All of them.
    Memory(&'a [u8]),
    /// A file, read where it is needed. It must not change meanwhile.
    File {
        /// The open file.
        file: &'a File,
        /// How many bytes it has.
        length: u64,
    },
}

impl<'a> Content<'a> {
    /// How many bytes there are.
    pub fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    /// The bytes of a range; fewer where the content ends before.
    ///
    /// # Errors
    /// `Storage` where the file cannot be read.
    pub fn range(&self, start: u64, end: u64) -> Result<Cow<'a, [u8]>> {
        let end = end.min(self.length()).max(start);
        match self {
            Self::Memory(bytes) => {
                let (start, end) =
                    (usize::try_from(start).unwrap_or(usize::MAX), usize::try_from(end).unwrap_or(usize::MAX));
                Ok(Cow::Borrowed(bytes.get(start..end).unwrap_or_default()))
            }
            Self::File { file, .. } => {
                let length = usize::try_from(end - start).map_err(|_| Limits::exceeded("a piece beyond memory"))?;
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start).map_err(|error| {
                    Fault::new(ErrorKind::Storage, "the archived document cannot be read").because(error)
                })?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// All bytes, for formats that are read as a whole.
    ///
    /// # Errors
    /// `Shape` where there are more than the limits allow; `Storage` where the file cannot be read.
    pub fn all(&self, limits: &Limits) -> Result<Cow<'a, [u8]>> {
        if let Self::File { length, .. } = self
            && *length > limits.memory as u64
        {
            return Err(Limits::exceeded(format!("{length} bytes, more than {} MiB", limits.memory >> 20)));
        }
        self.range(0, self.length())
    }
}
