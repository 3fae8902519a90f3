//! Where bodies go, and the rest of what broke off.

use std::io;

/// A body that is received, by whoever keeps it.
///
/// It may hold the beginning of one whose download broke off, in this run or in one before. What is held is only gone on
/// with where the server says that it is still the same document.
pub trait Sink: Send {
    /// How many bytes it holds, and the note of their version that it was given; `None` where it holds nothing that can be
    /// gone on with.
    fn held(&self) -> Option<(u64, String)>;

    /// Forgets what it holds: a body begins. `version` is a note of what it is of, where that is certain enough to go on with
    /// it later.
    ///
    /// # Errors
    /// Those of the disk.
    fn begin(&mut self, version: Option<&str>) -> io::Result<()>;

    /// Takes the next bytes.
    ///
    /// # Errors
    /// Those of the disk.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A body in memory, for small ones and for tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// What came.
    pub bytes: Vec<u8>,
    version: Option<String>,
}

impl Sink for Memory {
    fn held(&self) -> Option<(u64, String)> {
        self.version.clone().filter(|_| !self.bytes.is_empty()).map(|version| (self.bytes.len() as u64, version))
    }

    fn begin(&mut self, version: Option<&str>) -> io::Result<()> {
        self.bytes.clear();
        self.version = version.map(str::to_owned);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}
