//! The agent: the one object that a shell holds.
//!
//! Every call blocks and may be made from any thread; one lock lets one call in at a time. Calls
//! that touch the disk say so, and only [`Agent::enrol`], [`Agent::organisation`],
//! [`Agent::refresh`] and [`Agent::run`] touch the network.

mod capture;
mod choice;
mod connector;
mod counsel;
mod enrol;
mod forwarding;
mod in_force;
mod overview;
mod recent;
mod review;
mod stored;
mod unit;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use fenming_wire::Code;
use fenming_wire::profile::{EnrolmentToken, Profile};
use fenming_wire::record::Cause;
use fenming_wire::source::Source;

pub use capture::Observed;
pub use choice::NoticeShown;
pub use connector::{Connector, HttpsConnector};
pub use enrol::{Organisation, ProfileReport};
pub use forwarding::Budget;
pub use recent::RecentChat;
pub use review::Taken;

/// What a shell gets to see of other rooms.
pub use crate::consent::{Change, ChangedRule, Choices, Counterpart, RuleKind};
pub use crate::forward::run::{Ended, RunReport};
pub use crate::forward::transport::{Resolver, SystemResolver};
pub use crate::phone::Phone;
pub use crate::screen::{Warning, WarningKind, explain_label, starter as starter_lexicons};
pub use crate::tag::{EmployeeTag, explain};
pub use crate::vault::{
    Chat, ChatPage, CounselHeld, Counters, Hold, HoldId, LoggedChange, Numbers, RecordId,
    RecordPage, RecordState, RecordView, StoredVerdict, VerdictKind,
};

use self::in_force::InForce;
use self::recent::RecentChats;
use crate::clock::Clock;
use crate::consent::Decision;
use crate::coverage::{Coverage, Sign};
use crate::error::AgentError;
use crate::forward::endpoint_clock::EndpointClock;
use crate::logging::{Level, say};
use crate::parse::{Assembler, Packs};
use crate::ports::{DeviceSigner, KeyVault, Random};
use crate::screen::Warnings;
use crate::vault::{self, Damage, Found, Upkeep, Vault};

/// What a shell opens the agent with.
pub struct Setup {
    /// A folder that is the agent's alone, on internal storage and excluded from backups.
    pub dir: PathBuf,
    /// Name and version of the OS, for the heartbeat.
    pub os: String,
    /// The ports.
    pub ports: Ports,
}

/// The ports that a shell implements.
#[derive(Clone)]
pub struct Ports {
    /// Wrapping keys in hardware.
    pub keys: Arc<dyn KeyVault>,
    /// The device's own key.
    pub signer: Arc<dyn DeviceSigner>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Connections to the endpoint.
    pub connector: Arc<dyn Connector>,
}

/// The agent. See the [module](self) for threads and blocking.
pub struct Agent {
    inner: Mutex<Inner>,
    /// Held while a run is under way, so that two wake-ups do not forward at once.
    running: Mutex<()>,
}

/// All of the agent's state, behind its lock.
struct Inner {
    os: String,
    ports: Ports,
    vault: Vault,
    packs: Packs,
    assembler: Assembler,
    recent: RecentChats,
    coverage: Coverage,
    warnings: Warnings,
    phone: Phone,
    endpoint_clock: Arc<EndpointClock>,
    profile: Option<Profile>,
    token: Option<EnrolmentToken>,
    in_force: Option<Arc<InForce>>,
    decision: Decision,
    paused: bool,
    flat: BTreeMap<String, String>,
}

