//! XLS: workbooks of Excel 5 and 95 (BIFF5) and of 97 to 2003 (BIFF8), as MS-XLS has them.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use quipu_schema::{ErrorKind, Fault, Result};

use super::biff;
use super::book::{Book, Take};
use super::compound::Compound;
use super::moment::{Epoch, Style};
use super::package::encrypted;
use super::records::{BOF, Continued, EOF, Records, short};
use super::sheets::{self, Kind, Sheet, Shown};
use super::xlsx::Values;
use super::{style, xls_sheet};
use crate::Limits;

/// Names of the stream, newest first: a file may hold the workbook in both versions.
pub(super) const STREAMS: [&str; 2] = ["Workbook", "Book"];

/// An open workbook.
pub(super) struct Xls {
    stream: Vec<u8>,
    sheets: Vec<Sheet>,
    /// Where the sheets start in the stream.
    starts: Vec<usize>,
    values: Values,
    texts: Texts,
    /// Bytes of sheets that may still be read: together they are no larger than the stream.
    left: usize,
}

/// How texts are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// Unicode (BIFF8).
    Unicode,
    /// Bytes in the code page of the workbook (BIFF5).
    Bytes(&'static Encoding),
}

impl Xls {
    /// Opens a workbook: everything but the cells of its sheets.
    ///
    /// # Errors
    /// `Shape` for a workbook that is damaged, encrypted, or older than Excel 5.
    pub(super) fn open(file: &Compound<'_>, limits: &Limits) -> Result<Self> {
        let mut stream = None;
        for name in STREAMS {
            if stream.is_none() {
                stream = file.stream(name)?;
            }
        }
        let stream =
            stream.ok_or_else(|| Fault::new(ErrorKind::Shape, "this is not a workbook but another document"))?;
        let left = stream.len();
        let mut book = Self {
            stream: Vec::new(),
            sheets: Vec::new(),
            starts: Vec::new(),
            values: Values::default(),
            texts: Texts::Bytes(encoding_rs::WINDOWS_1252),
            left,
        };
        book.read_globals(&stream, limits)?;
        book.stream = stream;
        Ok(book)
    }

    fn read_globals(&mut self, stream: &[u8], limits: &Limits) -> Result<()> {
        let mut records = Records::new(stream, 0);
        let first = records.next()?.ok_or_else(short)?;
        match (first.kind, biff::u16_at(first.data, 0)) {
            (BOF, Some(0x0600)) => self.texts = Texts::Unicode,
            (BOF, Some(0x0500)) => {}
            (BOF | 0x0009 | 0x0209 | 0x0409, _) => {
                return Err(Fault::new(
                    ErrorKind::Shape,
                    "the workbook is of a version before Excel 5, which is not read",
                )
                .help("save it in a newer format"));
            }
            _ => return Err(Fault::new(ErrorKind::Shape, "the workbook is damaged: it does not begin as one")),
        }
        let (mut codes, mut formats): (BTreeMap<u16, Style>, Vec<u16>) = (BTreeMap::new(), Vec::new());
        while let Some(record) = records.next()? {
            let data = record.data;
            match record.kind {
                // FilePass
                0x002f => return Err(encrypted()),
                // CodePage
                0x0042 => {
                    if let (Texts::Bytes(_), Some(page)) = (self.texts, biff::u16_at(data, 0)) {
                        self.texts = Texts::Bytes(code_page(page)?);
                    }
                }
                // Date1904
                0x0022 if biff::u16_at(data, 0) == Some(1) => self.values.epoch = Epoch::Of1904,
                // Format
                0x041e => {
                    let number = biff::u16_at(data, 0).ok_or_else(short)?;
                    let mut code = String::new();
                    match self.texts {
                        Texts::Unicode => {
                            Continued::of(data.get(2..).unwrap_or_default()).add_text(&|_| false, &mut code)?;
                        }
                        Texts::Bytes(_) => self.texts.add_short(data.get(2..).unwrap_or_default(), &mut code)?,
                    }
                    codes.entry(number).or_insert_with(|| style::of_code(&code));
                }
                // Font
                0x0031 => self.values.raising.push(biff::u16_at(data, 8) == Some(1)),
                // XF
                0x00e0 => formats.push(biff::u16_at(data, 2).ok_or_else(short)?),
                // BoundSheet8
                0x0085 => {
                    let (sheet, start) = self.read_sheet(data)?;
                    sheets::add(&mut self.sheets, sheet)?;
                    self.starts.push(start);
                }
                // SST: some writers count wrong and some leave rubbish behind, so that the number of texts
                // counts only where one cannot be read.
                0x00fc => {
                    let mut texts = records.continued(data)?;
                    texts.skip(4)?;
                    let said = texts.u32()? as usize;
                    let raising = std::mem::take(&mut self.values.raising);
                    let raises = |font| raises(&raising, font);
                    while !texts.is_empty() {
                        match self.values.strings.add(limits, |into| texts.add_text(&raises, into)) {
                            Err(_) if self.values.strings.len() >= said => break,
                            added => added?,
                        }
                    }
                    self.values.raising = raising;
                }
                EOF => break,
                _ => {}
            }
        }
        let style = |number: u16| codes.get(&number).copied().unwrap_or_else(|| style::built_in(number.into()));
        self.values.styles = formats.into_iter().map(style).collect();
        Ok(())
    }

