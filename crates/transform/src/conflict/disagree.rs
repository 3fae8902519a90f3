//! Which quantities have statements that may disagree, found without holding the statements in memory.
//!
//! Of each row come the hash of its quantity and the interval that its value lies in. They are put
//! away in files by the highest bits of the hash, and judged file by file. What is found is a little
//! more than what disagrees: the rows behind it are then looked at in full.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use quipu_schema::{ErrorKind, Fault, Result};

use super::printed::tolerance;

/// Claims that are held in memory before they are put away: 64 MB.
const HELD: usize = 2 << 20;
/// Bits of a hash that choose a file.
const BITS: u32 = 7;
/// Bytes of a claim that is put away.
const SIZE: usize = 32;

/// What one row says of its quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Claim {
    /// Hash of the quantity.
    pub(crate) quantity: u64,
    /// Least that the value may be.
    pub(crate) lower: f64,
    /// Most that it may be; the same where the value is known.
    pub(crate) upper: f64,
    /// Half a unit of the last printed digit.
    pub(crate) slack: f64,
}

impl Claim {
    fn bytes(self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        let fields = [self.quantity, self.lower.to_bits(), self.upper.to_bits(), self.slack.to_bits()];
        for (to, from) in bytes.iter_mut().zip(fields.iter().flat_map(|field| field.to_le_bytes())) {
            *to = from;
        }
        bytes
    }

    fn from(bytes: &[u8]) -> Self {
        let field = |at: usize| {
            let piece = bytes.get(at * 8..at * 8 + 8).and_then(|piece| piece.try_into().ok());
            u64::from_le_bytes(piece.unwrap_or_default())
        };
        let number = |at| f64::from_bits(field(at));
        Self { quantity: field(0), lower: number(1), upper: number(2), slack: number(3) }
    }
}

/// Collects claims.
#[derive(Debug)]
pub(crate) struct Claims {
    held: Vec<Claim>,
    most: usize,
    files: Vec<File>,
}

impl Default for Claims {
    fn default() -> Self {
        Self { held: Vec::new(), most: HELD, files: Vec::new() }
    }
}

impl Claims {
    /// Adds claims.
    ///
    /// # Errors
    /// Temporary files that cannot be written.
    pub(crate) fn add(&mut self, claims: &[Claim]) -> Result<()> {
        self.held.extend_from_slice(claims);
        if self.held.len() >= self.most { self.put_away() } else { Ok(()) }
    }

    fn put_away(&mut self) -> Result<()> {
        if self.files.is_empty() {
            self.files = (0..1 << BITS).map(|_| tempfile::tempfile()).collect::<Result<_, _>>().map_err(failed)?;
        }
        let mut parts: Vec<Vec<u8>> = vec![Vec::new(); self.files.len()];
        for claim in self.held.drain(..) {
            let part = usize::try_from(claim.quantity >> (u64::BITS - BITS)).unwrap_or_default();
            if let Some(part) = parts.get_mut(part) {
                part.extend_from_slice(&claim.bytes());
            }
        }
        for (file, part) in self.files.iter_mut().zip(parts) {
            file.write_all(&part).map_err(failed)?;
        }
        Ok(())
    }

    /// The hashes of quantities whose claims may disagree, in order, in lots of `most` and a few more.
    ///
    /// # Errors
    /// Temporary files that cannot be read.
    pub(crate) fn disputed(mut self, most: usize) -> Result<Vec<Vec<u64>>> {
        let mut lots: Vec<Vec<u64>> = Vec::new();
        let mut take = |claims: Vec<Claim>| {
            for quantity in disputed_of(claims) {
                match lots.last_mut() {
                    Some(lot) if lot.len() < most => lot.push(quantity),
                    _ => lots.push(vec![quantity]),
                }
            }
        };
        if self.files.is_empty() {
            take(self.held);
            return Ok(lots);
        }
        self.put_away()?;
        for file in &mut self.files {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            file.read_to_end(&mut bytes).map_err(failed)?;
            take(bytes.chunks_exact(SIZE).map(Claim::from).collect());
        }
        Ok(lots)
    }
}

/// Quantities of which two claims lie further apart than the second best print allows: two that
/// agree lie within the slack of the one that prints less.
fn disputed_of(mut claims: Vec<Claim>) -> Vec<u64> {
    claims.sort_unstable_by(|a, b| a.quantity.cmp(&b.quantity).then(a.slack.total_cmp(&b.slack)));
    let differ = |claims: &&[Claim]| {
        let Some(slack) = claims.get(1).map(|claim| claim.slack) else { return false };
        let lower = claims.iter().map(|claim| claim.lower).fold(f64::NEG_INFINITY, f64::max);
        let upper = claims.iter().map(|claim| claim.upper).fold(f64::INFINITY, f64::min);
        lower - upper > tolerance(lower, upper, slack)
    };
    let of_one = claims.chunk_by(|a, b| a.quantity == b.quantity);
    of_one.filter(differ).filter_map(|claims| claims.first().map(|claim| claim.quantity)).collect()
}

fn failed(error: std::io::Error) -> Fault {
    Fault::new(ErrorKind::Storage, "what sources say cannot be put away in a temporary file")
        .because(error)
        .help("make room where temporary files go (TMPDIR)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(quantity: u64, value: f64, slack: f64) -> Claim {
        Claim { quantity, lower: value, upper: value, slack }
    }

    fn disputed(claims: &[Claim], most: usize, lot: usize) -> Vec<Vec<u64>> {
        let mut all = Claims { most, ..Claims::default() };
        for claim in claims {
            all.add(&[*claim]).unwrap();
        }
        assert_eq!(all.files.is_empty(), most > claims.len());
        all.disputed(lot).unwrap()
    }

    #[test]
    fn what_differs_is_found_in_memory_and_put_away() {
        let claims = [
            claim(u64::MAX, 1.0, 0.5),
            claim(1, 22.3, 0.05),
            claim(7, 3.0, 0.5),
            claim(1, 22.31, 0.005),
            claim(u64::MAX, 3.0, 0.5),
            claim(9, 5.0, 0.5),
            claim(9, 5.0, 0.5),
            // `<5` and 4, `<5` and 6.
            Claim { quantity: 11, lower: f64::NEG_INFINITY, upper: 5.0, slack: 0.0 },
            claim(11, 4.0, 0.5),
            Claim { quantity: 12, lower: f64::NEG_INFINITY, upper: 5.0, slack: 0.0 },
            claim(12, 6.0, 0.5),
        ];
        for most in [2, 1_000] {
            assert_eq!(disputed(&claims, most, 10), [[12, u64::MAX]]);
            assert_eq!(disputed(&claims, most, 1), [[12], [u64::MAX]]);
        }
    }

    #[test]
    fn three_claims_are_judged_by_the_two_that_print_most() {
        // 22.3 rounds both others, which differ from each other.
        let claims = [claim(1, 22.3, 0.05), claim(1, 22.31, 0.005), claim(1, 22.34, 0.005)];
        assert_eq!(disputed(&claims, 9, 9), [[1]]);
    }
}
