//! Objects of object stores, as each of the three services lists and gives them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use quipu_loopback::{Reply, Request, Server};
use quipu_schema::ErrorKind;

use super::*;

/// A bucket: objects and how often each was changed.
type Bucket = Arc<Mutex<BTreeMap<String, (Vec<u8>, u32)>>>;

/// Objects of a list that are told at once: lists have pages.
const PAGE: usize = 2;

fn put(bucket: &Bucket, key: &str, bytes: &[u8]) {
    let mut bucket = bucket.lock().expect("bucket");
    let version = bucket.get(key).map_or(0, |(_, version)| version + 1);
    bucket.insert(key.to_owned(), (bytes.to_vec(), version));
}

fn store(objects: &[(&str, &[u8])]) -> (Server, Bucket) {
    let bucket: Bucket = Arc::default();
    for (key, bytes) in objects {
        put(&bucket, key, bytes);
    }
    let held = bucket.clone();
    let server = Server::start(move |request| {
        let objects = held.lock().expect("bucket").clone();
        let Some(rest) = request.path().strip_prefix("/reports") else { return Reply::status("404 Not Found") };
        // Services differ in what of a key they write as it is.
        let key = reqwest::Url::parse(&format!("http://h/?k={}", rest.trim_start_matches('/'))).expect("address");
        let key = key.query_pairs().next().map(|(_, key)| key.into_owned()).unwrap_or_default();
        if key.is_empty() { listed(&objects, request) } else { given(&objects, &key, request) }
    });
    (server, bucket)
}

fn listed(objects: &BTreeMap<String, (Vec<u8>, u32)>, request: &Request) -> Reply {
    let azure = request.query("comp") == Some("list");
    let prefix = request.query("prefix").unwrap_or_default().replace("%2F", "/");
    let from = request.query(if azure { "marker" } else { "continuation-token" }).and_then(|mark| mark.parse().ok());
    let from: usize = from.unwrap_or(0);
    let all: Vec<_> = objects.iter().filter(|(key, _)| key.starts_with(&prefix)).collect();
    let more = all.len() > from + PAGE;
    let mut text = String::new();
    for (key, (bytes, version)) in all.into_iter().skip(from).take(PAGE) {
        let size = bytes.len();
        let _ = if azure {
            write!(
                text,
                "<Blob><Name>{key}</Name><Properties><Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified>\
                 <Content-Length>{size}</Content-Length><Content-Type>text/csv</Content-Type><Etag>{}</Etag>\
                 </Properties></Blob>",
                // As Azure does, which gives it with quotation marks beside the object.
                tag(key, *version).trim_matches('"')
            )
        } else {
            write!(
                text,
                "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{}</ETag>\
                 <Size>{size}</Size></Contents>",
                tag(key, *version).replace('"', "&quot;")
            )
        };
    }
    let next = if more { (from + PAGE).to_string() } else { String::new() };
    let text = if azure {
        format!("<EnumerationResults><Blobs>{text}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>")
    } else {
        let token = if more { format!("<NextContinuationToken>{next}</NextContinuationToken>") } else { String::new() };
        format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>{token}{text}</ListBucketResult>")
    };
    Reply::ok(text.into_bytes()).header("Content-Type", "application/xml")
}

fn tag(key: &str, version: u32) -> String {
    format!("\"{}-{version}\"", key.replace(['/', ' '], "_"))
}

fn given(objects: &BTreeMap<String, (Vec<u8>, u32)>, key: &str, request: &Request) -> Reply {
    let Some((bytes, version)) = objects.get(key) else { return Reply::status("404 Not Found") };
    let tag = tag(key, *version);
    if request.header("if-match").is_some_and(|wanted| wanted != tag) {
        return Reply::status("412 Precondition Failed");
    }
    let reply = match request.range() {
        Some(first) => Reply::part(bytes, first),
        None => Reply::ok(bytes.clone()),
    };
    reply
        .header("ETag", &tag)
        .header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        .header("x-ms-blob-type", "BlockBlob")
        .header("x-ms-version", "2026-01-01")
        .header("x-ms-request-id", "1")
        .header("Content-Type", "text/csv; charset=utf-8")
}

fn object(place: &Place, url: &str, server: &Server, rest: &str) -> Pipeline {
    let lines = format!(
        "[source.object]\nurl = \"{url}\"\nendpoint = \"{}\"\ntries = 2\n{rest}\n[source.report]\n",
        server.url("").trim_end_matches('/')
    );
    place.pipeline_of("reports", &lines)
}

fn contents(place: &Place) -> Vec<(String, String)> {
    place.captures("reports").iter().map(|capture| (capture.name.clone(), place.bytes(capture))).collect()
}

