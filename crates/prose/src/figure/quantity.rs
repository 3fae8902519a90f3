//! Numbers with a unit of their own: hedge, unit, and how firm the number is.

use std::ops::Range;

use super::judge::{Case, Found, Verdict, known};
use super::noun::{Noun, is_plural};
use super::number::{Form, Number};
use super::range::is_change;
use crate::lexicon::Sense;
use crate::token::Shape;

/// How words of founding and opening begin, folded.
const FOUNDED: [&str; 24] = [
    "creat",
    "creac",
    "cread",
    "creo",
    "creee",
    "cree",
    "fundad",
    "fundac",
    "fundo",
    "fonde",
    "fondat",
    "establish",
    "estable",
    "found",
    "criad",
    "criac",
    "criou",
    "institui",
    "inaugur",
    "opened",
    "abrio",
    "abriu",
    "ouvert",
    "born",
];

/// Words for "other" that may stand before a number, folded.
const OTHER: [&str; 8] = ["a", "another", "other", "otros", "otras", "autres", "outros", "outras"];

/// Whether a folded word ends as a participle of the Romance languages does.
fn is_participle(word: &str) -> bool {
    ["ados", "adas", "idos", "idas", "ees", "es"].iter().any(|ending| word.ends_with(ending))
        && !word.ends_with("nes")
        && !word.ends_with("res")
        && word.chars().count() > 4
}

/// Most tokens of an item of a list that names a thing and says nothing of it.
const ITEM: usize = 12;

/// `one day`, `one way`: nothing is counted.
const ONES: [&str; 24] = [
    "day", "way", "thing", "hand", "side", "point", "time", "word", "reason", "another", "more", "such", "part",
    "year", "place", "case", "end", "occasion", "stop", "step", "size", "voice", "piece", "minute",
];

