//! What a Parquet file claims of itself, held against its bytes before anything is decoded.
//!
//! The decoder takes claims at their word where it allocates: the size of an unpacked page, the number
//! of values of a dictionary, the number of values of a page. Here they are bounded by what the bytes
//! can hold, and by the limits.

use std::io::Read;

use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use quipu_schema::{ErrorKind, Fault, Result};

use super::shape::{FOOTER, Flaw, PAGE, check};
use super::thrift::Compact;
use crate::Limits;

/// Bytes around the content: the magic number at both ends and the length of the footer.
const FRAME: usize = 12;
/// Bytes that one value of a dictionary takes at most beside its text.
const VALUE: u64 = 48;

pub(super) fn damaged(what: impl std::fmt::Display) -> Fault {
    Fault::new(ErrorKind::Shape, format!("the Parquet file is damaged: {what}"))
        .help("fetch it again; if it is so at the source, its publisher has to write it anew")
}

fn encrypted() -> Fault {
    Fault::new(ErrorKind::Shape, "the Parquet file is encrypted")
        .help("have it published without encryption, or decrypt it before it is ingested")
}

/// Checks the footer: that it is there, has the shape of one, is not encrypted, and that its schema is a tree of bounded
/// depth with a repetition for every node.
///
/// # Errors
/// `Shape`.
pub(super) fn check_footer(bytes: &[u8], limits: &Limits) -> Result<()> {
    if bytes.ends_with(b"PARE") {
        return Err(encrypted());
    }
    if bytes.len() < FRAME || !bytes.starts_with(b"PAR1") || !bytes.ends_with(b"PAR1") {
        return Err(damaged("it does not begin and end as a Parquet file does; it may be cut"));
    }
    let end = bytes.len() - 8;
    let length = bytes.get(end..end + 4).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes);
    let start = length.and_then(|length| end.checked_sub(usize::try_from(length).ok()?)).filter(|start| *start >= 4);
    let footer = start.and_then(|start| bytes.get(start..end));
    let footer = footer.ok_or_else(|| damaged("its footer is longer than the file"))?;
    check(&mut Compact::new(footer), FOOTER).map_err(|flaw| match flaw {
        Flaw::Damaged => damaged("its footer cannot be read"),
        Flaw::Encrypted => encrypted(),
    })?;
    let depth = schema_depth(footer, limits.depth).ok_or_else(|| damaged("its schema cannot be read"))?;
    if depth > limits.depth {
        return Err(Limits::exceeded(format!("columns nested deeper than {}", limits.depth)));
    }
    Ok(())
}

/// How deep the schema is; more than `deepest` as soon as it is deeper.
fn schema_depth(footer: &[u8], deepest: usize) -> Option<usize> {
    let mut reader = Compact::new(footer);
    let mut last = 0;
    let mut depth = None;
    while let Some(field) = reader.field(last)? {
        last = field.id;
        if field.id == 2 {
            let count = reader.structs(field)?;
            let found = nodes(&mut reader, count, deepest)?;
            if found > deepest {
                return Some(found);
            }
            depth = Some(found);
        } else {
            reader.skip(field)?;
        }
    }
    depth
}

/// Reads the nodes of a schema, in the order of a walk through the tree.
fn nodes(reader: &mut Compact<'_>, count: usize, deepest: usize) -> Option<usize> {
    // How many children are still to come at each depth.
    let mut open: Vec<i64> = Vec::new();
    let mut most = 0;
    for node in 0..count {
        let (mut last, mut children, mut repetition, mut named) = (0, 0, false, false);
        while let Some(field) = reader.field(last)? {
            last = field.id;
            match field.id {
                5 => children = reader.integer(field)?,
                3 => repetition = matches!(reader.integer(field)?, 0..=2),
                4 => {
                    named = true;
                    reader.skip(field)?;
                }
                _ => reader.skip(field)?,
            }
        }
        if !named || (node > 0 && !repetition) || children < 0 || children > i64::try_from(count).ok()? {
            return None;
        }
        if node > 0 {
            let left = open.last_mut()?;
            *left -= 1;
        }
        if children > 0 {
            open.push(children);
        }
        most = most.max(open.len());
        if most > deepest {
            return Some(most);
        }
        while open.last() == Some(&0) {
            open.pop();
        }
    }
    open.is_empty().then_some(most)
}

/// What a page header claims.
#[derive(Debug, Default)]
struct Page {
    header: usize,
    dictionary: bool,
    data: bool,
    unpacked: u64,
    packed: u64,
    values: u64,
    rows: Option<u64>,
    /// Bytes before the packed part (levels of pages of the second kind).
    plain: u64,
    is_packed: bool,
}

