//! Inspecting a publication that no pipeline file describes yet: what its tables are, column by column,
//! with the evidence; and a first pipeline file that reads it.
//!
//! Nothing here is used when a source is read: a draft is a pipeline file like any other, and whoever
//! runs it can read in it all that was guessed. What a draft does is not supposed but tried: the file
//! is read by it before it is handed out.

mod ages;
mod body;
mod draft;
mod head;
mod lists;
mod measures;
mod print;
mod profile;
mod sums;
mod table;
mod toml_text;
mod when;
mod words;

use std::path::Path;

use quipu_readers::{Content, Limits, Sample};
use quipu_schema::pipeline::{Interpreter, Pipeline, Reader, Source};
use quipu_schema::{Digest, ErrorKind, Fault, Result};

pub use draft::Naming;
pub use print::{json, text};

use crate::codes::Reference;
use crate::input::Input;
use crate::observe;
use crate::observe::value::Markers;
use crate::quarantine::Rejected;
use draft::Needs;
use table::Table;

/// Most sources that a draft has.
const SOURCES: usize = 8;
/// Largest document by which a draft is tried as a whole, in bytes.
const TRIED: u64 = 64 << 20;

/// A name of a pipeline or source for a document of this name.
pub fn slug_of(name: &str) -> String {
    let slug = toml_text::slug(name, '-');
    if slug.is_empty() { "publication".to_owned() } else { slug }
}

/// What was found out about a document.
#[derive(Debug)]
pub struct Inspection {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub length: u64,
    /// Its tables, as far as they were looked at, each with what it was understood to be.
    tables: Vec<(Sample, Option<Table>)>,
    /// How many rows of each table were looked at.
    heights: Vec<usize>,
}

/// A pipeline file for a document, and what it does.
#[derive(Debug)]
pub struct Draft {
    /// The text of the pipeline file.
    pub text: String,
    /// What each of its sources does with the document.
    pub tried: Vec<Tried>,
}

/// What a source of a draft does with the document.
#[derive(Debug)]
pub struct Tried {
    /// The source.
    pub source: String,
    /// The table that it was drafted for.
    pub table: String,
    /// Whether all of the document was read by it, or its start only.
    pub whole: bool,
    /// Values read, published, refused, left out by rule; or why it cannot be read.
    pub outcome: std::result::Result<quipu_schema::tally::Tally, String>,
    /// The first values that are refused, each with its place.
    pub refused: Vec<String>,
}

/// Looks at a document.
///
/// # Errors
/// A document that no reader reads, or in which nothing is like a table of figures.
pub fn inspect(name: &str, content: Content<'_>, reference: &Reference) -> Result<Inspection> {
    let samples = quipu_readers::sample(content, &Limits::default()).map_err(|fault| fault.at(name))?;
    let markers = Markers::new(&quipu_schema::pipeline::Layout::default(), reference);
    let heights = samples.iter().map(|sample| sample.rows.len()).collect();
    let mut tables = Vec::new();
    for mut sample in samples {
        let table = table::understand(&sample, name, &markers, reference);
        sample.rows.truncate(8);
        tables.push((sample, table));
    }
    Ok(Inspection { name: name.to_owned(), length: content.length(), tables, heights })
}

impl Inspection {
    /// Tables that figures can be drafted from, one for each header, the largest of those that share it.
    fn drafted(&self) -> Vec<(&Sample, &Table, bool)> {
        let mut found: Vec<(&Sample, &Table, bool)> = Vec::new();
        for (sample, table) in &self.tables {
            let Some(table) = table else { continue };
            let figures = table.when.is_some() || !table.of_role(&table::Role::Value).is_empty();
            let read = table.measures.iter().any(|measure| measure.left.is_none());
            let counted = table.of_role(&table::Role::Value).is_empty();
            if !figures
                || !read
                || table.body_rows == 0
                || (counted && table.when.as_ref().is_none_or(|when| when.guessed))
            {
                continue;
            }
            match found.iter_mut().find(|(_, other, _)| other.header.names == table.header.names) {
                Some(held) => {
                    held.2 = true;
                    if table.body_rows > held.1.body_rows {
                        (held.0, held.1) = (sample, table);
                    }
                }
                None => found.push((sample, table, false)),
            }
        }
        found
    }

