-- Scopes of accounts, auditors, the house's rules, and what staff decide about what was set aside. Frozen once applied: a change is a new
-- file. SQLite cannot change a CHECK: the tables with one that is too narrow are made anew. References between them are not
-- enforced meanwhile, and checked before the commit.

CREATE TABLE account_new (
    id          BLOB    PRIMARY KEY CHECK (length(id) = 16),
    -- As the person wrote it when enrolling; shown beside what they did.
    name        TEXT    NOT NULL CHECK (length(name) > 0),
    -- 'auditor' reads for a funder and changes nothing.
    role        TEXT    NOT NULL CHECK (role IN ('volunteer', 'coordinator', 'staff', 'admin', 'auditor')),
    language    TEXT    NOT NULL CHECK (language IN ('fr', 'ar', 'en')),
    created_ms  INTEGER NOT NULL,
    -- Closed without deleting: what they wrote keeps its author.
    disabled_ms INTEGER,
    -- 'assigned': what was given to the account, and what that names. A coordinator may be bound to territories so.
    scope       TEXT    NOT NULL CHECK (scope IN ('assigned', 'everything'))
) STRICT;
INSERT INTO account_new (id, name, role, language, created_ms, disabled_ms, scope)
SELECT id, name, role, language, created_ms, disabled_ms, iif(role = 'volunteer', 'assigned', 'everything') FROM account;
DROP TABLE account;
ALTER TABLE account_new RENAME TO account;

CREATE TABLE invite_new (
    -- What lists and withdrawals speak of, since the code itself is not kept.
    id             INTEGER PRIMARY KEY,
    -- SHA-256 of the twelve letters: the code is shown once, to whoever made it.
    code_hash      BLOB    NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    role           TEXT    NOT NULL CHECK (role IN ('volunteer', 'coordinator', 'staff', 'admin', 'auditor')),
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
    -- The scope of the account that it makes.
    scope          TEXT    NOT NULL CHECK (scope IN ('assigned', 'everything')),
    CHECK ((used_ms IS NULL) = (used_by_device IS NULL)),
    CHECK ((used_ms IS NULL) = (attempt_hash IS NULL))
) STRICT;
INSERT INTO invite_new (id, code_hash, role, account_id, name, language, created_by, created_ms, expires_ms, withdrawn_ms,
                        used_ms, used_by_device, attempt_hash, scope)
SELECT id, code_hash, role, account_id, name, language, created_by, created_ms, expires_ms, withdrawn_ms,
       used_ms, used_by_device, attempt_hash, iif(role = 'volunteer', 'assigned', 'everything') FROM invite;
DROP TABLE invite;
ALTER TABLE invite_new RENAME TO invite;
CREATE INDEX invite_open ON invite (expires_ms) WHERE used_ms IS NULL AND withdrawn_ms IS NULL;

CREATE TABLE document_new (
    -- Names the document in the full-text index, which knows numbers only.
    number        INTEGER PRIMARY KEY,
    id            BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    -- Which numbers there are, the engine knows.
    kind          INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 255),
    -- The newest changes, 32 bytes each, sorted.
    heads         BLOB    NOT NULL CHECK (length(heads) > 0 AND length(heads) % 32 = 0),
    digest        BLOB    NOT NULL CHECK (length(digest) = 16),
    -- A phone whose cursor is older gets the document whole.
    first_arrival INTEGER NOT NULL,
    last_arrival  INTEGER NOT NULL,
    changes       INTEGER NOT NULL,
    -- Whose device began it: they hold it until another document names it.
    created_by    BLOB    NOT NULL CHECK (length(created_by) = 16),
    -- How often it was written anew without its history, to erase what stood in it.
    epoch         INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0)
) STRICT;
INSERT INTO document_new (number, id, kind, heads, digest, first_arrival, last_arrival, changes, created_by)
SELECT number, id, kind, heads, digest, first_arrival, last_arrival, changes, created_by FROM document;
DROP TABLE document;
ALTER TABLE document_new RENAME TO document;
CREATE INDEX document_news ON document (last_arrival);
CREATE INDEX document_creator ON document (created_by);

-- What a device says of itself, beside what 0001 has. All of it is a claim of the phone's.
-- Whether the browser promised to keep the storage; NULL where it did not say.
ALTER TABLE device ADD COLUMN persisted INTEGER CHECK (persisted IN (0, 1));
-- Whether the app is installed, or only a tab: an iPhone empties a tab's storage after seven days.
ALTER TABLE device ADD COLUMN installed INTEGER CHECK (installed IN (0, 1));
-- What opens the app.
ALTER TABLE device ADD COLUMN lock TEXT CHECK (lock IN ('none', 'pin', 'passkey'));
-- How full its storage is.
ALTER TABLE device ADD COLUMN storage_percent INTEGER CHECK (storage_percent BETWEEN 0 AND 100);
-- The last exchange that failed before this one went well.
ALTER TABLE device ADD COLUMN failure_code TEXT;
ALTER TABLE device ADD COLUMN failure_ms INTEGER;
-- A device whose access has ended may deliver once what it had not sent: since when it has nothing left.
ALTER TABLE device ADD COLUMN rescued_ms INTEGER;

-- What staff decided about a change that was set aside: accepted (it is among the changes then) or refused.
ALTER TABLE quarantine ADD COLUMN accepted INTEGER CHECK (accepted IN (0, 1));
ALTER TABLE quarantine ADD COLUMN judged_ms INTEGER;
ALTER TABLE quarantine ADD COLUMN judged_by BLOB REFERENCES device (id);
-- What they wrote to the sender.
ALTER TABLE quarantine ADD COLUMN word TEXT;
-- The arrival number of the decision: a phone whose cursor is older is told.
ALTER TABLE quarantine ADD COLUMN judged_arrival INTEGER;
-- What one device may have waiting is bounded.
CREATE INDEX quarantine_device ON quarantine (device_id) WHERE judged_ms IS NULL;
CREATE INDEX quarantine_waiting ON quarantine (number) WHERE judged_ms IS NULL;
CREATE INDEX quarantine_told ON quarantine (device_id, judged_arrival) WHERE judged_arrival IS NOT NULL;

-- The journal: who did or read what, in their own right, beside what documents keep themselves. Append-only; each row names the hash of
-- the one before, so that a row which is changed or taken out is found (`tiwizi verify`). No personal data: ids only.
CREATE TABLE journal (
    number      INTEGER PRIMARY KEY,
    at_ms       INTEGER NOT NULL,
    -- Who: none on the server's own console, or where nobody is known yet.
    account_id  BLOB    CHECK (length(account_id) = 16),
    device_id   BLOB    CHECK (length(device_id) = 16),
    -- A stable word.
    action      TEXT    NOT NULL,
    -- What it was about: a document, an account, a device, an invite's number.
    subject     TEXT    NOT NULL,
    -- The particulars as JSON, keys sorted.
    detail      TEXT    NOT NULL,
    -- SHA-256 of the row before and of this row's content.
    hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX journal_action ON journal (action, number);
CREATE INDEX journal_subject ON journal (subject, number);
