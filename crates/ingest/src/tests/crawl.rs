//! Documents that listing pages name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use quipu_loopback::{Reply, Request, Server};
use quipu_schema::ErrorKind;

use super::*;

type Site = Arc<Mutex<BTreeMap<String, String>>>;

/// A site of pages and documents by their paths, which the test may change; a path that begins with `!` sends bytes of
/// another sort. Everything has a tag.
fn site(pages: &[(&str, &str)]) -> (Server, Site) {
    let site: Site =
        Arc::new(Mutex::new(pages.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()));
    let shown = site.clone();
    let server = Server::start(move |request: &Request| {
        let Some(text) = shown.lock().expect("site").get(&request.target).cloned() else {
            return Reply::status("404 Not Found");
        };
        if let Some(to) = text.strip_prefix("-> ") {
            return Reply::status("302 Found").header("Location", to);
        }
        let etag = format!("\"{:x}\"", text.len() * 31 + text.bytes().map(usize::from).sum::<usize>());
        if request.header("if-none-match") == Some(&etag) {
            return Reply::status("304 Not Modified").header("ETag", &etag);
        }
        Reply::ok(text.into_bytes()).header("Content-Type", "text/html; charset=utf-8").header("ETag", &etag)
    });
    (server, site)
}

fn put(site: &Site, path: &str, text: &str) {
    site.lock().expect("site").insert(path.to_owned(), text.to_owned());
}

fn crawl(place: &Place, server: &Server, rest: &str) -> Pipeline {
    let lines = format!("[source.crawl]\nurl = \"{}\"\ntries = 1\n{rest}\n[source.report]\n", server.url("/news"));
    place.pipeline_of("news", &lines)
}

fn paths(place: &Place, server: &Server) -> Vec<String> {
    let base = server.url("");
    place.captures("news").iter().map(|capture| capture.name.replace(&base, "")).collect()
}

fn asked(server: &Server) -> Vec<String> {
    let mut asked: Vec<String> = server.requests().iter().map(|request| request.target.clone()).collect();
    asked.sort();
    server.forget();
    asked
}

const ITEMS: &str = "item = \"li > h3 a\"\nfollow = \"a[rel~=next]\"\n";

fn row(path: &str, day: &str) -> String {
    format!("<li><h3><a href=\"{path}\">A release</a></h3><p>on <span class=day>{day}</span></p></li>")
}

#[test]
fn new_documents_are_fetched_once_and_stay() {
    let (server, pages) = site(&[
        (
            "/news",
            &format!("<ul>{}{}</ul><a rel='nofollow next' href='?page=2'>more</a>", row("a", ""), row("/b#top", "")),
        ),
        ("/news?page=2", &format!("<ul>{}</ul><a rel=next href='/news'>first</a>", row("c", ""))),
        ("/a", "<p>Release a</p>"),
        ("/b", "<p>Release b</p>"),
        ("/c", "<p>Release c</p>"),
    ]);
    let place = Place::new();
    let pipeline = crawl(&place, &server, ITEMS);
    let report = place.run(&pipeline);
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &server), ["/a", "/b", "/c"]);
    assert_eq!(asked(&server), ["/a", "/b", "/c", "/news", "/news?page=2"]);
    // Each points at the page that named it.
    let all = place.ledger.newest_captures("demo", "news").expect("captures");
    let page = all.iter().find(|capture| capture.name.ends_with("?page=2")).expect("page");
    assert_eq!(place.captures("news")[2].parent, Some(page.digest));
    assert_eq!(place.captures("news")[2].kind, "crawl");

    assert!(is_unchanged(&place.run(&pipeline).sources[0]));
    assert_eq!(asked(&server), ["/news", "/news?page=2"], "and no document");

    put(&pages, "/news", &format!("<ul>{}{}</ul>", row("d", ""), row("a", "")));
    put(&pages, "/d", "<p>Release d</p>");
    assert!(is_done(&place.run(&pipeline).sources[0]));
    assert_eq!(asked(&server), ["/d", "/news"]);
    assert_eq!(paths(&place, &server), ["/a", "/b", "/c", "/d"], "what fell off the list stays");

    put(&pages, "/a", "<p>Release a, put right</p>");
    let rechecking = crawl(&place, &server, &format!("{ITEMS}recheck = true\nkeep = false\n"));
    assert!(is_done(&place.run(&rechecking).sources[0]));
    assert_eq!(asked(&server), ["/a", "/d", "/news"]);
    assert_eq!(paths(&place, &server), ["/a", "/d"], "what no page names is gone where that is wanted");
    assert_eq!(place.bytes(&place.captures("news")[0]), "<p>Release a, put right</p>");
}

