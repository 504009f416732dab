//! Keeping the table in step with the projections that its lines follow from.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use shared::{document::Kind, id::DocumentId};

use super::{Listed, Text, line::Scene, listed_at};
use crate::storage::{StoreError, documents::kind_at};

/// What the lines of others depend on, before a document changes.
#[derive(Debug, Default)]
pub struct Before {
    /// Everybody who is the same as a person or an association, these themselves included.
    joined: Vec<DocumentId>,
    says: Says,
}

/// What of a document the lines of others depend on.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Says {
    /// There is such a person or association: others may have pointed at them before they came.
    is_known: bool,
    /// Of a person or an association: whom they are the same as; whose contact it is.
    of: Option<DocumentId>,
    /// Of a person or a dossier.
    association: Option<DocumentId>,
    /// What an association is called and where it is; on which days an event is; the numbers of a contact.
    words: [String; 2],
    /// Of an event: who came, and what it is linked to.
    people: BTreeSet<DocumentId>,
    associations: BTreeSet<DocumentId>,
}

impl Says {
    fn of(db: &Connection, id: DocumentId) -> Result<Self, StoreError> {
        let scene = Scene { db, held: None };
        let mut says = Self::default();
        let ids = |row: &Row<'_>| Ok((row.get::<_, Option<_>>(0)?, row.get::<_, Option<_>>(1)?));
        let person = "SELECT same_as, association FROM person WHERE document_id = ?";
        let joined = "SELECT same_as, NULL FROM association WHERE document_id = ?";
        let contact = "SELECT person, NULL FROM phone WHERE document_id = ? LIMIT 1";
        let dossier = "SELECT NULL, association FROM dossier WHERE document_id = ?";
        for (statement, is_known) in [(person, true), (joined, true), (contact, false), (dossier, false)] {
            let read = db.prepare_cached(statement)?.query_row([id.0], ids).optional()?;
            if let Some((of, association)) = read {
                says.is_known = is_known;
                (says.of, says.association) = (of.map(DocumentId), association.map(DocumentId));
            }
        }
        let association = "SELECT title, place FROM association WHERE document_id = ?";
        let event = "SELECT first_day, last_day FROM event WHERE document_id = ?";
        let phones = "SELECT group_concat(e164), '' FROM phone WHERE document_id = ? HAVING count(*) > 0";
        for statement in [association, event, phones] {
            let words = db.prepare_cached(statement)?.query_row([id.0], |row| Ok([row.get(0)?, row.get(1)?]));
            if let Some(words) = words.optional()? {
                says.words = words;
            }
        }
        let came = "SELECT DISTINCT person FROM attendance
                    WHERE document_id = ? AND status IN ('present', 'partial', 'remote')";
        says.people = scene.ids(came, id)?.into_iter().collect();
        let linked = "SELECT association FROM event_link WHERE document_id = ?";
        says.associations = scene.ids(linked, id)?.into_iter().collect();
        Ok(says)
    }
}

impl Before {
    /// Reads it, before the document's rows are replaced.
    pub fn of(tx: &Transaction<'_>, id: DocumentId) -> Result<Self, StoreError> {
        let scene = Scene { db: tx, held: None };
        Ok(Self { joined: scene.joined(scene.stands_for(id)?)?, says: Says::of(tx, id)? })
    }
}

/// Writes the lines anew that a document's rows have changed: its own, and those of whoever depends on it.
pub fn refresh(tx: &Transaction<'_>, id: DocumentId, before: Before) -> Result<(), StoreError> {
    let scene = Scene { db: tx, held: None };
    let now = Says::of(tx, id)?;
    let was = before.says;
    let links_differ = (was.is_known, was.of) != (now.is_known, now.of);
    let words_differ = was.words != now.words;
    let mut ones: BTreeSet<DocumentId> = before.joined.into_iter().collect();
    let mut others = BTreeSet::from([id]);
    if links_differ || words_differ {
        // The lines of an association's people and dossiers say what it is called.
        ones.extend(scene.joined(scene.stands_for(id)?)?);
        for one in ones.clone() {
            ones.extend(scene.ids("SELECT document_id FROM person WHERE association = ?", one)?);
            others.extend(scene.ids("SELECT document_id FROM dossier WHERE association = ?", one)?);
        }
    }
    if was != now {
        ones.extend([was.of, now.of].into_iter().flatten());
        others.extend([was.association, now.association].into_iter().flatten());
        let concerned = |was: &BTreeSet<DocumentId>, now: &BTreeSet<DocumentId>| -> Vec<DocumentId> {
            if words_differ {
                was.union(now).copied().collect()
            } else {
                was.symmetric_difference(now).copied().collect()
            }
        };
        ones.extend(concerned(&was.people, &now.people));
        others.extend(concerned(&was.associations, &now.associations));
    }
    // Whoever is the same as one of them now: one line for all.
    for one in ones.clone() {
        ones.extend(scene.joined(scene.stands_for(one)?)?);
    }
    for one in &ones {
        if was != now {
            let mut statement = tx.prepare_cached("SELECT association FROM person WHERE document_id = ?")?;
            let association = statement.query_row([one.0], |row| row.get::<_, Option<_>>(0)).optional()?;
            others.extend(association.flatten().map(DocumentId));
            // An event counts somebody once, whoever they are joined with.
            if links_differ {
                others.extend(scene.attended(&[*one])?);
            }
        }
    }
    // The line of an association is that of whichever stands for it.
    for other in others.clone() {
        others.insert(scene.stands_for(other)?);
    }
    ones.union(&others).try_for_each(|id| write(&scene, tx, *id))
}

