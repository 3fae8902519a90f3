//! What is asked for again: only what is new, only what is missing, and only where it may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_loopback::{Reply, Request, Server};
use quipu_schema::{Digest, ErrorKind};

use super::*;

fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 31 % 251).unwrap_or(0)).collect()
}

fn without_robots(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    let handler = move |request: &Request| match request.path() {
        "/robots.txt" => Reply::status("404 Not Found"),
        _ => handler(request),
    };
    Server::start(handler)
}

fn line(server: &Server, paths: &[&str]) -> String {
    let urls: Vec<String> = paths.iter().map(|path| format!("\"{}\"", server.url(path))).collect();
    format!("http = {{ urls = [{}], tries = 1, idle_timeout_s = 2 }}", urls.join(", "))
}

#[test]
fn what_a_server_says_is_the_same_is_not_sent_again() {
    let place = Place::new();
    let server = without_robots(|request| {
        let etag = format!("\"{}\"", request.path());
        if request.header("if-none-match") == Some(&etag) {
            Reply::status("304 Not Modified").header("ETag", &etag)
        } else {
            Reply::ok(request.path().repeat(1_000)).header("ETag", &etag)
        }
    });
    let pipeline = place.pipeline(&[("web", &line(&server, &["/a", "/b"]))]);
    assert!(is_done(&place.run(&pipeline).sources[0]));
    let before = place.captures("web");
    let sent = server.sent();
    let report = place.run(&pipeline);
    assert!(is_unchanged(&report.sources[0]), "{report:?}");
    assert_eq!(report.sources[0].tally.published, 2);
    assert_eq!(place.captures("web"), before, "the captures of before are current still");
    assert!(server.sent() - sent < 500, "{} bytes", server.sent() - sent);
    // What is not in the archive any more has to come again.
    std::fs::remove_file(place.store.archive().path(&before[0].digest)).expect("removed");
    assert!(is_unchanged(&place.run(&pipeline).sources[0]));
    assert_eq!(place.bytes(&before[0]), "/a".repeat(1_000));
}

#[test]
fn what_came_is_not_fetched_again_because_something_else_did_not() {
    let place = Place::new();
    let healed = Arc::new(AtomicBool::new(false));
    let is_well = healed.clone();
    let server = without_robots(move |request| match (request.path(), is_well.load(Ordering::SeqCst)) {
        ("/bad", false) => Reply::status("503 Service Unavailable"),
        (path, _) if request.header("if-none-match").is_some() => {
            Reply::status("304 Not Modified").header("ETag", path)
        }
        (path, _) => Reply::ok(path.repeat(500)).header("ETag", &format!("\"{path}\"")),
    });
    let pipeline = place.pipeline(&[("web", &line(&server, &["/a", "/bad", "/c"]))]);
    let report = place.run(&pipeline);
    let fault = fault(&report.sources[0]);
    assert_eq!(fault.kind(), ErrorKind::Upstream);
    assert!(fault.message().starts_with("1 of 3 documents did not come"), "{fault}");
    let tally = &report.sources[0].tally;
    let ignored: Vec<(&str, u64)> = tally.ignored.iter().map(|(rule, count)| (rule.as_str(), *count)).collect();
    assert_eq!((tally.read, ignored), (3, vec![("upstream", 1), ("waits-for-the-others", 2)]));
    assert!(place.captures("web").is_empty(), "half a source is none");
    server.forget();
    healed.store(true, Ordering::SeqCst);
    assert!(is_done(&place.run(&pipeline).sources[0]));
    let conditional = server.requests().iter().filter(|request| request.header("if-none-match").is_some()).count();
    assert_eq!((server.asked(), conditional), (3, 2));
    assert_eq!(names(&place.captures("web")), [server.url("/a"), server.url("/bad"), server.url("/c")]);
}

#[test]
fn a_download_that_broke_off_is_gone_on_with_by_the_next_run() {
    let place = Place::new();
    let whole = body(300_000);
    let server = without_robots({
        let whole = whole.clone();
        move |request| match request.range() {
            Some(first) => Reply::part(&whole, first).header("ETag", "\"v\""),
            None => Reply::ok(whole.clone())
                .header("ETag", "\"v\"")
                .silent_after(200_000, std::time::Duration::from_secs(9)),
        }
    });
    // A try that brought something may be followed by another one: the first run must not have it.
    let line = format!("http = {{ url = \"{}\", tries = 1, total_timeout_s = 1 }}", server.url("/big"));
    let pipeline = place.pipeline(&[("web", &line)]);
    let report = place.run(&pipeline);
    assert!(is_done(&report.sources[0]), "{report:?}");
    assert_eq!(place.captures("web")[0].digest, Digest::of(&whole));
    assert_eq!(server.requests()[1].range(), Some(200_000), "of the same run");

    // As after a kill: a run left half of it.
    let (pipeline_name, url) = ("demo", server.url("/other"));
    let mut hasher = quipu_schema::digest::Hasher::default();
    hasher.part("pipeline", pipeline_name).part("source", "web").part("url", &url);
    let mut left = place.store.archive().partial(&hasher.finish()).expect("partial");
    left.begin(Some(&format!("\"v\" {}", Digest::of(&url)))).expect("begun");
    left.write(&whole[..123_456]).expect("written");
    drop(left);
    server.forget();
    let line = format!("http = {{ url = \"{url}\", tries = 1 }}");
    let report = place.run(&place.pipeline(&[("web", &line)]));
    assert!(is_unchanged(&report.sources[0]), "the bytes of before under another name: {report:?}");
    assert_eq!(server.requests()[0].range(), Some(123_456));
    assert_eq!(place.captures("web")[0].digest, Digest::of(&whole));
    assert_eq!(place.left_over(), 0);
}

