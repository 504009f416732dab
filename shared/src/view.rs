//! Views: what a page shows. Plain data, made from records; the page never sees a document.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    budget::{self, Check, Totals},
    call::{CallVersion, Difference},
    compare::Differences,
    consent::{Agreed, ConsentView},
    decision::Decision,
    document::Kind,
    due::{Due, SupportTotals},
    field::{Field, Value},
    history::{HistoryEntry, VersionEntry},
    id::{AccountId, DeviceId, DocumentId, RowId},
    mark::{Attendance, How, Mark, Signature, Status},
    news::SectionNews,
    plan::{Chronogram, PlanFault},
    question::{Level, Question},
    record::{
        Apart, CallSection, Fields, Headcount, Joined, Line, LineState, Moved, Paper, PhoneRow, ReadAgain, Rows,
        SealedSheet, Side, Slot, TimeRow,
    },
    role::Role,
    spending::Spending,
    stage::Lack,
    table::Table,
    visa::{Visa, Visaed},
    wire::AuthorEntry,
};

/// Which view a page wants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum ViewKey {
    /// Every event that this device holds.
    Events,
    /// One event with its roster.
    Event {
        /// Which.
        event: DocumentId,
    },
    /// Every dossier that this device holds.
    Dossiers,
    /// One dossier.
    Dossier {
        /// Which.
        dossier: DocumentId,
    },
    /// One call for projects, as it is being written.
    Call {
        /// Which.
        call: DocumentId,
    },
    /// What others wrote into a dossier's long texts since it was last looked at here.
    News {
        /// Which dossier.
        dossier: DocumentId,
    },
    /// One dossier as it was in a version, to be read.
    DossierAt {
        /// Which.
        dossier: DocumentId,
        /// See [`DossierView::version`].
        version: String,
    },
    /// The way of one dossier: its stages, its moves, its visas.
    Way {
        /// Which.
        dossier: DocumentId,
    },
    /// The versions of one dossier.
    Versions {
        /// Which.
        dossier: DocumentId,
        /// How many of the newest.
        count: u32,
    },
    /// Two versions of one dossier beside each other.
    Compare {
        /// Which.
        dossier: DocumentId,
        /// The earlier one; empty for nothing.
        before: String,
        /// The later one; empty for the dossier as it is now.
        after: String,
    },
    /// People, associations and calls, for choosing from.
    Directory,
    /// One document as it merged, with its history.
    Record {
        /// Which.
        document: DocumentId,
    },
    /// What waits for whoever this device belongs to, and whom the device knows.
    Tasks,
    /// What others did since a dossier was last looked at here.
    Activity {
        /// In which dossier; none is all in which there is something.
        dossier: Option<DocumentId>,
    },
    /// One association with all that is held of it.
    Association {
        /// Which.
        association: DocumentId,
    },
    /// One person: where they came, what they do in associations, who else is the same human being.
    Person {
        /// Who.
        person: DocumentId,
    },
    /// Every open Question.
    Questions,
    /// What is saved where.
    Sync,
    /// The house's rules, and what this account may do.
    Settings,
}

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum View {
    /// See [`ViewKey::Events`].
    Events(EventsView),
    /// See [`ViewKey::Event`].
    Event(EventView),
    /// See [`ViewKey::Dossiers`].
    Dossiers(DossiersView),
    /// See [`ViewKey::Dossier`].
    Dossier(DossierView),
    /// See [`ViewKey::Call`].
    Call(CallView),
    /// See [`ViewKey::News`].
    News(NewsView),
    /// See [`ViewKey::Way`].
    Way(WayView),
    /// See [`ViewKey::Versions`].
    Versions(VersionsView),
    /// See [`ViewKey::Compare`].
    Compare(CompareView),
    /// See [`ViewKey::Directory`].
    Directory(DirectoryView),
    /// See [`ViewKey::Record`].
    Record(RecordView),
    /// See [`ViewKey::Tasks`].
    Tasks(TasksView),
    /// See [`ViewKey::Activity`].
    Activity(ActivityView),
    /// See [`ViewKey::Association`].
    Association(AssociationView),
    /// See [`ViewKey::Person`].
    Person(PersonView),
    /// See [`ViewKey::Questions`].
    Questions(QuestionsView),
    /// See [`ViewKey::Sync`].
    Sync(SyncView),
    /// See [`ViewKey::Settings`].
    Settings(SettingsView),
    /// The document is not, or no longer, on this device.
    Gone,
}

