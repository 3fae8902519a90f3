//! Tables without rules, found among the lines of a page.

use super::columns::{self, Columns};
use super::head::Frame;
use super::lines::{Line, around, is_caption, is_value, is_year, lines};
use super::rows;
use super::sheet::{Bounds, Sheet};
use super::table::{Area, Table};

/// Space between lines that ends a table, as a part of the font size.
const APART: f64 = 2.4;
/// Deepest parting of a page into tables side by side.
const PARTS: usize = 4;
/// How much wider the space between two tables is than that between columns.
const GUTTER: f64 = 1.8;
/// Most lines of a label above its figures.
const LABEL: usize = 8;

/// A level rule: place, and from where to where.
pub(super) type Level = (f64, f64, f64);

/// The tables among these words.
pub(super) fn tables(sheet: &Sheet, position: usize, words: &[usize], rules: &[Level]) -> Vec<Table> {
    let mut out = Vec::new();
    for block in blocks(sheet, words) {
        part(sheet, position, &block, rules, 0, &mut out);
    }
    out
}

/// The lines of these words in blocks with white space between.
fn blocks(sheet: &Sheet, words: &[usize]) -> Vec<Vec<Line>> {
    let mut blocks: Vec<Vec<Line>> = Vec::new();
    let mut bottom = f64::NEG_INFINITY;
    for line in lines(&sheet.words, words) {
        let gap = line.base - 0.75 * line.size - bottom;
        let apart = gap > APART * line.size;
        bottom = bottom.max(line.base + 0.25 * line.size);
        match blocks.last_mut() {
            Some(block) if !apart => block.push(line),
            _ => blocks.push(vec![line]),
        }
    }
    blocks
}

fn part(sheet: &Sheet, position: usize, block: &[Line], rules: &[Level], depth: usize, out: &mut Vec<Table>) {
    let Some(found) = columns::find(sheet, block) else { return };
    if depth < PARTS
        && let Some(at) = gutter(sheet, block, &found)
    {
        for left in [true, false] {
            let side = |word: &usize| sheet.words.get(*word).is_some_and(|placed| (placed.middle().0 < at) == left);
            // Lines that reach over the gutter belong to neither side.
            let apart = block
                .iter()
                .filter(|line| line.chunks(&sheet.words, 0.5).iter().all(|chunk| chunk.to <= at || at <= chunk.from));
            let words: Vec<usize> = apart.flat_map(|line| line.words.iter().copied()).filter(side).collect();
            let near = |rule: &&Level| if left { rule.1 < at } else { rule.2 > at };
            let rules: Vec<Level> = rules.iter().filter(near).copied().collect();
            for block in blocks(sheet, &words) {
                part(sheet, position, &block, &rules, depth + 1, out);
            }
        }
        return;
    }
    out.extend(table(sheet, position, block, &found, rules));
}

