//! The checks, streamed through the index: what is found is a place of a check and the row of a record.

use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_schema::Result;

use crate::chance::Shapes;
use crate::checks::{CheckFile, Held};
use crate::form::{Form, Forms, Issuer, KindNumber, text_of};
use crate::index::{Count, Segment};
use crate::keys::{KeyReader, Row, Sink};
use crate::near::{Born, By, Stated};
use crate::remembered::OldCheck;
use crate::row::Asked;
use crate::settings::{Settings, Told};
use crate::threads;

/// Hashes that are held beside those of keys, at most.
const OTHERS: usize = 1 << 16;
/// Remembered checks that are looked up together.
const OLD: usize = 1_024;

/// A check and the rows of records that have its hash.
#[derive(Debug)]
pub(crate) struct Found {
    /// File, row group and row of the check.
    pub(crate) place: (usize, usize, u32),
    pub(crate) asked: Asked,
    /// Row of the record in the index, and how it was found; each pair once, in order.
    pub(crate) records: Vec<(u32, By)>,
    /// Records of its key that were not looked at, because there are too many.
    pub(crate) cut_off: u64,
}

/// What became of the checks that were read.
#[derive(Debug, Default)]
pub(crate) struct Probed {
    pub(crate) found: Vec<Found>,
    pub(crate) read: u64,
    pub(crate) not_screened: u64,
    pub(crate) junk: u64,
    pub(crate) not_a_key: u64,
    /// Dates of birth that nobody can read, where they were needed.
    pub(crate) births_unread: u64,
    pub(crate) shapes: Shapes,
}

impl Probed {
    pub(crate) fn add(&mut self, other: Self) {
        self.found.extend(other.found);
        self.read += other.read;
        self.not_screened += other.not_screened;
        self.junk += other.junk;
        self.not_a_key += other.not_a_key;
        self.births_unread += other.births_unread;
        self.shapes.add(&other.shapes);
    }

    /// One entry for each check, whose records may lie in several parts of the index.
    pub(crate) fn merge(&mut self) {
        self.found.sort_unstable_by_key(|found| found.place);
        self.found.dedup_by(|later, first| {
            if later.place != first.place {
                return false;
            }
            first.records.append(&mut later.records);
            first.records.sort_unstable();
            first.records.dedup();
            first.cut_off += later.cut_off;
            true
        });
    }
}

/// One thread's row group in the making.
struct Probing<'a> {
    segment: &'a Segment,
    records: &'a Count,
    fan_out: usize,
    /// Whether rows are counted: in the first of several passes.
    counts: bool,
    hashes: Vec<u64>,
    /// The row that each hash is of.
    rows: Vec<u32>,
    /// How many keys came without their rows.
    keys: u64,
    /// Hashes of keys without an issuer, or with another one, and of what is near, with their rows.
    others: Vec<(u64, u32, By)>,
    /// The hashes under which what is near a row is found.
    blocks: Vec<u64>,
    passed: Vec<u32>,
    met: Vec<Met>,
    /// Rows of which records were left out, and how many.
    cut: Vec<(u32, u64)>,
    /// How many of those have their text.
    told: usize,
    probed: Probed,
}

/// A row that met the hash of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Met {
    pub(crate) row: u32,
    pub(crate) record: u32,
    pub(crate) by: By,
    pub(crate) raw: String,
}

impl<'a> Probing<'a> {
    /// Of checks of so many rows.
    fn new(segment: &'a Segment, how: &Probe<'_, 'a>, counts: bool, rows: u64) -> Self {
        Self {
            segment,
            records: how.records,
            fan_out: how.fan_out,
            counts,
            hashes: Vec::new(),
            rows: Vec::new(),
            keys: 0,
            others: Vec::new(),
            blocks: Vec::new(),
            passed: Vec::new(),
            met: Vec::new(),
            cut: Vec::new(),
            told: 0,
            probed: Probed { shapes: Shapes::new(rows), ..Probed::default() },
        }
    }

    /// Begins with a row group.
    fn begin(&mut self) {
        self.met.clear();
        self.cut.clear();
        self.told = 0;
    }

    /// The checks of a row group that met something, read in full.
    fn in_full(&self, at: usize, file: &CheckFile, group: usize, held: &Held) -> Result<Vec<Found>> {
        if self.met.is_empty() {
            return Ok(Vec::new());
        }
        // They came sorted, stretch by stretch; the first of each row has its text.
        let mut rows: Vec<u32> = self.met.iter().map(|met| met.row).collect();
        rows.dedup();
        let rest = file.asked_rows(group, held, &rows)?;
        let groups = self.met.chunk_by(|one, two| one.row == two.row);
        let found = rest.into_iter().zip(groups).map(|(mut asked, met)| {
            if let Some(first) = met.first() {
                asked.key_raw.clone_from(&first.raw);
            }
            self.found((at, group), asked, met)
        });
        Ok(found.collect())
    }