/// Every event, the earliest day first; those without a day last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventsView {
    /// The events.
    pub events: Vec<EventCard>,
}

/// An event in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventCard {
    /// Which.
    pub event: DocumentId,
    /// Its title.
    pub title: String,
    /// One of `field::EVENT_KINDS`, or empty.
    pub event_kind: String,
    /// The hall.
    pub place: String,
    /// The commune.
    pub commune: String,
    /// Days of its first and last slot, `2026-11-23`, or empty.
    pub first_day: String,
    /// See `first_day`.
    pub last_day: String,
    /// When its first slot begins, `09:00`, or empty.
    pub starts: String,
    /// People on the roster.
    pub expected: u32,
    /// People who took part in any slot, as this device knows it.
    pub attended: u32,
    /// The name that the sessions of one series share, or empty.
    pub series: String,
    /// Whether its sheet is sealed, and what came since is none.
    pub sealed: bool,
    /// Open Questions.
    pub questions: u32,
}

/// A half-day as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SlotView {
    /// Which.
    pub slot: RowId,
    /// `2026-11-23`
    pub day: String,
    /// `09:00`
    pub starts: String,
    /// `12:30`
    pub ends: String,
    /// People who took part in it, as this device knows it.
    pub attended: u32,
    /// Those of them who signed.
    pub signed: u32,
}

/// One event: everything but the people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventHead {
    /// As in the list.
    pub card: EventCard,
    /// Its half-days in order.
    pub slots: Vec<SlotView>,
    /// Its trainers, in the order of their ids.
    pub trainers: Vec<TrainerView>,
    /// People without names.
    pub headcounts: Vec<Headcount>,
    /// Photos of sheets of paper.
    pub papers: Vec<Paper>,
    /// The associations and dossiers that it is linked to, with their names where they are held.
    pub links: Vec<LinkView>,
    /// The sealed versions of its sheet, the earliest first.
    pub sheets: Vec<SealedSheet>,
    /// Marks and signatures that came, or were taken back, since the last of them (M8).
    pub late: u32,
    /// All fields, for the event's own page.
    pub fields: Vec<FieldView>,
    /// Whether this account may change the event.
    pub may_change: bool,
}

/// A trainer as the page shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrainerView {
    /// Which.
    pub trainer: RowId,
    /// The name as it is printed on the sheet.
    pub name: String,
    /// One for each slot, in the slots' order.
    pub signatures: Vec<Option<SignatureView>>,
}

/// An association or dossier that an event is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LinkView {
    /// Which.
    pub document: DocumentId,
    /// Which of the two.
    pub kind: Kind,
    /// What it is called, where it is held.
    pub title: String,
}

/// The signature that counts (M3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SignatureView {
    /// Which.
    pub signature: RowId,
    /// The blob that holds its strokes.
    pub ink: String,
    /// When, by its phone's clock; milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// How many others were made for the same person and half-day, and are kept.
    pub others: u32,
    /// Whether it is on the server.
    pub on_server: bool,
}

/// One event with its roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventView {
    /// Everything but the people.
    pub head: EventHead,
    /// The roster, by family name.
    pub rows: Vec<RosterRow>,
}

/// One person on a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RosterRow {
    /// Who.
    pub person: DocumentId,
    /// In Latin letters, or else in Arabic ones. Empty if the person's document has not arrived yet.
    pub name: String,
    /// In Arabic letters, if known.
    pub name_ar: String,
    /// The family name in Latin letters, if known: the kiosk sorts by it.
    pub family: String,
    /// The association's title, if known.
    pub association: String,
    /// What they said about being photographed; none where nothing was said.
    pub photo: Option<Agreed>,
    /// How they got on the roster.
    pub joined: Joined,
    /// Names and association, folded: what search looks at.
    pub search: String,
    /// One for each slot, in the slots' order.
    pub slots: Vec<SlotStatus>,
}