impl Agent {
    /// Opens the agent, or makes a new one in an empty folder. A damaged store is set aside, and
    /// the gap is recorded. Touches the disk.
    ///
    /// # Errors
    /// [`AgentError::StoreBusy`], [`AgentError::StoreTooNew`], [`AgentError::StoreFull`],
    /// [`AgentError::StoreUnavailable`]; [`AgentError::KeyUnavailable`] where the phone is locked:
    /// nothing was touched, try again later.
    pub fn open(setup: Setup) -> Result<Self, AgentError> {
        let Setup { dir, os, ports } = setup;
        let packs = Packs::embedded().map_err(|_| AgentError::Internal("a locale pack"))?;
        let opened = Vault::open(&dir, vault_ports(&ports))?;
        let clock = Arc::clone(&ports.clock);
        let mut inner = Inner {
            os,
            vault: opened.vault,
            packs,
            assembler: Assembler::new(),
            recent: RecentChats::default(),
            coverage: Coverage::new(Source::WechatNotification),
            warnings: Warnings::default(),
            phone: Phone::default(),
            endpoint_clock: Arc::new(EndpointClock::new(clock, None)),
            profile: None,
            token: None,
            in_force: None,
            decision: Decision::None,
            paused: false,
            flat: BTreeMap::new(),
            ports,
        };
        inner.begin(opened.found)?;
        Ok(Self { inner: Mutex::new(inner), running: Mutex::new(()) })
    }

    /// Writes everything down, closes the store and forgets its keys: before the OS suspends the
    /// process. Touches the disk.
    ///
    /// # Errors
    /// As the store's; it is suspended all the same.
    pub fn suspend(&self) -> Result<(), AgentError> {
        self.lock()?.vault.suspend()
    }

    /// Opens the store again after [`Agent::suspend`]. Touches the disk.
    ///
    /// # Errors
    /// As [`Agent::open`].
    pub fn resume(&self) -> Result<(), AgentError> {
        let mut inner = self.lock()?;
        if inner.vault.is_suspended() {
            let found = inner.vault.resume()?;
            inner.begin(found)?;
        }
        Ok(())
    }

    /// A panic inside a call leaves state that was not finished, so no later call may go on with
    /// it. The store itself is consistent, since every change of it is a transaction.
    fn lock(&self) -> Result<MutexGuard<'_, Inner>, AgentError> {
        self.inner
            .lock()
            .map_err(|_| AgentError::Internal("an earlier call failed: open the agent anew"))
    }
}

impl Inner {
    /// Takes up what is stored, and records what was lost.
    fn begin(&mut self, found: Found) -> Result<(), AgentError> {
        self.restore()?;
        if let Found::Recovered(recovery) = found {
            let cause = recovery.cause.cause();
            say(Level::Warn, Code("store_set_aside"), &[("at", &recovery.at)]);
            let sign = match recovery.cause {
                Damage::KeyLost => Sign::KeyLost,
                Damage::Missing | Damage::Unreadable | Damage::OldCopy => Sign::StoreDamaged,
            };
            self.coverage.take(recovery.at, sign);
            self.declare_recovery(recovery.at, cause)?;
        }
        self.expire()
    }

    /// Ends what is over: held items, and what was delivered long ago.
    fn expire(&mut self) -> Result<(), AgentError> {
        let done = self.vault.upkeep()?;
        if done != Upkeep::default() {
            let (held, old) = (done.expired, done.forgotten);
            let facts: [(&str, &dyn fenming_wire::Loggable); 3] =
                [("held", &held), ("delivered", &old), ("shredded", &done.shredded)];
            say(Level::Info, Code("upkeep"), &facts);
        }
        Ok(())
    }

    fn declare_recovery(
        &mut self,
        at: crate::clock::Timestamp,
        cause: Cause,
    ) -> Result<(), AgentError> {
        use crate::record::Declaration;
        use fenming_wire::record::{CoverageLine, CoverageState};
        let line = CoverageLine {
            t: at.millis(),
            until: Some(self.ports.clock.now().millis()),
            src: Source::WechatNotification,
            chat: None,
            state: CoverageState::Blind,
            cause,
            missed: None,
        };
        self.vault.declare_recovery(&Declaration::coverage(line))
    }

    fn now(&self) -> crate::clock::Timestamp {
        self.ports.clock.now()
    }
}

fn vault_ports(ports: &Ports) -> vault::Ports {
    vault::Ports {
        keys: Arc::clone(&ports.keys),
        random: Arc::clone(&ports.random),
        clock: Arc::clone(&ports.clock),
    }
}

#[cfg(test)]
mod tests;
