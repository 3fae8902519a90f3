//! Where things lie: archive, ledger, lock, table files, snapshots.
//!
//! ```text
//! FORMAT                                   version of this layout
//! LOCK                                     held by the one writer
//! ledger.sqlite                            runs, captures, stages
//! archive/sha256/ab/cdef…                  raw bytes under their own digest
//! tables/<table>/<sha256>.parquet          table files under their own digest
//! snapshots/<pipeline>/<stage>/<id>.json   manifests: which table files belong together
//! snapshots/<pipeline>/<stage>/current     id of the published one
//! tmp/                                     files being written
//! ```
//!
//! Everything but `LOCK`, the ledger and `current` is written once and never changed.

mod archive;
mod arrow_bridge;
pub mod coded;
pub mod durable;
#[cfg(test)]
mod fixture;
mod frame_type;
mod ledger;
mod lock;
mod logical;
mod parquet_file;
mod snapshot;
mod stage;
mod store;
mod table_file;

pub use archive::{Archive, Archived, Incoming, Partial, Staged, settle};
pub use frame_type::{polars_schema, polars_type};
pub use ledger::{Capture, Completeness, Edition, Ledger, RunRecord, StageRecord};
pub use lock::Lock;
pub use logical::{logical_hash, row_hashes};
pub use parquet_file::{WriteOptions, write_parquet};
pub use snapshot::{Part, Snapshot, SourceState};
pub use stage::{Context, Found, Outcome, Progress, Silent, SourceReport, StageReport, captured_as};
pub use store::Store;
pub use table_file::OpenTable;
