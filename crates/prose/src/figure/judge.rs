//! From numbers to figures: hedge, unit, range, and what is counted; and the rules by which a number is none.

use std::ops::Range;

use super::noun::Noun;
use super::number::{Form, Locale, Number};
use super::rules::Rules;
use crate::analysis::Analysis;
use crate::date::{Dated, Precision};
use crate::lexicon::Sense;
use crate::token::Shape;

/// A figure. Ranges count tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) number: Range<usize>,
    pub(crate) value: f64,
    pub(crate) value_high: Option<f64>,
    pub(crate) qualifier: &'static str,
    pub(crate) unit: String,
    pub(crate) kind: &'static str,
    /// The noun as printed, where the number has one of its own.
    pub(crate) noun: Option<Range<usize>>,
    /// Hedge to unit.
    pub(crate) phrase: Range<usize>,
    /// What is counted, where more is said than the unit.
    pub(crate) measure: Option<Range<usize>>,
}

/// What became of one number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    Figure(Found),
    /// Left out, by rule.
    Ignored(&'static str),
}

/// What is known when the numbers of a sentence are judged. Ranges count tokens.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) dates: &'a [Dated],
    /// Dates whose year nothing tells.
    pub(crate) undated: &'a [Range<usize>],
    /// Names, whose numbers are no figures unless they number a series.
    pub(crate) names: &'a [Name],
    /// The figures of the sentences before.
    pub(crate) found: &'a [Found],
    /// Country of the report.
    pub(crate) home: Option<&'a str>,
}

/// The verdict on every number of a sentence, in order.
pub(crate) fn judge(
    doc: &Analysis<'_>,
    sentence: &Range<usize>,
    numbers: &[Number],
    known: Known<'_>,
    locale: Locale<'_>,
) -> Vec<Verdict> {
    let Known { found, home, names, .. } = known;
    let series = found.iter().rev().take(NEAR).any(|found| found.unit == "edition");
    let case = Case { doc, rules: locale.rules, sentence, home, earlier: found.last(), series };
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(numbers.len());
    let mut rest = numbers;
    let mut identified: Option<usize> = None;
    while let Some((number, others)) = rest.split_first() {
        rest = others;
        // The words of the unit before it: "41 por cento".
        let within = verdicts
            .iter()
            .any(|verdict| matches!(verdict, Verdict::Figure(found) if found.phrase.end > number.tokens.start));
        if within {
            verdicts.push(Verdict::Ignored("part-of-unit"));
            continue;
        }
        if let Some(rule) = case.excluded(number, known) {
            verdicts.push(Verdict::Ignored(rule));
            identified = (rule == "identifier").then_some(number.tokens.end);
            continue;
        }
        // "artículos 145 bis y 145 ter": what is joined to an identifier is one.
        if let Some(end) =
            identified.filter(|end| number.plain && number.tokens.start <= end + 2 && number.tokens.start > *end)
        {
            let linked = (end..number.tokens.start)
                .any(|at| matches!(doc.fold(at), "," | "-") || case.rules.joins.is_at(&doc.tokens, at));
            if linked && case.noun(number, None).is_none_or(|noun| !noun.known) {
                verdicts.push(Verdict::Ignored("identifier"));
                identified = Some(number.tokens.end);
                continue;
            }
        }
        if number.form == Form::Roman {
            verdicts.push(case.roman(number, names));
            continue;
        }
        if let Some((next, beyond)) = others.split_first()
            && case.excluded(next, known).is_none()
            && let Some(range) = case.range_of(number, next, &verdicts)
        {
            verdicts.push(Verdict::Figure(range));
            verdicts.push(Verdict::Ignored("range-end"));
            rest = beyond;
            continue;
        }
        let verdict = case.figure(number);
        let verdict = match verdict {
            Verdict::Ignored(rule @ ("no-unit" | "one")) => {
                let before: Vec<&Found> = verdicts.iter().filter_map(Verdict::found).collect();
                case.inherited(number, &before, others).map_or(Verdict::Ignored(rule), Verdict::Figure)
            }
            verdict => verdict,
        };
        verdicts.push(verdict);
    }
    verdicts
}

