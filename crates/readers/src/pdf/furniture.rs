//! What pages repeat around their content: running heads, page numbers.

use super::columns::median;
use super::lines::{Line, is_value, lines};
use super::sheet::Sheet;

/// How much of the height of a page may be furniture, at the top and at the bottom.
const MARGIN: f64 = 0.14;
/// White space between furniture and content, as a part of the font size.
const APART: f64 = 1.1;
/// How far a line may move from page to page, in points.
const DRIFT: f64 = 3.0;

/// A line at the edge of a page, with its figures made alike.
struct Edge {
    text: String,
    /// Its whole numbers.
    numbers: Vec<u64>,
    base: f64,
    words: Vec<usize>,
    /// Whether it may be a row: it is a figure, or wide space parts it.
    row: bool,
}

/// Lines with white space around them.
type Group = Vec<Edge>;

/// For each sheet the words that are furniture.
pub(super) fn find(sheets: &[Sheet], ruled: &[Vec<bool>]) -> Vec<Vec<usize>> {
    let edges: Vec<[Vec<Group>; 2]> = sheets.iter().zip(ruled).map(|(sheet, ruled)| edges(sheet, ruled)).collect();
    let repeated = |page: usize, edge: &Edge| {
        // Left and right pages may have heads of their own.
        [page.wrapping_sub(2), page.wrapping_sub(1), page + 1, page + 2].into_iter().any(|other| {
            let alike = |line: &Edge| (line.base - edge.base).abs() < DRIFT && repeats((page, edge), (other, line));
            edges.get(other).is_some_and(|sides| sides.iter().flatten().flatten().any(alike))
        })
    };
    let of = |(page, sides): (usize, &[Vec<Group>; 2])| {
        // A row that no other page has is content, and so is what stands close to it or further inwards.
        let outside = |group: &&Group| group.iter().all(|edge| !edge.row || repeated(page, edge));
        let groups = sides.iter().flat_map(|groups| groups.iter().take_while(outside));
        groups.flatten().filter(|edge| repeated(page, edge)).flat_map(|edge| edge.words.iter().copied()).collect()
    };
    edges.iter().enumerate().map(of).collect()
}

/// White space between two lines.
fn gap(above: &Line, below: &Line) -> f64 {
    below.base - 0.75 * below.size - above.base - 0.25 * above.size
}

/// The groups of lines at the top and at the bottom of a page, from the edge inwards.
fn edges(sheet: &Sheet, ruled: &[bool]) -> [Vec<Group>; 2] {
    let words: Vec<usize> = (0..sheet.words.len()).filter(|at| ruled.get(*at) == Some(&false)).collect();
    let lines = lines(&sheet.words, &words);
    let size = median(lines.iter().map(|line| line.size).collect());
    // A line of several texts may be of the header of a table: then rows follow that stand no further apart.
    let parts = |several: bool, gap: f64, others: &[Line]| {
        let rows = others.windows(2).filter_map(|pair| Some(self::gap(pair.first()?, pair.last()?)));
        gap > APART * size && (!several || gap > 1.3 * rows.fold(0.0, f64::max))
    };
    let edge = |line: &Line| {
        let text = line.whole(&sheet.words);
        let row = several(sheet, line) || is_value(&text);
        Edge { text: alike(&text), numbers: numbers(&text), base: line.base, words: line.words.clone(), row }
    };
    let edges = |from: usize, to: usize| lines.get(from..to).unwrap_or_default().iter().map(edge).collect();
    // Groups of lines as long as white space follows.
    let (mut upper, mut lower): (Vec<Group>, Vec<Group>) = (Vec::new(), Vec::new());
    let (mut group, mut wide) = (0, false);
    for (at, line) in lines.iter().enumerate() {
        if line.base > sheet.size.1 * MARGIN {
            break;
        }
        wide |= several(sheet, line);
        let others = lines.get(at + 1..lines.len().min(at + 9)).unwrap_or_default();
        let apart = others.first().is_none_or(|next| parts(wide, gap(line, next), others));
        if apart {
            upper.push(edges(group, at + 1));
            (group, wide) = (at + 1, false);
        }
    }
    let (mut end, mut wide) = (lines.len(), false);
    for (at, line) in lines.iter().enumerate().rev() {
        if line.base < sheet.size.1 * (1.0 - MARGIN) {
            break;
        }
        wide |= several(sheet, line);
        let others = lines.get(at.saturating_sub(8)..at).unwrap_or_default();
        let apart = others.last().is_none_or(|before| parts(wide, gap(before, line), others));
        if apart {
            lower.push(edges(at, end));
            (end, wide) = (at, false);
        }
    }
    [upper, lower]
}

fn several(sheet: &Sheet, line: &Line) -> bool {
    line.chunks(&sheet.words, 0.9).len() > 1
}

/// Whether a line says on another page what this one says here: the same, but for numbers that count the
/// pages. A line of marks alone says nothing.
fn repeats((page, edge): (usize, &Edge), (other, line): (usize, &Edge)) -> bool {
    let counts = |a: u64, b: u64| a == b || a.abs_diff(b) == page.abs_diff(other) as u64 && (a < b) == (page < other);
    edge.text == line.text
        && edge.text.contains(|c: char| c == '#' || c.is_alphanumeric())
        && edge.numbers.len() == line.numbers.len()
        && edge.numbers.iter().zip(&line.numbers).all(|(a, b)| counts(*a, *b))
}

fn numbers(text: &str) -> Vec<u64> {
    let runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.map(|run| run.parse().unwrap_or(u64::MAX)).collect()
}

/// A text with all numbers made the same.
fn alike(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}
