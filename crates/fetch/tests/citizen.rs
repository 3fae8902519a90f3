//! The fetcher against a server on this machine.

#![expect(clippy::expect_used, reason = "a panic is the failure of a test")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use quipu_fetch::{ANYTHING, Fetched, Fetcher, HostRules, Known, Limits, Memory, Order, Sink};
use quipu_loopback::{Reply, Request, Server, Step};
use quipu_schema::{ErrorKind, Fault};
use reqwest::Url;

const LIMITS: Limits = Limits {
    max_bytes: 1 << 20,
    connect_timeout: Duration::from_secs(5),
    idle_timeout: Duration::from_millis(400),
    total_timeout: Duration::from_secs(20),
    max_redirects: 3,
    tries: 3,
};

const OPEN: HostRules = HostRules { concurrent: 8, per_second: 0.0, private: true };

fn fetcher(servers: &[&Server]) -> Fetcher {
    Fetcher::new("quipu/test (+mailto:desk@example.org)", servers.iter().map(|server| (server.host(), OPEN)).collect())
}

fn get_into(
    fetcher: &Fetcher,
    url: &str,
    limits: &Limits,
    known: Option<&Known>,
    sink: &mut Memory,
) -> Result<Fetched, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    let url: Url = url.parse().expect("address");
    let order = Order { url: &url, limits, accept: ANYTHING, headers: &[], known, beginning: false };
    runtime.block_on(fetcher.get(&order, sink, &|_| ()))
}

fn get(server: &Server, path: &str) -> Result<(Vec<u8>, Fetched), Fault> {
    let mut sink = Memory::default();
    let fetched = get_into(&fetcher(&[server]), &server.url(path), &LIMITS, None, &mut sink)?;
    Ok((sink.bytes, fetched))
}

fn without_robots(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(
        move |request| if request.path() == "/robots.txt" { Reply::status("404 Not Found") } else { handler(request) },
    )
}

fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 7 % 251).unwrap_or(0)).collect()
}

#[test]
fn it_says_who_it_is_and_reads_robots_first_and_once() {
    let server = Server::start(|request| match request.path() {
        "/robots.txt" => Reply::ok("User-agent: quipu\nDisallow: /private\nAllow: /private/open"),
        _ => Reply::ok("data"),
    });
    let fetcher = fetcher(&[&server]);
    for (path, allowed) in [("/a", true), ("/private/x", false), ("/private/open", true), ("/b?private", true)] {
        let got = get_into(&fetcher, &server.url(path), &LIMITS, None, &mut Memory::default());
        match got {
            Ok(_) => assert!(allowed, "{path}"),
            Err(fault) => {
                assert!(!allowed, "{path}: {fault}");
                assert_eq!(fault.kind(), ErrorKind::Refused);
                assert!(fault.to_string().contains("robots.txt"), "{fault}");
            }
        }
    }
    assert_eq!(server.requests().len(), 3, "what is not allowed is not asked for");
    let agent = server.requests()[0].header("user-agent").map(str::to_owned);
    assert_eq!(agent.as_deref(), Some("quipu/test (+mailto:desk@example.org)"));
}

#[test]
fn a_site_whose_robots_cannot_be_read_is_left_alone() {
    let server = Server::start(|request| match request.path() {
        "/robots.txt" => Reply::status("503 Service Unavailable"),
        _ => Reply::ok("data"),
    });
    let fault = get(&server, "/a").expect_err("nobody knows what is allowed");
    assert_eq!(fault.kind(), ErrorKind::Upstream);
    assert_eq!(server.asked(), 0);
}

#[test]
fn private_addresses_are_refused_at_every_step() {
    let inner = without_robots(|_| Reply::ok("secret"));
    let outer = without_robots({
        let to = inner.url("/");
        move |_| Reply::status("302 Found").header("Location", &to)
    });
    let fault = get(&outer, "/").expect_err("a redirect into a host that was not allowed");
    assert_eq!(fault.kind(), ErrorKind::Refused);
    assert!(fault.to_string().contains("private network"), "{fault}");
    assert_eq!(inner.connections(), 0);
    // A name that resolves to this machine is judged by its address.
    let nobody = Fetcher::new("quipu/test", BTreeMap::new());
    for url in [inner.url("/"), inner.url("/").replace("127.0.0.1", "localhost"), "http://[::1]:9/".to_owned()] {
        let fault = get_into(&nobody, &url, &LIMITS, None, &mut Memory::default()).expect_err("private");
        assert_eq!(fault.kind(), ErrorKind::Refused, "{url}: {fault}");
    }
    assert_eq!(inner.connections(), 0);
    let both = Fetcher::new("quipu/test", BTreeMap::from([("localhost".to_owned(), OPEN)]));
    let url = inner.url("/").replace("127.0.0.1", "localhost");
    get_into(&both, &url, &LIMITS, None, &mut Memory::default()).expect("allowed by its name");
}

