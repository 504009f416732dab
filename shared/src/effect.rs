//! What a change does to a document, and which capabilities that takes.
//!
//! The server judges the operations of each change, whatever edit it claims to come from: a phone that was tampered with gains
//! nothing. What no edit of ours writes is refused to everybody.

use std::collections::BTreeMap;

use automerge::{
    ObjType, ScalarValue,
    legacy::{OpId, OpType},
};

use crate::{
    consent::Agreed,
    decision::{self, capability_to_settle},
    document::Kind,
    edit::{self, Refusal, checked, family_of, is_section_key},
    field::{AGE_BANDS, Field, SEXES, Value},
    id::{AccountId, DocumentId, RowId},
    limit,
    permission::{Capability, capability_to_begin},
    record::DossierRecord,
    role::Role,
    stage::{self, Around, Known},
    table::Table,
    visa::Visaed,
};

/// One operation of a change, and the place that it touches.
#[derive(Debug, Clone, Copy)]
pub struct Touch<'a> {
    /// The keys that lead from the root to the map or text that it changes.
    pub path: &'a [String],
    /// The key in that map; none in a text.
    pub key: Option<&'a str>,
    /// That map or text was made by this same change.
    pub object_is_new: bool,
    /// What it takes the place of.
    pub replaces: &'a [OpId],
    /// What it does there.
    pub action: &'a OpType,
}

/// Judges one change, operation by operation.
#[derive(Debug)]
pub struct Judge {
    document: DocumentId,
    kind: Kind,
    role: Role,
    /// The change is the document's first.
    begins: bool,
    stage: Option<StageSet>,
    /// The stages that it logs a move to.
    logged: Vec<String>,
    /// The decisions that it writes down, and the place that each was asked about.
    decisions: BTreeMap<String, Option<String>>,
    /// The places of which it says which decision holds.
    decided: Vec<(String, String)>,
}

/// What the change does with the stage.
#[derive(Debug, Default)]
struct StageSet {
    replaces: Vec<OpId>,
    to: String,
}

type Judged = Result<(), Refusal>;

const IS_DECIDED: [&str; 3] = [decision::DECISION, decision::DECIDED, decision::ASSIGNED];

impl Judge {
    /// A judge of a change by an author of that role.
    #[must_use]
    pub fn new(document: DocumentId, kind: Kind, role: Role, begins: bool) -> Self {
        let (decisions, decided) = (BTreeMap::new(), Vec::new());
        Self { document, kind, role, begins, stage: None, logged: Vec::new(), decisions, decided }
    }

