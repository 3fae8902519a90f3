//! The harness of the end-to-end tests: a folder to work in, the binary, and what to hold it to.
//!
//! ```text
//! Dir       a temporary folder with reference lists, a pipeline file and inputs
//! Quipu     one call of the binary in a Dir: arguments, environment, start
//! Ended     how a call ended: exit code, stdout, stderr, events
//! Tree      the files below a folder, byte by byte
//! SmallDisk a file system that is soon full
//! Random    a seeded source of numbers, so that a failure can be repeated
//! ```
//!
//! The tests themselves are one binary, `tests/e2e`. They run the program as a user would: built with
//! the profile of the tests, started as a process, judged by exit code, output and files. Set
//! `QUIPU_BIN` to test a binary that is there already.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "all of this is called by tests only, where a panic is the failure"
)]

mod binary;
mod dir;
mod disk;
mod random;
mod run;
mod tree;

pub use binary::binary;
pub use dir::{Dir, shared, workspace};
pub use disk::SmallDisk;
pub use random::Random;
pub use run::{Ended, Quipu, Running};
pub use tree::Tree;
