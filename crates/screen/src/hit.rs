//! Rows of table `hit`, and how they differ from those of the run before.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};
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
    hits: Vec<Hit>,
    previous: Option<&DataFrame>,
    snapshots: (&str, &str),
    lost: impl Fn(&BTreeSet<Pair>) -> Result<Lost>,
) -> Result<DataFrame> {
    let mut before = previous.map(read_previous).transpose()?.unwrap_or_default();
    let mut rows = Rows::default();
    for hit in hits {
        let pair = (hit.check_id.clone(), hit.record_id.clone());
        let known = before.remove(&pair);
        rows.push_match(pair, hit, known.as_ref());
    }
    if !before.is_empty() {
        let present = lost(&before.keys().cloned().collect())?;
        for (pair, mut row) in before {
            for marking in [present.checks.get(&pair.0), present.records.get(&pair.1)].into_iter().flatten() {
                row.marking = row.marking.strictest(*marking);
            }
            rows.push_lost(pair, row);
        }
    }
    rows.finish(snapshots)
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

/// Rows column by column.
#[derive(Default)]
struct Rows {
    rows: BTreeMap<Pair, Row>,
}

struct Row {
    database: String,
    key_kind: String,
    key: String,
    grade: String,
    score: f64,
    reasons: String,
    change: &'static str,
    state: String,
    marking: String,
}

impl Rows {
    fn push_match(&mut self, pair: Pair, hit: Hit, known: Option<&Before>) {
        let row = Row {
            database: hit.database,
            key_kind: hit.key_kind.to_owned(),
            key: hit.key,
            grade: hit.grade.word().to_owned(),
            score: hit.grade.score(),
            reasons: hit.reasons.join(";"),
            change: if known.is_some() { "unchanged" } else { "new" },
            // A person's decision outlives the runs after it.
            state: known.map_or_else(|| "candidate".to_owned(), |known| known.state.clone()),
            marking: hit.marking.0.to_string(),
        };
        self.rows.insert(pair, row);
    }

    /// Why it is gone is not told: "the owner denied it" would show what the owner hides.
    fn push_lost(&mut self, pair: Pair, known: Before) {
        let row = Row {
            database: known.database,
            key_kind: known.key_kind,
            key: known.key,
            grade: known.grade,
            score: known.score,
            reasons: "no-longer-matches".to_owned(),
            change: "withdrawn",
            state: "withdrawn".to_owned(),
            marking: known.marking.to_string(),
        };
        self.rows.insert(pair, row);
    }

    fn finish(self, (records, checks): (&str, &str)) -> Result<DataFrame> {
        let definition = table::find("hit").ok_or_else(|| bug("no table `hit`"))?;
        let height = self.rows.len();
        let rows: Vec<(Pair, Row)> = self.rows.into_iter().collect();
        let column = |name: &str| -> Result<Column> {
            let texts = |of: fn(&(Pair, Row)) -> &str| -> Series {
                Series::new(name.into(), rows.iter().map(of).collect::<Vec<&str>>())
            };
            let same = |text: &str| -> Series { Series::new(name.into(), vec![text; height]) };
            let series = match name {
                "check_id" => texts(|(pair, _)| &pair.0),
                "record_id" => texts(|(pair, _)| &pair.1),
                "database" => texts(|(_, row)| &row.database),
                "key_kind" => texts(|(_, row)| &row.key_kind),
                "key" => texts(|(_, row)| &row.key),
                "grade" => texts(|(_, row)| &row.grade),
                "score" => Series::new(name.into(), rows.iter().map(|(_, row)| row.score).collect::<Vec<f64>>()),
                "reasons" => texts(|(_, row)| &row.reasons),
                "change" => texts(|(_, row)| row.change),
                "state" => texts(|(_, row)| &row.state),
                "record_snapshot" => same(records),
                "check_snapshot" => same(checks),
                "rule_version" => same(RULE_VERSION),
                "marking" => texts(|(_, row)| &row.marking),
                other => return Err(bug(format!("column `{other}` of table `hit` is not filled"))),
            };
            Ok(series.into_column())
        };
        let columns = definition.all_columns().map(|c| column(c.name)).collect::<Result<Vec<Column>>>()?;
        DataFrame::new(height, columns).map_err(polars)
    }
}
