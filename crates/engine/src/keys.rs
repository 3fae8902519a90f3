//! The key columns of a file, read row group by row group and turned into forms.

use parquet::errors::ParquetError;
use quipu_schema::{ErrorKind, Fault, Result};

use crate::file::{CellColumn, Meanings, TableFile, TextColumn, Texts};
use crate::form::{Form, Forms, Issuer, KindNumber, ShortTexts};
use crate::near::{Born, Stated};

/// Rows that are handed on together, at most: few enough that what was asked of memory for the first one is still near
/// when the last one has come.
pub(crate) const BATCH: usize = 1_024;

/// Where the kind of a row stands.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Column(usize),
    /// One kind for all rows.
    Given(KindNumber),
}

/// The key columns of one file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyColumns {
    kind: Kind,
    raw: usize,
    issuer: Option<usize>,
    /// Columns of the person, where they are needed.
    names: Option<usize>,
    birth_date: Option<usize>,
}

impl KeyColumns {
    /// Finds the columns; `given` is the kind of files that do not name it.
    pub(crate) fn find(file: &TableFile, forms: &Forms, given: Option<&str>) -> Result<Self> {
        let kind = match (file.find_text("key_kind")?, given) {
            (Some(column), _) => Kind::Column(column),
            (None, Some(name)) => Kind::Given(forms.kind(Some(name.as_bytes()))),
            (None, None) => {
                let help = "say what all of its keys are with --key-kind, or which column says it with --map \
                            key_kind=NAME";
                let message = "there is no column `key_kind`";
                return Err(Fault::new(ErrorKind::Shape, message).at(file.path().display()).help(help));
            }
        };
        let (names, birth_date) =
            if forms.near() { (file.find_text("names")?, file.find_day("birth_date")?) } else { (None, None) };
        Ok(Self { kind, raw: file.need_text("key_raw")?, issuer: file.find_text("issuer")?, names, birth_date })
    }

    /// The places of the columns.
    pub(crate) fn all(&self) -> Vec<usize> {
        let kind = match self.kind {
            Kind::Column(column) => Some(column),
            Kind::Given(_) => None,
        };
        kind.into_iter().chain([self.raw]).chain(self.issuer).chain(self.names).chain(self.birth_date).collect()
    }
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// Its number in the row group.
    pub(crate) number: u32,
    pub(crate) kind: KindNumber,
    pub(crate) issuer: Issuer,
    pub(crate) form: Form,
    pub(crate) raw: Option<&'a [u8]>,
    /// What it states of a person, where that is needed.
    pub(crate) person: Stated<'a>,
}

/// What is done with the rows.
pub(crate) trait Sink {
    /// Takes a row.
    fn row(&mut self, forms: &mut Forms, row: &Row);
    /// Takes the hash of a key, which is all that is wanted of nearly all rows.
    fn key(&mut self, hash: u64, number: u32, kind: KindNumber, issuer: Issuer);
    /// One row in so many (a power of two) is wanted in full, whatever its key; `None` where all rows are.
    fn in_full(&self) -> Option<u32>;
    /// Is told that some rows have come.
    fn batch(&mut self);
    /// The rows of the present stretch whose texts it wants to see again, ascending, from the first row of the stretch.
    fn wanted(&mut self, _first: u32, _rows: &mut Vec<u32>) {}
    /// Takes the text of the next row that it wanted.
    fn text(&mut self, _raw: &[u8]) {}
}

/// Rows of a stretch, and bytes of their pages: what is kept in memory to be seen again.
const STRETCH: u64 = 1 << 16;
const STRETCH_BYTES: usize = 4 << 20;

/// Reads keys; one for each thread.
pub(crate) struct KeyReader<'a> {
    pub(crate) forms: Forms<'a>,
    kinds: Meanings<KindNumber>,
    issuers: Meanings<Issuer>,
    kind: Vec<KindNumber>,
    issuer: Vec<Issuer>,
    people: People,
    short: ShortTexts,
}

/// What a batch of rows states of people.
#[derive(Default)]
struct People {
    names: Texts,
    born: Vec<Born>,
}

/// The columns of people in a row group.
struct PeopleColumns {
    names: Option<TextColumn>,
    born: Option<CellColumn>,
}

impl PeopleColumns {
    fn open(file: &TableFile, columns: &KeyColumns, group: usize) -> parquet::errors::Result<Self> {
        let names = columns.names.map(|column| file.texts(group, column)).transpose()?;
        let born = columns.birth_date.map(|column| file.cells(group, column)).transpose()?;
        Ok(Self { names, born })
    }

    fn read(&mut self, count: usize, out: &mut People) -> parquet::errors::Result<()> {
        out.names.clear();
        if let Some(names) = &mut self.names {
            names.visit(count, |text| out.names.push(text))?;
        }
        out.born.clear();
        if let Some(born) = &mut self.born {
            born.born(count, &mut out.born)?;
        }
        Ok(())
    }
}

impl People {
    fn get(&self, at: usize) -> Stated<'_> {
        Stated { names: self.names.get(at), born: self.born.get(at).copied().unwrap_or(Born::NotStated) }
    }
}

impl<'a> KeyReader<'a> {
    pub(crate) fn new(forms: Forms<'a>) -> Self {
        Self {
            forms,
            kinds: Meanings::new(),
            issuers: Meanings::new(),
            kind: Vec::new(),
            issuer: Vec::new(),
            people: People::default(),
            short: ShortTexts::default(),
        }
    }

