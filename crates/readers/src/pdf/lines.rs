//! Lines of words, and what of them looks like a figure.

use super::sheet::{Bounds, Placed};

/// Words on one baseline.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The words by their place in the sheet, from left to right.
    pub(super) words: Vec<usize>,
    pub(super) base: f64,
    pub(super) size: f64,
    pub(super) bounds: Bounds,
}

/// Words of a line that no wide gap parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chunk {
    pub(super) from: f64,
    pub(super) to: f64,
    /// Its words, by position in the line.
    pub(super) first: usize,
    pub(super) end: usize,
}

/// How much wider than a written space a gap is that parts texts.
const WIDER: f64 = 1.5;

impl Chunk {
    pub(super) fn middle(&self) -> f64 {
        f64::midpoint(self.from, self.to)
    }
}

/// The box around boxes.
pub(super) fn around(boxes: impl Iterator<Item = Bounds>) -> Option<Bounds> {
    boxes.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

/// The lines that these words form, from top to bottom.
pub(super) fn lines(words: &[Placed], which: &[usize]) -> Vec<Line> {
    let base =
        |at: usize| words.get(at).map_or(0.0, |placed| if placed.across { placed.bounds[3] } else { placed.word.base });
    let size = |at: usize| words.get(at).map_or(1.0, |placed| placed.word.size);
    let mut order = which.to_vec();
    order.sort_by(|a, b| base(*a).total_cmp(&base(*b)));
    let mut lines: Vec<Line> = Vec::new();
    for at in order {
        // Raised words stand a little above their line, which comes after them.
        let small = |line: &Line| size(at).min(line.size) < 0.8 * size(at).max(line.size);
        let same = lines.last().is_some_and(|line| {
            let reach = if small(line) { 0.5 } else { 0.3 };
            base(at) - line.base <= reach * size(at).max(line.size)
        });
        match lines.last_mut().filter(|_| same) {
            Some(line) => {
                if size(at) > line.size {
                    (line.base, line.size) = (base(at), size(at));
                }
                line.words.push(at);
            }
            None => lines.push(Line { words: vec![at], base: base(at), size: size(at), bounds: [0.0; 4] }),
        }
    }
    for line in &mut lines {
        let left = |at: &usize| words.get(*at).map_or(0.0, |placed| placed.bounds[0]);
        line.words.sort_by(|a, b| left(a).total_cmp(&left(b)));
        let boxes = line.words.iter().filter_map(|at| words.get(*at)).map(|placed| placed.bounds);
        line.bounds = around(boxes).unwrap_or_default();
    }
    lines
}

impl Line {
    /// Its words in chunks: parted where the gap is at least `gap` parts of the font size, and wider than
    /// the space that is written between words (which in typewriter fonts is wide).
    pub(super) fn chunks(&self, words: &[Placed], gap: f64) -> Vec<Chunk> {
        let mut chunks: Vec<Chunk> = Vec::new();
        let mut space = 0.0;
        for word in self.single(words) {
            let Some(placed) = self.words.get(word.first).and_then(|at| words.get(*at)) else { continue };
            let size = placed.word.size.min(self.size);
            match chunks.last_mut() {
                Some(last) if word.from - last.to < (gap * size).max(WIDER * space) => {
                    last.to = last.to.max(word.to);
                    last.end = word.end;
                }
                _ => chunks.push(word),
            }
            space = placed.word.space;
        }
        chunks
    }

    /// Each of its words as a chunk.
    pub(super) fn single(&self, words: &[Placed]) -> Vec<Chunk> {
        let one = |(first, at): (usize, &usize)| {
            let [from, _, to, _] = words.get(*at)?.bounds;
            Some(Chunk { from, to, first, end: first + 1 })
        };
        self.words.iter().enumerate().filter_map(one).collect()
    }

    /// Whether the gap behind one of its words, by position, is more than the space written there.
    pub(super) fn is_wider(&self, words: &[Placed], position: usize, gap: f64) -> bool {
        let space = self.words.get(position).and_then(|at| words.get(*at)).map_or(0.0, |placed| placed.word.space);
        gap >= WIDER * space
    }

    /// The text of some of its words.
    pub(super) fn text(&self, words: &[Placed], first: usize, end: usize) -> String {
        let part = self.words.get(first..end).unwrap_or_default();
        let texts: Vec<&str> = part.iter().filter_map(|at| words.get(*at)).map(Placed::text).collect();
        texts.join(" ")
    }

    pub(super) fn whole(&self, words: &[Placed]) -> String {
        self.text(words, 0, self.words.len())
    }
}

/// Whether a text is a figure, or one of the marks that stand for one: `1 234,5`, `(3.2%)`, `<5`, `-`,
/// `..`, `n.d.`.
pub(super) fn is_value(text: &str) -> bool {
    let text = text.trim();
    let figures = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic() && !is_raised(*c)).count();
    if figures > 0 {
        let rest = text.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace() && !is_raised(*c)).count();
        // `R$ 12`, `12 kg`, `2366*`; and not `Table 3` or `15-24 years`.
        return letters <= 2.min(figures) && rest <= figures + 4;
    }
    let folded = text.to_lowercase();
    let marks = [
        "-", "–", "—", "‒", "−", "*", "**", ".", "..", "...", "…", ":", "x", "na", "n/a", "n.a.", "n.a", "nd", "n.d.",
        "n.d", "s/d", "s.d.", "z", "#", "c", "†",
    ];
    marks.contains(&folded.as_str())
}

fn is_raised(c: char) -> bool {
    matches!(c, '¹' | '²' | '³' | '⁰' | '⁴'..='⁹' | 'ᵃ'..='ᵪ' | 'ⁱ' | 'ⁿ' | 'ʰ' | 'ʲ' | 'ʳ' | 'ˡ' | 'ˢ')
}

/// Whether a text is a year or a span of years, as headers have them.
pub(super) fn is_year(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| is_raised(c) || matches!(c, '*' | 'p' | 'r'));
    let year = |text: &str| text.len() == 4 && text.parse::<u32>().is_ok_and(|year| (1800..2100).contains(&year));
    match text.split_once(['-', '–', '/']) {
        Some((first, last)) => year(first.trim()) && (year(last.trim()) || (last.trim().len() == 2 && is_value(last))),
        None => year(text),
    }
}

/// Whether a line says of itself that it is the title of a table.
pub(super) fn is_caption(text: &str) -> bool {
    let words = ["table", "tabla", "cuadro", "tabela", "quadro", "tableau", "tab.", "tbl.", "anexo", "annex"];
    let mut parts = text.split_whitespace();
    let (first, second) = (parts.next().unwrap_or_default().to_lowercase(), parts.next().unwrap_or_default());
    words.contains(&first.as_str())
        && second.chars().any(|c| c.is_ascii_digit() || matches!(c, 'I' | 'V' | 'X' | 'A'..='D'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_from_texts() {
        for text in ["1 234,5", "12.5%", "(3.2)", "<5", "-", "..", "2366*", "2366¹", "R$ 12", "1,234,567", "n.d."] {
            assert!(is_value(text), "{text}");
        }
        for text in ["Mexico", "Table 3", "15-24 years", "Article 21", "of", "", "Grupo 1 y 2"] {
            assert!(!is_value(text), "{text}");
        }
        assert!(is_year("2019") && is_year("2019/20") && is_year("2015–2019") && is_year("2020*") && !is_year("2,019"));
        assert!(is_caption("Table 3. Homicides") && is_caption("Cuadro I.2") && !is_caption("Tables were made"));
    }
}
