//! Objects of an object store: one by its key, or several by a glob.
//!
//! A list of the bucket tells the version of every object, so that what is known costs no further request. Objects go the
//! way of all documents: small ones in memory, large ones into a file that a later run goes on with where the object is still
//! of the version that it was.

mod connect;

use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{Attribute, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore as _, ObjectStoreExt as _};
use quipu_fetch::Sink as _;
use quipu_schema::pipeline::ObjectSource;
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_store::{Archived, Capture};
use reqwest::Url;
use tokio::time::{Instant, timeout};

use self::connect::{Opened, fault, open};
use super::incoming::{Arrived, Incoming};
use super::{Document, Fetch, Harvest, Job};
use crate::concerns_the_source_only;
use crate::guard::{self, suspicion, unpinned};

/// Objects of one source that are under way: no more than a host lets in, because requests are signed before they wait for
/// their turn, and a signature grows old.
const AT_A_TIME: usize = 4;
/// Most objects of a list that match nothing, for each one that may.
const BESIDES: u64 = 100;
/// Most notes on single objects.
const TOLD: u64 = 10;

impl Fetch for ObjectSource {
    fn word(&self) -> &'static str {
        "object"
    }

    fn fetch(&self, job: &Job) -> Result<Harvest> {
        job.runtime.block_on(Bucket { source: self, opened: open(self, job.fetcher)?, job }.all())
    }
}

/// An object that is wanted.
struct Wanted {
    name: String,
    url: Url,
    meta: ObjectMeta,
}

struct Bucket<'a> {
    source: &'a ObjectSource,
    opened: Opened,
    job: &'a Job<'a>,
}