#[test]
fn redirects_are_told_bounded_and_stay_on_http() {
    let server = without_robots(|request| match request.path() {
        "/one" => Reply::status("301 Moved Permanently").header("Location", "/two?token=abc"),
        "/two" => Reply::status("307 Temporary Redirect").header("Location", "three"),
        "/loop" => Reply::status("302 Found").header("Location", "/loop"),
        "/file" => Reply::status("302 Found").header("Location", "file:///etc/passwd"),
        "/nowhere" => Reply::status("302 Found"),
        _ => Reply::ok("there"),
    });
    let (bytes, fetched) = get(&server, "/one").expect("found");
    let Fetched::Came(answer) = fetched else { panic!("no body") };
    assert_eq!((bytes.as_slice(), answer.size), (&b"there"[..], 5));
    assert_eq!(answer.redirects, [server.url("/two?token=***"), server.url("/three")]);
    for (path, told) in [("/loop", "more than 3 redirects"), ("/file", "`file:`"), ("/nowhere", "where to")] {
        let fault = get(&server, path).expect_err(path);
        assert!(fault.to_string().contains(told), "{fault}");
    }
}

#[test]
fn credentials_stay_with_the_origin_they_are_for() {
    let other = without_robots(|_| Reply::ok("there"));
    let server = without_robots({
        let to = other.url("/");
        move |_| Reply::status("302 Found").header("Location", &to)
    });
    let fetcher = fetcher(&[&server, &other]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    let url: Url = server.url("/").parse().expect("address");
    let headers = [(reqwest::header::AUTHORIZATION, "Bearer canary".parse().expect("value"))];
    let order =
        Order { url: &url, limits: &LIMITS, accept: ANYTHING, headers: &headers, known: None, beginning: false };
    runtime.block_on(fetcher.get(&order, &mut Memory::default(), &|_| ())).expect("fetched");
    assert_eq!(server.requests()[0].header("authorization"), Some("Bearer canary"));
    assert_eq!(other.requests()[0].header("authorization"), None);
}

#[test]
fn what_is_the_same_costs_no_body() {
    let server = without_robots(|request| {
        let same = request.header("if-none-match") == Some("\"v1\"");
        if same {
            Reply::status("304 Not Modified").header("ETag", "\"v1\"")
        } else {
            Reply::ok("data").header("ETag", "\"v1\"")
        }
    });
    let (_, first) = get(&server, "/a").expect("came");
    let Fetched::Came(answer) = first else { panic!("no body") };
    assert_eq!(answer.validators.etag.as_deref(), Some("\"v1\""));
    let mut sink = Memory::default();
    let again = get_into(
        &fetcher(&[&server]),
        &server.url("/a"),
        &LIMITS,
        Some(&Known { validators: answer.validators, at: answer.url }),
        &mut sink,
    );
    assert!(matches!(again, Ok(Fetched::NotModified(_))) && sink.bytes.is_empty());
}

#[test]
fn a_broken_download_goes_on_where_it_broke() {
    let whole = body(100_000);
    let server = without_robots({
        let whole = whole.clone();
        move |request| match request.range() {
            None => Reply::ok(whole.clone()).header("ETag", "\"a\"").broken_after(30_000),
            Some(first) => Reply::part(&whole, first).header("ETag", "\"a\"").broken_after(30_000),
        }
    });
    let (bytes, fetched) = get(&server, "/big").expect("came");
    assert!(bytes == whole, "the same bytes");
    let Fetched::Came(answer) = fetched else { panic!("no body") };
    assert_eq!(answer.size, 100_000);
    // Four times, although three tries were allowed: each brought something.
    let ranges: Vec<Option<usize>> = server.requests().iter().map(Request::range).collect();
    assert_eq!(ranges.len(), 4);
    assert!(ranges.windows(2).all(|pair| pair[0] < pair[1]), "{ranges:?}");
    assert_eq!(server.requests()[1].header("if-range"), Some("\"a\""));
    assert!(server.sent() < 110_000, "nothing was sent twice: {}", server.sent());
}

#[test]
fn another_version_is_fetched_afresh() {
    let (old, new) = (body(50_000), vec![b'x'; 60_000]);
    for reply in ["whole", "wrong range", "416", "other total"] {
        let server = without_robots({
            let (old, new) = (old.clone(), new.clone());
            move |request| match (request.before, request.range(), reply) {
                (0, ..) => Reply::ok(old.clone()).header("ETag", "\"old\"").broken_after(20_000),
                (_, None, _) | (_, _, "whole") => Reply::ok(new.clone()).header("ETag", "\"new\""),
                (_, Some(first), "wrong range") => Reply::part(&new, first + 1).header("ETag", "\"new\""),
                (_, Some(_), "416") => Reply::status("416 Range Not Satisfiable"),
                (_, Some(first), _) => Reply::part(&new, first).header("ETag", "\"new\""),
            }
        });
        let (bytes, _) = get(&server, "/big").expect(reply);
        assert!(bytes == new, "{reply}: {} bytes, none of the old version", bytes.len());
    }
}

#[test]
fn what_is_known_of_one_address_says_nothing_of_another() {
    // What `/latest` leads to changes, and both documents have the same tag.
    let server = without_robots(|request| match (request.path(), request.before) {
        ("/latest", 0) => Reply::status("302 Found").header("Location", "/jan"),
        ("/latest", _) => Reply::status("302 Found").header("Location", "/feb"),
        ("/jan", _) => Reply::ok(vec![b'j'; 9_000]).header("ETag", "\"1\"").broken_after(3_000),
        _ if request.header("if-none-match").is_some() => Reply::status("304 Not Modified"),
        (_, _) => match request.range() {
            Some(first) => Reply::part(&[b'f'; 9_000], first).header("ETag", "\"1\""),
            None => Reply::ok(vec![b'f'; 9_000]).header("ETag", "\"1\""),
        },
    });
    let (bytes, fetched) = get(&server, "/latest").expect("came");
    assert!(bytes == vec![b'f'; 9_000], "no half of another document");
    let Fetched::Came(answer) = fetched else { panic!("no body") };
    for (at, same) in [(server.url("/jan"), false), (answer.url, true)] {
        let known = Known { validators: answer.validators.clone(), at };
        let again =
            get_into(&fetcher(&[&server]), &server.url("/latest"), &LIMITS, Some(&known), &mut Memory::default());
        assert_eq!(matches!(again, Ok(Fetched::NotModified(_))), same);
    }
}

#[test]
fn a_part_of_what_nobody_knows_the_length_of_is_not_taken_for_the_rest() {
    let whole = body(1_000);
    let server = without_robots({
        let whole = whole.clone();
        move |request| match (request.before, request.range()) {
            (0, _) => Reply::ok(whole.clone()).header("ETag", "\"1\"").broken_after(100),
            (1, Some(_)) => Reply::of("206 Partial Content", &whole[100..200])
                .header("ETag", "\"1\"")
                .header("Content-Range", "bytes 100-199/*"),
            _ => Reply::ok(whole.clone()).header("ETag", "\"1\""),
        }
    });
    assert!(get(&server, "/").expect("came").0 == whole);
}

#[test]
fn a_robots_txt_that_is_large_slow_or_packed_still_says_no() {
    let large = [b"User-agent: *\nDisallow: /\n".to_vec(), vec![b'#'; 9 << 20]].concat();
    let many = (0..60).flat_map(|_| [Step::Send(b"#".to_vec()), Step::Wait(Duration::from_millis(200))]);
    let head = Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec());
    for (name, robots, kind) in [
        ("large", Reply::ok(large.clone()), ErrorKind::Refused),
        ("large, of a length nobody tells", Reply::ok(large).stating(None).close(), ErrorKind::Refused),
        ("packed", Reply::ok("x").header("Content-Encoding", "br"), ErrorKind::Upstream),
        ("dripping", Reply::raw([head].into_iter().chain(many).collect()), ErrorKind::Upstream),
    ] {
        let server = Server::start(move |request| match request.path() {
            "/robots.txt" => robots.clone(),
            _ => Reply::ok("forbidden"),
        });
        let limits = Limits { tries: 1, total_timeout: Duration::from_secs(1), ..LIMITS };
        let begun = Instant::now();
        let got = get_into(&fetcher(&[&server]), &server.url("/a"), &limits, None, &mut Memory::default());
        assert_eq!(got.expect_err(name).kind(), kind, "{name}");
        assert_eq!(server.asked(), 0, "{name}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{name}");
    }
}

