//! Paths: which of what is drawn are straight lines along the axes.

use super::glyphs::{Rule, Shown};
use super::page::Matrix;

/// Most points of one path that are looked at.
const POINTS: usize = 40_000;
/// Thickest line that is a rule and no area, in points.
const THICK: f64 = 3.0;

/// The path that is being made, in points of the page.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// Straight parts.
    parts: Vec<[(f64, f64); 2]>,
    /// Rectangles: two opposite corners.
    boxes: Vec<[(f64, f64); 2]>,
    start: (f64, f64),
    at: (f64, f64),
}

impl Path {
    /// Follows an operator of paths; others are nothing to it.
    pub(super) fn operate(
        &mut self,
        operator: &[u8],
        numbers: &[f64],
        matrix: Matrix,
        width: f64,
        shown: Option<&mut Shown>,
    ) {
        let point = |at: usize| Some(matrix.point(*numbers.get(at)?, *numbers.get(at + 1)?));
        match operator {
            b"m" => {
                if let Some(point) = point(0) {
                    (self.start, self.at) = (point, point);
                }
            }
            b"l" => {
                if let Some(point) = point(0) {
                    self.part(point);
                }
            }
            b"c" => self.at = point(4).unwrap_or(self.at),
            b"v" | b"y" => self.at = point(2).unwrap_or(self.at),
            b"h" => self.part(self.start),
            b"re" => {
                let far = numbers.get(..4).and_then(|n| match n {
                    [x, y, width, height] => Some(matrix.point(x + width, y + height)),
                    _ => None,
                });
                if let Some((near, far)) = point(0).zip(far) {
                    if self.boxes.len() < POINTS {
                        self.boxes.push([near, far]);
                    }
                    (self.start, self.at) = (near, near);
                }
            }
            b"s" | b"b" | b"b*" => {
                self.part(self.start);
                self.paint(operator != b"s", true, matrix, width, shown);
            }
            b"S" => self.paint(false, true, matrix, width, shown),
            b"f" | b"F" | b"f*" => self.paint(true, false, matrix, width, shown),
            b"B" | b"B*" => self.paint(true, true, matrix, width, shown),
            b"n" => self.clear(),
            _ => {}
        }
    }

    fn part(&mut self, to: (f64, f64)) {
        if self.parts.len() < POINTS {
            self.parts.push([self.at, to]);
        }
        self.at = to;
    }

    fn clear(&mut self) {
        self.parts.clear();
        self.boxes.clear();
    }

    fn paint(&mut self, fill: bool, stroke: bool, matrix: Matrix, width: f64, shown: Option<&mut Shown>) {
        let Some(shown) = shown else { return self.clear() };
        let [a, b, ..] = matrix.0;
        let thin = stroke && width * a.hypot(b) <= 2.0 * THICK;
        if fill {
            if self.at != self.start && !self.parts.is_empty() {
                self.part(self.start);
            }
            // A filled path of four sides is a rectangle, however it was made.
            let mut sides = self.parts.as_slice();
            while let Some((four, rest)) = sides.split_at_checked(4) {
                let points = four.iter().flatten();
                let (x, y) = (extent(points.clone().map(|point| point.0)), extent(points.map(|point| point.1)));
                if four.iter().all(|[from, to]| is_level(*from, *to) || is_upright(*from, *to)) {
                    self.boxes.push([(x.0, y.0), (x.1, y.1)]);
                    sides = rest;
                } else {
                    sides = sides.get(1..).unwrap_or_default();
                }
            }
        }
        for [near, far] in &self.boxes {
            let (x, y) = (extent([near.0, far.0].into_iter()), extent([near.1, far.1].into_iter()));
            let (wide, high) = (x.1 - x.0, y.1 - y.0);
            if fill && high <= THICK && wide > high {
                shown.rule(Rule { level: true, at: f64::midpoint(y.0, y.1), from: x.0, to: x.1, edge: false });
            } else if fill && wide <= THICK && high > wide {
                shown.rule(Rule { level: false, at: f64::midpoint(x.0, x.1), from: y.0, to: y.1, edge: false });
            } else if fill || thin {
                // The edges of an area part cells as lines do, but weaker.
                let edge = !thin;
                for at in [y.0, y.1] {
                    shown.rule(Rule { level: true, at, from: x.0, to: x.1, edge });
                }
                for at in [x.0, x.1] {
                    shown.rule(Rule { level: false, at, from: y.0, to: y.1, edge });
                }
            }
        }
        if thin && !fill {
            for [from, to] in &self.parts {
                let (x, y) = (extent([from.0, to.0].into_iter()), extent([from.1, to.1].into_iter()));
                if is_level(*from, *to) && x.1 > x.0 {
                    shown.rule(Rule { level: true, at: f64::midpoint(y.0, y.1), from: x.0, to: x.1, edge: false });
                } else if is_upright(*from, *to) && y.1 > y.0 {
                    shown.rule(Rule { level: false, at: f64::midpoint(x.0, x.1), from: y.0, to: y.1, edge: false });
                }
            }
        }
        self.clear();
    }
}

fn extent(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| (low.min(number), high.max(number)))
}

fn is_level(from: (f64, f64), to: (f64, f64)) -> bool {
    (from.1 - to.1).abs() < 0.1
}

fn is_upright(from: (f64, f64), to: (f64, f64)) -> bool {
    (from.0 - to.0).abs() < 0.1
}
