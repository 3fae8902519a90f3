//! `quipu plan`: what a run would do.

use std::fmt::Write as _;
use std::path::Path;

use quipu_schema::Result;
use quipu_schema::fault::exit;
use quipu_schema::pipeline::{Interpreter, Screen, SourceKind};
use serde_json::json;

use super::{read_with_lists, store_path};
use crate::BUILD;
use crate::cli::Global;
use crate::output::Output;

/// Prints, per source and stage, what a run would do. Neither network nor source files are read.
pub(crate) fn plan(path: &Path, global: &Global, output: Output) -> Result<u8> {
    let (pipeline, reference) = read_with_lists(path)?;
    let store_at = store_path(Some(&pipeline), global);
    let store = if store_at.is_dir() { Some(quipu_store::Store::open(&store_at)?) } else { None };
    let ledger = store.as_ref().map(quipu_store::Store::ledger).transpose()?;
    let mut text = format!("pipeline {} into store {}\n", pipeline.name, store_at.display());
    for source in &pipeline.sources {
        let from = match &source.kind {
            SourceKind::File(file) => format!("file {}", file.path.display()),
            SourceKind::Http(http) => format!("http {}", addresses(&http.urls)),
            SourceKind::Api(api) => format!("api, pages from {}", addresses(std::slice::from_ref(&api.url))),
            SourceKind::Crawl(crawl) => format!("crawl, lists from {}", addresses(&crawl.urls)),
            SourceKind::Object(object) => {
                format!("objects {}://{}/{}", object.service.scheme(), object.bucket, object.key)
            }
        };
        let captures = match &ledger {
            Some(ledger) => quipu_transform::editions(ledger, &pipeline.name, source, None)?,
            None => Vec::new(),
        };
        let into = match &source.interpreter {
            Interpreter::Observe(_) => "observation",
            Interpreter::Rows(rows) => rows.table.name,
            Interpreter::Report => "document, figure",
        };
        let transform = if captures.is_empty() {
            "transform after the first capture"
        } else if match &store {
            Some(store) => quipu_transform::is_current(store, &pipeline, source, &reference, BUILD, &captures)?,
            None => false,
        } {
            "tables are up to date with the last capture"
        } else {
            "transform again"
        };
        let _ = writeln!(text, "  {:<28} {from}", source.id);
        let _ = writeln!(text, "  {:<28}   {} documents captured; into {into}; {transform}", "", captures.len());
        output.event(&json!({
            "event": "source_planned", "source": source.id, "from": from, "captured": captures.len(), "into": into, "transform": transform,
        }))?;
    }
    let screen = pipeline.screen.as_ref().map_or_else(|| "no [screen]: skipped".to_owned(), screened);
    let export = pipeline
        .export
        .as_ref()
        .map_or_else(|| "no [export]: skipped".to_owned(), |e| format!("a release in {}", e.to.display()));
    let _ = writeln!(text, "  screen: {screen}\n  export: {export}");
    output.event(&json!({ "event": "planned", "screen": screen, "export": export }))?;
    if !output.is_json() {
        Output::data(&text)?;
    }
    Ok(exit::DONE)
}

/// What `[screen]` says, in a line.
fn screened(screen: &Screen) -> String {
    let mut text = format!("kinds {}", screen.kinds.join(", "));
    if !screen.grades.is_empty() {
        let _ = write!(text, "; grades {}", screen.grades.join(", "));
    }
    for (database, grades) in &screen.database_grades {
        let _ = write!(text, "; {database}: {}", if grades.is_empty() { "none".to_owned() } else { grades.join(", ") });
    }
    text
}

/// The addresses of a source, without secrets.
fn addresses(urls: &[String]) -> String {
    let first = urls.first().and_then(|url| url.parse().ok()).map(|url| quipu_fetch::redact(&url));
    let more = if urls.len() > 1 { format!(" and {} more", urls.len() - 1) } else { String::new() };
    format!("{}{more}", first.unwrap_or_else(|| "an address that cannot be read".to_owned()))
}
