-- Keys of devices, who confirmed them, when their sessions began, and passkeys. Frozen once applied: a change is a new file.

-- The public half of the key pair that the device made for itself: a P-256 point, uncompressed. The private half never leaves the
-- browser, so that a copy of the cookie opens nothing. NULL for a device from before: it may bring one, once.
ALTER TABLE device ADD COLUMN public_key BLOB CHECK (length(public_key) = 65);
-- Since when somebody has vouched for it. NULL: it waits, and may nothing until then.
ALTER TABLE device ADD COLUMN confirmed_ms INTEGER;
-- What the code that both sides show is made of, beside the key: the hash of the invite's code, or random bytes of a device
-- whose session has ended and that asks to be confirmed anew. NULL when it does not ask.
ALTER TABLE device ADD COLUMN asks BLOB CHECK (length(asks) = 32);
-- Since when its session runs. It ends on watched roles' devices that are not installed; the setting says after how long.
ALTER TABLE device ADD COLUMN session_ms INTEGER;
-- When its user last proved by a passkey that it is them.
ALTER TABLE device ADD COLUMN factor_ms INTEGER;
-- Those who are in were let in by the rules of their time, and nobody is put out by an update.
UPDATE device SET confirmed_ms = created_ms, session_ms = CAST(unixepoch('subsec') * 1000 AS INTEGER);

-- A second factor: somebody's passkey, on a phone, a computer or a key of its own.
CREATE TABLE passkey (
    -- The credential's id, as its authenticator chose it.
    id         BLOB    PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 1023),
    account_id BLOB    NOT NULL REFERENCES account (id),
    -- "Téléphone d'Amina": how its owner recognises it in a list.
    label      TEXT    NOT NULL,
    -- The public key and counters, as the library that checks it writes them. Nothing in it is secret.
    content    TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER,
    -- On which device it was added.
    added_by   BLOB    REFERENCES device (id)
) STRICT;
CREATE INDEX passkey_account ON passkey (account_id);
