//! The filters of streams, each within what may still be unpacked.

use std::cell::Cell;
use std::io::Read as _;

use flate2::read::DeflateDecoder;
use quipu_schema::{ErrorKind, Fault, Result};

use super::object::{Dict, Object, damaged, is_space, unhex};
use crate::Limits;

/// Most filters of one stream.
const CHAIN: usize = 8;

/// What may still be unpacked from a document.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<u64>,
    most: u64,
    /// Most bytes of one stream, which is in memory as a whole.
    one: u64,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { left: Cell::new(limits.unpacked), most: limits.unpacked, one: limits.memory as u64 }
    }

    /// Takes bytes from it.
    ///
    /// # Errors
    /// `Shape` where it does not have them.
    pub(super) fn take(&self, bytes: usize) -> Result<()> {
        let left = self.left.get().checked_sub(bytes as u64);
        self.left.set(left.ok_or_else(|| self.exceeded())?);
        Ok(())
    }

    fn exceeded(&self) -> Fault {
        Limits::exceeded(format!("it unpacks to more than {} MiB", self.most.min(self.one) >> 20))
    }

    /// Most bytes that one stream may have now.
    fn left(&self) -> u64 {
        self.left.get().min(self.one)
    }
}

/// The unpacked bytes of a stream with these filters and parameters, both resolved.
///
/// # Errors
/// `Shape` for damaged bytes, an unknown filter, or more than the budget.
pub(super) fn decode(raw: &[u8], filters: &[(Vec<u8>, Option<Dict>)], budget: &Budget) -> Result<Vec<u8>> {
    if filters.len() > CHAIN {
        return Err(Limits::exceeded(format!("a stream with more than {CHAIN} filters")));
    }
    budget.take(raw.len())?;
    let mut bytes = raw.to_vec();
    for (name, parameters) in filters {
        bytes = match name.as_slice() {
            b"FlateDecode" | b"Fl" => predicted(inflate(&bytes, budget)?, parameters.as_ref())?,
            b"LZWDecode" | b"LZW" => {
                let early = entry(parameters.as_ref(), b"EarlyChange").unwrap_or(1);
                predicted(unlzw(&bytes, early != 0, budget)?, parameters.as_ref())?
            }
            b"ASCIIHexDecode" | b"AHx" => {
                let end = bytes.iter().position(|byte| *byte == b'>').unwrap_or(bytes.len());
                unhex(bytes.get(..end).unwrap_or_default())
            }
            b"ASCII85Decode" | b"A85" => ascii85(&bytes)?,
            b"RunLengthDecode" | b"RL" => run_length(&bytes, budget)?,
            b"Crypt" => bytes,
            other => {
                let name = String::from_utf8_lossy(other);
                return Err(Fault::new(
                    ErrorKind::Shape,
                    format!("a stream is packed with `{name}`, which text never is"),
                ));
            }
        };
    }
    Ok(bytes)
}

fn entry(parameters: Option<&Dict>, key: &[u8]) -> Option<usize> {
    parameters.and_then(|dict| dict.get(key)).and_then(Object::count)
}

/// Unpacks zlib. Its checksum is not asked for: many writers leave it out or cut it.
fn inflate(raw: &[u8], budget: &Budget) -> Result<Vec<u8>> {
    // Some streams begin with an end of line that is not theirs.
    let trimmed = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or_default();
    let raw = raw.get(trimmed..).unwrap_or_default();
    let body = raw.get(2..).unwrap_or_default();
    let mut out = Vec::new();
    let read = DeflateDecoder::new(body).take(budget.left() + 1).read_to_end(&mut out);
    if out.len() as u64 > budget.left() {
        return Err(budget.exceeded());
    }
    budget.take(out.len())?;
    match read {
        Ok(_) => Ok(out),
        Err(error) => Err(damaged("a packed stream cannot be unpacked").because(error)),
    }
}

