-- Who leads associations, what imports left, what phones hold. Frozen once applied: a change is a new file.

-- A projection: who leads an association, and when, from which follows whether women or young people lead it.
CREATE TABLE leader (
    document_id BLOB NOT NULL,
    row         TEXT NOT NULL,
    person      BLOB,
    -- Days; empty where nobody said.
    from_day    TEXT NOT NULL,
    until_day   TEXT NOT NULL,
    PRIMARY KEY (document_id, row)
) STRICT, WITHOUT ROWID;

-- What imports at the desk did not take: a file that nobody can read, or some of its rows. Somebody mends the list and brings it again,
-- or says why it may stay so. Of rows only their lines are kept, and what was wrong: no name.
CREATE TABLE import_left (
    -- That of the import, where it took others.
    id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
    at_ms      INTEGER NOT NULL,
    account_id BLOB    NOT NULL,
    file_name  TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('person', 'association')),
    -- Why the file could not be read; NULL where it was.
    code       TEXT,
    refused    INTEGER NOT NULL,
    -- The first of them, as JSON.
    lines      TEXT    NOT NULL,
    settled_ms INTEGER,
    settled_by BLOB,
    reason     TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX import_left_at ON import_left (at_ms);

-- Photos, scans and signatures that a phone said it had still to bring. They go their own way, after the documents.
ALTER TABLE device ADD COLUMN unsent_blobs INTEGER NOT NULL DEFAULT 0;