/// Makes every line anew.
pub fn rebuild(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute_batch("DELETE FROM listed; DELETE FROM listed_text;")?;
    let scene = Scene { db: tx, held: None };
    let ids = tx
        .prepare("SELECT id FROM document ORDER BY number")?
        .query_map([], |row| row.get(0).map(DocumentId))?
        .collect::<Result<Vec<_>, _>>()?;
    ids.into_iter().try_for_each(|id| write(&scene, tx, id))
}

/// Whether a document's line is what follows from the projections.
pub fn agrees(db: &Connection, id: DocumentId, kind: Kind) -> Result<bool, StoreError> {
    Ok(stored(db, id)? == Scene { db, held: None }.line(kind, id)?)
}

fn stored(db: &Connection, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT * FROM listed WHERE document_id = ?")?;
    let Some(one) = statement.query_row([id.0], listed_at).optional()? else { return Ok(None) };
    let mut statement = db.prepare_cached("SELECT name, other, sound FROM listed_text WHERE rowid = ?")?;
    let text = statement
        .query_row([one.number], |row| Ok(Text { name: row.get(0)?, other: row.get(1)?, sound: row.get(2)? }))
        .optional()?;
    Ok(Some((one, text.unwrap_or_default())))
}

/// Writes a document's line, where it is not as it stands already.
fn write(scene: &Scene<'_>, tx: &Transaction<'_>, id: DocumentId) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("SELECT kind FROM document WHERE id = ?")?;
    let kind = statement.query_row([id.0], |row| kind_at(row, 0)).optional()?;
    let line = match kind {
        Some(kind) => scene.line(kind, id)?,
        None => None,
    };
    let before = stored(tx, id)?;
    if before == line {
        return Ok(());
    }
    if let Some((before, text)) = &before {
        tx.prepare_cached("DELETE FROM listed WHERE number = ?")?.execute([before.number])?;
        if line.as_ref().is_none_or(|(_, now)| now != text) {
            tx.prepare_cached("DELETE FROM listed_text WHERE rowid = ?")?.execute([before.number])?;
        }
    }
    let Some((one, text)) = line else { return Ok(()) };
    tx.prepare_cached(
        "INSERT INTO listed (number, document_id, kind, title, title_ar, sort, sex, age_band, commune, place, place_sort,
             association, association_title, association_sort, word, sectors, networks, origin, coordinator, joined, events,
             people, dossiers, cents, day)
         VALUES (:number, :document, :kind, :title, :title_ar, :sort, :sex, :age_band, :commune, :place, :place_sort,
             :association, :association_title, :association_sort, :word, :sectors, :networks, :origin, :coordinator, :joined,
             :events, :people, :dossiers, :cents, :day)",
    )?
    .execute(named_params! {
        ":number": one.number,
        ":document": one.document.0,
        ":kind": one.kind as u8,
        ":title": one.title,
        ":title_ar": one.title_ar,
        ":sort": one.sort,
        ":sex": one.sex,
        ":age_band": one.age_band,
        ":commune": one.commune,
        ":place": one.place,
        ":place_sort": one.place_sort,
        ":association": one.association.map(|id| id.0),
        ":association_title": one.association_title,
        ":association_sort": one.association_sort,
        ":word": one.word,
        ":sectors": one.sectors,
        ":networks": one.networks,
        ":origin": one.origin,
        ":coordinator": one.coordinator,
        ":joined": one.joined,
        ":events": one.events,
        ":people": one.people,
        ":dossiers": one.dossiers,
        ":cents": one.cents,
        ":day": one.day,
    })?;
    if before.is_none_or(|(_, was)| was != text) {
        tx.prepare_cached(
            "INSERT INTO listed_text (rowid, name, other, sound) VALUES (:number, :name, :other, :sound)",
        )?
        .execute(named_params! {
            ":number": one.number,
            ":name": text.name,
            ":other": text.other,
            ":sound": text.sound,
        })?;
    }
    Ok(())
}
