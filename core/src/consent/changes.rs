//! The change log: rules that came or went without asking for consent anew.

use std::collections::BTreeMap;

use fenming_wire::Content;
use fenming_wire::id::RuleId;
use fenming_wire::policy::{ChatKind, Policy, TitleMatch};
use serde::{Deserialize, Serialize};

/// A rule that came, went or took other words between two policies. It is shown to the employee.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedRule {
    /// The rule.
    pub rule: RuleId,
    /// What kind of rule it is.
    pub kind: RuleKind,
    /// What happened to it.
    pub change: Change,
    /// Its words: a title, or terms. Of a rule that went, the ones it had.
    pub words: Content,
}

/// A kind of rule as the change log tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A name of the directory: it decides.
    Directory,
    /// A wildcard on group titles: it decides. A new one also needs a new consent.
    GroupRule,
    /// Words that only suggest.
    TextRule,
}

/// What happened to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has other words, or takes other chats by them.
    Reworded,
}

/// What changed between two policies, by kind and rule. Of the first policy there is nothing to
/// say here: the notice itself tells what there is.
#[must_use]
pub fn rule_changes(old: &Policy, new: &Policy) -> Vec<ChangedRule> {
    let (old, new) = (rules(old), rules(new));
    let line = |(kind, rule): &(RuleKind, &RuleId), change, said: &Said| ChangedRule {
        rule: (*rule).clone(),
        kind: *kind,
        change,
        words: said.words.as_str().into(),
    };
    let came = new.iter().filter_map(|(key, said)| match old.get(key) {
        None => Some(line(key, Change::Added, said)),
        Some(before) if before != said => Some(line(key, Change::Reworded, said)),
        Some(_) => None,
    });
    let gone = old
        .iter()
        .filter(|(key, _)| !new.contains_key(key))
        .map(|(key, said)| line(key, Change::Removed, said));
    came.chain(gone).collect()
}

/// What a rule says, as far as it decides which chats it takes.
#[derive(PartialEq, Eq)]
struct Said {
    words: String,
    of: Option<ChatKind>,
    how: Option<TitleMatch>,
}

fn rules(policy: &Policy) -> BTreeMap<(RuleKind, &RuleId), Said> {
    let directory = policy.directory.iter().map(|entry| {
        let said = Said { words: entry.title.clone(), of: Some(entry.kind), how: None };
        ((RuleKind::Directory, &entry.id), said)
    });
    let groups = policy.group_rules.iter().map(|rule| {
        let said = Said { words: rule.text.clone(), of: None, how: Some(rule.how) };
        ((RuleKind::GroupRule, &rule.id), said)
    });
    let texts = policy.text_rules.iter().map(|rule| {
        let said = Said { words: rule.any.join(", "), of: None, how: None };
        ((RuleKind::TextRule, &rule.id), said)
    });
    directory.chain(groups).chain(texts).collect()
}

#[cfg(test)]
mod tests;
