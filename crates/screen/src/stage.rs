//! The stage: tables of the transform snapshot in, table `hit` out.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use quipu_engine::{Countries, Told};
use quipu_schema::digest::Hasher;
use quipu_schema::pipeline::Screen;
use quipu_schema::table::{self, Table};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{
    Context, Outcome, Part, Progress, Snapshot, SourceReport, SourceState, StageReport, Store, WriteOptions, durable,
    logical_hash,
};

use crate::RULE_VERSION;
use crate::audit::{self, DigestKey};
use crate::frame::{bug, polars, text};
use crate::screening::{Files, Outcome as Screening, screened};

/// Name of the stage, and of the one source in its snapshots.
const STAGE: &str = "screen";
/// Folder of a store that holds the indexes of records, one for each pipeline.
const INDEX: &str = "index";
/// Folder of a store that holds audit trails, one for each pipeline.
const AUDIT: &str = "audit";
/// In a snapshot's origins: the id of the snapshot that its column `change` compares with.
pub const PREVIOUS: &str = "previous";

/// Screens the checks of the transform snapshot against its records and publishes table `hit`.
///
/// What is shown and withheld is written down in the audit trail of the pipeline, in folder `audit` of the store, before
/// it is published; `secret` makes the digests of keys in it.
///
/// Nothing is done where no table or key rule changed since the published snapshot: a repetition
/// gives the same snapshot, not one in which every hit has become `unchanged`.
///
/// # Errors
/// Damaged tables, markings that cannot be read, a full disk. Nothing is published then.
pub fn run(context: &Context, secret: Option<&DigestKey>) -> Result<StageReport> {
    let store = context.store;
    let name = &context.pipeline.name;
    let Some(screen) = &context.pipeline.screen else {
        return Ok(nothing_to_do("the pipeline has no `[screen]`"));
    };
    let Some(tables) = store.current(name, "transform")? else {
        return Ok(nothing_to_do("nothing is transformed yet, so there is nothing to screen"));
    };
    let (records, checks) = (parts(&tables, "record"), parts(&tables, "check"));
    if records.is_empty() || checks.is_empty() {
        return Ok(nothing_to_do("the pipeline publishes no table `record` or no table `check`"));
    }
    let areas = parts(&tables, "area");
    let ingredients = ingredients(context.build, screen, &[&records, &checks, &areas]);
    let before = published(store, name)?;
    if let Some((id, before)) = before.as_ref().filter(|(_, before)| before.ingredients == ingredients) {
        let state = before.sources.get(STAGE).cloned();
        let state = state.ok_or_else(|| bug("the published snapshot has no state"))?;
        return Ok(report(false, Outcome::Unchanged, state.tally, state.notes, Some(*id)));
    }

    let outcome = hits(store, &tables, before.as_ref().map(|(_, before)| before), screen, &Telling(context.progress));
    let Screening { hits, tally, notes, found } = outcome?;
    let trail = store.root().join(AUDIT).join(name);
    durable::create_folder(&trail)?;
    audit::write_down(&trail, &found, &hits, secret)?;

    let mut part = store.write_table(find("hit")?, &[hits], &WriteOptions::default())?;
    part.source = None;
    let mut origins = BTreeMap::new();
    if let Some((id, _)) = &before {
        origins.insert(PREVIOUS.to_owned(), id.to_string());
    }
    let state = SourceState {
        ingredients,
        documents: Vec::new(),
        tally: tally.clone(),
        notes: notes.clone(),
        findings: Vec::new(),
        origins,
    };
    let snapshot = Snapshot {
        pipeline: name.clone(),
        stage: STAGE.to_owned(),
        ingredients,
        parts: vec![part],
        sources: BTreeMap::from([(STAGE.to_owned(), state)]),
        derived: BTreeMap::new(),
    };
    let id = store.publish(&snapshot)?;
    Ok(report(true, Outcome::Done, tally, notes, Some(id)))
}

/// The hits that the records and checks of `tables` give, told against the hits of `before`.
fn hits(
    store: &Store,
    tables: &Snapshot,
    before: Option<&Snapshot>,
    screen: &Screen,
    told: &dyn Told,
) -> Result<Screening> {
    let (record, check) = (find("record")?, find("check")?);
    let (records, checks) = (parts(tables, "record"), parts(tables, "check"));
    let hashes = (logical_of(store, record, &records)?, logical_of(store, check, &checks)?);
    let areas = joined(find("area")?, read(store, &parts(tables, "area"))?)?;
    let countries = countries(&areas)?;
    let previous = before.map(|before| hits_of(store, before)).transpose()?;
    let paths = |parts: &[Part]| parts.iter().map(|part| store.table_path(part)).collect();
    let files = Files {
        records: paths(&records),
        checks: paths(&checks),
        index: store.root().join(INDEX).join(&tables.pipeline),
    };
    screened(&files, &countries, previous.as_ref(), screen, (&hashes.0, &hashes.1), told)
}

