//! Stories: what people do with their phones, in plain words, and what everyone sees in the end.
//!
//! One statement stands on a line; a word with spaces is quoted. Phones that are online exchange after each statement until
//! none has news. `show …` prints what every party sees; a story without one ends with `show attendance`.
//!
//! Every story begins at 08:00 with the same house: karima (staff), amina and badr (volunteers) are online; the event
//! Atelier has a morning and an afternoon, and expects Zahra, Brahim and Hassan; the dossier Puits has the sections
//! motivation and context and the expense Pompe, 2 × 1500.00. Both are given to amina and badr.

use std::{collections::BTreeMap, fmt::Write as _};

use expect_test::Expect;
use server::{storage::Place, storage::access::Given, writer::Fault};
use shared::{
    decision::Decided,
    edit::{Edit, NewAssociation, NewPerson, NewSlot, Refusal},
    field::{Accepts, Field, Value},
    id::{DeviceId, DocumentId, RowId},
    mark::{self, How, Mark, Signer, Status},
    phone::Phone as PhoneNumber,
    question::{self, Question},
    record::{Apart, EventRecord, Fields, Joined, LineState, Record, Side},
    replica::Sought,
    role::Role,
    table::Table,
    territory,
    view::{View, ViewKey},
};

use crate::world::{Disk, Fall, Medium, Mishap, World};

/// Plays a story and compares what it printed.
pub fn check(story: &str, expected: Expect) {
    let mut told = Story::begin();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        told.tell(line);
    }
    if !told.shown {
        told.show(&["attendance"]);
    }
    told.world.audit();
    expected.assert_eq(&told.output);
}

/// What somebody sees of a section while they type.
#[derive(Debug, Clone)]
struct Opened {
    version: String,
    text: String,
}

/// A story being told.
#[derive(Debug)]
pub struct Story {
    pub world: World,
    /// Phones by name; some are clones.
    phones: Vec<(String, usize)>,
    /// Documents by the name that the story gives them.
    documents: BTreeMap<String, DocumentId>,
    /// Rows of documents: slots and budget lines.
    rows: BTreeMap<String, (DocumentId, RowId)>,
    opened: BTreeMap<(usize, String), Opened>,
    copies: BTreeMap<usize, Disk>,
    server_copy: Option<Place>,
    output: String,
    shown: bool,
}

impl Story {
    /// The house as every story finds it.
    #[must_use]
    pub fn begin() -> Self {
        let mut story = Self {
            world: World::new(1, Medium::Memory),
            phones: Vec::new(),
            documents: BTreeMap::new(),
            rows: BTreeMap::new(),
            opened: BTreeMap::new(),
            copies: BTreeMap::new(),
            server_copy: None,
            output: String::new(),
            shown: false,
        };
        for line in [
            "karima joins as staff",
            "amina joins as volunteer",
            "badr joins as volunteer",
            "karima adds person Zahra Amrani",
            "karima adds person Brahim Ouali",
            "karima adds person Hassan Idrissi",
            "karima adds event Atelier",
            "karima expects Zahra",
            "karima expects Brahim",
            "karima expects Hassan",
            "karima adds dossier Puits",
            "karima adds line Pompe",
            "karima sets Pompe quantity to 2",
            "karima sets Pompe unit_cents to 150000",
            "karima gives Atelier to amina",
            "karima gives Atelier to badr",
            "karima gives Puits to amina",
            "karima gives Puits to badr",
        ] {
            story.tell(line);
        }
        story
    }

    /// Plays one statement.
    ///
    /// # Panics
    /// If it is not one.
    pub fn tell(&mut self, line: &str) {
        let words = words(line);
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.world.now_ms += 1_000;
        if let [.., "at", time] = words[..]
            && let Some((hours, minutes)) = time.split_once(':')
        {
            self.set_clock(hours, minutes);
            words.truncate(words.len() - 2);
        }
        let known = self.happens(&words) || self.edits(&words);
        assert!(known, "not a statement: {line}");
        // What is bound to go wrong waits for the next statement.
        let armed =
            matches!(words[..], ["lose" | "repeat", ..] | ["server", "fails" | "crashes", ..] | [_, "falls", ..]);
        if !armed {
            self.world.settle();
        }
    }

    fn set_clock(&mut self, hours: &str, minutes: &str) {
        const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
        let minutes = hours.parse::<u64>().expect("hours") * 60 + minutes.parse::<u64>().expect("minutes");
        self.world.now_ms = self.world.now_ms / DAY_MS * DAY_MS + minutes * 60_000;
    }

