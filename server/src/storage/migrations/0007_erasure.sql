-- Erasure that is real, and what must be remembered so that it stays so. Frozen once applied: a change is a new file.

-- The key of the list below. In this file only, and in its copies: whoever has the list alone cannot try ids against it.
ALTER TABLE server ADD COLUMN erasure_key BLOB CHECK (length(erasure_key) = 32);
UPDATE server SET erasure_key = randomblob(32);

-- Documents that were erased, as HMAC-SHA256 of their ids: a phone that comes late, a phone or a server that was restored, cannot
-- bring them back. Kept for good.
CREATE TABLE erasure (
    mark      BLOB    PRIMARY KEY CHECK (length(mark) = 32),
    erased_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The same documents by their ids, to tell phones to forget them. Only for as long as a phone may be away without being let in
-- anew; one that comes later still offers the document, and is told then.
CREATE TABLE farewell (
    document_id BLOB    PRIMARY KEY CHECK (length(document_id) = 16),
    -- A phone whose cursor is older is told.
    arrival     INTEGER NOT NULL,
    since_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX farewell_arrival ON farewell (arrival);

-- Each time that a document was written anew without its history.
CREATE TABLE rewriting (
    document_id BLOB    NOT NULL CHECK (length(document_id) = 16),
    -- The epoch that began with it: document.epoch is the highest.
    epoch       INTEGER NOT NULL CHECK (epoch > 0),
    at_ms       INTEGER NOT NULL,
    device_id   BLOB    NOT NULL CHECK (length(device_id) = 16),
    PRIMARY KEY (document_id, epoch)
) STRICT, WITHOUT ROWID;

-- The changes that went with it, by their hashes alone: a phone that missed a receipt learns that the server had had its change,
-- and does not say it twice.
CREATE TABLE tombstone (
    document_id BLOB NOT NULL CHECK (length(document_id) = 16),
    hash        BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (document_id, hash)
) STRICT, WITHOUT ROWID;

-- What statistics would lose with the people: how many of those erased had been present at an event, by sex and age band. Names
-- nobody; follows from no document.
CREATE TABLE counted (
    event_id BLOB    NOT NULL CHECK (length(event_id) = 16),
    sex      TEXT    NOT NULL,
    age_band TEXT    NOT NULL,
    people   INTEGER NOT NULL CHECK (people > 0),
    PRIMARY KEY (event_id, sex, age_band)
) STRICT, WITHOUT ROWID;

-- The full-text index takes a row's words out at once, in place of noting that they are gone; and forgets those of earlier ones.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
INSERT INTO search (search) VALUES ('rebuild');
