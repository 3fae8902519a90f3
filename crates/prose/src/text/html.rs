//! HTML to the main text of the page: which text nodes belong to it, and what the page says of itself.
//!
//! `lol_html` tokenises the decoded document and tells where each text node lies. It does not know
//! which end tags may be left out, so the open elements are kept here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use lol_html::html_content::{Element, TextType};
use lol_html::{HtmlRewriter, MemorySettings, Settings, doc_text, element, end_tag};
use quipu_schema::{ErrorKind, Fault, Result};

use super::entity;
use super::map::Map;

/// What an HTML page says of itself, as printed there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// `og:title`, else the first `<h1>`, else `<title>`.
    pub title: Option<String>,
    /// Value of `lang` on `<html>`, such as `es-MX`.
    pub language: Option<String>,
    /// Time of publication, and whether the page states it (or it stands in a `<time>`).
    pub published: Option<(String, bool)>,
    /// `og:site_name`.
    pub publisher: Option<String>,
    /// `<link rel="license">`.
    pub licence: Option<String>,
}

/// The main text of a page.
pub(super) struct Main {
    pub text: String,
    pub map: Map,
    /// Ranges of `text` without a block boundary inside.
    pub blocks: Vec<Range<usize>>,
    pub page: Page,
    /// Characters left out, by reason; white space not counted.
    pub left_out: BTreeMap<&'static str, u64>,
}

/// Elements that are never part of the main text.
const DROPPED: [&str; 24] = [
    "script",
    "style",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "figcaption",
    "noscript",
    "template",
    "title",
    "textarea",
    "select",
    "button",
    "iframe",
    "noembed",
    "noframes",
    "xmp",
    "plaintext",
    "svg",
    "math",
    "object",
    "audio",
    "video",
];

/// Words of a class or id that mark what is beside the text.
const DROPPED_WORDS: [&str; 15] = [
    "gallery",
    "galleries",
    "carousel",
    "caption",
    "slider",
    "slideshow",
    "nav",
    "navbar",
    "navigation",
    "menu",
    "breadcrumb",
    "breadcrumbs",
    "share",
    "sharing",
    "cookie",
];

/// Elements that hold the text and are not dropped for a word in their class.
const KEPT: [&str; 4] = ["html", "body", "main", "article"];

/// Elements that stand in a line of text. Every other one separates blocks.
const INLINE: [&str; 42] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "input", "ins", "kbd", "label", "mark", "meta", "link", "q", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr", "nobr", "base", "script", "style", "template",
];

/// Reason under which text outside the chosen `<article>` or `<main>` is counted.
const OUTSIDE: &str = "outside-article";

/// Most elements open at one time; browsers stop at 512.
const DEEPEST: usize = 10_000;
/// Most memory the tokeniser takes, in bytes; elements that are never closed cost it some.
const MEMORY: usize = 512 << 20;

#[derive(Default)]
struct State {
    open: Vec<Open>,
    opened: u64,
    nodes: Vec<Node>,
    broken: Break,
    page: Page,
    heading: Option<String>,
    title: String,
    classes: bool,
    left_out: BTreeMap<&'static str, u64>,
}

struct Open {
    id: u64,
    name: String,
    dropped: Option<&'static str>,
    article: bool,
    main: bool,
    heading: bool,
}

struct Node {
    range: Range<usize>,
    before: Break,
    article: bool,
    main: bool,
    letters: u64,
}

/// What stands between two text nodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Break {
    #[default]
    None,
    Line,
    Block,
}

/// Reads the main text of `document`.
///
/// # Errors
/// `Source` where the tokeniser gives up (its memory limit).
pub(super) fn read(document: &str) -> Result<Main> {
    let main = read_once(document, true)?;
    if main.blocks.is_empty() {
        // A theme may put such a word on the element around everything.
        return read_once(document, false);
    }
    Ok(main)
}

