//! Logs that are only ever added to: each line names the digest of the line before it, so that a line that was changed,
//! moved or taken out is noticed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use quipu_schema::{Digest, ErrorKind, Fault, Result};
use serde_json::{Map, Value, json};

/// Longest line that is looked for at the end of a log, in bytes.
const LINE: u64 = 1 << 16;

/// Adds lines to a log, which only its owner can read; the file is on the disk when this returns.
///
/// # Errors
/// `Corrupt` where the last line of the log is none; `Storage` where it cannot be written.
pub(crate) fn append(path: &Path, lines: impl IntoIterator<Item = Map<String, Value>>) -> Result<()> {
    let failed = |error| Fault::io(ErrorKind::Storage, "write", path, error);
    let file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path);
    let mut file = file.map_err(failed)?;
    let last = last(path, &mut file)?;
    let (mut number, mut previous) = match &last {
        None => (0, None),
        Some(line) => (line.get("number").and_then(Value::as_u64).unwrap_or(0), Some(digest(line))),
    };
    let mut out = BufWriter::new(&mut file);
    for line in lines {
        number += 1;
        let mut whole = Map::new();
        whole.insert("number".to_owned(), json!(number));
        whole.insert("previous".to_owned(), json!(previous));
        whole.extend(line);
        let whole = Value::Object(whole);
        previous = Some(digest(&whole));
        out.write_all(format!("{whole}\n").as_bytes()).map_err(failed)?;
    }
    out.flush().map_err(failed)?;
    drop(out);
    file.sync_all().map_err(failed)
}

fn digest(line: &Value) -> String {
    Digest::of(line.to_string()).to_string()
}

/// The last line of a log.
fn last(path: &Path, file: &mut File) -> Result<Option<Value>> {
    let failed = |error| Fault::io(ErrorKind::Storage, "read", path, error);
    let size = file.metadata().map_err(failed)?.len();
    if size == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(size.saturating_sub(LINE))).map_err(failed)?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).map_err(failed)?;
    let line = end.strip_suffix(b"\n").and_then(|end| end.rsplit(|byte| *byte == b'\n').next());
    let line = line.and_then(|line| serde_json::from_slice(line).ok());
    line.map(Some).ok_or_else(|| changed(path, None, "its last line is cut short"))
}

fn changed(path: &Path, line: Option<u64>, what: &str) -> Fault {
    let place = line.map_or_else(|| path.display().to_string(), |line| format!("{}:{line}", path.display()));
    Fault::new(ErrorKind::Corrupt, format!("the log was changed: {what}"))
        .at(place)
        .help("bring it back from a copy; nothing is added to it until then")
}

/// Visits the lines of a log, front to back; there are none where there is no log.
///
/// # Errors
/// `Corrupt` with the line that does not follow the one before it.
pub(crate) fn visit(path: &Path, mut visit: impl FnMut(&Value) -> Result<()>) -> Result<u64> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(Fault::io(ErrorKind::Storage, "read", path, error)),
    };
    let (mut previous, mut count) = (None, 0);
    for text in BufReader::new(file).lines() {
        count += 1;
        let text = text.map_err(|error| changed(path, Some(count), "a line is no text").because(error))?;
        let line: Value = serde_json::from_str(&text)
            .map_err(|error| changed(path, Some(count), "a line is no JSON").because(error))?;
        if line.get("previous").and_then(Value::as_str) != previous.as_deref() {
            return Err(changed(path, Some(count), "a line does not follow the one before it"));
        }
        if line.get("number").and_then(Value::as_u64) != Some(count) {
            return Err(changed(path, Some(count), "a line has another number"));
        }
        previous = Some(digest(&line));
        visit(&line)?;
    }
    Ok(count)
}
