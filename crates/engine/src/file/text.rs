//! A column of texts, handed on as it lies in its pages: nothing is copied for the many rows that nothing comes of.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::Result;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescPtr;

use super::hybrid::{Hybrid, broken};
use super::window::Window;

/// Where the values of a page lie.
#[derive(Debug, Clone)]
enum Values {
    /// One after the other, each behind its length.
    Plain { bytes: Bytes, at: usize },
    /// As numbers into the dictionary.
    Coded(Hybrid),
    /// In another way, decoded by the `parquet` crate.
    Decoded { values: Vec<ByteArray>, at: usize },
}

/// The rows of one page that are still to come.
#[derive(Debug, Clone)]
struct Open {
    left: usize,
    /// Which rows have a value; `None` where all have.
    levels: Option<Hybrid>,
    values: Values,
}

impl Open {
    /// Visits the texts of the next rows.
    fn visit(
        &mut self,
        count: usize,
        dictionary: &[Bytes],
        level: i16,
        scratch: &mut Scratch,
        mut visit: impl FnMut(Option<&[u8]>),
    ) -> Result<()> {
        self.left = self.left.checked_sub(count).ok_or_else(|| broken("a page with fewer rows"))?;
        let present = taken(&mut self.levels, count, level, &mut scratch.present)?;
        let values = match present {
            Present::All => count,
            Present::None => 0,
            Present::Some(values) => values,
        };
        let mixed = matches!(present, Present::Some(_)).then_some(scratch.present.as_slice());
        let level = u32::try_from(level).unwrap_or_default();
        match &mut self.values {
            Values::Plain { bytes, at } => {
                // In a variable of its own, so that it stays in a register.
                let (texts, mut place): (&[u8], usize) = (bytes, *at);
                let mut next = || -> Result<&[u8]> {
                    let rest = texts.get(place..).unwrap_or_default();
                    let (length, rest) =
                        rest.split_first_chunk::<4>().ok_or_else(|| broken("a text without length"))?;
                    let length = u32::from_le_bytes(*length) as usize;
                    let text = rest.get(..length).ok_or_else(|| broken("a text that is longer than its page"))?;
                    place += 4 + length;
                    Ok(text)
                };
                match mixed {
                    None if values == 0 => (0..count).for_each(|_| visit(None)),
                    None => {
                        for _ in 0..count {
                            visit(Some(next()?));
                        }
                    }
                    Some(levels) => {
                        for own in levels {
                            visit(if *own == level { Some(next()?) } else { None });
                        }
                    }
                }
                *at = place;
            }
            Values::Coded(hybrid) => {
                scratch.numbers.resize(values, 0);
                hybrid.fill(&mut scratch.numbers)?;
                let mut numbers = scratch.numbers.iter();
                let mut next = || -> Result<&[u8]> {
                    let text = numbers.next().and_then(|number| dictionary.get(*number as usize));
                    text.map(AsRef::as_ref).ok_or_else(|| broken("a number that the dictionary does not have"))
                };
                for row in 0..count {
                    let there = mixed.map_or(values > 0, |levels| levels.get(row) == Some(&level));
                    visit(if there { Some(next()?) } else { None });
                }
            }
            Values::Decoded { values: texts, at } => {
                for row in 0..count {
                    let there = mixed.map_or(values > 0, |levels| levels.get(row) == Some(&level));
                    let text = if there {
                        let text = texts.get(*at).ok_or_else(|| broken("a page with fewer texts than rows"))?;
                        *at += 1;
                        Some(text.data())
                    } else {
                        None
                    };
                    visit(text);
                }
            }
        }
        Ok(())
    }

    /// Passes over the next rows.
    fn pass(&mut self, count: usize, level: i16, scratch: &mut Scratch) -> Result<()> {
        self.left = self.left.checked_sub(count).ok_or_else(|| broken("a page with fewer rows"))?;
        let values = match taken(&mut self.levels, count, level, &mut scratch.present)? {
            Present::All => count,
            Present::None => 0,
            Present::Some(values) => values,
        };
        match &mut self.values {
            Values::Plain { bytes, at } => *at = behind(bytes, *at, values)?,
            Values::Coded(hybrid) => {
                scratch.numbers.resize(values, 0);
                hybrid.fill(&mut scratch.numbers)?;
            }
            Values::Decoded { at, .. } => *at += values,
        }
        Ok(())
    }
}

