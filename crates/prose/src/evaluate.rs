//! How well annotated documents are read: precision, recall and F1 for each kind of row.
//!
//! The format of the truth and what is compared are described in `data/annotated/README.md`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quipu_schema::{ErrorKind, Fault, Result};
use serde_json::Value;

use crate::figure::rules::unit_word;
use crate::reading::Reading;
use crate::token::fold;

/// A row of the truth.
#[derive(Debug, Clone)]
pub struct Truth {
    /// What sort of row.
    pub kind: String,
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The words.
    pub phrase: String,
    fields: serde_json::Map<String, Value>,
}

impl Truth {
    /// Reads the lines of a truth file.
    ///
    /// # Errors
    /// `Config` for a line that is no row of the format.
    pub fn read(text: &str) -> Result<Vec<Self>> {
        let mut out = Vec::new();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let wrong =
                |what: &str| Fault::new(ErrorKind::Usage, format!("line {number} is no row of a truth file: {what}"));
            let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
                return Err(wrong("it is no JSON object"));
            };
            let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
            let place = |name: &str| fields.get(name).and_then(Value::as_u64);
            let (Some(kind), Some(start), Some(end)) = (text("kind"), place("byte_start"), place("byte_end")) else {
                return Err(wrong("`kind`, `byte_start` or `byte_end` is missing"));
            };
            out.push(Self { kind, start, end, phrase: text("phrase").unwrap_or_default(), fields });
        }
        Ok(out)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.fields.get(name).and_then(Value::as_f64)
    }

    fn overlaps(&self, start: u64, end: u64) -> bool {
        self.start < end && start < self.end
    }
}

/// How one kind of row was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// Rows of the truth that were read right.
    pub hits: u64,
    /// Rows of the truth.
    pub truth: u64,
    /// Rows that were read.
    pub read: u64,
}

impl Score {
    /// The share of what was read that is right.
    pub fn precision(&self) -> f64 {
        share(self.hits, self.read)
    }

    /// The share of the truth that was read.
    pub fn recall(&self) -> f64 {
        share(self.hits, self.truth)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        share(2 * self.hits, self.read + self.truth)
    }

    /// Adds another document's score.
    pub fn add(&mut self, other: &Self) {
        self.hits += other.hits;
        self.truth += other.truth;
        self.read += other.read;
    }
}

/// 1 where there was nothing to find and nothing was found.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// What was not read, or read and not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// Table of the score.
    pub table: &'static str,
    /// It is in the truth and was not read (so); else it was read and is not there.
    pub missing: bool,
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The row, for people.
    pub what: String,
}

/// The scores of one document.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// By table.
    pub scores: BTreeMap<&'static str, Score>,
    /// Every mistake, by table and place.
    pub misses: Vec<Miss>,
}

/// Scores the reading of a document.
pub fn evaluate(truth: &[Truth], reading: &Reading) -> Evaluation {
    let mut out = Evaluation::default();
    figures(truth, reading, &mut out);
    dates(truth, reading, &mut out);
    crimes(truth, reading, &mut out);
    statements(truth, reading, &mut out);
    events(truth, reading, &mut out);
    for (kind, table) in [("person", "person"), ("organisation", "organisation"), ("place", "place")] {
        named(truth, reading, kind, table, &mut out);
    }
    out.misses.sort_by_key(|miss| (miss.table, miss.start, miss.missing));
    out
}

/// What is compared: rows of the truth and rows read, each matched with one of the other at most.
struct Rows<'a, T> {
    table: &'static str,
    truth: Vec<&'a Truth>,
    read: &'a [T],
    place: fn(&T) -> (u64, u64),
    same: fn(&Truth, &T) -> bool,
    show_truth: fn(&Truth) -> String,
    show: fn(&T) -> String,
}

