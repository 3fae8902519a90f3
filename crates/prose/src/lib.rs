//! Reports in prose: from the bytes of a press release to what it states, each with its place in the bytes.
//!
//! The text is made by [`text`]; `token` cuts it, `layout` tells sentences and headings, `lexicon` says what
//! phrases mean. On that, each module reads one thing: `date`, `names`, `figure` (and its numbers), `crime`, `quote`,
//! `event`, `relation`. `DESIGN.md` beside this crate tells the passes; [`evaluate`](mod@evaluate) says how well they do.

mod analysis;
mod crime;
mod date;
pub mod evaluate;
mod event;
mod figure;
mod language;
mod layout;
mod lexicon;
mod names;
mod quote;
mod reading;
mod relation;
mod series;
mod subject;
mod table;
pub mod text;
mod token;

pub use date::Precision;
pub use reading::{DateMention, Event, Figure, Given, Mention, Place, Reading, Relation, Residue, Statement, read};
pub use series::series;

/// The English word of a unit that a list has for a word of any of the languages.
pub fn unit_of(word: &str) -> Option<&'static str> {
    figure::rules::unit_word(word)
}
