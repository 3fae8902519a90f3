//! The store's lock: one writer at a time.
//!
//! The lock is a `flock` on the file `LOCK`, so the kernel releases it with the process, however
//! that ends. The text in the file only says who holds it and means nothing without the `flock`.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use quipu_schema::{ErrorKind, Fault, Result};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::ledger::now;

/// Holds the store until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock in the file at `path` for `command`.
    pub(crate) fn take(path: &Path, command: &str) -> Result<Self> {
        let failed = |doing: &str, error| Fault::io(ErrorKind::Storage, doing, path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|error| failed("open the lock file", error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(held(path, &mut file)),
            Err(errno) => {
                return Err(failed("lock the store", errno.into())
                    .help("the store has to lie on a file system that knows `flock`"));
            }
        }
        // One line per field, whatever the command holds.
        let command: String = command.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = format!("pid {}\nsince {}\ncommand {command}\n", std::process::id(), now());
        file.set_len(0)
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(|error| failed("write the lock file", error))?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // So that the next holder is never named by our text. Closing the file releases the lock.
        let _ = self.file.set_len(0);
    }
}

/// The failure that names who holds the lock.
fn held(path: &Path, file: &mut File) -> Fault {
    let mut text = String::new();
    // Unreadable text is as good as none: the holder may just be writing it.
    let _ = file.take(4096).read_to_string(&mut text);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let message = match (field("pid"), field("since"), field("command")) {
        (Some(pid), Some(since), Some(command)) => {
            format!("the store is in use by process {pid} (`{command}`) since {since}")
        }
        _ => "the store is in use by another process".to_owned(),
    };
    Fault::new(ErrorKind::Locked, message)
        .at(path.display())
        .help("try again when it is done; the lock ends with that process, so there is nothing to delete")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_learns_who_holds_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("LOCK");
        let first = Lock::take(&path, "run crime.toml\n--from transform").unwrap();
        // `flock` conflicts between two openings of a file, also within one process.
        let fault = Lock::take(&path, "other").unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Locked);
        let pid = std::process::id().to_string();
        assert!(fault.message().contains(&pid), "{fault}");
        assert!(fault.message().contains("`run crime.toml --from transform`"), "{fault}");
        assert!(fault.message().contains(" since 20"), "{fault}");
        assert!(fault.advice().is_some_and(|help| help.contains("ends with that process")));
        drop(first);
        Lock::take(&path, "other").unwrap();
    }

    #[test]
    fn text_of_a_killed_holder_is_no_obstacle_and_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("LOCK");
        std::fs::write(&path, "pid 1\nsince 2001-01-01T00:00:00Z\ncommand a much longer command than the next one\n")
            .unwrap();
        let lock = Lock::take(&path, "x").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.ends_with("command x\n") && !text.contains("2001"), "{text}");
        drop(lock);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn a_holder_without_text_is_still_a_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("LOCK");
        let _lock = Lock::take(&path, "x").unwrap();
        std::fs::write(&path, b"\xff\xfe garbage").unwrap();
        let fault = Lock::take(&path, "y").unwrap_err();
        assert_eq!((fault.kind(), fault.message()), (ErrorKind::Locked, "the store is in use by another process"));
    }

    #[test]
    fn a_folder_in_the_way_is_a_storage_fault() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Lock::take(folder.path(), "x").unwrap_err().kind(), ErrorKind::Storage);
    }
}