fn read_once(document: &str, classes: bool) -> Result<Main> {
    let state = Rc::new(RefCell::new(State { classes, ..State::default() }));
    let (on_element, on_text) = (Rc::clone(&state), Rc::clone(&state));
    let settings = Settings::new()
        .with_strict(false)
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MEMORY))
        .append_element_content_handler(element!("*", |element: &mut Element<'_, '_>| {
            let id = on_element.borrow_mut().open(element).ok_or("elements are nested too deep")?;
            if let Some(handlers) = element.end_tag_handlers() {
                let state = Rc::clone(&on_element);
                handlers.push(end_tag!(move |_tag| {
                    state.borrow_mut().close(id);
                    Ok(())
                }));
            }
            Ok(())
        }))
        .append_document_content_handler(doc_text!(|chunk| {
            let kind = chunk.text_type();
            on_text.borrow_mut().text(document, chunk.source_location().bytes(), kind);
            Ok(())
        }));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    let done = rewriter.write(document.as_bytes()).and_then(|()| rewriter.end());
    done.map_err(|error| Fault::new(ErrorKind::Source, "the HTML cannot be read").because(error))?;
    let state = std::mem::take(&mut *state.borrow_mut());
    Ok(state.finish(document))
}

impl State {
    /// The number of the element; `None` when too many are open.
    fn open(&mut self, element: &Element<'_, '_>) -> Option<u64> {
        let name = element.tag_name();
        let inline = INLINE.contains(&name.as_str());
        if !inline {
            self.broken = match (name.as_str(), self.broken) {
                ("br", Break::None) => Break::Line,
                _ => Break::Block,
            };
            self.close_implied(&name);
        }
        self.describe(element, &name);
        self.opened += 1;
        if element.can_have_content() {
            let parent = self.open.last();
            let dropped = parent.and_then(|open| open.dropped).or_else(|| self.reason(element, &name));
            let article = name == "article" || parent.is_some_and(|open| open.article);
            let main = name == "main"
                || element.get_attribute("role").is_some_and(|role| role == "main")
                || parent.is_some_and(|open| open.main);
            let heading = name == "h1" || parent.is_some_and(|open| open.heading);
            if name == "h1" && self.heading.is_none() {
                self.heading = Some(String::new());
            }
            self.open.push(Open { id: self.opened, name, dropped, article, main, heading });
        }
        (self.open.len() <= DEEPEST).then_some(self.opened)
    }

    /// The end tags that HTML lets authors leave out and that matter here.
    fn close_implied(&mut self, next: &str) {
        let closes = match self.open.last().map(|open| open.name.as_str()) {
            Some("p") => true,
            Some(open @ ("li" | "tr" | "option")) => open == next,
            Some("dt" | "dd") => matches!(next, "dt" | "dd"),
            Some("td" | "th") => matches!(next, "td" | "th" | "tr"),
            Some("head") => next == "body",
            _ => false,
        };
        if closes && next != "br" {
            self.open.pop();
        }
    }

    fn close(&mut self, id: u64) {
        if let Some(at) = self.open.iter().rposition(|open| open.id == id) {
            if self.open.get(at).is_some_and(|open| !INLINE.contains(&open.name.as_str())) {
                self.broken = Break::Block;
            }
            self.open.truncate(at);
        }
    }

