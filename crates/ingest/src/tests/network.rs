//! HTTP, good and bad.

use std::time::{Duration, Instant};

use quipu_schema::ErrorKind;

use quipu_loopback::{Reply, Server, Step};

use super::*;

/// A whole answer; each header is `Name: value`.
fn answer(status: &str, headers: &[&str], body: &str) -> Reply {
    headers.iter().fold(Reply::of(status, body), |reply, header| {
        let (name, value) = header.split_once(": ").expect("a header");
        reply.header(name, value)
    })
}

/// An answer that promises more bytes than it has.
fn promise(length: u64, body: &str) -> Reply {
    Reply::ok(body).stating(Some(length)).close()
}

/// Fetches from the server with these further settings; gives the source's report.
fn fetch(place: &Place, server: &Server, path: &str, settings: &str) -> SourceReport {
    let line = format!("http = {{ url = \"{}\"{settings} }}", server.url(path));
    let report = place.run(&place.pipeline(&[("web", &line)]));
    assert_eq!(place.left_over(), 0, "no half-written files");
    report.sources.into_iter().next().expect("one source")
}

fn ok(body: &str) -> Reply {
    answer("200 OK", &["Content-Type: Text/CSV; charset=utf-8", "ETag: \"1\"", "Set-Cookie: a=secret"], body)
}

#[test]
fn an_answer_is_archived_as_it_came() {
    let place = Place::new();
    let server = Server::scripted(vec![ok("a;b\n")]);
    let report = fetch(&place, &server, "/x.csv?api_key=s3cret&year=2024", "");
    assert!(is_done(&report), "{report:?}");
    let captures = place.captures("web");
    let capture = &captures[0];
    assert_eq!(place.bytes(capture), "a;b\n");
    assert_eq!(capture.name, server.url("/x.csv?api_key=***&year=2024"));
    assert_eq!((capture.media_type.as_deref(), capture.status), (Some("text/csv"), Some(200)));
    let kept: Vec<&str> = capture.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(kept, ["content-type", "etag", "content-length"]);
    assert!(!format!("{captures:?}").contains("s3cret"));
    let request = server.requests().remove(0);
    let agent = format!("quipu/{} (+mailto:desk@example.org)", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent.as_str()));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert!(request.target.contains("api_key=s3cret"), "{request:?}");
    assert!(is_unchanged(&fetch(&place, &server, "/x.csv?api_key=s3cret&year=2024", "")));
}

#[test]
fn a_busy_server_is_asked_again() {
    let place = Place::new();
    let server = Server::scripted(vec![answer("503 Service Unavailable", &[], "later"), ok("a")]);
    assert!(is_done(&fetch(&place, &server, "/", "")));
    assert_eq!(server.asked(), 2);
}

#[test]
fn retry_after_is_honoured() {
    let place = Place::new();
    let server = Server::scripted(vec![answer("429 Too Many Requests", &["Retry-After: 1"], ""), ok("a")]);
    let begun = Instant::now();
    assert!(is_done(&fetch(&place, &server, "/", "")));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.asked(), 2);
}

#[test]
fn a_server_that_wants_a_long_rest_gets_it() {
    let place = Place::new();
    let server = Server::scripted(vec![answer("503 Service Unavailable", &["Retry-After: 86400"], "")]);
    let report = fetch(&place, &server, "/", "");
    assert_eq!(fault(&report).kind(), ErrorKind::Upstream);
    assert!(fault(&report).advice().is_some_and(|help| help.contains("86400 seconds")));
    assert_eq!(server.asked(), 1);
}

#[test]
fn a_truncated_answer_is_fetched_again() {
    let place = Place::new();
    let server = Server::scripted(vec![promise(10, "abc"), ok("abcdefghij")]);
    assert!(is_done(&fetch(&place, &server, "/", "")));
    assert_eq!(place.bytes(&place.captures("web")[0]), "abcdefghij");
}

