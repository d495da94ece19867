//! A stage for tests of the whole way: a custodian's keys and documents, a real endpoint on
//! loopback TLS, a phone with a real store, and a network between them that can be made to fail.
//!
//! Nothing here stands for a part of the product: keys, clock and name look-ups are ports, and
//! the network's faults are made around the real HTTPS transport.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod custodian;
mod network;
mod opened;
mod seen;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fenming::certificate::PrivateCa;
use fenming_collector::{Collector, Config, Running};
use fenming_core::agent::{Agent, Budget, Observed, Ports, Setup};
use fenming_core::clock::{Boot, Clock, Span, Timestamp};
use fenming_core::error::AgentError;
use fenming_core::forward::run::RunReport;
use fenming_core::observation::Observation;
use fenming_core::ports::{Random, SystemRandom};
use fenming_core::testing::{ManualClock, MemoryKeys, SoftwareSigner};
use fenming_wire::policy::Policy;
use fenming_wire::profile::Profile;
use fenming_wire::text::Language;
use tempfile::TempDir;

pub use self::custodian::{Custodian, Secrets, lasting_policy, next_version, policy};
pub use self::network::{Fate, Forger, Network};
pub use self::opened::{Counted, Opened, files_below};
pub use self::seen::{DAY_BEGINS, group, listener, message, online, restarted, seen, working_day};

/// The host name of the endpoint. No resolver but the stage's own knows it.
pub const HOST: &str = "collector.invalid";

/// A phone that lies aside: its keys and its folder.
pub struct Phone {
    keys: Arc<MemoryKeys>,
    signer: Arc<SoftwareSigner>,
    folder: &'static str,
}

/// One time for phone and endpoint, moved by hand. The phone's wall clock may be wrong.
pub struct StageClock(pub ManualClock, AtomicI64);

/// Everything that a test of the whole way needs.
pub struct Stage {
    /// Keys and documents.
    pub custodian: Custodian,
    /// The time.
    pub clock: Arc<StageClock>,
    /// The phone's key store.
    pub keys: Arc<MemoryKeys>,
    /// The device key.
    pub signer: Arc<SoftwareSigner>,
    /// What lies between phone and endpoint.
    pub network: Arc<Network>,
    /// The private CA and the endpoint's certificate.
    pub tls: PrivateCa,
    /// Name of the phone's folder.
    phone: &'static str,
    folder: TempDir,
    address: SocketAddr,
    agent: Option<Agent>,
    collector: Option<Running>,
}

impl Clock for StageClock {
    fn now(&self) -> Timestamp {
        let wrong_by = self.1.load(Ordering::SeqCst);
        Timestamp::from_millis(self.0.now().millis().saturating_add(wrong_by))
    }

    fn boot(&self) -> Boot {
        self.0.boot()
    }
}

impl StageClock {
    /// Stands at a moment.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(ManualClock::at(now), AtomicI64::default())
    }

    /// From now on the phone's wall clock is wrong by so many days; the endpoint's is right.
    pub fn put_phone_wrong(&self, days: i64) {
        self.1.store(days * Span::days(1).as_millis(), Ordering::SeqCst);
    }
}

impl fenming_collector::Clock for StageClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Phone {
    /// A new phone, whose folder has this name.
    ///
    /// # Panics
    /// Where the system has no random numbers.
    #[must_use]
    pub fn new(folder: &'static str) -> Self {
        let signer = Arc::new(SoftwareSigner::generate().unwrap());
        Self { keys: Arc::new(MemoryKeys::new()), signer, folder }
    }
}

