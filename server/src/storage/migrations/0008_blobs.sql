-- Photos, scans and finger signatures. Frozen once applied: a change is a new file.
--
-- They stand in this file and not in a folder beside it: one file to back up, to copy and to restore; what is deleted is
-- overwritten here as everything else is; and the proof that nothing is left of somebody reads this file alone.

CREATE TABLE blob (
    number     INTEGER PRIMARY KEY,
    -- SHA-256 of the bytes: their name everywhere, so that the same photo is kept once.
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    -- 'ink', 'jpeg' or 'pdf': server/src/media.rs has the list, and what each must look like.
    media      TEXT    NOT NULL,
    size       INTEGER NOT NULL CHECK (size > 0),
    stored_ms  INTEGER NOT NULL,
    -- Who brought it: for what one account may bring in a day, and to read it until a document refers to it.
    account_id BLOB    NOT NULL CHECK (length(account_id) = 16),
    -- The last column: whatever is asked of the others does not read it.
    bytes      BLOB    NOT NULL,
    CHECK (length(bytes) = size)
) STRICT;
CREATE INDEX blob_account ON blob (account_id, stored_ms, size);

-- Uploads under way. Each account has its own of a blob: nobody spoils, or learns of, another's.
CREATE TABLE blob_part (
    number     INTEGER PRIMARY KEY,
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    account_id BLOB    NOT NULL CHECK (length(account_id) = 16),
    media      TEXT    NOT NULL,
    -- What it shall have in the end, and what it has: everything before that, without a gap.
    total      INTEGER NOT NULL CHECK (total > 0),
    received   INTEGER NOT NULL CHECK (received BETWEEN 0 AND total),
    started_ms INTEGER NOT NULL,
    -- When something of it came last: one that nobody goes on with is thrown away.
    touched_ms INTEGER NOT NULL,
    UNIQUE (hash, account_id)
) STRICT;
CREATE INDEX blob_part_account ON blob_part (account_id);

-- Their pieces. Rows of their own: a part that grew in place would be written anew with each piece.
CREATE TABLE blob_piece (
    part  INTEGER NOT NULL REFERENCES blob_part (number) ON DELETE CASCADE,
    at    INTEGER NOT NULL CHECK (at >= 0),
    bytes BLOB    NOT NULL,
    PRIMARY KEY (part, at)
) STRICT;

-- Which document refers to which blob. Follows from the documents. The blob itself may come later than what refers to it.
CREATE TABLE blob_link (
    hash        BLOB NOT NULL CHECK (length(hash) = 32),
    document_id BLOB NOT NULL CHECK (length(document_id) = 16),
    -- Whose it is: a signature goes with whoever signed. Empty where it is nobody's, or several people's: a scanned sheet.
    subject     BLOB NOT NULL CHECK (length(subject) IN (0, 16)),
    PRIMARY KEY (document_id, hash, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_link_hash ON blob_link (hash);
CREATE INDEX blob_link_subject ON blob_link (subject) WHERE subject <> x'';

-- Blobs to which nothing refers, as the last round of the house found them, and since when. Apart, since a change to a blob's own
-- row would write all its bytes anew.
CREATE TABLE blob_loose (
    hash     BLOB    PRIMARY KEY CHECK (length(hash) = 32),
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