#[test]
fn a_host_that_wants_a_long_rest_gets_it_from_all() {
    let server = without_robots(|request| match request.path() {
        "/first" => Reply::status("503 Service Unavailable").header("Retry-After", "3600"),
        _ => Reply::ok("data"),
    });
    let fetcher = fetcher(&[&server]);
    for path in ["/first", "/second", "/third"] {
        let got = get_into(&fetcher, &server.url(path), &LIMITS, None, &mut Memory::default());
        let fault = got.expect_err(path);
        assert_eq!(fault.kind(), ErrorKind::Upstream);
        assert!(fault.to_string().contains("asks to wait 3"), "{fault}");
    }
    assert_eq!(server.asked(), 1);
}

#[test]
fn a_host_that_is_allowed_on_one_port_is_not_on_another() {
    let inner = without_robots(|_| Reply::ok("secret"));
    let outer = without_robots({
        let to = inner.url("/").replace("127.0.0.1", "localhost");
        move |_| Reply::status("302 Found").header("Location", &to)
    });
    let port = |server: &Server| server.host().replace("127.0.0.1", "localhost");
    let fetcher = Fetcher::new("quipu/test", BTreeMap::from([(port(&outer), OPEN)]));
    let url = outer.url("/").replace("127.0.0.1", "localhost");
    let fault = get_into(&fetcher, &url, &LIMITS, None, &mut Memory::default()).expect_err("another port");
    assert_eq!(fault.kind(), ErrorKind::Refused, "{fault}");
    assert_eq!(inner.connections(), 0);
}