    /// A sheet as the list of sheets has it, and where it starts.
    fn read_sheet(&self, data: &[u8]) -> Result<(Sheet, usize)> {
        let start = biff::u32_at(data, 0).ok_or_else(short)? as usize;
        let shown = match biff::byte(data, 4).ok_or_else(short)? & 3 {
            1 => Shown::Hidden,
            2 => Shown::VeryHidden,
            _ => Shown::Visible,
        };
        let kind = match biff::byte(data, 5) {
            Some(1 | 6) => Kind::Macro,
            Some(2) => Kind::Chart,
            _ => Kind::Table,
        };
        let mut name = String::new();
        self.texts.add_short(data.get(6..).unwrap_or_default(), &mut name)?;
        name.retain(|c| c != '\0');
        Ok((Sheet { name, kind, shown }, start))
    }
}

/// Whether a font sets text higher. There is no font 4.
pub(super) fn raises(fonts: &[bool], number: u16) -> bool {
    fonts.get(usize::from(if number > 4 { number - 1 } else { number })).copied().unwrap_or_default()
}

impl Texts {
    /// Adds a text with its length in one byte before it.
    fn add_short(self, data: &[u8], into: &mut String) -> Result<()> {
        let length = usize::from(biff::byte(data, 0).ok_or_else(short)?);
        match self {
            Self::Bytes(encoding) => {
                let bytes = data.get(1..=length).ok_or_else(short)?;
                into.push_str(&encoding.decode_without_bom_handling(bytes).0);
            }
            Self::Unicode if biff::byte(data, 1).ok_or_else(short)? & 1 != 0 => {
                biff::add_wide(data.get(2..2 + 2 * length).ok_or_else(short)?, into);
            }
            Self::Unicode => biff::add_narrow(data.get(2..2 + length).ok_or_else(short)?, into),
        }
        Ok(())
    }
}

impl Book for Xls {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn read(&mut self, numbers: &[usize], take: &mut dyn Take) -> Result<()> {
        let mut left = self.left;
        for number in numbers {
            let start = *self.starts.get(*number).ok_or_else(|| Fault::bug("a sheet that is not there"))?;
            let mut cells = take.start();
            let end = xls_sheet::read(&self.stream, start, self.texts, &self.values, &mut cells)?;
            left = left.checked_sub(end.saturating_sub(start)).ok_or_else(|| {
                Fault::new(ErrorKind::Shape, "the workbook is damaged: its sheets lie one in the other")
            })?;
            take.take(*number, cells)?;
        }
        Ok(())
    }
}

/// The encoding of a Windows or Macintosh code page.
fn code_page(page: u16) -> Result<&'static Encoding> {
    Ok(match page {
        367 | 1200 | 1252 | 20_127 | 32_769 => encoding_rs::WINDOWS_1252,
        866 => encoding_rs::IBM866,
        874 => encoding_rs::WINDOWS_874,
        932 => encoding_rs::SHIFT_JIS,
        936 => encoding_rs::GBK,
        949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1253 => encoding_rs::WINDOWS_1253,
        1254 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        10_000 | 32_768 => encoding_rs::MACINTOSH,
        10_007 => encoding_rs::X_MAC_CYRILLIC,
        65_001 => encoding_rs::UTF_8,
        _ => {
            return Err(Fault::new(ErrorKind::Shape, format!("the texts are in code page {page}, which is not read"))
                .help("save the workbook in a newer format"));
        }
    })
}