#[test]
fn one_that_does_not_come_keeps_none_of_the_others_back() {
    let (server, pages) =
        site(&[("/news", &format!("<ul>{}{}</ul>", row("a", ""), row("gone", ""))), ("/a", "<p>Release a</p>")]);
    let place = Place::new();
    let pipeline = crawl(&place, &server, ITEMS);
    let report = place.run(&pipeline);
    let failed = &report.sources[0];
    assert_eq!(fault(failed).kind(), ErrorKind::Source);
    assert!(fault(failed).place().is_some_and(|place| place.ends_with("/gone")), "{failed:?}");
    assert_eq!((failed.tally.read, failed.tally.published), (2, 1));
    assert_eq!(paths(&place, &server), ["/a"]);
    assert!(failed.notes.iter().any(|note| note.contains("goes on with 1 document")), "{:?}", failed.notes);

    let tolerant = crawl(&place, &server, &format!("{ITEMS}missing_max = 1\n"));
    let report = place.run(&tolerant);
    assert!(is_unchanged(&report.sources[0]), "{:?}", report.sources[0]);
    assert!(report.sources[0].notes.iter().any(|note| note.contains("did not come")));
    put(&pages, "/gone", "<p>Back again</p>");
    server.forget();
    assert!(is_done(&place.run(&pipeline).sources[0]));
    assert_eq!(asked(&server), ["/gone", "/news"]);
    assert_eq!(paths(&place, &server), ["/a", "/gone"]);
}

#[test]
fn days_addresses_and_hosts_decide_what_is_wanted() {
    let days = [
        ("en", "12 March 2026"),
        ("es", "12 de marzo de 2026"),
        ("pt", "12 de março de 2026"),
        ("fr", "12 mars 2026"),
        ("iso", "2026-03-12T10:00:00Z"),
    ];
    let mut rows: String = days.iter().map(|(name, day)| row(&format!("new-{name}"), day)).collect();
    rows +=
        &days.iter().map(|(name, day)| row(&format!("old-{name}"), &day.replace("2026", "2019"))).collect::<String>();
    rows += &row("undated", "some day");
    rows += &row("http://other.example/new-x", "12 March 2026");
    rows += &row("mailto:desk@example.org", "");
    rows += &row("new-draft", "12 March 2026");
    let mut all: Vec<(String, String)> =
        days.iter().map(|(name, _)| (format!("/new-{name}"), format!("<p>{name}"))).collect();
    all.push(("/undated".to_owned(), "<p>undated".to_owned()));
    all.push(("/news".to_owned(), format!("<ul>{rows}</ul>")));
    let all: Vec<(&str, &str)> = all.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (server, _) = site(&all);
    let place = Place::new();
    let rest = format!("{ITEMS}date = \".day\"\nsince = \"2026-01-01\"\nexcept = \"draft$\"\n");
    let report = place.run(&crawl(&place, &server, &rest));
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &server), ["/new-en", "/new-es", "/new-fr", "/new-iso", "/new-pt", "/undated"]);
    let notes = report.sources[0].notes.join("\n");
    for told in [
        "5 links of the listing are of days before",
        "1 links of the listing lead to other hosts",
        "1 links of the listing are none by",
    ] {
        assert!(notes.contains(told), "{told}: {notes}");
    }
}

#[test]
fn the_address_may_say_the_day_and_pages_may_be_site_maps() {
    let base = |server: &Server| server.url("");
    let (server, pages) = site(&[("/2026/05/x", "<p>x"), ("/2026/05/y", "<p>y"), ("/feed", "")]);
    let map = format!(
        "<?xml version=\"1.0\"?><urlset><url><loc>{0}/2026/05/x</loc></url><url><loc>{0}/2020/05/z</loc></url></urlset>",
        base(&server)
    );
    put(&pages, "/news", &map);
    let feed =
        format!("<rss><channel><item><title>Y</title><link>{}/2026/05/y</link></item></channel></rss>", base(&server));
    put(&pages, "/feed", &feed);
    let place = Place::new();
    let lines = format!(
        "[source.crawl]\nurl = [\"{}\", \"{}\"]\nitem = \"url > loc, item > link\"\nsince = \"2026-01-01\"\n\
         date_in_url = \"/(?<year>[0-9]{{4}})/(?<month>[0-9]{{2}})/\"\n[source.report]\n",
        server.url("/news"),
        server.url("/feed")
    );
    let report = place.run(&place.pipeline_of("news", &lines));
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &server), ["/2026/05/x", "/2026/05/y"]);
}

