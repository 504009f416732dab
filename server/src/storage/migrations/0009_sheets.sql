-- Sealed sheets. Frozen once applied: a change is a new file.

-- What the organisation signs sheets with: made when the first one is sealed. In this file only, and in its copies.
ALTER TABLE server ADD COLUMN signing_key BLOB;

-- Each sealed version of an event's sheet. Nothing here follows from documents, and nothing is ever changed: another version is
-- another row, that names the manifest of the one before it.
CREATE TABLE sheet (
    -- The row in the event's document that says that it was sealed.
    row         TEXT    NOT NULL,
    event_id    BLOB    NOT NULL CHECK (length(event_id) = 16),
    version     INTEGER NOT NULL CHECK (version > 0),
    -- What is printed on it: the beginning of the manifest's hash, in letters that nobody confuses.
    code        TEXT    NOT NULL UNIQUE,
    sealed_ms   INTEGER NOT NULL,
    account_id  BLOB    NOT NULL CHECK (length(account_id) = 16),
    reason      TEXT    NOT NULL,
    -- The marks and signatures by their ids, with devices and times; the document's version; the hash of `data`. No name. JSON.
    manifest    BLOB    NOT NULL,
    -- Ed25519 over the hashes of the manifest and of the PDF.
    signature   BLOB    NOT NULL CHECK (length(signature) = 64),
    -- What is printed, with the names as they were and the signatures' strokes. JSON.
    data        BLOB    NOT NULL,
    pdf         BLOB    NOT NULL,
    PRIMARY KEY (event_id, version)
) STRICT;
