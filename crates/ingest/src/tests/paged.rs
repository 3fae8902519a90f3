//! Paged APIs: every way from one page to the next, and one that gives no more than 160 items of a query.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_loopback::{Reply, Request, Server};
use quipu_schema::ErrorKind;
use serde_json::{Value, json};

use super::*;

const CAP: usize = 160;

/// An invented notice.
struct Notice {
    id: String,
    nationalities: Vec<&'static str>,
    sex: &'static str,
    age: usize,
}

const COUNTRIES: [&str; 8] = ["BR", "AR", "CL", "UY", "PE", "BO", "EC", "PY"];

/// Most are of one country, as such lists are; some are of two.
fn notices(count: usize) -> Vec<Notice> {
    let country = |number: usize| COUNTRIES[(number.trailing_zeros() as usize).min(COUNTRIES.len() - 1)];
    let notice = |number: usize| {
        let mut nationalities = vec![country(number)];
        if number.is_multiple_of(9) {
            nationalities.push(country(number / 3 + 1));
        }
        nationalities.dedup();
        let (sex, age) = (["M", "F", "U"][number % 7 % 3], 18 + number * 7_919 % 60);
        Notice { id: format!("2026/{number}"), nationalities, sex, age }
    };
    (1..=count).map(notice).collect()
}

/// An API as INTERPOL's: totals are true, pages end at 160 items, and past them it starts again at the first page.
fn capped(notices: &[Notice], request: &Request, broken: bool) -> Reply {
    let number = |key: &str| request.query(key).and_then(|value| value.parse::<usize>().ok());
    let country = request.query("nationality");
    if broken && country == Some("CL") {
        return Reply::status("500 Internal Server Error");
    }
    let fits: Vec<&Notice> = notices
        .iter()
        .filter(|notice| country.is_none_or(|country| notice.nationalities.contains(&country)))
        .filter(|notice| request.query("sexId").is_none_or(|sex| notice.sex == sex))
        .filter(|notice| number("ageMin").is_none_or(|least| notice.age >= least))
        .filter(|notice| number("ageMax").is_none_or(|most| notice.age <= most))
        .collect();
    let size = number("resultPerPage").unwrap_or(20).clamp(1, CAP);
    let pages = fits.len().min(CAP).div_ceil(size).max(1);
    let asked = number("page").unwrap_or(1);
    let page = if asked > pages { 1 } else { asked };
    let shown = fits.iter().take(CAP).skip((page - 1) * size).take(size);
    let items: Vec<Value> =
        shown.map(|notice| json!({ "entity_id": notice.id, "nationalities": notice.nationalities })).collect();
    let body = json!({
        "total": fits.len(),
        "query": { "page": page, "resultPerPage": size },
        "_embedded": { "notices": items },
    });
    Reply::ok(body.to_string()).header("Content-Type", "application/json")
}

fn server(count: usize, broken: &Arc<AtomicBool>) -> Server {
    let (notices, broken) = (notices(count), broken.clone());
    Server::start(move |request| match request.path() {
        "/robots.txt" => Reply::status("404 Not Found"),
        _ => capped(&notices, request, broken.load(Ordering::SeqCst)),
    })
}

fn source(server: &Server, along: &str) -> String {
    format!(
        "[source.api]\nurl = \"{}\"\nitems = \"/_embedded/notices\"\nid = \"/entity_id\"\ntotal = \"/total\"\necho = \"/query/page\"\n\
         tries = 1\npages = {{ number = \"page\" }}\nsize = {{ key = \"resultPerPage\", value = 160 }}\n\
         [source.api.split]\ncap = 160\n{along}[source.report]\n",
        server.url("/notices/v1/red")
    )
}

