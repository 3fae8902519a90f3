//! What is read from one report, and the reading of it.

use std::ops::Range;

use jiff::civil::Date;
use quipu_schema::tally::Tally;
use quipu_schema::{Fault, Result};

use crate::analysis::Analysis;
use crate::date::{self, Dated, Precision};
use crate::figure::judge::{self, Verdict};
use crate::figure::marks;
use crate::figure::number::{self, Form, Locale, Number};
use crate::figure::rules;
use crate::lexicon::{PlaceKind, Sense};
use crate::names::{self, Names};
use crate::text::{BlockKind, SourceText};
use crate::token::{Shape, Tokens};
use crate::{crime, event, language, layout, lexicon, quote, relation, subject};

/// What is known of a document from beside it.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Media type, such as `text/html; charset=utf-8`.
    pub media: Option<String>,
    /// ISO 639-1 language; the page's own goes before it.
    pub language: Option<String>,
    /// Day of publication.
    pub published: Option<Date>,
}

/// Words of a document and where they lie in its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The text, as any reader of these bytes gets it.
    pub text: String,
}

/// A number that counts, measures, ranks or prices something.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Hedge to unit.
    pub place: Place,
    /// The number; the lower end of a range.
    pub value: f64,
    /// Upper end of a range.
    pub value_high: Option<f64>,
    /// As in the table `figure`.
    pub qualifier: &'static str,
    /// An English noun in the singular, a code of a currency, `percent`, `share`, `edition`, `rank`, `per-day` …
    pub unit: String,
    /// As in the table `figure`.
    pub kind: &'static str,
    /// The noun as printed, where the number has one of its own.
    pub noun: Option<String>,
    /// What is counted, where more is said than the unit.
    pub measure: Option<String>,
    /// The sentence.
    pub context: Option<String>,
    /// Inside whose quotation it stands.
    pub speaker: Option<String>,
    /// First and last day of the time it speaks of, and whether both are stated.
    pub period: Option<(Date, Date, bool)>,
    /// Whose number it is: an organisation, an event, a place, a database.
    pub subject: Option<String>,
    /// `stock` or `flow`, where the unit tells.
    pub flow: Option<&'static str>,
    /// The one country that its sentence names, as a code of the table `area`.
    pub area: Option<String>,
    /// The crime that it counts, as a code of the ICCS.
    pub crime: Option<&'static str>,
    /// The event that it belongs to: name and number.
    pub event: Option<String>,
}

/// A date or period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateMention {
    /// The words.
    pub place: Place,
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
    /// How exact it is.
    pub precision: Precision,
    /// A part was reckoned from the rest of the report.
    pub inferred: bool,
    /// It counts from the day of the report.
    pub relative: bool,
}

/// A name in prose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// `person`, `organisation`, `place`, `operation`, `crime`.
    pub kind: &'static str,
    /// The name as printed.
    pub place: Place,
    /// The name in its usual form.
    pub name: String,
    /// Row of a reference table: an area, an organisation, a crime's code.
    pub reference: Option<String>,
    /// Of a person, where it stands with the name.
    pub role: Option<String>,
    /// Of a person, where it stands with the name.
    pub organisation: Option<String>,
}

/// A sentence with numbers none of which is a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residue {
    /// The sentence.
    pub place: Place,
    /// The rules that left its numbers out, in order, each once.
    pub rules: Vec<&'static str>,
    /// How many numbers it has.
    pub numbers: usize,
}

/// A quotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The words between the marks, in order.
    pub segments: Vec<Place>,
    /// Full name, else role or organisation.
    pub speaker: Option<String>,
    /// In what role.
    pub role: Option<String>,
    /// For which organisation.
    pub organisation: Option<String>,
}

/// A conference, operation, founding, opening or agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// As in the table `event`.
    pub kind: &'static str,
    /// Its name, without its number.
    pub name: String,
    /// Which one of its series.
    pub edition: Option<u32>,
    /// Where, in its usual name.
    pub place: Option<String>,
    /// Code of the table `area`.
    pub country: Option<String>,
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub end: Option<Date>,
    /// How exact the days are.
    pub precision: Option<Precision>,
    /// Where the text speaks of it.
    pub mentions: Vec<Place>,
}

