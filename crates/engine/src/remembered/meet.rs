//! Which remembered checks have the number of some record: both sides sorted by digest, and merged.
//!
//! The index plays no part here, and no old check is read that no record has the number of. What is opened is looked up
//! in the index after that, like any other check.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use quipu_schema::Result;

use super::book::{Book, Entries};
use super::old_check::OldCheck;
use super::seal::Seal;
use super::write::part_of;
use crate::form::{Forms, Issuer, KindNumber};
use crate::keys::{KeyReader, Row, Sink};
use crate::near;
use crate::probe::Probe;
use crate::record_file::RecordFile;
use crate::threads::{self, Tasks};

/// The numbers of records are sorted in so many shares.
const SHARES: u32 = 256;

/// A number of a record, or one under which a check near it may stand: its digest first.
type Number = (u64, u64);

/// Hands on the checks in books that have the number of a record, or may be near it, each with the number of its book: as
/// many at a time as there is room for, and some of them more than once, because what is near is found in several ways.
pub(crate) fn meeting(
    books: &[Book],
    seal: &Seal,
    records: &[RecordFile],
    how: &Probe,
    take: &mut dyn FnMut(Vec<(usize, OldCheck)>) -> Result<()>,
) -> Result<()> {
    if books.iter().all(|book| book.footer.counts.read == 0) {
        return Ok(());
    }
    let rows = RecordFile::rows_of(records);
    let held = usize::try_from(how.settings.index_held()).unwrap_or(usize::MAX) / size_of::<Number>();
    let each_row = if (how.new_forms)().near() { near::HASHES } else { 1 };
    let passes =
        u32::try_from(usize::try_from(rows * each_row).unwrap_or(usize::MAX).div_ceil(held.max(1))).unwrap_or(SHARES);
    let each = SHARES / passes.clamp(1, SHARES).next_power_of_two();
    how.told.begin("records for remembered checks", rows * u64::from(SHARES / each));
    let parts =
        books.iter().enumerate().flat_map(|(at, book)| (0..book.footer.parts.len()).map(move |part| (at, part)));
    let parts: Vec<(usize, usize)> = parts.collect();
    for first in (0..SHARES).step_by(each as usize) {
        let numbers = Numbers::gather(first..first + each, seal, records, how)?;
        let mut tasks = Tasks::new(parts.len(), how.settings.matches_held());
        loop {
            let mut met = numbers.met((books, &parts), &tasks, seal, how)?;
            met.sort_unstable_by(|(one, a), (two, b)| (one, a.place).cmp(&(two, b.place)));
            met.dedup_by(|(one, a), (two, b)| (one, a.place) == (two, b.place));
            take(met)?;
            if !tasks.go_on() {
                break;
            }
        }
    }
    how.told.end();
    Ok(())
}

/// The checks in a book that have one number.
pub(crate) fn of_number(book: &Book, number: u64, seal: &Seal) -> Result<Vec<OldCheck>> {
    let digest = seal.digest(number);
    let part = part_of(digest, book.footer.bits);
    Opening { book, part, entries: book.part(part, seal)? }.all(std::iter::once((digest, number)), seal)
}

/// The numbers of the records whose digests lie in some shares, sorted.
struct Numbers {
    first: u32,
    shares: Vec<Vec<Number>>,
}

struct Gathering<'a> {
    seal: &'a Seal,
    first: u32,
    shares: Vec<Vec<Number>>,
    blocks: Vec<u64>,
}

impl Gathering<'_> {
    fn take(&mut self, number: u64) {
        let digest = self.seal.digest(number);
        let share = share_of(digest).checked_sub(self.first).and_then(|share| self.shares.get_mut(share as usize));
        if let Some(share) = share {
            share.push((digest, number));
        }
    }
}

fn share_of(digest: u64) -> u32 {
    u32::try_from(part_of(digest, SHARES.trailing_zeros())).unwrap_or(0)
}

