//! Statistical checks on what a source gives: do its figures agree with each other?
//!
//! The checks are siblings behind one trait, listed in [`ALL`]. While a source is walked, a [`Panel`]
//! hears its values; when it is read, each check looks at them and drafts findings. Places with the same
//! fault (same indicator, same period) become one finding with the worst place first, so that a column
//! copied for 300 areas is one line and not 300. What the pipeline file says in `[source.checks]` decides
//! how grave findings are; one that is an error blocks the source.

mod blank_or_zero;
mod draft;
mod family;
mod finding;
mod pairs;
mod panel;
mod rate_of_count;
mod repeated_period;
mod robust;
mod scale_jump;
mod series_break;
mod shares_of_whole;
mod sight;
mod sum_of_parts;
#[cfg(test)]
mod tests;
mod victims_of_offences;

use quipu_schema::finding::{Check, Severity};
use quipu_schema::pipeline::{Observe, Source};
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use rayon::prelude::*;

pub(crate) use finding::{Finding, account, frame};
pub(crate) use panel::Panel;

use crate::codes::Reference;
use draft::Drafts;
use sight::{Rule, Sight};

/// A statistical check.
trait Checking: Sync {
    /// Which it is.
    fn check(&self) -> Check;

    /// Whether it looks along series, not across periods.
    fn along_time(&self) -> bool;

    /// Looks at the values of a source.
    fn run(&self, sight: &Sight<'_>, rule: Rule<'_>, drafts: &mut Drafts);
}

/// Every check.
const ALL: [&dyn Checking; 8] = [
    &sum_of_parts::SumOfParts,
    &shares_of_whole::SharesOfWhole,
    &rate_of_count::RateOfCount,
    &victims_of_offences::VictimsOfOffences,
    &scale_jump::ScaleJump,
    &repeated_period::RepeatedPeriod,
    &series_break::SeriesBreak,
    &blank_or_zero::BlankOrZero,
];

/// Whether a check is switched off for a source.
fn is_off(source: &Source, check: Check) -> bool {
    source.checks.of(check).is_some_and(|rule| rule.severity == Some(None))
}

/// Whether any check looks at a source: else nothing need be heard of it.
pub(crate) fn any(source: &Source) -> bool {
    ALL.iter().any(|checking| !is_off(source, checking.check()))
}

/// What the checks find in the values that were heard.
pub(crate) fn run(
    source: &Source,
    observe: &Observe,
    documents: &[Digest],
    reference: &Reference,
    panel: &mut Panel,
) -> Vec<Finding> {
    if panel.heard == 0 {
        return Vec::new();
    }
    judge(source, &Sight::new(panel, observe, reference), documents)
}

/// What the checks find in what is seen.
fn judge(source: &Source, sight: &Sight<'_>, documents: &[Digest]) -> Vec<Finding> {
    let on: Vec<&&dyn Checking> = ALL.iter().filter(|checking| !is_off(source, checking.check())).collect();
    let found = |checking: &&&dyn Checking| -> Vec<Finding> {
        let check = checking.check();
        let rule = source.checks.of(check);
        let mut drafts = Drafts::default();
        drafts.limits.extend(limit(sight, checking.along_time()));
        checking.run(sight, Rule(rule), &mut drafts);
        let severity = rule.and_then(|rule| rule.severity).flatten().unwrap_or(Severity::Warning);
        let reason = rule.map(|rule| rule.reason.clone());
        let (told, left, limits) = drafts.told();
        let about = finding::About { source: &source.id, documents, check, severity, reason };
        let mut findings: Vec<Finding> = told.into_iter().map(|told| about.of(sight, told)).collect();
        if left > 0 {
            let message = format!("{left} further findings, each less grave than those told, are not told one by one");
            findings.push(about.limit(message));
        }
        findings.extend(limits.into_iter().map(|limit| about.limit(limit)));
        findings
    };
    on.par_iter().flat_map_iter(found).collect()
}

/// What was not looked at, because a source has more values than are kept.
fn limit(sight: &Sight<'_>, along_time: bool) -> Option<String> {
    let panel = sight.panel;
    if along_time {
        let share = panel.one_in();
        return (share > 1).then(|| {
            format!("the source has {} values: one in {share} of its series was looked at, chosen by hash", panel.heard)
        });
    }
    if !panel.lost_periods() {
        return None;
    }
    let kept: Vec<_> = (0..panel.periods.len()).filter(|number| panel.is_whole_period(*number)).collect();
    let oldest = kept.iter().filter_map(|number| panel.periods.get(*number)).map(|period| period.start).min();
    Some(match oldest {
        Some(oldest) => format!("the source has {} values: its periods since {oldest} were looked at", panel.heard),
        None => format!("the source has {} values, more in one period than are kept: not looked at", panel.heard),
    })
}

/// Whether findings block a source.
///
/// # Errors
/// A finding whose severity is `error`.
pub(crate) fn hold(source: &Source, findings: &[Finding]) -> Result<()> {
    let mut errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let Some(first) = errors.next() else { return Ok(()) };
    let more = errors.count();
    let more = if more > 0 { format!(" ({more} more findings block it too)") } else { String::new() };
    Err(Fault::new(ErrorKind::Contract, format!("check `{}`: {}{more}", first.check.word(), first.message))
        .at(format!("source `{}`, {}", source.id, first.place()))
        .help(format!(
            "look at the place; if the figures are right, give `[source.checks.{}]` another `severity` with a `reason`",
            first.check.word()
        )))
}
