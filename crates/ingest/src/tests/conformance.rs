//! What holds for every kind of source, whatever it speaks.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use quipu_loopback::{Reply, Request, Server};
use quipu_schema::ErrorKind;
use serde_json::json;

use super::*;

/// What a publisher has: texts by their names.
type Shelf = Arc<Mutex<BTreeMap<String, String>>>;

/// A kind of source, and a publisher that it can be fetched from.
struct Subject {
    word: &'static str,
    /// All that follows the id of the source.
    lines: String,
    /// Puts the shelf where the source finds it.
    publish: Box<dyn Fn(&Place)>,
    /// Whether the other documents go on where one is missing.
    piecemeal: bool,
    server: Option<Server>,
}

const REPORT: &str = "[source.report]\n";
const NAMES: [&str; 3] = ["a.txt", "b.txt", "c.txt"];

fn tag(text: &str) -> String {
    format!("\"{}\"", quipu_schema::Digest::of(text))
}

/// A document, or that it is the one that is known, or that there is none.
fn document(shelf: &BTreeMap<String, String>, name: &str, request: &Request) -> Reply {
    let Some(text) = shelf.get(name) else { return Reply::status("404 Not Found") };
    if request.header("if-none-match") == Some(&tag(text)) {
        return Reply::status("304 Not Modified").header("ETag", &tag(text));
    }
    Reply::ok(text.clone())
        .header("ETag", &tag(text))
        .header("Content-Type", "text/plain")
        .header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
}

fn serving(shelf: &Shelf, answer: fn(&BTreeMap<String, String>, &Request) -> Reply) -> Server {
    let shelf = shelf.clone();
    Server::start(move |request| match request.path() {
        "/robots.txt" => Reply::status("404 Not Found"),
        _ => answer(&shelf.lock().expect("shelf"), request),
    })
}

fn of_server(word: &'static str, server: Server, lines: String) -> Subject {
    Subject { word, lines, publish: Box::new(|_| ()), piecemeal: false, server: Some(server) }
}

fn file(shelf: &Shelf) -> Subject {
    let shelf = shelf.clone();
    let publish = Box::new(move |place: &Place| {
        let folder = place.folder.path().join("in");
        let _ = std::fs::remove_dir_all(&folder);
        for (name, text) in &*shelf.lock().expect("shelf") {
            place.write(&format!("in/{name}"), text);
        }
    });
    Subject { word: "file", lines: format!("file = \"in/*.txt\"\n{REPORT}"), publish, piecemeal: false, server: None }
}

fn archive(shelf: &Shelf) -> Subject {
    let shelf = shelf.clone();
    let publish = Box::new(move |place: &Place| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in &*shelf.lock().expect("shelf") {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("member");
            zip.write_all(text.as_bytes()).expect("written");
        }
        let bytes = zip.finish().expect("zip").into_inner();
        std::fs::write(place.folder.path().join("all.zip"), bytes).expect("written");
    });
    let lines = format!("file = \"all.zip\"\n[source.archive]\nmembers = \"*.txt\"\n{REPORT}");
    Subject { word: "archive", lines, publish, piecemeal: false, server: None }
}

fn http(shelf: &Shelf) -> Subject {
    let server = serving(shelf, |shelf, request| document(shelf, request.path().trim_start_matches('/'), request));
    let urls: Vec<String> =
        NAMES.iter().map(|name| format!("\"{}\"", server.url(&format!("/{name}?token=hush")))).collect();
    let lines = format!("http = {{ urls = [{}], tries = 1 }}\n{REPORT}", urls.join(", "));
    of_server("http", server, lines)
}

/// One page for each text.
fn api(shelf: &Shelf) -> Subject {
    let server = serving(shelf, |shelf, request| {
        let page: usize = request.query("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let Some((name, text)) = NAMES.get(page - 1).and_then(|name| shelf.get_key_value(*name)) else {
            return Reply::status("404 Not Found");
        };
        let body = json!({ "total": NAMES.len(), "page": page, "items": [{ "id": name, "text": text }] }).to_string();
        let reply = Reply::ok(body.clone()).header("ETag", &tag(&body)).header("Content-Type", "application/json");
        if request.header("if-none-match") == Some(&tag(&body)) {
            return Reply::status("304 Not Modified").header("ETag", &tag(&body));
        }
        reply
    });
    let lines = format!(
        "api = {{ url = \"{}\", items = \"/items\", id = \"/id\", total = \"/total\", echo = \"/page\", \
         pages = {{ number = \"page\" }}, tries = 1 }}\n{REPORT}",
        server.url("/api?token=hush")
    );
    of_server("api", server, lines)
}

fn crawl(shelf: &Shelf) -> Subject {
    let server = serving(shelf, |shelf, request| match request.path() {
        "/list" => {
            let links = NAMES.map(|name| format!("<a href=\"/{name}?token=hush\">{name}</a>")).concat();
            Reply::ok(format!("<html><body>{links}</body></html>")).header("Content-Type", "text/html")
        }
        path => document(shelf, path.trim_start_matches('/'), request),
    });
    let lines =
        format!("crawl = {{ url = \"{}\", item = \"a\", recheck = true, tries = 1 }}\n{REPORT}", server.url("/list"));
    Subject { piecemeal: true, ..of_server("crawl", server, lines) }
}

