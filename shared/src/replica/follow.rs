//! What happened since somebody last looked, what waits for them, and what an association has: views that bring many documents
//! together.

use std::collections::BTreeMap;

use automerge::ChangeHash;
use serde::{Deserialize, Serialize};

use super::{
    Held, Replica,
    views::{by_day, by_title},
};
use crate::{
    document::Kind,
    due::{self, DueKind, Somebody, SupportTotals},
    edit::version_text,
    field::{Accepts, Field},
    history::{self, Did},
    id::{DeviceId, DocumentId, RowId},
    limit,
    mark::{Mark, Signer, Status, attendance},
    permission::Capability,
    record::{DossierRecord, EventRecord, Record, Rows},
    role::Role,
    table::Table,
    view::{
        ActivityView, AssociationView, DossierActivity, PersonEvent, PersonFunction, PersonView, RowView, Task,
        TasksView,
    },
    wire::Hash,
};

/// How far somebody has looked at a document. It stays on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// The version that they saw.
    pub heads: Vec<Hash>,
    /// When they left it, by this device's clock: milliseconds since 1970.
    pub at_ms: u64,
}

impl Held {
    /// Whether something came from elsewhere since the document was last looked at. Without parsing it: a list asks this of
    /// hundreds.
    pub(super) fn has_news(&self) -> bool {
        let Some(seen) = &self.seen else { return false };
        let mut known: Vec<&Hash> = seen.heads.iter().collect();
        for own in self.pending.iter().rev() {
            if known.contains(&&own.hash) {
                known.extend(&own.deps);
            }
        }
        self.server_heads.iter().any(|head| !known.contains(&head))
    }

    /// Whoever writes on top of what they have seen has seen what they wrote. Returns whether that says something new.
    pub(super) fn see_own(&mut self, deps: &[Hash], hash: Hash) -> bool {
        let is_level =
            |seen: &&mut Seen| seen.heads.len() == deps.len() && deps.iter().all(|dep| seen.heads.contains(dep));
        let Some(seen) = self.seen.as_mut().filter(is_level) else { return false };
        seen.heads = vec![hash];
        true
    }
}

impl Replica {
    /// Remembers that somebody has looked at a document up to that version.
    pub(super) fn look(&mut self, id: DocumentId, heads: &[ChangeHash], at_ms: u64) {
        let heads = heads.iter().map(|head| head.0).collect();
        let Some(held) = self.held.get_mut(&id) else { return };
        held.seen = Some(Seen { heads, at_ms });
        self.stored.seen_changed();
        self.changed.insert(id);
    }

