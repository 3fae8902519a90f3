//! Rows that something came of, in full: what rules, grades and hits need of checks and records.

use quipu_schema::Result;
use quipu_schema::marking::{Marking, Tlp};
use quipu_schema::{ErrorKind, Fault};

use crate::file::{Cell, CellColumn, TableFile, TextColumn};
use crate::form::{Forms, text_of};
use crate::near::Born;

/// A check that met something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) check_id: String,
    pub(crate) key_kind: String,
    pub(crate) key_raw: String,
    pub(crate) issuer: Option<String>,
    /// Column `asked_by`.
    pub(crate) by: Option<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) marking: Marking,
    /// Names and date of birth, where they are needed.
    pub(crate) names: Option<String>,
    pub(crate) birth_date: Option<i32>,
}

impl Asked {
    /// Bytes of its texts.
    pub(crate) fn texts(&self) -> usize {
        let stated = [&self.issuer, &self.by, &self.purpose, &self.names].into_iter().flatten();
        stated.chain([&self.check_id, &self.key_kind, &self.key_raw]).map(String::len).sum()
    }
}

/// A record that was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) record_id: String,
    pub(crate) database: String,
    pub(crate) key_kind: String,
    pub(crate) key_raw: String,
    pub(crate) issuer: Option<String>,
    /// `None` where the file has no such column.
    pub(crate) owner: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) expires_on: Option<i32>,
    pub(crate) deny: Option<String>,
    pub(crate) marking: Marking,
    /// Names and date of birth, where they are needed.
    pub(crate) names: Option<String>,
    pub(crate) birth_date: Option<i32>,
}

/// Without the key, which is known of a check that met something.
const ASKED: [&str; 8] = ["check_id", "key_kind", "issuer", "asked_by", "purpose", "marking", "names", "birth_date"];
const HELD: [&str; 12] = [
    "record_id",
    "database",
    "key_kind",
    "key_raw",
    "issuer",
    "owner",
    "status",
    "expires_on",
    "deny",
    "marking",
    "names",
    "birth_date",
];
const BIRTH_DATE: usize = 7;

/// Where the columns of a file are that rows are made of.
#[derive(Debug, Clone)]
pub(crate) struct RowColumns<const N: usize> {
    places: [Option<usize>; N],
    /// What all keys are of a file that does not say it.
    kind: String,
}

pub(crate) type AskedColumns = RowColumns<{ ASKED.len() }>;
pub(crate) type HeldColumns = RowColumns<{ HELD.len() }>;

impl<const N: usize> RowColumns<N> {
    fn find(file: &TableFile, names: [&str; N], needed: &[&str], kind: Option<&str>, forms: &Forms) -> Result<Self> {
        let mut places = [None; N];
        for (place, name) in places.iter_mut().zip(names) {
            *place = match name {
                "names" | "birth_date" if !forms.near() => None,
                "expires_on" | "birth_date" => file.find_day(name)?,
                _ if needed.contains(&name) => Some(file.need_text(name)?),
                _ => file.find_text(name)?,
            };
        }
        Ok(Self { places, kind: kind.unwrap_or_default().to_owned() })
    }

    /// The values of some rows of a row group, which are given in ascending order: column by column.
    fn read(&self, file: &TableFile, group: usize, rows: &[u32]) -> Result<[Vec<Option<Cell>>; N]> {
        file.decode(group, || {
            let mut out = [const { Vec::new() }; N];
            for (place, values) in self.places.iter().zip(&mut out) {
                let Some(column) = place else {
                    values.resize(rows.len(), None);
                    continue;
                };
                let mut cells = file.cells(group, *column)?;
                for row in rows {
                    values.push(cells.at(u64::from(*row))?);
                }
            }
            Ok(out)
        })
    }
}

impl AskedColumns {
    pub(crate) fn asked(file: &TableFile, kind: Option<&str>, forms: &Forms) -> Result<Self> {
        Self::find(file, ASKED, &["check_id"], kind, forms)
    }

    /// Checks of a row group by their ascending row numbers; their keys are left empty.
    pub(crate) fn asked_rows(&self, file: &TableFile, group: usize, rows: &[u32]) -> Result<Vec<Asked>> {
        let mut columns = self.read(file, group, rows)?.map(Vec::into_iter);
        let mut out = Vec::with_capacity(rows.len());
        for _ in rows {
            let [id, kind, issuer, asker, purpose, marking, names, born] =
                columns.each_mut().map(|column| column.next().flatten());
            out.push(Asked {
                check_id: text(id).unwrap_or_default(),
                key_kind: text(kind).unwrap_or_else(|| self.kind.clone()),
                key_raw: String::new(),
                issuer: text(issuer),
                by: text(asker),
                purpose: text(purpose),
                marking: marking_of(marking, file)?,
                names: text(names),
                birth_date: Born::of(born.as_ref()).day(),
            });
        }
        Ok(out)
    }
}

/// Rows that are read together, at most.
const BATCH: usize = 4_096;

/// All checks of a row group, key and all.
pub(crate) struct AskedReader<'a> {
    file: &'a TableFile,
    kind: &'a str,
    group: usize,
    texts: [Option<TextColumn>; ASKED.len()],
    raw: TextColumn,
    born: Option<CellColumn>,
    done: u32,
}

