//! Members of archives as documents of their own, each of which points at the archive that it came in.
//!
//! Members are unpacked one after the other, piece by piece, into the store's archive: memory follows neither their size
//! nor their number. What unpacks to more than a document could is a bomb, and nothing of it is kept.

mod unpack;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt as _;

use quipu_fetch::Sniffed;
use quipu_schema::pipeline::Members;
use quipu_schema::{ErrorKind, Fault, Result};

use crate::concerns_the_source_only;
use crate::guard::{Came, suspicion};
use crate::kind::{Document, Harvest, Job, Parent};
use unpack::{Budget, Form, each};

/// Most members of an archive that are looked at.
const MOST: usize = 100_000;
/// Names that a message tells.
const TOLD: usize = 5;

/// Puts the members that are wanted beside the archives that they came in. An archive that is damaged, encrypted, a bomb, or
/// without a member that is wanted is missing.
///
/// # Errors
/// Those of the store.
pub(crate) fn unpacked(harvest: Harvest, wanted: &Members, job: &Job) -> Result<Harvest> {
    job.landing.settled()?;
    let mut out = Harvest { documents: Vec::new(), ..harvest };
    for mut document in harvest.documents {
        // Members of archives that nobody was asked for are what they were.
        let is_member = matches!(document.parent, Some((Parent::Archive, _)));
        if document.suspect.is_none() && !document.is_container && !is_member {
            match members(&document, wanted, job) {
                Ok(members) => out.documents.extend(members),
                Err(fault) if concerns_the_source_only(fault.kind()) => {
                    // It is not what it is to be, and the next run has to ask for it anew.
                    let digest = &document.archived.digest;
                    job.ledger.doubt(job.pipeline, &job.source.id, (&document.name, digest), fault.message())?;
                    out.missing.push((document.name.clone(), fault));
                }
                Err(fault) => return Err(fault),
            }
            document.is_container = true;
        }
        out.documents.push(document);
    }
    Ok(out)
}

fn members(parent: &Document, wanted: &Members, job: &Job) -> Result<Vec<Document>> {
    let (file, size) = job.archive.open(&parent.archived.digest)?;
    let form = form_of(&parent.name, &file)?;
    let patterns: Vec<glob::Pattern> =
        wanted.members.iter().filter_map(|pattern| glob::Pattern::new(pattern).ok()).collect();
    // `*` stays within a folder, as it does for files.
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let (mut out, mut seen, mut others) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut budget = Budget::new(size, wanted.max_bytes);
    let most = budget.most();
    each(form, file, &parent.name, most, &mut |name, bytes| {
        if seen.len() + others.len() >= MOST {
            return Err(wrong(&parent.name, format!("the archive has more than {MOST} members")));
        }
        let name = shown(name);
        if !patterns.iter().any(|pattern| pattern.matches_with(&name, options)) {
            others.insert(name);
            return Ok(());
        }
        if !seen.insert(name.clone()) {
            return Err(wrong(&parent.name, format!("the archive has two members with the name `{name}`")));
        }
        let full = format!("{}#{name}", parent.name);
        let document = match known(&full, parent, job) {
            Some(document) => document,
            None => member(parent, (&name, full), bytes, &mut budget, job)?,
        };
        out.push(document);
        Ok(())
    })?;
    if out.is_empty() {
        let all: Vec<&str> = others.iter().take(TOLD).map(String::as_str).collect();
        let all = if all.is_empty() { "it has none".to_owned() } else { format!("it has `{}`", all.join("`, `")) };
        let patterns = wanted.members.join("`, `");
        let message = format!("no member of the archive matches `{patterns}`; {all}");
        let help = "`*` stays within one folder; `**/` goes into folders";
        return Err(Fault::new(ErrorKind::Source, message).at(&parent.name).help(help));
    }
    out.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(out)
}

/// A member that came out of the same archive before.
fn known(full: &str, parent: &Document, job: &Job) -> Option<Document> {
    let before = *job.known.get(full)?;
    let same = before.parent == Some(parent.archived.digest) && job.archive.contains(&before.digest);
    same.then(|| Document::kept(before))
}

/// Archives one member: its name in the archive, and that of the document.
fn member(
    parent: &Document,
    (name, full): (&str, String),
    bytes: &mut dyn Read,
    budget: &mut Budget,
    job: &Job,
) -> Result<Document> {
    let mut incoming = job.archive.begin()?;
    let head = budget.copy(bytes, &mut incoming, &full)?;
    if incoming.size() == 0 {
        return Err(wrong(&full, "the member is empty".to_owned()));
    }
    let staged = incoming.stage()?;
    let archived = staged.archived();
    let before = job.known.get(full.as_str()).copied();
    let (size, digest) = (archived.size, archived.digest);
    let came = Came { name, head: &head, size, media_type: None, digest, is_member: true };
    let suspect = suspicion(&came, job.source, before);
    let parent = Some((Parent::Archive, parent.archived.digest));
    let document = Document { suspect, parent, ..Document::of(full, archived) };
    job.landing.land(&document, staged)?;
    Ok(document)
}

/// What sort of archive a file is, by its bytes.
fn form_of(name: &str, file: &File) -> Result<Form> {
    let mut head = vec![0; 512];
    let read = file.read_at(&mut head, 0);
    let read = read
        .map_err(|error| Fault::new(ErrorKind::Storage, "cannot read the archived document").at(name).because(error))?;
    head.truncate(read);
    match Sniffed::of(&head) {
        Sniffed::Zip => Ok(Form::Zip),
        Sniffed::Gzip => Ok(Form::Gzip),
        _ if head.get(257..262) == Some(b"ustar") => Ok(Form::Tar),
        other => {
            let message = format!("the document is no archive but {}", other.word());
            let help = "ZIP, tar, tar.gz and gz are unpacked; leave `[source.archive]` out for other documents";
            Err(Fault::new(ErrorKind::Shape, message).at(name).help(help))
        }
    }
}

/// The path of a member as it is told: without what could lead elsewhere or disturb a screen.
fn shown(name: &str) -> String {
    let parts = name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != "." && *part != "..");
    let path: Vec<&str> = parts.collect();
    path.join("/").chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn wrong(name: &str, message: String) -> Fault {
    Fault::new(ErrorKind::Shape, message).at(name)
}
