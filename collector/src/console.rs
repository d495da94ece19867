//! What the operator sees and does: tokens, devices, batches, blocking. No secret can be read back.

use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use fenming_wire::WireError;
use fenming_wire::counsel::CounselDecision;
use fenming_wire::envelope::Envelope;
use fenming_wire::heartbeat::{Heartbeat, MAX_HEARTBEAT_BYTES};
use fenming_wire::id::{DeviceId, Digest, Epoch, PersonId, RetentionClass};
use fenming_wire::json;
use fenming_wire::profile::EnrolmentToken;
use fenming_wire::receipt::EpochState;
use fenming_wire::time::{Span, Timestamp};
use fenming_wire::trust::TrustDocument;
use ring::rand::{SecureRandom, SystemRandom};

use crate::clock::Clock;
use crate::limits::{MAX_HEARTBEATS_KEPT, MAX_TOKEN_LIFE};
use crate::store::decisions::Added;
use crate::store::{DeviceRow, HeartbeatRow, Store, StoreError};

/// Why a decision of counsel's was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionRefused {
    /// It was not signed by a counsel key of the trust document.
    #[error("the decision is not accepted under the trust document's `counsel_keys`: {0}")]
    Unverified(#[from] WireError),
    /// It names another tenant.
    #[error("the decision is for another tenant")]
    WrongTenant,
    /// There is no such device.
    #[error("no device of this name is enrolled here")]
    UnknownDevice,
    /// The device has one of this number, or of a later one.
    #[error(
        "the device has a decision of this number or a later one: sign it with a higher number"
    )]
    Late,
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The operator's view of a data folder, whether an endpoint serves it now or not.
#[derive(Clone)]
pub struct Console {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
}

/// A device and how it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    /// The device.
    pub device: DeviceId,
    /// The person, by pseudonym.
    pub person: PersonId,
    /// When it was enrolled, by the endpoint's clock.
    pub enrolled: Timestamp,
    /// Since when it is blocked.
    pub blocked: Option<Timestamp>,
    /// Its last heartbeat.
    pub heartbeat: Option<ReceivedHeartbeat>,
    /// Where its ledgers stand, the last active epoch first.
    pub epochs: Vec<EpochState>,
    /// Batches that it sent.
    pub batches: u64,
    /// Sealed bytes of all its batches.
    pub bytes: u64,
}

/// A heartbeat and when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedHeartbeat {
    /// When it came, by the endpoint's clock.
    pub received: Timestamp,
    /// What the agent said.
    pub heartbeat: Heartbeat,
}

/// A batch that was receipted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchEntry {
    /// The epoch.
    pub epoch: Epoch,
    /// Sequence of its first line.
    pub first: u64,
    /// Sequence of its last line.
    pub last: u64,
    /// SHA-256 of the sealed bytes.
    pub ciphertext: Digest,
    /// Length of the sealed bytes.
    pub size: u64,
    /// Its retention class.
    pub class: RetentionClass,
    /// When it was stored, by the endpoint's clock.
    pub received: Timestamp,
}

impl Console {
    /// Opens a data folder without serving it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Ok(Self { store: Arc::new(Store::open(data)?), clock })
    }

    pub(crate) fn of(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Makes a one-time token with which one device of the person may enrol. Only its digest is
    /// kept, so it can be seen this once.
    ///
    /// # Errors
    /// [`StoreError::TokenLife`] unless it lives 1 ms to 31 days; [`StoreError`].
    pub fn issue_token(
        &self,
        person: &PersonId,
        valid_for: Span,
    ) -> Result<EnrolmentToken, StoreError> {
        if valid_for == Span::default() || valid_for > MAX_TOKEN_LIFE {
            return Err(StoreError::TokenLife);
        }
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| StoreError::Random)?;
        let token = EnrolmentToken::try_from(BASE64URL_NOPAD.encode(&bytes))
            .map_err(|_| StoreError::Random)?;
        self.store.add_token(token.digest(), person, self.clock.now() + valid_for)?;
        Ok(token)
    }

    /// All devices in the order of their enrolment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn devices(&self) -> Result<Vec<DeviceEntry>, StoreError> {
        self.store.devices()?.into_iter().map(|row| self.entry(row)).collect()
    }

    /// One device.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn device(&self, device: DeviceId) -> Result<Option<DeviceEntry>, StoreError> {
        self.store.device(device)?.map(|row| self.entry(row)).transpose()
    }

    /// A device's batches, epoch by epoch, as the ledger runs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn batches(&self, device: DeviceId) -> Result<Vec<BatchEntry>, StoreError> {
        let rows = self.store.batches(device)?.into_iter();
        Ok(rows
            .map(|row| BatchEntry {
                epoch: row.epoch,
                first: row.first,
                last: row.last,
                ciphertext: row.ciphertext,
                size: row.size,
                class: row.class,
                received: row.received,
            })
            .collect())
    }

    /// A device's heartbeats, newest first, at most [`MAX_HEARTBEATS_KEPT`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn heartbeats(&self, device: DeviceId) -> Result<Vec<ReceivedHeartbeat>, StoreError> {
        self.store.heartbeats(device, MAX_HEARTBEATS_KEPT)?.iter().map(received).collect()
    }

    /// Refuses the device from now on; `false` where there is none of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn block(&self, device: DeviceId) -> Result<bool, StoreError> {
        self.store.set_blocked(device, Some(self.clock.now()))
    }

    /// Lets a blocked device in again; `false` where there is none of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unblock(&self, device: DeviceId) -> Result<bool, StoreError> {
        self.store.set_blocked(device, None)
    }

    /// Takes a decision of counsel's and hands it to its device from now on. Taking the same one
    /// again changes nothing.
    ///
    /// # Errors
    /// [`DecisionRefused`].
    pub fn add_decision(
        &self,
        trust: &TrustDocument,
        envelope: &Envelope<CounselDecision>,
    ) -> Result<CounselDecision, DecisionRefused> {
        let decision = envelope.verify(&trust.counsel_keys)?;
        if decision.tenant != trust.tenant {
            return Err(DecisionRefused::WrongTenant);
        }
        let bytes = envelope.to_bytes()?;
        match self.store.add_decision(decision.device, decision.number, &bytes)? {
            Added::New | Added::Same => Ok(decision),
            Added::Late => Err(DecisionRefused::Late),
            Added::Unknown => Err(DecisionRefused::UnknownDevice),
        }
    }

    fn entry(&self, row: DeviceRow) -> Result<DeviceEntry, StoreError> {
        let (batches, bytes) = self.store.volume(row.device)?;
        Ok(DeviceEntry {
            device: row.device,
            person: row.person,
            enrolled: row.enrolled,
            blocked: row.blocked,
            heartbeat: self.store.heartbeats(row.device, 1)?.first().map(received).transpose()?,
            epochs: self.store.view(row.device, None)?.epochs,
            batches,
            bytes,
        })
    }
}

fn received(row: &HeartbeatRow) -> Result<ReceivedHeartbeat, StoreError> {
    let heartbeat =
        json::parse(&row.document, MAX_HEARTBEAT_BYTES).map_err(|_| StoreError::Damaged)?;
    Ok(ReceivedHeartbeat { received: row.received, heartbeat })
}
