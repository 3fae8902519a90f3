//! The hybrid of runs and packed numbers that Parquet keeps levels and dictionary indexes in.

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};

/// Numbers of at most 32 bits, as runs of one number and as packed groups of eight.
#[derive(Debug, Clone)]
pub(crate) struct Hybrid {
    bytes: Bytes,
    at: usize,
    width: u32,
    /// The number of the present run, and how often it still comes.
    value: u32,
    repeats: usize,
    /// Packed numbers that still come, and the bit at which the next one begins.
    packed: usize,
    bit: usize,
}

impl Hybrid {
    /// Reads numbers of `width` bits.
    pub(crate) fn new(bytes: Bytes, width: u32) -> Result<Self> {
        if width > 32 {
            return Err(broken("numbers of more than 32 bits"));
        }
        Ok(Self { bytes, at: 0, width, value: 0, repeats: 0, packed: 0, bit: 0 })
    }

    /// The number of the next `count`, where they are one run: they are taken then.
    pub(crate) fn run(&mut self, count: usize) -> Result<Option<u32>> {
        if self.repeats == 0 && self.packed == 0 && count > 0 {
            self.next_run()?;
        }
        if self.repeats < count {
            return Ok(None);
        }
        self.repeats -= count;
        Ok(Some(self.value))
    }

    /// Fills `out` with the next numbers.
    pub(crate) fn fill(&mut self, mut out: &mut [u32]) -> Result<()> {
        while !out.is_empty() {
            if self.repeats > 0 {
                let (now, later) = out.split_at_mut(self.repeats.min(out.len()));
                now.fill(self.value);
                self.repeats -= now.len();
                out = later;
            } else if self.packed > 0 {
                let (now, later) = out.split_at_mut(self.packed.min(out.len()));
                self.unpack(now)?;
                out = later;
            } else {
                self.next_run()?;
            }
        }
        Ok(())
    }

    fn next_run(&mut self) -> Result<()> {
        let mut header = 0_u32;
        for shift in (0..).step_by(7) {
            let byte = self.bytes.get(self.at).copied().ok_or_else(|| broken("numbers that end too early"))?;
            self.at += 1;
            if shift > 28 {
                return Err(broken("a run of more numbers than there can be"));
            }
            header |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        let count = usize::try_from(header >> 1).unwrap_or(usize::MAX);
        if count == 0 {
            return Err(broken("a run of no numbers"));
        }
        if header & 1 == 1 {
            self.bit = self.at.saturating_mul(8);
            self.packed = count.saturating_mul(8);
            // The last group may be cut short; reading behind the end is an error where it happens.
            self.at = self.at.saturating_add(count.saturating_mul(self.width as usize)).min(self.bytes.len());
        } else {
            let size = (self.width as usize).div_ceil(8);
            let bytes = self.bytes.get(self.at..self.at + size).ok_or_else(|| broken("a run without its number"))?;
            self.value = bytes.iter().rev().fold(0, |value, byte| (value << 8) | u32::from(*byte));
            self.at += size;
            self.repeats = count;
        }
        Ok(())
    }

    fn unpack(&mut self, out: &mut [u32]) -> Result<()> {
        let width = self.width as usize;
        let mask = (1_u64 << width) - 1;
        let end = self.bit + out.len() * width;
        if end.div_ceil(8) > self.bytes.len() {
            return Err(broken("packed numbers that end too early"));
        }
        let mut bit = self.bit;
        let mut out_rest = out;
        let taken = out_rest.len();
        // Eight numbers of at most eight bits begin with a byte and lie in one word.
        if width <= 8 {
            while bit.is_multiple_of(8) && out_rest.len() >= 8 {
                let Some(eight) = self.bytes.get(bit / 8..).and_then(|rest| rest.first_chunk::<8>()) else { break };
                let (now, later) = out_rest.split_at_mut(8);
                let mut word = u64::from_le_bytes(*eight);
                for number in now {
                    *number = u32::try_from(word & mask).unwrap_or_default();
                    word >>= width;
                }
                bit += 8 * width;
                out_rest = later;
            }
        }
        for number in out_rest.iter_mut() {
            let word = match self.bytes.get(bit / 8..).and_then(|rest| rest.first_chunk::<8>()) {
                Some(eight) => u64::from_le_bytes(*eight),
                // Near the end: what is there.
                None => {
                    let rest = self.bytes.get(bit / 8..).unwrap_or_default();
                    rest.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte))
                }
            };
            // At most 7 bits before and 32 of the number: always within the word. It fits by the mask.
            *number = u32::try_from((word >> (bit % 8)) & mask).unwrap_or_default();
            bit += width;
        }
        self.bit = bit;
        self.packed -= taken;
        Ok(())
    }
}

pub(crate) fn broken(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_groups() {
        // The example of the format's description: 0 to 7 in three bits.
        let mut packed =
            Hybrid::new(Bytes::from_static(&[0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]), 3).expect("width");
        let mut out = [0; 8];
        packed.fill(&mut out).expect("numbers");
        assert_eq!(out, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(packed.fill(&mut [0]).is_err(), "nothing is left");

        // Five times 300 in nine bits, then eight packed ones.
        let mut bytes = vec![5 << 1, 44, 1, 0b11];
        bytes.extend([0xff; 9]);
        let mut mixed = Hybrid::new(Bytes::from(bytes), 9).expect("width");
        assert_eq!(mixed.run(6).expect("run"), None, "only five are");
        assert_eq!(mixed.run(2).expect("run"), Some(300));
        let mut out = [0; 11];
        mixed.fill(&mut out).expect("numbers");
        assert_eq!(out, [300, 300, 300, 511, 511, 511, 511, 511, 511, 511, 511]);
    }

    #[test]
    fn what_is_broken_is_told() {
        for bytes in [&[][..], &[0], &[2], &[0b11, 1], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] {
            let mut numbers = Hybrid::new(Bytes::copy_from_slice(bytes), 3).expect("width");
            assert!(numbers.fill(&mut [0; 8]).is_err(), "{bytes:?}");
        }
        let mut nothing = Hybrid::new(Bytes::from_static(&[8 << 1]), 0).expect("width");
        assert_eq!(nothing.run(8).expect("run"), Some(0), "no bits are the number 0");
        assert!(Hybrid::new(Bytes::new(), 33).is_err());
    }
}
