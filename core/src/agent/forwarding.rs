//! Forwarding: when to wake, and the work that is due.

use std::sync::Arc;

use fenming_wire::heartbeat::Heartbeat;
use fenming_wire::profile::Profile;
use fenming_wire::record::Cause;
use fenming_wire::time::Timestamp;
use fenming_wire::{Code, Loggable};

use super::in_force::InForce;
use super::{Agent, Inner};
use crate::clock::Clock as _;
use crate::error::AgentError;
use crate::forward::client::ClientPorts;
use crate::forward::run::{self, Ended, Forwarder, Instructions, Lend, RunReport};
use crate::forward::schedule::{Facts, Plan};
use crate::forward::transport::Unprepared;
use crate::logging::{Level, say};
use crate::vault::{Damage, Vault};

/// How much one run may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most batches that are sent.
    pub batches: u32,
    /// The employee asked for it: interval, network, charger and waits are passed over. The
    /// policy's windows are not.
    pub now: bool,
}

/// What a run works with, taken from the agent so that capture goes on meanwhile.
struct Job {
    profile: Profile,
    in_force: Arc<InForce>,
}

impl Agent {
    /// When the shell should wake the agent next; none where only a change of something else can
    /// bring work.
    ///
    /// # Errors
    /// As the store's.
    pub fn next_wake(&self) -> Result<Option<Timestamp>, AgentError> {
        self.lock()?.next_due()
    }

    /// Does the work that is due: destroys what quarantine has held long enough, signs what waits
    /// for a signature, forwards where the schedule says so, and hands a heartbeat over. Call it
    /// at every wake-up. Capture goes on while it waits for the network. Touches disk and network.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`]; what concerns the phone itself, such as its store and keys.
    /// What the endpoint refuses stands in the report, and is tried again when its time comes.
    pub fn run(&self, budget: Budget) -> Result<RunReport, AgentError> {
        let failed = |_| AgentError::Internal("an earlier run failed: open the agent anew");
        let _one_at_a_time = self.running.lock().map_err(failed)?;
        let Some(job) = self.lock()?.job(budget)? else {
            return Ok(RunReport::idle());
        };
        let (profile, in_force) = (&job.profile, &job.in_force);
        let trust = in_force.trust.document();
        let (ports, clock, transport) = {
            let inner = self.lock()?;
            let transport = inner.connect(profile, trust);
            let transport = transport.unwrap_or_else(|failure| Box::new(Unprepared(failure)));
            (inner.ports.clone(), Arc::clone(&inner.endpoint_clock), transport)
        };
        let instructions = Instructions {
            profile,
            trust,
            trust_digest: in_force.trust.digest(),
            policy: in_force.policy.document(),
        };
        let ports = ClientPorts {
            transport: transport.as_ref(),
            signer: ports.signer.as_ref(),
            random: ports.random.as_ref(),
            clock: &clock,
        };
        let forwarder = Forwarder::new(ports, instructions)?;
        let limits = run::Budget { batches: budget.batches, ..run::Budget::default() };
        let report = forwarder.run(self, limits)?;
        let heartbeat = self.lock()?.after_run(&report)?;
        let heartbeat = heartbeat.filter(|_| report.allows_heartbeat());
        if let Some(Err(error)) = heartbeat.map(|heartbeat| forwarder.heartbeat(&heartbeat)) {
            say(Level::Warn, Code("heartbeat_failed"), &[("code", &error.code())]);
        }
        Ok(report)
    }
}

impl Lend for Agent {
    fn lend<T>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        work(&mut self.lock()?.vault)
    }
}

impl Inner {
    /// When forwarding is next due, by the one planner.
    pub(super) fn next_due(&self) -> Result<Option<Timestamp>, AgentError> {
        let Some(in_force) = &self.in_force else { return Ok(None) };
        let facts = self.facts(in_force)?;
        Ok(match in_force.planner.plan(&facts) {
            Plan::Now => Some(self.now()),
            // The plan is in the endpoint's time; the shell's alarm goes by the phone's.
            Plan::At(at, _) => Some(self.now() + at.since(facts.now)),
            Plan::Idle(_) => None,
        })
    }

    fn facts(&self, in_force: &InForce) -> Result<Facts, AgentError> {
        let shell = (self.phone.network, self.phone.charging);
        run::facts(&self.vault, in_force.policy.document(), shell, self.endpoint_clock.now())
    }

    /// The chores of a wake-up; then the job, where there is one to do now.
    fn job(&mut self, budget: Budget) -> Result<Option<Job>, AgentError> {
        let in_force = Arc::clone(self.in_force.as_ref().ok_or(AgentError::NotEnrolled)?);
        self.expire()?;
        self.sign_withdrawal()?;
        self.standing()?;
        let facts = self.facts(&in_force)?;
        let due = match in_force.planner.plan(&facts) {
            Plan::Now => true,
            Plan::At(..) | Plan::Idle(_) => {
                budget.now && in_force.planner.is_open(facts.now) && !facts.is_stopped()
            }
        };
        if !due {
            return Ok(None);
        }
        Ok(Some(Job { profile: self.profile()?.clone(), in_force }))
    }

    /// What follows from a run; yields the heartbeat that is then due.
    fn after_run(&mut self, report: &RunReport) -> Result<Option<Heartbeat>, AgentError> {
        let (anchor, floors) = (self.endpoint_clock.anchor(), report.floors);
        let settings = self.settings()?;
        let risen = floors.is_some_and(|floors| {
            floors.policy > settings.policy_floor || floors.trust > settings.trust_floor
        });
        if risen || settings.anchor != anchor {
            self.set(|settings| {
                settings.anchor = anchor;
                if let Some(floors) = floors {
                    settings.policy_floor = settings.policy_floor.max(floors.policy);
                    settings.trust_floor = settings.trust_floor.max(floors.trust);
                }
            })?;
        }
        if report.ended == Ended::LedgerBehind {
            self.begin_epoch()?;
        }
        let counts: [(&str, &dyn Loggable); 2] =
            [("delivered", &report.delivered), ("ended", &report.ended)];
        say(Level::Info, Code("forwarded"), &counts);
        Ok(self.status()?.heartbeat(self.now()))
    }

    /// The endpoint has more of this ledger than the store: an older copy was put back.
    fn begin_epoch(&mut self) -> Result<(), AgentError> {
        let (epoch, files) = self.vault.begin_epoch(Damage::OldCopy)?;
        say(Level::Warn, Code("epoch_begun"), &[("epoch", &epoch)]);
        for file in files {
            // A file that stays is swept as a stray one at the next run.
            let _ = std::fs::remove_file(self.vault.spool().join(file));
        }
        self.declare_recovery(self.now(), Cause::StoreDamaged)
    }
}
