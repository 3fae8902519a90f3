//! What pages repeat around their content: running heads, page numbers.

use super::columns::median;
use super::lines::{Line, lines};
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
    base: f64,
    words: Vec<usize>,
}

/// For each sheet the words that are furniture.
pub(super) fn find(sheets: &[Sheet], ruled: &[Vec<bool>]) -> Vec<Vec<usize>> {
    let edges: Vec<Vec<Edge>> = sheets.iter().zip(ruled).map(|(sheet, ruled)| edges(sheet, ruled)).collect();
    let repeated = |page: usize, edge: &Edge| {
        // Left and right pages may have heads of their own.
        [page.wrapping_sub(2), page.wrapping_sub(1), page + 1, page + 2].iter().any(|other| {
            let alike = |line: &Edge| line.text == edge.text && (line.base - edge.base).abs() < DRIFT;
            edges.get(*other).is_some_and(|lines| lines.iter().any(alike))
        })
    };
    let of = |(page, lines): (usize, &Vec<Edge>)| {
        lines.iter().filter(|edge| repeated(page, edge)).flat_map(|edge| edge.words.iter().copied()).collect()
    };
    edges.iter().enumerate().map(of).collect()
}

/// White space between two lines.
fn gap(above: &Line, below: &Line) -> f64 {
    below.base - 0.75 * below.size - above.base - 0.25 * above.size
}

fn edges(sheet: &Sheet, ruled: &[bool]) -> Vec<Edge> {
    let words: Vec<usize> = (0..sheet.words.len()).filter(|at| ruled.get(*at) == Some(&false)).collect();
    let lines = lines(&sheet.words, &words);
    let size = median(lines.iter().map(|line| line.size).collect());
    // A line of several texts may be the header of a table: then rows follow that stand no further apart.
    let parts = |line: &Line, gap: f64, others: &[Line]| {
        let several = line.chunks(&sheet.words, 0.9).len() > 1;
        let rows = others.windows(2).filter_map(|pair| Some(self::gap(pair.first()?, pair.last()?)));
        gap > APART * size && (!several || gap > 1.3 * rows.fold(0.0, f64::max))
    };
    // Groups of lines from an edge inwards, as long as white space follows.
    let mut out = Vec::new();
    let mut group = 0;
    for (at, line) in lines.iter().enumerate() {
        if line.base > sheet.size.1 * MARGIN {
            break;
        }
        let others = lines.get(at + 1..lines.len().min(at + 9)).unwrap_or_default();
        let apart = others.first().is_none_or(|next| parts(line, gap(line, next), others));
        if apart {
            out.extend(lines.get(group..=at).unwrap_or_default());
            group = at + 1;
        }
    }
    let mut end = lines.len();
    for (at, line) in lines.iter().enumerate().rev() {
        if line.base < sheet.size.1 * (1.0 - MARGIN) {
            break;
        }
        let others = lines.get(at.saturating_sub(8)..at).unwrap_or_default();
        let apart = others.last().is_none_or(|before| parts(line, gap(before, line), others));
        if apart {
            out.extend(lines.get(at..end).unwrap_or_default());
            end = at;
        }
    }
    let edge =
        |line: &Line| Edge { text: alike(&line.whole(&sheet.words)), base: line.base, words: line.words.clone() };
    out.into_iter().map(edge).collect()
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