    pub(super) fn me(&self) -> Somebody<'_> {
        Somebody { account: self.identity.account, name: &self.identity.name }
    }

    /// The devices of this device's account.
    pub(super) fn my_devices(&self) -> Vec<DeviceId> {
        let account = self.identity.account;
        let others = self.authors.values().filter(|author| author.account == account).map(|author| author.device);
        others.chain([self.identity.device]).collect()
    }

    /// Whether a dossier is this account's own work: it accompanies it, it has something to do there, or it wrote in its tables. To
    /// a volunteer only their own were given.
    pub(super) fn is_mine(&self, dossier: &DossierRecord, devices: &[DeviceId]) -> bool {
        let me = self.me();
        self.identity.role == Role::Volunteer
            || me.is_named(dossier.fields.text(Field::Coordinator))
            || dossier.rows.all_kept().any(|(_, row)| {
                row.by.is_some_and(|by| devices.contains(&by))
                    || me.is_named(row.fields.text(Field::AssignedTo))
                    || me.is_mentioned(row.fields.text(Field::Mentions))
            })
    }

    /// See `ViewKey::Tasks`.
    pub(super) fn tasks_view(&self) -> TasksView {
        let (me, devices) = (self.me(), self.my_devices());
        let mut tasks = Vec::new();
        for (id, held) in &self.held {
            let Record::Dossier(dossier) = &held.record else { continue };
            let is_mine = self.is_mine(dossier, &devices);
            let waits = due::open(&dossier.rows).into_iter().filter(|due| match due.kind {
                DueKind::Todo => me.is_named(&due.assigned_to),
                _ => is_mine && !due.day.is_empty(),
            });
            let waits = waits.chain(due::mentions(&dossier.rows, me, &devices));
            tasks.extend(waits.map(|due| Task {
                dossier: *id,
                title: dossier.fields.text(Field::Title).to_owned(),
                due,
            }));
        }
        TasksView {
            account: self.identity.account,
            people: self.authors_of(self.authors.keys().copied().chain([self.identity.device])),
            tasks,
        }
    }

    /// See `ViewKey::Association`.
    pub(super) fn association_view(&self, id: DocumentId) -> Option<AssociationView> {
        let Record::Association(record) = self.record(id)? else { return None };
        let devices = self.my_devices();
        let stands = self.stands_for(id);
        // What is of one of several that were joined is of all of them.
        let is_it = |other: DocumentId| other == id || self.stands_for(other) == stands;
        let is_of = |fields: &crate::record::Fields| fields.document(Field::Association).is_some_and(is_it);
        let (mut dossiers, mut people, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let mut support = SupportTotals::of(&record.rows);
        for (other, held) in &self.held {
            match &held.record {
                Record::Dossier(dossier) if is_of(&dossier.fields) => {
                    support = support.and(SupportTotals::of(&dossier.rows));
                    dossiers.push(self.dossier_card(*other, held, dossier, &devices));
                }
                Record::Person(person) if is_of(&person.fields) && self.stands_for(*other) == *other => {
                    people.push(self.person_card(*other));
                }
                Record::Event(event) if event.links.iter().any(|(linked, _)| is_it(*linked)) => {
                    events.push(self.event_card(*other, event));
                }
                _ => {}
            }
        }
        self.sort_by_name(&mut people);
        Some(AssociationView {
            association: id,
            title: record.fields.text(Field::Title).to_owned(),
            fields: self.field_views(&record.fields, Field::of(Kind::Association)),
            rows: self.named_rows(&record.rows),
            dossiers: by_title(dossiers),
            people,
            events: by_day(events),
            own_support: SupportTotals::of(&record.rows),
            support,
            authors: self.authors_of(record.rows.all_kept().filter_map(|(_, row)| row.by)),
            may_change: self.identity.role.may(Capability::ChangeAssociation),
        })
    }

    /// The rows that count, with what the documents in their cells are called.
    pub(super) fn named_rows(&self, rows: &Rows) -> Vec<RowView> {
        let mut views = RowView::all(rows);
        for cell in views.iter_mut().flat_map(|row| &mut row.fields) {
            if let Accepts::Document(_) = cell.field.accepts() {
                cell.named = cell.value.text().parse().map_or_else(|_| String::new(), |id| self.name(id));
            }
        }
        views
    }

    /// See `ViewKey::Person`.
    pub(super) fn person_view(&self, id: DocumentId) -> Option<PersonView> {
        let Record::Person(_) = self.record(id)? else { return None };
        let person = self.stands_for(id);
        let of_them = |other: DocumentId| self.stands_for(other) == person;
        let (mut events, mut functions, mut joined) = (Vec::new(), Vec::new(), Vec::new());
        for (other, held) in &self.held {
            match &held.record {
                Record::Person(_) if of_them(*other) => joined.push(self.person_card(*other)),
                Record::Event(event) => events.extend(person_event(*other, event, of_them)),
                Record::Association(record) => {
                    let rows = record.rows.kept(Table::Bureau);
                    let theirs = rows.filter(|row| row.fields.document(Field::Person).is_some_and(of_them));
                    functions.extend(theirs.map(|row| {
                        let text = |field| row.fields.text(field).to_owned();
                        PersonFunction {
                            association: *other,
                            title: record.fields.text(Field::Title).to_owned(),
                            function: text(Field::Function),
                            from_day: text(Field::FromDay),
                            until_day: text(Field::UntilDay),
                        }
                    }));
                }
                _ => {}
            }
        }
        events.sort_by(|a, b| (&b.first_day, &a.title, a.event).cmp(&(&a.first_day, &b.title, b.event)));
        functions.sort_by(|a, b| (&b.from_day, &a.title, a.association).cmp(&(&a.from_day, &b.title, b.association)));
        self.sort_by_name(&mut joined);
        Some(PersonView { person, events, functions, joined })
    }

    /// See `ViewKey::Activity`.
    pub(super) fn activity_view(&mut self, of: Option<DocumentId>) -> ActivityView {
        let devices = self.my_devices();
        // Each is parsed for it: one's own, then the newest, and no more than a page shows.
        let (mut wanted, mut rest) = (Vec::new(), Vec::new());
        for (id, held) in self.held.iter().rev() {
            let Record::Dossier(dossier) = &held.record else { continue };
            if of.map_or_else(|| held.has_news(), |of| of == *id) {
                let list = if self.is_mine(dossier, &devices) { &mut wanted } else { &mut rest };
                list.push(*id);
            }
        }
        wanted.append(&mut rest);
        let others = wanted.len().saturating_sub(limit::ACTIVITY_DOSSIERS_MAX);
        wanted.truncate(limit::ACTIVITY_DOSSIERS_MAX);
        let most = if of.is_some() { limit::ACTIVITY_ENTRIES_MAX } else { limit::ACTIVITY_ENTRIES_MAX / 4 };
        let me = self.identity.device;
        let mut dossiers = Vec::new();
        for id in wanted {
            let Some(held) = self.held.get_mut(&id) else { continue };
            let seen = held.seen.clone();
            let heads: Vec<ChangeHash> =
                seen.iter().flat_map(|seen| &seen.heads).map(|head| ChangeHash(*head)).collect();
            let document = held.parse(id);
            let (since, more) = history::since(document, &heads, Some(me), most);
            dossiers.push(DossierActivity {
                dossier: id,
                version: version_text(&document.heads()),
                title: self.name(id),
                seen_ms: seen.map_or(0, |seen| seen.at_ms),
                since,
                more: count(more),
            });
        }
        self.forget_parsed();
        let entries = || dossiers.iter().flat_map(|one| &one.since);
        let authors = self.authors_of(entries().filter_map(|entry| entry.by));
        let named = entries().flat_map(|entry| &entry.did).filter_map(|did| match did {
            Did::Set { value, .. } => value.text().parse::<DocumentId>().ok(),
            _ => None,
        });
        let names: BTreeMap<DocumentId, String> = named.map(|id| (id, self.name(id))).collect();
        ActivityView { others: count(others), dossiers, authors, names }
    }
}

