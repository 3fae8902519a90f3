//! Figures: which numbers a report states, of what, and how firmly.

mod age;
mod currency;
mod decimal;
mod digits;
mod exclude;
mod fraction;
mod inherit;
pub(crate) mod judge;
pub(crate) mod marks;
mod noun;
pub(crate) mod number;
mod ordinal;
mod quantity;
mod range;
mod roman;
pub(crate) mod rules;
mod share;
#[cfg(test)]
mod tests;
mod topic;
