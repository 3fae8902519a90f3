//! A source behind HTTP, from a server that is busy at first to a release.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quipu_loopback::{Reply, Server};
use quipu_tests::{Dir, Quipu, Tree};

use crate::small::{ROWS, RUN, observations, pipeline, rows};

fn busy() -> Reply {
    Reply::status("503 Service Unavailable")
}

fn csv(plus: u64) -> Reply {
    Reply::ok(rows(plus)).header("Content-Type", "text/csv; charset=utf-8")
}

/// A folder whose source `odd` is fetched from `url`, on this machine.
fn dir(url: &str) -> Dir {
    let from = "file = \"../in/odd.csv\"";
    let text = pipeline() + "\n[hosts.\"127.0.0.1\"]\nprivate = true\n";
    assert!(text.contains(from));
    let dir = Dir::with_pipeline(&text.replace(from, &format!("http = {{ url = \"{url}\", tries = 2 }}")));
    dir.write("in/steady.csv", rows(0));
    dir
}

#[test]
fn a_file_behind_a_busy_server_becomes_observations() {
    let server = Server::scripted(vec![busy(), csv(0)]);
    let dir = dir(&server.url("/data.csv?token=s3cr3t"));
    let ended = dir.quipu(&["run", "pipelines/test.toml", "--format", "json"]).expect(0);
    assert_eq!(server.asked(), 2, "asked again after 503");
    assert_eq!((observations(&dir, "steady"), observations(&dir, "odd")), (ROWS, ROWS));
    dir.assert_whole();
    let traced = dir
        .quipu(&["trace", "observation", "dataset=ODD,ref_area=MX,time_start=2012-01-01", "--format", "json"])
        .expect(0);
    let traced = traced.event("traced");
    assert_eq!((&traced["agrees"], &traced["at"]), (&true.into(), &"123".into()), "{traced}");
    assert_eq!(traced["captured"], server.url("/data.csv?token=***"), "without the secret");

    // The same bytes again are nothing new; other bytes are.
    dir.quipu(&["run", "pipelines/test.toml", "--unchanged-exit-code"]).expect(99);
    assert_eq!(server.asked(), 3);
    dir.quipu(&["run", "pipelines/test.toml", "--offline"]).expect(0);
    assert_eq!(server.asked(), 3, "offline is offline");
    dir.quipu(&["verify", "pipelines/test.toml"]).expect(0);
    assert_eq!(server.asked(), 3);
    let secret = "s3cr3t";
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains(secret));
    for place in ["quipu-store", "release"] {
        for path in Tree::read(&dir.path(place)).paths() {
            let bytes = dir.read(&format!("{place}/{path}"));
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "{place}/{path} holds the secret"
            );
        }
    }
}

#[test]
fn a_server_that_stays_busy_leaves_what_was_published() {
    let server = Server::scripted(vec![csv(0), busy(), busy(), csv(1)]);
    let dir = dir(&server.url("/data.csv"));
    dir.quipu(&RUN).expect(0);
    let before = Tree::read(&dir.path("release"));
    let parts =
        ["GET failed after 2 tries", "503", &server.url("/data.csv"), "keeps the 1 document of its last good ingest"];
    dir.quipu(&RUN).expect(3).says(&parts);
    before.assert_untouched(&Tree::read(&dir.path("release")), "the release");
    dir.quipu(&RUN).expect(0);
    assert_ne!(before.paths(), Tree::read(&dir.path("release")).paths());
    dir.assert_whole();
}

#[test]
fn a_document_that_is_gone_and_a_page_in_its_place() {
    let gone = Reply::of("404 Not Found", "<html>gone</html>").header("Content-Type", "text/html");
    let page = Reply::ok("<!DOCTYPE html><html>sign in</html>").header("Content-Type", "text/html");
    let server = Server::scripted(vec![gone, page]);
    let dir = dir(&server.url("/data.csv"));
    dir.quipu(&RUN).expect(3).says(&["the server has no such document: 404"]);
    assert_eq!(server.asked(), 1, "asked once");
    dir.quipu(&RUN).expect(5).says(&[
        "what came is not taken for data",
        "read as csv, and what came is HTML",
        "marked as suspect",
    ]);
    assert_eq!((observations(&dir, "steady"), observations(&dir, "odd")), (ROWS, 0));
    dir.assert_whole();
}

#[test]
fn where_nothing_can_be_reached_the_run_is_worth_another_try() {
    let server = Server::scripted(vec![busy()]);
    let dir = dir(&server.url("/data.csv"));
    let text = String::from_utf8(dir.read("pipelines/test.toml")).expect("text");
    dir.write("pipelines/test.toml", text.replace(&crate::small::source("steady"), ""));
    dir.quipu(&RUN).expect(75).says(&["GET failed after 2 tries", "run again later"]);
    assert!(dir.releases_in("release").is_empty());
    drop(server);
    dir.quipu(&RUN).expect(75).says(&["GET failed after 2 tries"]);
}

/// Bytes of a large document: text, so that it may be a table as far as anybody can tell.
fn large(length: usize) -> Vec<u8> {
    let letter = |at: usize| b'a' + u8::try_from(at / 64 * 7 % 26).unwrap_or(0);
    (0..length).map(|at| if at % 64 == 63 { b'\n' } else { letter(at) }).collect()
}