impl Bucket<'_> {
    async fn all(&self) -> Result<Harvest> {
        let mut harvest = Harvest::default();
        let wanted = self.wanted(&mut harvest).await?;
        self.job.progress.begin("objects", Some(wanted.len() as u64));
        let orders = wanted.iter().enumerate().map(|(at, wanted)| async move {
            let document = self.one(wanted).await;
            self.job.progress.advance(1);
            (at, document)
        });
        let mut came: Vec<_> = futures_util::stream::iter(orders).buffer_unordered(AT_A_TIME).collect().await;
        self.job.progress.end();
        came.sort_unstable_by_key(|(at, _)| *at);
        for ((_, document), wanted) in came.into_iter().zip(wanted) {
            match document {
                Ok(document) => harvest.documents.push(document),
                Err(fault) if concerns_the_source_only(fault.kind()) => harvest.missing.push((wanted.name, fault)),
                Err(fault) => return Err(fault),
            }
        }
        Ok(harvest)
    }

    /// The address of a key, for people.
    fn name(&self, key: &str) -> String {
        format!("{}://{}/{key}", self.source.service.scheme(), self.source.bucket)
    }

    fn wants(&self, key: &str, meta: ObjectMeta) -> Result<Wanted> {
        let name = self.name(key);
        let url = Url::parse(&format!("{}://{}/", self.source.service.scheme(), self.source.bucket));
        let mut url = url.map_err(|_| Fault::new(ErrorKind::Source, "the name of the bucket is none").at(&name))?;
        url.set_path(key);
        Ok(Wanted { name, url, meta })
    }

    /// The objects that the key names, in the order of their names.
    async fn wanted(&self, harvest: &mut Harvest) -> Result<Vec<Wanted>> {
        let key = self.source.key.as_str();
        let name = self.name(key);
        let path = |key: &str| {
            let wrong =
                |error| Fault::new(ErrorKind::Source, "this is not the key of an object").at(&name).because(error);
            Path::parse(key).map_err(wrong)
        };
        let Some(first) = key.find(['*', '?', '[']) else {
            let meta = self.opened.store.head(&path(key)?).await.map_err(|error| fault(&error, &name))?;
            return Ok(vec![self.wants(key, meta)?]);
        };
        let pattern = glob::Pattern::new(key)
            .map_err(|error| Fault::new(ErrorKind::Source, "the key is not a valid glob").at(&name).because(error))?;
        // `*` stays within a folder, as it does for files.
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
        // A list begins at a whole folder.
        let folder = key.get(..first).and_then(|start| start.rsplit_once('/')).map(|(folder, _)| path(folder));
        let folder = folder.transpose()?;
        let (mut listed, mut wanted, mut seen) = (self.opened.store.list(folder.as_ref()), Vec::new(), 0_u64);
        let (begun, limits) = (Instant::now(), &self.source.limits);
        // The library asks again by itself, which takes its time.
        let idle = limits.idle_timeout.saturating_mul(limits.tries);
        let silent = || Fault::new(ErrorKind::Upstream, format!("the store was silent for {idle:?}")).at(&name);
        let (mut first_key, mut empty): (Option<Path>, u64) = (None, 0);
        loop {
            let meta = match timeout(idle, listed.next()).await.map_err(|_| silent())? {
                None => break,
                Some(Err(error)) => return Err(self.opened.fault_of_list(&error, &name)),
                Some(Ok(meta)) => meta,
            };
            seen += 1;
            let again = first_key.as_ref() == Some(&meta.location);
            if again
                || begun.elapsed() > limits.total_timeout
                || seen > self.source.most_objects.saturating_mul(BESIDES)
            {
                let message =
                    if again { "the store's list begins again and again" } else { "the store's list does not end" };
                return Err(Fault::new(ErrorKind::Upstream, message)
                    .at(&name)
                    .help("begin the glob with a folder that holds less, or raise `most_objects`"));
            }
            first_key.get_or_insert_with(|| meta.location.clone());
            let key = meta.location.to_string();
            if !pattern.matches_with(&key, options) {
                continue;
            }
            // Folders stand in some stores as objects without bytes.
            if meta.size == 0 {
                empty += 1;
                if empty <= TOLD {
                    harvest.notes.push(format!("`{key}` is an object without bytes, as folders are, and left out"));
                }
                continue;
            }
            if wanted.len() as u64 >= self.source.most_objects {
                let message = format!("more than {} objects match", self.source.most_objects);
                let help = "raise `most_objects` of the source if that is right";
                return Err(Fault::new(ErrorKind::Source, message).at(&name).help(help));
            }
            wanted.push(self.wants(&key, meta)?);
        }
        if empty > TOLD {
            harvest.notes.push(format!("{} further objects without bytes are left out", empty - TOLD));
        }
        if wanted.is_empty() {
            return Err(Fault::new(ErrorKind::Source, "no object matches this glob")
                .at(&name)
                .help("`*` stays within one folder; `**/` goes into folders"));
        }
        wanted.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(wanted)
    }

    /// Fetches one object, where it is not known.
    async fn one(&self, wanted: &Wanted) -> Result<Document> {
        let Wanted { name, url, meta } = wanted;
        let job = self.job;
        let before = job.known.get(name.as_str()).copied();
        if let Some(before) = before.filter(|before| same(before, meta) && job.archive.contains(&before.digest)) {
            let suspect = unpinned(&before.digest, job.source);
            return Ok(Document { suspect, ..Document::kept(before) });
        }
        if meta.size == 0 {
            let help = "ask the owner of the bucket; leave it out of the glob where it is to be empty";
            return Err(Fault::new(ErrorKind::Source, "the object is empty").at(name).help(help));
        }
        if meta.size > self.source.limits.max_bytes {
            let message = format!("the object is larger than {} MiB", self.source.limits.max_bytes >> 20);
            let help = "raise `max_mib` of the source if that is right";
            return Err(Fault::new(ErrorKind::Source, message).at(name).help(help));
        }
        let mut sink = Incoming::new(job, url)?;
        let late = |_| {
            let message = format!("no whole object within {:?}", self.source.limits.total_timeout);
            Fault::new(ErrorKind::Upstream, message).at(name)
        };
        let media_type =
            timeout(self.source.limits.total_timeout, self.receive(wanted, &mut sink)).await.map_err(late)??;
        let Arrived { head, staged, .. } = sink.arrived(before.map(|before| before.digest))?;
        let Archived { digest, size, .. } = staged.archived();
        let stated = media_type.as_deref();
        let came = guard::Came { name, head: &head, size, media_type: stated, digest, is_member: false };
        let suspect = suspicion(&came, job.source, before);
        let headers = vec![
            ("etag".to_owned(), tag(meta).unwrap_or_default()),
            ("last-modified".to_owned(), meta.last_modified.to_rfc3339()),
        ];
        let headers = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let document = Document { media_type, headers, suspect, ..Document::of(name.clone(), staged.archived()) };
        job.landing.land(&document, staged)?;
        Ok(document)
    }

    /// Lets the bytes of an object in, and gives its media type.
    async fn receive(&self, wanted: &Wanted, sink: &mut Incoming<'_>) -> Result<Option<String>> {
        let Wanted { name, meta, .. } = wanted;
        let version = tag(meta);
        let kept = |error| Fault::io(ErrorKind::Storage, "write what came", "the archive", error);
        let held = sink.held().filter(|(bytes, held)| *bytes < meta.size && Some(held) == version.as_ref());
        let from = held.map_or(0, |(bytes, _)| bytes);
        if from == 0 {
            sink.begin(version.as_deref()).map_err(kept)?;
        }
        let options = GetOptions {
            if_match: version.clone(),
            range: (from > 0).then_some(GetRange::Offset(from)),
            ..GetOptions::default()
        };
        let result = self.opened.store.get_opts(&meta.location, options).await.map_err(|error| fault(&error, name))?;
        let changed =
            || Fault::new(ErrorKind::Upstream, "the object was changed while it was read").at(name).help("run again");
        let GetResult { range, attributes, .. } = &result;
        if range.start != from || result.meta.size != meta.size || tag(&result.meta) != version {
            return Err(changed());
        }
        let media = attributes.get(&Attribute::ContentType).map(|value| quipu_fetch::essence(value.as_ref()));
        let media_type = media.flatten();
        let (mut bytes, mut given) = (result.into_stream(), from);
        let idle = self.source.limits.idle_timeout.saturating_mul(self.source.limits.tries);
        loop {
            let late = |_| Fault::new(ErrorKind::Upstream, format!("no bytes for {idle:?} after {given}")).at(name);
            match timeout(idle, bytes.next()).await.map_err(late)? {
                None => break,
                Some(Err(error)) => return Err(fault(&error, name)),
                Some(Ok(piece)) => {
                    given += piece.len() as u64;
                    if given > meta.size {
                        return Err(changed());
                    }
                    sink.write(&piece).map_err(kept)?;
                }
            }
        }
        if given == meta.size {
            return Ok(media_type);
        }
        let message = format!("the object broke off: {given} of {} bytes came", meta.size);
        Err(Fault::new(ErrorKind::Upstream, message).at(name).help("run again: what came is gone on with"))
    }
}

/// Whether an object is the one that was captured.
fn same(before: &Capture, meta: &ObjectMeta) -> bool {
    let known = before.headers.iter().find(|(name, _)| name == "etag").map(|(_, value)| value);
    known.is_some() && known == tag(meta).as_ref() && before.size == meta.size
}

/// The version of an object as requests name it: lists of Azure leave the quotation marks out.
fn tag(meta: &ObjectMeta) -> Option<String> {
    let tag = meta.e_tag.as_deref()?.trim();
    let whole = tag.starts_with('"') || tag.starts_with("W/");
    Some(if whole { tag.to_owned() } else { format!("\"{tag}\"") })
}
