//! Lists of events, dossiers and changed documents, as other programs read them.

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use shared::{document::Kind, id::DocumentId, role::Scope};

use super::{
    StoreError,
    access::Account,
    documents,
    scope::{self, Scoped},
};

/// Which documents somebody may see: a text that the statements below take. Ids in hexadecimal, as JSON; none for all.
#[derive(Debug, Clone)]
pub struct Held(Option<String>);

impl Held {
    /// What an account holds.
    pub fn of(db: &Connection, account: &Account) -> Result<Self, StoreError> {
        Ok(Self(match account.scope {
            Scope::Everything => None,
            Scope::Assigned => {
                let held = scope::assigned(db, account.id)?;
                let ids: Vec<String> = held.iter().map(|scoped| crate::secret::hex(&scoped.id.0)).collect();
                Some(serde_json::to_string(&ids).unwrap_or_default())
            }
        }))
    }
}

/// Whether an account may see a document, and where that stands.
pub fn standing(
    db: &Connection,
    account: &Account,
    document: DocumentId,
) -> Result<Option<documents::Standing>, StoreError> {
    let found = documents::standing(db, document)?.filter(|standing| account.role.may_read(standing.kind));
    Ok(match account.scope {
        Scope::Everything => found,
        Scope::Assigned if found.is_some() => {
            let held = scope::assigned(db, account.id)?;
            found.filter(|_| held.iter().any(|scoped| scoped.id == document))
        }
        Scope::Assigned => None,
    })
}

/// An event in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    pub id: DocumentId,
    pub title: String,
    pub kind: String,
    pub place: String,
    pub commune: String,
    pub first_day: String,
    pub last_day: String,
    pub expected: u64,
    /// Different people who were there, at least in one half-day.
    pub attended: u64,
    pub arrival: u64,
}

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct EventsWanted {
    /// Those that end on this day or later.
    pub from: Option<String>,
    /// Those that begin on this day or before.
    pub until: Option<String>,
    /// The day and id of the last row of the page before.
    pub after: Option<(String, DocumentId)>,
    pub limit: usize,
}

const EVENTS: &str = "FROM event JOIN document ON document.id = event.document_id
     WHERE (:held IS NULL OR event.document_id IN (SELECT unhex(value) FROM json_each(:held)))
       AND (:from IS NULL OR last_day >= :from) AND (:until IS NULL OR (first_day <> '' AND first_day <= :until))";

/// Events by day; those without a day first. One more than a page is never read.
pub fn events(db: &Connection, held: &Held, wanted: &EventsWanted) -> Result<(Vec<EventRow>, u64), StoreError> {
    let total = db
        .prepare_cached(&format!("SELECT count(*) {EVENTS}"))?
        .query_row(named_params! { ":held": held.0, ":from": wanted.from, ":until": wanted.until }, |row| row.get(0))?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT event.document_id, title, event_kind, place, commune, first_day, last_day, expected,
                (SELECT count(DISTINCT person) FROM attendance
                 WHERE attendance.document_id = event.document_id AND status IN ('present', 'partial', 'remote')),
                document.last_arrival
         {EVENTS} AND (:day IS NULL OR (first_day, event.document_id) > (:day, :id))
         ORDER BY first_day, event.document_id LIMIT :limit"
    ))?;
    let (day, id) = wanted.after.as_ref().map(|(day, id)| (day, id.0)).unzip();
    let rows = statement.query_map(
        named_params! {
            ":held": held.0, ":from": wanted.from, ":until": wanted.until, ":day": day, ":id": id, ":limit": wanted.limit,
        },
        |row| {
            Ok(EventRow {
                id: DocumentId(row.get(0)?),
                title: row.get(1)?,
                kind: row.get(2)?,
                place: row.get(3)?,
                commune: row.get(4)?,
                first_day: row.get(5)?,
                last_day: row.get(6)?,
                expected: row.get(7)?,
                attended: row.get(8)?,
                arrival: row.get(9)?,
            })
        },
    )?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}

/// A person in a half-day, as their marks stand (M2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceRow {
    pub slot: String,
    pub person: DocumentId,
    /// Empty where the person is not known here, or has been erased.
    pub name: String,
    pub status: String,
    pub contradicted: bool,
    pub marks: u32,
}

