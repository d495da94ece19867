//! The allow-list of routes. What does not stand here does not exist.

use fenming_wire::api::{BATCHES_PATH, ENROLMENTS_PATH, HEARTBEATS_PATH, POLICY_PATH, TRUST_PATH};
use fenming_wire::content::Code;
use fenming_wire::frame::MAX_FRAME_BYTES;
use fenming_wire::heartbeat::MAX_HEARTBEAT_BYTES;
use fenming_wire::limits::MAX_CHUNK_BYTES;

use crate::limits::MAX_ENROLMENT_BYTES;

/// One route, as an inventory shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteEntry {
    /// The only method.
    pub method: &'static str,
    /// The path; a word in braces stands for one segment.
    pub path: &'static str,
    /// Who may call it.
    pub caller: Caller,
    /// Most bytes of the request's body.
    pub body: usize,
    pub(crate) operation: Operation,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Anybody.
    Anybody,
    /// Who brings a one-time token and signs with the key that is enrolled.
    TokenHolder,
    /// A known device, by its signature.
    Device,
}

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Trust,
    Enrol,
    Policy,
    Counsel,
    State,
    Batch,
    Attachment,
    Chunk,
    Heartbeat,
}

const ROUTES: [RouteEntry; 9] = [
    RouteEntry {
        method: "GET",
        path: TRUST_PATH,
        caller: Caller::Anybody,
        body: 0,
        operation: Operation::Trust,
    },
    RouteEntry {
        method: "POST",
        path: ENROLMENTS_PATH,
        caller: Caller::TokenHolder,
        body: MAX_ENROLMENT_BYTES,
        operation: Operation::Enrol,
    },
    RouteEntry {
        method: "GET",
        path: POLICY_PATH,
        caller: Caller::Device,
        body: 0,
        operation: Operation::Policy,
    },
    RouteEntry {
        method: "GET",
        path: "/v1/counsel/{number}",
        caller: Caller::Device,
        body: 0,
        operation: Operation::Counsel,
    },
    RouteEntry {
        method: "GET",
        path: "/v1/state/{epoch}",
        caller: Caller::Device,
        body: 0,
        operation: Operation::State,
    },
    RouteEntry {
        method: "POST",
        path: BATCHES_PATH,
        caller: Caller::Device,
        body: MAX_FRAME_BYTES,
        operation: Operation::Batch,
    },
    RouteEntry {
        method: "GET",
        path: "/v1/attachments/{digest}",
        caller: Caller::Device,
        body: 0,
        operation: Operation::Attachment,
    },
    RouteEntry {
        method: "PUT",
        path: "/v1/attachments/{digest}/{size}/{offset}",
        caller: Caller::Device,
        body: MAX_CHUNK_BYTES,
        operation: Operation::Chunk,
    },
    RouteEntry {
        method: "POST",
        path: HEARTBEATS_PATH,
        caller: Caller::Device,
        body: MAX_HEARTBEAT_BYTES,
        operation: Operation::Heartbeat,
    },
];

/// Every route that there is.
#[must_use]
pub const fn routes() -> &'static [RouteEntry] {
    &ROUTES
}

impl RouteEntry {
    /// The word that stands for the route in logs.
    pub(crate) const fn name(&self) -> Code {
        Code(match self.operation {
            Operation::Trust => "trust",
            Operation::Enrol => "enrolments",
            Operation::Policy => "policy",
            Operation::Counsel => "counsel",
            Operation::State => "state",
            Operation::Batch => "batches",
            Operation::Attachment => "attachments",
            Operation::Chunk => "chunks",
            Operation::Heartbeat => "heartbeats",
        })
    }
}
