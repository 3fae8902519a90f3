//! The language of a report: of its page, of the pipeline file, or told by its commonest words.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::reading::{Given, Reading};
use crate::text::SourceText;
use crate::token::{Tokens, hash};

/// Words that only one of the languages has, and that every text of some length has.
const TELLING: [(&str, &[&str]); 4] = [
    (
        "en",
        &["the", "and", "of", "to", "was", "were", "with", "by", "that", "is", "for", "which", "has", "have", "from"],
    ),
    ("es", &["el", "los", "las", "del", "y", "una", "con", "por", "fue", "que", "su", "para", "en", "al", "lo"]),
    ("fr", &["le", "les", "des", "et", "une", "dans", "du", "est", "qui", "pour", "par", "sur", "au", "ont", "ete"]),
    ("pt", &["o", "os", "das", "dos", "e", "uma", "com", "foi", "em", "nao", "um", "do", "na", "no", "ao", "foram"]),
];

/// Tokens looked at.
const SAMPLE: usize = 3_000;
/// Telling words that a text has to have.
const FEWEST: usize = 3;

/// ISO 639-1 language and region of a document.
pub(crate) fn of(
    source: &SourceText,
    tokens: &Tokens,
    given: &Given,
    reading: &mut Reading,
) -> (Option<String>, Option<String>) {
    let tag = source.page.language.as_deref().unwrap_or_default();
    let mut parts = tag.split(['-', '_']);
    let of_page =
        parts.next().map(str::to_ascii_lowercase).filter(|l| l.len() == 2 && l.bytes().all(|b| b.is_ascii_lowercase()));
    let region = parts.find(|part| part.len() == 2).map(str::to_ascii_uppercase);
    if let (Some(of_page), Some(of_file)) = (&of_page, &given.language)
        && of_page != of_file
    {
        reading.notes.push(format!(
            "the page says its language is {of_page}, the pipeline file says {of_file}; the page is followed"
        ));
    }
    let stated = of_page.or_else(|| given.language.clone());
    reading.language_stated = stated.is_some();
    let told = stated.or_else(|| detect(tokens).map(str::to_owned));
    reading.language.clone_from(&told);
    (told, region)
}

/// The language of a text by its commonest words; `None` for a text too short, or in another language.
pub(crate) fn detect(tokens: &Tokens) -> Option<&'static str> {
    // Which languages a word tells of, one bit each, by its hash.
    static WORDS: OnceLock<FxHashMap<u64, u8>> = OnceLock::new();
    let telling = WORDS.get_or_init(|| {
        let mut words: FxHashMap<u64, u8> = FxHashMap::default();
        for (number, (_, list)) in TELLING.iter().enumerate() {
            for word in *list {
                *words.entry(hash(word)).or_default() |= 1 << number;
            }
        }
        words
    });
    let count = tokens.len().min(SAMPLE);
    let mut words = 0;
    let mut scores = TELLING.map(|(language, _)| (0_usize, language));
    for at in 0..count {
        words += usize::from(tokens.get(at).is_some_and(super::token::Token::is_word));
        let bits = telling.get(&tokens.hash(at)).copied().unwrap_or_default();
        for (number, (score, _)) in scores.iter_mut().enumerate() {
            *score += usize::from(bits >> number & 1);
        }
    }
    scores.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let [(best, language), (second, _), ..] = scores;
    // In a text of one of the four, one word in twelve or more is telling.
    (best >= FEWEST && best * 12 >= words && best * 4 > second * 5).then_some(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<&'static str> {
        detect(&Tokens::of(text))
    }

    #[test]
    fn languages_are_told() {
        assert_eq!(told("The police and the customs seized it with the help of the public."), Some("en"));
        assert_eq!(
            told("La policía y los agentes detuvieron en el puerto a los jefes del grupo por fraude."),
            Some("es")
        );
        assert_eq!(
            told("La police et les douanes ont saisi dans le port des armes pour une valeur de dix."),
            Some("fr")
        );
        assert_eq!(
            told("A polícia e os agentes detiveram no porto os chefes do grupo com uma arma, não dois."),
            Some("pt")
        );
        assert_eq!(told("Die Polizei und der Zoll haben die Waffen mit dem Schiff in den Hafen gebracht."), None);
        assert_eq!(told("123 456"), None);
    }
}
