//! Locators: the place in a document where a value was read.
//!
//! Printed and typed form:
//!
//! | where | form |
//! |---|---|
//! | text, HTML | `bytes=120-348` |
//! | CSV | `line=13;column=VALUE;bytes=1820-1824` |
//! | workbook | `sheet=Vítimas;cell=C12` |
//! | JSON | `pointer=/results/3/date`; `pointer=/results/3~#/date` is the name `date` itself |
//! | Parquet | `row=13;column=value` |
//! | PDF | `page=3;box=72.00,90.50,120.25,101.00` (points from the top left) |
//!
//! Byte ranges are half-open and count bytes of the archived document in its own encoding.
//! Lines and pages count from 1. In names `%`, `;` and control characters are percent-encoded.
//! In Parquet a locator is the five columns of [`Columns`]: small integers and one repeated name.

use std::fmt;
use std::str::FromStr;

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Locator {
    /// A byte range of a text or HTML document.
    Bytes {
        /// First byte.
        start: u64,
        /// One past the last byte.
        end: u64,
    },
    /// A field of a delimited text file.
    Csv {
        /// Line on which the record starts, from 1.
        line: u64,
        /// Name of the column as the header prints it.
        column: String,
        /// First byte of the field's content (inside its quotes).
        start: u64,
        /// One past the last byte of the field's content.
        end: u64,
    },
    /// A cell of a workbook.
    Sheet {
        /// Name of the sheet.
        sheet: String,
        /// Row, from 1.
        row: u64,
        /// Column, from 1 (`A` is 1).
        column: u32,
    },
    /// A value of a columnar file (Parquet).
    Record {
        /// Row, from 1; 0 is the name of the column itself.
        row: u64,
        /// Name of the column.
        column: String,
    },
    /// A node of a JSON document (RFC 6901). With `~#` in it, which no such pointer has: the names
    /// behind that mark, joined by dots, and not the value that they lead to.
    Pointer(String),
    /// A box on a page, in hundredths of a point from the top left corner.
    Page {
        /// Page, from 1.
        page: u64,
        /// Left, top, right, bottom.
        bounds: [u32; 4],
    },
}

/// The five Parquet columns of a locator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Column name, sheet name or JSON pointer.
    pub part: Option<String>,
    /// Line, row or page.
    pub row: Option<u64>,
    /// Column number of a cell.
    pub col: Option<u32>,
    /// First byte; for a page, left and top in the high and low half.
    pub start: Option<u64>,
    /// One past the last byte; for a page, right and bottom.
    pub end: Option<u64>,
}

impl Locator {
    /// The byte range of the archived document, where the locator has one.
    pub fn bytes(&self) -> Option<(u64, u64)> {
        match self {
            Self::Bytes { start, end } | Self::Csv { start, end, .. } => Some((*start, *end)),
            Self::Sheet { .. } | Self::Record { .. } | Self::Pointer(_) | Self::Page { .. } => None,
        }
    }

    /// The Parquet columns.
    pub fn to_columns(&self) -> Columns {
        match self {
            Self::Bytes { start, end } => Columns { start: Some(*start), end: Some(*end), ..Columns::default() },
            Self::Csv { line, column, start, end } => Columns {
                part: Some(column.clone()),
                row: Some(*line),
                col: None,
                start: Some(*start),
                end: Some(*end),
            },
            Self::Sheet { sheet, row, column } => {
                Columns { part: Some(sheet.clone()), row: Some(*row), col: Some(*column), start: None, end: None }
            }
            Self::Record { row, column } => {
                Columns { part: Some(column.clone()), row: Some(*row), ..Columns::default() }
            }
            Self::Pointer(pointer) => Columns { part: Some(pointer.clone()), ..Columns::default() },
            Self::Page { page, bounds: [x0, y0, x1, y1] } => Columns {
                part: None,
                row: Some(*page),
                col: None,
                start: Some(pack(*x0, *y0)),
                end: Some(pack(*x1, *y1)),
            },
        }
    }

