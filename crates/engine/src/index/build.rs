//! Making an index: all records are read once, their entries gathered by part, and each part sorted and written on its
//! own. Any number of threads, any memory and any order of reading give the same bytes.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use quipu_keys::ALL;
use quipu_schema::{ErrorKind, Fault, Result};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::gather::{Entry, Gathered, Shared};
use super::layout::{Layout, bits, parts_for, remainder};
use crate::chance::Shapes;
use crate::form::{Form, Forms, Issuer, KindNumber, UNKNOWN};
use crate::keys::{KeyReader, Row, Sink};
use crate::near::{self, Born};
use crate::record_file::RecordFile;
use crate::settings::{Settings, Told};
use crate::threads;

/// Issuers that are remembered as counted.
const COUNTED: usize = 256;

/// The first bytes of an index file.
pub(super) const MAGIC: &[u8; 16] = b"quipu key index\n";

/// What came of the records.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) read: u64,
    pub(crate) not_screened: u64,
    pub(crate) junk: u64,
    pub(crate) not_a_key: u64,
    /// Kinds of records that state no issuer although it is part of their key.
    pub(crate) nameless: Vec<u8>,
    /// Issuers of records, by kind: for checks that state none.
    pub(crate) issuers: BTreeSet<(u8, Issuer)>,
    /// Dates of birth that nobody can read, where they were needed.
    #[serde(default)]
    pub(crate) births_unread: u64,
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.not_screened += other.not_screened;
        self.junk += other.junk;
        self.not_a_key += other.not_a_key;
        self.births_unread += other.births_unread;
        for kind in &other.nameless {
            if !self.nameless.contains(kind) {
                self.nameless.push(*kind);
            }
        }
        self.issuers.extend(&other.issuers);
    }
}

/// What was made.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) layout: Layout,
    /// A checksum of the areas of each part.
    pub(crate) sums: Vec<u64>,
    pub(crate) count: Count,
    pub(crate) shapes: Shapes,
}

/// One thread's share of the records.
struct Gathering<'a> {
    shared: &'a Shared,
    layout: Layout,
    gathered: Gathered,
    count: Count,
    shapes: Shapes,
    /// Number of the row group's first row in the index.
    first: u32,
    /// Issuers that are known to be counted, so that most rows need not look.
    counted: [(u8, Issuer); COUNTED],
    /// The hashes under which a row is found by those near it.
    blocks: Vec<u64>,
    /// Why entries could not be put away.
    failed: Option<Fault>,
}

impl Gathering<'_> {
    fn see_issuer(&mut self, kind: KindNumber, issuer: Issuer) {
        let place = self.counted.get_mut(issuer.slot(COUNTED));
        let by_issuer = ALL.get(usize::from(kind)).is_some_and(|kind| kind.needs_issuer());
        if let Some(place) = place.filter(|place| by_issuer && **place != (kind, issuer)) {
            *place = (kind, issuer);
            self.count.issuers.insert((kind, issuer));
        }
    }
}

impl Sink for Gathering<'_> {
    fn key(&mut self, hash: u64, number: u32, kind: KindNumber, issuer: Issuer) {
        self.count.read += 1;
        self.see_issuer(kind, issuer);
        let entry = Entry { hash, row: self.first.wrapping_add(number) };
        self.gathered.push(self.layout.part(hash), entry, self.shared);
    }

    fn in_full(&self) -> Option<u32> {
        Some(self.shapes.step())
    }

    fn row(&mut self, forms: &mut Forms, row: &Row) {
        self.count.read += 1;
        self.count.births_unread += u64::from(row.person.born == Born::Unreadable);
        let hash = match row.form {
            Form::Key(hash) => hash,
            Form::Nameless => {
                if !self.count.nameless.contains(&row.kind) {
                    self.count.nameless.push(row.kind);
                }
                forms.named(row.kind, None)
            }
            Form::NotScreened => return self.count.not_screened += 1,
            Form::Junk => return self.count.junk += 1,
            Form::NotAKey => return self.count.not_a_key += 1,
        };
        self.see_issuer(row.kind, row.issuer);
        self.shapes.see(row);
        let number = self.first.wrapping_add(row.number);
        self.gathered.push(self.layout.part(hash), Entry { hash, row: number }, self.shared);
        if forms.near() && matches!(row.form, Form::Key(_)) {
            forms.blocks(row, true, &mut self.blocks);
            for hash in &self.blocks {
                self.gathered.push(self.layout.part(*hash), Entry { hash: *hash, row: number }, self.shared);
            }
        }
    }

    fn batch(&mut self) {
        if self.failed.is_none() {
            self.failed = self.gathered.relieve(self.shared).err();
        }
    }
}

