//! Work on several threads, of which the first failure counts.

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