impl Stage {
    /// The endpoint runs, and a phone has been set up that knows nothing yet.
    #[must_use]
    pub fn bare(policy: Policy) -> Self {
        let custodian = Custodian::new(policy);
        let start = DAY_BEGINS.parse::<Timestamp>().unwrap() - Span::minutes(10);
        let clock = Arc::new(StageClock::at(start));
        let mut stage = Self {
            custodian,
            network: Arc::new(Network::default()),
            clock,
            keys: Arc::new(MemoryKeys::new()),
            signer: Arc::new(SoftwareSigner::generate().unwrap()),
            tls: PrivateCa::issue(HOST).unwrap(),
            phone: "device",
            folder: tempfile::tempdir().unwrap(),
            address: own_address(),
            agent: None,
            collector: None,
        };
        stage.start_collector();
        stage.open_agent();
        stage
    }

    /// And the phone is enrolled; the employee has not decided.
    #[must_use]
    pub fn enrolled(policy: Policy) -> Self {
        let stage = Self::bare(policy);
        stage.enrol();
        stage
    }

    /// Enrols the phone for the one person that this stage has.
    ///
    /// # Panics
    /// Where the endpoint or the agent refuses.
    pub fn enrol(&self) {
        let token = self.collector().console().issue_token(&"p-0017".parse().unwrap(), HOUR);
        let mut flat = self.profile().to_map();
        flat.insert("enrolment_token".to_owned(), token.unwrap().expose().to_owned());
        assert!(self.agent().apply_profile(&flat).unwrap().taken, "the profile is taken");
        self.agent().enrol().unwrap();
    }

    /// Lays the phone aside, its agent closed, and takes another one up. Returns the former.
    #[must_use]
    pub fn take_up(&mut self, other: Phone) -> Phone {
        self.close_agent();
        let former = Phone {
            keys: std::mem::replace(&mut self.keys, other.keys),
            signer: std::mem::replace(&mut self.signer, other.signer),
            folder: std::mem::replace(&mut self.phone, other.folder),
        };
        self.open_agent();
        former
    }

    /// And the employee has agreed, with their answer to the quarantine; the listener is on.
    #[must_use]
    pub fn agreed(policy: Policy, hold: bool) -> Self {
        let stage = Self::enrolled(policy);
        stage.see(&[listener(DAY_BEGINS, true)]);
        stage.agree(hold);
        stage
    }

    /// The agent.
    ///
    /// # Panics
    /// Between [`Self::close_agent`] and [`Self::open_agent`].
    #[must_use]
    pub fn agent(&self) -> &Agent {
        self.agent.as_ref().expect("the agent is open")
    }

    /// The endpoint.
    ///
    /// # Panics
    /// Between [`Self::stop_collector`] and [`Self::start_collector`].
    #[must_use]
    pub fn collector(&self) -> &Running {
        self.collector.as_ref().expect("the endpoint runs")
    }

    /// Where the endpoint listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that the phone has on disk.
    #[must_use]
    pub fn device_folder(&self) -> PathBuf {
        self.folder.path().join(self.phone)
    }

    /// Everything that the endpoint has on disk.
    #[must_use]
    pub fn collector_folder(&self) -> PathBuf {
        self.folder.path().join("endpoint")
    }

    /// The profile that leads to the endpoint.
    #[must_use]
    pub fn profile(&self) -> Profile {
        let endpoint = format!("https://{HOST}:{}", self.address.port()).parse().unwrap();
        Profile {
            address_ranges: vec![format!("{}/32", self.address.ip()).parse().unwrap()],
            ..self.custodian.profile(&endpoint, &self.tls)
        }
    }

    /// Takes a profile; says whether it was taken.
    #[must_use]
    pub fn take_profile(&self, profile: &Profile) -> bool {
        let flat: BTreeMap<String, String> = profile.to_map();
        self.agent().apply_profile(&flat).unwrap().taken
    }

    /// The employee reads the notice and agrees.
    pub fn agree(&self, hold: bool) {
        let notice = self.agent().notice(Language::Chinese).unwrap();
        self.agent().agree(Language::Chinese, notice.digest, hold).unwrap();
    }

