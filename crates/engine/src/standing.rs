//! How many records may match nobody, and why: counted over all of them, without reading a key.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use parquet::errors::{ParquetError, Result as Decoded};
use quipu_schema::Result;

use crate::file::{Meanings, TableFile, TextColumn};
use crate::form::{Issuer, text_of};
use crate::issuer::Countries;
use crate::rule::{self, Answer, Stated};
use crate::threads;

/// Rows that are looked at together, at most.
const BATCH: usize = 4_096;

/// Counts the records of files that may match nobody, by the rule's word.
///
/// # Errors
/// `Corrupt` with file and row group for one that cannot be decoded.
pub(crate) fn count(
    files: &[&TableFile],
    as_of: Option<i32>,
    countries: &Countries,
    threads: usize,
) -> Result<BTreeMap<&'static str, u64>> {
    let tasks: Vec<(&TableFile, usize)> =
        files.iter().flat_map(|file| (0..file.groups()).map(|group| (*file, group))).collect();
    let next = AtomicUsize::new(0);
    let shares = threads::each(threads, |_| {
        let mut own = BTreeMap::new();
        while let Some((file, group)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let places = [file.find_text("status")?, file.find_text("database")?, file.find_text("owner")?];
            let [status, database, owner] = places;
            let (issuer, expires) = (file.find_text("issuer")?, file.find_day("expires_on")?);
            file.decode(*group, || {
                let text = |column: Option<usize>| column.map(|column| file.texts(*group, column)).transpose();
                let mut columns = Columns {
                    status: Column::new(text(status)?),
                    database: Column::new(text(database)?),
                    owner: Column::new(text(owner)?),
                    issuer: Column::new(text(issuer)?),
                };
                let mut days = expires.map(|column| file.cells(*group, column)).transpose()?;
                let mut left = usize::try_from(file.rows(*group)).unwrap_or_default();
                let (mut stated, mut last) = (Vec::new(), Vec::new());
                while left > 0 {
                    let rows = columns.read(left, countries, &mut stated)?;
                    last.clear();
                    match &mut days {
                        Some(days) => days.days(rows, &mut last)?,
                        None => last.resize(rows, None),
                    }
                    for (stated, expires_on) in stated.iter().zip(&last) {
                        let stated = Stated { expires_on: *expires_on, ..*stated };
                        if let Some(answer) = rule::kept_back(&stated, as_of, owner.is_some()) {
                            let rule = match answer {
                                Answer::OnlyExpiredOrWithdrawn if stated.withdrawn => "withdrawn",
                                Answer::OnlyExpiredOrWithdrawn => "expired",
                                other => other.word(),
                            };
                            *own.entry(rule).or_insert(0) += 1;
                        }
                    }
                    left -= rows;
                }
                Ok(())
            })?;
        }
        Ok(own)
    })?;
    let mut out = BTreeMap::new();
    for (rule, records) in shares.into_iter().flatten() {
        *out.entry(rule).or_insert(0) += records;
    }
    Ok(out)
}

/// A column with what its texts mean; nothing where the file does not have it.
struct Column<T> {
    texts: Option<TextColumn>,
    meanings: Meanings<T>,
    values: Vec<T>,
}

impl<T: Copy> Column<T> {
    fn new(texts: Option<TextColumn>) -> Self {
        Self { texts, meanings: Meanings::new(), values: Vec::new() }
    }

    fn available(&mut self, most: usize) -> Decoded<usize> {
        match &mut self.texts {
            Some(texts) => Ok(texts.available()?.min(most)),
            None => Ok(most),
        }
    }

    fn read(&mut self, rows: usize, mut mean: impl FnMut(Option<&[u8]>) -> T) -> Decoded<()> {
        self.values.clear();
        match &mut self.texts {
            Some(texts) => texts.meanings(rows, &mut self.meanings, mean, &mut self.values),
            None => {
                self.values.resize(rows, mean(None));
                Ok(())
            }
        }
    }
}

struct Columns {
    status: Column<bool>,
    database: Column<bool>,
    owner: Column<Option<Issuer>>,
    issuer: Column<Option<Issuer>>,
}

impl Columns {
    /// Reads rows of all columns, at most so many, and gives how many they were.
    fn read(&mut self, most: usize, countries: &Countries, out: &mut Vec<Stated<Issuer>>) -> Decoded<usize> {
        let mut rows = self.status.available(most.min(BATCH))?;
        rows = self.database.available(rows)?;
        rows = self.owner.available(rows)?;
        rows = self.issuer.available(rows)?;
        if rows == 0 {
            return Err(ParquetError::EOF("a column with fewer rows than its row group".into()));
        }
        let country = |text: Option<&[u8]>| {
            let code = countries.code(text.map(text_of).as_deref());
            code.map(|code| Issuer::of(Some(&code)))
        };
        self.status.read(rows, |text| rule::is_withdrawn(text.map(text_of).as_deref()))?;
        self.database.read(rows, |text| text.is_some_and(|text| rule::is_issuer_only(&text_of(text))))?;
        self.owner.read(rows, country)?;
        self.issuer.read(rows, country)?;
        out.clear();
        let rest = self.database.values.iter().zip(&self.owner.values).zip(&self.issuer.values);
        out.extend(self.status.values.iter().zip(rest).map(|(withdrawn, ((issuer_only, owner), issuer))| Stated {
            withdrawn: *withdrawn,
            issuer_only: *issuer_only,
            issuer: *issuer,
            owner: *owner,
            expires_on: None,
        }));
        Ok(rows)
    }
}
