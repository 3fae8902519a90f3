//! The forms of archives, member by member, within bounds.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write};

use flate2::read::MultiGzDecoder;
use quipu_schema::{ErrorKind, Fault, Result};

/// A form of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Zip,
    Tar,
    /// Of one document, or of a tar.
    Gzip,
}

/// An archive may unpack to so many times its size…
const RATIO: u64 = 200;
/// …and this many bytes more.
const FREE: u64 = 64 << 20;
/// What the form of an archive may take beside its members.
const SLACK: u64 = 1 << 20;
/// Bytes of the beginning of a member that are held, for whoever looks at what it is.
const HEAD: usize = 4_096;

/// What an archive may still unpack to.
pub(super) struct Budget {
    left: u64,
    most: u64,
}

impl Budget {
    /// For an archive of so many bytes, and at most so many unpacked.
    pub(super) fn new(size: u64, most: u64) -> Self {
        let most = most.min(size.saturating_mul(RATIO).saturating_add(FREE));
        Self { left: most, most }
    }

    /// Most bytes that the archive may unpack to.
    pub(super) const fn most(&self) -> u64 {
        self.most
    }

    /// Copies a member; gives its first bytes.
    pub(super) fn copy(&mut self, from: &mut dyn Read, to: &mut dyn Write, name: &str) -> Result<Vec<u8>> {
        let (mut head, mut block) = (Vec::new(), vec![0; 64 << 10]);
        loop {
            let read = match from.read(&mut block) {
                Ok(0) => return Ok(head),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(damaged(name, error)),
            };
            let left = self.left.checked_sub(read as u64);
            let Some(left) = left else {
                let message =
                    format!("the archive unpacks to more than {} MiB, which no document does", self.most >> 20);
                let help = "look at what it is; `max_mib` of `[source.archive]` sets the limit";
                return Err(Fault::new(ErrorKind::Source, message).at(name).help(help));
            };
            self.left = left;
            let bytes = block.get(..read).unwrap_or_default();
            let room = (HEAD - head.len().min(HEAD)).min(read);
            head.extend_from_slice(bytes.get(..room).unwrap_or_default());
            to.write_all(bytes).map_err(|error| {
                Fault::new(ErrorKind::Storage, "cannot write into the archive").at(name).because(error)
            })?;
        }
    }
}

fn damaged(name: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::new(ErrorKind::Shape, "the archive is damaged or cut short")
        .at(name)
        .because(error)
        .help("fetch it again; where it stays so, ask the publisher")
}

/// What is done with each member: its name and its bytes.
type Visit<'a> = dyn FnMut(&str, &mut dyn Read) -> Result<()> + 'a;

/// Visits the files of an archive in their order; `name` is that of the archive.
pub(super) fn each(form: Form, mut file: File, name: &str, most: u64, visit: &mut Visit) -> Result<()> {
    file.seek(SeekFrom::Start(0)).map_err(|error| damaged(name, error))?;
    match form {
        Form::Zip => zip(file, name, visit),
        Form::Tar => tar(BufReader::new(file), name, visit),
        Form::Gzip => {
            let is_tar = {
                let mut head = Vec::new();
                let opened = file.try_clone().map_err(|error| damaged(name, error))?;
                let read = MultiGzDecoder::new(BufReader::new(opened)).take(512).read_to_end(&mut head);
                read.map_err(|error| damaged(name, error))?;
                head.get(257..262) == Some(b"ustar")
            };
            file.seek(SeekFrom::Start(0)).map_err(|error| damaged(name, error))?;
            // Also what is read to get past a member, or by the form itself.
            let mut inner =
                Bounded { inner: MultiGzDecoder::new(BufReader::new(file)), left: most.saturating_add(SLACK) };
            if is_tar { tar(inner, name, visit) } else { visit(&inside(name), &mut inner) }
        }
    }
}

/// A stream that fails beyond so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.left =
            self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other("it unpacks to more than it may"))?;
        Ok(read)
    }
}

fn zip(file: File, name: &str, visit: &mut Visit) -> Result<()> {
    let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(name, error))?;
    for number in 0..zip.len() {
        let mut member = zip.by_index(number).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => {
                Fault::new(ErrorKind::Source, "the archive is encrypted")
                    .at(name)
                    .help("quipu asks for no password: unpack it yourself and name the files")
            }
            error => damaged(name, error),
        })?;
        if member.is_file() {
            let path = String::from_utf8_lossy(member.name_raw()).into_owned();
            visit(&path, &mut member)?;
        }
    }
    Ok(())
}

fn tar(bytes: impl Read, name: &str, visit: &mut Visit) -> Result<()> {
    let mut tar = tar::Archive::new(bytes);
    for entry in tar.entries().map_err(|error| damaged(name, error))? {
        let mut entry = entry.map_err(|error| damaged(name, error))?;
        // Links, devices and folders hold nothing.
        if entry.header().entry_type().is_file() {
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            visit(&path, &mut entry)?;
        }
    }
    Ok(())
}

/// What a compressed document is called inside: its name without the ending.
fn inside(name: &str) -> String {
    let path = name.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let bare = [".gz", ".gzip", ".GZ"].into_iter().find_map(|ending| last.strip_suffix(ending));
    bare.filter(|bare| !bare.is_empty()).unwrap_or("document").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_inside() {
        for (name, inner) in [
            ("https://h/a/data.csv.gz?x=1", "data.csv"),
            ("data.csv", "document"),
            (".gz", "document"),
            ("x/y.GZ", "y"),
        ] {
            assert_eq!(inside(name), inner, "{name}");
        }
    }
}
