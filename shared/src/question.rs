//! Questions: what a merge leaves to a human.
//!
//! They are derived from records and never stored as truth, so the same documents ask the same Questions everywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    decision::Decided,
    field::{Field, Value},
    id::{DocumentId, RowId},
    mark::{Attendance, Mark, attendance},
    oddity::{self, Oddity},
    record::{Apart, DossierRecord, EventRecord, Fields, LineState, ReadAgain, Record},
    table::Table,
    twin::{self, Pair, Reason},
};

/// One thing that a human must decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Question {
    /// M4: people set a field to different values, apart. Settled by `SetField`.
    FieldSetApart {
        /// In which document.
        document: DocumentId,
        /// In which of its rows.
        row: Option<RowId>,
        /// Which field.
        field: Field,
        /// All values, the shown one first.
        values: Vec<Apart>,
    },
    /// M2: marks of one person in one slot contradict. Settled by `SettleMarks`.
    MarksContradict {
        /// At which event.
        event: DocumentId,
        /// In which slot.
        slot: RowId,
        /// Whose.
        person: DocumentId,
        /// The marks that stand.
        marks: Vec<Mark>,
    },
    /// M5: a paragraph was edited apart. Settled by `ReadAgain`, or by editing it again.
    ReadAgain {
        /// In which dossier.
        dossier: DocumentId,
        /// In which section.
        section: String,
        /// The paragraph and its versions.
        paragraph: ReadAgain,
    },
    /// M10: the same section was begun on two devices apart. Settled by `SettleSection`.
    SectionBegunApart {
        /// In which dossier.
        dossier: DocumentId,
        /// Which section.
        section: String,
        /// Every text, the shown one first.
        texts: Vec<String>,
    },
    /// M6: a budget line, or an entry of the log of volunteers' time, was removed by one and changed by another. Settled by `SetLineState`.
    LineRemovedAndChanged {
        /// In which dossier.
        dossier: DocumentId,
        /// Which line.
        line: RowId,
        /// What the line is.
        label: String,
        /// What it amounts to.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        amount_cents: i64,
    },
    /// M6: a row of a table was removed by one and changed by another. Settled by `KeepRow`.
    RowRemovedAndChanged {
        /// In which document.
        document: DocumentId,
        /// In which table.
        table: Table,
        /// Which row.
        row: RowId,
        /// What the row is.
        label: String,
    },
    /// M4: people set a number of people without names to different values, apart. Settled by `SetHeadcount`.
    CountedApart {
        /// At which event.
        event: DocumentId,
        /// In which slot.
        slot: RowId,
        /// Of which sex.
        sex: String,
        /// Of which age band, or empty.
        age_band: String,
        /// All values, the shown one first.
        values: Vec<Apart>,
    },
    /// Something about a sheet is odd. Nothing settles it: it is seen (Q4).
    SheetOdd {
        /// Of which event.
        event: DocumentId,
        /// Of which slot.
        slot: RowId,
        /// What.
        oddity: Oddity,
    },
    /// M8: marks or signatures came, or were taken back, after the sheet was sealed. Settled by sealing another version, or seen (Q4).
    LateMarks {
        /// At which event.
        event: DocumentId,
        /// The marks.
        marks: Vec<Mark>,
        /// How many marks and signatures in all.
        late: u32,
        /// What names all of them: of others it is another.
        which: String,
    },
    /// M7: two people, or two associations, may be one. Settled by `LinkSame` or `NotSame`.
    PossibleDuplicate {
        /// One.
        person: DocumentId,
        /// The other.
        other: DocumentId,
        /// Why it seems so.
        reasons: Vec<Reason>,
    },
}

/// What a Question wants of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Somebody must decide.
    Decide,
    /// A rule has decided, or somebody has seen it.
    Inform,
}

/// The name of the Question that a document asks about a place.
#[must_use]
pub fn id_of(document: DocumentId, place: &str) -> String {
    match place.split_once('/') {
        Some((family, rest)) => format!("{family}/{document}/{rest}"),
        None => format!("{place}/{document}"),
    }
}

impl Question {
    /// A name for this Question that is the same on every device.
    #[must_use]
    pub fn id(&self) -> String {
        id_of(self.document(), &self.place())
    }

