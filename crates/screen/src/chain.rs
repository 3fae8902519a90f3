//! Logs that are only ever added to: each line names the digest of the line before it, so that a line that was changed,
//! moved or taken out is noticed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use quipu_schema::{Digest, ErrorKind, Fault, Result};
use serde::Serialize;
use serde_json::Value;

/// Bytes that are looked at together for the end of a line.
const PIECE: u64 = 1 << 12;

/// Adds lines to a log, which only its owner can read; the file is on the disk when this returns. One process at a time
/// may do so. A line is whatever is serialised as a JSON object.
///
/// # Errors
/// `Corrupt` where the last line of the log is no JSON; `Storage` where it cannot be written.
pub(crate) fn append(path: &Path, lines: impl IntoIterator<Item = impl Serialize>) -> Result<()> {
    let failed = |error| Fault::io(ErrorKind::Storage, "write", path, error);
    let file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path);
    let mut file = file.map_err(failed)?;
    let size = whole_lines(path, &mut file)?;
    let (mut number, mut previous) = last(path, &mut file, size)?;
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(&mut file);
        let (mut object, mut line) = (Vec::new(), Vec::new());
        for fields in lines {
            number += 1;
            object.clear();
            serde_json::to_writer(&mut object, &fields)?;
            let fields = object.strip_prefix(b"{").ok_or_else(|| std::io::Error::other("a line that is no object"))?;
            line.clear();
            let named = previous.map_or_else(|| "null".to_owned(), |digest| format!("\"{digest}\""));
            write!(line, "{{\"number\":{number},\"previous\":{named}")?;
            if fields != b"}" {
                line.push(b',');
            }
            line.extend_from_slice(fields);
            previous = Some(Digest::of(&line));
            line.push(b'\n');
            out.write_all(&line)?;
        }
        out.flush()?;
        drop(out);
        file.sync_all()
    };
    let written = write();
    if written.is_err() {
        // What was begun is taken back; where even that fails, the next one does it.
        let _ = file.set_len(size);
    }
    written.map_err(failed)
}

/// Cuts off a last line without an end, which a killed process left: nobody was ever told that it was written. Gives the
/// size of what is left.
fn whole_lines(path: &Path, file: &mut File) -> Result<u64> {
    let failed = |error| Fault::io(ErrorKind::Storage, "read", path, error);
    let size = file.metadata().map_err(failed)?.len();
    let kept = behind_line(file, size).map_err(failed)?;
    if kept < size {
        file.set_len(kept).map_err(failed)?;
    }
    Ok(kept)
}

/// The place behind the last end of a line before `end`; 0 where there is none.
fn behind_line(file: &mut File, end: u64) -> std::io::Result<u64> {
    let mut to = end;
    let mut bytes = Vec::new();
    while to > 0 {
        let from = to.saturating_sub(PIECE);
        bytes.resize(usize::try_from(to - from).unwrap_or(0), 0);
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut bytes)?;
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + at as u64 + 1);
        }
        to = from;
    }
    Ok(0)
}

/// Number and digest of the last line of a log that ends at `size`; 0 where there is none.
fn last(path: &Path, file: &mut File, size: u64) -> Result<(u64, Option<Digest>)> {
    let failed = |error| Fault::io(ErrorKind::Storage, "read", path, error);
    let Some(end) = size.checked_sub(1) else { return Ok((0, None)) };
    let start = behind_line(file, end).map_err(failed)?;
    let mut line = vec![0; usize::try_from(end - start).unwrap_or(0)];
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    file.read_exact(&mut line).map_err(failed)?;
    let told: Value = serde_json::from_slice(&line)
        .map_err(|error| changed(path, None, "its last line is no JSON").because(error))?;
    let number = told.get("number").and_then(Value::as_u64).filter(|number| *number < u64::MAX);
    let number = number.ok_or_else(|| changed(path, None, "its last line has no number"))?;
    Ok((number, Some(Digest::of(&line))))
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
    let (mut previous, mut count) = (None::<Digest>, 0);
    let (mut reader, mut text) = (BufReader::new(file), Vec::new());
    loop {
        text.clear();
        let failed = |error| Fault::io(ErrorKind::Storage, "read", path, error);
        reader.read_until(b'\n', &mut text).map_err(failed)?;
        // The end, or a line that a killed process did not end: nobody was ever told that it was written.
        let Some(text) = text.strip_suffix(b"\n") else { return Ok(count) };
        count += 1;
        let line: Value = serde_json::from_slice(text)
            .map_err(|error| changed(path, Some(count), "a line is no JSON").because(error))?;
        let named = previous.map(|digest| digest.to_string());
        if line.get("previous").and_then(Value::as_str) != named.as_deref() {
            return Err(changed(path, Some(count), "a line does not follow the one before it"));
        }
        if line.get("number").and_then(Value::as_u64) != Some(count) {
            return Err(changed(path, Some(count), "a line has another number"));
        }
        previous = Some(Digest::of(text));
        visit(&line)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Line {
        text: String,
    }

    fn line(text: &str) -> Line {
        Line { text: text.to_owned() }
    }

    #[test]
    fn lines_follow_each_other_and_what_is_cut_short_goes() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("log");
        append(&path, [line("one"), line(&"long ".repeat(10_000))]).expect("written");
        append(&path, [line("three")]).expect("written");
        let texts = || {
            let mut texts = Vec::new();
            let count = visit(&path, |line| {
                texts.push(
                    line.get("text").and_then(Value::as_str).unwrap_or_default().chars().take(5).collect::<String>(),
                );
                Ok(())
            });
            (count.expect("whole"), texts.join(","))
        };
        assert_eq!(texts(), (3, "one,long ,three".to_owned()));
        // A process that was killed in the middle of a line.
        let whole = std::fs::read(&path).expect("read");
        std::fs::write(&path, [&whole[..], b"{\"number\":4,\"prev"].concat()).expect("written");
        assert_eq!(texts(), (3, "one,long ,three".to_owned()), "also before it is cut off");
        append(&path, [line("four")]).expect("written");
        assert_eq!(texts(), (4, "one,long ,three,four".to_owned()));
        // A first line that was cut short.
        std::fs::write(&path, "{\"num").expect("written");
        append(&path, [line("one")]).expect("written");
        assert_eq!(texts(), (1, "one".to_owned()));
        std::fs::write(&path, "no line\n").expect("written");
        assert_eq!(append(&path, [line("two")]).expect_err("no JSON").kind(), ErrorKind::Corrupt);
    }
}
