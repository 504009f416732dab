//! Edits: what a person means to do. Each becomes one Automerge change in each document that it touches, or a refusal; the copy of a
//! long dossier becomes several.

use std::collections::BTreeMap;

use automerge::{
    Automerge, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, Value as Crdt,
    transaction::{Transactable, Transaction},
};
use serde::{Deserialize, Serialize};

use crate::{
    call,
    consent::{Agreed, Consent},
    decision::{ASSIGNED, BY_DECISION, DECIDED, DECISION, Decided, capability_to_settle},
    document::{Author, Document, Kind, Made},
    effect::{capability_to_say, capability_to_set, capability_to_write_rows},
    field::{AGE_BANDS, Accepts, Field, SEXES, Value},
    id::{AccountId, DocumentId, RowId},
    limit,
    mark::{How, Signer, Status, attendance},
    oddity,
    permission::{Capability, capability_to_begin},
    phone::Phone,
    question,
    record::{CallSection, DossierRecord, Fields, LineState, Record, Row, Side},
    registry,
    role::Role,
    settings::SETTINGS,
    stage::{self, Around, Known},
    table::Table,
    text,
    visa::{Verdict, visaed},
};

/// An edit with the moment at which it was meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Entry {
    /// The device's clock, milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// What was meant.
    pub edit: Edit,
}

/// A half-day of a new event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewSlot {
    /// Its id.
    pub slot: RowId,
    /// `2026-11-23`
    pub day: String,
    /// `09:00`
    pub starts: String,
    /// `12:30`
    pub ends: String,
}

/// A trainer of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewTrainer {
    /// The row's id.
    pub trainer: RowId,
    /// The name as it is printed on the sheet.
    pub name: String,
}

/// What is known of a new person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct NewPerson {
    /// First name in Latin letters.
    pub given: String,
    /// Family name in Latin letters.
    pub family: String,
    /// Whole name in Arabic letters.
    pub name_ar: String,
    /// One of `field::SEXES`, or empty.
    pub sex: String,
    /// One of `field::AGE_BANDS`, or empty.
    pub age_band: String,
    /// Where they live, as given.
    pub commune: String,
    /// The official code of that commune, where it is known.
    pub commune_code: String,
    /// Their association.
    pub association: Option<DocumentId>,
    /// That they agreed to be photographed or filmed. False says nothing.
    pub photo_consent: bool,
    /// That they agreed to be sent messages. False says nothing.
    pub messages_consent: bool,
}

/// What a person means to do. Ids are made by whoever means it, so that saying it twice does it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Edit {
    /// Sets one field of a document, or of one of its rows (a slot, a budget line). Also settles a Question about it (M4).
    SetField {
        /// Of which document.
        document: DocumentId,
        /// Of which row in it, if it is a row's field.
        row: Option<RowId>,
        /// Which field.
        field: Field,
        /// To what.
        value: Value,
    },
    /// Begins a person.
    CreatePerson {
        /// Its id.
        person: DocumentId,
        /// What is known.
        new: NewPerson,
        /// Whether the privacy notice was read.
        notice_read: bool,
    },
    /// Says that a person gave a consent, or withdrew it.
    SetConsent {
        /// Who.
        person: DocumentId,
        /// Which.
        consent: Consent,
        /// What they said.
        agreed: Agreed,
    },
    /// Adds a phone to a person's contact.
    AddPhone {
        /// Whose.
        person: DocumentId,
        /// The row's id.
        row: RowId,
        /// The number.
        phone: Phone,
    },
    /// Adds an email to a person's contact.
    AddEmail {
        /// Whose.
        person: DocumentId,
        /// The row's id.
        row: RowId,
        /// The address.
        address: String,
    },
    /// Begins an association.
    CreateAssociation {
        /// Its id.
        association: DocumentId,
        /// Its fields.
        fields: BTreeMap<Field, Value>,
    },
    /// Begins an event.
    CreateEvent {
        /// Its id.
        event: DocumentId,
        /// Its fields.
        fields: BTreeMap<Field, Value>,
        /// Its half-days.
        slots: Vec<NewSlot>,
    },
    /// Adds a half-day to an event.
    AddSlot {
        /// To which event.
        event: DocumentId,
        /// The half-day.
        slot: NewSlot,
    },
    /// Adds a trainer to an event.
    AddTrainer {
        /// To which event.
        event: DocumentId,
        /// The trainer.
        trainer: NewTrainer,
    },
    /// Keeps a photo of a signed sheet of paper with an event.
    AddPaper {
        /// With which event.
        event: DocumentId,
        /// The row's id.
        paper: RowId,
        /// Of which half-day, if of one.
        slot: Option<RowId>,
        /// The blob: 64 hexadecimal digits.
        blob: String,
    },
    /// Marks a half-day, a trainer or a photo of an event removed, or says that it stays (M6).
    KeepEventRow {
        /// Of which event.
        event: DocumentId,
        /// Which.
        row: RowId,
        /// Whether it stays.
        keep: bool,
    },
    /// Links an event to an association or a dossier, or takes the link away.
    LinkEvent {
        /// Which event.
        event: DocumentId,
        /// The association or dossier.
        document: DocumentId,
        /// Which of the two it is; none takes the link away.
        kind: Option<Kind>,
    },
    /// Says how many people of one sex and age band were there without being named. Nothing takes the number away.
    SetHeadcount {
        /// At which event.
        event: DocumentId,
        /// In which half-day.
        slot: RowId,
        /// One of `field::SEXES`.
        sex: String,
        /// One of `field::AGE_BANDS`, or empty.
        age_band: String,
        /// How many.
        people: Option<u32>,
    },
    /// Keeps a signature of one half-day (M3). Whoever signs was there: where no mark says so, one is made.
    Sign {
        /// At which event.
        event: DocumentId,
        /// Which half-day.
        slot: RowId,
        /// Who signs.
        signer: Signer,
        /// The signature's id.
        signature: RowId,
        /// The blob that holds its strokes: 64 hexadecimal digits.
        ink: String,
        /// How it was made.
        how: How,
        /// The id of the mark, if one is needed.
        mark: RowId,
    },
    /// Takes a signature back (M1).
    WithdrawSignature {
        /// At which event.
        event: DocumentId,
        /// Which signature.
        signature: RowId,
        /// The withdrawal's id.
        withdrawal: RowId,
        /// Why.
        reason: String,
    },
    /// Expects a person at an event.
    AddToRoster {
        /// At which event.
        event: DocumentId,
        /// Whom.
        person: DocumentId,
    },
    /// Takes back that a person is expected at an event. Whoever was marked there, or has signed, stays.
    TakeFromRoster {
        /// At which event.
        event: DocumentId,
        /// Whom.
        person: DocumentId,
    },
    /// Says that a person was present, partly, absent, excused or remote in a slot (M1).
    CheckIn {
        /// At which event.
        event: DocumentId,
        /// In which slot.
        slot: RowId,
        /// Whom.
        person: DocumentId,
        /// The mark's id.
        mark: RowId,
        /// What is said.
        status: Status,
        /// Minutes of presence, for a partial one.
        minutes: Option<u16>,
        /// How it was seen.
        #[serde(default)]
        how: How,
    },
    /// Takes back every mark of a person in a slot that this device knows of (M1).
    Undo {
        /// At which event.
        event: DocumentId,
        /// In which slot.
        slot: RowId,
        /// Whose marks.
        person: DocumentId,
        /// The id of the first withdrawal.
        withdrawal: RowId,
        /// Why.
        reason: String,
    },
    /// Registers a person at the door and marks them present.
    RegisterWalkIn {
        /// At which event.
        event: DocumentId,
        /// In which slot.
        slot: RowId,
        /// The new person's id.
        person: DocumentId,
        /// The mark's id.
        mark: RowId,
        /// What is known of them.
        new: NewPerson,
        /// The title of an association that is not in the list yet, and the id to give it.
        new_association: Option<NewAssociation>,
        /// Their phone, if they gave one.
        phone: Option<Phone>,
        /// That the privacy notice was read to them, or by them.
        notice_read: bool,
    },
    /// Begins a dossier.
    CreateDossier {
        /// Its id.
        dossier: DocumentId,
        /// Its fields.
        fields: BTreeMap<Field, Value>,
        /// The keys of its long texts.
        sections: Vec<String>,
    },
    /// Begins a dossier as a copy of one that was refused or put off, to be filed anew: with its texts, lines and rows, and nothing of
    /// what became of it. It remembers of which it is a copy.
    CopyDossier {
        /// Its id.
        dossier: DocumentId,
        /// Of which dossier.
        of: DocumentId,
        /// The call that it answers; none is that of the other.
        call: Option<DocumentId>,
    },
    /// Rewords a section of a dossier (M5).
    EditSection {
        /// Of which dossier.
        dossier: DocumentId,
        /// Which section.
        section: String,
        /// The version that the author saw: `DossierView::version`.
        version: String,
        /// The text that the author saw.
        before: String,
        /// The text that they left.
        after: String,
    },
    /// Says that a paragraph which was edited apart has been read and is right (M5).
    ReadAgain {
        /// Of which dossier.
        dossier: DocumentId,
        /// Of which section.
        section: String,
        /// Which paragraph.
        anchor: String,
    },
    /// Writes one text over a section that was begun on two devices apart (M10).
    SettleSection {
        /// Of which dossier.
        dossier: DocumentId,
        /// Which section.
        section: String,
        /// What it says from now on.
        text: String,
    },
    /// Adds a budget line (M6).
    AddLine {
        /// To which dossier.
        dossier: DocumentId,
        /// Its id.
        line: RowId,
        /// Expense or resource.
        side: Side,
        /// What it is.
        label: String,
    },
    /// Adds an entry to the log of volunteers' time (M6).
    AddTime {
        /// To which dossier.
        dossier: DocumentId,
        /// Its id.
        time: RowId,
        /// What was done.
        label: String,
    },
    /// Marks a budget line, or an entry of the log of volunteers' time, removed, or settles that it stays (M6).
    SetLineState {
        /// Of which dossier.
        dossier: DocumentId,
        /// Which line or entry.
        line: RowId,
        /// Whether it stays.
        keep: bool,
    },
    /// Adds a row to a table (M6).
    AddRow {
        /// Of which document.
        document: DocumentId,
        /// Of which of its tables.
        table: Table,
        /// The row's id.
        row: RowId,
        /// What is known of it; `Table::required` must be.
        fields: BTreeMap<Field, Value>,
    },
    /// Marks a row of a table removed, or says that it stays (M6).
    KeepRow {
        /// Of which document.
        document: DocumentId,
        /// Which row.
        row: RowId,
        /// Whether it stays.
        keep: bool,
    },
    /// Moves a dossier along its way (M9), with what the move records, in one change.
    MoveStage {
        /// Which dossier.
        dossier: DocumentId,
        /// The id of the move in the dossier's log.
        moved: RowId,
        /// To which stage.
        to: String,
        /// What it records, as far as it was said just now: some of `Field::WAY`.
        fields: BTreeMap<Field, Value>,
        /// Why. Whoever may correct stages and says why brings a dossier to any stage, whatever is missing.
        reason: String,
    },
    /// Says that this device's owner reviews a dossier for its visa, in the place of whoever did; or that they no longer do.
    ReviewDossier {
        /// Which dossier.
        dossier: DocumentId,
        /// Whether they do.
        review: bool,
    },
    /// Gives a version of a dossier its visa, or asks for changes, which brings it back to being written (M9). Ends the review.
    GiveVisa {
        /// Which dossier.
        dossier: DocumentId,
        /// The visa's id, and that of the move back.
        visa: RowId,
        /// The version that the reviewer saw: `DossierView::version`.
        version: String,
        /// What they say of it.
        verdict: Verdict,
        /// In words: what must change, at least.
        remarks: String,
    },
    /// Remembers, on this device alone, up to which version somebody has looked at a dossier. It changes no document.
    Look {
        /// Which dossier.
        dossier: DocumentId,
        /// The version that was on the page: `DossierView::version`.
        version: String,
    },
    /// Settles contradictory marks: those of another status are withdrawn (M1, M2).
    SettleMarks {
        /// At which event.
        event: DocumentId,
        /// In which slot.
        slot: RowId,
        /// Whose marks.
        person: DocumentId,
        /// The status that is right.
        status: Status,
        /// The id of the first withdrawal.
        withdrawal: RowId,
        /// Why.
        reason: String,
    },
    /// Says that two people are the same human being, or two associations the same one (M7). Undone by setting `same_as`, or
    /// `same_association`, to nothing.
    LinkSame {
        /// The one that points: a person or an association.
        person: DocumentId,
        /// The one that stands for both.
        same_as: DocumentId,
    },
    /// Says that two people, or two associations, are not the same (M7). Remembered.
    NotSame {
        /// One.
        person: DocumentId,
        /// The other.
        other: DocumentId,
    },
    /// Settles a Question and writes down how, in the same change (Q1).
    Settle {
        /// Of which document.
        document: DocumentId,
        /// The place that is asked about: see `Question::place`.
        asked: String,
        /// The decision's id.
        decision: RowId,
        /// What settles it; none says that it was seen (Q4).
        answer: Option<Box<Edit>>,
        /// Why; may be empty.
        reason: String,
    },
    /// Takes a decision back: the Question is asked again with all that stood before (Q3).
    Reopen {
        /// Of which document.
        document: DocumentId,
        /// Which decision: one that holds.
        of: RowId,
        /// The id of this one.
        decision: RowId,
        /// Why; may be empty.
        reason: String,
    },
    /// Says who looks after a Question.
    AssignQuestion {
        /// Of which document.
        document: DocumentId,
        /// The place that is asked about.
        asked: String,
        /// The account; none gives it up.
        account: Option<AccountId>,
    },
    /// Begins a call for projects.
    CreateCall {
        /// Its id.
        call: DocumentId,
        /// Its fields.
        fields: BTreeMap<Field, Value>,
        /// Its sections, in their order.
        sections: Vec<CallSection>,
    },
    /// Publishes a call as this device holds it: from now on dossiers can follow that (C1).
    PublishCall {
        /// Which call.
        call: DocumentId,
        /// The version's id.
        version: RowId,
        /// What changed and why, in words; may be empty.
        note: String,
    },
    /// Says of a rule of a call that it is still to be confirmed by whoever gives the call, or that it is confirmed.
    ConfirmRule {
        /// Of which call.
        call: DocumentId,
        /// The rule.
        field: Field,
        /// Whether it is confirmed.
        confirmed: bool,
    },
}

