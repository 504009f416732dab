-- Projections: what lists, reports and search read. Each row follows from one document alone; `tiwizi rebuild` makes them
-- anew and `tiwizi verify` proves that they agree. Frozen once applied: a change is a new file.

CREATE TABLE person (
    document_id BLOB PRIMARY KEY,
    name        TEXT NOT NULL,
    name_ar     TEXT NOT NULL,
    -- Folded names: what search and sorting look at.
    search      TEXT NOT NULL,
    sex         TEXT NOT NULL,
    age_band    TEXT NOT NULL,
    commune     TEXT NOT NULL,
    association BLOB,
    same_as     BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX person_name ON person (search);

CREATE TABLE phone (
    document_id BLOB NOT NULL,
    row         TEXT NOT NULL,
    person      BLOB,
    e164        TEXT NOT NULL,
    raw         TEXT NOT NULL,
    PRIMARY KEY (document_id, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX phone_number ON phone (e164);

CREATE TABLE association (
    document_id BLOB PRIMARY KEY,
    title       TEXT NOT NULL,
    search      TEXT NOT NULL,
    rna         TEXT NOT NULL,
    siret       TEXT NOT NULL,
    postcode    TEXT NOT NULL,
    city        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX association_rna ON association (rna) WHERE rna <> '';

CREATE TABLE event (
    document_id BLOB PRIMARY KEY,
    title       TEXT NOT NULL,
    event_kind  TEXT NOT NULL,
    place       TEXT NOT NULL,
    commune     TEXT NOT NULL,
    first_day   TEXT NOT NULL,
    last_day    TEXT NOT NULL,
    expected    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX event_day ON event (first_day);

-- One row for each person and slot with a standing mark (M2).
CREATE TABLE attendance (
    document_id  BLOB    NOT NULL,
    slot         TEXT    NOT NULL,
    person       BLOB    NOT NULL,
    status       TEXT    NOT NULL,
    contradicted INTEGER NOT NULL,
    marks        INTEGER NOT NULL,
    PRIMARY KEY (document_id, slot, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX attendance_person ON attendance (person);

CREATE TABLE dossier (
    document_id     BLOB PRIMARY KEY,
    title           TEXT    NOT NULL,
    stage           TEXT    NOT NULL,
    territory       TEXT    NOT NULL,
    association     BLOB,
    call            BLOB,
    expenses_cents  INTEGER NOT NULL,
    resources_cents INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dossier_stage ON dossier (stage);

-- Open Questions that one document raises by itself.
CREATE TABLE question (
    document_id BLOB NOT NULL,
    id          TEXT NOT NULL,
    ask         TEXT NOT NULL,
    -- The Question as JSON.
    content     TEXT NOT NULL,
    PRIMARY KEY (document_id, id)
) STRICT, WITHOUT ROWID;

-- Full text of all that may be searched; its rows are named by document.number. Words of two letters are found too.
CREATE VIRTUAL TABLE search USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