/// Reads the records of `files` and writes an index of them to `path`, which must not be there.
///
/// # Errors
/// `Corrupt` with file and row group for records that cannot be read; `Storage` where the disk fails; `Usage` for more
/// records than an index can hold.
pub(crate) fn build<'a>(
    files: &[RecordFile],
    new_forms: &(dyn Fn() -> Forms<'a> + Sync),
    settings: &Settings,
    path: &Path,
    told: &dyn Told,
) -> Result<Built> {
    let total = RecordFile::rows_of(files);
    let most = |what: &str, number: u64| {
        let message = format!("{number} {what}, and an index holds at most {}", u32::MAX);
        if number > u64::from(u32::MAX) { Err(Fault::new(ErrorKind::Usage, message)) } else { Ok(()) }
    };
    most("records", total)?;
    let tasks: Vec<_> = RecordFile::groups(files).collect();
    let folder = path.parent().unwrap_or(Path::new("."));
    let shared = Shared::new(settings.entries_held(), folder)?;
    // Only the number of parts counts until it is known how many keys there are.
    let entries_each = if new_forms().near() { near::HASHES } else { 1 };
    let parts = settings.parts.unwrap_or_else(|| parts_for(total * entries_each));
    let sorting = Layout::new(total, parts);

    let next = AtomicUsize::new(0);
    let shares = threads::each(settings.threads, |_| {
        let mut reader = KeyReader::new(new_forms());
        let mut own = Gathering {
            shared: &shared,
            layout: sorting,
            gathered: Gathered::new(parts),
            count: Count::default(),
            shapes: Shapes::new(total),
            first: 0,
            counted: [(UNKNOWN, Issuer::of(None)); COUNTED],
            blocks: Vec::new(),
            failed: None,
        };
        while let Some((RecordFile { file, keys, .. }, group, first)) = tasks.get(next.fetch_add(1, Ordering::Relaxed))
        {
            if let Some((following, group, _)) = tasks.get(next.load(Ordering::Relaxed)) {
                following.file.announce(*group, &following.keys.all());
            }
            own.first = u32::try_from(*first).unwrap_or(u32::MAX);
            reader.read(file, keys, *group, &mut own)?;
            if let Some(failed) = own.failed.take() {
                return Err(failed);
            }
            own.gathered.relieve(&shared)?;
            told.advance(file.rows(*group));
        }
        Ok(own)
    })?;

    let mut counts = vec![0_u64; usize::try_from(parts).unwrap_or_default()];
    let (mut count, mut shapes, mut gathered) = (Count::default(), Shapes::new(total), Vec::new());
    for share in shares {
        count.add(&share.count);
        shapes.add(&share.shapes);
        counts.iter_mut().zip(share.gathered.counts()).for_each(|(sum, own)| *sum += own);
        gathered.push(share.gathered);
    }
    count.nameless.sort_unstable();
    let entries: u64 = counts.iter().sum();
    most("entries of records and of what is near them", entries)?;
    let layout = Layout::new(entries, parts);
    let file = create(path, layout.size())?;
    let mut firsts = Vec::with_capacity(counts.len());
    let mut before = 0;
    for own in &counts {
        firsts.push(before);
        before += own;
    }
    let next = AtomicU64::new(0);
    let sums = Mutex::new(vec![0_u64; counts.len()]);
    threads::each(settings.threads, |_| {
        let mut making = Making::default();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            let at = usize::try_from(part).unwrap_or(usize::MAX);
            let Some(first) = firsts.get(at) else { return Ok(()) };
            making.entries.clear();
            gathered.iter().try_for_each(|own| own.part(part, &shared, &mut making.entries))?;
            let sum = making.write(&layout, part, *first, &file).map_err(|error| writing(path, error))?;
            if let Ok(mut sums) = sums.lock()
                && let Some(place) = sums.get_mut(at)
            {
                *place = sum;
            }
        }
    })?;
    let sums = sums.into_inner().map_err(|_| Fault::bug("a thread of the index failed"))?;
    Ok(Built { layout, sums, count, shapes })
}

