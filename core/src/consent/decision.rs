//! What the employee decided, and what follows from it now.

use fenming_wire::WireError;
use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal, Growth, Scope};
use fenming_wire::envelope::Envelope;
use fenming_wire::heartbeat;
use fenming_wire::id::{DeviceId, Digest, PersonId, TenantId};
use fenming_wire::json;
use fenming_wire::key::{DeviceKey, Signer};
use fenming_wire::policy::MIN_REPROMPT_DAYS;
use fenming_wire::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::notice::NoticeText;
use crate::error::AgentError;
use crate::ports::KeyError;

/// What the employee last decided. Whether that covers what the agent does now is never stored:
/// it is asked of the scope each time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    #[default]
    None,
    /// They refused. An earlier grant does not come back by itself, whatever the policy becomes.
    Refused {
        /// When.
        at: Timestamp,
        /// The grant that they had given before for a smaller scope, by its payload's digest.
        earlier: Option<Digest>,
    },
    /// They agreed.
    Granted(Box<Grant>),
    /// They withdrew.
    Withdrawn(Withdrawal),
}

/// A grant whose signature was made or checked on this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    document: ConsentGrant,
    envelope: Envelope<ConsentGrant>,
    digest: Digest,
}

/// A withdrawal. It holds from its moment on, whether or not it could be signed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// When they withdrew.
    pub at: Timestamp,
    /// The grant that ended, by its payload's digest.
    pub grant: Digest,
}

/// What the employee may agree to beside the notice itself, each by an answer of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// The quarantine of undecided messages; counts only where the notice offers one.
    pub hold: bool,
    /// That records leave mainland China by the route that the notice names (PIPL 39); counts only
    /// where it names one. Without it, such a route carries nothing, and nothing is captured for it.
    pub export: bool,
}

/// Who decides, and on which device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatory {
    /// The tenant.
    pub tenant: TenantId,
    /// The device, which is the one whose key signs.
    pub device: DeviceId,
    /// The person, by pseudonym.
    pub person: PersonId,
}

/// Where consent stands under a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentState<'a> {
    /// Never answered.
    None,
    /// Refused.
    Refused {
        /// When.
        at: Timestamp,
    },
    /// Given, and it covers the scope.
    Live(&'a Grant),
    /// Given for a smaller scope: capture is suspended.
    Outgrown {
        /// In what the scope goes beyond it; never empty.
        growth: Vec<Growth>,
    },
    /// Withdrawn.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
}

impl Decision {
    /// Agrees to the text that was shown, with the employee's separate answers. A route out of
    /// mainland China that they did not agree to is left out of the grant's scope.
    ///
    /// # Errors
    /// [`AgentError::KeyUnavailable`] where the device key did not sign; the earlier decision then
    /// stays. [`AgentError::DocumentRefused`] where the scope is too large for a grant.
    pub fn agree(
        notice: &NoticeText,
        who: &Signatory,
        choices: Choices,
        at: Timestamp,
        signer: &dyn Signer,
    ) -> Result<Self, AgentError> {
        let mut scope = notice.scope().clone();
        if !choices.export {
            scope.export_routes.clear();
        }
        let document = ConsentGrant {
            tenant: who.tenant.clone(),
            device: who.device,
            person: who.person.clone(),
            granted: at,
            language: notice.language(),
            notice: *notice.digest(),
            scope,
            hold_agreed: choices.hold && notice.offers_hold(),
            trust: *notice.trust(),
            policy_version: notice.policy_version(),
        };
        let envelope = Envelope::sign(&document, signer).map_err(refused(GRANT))?;
        let digest = envelope.payload_digest();
        Ok(Self::Granted(Box::new(Grant { document, envelope, digest })))
    }

    /// Refuses. Nothing is sent of it.
    #[must_use]
    pub fn refuse(self, at: Timestamp) -> Self {
        let earlier = self.grant_digest();
        Self::Refused { at, earlier }
    }

    /// Withdraws, at once and without any key or network.
    ///
    /// # Errors
    /// [`AgentError::NotFound`] where no consent was ever given, or it is withdrawn already.
    pub fn withdraw(&self, at: Timestamp) -> Result<Withdrawal, AgentError> {
        match self {
            Self::Granted(grant) => Ok(Withdrawal { at, grant: grant.digest }),
            Self::Refused { earlier: Some(grant), .. } => Ok(Withdrawal { at, grant: *grant }),
            Self::Refused { earlier: None, .. } | Self::None | Self::Withdrawn(_) => {
                Err(AgentError::NotFound("consent"))
            }
        }
    }

