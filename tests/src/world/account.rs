//! Which texts an archive must have, and which it may.

use std::collections::{BTreeMap, BTreeSet};

/// Texts that are told apart by what they say, so that each is one message.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Each of these exactly once.
    pub must: BTreeSet<String>,
    /// Each of these at most once.
    pub may: BTreeSet<String>,
}

impl Account {
    /// Texts that were taken back.
    pub fn gone(&mut self, texts: &[String]) {
        for text in texts {
            self.must.remove(text);
            self.may.remove(text);
        }
    }

    /// Texts that may be there or not: nobody knows.
    pub fn unsure(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            self.must.remove(&text);
            self.may.insert(text);
        }
    }

    /// What is wrong with the texts of an archive.
    #[must_use]
    pub fn compare(&self, found: &[String]) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for text in found {
            *counts.entry(text).or_default() += 1;
        }
        let twice = counts.iter().filter(|(_, count)| **count > 1);
        let twice = twice.map(|(text, count)| format!("{count} times: {text}"));
        let known = |text: &str| self.must.contains(text) || self.may.contains(text);
        let strange = counts.keys().filter(|text| !known(text));
        let strange = strange.map(|text| format!("must not be there: {text}"));
        let missing = self.must.iter().filter(|text| !counts.contains_key(text.as_str()));
        let missing = missing.map(|text| format!("lost: {text}"));
        twice.chain(strange).chain(missing).collect()
    }
}
