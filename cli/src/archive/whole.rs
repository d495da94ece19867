//! Verifies a whole archive: the trust documents, every epoch, and what epochs say of each other.

use fenming_wire::id::TenantId;
use fenming_wire::key::Ed25519Key;
use fenming_wire::seal::Identity;
use fenming_wire::time::Timestamp;
use serde::Serialize;

use super::epoch::{Ledger, Visitor, verify_epoch};
use super::finding::{Fault, Finding, Place, Weight};
use super::folder::{Folder, LedgerFiles};
use super::report::EpochReport;
use super::tail;
use super::trusted::Trusted;

/// What is known of an archive after it was verified.
#[derive(Clone, Debug, Serialize)]
pub struct ArchiveReport {
    /// The tenant, where a trust document is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// The newest version of the trust document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_version: Option<u64>,
    /// Whether batches were opened, or only verified from outside.
    pub opened: bool,
    /// Up to when, by the endpoint's signed word, no ledger lacks its newest batches; absent where
    /// a device has no such word here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete_until: Option<Timestamp>,
    /// Every epoch of every device.
    pub epochs: Vec<EpochReport>,
    /// What was found outside of any epoch's ledger.
    pub findings: Vec<Finding>,
}

/// Verifies every epoch that `wanted` takes. Without identities, batches stay closed.
pub fn verify_archive(
    folder: &Folder,
    root: &Ed25519Key,
    identities: &[Identity],
    wanted: &dyn Fn(&LedgerFiles) -> bool,
    visitor: &mut dyn Visitor,
) -> ArchiveReport {
    let mut findings = Vec::new();
    let files = folder.trust(&mut findings);
    let (trusted, refused) = Trusted::check(root, &files);
    findings.extend(refused);
    let mut report = ArchiveReport {
        tenant: trusted.as_ref().map(|trusted| trusted.tenant().clone()),
        trust_version: trusted.as_ref().and_then(Trusted::newest).map(|newest| newest.version),
        opened: !identities.is_empty(),
        complete_until: None,
        epochs: Vec::new(),
        findings,
    };
    let Some(trusted) = trusted else {
        return report;
    };
    let mut ledgers = folder.ledgers(&mut report.findings);
    let all = ledgers.len();
    ledgers.retain(wanted);
    let batches = ledgers.iter().map(|files| files.names.len()).sum::<usize>();
    visitor.begins(u64::try_from(batches).unwrap_or(u64::MAX));
    for files in &ledgers {
        let LedgerFiles { device, epoch, key, .. } = *files;
        let ledger = Ledger { device, epoch, key, trusted: &trusted, identities };
        report.epochs.push(verify_epoch(&ledger, files.batches(), visitor));
    }
    // Whether an earlier epoch is complete can be told only where all of them were looked at.
    let every = ledgers.len() == all;
    let seen = (report.epochs.as_slice(), every);
    report.complete_until = tail::check(folder, &trusted, seen, &mut report.findings);
    if every {
        report.findings.extend(missing_of_earlier(&report.epochs));
    }
    report
}

impl ArchiveReport {
    /// All findings, those of the whole archive first.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.epochs.iter().flat_map(|epoch| &epoch.findings))
    }

    /// Those that are faults.
    pub fn all_faults(&self) -> impl Iterator<Item = &Finding> {
        self.all_findings().filter(|finding| finding.weight == Weight::Fault)
    }

    /// How many of them are faults.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.all_faults().count()
    }

    /// Batches of all epochs.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.epochs.iter().map(|epoch| epoch.batches).sum()
    }

    /// Lines of all epochs.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.epochs.iter().fold(0, |sum, epoch| sum.saturating_add(epoch.end.seq))
    }
}

/// After a reset, a genesis holds what the endpoint had signed of earlier epochs. All of that must
/// still be here.
fn missing_of_earlier(epochs: &[EpochReport]) -> Vec<Finding> {
    let mut missing = Vec::new();
    for later in epochs {
        for state in later.prior.iter().filter(|state| state.epoch != later.epoch) {
            let earlier =
                epochs.iter().find(|e| (e.device, e.epoch) == (later.device, state.epoch));
            let has = |e: &EpochReport| e.has(state.high.seq, &state.high.head);
            if state.high.seq > 0 && !earlier.is_some_and(has) {
                let place =
                    Place { device: Some(later.device), epoch: Some(state.epoch), seq: None };
                let detail = format!("up to sequence {}", state.high.seq);
                missing.push(Finding::new(place, Fault::PriorMissing, detail));
            }
        }
    }
    missing
}