    /// Judges one operation.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where the table does not let this role do that; [`Refusal::Sealed`] where what is written once would be
    /// written again; [`Refusal::NoSuchEdit`] where nobody could; what is wrong with a value that no field takes.
    pub fn touch(&mut self, touch: &Touch<'_>) -> Judged {
        let path: Vec<&str> = touch.path.iter().map(String::as_str).collect();
        match (self.kind, path.as_slice()) {
            (_, []) if touch.key.and_then(family_of).is_some_and(|(family, _)| IS_DECIDED.contains(&family)) => {
                self.decided_root(touch)
            }
            (_, [row]) if family_of(row).is_some_and(|(family, _)| family == decision::DECISION) => {
                self.decision_cell(touch, row)
            }
            (_, []) if touch.key.is_some_and(|key| self.table(key).is_some()) => {
                self.add_sealed_row(touch, self.write_rows())
            }
            // What somebody said without a name is theirs alone.
            (_, [row]) if self.table(row).is_some_and(Table::is_sealed) && !touch.object_is_new => Err(Refusal::Sealed),
            (_, [row]) if self.table(row).is_some() => {
                let fields = self.table(row).map_or(&[][..], Table::fields);
                match touch.key {
                    Some("state") => self.state(touch, self.write_rows()),
                    Some("at_ms") => self.sealed_cell(touch, &["at_ms"], self.write_rows()),
                    _ => self.row_field(touch, fields, self.write_rows()),
                }
            }
            (Kind::Event, []) if touch.key.is_some_and(|key| family_of(key).is_some()) => self.event_root(touch),
            (Kind::Call, []) if touch.key.is_some_and(|key| family_of(key).is_some()) => {
                let capability = self.change_call();
                match touch.key.and_then(family_of) {
                    Some((edit::VERSION, id)) if id.parse::<RowId>().is_ok() => self.add_sealed_row(touch, capability),
                    Some((edit::CONFIRM, field)) if is_rule(field) => self.register(touch, capability),
                    _ => Err(Refusal::NoSuchEdit),
                }
            }
            // C1: what was published stays as it is.
            (Kind::Call, [row]) if family_of(row).is_some_and(|(family, _)| family == edit::VERSION) => {
                self.sealed_cell(touch, &["heads", "number", "note", "at_ms"], self.change_call())
            }
            (Kind::Dossier, []) if touch.key.is_some_and(|key| family_of(key).is_some()) => {
                let (family, id) = touch.key.and_then(family_of).ok_or(Refusal::NoSuchEdit)?;
                id.parse::<RowId>().map_err(|_| Refusal::NoSuchEdit)?;
                match family {
                    edit::TIME => self.add_sealed_row(touch, self.write_dossier()),
                    edit::VISA => self.add_sealed_row(touch, Capability::GiveVisa),
                    // Who may move it where is judged of the stage, with which the log must agree.
                    edit::MOVE => self.add_sealed_row(touch, Capability::SubmitDossier),
                    _ => Err(Refusal::NoSuchEdit),
                }
            }
            (Kind::Dossier, []) if touch.key == Some(edit::REVIEW) => match touch.action {
                OpType::Put(value) if !matches!(value, ScalarValue::Int(0..) | ScalarValue::Null) => {
                    Err(Refusal::ValueInvalid)
                }
                _ => self.register(touch, Capability::GiveVisa),
            },
            (Kind::Association, [])
                if touch.key.and_then(family_of).is_some_and(|(family, _)| family == edit::APART) =>
            {
                let (_, id) = touch.key.and_then(family_of).ok_or(Refusal::NoSuchEdit)?;
                id.parse::<DocumentId>().map_err(|_| Refusal::NoSuchEdit)?;
                self.register(touch, self.capability_for(Field::SameAssociation, touch.action))
            }
            (_, []) => self.root(touch),
            (Kind::Person, ["not_same"]) => {
                key_as::<DocumentId>(touch)?;
                self.register(touch, Capability::JoinPeople)
            }
            (Kind::Contact, ["phones" | "emails"]) => self.add_row(touch, Capability::AddContact),
            (Kind::Contact, [rows @ ("phones" | "emails"), _]) => {
                let cells: &[&str] = if *rows == "phones" { &["raw", "country", "e164"] } else { &["address"] };
                let capability = if touch.object_is_new { Capability::AddContact } else { Capability::ChangeContact };
                self.cell(touch, cells, capability)
            }
            (Kind::Event, ["slots"]) => self.add_row(touch, self.change_event()),
            (Kind::Event, ["slots", _]) if touch.key == Some("state") => self.state(touch, self.change_event()),
            (Kind::Event, ["slots", _]) => self.row_field(touch, Field::SLOT, self.change_event()),
            (Kind::Event, [row]) if family_of(row).is_some() => self.event_row(touch, row),
            (Kind::Event, ["roster"]) => {
                key_as::<DocumentId>(touch)?;
                match touch.action {
                    OpType::Put(ScalarValue::Str(how)) if *how == "expected" || *how == "walk_in" => {
                        self.needs(Capability::AddToRoster)
                    }
                    OpType::Put(ScalarValue::Str(how)) if *how == edit::TAKEN_OFF => self.needs(self.change_event()),
                    _ => Err(Refusal::NoSuchEdit),
                }
            }
            (Kind::Event, ["marks"]) => self.add_sealed(touch, Capability::Mark),
            (Kind::Event, ["withdrawals"]) => self.add_sealed(touch, Capability::WithdrawMark),
            (Kind::Event, ["marks", _]) => {
                self.sealed_cell(touch, &["person", "slot", "status", "at_ms", "minutes", "how"], Capability::Mark)
            }
            (Kind::Event, ["withdrawals", _]) => {
                let cells = ["mark", "reason", "at_ms", decision::BY_DECISION];
                self.sealed_cell(touch, &cells, Capability::WithdrawMark)
            }
            (Kind::Dossier, ["sections"]) => {
                let text = *touch.action == OpType::Make(ObjType::Text) && touch.key.is_some_and(is_section_key);
                if text { self.needs(self.write_dossier()) } else { Err(Refusal::NoSuchEdit) }
            }
            (Kind::Dossier, ["sections", _]) if touch.key.is_none() => self.needs(self.write_dossier()),
            (Kind::Dossier, ["touched"]) => {
                let paragraph =
                    touch.key.and_then(|key| key.split_once('/')).is_some_and(|(key, _)| is_section_key(key));
                if paragraph { self.register(touch, self.write_dossier()) } else { Err(Refusal::NoSuchEdit) }
            }
            (Kind::Dossier, ["lines"]) => self.add_row(touch, self.write_dossier()),
            (Kind::Dossier, ["lines", _]) => match touch.key {
                Some("side" | "order" | "state") => self.register(touch, self.write_dossier()),
                _ => self.row_field(touch, Field::LINE, self.write_dossier()),
            },
            (Kind::Dossier, [row])
                if family_of(row).is_some_and(|(family, id)| family == edit::TIME && id.parse::<RowId>().is_ok()) =>
            {
                match touch.key {
                    Some("state") => self.state(touch, self.write_dossier()),
                    _ => self.row_field(touch, Field::TIME, self.write_dossier()),
                }
            }
            (Kind::Dossier, [row]) if family_of(row).is_some_and(|(family, _)| family == edit::VISA) => {
                let cells = ["order", "version", "verdict", "remarks", "at_ms"];
                self.sealed_cell(touch, &cells, Capability::GiveVisa)
            }
            (Kind::Dossier, [row]) if family_of(row).is_some_and(|(family, _)| family == edit::MOVE) => {
                if let (Some("to"), OpType::Put(value)) = (touch.key, touch.action) {
                    self.logged.push(Value::from_scalar(value).to_string());
                }
                self.sealed_cell(touch, &["to", "reason", "at_ms"], Capability::SubmitDossier)
            }
            (Kind::Call, ["sections"]) => {
                let row = *touch.action == OpType::Make(ObjType::Map) && touch.key.is_some_and(is_section_key);
                if row { self.needs(Capability::ChangeCall) } else { Err(Refusal::NoSuchEdit) }
            }
            (Kind::Call, ["sections", _]) => {
                self.cell(touch, &["title", "guidance", "chars_max", "order"], Capability::ChangeCall)
            }
            _ => Err(Refusal::NoSuchEdit),
        }
    }

