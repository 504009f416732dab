//! Views of what a replica holds, and what of them changed since they were last given.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use automerge::ChangeHash;

use super::{DAY_MS, Held, Replica};
use crate::{
    budget,
    call::{self, CallVersion},
    compare,
    consent::{Agreed, Consent, ConsentView},
    document::Kind,
    due::{self, SupportTotals},
    edit::{self, version_heads, version_text},
    field::{Accepts, Field},
    history,
    id::{DeviceId, DocumentId, RowId},
    limit,
    mark::{Mark, Signature, Signer, Status},
    names, news,
    permission::{Capability, TABLE},
    plan,
    record::{
        AssociationRecord, CallRecord, CallSection, DossierRecord, EventRecord, Fields, LineState, Record, Section,
        Side, Slot,
    },
    settings::default_of,
    spending,
    stage::{self, Known, Lack, Others},
    twin,
    view::{
        CallCard, CallView, CompareView, DirectoryView, DossierCard, DossierView, DossiersView, EventCard, EventHead,
        EventView, EventsView, FieldView, FollowedCall, LineView, LinkView, NamedDocument, NewsView, NextMove,
        PersonCard, RecordView, ReviewView, RosterRow, RowView, SectionView, SettingView, SettingsView, SignatureView,
        SlotStatus, SlotView, SyncView, TimeView, TrainerView, UnsentDocument, VersionsView, View, ViewKey, WayView,
    },
    visa::{self, visaed},
    wire::AuthorEntry,
};

/// What a page must take over: read from what [`Replica::updates`] writes.
#[derive(Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "update", rename_all = "snake_case")]
pub enum ViewUpdate {
    /// The view as a whole.
    Whole {
        /// Which.
        key: ViewKey,
        /// As it is now.
        view: View,
    },
    /// Of an event with the same people in the same order: its head, and the rows that changed.
    Rows {
        /// Which.
        key: ViewKey,
        /// As it is now.
        head: EventHead,
        /// To be put in place of those of the same person.
        rows: Vec<RosterRow>,
    },
}

/// A view that a page wants, and what it has of it: nothing before the first time.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) key: ViewKey,
    painted: Option<Painted>,
}

/// What a page was told. To be compared with what it would be told now, so that no view needs code to copy or compare itself.
#[derive(Debug)]
enum Painted {
    /// The view, as JSON.
    Whole(String),
    /// An event: its head as JSON, and its rows, of which few change at a time.
    Event { head: String, rows: Vec<RosterRow> },
}

impl Replica {
    /// A page wants this view and what changes in it.
    pub fn subscribe(&mut self, key: ViewKey) {
        if self.wanted.iter().all(|wanted| wanted.key != key) {
            self.wanted.push(Wanted { key, painted: None });
        }
    }

    /// No page wants this view any longer.
    pub fn unsubscribe(&mut self, key: &ViewKey) {
        self.wanted.retain(|wanted| wanted.key != *key);
    }

    /// What changed in the wanted views since this was last asked: the JSON of `ViewUpdate[]`, see [`ViewUpdate`].
    ///
    /// # Errors
    /// Never, as views are plain data.
    pub fn updates(&mut self) -> serde_json::Result<String> {
        let changed = std::mem::take(&mut self.changed);
        self.twins.get_mut().changed(&changed);
        let mut wanted = std::mem::take(&mut self.wanted);
        let mut updates = Vec::new();
        for Wanted { key, painted } in &mut wanted {
            if painted.is_none() || self.concerns(key, &changed) {
                let view = self.view(key);
                updates.extend(update(key, painted, view)?);
            }
        }
        self.wanted = wanted;
        Ok(format!("[{}]", updates.join(",")))
    }

    fn concerns(&self, key: &ViewKey, changed: &BTreeSet<DocumentId>) -> bool {
        let of = |kinds: &[Kind]| {
            // A document that is gone concerns every list that it may have been in.
            changed.iter().any(|id| self.held.get(id).is_none_or(|held| kinds.contains(&held.kind)))
        };
        match key {
            ViewKey::Events => of(&[Kind::Event, Kind::Person]),
            ViewKey::Event { event } => changed.contains(event) || of(&[Kind::Person, Kind::Association]),
            ViewKey::Dossiers => of(&[Kind::Dossier, Kind::Association, Kind::Call]),
            ViewKey::Tasks => of(&[Kind::Dossier]),
            ViewKey::Activity { dossier: Some(dossier) } => changed.contains(dossier),
            ViewKey::Activity { dossier: None } => of(&[Kind::Dossier]),
            ViewKey::Association { .. } => of(&[Kind::Association, Kind::Dossier, Kind::Person, Kind::Event]),
            ViewKey::Person { .. } => of(&[Kind::Association, Kind::Person, Kind::Event]),
            ViewKey::Dossier { dossier } => changed.contains(dossier) || of(&[Kind::Association, Kind::Call]),
            ViewKey::Call { call } => changed.contains(call),
            ViewKey::News { dossier } => changed.contains(dossier),
            ViewKey::Way { dossier } | ViewKey::Compare { dossier, .. } | ViewKey::DossierAt { dossier, .. } => {
                changed.contains(dossier) || of(&[Kind::Association, Kind::Call])
            }
            ViewKey::Versions { dossier, .. } => changed.contains(dossier),
            ViewKey::Directory => of(&[Kind::Person, Kind::Association, Kind::Call]),
            ViewKey::Record { .. } | ViewKey::Questions => !changed.is_empty(),
            // Costs little, and speaks of the exchange too.
            ViewKey::Sync | ViewKey::Settings => true,
        }
    }