#[test]
fn bounds_are_told_and_the_rest_comes_later() {
    let page = |number: usize| {
        let rows: String = (0..3).map(|item| row(&format!("/item/{}", number * 3 + item), "")).collect();
        format!("<ul>{rows}</ul><a rel=next href='/news?{}'>", number + 1)
    };
    let mut all: Vec<(String, String)> =
        (0..10).map(|number| (format!("/item/{number}"), format!("<p>{number}"))).collect();
    all.push(("/news".to_owned(), page(0)));
    all.extend((1..9).map(|number| (format!("/news?{number}"), page(number))));
    let all: Vec<(&str, &str)> = all.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (server, _) = site(&all);
    let place = Place::new();
    let pipeline = crawl(&place, &server, &format!("{ITEMS}most_pages = 2\nmost_items = 4\nkeep = false\n"));
    let report = place.run(&pipeline);
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    let notes = report.sources[0].notes.join("\n");
    assert!(notes.contains("most_pages") && notes.contains("2 further new documents are left"), "{notes}");
    assert!(notes.contains("incomplete: 4 of 7 items"), "{notes}");
    assert_eq!(place.captures("news").len(), 4);
    assert!(is_done(&place.run(&pipeline).sources[0]));
    assert_eq!(place.captures("news").len(), 6);
    // What has to be complete does not become current before it is.
    let strict = Place::new();
    let guarded = format!(
        "[source.crawl]\nurl = \"{}\"\n{ITEMS}most_pages = 1\nmost_items = 2\n[source.guard]\ncomplete_min = \"99 %\"\n\
         [source.report]\n",
        server.url("/news")
    );
    let report = strict.run(&strict.pipeline_of("news", &guarded));
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Contract);
    assert_eq!(strict.captures("news").len(), 0);
}

#[test]
fn a_page_that_changed_its_form_or_is_none_keeps_what_there_was() {
    let (server, pages) = site(&[("/news", &format!("<ul>{}</ul>", row("a", ""))), ("/a", "<p>Release a</p>")]);
    let place = Place::new();
    let pipeline = crawl(&place, &server, ITEMS);
    assert!(is_done(&place.run(&pipeline).sources[0]));
    for (page, kind) in [
        ("<div>all new</div>".to_owned(), ErrorKind::Shape),
        ("%PDF-1.7".to_owned(), ErrorKind::Shape),
        ("<i>".repeat(30_000), ErrorKind::Shape),
        ("-> /missing".to_owned(), ErrorKind::Source),
    ] {
        put(&pages, "/news", &page);
        let report = place.run(&pipeline);
        assert_eq!(fault(&report.sources[0]).kind(), kind, "{:.20}: {:?}", page, report.sources[0]);
        assert_eq!(paths(&place, &server), ["/a"], "{page:.20}");
    }
}

#[test]
fn links_hold_for_the_page_that_answered_and_in_its_encoding() {
    let (server, pages) =
        site(&[("/news", "-> /en/list/"), ("/en/list/one", "<p>one"), ("/elsewhere/two?n=%E9", "<p>two")]);
    put(&pages, "/en/list/", &format!("<ul>{}</ul>", row("one", "")));
    let place = Place::new();
    assert!(is_done(&place.run(&crawl(&place, &server, ITEMS)).sources[0]));
    assert_eq!(paths(&place, &server), ["/en/list/one"]);
    // The page says where its links begin, and how it is written.
    let latin = Server::start(|request| match request.target.as_str() {
        "/news" => {
            Reply::ok(b"<base href='/elsewhere/'><ul><li><h3><a href='two?n=\xe9'>Dos</a></h3></li></ul>".to_vec())
                .header("Content-Type", "text/html; charset=iso-8859-1")
        }
        "/elsewhere/two?n=%E9" => Reply::ok(b"<p>dos".to_vec()).header("Content-Type", "text/html"),
        _ => Reply::status("404 Not Found"),
    });
    let place = Place::new();
    let report = place.run(&crawl(&place, &latin, ITEMS));
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &latin), ["/elsewhere/two?n=%E9"]);
}

