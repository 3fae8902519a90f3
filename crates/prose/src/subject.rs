//! Whose number a figure is, which event it belongs to, and whether it counts what is there or what happened.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

use crate::analysis::Analysis;
use crate::event::Event;
use crate::figure::judge::Found;
use crate::lexicon::PlaceKind;
use crate::names::OrganisationName;
use crate::relation::{Read, title};

/// What is told of a figure beside its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// An organisation, an event, a place, or the database that something is kept in or checked against.
    pub(crate) subject: Option<String>,
    /// Name and number of the event.
    pub(crate) event: Option<String>,
    /// First and last day of the event.
    pub(crate) days: Option<(Date, Date)>,
    /// `stock` or `flow`.
    pub(crate) flow: Option<&'static str>,
    /// Code of the table `area`: the one country that its sentence names.
    pub(crate) area: Option<String>,
    /// Code of the ICCS: the crime that it counts.
    pub(crate) crime: Option<&'static str>,
}

/// Units that are there at a time.
const STOCK: [&str; 9] =
    ["record", "database", "office", "centre", "member", "state", "document", "notice", "population"];
/// Units that happen over a time.
const FLOW: [&str; 22] = [
    "check",
    "hit",
    "arrest",
    "seizure",
    "search",
    "raid",
    "house-search",
    "inspection",
    "detention",
    "rescue",
    "transfer",
    "transaction",
    "report",
    "complaint",
    "offence",
    "homicide",
    "kidnapping",
    "theft",
    "robbery",
    "flight",
    "attack",
    "conviction",
];
/// Units of a database: what it keeps, and what comes of asking it.
const OF_DATABASE: [&str; 4] = ["record", "check", "hit", "search"];
/// Tokens before a figure in which whose it is may stand.
const NEAR: usize = 14;

/// What is told of a figure of a sentence.
pub(crate) fn told(doc: &Analysis<'_>, read: Read<'_>, sentence: &Range<usize>, found: &Found) -> Told {
    let about = About { doc, read, sentence, found };
    let event = about.event();
    let title = event.map(title);
    // An edition is its event's, a duration that of the meeting it stands with.
    let of_event = found.unit == "edition" || event.is_some_and(|event| about.touches(event));
    let subject = if of_event { title.clone() } else { None };
    let subject = subject
        .or_else(|| about.owner())
        .or_else(|| about.database())
        .or_else(|| about.population())
        .or_else(|| about.named().map(|name| about.words(name)))
        .or_else(|| title.clone())
        .or_else(|| about.topic());
    let kind = |list: &[&str]| list.contains(&found.unit.as_str());
    let flow = match found.kind {
        "count" if kind(&FLOW) => Some("flow"),
        "count" if kind(&STOCK) || about.of_members() => Some("stock"),
        _ => None,
    };
    let days = event.filter(|event| about.touches(event)).and_then(|event| event.start.zip(event.end));
    Told { subject, event: title, days, flow, area: about.area(), crime: about.crime() }
}

struct About<'a> {
    doc: &'a Analysis<'a>,
    read: Read<'a>,
    sentence: &'a Range<usize>,
    found: &'a Found,
}

impl<'a> About<'a> {
    fn words(&self, name: &OrganisationName) -> String {
        self.doc.words(&name.tokens)
    }

    /// Whether a mention of an event holds the figure, or stands right beside it.
    fn touches(&self, event: &Event) -> bool {
        let figure = &self.found.phrase;
        event.mentions.iter().any(|mention| {
            mention.start < figure.end && figure.start < mention.end
                || figure.end <= mention.start && mention.start - figure.end <= 1
                || self.found.unit == "country" && mention.start >= figure.end && mention.start - figure.end <= 5
        })
    }

