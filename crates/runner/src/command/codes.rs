//! `quipu codes suggest` and `quipu codes lookup`.

use std::fmt::Write as _;
use std::path::Path;

use quipu_schema::fault::exit;
use quipu_schema::pipeline::{CODE_LISTS, suggestion};
use quipu_schema::table::Table;
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_transform::{Candidate, Candidates, Question, Reference, Refused, Suggested, Surroundings, Unknown};
use serde_json::{Value, json};

use super::quarantine::Ground;
use super::read_pipeline;
use crate::cli::{CodesAction, Global};
use crate::output::Output;

/// Nearest labels that a look-up names.
const NEAREST: usize = 5;

/// Runs an action on the code lists.
pub(crate) fn codes(action: &CodesAction, global: &Global, output: Output) -> Result<u8> {
    match action {
        CodesAction::Suggest { pipeline, source, list, write } => {
            suggest(pipeline, source.as_deref(), list.as_deref(), *write, global, output)
        }
        CodesAction::Lookup { label, list, scheme, pipeline, reference } => {
            let folder = match pipeline {
                Some(pipeline) => read_pipeline(pipeline)?.reference,
                None => reference.clone(),
            };
            lookup(label, list.as_deref(), scheme.as_deref(), &folder, output)
        }
    }
}

fn check_list(list: Option<&str>) -> Result<()> {
    let Some(list) = list.filter(|list| !CODE_LISTS.contains(list)) else { return Ok(()) };
    let help = suggestion(list, CODE_LISTS).unwrap_or_default();
    Err(Fault::new(ErrorKind::Usage, format!("there is no list `{list}`")).help(help))
}

pub(crate) fn candidate_json(candidate: &Candidate) -> Value {
    let score = (candidate.score * 100.0).round() / 100.0;
    json!({
        "code": candidate.code, "text": candidate.text, "from": candidate.from, "match": candidate.fit, "score": score,
    })
}

fn suggest(
    path: &Path,
    only: Option<&str>,
    list: Option<&str>,
    write: bool,
    global: &Global,
    output: Output,
) -> Result<u8> {
    check_list(list)?;
    let ground = Ground::open(path, only, global)?;
    let (gathered, code) = ground.gather(only, output)?;
    let rows: Vec<Refused> = gathered
        .iter()
        .flat_map(|(_, gathered)| &gathered.rows)
        .filter(|row| list.is_none_or(|list| row.list.as_deref() == Some(list)))
        .cloned()
        .collect();
    let candidates = Candidates::new(&ground.reference)?;
    let language = |id: &str| ground.pipeline.source(id).and_then(|source| source.language.clone());
    let around = |unknown: &Unknown| {
        let areas: Vec<String> = gathered
            .iter()
            .filter(|(source, _)| unknown.sources.contains(&source.id))
            .flat_map(|(_, gathered)| gathered.areas.clone())
            .collect();
        candidates.surroundings(&areas)
    };
    let suggested = quipu_transform::suggest(Unknown::of(&rows, &ground.reference, language), &candidates, around);
    let (mut files, mut text): (Vec<&'static Table>, String) = (Vec::new(), String::new());
    for made in &suggested {
        if let Some(table) = made.table
            && !files.iter().any(|known| known.name == table.name)
        {
            files.push(table);
        }
    }
    for table in files.iter().map(|table| Some(*table)).chain([None]) {
        let of_table: Vec<&Suggested> =
            suggested.iter().filter(|made| made.table.map(|t| t.name) == table.map(|t| t.name)).collect();
        if of_table.is_empty() {
            continue;
        }
        match table {
            Some(table) => {
                let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
                let file = ground.pipeline.reference.join(format!("{}.csv", table.name));
                let _ = writeln!(text, "# {}: {}", file.display(), columns.join(","));
            }
            None => text.push_str("# no list takes labels of these: map them in the pipeline file\n"),
        }
        for made in of_table {
            text.push_str(&suggested_text(made));
            output.event(&suggested_json(made))?;
        }
    }
    let sure = suggested.iter().filter(|made| made.sure).count();
    let mut written = 0;
    if write {
        // Another run of the pipeline must not read half of it.
        let _lock = ground.store.lock("quipu codes suggest --write")?;
        for table in files {
            let lines: Vec<&str> = suggested
                .iter()
                .filter(|made| made.sure && made.table.is_some_and(|of| of.name == table.name))
                .map(|made| made.line.as_str())
                .collect();
            let (file, count) = quipu_transform::add_lines(&ground.pipeline.reference, table, &lines)?;
            written += count;
            if count > 0 {
                output.say(&format!("{count} lines added to {}", file.display()));
            }
        }
    }
    if suggested.is_empty() {
        output.say("no label in quarantine is unknown to the lists");
    } else if !output.is_json() {
        Output::data(&text)?;
    }
    let next = format!("quipu quarantine replay {}", path.display());
    if !suggested.is_empty() {
        output.say(&format!("{} labels, {sure} of them sure, {written} lines written", suggested.len()));
        if written > 0 {
            output.say(&format!("look at the lines marked unverified, then run `{next}`"));
        } else if sure > 0 && !write {
            output.say("--write adds the sure ones; complete the others by hand");
        } else {
            output.say(&format!("complete the lines by hand, add them, then run `{next}`"));
        }
    }
    output.event(&json!({
        "event": "codes_finished", "labels": suggested.len(), "sure": sure, "written": written, "next": next,
        "exit_code": code,
    }))?;
    Ok(code)
}

fn suggested_text(made: &Suggested) -> String {
    let Unknown { label, sources, rows, cells, scheme, .. } = &made.unknown;
    let scheme = scheme.as_ref().map(|scheme| format!(" of scheme {scheme}")).unwrap_or_default();
    let mut text =
        format!("# `{}`{scheme}: {cells} values in {rows} rows of {}\n", one_line(label), sources.join(", "));
    for candidate in &made.candidates {
        let _ = writeln!(text, "#   {}", candidate_text(candidate));
    }
    if made.candidates.is_empty() {
        text.push_str("#   nothing known is near\n");
    }
    match &made.why {
        Some(why) => {
            let _ = writeln!(text, "#   sure: {}\n{}", one_line(why), made.line);
        }
        None => {
            let _ = writeln!(text, "# {}", one_line(&made.line));
        }
    }
    text
}

/// A comment ends with its line.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn candidate_text(candidate: &Candidate) -> String {
    let code = candidate.code.as_deref().unwrap_or("(no code)");
    let fit = candidate.fit.as_ref().map(|fit| format!(", {fit}")).unwrap_or_default();
    format!("{:.2} {code} {} ({}{fit})", candidate.score, one_line(&candidate.text), candidate.from)
}

