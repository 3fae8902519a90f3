//! What a number without a noun may be a number of: the noun that a verb of change speaks of, that a label or a
//! clause opens with, of which it is a part of the sum.

use super::judge::{Case, Found};
use super::noun::{is_plural, singular};
use super::number::{Form, Number};
use super::rules::Unit;
use crate::analysis::Analysis;
use crate::token::Shape;

impl Case<'_> {
    /// Whether only a comma, a joining word, the word of a range and a hedge stand between two numbers.
    pub(super) fn is_linked(&self, from: usize, to: usize) -> bool {
        let (doc, rules) = (self.doc, self.rules);
        let hedge = rules.hedges.before(&doc.tokens, to).map_or(to, |(at, _)| at.max(from));
        let mut at = from;
        let mut steps = 0;
        while at < hedge {
            let step =
                if matches!(doc.fold(at), "," | "or" | "o" | "ou" | "para" | "a" | "y" | "e" | "-" | "ni" | "nor") {
                    at + 1
                } else if let Some((over, ())) =
                    rules.range_to.at(&doc.tokens, at).or_else(|| rules.joins.at(&doc.tokens, at))
                {
                    over
                } else {
                    return false;
                };
            // "coupures de 50 et de 100 euros"
            let step = if step < hedge && rules.of.at(&doc.tokens, step).is_some_and(|(over, ())| over == hedge) {
                hedge
            } else {
                step
            };
            (at, steps) = (step, steps + 1);
            if steps > 2 {
                return false;
            }
        }
        steps > 0
    }

    /// The noun that a noun at a token belongs to: `casos` for `agentes` in "los casos de corrupción de agentes".
    pub(super) fn head_of(&self, mut at: usize) -> Option<&Unit> {
        let (doc, rules) = (self.doc, self.rules);
        let mut head = None;
        for _ in 0..3 {
            let of = (1..=2).filter_map(|back| at.checked_sub(back)).find(|of| {
                *of > self.sentence.start && (rules.of.is_at(&doc.tokens, *of) || of_article(doc, *of).is_some())
            });
            let Some(of) = of else { break };
            if let Some((start, unit)) =
                rules.units.before(&doc.tokens, of).filter(|(start, _)| *start >= self.sentence.start)
            {
                head = Some(unit).filter(|unit| unit.kind == "count").or(head);
                at = start;
            } else {
                at = of - 1;
            }
        }
        head
    }

    /// The noun that a verb of change right before a number speaks of: the first of its clause.
    pub(super) fn changed(&self, before: usize) -> Option<String> {
        let (doc, rules) = (self.doc, self.rules);
        let verb =
            (1..=7).filter_map(|back| before.checked_sub(back)).filter(|at| *at >= self.sentence.start).find(|at| {
                (super::range::is_change(doc.fold(*at)) || AMOUNTS.iter().any(|stem| doc.fold(*at).starts_with(stem)))
                    && doc.token(*at).is_some_and(|token| token.shape == Shape::Small)
            })?;
        // Up to the number: "de", "para", "from", years and hedges, and nothing that is counted.
        let counted = (verb + 1..before)
            .any(|at| rules.units.at(&doc.tokens, at).is_some_and(|(_, unit)| !matches!(unit.kind, "duration")));
        let told = verb + 1 == before && AMOUNTS.iter().any(|stem| doc.fold(verb).starts_with(stem));
        let led = told
            || before.checked_sub(1).is_some_and(|at| {
                matches!(doc.fold(at), "at" | "en" | "em" | "de" | "para" | "a" | "from" | "to" | "por" | "by")
            });
        if counted || !led {
            return None;
        }
        if let Some(unit) = self.number_of(verb) {
            return Some(unit);
        }
        // "cases of corruption, however, rose": what is set off parts no clause.
        let aside = |at: usize| doc.fold(at) == "," && (self.is_aside(at + 1) || self.is_aside(at.saturating_sub(1)));
        let opened = (self.sentence.start..verb)
            .rev()
            .find(|at| matches!(doc.fold(*at), "," | ";" | ":" | "." | "(" | "\u{201c}" | "«") && !aside(*at))
            .map_or(self.sentence.start, |mark| mark + 1);
        let subject = opened..verb;
        if subject.is_empty() || subject.len() > 16 {
            return None;
        }
        // "As denúncias recebidas pelas autoridades": a noun that no list has, right behind its article.
        let opened =
            opened + usize::from(matches!(doc.fold(opened), "ja" | "y" | "e" | "et" | "ya" | "tambien" | "tambem"));
        // "ao passo que os feminicídios subiram": the noun right before the verb, behind its article.
        let last =
            verb.checked_sub(2).filter(|at| *at > opened && doc.is_function_word(*at) && is_plural(doc.fold(verb - 1)));
        let opened = last.unwrap_or(opened);
        let first = opened + 1;
        let named = rules.grammar.noun_first
            && doc.is_function_word(opened)
            && first < verb
            && is_plural(doc.fold(first))
            && !doc.is_function_word(first)
            && doc.token(first).is_some_and(|token| token.shape == Shape::Small && token.apart);
        if named && !rules.units.is_at(&doc.tokens, first) {
            return singular(doc.text.get(doc.token(first)?.range())?, rules.language).into();
        }
        subject.clone().find_map(|at| {
            let (over, unit) = rules.units.at(&doc.tokens, at)?;
            (over <= verb && unit.kind == "count" && is_plural(doc.fold(over - 1))).then(|| unit.code.clone())
        })
    }

    /// Words that are set off by commas and say nothing of what is counted.
    fn is_aside(&self, at: usize) -> bool {
        matches!(
            self.doc.fold(at),
            "however"
                | "though"
                | "meanwhile"
                | "embargo"
                | "cambio"
                | "parte"
                | "porem"
                | "entanto"
                | "toutefois"
                | "cependant"
                | "revanche"
                | "contrapartida"
        )
    }

    /// The noun of "of the …," that opens the sentence before a number.
    pub(super) fn opened_with(&self, number: usize) -> Option<String> {
        let (doc, rules) = (self.doc, self.rules);
        let first = self.sentence.start;
        let comma = number.checked_sub(1).filter(|at| *at > first && *at <= first + 16 && doc.fold(*at) == ",")?;
        let among = matches!(doc.fold(first), "parmi" | "among" | "entre" | "dentre" | "sur").then_some(first + 1);
        let of = rules.of.at(&doc.tokens, first).map(|(over, ())| over).or_else(|| of_article(doc, first)).or(among)?;
        let those = (of..comma).any(|at| {
            matches!(doc.fold(at), "arrested" | "detained" | "charged" | "killed" | "convicted" | "injured" | "rescued")
        });
        if those && doc.fold(of) == "those" {
            return Some("person".to_owned());
        }
        (of..comma).find_map(|at| {
            let (over, unit) = rules.units.at(&doc.tokens, at)?;
            (over <= comma && unit.kind == "count").then(|| unit.code.clone())
        })
    }

    /// The counted noun of a label that ends right before a number: "Hurtos: 468.730".
    pub(super) fn labelled(&self, before: usize) -> Option<String> {
        let (doc, rules) = (self.doc, self.rules);
        let colon = before.checked_sub(1).filter(|at| *at > self.sentence.start && doc.fold(*at) == ":")?;
        let label = self.sentence.start..colon;
        // "Adoptaron 17.402 medidas: 8.057 de libertad vigilada": what is counted there is another number's.
        let counts = label.clone().any(|at| doc.token(at).is_some_and(|token| token.shape == Shape::Digits));
        if counts || label.len() > 8 || label.clone().any(|at| rules.before_identifier.is_at(&doc.tokens, at)) {
            return None;
        }
        let mut places: Vec<usize> = label.collect();
        if !rules.grammar.noun_first {
            places.reverse();
        }
        places.into_iter().find_map(|at| {
            let (over, unit) = rules.units.at(&doc.tokens, at)?;
            (over <= colon && unit.kind == "count" && is_plural(doc.fold(over - 1))).then(|| unit.code.clone())
        })
    }

    /// The noun before "by 2 per cent, to" right before a number.
    pub(super) fn risen(&self, before: usize, share: Option<&Found>) -> Option<String> {
        let (doc, rules) = (self.doc, self.rules);
        let share = share.filter(|share| share.kind == "share" && before.saturating_sub(share.phrase.end) <= 2)?;
        let to = before.checked_sub(1).filter(|at| matches!(doc.fold(*at), "to" | "a" | "para" | "hasta"))?;
        if doc.fold(to.checked_sub(1)?) != "," {
            return None;
        }
        let from = share.phrase.start.saturating_sub(8).max(self.sentence.start);
        (from..share.phrase.start).rev().find_map(|at| {
            let (over, unit) = rules.units.at(&doc.tokens, at)?;
            (over <= share.phrase.start && unit.kind == "count" && is_plural(doc.fold(over - 1)))
                .then(|| unit.code.clone())
        })
    }

    /// Whether a number without a noun is said to have been arrested, charged or killed: it counts people.
    pub(super) fn of_people(&self, end: usize) -> bool {
        let doc = self.doc;
        let words = (end..(end + 6).min(self.sentence.end)).take_while(|at| {
            doc.token(*at).is_some_and(|token| token.shape == Shape::Small)
                && !self.rules.words.at(&doc.tokens, *at).is_some_and(|(_, value)| value.value() >= 2.0)
        });
        words.into_iter().any(|at| DONE_TO_PEOPLE.contains(&doc.fold(at)))
    }

    /// What "the number of …" right behind a number counts.
    pub(super) fn number_behind(&self, end: usize) -> Option<String> {
        let (doc, rules) = (self.doc, self.rules);
        let word = (end..end + 2).find(|at| matches!(doc.fold(*at), "number" | "numero" | "nombre"))?;
        if !doc.is_function_word(end) {
            return None;
        }
        let over = rules.of.at(&doc.tokens, word + 1).map(|(over, ())| over).or_else(|| of_article(doc, word + 1))?;
        let over = if doc.is_function_word(over) { over + 1 } else { over };
        let (_, unit) = rules.units.at(&doc.tokens, over)?;
        (unit.kind == "count").then(|| unit.code.clone())
    }

    /// Whether money is spoken of before a number: words for amounts, and verbs of paying.
    pub(super) fn pays(&self, before: usize) -> bool {
        let from = before.saturating_sub(8).max(self.sentence.start);
        (from..before).any(|at| PAYING.iter().any(|stem| self.doc.fold(at).starts_with(stem)))
    }

    /// The figure that a number in a list of "respectively" stands beside.
    pub(super) fn respectively<'f>(
        &self,
        start: usize,
        end: usize,
        all: &[&'f Found],
        after: &[Number],
    ) -> Option<&'f Found> {
        let doc = self.doc;
        let word = (1..=7)
            .filter_map(|back| start.checked_sub(back))
            .filter(|at| *at >= self.sentence.start)
            .find(|at| doc.fold(*at).starts_with("respectiv") || doc.fold(*at).starts_with("respektiv"))?;
        // Numbers of the list before this one, and behind it.
        let before = all.iter().rev().take_while(|found| found.number.start > word).count();
        let mut last = end;
        let mut behind = 0;
        for next in after {
            if !self.is_linked(last, next.tokens.start) {
                break;
            }
            (last, behind) = (next.tokens.end, behind + 1);
        }
        let told = all.len().checked_sub(before)?;
        let first = told.checked_sub(before + behind + 1)?;
        all.get(first + before).copied().filter(|found| found.kind != "ordinal")
    }

    /// What was counted before of which this number and those beside it without a noun are the parts: they add up.
    pub(super) fn sum<'f>(&self, value: f64, all: &[&'f Found], after: &[Number]) -> Option<&'f Found> {
        let bare: Vec<f64> = after
            .iter()
            .take_while(|next| {
                next.tokens.end <= self.sentence.end
                    && matches!(next.form, Form::Digits | Form::Words)
                    && self.noun(next, None).is_none()
            })
            .filter_map(|next| next.value)
            .collect();
        let earlier = all.iter().rev().take_while(|found| found.noun.is_none() && found.kind == "count");
        let parts: Vec<f64> = earlier.clone().map(|found| found.value).collect();
        let (many, total) = (bare.len() + parts.len() + 1, bare.iter().chain(&parts).sum::<f64>() + value);
        if many < 2 {
            return None;
        }
        let wholes = all.iter().rev().skip(parts.len());
        wholes.copied().find(|whole| whole.kind == "count" && (whole.value - total).abs() < 0.5)
    }

    /// What "the number of …" before a number counts.
    pub(super) fn number_of(&self, before: usize) -> Option<String> {
        let (doc, rules) = (self.doc, self.rules);
        (self.sentence.start..before).rev().take(16).find_map(|at| {
            if !matches!(doc.fold(at), "number" | "numero" | "nombre" | "total" | "quantidade" | "cantidad") {
                return None;
            }
            let over = rules.of.at(&doc.tokens, at + 1).map(|(over, ())| over).or_else(|| of_article(doc, at + 1))?;
            let over = if doc.is_function_word(over) { over + 1 } else { over };
            let (mut last, mut unit) = rules.units.at(&doc.tokens, over)?;
            // "the number of vehicle thefts": the last of them.
            while !rules.grammar.noun_first
                && let Some((next, head)) =
                    rules.units.at(&doc.tokens, last).filter(|(next, head)| *next <= before && head.kind == "count")
            {
                (last, unit) = (next, head);
            }
            (last <= before && unit.kind == "count").then(|| unit.code.clone())
        })
    }
}

