//! Parquet's hybrid of run lengths and bit packing (RLE in the format's encodings document), for
//! numbers of up to 32 bits.

/// Numbers are packed in groups of this many.
const GROUP: usize = 8;

/// The bits that numbers below `count` need.
pub(super) fn width_of(count: usize) -> u8 {
    let most = u64::try_from(count.saturating_sub(1)).unwrap_or(u64::MAX);
    // At most 64.
    u8::try_from(u64::BITS - most.leading_zeros()).unwrap_or(u8::MAX)
}

/// Appends `numbers`, each of `width` bits, to `out`. Which of them stand in runs depends on the numbers
/// alone.
pub(super) fn encode(numbers: &[u32], width: u8, out: &mut Vec<u8>) {
    let mut packed = Packed { width, groups: 0, header: 0 };
    // A run that groups of eight equal numbers have begun.
    let (mut run, mut length) = (0, 0);
    let (groups, rest) = numbers.as_chunks::<GROUP>();
    for group in groups {
        let first = group[0];
        let same = group.iter().all(|number| *number == first);
        if length > 0 && same && first == run {
            length += GROUP;
            continue;
        }
        if length > 0 {
            put_run(run, length, width, out);
            length = 0;
        }
        if same {
            packed.end(out);
            (run, length) = (first, GROUP);
        } else {
            packed.put(group, out);
        }
    }
    if length > 0 {
        if rest.iter().all(|number| *number == run) {
            put_run(run, length + rest.len(), width, out);
            return;
        }
        put_run(run, length, width, out);
    }
    if !rest.is_empty() {
        let mut group = [0; GROUP];
        for (place, number) in group.iter_mut().zip(rest) {
            *place = *number;
        }
        // Readers know how many numbers there are and leave the zeros behind them.
        packed.put(&group, out);
    }
    packed.end(out);
}

/// Appends a run of one number.
pub(super) fn put_run(number: u32, length: usize, width: u8, out: &mut Vec<u8>) {
    put_varint((length as u64) << 1, out);
    let bytes = number.to_le_bytes();
    out.extend_from_slice(bytes.get(..usize::from(width.div_ceil(8))).unwrap_or(&bytes));
}

fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(low(number & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(low(number));
}

/// A stretch of packed groups. Its header, which says how many there are, stands in front.
struct Packed {
    width: u8,
    groups: u64,
    header: usize,
}

/// Most groups in one stretch: their number fits two bytes of header.
const STRETCH: u64 = 63 + 64 * 127;

impl Packed {
    fn put(&mut self, group: &[u32; GROUP], out: &mut Vec<u8>) {
        if self.groups == 0 {
            self.header = out.len();
            out.extend_from_slice(&[0, 0]);
        }
        pack(group, self.width, out);
        self.groups += 1;
        if self.groups == STRETCH {
            self.end(out);
        }
    }

    fn end(&mut self, out: &mut [u8]) {
        if self.groups == 0 {
            return;
        }
        let header = self.groups << 1 | 1;
        // Two bytes whatever the number: a varint may have leading zeros.
        if let Some([first, second]) = out.get_mut(self.header..self.header + 2) {
            *first = low(header & 0x7f) | 0x80;
            *second = low(header >> 7);
        }
        self.groups = 0;
    }
}

/// Eight numbers of `width` bits take `width` bytes.
fn pack(group: &[u32; GROUP], width: u8, out: &mut Vec<u8>) {
    let bits = u32::from(width);
    if bits <= 16 {
        let all = group.iter().rev().fold(0_u128, |all, number| all << bits | u128::from(*number));
        out.extend_from_slice(all.to_le_bytes().get(..usize::from(width)).unwrap_or_default());
        return;
    }
    let (mut held, mut bits) = (0_u64, 0);
    for number in group {
        held |= u64::from(*number) << bits;
        bits += u32::from(width);
        while bits >= 8 {
            out.push(low(held));
            held >>= 8;
            bits -= 8;
        }
    }
}

fn low(number: u64) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A reader as the format's document describes it.
    fn decode(bytes: &[u8], width: u8, count: usize) -> Vec<u32> {
        let (mut at, mut out) = (0, Vec::new());
        while out.len() < count {
            let (mut header, mut shift) = (0_u64, 0);
            loop {
                let byte = bytes[at];
                at += 1;
                header |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            let whole = usize::from(width.div_ceil(8));
            if header & 1 == 0 {
                let mut number = [0; 4];
                number[..whole].copy_from_slice(&bytes[at..at + whole]);
                at += whole;
                out.extend(std::iter::repeat_n(u32::from_le_bytes(number), usize::try_from(header >> 1).unwrap()));
            } else {
                let bit = |bit: usize| u32::from(bytes[at + bit / 8] >> (bit % 8) & 1);
                let numbers = usize::try_from(header >> 1).unwrap() * GROUP;
                let width = usize::from(width);
                out.extend((0..numbers).map(|n| (0..width).map(|b| bit(n * width + b) << b).sum::<u32>()));
                at += numbers * width / 8;
            }
        }
        assert_eq!(at, bytes.len());
        out.truncate(count);
        out
    }

    #[test]
    fn widths() {
        assert_eq!([0, 1, 2, 3, 4, 5, 256, 257].map(width_of), [0, 0, 1, 2, 2, 3, 8, 9]);
    }

    #[test]
    fn long_stretches_are_parted() {
        let numbers: Vec<u32> = (0..70_000).collect();
        let mut bytes = Vec::new();
        encode(&numbers, 17, &mut bytes);
        assert_eq!(decode(&bytes, 17, numbers.len()), numbers);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            runs in prop::collection::vec((any::<u32>(), 1_usize..40), 0..30), width in 0_u8..=32,
        ) {
            let most = if width == 32 { u32::MAX } else { (1 << width) - 1 };
            let numbers: Vec<u32> =
                runs.into_iter().flat_map(|(number, count)| std::iter::repeat_n(number & most, count)).collect();
            let mut bytes = Vec::new();
            encode(&numbers, width, &mut bytes);
            prop_assert_eq!(decode(&bytes, width, numbers.len()), numbers);
        }
    }
}