    /// What a page shows.
    pub fn view(&mut self, key: &ViewKey) -> View {
        match key {
            ViewKey::Events => View::Events(self.events_view()),
            ViewKey::Event { event } => self.event_view(*event).map_or(View::Gone, View::Event),
            ViewKey::Dossiers => View::Dossiers(self.dossiers_view()),
            ViewKey::Dossier { dossier } => self.dossier_view(*dossier).map_or(View::Gone, View::Dossier),
            ViewKey::Call { call } => self.call_view(*call).map_or(View::Gone, View::Call),
            ViewKey::News { dossier } => self.news_view(*dossier).map_or(View::Gone, View::News),
            ViewKey::DossierAt { dossier, version } => {
                self.dossier_at_view(*dossier, version).map_or(View::Gone, View::Dossier)
            }
            ViewKey::Way { dossier } => self.way_view(*dossier).map_or(View::Gone, View::Way),
            ViewKey::Versions { dossier, count } => {
                self.versions_view(*dossier, *count).map_or(View::Gone, View::Versions)
            }
            ViewKey::Compare { dossier, before, after } => {
                self.compare_view(*dossier, before, after).map_or(View::Gone, View::Compare)
            }
            ViewKey::Directory => View::Directory(self.directory_view()),
            ViewKey::Tasks => View::Tasks(self.tasks_view()),
            ViewKey::Activity { dossier } => View::Activity(self.activity_view(*dossier)),
            ViewKey::Association { association } => {
                self.association_view(*association).map_or(View::Gone, View::Association)
            }
            ViewKey::Person { person } => self.person_view(*person).map_or(View::Gone, View::Person),
            ViewKey::Record { document } => self.record_view(*document).map_or(View::Gone, View::Record),
            ViewKey::Questions => View::Questions(self.questions_view()),
            ViewKey::Sync => View::Sync(self.sync_view()),
            ViewKey::Settings => View::Settings(self.settings_view()),
        }
    }

    fn events_view(&self) -> EventsView {
        let events = self.held.iter().filter_map(|(id, held)| match &held.record {
            Record::Event(event) => Some(self.event_card(*id, event)),
            _ => None,
        });
        EventsView { events: by_day(events.collect()) }
    }

    pub(super) fn event_card(&self, id: DocumentId, event: &EventRecord) -> EventCard {
        let text = |field| event.fields.text(field).to_owned();
        let day = |slot: Option<&crate::record::Slot>, field| {
            slot.map_or_else(String::new, |s| s.fields.text(field).to_owned())
        };
        let attendance = self.attendance(event);
        let attended: BTreeSet<DocumentId> = attendance
            .iter()
            .filter(|(_, marks)| status_of(marks).is_some_and(Status::attended))
            .map(|((person, _), _)| *person)
            .collect();
        let expected: BTreeSet<DocumentId> = event.roster.keys().map(|person| self.stands_for(*person)).collect();
        EventCard {
            event: id,
            title: text(Field::Title),
            event_kind: text(Field::EventKind),
            place: text(Field::Place),
            commune: text(Field::Commune),
            first_day: day(event.slots.first(), Field::Day),
            last_day: day(event.slots.last(), Field::Day),
            starts: day(event.slots.first(), Field::Starts),
            series: text(Field::Series),
            sealed: !event.sheets.is_empty() && event.late() == 0,
            expected: count(expected.len()),
            attended: count(attended.len()),
            questions: self.to_decide(id),
        }
    }

