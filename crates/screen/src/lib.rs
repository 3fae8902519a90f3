//! Screening: checks meet records on equal keys, under the owners' rules.
//!
//! A hit is a lead, not a proof, and no hit clears nothing. The engine (a crate of its own) finds and judges hits in
//! files of any size; [`run`] is the stage of a pipeline around it, and table `hit` with its history is made in `hit`.

mod account;
mod audit;
mod batch;
mod chain;
mod explain;
mod folder;
mod frame;
mod hit;
mod past;
mod review;
mod screening;
mod stage;
#[cfg(test)]
mod tests;

pub use audit::{DigestKey, audit};
pub use batch::{Batch, batch};
pub use explain::{Traced, trace_hit};
pub use quipu_engine::{
    ColumnNames, Explained, Grade, Grades, RULE_VERSION, Settings, Shown, Silent, Told, day_number,
};
pub use review::{Decision, decide, decisions};
pub use stage::{PREVIOUS, again, run};