    /// A check with what its row met.
    fn found(&self, (file, group): (usize, usize), asked: Asked, met: &[Met]) -> Found {
        let row = met.first().map_or(0, |met| met.row);
        // They are sorted, and what is near is found in several ways.
        let mut records: Vec<(u32, By)> = met.iter().map(|met| (met.record, met.by)).collect();
        records.dedup();
        let cut_off = self.cut.iter().filter(|(cut, _)| *cut == row).map(|(_, left_out)| left_out).sum();
        Found { place: (file, group, row), asked, records, cut_off }
    }

    /// The places of the hashes that the filter lets pass.
    fn passing(&self, mut passed: Vec<u32>) -> Vec<u32> {
        passed.clear();
        self.segment.pass(&self.hashes, &mut passed);
        passed
    }

    /// Asks memory for all that is looked up next, so that it is waited for once and not for each of them.
    fn announce(&self, passed: &[u32]) {
        let hashes = || passed.iter().filter_map(|at| self.hashes.get(*at as usize));
        hashes().for_each(|hash| self.segment.announce_bucket(*hash));
        hashes().for_each(|hash| self.segment.announce_entries(*hash));
    }

    /// Looks up the records of a hash.
    fn look_up(&mut self, hash: u64, row: u32, by: By) {
        let (mut records, mut left_out) = (0, 0);
        let (met, fan_out) = (&mut self.met, self.fan_out);
        self.segment.rows(hash, |record| {
            if records < fan_out {
                met.push(Met { row, record, by, raw: String::new() });
            } else {
                left_out += 1;
            }
            records += 1;
        });
        if left_out > 0 {
            self.cut.push((row, left_out));
        }
    }
}

impl Sink for Probing<'_> {
    #[inline]
    fn key(&mut self, hash: u64, number: u32, _kind: KindNumber, _issuer: Issuer) {
        self.segment.announce(hash);
        self.hashes.push(hash);
        self.rows.push(number);
        self.keys += 1;
    }

    fn in_full(&self) -> Option<u32> {
        // Records without an issuer are looked for by the number of every check.
        let step = if self.counts { self.probed.shapes.step() } else { 1 << 31 };
        self.records.nameless.is_empty().then_some(step)
    }

    fn row(&mut self, forms: &mut Forms, row: &Row) {
        if self.counts {
            self.probed.read += 1;
            self.probed.births_unread += u64::from(row.person.born == Born::Unreadable);
            self.probed.shapes.see(row);
        }
        match row.form {
            Form::Key(hash) => {
                self.segment.announce(hash);
                self.hashes.push(hash);
                self.rows.push(row.number);
                if !self.records.nameless.is_empty()
                    && self.records.nameless.contains(&row.kind)
                    && let Some(hash) = forms.nameless(row.kind, row.raw)
                {
                    self.others.push((hash, row.number, By::Number));
                }
                if forms.near() {
                    forms.blocks(row, true, &mut self.blocks);
                    self.others.extend(self.blocks.iter().map(|hash| (*hash, row.number, By::Near)));
                    if self.others.len() > OTHERS {
                        self.batch();
                    }
                }
            }
            Form::Nameless => {
                let of_kind = self.records.issuers.iter().filter(|(kind, _)| *kind == row.kind);
                let named = |issuer: &Issuer| (forms.named(row.kind, Some(*issuer)), row.number, By::Number);
                self.others.extend(of_kind.map(|(_, issuer)| named(issuer)));
                if self.records.nameless.contains(&row.kind) {
                    self.others.push((forms.named(row.kind, None), row.number, By::Number));
                }
                if self.others.len() > OTHERS {
                    self.batch();
                }
            }
            Form::NotScreened => self.probed.not_screened += u64::from(self.counts),
            Form::Junk => self.probed.junk += u64::from(self.counts),
            Form::NotAKey => self.probed.not_a_key += u64::from(self.counts),
        }
    }

    fn batch(&mut self) {
        self.probed.read += if self.counts { std::mem::take(&mut self.keys) } else { 0 };
        let passed = std::mem::take(&mut self.passed);
        let mut passed = self.passing(passed);
        self.announce(&passed);
        for at in passed.drain(..) {
            if let (Some(hash), Some(row)) = (self.hashes.get(at as usize), self.rows.get(at as usize)) {
                self.look_up(*hash, *row, By::Key);
            }
        }
        self.hashes.clear();
        self.rows.clear();
        if !self.others.is_empty() {
            let others = std::mem::take(&mut self.others);
            self.hashes.extend(others.iter().map(|(hash, ..)| *hash));
            passed = self.passing(passed);
            self.announce(&passed);
            for at in passed.drain(..) {
                if let Some((hash, row, by)) = others.get(at as usize) {
                    self.look_up(*hash, *row, *by);
                }
            }
            self.hashes.clear();
        }
        self.passed = passed;
    }

    fn wanted(&mut self, first: u32, rows: &mut Vec<u32>) {
        let new = self.met.get_mut(self.told..).unwrap_or_default();
        new.sort_unstable();
        rows.extend(new.iter().map(|met| met.row.wrapping_sub(first)));
        rows.dedup();
    }

    fn text(&mut self, raw: &[u8]) {
        let Some(row) = self.met.get(self.told).map(|met| met.row) else { return };
        // The first one of the row has it for all.
        if let Some(first) = self.met.get_mut(self.told) {
            first.raw = text_of(raw).into_owned();
        }
        while self.met.get(self.told).is_some_and(|met| met.row == row) {
            self.told += 1;
        }
    }
}

