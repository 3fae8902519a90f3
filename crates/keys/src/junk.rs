//! Texts that stand where a key should and name no object. They are reported, never indexed: as
//! keys they would join every unknown passport with every other.

/// Why a text names no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JunkReason {
    /// Nothing is left of it.
    Empty,
    /// Zeros only.
    Zeros,
    /// One letter.
    OneLetter,
    /// One character, repeated.
    Run,
    /// A word for "not known" or "not real".
    Placeholder,
}

/// Words that stand for "not known" or "not real", in normal form.
const PLACEHOLDERS: [&str; 5] = ["UNKNOWN", "UNK", "NONE", "NA", "TEST"];

/// Why a normal form is junk, if it is.
pub(crate) fn judge(normal: &str) -> Option<JunkReason> {
    let mut chars = normal.chars();
    let Some(first) = chars.next() else { return Some(JunkReason::Empty) };
    if chars.all(|c| c == first) {
        return Some(match first {
            '0' => JunkReason::Zeros,
            'A'..='Z' if normal.len() == 1 => JunkReason::OneLetter,
            _ => JunkReason::Run,
        });
    }
    PLACEHOLDERS.contains(&normal).then_some(JunkReason::Placeholder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason() {
        assert_eq!(judge(""), Some(JunkReason::Empty));
        assert_eq!(judge("0000"), Some(JunkReason::Zeros));
        assert_eq!(judge("X"), Some(JunkReason::OneLetter));
        assert_eq!(judge("7"), Some(JunkReason::Run));
        assert_eq!(judge("AAAA"), Some(JunkReason::Run));
        assert_eq!(judge("NA"), Some(JunkReason::Placeholder));
        assert_eq!(judge("NA1"), None);
        assert_eq!(judge("00001"), None);
    }
}