#[test]
fn a_page_in_place_of_data_is_kept_as_suspect_and_never_current() {
    let place = Place::new();
    let server = without_robots(|request| match request.before {
        0 => Reply::ok("a,b\n1,2\n").header("Content-Type", "text/csv"),
        1 => Reply::ok("<!doctype html><title>Log in</title>").header("Content-Type", "text/csv"),
        2 => Reply::ok("<!doctype html><title>Log in</title>").header("Content-Type", "text/html"),
        3 => Reply::ok("a,b\n").header("Content-Type", "text/csv"),
        _ => Reply::ok("a,b\n1,2\n3,4\n").header("Content-Type", "text/csv"),
    });
    let rows = "[source.rows]\ntable = \"area_alias\"\n[source.rows.columns]\nalias = { column = \"a\" }\narea = { column = \"b\" }\n";
    let text =
        |guard: &str| format!("http = {{ url = \"{}\" }}\n[source.guard]\n{guard}\n{rows}", server.url("/data.csv"));
    let run = |guard: &str| place.run(&place.pipeline_of("web", &text(guard))).sources.remove(0);
    assert!(is_done(&run("shrink_to = 0.8")));
    for why in [
        "says `text/csv` and sends HTML",
        "read as csv, and what came is HTML",
        "it has 4 bytes, less than 0.8 of the 8",
    ] {
        let report = run("shrink_to = 0.8");
        assert_eq!(fault(&report).kind(), ErrorKind::Shape);
        assert!(fault(&report).message().contains(why), "{}", fault(&report));
        assert!(report.notes.iter().any(|note| note.contains("keeps the 1 document")), "{:?}", report.notes);
        assert_eq!(place.bytes(&place.captures("web")[0]), "a,b\n1,2\n");
    }
    let pin = Digest::of("a,b\n1,2\n3,4\n");
    let other = run(&format!("sha256 = \"{}\"", Digest::of("something else")));
    assert!(fault(&other).message().contains("none of those that the pipeline file names"));
    assert!(is_done(&run(&format!("sha256 = [\"{pin}\"]"))));
    assert_eq!(place.captures("web")[0].digest, pin);
}

#[test]
fn secrets_come_from_the_environment_and_are_told_nowhere() {
    let place = Place::new();
    let server = without_robots(|request| {
        let known = request.header("x-api-key").is_some_and(|key| !key.is_empty()) && request.query("token").is_some();
        if known { Reply::ok("data") } else { Reply::status("401 Unauthorized") }
    });
    // A variable that every environment has, so that no test has to change its own.
    let line = |variable: &str| {
        format!(
            "http = {{ url = \"{}\", secret_headers = {{ X-Api-Key = \"{variable}\" }}, secret_query = {{ token = \"PATH\" }} }}",
            server.url("/a?year=2024")
        )
    };
    assert!(is_done(&place.run(&place.pipeline(&[("web", &line("PATH"))])).sources[0]));
    let captures = place.captures("web");
    assert_eq!(captures[0].name, server.url("/a?year=2024&token=***"));
    let secret = std::env::var("PATH").expect("a path");
    assert_eq!(server.requests()[0].header("x-api-key"), Some(secret.as_str()));
    assert!(!format!("{captures:?}").contains(&secret));
    let report = place.run(&place.pipeline(&[("web", &line("QUIPU_TEST_NO_SUCH_VARIABLE"))]));
    assert!(fault(&report.sources[0]).message().contains("`QUIPU_TEST_NO_SUCH_VARIABLE` has no value"));
    assert_eq!(server.asked(), 1);
}