/// Checks every page of a column of a row group. `unpacked` is what is left of the bound on all
/// unpacked bytes.
///
/// # Errors
/// `Shape`.
pub(super) fn check_chunk(
    bytes: &[u8],
    group: &RowGroupMetaData,
    chunk: &ColumnChunkMetaData,
    unpacked: &mut u64,
    limits: &Limits,
) -> Result<()> {
    let name = chunk.column_path().string();
    let wrong = |what: &str| damaged(format!("column `{name}`: {what}"));
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let (start, length) = (usize::try_from(start).ok(), usize::try_from(chunk.compressed_size()).ok());
    let end = start.zip(length).and_then(|(start, length)| start.checked_add(length));
    let range = start.zip(end).and_then(|(start, end)| bytes.get(start..end));
    let mut rest = range.ok_or_else(|| wrong("it lies outside the file"))?;
    let rows = u64::try_from(group.num_rows()).map_err(|_| wrong("a negative number of rows"))?;
    let mut values = 0_u64;
    while !rest.is_empty() {
        let page = header(rest).ok_or_else(|| wrong("a page header cannot be read"))?;
        let content = usize::try_from(page.packed).ok().and_then(|packed| {
            let (content, after) = rest.get(page.header..)?.split_at_checked(packed)?;
            rest = after;
            Some(content)
        });
        let content = content.ok_or_else(|| wrong("a page is longer than its column"))?;
        *unpacked = unpacked
            .checked_sub(page.unpacked)
            .ok_or_else(|| Limits::exceeded(format!("its pages unpack to more than {} MiB", limits.unpacked >> 20)))?;
        check_size(chunk.compression(), &page, content, &name)?;
        if page.dictionary {
            if page.values > page.unpacked {
                return Err(wrong("a dictionary of more values than bytes"));
            }
            if page.values.saturating_mul(VALUE) > limits.memory as u64 {
                return Err(Limits::exceeded(format!("a dictionary of {} values in column `{name}`", page.values)));
            }
        }
        if page.data {
            values = values.saturating_add(page.values);
            if page.rows.is_some_and(|rows| rows != page.values) {
                return Err(wrong("a page with another number of rows than values"));
            }
        }
    }
    if values != rows {
        return Err(wrong(&format!("{values} values for {rows} rows")));
    }
    Ok(())
}

fn header(bytes: &[u8]) -> Option<Page> {
    check(&mut Compact::new(bytes), PAGE).ok()?;
    let mut reader = Compact::new(bytes);
    let mut page = Page { is_packed: true, ..Page::default() };
    let (mut last, mut seen) = (0, 0_u32);
    let mut kind = None;
    while let Some(field) = reader.field(last)? {
        last = field.id;
        if let known @ 1..=8 = field.id {
            seen |= 1 << known;
        }
        match field.id {
            1 => kind = Some(reader.integer(field)?),
            2 => page.unpacked = u64::try_from(reader.integer(field)?).ok()?,
            3 => page.packed = u64::try_from(reader.integer(field)?).ok()?,
            5 | 7 | 8 if Compact::is_struct(field) => inner(&mut reader, &mut page, field.id == 8)?,
            _ => reader.skip(field)?,
        }
    }
    // The four kinds of pages, each with the header that goes with it.
    let with = |id: u32| seen & (1 << id) != 0;
    let headers = [5, 7, 8].into_iter().filter(|id| with(*id)).count();
    match kind? {
        0 if with(5) && headers == 1 => page.data = true,
        1 if headers == 0 => {}
        2 if with(7) && headers == 1 => page.dictionary = true,
        3 if with(8) && headers == 1 => page.data = true,
        _ => return None,
    }
    page.header = reader.position();
    (with(2) && with(3)).then_some(page)
}

fn inner(reader: &mut Compact<'_>, page: &mut Page, second: bool) -> Option<()> {
    let mut last = 0;
    let number = |reader: &mut Compact<'_>, field| u64::try_from(reader.integer(field)?).ok();
    while let Some(field) = reader.field(last)? {
        last = field.id;
        match (field.id, second) {
            (1, _) => page.values = number(reader, field)?,
            (3, true) => page.rows = Some(number(reader, field)?),
            (5 | 6, true) => page.plain = page.plain.checked_add(number(reader, field)?)?,
            (7, true) => page.is_packed = Compact::flag(field)?,
            _ => reader.skip(field)?,
        }
    }
    Some(())
}

/// Checks that a page can unpack to what its header claims, and to no more.
fn check_size(codec: Compression, page: &Page, content: &[u8], name: &str) -> Result<()> {
    let wrong = |what: &str| damaged(format!("column `{name}`: {what}"));
    let packed = page.packed.checked_sub(page.plain).ok_or_else(|| wrong("levels that are longer than their page"))?;
    if page.plain > page.unpacked {
        return Err(wrong("levels that are longer than their page"));
    }
    // The most bytes that one packed byte can stand for in each format.
    let most: u64 = match codec {
        _ if !page.is_packed => 1,
        Compression::UNCOMPRESSED => 1,
        Compression::SNAPPY => 22,
        Compression::LZ4_RAW => 256,
        Compression::GZIP(_) => 1_032,
        Compression::ZSTD(_) => 65_536,
        other => {
            let message = format!("column `{name}` is compressed with {other}, which is not read");
            let help = "read are Parquet files without compression and with snappy, gzip, zstd or lz4_raw";
            return Err(Fault::new(ErrorKind::Shape, message).help(help));
        }
    };
    if page.unpacked - page.plain > packed.saturating_mul(most).saturating_add(1_024) {
        return Err(wrong("a page that claims to unpack to more than its bytes can hold"));
    }
    if let (Compression::GZIP(_), true) = (codec, page.is_packed) {
        // The decoder unpacks gzip to its end, whatever the header says.
        let start = usize::try_from(page.plain).unwrap_or(usize::MAX);
        let stream = flate2::read::MultiGzDecoder::new(content.get(start..).unwrap_or_default());
        let claim = page.unpacked - page.plain;
        let count = std::io::copy(&mut stream.take(claim.saturating_add(1)), &mut std::io::sink());
        if count.is_ok_and(|count| count > claim) {
            return Err(wrong("a page that unpacks to more than it claims"));
        }
    }
    Ok(())
}