#[test]
fn documents_of_another_sort_are_suspect_and_the_others_are_data() {
    let (server, pages) = site(&[
        ("/news", &format!("<ul>{}{}</ul>", row("a.csv", ""), row("b.csv", ""))),
        ("/a.csv", "alias,area\nBrasil,BRA\n"),
        ("/b.csv", "alias,area\nPeru,PER\n"),
    ]);
    let typed = Server::start({
        let pages = pages.clone();
        move |request| {
            let Some(text) = pages.lock().expect("site").get(&request.target).cloned() else {
                return Reply::status("404 Not Found");
            };
            Reply::ok(text.into_bytes())
        }
    });
    drop(server);
    let place = Place::new();
    let lines = format!(
        "[source.crawl]\nurl = \"{}\"\nrecheck = true\n{ITEMS}[source.rows]\ntable = \"area_alias\"\n\
         [source.rows.columns]\nalias = {{ column = \"a\" }}\narea = {{ column = \"b\" }}\n",
        typed.url("/news")
    );
    let pipeline = place.pipeline_of("news", &lines);
    assert!(is_done(&place.run(&pipeline).sources[0]));
    put(&pages, "/a.csv", "alias,area\nBrasil,BRA\nChile,CHL\n");
    put(&pages, "/b.csv", "<html>please log in");
    let report = place.run(&pipeline);
    let failed = &report.sources[0];
    assert_eq!(fault(failed).kind(), ErrorKind::Shape);
    assert_eq!((failed.tally.read, failed.tally.published), (2, 1));
    let texts: Vec<String> = place.captures("news").iter().map(|capture| place.bytes(capture)).collect();
    assert_eq!(texts, ["alias,area\nBrasil,BRA\nChile,CHL\n", "alias,area\nPeru,PER\n"]);
}

#[test]
fn archives_that_a_page_names_are_taken_apart_once_and_a_damaged_one_keeps_none_back() {
    use std::io::Write as _;
    let zipped = |name: &str, text: &str| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("member");
        zip.write_all(text.as_bytes()).expect("written");
        zip.finish().expect("zip").into_inner()
    };
    let (whole, broken) = (zipped("a.txt", "Release a"), zipped("b.txt", "Release b"));
    let listed = Arc::new(Mutex::new("a.zip"));
    let now = listed.clone();
    let server = Server::start(move |request| match request.path() {
        "/news" => Reply::ok(format!("<ul>{}{}</ul>", row(*now.lock().expect("list"), ""), row("b.zip", ""))),
        "/a.zip" => Reply::ok(whole.clone()),
        "/b.zip" => Reply::ok(broken[..broken.len() / 2].to_vec()),
        _ => Reply::status("404 Not Found"),
    });
    let place = Place::new();
    let lines = format!(
        "[source.crawl]\nurl = \"{}\"\nmissing_max = 1\n{ITEMS}[source.archive]\nmembers = \"*.txt\"\n[source.report]\n",
        server.url("/news")
    );
    let pipeline = place.pipeline_of("news", &lines);
    let report = place.run(&pipeline);
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &server), ["/a.zip#a.txt"]);
    let first = place.captures("news");
    assert_eq!(first[0].kind, "archive");
    let report = place.run(&pipeline);
    assert!(is_unchanged(&report.sources[0]), "{:?}", report.sources[0]);
    assert_eq!(place.captures("news"), first, "not captured again");
    // What fell off the list stays, as what came out of it.
    *listed.lock().expect("list") = "b.zip";
    assert!(is_unchanged(&place.run(&pipeline).sources[0]));
    assert_eq!(place.captures("news"), first);
}

#[test]
fn a_failure_takes_nothing_away() {
    let (server, pages) = site(&[("/news", &format!("<ul>{}</ul>", row("a", ""))), ("/a", "<p>Release a</p>")]);
    let place = Place::new();
    let pipeline = crawl(&place, &server, &format!("{ITEMS}recheck = true\nkeep = false\n"));
    assert!(is_done(&place.run(&pipeline).sources[0]));
    // The only document, then the only page; neither is covered by what may be missing.
    put(&pages, "/a", "-> /missing");
    let report = place.run(&pipeline);
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Source);
    assert_eq!(paths(&place, &server), ["/a"]);
    let tolerant = crawl(&place, &server, &format!("{ITEMS}keep = false\nmissing_max = 5\n"));
    put(&pages, "/news", "-> /missing");
    assert_eq!(fault(&place.run(&tolerant).sources[0]).kind(), ErrorKind::Source);
    assert_eq!(paths(&place, &server), ["/a"]);
    // Links that lead elsewhere all at once.
    put(
        &pages,
        "/news",
        &format!("<ul>{}{}</ul>", row("http://www.example.org/a", ""), row("http://www.example.org/b", "")),
    );
    let report = place.run(&tolerant);
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Shape, "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &server), ["/a"]);
}