/// One person in one slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SlotStatus {
    /// The prevailing status, if any mark stands (M2).
    pub status: Option<Status>,
    /// Minutes of presence, where the latest mark says so.
    pub minutes: Option<u16>,
    /// How it was seen.
    pub how: How,
    /// Whether marks contradict.
    pub contradicted: bool,
    /// Whether one came after the sheet was sealed (M8).
    pub late: bool,
    /// The signature, if there is one (M3).
    pub signature: Option<SignatureView>,
    /// Whether the latest standing mark is on the server.
    pub on_server: bool,
    /// When the latest standing mark was made, by its phone's clock; milliseconds since 1970, 0 without one.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// A field as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FieldView {
    /// Which field.
    pub field: Field,
    /// What it shows.
    pub value: Value,
    /// Where the value is a document's id: the name of that document, if it is held.
    pub named: String,
    /// All values where people disagree (M4).
    pub apart: Vec<Apart>,
}

/// Every dossier, by title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DossiersView {
    /// The dossiers.
    pub dossiers: Vec<DossierCard>,
}

/// A dossier in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DossierCard {
    /// Which.
    pub dossier: DocumentId,
    /// Its title.
    pub title: String,
    /// The association's title, if known.
    pub association: String,
    /// Which association.
    pub association_id: Option<DocumentId>,
    /// One of `field::STAGES`, or empty.
    pub stage: String,
    /// One of `field::SECTORS`, or empty.
    pub sector: String,
    /// Where the project happens.
    pub territory: String,
    /// Who accompanies it, as written.
    pub coordinator: String,
    /// The call's title, if known.
    pub call: String,
    /// Which call.
    pub call_id: Option<DocumentId>,
    /// When that closes, milliseconds since 1970; 0 where nobody said.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub closes_ms: i64,
    /// The next thing that has a day.
    pub due: Option<Due>,
    /// The grant asked for, in cents.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub grant_cents: i64,
    /// Whether it is this account's own work: it accompanies it, has something to do there, or wrote in its tables.
    pub mine: bool,
    /// Whether something came from elsewhere since it was last looked at here.
    pub news: bool,
    /// Sum of the expenses, in cents.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub expenses_cents: i64,
    /// Open Questions.
    pub questions: u32,
}

/// One dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DossierView {
    /// As in the list.
    pub card: Box<DossierCard>,
    /// Which version of the document this is: sent back with `EditSection`.
    pub version: String,
    /// Key fields.
    pub fields: Vec<FieldView>,
    /// Long texts, in the call's order.
    pub sections: Vec<SectionView>,
    /// Budget lines that count, expenses first.
    pub lines: Vec<LineView>,
    /// Sum of the resources, in cents. The expenses are on the card.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub resources_cents: i64,
    /// The log of volunteers' time: the entries that count, by day.
    pub time: Vec<TimeView>,
    /// The rows of its tables that count, table by table, in their order.
    pub rows: Vec<RowView>,
    /// What the budget comes to.
    pub totals: Totals,
    /// What of it does not hold yet.
    pub checks: Vec<Check>,
    /// The headings of the expenses, in their order: the call's, or the usual ones (`field::HEADINGS`).
    pub headings: Vec<String>,
    /// What it follows of its call, where that is held.
    pub call: Option<Box<FollowedCall>>,
    /// When its activities are done.
    pub chronogram: Chronogram,
    /// What of its texts and structured parts does not hold yet.
    pub faults: Vec<PlanFault>,
    /// The devices on which its rows were added.
    pub authors: Vec<AuthorEntry>,
    /// What support was given, added up.
    pub support: SupportTotals,
    /// What was spent, against what was planned.
    pub spending: Spending,
}

/// What waits for whoever this device belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TasksView {
    /// Whose device it is.
    pub account: AccountId,
    /// In no order: the page puts them in one.
    pub tasks: Vec<Task>,
    /// Every device of which this one holds something, with whose it is.
    pub people: Vec<AuthorEntry>,
}

