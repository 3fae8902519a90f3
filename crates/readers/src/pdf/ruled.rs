//! Tables with rules: lines that cross form cells, and cells without a line between are one.

use super::glyphs::Rule;
use super::rows;
use super::sheet::{Bounds, Sheet};
use super::table::{Area, Table};

/// How far lines may lie apart and be one, and how much may lack where they meet, in points.
const NEAR: f64 = 1.6;
const MEET: f64 = 2.5;
/// Most lines of one direction that are made to a table, and most cells of it.
const LINES: usize = 4_000;
const CELLS: usize = 250_000;
/// Least width and height of a cell without text.
const SLIVER: f64 = 4.5;

/// A straight line and the parts of it that are drawn.
#[derive(Debug, Clone)]
struct Ruled {
    at: f64,
    parts: Vec<(f64, f64)>,
}

/// Lines that cross, and the box around them.
struct Mesh {
    level: Vec<Ruled>,
    upright: Vec<Ruled>,
}

/// The ruled tables of a page, and the level rules that belong to none: place, and from where to
/// where.
pub(super) fn tables(sheet: &Sheet, position: usize, free: &[bool]) -> (Vec<Table>, Vec<(f64, f64, f64)>) {
    let level = merged(sheet.rules.iter().filter(|rule| rule.level && !rule.edge));
    let upright = merged(sheet.rules.iter().filter(|rule| !rule.level && !rule.edge));
    let mut single: Vec<(f64, f64, f64)> = Vec::new();
    let mut out = Vec::new();
    if level.len() > LINES || upright.len() > LINES {
        return (out, single);
    }
    for mesh in meshes(&level, &upright) {
        let table = Lattice::new(&mesh).and_then(|lattice| lattice.table(sheet, position, free));
        match table {
            Some(table) => out.push(table),
            None => single
                .extend(mesh.level.iter().flat_map(|line| line.parts.iter().map(|part| (line.at, part.0, part.1)))),
        }
    }
    single.sort_by(|a, b| a.0.total_cmp(&b.0));
    out.sort_by(|a, b| a.bounds[1].total_cmp(&b.bounds[1]).then(a.bounds[0].total_cmp(&b.bounds[0])));
    (out, single)
}

/// Single lines out of pieces that lie on one another or touch.
fn merged<'r>(rules: impl Iterator<Item = &'r Rule>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = rules.copied().collect();
    rules.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    let mut out: Vec<Rule> = Vec::new();
    let mut start = 0;
    while let Some(first) = rules.get(start) {
        let rest = rules.get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|rule| rule.at - first.at <= NEAR).count().max(1);
        let mut group = rest.get(..length).unwrap_or_default().to_vec();
        group.sort_by(|a, b| a.from.total_cmp(&b.from));
        let from = out.len();
        for rule in group {
            match if out.len() > from { out.last_mut() } else { None } {
                Some(last) if rule.from <= last.to + MEET => last.to = last.to.max(rule.to),
                _ => out.push(Rule { at: first.at, ..rule }),
            }
        }
        start += length;
    }
    out
}

/// Groups of lines that cross or meet one another.
fn meshes(level: &[Rule], upright: &[Rule]) -> Vec<Mesh> {
    let mut parent: Vec<usize> = (0..level.len() + upright.len()).collect();
    for (a, line) in level.iter().enumerate() {
        for (b, other) in upright.iter().enumerate() {
            let meets = (line.from - MEET..=line.to + MEET).contains(&other.at)
                && (other.from - MEET..=other.to + MEET).contains(&line.at);
            if meets {
                let (a, b) = (top(&mut parent, a), top(&mut parent, level.len() + b));
                if let Some(slot) = parent.get_mut(a.max(b)) {
                    *slot = a.min(b);
                }
            }
        }
    }
    let mut groups: std::collections::BTreeMap<usize, (Vec<Rule>, Vec<Rule>)> = std::collections::BTreeMap::new();
    for (at, rule) in level.iter().chain(upright).enumerate() {
        let group = groups.entry(top(&mut parent, at)).or_default();
        if rule.level { group.0.push(*rule) } else { group.1.push(*rule) }
    }
    groups.into_values().map(|(level, upright)| Mesh { level: ruled(level), upright: ruled(upright) }).collect()
}

