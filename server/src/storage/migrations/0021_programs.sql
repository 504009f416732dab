-- Other programs: their tokens, who is told of news; what moves with an export of everything; what phones were sent. Frozen once
-- applied: a change is a new file.

-- What lets a program in. It acts for an account, and never does more than that account and the token's scopes allow.
CREATE TABLE token (
    -- Also the device by which what the program writes, and what the journal says of it, is known.
    id         BLOB    PRIMARY KEY REFERENCES device (id),
    -- SHA-256 of its 32 random bytes: the token itself is shown once.
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    name       TEXT    NOT NULL CHECK (length(name) > 0),
    -- For whom it acts: the account's role and scope bound it.
    account_id BLOB    NOT NULL REFERENCES account (id),
    -- Words, separated by spaces: 'read:events write:edits'. Others than those a build knows open nothing.
    scopes     TEXT    NOT NULL CHECK (length(scopes) > 0),
    -- The device of whoever made it: once that account is closed or may no longer connect programs, the token opens nothing.
    made_by    BLOB    NOT NULL REFERENCES device (id),
    made_ms    INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL CHECK (expires_ms > made_ms),
    revoked_ms INTEGER,
    -- To the minute, so that reading does not write each time.
    used_ms    INTEGER
) STRICT, WITHOUT ROWID;

-- What became of each request to write, so that it may be sent again after an answer was lost.
CREATE TABLE edit_request (
    token_id BLOB    NOT NULL REFERENCES token (id),
    -- As the program chose it.
    key      TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 64),
    -- SHA-256 of the edits: the same key for others is refused.
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    -- What became of the edits so far, as JSON: one that broke off goes on behind them.
    outcomes TEXT    NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID;

-- Who is told of news.
CREATE TABLE webhook (
    id          INTEGER PRIMARY KEY,
    url         TEXT    NOT NULL,
    -- The key of the signatures. Kept as it is, since each message is signed with it anew; shown once.
    secret      BLOB    NOT NULL CHECK (length(secret) = 32),
    -- Words, separated by spaces: 'event dossier question sheet'.
    kinds       TEXT    NOT NULL CHECK (length(kinds) > 0),
    made_by     BLOB    NOT NULL REFERENCES device (id),
    made_ms     INTEGER NOT NULL,
    -- Taken out by somebody, or given up after a message could not be delivered for a day.
    disabled_ms INTEGER,
    -- Why it was given up; none where somebody took it out.
    failure     TEXT
) STRICT;

-- Messages that wait for delivery, and what became of the last ones.
CREATE TABLE delivery (
    id         INTEGER PRIMARY KEY,
    webhook_id INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    news       TEXT    NOT NULL,
    -- As it is sent, byte for byte, at each attempt.
    body       TEXT    NOT NULL,
    made_ms    INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    -- When it is tried next; none once it was delivered or given up.
    next_ms    INTEGER,
    -- When it was tried last, what was answered, or why nothing was.
    tried_ms   INTEGER,
    status     INTEGER,
    failure    TEXT
) STRICT;
CREATE INDEX delivery_due ON delivery (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX delivery_webhook ON delivery (webhook_id, id);

-- Up to which arrival news were written down for them.
ALTER TABLE server ADD COLUMN told_arrival INTEGER NOT NULL DEFAULT 0;
-- Questions and sealed sheets of which they have been told, or that were there before anybody was: news are those that are not here.
CREATE TABLE told (
    document_id BLOB NOT NULL CHECK (length(document_id) = 16),
    -- 'question' or 'sheet'.
    news        TEXT NOT NULL,
    -- The Question's id, or the sheet's version.
    id          TEXT NOT NULL,
    PRIMARY KEY (document_id, news, id)
) STRICT, WITHOUT ROWID;

-- The key that proves a sheet which was sealed on another server and came with its export; NULL for those sealed here.
ALTER TABLE sheet ADD COLUMN public_key BLOB CHECK (length(public_key) = 32);

-- Up to which arrival a device was sent everything, as the server answered it: whether it has the roster of tomorrow.
ALTER TABLE device ADD COLUMN sent_arrival INTEGER;