/// One thing that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Task {
    /// In which dossier.
    pub dossier: DocumentId,
    /// Its title.
    pub title: String,
    /// What waits.
    pub due: Due,
}

/// What others did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActivityView {
    /// One's own first.
    pub dossiers: Vec<DossierActivity>,
    /// Dossiers in which something happened too, and that are not among them.
    pub others: u32,
    /// The devices that did it.
    pub authors: Vec<AuthorEntry>,
    /// Names of the documents that it speaks of.
    pub names: BTreeMap<DocumentId, String>,
}

/// What others did in one dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DossierActivity {
    /// Which.
    pub dossier: DocumentId,
    /// Its title.
    pub title: String,
    /// Which version this is: see `Edit::Look`.
    pub version: String,
    /// When somebody last left it here, by this device's clock, milliseconds since 1970; 0 is never.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub seen_ms: u64,
    /// What others did since, the newest first.
    pub since: Vec<HistoryEntry>,
    /// Changes since that are not shown.
    pub more: u32,
}

/// One association with all that is held of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssociationView {
    /// Which.
    pub association: DocumentId,
    /// Its title.
    pub title: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// The rows of its tables that count, table by table, in their order.
    pub rows: Vec<RowView>,
    /// Its dossiers, by title.
    pub dossiers: Vec<DossierCard>,
    /// Its people, by name.
    pub people: Vec<PersonCard>,
    /// The events that are linked to it, the earliest first.
    pub events: Vec<EventCard>,
    /// Support to the association itself, added up.
    pub own_support: SupportTotals,
    /// The same with the support to its dossiers.
    pub support: SupportTotals,
    /// The devices on which its rows were added.
    pub authors: Vec<AuthorEntry>,
    /// Whether this account may change it.
    pub may_change: bool,
}

/// One person: where they came, what they do in associations, who else is the same human being. As far as it is held here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PersonView {
    /// Who stands for them (M7).
    pub person: DocumentId,
    /// Events on whose roster they are or to which they came, the latest first.
    pub events: Vec<PersonEvent>,
    /// What they do or did in associations, the latest first.
    pub functions: Vec<PersonFunction>,
    /// Everybody who is the same human being, themselves included; one where nobody else is.
    pub joined: Vec<PersonCard>,
}

/// An event as one person saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PersonEvent {
    /// Which.
    pub event: DocumentId,
    /// Its title.
    pub title: String,
    /// Its first day, or empty.
    pub first_day: String,
    /// Half-days that it has.
    pub slots: u32,
    /// In how many of them the person was there.
    pub attended: u32,
    /// In how many of them they signed.
    pub signed: u32,
}

/// What somebody does in an association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PersonFunction {
    /// In which.
    pub association: DocumentId,
    /// Its title.
    pub title: String,
    /// One of `field::FUNCTIONS`, or empty.
    pub function: String,
    /// From which day on, or empty.
    pub from_day: String,
    /// The last day, or empty.
    pub until_day: String,
}

/// The way of one dossier (M9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WayView {
    /// Which dossier.
    pub dossier: DocumentId,
    /// Which version of it this is: see [`DossierView::version`].
    pub version: String,
    /// Where it stands.
    pub stage: FieldView,
    /// Its moves, the earliest first.
    pub moves: Vec<Moved>,
    /// The moves that lead on, forward ones first.
    pub next: Vec<NextMove>,
    /// What its moves recorded: `Field::WAY` without the stage.
    pub facts: Vec<FieldView>,
    /// What reviewers said, the earliest first.
    pub visas: Vec<Visa>,
    /// What that says of the dossier as it is.
    pub visaed: Visaed,
    /// Who reviews it now.
    pub reviews: Vec<ReviewView>,
    /// Whether this account may give the visa.
    pub may_review: bool,
    /// Whether it may bring the dossier to any stage, with a reason.
    pub may_correct: bool,
    /// The version that was filed, if it was.
    pub filed: Option<String>,
    /// The devices that all this was done on.
    pub authors: Vec<AuthorEntry>,
}