fn along() -> String {
    let quoted: Vec<String> = COUNTRIES.iter().map(|country| format!("\"{country}\"")).collect();
    format!(
        "[[source.api.split.along]]\nkey = \"nationality\"\nvalues = [{}]\n\
         [[source.api.split.along]]\nkey = \"sexId\"\nvalues = [\"F\", \"M\", \"U\"]\n\
         [[source.api.split.along]]\nleast = \"ageMin\"\nmost = \"ageMax\"\nrange = [0, 120]\n",
        quoted.join(", ")
    )
}

/// The ids of all items that are current, as often as they stand there.
fn ids(place: &Place, pointer: &str) -> Vec<String> {
    let captures = place.captures("api");
    let pages = captures.iter().map(|capture| serde_json::from_str::<Value>(&place.bytes(capture)).expect("JSON"));
    pages
        .flat_map(|page| page.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default())
        .map(|item| item["entity_id"].as_str().map_or_else(|| item.to_string(), str::to_owned))
        .collect()
}

#[test]
fn an_api_that_gives_160_is_fetched_completely_and_says_so() {
    let place = Place::new();
    let broken = Arc::new(AtomicBool::new(false));
    let server = server(7_527, &broken);
    let pipeline = place.pipeline_of("api", &source(&server, &along()));
    let report = place.run(&pipeline);
    assert!(is_done(&report.sources[0]), "{report:?}");
    let all: BTreeSet<String> = ids(&place, "/_embedded/notices").into_iter().collect();
    assert_eq!(all, notices(7_527).into_iter().map(|notice| notice.id).collect(), "each of them, and no other");
    let came = place.ledger.last_completeness("demo", "api").expect("read").expect("recorded");
    assert_eq!((came.declared, came.items, came.over_cap), (Some(7_527), 7_527, 0));
    assert_eq!((came.missing(), came.share()), (0, Some(1.0)));
    assert!(report.sources[0].notes[0].starts_with("complete: 7527 of 7527 items"), "{:?}", report.sources[0].notes);
    // No page is of a query that was split.
    for capture in place.captures("api") {
        let page: Value = serde_json::from_str(&place.bytes(&capture)).expect("JSON");
        assert!(page["total"].as_u64() <= Some(160), "{}", capture.name);
    }
    assert!(is_unchanged(&place.run(&pipeline).sources[0]));

    // One part cannot be counted: what is missing is told, and the source keeps what it had.
    broken.store(true, Ordering::SeqCst);
    let report = place.run(&pipeline);
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Upstream);
    let came = place.ledger.last_completeness("demo", "api").expect("read").expect("recorded");
    let lost = notices(7_527).iter().filter(|notice| notice.nationalities == ["CL"]).count() as u64;
    assert_eq!((came.declared, came.missing()), (Some(7_527), lost));
    let told = format!("incomplete: {} of 7527 items", 7_527 - lost);
    assert!(report.sources[0].notes[0].starts_with(&told), "{:?}", report.sources[0].notes);
    assert!(report.sources[0].notes[0].contains(&format!("{lost} are missing")));
    assert!(report.sources[0].notes[1].contains("keeps the"), "{:?}", report.sources[0].notes);
}

#[test]
fn what_cannot_be_split_further_is_counted_as_missing() {
    let place = Place::new();
    let server = server(1_000, &Arc::default());
    let few = "[[source.api.split.along]]\nkey = \"sexId\"\nvalues = [\"F\", \"M\", \"U\"]\n";
    let report = place.run(&place.pipeline_of("api", &source(&server, few)));
    assert!(is_done(&report.sources[0]), "{report:?}");
    let came = place.ledger.last_completeness("demo", "api").expect("read").expect("recorded");
    // Each of three queries gives 160, whatever page is asked for.
    assert_eq!((came.declared, came.items, came.over_cap), (Some(1_000), 480, 3));
    assert_eq!(ids(&place, "/_embedded/notices").len(), 480, "a page that came again is none");
    assert!(report.sources[0].notes[0].contains("520 are missing"), "{:?}", report.sources[0].notes);
    assert!(report.sources[0].notes[0].contains("3 have more items than the source gives"));
    // Where that is too little, the source keeps what it had.
    let demanded = format!("[source.guard]\ncomplete_min = \"99 %\"\n{}", source(&server, few));
    let report = place.run(&place.pipeline_of("api", &demanded));
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Contract);
    assert!(
        fault(&report.sources[0]).message().starts_with("48.00 % of the items came"),
        "{}",
        fault(&report.sources[0])
    );
    assert!(report.sources[0].tally.balances());
}