#[test]
fn without_a_version_nothing_is_put_together() {
    let server = without_robots(|request| {
        assert!(request.range().is_none());
        let reply = Reply::ok(body(50_000)).header("ETag", "W/\"weak\"");
        if request.before < 2 { reply.broken_after(20_000) } else { reply }
    });
    let (bytes, _) = get(&server, "/big").expect("came");
    assert!(bytes == body(50_000));
}

#[test]
fn bodies_that_lie_are_never_taken_for_whole() {
    let long = Duration::from_secs(5);
    for (name, reply) in [
        ("cut", Reply::ok(body(1_000)).broken_after(999)),
        ("nothing", Reply::ok(body(1_000)).broken_after(0)),
        ("stalled", Reply::ok(body(1_000)).silent_after(10, long)),
        ("more promised", Reply::ok(body(1_000)).stating(Some(2_000)).close()),
        ("damaged gzip", Reply::ok(body(1_000)).header("Content-Encoding", "gzip")),
        ("no head", Reply::raw(vec![Step::Send(b"HTTP/1.1 200".to_vec())])),
        ("no answer", Reply::raw(Vec::new())),
        ("silent", Reply::raw(vec![Step::Wait(Duration::from_secs(30))])),
    ] {
        let limits = Limits { tries: 1, connect_timeout: Duration::from_millis(300), ..LIMITS };
        let server = without_robots(move |_| reply.clone());
        let begun = Instant::now();
        let fault =
            get_into(&fetcher(&[&server]), &server.url("/"), &limits, None, &mut Memory::default()).expect_err(name);
        assert_eq!(fault.kind(), ErrorKind::Upstream, "{name}: {fault}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{name}");
    }
    for (name, reply) in [
        ("empty", Reply::ok("")),
        ("too large", Reply::ok(body(2 << 20))),
        ("too large and silent about it", Reply::ok(body(2 << 20)).stating(None).close()),
        ("coded", Reply::ok("x").header("Content-Encoding", "br")),
    ] {
        let server = without_robots(move |_| reply.clone());
        let fault = get(&server, "/").expect_err(name);
        assert_eq!(fault.kind(), ErrorKind::Source, "{name}: {fault}");
        assert_eq!(server.asked(), 1, "{name}: asking again would not help");
    }
}

#[test]
fn a_refusal_is_a_refusal() {
    for status in ["401 Unauthorized", "403 Forbidden", "451 Unavailable For Legal Reasons"] {
        let server = without_robots(move |_| Reply::status(status));
        assert_eq!(get(&server, "/").expect_err(status).kind(), ErrorKind::Refused);
        assert_eq!(server.asked(), 1);
    }
}

#[test]
fn a_busy_server_is_asked_again_when_it_wants_to_be() {
    let server = without_robots(|request| match request.before {
        0 => Reply::status("429 Too Many Requests").header("Retry-After", "1"),
        _ => Reply::ok("data"),
    });
    let begun = Instant::now();
    get(&server, "/").expect("came");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let server = without_robots(|_| Reply::status("503 Service Unavailable").header("Retry-After", "86400"));
    let fault = get(&server, "/").expect_err("a day");
    assert!(fault.to_string().contains("86400"), "{fault}");
    assert_eq!(server.asked(), 1);
}

#[test]
fn a_sink_in_memory_holds_what_can_be_gone_on_with() {
    let mut sink = Memory::default();
    sink.begin(Some("\"a\"")).expect("memory");
    assert_eq!(sink.held(), None);
    sink.write(b"abc").expect("memory");
    assert_eq!(sink.held(), Some((3, "\"a\"".to_owned())));
    sink.begin(None).expect("memory");
    sink.write(b"abc").expect("memory");
    assert_eq!(sink.held(), None);
}
