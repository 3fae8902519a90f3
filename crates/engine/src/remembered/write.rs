//! Checks are remembered: read in full, sealed one by one, sorted by their digests, and written part by part.
//!
//! What is put aside while they are sorted is sealed already, in a file without a name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use quipu_schema::{Digest, ErrorKind, Fault, Result};

use super::book::{Counts, FORMAT, Footer, Part, Source};
use super::old_check::OldCheck;
use super::seal::Seal;
use crate::chance::Shapes;
use crate::checks::{CheckFile, Opened};
use crate::file::names_of;
use crate::form::{self, Form, Forms};
use crate::issuer::Countries;
use crate::keys::Row;
use crate::near::{self, Born, Stated};
use crate::settings::{Settings, Told};
use crate::{Request, threads};

/// Bytes of a part, about, and of a check in it.
const PART: u64 = 32 << 20;
const CHECK: u64 = 80;
const MOST_BITS: u32 = 12;
/// Bytes of a part that a thread holds before they are put aside.
const PIECE: usize = 16 << 10;

/// Remembers all checks of a request in a file; gives the digest of its footer, which tells it from all others.
///
/// * `screened`: what told each file from others when it was screened ([`crate::Screened::check_footers`]);
/// * `kept_until`: the last day on which they may meet records, in days since 1970-01-01;
/// * `target`: an empty file, which only its owner may read.
///
/// # Errors
/// Those of the files of checks; `Usage` without a secret; `Upstream` where one is not the file that was screened; `Storage` where `target` cannot be
/// written.
pub fn remember(
    request: &Request,
    countries: &Countries,
    screened: &[Digest],
    kept_until: i32,
    (path, target): (&Path, &File),
    settings: &Settings,
    told: &dyn Told,
) -> Result<Digest> {
    let settings = &settings.fitted();
    let no_secret = || Fault::new(ErrorKind::Usage, "checks are remembered under a secret, and there is none");
    let seal = Seal::new(request.secret.as_ref().ok_or_else(no_secret)?);
    let names = names_of("checks", &request.names);
    let opened = request.checks.iter().map(|path| Opened::open(path, &names)).collect::<Result<Vec<_>>>()?;
    if let Some(other) = opened.iter().zip(screened).find(|(file, screened)| file.identity().footer != **screened) {
        let message = "the file was replaced after it was screened; nothing was published";
        return Err(Fault::new(ErrorKind::Upstream, message).at(other.0.identity().path.display()).help("run again"));
    }
    let (forms, given) = (Forms::of(countries, request), request.given_kind.as_deref());
    let files = opened.iter().map(|file| file.checks(&forms, given, &names)).collect::<Result<Vec<_>>>()?;
    let rows: u64 = files.iter().map(CheckFile::rows).sum();
    let each = if forms.near() { CHECK * near::HASHES } else { CHECK };
    let parts = (rows * each).div_ceil(PART).max(1).next_power_of_two();
    let bits = parts.trailing_zeros().min(MOST_BITS);
    told.begin("checks to remember", rows);
    let failed = |error| Fault::io(ErrorKind::Storage, "put sealed checks aside beside", path, error);
    let aside = tempfile::tempfile_in(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let aside = Aside { file: aside, end: AtomicU64::new(0), failed: &failed };
    let tasks: Vec<(u32, u32)> = (0_u32..)
        .zip(&files)
        .flat_map(|(at, file)| (0_u32..).take(file.groups()).map(move |group| (at, group)))
        .collect();
    let next = AtomicUsize::new(0);
    let shares = threads::each(settings.threads, |_| {
        let mut own = Gathering {
            seal: &seal,
            bits,
            aside: &aside,
            parts: (0..1_usize << bits).map(|_| Gathered::default()).collect(),
            content: Vec::new(),
            sealed: Vec::new(),
            blocks: Vec::new(),
            counts: Counts::default(),
            shapes: Shapes::new(rows),
            groups: BTreeMap::new(),
        };
        let mut forms = Forms::of(countries, request);
        while let Some((at, group)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
            let Some(file) = files.get(at as usize) else { continue };
            let read = file.each(group as usize, |row, asked| {
                own.take(&OldCheck { place: (at, group, row), asked }, &mut forms)
            })?;
            own.groups.insert((at, group), read);
            told.advance(read);
        }
        own.put_aside(0)?;
        Ok((own.parts, own.counts, own.shapes, own.groups))
    })?;
    told.end();
    let (mut gathered, mut counts, mut shapes) = (Vec::new(), Counts::default(), Shapes::new(rows));
    let mut groups = BTreeMap::new();
    for (parts, own, seen, read) in shares {
        groups.extend(read);
        gathered.push(parts);
        shapes.add(&seen);
        counts.read += own.read;
        counts.not_screened += own.not_screened;
        counts.junk += own.junk;
        counts.not_a_key += own.not_a_key;
    }
    let (parts, end) = written(&gathered, &aside, &seal, (path, target), settings)?;
    let mut newest = None;
    let mut sources = Vec::new();
    for (at, (file, opened)) in (0_u32..).zip(files.iter().zip(&opened)) {
        // A day that cannot be read was told where it was needed.
        newest = newest.max(file.newest(settings).unwrap_or(None));
        let mut before = 0;
        let groups = groups.range((at, 0)..=(at, u32::MAX)).map(|(_, rows)| {
            before += rows;
            before - rows
        });
        let groups = groups.collect();
        let identity = opened.identity();
        let (path, size, footer) = (identity.path.clone(), identity.size, identity.footer);
        let content = if opened.is_text() { footer } else { content(&path)? };
        sources.push(Source { path, size, footer, content, groups });
        opened.check_unchanged()?;
    }
    let footer = Footer {
        format: FORMAT,
        form: form::VERSION,
        rule_version: crate::RULE_VERSION.to_owned(),
        kinds: request.kinds.clone(),
        near: forms.near(),
        kept_until,
        newest,
        counts,
        step: shapes.step(),
        shapes: shapes.listed(),
        people: shapes.people(),
        files: sources,
        bits,
        parts,
    };
    let bytes = footer.to_bytes(&seal)?;
    let written = target.write_all_at(&bytes, end).and_then(|()| target.sync_all());
    written.map_err(|error| Fault::io(ErrorKind::Storage, "write", path, error))?;
    Ok(Digest::of(&bytes))
}

/// BLAKE3 of all bytes of a file.
pub(crate) fn content(path: &Path) -> Result<Digest> {
    let failed = |error| Fault::io(ErrorKind::Source, "read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut bytes) = (blake3::Hasher::new(), vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut bytes).map_err(failed)?;
        if count == 0 {
            return Ok(Digest::from(*hasher.finalize().as_bytes()));
        }
        hasher.update(bytes.get(..count).unwrap_or_default());
    }
}

/// What is sealed and waits to be sorted.
struct Aside<'a> {
    file: File,
    end: AtomicU64,
    failed: &'a (dyn Fn(std::io::Error) -> Fault + Sync),
}

