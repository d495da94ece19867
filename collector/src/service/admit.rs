//! Who may pass: known devices with a fresh signature, each request once.

use fenming_wire::api::ProblemKind;
use fenming_wire::id::DeviceId;
use fenming_wire::key::DeviceKey;
use fenming_wire::limits::SIGNATURE_WINDOW_SECONDS;
use fenming_wire::signature::{self, Headers, Presented, Request};
use fenming_wire::time::Timestamp;

use super::{Refusal, Service};

/// What is known of a request before its body has come.
pub(crate) struct Head {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// Absent where one of the three fields is missing, stands twice or is no text.
    pub(crate) headers: Option<Headers>,
}

/// A request of a known device that is signed, fresh and not blocked. Its body is not checked yet.
pub(crate) struct Admitted {
    presented: Presented,
    key: DeviceKey,
}

/// A request that passed every check.
pub(super) struct Caller {
    pub(super) device: DeviceId,
    pub(super) key: DeviceKey,
    pub(super) nonce: String,
}

impl Admitted {
    pub(crate) const fn device(&self) -> DeviceId {
        self.presented.device
    }
}

impl Service {
    /// Checks all that can be checked before the body is read.
    pub(crate) fn admit(&self, head: &Head) -> Result<Admitted, Refusal> {
        let presented = parse(head)?;
        let Some(known) = self.store.device(presented.device)? else {
            return Err(refused("the device is not known"));
        };
        self.check_signature(&presented, head, &known.key)?;
        if known.blocked.is_some() {
            return Err(Refusal::new(ProblemKind::DeviceBlocked, "the device was blocked"));
        }
        let now = self.clock.now();
        if !fresh(presented.created, now) {
            let state = self.sign_state(presented.device, &presented.nonce, None)?;
            return Err(skewed().with_state(state));
        }
        Ok(Admitted { presented, key: known.key })
    }

    /// Checks the body and that the request was not seen before.
    pub(super) fn accept(&self, admitted: Admitted, body: &[u8]) -> Result<Caller, Refusal> {
        let Admitted { presented, key } = admitted;
        presented.check_body(body).map_err(|error| refused(&error.to_string()))?;
        let Presented { device, created, nonce, .. } = presented;
        if !self.store.remember(device, &nonce, created, self.clock.now())? {
            return Err(replayed());
        }
        Ok(Caller { device, key, nonce })
    }

    pub(super) fn check_signature(
        &self,
        presented: &Presented,
        head: &Head,
        key: &DeviceKey,
    ) -> Result<(), Refusal> {
        let request = Request {
            method: head.method,
            authority: &self.authority,
            path: &head.path,
            body: &[],
        };
        presented.verify_head(request, key).map_err(|error| refused(&error.to_string()))
    }
}

pub(super) fn parse(head: &Head) -> Result<Presented, Refusal> {
    let headers = head.headers.as_ref().ok_or_else(|| {
        refused("needs one Content-Digest, one Signature-Input and one Signature")
    })?;
    signature::parse(headers).map_err(|error| refused(&error.to_string()))
}

/// Whether a signature's time lies within the window around the endpoint's.
pub(super) fn fresh(created: Timestamp, now: Timestamp) -> bool {
    (created.seconds() - now.seconds()).abs() <= SIGNATURE_WINDOW_SECONDS
}

pub(super) fn refused(title: &str) -> Refusal {
    Refusal::new(ProblemKind::SignatureRefused, title)
}

pub(super) fn skewed() -> Refusal {
    let title = "`created` lies more than 300 seconds from the endpoint's clock";
    Refusal::new(ProblemKind::ClockSkew, title)
}

pub(super) fn replayed() -> Refusal {
    Refusal::new(ProblemKind::Replayed, "the request was seen before: sign a new one")
}
