//! The pages of a column, each looked at between unpacking and decoding.
//!
//! What a page claims of its size stands in its header, where [`super::claims`] sees it. What it claims
//! of its texts lies in the unpacked bytes, and is only to be seen here.

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};

use super::delta::lengths;

/// A reader of pages that hands on none whose texts would take more memory than `most` bytes.
pub(super) struct Guarded {
    inner: Box<dyn PageReader>,
    /// Highest level of definition of the column: 0 where no value can be missing.
    level: i16,
    most: u64,
}

impl Guarded {
    pub(super) fn new(inner: Box<dyn PageReader>, level: i16, most: usize) -> Self {
        Self { inner, level, most: most as u64 }
    }

    /// Whether the texts of a page can be decoded within bounds; pages without texts are.
    fn is_bounded(&self, page: &Page) -> bool {
        let values = match page {
            Page::DataPage { buf, num_values, def_level_encoding, .. } => {
                self.first_levels(buf, *num_values, *def_level_encoding)
            }
            Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
                let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
                usize::try_from(levels).ok()
            }
            Page::DictionaryPage { .. } => Some(0),
        };
        let Some(bytes) = values.and_then(|start| page.buffer().get(start..)) else { return false };
        let most = u64::from(page.num_values());
        match page.encoding() {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => lengths(bytes, most).is_some(),
            Encoding::DELTA_BYTE_ARRAY => {
                // Lengths of what each text shares with the one before it, then the rest of each text.
                let Some(shared) = lengths(bytes, most) else { return false };
                let rest = bytes.get(shared.size..).and_then(|bytes| lengths(bytes, most));
                rest.is_some_and(|rest| shared.total.saturating_add(rest.total) <= self.most)
            }
            _ => true,
        }
    }

    /// How many bytes the levels of a page of the first kind take.
    fn first_levels(&self, bytes: &[u8], values: u32, encoding: Encoding) -> Option<usize> {
        if self.level == 0 {
            return Some(0);
        }
        if encoding == Encoding::RLE {
            let length = bytes.first_chunk().map(|length| u32::from_le_bytes(*length))?;
            return usize::try_from(length).ok()?.checked_add(4);
        }
        // The old way: as many bits for each value as the level takes.
        let bits = u64::from(values) * u64::from(i16::BITS - self.level.leading_zeros());
        usize::try_from(bits.div_ceil(8)).ok()
    }
}

impl PageReader for Guarded {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        match page {
            Some(page) if !self.is_bounded(&page) => Err(ParquetError::General(
                "a page claims texts that its bytes cannot hold, or that take too much".into(),
            )),
            page => Ok(page),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }
}

impl Iterator for Guarded {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