    /// The locator of these Parquet columns; `None` where they form none.
    pub fn from_columns(columns: &Columns) -> Option<Self> {
        let Columns { part, row, col, start, end } = columns.clone();
        match (part, row, col, start, end) {
            (None, None, None, Some(start), Some(end)) => Some(Self::Bytes { start, end }),
            (Some(column), Some(line), None, Some(start), Some(end)) => Some(Self::Csv { line, column, start, end }),
            (Some(sheet), Some(row), Some(column), None, None) => Some(Self::Sheet { sheet, row, column }),
            (Some(column), Some(row), None, None, None) => Some(Self::Record { row, column }),
            (Some(pointer), None, None, None, None) => Some(Self::Pointer(pointer)),
            (None, Some(page), None, Some(start), Some(end)) => {
                let ((x0, y0), (x1, y1)) = (unpack(start), unpack(end));
                Some(Self::Page { page, bounds: [x0, y0, x1, y1] })
            }
            _ => None,
        }
    }
}

fn pack(high: u32, low: u32) -> u64 {
    (u64::from(high) << 32) | u64::from(low)
}

fn unpack(packed: u64) -> (u32, u32) {
    let low = u32::try_from(packed & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    let high = u32::try_from(packed >> 32).unwrap_or(u32::MAX);
    (high, low)
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { start, end } => write!(f, "bytes={start}-{end}"),
            Self::Csv { line, column, start, end } => {
                write!(f, "line={line};column={};bytes={start}-{end}", Escaped(column))
            }
            Self::Sheet { sheet, row, column } => {
                write!(f, "sheet={};cell={}{row}", Escaped(sheet), ColumnLetters(*column))
            }
            Self::Record { row, column } => write!(f, "row={row};column={}", Escaped(column)),
            Self::Pointer(pointer) => write!(f, "pointer={}", Escaped(pointer)),
            Self::Page { page, bounds } => {
                write!(f, "page={page};box=")?;
                for (i, bound) in bounds.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{}.{:02}", bound / 100, bound % 100)?;
                }
                Ok(())
            }
        }
    }
}

/// The text was not a locator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a locator: {why}")]
pub struct NotALocator {
    text: String,
    why: &'static str,
}

impl FromStr for Locator {
    type Err = NotALocator;

    fn from_str(text: &str) -> Result<Self, NotALocator> {
        parse(text).map_err(|why| NotALocator { text: text.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<Locator, &'static str> {
    let mut parts = Vec::new();
    for part in text.split(';') {
        parts.push(part.split_once('=').ok_or("a part without `=`")?);
    }
    match parts.as_slice() {
        [("bytes", range)] => {
            let (start, end) = byte_range(range)?;
            Ok(Locator::Bytes { start, end })
        }
        [("line", line), ("column", column), ("bytes", range)] => {
            let (start, end) = byte_range(range)?;
            Ok(Locator::Csv { line: number(line)?, column: unescape(column)?, start, end })
        }
        [("sheet", sheet), ("cell", cell)] => {
            let digits = cell.find(|c: char| c.is_ascii_digit()).ok_or("a cell without a row")?;
            let (letters, row) = cell.split_at(digits);
            Ok(Locator::Sheet { sheet: unescape(sheet)?, row: number(row)?, column: column_number(letters)? })
        }
        [("row", row), ("column", column)] => Ok(Locator::Record { row: number(row)?, column: unescape(column)? }),
        [("pointer", pointer)] => Ok(Locator::Pointer(unescape(pointer)?)),
        [("page", page), ("box", bounds)] => {
            let bounds: Vec<u32> = bounds.split(',').map(hundredths).collect::<Result<_, _>>()?;
            let bounds = <[u32; 4]>::try_from(bounds).map_err(|_| "a box needs four numbers")?;
            Ok(Locator::Page { page: number(page)?, bounds })
        }
        _ => {
            Err("expected `bytes=`, `line=;column=;bytes=`, `sheet=;cell=`, `row=;column=`, `pointer=` or `page=;box=`")
        }
    }
}

fn number(text: &str) -> Result<u64, &'static str> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("a number has other characters than digits");
    }
    text.parse().map_err(|_| "a number is too large")
}

fn byte_range(text: &str) -> Result<(u64, u64), &'static str> {
    let (start, end) = text.split_once('-').ok_or("a byte range without `-`")?;
    let (start, end) = (number(start)?, number(end)?);
    if start > end { Err("a byte range that ends before it starts") } else { Ok((start, end)) }
}