fn writing(path: &Path, error: std::io::Error) -> Fault {
    Fault::io(ErrorKind::Storage, "write the index", path, error)
}

/// A file of this size that only its owner can read. The space is taken at once, so that a full disk shows here.
fn create(path: &Path, size: u64) -> Result<File> {
    let file = OpenOptions::new().write(true).read(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| writing(path, error))?;
    match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, size) {
        Ok(()) => {}
        // Not every file system can; then the writing tells.
        Err(rustix::io::Errno::OPNOTSUPP) => file.set_len(size).map_err(|error| writing(path, error))?,
        Err(error) => return Err(writing(path, error.into())),
    }
    file.write_all_at(MAGIC, 0).map_err(|error| writing(path, error))?;
    Ok(file)
}

/// One part in the making.
#[derive(Default)]
struct Making {
    entries: Vec<Entry>,
    words: Vec<u64>,
    starts: Vec<u32>,
    /// Remainder and row of each entry, in the order of buckets.
    packed: Vec<u64>,
    bytes: Vec<u8>,
}

impl Making {
    /// Sorts the entries and writes them where the part belongs; gives the checksum of what was written.
    fn write(&mut self, layout: &Layout, part: u64, first: u64, file: &File) -> std::io::Result<u64> {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        self.words.clear();
        self.words.resize(size(layout.words), 0);
        // One more place than buckets: where the next part begins.
        self.starts.clear();
        self.starts.resize(size(layout.buckets) + 1, 0);
        let bucket_of = |entry: &Entry| size(layout.bucket(entry.hash) - part * layout.buckets);
        for entry in &self.entries {
            if let Some(word) = self.words.get_mut(size(layout.word(entry.hash) - part * layout.words)) {
                *word |= bits(entry.hash);
            }
            if let Some(count) = self.starts.get_mut(bucket_of(entry) + 1) {
                *count += 1;
            }
        }
        let mut before = 0;
        for start in &mut self.starts {
            before += *start;
            *start = before;
        }
        self.packed.clear();
        self.packed.resize(self.entries.len(), 0);
        for entry in &self.entries {
            if let Some(place) = self.starts.get_mut(bucket_of(entry)) {
                if let Some(slot) = self.packed.get_mut(*place as usize) {
                    *slot = u64::from(remainder(entry.hash)) << 32 | u64::from(entry.row);
                }
                *place += 1;
            }
        }
        // Each start now stands where its bucket ends, which is where the next one begins.
        let mut rest = self.packed.as_mut_slice();
        let mut from = 0;
        for end in self.starts.iter().take(size(layout.buckets)) {
            let (bucket, later) = rest.split_at_mut((*end - from) as usize);
            bucket.sort_unstable();
            (rest, from) = (later, *end);
        }
        let mut sum = Xxh3Default::new();
        let entries = first..first + self.entries.len() as u64;
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        let mut put = |bytes: &[u8], at: u64| {
            sum.update(bytes);
            file.write_all_at(bytes, at)
        };
        self.bytes.clear();
        self.words.iter().for_each(|word| self.bytes.extend_from_slice(&word.to_le_bytes()));
        put(&self.bytes, layout.filter(&(part..part + 1)).start)?;
        self.bytes.clear();
        // The end of the last bucket is written by every part: the next one writes the same number as its start.
        self.bytes.extend_from_slice(&first.to_le_bytes());
        for end in self.starts.iter().take(size(layout.buckets)) {
            self.bytes.extend_from_slice(&(first + end).to_le_bytes());
        }
        put(&self.bytes, layout.starts(&(part..part + 1)).start)?;
        self.bytes.clear();
        self.packed.iter().for_each(|pair| self.bytes.extend_from_slice(&half(pair >> 32).to_le_bytes()));
        put(&self.bytes, layout.remainders(&entries).start)?;
        self.bytes.clear();
        self.packed.iter().for_each(|pair| self.bytes.extend_from_slice(&half(*pair).to_le_bytes()));
        put(&self.bytes, layout.rows(&entries).start)?;
        Ok(sum.digest())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn half(pair: u64) -> u32 {
    pair as u32
}