    /// Reads the keys of a row group.
    ///
    /// # Errors
    /// `Corrupt` with file and row group where it cannot be decoded.
    pub(crate) fn read(
        &mut self,
        file: &TableFile,
        columns: &KeyColumns,
        group: usize,
        sink: &mut impl Sink,
    ) -> Result<()> {
        file.decode(group, || {
            let short = || ParquetError::EOF("a column with fewer rows than its row group".into());
            let mut kinds = match columns.kind {
                Kind::Column(column) => Some(file.texts(group, column)?),
                Kind::Given(_) => None,
            };
            let mut issuers = columns.issuer.map(|column| file.texts(group, column)).transpose()?;
            let mut raws = file.texts(group, columns.raw)?;
            let mut people = PeopleColumns::open(file, columns, group)?;
            self.kinds.begin();
            self.issuers.begin();
            let sampled = sink.in_full().filter(|_| !self.forms.near());
            let rows = file.rows(group);
            raws.mark();
            let (mut done, mut stretch, mut wanted) = (0_u64, 0_u64, Vec::new());
            while done < rows {
                let mut count = raws.available()?.min(BATCH).min(usize::try_from(rows - done).unwrap_or(BATCH));
                for column in kinds.iter_mut().chain(issuers.iter_mut()).chain(people.names.iter_mut()) {
                    count = count.min(column.available()?);
                }
                if count == 0 {
                    return Err(short());
                }
                self.kind.clear();
                self.issuer.clear();
                match (&mut kinds, columns.kind) {
                    (Some(column), _) => {
                        let forms = &self.forms;
                        column.meanings(count, &mut self.kinds, |text| forms.kind(text), &mut self.kind)?;
                    }
                    (None, Kind::Given(kind)) => self.kind.resize(count, kind),
                    (None, Kind::Column(_)) => return Err(short()),
                }
                match &mut issuers {
                    Some(column) => {
                        let forms = &self.forms;
                        column.meanings(count, &mut self.issuers, |text| forms.issuer(text), &mut self.issuer)?;
                    }
                    None => self.issuer.resize(count, Issuer::of(None)),
                }
                people.read(count, &mut self.people)?;
                let first = u32::try_from(done).unwrap_or(u32::MAX);
                match sampled {
                    Some(one_in) => self.feed_short(&mut raws, (first, count), one_in, sink)?,
                    None => self.feed(&mut raws, (first, count), sink)?,
                }
                sink.batch();
                done += count as u64;
                if done == rows || done - stretch >= STRETCH || raws.kept_bytes() >= STRETCH_BYTES {
                    wanted.clear();
                    sink.wanted(u32::try_from(stretch).unwrap_or(u32::MAX), &mut wanted);
                    if !wanted.is_empty() {
                        raws.again(&wanted, |raw| sink.text(raw.unwrap_or_default()))?;
                    }
                    raws.mark();
                    stretch = done;
                }
            }
            Ok(())
        })
    }

    /// Hands on all rows of a batch in full.
    fn feed(
        &mut self,
        raws: &mut TextColumn,
        (first, count): (u32, usize),
        sink: &mut impl Sink,
    ) -> std::result::Result<(), ParquetError> {
        let (forms, people) = (&mut self.forms, &self.people);
        let mut at = self.kind.iter().zip(&self.issuer).enumerate();
        let mut number = first;
        raws.visit(count, |raw| {
            if let Some((at, (kind, issuer))) = at.next() {
                let form = forms.form(*kind, *issuer, raw);
                let issuer = forms.stated;
                sink.row(forms, &Row { number, kind: *kind, issuer, form, raw, person: people.get(at) });
            }
            number = number.wrapping_add(1);
        })
    }

    /// Hands on the hashes of a batch, and only the rows that need it in full: in whatever order.
    fn feed_short(
        &mut self,
        raws: &mut TextColumn,
        (first, count): (u32, usize),
        one_in: u32,
        sink: &mut impl Sink,
    ) -> std::result::Result<(), ParquetError> {
        let (forms, short) = (&mut self.forms, &mut self.short);
        let (kinds, issuers) = (&self.kind, &self.issuer);
        let whole = |forms: &mut Forms, sink: &mut _, at: u16, raw: Option<&[u8]>| {
            let (Some(kind), Some(issuer)) = (kinds.get(usize::from(at)), issuers.get(usize::from(at))) else { return };
            let form = forms.form(*kind, *issuer, raw);
            let (number, issuer) = (first.wrapping_add(u32::from(at)), forms.stated);
            let person = Stated { names: None, born: Born::NotStated };
            Sink::row(sink, forms, &Row { number, kind: *kind, issuer, form, raw, person });
        };
        short.clear();
        let mut at = 0;
        raws.visit(count, |raw| {
            if !raw.is_some_and(|raw| short.load(at, raw)) {
                whole(forms, sink, at, raw);
            }
            at += 1;
        })?;
        short.fold();
        for (place, folded) in short.folded().enumerate() {
            let number = first.wrapping_add(u32::from(folded.of));
            let row = usize::from(folded.of);
            let (Some(kind), Some(issuer)) = (kinds.get(row), issuers.get(row)) else { continue };
            match forms.hashed(*kind, *issuer, &folded) {
                Some(hash) if number & (one_in - 1) != 0 => sink.key(hash, number, *kind, *issuer),
                _ => {
                    let (text, length) = short.text(place);
                    whole(forms, sink, folded.of, text.get(..length));
                }
            }
        }
        Ok(())
    }
}