/// Where two tables that stand side by side part; none where it is one table.
fn gutter(sheet: &Sheet, block: &[Line], found: &Columns) -> Option<f64> {
    let extents = &found.extents;
    let gaps: Vec<f64> = extents.windows(2).filter_map(|pair| Some(pair.last()?.0 - pair.first()?.1)).collect();
    let mut order: Vec<usize> = (2..extents.len().saturating_sub(1)).collect();
    let width = |column: &usize| gaps.get(column - 1).copied().unwrap_or_default();
    order.sort_by(|a, b| width(b).total_cmp(&width(a)));
    let kept: Vec<&Line> = block.iter().zip(&found.keeps).filter(|(_, keeps)| **keeps).map(|(line, _)| line).collect();
    for column in order.into_iter().take(8) {
        let at = f64::midpoint(extents.get(column - 1)?.1, extents.get(column)?.0);
        // A line that reaches over it below the titles shows that it is one table.
        let over = |line: &Line| line.chunks(&sheet.words, 0.5).iter().any(|chunk| chunk.from < at && at < chunk.to);
        let crossing = block.iter().position(|line| !over(line))?;
        let last = block.iter().rposition(|line| !over(line))?;
        if block.get(crossing..=last)?.iter().any(over) {
            continue;
        }
        let side = |left: bool| -> Vec<usize> {
            let words = kept.iter().flat_map(|line| line.words.iter().copied());
            words.filter(|word| sheet.words.get(*word).is_some_and(|placed| (placed.middle().0 < at) == left)).collect()
        };
        let (left, right) = (lines(&sheet.words, &side(true)), lines(&sheet.words, &side(false)));
        if left.len() < 2 || right.len() < 2 {
            continue;
        }
        let near = |line: &Line| left.iter().any(|other| (other.base - line.base).abs() < 0.15 * line.size);
        let alike = right.iter().filter(|line| near(line)).count();
        let apart = left.len() >= 3 && right.len() >= 3 && alike * 10 < right.len().min(left.len()) * 6;
        let titled = block.iter().any(|line| {
            let chunks = line.chunks(&sheet.words, 0.9);
            let captions = chunks.iter().filter(|chunk| is_caption(&line.text(&sheet.words, chunk.first, chunk.end)));
            captions.map(|chunk| chunk.from < at).collect::<std::collections::BTreeSet<bool>>().len() == 2
        });
        let texts = |line: &Line| -> Vec<String> {
            let mut all = vec![String::new(); extents.len()];
            for word in &line.words {
                let Some(placed) = sheet.words.get(*word) else { continue };
                if let Some(text) = all.get_mut(rows::column_of(extents, placed.middle().0)) {
                    text.push_str(placed.text());
                }
            }
            all
        };
        let repeated = kept.iter().take(5).any(|line| {
            let all = texts(line);
            let (left, right) = all.split_at_checked(column).unwrap_or_default();
            // A line of a wrapped header may repeat a word; that over the labels only two tables have twice.
            left == right && left.first().is_some_and(|text| !text.is_empty() && !is_value(text))
        });
        let others = gaps.iter().enumerate().filter(|(n, _)| *n + 1 != column).map(|(_, gap)| *gap).fold(0.0, f64::max);
        let labels = kept.iter().map(|line| texts(line)).filter_map(|all| all.get(column).cloned());
        let labels: Vec<String> = labels.filter(|text| !text.is_empty()).collect();
        let named = labels.iter().filter(|text| !is_value(text)).count() * 10 >= labels.len() * 8;
        let size = columns::median(kept.iter().map(|line| line.size).collect());
        let wide = named && width(&column) >= GUTTER * others && width(&column) > 1.5 * size;
        if apart || titled || repeated || wide {
            return Some(at);
        }
    }
    None
}

/// The table that a block is.
fn table(sheet: &Sheet, position: usize, block: &[Line], found: &Columns, rules: &[Level]) -> Option<Table> {
    let extents = &found.extents;
    let (left, right) = (extents.first()?.0, extents.last()?.1);
    let wide: Vec<f64> = rules
        .iter()
        .filter(|(y, from, to)| {
            let over = to.min(right) - from.max(left);
            over > 0.6 * (right - left)
                && block.first().is_some_and(|line| *y > line.base - 2.0 * line.size)
                && block.last().is_some_and(|line| *y < line.base + 2.0 * line.size)
        })
        .map(|rule| rule.0)
        .collect();
    let several = |line: &Line| line.chunks(&sheet.words, 0.6).len() >= 2;
    let figures = |at: usize| block.get(at).is_some_and(|line| has_figures(sheet, line, extents));
    let first_row = (0..block.len()).find(|at| figures(*at)).or_else(|| block.iter().position(several))?;
    let last_row = (0..block.len()).rfind(|at| figures(*at)).or_else(|| block.iter().rposition(several))?;
    let base = |at: usize| block.get(at).map_or(0.0, |line| line.base);
    // Rules above the first row and below the last bound the table; else the lines have to tell.
    let upper = wide.iter().copied().find(|y| *y < base(first_row));
    let lower = wide.iter().copied().rfind(|y| *y > base(last_row) - 1.0);
    let start = match upper {
        Some(y) => block.iter().position(|line| line.base > y)?,
        None => top_of(sheet, block, found, first_row),
    };
    let end = match lower {
        Some(y) => block.iter().rposition(|line| line.base < y + 0.5)? + 1,
        None => bottom_of(sheet, block, found, last_row),
    };
    let inner = block.get(start..end)?;
    let body = start + body_of(sheet, inner, extents, &wide);
    let all = around(inner.iter().map(|line| line.bounds))?;
    let bounds = columns::bounds(extents, all[0].min(left) - 1.0, all[2].max(right) + 1.0);
    let (head_lines, body_lines) = (block.get(start..body)?, block.get(body..end)?);
    let between: Vec<f64> = wide.iter().copied().filter(|y| *y > base(body) && *y < base(end - 1)).collect();
    let groups = rows::groups(sheet, body_lines, extents, &between);
    let mut cuts = vec![match (head_lines.last(), body_lines.first()) {
        (Some(above), Some(below)) => f64::midpoint(above.bounds[3], below.bounds[1]),
        (None, Some(below)) => below.bounds[1] - 1.0,
        _ => all[3],
    }];
    cuts.extend(rows::cuts(body_lines, &groups));
    cuts.push(all[3] + 1.0);
    let frame = Frame { sheet, extents, bounds: &bounds, rules };
    let mut cells = if head_lines.is_empty() {
        Vec::new()
    } else {
        frame.rows(head_lines, all[1] - 1.0, cuts.first().copied().unwrap_or_default())
    };
    let mut from = 0;
    for (pair, end) in cuts.windows(2).zip(&groups) {
        let [y0, y1] = pair else { break };
        let lines = body_lines.get(from..*end).unwrap_or_default();
        from = *end;
        let row = cells.len();
        cells.push(body_row(sheet, lines, &frame, [*y0, *y1], row));
    }
    let words = inner.iter().flat_map(|line| line.words.iter().copied()).collect();
    let outer: Bounds = [all[0], all[1], all[2], all[3]];
    Some(Table::new(position, outer, bounds, cells, words, false))
}

