-- Who may come in, on which device, holding what. Frozen once applied: a change is a new file.
-- Times are milliseconds since 1970 by the server's clock; ids are the 16 bytes of a UUID.

-- The server itself: one row.
CREATE TABLE server (
    only_row     INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- Which server this is. A phone that meets another identity under the same address must not mix the two.
    identity     BLOB    NOT NULL CHECK (length(identity) = 16),
    -- Raised when a backup is restored, so that phones ahead of it give everything back.
    epoch        INTEGER NOT NULL CHECK (epoch > 0),
    -- The last arrival number given. One counter for all that a phone may learn of (a change, a grant, a withdrawn
    -- grant), advanced inside the transaction that uses it: a reader who has seen N will never find a late N - 1.
    last_arrival INTEGER NOT NULL CHECK (last_arrival >= 0),
    created_ms   INTEGER NOT NULL
) STRICT;

INSERT INTO server (only_row, identity, epoch, last_arrival, created_ms)
VALUES (1, randomblob(16), 1, 0, CAST(unixepoch('subsec') * 1000 AS INTEGER));

-- Someone who may sign in. Not a participant: those are documents.
CREATE TABLE account (
    id          BLOB    PRIMARY KEY CHECK (length(id) = 16),
    -- As the person wrote it when enrolling; shown beside what they did.
    name        TEXT    NOT NULL CHECK (length(name) > 0),
    role        TEXT    NOT NULL CHECK (role IN ('volunteer', 'coordinator', 'staff', 'admin')),
    language    TEXT    NOT NULL CHECK (language IN ('fr', 'ar', 'en')),
    created_ms  INTEGER NOT NULL,
    -- Closed without deleting: what they wrote keeps its author.
    disabled_ms INTEGER
) STRICT;

-- An enrolled browser.
CREATE TABLE device (
    id               BLOB    PRIMARY KEY CHECK (length(id) = 16),
    account_id       BLOB    NOT NULL REFERENCES account (id),
    -- "Chrome, Android": how its owner recognises it in a list.
    label            TEXT    NOT NULL,
    -- SHA-256 of the 32 random bytes in the cookie: a copy of this file lets nobody in.
    credential_hash  BLOB    NOT NULL CHECK (length(credential_hash) = 32),
    created_ms       INTEGER NOT NULL,
    -- The four below are told by the phone at each exchange: hours since the last one measure the risk of loss.
    last_exchange_ms INTEGER,
    app_build        TEXT,
    -- The phone's clock minus ours. A phone a year off stays usable, and is shown as such.
    clock_offset_ms  INTEGER,
    -- Changes that the phone said it still had to send.
    unsent           INTEGER CHECK (unsent >= 0),
    -- Closed. The row stays: changes name it, and its unsent work may yet be rescued.
    revoked_ms       INTEGER,
    -- Which device closed it; its own when somebody leaves by the door.
    revoked_by       BLOB    REFERENCES device (id),
    CHECK (revoked_by IS NULL OR revoked_ms IS NOT NULL)
) STRICT;

CREATE INDEX device_account ON device (account_id);

-- A one-time way in.
CREATE TABLE invite (
    -- What lists and withdrawals speak of, since the code itself is not kept.
    id             INTEGER PRIMARY KEY,
    -- SHA-256 of the twelve letters: the code is shown once, to whoever made it.
    code_hash      BLOB    NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    role           TEXT    NOT NULL CHECK (role IN ('volunteer', 'coordinator', 'staff', 'admin')),
    -- Set when the invite adds a device to somebody who is already in.
    account_id     BLOB    REFERENCES account (id),
    -- Whom it is meant for, when the inviter said so; the guest may correct it.
    name           TEXT    CHECK (length(name) > 0),
    -- The language in which the guest is greeted, before they choose.
    language       TEXT    CHECK (language IN ('fr', 'ar', 'en')),
    -- The device that made it; none when it was made on the server's own console.
    created_by     BLOB    REFERENCES device (id),
    created_ms     INTEGER NOT NULL,
    expires_ms     INTEGER NOT NULL,
    -- Taken back before use: the link went to the wrong group.
    withdrawn_ms   INTEGER,
    used_ms        INTEGER,
    used_by_device BLOB    REFERENCES device (id),
    -- SHA-256 of the random number that the phone sent with the code. The same phone may ask again within the hour,
    -- since the reply may have been lost on the way: nobody stays outside with a spent code.
    attempt_hash   BLOB    CHECK (length(attempt_hash) = 32),
    CHECK ((used_ms IS NULL) = (used_by_device IS NULL)),
    CHECK ((used_ms IS NULL) = (attempt_hash IS NULL))
) STRICT;

CREATE INDEX invite_open ON invite (expires_ms) WHERE used_ms IS NULL AND withdrawn_ms IS NULL;

-- The events and dossiers that an invite hands over with the role.
CREATE TABLE invite_document (
    invite_id   INTEGER NOT NULL REFERENCES invite (id) ON DELETE CASCADE,
    document_id BLOB    NOT NULL CHECK (length(document_id) = 16),
    PRIMARY KEY (invite_id, document_id)
) STRICT, WITHOUT ROWID;

-- The events and dossiers given to an account. Scope starts here.
CREATE TABLE assignment (
    account_id    BLOB    NOT NULL REFERENCES account (id),
    -- No reference: an event may be given before the phone that created it has sent it.
    document_id   BLOB    NOT NULL CHECK (length(document_id) = 16),
    -- 0 = taken back. The row stays, so that phones that were away still learn to forget the document.
    given         INTEGER NOT NULL CHECK (given IN (0, 1)),
    -- The arrival number of the last change of `given`: a phone whose cursor is older gets the whole document, or
    -- forgets it.
    since_arrival INTEGER NOT NULL,
    since_ms      INTEGER NOT NULL,
    -- The device that decided; none when it came with an invite of the console.
    decided_by    BLOB    REFERENCES device (id),
    PRIMARY KEY (account_id, document_id)
) STRICT, WITHOUT ROWID;

-- Whom a document's news concerns.
CREATE INDEX assignment_document ON assignment (document_id) WHERE given = 1;
