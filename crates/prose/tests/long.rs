//! Documents longer than any press release: read in parts, every number in its place.

use quipu_prose::{Given, read};

const ONE: &str = "LYON, France – Police in 12 countries seized 203 tonnes of cocaine and arrested more than 1,200 suspects \
during Operation Gatekeeper IV, INTERPOL said. “We have identified 47 victims,” said Marta Quiroga Salinas.\n\n";

#[test]
fn a_long_document_is_read_in_parts_and_nothing_is_lost_between_them() {
    let single = read(ONE.as_bytes(), &Given::default()).unwrap();
    assert!(single.figures.len() >= 5, "{:?}", single.figures);
    let text = ONE.repeat(1_000);
    let long = read(text.as_bytes(), &Given::default()).unwrap();
    assert_eq!(long.figures.len(), 1_000 * single.figures.len());
    assert_eq!(long.statements.len(), 1_000 * single.statements.len());
    let length = u64::try_from(ONE.len()).unwrap();
    for (number, figure) in long.figures.iter().enumerate() {
        let (round, first) = (number / single.figures.len(), &single.figures[number % single.figures.len()]);
        let shift = u64::try_from(round).unwrap() * length;
        assert_eq!((figure.place.start, figure.place.end), (first.place.start + shift, first.place.end + shift));
        assert_eq!((figure.value, &figure.unit), (first.value, &first.unit), "in round {round}");
        let bytes =
            &text.as_bytes()[usize::try_from(figure.place.start).unwrap()..usize::try_from(figure.place.end).unwrap()];
        assert_eq!(std::str::from_utf8(bytes).unwrap(), figure.place.text);
    }
    assert!(long.notes.iter().any(|note| note.starts_with("read in ")), "{:?}", long.notes);
}

#[test]
fn text_without_full_stops_comes_to_an_end() {
    for piece in ["(12 - ", "one of two in every ", "“The man said, ", "1 and ", "Operation ", "A"] {
        let text = format!("The police of the city and the men who were seized with the drugs {}", piece.repeat(3_000));
        read(text.as_bytes(), &Given::default()).unwrap();
    }
}
