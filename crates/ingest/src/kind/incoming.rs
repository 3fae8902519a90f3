//! Bodies on their way in: small ones in memory, larger ones in a file that the next run can go on with.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_fetch::Sink;
use quipu_schema::digest::Hasher;
use quipu_schema::{Digest, Result};
use quipu_store::{Partial, Staged};
use reqwest::Url;

use super::Job;

/// What is no larger is held in memory…
const SMALL: usize = 1 << 20;
/// …as long as all of it together is no larger than this.
const ALL: usize = 32 << 20;
/// Bytes of the beginning that are looked at.
const HEAD: usize = 4_096;

/// What is held in memory now.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// A download into the archive.
pub(super) struct Incoming<'a> {
    job: &'a Job<'a>,
    url: &'a Url,
    body: Body,
}

enum Body {
    Memory(Held),
    File(Box<Partial>),
}

/// A body in memory.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    version: Option<String>,
}

/// A body that has come.
pub(super) struct Arrived {
    /// Its first bytes.
    pub(super) head: Vec<u8>,
    /// All of it, where it is small.
    pub(super) whole: Option<Vec<u8>>,
    pub(super) staged: Staged,
}

impl<'a> Incoming<'a> {
    /// Begins a download, or goes on with one that broke off.
    pub(super) fn new(job: &'a Job<'a>, url: &'a Url) -> Result<Self> {
        let broken = if job.broken.is_empty() { None } else { job.broken.get(&key(job, url)) };
        let body = match broken {
            Some(key) => Body::File(Box::new(job.archive.partial(key)?)),
            None => Body::Memory(Held::default()),
        };
        Ok(Self { job, url, body })
    }

    /// All of it has come. `expected` is the digest of what it may be.
    pub(super) fn arrived(self, expected: Option<Digest>) -> Result<Arrived> {
        match self.body {
            Body::Memory(mut held) => {
                let whole = std::mem::take(&mut held.bytes);
                HELD.fetch_sub(whole.len(), Ordering::Relaxed);
                let head = whole.get(..HEAD).unwrap_or(&whole).to_vec();
                let staged = self.job.archive.stage(&whole, |digest| expected == Some(*digest))?;
                Ok(Arrived { head, staged, whole: Some(whole) })
            }
            Body::File(partial) => Ok(Arrived { head: partial.head().to_vec(), whole: None, staged: partial.stage()? }),
        }
    }
}

/// What tells a download from all others. The address stands in it with its secrets, of which a digest tells nothing that
/// could be found without them.
fn key(job: &Job, url: &Url) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part("pipeline", job.pipeline).part("source", &job.source.id).part("url", url.as_str());
    hasher.finish()
}

impl Held {
    /// Takes bytes where there is room for them.
    fn take(&mut self, bytes: &[u8]) -> bool {
        if self.bytes.len() + bytes.len() > SMALL {
            return false;
        }
        let more = |held: usize| held.checked_add(bytes.len()).filter(|held| *held <= ALL);
        if HELD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_err() {
            return false;
        }
        self.bytes.extend_from_slice(bytes);
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

impl Sink for Incoming<'_> {
    fn held(&self) -> Option<(u64, String)> {
        match &self.body {
            Body::Memory(held) => held
                .version
                .clone()
                .filter(|_| !held.bytes.is_empty())
                .map(|version| (held.bytes.len() as u64, version)),
            Body::File(partial) => partial.held().map(|(bytes, version)| (bytes, version.to_owned())),
        }
    }

    fn begin(&mut self, version: Option<&str>) -> io::Result<()> {
        match &mut self.body {
            Body::Memory(held) => {
                *held = Held { bytes: Vec::new(), version: version.map(str::to_owned) };
                Ok(())
            }
            Body::File(partial) => partial.begin(version),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Body::Memory(held) = &mut self.body
            && !held.take(bytes)
        {
            let mut partial = self.job.archive.partial(&key(self.job, self.url)).map_err(io::Error::other)?;
            partial.begin(held.version.as_deref())?;
            partial.write(&held.bytes)?;
            self.body = Body::File(Box::new(partial));
        }
        match &mut self.body {
            Body::Memory(_) => Ok(()),
            Body::File(partial) => partial.write(bytes),
        }
    }
}