fn suggested_json(made: &Suggested) -> Value {
    let Unknown { list, scheme, label, sources, rows, cells, .. } = &made.unknown;
    json!({
        "event": "code_suggested", "list": list, "scheme": scheme, "label": label, "sources": sources, "rows": rows,
        "values": cells, "table": made.table.map(|table| table.name), "line": made.line, "sure": made.sure,
        "why": made.why, "candidates": made.candidates.iter().map(candidate_json).collect::<Vec<_>>(),
    })
}

fn lookup(label: &str, list: Option<&str>, scheme: Option<&str>, folder: &Path, output: Output) -> Result<u8> {
    check_list(list)?;
    let reference = Reference::load(folder)?;
    let lists: Vec<&str> = CODE_LISTS.into_iter().filter(|known| list.is_none_or(|list| list == *known)).collect();
    if let Some(scheme) = scheme {
        let known: Vec<&str> = lists.iter().flat_map(|list| reference.schemes_of(list)).collect();
        if !known.contains(&scheme) {
            let help = suggestion(scheme, known).unwrap_or_default();
            return Err(Fault::new(ErrorKind::Usage, format!("no list has a scheme `{scheme}`")).help(help));
        }
    }
    let candidates = Candidates::new(&reference)?;
    let (mut text, mut found) = (String::new(), 0);
    let mut near: Vec<(&str, Candidate)> = Vec::new();
    let nowhere = Surroundings::default();
    for list in &lists {
        for known in candidates.exact(list, scheme, label) {
            found += 1;
            let _ = writeln!(text, "{list}: {}", candidate_text(&known));
            output.event(&json!({ "event": "code_found", "list": list, "known": candidate_json(&known) }))?;
        }
        let question = Question { list, scheme, label, around: &nowhere };
        near.extend(candidates.nearest(question, NEAREST).into_iter().map(|candidate| (*list, candidate)));
    }
    if found == 0 {
        near.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        near.truncate(NEAREST);
        let _ = writeln!(text, "no list knows `{label}`{}", if near.is_empty() { "" } else { "; the nearest:" });
        for (list, candidate) in &near {
            let _ = writeln!(text, "  {list}: {}", candidate_text(candidate));
            output.event(&json!({ "event": "code_near", "list": list, "known": candidate_json(candidate) }))?;
        }
    }
    if !output.is_json() {
        Output::data(&text)?;
    }
    output.event(&json!({ "event": "lookup_finished", "label": label, "found": found, "exit_code": exit::DONE }))?;
    Ok(exit::DONE)
}
