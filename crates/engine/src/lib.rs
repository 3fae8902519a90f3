//! The key engine: checks at any scale against records at any scale, on one machine.
//!
//! Records become a persistent index of hashes (`index`). Checks are streamed through it; what its filter lets pass is
//! looked up, and what is found is read again from both files and compared in full. So a hash decides nothing: it only
//! says where to look. More than 99.97 % of checks meet nothing, and cost one look into the filter.
//!
//! Neither memory nor threads nor the parts of the index change a hit.

mod chance;
mod checks;
mod explain;
mod file;
mod form;
mod grade;
mod index;
mod issuer;
mod judge;
mod keys;
mod marking;
mod near;
mod probe;
mod record_file;
mod remembered;
mod row;
mod rule;
mod settings;
mod standing;
#[cfg(test)]
mod tests;
mod threads;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use quipu_schema::digest::Hasher;
use quipu_schema::{Digest, ErrorKind, Fault, Result};

pub use chance::Expected;
pub use explain::{Explained, Shown, Spot, explain};
pub use file::{ColumnNames, day_number};
pub use grade::Grade;
pub use issuer::Countries;
pub use judge::{Grades, Hit, Mark, Withheld};
pub use marking::markings;
pub use remembered::{Kept, Secret, kept, known, remember};
pub use rule::Answer;
pub use settings::{Settings, Silent, Told};

use checks::{CheckFile, Opened};
use file::{TableFile, names_of};
use form::Forms;
use index::{Index, Wanted};
use judge::{Court, Verdict};
use probe::{Probe, Probed, probe, probe_old};
use record_file::RecordFile;
use remembered::{Book, Counts, meeting, opened as opened_books};
use threads::Tasks;

/// Version of the key rules; every hit names it. Raise it with every change that can change a hit.
pub const RULE_VERSION: &str = "4";

/// What is to be screened.
#[derive(Debug, Clone)]
pub struct Request {
    /// Parquet files of records.
    pub records: Vec<PathBuf>,
    /// Files of checks: Parquet, delimited text with a header, or JSON with one object a line.
    pub checks: Vec<PathBuf>,
    /// Kinds of keys to screen.
    pub kinds: Vec<String>,
    /// The kind of all keys of files that do not say it.
    pub given_kind: Option<String>,
    /// Names of columns, where they are not those of the tables.
    pub names: ColumnNames,
    /// Grades to screen, by database.
    pub grades: Grades,
    /// The day on which expiry is judged, in days since 1970-01-01; without it that of the newest check.
    pub as_of: Option<i32>,
    /// The folder of the index.
    pub index: PathBuf,
    /// Most records that one key may meet; what is beyond is counted and not looked at.
    pub fan_out: usize,
    /// Whether to count the records that may match nobody. It reads five more columns of them.
    pub count_records: bool,
    /// The secret under which numbers that are secrets themselves, such as those of payment cards, are looked up and
    /// shown, and checks are remembered; without one they are neither.
    pub secret: Option<Secret>,
    /// Files that remember checks of earlier runs, which meet these records too.
    pub books: Vec<PathBuf>,
}

/// What came of it.
#[derive(Debug)]
pub struct Screened {
    /// Sorted by check and record.
    pub hits: Vec<Hit>,
    /// Matches that their owners do not let the asker see, sorted by record and check.
    pub withheld: Vec<Withheld>,
    /// Checks, read and remembered.
    pub checks: u64,
    /// Those of them that were remembered.
    pub remembered: u64,
    /// Checks by what became of them; their sum is all checks. Those without a usable key stand under
    /// `kind-not-screened`, `junk-key` and `not-a-key`, the others under the words of [`Answer`].
    pub answers: BTreeMap<&'static str, u64>,
    /// Records in the index, and those that take no part, by rule.
    pub records: u64,
    /// Records that take no part, by the same words.
    pub records_without_key: BTreeMap<&'static str, u64>,
    /// Records that may match nobody, by the rule's word, where they are counted.
    pub records_kept_back: BTreeMap<&'static str, u64>,
    /// Hits to expect by chance.
    pub expected: Expected,
    /// Pairs of ids that met more than once.
    pub repeated: u64,
    /// Pairs with the same number of which an issuer is missing.
    pub cannot_say: u64,
    /// Dates of birth that nobody can read, of checks that were read and of records: they agree with none.
    pub births_unread: (u64, u64),
    /// Keys that met more records than are looked at, and the records that were not.
    pub capped: (u64, u64),
    /// Why the index was made; `None` where the one that was there served.
    pub index_made: Option<String>,
    /// How often the checks were read, because memory does not hold the index at once.
    pub passes: usize,
    /// What tells each file of checks that was read from others, in the order in which they were named.
    pub check_footers: Vec<Digest>,
    /// What tells these records, and these checks, from others.
    pub snapshots: (Digest, Digest),
    /// The day on which expiry was judged, in days since 1970-01-01, where one was needed and known.
    pub as_of: Option<i32>,
}