    /// Hands observations in, each at its own time where that is later than now.
    pub fn see(&self, observations: &[Observation]) -> Observed {
        let mut all = Observed::default();
        for next in observations {
            self.advance_to(next.at());
            let one = self.agent().observe(std::slice::from_ref(next)).unwrap();
            all.observed += one.observed;
            all.captured += one.captured;
            all.recalls += one.recalls;
            all.calls += one.calls;
            all.repeated += one.repeated;
            all.personal += one.personal;
            all.undecided += one.undecided;
            all.held += one.held;
            all.refused += one.refused;
            all.ignored += one.ignored;
            all.blind += one.blind;
        }
        all
    }

    /// Time passes.
    pub fn pass(&self, span: Span) {
        self.clock.0.advance(span);
    }

    /// Time passes until then; it never runs back.
    pub fn advance_to(&self, at: Timestamp) {
        let now = Clock::now(self.clock.as_ref());
        if at > now {
            self.pass(at.since(now));
        }
    }

    /// One wake-up.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn run(&self) -> Result<RunReport, AgentError> {
        self.agent().run(Budget { batches: 64, now: true })
    }

    /// Wakes the agent at every time that it names, until nothing waits any more.
    ///
    /// # Panics
    /// Where it does not come to an end.
    pub fn drain(&self) {
        for _ in 0..200 {
            if self.agent().status().unwrap().numbers.backlog() == 0 {
                return;
            }
            let Some(due) = self.agent().next_wake().unwrap() else { break };
            self.advance_to(due);
            self.run().unwrap();
        }
        let status = self.agent().status().unwrap();
        assert_eq!(status.numbers.backlog(), 0, "nothing waits: {:?}", status.forwarding);
    }

    /// Makes the endpoint serve the custodian's present documents.
    pub fn publish(&self) {
        self.collector().publish(self.custodian.documents()).unwrap();
    }

    /// Closes the agent, as the OS does.
    pub fn close_agent(&mut self) {
        self.agent = None;
    }

    /// Opens the agent on the folder that it had.
    pub fn open_agent(&mut self) {
        let setup = Setup { dir: self.device_folder(), os: "test".to_owned(), ports: self.ports() };
        std::fs::create_dir_all(&setup.dir).unwrap();
        self.agent = Some(Agent::open(setup).unwrap());
    }

    /// Stops the endpoint.
    pub fn stop_collector(&mut self) {
        self.collector = None;
    }

    /// Starts the endpoint on the folder and the address that it had.
    pub fn start_collector(&mut self) {
        let clock: Arc<dyn fenming_collector::Clock> = Arc::<StageClock>::clone(&self.clock);
        let running = Collector::start(self.config(), clock).unwrap();
        self.address = running.address();
        self.network.resolve(&[self.address.ip()]);
        self.collector = Some(running);
    }

    /// The archive, opened with the custodian's key.
    #[must_use]
    pub fn open_archive(&self) -> Opened {
        Opened::read(&self.collector_folder(), &self.custodian)
    }

    fn ports(&self) -> Ports {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        Ports {
            keys: Arc::<MemoryKeys>::clone(&self.keys),
            signer: Arc::<SoftwareSigner>::clone(&self.signer),
            random,
            clock: Arc::<StageClock>::clone(&self.clock),
            connector: Arc::<Network>::clone(&self.network),
        }
    }

    fn config(&self) -> Config {
        self.custodian.config(&self.collector_folder(), self.address, HOST, &self.tls)
    }
}

const HOUR: Span = Span::hours(1);

/// A loopback address of this endpoint's own, so that its port stays free while it is stopped.
///
/// # Panics
/// Where the system gives no randomness.
#[must_use]
pub fn own_address() -> SocketAddr {
    let mut bytes = [0; 3];
    SystemRandom.fill(&mut bytes).unwrap();
    let [a, b, c] = bytes.map(|byte| byte.clamp(2, 250));
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, a, b, c)), 0)
}
