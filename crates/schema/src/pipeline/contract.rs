//! `[source.contract]` and `[source.expect]`: what a source may change, and what it must hold.

use super::section::Section;

/// What becomes of a document that differs from what the mapping knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The change is taken over: read as far as it can be, with a note.
    Evolve,
    /// The source stops: exit code 5, the last good tables stay.
    Freeze,
    /// The rows that it touches go to quarantine.
    DiscardRow,
    /// The values that it touches go to quarantine; their rows stay, without them.
    DiscardValue,
}

/// What a source may change, thing by thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    /// A table (sheet, HTML or PDF table) without the header that the mapping needs.
    pub table: Policy,
    /// A column that the mapping neither reads nor ignores.
    pub column: Policy,
    /// A value that is no number.
    pub kind: Policy,
    /// A label or code that no list knows.
    pub code: Policy,
}

impl Default for Contract {
    fn default() -> Self {
        Self { table: Policy::Evolve, column: Policy::Freeze, kind: Policy::DiscardRow, code: Policy::DiscardRow }
    }
}

/// What a source must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// Fewest rows that must be published.
    pub rows_min: u64,
    /// Most rows that may be published.
    pub rows_max: Option<u64>,
    /// Largest share of what was read that may go to quarantine.
    pub quarantine_max: f64,
    /// Most values that may go to quarantine.
    pub quarantine_rows_max: Option<u64>,
}

impl Default for Expect {
    fn default() -> Self {
        Self { rows_min: 1, rows_max: None, quarantine_max: 0.05, quarantine_rows_max: None }
    }
}

impl Contract {
    pub(super) fn read(section: Section<'_, '_>) -> Self {
        const FREEZE: (&str, Policy) = ("freeze", Policy::Freeze);
        const EVOLVE: (&str, Policy) = ("evolve", Policy::Evolve);
        const ROW: (&str, Policy) = ("discard-row", Policy::DiscardRow);
        const VALUE: (&str, Policy) = ("discard-value", Policy::DiscardValue);
        let default = Self::default();
        let contract = Self {
            table: section.one_of("table", &[FREEZE, EVOLVE]).unwrap_or(default.table),
            column: section.one_of("column", &[FREEZE, EVOLVE]).unwrap_or(default.column),
            kind: section.one_of("type", &[FREEZE, ROW, VALUE]).unwrap_or(default.kind),
            code: section.one_of("code", &[FREEZE, ROW, VALUE]).unwrap_or(default.code),
        };
        section.finish();
        contract
    }
}

impl Expect {
    pub(super) fn read(section: Section<'_, '_>) -> Self {
        let default = Self::default();
        let quarantine_max = section.parsed("quarantine_max", |text| {
            let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
            percent
                .filter(|p| (0.0..=100.0).contains(p))
                .map(|p| p / 100.0)
                .ok_or("must be a percentage such as \"0.5 %\"")
        });
        let expect = Self {
            rows_min: section.number("rows_min", 0..=u64::MAX).unwrap_or(default.rows_min),
            rows_max: section.number("rows_max", 0..=u64::MAX),
            quarantine_max: quarantine_max.unwrap_or(default.quarantine_max),
            quarantine_rows_max: section.number("quarantine_rows_max", 0..=u64::MAX),
        };
        section.finish();
        expect
    }
}