/// The place behind so many texts, each of which stands behind its length.
///
/// Where a text ends is known when its length is read, and only then where the next length stands: the processor waits for
/// each of them. So it is guessed that texts have the length of the one before, as ids mostly have.
fn behind(texts: &[u8], mut place: usize, mut count: usize) -> Result<usize> {
    let length_of = |text: &[u8]| text.first_chunk::<4>().map(|length| u32::from_le_bytes(*length) as usize);
    while count > 0 {
        let rest = texts.get(place..).unwrap_or_default();
        let step = 4 + length_of(rest).ok_or_else(|| broken("a text without length"))?;
        let same = |text: &&[u8]| length_of(text) == Some(step - 4);
        let next = rest.get(step..).unwrap_or_default();
        let run = if same(&next) { next.chunks_exact(step).take(count - 1).take_while(same).count() } else { 0 };
        place += step * (run + 1);
        count -= run + 1;
    }
    if place > texts.len() { Err(broken("a text that is longer than its page")) } else { Ok(place) }
}

/// The texts of one column chunk, front to back.
pub(crate) struct TextColumn {
    pages: SerializedPageReader<Window>,
    column: ColumnDescPtr,
    dictionary: Vec<Bytes>,
    /// Raised with every dictionary that is read.
    edition: u32,
    open: Option<Open>,
    scratch: Scratch,
    /// The pages since the last mark, as they were before they were read; `None` where nobody asks for them.
    kept: Option<Vec<Open>>,
    kept_bytes: usize,
}

/// Numbers of one reading, kept for the next one.
#[derive(Debug, Default)]
struct Scratch {
    numbers: Vec<u32>,
    present: Vec<u32>,
}

impl TextColumn {
    pub(crate) fn new(pages: SerializedPageReader<Window>, column: ColumnDescPtr) -> Self {
        let scratch = Scratch::default();
        Self { pages, column, dictionary: Vec::new(), edition: 0, open: None, scratch, kept: None, kept_bytes: 0 }
    }

    /// How many rows the present page still has; 0 at the end of the column.
    pub(crate) fn available(&mut self) -> Result<usize> {
        loop {
            if let Some(open) = self.open.as_ref().filter(|open| open.left > 0) {
                return Ok(open.left);
            }
            match self.pages.get_next_page()? {
                None => return Ok(0),
                Some(page) => self.open(page)?,
            }
        }
    }

    /// Visits the texts of the next `count` rows, of which the present page must have as many; `None` is a null.
    pub(crate) fn visit(&mut self, count: usize, visit: impl FnMut(Option<&[u8]>)) -> Result<()> {
        let open = self.open.as_mut().ok_or_else(|| broken("no page"))?;
        open.visit(count, &self.dictionary, self.column.max_def_level(), &mut self.scratch, visit)
    }

    /// Keeps the pages from here on, so that rows can be read again with [`Self::again`].
    pub(crate) fn mark(&mut self) {
        let open = self.open.iter().filter(|open| open.left > 0).cloned();
        self.kept = Some(open.collect());
        self.kept_bytes = 0;
    }

    /// Bytes of the pages that are kept.
    pub(crate) const fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Visits rows since the last mark again, by their ascending numbers from there.
    pub(crate) fn again(&mut self, rows: &[u32], mut visit: impl FnMut(Option<&[u8]>)) -> Result<()> {
        let level = self.column.max_def_level();
        let mut pages = self.kept.take().unwrap_or_default().into_iter();
        let mut page = pages.next();
        let mut at = 0;
        for row in rows {
            let mut skip = (*row as usize).checked_sub(at).ok_or_else(|| broken("a row that has passed"))?;
            while let Some(open) = page.as_ref().filter(|open| open.left <= skip) {
                skip -= open.left;
                page = pages.next();
            }
            let open = page.as_mut().ok_or_else(|| broken("a row that was not kept"))?;
            if skip > 0 {
                open.pass(skip, level, &mut self.scratch)?;
            }
            open.visit(1, &self.dictionary, level, &mut self.scratch, &mut visit)?;
            at = *row as usize + 1;
        }
        Ok(())
    }

    /// Passes over the next rows; pages of which nothing is wanted are not even unpacked.
    pub(crate) fn skip(&mut self, mut rows: u64) -> Result<()> {
        while rows > 0 {
            if self.open.as_ref().is_none_or(|open| open.left == 0) {
                let next = self.pages.peek_next_page()?.ok_or_else(|| broken("a column with fewer rows"))?;
                let whole = next.num_levels.or(next.num_rows).filter(|_| !next.is_dict).map(|rows| rows as u64);
                if let Some(whole) = whole.filter(|whole| *whole <= rows) {
                    self.pages.skip_next_page()?;
                    rows -= whole;
                    continue;
                }
            }
            let here = (self.available()? as u64).min(rows);
            if here == 0 {
                return Err(broken("a column with fewer rows"));
            }
            let (level, open) = (self.column.max_def_level(), self.open.as_mut().ok_or_else(|| broken("no page"))?);
            open.pass(usize::try_from(here).unwrap_or(usize::MAX), level, &mut self.scratch)?;
            rows -= here;
        }
        Ok(())
    }

