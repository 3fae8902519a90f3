//! A map from every range of a text back to the range of its source, exact to the byte.
//!
//! The text is a sequence of atoms, each made from one piece of the source: a character, an
//! entity, a malformed byte sequence. Atoms of equal widths that follow each other without a gap
//! form one run, so that a page of plain ASCII costs one entry.

use std::ops::Range;

/// The map of one text. Offsets are 32 bit: the text stays below [`super::MAX_SIZE`].
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    runs: Vec<Run>,
    len: u32,
}

/// `n` atoms of the same widths, `n` being told by where the next run starts.
#[derive(Debug, Clone, Copy)]
struct Run {
    text: u32,
    source: u32,
    text_step: u32,
    source_step: u32,
}

impl Map {
    /// Appends `count` atoms, each `text_step` bytes of text made from `source_step` bytes of
    /// source, the first from `source`. Sources must not go backwards. A `source_step` of 0 is
    /// text that the reader put in (a paragraph break).
    pub(super) fn push(&mut self, count: usize, text_step: usize, source: usize, source_step: usize) {
        let [count, text_step, source, source_step] = [count, text_step, source, source_step].map(saturate);
        if count == 0 || text_step == 0 {
            return;
        }
        let follows = self.runs.last().is_some_and(|run| {
            let atoms = (self.len - run.text) / run.text_step;
            run.text_step == text_step
                && run.source_step == source_step
                && run.source.saturating_add(atoms.saturating_mul(source_step)) == source
        });
        if !follows {
            self.runs.push(Run { text: self.len, source, text_step, source_step });
        }
        self.len = self.len.saturating_add(count.saturating_mul(text_step));
    }

    /// Widens a range of the text to whole atoms and gives it with its source. `None` for an empty
    /// range or one that ends after the text.
    pub(super) fn locate(&self, text: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        if text.start >= text.end || text.end > widen(self.len) {
            return None;
        }
        let (start, _) = self.atom(saturate(text.start))?;
        let (last, step) = self.atom(saturate(text.end - 1))?;
        let end_text = last.text.saturating_add(step.text_step);
        let end_source = last.source.saturating_add(step.source_step);
        Some((widen(start.text)..widen(end_text), widen(start.source)..widen(end_source)))
    }

    /// The text made from this range of the source alone; atoms that reach beyond it are left out,
    /// and so is text that the reader put in at its edges.
    pub(super) fn text_of(&self, source: &Range<usize>) -> Range<usize> {
        let (from, to) = (saturate(source.start), saturate(source.end));
        let starts = self.runs.partition_point(|run| run.source < from);
        let mut begin = None;
        if let Some(before) = starts.checked_sub(1)
            && let Some(run) = self.runs.get(before)
            && run.source_step > 0
        {
            let skipped = (from - run.source).div_ceil(run.source_step);
            begin = (skipped < self.atoms(before)).then(|| run.text + skipped * run.text_step);
        }
        let rest = self.runs.get(starts..).unwrap_or_default();
        let begin = begin.or_else(|| rest.iter().find(|run| run.source_step > 0).map(|run| run.text));
        let begin = begin.unwrap_or(self.len);
        let mut end = begin;
        for index in (0..self.runs.partition_point(|run| run.source < to)).rev() {
            let Some(run) = self.runs.get(index).copied() else { break };
            if run.text + self.atoms(index) * run.text_step <= begin {
                break;
            }
            let whole = (to - run.source).checked_div(run.source_step).unwrap_or(0);
            if whole > 0 {
                end = end.max(run.text + whole.min(self.atoms(index)) * run.text_step);
                break;
            }
        }
        widen(begin)..widen(end)
    }

    fn atoms(&self, index: usize) -> u32 {
        let end = self.runs.get(index + 1).map_or(self.len, |next| next.text);
        self.runs.get(index).map_or(0, |run| (end - run.text) / run.text_step)
    }

    /// The atom that holds this byte of the text, and the run it belongs to.
    fn atom(&self, at: u32) -> Option<(Place, Run)> {
        let index = self.runs.partition_point(|run| run.text <= at).checked_sub(1)?;
        let run = self.runs.get(index)?;
        let skipped = (at - run.text) / run.text_step;
        let place = Place {
            text: run.text + skipped * run.text_step,
            source: run.source.saturating_add(skipped.saturating_mul(run.source_step)),
        };
        Some((place, *run))
    }
}

struct Place {
    text: u32,
    source: u32,
}

fn saturate(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn widen(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ab` from bytes 0..2, `é` (2 bytes of text) from byte 2, a break, `c` from bytes 10..15.
    fn sample() -> Map {
        let mut map = Map::default();
        map.push(1, 1, 0, 1);
        map.push(1, 1, 1, 1);
        map.push(1, 2, 2, 1);
        map.push(2, 1, 3, 0);
        map.push(1, 1, 10, 5);
        map
    }

    #[test]
    fn ranges_go_there_and_back() {
        let map = sample();
        assert_eq!(map.runs.len(), 4, "equal neighbours share a run");
        assert_eq!(map.locate(&(0..2)), Some((0..2, 0..2)));
        assert_eq!(map.locate(&(1..3)), Some((1..4, 1..3)), "half a character widens to all of it");
        assert_eq!(map.locate(&(3..7)), Some((2..7, 2..15)));
        assert_eq!(map.locate(&(3..3)), None);
        assert_eq!(map.locate(&(3..8)), None);
        assert_eq!(map.text_of(&(0..2)), 0..2);
        assert_eq!(map.text_of(&(1..3)), 1..4);
        assert_eq!(map.text_of(&(2..15)), 2..7);
        assert_eq!(map.text_of(&(0..5)), 0..4, "a break at the edge is not part of it");
        assert_eq!(map.text_of(&(10..14)), 6..6, "half an atom is none");
        assert_eq!(map.text_of(&(3..15)), 6..7);
        assert_eq!(map.text_of(&(20..30)), 7..7);
    }
}