/// A move that leads on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NextMove {
    /// To which stage.
    pub to: String,
    /// Whether this account may make it, once nothing is missing.
    pub may: bool,
    /// Whether it says why: a step back, or an end before the end.
    pub says_why: bool,
    /// What it records.
    pub records: Vec<Field>,
    /// What is missing, besides what it records.
    pub lacks: Vec<Lack>,
}

/// Somebody is reviewing a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewView {
    /// On which device they said so.
    pub by: Option<DeviceId>,
    /// Since when, by that device's clock; milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// Whether it is the account of this device.
    pub mine: bool,
}

/// The versions of one dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VersionsView {
    /// Which dossier.
    pub dossier: DocumentId,
    /// Its title.
    pub title: String,
    /// The newest first.
    pub versions: Vec<VersionEntry>,
    /// Versions older than those.
    pub older: u32,
    /// The version that was filed, if it was.
    pub filed: Option<String>,
    /// The version that has the last visa, if there is one.
    pub visaed: Option<String>,
    /// Names of the documents that the versions speak of.
    pub names: BTreeMap<DocumentId, String>,
    /// The devices that they were made on.
    pub authors: Vec<AuthorEntry>,
}

/// Two versions of one dossier beside each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CompareView {
    /// Which dossier.
    pub dossier: DocumentId,
    /// In what they differ.
    pub differences: Differences,
    /// What the call calls the sections that differ, where it is held.
    pub titles: BTreeMap<String, String>,
    /// Names of the documents that fields name.
    pub names: BTreeMap<DocumentId, String>,
    /// The expenses of the earlier one, in cents.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub before_cents: i64,
    /// Those of the later one.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub after_cents: i64,
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RowView {
    /// Of which table.
    pub table: Table,
    /// Which.
    pub row: RowId,
    /// Its cells.
    pub fields: Vec<FieldView>,
    /// Whether it still counts.
    pub state: LineState,
    /// The device on which it was added: see `authors`.
    pub by: Option<DeviceId>,
    /// When, by that device's clock: milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// One call for projects, as it is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CallView {
    /// Which.
    pub call: DocumentId,
    /// Its title.
    pub title: String,
    /// Its rules.
    pub fields: Vec<FieldView>,
    /// Those of them that are still to be confirmed.
    pub to_confirm: Vec<Field>,
    /// The sections that it asks for, in their order.
    pub sections: Vec<CallSection>,
    /// The rows of its tables that count, table by table, in their order.
    pub rows: Vec<RowView>,
    /// What was published of it, the first version first.
    pub versions: Vec<CallVersion>,
    /// What is not as in the newest of them.
    pub differences: Vec<Difference>,
    /// The devices on which its rows were added and its versions published.
    pub authors: Vec<AuthorEntry>,
    /// Whether this account may change it.
    pub may_change: bool,
}

/// What a dossier follows of its call (C2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FollowedCall {
    /// Which call.
    pub call: DocumentId,
    /// Its title, as the version has it.
    pub title: String,
    /// The rules, as the version has them.
    pub rules: Vec<FieldView>,
    /// The pieces that it wants, its grid and its headings, as the version has them.
    pub rows: Vec<RowView>,
    /// Those of the rules that are still to be confirmed.
    pub to_confirm: Vec<Field>,
    /// The version; none where nothing was published yet.
    pub version: Option<CallVersion>,
    /// The newest version, where that is another one.
    pub newest: Option<CallVersion>,
    /// What that changes.
    pub differences: Vec<Difference>,
}

/// What others wrote into a dossier's long texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewsView {
    /// The version in which it stands where it is said to stand.
    pub version: String,
    /// Of each section in which there is something new.
    pub sections: Vec<SectionNews>,
    /// The devices that wrote it.
    pub authors: Vec<AuthorEntry>,
}

/// One entry of the log of volunteers' time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TimeView {
    /// Which.
    pub time: RowId,
    /// Its cells.
    pub fields: Vec<FieldView>,
    /// Hours times rate, in cents.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub amount_cents: i64,
    /// Whether it still counts.
    pub state: LineState,
}

