//! Compound files, the containers of XLS (MS-CFB): streams by name, each a chain of sectors.
//!
//! Every chain is walked with a count of the sectors that there are, so that one which leads back
//! into itself ends in an error.

use quipu_schema::{ErrorKind, Fault, Result};

use super::biff;

/// The first bytes of a compound file.
pub(super) const START: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Numbers from here on are no sectors.
const NO_SECTOR: u32 = 0xffff_fffa;
/// Streams below this size lie in the small stream.
const SMALL: u64 = 4096;
const SMALL_SECTOR: usize = 64;
const ENTRY: usize = 128;

/// A compound file in memory.
pub(super) struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    /// For each sector the one that follows it.
    next: Vec<u32>,
    entries: Vec<Entry>,
    /// The stream of small streams, and for each of its sectors the one that follows.
    small: Vec<u8>,
    next_small: Vec<u32>,
}

/// An entry of the directory.
struct Entry {
    name: String,
    is_stream: bool,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: u64,
}

impl<'a> Compound<'a> {
    /// Opens a compound file: its tables and directory.
    ///
    /// # Errors
    /// `Shape` for one that is damaged or cut short.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self> {
        let sector = match (bytes.starts_with(&START), biff::u16_at(bytes, 30)) {
            (true, Some(9)) => 512,
            (true, Some(12)) => 4096,
            _ => return Err(damaged("its header is wrong")),
        };
        let mut file =
            Self { bytes, sector, next: Vec::new(), entries: Vec::new(), small: Vec::new(), next_small: Vec::new() };
        file.next = file.read_table()?;
        let at = |at| biff::u32_at(bytes, at).ok_or_else(cut);
        let directory = file.chain(at(48)?, None)?;
        file.entries = directory.chunks_exact(ENTRY).filter_map(|entry| read_entry(entry, sector)).collect();
        let root = file.entries.first().ok_or_else(|| damaged("its directory is empty"))?;
        file.small = if root.size > 0 { file.chain(root.start, Some(root.size))? } else { Vec::new() };
        let small_table = at(60)?;
        if small_table < NO_SECTOR {
            file.next_small = numbers(&file.chain(small_table, None)?).collect();
        }
        Ok(file)
    }

    /// The table that says which sector follows which: its sectors are listed in the header and in a
    /// chain of further lists.
    fn read_table(&self) -> Result<Vec<u32>> {
        let sectors = self.bytes.len() / self.sector;
        let mut listed: Vec<u32> = numbers(self.bytes.get(76..512).ok_or_else(cut)?).collect();
        let mut list = biff::u32_at(self.bytes, 68).ok_or_else(cut)?;
        let mut lists = 0;
        while list < NO_SECTOR {
            lists += 1;
            if lists > sectors {
                return Err(circle());
            }
            listed.extend(numbers(self.sector(list)?));
            // The last number of a list leads to the next.
            list = listed.pop().unwrap_or(NO_SECTOR);
        }
        listed.retain(|sector| *sector < NO_SECTOR);
        if listed.len() > sectors {
            return Err(damaged("its table is larger than the file"));
        }
        let mut table = Vec::with_capacity(listed.len() * self.sector / 4);
        for sector in listed {
            table.extend(numbers(self.sector(sector)?));
        }
        Ok(table)
    }

    /// A sector; the last of a file may be short.
    fn sector(&self, number: u32) -> Result<&'a [u8]> {
        let start =
            (number as usize).checked_add(1).and_then(|number| number.checked_mul(self.sector)).ok_or_else(cut)?;
        let end = start.saturating_add(self.sector).min(self.bytes.len());
        self.bytes.get(start..end).filter(|sector| !sector.is_empty()).ok_or_else(cut)
    }

    /// The content of a chain of sectors, cut to its size where it is known.
    fn chain(&self, start: u32, size: Option<u64>) -> Result<Vec<u8>> {
        let (mut content, mut sector, mut count) = (Vec::new(), start, 0);
        let size = size.map_or(usize::MAX, |size| usize::try_from(size).unwrap_or(usize::MAX));
        while sector < NO_SECTOR && content.len() < size {
            count += 1;
            if count > self.next.len() {
                return Err(circle());
            }
            content.extend_from_slice(self.sector(sector)?);
            sector = *self.next.get(sector as usize).ok_or_else(cut)?;
        }
        finish(content, size)
    }

    /// The content of a chain of the small stream.
    fn small_chain(&self, start: u32, size: usize) -> Result<Vec<u8>> {
        let (mut content, mut sector, mut count) = (Vec::new(), start, 0);
        while sector < NO_SECTOR && content.len() < size {
            count += 1;
            if count > self.next_small.len() {
                return Err(circle());
            }
            let from = (sector as usize).checked_mul(SMALL_SECTOR).ok_or_else(cut)?;
            let end = from.saturating_add(SMALL_SECTOR).min(self.small.len());
            content.extend_from_slice(self.small.get(from..end).ok_or_else(cut)?);
            sector = *self.next_small.get(sector as usize).ok_or_else(cut)?;
        }
        finish(content, size)
    }

    /// The content of the stream of this name at the top of the directory, whatever its case.
    ///
    /// # Errors
    /// `Shape` for a chain that is broken.
    pub(super) fn stream(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(entry) = self.find(name) else { return Ok(None) };
        if entry.size < SMALL {
            return self.small_chain(entry.start, usize::try_from(entry.size).unwrap_or_default()).map(Some);
        }
        self.chain(entry.start, Some(entry.size)).map(Some)
    }

    /// Whether there is a stream of this name at the top of the directory.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The entries at the top are a tree below the root. Those further down belong to embedded
    /// documents: a letter with a table in it is no workbook.
    fn find(&self, name: &str) -> Option<&Entry> {
        let mut ahead = vec![self.entries.first()?.child];
        let mut seen = 0;
        while let Some(number) = ahead.pop() {
            let Some(entry) = self.entries.get(number as usize) else { continue };
            if entry.is_stream && entry.name.eq_ignore_ascii_case(name) {
                return Some(entry);
            }
            seen += 1;
            if seen > self.entries.len() {
                return None;
            }
            ahead.extend([entry.left, entry.right]);
        }
        None
    }
}

