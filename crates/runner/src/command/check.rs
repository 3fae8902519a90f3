//! `quipu check`: are the pipeline files right?

use std::path::PathBuf;

use quipu_schema::Result;
use quipu_schema::fault::exit;
use serde_json::json;

use super::read_with_lists;
use crate::output::Output;

/// Checks pipeline files and the reference lists that they name; every file is looked at.
pub(crate) fn check(pipelines: &[PathBuf], output: Output) -> Result<u8> {
    let mut code = exit::DONE;
    for path in pipelines {
        match read_with_lists(path) {
            Ok((pipeline, _)) => {
                output.say(&format!("{}: right ({} sources)", path.display(), pipeline.sources.len()));
                output.event(
                    &json!({ "event": "checked", "pipeline": path, "right": true, "sources": pipeline.sources.len() }),
                )?;
            }
            Err(fault) => {
                output.complain(&fault);
                code = code.max(fault.kind().exit_code());
            }
        }
    }
    Ok(code)
}
