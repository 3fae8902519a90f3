//! The account of a stage: read = published + quarantined + ignored, with nothing unaccounted.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What became of everything that one stage read from one source.
///
/// The unit is the smallest thing that can be published: a value cell of a statistic, a row of a
/// record list, a number of a text, a check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// How many were read.
    pub read: u64,
    /// How many were published.
    pub published: u64,
    /// How many went to quarantine, by reason code.
    pub quarantined: BTreeMap<String, u64>,
    /// How many a rule said to leave out, by rule.
    pub ignored: BTreeMap<String, u64>,
}

impl Tally {
    /// Total in quarantine.
    pub fn quarantined_total(&self) -> u64 {
        self.quarantined.values().sum()
    }

    /// Total left out by rules.
    pub fn ignored_total(&self) -> u64 {
        self.ignored.values().sum()
    }

    /// Whether read = published + quarantined + ignored.
    pub fn balances(&self) -> bool {
        self.read == self.published + self.quarantined_total() + self.ignored_total()
    }

    /// Counts `n` things left out by `rule`.
    pub fn ignore(&mut self, rule: impl Into<String>, n: u64) {
        if n > 0 {
            *self.ignored.entry(rule.into()).or_default() += n;
        }
    }

    /// Counts `n` things quarantined for `reason`.
    pub fn quarantine(&mut self, reason: impl fmt::Display, n: u64) {
        if n > 0 {
            *self.quarantined.entry(reason.to_string()).or_default() += n;
        }
    }

    /// Adds another account to this one.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.published += other.published;
        for (reason, n) in &other.quarantined {
            self.quarantine(reason, *n);
        }
        for (rule, n) in &other.ignored {
            self.ignore(rule.clone(), *n);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} read = {} published + {} quarantined + {} ignored",
            self.read,
            self.published,
            self.quarantined_total(),
            self.ignored_total()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_hold_and_show() {
        let mut tally = Tally { read: 10, published: 6, ..Tally::default() };
        assert!(!tally.balances());
        tally.quarantine("bad-value", 1);
        tally.ignore("filter", 3);
        tally.ignore("nothing", 0);
        assert!(tally.balances());
        assert_eq!(tally.to_string(), "10 read = 6 published + 1 quarantined + 3 ignored");
        let mut sum = tally.clone();
        sum.add(&tally);
        assert!(sum.balances());
        assert_eq!((sum.read, sum.ignored.len()), (20, 1));
    }
}