fn object(shelf: &Shelf) -> Subject {
    let server = serving(shelf, |shelf, request| {
        let key = request.path().trim_start_matches("/bucket").trim_start_matches('/');
        if !key.is_empty() {
            return document(shelf, key, request);
        }
        let rows = NAMES.map(|name| {
            let text = shelf.get(name).map_or("", String::as_str);
            format!(
                "<Contents><Key>{name}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
                 <ETag>{}</ETag><Size>{}</Size></Contents>",
                tag(text).replace('"', "&quot;"),
                text.len().max(1)
            )
        });
        let rows = rows.concat();
        Reply::ok(format!("<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"))
    });
    let lines = format!(
        "object = {{ url = \"s3://bucket/*.txt\", endpoint = \"{}\", anonymous = true, tries = 1 }}\n{REPORT}",
        server.url("").trim_end_matches('/')
    );
    of_server("object", server, lines)
}

fn texts(shelf: &Shelf) -> Vec<String> {
    shelf.lock().expect("shelf").values().cloned().collect()
}

/// That each of these texts stands in a current document of its own.
fn assert_current(place: &Place, wanted: &[String], word: &str) {
    let current: Vec<String> = place.captures("it").iter().map(|capture| place.bytes(capture)).collect();
    assert_eq!(current.len(), wanted.len(), "{word}: {current:?}");
    for text in wanted {
        assert_eq!(current.iter().filter(|current| current.contains(text.as_str())).count(), 1, "{word}: {text}");
    }
}

fn put(shelf: &Shelf, name: &str, text: &str) {
    shelf.lock().expect("shelf").insert(name.to_owned(), text.to_owned());
}

#[test]
fn what_holds_for_every_kind() {
    for kind in [file, archive, http, api, crawl, object] {
        let shelf: Shelf = Arc::default();
        for name in NAMES {
            put(&shelf, name, &format!("The report {name} says that all is well."));
        }
        let Subject { word, lines, publish, piecemeal, server } = kind(&shelf);
        let place = Place::new();
        let pipeline = place.pipeline_of("it", &lines);
        let run = || {
            publish(&place);
            let mut report = place.run(&pipeline);
            let tally = &report.sources[0].tally;
            let ignored: u64 = tally.ignored.values().sum();
            assert_eq!(tally.read, tally.published + ignored, "{word}: the sum holds: {tally:?}");
            report.sources.remove(0)
        };

        // What is there comes, each once, and says how.
        let first = run();
        assert!(is_done(&first), "{word}: {first:?}");
        assert_current(&place, &texts(&shelf), word);
        for capture in place.captures("it") {
            assert_eq!((capture.kind.as_str(), &capture.suspect), (word, &None), "{word}");
            assert!(
                !capture.name.contains("hush") && tells_no_path(&capture.name, place.folder.path()),
                "{word}: {capture:?}"
            );
            assert!(capture.size > 0 && !capture.captured_at.is_empty(), "{word}");
        }
        let before = place.captures("it");

        // The same again is nothing new.
        let again = run();
        assert!(is_unchanged(&again), "{word}: {again:?}");
        let digests = |captures: &[Capture]| {
            captures.iter().map(|capture| (capture.name.clone(), capture.digest)).collect::<Vec<_>>()
        };
        assert_eq!(digests(&place.captures("it")), digests(&before), "{word}");

        // What changed comes, and what was stays an earlier edition of the same name.
        put(&shelf, "b.txt", "The report b says something else by now, and more of it.");
        let changed = run();
        assert!(is_done(&changed), "{word}: {changed:?}");
        assert_current(&place, &texts(&shelf), word);
        let editions = place.ledger.editions("demo", "it", None).expect("editions");
        let earlier: Vec<_> = editions.iter().filter(|edition| edition.earlier == 1).collect();
        assert_eq!(earlier.len(), 1, "{word}");
        assert!(place.bytes(&earlier[0].capture).contains("b.txt says that all is well"), "{word}");

        // What it is offline, nobody has to be asked for.
        if let Some(server) = &server {
            server.forget();
            let offline = place.try_run(&pipeline, true, None).expect("report");
            assert!(is_unchanged(&offline.sources[0]), "{word}");
            assert_eq!(server.asked(), 0, "{word}");
        }

        // Where a document is missing, its source says so, and keeps what it had of it.
        if !matches!(word, "file" | "archive") {
            let good = texts(&shelf);
            shelf.lock().expect("shelf").remove("c.txt");
            put(&shelf, "a.txt", "The report a is a new one.");
            let broken = run();
            assert!(matches!(fault(&broken).kind(), ErrorKind::Source | ErrorKind::Upstream), "{word}: {broken:?}");
            let kept = if piecemeal {
                vec!["The report a is a new one.".to_owned(), good[1].clone(), good[2].clone()]
            } else {
                good
            };
            assert_current(&place, &kept, word);
            put(&shelf, "c.txt", "The report c is back.");
            let healed = run();
            assert!(is_done(&healed), "{word}: {healed:?}");
            assert_current(&place, &texts(&shelf), word);
        }
        assert_eq!(place.left_over(), 0, "{word}");
    }
}