/// An association that was named at the door and is not in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewAssociation {
    /// Its id.
    pub association: DocumentId,
    /// Its title, as given.
    pub title: String,
}

/// Why an edit was not done. The code is stable; the app says it in the user's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Refusal {
    /// The document is not on this device.
    #[error("the document is not on this device")]
    #[serde(rename = "edit.document_unknown")]
    DocumentUnknown,
    /// The row, section or mark is not in the document.
    #[error("the row is not in the document")]
    #[serde(rename = "edit.row_unknown")]
    RowUnknown,
    /// The field does not belong to this kind of document.
    #[error("the field does not belong there")]
    #[serde(rename = "edit.field_unknown")]
    FieldUnknown,
    /// The value is not of the kind that the field takes.
    #[error("the value does not fit the field")]
    #[serde(rename = "edit.value_invalid")]
    ValueInvalid,
    /// A text is longer than its limit.
    #[error("the text is too long")]
    #[serde(rename = "edit.text_too_long")]
    TextTooLong,
    /// A name or title is missing.
    #[error("a name is missing")]
    #[serde(rename = "edit.name_missing")]
    NameMissing,
    /// The privacy notice was not read.
    #[error("the privacy notice was not read")]
    #[serde(rename = "edit.notice_not_read")]
    NoticeNotRead,
    /// A reason is missing.
    #[error("a reason is missing")]
    #[serde(rename = "edit.reason_missing")]
    ReasonMissing,
    /// The document holds as many rows as it may.
    #[error("the document is full")]
    #[serde(rename = "edit.document_full")]
    DocumentFull,
    /// The document's history is as long as it may be: the server would set the change aside under the same code.
    #[error("the document's history is full")]
    #[serde(rename = "change.document_full")]
    HistoryFull,
    /// The role may not do this.
    #[error("this role may not do this")]
    #[serde(rename = "permission.not_allowed")]
    NotAllowed,
    /// What is written once would be written again: a mark (M1).
    #[error("what is written once stays as it is")]
    #[serde(rename = "permission.sealed")]
    Sealed,
    /// A half-day in which people were marked or have signed cannot be removed.
    #[error("the row is in use")]
    #[serde(rename = "edit.row_in_use")]
    RowInUse,
    /// No edit of ours writes this: only a change that was made by other means.
    #[error("no edit does this")]
    #[serde(rename = "permission.no_such_edit")]
    NoSuchEdit,
    /// The stage does not lead there (M9).
    #[error("the stage does not lead there")]
    #[serde(rename = "stage.jump")]
    StageJump,
    /// Before this move the dossier must name its association.
    #[error("the association is missing")]
    #[serde(rename = "stage.association_missing")]
    StageAssociation,
    /// Before this move it must name its call.
    #[error("the call is missing")]
    #[serde(rename = "stage.call_missing")]
    StageCall,
    /// Its association has no convention with the OPAP, or one that is over.
    #[error("no convention with the OPAP")]
    #[serde(rename = "stage.no_convention")]
    StageConvention,
    /// A section that the call asks for is empty.
    #[error("a section is empty")]
    #[serde(rename = "stage.section_empty")]
    StageSection,
    /// A section is longer than the call lets it be.
    #[error("a section is too long for the call")]
    #[serde(rename = "stage.section_long")]
    StageSectionLong,
    /// A check of the budget does not hold.
    #[error("the budget does not hold")]
    #[serde(rename = "stage.budget_wrong")]
    StageBudget,
    /// The dossier has no visa.
    #[error("no visa")]
    #[serde(rename = "stage.no_visa")]
    StageVisa,
    /// The dossier has changed since its visa.
    #[error("changed since the visa")]
    #[serde(rename = "stage.visa_changed")]
    StageVisaChanged,
    /// Something that the move records is missing.
    #[error("what the move records is missing")]
    #[serde(rename = "stage.field_missing")]
    StageField,
    /// A Question that is not asked (any longer) cannot be settled, nor a decision taken back that does not hold.
    #[error("the question is not asked")]
    #[serde(rename = "question.not_asked")]
    NotAsked,
    /// A visa is given to a dossier for which it was asked.
    #[error("no visa was asked for")]
    #[serde(rename = "visa.not_asked")]
    VisaNotAsked,
    /// The engine failed on this document.
    #[error("the engine failed")]
    #[serde(rename = "edit.failed")]
    Failed,
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::DocumentUnknown => "edit.document_unknown",
            Self::RowUnknown => "edit.row_unknown",
            Self::FieldUnknown => "edit.field_unknown",
            Self::ValueInvalid => "edit.value_invalid",
            Self::TextTooLong => "edit.text_too_long",
            Self::NameMissing => "edit.name_missing",
            Self::NoticeNotRead => "edit.notice_not_read",
            Self::ReasonMissing => "edit.reason_missing",
            Self::DocumentFull => "edit.document_full",
            Self::HistoryFull => "change.document_full",
            Self::NotAllowed => "permission.not_allowed",
            Self::Sealed => "permission.sealed",
            Self::RowInUse => "edit.row_in_use",
            Self::NoSuchEdit => "permission.no_such_edit",
            Self::StageJump => "stage.jump",
            Self::StageAssociation => "stage.association_missing",
            Self::StageCall => "stage.call_missing",
            Self::StageConvention => "stage.no_convention",
            Self::StageSection => "stage.section_empty",
            Self::StageSectionLong => "stage.section_long",
            Self::StageBudget => "stage.budget_wrong",
            Self::StageVisa => "stage.no_visa",
            Self::StageVisaChanged => "stage.visa_changed",
            Self::StageField => "stage.field_missing",
            Self::NotAsked => "question.not_asked",
            Self::VisaNotAsked => "visa.not_asked",
            Self::Failed => "edit.failed",
        }
    }
}

impl From<automerge::AutomergeError> for Refusal {
    fn from(_: automerge::AutomergeError) -> Self {
        Self::Failed
    }
}

/// The documents that an edit may touch. The edit works on copies: it is done whole or not at all.
pub trait Library {
    /// A copy of a document that is held, or none.
    fn copy(&mut self, id: DocumentId) -> Option<Document>;
    /// The author for a document, with a nonce that is this hold's own.
    fn author(&mut self, id: DocumentId, at_ms: u64) -> Author;
}

/// What an edit made: the touched documents as they now are, each with its one change.
#[derive(Debug, Default)]
pub struct Outcome {
    /// In the order in which they were touched; a copy of a long dossier several times.
    pub written: Vec<(Document, Made)>,
}

/// The table on which an edit is worked out.
struct Bench<'a> {
    library: &'a mut dyn Library,
    role: Role,
    at_ms: u64,
    outcome: Outcome,
    /// What the next change of its document writes down beside (Q1).
    beside: Option<Beside>,
}

/// A decision to be written down.
struct Beside {
    document: DocumentId,
    decision: RowId,
    asked: String,
    /// Nothing where a decision is taken back.
    chose: Value,
    reason: Value,
    at_ms: i64,
}

impl Beside {
    fn write(self, tx: &mut Transaction<'_>) -> Done {
        let Some(row) = new_family_row(tx, DECISION, self.decision, limit::DECISIONS_MAX)? else { return Ok(()) };
        let id = self.decision.to_string();
        say(tx, &ROOT, &family_key(DECIDED, &self.asked), &Value::from(&*id))?;
        set(tx, &row, "asked", &Value::Text(self.asked))?;
        set(tx, &row, "chose", &self.chose)?;
        set(tx, &row, "reason", &self.reason)?;
        set(tx, &row, "at_ms", &Value::Number(self.at_ms))
    }
}

type Done = Result<(), Refusal>;
/// What must hold of the document that an edit left.
type Holds<'w, On> = Box<dyn FnOnce(&mut On, &Document) -> Done + 'w>;

impl Edit {
    /// Works the edit out. Done a second time, it changes nothing and returns no documents.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing was done.
    pub fn apply(&self, library: &mut dyn Library, role: Role, at_ms: u64) -> Result<Outcome, Refusal> {
        let mut bench = Bench { library, role, at_ms, outcome: Outcome::default(), beside: None };
        bench.edit(self)?;
        Ok(bench.outcome)
    }
}

