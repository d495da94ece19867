//! What is known of an epoch after it was verified.

use fenming_wire::balance::Books;
use fenming_wire::id::{ChatId, DeviceId, Digest, Epoch, PersonId};
use fenming_wire::ledger::Position;
use fenming_wire::receipt::EpochState;
use fenming_wire::record::{Cause, CoverageState};
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;
use serde::Serialize;

use super::finding::{Finding, Weight};

/// One epoch of one device.
#[derive(Clone, Debug, Serialize)]
pub struct EpochReport {
    /// The device.
    pub device: DeviceId,
    /// The epoch.
    pub epoch: Epoch,
    /// The person by pseudonym, where the genesis was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Batches that are there.
    pub batches: u64,
    /// Batches that were opened and read.
    pub opened: u64,
    /// Bytes of the sealed files.
    pub sealed_bytes: u64,
    /// Where the ledger ends, as far as it is here.
    pub end: Position,
    /// When the first batch arrived, by the endpoint's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_received: Option<Timestamp>,
    /// When the last batch arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_received: Option<Timestamp>,
    /// What the opened batches hold.
    pub counts: Counts,
    /// The last books that the device signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub books: Option<Books>,
    /// What the agent says it could not see.
    pub blind: Vec<Blind>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The ends of all batches, to which later epochs may refer.
    #[serde(skip)]
    pub(super) ends: Vec<Position>,
    /// What the endpoint had of earlier epochs when this one began.
    #[serde(skip)]
    pub(super) prior: Vec<EpochState>,
}

/// Numbers of lines by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Chats, each line once.
    pub chats: u64,
    /// Messages.
    pub messages: u64,
    /// Recalls.
    pub recalls: u64,
    /// Calls.
    pub calls: u64,
    /// Statements on coverage.
    pub coverage: u64,
    /// Directory chats that the employee tagged personal.
    pub overrides: u64,
    /// Consents given, the genesis' own included.
    pub grants: u64,
    /// Consents withdrawn.
    pub withdrawals: u64,
}

/// A stretch of time, or a moment, in which something could not be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blind {
    /// The line that says so.
    pub seq: u64,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; absent where it lasted, or was a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The source.
    pub source: Source,
    /// The chat; absent where it is the whole source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatId>,
    /// How much could be seen.
    pub state: CoverageState,
    /// Why.
    pub cause: Cause,
    /// Messages that were never visible, where the counter tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed: Option<u32>,
}

impl EpochReport {
    pub(super) const fn new(device: DeviceId, epoch: Epoch, end: Position) -> Self {
        Self {
            device,
            epoch,
            person: None,
            batches: 0,
            opened: 0,
            sealed_bytes: 0,
            end,
            first_received: None,
            last_received: None,
            counts: Counts {
                chats: 0,
                messages: 0,
                recalls: 0,
                calls: 0,
                coverage: 0,
                overrides: 0,
                grants: 0,
                withdrawals: 0,
            },
            books: None,
            blind: Vec::new(),
            findings: Vec::new(),
            ends: Vec::new(),
            prior: Vec::new(),
        }
    }

    /// Whether there is no fault; notices are allowed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.weight == Weight::Notice)
    }

    /// Whether a batch of this epoch ends at this place.
    #[must_use]
    pub fn has(&self, seq: u64, head: &Digest) -> bool {
        seq == 0 || self.ends.iter().any(|end| end.seq == seq && end.head == *head)
    }
}
