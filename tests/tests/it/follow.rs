//! What people say to each other on a dossier, what waits for whom, and what happened since somebody looked: as several phones see it.

use shared::{
    due::{DueKind, SupportTotals},
    edit::Edit,
    field::{Field, Value},
    id::{AccountId, DocumentId, RowId},
    record::{Record, Row},
    role::Role,
    table::Table,
    view::{ActivityView, AssociationView, DossierCard, DossiersView, TasksView, View, ViewKey},
};
use tests::story::Story;

/// The phones of the house that each story begins with, in their order.
const KARIMA: usize = 0;
const AMINA: usize = 1;
const BADR: usize = 2;
const ALL: [usize; 3] = [KARIMA, AMINA, BADR];

/// The house of the stories, with ways to add rows and to look at views.
struct House {
    story: Story,
    dossier: DocumentId,
}

impl House {
    fn begin() -> Self {
        let mut story = Story::begin();
        let dossier = story.world.phones[KARIMA]
            .engine()
            .documents()
            .find_map(|(id, kind)| (kind == shared::document::Kind::Dossier).then_some(id));
        Self { dossier: dossier.expect("the dossier Puits"), story }
    }

    fn account(&self, phone: usize) -> AccountId {
        self.story.world.phones[phone].identity.account
    }

    fn adds_to(&mut self, phone: usize, document: DocumentId, table: Table, cells: &[(Field, Value)]) -> RowId {
        self.story.world.now_ms += 1_000;
        let row = self.story.world.row_id();
        let fields = cells.iter().cloned().collect();
        self.story.world.edit(phone, Edit::AddRow { document, table, row, fields }).expect("a row");
        self.story.world.settle();
        row
    }

    fn adds(&mut self, phone: usize, table: Table, cells: &[(Field, Value)]) -> RowId {
        self.adds_to(phone, self.dossier, table, cells)
    }

    fn comments(&mut self, phone: usize, about: &str, body: &str, more: &[(Field, Value)]) -> RowId {
        let cells = [(Field::About, Value::from(about)), (Field::Body, Value::from(body))];
        self.adds(phone, Table::Comment, &[&cells[..], more].concat())
    }

    fn sets(&mut self, phone: usize, row: Option<RowId>, field: Field, value: impl Into<Value>) {
        self.story.world.now_ms += 1_000;
        let edit = Edit::SetField { document: self.dossier, row, field, value: value.into() };
        self.story.world.edit(phone, edit).expect("a cell");
        self.story.world.settle();
    }

    fn view(&mut self, phone: usize, key: &ViewKey) -> View {
        self.story.world.phones[phone].engine().view(key)
    }

    fn tasks(&mut self, phone: usize) -> TasksView {
        let View::Tasks(tasks) = self.view(phone, &ViewKey::Tasks) else { panic!("tasks") };
        tasks
    }

    /// `kind: label` of each, as a page has them: who is spoken to first, then by day, what has no day last.
    fn waiting(&mut self, phone: usize) -> Vec<String> {
        let mut tasks = self.tasks(phone).tasks;
        let order =
            |due: &shared::due::Due| (due.kind != DueKind::Mention, due.day.is_empty(), due.day.clone(), due.at_ms);
        tasks.sort_by_key(|task| order(&task.due));
        let tasks = tasks.into_iter();
        tasks.map(|task| format!("{}: {}", task.due.kind.as_str(), task.due.label)).collect()
    }

    fn card(&mut self, phone: usize) -> DossierCard {
        let View::Dossiers(DossiersView { dossiers }) = self.view(phone, &ViewKey::Dossiers) else {
            panic!("dossiers")
        };
        dossiers.into_iter().find(|card| card.dossier == self.dossier).expect("Puits")
    }

    fn activity(&mut self, phone: usize, dossier: Option<DocumentId>) -> ActivityView {
        let View::Activity(activity) = self.view(phone, &ViewKey::Activity { dossier }) else { panic!("activity") };
        activity
    }