impl<T> Rows<'_, T> {
    fn score(self, out: &mut Evaluation) {
        let mut taken = vec![false; self.read.len()];
        let score = out.scores.entry(self.table).or_default();
        score.truth += u64::try_from(self.truth.len()).unwrap_or(u64::MAX);
        score.read += u64::try_from(self.read.len()).unwrap_or(u64::MAX);
        for truth in self.truth {
            let found = self.read.iter().enumerate().position(|(at, row)| {
                let (start, end) = (self.place)(row);
                !taken.get(at).copied().unwrap_or(true) && truth.overlaps(start, end) && (self.same)(truth, row)
            });
            match found {
                Some(at) => {
                    score.hits += 1;
                    if let Some(taken) = taken.get_mut(at) {
                        *taken = true;
                    }
                }
                None => out.misses.push(Miss {
                    table: self.table,
                    missing: true,
                    start: truth.start,
                    end: truth.end,
                    what: (self.show_truth)(truth),
                }),
            }
        }
        for (row, _) in self.read.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            let (start, end) = (self.place)(row);
            out.misses.push(Miss { table: self.table, missing: false, start, end, what: (self.show)(row) });
        }
    }
}

fn of<'a>(truth: &'a [Truth], kind: &str) -> Vec<&'a Truth> {
    truth.iter().filter(|row| row.kind == kind).collect()
}

fn figures(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    Rows {
        table: "figure",
        truth: of(truth, "figure"),
        read: &reading.figures,
        place: |figure| (figure.place.start, figure.place.end),
        same: |truth, figure| {
            let unit = truth.text("unit").unwrap_or_default();
            let qualifier = truth.text("qualifier").unwrap_or("exact");
            let value = |name| truth.number(name);
            let same = |truth: Option<f64>, read: Option<f64>| match (truth, read) {
                (Some(truth), Some(read)) => same_value(truth, unit, read, &figure.unit, qualifier),
                (None, None) => true,
                _ => false,
            };
            // The same noun of the phrase, however it is put into English (`farm`, `estate`).
            let printed = || {
                let noun = figure.noun.as_deref().map(fold).filter(|noun| noun.chars().count() > 3);
                let other = ["edition", "rank", "share", "percent", "year", "day", "month", "hour"].contains(&unit);
                figure.kind == "count" && !other && noun.is_some_and(|noun| fold(&truth.phrase).contains(&noun))
            };
            qualifier == figure.qualifier
                && (same_unit(unit, &figure.unit) || printed())
                && same(value("value"), Some(figure.value))
                && same(value("value_high"), figure.value_high)
        },
        show_truth: |truth| {
            let high = truth.number("value_high").map(|high| format!("..{high}")).unwrap_or_default();
            let value = truth.number("value").map(|value| value.to_string()).unwrap_or_default();
            format!(
                "{value}{high} {} {} {:?}",
                truth.text("qualifier").unwrap_or("exact"),
                truth.text("unit").unwrap_or_default(),
                truth.phrase
            )
        },
        show: |figure| {
            let high = figure.value_high.map(|high| format!("..{high}")).unwrap_or_default();
            format!("{}{high} {} {} {:?}", figure.value, figure.qualifier, figure.unit, figure.place.text)
        },
    }
    .score(out);
}

/// Whether two units are one: the same word of any of the languages, or one the class of the other.
fn same_unit(truth: &str, read: &str) -> bool {
    let word = |unit: &str| {
        let plain = fold(unit).replace('-', " ");
        match plain.as_str() {
            "percent" | "per cent" | "percentage point" | "share" => return "share".to_owned(),
            "kg" => return "kilogram".to_owned(),
            "ton" | "t" => return "tonne".to_owned(),
            "$" => return "usd".to_owned(),
            _ => {}
        }
        unit_word(unit).map_or(plain, |word| fold(word).replace('-', " "))
    };
    let (truth, read) = (word(truth), word(read));
    if truth == read || class(&truth) == class(&read) && class(&truth).is_some() {
        return true;
    }
    // `police officer` and `officer`, `search warrant` and `warrant`: the last word is what is counted.
    let last = |unit: &str| unit.rsplit(' ').next().map(str::to_owned).unwrap_or_default();
    (truth.contains(' ') || read.contains(' ')) && last(&truth) == last(&read)
}

