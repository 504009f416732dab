-- The documents: what arrived, what follows from it, and who holds what. Frozen once applied: a change is a new file.
-- Heads, hashes and digests are as in the exchange (shared/src/wire.rs).

-- The truth: every accepted Automerge change, byte for byte as it arrived.
CREATE TABLE change (
    -- From server.last_arrival. What a phone's cursor counts.
    arrival     INTEGER PRIMARY KEY,
    document_id BLOB    NOT NULL CHECK (length(document_id) = 16),
    hash        BLOB    NOT NULL CHECK (length(hash) = 32),
    -- Who wrote it: the beginning of its actor, checked by the guard.
    device_id   BLOB    NOT NULL CHECK (length(device_id) = 16),
    -- Who brought it. Another device only when a server that was restored is given back what it had lost.
    brought_by  BLOB    NOT NULL CHECK (length(brought_by) = 16),
    -- By the server's clock: the phone's own word stands in the change.
    received_ms INTEGER NOT NULL,
    bytes       BLOB    NOT NULL,
    -- A phone sends again after a lost receipt; the second copy is a no-op.
    UNIQUE (document_id, hash)
) STRICT;

-- What a phone lacks of one document; and, without touching the changes themselves, who wrote it.
CREATE INDEX change_document ON change (document_id, arrival, device_id);

-- Where each document stands. Follows from its changes.
CREATE TABLE document (
    -- Names the document in the full-text index, which knows numbers only.
    number        INTEGER PRIMARY KEY,
    id            BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    kind          INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 5),
    -- The newest changes, 32 bytes each, sorted.
    heads         BLOB    NOT NULL CHECK (length(heads) > 0 AND length(heads) % 32 = 0),
    digest        BLOB    NOT NULL CHECK (length(digest) = 16),
    -- A phone whose cursor is older gets the document whole.
    first_arrival INTEGER NOT NULL,
    last_arrival  INTEGER NOT NULL,
    changes       INTEGER NOT NULL,
    -- Whose device began it: they hold it until another document names it.
    created_by    BLOB    NOT NULL CHECK (length(created_by) = 16)
) STRICT;

CREATE INDEX document_news ON document (last_arrival);
CREATE INDEX document_creator ON document (created_by);

-- A cache of the whole document as of document.last_arrival, kept only because it loaded back equal.
CREATE TABLE snapshot (
    document_id BLOB    PRIMARY KEY CHECK (length(document_id) = 16),
    arrival     INTEGER NOT NULL,
    bytes       BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- The running digest of all documents, so that comparing with a phone reads 1,536 rows at most, not every document.
CREATE TABLE bucket (
    kind   INTEGER NOT NULL,
    bucket INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 255),
    digest BLOB    NOT NULL CHECK (length(digest) = 16),
    PRIMARY KEY (kind, bucket)
) STRICT, WITHOUT ROWID;

-- Which document names which. Scope follows these from what an account was given.
CREATE TABLE link (
    source_id     BLOB    NOT NULL,
    target_id     BLOB    NOT NULL,
    -- A phone whose cursor is older gets the target whole.
    since_arrival INTEGER NOT NULL,
    -- Set when the source no longer names it; the row stays, so that phones that were away forget it.
    until_arrival INTEGER,
    PRIMARY KEY (source_id, target_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX link_target ON link (target_id);

-- What was not accepted. Neither applied nor dropped: it waits for staff.
CREATE TABLE quarantine (
    number      INTEGER PRIMARY KEY,
    document_id BLOB    NOT NULL CHECK (length(document_id) = 16),
    kind        INTEGER NOT NULL,
    -- SHA-256 of the bytes as they came: for hostile ones there is no other name.
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    -- The change's own hash, where it could be read: what builds on it waits with it.
    hash        BLOB    CHECK (length(hash) = 32),
    device_id   BLOB    NOT NULL,
    account_id  BLOB    NOT NULL,
    code        TEXT    NOT NULL,
    received_ms INTEGER NOT NULL,
    bytes       BLOB    NOT NULL,
    UNIQUE (document_id, device_id, digest)
) STRICT;

CREATE INDEX quarantine_hash ON quarantine (document_id, hash);
