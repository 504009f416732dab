-- What is due on dossiers: what calendars show without opening the documents. Frozen once applied: a change is a new file.

-- A projection: each row follows from one dossier alone. Only what is open and has a day; no rows are owed for dossiers from before,
-- for none of them had such rows.
CREATE TABLE due (
    document_id BLOB NOT NULL,
    row         TEXT NOT NULL,
    -- One of `due::DueKind`.
    kind        TEXT NOT NULL,
    day         TEXT NOT NULL,
    label       TEXT NOT NULL,
    -- Who is to do it: an account, or a name in words; empty where nobody said.
    assigned_to TEXT NOT NULL,
    -- Who accompanies the dossier, as written: it is their calendar that shows its reports.
    coordinator TEXT NOT NULL,
    PRIMARY KEY (document_id, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_day ON due (day);
