//! `quipu quarantine list` and `quipu quarantine replay`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use quipu_schema::fault::exit;
use quipu_schema::pipeline::{Pipeline, Source, suggestion};
use quipu_schema::quarantine::Reason;
use quipu_schema::tally::Tally;
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_store::{Context, Ledger, Outcome, Silent, Store};
use quipu_transform::{Became, Candidates, Gathered, Group, Question, Reference, Refused, Replayed, Side, groups};
use serde_json::{Value, json};

use super::run::{Ended, check_only, record};
use super::{existing_store, read_with_lists, store_path};
use crate::BUILD;
use crate::cli::{Global, QuarantineAction};
use crate::output::Output;

/// Groups and rows that are listed where nobody says how many.
const LISTED: usize = 20;

/// What a command of the quarantine works on.
pub(crate) struct Ground {
    pub(crate) pipeline: Pipeline,
    pub(crate) reference: Reference,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
}

impl Ground {
    pub(crate) fn open(path: &Path, source: Option<&str>, global: &Global) -> Result<Self> {
        let (pipeline, reference) = read_with_lists(path)?;
        check_only(source, &pipeline)?;
        let store = existing_store(&store_path(Some(&pipeline), global))?;
        let ledger = store.ledger()?;
        Ok(Self { pipeline, reference, store, ledger })
    }

    /// The sources that are meant, with their quarantine. One that cannot be read is complained of, and
    /// its exit code given.
    pub(crate) fn gather(&self, only: Option<&str>, output: Output) -> Result<(Vec<(&Source, Gathered)>, u8)> {
        let (mut found, mut code) = (Vec::new(), exit::DONE);
        for source in self.pipeline.sources.iter().filter(|source| only.is_none_or(|only| source.id == only)) {
            let gathered = quipu_transform::gather(&self.store, &self.ledger, &self.pipeline, source, &self.reference);
            match gathered {
                Ok(Some(gathered)) => {
                    if !gathered.published {
                        output.say(&format!(
                            "{}: its last captures are not published; they were read again from the archive",
                            source.id
                        ));
                    }
                    found.push((source, gathered));
                }
                Ok(None) => output.say(&format!("{}: was never captured", source.id)),
                Err(fault) if only.is_some() => return Err(fault),
                Err(fault) => {
                    output.complain(&fault);
                    code = code.max(fault.kind().exit_code());
                }
            }
        }
        Ok((found, code))
    }
}

/// Runs an action on the quarantine.
pub(crate) fn quarantine(action: &QuarantineAction, global: &Global, output: Output) -> Result<u8> {
    match action {
        QuarantineAction::List { pipeline, source, reason, limit } => {
            list(pipeline, source.as_deref(), reason.as_deref(), *limit, global, output)
        }
        QuarantineAction::Replay { pipeline, source, dry_run } => {
            replay(pipeline, source.as_deref(), *dry_run, global, output)
        }
    }
}

