//! What the demo plays on: the custodian's folder, an endpoint, a phone.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fenming_collector::{Collector, Config, Documents, Limits, Running, TlsIdentity};
use fenming_core::agent::SystemResolver;
use fenming_core::agent::{Agent, HttpsConnector, Ports, Setup};
use fenming_core::clock::{Span, Timestamp};
use fenming_core::ports::{Random, SystemRandom};
use fenming_wire::id::PersonId;
use fenming_wire::profile::Profile;
use fenming_wire::text::Language;
use tempfile::TempDir;

use super::Args;
use super::cast::{Cast, HOST};
use super::clock::ReplayClock;
use super::random::Seeded;
use super::summary::Summary;
use crate::device::ports::{FileKeys, FileSigner, make_private_dir, write_private};
use crate::error::CliError;
use crate::output::Output;

/// Everything that runs while the demo runs.
pub(super) struct Stage {
    pub(super) cast: Cast,
    pub(super) clock: Arc<ReplayClock>,
    pub(super) agent: Agent,
    collector: Running,
    folder: PathBuf,
    kept: bool,
    _temporary: Option<TempDir>,
}

/// How long before the first observation the phone is enrolled.
const PRELUDE: Span = Span::minutes(5);

/// How long the one-time token lives.
const TOKEN_LIFE: Span = Span::hours(1);

impl Stage {
    /// Makes keys and documents, starts the endpoint, opens the agent.
    pub(super) fn set(args: &Args, first: Timestamp, out: &mut Output) -> Result<Self, CliError> {
        let (folder, temporary) = folder(args.keep.as_deref())?;
        let clock = Arc::new(ReplayClock::starting_at(first - PRELUDE));
        out.heading("1  The custodian makes keys and signs who may read");
        let cast = Cast::assemble()?;
        let custodian = folder.join("custodian");
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| CliError::io(&path, &error)
        };
        make_private_dir(&custodian).map_err(io(&custodian))?;
        let key = custodian.join("custodian.key");
        write_private(&key, cast.archive_key_file().as_bytes()).map_err(io(&key))?;
        let root = custodian.join("root.pub");
        fs::write(&root, format!("{}\n", cast.root.public())).map_err(io(&root))?;
        out.facts(&[
            ("organisation", cast.organisation().en.clone()),
            ("root key", format!("Ed25519, fingerprint {}", cast.root.public().fingerprint())),
            ("archive key", cast.archive.recipient().to_string()),
        ]);
        out.heading("2  The endpoint starts; it holds no key that opens anything");
        let collector = endpoint(&cast, &folder, &clock)?;
        out.facts(&[("address", collector.endpoint().to_string())]);
        let agent = phone(args, &folder, &clock)?;
        let kept = args.keep.is_some();
        Ok(Self { cast, clock, agent, collector, folder, kept, _temporary: temporary })
    }

    /// Enrols the phone, shows the notice, and has the employee agree.
    pub(super) fn enrol(&self, language: Language, out: &mut Output) -> Result<(), CliError> {
        out.heading("3  A phone enrols");
        let person: PersonId = "p-0017".parse().map_err(|_| CliError::fault("a person id"))?;
        let token = self.collector.console().issue_token(&person, TOKEN_LIFE);
        let token = token.map_err(|error| CliError::fault(error.to_string()))?;
        let mut profile = self.profile()?.to_map();
        profile.insert("enrolment_token".to_owned(), token.expose().to_owned());
        let report = self.agent.apply_profile(&profile)?;
        if let Some(refused) = report.refused.first() {
            return Err(CliError::fault(format!("`{}` {}", refused.key, refused.reason)));
        }
        let organisation = self.agent.organisation()?;
        self.agent.enrol()?;
        out.facts(&[
            ("asks", organisation.name.in_language(language).to_owned()),
            ("fingerprint", organisation.fingerprint),
        ]);
        out.heading("4  The employee reads the notice and agrees");
        let notice = self.agent.notice(language)?;
        for section in &notice.sections {
            out.line(&format!("  {}", section.heading));
            for line in &section.lines {
                out.line(&format!("    {line}"));
            }
        }
        self.agent.agree(language, notice.digest, false)?;
        out.done("signed by the device, with the digest of exactly this text");
        Ok(())
    }

    /// Says how the phone stands at the end, and closes it.
    pub(super) fn close(&self, summary: &mut Summary) -> Result<(), CliError> {
        summary.add_status(&self.agent.status()?);
        Ok(self.agent.suspend()?)
    }

    /// The endpoint's folder, which is the archive.
    pub(super) fn archive(&self) -> PathBuf {
        self.folder.join("endpoint")
    }

    /// The file that holds the custodian's archive key.
    pub(super) fn archive_key(&self) -> PathBuf {
        self.folder.join("custodian").join("custodian.key")
    }

    /// A path as it can be typed later: below `DIR` where the folder of this run goes away.
    pub(super) fn shown(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.folder) {
            Ok(below) if !self.kept => Path::new("DIR").join(below),
            Ok(_) | Err(_) => path.to_owned(),
        }
    }

    pub(super) fn farewell(&self, out: &mut Output) {
        if self.kept {
            out.line(&format!("Everything lies in {}", self.folder.display()));
        } else {
            out.aside("Nothing was kept. `cargo run --release -- demo --keep DIR` leaves everything in DIR.");
        }
    }

    fn profile(&self) -> Result<Profile, CliError> {
        let loopback = |range: &str| range.parse().map_err(|_| CliError::fault("a range"));
        Ok(Profile {
            tenant: self.cast.tenant(),
            endpoint: self.collector.endpoint().clone(),
            root_key: self.cast.root.public(),
            tls_pins: Vec::new(),
            tls_ca: Some(self.cast.tls.authority.clone()),
            address_ranges: vec![loopback("127.0.0.0/8")?, loopback("::1/128")?],
            export_route: None,
        })
    }
}

