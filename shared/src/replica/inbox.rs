//! The inbox: what merging leaves to the people who may decide about it, with what surrounds each Question.

use std::collections::{BTreeMap, BTreeSet};

use super::{Replica, views::count};
use crate::{
    decision::capability_to_settle,
    document::Kind,
    field::Field,
    id::{DeviceId, DocumentId},
    mark::Signer,
    oddity::{self, Oddity},
    permission::Capability,
    question::{self, Level, Question},
    record::{EventRecord, Record, Slot},
    view::{AskedQuestion, QuestionsView, SettledQuestion, SlotView, ToldApart},
    wire::AuthorEntry,
};

/// Decisions that a list shows: older ones stand in the history of their documents.
const SETTLED_MAX: usize = 100;

impl Replica {
    /// Every Question of the documents on this device, each once. Possible duplicates are for those who may settle them.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let mut questions: Vec<Question> =
            self.held.iter().flat_map(|(id, held)| question::of_record(*id, &held.record)).collect();
        let odd = oddity::elsewhere(self.events()).into_iter();
        questions.extend(odd.map(|(event, slot, oddity)| Question::SheetOdd { event, slot, oddity }));
        if self.identity.role.may(Capability::JoinPeople) {
            let mut pairs: Vec<Question> = self.pairs().into_iter().map(question::duplicate).collect();
            for again in self.pairs_asked_again() {
                // Whoever found it knows why.
                if pairs.iter().all(|asked| asked.id() != again.id()) {
                    pairs.push(again);
                }
            }
            questions.append(&mut pairs);
        }
        questions
    }

    /// Pairs about which people decided apart, or a decision was taken back: they are asked about whatever they look like.
    fn pairs_asked_again(&self) -> Vec<Question> {
        let mut asked = question::joined_and_told_apart(self.records(), |id| self.record(id));
        for (id, held) in &self.held {
            let others = held.decided.open_in("same").filter_map(|place| place.rsplit('/').next()?.parse().ok());
            asked.extend(others.map(|other| question::pair(*id, other)));
        }
        asked
    }

    /// Of whom a human said that they are not this one, in either of the two documents.
    pub(super) fn told_apart(&self, id: DocumentId) -> Vec<ToldApart> {
        let said_of = |record: &Record| match record {
            Record::Person(person) => person.not_same.clone(),
            Record::Association(association) => association.not_same.clone(),
            _ => Vec::new(),
        };
        let own = self.record(id).map_or_else(Vec::new, said_of);
        let others = self.records().filter(|(_, record)| said_of(record).contains(&id)).map(|(other, _)| other);
        let all: BTreeSet<DocumentId> = own.into_iter().chain(others).filter(|other| *other != id).collect();
        let entry = |other: DocumentId| {
            let (document, asked) = (id.min(other), format!("same/{}", id.max(other)));
            let decided = self.held.get(&document).map(|held| &held.decided);
            let decision =
                decided.and_then(|decided| decided.decisions.iter().find(|one| one.stands && one.asked == asked));
            ToldApart { other, document, decision: decision.map(|one| one.id) }
        };
        all.into_iter().map(entry).collect()
    }

    fn records(&self) -> impl Iterator<Item = (DocumentId, &Record)> {
        self.held.iter().map(|(id, held)| (*id, &held.record))
    }

    fn events(&self) -> impl Iterator<Item = (DocumentId, &EventRecord)> {
        self.held.iter().filter_map(|(id, held)| match &held.record {
            Record::Event(event) => Some((*id, event)),
            _ => None,
        })
    }

    fn may_settle(&self, kind: Kind, place: &str) -> bool {
        capability_to_settle(kind, place).is_some_and(|capability| self.identity.role.may(capability))
    }

    /// How many Questions of a document by itself want a decision from this account.
    pub(super) fn to_decide(&self, id: DocumentId) -> u32 {
        let Some(held) = self.held.get(&id) else { return 0 };
        let asked = question::of_record(id, &held.record);
        let wants = asked.iter().filter(|question| {
            question.level(&held.decided) == Level::Decide && self.may_settle(held.kind, &question.place())
        });
        count(wants.count())
    }

    /// The Questions of a document by itself that this account may settle.
    pub(super) fn asked_of(&self, id: DocumentId) -> Vec<AskedQuestion> {
        let Some(held) = self.held.get(&id) else { return Vec::new() };
        question::of_record(id, &held.record).into_iter().filter_map(|question| self.asked(question)).collect()
    }

    /// With what surrounds it; none where this account may not settle it.
    fn asked(&self, question: Question) -> Option<AskedQuestion> {
        let document = question.document();
        let (held, asked) = (self.held.get(&document)?, question.place());
        if !self.may_settle(held.kind, &asked) {
            return None;
        }
        let day = match &held.record {
            Record::Event(event) => event.slots.first().map(|slot| slot.fields.text(Field::Day).to_owned()),
            _ => None,
        };
        let assigned = held.decided.assigned.iter().filter(|(place, _)| *place == asked);
        Some(AskedQuestion {
            id: question.id(),
            document,
            kind: held.kind,
            level: question.level(&held.decided),
            day: day.unwrap_or_default(),
            label: row_label(&held.record, &question),
            at_ms: said_at(&question),
            decisions: held.decided.last_at(&asked).cloned().collect(),
            assigned: assigned.map(|(_, account)| *account).collect(),
            question,
            asked,
        })
    }

    /// See `ViewKey::Questions`. In the order of the documents: a page puts them in its own.
    pub(super) fn questions_view(&self) -> QuestionsView {
        let questions: Vec<AskedQuestion> =
            self.questions().into_iter().filter_map(|question| self.asked(question)).collect();
        let mut slots = BTreeMap::new();
        for asked in &questions {
            let Some(Record::Event(event)) = self.record(asked.document) else { continue };
            let spoken = |slot: &&Slot| match &asked.question {
                Question::MarksContradict { slot: of, .. }
                | Question::CountedApart { slot: of, .. }
                | Question::SheetOdd { slot: of, .. }
                | Question::FieldSetApart { row: Some(of), .. } => slot.id == *of,
                Question::LateMarks { marks, .. } => marks.iter().any(|mark| mark.slot == slot.id),
                _ => false,
            };
            slots.extend(event.slots.iter().filter(spoken).map(|slot| (slot.id, SlotView::of(slot, 0, 0))));
        }
        let mut settled: Vec<SettledQuestion> = Vec::new();
        for (id, held) in &self.held {
            for one in held.decided.decisions.iter().filter(|one| one.stands && self.may_settle(held.kind, &one.asked))
            {
                let newer = |other: &SettledQuestion| (other.decision.at_ms, other.decision.id) > (one.at_ms, one.id);
                let place = settled.partition_point(newer);
                let (name, decision) = (question::id_of(*id, &one.asked), one.clone());
                settled.insert(place, SettledQuestion { id: name, document: *id, decision });
                settled.truncate(SETTLED_MAX);
            }
        }
        let devices: Vec<DeviceId> = questions
            .iter()
            .flat_map(|asked| {
                question_devices(&asked.question).into_iter().chain(asked.decisions.iter().filter_map(|one| one.by))
            })
            .chain(settled.iter().filter_map(|one| one.decision.by))
            .collect();
        let mut names = self.names_of(questions.iter().map(|asked| &asked.question));
        names.extend(settled.iter().flat_map(|one| {
            let person = one.decision.asked.rsplit('/').next().and_then(|last| last.parse().ok());
            [Some(one.document), person].into_iter().flatten().map(|id| (id, self.name(id)))
        }));
        QuestionsView {
            names,
            authors: self.authors_of(devices),
            slots,
            to_decide: count(questions.iter().filter(|asked| asked.level == Level::Decide).count()),
            account: self.identity.account,
            people: self.one_of_each_account(),
            questions,
            settled,
        }
    }

    fn one_of_each_account(&self) -> Vec<AuthorEntry> {
        let all = self.authors_of(self.authors.keys().copied().chain([self.identity.device]));
        let mut each: Vec<AuthorEntry> = Vec::new();
        for author in all {
            if each.iter().all(|other| other.account != author.account) {
                each.push(author);
            }
        }
        each
    }

    pub(super) fn names_of<'a>(
        &self,
        questions: impl IntoIterator<Item = &'a Question>,
    ) -> BTreeMap<DocumentId, String> {
        let mut ids = BTreeSet::new();
        for question in questions {
            ids.insert(question.document());
            match question {
                Question::MarksContradict { person, .. } => ids.extend([*person]),
                Question::LateMarks { marks, .. } => ids.extend(marks.iter().map(|mark| mark.person)),
                Question::PossibleDuplicate { other, .. } => ids.extend([*other]),
                Question::SheetOdd { oddity: Oddity::TrainerElsewhere { other, .. }, .. } => ids.extend([*other]),
                Question::SheetOdd { oddity: Oddity::SignedAgain { signer: Signer::Person(person), .. }, .. } => {
                    ids.insert(*person);
                }
                Question::FieldSetApart { values, .. } => {
                    ids.extend(values.iter().filter_map(|apart| apart.value.text().parse::<DocumentId>().ok()));
                }
                _ => {}
            }
        }
        ids.into_iter().map(|id| (id, self.name(id))).collect()
    }
}

