//! What became of a document that was changed, judged by the observations that it gives.

use polars::prelude::{DataFrame, DataType};
use quipu_schema::pipeline::Source;
use quipu_transform::{Reference, transform_source};

/// An observation: all that names it, and what it says. Where it was read is left out, and so is a
/// vintage that is the document's digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    /// All columns that name it, but the breakdown.
    pub(crate) key: String,
    pub(crate) breakdown: String,
    /// First day, as days since 1970.
    pub(crate) start: i32,
    /// Value and bounds.
    pub(crate) value: String,
    pub(crate) status: String,
    pub(crate) total: bool,
}

impl Seen {
    /// The year in which it starts.
    pub(crate) fn year(&self) -> i16 {
        let epoch = jiff::civil::date(1970, 1, 1);
        epoch.checked_add(jiff::Span::new().days(i64::from(self.start))).expect("a day").year()
    }

    fn folded(&self, relabel: &[(String, String)]) -> Self {
        let mut breakdown = plain(&self.breakdown);
        for (from, to) in relabel {
            let (from, to) = (plain(from), plain(to));
            breakdown = breakdown
                .split(';')
                .map(|piece| match piece.split_once('=') {
                    Some((name, label)) if label == from => format!("{name}={to}"),
                    _ => piece.to_owned(),
                })
                .collect::<Vec<_>>()
                .join(";");
        }
        Self { breakdown, ..self.clone() }
    }
}

/// A text without case, accents and spaces, with the marks of a breakdown decoded.
pub(crate) fn plain(text: &str) -> String {
    let bare = unaccented(text).to_lowercase().replace('\u{a0}', " ");
    bare.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ;", ";").replace("= ", "=")
}

/// A text whose letters have lost their accents.
pub(crate) fn unaccented(text: &str) -> String {
    let bare = |c: char| match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'Á' | 'À' | 'Â' | 'Ã' | 'Ä' | 'Å' => 'A',
        'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'Í' | 'Ì' | 'Î' | 'Ï' => 'I',
        'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ö' => 'O',
        'Ú' | 'Ù' | 'Û' | 'Ü' => 'U',
        'Ç' => 'C',
        'Ñ' => 'N',
        c => c,
    };
    text.chars().map(bare).collect()
}

/// What a document gave.
#[derive(Debug)]
pub(crate) struct Given {
    /// Its observations, sorted.
    pub(crate) rows: Vec<Seen>,
    /// What went to quarantine: how many values, and all texts that say what and why.
    pub(crate) refused: Vec<(u64, String)>,
    pub(crate) notes: Vec<String>,
}

/// Reads a document as a source does; else the error, as people see it.
pub(crate) fn read(source: &Source, name: &str, bytes: &[u8], reference: &Reference) -> Result<Given, String> {
    let made = transform_source(source, &[(name, bytes)], reference).map_err(|fault| fault.to_string())?;
    assert!(made.tally.balances(), "{}", made.tally);
    let table = |name: &str| &made.tables.iter().find(|(table, _)| table.name == name).expect("table").1;
    let quarantine = table("quarantine");
    let (cells, message, raw) = (quarantine.column("cells"), texts(quarantine, "message"), texts(quarantine, "raw"));
    let cells = cells.expect("cells").u64().expect("numbers");
    let reasons = texts(quarantine, "reason");
    let refused = (0..quarantine.height())
        .map(|row| (cells.get(row).unwrap_or_default(), format!("{}: {} ({})", reasons[row], message[row], raw[row])));
    Ok(Given { rows: rows(table("observation")), refused: refused.collect(), notes: made.notes.clone() })
}

fn texts(frame: &DataFrame, column: &str) -> Vec<String> {
    let column = frame.column(column).expect(column).str().expect("texts");
    column.iter().map(|text| text.unwrap_or_default().to_owned()).collect()
}

