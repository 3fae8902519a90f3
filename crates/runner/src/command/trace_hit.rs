//! `quipu trace hit … --run DIR`: a hit of a screening by hand, reckoned again from its two rows.

use std::fmt::Write as _;
use std::path::Path;

use quipu_schema::fault::exit;
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_screen::{Explained, Shown, Traced, trace_hit};
use serde_json::{Value, json};

use crate::output::Output;

/// Shows how a check met a record; fails where the stored row does not follow from its sources.
pub(crate) fn trace(table: &str, key: &str, run: &Path, output: Output) -> Result<u8> {
    if table != "hit" {
        return Err(Fault::new(ErrorKind::Usage, format!("a screening by hand has no table `{table}`, only `hit`")));
    }
    let (check_id, record_id) = ids(key)?;
    let traced = trace_hit(run, check_id, record_id, super::screen::digest_key().as_ref())?;
    output.event(&event(check_id, record_id, &traced))?;
    if !output.is_json() {
        Output::data(&shown(check_id, record_id, &traced))?;
    }
    if traced.differs.is_empty() {
        return Ok(exit::DONE);
    }
    let message = format!("the stored row does not follow from its sources: {}", traced.differs.join("; "));
    Err(Fault::new(ErrorKind::Corrupt, message)
        .at(run.display())
        .help("the sources, or the version of quipu, are others than those of the run; screen again"))
}

/// `check_id=C1,record_id=R1`.
fn ids(key: &str) -> Result<(&str, &str)> {
    // An id may hold commas itself.
    let split = |first: &str, second: &str| {
        let (one, two) = key.trim().strip_prefix(first)?.rsplit_once(second)?;
        (!one.is_empty() && !two.is_empty()).then_some((one, two))
    };
    let other_way = || split("record_id=", ",check_id=").map(|(record, check)| (check, record));
    split("check_id=", ",record_id=").or_else(other_way).ok_or_else(|| {
        Fault::new(ErrorKind::Usage, format!("`{key}` does not name a hit"))
            .help("a hit is named as check_id=CHECK,record_id=RECORD")
    })
}

fn shown(check_id: &str, record_id: &str, traced: &Traced) -> String {
    let mut out = String::new();
    match &traced.explained {
        Some(explained) => reckoned(check_id, record_id, explained, &mut out),
        None => {
            let _ =
                writeln!(out, "check {check_id} or record {record_id} is gone, so that nothing can be reckoned again");
        }
    }
    let _ = writeln!(out, "the row of the run");
    for (name, text) in &traced.stored {
        let _ = writeln!(out, "    {name}: {text}");
    }
    let agrees = if traced.differs.is_empty() { "it agrees" } else { "it does not agree" };
    let _ = writeln!(out, "{agrees} with what its sources give");
    out
}

/// Both rows, the rules, and the answer.
fn reckoned(check_id: &str, record_id: &str, explained: &Explained, out: &mut String) {
    for (what, id, side) in [("check", check_id, &explained.check), ("record", record_id, &explained.record)] {
        let Shown { spot, key_raw, issuer, steps } = side;
        let issuer = issuer.as_deref().unwrap_or("none stated");
        let _ = writeln!(out, "{what} {id}: {}, row {} (row group {})", spot.file.display(), spot.row, spot.group);
        let _ = writeln!(out, "    as it stands there: `{key_raw}`, issuer {issuer}");
        for step in steps {
            let _ = writeln!(out, "    {step}");
        }
    }
    let _ = writeln!(out, "rules");
    for rule in &explained.rules {
        let _ = writeln!(out, "    {rule}");
    }
    let answer = explained.answer.map_or("no-hit", |answer| answer.word());
    let grade = explained.hit.as_ref().map_or_else(String::new, |hit| format!(", {}", hit.grade));
    let _ = writeln!(out, "answer: {answer}{grade}");
}

fn event(check_id: &str, record_id: &str, traced: &Traced) -> Value {
    let side = |side: &Shown| {
        json!({
            "file": side.spot.file, "row_group": side.spot.group, "row": side.spot.row,
            "key_raw": side.key_raw, "issuer": side.issuer, "steps": side.steps,
        })
    };
    let stored: serde_json::Map<String, Value> =
        traced.stored.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    let explained = traced.explained.as_ref();
    json!({
        "event": "hit", "check_id": check_id, "record_id": record_id,
        "check": explained.map(|pair| side(&pair.check)), "record": explained.map(|pair| side(&pair.record)),
        "rules": explained.map(|pair| &pair.rules),
        "answer": explained.map(|pair| pair.answer.map_or("no-hit", |answer| answer.word())),
        "grade": explained.and_then(|pair| pair.hit.as_ref()).map(|hit| hit.grade.word()),
        "stored": stored, "differs": traced.differs,
    })
}
