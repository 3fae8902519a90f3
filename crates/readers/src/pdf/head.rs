//! The header of a table without rules: its levels, and the columns that a text spans.

use super::lines::{Chunk, Line, around};
use super::sheet::{Bounds, Sheet};
use super::table::Area;

/// Most columns for which spans are looked for.
const WIDEST: usize = 300;
/// What it costs, in points, to leave a column without a text above it.
const BARE: f64 = 1.0;

/// A level of the header: its lines, and the columns of each text that spans several.
#[derive(Debug, PartialEq)]
struct Level {
    lines: std::ops::Range<usize>,
    spans: Vec<(usize, usize)>,
}

/// The columns of a page and what lies between them.
pub(super) struct Frame<'a> {
    pub(super) sheet: &'a Sheet,
    /// From where to where the texts of each column reach.
    pub(super) extents: &'a [(f64, f64)],
    /// Where one column ends and the next begins.
    pub(super) bounds: &'a [(f64, f64)],
    /// Level rules: place, and from where to where.
    pub(super) rules: &'a [(f64, f64, f64)],
}

impl Frame<'_> {
    /// The columns that a chunk stands above.
    fn touched(&self, chunk: &Chunk) -> Vec<usize> {
        let over = |(_, extent): &(usize, &(f64, f64))| extent.0 < chunk.to - 0.5 && chunk.from + 0.5 < extent.1;
        self.extents.iter().enumerate().filter(over).map(|(at, _)| at).collect()
    }

    /// The texts of a line, parted where a gap lies between columns.
    fn pieces(&self, line: &Line) -> Vec<Chunk> {
        let mut out: Vec<Chunk> = Vec::new();
        for word in line.single(&self.sheet.words) {
            let Some(last) = out.last_mut() else {
                out.push(word);
                continue;
            };
            let gap = (word.from - last.to) / line.size;
            let between = self.bounds.iter().any(|bound| (last.to - 0.1..=word.from + 0.1).contains(&bound.0));
            let wider = line.is_wider(&self.sheet.words, last.end - 1, word.from - last.to);
            if wider && (gap >= 0.9 || (gap >= 0.34 && between)) {
                out.push(word);
            } else {
                (last.to, last.end) = (word.to, word.end);
            }
        }
        out
    }

    /// The columns that each text of a line spans; none where every text keeps to its column.
    fn spans(&self, lines: &[Line], at: usize) -> Option<Vec<(usize, usize)>> {
        let line = lines.get(at)?;
        let count = self.extents.len();
        if count > WIDEST {
            return None;
        }
        let pieces = self.pieces(line);
        let touched: Vec<Vec<usize>> = pieces.iter().map(|piece| self.touched(piece)).collect();
        let wide = touched.iter().any(|columns| columns.len() != 1);
        let ruled: Vec<Option<(usize, usize)>> = pieces.iter().map(|piece| self.underlined(lines, at, piece)).collect();
        let sure =
            wide || ruled.iter().flatten().any(|(first, last)| last > first) || self.is_even(lines, at, &touched);
        if !sure && self.filled(lines.get(at + 1..).unwrap_or_default()).len() <= pieces.len() {
            return None;
        }
        // A text over the labels alone is theirs.
        let own = touched.first().is_some_and(|columns| *columns == [0]);
        let skip = usize::from(own);
        let above = pieces.get(skip..)?;
        let first = usize::from(touched.get(skip).is_none_or(|columns| columns.first() != Some(&0)));
        if ruled.iter().all(Option::is_none)
            && let Some(spans) = self.even(above, first)
            && (sure || self.is_apart(above, touched.get(skip..)?))
        {
            return Some(spans);
        }
        let by_middle = self.assign(above, ruled.get(skip..)?, first, |piece, a, b| {
            (piece.middle() - f64::midpoint(self.from(a), self.to(b))).abs()
        });
        let by_left =
            self.assign(above, ruled.get(skip..)?, first, |piece, a, _| 3.0 * (piece.from - self.from(a)).abs());
        let best = match (by_middle, by_left) {
            (Some(a), Some(b)) => Some(if a.0 <= b.0 { a } else { b }),
            (a, b) => a.or(b),
        };
        if !sure {
            // Texts that keep to their columns may be the first lines of wrapped ones: they span several
            // only where they stand in the middle of these far better than over a single one.
            let single: f64 =
                above.iter().zip(touched.get(skip..)?).map(|(piece, columns)| self.alignment(piece, columns)).sum();
            let error = best.as_ref().map_or(f64::INFINITY, |best| best.0);
            if single < 3.0 * above.len() as f64 || error > 0.5 * single {
                return None;
            }
        }
        best.map(|(_, spans)| spans).filter(|spans| spans.iter().any(|(a, b)| b > a))
    }

    fn from(&self, column: usize) -> f64 {
        self.extents.get(column).map_or(0.0, |extent| extent.0)
    }

    fn to(&self, column: usize) -> f64 {
        self.extents.get(column).map_or(0.0, |extent| extent.1)
    }

    /// Groups of columns that are all as wide, where each text stands above its own.
    fn even(&self, pieces: &[Chunk], first: usize) -> Option<Vec<(usize, usize)>> {
        let values = self.extents.len().checked_sub(first)?;
        let group = values.checked_div(pieces.len())?;
        if pieces.len() < 2 || group < 2 || group * pieces.len() != values {
            return None;
        }
        let spans = (0..pieces.len()).map(|n| (first + n * group, first + (n + 1) * group - 1));
        let spans: Vec<(usize, usize)> = spans.collect();
        let above = |(piece, (a, b)): (&Chunk, &(usize, usize))| {
            (self.from(*a)..self.to(*b)).contains(&piece.middle())
                && piece.from > self.from(*a) - 6.0
                && piece.to < self.to(*b) + 6.0
        };
        pieces.iter().zip(&spans).all(above).then_some(spans)
    }

    /// Whether texts are not aligned with the columns that they stand above.
    fn is_apart(&self, pieces: &[Chunk], touched: &[Vec<usize>]) -> bool {
        let all: f64 = pieces.iter().zip(touched).map(|(piece, columns)| self.alignment(piece, columns)).sum();
        all >= 3.0 * pieces.len() as f64
    }

    /// How far a text is from any alignment with its column.
    fn alignment(&self, piece: &Chunk, columns: &[usize]) -> f64 {
        let Some(column) = columns.first().copied() else { return f64::INFINITY };
        let (from, to) = (self.from(column), self.to(column));
        let ends = (piece.from - from).abs().min((piece.to - to).abs());
        ends.min((piece.middle() - f64::midpoint(from, to)).abs())
    }

    /// The columns of figures that lines have texts in.
    fn filled(&self, lines: &[Line]) -> Vec<usize> {
        let pieces = lines.iter().flat_map(|line| self.pieces(line));
        let mut filled: Vec<usize> =
            pieces.flat_map(|piece| self.touched(&piece)).filter(|column| *column > 0).collect();
        filled.sort_unstable();
        filled.dedup();
        filled
    }

    /// Whether the texts of a line stand in the middle of groups of columns that are all as wide.
    fn is_even(&self, lines: &[Line], at: usize, touched: &[Vec<usize>]) -> bool {
        let columns: Vec<usize> = touched.iter().flatten().copied().filter(|column| *column > 0).collect();
        let values = self.extents.len().saturating_sub(1);
        let below = lines.get(at + 1..).unwrap_or_default().iter().flat_map(|line| self.pieces(line));
        let mut filled: Vec<usize> =
            below.flat_map(|piece| self.touched(&piece)).filter(|column| *column > 0).collect();
        filled.sort_unstable();
        filled.dedup();
        let group = values.checked_div(columns.len()).unwrap_or_default();
        columns.len() >= 2
            && group >= 3
            && values == group * columns.len()
            && filled.len() == values
            && columns.iter().enumerate().all(|(n, column)| *column == 1 + n * group + group / 2)
    }

    /// The columns above which a rule runs that lies right below a text.
    fn underlined(&self, lines: &[Line], at: usize, piece: &Chunk) -> Option<(usize, usize)> {
        let line = lines.get(at)?;
        let next = lines.get(at + 1).map_or(line.base + line.size * 1.5, |next| next.base - next.size * 0.3);
        let whole = self.to(self.extents.len().saturating_sub(1)) - self.from(0);
        let below = self.rules.iter().filter(|(y, from, to)| {
            (line.base - 0.1 * line.size..next).contains(y)
                && (*from..*to).contains(&piece.middle())
                && to - from < 0.9 * whole
                && to - from > 0.8 * (piece.to - piece.from)
        });
        let (_, from, to) = below.min_by(|a, b| a.0.total_cmp(&b.0))?;
        let over =
            |column: &usize| (*from - 2.0..*to + 2.0).contains(&f64::midpoint(self.from(*column), self.to(*column)));
        let mut columns = (0..self.extents.len()).filter(over);
        let first = columns.next()?;
        Some((first, columns.next_back().unwrap_or(first)))
    }

    /// Gives each text the run of columns that costs least, in order and apart.
    fn assign(
        &self,
        pieces: &[Chunk],
        ruled: &[Option<(usize, usize)>],
        first: usize,
        cost: impl Fn(&Chunk, usize, usize) -> f64,
    ) -> Option<(f64, Vec<(usize, usize)>)> {
        let columns = self.extents.len();
        // The least cost with the columns before this one given away, and the spans of it.
        let mut costs: Vec<f64> = (0..=columns).map(|at| at.saturating_sub(first) as f64 * BARE).collect();
        let mut steps: Vec<Vec<Option<(usize, usize)>>> = Vec::new();
        for (piece, rule) in pieces.iter().zip(ruled) {
            let mut next = vec![f64::INFINITY; columns + 1];
            let mut step = vec![None; columns + 1];
            for end in first + 1..=columns {
                let bare = next.get(end - 1).copied().unwrap_or(f64::INFINITY) + BARE;
                let mut best = (bare, step.get(end - 1).copied().flatten());
                for start in first..end {
                    if rule.is_some_and(|rule| rule != (start, end - 1)) {
                        continue;
                    }
                    let (from, to) = (self.from(start), self.to(end - 1));
                    // Its middle lies above the columns, and the text does not reach far beyond them.
                    if !(from - 4.0..=to + 4.0).contains(&piece.middle()) {
                        continue;
                    }
                    let over = (from - piece.from).max(0.0) + (piece.to - to).max(0.0);
                    let before = costs.get(start).copied().unwrap_or(f64::INFINITY);
                    let all = before + cost(piece, start, end - 1) + 0.2 * over;
                    if all < best.0 - 1e-9 {
                        best = (all, Some((start, end)));
                    }
                }
                if let Some((slot, mark)) = next.get_mut(end).zip(step.get_mut(end)) {
                    (*slot, *mark) = best;
                }
            }
            costs = next;
            steps.push(step);
        }
        let total = costs.last().copied().filter(|cost| cost.is_finite())?;
        let mut spans = Vec::new();
        let mut end = columns;
        for step in steps.iter().rev() {
            let (start, stop) = step.get(end).copied().flatten()?;
            spans.push((start, stop - 1));
            end = start;
        }
        spans.reverse();
        Some((total, spans))
    }

    /// The levels of a header.
    fn levels(&self, lines: &[Line]) -> Vec<Level> {
        let mut levels: Vec<Level> = Vec::new();
        let mut start = 0;
        for at in 0..lines.len() {
            let Some(spans) = self.spans(lines, at) else { continue };
            // The lines before belong to this level; a text in two lines spans the same columns in both.
            match levels.last_mut() {
                Some(last) if last.spans == spans && last.lines.end == at && tight(lines, at) => {
                    last.lines.end = at + 1;
                }
                _ => levels.push(Level { lines: start..at + 1, spans }),
            }
            start = at + 1;
        }
        if start < lines.len() {
            levels.push(Level { lines: start..lines.len(), spans: Vec::new() });
        }
        levels
    }

    /// The rows of a header between these heights, as areas; rows are counted from `first`.
    pub(super) fn rows(&self, lines: &[Line], top: f64, bottom: f64) -> Vec<Vec<Area>> {
        let levels = self.levels(lines);
        let extent = |level: &Level| around(lines.get(level.lines.clone())?.iter().map(|line| line.bounds));
        let mut cuts = vec![top];
        for pair in levels.windows(2) {
            let [above, below] = pair else { break };
            let ends = extent(above).zip(extent(below)).map(|(above, below)| f64::midpoint(above[3], below[1]));
            cuts.push(ends.unwrap_or(top));
        }
        cuts.push(bottom);
        let mut rows: Vec<Vec<Area>> = Vec::new();
        let has = |area: Bounds| !self.sheet.within(self.sheet.locate(area)).is_empty();
        // Columns whose one text stands for all levels.
        let high = |column: usize| {
            let Some((from, to)) = self.bounds.get(column) else { return false };
            let spanned =
                levels.iter().any(|level| level.spans.iter().any(|(a, b)| (*a..=*b).contains(&column) && a < b));
            let filled = cuts.windows(2).filter(|cut| matches!(cut, [y0, y1] if has([*from, *y0, *to, *y1]))).count();
            !spanned && filled <= 1
        };
        let tall: Vec<bool> = (0..self.bounds.len()).map(|column| levels.len() > 1 && high(column)).collect();
        for (row, level) in levels.iter().enumerate() {
            let (Some(y0), Some(y1)) = (cuts.get(row).copied(), cuts.get(row + 1).copied()) else { break };
            let mut cells = Vec::new();
            for (column, (from, to)) in self.bounds.iter().copied().enumerate() {
                let span = level.spans.iter().find(|(a, b)| (*a..=*b).contains(&column) && a < b);
                cells.push(match span {
                    Some((first, last)) if *first == column => {
                        Area::Own([from, y0, self.bounds.get(*last).map_or(to, |bound| bound.1), y1])
                    }
                    Some((first, _)) => Area::Covered(row, *first),
                    None if tall.get(column) == Some(&true) => {
                        if row == 0 {
                            Area::Own([from, top, to, bottom])
                        } else {
                            Area::Covered(0, column)
                        }
                    }
                    None => Area::Own([from, y0, to, y1]),
                });
            }
            rows.push(cells);
        }
        rows
    }
}

/// Whether a line stands as close to the one above it as lines of one text do.
fn tight(lines: &[Line], at: usize) -> bool {
    let above = at.checked_sub(1).and_then(|at| lines.get(at));
    above.zip(lines.get(at)).is_some_and(|(above, line)| line.base - above.base < 1.45 * line.size)
}
