//! One try: a request, its redirects, and the body into the archive.

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use quipu_schema::pipeline::HttpSource;
use quipu_schema::{ErrorKind, Fault};
use quipu_store::{Archive, Progress};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, LOCATION};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::timeout;

use super::super::Document;
use super::backoff;
use super::redact::redact;

/// The headers that a capture keeps. All others are left out: some carry cookies and identities.
const KEPT: [&str; 5] = ["content-type", "etag", "last-modified", "content-length", "content-encoding"];

/// How a try failed.
pub(super) enum Failure {
    /// Another try would end the same way.
    Final(Fault),
    /// Another try may succeed, after the wait that the server asked for.
    Again { cause: String, wait: Option<Duration> },
}

impl Failure {
    fn again(cause: impl Into<String>) -> Self {
        Self::Again { cause: cause.into(), wait: None }
    }

    fn last(kind: ErrorKind, message: impl Into<String>, url: &Url, help: &str) -> Self {
        let fault = Fault::new(kind, message).at(redact(url));
        Self::Final(if help.is_empty() { fault } else { fault.help(help) })
    }
}

/// Fetches `url` once within the source's limits.
pub(super) async fn attempt(
    client: &Client,
    source: &HttpSource,
    url: &Url,
    archive: &Archive,
    progress: &dyn Progress,
) -> Result<Document, Failure> {
    match timeout(source.total_timeout, fetch(client, source, url, archive, progress)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::again(format!("no complete answer within {:?}", source.total_timeout))),
    }
}

async fn fetch(
    client: &Client,
    source: &HttpSource,
    start: &Url,
    archive: &Archive,
    progress: &dyn Progress,
) -> Result<Document, Failure> {
    let mut url = start.clone();
    let mut redirects = Vec::new();
    let response = loop {
        let response = ask(client, source, &url).await?;
        let status = response.status();
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            break response;
        }
        if redirects.len() >= source.max_redirects {
            let message = format!("more than {} redirects", source.max_redirects);
            return Err(Failure::last(
                ErrorKind::Source,
                message,
                start,
                "open the address in a browser and use the one it ends at",
            ));
        }
        url = target(&response, &url)?;
        redirects.push(redact(&url));
    };
    judge_status(&response, &url)?;
    let limit = source.max_bytes;
    let stated = response.content_length();
    if stated.is_some_and(|size| size > limit) {
        return Err(too_large(limit, &url));
    }
    let headers = kept(response.headers());
    let media_type = headers.iter().find(|(name, _)| name == "content-type").and_then(|(_, value)| essence(value));
    // A source that is read as CSV and is served HTML (an error page with status 200) is archived
    // as it came; a check of `media_type` against the source's reader belongs here.
    let status = Some(response.status().as_u16());
    progress.begin(&redact(start), stated);
    let archived = receive(response, source, &url, archive, progress).await;
    progress.end();
    let archived = archived?;
    Ok(Document { name: redact(start), archived, media_type, status, headers, redirects })
}

/// Sends the request and waits for the head of the answer.
async fn ask(client: &Client, source: &HttpSource, url: &Url) -> Result<Response, Failure> {
    // The bytes of the document are wanted, not a compressed copy of them.
    let request = client.get(url.clone()).header(ACCEPT_ENCODING, "identity");
    let patience = source.connect_timeout.saturating_add(source.idle_timeout);
    match timeout(patience, request.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if error.is_builder() => {
            let message = format!("the address cannot be asked: {}", chain(error));
            Err(Failure::last(ErrorKind::Source, message, url, ""))
        }
        Ok(Err(error)) => Err(Failure::again(chain(error))),
        Err(_) => Err(Failure::again(format!("no answer within {patience:?}"))),
    }
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

/// Streams the body into the archive, piece by piece as it comes.
async fn receive(
    mut response: Response,
    source: &HttpSource,
    url: &Url,
    archive: &Archive,
    progress: &dyn Progress,
) -> Result<quipu_store::Archived, Failure> {
    let stated = response.content_length();
    let mut incoming = archive.begin().map_err(Failure::Final)?;
    let mut size = 0_u64;
    loop {
        let piece = match timeout(source.idle_timeout, response.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => break,
            Ok(Err(error)) => {
                return Err(Failure::again(format!("the answer broke off after {size} bytes: {}", chain(error))));
            }
            Err(_) => {
                let cause = format!("no bytes for {:?} after {size} bytes", source.idle_timeout);
                return Err(Failure::again(cause));
            }
        };
        let length = piece.len() as u64;
        size = size.saturating_add(length);
        if size > source.max_bytes {
            return Err(too_large(source.max_bytes, url));
        }
        // A piece is what the connection holds at once, some hundred KiB at most: quicker to write
        // here than to hand to another thread.
        incoming.write_all(&piece).map_err(|error| {
            Failure::Final(Fault::io(ErrorKind::Storage, "write into the archive", "archive", error))
        })?;
        progress.advance(length);
    }
    if let Some(stated) = stated.filter(|stated| *stated != size) {
        return Err(Failure::again(format!("the answer broke off: {size} of {stated} bytes came")));
    }
    if size == 0 {
        return Err(empty(url));
    }
    incoming.finish().map_err(Failure::Final)
}

/// An error and what is under it, without the address: that would show its secrets.
fn chain(error: reqwest::Error) -> String {
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

/// `text/csv` of `Text/CSV; charset=utf-8`.
fn essence(content_type: &str) -> Option<String> {
    let essence = content_type.split(';').next()?.trim().to_ascii_lowercase();
    (!essence.is_empty()).then_some(essence)
}
