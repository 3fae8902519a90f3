//! Work on several threads, of which the first failure counts.

use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_schema::{Fault, Result};

/// Runs `work` on so many threads, each with its number, and gives what they found, in the order of their numbers.
///
/// # Errors
/// The failure of the first thread that has one; a panic of a thread is a bug.
pub(crate) fn each<T: Send>(threads: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    if threads <= 1 {
        return Ok(vec![work(0)?]);
    }
    std::thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Fault::bug("a thread of the screening failed"))))
            .collect()
    })
}

/// Tasks by their numbers, handed out in order until there are no more, or what came of them takes too much memory.
pub(crate) struct Tasks {
    all: usize,
    next: AtomicUsize,
    most: usize,
    held: AtomicUsize,
}

impl Tasks {
    /// So many tasks, of which so many bytes may come at a time.
    pub(crate) fn new(all: usize, most: usize) -> Self {
        Self { all, next: AtomicUsize::new(0), most, held: AtomicUsize::new(0) }
    }

    /// The next task; `None` for now where what came of the others has to be put away first.
    pub(crate) fn take(&self) -> Option<usize> {
        if self.held.load(Ordering::Relaxed) > self.most {
            return None;
        }
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < self.all)
    }

    /// The task that is likely to be taken next.
    pub(crate) fn following(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }

    /// So many bytes more came of a task.
    pub(crate) fn hold(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What came is put away; whether tasks are left.
    pub(crate) fn go_on(&mut self) -> bool {
        *self.held.get_mut() = 0;
        *self.next.get_mut() < self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_taken_once_however_little_is_held() {
        for (most, held, expected) in [(0, 1, 10), (5, 2, 4), (100, 0, 1)] {
            let mut tasks = Tasks::new(10, most);
            let mut rounds = 0;
            let mut taken = Vec::new();
            loop {
                while let Some(task) = tasks.take() {
                    taken.push(task);
                    tasks.hold(held);
                }
                rounds += 1;
                if !tasks.go_on() {
                    break;
                }
            }
            assert_eq!(taken, (0..10).collect::<Vec<_>>());
            assert_eq!(rounds, expected);
        }
    }
}
