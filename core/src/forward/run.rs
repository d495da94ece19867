//! The engine: seals what is due, sends it in order, and does with every answer what the table of
//! outcomes says.
//!
//! One batch is open at a time as a rule, so that a refusal concerns as little as possible. The
//! store is borrowed for moments only and never while the network is waited for, so capture goes
//! on. Everything that must survive a crash is in the store or the spool before it matters:
//! sealed bytes before the ledger, the ledger before the send, doubt before the send.

mod act;
mod attach;
mod begin;
mod report;
mod seal;
mod settle;

use std::cell::RefCell;
use std::sync::Mutex;

use fenming_wire::heartbeat::Heartbeat;
use fenming_wire::id::Digest;
use fenming_wire::policy::Policy;
use fenming_wire::profile::Profile;
use fenming_wire::time::{Span, Timestamp};
use fenming_wire::trust::TrustDocument;

pub use self::report::{Ended, Floors, RunReport};
use super::client::{CallError, Client, ClientPorts};
use super::schedule::{Facts, HoldOff, Network, Pending};
use crate::error::AgentError;
use crate::ports::KeyError;
use crate::vault::{ForwardingState, PendingRule, Vault};

/// Lends the store for a moment. The engine never holds it while it waits for the network.
pub trait Lend {
    /// Runs the work on the store.
    ///
    /// # Errors
    /// The work's own; the lender's where the store cannot be had.
    fn lend<T>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, AgentError>,
    ) -> Result<T, AgentError>;
}

/// What forwarding goes by.
#[derive(Clone, Copy)]
pub struct Instructions<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// The trust document in force.
    pub trust: &'a TrustDocument,
    /// The digest of its payload.
    pub trust_digest: &'a Digest,
    /// The policy in force.
    pub policy: &'a Policy,
}

/// How much one run may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most batches that are sent.
    pub batches: u32,
    /// After so long nothing new is begun; a request under way may take its own time.
    pub time: Option<Span>,
}

/// What changed, so that a pause may end early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The profile.
    Profile,
    /// The policy or the trust document.
    Policy,
}

/// Forwards. Only one run may be under way at a time; the caller sees to that.
pub struct Forwarder<'a> {
    ports: ClientPorts<'a>,
    instructions: Instructions<'a>,
    client: Client<'a>,
}

impl<'a> Forwarder<'a> {
    /// Reads the device's public key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn new(ports: ClientPorts<'a>, instructions: Instructions<'a>) -> Result<Self, KeyError> {
        let client = Client::new(ports, instructions.profile, instructions.trust)?;
        Ok(Self { ports, instructions, client })
    }

    /// Seals and sends whatever is due until nothing is left, the budget is used up, or an answer
    /// says to stop. Whether it is time to is for the [planner](super::schedule) to say first.
    ///
    /// What the endpoint refuses or fails at is in the report and remembered in the store.
    ///
    /// # Errors
    /// Only what concerns the phone itself: the store's errors, and [`AgentError::KeyUnavailable`].
    /// Nothing is lost by them; the next run goes on.
    pub fn run(&self, store: &impl Lend, budget: Budget) -> Result<RunReport, AgentError> {
        begin::run(self, store, budget)
    }

    /// Hands a heartbeat over. It neither waits for a pause nor begins one.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), CallError> {
        self.client.heartbeat(heartbeat)
    }
}

/// What the planner must know, from the store and from what the shell says.
///
/// # Errors
/// As the store's.
pub fn facts(
    vault: &Vault,
    policy: &Policy,
    (network, charging): (Network, bool),
    now: Timestamp,
) -> Result<Facts, AgentError> {
    let state = vault.get::<ForwardingState>()?.unwrap_or_default();
    let pause = if state.stopped { HoldOff::Stop } else { HoldOff::Probe };
    let probe = state.probe_at.map(pause);
    let hold_off = state.wait_until.map(HoldOff::Backoff).or(probe);
    let pending = waiting(vault, policy, now)?;
    Ok(Facts { now, network, charging, pending, last_run: state.last_attempt, hold_off })
}

/// Ends a pause early, because what may have caused it has changed. A limit that the endpoint's
/// refusals have taught is forgotten as well.
///
/// # Errors
/// As the store's.
pub fn reconfigured(vault: &mut Vault, changed: Changed) -> Result<(), AgentError> {
    let mut state = vault.get::<ForwardingState>()?.unwrap_or_default();
    let before = state.clone();
    (state.max_lines, state.full_batches) = (None, 0);
    if changed == Changed::Profile || !state.stopped {
        state.probe_at = None;
        state.stopped = false;
    }
    if state == before { Ok(()) } else { vault.put(&state) }
}

fn waiting(vault: &Vault, policy: &Policy, now: Timestamp) -> Result<Option<Pending>, AgentError> {
    let numbers = vault.numbers()?;
    let Some(age) = numbers.oldest.filter(|_| numbers.backlog() > 0) else {
        return Ok(None);
    };
    let oldest = now - age;
    let one = PendingRule { max_lines: 1, ..seal::rule(policy, None) };
    // Only the store knows what can be sealed; the end of the review window is a good guess at
    // when to look again.
    let due = numbers.open_batches > 0 || vault.pending(&one)?.is_some();
    let review = seal::review(policy);
    let ready = if due { now } else { (oldest + review).max(now + Span::minutes(1)) };
    Ok(Some(Pending { oldest, ready }))
}

impl Default for Budget {
    /// Everything that waits, in ten minutes.
    fn default() -> Self {
        Self { batches: u32::MAX, time: Some(Span::minutes(10)) }
    }
}

impl Lend for Mutex<Vault> {
    fn lend<T>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        let failed = |_| AgentError::Internal("an earlier use of the store failed");
        work(&mut *self.lock().map_err(failed)?)
    }
}

impl Lend for RefCell<&mut Vault> {
    fn lend<T>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        let lent = |_| AgentError::Internal("the store is lent already");
        let mut vault = self.try_borrow_mut().map_err(lent)?;
        work(&mut vault)
    }
}

#[cfg(test)]
mod tests;