fn rows(frame: &DataFrame) -> Vec<Seen> {
    const KEY: [&str; 9] = ["dataset", "indicator", "crime", "ref_area", "freq", "sex", "age", "unit", "vintage"];
    let keys: Vec<Vec<String>> = KEY.iter().map(|name| texts(frame, name)).collect();
    let (breakdowns, statuses) = (texts(frame, "breakdown"), texts(frame, "obs_status"));
    let days = |name: &str| {
        let days = frame.column(name).and_then(|days| days.cast(&DataType::Int32)).expect("days");
        days.i32().expect("days").iter().map(|day| day.expect("a day")).collect::<Vec<i32>>()
    };
    let (starts, ends) = (days("time_start"), days("time_end"));
    let numbers =
        |name: &str| frame.column(name).expect(name).f64().expect("numbers").iter().collect::<Vec<Option<f64>>>();
    let (values, lowers, uppers) = (numbers("value"), numbers("lower"), numbers("upper"));
    let totals = frame.column("is_total").expect("is_total").bool().expect("flags");
    let mut rows: Vec<Seen> = (0..frame.height())
        .map(|row| {
            let mut key = String::new();
            for texts in &keys {
                let text = &texts[row];
                key.push_str(if text.starts_with("sha256:") { "" } else { text });
                key.push('|');
            }
            key.push_str(&format!("{} {}", starts[row], ends[row]));
            let bounds = if lowers[row].is_some() || uppers[row].is_some() {
                format!(" {:?} {:?}", lowers[row], uppers[row])
            } else {
                String::new()
            };
            Seen {
                key,
                breakdown: breakdowns[row].clone(),
                start: starts[row],
                value: values[row].map_or_else(|| "none".to_owned(), |value| value.to_string()) + &bounds,
                status: statuses[row].clone(),
                total: totals.get(row).unwrap_or_default(),
            }
        })
        .collect();
    rows.sort_unstable();
    rows
}

/// What a change may do to the observations without being wrong.
pub(crate) struct Change {
    /// Texts one of which must stand in an error, or in what is refused.
    pub(crate) names: Vec<String>,
    /// Observations that may be gone, because what they were read from is.
    pub(crate) gone: Box<dyn Fn(&Seen) -> bool>,
    /// Observations that may be new, because the file now says them.
    pub(crate) new: Box<dyn Fn(&Seen) -> bool>,
    /// Labels that are other texts now.
    pub(crate) relabelled: Vec<(String, String)>,
    /// Whether a status may be another: the mark behind a number says so.
    pub(crate) status: bool,
    /// Why no reader of this file alone could tell, where none could.
    pub(crate) untold: Option<&'static str>,
}

impl Change {
    /// A change after which the observations must be the same, or an error name one of these.
    pub(crate) fn named<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).filter(|name: &String| !name.trim().is_empty()).collect(),
            gone: Box::new(|_| false),
            new: Box::new(|_| false),
            relabelled: Vec::new(),
            status: false,
            untold: None,
        }
    }

    pub(crate) fn gone(self, gone: impl Fn(&Seen) -> bool + 'static) -> Self {
        Self { gone: Box::new(gone), ..self }
    }

    pub(crate) fn gives(self, new: impl Fn(&Seen) -> bool + 'static) -> Self {
        Self { new: Box::new(new), ..self }
    }

    fn is_named_in(&self, text: &str) -> bool {
        let text = plain(text);
        // Messages cut long labels short.
        let long = |name: &str| name.chars().count() > 40 && text.contains(&name.chars().take(40).collect::<String>());
        self.names.iter().map(|name| plain(name)).any(|name| text.contains(&name) || long(&name))
    }
}

/// What became of a changed document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The same observations.
    Same,
    /// The same values; labels that are kept as printed are printed otherwise.
    Printed,
    /// The same values, and what is new is marked as a total, published as what it is, refused or noted.
    Noted,
    /// Other values, and a remark that names the change: the file may mean it so.
    Told,
    /// Some values are in quarantine, for a reason that names the change; all others are the same.
    Held,
    /// An error that names the change.
    Stopped,
    /// Nobody could tell from the file alone.
    Untold,
    /// An error that does not name the change.
    Unnamed,
    /// Other values, in silence.
    Wrong,
}