fn list(
    path: &Path,
    only: Option<&str>,
    reason: Option<&str>,
    limit: Option<usize>,
    global: &Global,
    output: Output,
) -> Result<u8> {
    let codes = Reason::ALL.map(Reason::code);
    if let Some(reason) = reason.filter(|reason| !codes.contains(reason)) {
        let help = suggestion(reason, codes).unwrap_or_default();
        return Err(Fault::new(ErrorKind::Usage, format!("`{reason}` is no reason")).help(help));
    }
    let ground = Ground::open(path, only, global)?;
    let (gathered, code) = ground.gather(only, output)?;
    let candidates = Candidates::new(&ground.reference)?;
    let most = limit.unwrap_or(if output.is_json() { usize::MAX } else { LISTED });
    let (mut text, mut rows, mut cells) = (String::new(), 0, 0);
    for (source, gathered) in &gathered {
        let around = candidates.surroundings(&gathered.areas);
        let kept: Vec<&Refused> =
            gathered.rows.iter().filter(|row| reason.is_none_or(|reason| row.reason == reason)).collect();
        let of_source: u64 = kept.iter().map(|row| row.cells).sum();
        rows += kept.len();
        cells += of_source;
        if kept.is_empty() {
            continue;
        }
        let _ = writeln!(text, "source {}: {} rows with {of_source} values in quarantine", source.id, kept.len());
        let kept: Vec<Refused> = kept.into_iter().cloned().collect();
        let found = groups(&kept);
        for group in found.iter().take(most) {
            let nearest = match (&group.list, &group.text) {
                (Some(list), Some(label)) => {
                    let scheme = group.scheme.as_deref();
                    candidates.nearest(Question { list, scheme, label, around: &around }, 3)
                }
                _ => Vec::new(),
            };
            let near: Vec<String> = nearest
                .iter()
                .map(|near| format!("{} {}", near.code.as_deref().unwrap_or("(no code)"), near.text))
                .collect();
            text.push_str(&group_line(group, &near));
            output.event(&json!({
                "event": "quarantine_group", "source": group.source, "reason": group.reason, "column": group.column,
                "list": group.list, "scheme": group.scheme, "text": group.text, "rows": group.rows,
                "values": group.cells, "message": group.message, "first": group.first.as_ref().map(ToString::to_string),
                "nearest": nearest.iter().map(super::codes::candidate_json).collect::<Vec<_>>(),
            }))?;
        }
        more(&mut text, found.len(), most, "groups");
        let _ = writeln!(text, "\n  rows:");
        for row in kept.iter().take(most) {
            text.push_str(&row_text(row));
            output.event(&with(json!({ "event": "quarantined" }), row_json(row)))?;
        }
        more(&mut text, kept.len(), most, "rows");
        text.push('\n');
    }
    if rows == 0 {
        output.say("nothing is in quarantine");
    } else if !output.is_json() {
        Output::data(&text)?;
        output.say("labels that no list knows: `quipu codes suggest`; after a fix: `quipu quarantine replay`");
    }
    output.event(&json!({
        "event": "quarantine_finished", "rows": rows, "values": cells, "sources": gathered.len(), "exit_code": code,
    }))?;
    Ok(code)
}

fn group_line(group: &Group, near: &[String]) -> String {
    let mut line = format!("  {:>6} rows {:>8} values  {:<15}", group.rows, group.cells, group.reason);
    let _ = write!(line, " {:<12}", group.column.as_deref().unwrap_or("-"));
    match &group.text {
        Some(text) => {
            let _ = write!(line, " `{text}`");
        }
        None => {
            let _ = write!(line, " {}", group.message);
        }
    }
    if let Some(list) = &group.list {
        let scheme = group.scheme.as_ref().map(|scheme| format!(", scheme {scheme}")).unwrap_or_default();
        let _ = write!(line, "  not in the list {list}{scheme}");
    }
    if !near.is_empty() {
        let _ = write!(line, "; nearest: {}", near.join(", "));
    }
    line.push('\n');
    line
}

fn more(text: &mut String, count: usize, most: usize, what: &str) {
    if count > most {
        let _ = writeln!(text, "    … and {} more {what}: --limit N", count - most);
    }
}

fn row_text(row: &Refused) -> String {
    let place = row.locator.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut text = format!(
        "    {} {} {}  {place}  document {}\n      {}\n",
        row.reason,
        row.table,
        row.column.as_deref().unwrap_or("-"),
        quipu_transform::short(&row.document),
        row.message
    );
    if let Some(record) = &row.record {
        let _ = writeln!(text, "      {record}");
    }
    text
}

fn row_json(row: &Refused) -> Value {
    let record = row.record.as_deref().and_then(|record| serde_json::from_str::<Value>(record).ok());
    json!({
        "source": row.source, "document": row.document, "locator": row.locator.as_ref().map(ToString::to_string),
        "table": row.table, "reason": row.reason, "column": row.column, "raw": row.raw, "record": record,
        "list": row.list, "scheme": row.scheme, "label": row.label, "message": row.message, "values": row.cells,
    })
}

fn with(mut event: Value, more: Value) -> Value {
    if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
    event
}

