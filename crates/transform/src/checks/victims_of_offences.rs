//! Check `victims-of-offences`: fewer victims than offences where each offence has one victim at least.
//!
//! Definition. `X-victims` or `victims-X` stands beside `X-offences` or `offences-X` for the same area,
//! period, crime, age, breakdown and both sexes together. For the crimes that cannot be without a victim,
//! victims must not be fewer than offences; `tolerance` of the offences is allowed (default 0 %). The
//! crimes are ICCS 0101 (intentional homicide) and all below it, or those of `crimes` in the pipeline
//! file. A blank is no number and is not compared.
//!
//! Rule: ICCS v1.0 defines 0101 as unlawful death inflicted upon a person; an incident of it has one
//! victim or more (UNODC, *ICCS*, section I; SDG 16.1.1 metadata on counting victims, not incidents).
//! Attempts (0102) and other crimes may be recorded without a victim.

use quipu_schema::finding::Check;

use super::Checking;
use super::draft::{Draft, Drafts, shown};
use super::pairs::{first_of, values_of, with_beginning, with_ending};
use super::sight::{BREAKDOWN, CRIME, Rule, Sight, measured};
use crate::observe::recipe::NULL;

/// ICCS code of crimes that cannot be without a victim.
const HOMICIDE: &str = "0101";

pub(super) struct VictimsOfOffences;

impl Checking for VictimsOfOffences {
    fn check(&self) -> Check {
        Check::VictimsOfOffences
    }

    fn along_time(&self) -> bool {
        false
    }

    fn run(&self, sight: &Sight<'_>, rule: Rule<'_>, drafts: &mut Drafts) {
        let declared = rule.0.map(|rule| rule.crimes.as_slice()).unwrap_or_default();
        let is_meant = |crime: &str| match declared {
            [] => crime.starts_with(HOMICIDE),
            crimes => crimes.iter().any(|meant| crime.starts_with(meant.as_str())),
        };
        let front = with_beginning(sight, "victims-").map(|(victims, rest)| (victims, format!("offences-{rest}")));
        let behind = with_ending(sight, "-victims").map(|(victims, stem)| (victims, format!("{stem}-offences")));
        for (victims, offences) in front.chain(behind) {
            let Some(offences) = first_of(sight, &[offences]) else { continue };
            let offences = values_of(sight, offences);
            for (shared, victims) in values_of(sight, victims) {
                let (Some(offences), Some(key)) = (offences.get(&shared), sight.key_of(&victims)) else { continue };
                let rates = sight.kind(key) != Some("count");
                if rates || !is_meant(sight.text(key, CRIME)) {
                    continue;
                }
                let least = offences.value * (1.0 - rule.tolerance(0.0));
                if victims.value >= least {
                    continue;
                }
                let number = |column: usize| key.get(column).copied().unwrap_or(NULL);
                let group: Vec<u32> = measured(key).into_iter().chain([number(CRIME), number(BREAKDOWN)]).collect();
                drafts.add(&group, offences.value - victims.value, &victims, || Draft {
                    message: format!(
                        "{} victims of {} offences, each of which has one at least",
                        shown(victims.value),
                        shown(offences.value)
                    ),
                    expected: Some(offences.value),
                    found: Some(victims.value),
                    evidence: vec![victims, *offences],
                });
            }
        }
    }
}