impl Case<'_> {
    pub(super) fn figure(&self, number: &Number) -> Verdict {
        let (doc, rules) = (self.doc, self.rules);
        match number.form {
            Form::Ordinal => return self.ordinal(number),
            Form::Fraction | Form::Share => return self.share(number),
            _ => {}
        }
        let (start, currency) = self.currency(number.tokens.start);
        let noun = self.noun(number, currency);
        // "se ha multiplicado por cuatro": so many times.
        let hedged = rules.hedges.before(&doc.tokens, start).map_or(start, |(at, _)| at);
        let times = hedged.checked_sub(2).filter(|at| {
            *at >= self.sentence.start
                && doc.fold(*at).starts_with("multipl")
                && matches!(doc.fold(hedged - 1), "por" | "par" | "by")
        });
        // "twice the benefit": so many times, unless it is so often a day.
        let twice = doc.fold(number.tokens.start) == "twice";
        let noun = match times.or(twice.then_some(start)) {
            Some(_) if noun.as_ref().is_none_or(|noun| noun.kind == "count") && !(twice && noun.is_some()) => {
                let end = number.tokens.end;
                Some(Noun { unit: "time".to_owned(), kind: "share", end, words: end, known: true })
            }
            _ => noun,
        };
        // "cinq armes, dont deux fabriquées par impression": what was done to some of them is no noun.
        let part = || rules.of_them.before(&doc.tokens, start).is_some();
        let noun = noun.filter(|noun| noun.known || !(part() && is_participle(doc.fold(noun.words))));
        let Some(noun) = noun else { return Verdict::Ignored(if number.one { "one" } else { "no-unit" }) };
        if number.one && !self.counts_one(number, &noun) {
            return Verdict::Ignored("one");
        }
        let Some(mut value) = number.value else { return Verdict::Ignored("ambiguous-number") };
        if number.doubtful && (noun.kind == "count" || noun.kind == "money" && number.scale == 0) {
            // Nobody counts 12.000 people to the thousandth: three digits behind either mark are thousands.
            value = (value * 1000.0).round();
        }
        if noun.kind == "count" && number.form == Form::Words && !noun.known && value < 2.0 {
            return Verdict::Ignored("no-unit");
        }
        let mut phrase_start = start;
        let mut qualifier = match number.form {
            Form::Collective(qualifier) => qualifier,
            _ => "exact",
        };
        // The hedge nearest to the number, and one more before it ("at least some 20"); "al menos otras diez".
        let other = start.checked_sub(1).filter(|at| OTHER.contains(&doc.fold(*at)));
        let hedge = rules.hedges.before(&doc.tokens, start).or_else(|| rules.hedges.before(&doc.tokens, other?));
        let hedge = hedge.or_else(|| self.set_off(start));
        // "casi un 31 %": an article before a share.
        let article = start.checked_sub(1).filter(|at| {
            noun.kind == "share"
                && matches!(
                    doc.fold(*at),
                    "un" | "une" | "una" | "um" | "uma" | "el" | "la" | "le" | "o" | "a" | "os" | "los" | "les"
                )
        });
        let hedge = hedge.or_else(|| rules.hedges.before(&doc.tokens, article?));
        if let Some((at, hedge)) = hedge.filter(|(at, _)| *at >= self.sentence.start) {
            phrase_start = at;
            // "about hundreds of servers" is no firmer than "hundreds".
            let vague = qualifier == "order_of_magnitude"
                && (hedge == "approx"
                    || ["pued", "pode", "peut", "peuv"].iter().any(|can| doc.fold(at).starts_with(can)));
            if !(vague || hedge == "exact" && matches!(number.form, Form::Collective(_))) {
                qualifier = known(hedge);
            }
            if qualifier == "exact"
                && let Some((over, outer)) = rules.hedges.before(&doc.tokens, at)
            {
                (phrase_start, qualifier) = (over, known(outer));
            }
        }
        // "the first nine months of 2021": a time, and no count of months.
        let before = start.checked_sub(1).map(|at| doc.fold(at)).unwrap_or_default();
        if noun.kind == "duration" && matches!(before, "first" | "primeros" | "primeras" | "primeiros" | "premiers") {
            return Verdict::Ignored("date");
        }
        // "se redujo hasta las 6 100 hectáreas", "for training over four years": no bound.
        if qualifier == "le" && noun.kind != "duration" && self.changes(phrase_start)
            || qualifier == "gt" && self.lasts(phrase_start, &noun)
        {
            (phrase_start, qualifier) = (start, "exact");
        }
        // "passou de 36,2 toneladas em 2022 para 42,8": from there to here.
        let passed = doc.fold(phrase_start).starts_with("pas") && qualifier == "gt";
        if passed && (noun.end..(noun.end + 8).min(self.sentence.end)).any(|at| matches!(doc.fold(at), "para" | "a")) {
            (phrase_start, qualifier) = (start, "exact");
        }
        let measure = self.measure(noun.words, noun.end);
        let plus = doc.fold(number.tokens.end) == "+";
        let mut end = noun.end;
        if plus {
            qualifier = "ge";
        } else if let Some((after, hedge)) = self.hedge_after(number.tokens.end, noun.end, measure.as_ref()) {
            qualifier = known(hedge);
            end = after.max(end);
        }
        if noun.unit == "year" && qualifier == "exact" && value >= 2.0 && self.is_anniversary(noun.end) {
            qualifier = "rounded_anniversary";
        }
        // "nueve horas y media": half of the unit more.
        if let Some((over, ())) = rules.joins.at(&doc.tokens, noun.end)
            && matches!(doc.fold(over), "medio" | "media" | "demi" | "demie" | "meio" | "meia")
            && (matches!(noun.kind, "duration" | "mass") || matches!(noun.unit.as_str(), "time"))
        {
            value += 0.5;
            end = over + 1;
        }
        let future = || {
            let from = phrase_start.saturating_sub(9).max(self.sentence.start);
            let ahead = (from..phrase_start).rev().find(|at| self.looks_ahead(*at));
            // Of what stands between, the first number is the one that is looked ahead to.
            let year = |at: usize| doc.fold(at).len() == 4 && matches!(doc.fold(at).get(..2), Some("19" | "20"));
            let counted = |at: usize| {
                doc.token(at).is_some_and(|token| token.shape == Shape::Digits) && !year(at)
                    || rules.words.at(&doc.tokens, at).is_some_and(|(_, value)| value.value() >= 2.0)
            };
            ahead.is_some_and(|at| !(at..phrase_start).any(counted))
        };
        if qualifier == "exact"
            && matches!(noun.kind, "count" | "mass" | "money")
            && number.form != Form::Roman
            && future()
        {
            qualifier = "projected";
        }
        // "one of 20 countries": the phrase holds the one as well.
        if let Some(one) = phrase_start.checked_sub(2).filter(|one| *one >= self.sentence.start)
            && matches!(doc.fold(one), "one" | "uno" | "una" | "un" | "une" | "um" | "uma")
            && rules.of.is_at(&doc.tokens, one + 1)
        {
            phrase_start = one;
        }
        Verdict::Figure(Found {
            number: number.tokens.clone(),
            value,
            value_high: None,
            qualifier,
            measure,
            unit: noun.unit,
            noun: (noun.words < noun.end).then_some(noun.words..noun.end),
            kind: noun.kind,
            phrase: phrase_start..end,
        })
    }

    /// "a formação de, pelo menos, 500 magistrados": a hedge between commas.
    fn set_off(&self, number: usize) -> Option<(usize, &String)> {
        let comma = number.checked_sub(1).filter(|at| self.doc.fold(*at) == ",")?;
        let hedge = self.rules.hedges.before(&self.doc.tokens, comma)?;
        let opened = hedge.0.checked_sub(1).is_some_and(|at| self.doc.fold(at) == ",");
        opened.then_some(hedge)
    }

    /// A hedge behind a number, its noun, or all that is said of it; a comma may part it: "8.000 suscriptores,
    /// aproximadamente".
    pub(super) fn hedge_after(
        &self,
        number: usize,
        noun: usize,
        measure: Option<&Range<usize>>,
    ) -> Option<(usize, &'static str)> {
        let (doc, rules) = (self.doc, self.rules);
        let places = [Some(noun), Some(number), measure.map(|range| range.end)];
        places.into_iter().flatten().find_map(|at| {
            let comma = doc.fold(at) == ",";
            let (over, hedge) = rules.hedges_after.at(&doc.tokens, at + usize::from(comma))?;
            // "70 pays et plus de 10 millions": the hedge of what follows.
            let longer =
                (at..over).any(|at| rules.hedges.at(&doc.tokens, at).is_some_and(|(further, _)| further > over));
            if longer {
                return None;
            }
            // "250 personas, aproximadamente 30 de ellas": it goes with the number behind it.
            let next = doc.token(over).is_some_and(|token| token.shape == Shape::Digits)
                || rules.words.is_at(&doc.tokens, over)
                || rules.currency_before.is_at(&doc.tokens, over);
            (over <= self.sentence.end && !(next && (comma || rules.hedges.is_at(&doc.tokens, over - 1))))
                .then(|| (over, known(hedge)))
        })
    }

    /// Whether a verb of change stands before: "fell to", "se redujo hasta".
    fn changes(&self, before: usize) -> bool {
        let from = before.saturating_sub(14).max(self.sentence.start);
        (from..before).any(|at| is_change(self.doc.fold(at)))
    }

    /// "for training over four years": the time that something takes, and no age nor a time that has passed.
    fn lasts(&self, hedge: usize, noun: &Noun) -> bool {
        let doc = self.doc;
        let before = hedge.checked_sub(1).map(|at| doc.fold(at)).unwrap_or_default();
        doc.fold(hedge) == "over"
            && noun.kind == "duration"
            && !matches!(before, "for" | "of" | "lasting" | "lasted" | "took" | "well" | "just" | "aged")
            && !matches!(doc.fold(noun.end), "old" | "ago" | "of" | "-")
    }

    /// Whether a word for one counts: in English before a noun; elsewhere it is an article, unless a hedge or a
    /// measure makes it a number ("más de una tonelada").
    pub(super) fn counts_one(&self, number: &Number, noun: &Noun) -> bool {
        let doc = self.doc;
        let next = number.tokens.end;
        if self.rules.of.is_at(&doc.tokens, next) || noun.words != next && doc.fold(next) != "-" {
            return false;
        }
        let hedged = self.rules.hedges.before(&doc.tokens, number.tokens.start).is_some();
        if hedged && noun.known && noun.kind != "count" || matches!(noun.kind, "share" | "rate") {
            return true;
        }
        let english = self.rules.language == "en";
        // "en un an", "num só dia": in the time of one.
        let before = number.tokens.start.checked_sub(1).map(|at| doc.fold(at)).unwrap_or_default();
        let ends = doc.token(noun.end).is_none_or(|token| token.shape == Shape::Mark);
        let long = matches!(noun.unit.as_str(), "decade" | "century");
        if !english && noun.kind == "duration" && !long && matches!(before, "en" | "em" | "num" | "numa" | "sur") {
            return ends || noun.end >= self.sentence.end || doc.is_function_word(noun.end);
        }
        if !noun.known {
            return !english && noun.kind == "count" && self.is_listed(number, noun);
        }
        if noun.kind == "money" || ONES.contains(&doc.fold(next)) {
            return false;
        }
        number.form == Form::Digits || english || noun.kind == "count" && self.is_listed(number, noun)
    }

    /// "cuatro hombres y una mujer", "une femme et deux enfants": one of a list of numbers.
    fn is_listed(&self, number: &Number, noun: &Noun) -> bool {
        let (doc, rules) = (self.doc, self.rules);
        let joins = |at: usize| matches!(doc.fold(at), "e" | "mas" | "plus") || rules.joins.is_at(&doc.tokens, at);
        // A number of two or more, and a noun that counts or at least a plural: "três impressoras".
        let counts_things = |at: usize| {
            let number = doc.token(at).is_some_and(|token| token.shape == Shape::Digits)
                || rules.words.at(&doc.tokens, at).is_some_and(|(_, value)| value.value() >= 2.0);
            number
                && (at + 1..at + 3).any(|noun| match rules.units.at(&doc.tokens, noun) {
                    Some((_, unit)) => unit.kind == "count",
                    None => {
                        noun == at + 1
                            && is_plural(doc.fold(noun))
                            && doc.token(noun).is_some_and(|token| token.shape == Shape::Small)
                    }
                })
        };
        let start = number.tokens.start;
        // "- una pistola detonadora y 26 cartuchos;": an item of a list with marks.
        let item = start == self.sentence.start + 1
            && matches!(doc.fold(start - 1), "-" | "*" | "•" | "·")
            && self.sentence.len() <= ITEM;
        if item && noun.known {
            return true;
        }
        let led = start > self.sentence.start && joins(start - 1);
        let from = start.saturating_sub(14).max(self.sentence.start);
        // "une hausse de 130 %": what it is of is counted, not it.
        let of_number = rules.of.at(&doc.tokens, noun.end).is_some_and(|(over, ())| {
            doc.token(over).is_some_and(|token| token.shape == Shape::Digits)
                && (over + 1..over + 4).any(|at| {
                    rules.units.at(&doc.tokens, at).is_some_and(|(_, unit)| matches!(unit.kind, "share" | "money"))
                })
        });
        if of_number {
            return false;
        }
        let before = led && (from..start - 1).any(counts_things);
        // "dos choferes, un despachante y un operario": between commas, and the list goes on.
        let comma = start > self.sentence.start && doc.fold(start - 1) == ",";
        let goes_on = (noun.end..(noun.end + 8).min(self.sentence.end)).any(|at| {
            let next = at + 1;
            let article = rules.words.at(&doc.tokens, next).is_some_and(|(_, value)| value.value() >= 1.0);
            let digits = doc.token(next).is_some_and(|token| token.shape == Shape::Digits);
            (joins(at) || doc.fold(at) == ",") && (counts_things(next) || article || digits || doc.fold(next) == "$")
        });
        if comma && goes_on && (from..start - 1).any(counts_things) {
            return true;
        }
        let after = joins(noun.end) && noun.end + 1 < self.sentence.end && counts_things(noun.end + 1);
        before || after
    }

    pub(super) fn is_anniversary(&self, end: usize) -> bool {
        let doc = self.doc;
        // "se celebrará dentro de dos años": a time to come.
        let from = end.saturating_sub(5).max(self.sentence.start);
        if (from..end).any(|at| matches!(doc.fold(at), "dentro" | "within" | "dans" | "daqui")) {
            return false;
        }
        // "deberá cumplir 20 años de presidio": a sentence.
        let served = (end + 1..end + 2).any(|at| {
            ["presid", "prisi", "priso", "carcel", "reclu", "condena", "pena", "peine"]
                .iter()
                .any(|stem| doc.fold(at).starts_with(stem))
        });
        // "deberán cumplir 38 y 33 años"
        let owed = (end.saturating_sub(9).max(self.sentence.start)..end).any(|at| {
            doc.fold(at) == "cumplir" && at.checked_sub(1).is_some_and(|modal| doc.fold(modal).starts_with("deb"))
        });
        if served || owed {
            return false;
        }
        let marked = (self.sentence.start..end).rev().take(7).any(|at| {
            ["celebr", "cumpl", "complet", "conmemor", "comemor", "fete", "commemorat"]
                .iter()
                .any(|stem| doc.fold(at).starts_with(stem))
        });
        let near = marked
            || (end..(end + 3).min(self.sentence.end))
                .any(|at| self.rules.anniversary.is_at(&doc.tokens, at) && doc.fold(at) != "ago");
        let told = || {
            let ago = doc.is(end, |sense| matches!(sense, Sense::Ago));
            let led = (self.sentence.start..end).any(|at| doc.is(at, |sense| matches!(sense, Sense::BeforeAgo)));
            let from = end.saturating_sub(10).max(self.sentence.start);
            let founded = (from..(end + 6).min(self.sentence.end))
                .any(|at| FOUNDED.iter().any(|stem| doc.fold(at).starts_with(stem)));
            (ago || led) && founded
        };
        near || told()
    }
}
