//! Two thousand documents on a moody server: whatever is served whole is archived once, and nothing else as good.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quipu_loopback::{Reply, Request, Server};
use quipu_schema::Digest;

use super::*;

const DOCUMENTS: u64 = 2_000;

/// A seeded mixer of numbers (splitmix64), so that a failure can be repeated.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn document(number: u64, version: u64) -> Vec<u8> {
    let lines = 1 + mixed(7, number) % 400;
    let line = |at| format!("{number},{version},{}\n", mixed(number, at));
    (0..lines).map(line).collect::<String>().into_bytes()
}

/// What the server does: seeded, by document and by how often it was asked for.
struct Moods {
    seed: u64,
    well: AtomicBool,
    /// Digests of what was sent whole, by path.
    whole: Mutex<BTreeMap<String, BTreeSet<Digest>>>,
    /// Compressed, and far too large.
    bomb: Vec<u8>,
}

impl Moods {
    fn reply(&self, request: &Request) -> Reply {
        if request.path() == "/robots.txt" {
            return Reply::status("404 Not Found");
        }
        if let Some(step) = request.path().strip_prefix("/loop/") {
            return Reply::status("302 Found").header("Location", &format!("/loop/{step}x"));
        }
        let number: u64 =
            request.path().trim_start_matches("/doc/").trim_end_matches(".csv").parse().expect("a number");
        let chance = mixed(self.seed ^ (request.before as u64) << 32, number);
        // Some documents are new when they are asked for again.
        let version = if chance.is_multiple_of(97) { request.before as u64 } else { 0 };
        let (body, etag) = (document(number, version), format!("\"{number}-{version}\""));
        if request.header("if-none-match") == Some(&etag) {
            return Reply::status("304 Not Modified").header("ETag", &etag);
        }
        let good = || {
            self.whole.lock().expect("lock").entry(request.path().to_owned()).or_default().insert(Digest::of(&body));
            match request.range().filter(|first| request.header("if-range") == Some(&etag) && *first < body.len()) {
                Some(first) => Reply::part(&body, first),
                None => Reply::ok(body.clone()),
            }
            .header("ETag", &etag)
            .header("Content-Type", "text/csv")
        };
        if self.well.load(Ordering::SeqCst) {
            return good();
        }
        let half = body.len() / 2;
        let begun = || Reply::ok(body.clone()).header("ETag", &etag).header("Content-Type", "text/csv");
        match chance / 97 % 24 {
            0 => Reply::status("503 Service Unavailable"),
            // Few of them: each makes us leave the host alone for a second.
            1 if chance.is_multiple_of(16) => Reply::status("429 Too Many Requests").header("Retry-After", "1"),
            2 if chance.is_multiple_of(16) => Reply::status("429 Too Many Requests")
                .header("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
                .header("Retry-After", "Sun, 06 Nov 1994 08:49:38 GMT"),
            3 => begun().broken_after(half),
            4 => begun().broken_after(0),
            5 if chance.is_multiple_of(5) => begun().silent_after(half, Duration::from_secs(4)),
            6 => begun().stating(Some(body.len() as u64 + 10)).close(),
            7 => Reply::status("302 Found").header("Location", "/loop/"),
            8 => Reply::ok(self.bomb.clone()).header("Content-Encoding", "gzip").header("Content-Type", "text/csv"),
            9 => Reply::ok("<!DOCTYPE html><html><title>Log in</title></html>").header("Content-Type", "text/html"),
            10 => Reply::status("403 Forbidden"),
            11 => begun().stating(None).broken_after(half).header("Content-Encoding", "gzip"),
            _ => good(),
        }
    }
}

/// 64 MiB of nothing in 65 KB.
fn bomb() -> Vec<u8> {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        std::io::Write::write_all(&mut bomb, &vec![0; 1 << 20]).expect("memory");
    }
    bomb.finish().expect("memory")
}

#[test]
fn whatever_is_served_whole_is_archived_once_and_nothing_else_as_good() {
    let place = Place::new();
    let moods =
        Arc::new(Moods { seed: 20_261_128, well: AtomicBool::new(false), whole: Mutex::default(), bomb: bomb() });
    let server = Server::start({
        let moods = moods.clone();
        move |request| moods.reply(request)
    });
    let urls: Vec<String> =
        (0..DOCUMENTS).map(|number| format!("\"{}\"", server.url(&format!("/doc/{number}.csv")))).collect();
    let http = format!("urls = [{}]\ntries = 2\nidle_timeout_s = 1\nmax_redirects = 3\n", urls.join(",\n"));
    let rows = "[source.rows]\ntable = \"area_alias\"\n[source.rows.columns]\nalias = { column = \"a\" }\narea = { column = \"b\" }\n";
    let pipeline = place.pipeline_of("web", &format!("[source.http]\n{http}{rows}"));

    let report = place.run(&pipeline);
    let source = &report.sources[0];
    assert!(matches!(source.outcome, Outcome::Failed(_)), "not all came");
    let newest = |place: &Place| place.ledger.newest_captures("demo", "web").expect("captures");
    let good = newest(&place);
    let whole = moods.whole.lock().expect("lock").clone();
    let path = |capture: &Capture| capture.name.strip_prefix(&server.url("")).expect("an address").to_owned();
    for capture in &good {
        assert!(whole.get(&path(capture)).is_some_and(|known| known.contains(&capture.digest)), "{capture:?}");
        assert_eq!(place.store.archive().verify(&capture.digest).expect("archived"), capture.size);
    }
    let captured: BTreeSet<String> = good.iter().map(path).collect();
    assert_eq!(captured, whole.keys().cloned().collect(), "what was served whole was archived");
    let tally = &source.tally;
    assert_eq!((tally.read, tally.published), (DOCUMENTS, 0));
    assert_eq!(tally.ignored.values().sum::<u64>(), DOCUMENTS, "{tally:?}");
    assert_eq!(tally.ignored["waits-for-the-others"], good.len() as u64);
    for rule in ["suspect", "refused", "source", "upstream"] {
        assert!(tally.ignored.get(rule).is_some_and(|count| *count > 10), "{rule}: {tally:?}");
    }
    assert!(good.len() as u64 > DOCUMENTS / 2, "{tally:?}");

    // Healed: only what was missing comes.
    moods.well.store(true, Ordering::SeqCst);
    moods.whole.lock().expect("lock").clear();
    let before = server.asked();
    let report = place.run(&pipeline);
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0].notes);
    assert_eq!(report.sources[0].tally.published, DOCUMENTS);
    assert_eq!((server.asked() - before) as u64, DOCUMENTS, "each one is asked for once");
    let sent: BTreeSet<String> = moods.whole.lock().expect("lock").keys().cloned().collect();
    let renewed = sent.intersection(&captured).count();
    assert_eq!(sent.len() + captured.len(), usize::try_from(DOCUMENTS).expect("few") + renewed);
    assert!(renewed < 60, "only new versions come again: {renewed}");
    assert_eq!(place.captures("web").len() as u64, DOCUMENTS);
    let archived = archived(&place.store.root().join("archive"));
    let named: BTreeSet<Digest> = place.captures("web").iter().chain(&good).map(|capture| capture.digest).collect();
    // And the page to log in at, which is suspect.
    assert_eq!(archived, named.len() + 1);
    assert_eq!(place.left_over(), 0);
}

/// Files below a folder.
fn archived(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .fold(0, |sum, path| sum + if path.is_dir() { archived(&path) } else { 1 })
}
