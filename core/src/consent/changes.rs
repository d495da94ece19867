//! The change log: rules that came or went without asking for consent anew.

use std::collections::BTreeMap;

use fenming_wire::Content;
use fenming_wire::id::RuleId;
use fenming_wire::policy::Policy;
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
    /// It has other words.
    Reworded,
}

/// What changed between two policies, by kind and rule. Nothing where there was none before: the
/// notice itself then tells what there is.
#[must_use]
pub fn rule_changes(old: &Policy, new: &Policy) -> Vec<ChangedRule> {
    let (old, new) = (rules(old), rules(new));
    let line = |(kind, rule): &(RuleKind, &RuleId), change, words: &str| ChangedRule {
        rule: (*rule).clone(),
        kind: *kind,
        change,
        words: words.into(),
    };
    let came = new.iter().filter_map(|(key, words)| match old.get(key) {
        None => Some(line(key, Change::Added, words)),
        Some(before) if before != words => Some(line(key, Change::Reworded, words)),
        Some(_) => None,
    });
    let gone = old
        .iter()
        .filter(|(key, _)| !new.contains_key(key))
        .map(|(key, words)| line(key, Change::Removed, words));
    came.chain(gone).collect()
}

fn rules(policy: &Policy) -> BTreeMap<(RuleKind, &RuleId), String> {
    let directory = policy
        .directory
        .iter()
        .map(|entry| ((RuleKind::Directory, &entry.id), entry.title.clone()));
    let groups =
        policy.group_rules.iter().map(|rule| ((RuleKind::GroupRule, &rule.id), rule.text.clone()));
    let texts =
        policy.text_rules.iter().map(|rule| ((RuleKind::TextRule, &rule.id), rule.any.join(", ")));
    directory.chain(groups).chain(texts).collect()
}

#[cfg(test)]
mod tests;
