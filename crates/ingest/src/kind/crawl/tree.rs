//! The tree of a page, within bounds.
//!
//! A small page can grow without end (elements of style that were never closed are repeated in every paragraph behind them)
//! and cost the square of its depth. So the tree is watched while it is built.

use std::time::{Duration, Instant};

use html5ever::driver::{ParseOpts, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use quipu_schema::{ErrorKind, Fault, Result};
use scraper::{Html, HtmlTreeSink};

/// Largest page.
const LARGEST: usize = 16 << 20;
/// Most elements, texts and comments: those of a site map with as many addresses as one may have.
const NODES: usize = 600_000;
/// Elements in each other; browsers stop at 512.
const DEEPEST: usize = 1_000;
/// Longest time for one page.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes between two looks at the tree.
const PIECE: usize = 1_024;

/// Builds the tree of a page.
///
/// # Errors
/// `Shape` for what is larger, deeper or slower than any page.
pub(super) fn tree(text: &str) -> Result<Html> {
    let wrong = |what: String| Err(Fault::new(ErrorKind::Shape, format!("no page that names documents {what}")));
    if text.len() > LARGEST {
        return wrong(format!("has more than {} MiB", LARGEST >> 20));
    }
    let begun = Instant::now();
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE.min(rest.len())));
        rest = after;
        parser.process(StrTendril::from_slice(piece));
        let page = parser.tokenizer.sink.sink.0.borrow();
        let nodes = page.tree.nodes();
        if nodes.len() > NODES {
            return wrong(format!("has more than {NODES} elements and texts"));
        }
        // Where the last one was put is where the next one goes.
        let deep =
            page.tree.nodes().next_back().is_some_and(|last| last.ancestors().take(DEEPEST + 1).count() > DEEPEST);
        if deep {
            return wrong(format!("has more than {DEEPEST} elements in each other"));
        }
        if begun.elapsed() > PATIENCE {
            return wrong(format!("takes more than {PATIENCE:?} to read"));
        }
    }
    Ok(parser.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        tree(text).map(|page| page.tree.nodes().len()).expect_err("too much").message().to_owned()
    }

    #[test]
    fn hostile_pages_end_soon_and_small() {
        let begun = Instant::now();
        // Stray ends do not hide how deep it is.
        assert!(refused(&"<div></x>".repeat(200_000)).contains("in each other"));
        assert!(refused(&"<b>".repeat(100_000)).contains("in each other"));
        // Each paragraph repeats what was never closed.
        let styles = (0..900).map(|at| format!("<b a={at}>")).collect::<Vec<_>>().concat();
        assert!(refused(&format!("<p>{styles}</p>{}", "<p>x</p>".repeat(4_000))).contains("elements and texts"));
        assert!(refused(&" ".repeat(LARGEST + 1)).contains("MiB"));
        assert!(begun.elapsed() < 2 * PATIENCE, "{:?}", begun.elapsed());
    }

    #[test]
    fn large_and_sloppy_pages_are_read() {
        let map =
            "<url><loc>https://h.example/</loc><xhtml:link rel=alternate hreflang=es href=x/></url>".repeat(7_000);
        for page in [map, "<li><p>One without ends".repeat(10_001), "<tr><td>x".repeat(20_000), "é".repeat(PIECE)] {
            assert!(tree(&page).is_ok(), "{page:.40}");
        }
    }
}