#[test]
fn all_services_list_and_give_and_what_is_known_is_not_asked_for() {
    for (scheme, rest) in
        [("s3", "anonymous = true"), ("gs", "anonymous = true"), ("az", "anonymous = true\naccount = \"acct\"")]
    {
        let (server, bucket) = store(&[
            ("2025/a b.csv", b"one"),
            ("2025/deep/c.csv", b"not this one"),
            ("2025/b.csv", b"two"),
            ("2025/folder/", b""),
            ("2025/x.txt", b"nor this one"),
            ("2026/a.csv", b"nor that one"),
        ]);
        let place = Place::new();
        let pipeline = object(&place, &format!("{scheme}://reports/2025/*.csv"), &server, rest);
        let report = place.run(&pipeline);
        assert!(is_done(&report.sources[0]), "{scheme}: {:?}", report.sources[0]);
        let name = |key: &str| format!("{scheme}://reports/{key}");
        assert_eq!(
            contents(&place),
            [(name("2025/a b.csv"), "one".to_owned()), (name("2025/b.csv"), "two".to_owned())]
        );
        let capture = &place.captures("reports")[0];
        assert_eq!((capture.kind.as_str(), capture.media_type.as_deref()), ("object", Some("text/csv")));
        server.forget();
        assert!(is_unchanged(&place.run(&pipeline).sources[0]), "{scheme}");
        assert!(server.requests().iter().all(|request| request.query("prefix").is_some()), "{scheme}: lists only");
        put(&bucket, "2025/b.csv", b"two, put right");
        server.forget();
        assert!(is_done(&place.run(&pipeline).sources[0]), "{scheme}");
        let asked = server.requests().iter().filter(|request| request.query("prefix").is_none()).count();
        assert_eq!(asked, 1, "{scheme}");
        assert_eq!(contents(&place)[1].1, "two, put right");
    }
}

#[test]
fn one_object_by_its_key_and_requests_are_signed() {
    let (server, _) = store(&[("a.csv", b"one")]);
    let place = Place::new();
    let rest = "secrets = { access_key_id = \"QUIPU_TEST_OBJECT_ID\", secret_access_key = \"QUIPU_TEST_OBJECT_KEY\" }";
    let report = place.run(&object(&place, "s3://reports/a.csv", &server, rest));
    let missing = fault(&report.sources[0]);
    assert_eq!(missing.kind(), ErrorKind::Source);
    assert!(missing.message().contains("QUIPU_TEST_OBJECT_ID"), "{missing}");
    assert_eq!(server.asked(), 0);
    // A variable that every process of tests has.
    let rest = "secrets = { access_key_id = \"CARGO_PKG_NAME\", secret_access_key = \"CARGO_PKG_VERSION\" }";
    let report = place.run(&object(&place, "s3://reports/a.csv", &server, rest));
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    let signed = |request: &Request| {
        request
            .header("authorization")
            .is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 Credential=quipu-ingest/"))
    };
    assert!(server.requests().iter().all(signed));
    assert_eq!(contents(&place), [("s3://reports/a.csv".to_owned(), "one".to_owned())]);
}

#[test]
fn what_is_missing_refused_or_empty_says_so_and_nothing_private_is_asked() {
    let (server, bucket) = store(&[("a.csv", b"one"), ("empty.csv", b"")]);
    let place = Place::new();
    let failed = |url: &str, rest: &str| {
        let report = place.run(&object(&place, url, &server, &format!("anonymous = true\n{rest}")));
        let fault = fault(&report.sources[0]);
        (fault.kind(), fault.to_string())
    };
    assert_eq!(failed("s3://reports/none.csv", "").0, ErrorKind::Source);
    assert_eq!(failed("s3://reports/*.pdf", "").0, ErrorKind::Source);
    let (kind, text) = failed("s3://reports/empty.csv", "");
    assert!(kind == ErrorKind::Source && text.contains("is empty"), "{text}");
    put(&bucket, "b.csv", b"two");
    let (kind, text) = failed("s3://reports/*.csv", "most_objects = 1");
    assert!(kind == ErrorKind::Source && text.contains("most_objects"), "{text}");
    put(&bucket, "a.csv", &vec![b'x'; 3 << 20]);
    let (kind, text) = failed("s3://reports/a.csv", "max_mib = 1");
    assert!(kind == ErrorKind::Source && text.contains("max_mib"), "{text}");

    let refusing = Server::start(|_| Reply::of("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"));
    let report = place.run(&object(&place, "s3://reports/*.csv", &refusing, "anonymous = true"));
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Refused, "{:?}", report.sources[0]);

    // A host that nobody allowed, by its number and by a name that leads there.
    for endpoint in [server.url("").replace("127.0.0.1", "127.0.0.2"), server.url("").replace("127.0.0.1", "localhost")]
    {
        let lines = format!(
            "[source.object]\nurl = \"s3://reports/*.csv\"\nendpoint = \"{endpoint}\"\nanonymous = true\ntries = 2\n\
             [source.report]\n"
        );
        let report = place.run(&place.pipeline_of("reports", &lines));
        assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Refused, "{:?}", report.sources[0]);
    }
    assert_eq!(contents(&place), []);
}

