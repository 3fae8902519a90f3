//! What a screening may use, and how it tells how far it is.

/// Memory, threads and the like. None of them changes a hit.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bytes of memory that may be used.
    pub memory: u64,
    /// Threads.
    pub threads: usize,
    /// Parts of the index, a power of two; as many as fit the records where nothing is said.
    pub parts: Option<u64>,
}

/// What decoding takes in each thread, and the program itself.
const PER_THREAD: u64 = 48 << 20;
const PROGRAM: u64 = 32 << 20;

/// Hits for which there is room in the least memory.
const LEAST_HITS: usize = 64 << 20;

/// Memory that is used where nothing is said, at most.
const MEMORY: u64 = 4 << 30;

impl Settings {
    /// All threads of this machine, and 4 GiB of its memory or half of what is free, where that is less.
    pub fn of_this_machine() -> Self {
        let about = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let free =
            about.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.trim().split(' ').next()?.parse().ok());
        let half = free.map_or(MEMORY, |kib: u64| kib * 512);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { memory: half.min(MEMORY), threads, parts: None }
    }

    /// As many of the threads as leave a third of the memory for the index.
    pub(crate) fn fitted(&self) -> Self {
        let mut own = self.clone();
        while own.threads > 1 && own.left() < own.memory / 3 {
            own.threads -= 1;
        }
        own
    }

    /// What is left for tables once every thread has what it needs to decode.
    fn left(&self) -> u64 {
        let threads = u64::try_from(self.threads).unwrap_or(1);
        self.memory.saturating_sub(PROGRAM + threads * PER_THREAD)
    }

    /// Bytes of entries that are held while an index is made.
    pub(crate) fn entries_held(&self) -> usize {
        usize::try_from(self.left()).unwrap_or(usize::MAX)
    }

    /// Bytes of matches that are held before they are judged.
    pub(crate) fn matches_held(&self) -> usize {
        usize::try_from(self.memory / 16).unwrap_or(usize::MAX)
    }

    /// Bytes of hits and answers that are held.
    pub(crate) fn hits_held(&self) -> usize {
        usize::try_from(self.memory / 2).unwrap_or(usize::MAX).max(LEAST_HITS)
    }

    /// Bytes of an index that are held while it is searched.
    pub(crate) fn index_held(&self) -> u64 {
        self.left().max(self.memory / 3) / 4 * 3
    }
}

/// Hears how far a screening is.
pub trait Told: Sync {
    /// A step begins, of so many rows.
    fn begin(&self, what: &str, rows: u64);
    /// So many rows more are done.
    fn advance(&self, rows: u64);
    /// The step is over.
    fn end(&self);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Told for Silent {
    fn begin(&self, _what: &str, _rows: u64) {}
    fn advance(&self, _rows: u64) {}
    fn end(&self) {}
}
