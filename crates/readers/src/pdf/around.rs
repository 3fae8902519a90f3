//! What stands around a table and says something of it: its title above, its notes below.

use super::lines::{Chunk, Line, is_caption, lines};
use super::sheet::{Bounds, Sheet};
use super::table::Table;

/// Most lines of a title and of notes.
const TITLE: usize = 6;
const NOTES: usize = 16;
/// Space between a table and its title or notes, and between their lines, as parts of the font size.
const NEAR: f64 = 2.6;
const CLOSE: f64 = 1.0;

/// A piece of a line.
struct Piece {
    text: String,
    bounds: Bounds,
    size: f64,
    words: Vec<usize>,
}

/// Gives titles and notes to the tables of a sheet. What words they took is struck off.
pub(super) fn attach(sheet: &Sheet, tables: &mut [Table], free: &mut [bool]) {
    let words: Vec<usize> = (0..sheet.words.len()).filter(|at| free.get(*at) == Some(&true)).collect();
    let pieces: Vec<Piece> = lines(&sheet.words, &words).iter().flat_map(|line| pieces(sheet, line)).collect();
    let boxes: Vec<Bounds> = tables.iter().map(|table| table.bounds).collect();
    let mut taken = vec![false; pieces.len()];
    for table in tables.iter_mut() {
        let found = title(&pieces, &taken, table.bounds, &boxes);
        let texts: Vec<&str> = found.iter().filter_map(|at| pieces.get(*at)).map(|piece| piece.text.as_str()).collect();
        if !texts.is_empty() {
            table.title = Some(texts.join(" "));
        }
        take(&found, &pieces, &mut taken, free);
    }
    for table in tables.iter_mut() {
        let found = notes(&pieces, &taken, table.bounds, &boxes);
        let texts: Vec<&str> = found.iter().filter_map(|at| pieces.get(*at)).map(|piece| piece.text.as_str()).collect();
        if !texts.is_empty() {
            let text: String = texts.join(" ").chars().take(1_000).collect();
            table.notes.push(format!("below the table on page {}: {text}", sheet.number));
        }
        take(&found, &pieces, &mut taken, free);
    }
}

fn take(found: &[usize], pieces: &[Piece], taken: &mut [bool], free: &mut [bool]) {
    for at in found {
        if let Some(slot) = taken.get_mut(*at) {
            *slot = true;
        }
        for word in pieces.get(*at).into_iter().flat_map(|piece| piece.words.iter()) {
            if let Some(slot) = free.get_mut(*word) {
                *slot = false;
            }
        }
    }
}

fn pieces(sheet: &Sheet, line: &Line) -> Vec<Piece> {
    let piece = |chunk: &Chunk| Piece {
        text: line.text(&sheet.words, chunk.first, chunk.end),
        bounds: [chunk.from, line.base - 0.75 * line.size, chunk.to, line.base + 0.25 * line.size],
        size: line.size,
        words: line.words.get(chunk.first..chunk.end).unwrap_or_default().to_vec(),
    };
    line.chunks(&sheet.words, 1.2).iter().map(piece).collect()
}

/// Whether a piece stands over or under a table and not beside it, and no other table is between.
fn faces(piece: &Piece, table: Bounds, boxes: &[Bounds]) -> bool {
    let [x0, y0, x1, y1] = piece.bounds;
    let over = x1.min(table[2]) - x0.max(table[0]);
    let (low, high) = if y1 <= table[1] { (y0, table[1]) } else { (table[3], y1) };
    let between = boxes.iter().any(|other| {
        other.map(f64::to_bits) != table.map(f64::to_bits)
            && other[1] < high
            && low < other[3]
            && other[0] < x1.min(table[2])
            && x0.max(table[0]) < other[2]
    });
    over > 0.3 * (x1 - x0).min(table[2] - table[0]) && !between
}

fn title(pieces: &[Piece], taken: &[bool], table: Bounds, boxes: &[Bounds]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut edge = table[1];
    let mut paragraph = false;
    for (at, piece) in pieces.iter().enumerate().rev() {
        let gap = edge - piece.bounds[3];
        if taken.get(at) == Some(&true) || gap < -0.6 * piece.size || !faces(piece, table, boxes) {
            continue;
        }
        if gap > piece.size * if found.is_empty() { NEAR } else { CLOSE } {
            break;
        }
        if found.len() >= TITLE {
            paragraph = true;
            break;
        }
        found.push(at);
        edge = piece.bounds[1];
        if is_caption(&piece.text) {
            found.reverse();
            return found;
        }
    }
    // A paragraph that happens to stand above is no title.
    if paragraph || found.len() > 3 {
        found.clear();
    }
    found.reverse();
    found
}

fn notes(pieces: &[Piece], taken: &[bool], table: Bounds, boxes: &[Bounds]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut edge = table[3];
    for (at, piece) in pieces.iter().enumerate() {
        let gap = piece.bounds[1] - edge;
        if taken.get(at) == Some(&true) || gap < -0.6 * piece.size || !faces(piece, table, boxes) {
            continue;
        }
        let far = gap > piece.size * if found.is_empty() { NEAR } else { CLOSE };
        if far || found.len() >= NOTES || is_caption(&piece.text) {
            break;
        }
        found.push(at);
        edge = edge.max(piece.bounds[3]);
    }
    found
}
