//! One error type for all crates: what happened, where, and what to do about it.
//!
//! The [`ErrorKind`] alone decides the process's exit code and whether a retry can help, so that
//! the meaning of a failure is settled in one place.

use std::error::Error;
use std::fmt;

/// The result of anything that can fail in quipu.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

/// Exit codes of the `quipu` binary. They are part of its interface.
pub mod exit {
    /// Done, or nothing new to do.
    pub const DONE: u8 = 0;
    /// A bug in quipu.
    pub const BUG: u8 = 1;
    /// Wrong usage or a wrong pipeline file.
    pub const USAGE: u8 = 2;
    /// Finished, but some sources failed; the rest is published.
    pub const PARTIAL: u8 = 3;
    /// Blocked by a contract or a failed verification; nothing was published.
    pub const BLOCKED: u8 = 4;
    /// A source changed its shape; a person is needed.
    pub const SHAPE: u8 = 5;
    /// Try again later: upstream, storage, lock or signal.
    pub const LATER: u8 = 75;
    /// Opt-in (`--unchanged-exit-code`): nothing changed.
    pub const UNCHANGED: u8 = 99;
}

/// What kind of failure it was. Each kind maps to one exit code and one answer to "retry?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Our own mistake: an invariant did not hold.
    Bug,
    /// The command line was wrong.
    Usage,
    /// The pipeline file or a reference list was wrong.
    Pipeline,
    /// A source is not there or cannot be read (missing file, directory, empty file, HTTP 404).
    Source,
    /// The source refuses us (HTTP 401, 403, 451); not worked around.
    Refused,
    /// The source could not be reached or answered badly; later it may.
    Upstream,
    /// The source no longer has the shape that its mapping expects.
    Shape,
    /// A contract blocks publishing.
    Contract,
    /// Bytes do not have the SHA-256 they were stored under.
    Corrupt,
    /// The disk or object store failed (full, read-only, no permission).
    Storage,
    /// Another process holds the store.
    Locked,
    /// Stopped by a signal.
    Interrupted,
}

impl ErrorKind {
    /// Every kind, for documentation and tests.
    pub const ALL: [Self; 12] = [
        Self::Bug,
        Self::Usage,
        Self::Pipeline,
        Self::Source,
        Self::Refused,
        Self::Upstream,
        Self::Shape,
        Self::Contract,
        Self::Corrupt,
        Self::Storage,
        Self::Locked,
        Self::Interrupted,
    ];

    /// The exit code of a run that ends with this kind of failure.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Bug => exit::BUG,
            Self::Usage | Self::Pipeline => exit::USAGE,
            Self::Source | Self::Refused => exit::PARTIAL,
            Self::Contract | Self::Corrupt => exit::BLOCKED,
            Self::Shape => exit::SHAPE,
            Self::Upstream | Self::Storage | Self::Locked | Self::Interrupted => exit::LATER,
        }
    }

    /// Whether the same action may succeed when it is simply tried again.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Upstream | Self::Storage | Self::Locked | Self::Interrupted)
    }

    /// The stable word for logs and NDJSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bug => "bug",
            Self::Usage => "usage",
            Self::Pipeline => "pipeline",
            Self::Source => "source",
            Self::Refused => "refused",
            Self::Upstream => "upstream",
            Self::Shape => "shape",
            Self::Contract => "contract",
            Self::Corrupt => "corrupt",
            Self::Storage => "storage",
            Self::Locked => "locked",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A failure: kind, what happened, where, what to do, and the error underneath.
#[derive(Debug)]
pub struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    place: Option<String>,
    help: Option<String>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A failure of this kind; `message` says what happened, in one sentence without full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), place: None, help: None, cause: None }))
    }

    /// Adds where it happened: `file:line:column`, a URL without secrets, `table.column`.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.0.place = Some(place.to_string());
        self
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The kind, which decides exit code and retry.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, without place and help.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it happened.
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// A bug: an invariant of ours that did not hold.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message).help("this is a bug in quipu; please report it with the pipeline file")
    }

    /// A failed file operation on `path`. A full disk says so; a missing file is the caller's
    /// business (`kind` is what a missing file means there).
    pub fn io(kind: ErrorKind, doing: &str, path: impl AsRef<std::path::Path>, error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let (kind, help) = match error.kind() {
            Io::StorageFull | Io::QuotaExceeded => (
                ErrorKind::Storage,
                Some("the disk is full: free some space and run again; what was published stays whole"),
            ),
            Io::ReadOnlyFilesystem => (ErrorKind::Storage, Some("the file system is read-only")),
            Io::NotADirectory | Io::AlreadyExists if kind == ErrorKind::Storage => {
                (ErrorKind::Usage, Some("a file stands where a folder is needed: name another folder"))
            }
            Io::PermissionDenied => (kind, Some("check the permissions of the file and its folder")),
            _ => (kind, None),
        };
        let mut fault = Self::new(kind, format!("cannot {doing}")).at(path.as_ref().display()).because(error);
        if let Some(help) = help {
            fault = fault.help(help);
        }
        fault
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(place) = &inner.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&inner.message)?;
        let mut cause: Option<&(dyn Error + 'static)> = inner.cause.as_deref().map(|c| c as _);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        if let Some(help) = &inner.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_documented_exit_code_and_a_distinct_word() {
        let known = [exit::BUG, exit::USAGE, exit::PARTIAL, exit::BLOCKED, exit::SHAPE, exit::LATER];
        let mut words = std::collections::BTreeSet::new();
        for kind in ErrorKind::ALL {
            assert!(known.contains(&kind.exit_code()), "{kind:?}");
            assert!(words.insert(kind.word()), "{kind:?} repeats a word");
        }
    }

    #[test]
    fn a_fault_says_where_what_why_and_what_to_do() {
        let fault = Fault::new(ErrorKind::Shape, "no column named `VALUE`")
            .at("figures.csv:3")
            .because(std::io::Error::other("inner"))
            .help("did you mean `VALOR`?");
        assert_eq!(fault.to_string(), "figures.csv:3: no column named `VALUE`: inner\n  help: did you mean `VALOR`?");
    }

    #[test]
    fn a_full_disk_is_worth_a_retry_whatever_was_being_done() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let fault = Fault::io(ErrorKind::Source, "write the table", "/x", full);
        assert_eq!(fault.kind(), ErrorKind::Storage);
        assert!(fault.kind().is_retryable());
    }
}
