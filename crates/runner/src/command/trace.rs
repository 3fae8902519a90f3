//! `quipu trace`: from a published value back to the place where it was read.

use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::{AnyValue, DataFrame};
use quipu_schema::fault::exit;
use quipu_schema::locator::{Columns, Locator};
use quipu_schema::pipeline::suggestion;
use quipu_schema::table::{DOCUMENT_ID, LOC_COL, LOC_END, LOC_PART, LOC_ROW, LOC_START, SOURCE, Table};
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{Part, Snapshot, SourceState, Store, captured_as};
use serde_json::json;

use super::schema::find;
use super::status::pipelines;
use super::{existing_store, read_pipeline, store_path};
use crate::cli::Global;
use crate::output::Output;

/// How many bytes are shown on each side of a value.
const AROUND: usize = 70;

/// Tables of prose, whose rows are shown in their sentence.
const PROSE: [&str; 6] = ["figure", "mention", "statement", "event", "relation", "residue"];

/// Bytes on either side in which the ends of a sentence are looked for.
const FAR: usize = 600;

/// The bytes of the sentence around a place: from behind the full stop, line or tag before it to the next.
fn sentence(bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
    let at = |place: usize| bytes.get(place).copied();
    let stops = |place: usize| {
        matches!(at(place), Some(b'.' | b'!' | b'?')) && at(place + 1).is_none_or(|next| next.is_ascii_whitespace())
    };
    let breaks = |place: usize, tag: u8| matches!(at(place), Some(b'\n' | b'\r')) || at(place) == Some(tag);
    let floor = start.saturating_sub(FAR);
    let from =
        (floor..start).rev().find(|place| stops(*place) || breaks(*place, b'>')).map_or(floor, |place| place + 1);
    let from = (from..start).find(|place| at(*place).is_none_or(|byte| !byte.is_ascii_whitespace())).unwrap_or(start);
    let ceiling = bytes.len().min(end.saturating_add(FAR));
    let to = (end..ceiling)
        .find_map(|place| if stops(place) { Some(place + 1) } else { breaks(place, b'<').then_some(place) })
        .unwrap_or(ceiling);
    (from, to)
}
/// How many rows are listed where a key matches several.
const LISTED: usize = 10;

/// Shows the place in the source where a value was read.
pub(crate) fn trace(
    table: &str,
    key: &str,
    column: Option<&str>,
    pipeline: Option<&str>,
    global: &Global,
    output: Output,
) -> Result<u8> {
    let table = find(table)?;
    if let Some(column) = column {
        known_column(table, column)?;
    }
    let (store, name) = open(pipeline, global)?;
    let key = Key::parse(table, key)?;
    let mut found = Vec::new();
    let mut seen = 0;
    for stage in ["transform", "screen"] {
        let Some(snapshot) = store.current(&name, stage)? else { continue };
        for part in snapshot.parts.iter().filter(|part| part.table == table.name) {
            let frame = store.read_table(part)?;
            for row in key.rows(&frame, seen) {
                found.push((snapshot.clone(), part.clone(), frame.clone(), row));
            }
            seen += frame.height();
        }
    }
    match found.as_slice() {
        [] => {
            Err(Fault::new(ErrorKind::Usage, format!("no row of `{}` has {key} ({seen} rows looked at)", table.name))
                .help("see the values with `quipu trace TABLE '#1'`, and the columns with `quipu schema TABLE`"))
        }
        [(snapshot, part, frame, row)] => {
            let traced = Traced::new(&store, table, snapshot, part, frame, *row, column)?;
            output.event(&traced.json())?;
            if !output.is_json() {
                Output::data(&traced.text())?;
            }
            if traced.agrees() { Ok(exit::DONE) } else { Err(traced.disagreement()) }
        }
        several => {
            let mut text =
                format!("{} rows of `{}` have {key}; add a column that tells them apart:", several.len(), table.name);
            for (_, _, frame, row) in several.iter().take(LISTED) {
                let pairs: Vec<String> = table
                    .key
                    .iter()
                    .filter(|column| {
                        several.iter().any(|(_, _, f, r)| cell(f, column, *r) != cell(frame, column, *row))
                    })
                    .filter_map(|column| cell(frame, column, *row).map(|value| format!("{column}={value}")))
                    .collect();
                let _ = write!(text, "\n    {}", pairs.join(","));
            }
            if several.len() > LISTED {
                let _ = write!(text, "\n    … and {} more", several.len() - LISTED);
            }
            Err(Fault::new(ErrorKind::Usage, text))
        }
    }
}

fn known_column(table: &Table, column: &str) -> Result<()> {
    if table.column(column).is_some() {
        return Ok(());
    }
    let fault = Fault::new(ErrorKind::Usage, format!("`{}` has no column `{column}`", table.name));
    Err(match suggestion(column, table.all_columns().map(|c| c.name).collect::<Vec<_>>()) {
        Some(help) => fault.help(help),
        None => fault,
    })
}