impl Sink for Gathering<'_> {
    fn row(&mut self, forms: &mut Forms, row: &Row) {
        let Some(number) = forms.number(row.kind, row.raw) else { return };
        self.take(number);
        let mut blocks = std::mem::take(&mut self.blocks);
        forms.blocks(row, false, &mut blocks);
        for block in &blocks {
            self.take(*block);
        }
        self.blocks = blocks;
    }

    /// What is wanted is the number without its issuer.
    fn key(&mut self, _: u64, _: u32, _: KindNumber, _: Issuer) {}

    fn in_full(&self) -> Option<u32> {
        None
    }

    fn batch(&mut self) {}
}

impl Numbers {
    fn gather(shares: std::ops::Range<u32>, seal: &Seal, records: &[RecordFile], how: &Probe) -> Result<Self> {
        let tasks: Vec<_> = RecordFile::groups(records).collect();
        let next = AtomicUsize::new(0);
        let gathered = threads::each(how.settings.threads, |_| {
            let mut reader = KeyReader::new((how.new_forms)());
            let mut own =
                Gathering { seal, first: shares.start, shares: vec![Vec::new(); shares.len()], blocks: Vec::new() };
            while let Some((RecordFile { file, keys, .. }, group, _)) = tasks.get(next.fetch_add(1, Ordering::Relaxed))
            {
                reader.read(file, keys, *group, &mut own)?;
                how.told.advance(file.rows(*group));
            }
            Ok(own.shares)
        })?;
        let mut merged: Vec<Mutex<Vec<Number>>> = shares.clone().map(|_| Mutex::default()).collect();
        for mut own in gathered {
            for (share, all) in own.iter_mut().zip(&mut merged) {
                all.get_mut().unwrap_or_else(PoisonError::into_inner).append(share);
            }
        }
        let next = AtomicUsize::new(0);
        threads::each(how.settings.threads, |_| {
            while let Some(share) = merged.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut share = share.lock().unwrap_or_else(PoisonError::into_inner);
                share.sort_unstable();
                share.dedup();
            }
            Ok(())
        })?;
        let sorted = merged.into_iter().map(|share| share.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(Self { first: shares.start, shares: sorted.collect() })
    }

    /// Opens the checks of parts of books that have one of these numbers: of as many parts as there is room for.
    fn met(
        &self,
        (books, parts): (&[Book], &[(usize, usize)]),
        tasks: &Tasks,
        seal: &Seal,
        how: &Probe,
    ) -> Result<Vec<(usize, OldCheck)>> {
        let met = threads::each(how.settings.threads, |_| {
            let mut own = Vec::new();
            while let Some((at, part)) = tasks.take().and_then(|task| parts.get(task)) {
                let Some(book) = books.get(*at) else { continue };
                let numbers = self.of_part(*part, book.footer.bits);
                if numbers.clone().next().is_some() {
                    let opened = Opening { book, part: *part, entries: book.part(*part, seal)? }.all(numbers, seal)?;
                    tasks.hold(opened.iter().map(|check| size_of::<OldCheck>() + check.asked.texts()).sum());
                    own.extend(opened.into_iter().map(|check| (*at, check)));
                }
            }
            Ok(own)
        })?;
        Ok(met.into_iter().flatten().collect())
    }

    /// The numbers that may stand in a part, which is told by so many bits.
    fn of_part(&self, part: usize, bits: u32) -> impl Iterator<Item = Number> + Clone {
        let share_bits = SHARES.trailing_zeros();
        // The shares that a part lies in: part of one, or several whole ones.
        let (from, to) = if bits >= share_bits {
            (part >> (bits - share_bits), (part >> (bits - share_bits)) + 1)
        } else {
            (part << (share_bits - bits), (part + 1) << (share_bits - bits))
        };
        let first = self.first as usize;
        let shares = self.shares.get(from.saturating_sub(first)..to.saturating_sub(first).min(self.shares.len()));
        let shares = shares.unwrap_or_default().iter();
        shares.flat_map(move |share| {
            let from = share.partition_point(|(digest, _)| part_of(*digest, bits) < part);
            let mut to = from;
            if let Some(rest) = share.get(from..) {
                to += rest.partition_point(|(digest, _)| part_of(*digest, bits) == part);
            }
            share.get(from..to).unwrap_or_default().iter().copied()
        })
    }
}