    fn phone(&self, name: &str) -> usize {
        self.find_phone(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    fn find_phone(&self, name: &str) -> Option<usize> {
        self.phones.iter().find(|(other, _)| other == name).map(|(_, phone)| *phone)
    }

    /// # Panics
    /// If the story has no document of that name.
    #[must_use]
    pub fn document(&self, name: &str) -> DocumentId {
        *self.documents.get(name).unwrap_or_else(|| panic!("nothing is called {name}"))
    }

    fn row(&self, name: &str) -> (DocumentId, RowId) {
        *self.rows.get(name).unwrap_or_else(|| panic!("no row is called {name}"))
    }

    /// What happens to phones, the network and the server.
    fn happens(&mut self, words: &[&str]) -> bool {
        match words {
            ["show", what @ ..] => self.show(what),
            [name, "joins", "as", role] => {
                let phone = self.world.join(name, role_of(role));
                self.phones.push(((*name).to_owned(), phone));
            }
            [name, "waits", days, "days"] => {
                let phone = self.phone(name);
                self.world.now_ms += days.parse::<u64>().expect("days") * 24 * 60 * 60 * 1000;
                let now_ms = self.world.now_ms;
                self.world.phones[phone].engine().expire(now_ms);
                self.world.phones[phone].store(0);
            }
            [by, "gives", "territory", code, "to", name] => {
                let territory = territory::id_of(code).expect("a territory");
                self.world.decide(self.phone(by), self.phone(name), territory, Given::Yes);
            }
            [by, "takes", "territory", code, "from", name] => {
                let territory = territory::id_of(code).expect("a territory");
                self.world.decide(self.phone(by), self.phone(name), territory, Given::No);
            }
            [name, "becomes", role] => self.world.set_role(self.phone(name), role_of(role)),
            [by, "gives", document, "to", name] => {
                self.world.decide(self.phone(by), self.phone(name), self.document(document), Given::Yes);
            }
            [by, "takes", document, "from", name] => {
                self.world.decide(self.phone(by), self.phone(name), self.document(document), Given::No);
            }
            [by, "erases", person] => {
                let (by, person) = (self.phone(by), self.document(person));
                self.world.erase_person(by, person).expect("the plan of this moment");
            }
            [by, "ends", "access", "of", name] => self.world.end_access(self.phone(by), self.phone(name)),
            [by, "accepts", "everything"] => self.judge(by, true, &[]),
            [by, "refuses", "everything", "saying", word @ ..] => self.judge(by, false, word),
            [by, "takes", "every", "judgement", "back"] => {
                for code in self.world.reopen_all(self.phone(by), "Jugé trop vite") {
                    writeln!(self.output, "not taken back: {code}").expect("memory");
                }
            }
            [name, "offline"] => {
                let phone = self.phone(name);
                self.world.phones[phone].online = false;
            }
            [name, "online"] => {
                let phone = self.phone(name);
                self.world.wake(phone);
                self.world.phones[phone].online = true;
            }
            ["server", what @ ..] => return self.server(what),
            ["lose", what, "of", name] => {
                let mishap = if *what == "request" { Mishap::RequestLost } else { Mishap::ReplyLost };
                self.mishap(name, mishap);
            }
            ["repeat", "request", "of", name] => self.mishap(name, Mishap::ArrivesTwice),
            ["old", "request", number, "of", name, "arrives"] => self.replay(name, number.parse().expect("a number")),
            [name, what @ ..] => match self.find_phone(name) {
                Some(phone) => return self.phone_happens(phone, what),
                None => return false,
            },
            [] => return false,
        }
        true
    }

    fn judge(&mut self, by: &str, accept: bool, word: &[&str]) {
        for code in self.world.judge_all(self.phone(by), accept, &word.join(" ")) {
            writeln!(self.output, "not accepted: {code}").expect("memory");
        }
    }

    fn mishap(&mut self, name: &str, mishap: Mishap) {
        let phone = self.phone(name);
        self.world.mishaps.insert(phone, mishap);
    }

    /// The network delivers an old request once more; nobody hears the answer.
    fn replay(&mut self, name: &str, number: usize) {
        let phone = self.phone(name);
        let frames: Vec<Vec<u8>> =
            self.world.arrived.iter().filter(|(from, _)| *from == phone).map(|(_, frame)| frame.clone()).collect();
        let frame = &frames[frames.len() - number];
        self.world.arrive(phone, frame);
    }

    fn server(&mut self, what: &[&str]) -> bool {
        match what {
            ["restarts"] => self.world.server.start(),
            ["is", "copied"] => self.server_copy = Some(self.world.server.copy()),
            ["is", "restored"] => {
                let copy = self.server_copy.clone().expect("a copy was made");
                self.world.restore_server(&copy);
            }
            ["fails", "at", "the", "request", "of", name] => self.mishap(name, Mishap::Server(Fault::RefuseCommit)),
            ["crashes", "before", "storing", name] => self.mishap(name, Mishap::Server(Fault::CrashBeforeCommit)),
            ["crashes", "after", "storing", name] => self.mishap(name, Mishap::Server(Fault::CrashAfterCommit)),
            _ => return false,
        }
        true
    }

    fn phone_happens(&mut self, phone: usize, what: &[&str]) -> bool {
        match what {
            ["syncs"] => {
                self.world.sync(phone);
            }
            ["exchanges", "once"] => {
                self.world.exchange(phone);
            }
            ["restarts"] => {
                self.world.phones[phone].falls();
                self.world.start(phone);
            }
            ["falls", "before", "editing"] => self.world.phones[phone].fall = Some(Fall::BeforeEdit),
            ["falls", "before", "storing"] => self.world.phones[phone].fall = Some(Fall::BeforeStore),
            ["falls", "after", "storing"] => self.world.phones[phone].fall = Some(Fall::AfterStore),
            ["falls", "while", "asking"] => {
                self.world.mishaps.insert(phone, Mishap::PhoneFalls);
            }
            ["is", "cloned", "as", name] => {
                let clone = self.world.clone_phone(phone);
                self.world.phones[clone].online = self.world.phones[phone].online;
                self.phones.push(((*name).to_owned(), clone));
            }
            ["is", "copied"] => {
                self.copies.insert(phone, self.world.phones[phone].disk.clone());
            }
            ["is", "restored"] => {
                let disk = self.copies.get(&phone).expect("a copy was made").clone();
                self.world.restore_phone(phone, disk);
            }
            ["has", "a", "clock", "a", "year", "ahead"] => {
                self.world.phones[phone].clock_ahead_ms = 365 * 24 * 60 * 60 * 1_000;
            }
            ["has", "a", "clock", "a", "year", "behind"] => {
                self.world.phones[phone].clock_ahead_ms = -365 * 24 * 60 * 60 * 1_000;
            }
            ["opens", section] => self.opens(phone, section),
            ["writes", "down", name, more @ ..] => self.writes_down(phone, name, more),
            _ => return false,
        }
        true
    }

    /// Somebody at the door is being written down: whom the phone says that they may be.
    fn writes_down(&mut self, phone: usize, name: &str, more: &[&str]) {
        let text = |wanted: &str| more.chunks(2).find(|pair| pair[0] == wanted).map(|pair| pair[1]);
        let person = match text("as") {
            Some(known) => self.document(known),
            None => self.world.document_id(),
        };
        let sought = Sought {
            person,
            name: name.to_owned(),
            name_ar: text("or").unwrap_or_default().to_owned(),
            phone: text("phone").unwrap_or_default().to_owned(),
            email: text("email").unwrap_or_default().to_owned(),
            association: text("of").map(|title| self.document(title)),
        };
        let found = self.world.phones[phone].engine().known(&[sought]).pop().unwrap_or_default();
        let found = found.iter().map(|one| {
            let reasons = one.reasons.iter().map(|reason| format!("{reason:?}")).collect::<Vec<_>>().join(" ");
            format!("{} ({reasons})", self.name_of(one.card.person))
        });
        let found = found.collect::<Vec<_>>().join(", ");
        let said = if found.is_empty() { "nobody" } else { &found };
        writeln!(self.output, "{name}? {said}").expect("memory");
        self.shown = true;
    }

    fn opens(&mut self, phone: usize, section: &str) {
        let opened = self.seen(phone, section);
        self.opened.insert((phone, section.to_owned()), opened);
    }

    /// A section as a page shows it to somebody now.
    fn seen(&mut self, phone: usize, section: &str) -> Opened {
        let dossier = self.document("Puits");
        let View::Dossier(view) = self.world.phones[phone].engine().view(&ViewKey::Dossier { dossier }) else {
            return Opened { version: String::new(), text: String::new() };
        };
        let shown = view.sections.iter().find(|shown| shown.about.key == section);
        Opened { version: view.version, text: shown.map_or_else(String::new, |shown| shown.text.clone()) }
    }

    /// What people mean to do.
    fn edits(&mut self, words: &[&str]) -> bool {
        let [name, rest @ ..] = words else { return false };
        let Some(phone) = self.find_phone(name) else { return false };
        let edit = self
            .edit_of_event(rest)
            .or_else(|| self.edit_of_dossier(phone, rest))
            .or_else(|| self.edit_of_people(rest))
            .or_else(|| self.decision(phone, rest));
        let Some(edit) = edit else { return false };
        if let Err(refusal) = self.world.edit(phone, edit) {
            writeln!(self.output, "{name} is refused: {}", Refusal::code(refusal)).expect("memory");
        }
        true
    }

    fn edit_of_event(&mut self, words: &[&str]) -> Option<Edit> {
        let (words, slot) = match words {
            [rest @ .., "in", "the", slot @ ("morning" | "afternoon")] => (rest, *slot),
            _ => (words, "morning"),
        };
        let at = |story: &Self| (story.document("Atelier"), story.row(slot).1);
        Some(match words {
            ["marks", person, status, minutes @ ..] => {
                let (event, slot) = at(self);
                let minutes = match minutes {
                    ["for", minutes, "minutes"] => minutes.parse().ok(),
                    _ => None,
                };
                let (person, mark) = (self.document(person), self.world.row_id());
                Edit::CheckIn { event, slot, person, mark, status: Status::from_word(status)?, minutes, how: How::Tap }
            }
            ["undoes", person, "because", reason] => {
                let (event, slot) = at(self);
                let (person, withdrawal) = (self.document(person), self.world.row_id());
                Edit::Undo { event, slot, person, withdrawal, reason: (*reason).to_owned() }
            }
            ["settles", person, status, "because", reason] => {
                let (event, slot) = at(self);
                let (person, withdrawal) = (self.document(person), self.world.row_id());
                let status = Status::from_word(status)?;
                Edit::SettleMarks { event, slot, person, status, withdrawal, reason: (*reason).to_owned() }
            }
            ["counts", people, sex] => {
                let (event, slot) = at(self);
                let (sex, people) = ((*sex).to_owned(), people.parse().ok());
                Edit::SetHeadcount { event, slot, sex, age_band: String::new(), people }
            }
            ["signs", person] => {
                let (event, slot) = at(self);
                let (person, signature, mark) = (self.document(person), self.world.row_id(), self.world.row_id());
                let ink = format!("{signature}").repeat(4);
                Edit::Sign { event, slot, signer: Signer::Person(person), signature, ink, how: How::Kiosk, mark }
            }
            ["expects", person] => Edit::AddToRoster { event: self.document("Atelier"), person: self.document(person) },
            ["expects", person, "no", "longer"] => {
                Edit::TakeFromRoster { event: self.document("Atelier"), person: self.document(person) }
            }
            ["expects", person, "at", event] => {
                Edit::AddToRoster { event: self.document(event), person: self.document(person) }
            }
            ["registers", given, family, more @ ..] => {
                let (event, slot) = at(self);
                self.walk_in(event, slot, given, family, more)?
            }
            ["adds", "event", title] => self.new_event(title),
            _ => return None,
        })
    }

    fn walk_in(&mut self, event: DocumentId, slot: RowId, given: &str, family: &str, more: &[&str]) -> Option<Edit> {
        let (mut phone, mut new_association, mut notice_read, mut name) = (None, None, true, given);
        for pair in more.chunks(2) {
            match pair {
                ["phone", number] => {
                    phone = Some(number_of(number));
                }
                ["called", other] => name = other,
                ["of", title] => {
                    let association = self.name_document(title);
                    new_association = Some(NewAssociation { association, title: (*title).to_owned() });
                }
                ["without", "notice"] => notice_read = false,
                _ => return None,
            }
        }
        let (person, mark) = (self.name_document(name), self.world.row_id());
        let new = NewPerson { given: given.to_owned(), family: family.to_owned(), ..NewPerson::default() };
        Some(Edit::RegisterWalkIn { event, slot, person, mark, new, new_association, phone, notice_read })
    }

    fn new_event(&mut self, title: &str) -> Edit {
        let event = self.name_document(title);
        let slots = [("morning", "09:00", "12:30"), ("afternoon", "14:00", "17:30")].map(|(name, starts, ends)| {
            let slot = self.world.row_id();
            self.rows.entry(name.to_owned()).or_insert((event, slot));
            NewSlot { slot, day: "2026-03-01".to_owned(), starts: starts.to_owned(), ends: ends.to_owned() }
        });
        Edit::CreateEvent { event, fields: titled(title), slots: slots.into() }
    }

    fn name_document(&mut self, name: &str) -> DocumentId {
        let id = self.world.document_id();
        *self.documents.entry(name.to_owned()).or_insert(id)
    }

    fn edit_of_dossier(&mut self, phone: usize, words: &[&str]) -> Option<Edit> {
        let dossier = self.documents.get("Puits").copied();
        Some(match words {
            ["adds", "dossier", title] => {
                let sections = ["motivation", "context"].map(str::to_owned).into();
                Edit::CreateDossier { dossier: self.name_document(title), fields: titled(title), sections }
            }
            ["adds", "line", label, side @ ..] => {
                let line = self.world.row_id();
                self.rows.insert((*label).to_owned(), (dossier?, line));
                let side = if *side == ["resource"] { Side::Resource } else { Side::Expense };
                Edit::AddLine { dossier: dossier?, line, side, label: (*label).to_owned() }
            }
            ["logs", label] => {
                let time = self.world.row_id();
                self.rows.insert((*label).to_owned(), (dossier?, time));
                Edit::AddTime { dossier: dossier?, time, label: (*label).to_owned() }
            }
            ["adds", "row", table, label] => {
                let (table, row) = (Table::from_key(table)?, self.world.row_id());
                self.rows.insert((*label).to_owned(), (dossier?, row));
                let fields = [(table.required(), Value::from(*label))].into();
                Edit::AddRow { document: dossier?, table, row, fields }
            }
            ["removes", "row", label] => Edit::KeepRow { document: dossier?, row: self.row(label).1, keep: false },
            ["keeps", "row", label] => Edit::KeepRow { document: dossier?, row: self.row(label).1, keep: true },
            ["removes", label] => Edit::SetLineState { dossier: dossier?, line: self.row(label).1, keep: false },
            ["keeps", label] => Edit::SetLineState { dossier: dossier?, line: self.row(label).1, keep: true },
            ["writes", section, text] => self.reword(phone, section, |_| unescape(text)),
            ["changes", section, old, "to", new] => {
                let (old, new) = (unescape(old), unescape(new));
                self.reword(phone, section, |before| before.replacen(&old, &new, 1))
            }
            ["reads", section, "again"] => {
                let anchor = self.paragraphs_to_read(phone, section).into_iter().next()?;
                Edit::ReadAgain { dossier: dossier?, section: (*section).to_owned(), anchor }
            }
            ["settles", section, "as", text] => {
                Edit::SettleSection { dossier: dossier?, section: (*section).to_owned(), text: unescape(text) }
            }
            _ => return None,
        })
    }

    /// Somebody leaves a section in other words than they saw: as they opened it, or as it is now.
    fn reword(&mut self, phone: usize, section: &str, words: impl FnOnce(&str) -> String) -> Edit {
        let opened = self.opened.remove(&(phone, section.to_owned()));
        let Opened { version, text: before } = opened.unwrap_or_else(|| self.seen(phone, section));
        let after = words(&before);
        Edit::EditSection { dossier: self.document("Puits"), section: section.to_owned(), version, before, after }
    }

    fn paragraphs_to_read(&self, phone: usize, section: &str) -> Vec<String> {
        let engine = self.world.phones[phone].replica.as_ref().expect("a running phone");
        let Some(Record::Dossier(dossier)) = engine.record(self.document("Puits")) else { return Vec::new() };
        let section = dossier.sections.get(section);
        section.map_or_else(Vec::new, |section| section.read_again.iter().map(|one| one.anchor.clone()).collect())
    }

    fn edit_of_people(&mut self, words: &[&str]) -> Option<Edit> {
        Some(match words {
            ["adds", "person", given, family, more @ ..] => {
                let name = if let ["called", name] = more { name } else { given };
                let new =
                    NewPerson { given: (*given).to_owned(), family: (*family).to_owned(), ..NewPerson::default() };
                Edit::CreatePerson { person: self.name_document(name), new, notice_read: true }
            }
            ["adds", "association", title] => {
                Edit::CreateAssociation { association: self.name_document(title), fields: titled(title) }
            }
            ["adds", "phone", number, "to", person] => {
                let (person, row) = (self.document(person), self.world.row_id());
                Edit::AddPhone { person, row, phone: number_of(number) }
            }
            ["links", person, "to", same_as] => {
                Edit::LinkSame { person: self.document(person), same_as: self.document(same_as) }
            }
            ["unlinks", person] => {
                Edit::SetField { document: self.document(person), row: None, field: Field::SameAs, value: Value::Empty }
            }
            ["tells", person, "from", other] => {
                Edit::NotSame { person: self.document(person), other: self.document(other) }
            }
            ["sets", thing, field, "to", value] => {
                let field = Field::from_key(field)?;
                let (document, row) = match self.rows.get(*thing) {
                    Some((document, row)) => (*document, Some(*row)),
                    None => (self.document(thing), None),
                };
                Edit::SetField { document, row, field, value: self.value(field, value) }
            }
            _ => return None,
        })
    }

    /// Settling a Question of a kind with what is chosen, and taking the newest decision back.
    fn decision(&mut self, phone: usize, words: &[&str]) -> Option<Edit> {
        let (words, reason) = match words {
            [rest @ .., "because", reason] => (rest, (*reason).to_owned()),
            _ => (words, String::new()),
        };
        let decision = self.world.row_id();
        match words {
            ["decides", kind, chosen] => {
                let asked = self.world.phones[phone].engine().questions();
                let question = asked.into_iter().find(|question| kind_of_question(question) == *kind)?;
                let (document, place) = (question.document(), question.place());
                let answer = self.answer(question, chosen).map(Box::new);
                Some(Edit::Settle { document, asked: place, decision, answer, reason })
            }
            ["takes", "it", "back"] => {
                let View::Questions(view) = self.world.phones[phone].engine().view(&ViewKey::Questions) else {
                    return None;
                };
                let newest = view.settled.into_iter().next()?;
                Some(Edit::Reopen { document: newest.document, of: newest.decision.id, decision, reason })
            }
            ["gives", "the", "question", "to", name] => {
                let asked = self.world.phones[phone].engine().questions().into_iter().next()?;
                let account = Some(self.world.phones[self.phone(name)].identity.account);
                Some(Edit::AssignQuestion { document: asked.document(), asked: asked.place(), account })
            }
            _ => None,
        }
    }

    fn answer(&mut self, question: Question, chosen: &str) -> Option<Edit> {
        let keep = chosen == "kept";
        Some(match question {
            Question::FieldSetApart { document, row, field, .. } => {
                Edit::SetField { document, row, field, value: self.value(field, chosen) }
            }
            Question::MarksContradict { event, slot, person, .. } => {
                let (status, withdrawal) = (Status::from_word(chosen)?, self.world.row_id());
                Edit::SettleMarks { event, slot, person, status, withdrawal, reason: "decided".to_owned() }
            }
            Question::CountedApart { event, slot, sex, age_band, .. } => {
                Edit::SetHeadcount { event, slot, sex, age_band, people: chosen.parse().ok() }
            }
            Question::ReadAgain { dossier, section, paragraph } => {
                Edit::ReadAgain { dossier, section, anchor: paragraph.anchor }
            }
            Question::SectionBegunApart { dossier, section, .. } => {
                Edit::SettleSection { dossier, section, text: unescape(chosen) }
            }
            Question::LineRemovedAndChanged { dossier, line, .. } => Edit::SetLineState { dossier, line, keep },
            Question::RowRemovedAndChanged { document, row, .. } => Edit::KeepRow { document, row, keep },
            Question::PossibleDuplicate { person, other, .. } if chosen == "same" => {
                Edit::LinkSame { person, same_as: other }
            }
            // The other one of the pair says it: what both say is found all the same.
            Question::PossibleDuplicate { person, other, .. } => Edit::NotSame { person: other, other: person },
            Question::SheetOdd { .. } | Question::LateMarks { .. } => return None,
        })
    }

    fn value(&self, field: Field, text: &str) -> Value {
        match field.accepts() {
            Accepts::Number(..) => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::Number),
            Accepts::Document(_) => {
                self.documents.get(text).map_or_else(|| Value::from(text), |id| Value::Text(id.to_string()))
            }
            _ => Value::from(text),
        }
    }

    /// Prints what each party sees.
    pub fn show(&mut self, what: &[&str]) {
        self.shown = true;
        let server = self.world.server.records();
        let mut seen = vec![("server".to_owned(), self.see(&server, None, what))];
        for (name, phone) in self.phones.clone() {
            let Some(engine) = self.world.phones[phone].replica.as_ref() else {
                seen.push((name, "(down)".to_owned()));
                continue;
            };
            let records = engine.documents().filter_map(|(id, _)| Some((id, engine.record(id)?.clone()))).collect();
            let text = self.see(&records, Some(phone), what);
            seen.push((name, text));
        }
        let width = seen.iter().map(|(name, _)| name.len() + 1).max().unwrap_or(0);
        for (name, text) in seen {
            for (n, line) in text.lines().enumerate() {
                let name = if n == 0 { format!("{name}:") } else { String::new() };
                writeln!(self.output, "{name:width$} {line}").expect("memory");
            }
        }
    }

    fn see(&self, records: &BTreeMap<DocumentId, Record>, phone: Option<usize>, what: &[&str]) -> String {
        let eyes = Eyes { story: self, records, phone };
        match what {
            ["attendance"] => eyes.attendance(),
            ["questions"] => eyes.questions(),
            ["roster"] => eyes.roster(),
            ["dossier"] => eyes.dossier(),
            ["text", section] => eyes.text(section),
            ["budget"] => eyes.budget(),
            ["rows"] => eyes.rows(),
            ["held"] => eyes.held(),
            ["sync"] => eyes.sync(),
            ["decisions"] => eyes.decisions(),
            ["history", document] => eyes.history(self.document(document)),
            [thing] => eyes.fields(self.document(thing)),
            _ => panic!("nothing to show: {what:?}"),
        }
    }

    fn name_of(&self, id: DocumentId) -> String {
        let mut names = self.documents.iter().filter(|(_, other)| **other == id).map(|(name, _)| name.clone());
        if let Some(name) = names.next() {
            return name;
        }
        let person = self.documents.iter().find(|(_, person)| DocumentId::contact_of(**person) == id);
        person.map_or_else(|| id.to_string(), |(name, _)| format!("{name}'s contact"))
    }

    fn row_name(&self, document: DocumentId, row: RowId) -> String {
        let found = self.rows.iter().find(|(_, at)| **at == (document, row));
        found.map_or_else(|| row.to_string(), |(name, _)| name.clone())
    }

    fn device_name(&self, device: Option<DeviceId>) -> String {
        let owner = self.phones.iter().find(|(_, phone)| Some(self.world.phones[*phone].identity.device) == device);
        owner.map_or_else(|| "nobody".to_owned(), |(name, _)| name.clone())
    }
}

/// One party's view of the world.
struct Eyes<'a> {
    story: &'a Story,
    records: &'a BTreeMap<DocumentId, Record>,
    /// None for the server.
    phone: Option<usize>,
}