/// The checks of a part that one thread has sealed: digest, length and sealed content of each.
#[derive(Default)]
struct Gathered {
    open: Vec<u8>,
    /// Places and lengths of what was put aside.
    aside: Vec<(u64, usize)>,
    entries: u64,
    sealed: u64,
}

struct Gathering<'a> {
    seal: &'a Seal,
    bits: u32,
    aside: &'a Aside<'a>,
    parts: Vec<Gathered>,
    content: Vec<u8>,
    sealed: Vec<u8>,
    blocks: Vec<u64>,
    counts: Counts,
    shapes: Shapes,
    /// Rows of each group of each file.
    groups: BTreeMap<(u32, u32), u64>,
}

impl Gathering<'_> {
    fn take(&mut self, check: &OldCheck, forms: &mut Forms) -> Result<()> {
        let asked = &check.asked;
        let kind = forms.kind(Some(asked.key_kind.as_bytes()));
        let issuer = forms.issuer(asked.issuer.as_deref().map(str::as_bytes));
        let raw = Some(asked.key_raw.as_bytes());
        let form = forms.form(kind, issuer, raw);
        self.counts.read += 1;
        let (_, _, number) = check.place;
        let names = asked.names.as_deref().map(str::as_bytes);
        let person = Stated { names, born: asked.birth_date.map_or(Born::NotStated, Born::On) };
        let row = Row { number, kind, issuer: forms.stated, form, raw, person };
        self.shapes.see(&row);
        match form {
            Form::Key(_) | Form::Nameless => {}
            Form::NotScreened => self.counts.not_screened += 1,
            Form::Junk => self.counts.junk += 1,
            Form::NotAKey => self.counts.not_a_key += 1,
        }
        let Some(number) = forms.number(kind, raw) else { return Ok(()) };
        self.content.clear();
        check.write(&mut self.content);
        self.keep(number)?;
        let mut blocks = std::mem::take(&mut self.blocks);
        forms.blocks(&row, false, &mut blocks);
        blocks.iter().try_for_each(|block| self.keep(*block))?;
        self.blocks = blocks;
        Ok(())
    }

    /// Seals the check that was written down, so that whoever has a number finds and opens it.
    fn keep(&mut self, number: u64) -> Result<()> {
        self.sealed.clear();
        self.seal.key(number).seal(&self.content, &mut self.sealed);
        let digest = self.seal.digest(number);
        let length = u32::try_from(self.sealed.len())
            .map_err(|_| Fault::new(ErrorKind::Contract, "a check of more than 4 GiB cannot be remembered"))?;
        let at = part_of(digest, self.bits);
        if let Some(part) = self.parts.get_mut(at) {
            part.open.extend_from_slice(&digest.to_le_bytes());
            part.open.extend_from_slice(&length.to_le_bytes());
            part.open.extend_from_slice(&self.sealed);
            part.entries += 1;
            part.sealed += u64::from(length);
            if part.open.len() >= PIECE {
                part.put_aside(self.aside)?;
            }
        }
        Ok(())
    }

    /// Puts everything aside that is held.
    fn put_aside(&mut self, most: usize) -> Result<()> {
        let mut parts = self.parts.iter_mut().filter(|part| part.open.len() > most);
        parts.try_for_each(|part| part.put_aside(self.aside))
    }
}