/// How verbs begin that say how many there are, folded: "se elevan a", "suman", "stood at".
const AMOUNTS: [&str; 17] = [
    "foram", "fueron", "eram", "were", "elev", "suman", "sumaron", "somam", "somaram", "totaliz", "ascend", "stood",
    "stands", "amount", "number", "situ", "atteign",
];

/// How words for amounts of money and verbs of paying begin, folded.
const PAYING: [&str; 44] = [
    "gananc",
    "profit",
    "benefic",
    "lucro",
    "presupuest",
    "budget",
    "orcament",
    "cout",
    "coste",
    "costo",
    "encaiss",
    "desembols",
    "debours",
    "montant",
    "somme",
    "monto",
    "importe",
    "recaud",
    "arrecad",
    "pagav",
    "pagar",
    "pagab",
    "pagou",
    "pago",
    "cobr",
    "paid",
    "pay",
    "charged",
    "earned",
    "factur",
    "fatur",
    "prejui",
    "perjui",
    "prejudice",
    "loss",
    "perdid",
    "perdas",
    "value",
    "valor",
    "worth",
    "amount",
    "cost",
    "custo",
    "coute",
];

/// Units that are people.
pub(super) fn is_person(unit: &str) -> bool {
    crate::evaluate::figure::is_person(unit)
}