/// A stated link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The words that state it.
    pub place: Place,
    /// From what.
    pub subject: String,
    /// What link: `holds_role`, `held_in`, `targets`, `resulted_in` …
    pub predicate: &'static str,
    /// To what.
    pub object: String,
    /// When, ISO 8601.
    pub time: Option<String>,
}

/// What was read from one report.
#[derive(Debug)]
pub struct Reading {
    /// Media type with the charset that was used.
    pub media_type: String,
    /// What the page says of itself.
    pub page: crate::text::Page,
    /// ISO 639-1 language.
    pub language: Option<String>,
    /// Whether the document or the pipeline file states the language.
    pub language_stated: bool,
    /// Day of the report, and whether it is stated.
    pub published: Option<(Date, bool)>,
    /// Where the report comes from.
    pub dateline: Option<Place>,
    /// Numbers.
    pub figures: Vec<Figure>,
    /// Dates and periods.
    pub dates: Vec<DateMention>,
    /// Names.
    pub mentions: Vec<Mention>,
    /// Quotations.
    pub statements: Vec<Statement>,
    /// Events.
    pub events: Vec<Event>,
    /// Stated links.
    pub relations: Vec<Relation>,
    /// Sentences with numbers and no figure.
    pub residue: Vec<Residue>,
    /// What is odd in the document's characters.
    pub oddities: Vec<crate::text::Oddity>,
    /// Counts numbers: every number of the main text.
    pub tally: Tally,
    /// What the reader wants to be known.
    pub notes: Vec<String>,
}

/// Reads a report.
///
/// # Errors
/// `Source` for a document that is too large or in an encoding that is not read.
pub fn read(bytes: &[u8], given: &Given) -> Result<Reading> {
    let source = SourceText::read(bytes, given.media.as_deref())?;
    let mut reading = Reading {
        media_type: source.media_type.clone(),
        page: source.page.clone(),
        language: None,
        language_stated: false,
        published: None,
        dateline: None,
        figures: Vec::new(),
        dates: Vec::new(),
        mentions: Vec::new(),
        statements: Vec::new(),
        events: Vec::new(),
        relations: Vec::new(),
        residue: Vec::new(),
        oddities: source.oddities.clone(),
        tally: Tally::default(),
        notes: source.notes.clone(),
    };
    let parts = layout::parts(source.text());
    let first = parts.first().cloned().unwrap_or_default();
    let tokens = Tokens::of_part(source.text(), &first);
    let (code, region) = language::of(&source, &tokens, given, &mut reading);
    reading.published = published(&source, given, &mut reading.notes);
    for block in source.blocks.iter().filter(|block| block.kind == BlockKind::Counter) {
        let digits =
            source.get(&block.range).split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
        let counters = u64::try_from(digits).unwrap_or(u64::MAX);
        reading.tally.read += counters;
        reading.tally.ignore("page-counter", counters);
    }
    let known = match code.as_deref() {
        Some(code) => rules::of(code)?.zip(lexicon::of(code)?),
        None => None,
    };
    let Some((rules, lexicon)) = known else {
        let language = code.as_deref().unwrap_or("unknown");
        reading.notes.push(format!(
            "no rules for the language ({language}): nothing is read; `language` in the pipeline file names it"
        ));
        let digits = source.text().split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
        let rest = u64::try_from(digits).unwrap_or(u64::MAX).saturating_sub(reading.tally.read);
        reading.tally.read += rest;
        reading.tally.ignore("unknown-locale", rest);
        return Ok(reading);
    };
    let told = marks::told(&tokens, &rules.marks).filter(|_| region.is_none());
    let marks = told.as_ref().unwrap_or_else(|| rules.marks.of(region.as_deref()));
    let locale = Locale { rules, marks, blank_thousands: true };
    let mut of_first = Some(tokens);
    for part in &parts {
        let tokens = of_first.take().unwrap_or_else(|| Tokens::of_part(source.text(), part));
        let doc = Analysis::of_tokens(&source, tokens, &layout::blocks_of(&source.blocks, part), lexicon);
        Reader { source: &source, doc, locale }.fill(&mut reading)?;
    }
    if parts.len() > 1 {
        reading.notes.push(format!(
            "read in {} parts: names, events and what numbers go back to are joined within one",
            parts.len()
        ));
    }
    if !source.left_out.is_empty() {
        let parts: Vec<String> =
            source.left_out.iter().filter(|(_, n)| **n > 0).map(|(what, n)| format!("{what} {n}")).collect();
        reading.notes.push(format!("characters beside the main text: {}", parts.join(", ")));
    }
    Ok(reading)
}