fn hundredths(text: &str) -> Result<u32, &'static str> {
    let (whole, part) = text.split_once('.').ok_or("a box number without two decimals")?;
    if part.len() != 2 {
        return Err("a box number without two decimals");
    }
    let value = number(whole)?.checked_mul(100).and_then(|w| w.checked_add(number(part).ok()?));
    value.and_then(|v| u32::try_from(v).ok()).ok_or("a box number is too large")
}

struct ColumnLetters(u32);

impl fmt::Display for ColumnLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Vec::new();
        let mut rest = self.0;
        while rest > 0 {
            rest -= 1;
            letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
            rest /= 26;
        }
        letters.iter().rev().try_for_each(|letter| write!(f, "{letter}"))
    }
}

fn column_number(letters: &str) -> Result<u32, &'static str> {
    if letters.is_empty() {
        return Err("a cell without a column");
    }
    letters.bytes().try_fold(0_u32, |number, letter| {
        if !letter.is_ascii_uppercase() {
            return Err("a cell's column must be capital letters");
        }
        number
            .checked_mul(26)
            .and_then(|n| n.checked_add(u32::from(letter - b'A') + 1))
            .ok_or("a cell's column is too far right")
    })
}

struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c == '%' || c == ';' || c.is_ascii_control() {
                write!(f, "%{:02X}", u32::from(c))?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

fn unescape(text: &str) -> Result<String, &'static str> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '%' {
            let code: String = rest.by_ref().take(2).collect();
            if code.len() != 2 {
                return Err("a cut percent code");
            }
            let code = u8::from_str_radix(&code, 16).map_err(|_| "a percent code that is not hexadecimal")?;
            if !code.is_ascii() {
                return Err("a percent code beyond ASCII");
            }
            out.push(char::from(code));
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_locator() -> impl Strategy<Value = Locator> {
        let range = (any::<u64>(), any::<u64>()).prop_map(|(a, b)| (a.min(b), a.max(b)));
        let name = "\\PC{0,12}|[%;=\n\t\0a-z]{0,8}";
        prop_oneof![
            range.clone().prop_map(|(start, end)| Locator::Bytes { start, end }),
            (any::<u64>(), name, range).prop_map(|(line, column, (start, end))| Locator::Csv {
                line,
                column,
                start,
                end
            }),
            (name, any::<u64>(), 1..=u32::MAX / 27).prop_map(|(sheet, row, column)| Locator::Sheet {
                sheet,
                row,
                column
            }),
            (name, any::<u64>()).prop_map(|(column, row)| Locator::Record { row, column }),
            name.prop_map(Locator::Pointer),
            (any::<u64>(), any::<[u32; 4]>()).prop_map(|(page, bounds)| Locator::Page { page, bounds }),
        ]
    }

    proptest! {
        #[test]
        fn printed_locators_parse_to_themselves(locator in any_locator()) {
            prop_assert_eq!(locator.to_string().parse::<Locator>(), Ok(locator));
        }

        #[test]
        fn stored_locators_come_back(locator in any_locator()) {
            prop_assert_eq!(Locator::from_columns(&locator.to_columns()), Some(locator));
        }

        #[test]
        fn any_text_parses_or_fails_without_panic(text in "\\PC*|[a-z=;%0-9,.-]{0,40}") {
            if let Ok(locator) = text.parse::<Locator>() {
                prop_assert_eq!(locator.to_string().parse::<Locator>(), Ok(locator));
            }
        }
    }

    #[test]
    fn documented_forms_print_as_documented() {
        for text in [
            "bytes=120-348",
            "line=13;column=VALUE;bytes=1820-1824",
            "sheet=Vítimas;cell=C12",
            "sheet=a%3Bb;cell=AAB7",
            "pointer=/results/3/date",
            "row=13;column=value",
            "page=3;box=72.00,90.50,120.25,101.00",
        ] {
            assert_eq!(text.parse::<Locator>().map(|l| l.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["", "bytes=5-3", "bytes=+5-9", "line=1;bytes=1-2", "sheet=x;cell=12", "page=1;box=1,2,3,4", "pointer=%zz"]
        {
            assert!(text.parse::<Locator>().is_err(), "{text}");
        }
    }
}
