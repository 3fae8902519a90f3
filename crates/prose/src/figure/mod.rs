//! Figures: which numbers a report states, of what, and how firmly.

mod decimal;
mod inherit;
pub(crate) mod judge;
mod noun;
pub(crate) mod number;
mod ordinal;
pub(crate) mod rules;
#[cfg(test)]
mod tests;