#[test]
fn addresses_that_differ_in_what_is_hidden_alone_are_two_documents() {
    let place = Place::new();
    let server = without_robots(|request| {
        let etag = format!("\"{}\"", request.target);
        if request.header("if-none-match") == Some(&etag) {
            return Reply::status("304 Not Modified").header("ETag", &etag);
        }
        Reply::ok(request.target.clone()).header("ETag", &etag)
    });
    let pipeline = place.pipeline(&[("web", &line(&server, &["/?series_key=GDP", "/?series_key=CPI"]))]);
    for _ in 0..2 {
        assert!(!matches!(place.run(&pipeline).sources[0].outcome, Outcome::Failed(_)));
        let captures = place.captures("web");
        assert_eq!(names(&captures), [server.url("/?series_key=***"), server.url("/?series_key=***#2")]);
        let bytes: Vec<String> = captures.iter().map(|capture| place.bytes(capture)).collect();
        assert_eq!(bytes, ["/?series_key=GDP", "/?series_key=CPI"]);
    }
}

#[test]
fn hosts_that_are_private_have_to_be_allowed() {
    let place = Place::new();
    let server = without_robots(|_| Reply::ok("data"));
    let text = format!(
        "[pipeline]\nname = \"demo\"\nreference = \"r\"\n[[source]]\nid = \"web\"\nhttp = {{ url = \"{}\" }}\n[source.report]\n",
        server.url("/")
    );
    let pipeline = Pipeline::parse(&place.folder.path().join("p.toml"), &text).expect("pipeline");
    let report = place.run(&pipeline);
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Refused);
    assert_eq!(server.connections(), 0);
}

#[test]
fn files_are_held_to_pins_and_sizes_too() {
    let place = Place::new();
    let run = |guard: &str| {
        let rest = format!("file = \"a.txt\"\n[source.guard]\n{guard}\n[source.report]\n");
        place.run(&place.pipeline_of("local", &rest)).sources.remove(0)
    };
    place.write("a.txt", "a long text");
    assert!(is_done(&run("shrink_to = 0.9")));
    place.write("a.txt", "a text");
    assert!(fault(&run("shrink_to = 0.9")).message().contains("less than 0.9 of the 11"));
    assert!(is_done(&run("shrink_to = 0.5")));
    assert!(fault(&run(&format!("sha256 = \"{}\"", Digest::of("other")))).message().contains("none of those"));
    assert_eq!(place.bytes(&place.captures("local")[0]), "a text");
}

#[test]
fn many_sources_are_fetched_side_by_side_and_told_in_their_order() {
    let place = Place::new();
    place.write("f.txt", "a file");
    let server = without_robots(|request| match request.path() {
        "/7" => Reply::status("404 Not Found"),
        path => Reply::ok(path.to_owned()).header("ETag", &format!("\"{path}\"")),
    });
    let lines: Vec<String> = (0..40)
        .map(|number| match number {
            20 => "file = \"f.txt\"".to_owned(),
            number => format!("http = {{ url = \"{}\" }}", server.url(&format!("/{number}"))),
        })
        .collect();
    let ids: Vec<String> = (0..40).map(|number| format!("s{number}")).collect();
    let sources: Vec<(&str, &str)> = ids.iter().zip(&lines).map(|(id, line)| (id.as_str(), line.as_str())).collect();
    let pipeline = place.pipeline(&sources);
    let report = place.run(&pipeline);
    let told: Vec<&str> = report.sources.iter().map(|source| source.source.as_str()).collect();
    assert_eq!(told, ids);
    for (number, source) in report.sources.iter().enumerate() {
        match number {
            7 => assert_eq!(fault(source).kind(), ErrorKind::Source),
            _ => assert!(is_done(source), "{source:?}"),
        }
    }
    assert_eq!(place.bytes(&place.captures("s33")[0]), "/33");
    assert_eq!(place.bytes(&place.captures("s20")[0]), "a file");
}

#[test]
fn what_came_with_a_set_that_was_not_complete_is_no_edition() {
    let server = Server::scripted(vec![
        Reply::ok("one, at first"),
        Reply::ok("two, at first"),
        Reply::ok("one, later"),
        Reply::status("404 Not Found"),
    ]);
    let place = Place::new();
    let lines = format!(
        "http = {{ urls = [\"{}\", \"{}\"], tries = 1 }}\n[source.report]\n[hosts.\"{}\"]\nprivate = true\nconcurrent = 1\n",
        server.url("/one.txt"),
        server.url("/two.txt"),
        server.host()
    );
    let pipeline = place.pipeline_of("web", &lines);
    assert!(is_done(&place.run(&pipeline).sources[0]));
    fault(&place.run(&pipeline).sources[0]);
    let editions = place.ledger.editions("demo", "web", None).expect("editions");
    let texts: Vec<String> = editions.iter().map(|edition| place.bytes(&edition.capture)).collect();
    assert_eq!(texts, ["one, at first", "two, at first"]);
    let newest = place.ledger.newest_captures("demo", "web").expect("captures");
    assert!(newest.iter().any(|capture| place.bytes(capture) == "one, later"), "it is there for the next run");
}
