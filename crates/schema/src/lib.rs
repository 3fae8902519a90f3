//! The vocabulary of quipu, without I/O: what a table is, where a value was read, who may see
//! it, what a pipeline file may say, and what each kind of error means for exit code and retry.
//!
//! Every other crate speaks in these terms; the four stage crates meet only here and in the
//! tables they publish.

pub mod digest;
pub mod fault;
pub mod finding;
pub mod locator;
pub mod marking;
pub mod pipeline;
pub mod quarantine;
pub mod table;
pub mod tally;

pub use digest::Digest;
pub use fault::{ErrorKind, Fault, Result};
pub use locator::Locator;