/// The logical hash of a table in several parts: that of the part where it is one.
fn logical_of(store: &Store, table: &'static Table, parts: &[Part]) -> Result<String> {
    match parts {
        [part] => Ok(part.logical.clone()),
        parts => logical_hash(table, &read(store, parts)?),
    }
}

/// The codes of the reference table `area`.
pub(crate) fn countries(areas: &DataFrame) -> Result<Countries> {
    if areas.height() == 0 {
        return Ok(Countries::default());
    }
    let (area, iso3) = (text(areas, "area")?, text(areas, "iso3")?);
    let pairs = area.iter().zip(iso3.iter()).filter_map(|(area, iso3)| area.zip(iso3));
    Ok(Countries::new(pairs))
}

/// Tells the progress of the engine as that of the stage.
struct Telling<'a>(&'a dyn Progress);

impl Told for Telling<'_> {
    fn begin(&self, what: &str, rows: u64) {
        self.0.begin(what, Some(rows));
    }

    fn advance(&self, rows: u64) {
        self.0.advance(rows);
    }

    fn end(&self) {
        self.0.end();
    }
}

/// Makes the hits of a published snapshot again, from the tables and the hits that it was made of.
///
/// # Errors
/// As for [`run`]; `Corrupt` where the snapshot before it is gone.
pub fn again(store: &Store, tables: &Snapshot, published: &Snapshot, screen: &Screen) -> Result<DataFrame> {
    let named = published.sources.get(STAGE).and_then(|state| state.origins.get(PREVIOUS));
    let gone = || Fault::new(ErrorKind::Corrupt, "the snapshot of the hits before these is gone");
    let before = match named {
        None => None,
        Some(id) => {
            let id = id.parse().map_err(|error| gone().because(error))?;
            Some(store.snapshot(&published.pipeline, STAGE, &id)?.ok_or_else(gone)?)
        }
    };
    Ok(hits(store, tables, before.as_ref(), screen, &quipu_engine::Silent)?.hits)
}

/// The published snapshot and its id.
fn published(store: &Store, pipeline: &str) -> Result<Option<(Digest, Snapshot)>> {
    store.current(pipeline, STAGE)?.map(|snapshot| Ok((snapshot.id()?, snapshot))).transpose()
}

fn find(name: &str) -> Result<&'static Table> {
    table::find(name).ok_or_else(|| bug(format!("no table `{name}`")))
}

/// The parts of one table, in an order that does not depend on how the snapshot lists them.
fn parts(snapshot: &Snapshot, table: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = snapshot.parts.iter().filter(|part| part.table == table).cloned().collect();
    parts.sort();
    parts
}

/// Everything that can change a hit, but for the hits of before: those decide only what is news,
/// and would make every run differ from the one before it.
fn ingredients(build: &str, screen: &Screen, tables: &[&[Part]]) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part("build", build).part("rules", RULE_VERSION).part("screen", screen.part.as_bytes());
    for part in tables.iter().copied().flatten() {
        hasher.part("table", &part.table).part("logical", &part.logical);
    }
    hasher.finish()
}

fn read(store: &Store, parts: &[Part]) -> Result<Vec<DataFrame>> {
    parts.iter().map(|part| store.read_table(part)).collect()
}

fn joined(table: &Table, frames: Vec<DataFrame>) -> Result<DataFrame> {
    let mut all = DataFrame::empty_with_schema(&quipu_store::polars_schema(table));
    for frame in frames {
        all.vstack_mut_owned(frame).map_err(polars)?;
    }
    Ok(all)
}

/// The hits that a snapshot published.
fn hits_of(store: &Store, snapshot: &Snapshot) -> Result<DataFrame> {
    joined(find("hit")?, read(store, &parts(snapshot, "hit"))?)
}

fn nothing_to_do(why: &str) -> StageReport {
    report(false, Outcome::Done, Tally::default(), vec![why.to_owned()], None)
}

fn report(changed: bool, outcome: Outcome, tally: Tally, notes: Vec<String>, output: Option<Digest>) -> StageReport {
    let source = SourceReport { source: STAGE.to_owned(), outcome, tally, notes, findings: Vec::new() };
    StageReport { stage: STAGE, changed, sources: vec![source], output, notes: Vec::new() }
}