#[test]
fn addresses_that_differ_in_what_is_hidden_are_two_documents() {
    let list = |keys: &[u32]| keys.iter().map(|key| row(&format!("/doc?key={key}"), "")).collect::<String>();
    let (server, pages) = site(&[("/news", &list(&[1])), ("/doc?key=1", "<p>One"), ("/doc?key=2", "<p>Two")]);
    let place = Place::new();
    let pipeline = crawl(&place, &server, &format!("{ITEMS}matches = \"key=[0-9]+\"\n"));
    assert!(is_done(&place.run(&pipeline).sources[0]));
    put(&pages, "/news", &list(&[1, 2]));
    assert!(is_done(&place.run(&pipeline).sources[0]));
    let texts = || {
        let mut texts: Vec<String> = place.captures("news").iter().map(|capture| place.bytes(capture)).collect();
        texts.sort();
        texts
    };
    assert_eq!(texts(), ["<p>One", "<p>Two"]);
    server.forget();
    assert!(is_unchanged(&place.run(&pipeline).sources[0]));
    assert_eq!(asked(&server), ["/news"]);
    // It falls off the page, and stays.
    put(&pages, "/news", &list(&[2]));
    assert!(is_unchanged(&place.run(&pipeline).sources[0]));
    assert_eq!(texts(), ["<p>One", "<p>Two"]);
    assert!(
        place.captures("news").iter().all(|capture| capture.name.contains("key=***#")),
        "{:?}",
        place.captures("news")
    );
}

#[test]
fn dead_links_do_not_keep_back_what_stands_behind_them() {
    let rows: String = ["gone-1", "gone-2", "good"].iter().map(|path| row(path, "")).collect();
    let (server, _) = site(&[("/news", &format!("<ul>{rows}</ul>")), ("/good", "<p>Good")]);
    let place = Place::new();
    let report = place.run(&crawl(&place, &server, &format!("{ITEMS}most_items = 2\nmissing_max = 2\n")));
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &server), ["/good"]);
}

#[test]
fn a_page_that_was_taken_for_a_document_is_one_no_more() {
    let list = format!("<ul>{}{}</ul><a rel=next href='/p2'>", row("a", ""), row("p2", ""));
    let (server, _) =
        site(&[("/news", &list), ("/p2", &format!("<ul>{}</ul>", row("b", ""))), ("/a", "<p>a"), ("/b", "<p>b")]);
    let place = Place::new();
    assert!(is_done(&place.run(&crawl(&place, &server, &format!("{ITEMS}most_pages = 1\n"))).sources[0]));
    assert_eq!(paths(&place, &server), ["/a", "/p2"]);
    assert!(is_done(&place.run(&crawl(&place, &server, ITEMS)).sources[0]));
    assert_eq!(paths(&place, &server), ["/a", "/b"]);
}

