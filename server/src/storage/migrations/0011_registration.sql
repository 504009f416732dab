-- Registering for an event by a link. Frozen once applied: a change is a new file.

-- The key of the links' secret parts, which are not kept: each is an HMAC under it, so that whoever opened a link sees it again.
ALTER TABLE server ADD COLUMN registration_key BLOB CHECK (length(registration_key) = 32);
UPDATE server SET registration_key = randomblob(32);

-- One link for each event. A new one ends the old one.
CREATE TABLE registration_link (
    event_id  BLOB    PRIMARY KEY CHECK (length(event_id) = 16),
    -- Drawn with each new link: what the HMAC is of, beside the event.
    nonce     BLOB    NOT NULL CHECK (length(nonce) = 16),
    -- SHA-256 of the secret part: by it a link that is opened is found.
    hash      BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    closes_ms INTEGER NOT NULL,
    -- Somebody has closed it before that.
    is_closed INTEGER NOT NULL CHECK (is_closed IN (0, 1)),
    -- All who ever came by it, but those that were no registrations: it lets so many in and no more.
    received  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- People who registered and wait for somebody to take them. They are in no document: whoever is taken, or is none, is deleted here.
CREATE TABLE registration (
    -- Also the id of the person's document, if they become one: taken twice they are still one person.
    id          BLOB    PRIMARY KEY CHECK (length(id) = 16),
    event_id    BLOB    NOT NULL REFERENCES registration_link (event_id),
    given       TEXT    NOT NULL,
    family      TEXT    NOT NULL,
    association TEXT    NOT NULL,
    -- As written, and if it is understood as E.164 with its country; empty where there is none.
    phone       TEXT    NOT NULL,
    phone_e164  TEXT    NOT NULL,
    country     TEXT    NOT NULL,
    email       TEXT    NOT NULL,
    received_ms INTEGER NOT NULL,
    -- The device that is taking them, so that no other does meanwhile.
    taken_by    BLOB,
    taken_ms    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX registration_event ON registration (event_id, received_ms);
