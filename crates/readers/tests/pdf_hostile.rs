//! PDFs made to harm: each ends in a clear fault, or is read, soon and in bounded memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod made;

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use made::pdf::{document, stream};
use quipu_readers::{Grid, Limits, reader};
use quipu_schema::pipeline::{Format, Layout};
use quipu_schema::{ErrorKind, Fault};

/// Small bounds, so that a test that keeps them shows.
const LIMITS: Limits = Limits {
    memory: 16 << 20,
    cell: 64 << 10,
    unpacked: 32 << 20,
    depth: 64,
    rows: 20_000_000,
    columns: 16_384,
    pages: 500,
};
/// Most resident memory of this whole process in KiB, with several of the tests at once.
const PEAK: u64 = 600 << 10;
/// Most time for one document, built without optimisation.
const SOON: Duration = Duration::from_secs(20);

fn read(bytes: &[u8]) -> Result<Vec<Grid>, Fault> {
    let start = Instant::now();
    let grids = reader(Format::Pdf).unwrap().read(bytes, &Layout::default(), &LIMITS);
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0_u64);
    assert!(peak < PEAK, "{} MiB resident", peak >> 10);
    grids
}

/// Holds a document to a fault that says this.
fn refused(bytes: &[u8], part: &str) {
    let fault = read(bytes).map(|grids| grids.len()).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::Shape, "{fault}");
    assert!(fault.to_string().contains(part), "{fault}");
}

const CATALOG: &str = "<< /Type /Catalog /Pages 2 0 R >>";
const PAGES: &str = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>";
const FONT: &str = "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>";

/// A document of one page with this content, this more in its resources, and these objects from 6 on.
fn page(content: &[u8], resources: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> {resources} >> >>"
    );
    let mut objects = [CATALOG, PAGES, &page].map(|object| object.as_bytes().to_vec()).to_vec();
    objects.push(content.to_vec());
    objects.push(FONT.into());
    objects.extend_from_slice(more);
    document(&objects, "")
}

fn packed(size: usize) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::best());
    let piece = vec![b' '; 1 << 20];
    for _ in 0..size >> 20 {
        out.write_all(&piece).unwrap();
    }
    out.finish().unwrap()
}

fn objects(texts: &[&str]) -> Vec<u8> {
    document(&texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>(), "")
}

#[test]
fn circles_are_refused() {
    refused(&objects(&[CATALOG, "<< /Type /Pages /Kids [2 0 R] >>"]), "circle");
    refused(&objects(&[CATALOG, "<< /Kids [3 0 R 3 0 R] >>", "<< /Kids [2 0 R] >>"]), "circle");
    refused(&objects(&["<< /Type /Catalog /Pages 2 0 R >>", "3 0 R", "2 0 R"]), "PDF is damaged");
    // A stream whose length is itself, and a table of objects that comes before itself.
    let _ = read(&page(b"<< /Length 4 0 R >>\nstream\nBT ET\nendstream", "", &[])).unwrap_err();
    let mut bytes = page(&stream("", b"BT ET"), "", &[]);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let at = text.find("xref\n0").unwrap();
    let text = text.replace("/Root 1 0 R", &format!("/Root 1 0 R /Prev {at}"));
    bytes = text.into_bytes();
    refused(&bytes, "no text");
    // A drawing that draws itself.
    let form = stream("/Type /XObject /Subtype /Form /Resources << /XObject << /X 6 0 R >> >>", b"/X Do");
    refused(&page(&stream("", b"/X Do"), "/XObject << /X 6 0 R >>", &[form]), "drawings within drawings");
}

#[test]
fn encrypted_documents_are_refused() {
    let bytes = document(&[CATALOG.into(), PAGES.into()], "/Encrypt << /Filter /Standard /V 4 >>");
    refused(&bytes, "encrypted");
}

#[test]
fn scans_and_other_documents_say_what_they_are() {
    let image = stream("/Type /XObject /Subtype /Image /Width 1 /Height 1", b"\0");
    refused(&page(&stream("", b"q 600 0 0 800 0 0 cm /I Do Q"), "/XObject << /I 6 0 R >>", &[image]), "no text in it");
    refused(b"<html>not found</html>", "no PDF");
    refused(b"%PDF-1.4\n", "damaged");
    // A font that does not say what its codes mean.
    let font = b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [<< /DW 500 >>] >>";
    let text = stream("", b"BT /F2 10 Tf 50 700 Td <000100020003> Tj ET");
    let bytes = page(&text, "/Font << /F2 6 0 R >>", &[font.to_vec()]);
    let bytes = String::from_utf8_lossy(&bytes).replace("/Font << /F1 5 0 R >> ", "").into_bytes();
    refused(&bytes, "do not say what they mean");
}

#[test]
fn bombs_are_refused() {
    let bomb = packed(256 << 20);
    refused(&page(&stream("/Filter /FlateDecode", &bomb), "", &[]), "unpacks to more");
    // Packed twice over.
    let mut twice = ZlibEncoder::new(Vec::new(), Compression::best());
    twice.write_all(&bomb).unwrap();
    let twice = twice.finish().unwrap();
    refused(&page(&stream("/Filter [/FlateDecode /FlateDecode]", &twice), "", &[]), "unpacks to more");
    let many = "/FlateDecode ".repeat(50);
    refused(&page(&stream(&format!("/Filter [{many}]"), &bomb), "", &[]), "filters");
    // In a stream of objects, which holds the font.
    let pack = stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", &bomb);
    refused(&page(&stream("/Length 6 0 R /Filter /FlateDecode", &bomb), "", &[pack]), "unpacks to more");
    let run: Vec<u8> = [129, b'x'].repeat(1 << 20);
    refused(&page(&stream("/Filter /RunLengthDecode", &run), "", &[]), "unpacks to more");
}