    /// Judges what only the change as a whole shows: whether a dossier's stage may be moved so (M9). `value_of` finds the text that an
    /// operation wrote; `after` reads the dossier as it is with this change, what its visas say of it, and what it names where that is
    /// at hand.
    ///
    /// # Errors
    /// See [`stage::check`]; [`Refusal::NoSuchEdit`] where the log of moves says something else.
    pub fn finish(
        self,
        value_of: impl Fn(&OpId) -> Option<String>,
        after: impl FnOnce() -> Option<(DossierRecord, Visaed, Option<Around>)>,
    ) -> Judged {
        // Q1: what holds of a place is a decision about it, that was written down with this.
        let written = |(place, row): &(String, String)| self.decisions.get(row).and_then(Option::as_ref) == Some(place);
        if self.decisions.values().any(Option::is_none) || !self.decided.iter().all(written) {
            return Err(Refusal::NoSuchEdit);
        }
        let to = self.stage.as_ref().map_or("", |set| &set.to);
        if self.logged.iter().any(|logged| logged != to) {
            return Err(Refusal::NoSuchEdit);
        }
        let Some(set) = &self.stage else { return Ok(()) };
        if self.role.may(Capability::CorrectStage) {
            return Ok(());
        }
        let before = set.replaces.iter().filter_map(value_of).filter(|stage| !stage.is_empty());
        let before: Vec<String> = before.collect();
        let mut read = None;
        stage::check(self.role, &before, &set.to, || {
            let (dossier, visa, around) = read.insert(after()?);
            Some(Known { dossier, visa: *visa, others: around.as_ref().map(Around::others) })
        })
    }

