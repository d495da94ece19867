//! The agent's limits, each with its unit and its reason.

use fenming_wire::time::Span;

/// Most bytes of a title, text or ticker that is looked at, counted as JSON writes them. Android
/// itself cuts at [`NOTIFICATION_TEXT_UNITS`]; what is longer is cut here and marked. A record holds
/// at most four such strings, which together fit in one line.
pub const MAX_TEXT_BYTES: usize = 28 * 1024;

/// UTF-16 units at which Android cuts the strings of a notification. A text of this length may go
/// on.
pub const NOTIFICATION_TEXT_UNITS: usize = 1_024;

/// Most bytes of a locale pack; the ones that are shipped have about 5 KiB.
pub const MAX_PACK_BYTES: usize = 256 * 1024;

/// Most bytes of one line of observations in a file: three strings of the longest kind, escaped.
pub const MAX_INPUT_LINE_BYTES: usize = 256 * 1024;

/// Most observations that are taken at once: they are held in memory together, and are on disk
/// together. More than any phone shows in a minute.
pub const MAX_OBSERVATIONS_AT_ONCE: usize = 1_024;

/// Most bytes of text that is shared at once. WeChat lets 100 messages be selected, most of them
/// short; what is longer is refused as a whole, so that nothing is cut without a word.
pub const MAX_SHARE_TEXT_BYTES: usize = 512 * 1024;

/// Most files of one share, as many as messages that can be selected.
pub const MAX_SHARE_FILES: usize = 100;

/// Most records that wait on the phone. At 2,000 messages a day this is four months.
pub const MAX_QUEUED_RECORDS: u64 = 250_000;

/// Most bytes of the store and the spool together: what an employee would notice on a phone.
pub const MAX_STORE_BYTES: u64 = 1024 * 1024 * 1024;

/// How long a delivered record stays visible on the phone, by the endpoint's clock: a quarter, in
/// which the employee may want to see what went out.
pub const KEEP_DELIVERED: Span = Span::days(90);

/// Most bytes of attachments that wait on the phone together: what an employee would notice. A
/// share that does not fit is refused as a whole, and can be shared again later.
pub const MAX_ATTACHMENT_STORE_BYTES: u64 = 1024 * 1024 * 1024;

/// Most items in quarantine at once: each has a hardware key of its own, and phones slow down past
/// some thousand keys.
pub const MAX_HELD_ITEMS: u64 = 500;

/// Most refused sequences that a balance names; the books count all of them. Far below the
/// balance's own limit.
pub const MAX_PARKED_NAMED: u32 = 1_000;

/// Most chats whose counters the assembler remembers, newest first.
pub const MAX_TRACKED_CHATS: usize = 1_024;

/// Most calls at a time, one for each OS user that runs WeChat; a phone has two or three.
pub const MAX_OPEN_CALLS: usize = 8;

/// How long a sign of a call is remembered without an end.
pub const MAX_CALL: Span = Span::hours(12);

/// Longest wait between the end of ringing and the first sign of the call itself. Without such a
/// sign nobody took it.
pub const CALL_HANDOVER: Span = Span::seconds(5);

/// How long the burst of signs lasts with which a call begins. Only a later sign shows that the
/// call came about.
pub const CALL_BURST: Span = Span::seconds(1);

/// How far back the time that a notification names is believed; before that, the time at which it
/// was seen counts.
pub const MAX_POST_AGE: Span = Span::days(7);

/// Shortest and longest wait that a `Retry-After` may ask for.
pub const RETRY_AFTER: (Span, Span) = (Span::seconds(1), Span::hours(24));

/// Longest wait after the first failure in a row, and after any number of them: short enough that
/// a passing fault goes unnoticed, long enough that a broken endpoint is left in peace.
pub const BACKOFF: (Span, Span) = (Span::seconds(30), Span::hours(4));

/// How often a paused transport is tried again.
pub const PROBE_INTERVAL: Span = Span::hours(1);

/// Longest time for a connection to come about.
pub const CONNECT_TIMEOUT: Span = Span::seconds(15);

/// Longest time for one request: 4 MiB over a 300 kbit/s link takes two minutes.
pub const REQUEST_TIMEOUT: Span = Span::seconds(180);

/// Most bytes of any answer that is read.
pub const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Most warnings that wait to be shown: more than an employee reads, less than a store notices.
pub const MAX_WAITING_WARNINGS: usize = 100;

/// Most chats of which it is remembered when the counterpart was last to be told; the one told
/// longest ago is forgotten first.
pub const MAX_WARNED_CHATS: usize = 5_000;

/// Most items sealed to counsel that a phone holds. Nothing of them is ever dropped: beyond that,
/// capture stops as with a full queue.
pub const MAX_COUNSEL_ITEMS: u64 = 10_000;