/// Screens checks against records.
///
/// # Errors
/// `Source` for a file that is not there; `Shape` for a column that is missing or of the wrong type; `Corrupt` with file
/// and row group for one that cannot be decoded; `Contract` for a marking or date that cannot be read; `Storage` and
/// `Locked` for the index.
pub fn screen(request: &Request, countries: &Countries, settings: &Settings, told: &dyn Told) -> Result<Screened> {
    if let Some(given) = &request.given_kind
        && quipu_keys::find(given).is_none()
    {
        let all: Vec<&str> = quipu_keys::ALL.iter().map(|kind| kind.name()).collect();
        let message = format!("`{given}` is not a kind of key; there are {}", all.join(", "));
        return Err(Fault::new(ErrorKind::Usage, message));
    }
    let settings = &settings.fitted();
    let new_forms = || Forms::of(countries, request);
    let forms = new_forms();
    let given = request.given_kind.as_deref();
    let names = names_of("records", &request.names);
    let opened = |path: &PathBuf| RecordFile::open(path, &names, &forms, given);
    let records = request.records.iter().map(opened).collect::<Result<Vec<_>>>()?;
    let check_names = names_of("checks", &request.names);
    let opened = request.checks.iter().map(|path| Opened::open(path, &check_names)).collect::<Result<Vec<_>>>()?;
    let checks = opened.iter().map(|file| file.checks(&forms, given, &check_names)).collect::<Result<Vec<_>>>()?;

    let (books, seal) = opened_books(request)?;

    let wanted = Wanted { files: &records, rules: rules(request, &names, countries), new_forms: &new_forms };
    let index = Index::open(&request.index, &wanted, settings, told)?;
    let as_of = match request.as_of {
        Some(day) => Some(day),
        None if records.iter().any(|own| matches!(own.file.find("expires_on"), Ok(Some(_)))) => {
            let of_books = books.iter().filter_map(|book| book.footer.newest).max();
            newest(&checks, settings)?.max(of_books)
        }
        None => None,
    };
    let rules = judge::Rules { countries, grades: &request.grades, as_of, secret: request.secret.as_ref() };
    let mut court = Court::new(&records, &rules, request.fan_out, settings);
    let total = checks.iter().map(CheckFile::rows).sum();
    let how = Probe { records: &index.count, rows: total, new_forms: &new_forms, settings, told };
    if let Some(seal) = &seal {
        let segment = index.unfiltered()?;
        meeting(&books, seal, &records, &how, &mut |old| court.take(probe_old(&old, &segment, &how)?, &segment))?;
        court.judge(&segment)?;
    }
    let passes = index.passes(settings);
    told.begin("checks", total * passes.len() as u64);
    let mut probed = Probed::of(total);
    let groups = probe::groups(&checks);
    for (number, parts) in passes.iter().enumerate() {
        let segment = index.segment(parts.clone())?;
        let mut tasks = Tasks::new(groups.len(), settings.matches_held());
        loop {
            probed.add(probe(&groups, &tasks, &segment, number == 0, &how)?);
            court.take(std::mem::take(&mut probed.found), &segment)?;
            if !tasks.go_on() {
                break;
            }
        }
        court.judge(&segment)?;
    }
    told.end();
    let verdict = court.end();
    let remembered = books.iter().map(|book| book.footer.counts.read).sum();
    for Counts { read, not_screened, junk, not_a_key } in books.iter().map(|book| book.footer.counts) {
        probed.read += read;
        probed.not_screened += not_screened;
        probed.junk += junk;
        probed.not_a_key += not_a_key;
    }

    let records_kept_back = if request.count_records {
        let files: Vec<&TableFile> = records.iter().map(|own| &own.file).collect();
        standing::count(&files, as_of, countries, settings.threads)?
    } else {
        BTreeMap::new()
    };
    let snapshots = (index::snapshot(&records), snapshot_of(&opened, &books));
    records.iter().try_for_each(|own| own.file.check_unchanged())?;
    opened.iter().try_for_each(Opened::check_unchanged)?;
    let asked = std::iter::once(&probed.shapes).chain(books.iter().map(|book| &book.shapes));
    let mut expected: Expected = asked.map(|shapes| chance::expected(shapes, &index.shapes)).sum();
    if !request.grades.near() {
        expected.near = 0.0;
    }
    let index_made = index.made.clone();
    let count = index.count.clone();
    index.keep()?;
    Ok(Screened {
        answers: account(&probed, &verdict),
        hits: verdict.hits,
        withheld: verdict.withheld,
        checks: probed.read,
        remembered,
        records: count.read,
        records_without_key: BTreeMap::from([
            ("kind-not-screened", count.not_screened),
            ("junk-key", count.junk),
            ("not-a-key", count.not_a_key),
        ]),
        records_kept_back,
        expected,
        repeated: verdict.repeated,
        cannot_say: verdict.cannot_say,
        births_unread: (probed.births_unread, count.births_unread),
        capped: verdict.capped,
        index_made,
        passes: passes.len(),
        check_footers: opened.iter().map(|file| file.identity().footer).collect(),
        snapshots,
        as_of,
    })
}

