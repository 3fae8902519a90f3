//! Asks servers for documents like a good citizen, and never loses or fakes a byte.
//!
//! A [`Fetcher`] is one for a whole run. It says who it is, reads `robots.txt` first, keeps to so many requests at a time
//! and a second for each host, asks again with growing pauses or when the server wants it, asks only for what is new where
//! something is known, and goes on with what broke off. Redirects are followed by hand, so that each is checked and told.
//! Bodies go to a [`Sink`] piece by piece: memory does not follow their size.
//!
//! Nothing that is secret leaves this crate: addresses are told without user names, fragments and the values of query keys
//! that look like a secret, and without every value that is [`conceal`]ed.

mod address;
mod attempt;
mod backoff;
mod body;
mod coding;
mod exchange;
mod header;
mod host;
mod media;
mod redact;
mod robots;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use quipu_schema::pipeline::Limits;
use quipu_schema::{ErrorKind, Fault, Result};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use tokio::time::timeout;

pub use body::{Memory, Sink};
pub use exchange::{Exchanged, Unanswered};
pub use header::{ContentRange, Validators, essence, moment, next_in};
pub use host::{HostRules, Turn};
pub use media::Sniffed;
pub use redact::{conceal, redact, redact_text};
pub use reqwest::Url;
pub use robots::Robots;

use address::{Allowed, Resolver};
use attempt::{Failure, Step, ask, private};
use host::{Host, Hosts};

/// The product token by which `robots.txt` names us.
const NAME: &str = "quipu";
/// What is asked for where nothing else is said.
pub const ANYTHING: &str = "*/*";
/// Longest time for a `robots.txt`.
const ROBOTS: Duration = Duration::from_mins(1);
/// Tries that brought bytes with which the next one can go on count for nothing; but no more of them than these.
const MOST_TRIES: u32 = 100;

/// What is asked for.
pub struct Order<'a> {
    /// The address.
    pub url: &'a Url,
    /// How far to go for it.
    pub limits: &'a Limits,
    /// Media types that are wanted.
    pub accept: &'a str,
    /// Further headers, credentials among them. They go to the origin of `url` alone.
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// What is known of the document: where it is still the same, no body comes.
    pub known: Option<&'a Known>,
    /// Whether the beginning of what is too large will do.
    pub beginning: bool,
}

/// What is known of a document that came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What the server knew it by.
    pub validators: Validators,
    /// The address that gave it in the end, as [`redact`] shows it: what is known says nothing of any other.
    pub at: String,
}

/// How a document came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The address that answered in the end, without secrets.
    pub url: String,
    /// The same, where a redirect led there. It may hold secrets.
    pub at: Option<Url>,
    /// HTTP status.
    pub status: u16,
    /// Media type as the server states it, without parameters.
    pub media_type: Option<String>,
    /// The few headers worth keeping.
    pub headers: Vec<(String, String)>,
    /// What tells this version from others.
    pub validators: Validators,
    /// The addresses it was redirected to, without secrets.
    pub redirects: Vec<String>,
    /// The next page, where the header `Link` names one. It may hold secrets.
    pub next: Option<Url>,
    /// Bytes of the whole document.
    pub size: u64,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The document is in the sink.
    Came(Answer),
    /// It is what it was; nothing came.
    NotModified(Answer),
}

/// Fetches documents, for all sources of a run.
pub struct Fetcher {
    agent: String,
    allowed: Allowed,
    hosts: Hosts,
    clients: Mutex<BTreeMap<(Duration, bool, bool), Client>>,
}

impl Fetcher {
    /// A fetcher that says that it is `agent`, and treats hosts by these rules (by `name` or `name:port`).
    pub fn new(agent: &str, rules: BTreeMap<String, HostRules>) -> Self {
        let private = rules.iter().filter(|(_, rules)| rules.private).map(|(host, _)| host.clone());
        Self {
            agent: agent.to_owned(),
            allowed: Allowed::new(private),
            hosts: Hosts::new(rules),
            clients: Mutex::default(),
        }
    }

