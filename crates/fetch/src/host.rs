//! How a host is treated: how many requests at a time, how many a second, and when it asked to be left alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quipu_schema::ErrorKind;
use reqwest::Url;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::attempt::Failure;
use crate::backoff::LONGEST_ASKED;
use crate::robots::Robots;

/// What may be asked of a host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostRules {
    /// Requests at a time.
    pub concurrent: usize,
    /// Requests a second; 0 for as many as it answers.
    pub per_second: f64,
    /// Whether its addresses may be private ones.
    pub private: bool,
}

impl Default for HostRules {
    /// As many as a person with a browser might cause.
    fn default() -> Self {
        Self { concurrent: 4, per_second: 10.0, private: false }
    }
}

/// Hosts by `name:port`, each with what is known of it.
pub(crate) struct Hosts {
    rules: BTreeMap<String, HostRules>,
    known: Mutex<BTreeMap<String, Arc<Host>>>,
}

impl Hosts {
    /// `rules` are by `name` or `name:port`.
    pub(crate) fn new(rules: BTreeMap<String, HostRules>) -> Self {
        Self { rules, known: Mutex::default() }
    }

    pub(crate) fn of(&self, url: &Url) -> Arc<Host> {
        let name = url.host_str().unwrap_or_default();
        let with_port = format!("{name}:{}", url.port_or_known_default().unwrap_or(0));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let host = known.entry(format!("{}://{with_port}", url.scheme())).or_insert_with(|| {
            let rules = self.rules.get(&with_port).or_else(|| self.rules.get(name)).copied().unwrap_or_default();
            Arc::new(Host::new(rules))
        });
        host.clone()
    }
}

/// One host, while it is asked.
pub(crate) struct Host {
    permits: Arc<Semaphore>,
    pace: Mutex<Pace>,
    pub(crate) robots: OnceCell<Robots>,
    /// How often in a row its `robots.txt` could not be had, and the last time and reason.
    silent: Mutex<(u32, Option<(Instant, String)>)>,
}

/// The leave to ask a host once, for as long as it is held.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held, and given back when it is dropped")] Option<OwnedSemaphorePermit>);

/// When a host may be asked.
struct Pace {
    /// By the distance between two requests.
    next: Instant,
    between: Duration,
    /// By its own word.
    closed_until: Instant,
}

/// Longest time that a host is left alone, whatever it asks for: no run takes as long.
const LONGEST_CLOSED: Duration = Duration::from_hours(30 * 24);
/// How long a host that does not give its `robots.txt` is not asked for it again.
const SILENCE: Duration = Duration::from_mins(1);

impl Host {
    fn new(rules: HostRules) -> Self {
        let between =
            if rules.per_second > 0.0 { Duration::from_secs_f64(1.0 / rules.per_second) } else { Duration::ZERO };
        Self {
            permits: Arc::new(Semaphore::new(rules.concurrent.clamp(1, Semaphore::MAX_PERMITS))),
            pace: Mutex::new(Pace { next: Instant::now(), between, closed_until: Instant::now() }),
            robots: OnceCell::new(),
            silent: Mutex::default(),
        }
    }

    /// Waits until the host may be asked once more. What is returned is held as long as the request is under way.
    ///
    /// # Errors
    /// Where the host asked to be left alone for longer than anybody waits here, also while this one waited for its turn.
    pub(crate) async fn turn(&self, url: &Url) -> Result<Turn, Failure> {
        // Nobody ever closes it, which is the only way to fail.
        let permit = self.permits.clone().acquire_owned().await.ok();
        let at = {
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let left = pace.closed_until.saturating_duration_since(now);
            if left > LONGEST_ASKED {
                let message = format!("the server asks to wait {} seconds", left.as_secs());
                return Err(Failure::last(ErrorKind::Upstream, message, url, "run again after that"));
            }
            let at = pace.next.max(pace.closed_until).max(now);
            pace.next = at + pace.between;
            at
        };
        sleep_until(at).await;
        Ok(Turn(permit))
    }

    /// That the host was not asked in vain for its `robots.txt` just now, so many times.
    pub(crate) fn check_silent(&self, tries: u32) -> Result<(), Failure> {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        match &*silent {
            (times, Some((at, cause))) if *times >= tries && at.elapsed() < SILENCE => Err(Failure::again(cause)),
            _ => Ok(()),
        }
    }

    /// Takes down how asking for `robots.txt` ended.
    pub(crate) fn was_silent(&self, failure: Option<&Failure>) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        *silent = match failure {
            Some(Failure::Again { cause, .. }) => (silent.0 + 1, Some((Instant::now(), cause.clone()))),
            _ => (0, None),
        };
    }

    /// The host wants at least so long between two requests.
    pub(crate) fn slow_down(&self, between: Duration) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.between = pace.between.max(between);
    }

    /// The host wants nobody to ask for so long.
    pub(crate) fn leave_alone(&self, wait: Duration) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.closed_until = pace.closed_until.max(Instant::now() + wait.min(LONGEST_CLOSED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(concurrent: usize, per_second: f64) -> Hosts {
        Hosts::new(BTreeMap::from([("a:80".to_owned(), HostRules { concurrent, per_second, private: false })]))
    }

    fn url(text: &str) -> Url {
        text.parse().expect("address")
    }

    #[tokio::test(start_paused = true)]
    async fn requests_keep_their_distance() {
        let host = hosts(10, 2.0).of(&url("http://a/x"));
        let begun = Instant::now();
        for _ in 0..5 {
            drop(turn(&host).await);
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
        host.slow_down(Duration::from_secs(3));
        host.leave_alone(Duration::from_secs(10));
        for _ in 0..2 {
            drop(turn(&host).await);
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(15));
        // A slow pace is none of the host's wishes, however many wait for their turn.
        host.slow_down(Duration::from_mins(1));
        for _ in 0..5 {
            drop(turn(&host).await);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_turn_hears_that_there_is_none() {
        let host = hosts(1, 0.0).of(&url("http://a/"));
        let first = turn(&host).await;
        let address = url("http://a/second");
        let waiting = host.turn(&address);
        // Any number that a header can hold.
        host.leave_alone(Duration::from_secs(u64::MAX));
        drop(first);
        assert!(matches!(waiting.await, Err(Failure::Final(fault)) if fault.kind() == ErrorKind::Upstream));
    }

    async fn turn(host: &Host) -> Option<Turn> {
        host.turn(&url("http://a/")).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_at_a_time() {
        let host = hosts(2, 0.0).of(&url("http://a/"));
        let (_first, second) = (turn(&host).await, turn(&host).await);
        let third = tokio::time::timeout(Duration::from_secs(1), turn(&host)).await;
        assert!(third.is_err(), "two are under way");
        drop(second);
        assert!(turn(&host).await.is_some());
    }

    #[test]
    fn a_host_is_scheme_name_and_port() {
        let hosts = hosts(1, 0.0);
        let same = |one: &str, two: &str| Arc::ptr_eq(&hosts.of(&url(one)), &hosts.of(&url(two)));
        assert!(same("http://a/x", "http://A:80/y"));
        assert!(
            !same("http://a/", "https://a/") && !same("http://a/", "http://a:81/") && !same("http://a/", "http://b/")
        );
    }
}
