//! Any range of any text, read again from the archived bytes, is the same text.

use encoding_rs::{UTF_8, WINDOWS_1252};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// Checks one range of one document against `reread` and against an independent decoding of the
/// bytes alone.
fn check(bytes: &[u8], media: Option<&str>, cut: &(Index, Index)) -> Result<(), TestCaseError> {
    let source = SourceText::read(bytes, media).unwrap();
    for block in &source.blocks {
        prop_assert!(source.text().get(block.range.clone()).is_some());
        let block = source.get(&block.range);
        let (a, b) = (cut.0.index(block.len()), cut.1.index(block.len()));
        let base = block.as_ptr() as usize - source.text().as_ptr() as usize;
        let (a, b) = (block.floor_char_boundary(a.min(b)), block.ceil_char_boundary(a.max(b) + 1));
        let Some(found) = source.locate(&(base + a..base + b)) else {
            // Only the line break of a `<br>` has no bytes of its own.
            prop_assert_eq!(block.get(a..b).unwrap().trim(), "");
            continue;
        };
        prop_assert!(found.start <= found.end && found.end <= bytes.len() as u64);
        let again = reread(bytes, &source.media_type, found.start, found.end).unwrap();
        prop_assert_eq!(&again, found.text);
        let alone = &bytes[usize::try_from(found.start).unwrap()..usize::try_from(found.end).unwrap()];
        let encoding = Encoding::for_label(charset(Some(&source.media_type)).unwrap().as_bytes()).unwrap();
        let decoded = encoding.decode_without_bom_handling(alone).0;
        let html = essence(&source.media_type) == "text/html";
        let marked_up = html && (decoded.contains('<') || found.text.contains('\n'));
        if !marked_up {
            let entities = if html { htmlize::unescape(decoded) } else { decoded };
            prop_assert_eq!(entities.replace('\u{ad}', ""), found.text);
        }
    }
    Ok(())
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// Pieces that pages are made of, whole and broken.
const PIECES: &str = "([a-z0-9 éñ“€]{1,4}|1\u{a0}300|\u{ad}|&shy;|&amp;|&eacute|&#49;|&notit;|<p>|</p>|<b>|</b>|<br>\
    |<br><br>|<div class=caption>|</div>|<article>|</article>|<li>|<script>|</script>|<!-- x -->|<|>|&|<textarea>\
    |</textarea>|<i class='nav x'>|</i>|\r\n|<svg>|</svg>|<title>|</title>|<table><tr><td>|<plaintext>|\u{1f600}){0,30}";

proptest! {
    #[test]
    fn pages(html in PIECES, encoding in 0..4, cut in any::<(Index, Index)>()) {
        let (bytes, media) = match encoding {
            0 => (html.into_bytes(), "text/html; charset=utf-8"),
            1 => (WINDOWS_1252.encode(&html).0.into_owned(), "text/html; charset=windows-1252"),
            2 => (utf16(&html, false), "text/html; charset=utf-16le"),
            _ => (utf16(&html, true), "text/html; charset=utf-16be"),
        };
        check(&bytes, Some(media), &cut)?;
    }

    #[test]
    fn any_bytes(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'<'), Just(b'&'), Just(b'\n')], 0..80),
        html in any::<bool>(),
        label in prop::sample::select(vec![
            "", "; charset=utf-8", "; charset=windows-1252", "; charset=utf-16le", "; charset=utf-16be",
            "; charset=shift_jis", "; charset=gb18030", "; charset=big5", "; charset=euc-kr",
        ]),
        cut in any::<(Index, Index)>(),
    ) {
        let media = format!("text/{}{label}", if html { "html" } else { "plain" });
        check(&bytes, Some(&media), &cut)?;
    }

    #[test]
    fn plain_text(text in "([a-z0-9 éñ“\u{a0}]{1,5}|\n|\n\n|\u{ad}|&amp;|<p>){0,20}", mark in any::<bool>(), cut in any::<(Index, Index)>()) {
        let mut bytes = if mark { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        bytes.extend(text.bytes());
        check(&bytes, None, &cut)?;
    }
}

#[test]
fn media_types_decide() {
    let read = |bytes: &[u8], media| SourceText::read(bytes, media).unwrap().media_type;
    assert_eq!(read(b"<p>x", None), "text/html; charset=utf-8");
    assert_eq!(read(b"x <p>", None), "text/plain; charset=utf-8");
    assert_eq!(read(b"<p>x", Some("text/plain")), "text/plain; charset=utf-8");
    assert_eq!(read(b"x\xe9", Some("text/html; charset=\"ISO-8859-1\"")), "text/html; charset=windows-1252");
}

#[test]
fn ranges_across_markup_and_marks() {
    let html = "<p>Unos <b>127</b> mil&shy;lones&nbsp;de <i class=nav>x</i>registros</p>";
    for (bytes, media) in
        [(html.as_bytes().to_vec(), "text/html; charset=utf-8"), (utf16(html, false), "text/html; charset=utf-16le")]
    {
        let source = SourceText::read(&bytes, Some(media)).unwrap();
        assert_eq!(source.text(), "Unos 127 millones\u{a0}de registros");
        let found = source.locate(&(5..source.text().len())).unwrap();
        assert_eq!(found.text, "127 millones\u{a0}de registros");
        assert_eq!(reread(&bytes, media, found.start, found.end).unwrap(), found.text);
    }
    let marked = SourceText::read(b"\xef\xbb\xbf12 hits", None).unwrap();
    let found = marked.locate(&(0..2)).unwrap();
    assert_eq!((found.text, found.start, found.end), ("12", 3, 5));
}

#[test]
fn too_large_and_outside() {
    let large = vec![b' '; MAX_SIZE + 1];
    assert_eq!(SourceText::read(&large, None).unwrap_err().kind(), ErrorKind::Source);
    assert_eq!(reread(b"abc", "text/plain; charset=utf-8", 2, 9).unwrap_err().kind(), ErrorKind::Source);
    assert_eq!(reread(b"abc", "text/plain; charset=utf-8", 2, 1).unwrap_err().kind(), ErrorKind::Source);
    assert_eq!(plain_piece(b"a\xc2\xadb", UTF_8), "ab");
}
