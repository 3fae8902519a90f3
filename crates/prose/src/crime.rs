//! Crimes that a text names, with their codes of the ICCS.

use std::ops::Range;

use crate::analysis::Analysis;
use crate::lexicon::Sense;
use crate::token::Shape;

/// A crime. Ranges count tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crime {
    pub(crate) tokens: Range<usize>,
    pub(crate) code: &'static str,
}

/// The crimes of a text; what lies in `names` (of organisations) is part of a name.
pub(crate) fn crimes(doc: &Analysis<'_>, names: &[Range<usize>]) -> Vec<Crime> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < doc.tokens.len() {
        if let Some(name) = names.iter().find(|name| name.contains(&at)) {
            at = name.end;
            continue;
        }
        let listed = doc.find(at, |sense| matches!(sense, Sense::Crime(_) | Sense::NotCrime));
        // "trata" and "traite" are verbs too: nouns have an article or a preposition before them.
        // "secuestró en Jujuy 4.318 kilos": a verb, which its accent tells.
        let verb = |at: usize| {
            let printed = doc.token(at).and_then(|token| doc.text.get(token.range())).unwrap_or_default();
            printed.ends_with('ó') || printed.ends_with("ou") || printed == "traité"
        };
        let listed = listed.filter(|(end, _)| *end > at + 1 || !verb(at));
        let listed = listed.filter(|(end, _)| *end > at + 1 || !VERBS.contains(&doc.fold(at)) || is_noun(doc, at));
        let traded = trade(doc, at);
        let end = match (listed, traded) {
            (Some((end, Sense::NotCrime)), _) => end,
            (Some((end, Sense::Crime(code))), traded)
                if traded.as_ref().is_none_or(|all| all.iter().all(|c| c.tokens.end <= end)) =>
            {
                out.push(Crime { tokens: at..end, code });
                end
            }
            (_, Some(all)) => {
                let end = all.iter().map(|crime| crime.tokens.end).max().unwrap_or(at + 1);
                out.extend(all);
                end
            }
            _ => at + 1,
        };
        at = end.max(at + 1);
    }
    out.retain(|crime| !is_unit_name(doc, crime));
    let mut out = compounds(doc, out);
    in_lists(doc, &mut out);
    out
}

/// "Director de Delincuencia Organizada": where the language writes crimes in small letters, capitals inside a
/// sentence make the name of a unit.
fn is_unit_name(doc: &Analysis<'_>, crime: &Crime) -> bool {
    let Some(sentence) = doc.sentence_of(crime.tokens.start).and_then(|number| doc.sentence(number)) else {
        return false;
    };
    let start = crime.tokens.start;
    !doc.lexicon.trade.right_headed
        && start > sentence.tokens.start
        && doc.token(start).is_some_and(|token| token.shape == Shape::Title && !token.line && !token.cut)
        && doc.lexicon.trade.of.before(&doc.tokens, start).is_some()
        && doc.token(start - 1).is_some_and(|token| token.shape == Shape::Small)
}

/// Trafficking in persons with its purpose: "trata con fines de explotación laboral" is one crime; and where a sentence
/// speaks of trafficking, exploitation alone is its form. Elsewhere it is the crime of its own that it is in the ICCS.
fn compounds(doc: &Analysis<'_>, crimes: Vec<Crime>) -> Vec<Crime> {
    let form = |code: &str| match code {
        "0302" => Some("02041"),
        "0203" => Some("02042"),
        _ => None,
    };
    let sentence = |crime: &Crime| doc.sentence_of(crime.tokens.start);
    // "trafficked for sexual exploitation" speaks of it as well.
    let verbs = (0..doc.tokens.len()).filter(|at| {
        doc.fold(*at) == "trafficked" || doc.fold(*at).starts_with("traficad") && doc.fold(*at).ends_with('s')
    });
    let named = crimes.iter().filter(|crime| crime.code.starts_with("0204")).map(sentence);
    let trafficking: Vec<Option<usize>> = named.chain(verbs.map(|at| doc.sentence_of(at))).collect();
    let mut out: Vec<Crime> = Vec::with_capacity(crimes.len());
    for mut crime in crimes {
        let Some(code) = form(crime.code).filter(|_| trafficking.contains(&sentence(&crime))) else {
            out.push(crime);
            continue;
        };
        crime.code = code;
        let purpose = |from: usize| {
            from <= crime.tokens.start
                && crime.tokens.start - from <= 4
                && (from..crime.tokens.start).any(|at| {
                    matches!(
                        doc.fold(at),
                        "fines" | "finalidad" | "fin" | "fim" | "fins" | "finalidade" | "purpose" | "purposes" | "for"
                    )
                })
        };
        match out.last_mut().filter(|last| last.code == "0204" && purpose(last.tokens.end)) {
            Some(last) => {
                last.tokens.end = crime.tokens.end;
                last.code = code;
            }
            None => out.push(crime),
        }
    }
    out
}