    /// Who did something since that phone looked, the newest first.
    fn since(&mut self, phone: usize) -> Vec<String> {
        let activity = self.activity(phone, Some(self.dossier));
        let by = |entry: &shared::history::HistoryEntry| {
            let author = activity.authors.iter().find(|author| Some(author.device) == entry.by);
            author.map_or_else(String::new, |author| author.name.clone())
        };
        activity.dossiers[0].since.iter().map(by).collect()
    }

    /// Somebody opens the dossier and leaves it again.
    fn looks(&mut self, phone: usize) {
        let version = self.activity(phone, Some(self.dossier)).dossiers[0].version.clone();
        self.story.world.now_ms += 1_000;
        self.story.world.edit(phone, Edit::Look { dossier: self.dossier, version }).expect("a look");
    }

    fn comments_on(&mut self, phone: usize) -> Vec<Row> {
        let dossier = self.dossier;
        let Some(Record::Dossier(record)) = self.story.world.phones[phone].engine().record(dossier) else {
            panic!("a dossier")
        };
        record.rows.kept(Table::Comment).cloned().collect()
    }
}

fn mentions(account: AccountId) -> (Field, Value) {
    (Field::Mentions, Value::Text(account.to_string()))
}

#[test]
fn what_two_phones_say_apart_in_one_thread_stands_in_it_with_who_said_it() {
    let mut house = House::begin();
    let root = house.comments(KARIMA, "section/context", "D’où vient ce chiffre ?", &[]);
    house.story.tell("amina offline");
    house.story.tell("badr offline");
    let of = [(Field::Of, Value::Text(root.to_string()))];
    house.comments(AMINA, "section/context", "De la commune.", &of);
    house.comments(BADR, "section/context", "Du recensement.", &of);
    house.sets(BADR, Some(root), Field::Resolved, "yes");
    house.story.tell("amina online");
    house.story.tell("badr online");
    let devices = ALL.map(|phone| house.story.world.phones[phone].identity.device);
    for phone in ALL {
        let said: Vec<_> =
            house.comments_on(phone).iter().map(|row| (row.fields.text(Field::Body).to_owned(), row.by)).collect();
        assert_eq!(
            said,
            [
                ("D’où vient ce chiffre ?".to_owned(), Some(devices[KARIMA])),
                ("De la commune.".to_owned(), Some(devices[AMINA])),
                ("Du recensement.".to_owned(), Some(devices[BADR])),
            ]
        );
        assert_eq!(house.comments_on(phone)[0].fields.text(Field::Resolved), "yes");
    }
    house.story.world.audit();
}

#[test]
fn whoever_is_spoken_to_is_waited_for_until_they_answer_or_the_thread_is_closed() {
    let mut house = House::begin();
    let badr = house.account(BADR);
    let first = house.comments(AMINA, "dossier", "Badr, tu as le devis ?", &[mentions(badr)]);
    let second = house.comments(KARIMA, "section/context", "À relire", &[mentions(badr)]);
    assert_eq!(house.waiting(BADR), ["mention: Badr, tu as le devis ?", "mention: À relire"]);
    assert_eq!(house.waiting(AMINA), Vec::<String>::new(), "nobody spoke to her");
    let of = [(Field::Of, Value::Text(first.to_string()))];
    house.comments(AMINA, "dossier", "Il est urgent.", &of);
    assert_eq!(house.waiting(BADR).len(), 2, "another's word is no answer of his");
    house.comments(BADR, "dossier", "Demain.", &of);
    assert_eq!(house.waiting(BADR), ["mention: À relire"]);
    house.sets(AMINA, Some(second), Field::Resolved, "yes");
    assert_eq!(house.waiting(BADR), Vec::<String>::new());
}