/// The broader class in which units are not told apart: what a person is, what a place is called. Kept as
/// lists of words, so that a new noun has one place to go to.
fn class(unit: &str) -> Option<usize> {
    CLASSES.iter().position(|class| class.split(' ').any(|word| word.replace('-', " ") == unit))
}

const CLASSES: [&str; 26] = [
    "person man woman child minor adult migrant victim suspect officer investigator analyst expert delegate prosecutor witness \
     employee passenger driver fugitive criminal fighter user accomplice defendant hostage detainee injured death combatant \
     official police-officer participant member son niece buyer guest nun arrest follower author citizen resident student teacher \
     doctor nurse soldier leader relative volunteer operator trafficker smuggler offender national worker farmer fisherman \
     journalist lawyer judge trainee instructor representative candidate applicant tourist traveller prisoner inmate survivor \
     patient customer client subscriber player manager director engineer technician pilot sailor crew-member guard ranger agent \
     detective inspector commander chief minister ambassador magistrate inhabitant homeless refugee girl boy baby teenager elder \
     couple brother sister father mother daughter parent husband wife captain sergeant lieutenant colonel general",
    "record entry",
    "firearm pistol rifle weapon gun handgun shotgun revolver machine-gun",
    "round cartridge bullet ammunition projectile",
    "check search consultation query control inspection",
    "vehicle car van pickup automobile",
    "vessel boat ship launch dinghy canoe fishing-boat speedboat",
    "case investigation offence crime incident complaint proceeding file-opened bulletin inquiry trial occurrence",
    "object piece item product unit artefact article artwork garment",
    "document passport identity-document identity-card",
    "country state region province department",
    "city municipality town village community district neighbourhood commune",
    "site location place point address house property home building apartment dwelling",
    "organisation agency institution service group network organization gang clan association body entity",
    "notice alert warning",
    "transfer transaction payment",
    "file image video photograph",
    "report statement document-report study",
    "package parcel pack bale bundle box brick",
    "house-search search-warrant warrant raid order",
    "meeting training course session workshop module",
    "office bureau branch delegation police-station",
    "shipment consignment delivery load",
    "device apparatus equipment",
    "fraud scam",
    "theft robbery burglary",
];

fn same_value(truth: f64, truth_unit: &str, read: f64, read_unit: &str, qualifier: &str) -> bool {
    let near = |a: f64, b: f64| {
        (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-9) || (a - b).abs() < 0.005 && a.abs() < 1.0
    };
    if qualifier == "order_of_magnitude" {
        return truth > 0.0 && read > 0.0 && (truth.log10().floor() - read.log10().floor()).abs() < 0.1;
    }
    let percent = |unit: &str| matches!(fold(unit).as_str(), "percent" | "per cent" | "%");
    let whole = |value: f64, unit: &str| if percent(unit) { value / 100.0 } else { value };
    near(truth, read) || near(whole(truth, truth_unit), whole(read, read_unit))
}

fn dates(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    Rows {
        table: "date",
        truth: of(truth, "date"),
        read: &reading.dates,
        place: |date| (date.place.start, date.place.end),
        same: |truth, date| {
            let wanted = truth.text("value").map(|value| (value, value));
            let wanted = wanted.or_else(|| Some((truth.text("start")?, truth.text("end").or(truth.text("start"))?)));
            let Some((start, end)) = wanted.and_then(|(start, end)| Some((bounds(start)?.0, bounds(end)?.1))) else {
                return false;
            };
            let relative = truth.fields.get("relative").and_then(Value::as_bool).unwrap_or(false);
            if relative || date.relative || truth.text("basis") == Some("inferred") {
                // What was reckoned from elsewhere: the same time, near enough.
                return date.start <= end && start <= date.end;
            }
            date.start == start && date.end == end
        },
        show_truth: |truth| {
            let value = truth.text("value").map(str::to_owned);
            let value = value.unwrap_or_else(|| {
                format!("{}/{}", truth.text("start").unwrap_or("?"), truth.text("end").unwrap_or("?"))
            });
            format!("{value} {:?}", truth.phrase)
        },
        show: |date| format!("{}/{} {:?}", date.start, date.end, date.place.text),
    }
    .score(out);
}

