//! `POST /v1/heartbeats`: how an agent is doing.

use fenming_wire::heartbeat::{Heartbeat, MAX_HEARTBEAT_BYTES};
use fenming_wire::json;

use super::{Admitted, Answer, Refusal, Service};

/// The version of the format that is taken.
const VERSION: u32 = 1;

impl Service {
    pub(crate) fn heartbeat(&self, admitted: Admitted, body: &[u8]) -> Result<Answer, Refusal> {
        let caller = self.accept(admitted, body)?;
        let heartbeat: Heartbeat =
            json::parse(body, MAX_HEARTBEAT_BYTES).map_err(|error| Refusal::malformed(&error))?;
        if heartbeat.v != VERSION {
            return Err(Refusal::field("v", "must be 1"));
        }
        if heartbeat.tenant != self.tenant {
            return Err(Refusal::field("tenant", "is not the tenant of this endpoint"));
        }
        if heartbeat.device != caller.device {
            return Err(Refusal::field("device", "is not the device that signed the request"));
        }
        self.folder.room()?;
        self.store.add_heartbeat(caller.device, self.clock.now(), body)?;
        let lane = self.lanes.enter(caller.device);
        self.keep_state(caller.device)?;
        drop(lane);
        Ok(Answer::empty())
    }
}