    /// Why an element is no part of the main text.
    fn reason(&self, element: &Element<'_, '_>, name: &str) -> Option<&'static str> {
        if let Some(reason) = DROPPED.iter().copied().find(|dropped| *dropped == name) {
            return Some(reason);
        }
        if !self.classes || KEPT.contains(&name) {
            return None;
        }
        let mut named = ["class", "id"].into_iter().filter_map(|key| element.get_attribute(key));
        named.find_map(|names| marked(&names))
    }

    fn describe(&mut self, element: &Element<'_, '_>, name: &str) {
        let value = |key: &str| {
            let raw = element.get_attribute(key)?;
            let value = htmlize::unescape_attribute(raw.as_str()).trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        match name {
            "html" if self.page.language.is_none() => self.page.language = value("lang").or_else(|| value("xml:lang")),
            "meta" => {
                let key = value("property").or_else(|| value("name")).or_else(|| value("itemprop"));
                let (Some(key), Some(content)) = (key, value("content")) else { return };
                match key.to_ascii_lowercase().as_str() {
                    "og:title" => self.page.title = Some(content),
                    "og:site_name" => self.page.publisher = Some(content),
                    "article:published_time"
                    | "datepublished"
                    | "date"
                    | "dc.date"
                    | "dcterms.date"
                    | "dcterms.issued"
                        if !matches!(self.page.published, Some((_, true))) =>
                    {
                        self.page.published = Some((content, true));
                    }
                    _ => {}
                }
            }
            "time" if self.page.published.is_none() => {
                self.page.published = value("datetime").map(|time| (time, false));
            }
            "link" if self.page.licence.is_none() && value("rel").is_some_and(|rel| rel == "license") => {
                self.page.licence = value("href");
            }
            _ => {}
        }
    }

    fn text(&mut self, document: &str, range: Range<usize>, kind: TextType) {
        let Some(piece) = document.get(range.clone()) else { return };
        let (dropped, article, main, heading) =
            self.open.last().map_or((None, false, false, false), |o| (o.dropped, o.article, o.main, o.heading));
        let in_title = self.open.last().is_some_and(|open| open.name == "title");
        if in_title && !self.open.iter().any(|open| open.name == "svg") {
            self.title.push_str(piece);
        }
        if heading && let Some(h1) = &mut self.heading {
            h1.push_str(piece);
        }
        let letters = count(piece);
        // Raw text reaches this point without an element only in malformed pages.
        let dropped = dropped.or_else(|| (kind != TextType::Data).then_some("raw-text"));
        if let Some(reason) = dropped {
            *self.left_out.entry(reason).or_default() += letters;
            return;
        }
        if letters == 0 && self.broken != Break::None {
            return;
        }
        match self.nodes.last_mut() {
            // The tokeniser hands long text over in pieces.
            Some(node) if self.broken == Break::None && node.range.end == range.start => {
                node.range.end = range.end;
                node.letters += letters;
            }
            _ => {
                let before = std::mem::take(&mut self.broken);
                self.nodes.push(Node { range, before, article, main, letters });
            }
        }
    }

    fn finish(mut self, document: &str) -> Main {
        let (all, in_main, in_article) = self.nodes.iter().fold((0, 0, 0), |(all, main, article), node| {
            let when = |yes: bool| if yes { node.letters } else { 0 };
            (all + node.letters, main + when(node.main), article + when(node.article))
        });
        // Teasers and comments are articles too: it is the article only when it holds most of the text.
        let around = if in_main > 0 { in_main } else { all };
        let wanted: fn(&Node) -> bool = if in_article * 2 > around {
            |node| node.article
        } else if in_main > 0 {
            |node| node.main
        } else {
            |_| true
        };
        let (mut text, mut map, mut blocks) = (String::new(), Map::default(), Vec::new());
        let (mut start, mut between, mut source) = (0, Break::None, 0);
        for node in &self.nodes {
            between = between.max(node.before);
            if !wanted(node) {
                between = Break::Block;
                *self.left_out.entry(OUTSIDE).or_default() += node.letters;
                continue;
            }
            let breaks = match between {
                Break::None => "",
                Break::Line => "\n",
                Break::Block => "\n\n",
            };
            if between == Break::Block {
                push_block(&mut blocks, start..text.len(), &text);
            }
            if !text.is_empty() {
                text.push_str(breaks);
                map.push(breaks.len(), 1, source, 0);
            }
            if between == Break::Block {
                start = text.len();
            }
            between = Break::None;
            entity::append(
                document.get(node.range.clone()).unwrap_or_default(),
                node.range.start,
                true,
                &mut text,
                &mut map,
            );
            source = node.range.end;
        }
        push_block(&mut blocks, start..text.len(), &text);
        let heading = self.heading.as_deref().and_then(shown);
        self.page.title = self.page.title.take().or(heading).or_else(|| shown(&self.title));
        Main { text, map, blocks, page: self.page, left_out: self.left_out }
    }
}

