//! The table of permissions: what the phone refuses and what the server judges are the same, for every edit and every role.

use automerge::{
    ActorId, AutoCommit, ObjType, ROOT, ReadDoc as _,
    transaction::{CommitOptions, Transactable as _},
};
use expect_test::expect;
use server::guard::{self, Owner, Verdict};
use shared::{
    consent::{Agreed, Consent},
    decision::capability_to_settle,
    document::{Document, Kind, Made},
    edit::{Edit, Refusal},
    field::{Field, Value},
    id::DocumentId,
    permission::{Capability, TABLE},
    record::Record,
    role::Role,
    settings::SETTINGS,
};

use crate::rules::{Desk, document, every_edit};

/// The capabilities that an edit takes, by what the documents say that it names. A new edit must be put here, or this does
/// not compile.
pub(super) fn needs(edit: &Edit, read: &dyn Fn(DocumentId) -> Record) -> Vec<Capability> {
    use Capability as C;
    match edit {
        Edit::SetField { document, field, .. } => vec![to_set(&read(*document), *field)],
        Edit::CreatePerson { .. } => vec![C::AddPerson],
        Edit::SetConsent { consent: Consent::Photo, .. } => vec![C::ChangePerson],
        // A no is taken by whoever hears it.
        Edit::SetConsent { agreed: Agreed::Withdrawn, .. } => vec![C::AddContact],
        Edit::SetConsent { .. } => vec![C::AddContact, C::ChangeContact],
        Edit::AddPhone { .. } | Edit::AddEmail { .. } => vec![C::AddContact],
        Edit::CreateAssociation { .. } => vec![C::AddAssociation],
        Edit::CreateEvent { .. } => vec![C::AddEvent],
        Edit::AddToRoster { .. } => vec![C::AddToRoster],
        Edit::TakeFromRoster { .. } => vec![C::ChangeEvent],
        Edit::CheckIn { .. } | Edit::Sign { .. } | Edit::SetHeadcount { .. } | Edit::AddPaper { .. } => vec![C::Mark],
        Edit::Undo { .. } | Edit::SettleMarks { .. } | Edit::WithdrawSignature { .. } => vec![C::WithdrawMark],
        Edit::AddSlot { .. } | Edit::AddTrainer { .. } | Edit::LinkEvent { .. } => vec![C::ChangeEvent],
        // Whoever may photograph a sheet may take the photo out again.
        Edit::KeepEventRow { event, row, .. } => match read(*event) {
            Record::Event(event) if event.papers.iter().any(|paper| paper.id == *row) => vec![C::Mark],
            _ => vec![C::ChangeEvent],
        },
        Edit::RegisterWalkIn { .. } => vec![C::AddPerson, C::AddContact, C::AddAssociation, C::AddToRoster, C::Mark],
        Edit::CreateDossier { .. } | Edit::CopyDossier { .. } => vec![C::AddDossier],
        Edit::EditSection { .. } | Edit::ReadAgain { .. } | Edit::SettleSection { .. } => vec![C::WriteDossier],
        Edit::AddLine { .. } | Edit::AddTime { .. } | Edit::SetLineState { .. } => vec![C::WriteDossier],
        // What somebody has seen stays on their device.
        Edit::Look { .. } => vec![],
        Edit::AddRow { document, .. } | Edit::KeepRow { document, .. } => vec![to_set(&read(*document), Field::Order)],
        Edit::MoveStage { to, .. } if to == "visa" || to == "filed" => vec![C::SubmitDossier],
        Edit::MoveStage { .. } => vec![C::MoveStage],
        Edit::ReviewDossier { .. } | Edit::GiveVisa { .. } => vec![C::GiveVisa],
        Edit::LinkSame { .. } | Edit::NotSame { .. } => vec![C::JoinPeople],
        Edit::CreateCall { .. } | Edit::PublishCall { .. } | Edit::ConfirmRule { .. } => vec![C::ChangeCall],
        Edit::Settle { document, asked, answer, .. } => {
            let own = answer.iter().flat_map(|answer| needs(answer, read)).collect::<Vec<_>>();
            to_settle(&read(*document), asked).into_iter().chain(own).collect()
        }
        Edit::AssignQuestion { document, asked, .. } => to_settle(&read(*document), asked),
        // What it was about stands in the decision that is taken back: of people there is one kind.
        Edit::Reopen { document, .. } => match read(*document) {
            Record::Person(_) => vec![C::JoinPeople],
            _ => vec![],
        },
    }
}

