//! Rows: which lines of text form one row, where cells are wrapped and no rule parts the rows.
//!
//! A row of a published table has its figures on one line; its label may take several, above, below
//! or around that line. Rows are set further apart than the lines of one cell, as a rule; where they
//! are not, the text itself has to tell.

use super::lines::{Line, is_value, lines};
use super::sheet::Sheet;

/// Most distances that are tried as the one that parts rows.
const TRIES: usize = 48;

/// What a line says in each column.
struct Reading {
    /// Text in each column; empty where there is none.
    texts: Vec<String>,
    /// Right end of the text in the first column, and width of its first word.
    end: f64,
    first: f64,
    top: f64,
    bottom: f64,
    size: f64,
    /// Whether it has the figures of a row.
    anchor: bool,
}

fn read(sheet: &Sheet, line: &Line, columns: &[(f64, f64)]) -> Reading {
    let mut texts = vec![String::new(); columns.len()];
    let (mut end, mut first) = (f64::NEG_INFINITY, 0.0);
    for at in &line.words {
        let Some(placed) = sheet.words.get(*at) else { continue };
        let column = column_of(columns, placed.middle().0);
        if column == 0 {
            if end == f64::NEG_INFINITY {
                first = placed.bounds[2] - placed.bounds[0];
            }
            end = end.max(placed.bounds[2]);
        }
        if let Some(text) = texts.get_mut(column) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(placed.text());
        }
    }
    // Heights by the font and not by the letters, so that lines of one font are alike.
    let (top, bottom) = (line.base - 0.75 * line.size, line.base + 0.25 * line.size);
    Reading { texts, end, first, top, bottom, size: line.size, anchor: false }
}

/// The column that a place is in: the one that holds it, else the nearest.
pub(super) fn column_of(columns: &[(f64, f64)], x: f64) -> usize {
    let at = columns.partition_point(|(_, to)| *to < x).min(columns.len().saturating_sub(1));
    let far = |at: usize| columns.get(at).map_or(f64::INFINITY, |(from, to)| (from - x).max(x - to).max(0.0));
    match at.checked_sub(1) {
        Some(left) if far(left) < far(at) => left,
        _ => at,
    }
}

/// Marks the lines that have the figures of a row. Where no column has figures, the line that fills the
/// column with the fewest lines counts.
fn mark_anchors(readings: &mut [Reading], width: usize) {
    let figures = |reading: &Reading| reading.texts.iter().skip(1).any(|text| is_value(text));
    if readings.iter().filter(|reading| figures(reading)).count() * 4 >= readings.len() {
        for reading in readings {
            reading.anchor = figures(reading);
        }
        return;
    }
    let count = |column: usize| {
        readings.iter().filter(|reading| reading.texts.get(column).is_some_and(|text| !text.is_empty())).count()
    };
    let fewest = (0..width).filter(|column| count(*column) > 0).min_by_key(|column| count(*column)).unwrap_or_default();
    for reading in readings {
        reading.anchor = reading.texts.get(fewest).is_some_and(|text| !text.is_empty());
    }
}

/// The lines in groups, each of them a row: the position behind the last line of each.
pub(super) fn groups(sheet: &Sheet, lines: &[Line], columns: &[(f64, f64)], rules: &[f64]) -> Vec<usize> {
    let mut readings: Vec<Reading> = lines.iter().map(|line| read(sheet, line, columns)).collect();
    mark_anchors(&mut readings, columns.len());
    let ruled = |above: &Reading, below: &Reading| {
        let (from, to) = (f64::midpoint(above.top, above.bottom), f64::midpoint(below.top, below.bottom));
        rules.iter().any(|at| (from..to).contains(at))
    };
    // A rule between lines parts them; where rules part all rows, nothing else does.
    let gaps: Vec<f64> = readings
        .windows(2)
        .map(|pair| match pair {
            [above, below] if ruled(above, below) => f64::INFINITY,
            [above, below] => (below.top - above.bottom) / above.size.min(below.size),
            _ => 0.0,
        })
        .collect();
    let mut tries: Vec<f64> = gaps.iter().copied().filter(|gap| gap.is_finite()).collect();
    tries.sort_by(f64::total_cmp);
    tries.dedup_by(|b, a| *b - *a < 0.06);
    // Lines that overlap are of one row.
    let least = -0.18;
    let mut best = (f64::INFINITY, least);
    let mut candidates = vec![least];
    candidates
        .extend(tries.windows(2).filter_map(|pair| Some(f64::midpoint(*pair.first()?, *pair.last()?))).take(TRIES));
    candidates.extend(tries.last().map(|last| last + 0.05));
    for limit in candidates.into_iter().filter(|limit| *limit >= least) {
        let cost = cost(&readings, &gaps, limit);
        if cost + 1e-6 < best.0 {
            best = (cost, limit);
        }
    }
    let mut ends = ends(&gaps, best.1);
    settle(&readings, &mut ends, &gaps);
    ends
}

