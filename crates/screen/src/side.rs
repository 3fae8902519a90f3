//! One side of the match: the rows of `record` or `check` with their keys in normal form.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};
use quipu_schema::Result;

use crate::country::Countries;
use crate::frame::{bug, polars, text};
use crate::key::{self, CheckState, Key, KeyKind};

/// Column of row numbers in [`Side::keys`].
pub(crate) const ROW: &str = "row";
/// Columns on which both sides meet.
pub(crate) const MEET: [&str; 3] = ["kind", "issuer", "key"];
/// Columns on which both sides meet where an issuer is missing.
pub(crate) const MEET_WITHOUT_ISSUER: [&str; 2] = ["kind", "key"];

/// Whether a row's key takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It does.
    Usable,
    /// The pipeline does not screen its kind.
    KindNotScreened,
    /// It names no object.
    Junk,
    /// It cannot be a key of its kind.
    NotAKey,
}

impl Standing {
    /// The rule's word in tallies and notes; `None` where the key takes part.
    pub(crate) const fn rule(self) -> Option<&'static str> {
        match self {
            Self::Usable => None,
            Self::KindNotScreened => Some("kind-not-screened"),
            Self::Junk => Some("junk-key"),
            Self::NotAKey => Some("not-a-key"),
        }
    }
}

/// The rows of one table with their keys in normal form.
pub(crate) struct Side {
    /// One per row.
    pub(crate) standing: Vec<Standing>,
    /// The usable keys: `row`, `kind`, `issuer` (null where it is part of the key and missing, empty
    /// where it is no part of the key), `key`. A null issuer meets nothing in a join.
    pub(crate) keys: DataFrame,
}

impl Side {
    /// Reads `key_kind`, `key_raw` and `issuer`.
    pub(crate) fn read(frame: &DataFrame, kinds: &[String], countries: &Countries) -> Result<Self> {
        let (kind, raw, issuer) = (text(frame, "key_kind")?, text(frame, "key_raw")?, text(frame, "issuer")?);
        let mut standing = Vec::with_capacity(frame.height());
        let (mut rows, mut kind_of, mut issuers, mut keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        // Millions of rows name a few dozen issuers: each spelling is looked up once.
        let mut codes: BTreeMap<&str, Option<String>> = BTreeMap::new();
        for (row, ((kind, raw), issuer)) in kind.iter().zip(raw.iter()).zip(issuer.iter()).enumerate() {
            let Some((number, kind)) = screened(kind.unwrap_or_default(), kinds) else {
                standing.push(Standing::KindNotScreened);
                continue;
            };
            let key = kind.normalise(raw.unwrap_or_default(), issuer);
            let how = judged(&key);
            standing.push(how);
            if how != Standing::Usable {
                continue;
            }
            rows.push(u32::try_from(row).map_err(|_| bug("more than 4,294,967,295 rows in one table"))?);
            kind_of.push(number);
            issuers.push(if kind.needs_issuer() {
                let column = issuer.filter(|raw| !raw.trim().is_empty());
                match (column, key.issuer) {
                    (Some(raw), _) => codes.entry(raw).or_insert_with(|| countries.code(Some(raw))).clone(),
                    // The lines of a machine-readable zone say it themselves.
                    (None, stated) => countries.code(stated.as_deref()),
                }
            } else {
                Some(String::new())
            });
            keys.push(key.normal);
        }
        let columns: Vec<Column> = vec![
            Series::new(ROW.into(), rows).into_column(),
            Series::new("kind".into(), kind_of).into_column(),
            Series::new("issuer".into(), issuers).into_column(),
            Series::new("key".into(), keys).into_column(),
        ];
        let keys = DataFrame::new_infer_height(columns).map_err(polars)?;
        Ok(Self { standing, keys })
    }

    /// The usable keys whose issuer is missing although it is part of the key.
    pub(crate) fn without_issuer(&self) -> Result<DataFrame> {
        let missing = text(&self.keys, "issuer")?;
        self.keys.filter(&polars::prelude::ChunkedArray::is_null(missing)).map_err(polars)
    }
}

/// What a hit has to say of the spelling of one side's key.
pub(crate) fn remarks(kind: &dyn KeyKind, raw: &str, issuer: Option<&str>) -> (Key, Vec<&'static str>) {
    let key = kind.normalise(raw, issuer);
    let mut words = Vec::new();
    match key.check {
        CheckState::Holds => words.push("check-digit-holds"),
        CheckState::Fails => words.push("check-digit-fails"),
        CheckState::NotApplicable => {}
    }
    if key.dropped > 0 {
        words.push("characters-dropped");
    }
    if key.repaired {
        words.push("misread-characters-mended");
    }
    (key, words)
}

/// The kind of this name and its place among all kinds, where the pipeline screens it.
fn screened(name: &str, kinds: &[String]) -> Option<(u32, &'static dyn KeyKind)> {
    if !kinds.iter().any(|kind| kind == name) {
        return None;
    }
    (0_u32..).zip(key::ALL.iter().copied()).find(|(_, kind)| kind.name() == name)
}

fn judged(key: &Key) -> Standing {
    if key.junk.is_some() {
        Standing::Junk
    } else if key.not_a_key.is_some() {
        Standing::NotAKey
    } else {
        Standing::Usable
    }
}
