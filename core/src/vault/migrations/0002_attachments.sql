-- Files that came with records and wait for their receipts. The bytes stand in a file of their own
-- below `attachments`, under a key of its own that is encrypted here under the key of the day.
CREATE TABLE attachments (
    id INTEGER PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,         -- among the attachments that the record's body says were kept
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,          -- of the plaintext
    key INTEGER NOT NULL,           -- the day key of `secret`
    secret BLOB NOT NULL,           -- the file's own key
    lost INTEGER NOT NULL DEFAULT 0, -- the file is gone, or does not open
    recipients BLOB,                -- digest of the keys to which it was sealed
    ciphertext BLOB,                -- its name in the spool and at the endpoint
    sealed INTEGER,                 -- length of the ciphertext
    received INTEGER,               -- by the endpoint's clock, once it has it
    UNIQUE (record, place)
) STRICT;
CREATE INDEX attachments_ciphertext ON attachments (ciphertext) WHERE ciphertext IS NOT NULL;
CREATE INDEX attachments_key ON attachments (key);
