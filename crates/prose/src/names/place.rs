//! Places of the gazetteers.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{OrganisationName, PlaceName};
use crate::analysis::Analysis;
use crate::lexicon::{Place, PlaceKind, Sense};

pub(super) fn places(
    doc: &Analysis<'_>,
    operations: &[Range<usize>],
    people: &[Range<usize>],
    organisations: &[OrganisationName],
) -> Vec<PlaceName> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < doc.tokens.len() {
        let blocked = operations.iter().chain(people).find(|name| name.contains(&at)).map(|name| name.end);
        if let Some(end) = blocked {
            at = end;
            continue;
        }
        // An organisation whose listed name is or holds a place keeps it only where the name was grown.
        let whole = organisations.iter().find(|name| name.tokens.contains(&at) && name.reference.is_some());
        let found = doc.find(at, |sense| matches!(sense, Sense::Place(_)));
        match found {
            Some((end, Sense::Place(place)))
                if doc.sentence_of(at).is_some() && !is_other_word(doc, at..end, place) =>
            {
                // A city or region that starts a longer name of capitals is part of it: "Santiago Mendoza".
                let longer = doc.is_capital(end)
                    && doc.token(end).is_some_and(|token| token.apart)
                    && place.kind == PlaceKind::City
                    && !organisations.iter().any(|name| name.tokens.contains(&at))
                    && !doc.is(end, |sense| {
                        matches!(
                            sense,
                            Sense::Place(_)
                                | Sense::Organisation(_)
                                | Sense::OrganisationHead
                                | Sense::Role
                                | Sense::Event(_)
                        )
                    })
                    && !doc.is_function_word(end);
                if !longer && whole.is_none_or(|name| name.tokens.end >= end) {
                    out.push(PlaceName { tokens: at..end, place });
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    settle(doc, &mut out);
    out
}

/// Chooses between places of one name: the one in a country that the text names, else the one that is spelt just so, as
/// Oran in Algeria and Orán in Argentina are.
fn settle(doc: &Analysis<'_>, names: &mut [PlaceName]) {
    let named: BTreeSet<&str> = names
        .iter()
        .filter(|name| name.place.kind == PlaceKind::Country)
        .filter_map(|name| name.place.country.as_deref())
        .collect();
    let settled: Vec<Option<&'static Place>> = names
        .iter()
        .map(|name| {
            let senses = doc.senses(name.tokens.start).iter();
            let same = senses.filter(|(end, _)| *end == name.tokens.end).filter_map(|(_, sense)| match sense {
                Sense::Place(place) if matches!(place.kind, PlaceKind::City | PlaceKind::Subdivision) => Some(place),
                _ => None,
            });
            let same: Vec<&'static Place> = same.copied().collect();
            if same.len() < 2 || !matches!(name.place.kind, PlaceKind::City | PlaceKind::Subdivision) {
                return None;
            }
            let words = doc.words(&name.tokens);
            let near = |place: &&&'static Place| place.country.as_deref().is_some_and(|code| named.contains(code));
            same.iter().find(near).or_else(|| same.iter().find(|place| place.name == words)).copied()
        })
        .collect();
    for (name, place) in names.iter_mut().zip(settled) {
        name.place = place.unwrap_or(name.place);
    }
}

/// "Para a diretora" is no Pará, "Octava Reunión" no island, "Guarda Nacional" no town: words that mean something else
/// where they stand.
fn is_other_word(doc: &Analysis<'_>, tokens: Range<usize>, place: &Place) -> bool {
    let at = tokens.start;
    // "La reunión de tres días" is no island.
    if !tokens.end.checked_sub(1).is_some_and(|last| doc.is_capital(last)) {
        return true;
    }
    if tokens.len() != 1 {
        return false;
    }
    let other = doc.is_function_word(at) && doc.words(&tokens) != place.name;
    let meeting = doc.is(at, |sense| matches!(sense, Sense::Event(_)));
    let heads = doc.is_capital(at + 1) && doc.is(at, |sense| matches!(sense, Sense::OrganisationHead));
    other || meeting || heads
}
