-- What indicators are counted from: plain rows, so that half a million participations are counted without opening a document. Each
-- row follows from one document alone. Frozen once applied: a change is a new file.

-- How long somebody was there who was there in part, where it was said.
ALTER TABLE attendance ADD COLUMN minutes INTEGER;

-- The half-days of an event that stand.
CREATE TABLE half_day (
    document_id BLOB    NOT NULL,
    row         TEXT    NOT NULL,
    -- Empty where it does not say.
    day         TEXT    NOT NULL,
    -- From its beginning to its end.
    minutes     INTEGER NOT NULL,
    PRIMARY KEY (document_id, row)
) STRICT, WITHOUT ROWID;

-- People who were counted without a name.
CREATE TABLE headcount (
    document_id BLOB    NOT NULL,
    slot        TEXT    NOT NULL,
    sex         TEXT    NOT NULL,
    age_band    TEXT    NOT NULL,
    people      INTEGER NOT NULL,
    PRIMARY KEY (document_id, slot, sex, age_band)
) STRICT, WITHOUT ROWID;

-- What people thought of an event: no row says who.
CREATE TABLE opinion (
    document_id BLOB NOT NULL,
    row         TEXT NOT NULL,
    day         TEXT NOT NULL,
    -- One of `field::OPINIONS` each, or empty.
    useful      TEXT NOT NULL,
    clear       TEXT NOT NULL,
    again       TEXT NOT NULL,
    PRIMARY KEY (document_id, row)
) STRICT, WITHOUT ROWID;

-- Support, as the logs of dossiers and associations have it.
CREATE TABLE support (
    document_id   BLOB    NOT NULL,
    row           TEXT    NOT NULL,
    day           TEXT    NOT NULL,
    minutes       INTEGER NOT NULL,
    is_collective INTEGER NOT NULL,
    PRIMARY KEY (document_id, row)
) STRICT, WITHOUT ROWID;

-- What there is to know of an event beside what lists show.
CREATE TABLE event_tally (
    document_id  BLOB    PRIMARY KEY,
    project_code TEXT    NOT NULL,
    -- Sealed versions of its sheet, and what came or went after the last of them.
    sheets       INTEGER NOT NULL,
    late         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where people live and associations have their seat, and where the latter's people come from.
CREATE TABLE place (
    document_id BLOB PRIMARY KEY,
    -- INSEE code, 'MA', or empty.
    departement TEXT NOT NULL,
    -- HCP code, 'several', or empty.
    origin      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What became of a dossier. Days are empty where nobody said.
CREATE TABLE way (
    document_id   BLOB    PRIMARY KEY,
    asked_cents   INTEGER NOT NULL,
    granted_cents INTEGER NOT NULL,
    filed         TEXT    NOT NULL,
    decided       TEXT    NOT NULL,
    -- What the funder decided: 'granted', 'refused', 'deferred', or empty.
    outcome       TEXT    NOT NULL,
    visaed        TEXT    NOT NULL,
    is_published  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The moves of a dossier.
CREATE TABLE move (
    document_id BLOB    NOT NULL,
    row         TEXT    NOT NULL,
    -- By the clock of the phone.
    at_ms       INTEGER NOT NULL,
    stage       TEXT    NOT NULL,
    PRIMARY KEY (document_id, row)
) STRICT, WITHOUT ROWID;

-- The programmes of calls: what dossiers count for.
CREATE TABLE programme (
    document_id BLOB PRIMARY KEY,
    title       TEXT NOT NULL,
    programme   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