/// First and last day of an ISO date that may lack its day or month.
fn bounds(date: &str) -> Option<(Date, Date)> {
    let mut parts = date.splitn(3, '-');
    let year: i16 = parts.next()?.parse().ok()?;
    let Some(month) = parts.next() else { return Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?)) };
    let first = Date::new(year, month.parse().ok()?, 1).ok()?;
    let Some(day) = parts.next() else { return Some((first, first.last_of_month())) };
    let day = Date::new(year, first.month(), day.parse().ok()?).ok()?;
    Some((day, day))
}

fn crimes(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    let read: Vec<&crate::reading::Mention> =
        reading.mentions.iter().filter(|mention| mention.kind == "crime").collect();
    let coded = |row: &&Truth| row.text("iccs").is_some();
    // A threat without a code is not asked for, and reading one there is no mistake.
    let uncoded: Vec<&Truth> = truth.iter().filter(|row| row.kind == "threat" && row.text("iccs").is_none()).collect();
    let read: Vec<&crate::reading::Mention> = read
        .into_iter()
        .filter(|mention| !uncoded.iter().any(|row| row.overlaps(mention.place.start, mention.place.end)))
        .collect();
    Rows {
        table: "crime",
        truth: of(truth, "threat").into_iter().filter(coded).collect(),
        read: &read,
        place: |mention| (mention.place.start, mention.place.end),
        same: |truth, mention| truth.text("iccs") == mention.reference.as_deref(),
        show_truth: |truth| format!("{} {:?}", truth.text("iccs").unwrap_or_default(), truth.phrase),
        show: |mention| format!("{} {:?}", mention.reference.clone().unwrap_or_default(), mention.place.text),
    }
    .score(out);
}

struct SegmentRow<'a> {
    place: &'a crate::reading::Place,
    speaker: Option<&'a str>,
    role: Option<&'a str>,
    organisation: Option<&'a str>,
}

fn statements(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    let read: Vec<SegmentRow<'_>> = reading
        .statements
        .iter()
        .flat_map(|statement| {
            statement.segments.iter().map(|place| SegmentRow {
                place,
                speaker: statement.speaker.as_deref(),
                role: statement.role.as_deref(),
                organisation: statement.organisation.as_deref(),
            })
        })
        .collect();
    Rows {
        table: "statement",
        truth: of(truth, "quote"),
        read: &read,
        place: |row| (row.place.start, row.place.end),
        same: |truth, row| {
            let wanted = truth.text("speaker").unwrap_or_default();
            // Who speaks without a name is told by role or organisation.
            [row.speaker, row.role, row.organisation].into_iter().flatten().any(|name| same_name(wanted, name))
        },
        show_truth: |truth| {
            let shown: String = truth.phrase.chars().take(60).collect();
            format!("{} {shown:?}", truth.text("speaker").unwrap_or("?"))
        },
        show: |row| {
            let shown: String = row.place.text.chars().take(60).collect();
            format!("{} {shown:?}", row.speaker.unwrap_or("?"))
        },
    }
    .score(out);
}

/// Whether two names are one: the same words, or the words of one among those of the other.
fn same_name(a: &str, b: &str) -> bool {
    let words = |name: &str| {
        let folded = fold(name);
        let small = [
            "the", "of", "de", "del", "la", "el", "da", "do", "du", "des", "le", "les", "l", "d", "and", "y", "e",
            "et", "for", "s",
        ];
        folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !small.contains(word))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (a, b) = (words(a), words(b));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let inside = |part: &[String], whole: &[String]| part.iter().all(|word| whole.contains(word));
    inside(&a, &b) || inside(&b, &a)
}

