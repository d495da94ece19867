-- The store, version 1. Values in columns called body, title, verdict, why, manifest, envelope and
-- wrapped are encrypted, each bound to its place. Columns called chat, sender, seen and hash are
-- keyed hashes. Times are milliseconds since 1970; `tick` is time on the steady clock.

-- One row: what this store is, and its clock.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name BLOB NOT NULL,             -- 8 random bytes, part of the aliases of its hardware keys
    made INTEGER NOT NULL,
    device BLOB,                    -- whose ledger this is
    epoch INTEGER NOT NULL,         -- the row of the current epoch
    damage INTEGER,                 -- why the store or epoch before was given up, until declared
    damaged_at INTEGER,
    last_id INTEGER NOT NULL,       -- the greatest id given so far, over all tables
    run INTEGER NOT NULL,           -- counts the phone's starts that this store has seen
    boot BLOB NOT NULL,             -- the present start
    base INTEGER NOT NULL,          -- steady time before it
    elapsed INTEGER NOT NULL        -- steady time within it, as last seen
) STRICT;

-- The books and the sealed end of the ledger, for each epoch.
CREATE TABLE epochs (
    id INTEGER PRIMARY KEY,
    epoch BLOB NOT NULL UNIQUE,
    begun INTEGER NOT NULL,
    seq INTEGER NOT NULL DEFAULT 0,
    head BLOB,                      -- absent until the device is known
    captured INTEGER NOT NULL DEFAULT 0 CHECK (captured >= 0),
    forwarded INTEGER NOT NULL DEFAULT 0 CHECK (forwarded >= 0),
    queued INTEGER NOT NULL DEFAULT 0 CHECK (queued >= 0),
    retracted INTEGER NOT NULL DEFAULT 0 CHECK (retracted >= 0),
    parked INTEGER NOT NULL DEFAULT 0 CHECK (parked >= 0),
    destroyed INTEGER NOT NULL DEFAULT 0 CHECK (destroyed >= 0),
    held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    expired INTEGER NOT NULL DEFAULT 0 CHECK (expired >= 0),
    waiting INTEGER NOT NULL DEFAULT 0 CHECK (waiting >= 0), -- unsealed lines, counted or not
    holding INTEGER NOT NULL DEFAULT 0 CHECK (holding >= 0), -- items in quarantine now
    CHECK (captured = forwarded + queued + retracted + parked + destroyed),
    CHECK (expired <= held)
) STRICT;

-- Data keys. The root is wrapped by hardware, all others by the root.
CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    purpose INTEGER NOT NULL,
    day INTEGER,                    -- days since 1970, of a day key
    alias TEXT,                     -- the hardware key, of the root
    used INTEGER NOT NULL DEFAULT 0, -- values sealed, reserved in blocks
    wrapped BLOB NOT NULL
) STRICT;

-- Hardware keys to be destroyed; a row outlives a crash between the decision and the deed.
CREATE TABLE doomed (
    alias TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What records rest on: a consent and the reason of a verdict.
CREATE TABLE bases (
    id INTEGER PRIMARY KEY,
    consent BLOB NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    why BLOB NOT NULL
) STRICT;

CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL REFERENCES epochs (id),
    from_seq INTEGER NOT NULL,
    from_head BLOB NOT NULL,
    to_seq INTEGER NOT NULL,
    to_head BLOB NOT NULL,
    class TEXT NOT NULL,
    size INTEGER NOT NULL,
    file TEXT NOT NULL,
    lines INTEGER NOT NULL,         -- without genesis and balance
    counted INTEGER NOT NULL,       -- of them, those that the books count
    oldest INTEGER NOT NULL,        -- when the oldest of them was captured
    sealed INTEGER NOT NULL,
    delivered INTEGER,              -- by the endpoint's clock
    manifest BLOB NOT NULL,
    UNIQUE (epoch, from_seq)
) STRICT;
CREATE INDEX batches_open ON batches (id) WHERE delivered IS NULL;

CREATE TABLE receipts (
    batch INTEGER PRIMARY KEY REFERENCES batches (id),
    envelope BLOB NOT NULL
) STRICT;

-- One row a line. State: 0 queued, 1 sealed, 2 retracted, 3 parked, 4 destroyed. Of what was
-- retracted or destroyed only `seen` is left, so that it is not captured again.
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    state INTEGER NOT NULL DEFAULT 0,
    kind INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    seen BLOB UNIQUE,
    basis INTEGER REFERENCES bases (id),
    class TEXT,                     -- absent of declarations
    chat BLOB,
    sender BLOB,
    wall INTEGER NOT NULL,
    run INTEGER NOT NULL,
    tick INTEGER NOT NULL,
    key INTEGER,
    body BLOB,
    candidates BLOB,                -- of a recall: ids of messages, 8 bytes each
    batch INTEGER REFERENCES batches (id),
    epoch INTEGER,                  -- of the sequence
    seq INTEGER
) STRICT;
CREATE INDEX records_queued ON records (id, class, kind, counted, run, tick, wall) WHERE state = 0;
CREATE INDEX records_parked ON records (epoch, seq) WHERE state = 3;
CREATE INDEX records_chat ON records (chat, id) WHERE chat IS NOT NULL;
CREATE INDEX records_key ON records (key) WHERE key IS NOT NULL;
CREATE INDEX records_batch ON records (batch, seq) WHERE batch IS NOT NULL;

-- The quarantine: every item under a hardware key of its own.
CREATE TABLE holds (
    id INTEGER PRIMARY KEY,
    seen BLOB NOT NULL UNIQUE,
    wall INTEGER NOT NULL,
    run INTEGER NOT NULL,
    tick INTEGER NOT NULL,
    longest INTEGER NOT NULL,
    alias TEXT NOT NULL UNIQUE,
    wrapped BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX documents_kind ON documents (kind, id);

CREATE TABLE chats (
    id INTEGER PRIMARY KEY,
    chat BLOB NOT NULL UNIQUE,
    hash BLOB,                      -- of OS user and title
    updated INTEGER NOT NULL,       -- an id; orders chats by their last change
    since INTEGER NOT NULL,
    last INTEGER,
    captured INTEGER NOT NULL DEFAULT 0,
    tag INTEGER,
    counterpart INTEGER NOT NULL DEFAULT 0,
    kind INTEGER NOT NULL DEFAULT 0,
    title BLOB,
    verdict BLOB
) STRICT;
CREATE INDEX chats_hash ON chats (hash) WHERE hash IS NOT NULL;
CREATE INDEX chats_updated ON chats (updated);

CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

-- Counters that never leave the phone.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