fn ascii85(raw: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len() / 5 * 4);
    let (mut group, mut count) = (0_u32, 0_usize);
    let start = if raw.starts_with(b"<~") { 2 } else { 0 };
    for byte in raw.iter().skip(start) {
        match byte {
            b'~' => break,
            b'z' if count == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                count += 1;
                if count == 5 {
                    out.extend(group.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            space if is_space(*space) => {}
            _ => return Err(damaged("a stream in ASCII base 85 has other characters in it")),
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        out.extend(group.to_be_bytes().iter().take(count - 1));
    }
    Ok(out)
}

fn run_length(raw: &[u8], budget: &Budget) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = raw;
    while let [length, after @ ..] = rest {
        let length = usize::from(*length);
        match length {
            128 => break,
            0..128 => {
                let (run, after) = after.split_at_checked(length + 1).ok_or_else(|| damaged("a cut stream"))?;
                out.extend_from_slice(run);
                rest = after;
                budget.take(run.len())?;
            }
            _ => {
                let [byte, after @ ..] = after else { return Err(damaged("a cut stream")) };
                budget.take(257 - length)?;
                out.resize(out.len() + 257 - length, *byte);
                rest = after;
            }
        }
    }
    Ok(out)
}

fn unlzw(raw: &[u8], early: bool, budget: &Budget) -> Result<Vec<u8>> {
    const CLEAR: usize = 256;
    const END: usize = 257;
    // Each string is the one before it in the table and one byte; here as its place in the output.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let mut out: Vec<u8> = Vec::new();
    let (mut bits, mut held, mut width) = (0_u32, 0_u32, 9_u32);
    let mut last: Option<(usize, usize)> = None;
    let mut bytes = raw.iter();
    loop {
        while held < width {
            let Some(byte) = bytes.next() else { return Ok(out) };
            bits = (bits << 8) | u32::from(*byte);
            held += 8;
        }
        held -= width;
        let code = ((bits >> held) & ((1 << width) - 1)) as usize;
        bits &= (1 << held) - 1;
        if code == END {
            return Ok(out);
        }
        if code == CLEAR {
            table.clear();
            (width, last) = (9, None);
            continue;
        }
        let start = out.len();
        if let Ok(byte) = u8::try_from(code) {
            budget.take(1)?;
            out.push(byte);
        } else {
            let known = table.get(code - 258).copied();
            // The string that is about to be known is the last one and its own first byte.
            let next = last.map(|(at, length)| (at, length + 1)).filter(|_| code - 258 == table.len());
            let (at, length) = known.or(next).ok_or_else(|| damaged("a stream packed with LZW"))?;
            budget.take(length)?;
            for offset in 0..length {
                let byte = out.get(at + offset).copied().ok_or_else(|| damaged("a stream packed with LZW"))?;
                out.push(byte);
            }
        }
        if let Some((at, length)) = last
            && table.len() < 4096 - 258
        {
            table.push((at, length + 1));
        }
        last = Some((start, out.len() - start));
        let size = table.len() + 258 + usize::from(early) + 1;
        width = match size {
            0..=512 => 9,
            513..=1024 => 10,
            1025..=2048 => 11,
            _ => 12,
        };
    }
}

/// Takes back the predictor that a writer applied before it packed.
fn predicted(bytes: Vec<u8>, parameters: Option<&Dict>) -> Result<Vec<u8>> {
    let predictor = entry(parameters, b"Predictor").unwrap_or(1);
    if predictor <= 1 {
        return Ok(bytes);
    }
    let value = |key: &[u8], default: usize| entry(parameters, key).unwrap_or(default).clamp(1, 1 << 20);
    let (colors, depth) = (value(b"Colors", 1), value(b"BitsPerComponent", 8));
    let bits = colors.saturating_mul(depth);
    let pixel = bits.div_ceil(8);
    let row = bits.saturating_mul(value(b"Columns", 1)).div_ceil(8);
    if row > bytes.len().max(1 << 20) {
        return Err(damaged("a predictor with rows longer than the stream"));
    }
    let mut out = Vec::with_capacity(bytes.len());
    if predictor == 2 {
        if depth != 8 {
            return Err(damaged("a predictor that text never has"));
        }
        for line in bytes.chunks(row) {
            let start = out.len();
            for (at, byte) in line.iter().enumerate() {
                let left = if at >= pixel { out.get(start + at - pixel).copied().unwrap_or_default() } else { 0 };
                out.push(byte.wrapping_add(left));
            }
        }
        return Ok(out);
    }
    for line in bytes.chunks(row + 1) {
        let [kind, line @ ..] = line else { break };
        let start = out.len();
        for (at, byte) in line.iter().enumerate() {
            let behind = |back: usize| (start + at).checked_sub(back).and_then(|at| out.get(at)).copied();
            let left = if at >= pixel { behind(pixel).unwrap_or_default() } else { 0 };
            let up = behind(row).unwrap_or_default();
            let corner = if at >= pixel { behind(row + pixel).unwrap_or_default() } else { 0 };
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => u8::try_from(u16::midpoint(left.into(), up.into())).unwrap_or_default(),
                4 => paeth(left, up, corner),
                _ => return Err(damaged("a predictor that there is not")),
            };
            out.push(byte.wrapping_add(guess));
        }
    }
    Ok(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(up) - i16::from(corner);
    let far = |byte: u8| (guess - i16::from(byte)).abs();
    if far(left) <= far(up) && far(left) <= far(corner) {
        left
    } else if far(up) <= far(corner) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, raw: &[u8]) -> Result<Vec<u8>> {
        decode(raw, &[(name.as_bytes().to_vec(), None)], &Budget::new(&Limits::default()))
    }

    #[test]
    fn filters_give_what_was_packed() {
        assert_eq!(one("ASCIIHexDecode", b"48 65 6c6C 6f>").unwrap(), b"Hello");
        assert_eq!(one("ASCII85Decode", b"87cUR\n D]i,\"Ebo7~>").unwrap(), b"Hello World".get(..).unwrap());
        assert_eq!(one("RunLengthDecode", &[2, b'a', b'b', b'c', 254, b'x', 128]).unwrap(), b"abcxxx");
        // The example of the PDF standard.
        let packed = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(one("LZWDecode", &packed).unwrap(), [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
        assert!(one("DCTDecode", b"x").unwrap_err().message().contains("DCTDecode"));
    }
}