fn replay(path: &Path, only: Option<&str>, dry: bool, global: &Global, output: Output) -> Result<u8> {
    let ground = Ground::open(path, only, global)?;
    let Ground { pipeline, reference, store, ledger } = &ground;
    let _lock = if dry { None } else { Some(store.lock(&format!("quipu quarantine replay {}", path.display()))?) };
    let snapshot = store.current(&pipeline.name, "transform")?;
    let mut before: Vec<(&Source, Side)> = Vec::new();
    for source in pipeline.sources.iter().filter(|source| only.is_none_or(|only| source.id == only)) {
        let side = Side::published(store, snapshot.as_ref(), &source.id)?;
        let captured = !ledger.current_captures(&pipeline.name, &source.id)?.is_empty();
        // What its contract has kept from being published has no quarantine yet.
        let unpublished = snapshot.as_ref().is_none_or(|snapshot| !snapshot.sources.contains_key(&source.id));
        if side.refused() > 0 || (captured && unpublished) {
            before.push((source, side));
        }
    }
    let mut ended = Totals { dry, ..Totals::default() };
    if before.is_empty() {
        output.say("nothing is in quarantine");
    } else if dry {
        for (source, before) in &before {
            match Side::remade(store, ledger, &pipeline.name, source, reference) {
                Ok(after) => ended.account(source, before, &after, output)?,
                Err(fault) => ended.failed(&fault, output),
            }
        }
    } else {
        store.sweep()?;
        publish(&ground, &before, &mut ended, output)?;
    }
    ended.finish(pipeline, output)
}

/// Runs the transform stage, offline, for these sources, and tells what became of each.
fn publish(ground: &Ground, before: &[(&Source, Side)], ended: &mut Totals, output: Output) -> Result<()> {
    let Ground { pipeline, store, ledger, .. } = ground;
    let wanted: BTreeSet<&str> = before.iter().map(|(source, _)| source.id.as_str()).collect();
    let run = ledger.begin_run(&pipeline.name, "quarantine replay", BUILD)?;
    let context = Context {
        store,
        ledger,
        pipeline,
        run,
        build: BUILD,
        as_of: None,
        offline: true,
        only: None,
        progress: &Silent,
    };
    let made = quipu_transform::run_for(&context, |source| wanted.contains(source));
    let mut stage = Ended::default();
    match &made {
        Ok(report) => {
            record(&context, report)?;
            stage.add(report);
            ended.changed = report.changed;
            let after = store.current(&pipeline.name, "transform")?;
            for (source, before) in before {
                let failed = report.sources.iter().find_map(|of| match &of.outcome {
                    Outcome::Failed(fault) if of.source == source.id => Some(fault),
                    _ => None,
                });
                match failed {
                    Some(fault) => ended.failed(fault, output),
                    None => {
                        ended.account(source, before, &Side::published(store, after.as_ref(), &source.id)?, output)?;
                    }
                }
            }
            ended.code = ended.code.max(stage.code());
        }
        Err(fault) => {
            ended.failed(fault, output);
            output.say("nothing was published; what was published before stays as it was");
        }
    }
    let summary = json!({ "event": "run_finished", "run": run, "exit_code": ended.code, "changed": ended.changed });
    ledger.finish_run(run, ended.code, &summary)
}

/// What a replay came to, over all sources.
#[derive(Default)]
struct Totals {
    dry: bool,
    code: u8,
    changed: bool,
    published: u64,
    refused: u64,
    otherwise: u64,
    gone: u64,
    beside: u64,
}

impl Totals {
    fn failed(&mut self, fault: &Fault, output: Output) {
        output.complain(fault);
        self.code = self.code.max(fault.kind().exit_code());
    }