/// One long text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SectionView {
    /// Its key, and what the call says of it where the call is held.
    pub about: CallSection,
    /// The text as it merged.
    pub text: String,
    /// Paragraphs to read again (M5).
    pub read_again: Vec<ReadAgain>,
    /// The same section begun on other devices apart (M10).
    pub begun_apart: Vec<String>,
}

/// One budget line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LineView {
    /// Which.
    pub line: RowId,
    /// Expense or resource.
    pub side: Side,
    /// Its cells.
    pub fields: Vec<FieldView>,
    /// What it comes to, in cents of euros.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub amount_cents: i64,
    /// The same in its own currency: quantity times unit cost.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub own_cents: i64,
    /// Whether it still counts.
    pub state: LineState,
}

/// What there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DirectoryView {
    /// By name.
    pub people: Vec<PersonCard>,
    /// By title.
    pub associations: Vec<NamedDocument>,
    /// By title.
    pub calls: Vec<CallCard>,
}

/// A call in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CallCard {
    /// Which.
    pub call: DocumentId,
    /// Its title.
    pub title: String,
    /// The programme.
    pub programme: String,
    /// Last instant to file, milliseconds since 1970; 0 where it does not say.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub closes_ms: i64,
    /// The zone by whose clocks it closes, or empty.
    pub time_zone: String,
    /// What was published of it, the first version first.
    pub versions: Vec<CallVersion>,
    /// Rules and rows that are still to be confirmed.
    pub to_confirm: u32,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PersonCard {
    /// Who.
    pub person: DocumentId,
    /// In Latin letters, or else in Arabic ones.
    pub name: String,
    /// In Arabic letters, if known.
    pub name_ar: String,
    /// The association's title, if known.
    pub association: String,
    /// Folded names and association.
    pub search: String,
}

/// A document and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NamedDocument {
    /// Which.
    pub document: DocumentId,
    /// Its title.
    pub title: String,
    /// The title, folded.
    pub search: String,
}

/// One document as it merged, with its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordView {
    /// Which.
    pub document: DocumentId,
    /// Of what kind.
    pub kind: Kind,
    /// What it is called.
    pub title: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// The rows of its tables that count, table by table, in their order.
    pub rows: Vec<RowView>,
    /// A person's phones, where this account may hold them.
    pub phones: Vec<PhoneRow>,
    /// What a person agreed to, as far as this account may hold it.
    pub consents: Vec<ConsentView>,
    /// Its own Questions that this account may settle.
    pub questions: Vec<Question>,
    /// What was decided about it and holds, the newest first.
    pub decisions: Vec<Decision>,
    /// Of whom a human said that they are not this person, or this association.
    pub told_apart: Vec<ToldApart>,
    /// The newest first.
    pub history: Vec<HistoryEntry>,
    /// Changes older than those shown.
    pub older: u32,
    /// Names of the documents that the above speak of.
    pub names: BTreeMap<DocumentId, String>,
    /// The devices that wrote it.
    pub authors: Vec<AuthorEntry>,
    /// How far its history has come to a limit, in percent; none while that is far.
    pub used_percent: Option<u8>,
}

/// Every open Question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct QuestionsView {
    /// Those that this account may settle, each with a name for it that lasts.
    pub questions: Vec<AskedQuestion>,
    /// How many of them want a decision.
    pub to_decide: u32,
    /// The newest decisions that hold, the newest first.
    pub settled: Vec<SettledQuestion>,
    /// This account.
    pub account: AccountId,
    /// A device of each account that a Question can be given to: all whose word this device has ever held.
    pub people: Vec<AuthorEntry>,
    /// Names of the documents that they speak of.
    pub names: BTreeMap<DocumentId, String>,
    /// The half-days that they speak of.
    pub slots: BTreeMap<RowId, SlotView>,
    /// The devices that they speak of.
    pub authors: Vec<AuthorEntry>,
}