    /// The place in its document that it asks about.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::FieldSetApart { row: None, field, .. } => format!("field/{}", field.key()),
            Self::FieldSetApart { row: Some(row), field, .. } => format!("field/{row}/{}", field.key()),
            Self::MarksContradict { slot, person, .. } => format!("marks/{slot}/{person}"),
            Self::CountedApart { slot, sex, age_band, .. } => format!("count/{slot}/{sex}/{age_band}"),
            Self::SheetOdd { slot, oddity, .. } => format!("sheet/{slot}/{}", oddity.key()),
            Self::LateMarks { .. } => "late".to_owned(),
            Self::ReadAgain { section, paragraph, .. } => format!("read/{section}/{}", paragraph.anchor),
            Self::SectionBegunApart { section, .. } => format!("begun/{section}"),
            Self::LineRemovedAndChanged { line, .. } => format!("line/{line}"),
            Self::RowRemovedAndChanged { row, .. } => format!("row/{row}"),
            Self::PossibleDuplicate { other, .. } => format!("same/{other}"),
        }
    }

    /// What there is to be seen of it, where nothing else can be done about it (Q4).
    #[must_use]
    pub fn to_be_seen(&self) -> Option<Value> {
        match self {
            Self::LateMarks { which, .. } => Some(Value::from(&**which)),
            Self::SheetOdd { oddity, .. } => Some(Value::Text(oddity.seen())),
            _ => None,
        }
    }

    /// Whether somebody must decide. M3 decides about signatures; what was seen, and has not changed since, is for information (Q4).
    #[must_use]
    pub fn level(&self, decided: &Decided) -> Level {
        let ruled = matches!(self, Self::SheetOdd { oddity: Oddity::SignedAgain { .. }, .. });
        let seen = self.to_be_seen().is_some_and(|seen| decided.standing(&self.place()) == Some(&seen));
        if ruled || seen { Level::Inform } else { Level::Decide }
    }

    /// The document that it is about.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        match self {
            Self::FieldSetApart { document, .. } | Self::RowRemovedAndChanged { document, .. } => *document,
            Self::MarksContradict { event, .. }
            | Self::CountedApart { event, .. }
            | Self::SheetOdd { event, .. }
            | Self::LateMarks { event, .. } => *event,
            Self::ReadAgain { dossier, .. }
            | Self::SectionBegunApart { dossier, .. }
            | Self::LineRemovedAndChanged { dossier, .. } => *dossier,
            Self::PossibleDuplicate { person, .. } => *person,
        }
    }
}

/// The Questions that one document raises by itself.
#[must_use]
pub fn of_record(document: DocumentId, record: &Record) -> Vec<Question> {
    let mut questions = Vec::new();
    fields(document, None, record.fields(), &mut questions);
    for (table, row) in record.rows().all_kept() {
        if row.state == LineState::RemovedAndChanged {
            let label = row.fields.get(table.required()).to_string();
            questions.push(Question::RowRemovedAndChanged { document, table, row: row.id, label });
        }
        fields(document, Some(row.id), &row.fields, &mut questions);
    }
    match record {
        Record::Event(event) => of_event(document, event, &mut questions),
        Record::Dossier(dossier) => of_dossier(document, dossier, &mut questions),
        _ => {}
    }
    questions
}

fn fields(document: DocumentId, row: Option<RowId>, fields: &Fields, questions: &mut Vec<Question>) {
    let apart = fields.0.iter().filter(|(_, register)| !register.apart.is_empty());
    questions.extend(apart.map(|(field, register)| Question::FieldSetApart {
        document,
        row,
        field: *field,
        values: register.apart.clone(),
    }));
}