impl Edit {
    /// Of an edit that settles a Question: of which document, about which place, and what it chooses.
    #[must_use]
    pub fn chooses(&self) -> Option<(DocumentId, String, Value)> {
        let kept = |keep: &bool| Value::from(if *keep { "kept" } else { "removed" });
        Some(match self {
            Self::SetField { document, row, field, value } => {
                let row = row.map_or_else(String::new, |row| format!("{row}/"));
                (*document, format!("field/{row}{}", field.key()), said(value))
            }
            Self::SetHeadcount { event, slot, sex, age_band, people } => {
                let people = people.map_or_else(|| Value::from(NOTHING), |n| Value::Number(i64::from(n)));
                (*event, format!("count/{slot}/{sex}/{age_band}"), people)
            }
            Self::SettleMarks { event, slot, person, status, .. } => {
                (*event, format!("marks/{slot}/{person}"), Value::from(status.as_str()))
            }
            Self::ReadAgain { dossier, section, anchor } => {
                (*dossier, format!("read/{section}/{anchor}"), Value::from("right"))
            }
            Self::SettleSection { dossier, section, text } => {
                let begin: String = text.chars().take(limit::SHORT_CHARS_MAX).collect();
                (*dossier, format!("begun/{section}"), said(&Value::Text(begin)))
            }
            Self::SetLineState { dossier, line, keep } => (*dossier, format!("line/{line}"), kept(keep)),
            Self::KeepRow { document, row, keep } => (*document, format!("row/{row}"), kept(keep)),
            Self::LinkSame { person: a, same_as: b } => (*a.min(b), format!("same/{}", a.max(b)), Value::from("same")),
            Self::NotSame { person: a, other: b } => (*a.min(b), format!("same/{}", a.max(b)), Value::from("not_same")),
            _ => return None,
        })
    }
}

/// What is written of a choice to leave a field empty: nothing at all takes a decision back.
const NOTHING: &str = "-";

fn said(value: &Value) -> Value {
    match value.clone().tidy() {
        Value::Empty => Value::from(NOTHING),
        said => said,
    }
}