#[test]
fn a_to_do_waits_for_the_one_it_was_given_to_until_somebody_has_done_it() {
    let mut house = House::begin();
    let to = |who: String, day: &str| [(Field::AssignedTo, Value::Text(who)), (Field::Due, Value::from(day))];
    let todo = |label: &str, more: &[(Field, Value)]| [&[(Field::Label, Value::from(label))], more].concat();
    let (amina, badr) = (house.account(AMINA).to_string(), house.account(BADR).to_string());
    house.adds(KARIMA, Table::Todo, &todo("Devis de la pompe", &to(badr.clone(), "2026-04-10")));
    let sooner = house.adds(AMINA, Table::Todo, &todo("Statuts signés", &to(badr, "2026-03-05")));
    // In words, as somebody writes who does not know the account.
    house.adds(KARIMA, Table::Todo, &todo("Photos du village", &to("Bàdr".to_owned(), "")));
    house.adds(KARIMA, Table::Todo, &todo("Budget", &to(amina, "2026-03-09")));
    assert_eq!(house.waiting(BADR), ["todo: Statuts signés", "todo: Devis de la pompe", "todo: Photos du village"]);
    assert_eq!(house.waiting(AMINA), ["todo: Budget"]);
    assert_eq!(house.card(KARIMA).due.expect("the next").day, "2026-03-05");
    house.sets(AMINA, Some(sooner), Field::Done, "yes");
    assert_eq!(house.waiting(BADR), ["todo: Devis de la pompe", "todo: Photos du village"]);
    assert_eq!(house.card(KARIMA).due.expect("the next").day, "2026-03-09");
}

#[test]
fn reports_and_instalments_wait_for_whoever_the_dossier_is_of() {
    let mut house = House::begin();
    let report = [(Field::Label, Value::from("Compte rendu final")), (Field::Due, Value::from("2026-06-30"))];
    let report = house.adds(KARIMA, Table::Report, &report);
    let instalment = [(Field::Label, Value::from("Solde")), (Field::Due, Value::from("2026-05-01"))];
    house.adds(AMINA, Table::Instalment, &instalment);
    for phone in ALL {
        assert_eq!(house.waiting(phone), ["instalment: Solde", "report: Compte rendu final"], "{phone}");
    }
    house.sets(BADR, Some(report), Field::Sent, "2026-06-12");
    assert_eq!(house.waiting(AMINA), ["instalment: Solde"]);
    // A member of staff who has nothing to do with it is spared.
    house.story.tell("nadia joins as staff");
    let nadia = house.story.world.phones.len() - 1;
    house.story.world.sync(nadia);
    assert_eq!((house.waiting(nadia), house.card(nadia).mine), (vec![], false));
    house.sets(KARIMA, None, Field::Coordinator, "nadia");
    house.story.world.sync(nadia);
    assert_eq!((house.waiting(nadia), house.card(nadia).mine), (vec!["instalment: Solde".to_owned()], true));
}

#[test]
fn news_are_what_others_did_since_somebody_left_and_a_phone_remembers_when_that_was() {
    let mut house = House::begin();
    house.looks(BADR);
    assert_eq!((house.since(BADR), house.card(BADR).news), (vec![], false));
    house.sets(BADR, None, Field::Territory, "Tinzert");
    assert!(!house.card(BADR).news, "what one wrote oneself is none");
    house.sets(AMINA, None, Field::Coordinator, "Amina");
    house.comments(KARIMA, "dossier", "Bravo", &[]);
    assert_eq!((house.since(BADR), house.card(BADR).news), (vec!["karima".to_owned(), "amina".to_owned()], true));
    let others = house.activity(BADR, None);
    assert_eq!(others.dossiers.iter().map(|one| one.dossier).collect::<Vec<_>>(), [house.dossier]);
    // It is on the phone's disk.
    house.story.tell("badr restarts");
    assert_eq!((house.since(BADR).len(), house.card(BADR).news), (2, true));
    house.looks(BADR);
    house.story.tell("badr restarts");
    assert_eq!((house.since(BADR), house.card(BADR).news), (vec![], false));
    assert!(house.activity(BADR, None).dossiers.is_empty());
    // Written before, without a network, and come since: a clock decides nothing.
    house.story.tell("amina offline");
    house.story.tell("amina has a clock a year behind");
    house.sets(AMINA, None, Field::DurationMonths, 12);
    house.looks(BADR);
    house.story.tell("amina online");
    assert_eq!(house.since(BADR), ["amina"]);
    house.story.world.audit();
}

