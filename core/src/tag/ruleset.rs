//! The policy's rules, made ready for quick look-up.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use fenming_wire::id::{RetentionClass, RuleId};
use fenming_wire::policy::{ChatKind, OsProfileRule, Policy, TitleMatch};
use fenming_wire::record::{Step, Why};
use fenming_wire::{Content, WireError};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::AgentError;
use crate::observation::OsProfile;

/// A policy's rules, ready to decide within microseconds whatever their number.
pub struct Ruleset {
    profiles: OsProfileRule,
    default_class: RetentionClass,
    rules: Vec<Rule>,
    /// Indices into `rules`, in the policy's order, by normalised title.
    directory: HashMap<String, Vec<usize>>,
    groups: Finder,
    texts: Finder,
    by_id: HashMap<RuleId, usize>,
}

/// A rule that takes a chat.
#[derive(Clone, Copy)]
pub(super) struct Hit<'r> {
    pub(super) step: Step,
    pub(super) rule: &'r RuleId,
    pub(super) class: Option<&'r RetentionClass>,
}

struct Rule {
    id: RuleId,
    step: Step,
    /// The kinds of chat that the rule is for.
    kind: ChatKind,
    class: Option<RetentionClass>,
}

/// Finds many texts in one pass.
struct Finder {
    automaton: AhoCorasick,
    /// Of each text: the rule that it belongs to and where it must stand.
    owners: Vec<(usize, TitleMatch)>,
}

impl Ruleset {
    /// Makes the rules ready. A policy whose rules cannot be made ready must not be put in force.
    ///
    /// # Errors
    /// [`AgentError::DocumentRefused`] with the rule's field, where its text is too short once it
    /// is normalised, or the rules are too large together.
    pub fn compile(policy: &Policy) -> Result<Self, AgentError> {
        let mut rules = Vec::new();
        let mut directory: HashMap<String, Vec<usize>> = HashMap::new();
        for entry in &policy.directory {
            let title = nfkc(&entry.title).trim().to_owned();
            directory.entry(title).or_default().push(rules.len());
            let (id, class) = (entry.id.clone(), entry.class.clone());
            rules.push(Rule { id, step: Step::Directory, kind: entry.kind, class });
        }
        let mut groups = Vec::new();
        for (n, rule) in policy.group_rules.iter().enumerate() {
            let text = long_enough(nfkc(&rule.text), || format!("group_rules[{n}].text"))?;
            groups.push((text, (rules.len(), rule.how)));
            let (id, class) = (rule.id.clone(), rule.class.clone());
            rules.push(Rule { id, step: Step::GroupRule, kind: ChatKind::Group, class });
        }
        let mut texts = Vec::new();
        for (n, rule) in policy.text_rules.iter().enumerate() {
            for (m, term) in rule.any.iter().enumerate() {
                let path = || format!("text_rules[{n}].any[{m}]");
                let term = long_enough(folded(term), path)?;
                texts.push((term, (rules.len(), TitleMatch::Contains)));
            }
            let id = rule.id.clone();
            rules.push(Rule { id, step: Step::TextRule, kind: ChatKind::Unknown, class: None });
        }
        Ok(Self {
            profiles: policy.os_profiles,
            default_class: policy.default_class.clone(),
            by_id: rules.iter().enumerate().map(|(n, rule)| (rule.id.clone(), n)).collect(),
            rules,
            directory,
            groups: Finder::new(groups, "group_rules")?,
            texts: Finder::new(texts, "text_rules")?,
        })
    }

    /// Step 1: whether chats of the OS profile are business.
    pub(super) const fn takes_profile(&self, profile: OsProfile) -> bool {
        match profile {
            OsProfile::Work => self.profiles.work_is_business,
            OsProfile::Clone => self.profiles.clone_is_business,
            OsProfile::Personal | OsProfile::Unknown => false,
        }
    }