impl Bench<'_> {
    fn edit(&mut self, edit: &Edit) -> Done {
        match edit {
            Edit::SetField { document, row, field, value } => self.set_field(*document, *row, *field, value),
            Edit::CreatePerson { person, new, notice_read } => {
                self.create_person(*person, new, *notice_read)?;
                self.begin_contact(*person, new, None)
            }
            Edit::SetConsent { person, consent, agreed } => self.set_consent(*person, *consent, *agreed),
            Edit::AddPhone { person, row, phone } => self.add_phone(*person, *row, phone),
            Edit::AddEmail { person, row, address } => self.add_email(*person, *row, address),
            Edit::CreateAssociation { association, fields } => {
                self.create(*association, Kind::Association, fields, |_| Ok(()))
            }
            Edit::CreateEvent { event, fields, slots } => self.create_event(*event, fields, slots),
            Edit::AddSlot { event, slot } => {
                let cells = slot_cells(slot)?;
                self.change(*event, Kind::Event, Capability::ChangeEvent, |tx| add_slot(tx, slot.slot, cells))
            }
            Edit::AddTrainer { event, trainer } => {
                let name = trainer_name(trainer)?;
                self.change(*event, Kind::Event, Capability::ChangeEvent, |tx| add_trainer(tx, trainer.trainer, &name))
            }
            Edit::AddPaper { event, paper, slot, blob } => self.add_paper(*event, *paper, *slot, blob),
            Edit::KeepEventRow { event, row, keep } => self.keep_event_row(*event, *row, *keep),
            Edit::LinkEvent { event, document, kind } => self.link_event(*event, *document, *kind),
            Edit::SetHeadcount { event, slot, sex, age_band, people } => {
                self.set_headcount(*event, *slot, sex, age_band, *people)
            }
            Edit::Sign { .. } => self.sign(edit),
            Edit::WithdrawSignature { event, signature, withdrawal, reason } => {
                self.withdraw_signature(*event, *signature, *withdrawal, reason)
            }
            Edit::AddToRoster { event, person } => {
                self.change(*event, Kind::Event, Capability::AddToRoster, |tx| join(tx, *person, "expected"))
            }
            Edit::TakeFromRoster { event, person } => {
                let Record::Event(record) = self.record(*event)? else { return Err(Refusal::DocumentUnknown) };
                if record.has_word_of(*person) {
                    return Err(Refusal::RowInUse);
                }
                let expected = record.roster.contains_key(person);
                self.change(*event, Kind::Event, Capability::ChangeEvent, |tx| match expected {
                    // Nothing is ever rubbed out of a roster.
                    true => Ok(tx.put(map(tx, "roster")?, person.to_string(), TAKEN_OFF)?),
                    false => Ok(()),
                })
            }
            Edit::CheckIn { event, slot, person, mark, status, minutes, how } => self.check_in(
                *event,
                &NewMark { slot: *slot, person: *person, mark: *mark, status: *status, minutes: *minutes, how: *how },
            ),
            Edit::Undo { event, slot, person, withdrawal, reason } => {
                self.withdraw(*event, *slot, *person, *withdrawal, reason, None)
            }
            Edit::SettleMarks { event, slot, person, status, withdrawal, reason } => {
                self.withdraw(*event, *slot, *person, *withdrawal, reason, Some(*status))
            }
            Edit::RegisterWalkIn { .. } => self.register_walk_in(edit),
            Edit::CreateDossier { dossier, fields, sections } => self.create_dossier(*dossier, fields, sections),
            Edit::CopyDossier { dossier, of, call } => self.copy_dossier(*dossier, *of, *call),
            Edit::EditSection { dossier, section, version, before, after } => {
                self.edit_section(*dossier, section, version, before, after)
            }
            Edit::ReadAgain { dossier, section, anchor } => self.read_again(*dossier, section, anchor),
            Edit::SettleSection { dossier, section, text } => self.settle_section(*dossier, section, text),
            Edit::AddLine { dossier, line, side, label } => self.add_line(*dossier, *line, *side, label),
            Edit::AddTime { dossier, time, label } => self.add_time(*dossier, *time, label),
            Edit::SetLineState { dossier, line, keep } => {
                self.change(*dossier, Kind::Dossier, Capability::WriteDossier, |tx| {
                    let row = row(tx, "lines", *line).or_else(|_| family_row(tx, TIME, *line))?;
                    set(tx, &row, "state", &Value::from(if *keep { "kept" } else { "removed" }))
                })
            }
            Edit::AddRow { document, table, row, fields } => self.add_table_row(*document, *table, *row, fields),
            Edit::KeepRow { document, row, keep } => self.keep_table_row(*document, *row, *keep),
            Edit::MoveStage { dossier, moved, to, fields, reason } => {
                self.move_stage(*dossier, *moved, to, fields, reason)
            }
            Edit::ReviewDossier { dossier, review } => {
                let since = if *review { Value::Number(self.now()) } else { Value::Empty };
                self.change(*dossier, Kind::Dossier, Capability::GiveVisa, |tx| set(tx, &ROOT, REVIEW, &since))
            }
            Edit::GiveVisa { dossier, visa, version, verdict, remarks } => {
                self.give_visa(*dossier, *visa, version, *verdict, remarks)
            }
            // What somebody has seen is nobody else's business: the replica keeps it.
            Edit::Look { .. } => Ok(()),
            Edit::LinkSame { person, same_as } if person == same_as => Err(Refusal::ValueInvalid),
            Edit::LinkSame { person, same_as } => {
                let joining = self.joining(*person)?;
                let value = checked(joining.field, &Value::Text(same_as.to_string()), &[joining.field])?;
                self.change(*person, joining.kind, joining.capability, |tx| {
                    set(tx, &ROOT, joining.field.key(), &value)?;
                    joining.untell(tx, *same_as)
                })?;
                self.change_held(*same_as, joining.kind, |tx| joining.untell(tx, *person))
            }
            Edit::NotSame { person, other } if person == other => Err(Refusal::ValueInvalid),
            Edit::NotSame { person, other } => {
                let joining = self.joining(*person)?;
                self.change(*person, joining.kind, joining.capability, |tx| {
                    joining.tell_apart(tx, *other)?;
                    joining.unlink(tx, *other)
                })?;
                self.change_held(*other, joining.kind, |tx| joining.unlink(tx, *person))
            }
            Edit::Settle { document, asked, decision, answer, reason } => {
                self.settle(*document, asked, *decision, answer.as_deref(), reason)
            }
            Edit::Reopen { document, of, decision, reason } => self.reopen(*document, *of, *decision, reason),
            Edit::AssignQuestion { document, asked, account } => {
                let held = self.library.copy(*document).ok_or(Refusal::DocumentUnknown)?;
                let capability = capability_to_settle(held.kind, asked).ok_or(Refusal::RowUnknown)?;
                let account = account.map_or(Value::Empty, |account| Value::Text(account.to_string()));
                self.change(*document, held.kind, capability, |tx| {
                    set(tx, &ROOT, &family_key(ASSIGNED, asked), &account)
                })
            }
            Edit::CreateCall { call, fields, sections } => self.create_call(*call, fields, sections),
            Edit::PublishCall { call, version, note } => self.publish_call(*call, *version, note),
            Edit::ConfirmRule { field, .. } if !Field::of(Kind::Call).contains(field) => Err(Refusal::FieldUnknown),
            Edit::ConfirmRule { call, field, confirmed } => {
                let mark = if *confirmed { Value::Empty } else { Value::from("yes") };
                self.change(*call, Kind::Call, Capability::ChangeCall, |tx| {
                    set(tx, &ROOT, &family_key(CONFIRM, field.key()), &mark)
                })
            }
        }
    }

    /// Writes one change into a document that is held.
    fn change(
        &mut self,
        id: DocumentId,
        kind: Kind,
        needs: Capability,
        write: impl FnOnce(&mut Transaction<'_>) -> Done,
    ) -> Done {
        let document = self.held(id, kind, needs)?;
        self.write(document, write)
    }

    /// A document that is held and may be changed.
    fn held(&mut self, id: DocumentId, kind: Kind, needs: Capability) -> Result<Document, Refusal> {
        self.needs(needs)?;
        self.library.copy(id).filter(|document| document.kind == kind).ok_or(Refusal::DocumentUnknown)
    }

    /// The same table, and the same code, with which the server judges what comes of it.
    fn needs(&self, capability: Capability) -> Done {
        if self.role.may(capability) { Ok(()) } else { Err(Refusal::NotAllowed) }
    }

    /// Begins a document and writes its first change; does nothing where it was begun already.
    fn create(
        &mut self,
        id: DocumentId,
        kind: Kind,
        fields: &BTreeMap<Field, Value>,
        write: impl FnOnce(&mut Transaction<'_>) -> Done,
    ) -> Done {
        self.create_if(id, kind, fields, write, |_, _| Ok(()))
    }

    fn create_if(
        &mut self,
        id: DocumentId,
        kind: Kind,
        fields: &BTreeMap<Field, Value>,
        write: impl FnOnce(&mut Transaction<'_>) -> Done,
        holds: impl FnOnce(&mut Self, &Document) -> Done,
    ) -> Done {
        self.needs(capability_to_begin(kind))?;
        if self.library.copy(id).is_some() {
            return Ok(());
        }
        if kind != Kind::Contact
            && kind != Kind::Person
            && fields.get(&Field::Title).is_none_or(|t| t.text().trim().is_empty())
        {
            return Err(Refusal::NameMissing);
        }
        let mut tidy = Vec::with_capacity(fields.len());
        for (field, value) in fields {
            tidy.push((*field, checked(*field, value, Field::of(kind))?));
        }
        let write = |tx: &mut Transaction<'_>| {
            for (field, value) in tidy {
                set(tx, &ROOT, field.key(), &value)?;
            }
            write(tx)
        };
        self.write_if(Document::new(id, kind), write, holds)
    }

    fn write(&mut self, document: Document, write: impl FnOnce(&mut Transaction<'_>) -> Done) -> Done {
        self.write_whole(document, Box::new(write), None)
    }

    /// Writes one change, if what comes of it holds.
    fn write_if(
        &mut self,
        document: Document,
        write: impl FnOnce(&mut Transaction<'_>) -> Done,
        holds: impl FnOnce(&mut Self, &Document) -> Done,
    ) -> Done {
        self.write_whole(document, Box::new(write), Some(Box::new(holds)))
    }

    /// Writes one change, with the decision that goes beside it. Boxed: this is compiled once, and not for each of forty edits.
    fn write_whole<'w>(
        &mut self,
        mut document: Document,
        write: Box<dyn FnOnce(&mut Transaction<'_>) -> Done + 'w>,
        holds: Option<Holds<'w, Self>>,
    ) -> Done {
        let author = self.library.author(document.id, self.at_ms);
        let beside = self.beside.take_if(|beside| beside.document == document.id);
        let made = document.write(&author, |tx| {
            write(tx)?;
            beside.map_or(Ok(()), |beside| beside.write(tx))
        })?;
        let Some(made) = made else { return Ok(()) };
        holds.map_or(Ok(()), |holds| holds(self, &document))?;
        if !document.is_within_limits() {
            return Err(Refusal::HistoryFull);
        }
        self.outcome.written.push((document, made));
        Ok(())
    }

    /// How a record is joined with another of its kind.
    fn joining(&mut self, id: DocumentId) -> Result<Joining, Refusal> {
        let kind = self.library.copy(id).map(|document| document.kind);
        kind.and_then(Joining::of).ok_or(Refusal::DocumentUnknown)
    }

    /// The other one of a pair, where this side holds it.
    fn change_held(&mut self, other: DocumentId, kind: Kind, write: impl FnOnce(&mut Transaction<'_>) -> Done) -> Done {
        match self.library.copy(other).filter(|other| other.kind == kind) {
            Some(other) => self.write(other, write),
            None => Ok(()),
        }
    }

    fn settle(&mut self, id: DocumentId, asked: &str, decision: RowId, answer: Option<&Edit>, reason: &str) -> Done {
        let held = self.library.copy(id).ok_or(Refusal::DocumentUnknown)?;
        let capability = capability_to_settle(held.kind, asked).ok_or(Refusal::RowUnknown)?;
        self.needs(capability)?;
        if held.crdt().get(ROOT, family_key(DECISION, decision))?.is_some() {
            return Ok(());
        }
        let question = question::of_record(id, &Record::read(&held)).into_iter().find(|one| one.place() == asked);
        // What it takes several documents to see is asked by whoever holds them.
        let (pair, elsewhere) = (asked.starts_with("same/"), asked.contains(oddity::ELSEWHERE));
        if question.is_none() && !pair && !elsewhere {
            return Err(Refusal::NotAsked);
        }
        let chose = match answer {
            Some(answer) => {
                answer.chooses().filter(|(of, place, _)| *of == id && place == asked).map(|(.., chose)| chose)
            }
            None if elsewhere => Some(Value::from(oddity::SEEN)),
            None => question.and_then(|question| question.to_be_seen()),
        };
        let (chose, reason) = (chose.ok_or(Refusal::NoSuchEdit)?, lines(reason)?);
        let beside = Beside { document: id, decision, asked: asked.to_owned(), chose, reason, at_ms: self.now() };
        self.beside = Some(beside);
        if let Some(answer) = answer {
            self.edit(answer)?;
        }
        // Nothing of the answer touched this document.
        if self.beside.is_some() { self.write(held, |_| Ok(())) } else { Ok(()) }
    }

    fn reopen(&mut self, id: DocumentId, of: RowId, decision: RowId, reason: &str) -> Done {
        let held = self.library.copy(id).ok_or(Refusal::DocumentUnknown)?;
        let kind = held.kind;
        if held.crdt().get(ROOT, family_key(DECISION, decision))?.is_some() {
            return Ok(());
        }
        let decided = Decided::read(&held);
        let taken = decided.decisions.iter().find(|one| one.id == of && one.stands).ok_or(Refusal::NotAsked)?;
        let asked = taken.asked.clone();
        let capability = capability_to_settle(kind, &asked).ok_or(Refusal::RowUnknown)?;
        let other = asked.strip_prefix("same/").and_then(|other| other.parse::<DocumentId>().ok());
        let pair = other.zip(Joining::of(kind));
        let (chose, reason) = (Value::Empty, lines(reason)?);
        self.beside = Some(Beside { document: id, decision, asked, chose, reason, at_ms: self.now() });
        let apart = |tx: &mut Transaction<'_>, joining: Joining, other| {
            joining.untell(tx, other)?;
            joining.unlink(tx, other)
        };
        self.change(id, kind, capability, |tx| pair.map_or(Ok(()), |(other, joining)| apart(tx, joining, other)))?;
        pair.map_or(Ok(()), |(other, joining)| self.change_held(other, kind, |tx| apart(tx, joining, id)))
    }

    fn set_field(&mut self, id: DocumentId, row_id: Option<RowId>, field: Field, value: &Value) -> Done {
        if id == SETTINGS {
            return self.change_setting(field, value);
        }
        let document = self.library.copy(id).ok_or(Refusal::DocumentUnknown)?;
        let kind = document.kind;
        let table = row_id.and_then(|id| table_of(document.crdt(), kind, id));
        if table.is_some_and(Table::is_sealed) {
            return Err(Refusal::Sealed);
        }
        let (rows, allowed) = match (row_id, kind) {
            (None, _) => ("", Field::of(kind)),
            (Some(_), Kind::Event) if Field::TRAINER.contains(&field) => (TRAINER, Field::TRAINER),
            (Some(_), Kind::Event) => ("slots", Field::SLOT),
            (Some(id), Kind::Dossier) if document.crdt().get(ROOT, family_key(TIME, id))?.is_some() => {
                (TIME, Field::TIME)
            }
            (Some(_), _) if table.is_some() => table.map_or(("", &[][..]), |table| (table.key(), table.fields())),
            (Some(_), Kind::Dossier) => ("lines", Field::LINE),
            (Some(_), _) => return Err(Refusal::RowUnknown),
        };
        let value = checked(field, value, allowed)?;
        let required = [Field::Title, Field::Label].contains(&field) || table.is_some_and(|t| t.required() == field);
        if required && value == Value::Empty {
            return Err(Refusal::NameMissing);
        }
        if field == Field::Stage && kind == Kind::Dossier {
            let to = value.text().to_owned();
            let before = stages(&document)?;
            let write = |tx: &mut Transaction<'_>| set(tx, &ROOT, field.key(), &value);
            return self.write_if(document, write, |bench, after| match bench.role.may(Capability::CorrectStage) {
                true => Ok(()),
                false => bench.check_move(after, &before, &to),
            });
        }
        let follows = match field {
            Field::Call if kind == Kind::Dossier && row_id.is_none() => Some(self.follow(value.text(), None)?),
            Field::CallVersion => {
                let call = Record::read(&document).fields().text(Field::Call).to_owned();
                Some(self.follow(&call, value.text().parse().ok())?)
            }
            _ => None,
        };
        self.change(id, kind, capability_to_set(kind, field), |tx| {
            let Some(row_id) = row_id else {
                set(tx, &ROOT, field.key(), &value)?;
                return follows.map_or(Ok(()), |follows| follows.write(tx, field != Field::CallVersion));
            };
            let at_root = table.is_some() || [TRAINER, TIME].contains(&rows);
            let row = if at_root { family_row(tx, rows, row_id)? } else { row(tx, rows, row_id)? };
            set(tx, &row, field.key(), &value)?;
            // M6: who changes a line says that it stays, so that a removal made apart is seen to disagree.
            if (kind == Kind::Dossier || table.is_some()) && tx.pending_ops() > 0 {
                assert_kept(tx, &row)
            } else {
                Ok(())
            }
        })
    }

    /// The house's rules begin with the first one that somebody sets.
    fn change_setting(&mut self, field: Field, value: &Value) -> Done {
        self.needs(capability_to_set(Kind::Settings, field))?;
        let value = checked(field, value, Field::of(Kind::Settings))?;
        let document = self.library.copy(SETTINGS).unwrap_or_else(|| Document::new(SETTINGS, Kind::Settings));
        self.write(document, |tx| set(tx, &ROOT, field.key(), &value))
    }

    fn create_person(&mut self, person: DocumentId, new: &NewPerson, notice_read: bool) -> Done {
        let named = [&new.given, &new.family, &new.name_ar].iter().any(|name| !name.trim().is_empty());
        if !named {
            return Err(Refusal::NameMissing);
        }
        let at_ms = i64::try_from(self.at_ms).unwrap_or(i64::MAX);
        let mut fields = BTreeMap::from([
            (Field::Given, Value::Text(new.given.clone())),
            (Field::Family, Value::Text(new.family.clone())),
            (Field::NameAr, Value::Text(new.name_ar.clone())),
            (Field::Sex, Value::Text(new.sex.clone())),
            (Field::AgeBand, Value::Text(new.age_band.clone())),
            (Field::Commune, Value::Text(new.commune.clone())),
            (Field::CommuneCode, Value::Text(new.commune_code.clone())),
        ]);
        if let Some(association) = new.association {
            fields.insert(Field::Association, Value::Text(association.to_string()));
        }
        if notice_read {
            fields.insert(Field::NoticeRead, Value::Number(at_ms));
        }
        if new.photo_consent {
            fields.insert(Field::PhotoConsent, Value::from(Agreed::Given.as_str()));
        }
        self.create(person, Kind::Person, &fields, |_| Ok(()))
    }

    fn set_consent(&mut self, person: DocumentId, consent: Consent, agreed: Agreed) -> Done {
        let (key, word) = (consent.field().key(), Value::from(agreed.as_str()));
        match consent {
            Consent::Photo => {
                self.change(person, Kind::Person, Capability::ChangePerson, |tx| set(tx, &ROOT, key, &word))
            }
            Consent::Messages => {
                self.needs(capability_to_say(agreed))?;
                self.contact(person, |tx| set(tx, &ROOT, key, &word))
            }
        }
    }

    /// What a new person gave that only those shall hold who may call them, if anything.
    fn begin_contact(&mut self, person: DocumentId, new: &NewPerson, phone: Option<(RowId, &Phone)>) -> Done {
        if phone.is_none() && !new.messages_consent {
            return Ok(());
        }
        if phone.is_some_and(|(_, phone)| !phone.is_well_formed()) {
            return Err(Refusal::ValueInvalid);
        }
        self.contact(person, |tx| {
            if new.messages_consent {
                set(tx, &ROOT, Field::MessagesConsent.key(), &Value::from(Agreed::Given.as_str()))?;
            }
            phone.map_or(Ok(()), |(id, phone)| add_phone(tx, id, phone))
        })
    }

    /// Writes into a person's contact, which begins with its first row and need not be held (see `Role::may_read`).
    fn contact(&mut self, person: DocumentId, write: impl FnOnce(&mut Transaction<'_>) -> Done) -> Done {
        self.needs(Capability::AddContact)?;
        let id = DocumentId::contact_of(person);
        let contact = self.library.copy(id).unwrap_or_else(|| Document::new(id, Kind::Contact));
        self.write(contact, |tx| {
            set(tx, &ROOT, Field::Person.key(), &Value::Text(person.to_string()))?;
            write(tx)
        })
    }

    fn add_phone(&mut self, person: DocumentId, id: RowId, phone: &Phone) -> Done {
        if !phone.is_well_formed() {
            return Err(Refusal::ValueInvalid);
        }
        self.contact(person, |tx| add_phone(tx, id, phone))
    }

    fn add_email(&mut self, person: DocumentId, id: RowId, address: &str) -> Done {
        let address = short(address)?;
        let parts = address.text().split_once('@');
        if !parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@')) {
            return Err(Refusal::ValueInvalid);
        }
        self.contact(person, |tx| {
            let Some(row) = new_row(tx, "emails", id)? else { return Ok(()) };
            set(tx, &row, "address", &address)
        })
    }

    fn create_event(&mut self, event: DocumentId, fields: &BTreeMap<Field, Value>, slots: &[NewSlot]) -> Done {
        if slots.len() > limit::SLOTS_MAX {
            return Err(Refusal::DocumentFull);
        }
        let slots: Vec<_> =
            slots.iter().map(|slot| Ok((slot.slot, slot_cells(slot)?))).collect::<Result<_, Refusal>>()?;
        self.create(event, Kind::Event, fields, |tx| {
            slots.into_iter().try_for_each(|(slot, cells)| add_slot(tx, slot, cells))
        })
    }

    fn add_paper(&mut self, event: DocumentId, paper: RowId, slot: Option<RowId>, blob: &str) -> Done {
        let (blob, at_ms) = (blob_name(blob)?, self.now());
        self.change(event, Kind::Event, Capability::Mark, |tx| {
            if let Some(slot) = slot {
                row(tx, "slots", slot)?;
            }
            let Some(row) = new_family_row(tx, PAPER, paper, limit::PAPERS_MAX)? else { return Ok(()) };
            set(tx, &row, "blob", &blob)?;
            if let Some(slot) = slot {
                tx.put(&row, "slot", slot.0.to_vec())?;
            }
            set(tx, &row, "at_ms", &Value::Number(at_ms))
        })
    }

    fn link_event(&mut self, event: DocumentId, document: DocumentId, kind: Option<Kind>) -> Done {
        let kind = match kind {
            Some(kind) if !LINKED_KINDS.contains(&kind) => return Err(Refusal::ValueInvalid),
            Some(kind) => Value::from(kind.as_str()),
            None => Value::Empty,
        };
        self.change(event, Kind::Event, Capability::ChangeEvent, |tx| {
            if kind != Value::Empty && family_length(tx, LINK) >= limit::LINKS_MAX {
                return Err(Refusal::DocumentFull);
            }
            set(tx, &ROOT, &family_key(LINK, document), &kind)
        })
    }

    fn keep_event_row(&mut self, event: DocumentId, id: RowId, keep: bool) -> Done {
        let Record::Event(record) = self.record(event)? else { return Err(Refusal::DocumentUnknown) };
        if !keep && record.slot_is_used(id) {
            return Err(Refusal::RowInUse);
        }
        let paper = record.papers.iter().any(|paper| paper.id == id);
        // Whoever may photograph a sheet may take the photo out again.
        let needs = if paper { Capability::Mark } else { Capability::ChangeEvent };
        let state = Value::from(if keep { "kept" } else { "removed" });
        self.change(event, Kind::Event, needs, |tx| {
            let rows = [row(tx, "slots", id), family_row(tx, TRAINER, id), family_row(tx, PAPER, id)];
            let row = rows.into_iter().find_map(Result::ok).ok_or(Refusal::RowUnknown)?;
            set(tx, &row, "state", &state)
        })
    }

    fn set_headcount(
        &mut self,
        event: DocumentId,
        slot: RowId,
        sex: &str,
        age_band: &str,
        people: Option<u32>,
    ) -> Done {
        if !SEXES.contains(&sex) || !(age_band.is_empty() || AGE_BANDS.contains(&age_band)) {
            return Err(Refusal::ValueInvalid);
        }
        let people = people.map_or(Value::Empty, |n| Value::Number(i64::from(n)));
        if people.number().is_some_and(|n| n > limit::HEADCOUNT_MAX) {
            return Err(Refusal::ValueInvalid);
        }
        self.change(event, Kind::Event, Capability::Mark, |tx| {
            row(tx, "slots", slot)?;
            set(tx, &ROOT, &family_key(HEADCOUNT, format_args!("{slot}/{sex}/{age_band}")), &people)
        })
    }

    fn sign(&mut self, edit: &Edit) -> Done {
        let Edit::Sign { event, slot, signer, signature, ink, how, mark } = edit else { return Ok(()) };
        let (ink, at_ms) = (blob_name(ink)?, self.at_ms);
        let Record::Event(record) = self.record(*event)? else { return Err(Refusal::DocumentUnknown) };
        let marks = |person| record.marks.iter().filter(move |m| m.person == person && m.slot == *slot);
        self.change(*event, Kind::Event, Capability::Mark, |tx| {
            row(tx, "slots", *slot)?;
            match signer {
                Signer::Trainer(trainer) => drop(family_row(tx, TRAINER, *trainer)?),
                Signer::Person(person) => {
                    let attends = attendance(marks(*person)).status().is_some_and(Status::attended);
                    if !attends {
                        let (slot, person, mark, status) = (*slot, *person, *mark, Status::Present);
                        add_mark(tx, &NewMark { slot, person, mark, status, minutes: None, how: *how }, at_ms)?;
                    }
                }
            }
            let most = limit::ROSTER_MAX * limit::SLOTS_MAX;
            let Some(row) = new_family_row(tx, SIGNATURE, *signature, most)? else { return Ok(()) };
            match signer {
                Signer::Person(person) => tx.put(&row, "person", person.0.to_vec())?,
                Signer::Trainer(trainer) => tx.put(&row, "trainer", trainer.0.to_vec())?,
            }
            tx.put(&row, "slot", slot.0.to_vec())?;
            tx.put(&row, "how", how.as_str())?;
            tx.put(&row, "at_ms", i64::try_from(at_ms).unwrap_or(i64::MAX))?;
            set(tx, &row, "ink", &ink)
        })
    }

    fn withdraw_signature(&mut self, event: DocumentId, signature: RowId, withdrawal: RowId, reason: &str) -> Done {
        let reason = lines(reason)?;
        if reason == Value::Empty {
            return Err(Refusal::ReasonMissing);
        }
        let at_ms = self.now();
        self.change(event, Kind::Event, Capability::WithdrawMark, |tx| {
            family_row(tx, SIGNATURE, signature)?;
            add_withdrawal(tx, withdrawal, signature, &reason, at_ms).map(drop)
        })
    }

    fn now(&self) -> i64 {
        i64::try_from(self.at_ms).unwrap_or(i64::MAX)
    }

    fn record(&mut self, id: DocumentId) -> Result<Record, Refusal> {
        let document = self.library.copy(id).ok_or(Refusal::DocumentUnknown)?;
        Ok(Record::read(&document))
    }

    fn check_in(&mut self, event: DocumentId, mark: &NewMark) -> Done {
        let at_ms = self.at_ms;
        self.change(event, Kind::Event, Capability::Mark, |tx| add_mark(tx, mark, at_ms))
    }

    /// M1: nothing is taken out. Each mark that stands, save those of `except`, gets a withdrawal.
    fn withdraw(
        &mut self,
        event: DocumentId,
        slot: RowId,
        person: DocumentId,
        first: RowId,
        reason: &str,
        except: Option<Status>,
    ) -> Done {
        let reason = lines(reason)?;
        if reason == Value::Empty {
            return Err(Refusal::ReasonMissing);
        }
        let Record::Event(record) = self.record(event)? else { return Err(Refusal::DocumentUnknown) };
        let of_theirs = record.marks.iter().filter(|mark| mark.person == person && mark.slot == slot);
        let standing = of_theirs.filter(|mark| mark.withdrawn.is_none() && Some(mark.status) != except);
        let marks: Vec<RowId> = standing.map(|mark| mark.id).collect();
        // A signature says that its signer was there: it goes with the marks that said so.
        let signatures: Vec<RowId> = match except.is_some_and(Status::attended) {
            true => Vec::new(),
            false => record.signatures_of(Signer::Person(person), slot).map(|one| one.id).collect(),
        };
        let (at_ms, decision) = (self.now(), self.beside.as_ref().map(|beside| beside.decision));
        self.change(event, Kind::Event, Capability::WithdrawMark, |tx| {
            for (n, mark) in (0_u64..).zip(marks.into_iter().chain(signatures)) {
                let id = RowId((u64::from_be_bytes(first.0).wrapping_add(n)).to_be_bytes());
                if let Some(row) = add_withdrawal(tx, id, mark, &reason, at_ms)?
                    && let Some(decision) = decision
                {
                    set(tx, &row, BY_DECISION, &Value::Text(decision.to_string()))?;
                }
            }
            Ok(())
        })
    }

    fn register_walk_in(&mut self, edit: &Edit) -> Done {
        let Edit::RegisterWalkIn { event, slot, person, mark, new, new_association, phone, notice_read } = edit else {
            return Ok(());
        };
        if !notice_read {
            return Err(Refusal::NoticeNotRead);
        }
        let mut new = new.clone();
        if let Some(named) = new_association {
            let fields = BTreeMap::from([(Field::Title, Value::Text(named.title.clone()))]);
            self.create(named.association, Kind::Association, &fields, |_| Ok(()))?;
            new.association = Some(named.association);
        }
        self.create_person(*person, &new, *notice_read)?;
        let phone = phone.as_ref().filter(|phone| !phone.raw.trim().is_empty());
        self.begin_contact(*person, &new, phone.map(|phone| (*mark, phone)))?;
        let at_ms = self.at_ms;
        self.change(*event, Kind::Event, Capability::Mark, |tx| {
            join(tx, *person, "walk_in")?;
            let present = NewMark {
                slot: *slot,
                person: *person,
                mark: *mark,
                status: Status::Present,
                minutes: None,
                how: How::Tap,
            };
            add_mark(tx, &present, at_ms)
        })
    }

    fn move_stage(
        &mut self,
        id: DocumentId,
        moved: RowId,
        to: &str,
        fields: &BTreeMap<Field, Value>,
        reason: &str,
    ) -> Done {
        let stage = checked(Field::Stage, &Value::from(to), Field::WAY)?;
        if stage == Value::Empty {
            return Err(Refusal::ValueInvalid);
        }
        let mut tidy = Vec::with_capacity(fields.len());
        for (field, value) in fields {
            if *field == Field::Stage {
                return Err(Refusal::FieldUnknown);
            }
            self.needs(capability_to_set(Kind::Dossier, *field))?;
            tidy.push((*field, checked(*field, value, Field::WAY)?));
        }
        let reason = lines(reason)?;
        let document = self.library.copy(id).filter(|document| document.kind == Kind::Dossier);
        let document = document.ok_or(Refusal::DocumentUnknown)?;
        if document.crdt().get(ROOT, family_key(MOVE, moved))?.is_some() {
            return Ok(());
        }
        let before = stages(&document)?;
        if before == [to] {
            return Err(Refusal::StageJump);
        }
        let at_ms = self.now();
        let says_why = reason != Value::Empty;
        let write = |tx: &mut Transaction<'_>| {
            for (field, value) in &tidy {
                set(tx, &ROOT, field.key(), value)?;
            }
            add_move(tx, moved, &stage, &reason, at_ms)
        };
        self.write_if(document, write, |bench, after| {
            // A correction, by whoever may make one and says why.
            if says_why && bench.role.may(Capability::CorrectStage) {
                return Ok(());
            }
            bench.check_move(after, &before, to)?;
            let needs_why = stage::moves(&before, to).all(|one| one.says_why);
            let stays = before.iter().any(|stage| stage == to);
            if needs_why && !says_why && !stays { Err(Refusal::ReasonMissing) } else { Ok(()) }
        })
    }

    fn give_visa(&mut self, id: DocumentId, visa: RowId, version: &str, verdict: Verdict, remarks: &str) -> Done {
        let remarks = lines(remarks)?;
        if verdict == Verdict::ChangesAsked && remarks == Value::Empty {
            return Err(Refusal::ReasonMissing);
        }
        self.needs(Capability::GiveVisa)?;
        let document = self.library.copy(id).filter(|document| document.kind == Kind::Dossier);
        let document = document.ok_or(Refusal::DocumentUnknown)?;
        if document.crdt().get(ROOT, family_key(VISA, visa))?.is_some() {
            return Ok(());
        }
        if !stages(&document)?.iter().any(|stage| stage == "visa") {
            return Err(Refusal::VisaNotAsked);
        }
        if DossierRecord::at(&document, &version_heads(version)).is_none() {
            return Err(Refusal::RowUnknown);
        }
        let Record::Dossier(record) = Record::read(&document) else { return Err(Refusal::DocumentUnknown) };
        let order = record.visas.iter().map(|one| one.order).max().unwrap_or(0).saturating_add(1);
        let at_ms = self.now();
        self.write(document, |tx| {
            let Some(row) = new_family_row(tx, VISA, visa, limit::VISAS_MAX)? else { return Ok(()) };
            set(tx, &row, "order", &Value::Number(i64::from(order)))?;
            set(tx, &row, "version", &Value::from(version))?;
            set(tx, &row, "verdict", &Value::from(verdict.as_str()))?;
            set(tx, &row, "remarks", &remarks)?;
            set(tx, &row, "at_ms", &Value::Number(at_ms))?;
            set(tx, &ROOT, REVIEW, &Value::Empty)?;
            if verdict == Verdict::ChangesAsked {
                add_move(tx, visa, &Value::from("writing"), &remarks, at_ms)?;
            }
            Ok(())
        })
    }

    /// M9: whether the role may bring a dossier from these stages to that one, as it now is.
    fn check_move(&mut self, dossier: &Document, before: &[String], to: &str) -> Done {
        let Record::Dossier(record) = Record::read(dossier) else { return Err(Refusal::DocumentUnknown) };
        let around = Around::read(&record, u64::try_from(self.now()).unwrap_or(0), |id| self.library.copy(id));
        let others = Some(around.others());
        let known = || Some(Known { dossier: &record, visa: visaed(dossier, &record), others });
        stage::check(self.role, before, to, known)
    }

    fn create_dossier(&mut self, dossier: DocumentId, fields: &BTreeMap<Field, Value>, sections: &[String]) -> Done {
        if sections.len() > limit::SECTIONS_MAX || !sections.iter().all(|key| is_section_key(key)) {
            return Err(Refusal::ValueInvalid);
        }
        let text = |field| fields.get(&field).map_or("", Value::text);
        let mut follows = self.follow(text(Field::Call), text(Field::CallVersion).parse().ok())?;
        follows.sections.splice(0..0, sections.iter().cloned());
        self.create_if(
            dossier,
            Kind::Dossier,
            fields,
            |tx| follows.write(tx, true),
            |bench, document| match fields.get(&Field::Stage).map(Value::text) {
                None | Some("") => Ok(()),
                Some(_) if bench.role.may(Capability::CorrectStage) => Ok(()),
                Some(stage) => bench.check_move(document, &[], stage),
            },
        )
    }

    /// What a dossier that answers a call follows of it: that version or, where none is named, the newest (C2). Of a call that is not
    /// held here, nothing is known.
    fn follow(&mut self, call: &str, named: Option<RowId>) -> Result<Follows, Refusal> {
        let held = call.parse().ok().and_then(|call| self.library.copy(call));
        let read = held.map(|document| (Record::read(&document), document));
        let Some((Record::Call(call), document)) = read else {
            return Ok(Follows { version: named, sections: Vec::new() });
        };
        let version = named.or(call.versions.last().map(|version| version.id));
        let rules = call::rules(&document, version).unwrap_or(call);
        Ok(Follows { version, sections: rules.sections.into_iter().map(|section| section.key).collect() })
    }

    fn copy_dossier(&mut self, dossier: DocumentId, of: DocumentId, call: Option<DocumentId>) -> Done {
        self.needs(Capability::AddDossier)?;
        if self.library.copy(dossier).is_some() {
            return Ok(());
        }
        let Record::Dossier(from) = self.record(of)? else { return Err(Refusal::DocumentUnknown) };
        if !["refused", "deferred"].contains(&from.fields.text(Field::Stage)) {
            return Err(Refusal::StageJump);
        }
        let mut fields: BTreeMap<Field, Value> =
            Field::CARRIED.iter().map(|field| (*field, from.fields.get(*field).clone())).collect();
        fields.insert(Field::Stage, Value::from("writing"));
        fields.insert(Field::CopiedFrom, Value::Text(of.to_string()));
        if let Some(call) = call {
            fields.insert(Field::Call, Value::Text(call.to_string()));
            fields.insert(Field::CallVersion, Value::Empty);
        }
        let text = |field| fields.get(&field).map_or("", Value::text);
        let mut follows = self.follow(text(Field::Call), text(Field::CallVersion).parse().ok())?;
        follows.sections.extend(from.sections.keys().cloned());
        let mut batches = batches(&from);
        let first = batches.remove(0);
        let author = self.library.author(dossier, self.at_ms);
        let mut copy = Document::new(dossier, Kind::Dossier);
        let at_ms = self.now();
        let begun = copy.write(&author, |tx| {
            for (field, value) in &fields {
                set(tx, &ROOT, field.key(), value)?;
            }
            follows.write(tx, true)?;
            copy_rows(tx, &from, at_ms)?;
            copy_texts(tx, &first)
        })?;
        self.outcome.written.extend(begun.map(|made| (copy.clone(), made)));
        for batch in &batches {
            let made = copy.write(&author, |tx| copy_texts(tx, batch))?;
            self.outcome.written.extend(made.map(|made| (copy.clone(), made)));
        }
        let too_large = self.outcome.written.iter().any(|(_, made)| made.bytes.len() > limit::CHANGE_BYTES_MAX);
        if too_large || !copy.is_within_limits() { Err(Refusal::DocumentFull) } else { Ok(()) }
    }

    fn edit_section(&mut self, dossier: DocumentId, section: &str, version: &str, before: &str, after: &str) -> Done {
        if !is_section_key(section) {
            return Err(Refusal::RowUnknown);
        }
        if after.chars().count() > limit::SECTION_CHARS_MAX.max(before.chars().count()) {
            return Err(Refusal::TextTooLong);
        }
        if before == after {
            return Ok(());
        }
        let version = version_heads(version);
        let at_ms = i64::try_from(self.at_ms).unwrap_or(i64::MAX);
        self.change(dossier, Kind::Dossier, Capability::WriteDossier, |tx| {
            let map = map(tx, "sections")?;
            let object = match tx.get(&map, section)? {
                Some((Crdt::Object(ObjType::Text), id)) => id,
                _ if tx.length(&map) >= limit::SECTIONS_MAX => return Err(Refusal::DocumentFull),
                _ => tx.put_object(&map, section, ObjType::Text)?,
            };
            let touched = self::map(tx, "touched")?;
            for anchor in text::reword(tx, &object, &version, before, after)? {
                say(tx, &touched, &format!("{section}/{anchor}"), &Value::Number(at_ms))?;
            }
            Ok(())
        })
    }

    fn read_again(&mut self, dossier: DocumentId, section: &str, anchor: &str) -> Done {
        let at_ms = i64::try_from(self.at_ms).unwrap_or(i64::MAX);
        self.change(dossier, Kind::Dossier, Capability::WriteDossier, |tx| {
            let touched = map(tx, "touched")?;
            let key = format!("{section}/{anchor}");
            if tx.get(&touched, key.as_str())?.is_none() {
                return Err(Refusal::RowUnknown);
            }
            set(tx, &touched, &key, &Value::Number(at_ms))
        })
    }

    fn settle_section(&mut self, dossier: DocumentId, section: &str, text: &str) -> Done {
        if text.chars().count() > limit::SECTION_CHARS_MAX {
            return Err(Refusal::TextTooLong);
        }
        // What is settled by a decision was asked, even where one text is left of it (Q3).
        let decides = self.beside.is_some();
        self.change(dossier, Kind::Dossier, Capability::WriteDossier, |tx| {
            let map = map(tx, "sections")?;
            match tx.get_all(&map, section)?.len() {
                0 => Err(Refusal::RowUnknown),
                1 if !decides => Ok(()),
                _ => {
                    let object = tx.put_object(&map, section, ObjType::Text)?;
                    tx.splice_text(&object, 0, 0, text)?;
                    forget_touches(tx, section)
                }
            }
        })
    }

    fn add_line(&mut self, dossier: DocumentId, line: RowId, side: Side, label: &str) -> Done {
        let label = short(label)?;
        if label == Value::Empty {
            return Err(Refusal::NameMissing);
        }
        let order = format!("{:012x}", self.at_ms);
        self.change(dossier, Kind::Dossier, Capability::WriteDossier, |tx| {
            let Some(row) = new_row(tx, "lines", line)? else { return Ok(()) };
            let side = if side == Side::Resource { "resource" } else { "expense" };
            set(tx, &row, "side", &Value::from(side))?;
            set(tx, &row, "order", &Value::Text(order))?;
            set(tx, &row, "state", &Value::from("kept"))?;
            set(tx, &row, Field::Label.key(), &label)
        })
    }

    fn add_time(&mut self, dossier: DocumentId, time: RowId, label: &str) -> Done {
        let label = short(label)?;
        if label == Value::Empty {
            return Err(Refusal::NameMissing);
        }
        self.change(dossier, Kind::Dossier, Capability::WriteDossier, |tx| {
            let Some(row) = new_family_row(tx, TIME, time, limit::TIME_MAX)? else { return Ok(()) };
            set(tx, &row, "state", &Value::from("kept"))?;
            set(tx, &row, Field::Label.key(), &label)
        })
    }

    fn add_table_row(&mut self, id: DocumentId, table: Table, row: RowId, fields: &BTreeMap<Field, Value>) -> Done {
        let kind = self.library.copy(id).ok_or(Refusal::DocumentUnknown)?.kind;
        if !table.is_of(kind) {
            return Err(Refusal::RowUnknown);
        }
        let mut cells = Vec::with_capacity(fields.len());
        for (field, value) in fields {
            cells.push((*field, checked(*field, value, table.fields())?));
        }
        let says = |wanted: Field| cells.iter().any(|(field, value)| *field == wanted && *value != Value::Empty);
        if !says(table.required()) {
            return Err(Refusal::NameMissing);
        }
        // Those who add apart add in the order of their clocks.
        let order = (!says(Field::Order)).then(|| (Field::Order, Value::Text(format!("{:012x}", self.at_ms))));
        let at_ms = self.now();
        self.change(id, kind, capability_to_write_rows(kind), |tx| {
            let Some(row) = new_family_row(tx, table.key(), row, table.rows_max())? else { return Ok(()) };
            set(tx, &row, "state", &Value::from("kept"))?;
            set(tx, &row, "at_ms", &Value::Number(at_ms))?;
            cells.iter().chain(&order).try_for_each(|(field, value)| set(tx, &row, field.key(), value))
        })
    }

    fn keep_table_row(&mut self, id: DocumentId, row: RowId, keep: bool) -> Done {
        let document = self.library.copy(id).ok_or(Refusal::DocumentUnknown)?;
        let kind = document.kind;
        let table = table_of(document.crdt(), kind, row).ok_or(Refusal::RowUnknown)?;
        if table.is_sealed() {
            return Err(Refusal::Sealed);
        }
        self.change(id, kind, capability_to_write_rows(kind), |tx| {
            let row = family_row(tx, table.key(), row)?;
            set(tx, &row, "state", &Value::from(if keep { "kept" } else { "removed" }))
        })
    }

    fn publish_call(&mut self, id: DocumentId, version: RowId, note: &str) -> Done {
        let document = self.library.copy(id).ok_or(Refusal::DocumentUnknown)?;
        let Record::Call(call) = Record::read(&document) else { return Err(Refusal::DocumentUnknown) };
        let heads = version_text(&document.heads());
        let (note, at_ms) = (lines(note)?, self.now());
        let number = call.versions.last().map_or(0, |last| i64::from(last.number)) + 1;
        self.change(id, Kind::Call, Capability::ChangeCall, |tx| {
            let Some(row) = new_family_row(tx, VERSION, version, limit::CALL_VERSIONS_MAX)? else { return Ok(()) };
            set(tx, &row, "heads", &Value::Text(heads))?;
            set(tx, &row, "number", &Value::Number(number))?;
            set(tx, &row, "note", &note)?;
            set(tx, &row, "at_ms", &Value::Number(at_ms))
        })
    }

    fn create_call(&mut self, call: DocumentId, fields: &BTreeMap<Field, Value>, sections: &[CallSection]) -> Done {
        if sections.len() > limit::SECTIONS_MAX || !sections.iter().all(|section| is_section_key(&section.key)) {
            return Err(Refusal::ValueInvalid);
        }
        self.create(call, Kind::Call, fields, |tx| {
            let map = map(tx, "sections")?;
            for (n, section) in sections.iter().enumerate() {
                let row = tx.put_object(&map, section.key.as_str(), ObjType::Map)?;
                set(tx, &row, "title", &short(&section.title)?)?;
                set(tx, &row, "guidance", &lines(&section.guidance)?)?;
                set(tx, &row, "chars_max", &Value::Number(i64::from(section.chars_max)))?;
                set(tx, &row, "order", &Value::Text(format!("{n:04}")))?;
            }
            Ok(())
        })
    }
}

/// What a dossier follows of its call.
struct Follows {
    version: Option<RowId>,
    sections: Vec<String>,
}

impl Follows {
    /// The texts that it asks for are begun by one device, so that others write in the same ones. `names` the version too.
    fn write(&self, tx: &mut Transaction<'_>, names: bool) -> Done {
        if names {
            let version = self.version.map_or(Value::Empty, |version| Value::Text(version.to_string()));
            set(tx, &ROOT, Field::CallVersion.key(), &version)?;
        }
        let map = map(tx, "sections")?;
        for key in &self.sections {
            if tx.get(&map, key.as_str())?.is_none() {
                if tx.length(&map) >= limit::SECTIONS_MAX {
                    return Err(Refusal::DocumentFull);
                }
                tx.put_object(&map, key.as_str(), ObjType::Text)?;
            }
        }
        Ok(())
    }
}

/// A part of a text to be copied, and its section.
type Copied<'a> = (&'a str, String);

/// The texts of a dossier in parts, as many in one change as it may hold. Of each text the end comes first: parts are put before what
/// is there. There is one batch at least.
fn batches(from: &DossierRecord) -> Vec<Vec<Copied<'_>>> {
    let mut batches = vec![Vec::new()];
    let mut room = limit::COPIED_CHARS;
    for (key, section) in &from.sections {
        let mut rest: Vec<char> = section.text.chars().collect();
        while !rest.is_empty() {
            if room == 0 {
                batches.push(Vec::new());
                room = limit::COPIED_CHARS;
            }
            let part = rest.split_off(rest.len().saturating_sub(room));
            room -= part.len();
            if let Some(batch) = batches.last_mut() {
                batch.push((key.as_str(), part.into_iter().collect()));
            }
        }
    }
    batches
}

