//! Writing and hashing of a large download on a thread of its own, while the next bytes come in.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use quipu_schema::digest::Hasher;

/// Bytes that are handed over at once.
const PIECE: usize = 256 << 10;
/// Pieces that may wait.
const WAITING: usize = 2;
/// Bytes after which the system is asked to bring them to disk.
const AHEAD: u64 = 8 << 20;
/// Most of these threads at a time: each holds a MiB.
const MOST: usize = 4;

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// What is written by another thread.
pub(super) struct Behind {
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    piece: Vec<u8>,
    thread: JoinHandle<io::Result<Hasher>>,
}

impl Behind {
    /// Goes on with a file and the hash of what is in it; gives the hash back where there are enough of these threads already,
    /// or no more can be had.
    pub(super) fn begin(file: &File, hasher: Hasher) -> Result<Self, Hasher> {
        let taken = Slot::take();
        let Some((slot, mut file)) = taken.zip(file.try_clone().ok()) else { return Err(hasher) };
        let (full, pieces) = sync_channel::<Vec<u8>>(WAITING);
        let (back, empty) = channel();
        // The hash goes over with the first message, so that it is still here where no thread can be started.
        let (hand_over, handed) = sync_channel::<Hasher>(1);
        let thread = std::thread::Builder::new().name("archive".to_owned()).spawn(move || {
            let _slot = slot;
            let mut hasher = handed.recv().map_err(io::Error::other)?;
            let (mut written, mut begun) = (file.stream_position()?, file.stream_position()?);
            for mut piece in pieces {
                file.write_all(&piece)?;
                written += piece.len() as u64;
                if written - begun >= AHEAD {
                    // Lets the system begin with what has to be on disk in the end. Bytes that are not there yet stay in
                    // memory; where it does not want to, all is done in the end.
                    let length = std::num::NonZeroU64::new(written - begun);
                    let _ = rustix::fs::fadvise(&file, begun, length, rustix::fs::Advice::DontNeed);
                    begun = written;
                }
                hasher.update(&piece);
                piece.clear();
                // Nobody needs it any more where nobody takes it.
                let _ = back.send(piece);
            }
            Ok(hasher)
        });
        let Ok(thread) = thread else { return Err(hasher) };
        match hand_over.send(hasher) {
            Ok(()) => Ok(Self { full, empty, piece: Vec::with_capacity(PIECE), thread }),
            Err(unsent) => Err(unsent.0),
        }
    }

    /// Takes the next bytes. That they cannot be written, [`Self::end`] tells.
    pub(super) fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.hand_over();
            }
        }
    }

    fn hand_over(&mut self) {
        let next = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(PIECE));
        // It fails where the thread has ended, for a reason that `end` tells.
        let _ = self.full.send(std::mem::replace(&mut self.piece, next));
    }

    /// Whether the thread has ended before its time.
    pub(super) fn has_failed(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until all is written, and gives the hash of it.
    pub(super) fn end(mut self) -> io::Result<Hasher> {
        self.hand_over();
        let Self { full, thread, .. } = self;
        drop(full);
        thread.join().map_err(|_| io::Error::other("the thread that writes it panicked"))?
    }
}

/// One of the threads that there may be.
struct Slot;

impl Slot {
    fn take() -> Option<Self> {
        let more = |taken| (taken < MOST).then_some(taken + 1);
        UNDER_WAY.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    }
}