    /// Fetches a document into a sink; `advance` hears of the bytes that came.
    ///
    /// # Errors
    /// `Refused` where the server, its `robots.txt` or the rules for hosts say no; `Source` for what is not there, is no
    /// document or too large; `Upstream` where it may come later; `Storage` where the sink fails.
    pub async fn get(&self, order: &Order<'_>, sink: &mut dyn Sink, advance: &(dyn Fn(u64) + Sync)) -> Result<Fetched> {
        let begun = Instant::now();
        let (mut tried, mut all) = (0, 0);
        loop {
            all += 1;
            let before = sink.held().map_or(0, |(bytes, _)| bytes);
            let (cause, wait) = match self.follow(order, sink, advance).await {
                Ok(fetched) => return Ok(fetched),
                Err(Failure::Final(fault)) => return Err(fault),
                Err(Failure::Again { cause, wait }) => (cause, wait),
                Err(Failure::Afresh) => {
                    let begin = sink.begin(None);
                    begin.map_err(|error| Fault::io(ErrorKind::Storage, "write what came", "the archive", error))?;
                    ("what broke off cannot be gone on with".to_owned(), Some(Duration::ZERO))
                }
            };
            let further = sink.held().is_some_and(|(bytes, _)| bytes > before) && all < MOST_TRIES;
            tried += u32::from(!further);
            let patient = wait.is_none_or(|wait| wait <= backoff::LONGEST_ASKED);
            if tried >= order.limits.tries || !patient {
                return Err(given_up(order.url, (all, begun), &cause, wait.filter(|_| !patient)));
            }
            let pause = wait.unwrap_or_else(|| backoff::pause(tried.max(1)));
            tracing::warn!(url = redact(order.url), tried = all, cause, pause_s = pause.as_secs_f64(), "trying again");
            tokio::time::sleep(pause).await;
        }
    }