/// A Question with its name, and what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AskedQuestion {
    /// The same on every device.
    pub id: String,
    /// The document that it is about.
    pub document: DocumentId,
    /// Of what kind that is.
    pub kind: Kind,
    /// The place in it: see `Question::place`.
    pub asked: String,
    /// What is asked.
    pub question: Question,
    /// Whether somebody must decide.
    pub level: Level,
    /// The day on which an event begins; empty for all else.
    pub day: String,
    /// What the row is that it asks about; empty where it asks about none.
    pub label: String,
    /// The newest moment at which something was said of it, by the clock of whoever said it; 0 where nothing tells.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// Decisions that disagree, that were taken back, or by which it was seen.
    pub decisions: Vec<Decision>,
    /// The accounts that look after it.
    pub assigned: Vec<AccountId>,
}

/// Somebody of whom a human said that they are not the same (M7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ToldApart {
    /// Who.
    pub other: DocumentId,
    /// The document in which a decision about the two stands.
    pub document: DocumentId,
    /// The decision that said so, where one did.
    pub decision: Option<RowId>,
}

/// A decision that holds, in the list of what was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SettledQuestion {
    /// The name that the Question had.
    pub id: String,
    /// Of which document.
    pub document: DocumentId,
    /// What was decided.
    pub decision: Decision,
}

/// What is saved where. What waits in the edit log is known to the page itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SyncView {
    /// Whose device this is.
    pub account: AccountId,
    /// This device.
    pub device: DeviceId,
    /// The account's name.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// Changes on this device that the server has not acknowledged.
    pub unsent_changes: u32,
    /// The documents that hold them, with their names.
    pub unsent: Vec<UnsentDocument>,
    /// Documents on this device.
    pub documents: u32,
    /// When the last exchange ended well, by this device's clock; 0 before the first.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub exchanged_ms: u64,
    /// How far this device's clock is ahead of the server's, milliseconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub clock_ahead_ms: i64,
    /// What the server has kept for staff instead of applying it.
    pub set_aside: Vec<SetAside>,
    /// What staff decided about changes that had been kept for them, the newest first.
    pub judged: Vec<JudgedView>,
    /// The access of this device has ended: what it sends is kept for staff, and then it forgets everything.
    pub ended: bool,
    /// Whether the first exchange is complete.
    pub complete: bool,
}

/// What staff decided about changes that had been kept for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct JudgedView {
    /// Of which document.
    pub document: DocumentId,
    /// What it was called.
    pub title: String,
    /// Why they had been kept: a stable code.
    pub code: String,
    /// How many changes.
    pub changes: u32,
    /// Whether they were accepted.
    pub accepted: bool,
    /// What staff wrote to the sender; empty if nothing.
    pub word: String,
    /// When this device was told, by its own clock.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// The house's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SettingsView {
    /// Every setting that is a number, as it holds.
    pub settings: Vec<SettingView>,
    /// Those that are words: the house's name, and where people ask about what is kept of them.
    pub texts: Vec<FieldView>,
    /// Whether this account may change them.
    pub may_change: bool,
    /// Whether this device must be locked with a PIN or a passkey.
    pub demands_lock: bool,
    /// What this account may do.
    pub capabilities: Vec<crate::permission::Capability>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SettingView {
    /// Which.
    pub field: Field,
    /// What holds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub value: i64,
    /// What holds until somebody sets it.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub default: i64,
    /// The smallest number that it takes.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub least: i64,
    /// The greatest one.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub most: i64,
    /// Whether somebody has set it, or the default holds.
    pub is_set: bool,
    /// All values where people disagree (M4).
    pub apart: Vec<Apart>,
}

/// A document with changes that the server has not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct UnsentDocument {
    /// Which.
    pub document: DocumentId,
    /// Of what kind.
    pub kind: Kind,
    /// What it is called.
    pub title: String,
    /// How many changes.
    pub changes: u32,
}

/// Changes that wait for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SetAside {
    /// Of which document.
    pub document: DocumentId,
    /// What it was called.
    pub title: String,
    /// Why: a stable code.
    pub code: String,
    /// How many changes.
    pub changes: u32,
    /// When this device was told, by its own clock.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

