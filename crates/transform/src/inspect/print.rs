//! What was found out, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::table::{Role, Table};
use super::{Draft, Inspection};

/// A column, told.
#[derive(Debug, Serialize)]
struct ToldColumn {
    number: usize,
    name: String,
    role: String,
    content: String,
    evidence: Vec<String>,
    examples: Vec<String>,
    filled: u64,
    blank: u64,
}

/// A table, told.
#[derive(Debug, Serialize)]
struct ToldTable {
    title: String,
    notes: Vec<String>,
    rows: usize,
    looked_at: &'static str,
    header_row: u64,
    header_rows: usize,
    header_is: &'static str,
    above: Vec<(u64, String)>,
    columns: Vec<ToldColumn>,
    period: Vec<String>,
    numbers: String,
    values: Vec<String>,
    totals: Vec<String>,
    below: Vec<(u64, String)>,
    doubts: Vec<String>,
}

/// A document, told.
#[derive(Debug, Serialize)]
struct Told {
    document: String,
    bytes: u64,
    format: &'static str,
    encoding: Option<String>,
    delimiter: Option<String>,
    tables: Vec<ToldTable>,
    not_understood: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<ToldTried>,
}

/// What a draft does, told.
#[derive(Debug, Serialize)]
struct ToldTried {
    source: String,
    table: String,
    whole: bool,
    read: u64,
    published: u64,
    quarantined: u64,
    ignored: u64,
    fault: Option<String>,
    first_refused: Vec<String>,
}

/// Examples are cut to this many characters.
const EXAMPLE: usize = 32;