/// Forty-five items, ten a page, in every shape that APIs have.
fn shaped(request: &Request) -> Reply {
    let number = |key: &str| request.query(key).and_then(|value| value.parse::<usize>().ok());
    let host = request.header("host").unwrap_or_default().to_owned();
    let page =
        |from: usize| (from..45.min(from + 10)).map(|id| json!({ "entity_id": format!("i{id}") })).collect::<Vec<_>>();
    let body = match request.path() {
        "/robots.txt" => return Reply::status("404 Not Found"),
        // The World Bank's: a list of head and items.
        "/number" => {
            let asked = number("page").unwrap_or(1);
            json!([{ "page": asked, "pages": 5, "total": "45" }, page((asked - 1) * 10)])
        }
        // Socrata's: a list and nothing else.
        "/offset" => json!(page(number("$offset").unwrap_or(0))),
        "/cursor" => {
            let from = number("after").unwrap_or(0);
            let next = if from + 10 < 45 { json!((from + 10).to_string()) } else { Value::Null };
            json!({ "data": page(from), "meta": { "next": next } })
        }
        "/hal" => {
            let from = number("from").unwrap_or(0);
            let next = (from + 10 < 45).then(|| json!({ "href": format!("?from={}&api_key=canary", from + 10) }));
            json!({ "data": page(from), "_links": { "next": next } })
        }
        // Marks that look like secrets, pages without items between others, and a page whose items are left out.
        "/token" => {
            let from = number("pageToken").unwrap_or(0);
            let items = if from == 20 { Vec::new() } else { page(from) };
            json!({ "data": items, "next": if from + 10 < 55 { json!(from + 10) } else { Value::Null } })
        }
        // A server that makes pages smaller than it was asked to.
        "/clamped" => json!({ "data": page((number("page").unwrap_or(1) - 1) * 10) }),
        "/link" => {
            let from = number("from").unwrap_or(0);
            let link = format!("<http://{host}/link?from={}>; rel=\"next\"", from + 10);
            let reply = Reply::ok(json!({ "data": page(from) }).to_string()).header("ETag", "\"same\"");
            return if from + 10 < 45 { reply.header("Link", &link) } else { reply };
        }
        _ => json!({ "data": page(0) }),
    };
    Reply::ok(body.to_string()).header("Content-Type", "application/json")
}

#[test]
fn every_way_from_one_page_to_the_next() {
    let server = Server::start(shaped);
    for (path, pages, items, pointer, count) in [
        ("/number", "pages = { number = \"page\" }\ntotal = \"/0/total\"\necho = \"/0/page\"", "/1", "/1", 45),
        ("/offset?x=1", "pages = { offset = \"$offset\" }\nsize = { key = \"$limit\", value = 10 }", "", "", 45),
        ("/cursor", "pages = { cursor = \"after\", from = \"/meta/next\" }", "/data", "/data", 45),
        ("/hal", "pages = { next = \"/_links/next/href\" }", "/data", "/data", 45),
        ("/link", "pages = { link = true }", "/data", "/data", 45),
        ("/one", "", "/data", "/data", 10),
        ("/token", "pages = { cursor = \"pageToken\", from = \"/next\" }", "/data", "/data", 35),
        ("/clamped", "pages = { number = \"page\" }\nsize = { key = \"size\", value = 1000 }", "/data", "/data", 45),
    ] {
        let place = Place::new();
        let text = format!(
            "[source.api]\nurl = \"{}\"\nitems = \"{items}\"\nid = \"/entity_id\"\n{pages}\n[source.report]\n",
            server.url(path)
        );
        let pipeline = place.pipeline_of("api", &text);
        for _ in 0..2 {
            let report = place.run(&pipeline);
            assert!(!matches!(report.sources[0].outcome, Outcome::Failed(_)), "{path}: {report:?}");
            let all = ids(&place, pointer);
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), count, "{path}");
            assert_eq!(all.len(), count, "{path}: none twice");
        }
        assert!(!format!("{:?}", place.captures("api")).contains("canary"), "{path}");
    }
}

