//! One try: a request, and the body of its answer into the sink.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use quipu_schema::{Digest, ErrorKind, Fault};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, DATE, HeaderMap, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE,
};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::timeout;

use crate::backoff;
use crate::body::Sink;
use crate::coding::{Decoder, Undecodable};
use crate::header::{ContentRange, Validators, media_type, next_link, text};
use crate::redact::redact;
use crate::{Answer, Limits, Order};

/// The headers that an answer keeps. All others are left out: some carry cookies and identities.
const KEPT: [&str; 6] = ["content-type", "etag", "last-modified", "content-length", "content-encoding", "date"];

/// How a try failed.
pub(crate) enum Failure {
    /// Another try would end the same way.
    Final(Fault),
    /// Another try may succeed, after the wait that the server asked for.
    Again { cause: String, wait: Option<Duration> },
    /// What was held of a broken download is no beginning of what the server has.
    Afresh,
}

impl Failure {
    pub(crate) fn again(cause: impl Into<String>) -> Self {
        Self::Again { cause: cause.into(), wait: None }
    }

    pub(crate) fn last(kind: ErrorKind, message: impl Into<String>, url: &Url, help: &str) -> Self {
        let fault = Fault::new(kind, message).at(redact(url));
        Self::Final(if help.is_empty() { fault } else { fault.help(help) })
    }
}

/// What one request came to.
pub(crate) enum Step {
    /// The document came.
    Came(Answer),
    /// It is what it was.
    NotModified(Answer),
    /// It is elsewhere.
    Elsewhere(Url),
}

/// Asks for `url` once. `own` says that it is of the origin that the order is for, which alone gets its credentials.
pub(crate) async fn ask(
    client: &Client,
    order: &Order<'_>,
    (url, own): (&Url, bool),
    sink: &mut dyn Sink,
    advance: &(dyn Fn(u64) + Sync),
) -> Result<Step, Failure> {
    // The bytes of the document are wanted, not a compressed copy of them.
    let mut request = client.get(url.clone()).header(ACCEPT_ENCODING, "identity").header(ACCEPT, order.accept);
    if own {
        for (name, value) in order.headers {
            request = request.header(name, value);
        }
    }
    // What tells versions of one document apart says nothing of another one: both hold for the address that they came from,
    // wherever the first one leads by now.
    let held = sink.held().filter(|(bytes, _)| *bytes > 0 && *bytes < order.limits.max_bytes);
    let held = held.and_then(|(bytes, note)| Some((bytes, noted(&note, url)?.to_owned())));
    let known = order.known.filter(|known| known.at == redact(url)).map(|known| &known.validators);
    if let Some((bytes, version)) = &held {
        request = request.header(RANGE, format!("bytes={bytes}-")).header(IF_RANGE, version);
    } else if let Some(known) = known {
        request = conditional(request, known);
    }
    let response = send(request, order.limits, url).await?;
    let status = response.status();
    if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return target(&response, url).map(Step::Elsewhere);
    }
    if status == StatusCode::NOT_MODIFIED && held.is_none() && known.is_some() {
        return Ok(Step::NotModified(answer(&response, url)));
    }
    if let Some((bytes, version)) = held {
        match status {
            StatusCode::PARTIAL_CONTENT => {
                let range = text(response.headers(), &CONTENT_RANGE).and_then(|range| ContentRange::read(&range));
                // A part of what nobody knows the length of may be any part.
                let fits = range.is_some_and(|range| range.first == bytes && range.total.is_some())
                    && response.headers().get(CONTENT_ENCODING).is_none()
                    && is_of(&version, &Validators::of(response.headers()));
                return if fits {
                    receive(response, order, url, (sink, range), advance).await
                } else {
                    Err(Failure::Afresh)
                };
            }
            StatusCode::RANGE_NOT_SATISFIABLE => return Err(Failure::Afresh),
            _ => {}
        }
    }
    judge_status(&response, url)?;
    receive(response, order, url, (sink, None), advance).await
}

/// What is noted beside the beginning of a document: its version, and the address that gave it.
fn note(version: &str, url: &Url) -> String {
    format!("{version} {}", Digest::of(url.as_str()))
}

/// The version of such a note, where it is of this address.
fn noted<'a>(note: &'a str, url: &Url) -> Option<&'a str> {
    let (version, of) = note.rsplit_once(' ')?;
    (of == Digest::of(url.as_str()).to_string()).then_some(version)
}