fn copy_texts(tx: &mut Transaction<'_>, batch: &[Copied<'_>]) -> Done {
    let sections = map(tx, "sections")?;
    for (key, part) in batch {
        let Some((_, text)) = tx.get(&sections, *key)? else { return Err(Refusal::Failed) };
        tx.splice_text(&text, 0, 0, part)?;
    }
    Ok(())
}

/// What counts of a dossier's budget, hours and tables, with the ids that it has there.
fn copy_rows(tx: &mut Transaction<'_>, from: &DossierRecord, at_ms: i64) -> Done {
    let kept = |state: LineState| state != LineState::Removed;
    for line in from.lines.iter().filter(|line| kept(line.state)) {
        let Some(row) = new_row(tx, "lines", line.id)? else { continue };
        let side = if line.side == Side::Resource { "resource" } else { "expense" };
        set(tx, &row, "side", &Value::from(side))?;
        set(tx, &row, "order", &Value::from(&*line.order))?;
        copy_cells(tx, &row, Field::LINE, &line.fields)?;
    }
    for entry in from.time.iter().filter(|entry| kept(entry.state)) {
        let Some(row) = new_family_row(tx, TIME, entry.id, limit::TIME_MAX)? else { continue };
        copy_cells(tx, &row, Field::TIME, &entry.fields)?;
    }
    // The receipt of one deposit proves nothing of the next.
    let proofs: Vec<RowId> =
        from.rows.kept(Table::Attachment).filter(|row| row.is_deposit_proof()).map(|row| row.id).collect();
    let of_proof = |row: &Row| proofs.iter().any(|id| *id == row.id || row.fields.text(Field::Of) == id.to_string());
    for table in Table::CARRIED {
        for from in from.rows.kept(*table).filter(|row| !of_proof(row)) {
            let Some(row) = new_family_row(tx, table.key(), from.id, table.rows_max())? else { continue };
            set(tx, &row, "at_ms", &Value::Number(at_ms))?;
            copy_cells(tx, &row, table.fields(), &from.fields)?;
        }
    }
    Ok(())
}