    /// What the next `count` rows mean, where texts repeat: `meanings` keeps what each was found to mean.
    pub(crate) fn meanings<T: Copy>(
        &mut self,
        count: usize,
        meanings: &mut Meanings<T>,
        mut mean: impl FnMut(Option<&[u8]>) -> T,
        out: &mut Vec<T>,
    ) -> Result<()> {
        let coded = matches!(self.open.as_ref().map(|open| &open.values), Some(Values::Coded(_)));
        if !coded {
            return self.visit(count, |text| out.push(meanings.known(text, &mut mean)));
        }
        if meanings.edition != self.edition {
            meanings.by_number.clear();
            for text in &self.dictionary {
                let meaning = meanings.known(Some(text), &mut mean);
                meanings.by_number.push(meaning);
            }
            meanings.edition = self.edition;
        }
        let open = self.open.as_mut().ok_or_else(|| broken("no page"))?;
        open.left = open.left.checked_sub(count).ok_or_else(|| broken("a page with fewer rows"))?;
        let present = taken(&mut open.levels, count, self.column.max_def_level(), &mut self.scratch.present)?;
        let values = match present {
            Present::All => count,
            Present::None => 0,
            Present::Some(values) => values,
        };
        let Values::Coded(hybrid) = &mut open.values else { return Err(broken("no dictionary")) };
        let outside = || broken("a number that the dictionary does not have");
        if matches!(present, Present::All)
            && let Some(number) = hybrid.run(count)?
        {
            let meaning = meanings.by_number.get(number as usize).copied().ok_or_else(outside)?;
            out.extend(std::iter::repeat_n(meaning, count));
            return Ok(());
        }
        let Scratch { numbers, present: levels } = &mut self.scratch;
        numbers.resize(values, 0);
        hybrid.fill(numbers)?;
        let by_number = &meanings.by_number;
        if numbers.iter().any(|number| *number as usize >= by_number.len()) {
            return Err(outside());
        }
        let none = meanings.none.unwrap_or_else(|| mean(None));
        meanings.none = Some(none);
        let mut known = numbers.iter().map(|number| by_number.get(*number as usize).copied().unwrap_or(none));
        if let Present::All = present {
            out.extend(known);
            return Ok(());
        }
        let level = u32::try_from(self.column.max_def_level()).unwrap_or_default();
        for row in 0..count {
            let there = values > 0 && levels.get(row) == Some(&level);
            out.push(if there { known.next().unwrap_or(none) } else { none });
        }
        Ok(())
    }

    fn open(&mut self, page: Page) -> Result<()> {
        if let Page::DictionaryPage { buf, num_values, encoding, .. } = &page {
            if !matches!(encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY) {
                return Err(broken("a dictionary in an encoding that none has"));
            }
            self.dictionary = plain_texts(buf, *num_values)?;
            self.edition += 1;
            return Ok(());
        }
        let (left, size) = (page.num_values() as usize, page.buffer().len());
        let (levels, values) = self.parts(&page)?;
        let values = match page.encoding() {
            Encoding::PLAIN => Values::Plain { bytes: values, at: 0 },
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                let (width, numbers) = match values.split_first() {
                    Some((width, _)) => (u32::from(*width), values.slice(1..)),
                    // A page of nulls.
                    None => (0, values),
                };
                Values::Coded(Hybrid::new(numbers, width)?)
            }
            _ => Values::Decoded { values: decoded(page, &self.column)?, at: 0 },
        };
        let open = Open { left, levels, values };
        if let Some(kept) = &mut self.kept {
            kept.push(open.clone());
            self.kept_bytes += size;
        }
        self.open = Some(open);
        Ok(())
    }

    /// The levels and the values of a page.
    fn parts(&self, page: &Page) -> Result<(Option<Hybrid>, Bytes)> {
        let level = self.column.max_def_level();
        let width = u32::from(level.unsigned_abs()).checked_ilog2().map_or(0, |bits| bits + 1);
        let short = || broken("a page that is shorter than its levels");
        match page {
            Page::DataPage { buf, .. } if level == 0 => Ok((None, buf.clone())),
            Page::DataPage { buf, def_level_encoding, .. } => {
                if *def_level_encoding != Encoding::RLE {
                    return Err(broken("levels in an encoding that is no longer written"));
                }
                let length = buf.first_chunk::<4>().map(|length| u32::from_le_bytes(*length)).ok_or_else(short)?;
                let end = 4 + length as usize;
                if end > buf.len() {
                    return Err(short());
                }
                Ok((Some(Hybrid::new(buf.slice(4..end), width)?), buf.slice(end..)))
            }
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let start = *rep_levels_byte_len as usize;
                let end = start + *def_levels_byte_len as usize;
                if end > buf.len() {
                    return Err(short());
                }
                let levels = (level > 0).then(|| Hybrid::new(buf.slice(start..end), width)).transpose()?;
                Ok((levels, buf.slice(end..)))
            }
            Page::DictionaryPage { .. } => Err(broken("a dictionary among the rows")),
        }
    }
}