impl ViewKey {
    /// The document that the view is of, if it is of one.
    #[must_use]
    pub fn document(&self) -> Option<DocumentId> {
        match self {
            Self::Event { event: id }
            | Self::Dossier { dossier: id }
            | Self::Call { call: id }
            | Self::News { dossier: id }
            | Self::DossierAt { dossier: id, .. }
            | Self::Way { dossier: id }
            | Self::Versions { dossier: id, .. }
            | Self::Compare { dossier: id, .. }
            | Self::Record { document: id }
            | Self::Association { association: id }
            | Self::Person { person: id } => Some(*id),
            Self::Activity { dossier } => *dossier,
            Self::Events
            | Self::Dossiers
            | Self::Directory
            | Self::Tasks
            | Self::Questions
            | Self::Sync
            | Self::Settings => None,
        }
    }
}

impl SlotView {
    pub(crate) fn of(slot: &Slot, attended: u32, signed: u32) -> Self {
        let text = |field| slot.fields.text(field).to_owned();
        let [day, starts, ends] = [Field::Day, Field::Starts, Field::Ends].map(text);
        Self { slot: slot.id, day, starts, ends, attended, signed }
    }
}

impl SlotStatus {
    /// Of the marks of one person in one slot. `unsent` holds the marks that the server has not acknowledged.
    pub(crate) fn of(marks: &[&Mark], signatures: &[&Signature], unsent: &BTreeSet<RowId>) -> Self {
        let attendance = crate::mark::attendance(marks.iter().copied());
        let standing = marks.iter().filter(|mark| mark.withdrawn.is_none());
        let latest = standing.clone().max_by_key(|mark| (mark.at_ms, mark.id));
        let says = standing.filter(|mark| Some(mark.status) == attendance.status());
        let prevailing = says.max_by_key(|mark| (mark.at_ms, mark.id));
        Self {
            status: attendance.status(),
            minutes: prevailing.and_then(|mark| mark.minutes),
            how: prevailing.map_or(How::Tap, |mark| mark.how),
            late: latest.is_some_and(|mark| mark.late),
            signature: SignatureView::of(signatures.iter().copied(), unsent),
            contradicted: matches!(attendance, Attendance::Contradicted(_)),
            on_server: latest.is_none_or(|mark| !unsent.contains(&mark.id)),
            at_ms: latest.map_or(0, |mark| mark.at_ms),
        }
    }
}

impl SignatureView {
    /// The one that counts among those of one signer in one half-day.
    pub(crate) fn of<'a>(
        signatures: impl Iterator<Item = &'a Signature> + Clone,
        unsent: &BTreeSet<RowId>,
    ) -> Option<Self> {
        let counts = crate::mark::signature_that_counts(signatures.clone())?;
        let standing = signatures.filter(|one| one.withdrawn.is_none()).count();
        Some(Self {
            signature: counts.id,
            ink: counts.ink.clone(),
            at_ms: counts.at_ms,
            others: u32::try_from(standing - 1).unwrap_or(u32::MAX),
            on_server: !unsent.contains(&counts.id),
        })
    }
}

impl LineView {
    pub(crate) fn of(line: &Line) -> Self {
        Self {
            line: line.id,
            side: line.side,
            fields: cells(&line.fields, Field::LINE),
            amount_cents: line.amount_cents(),
            own_cents: budget::own_cents(&line.fields),
            state: line.state,
        }
    }
}

impl RowView {
    /// The rows that count.
    pub(crate) fn all(rows: &Rows) -> Vec<Self> {
        let views = rows.all_kept().map(|(table, row)| Self {
            table,
            row: row.id,
            fields: cells(&row.fields, table.fields()),
            state: row.state,
            by: row.by,
            at_ms: row.at_ms,
        });
        views.collect()
    }
}

impl TimeView {
    pub(crate) fn of(entry: &TimeRow) -> Self {
        Self {
            time: entry.id,
            fields: cells(&entry.fields, Field::TIME),
            amount_cents: entry.amount_cents(),
            state: entry.state,
        }
    }
}

/// The cells of a row; none of them names a document.
fn cells(fields: &Fields, wanted: &[Field]) -> Vec<FieldView> {
    let cells = wanted.iter().map(|field| {
        let register = fields.0.get(field).cloned().unwrap_or_default();
        FieldView { field: *field, value: register.value, named: String::new(), apart: register.apart }
    });
    cells.collect()
}
