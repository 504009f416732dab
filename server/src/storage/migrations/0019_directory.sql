-- The directory: lists of people, associations, events and dossiers at 50,000 records. Frozen once applied: a change is a new file.
-- Rows of documents from before are made by whoever applies this file (`migrations.rs`): the documents say more than old columns do.

-- What lists sort and filter by, and what the map counts, as far as one document alone says it.
ALTER TABLE person ADD COLUMN sort TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE association ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE association ADD COLUMN sectors TEXT NOT NULL DEFAULT '';
ALTER TABLE association ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN place_code TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN place_code TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN sector TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN coordinator TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN grant_cents INTEGER NOT NULL DEFAULT 0;
-- Who is in an association, who points at whom, whose dossier it is: asked for each row of a list.
CREATE INDEX person_association ON person (association) WHERE association IS NOT NULL;
CREATE INDEX person_same_as ON person (same_as) WHERE same_as IS NOT NULL;
CREATE INDEX dossier_association ON dossier (association) WHERE association IS NOT NULL;
CREATE INDEX phone_person ON phone (person) WHERE person IS NOT NULL;

-- A projection: the territories that a document speaks of, by their official codes.
CREATE TABLE reach (
    document_id BLOB NOT NULL,
    -- `seat` of an association, `origin` of its people, `event`, `project`.
    role        TEXT NOT NULL,
    code        TEXT NOT NULL,
    PRIMARY KEY (document_id, role, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX reach_code ON reach (role, code);

-- A projection: the associations that an event is linked to.
CREATE TABLE event_link (
    document_id BLOB NOT NULL,
    association BLOB NOT NULL,
    PRIMARY KEY (document_id, association)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_link_association ON event_link (association);

-- One row for each line of a list. It follows from the projections of several documents (who was where, who is whom), and is written
-- anew in the transaction in which one of them changes: a list of 50,000 is read by an index, and joined people stand in it once (M7).
CREATE TABLE listed (
    -- document.number: what the full-text index knows it by.
    number            INTEGER PRIMARY KEY,
    document_id       BLOB    NOT NULL UNIQUE,
    kind              INTEGER NOT NULL,
    title             TEXT    NOT NULL,
    title_ar          TEXT    NOT NULL,
    -- Folded, the family name first; what has none comes last.
    sort              TEXT    NOT NULL,
    sex               TEXT    NOT NULL,
    age_band          TEXT    NOT NULL,
    -- As written.
    commune           TEXT    NOT NULL,
    -- `FR.13`, `MA.09.541`, or empty; what that is called, folded.
    place             TEXT    NOT NULL,
    place_sort        TEXT    NOT NULL,
    association       BLOB,
    association_title TEXT    NOT NULL,
    association_sort  TEXT    NOT NULL,
    -- The kind of an event, the stage of a dossier.
    word              TEXT    NOT NULL,
    -- Words and codes with a bar at both ends of each: `|water|health|`.
    sectors           TEXT    NOT NULL,
    networks          TEXT    NOT NULL,
    origin            TEXT    NOT NULL,
    -- Who accompanies a dossier.
    coordinator       TEXT    NOT NULL,
    -- Others who are the same human being.
    joined            INTEGER NOT NULL,
    events            INTEGER NOT NULL,
    people            INTEGER NOT NULL,
    dossiers          INTEGER NOT NULL,
    cents             INTEGER NOT NULL,
    -- When somebody was last seen; the first day of an event.
    day               TEXT    NOT NULL
) STRICT;
CREATE INDEX listed_sort ON listed (kind, sort, number);
CREATE INDEX listed_place ON listed (kind, place_sort, number);
CREATE INDEX listed_association ON listed (kind, association_sort, number);
CREATE INDEX listed_day ON listed (kind, day, number);
CREATE INDEX listed_events ON listed (kind, events, number);

-- By which words and sounds a line is found: names in a column of their own, since they count for more; sounds as `names::sound_keys` has
-- them, so that three spellings of a name find each other, in two scripts.
CREATE VIRTUAL TABLE listed_text USING fts5 (name, other, sound, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
-- A name that was erased leaves the index at once.
INSERT INTO listed_text (listed_text, rank) VALUES ('secure-delete', 1);
-- Every word that there is: among them those are looked up that differ from a typed one by a letter.
CREATE VIRTUAL TABLE listed_word USING fts5vocab (listed_text, 'col');

-- What somebody wants to see again: a list with its filters. Of one account; the house sees what they share.
CREATE TABLE saved_view (
    id         INTEGER PRIMARY KEY,
    account_id BLOB    NOT NULL REFERENCES account (id),
    list       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    -- As in the address of the list.
    query      TEXT    NOT NULL,
    shared     INTEGER NOT NULL CHECK (shared IN (0, 1)),
    saved_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX saved_view_list ON saved_view (list, account_id);
