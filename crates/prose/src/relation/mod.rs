//! Stated links: who holds which role, who coordinates an operation, what it is against, where and when an event
//! was held, what a count resulted in.
//!
//! A link is stated where its words stand between two things that were read before; nothing is concluded from
//! the world.

mod event;
mod figure;
mod issue;
mod operation;
mod organisation;
mod people;

use std::ops::Range;

use crate::analysis::Analysis;
use crate::crime::Crime;
use crate::event::Event;
use crate::figure::judge::Found;
use crate::names::{Names, OrganisationName};

/// A link. Ranges count tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) subject: String,
    pub(crate) predicate: &'static str,
    pub(crate) object: String,
    /// As printed or reckoned, ISO 8601.
    pub(crate) time: Option<String>,
    pub(crate) tokens: Range<usize>,
}

/// What was read of a text before its links.
#[derive(Clone, Copy)]
pub(crate) struct Read<'a> {
    pub(crate) names: &'a Names,
    pub(crate) events: &'a [Event],
    pub(crate) figures: &'a [Found],
    pub(crate) crimes: &'a [Crime],
    /// Where the report comes from.
    pub(crate) dateline: Option<&'a Range<usize>>,
}

pub(crate) fn relations(doc: &Analysis<'_>, read: Read<'_>) -> Vec<Relation> {
    let starts =
        (0..doc.tokens.len()).filter(|at| doc.lexicon.relation_starts.contains(&doc.tokens.hash(*at))).collect();
    let mut all = Links { doc, read, out: Vec::new(), starts };
    all.roles();
    all.events();
    for number in 0..doc.sentences.len() {
        if let Some(sentence) = doc.sentence(number).map(|sentence| sentence.tokens.clone()) {
            all.operations(&sentence);
            all.organisations(&sentence);
            all.figures(&sentence);
            all.issues(&sentence);
        }
    }
    let mut out = all.out;
    out.sort_by(|a, b| {
        (a.tokens.start, a.tokens.end, a.predicate, &a.object).cmp(&(
            b.tokens.start,
            b.tokens.end,
            b.predicate,
            &b.object,
        ))
    });
    out.dedup_by(|a, b| {
        a.subject == b.subject && a.predicate == b.predicate && a.object == b.object && a.tokens == b.tokens
    });
    out
}

/// Tokens between two things that words of a link may join.
const NEAR: usize = 14;

struct Links<'a> {
    doc: &'a Analysis<'a>,
    read: Read<'a>,
    out: Vec<Relation>,
    /// Tokens at which words of a link may start.
    starts: Vec<usize>,
}

fn inside(range: &Range<usize>, whole: &Range<usize>) -> bool {
    whole.start <= range.start && range.end <= whole.end
}

/// Name and number of an event.
pub(crate) fn title(event: &Event) -> String {
    match event.edition {
        Some(edition) => format!("{} {edition}", event.name),
        None => event.name.clone(),
    }
}

impl<'a> Links<'a> {
    fn add(&mut self, subject: String, predicate: &'static str, object: String, tokens: Range<usize>) {
        self.timed(subject, predicate, object, None, tokens);
    }

    fn timed(
        &mut self,
        subject: String,
        predicate: &'static str,
        object: String,
        time: Option<String>,
        tokens: Range<usize>,
    ) {
        if !subject.is_empty() && !object.is_empty() && !tokens.is_empty() {
            self.out.push(Relation { subject, predicate, object, time, tokens });
        }
    }

    /// The first words of a link in a range.
    fn link(&self, link: &str, range: &Range<usize>) -> Option<Range<usize>> {
        let words = self.doc.lexicon.relations.get(link)?;
        let from = self.starts.partition_point(|at| *at < range.start);
        let starts = self.starts.get(from..)?.iter().take_while(|at| **at < range.end);
        let mut found = starts.filter_map(|at| words.at(&self.doc.tokens, *at).map(|(end, ())| *at..end));
        found.next().filter(|found| found.end <= range.end)
    }

    /// An organisation as the text calls it.
    fn called(&self, name: &OrganisationName) -> String {
        self.doc.words(&name.tokens)
    }

    fn organisations_in(
        &self,
        range: &Range<usize>,
    ) -> impl DoubleEndedIterator<Item = &'a OrganisationName> + use<'a> {
        let (range, read) = (range.clone(), self.read);
        read.names.organisations.iter().filter(move |name| inside(&name.tokens, &range))
    }
}