/// Words that are a crime in a list of crimes: names of groups, "dano", "menaces".
fn in_lists(doc: &Analysis<'_>, crimes: &mut Vec<Crime>) {
    let links = |at: usize| doc.fold(at) == "," || doc.lexicon.trade.and.is_at(&doc.tokens, at);
    let mut found = Vec::new();
    for at in 0..doc.tokens.len() {
        let Some((end, Sense::CrimeInLists(code))) = doc.find(at, |sense| matches!(sense, Sense::CrimeInLists(_)))
        else {
            continue;
        };
        let before = crimes.iter().any(|crime| crime.tokens.end + 1 == at && links(crime.tokens.end));
        let after = links(end) && crimes.iter().any(|crime| crime.tokens.start == end + 1);
        let free = !crimes.iter().any(|crime| crime.tokens.start < end && at < crime.tokens.end);
        if free && (before || after || is_charge(doc, at)) {
            found.push(Crime { tokens: at..end, code });
        }
    }
    crimes.extend(found);
    crimes.sort_by_key(|crime| crime.tokens.start);
}

/// "responderão por organização criminosa": what somebody answers for, is charged with or accused of.
fn is_charge(doc: &Analysis<'_>, at: usize) -> bool {
    let small =
        at.checked_sub(1).is_some_and(|before| matches!(doc.fold(before), "por" | "pour" | "of" | "with" | "de"));
    let start =
        doc.sentence_of(at).and_then(|number| doc.sentence(number)).map_or(at, |sentence| sentence.tokens.start);
    let charged = (at.saturating_sub(6).max(start)..at)
        .any(|before| CHARGED.iter().any(|stem| doc.fold(before).starts_with(stem)));
    small && charged
}

/// How words of charges and accusations begin, folded.
const CHARGED: [&str; 12] = [
    "respond",
    "acusa",
    "denunciad",
    "indiciad",
    "processad",
    "procesad",
    "imputad",
    "charged",
    "accus",
    "inculpe",
    "crime",
    "delito",
];

/// Single words for a crime that are forms of a verb as well.
const VERBS: [&str; 4] = ["trata", "traite", "rapt", "vols"];

fn is_noun(doc: &Analysis<'_>, at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| doc.fold(before)).unwrap_or_default();
    matches!(
        before,
        "la" | "de"
            | "una"
            | "une"
            | "contra"
            | "contre"
            | "y"
            | "et"
            | "e"
            | ","
            | "d"
            | "du"
            | "des"
            | "delito"
            | "anti"
            | "'"
            | "-"
            | "a"
            | "("
            | "en"
            | "por"
    )
}

