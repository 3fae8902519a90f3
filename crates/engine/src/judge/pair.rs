//! One check and one record, judged.

use quipu_keys::{Key, KeyKind};

use super::{Hit, Judged, Mark, Rules, Withheld};
use crate::grade::{Grade, Met, Side, meet, remarks};
use crate::issuer::Countries;
use crate::near::{Agreement, By, Person, numbers_are_near};
use crate::probe::Place;
use crate::row::{Asked, Held};
use crate::rule::{self, Answer};

/// Judges one pair: a check with its place, and a record with its key and row. `by` is how it was found, `owned` says that
/// the records say whose they are.
pub(crate) fn judge_pair(
    rules: &Rules,
    own: &mut Judged,
    kind: &'static dyn KeyKind,
    (asked, place): (&Asked, Place),
    (held, held_key, record): (&Held, &Key, u32),
    by: By,
    owned: bool,
) {
    let asked_key = kind.normalise(&asked.key_raw, None);
    let (one, two) = (Side { raw: &asked.key_raw, key: &asked_key }, Side { raw: &held.key_raw, key: held_key });
    let (met, agreement) = match (meet(kind, one, two), by) {
        (Some(met), By::Key | By::Number) => (met, None),
        (None, By::Near) if numbers_are_near(kind, &asked_key, held_key) => {
            let agreement = agreement((asked, &asked_key), (held, held_key));
            if !agreement.any() {
                return;
            }
            (Met { grade: Grade::Near, key: held_key.normal.clone() }, Some(agreement))
        }
        // What meets by its key as well is found by that.
        (None, _) | (Some(_), By::Near) => return,
    };
    let issuers = Issuers::of(kind, asked, &asked_key, held, held_key, rules.countries);
    let answer = rule::answer(asked, held, rules.as_of, owned, rules.countries);
    let answer = match issuers {
        Issuers::Differ => return,
        Issuers::Missing => {
            // Only what is the same but for the issuer, and would be a hit with it.
            if by != By::Number || met.grade == Grade::Confusable || answer != Answer::Hit {
                return;
            }
            own.cannot_say.push((place, record));
            Answer::CannotSay
        }
        Issuers::Same(_) if by == By::Number => return,
        Issuers::Same(_) if !rules.grades.has(&held.database, met.grade) => Answer::GradeNotScreened,
        Issuers::Same(_) => answer,
    };
    own.answer(place, answer);
    if answer == Answer::DeniedByOwner {
        own.withheld.push(Withheld {
            record_id: held.record_id.clone(),
            check_id: asked.check_id.clone(),
            database: held.database.clone(),
            owner: held.owner.clone(),
            grade: met.grade,
            asked_by: asked.by.clone(),
            purpose: asked.purpose.clone(),
        });
    }
    if answer != Answer::Hit {
        return;
    }
    let mut reasons = vec![match met.grade {
        Grade::Confusable => "characters-look-alike",
        Grade::Near => "one-edit-apart",
        Grade::Exact | Grade::Normalised | Grade::Repaired => kind.same(),
    }];
    if let Some(agreement) = agreement {
        reasons.extend(agreement.birth.then_some("same-birth-date"));
        reasons.extend(agreement.names.then_some("names-agree"));
    }
    if let Issuers::Same(word) = issuers {
        reasons.extend(word);
    }
    for word in remarks(&asked_key).chain(remarks(held_key)) {
        if !reasons.contains(&word) {
            reasons.push(word);
        }
    }
    let hit = Hit {
        check_id: asked.check_id.clone(),
        record_id: held.record_id.clone(),
        grade: met.grade,
        database: held.database.clone(),
        key_kind: kind.name(),
        key: match rules.secret {
            Some(secret) if kind.is_secret() => secret.shown(&met.key),
            _ => met.key,
        },
        reasons,
        marking: Mark(asked.marking.strictest(held.marking)),
        asked_by: asked.by.clone(),
        purpose: asked.purpose.clone(),
    };
    own.hits.push((hit, place, record));
}

/// In what the people of both sides agree.
pub(crate) fn agreement((asked, asked_key): (&Asked, &Key), (held, held_key): (&Held, &Key)) -> Agreement {
    let one = Person::of(asked.names.as_deref(), asked.birth_date, asked_key.holder.as_ref());
    one.agrees(&Person::of(held.names.as_deref(), held.birth_date, held_key.holder.as_ref()))
}

/// Whether two keys are of one issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Issuers {
    /// They are, or the issuer is no part of the key; and what a hit has to say of it.
    Same(Option<&'static str>),
    Differ,
    Missing,
}

impl Issuers {
    fn of(
        kind: &dyn KeyKind,
        asked: &Asked,
        asked_key: &Key,
        held: &Held,
        held_key: &Key,
        countries: &Countries,
    ) -> Self {
        if !kind.needs_issuer() {
            return Self::Same(None);
        }
        // The lines of a machine-readable zone say their issuer themselves.
        let stated = |column: &Option<String>, key: &Key| {
            let code = countries.code(column.as_deref());
            let shown = column.clone().filter(|_| code.is_some()).or_else(|| key.issuer.clone());
            (code.or_else(|| countries.code(key.issuer.as_deref())), shown.unwrap_or_default().trim().to_uppercase())
        };
        match (stated(&asked.issuer, asked_key), stated(&held.issuer, held_key)) {
            ((None, _), _) | (_, (None, _)) => Self::Missing,
            ((one, _), (two, _)) if one != two => Self::Differ,
            // `BR` and `BRA` are one country by the code list, and the reader should know that it was needed.
            ((_, one), (_, two)) if one == two => Self::Same(Some("same-issuer")),
            _ => Self::Same(Some("same-issuer-by-code-list")),
        }
    }
}