    /// The class of a record that no rule names.
    pub(super) const fn default_class(&self) -> &RetentionClass {
        &self.default_class
    }

    /// Step 3: the first directory entry with this title whose kind the chat may be.
    pub(super) fn in_directory(&self, title: &Content, kind: ChatKind) -> Option<Hit<'_>> {
        let title = nfkc(title.expose());
        let entries = self.directory.get(title.trim())?;
        let rules = entries.iter().filter_map(|n| self.rules.get(*n));
        rules.into_iter().find(|rule| kind.may_be(rule.kind)).map(Rule::hit)
    }

    /// Step 3: the first group rule that fits the title of a group. What is not known to be a
    /// group is not asked: a wildcard must not take a person.
    pub(super) fn by_group_rule(&self, title: &Content, kind: ChatKind) -> Option<Hit<'_>> {
        if kind != ChatKind::Group {
            return None;
        }
        let title = nfkc(title.expose());
        self.rules.get(self.groups.first(title.trim())?).map(Rule::hit)
    }

    /// Step 3: the rule that took the chat before, where the policy still has it and the chat may
    /// still be of its kind.
    pub(super) fn still_takes(&self, earlier: &Why, kind: ChatKind) -> Option<Hit<'_>> {
        let rule = self.rules.get(*self.by_id.get(earlier.rule.as_ref()?)?)?;
        let decides = match rule.step {
            Step::Directory => kind.may_be(rule.kind),
            Step::GroupRule => kind == ChatKind::Group,
            Step::OsProfile | Step::Employee | Step::TextRule | Step::None => false,
        };
        (decides && rule.step == earlier.step).then(|| rule.hit())
    }

    /// Step 4: the first text rule of which a term stands in the text.
    pub(crate) fn suggests(&self, text: &Content) -> Option<&RuleId> {
        let text = folded(text.expose());
        self.rules.get(self.texts.first(&text)?).map(|rule| &rule.id)
    }
}

impl Rule {
    fn hit(&self) -> Hit<'_> {
        Hit { step: self.step, rule: &self.id, class: self.class.as_ref() }
    }
}

impl Finder {
    fn new(
        texts: Vec<(Zeroizing<String>, (usize, TitleMatch))>,
        field: &'static str,
    ) -> Result<Self, AgentError> {
        let automaton = AhoCorasick::new(texts.iter().map(|(text, _)| text.as_bytes()))
            .map_err(|_| refused(field.to_owned(), "is too large together"))?;
        Ok(Self { automaton, owners: texts.into_iter().map(|(_, owner)| owner).collect() })
    }

    /// The first rule, in the policy's order, of which a text stands where it must.
    fn first(&self, text: &str) -> Option<usize> {
        let found = self.automaton.try_find_overlapping_iter(text).ok()?;
        found
            .filter_map(|hit| {
                let (rule, how) = self.owners.get(hit.pattern().as_usize())?;
                let stands = match how {
                    TitleMatch::Prefix => hit.start() == 0,
                    TitleMatch::Suffix => hit.end() == text.len(),
                    TitleMatch::Contains => true,
                };
                stands.then_some(*rule)
            })
            .min()
    }
}

/// Fewest characters of a wildcard or term once it is normalised, so that none takes everything.
const MIN_CHARS: usize = 2;

fn long_enough(
    text: Zeroizing<String>,
    path: impl Fn() -> String,
) -> Result<Zeroizing<String>, AgentError> {
    if text.trim().chars().count() < MIN_CHARS {
        return Err(refused(path(), "is too short once it is normalised"));
    }
    Ok(text)
}

fn refused(path: String, reason: &'static str) -> AgentError {
    AgentError::DocumentRefused { document: "policy", source: WireError::field(path, reason) }
}

/// Titles and group names as they are compared.
fn nfkc(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.nfkc().collect())
}

/// Messages and terms as they are compared: case does not count.
fn folded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.nfkc().flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests;