impl Gathered {
    fn put_aside(&mut self, aside: &Aside) -> Result<()> {
        let at = aside.end.fetch_add(self.open.len() as u64, Ordering::Relaxed);
        aside.file.write_all_at(&self.open, at).map_err(aside.failed)?;
        self.aside.push((at, self.open.len()));
        self.open.clear();
        Ok(())
    }
}

/// The part that a digest lies in.
pub(crate) fn part_of(digest: u64, bits: u32) -> usize {
    digest.checked_shr(64 - bits).map_or(0, |part| usize::try_from(part).unwrap_or(0))
}

/// Sorts and writes all parts; gives where they lie, and where the last one ends.
fn written(
    gathered: &[Vec<Gathered>],
    aside: &Aside,
    seal: &Seal,
    (path, target): (&Path, &File),
    settings: &Settings,
) -> Result<(Vec<Part>, u64)> {
    let of = |number: usize| gathered.iter().filter_map(move |parts| parts.get(number));
    let mut parts = Vec::new();
    let mut at = 0;
    for number in 0..gathered.first().map_or(0, Vec::len) {
        let entries = of(number).map(|part| part.entries).sum();
        let sealed = of(number).map(|part| part.sealed).sum();
        let none = Digest::from([0; 32]);
        parts.push(Part { at, entries, sealed, vouched: none, vouched_sealed: none });
        at += entries * 16 + sealed;
    }
    let next = AtomicUsize::new(0);
    let vouched = threads::each(settings.threads, |_| {
        let mut own = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(number) else { return Ok(own) };
            let mut bytes = Vec::new();
            for (at, length) in of(number).flat_map(|part| &part.aside) {
                let from = bytes.len();
                bytes.resize(from + length, 0);
                let piece = bytes.get_mut(from..).unwrap_or_default();
                aside.file.read_exact_at(piece, *at).map_err(aside.failed)?;
            }
            let mut entries = listed(&bytes);
            entries.sort_unstable();
            let digests: Vec<u8> = entries.iter().flat_map(|(digest, _)| digest.to_le_bytes()).collect();
            let mut sealed = Vec::with_capacity(bytes.len());
            let mut ends = Vec::with_capacity(digests.len());
            for (_, content) in &entries {
                sealed.extend_from_slice(content);
                ends.extend_from_slice(&(sealed.len() as u64).to_le_bytes());
            }
            let mut at = part.at;
            for bytes in [&digests, &ends, &sealed] {
                let written = target.write_all_at(bytes, at);
                written.map_err(|error| Fault::io(ErrorKind::Storage, "write", path, error))?;
                at += bytes.len() as u64;
            }
            let vouched = (Digest::from(seal.vouch(&[&digests, &ends])), Digest::from(seal.vouch(&[&sealed])));
            own.push((number, vouched));
        }
    })?;
    for (number, vouched) in vouched.into_iter().flatten() {
        if let Some(part) = parts.get_mut(number) {
            (part.vouched, part.vouched_sealed) = vouched;
        }
    }
    Ok((parts, at))
}

/// Digest and sealed content of each check that was put aside.
fn listed(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut out = Vec::new();
    while let Some((digest, rest)) = bytes.split_first_chunk::<8>()
        && let Some((length, rest)) = rest.split_first_chunk::<4>()
        && let Some((content, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)
    {
        out.push((u64::from_le_bytes(*digest), content));
        bytes = rest;
    }
    out
}