/// What is done to people and to nothing else, or happens to them, folded.
const DONE_TO_PEOPLE: [&str; 60] = [
    "arrested",
    "charged",
    "convicted",
    "sentenced",
    "remanded",
    "jailed",
    "detained",
    "deported",
    "hospitalised",
    "hospitalized",
    "pleaded",
    "imprisoned",
    "bailed",
    "indicted",
    "suffocated",
    "drowned",
    "interpelles",
    "interpellees",
    "arretes",
    "arretees",
    "ecroues",
    "ecrouees",
    "condamnes",
    "condamnees",
    "inculpes",
    "inculpees",
    "deferes",
    "incarceres",
    "peri",
    "blesses",
    "blessees",
    "decedes",
    "examen",
    "detention",
    "detenidos",
    "detenidas",
    "arrestados",
    "arrestadas",
    "capturados",
    "imputados",
    "condenados",
    "condenadas",
    "presos",
    "presas",
    "procesados",
    "formalizados",
    "fallecieron",
    "murieron",
    "heridos",
    "heridas",
    "prision",
    "detidos",
    "detidas",
    "indiciados",
    "denunciados",
    "morreram",
    "feridos",
    "acusados",
    "prisao",
    "preventiva",
];

/// Past "of the", "des", "dos" and their like, where a noun may follow.
pub(super) fn of_article(doc: &Analysis<'_>, at: usize) -> Option<usize> {
    matches!(doc.fold(at), "of" | "des" | "du" | "de" | "del" | "dos" | "das" | "do" | "da").then_some(at + 1)
}
