//! The policy's lexicons, ready to label a message within microseconds.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use fenming_wire::id::RuleId;
use fenming_wire::screening::{Label, LabelKind, Lexicon, Pattern, Screening};
use fenming_wire::{Content, WireError};

use super::fold::{Folder, is_word};
use super::numbers;
use crate::error::AgentError;

/// Labels messages; none where the policy has no lexicons, for which nothing is made ready.
pub struct Screen(Option<Ready>);

struct Ready {
    folder: Folder,
    automaton: AhoCorasick,
    /// Of each term of the automaton: who asks for it.
    owners: Vec<Vec<Owner>>,
    lexicons: Vec<Rule>,
}

/// What a lexicon does with a term.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Any,
    All(usize),
    Except,
}

#[derive(Clone, Copy)]
struct Owner {
    lexicon: usize,
    role: Role,
}

/// A lexicon without its terms.
struct Rule {
    id: RuleId,
    kind: LabelKind,
    lists: usize,
    patterns: BTreeSet<Pattern>,
}

/// A term that stands in a text, and where.
struct Hit {
    owner: Owner,
    start: usize,
    end: usize,
}

impl Screen {
    /// Makes the lexicons ready; without screening, one that labels nothing.
    ///
    /// # Errors
    /// [`AgentError::DocumentRefused`] where the terms are too large together.
    pub fn compile(screening: Option<&Screening>) -> Result<Self, AgentError> {
        let lexicons = screening.map_or(&[][..], |screening| &screening.lexicons);
        if lexicons.is_empty() {
            Ok(Self(None))
        } else {
            Ready::compile(lexicons).map(Some).map(Self)
        }
    }

    /// The labels of a text, in the order of the lexicons, one a lexicon at most.
    #[must_use]
    pub fn labels(&self, text: &Content) -> Vec<Label> {
        let ready = self.0.as_ref().filter(|_| !text.is_empty());
        ready.map(|ready| ready.labels(text)).unwrap_or_default()
    }
}

impl Ready {
    fn compile(lexicons: &[Lexicon]) -> Result<Self, AgentError> {
        let folder = Folder::new();
        let mut terms: BTreeMap<String, Vec<Owner>> = BTreeMap::new();
        for (n, lexicon) in lexicons.iter().enumerate() {
            for (role, term) in terms_of(lexicon) {
                let folded = folder.fold(term).to_string();
                if !folded.trim().is_empty() {
                    terms.entry(folded).or_default().push(Owner { lexicon: n, role });
                }
            }
        }
        let too_large = |_| AgentError::DocumentRefused {
            document: "policy",
            source: WireError::field("screening.lexicons", "is too large together"),
        };
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(terms.keys())
            .map_err(too_large)?;
        let rule = |lexicon: &Lexicon| Rule {
            id: lexicon.id.clone(),
            kind: lexicon.label,
            lists: lexicon.all.len(),
            patterns: lexicon.patterns.clone(),
        };
        Ok(Self {
            folder,
            automaton,
            owners: terms.into_values().collect(),
            lexicons: lexicons.iter().map(rule).collect(),
        })
    }

    fn labels(&self, text: &Content) -> Vec<Label> {
        let folded = self.folder.fold(text.expose());
        let hits = self.hits(&folded);
        let found = self.lexicons.iter().enumerate();
        let found = found.filter(|(n, rule)| {
            stands(*n, rule, &hits)
                || rule.patterns.iter().any(|pattern| numbers::has(*pattern, &folded))
        });
        found.map(|(_, rule)| Label { kind: rule.kind, rule: rule.id.clone() }).collect()
    }

    fn hits(&self, folded: &str) -> Vec<Hit> {
        let Ok(found) = self.automaton.try_find_overlapping_iter(folded) else {
            return Vec::new();
        };
        let mut hits = Vec::new();
        for hit in found.filter(|hit| is_whole(folded, hit.start(), hit.end())) {
            let owners = self.owners.get(hit.pattern().as_usize()).into_iter().flatten();
            let hit = |owner: &Owner| Hit { owner: *owner, start: hit.start(), end: hit.end() };
            hits.extend(owners.map(hit));
        }
        hits
    }
}

fn terms_of(lexicon: &Lexicon) -> impl Iterator<Item = (Role, &String)> {
    let any = lexicon.any.iter().map(|term| (Role::Any, term));
    let lists = lexicon.all.iter().enumerate();
    let all = lists.flat_map(|(n, list)| list.iter().map(move |term| (Role::All(n), term)));
    any.chain(all).chain(lexicon.except.iter().map(|term| (Role::Except, term)))
}

/// Whether the terms of a lexicon stand in the text as it asks for.
fn stands(lexicon: usize, rule: &Rule, hits: &[Hit]) -> bool {
    let mine = || hits.iter().filter(|hit| hit.owner.lexicon == lexicon);
    let excused = |hit: &Hit| {
        mine().any(|other| {
            other.owner.role == Role::Except && other.start <= hit.start && hit.end <= other.end
        })
    };
    let mut seen = vec![false; rule.lists];
    for hit in mine() {
        match hit.owner.role {
            Role::Except => {}
            Role::Any if !excused(hit) => return true,
            Role::All(list) if !excused(hit) => {
                if let Some(seen) = seen.get_mut(list) {
                    *seen = true;
                }
            }
            Role::Any | Role::All(_) => {}
        }
    }
    !seen.is_empty() && seen.into_iter().all(|seen| seen)
}

/// Whether no word goes on at either end of what was found.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let ends = |at: usize| {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at..)) else {
            return false;
        };
        let word = |c: Option<char>| c.is_some_and(is_word);
        !(word(before.chars().next_back()) && word(after.chars().next()))
    };
    ends(start) && ends(end)
}

#[cfg(test)]
mod tests;
