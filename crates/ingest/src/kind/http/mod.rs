//! One URL, fetched with patience and within limits.

mod attempt;
mod backoff;
mod redact;

use std::time::Instant;

use quipu_schema::pipeline::HttpSource;
use quipu_schema::{ErrorKind, Fault, Result};
use reqwest::{Client, Url, redirect};

use super::{Document, Fetch, Job};
use attempt::{Failure, attempt};
use redact::redact;

/// Who we say we are.
const USER_AGENT: &str = concat!("quipu/", env!("CARGO_PKG_VERSION"));

impl Fetch for HttpSource {
    fn word(&self) -> &'static str {
        "http"
    }

    fn fetch(&self, job: &Job) -> Result<Vec<Document>> {
        // The text itself is not shown: what does not parse cannot be redacted.
        let url: Url = self.url.parse().map_err(|error: <Url as std::str::FromStr>::Err| {
            Fault::new(ErrorKind::Source, "the address of the source is not a URL").because(error)
        })?;
        let client = client(self, &url)?;
        job.runtime.block_on(with_patience(self, &client, &url, job)).map(|document| vec![document])
    }
}

/// A client for one source. Redirects are followed by hand, so that each is checked and recorded.
fn client(source: &HttpSource, url: &Url) -> Result<Client> {
    // An error says that another part of the process was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(source.connect_timeout);
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| {
        Fault::new(ErrorKind::Upstream, "cannot set up the network")
            .because(error)
            .help("check the proxy settings and the system's certificates")
    })
}

/// Whether the address is this machine's own, which no proxy can reach for us.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Tries as often as the source allows.
async fn with_patience(source: &HttpSource, client: &Client, url: &Url, job: &Job<'_>) -> Result<Document> {
    let begun = Instant::now();
    let mut tried = 0;
    loop {
        tried += 1;
        let (cause, wait) = match attempt(client, source, url, &job.archive, job.progress).await {
            Ok(document) => return Ok(document),
            Err(Failure::Final(fault)) => return Err(fault),
            Err(Failure::Again { cause, wait }) => (cause, wait),
        };
        let patient = wait.is_none_or(|wait| wait <= backoff::LONGEST_ASKED);
        if tried >= source.tries || !patient {
            let help = match wait {
                Some(wait) if !patient => {
                    format!("the server asks to wait {} seconds: run again after that", wait.as_secs())
                }
                _ => "run again later; what was published before stays as it is".to_owned(),
            };
            let times = if tried == 1 { "1 try".to_owned() } else { format!("{tried} tries") };
            let elapsed = begun.elapsed().as_secs_f64();
            let message = format!("GET failed after {times} in {elapsed:.1} s, at last: {cause}");
            return Err(Fault::new(ErrorKind::Upstream, message).at(redact(url)).help(help));
        }
        let pause = wait.unwrap_or_else(|| backoff::pause(tried));
        tracing::warn!(url = redact(url), tried, cause, pause_s = pause.as_secs_f64(), "trying again");
        tokio::time::sleep(pause).await;
    }
}