/// Everything but the records that decides what is in an index.
fn rules(request: &Request, names: &ColumnNames, countries: &Countries) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part("version", RULE_VERSION).part("countries", countries.digest().as_bytes());
    request.kinds.iter().for_each(|kind| {
        hasher.part("kind", kind);
    });
    if let Some(secret) = &request.secret {
        hasher.part("secret", secret.fingerprint());
    }
    if request.grades.near() {
        hasher.part("near", [1]);
    }
    hasher.part("given", request.given_kind.as_deref().unwrap_or_default());
    for column in ["key_kind", "key_raw", "issuer", "names", "birth_date"] {
        hasher.part(column, names.get(column).map_or(column, String::as_str));
    }
    hasher.finish()
}

/// What tells these checks from others, in whatever order and by whichever run they were read.
fn snapshot_of(checks: &[Opened], books: &[Book]) -> Digest {
    let read = checks.iter().map(|check| (check.identity().footer, check.identity().size));
    let of_books = books.iter().flat_map(|book| &book.footer.files).map(|source| (source.footer, source.size));
    let mut all: Vec<(Digest, u64)> = read.chain(of_books).collect();
    all.sort_unstable();
    let mut hasher = Hasher::default();
    for (footer, size) in all {
        hasher.part("footer", footer.as_bytes()).part("size", size.to_le_bytes());
    }
    hasher.finish()
}

/// The day of the newest check, where the files say when checks were asked.
fn newest(checks: &[CheckFile], settings: &Settings) -> Result<Option<i32>> {
    let days = checks.iter().map(|check| check.newest(settings)).collect::<Result<Vec<_>>>()?;
    Ok(days.into_iter().flatten().max())
}

/// What tells a file of checks from others: the digest of its Parquet footer, or that of all of a text.
///
/// # Errors
/// `Source` where it cannot be read; `Corrupt` or `Shape` where it is none.
pub fn footer(path: &Path) -> Result<Digest> {
    Ok(Opened::open(path, &ColumnNames::new())?.identity().footer)
}

/// read = the sum of what became of the checks.
fn account(probed: &Probed, verdict: &Verdict) -> BTreeMap<&'static str, u64> {
    let of = |answer: &Answer| (answer.word(), verdict.answers.get(answer).copied().unwrap_or(0));
    let mut out: BTreeMap<&'static str, u64> = Answer::ALL.iter().map(of).collect();
    out.insert("kind-not-screened", probed.not_screened);
    out.insert("junk-key", probed.junk);
    out.insert("not-a-key", probed.not_a_key);
    let other: u64 = out.values().sum::<u64>();
    *out.entry(Answer::NoHit.word()).or_default() += probed.read.saturating_sub(other);
    out
}