fn read_entry(entry: &[u8], sector: usize) -> Option<Entry> {
    let length = usize::from(biff::u16_at(entry, 64)?).saturating_sub(2).min(62);
    let mut name = String::new();
    biff::add_wide(entry.get(..length)?, &mut name);
    let size = u64::from(biff::u32_at(entry, 120)?);
    // Small-sectored files may have rubbish in the upper half.
    let upper = if sector == 512 { 0 } else { u64::from(biff::u32_at(entry, 124)?) };
    Some(Entry {
        name,
        is_stream: biff::byte(entry, 66)? == 2,
        left: biff::u32_at(entry, 68)?,
        right: biff::u32_at(entry, 72)?,
        child: biff::u32_at(entry, 76)?,
        start: biff::u32_at(entry, 116)?,
        size: size | upper << 32,
    })
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks::<4>().0.iter().map(|number| u32::from_le_bytes(*number))
}

fn finish(mut content: Vec<u8>, size: usize) -> Result<Vec<u8>> {
    if size != usize::MAX && content.len() < size {
        return Err(cut());
    }
    content.truncate(size);
    Ok(content)
}

fn damaged(how: &str) -> Fault {
    Fault::new(ErrorKind::Shape, format!("the workbook is damaged: {how}")).help("fetch the document again")
}

fn cut() -> Fault {
    damaged("it is cut short")
}

fn circle() -> Fault {
    damaged("a chain of sectors leads back into itself")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file of one stream with 4096 bytes of `x`: header, table, directory, then the stream.
    fn file() -> Vec<u8> {
        let mut file = vec![0_u8; 512 * 11];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &START);
        put(30, &[9, 0]);
        put(48, &1_u32.to_le_bytes());
        put(60, &u32::MAX.to_le_bytes());
        put(68, &u32::MAX.to_le_bytes());
        put(76, &[0xff; 436]);
        put(76, &0_u32.to_le_bytes());
        put(512, &[0xff; 512]);
        for (sector, next) in [(0, 0xffff_fffd_u32), (1, 0xffff_fffe), (9, 0xffff_fffe)] {
            put(512 + sector * 4, &next.to_le_bytes());
        }
        for sector in 2..9_u32 {
            put(512 + sector as usize * 4, &(sector + 1).to_le_bytes());
        }
        for (at, name, kind, child, start, size) in
            [(1024, "R", 5_u8, 1_u32, u32::MAX, 0_u32), (1152, "Book", 2, u32::MAX, 2, 4096)]
        {
            let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            put(at, &wide);
            put(at + 64, &[u8::try_from(wide.len() + 2).unwrap(), 0, kind]);
            put(at + 68, &[0xff; 8]);
            put(at + 76, &child.to_le_bytes());
            put(at + 116, &start.to_le_bytes());
            put(at + 120, &size.to_le_bytes());
        }
        put(1536, &[b'x'; 4096]);
        file
    }

    #[test]
    fn a_stream_is_found_and_read() {
        let bytes = file();
        let compound = Compound::open(&bytes).unwrap();
        assert_eq!(compound.stream("BOOK").unwrap(), Some(vec![b'x'; 4096]));
        assert!(compound.stream("Workbook").unwrap().is_none());
    }

    #[test]
    fn circles_and_cuts_are_faults() {
        let mut bytes = file();
        bytes[512 + 5 * 4] = 3;
        bytes[1152 + 120..1152 + 124].copy_from_slice(&1_000_000_u32.to_le_bytes());
        let circle = Compound::open(&bytes).unwrap().stream("Book").unwrap_err();
        assert!(circle.message().contains("leads back into itself"), "{circle}");
        let mut bytes = file();
        bytes[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
        assert!(Compound::open(&bytes).err().unwrap().message().contains("leads back"), "the directory");
        let mut bytes = file();
        bytes[68..72].copy_from_slice(&3_u32.to_le_bytes());
        assert!(Compound::open(&bytes).is_err(), "the lists of the table");
        let bytes = file();
        let short = Compound::open(&bytes[..2048]).unwrap().stream("Book").unwrap_err();
        assert!(short.message().contains("cut short"), "{short}");
    }

    proptest! {
        #[test]
        fn damaged_files_end_in_a_fault_or_a_stream(
            flips in proptest::collection::vec((0..1536_usize, any::<u8>()), 0..12), length in 0..5633_usize) {
            let mut bytes = file();
            for (at, byte) in flips {
                bytes[at] = byte;
            }
            bytes.truncate(length.max(8));
            if let Ok(compound) = Compound::open(&bytes)
                && let Ok(Some(content)) = compound.stream("Book")
            {
                prop_assert!(content.len() <= bytes.len());
            }
        }
    }
}
