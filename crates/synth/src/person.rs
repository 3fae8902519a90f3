//! Holders of documents: people who do not exist, by names that many have.

use crate::chance::{Draw, below, draw};

const GIVEN: [&str; 40] = [
    "María",
    "José",
    "Ana",
    "João",
    "Luiz",
    "Carlos",
    "Rosa",
    "Juan",
    "Pedro",
    "Lucía",
    "Sofía",
    "Mateus",
    "Inês",
    "Tiago",
    "Camille",
    "Jérôme",
    "Élodie",
    "François",
    "Noémie",
    "Luc",
    "Emily",
    "James",
    "Grace",
    "Oliver",
    "Hannah",
    "Jörg",
    "Ursula",
    "Günther",
    "Ingrid",
    "Søren",
    "Åsa",
    "Olga",
    "Dmitri",
    "Fatima",
    "Omar",
    "Leila",
    "Wei",
    "Mei",
    "Kenji",
    "Aiko",
];

const SURNAMES: [&str; 60] = [
    "Silva",
    "Souza",
    "Santos",
    "Oliveira",
    "Pereira",
    "Conceição",
    "Araújo",
    "Rodríguez",
    "González",
    "Hernández",
    "López",
    "Martínez",
    "Pérez",
    "Núñez",
    "Quispe",
    "Mamani",
    "Rojas",
    "Soto",
    "Muñoz",
    "Fuentes",
    "Cruz",
    "Vargas",
    "Castro",
    "Gómez",
    "Tremblay",
    "Gagnon",
    "Lévesque",
    "Dubois",
    "Lefèvre",
    "Moreau",
    "Roux",
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Clarke",
    "O'Connor",
    "Walker",
    "Müller",
    "Schröder",
    "Weiß",
    "Becker",
    "Jensen",
    "Sørensen",
    "Lindström",
    "Nowak",
    "Kowalski",
    "Ivanov",
    "Petrov",
    "Rossi",
    "Bianchi",
    "Ahmed",
    "Hassan",
    "Khan",
    "Chen",
    "Zhang",
    "Nguyen",
    "Tanaka",
    "Suzuki",
    "Okafor",
];

/// A holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Two surnames, and one or two given names.
    surnames: [&'static str; 2],
    given: [&'static str; 2],
    /// In days since 1970-01-01: from 1940 to 2008.
    pub(crate) born: i32,
}

/// Whether the keys of a kind are those of documents that somebody holds.
pub(crate) fn is_held(kind: &str) -> bool {
    matches!(kind, "travel-document" | "administrative-document")
}

impl Person {
    /// The person of a number.
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let drawn = draw(seed, Draw::Person, number);
        let name = |names: &[&'static str], part: u32| {
            let at = (drawn >> part) % names.len() as u64;
            usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
        };
        let second = if drawn % 10 < 4 { name(&GIVEN, 40) } else { "" };
        let born = i32::try_from(below(seed, Draw::Born, number, 25_000)).unwrap_or(0) - 10_957;
        Self { surnames: [name(&SURNAMES, 8), name(&SURNAMES, 20)], given: [name(&GIVEN, 32), second], born }
    }

    /// As an owner writes it down.
    pub(crate) fn as_held(&self) -> String {
        let [one, two] = self.surnames;
        format!("{one} {two}, {}", self.given.join(" ").trim_end())
    }

    /// As an asker does: all of the names, the first surname alone, or in capitals without marks.
    pub(crate) fn as_asked(&self, choice: u64) -> String {
        let [first, _] = self.given;
        let [one, two] = self.surnames;
        match choice % 3 {
            0 => format!("{} {one} {two}", self.given.join(" ").trim_end()),
            1 => format!("{first} {one}"),
            _ => quipu_keys::transliterated(&format!("{one} {two} {first}")),
        }
    }
}
