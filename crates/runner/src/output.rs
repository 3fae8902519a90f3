//! What is printed: data and NDJSON to stdout, accounts and advice to stderr.

use std::io::{self, IsTerminal, Write};

use quipu_schema::tally::Tally;
use quipu_schema::{Fault, Result};
use quipu_store::{Outcome, StageReport};
use serde_json::{Value, json};

use crate::cli::{Format, Global};

/// Where and how a command prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) format: Format,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self { format: global.format, quiet: global.quiet }
    }

    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Whether progress bars may be drawn.
    pub(crate) fn wants_progress(self) -> bool {
        !self.quiet && !self.is_json() && io::stderr().is_terminal()
    }

    /// Prints data to stdout. A reader that went away is no failure.
    pub(crate) fn data(text: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        let written = out
            .write_all(text.as_bytes())
            .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
        match written.and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Fault::io(quipu_schema::ErrorKind::Storage, "write to stdout", "stdout", error))
            }
            _ => Ok(()),
        }
    }

    /// Prints one event as a line of NDJSON, where the format is JSON.
    pub(crate) fn event(self, event: &Value) -> Result<()> {
        if self.is_json() { Self::data(&event.to_string()) } else { Ok(()) }
    }

    /// Prints a line for people to stderr.
    pub(crate) fn say(self, line: &str) {
        if !self.quiet && !self.is_json() {
            note(line);
        }
    }

    /// Prints an error to stderr, and as an event where the format is JSON.
    pub(crate) fn complain(self, fault: &Fault) {
        note(&format!("error: {fault}"));
        let event = json!({
            "event": "error", "kind": fault.kind().word(), "message": fault.message(),
            "place": fault.place(), "help": fault.advice(), "exit_code": fault.kind().exit_code(),
        });
        // The fault itself decides the exit code, whether or not anybody can still read this.
        let _ = self.event(&event);
    }

    /// Prints what a stage did.
    pub(crate) fn stage(self, report: &StageReport) -> Result<()> {
        for source in &report.sources {
            let outcome = match &source.outcome {
                Outcome::Done => "done",
                Outcome::Unchanged => "unchanged",
                Outcome::Failed(_) => "failed",
            };
            let mut event = json!({ "event": "source_finished", "stage": report.stage, "source": source.source, "outcome": outcome });
            merge(&mut event, tally_json(&source.tally));
            if let Some(event) = event.as_object_mut() {
                event.insert("notes".into(), json!(source.notes));
                event.insert("findings".into(), json!(source.findings));
            }
            self.event(&event)?;
        }
        let total = report.tally();
        let mut event = json!({ "event": "stage_finished", "stage": report.stage, "changed": report.changed });
        merge(&mut event, tally_json(&total));
        if let Some(event) = event.as_object_mut() {
            event.insert("output".into(), json!(report.output));
            event.insert("notes".into(), json!(report.notes));
        }
        self.event(&event)?;
        let state = if report.changed { "" } else { "  (nothing changed)" };
        self.say(&format!("{:<10} {total}{state}", report.stage));
        for source in &report.sources {
            match &source.outcome {
                Outcome::Failed(fault) => {
                    note(&format!("  {:<28} FAILED: {fault}", source.source));
                    for remark in &source.notes {
                        self.say(&format!("      {remark}"));
                    }
                }
                Outcome::Done => {
                    self.say(&format!("  {:<28} {}", source.source, source.tally));
                    for (what, n) in source.tally.quarantined.iter().chain(&source.tally.ignored) {
                        self.say(&format!("      {n} {what}"));
                    }
                    for found in &source.findings {
                        let (n, places) = (found.findings, found.places);
                        let of = if places > n { format!(" in {places} places") } else { String::new() };
                        self.say(&format!("      {}: {n} of check {}{of}", found.severity, found.check));
                        for line in &found.first {
                            self.say(&format!("          {line}"));
                        }
                        if n > found.first.len() as u64 {
                            self.say("          … the others stand in table `finding`");
                        }
                    }
                    for remark in &source.notes {
                        self.say(&format!("      {remark}"));
                    }
                }
                Outcome::Unchanged => {
                    // What ingest has to say of a source holds also where nothing came.
                    if report.stage == "ingest" && !source.notes.is_empty() {
                        self.say(&format!("  {:<28} {}", source.source, source.tally));
                        for remark in &source.notes {
                            self.say(&format!("      {remark}"));
                        }
                    }
                }
            }
        }
        for remark in &report.notes {
            self.say(&format!("  {remark}"));
        }
        Ok(())
    }
}

fn tally_json(tally: &Tally) -> Value {
    json!({
        "read": tally.read, "published": tally.published,
        "quarantined": tally.quarantined_total(), "ignored": tally.ignored_total(),
        "quarantined_by": tally.quarantined, "ignored_by": tally.ignored,
    })
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

/// Writes a line to stderr; nothing can be done where that fails.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