fn copy_cells(tx: &mut Transaction<'_>, row: &ObjId, cells: &[Field], from: &Fields) -> Done {
    set(tx, row, "state", &Value::from("kept"))?;
    cells.iter().try_for_each(|field| set(tx, row, field.key(), from.get(*field)))
}

struct NewMark {
    slot: RowId,
    person: DocumentId,
    mark: RowId,
    status: Status,
    minutes: Option<u16>,
    how: How,
}

/// Rows that came after the genesis of their kind live at the root, each under a key of its own: `signature/4f1b…`. The genesis is the
/// same change everywhere and cannot be added to, and a map that two phones each made on the way would hide one of the two.
pub(crate) const SIGNATURE: &str = "signature";
pub(crate) const TRAINER: &str = "trainer";
/// What stands on the roster of somebody who is no longer expected.
pub(crate) const TAKEN_OFF: &str = "taken_off";
pub(crate) const PAPER: &str = "paper";
/// Sealed versions of the sheet: written by the server alone.
pub(crate) const SHEET: &str = "sheet";
/// Published versions of a call.
pub(crate) const VERSION: &str = "version";
/// Registers at a call's root: `confirm/field`, where a rule is still to be confirmed.
pub(crate) const CONFIRM: &str = "confirm";
/// Entries of a dossier's log of volunteers' time.
pub(crate) const TIME: &str = "time";
/// The log of a dossier's moves, and its visas: written once, never touched again.
pub(crate) const MOVE: &str = "move";
pub(crate) const VISA: &str = "visa";
/// A register at a dossier's root: since when somebody reviews it. Who, is told by the change that says so.
pub(crate) const REVIEW: &str = "review";
/// Registers at the root: `headcount/slot/sex/age band`, and `link/document`, which says of what kind the document is.
pub(crate) const HEADCOUNT: &str = "headcount";
pub(crate) const LINK: &str = "link";
/// Associations that are not this one (M7).
pub(crate) const APART: &str = "apart";
/// What an event may be linked to.
pub(crate) const LINKED_KINDS: [Kind; 2] = [Kind::Association, Kind::Dossier];