/// The day of a report as its page or the pipeline file have it.
fn published(source: &SourceText, given: &Given, notes: &mut Vec<String>) -> Option<(Date, bool)> {
    if let Some((time, stated)) = &source.page.published {
        match time.get(..10).unwrap_or_default().parse() {
            Ok(day) if *stated || given.published.is_none() => return Some((day, *stated)),
            Ok(_) => {}
            Err(_) => notes.push(format!("the page's time of publication is not read: {time}")),
        }
    }
    given.published.map(|day| (day, true))
}

struct Reader<'a> {
    source: &'a SourceText,
    doc: Analysis<'a>,
    locale: Locale<'a>,
}

impl Reader<'_> {
    fn fill(&self, reading: &mut Reading) -> Result<()> {
        let doc = &self.doc;
        let by_sentence: Vec<Vec<Number>> = doc
            .sentences
            .iter()
            .map(|sentence| number::numbers(doc.text, &doc.tokens, &sentence.tokens, self.locale))
            .collect();
        let counted: Vec<(Range<usize>, f64)> = by_sentence
            .iter()
            .flatten()
            .filter(|number| matches!(number.form, Form::Digits | Form::Words))
            .filter_map(|number| Some((number.tokens.clone(), number.value?)))
            .collect();
        let romans: Vec<Number> =
            by_sentence.iter().flatten().filter(|number| number.form == Form::Roman).cloned().collect();
        let names = names::names(doc, &romans);
        let date::Dates { found: dates, without, day } =
            date::dates(doc, reading.published.map(|(day, _)| day), &counted);
        if reading.published.is_none() {
            reading.published = day.map(|day| (day, false));
        }
        for date in &dates {
            reading.dates.push(self.date(date)?);
        }
        let dateline = dateline(doc, &names);
        if reading.dateline.is_none() {
            reading.dateline = dateline.as_ref().map(|(tokens, _)| self.place(tokens)).transpose()?;
        }
        let home = dateline.as_ref().and_then(|(_, place)| place.country.clone()).or_else(|| commonest(&names));
        let named: Vec<judge::Name> = names
            .operations
            .iter()
            .map(|operation| judge::Name { tokens: operation.tokens.clone(), series: true })
            .chain(names.people.iter().map(|person| judge::Name { tokens: person.tokens.clone(), series: false }))
            .collect();
        let mut found = Vec::new();
        for (sentence, numbers) in doc.sentences.iter().zip(&by_sentence) {
            let known =
                judge::Known { dates: &dates, undated: &without, names: &named, found: &found, home: home.as_deref() };
            let verdicts = judge::judge(doc, &sentence.tokens, numbers, known, self.locale);
            // Once for all figures of the sentence.
            let stated = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Figure(_)));
            let context = stated.then(|| doc.words(&sentence.tokens)).filter(|context| context.len() <= LONGEST);
            if !stated && !verdicts.is_empty() {
                let mut rules: Vec<&'static str> = Vec::new();
                for verdict in &verdicts {
                    if let Verdict::Ignored(rule) = verdict
                        && !rules.contains(rule)
                    {
                        rules.push(rule);
                    }
                }
                let place = self.place(&sentence.tokens)?;
                reading.residue.push(Residue { place, rules, numbers: verdicts.len() });
            }
            for verdict in verdicts {
                reading.tally.read += 1;
                match verdict {
                    Verdict::Ignored(rule) => reading.tally.ignore(rule, 1),
                    Verdict::Figure(figure) => {
                        reading.tally.published += 1;
                        reading.figures.push(self.figure(
                            &figure,
                            &sentence.tokens,
                            &dates,
                            reading.published.map(|(day, _)| day),
                            context.as_ref(),
                        )?);
                        found.push(figure);
                    }
                }
            }
        }
        let inside: Vec<Range<usize>> = names.organisations.iter().map(|name| name.tokens.clone()).collect();
        let crimes = crime::crimes(doc, &inside);
        self.mentions(&names, &crimes, reading)?;
        self.statements(&names, reading)?;
        let events = event::events(doc, &names, &dates, &found, dateline.as_ref().map(|(_, place)| *place));
        for event in &events {
            reading.events.push(self.event(event)?);
        }
        let read = relation::Read {
            names: &names,
            events: &events,
            figures: &found,
            crimes: &crimes,
            dateline: dateline.as_ref().map(|(tokens, _)| tokens),
        };
        for relation in relation::relations(doc, read) {
            let place = self.place(&relation.tokens)?;
            let relation::Relation { subject, predicate, object, time, .. } = relation;
            reading.relations.push(Relation { place, subject, predicate, object, time });
        }
        for (figure, found) in reading.figures.iter_mut().zip(&found) {
            let Some(sentence) = doc.sentence_of(found.number.start).and_then(|number| doc.sentence(number)) else {
                continue;
            };
            let told = subject::told(doc, read, &sentence.tokens, found);
            (figure.subject, figure.event, figure.flow) = (told.subject, told.event, told.flow);
            (figure.area, figure.crime) = (told.area, told.crime);
            // What is there is there on the day of the report; what an event counts was counted then.
            let published = reading.published.map(|(day, _)| (day, day, false));
            if figure.flow == Some("stock") && figure.period.is_none_or(|(start, end, stated)| !stated && start != end)
            {
                figure.period = published.or(figure.period);
            }
            if figure.period.is_none() && figure.kind != "duration" {
                figure.period = told.days.map(|(start, end)| (start, end, false));
            }
            let inside = |place: &Place| place.start <= figure.place.start && figure.place.end <= place.end;
            let said = reading.statements.iter().find(|statement| statement.segments.iter().any(inside));
            figure.speaker = said.and_then(|statement| statement.speaker.clone());
        }
        Ok(())
    }

    fn mentions(&self, names: &Names, crimes: &[crime::Crime], reading: &mut Reading) -> Result<()> {
        let mut add = |kind,
                       tokens: &Range<usize>,
                       name: String,
                       reference: Option<String>,
                       role: Option<String>,
                       organisation: Option<String>| {
            self.place(tokens)
                .map(|place| reading.mentions.push(Mention { kind, place, name, reference, role, organisation }))
        };
        for person in &names.people {
            add("person", &person.tokens, person.name.clone(), None, person.role.clone(), person.organisation.clone())?;
        }
        for name in &names.organisations {
            add("organisation", &name.tokens, name.name.clone(), name.reference.clone(), None, None)?;
        }
        for name in &names.places {
            let area = name.place.country.clone().filter(|_| name.place.kind == PlaceKind::Country);
            add("place", &name.tokens, name.place.name.clone(), area, None, None)?;
        }
        for operation in &names.operations {
            add("operation", &operation.tokens, operation.series.clone(), None, None, None)?;
        }
        for crime in crimes {
            add("crime", &crime.tokens, self.doc.words(&crime.tokens), Some(crime.code.to_owned()), None, None)?;
        }
        reading
            .mentions
            .sort_by(|a, b| (a.place.start, a.place.end, a.kind).cmp(&(b.place.start, b.place.end, b.kind)));
        Ok(())
    }

    fn statements(&self, names: &Names, reading: &mut Reading) -> Result<()> {
        let mut last = None;
        for segment in quote::segments(&self.doc, names) {
            let place = self.place(&segment.tokens)?;
            match reading.statements.last_mut().filter(|_| last == Some(segment.statement)) {
                Some(statement) => statement.segments.push(place),
                None => {
                    let (speaker, role, organisation) = segment
                        .speaker
                        .map_or((None, None, None), |speaker| (Some(speaker.name), speaker.role, speaker.organisation));
                    reading.statements.push(Statement { segments: vec![place], speaker, role, organisation });
                }
            }
            last = Some(segment.statement);
        }
        Ok(())
    }

    fn event(&self, event: &event::Event) -> Result<Event> {
        let mentions: Result<Vec<Place>> = event.mentions.iter().map(|tokens| self.place(tokens)).collect();
        Ok(Event {
            kind: event.kind,
            name: event.name.clone(),
            edition: event.edition,
            place: event.place.map(|place| place.name.clone()),
            country: event.place.and_then(|place| place.country.clone()),
            start: event.start,
            end: event.end,
            precision: event.precision,
            mentions: mentions?,
        })
    }

    fn place(&self, tokens: &Range<usize>) -> Result<Place> {
        let found =
            self.source.locate(&self.doc.tokens.place(tokens)).ok_or_else(|| Fault::bug("words without place"))?;
        Ok(Place { start: found.start, end: found.end, text: found.text.to_owned() })
    }

    fn date(&self, date: &Dated) -> Result<DateMention> {
        Ok(DateMention {
            place: self.place(&date.tokens)?,
            start: date.start,
            end: date.end,
            precision: date.precision,
            inferred: date.inferred,
            relative: date.relative,
        })
    }

    /// The time that a figure speaks of: the date of its sentence that stands nearest behind it, else before it.
    /// Editions, ranks and durations have none of their own.
    fn period(
        found: &judge::Found,
        sentence: &Range<usize>,
        dates: &[Dated],
        published: Option<Date>,
    ) -> Option<(Date, Date, bool)> {
        if matches!(found.kind, "ordinal" | "duration") {
            return None;
        }
        let inside = dates.iter().filter(|date| sentence.start <= date.tokens.start && date.tokens.end <= sentence.end);
        let apart = |date: &&Dated| date.tokens.end <= found.number.start || date.tokens.start >= found.number.end;
        let far = |date: &&Dated| {
            if date.tokens.start >= found.phrase.end {
                date.tokens.start - found.phrase.end
            } else {
                // What stands before belongs rather to what stands before.
                3 * found.phrase.start.saturating_sub(date.tokens.end)
            }
        };
        // "This week’s conference brings together members from a region of one billion people": not of this week.
        let near = |date: &&Dated| !date.relative || date.tokens.end + RELATIVE_REACH >= found.phrase.start;
        let date = inside.filter(apart).filter(near).min_by_key(far)?;
        // "since 2004": up to the day of the report.
        let end = published.filter(|day| date.open && *day > date.end).unwrap_or(date.end);
        Some((date.start, end, !date.inferred && end == date.end))
    }

    fn figure(
        &self,
        found: &judge::Found,
        sentence: &Range<usize>,
        dates: &[Dated],
        published: Option<Date>,
        context: Option<&String>,
    ) -> Result<Figure> {
        let measure = found.measure.as_ref().map(|range| self.doc.words(range)).filter(|measure| !measure.is_empty());
        Ok(Figure {
            place: self.place(&found.phrase)?,
            value: found.value,
            value_high: found.value_high,
            qualifier: found.qualifier,
            unit: found.unit.clone(),
            kind: found.kind,
            noun: found.noun.as_ref().map(|range| self.doc.words(range)),
            measure,
            context: context.cloned(),
            speaker: None,
            subject: None,
            flow: None,
            area: None,
            crime: None,
            period: Self::period(found, sentence, dates, published),
            event: None,
        })
    }
}

