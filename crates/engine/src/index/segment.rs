//! An index in use: the filter of the parts that are searched in memory, the rest mapped from the file.

#![expect(unsafe_code, reason = "a file is mapped; see `map`")]

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use memmap2::{Advice, Mmap, MmapMut, MmapOptions};
use quipu_schema::{ErrorKind, Fault, Result};
use xxhash_rust::xxh3::Xxh3Default;

use super::build::MAGIC;
use super::layout::{Layout, bits, remainder, scaled};
use crate::threads;

/// Bytes that are read at once where an area is read through.
const READ: usize = 1 << 20;

/// Some parts of an index, ready to be searched.
#[derive(Debug)]
pub(crate) struct Segment {
    filter: Mmap,
    starts: Mmap,
    remainders: Mmap,
    rows: Mmap,
    /// The first entry of the parts.
    first: u64,
    /// Words and buckets of the whole index, and of the parts before these.
    words: (u64, u64),
    buckets: (u64, u64),
}

impl Segment {
    /// Opens parts of the index in a file.
    pub(crate) fn open(path: &Path, file: &File, layout: &Layout, parts: Range<u64>) -> Result<Self> {
        check_file(path, file, layout)?;
        let filter = copied(file, &layout.filter(&parts)).map_err(|error| reading(path, error))?;
        let words = (layout.parts * layout.words, parts.start * layout.words);
        Self::behind(filter, words, (path, file, layout), parts)
    }

    /// Opens all parts without their filter, which lets all hashes pass then: for those that are looked up because they
    /// are likely to be there.
    pub(crate) fn unfiltered(path: &Path, file: &File, layout: &Layout) -> Result<Self> {
        check_file(path, file, layout)?;
        // One word that lets everything pass is the filter of all hashes.
        let mut filter = MmapMut::map_anon(8).map_err(|error| reading(path, error))?;
        filter.fill(u8::MAX);
        let filter = filter.make_read_only().map_err(|error| reading(path, error))?;
        Self::behind(filter, (1, 0), (path, file, layout), 0..layout.parts)
    }

    /// What lies behind a filter of so many words.
    fn behind(
        filter: Mmap,
        words: (u64, u64),
        (path, file, layout): (&Path, &File, &Layout),
        parts: Range<u64>,
    ) -> Result<Self> {
        let failed = |error| reading(path, error);
        let starts = map(file, &layout.starts(&parts)).map_err(failed)?;
        let buckets = layout.buckets * (parts.end - parts.start);
        let (first, last) = (number(&starts, 0), number(&starts, buckets));
        let (Some(first), Some(last)) = (first, last) else { return Err(damaged(path)) };
        let entries = u64::from(first)..u64::from(last);
        if entries.end < entries.start || entries.end > layout.entries {
            return Err(damaged(path));
        }
        let remainders = map(file, &layout.remainders(&entries)).map_err(failed)?;
        let rows = map(file, &layout.rows(&entries)).map_err(failed)?;
        let buckets = (layout.parts * layout.buckets, parts.start * layout.buckets);
        Ok(Self { filter, starts, remainders, rows, first: entries.start, words, buckets })
    }

    /// The word of the filter for a hash, and its bucket: those of other parts lie beyond the ends of these.
    #[inline]
    fn word(&self, hash: u64) -> u64 {
        scaled(hash, self.words.0).wrapping_sub(self.words.1)
    }

    #[inline]
    fn bucket(&self, hash: u64) -> u64 {
        scaled(hash, self.buckets.0).wrapping_sub(self.buckets.1)
    }

    /// Asks memory for the word of the filter that a hash belongs to, so that it is there when it is looked at.
    #[inline]
    pub(crate) fn announce(&self, hash: u64) {
        prefetch(&self.filter, self.word(hash).wrapping_mul(8));
    }

    /// Adds the places in `hashes` of those that the filter lets pass: all that are in the index, and a few others.
    pub(crate) fn pass(&self, hashes: &[u64], out: &mut Vec<u32>) {
        for (at, hash) in (0_u32..).zip(hashes) {
            let word = self.word(*hash).wrapping_mul(8);
            let bytes = usize::try_from(word).ok().and_then(|at| self.filter.get(at..)?.first_chunk::<8>());
            let word = bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
            if word & bits(*hash) == bits(*hash) {
                out.push(at);
            }
        }
    }

    /// Asks memory for what [`Self::rows`] looks at first.
    pub(crate) fn announce_bucket(&self, hash: u64) {
        let bucket = self.bucket(hash);
        prefetch(&self.starts, bucket.wrapping_mul(4));
    }

    /// Asks memory for what [`Self::rows`] looks at next; the bucket should be there by now.
    pub(crate) fn announce_entries(&self, hash: u64) {
        let bucket = self.bucket(hash);
        if let Some(start) = number(&self.starts, bucket) {
            prefetch(&self.remainders, u64::from(start).wrapping_sub(self.first).wrapping_mul(4));
        }
    }

