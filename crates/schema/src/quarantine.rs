//! Reason codes of quarantined rows. They are stable: scripts and replays depend on them.

use std::fmt;

/// Why a row (or one value of it) was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The value does not parse as the column's type.
    BadValue,
    /// A value stands outside its allowed range or pattern.
    OutOfRange,
    /// A code or label is not in the code list.
    UnknownCode,
    /// A value that must be there is missing.
    MissingValue,
    /// The row repeats the key and the value of an earlier row.
    DuplicateRow,
    /// The row has the same key as another row with a different value.
    DuplicateKey,
    /// The record has more or fewer fields than the header.
    RaggedRow,
    /// A quoted field is not closed.
    UnclosedQuote,
    /// Bytes that are not valid in the file's encoding.
    BadEncoding,
    /// The period cannot be read or is impossible.
    BadPeriod,
}

impl Reason {
    /// Every reason, for documentation and tests.
    pub const ALL: [Self; 10] = [
        Self::BadValue,
        Self::OutOfRange,
        Self::UnknownCode,
        Self::MissingValue,
        Self::DuplicateRow,
        Self::DuplicateKey,
        Self::RaggedRow,
        Self::UnclosedQuote,
        Self::BadEncoding,
        Self::BadPeriod,
    ];

    /// The stable code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadValue => "bad-value",
            Self::OutOfRange => "out-of-range",
            Self::UnknownCode => "unknown-code",
            Self::MissingValue => "missing-value",
            Self::DuplicateRow => "duplicate-row",
            Self::DuplicateKey => "duplicate-key",
            Self::RaggedRow => "ragged-row",
            Self::UnclosedQuote => "unclosed-quote",
            Self::BadEncoding => "bad-encoding",
            Self::BadPeriod => "bad-period",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct() {
        let codes: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|r| r.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
    }
}
