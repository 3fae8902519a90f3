//! `[source.contract]` and `[source.expect]`: what a source may change, and what it must hold.

use super::section::Section;
use crate::digest::{Digest, Hasher};

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
    /// Fewest rows of `observation` in each period that has any.
    pub rows_per_period_min: Option<u64>,
    /// Most rows of `observation` in one period.
    pub rows_per_period_max: Option<u64>,
    /// Least value of an observation: what is below is refused.
    pub value_min: Option<f64>,
    /// Greatest value of an observation: what is above is refused.
    pub value_max: Option<f64>,
}

impl Default for Expect {
    fn default() -> Self {
        Self {
            rows_min: 1,
            rows_max: None,
            quarantine_max: 0.05,
            quarantine_rows_max: None,
            rows_per_period_min: None,
            rows_per_period_max: None,
            value_min: None,
            value_max: None,
        }
    }
}

/// Words of the policies.
const POLICIES: [(&str, Policy); 4] = [
    ("evolve", Policy::Evolve),
    ("freeze", Policy::Freeze),
    ("discard-row", Policy::DiscardRow),
    ("discard-value", Policy::DiscardValue),
];

/// Why a thing cannot have a policy in rows of a table; none where it can.
fn impossible(thing: &str, policy: Policy, table: &str) -> Option<&'static str> {
    let observed = table == "observation";
    match (thing, policy) {
        ("table", Policy::DiscardRow | Policy::DiscardValue) => Some(
            "nothing says what the rows and values of a table without the needed header are; `evolve` leaves it \
             out with a note, `freeze` stops",
        ),
        ("column", Policy::DiscardRow) => Some(
            "a column that is new has a value in every row, so that all would go; `discard-value` counts its values \
             as ignored, `freeze` stops",
        ),
        ("type", Policy::Evolve) if !observed => {
            Some("a column of this table has one type; `discard-value` leaves what is of another type empty")
        }
        ("code", Policy::Evolve) => Some(
            "codes of published rows stand in a list, so that a label without a code cannot be one; add it to the \
             list, or use `discard-row`",
        ),
        ("code", Policy::DiscardValue) if observed => {
            Some("its codes name an observation: without one it would be another; use `discard-row`")
        }
        _ => None,
    }
}

impl Contract {
    /// The digest of a source's part of the file, with the policies that stand elsewhere in it.
    pub(super) fn part_of(self, part: Digest) -> Digest {
        if self == Self::default() {
            return part;
        }
        let mut hasher = Hasher::default();
        hasher.part("part", part.as_bytes()).part("contract", format!("{self:?}"));
        hasher.finish()
    }

    /// Reads the policies for rows of a table; what is not said is as in `default`.
    ///
    /// Every thing has every policy but those that mean nothing for it, which are refused with the
    /// reason. See README.
    pub(super) fn read(section: Section<'_, '_>, table: &str, default: Self) -> Self {
        let policy = |thing: &'static str, default: Policy| {
            let Some(policy) = section.one_of(thing, &POLICIES) else { return default };
            let Some(why) = impossible(thing, policy, table) else { return policy };
            let word = POLICIES.iter().find(|(_, other)| *other == policy).map_or("", |(word, _)| word);
            let span = section.value(thing).map_or_else(|| section.span(), toml::Spanned::span);
            let message = format!("`{thing}` cannot be `{word}` for rows of `{table}`");
            section.findings().report(span, message, Some(why.to_owned()));
            default
        };
        let contract = Self {
            table: policy("table", default.table),
            column: policy("column", default.column),
            kind: policy("type", default.kind),
            code: policy("code", default.code),
        };
        section.finish();
        contract
    }
}

impl Expect {
    /// Reads what rows of a table must hold. What is asked of values and periods is asked of observations.
    pub(super) fn read(section: Section<'_, '_>, table: &str) -> Self {
        let default = Self::default();
        if table != "observation" {
            for key in ["rows_per_period_min", "rows_per_period_max", "value_min", "value_max"] {
                if let Some(value) = section.value(key) {
                    let message = format!("`{key}` is for observations, and the source gives rows of `{table}`");
                    section.findings().report(value.span(), message, None);
                }
            }
        }
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
            rows_per_period_min: section.number("rows_per_period_min", 0..=u64::MAX),
            rows_per_period_max: section.number("rows_per_period_max", 0..=u64::MAX),
            value_min: section.real("value_min"),
            value_max: section.real("value_max"),
        };
        let crossed = match (expect.value_min, expect.value_max) {
            (Some(min), Some(max)) => min > max,
            _ => false,
        };
        if crossed {
            let message = "`value_min` is above `value_max`: every value would be refused";
            section.findings().report(section.span(), message, None);
        }
        section.finish();
        expect
    }
}
