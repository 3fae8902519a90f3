//! The pages of a PDF, and how their own coordinates lie on the page as it is seen.

use std::collections::BTreeSet;

use quipu_schema::Result;

use super::file::File;
use super::object::{Dict, Object, damaged};
use crate::Limits;

/// A linear map of the plane: `x' = a x + c y + e`, `y' = b x + d y + f`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const SAME: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First this, then the other.
    pub(super) fn then(self, other: Self) -> Self {
        let ([a, b, c, d, e, f], [p, q, r, s, t, u]) = (self.0, other.0);
        Self([a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u])
    }

    pub(super) fn point(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    pub(super) fn of(numbers: &[f64]) -> Option<Self> {
        <[f64; 6]>::try_from(numbers).ok().filter(|all| all.iter().all(|number| number.is_finite())).map(Self)
    }
}

/// A page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// From 1.
    pub(super) number: u64,
    pub(super) contents: Object,
    pub(super) resources: Dict,
    /// Width and height as it is seen, in points.
    pub(super) width: f64,
    pub(super) height: f64,
    /// From its own coordinates to points from the top left corner as it is seen.
    pub(super) view: Matrix,
}

/// What a page takes from the nodes above it.
#[derive(Debug, Clone, Default)]
struct Inherited {
    resources: Dict,
    media: Vec<f64>,
    crop: Vec<f64>,
    rotate: f64,
}

/// The pages of a file, in their order.
///
/// # Errors
/// `Shape` for a tree of pages that is damaged, leads in a circle, or has more pages than allowed.
pub(super) fn pages(file: &File<'_>) -> Result<Vec<Page>> {
    let root = file.root()?;
    let top = root.get(&b"Pages"[..]).cloned().unwrap_or(Object::Null);
    let mut pages = Vec::new();
    let mut seen = BTreeSet::new();
    // Nodes that are still to be walked, the next one last.
    let mut open = vec![(top, Inherited::default(), 0_usize)];
    while let Some((node, above, depth)) = open.pop() {
        if let Object::Reference(number) = node
            && !seen.insert(number)
        {
            return Err(damaged("its tree of pages leads in a circle, or has a page twice"));
        }
        if depth > file.limits.depth {
            return Err(Limits::exceeded(format!("a tree of pages deeper than {}", file.limits.depth)));
        }
        let Some(dict) = file.resolve(&node)?.dict().cloned() else { continue };
        let mut here = above;
        if let Some(resources) = file.part(&dict, b"Resources")? {
            here.resources = resources;
        }
        let bounds = |key: &[u8]| -> Result<Option<Vec<f64>>> {
            let numbers = file.numbers(&file.entry(&dict, key)?)?;
            Ok((numbers.len() == 4).then_some(numbers))
        };
        if let Some(media) = bounds(b"MediaBox")? {
            here.media = media;
        }
        if let Some(crop) = bounds(b"CropBox")? {
            here.crop = crop;
        }
        if let Some(rotate) = file.entry(&dict, b"Rotate")?.number() {
            here.rotate = rotate;
        }
        let kids = file.entry(&dict, b"Kids")?;
        if let Some(kids) = kids.array() {
            if open.len() + kids.len() > file.limits.pages.saturating_mul(2) + 1_000 {
                return Err(Limits::exceeded(format!("more than {} pages", file.limits.pages)));
            }
            open.extend(kids.iter().rev().map(|kid| (kid.clone(), here.clone(), depth + 1)));
            continue;
        }
        if pages.len() >= file.limits.pages {
            return Err(Limits::exceeded(format!("more than {} pages", file.limits.pages)));
        }
        let contents = dict.get(&b"Contents"[..]).cloned().unwrap_or(Object::Null);
        pages.push(page(pages.len() as u64 + 1, contents, here));
    }
    Ok(pages)
}

fn page(number: u64, contents: Object, from: Inherited) -> Page {
    /// Largest side of a page, in points: what the standard allows, and more than any printed sheet.
    const SIDE: f64 = 200_000.0;
    let media = sides(&from.media).unwrap_or([0.0, 0.0, 612.0, 792.0]);
    let [x0, y0, x1, y1] = match sides(&from.crop) {
        // What is cropped is what is seen; never more than the sheet.
        Some(crop) => {
            let cut = [crop[0].max(media[0]), crop[1].max(media[1]), crop[2].min(media[2]), crop[3].min(media[3])];
            if cut[2] - cut[0] > 1.0 && cut[3] - cut[1] > 1.0 { cut } else { media }
        }
        None => media,
    };
    let (width, height) = ((x1 - x0).min(SIDE), (y1 - y0).min(SIDE));
    let quarter = super::object::whole((from.rotate / 90.0).round()).unwrap_or_default().rem_euclid(4);
    let (view, width, height) = match quarter {
        1 => (Matrix([0.0, 1.0, 1.0, 0.0, -y0, -x0]), height, width),
        2 => (Matrix([-1.0, 0.0, 0.0, 1.0, x1, -y0]), width, height),
        3 => (Matrix([0.0, -1.0, -1.0, 0.0, y1, x1]), height, width),
        _ => (Matrix([1.0, 0.0, 0.0, -1.0, -x0, y1]), width, height),
    };
    Page { number, contents, resources: from.resources, width, height, view }
}

/// Left, bottom, right and top of a box, whichever corners it names.
fn sides(corners: &[f64]) -> Option<[f64; 4]> {
    let [a, b, c, d] = <[f64; 4]>::try_from(corners).ok()?;
    let all = [a.min(c), b.min(d), a.max(c), b.max(d)];
    (all.iter().all(|side| side.abs() < 1e7) && all[2] - all[0] > 1.0 && all[3] - all[1] > 1.0).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_pages_are_seen_upright() {
        let seen = |rotate: f64, x: f64, y: f64| {
            let page = page(
                1,
                Object::Null,
                Inherited { media: vec![10.0, 20.0, 110.0, 220.0], rotate, ..Inherited::default() },
            );
            (page.view.point(x, y), page.width, page.height)
        };
        // The lower left corner of the sheet.
        assert_eq!(seen(0.0, 10.0, 20.0), ((0.0, 200.0), 100.0, 200.0));
        assert_eq!(seen(90.0, 10.0, 20.0), ((0.0, 0.0), 200.0, 100.0));
        assert_eq!(seen(180.0, 10.0, 20.0), ((100.0, 0.0), 100.0, 200.0));
        assert_eq!(seen(270.0, 10.0, 20.0), ((200.0, 100.0), 200.0, 100.0));
        assert_eq!(seen(-90.0, 10.0, 20.0), seen(270.0, 10.0, 20.0));
    }
}
