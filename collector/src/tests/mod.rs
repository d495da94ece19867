//! The endpoint as its callers meet it: real TLS, real SQLite, real keys.

mod attachments;
mod batches;
mod canary;
mod client;
mod documents;
mod enrolment;
mod fixture;
mod heartbeats;
mod limits;
mod local;
mod model;
mod restart;
mod routes;
mod signatures;