fn ends(gaps: &[f64], limit: f64) -> Vec<usize> {
    let mut ends: Vec<usize> = gaps.iter().enumerate().filter(|(_, gap)| **gap > limit).map(|(at, _)| at + 1).collect();
    ends.push(gaps.len() + 1);
    ends
}

/// How badly rows are formed that part where the gap is larger than the limit.
fn cost(readings: &[Reading], gaps: &[f64], limit: f64) -> f64 {
    let mut cost = 0.0;
    let mut start = 0;
    for end in ends(gaps, limit) {
        let group = readings.get(start..end).unwrap_or_default();
        start = end;
        // Two lines of figures in one cell are two rows.
        cost += match group.iter().filter(|reading| reading.anchor).count() {
            0 => 1.0,
            1 => 0.0,
            more => 3.0 * (more - 1) as f64,
        };
    }
    cost
}

/// The least space between two rows, where it is more than all space within rows: then it tells rows, and
/// a heading of rows is no part of a label.
fn between_rows(readings: &[Reading], ends: &[usize], gaps: &[f64]) -> Option<f64> {
    let (mut inner, mut outer) = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut start, mut before) = (0, false);
    for end in ends {
        let group = readings.get(start..*end).unwrap_or_default();
        let anchored = group.iter().any(|reading| reading.anchor);
        if anchored {
            inner = gaps.get(start..end.saturating_sub(1)).into_iter().flatten().copied().fold(inner, f64::max);
            if let Some(gap) = start.checked_sub(1).and_then(|gap| gaps.get(gap)).filter(|_| before) {
                outer = outer.min(*gap);
            }
        }
        (start, before) = (*end, anchored);
    }
    (inner.is_finite() && outer.is_finite() && outer > inner + 0.1).then_some(outer)
}