/// `trafficking in drugs and firearms`, `drug and firearms trafficking`, `tráfico de drogas, armas y migrantes`.
fn trade(doc: &Analysis<'_>, at: usize) -> Option<Vec<Crime>> {
    let grammar = &doc.lexicon.trade;
    let traded = |at: usize, list: usize| {
        doc.senses(at).iter().find_map(|(end, sense)| match sense {
            Sense::Traded(number, code) if *number == list => Some((*end, *code)),
            _ => None,
        })
    };
    if let Some((head_end, Sense::Trade(list))) = doc.find(at, |sense| matches!(sense, Sense::Trade(_))) {
        let mut next = head_end;
        // "tráfico internacional de", "trafic international de"
        if grammar.of.at(&doc.tokens, next).is_none() && doc.token(next).is_some_and(super::token::Token::is_word) {
            next += 1;
        }
        let (over, ()) = grammar.of.at(&doc.tokens, next)?;
        let mut all = Vec::new();
        let mut next = over;
        let mut start = at;
        while let Some((end, code)) = traded(next, *list) {
            all.push(Crime { tokens: start..end, code });
            let mut over = end;
            if doc.fold(over) == "," {
                over += 1;
            }
            if let Some((after, ())) = grammar.and.at(&doc.tokens, over) {
                over = after;
            }
            if over == end {
                break;
            }
            if let Some((after, ())) = grammar.of.at(&doc.tokens, over) {
                over = after;
            }
            (start, next) = (over, over);
        }
        return (!all.is_empty()).then_some(all);
    }
    if !grammar.right_headed {
        return None;
    }
    // Objects before their head: "drug, firearm and wildlife trafficking".
    let lists = doc.senses(at).iter().filter_map(|(end, sense)| match sense {
        Sense::Traded(list, _) => Some((*end, *list)),
        _ => None,
    });
    for (_, list) in lists {
        let mut all = Vec::new();
        let mut next = at;
        while let Some((end, code)) = traded(next, list) {
            all.push(Crime { tokens: next..end, code });
            if let Some((head_end, Sense::Trade(number))) = doc.find(end, |sense| matches!(sense, Sense::Trade(_)))
                && *number == list
            {
                if let Some(last) = all.last_mut() {
                    last.tokens.end = head_end;
                }
                return Some(all);
            }
            let mut over = end;
            if doc.fold(over) == "," {
                over += 1;
            }
            if let Some((after, ())) = grammar.and.at(&doc.tokens, over) {
                over = after;
            }
            if over == end {
                break;
            }
            next = over;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceText;

    fn found(language: &str, text: &str) -> Vec<(String, &'static str)> {
        let source = SourceText::read(text.as_bytes(), Some("text/plain")).unwrap();
        let doc = Analysis::of(&source, crate::lexicon::of(language).unwrap().unwrap());
        crimes(&doc, &[]).into_iter().map(|crime| (doc.words(&crime.tokens), crime.code)).collect()
    }

    #[test]
    fn smuggling_is_not_trafficking() {
        let one = |language, text: &str, code| assert_eq!(found(language, text), [(text.to_owned(), code)]);
        one("es", "tráfico ilícito de migrantes", "08051");
        one("es", "trata de personas", "0204");
        one("fr", "trafic de migrants", "08051");
        one("fr", "traite des êtres humains", "0204");
        one("pt", "contrabando de migrantes", "08051");
        one("pt", "tráfico de pessoas", "0204");
        one("en", "people smuggling", "08051");
        one("en", "human trafficking", "0204");
    }

    #[test]
    fn what_is_traded_may_be_several_things() {
        let codes = |language, text: &str| found(language, text).into_iter().map(|(_, code)| code).collect::<Vec<_>>();
        assert_eq!(
            codes("en", "The drug, firearm and wildlife trafficking of the region"),
            ["060121", "090121", "1003"]
        );
        assert_eq!(codes("en", "trafficking in drugs and firearms"), ["060121", "090121"]);
        assert_eq!(
            codes("es", "el tráfico de drogas, armas y migrantes y la trata de personas"),
            ["060121", "09012", "08051", "0204"]
        );
        assert_eq!(codes("fr", "le trafic de stupéfiants et d’armes à feu"), ["060121", "090121"]);
        assert_eq!(codes("pt", "o tráfico internacional de armas e de drogas"), ["09012", "060121"]);
        assert_eq!(codes("en", "United Nations Office on Drugs and Crime"), Vec::<&str>::new());
    }
}