impl Outcome {
    pub(crate) const ALL: [(Self, char, &'static str); 9] = [
        (Self::Same, '=', "same"),
        (Self::Printed, '~', "same values, label as printed"),
        (Self::Noted, '+', "same, and the new noted"),
        (Self::Told, 't', "other values, told in a remark"),
        (Self::Held, 'q', "part in quarantine, named"),
        (Self::Stopped, 's', "stopped, named"),
        (Self::Untold, 'u', "cannot be told from the file"),
        (Self::Unnamed, '?', "stopped or refused, UNNAMED"),
        (Self::Wrong, 'X', "WRONG"),
    ];

    pub(crate) fn sign(self) -> char {
        Self::ALL.iter().find(|(outcome, ..)| *outcome == self).map_or(' ', |(_, sign, _)| *sign)
    }
}

/// Judges what a changed document gave, beside what it gave before; with a word on why.
pub(crate) fn judge(before: &Given, after: &Result<Given, String>, change: &Change, adds: bool) -> (Outcome, String) {
    let after = match after {
        Err(message) if change.is_named_in(message) => return (Outcome::Stopped, message.clone()),
        Err(message) => return (Outcome::Unnamed, format!("none of {:?} in: {message}", change.names)),
        Ok(after) => after,
    };
    let refused = |given: &Given| given.refused.iter().map(|(cells, _)| cells).sum::<u64>();
    let more = refused(after).saturating_sub(refused(before));
    if before.rows == after.rows {
        let outcome = if more > 0 || after.notes.len() > before.notes.len() { Outcome::Noted } else { Outcome::Same };
        return (outcome, String::new());
    }
    let fold = |rows: &[Seen], relabel: &[(String, String)]| {
        let mut rows: Vec<Seen> = rows.iter().map(|row| row.folded(relabel)).collect();
        rows.sort_unstable();
        rows
    };
    let (old, new) = (fold(&before.rows, &change.relabelled), fold(&after.rows, &[]));
    if old == new {
        return (Outcome::Printed, String::new());
    }
    let (mut lost, mut found) = differences(&old, &new);
    if change.status {
        pair(&mut lost, &mut found);
    }
    lost.retain(|row| !(change.gone)(row));
    found.retain(|row| !(change.new)(row));
    let named = || after.refused.iter().any(|(_, text)| change.is_named_in(text));
    if found.is_empty() && lost.is_empty() {
        return (Outcome::Noted, String::new());
    }
    if change.untold.is_some() {
        return (Outcome::Untold, String::new());
    }
    let show = || {
        format!(
            "{} lost, such as {:?}; {} new, such as {:?}; {more} more refused, such as {:?}",
            lost.len(),
            lost.first(),
            found.len(),
            found.first(),
            after.refused.last()
        )
    };
    let held = if adds { short(&lost, &found, more) } else { found.is_empty() && lost.len() as u64 <= more };
    match (held, held && named()) {
        (true, true) => (Outcome::Held, show()),
        (false, _) if after.notes.iter().any(|note| !before.notes.contains(note) && change.is_named_in(note)) => {
            (Outcome::Told, show())
        }
        (true, false) => (Outcome::Unnamed, format!("none of {:?} in: {}", change.names, show())),
        _ => (Outcome::Wrong, show()),
    }
}

/// What stands in one only, of two sorted lists.
fn differences(old: &[Seen], new: &[Seen]) -> (Vec<Seen>, Vec<Seen>) {
    let (mut lost, mut found, mut a, mut b) = (Vec::new(), Vec::new(), 0, 0);
    while a < old.len() || b < new.len() {
        match (old.get(a), new.get(b)) {
            (Some(one), Some(other)) if one == other => (a, b) = (a + 1, b + 1),
            (Some(one), other) if other.is_none_or(|other| one < other) => {
                lost.push(one.clone());
                a += 1;
            }
            (_, Some(other)) => {
                found.push(other.clone());
                b += 1;
            }
            _ => break,
        }
    }
    (lost, found)
}

/// Takes out what differs in its status alone.
fn pair(lost: &mut Vec<Seen>, found: &mut Vec<Seen>) {
    lost.retain(|row| {
        let like = |other: &Seen| Seen { status: row.status.clone(), ..other.clone() } == *row;
        match found.iter().position(like) {
            Some(at) => {
                found.swap_remove(at);
                false
            }
            None => true,
        }
    });
}

/// Whether sums fall short of what they were by no more than records were refused (a record may count
/// a few).
fn short(lost: &[Seen], found: &[Seen], refused: u64) -> bool {
    let value = |row: &Seen| row.value.parse::<f64>().unwrap_or_default();
    let mut missing = 0.0;
    for row in lost {
        let now = found.iter().find(|other| other.key == row.key && other.breakdown == row.breakdown);
        missing += value(row) - now.map_or(0.0, value);
    }
    let all_known = found.iter().all(|row| {
        lost.iter().any(|other| other.key == row.key && other.breakdown == row.breakdown && value(row) <= value(other))
    });
    all_known && missing > 0.0 && missing <= refused as f64 * 3.0
}