impl Verdict {
    fn found(&self) -> Option<&Found> {
        match self {
            Self::Figure(found) => Some(found),
            Self::Ignored(_) => None,
        }
    }
}

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
    "fondee",
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

/// How words that look ahead begin, folded.
const FUTURE: [&str; 20] = [
    "projected",
    "forecast",
    "predict",
    "llegara",
    "alcanzara",
    "preve",
    "previs",
    "devrait",
    "devraient",
    "attendons",
    "prevoi",
    "atteindra",
    "devera",
    "chegara",
    "projecao",
    "proyect",
    "projet",
    "reunira",
    "atingira",
    "reckons",
];

/// Words of change, folded: "rose from 20 to 30" states two figures and no range.
const CHANGE: [&str; 26] = [
    "rose", "risen", "rise", "fell", "fallen", "grew", "grown", "gone", "went", "increas", "decreas", "declin", "drop",
    "jump", "climb", "subi", "paso", "pasar", "passou", "passe", "aument", "cay", "baj", "crec", "redu", "caiu",
];

/// Figures before a number in which a series may have been spoken of.
const NEAR: usize = 8;

/// A name whose numbers are part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) tokens: Range<usize>,
    /// A series, whose number is an edition: `Operation Turquesa IV`.
    pub(crate) series: bool,
}

pub(super) struct Case<'a> {
    pub(super) doc: &'a Analysis<'a>,
    pub(super) rules: &'a Rules,
    pub(super) sentence: &'a Range<usize>,
    /// Country of the report, which tells what `$` and `pesos` are.
    pub(super) home: Option<&'a str>,
    /// The last figure of the sentence before.
    pub(super) earlier: Option<&'a Found>,
    /// A number of a series stands not far before.
    pub(super) series: bool,
}

/// `one day`, `one way`: nothing is counted.
const ONES: [&str; 24] = [
    "day", "way", "thing", "hand", "side", "point", "time", "word", "reason", "another", "more", "such", "part",
    "year", "place", "case", "end", "occasion", "stop", "step", "size", "voice", "piece", "minute",
];