/// Everybody with a standing mark at an event, by half-day and name.
pub fn attendance(db: &Connection, event: DocumentId) -> Result<Vec<AttendanceRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT slot, attendance.person, coalesce(iif(name <> '', name, name_ar), ''), status, contradicted, marks
         FROM attendance LEFT JOIN person ON person.document_id = attendance.person
         WHERE attendance.document_id = :event ORDER BY slot, search, attendance.person",
    )?;
    let rows = statement.query_map(named_params! { ":event": event.0 }, |row| {
        Ok(AttendanceRow {
            slot: row.get(0)?,
            person: DocumentId(row.get(1)?),
            name: row.get(2)?,
            status: row.get(3)?,
            contradicted: row.get(4)?,
            marks: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A dossier in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierRow {
    pub id: DocumentId,
    pub title: String,
    pub stage: String,
    pub territory: String,
    pub association: Option<DocumentId>,
    pub call: Option<DocumentId>,
    pub expenses_cents: i64,
    pub resources_cents: i64,
    pub arrival: u64,
}

/// Which dossiers.
#[derive(Debug, Clone, Default)]
pub struct DossiersWanted {
    pub stage: Option<String>,
    pub association: Option<DocumentId>,
    pub call: Option<DocumentId>,
    /// The id of the last row of the page before.
    pub after: Option<DocumentId>,
    pub limit: usize,
}

const DOSSIER_COLUMNS: &str = "dossier.document_id, title, stage, territory, association, call, expenses_cents, resources_cents, document.last_arrival";
const DOSSIERS: &str = "FROM dossier JOIN document ON document.id = dossier.document_id
     WHERE (:held IS NULL OR dossier.document_id IN (SELECT unhex(value) FROM json_each(:held)))
       AND (:stage IS NULL OR stage = :stage) AND (:association IS NULL OR association = :association)
       AND (:call IS NULL OR call = :call)";

fn dossier_at(row: &Row<'_>) -> rusqlite::Result<DossierRow> {
    Ok(DossierRow {
        id: DocumentId(row.get(0)?),
        title: row.get(1)?,
        stage: row.get(2)?,
        territory: row.get(3)?,
        association: row.get::<_, Option<_>>(4)?.map(DocumentId),
        call: row.get::<_, Option<_>>(5)?.map(DocumentId),
        expenses_cents: row.get(6)?,
        resources_cents: row.get(7)?,
        arrival: row.get(8)?,
    })
}

/// Dossiers in the order in which they were begun: ids are of their time.
pub fn dossiers(db: &Connection, held: &Held, wanted: &DossiersWanted) -> Result<(Vec<DossierRow>, u64), StoreError> {
    let (association, call) = (wanted.association.map(|id| id.0), wanted.call.map(|id| id.0));
    let total = db.prepare_cached(&format!("SELECT count(*) {DOSSIERS}"))?.query_row(
        named_params! { ":held": held.0, ":stage": wanted.stage, ":association": association, ":call": call },
        |row| row.get(0),
    )?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {DOSSIER_COLUMNS} {DOSSIERS} AND (:after IS NULL OR dossier.document_id > :after)
         ORDER BY dossier.document_id LIMIT :limit"
    ))?;
    let rows = statement.query_map(
        named_params! {
            ":held": held.0, ":stage": wanted.stage, ":association": association, ":call": call,
            ":after": wanted.after.map(|id| id.0), ":limit": wanted.limit,
        },
        dossier_at,
    )?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}

/// One dossier, as the list has it.
pub fn dossier(db: &Connection, id: DocumentId) -> Result<Option<DossierRow>, StoreError> {
    let sql = format!(
        "SELECT {DOSSIER_COLUMNS} FROM dossier JOIN document ON document.id = dossier.document_id
         WHERE dossier.document_id = :id"
    );
    Ok(db.prepare_cached(&sql)?.query_row(named_params! { ":id": id.0 }, dossier_at).optional()?)
}

/// A Question that a document raises by itself.
#[derive(Debug, Clone)]
pub struct QuestionRow {
    pub document: DocumentId,
    pub id: String,
    pub ask: String,
    /// The Question as JSON.
    pub content: String,
}

/// Open Questions, document by document, from the one after `after` on; and how many there are in all.
pub fn questions(
    db: &Connection,
    held: &Held,
    account: &Account,
    after: Option<(DocumentId, String)>,
    limit: usize,
) -> Result<(Vec<QuestionRow>, u64), StoreError> {
    const HELD: &str = "FROM question JOIN document ON document.id = question.document_id
         WHERE (:held IS NULL OR document_id IN (SELECT unhex(value) FROM json_each(:held)))
           AND (:contacts OR kind <> 1)";
    let contacts = account.role.may_read(Kind::Contact);
    let mut statement = db.prepare_cached(&format!("SELECT count(*) {HELD}"))?;
    let total = statement.query_row(named_params! { ":held": held.0, ":contacts": contacts }, |row| row.get(0))?;
    let (document, id) = after.map_or((None, None), |(document, id)| (Some(document.0), Some(id)));
    let mut statement = db.prepare_cached(&format!(
        "SELECT document_id, question.id, ask, content {HELD}
           AND (:document IS NULL OR (document_id, question.id) > (:document, :id))
         ORDER BY document_id, question.id LIMIT :limit"
    ))?;
    let key =
        named_params! { ":held": held.0, ":contacts": contacts, ":document": document, ":id": id, ":limit": limit };
    let rows = statement.query_map(key, |row| {
        let (document, id) = (DocumentId(row.get(0)?), row.get(1)?);
        Ok(QuestionRow { document, id, ask: row.get(2)?, content: row.get(3)? })
    })?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}

/// Documents that are news to somebody after `arrival`, in the order of their news: `limit`, and those that share the last number, so
/// that whoever reads on from there misses none. And up to which number this goes; none where it goes to the end.
pub fn changes(
    db: &Connection,
    account: &Account,
    arrival: u64,
    limit: usize,
) -> Result<(Vec<Scoped>, Option<u64>), StoreError> {
    let mut news = match account.scope {
        // Each change has a number of its own.
        Scope::Everything => scope::news(db, arrival, limit)?,
        Scope::Assigned => {
            let mut news = scope::assigned(db, account.id)?;
            news.retain(|scoped| scoped.news() > arrival);
            news
        }
    };
    let last = news.get(limit - 1).map(Scoped::news);
    if let Some(last) = last {
        news.retain(|scoped| scoped.news() <= last);
    }
    news.retain(|scoped| account.role.may_read(scoped.kind));
    Ok((news, last))
}