    /// One try: the address, and those that it redirects to.
    async fn follow(
        &self,
        order: &Order<'_>,
        sink: &mut dyn Sink,
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<Fetched, Failure> {
        let mut url = order.url.clone();
        let mut redirects = Vec::new();
        loop {
            self.allowed.check(&url).map_err(|_| private(&url))?;
            let host = self.hosts.of(&url);
            self.ask_robots(&host, &url, order.limits).await?;
            let _turn = host.turn(&url).await?;
            let own = url.origin() == order.url.origin();
            // Waiting for a turn is not the server's time.
            let client = self.client(order.limits, &url)?;
            let asking = timeout(order.limits.total_timeout, ask(&client, order, (&url, own), sink, advance));
            let late = |_| Failure::again(format!("no complete answer within {:?}", order.limits.total_timeout));
            match told(asking.await.map_err(late).flatten(), &host)? {
                Step::Came(answer) => {
                    let at = (!redirects.is_empty()).then_some(url);
                    return Ok(Fetched::Came(Answer { at, redirects, ..answer }));
                }
                Step::NotModified(answer) => {
                    let at = (!redirects.is_empty()).then_some(url);
                    return Ok(Fetched::NotModified(Answer { at, redirects, ..answer }));
                }
                Step::Elsewhere(to) if redirects.len() < order.limits.max_redirects => url = to,
                Step::Elsewhere(_) => {
                    let message = format!("more than {} redirects", order.limits.max_redirects);
                    let help = "open the address in a browser and use the one it ends at";
                    return Err(Failure::last(ErrorKind::Source, message, order.url, help));
                }
            }
            redirects.push(redact(&url));
        }
    }

    /// That the site lets robots have an address.
    async fn ask_robots(&self, host: &Arc<Host>, url: &Url, limits: &Limits) -> Result<(), Failure> {
        let robots = host.robots.get_or_try_init(|| async {
            // Those that wait for it need not all find out that nobody answers.
            host.check_silent(limits.tries)?;
            let patience = limits.total_timeout.min(ROBOTS);
            let late = |_| Failure::again(format!("robots.txt cannot be read: no complete answer within {patience:?}"));
            let robots = timeout(patience, self.robots(url, limits)).await.map_err(late).flatten();
            host.was_silent(robots.as_ref().err());
            robots
        });
        let robots = robots.await?;
        if let Some(delay) = robots.delay {
            host.slow_down(delay);
        }
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        if robots.allows(&path) {
            return Ok(());
        }
        let message = "the site's robots.txt does not let robots have this address";
        Err(Failure::last(
            ErrorKind::Refused,
            message,
            url,
            "ask the publisher for access; a refusal is not worked around",
        ))
    }

    /// Reads the `robots.txt` of a site (RFC 9309, section 2.3.1).
    async fn robots(&self, url: &Url, limits: &Limits) -> Result<Robots, Failure> {
        let mut at = url.clone();
        at.set_path("/robots.txt");
        at.set_query(None);
        at.set_fragment(None);
        let limits = Limits { max_bytes: robots::LONGEST as u64, max_redirects: 5, ..*limits };
        let accept = "text/plain, */*;q=0.5";
        let order = Order { url: &at, limits: &limits, accept, headers: &[], known: None, beginning: true };
        let mut body = Memory::default();
        let mut from = at.clone();
        for _ in 0..=limits.max_redirects {
            self.allowed.check(&from).map_err(|_| private(&from))?;
            let host = self.hosts.of(&from);
            let _turn = host.turn(&from).await?;
            let asked = ask(&self.client(&limits, &from)?, &order, (&from, false), &mut body, &|_| ()).await;
            match told(asked, &host) {
                Ok(Step::Came(_)) => return Ok(Robots::read(&body.bytes, NAME)),
                Ok(Step::Elsewhere(to)) => from = to,
                Err(Failure::Final(fault)) if fault.kind() == ErrorKind::Storage => return Err(Failure::Final(fault)),
                // Nobody has said anything against it.
                Ok(Step::NotModified(_)) | Err(Failure::Final(_) | Failure::Afresh) => return Ok(Robots::default()),
                // Where nobody can say what is allowed, nothing is.
                Err(Failure::Again { cause, wait }) => {
                    return Err(Failure::Again { cause: format!("robots.txt cannot be read: {cause}"), wait });
                }
            }
        }
        Ok(Robots::default())
    }

    /// A client; there are few, because they hold connections. Redirects are followed by hand.
    fn client(&self, limits: &Limits, url: &Url) -> Result<Client, Failure> {
        // Only an address whose own host was allowed may resolve to a private one.
        let of = (limits.connect_timeout, is_loopback(url), self.allowed.has(url));
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&of) {
            return Ok(client.clone());
        }
        // An error says that another part of the process was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(&self.agent)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .dns_resolver(Arc::new(Resolver { private: of.2 }))
            .connect_timeout(limits.connect_timeout);
        if of.1 {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            Failure::Final(
                Fault::new(ErrorKind::Upstream, "cannot set up the network")
                    .because(error)
                    .help("check the proxy settings and the system's certificates"),
            )
        })?;
        clients.insert(of, client.clone());
        Ok(client)
    }
}

/// Whether the address is this machine's own, which no proxy can reach for us.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// What one request was told holds for all of the host that told it.
fn told<T>(outcome: Result<T, Failure>, host: &Host) -> Result<T, Failure> {
    if let Err(Failure::Again { wait: Some(wait), .. }) = &outcome {
        host.leave_alone(*wait);
    }
    outcome
}

fn given_up(url: &Url, (tried, begun): (u32, Instant), cause: &str, asked: Option<Duration>) -> Fault {
    let help = match asked {
        Some(wait) => format!("the server asks to wait {} seconds: run again after that", wait.as_secs()),
        None => "run again later; what was published before stays as it is".to_owned(),
    };
    let times = if tried == 1 { "1 try".to_owned() } else { format!("{tried} tries") };
    let elapsed = begun.elapsed().as_secs_f64();
    let message = format!("GET failed after {times} in {elapsed:.1} s, at last: {cause}");
    Fault::new(ErrorKind::Upstream, message).at(redact(url)).help(help)
}