fn cut(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= most {
        return line;
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

fn tell(inspection: &Inspection, draft: Option<&Draft>) -> Told {
    let first = inspection.tables.first().map(|(sample, _)| sample);
    let encoding = first.and_then(|sample| sample.encoding.as_ref()).map(|(name, basis)| format!("{name} ({basis})"));
    let delimiter = first.and_then(|sample| sample.delimiter).map(|d| char::from(d).to_string());
    let mut tables = Vec::new();
    let mut not_understood = Vec::new();
    for ((sample, table), rows) in inspection.tables.iter().zip(&inspection.heights) {
        match table {
            Some(table) => tables.push(tell_table(table, sample, *rows)),
            None => not_understood
                .push(format!("{}: no row is like a header ({rows} rows)", shown(&sample.title, sample.number))),
        }
    }
    let tried = draft.map(|draft| draft.tried.iter().map(tell_tried).collect()).unwrap_or_default();
    let format = first.map_or("", |sample| sample.format.word());
    let (document, bytes) = (inspection.name.clone(), inspection.length);
    Told { document, bytes, format, encoding, delimiter, tables, not_understood, tried }
}

fn shown(title: &str, number: usize) -> String {
    if title.is_empty() { format!("table {number}") } else { title.to_owned() }
}

fn tell_tried(tried: &super::Tried) -> ToldTried {
    let tally = tried.outcome.as_ref().ok();
    ToldTried {
        source: tried.source.clone(),
        table: tried.table.clone(),
        whole: tried.whole,
        read: tally.map_or(0, |tally| tally.read),
        published: tally.map_or(0, |tally| tally.published),
        quarantined: tally.map_or(0, quipu_schema::tally::Tally::quarantined_total),
        ignored: tally.map_or(0, quipu_schema::tally::Tally::ignored_total),
        fault: tried.outcome.as_ref().err().cloned(),
        first_refused: tried.refused.clone(),
    }
}

fn tell_table(table: &Table, sample: &quipu_readers::Sample, rows: usize) -> ToldTable {
    let columns = (0..table.profiles.len()).filter_map(|column| tell_column(table, column)).collect();
    let numbers = match (&table.marks, &table.proof) {
        (Ok(_), None) => "digits alone: nothing to prove".to_owned(),
        (Ok(marks), Some(proof)) => format!("{marks}, proven (such as `{}`)", cut(proof, EXAMPLE)),
        (Err(unproven), _) => format!("not proven: {unproven}"),
    };
    let mut totals: Vec<String> = table
        .labelled
        .iter()
        .map(|found| {
            let labels: Vec<String> =
                found.labels.iter().take(4).map(|label| format!("`{}`", cut(label, EXAMPLE))).collect();
            format!(
                "{} rows by the label {} in `{}`, first in row {}; {} of {} values checked are the sum of others",
                found.rows,
                labels.join(", "),
                table.name(found.column),
                found.first,
                found.proven,
                found.checked
            )
        })
        .collect();
    if let Some(nested) = &table.nested {
        totals.push(format!(
            "codes of `{}` extend each other with `{}` (`{}` of `{}`); {} of {} sums checked hold",
            table.name(nested.column),
            nested.separator,
            nested.example.1,
            nested.example.0,
            nested.proven,
            nested.checked
        ));
    }
    if let Some((checked, proven)) = table.nation.filter(|(checked, _)| *checked > 0) {
        totals.push(format!("rows without an area: {proven} of {checked} values checked are the sum of the others"));
    }
    let above = table.header.preamble.iter().map(|(row, texts)| {
        let texts: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        let mut once = texts.clone();
        once.dedup();
        (*row, cut(&once.join(" | "), 120))
    });
    let mut doubts = table.doubts.clone();
    if !table.ragged.is_empty() {
        let lines: Vec<String> =
            table.ragged.iter().take(5).map(|(row, width)| format!("row {row} ({width} fields)")).collect();
        doubts.push(format!(
            "{} rows do not have the {} fields of the header: {}",
            table.ragged.len(),
            table.profiles.len(),
            lines.join(", ")
        ));
    }
    if !table.footer.rows.is_empty() && table.footer.pattern.is_none() {
        doubts.push("the rows below the body begin like rows of it: they are read as such".to_owned());
    }
    let mut seen: Vec<String> = Vec::new();
    for name in table.header.names.iter().filter(|name| !name.is_empty()) {
        let folded = crate::codes::fold(name);
        if seen.contains(&folded) {
            doubts.push(format!("two columns are named `{name}`: neither can be read by that name"));
        }
        seen.push(folded);
    }
    if let Some((day, label, row)) = &table.published {
        let beside = label.as_ref().map(|label| format!(" beside `{label}`")).unwrap_or_default();
        doubts.push(format!("row {row} states the day {day}{beside}: of publication, or of something else"));
    }
    ToldTable {
        title: sample.title.clone(),
        notes: sample.notes.clone(),
        rows,
        looked_at: if sample.whole { "all rows" } else { "start, end and some stretches between" },
        header_row: table.header.line,
        header_rows: table.height,
        header_is: if table.sure { "sure: the rows below are of another kind" } else { "a guess: all rows are texts" },
        above: above.filter(|(_, text)| !text.is_empty()).collect(),
        columns,
        period: table.when.as_ref().map(|when| when.how.clone()).unwrap_or_default(),
        numbers,
        values: tell_values(table),
        totals,
        below: table.footer.rows.iter().map(|(row, text)| (*row, cut(text, 120))).collect(),
        doubts,
    }
}

fn tell_values(table: &Table) -> Vec<String> {
    let mut out = Vec::new();
    for measure in &table.measures {
        let names: Vec<String> =
            measure.columns.iter().take(4).map(|column| format!("`{}`", table.name(*column))).collect();
        let more = measure.columns.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names =
            if names.is_empty() { "every row counts one".to_owned() } else { format!("{}{more}", names.join(", ")) };
        let by = match (&measure.left, &measure.by) {
            (Some(why), _) => format!("left out, {why}"),
            (None, Some(word)) => {
                format!("indicator {}, unit {}: guessed by `{word}`", measure.indicator, measure.unit)
            }
            (None, None) => {
                format!("indicator {}, unit {}: to be decided, nothing says it", measure.indicator, measure.unit)
            }
        };
        out.push(format!("{names}: {by}"));
    }
    out.extend(table.aggregate.iter().map(|why| format!("rows are to be added up: {why}")));
    out
}

fn tell_column(table: &Table, column: usize) -> Option<ToldColumn> {
    let profile = table.profiles.get(column)?;
    let role = table.roles.get(column).cloned().flatten();
    let personal = matches!(&role, Some(Role::Left(why)) if why.starts_with("looks personal"));
    let mut evidence = Vec::new();
    let word = match &role {
        Some(Role::Area) => {
            if let Some(area) = &table.area {
                evidence.push(format!("{} of {} labels stand in {}", area.found, area.labels, area.words("area")));
                evidence.extend(area.extract.iter().map(|extract| format!("the area is the part `{extract}`")));
                evidence.extend(
                    area.unknown.iter().map(|(label, row)| format!("not known: `{}` (row {row})", cut(label, EXAMPLE))),
                );
            }
            "area"
        }
        Some(Role::Crime) => {
            if let Some(crime) = &table.crime {
                evidence.push(format!("{} of {} labels stand in {}", crime.found, crime.labels, crime.words("crime")));
                evidence.extend(
                    crime
                        .unknown
                        .iter()
                        .map(|(label, row)| format!("not known: `{}` (row {row})", cut(label, EXAMPLE))),
                );
            }
            "offence"
        }
        Some(Role::Sex) => "sex",
        Some(Role::Age) => "age",
        Some(Role::Unit) => "unit",
        Some(Role::Period) => "period",
        Some(Role::Value) => "value",
        Some(Role::Breakdown) => "breakdown",
        Some(Role::Left(why)) => {
            evidence.push(why.clone());
            "not read"
        }
        None => "not understood",
    };
    if role == Some(Role::Value) {
        let missing: Vec<String> = profile
            .missing()
            .iter()
            .take(6)
            .map(|label| format!("`{}` × {}", cut(&label.text, 16), label.count))
            .collect();
        if !missing.is_empty() {
            evidence.push(format!("missing: {}", missing.join(", ")));
        }
        let marked: Vec<String> = profile
            .marked
            .iter()
            .take(3)
            .map(|label| format!("`{}` (row {})", cut(&label.text, 16), label.row))
            .collect();
        if !marked.is_empty() {
            evidence.push(format!("marks behind numbers: {}", marked.join(", ")));
        }
        let bounded: Vec<String> = profile
            .bounded
            .iter()
            .take(3)
            .map(|label| format!("`{}` (row {})", cut(&label.text, 16), label.row))
            .collect();
        if !bounded.is_empty() {
            evidence.push(format!("bounds: {}", bounded.join(", ")));
        }
        let odd: Vec<String> =
            profile.odd.iter().take(4).map(|label| format!("`{}` (row {})", cut(&label.text, 16), label.row)).collect();
        if !odd.is_empty() {
            evidence.push(format!("not understood, to quarantine: {}", odd.join(", ")));
        }
    }
    if table.fill_down.contains(&column) {
        evidence.push("blanks repeat the label of the block above".to_owned());
    }
    if profile.covered > 0 {
        evidence.push(format!("{} cells are part of merged ones", profile.covered));
    }
    // What may be about a person is not shown.
    let examples =
        if personal { Vec::new() } else { profile.examples().iter().map(|text| cut(text, EXAMPLE)).collect() };
    Some(ToldColumn {
        number: column + 1,
        name: profile.name.clone(),
        role: word.to_owned(),
        content: content(profile),
        evidence,
        examples,
        filled: profile.filled,
        blank: profile.blank,
    })
}

fn content(profile: &super::profile::Profile) -> String {
    let distinct = format!("{}{} distinct", profile.labels.len(), if profile.more() { "+" } else { "" });
    let word = if profile.filled == 0 {
        return "empty".to_owned();
    } else if profile.nearly(profile.years) {
        "year"
    } else if profile.nearly(profile.month_names) {
        "name of a month"
    } else if profile.nearly(profile.dates) {
        "date or period"
    } else if profile.zero_led > 0 && profile.is_numeric() {
        "code with leading zeros"
    } else if profile.is_whole() {
        "whole number"
    } else if profile.is_numeric() || profile.is_mostly_numeric() {
        "number"
    } else if profile.mean() > 60 {
        "free text"
    } else {
        "text"
    };
    let range = if profile.is_whole() && profile.least <= profile.greatest {
        format!(", {} to {}", profile.least, profile.greatest)
    } else {
        String::new()
    };
    format!("{word}, {distinct}{range}")
}

/// What was found out, as JSON.
///
/// # Errors
/// A bug only.
pub fn json(inspection: &Inspection, draft: Option<&Draft>) -> quipu_schema::Result<String> {
    serde_json::to_string(&tell(inspection, draft))
        .map_err(|error| quipu_schema::Fault::bug("an inspection is no JSON").because(error))
}

/// What was found out, for people.
pub fn text(inspection: &Inspection, draft: Option<&Draft>) -> String {
    let told = tell(inspection, draft);
    let mut out = String::new();
    let mut facts = vec![format!("{} bytes", told.bytes), told.format.to_owned()];
    facts.extend(told.encoding.iter().map(|encoding| format!("encoding {encoding}")));
    facts.extend(told.delimiter.iter().map(|delimiter| format!("delimiter {delimiter:?}")));
    let _ = writeln!(out, "{}: {}", told.document, facts.join(", "));
    for table in &told.tables {
        text_of_table(&mut out, table);
    }
    for what in &told.not_understood {
        let _ = writeln!(out, "\nnot understood  {what}");
    }
    for tried in &told.tried {
        let part = if tried.whole { "" } else { ", on the start of the document" };
        let of = if tried.table.is_empty() { String::new() } else { format!(" ({})", tried.table) };
        let _ = match &tried.fault {
            Some(fault) => writeln!(out, "\ntried    source {}{of}{part}: {fault}", tried.source),
            None => writeln!(
                out,
                "\ntried    source {}{of}{part}: {} read = {} published + {} quarantined + {} ignored",
                tried.source, tried.read, tried.published, tried.quarantined, tried.ignored
            ),
        };
        for refused in &tried.first_refused {
            let _ = writeln!(out, "         {}", cut(refused, 160));
        }
    }
    out
}

fn text_of_table(out: &mut String, table: &ToldTable) {
    let title = if table.title.is_empty() { String::new() } else { format!("  {}", table.title) };
    let _ = writeln!(out, "\ntable{title}: {} rows, looked at {}", table.rows, table.looked_at);
    for note in &table.notes {
        let _ = writeln!(out, "         {note}");
    }
    for (row, text) in &table.above {
        let _ = writeln!(out, "above    row {row}: {text}");
    }
    let rows = if table.header_rows > 1 { format!(", {} rows", table.header_rows) } else { String::new() };
    let _ = writeln!(out, "header   row {}{rows} ({})", table.header_row, table.header_is);
    let width = table.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or_default().min(28);
    let mut skipped = 0;
    for (at, column) in table.columns.iter().enumerate() {
        // A run of values is shown by its ends.
        let like = |at: usize| {
            table
                .columns
                .get(at)
                .is_some_and(|c| c.role == "value" && c.evidence.iter().all(|e| e.starts_with("missing")))
        };
        if at >= 3 && like(at - 2) && like(at - 1) && like(at) && like(at + 1) {
            skipped += 1;
            continue;
        }
        if skipped > 0 {
            let _ = writeln!(out, "         … {skipped} more like it");
            skipped = 0;
        }
        let name = cut(if column.name.is_empty() { "(no name)" } else { &column.name }, 28);
        let pad = " ".repeat(width.saturating_sub(name.chars().count()));
        let blank = if column.blank > 0 { format!(", {} blank", column.blank) } else { String::new() };
        let examples = column.examples.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" ");
        let _ = writeln!(
            out,
            "  {:>3}    {name}{pad}  {:<10} {}{blank}  {examples}",
            column.number, column.role, column.content
        );
        for evidence in &column.evidence {
            let _ = writeln!(out, "         {}  {evidence}", " ".repeat(width));
        }
    }
    let period =
        if table.period.is_empty() { vec!["not found: to be decided".to_owned()] } else { table.period.clone() };
    let _ = writeln!(out, "period   {}", period.join("; "));
    let _ = writeln!(out, "numbers  {}", table.numbers);
    for value in &table.values {
        let _ = writeln!(out, "values   {value}");
    }
    for total in &table.totals {
        let _ = writeln!(out, "totals   {total}");
    }
    for (row, text) in &table.below {
        let _ = writeln!(out, "below    row {row}: {text}");
    }
    for doubt in &table.doubts {
        let _ = writeln!(out, "look at  {doubt}");
    }
}