fn to_settle(of: &Record, asked: &str) -> Vec<Capability> {
    let kind = match of {
        Record::Person(_) => Kind::Person,
        Record::Contact(_) => Kind::Contact,
        Record::Association(_) => Kind::Association,
        Record::Event(_) => Kind::Event,
        Record::Dossier(_) => Kind::Dossier,
        Record::Call(_) => Kind::Call,
        Record::Settings(_) => Kind::Settings,
    };
    capability_to_settle(kind, asked).into_iter().collect()
}

/// The capability that a field of such a document takes, at its root or in a row.
fn to_set(of: &Record, field: Field) -> Capability {
    use Capability as C;
    match (of, field) {
        (Record::Dossier(_), Field::PortalReference | Field::FiledDay) => C::SubmitDossier,
        (Record::Dossier(_), Field::Coordinator) => C::WriteDossier,
        (Record::Dossier(_), field) if Field::WAY.contains(&field) => C::MoveStage,
        (_, Field::SameAs) => C::JoinPeople,
        (Record::Person(_), _) => C::ChangePerson,
        (Record::Association(_), _) => C::ChangeAssociation,
        (Record::Event(_), _) => C::ChangeEvent,
        (Record::Dossier(_), _) => C::WriteDossier,
        (Record::Call(_), _) => C::ChangeCall,
        (Record::Settings(_), Field::Targets) => C::SetTargets,
        (Record::Settings(_), _) => C::ChangeSettings,
        (Record::Contact(_), _) => C::ChangeContact,
    }
}

pub(super) fn set(document: DocumentId, field: Field, value: impl Into<Value>) -> Edit {
    Edit::SetField { document, row: None, field, value: value.into() }
}

/// Every edit once, and a field of every kind of document.
pub(super) fn edits() -> Vec<Edit> {
    let mut edits = every_edit();
    let of = |wanted: fn(&Edit) -> Option<DocumentId>| edits.iter().find_map(wanted).expect("one of them");
    let event = of(|edit| if let Edit::CreateEvent { event, .. } = edit { Some(*event) } else { None });
    let dossier = of(|edit| if let Edit::CreateDossier { dossier, .. } = edit { Some(*dossier) } else { None });
    let association =
        of(|edit| if let Edit::CreateAssociation { association, .. } = edit { Some(*association) } else { None });
    let call = of(|edit| if let Edit::CreateCall { call, .. } = edit { Some(*call) } else { None });
    edits.extend([
        set(event, Field::Place, "Salle 2"),
        set(dossier, Field::Stage, "accompaniment"),
        set(dossier, Field::PortalReference, "PRA-2026-112"),
        set(dossier, Field::GrantedCents, 1_200_000),
        set(association, Field::City, "Marseille"),
        set(call, Field::Programme, "PRA/OSIM"),
        set(SETTINGS, Field::EventKeepDays, 45),
        set(SETTINGS, Field::Targets, "people 2026 400"),
    ]);
    edits
}

/// The code with which the server sets a change aside that an author of that role is said to have made; none if it takes it.
pub(super) fn judged(before: &Document, made: &Made, role: Role) -> Option<&'static str> {
    judged_beside(before, made, role, None)
}

