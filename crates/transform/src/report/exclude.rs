//! The rules by which a number is no figure: dates, years, ordinals, times, identifiers.

use std::ops::Range;

use super::rules::Rules;
use super::scan::{self, Candidate, after, before};

/// Stretches of a block that are dates, times and identifiers as a whole.
pub(super) struct Spans(Vec<(Range<usize>, &'static str)>);

impl Spans {
    pub(super) fn of(text: &str, rules: &Rules) -> Self {
        let mut spans = Vec::new();
        for (pattern, rule) in &rules.spans {
            spans.extend(pattern.find_iter(text).map(|found| (found.range(), *rule)));
        }
        for found in rules.month_day.find_iter(text) {
            // "in March 12 countries" names no day, "March 12" does.
            let next = after(text, found.end()).trim_start();
            if rules.units.at_start(next).is_none() {
                spans.push((found.range(), "date"));
            }
        }
        spans.sort_by_key(|(range, _)| range.start);
        Self(spans)
    }

    fn rule(&self, range: &Range<usize>) -> Option<&'static str> {
        let until = self.0.partition_point(|(span, _)| span.start <= range.start);
        // Spans are short: one that reaches here starts not far before.
        let near = self.0.get(until.saturating_sub(16)..until).unwrap_or_default();
        // `2023-03-21` is a date although `2023-03` could be a span of years.
        let over = near.iter().filter(|(span, _)| span.end >= range.end);
        over.max_by_key(|(span, _)| span.len()).map(|(_, rule)| *rule)
    }
}

/// The rule that takes this candidate out, if one does.
pub(super) fn rule(text: &str, found: &Candidate, spans: &Spans, rules: &Rules) -> Option<&'static str> {
    let Range { start, end } = found.range;
    if let Some(rule) = spans.rule(&found.range) {
        return Some(rule);
    }
    if found.why.is_some() {
        return found.why;
    }
    if !found.plain {
        return None;
    }
    let digits = text.get(found.range.clone()).unwrap_or_default();
    let (left, right) = (before(text, start), after(text, end));
    let line_start = left.trim_end_matches([' ', '\t', '(']);
    if digits.len() <= 2
        && (line_start.is_empty() || line_start.ends_with('\n'))
        && right.strip_prefix(['.', ')']).is_some_and(|rest| rest.starts_with(char::is_whitespace))
    {
        return Some("list-number");
    }
    if scan::stands_before(&rules.before_identifier, text, start) {
        return Some("identifier");
    }
    if rules.after_furniture.at_start(right.trim_start()).is_some() {
        return Some("furniture");
    }
    if scan::is_year(digits) && rules.hedges.at_end(left.trim_end()).is_none() {
        let unit = rules.units.at_start(right.trim_start()).is_some();
        if !unit || scan::stands_before(&rules.before_year, text, start) {
            return Some("year");
        }
    }
    None
}
