//! Reads workbooks into grids with locators, against calamine reading them into its ranges, by turns.
//!
//! ```text
//! cargo run --release -p quipu-bench -- workbook [MB] [ROUNDS]
//! ```
//!
//! The XLSX is of about the given size (25 MB, where nothing is said); the other formats hold some of
//! its rows. Every read is a process of its own, which loads the file, then reads all its sheets: so
//! the peak of memory is that of one read. What each side does: calamine keeps a value for every cell
//! of a sheet's used range. quipu keeps the text of every cell, tells numbers, dates, errors and
//! merged cells apart, counts everything against its limits, and knows the place of each cell.

mod written;

use std::error::Error;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use calamine::{Data, Reader as _, Sheets};
use quipu_readers::workbook::Workbook;
use quipu_readers::{Form, Limits, Reader as _};
use quipu_schema::pipeline::Layout;

use crate::side::peak_mib;
use crate::{median, say};

type Failure = Box<dyn Error>;

/// The word by which the benchmark starts itself for one read.
pub(crate) const ONE: &str = "workbook-one";

/// What one read took.
#[derive(Debug, Clone, Copy)]
struct Took {
    seconds: f64,
    /// Seconds of the processor, in the process's own code.
    user: f64,
    /// Largest memory of the process, in MiB.
    peak: f64,
    /// Cells that are not empty.
    cells: u64,
}

/// Runs all formats.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), Failure> {
    let megabytes: u32 = arguments.next().map_or(Ok(25), |text| text.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    for (name, write, rows) in written::formats(megabytes) {
        let path = folder.path().join(name);
        fs::write(&path, write(rows)?)?;
        compare(name, &path, rounds)?;
    }
    Ok(())
}

/// Reads a workbook by turns, and says what it took.
fn compare(name: &str, path: &Path, rounds: usize) -> Result<(), Failure> {
    let (mut ours, mut theirs): (Vec<Took>, Vec<Took>) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        ours.push(start("quipu", path)?);
        match start("calamine", path) {
            Ok(took) => theirs.push(took),
            Err(why) => {
                let seconds = ours.first().map_or(0.0, |took| took.seconds);
                say(&format!("{name}: quipu {seconds:.2} s; {}", why.to_string().trim_end()));
                return Ok(());
            }
        }
    }
    let cells = ours.first().map_or(0, |took| took.cells);
    if ours.iter().chain(&theirs).any(|took| took.cells != cells) {
        return Err(format!("{name}: not the same cells were read: {ours:?}, {theirs:?}").into());
    }
    let size = fs::metadata(path)?.len() as f64 / 1e6;
    say(&format!("{name}: {size:.1} MB, {cells} cells, {rounds} rounds, alternating; medians"));
    let of = |all: &[Took], part: fn(&Took) -> f64| median(&mut all.iter().map(part).collect::<Vec<_>>());
    for (who, all) in [("calamine", &theirs), ("quipu", &ours)] {
        let (seconds, user, peak) = (of(all, |t| t.seconds), of(all, |t| t.user), of(all, |t| t.peak));
        say(&format!("  {who:>8}: {seconds:.2} s, {user:.2} s user, {peak:.0} MiB at most"));
    }
    let ratio = |part: fn(&Took) -> f64| of(&ours, part) / of(&theirs, part);
    say(&format!(
        "  quipu takes {:.2} times the time of calamine, {:.2} times its user time, {:.2} times its memory",
        ratio(|t| t.seconds),
        ratio(|t| t.user),
        ratio(|t| t.peak)
    ));
    Ok(())
}

/// One read in a process of its own.
fn start(who: &str, path: &Path) -> Result<Took, Failure> {
    let output = Command::new(std::env::current_exe()?).args([ONE, who]).arg(path).output()?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        return Err(format!("{who}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [seconds, user, peak, cells] = numbers.as_slice() else { return Err(text.into()) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of cells")]
    Ok(Took { seconds: *seconds, user: *user, peak: *peak, cells: *cells as u64 })
}

/// The process of one read: prints seconds, seconds of the processor, MiB and cells.
pub(crate) fn run_one(mut arguments: impl Iterator<Item = String>) -> Result<(), Failure> {
    let (Some(who), Some(path)) = (arguments.next(), arguments.next()) else { return Err("who reads what?".into()) };
    let bytes = fs::read(&path)?;
    let (before, start) = (user_seconds()?, Instant::now());
    if who == "quipu" {
        let grids = Workbook.read(&bytes, &Layout::default(), &Limits::default())?;
        let took = (start.elapsed().as_secs_f64(), user_seconds()? - before, peak_mib());
        let cells = grids.iter().flat_map(|grid| (0..grid.rows().len()).flat_map(|row| grid.cells(row)));
        finish(took, cells.filter(|cell| cell.form != Form::Covered && !cell.is_empty()).count());
    } else {
        // By its name: what calamine looks for in the bytes alone does not tell every format.
        let extension = Path::new(&path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let content = Cursor::new(&bytes);
        let mut book = match extension {
            "xls" => Sheets::Xls(calamine::Xls::new(content)?),
            "xlsb" => Sheets::Xlsb(calamine::Xlsb::new(content)?),
            "ods" => Sheets::Ods(calamine::Ods::new(content)?),
            _ => Sheets::Xlsx(calamine::Xlsx::new(content)?),
        };
        let sheets: Vec<String> = book.sheet_names();
        let ranges = sheets.iter().map(|name| book.worksheet_range(name)).collect::<Result<Vec<_>, _>>()?;
        let took = (start.elapsed().as_secs_f64(), user_seconds()? - before, peak_mib());
        let cells = ranges.iter().flat_map(calamine::Range::used_cells);
        finish(took, cells.filter(|(_, _, data)| !matches!(data, Data::Empty)).count());
    }
    Ok(())
}

fn finish((seconds, user, peak): (f64, f64, f64), cells: usize) {
    say(&format!("{seconds} {user} {peak} {cells}"));
}

/// Seconds of the processor that this process has used in its own code (Linux).
fn user_seconds() -> Result<f64, Failure> {
    let text = fs::read_to_string("/proc/self/stat")?;
    // Behind the name, which may hold anything, it is the twelfth; in hundredths.
    let ticks = text.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(11));
    Ok(ticks.ok_or("no times of the process")?.parse::<f64>()? / 100.0)
}