fn folder(keep: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), CliError> {
    if let Some(dir) = keep {
        let used = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
        if used {
            let error = CliError::refused(format!("{} is not empty", dir.display()));
            return Err(error.hint("name a folder that does not exist yet"));
        }
        make_private_dir(dir).map_err(|error| CliError::io(dir, &error))?;
        return Ok((dir.to_owned(), None));
    }
    let temporary = tempfile::Builder::new()
        .prefix("fenming-demo-")
        .tempdir()
        .map_err(|error| CliError::io(&std::env::temp_dir(), &error))?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

fn endpoint(cast: &Cast, folder: &Path, clock: &Arc<ReplayClock>) -> Result<Running, CliError> {
    let fault = |error: &dyn std::fmt::Display| CliError::fault(format!("the endpoint: {error}"));
    let tls = TlsIdentity::from_pem(cast.tls.chain.as_bytes(), cast.tls.key.as_bytes());
    let config = Config {
        data: folder.join("endpoint"),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        tls: tls.map_err(|error| fault(&error))?,
        tenant: cast.tenant(),
        root_key: cast.root.public(),
        documents: Documents { trust: cast.trust.clone(), policy: cast.policy.clone() },
        receipt_key: cast.receipt_key.clone(),
        endpoint: format!("https://{HOST}:0").parse().map_err(|error| fault(&error))?,
        limits: Limits::default(),
    };
    let clock: Arc<dyn fenming_collector::Clock> = Arc::<ReplayClock>::clone(clock);
    Collector::start(config, clock).map_err(|error| fault(&error))
}

fn phone(args: &Args, folder: &Path, clock: &Arc<ReplayClock>) -> Result<Agent, CliError> {
    let device = folder.join("device");
    let io = |error| CliError::io(&device, &error);
    make_private_dir(&device).map_err(io)?;
    let random: Arc<dyn Random> = match args.seed {
        Some(seed) => Arc::new(Seeded::new(seed)),
        None => Arc::new(SystemRandom),
    };
    let clock: Arc<dyn fenming_core::clock::Clock> = Arc::<ReplayClock>::clone(clock);
    let connector = HttpsConnector { resolver: Arc::new(SystemResolver) };
    Ok(Agent::open(Setup {
        dir: device.join("store"),
        os: "demo".to_owned(),
        ports: Ports {
            keys: FileKeys::open(&device.join("keys")).map_err(io)?,
            signer: FileSigner::open(&device.join("device.key")).map_err(io)?,
            random,
            clock,
            connector: Arc::new(connector),
        },
    })?)
}
