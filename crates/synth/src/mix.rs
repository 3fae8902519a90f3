//! The mix: which databases records are of, what checks ask for, and what becomes of them.

/// A database with the share of records in a million, and the kind of key that its records have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Database {
    pub(crate) code: &'static str,
    pub(crate) kind: &'static str,
    /// Records in a million. Published: SLTD about 99 of 126 million, SMV about 7.3, IARMS 1.4, WOA 0.05 million. Those of
    /// SAD, NOT, and SVD are placeholders.
    pub(crate) records: u64,
    /// Checks in a million; names, which no key answers, are left out.
    pub(crate) checks: u64,
}

/// The databases. The first takes what the others leave.
pub(crate) const DATABASES: [Database; 9] = [
    Database { code: "SLTD", kind: "travel-document", records: 808_600, checks: 806_000 },
    Database { code: "SAD", kind: "administrative-document", records: 80_000, checks: 24_000 },
    Database { code: "SMV", kind: "vin", records: 40_000, checks: 86_000 },
    Database { code: "SMV", kind: "plate", records: 15_000, checks: 44_000 },
    Database { code: "SMV", kind: "engine-number", records: 5_000, checks: 3_000 },
    Database { code: "NOT", kind: "notice", records: 39_000, checks: 21_000 },
    Database { code: "IARMS", kind: "firearm-serial", records: 11_000, checks: 14_000 },
    Database { code: "WOA", kind: "work-of-art", records: 400, checks: 1_000 },
    Database { code: "SVD", kind: "vessel", records: 1_000, checks: 1_000 },
];

/// Forty issuers, codes of ISO 3166-1; the first ones enter and ask more, as in the published figures.
pub(crate) const ISSUERS: [&str; 40] = [
    "FR", "DE", "IT", "ES", "GB", "US", "BR", "MX", "AR", "CL", "CO", "PE", "BE", "NL", "PL", "RO", "GR", "PT", "TR",
    "UA", "IN", "PH", "ID", "MY", "TH", "ZA", "NG", "KE", "MA", "DZ", "TN", "EG", "CA", "AU", "NZ", "JP", "KR", "EC",
    "BO", "UY",
];

/// Checks in a million that hit: 283,000 of 1.3 billion (INTERPOL, first quarter of 2023) are 218.
pub(crate) const HITS: u64 = 218;
/// Checks in a million of every other fate: five to ten times as many decoys as hits.
pub(crate) const MISREAD: u64 = 1_200;
pub(crate) const OTHER_ISSUER: u64 = 600;
pub(crate) const EXPIRED: u64 = 250;
pub(crate) const WITHDRAWN: u64 = 250;
pub(crate) const DENIED: u64 = 100;
pub(crate) const JUNK: u64 = 2_000;
pub(crate) const SLIP: u64 = 600;

/// Records in a million that their owner withdrew.
pub(crate) const RECORDS_WITHDRAWN: u64 = 10_000;
/// Records in a million whose last day has passed.
pub(crate) const RECORDS_EXPIRED: u64 = 20_000;
/// Records in a million that one country may not see.
pub(crate) const RECORDS_DENIED: u64 = 5_000;

/// What stands where a key should, and is none.
pub(crate) const NO_KEYS: [&str; 7] = ["UNKNOWN", "000000000", "N/A", "TEST", "-", "XXXXXXXXX", "NONE"];

/// The first day of the quarter in which checks are asked, 1 January 2026, in days since 1970-01-01, and how many days it
/// has.
pub(crate) const ASKED_FROM: i32 = 20_454;
pub(crate) const ASKED_DAYS: u64 = 80;