    /// The marks of each human being in each slot: those of people who were linked as the same count together (M7).
    fn attendance<'a>(&self, event: &'a EventRecord) -> BTreeMap<(DocumentId, RowId), Vec<&'a Mark>> {
        let mut marks: BTreeMap<_, Vec<&Mark>> = BTreeMap::new();
        for mark in &event.marks {
            marks.entry((self.stands_for(mark.person), mark.slot)).or_default().push(mark);
        }
        marks
    }

    /// Who stands for this person or association: the end of the links that say it is another one, or the smallest id of a ring of
    /// them. Where the end of the chain is not held here, the last one that is.
    #[must_use]
    pub fn stands_for(&self, id: DocumentId) -> DocumentId {
        let next = |id| self.record(id).and_then(Record::same_as);
        twin::stands_for(id, |id| self.held.contains_key(&id), next)
    }

    fn event_view(&self, id: DocumentId) -> Option<EventView> {
        let Record::Event(event) = self.record(id)? else { return None };
        let attendance = self.attendance(event);
        let unsent: BTreeSet<RowId> =
            self.held[&id].pending.iter().flat_map(|pending| pending.marks.iter().copied()).collect();
        let mut signatures: BTreeMap<(Signer, RowId), Vec<&Signature>> = BTreeMap::new();
        for one in &event.signatures {
            let signer = match one.signer {
                Signer::Person(person) => Signer::Person(self.stands_for(person)),
                trainer @ Signer::Trainer(_) => trainer,
            };
            signatures.entry((signer, one.slot)).or_default().push(one);
        }
        let signed = |signer, slot| signatures.get(&(signer, slot)).map_or(&[][..], Vec::as_slice);
        let other_names = self.other_names();
        let mut rows: BTreeMap<DocumentId, RosterRow> = BTreeMap::new();
        for (person, joined) in &event.roster {
            let stands = self.stands_for(*person);
            rows.entry(stands).or_insert_with(|| {
                let slots = event.slots.iter().map(|slot| {
                    let marks = attendance.get(&(stands, slot.id));
                    let signatures = signed(Signer::Person(stands), slot.id);
                    SlotStatus::of(marks.map_or(&[][..], Vec::as_slice), signatures, &unsent)
                });
                let card = self.person_card(stands);
                RosterRow {
                    person: stands,
                    name: card.name,
                    name_ar: card.name_ar,
                    family: self.family(stands),
                    association: card.association,
                    photo: self.photo_consent(stands),
                    joined: *joined,
                    search: card.search + other_names.get(&stands).map_or("", String::as_str),
                    slots: slots.collect(),
                }
            });
        }
        let slots = event.slots.iter().enumerate().map(|(n, slot)| {
            let attended = rows.values().filter(|row| row.slots[n].status.is_some_and(Status::attended));
            let signed = rows.values().filter(|row| row.slots[n].signature.is_some()).count();
            SlotView::of(slot, count(attended.count()), count(signed))
        });
        let trainers = event.trainers.iter().map(|trainer| {
            let of =
                |slot: &Slot| SignatureView::of(signed(Signer::Trainer(trainer.id), slot.id).iter().copied(), &unsent);
            let signatures = event.slots.iter().map(of).collect();
            TrainerView { trainer: trainer.id, name: trainer.name().to_owned(), signatures }
        });
        let links = event.links.iter().map(|(document, kind)| LinkView {
            document: *document,
            kind: *kind,
            title: self.name(*document),
        });
        let head = EventHead {
            card: self.event_card(id, event),
            slots: slots.collect(),
            trainers: trainers.collect(),
            headcounts: event.headcounts.clone(),
            papers: event.papers.clone(),
            links: links.collect(),
            sheets: event.sheets.clone(),
            late: event.late(),
            fields: self.field_views(&event.fields, Field::of(Kind::Event)),
            may_change: self.identity.role.may(Capability::ChangeEvent),
        };
        let mut rows: Vec<_> = rows.into_values().collect();
        rows.sort_by_cached_key(|row| (self.sort_name(row.person), row.person));
        Some(EventView { head, rows })
    }

    fn family(&self, person: DocumentId) -> String {
        match self.record(person) {
            Some(Record::Person(record)) => record.fields.text(Field::Family).to_owned(),
            _ => String::new(),
        }
    }

    fn photo_consent(&self, person: DocumentId) -> Option<Agreed> {
        match self.record(person) {
            Some(Record::Person(record)) => Consent::Photo.agreed(&record.fields),
            _ => None,
        }
    }

    pub(super) fn sort_by_name(&self, people: &mut [PersonCard]) {
        people.sort_by_cached_key(|card| (self.sort_name(card.person), card.person));
    }

    /// Family name first, folded: how a list is sorted.
    fn sort_name(&self, person: DocumentId) -> String {
        match self.record(person) {
            Some(Record::Person(record)) => {
                let parts = [Field::Family, Field::Given, Field::NameAr].map(|field| record.fields.text(field));
                names::fold_search(&parts.join(" "))
            }
            // Names that have not arrived yet come last.
            _ => "\u{10ffff}".to_owned(),
        }
    }

    pub(super) fn person_card(&self, person: DocumentId) -> PersonCard {
        let Some(Record::Person(record)) = self.record(person) else {
            return PersonCard {
                person,
                name: String::new(),
                name_ar: String::new(),
                association: String::new(),
                search: String::new(),
            };
        };
        let association = self.named(&record.fields, Field::Association);
        let mut search = record.search.clone();
        if !association.is_empty() {
            search.push(' ');
            search.push_str(&names::fold_search(&association));
        }
        let name_ar = record.fields.text(Field::NameAr).to_owned();
        PersonCard { person, name: record.name(), name_ar, association, search }
    }

    /// What the document that a field names is called; of one that was joined to another, that other.
    fn named(&self, fields: &Fields, field: Field) -> String {
        fields.document(field).map_or_else(String::new, |id| self.name(self.stands_for(id)))
    }

    /// What those who were joined to another are called besides, folded for search, by the one who stands for them.
    fn other_names(&self) -> BTreeMap<DocumentId, String> {
        let mut others: BTreeMap<DocumentId, String> = BTreeMap::new();
        for (id, held) in self.held.iter().filter(|(_, held)| held.record.same_as().is_some()) {
            let stands = self.stands_for(*id);
            let Record::Person(person) = &held.record else { continue };
            if stands != *id && !person.search.is_empty() {
                let names = others.entry(stands).or_default();
                names.push(' ');
                names.push_str(&person.search);
            }
        }
        others
    }

    /// What a document is called, or nothing if it is not held.
    pub(super) fn name(&self, id: DocumentId) -> String {
        self.record(id).map_or_else(String::new, Record::title)
    }

    pub(super) fn field_views(&self, fields: &Fields, wanted: &[Field]) -> Vec<FieldView> {
        let view = |field: &Field| {
            let register = fields.0.get(field).cloned().unwrap_or_default();
            let named = match field.accepts() {
                Accepts::Document(_) => self.named(fields, *field),
                _ => String::new(),
            };
            FieldView { field: *field, value: register.value, named, apart: register.apart }
        };
        wanted.iter().map(view).collect()
    }

    fn dossiers_view(&self) -> DossiersView {
        let devices = self.my_devices();
        let dossiers = self.held.iter().filter_map(|(id, held)| match &held.record {
            Record::Dossier(dossier) => Some(self.dossier_card(*id, held, dossier, &devices)),
            _ => None,
        });
        DossiersView { dossiers: by_title(dossiers.collect()) }
    }

    /// `devices` are those of this device's account.
    pub(super) fn dossier_card(
        &self,
        id: DocumentId,
        held: &Held,
        dossier: &DossierRecord,
        devices: &[DeviceId],
    ) -> DossierCard {
        let text = |field| dossier.fields.text(field).to_owned();
        let call_id = dossier.fields.document(Field::Call);
        let closes =
            call_id.and_then(|call| self.record(call)).and_then(|call| call.fields().get(Field::ClosesMs).number());
        DossierCard {
            dossier: id,
            title: text(Field::Title),
            association: self.named(&dossier.fields, Field::Association),
            association_id: dossier.fields.document(Field::Association),
            stage: text(Field::Stage),
            sector: text(Field::Sector),
            territory: text(Field::Territory),
            coordinator: text(Field::Coordinator),
            call: self.named(&dossier.fields, Field::Call),
            call_id,
            closes_ms: closes.unwrap_or(0),
            due: due::next(&dossier.rows),
            grant_cents: dossier.fields.get(Field::GrantCents).number().unwrap_or(0),
            mine: self.is_mine(dossier, devices),
            news: held.has_news(),
            expenses_cents: dossier.total_cents(Side::Expense),
            questions: self.to_decide(id),
        }
    }

    fn dossier_view(&mut self, id: DocumentId) -> Option<DossierView> {
        let heads = self.held.get_mut(&id)?.parse(id).heads();
        let Record::Dossier(dossier) = self.record(id)? else { return None };
        let dossier = dossier.clone();
        let followed = self.followed_by(&dossier);
        self.view_of_dossier(id, &dossier, version_text(&heads), followed.as_ref())
    }

    fn dossier_at_view(&mut self, id: DocumentId, version: &str) -> Option<DossierView> {
        let dossier = self.dossier_at(id, version)?;
        let followed = self.followed_by(&dossier);
        self.view_of_dossier(id, &dossier, version.to_owned(), followed.as_ref())
    }

    /// A dossier as it was in a version; as it is now where none is named.
    fn dossier_at(&mut self, id: DocumentId, version: &str) -> Option<DossierRecord> {
        if version.is_empty() {
            let Record::Dossier(dossier) = self.record(id)? else { return None };
            return Some(dossier.clone());
        }
        DossierRecord::at(self.held.get_mut(&id)?.parse(id), &version_heads(version))
    }

    /// The rules that a dossier follows, where its call is held.
    fn followed_by(&mut self, dossier: &DossierRecord) -> Option<(CallRecord, FollowedCall)> {
        let version = dossier.fields.text(Field::CallVersion).parse().ok();
        self.followed(dossier.fields.document(Field::Call)?, version)
    }

    fn view_of_dossier(
        &self,
        id: DocumentId,
        dossier: &DossierRecord,
        version: String,
        followed: Option<&(CallRecord, FollowedCall)>,
    ) -> Option<DossierView> {
        let call = followed.map(|(rules, _)| rules);
        let asked: &[CallSection] = call.map_or(&[], |call| &call.sections);
        let extra = dossier.sections.keys().filter(|key| asked.iter().all(|about| about.key != **key));
        let extra = extra.map(|key| CallSection {
            key: key.clone(),
            chars_max: u32::try_from(limit::SECTION_CHARS_MAX).unwrap_or(u32::MAX),
            ..CallSection::default()
        });
        let sections = asked.iter().cloned().chain(extra).map(|about| {
            let Section { text, begun_apart, read_again } =
                dossier.sections.get(&about.key).cloned().unwrap_or_default();
            SectionView { about, text, read_again, begun_apart }
        });
        let lines = dossier.lines.iter().filter(|line| line.state != LineState::Removed).map(LineView::of);
        let time = dossier.time.iter().filter(|entry| entry.state != LineState::Removed).map(TimeView::of);
        Some(DossierView {
            card: Box::new(self.dossier_card(id, self.held.get(&id)?, dossier, &self.my_devices())),
            version,
            fields: self.field_views(&dossier.fields, Field::of(Kind::Dossier)),
            sections: sections.collect(),
            lines: lines.collect(),
            resources_cents: dossier.total_cents(Side::Resource),
            time: time.collect(),
            rows: RowView::all(&dossier.rows),
            totals: budget::totals(dossier, call),
            checks: budget::checks(dossier, call),
            headings: budget::headings(call),
            chronogram: plan::chronogram(dossier),
            faults: plan::faults(dossier, call),
            call: followed.map(|(_, view)| Box::new(view.clone())),
            authors: self.authors_of(dossier.rows.all_kept().filter_map(|(_, row)| row.by)),
            support: SupportTotals::of(&dossier.rows),
            spending: spending::spending(dossier, call),
        })
    }

    fn way_view(&mut self, id: DocumentId) -> Option<WayView> {
        let document = self.held.get_mut(&id)?.parse(id).clone();
        let Record::Dossier(dossier) = self.record(id)?.clone() else { return None };
        let dossier = &dossier;
        let followed = self.followed_by(dossier);
        let role = self.identity.role;
        let association = dossier.fields.document(Field::Association).and_then(|id| self.record(id));
        let known = Known {
            dossier,
            visa: visaed(&document, dossier),
            others: Some(Others {
                call: followed.as_ref().map(|(rules, _)| rules),
                association: association.map(Record::fields),
                today: i64::try_from(self.now_ms).unwrap_or(i64::MAX) / DAY_MS,
            }),
        };
        let stage = dossier.fields.text(Field::Stage);
        let next = stage::moves_from(stage).map(|one| NextMove {
            to: one.to.to_owned(),
            may: role.may(one.who),
            says_why: one.says_why,
            records: one.records.to_vec(),
            lacks: one.lacks(&known).into_iter().filter(|lack| !matches!(lack, Lack::Field { .. })).collect(),
        });
        let own: Vec<Field> = Field::WAY.iter().copied().filter(|field| *field != Field::Stage).collect();
        let by = dossier.moves.iter().map(|one| one.by).chain(dossier.visas.iter().map(|one| one.by));
        let by = by.chain(dossier.reviews.iter().map(|one| one.by)).flatten();
        let mine = self.my_devices();
        let reviews = dossier.reviews.iter().map(|review| ReviewView {
            by: review.by,
            at_ms: review.at_ms,
            mine: review.by.is_some_and(|device| mine.contains(&device)),
        });
        let stage = self.field_views(&dossier.fields, &[Field::Stage]).pop()?;
        let said_apart = stage.apart.iter().filter_map(|apart| apart.by);
        Some(WayView {
            dossier: id,
            version: version_text(&document.heads()),
            moves: dossier.moves.clone(),
            next: next.collect(),
            facts: self.field_views(&dossier.fields, &own),
            visas: dossier.visas.clone(),
            visaed: known.visa,
            reviews: reviews.collect(),
            may_review: role.may(Capability::GiveVisa),
            may_correct: role.may(Capability::CorrectStage),
            filed: dossier.filed().map(str::to_owned),
            authors: self.authors_of(by.chain(said_apart)),
            stage,
        })
    }

    /// The rules that a dossier follows which names that version of a call, and how a page shows them (C2).
    fn followed(&mut self, id: DocumentId, named: Option<RowId>) -> Option<(CallRecord, FollowedCall)> {
        let Record::Call(call) = self.record(id)?.clone() else { return None };
        let version = call::followed(&call, named).cloned();
        let newest =
            call.versions.last().filter(|newest| Some(newest.id) != version.as_ref().map(|one| one.id)).cloned();
        let rules = version.as_ref().and_then(|version| self.published(id, version)).unwrap_or(call);
        let after = newest.as_ref().and_then(|newest| self.published(id, newest));
        let view = FollowedCall {
            call: id,
            title: rules.fields.text(Field::Title).to_owned(),
            rules: self.field_views(&rules.fields, Field::of(Kind::Call)),
            rows: RowView::all(&rules.rows),
            to_confirm: rules.to_confirm.clone(),
            differences: after.map_or_else(Vec::new, |after| call::differences(&rules, &after)),
            version,
            newest,
        };
        Some((rules, view))
    }

    /// A version of a call as it was published. It never changes, so that it is read once.
    fn published(&mut self, id: DocumentId, version: &CallVersion) -> Option<CallRecord> {
        if let Some(known) = self.published.get(&(id, version.id)) {
            return Some(known.clone());
        }
        let read = call::at(self.held.get_mut(&id)?.parse(id), version)?;
        if self.published.len() >= limit::PARSED_DOCUMENTS_MAX {
            self.published.clear();
        }
        self.published.insert((id, version.id), read.clone());
        Some(read)
    }

    fn call_view(&mut self, id: DocumentId) -> Option<CallView> {
        let Record::Call(call) = self.record(id)?.clone() else { return None };
        let newest = call.versions.last().and_then(|newest| self.published(id, newest));
        let devices = call.rows.all_kept().map(|(_, row)| row.by).chain(call.versions.iter().map(|version| version.by));
        Some(CallView {
            call: id,
            title: call.fields.text(Field::Title).to_owned(),
            fields: self.field_views(&call.fields, Field::of(Kind::Call)),
            authors: self.authors_of(devices.flatten()),
            rows: RowView::all(&call.rows),
            differences: newest.map_or_else(Vec::new, |newest| call::differences(&newest, &call)),
            may_change: self.identity.role.may(Capability::ChangeCall),
            to_confirm: call.to_confirm,
            sections: call.sections,
            versions: call.versions,
        })
    }

    /// Of a dossier that was never looked at, nothing is new.
    fn news_view(&mut self, id: DocumentId) -> Option<NewsView> {
        let mine = self.my_devices();
        let held = self.held.get_mut(&id).filter(|held| held.kind == Kind::Dossier)?;
        let seen = held.seen.as_ref().map(|seen| seen.heads.iter().map(|head| ChangeHash(*head)).collect::<Vec<_>>());
        let document = held.parse(id);
        let sections = seen.map_or_else(Vec::new, |seen| news::since(document, &seen, |device| mine.contains(&device)));
        let version = version_text(&document.heads());
        let devices: Vec<_> = sections.iter().flat_map(|one| &one.spans).filter_map(|span| span.by).collect();
        Some(NewsView { version, authors: self.authors_of(devices), sections })
    }

    fn versions_view(&mut self, id: DocumentId, count_max: u32) -> Option<VersionsView> {
        let Record::Dossier(dossier) = self.record(id)?.clone() else { return None };
        let document = self.held.get_mut(&id)?.parse(id);
        let visas = dossier.visas.iter().filter_map(|visa| document.made_by(edit::VISA, visa.id));
        let moves = dossier.moves.iter().flat_map(|one| version_heads(&one.version));
        let alone: BTreeSet<ChangeHash> = visas.chain(moves).collect();
        let most = usize::try_from(count_max).unwrap_or(usize::MAX);
        let (versions, older) = history::versions(document, &alone, most);
        let did = versions.iter().flat_map(|version| &version.did);
        let names = self.names_said(did).into_iter().map(|id| (id, self.name(id))).collect();
        Some(VersionsView {
            dossier: id,
            title: dossier.fields.text(Field::Title).to_owned(),
            authors: self.authors_of(versions.iter().filter_map(|version| version.by)),
            filed: dossier.filed().map(str::to_owned),
            visaed: visa::last(&dossier.visas).first().map(|visa| visa.version.clone()),
            versions,
            older: count(older),
            names,
        })
    }

    fn compare_view(&mut self, id: DocumentId, before: &str, after: &str) -> Option<CompareView> {
        let was = if before.is_empty() { DossierRecord::default() } else { self.dossier_at(id, before)? };
        let is = self.dossier_at(id, after)?;
        let differences = compare::differences(&was, &is);
        let values = differences.fields.iter().flat_map(|change| [&change.before, &change.after]);
        let named = values.filter_map(|value| value.text().parse::<DocumentId>().ok());
        let names = named.map(|id| (id, self.name(id))).collect();
        let followed = self.followed_by(&is);
        let asked = followed.as_ref().map_or(&[][..], |(call, _)| &call.sections);
        let titles = asked.iter().map(|about| (about.key.clone(), about.title.clone())).collect();
        let [before_cents, after_cents] = [&was, &is].map(|dossier| dossier.total_cents(Side::Expense));
        Some(CompareView { dossier: id, differences, titles, names, before_cents, after_cents })
    }

    /// The documents that something done speaks of.
    fn names_said<'a>(&self, did: impl Iterator<Item = &'a history::Did>) -> BTreeSet<DocumentId> {
        let said = did.filter_map(|did| match did {
            history::Did::Set { value, .. } => value.text().parse::<DocumentId>().ok(),
            history::Did::Marked { person, .. }
            | history::Did::Withdrew { person, .. }
            | history::Did::Signed { person } => *person,
            history::Did::Decided { asked, .. } | history::Did::Assigned { asked, .. } => {
                asked.rsplit('/').next().and_then(|last| last.parse().ok())
            }
            history::Did::Linked { document } => *document,
            _ => None,
        });
        said.collect()
    }

    fn directory_view(&self) -> DirectoryView {
        let (mut people, mut associations, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        let other_names = self.other_names();
        for (id, held) in &self.held {
            match &held.record {
                Record::Person(_) if self.stands_for(*id) == *id => {
                    let mut card = self.person_card(*id);
                    card.search.push_str(other_names.get(id).map_or("", String::as_str));
                    people.push(card);
                }
                Record::Association(AssociationRecord { fields, .. }) if self.stands_for(*id) == *id => {
                    let title = fields.text(Field::Title).to_owned();
                    let all =
                        [Field::Title, Field::ShortTitle, Field::NameAr].map(|field| fields.text(field)).join(" ");
                    associations.push(NamedDocument { document: *id, title, search: names::fold_search(&all) });
                }
                Record::Call(call) => {
                    let title = call.fields.text(Field::Title).to_owned();
                    let marked = call.rows.all_kept().filter(|(_, row)| row.fields.text(Field::ToConfirm) == "yes");
                    calls.push(CallCard {
                        call: *id,
                        title,
                        programme: call.fields.text(Field::Programme).to_owned(),
                        closes_ms: call.fields.get(Field::ClosesMs).number().unwrap_or(0),
                        time_zone: call.fields.text(Field::TimeZone).to_owned(),
                        to_confirm: count(call.to_confirm.len() + marked.count()),
                        versions: call.versions.clone(),
                    });
                }
                _ => {}
            }
        }
        self.sort_by_name(&mut people);
        associations.sort_by(|a, b| (&a.search, a.document).cmp(&(&b.search, b.document)));
        calls.sort_by(|a, b| (&a.title, a.call).cmp(&(&b.title, b.call)));
        DirectoryView { people, associations, calls }
    }

    /// What a person agreed to. When it was said stands in the history of the document that holds the register.
    fn consents(&mut self, person: DocumentId) -> Vec<ConsentView> {
        let role = self.identity.role;
        let mut views = Vec::new();
        for consent in Consent::ALL.into_iter().filter(|consent| role.may_read(consent.kind())) {
            let id = if consent.kind() == Kind::Contact { DocumentId::contact_of(person) } else { person };
            let fields = self.record(id).map(Record::fields);
            let agreed = fields.and_then(|fields| consent.agreed(fields));
            let apart = fields.and_then(|fields| consent.holding(fields)).map(|apart| (apart.by, apart.at_ms));
            let said = match (agreed, apart, self.held.get_mut(&id)) {
                (Some(_), None, Some(held)) => history::last_set(held.parse(id), consent.field()),
                (_, apart, _) => apart,
            };
            let (by, at_ms) = said.unwrap_or_default();
            let may_give = match consent {
                Consent::Photo => role.may(Capability::ChangePerson),
                Consent::Messages => role.may(Capability::ChangeContact),
            };
            views.push(ConsentView { consent, agreed, by, at_ms, may_give });
        }
        views
    }

    fn record_view(&mut self, id: DocumentId) -> Option<RecordView> {
        let consents = match self.held.get(&id)?.kind {
            Kind::Person => self.consents(id),
            _ => Vec::new(),
        };
        let document = self.held.get_mut(&id)?.parse(id);
        let (history, older) = history::history(document, limit::HISTORY_ENTRIES_MAX);
        let used_percent = Some(document.used_percent()).filter(|used| *used >= limit::DOCUMENT_NEARLY_FULL_PERCENT);
        let held = &self.held[&id];
        let questions = self.asked_of(id).into_iter().map(|asked| asked.question).collect::<Vec<_>>();
        let decisions = held.decided.decisions.iter().rev().filter(|one| one.stands).cloned().collect::<Vec<_>>();
        let told_apart = self.told_apart(id);
        let fields = self.field_views(held.record.fields(), Field::of(held.kind));
        let phones = match self.record(DocumentId::contact_of(id)) {
            Some(Record::Contact(contact)) => contact.phones.clone(),
            _ => Vec::new(),
        };
        let mut named: BTreeSet<DocumentId> = held.record.names().into_iter().collect();
        named.extend(told_apart.iter().map(|one| one.other));
        named.extend(self.names_said(history.iter().flat_map(|entry| &entry.did)));
        let mut names = self.names_of(&questions);
        names.extend(named.into_iter().map(|id| (id, self.name(id))));
        let devices = history.iter().filter_map(|entry| entry.by).chain(consents.iter().filter_map(|one| one.by));
        let devices = devices.chain(decisions.iter().filter_map(|one| one.by));
        let authors = self.authors_of(devices);
        Some(RecordView {
            document: id,
            kind: held.kind,
            title: held.record.title(),
            fields,
            rows: self.named_rows(held.record.rows()),
            phones,
            consents,
            authors,
            questions,
            decisions,
            told_apart,
            history,
            older: count(older),
            names,
            used_percent: used_percent.map(|used| u8::try_from(used).unwrap_or(u8::MAX)),
        })
    }

    pub(super) fn authors_of(&self, devices: impl IntoIterator<Item = DeviceId>) -> Vec<AuthorEntry> {
        let devices: BTreeSet<DeviceId> = devices.into_iter().collect();
        let mut authors: Vec<AuthorEntry> =
            devices.iter().filter_map(|device| self.authors.get(device).cloned()).collect();
        let me = &self.identity;
        if devices.contains(&me.device) && !self.authors.contains_key(&me.device) {
            let name = me.name.clone();
            authors.push(AuthorEntry { device: me.device, account: me.account, name, label: String::new() });
        }
        authors
    }

    fn settings_view(&self) -> SettingsView {
        let (settings, role) = (self.settings(), self.identity.role);
        let setting = |field: &Field| {
            let Accepts::Number(least, most) = field.accepts() else { return None };
            let register = settings.0.and_then(|fields| fields.0.get(field));
            Some(SettingView {
                field: *field,
                value: settings.get(*field),
                default: default_of(*field).unwrap_or(0),
                least,
                most,
                is_set: register.is_some_and(|register| register.value.number().is_some()),
                apart: register.map_or_else(Vec::new, |register| register.apart.clone()),
            })
        };
        let all = Field::of(Kind::Settings);
        let texts: Vec<Field> =
            all.iter().copied().filter(|field| matches!(field.accepts(), Accepts::Text(_))).collect();
        SettingsView {
            settings: all.iter().filter_map(setting).collect(),
            texts: self.field_views(settings.0.unwrap_or(&Fields::default()), &texts),
            may_change: role.may(Capability::ChangeSettings),
            demands_lock: settings.demands_lock(role),
            capabilities: TABLE.iter().map(|(capability, _)| *capability).filter(|one| role.may(*one)).collect(),
        }
    }

    /// See [`ViewKey::Sync`].
    #[must_use]
    pub fn sync_view(&self) -> SyncView {
        let unsent = self.held.iter().filter(|(_, held)| !held.pending.is_empty()).map(|(id, held)| UnsentDocument {
            document: *id,
            kind: held.kind,
            title: held.record.title(),
            changes: count(held.pending.len()),
        });
        SyncView {
            account: self.identity.account,
            device: self.identity.device,
            name: self.identity.name.clone(),
            role: self.identity.role,
            unsent_changes: count(self.unsent()),
            unsent: unsent.collect(),
            documents: count(self.held.len()),
            exchanged_ms: self.exchanged_ms,
            clock_ahead_ms: self.clock_ahead_ms,
            set_aside: self.set_aside.clone(),
            judged: self.judged.clone(),
            ended: self.ended,
            complete: self.complete,
        }
    }
}

