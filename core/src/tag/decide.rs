//! The order of decision.

use fenming_wire::Content;
use fenming_wire::id::RuleId;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Step, Why};
use serde::{Deserialize, Serialize};

use super::ruleset::{Hit, Ruleset};
use super::verdict::{Business, Verdict};
use crate::observation::OsProfile;

/// What is known of a chat when something happens in it.
#[derive(Clone, Copy)]
pub struct ChatFacts<'a> {
    /// The OS profile in which WeChat runs.
    pub profile: OsProfile,
    /// What kind of chat it is, as far as was ever seen.
    pub kind: ChatKind,
    /// The title as shown now.
    pub title: &'a Content,
    /// The employee's own tag.
    pub employee: Option<EmployeeTag>,
    /// Why the chat was business before, where it was. A rule that once took it goes on taking it
    /// under other titles, as long as the policy has the rule and the kind of chat fits it.
    pub earlier: Option<&'a Why>,
}

/// The employee's own tag of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmployeeTag {
    /// Business.
    Business,
    /// Personal.
    Personal,
}

/// Decides. `text` is the message's own text, where there is one; it can only suggest, and it is
/// looked at only where nothing before has decided.
///
/// A directory or group rule that fits gives its retention class even where an earlier step has
/// decided, so that the employee's own tag never shortens a duty to keep.
#[must_use]
pub fn decide(facts: &ChatFacts<'_>, rules: &Ruleset, text: Option<&Content>) -> Verdict {
    let step = match facts.employee {
        _ if rules.takes_profile(facts.profile) => Some(Step::OsProfile),
        Some(EmployeeTag::Business) => Some(Step::Employee),
        Some(EmployeeTag::Personal) => {
            return Verdict::Personal(Why { step: Step::Employee, rule: None });
        }
        None => None,
    };
    let hit = ruled(facts, rules);
    let class = hit.and_then(|hit| hit.class).unwrap_or_else(|| rules.default_class()).clone();
    match (step, hit) {
        (Some(step), _) => Verdict::Business(Business::new(Why { step, rule: None }, class)),
        (None, Some(Hit { step, rule, .. })) => {
            Verdict::Business(Business::new(Why { step, rule: Some(rule.clone()) }, class))
        }
        (None, None) => {
            let signal = text.and_then(|text| rules.suggests(text));
            Verdict::Undecided {
                signal: signal.map(|rule| Why { step: Step::TextRule, rule: Some(rule.clone()) }),
            }
        }
    }
}

/// The directory rule that the employee's personal tag overrides; none where the tag is another
/// one, the OS profile has decided before it, or the directory has nothing to say.
///
/// A content-free record of it goes to the archive, and the employee sees that it does.
#[must_use]
pub fn overridden<'r>(facts: &ChatFacts<'_>, rules: &'r Ruleset) -> Option<&'r RuleId> {
    let personal = facts.employee == Some(EmployeeTag::Personal);
    if !personal || rules.takes_profile(facts.profile) {
        return None;
    }
    ruled(facts, rules).filter(|hit| hit.step == Step::Directory).map(|hit| hit.rule)
}

/// Step 3: the directory, then the group rules, then the rule that took the chat before.
fn ruled<'r>(facts: &ChatFacts<'_>, rules: &'r Ruleset) -> Option<Hit<'r>> {
    rules
        .in_directory(facts.title, facts.kind)
        .or_else(|| rules.by_group_rule(facts.title, facts.kind))
        .or_else(|| rules.still_takes(facts.earlier?, facts.kind))
}

#[cfg(test)]
mod tests;
