//! Columns without rules, proven by the white space between them over many lines.

use super::lines::{Line, is_caption, is_value, is_year};
use super::sheet::Sheet;

/// Least gap between columns that many lines, some, or few show, as parts of the font size.
const MANY: f64 = 0.45;
const SOME: f64 = 0.6;
const FEW: f64 = 1.1;
/// Most lines of spanning texts above the columns.
const ABOVE: usize = 8;

/// From where to where texts reach, sorted and apart.
type Intervals = Vec<(f64, f64)>;

/// The columns of these lines, and how many lines at the top reach over several of them.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) extents: Vec<(f64, f64)>,
    /// For each line, whether it keeps to the columns.
    pub(super) keeps: Vec<bool>,
}

/// Looks for columns; none where the lines are no table.
pub(super) fn find(sheet: &Sheet, lines: &[Line]) -> Option<Columns> {
    let core: Vec<usize> = core(sheet, lines);
    if core.len() < 2 {
        return None;
    }
    let gap = match core.len() {
        0..=2 => FEW,
        3..=5 => SOME,
        _ => MANY,
    };
    let intervals: Vec<Intervals> = lines.iter().map(|line| reach(sheet, line, gap)).collect();
    let size = median(lines.iter().map(|line| line.size).collect());
    let of = |at: usize| intervals.get(at).map(Vec::as_slice).unwrap_or_default();
    // Which lines at the top are left out so that the most columns show.
    let mut best: Option<(usize, Vec<(f64, f64)>)> = None;
    let most = ABOVE.min(core.len().saturating_sub(2));
    for skip in 0..=most {
        let kept = core.get(skip..).unwrap_or_default();
        if skip > 0 && kept.len() < 2 {
            break;
        }
        let extents = union(kept.iter().flat_map(|at| of(*at).iter().copied()), gap * size);
        let left_out = core.get(..skip).unwrap_or_default();
        // What reaches over columns has fewer texts than there are columns.
        let fits = left_out.iter().all(|at| of(*at).len() < extents.len());
        if fits && best.as_ref().is_none_or(|(_, found)| extents.len() > found.len()) {
            best = Some((skip, extents));
        }
    }
    let (skip, mut extents) = best?;
    extents.splice(..0, labels(sheet, lines, &intervals, &extents, (core.len() - skip, gap * size)));
    if extents.len() < 2 {
        return None;
    }
    // Lines that keep to the columns widen them; others reach over several.
    let mut keeps = vec![false; lines.len()];
    let first = core.get(skip).copied().unwrap_or_default();
    let header = intervals.iter().take(first).position(|line| line.len() == extents.len()).unwrap_or(first);
    for (at, keep) in keeps.iter_mut().enumerate() {
        let line = of(at);
        let homes: Vec<Option<usize>> = line.iter().map(|interval| home(&extents, *interval)).collect();
        *keep = !homes.is_empty() && homes.iter().all(Option::is_some);
        // Above the first row a text may stand between the columns that it spans; below a header, labels do
        // not.
        let label = at > header && matches!(homes.as_slice(), [Some(0)]);
        if *keep && (at >= first || label || line.len() == extents.len()) {
            for (interval, home) in line.iter().zip(homes.into_iter().flatten()) {
                let right = extents.get(home + 1).map_or(f64::INFINITY, |next| next.0);
                let left =
                    home.checked_sub(1).and_then(|left| extents.get(left)).map_or(f64::NEG_INFINITY, |left| left.1);
                if let Some(extent) = extents.get_mut(home) {
                    // Never so far that the white space is used up.
                    if interval.0 > left + 0.3 * size {
                        extent.0 = extent.0.min(interval.0);
                    }
                    if interval.1 < right - 0.3 * size {
                        extent.1 = extent.1.max(interval.1);
                    }
                }
            }
        }
    }
    Some(Columns { extents, keeps })
}

