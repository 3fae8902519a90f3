//! The file in which the checks of one run are remembered.
//!
//! Parts, by the upper bits of the digest, each one three runs of bytes: the digests in ascending order, for each one the
//! place where its sealed check ends, and the sealed checks. Then a footer in JSON, what vouches for it, its length, and a
//! word by which the file is known. Everything is little-endian. The secret vouches for footer, digests and ends, for the
//! sealed checks of a part together, and each sealed check for itself.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use quipu_schema::{Digest, ErrorKind, Fault, Result};
use serde::{Deserialize, Serialize};

use super::old_check::OldCheck;
use super::seal::Seal;
use crate::chance::{Counted, Shape, Shapes};
use crate::form;

pub(crate) const FORMAT: u32 = 3;
const MAGIC: &[u8; 16] = b"quipu checks 01\n";
/// Bytes behind the footer: what vouches for it, its length, and the word.
const TAIL: usize = 32 + 8 + MAGIC.len();
/// Longest footer that is read.
const LONGEST: u64 = 1 << 26;

/// A file of checks that was remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Where it lay.
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    /// Digest of its Parquet footer.
    pub(crate) footer: Digest,
    /// BLAKE3 of all of its bytes.
    pub(crate) content: Digest,
    /// Rows before each of its row groups, so that a row can be named by its number in the file.
    pub(crate) groups: Vec<u64>,
}

/// What became of the checks of the files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    pub(crate) read: u64,
    pub(crate) not_screened: u64,
    pub(crate) junk: u64,
    pub(crate) not_a_key: u64,
}

/// Where a part lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) at: u64,
    pub(crate) entries: u64,
    /// Bytes of the sealed checks.
    pub(crate) sealed: u64,
    /// What vouches for digests and ends.
    pub(crate) vouched: Digest,
    /// What vouches for the sealed checks together.
    pub(crate) vouched_sealed: Digest,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Footer {
    pub(crate) format: u32,
    /// Version of the forms under which checks are found.
    pub(crate) form: u32,
    pub(crate) rule_version: String,
    /// Kinds of keys that were screened: checks of other kinds are not in here.
    pub(crate) kinds: Vec<String>,
    /// Whether checks can be found by records that are near them.
    #[serde(default)]
    pub(crate) near: bool,
    /// The last day on which these checks may meet records, in days since 1970-01-01.
    pub(crate) kept_until: i32,
    /// The day of the newest check, where the files say when checks were asked.
    pub(crate) newest: Option<i32>,
    pub(crate) counts: Counts,
    pub(crate) step: u32,
    pub(crate) shapes: Vec<(Shape, u64)>,
    #[serde(default)]
    pub(crate) people: Counted,
    pub(crate) files: Vec<Source>,
    /// Parts are told by so many upper bits of the digest.
    pub(crate) bits: u32,
    pub(crate) parts: Vec<Part>,
}

impl Footer {
    /// The bytes behind the parts.
    pub(crate) fn to_bytes(&self, seal: &Seal) -> Result<Vec<u8>> {
        let mut out = serde_json::to_vec(self).map_err(|error| Fault::bug("a footer").because(error))?;
        let (vouched, length) = (seal.vouch(&[&out]), out.len() as u64);
        out.extend_from_slice(&vouched);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(MAGIC);
        Ok(out)
    }
}

/// Remembered checks, open to be met.
pub(crate) struct Book {
    path: PathBuf,
    file: File,
    pub(crate) footer: Footer,
    pub(crate) shapes: Shapes,
}

