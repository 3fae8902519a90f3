//! The entries of an index while records are read: by part, in pieces, and on disk where memory is short.
//!
//! What goes to disk are hashes and row numbers, in a file without a name that ends with the process.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use quipu_schema::{ErrorKind, Fault, Result};

/// Entries of a piece.
const PIECE: usize = 256;
/// Bytes of an entry on disk.
const BYTES: usize = 12;

/// One key of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(crate) struct Entry {
    pub(crate) hash: u64,
    pub(crate) row: u32,
}

/// What all threads share: how much is in memory, and the file for what is too much.
#[derive(Debug)]
pub(crate) struct Shared {
    held: AtomicUsize,
    most: usize,
    spill: File,
    written: AtomicU64,
}

impl Shared {
    /// `most` bytes may be held; `folder` is where the file for the rest lies.
    pub(crate) fn new(most: usize, folder: &Path) -> Result<Self> {
        let spill = tempfile::tempfile_in(folder)
            .map_err(|error| Fault::io(ErrorKind::Storage, "make a temporary file", folder, error))?;
        Ok(Self { held: AtomicUsize::new(0), most, spill, written: AtomicU64::new(0) })
    }
}

/// The entries of one thread, by part.
#[derive(Debug)]
pub(crate) struct Gathered {
    parts: Vec<Part>,
}

#[derive(Debug, Default)]
struct Part {
    full: Vec<Box<[Entry]>>,
    open: Vec<Entry>,
    /// Place and number of entries on disk.
    spilled: Vec<(u64, usize)>,
}

impl Gathered {
    pub(crate) fn new(parts: u64) -> Self {
        Self { parts: (0..parts).map(|_| Part::default()).collect() }
    }

    /// Takes an entry of a part.
    pub(crate) fn push(&mut self, part: u64, entry: Entry, shared: &Shared) {
        let Some(part) = usize::try_from(part).ok().and_then(|part| self.parts.get_mut(part)) else { return };
        if part.open.is_empty() {
            part.open.reserve_exact(PIECE);
            shared.held.fetch_add(PIECE * size_of::<Entry>(), Ordering::Relaxed);
        }
        part.open.push(entry);
        if part.open.len() == PIECE {
            let full = std::mem::take(&mut part.open);
            part.full.push(full.into_boxed_slice());
        }
    }

    /// Writes what is held to disk, where it is more than may be.
    pub(crate) fn relieve(&mut self, shared: &Shared) -> Result<()> {
        if shared.held.load(Ordering::Relaxed) <= shared.most {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for part in &mut self.parts {
            if part.full.is_empty() {
                continue;
            }
            bytes.clear();
            let mut count = 0;
            for piece in part.full.drain(..) {
                count += piece.len();
                shared.held.fetch_sub(piece.len() * size_of::<Entry>(), Ordering::Relaxed);
                for entry in piece {
                    bytes.extend_from_slice(&{ entry.hash }.to_le_bytes());
                    bytes.extend_from_slice(&{ entry.row }.to_le_bytes());
                }
            }
            let at = shared.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            shared.spill.write_all_at(&bytes, at).map_err(|error| {
                Fault::io(ErrorKind::Storage, "write the entries that memory does not hold", "a temporary file", error)
            })?;
            part.spilled.push((at, count));
        }
        Ok(())
    }

    /// How many entries each part has.
    pub(crate) fn counts(&self) -> impl Iterator<Item = u64> + '_ {
        self.parts.iter().map(|part| {
            let full: usize = part.full.iter().map(|piece| piece.len()).sum();
            let spilled: usize = part.spilled.iter().map(|(_, count)| count).sum();
            (full + spilled + part.open.len()) as u64
        })
    }

    /// Adds the entries of a part to `out`.
    pub(crate) fn part(&self, part: u64, shared: &Shared, out: &mut Vec<Entry>) -> Result<()> {
        let Some(part) = usize::try_from(part).ok().and_then(|part| self.parts.get(part)) else { return Ok(()) };
        part.full.iter().for_each(|piece| out.extend_from_slice(piece));
        out.extend_from_slice(&part.open);
        let mut bytes = Vec::new();
        for (at, count) in &part.spilled {
            bytes.resize(count * BYTES, 0);
            shared
                .spill
                .read_exact_at(&mut bytes, *at)
                .map_err(|error| Fault::io(ErrorKind::Storage, "read the entries back", "a temporary file", error))?;
            for entry in bytes.chunks_exact(BYTES) {
                if let Some((hash, row)) = entry.split_first_chunk::<8>()
                    && let Some(row) = row.first_chunk::<4>()
                {
                    out.push(Entry { hash: u64::from_le_bytes(*hash), row: u32::from_le_bytes(*row) });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_disk_comes_back() {
        let folder = tempfile::tempdir().expect("folder");
        for most in [0, usize::MAX] {
            let shared = Shared::new(most, folder.path()).expect("file");
            let mut gathered = Gathered::new(3);
            for row in 0..2_000_u32 {
                gathered.push(u64::from(row % 2), Entry { hash: u64::from(row) << 40, row }, &shared);
                gathered.relieve(&shared).expect("write");
            }
            assert_eq!(gathered.counts().collect::<Vec<_>>(), [1_000, 1_000, 0]);
            let mut rows = Vec::new();
            let mut entries = Vec::new();
            gathered.part(1, &shared, &mut entries).expect("read");
            for entry in entries {
                assert_eq!({ entry.hash }, u64::from(entry.row) << 40);
                rows.push(entry.row);
            }
            rows.sort_unstable();
            assert_eq!(rows, (0..2_000).filter(|row| row % 2 == 1).collect::<Vec<u32>>());
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 0, "the file has no name");
    }
}