/// Tokens behind "this week" that a figure may stand to be of it.
const RELATIVE_REACH: usize = 12;

/// Where a report comes from: `SANTIAGO, Chile –` at the start of its first paragraphs.
fn dateline(doc: &Analysis<'_>, names: &Names) -> Option<(Range<usize>, &'static crate::lexicon::Place)> {
    doc.sentences.iter().take(6).find_map(|sentence| {
        let first = names.places.iter().find(|place| place.tokens.start == sentence.tokens.start)?;
        // A dash within some tokens, with nothing but places, marks, a date and an agency before it.
        let dash = (first.tokens.end..(first.tokens.end + 14).min(sentence.tokens.end)).find(|at| {
            let apart = doc.token(*at).is_some_and(|token| token.apart)
                || doc.fold(at.saturating_sub(1)) == "."
                || doc.token(at + 1).is_some_and(|next| next.apart);
            doc.fold(*at) == "-" && apart
        })?;
        let plain = (first.tokens.end..dash).all(|at| {
            let token = doc.token(at).is_some_and(|token| token.shape != Shape::Small);
            token
                || doc.is(at, |sense| matches!(sense, Sense::Month(_)))
                || matches!(doc.fold(at), "de" | "of" | "del" | "le" | "th" | "st")
        });
        plain.then(|| (sentence.tokens.start..dash + 1, first.place))
    })
}

/// The country that most places of a report lie in.
fn commonest(names: &Names) -> Option<String> {
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for country in names.places.iter().filter_map(|place| place.place.country.as_deref()) {
        *counts.entry(country).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(country, _)| country.to_owned())
}

/// A sentence longer than this is no sentence but text without full stops; it is not kept.
const LONGEST: usize = 1_600;
