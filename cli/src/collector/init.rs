//! `collector init`: a folder that holds all that an endpoint needs.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use fenming_wire::envelope::Envelope;
use fenming_wire::id::TenantId;
use fenming_wire::key::Ed25519Key;
use fenming_wire::policy::Policy;
use fenming_wire::profile::{Endpoint, Profile};
use fenming_wire::range::AddressRange;
use fenming_wire::trust::TrustDocument;

use super::folder::{self, ConfigFile};
use crate::certificate::PrivateCa;
use crate::document;
use crate::error::CliError;
use crate::files::{self, Access};
use crate::keys::{self, PublicKeyArg};
use crate::output::Output;

/// Arguments of `fenming collector init`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The endpoint's folder; it must be new or empty
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Name or IP address under which phones reach the endpoint
    #[arg(long)]
    host: String,
    /// Address and port to listen on, such as 0.0.0.0:8443; port 0 takes a free one at each start
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Port under which phones reach the endpoint, where a balancer stands before it
    #[arg(long, value_name = "PORT")]
    public_port: Option<u16>,
    /// The tenant, as trust document and policy name it
    #[arg(long)]
    tenant: TenantId,
    /// The custodian's root key, or the file that holds it
    #[arg(long, value_name = "KEY|FILE")]
    root_key: PublicKeyArg,
    /// The signed trust document
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The signed policy
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The private key that signs receipts; a copy goes into the folder
    #[arg(long, value_name = "FILE")]
    receipt_key: PathBuf,
    /// Addresses that phones may connect to, such as 203.0.113.0/24, separated by commas
    #[arg(long, value_name = "RANGES", value_delimiter = ',')]
    ranges: Vec<String>,
}

/// What was read and found good before anything is written.
struct Checked {
    root: Ed25519Key,
    trust: Envelope<TrustDocument>,
    policy: Envelope<Policy>,
    fingerprint: String,
}

pub(super) fn run(args: &Args, out: &mut Output) -> Result<(), CliError> {
    let endpoint = endpoint(args)?;
    let ranges = ranges(args)?;
    let checked = check(args)?;
    let receipt_key = files::read_secret(&args.receipt_key)?;
    let tls = PrivateCa::issue(&args.host)?;
    let profile = Profile {
        tenant: args.tenant.clone(),
        endpoint: endpoint.clone(),
        root_key: checked.root,
        tls_pins: Vec::new(),
        tls_ca: Some(tls.authority.clone()),
        address_ranges: ranges,
        export_route: None,
    };
    let config = ConfigFile::new(args.listen, args.tenant.clone(), checked.root, endpoint.clone());
    make_empty_dir(&args.dir)?;
    let at = |name: &str| args.dir.join(name);
    files::write_new(&at(folder::TLS_CERT), tls.chain.as_bytes(), Access::Shared)?;
    files::write_new(&at(folder::TLS_KEY), tls.key.as_bytes(), Access::Owner)?;
    files::write_new(&at(folder::RECEIPT_KEY), &receipt_key, Access::Owner)?;
    document::write_signed(&at(folder::TRUST), &checked.trust)?;
    document::write_signed(&at(folder::POLICY), &checked.policy)?;
    folder::write_json(&at(folder::PROFILE), &profile.to_map(), Access::Shared)?;
    // Last, so that a folder with a configuration is whole.
    folder::write_json(&at(folder::CONFIG), &config, Access::Shared)?;
    report(args, &endpoint, &checked.fingerprint, out);
    Ok(())
}

fn check(args: &Args) -> Result<Checked, CliError> {
    let root = args.root_key.key()?;
    let trust = document::load_signed::<TrustDocument>(&args.trust)?;
    let trusted = document::verify(&args.trust, &trust, &[root])?;
    let policy = document::load_signed::<Policy>(&args.policy)?;
    let ruled = document::verify(&args.policy, &policy, &trusted.policy_keys)?;
    for (path, tenant) in [(&args.trust, &trusted.tenant), (&args.policy, &ruled.tenant)] {
        if *tenant != args.tenant {
            let text = format!("{}: field `tenant`: differs from --tenant", path.display());
            return Err(CliError::unverified(text).hint(format!("it holds for `{tenant}`")));
        }
    }
    let receipt = keys::read_signer(&args.receipt_key)?.public();
    if !trusted.receipt_keys.contains(&receipt) {
        let text = format!(
            "{}: the trust document does not name this key in `receipt_keys`",
            args.receipt_key.display()
        );
        return Err(CliError::refused(text)
            .hint("phones would refuse every receipt; give the key that the document names"));
    }
    Ok(Checked { fingerprint: root.fingerprint(), root, trust, policy })
}

/// The endpoint as phones name it.
fn endpoint(args: &Args) -> Result<Endpoint, CliError> {
    let port = args.public_port.unwrap_or_else(|| args.listen.port());
    let host = match args.host.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => args.host.clone(),
    };
    format!("https://{host}:{port}").parse().map_err(|_| {
        CliError::input("--host: is no host name and no IP address")
            .hint("give the bare name, without https:// and without a port")
    })
}

/// The ranges that were given. A host that is an address, or this machine, says them itself.
fn ranges(args: &Args) -> Result<Vec<AddressRange>, CliError> {
    let own = match args.host.parse::<IpAddr>() {
        Ok(address @ IpAddr::V4(_)) => vec![format!("{address}/32")],
        Ok(address @ IpAddr::V6(_)) => vec![format!("{address}/128")],
        Err(_) if args.host == "localhost" => vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()],
        Err(_) => Vec::new(),
    };
    let named = if args.ranges.is_empty() { own } else { args.ranges.clone() };
    if named.is_empty() {
        return Err(CliError::input("--ranges: is required where --host is a name")
            .hint("phones connect to these addresses only, such as --ranges 203.0.113.0/24"));
    }
    let parse = |range: &String| {
        range.parse().map_err(|_| {
            CliError::input("--ranges: has an entry that is no range such as 203.0.113.0/24")
        })
    };
    named.iter().map(parse).collect()
}

fn make_empty_dir(dir: &Path) -> Result<(), CliError> {
    files::make_private_dir(dir)?;
    let mut entries = dir.read_dir().map_err(|error| CliError::io(dir, &error))?;
    if entries.next().is_some() {
        let text = format!("{}: is not empty and stays as it is", dir.display());
        return Err(CliError::refused(text).hint("name a folder that does not exist yet"));
    }
    Ok(())
}

fn report(args: &Args, endpoint: &Endpoint, fingerprint: &str, out: &mut Output) {
    let config = args.dir.join(folder::CONFIG);
    let profile = args.dir.join(folder::PROFILE);
    out.json(&serde_json::json!({
        "config": config,
        "profile": profile,
        "endpoint": endpoint,
        "root_fingerprint": fingerprint,
    }));
    out.done(&format!("the endpoint's folder is ready: {}", args.dir.display()));
    out.facts(&[
        ("configuration", config.display().to_string()),
        ("phones' profile", profile.display().to_string()),
        ("endpoint", endpoint.to_string()),
        ("root key", fingerprint.to_owned()),
    ]);
    if endpoint.port() == 0 {
        out.caution("port 0: each start takes another port, so profile.json is not complete");
    }
    out.aside("Next: run it, and make a token for the first device:");
    out.command(&format!("fenming collector serve --config {}", config.display()));
    out.command(&format!(
        "fenming collector token --config {} --person PERSON --profile device.json",
        config.display()
    ));
}