    /// The event that the figure stands in, else the only one that the sentence names.
    fn event(&self) -> Option<&'a Event> {
        let events = self.read.events;
        let own = events.iter().find(|event| self.touches(event));
        own.or_else(|| {
            let inside = |event: &&Event| {
                event
                    .mentions
                    .iter()
                    .any(|mention| self.sentence.start <= mention.start && mention.end <= self.sentence.end)
            };
            let mut here = events.iter().filter(inside);
            here.next()
                .filter(|event| here.next().is_none() && matches!(event.kind, "operation" | "conference" | "congress"))
        })
    }

    /// "INTERPOL’s 19 global databases", "the Organization’s three centres", "INTERPOL’s 100-year history".
    fn owner(&self) -> Option<String> {
        let doc = self.doc;
        let start = self.found.phrase.start;
        let mark = (1..=2).filter_map(|back| start.checked_sub(back)).find(|at| doc.fold(*at) == "'")?;
        let named = self.read.names.organisations.iter().find(|name| name.tokens.end == mark);
        let named = named.map(|name| self.words(name));
        named.or_else(|| {
            let head = mark.checked_sub(1)?;
            doc.is(head, |sense| matches!(sense, crate::lexicon::Sense::OrganisationHead)).then(|| self.topic())?
        })
    }

    /// What records are in and checks are run against: the database of the sentence or of the ones before.
    fn database(&self) -> Option<String> {
        if !OF_DATABASE.contains(&self.found.unit.as_str()) {
            return None;
        }
        let before = |other: &&Found| other.phrase.start < self.found.phrase.start && other.unit == "database";
        let counted = self.read.figures.iter().rev().find(before)?;
        // Not from far off: a text may speak of several.
        let of = |at: usize| self.doc.sentence_of(at);
        let near = of(counted.phrase.start).zip(of(self.found.phrase.start)).is_some_and(|(then, now)| now - then <= 3);
        near.then(|| self.doc.words(counted.noun.as_ref().unwrap_or(&counted.phrase)))
    }

    /// "a region which represents more than one billion people": the place spoken of.
    fn population(&self) -> Option<String> {
        let words = self.doc.lexicon.relations.get("population")?;
        let start = self.found.phrase.start;
        let led = (start.saturating_sub(3)..start).any(|at| words.is_at(&self.doc.tokens, at));
        if !led || self.found.unit != "person" {
            return None;
        }
        let places = self.read.names.places.iter().rev().filter(|place| place.tokens.end <= start);
        let wide = places.into_iter().find(|place| matches!(place.place.kind, PlaceKind::Region | PlaceKind::Country));
        wide.map(|place| place.place.name.clone())
    }

    /// The organisation named nearest before the figure in its sentence, else "creation of INTERPOL" behind.
    fn named(&self) -> Option<&'a OrganisationName> {
        let start = self.found.phrase.start;
        let names = self.read.names.organisations.iter();
        let here =
            |name: &&OrganisationName| self.sentence.start <= name.tokens.start && name.tokens.end <= self.sentence.end;
        names.filter(here).rfind(|name| name.tokens.end <= start && start - name.tokens.end <= NEAR)
    }

    /// The organisation that the text speaks of most, named before the figure.
    fn topic(&self) -> Option<String> {
        let mut counts: BTreeMap<&str, (usize, &OrganisationName)> = BTreeMap::new();
        for name in self.read.names.organisations.iter().filter(|name| name.tokens.start < self.found.phrase.start) {
            counts.entry(&name.name).or_insert((0, name)).0 += 1;
        }
        let most = counts.values().max_by_key(|(count, name)| (*count, std::cmp::Reverse(name.tokens.start)))?;
        Some(self.words(most.1))
    }

    /// The country that the sentence names, where it names one only.
    fn area(&self) -> Option<String> {
        if self.found.kind == "ordinal" {
            return None;
        }
        // A place in the name of an organisation, or in the dateline, says where something else is.
        let apart = |place: &&crate::names::PlaceName| {
            let organisations = &self.read.names.organisations;
            !organisations.iter().any(|name| name.tokens.contains(&place.tokens.start))
                && !self.read.dateline.is_some_and(|dateline| dateline.contains(&place.tokens.start))
        };
        let places = self.read.names.places.iter().filter(apart);
        let mut here = places
            .filter(|place| self.sentence.start <= place.tokens.start && place.tokens.end <= self.sentence.end)
            .filter_map(|place| place.place.country.as_ref());
        let first = here.next()?;
        here.all(|other| other == first).then(|| first.clone())
    }

    /// "194 member countries", "195 países miembros": who is in an organisation.
    fn of_members(&self) -> bool {
        let end = self.found.measure.as_ref().map_or(self.found.phrase.end, |measure| measure.end);
        (self.found.number.end..=end.max(self.found.phrase.end))
            .any(|at| ["member", "miembro", "membre", "membro"].iter().any(|stem| self.doc.fold(at).starts_with(stem)))
    }

    /// The crime that the noun of the figure names: "65 victims of human trafficking". A rate is that of the only crime
    /// that its sentence names up to it: "the homicide rate fell to 21.4 per 100,000".
    fn crime(&self) -> Option<&'static str> {
        let end =
            self.found.measure.as_ref().map_or(self.found.phrase.end, |measure| measure.end.max(self.found.phrase.end));
        let inside =
            |crime: &&crate::crime::Crime| self.found.number.end <= crime.tokens.start && crime.tokens.start < end;
        let own = self.read.crimes.iter().find(inside).map(|crime| crime.code);
        own.or_else(|| {
            let before = |crime: &&crate::crime::Crime| {
                self.sentence.start <= crime.tokens.start && crime.tokens.end <= self.found.phrase.start
            };
            let mut before = self.read.crimes.iter().filter(before).map(|crime| crime.code);
            let first = before.next().filter(|_| self.found.kind == "rate")?;
            before.all(|other| other == first).then_some(first)
        })
    }
}
