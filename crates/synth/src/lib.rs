//! Records and checks that nobody ever entered or asked, at any scale, with the truth of what meets: to size a machine
//! with, to measure with, and to hold a screening against.
//!
//! Every row is a function of the seed and its number (`chance`), so that nothing is remembered: a check that is to
//! meet a record makes that record's key again. Numbers come from a permutation (`permutation`), so that no two
//! records share a key and no check meets one by chance: what is written as the truth is all of it, but for numbers that are
//! near another one of the same person by chance.
//!
//! The mix is that of INTERPOL's published figures where there are any (`mix`).

mod chance;
mod check;
mod file;
mod mix;
mod number;
mod permutation;
mod person;
mod record;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use quipu_schema::{ErrorKind, Fault, Result};

pub use check::{Asked, Fate, Questions};
pub use permutation::NUMBERS;
pub use record::{Entry, Records, Standing};

/// What is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Entries of the databases.
    pub records: u64,
    /// Questions.
    pub checks: u64,
    /// What decides all of it.
    pub seed: u64,
    /// Travel documents alone, as in a benchmark of one kind of key.
    pub travel_documents_only: bool,
    /// The columns of the keys alone.
    pub keys_only: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The file of records.
    pub records: PathBuf,
    /// The file of checks.
    pub checks: PathBuf,
    /// The file of the truth: checks that are something else than "no hit".
    pub truth: PathBuf,
    /// How many checks have each fate.
    pub fates: Vec<(Fate, u64)>,
}

/// Makes the files `records.parquet`, `checks.parquet` and `truth.parquet` in a folder. `tell` hears how many rows are
/// written, of how many.
///
/// # Errors
/// `Usage` for more rows than there are numbers; `Storage` where a file cannot be written: none of the three is there
/// then under its name.
pub fn make(plan: &Plan, folder: &Path, tell: &mut dyn FnMut(u64, u64)) -> Result<Made> {
    if plan.records.saturating_add(plan.checks) > NUMBERS {
        let message = format!("records and checks are more than the {NUMBERS} numbers that there are");
        return Err(Fault::new(ErrorKind::Usage, message));
    }
    if plan.records == 0 {
        return Err(Fault::new(ErrorKind::Usage, "no records to make").help("say how many with --records"));
    }
    std::fs::create_dir_all(folder).map_err(|error| Fault::io(ErrorKind::Storage, "make", folder, error))?;
    let records = Records::new(plan);
    let questions = Questions::new(plan);
    let total = plan.records + plan.checks;
    let mut told = 0;
    let mut count = |rows: u64| {
        told += rows;
        tell(told, total);
    };
    let made = file::write(plan, &records, &questions, folder, &mut count)?;
    Ok(made)
}