impl Case<'_> {
    /// The rule that takes a number out, if one does.
    pub(super) fn excluded(&self, number: &Number, known: Known<'_>) -> Option<&'static str> {
        let Known { dates, undated, names, .. } = known;
        let (doc, rules) = (self.doc, self.rules);
        let Range { start, end } = number.tokens;
        let inside = |range: &Range<usize>| range.start <= start && end <= range.end;
        if undated.iter().any(|date| date.start < end && start < date.end) {
            return Some("date");
        }
        let dated =
            dates.iter().find(|date| inside(&date.tokens) || date.tokens.start < end && start < date.tokens.end);
        if let Some(date) = dated
            && !(date.relative && inside(&date.tokens))
        {
            return Some(if date.precision == Precision::Year { "year" } else { "date" });
        }
        if number.why.is_some() {
            return number.why;
        }
        if number.form == Form::Roman {
            return None;
        }
        if names.iter().any(|name| !name.series && inside(&name.tokens) && name.tokens.len() > number.tokens.len()) {
            return Some("name");
        }
        if number.form == Form::Ordinal {
            let named = rules.before_identifier.before(&doc.tokens, start).is_some();
            return (named && number.plain).then_some("identifier");
        }
        if number.form == Form::Digits && rules.before_identifier.before(&doc.tokens, start).is_some() {
            let counted =
                number.plain && self.noun(number, None).is_some_and(|noun| noun.known && noun.end == noun.words + 1);
            let weak = rules
                .before_identifier
                .before(&doc.tokens, start)
                .is_some_and(|(at, ())| doc.fold(at) == "no" && start - at == 1);
            if !(weak && counted) {
                return Some("identifier");
            }
        }
        if !number.plain {
            // "Los Treinta": a number word written as a name.
            let name = number.form == Form::Words
                && start > self.sentence.start
                && number.tokens.len() == 1
                && doc.token(start).is_some_and(|token| token.shape == Shape::Title)
                && !doc.token(start - 1).is_some_and(|token| token.shape == Shape::Mark)
                && doc.is_function_word(start - 1);
            return name.then_some("name");
        }
        let digits = doc.fold(start);
        let legal = matches!(doc.fold(end), "bis" | "ter" | "quater" | "u")
            && (doc.fold(end) != "u" || doc.fold(end + 1) == ".");
        let signed = start > 0 && matches!(doc.fold(start - 1), "§" | "#" | "°" | "º");
        if digits.len() > 1 && digits.starts_with('0') || legal || signed {
            return Some("identifier");
        }
        let first = self.sentence.start == start || doc.token(start).is_some_and(|token| token.line);
        let mark = matches!(doc.fold(end), "." | ")" | "°") && doc.token(end).is_some_and(|mark| !mark.apart);
        if digits.len() <= 2 && first && mark && doc.token(end + 1).is_some_and(|next| next.apart) {
            return Some("list-number");
        }
        if rules.after_furniture.is_at(&doc.tokens, end) {
            return Some("furniture");
        }
        // "24 heures sur 24", "24 hours a day": always.
        let hours = doc.fold(end).starts_with('h')
            && matches!(doc.fold(end + 1), "por" | "sur" | "a" | "al" | "par" | "del" | "do");
        if digits == "24" && hours {
            return Some("idiom");
        }
        let always = digits == "24"
            && (doc.fold(end + 1) == "sur"
                || doc.fold(end + 1) == "a"
                || doc.fold(end) == "/"
                || start > 0 && doc.fold(start - 1) == "sur");
        if always {
            return Some("idiom");
        }
        let hour = digits.len() <= 2 && digits.parse::<u8>().is_ok_and(|hour| hour <= 24);
        if hour && rules.after_time.is_at(&doc.tokens, end) {
            return Some("time");
        }
        // `+56 2 2555 1234`, `555-0134`: digits among digits.
        let dash = |at: usize| {
            matches!(doc.fold(at), "-" | "+" | ".") && doc.token(at).is_some_and(|token| token.shape == Shape::Mark)
        };
        let digit = |at: usize| doc.token(at).is_some_and(|token| token.shape == Shape::Digits);
        let neighbour = digit(end) && doc.token(end).is_some_and(|token| token.apart)
            || start > 0 && digit(start - 1)
            || start > 0 && doc.fold(start - 1) == "+" && doc.token(start).is_some_and(|token| !token.apart);
        let dashed = dash(end)
            && digit(end + 1)
            && digits.len() >= 3
            && doc.token(end).is_some_and(|token| !token.apart)
            && doc.token(end + 1).is_some_and(|token| !token.apart)
            || start > 1 && dash(start - 1) && digit(start - 2) && doc.token(start).is_some_and(|token| !token.apart);
        let priced = rules.currency_before.before(&doc.tokens, start).is_some()
            || start > 1
                && doc.fold(start - 1) == "-"
                && rules.currency_before.before(&doc.tokens, start - 2).is_some();
        if (neighbour || dashed) && !priced && self.noun(number, None).is_none_or(|noun| !noun.known) {
            return Some("identifier");
        }
        let year = digits.len() == 4 && matches!(digits.parse(), Ok(1800..=2100));
        if year
            && rules.hedges.before(&doc.tokens, start).is_none()
            && self.noun(number, None).is_none_or(|noun| !noun.known)
        {
            return Some("year");
        }
        None
    }

    pub(super) fn figure(&self, number: &Number) -> Verdict {
        let (doc, rules) = (self.doc, self.rules);
        match number.form {
            Form::Ordinal => return self.ordinal(number),
            Form::Fraction | Form::Share => return self.share(number),
            _ => {}
        }
        let (start, currency) = self.currency(number.tokens.start);
        let noun = self.noun(number, currency);
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
        // The hedge nearest to the number, and one more before it ("at least some 20").
        if let Some((at, hedge)) = rules.hedges.before(&doc.tokens, start).filter(|(at, _)| *at >= self.sentence.start)
        {
            phrase_start = at;
            // "about hundreds of servers" is no firmer than "hundreds".
            let vague = qualifier == "order_of_magnitude" && hedge == "approx";
            if !(vague || hedge == "exact" && matches!(number.form, Form::Collective(_))) {
                qualifier = known(hedge);
            }
            if qualifier == "exact"
                && let Some((over, outer)) = rules.hedges.before(&doc.tokens, at)
            {
                (phrase_start, qualifier) = (over, known(outer));
            }
        }
        let plus = doc.fold(number.tokens.end) == "+";
        let mut end = noun.end;
        if plus {
            qualifier = "ge";
        } else if let Some((after, hedge)) = rules
            .hedges_after
            .at(&doc.tokens, noun.end)
            .or_else(|| rules.hedges_after.at(&doc.tokens, number.tokens.end))
        {
            qualifier = known(hedge);
            end = after.max(end);
        }
        if noun.unit == "year" && qualifier == "exact" && value >= 2.0 && self.is_anniversary(noun.end) {
            qualifier = "rounded_anniversary";
        }
        // "nueve horas y media": half of the unit more.
        if let Some((over, ())) = rules.joins.at(&doc.tokens, noun.end)
            && matches!(doc.fold(over), "medio" | "media" | "demi" | "demie" | "meio" | "meia")
            && matches!(noun.kind, "duration" | "mass")
        {
            value += 0.5;
            end = over + 1;
        }
        let future = || {
            (self.sentence.start..phrase_start)
                .rev()
                .take(9)
                .any(|at| FUTURE.iter().any(|stem| doc.fold(at).starts_with(stem)))
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
            measure: self.measure(noun.words, noun.end),
            unit: noun.unit,
            noun: (noun.words < noun.end).then_some(noun.words..noun.end),
            kind: noun.kind,
            phrase: phrase_start..end,
        })
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
        if !noun.known || noun.kind == "money" || ONES.contains(&doc.fold(next)) {
            return false;
        }
        number.form == Form::Digits || self.rules.language == "en"
    }

    pub(super) fn is_anniversary(&self, end: usize) -> bool {
        let doc = self.doc;
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
            let founded = self.sentence.clone().any(|at| FOUNDED.iter().any(|stem| doc.fold(at).starts_with(stem)));
            (ago || led) && founded
        };
        near || told()
    }

    pub(super) fn share(&self, number: &Number) -> Verdict {
        let (doc, rules) = (self.doc, self.rules);
        let Some(value) = number.value else { return Verdict::Ignored("ambiguous-number") };
        let start = number.tokens.start;
        // "half of 2023", "the first half", "half an hour": times.
        let time =
            doc.is(number.tokens.end, |sense| matches!(sense, Sense::TimeUnit(_) | Sense::Quarter | Sense::Half));
        let ordinal = start
            .checked_sub(1)
            .is_some_and(|at| rules.ordinals.is_at(&doc.tokens, at) || matches!(doc.fold(at), "last" | "-"));
        if number.form == Form::Fraction && (time || ordinal) {
            return Verdict::Ignored("fraction-of-time");
        }
        let mut phrase = number.tokens.clone();
        let mut qualifier = "exact";
        if let Some((at, hedge)) = rules.hedges.before(&doc.tokens, start).filter(|(at, _)| *at >= self.sentence.start)
        {
            (phrase.start, qualifier) = (at, known(hedge));
        }
        Verdict::Figure(Found {
            number: number.tokens.clone(),
            value,
            value_high: None,
            qualifier,
            unit: "share".to_owned(),
            kind: "share",
            noun: None,
            measure: self.measure(number.tokens.end, number.tokens.end),
            phrase: std::mem::replace(&mut phrase, 0..0),
        })
    }

    /// Two numbers that are the ends of one range.
    pub(super) fn range_of(&self, low: &Number, high: &Number, verdicts: &[Verdict]) -> Option<Found> {
        let (doc, rules) = (self.doc, self.rules);
        if !matches!((low.form, high.form), (Form::Digits | Form::Words, Form::Digits | Form::Words)) {
            return None;
        }
        let (high_start, high_currency) = self.currency(high.tokens.start);
        let (low_start, low_currency) = self.currency(low.tokens.start);
        // Between the two: a dash or a word, then perhaps a hedge.
        let inner = rules.hedges.before(&doc.tokens, high_start).map_or(high_start, |(at, _)| at.max(low.tokens.end));
        let mut from = low.tokens.end;
        // "entre 20 % et 30 %", "from 5 kg to 10 kg": the unit may stand twice.
        let unit = rules.units.at(&doc.tokens, from);
        if let Some((over, _)) = unit.filter(|(over, _)| *over <= inner) {
            from = over;
        }
        if from >= inner {
            return None;
        }
        let dash = inner == from + 1 && doc.fold(from) == "-";
        let word = rules.range_to.at(&doc.tokens, from).is_some_and(|(over, ())| over == inner);
        let hedge = rules.hedges.before(&doc.tokens, low_start);
        let opened = hedge.map_or(low_start, |(at, _)| at);
        let opening = rules.range_from.before(&doc.tokens, opened).map(|(at, ())| at);
        let needed = word && rules.grammar.needs_opening(doc.fold(from));
        if !(dash || word) || (needed && opening.is_none()) || low.doubtful != high.doubtful {
            return None;
        }
        let changes = || {
            (self.sentence.start..low.tokens.start)
                .rev()
                .take(12)
                .any(|at| CHANGE.iter().any(|stem| doc.fold(at).starts_with(stem)))
        };
        if word && opening.is_none_or(|at| !matches!(doc.fold(at), "between" | "entre")) && changes() {
            return None;
        }
        // "from three million searches in 2007 to more than 100 million": two figures, not one.
        let mut top = high.value?;
        let mut bottom = low.value?;
        // "40.000 à 60.000 dollars": thousands on both sides.
        if low.doubtful && high.doubtful {
            (top, bottom) = ((top * 1000.0).round(), (bottom * 1000.0).round());
        }
        // "5 to 10 million" shares its scale word.
        if low.scale == 0 && high.scale > 0 && bottom < high.unscaled? {
            bottom *= 10_f64.powi(high.scale);
        }
        if bottom >= top {
            return None;
        }
        let noun = match self.noun(high, high_currency.or(low_currency)) {
            Some(noun) => noun,
            None => {
                let before: Vec<&Found> = verdicts.iter().filter_map(Verdict::found).collect();
                let like = self.inherited(low, &before, &[])?;
                Noun { unit: like.unit, kind: like.kind, end: high.tokens.end, words: high.tokens.end, known: false }
            }
        };
        let start = opening.or(hedge.map(|(at, _)| at)).unwrap_or(low_start);
        Some(Found {
            number: low.tokens.start..high.tokens.end,
            value: bottom,
            value_high: Some(top),
            qualifier: "range",
            measure: self.measure(noun.words, noun.end),
            unit: noun.unit,
            noun: (noun.words < noun.end).then_some(noun.words..noun.end),
            kind: noun.kind,
            phrase: start..noun.end,
        })
    }
}

/// The qualifiers of `figure`, as the rules name them.
pub(super) fn known(qualifier: &str) -> &'static str {
    ["approx", "gt", "ge", "lt", "le", "projected", "exact"]
        .into_iter()
        .find(|known| *known == qualifier)
        .unwrap_or("exact")
}
