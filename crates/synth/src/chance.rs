//! Chance without a state: the same seed, purpose and number give the same draw, in any order and on any thread.

/// What is drawn. Each purpose has draws of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Draw {
    Database = 1,
    Issuer,
    Status,
    Expiry,
    Deny,
    Entered,
    Fate,
    Record,
    Spelling,
    Misread,
    Asker,
    Asked,
    Purpose,
    Person,
    Born,
    Slip,
}

/// A draw of 64 bits (`SplitMix64`, Steele, Lea, Flood 2014, of three words mixed).
pub(crate) fn draw(seed: u64, what: Draw, number: u64) -> u64 {
    let mut z = seed ^ (what as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd134_2543_de82_ef95);
    for _ in 0..2 {
        z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
    }
    z
}

/// A draw below a bound, which is not 0: the high half of a product, as even as 64 bits allow.
pub(crate) fn below(seed: u64, what: Draw, number: u64, bound: u64) -> u64 {
    let product = u128::from(draw(seed, what, number)) * u128::from(bound);
    u64::try_from(product >> 64).unwrap_or(0)
}

/// Which of these shares of a million is drawn; the last where they do not sum up to it.
pub(crate) fn choice(seed: u64, what: Draw, number: u64, shares: impl IntoIterator<Item = u64>) -> usize {
    let mut rest = below(seed, what, number, 1_000_000);
    let mut last = 0;
    for (at, share) in shares.into_iter().enumerate() {
        if rest < share {
            return at;
        }
        rest -= share;
        last = at;
    }
    last
}