/// A row of the body. A heading that reaches over columns covers them.
fn body_row(sheet: &Sheet, lines: &[Line], frame: &Frame<'_>, [y0, y1]: [f64; 2], row: usize) -> Vec<Area> {
    let chunks = lines.iter().flat_map(|line| line.chunks(&sheet.words, 0.5));
    let chunks: Vec<_> = chunks.collect();
    let heading = match chunks.as_slice() {
        [one] => {
            let last = frame.extents.iter().rposition(|extent| extent.0 < one.to - 0.5);
            let first = frame.extents.iter().position(|extent| one.from < extent.1);
            first.zip(last).filter(|(first, last)| last > first)
        }
        _ => None,
    };
    let bound = |column: usize| frame.bounds.get(column).copied().unwrap_or_default();
    let cell = |column: usize| match heading {
        Some((first, last)) if column == first => Area::Own([bound(first).0, y0, bound(last).1, y1]),
        Some((first, last)) if (first..=last).contains(&column) => Area::Covered(row, first),
        _ => Area::Own([bound(column).0, y0, bound(column).1, y1]),
    };
    (0..frame.bounds.len()).map(cell).collect()
}

/// Whether a line has figures of a row, beside a label.
fn has_figures(sheet: &Sheet, line: &Line, extents: &[(f64, f64)]) -> bool {
    let chunks = line.chunks(&sheet.words, 0.6);
    let mut figures = chunks.iter().filter(|chunk| rows::column_of(extents, chunk.middle()) > 0);
    figures.any(|chunk| is_value(&line.text(&sheet.words, chunk.first, chunk.end)))
}

/// The first line of a table: titles stand above it.
fn top_of(sheet: &Sheet, block: &[Line], found: &Columns, first_row: usize) -> usize {
    let labels = found.extents.first().copied().unwrap_or_default();
    let mut start = first_row - labels_above(sheet, block, found, first_row);
    while let Some(above) = start.checked_sub(1).and_then(|at| block.get(at)) {
        let chunks = above.chunks(&sheet.words, 0.6);
        let is_title = match chunks.as_slice() {
            // One text over the columns of figures is part of the header; over the labels, a title.
            [one] => {
                let below = block.get(start);
                let close = below.is_some_and(|below| {
                    below.base - above.base < 1.45 * below.size && (below.size - above.size).abs() < 0.3
                });
                let kept = found.keeps.get(start - 1) == Some(&true);
                let text = above.whole(&sheet.words);
                // A header that is wrapped has its line over the labels where the one below has none.
                let bare = below.is_some_and(|below| below.bounds[0] > labels.1);
                let own = one.to <= labels.1 + 1.0 || bare;
                one.from <= labels.1 && !(close && kept && own && !is_caption(&text) && start < first_row)
            }
            _ => is_caption(&above.whole(&sheet.words)),
        };
        if is_title {
            break;
        }
        start -= 1;
    }
    start
}