    /// Where consent stands under the scope that the documents in force ask for.
    #[must_use]
    pub fn under(&self, scope: &Scope) -> ConsentState<'_> {
        match self {
            Self::None => ConsentState::None,
            Self::Refused { at, .. } => ConsentState::Refused { at: *at },
            Self::Withdrawn(withdrawal) => ConsentState::Withdrawn { at: withdrawal.at },
            Self::Granted(grant) => {
                let growth = grant.document.scope.growth(scope);
                if growth.is_empty() {
                    ConsentState::Live(grant)
                } else {
                    ConsentState::Outgrown { growth }
                }
            }
        }
    }

    /// Whether the agent may ask of itself. After a refusal or a withdrawal it rests for the
    /// policy's days, never fewer than [`MIN_REPROMPT_DAYS`]. The employee may open the question
    /// at any time; that is not asked here.
    #[must_use]
    pub fn may_prompt(&self, scope: &Scope, reprompt_days: u16, now: Timestamp) -> bool {
        let days = reprompt_days.max(MIN_REPROMPT_DAYS);
        match self.under(scope) {
            ConsentState::None => true,
            // They may just have said no to it; a new route can wait as long as that answer rests.
            ConsentState::Outgrown { growth } if growth == [Growth::ExportRoutes] => {
                self.granted().is_none_or(|at| now.since(at) >= Span::days(i64::from(days)))
            }
            ConsentState::Outgrown { .. } => true,
            ConsentState::Live(_) => false,
            ConsentState::Refused { at } | ConsentState::Withdrawn { at } => {
                now.since(at) >= Span::days(i64::from(days))
            }
        }
    }

    const fn granted(&self) -> Option<Timestamp> {
        match self {
            Self::Granted(grant) => Some(grant.document.granted),
            Self::None | Self::Refused { .. } | Self::Withdrawn(_) => None,
        }
    }

    /// The bytes under which the store keeps the decision.
    ///
    /// # Errors
    /// [`AgentError::Internal`] where it cannot be written, which would be a bug.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AgentError> {
        let stored = match self {
            Self::None => Stored::None,
            Self::Refused { at, earlier } => Stored::Refused { at: *at, earlier: *earlier },
            Self::Granted(grant) => Stored::Granted { envelope: grant.envelope.clone() },
            Self::Withdrawn(withdrawal) => Stored::Withdrawn(*withdrawal),
        };
        json::write(&stored).map_err(|_| AgentError::Internal("a decision cannot be written"))
    }

    /// Reads a stored decision. A grant must be signed by this device's key, for this tenant:
    /// one that was given under another employer's profile is worth nothing here.
    ///
    /// # Errors
    /// [`AgentError::DocumentRefused`], [`AgentError::WrongTenant`].
    pub fn from_bytes(
        bytes: &[u8],
        key: &DeviceKey,
        tenant: &TenantId,
    ) -> Result<Self, AgentError> {
        let stored = json::parse(bytes, MAX_STORED_BYTES).map_err(refused("decision"))?;
        Ok(match stored {
            Stored::None => Self::None,
            Stored::Refused { at, earlier } => Self::Refused { at, earlier },
            Stored::Granted { envelope } => {
                Self::Granted(Box::new(Grant::verify(envelope, key, tenant)?))
            }
            Stored::Withdrawn(withdrawal) => Self::Withdrawn(withdrawal),
        })
    }

    fn grant_digest(&self) -> Option<Digest> {
        match self {
            Self::None | Self::Withdrawn(_) => None,
            Self::Refused { earlier, .. } => *earlier,
            Self::Granted(grant) => Some(grant.digest),
        }
    }
}

impl Grant {
    /// Checks a grant that comes from the store.
    ///
    /// # Errors
    /// [`AgentError::DocumentRefused`] where this device's key did not sign it,
    /// [`AgentError::WrongTenant`] where it names another tenant or device.
    pub fn verify(
        envelope: Envelope<ConsentGrant>,
        key: &DeviceKey,
        tenant: &TenantId,
    ) -> Result<Self, AgentError> {
        let document = envelope.verify(&[*key]).map_err(refused(GRANT))?;
        if document.tenant != *tenant || document.device != key.device_id() {
            return Err(AgentError::WrongTenant { document: GRANT });
        }
        let digest = envelope.payload_digest();
        Ok(Self { document, envelope, digest })
    }

    /// What was agreed to.
    #[must_use]
    pub const fn document(&self) -> &ConsentGrant {
        &self.document
    }

    /// The signed document, for the ledger.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope<ConsentGrant> {
        &self.envelope
    }

    /// Its payload's digest, which every record under it names.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl Withdrawal {
    /// Signs the withdrawal for the ledger. It holds without that; where the key cannot sign now,
    /// try again later.
    ///
    /// # Errors
    /// [`AgentError::KeyUnavailable`] where the device key did not sign.
    pub fn sign(
        &self,
        who: &Signatory,
        signer: &dyn Signer,
    ) -> Result<Envelope<ConsentWithdrawal>, AgentError> {
        let document = ConsentWithdrawal {
            tenant: who.tenant.clone(),
            device: who.device,
            person: who.person.clone(),
            withdrawn: self.at,
            grant: self.grant,
        };
        Envelope::sign(&document, signer).map_err(refused("consent withdrawal"))
    }
}

impl ConsentState<'_> {
    /// The state as the heartbeat names it.
    #[must_use]
    pub const fn code(&self) -> heartbeat::ConsentState {
        match self {
            Self::None => heartbeat::ConsentState::None,
            Self::Refused { .. } => heartbeat::ConsentState::Refused,
            Self::Live(_) => heartbeat::ConsentState::Live,
            Self::Outgrown { .. } => heartbeat::ConsentState::Outgrown,
            Self::Withdrawn { .. } => heartbeat::ConsentState::Withdrawn,
        }
    }
}

const GRANT: &str = "consent grant";

/// Most bytes of a stored decision: a grant's limit in base64, and its envelope.
const MAX_STORED_BYTES: usize = 512 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
enum Stored {
    None,
    Refused { at: Timestamp, earlier: Option<Digest> },
    Granted { envelope: Envelope<ConsentGrant> },
    Withdrawn(Withdrawal),
}

fn refused(document: &'static str) -> impl Fn(WireError) -> AgentError {
    move |source| match source {
        WireError::SignerFailed => AgentError::KeyUnavailable(KeyError::Failed),
        source => AgentError::DocumentRefused { document, source },
    }
}

#[cfg(test)]
mod tests;
