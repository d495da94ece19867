//! `GET /v1/counsel/{number}`: counsel's next decision for the device that asks.

use fenming_wire::api::COUNSEL_PATH;

use super::{Admitted, Answer, Refusal, Service, behind};

impl Service {
    pub(crate) fn counsel(
        &self,
        path: &str,
        admitted: Admitted,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let caller = self.accept(admitted, body)?;
        let number = behind(path, COUNSEL_PATH)
            .and_then(|text| text.parse().ok())
            .filter(|number| *number <= MAX_NUMBER)
            .ok_or_else(|| Refusal::field("number", "must be a number below 2^63"))?;
        let next = self.store.decision_after(caller.device, number)?;
        next.map(Answer::json).ok_or_else(Refusal::not_found)
    }
}

/// Largest number of a decision: what the database holds.
const MAX_NUMBER: u64 = i64::MAX.unsigned_abs();