/// What a row is called that a Question asks about.
fn row_label(record: &Record, question: &Question) -> String {
    let Question::FieldSetApart { row: Some(row), .. } = question else { return String::new() };
    let label = |fields: &crate::record::Fields| fields.text(Field::Label).to_owned();
    let named = record.rows().all_kept().find(|(_, one)| one.id == *row);
    let named = named.map(|(table, one)| one.fields.get(table.required()).to_string());
    let own = match record {
        Record::Event(event) => event.trainers.iter().find(|one| one.id == *row).map(|one| label(&one.fields)),
        Record::Dossier(dossier) => {
            let line = dossier.lines.iter().find(|one| one.id == *row).map(|one| label(&one.fields));
            line.or_else(|| dossier.time.iter().find(|one| one.id == *row).map(|one| label(&one.fields)))
        }
        _ => None,
    };
    named.or(own).unwrap_or_default()
}

/// The newest moment at which something was said of it; 0 where nothing tells.
fn said_at(question: &Question) -> u64 {
    let newest = match question {
        Question::FieldSetApart { values, .. } | Question::CountedApart { values, .. } => {
            values.iter().map(|one| one.at_ms).max()
        }
        Question::MarksContradict { marks, .. } | Question::LateMarks { marks, .. } => {
            marks.iter().map(|one| one.at_ms).max()
        }
        Question::ReadAgain { paragraph, .. } => paragraph.versions.iter().map(|one| one.at_ms).max(),
        _ => None,
    };
    newest.unwrap_or(0)
}

fn question_devices(question: &Question) -> Vec<DeviceId> {
    match question {
        Question::FieldSetApart { values, .. } | Question::CountedApart { values, .. } => {
            values.iter().filter_map(|apart| apart.by).collect()
        }
        Question::MarksContradict { marks, .. } | Question::LateMarks { marks, .. } => {
            marks.iter().filter_map(|mark| mark.by).collect()
        }
        Question::ReadAgain { paragraph, .. } => paragraph.versions.iter().filter_map(|apart| apart.by).collect(),
        Question::SheetOdd { oddity: Oddity::InARow { device, .. }, .. } => device.iter().copied().collect(),
        _ => Vec::new(),
    }
}
