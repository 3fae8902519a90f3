//! The checks, streamed through the index: what is found is a check and those of its hashes that are in the index.

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
use crate::threads::{self, Tasks};

/// Hashes that are held beside those of keys, about: few enough that what was asked of memory for the first one is still
/// near when the last one has come.
const OTHERS: usize = 1 << 12;
/// Remembered checks that are looked up together.
const OLD: usize = 1_024;

/// Where a check stands: file, row group and row. Files of books are numbered from `usize::MAX` downwards, and what stands
/// for their row groups is the file in the book and its row group.
pub(crate) type Place = (usize, usize, u32);

/// A check of which a hash is in the index.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) asked: Asked,
    /// The hashes, and what they are of. Their records are looked up where they are judged, because they can be many.
    pub(crate) hashes: Vec<(u64, By)>,
}

impl Found {
    /// Bytes that it takes in memory.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.hashes.len() * size_of::<(u64, By)>() + self.asked.texts()
    }
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
    /// Of checks of so many rows.
    pub(crate) fn of(rows: u64) -> Self {
        Self { shapes: Shapes::new(rows), ..Self::default() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.found.extend(other.found);
        self.read += other.read;
        self.not_screened += other.not_screened;
        self.junk += other.junk;
        self.not_a_key += other.not_a_key;
        self.births_unread += other.births_unread;
        self.shapes.add(&other.shapes);
    }
}

/// One thread's row group in the making.
struct Probing<'a> {
    segment: &'a Segment,
    records: &'a Count,
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
    /// How many of those are in order and have their text.
    told: usize,
    /// The keys of the rows that met something, in their order.
    raws: Vec<String>,
    probed: Probed,
}

/// A row of which a hash is in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Met {
    row: u32,
    hash: u64,
    by: By,
}

impl<'a> Probing<'a> {
    fn new(segment: &'a Segment, how: &Probe<'_, 'a>, counts: bool) -> Self {
        Self {
            segment,
            records: how.records,
            counts,
            hashes: Vec::new(),
            rows: Vec::new(),
            keys: 0,
            others: Vec::new(),
            blocks: Vec::new(),
            passed: Vec::new(),
            met: Vec::new(),
            told: 0,
            raws: Vec::new(),
            probed: Probed::of(how.rows),
        }
    }

    /// Begins with a row group.
    fn begin(&mut self) {
        self.met.clear();
        self.told = 0;
        self.raws.clear();
    }

    /// The checks of a row group that met something, read in full.
    fn read_in_full(&mut self, at: usize, file: &CheckFile, group: usize, held: &Held) -> Result<Vec<Found>> {
        if self.met.is_empty() {
            return Ok(Vec::new());
        }
        // They came sorted, stretch by stretch.
        let mut rows: Vec<u32> = self.met.iter().map(|met| met.row).collect();
        rows.dedup();
        let rest = file.asked_rows(group, held, &rows)?;
        let groups = self.met.chunk_by(|one, two| one.row == two.row);
        let found = rest.into_iter().zip(self.raws.drain(..)).zip(groups).map(|((asked, key_raw), met)| {
            let row = met.first().map_or(0, |met| met.row);
            Found { place: (at, group, row), asked: Asked { key_raw, ..asked }, hashes: hashes(met) }
        });
        Ok(found.collect())
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

    /// Keeps a hash that is in the index.
    fn look_up(&mut self, hash: u64, row: u32, by: By) {
        if self.segment.rows(hash).next().is_some() {
            self.met.push(Met { row, hash, by });
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
                    for hash in &self.blocks {
                        self.segment.announce(*hash);
                    }
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
        self.raws.push(text_of(raw).into_owned());
        self.told = self.met.len();
    }
}

/// What checks are looked up in, and how.
pub(crate) struct Probe<'a, 'b> {
    pub(crate) records: &'b Count,
    /// Rows of all files of checks.
    pub(crate) rows: u64,
    pub(crate) new_forms: &'b (dyn Fn() -> Forms<'a> + Sync),
    pub(crate) settings: &'b Settings,
    pub(crate) told: &'b dyn Told,
}

/// The hashes that a row met, in order.
fn hashes(met: &[Met]) -> Vec<(u64, By)> {
    met.iter().map(|met| (met.hash, met.by)).collect()
}

/// All row groups of the files of checks, each with the number of its file.
pub(crate) fn groups<'f, 'c>(files: &'f [CheckFile<'c>]) -> Vec<(usize, &'f CheckFile<'c>, usize)> {
    let of = |(at, file): (usize, &'f CheckFile<'c>)| (0..file.groups()).map(move |group| (at, file, group));
    files.iter().enumerate().flat_map(of).collect()
}

/// Looks up checks in parts of an index: as many row groups as there is room for what is found. Their rows are counted in
/// the first of several passes.
pub(crate) fn probe(
    groups: &[(usize, &CheckFile, usize)],
    tasks: &Tasks,
    segment: &Segment,
    counts: bool,
    how: &Probe,
) -> Result<Probed> {
    let shares = threads::each(how.settings.threads, |_| {
        let mut reader = KeyReader::new((how.new_forms)());
        let mut own = Probing::new(segment, how, counts);
        while let Some((at, file, group)) = tasks.take().and_then(|task| groups.get(task)) {
            if let Some((_, file, group)) = groups.get(tasks.following()) {
                file.announce(*group);
            }
            own.begin();
            let (rows, held) = file.read(*group, &mut reader, &mut own)?;
            let found = own.read_in_full(*at, file, *group, &held)?;
            tasks.hold(found.iter().map(Found::size).sum());
            own.probed.found.extend(found);
            how.told.advance(rows);
        }
        Ok(own.probed)
    })?;
    let mut probed = Probed::of(how.rows);
    for share in shares {
        probed.add(share);
    }
    Ok(probed)
}

/// Looks up checks that were remembered, each with the number of its book.
pub(crate) fn probe_old(old: &[(usize, OldCheck)], segment: &Segment, how: &Probe) -> Result<Vec<Found>> {
    let chunks: Vec<_> = old.chunks(OLD).collect();
    let next = AtomicUsize::new(0);
    let found = threads::each(how.settings.threads, |_| {
        let mut forms = (how.new_forms)();
        let mut own = Probing::new(segment, how, false);
        let mut found = Vec::new();
        while let Some(checks) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
            own.begin();
            for (number, (_, OldCheck { asked, .. })) in (0_u32..).zip(*checks) {
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
            found.extend(own.met.chunk_by(|one, two| one.row == two.row).filter_map(|met| {
                let (book, check) = checks.get(met.first()?.row as usize)?;
                let (file, group, row) = check.place;
                let place = (usize::MAX - book, (file as usize) << 32 | group as usize, row);
                Some(Found { place, asked: check.asked.clone(), hashes: hashes(met) })
            }));
        }
        Ok(found)
    })?;
    Ok(found.into_iter().flatten().collect())
}
