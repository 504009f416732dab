-- Logos at the head of papers. Frozen once applied: a change is a new file.

-- In this file and in its copies, as everything is that papers are made of. No document: a phone prints nothing, and would carry the
-- pictures for nothing. A sealed sheet holds those that it was printed with in its own row, so what is put here later changes no proof.
CREATE TABLE logo (
    id         INTEGER PRIMARY KEY,
    -- Whose: empty for the house, else the funder's name, folded as searches fold it. So an event that names the funder finds it,
    -- whatever the capitals and accents.
    owner      TEXT    NOT NULL UNIQUE,
    -- The funder's name as it was written.
    name       TEXT    NOT NULL,
    -- A PNG or JPEG that was decoded before it came here.
    bytes      BLOB    NOT NULL,
    account_id BLOB    NOT NULL REFERENCES account (id),
    put_ms     INTEGER NOT NULL
) STRICT;
