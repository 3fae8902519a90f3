//! Members of archives as documents.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use quipu_loopback::{Reply, Server};
use quipu_schema::ErrorKind;
use zip::write::SimpleFileOptions;

use super::*;

const ROWS: &str = "[source.rows]\ntable = \"area_alias\"\n[source.rows.columns]\nalias = { column = \"a\" }\narea = { column = \"b\" }\n";

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).expect("member");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("zip").into_inner()
}

fn tarred(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, name, *bytes).expect("member");
    }
    tar.into_inner().expect("tar")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).expect("memory");
    gzip.finish().expect("memory")
}

const MEMBERS: [(&str, &[u8]); 4] = [
    ("2024.csv", b"a,b\n1,2\n"),
    ("more/2025.csv", b"a,b\n3,4\n"),
    ("readme.txt", b"words"),
    ("../2026.csv", b"a,b\n5,6\n"),
];

fn run(place: &Place, file: &str, archive: &str) -> SourceReport {
    let rest = format!("file = \"{file}\"\n[source.archive]\n{archive}\n{ROWS}");
    place.run(&place.pipeline_of("packed", &rest)).sources.remove(0)
}

fn put(place: &Place, name: &str, bytes: &[u8]) {
    std::fs::write(place.folder.path().join(name), bytes).expect("written");
}

#[test]
fn members_are_captures_of_their_own_that_point_at_their_archive() {
    let without_dots: Vec<(&str, &[u8])> = MEMBERS.into_iter().filter(|(name, _)| !name.contains("..")).collect();
    for (file, bytes) in [
        ("all.zip", zipped(&MEMBERS)),
        ("all.tar", tarred(&without_dots)),
        ("all.tar.gz", gzipped(&tarred(&without_dots))),
    ] {
        let place = Place::new();
        put(&place, file, &bytes);
        assert!(is_done(&run(&place, file, "members = [\"*.csv\", \"**/2025.csv\"]")), "{file}");
        let captures = place.captures("packed");
        let mut expected = vec![format!("{file}#2024.csv"), format!("{file}#more/2025.csv")];
        if file == "all.zip" {
            expected.insert(1, format!("{file}#2026.csv"));
        }
        assert_eq!(names(&captures), expected);
        assert_eq!(place.bytes(&captures[0]), "a,b\n1,2\n");
        let whole = quipu_schema::Digest::of(&bytes);
        assert!(captures.iter().all(|capture| capture.parent == Some(whole) && capture.kind == "archive"));
        // The archive itself is captured, and not current.
        let all = place.ledger.newest_captures("demo", "packed").expect("captures");
        let parent = all.iter().find(|capture| capture.name == file).expect("the archive");
        assert_eq!((parent.digest, parent.kind.as_str(), parent.parent), (whole, "file", None));
        assert!(is_unchanged(&run(&place, file, "members = [\"*.csv\", \"**/2025.csv\"]")));
        // One folder alone, and the next edition of the archive.
        assert!(is_done(&run(&place, file, "members = \"more/*\"")));
        assert_eq!(names(&place.captures("packed")), [format!("{file}#more/2025.csv")]);
    }
}

#[test]
fn a_compressed_document_is_one_member() {
    let place = Place::new();
    put(&place, "data.csv.gz", &gzipped(b"a,b\n1,2\n"));
    assert!(is_done(&run(&place, "data.csv.gz", "members = \"*\"")));
    let captures = place.captures("packed");
    assert_eq!(names(&captures), ["data.csv.gz#data.csv"]);
    assert_eq!(place.bytes(&captures[0]), "a,b\n1,2\n");
}

#[test]
fn archives_that_are_none_or_hold_nothing_are_told() {
    let bomb = gzipped(&vec![0; 300 << 20]);
    let cut = zipped(&MEMBERS).split_off(40);
    let mut flipped = zipped(&[("2024.csv", &[b'x'; 5_000])]);
    flipped[45] ^= 0xff;
    for (file, bytes, archive, kind, told) in [
        (
            "a.zip",
            zipped(&MEMBERS),
            "members = \"*.xlsx\"",
            ErrorKind::Source,
            "no member of the archive matches `*.xlsx`; it has",
        ),
        ("a.zip", zipped(&[]), "members = \"*\"", ErrorKind::Source, "it has none"),
        ("a.zip", b"a,b\n1,2\n".to_vec(), "members = \"*\"", ErrorKind::Shape, "no archive but text"),
        ("a.zip", cut, "members = \"*\"", ErrorKind::Shape, "no archive"),
        ("a.zip", flipped, "members = \"*\"", ErrorKind::Shape, "damaged or cut short"),
        ("a.zip", zipped(&[("a.csv", b"")]), "members = \"*\"", ErrorKind::Shape, "the member is empty"),
        ("a.gz", bomb, "members = \"*\"", ErrorKind::Source, "unpacks to more than"),
        (
            "a.zip",
            zipped(&[("a.csv", vec![b'x'; 3 << 20].as_slice())]),
            "members = \"*\"\nmax_mib = 2",
            ErrorKind::Source,
            "more than 2 MiB",
        ),
        (
            "a.zip",
            zipped(&[("a.csv", b"1"), ("./a.csv", b"2")]),
            "members = \"*\"",
            ErrorKind::Shape,
            "two members with the name",
        ),
    ] {
        let place = Place::new();
        put(&place, file, &bytes);
        let report = run(&place, file, archive);
        assert_eq!(fault(&report).kind(), kind, "{told}: {}", fault(&report));
        assert!(fault(&report).message().contains(told), "{told}: {}", fault(&report));
        assert!(place.captures("packed").is_empty());
        assert_eq!(place.left_over(), 0);
    }
}

#[test]
fn a_page_in_an_archive_is_suspect_like_any_other() {
    let place = Place::new();
    put(&place, "a.zip", &zipped(&[("a.csv", b"<!doctype html><p>gone</p>"), ("b.csv", b"a,b\n")]));
    let report = run(&place, "a.zip", "members = \"*\"");
    assert_eq!(fault(&report).kind(), ErrorKind::Shape);
    assert!(fault(&report).message().contains("read as csv, and what came is HTML"), "{}", fault(&report));
}

#[test]
fn an_archive_behind_a_server_is_asked_for_conditionally() {
    let place = Place::new();
    let bytes = zipped(&MEMBERS);
    let server = Server::start(move |request| match request.path() {
        "/robots.txt" => Reply::status("404 Not Found"),
        _ if request.header("if-none-match") == Some("\"v\"") => Reply::status("304 Not Modified"),
        _ => Reply::ok(bytes.clone()).header("ETag", "\"v\"").header("Content-Type", "application/zip"),
    });
    let rest =
        format!("http = {{ url = \"{}\" }}\n[source.archive]\nmembers = \"*.csv\"\n{ROWS}", server.url("/all.zip"));
    let pipeline = place.pipeline_of("packed", &rest);
    assert!(is_done(&place.run(&pipeline).sources[0]));
    let sent = server.sent();
    assert!(is_unchanged(&place.run(&pipeline).sources[0]));
    assert!(server.sent() - sent < 300);
    assert_eq!(names(&place.captures("packed")), [server.url("/all.zip#2024.csv"), server.url("/all.zip#2026.csv")]);
}
