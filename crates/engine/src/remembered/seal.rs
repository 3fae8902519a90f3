//! How an old check is sealed: under its own key, so that only a record of the same number opens it.
//!
//! Everything hangs on one secret. From it and the number of a check come a digest, by which the check is found, and a key
//! of its own, under which it is sealed; without the number, whoever has the secret has to try numbers one by one, as with
//! any keyed digest. The tag of a sealed check is made of its content and is also what the key stream starts from (a
//! synthetic initialisation vector, as in RFC 5297), so that equal checks are equal bytes and nothing has to be random.

use std::fmt;

/// Bytes of a tag.
const TAG: usize = 8;
/// What the first byte says of what is hashed under the key of a check.
const OF_TAG: u8 = 0;
const OF_STREAM: u8 = 1;

/// The secret under which checks are remembered, and numbers that are secrets themselves are looked up and shown.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// From a text of any length.
    pub fn of(text: &[u8]) -> Self {
        Self(blake3::derive_key("quipu 2026-11 checks remembered for later records", text))
    }
}

impl Secret {
    /// What a secret number is looked up by.
    pub(crate) fn number(&self, folded: &[u8]) -> u64 {
        let hash = self.keyed(b"look up", folded);
        hash.as_bytes().first_chunk::<8>().map_or(0, |number| u64::from_le_bytes(*number))
    }

    /// What is shown in the place of a secret number: 128 bits of a keyed digest, and the last four characters.
    pub(crate) fn shown(&self, normal: &str) -> String {
        let digest = self.keyed(b"show", normal.as_bytes()).to_hex();
        let last = normal.chars().count().saturating_sub(4);
        let (digest, last): (String, String) = (digest.chars().take(32).collect(), normal.chars().skip(last).collect());
        format!("{digest}:{last}")
    }

    /// What tells this secret from others, and nothing else of it.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.keyed(b"fingerprint", b"").into()
    }

    fn keyed(&self, of: &[u8], text: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.0).update(of).update(&[0]).update(text).finalize()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The keys that come from a secret.
pub(crate) struct Seal {
    find: [u8; 32],
    open: [u8; 32],
    whole: [u8; 32],
}

impl Seal {
    pub(crate) fn new(secret: &Secret) -> Self {
        let key = |of: &[u8]| blake3::keyed_hash(&secret.0, of).into();
        Self { find: key(b"find"), open: key(b"open"), whole: key(b"whole") }
    }

    /// By what a check of this number is found.
    pub(crate) fn digest(&self, number: u64) -> u64 {
        let hash = blake3::keyed_hash(&self.find, &number.to_le_bytes());
        hash.as_bytes().first_chunk::<8>().map_or(0, |digest| u64::from_le_bytes(*digest))
    }

    /// The key of all checks of this number.
    pub(crate) fn key(&self, number: u64) -> NumberKey {
        NumberKey(blake3::keyed_hash(&self.open, &number.to_le_bytes()).into())
    }

    /// Vouches for bytes that are not sealed one by one.
    pub(crate) fn vouch(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.whole);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        hasher.finalize().into()
    }
}

/// What opens the checks of one number.
pub(crate) struct NumberKey([u8; 32]);

impl NumberKey {
    /// Adds a sealed content to `out`.
    pub(crate) fn seal(&self, content: &[u8], out: &mut Vec<u8>) {
        let tag = self.tag(content);
        out.extend_from_slice(&tag);
        let from = out.len();
        out.extend_from_slice(content);
        self.cross(tag, out.get_mut(from..).unwrap_or_default());
    }

    /// The content of what was sealed; `None` where it was sealed under another key, or changed.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (tag, content) = sealed.split_first_chunk::<TAG>()?;
        let mut content = content.to_vec();
        self.cross(*tag, &mut content);
        (self.tag(&content) == *tag).then_some(content)
    }

    fn tag(&self, content: &[u8]) -> [u8; TAG] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        let hash = hasher.update(&[OF_TAG]).update(content).finalize();
        hash.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// Crosses bytes with the stream that starts from a tag, one way and the other.
    fn cross(&self, tag: [u8; TAG], bytes: &mut [u8]) {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        let mut stream = hasher.update(&[OF_STREAM]).update(&tag).finalize_xof();
        let mut block = [0; 64];
        for bytes in bytes.chunks_mut(block.len()) {
            stream.fill(&mut block);
            bytes.iter_mut().zip(&block).for_each(|(byte, with)| *byte ^= with);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_the_same_number_under_the_same_secret_opens(
            content in proptest::collection::vec(any::<u8>(), 0..200),
            number: u64,
            other: u64,
            at: usize,
        ) {
            let seal = Seal::new(&Secret::of(b"one"));
            let mut sealed = Vec::new();
            seal.key(number).seal(&content, &mut sealed);
            prop_assert_eq!(seal.key(number).open(&sealed), Some(content.clone()));
            if content.len() > 8 {
                prop_assert!(!sealed.windows(content.len()).any(|bytes| bytes == content));
            }
            prop_assert_eq!(seal.key(other).open(&sealed).is_some(), other == number);
            let another = Seal::new(&Secret::of(b"two"));
            prop_assert_eq!(another.key(number).open(&sealed), None);
            prop_assert_ne!(seal.digest(number), another.digest(number));
            // One bit changed anywhere.
            let at = at % sealed.len();
            sealed[at] ^= 1;
            prop_assert_eq!(seal.key(number).open(&sealed), None);
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(format!("{:?}", Secret::of(b"hush")), "Secret(…)");
    }
}