fn events(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    let rows: Vec<&Truth> = truth.iter().filter(|row| matches!(row.kind.as_str(), "event" | "operation")).collect();
    let score = out.scores.entry("event").or_default();
    let same = |row: &Truth, event: &crate::reading::Event| {
        let edition = row.number("edition").zip(event.edition).is_none_or(|(a, b)| (a - f64::from(b)).abs() < 0.5);
        let kind = (row.kind == "operation") == (event.kind == "operation");
        kind && edition && event.mentions.iter().any(|mention| row.overlaps(mention.start, mention.end))
    };
    score.truth += u64::try_from(rows.len()).unwrap_or(u64::MAX);
    for row in &rows {
        if reading.events.iter().any(|event| same(row, event)) {
            score.hits += 1;
        } else {
            let what = format!("{} {:?}", row.kind, row.phrase);
            out.misses.push(Miss { table: "event", missing: true, start: row.start, end: row.end, what });
        }
    }
    // An event that was read counts once, however often the text speaks of it; what was found of the truth is
    // right however many rows it answers.
    let right = score.hits;
    let mut wrong = 0;
    for event in &reading.events {
        if rows.iter().any(|row| same(row, event)) {
            continue;
        }
        wrong += 1;
        let (start, end) = event.mentions.first().map_or((0, 0), |mention| (mention.start, mention.end));
        let what = format!("{} {:?} {:?}", event.kind, event.name, event.edition);
        out.misses.push(Miss { table: "event", missing: false, start, end, what });
    }
    if let Some(score) = out.scores.get_mut("event") {
        score.read += right + wrong;
    }
}

/// People, organisations and places: each name once, wherever it stands.
fn named(truth: &[Truth], reading: &Reading, kind: &str, table: &'static str, out: &mut Evaluation) {
    // A document without any row of the kind was not annotated for it.
    if !truth.iter().any(|row| row.kind == kind) {
        return;
    }
    let score = out.scores.entry(table).or_default();
    let mentions: Vec<&crate::reading::Mention> =
        reading.mentions.iter().filter(|mention| mention.kind == kind).collect();
    let rows: Vec<&Truth> = truth.iter().filter(|row| row.kind == kind && row.text("name").is_some()).collect();
    let same = |row: &Truth, mention: &crate::reading::Mention| {
        let overlaps = row.overlaps(mention.place.start, mention.place.end);
        overlaps
            || same_name(row.text("name").unwrap_or_default(), &mention.name)
            || same_name(&row.phrase, &mention.place.text)
    };
    let mut seen: Vec<String> = Vec::new();
    for row in &rows {
        let name = fold(row.text("name").unwrap_or_default());
        if seen.contains(&name) {
            continue;
        }
        seen.push(name.clone());
        score.truth += 1;
        let all: Vec<&&Truth> =
            rows.iter().filter(|other| fold(other.text("name").unwrap_or_default()) == name).collect();
        if all.iter().any(|row| mentions.iter().any(|mention| same(row, mention))) {
            score.hits += 1;
        } else {
            let what = format!("{:?} {:?}", row.text("name").unwrap_or_default(), row.phrase);
            out.misses.push(Miss { table, missing: true, start: row.start, end: row.end, what });
        }
    }
    score.read += score.hits;
    let mut wrong: Vec<String> = Vec::new();
    for mention in mentions {
        let name = fold(&mention.name);
        if wrong.contains(&name) || rows.iter().any(|row| same(row, mention)) {
            continue;
        }
        wrong.push(name);
        score.read += 1;
        let what = format!("{:?} {:?}", mention.name, mention.place.text);
        out.misses.push(Miss { table, missing: false, start: mention.place.start, end: mention.place.end, what });
    }
}
