//! Screening: checks meet records on equal keys, under the owners' rules.
//!
//! A hit is a lead, not a proof, and no hit clears nothing. [`key`] (a crate of its own) turns keys as printed into
//! normal forms, [`compute`] is the pure core, [`run`] the stage around it.
//!
//! Grade `repaired` is given where a machine-readable zone had to be mended; the repairs of other kinds and the grades
//! `confusable` and `near` of table `hit` are not made yet: they go beside
//! `matching.rs`, each as a join of its own over keys that [`compute`] left without a hit.

mod country;
mod frame;
mod hit;
mod matching;
mod rules;
mod side;
mod stage;
#[cfg(test)]
mod tests;

pub use matching::compute;
pub use quipu_keys as key;
pub use stage::{PREVIOUS, again, run};

/// Version of the key rules; every hit names it. Raise it with every change that can change a hit.
pub const RULE_VERSION: &str = "2";