fn of_event(event: DocumentId, record: &EventRecord, questions: &mut Vec<Question>) {
    for slot in &record.slots {
        fields(event, Some(slot.id), &slot.fields, questions);
    }
    for trainer in &record.trainers {
        fields(event, Some(trainer.id), &trainer.fields, questions);
    }
    let late = record.late();
    if late > 0 {
        let marks: Vec<Mark> =
            record.marks.iter().filter(|mark| mark.late && mark.withdrawn.is_none()).cloned().collect();
        let signatures = record.signatures.iter().filter(|one| one.late && one.withdrawn.is_none()).map(|one| one.id);
        let all = marks.iter().map(|mark| mark.id).chain(signatures);
        let all = all.fold(0, |all, id| all ^ u64::from_be_bytes(id.0));
        let sheet = record.sheets.last().map_or_else(String::new, |sheet| sheet.id.to_string());
        let which = format!("{sheet}/{all:016x}/{late}");
        questions.push(Question::LateMarks { event, marks, late, which });
    }
    for count in record.headcounts.iter().filter(|count| !count.apart.is_empty()) {
        let (sex, age_band, values) = (count.sex.clone(), count.age_band.clone(), count.apart.clone());
        questions.push(Question::CountedApart { event, slot: count.slot, sex, age_band, values });
    }
    let odd = oddity::of_event(record).into_iter();
    questions.extend(odd.map(|(slot, oddity)| Question::SheetOdd { event, slot, oddity }));
    let mut by_person: BTreeMap<(RowId, DocumentId), Vec<&Mark>> = BTreeMap::new();
    for mark in record.marks.iter().filter(|mark| mark.withdrawn.is_none()) {
        by_person.entry((mark.slot, mark.person)).or_default().push(mark);
    }
    for ((slot, person), marks) in by_person {
        if matches!(attendance(marks.iter().copied()), Attendance::Contradicted(_)) {
            let marks = marks.into_iter().cloned().collect();
            questions.push(Question::MarksContradict { event, slot, person, marks });
        }
    }
}

fn of_dossier(dossier: DocumentId, record: &DossierRecord, questions: &mut Vec<Question>) {
    for (key, section) in &record.sections {
        let paragraphs = section.read_again.iter().cloned();
        questions.extend(paragraphs.map(|paragraph| Question::ReadAgain { dossier, section: key.clone(), paragraph }));
        if !section.begun_apart.is_empty() {
            let texts = [&section.text].into_iter().chain(&section.begun_apart).cloned().collect();
            questions.push(Question::SectionBegunApart { dossier, section: key.clone(), texts });
        }
    }
    for line in &record.lines {
        if line.state == LineState::RemovedAndChanged {
            questions.push(Question::LineRemovedAndChanged {
                dossier,
                line: line.id,
                label: line.fields.text(Field::Label).to_owned(),
                amount_cents: line.amount_cents(),
            });
        }
        if line.state != LineState::Removed {
            fields(dossier, Some(line.id), &line.fields, questions);
        }
    }
    for entry in &record.time {
        if entry.state == LineState::RemovedAndChanged {
            questions.push(Question::LineRemovedAndChanged {
                dossier,
                line: entry.id,
                label: entry.fields.text(Field::Label).to_owned(),
                amount_cents: entry.amount_cents(),
            });
        }
        if entry.state != LineState::Removed {
            fields(dossier, Some(entry.id), &entry.fields, questions);
        }
    }
}

/// M7: pairs that were joined and told apart, by people who did not know of each other. Whoever does one of the two takes the other
/// back, so that both stand only where both were said.
#[must_use]
pub fn joined_and_told_apart<'a>(
    records: impl IntoIterator<Item = (DocumentId, &'a Record)>,
    record: impl Fn(DocumentId) -> Option<&'a Record>,
) -> Vec<Question> {
    let told = |record: &Record, id: &DocumentId| match record {
        Record::Person(person) => person.not_same.contains(id),
        Record::Association(association) => association.not_same.contains(id),
        _ => false,
    };
    let pairs = records.into_iter().filter_map(|(id, one)| {
        let other = match one {
            Record::Person(person) => person.fields.document(Field::SameAs),
            Record::Association(association) => association.fields.document(Field::SameAssociation),
            _ => None,
        }?;
        let apart = told(one, &other) || record(other).is_some_and(|record| told(record, &id));
        apart.then(|| pair(id, other))
    });
    pairs.collect()
}

/// A pair of which nothing is known but that it is asked about.
#[must_use]
pub fn pair(a: DocumentId, b: DocumentId) -> Question {
    Question::PossibleDuplicate { person: a.min(b), other: a.max(b), reasons: Vec::new() }
}

/// What is asked about a pair that may be one.
#[must_use]
pub fn duplicate(Pair { one, other, reasons, .. }: Pair) -> Question {
    Question::PossibleDuplicate { person: one, other, reasons }
}

/// M7: pairs of people, and of associations, that may be one, with the reasons. What a device finds by its index is held against this.
#[must_use]
pub fn duplicates<'a>(records: impl IntoIterator<Item = (DocumentId, &'a Record)>) -> Vec<Question> {
    twin::pairs(&twin::traits_of(records)).into_iter().map(duplicate).collect()
}