impl Eyes<'_> {
    fn event(&self) -> Option<(DocumentId, &EventRecord)> {
        let id = self.story.document("Atelier");
        match self.records.get(&id)? {
            Record::Event(event) => Some((id, event)),
            _ => None,
        }
    }

    /// Who is marked how, walk-ins and withdrawals, and how many Questions there are.
    fn attendance(&self) -> String {
        let Some((id, event)) = self.event() else { return "no Atelier".to_owned() };
        let mut marks: BTreeMap<(RowId, String), Vec<&Mark>> = BTreeMap::new();
        for mark in &event.marks {
            marks.entry((mark.slot, self.story.name_of(mark.person))).or_default().push(mark);
        }
        let mut parts = Vec::new();
        for slot in &event.slots {
            for ((_, person), marks) in marks.iter().filter(|((of, _), _)| *of == slot.id) {
                let afternoon = if self.story.row_name(id, slot.id) == "afternoon" { " in the afternoon" } else { "" };
                parts.push(format!("{person} {}{afternoon}", said(marks)));
            }
        }
        let walk_ins = event.roster.iter().filter(|(_, joined)| **joined == Joined::WalkIn);
        let mut walk_ins: Vec<_> = walk_ins.map(|(person, _)| self.story.name_of(*person)).collect();
        walk_ins.sort();
        if !walk_ins.is_empty() {
            parts.push(format!("walk-in: {}", walk_ins.join(" ")));
        }
        parts.extend(self.question_count());
        if parts.is_empty() { "nobody is marked".to_owned() } else { parts.join(", ") }
    }

    /// Who is on the list.
    fn roster(&self) -> String {
        let Some((_, event)) = self.event() else { return "no Atelier".to_owned() };
        let mut names: Vec<_> = event.roster.keys().map(|person| self.story.name_of(*person)).collect();
        names.sort();
        names.join(" ")
    }

    fn asked(&self) -> Vec<Question> {
        match self.phone {
            Some(phone) => {
                self.story.world.phones[phone].replica.as_ref().map_or_else(Vec::new, |engine| engine.questions())
            }
            None => self.records.iter().flat_map(|(id, record)| question::of_record(*id, record)).collect(),
        }
    }

    fn question_count(&self) -> Option<String> {
        let asked = self.asked();
        let mut kinds: Vec<&str> = asked.iter().map(kind_of_question).collect();
        kinds.dedup();
        let plural = if asked.len() == 1 { "" } else { "s" };
        (!asked.is_empty()).then(|| format!("{} question{plural} ({})", asked.len(), kinds.join(", ")))
    }

    fn questions(&self) -> String {
        let asked = self.asked();
        let lines: Vec<String> = asked.iter().map(|question| self.question(question)).collect();
        if lines.is_empty() { "no question".to_owned() } else { lines.join("\n") }
    }

    fn question(&self, question: &Question) -> String {
        match question {
            Question::FieldSetApart { document, row, field, values } => {
                let of = row.map_or_else(|| self.story.name_of(*document), |row| self.story.row_name(*document, row));
                format!("{of} {}: {}", field.key(), self.values(values))
            }
            Question::MarksContradict { person, marks, .. } => {
                let mut said: Vec<_> = marks
                    .iter()
                    .map(|mark| format!("{} says {}", self.story.device_name(mark.by), mark.status.as_str()))
                    .collect();
                said.sort();
                format!("{}: {}", self.story.name_of(*person), said.join(", "))
            }
            Question::CountedApart { sex, values, .. } => format!("people of sex {sex}: {}", self.values(values)),
            Question::SheetOdd { event, oddity, .. } => format!("{}: {oddity:?}", self.story.name_of(*event)),
            Question::LateMarks { event, late, .. } => format!("{}: {late} late", self.story.name_of(*event)),
            Question::ReadAgain { section, paragraph, .. } => {
                let mut versions: Vec<_> = paragraph.versions.iter().map(|apart| self.value(apart)).collect();
                versions.sort();
                format!("{section}, read again {:?}: {}", paragraph.text, versions.join(" or "))
            }
            Question::SectionBegunApart { section, texts, .. } => {
                let mut texts = texts.clone();
                texts.sort();
                format!("{section}, begun apart: {texts:?}")
            }
            Question::LineRemovedAndChanged { label, amount_cents, .. } => {
                format!("{label} was removed and changed, {}", money(*amount_cents))
            }
            Question::RowRemovedAndChanged { table, label, .. } => {
                format!("{} {label} was removed and changed", table.key())
            }
            Question::PossibleDuplicate { person, other, reasons } => {
                let mut pair = [self.story.name_of(*person), self.story.name_of(*other)];
                pair.sort();
                format!("is {} {}? {reasons:?}", pair[0], pair[1])
            }
        }
    }

    fn values(&self, values: &[Apart]) -> String {
        values.iter().map(|apart| self.value(apart)).collect::<Vec<_>>().join(" or ")
    }

    fn value(&self, apart: &Apart) -> String {
        format!("{:?} by {}", apart.value.to_string(), self.story.device_name(apart.by))
    }

    fn dossier(&self) -> String {
        let puits = self.story.document("Puits");
        match self.records.get(&puits) {
            Some(Record::Dossier(_)) => format!("{}\n{}", self.fields(puits), self.budget()),
            _ => "no Puits".to_owned(),
        }
    }

    /// The fields that say something, and the values that were set apart.
    fn fields(&self, id: DocumentId) -> String {
        let Some(record) = self.records.get(&id) else { return format!("no {}", self.story.name_of(id)) };
        let mut said: Vec<String> = self.registers(record.fields());
        if let Record::Contact(contact) = record {
            said.extend(contact.phones.iter().map(|phone| phone.raw.clone()));
        }
        if let Record::Event(event) = record {
            said.extend(event.slots.iter().flat_map(|slot| self.registers(&slot.fields)));
        }
        said.join(", ")
    }

    fn registers(&self, fields: &Fields) -> Vec<String> {
        let said = fields.0.iter().filter(|(field, register)| {
            **field != Field::NoticeRead && (register.value != Value::Empty || !register.apart.is_empty())
        });
        said.map(|(field, register)| {
            let value = match fields.document(*field) {
                Some(id) if matches!(field.accepts(), Accepts::Document(_)) => self.story.name_of(id),
                _ => register.value.to_string(),
            };
            let apart = if register.apart.is_empty() { String::new() } else { " (apart)".to_owned() };
            format!("{} {value}{apart}", field.key())
        })
        .collect()
    }

    fn text(&self, section: &str) -> String {
        let Some(Record::Dossier(dossier)) = self.records.get(&self.story.document("Puits")) else {
            return "no Puits".to_owned();
        };
        let text = dossier.sections.get(section).map_or("(not begun)", |section| section.text.as_str());
        let mut parts = vec![format!("{text:?}")];
        parts.extend(self.question_count());
        parts.join(", ")
    }

    /// The rows of the dossier's tables.
    fn rows(&self) -> String {
        let Some(record) = self.records.get(&self.story.document("Puits")) else { return "no Puits".to_owned() };
        let rows = record.rows().0.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
        let rows = rows.map(|(table, row)| {
            let state = match row.state {
                LineState::Kept => "",
                LineState::Removed => " (removed)",
                LineState::RemovedAndChanged => " (removed and changed)",
            };
            let cells = row.fields.0.iter().filter(|(field, _)| **field != Field::Order);
            let cells: Vec<String> = cells.map(|(_, register)| register.value.to_string()).collect();
            format!("{} {}{state}", table.key(), cells.join(" "))
        });
        let mut parts: Vec<String> = rows.collect();
        parts.extend(self.question_count());
        if parts.is_empty() { "no rows".to_owned() } else { parts.join(", ") }
    }

    fn budget(&self) -> String {
        let Some(Record::Dossier(dossier)) = self.records.get(&self.story.document("Puits")) else {
            return "no Puits".to_owned();
        };
        let lines = dossier.lines.iter().map(|line| (&line.fields, line.state, line.amount_cents()));
        let rows = lines.chain(dossier.time.iter().map(|entry| (&entry.fields, entry.state, entry.amount_cents())));
        let rows = rows.map(|(fields, state, cents)| {
            let state = match state {
                LineState::Kept => "",
                LineState::Removed => " (removed)",
                LineState::RemovedAndChanged => " (removed and changed)",
            };
            format!("{} {}{state}", fields.text(Field::Label), money(cents))
        });
        let mut parts: Vec<String> = rows.collect();
        let [expenses, resources] = [Side::Expense, Side::Resource].map(|side| money(dossier.total_cents(side)));
        parts.push(format!("total {expenses}, resources {resources}"));
        parts.extend(self.question_count());
        parts.join(", ")
    }

    fn held(&self) -> String {
        let mut names: Vec<String> = self.records.keys().map(|id| self.story.name_of(*id)).collect();
        names.sort();
        names.join(" ")
    }

    /// What a phone says of its exchange; what the server keeps for staff.
    fn sync(&self) -> String {
        let Some(phone) = self.phone else {
            let aside = self.story.world.server.set_aside();
            let aside: Vec<String> = aside.iter().map(|(code, count)| format!("{count} {code}")).collect();
            return if aside.is_empty() {
                "nothing set aside".to_owned()
            } else {
                format!("set aside: {}", aside.join(", "))
            };
        };
        let engine = self.story.world.phones[phone].replica.as_ref().expect("a running phone");
        let mut parts = vec![format!("{} unsent", engine.unsent())];
        for aside in engine.set_aside() {
            parts.push(format!(
                "{} of {} set aside: {}",
                aside.changes,
                self.story.name_of(aside.document),
                aside.code
            ));
        }
        let view = engine.sync_view();
        for judged in view.judged {
            let verdict = if judged.accepted { "accepted" } else { "refused" };
            let word = if judged.word.is_empty() { String::new() } else { format!(" ({})", judged.word) };
            parts.push(format!("{} of {} {verdict}{word}", judged.changes, judged.title));
        }
        if view.ended {
            parts.push("access ended".to_owned());
        }
        parts.join(", ")
    }

    /// What was decided of all documents, and whether it stands.
    fn decisions(&self) -> String {
        if self.phone.is_some() {
            return String::new();
        }
        let documents = self.story.world.server.documents();
        let decided = documents.iter().flat_map(|(id, document)| {
            let decided = Decided::read(document);
            decided.decisions.into_iter().map(|one| (*id, one)).collect::<Vec<_>>()
        });
        let lines = decided.map(|(id, one)| {
            let family = one.asked.split('/').next().unwrap_or_default();
            let chose = if one.chose == Value::Empty { "taken back".to_owned() } else { one.chose.to_string() };
            let why = if one.reason.is_empty() { String::new() } else { format!(", because {}", one.reason) };
            let stands = if one.stands { "" } else { " (does not stand)" };
            format!("{} {family}: {chose} by {}{why}{stands}", self.story.name_of(id), self.story.device_name(one.by))
        });
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() { "nothing was decided".to_owned() } else { lines.join("\n") }
    }

    fn history(&self, id: DocumentId) -> String {
        let document = match self.phone {
            None => self.story.world.server.documents().remove(&id),
            Some(_) => return String::new(),
        };
        let Some(document) = document else { return String::new() };
        let (entries, _) = shared::history::history(&document, 100);
        let lines = entries.iter().rev().map(|entry| format!("{} {:?}", self.story.device_name(entry.by), entry.did));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// What the marks of one person in one slot say.
fn said(marks: &[&Mark]) -> String {
    let all = mark::attendance(marks.iter().copied());
    let minutes = marks.iter().filter(|mark| mark.withdrawn.is_none()).find_map(|mark| mark.minutes);
    let minutes = minutes.map_or_else(String::new, |minutes| format!(" for {minutes} minutes"));
    let mut withdrawn: Vec<_> = marks
        .iter()
        .filter_map(|mark| Some(format!("{} withdrawn: {}", mark.status.as_str(), mark.withdrawn.as_ref()?.reason)))
        .collect();
    withdrawn.sort();
    let withdrawn = if withdrawn.is_empty() { String::new() } else { format!(" ({})", withdrawn.join("; ")) };
    format!("{}{minutes}{withdrawn}", all.status().map_or("unmarked", Status::as_str))
}

fn kind_of_question(question: &Question) -> &'static str {
    match question {
        Question::FieldSetApart { .. } => "set apart",
        Question::MarksContradict { .. } => "contradictory marks",
        Question::CountedApart { .. } => "counted apart",
        Question::SheetOdd { .. } => "odd sheet",
        Question::LateMarks { .. } => "late marks",
        Question::ReadAgain { .. } => "read again",
        Question::SectionBegunApart { .. } => "begun apart",
        Question::LineRemovedAndChanged { .. } | Question::RowRemovedAndChanged { .. } => "removed and changed",
        Question::PossibleDuplicate { .. } => "possible duplicate",
    }
}

/// A number as it is typed at the door: one that begins with `+` is known whole.
fn number_of(raw: &str) -> PhoneNumber {
    let e164 = Some(raw.to_owned()).filter(|raw| raw.starts_with('+'));
    let country = e164.as_ref().map(|_| "MA".to_owned());
    PhoneNumber { raw: raw.to_owned(), country, e164 }
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn titled(title: &str) -> BTreeMap<Field, Value> {
    BTreeMap::from([(Field::Title, Value::from(title))])
}

fn role_of(word: &str) -> Role {
    Role::from_word(word).unwrap_or_else(|| panic!("no role is called {word}"))
}

/// In stories a new paragraph is written `\n`.
fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
}

/// Splits a statement into words; a quoted one may hold spaces.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (n, part) in line.split('"').enumerate() {
        if n % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