/// The store and the name of the pipeline in it.
fn open(pipeline: Option<&str>, global: &Global) -> Result<(Store, String)> {
    let file =
        pipeline.filter(|text| Path::new(text).is_file()).map(|text| read_pipeline(Path::new(text))).transpose()?;
    let path = store_path(file.as_ref(), global);
    let store = existing_store(&path)?;
    let wanted = file.map(|file| file.name).or_else(|| pipeline.map(str::to_owned));
    let names = pipelines(&path, wanted.as_deref());
    match names.as_slice() {
        [name] => Ok((store, name.clone())),
        [] => {
            Err(Fault::new(ErrorKind::Usage, "the store holds no published tables of this pipeline").at(path.display()))
        }
        several => {
            Err(Fault::new(ErrorKind::Usage, format!("the store holds several pipelines: {}", several.join(", ")))
                .at(path.display())
                .help("choose one with --pipeline NAME"))
        }
    }
}

/// Which row is asked for.
enum Key {
    Number(usize),
    Pairs(Vec<(&'static str, String)>),
}

impl Key {
    /// `#N`, `column=value,column=value`, or the value of the table's first key column.
    fn parse(table: &'static Table, text: &str) -> Result<Self> {
        if let Some(number) = text.strip_prefix('#') {
            let number = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            return number.map(Self::Number).ok_or_else(|| {
                Fault::new(ErrorKind::Usage, format!("`{text}` is no row number")).help("rows count from #1")
            });
        }
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        for piece in text.split(',') {
            let column =
                piece.split_once('=').and_then(|(name, value)| table.column(name.trim()).map(|c| (c.name, value)));
            match (column, pairs.last_mut()) {
                (Some((name, value)), _) => pairs.push((name, value.trim().to_owned())),
                // A comma inside a value.
                (None, Some((_, value))) => {
                    value.push(',');
                    value.push_str(piece);
                }
                (None, None) => {
                    if let Some((name, _)) = piece.split_once('=') {
                        known_column(table, name.trim())?;
                    }
                    let Some(first) = table.key.first() else { continue };
                    pairs.push((first, piece.trim().to_owned()));
                }
            }
        }
        Ok(Self::Pairs(pairs))
    }

    /// The rows of a frame that are meant; `before` rows of other parts were seen already.
    fn rows(&self, frame: &DataFrame, before: usize) -> Vec<usize> {
        match self {
            Self::Number(number) => {
                number.checked_sub(before).filter(|row| *row < frame.height()).into_iter().collect()
            }
            Self::Pairs(pairs) => {
                let columns: Vec<_> =
                    pairs.iter().filter_map(|(name, value)| Some((frame.column(name).ok()?, value))).collect();
                (0..frame.height())
                    .filter(|row| {
                        columns.iter().all(|(column, value)| column.get(*row).is_ok_and(|cell| shown(&cell) == **value))
                    })
                    .collect()
            }
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "#{}", number + 1),
            Self::Pairs(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
                f.write_str(&pairs.join(","))
            }
        }
    }
}

fn shown(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float64(number) => number.to_string(),
        // Moments are kept in microseconds, UTC.
        AnyValue::Datetime(micros, ..) | AnyValue::DatetimeOwned(micros, ..) => {
            jiff::Timestamp::from_microsecond(*micros).map_or_else(|_| micros.to_string(), |moment| moment.to_string())
        }
        other => other.to_string(),
    }
}

fn cell(frame: &DataFrame, column: &str, row: usize) -> Option<String> {
    let value = frame.column(column).ok()?.get(row).ok()?;
    (!matches!(value, AnyValue::Null)).then(|| shown(&value))
}

/// A value and its place.
struct Traced {
    table: &'static Table,
    row: Vec<(&'static str, Option<String>)>,
    column: Option<String>,
    origin: Option<String>,
    document: Option<Digest>,
    name: Option<String>,
    locator: Option<Locator>,
    before: String,
    at: String,
    after: String,
    read_again: Option<String>,
    published: Option<String>,
}

impl Traced {
    fn new(
        store: &Store,
        table: &'static Table,
        snapshot: &Snapshot,
        part: &Part,
        frame: &DataFrame,
        row: usize,
        column: Option<&str>,
    ) -> Result<Self> {
        let source = cell(frame, SOURCE, row).or_else(|| part.source.clone());
        let state = source.as_ref().and_then(|source| snapshot.sources.get(source));
        let document: Option<Digest> = cell(frame, DOCUMENT_ID, row).and_then(|text| text.parse().ok());
        let number = |name: &str| cell(frame, name, row).and_then(|text| text.parse::<u64>().ok());
        let locator = Locator::from_columns(&Columns {
            part: cell(frame, LOC_PART, row),
            row: number(LOC_ROW),
            col: number(LOC_COL).and_then(|n| u32::try_from(n).ok()),
            start: number(LOC_START),
            end: number(LOC_END),
        });
        let mut traced = Self {
            table,
            row: table.all_columns().map(|c| (c.name, cell(frame, c.name, row))).collect(),
            column: column.map(str::to_owned),
            origin: column.and_then(|column| state.and_then(|state| origin(state, column))),
            document,
            name: None,
            locator,
            before: String::new(),
            at: String::new(),
            after: String::new(),
            read_again: None,
            published: table.located_text().and_then(|text| cell(frame, text, row)),
        };
        if let (Some(document), Some(state)) = (document, state) {
            traced.open(store, snapshot, state, &document)?;
        }
        Ok(traced)
    }

