//! Rows that repeat the key of another row: found without holding all keys in memory.
//!
//! The first walk gives a hash of each key. Where hashes are equal, a second walk collects the rows
//! behind them in full: those that really repeat are refused, the later ones where the value is the
//! same, all of them where it is not, because nothing says which one is right.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use quipu_schema::quarantine::Reason;
use quipu_schema::{ErrorKind, Fault, Result};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::quarantine::lines_named;

/// Hashes that are held in memory before they are put away.
const HELD: usize = 8 << 20;
/// Files that they are put into, by their highest bits.
const FILES: usize = 64;
/// Most rows that may be looked at in full.
const SUSPECTS: usize = 4_000_000;

/// Where a value stands: document, line or row, value column.
pub(crate) type Place = (u32, u64, u32);

/// Rows that are refused, by place.
pub(crate) type Refused = FxHashMap<Place, (Reason, String)>;

/// A row whose key may be that of another.
#[derive(Debug)]
pub(crate) struct Suspect {
    /// Its key, in full.
    pub(crate) key: String,
    /// Where it stands.
    pub(crate) place: Place,
    /// The bits of its value.
    pub(crate) value: u64,
    /// Its status, where it has one of its own.
    pub(crate) status: Option<String>,
}

/// Collects the hashes of keys.
#[derive(Debug)]
pub(crate) struct Seen {
    held: Vec<u64>,
    most: usize,
    files: Vec<File>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { held: Vec::new(), most: HELD, files: Vec::new() }
    }
}

impl Seen {
    /// Adds hashes.
    ///
    /// # Errors
    /// Temporary files that cannot be written.
    pub(crate) fn add(&mut self, hashes: &[u64]) -> Result<()> {
        self.held.extend_from_slice(hashes);
        if self.held.len() >= self.most { self.put_away() } else { Ok(()) }
    }

    fn put_away(&mut self) -> Result<()> {
        if self.files.is_empty() {
            self.files = (0..FILES).map(|_| tempfile::tempfile()).collect::<Result<_, _>>().map_err(failed)?;
        }
        let mut parts: Vec<Vec<u8>> = vec![Vec::new(); FILES];
        for hash in self.held.drain(..) {
            if let Some(part) = parts.get_mut(part_of(hash)) {
                part.extend_from_slice(&hash.to_le_bytes());
            }
        }
        for (file, part) in self.files.iter_mut().zip(parts) {
            file.write_all(&part).map_err(failed)?;
        }
        Ok(())
    }

    /// The hashes that were added more than once.
    ///
    /// # Errors
    /// Temporary files that cannot be read.
    pub(crate) fn repeated(mut self) -> Result<FxHashSet<u64>> {
        if self.files.is_empty() {
            return Ok(repeated_of(self.held));
        }
        self.put_away()?;
        let mut all = FxHashSet::default();
        for file in &mut self.files {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            file.read_to_end(&mut bytes).map_err(failed)?;
            let hash = |bytes: &[u8]| u64::from_le_bytes(<[u8; 8]>::try_from(bytes).unwrap_or_default());
            all.extend(repeated_of(bytes.chunks_exact(8).map(hash).collect()));
        }
        Ok(all)
    }
}

fn part_of(hash: u64) -> usize {
    usize::try_from(hash >> 58).unwrap_or_default()
}

fn repeated_of(mut hashes: Vec<u64>) -> FxHashSet<u64> {
    hashes.par_sort_unstable();
    hashes.windows(2).filter_map(|pair| if let [a, b] = pair { (a == b).then_some(*a) } else { None }).collect()
}

fn failed(error: std::io::Error) -> Fault {
    Fault::new(ErrorKind::Storage, "keys cannot be put away in a temporary file")
        .because(error)
        .help("make room where temporary files go (TMPDIR)")
}

/// Which of the suspects are refused.
///
/// # Errors
/// More suspects than can be looked at.
pub(crate) fn judge(mut suspects: Vec<Suspect>) -> Result<Refused> {
    if suspects.len() > SUSPECTS {
        return Err(Fault::new(ErrorKind::Contract, format!("more than {SUSPECTS} rows have the key of another row"))
            .help("a column that tells rows apart is not mapped: add it, for example as a `breakdown`"));
    }
    suspects.sort_by(|a, b| a.key.cmp(&b.key).then(a.place.cmp(&b.place)));
    let mut refused = Refused::default();
    for twins in suspects.chunk_by(|a, b| a.key == b.key).filter(|twins| twins.len() > 1) {
        let Some(first) = twins.first() else { continue };
        if twins.iter().all(|twin| (twin.value, &twin.status) == (first.value, &first.status)) {
            let message = format!("repeats the key and the value of line {}", first.place.1);
            refused.extend(twins.iter().skip(1).map(|twin| (twin.place, (Reason::DuplicateRow, message.clone()))));
        } else {
            let lines: Vec<u64> = twins.iter().map(|twin| twin.place.1).collect();
            let message = format!("{} have the same key and different values", lines_named(&lines));
            refused.extend(twins.iter().map(|twin| (twin.place, (Reason::DuplicateKey, message.clone()))));
        }
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_hashes_are_found_in_memory_and_put_away() {
        for most in [3, HELD] {
            let mut seen = Seen { most, ..Seen::default() };
            for hashes in [&[1_u64, 2, 3][..], &[u64::MAX, 2], &[5, u64::MAX, u64::MAX], &[7]] {
                seen.add(hashes).unwrap();
            }
            assert_eq!(seen.files.is_empty(), most == HELD);
            let mut found: Vec<u64> = seen.repeated().unwrap().into_iter().collect();
            found.sort_unstable();
            assert_eq!(found, [2, u64::MAX]);
        }
    }
}
