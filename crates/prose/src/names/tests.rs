//! People with their roles, in four languages.

use super::*;
use crate::text::SourceText;

fn people_of(language: &str, text: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let source = SourceText::read(text.as_bytes(), Some("text/plain")).unwrap();
    let doc = Analysis::of(&source, crate::lexicon::of(language).unwrap().unwrap());
    names(&doc, &[]).people.into_iter().map(|person| (person.name, person.role, person.organisation)).collect()
}

fn person(name: &str, role: &str, organisation: &str) -> (String, Option<String>, Option<String>) {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    (name.to_owned(), some(role), some(organisation))
}

#[test]
fn people_have_their_roles() {
    assert_eq!(
        people_of(
            "en",
            "Opening the meeting, Chile’s Minister of Interior and Public Security Carolina Tohá Morales, said it."
        ),
        [person("Carolina Tohá Morales", "Minister of Interior and Public Security", "")]
    );
    assert_eq!(
        people_of(
            "en",
            "H.E. Carolina TOHA MORALES, Minister of Interior, Chile\n\nINTERPOL Secretary General Jürgen Stock met Mr Stock’s guests and Inspector Anna-Maria O’Brien."
        ),
        [
            person("Carolina TOHA MORALES", "Minister of Interior", ""),
            person("Jürgen Stock", "Secretary General", "International Criminal Police Organization"),
            person("Jürgen Stock", "", ""),
            person("Anna-Maria O’Brien", "Inspector", ""),
        ]
    );
    assert_eq!(
        people_of(
            "es",
            "El director general de la Policía Nacional del Perú, Óscar Quispe Mamani, y la fiscal Rosa María Tello de la Cruz firmaron."
        ),
        [
            person("Óscar Quispe Mamani", "director general", "Policía Nacional del Perú"),
            person("Rosa María Tello de la Cruz", "fiscal", ""),
        ]
    );
    assert_eq!(
        people_of("fr", "Selon le commissaire Jean-Luc d'Haene, porte-parole de la Police judiciaire, rien n'est sûr."),
        [person("Jean-Luc d'Haene", "commissaire", "")]
    );
}