/// Whether a part is of the version that was asked for: there are servers that do not know `If-Range`. One that does sends
/// the `ETag` again, and need not send `Last-Modified` (RFC 9110, section 15.3.7).
fn is_of(version: &str, validators: &Validators) -> bool {
    if version.starts_with('"') {
        return validators.etag.as_deref() == Some(version);
    }
    validators.last_modified.as_deref().is_none_or(|modified| modified == version)
}

fn conditional(mut request: reqwest::RequestBuilder, known: &Validators) -> reqwest::RequestBuilder {
    for (name, value) in [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)] {
        // Only what can be a header; the server gave it once.
        if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
            request = request.header(name, value);
        }
    }
    request
}

/// Sends a request and waits for the head of the answer.
async fn send(request: reqwest::RequestBuilder, limits: &Limits, url: &Url) -> Result<Response, Failure> {
    let patience = limits.connect_timeout.saturating_add(limits.idle_timeout);
    match timeout(patience, request.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if is_private(&error) => Err(private(url)),
        Ok(Err(error)) if error.is_builder() => {
            let message = format!("the address cannot be asked: {}", chain(error));
            Err(Failure::last(ErrorKind::Source, message, url, ""))
        }
        Ok(Err(error)) => Err(Failure::again(chain(error))),
        Err(_) => Err(Failure::again(format!("no answer within {patience:?}"))),
    }
}

/// The fault of an address in a private network.
pub(crate) fn private(url: &Url) -> Failure {
    Failure::last(
        ErrorKind::Refused,
        "this address is in a private network, or this machine itself, and the pipeline file does not allow its host",
        url,
        "where that is meant, allow it: `[hosts.\"NAME:PORT\"]` with `private = true`",
    )
}

pub(crate) fn is_private(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<crate::address::Private>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Where a redirect leads.
fn target(response: &Response, from: &Url) -> Result<Url, Failure> {
    let stated = response.headers().get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let Some(stated) = stated else {
        let message = format!("the server redirects ({}) and does not say where to", response.status());
        return Err(Failure::last(ErrorKind::Source, message, from, ""));
    };
    let Ok(to) = from.join(&stated) else {
        let message = "the server redirects to something that is no address";
        return Err(Failure::last(ErrorKind::Source, message, from, ""));
    };
    if !matches!(to.scheme(), "http" | "https") {
        let message = format!("the server redirects to a `{}:` address; only http and https are followed", to.scheme());
        return Err(Failure::last(ErrorKind::Source, message, from, ""));
    }
    Ok(to)
}

/// Lets through an answer that carries the document.
fn judge_status(response: &Response, url: &Url) -> Result<(), Failure> {
    let status = response.status();
    match status {
        StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => Ok(()),
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED
        | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => Err(Failure::last(
            ErrorKind::Refused,
            format!("the server refuses: {status}"),
            url,
            "ask the publisher for access; a refusal is not worked around",
        )),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Failure::last(
            ErrorKind::Source,
            format!("the server has no such document: {status}"),
            url,
            "look on the publisher's pages where it went",
        )),
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT => Err(empty(url)),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => Err(busy(response)),
        status if status.is_server_error() => Err(busy(response)),
        status if status.is_client_error() => {
            let message = format!("the server does not take the request: {status}");
            Err(Failure::last(ErrorKind::Source, message, url, "check the address"))
        }
        status => {
            let message = format!("the server's answer carries no document: {status}");
            Err(Failure::last(ErrorKind::Upstream, message, url, ""))
        }
    }
}

fn busy(response: &Response) -> Failure {
    Failure::Again { cause: response.status().to_string(), wait: backoff::asked(response.headers()) }
}

fn empty(url: &Url) -> Failure {
    Failure::last(ErrorKind::Source, "the answer is empty", url, "open the address in a browser: what does it show?")
}

fn too_large(limit: u64, url: &Url) -> Failure {
    let message = format!("the answer is larger than {} MiB", limit >> 20);
    Failure::last(ErrorKind::Source, message, url, "raise `max_mib` of the source if that is right")
}

fn not_kept(error: io::Error) -> Failure {
    Failure::Final(Fault::io(ErrorKind::Storage, "write what came", "the archive", error))
}

