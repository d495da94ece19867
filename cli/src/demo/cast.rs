//! Who takes part in the demo: the custodian's keys, and the documents that they sign.

use fenming_wire::WireError;
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::id::TenantId;
use fenming_wire::json;
use fenming_wire::key::{Ed25519Signer, Signer};
use fenming_wire::policy::Policy;
use fenming_wire::seal::Identity;
use fenming_wire::text::Bilingual;
use fenming_wire::trust::{NamedRecipient, TrustDocument};
use zeroize::Zeroizing;

use crate::certificate::PrivateCa;
use crate::error::CliError;

/// The host under which the demo's endpoint is reached. It resolves to loopback everywhere.
pub(super) const HOST: &str = "localhost";

/// All keys and documents of the demo.
pub(super) struct Cast {
    pub(super) root: Ed25519Signer,
    pub(super) receipt_key: Zeroizing<Vec<u8>>,
    pub(super) archive: Identity,
    pub(super) trust: Envelope<TrustDocument>,
    pub(super) policy: Envelope<Policy>,
    pub(super) tls: PrivateCa,
    tenant: TenantId,
    organisation: Bilingual,
}

/// The policy of the demo, as a custodian would write it.
const POLICY: &[u8] = include_bytes!("../../data/demo-policy.json");

impl Cast {
    /// Makes every key anew and signs the documents.
    pub(super) fn assemble() -> Result<Self, CliError> {
        let (root, _) = Ed25519Signer::generate().map_err(own)?;
        let (policy_signer, _) = Ed25519Signer::generate().map_err(own)?;
        let (receipt_signer, receipt_key) = Ed25519Signer::generate().map_err(own)?;
        let archive = Identity::generate();
        let policy: Policy = json::parse(POLICY, Policy::LIMIT).map_err(own)?;
        let trust = TrustDocument {
            tenant: policy.tenant.clone(),
            version: 1,
            issued: policy.issued,
            organisation: Bilingual::new("恒远证券（演示）", "Hengyuan Securities (demo)"),
            recipients: vec![NamedRecipient {
                name: Bilingual::new("合规部档案保管人", "Archive custodian, Compliance"),
                key: archive.recipient(),
            }],
            counsel: NamedRecipient {
                name: Bilingual::new("外部律师", "Outside counsel"),
                key: Identity::generate().recipient(),
            },
            counsel_keys: Vec::new(),
            policy_keys: vec![policy_signer.public()],
            receipt_keys: vec![receipt_signer.public()],
            export_routes: Vec::new(),
        };
        Ok(Self {
            trust: sign(&trust, &root)?,
            policy: sign(&policy, &policy_signer)?,
            tenant: trust.tenant.clone(),
            organisation: trust.organisation.clone(),
            root,
            receipt_key,
            archive,
            tls: PrivateCa::issue(HOST)?,
        })
    }
}

impl Cast {
    /// The archive key as a file that stock `age -i` reads.
    pub(super) fn archive_key_file(&self) -> Zeroizing<String> {
        let (public, secret) = (self.archive.recipient(), self.archive.expose_secret());
        Zeroizing::new(format!("# public key: {public}\n{}\n", &*secret))
    }

    /// The organisation's name.
    pub(super) fn organisation(&self) -> &Bilingual {
        &self.organisation
    }

    /// The tenant.
    pub(super) fn tenant(&self) -> TenantId {
        self.tenant.clone()
    }
}

fn sign<T: Document>(document: &T, signer: &dyn Signer) -> Result<Envelope<T>, CliError> {
    Envelope::sign(document, signer).map_err(own)
}

/// The demo's own keys and documents are good; where they are not, the program is wrong.
fn own(error: WireError) -> CliError {
    CliError::fault(format!("a document of the demo: {error}"))
}