#[test]
fn a_page_keeps_its_encoding_where_it_is_not_modified() {
    let server = Server::start(|request| match request.target.as_str() {
        "/news" if request.header("if-none-match").is_some() => {
            Reply::status("304 Not Modified").header("ETag", "\"1\"")
        }
        "/news" => Reply::ok(b"<ul><li><h3><a href='/\xc4'>x</a></h3></li></ul>".to_vec())
            .header("Content-Type", "text/html; charset=koi8-r")
            .header("ETag", "\"1\""),
        "/%D0%B4" => Reply::ok("<p>x").header("Content-Type", "text/html"),
        _ => Reply::status("404 Not Found"),
    });
    let place = Place::new();
    let pipeline = crawl(&place, &server, ITEMS);
    assert!(is_done(&place.run(&pipeline).sources[0]));
    let report = place.run(&pipeline);
    assert!(is_unchanged(&report.sources[0]), "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &server), ["/%D0%B4"]);
}

#[test]
fn a_login_page_in_place_of_an_archive_takes_no_member_away_and_is_asked_for_again() {
    use std::io::Write as _;
    let zipped = |name: &str, text: &str| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("member");
        zip.write_all(text.as_bytes()).expect("written");
        zip.finish().expect("zip").into_inner()
    };
    let (a, b) = (zipped("m.txt", "Release a"), zipped("n.txt", "Release b"));
    let moody = Arc::new(Mutex::new(""));
    let now = moody.clone();
    let server = Server::start(move |request| match (request.path(), *now.lock().expect("mood")) {
        ("/news", _) => Reply::ok(format!("<ul>{}{}</ul>", row("a.zip", ""), row("b.zip", ""))),
        ("/a.zip", "login") => Reply::ok("<html>log in").header("Content-Type", "text/html"),
        ("/a.zip", "busy") => Reply::status("503 Service Unavailable"),
        ("/a.zip", "broken") => Reply::ok(a[..a.len() / 2].to_vec()),
        ("/a.zip", _) => Reply::ok(a.clone()),
        ("/b.zip", _) => Reply::ok(b.clone()),
        _ => Reply::status("404 Not Found"),
    });
    for keep in [true, false] {
        let place = Place::new();
        let lines = format!(
            "[source.crawl]\nurl = \"{}\"\nrecheck = true\ntries = 1\nkeep = {keep}\n{ITEMS}[source.archive]\n\
             members = \"*.txt\"\n[source.report]\n",
            server.url("/news")
        );
        let pipeline = place.pipeline_of("news", &lines);
        *moody.lock().expect("mood") = "";
        assert!(is_done(&place.run(&pipeline).sources[0]));
        let both = ["/a.zip#m.txt", "/b.zip#n.txt"];
        assert_eq!(paths(&place, &server), both);
        for mood in ["login", "busy", "broken"] {
            *moody.lock().expect("mood") = mood;
            let report = place.run(&pipeline);
            assert!(matches!(report.sources[0].outcome, Outcome::Failed(_)), "{mood}: {:?}", report.sources[0]);
            assert_eq!(paths(&place, &server), both, "{mood}");
        }
    }
    // What was broken is asked for again, also where nothing is rechecked.
    let place = Place::new();
    let lines = format!(
        "[source.crawl]\nurl = \"{}\"\n{ITEMS}[source.archive]\nmembers = \"*.txt\"\n[source.report]\n",
        server.url("/news")
    );
    let pipeline = place.pipeline_of("news", &lines);
    *moody.lock().expect("mood") = "broken";
    assert!(matches!(place.run(&pipeline).sources[0].outcome, Outcome::Failed(_)));
    assert_eq!(paths(&place, &server), ["/b.zip#n.txt"]);
    *moody.lock().expect("mood") = "";
    assert!(is_done(&place.run(&pipeline).sources[0]));
    assert_eq!(paths(&place, &server), ["/a.zip#m.txt", "/b.zip#n.txt"]);
}

#[test]
fn days_that_nothing_says_are_told_and_a_list_without_any_is_none() {
    let (server, pages) = site(&[("/a", "<p>a"), ("/b", "<p>b")]);
    let list = |first: &str| format!("<ul>{}{}</ul>", row("a", first), row("b", "some day"));
    put(&pages, "/news", &list("12 March 2026"));
    let place = Place::new();
    let pipeline = crawl(&place, &server, &format!("{ITEMS}date = \".day\"\nsince = \"2020-01-01\"\n"));
    let report = place.run(&pipeline);
    assert!(is_done(&report.sources[0]), "{:?}", report.sources[0]);
    assert!(report.sources[0].notes.iter().any(|note| note.contains("1 documents do not say their day")));
    put(&pages, "/news", &list("a day"));
    let report = place.run(&pipeline);
    assert_eq!(fault(&report.sources[0]).kind(), ErrorKind::Shape, "{:?}", report.sources[0]);
    assert_eq!(paths(&place, &server), ["/a", "/b"]);
}

#[test]
fn what_failed_beside_something_new_is_a_change() {
    let (server, _) =
        site(&[("/news", &format!("<ul>{}{}</ul>", row("a", ""), row("gone", ""))), ("/a", "<p>Release a</p>")]);
    let place = Place::new();
    let pipeline = crawl(&place, &server, ITEMS);
    assert!(place.run(&pipeline).changed);
    assert!(!place.run(&pipeline).changed);
}