#[test]
fn a_broken_object_is_gone_on_with_by_the_next_run_where_it_is_still_the_same() {
    let whole: Vec<u8> = (0..3 << 20).map(|at: u32| b'a' + u8::try_from(at % 26).expect("small")).collect();
    for changed in [false, true] {
        let (server, bucket) = store(&[("big.csv", &whole)]);
        let broken = Server::start({
            let bucket = bucket.clone();
            move |request| {
                let objects = bucket.lock().expect("bucket").clone();
                if request.path() == "/reports" || request.path() == "/reports/" {
                    return listed(&objects, request);
                }
                let reply = given(&objects, "big.csv", request);
                if request.method == "HEAD" {
                    return reply;
                }
                // Every answer of the first run breaks off.
                match request.range() {
                    None => reply.broken_after(2 << 20),
                    Some(_) => Reply::status("500 Internal Server Error"),
                }
            }
        });
        let place = Place::new();
        let report = place.run(&object(&place, "s3://reports/*.csv", &broken, "anonymous = true"));
        assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Upstream, "{:?}", report.sources[0]);
        if changed {
            put(&bucket, "big.csv", &whole[1..]);
        }
        let report = place.run(&object(&place, "s3://reports/*.csv", &server, "anonymous = true"));
        assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
        let ranges: Vec<_> = server.requests().iter().filter_map(Request::range).collect();
        assert_eq!(ranges, if changed { vec![] } else { vec![2 << 20] });
        let expected = if changed { &whole[1..] } else { &whole[..] };
        assert!(place.bytes(&place.captures("reports")[0]).as_bytes() == expected);
    }
}

#[test]
fn folders_are_left_out_and_odd_keys_are_told() {
    let (server, bucket) = store(&[("d/folder/", b""), ("d/a.csv", b"one")]);
    let place = Place::new();
    let pipeline = object(&place, "s3://reports/d/*", &server, "anonymous = true");
    let report = place.run(&pipeline);
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert!(report.sources[0].notes.iter().any(|note| note.contains("d/folder")), "{:?}", report.sources[0].notes);
    put(&bucket, "d//x.txt", b"odd");
    let report = place.run(&pipeline);
    let fault = fault(&report.sources[0]);
    assert_eq!(fault.kind(), ErrorKind::Source, "{fault}");
    assert!(fault.message().contains("no path"), "{fault}");
    assert_eq!(contents(&place).len(), 1);
}

#[test]
fn a_body_that_breaks_off_does_not_wait_for_its_own_turn() {
    let whole = vec![b'x'; 3 << 20];
    let (_, bucket) = store(&[("big.csv", &whole)]);
    let server = Server::start(move |request| {
        let objects = bucket.lock().expect("bucket").clone();
        let reply = given(&objects, "big.csv", request);
        let first = request.method == "GET" && request.range().is_none();
        if first { reply.broken_after(1 << 20) } else { reply }
    });
    let place = Place::new();
    let lines = format!(
        "[source.object]\nurl = \"s3://reports/big.csv\"\nendpoint = \"{}\"\nanonymous = true\nidle_timeout_s = 5\n\
         [source.report]\n[hosts.\"{}\"]\nprivate = true\nconcurrent = 1\nper_second = 0\n",
        server.url("").trim_end_matches('/'),
        server.host()
    );
    let begun = std::time::Instant::now();
    let report = place.run(&place.pipeline_of("reports", &lines));
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    assert_eq!(place.captures("reports")[0].size, 3 << 20);
}

#[test]
fn a_list_without_an_end_is_none() {
    let server = Server::start(|_| {
        Reply::ok(
            "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken>\
             <Contents><Key>other.txt</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>x</ETag>\
             <Size>1</Size></Contents></ListBucketResult>",
        )
    });
    let place = Place::new();
    let report = place.run(&object(&place, "s3://reports/*.csv", &server, "anonymous = true"));
    assert!(fault(&report.sources[0]).message().contains("again and again"), "{:?}", report.sources[0]);
    let endless = Server::start(|request| {
        if request.path() == "/robots.txt" {
            return Reply::status("404 Not Found");
        }
        Reply::long(Arc::new(vec![b' '; 1 << 20]), 64)
    });
    let report = place.run(&object(&place, "s3://reports/*.csv", &endless, "anonymous = true"));
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Upstream, "{:?}", report.sources[0]);
    assert!(endless.sent() < 48 << 20, "{} bytes came", endless.sent());
}
