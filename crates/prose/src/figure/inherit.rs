//! Numbers without a noun of their own.

use std::ops::Range;

use super::judge::{Case, Found, known};
use super::noun::{is_plural, singular};
use super::number::{Form, Number};
use super::topic::{is_person, of_article};
use crate::lexicon::Sense;
use crate::token::Shape;

/// Forms of to be and to have with which a clause says what was done, folded.
pub(super) const AUXILIARY: [&str; 32] = [
    "will", "would", "remain", "face", "sido", "sao", "eram", "son", "been", "seraient", "seriam", "serian", "have",
    "has", "had", "were", "are", "was", "han", "habian", "fueron", "estan", "eran", "ont", "avaient", "etaient",
    "sont", "foram", "haviam", "tinham", "estavam", "estao",
];

impl Case<'_> {
    /// A number without a noun of its own, which counts what was counted before it: "90 of them", "compared
    /// with 577", "Murder: 531", "aged 27 and 44".
    pub(super) fn inherited(&self, number: &Number, all: &[&Found], after: &[Number]) -> Option<Found> {
        let (doc, rules) = (self.doc, self.rules);
        let Range { start, end } = number.tokens;
        let mut value = number.value?;
        if number.doubtful {
            value = (value * 1000.0).round();
        }
        let before = all.last().copied();
        let (mut phrase, mut qualifier) = (start..end, "exact");
        if let Form::Collective(vague) = number.form {
            qualifier = vague;
        }
        if let Some((at, hedge)) = rules.hedges.before(&doc.tokens, start).filter(|(at, _)| *at >= self.sentence.start)
        {
            (phrase.start, qualifier) = (at, known(hedge));
        }
        if let Some((over, hedge)) = rules.hedges_after.at(&doc.tokens, end) {
            (phrase.end, qualifier) = (over, known(hedge));
        }
        // "sete anos por associação criminosa e quatro e meio por branqueamento"
        let mut end = end;
        if value < 100.0
            && value.fract() == 0.0
            && let Some((over, ())) = rules.joins.at(&doc.tokens, end)
            && matches!(doc.fold(over), "medio" | "media" | "demi" | "demie" | "meio" | "meia")
        {
            value += 0.5;
            end = over + 1;
            phrase.end = phrase.end.max(end);
        }
        // "passou de 188 para 243": from there to here.
        let passed = phrase.start < start && qualifier == "gt" && doc.fold(phrase.start).starts_with("pas");
        if passed && (end..(end + 9).min(self.sentence.end)).any(|at| matches!(doc.fold(at), "para" | "a")) {
            (phrase.start, qualifier) = (start, "exact");
        }
        // "Para más información: 956 000 112"
        let groups =
            number.tokens.clone().filter(|at| doc.token(*at).is_some_and(|token| token.shape == Shape::Digits));
        if number.scale == 0 && value >= 1e8 && groups.count() >= 3 {
            return None;
        }
        let found = |unit: String, kind: &'static str, phrase: Range<usize>, qualifier: &'static str| {
            Some(Found {
                number: number.tokens.clone(),
                value,
                value_high: None,
                qualifier,
                unit,
                kind,
                noun: None,
                phrase,
                measure: None,
            })
        };
        let from = phrase.start.saturating_sub(9).max(self.sentence.start);
        if qualifier == "exact" && (from..phrase.start).any(|at| self.looks_ahead(at)) {
            qualifier = "projected";
        }
        let like = |other: &Found| found(other.unit.clone(), other.kind, phrase.clone(), qualifier);
        // "97 are men and 15 are women", "2,115 eran mujeres": what they are said to be.
        let is = matches!(
            doc.fold(end),
            "are" | "were" | "son" | "eran" | "sont" | "etaient" | "sao" | "eram" | "foram" | "fueron"
        );
        if is
            && let Some((over, unit)) = rules.units.at(&doc.tokens, end + 1)
            && unit.kind == "count"
            && is_person(&unit.code)
            && is_plural(doc.fold(over - 1))
        {
            return found(unit.code.clone(), "count", phrase, qualifier);
        }
        if self.is_age(number, value, end, &phrase, all) {
            return found("year".to_owned(), "duration", phrase, qualifier);
        }
        // "Sustracciones de vehículos: 25.106, 0,8 % más": what stands before the colon, where a list has it.
        if let Some(unit) = self.labelled(phrase.start).filter(|_| !number.one) {
            return found(unit, "count", phrase, qualifier);
        }
        // Numbers share the unit behind the last of them: "23, 26 y 41 años", "from 510 to 702 pounds".
        let mut last = end;
        for next in after {
            if !self.is_linked(last, next.tokens.start) || !matches!(next.form, Form::Digits | Form::Words) {
                break;
            }
            let (_, currency) = self.currency(next.tokens.start);
            // "passaram de 11.250 para 12.600, 12% a mais": a share is no unit of thousands.
            let fits = |noun: &super::noun::Noun| noun.kind != "share" || value <= 100.0 && qualifier != "projected";
            if let Some(noun) = self.noun(next, currency).filter(|noun| noun.known && currency.is_none() && fits(noun))
            {
                return found(noun.unit, noun.kind, phrase, qualifier);
            }
            last = next.tokens.end;
        }
        // A number with decimals goes with what has decimals before it, or with the rate that a text speaks of.
        let broken = |other: &&Found| other.value.fract() != 0.0 || matches!(other.kind, "rate" | "share");
        let rate = |other: &&Found| {
            other.kind == "rate" && matches!(other.unit.as_str(), "per-1k" | "per-10k" | "per-100k" | "per-million")
        };
        if value.fract() != 0.0
            && number.scale == 0
            && let Some(before) = all.iter().rev().copied().find(rate).or_else(|| {
                let own = all.iter().rev().copied().find(broken);
                own.or_else(|| self.told.iter().rev().take(RECENT).find(rate))
            })
        {
            return like(before);
        }
        // "31 de los 34 Estados", "12 of the 15 suspects": of the same.
        if !number.one
            && let Some(whole) = after.first()
            && let Some(over) = rules.of.at(&doc.tokens, end).map(|(over, ())| over).or_else(|| of_article(doc, end))
            && whole.tokens.start <= over + 1
            && let Some(noun) = self.noun(whole, None).filter(|noun| noun.known && noun.kind == "count")
        {
            return found(noun.unit, noun.kind, phrase, qualifier);
        }
        if number.one {
            return None;
        }
        // "pedidos … passaram de 12 400, em 2019, para 24 100": what the verb of change speaks of.
        if let Some(unit) = self.changed(phrase.start) {
            return found(unit, "count", phrase, qualifier);
        }
        // "On estime entre 300 000 et 450 000 le nombre d'armes": what is counted stands behind.
        if let Some(unit) = self.number_behind(end) {
            return found(unit, "count", phrase, qualifier);
        }
        // "(contre, respectivement, trois et huit)": in the order of what was counted before.
        if let Some(same) = self.respectively(start, end, all, after) {
            return like(same);
        }
        // "Le total encaissé avoisine 85 millions", "desembolsavam até 18 mil": money, as before.
        if value >= 1000.0
            && (number.scale > 0 || value >= 1e4)
            && self.pays(phrase.start)
            && let Some(money) =
                all.iter().rev().copied().chain(self.told.iter().rev().take(RECENT)).find(|f| f.kind == "money")
        {
            return like(money);
        }
        // "26 adresses dans trois pays : quatorze en Belgique, neuf en France et trois en Italie": parts of a sum.
        if let Some(whole) = self.sum(value, all, after) {
            return like(whole);
        }
        // "pendant quatre heures, parfois cinq": right behind what it adds to.
        let next = before.filter(|before| {
            let behind = before.phrase.end < start && start - before.phrase.end <= 2;
            let said = doc.fold(before.phrase.end) == ","
                && before.phrase.end + 2 == start
                && !matches!(
                    doc.fold(start - 1),
                    "contre" | "contra" | "against" | "frente" | "ante" | "versus" | "vs" | "dont"
                );
            behind && said && matches!(before.kind, "duration" | "mass" | "count")
        });
        if let Some(before) = next
            && doc.token(end).is_none_or(|token| token.shape == Shape::Mark)
            && qualifier == "exact"
            && value < 100.0
        {
            return like(before);
        }
        // "à trente mois, dont dix-huit avec sursis", "20 años por la trata, 15 por el homicidio": of the same time.
        let timed = before.filter(|before| {
            before.kind == "duration"
                && (start.saturating_sub(before.phrase.end) <= 4 && rules.of_them.before(&doc.tokens, start).is_some()
                    || matches!(doc.fold(end), "por" | "for" | "pour") && start.saturating_sub(before.phrase.end) <= 24)
        });
        if let Some(before) = timed.filter(|_| value < 100.0 && number.scale == 0) {
            return like(before);
        }
        // "within two hours, all other requests within 24": behind the same preposition.
        let same = all.iter().rev().copied().find(|found| found.kind == "duration").filter(|before| {
            let (one, other) = (before.phrase.start.checked_sub(1), start.checked_sub(1));
            let (Some(one), Some(other)) = (one, other) else { return false };
            doc.fold(one) == doc.fold(other)
                && matches!(doc.fold(other), "within" | "after" | "for" | "durante" | "tras" | "pendant" | "en" | "em")
                && doc.token(end).is_none_or(|token| token.shape == Shape::Mark)
        });
        if let Some(before) = same.filter(|_| value < 100.0 && number.scale == 0) {
            return like(before);
        }
        // "Os mandados – 23 de prisão e 37 de busca –": the noun before the dash.
        let dash = start.checked_sub(1).filter(|at| {
            *at > self.sentence.start && doc.fold(*at) == "-" && doc.token(*at).is_some_and(|dash| dash.apart)
        });
        if let Some(dash) = dash
            && rules.of.is_at(&doc.tokens, end)
            && let Some((_, unit)) = rules.units.before(&doc.tokens, dash).filter(|(_, unit)| unit.kind == "count")
        {
            return found(unit.code.clone(), "count", start..end, qualifier);
        }
        // "huit millions de francs aux victimes, soit 3 millions chacune": millions beside money are money.
        if number.scale >= 6
            && let Some(money) = all.iter().rev().copied().find(|found| found.kind == "money")
        {
            return like(money);
        }
        // "robberies by 0.6 per cent, to 23,300": what rose by it.
        if let Some(unit) = self.risen(phrase.start, before) {
            return found(unit, "count", phrase, qualifier);
        }
        // "la Côte d'Ivoire (148), le Cameroun (63)": of what was counted before the countries.
        let after_place = doc.fold(start.wrapping_sub(1)) == "("
            && doc.fold(end) == ")"
            && (1..=4).filter_map(|back| (start - 1).checked_sub(back)).any(|at| {
                doc.find(at, |sense| matches!(sense, Sense::Place(_))).is_some_and(|(over, _)| over == start - 1)
            });
        if after_place && value.fract() == 0.0 {
            // "Luxembourg (102 per million), Greece (71)": one rate after the other.
            if let Some(rate) = before.filter(|before| before.kind == "rate" && doc.fold(before.phrase.end) == ")") {
                return like(rate);
            }
            let places = ["country", "state", "nation", "city", "region", "province", "municipality"];
            let last = all.iter().rev().find(|found| found.kind == "count");
            let of_places = last.is_none_or(|found| places.contains(&found.unit.as_str()));
            let things = |found: &&&Found| {
                of_places && found.kind == "count" && !places.contains(&found.unit.as_str()) && found.value >= value
            };
            let told = self.told.iter().rev().take(RECENT);
            let known = all.iter().rev().copied().chain(told).find(|found| things(&found));
            if let Some(known) = known {
                return like(known);
            }
        }
        // "les Sénégalais étaient les plus nombreux (101), suivis des Gambiens (44)": people of a country.
        let bracketed = doc.fold(start.wrapping_sub(1)) == "(" && doc.fold(end) == ")";
        if bracketed
            && start >= self.sentence.start + 3
            && doc.token(start - 2).is_some_and(|token| token.shape == Shape::Title)
            && is_plural(doc.fold(start - 2))
            && matches!(
                doc.fold(start - 3),
                "des" | "les" | "aux" | "de" | "los" | "las" | "dos" | "os" | "the" | "and" | "et"
            )
            && !doc.is(start - 2, |sense| matches!(sense, Sense::Place(_) | Sense::OrganisationHead))
        {
            return found("person".to_owned(), "count", phrase, qualifier);
        }
        // "18 mandados de busca e quatro de prisão": of what a number with "of" behind it counted before.
        if rules.grammar.noun_first
            && rules.of.is_at(&doc.tokens, end)
            && !doc.is_function_word(end + 1)
            && let Some(before) = before.filter(|before| before.kind == "count" && before.phrase.end < start)
            && (rules.of.is_at(&doc.tokens, before.phrase.end)
                || before.noun.clone().is_some_and(|noun| noun.clone().any(|at| rules.of.is_at(&doc.tokens, at)))
                || before.noun.is_none() && rules.of.is_at(&doc.tokens, before.number.end))
        {
            return like(before);
        }
        // "six of the seizures", "trois des victimes": a noun behind "of", not "oito de cada país".
        let part = rules.of_them.before(&doc.tokens, phrase.start).is_some() || doc.fold(end + 1) == "cada";
        if let Some((over, ())) = rules.of.at(&doc.tokens, end).or_else(|| of_article(doc, end).map(|over| (over, &())))
            && !part
        {
            let over =
                if doc.is_function_word(over) && !rules.units.is_at(&doc.tokens, over) { over + 1 } else { over };
            if let Some((last, unit)) = rules
                .units
                .at(&doc.tokens, over)
                .filter(|(last, unit)| *last <= self.sentence.end && unit.kind == "count")
            {
                return found(unit.code.clone(), "count", phrase.start..last, qualifier);
            }
        }
        let counts = |other: &&Found| {
            let far = other.kind == "rate" && value.fract() == 0.0 && value > 50.0 * other.value;
            !far && !matches!(other.kind, "ordinal" | "duration" | "share") && !is_measure(&other.unit)
        };
        // Small numbers count things rather than money.
        let things = |other: &&Found| other.kind == "count" && !is_measure(&other.unit);
        let large = number.scale > 0 || value >= 1000.0 || value.fract() != 0.0;
        let counted = || {
            let last = |wanted: &dyn Fn(&&Found) -> bool| all.iter().rev().copied().find(|found| wanted(found));
            if large { last(&counts) } else { last(&things).or_else(|| last(&counts)) }
        };
        // "De ellas, 97 tenían": a comma may stand between.
        let led = phrase.start.checked_sub(1).filter(|at| doc.fold(*at) == ",").unwrap_or(phrase.start);
        let pointed = rules.of_them.is_at(&doc.tokens, end) || rules.of_them.before(&doc.tokens, led).is_some();
        // "19 de ellos menores de edad"
        if let Some((over, ())) = rules.of_them.at(&doc.tokens, end)
            && let Some((last, unit)) = rules.units.at(&doc.tokens, over).filter(|(_, unit)| unit.kind == "count")
            && counted().is_none_or(|whole| is_person(&whole.unit) && is_person(&unit.code))
        {
            return found(unit.code.clone(), "count", phrase.start..last, qualifier);
        }
        // "three held", "five arrested after raid": people, in a heading.
        let held = rules.language == "en" && HELD.contains(&doc.fold(end)) && value < 10_000.0 && number.scale == 0;
        if held && value >= 2.0 && !all.last().is_some_and(|found| found.kind == "count" && is_person(&found.unit)) {
            return found("person".to_owned(), "count", phrase, qualifier);
        }
        // "Clinic owner and four others charged"
        let others = matches!(doc.fold(end), "others" | "otros" | "otras" | "autres" | "outros" | "outras");
        if others && value >= 2.0 && number.scale == 0 {
            return all
                .iter()
                .rev()
                .copied()
                .find(things)
                .map_or_else(|| found("person".to_owned(), "count", start..end + 1, qualifier), like);
        }
        // "Sept ont été mis en examen", "Oito ficaram em prisão preventiva": people, though things were counted last.
        let people = || {
            let known = |found: &&Found| is_person(&found.unit) && found.kind == "count";
            all.iter().rev().copied().find(known).or_else(|| self.told.iter().rev().take(3 * RECENT).find(known))
        };
        let last = counted().is_none_or(|found| !is_person(&found.unit));
        if last && (2.0..10_000.0).contains(&value) && number.scale == 0 && self.of_people(end) {
            return people().map_or_else(|| found("person".to_owned(), "count", phrase.clone(), qualifier), like);
        }
        if pointed {
            // A part is no larger than its whole: "1 400 victimes dans 62 pays, dont 118 en France".
            let whole = |other: &&Found| things(other) && other.value >= value;
            let whole = all.iter().rev().copied().find(whole);
            // People before things: "siete de ellos quedaron en prisión".
            let told = self.told.iter().rev().take(RECENT);
            let recent = || told.clone().filter(|found| things(found) && found.value >= value);
            let people = self.told.iter().rev().take(3 * RECENT).filter(|found| found.value >= value);
            let before = || people.clone().find(|found| is_person(&found.unit)).or_else(|| recent().next());
            return whole
                .or_else(counted)
                .or_else(before)
                .map_or_else(|| found("person".to_owned(), "count", phrase.clone(), qualifier), like);
        }
        // "la carretera México 15", "Toucan 7": right behind a name, with nothing counted behind it.
        let behind_name = number.plain
            && value < 1000.0
            && start > self.sentence.start + 1
            && doc.token(start - 1).is_some_and(|token| token.shape == Shape::Title || token.shape == Shape::Capitals)
            && !doc.is_function_word(start - 1)
            && phrase.start == start
            && !doc.token(start).is_some_and(|token| token.line);
        if behind_name {
            return None;
        }
        // "Os dois foram encaminhados", "against the four are due": people, unless nothing but things was counted.
        let article = start.checked_sub(1).is_some_and(|at| {
            at >= self.sentence.start && matches!(doc.fold(at), "the" | "los" | "las" | "les" | "os" | "as")
        });
        let verb = AUXILIARY.contains(&doc.fold(end))
            || matches!(
                doc.fold(end),
                "terao" | "tendran" | "auront" | "deverao" | "deberan" | "devront" | "face" | "ont"
            )
            || doc.is(end, |sense| matches!(sense, Sense::Says));
        if article && verb && (2.0..=50.0).contains(&value) && number.scale == 0 {
            let known = |found: &&Found| is_person(&found.unit);
            let people = self.told.iter().rev().take(3 * RECENT).find(known);
            let any = self.told.iter().rev().take(RECENT).chain(all.iter().copied()).any(|found| things(&found));
            if let Some(people) = all.iter().rev().copied().find(known).or(people) {
                return like(people);
            }
            if !any {
                return found("person".to_owned(), "count", phrase, qualifier);
            }
        }
        // "Murder: 531": what stands before the colon.
        let colon = phrase.start.checked_sub(1).filter(|at| *at > self.sentence.start && doc.fold(*at) == ":");
        if let Some(colon) = colon {
            let label = self.sentence.start..colon;
            // "Línea contra la extorsión: 165", "Temps de lecture : 4": no figure.
            if label.clone().any(|at| rules.before_identifier.is_at(&doc.tokens, at)) {
                return None;
            }
            let mut places: Vec<usize> = label.clone().collect();
            if !rules.grammar.noun_first {
                places.reverse();
            }
            let unit = places.into_iter().find_map(|at| {
                rules
                    .units
                    .at(&doc.tokens, at)
                    .filter(|(over, unit)| *over <= colon && unit.kind == "count")
                    .map(|(_, unit)| unit.code.clone())
            });
            let word = || {
                let words = label.clone().filter(|at| doc.token(*at).is_some_and(super::super::token::Token::is_word));
                let at = if rules.grammar.noun_first { words.clone().next() } else { words.clone().next_back() }?;
                (words.count() <= 6)
                    .then(|| Some(singular(doc.text.get(doc.token(at)?.range())?, rules.language)))
                    .flatten()
            };
            if let Some(unit) = unit.or_else(word) {
                return found(unit, "count", phrase, qualifier);
            }
        }
        // "arrest 14 over fraud": who is arrested is a person.
        let bare = doc.token(end).is_none_or(|token| token.shape == Shape::Mark) || doc.is_function_word(end);
        if value >= 2.0 && bare && number.scale == 0 && rules.of_people.before(&doc.tokens, phrase.start).is_some() {
            return found("person".to_owned(), "count", phrase, qualifier);
        }
        // "a combined population of just under 2.8 million"
        let peopled = (self.sentence.start..phrase.start)
            .rev()
            .take(4)
            .any(|at| doc.fold(at).starts_with("popula") || doc.fold(at).starts_with("poblacion"));
        if peopled && value >= 1000.0 {
            return found("person".to_owned(), "count", phrase, qualifier);
        }
        // "the number of crew taken rose, to 62"
        if let Some(unit) = self.number_of(start) {
            return found(unit, "count", phrase, qualifier);
        }
        // "61 % des fusils provenaient …; quatre-vingt-quatorze avaient été volés": of what a share was told.
        let of_what = || {
            let share = all.last().filter(|found| found.kind == "share")?;
            let over = rules.of.at(&doc.tokens, share.phrase.end).map(|(over, ())| over);
            let over = over.or_else(|| of_article(doc, share.phrase.end))?;
            let over = if doc.is_function_word(over) { over + 1 } else { over };
            let (_, unit) = rules.units.at(&doc.tokens, over)?;
            (unit.kind == "count").then(|| unit.code.clone())
        };
        if value >= 2.0
            && let Some(unit) = of_what()
        {
            return found(unit, "count", phrase, qualifier);
        }
        // "Até o fim da manhã, onze haviam sido presas", "Of those arrested, 29 were …", "haviam sido 6.723": the first
        // word of a clause that says what was done, or behind the verb that says that they were so many.
        // "A further 71 will face charges", "the other four were children"
        let more = start.checked_sub(1).is_some_and(|at| {
            matches!(
                doc.fold(at),
                "further" | "other" | "another" | "remaining" | "otros" | "otras" | "outros" | "outras" | "autres"
            )
        });
        let opens =
            more || start <= self.sentence.start + 1 || start.checked_sub(1).is_some_and(|at| doc.fold(at) == ",");
        let clause = opens && AUXILIARY.contains(&doc.fold(end));
        let told = start.checked_sub(1).is_some_and(|at| AUXILIARY.contains(&doc.fold(at)))
            && doc.token(end).is_none_or(|token| token.shape == Shape::Mark);
        let first_word = clause || told || number.tokens.start <= self.sentence.start + 1;
        // "Dos mandados, 71 eram de busca", "Of those arrested, 29 were": of what the clause opens with.
        if let Some(unit) = self.opened_with(start) {
            return found(unit, "count", phrase, qualifier);
        }
        if let Some(before) = counted() {
            return like(before);
        }
        // "Fifty-two carried no serial number": what the sentence before counted.
        if first_word
            && value >= 2.0
            && (number.form == Form::Words || clause || told)
            && let Some(earlier) =
                self.told.iter().rev().take(RECENT).find(things).or_else(|| self.earlier.filter(counts))
        {
            return like(earlier);
        }
        // "In 2021 it was 40.": a short sentence about what was counted before.
        let short = self.sentence.len() <= SHORT && doc.token(end).is_none_or(|token| token.shape == Shape::Mark);
        if short
            && value >= 2.0
            && let Some(earlier) = self.earlier.filter(things)
        {
            return like(earlier);
        }
        // "Hoje são cerca de 14 milhões": nobody states a large number of nothing.
        if large
            && number.value.is_some_and(|value| value >= 1000.0)
            && all.is_empty()
            && let Some(earlier) = self.earlier.filter(things)
        {
            return like(earlier);
        }
        // "reports rose from 40,232", "full strength of 7,884": the nearest noun before it that is counted.
        let near = (self.sentence.start..phrase.start).rev().take(14).find_map(|at| {
            let (over, unit) = rules.units.at(&doc.tokens, at)?;
            let unit = if rules.grammar.noun_first { self.head_of(at).unwrap_or(unit) } else { unit };
            (over <= phrase.start && unit.kind == "count" && is_plural(doc.fold(over - 1))).then_some(unit)
        });
        if value >= 2.0
            && let Some(unit) = near
        {
            return found(unit.code.clone(), "count", phrase, qualifier);
        }
        None
    }
}

/// Units that measure how far, how large or how much, and of which nothing is a part that a bare number counts.
fn is_measure(unit: &str) -> bool {
    const MEASURES: [&str; 16] = [
        "kilometre",
        "metre",
        "mile",
        "nautical-mile",
        "hectare",
        "litre",
        "square-metre",
        "square-kilometre",
        "knot",
        "centimetre",
        "millimetre",
        "foot",
        "acre",
        "degree",
        "byte",
        "page",
    ];
    MEASURES.contains(&unit)
}

/// What is done to people, in headings.
const HELD: [&str; 14] = [
    "held",
    "arrested",
    "detained",
    "charged",
    "killed",
    "injured",
    "rescued",
    "nabbed",
    "jailed",
    "convicted",
    "sentenced",
    "dead",
    "wounded",
    "indicted",
];

/// Figures of the sentences before in which a rate may have been told.
pub(super) const RECENT: usize = 6;

/// Tokens of a sentence that only goes on with the one before.
const SHORT: usize = 12;