fn family_key(family: &str, id: impl std::fmt::Display) -> String {
    format!("{family}/{id}")
}

/// The table in which a row stands.
fn table_of(crdt: &Automerge, kind: Kind, row: RowId) -> Option<Table> {
    let stands = |table: &Table| matches!(crdt.get(ROOT, family_key(table.key(), row)), Ok(Some(_)));
    Table::of(kind).find(stands)
}

/// The family of a key at the root, and what stands after the slash.
pub(crate) fn family_of(key: &str) -> Option<(&str, &str)> {
    key.split_once('/')
}

fn family_length(tx: &Transaction<'_>, family: &str) -> usize {
    // '0' comes after '/'.
    tx.map_range(ROOT, family_key(family, "")..format!("{family}0")).count()
}

fn family_row(tx: &Transaction<'_>, family: &str, id: RowId) -> Result<ObjId, Refusal> {
    match tx.get(ROOT, family_key(family, id))? {
        Some((Crdt::Object(ObjType::Map), row)) => Ok(row),
        _ => Err(Refusal::RowUnknown),
    }
}

/// Adds a row at the root, or nothing where the same edit was done before.
fn new_family_row(tx: &mut Transaction<'_>, family: &str, id: RowId, most: usize) -> Result<Option<ObjId>, Refusal> {
    let key = family_key(family, id);
    if tx.get(ROOT, key.as_str())?.is_some() {
        return Ok(None);
    }
    if family_length(tx, family) >= most {
        return Err(Refusal::DocumentFull);
    }
    Ok(Some(tx.put_object(ROOT, key, ObjType::Map)?))
}

type Cells = [(Field, Value); 3];

fn slot_cells(slot: &NewSlot) -> Result<Cells, Refusal> {
    let cell = |field, text: &str| Ok::<_, Refusal>((field, checked(field, &Value::from(text), Field::SLOT)?));
    Ok([cell(Field::Day, &slot.day)?, cell(Field::Starts, &slot.starts)?, cell(Field::Ends, &slot.ends)?])
}

fn add_slot(tx: &mut Transaction<'_>, slot: RowId, cells: Cells) -> Done {
    let Some(row) = new_row(tx, "slots", slot)? else { return Ok(()) };
    cells.iter().try_for_each(|(field, value)| set(tx, &row, field.key(), value))
}

fn trainer_name(trainer: &NewTrainer) -> Result<Value, Refusal> {
    let name = short(&trainer.name)?;
    if name == Value::Empty { Err(Refusal::NameMissing) } else { Ok(name) }
}

fn add_trainer(tx: &mut Transaction<'_>, trainer: RowId, name: &Value) -> Done {
    let Some(row) = new_family_row(tx, TRAINER, trainer, limit::TRAINERS_MAX)? else { return Ok(()) };
    set(tx, &row, Field::Label.key(), name)
}

/// The stages at which a dossier stands: several where people disagree.
fn stages(document: &Document) -> Result<Vec<String>, Refusal> {
    let values = document.crdt().get_all(ROOT, Field::Stage.key())?;
    let stages = values.iter().filter_map(|(value, _)| value.as_str().filter(|stage| !stage.is_empty()));
    Ok(stages.map(str::to_owned).collect())
}

/// Sets the stage and logs the move.
fn add_move(tx: &mut Transaction<'_>, moved: RowId, to: &Value, reason: &Value, at_ms: i64) -> Done {
    let Some(row) = new_family_row(tx, MOVE, moved, limit::MOVES_MAX)? else { return Ok(()) };
    set(tx, &row, "to", to)?;
    set(tx, &row, "reason", reason)?;
    set(tx, &row, "at_ms", &Value::Number(at_ms))?;
    set(tx, &ROOT, Field::Stage.key(), to)
}

/// M1: what is taken back stays, with a word beside it.
fn add_withdrawal(
    tx: &mut Transaction<'_>,
    id: RowId,
    of: RowId,
    reason: &Value,
    at_ms: i64,
) -> Result<Option<ObjId>, Refusal> {
    let Some(row) = new_row(tx, "withdrawals", id)? else { return Ok(None) };
    set(tx, &row, "mark", &Value::Text(of.to_string()))?;
    set(tx, &row, "reason", reason)?;
    set(tx, &row, "at_ms", &Value::Number(at_ms))?;
    Ok(Some(row))
}

/// M7: how two people, or two associations, are said to be one and told apart.
#[derive(Debug, Clone, Copy)]
struct Joining {
    kind: Kind,
    /// Names the one that stands for both.
    field: Field,
    capability: Capability,
}