#[test]
fn giving_up_says_what_was_tried() {
    let place = Place::new();
    let server = Server::scripted(vec![promise(10, "abc")]);
    let report = fetch(&place, &server, "/?token=s3cret", ", tries = 2");
    let fault = fault(&report);
    assert_eq!(fault.kind(), ErrorKind::Upstream);
    let text = fault.to_string();
    for part in ["/?token=***", "GET failed after 2 tries in ", " s, at last: the answer broke off"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
    assert_eq!(server.asked(), 2);
}

#[test]
fn silence_ends_in_a_timeout() {
    let place = Place::new();
    let silence = Duration::from_secs(20);
    for reply in [Reply::raw(vec![Step::Wait(silence)]), Reply::ok("abcdefghij").silent_after(3, silence)] {
        let server = Server::scripted(vec![reply]);
        let begun = Instant::now();
        let report = fetch(&place, &server, "/", ", tries = 1, idle_timeout_s = 1, connect_timeout_s = 1");
        assert_eq!(fault(&report).kind(), ErrorKind::Upstream);
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    }
}

#[test]
fn a_trickle_ends_in_the_total_timeout() {
    let place = Place::new();
    let server = Server::scripted(vec![Reply::ok("abcdefghij").silent_after(3, Duration::from_secs(20))]);
    let report = fetch(&place, &server, "/", ", tries = 1, total_timeout_s = 1");
    assert!(fault(&report).message().contains("no complete answer within 1s"), "{report:?}");
}

#[test]
fn nobody_there_is_an_upstream_fault() {
    let place = Place::new();
    let report =
        place.run(&place.pipeline(&[("web", "http = { url = \"http://127.0.0.1:1/a?key=s3cret\", tries = 1 }")]));
    let fault = fault(&report.sources[0]);
    assert_eq!(fault.kind(), ErrorKind::Upstream);
    assert!(!fault.to_string().contains("s3cret"), "{fault}");
}

#[test]
fn redirects_are_followed_and_recorded_without_credentials() {
    let place = Place::new();
    let moved = |to: &str| answer("302 Found", &[&format!("Location: {to}")], "");
    let server = Server::scripted(vec![moved("/b?sig=s3cret"), moved("c#part"), ok("a")]);
    let line = format!("http = {{ url = \"http://ana:pa55@{}/a\" }}", server.host());
    let report = place.run(&place.pipeline(&[("web", &line)]));
    assert!(is_done(&report.sources[0]), "{report:?}");
    let captures = place.captures("web");
    assert_eq!(captures[0].name, server.url("/a"));
    assert_eq!(captures[0].redirects, [server.url("/b?sig=***"), server.url("/c")]);
    assert!(server.requests()[0].header("authorization").is_some_and(|value| value.starts_with("Basic ")));
    assert!(!format!("{captures:?}").contains("pa55"));
}

#[test]
fn credentials_do_not_follow_to_another_host() {
    let place = Place::new();
    let other = Server::scripted(vec![ok("a")]);
    let server =
        Server::scripted(vec![answer("301 Moved Permanently", &[&format!("Location: {}", other.url("/"))], "")]);
    let line = format!("http = {{ url = \"http://ana:pa55@{}/a\" }}", server.host());
    assert!(is_done(&place.run(&place.pipeline(&[("web", &line)])).sources[0]));
    assert!(other.requests()[0].header("authorization").is_none());
}

#[test]
fn redirects_that_lead_nowhere_good_are_refused() {
    let place = Place::new();
    for (to, message) in [
        ("Location: /again", "more than 3 redirects"),
        ("Location: ftp://127.0.0.1/x", "a `ftp:` address"),
        ("Location: file:///etc/hostname", "a `file:` address"),
        ("Location: http://[", "no address"),
        ("X: y", "does not say where to"),
    ] {
        let server = Server::scripted(vec![answer("302 Found", &[to], "")]);
        let report = fetch(&place, &server, "/", ", max_redirects = 3");
        assert_eq!(fault(&report).kind(), ErrorKind::Source, "{to}");
        assert!(fault(&report).message().contains(message), "{}", fault(&report));
        assert!(server.asked() <= 4);
    }
    assert!(place.captures("web").is_empty());
}

#[test]
fn more_than_the_cap_is_left() {
    let place = Place::new();
    let body = "x".repeat((1 << 20) + 1);
    let unstated = Reply::ok(body.clone()).stating(None).close();
    for script in [ok(&body), unstated, promise(1 << 40, "x")] {
        let server = Server::scripted(vec![script]);
        let report = fetch(&place, &server, "/", ", max_mib = 1");
        assert_eq!(fault(&report).kind(), ErrorKind::Source);
        assert!(fault(&report).message().contains("larger than 1 MiB"));
        assert_eq!(server.asked(), 1);
    }
    let server = Server::scripted(vec![ok(&"x".repeat(1 << 20))]);
    assert!(is_done(&fetch(&place, &server, "/", ", max_mib = 1")), "the cap itself is allowed");
}

#[test]
fn answers_that_another_try_would_not_better() {
    let place = Place::new();
    for (status, kind) in [
        ("401 Unauthorized", ErrorKind::Refused),
        ("403 Forbidden", ErrorKind::Refused),
        ("451 Unavailable For Legal Reasons", ErrorKind::Refused),
        ("404 Not Found", ErrorKind::Source),
        ("410 Gone", ErrorKind::Source),
        ("400 Bad Request", ErrorKind::Source),
        ("204 No Content", ErrorKind::Source),
        ("202 Accepted", ErrorKind::Upstream),
    ] {
        let server = Server::scripted(vec![answer(status, &[], "")]);
        let report = fetch(&place, &server, "/", "");
        assert_eq!(fault(&report).kind(), kind, "{status}");
        assert_eq!(server.asked(), 1, "{status}");
    }
    let server = Server::scripted(vec![ok("")]);
    let report = fetch(&place, &server, "/", "");
    assert_eq!((fault(&report).kind(), fault(&report).message()), (ErrorKind::Source, "the answer is empty"));
    assert_eq!(server.asked(), 1);
}

#[test]
fn one_bad_server_does_not_stop_the_other_source() {
    let place = Place::new();
    let (bad, good) = (Server::scripted(vec![answer("403 Forbidden", &[], "")]), Server::scripted(vec![ok("a")]));
    let line = |server: &Server| format!("http = {{ url = \"{}\" }}", server.url("/"));
    let report = place.run(&place.pipeline(&[("bad", &line(&bad)), ("good", &line(&good))]));
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Refused);
    assert!(is_done(&report.sources[1]) && report.changed);
    assert_eq!(place.captures("good").len(), 1);
}

#[test]
fn garbage_is_an_upstream_fault() {
    let place = Place::new();
    for bytes in [
        &b"not http at all\r\n\r\n"[..],
        b"",
        b"HTTP/1.1 999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n",
    ] {
        let server = Server::scripted(vec![Reply::raw(vec![Step::Send(bytes.to_vec())])]);
        let report = fetch(&place, &server, "/", ", tries = 1");
        assert_eq!(fault(&report).kind(), ErrorKind::Upstream, "{report:?}");
    }
}
