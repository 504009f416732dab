-- Calendar feeds. Frozen once applied: a change is a new file.

-- One address for each account, that a calendar program asks without a device's signature: it reads, and says when and where. Whoever
-- has the address sees no more than that. A new one ends the old one.
CREATE TABLE calendar (
    account_id BLOB    PRIMARY KEY REFERENCES account (id),
    -- SHA-256 of the secret part of the address.
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    made_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