/// The same, by a server that has these documents beside it.
pub(super) fn judged_beside(
    before: &Document,
    made: &Made,
    role: Role,
    library: Option<&dyn guard::Library>,
) -> Option<&'static str> {
    let author = guard::Author { role, document: before.id, kind: before.kind, library };
    let admitted = guard::admit(before.crdt(), &Owner::Anyone, Some(author), &[&made.bytes]);
    match &admitted.verdicts[..] {
        [Verdict::Accepted(_)] => None,
        [Verdict::Refused(refusal)] => Some(refusal.code()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_edit_by_every_role_is_what_the_table_says_on_the_phone_and_on_the_server() {
    let mut desk = Desk::new(1);
    let mut taken: Vec<Capability> = Vec::new();
    for edit in edits() {
        let before = desk.clone();
        desk.did(&edit);
        let needs = needs(&edit, &|id| Record::read(&desk.documents[&id]));
        for role in Role::ALL {
            let may = needs.iter().all(|capability| role.may(*capability));
            let on_the_phone = edit.apply(&mut before.clone(), role, 1_772_352_000_000);
            let expected = if may { None } else { Some(Refusal::NotAllowed) };
            assert_eq!(on_the_phone.as_ref().err(), expected.as_ref(), "{role:?} {edit:?}");
            // The same change from a phone whose own check was taken out.
            let made = edit.apply(&mut before.clone(), Role::Admin, 1_772_352_000_000).unwrap().written;
            let codes: Vec<_> = made
                .iter()
                .filter_map(|(document, made)| {
                    let empty = Document::new(document.id, document.kind);
                    judged(before.documents.get(&document.id).unwrap_or(&empty), made, role)
                })
                .collect();
            assert_eq!(codes.is_empty(), may || made.is_empty(), "{role:?} {edit:?}: {codes:?}");
            assert!(codes.iter().all(|code| *code == "permission.not_allowed"), "{role:?} {edit:?}: {codes:?}");
        }
        taken.extend(needs);
    }
    // What no edit takes is for the routes, for giving back, or has no screen yet.
    taken.sort_unstable();
    taken.dedup();
    let unused: Vec<Capability> =
        TABLE.iter().map(|(capability, _)| *capability).filter(|one| !taken.contains(one)).collect();
    expect![[r#"
        [
            ReadContact,
            CorrectStage,
            GiveBack,
            SeeAccess,
            ManageAccess,
            JudgeQuarantine,
            ReadJournal,
            AnswerPeople,
            RunRetention,
            ReadSheet,
            SealSheet,
            ExportDossier,
            ReadDirectory,
            ReadFigures,
            ConnectPrograms,
        ]
    "#]]
    .assert_debug_eq(&unused);
}

/// A change that no edit of ours makes, written with the real engine on top of a document.
pub(super) fn forged(before: &Document, write: impl FnOnce(&mut AutoCommit)) -> Made {
    let mut crdt = AutoCommit::load(&before.save()).unwrap();
    crdt.set_actor(ActorId::from(&[[9_u8; 16].as_slice(), &[1; 8]].concat()[..]));
    write(&mut crdt);
    crdt.commit_with(CommitOptions::default().with_time(1_772_352_000));
    let change = crdt.get_last_local_change().unwrap();
    Made { hash: change.hash(), bytes: change.raw_bytes().to_vec() }
}

#[test]
fn m1_m9_what_a_tampered_phone_forges_is_told_by_its_effect() {
    let mut desk = Desk::new(1);
    edits().iter().for_each(|edit| desk.did(edit));
    let of_kind = |kind: Kind| desk.documents.values().find(|document| document.kind == kind).unwrap();
    let map = |crdt: &AutoCommit, key: &str| crdt.get(ROOT, key).unwrap().unwrap().1;
    let first = |crdt: &AutoCommit, key: &str| {
        let map = map(crdt, key);
        let key = crdt.keys(&map).next().unwrap();
        crdt.get(&map, key).unwrap().unwrap().1
    };
    let check = |kind: Kind, role: Role, write: &dyn Fn(&mut AutoCommit), code: Option<&str>| {
        let before = of_kind(kind);
        assert_eq!(judged(before, &forged(before, |crdt| write(crdt)), role), code, "{kind:?} {role:?}");
    };
    let all = |kind: Kind, write: &dyn Fn(&mut AutoCommit), code: &str| {
        Role::ALL.into_iter().for_each(|role| check(kind, role, write, Some(code)));
    };
    // Another volunteer's mark, and a withdrawal: nobody writes them twice.
    all(
        Kind::Event,
        &|crdt| {
            let mark = first(crdt, "marks");
            crdt.put(&mark, "status", "absent").unwrap();
        },
        "permission.sealed",
    );
    all(
        Kind::Event,
        &|crdt| {
            let marks = map(crdt, "marks");
            let key = crdt.keys(&marks).next().unwrap();
            crdt.delete(&marks, key).unwrap();
        },
        "permission.sealed",
    );
    all(
        Kind::Event,
        &|crdt| {
            let withdrawal = first(crdt, "withdrawals");
            crdt.put(&withdrawal, "reason", "none of your business").unwrap();
        },
        "permission.sealed",
    );
    // A sealed sheet, and the making of one: the server's alone.
    all(
        Kind::Event,
        &|crdt| {
            let sheet = crdt.put_object(ROOT, "sheet/3232323232323232", ObjType::Map).unwrap();
            crdt.put(&sheet, "code", "FORGED").unwrap();
        },
        "permission.sealed",
    );
    all(
        Kind::Event,
        &|crdt| {
            let key = crdt.keys(ROOT).find(|key| key.starts_with("signature/")).unwrap();
            let signature = crdt.get(ROOT, key).unwrap().unwrap().1;
            crdt.put(&signature, "ink", "0b".repeat(32)).unwrap();
        },
        "permission.sealed",
    );
    all(
        Kind::Event,
        &|crdt| {
            let key = crdt.keys(ROOT).find(|key| key.starts_with("signature/")).unwrap();
            crdt.delete(ROOT, key).unwrap();
        },
        "permission.sealed",
    );
    all(
        Kind::Event,
        &|crdt| drop(crdt.put_object(ROOT, "signature/nobody", ObjType::Map).unwrap()),
        "permission.no_such_edit",
    );
    all(Kind::Event, &|crdt| crdt.put(ROOT, "headcount/none", 7).unwrap(), "edit.value_invalid");
    all(Kind::Event, &|crdt| crdt.put(ROOT, "secret/thing", 7).unwrap(), "permission.no_such_edit");
    // What no edit does: rubbing people out of a roster, rows out of a budget, and words that no record shows.
    all(
        Kind::Event,
        &|crdt| {
            let roster = map(crdt, "roster");
            let key = crdt.keys(&roster).next().unwrap();
            crdt.delete(&roster, key).unwrap();
        },
        "permission.no_such_edit",
    );
    all(
        Kind::Dossier,
        &|crdt| {
            let lines = map(crdt, "lines");
            let key = crdt.keys(&lines).next().unwrap();
            crdt.delete(&lines, key).unwrap();
        },
        "permission.no_such_edit",
    );
    all(Kind::Person, &|crdt| crdt.put(ROOT, "role", "admin").unwrap(), "permission.no_such_edit");
    all(Kind::Person, &|crdt| crdt.put(ROOT, "kind", "call").unwrap(), "permission.no_such_edit");
    all(
        Kind::Person,
        &|crdt| drop(crdt.put_object(ROOT, "not_same", ObjType::Map).unwrap()),
        "permission.no_such_edit",
    );
    all(Kind::Contact, &|crdt| crdt.put(ROOT, "person", document(99).to_string()).unwrap(), "permission.no_such_edit");
    // A volunteer has no say in these, whatever their phone says.
    check(
        Kind::Settings,
        Role::Staff,
        &|crdt| crdt.put(ROOT, "event_keep_days", 3_000).unwrap(),
        Some("permission.not_allowed"),
    );
    check(Kind::Settings, Role::Admin, &|crdt| crdt.put(ROOT, "event_keep_days", 3_000).unwrap(), None);
    check(
        Kind::Settings,
        Role::Admin,
        &|crdt| crdt.put(ROOT, "event_keep_days", -1).unwrap(),
        Some("edit.value_invalid"),
    );
    check(
        Kind::Association,
        Role::Volunteer,
        &|crdt| crdt.put(ROOT, "title", "Mine").unwrap(),
        Some("permission.not_allowed"),
    );
    check(Kind::Person, Role::Volunteer, &|crdt| crdt.put(ROOT, "sex", "x").unwrap(), Some("edit.value_invalid"));
    // M9: the stage stands at 'accompaniment'.
    check(
        Kind::Dossier,
        Role::Volunteer,
        &|crdt| crdt.put(ROOT, "stage", "writing").unwrap(),
        Some("permission.not_allowed"),
    );
    check(
        Kind::Dossier,
        Role::Coordinator,
        &|crdt| crdt.put(ROOT, "stage", "writing").unwrap(),
        Some("stage.association_missing"),
    );
    check(
        Kind::Dossier,
        Role::Coordinator,
        &|crdt| {
            crdt.put(ROOT, "association", document(12).to_string()).unwrap();
            crdt.put(ROOT, "call", document(20).to_string()).unwrap();
            crdt.put(ROOT, "stage", "writing").unwrap();
        },
        None,
    );
    check(Kind::Dossier, Role::Coordinator, &|crdt| crdt.put(ROOT, "stage", "granted").unwrap(), Some("stage.jump"));
    check(Kind::Dossier, Role::Coordinator, &|crdt| crdt.delete(ROOT, "stage").unwrap(), Some("stage.jump"));
    check(Kind::Dossier, Role::Staff, &|crdt| crdt.put(ROOT, "stage", "granted").unwrap(), None);
    check(
        Kind::Dossier,
        Role::Auditor,
        &|crdt| crdt.put(ROOT, "title", "Other").unwrap(),
        Some("permission.not_allowed"),
    );
}

#[test]
fn m9_a_chain_of_moves_in_one_upload_is_judged_move_by_move() {
    let mut desk = Desk::new(1);
    let dossier = document(50);
    let named = [
        (Field::Title, "Puits".into()),
        (Field::Association, Value::Text(document(51).to_string())),
        (Field::Call, Value::Text(document(52).to_string())),
    ];
    desk.did(&Edit::CreateDossier { dossier, fields: named.into(), sections: vec![] });
    let before = desk.documents[&dossier].clone();
    let mut chain = Vec::new();
    for stage in ["idea", "accompaniment", "writing", "visa"] {
        let outcome = desk.edit(&set(dossier, Field::Stage, stage)).unwrap();
        chain.push(outcome.written[0].1.bytes.clone());
    }
    let author = guard::Author { role: Role::Coordinator, document: dossier, kind: Kind::Dossier, library: None };
    let codes = |chain: &[Vec<u8>]| -> Vec<Option<&'static str>> {
        let admitted = guard::admit(before.crdt(), &Owner::Anyone, Some(author), chain);
        admitted.verdicts.iter().map(|v| if let Verdict::Refused(r) = v { Some(r.code()) } else { None }).collect()
    };
    assert_eq!(codes(&chain), [None; 4]);
    let jump = desk.edit(&set(dossier, Field::Stage, "running")).unwrap();
    chain.push(jump.written[0].1.bytes.clone());
    assert_eq!(codes(&chain), [None, None, None, None, Some("stage.jump")]);
}

#[test]
fn q1_a_decision_is_written_by_whoever_may_settle_and_touched_by_nobody() {
    let mut desk = Desk::new(1);
    edits().iter().for_each(|edit| desk.did(edit));
    let check = |kind: Kind, role: Role, write: &dyn Fn(&mut AutoCommit), code: Option<&str>| {
        let before = desk.documents.values().find(|document| document.kind == kind).unwrap();
        assert_eq!(judged(before, &forged(before, |crdt| write(crdt)), role), code, "{kind:?} {role:?}");
    };
    const ID: &str = "3333333333333333";
    let decide = |crdt: &mut AutoCommit, asked: &str, place: &str| {
        let row = crdt.put_object(ROOT, format!("decision/{ID}"), ObjType::Map).unwrap();
        crdt.put(&row, "asked", asked).unwrap();
        crdt.put(&row, "chose", "Salle 2").unwrap();
        crdt.put(ROOT, format!("decided/{place}"), ID).unwrap();
    };
    let of_title = |crdt: &mut AutoCommit| decide(crdt, "field/title", "field/title");
    check(Kind::Event, Role::Volunteer, &of_title, Some("permission.not_allowed"));
    check(Kind::Event, Role::Auditor, &of_title, Some("permission.not_allowed"));
    check(Kind::Event, Role::Coordinator, &of_title, None);
    check(Kind::Dossier, Role::Volunteer, &of_title, None);
    check(Kind::Call, Role::Coordinator, &of_title, Some("permission.not_allowed"));
    check(Kind::Call, Role::Staff, &of_title, None);
    // A volunteer settles marks, and seals nothing.
    let of_marks = format!("marks/{ID}/{}", DocumentId([1; 16]));
    check(Kind::Event, Role::Volunteer, &|crdt| decide(crdt, &of_marks, &of_marks), None);
    check(Kind::Event, Role::Volunteer, &|crdt| decide(crdt, "late", "late"), Some("permission.not_allowed"));
    let all = |kind: Kind, write: &dyn Fn(&mut AutoCommit), code: &str| {
        Role::ALL.into_iter().for_each(|role| check(kind, role, write, Some(code)));
    };
    let never = "permission.no_such_edit";
    // A place that nobody asks about, one decision for another place, or none at all.
    all(Kind::Dossier, &|crdt| decide(crdt, "field/wings", "field/wings"), never);
    check(Kind::Dossier, Role::Admin, &|crdt| decide(crdt, "field/title", "field/sector"), Some(never));
    check(Kind::Dossier, Role::Admin, &|crdt| crdt.put(ROOT, "decided/field/title", ID).unwrap(), Some(never));
    let empty = |crdt: &mut AutoCommit| drop(crdt.put_object(ROOT, format!("decision/{ID}"), ObjType::Map).unwrap());
    check(Kind::Dossier, Role::Admin, &empty, Some(never));
    let assigned = |crdt: &mut AutoCommit| crdt.put(ROOT, "assigned/field/title", "somebody").unwrap();
    check(Kind::Dossier, Role::Admin, &assigned, Some(never));
    // Written once.
    let mine = |crdt: &mut AutoCommit| {
        let key = crdt.keys(ROOT).find(|key| key.starts_with("decision/")).unwrap();
        let row = crdt.get(ROOT, key).unwrap().unwrap().1;
        crdt.put(&row, "reason", "none of your business").unwrap();
    };
    all(Kind::Person, &mine, "permission.sealed");
    let gone = |crdt: &mut AutoCommit| {
        let key = crdt.keys(ROOT).find(|key| key.starts_with("decision/")).unwrap();
        crdt.delete(ROOT, key).unwrap();
    };
    all(Kind::Person, &gone, "permission.sealed");
}