#[test]
fn a_page_of_endless_text_is_refused() {
    // Drawings that draw ten others each, eight levels deep.
    let mut forms = Vec::new();
    for level in 0..8 {
        let names: String = (0..10).map(|_| "/X Do ").collect();
        let inner = 7 + level;
        let content = if level == 7 { "BT /F1 1 Tf (laugh) Tj ET".to_owned() } else { names };
        let entries = format!(
            "/Type /XObject /Subtype /Form /Resources << /Font << /F1 5 0 R >> /XObject << /X {inner} 0 R >> >>"
        );
        forms.push(stream(&entries, content.as_bytes()));
    }
    refused(&page(&stream("", b"/X Do"), "/XObject << /X 6 0 R >>", &forms), "unpacks to more");
    // One text over and over.
    let mut content = Vec::new();
    for line in 0..400 {
        let y = 1 + line % 700;
        content.extend(format!("BT /F1 0.6 Tf 1 0 0 1 1 {y} Tm ({}) Tj ET\n", "a b ".repeat(250)).bytes());
    }
    refused(&page(&stream("", &content), "", &[]), "larger than allowed");
}

#[test]
fn absurd_numbers_are_no_matter() {
    let numbers = "BT /F1 10 Tf 1 0 0 1 -88888888888888888888888888 99999999999999999999999999999999999999999 Tm (far) Tj ET \
        BT /F1 1000000000 Tf (large) Tj ET BT /F1 0 Tf (none) Tj ET 0 0 0 0 0 0 cm BT /F1 10 Tf (flat) Tj ET \
        99999999999 0 0 99999999999 0 0 cm 0 0 99999999999 99999999999 re f BT 5 5 Td /F1 8 Tf (there) Tj ET";
    refused(&page(&stream("", numbers.as_bytes()), "", &[]), "no text in it");
    let bytes = page(&stream("", b"BT /F1 10 Tf 10 10 Td (one) Tj ET"), "", &[]);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for media in ["[0 0 0 0]", "[99999999999 0 1 1]", "[-5 -5 -600 -800]", "[(a)]", "[0 0 1e9 1e9]"] {
        refused(text.replace("[0 0 600 800]", media).as_bytes(), "");
    }
}

#[test]
fn deep_and_endless_structures_are_refused() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    refused(&objects(&[CATALOG, &format!("<< /Kids {deep} >>")]), "");
    refused(&page(&stream("", deep.as_bytes()), "", &[]), "nested deeper");
    let kids = "3 0 R ".repeat(100_000);
    refused(&objects(&[CATALOG, &format!("<< /Kids [{kids}] >>"), "<< /Type /Page >>"]), "pages");
    // A chain of nodes.
    let mut chain = vec![CATALOG.to_owned()];
    chain.extend((3..3_000).map(|next| format!("<< /Type /Pages /Kids [{next} 0 R] >>")));
    refused(&objects(&chain.iter().map(String::as_str).collect::<Vec<_>>()), "deeper");
    let many = "0 ".repeat(12 << 20);
    refused(&objects(&[CATALOG, &format!("<< /Kids [{many}] >>")]), "");
    let saved = "q ".repeat(1 << 20);
    refused(&page(&stream("", saved.as_bytes()), "", &[]), "saved states");
    // A table of objects that claims more than there can be.
    let table = "%PDF-1.4\nxref\n0 4294967295\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF";
    refused(table.as_bytes(), "damaged");
}

#[test]
fn drawings_of_a_million_lines_are_read_past() {
    let mut content = b"BT /F1 10 Tf 10 10 Td (a map) Tj ET\n".to_vec();
    for at in 0..120_000 {
        let (x, y) = (at % 600, at / 200);
        content.extend(format!("{x} {y} m {x} {} l S {x} {y} m {} {y} l S\n", y + 3, x + 3).bytes());
    }
    let _ = read(&page(&stream("", &content), "", &[]));
    let mut content = b"BT /F1 10 Tf 10 10 Td (a lattice) Tj ET\n".to_vec();
    for at in 0..5_000 {
        let at = f64::from(at) / 10.0;
        content.extend(format!("0 {at} m 600 {at} l S {at} 0 m {at} 800 l S\n").bytes());
    }
    let _ = read(&page(&stream("", &content), "", &[]));
}

#[test]
fn words_that_lie_on_one_another_are_read_soon() {
    let mut content = Vec::new();
    for at in 0..30_000 {
        let (x, y) = (f64::from(at % 173) * 3.1, f64::from(at % 677) * 1.1);
        content.extend(format!("BT /F1 9 Tf 1 0 0 1 {x} {y} Tm (7{}) Tj ET\n", at % 10).bytes());
    }
    let _ = read(&page(&stream("", &content), "", &[]));
}