impl<'a> AskedReader<'a> {
    pub(crate) fn open(columns: &'a AskedColumns, file: &'a TableFile, group: usize) -> Result<Self> {
        let raw = file.need_text("key_raw")?;
        file.decode(group, || {
            let mut texts = [const { None }; ASKED.len()];
            for (place, texts) in columns.places.iter().zip(&mut texts).take(BIRTH_DATE) {
                *texts = place.map(|column| file.texts(group, column)).transpose()?;
            }
            let raw = file.texts(group, raw)?;
            let born = columns.places.get(BIRTH_DATE).copied().flatten();
            let born = born.map(|column| file.cells(group, column)).transpose()?;
            Ok(Self { file, kind: &columns.kind, group, texts, raw, born, done: 0 })
        })
    }

    /// The next rows, each with its number in the row group; `None` behind the last one.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<(u32, Asked)>>> {
        let left = self.file.rows(self.group).saturating_sub(u64::from(self.done));
        let mut rows = usize::try_from(left).unwrap_or(BATCH).min(BATCH);
        if rows == 0 {
            return Ok(None);
        }
        let (file, group) = (self.file, self.group);
        let mut raws = Vec::new();
        let mut columns = [const { Vec::new() }; ASKED.len()];
        let mut born = Vec::new();
        file.decode(group, || {
            for texts in self.texts.iter_mut().flatten().chain([&mut self.raw]) {
                rows = rows.min(texts.available()?);
            }
            if rows == 0 {
                return Err(parquet::errors::ParquetError::EOF("a column with fewer rows than its row group".into()));
            }
            self.raw.visit(rows, |text| raws.push(text.map(|text| text_of(text).into_owned())))?;
            for (texts, column) in self.texts.iter_mut().zip(&mut columns) {
                match texts {
                    Some(texts) => {
                        texts.visit(rows, |text| column.push(text.map(|text| text_of(text).into_owned())))?;
                    }
                    None => column.resize(rows, None),
                }
            }
            match &mut self.born {
                Some(column) => column.born(rows, &mut born)?,
                None => born.resize(rows, Born::NotStated),
            }
            Ok(())
        })?;
        let mut columns = columns.map(Vec::into_iter);
        let mut out = Vec::with_capacity(rows);
        for ((number, raw), born) in (self.done..).zip(raws).zip(born) {
            let [id, kind, issuer, by, purpose, marking, names, _] =
                columns.each_mut().map(|column| column.next().flatten());
            let asked = Asked {
                check_id: id.unwrap_or_default(),
                key_kind: kind.unwrap_or_else(|| self.kind.to_owned()),
                key_raw: raw.unwrap_or_default(),
                issuer,
                by,
                purpose,
                marking: marking_of(marking.map(Cell::Text), file)?,
                names,
                birth_date: born.day(),
            };
            out.push((number, asked));
        }
        self.done += u32::try_from(rows).unwrap_or(u32::MAX);
        Ok(Some(out))
    }
}

impl HeldColumns {
    pub(crate) fn held(file: &TableFile, kind: Option<&str>, forms: &Forms) -> Result<Self> {
        Self::find(file, HELD, &["record_id", "database", "key_raw"], kind, forms)
    }

    /// Whether the file says whose the records are.
    pub(crate) fn has_owner(&self) -> bool {
        self.places.get(5).is_some_and(Option::is_some)
    }

    /// Records of a row group by their ascending row numbers.
    pub(crate) fn held_rows(&self, file: &TableFile, group: usize, rows: &[u32]) -> Result<Vec<Held>> {
        let mut columns = self.read(file, group, rows)?.map(Vec::into_iter);
        let mut out = Vec::with_capacity(rows.len());
        for _ in rows {
            let [id, database, kind, raw, issuer, owner, status, expires, deny, marking, names, born] =
                columns.each_mut().map(|column| column.next().flatten());
            out.push(Held {
                record_id: text(id).unwrap_or_default(),
                database: text(database).unwrap_or_default(),
                key_kind: text(kind).unwrap_or_else(|| self.kind.clone()),
                key_raw: text(raw).unwrap_or_default(),
                issuer: text(issuer),
                owner: text(owner),
                status: text(status),
                expires_on: expires.map(|cell| last_day(&cell, file)).transpose()?,
                deny: text(deny),
                marking: marking_of(marking, file)?,
                names: text(names),
                birth_date: Born::of(born.as_ref()).day(),
            });
        }
        Ok(out)
    }
}

fn text(cell: Option<Cell>) -> Option<String> {
    cell.and_then(Cell::text)
}

fn last_day(cell: &Cell, file: &TableFile) -> Result<i32> {
    cell.day().ok_or_else(|| {
        Fault::new(ErrorKind::Contract, "a record's last day is no date, so nobody can say whether it may match")
            .at(format!("{}, column `expires_on`", file.path().display()))
    })
}

/// The marking of a row. Without one nobody knows who may see the row: then it is for named recipients only.
pub(crate) fn marking_of(cell: Option<Cell>, file: &TableFile) -> Result<Marking> {
    marking_in(text(cell), || format!("{}, column `marking`", file.path().display()))
}

/// As [`marking_of`], of a text that stands at a place.
pub(crate) fn marking_in(text: Option<String>, place: impl FnOnce() -> String) -> Result<Marking> {
    match text {
        None => Ok(Marking { distribution: Tlp::Red, ..Marking::default() }),
        // Not what stands there: where columns are shifted, it is a key.
        Some(text) => text.parse().map_err(|_: quipu_schema::marking::NotAMarking| {
            Fault::new(ErrorKind::Contract, "a row has no readable marking, so nobody may see it").at(place()).help(
                "a marking is a TLP 2.0 label with handling code and grading where there are some: `TLP:AMBER H2 B2`",
            )
        }),
    }
}
