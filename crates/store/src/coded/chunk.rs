//! One column of a row group as the bytes of a Parquet column chunk: a dictionary of the distinct
//! values and one page of numbers.

use std::cell::RefCell;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use super::group::Distinct;
use super::{NULL, hybrid};

/// A column chunk: its bytes from the first page on, and what the footer says of it.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    pub(super) close: ColumnCloseResult,
}

/// Level of compression, the one of every table file.
pub(super) const LEVEL: i32 = 3;

/// The chunk of a column of numbers into distinct values; `nulls` says how many are null where any may be.
///
/// # Errors
/// A page that the format cannot hold.
pub(super) fn coded(
    descriptor: &ColumnDescPtr,
    codes: &[u32],
    distinct: &Distinct,
    nulls: Option<usize>,
    bounds: bool,
) -> Result<Chunk> {
    let mut page = Vec::new();
    if let Some(nulls) = nulls {
        put_levels(codes, nulls, &mut page);
    }
    let nulls = nulls.unwrap_or_default();
    let mut statistics = None;
    let mut dictionary = None;
    if distinct.len() > 0 {
        let width = hybrid::width_of(distinct.len());
        page.push(width);
        if distinct.len() == 1 {
            hybrid::put_run(0, codes.len() - nulls, width, &mut page);
        } else if nulls == 0 {
            hybrid::encode(codes, width, &mut page);
        } else {
            let there: Vec<u32> = codes.iter().copied().filter(|code| *code != NULL).collect();
            hybrid::encode(&there, width, &mut page);
        }
        dictionary = Some((plain(distinct)?, distinct.len()));
        statistics = bounds.then(|| bounds_of(distinct, nulls));
    }
    // A column of nothing but nulls has levels and no values.
    let encoding = if dictionary.is_some() { Encoding::RLE_DICTIONARY } else { Encoding::PLAIN };
    finish(descriptor, dictionary, &page, codes.len(), encoding, statistics)
}

/// The chunk of a column of truth values.
///
/// # Errors
/// A page that the format cannot hold.
pub(super) fn flags(descriptor: &ColumnDescPtr, flags: &[bool]) -> Result<Chunk> {
    let (eights, rest) = flags.as_chunks::<8>();
    let byte = |flags: &[bool]| flags.iter().rev().fold(0_u8, |byte, flag| byte << 1 | u8::from(*flag));
    let mut page: Vec<u8> = eights.iter().map(|eight| byte(eight)).collect();
    if !rest.is_empty() {
        page.push(byte(rest));
    }
    let (low, high) = (!flags.contains(&false), flags.contains(&true));
    let statistics = Statistics::from(ValueStatistics::new(Some(low), Some(high), None, Some(0), false));
    finish(descriptor, None, &page, flags.len(), Encoding::PLAIN, Some(statistics))
}

/// Which values are there, as levels with their length in front.
fn put_levels(codes: &[u32], nulls: usize, page: &mut Vec<u8>) {
    page.extend_from_slice(&[0; 4]);
    if nulls == 0 || nulls == codes.len() {
        hybrid::put_run(u32::from(nulls == 0), codes.len(), 1, page);
    } else {
        let levels: Vec<u32> = codes.iter().map(|code| u32::from(*code != NULL)).collect();
        hybrid::encode(&levels, 1, page);
    }
    let length = u32::try_from(page.len() - 4).unwrap_or(u32::MAX).to_le_bytes();
    for (place, byte) in page.iter_mut().zip(length) {
        *place = byte;
    }
}

/// The distinct values one behind the other.
fn plain(distinct: &Distinct) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    match distinct {
        Distinct::Texts { .. } => {
            for text in distinct.texts() {
                let length = u32::try_from(text.len())
                    .map_err(|_| ParquetError::General("a text of more than 4 GiB".to_owned()))?;
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
        Distinct::Days(days, _) => out.extend(days.iter().flat_map(|day| day.to_le_bytes())),
        Distinct::Floats(floats, _) => out.extend(floats.iter().flat_map(|float| float.to_le_bytes())),
    }
    Ok(out)
}

/// The least and the greatest value.
fn bounds_of(distinct: &Distinct, nulls: usize) -> Statistics {
    let nulls = Some(nulls as u64);
    match distinct {
        Distinct::Texts { .. } => {
            let array = |text: Option<&str>| text.map(|text| ByteArray::from(text.as_bytes().to_vec()));
            let (low, high) = (array(distinct.texts().min()), array(distinct.texts().max()));
            Statistics::from(ValueStatistics::new(low, high, None, nulls, false))
        }
        Distinct::Days(days, _) => {
            let (low, high) = (days.iter().min().copied(), days.iter().max().copied());
            Statistics::from(ValueStatistics::new(low, high, None, nulls, false))
        }
        Distinct::Floats(floats, _) => {
            // The format's rule: a zero that bounds values is the one that lies outside of them.
            let low = floats.iter().copied().min_by(f64::total_cmp).map(|low| if low == 0.0 { -0.0 } else { low });
            let high = floats.iter().copied().max_by(f64::total_cmp).map(|high| if high == 0.0 { 0.0 } else { high });
            Statistics::from(ValueStatistics::new(low, high, None, nulls, false))
        }
    }
}

thread_local! {
    /// Making a compressor costs more than compressing the page of a column that never changes.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|held| {
        let compressor = match held {
            Some(compressor) => compressor,
            None => held.insert(Compressor::new(LEVEL)?),
        };
        Ok(compressor.compress(bytes)?)
    })
}

fn finish(
    descriptor: &ColumnDescPtr,
    dictionary: Option<(Vec<u8>, usize)>,
    page: &[u8],
    values: usize,
    encoding: Encoding,
    statistics: Option<Statistics>,
) -> Result<Chunk> {
    let count = |number: usize| {
        u32::try_from(number).map_err(|_| ParquetError::General("a page of more than 4 G values".to_owned()))
    };
    let mut out = TrackedWrite::new(Vec::new());
    let mut pages = SerializedPageWriter::new(&mut out);
    let (mut packed, mut unpacked) = (0, 0);
    let mut put = |page: Page, size: usize| -> Result<u64> {
        let spec = pages.write_page(CompressedPage::new(page, size))?;
        packed += spec.compressed_size;
        unpacked += spec.uncompressed_size;
        Ok(spec.offset)
    };
    let mut encodings = vec![Encoding::RLE, encoding];
    let mut dictionary_at = None;
    if let Some((bytes, distinct)) = dictionary {
        let page = Page::DictionaryPage {
            buf: compress(&bytes)?.into(),
            num_values: count(distinct)?,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        dictionary_at = Some(put(page, bytes.len())?);
        encodings.push(Encoding::PLAIN);
    }
    let data = Page::DataPage {
        buf: compress(page)?.into(),
        num_values: count(values)?,
        encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let data_at = put(data, page.len())?;
    let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let offset = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut metadata = ColumnChunkMetaData::builder(descriptor.clone())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
        .set_encodings(encodings)
        .set_total_compressed_size(signed(packed))
        .set_total_uncompressed_size(signed(unpacked))
        .set_num_values(signed(values))
        .set_data_page_offset(offset(data_at))
        .set_dictionary_page_offset(dictionary_at.map(offset));
    if let Some(statistics) = statistics {
        metadata = metadata.set_statistics(statistics);
    }
    let close = ColumnCloseResult {
        bytes_written: packed as u64,
        rows_written: values as u64,
        metadata: metadata.build()?,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok(Chunk { bytes: out.into_inner()?, close })
}
