//! The records of a BIFF stream, and texts that run on over several of them (MS-XLS 2.1.4, 2.5.293).

use quipu_schema::{ErrorKind, Fault, Result};

use super::biff;

/// Kinds of records that more than one place knows (MS-XLS 2.3).
pub(super) const EOF: u16 = 0x000a;
pub(super) const CONTINUE: u16 = 0x003c;
pub(super) const BOF: u16 = 0x0809;

/// A record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) data: &'a [u8],
}

/// Walks over the records of a stream.
#[derive(Debug, Clone)]
pub(super) struct Records<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    /// From a position on.
    pub(super) fn new(stream: &'a [u8], at: usize) -> Self {
        Self { stream, at }
    }

    /// The next record; `None` at the end of the stream.
    ///
    /// # Errors
    /// A record that is cut short.
    pub(super) fn next(&mut self) -> Result<Option<Record<'a>>> {
        if self.at >= self.stream.len() {
            return Ok(None);
        }
        let head = biff::u16_at(self.stream, self.at).zip(biff::u16_at(self.stream, self.at + 2));
        let (kind, length) = head.ok_or_else(short)?;
        let start = self.at + 4;
        let data = self.stream.get(start..start + usize::from(length)).ok_or_else(short)?;
        self.at = start + data.len();
        Ok(Some(Record { kind, data }))
    }

    /// The record's content and that of the records that continue it.
    ///
    /// # Errors
    /// A record that is cut short.
    pub(super) fn continued(&mut self, first: &'a [u8]) -> Result<Continued<'a>> {
        let mut pieces = vec![first];
        loop {
            let before = self.at;
            match self.next()? {
                Some(record) if record.kind == CONTINUE => pieces.push(record.data),
                _ => {
                    self.at = before;
                    return Ok(Continued { pieces: pieces.into_iter(), rest: &[] });
                }
            }
        }
    }

    /// The position of the next record.
    pub(super) fn position(&self) -> usize {
        self.at
    }
}

/// The fault for a record that ends too soon.
pub(super) fn short() -> Fault {
    Fault::new(ErrorKind::Shape, "the workbook is damaged: a record is cut short").help("fetch the document again")
}

/// The content of a record that goes on in others.
pub(super) struct Continued<'a> {
    pieces: std::vec::IntoIter<&'a [u8]>,
    rest: &'a [u8],
}

impl<'a> Continued<'a> {
    /// Content that no record continues.
    pub(super) fn of(data: &'a [u8]) -> Self {
        Self { pieces: Vec::new().into_iter(), rest: data }
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&mut self) -> bool {
        while self.rest.is_empty() {
            match self.pieces.next() {
                Some(piece) => self.rest = piece,
                None => return true,
            }
        }
        false
    }

    fn byte(&mut self) -> Result<u8> {
        if self.is_empty() {
            return Err(short());
        }
        let (byte, rest) = self.rest.split_first().ok_or_else(short)?;
        self.rest = rest;
        Ok(*byte)
    }

    /// The next little-endian number of two bytes.
    ///
    /// # Errors
    /// Nothing left.
    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    /// The next little-endian number of four bytes.
    ///
    /// # Errors
    /// Fewer bytes left.
    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    /// Passes over bytes.
    ///
    /// # Errors
    /// Fewer left.
    pub(super) fn skip(&mut self, mut count: usize) -> Result<()> {
        while count > 0 {
            if self.is_empty() {
                return Err(short());
            }
            let step = count.min(self.rest.len());
            self.rest = self.rest.get(step..).unwrap_or_default();
            count -= step;
        }
        Ok(())
    }

    /// Adds the next text: its length in characters, flags, the characters, then what says how it
    /// looks and is pronounced. `raises` tells of a font whether it sets text higher.
    ///
    /// # Errors
    /// A text that is cut short.
    pub(super) fn add_text(&mut self, raises: &dyn Fn(u16) -> bool, into: &mut String) -> Result<()> {
        let length = usize::from(self.u16()?);
        let flags = self.byte()?;
        let runs = if flags & 8 != 0 { usize::from(self.u16()?) } else { 0 };
        let spoken = if flags & 4 != 0 { self.u32()? as usize } else { 0 };
        let units = self.characters(length, flags & 1 != 0)?;
        let mut looks = Vec::new();
        for _ in 0..runs {
            looks.extend(self.u32()?.to_le_bytes());
        }
        biff::add_rich(&units, &biff::runs(&looks, raises), into);
        self.skip(spoken)
    }

    /// The next characters, in two bytes each. A record that continues them begins with new flags.
    fn characters(&mut self, mut count: usize, mut wide: bool) -> Result<Vec<u8>> {
        let mut units: Vec<u8> = Vec::new();
        while count > 0 {
            if self.rest.is_empty() {
                self.rest = self.pieces.next().ok_or_else(short)?;
                wide = self.byte()? & 1 != 0;
                continue;
            }
            let width = if wide { 2 } else { 1 };
            let here = count.min(self.rest.len() / width);
            if here == 0 {
                return Err(short());
            }
            let (characters, rest) = self.rest.split_at_checked(here * width).ok_or_else(short)?;
            if wide {
                units.extend_from_slice(characters);
            } else {
                units.extend(characters.iter().flat_map(|byte| [*byte, 0]));
            }
            self.rest = rest;
            count -= here;
        }
        Ok(units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let mut out = kind.to_le_bytes().to_vec();
        out.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
        out.extend(data);
        out
    }

    #[test]
    fn a_text_runs_on_in_other_characters() {
        let mut stream = record(0x00fc, &[5, 0, 0, b'a', b'b']);
        stream.extend(record(CONTINUE, &[1, 0x20, 0x26, 0x21, 0x26]));
        stream.extend(record(CONTINUE, &[0, b'c']));
        stream.extend(record(EOF, &[]));
        let mut records = Records::new(&stream, 0);
        let first = records.next().unwrap().unwrap();
        let mut continued = records.continued(first.data).unwrap();
        let mut text = String::new();
        continued.add_text(&|_| false, &mut text).unwrap();
        assert_eq!(text, "ab☠☡c");
        assert!(continued.is_empty());
        assert_eq!(records.next().unwrap().unwrap().kind, EOF);
        assert!(records.next().unwrap().is_none());
    }

    #[test]
    fn runs_and_pronunciation_are_passed_over() {
        let mut data = vec![1, 0, 0x0c, 1, 0, 2, 0, 0, 0, b'x', 9, 9, 9, 9, 7, 7];
        data.extend([1, 0, 0, b'y']);
        let stream = record(0x00fc, &data);
        let mut records = Records::new(&stream, 0);
        let first = records.next().unwrap().unwrap();
        let mut continued = records.continued(first.data).unwrap();
        let mut text = String::new();
        continued.add_text(&|_| false, &mut text).unwrap();
        continued.add_text(&|_| false, &mut text).unwrap();
        assert_eq!(text, "xy");
        assert!(continued.add_text(&|_| false, &mut text).is_err());
    }
}