/// The column of labels, where none of them stands on the line of its figures: as many lines as there are
/// rows have a text to the left of all figures.
fn labels(
    sheet: &Sheet,
    lines: &[Line],
    intervals: &[Intervals],
    extents: &[(f64, f64)],
    (rows, gap): (usize, f64),
) -> Option<(f64, f64)> {
    let left = extents.first()?.0 - gap;
    let first = |(line, texts): (&Line, &Intervals)| {
        texts.first().copied().filter(|text| text.1 < left && !is_caption(&line.whole(&sheet.words)))
    };
    let found: Intervals = lines.iter().zip(intervals).filter_map(first).collect();
    if found.len() < rows {
        return None;
    }
    found.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The lines that are rows of a table: several texts, with a figure among them; where no line has
/// figures, those with several texts.
fn core(sheet: &Sheet, lines: &[Line]) -> Vec<usize> {
    let mut several: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.chunks(&sheet.words, SOME).len() >= 2)
        .map(|(at, _)| at)
        .collect();
    if let [header] = several.as_slice() {
        several.extend(alone(sheet, lines, *header));
    }
    let chunks = |at: &usize| -> Vec<String> {
        let Some(line) = lines.get(*at) else { return Vec::new() };
        let chunks = line.chunks(&sheet.words, SOME);
        chunks.iter().map(|chunk| line.text(&sheet.words, chunk.first, chunk.end)).collect()
    };
    let most = several.iter().map(|at| chunks(at).len()).max().unwrap_or_default();
    let has_figures = |at: &usize| {
        let texts = chunks(at);
        let figures: Vec<&String> = texts.iter().filter(|text| is_value(text)).collect();
        // Years that are fewer than the columns stand over several of them.
        !figures.is_empty() && (texts.len() == most || !figures.iter().all(|text| is_year(text)))
    };
    let figures: Vec<usize> = several.iter().copied().filter(has_figures).collect();
    if figures.len() * 3 >= several.len() && figures.len() >= 2 { figures } else { several }
}

/// The lines of one figure that stands under a header and between the lines of its label: in a table of
/// one column of figures no row needs to have several texts on a line.
fn alone(sheet: &Sheet, lines: &[Line], header: usize) -> Vec<usize> {
    let chunks = |at: usize| lines.get(at).map(|line| line.chunks(&sheet.words, SOME)).unwrap_or_default();
    let heads = chunks(header);
    let [labels, figures @ ..] = heads.as_slice() else { return Vec::new() };
    let is_label = |at: usize| matches!(chunks(at).as_slice(), [one] if one.from < labels.to);
    let under = |at: &usize| match chunks(*at).as_slice() {
        [one] => figures.iter().any(|head| head.from < one.to && one.from < head.to),
        _ => false,
    };
    let is_figure = |at: &usize| lines.get(*at).is_some_and(|line| is_value(&line.whole(&sheet.words)));
    let in_label = |at: &usize| is_label(at - 1) && is_label(at + 1);
    (header + 1..lines.len()).filter(|at| is_figure(at) && under(at) && in_label(at)).collect()
}

fn reach(sheet: &Sheet, line: &Line, gap: f64) -> Intervals {
    line.chunks(&sheet.words, gap).iter().map(|chunk| (chunk.from, chunk.to)).collect()
}

/// Intervals joined where less than a gap lies between them.
fn union(intervals: impl Iterator<Item = (f64, f64)>, gap: f64) -> Intervals {
    let mut all: Intervals = intervals.collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut out: Intervals = Vec::new();
    for (from, to) in all {
        match out.last_mut() {
            Some(last) if from < last.1 + gap => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

/// The column that an interval belongs to; none where it reaches over two.
fn home(extents: &[(f64, f64)], (from, to): (f64, f64)) -> Option<usize> {
    let touched = |extent: &(f64, f64)| extent.0 < to && from < extent.1;
    let mut found = extents.iter().enumerate().filter(|(_, extent)| touched(extent)).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(one), None) => Some(one),
        (Some(_), Some(_)) => None,
        (None, _) => Some(super::rows::column_of(extents, f64::midpoint(from, to))),
    }
}

pub(super) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(10.0)
}

/// Bounds between columns: the middle of the white space.
pub(super) fn bounds(extents: &[(f64, f64)], left: f64, right: f64) -> Vec<(f64, f64)> {
    let mut edges = vec![left];
    edges.extend(extents.windows(2).filter_map(|pair| Some(f64::midpoint(pair.first()?.1, pair.last()?.0))));
    edges.push(right);
    edges.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect()
}
