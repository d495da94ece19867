//! What must hold, whatever happens.
//!
//! After every operation, for every phone:
//! - its books add up;
//! - the versions of policy and trust document, its receipted place in the ledger, and what the
//!   endpoint has of each ledger only grow;
//! - no batch left while the policy's hours were closed, by the true time where the phone's clock
//!   is right;
//! - nothing was captured or held without a consent that the employee had given and not withdrawn;
//! - the same message seen again is captured no second time;
//! - no call failed but for a reason that the operation explains: a lock, a lost key, a network, an
//!   endpoint that is stopped, a consent that is missing.
//!
//! At the end, once everything was mended:
//! - the archive verifies: signatures, chain, books, receipts;
//! - every message whose capture was acknowledged is in it exactly once for each phone that
//!   captured it; what was taken back is not;
//! - a phone that lost its keys lost at most what it had not delivered, and its ledger says so;
//! - nothing private is in any file of anybody.
//!
//! It is no failure that a message is not captured where nobody acknowledged it; that the endpoint
//! refuses, and the phone waits; that a record lies outside every consent by a clock that was
//! wrong.

use std::collections::BTreeMap;

use fenming_core::agent::Agent;
use fenming_core::clock::Timestamp;
use fenming_core::error::AgentError;
use fenming_wire::id::Epoch;

use crate::world::Account;

/// What no file and no request may hold.
pub const CANARY: &str = "canary-private";

/// What is known of a phone.
#[derive(Default)]
pub struct Watch {
    /// Whether the employee's last word was yes.
    pub consent: bool,
    /// What must be in the archive, and what may.
    pub account: Account,
    /// How often the phone lost its keys with a store on it.
    pub keys_lost: u32,
    policy: u64,
    trust: u64,
    receipted: BTreeMap<Epoch, u64>,
}

impl Watch {
    /// Looks at a phone.
    pub fn look(&mut self, agent: &Agent) -> Vec<String> {
        let status = match agent.status() {
            Ok(status) => status,
            Err(error) => return unexplained("status", &error).into_iter().collect(),
        };
        let mut wrong = Vec::new();
        if !status.numbers.books.add_up() {
            wrong.push(format!("the books do not add up: {:?}", status.numbers.books));
        }
        let mut grows = |what: &str, before: &mut u64, now: u64| {
            if now < *before {
                wrong.push(format!("{what} fell from {before} to {now}"));
            }
            *before = now;
        };
        if status.device.is_some() && status.policy_version > 0 {
            grows("the policy's version", &mut self.policy, status.policy_version);
            grows("the trust document's version", &mut self.trust, status.trust_version);
        }
        if let Some(place) = status.numbers.receipted {
            let before = self.receipted.entry(status.numbers.epoch).or_default();
            grows("the receipted sequence", before, place.seq);
        }
        let sealed = status.numbers.sealed.map_or(0, |place| place.seq);
        if status.numbers.receipted.is_some_and(|place| place.seq > sealed) {
            wrong.push("more is receipted than was sealed".to_owned());
        }
        wrong
    }

    /// A message was handed in.
    pub fn captured(&mut self, text: &str, count: u64) -> Vec<String> {
        let mut wrong = Vec::new();
        if count > 0 && !self.consent {
            wrong.push("captured without consent".to_owned());
        }
        if count > 0 && !self.account.must.insert(text.to_owned()) {
            wrong.push(format!("captured twice: {text}"));
        }
        wrong
    }
}

/// Whether a failure needs no further explanation.
pub(super) fn unexplained(call: &str, error: &AgentError) -> Option<String> {
    match error {
        AgentError::NotEnrolled
        | AgentError::ConsentMissing
        | AgentError::KeyUnavailable(_)
        | AgentError::Suspended
        | AgentError::ConfigInvalid { .. }
        | AgentError::TooLate
        | AgentError::NotFound(_)
        | AgentError::ClockWrong
        // Somebody on the way may answer with anything.
        | AgentError::DocumentRefused { .. }
        | AgentError::Forwarding(_) => None,
        AgentError::StoreDamaged
        | AgentError::StoreTooNew { .. }
        | AgentError::StoreFull
        | AgentError::StoreUnavailable(_)
        | AgentError::StoreBusy
        | AgentError::InputInvalid { .. }
        | AgentError::Rollback { .. }
        | AgentError::WrongTenant { .. }
        | AgentError::Internal(_) => Some(format!("{call} fails: {error}")),
        _ => Some(format!("{call} fails for a reason that is not known here: {error}")),
    }
}

/// Whether the hours are open: nine to half past nine at night in Shanghai, or always.
pub(super) fn is_open(narrow: bool, at: Timestamp) -> bool {
    const SHANGHAI: i64 = 8 * 60;
    let minutes = at.millis().div_euclid(60_000) + SHANGHAI;
    let of_day = minutes.rem_euclid(24 * 60);
    !narrow || (9 * 60..21 * 60 + 30).contains(&of_day)
}
