//! What must be in the archive after a life, and what may be.

use std::collections::{BTreeMap, BTreeSet};

use fenming_core::agent::EmployeeTag;
use fenming_wire::policy::{Policy, WithdrawalRule};

use super::{Chat, Mark, Step};
use crate::world::Account;

/// What must be in the archive, and what may be.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    consent: bool,
    paused: bool,
    tags: BTreeMap<Chat, EmployeeTag>,
    account: Account,
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
                        self.account.must.insert(chat.text(mark.step, place));
                    }
                }
            }
            Step::Retract => self.drop_all(&mark.texts),
            Step::Tag(chat, tag) => {
                match tag {
                    Some(EmployeeTag::Business) if self.consent => {
                        self.account.must.extend(mark.texts.iter().cloned());
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
        self.account.unsure(texts.iter().cloned());
    }

    /// What is wrong with these texts.
    #[must_use]
    pub fn compare(&self, found: &[String]) -> Vec<String> {
        let there_now: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        let halves = self.whole.iter().filter(|texts| {
            let there = texts.iter().filter(|text| there_now.contains(text.as_str())).count();
            there > 0 && there < texts.len()
        });
        let halves = halves.map(|texts| format!("done by half: {texts:?}"));
        self.account.compare(found).into_iter().chain(halves).collect()
    }

    fn is_business(&self, chat: Chat) -> bool {
        match self.tags.get(&chat) {
            Some(EmployeeTag::Business) => true,
            Some(EmployeeTag::Personal) => false,
            None => matches!(chat, Chat::Client | Chat::Second),
        }
    }

    fn drop_all(&mut self, texts: &[String]) {
        self.account.gone(texts);
        for whole in &mut self.whole {
            whole.retain(|text| !texts.contains(text));
        }
    }

    fn unsure_of_all(&mut self) {
        self.whole.clear();
        self.account.may.append(&mut self.account.must);
    }
}