fn push_block(blocks: &mut Vec<Range<usize>>, range: Range<usize>, text: &str) {
    if text.get(range.clone()).is_some_and(|block| !block.trim().is_empty()) {
        blocks.push(range);
    }
}

fn count(text: &str) -> u64 {
    u64::try_from(text.chars().filter(|c| !c.is_whitespace()).count()).unwrap_or(u64::MAX)
}

/// Text with entities decoded and white space made single; `None` when nothing is left.
fn shown(raw: &str) -> Option<String> {
    let text = htmlize::unescape(raw);
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The word in a class or id that marks what is beside the text. Whole words only: `share` is not
/// in `shared-values`.
fn marked(names: &str) -> Option<&'static str> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in names.chars().chain([' ']) {
        // `photoCarousel` is two words.
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    DROPPED_WORDS.iter().copied().find(|dropped| {
        words.iter().any(|word| word == dropped || word.strip_suffix('s').is_some_and(|word| word == *dropped))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(html: &str) -> Vec<String> {
        let main = read(html).unwrap();
        main.blocks.iter().map(|block| main.text.get(block.clone()).unwrap().trim().to_owned()).collect()
    }

    #[test]
    fn main_text_without_furniture() {
        let html = "<html lang=es-MX><head><title>A &amp; B</title><style>p{}</style></head><body>\
            <nav>12 menus</nav><div class='photoCarousel x'>1 / <b>12</b></div><p>Uno <b>127</b> millones\
            <p>Dos<ul><li>tres<li>cuatro</ul><aside>9</aside>cinco<br>seis<script>7</script></body>";
        assert_eq!(blocks(html), ["Uno 127 millones", "Dos", "tres", "cuatro", "cinco\nseis"]);
        let main = read(html).unwrap();
        assert_eq!(main.page.title.as_deref(), Some("A & B"));
        assert_eq!(main.page.language.as_deref(), Some("es-MX"));
        assert_eq!(main.left_out.get("carousel"), Some(&4));
        assert_eq!(main.left_out.get("nav"), Some(&7));
    }

    #[test]
    fn the_article_is_preferred() {
        let body = "<main><p>intro</p><article><h1>Head <i>line</i></h1><p>The long text of it</p></article>\
            <article><p>x</p></article></main><p>other</p>";
        assert_eq!(blocks(body), ["Head line", "The long text of it", "x"]);
        assert_eq!(
            blocks("<main>most of the text is here</main><article>tease</article>"),
            ["most of the text is here"]
        );
        assert_eq!(blocks("<div class=menu>all of it</div>"), ["all of it"]);
        assert_eq!(blocks("<div id=shared-values class='canvas navy'>kept</div>"), ["kept"]);
    }

    #[test]
    fn nesting_has_an_end() {
        assert_eq!(read(&"<b>".repeat(DEEPEST + 1)).map(|_| ()).unwrap_err().kind(), ErrorKind::Source);
        assert_eq!(blocks(&"<p>x".repeat(DEEPEST + 1)).len(), DEEPEST + 1);
    }

    #[test]
    fn what_the_page_says() {
        let html = "<meta property='og:title' content='T&eacute;'><meta property=og:site_name content=Org>\
            <time datetime=2020-01-02>x</time><meta property=article:published_time content=2023-03-21T10:00:00Z>\
            <link rel=license href=https://example.org/l>";
        let page = read(html).unwrap().page;
        assert_eq!(page.title.as_deref(), Some("Té"));
        assert_eq!(page.publisher.as_deref(), Some("Org"));
        assert_eq!(page.published, Some(("2023-03-21T10:00:00Z".to_owned(), true)));
        assert_eq!(page.licence.as_deref(), Some("https://example.org/l"));
    }
}