/// An event as one person saw it, who is known by several ids; none if they have nothing to do with it.
fn person_event(id: DocumentId, event: &EventRecord, of_them: impl Fn(DocumentId) -> bool) -> Option<PersonEvent> {
    let marks: Vec<&Mark> =
        event.marks.iter().filter(|mark| mark.withdrawn.is_none() && of_them(mark.person)).collect();
    if marks.is_empty() && !event.roster.keys().any(|one| of_them(*one)) {
        return None;
    }
    let in_slot = |slot: RowId| attendance(marks.iter().copied().filter(move |mark| mark.slot == slot));
    let signs = |slot: RowId| {
        let theirs = |signer| matches!(signer, Signer::Person(person) if of_them(person));
        event.signatures.iter().any(|one| one.slot == slot && one.withdrawn.is_none() && theirs(one.signer))
    };
    let slots = || event.slots.iter().map(|slot| slot.id);
    Some(PersonEvent {
        event: id,
        title: event.fields.text(Field::Title).to_owned(),
        first_day: event.slots.first().map_or_else(String::new, |slot| slot.fields.text(Field::Day).to_owned()),
        slots: count(event.slots.len()),
        attended: count(slots().filter(|slot| in_slot(*slot).status().is_some_and(Status::attended)).count()),
        signed: count(slots().filter(|slot| signs(*slot)).count()),
    })
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