    fn root(&mut self, touch: &Touch<'_>) -> Judged {
        let field = touch.key.and_then(Field::from_key).filter(|field| Field::of(self.kind).contains(field));
        let field = field.ok_or(Refusal::NoSuchEdit)?;
        if field == Field::Stage {
            let set = self.stage.get_or_insert_default();
            set.replaces.extend(touch.replaces.iter().cloned());
            if let OpType::Put(value) = touch.action {
                set.to = Value::from_scalar(value).to_string();
            }
        }
        if let (Kind::Contact, Field::Person, OpType::Put(value)) = (self.kind, field, touch.action) {
            let person = Value::from_scalar(value).text().parse().map(DocumentId::contact_of);
            // Another person's contact would show phones under the wrong name.
            if person != Ok(self.document) {
                return Err(Refusal::NoSuchEdit);
            }
        }
        if field == Field::Stage {
            // Who may move it depends on where from and where to.
            return match touch.action {
                OpType::Put(value) => checked(field, &Value::from_scalar(value), &[Field::Stage]).map(drop),
                OpType::Delete => Ok(()),
                _ => Err(Refusal::NoSuchEdit),
            };
        }
        self.field(touch, field, Field::of(self.kind), self.capability_for(field, touch.action))
    }

    /// What stands at the root of any document about decisions: who may settle a Question may write down how, and no one else.
    fn decided_root(&mut self, touch: &Touch<'_>) -> Judged {
        let (family, place) = touch.key.and_then(family_of).ok_or(Refusal::NoSuchEdit)?;
        if family == decision::DECISION {
            place.parse::<RowId>().map_err(|_| Refusal::NoSuchEdit)?;
            self.decisions.insert(format!("{family}/{place}"), None);
            // Who may is judged of the cell that says what was asked.
            return match touch.action {
                _ if !touch.replaces.is_empty() => Err(Refusal::Sealed),
                OpType::Make(ObjType::Map) => Ok(()),
                _ => Err(Refusal::NoSuchEdit),
            };
        }
        let capability = capability_to_settle(self.kind, place).ok_or(Refusal::NoSuchEdit)?;
        match (family, touch.action) {
            (decision::DECIDED, OpType::Put(ScalarValue::Str(row))) => {
                self.decided.push((place.to_owned(), format!("{}/{row}", decision::DECISION)));
            }
            (decision::ASSIGNED, OpType::Put(ScalarValue::Null)) | (_, OpType::Delete) => {}
            (decision::ASSIGNED, OpType::Put(ScalarValue::Str(id))) if id.parse::<AccountId>().is_ok() => {}
            _ => return Err(Refusal::NoSuchEdit),
        }
        self.register(touch, capability)
    }

    fn decision_cell(&mut self, touch: &Touch<'_>, row: &str) -> Judged {
        if !touch.object_is_new {
            return Err(Refusal::Sealed);
        }
        match (touch.key, touch.action) {
            (Some("asked"), OpType::Put(ScalarValue::Str(place))) => {
                let capability = capability_to_settle(self.kind, place).ok_or(Refusal::NoSuchEdit)?;
                self.decisions.insert(row.to_owned(), Some(place.to_string()));
                self.needs(capability)
            }
            (Some("chose"), OpType::Put(ScalarValue::Str(_) | ScalarValue::Int(_)))
            | (Some("reason"), OpType::Put(ScalarValue::Str(_)))
            | (Some("at_ms"), OpType::Put(ScalarValue::Int(_))) => Ok(()),
            _ => Err(Refusal::NoSuchEdit),
        }
    }

    /// What stands at an event's root beside its fields: see `edit::SIGNATURE`.
    fn event_root(&self, touch: &Touch<'_>) -> Judged {
        let Some((family, id)) = touch.key.and_then(family_of) else { return Err(Refusal::NoSuchEdit) };
        let is_row = id.parse::<RowId>().is_ok();
        match family {
            edit::SIGNATURE | edit::PAPER | edit::TRAINER if !is_row => Err(Refusal::NoSuchEdit),
            edit::SIGNATURE | edit::PAPER => self.add_sealed_row(touch, Capability::Mark),
            edit::TRAINER => self.add_sealed_row(touch, self.change_event()),
            edit::LINK if id.parse::<DocumentId>().is_ok() => self.register(touch, self.change_event()),
            edit::HEADCOUNT => match touch.action {
                OpType::Put(value) if !is_headcount(id, &Value::from_scalar(value)) => Err(Refusal::ValueInvalid),
                _ => self.register(touch, Capability::Mark),
            },
            // The server alone seals, and nobody touches what is sealed.
            edit::SHEET => Err(Refusal::Sealed),
            _ => Err(Refusal::NoSuchEdit),
        }
    }

