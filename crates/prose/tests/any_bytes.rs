//! Whatever stands in a document: no panic, an account that balances, and words that read the same again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, clippy::string_slice)]

use proptest::prelude::*;
use quipu_prose::text::reread;
use quipu_prose::{Given, read};

fn holds(bytes: &[u8], language: Option<&str>) {
    let given = Given { language: language.map(str::to_owned), ..Given::default() };
    let reading = read(bytes, &given).unwrap();
    assert!(reading.tally.balances(), "{}", reading.tally);
    assert_eq!(reading.tally.published, reading.figures.len() as u64);
    let again = read(bytes, &given).unwrap();
    assert_eq!(format!("{:?}", reading.figures), format!("{:?}", again.figures));
    let mut keys = std::collections::BTreeSet::new();
    for figure in &reading.figures {
        assert!(keys.insert((figure.place.start, figure.place.end)), "two figures at one place: {figure:?}");
        assert!(figure.value.is_finite());
    }
    let mut keys = std::collections::BTreeSet::new();
    for mention in &reading.mentions {
        assert!(keys.insert((mention.place.start, mention.place.end, mention.kind)), "one name twice: {mention:?}");
    }
    let mut keys = std::collections::BTreeSet::new();
    for link in &reading.relations {
        let key = (link.place.start, link.place.end, &link.subject, link.predicate, &link.object);
        assert!(keys.insert(key), "one link twice: {link:?}");
    }
    let places = reading
        .figures
        .iter()
        .map(|figure| &figure.place)
        .chain(reading.dates.iter().map(|date| &date.place))
        .chain(reading.mentions.iter().map(|mention| &mention.place))
        .chain(reading.statements.iter().flat_map(|statement| &statement.segments))
        .chain(reading.events.iter().flat_map(|event| &event.mentions))
        .chain(reading.relations.iter().map(|link| &link.place));
    for place in places {
        assert_eq!(reread(bytes, &reading.media_type, place.start, place.end).unwrap(), place.text);
    }
}

#[test]
fn a_number_right_at_the_start_has_nothing_to_look_back_to() {
    for text in
        ["0,mil a ", "a , 12 , b", "a, 45, of", ", 12.", "(52)", "a (52) b", "12 a", "– 23 de prisão", ", to 961"]
    {
        for language in ["en", "es", "fr", "pt"] {
            holds(text.as_bytes(), Some(language));
        }
    }
}

const PIECES: &str = "([a-z]{1,6} |[A-Z][a-z]{1,7} |[0-9]{1,4}[.,]?|more than |some |million |billion |records |“|” |said |\"|«|» |dijo |[$%/:+-]|de |mil |per day |\u{a0}|\n|\n\n|March |\\. [A-Z]|Operation |[IVX]{1,4} |[0-9]{1,2} de mayo |Police |Minister of |Maria |, |; |conference |opened in |&nbsp;|<b>|</b>|<p>|\u{ad}|\u{200b}|\u{202e}|é|ñ|一|Ω ){0,60}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_prose(text in PIECES, language in prop::sample::select(vec!["en", "es", "fr", "pt", "xx"]), html in any::<bool>()) {
        let text = if html { format!("<html><body>{text}") } else { text };
        holds(text.as_bytes(), Some(language));
    }

    #[test]
    fn any_document(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        holds(&bytes, Some("en"));
        holds(&bytes, None);
    }
}
