//! The way of documents into the archive and the ledger.
//!
//! One clerk works for all sources of a run. What has come is put in its place and recorded together with all that came
//! meanwhile, because making sure that bytes outlive a crash costs as much for a thousand documents as for one. What is
//! recorded is in the archive, and a run that is killed knows the documents that it had until then.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use quipu_schema::{ErrorKind, Fault, Result};
use quipu_store::{Capture, Context, Ledger, Staged, settle};

use crate::kind::{Document, Parent};

/// Documents that may wait for the clerk.
const WAITING: usize = 4_096;
/// Most documents that are put in their places together…
const TOGETHER: usize = 2_048;
/// …and how long the clerk waits for so many, as long as nobody waits for them.
const PATIENCE: Duration = Duration::from_millis(500);

/// What comes to the clerk's desk.
enum Message {
    Load(Box<Load>),
    /// Somebody waits for what is there.
    Now,
}

/// A document that waits for the clerk.
struct Load {
    staged: Staged,
    capture: Capture,
    of: Arc<Account>,
}

/// How many documents of a source wait, and whether one could not be kept.
#[derive(Default)]
struct Account {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

/// Who puts documents in their places.
pub(crate) struct Clerk<'scope> {
    desk: SyncSender<Message>,
    thread: ScopedJoinHandle<'scope, Result<()>>,
}

impl<'scope> Clerk<'scope> {
    /// Lets a clerk begin.
    ///
    /// # Errors
    /// `Storage` where no thread can be had.
    pub(crate) fn begin<'env: 'scope>(
        scope: &'scope Scope<'scope, 'env>,
        context: &'env Context<'env>,
    ) -> Result<Self> {
        let (desk, loads) = sync_channel(WAITING);
        let (ledger, run) = (context.ledger, context.run);
        let thread = std::thread::Builder::new().name("clerk".to_owned());
        let thread = thread.spawn_scoped(scope, move || work(&loads, ledger, run)).map_err(|error| {
            Fault::new(ErrorKind::Storage, "cannot start the thread that fills the archive").because(error)
        })?;
        Ok(Self { desk, thread })
    }

    /// The way in for the documents of one source of a kind.
    pub(crate) fn landing(&self, pipeline: &str, source: &str, kind: &'static str) -> Landing {
        let (pipeline, source) = (pipeline.to_owned(), source.to_owned());
        Landing { desk: self.desk.clone(), account: Arc::default(), pipeline, source, kind }
    }

    /// Waits until all is done.
    ///
    /// # Errors
    /// Those of the archive and the ledger: what every source would meet.
    pub(crate) fn end(self) -> Result<()> {
        drop(self.desk);
        self.thread.join().map_err(|_| Fault::bug("the thread that fills the archive panicked"))?
    }
}

fn work(loads: &Receiver<Message>, ledger: &Ledger, run: i64) -> Result<()> {
    let mut outcome = Ok(());
    while let Ok(first) = loads.recv() {
        let (mut staged, mut captures, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
        let (until, mut now) = (Instant::now() + PATIENCE, false);
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Load(load) => {
                    staged.push(load.staged);
                    captures.push(load.capture);
                    accounts.push(load.of);
                }
                Message::Now => now = true,
            }
            let left = if now { Duration::ZERO } else { until.saturating_duration_since(Instant::now()) };
            next = if staged.len() < TOGETHER { loads.recv_timeout(left).ok() } else { None };
        }
        if outcome.is_ok() {
            outcome = settle(staged).and_then(|()| ledger.record_captures(run, &captures).map(drop));
        }
        for account in accounts {
            let mut state = account.state.lock().unwrap_or_else(PoisonError::into_inner);
            *state = (state.0.saturating_sub(1), state.1 || outcome.is_err());
            account.changed.notify_all();
        }
    }
    outcome
}

/// The way into archive and ledger for the documents of one source.
pub(crate) struct Landing {
    desk: SyncSender<Message>,
    account: Arc<Account>,
    pipeline: String,
    source: String,
    kind: &'static str,
}

impl Landing {
    /// Hands a document over to the clerk.
    ///
    /// # Errors
    /// Where nobody can keep it.
    pub(crate) fn land(&self, document: &Document, staged: Staged) -> Result<()> {
        let load = Load { staged, capture: self.capture(document), of: self.account.clone() };
        self.account.state.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
        self.desk.send(Message::Load(Box::new(load))).map_err(|_| not_kept())
    }

    /// Waits until all that was handed over is kept.
    ///
    /// # Errors
    /// Where it is not; the clerk knows why.
    pub(crate) fn settled(&self) -> Result<()> {
        // Not with a hand on the account: the clerk needs it before there is room at the desk.
        if self.account.state.lock().unwrap_or_else(PoisonError::into_inner).0 > 0 {
            self.desk.send(Message::Now).map_err(|_| not_kept())?;
        }
        let state = self.account.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut (usize, bool)| state.0 > 0;
        let state = self.account.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        if state.1 { Err(not_kept()) } else { Ok(()) }
    }

    fn capture(&self, document: &Document) -> Capture {
        let kind = match document.parent {
            Some((Parent::Archive, _)) => "archive",
            Some((Parent::Listing, _)) | None => self.kind,
        };
        Capture {
            pipeline: self.pipeline.clone(),
            source: self.source.clone(),
            name: document.name.clone(),
            digest: document.archived.digest,
            size: document.archived.size,
            kind: kind.to_owned(),
            media_type: document.media_type.clone(),
            status: document.status,
            headers: document.headers.clone(),
            redirects: document.redirects.clone(),
            suspect: document.suspect.clone(),
            parent: document.parent.map(|(_, digest)| digest),
            captured_at: String::new(),
        }
    }
}

fn not_kept() -> Fault {
    Fault::new(ErrorKind::Storage, "what came cannot be kept")
}