impl Joining {
    fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Person => Some(Self { kind, field: Field::SameAs, capability: Capability::JoinPeople }),
            Kind::Association => {
                Some(Self { kind, field: Field::SameAssociation, capability: Capability::ChangeAssociation })
            }
            _ => None,
        }
    }

    /// Where it stands that the other is not the same: a map of its own in a person, the root of an association.
    fn place(self, tx: &Transaction<'_>, other: DocumentId) -> Result<(ObjId, String), Refusal> {
        Ok(match self.kind {
            Kind::Person => (map(tx, "not_same")?, other.to_string()),
            _ => (ROOT, family_key(APART, other)),
        })
    }

    /// Says that the other is not the same.
    fn tell_apart(self, tx: &mut Transaction<'_>, other: DocumentId) -> Done {
        let (object, key) = self.place(tx, other)?;
        set(tx, &object, &key, &Value::Number(1))
    }

    /// Takes back that the other is not the same.
    fn untell(self, tx: &mut Transaction<'_>, other: DocumentId) -> Done {
        let (object, key) = self.place(tx, other)?;
        if tx.get(&object, key.as_str())?.is_some() {
            tx.delete(&object, key)?;
        }
        Ok(())
    }

    /// Takes back that it is the other.
    fn unlink(self, tx: &mut Transaction<'_>, other: DocumentId) -> Done {
        let linked = tx.get(ROOT, self.field.key())?;
        let linked = linked.is_some_and(|(value, _)| value.as_str() == Some(&*other.to_string()));
        if linked { set(tx, &ROOT, self.field.key(), &Value::Empty) } else { Ok(()) }
    }
}

/// Whether a text names a blob: the SHA-256 of its bytes in hexadecimal.
#[must_use]
pub fn is_blob_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn blob_name(name: &str) -> Result<Value, Refusal> {
    if is_blob_name(name) { Ok(Value::from(name)) } else { Err(Refusal::ValueInvalid) }
}

/// Seals a version of an event's sheet (M8): what it says now is what was seen. The server alone does this, when it has made the
/// manifest that `code` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Which event.
    pub event: DocumentId,
    /// The sheet's row.
    pub sheet: RowId,
    /// The version of the document that was sealed.
    pub version: Vec<ChangeHash>,
    /// Why there is another version; empty for the first.
    pub reason: String,
    /// The code that is printed on it.
    pub code: String,
}

impl Seal {
    /// Writes the seal on top of a document.
    ///
    /// # Errors
    /// [`Refusal::DocumentFull`] where it was sealed as often as may be; then nothing was done.
    pub fn write(&self, document: &mut Document, author: &Author) -> Result<Option<Made>, Refusal> {
        let at_ms = i64::try_from(author.at_ms).unwrap_or(i64::MAX);
        let (version, reason) = (version_text(&self.version), lines(&self.reason)?);
        document.write(author, |tx| {
            let Some(row) = new_family_row(tx, SHEET, self.sheet, limit::SHEETS_MAX)? else { return Ok(()) };
            set(tx, &row, "version", &Value::Text(version))?;
            set(tx, &row, "reason", &reason)?;
            set(tx, &row, "code", &Value::from(&*self.code))?;
            set(tx, &row, "at_ms", &Value::Number(at_ms))
        })
    }
}

fn add_phone(tx: &mut Transaction<'_>, id: RowId, phone: &Phone) -> Done {
    let Some(row) = new_row(tx, "phones", id)? else { return Ok(()) };
    set(tx, &row, "raw", &short(&phone.raw)?)?;
    set(tx, &row, "country", &Value::from(phone.country.as_deref().unwrap_or_default()))?;
    set(tx, &row, "e164", &Value::from(phone.e164.as_deref().unwrap_or_default()))
}

/// M1: a mark is only ever added.
fn add_mark(tx: &mut Transaction<'_>, mark: &NewMark, at_ms: u64) -> Done {
    row(tx, "slots", mark.slot)?;
    let roster = map(tx, "roster")?;
    if tx.get(&roster, mark.person.to_string())?.is_none() {
        return Err(Refusal::RowUnknown);
    }
    let Some(row) = new_row(tx, "marks", mark.mark)? else { return Ok(()) };
    tx.put(&row, "person", mark.person.0.to_vec())?;
    tx.put(&row, "slot", mark.slot.0.to_vec())?;
    tx.put(&row, "status", mark.status.as_str())?;
    tx.put(&row, "at_ms", i64::try_from(at_ms).unwrap_or(i64::MAX))?;
    if let Some(minutes) = mark.minutes {
        tx.put(&row, "minutes", i64::from(minutes))?;
    }
    if mark.how != How::Tap {
        tx.put(&row, "how", mark.how.as_str())?;
    }
    Ok(())
}

fn join(tx: &mut Transaction<'_>, person: DocumentId, how: &str) -> Done {
    let roster = map(tx, "roster")?;
    let key = person.to_string();
    match tx.get(&roster, key.as_str())? {
        Some((said, _)) if said.as_str() != Some(TAKEN_OFF) => return Ok(()),
        None if tx.length(&roster) >= limit::ROSTER_MAX => return Err(Refusal::DocumentFull),
        _ => {}
    }
    Ok(tx.put(&roster, key, how)?)
}

/// One of the maps of the genesis.
fn map(tx: &Transaction<'_>, name: &str) -> Result<ObjId, Refusal> {
    match tx.get(ROOT, name)? {
        Some((Crdt::Object(ObjType::Map), id)) => Ok(id),
        _ => Err(Refusal::Failed),
    }
}

fn row(tx: &Transaction<'_>, rows: &str, id: RowId) -> Result<ObjId, Refusal> {
    match tx.get(map(tx, rows)?, id.to_string())? {
        Some((Crdt::Object(ObjType::Map), row)) => Ok(row),
        _ => Err(Refusal::RowUnknown),
    }
}

/// Adds a row, or nothing where the same edit was done before.
fn new_row(tx: &mut Transaction<'_>, rows: &str, id: RowId) -> Result<Option<ObjId>, Refusal> {
    let map = map(tx, rows)?;
    let key = id.to_string();
    if tx.get(&map, key.as_str())?.is_some() {
        return Ok(None);
    }
    let rows_max = match rows {
        "lines" => limit::LINES_MAX,
        "slots" => limit::SLOTS_MAX,
        // Several phones may each mark a whole roster in every slot.
        _ => limit::ROSTER_MAX * limit::SLOTS_MAX,
    };
    if tx.length(&map) >= rows_max {
        return Err(Refusal::DocumentFull);
    }
    Ok(Some(tx.put_object(&map, key, ObjType::Map)?))
}

/// Writes a register: only where that says something new, or where people disagree about it (M4).
fn set(tx: &mut Transaction<'_>, object: &ObjId, key: &str, value: &Value) -> Done {
    let present = tx.get_all(object, key)?;
    let same = match present.as_slice() {
        [] => *value == Value::Empty,
        [(Crdt::Scalar(scalar), _)] => Value::from_scalar(scalar) == *value,
        _ => false,
    };
    if same { Ok(()) } else { say(tx, object, key, value) }
}

/// Writes a register as a word of its own, one that can disagree with what others say apart.
///
/// Automerge alone writes nothing where the value stands already, and only deletes the other values where it stands among
/// several: then another's word, said apart, would prevail unasked.
fn say(tx: &mut Transaction<'_>, object: &ObjId, key: &str, value: &Value) -> Done {
    if tx.get(object, key)?.is_some() {
        tx.delete(object, key)?;
    }
    Ok(tx.put(object, key, value.to_scalar())?)
}

/// M6: says anew that a row stays, even where it says so already: only a fresh word can disagree with a removal made apart.
fn assert_kept(tx: &mut Transaction<'_>, row: &ObjId) -> Done {
    say(tx, row, "state", &Value::from("kept"))
}

/// The paragraphs of a section that another text took the place of: nobody can read them again.
fn forget_touches(tx: &mut Transaction<'_>, section: &str) -> Done {
    let touched = map(tx, "touched")?;
    let keys: Vec<String> = tx.keys(&touched).filter(|key| key.split('/').next() == Some(section)).collect();
    for key in keys {
        tx.delete(&touched, key)?;
    }
    Ok(())
}

fn short(text: &str) -> Result<Value, Refusal> {
    bounded(text, limit::SHORT_CHARS_MAX)
}

fn lines(text: &str) -> Result<Value, Refusal> {
    bounded(text, limit::LINES_CHARS_MAX)
}

fn bounded(text: &str, chars_max: usize) -> Result<Value, Refusal> {
    let text = text.trim();
    if text.chars().count() > chars_max { Err(Refusal::TextTooLong) } else { Ok(Value::from(text)) }
}

pub(crate) fn is_section_key(key: &str) -> bool {
    (1..=40).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A value, tidied, if the field is one of `allowed` and takes it.
pub(crate) fn checked(field: Field, value: &Value, allowed: &[Field]) -> Result<Value, Refusal> {
    if !allowed.contains(&field) {
        return Err(Refusal::FieldUnknown);
    }
    let value = match (value, field.accepts()) {
        (
            Value::Text(text),
            Accepts::Rna | Accepts::OldRna | Accepts::Siren | Accepts::Siret | Accepts::Ice | Accepts::Digits(_),
        ) => Value::Text(text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()),
        _ => value.clone(),
    };
    let value = value.tidy();
    let fits = match (&value, field.accepts()) {
        (Value::Empty, _) => true,
        (Value::Text(text), Accepts::Text(chars_max)) if text.chars().count() > chars_max => {
            return Err(Refusal::TextTooLong);
        }
        (Value::Text(_), Accepts::Text(_)) => true,
        (Value::Text(word), Accepts::Word(words)) => words.contains(&&**word),
        (Value::Text(day), Accepts::Day) => is_day(day),
        (Value::Text(time), Accepts::Time) => is_time(time),
        (Value::Text(id), Accepts::Document(_)) => id.parse::<DocumentId>().is_ok(),
        (Value::Text(rna), Accepts::Rna) => registry::is_rna(rna),
        (Value::Text(rna), Accepts::OldRna) => registry::is_old_rna(rna),
        (Value::Text(siren), Accepts::Siren) => registry::is_siren(siren),
        (Value::Text(siret), Accepts::Siret) => registry::is_siret(siret),
        (Value::Text(number), Accepts::Digits(count)) => registry::is_digits(number, count),
        (Value::Number(number), Accepts::Number(least, most)) => (least..=most).contains(number),
        (Value::Text(ice), Accepts::Ice) => registry::is_ice(ice),
        (Value::Text(name), Accepts::Blob) => is_blob_name(name),
        (Value::Text(row), Accepts::Row) => row.parse::<RowId>().is_ok(),
        (Value::Text(_), Accepts::Number(..)) | (Value::Number(_), _) => false,
    };
    if fits { Ok(value) } else { Err(Refusal::ValueInvalid) }
}

fn number(text: &str, range: std::ops::RangeInclusive<u32>) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse().is_ok_and(|n| range.contains(&n))
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let widths = (year.len(), month.len(), day.len()) == (4, 2, 2);
    if !widths || !number(year, 1800..=2200) || !number(month, 1..=12) || !number(day, 1..=31) {
        return false;
    }
    let (year, month, day): (u32, u32, u32) =
        (year.parse().unwrap_or(0), month.parse().unwrap_or(0), day.parse().unwrap_or(0));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    day <= days
}

fn is_time(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else { return false };
    hours.len() == 2 && minutes.len() == 2 && number(hours, 0..=24) && number(minutes, 0..=59)
}

/// A version as views write it: the heads in hexadecimal, joined by `.`.
#[must_use]
pub fn version_text(heads: &[ChangeHash]) -> String {
    heads.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// The heads of such a version; none where it is not one.
#[must_use]
pub fn version_heads(version: &str) -> Vec<ChangeHash> {
    let heads: Option<Vec<_>> = version.split('.').map(|head| head.parse().ok()).collect();
    heads.unwrap_or_default()
}
