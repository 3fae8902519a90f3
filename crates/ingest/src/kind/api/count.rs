//! Counts of an API whose items are nobody's business: persons under a notice, say.
//!
//! Each query asks for one value, and of its answer the total alone is kept. Answers are held in memory until they are read,
//! and forgotten; what is archived is a document of ours that lists values and totals. It is the one place where not the
//! publisher's bytes are archived, because they must not be.

use futures_util::StreamExt as _;
use quipu_fetch::{Fetched, Memory, Order, moment, redact};
use quipu_schema::pipeline::{ApiSource, Count, Limits};
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_store::Completeness;
use reqwest::Url;
use serde_json::{Value, json};

use super::page::{scalar, whole, with};
use crate::concerns_the_source_only;
use crate::guard::{Came, suspicion};
use crate::kind::http::secret_headers;
use crate::kind::{Document, Harvest, Job};

/// Queries that are asked side by side.
const AT_A_TIME: usize = 8;
/// Largest answer: it is held in memory.
const LARGEST: u64 = 8 << 20;

/// Counts the items of each value.
///
/// # Errors
/// Those of the first query that fails: a list of counts with a gap is none.
pub(super) fn counts(api: &ApiSource, count: &Count, url: &Url, job: &Job) -> Result<Harvest> {
    let headers = secret_headers(&api.reach)?;
    let limits = Limits { max_bytes: api.reach.limits.max_bytes.min(LARGEST), ..api.reach.limits };
    job.progress.begin("counts", Some(count.values.len() as u64));
    let answers = job.runtime.block_on(async {
        let asked = count.values.iter().map(|value| async {
            let url = with(url, &[(&count.key, value)]);
            let order = Order {
                url: &url,
                limits: &limits,
                accept: "application/json",
                headers: &headers,
                known: None,
                beginning: false,
            };
            let mut body = Memory::default();
            let fetched = job.fetcher.get(&order, &mut body, &|_| ()).await;
            job.progress.advance(1);
            let Fetched::Came(answer) = fetched? else {
                return Err(Fault::bug("an answer is the same as one that nobody knows"));
            };
            let date = answer.headers.iter().find(|(name, _)| name == "date").map(|(_, date)| date.as_str());
            Ok((one(&body.bytes, api, value, &redact(&url))?, date.and_then(moment)))
        });
        futures_util::stream::iter(asked).buffered(AT_A_TIME).collect::<Vec<_>>().await
    });
    job.progress.end();
    let name = format!("{}#counts", redact(url));
    let (mut totals, mut days, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for (value, answer) in count.values.iter().zip(answers) {
        match answer {
            Ok((total, day)) => {
                totals.push((value, total));
                days.push(day);
            }
            Err(fault) if concerns_the_source_only(fault.kind()) => missing.push((format!("{name} {value}"), fault)),
            Err(fault) => return Err(fault),
        }
    }
    let items = totals.len() as u64;
    let completeness = Completeness {
        declared: Some(count.values.len() as u64),
        items,
        pages: items,
        slices: count.values.len() as u64,
        over_cap: 0,
    };
    if !missing.is_empty() {
        return Ok(Harvest { missing, completeness: Some(completeness), ..Harvest::default() });
    }
    let Some(day) = days.into_iter().collect::<Option<Vec<_>>>().and_then(|days| days.into_iter().min()) else {
        let message = "an answer does not say on which day it was given: it has no header `Date`";
        return Err(Fault::new(ErrorKind::Shape, message).at(name));
    };
    let day = day.strftime("%Y-%m-%d").to_string();
    let rows: Vec<Value> = totals
        .iter()
        .map(|(value, total)| json!({ count.key.as_str(): value, "total": total, "counted_on": day }))
        .collect();
    let mut bytes = serde_json::to_vec_pretty(&json!({ "counts": rows }))
        .map_err(|error| Fault::bug("counts cannot be written as JSON").because(error))?;
    bytes.push(b'\n');
    let before = job.known.get(name.as_str()).copied();
    let staged = job.archive.stage(&bytes, |digest| before.is_some_and(|before| before.digest == *digest))?;
    let archived = staged.archived();
    let came = Came {
        name: &name,
        head: &bytes,
        size: archived.size,
        media_type: Some("application/json"),
        digest: archived.digest,
        is_member: false,
    };
    let suspect = suspicion(&came, job.source, before);
    let media_type = Some("application/json".to_owned());
    let document = Document { media_type, suspect, ..Document::of(name, archived) };
    job.landing.land(&document, staged)?;
    Ok(Harvest { documents: vec![document], completeness: Some(completeness), ..Harvest::default() })
}

/// The total of one answer. Messages name no more of it than places.
fn one(bytes: &[u8], api: &ApiSource, asked: &str, name: &str) -> Result<u64> {
    let wrong = |what: String| Fault::new(ErrorKind::Shape, what).at(name);
    let value: Value = serde_json::from_slice(bytes).map_err(|_| wrong("the answer is no JSON".to_owned()))?;
    let at = |pointer: &Option<String>| value.pointer(pointer.as_deref().unwrap_or_default());
    // An API that does not know the key counts all there is, for every value.
    let echo = at(&api.echo).map(|echo| scalar(echo).unwrap_or_default());
    if echo.as_deref() != Some(asked) {
        let place = api.echo.as_deref().unwrap_or_default();
        let message = format!("`{asked}` was asked for, and the answer does not repeat it at `{place}`");
        return Err(wrong(message).help("does the API know the key, and is `echo` the right place?"));
    }
    let place = api.total.as_deref().unwrap_or_default();
    at(&api.total)
        .and_then(whole)
        .ok_or_else(|| wrong(format!("the answer does not say at `{place}` how many items there are")))
}
