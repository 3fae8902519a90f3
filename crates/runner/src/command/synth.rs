//! `quipu synth`: records and checks that nobody entered or asked, with the truth of what meets.

use quipu_schema::Result;
use quipu_schema::fault::exit;
use quipu_store::Progress as _;
use quipu_synth::{Fate, Plan, make};
use serde_json::{Map, Value, json};

use crate::cli::SynthArgs;
use crate::output::Output;
use crate::progress::Bars;

/// Makes the files and says what is in them.
pub(crate) fn synth(args: &SynthArgs, output: Output) -> Result<u8> {
    let plan = Plan {
        records: args.records,
        checks: args.checks,
        seed: args.seed,
        travel_documents_only: args.travel_documents_only,
        keys_only: args.keys_only,
    };
    let bars = output.wants_progress().then(Bars::default);
    if let Some(bars) = &bars {
        bars.begin("rows", Some(plan.records.saturating_add(plan.checks)));
    }
    let mut before = 0;
    let mut tell = |done: u64, _total: u64| {
        if let Some(bars) = &bars {
            bars.advance(done - before);
        }
        before = done;
    };
    let made = make(&plan, &args.out, &mut tell);
    if let Some(bars) = &bars {
        bars.end();
    }
    let made = made?;
    output.say(&format!("{} records in {}", plan.records, made.records.display()));
    output.say(&format!("{} checks in {}", plan.checks, made.checks.display()));
    for (fate, count) in &made.fates {
        output.say(&format!("  {count:>12} {}", meaning(*fate)));
    }
    output.say(&format!("what meets what is in {}", made.truth.display()));
    let fates: Map<String, Value> =
        made.fates.iter().map(|(fate, count)| (fate.word().to_owned(), json!(count))).collect();
    output.event(&json!({
        "event": "synth_finished", "records": made.records, "checks": made.checks, "truth": made.truth,
        "record_rows": plan.records, "check_rows": plan.checks, "seed": plan.seed, "fates": fates,
    }))?;
    Ok(exit::DONE)
}

/// What becomes of checks of a fate, for people.
const fn meaning(fate: Fate) -> &'static str {
    match fate {
        Fate::NoHit => "meet nothing",
        Fate::Hit => "meet a record",
        Fate::Misread => "are a record's key with a figure read as a letter",
        Fate::OtherIssuer => "have a record's number and another issuer",
        Fate::Expired => "meet a record whose last day has passed",
        Fate::Withdrawn => "meet a record that its owner withdrew",
        Fate::Denied => "meet a record that the asker may not see",
        Fate::Junk => "have no key",
        Fate::Slip => "are a record's number with a slip of the hand, and its holder",
    }
}