/// How many lines above the first figures are the beginning of their label, or a heading of rows: they
/// begin in the column of labels, and the header stands above them. Without a header they may as well be
/// a title.
fn labels_above(sheet: &Sheet, block: &[Line], found: &Columns, first_row: usize) -> usize {
    let side = found.extents.first().map_or(0.0, |labels| labels.1);
    let line = |at: usize| block.get(at).filter(|line| !is_caption(&line.whole(&sheet.words)));
    let chunks = |at: usize| line(at).map_or(0, |line| line.chunks(&sheet.words, 0.6).len());
    let is_label = |at: &usize| chunks(*at) == 1 && line(*at).is_some_and(|line| line.bounds[0] < side);
    let count = (0..first_row).rev().take(LABEL).take_while(is_label).count();
    let header = first_row.checked_sub(count + 1).is_some_and(|at| match chunks(at) {
        0 => false,
        // The last line of a header that is wrapped over the only column of figures.
        1 => line(at).is_some_and(|line| line.bounds[0] >= side),
        _ => found.keeps.get(at) == Some(&true),
    });
    if header { count } else { 0 }
}

/// The line behind the last one of a table: notes stand below it.
fn bottom_of(sheet: &Sheet, block: &[Line], found: &Columns, last_row: usize) -> usize {
    let mut end = last_row + 1;
    while let Some(line) = block.get(end) {
        let above = block.get(end - 1);
        let close = above.is_some_and(|above| {
            line.base - above.base < 1.45 * above.size && (line.size - above.size).abs() < 0.15 * above.size
        });
        let kept = found.keeps.get(end) == Some(&true);
        let text = line.whole(&sheet.words);
        if !close || !kept || is_note(&text) {
            break;
        }
        end += 1;
    }
    end
}

/// Whether a text below a table is a note or names its source.
fn is_note(text: &str) -> bool {
    let folded = text.to_lowercase();
    let words = [
        "source",
        "sources",
        "fuente",
        "fuentes",
        "fonte",
        "fontes",
        "note",
        "notes",
        "nota",
        "notas",
        "elaboración",
        "elaboração",
        "los datos",
        "data as",
        "quelle",
    ];
    words.iter().any(|word| folded.starts_with(word))
        || folded.starts_with(['*', '†', '‡', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹', 'ᵃ', 'ᵇ'])
        || (folded.starts_with('(') && folded.chars().nth(2) == Some(')'))
        || (folded.starts_with(|c: char| c.is_ascii_digit()) && folded.chars().nth(1) == Some('/'))
}

/// How many lines of a table are its header: those before the first row of figures that are no years.
fn body_of(sheet: &Sheet, lines: &[Line], extents: &[(f64, f64)], wide: &[f64]) -> usize {
    let is_body = |line: &Line| {
        let chunks = line.chunks(&sheet.words, 0.6);
        let text = |chunk: &super::lines::Chunk| line.text(&sheet.words, chunk.first, chunk.end);
        let beside: Vec<String> =
            chunks.iter().filter(|chunk| rows::column_of(extents, chunk.middle()) > 0).map(text).collect();
        let figures: Vec<&String> = beside.iter().filter(|text| is_value(text)).collect();
        let years = figures.iter().filter(|text| is_year(text) || text.starts_with('(')).count();
        !figures.is_empty() && years < figures.len() && figures.len() * 2 >= beside.len()
    };
    let Some(first) = lines.iter().position(is_body) else {
        // Without figures the first rule below a line ends the header, else the first line is it.
        let rule = wide.iter().find(|y| lines.first().is_some_and(|line| **y > line.base));
        let after = rule.and_then(|y| lines.iter().position(|line| line.base > *y));
        return after.unwrap_or(1).min(lines.len().saturating_sub(1));
    };
    // Lines of the first row's label that stand above its figures are no header: a rule tells, else the
    // space between lines.
    let base = |at: usize| lines.get(at).map_or(0.0, |line| line.base);
    let rule = wide.iter().rev().find(|y| **y < base(first) && lines.first().is_some_and(|line| line.base < **y));
    if let Some(y) = rule {
        return lines.iter().position(|line| line.base > *y).unwrap_or(first);
    }
    let alone = |at: usize| {
        lines.get(at).is_some_and(|line| {
            line.chunks(&sheet.words, 0.6).len() == 1
                && rows::column_of(extents, f64::midpoint(line.bounds[0], line.bounds[2])) == 0
        })
    };
    let run = (0..first).rev().take_while(|at| alone(*at)).count();
    if run == 0 || run == first {
        return first;
    }
    // The widest space above these lines parts header and body.
    let gap = |at: usize| base(at) - base(at - 1);
    let widest = (first - run..=first).map(gap).fold(0.0, f64::max);
    (first - run..=first).find(|at| gap(*at) > widest - 1.0).unwrap_or(first)
}