/// A folder with one source, which is fetched from `url` and read as prose by nobody: only ingest runs.
fn only_ingest(url: &str) -> Dir {
    Dir::with_pipeline(&format!(
        "[pipeline]\nname = \"test\"\nreference = \"../data/reference\"\nstore = \"../quipu-store\"\n\
         [hosts.\"127.0.0.1\"]\nprivate = true\nper_second = 0\n\
         [[source]]\nid = \"big\"\nhttp = {{ url = \"{url}\", tries = 2 }}\n[source.report]\n"
    ))
}

#[test]
fn a_download_that_was_killed_is_gone_on_with_and_one_that_changed_begins_afresh() {
    const LENGTH: usize = 200 << 20;
    const HALF: usize = 90 << 20;
    let (old, new) = (Arc::new(large(LENGTH)), Arc::new(large(LENGTH + 5)));
    for changed in [false, true] {
        let killed = Arc::new(AtomicBool::new(false));
        let server = Server::start({
            let (old, new, killed) = (old.clone(), new.clone(), killed.clone());
            move |request| {
                let now = changed && killed.load(Ordering::SeqCst);
                let (body, etag) = if now { (&new, "\"new\"") } else { (&old, "\"old\"") };
                let goes_on = request.header("if-range") == Some(etag);
                match request.range().filter(|_| goes_on) {
                    _ if request.path() == "/robots.txt" => Reply::status("404 Not Found"),
                    Some(first) => Reply::part(body, first).header("ETag", etag),
                    None if killed.load(Ordering::SeqCst) => Reply::ok(body.to_vec()).header("ETag", etag),
                    None => Reply::ok(body.to_vec()).header("ETag", etag).silent_after(HALF, Duration::from_mins(1)),
                }
            }
        });
        let dir = only_ingest(&server.url("/big.txt"));
        let mut running = Quipu::new(dir.root(), &["ingest", "pipelines/test.toml"]).start();
        let partial = dir.path("quipu-store/partial");
        let came = || {
            let files = std::fs::read_dir(&partial).into_iter().flatten().flatten();
            files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).max().unwrap_or(0)
        };
        let begun = Instant::now();
        // The last piece may be on its way to the disk.
        while came() < (HALF - (1 << 20)) as u64 {
            assert!(begun.elapsed() < Duration::from_mins(1), "half of it never comes: {} bytes", came());
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut half = 0;
        while half < came() {
            half = came();
            std::thread::sleep(Duration::from_millis(300));
        }
        let half = usize::try_from(half).expect("small");
        assert!(running.kill(), "it was still running");
        drop(running);
        killed.store(true, Ordering::SeqCst);
        server.forget();
        dir.quipu(&["ingest", "pipelines/test.toml"]).expect(0);
        let expected = if changed { &new } else { &old };
        let digest = quipu_schema::Digest::of(expected.as_slice());
        assert!(quipu_store::Store::open(&dir.path("quipu-store")).expect("store").archive().contains(&digest));
        let asked = server.requests();
        assert_eq!((asked.len(), asked[0].range()), (1, Some(half)), "{asked:?}");
        let needed = if changed { LENGTH + 5 } else { LENGTH - half } as u64;
        assert!(server.sent() < needed + (1 << 16), "{} bytes for {needed}", server.sent());
        assert_eq!(std::fs::read_dir(&partial).expect("folder").count(), 0);
    }
}

#[test]
fn a_run_that_was_killed_knows_the_documents_that_it_had() {
    const COUNT: usize = 400;
    let server = Server::start(|request| {
        if request.path() == "/robots.txt" {
            return Reply::status("404 Not Found");
        }
        let tag = format!("\"{}\"", request.path());
        if request.header("if-none-match") == Some(&tag) {
            return Reply::status("304 Not Modified").header("ETag", &tag);
        }
        // A run takes its time.
        std::thread::sleep(Duration::from_millis(30));
        Reply::ok(format!("The report {} says that all is well.", request.path())).header("ETag", &tag)
    });
    let urls: Vec<String> = (0..COUNT).map(|at| format!("\"{}\"", server.url(&format!("/{at}.txt")))).collect();
    let dir = Dir::with_pipeline(&format!(
        "[pipeline]\nname = \"test\"\nreference = \"../data/reference\"\nstore = \"../quipu-store\"\n\
         [hosts.\"127.0.0.1\"]\nprivate = true\nper_second = 0\n\
         [[source]]\nid = \"many\"\nhttp = {{ urls = [{}] }}\n[source.report]\n",
        urls.join(", ")
    ));
    let mut running = Quipu::new(dir.root(), &["ingest", "pipelines/test.toml"]).start();
    let begun = Instant::now();
    while server.asked() < COUNT / 2 {
        assert!(begun.elapsed() < Duration::from_mins(1), "half of it is never asked for");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(running.kill(), "it was still running");
    drop(running);
    server.forget();
    dir.quipu(&["ingest", "pipelines/test.toml"]).expect(0);
    let asked = server.requests();
    let known = asked.iter().filter(|request| request.header("if-none-match").is_some()).count();
    assert_eq!(asked.len(), COUNT, "each is asked for once");
    // Those of the last moments before the kill may have to come again.
    assert!(known > COUNT / 8, "{known} of {} were known", COUNT / 2);
    dir.assert_store_whole("quipu-store");
}
