//! `[source.checks]`: how grave the findings of the statistical checks are for this source.

use super::section::Section;
use crate::finding::{Check, Severity};

/// What the pipeline file says of the statistical checks of a source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checks {
    rules: Vec<(Check, CheckRule)>,
}

/// What it says of one check.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CheckRule {
    /// The severity of what it finds; none where the check is off, and the check's own unless said.
    pub severity: Option<Option<Severity>>,
    /// Why.
    pub reason: String,
    /// How far a value may be from what is expected, as a share of it, before it counts.
    pub tolerance: Option<f64>,
    /// ICCS codes that the check is about, with all below them.
    pub crimes: Vec<String>,
}

impl Checks {
    /// What is said of a check, where anything is.
    pub fn of(&self, check: Check) -> Option<&CheckRule> {
        self.rules.iter().find(|(named, _)| *named == check).map(|(_, rule)| rule)
    }

    pub(super) fn read(section: Section<'_, '_>) -> Self {
        let mut rules = Vec::new();
        for check in Check::ALL {
            if let Some(block) = section.section(check.word()) {
                rules.push((check, CheckRule::read(check, block)));
            }
        }
        section.finish();
        Self { rules }
    }
}

/// Checks that compare a value with what it should be, and so have a tolerance.
const TOLERANT: [Check; 4] = [Check::SumOfParts, Check::SharesOfWhole, Check::RateOfCount, Check::VictimsOfOffences];

impl CheckRule {
    fn read(check: Check, section: Section<'_, '_>) -> Self {
        let words = [
            ("off", None),
            (Severity::Info.word(), Some(Severity::Info)),
            (Severity::Warning.word(), Some(Severity::Warning)),
            (Severity::Error.word(), Some(Severity::Error)),
        ];
        let severity = section.one_of("severity", &words);
        let reason = section.required_text("reason", "why this source is judged otherwise than others");
        if let Some(reason) = &reason
            && reason.value.trim().is_empty()
        {
            section.findings().report(reason.span.clone(), "the reason is empty", None);
        }
        let tolerance = TOLERANT.contains(&check).then(|| section.parsed("tolerance", share)).flatten();
        let crimes = if check == Check::VictimsOfOffences { section.texts("crimes") } else { Vec::new() };
        for crime in &crimes {
            if crime.value.is_empty() || !crime.value.bytes().all(|byte| byte.is_ascii_digit()) {
                let help = Some("use the digits of the code, such as \"0101\"".to_owned());
                section.findings().report(crime.span.clone(), format!("`{}` is no ICCS code", crime.value), help);
            }
        }
        section.finish();
        Self {
            severity,
            reason: reason.map(|text| text.value).unwrap_or_default(),
            tolerance,
            crimes: crimes.into_iter().map(|text| text.value).collect(),
        }
    }
}

/// A percentage as a share.
fn share(text: &str) -> Result<f64, &'static str> {
    let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    percent
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or("must be a percentage such as \"0.5 %\"")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Pipeline;
    use super::*;

    const HEAD: &str = "[pipeline]\nname = \"t\"\nreference = \"r\"\n[[source]]\nid = \"s\"\nfile = \"f.csv\"\n\
        [source.observe]\ndataset = \"D\"\nindicator = \"population\"\nunit = \"person\"\nref_area = \"MX\"\n\
        period = { year = { column = \"y\" } }\nvalues = \"v\"\n";

    fn parse(checks: &str) -> Result<Checks, String> {
        let pipeline = Pipeline::parse(Path::new("p.toml"), &format!("{HEAD}{checks}"));
        let pipeline =
            pipeline.map_err(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        Ok(pipeline.source("s").expect("source").checks.clone())
    }

    #[test]
    fn severities_tolerances_and_crimes_are_read_with_their_reason() {
        let checks = parse(
            "[source.checks]\nscale-jump = { severity = \"off\", reason = \"seizures are few and big\" }\n\
             [source.checks.sum-of-parts]\nseverity = \"error\"\ntolerance = \"0.5 %\"\nreason = \"audited\"\n\
             [source.checks.victims-of-offences]\ncrimes = [\"0101\", \"03\"]\nreason = \"one victim each\"\n",
        )
        .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(checks.of(Check::ScaleJump).expect("rule").severity, Some(None));
        let sums = checks.of(Check::SumOfParts).expect("rule");
        assert_eq!(
            (sums.severity, sums.tolerance, sums.reason.as_str()),
            (Some(Some(Severity::Error)), Some(0.005), "audited")
        );
        assert_eq!(checks.of(Check::VictimsOfOffences).expect("rule").crimes, ["0101", "03"]);
        assert_eq!(checks.of(Check::SeriesBreak), None);
    }

    #[test]
    fn mistakes_name_their_place_and_what_was_meant() {
        let mistakes: [(&str, &[&str]); 9] = [
            (
                "scale-jmp = { severity = \"off\", reason = \"x\" }",
                &["p.toml:15:1: unknown key `scale-jmp`", "did you mean `scale-jump`?"],
            ),
            (
                "scale-jump = { severity = \"warn\", reason = \"x\" }",
                &["p.toml:15:27: `warn` is not a known `severity`", "did you mean `warning`?"],
            ),
            ("scale-jump = { severity = \"off\" }", &["p.toml:15:14:", "has no `reason`", "why this source"]),
            ("scale-jump = { severity = \"off\", reason = \" \" }", &["the reason is empty"]),
            (
                "scale-jump = { severty = \"off\", reason = \"x\" }",
                &["unknown key `severty`", "did you mean `severity`?"],
            ),
            ("sum-of-parts = { tolerance = 0.5, reason = \"x\" }", &["`tolerance` must be a text"]),
            (
                "sum-of-parts = { tolerance = \"0.5\", reason = \"x\" }",
                &["`tolerance`: must be a percentage such as \"0.5 %\""],
            ),
            ("series-break = { tolerance = \"1 %\", reason = \"x\" }", &["unknown key `tolerance`"]),
            ("victims-of-offences = { crimes = [\"homicide\"], reason = \"x\" }", &["`homicide` is no ICCS code"]),
        ];
        for (line, expected) in mistakes {
            let message = parse(&format!("[source.checks]\n{line}\n")).expect_err(line);
            for part in expected {
                assert!(message.contains(part), "for `{line}` expected `{part}` in:\n{message}");
            }
        }
    }
}
