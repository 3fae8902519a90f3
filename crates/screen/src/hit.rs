//! Rows of table `hit`, and how they differ from those of the run before.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use polars::prelude::{Column, DataFrame, IntoColumn, IntoSeries as _, NamedFrom, Series, StringChunkedBuilder};
use quipu_engine::Hit;
use quipu_schema::marking::Marking;
use quipu_schema::{ErrorKind, Fault, Result, table};

use crate::RULE_VERSION;
use crate::frame::{bug, polars, text};

/// The key of table `hit`: check and record.
pub(crate) type Pair = (String, String);

/// The present markings of checks and records, by their ids, of hits that are gone.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    pub(crate) checks: BTreeMap<String, Marking>,
    pub(crate) records: BTreeMap<String, Marking>,
}

/// One row of the run before.
struct Before {
    database: String,
    key_kind: String,
    key: String,
    grade: String,
    score: f64,
    state: String,
    marking: Marking,
}

/// The finished table, sorted by its key, with a row for every match of now (`new` or
/// `unchanged`) and one for every match of the run before that is gone (`withdrawn`). A row that
/// was withdrawn in the run before is not told again: `change` is against that run.
///
/// `lost` gives the present markings of checks and records, where they are still there: a row about a lost match must
/// not be open when the record has become secret.
pub(crate) fn table_of(
    hits: &[Hit],
    previous: Option<&DataFrame>,
    snapshots: (&str, &str),
    lost: impl Fn(&BTreeSet<Pair>) -> Result<Lost>,
) -> Result<DataFrame> {
    let mut before = previous.map(read_previous).transpose()?.unwrap_or_default();
    let mut rows: Vec<Row> = hits
        .iter()
        .map(|hit| {
            let known = (!before.is_empty()).then(|| before.remove(&(hit.check_id.clone(), hit.record_id.clone())));
            Row::of_match(hit, known.flatten().as_ref())
        })
        .collect();
    let mut gone: Vec<(Pair, Before)> = Vec::new();
    if !before.is_empty() {
        let present = lost(&before.keys().cloned().collect())?;
        for (pair, mut row) in before {
            for marking in [present.checks.get(&pair.0), present.records.get(&pair.1)].into_iter().flatten() {
                row.marking = row.marking.strictest(*marking);
            }
            gone.push((pair, row));
        }
    }
    rows.extend(gone.iter().map(|(pair, row)| Row::of_lost(pair, row)));
    rows.sort_unstable_by_key(|row| (row.check_id, row.record_id));
    finished(&rows, snapshots)
}

/// The matches of the run before, without those that it withdrew.
fn read_previous(frame: &DataFrame) -> Result<BTreeMap<Pair, Before>> {
    let scores = frame.column("score").and_then(|c| c.f64()).map_err(polars)?;
    let columns = ["check_id", "record_id", "database", "key_kind", "key", "grade", "change", "state", "marking"]
        .map(|name| text(frame, name));
    let [check_id, record_id, database, key_kind, key, grade, change, state, marking] = columns;
    let (check_id, record_id, change, state) = (check_id?, record_id?, change?, state?);
    let (database, key_kind, key, grade, marking) = (database?, key_kind?, key?, grade?, marking?);
    let mut before = BTreeMap::new();
    for row in 0..frame.height() {
        if change.get(row) == Some("withdrawn") {
            continue;
        }
        let owned = |column: &polars::prelude::StringChunked| column.get(row).unwrap_or_default().to_owned();
        let known = Before {
            database: owned(database),
            key_kind: owned(key_kind),
            key: owned(key),
            grade: owned(grade),
            score: scores.get(row).unwrap_or_default(),
            state: owned(state),
            marking: parse_marking(marking.get(row), "hit")?,
        };
        before.insert((owned(check_id), owned(record_id)), known);
    }
    Ok(before)
}