/// What checks are looked up in, and how.
pub(crate) struct Probe<'a, 'b> {
    pub(crate) records: &'b Count,
    pub(crate) fan_out: usize,
    pub(crate) new_forms: &'b (dyn Fn() -> Forms<'a> + Sync),
    pub(crate) settings: &'b Settings,
    pub(crate) told: &'b dyn Told,
}

/// Looks up all checks in parts of an index; their rows are counted in the first of several passes.
pub(crate) fn probe(files: &[CheckFile], segment: &Segment, counts: bool, how: &Probe) -> Result<Probed> {
    let Probe { new_forms, settings, told, .. } = *how;
    let tasks: Vec<(usize, &CheckFile, usize)> = files
        .iter()
        .enumerate()
        .flat_map(|(at, file)| (0..file.groups()).map(move |group| (at, file, group)))
        .collect();
    let total = files.iter().map(CheckFile::rows).sum();
    let next = AtomicUsize::new(0);
    let shares = threads::each(settings.threads, |_| {
        let mut reader = KeyReader::new(new_forms());
        let mut own = Probing::new(segment, how, counts, total);
        while let Some((at, file, group)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some((_, file, group)) = tasks.get(next.load(Ordering::Relaxed)) {
                file.announce(*group);
            }
            own.begin();
            let (rows, held) = file.read(*group, &mut reader, &mut own)?;
            let found = own.in_full(*at, file, *group, &held)?;
            own.probed.found.extend(found);
            told.advance(rows);
        }
        Ok(own.probed)
    })?;
    let mut probed = Probed { shapes: Shapes::new(total), ..Probed::default() };
    for share in shares {
        probed.add(share);
    }
    Ok(probed)
}

/// Looks up checks that were remembered in parts of an index. Their file has no number: `usize::MAX` stands for it.
pub(crate) fn probe_old(old: &[OldCheck], segment: &Segment, how: &Probe) -> Result<Vec<Found>> {
    let next = AtomicUsize::new(0);
    let found = threads::each(how.settings.threads, |_| {
        let mut forms = (how.new_forms)();
        let mut own = Probing::new(segment, how, false, 0);
        let mut found = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(checks) = old.chunks(OLD).nth(at) else { return Ok(found) };
            own.begin();
            for (number, OldCheck { asked, .. }) in (0_u32..).zip(checks) {
                let kind = forms.kind(Some(asked.key_kind.as_bytes()));
                let issuer = forms.issuer(asked.issuer.as_deref().map(str::as_bytes));
                let raw = Some(asked.key_raw.as_bytes());
                let form = forms.form(kind, issuer, raw);
                let issuer = forms.stated;
                let names = asked.names.as_deref().map(str::as_bytes);
                let person = Stated { names, born: asked.birth_date.map_or(Born::NotStated, Born::On) };
                own.row(&mut forms, &Row { number, kind, issuer, form, raw, person });
            }
            own.batch();
            own.met.sort_unstable();
            let asked = |row: u32| checks.get(row as usize).map(|check| check.asked.clone());
            found.extend(
                own.met
                    .chunk_by(|one, two| one.row == two.row)
                    .filter_map(|met| Some(own.found((usize::MAX, at), asked(met.first()?.row)?, met))),
            );
        }
    })?;
    Ok(found.into_iter().flatten().collect())
}