    /// Writes a pipeline file for the document. `file` is where it is going to lie.
    ///
    /// # Errors
    /// A document without a table of figures; a draft that is no right pipeline file, which is a bug.
    pub fn draft(&self, naming: &Naming, file: &Path, content: Content<'_>, reference: &Reference) -> Result<Draft> {
        let mut tables = self.drafted();
        if tables.is_empty() {
            return Err(Fault::new(ErrorKind::Shape, "nothing like a table of figures is found: no values with a period")
                .at(&self.name)
                .help("look at what was detected; records and checks are read with `[source.rows]`, prose with `[source.report]`"));
        }
        tables.truncate(SOURCES);
        let several = tables.len() > 1;
        let mut sections: Vec<(String, Tried)> = Vec::new();
        for (number, (sample, table, shared)) in tables.into_iter().enumerate() {
            let id = if several { format!("{}-{}", naming.name, number + 1) } else { naming.name.clone() };
            let mut needs = Needs { only: several && !shared, ..Needs::default() };
            let mut outcome = None;
            for _ in 0..3 {
                let section = draft::source(table, sample, naming, &id, &needs);
                let whole = format!("{}{section}", draft::head(naming, &self.name));
                let pipeline = parse(file, &whole, reference)?;
                let source = pipeline.source(&id).ok_or_else(|| Fault::bug("a draft without its source"))?;
                let (attempt, more) = self.attempt(source, sample, table, content, reference, &needs);
                outcome = Some((section, attempt));
                let again = more.header != needs.header;
                let settled = more == needs;
                needs = more;
                if settled {
                    break;
                }
                // How much may be refused changes nothing of what is read.
                if !again && let Some((section, _)) = &mut outcome {
                    *section = draft::source(table, sample, naming, &id, &needs);
                    break;
                }
            }
            let (section, attempt) = outcome.ok_or_else(|| Fault::bug("a draft that was not tried"))?;
            sections.push((section, attempt));
        }
        // Of several tables those are drafted that are figures; of one, what there is.
        let good = |tried: &Tried| tried.outcome.as_ref().is_ok_and(|tally| tally.published * 2 > tally.read);
        if sections.iter().any(|(_, tried)| good(tried)) {
            sections.retain(|(_, tried)| good(tried));
        } else {
            sections
                .sort_by_key(|(_, tried)| std::cmp::Reverse(tried.outcome.as_ref().map_or(0, |tally| tally.published)));
            sections.truncate(1);
        }
        let mut text = draft::head(naming, &self.name);
        let mut tried = Vec::new();
        for (section, attempt) in sections {
            text.push_str(&section);
            tried.push(attempt);
        }
        parse(file, &text, reference)?;
        Ok(Draft { text, tried })
    }

    /// Reads the document by a drafted source; tells what the draft needs beyond what it has.
    fn attempt(
        &self,
        source: &Source,
        sample: &Sample,
        table: &Table,
        content: Content<'_>,
        reference: &Reference,
        needs: &Needs,
    ) -> (Tried, Needs) {
        let whole = content.length() <= TRIED;
        let mut tried = Tried {
            source: source.id.clone(),
            table: sample.title.clone(),
            whole,
            outcome: Err(format!("not tried: the document is larger than {} MiB", TRIED >> 20)),
            refused: Vec::new(),
        };
        let mut more = needs.clone();
        let (Interpreter::Observe(observe), Reader::Cells(layout)) = (&source.interpreter, &source.reader) else {
            return (tried, more);
        };
        // Of large delimited text the start is enough to see what the draft does.
        let part = if whole {
            content.all(&Limits::default())
        } else if sample.delimiter.is_some() {
            content.range(0, sample.start)
        } else {
            return (tried, more);
        };
        let Ok(part) = part else { return (tried, more) };
        let part = Content::Memory(&part);
        let wanted = observe::wanted(observe);
        let found = quipu_readers::open(part, layout, &wanted, &Limits::default(), &self.name);
        if let Ok(found) = &found {
            let own = found.iter().find(|found| found.title == sample.title);
            if own.is_none_or(|own| own.header.line != table.header.line) && needs.header.is_none() {
                more.header = Some(table.header.line);
            }
        }
        drop(found);
        let input = Input { name: &self.name, digest: Digest::of([]), content: part, earlier: 0, suffix: None };
        match observe::read(source, layout, observe, &[input], reference, observe::Destination::Memory) {
            Ok(observed) => {
                let refused = observed.tally.quarantined_total();
                let percent = refused * 100 / observed.tally.read.max(1);
                if refused as f64 > observed.tally.read as f64 * source.expect.quarantine_max {
                    more.quarantine = Some((percent + 5).min(100));
                }
                tried.refused = observed.rejected.iter().take(5).map(told).collect();
                tried.outcome = Ok(observed.tally);
            }
            Err(fault) => tried.outcome = Err(fault.to_string()),
        }
        (tried, more)
    }
}

fn told(rejected: &Rejected) -> String {
    format!("{}: {} at {}", rejected.reason, rejected.message, rejected.locator)
}

fn parse(file: &Path, text: &str, reference: &Reference) -> Result<Pipeline> {
    let wrong = |problems: &[quipu_schema::pipeline::Problem]| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Fault::bug(format!("the draft is no right pipeline file:\n{}", problems.join("\n")))
    };
    let pipeline = Pipeline::parse(file, text).map_err(|problems| wrong(&problems))?;
    let dangling = reference.dangling(&pipeline);
    if dangling.is_empty() { Ok(pipeline) } else { Err(wrong(&dangling)) }
}