impl Book {
    /// Opens a file and checks that it was made under this secret and these rules.
    ///
    /// # Errors
    /// `Usage` where secret, rules or kinds are others; `Corrupt` where it was changed or cut short.
    pub(crate) fn open(path: &Path, seal: &Seal, kinds: &[String], near: bool) -> Result<Self> {
        let help =
            "bring it back from a copy, screen the files of its checks again, or leave them behind with --forget";
        let failed = |error| Fault::io(ErrorKind::Source, "read the checks remembered in", path, error).help(help);
        let damaged = || {
            Fault::new(ErrorKind::Corrupt, "the remembered checks are damaged or cut short")
                .at(path.display())
                .help(help)
        };
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let tail_at = size.checked_sub(TAIL as u64).ok_or_else(damaged)?;
        let mut tail = [0; TAIL];
        file.read_exact_at(&mut tail, tail_at).map_err(failed)?;
        let (vouched, rest) = tail.split_first_chunk::<32>().ok_or_else(damaged)?;
        let (length, magic) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let length = u64::from_le_bytes(*length);
        if magic != MAGIC || length > LONGEST {
            return Err(damaged());
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| damaged())?];
        file.read_exact_at(&mut bytes, tail_at.checked_sub(length).ok_or_else(damaged)?).map_err(failed)?;
        if seal.vouch(&[&bytes]) != *vouched {
            let message = "these checks were remembered under another secret, or the file was changed";
            return Err(Fault::new(ErrorKind::Usage, message).at(path.display()).help(format!(
                "set QUIPU_DIGEST_KEY to the secret of the run that remembered them; if it is that, {help}"
            )));
        }
        let footer: Footer = serde_json::from_slice(&bytes).map_err(|error| damaged().because(error))?;
        let same = (footer.format, footer.form, footer.rule_version.as_str())
            == (FORMAT, form::VERSION, crate::RULE_VERSION)
            && footer.kinds == kinds;
        if !same {
            let message = format!(
                "these checks were remembered under version {} of the rules and other kinds of keys or forms than \
                 those of now (version {})",
                footer.rule_version,
                crate::RULE_VERSION
            );
            return Err(Fault::new(ErrorKind::Usage, message)
                .at(path.display())
                .help("screen their files again, or leave them behind with --forget"));
        }
        if near && !footer.near {
            let message =
                "these checks were remembered without the grade `near`, so that they cannot be screened by it";
            return Err(Fault::new(ErrorKind::Usage, message)
                .at(path.display())
                .help("screen without it, screen their files again, or leave them behind with --forget"));
        }
        if footer.parts.len() != 1_usize.checked_shl(footer.bits).unwrap_or(0) || footer.bits > 32 {
            return Err(damaged());
        }
        let shapes = Shapes::from_list(footer.step, &footer.shapes, footer.people);
        Ok(Self { path: path.to_path_buf(), file, footer, shapes })
    }

    pub(crate) fn damaged(&self, part: usize) -> Fault {
        Fault::new(ErrorKind::Corrupt, format!("part {part} of the remembered checks is damaged, or was changed"))
            .at(self.path.display())
            .help(
                "bring the file back from a copy, screen the files of these checks again, or leave them behind with \
                   --forget",
            )
    }

    fn read(&self, at: u64, length: u64) -> Result<Vec<u8>> {
        let size = self.file.metadata().map_or(0, |about| about.len());
        let fits = at.checked_add(length).is_some_and(|end| end <= size);
        let mut bytes = vec![0; usize::try_from(length).ok().filter(|_| fits).unwrap_or(0)];
        let read =
            if fits { self.file.read_exact_at(&mut bytes, at) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) };
        let failed = |error| Fault::io(ErrorKind::Corrupt, "read the checks remembered in", &self.path, error);
        read.map(|()| bytes).map_err(failed)
    }

    /// Digests and ends of a part.
    pub(crate) fn part(&self, number: usize, seal: &Seal) -> Result<Entries> {
        let part = self.footer.parts.get(number).copied().ok_or_else(|| self.damaged(number))?;
        let each = part.entries.checked_mul(8).ok_or_else(|| self.damaged(number))?;
        let bytes = self.read(part.at, each.checked_mul(2).ok_or_else(|| self.damaged(number))?)?;
        let (digests, ends) = bytes.split_at(bytes.len() / 2);
        if seal.vouch(&[digests, ends]) != *part.vouched.as_bytes() {
            return Err(self.damaged(number));
        }
        let numbers = |bytes: &[u8]| -> Vec<u64> {
            bytes.as_chunks::<8>().0.iter().map(|number| u64::from_le_bytes(*number)).collect()
        };
        let first = part.at + bytes.len() as u64;
        Ok(Entries { number, digests: numbers(digests), ends: numbers(ends), first })
    }

    /// A sealed check of a part.
    pub(crate) fn sealed(&self, entries: &Entries, at: usize) -> Result<Vec<u8>> {
        let from = at.checked_sub(1).map_or(Some(0), |before| entries.ends.get(before).copied());
        let length = from.and_then(|from| entries.ends.get(at)?.checked_sub(from));
        match (from, length) {
            (Some(from), Some(length)) => self.read(entries.first + from, length),
            _ => Err(self.damaged(entries.number)),
        }
    }

    /// That the sealed checks of a part are what was written: asked where one of them does not open.
    ///
    /// # Errors
    /// `Corrupt` where they are not.
    pub(crate) fn check_sealed(&self, entries: &Entries, seal: &Seal) -> Result<()> {
        let part = self.footer.parts.get(entries.number).ok_or_else(|| self.damaged(entries.number))?;
        let sealed = self.read(entries.first, part.sealed)?;
        let sound = seal.vouch(&[&sealed]) == *part.vouched_sealed.as_bytes();
        if sound { Ok(()) } else { Err(self.damaged(entries.number)) }
    }

    /// Where a remembered check stood: the file and the row in it, from 1, with its row group.
    pub(crate) fn spot(&self, check: &OldCheck) -> Result<(&Path, usize, u64)> {
        let (file, group, row) = check.place;
        let source = self.footer.files.get(file as usize);
        let found = source.and_then(|source| Some((source, source.groups.get(group as usize)?)));
        let (source, before) = found.ok_or_else(|| Fault::bug("a remembered check of a file that its book lacks"))?;
        Ok((&source.path, group as usize, before + u64::from(row) + 1))
    }
}

/// Digests and ends of a part.
pub(crate) struct Entries {
    number: usize,
    pub(crate) digests: Vec<u64>,
    ends: Vec<u64>,
    /// Where its first sealed check starts in the file.
    pub(crate) first: u64,
}