    /// Tells what became of the quarantined rows of a source.
    fn account(&mut self, source: &Source, before: &Side, after: &Side, output: Output) -> Result<()> {
        let replayed = quipu_transform::compare(source, before, after)?;
        let mut text = String::new();
        for (row, became) in &replayed.rows {
            match became {
                Became::Published { .. } | Became::SomewhereInDocument | Became::Added => self.published += 1,
                Became::Refused => self.refused += 1,
                Became::Otherwise { .. } => self.otherwise += 1,
                Became::LeftOut | Became::Unread => self.gone += 1,
            }
            let _ = writeln!(text, "  {}", became_line(row, became));
            let event = json!({ "event": "replayed", "became": became.word() });
            output.event(&with(with(event, became_json(became)), row_json(row)))?;
        }
        let Replayed { replayed: rows, added, changed, removed, refused_anew, captured, .. } = replayed;
        self.beside += added + changed + removed;
        output.event(&json!({
            "event": "source_replayed", "source": source.id, "before": tally(&before.tally), "after": tally(&after.tally),
            "replayed": rows, "added": added, "changed": changed, "removed": removed,
            "refused_anew": refused_anew, "captured_since": captured,
        }))?;
        let verb = if self.dry { "would be" } else { "is" };
        let _ = writeln!(text, "  before  {}\n  after   {} ({verb} published)", before.tally, after.tally);
        let _ = writeln!(text, "  {rows} published rows come from quarantined ones");
        for (count, what) in [
            (added, "other rows are new"),
            (changed, "published rows say something else than before"),
            (removed, "published rows are gone"),
            (refused_anew, "rows are in quarantine that were not, or are there for another reason"),
            (captured, "documents were captured since these tables were made"),
        ] {
            if count > 0 {
                let _ = writeln!(text, "  NOTE: {count} {what}");
            }
        }
        if !output.is_json() {
            Output::data(&format!("source {}\n{text}", source.id))?;
        }
        Ok(())
    }

    fn finish(self, pipeline: &Pipeline, output: Output) -> Result<u8> {
        let Self { published, refused, otherwise, gone, beside, code, .. } = self;
        output.say(&format!(
            "{published} quarantined rows published, {refused} still refused, {otherwise} refused otherwise, {gone} left out"
        ));
        if beside > 0 {
            output.say(&format!("{beside} published rows changed that were not in quarantine: see the notes"));
        }
        if self.dry {
            output.say("nothing was published (--dry-run)");
        } else if self.changed && (pipeline.screen.is_some() || pipeline.export.is_some()) {
            output.say(&format!("go on with `quipu run {} --from screen`", pipeline.file.display()));
        }
        output.event(&json!({
            "event": "replay_finished", "dry_run": self.dry, "changed": self.changed, "published": published,
            "still_refused": refused, "refused_otherwise": otherwise, "left_out": gone, "beside": beside,
            "exit_code": code,
        }))?;
        Ok(code)
    }
}

fn tally(tally: &Tally) -> Value {
    json!({
        "read": tally.read, "published": tally.published,
        "quarantined": tally.quarantined_total(), "ignored": tally.ignored_total(),
    })
}

fn became_line(row: &Refused, became: &Became) -> String {
    let place = row.locator.as_ref().map(ToString::to_string).unwrap_or_default();
    let what = match became {
        Became::Published { rows, values } if values.is_empty() => format!("published as {rows} rows"),
        Became::Published { rows, values } => {
            let rest = if *rows > values.len() as u64 { ", …" } else { "" };
            format!("published: {}{rest}", values.join(", "))
        }
        Became::SomewhereInDocument => "published among the new rows of its document".to_owned(),
        Became::Added => "counted in a sum".to_owned(),
        Became::Refused => format!("still refused: {}", row.message),
        Became::Otherwise { reason, message, .. } => format!("now refused as {reason}: {message}"),
        Became::LeftOut => "left out by a rule of the pipeline file".to_owned(),
        Became::Unread => "its document is not read any more".to_owned(),
    };
    let column = row.column.as_deref().unwrap_or("-");
    format!("{} {column}  {place}  {what}", row.reason)
}

fn became_json(became: &Became) -> Value {
    match became {
        Became::Published { rows, values } => json!({ "published_rows": rows, "published_values": values }),
        Became::Otherwise { reason, column, message } => {
            json!({ "now": { "reason": reason, "column": column, "message": message } })
        }
        _ => json!({}),
    }
}
