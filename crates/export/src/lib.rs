//! Releases: published tables handed on as a folder that describes and proves itself.
//!
//! A release is a folder named after its content, holding Parquet files, `datapackage.json`
//! (Frictionless Data Package 2.0), `dictionary.md` and, written last, `manifest.json`, which lists
//! every other file with its SHA-256. A folder without a manifest is not a release yet. Beside the
//! releases `latest.json` points to the newest.
//!
//! Nothing in a release depends on the clock, the machine or the order of rows in the store, so the
//! same tables give the same bytes. Export changes no value; the one column it empties is
//! `document.retrieved_at`, which tells when a machine fetched something and not what was published.

mod datapackage;
mod dictionary;
mod layout;
mod manifest;
mod release;
mod sort;
mod source;
mod stage;
mod staging;
#[cfg(test)]
mod tests;
mod verify;

pub use manifest::{FORMAT, Latest, Manifest, ReleasedFile, ReleasedTable, latest};
pub use release::{Contents, Released, build};
pub use source::SourceInfo;
pub use stage::{again, is_released, run};
pub use verify::{VerifiedTable, verify};
