//! Bodies on their way in: small ones in memory, larger ones in a file that the next run can go on with.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_fetch::Sink;
use quipu_schema::{Digest, Result};
use quipu_store::{Archive, Partial, Staged};

/// What is no larger is held in memory…
const SMALL: usize = 1 << 20;
/// …as long as all of it together is no larger than this.
const ALL: usize = 32 << 20;
/// Bytes of the beginning that are looked at.
const HEAD: usize = 4_096;

/// What is held in memory now.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// A download into the archive.
pub(super) struct Incoming<'a> {
    archive: &'a Archive,
    /// What tells it from all other downloads.
    key: Digest,
    body: Body,
}

enum Body {
    Memory(Held),
    File(Partial),
}

/// A body in memory.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    version: Option<String>,
}

/// A body that has come.
pub(super) struct Arrived {
    /// Its first bytes.
    pub(super) head: Vec<u8>,
    /// All of it, where it is small.
    pub(super) whole: Option<Vec<u8>>,
    pub(super) staged: Staged,
}

impl<'a> Incoming<'a> {
    /// Begins a download, or goes on with one that broke off.
    pub(super) fn new(archive: &'a Archive, key: Digest) -> Result<Self> {
        let body = if archive.has_partial(&key) {
            Body::File(archive.partial(&key)?)
        } else {
            Body::Memory(Held::default())
        };
        Ok(Self { archive, key, body })
    }

    /// All of it has come.
    pub(super) fn arrived(self) -> Result<Arrived> {
        match self.body {
            Body::Memory(mut held) => {
                let whole = std::mem::take(&mut held.bytes);
                HELD.fetch_sub(whole.len(), Ordering::Relaxed);
                let head = whole.get(..HEAD).unwrap_or(&whole).to_vec();
                Ok(Arrived { head, staged: self.archive.stage(&whole)?, whole: Some(whole) })
            }
            Body::File(partial) => {
                Ok(Arrived { head: partial.head().to_vec(), whole: None, staged: partial.stage()? })
            }
        }
    }
}

impl Held {
    /// Takes bytes where there is room for them.
    fn take(&mut self, bytes: &[u8]) -> bool {
        if self.bytes.len() + bytes.len() > SMALL {
            return false;
        }
        let more = |held: usize| held.checked_add(bytes.len()).filter(|held| *held <= ALL);
        if HELD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_err() {
            return false;
        }
        self.bytes.extend_from_slice(bytes);
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

impl Sink for Incoming<'_> {
    fn held(&self) -> Option<(u64, String)> {
        match &self.body {
            Body::Memory(held) => {
                held.version.clone().filter(|_| !held.bytes.is_empty()).map(|version| (held.bytes.len() as u64, version))
            }
            Body::File(partial) => partial.held().map(|(bytes, version)| (bytes, version.to_owned())),
        }
    }

    fn begin(&mut self, version: Option<&str>) -> io::Result<()> {
        match &mut self.body {
            Body::Memory(held) => {
                *held = Held { bytes: Vec::new(), version: version.map(str::to_owned) };
                Ok(())
            }
            Body::File(partial) => partial.begin(version),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Body::Memory(held) = &mut self.body
            && !held.take(bytes)
        {
            let mut partial = self.archive.partial(&self.key).map_err(io::Error::other)?;
            partial.begin(held.version.as_deref())?;
            partial.write(&held.bytes)?;
            self.body = Body::File(partial);
        }
        match &mut self.body {
            Body::Memory(_) => Ok(()),
            Body::File(partial) => partial.write(bytes),
        }
    }
}
