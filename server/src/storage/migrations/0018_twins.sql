-- Duplicates of people and associations, and imports that can be undone. Frozen once applied: a change is a new file.

-- A projection: what a person, their contact or an association is looked up by when duplicates are proposed (M7). The key of a name is
-- its consonants word by word, in whatever script; others are phones, emails and numbers of registers.
CREATE TABLE twin_key (
    document_id BLOB NOT NULL,
    -- Who is found by it: the person, where it stands in their contact.
    subject     BLOB NOT NULL,
    key         TEXT NOT NULL,
    PRIMARY KEY (document_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX twin_key_key ON twin_key (key, subject);

-- A projection: of whom a human said that they are not the same. It stands in one of the two documents.
CREATE TABLE told_apart (
    document_id BLOB NOT NULL,
    other       BLOB NOT NULL,
    PRIMARY KEY (document_id, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_apart_other ON told_apart (other);

-- What else of an association is compared, and what it was joined to.
ALTER TABLE association ADD COLUMN short_title TEXT NOT NULL DEFAULT '';
ALTER TABLE association ADD COLUMN name_ar TEXT NOT NULL DEFAULT '';
ALTER TABLE association ADD COLUMN same_as BLOB;

-- What was joined to an association is looked up too.
CREATE INDEX association_same_as ON association (same_as) WHERE same_as IS NOT NULL;

-- Imports at the desk. What an import made can be taken back, as long as nobody else touched it.
CREATE TABLE import (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
    at_ms      INTEGER NOT NULL,
    account_id BLOB    NOT NULL,
    -- As the file was called: whoever undoes it must know which one it was.
    file_name  TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('person', 'association')),
    -- What became of its rows.
    created    INTEGER NOT NULL DEFAULT 0,
    completed  INTEGER NOT NULL DEFAULT 0,
    known      INTEGER NOT NULL DEFAULT 0,
    refused    INTEGER NOT NULL DEFAULT 0,
    undone_ms  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX import_at ON import (at_ms);

CREATE TABLE import_document (
    import_id   BLOB    NOT NULL REFERENCES import (id),
    document_id BLOB    NOT NULL,
    -- The import began it; else it was there, and the import added something.
    begun       INTEGER NOT NULL CHECK (begun IN (0, 1)),
    -- How the import left it: with other heads, somebody else wrote in it since. NULL while the import is under way.
    heads       BLOB,
    PRIMARY KEY (import_id, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_document_document ON import_document (document_id);

-- Documents that were taken back with their import, as the list of erasures has them: not people who asked to be forgotten, so that
-- the same list may be imported again.
CREATE TABLE import_undone (
    mark BLOB PRIMARY KEY CHECK (length(mark) = 32)
) STRICT, WITHOUT ROWID;

-- How columns were told apart, by a hash over the kind and the headings of the file.
CREATE TABLE import_mapping (
    headings BLOB    PRIMARY KEY CHECK (length(headings) = 32),
    columns  TEXT    NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
