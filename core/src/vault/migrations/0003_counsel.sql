-- The store, version 3: what is sealed to counsel, apart from everything that is forwarded.

-- Counted records that were sealed to counsel and not cleared. `captured` of an epoch does not
-- include them; the books add both.
ALTER TABLE epochs ADD COLUMN counsel INTEGER NOT NULL DEFAULT 0 CHECK (counsel >= 0);

-- `sealed` opens with counsel's key only. `kept` opens with the token that stands inside it, and
-- with the store's key around that. State: 0 sealed, 1 released. Of what was released only `seen`
-- is left, so that it is not captured again.
CREATE TABLE counsel (
    id INTEGER PRIMARY KEY,
    item BLOB NOT NULL UNIQUE,      -- 16 random bytes, the name that counsel uses
    state INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL REFERENCES epochs (id),
    seen BLOB NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    basis INTEGER REFERENCES bases (id),
    class TEXT,
    chat BLOB,
    sender BLOB,
    wall INTEGER NOT NULL,
    labels BLOB,                    -- encrypted
    sealed BLOB,
    kept BLOB                       -- encrypted twice
) STRICT;
CREATE INDEX counsel_sealed ON counsel (id) WHERE state = 0;

-- Counsel's decisions, each judged once. Outcome: 0 refused, 1 clear, 2 release.
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    outcome INTEGER NOT NULL,
    judged INTEGER NOT NULL
) STRICT;
