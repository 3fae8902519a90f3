//! Figures: which numbers a report states, of what, and how firmly.

mod currency;
mod decimal;
mod exclude;
mod inherit;
pub(crate) mod judge;
pub(crate) mod marks;
mod noun;
pub(crate) mod number;
mod ordinal;
mod quantity;
mod range;
pub(crate) mod rules;
mod share;
#[cfg(test)]
mod tests;
mod topic;