    /// A cell of such a row.
    fn event_row(&self, touch: &Touch<'_>, row: &str) -> Judged {
        match (family_of(row).map(|(family, _)| family), touch.key) {
            (Some(edit::SIGNATURE), _) => {
                self.sealed_cell(touch, &["person", "trainer", "slot", "ink", "how", "at_ms"], Capability::Mark)
            }
            (Some(edit::PAPER), Some("state")) => self.state(touch, Capability::Mark),
            (Some(edit::PAPER), _) => self.sealed_cell(touch, &["slot", "blob", "at_ms"], Capability::Mark),
            (Some(edit::TRAINER), Some("state")) => self.state(touch, self.change_event()),
            (Some(edit::TRAINER), _) => self.row_field(touch, Field::TRAINER, self.change_event()),
            (Some(edit::SHEET), _) => Err(Refusal::Sealed),
            _ => Err(Refusal::NoSuchEdit),
        }
    }

    fn capability_for(&self, field: Field, action: &OpType) -> Capability {
        match (self.kind, field) {
            (Kind::Person, Field::SameAs) => Capability::JoinPeople,
            (Kind::Contact, Field::MessagesConsent) if !self.begins => match action {
                OpType::Put(value) => {
                    Agreed::of(&Value::from_scalar(value)).map_or(Capability::ChangeContact, capability_to_say)
                }
                // A word is cleared before it is said anew.
                _ => Capability::AddContact,
            },
            (Kind::Contact, _) => Capability::AddContact,
            // The house's rules begin with the first of them that somebody sets.
            (Kind::Settings, _) => capability_to_set(self.kind, field),
            _ if self.begins => capability_to_begin(self.kind),
            _ => capability_to_set(self.kind, field),
        }
    }

    fn change_event(&self) -> Capability {
        if self.begins { Capability::AddEvent } else { Capability::ChangeEvent }
    }

    fn write_dossier(&self) -> Capability {
        if self.begins { Capability::AddDossier } else { Capability::WriteDossier }
    }

    fn change_call(&self) -> Capability {
        if self.begins { capability_to_begin(Kind::Call) } else { Capability::ChangeCall }
    }

    fn write_rows(&self) -> Capability {
        if self.begins { capability_to_begin(self.kind) } else { capability_to_write_rows(self.kind) }
    }

    /// The table of which a key at the root is a row.
    fn table(&self, key: &str) -> Option<Table> {
        let (family, _) = family_of(key).filter(|(_, id)| id.parse::<RowId>().is_ok())?;
        Table::from_key(family).filter(|table| table.is_of(self.kind))
    }

    fn needs(&self, capability: Capability) -> Judged {
        if self.role.may(capability) { Ok(()) } else { Err(Refusal::NotAllowed) }
    }

    /// A register that one of our fields is.
    fn field(&self, touch: &Touch<'_>, field: Field, allowed: &[Field], capability: Capability) -> Judged {
        if let OpType::Put(value) = touch.action {
            checked(field, &Value::from_scalar(value), allowed)?;
        }
        self.register(touch, capability)
    }

    /// The field of a row.
    fn row_field(&self, touch: &Touch<'_>, fields: &[Field], capability: Capability) -> Judged {
        let field = touch.key.and_then(Field::from_key).ok_or(Refusal::NoSuchEdit)?;
        self.field(touch, field, fields, capability)
    }

    /// A plain value: set, or cleared before it is set anew.
    fn register(&self, touch: &Touch<'_>, capability: Capability) -> Judged {
        let plain = touch.key.is_some() && matches!(touch.action, OpType::Put(_) | OpType::Delete);
        if plain { self.needs(capability) } else { Err(Refusal::NoSuchEdit) }
    }

    fn cell(&self, touch: &Touch<'_>, cells: &[&str], capability: Capability) -> Judged {
        let known = touch.key.is_some_and(|key| cells.contains(&key));
        if known { self.register(touch, capability) } else { Err(Refusal::NoSuchEdit) }
    }

