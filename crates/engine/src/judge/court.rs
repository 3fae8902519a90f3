//! Judging all that is found, as often as there is too much of it to hold, and what is told of it in the end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_schema::{ErrorKind, Fault, Result};

use super::{Hit, Mark, Rules, Withheld, judge_pair};
use crate::index::Segment;
use crate::near::By;
use crate::probe::{Found, Place};
use crate::record_file::RecordFile;
use crate::rule::Answer;
use crate::settings::Settings;
use crate::threads;

/// A hit with the pair of rows that it is of: place of the check, row of the record.
type Pairing = (Hit, Place, u32);

/// Everything that came of what was judged.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(super) hits: Vec<Pairing>,
    /// The answer to each check that met something, by its place.
    pub(crate) answers: BTreeMap<Place, Answer>,
    /// Pairs with the same number of which an issuer is missing.
    pub(super) cannot_say: Vec<(Place, u32)>,
    pub(super) withheld: Vec<Withheld>,
    /// Checks with a hash of more records than are looked at, and how many of its records were not.
    cut_off: Vec<(Place, u64, u64)>,
}

/// What is told of all that was judged.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Sorted by check and record, one for each pair of ids.
    pub(crate) hits: Vec<Hit>,
    /// Matches that were denied, sorted.
    pub(crate) withheld: Vec<Withheld>,
    /// Checks by their answers.
    pub(crate) answers: BTreeMap<Answer, u64>,
    /// Pairs of ids that met more than once.
    pub(crate) repeated: u64,
    /// Pairs with the same number of which an issuer is missing.
    pub(crate) cannot_say: u64,
    /// Checks with a key of more records than are looked at, and the records that were not.
    pub(crate) capped: (u64, u64),
}

/// A pair that was found: row of the record, number of the check among those that are judged together, and how.
type Pair = (u32, u32, By);

/// Pairs whose records are read together, at most.
const TOGETHER: usize = 1 << 16;

/// Judges what is found, as often as there is too much of it to hold.
pub(crate) struct Court<'a> {
    files: &'a [RecordFile],
    rules: &'a Rules<'a>,
    /// Most records of one hash that are looked at.
    fan_out: usize,
    settings: &'a Settings,
    waiting: Vec<Found>,
    /// Bytes of what waits.
    held: usize,
    judged: Judged,
}

impl<'a> Court<'a> {
    pub(crate) fn new(files: &'a [RecordFile], rules: &'a Rules<'a>, fan_out: usize, settings: &'a Settings) -> Self {
        Self { files, rules, fan_out, settings, waiting: Vec::new(), held: 0, judged: Judged::default() }
    }

    /// Takes checks that met something in parts of the index, to judge them now or when [`Self::judge`] is called.
    ///
    /// # Errors
    /// Those of the records; `Usage` where there are more hits than memory is there for.
    pub(crate) fn take(&mut self, found: Vec<Found>, segment: &Segment) -> Result<()> {
        self.held += found.iter().map(Found::size).sum::<usize>();
        self.waiting.extend(found);
        if self.held > self.settings.matches_held() { self.judge(segment) } else { Ok(()) }
    }

    /// All that came of what was judged.
    pub(crate) fn end(self) -> Verdict {
        self.judged.told()
    }

    /// Judges what waits. Its records are looked up in the parts of the index in which it met something.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(crate) fn judge(&mut self, segment: &Segment) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.held = 0;
        let most = self.settings.matches_held() / size_of::<Pair>();
        let mut pairs: Vec<Pair> = Vec::new();
        for (number, found) in (0_u32..).zip(&waiting) {
            for (hash, by) in &found.hashes {
                let mut records = segment.rows(*hash);
                pairs.extend(records.by_ref().take(self.fan_out).map(|record| (record, number, *by)));
                let left_out = records.count() as u64;
                if left_out > 0 {
                    self.judged.cut_off.push((found.place, *hash, left_out));
                    self.judged.answer(found.place, Answer::CutOff);
                }
            }
            if pairs.len() > most {
                self.judge_pairs(&mut pairs, &waiting)?;
                pairs.clear();
            }
        }
        self.judge_pairs(&mut pairs, &waiting)
    }

    fn judge_pairs(&mut self, pairs: &mut Vec<Pair>, found: &[Found]) -> Result<()> {
        pairs.sort_unstable();
        // What is near is found in several ways.
        pairs.dedup();
        // The pairs of each row group of records.
        let mut tasks = Vec::new();
        let mut rest = pairs.as_slice();
        for (own, group, first) in RecordFile::groups(self.files) {
            let end = first + own.file.rows(group);
            let (pairs, later) = rest.split_at(rest.partition_point(|(record, ..)| u64::from(*record) < end));
            tasks.extend(pairs.chunks(TOGETHER).map(|pairs| (own, group, first, pairs)));
            rest = later;
        }
        let next = AtomicUsize::new(0);
        let rules = self.rules;
        let shares = threads::each(self.settings.threads, |_| {
            let mut own = Judged::default();
            while let Some((file, group, first, pairs)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                own.group(rules, file, *group, (*first, *pairs), found)?;
            }
            Ok(own)
        })?;
        for share in shares {
            self.judged.add(share);
        }
        if self.judged.size() <= self.settings.hits_held() {
            return Ok(());
        }
        // Before it is told that they are too many, what was judged twice is dropped.
        self.judged.drop_repeated();
        if self.judged.size() <= self.settings.hits_held() {
            return Ok(());
        }
        let message = format!(
            "{} hits and more: they take more than half of the {} MiB of memory that may be used",
            self.judged.hits.len(),
            self.settings.memory >> 20
        );
        Err(Fault::new(ErrorKind::Usage, message).help(
            "give more with --memory, screen fewer grades (`confusable` and `near` give most), or fewer checks in runs of \
             their own",
        ))
    }
}