#[test]
fn credentials_go_to_the_origin_they_are_for_whatever_a_page_says() {
    let other = Server::start(|_| Reply::ok("{\"data\": [9]}"));
    let server = Server::start({
        let to = other.url("/x");
        move |request| match (request.path(), request.header("x-api-key")) {
            ("/robots.txt", _) => Reply::status("404 Not Found"),
            (_, None) => Reply::status("401 Unauthorized"),
            _ => Reply::ok(json!({ "data": [1], "next": to }).to_string()),
        }
    });
    let place = Place::new();
    let text = format!(
        "[source.api]\nurl = \"{}\"\nitems = \"/data\"\npages = {{ next = \"/next\" }}\n\
         secret_headers = {{ X-Api-Key = \"PATH\" }}\n[source.report]\n",
        server.url("/")
    );
    let report = place.run(&place.pipeline_of("api", &text));
    assert!(is_done(&report.sources[0]), "{report:?}");
    let asked = other.requests();
    assert_eq!((asked.len(), asked[0].header("x-api-key")), (1, None));
}

#[test]
fn a_first_page_that_is_another_one_ends_the_source_and_not_what_it_had() {
    let server = Server::start(|request| match request.path() {
        "/robots.txt" => Reply::status("404 Not Found"),
        "/wrong" => Reply::ok(json!({ "data": [1], "page": 0 }).to_string()),
        _ => Reply::ok("{\"error\": \"slow down\"}"),
    });
    for (path, message) in [("/wrong", "the answer says that it is page 0"), ("/error", "no list of items")] {
        let place = Place::new();
        let text = format!(
            "[source.api]\nurl = \"{}\"\nitems = \"/data\"\necho = \"/page\"\npages = {{ number = \"page\" }}\n[source.report]\n",
            server.url(path)
        );
        let report = place.run(&place.pipeline_of("api", &text));
        assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Shape);
        assert!(fault(&report.sources[0]).message().contains(message), "{}", fault(&report.sources[0]));
    }
}

#[test]
fn pages_that_are_none_are_told() {
    let server = Server::start(|request| match request.path() {
        "/robots.txt" => Reply::status("404 Not Found"),
        "/text" => Reply::ok("not json"),
        "/object" => Reply::ok("{\"data\": {\"a\": 1}}"),
        "/silent" => Reply::ok("{\"data\": []}"),
        // One that never ends.
        _ => Reply::ok(
            json!({ "total": 1, "data": [request.target], "next": format!("{}x", request.target) }).to_string(),
        ),
    });
    for (path, total, message) in [
        ("/text", "", "the page is no JSON"),
        ("/object", "", "no list of items"),
        ("/silent", "total = \"/total\"", "does not say at `/total`"),
        ("/endless", "", "more than 7 pages"),
    ] {
        let place = Place::new();
        let text = format!(
            "[source.api]\nurl = \"{}\"\nitems = \"/data\"\nmost_pages = 7\npages = {{ next = \"/next\" }}\n{total}\n[source.report]\n",
            server.url(path)
        );
        let report = place.try_run(&place.pipeline_of("api", &text), false, None).expect("report");
        assert!(fault(&report.sources[0]).message().contains(message), "{path}: {:?}", report.sources[0].outcome);
    }
}