/// Streams the body into the sink, piece by piece as it comes. `range` is the part that was asked for.
async fn receive(
    mut response: Response,
    order: &Order<'_>,
    url: &Url,
    (sink, range): (&mut dyn Sink, Option<ContentRange>),
    advance: &(dyn Fn(u64) + Sync),
) -> Result<Step, Failure> {
    let limits = order.limits;
    let coding = text(response.headers(), &CONTENT_ENCODING);
    let Some(mut decoder) = Decoder::of(coding.as_deref()) else {
        let message = format!("the answer is coded as `{}`, which was not asked for", coding.unwrap_or_default());
        let of_robots = order.beginning.then(|| Failure::again(message.clone()));
        return Err(of_robots.unwrap_or_else(|| Failure::last(ErrorKind::Source, message, url, "")));
    };
    let answer = answer(&response, url);
    let before = range.map_or(0, |range| range.first);
    let stated = response.content_length();
    if !order.beginning && stated.is_some_and(|size| before.saturating_add(size) > limits.max_bytes) {
        return Err(too_large(limits.max_bytes, url));
    }
    if range.is_none() {
        let date = text(response.headers(), &DATE);
        let version = answer.validators.strong(date.as_deref()).filter(|_| decoder.is_identity());
        sink.begin(version.map(|version| note(version, url)).as_deref()).map_err(not_kept)?;
    }
    let (mut came, mut given) = (0_u64, before);
    loop {
        let piece = match timeout(limits.idle_timeout, response.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => break,
            Ok(Err(error)) => {
                return Err(Failure::again(format!("the answer broke off after {came} bytes: {}", chain(error))));
            }
            Err(_) => {
                return Err(Failure::again(format!("no bytes for {:?} after {came} bytes", limits.idle_timeout)));
            }
        };
        came += piece.len() as u64;
        // A piece is what the connection holds at once, some hundred KiB at most: quicker to write here than to hand to
        // another thread.
        let room = limits.max_bytes.saturating_sub(given);
        if order.beginning && piece.len() as u64 > room {
            let taken = piece.get(..usize::try_from(room).unwrap_or(0)).unwrap_or_default();
            let taken = decoder.take(taken, (came, &mut given), &mut |bytes| sink.write(bytes));
            taken.map_err(|wrong| undecodable(wrong, url))?.map_err(not_kept)?;
            return Ok(Step::Came(Answer { size: given, ..answer }));
        }
        if decoder.is_identity() && piece.len() as u64 > room {
            return Err(too_large(limits.max_bytes, url));
        }
        let taken = decoder.take(&piece, (came, &mut given), &mut |bytes| sink.write(bytes));
        taken.map_err(|wrong| undecodable(wrong, url))?.map_err(not_kept)?;
        if given > limits.max_bytes {
            return Err(too_large(limits.max_bytes, url));
        }
        advance(piece.len() as u64);
    }
    if let Some(stated) = stated.filter(|stated| *stated != came) {
        return Err(Failure::again(format!("the answer broke off: {came} of {stated} bytes came")));
    }
    let rest = decoder.end().map_err(|wrong| undecodable(wrong, url))?;
    sink.write(&rest).map_err(not_kept)?;
    given += rest.len() as u64;
    if let Some(total) = range.and_then(|range| range.total).filter(|total| *total != given) {
        return Err(Failure::again(format!("the answer broke off: {given} of {total} bytes are there")));
    }
    if given == 0 {
        return Err(empty(url));
    }
    Ok(Step::Came(Answer { size: given, ..answer }))
}

fn undecodable(wrong: Undecodable, url: &Url) -> Failure {
    match wrong {
        // As after every broken download, the next try may bring it whole.
        Undecodable::Damaged(error) => Failure::again(format!("the compressed answer is damaged: {error}")),
        Undecodable::Bomb => {
            let message = "the compressed answer grows beyond what any document does";
            Failure::last(ErrorKind::Source, message, url, "ask the publisher what it is; it was not unpacked")
        }
    }
}

fn answer(response: &Response, url: &Url) -> Answer {
    Answer {
        url: redact(url),
        at: None,
        status: response.status().as_u16(),
        media_type: media_type(response.headers()),
        headers: kept(response.headers()),
        validators: Validators::of(response.headers()),
        redirects: Vec::new(),
        next: next_link(response.headers(), url),
        size: 0,
    }
}

/// An error and what is under it, without the address: that would show its secrets.
pub(crate) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let value = |name: &&str| {
        let value = headers.get(*name)?;
        Some(((*name).to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
    };
    KEPT.iter().filter_map(value).collect()
}
