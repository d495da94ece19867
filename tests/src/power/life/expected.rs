//! What must be in the archive after a life, and what may be.

use std::collections::{BTreeMap, BTreeSet};

use fenming_core::agent::EmployeeTag;
use fenming_wire::policy::{Policy, WithdrawalRule};

use super::{Chat, Mark, Step};

/// What must be in the archive, and what may be.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    consent: bool,
    paused: bool,
    tags: BTreeMap<Chat, EmployeeTag>,
    /// Each of these exactly once.
    pub must: BTreeSet<String>,
    /// Each of these at most once.
    pub may: BTreeSet<String>,
    /// Of each of these all or none: an act that nobody acknowledged is done or is not.
    whole: Vec<BTreeSet<String>>,
}

impl Expected {
    /// A step was acknowledged.
    pub fn done(&mut self, step: &Step, mark: &Mark, policy: &Policy) {
        match step {
            Step::Agree => self.consent = true,
            Step::Pause(paused) => self.paused = *paused,
            Step::Observe(chats) if self.consent && !self.paused => {
                for (place, chat) in chats.iter().enumerate() {
                    if self.is_business(*chat) {
                        self.must.insert(chat.text(mark.step, place));
                    }
                }
            }
            Step::Retract => self.drop_all(&mark.texts),
            Step::Tag(chat, tag) => {
                match tag {
                    Some(EmployeeTag::Business) if self.consent => {
                        self.must.extend(mark.texts.iter().cloned());
                    }
                    Some(EmployeeTag::Business) | None => {}
                    Some(EmployeeTag::Personal) => self.drop_all(&mark.texts),
                }
                match tag {
                    Some(tag) if mark.known => drop(self.tags.insert(*chat, *tag)),
                    None if mark.known => drop(self.tags.remove(chat)),
                    Some(_) | None => {}
                }
            }
            Step::Withdraw => {
                self.consent = false;
                if policy.on_withdrawal == WithdrawalRule::DestroyUnsent {
                    self.unsure_of_all();
                }
            }
            Step::Enrol | Step::Observe(_) | Step::Pass(_) | Step::Run | Step::Publish => {}
            Step::Suspend | Step::Reopen | Step::Reboot => {}
        }
    }

    /// A step was begun, and nobody knows what came of it.
    pub fn begun(&mut self, step: &Step, mark: &Mark, policy: &Policy) {
        let texts: Vec<String> = match step {
            Step::Retract | Step::Tag(..) => mark.texts.clone(),
            Step::Observe(chats) => {
                chats.iter().enumerate().map(|(n, chat)| chat.text(mark.step, n)).collect()
            }
            _ => Vec::new(),
        };
        if matches!(step, Step::Tag(..)) {
            self.whole.push(texts.iter().cloned().collect());
        }
        self.maybe(&texts);
        if *step == Step::Withdraw && policy.on_withdrawal == WithdrawalRule::DestroyUnsent {
            self.unsure_of_all();
        }
    }

    /// These may be there or not.
    pub fn maybe(&mut self, texts: &[String]) {
        for text in texts {
            self.must.remove(text);
            self.may.insert(text.clone());
        }
    }

    /// What is wrong with these texts.
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
        let halves = self.whole.iter().filter(|texts| {
            let there = texts.iter().filter(|text| counts.contains_key(text.as_str())).count();
            there > 0 && there < texts.len()
        });
        let halves = halves.map(|texts| format!("done by half: {texts:?}"));
        twice.chain(strange).chain(missing).chain(halves).collect()
    }

    fn is_business(&self, chat: Chat) -> bool {
        match self.tags.get(&chat) {
            Some(EmployeeTag::Business) => true,
            Some(EmployeeTag::Personal) => false,
            None => matches!(chat, Chat::Client | Chat::Second),
        }
    }

    fn drop_all(&mut self, texts: &[String]) {
        for text in texts {
            self.must.remove(text);
            self.may.remove(text);
            for whole in &mut self.whole {
                whole.remove(text);
            }
        }
    }

    fn unsure_of_all(&mut self) {
        self.whole.clear();
        self.may.append(&mut self.must);
    }
}