impl Judged {
    fn group(
        &mut self,
        rules: &Rules,
        RecordFile { file, rows: columns, .. }: &RecordFile,
        group: usize,
        (first, pairs): (u64, &[Pair]),
        found: &[Found],
    ) -> Result<()> {
        let local = |record: u32| u32::try_from(u64::from(record) - first).unwrap_or(u32::MAX);
        let mut rows: Vec<u32> = pairs.iter().map(|(record, ..)| local(*record)).collect();
        rows.dedup();
        let held = columns.held_rows(file, group, &rows)?;
        for (held, pairs) in held.iter().zip(pairs.chunk_by(|one, two| one.0 == two.0)) {
            let Some(kind) = quipu_keys::find(&held.key_kind) else { continue };
            let held_key = kind.normalise(&held.key_raw, None);
            for (record, number, by) in pairs {
                let Some(found) = found.get(*number as usize).filter(|found| found.asked.key_kind == held.key_kind)
                else {
                    continue;
                };
                let asked = (&found.asked, found.place);
                judge_pair(rules, self, kind, asked, (held, &held_key, *record), *by, columns.has_owner());
            }
        }
        Ok(())
    }

    fn add(&mut self, other: Self) {
        self.hits.extend(other.hits);
        self.cannot_say.extend(other.cannot_say);
        self.withheld.extend(other.withheld);
        self.cut_off.extend(other.cut_off);
        for (place, answer) in other.answers {
            self.answer(place, answer);
        }
    }

    pub(super) fn answer(&mut self, place: Place, answer: Answer) {
        let known = self.answers.entry(place).or_insert(answer);
        *known = answer.max(*known);
    }

    /// The strongest hit.
    pub(crate) fn into_hit(self) -> Option<Hit> {
        self.hits.into_iter().map(|(hit, ..)| hit).min()
    }

    /// Bytes that it takes in memory, about.
    fn size(&self) -> usize {
        const TEXTS: usize = 120;
        self.hits.len() * (size_of::<Pairing>() + TEXTS)
            + self.withheld.len() * (size_of::<Withheld>() + TEXTS)
            + self.answers.len() * 2 * size_of::<(Place, Answer)>()
            + self.cannot_say.len() * size_of::<(Place, u32)>()
            + self.cut_off.len() * size_of::<(Place, u64, u64)>()
    }

    /// Sorts everything, and drops what was judged before.
    fn drop_repeated(&mut self) {
        self.hits.sort_unstable();
        self.hits.dedup();
        self.withheld.sort_unstable();
        self.withheld.dedup();
        self.cannot_say.sort_unstable();
        self.cannot_say.dedup();
        self.cut_off.sort_unstable();
        self.cut_off.dedup();
    }

    fn told(mut self) -> Verdict {
        self.drop_repeated();
        let mut out = Verdict {
            withheld: self.withheld,
            cannot_say: self.cannot_say.len() as u64,
            capped: (
                self.cut_off.chunk_by(|one, two| one.0 == two.0).count() as u64,
                self.cut_off.iter().map(|(.., left_out)| left_out).sum(),
            ),
            ..Verdict::default()
        };
        for answer in self.answers.into_values() {
            *out.answers.entry(answer).or_default() += 1;
        }
        // In the memory that they have: they are the most there is.
        out.hits = self.hits.into_iter().map(|(hit, ..)| hit).collect();
        // One hit for each pair of ids: the strongest, under the strictest of the markings.
        out.hits.dedup_by(|hit, first| {
            let again = (&first.check_id, &first.record_id) == (&hit.check_id, &hit.record_id);
            if again {
                first.marking = Mark(first.marking.0.strictest(hit.marking.0));
                // Whoever asked is shown it.
                first.asked_by = joined(first.asked_by.take(), hit.asked_by.take());
                first.purpose = joined(first.purpose.take(), hit.purpose.take());
                if !first.reasons.contains(&"id-not-unique") {
                    first.reasons.push("id-not-unique");
                    out.repeated += 1;
                }
            }
            again
        });
        out
    }
}

/// Both texts, where they differ.
fn joined(one: Option<String>, two: Option<String>) -> Option<String> {
    match (one, two) {
        (Some(one), Some(two)) if !one.split("; ").any(|known| known == two) => Some(format!("{one}; {two}")),
        (one, two) => one.or(two),
    }
}
