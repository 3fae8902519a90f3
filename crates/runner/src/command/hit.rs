//! `quipu hit`: decisions on the hits of a screening by hand.

use quipu_schema::Result;
use quipu_schema::fault::exit;
use quipu_screen::{Decision, audit, decide, decisions};
use serde_json::json;

use crate::cli::HitAction;
use crate::output::Output;

/// Takes a decision down, or prints those that were taken.
pub(crate) fn hit(action: &HitAction, output: Output) -> Result<u8> {
    match action {
        HitAction::Decide { run, check_id, record_id, state, by, note } => {
            let decision = Decision {
                check_id: check_id.clone(),
                record_id: record_id.clone(),
                state: state.clone(),
                by: by.clone(),
                note: note.clone(),
                at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            };
            let before = decide(run, &decision)?;
            output.say(&format!("{check_id} on {record_id}: {before} is now {state}"));
            output.event(&json!({
                "event": "hit_decided", "check_id": check_id, "record_id": record_id, "from": before, "to": state,
            }))?;
        }
        HitAction::Audit { run } => {
            let lines = audit(run, |line| Output::data(&line.to_string()))?;
            output.say(&format!("{lines} lines, each following the one before it"));
        }
        HitAction::Decisions { run } => {
            let lines = decisions(run)?;
            for line in &lines {
                Output::data(&line.to_string())?;
            }
            output.say(&format!("{} decisions, each following the one before it", lines.len()));
        }
    }
    Ok(exit::DONE)
}
