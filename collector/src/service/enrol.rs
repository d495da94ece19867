//! `POST /v1/enrolments`: a one-time token and a key make a device.

use std::net::IpAddr;

use fenming_wire::api::{Enrolment, EnrolmentRequest, ProblemKind};
use fenming_wire::json;

use super::admit::{fresh, parse, refused, replayed, skewed};
use super::{Answer, Head, Refusal, Service};
use crate::limits::MAX_ENROLMENT_BYTES;
use crate::store::{EnrolRefused, Registered};

impl Service {
    /// Refuses an address that failed too often.
    pub(crate) fn may_enrol(&self, peer: IpAddr) -> Result<(), Refusal> {
        match self.failures().wait(peer, self.clock.now()) {
            None => Ok(()),
            Some(seconds) => Err(Refusal::too_many(seconds)),
        }
    }

    pub(crate) fn enrol(&self, peer: IpAddr, head: &Head, body: &[u8]) -> Result<Answer, Refusal> {
        let answer = self.try_enrol(head, body);
        let guessed = |refusal: &Refusal| refusal.kind() == ProblemKind::TokenRefused;
        if answer.as_ref().err().is_some_and(guessed) {
            self.failures().failed(peer, self.clock.now());
        }
        answer
    }

    fn try_enrol(&self, head: &Head, body: &[u8]) -> Result<Answer, Refusal> {
        let presented = parse(head)?;
        let request: EnrolmentRequest =
            json::parse(body, MAX_ENROLMENT_BYTES).map_err(|error| Refusal::malformed(&error))?;
        let key = request.device_key;
        if presented.device != key.device_id() {
            return Err(refused("`keyid` must be the device id of `device_key`"));
        }
        presented.check_body(body).map_err(|error| refused(&error.to_string()))?;
        self.check_signature(&presented, head, &key)?;
        let now = self.clock.now();
        if !fresh(presented.created, now) {
            // The device has shown that it holds the key, so it may learn the time in its name.
            let state = self.sign_state(presented.device, &presented.nonce, None)?;
            return Err(skewed().with_state(state));
        }
        let person = self
            .store
            .enrol(&Registered {
                token: request.token.digest(),
                key,
                nonce: &presented.nonce,
                created: presented.created,
                now,
            })
            .map_err(refusal)?;
        self.folder.keep_key(&key)?;
        let documents = self.published().documents.clone();
        let enrolment = Enrolment {
            device: presented.device,
            person,
            trust: documents.trust,
            policy: documents.policy,
        };
        json::write(&enrolment).map(Answer::json).map_err(|_| Refusal::unavailable())
    }
}

fn refusal(error: EnrolRefused) -> Refusal {
    match error {
        EnrolRefused::Token => {
            Refusal::new(ProblemKind::TokenRefused, "the token is unknown, used or too old")
        }
        EnrolRefused::Blocked => Refusal::new(ProblemKind::DeviceBlocked, "the device was blocked"),
        EnrolRefused::Replayed => replayed(),
        EnrolRefused::Store(error) => error.into(),
    }
}