pub(super) fn by_title(mut dossiers: Vec<DossierCard>) -> Vec<DossierCard> {
    dossiers.sort_by_cached_key(|card| (names::fold_search(&card.title), card.dossier));
    dossiers
}

/// The earliest first, those without a day last.
pub(super) fn by_day(mut events: Vec<EventCard>) -> Vec<EventCard> {
    events.sort_by(|a, b| {
        let order =
            |card: &EventCard| (card.first_day.is_empty(), card.first_day.clone(), card.starts.clone(), card.event);
        order(a).cmp(&order(b))
    });
    events
}

/// The JSON of a [`ViewUpdate`], unless the page has all of it already.
fn update(key: &ViewKey, painted: &mut Option<Painted>, view: View) -> serde_json::Result<Option<String>> {
    let key = serde_json::to_string(key)?;
    let (told, now) = match (&painted, view) {
        (Some(Painted::Event { head: before, rows }), View::Event(now)) if are_same_people(rows, &now.rows) => {
            let pairs = now.rows.iter().zip(rows);
            let changed: Vec<_> = pairs.filter(|(row, before)| row != before).map(|(row, _)| row).collect();
            let head = serde_json::to_string(&now.head)?;
            if changed.is_empty() && head == *before {
                return Ok(None);
            }
            let rows = serde_json::to_string(&changed)?;
            let told = format!(r#"{{"update":"rows","key":{key},"head":{head},"rows":{rows}}}"#);
            (told, Painted::Event { head, rows: now.rows })
        }
        (_, view) => {
            let whole = serde_json::to_string(&view)?;
            if matches!(painted, Some(Painted::Whole(before)) if *before == whole) {
                return Ok(None);
            }
            let told = format!(r#"{{"update":"whole","key":{key},"view":{whole}}}"#);
            let now = match view {
                View::Event(now) => Painted::Event { head: serde_json::to_string(&now.head)?, rows: now.rows },
                _ => Painted::Whole(whole),
            };
            (told, now)
        }
    };
    *painted = Some(now);
    Ok(Some(told))
}

/// The same people in the same order: else the page could not know where a new row stands.
fn are_same_people(before: &[RosterRow], now: &[RosterRow]) -> bool {
    before.iter().map(|row| row.person).eq(now.iter().map(|row| row.person))
}

fn status_of(marks: &[&Mark]) -> Option<Status> {
    crate::mark::attendance(marks.iter().copied()).status()
}

/// What a document is called.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