/// Finds the row of lines that have no figures of their own, by what they say.
fn settle(readings: &[Reading], ends: &mut Vec<usize>, gaps: &[f64]) {
    let widest = readings.iter().map(|reading| reading.end).fold(f64::NEG_INFINITY, f64::max);
    let has_label = |group: &[Reading]| group.iter().any(|r| r.texts.first().is_some_and(|text| !text.is_empty()));
    let label = |reading: &Reading| reading.texts.first().cloned().unwrap_or_default();
    let between_rows = between_rows(readings, ends, gaps);
    let far = |gap: Option<usize>| {
        let gap = gap.and_then(|gap| gaps.get(gap));
        gap.zip(between_rows).is_some_and(|(gap, rows)| *gap > rows - 0.05)
    };
    let mut at = 0;
    while let Some(end) = ends.get(at).copied() {
        let start = at.checked_sub(1).and_then(|at| ends.get(at)).copied().unwrap_or_default();
        let group = readings.get(start..end).unwrap_or_default();
        if group.iter().any(|reading| reading.anchor) {
            at += 1;
            continue;
        }
        let before_start = at.checked_sub(2).and_then(|at| ends.get(at)).copied().unwrap_or_default();
        let before = readings.get(before_start..start).unwrap_or_default();
        let after = ends.get(at + 1).and_then(|next| readings.get(end..*next)).unwrap_or_default();
        let parted_above = start.checked_sub(1).and_then(|gap| gaps.get(gap)).is_some_and(|gap| gap.is_infinite());
        let parted_below = end.checked_sub(1).and_then(|gap| gaps.get(gap)).is_some_and(|gap| gap.is_infinite());
        let (first, last) = (group.first().map(label).unwrap_or_default(), group.last().map(label).unwrap_or_default());
        let above = before.last().map(label).unwrap_or_default();
        let below = after.first().map(label).unwrap_or_default();
        // A text is broken only where its next word had no room.
        let full = |end: f64, next: f64, size: f64| end + next + 0.2 * size > widest - 0.4 * size;
        let full_above = before.last().zip(group.first()).is_some_and(|(a, g)| full(a.end, g.first, a.size));
        let full_below = group.last().zip(after.first()).is_some_and(|(g, a)| full(g.end, a.first, g.size));
        let up = !before.is_empty()
            && !parted_above
            && (!has_label(group)
                || !has_label(before)
                || (runs_on(&above, &first) && full_above && !far(start.checked_sub(1)))
                || above.ends_with('\u{ad}'));
        let down = !after.is_empty()
            && !parted_below
            && has_label(group)
            && (!has_label(after) || (runs_on(&last, &below) && full_below && !far(end.checked_sub(1))));
        if up {
            ends.remove(at - 1);
        } else if down {
            ends.remove(at);
        } else {
            at += 1;
        }
    }
}

/// Whether a text goes on in the next line: by how one ends and the other begins.
fn runs_on(above: &str, below: &str) -> bool {
    const OPEN: [&str; 32] = [
        "a", "al", "and", "aos", "às", "at", "au", "aux", "by", "com", "con", "contra", "da", "das", "de", "del",
        "des", "do", "dos", "du", "e", "el", "en", "et", "for", "in", "la", "of", "or", "para", "the", "y",
    ];
    if above.is_empty() || below.is_empty() {
        return false;
    }
    let last = above.split_whitespace().next_back().unwrap_or_default().to_lowercase();
    let open =
        above.ends_with(['-', '\u{ad}', '\u{2010}', ',', '/', '(', '&', '–', '—']) || OPEN.contains(&last.as_str());
    let unclosed = above.matches('(').count() > above.matches(')').count();
    open || unclosed || below.starts_with(|c: char| c.is_lowercase() || matches!(c, '(' | '[' | '/' | ')' | '&'))
}

/// Where to part the lines in a row of a ruled table that holds several rows of figures; nowhere where
/// it is one row.
pub(super) fn stacked(sheet: &Sheet, words: &[usize], columns: &[(f64, f64)]) -> Vec<f64> {
    let lines = lines(&sheet.words, words);
    if lines.len() < 2 {
        return Vec::new();
    }
    let readings: Vec<Reading> = lines.iter().map(|line| read(sheet, line, columns)).collect();
    let rows = readings.iter().filter(|reading| {
        let label = reading.texts.iter().position(|text| !text.is_empty());
        let figures = reading.texts.iter().enumerate().any(|(at, text)| Some(at) != label && is_value(text));
        figures && label.and_then(|at| reading.texts.get(at)).is_some_and(|text| !is_value(text) || label == Some(0))
    });
    if rows.count() < 2 {
        return Vec::new();
    }
    cuts(&lines, &groups(sheet, &lines, columns, &[]))
}

/// The heights between groups of lines.
pub(super) fn cuts(lines: &[Line], ends: &[usize]) -> Vec<f64> {
    let extent = |start: usize, end: usize| super::lines::around(lines.get(start..end)?.iter().map(|line| line.bounds));
    let mut cuts = Vec::new();
    let mut start = 0;
    for pair in ends.windows(2) {
        let [end, next] = pair else { break };
        if let Some((above, below)) = extent(start, *end).zip(extent(*end, *next)) {
            cuts.push(f64::midpoint(above[3], below[1]));
        }
        start = *end;
    }
    cuts
}
