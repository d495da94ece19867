//! The agent's limits, each with its unit and its reason.

use fenming_wire::time::Span;

/// Most bytes of a title, text or ticker that is looked at. WeChat's longest message is about
/// 16 KiB; what is longer is cut there and marked.
pub const MAX_TEXT_BYTES: usize = 32 * 1024;

/// Most records that wait on the phone. At 2,000 messages a day this is four months.
pub const MAX_QUEUED_RECORDS: u64 = 250_000;

/// Most bytes of the store and the spool together: what an employee would notice on a phone.
pub const MAX_STORE_BYTES: u64 = 1024 * 1024 * 1024;

/// Most chats whose counters the assembler remembers, newest first.
pub const MAX_TRACKED_CHATS: usize = 1_024;

/// How long a sign of a call is remembered without an end.
pub const MAX_CALL: Span = Span::hours(12);

/// Shortest and longest wait that a `Retry-After` may ask for.
pub const RETRY_AFTER: (Span, Span) = (Span::seconds(1), Span::hours(24));

/// How often a paused transport is tried again.
pub const PROBE_INTERVAL: Span = Span::hours(1);

/// Longest time for a connection to come about.
pub const CONNECT_TIMEOUT: Span = Span::seconds(15);

/// Longest time for one request: 4 MiB over a 300 kbit/s link takes two minutes.
pub const REQUEST_TIMEOUT: Span = Span::seconds(180);

/// Most bytes of any answer that is read.
pub const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
