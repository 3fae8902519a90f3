//! Who holds which role.

use std::collections::BTreeMap;

use super::Links;
use crate::names::Person;
use crate::quote::best_description;

impl Links<'_> {
    pub(super) fn roles(&mut self) {
        let mut people: BTreeMap<&str, &Person> = BTreeMap::new();
        for person in self.read.names.people.iter().filter(|person| person.role.is_some()) {
            let known = people.entry(&person.name).or_insert(person);
            // A caption has the name in capitals; the sentence that says who somebody is goes before it.
            if self.shouted(known) && !self.shouted(person) {
                *known = person;
            }
        }
        for person in people.into_values() {
            let (role, organisation) = best_description(self.read.names, person);
            let role = role.unwrap_or_default();
            let object = match organisation {
                Some(organisation) => format!("{role}, {organisation}"),
                None => role,
            };
            self.add(person.name.clone(), "holds_role", object, person.whole.clone());
        }
    }

    /// Whether a name is printed with a word in capitals.
    fn shouted(&self, person: &Person) -> bool {
        let loud = |word: &str| word.chars().count() > 2 && word.chars().all(|c| !c.is_lowercase());
        self.doc.words(&person.tokens).split(' ').any(loud)
    }
}
