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

-- Who was joined to somebody is looked up too.
CREATE INDEX person_same_as ON person (same_as) WHERE same_as IS NOT NULL;
CREATE INDEX association_same_as ON association (same_as) WHERE same_as IS NOT NULL;

-- Documents whose projections are older than these tables: they are made before anything else is done with the file.
CREATE TABLE owed (
    document_id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO owed SELECT id FROM document WHERE kind IN (0, 1, 2);