    /// A new row; nothing takes the place of one, and none is taken out.
    fn add_row(&self, touch: &Touch<'_>, capability: Capability) -> Judged {
        key_as::<RowId>(touch)?;
        let adds = *touch.action == OpType::Make(ObjType::Map) && touch.replaces.is_empty();
        if adds { self.needs(capability) } else { Err(Refusal::NoSuchEdit) }
    }

    /// M1: a mark or a withdrawal is added, and never touched again, by whomever.
    fn add_sealed(&self, touch: &Touch<'_>, capability: Capability) -> Judged {
        key_as::<RowId>(touch)?;
        self.add_sealed_row(touch, capability)
    }

    fn add_sealed_row(&self, touch: &Touch<'_>, capability: Capability) -> Judged {
        match touch.action {
            _ if !touch.replaces.is_empty() => Err(Refusal::Sealed),
            OpType::Make(ObjType::Map) => self.needs(capability),
            _ => Err(Refusal::NoSuchEdit),
        }
    }

    /// Whether a row stays (M6).
    fn state(&self, touch: &Touch<'_>, capability: Capability) -> Judged {
        match touch.action {
            OpType::Put(ScalarValue::Str(word)) if *word != "kept" && *word != "removed" => Err(Refusal::ValueInvalid),
            _ => self.register(touch, capability),
        }
    }

    fn sealed_cell(&self, touch: &Touch<'_>, cells: &[&str], capability: Capability) -> Judged {
        if touch.object_is_new { self.cell(touch, cells, capability) } else { Err(Refusal::Sealed) }
    }
}

/// What it takes to set a field of a document that is there already.
#[must_use]
pub fn capability_to_set(kind: Kind, field: Field) -> Capability {
    match (kind, field) {
        (Kind::Person, Field::SameAs) => Capability::JoinPeople,
        (Kind::Person, _) => Capability::ChangePerson,
        (Kind::Contact, _) => Capability::ChangeContact,
        (Kind::Association, _) => Capability::ChangeAssociation,
        (Kind::Event, _) => Capability::ChangeEvent,
        (Kind::Dossier, Field::PortalReference | Field::FiledDay) => Capability::SubmitDossier,
        (Kind::Dossier, field) if Field::WAY.contains(&field) && field != Field::Coordinator => Capability::MoveStage,
        (Kind::Dossier, _) => Capability::WriteDossier,
        (Kind::Call, _) => Capability::ChangeCall,
        (Kind::Settings, Field::Targets) => Capability::SetTargets,
        (Kind::Settings, _) => Capability::ChangeSettings,
    }
}

/// What it takes to add, change or remove a row of a table.
#[must_use]
pub fn capability_to_write_rows(kind: Kind) -> Capability {
    match kind {
        // Its tables are filled at the door.
        Kind::Event => Capability::Mark,
        _ => capability_to_set(kind, Field::Order),
    }
}

/// What it takes to say of somebody whose contact is there already what they want about messages. Whoever stands before them takes a no;
/// a yes is for those who hold the contact and see what was said before.
#[must_use]
pub fn capability_to_say(agreed: Agreed) -> Capability {
    match agreed {
        Agreed::Given => Capability::ChangeContact,
        Agreed::Withdrawn => Capability::AddContact,
    }
}

/// Whether a key names a rule of a call.
fn is_rule(key: &str) -> bool {
    Field::from_key(key).is_some_and(|field| Field::of(Kind::Call).contains(&field))
}

/// Whether such a headcount can be: of a half-day, by sex and age band.
fn is_headcount(key: &str, people: &Value) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    let [slot, sex, age_band] = parts[..] else { return false };
    let counts = people.number().map_or(*people == Value::Empty, |n| (0..=limit::HEADCOUNT_MAX).contains(&n));
    let band = age_band.is_empty() || AGE_BANDS.contains(&age_band);
    slot.parse::<RowId>().is_ok() && SEXES.contains(&sex) && band && counts
}

/// The key as an id of that kind: another one would be a row that no record shows.
fn key_as<T: std::str::FromStr>(touch: &Touch<'_>) -> Result<T, Refusal> {
    touch.key.and_then(|key| key.parse().ok()).ok_or(Refusal::NoSuchEdit)
}
