//! From the documents of a source to its tables: reader, interpreter, contract.

use std::fs::File;

use polars::prelude::DataFrame;
use quipu_readers::Content;
use quipu_schema::pipeline::{Interpreter, Reader, Source};
use quipu_schema::table::{self, Table};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{Edition, Found, Part, Store};

use crate::codes::Reference;
use crate::document::{self, DocumentRow};
use crate::input::Input;
use crate::observe::Destination;
use crate::{checks, observe, quarantine, report, rows};

/// What one source gives.
#[derive(Debug)]
pub struct Transformed {
    /// Its tables.
    pub tables: Vec<(&'static Table, DataFrame)>,
    /// The tables that are written already, because they may be too large for memory.
    pub written: Vec<Part>,
    /// The documents that were read.
    pub documents: Vec<Digest>,
    /// The account.
    pub tally: Tally,
    /// What was detected, for people.
    pub notes: Vec<String>,
    /// What keeps it from being published, where a statistical check does.
    pub blocked: Option<Fault>,
    /// What the statistical checks found, for people.
    pub findings: Vec<Found>,
    /// What is refused most, for people.
    examples: String,
}

/// Documents up to this size are read at once; larger ones in pieces, where their format allows it.
const AT_ONCE: u64 = 32 << 20;

/// The bytes of an archived document.
enum Bytes {
    Memory(Vec<u8>),
    File(File, u64),
}

/// Reads the archived editions of a source's documents: what is current together, each earlier
/// edition on its own, so that what a publisher has replaced cannot keep what stands there now from
/// being read. The first result is what is current. Observations go `into` a store as table files
/// where one is given, else into memory.
///
/// # Errors
/// Those of [`transform_source`] for what is current; an archive that is damaged.
pub fn remake(
    store: &Store,
    source: &Source,
    editions: &[Edition],
    reference: &Reference,
    into: Option<&Store>,
) -> Result<Vec<Transformed>> {
    let destination = into.map_or(Destination::Memory, Destination::Store);
    make(store, source, editions, reference, destination, transform)
}

/// As [`remake`] into memory, whatever the contract says: to look at what keeps a source from being
/// published.
pub(crate) fn attempt(
    store: &Store,
    source: &Source,
    editions: &[Edition],
    reference: &Reference,
) -> Result<Vec<Transformed>> {
    make(store, source, editions, reference, Destination::Memory, interpret)
}

/// What reads the documents that belong together.
type Transform = fn(&Source, &[Input<'_>], &Reference, Destination<'_>) -> Result<Transformed>;

fn make(
    store: &Store,
    source: &Source,
    editions: &[Edition],
    reference: &Reference,
    destination: Destination<'_>,
    transform: Transform,
) -> Result<Vec<Transformed>> {
    let archive = store.archive();
    let mut contents: Vec<(&Edition, Bytes)> = Vec::new();
    let mut notes = Vec::new();
    for edition in editions {
        let capture = &edition.capture;
        if let Some((other, _)) = contents.iter().find(|(other, _)| other.capture.digest == capture.digest) {
            notes.push(format!("{} holds the same bytes as {} and is read once", capture.name, other.capture.name));
            continue;
        }
        let bytes = if capture.size <= AT_ONCE {
            Bytes::Memory(archive.read(&capture.digest)?)
        } else {
            let (file, length) = archive.open(&capture.digest)?;
            Bytes::File(file, length)
        };
        contents.push((edition, bytes));
    }
    let mut inputs: Vec<Input<'_>> = Vec::new();
    for (edition, bytes) in &contents {
        let content = match bytes {
            Bytes::Memory(bytes) => Content::Memory(bytes),
            Bytes::File(file, length) => Content::File { file, length: *length },
        };
        let (name, digest) = (edition.capture.name.as_str(), edition.capture.digest);
        inputs.push(Input { name, digest, content, earlier: edition.earlier, suffix: None });
    }
    let suffixes = vintage_suffixes(source, &inputs, reference);
    for (input, suffix) in inputs.iter_mut().zip(&suffixes) {
        input.suffix = suffix.as_deref();
    }
    let (current, earlier): (Vec<Input<'_>>, Vec<Input<'_>>) = inputs.into_iter().partition(|input| input.earlier == 0);
    let mut transformed = transform(source, &current, reference, destination)?;
    let mut of_earlier = Vec::new();
    for input in earlier {
        match transform(source, &[input], reference, destination) {
            Ok(made) => of_earlier.push(made),
            Err(fault) => notes.push(format!("an earlier edition is left out: {fault}")),
        }
    }
    transformed.notes.extend(notes);
    of_earlier.insert(0, transformed);
    Ok(of_earlier)
}

/// What stands behind the vintage of each document's rows, so that editions which state the same
/// vintage are told apart and nothing that was revised without a word is overwritten.
fn vintage_suffixes(source: &Source, inputs: &[Input<'_>], reference: &Reference) -> Vec<Option<String>> {
    let (Interpreter::Observe(mapping), Reader::Cells(layout)) = (&source.interpreter, &source.reader) else {
        return vec![None; inputs.len()];
    };
    if inputs.iter().all(|input| input.earlier == 0) {
        return vec![None; inputs.len()];
    }
    let stated: Vec<Option<String>> =
        inputs.iter().map(|input| observe::stated_vintage(source, layout, mapping, input, reference)).collect();
    let suffix = |(input, own): (&Input<'_>, &Option<String>)| {
        // A vintage that differs from row to row may be that of a later edition.
        let later =
            inputs.iter().zip(&stated).filter(|(other, _)| other.name == input.name && other.earlier < input.earlier);
        let shared = own
            .as_ref()
            .map_or(input.earlier > 0, |own| later.into_iter().any(|(_, stated)| stated.as_ref() == Some(own)));
        shared.then(|| format!("~{}", input.digest.short()))
    };
    inputs.iter().zip(&stated).map(suffix).collect()
}

/// Reads documents (name and bytes) as a source of a pipeline would, without a store.
///
/// # Errors
/// Those of the source's reader and interpreter, and a contract that blocks publishing.
pub fn transform_source(source: &Source, documents: &[(&str, &[u8])], reference: &Reference) -> Result<Transformed> {
    let inputs: Vec<Input<'_>> = documents
        .iter()
        .map(|(name, bytes)| Input {
            name,
            digest: Digest::of(bytes),
            content: Content::Memory(bytes),
            earlier: 0,
            suffix: None,
        })
        .collect();
    transform(source, &inputs, reference, Destination::Memory)
}

fn transform(
    source: &Source,
    inputs: &[Input<'_>],
    reference: &Reference,
    destination: Destination<'_>,
) -> Result<Transformed> {
    let made = interpret(source, inputs, reference, destination)?;
    hold_to_contract(source, &made.tally, &made.examples)?;
    match made.blocked {
        Some(fault) => Err(fault),
        None => Ok(made),
    }
}

/// What a source gives, whatever its contract says of it.
fn interpret(
    source: &Source,
    inputs: &[Input<'_>],
    reference: &Reference,
    destination: Destination<'_>,
) -> Result<Transformed> {
    let mut documents: Vec<DocumentRow> = Vec::new();
    let mut written = Vec::new();
    let mut findings = Vec::new();
    let mut examples = String::new();
    let (mut tables, tally, notes) = match (&source.interpreter, &source.reader) {
        (Interpreter::Observe(mapping), Reader::Cells(options)) => {
            let observed = observe::read(source, options, mapping, inputs, reference, destination)?;
            let table = definition("observation")?;
            examples = quarantine::examples(&observed.rejected);
            let rejected = quarantine::to_frame(&source.id, table, &observed.rejected)?;
            findings = observed.findings;
            let found = (definition("finding")?, checks::frame(&findings)?);
            let mut tables = vec![(definition("quarantine")?, rejected), found];
            match destination {
                Destination::Memory => tables.insert(0, (table, observed.frame)),
                Destination::Store(_) => written.extend(observed.part),
            }
            (tables, observed.tally, observed.notes)
        }
        (Interpreter::Rows(mapping), Reader::Cells(options)) => {
            let listed = rows::read(source, options, mapping, inputs, reference)?;
            let rejected = quarantine::to_frame(&source.id, mapping.table, &listed.rejected)?;
            examples = quarantine::examples(&listed.rejected);
            (vec![(mapping.table, listed.frame), (definition("quarantine")?, rejected)], listed.tally, listed.notes)
        }
        (Interpreter::Report, _) => {
            let (mut rows, mut tally, mut notes) = (report::Rows::default(), Tally::default(), Vec::new());
            for input in inputs {
                let (origin, reading) = report::read(source, input.name, &input.digest, &input.bytes()?)?;
                tally.add(&reading.tally);
                notes.extend(reading.notes.iter().map(|note| format!("{}: {note}", input.name)));
                rows.add(&origin, reading);
                documents.push(origin.document);
            }
            let frames: Result<Vec<_>> =
                report::FRAMES.iter().map(|(name, frame)| Ok((definition(name)?, frame(&rows)?))).collect();
            (frames?, tally, notes)
        }
        _ => return Err(Fault::bug(format!("source `{}` has a reader that its interpreter does not take", source.id))),
    };
    if documents.is_empty() {
        documents.extend(
            inputs.iter().map(|input| DocumentRow::of_table(source, input.name, &input.digest, input.content.length())),
        );
    }
    tables.push((definition("document")?, document::document_frame(&documents)?));
    if !tally.balances() {
        return Err(Fault::bug(format!("the account of source `{}` does not balance: {tally}", source.id)));
    }
    let documents = inputs.iter().map(|input| input.digest).collect();
    let account = checks::account(&findings);
    let blocked = checks::hold(source, &findings).err();
    Ok(Transformed { tables, written, documents, tally, notes, findings: account, blocked, examples })
}

fn definition(name: &str) -> Result<&'static Table> {
    table::find(name).ok_or_else(|| Fault::bug(format!("no table `{name}`")))
}

/// Whether enough was published and not too much refused; `examples` say what was.
fn hold_to_contract(source: &Source, tally: &Tally, examples: &str) -> Result<()> {
    let place = format!("source `{}`", source.id);
    let refused = tally.quarantined_total();
    let share = if tally.read == 0 { 0.0 } else { refused as f64 / tally.read as f64 };
    if share > source.expect.quarantine_max {
        let reasons: Vec<String> = tally.quarantined.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        let (reasons, most) = (reasons.join(", "), source.expect.quarantine_max * 100.0);
        return Err(Fault::new(
            ErrorKind::Contract,
            format!(
                "{refused} of {} values would go to quarantine ({reasons}), more than the {most} % allowed: {examples}",
                tally.read
            ),
        )
        .at(place)
        .help("mend the mapping or the code lists; or raise `quarantine_max` in the source's `expect` table, with a reason"));
    }
    if let Some(most) = source.expect.quarantine_rows_max.filter(|most| refused > *most) {
        return Err(Fault::new(
            ErrorKind::Contract,
            format!("{refused} values would go to quarantine, more than the {most} allowed: {examples}"),
        )
        .at(place)
        .help(
            "mend the mapping or the code lists; or raise `quarantine_rows_max` in the source's `expect` table, with a reason",
        ));
    }
    if let Some(most) = source.expect.rows_max.filter(|most| tally.published > *most) {
        return Err(Fault::new(
            ErrorKind::Contract,
            format!("{} rows would be published, more than the {most} expected", tally.published),
        )
        .at(place)
        .help("look at what the source delivers now; `rows_max` in the source's `expect` table sets the limit"));
    }
    let prose = matches!(source.interpreter, Interpreter::Report);
    if tally.published < source.expect.rows_min && !prose {
        let left_out: Vec<String> =
            tally.ignored.iter().map(|(rule, values)| format!("{values} left out by `{rule}`")).collect();
        let left_out = if left_out.is_empty() { String::new() } else { format!(" ({})", left_out.join(", ")) };
        return Err(Fault::new(
            ErrorKind::Contract,
            format!(
                "{} rows would be published, fewer than the {} expected{left_out}",
                tally.published, source.expect.rows_min
            ),
        )
        .at(place)
        .help("look at what the source delivers now; `rows_min` in the source's `expect` table sets the limit"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use quipu_schema::pipeline::Pipeline;

    use super::*;

    fn made(mapping: &str, rules: &str, csv: &str) -> Result<Transformed> {
        let text = format!(
            "[pipeline]\nname = \"p\"\nreference = \"r\"\n[[source]]\nid = \"a\"\nfile = \"a\"\n{mapping}\n{rules}\n"
        );
        let pipeline = Pipeline::parse(Path::new("p.toml"), &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/reference");
        transform_source(&pipeline.sources[0], &[("a.csv", csv.as_bytes())], &Reference::load(&lists)?)
    }

    const CHECKS: &str = "[source.rows]\ntable = \"check\"\n[source.rows.columns]\ncheck_id = { column = \"id\" }\n\
        key_kind = \"vin\"\nkey_raw = { column = \"vin\" }\nissuer = { column = \"from\", codes = \"area\" }\n\
        purpose = \"border-control\"\nasked_by = \"UY\"\nbirth_date = { column = \"born\" }\n";

    #[test]
    fn limits_block_rows_of_every_kind() {
        let observed = "[source.observe]\ndataset = \"D\"\nindicator = \"offences-recorded\"\nunit = \"offence\"\n\
            ref_area = { column = \"p\", codes = \"area\" }\nperiod = { year = { column = \"y\" } }\nvalues = \"n\"\n";
        let observations = "p,y,n\nMEX,2019,1\nPER,2019,many\nCHL,2019,3\n";
        let checks = "id,vin,from,born\n1,A,MEX,2001-02-03\n2,B,PER,soon\n3,C,CHL,2001-02-03\n";
        for (mapping, csv) in [(observed, observations), (CHECKS, checks)] {
            let with =
                |limits: &str| made(mapping, &format!("[source.expect]\nquarantine_max = \"50 %\"\n{limits}"), csv);
            assert!(with("rows_min = 2\nrows_max = 2\nquarantine_rows_max = 1").is_ok());
            for (limit, said) in [
                ("rows_max = 1", "2 rows would be published, more than the 1 expected"),
                ("rows_min = 3", "2 rows would be published, fewer than the 3 expected"),
                ("quarantine_rows_max = 0", "1 values would go to quarantine, more than the 0 allowed"),
            ] {
                let fault = with(limit).expect_err(limit);
                assert_eq!(fault.kind(), ErrorKind::Contract);
                assert!(fault.message().starts_with(said), "{}", fault.message());
                assert!(fault.advice().is_some_and(|help| help.contains("`expect`")));
            }
        }
    }

    #[test]
    fn values_and_periods_are_held_to_what_is_expected() {
        let mapping = "[source.observe]\ndataset = \"D\"\nindicator = \"offences-recorded\"\nunit = \"offence\"\n\
            ref_area = { column = \"p\", codes = \"area\" }\nperiod = { year = { column = \"y\" } }\nvalues = \"n\"\n";
        let csv = "p,y,n\nMEX,2019,1\nPER,2019,7\nCHL,2019,-3\nMEX,2020,2.5\n";
        let with = |limits: &str| made(mapping, &format!("[source.expect]\nquarantine_max = \"50 %\"\n{limits}"), csv);
        let refused = |limits: &str| {
            let tally = with(limits).unwrap_or_else(|fault| panic!("{fault}")).tally;
            tally.quarantined.get(quipu_schema::quarantine::Reason::OutOfRange.code()).copied().unwrap_or_default()
        };
        assert_eq!((refused(""), refused("value_min = 0"), refused("value_min = 0\nvalue_max = 2.5")), (0, 1, 2));
        let message = |limits: &str| with(limits).expect_err(limits).message().to_owned();
        assert_eq!(
            message("rows_per_period_min = 2"),
            "the period 2020-01-01 to 2020-12-31 would have 1 rows, fewer than the 2 expected per period"
        );
        assert!(message("rows_per_period_max = 2").contains("2019-12-31 would have 3 rows, more than the 2 expected"));
        assert!(with("rows_per_period_min = 1\nrows_per_period_max = 3").is_ok());
    }

    #[test]
    fn the_contract_decides_what_a_change_does_to_rows() {
        let csv = "id,vin,from,born,new\n1,A,MEX,2001-02-03,x\n2,B,Atlantis,2001-02-03,x\n3,C,CHL,soon,x\n";
        let with = |contract: &str| {
            made(CHECKS, &format!("[source.contract]\n{contract}\n[source.expect]\nquarantine_max = \"100 %\"\n"), csv)
        };
        let account = |contract: &str| {
            let tally = with(contract).unwrap_or_else(|fault| panic!("{fault}")).tally;
            assert!(tally.balances(), "{tally}");
            (tally.published, tally.quarantined_total(), tally.ignored_total())
        };
        assert_eq!(with("").expect_err("a new column").kind(), ErrorKind::Shape);
        assert_eq!(account("column = \"evolve\""), (1, 2, 0));
        assert_eq!(account("column = \"discard-value\""), (1, 2, 3));
        assert_eq!(account("column = \"evolve\"\ncode = \"discard-value\""), (2, 2, 0));
        assert_eq!(account("column = \"evolve\"\ntype = \"discard-value\"\ncode = \"discard-value\""), (3, 2, 0));
        for thing in ["type", "code"] {
            let fault = with(&format!("column = \"evolve\"\n{thing} = \"freeze\"")).expect_err(thing);
            assert_eq!(fault.kind(), ErrorKind::Shape);
            assert!(fault.to_string().contains(&format!("freezes `{thing}`")), "{fault}");
        }
    }
}