/// Which of some rows have a value.
#[derive(Debug, Clone, Copy)]
enum Present {
    All,
    None,
    /// As many as this; the levels say which.
    Some(usize),
}

fn taken(levels: &mut Option<Hybrid>, count: usize, most: i16, out: &mut Vec<u32>) -> Result<Present> {
    let Some(levels) = levels else { return Ok(Present::All) };
    let most = u32::try_from(most).unwrap_or_default();
    if let Some(level) = levels.run(count)? {
        return Ok(if level == most { Present::All } else { Present::None });
    }
    out.resize(count, 0);
    levels.fill(out)?;
    let values = out.iter().filter(|level| **level == most).count();
    Ok(if values == count { Present::All } else { Present::Some(values) })
}

/// The texts of a dictionary.
fn plain_texts(bytes: &Bytes, count: u32) -> Result<Vec<Bytes>> {
    let mut texts = Vec::new();
    let mut at = 0;
    for _ in 0..count {
        let length = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
        let length = u32::from_le_bytes(*length.ok_or_else(|| broken("a dictionary that ends too early"))?) as usize;
        let end = at + 4 + length;
        if end > bytes.len() {
            return Err(broken("a text that is longer than its dictionary"));
        }
        texts.push(bytes.slice(at + 4..end));
        at = end;
    }
    Ok(texts)
}

/// The texts of a page in one of the rarer encodings.
fn decoded(page: Page, column: &ColumnDescPtr) -> Result<Vec<ByteArray>> {
    let rows = page.num_values() as usize;
    let mut reader = ColumnReaderImpl::<ByteArrayType>::new(Arc::clone(column), Box::new(Single(Some(page))));
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let optional = column.max_def_level() > 0;
    reader.read_records(rows, optional.then_some(&mut levels), None, &mut values)?;
    Ok(values)
}

/// A column of one page.
struct Single(Option<Page>);

impl PageReader for Single {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        Ok(self.0.take())
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        let metadata = |page: &Page| PageMetadata {
            num_rows: None,
            num_levels: Some(page.num_values() as usize),
            is_dict: page.is_dictionary_page(),
        };
        Ok(self.0.as_ref().map(metadata))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0 = None;
        Ok(())
    }
}

impl Iterator for Single {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// Most texts that are remembered of a column without a dictionary.
const REMEMBERED: usize = 1 << 16;

/// What the texts of a column were found to mean, so that each is looked at once however often it stands there.
#[derive(Debug)]
pub(crate) struct Meanings<T> {
    by_text: rustc_hash::FxHashMap<Box<[u8]>, T>,
    none: Option<T>,
    by_number: Vec<T>,
    /// The dictionary that `by_number` is of, in the present column chunk.
    edition: u32,
}

impl<T: Copy> Meanings<T> {
    pub(crate) fn new() -> Self {
        Self { by_text: rustc_hash::FxHashMap::default(), none: None, by_number: Vec::new(), edition: 0 }
    }

    /// To be told of each new column chunk.
    pub(crate) fn begin(&mut self) {
        self.by_number.clear();
        self.edition = 0;
    }

    pub(crate) fn known(&mut self, text: Option<&[u8]>, mean: &mut impl FnMut(Option<&[u8]>) -> T) -> T {
        let Some(text) = text else { return *self.none.get_or_insert_with(|| mean(None)) };
        if let Some(meaning) = self.by_text.get(text) {
            return *meaning;
        }
        let meaning = mean(Some(text));
        if self.by_text.len() >= REMEMBERED {
            self.by_text.clear();
        }
        self.by_text.insert(text.into(), meaning);
        meaning
    }
}
