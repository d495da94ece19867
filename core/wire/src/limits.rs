//! Limits that both ends share, each with its unit and its reason.

/// Most bytes of one sealed batch: 4 MiB passes every common reverse proxy when it is raised from
/// the usual 1 MiB, and uploads in seconds on a weak mobile link.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Most bytes that an opened batch may have: 64 MiB bounds the memory of whoever opens it.
pub const MAX_OPENED_BYTES: usize = 64 * 1024 * 1024;

/// Most lines of a batch, the balance included; a phone's day is a few hundred messages.
pub const MAX_BATCH_LINES: usize = 2_000;

/// Most bytes of one record line: far more than WeChat's longest message (about 16 KiB of text),
/// far less than a batch.
pub const MAX_LINE_BYTES: usize = 128 * 1024;

/// Most bytes of one attachment: WeChat itself sends files of up to 100 MB.
pub const MAX_ATTACHMENT_BYTES: u64 = 100 * 1024 * 1024;

/// Most bytes of one sealed attachment: what cannot be compressed, padded by at most 12 %, and the
/// frames of age and zstd around it.
pub const MAX_SEALED_ATTACHMENT_BYTES: u64 = 120 * 1024 * 1024;

/// Most bytes of one chunk of an upload: half a minute at 300 kbit/s, so that little is sent again
/// after a break, and little is held in memory on either end.
pub const MAX_CHUNK_BYTES: usize = 1024 * 1024;

/// zstd level for attachments: most are compressed already, so that 1 loses nothing and needs the
/// least memory.
pub const ZSTD_ATTACHMENT_LEVEL: i32 = 1;

/// zstd level for batches: 9 costs some microseconds a message, 19 saves 4 % more for ten times
/// the time.
pub const ZSTD_LEVEL: i32 = 9;

/// Most bytes of any other request or answer: a policy with a directory of 10,000 names fits.
pub const MAX_DOCUMENT_BYTES: usize = 4 * 1024 * 1024;

/// How far a request's `created` may lie from the endpoint's clock, in seconds.
pub const SIGNATURE_WINDOW_SECONDS: i64 = 300;

/// Receipts that the endpoint repeats in a 409 or a state answer, newest first: more batches than
/// a phone keeps in flight.
pub const MAX_RECEIPTS_REPEATED: usize = 32;