fn top(parent: &mut [usize], of: usize) -> usize {
    let mut at = of;
    while let Some(up) = parent.get(at).copied().filter(|up| *up != at) {
        at = up;
    }
    let mut back = of;
    while let Some(slot) = parent.get_mut(back).filter(|slot| **slot != at) {
        back = std::mem::replace(slot, at);
    }
    at
}

fn ruled(mut rules: Vec<Rule>) -> Vec<Ruled> {
    rules.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut out: Vec<Ruled> = Vec::new();
    for rule in rules {
        match out.last_mut() {
            Some(last) if rule.at - last.at <= NEAR => last.parts.push((rule.from, rule.to)),
            _ => out.push(Ruled { at: rule.at, parts: vec![(rule.from, rule.to)] }),
        }
    }
    out
}

/// A lattice of cells.
struct Lattice {
    xs: Vec<f64>,
    ys: Vec<f64>,
    /// For each cell, row by row: whether a line parts it from the one to its right, and below it.
    right: Vec<bool>,
    below: Vec<bool>,
}

impl Lattice {
    /// None where the lines make no table: a frame, or an underlined text.
    fn new(mesh: &Mesh) -> Option<Self> {
        let ends = |lines: &[Ruled]| {
            let parts = lines.iter().flat_map(|line| line.parts.iter());
            parts.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), part| (low.min(part.0), high.max(part.1)))
        };
        if mesh.upright.is_empty() || mesh.level.len() < 2 {
            return None;
        }
        let ((left, right), (upper, lower)) = (ends(&mesh.level), ends(&mesh.upright));
        let xs = places(mesh.upright.iter().map(|line| line.at), left, right);
        let ys = places(mesh.level.iter().map(|line| line.at), upper, lower);
        let (columns, rows) = (xs.len().checked_sub(1)?, ys.len().checked_sub(1)?);
        if columns < 2 || rows < 1 || columns.saturating_mul(rows) > CELLS {
            return None;
        }
        let mut lattice = Self { xs, ys, right: vec![false; columns * rows], below: vec![false; columns * rows] };
        for row in 0..rows {
            for column in 0..columns {
                let [x0, y0, x1, y1] = lattice.cell(row, column)?;
                let slot = row * columns + column;
                let wall = |lines: &[Ruled], at: f64, from: f64, to: f64| {
                    let (low, high) = (from + (to - from) * 0.3, from + (to - from) * 0.7);
                    let first = lines.partition_point(|line| line.at < at - NEAR);
                    let near = lines.get(first..).unwrap_or_default().iter().take_while(|line| line.at <= at + NEAR);
                    near.flat_map(|line| line.parts.iter()).any(|part| part.0 <= low && part.1 >= high)
                };
                *lattice.right.get_mut(slot)? = column + 1 == columns || wall(&mesh.upright, x1, y0, y1);
                *lattice.below.get_mut(slot)? = row + 1 == rows || wall(&mesh.level, y1, x0, x1);
            }
        }
        Some(lattice)
    }

    fn columns(&self) -> usize {
        self.xs.len().saturating_sub(1)
    }

    fn rows(&self) -> usize {
        self.ys.len().saturating_sub(1)
    }

    fn cell(&self, row: usize, column: usize) -> Option<Bounds> {
        Some([*self.xs.get(column)?, *self.ys.get(row)?, *self.xs.get(column + 1)?, *self.ys.get(row + 1)?])
    }

    fn bounds(&self) -> Bounds {
        let ends = |all: &[f64]| (all.first().copied().unwrap_or_default(), all.last().copied().unwrap_or_default());
        let ((x0, x1), (y0, y1)) = (ends(&self.xs), ends(&self.ys));
        [x0, y0, x1, y1]
    }

    /// The cell that each cell is part of: the one at the top left of its area.
    fn areas(&self) -> Vec<usize> {
        let (columns, rows) = (self.columns(), self.rows());
        let mut parent: Vec<usize> = (0..columns * rows).collect();
        let join = |parent: &mut Vec<usize>, a: usize, b: usize| {
            let (a, b) = (top(parent, a), top(parent, b));
            if let Some(slot) = parent.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        };
        for slot in 0..columns * rows {
            if self.right.get(slot) == Some(&false) {
                join(&mut parent, slot, slot + 1);
            }
            if self.below.get(slot) == Some(&false) {
                join(&mut parent, slot, slot + columns);
            }
        }
        let mut areas: Vec<usize> = (0..columns * rows).map(|slot| top(&mut parent, slot)).collect();
        // An area that is no rectangle lacks a line: its cells are joined along rows alone.
        let mut extents: std::collections::BTreeMap<usize, (usize, usize, usize, usize, usize)> =
            std::collections::BTreeMap::new();
        for (slot, area) in areas.iter().enumerate() {
            let (row, column) = (slot / columns, slot % columns);
            let extent = extents.entry(*area).or_insert((row, row, column, column, 0));
            *extent = (extent.0.min(row), extent.1.max(row), extent.2.min(column), extent.3.max(column), extent.4 + 1);
        }
        let odd = |area: &usize| {
            extents.get(area).is_some_and(|(r0, r1, c0, c1, count)| (r1 - r0 + 1) * (c1 - c0 + 1) != *count)
        };
        let mut at = 0;
        while at < areas.len() {
            let Some(area) = areas.get(at).copied() else { break };
            if odd(&area) {
                let run = (at..(at / columns + 1) * columns).take_while(|slot| areas.get(*slot) == Some(&area));
                let run: Vec<usize> = run.collect();
                for slot in &run {
                    let joined = *slot > at && self.right.get(slot - 1) == Some(&false);
                    let first = if joined { areas.get(slot - 1).copied().unwrap_or(*slot) } else { *slot };
                    if let Some(own) = areas.get_mut(*slot) {
                        *own = first;
                    }
                }
                at += run.len().max(1);
            } else {
                at += 1;
            }
        }
        areas
    }

    fn table(mut self, sheet: &Sheet, position: usize, free: &[bool]) -> Option<Table> {
        let bounds = self.bounds();
        let inside = |at: &usize| {
            let Some(placed) = sheet.words.get(*at) else { return false };
            let (x, y) = placed.middle();
            free.get(*at) == Some(&true) && bounds[0] < x && x < bounds[2] && bounds[1] < y && y < bounds[3]
        };
        let words: Vec<usize> = (0..sheet.words.len()).filter(inside).collect();
        self.drop_slivers(sheet, &words);
        if self.columns() < 2 || words.is_empty() {
            return None;
        }
        self.part_rows(sheet, &words);
        let (columns, rows) = (self.columns(), self.rows());
        if rows < 2 && words.len() < 2 {
            return None;
        }
        let areas = self.areas();
        let mut extents: Vec<Option<Bounds>> = vec![None; areas.len()];
        for (slot, area) in areas.iter().enumerate() {
            let cell = self.cell(slot / columns, slot % columns)?;
            let extent = extents.get_mut(*area)?;
            *extent = super::lines::around(extent.iter().copied().chain([cell]));
        }
        let mut out = Vec::new();
        for row in 0..rows {
            let mut cells = Vec::new();
            for column in 0..columns {
                let slot = row * columns + column;
                let area = *areas.get(slot)?;
                cells.push(if area == slot {
                    Area::Own(extents.get(slot).copied().flatten()?)
                } else {
                    Area::Covered(area / columns, area % columns)
                });
            }
            out.push(cells);
        }
        let columns = self.xs.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect();
        Some(Table::new(position, bounds, columns, out, words, true))
    }

    /// Takes out rows and columns that are nothing but the space between double lines.
    fn drop_slivers(&mut self, sheet: &Sheet, words: &[usize]) {
        let middles: Vec<(f64, f64)> =
            words.iter().filter_map(|at| sheet.words.get(*at)).map(super::sheet::Placed::middle).collect();
        let empty = |low: f64, high: f64, x: bool| {
            high - low < SLIVER && !middles.iter().any(|(mx, my)| (low..high).contains(if x { mx } else { my }))
        };
        let thin =
            |all: &[f64], x: bool| all.windows(2).position(|pair| matches!(pair, [low, high] if empty(*low, *high, x)));
        while let Some(column) = thin(&self.xs, true).filter(|_| self.columns() > 1) {
            let columns = self.columns();
            // The line to its right goes, or to its left where it is the last one.
            let line = if column + 1 < columns { column + 1 } else { column };
            let keep = |slot: &usize| slot % columns != line.saturating_sub(1) || line == 0;
            let merge = |old: &[bool]| -> Vec<bool> {
                (0..old.len()).filter(keep).filter_map(|slot| old.get(slot).copied()).collect()
            };
            (self.right, self.below) = (merge(&self.right), merge(&self.below));
            self.xs.remove(line);
        }
        while let Some(row) = thin(&self.ys, false).filter(|_| self.rows() > 1) {
            let columns = self.columns();
            let line = if row + 1 < self.rows() { row + 1 } else { row };
            let gone = line.saturating_sub(1);
            let keep = |slot: &usize| slot / columns != gone;
            let merge = |old: &[bool]| -> Vec<bool> {
                (0..old.len()).filter(keep).filter_map(|slot| old.get(slot).copied()).collect()
            };
            (self.right, self.below) = (merge(&self.right), merge(&self.below));
            self.ys.remove(line);
        }
    }

    /// Parts rows of the lattice that hold several rows of text with no line between them.
    fn part_rows(&mut self, sheet: &Sheet, words: &[usize]) {
        let mut row = 0;
        while row < self.rows() {
            let (Some(upper), Some(lower)) = (self.ys.get(row).copied(), self.ys.get(row + 1).copied()) else { break };
            let columns: Vec<(f64, f64)> =
                self.xs.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect();
            let here: Vec<usize> = words
                .iter()
                .copied()
                .filter(|at| sheet.words.get(*at).is_some_and(|placed| (upper..lower).contains(&placed.middle().1)))
                .collect();
            let cuts = rows::stacked(sheet, &here, &columns);
            let count = self.columns();
            if cuts.len() + self.rows() > CELLS / count.max(1) {
                break;
            }
            for (offset, cut) in cuts.iter().enumerate() {
                let at = row + offset;
                self.ys.insert(at + 1, *cut);
                let part = |old: &mut Vec<bool>, walls: bool, open: &[bool]| {
                    let line: Vec<bool> = old.get(at * count..(at + 1) * count).unwrap_or_default().to_vec();
                    for (column, wall) in line.into_iter().enumerate() {
                        let place = at * count + column;
                        let inner = !open.get(column).copied().unwrap_or_default();
                        old.insert(place, if walls { inner } else { wall });
                    }
                };
                // A cell that runs on from the row above or into the row below is not parted.
                let open: Vec<bool> = (0..count)
                    .map(|column| {
                        let above = row.checked_sub(1).and_then(|row| self.below.get(row * count + column));
                        let below = self.below.get(at * count + column);
                        above == Some(&false) || below == Some(&false)
                    })
                    .collect();
                part(&mut self.right, false, &open);
                part(&mut self.below, true, &open);
            }
            row += cuts.len() + 1;
        }
    }
}

/// The places of lines, with those of the outer ends where no line is drawn.
fn places(lines: impl Iterator<Item = f64>, low: f64, high: f64) -> Vec<f64> {
    let mut all: Vec<f64> = lines.collect();
    for end in [low, high] {
        if !all.iter().any(|at| (at - end).abs() <= SLIVER) {
            all.push(end);
        }
    }
    all.sort_by(f64::total_cmp);
    all.dedup_by(|b, a| *b - *a <= NEAR);
    all
}