    fn open(&mut self, store: &Store, snapshot: &Snapshot, state: &SourceState, document: &Digest) -> Result<()> {
        let bytes = store.archive().read(document)?;
        let source =
            self.row.iter().find(|(name, _)| *name == SOURCE).and_then(|(_, value)| value.clone()).unwrap_or_default();
        let editions = store.ledger()?.editions(captured_as(&snapshot.pipeline), &source, None)?;
        let captures = editions.into_iter().map(|edition| edition.capture);
        self.name = captures.into_iter().find(|capture| capture.digest == *document).map(|capture| capture.name);
        let Some(locator) = &self.locator else { return Ok(()) };
        // What quarantine withholds, because it may be about a person, is not shown here either.
        if self.table.located_text().is_some() && self.published.is_none() {
            return Ok(());
        }
        let Some((start, end)) = locator.bytes() else {
            // A cell of a workbook, a node, a box on a page: the place itself is all there is to show.
            let [before, text, after] = match quipu_transform::in_sentence(state, &bytes, locator)? {
                Some(shown) => shown,
                None => [String::new(), quipu_transform::reread(state, &bytes, locator)?, String::new()],
            };
            (self.before, self.after) = (before, after);
            self.at.clone_from(&text);
            self.read_again = self.table.located_text().is_some().then_some(text);
            return Ok(());
        };
        let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else { return Ok(()) };
        let show = |from: usize, to: usize| {
            quipu_transform::decode_for_people(state, &bytes, from.min(bytes.len()), to.min(bytes.len()))
        };
        // The cells beside a refused one may be about a person; the row holds them, masked where they are.
        if self.table.name != "quarantine" {
            let (from, to) = if PROSE.contains(&self.table.name) {
                sentence(&bytes, start, end)
            } else {
                (start.saturating_sub(AROUND), end.saturating_add(AROUND))
            };
            self.before = show(from, start);
            self.after = show(end, to);
        }
        self.at = show(start, end.min(start.saturating_add(4 * AROUND)));
        if self.table.located_text().is_some() {
            self.read_again = Some(quipu_transform::reread(state, &bytes, locator)?);
        }
        Ok(())
    }

    /// Whether the bytes still give the published text.
    fn agrees(&self) -> bool {
        self.read_again.is_none() || self.read_again == self.published
    }

    fn disagreement(&self) -> Fault {
        Fault::new(
            ErrorKind::Corrupt,
            format!(
                "the archive reads {:?} where {:?} is published",
                self.read_again.as_deref().unwrap_or(""),
                self.published.as_deref().unwrap_or("")
            ),
        )
        .at(self.locator.as_ref().map(ToString::to_string).unwrap_or_default())
    }

    fn text(&self) -> String {
        let mut out = format!("{}\n", self.table.name);
        for (name, value) in &self.row {
            let locating = [LOC_PART, LOC_ROW, LOC_COL, LOC_START, LOC_END, DOCUMENT_ID].contains(name);
            if let Some(value) = value
                && !locating
            {
                let mark = if self.column.as_deref() == Some(name) { "▸" } else { " " };
                let _ = writeln!(out, "{mark} {name:<16} {value}");
            }
        }
        if let (Some(column), Some(origin)) = (&self.column, &self.origin) {
            let _ = writeln!(out, "\n`{column}` comes from: {origin}");
        }
        if let Some(document) = &self.document {
            let _ = writeln!(out, "\ndocument  {document}");
        }
        if let Some(name) = &self.name {
            let _ = writeln!(out, "captured  {name}");
        }
        if let Some(locator) = &self.locator {
            let _ = writeln!(out, "locator   {locator}");
        }
        if self.table.located_text().is_some() && self.published.is_none() {
            let _ = writeln!(
                out,
                "source    the text is withheld, it may be about a person; look into the document itself"
            );
        } else if self.locator.is_some() && self.document.is_some() {
            let _ = writeln!(out, "source    {}⟦{}⟧{}", self.before, self.at, self.after);
        }
        if let Some(again) = &self.read_again {
            let verdict = if self.agrees() { "the published text" } else { "NOT the published text" };
            let _ = writeln!(out, "re-read   {again:?}: {verdict}");
        }
        out
    }

    fn json(&self) -> serde_json::Value {
        let row: serde_json::Map<String, serde_json::Value> =
            self.row.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({
            "event": "traced", "table": self.table.name, "row": row, "column": self.column, "origin": self.origin,
            "document": self.document, "captured": self.name, "locator": self.locator.as_ref().map(ToString::to_string),
            "before": self.before, "at": self.at, "after": self.after, "read_again": self.read_again, "agrees": self.agrees(),
        })
    }
}

fn origin(state: &SourceState, column: &str) -> Option<String> {
    let same_place = match column {
        "time_end" | "freq" => "time_start",
        other => other,
    };
    state.origins.get(column).or_else(|| state.origins.get(same_place)).cloned()
}
