//! The reading of reports: any bytes give a document or a clear error, and every place reads the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quipu_prose::text::reread;
use quipu_prose::{Given, read};

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses what is declared of the rest.
    let Some((first, bytes)) = bytes.split_first() else { return };
    let language = ["en", "es", "fr", "pt"].get(usize::from(first & 7)).map(|code| (*code).to_owned());
    let media = [None, Some("text/html"), Some("text/plain; charset=windows-1252")][usize::from(first >> 3) % 3];
    let given = Given { media: media.map(str::to_owned), language, published: None };
    let Ok(reading) = read(bytes, &given) else { return };
    assert!(reading.tally.balances(), "{}", reading.tally);
    let places = reading
        .figures
        .iter()
        .map(|figure| &figure.place)
        .chain(reading.dates.iter().map(|date| &date.place))
        .chain(reading.mentions.iter().map(|mention| &mention.place))
        .chain(reading.statements.iter().flat_map(|statement| &statement.segments))
        .chain(reading.events.iter().flat_map(|event| &event.mentions));
    for place in places.take(64) {
        assert_eq!(
            reread(bytes, &reading.media_type, place.start, place.end).expect("a place that was read"),
            place.text
        );
    }
});
