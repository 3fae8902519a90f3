//! The built-in statistical checks and how grave their findings are. The words are stable: pipeline
//! files and the table `finding` depend on them.

/// A statistical check that every source of statistics is put to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Totals are the sum of their parts.
    SumOfParts,
    /// Shares of one whole add up to 100 %.
    SharesOfWhole,
    /// A rate is the count divided by the population.
    RateOfCount,
    /// An offence that needs a victim has one at least.
    VictimsOfOffences,
    /// No value is a power of ten away from its neighbours.
    ScaleJump,
    /// No period repeats the values of another.
    RepeatedPeriod,
    /// No level shifts in many series at once.
    SeriesBreak,
    /// Zero means zero, blank means missing.
    BlankOrZero,
}

impl Check {
    /// Every check, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::SumOfParts,
        Self::SharesOfWhole,
        Self::RateOfCount,
        Self::VictimsOfOffences,
        Self::ScaleJump,
        Self::RepeatedPeriod,
        Self::SeriesBreak,
        Self::BlankOrZero,
    ];

    /// The stable word, in pipeline files and in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SumOfParts => "sum-of-parts",
            Self::SharesOfWhole => "shares-of-whole",
            Self::RateOfCount => "rate-of-count",
            Self::VictimsOfOffences => "victims-of-offences",
            Self::ScaleJump => "scale-jump",
            Self::RepeatedPeriod => "repeated-period",
            Self::SeriesBreak => "series-break",
            Self::BlankOrZero => "blank-or-zero",
        }
    }

    /// The words of all checks, as the table allows them.
    pub const WORDS: &'static [&'static str] = &[
        Self::SumOfParts.word(),
        Self::SharesOfWhole.word(),
        Self::RateOfCount.word(),
        Self::VictimsOfOffences.word(),
        Self::ScaleJump.word(),
        Self::RepeatedPeriod.word(),
        Self::SeriesBreak.word(),
        Self::BlankOrZero.word(),
    ];
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know: a limit of the check itself.
    Info,
    /// To be looked at; what was read is published.
    Warning,
    /// Blocks the source: nothing is published.
    Error,
}

impl Severity {
    /// The stable word, in pipeline files and in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The words of all severities, as the table allows them.
    pub const WORDS: &'static [&'static str] = &[Self::Info.word(), Self::Warning.word(), Self::Error.word()];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_one_check_each() {
        let words: std::collections::BTreeSet<&str> = Check::ALL.into_iter().map(Check::word).collect();
        assert_eq!(words.len(), Check::ALL.len());
        assert!(Check::ALL.into_iter().map(Check::word).eq(Check::WORDS.iter().copied()));
    }
}