/// A part whose checks are opened.
struct Opening<'a> {
    book: &'a Book,
    part: usize,
    entries: Entries,
}

impl Opening<'_> {
    fn all(&self, numbers: impl Iterator<Item = Number>, seal: &Seal) -> Result<Vec<OldCheck>> {
        let digests = &self.entries.digests;
        let mut out = Vec::new();
        let mut at = 0;
        let mut numbers = numbers.peekable();
        while let Some((digest, number)) = numbers.next() {
            at = reach(digests, at, digest);
            let same = digests.get(at..).unwrap_or_default().iter().take_while(|known| **known == digest).count();
            if same == 0 {
                continue;
            }
            // Two numbers with one digest: a check is of one of them.
            let mut keys = vec![seal.key(number)];
            while let Some((_, other)) = numbers.next_if(|(other, _)| *other == digest) {
                keys.push(seal.key(other));
            }
            for entry in at..at + same {
                let sealed = self.book.sealed(&self.entries, entry)?;
                match keys.iter().find_map(|key| key.open(&sealed)) {
                    Some(content) => {
                        let check = OldCheck::read(&content);
                        out.push(check.ok_or_else(|| self.book.damaged(self.part))?);
                    }
                    // By chance, another number has this digest: among thousands of millions on both sides, one or two.
                    // The check is of that number then, or it was changed, which has to be told.
                    None => self.book.check_sealed(&self.entries, seal)?,
                }
            }
            at += same;
        }
        Ok(out)
    }
}

/// The first place from `at` on that is not below `digest`: in steps that double, so that few numbers pass quickly over
/// many checks.
fn reach(digests: &[u64], at: usize, digest: u64) -> usize {
    let (mut from, mut step) = (at, 1);
    while digests.get(from + step).is_some_and(|known| *known < digest) {
        from += step;
        step *= 2;
    }
    let window = digests.get(from..digests.len().min(from + step + 1)).unwrap_or_default();
    from + window.partition_point(|known| *known < digest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Secret;
    use crate::tests::a_book;

    /// Two numbers with one digest cannot be had, but one number can be looked for under the digest of another.
    #[test]
    fn a_check_of_another_number_with_the_same_digest_is_not_met() {
        let folder = tempfile::tempdir().expect("folder");
        let (request, path) = a_book(folder.path());
        let seal = Seal::new(&Secret::of(b"a secret of tests"));
        let open = || Book::open(&path, &seal, &request.kinds, true).expect("book");
        let book = open();
        let first = |book: &Book| {
            let entries = book.part(0, &seal).expect("part");
            let digest = entries.digests[0];
            Opening { book, part: 0, entries }.all(std::iter::once((digest, 1)), &seal)
        };
        assert_eq!(first(&book).expect("as it was written"), []);
        let mut bytes = std::fs::read(&path).expect("book");
        let sealed = usize::try_from(book.part(0, &seal).expect("part").first).expect("place");
        bytes[sealed + 3] ^= 1;
        std::fs::write(&path, bytes).expect("written");
        assert_eq!(first(&open()).expect_err("changed").kind(), quipu_schema::ErrorKind::Corrupt);
    }

    proptest! {
        #[test]
        fn reaching_is_searching(mut digests in proptest::collection::vec(0_u64..60, 0..40), at in 0_usize..45, digest in 0_u64..70) {
            digests.sort_unstable();
            let at = at.min(digests.partition_point(|known| *known < digest));
            prop_assert_eq!(reach(&digests, at, digest), digests.partition_point(|known| *known < digest));
        }
    }
}