#[test]
fn what_one_writes_apart_from_what_one_has_not_seen_hides_none_of_it() {
    let mut house = House::begin();
    house.looks(BADR);
    house.story.tell("badr offline");
    house.sets(AMINA, None, Field::Coordinator, "Amina");
    house.sets(BADR, None, Field::Territory, "Tinzert");
    house.story.tell("badr online");
    assert!(house.card(BADR).news);
    house.sets(BADR, None, Field::DurationMonths, 12);
    assert!(house.card(BADR).news, "building on it is not reading it");
    assert_eq!(house.since(BADR), ["amina"]);
}

#[test]
fn support_adds_up_on_a_dossier_and_on_its_association_with_the_collective_apart() {
    let mut house = House::begin();
    let association = house.story.world.document_id();
    let fields = [(Field::Title, Value::from("Tamont"))].into();
    house.story.world.edit(KARIMA, Edit::CreateAssociation { association, fields }).expect("an association");
    house.sets(KARIMA, None, Field::Association, Value::Text(association.to_string()));
    let act = |minutes: i64, kind: &str| {
        [
            (Field::Day, Value::from("2026-03-01")),
            (Field::Minutes, Value::Number(minutes)),
            (Field::SupportKind, Value::from(kind)),
        ]
    };
    house.adds(AMINA, Table::Support, &act(90, "meeting"));
    house.adds(BADR, Table::Support, &act(45, "call"));
    let out = house.adds(BADR, Table::Support, &act(600, "visit"));
    let edit = Edit::KeepRow { document: house.dossier, row: out, keep: false };
    house.story.world.edit(BADR, edit).expect("taken out");
    house.adds_to(KARIMA, association, Table::Support, &act(180, "collective"));
    let View::Dossier(dossier) = house.view(KARIMA, &ViewKey::Dossier { dossier: house.dossier }) else {
        panic!("a dossier")
    };
    assert_eq!(dossier.support, SupportTotals { individual_minutes: 135, collective_minutes: 0, acts: 2 });
    let View::Association(AssociationView { support, own_support, dossiers, rows, .. }) =
        house.view(KARIMA, &ViewKey::Association { association })
    else {
        panic!("an association")
    };
    assert_eq!(own_support, SupportTotals { individual_minutes: 0, collective_minutes: 180, acts: 1 });
    assert_eq!(support, SupportTotals { individual_minutes: 135, collective_minutes: 180, acts: 3 });
    assert_eq!((dossiers[0].dossier, rows.len()), (house.dossier, 1));
}

#[test]
fn a_look_is_no_change_and_needs_no_right() {
    let mut house = House::begin();
    house.story.tell("omar joins as auditor");
    let auditor = house.story.world.phones.len() - 1;
    assert_eq!(house.story.world.role(auditor), Role::Auditor);
    let before = house.story.world.server.documents()[&house.dossier].heads();
    let edit = Edit::Look { dossier: house.dossier, version: String::new() };
    for phone in [BADR, auditor] {
        assert_eq!(house.story.world.edit(phone, edit.clone()), Ok(()));
        assert_eq!(house.story.world.phones[phone].engine().unsent(), 0);
    }
    house.story.world.settle();
    assert_eq!(house.story.world.server.documents()[&house.dossier].heads(), before);
    assert_eq!(house.tasks(BADR).tasks.iter().filter(|task| task.due.kind == DueKind::Mention).count(), 0);
}