    /// The record rows of the entries with this hash, in ascending order.
    pub(crate) fn rows(&self, hash: u64) -> impl Iterator<Item = u32> {
        let bucket = self.bucket(hash);
        let start = number(&self.starts, bucket).unwrap_or(0);
        let end = number(&self.starts, bucket.wrapping_add(1)).unwrap_or(0);
        let wanted = remainder(hash);
        // Those of a bucket are sorted.
        (u64::from(start)..u64::from(end))
            .map(|entry| entry.wrapping_sub(self.first))
            .map(|at| (at, number(&self.remainders, at)))
            .skip_while(move |(_, held)| held.is_some_and(|held| held < wanted))
            .take_while(move |(_, held)| *held == Some(wanted))
            .filter_map(|(at, _)| number(&self.rows, at))
    }
}

/// Reads an index through and compares its checksums.
///
/// # Errors
/// `Corrupt` where they differ.
pub(crate) fn verify(path: &Path, file: &File, layout: &Layout, sums: &[u64], threads: usize) -> Result<()> {
    check_file(path, file, layout)?;
    if sums.len() as u64 != layout.parts {
        return Err(damaged(path));
    }
    let next = std::sync::atomic::AtomicU64::new(0);
    threads::each(threads, |_| {
        let mut bytes = Vec::new();
        loop {
            let part = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(expected) = usize::try_from(part).ok().and_then(|part| sums.get(part)) else { return Ok(()) };
            let found = sum_of(file, layout, part, &mut bytes).map_err(|error| reading(path, error))?;
            if found != Some(*expected) {
                return Err(damaged(path));
            }
        }
    })?;
    Ok(())
}

fn sum_of(file: &File, layout: &Layout, part: u64, bytes: &mut Vec<u8>) -> std::io::Result<Option<u64>> {
    let own = part..part + 1;
    let mut sum = Xxh3Default::new();
    let mut read = |area: Range<u64>, sum: &mut Xxh3Default, ends: Option<&mut [u32; 2]>| -> std::io::Result<()> {
        let mut at = area.start;
        let mut ends = ends;
        while at < area.end {
            let size = usize::try_from(area.end - at).unwrap_or(READ).min(READ);
            bytes.resize(size, 0);
            file.read_exact_at(bytes, at)?;
            sum.update(bytes);
            if let Some([first, last]) = ends.as_deref_mut() {
                let number = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes));
                if at == area.start {
                    *first = number(bytes.first_chunk());
                }
                *last = number(bytes.last_chunk());
            }
            at += size as u64;
        }
        Ok(())
    };
    let mut ends = [0; 2];
    read(layout.filter(&own), &mut sum, None)?;
    read(layout.starts(&own), &mut sum, Some(&mut ends))?;
    let entries = u64::from(ends[0])..u64::from(ends[1]);
    if entries.end < entries.start || entries.end > layout.entries {
        return Ok(None);
    }
    read(layout.remainders(&entries), &mut sum, None)?;
    read(layout.rows(&entries), &mut sum, None)?;
    Ok(Some(sum.digest()))
}

fn check_file(path: &Path, file: &File, layout: &Layout) -> Result<()> {
    let size = file.metadata().map_err(|error| reading(path, error))?.len();
    let mut head = [0; MAGIC.len()];
    let is_one = layout.is_sound() && size == layout.size() && file.read_exact_at(&mut head, 0).is_ok();
    if is_one && head == *MAGIC { Ok(()) } else { Err(damaged(path)) }
}

fn reading(path: &Path, error: std::io::Error) -> Fault {
    Fault::io(ErrorKind::Corrupt, "read the index", path, error).help("remove its folder; it is made again")
}

fn damaged(path: &Path) -> Fault {
    Fault::new(ErrorKind::Corrupt, "the index is damaged")
        .at(path.display())
        .help("remove its folder; it is made again")
}

/// Asks memory for a byte, where the area has it.
#[inline]
fn prefetch(map: &Mmap, at: u64) {
    let Some(place) = usize::try_from(at).ok().and_then(|at| map.get(at)) else { return };
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program sees and cannot fault; the place is one of the area.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(std::ptr::from_ref(place).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

/// The number of four bytes at a place.
fn number(map: &Mmap, at: u64) -> Option<u32> {
    let at = usize::try_from(at.checked_mul(4)?).ok()?;
    map.get(at..)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Maps a stretch of a file.
fn map(file: &File, area: &Range<u64>) -> std::io::Result<Mmap> {
    let length = usize::try_from(area.end - area.start).unwrap_or(usize::MAX);
    if length == 0 {
        return MmapMut::map_anon(1)?.make_read_only();
    }
    // SAFETY: index files are written once under another name and never changed or cut afterwards, and the lock of
    // their folder keeps other processes from removing what is in use; a removed file stays readable while it is mapped.
    let map = unsafe { MmapOptions::new().offset(area.start).len(length).map(file) }?;
    // Advice: where it is not taken, more is read than needed.
    let _ = map.advise(Advice::Random);
    Ok(map)
}

/// A stretch of a file in memory of large pages: it is looked into at random, and small pages cost a look-up each.
fn copied(file: &File, area: &Range<u64>) -> std::io::Result<Mmap> {
    let length = usize::try_from(area.end - area.start).unwrap_or(usize::MAX);
    let mut map = MmapMut::map_anon(length.max(1))?;
    // Advice: where it is not taken, looking up is slower.
    let _ = map.advise(Advice::HugePage);
    for (piece, at) in map.chunks_mut(READ).zip((area.start..area.end).step_by(READ)) {
        file.read_exact_at(piece, at)?;
    }
    map.make_read_only()
}