/// Reads a marking that a contract vouched for.
pub(crate) fn parse_marking(text: Option<&str>, table: &str) -> Result<Marking> {
    text.unwrap_or_default().parse().map_err(|error: quipu_schema::marking::NotAMarking| {
        Fault::new(ErrorKind::Contract, "a row has no readable marking, so nobody may see it")
            .at(format!("{table}.marking"))
            .because(error)
    })
}

/// A row of the table.
struct Row<'a> {
    check_id: &'a str,
    record_id: &'a str,
    database: &'a str,
    key_kind: &'a str,
    key: &'a str,
    grade: &'a str,
    score: f64,
    reasons: String,
    change: &'static str,
    state: Cow<'a, str>,
    marking: Marking,
}

impl<'a> Row<'a> {
    fn of_match(hit: &'a Hit, known: Option<&Before>) -> Self {
        Self {
            check_id: &hit.check_id,
            record_id: &hit.record_id,
            database: &hit.database,
            key_kind: hit.key_kind,
            key: &hit.key,
            grade: hit.grade.word(),
            score: hit.grade.score(),
            reasons: hit.reasons.join(";"),
            change: if known.is_some() { "unchanged" } else { "new" },
            // A person's decision outlives the runs after it.
            state: known.map_or(Cow::Borrowed("candidate"), |known| Cow::Owned(known.state.clone())),
            marking: hit.marking.0,
        }
    }

    /// Why it is gone is not told: "the owner denied it" would show what the owner hides.
    fn of_lost((check_id, record_id): &'a Pair, known: &'a Before) -> Self {
        Self {
            check_id,
            record_id,
            database: &known.database,
            key_kind: &known.key_kind,
            key: &known.key,
            grade: &known.grade,
            score: known.score,
            reasons: "no-longer-matches".to_owned(),
            change: "withdrawn",
            state: Cow::Borrowed("withdrawn"),
            marking: known.marking,
        }
    }
}

fn finished(rows: &[Row], (records, checks): (&str, &str)) -> Result<DataFrame> {
    let definition = table::find("hit").ok_or_else(|| bug("no table `hit`"))?;
    let column = |name: &str| -> Result<Column> {
        let texts = |of: &dyn Fn(&Row, &mut String)| -> Series {
            let mut out = StringChunkedBuilder::new(name.into(), rows.len());
            let mut text = String::new();
            for row in rows {
                text.clear();
                of(row, &mut text);
                out.append_value(&text);
            }
            out.finish().into_series()
        };
        let series = match name {
            "check_id" => texts(&|row, text| text.push_str(row.check_id)),
            "record_id" => texts(&|row, text| text.push_str(row.record_id)),
            "database" => texts(&|row, text| text.push_str(row.database)),
            "key_kind" => texts(&|row, text| text.push_str(row.key_kind)),
            "key" => texts(&|row, text| text.push_str(row.key)),
            "grade" => texts(&|row, text| text.push_str(row.grade)),
            "score" => Series::new(name.into(), rows.iter().map(|row| row.score).collect::<Vec<f64>>()),
            "reasons" => texts(&|row, text| text.push_str(&row.reasons)),
            "change" => texts(&|row, text| text.push_str(row.change)),
            "state" => texts(&|row, text| text.push_str(&row.state)),
            "record_snapshot" => texts(&|_, text| text.push_str(records)),
            "check_snapshot" => texts(&|_, text| text.push_str(checks)),
            "rule_version" => texts(&|_, text| text.push_str(RULE_VERSION)),
            "marking" => texts(&|row, text| {
                let _ = write!(text, "{}", row.marking);
            }),
            other => return Err(bug(format!("column `{other}` of table `hit` is not filled"))),
        };
        Ok(series.into_column())
    };
    let columns = definition.all_columns().map(|c| column(c.name)).collect::<Result<Vec<Column>>>()?;
    DataFrame::new(rows.len(), columns).map_err(polars)
}
