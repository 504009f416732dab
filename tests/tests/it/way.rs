//! The way of a dossier (M9): every move by every role, what must hold, the visa and what becomes of it, versions and what lies
//! between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use automerge::{ObjType, ROOT, ReadDoc as _, transaction::Transactable as _};
use server::guard;
use shared::{
    compare::{In, differences, passages},
    document::Document,
    edit::{Edit, Refusal, version_text},
    field::{Field, STAGES, Value},
    history::{Did, versions},
    id::{DeviceId, DocumentId},
    limit,
    permission::Capability,
    question::{Question, of_record},
    record::{CallSection, DossierRecord, Record, Side},
    role::Role,
    stage::table,
    table::Table,
    visa::{Verdict, Visaed, visaed},
};
use tests::world::Rng;

use crate::{
    permission::{forged, judged, judged_beside, set},
    rules::{Desk, document, row},
};

const NOW_MS: u64 = 1_772_352_000_000;
const DOSSIER: u8 = 4;
const ASSOCIATION: u8 = 12;
const CALL: u8 = 20;

fn dossier() -> DocumentId {
    document(DOSSIER)
}

fn titled(title: &str) -> BTreeMap<Field, Value> {
    BTreeMap::from([(Field::Title, Value::from(title))])
}

fn reword(section: &str, before: &str, after: &str) -> Edit {
    let [section, before, after] = [section, before, after].map(str::to_owned);
    Edit::EditSection { dossier: dossier(), section, version: String::new(), before, after }
}

fn moves(id: u8, to: &str, reason: &str) -> Edit {
    Edit::MoveStage {
        dossier: dossier(),
        moved: row(id),
        to: to.to_owned(),
        fields: BTreeMap::new(),
        reason: reason.to_owned(),
    }
}

fn gives(desk: &Desk, id: u8, verdict: Verdict) -> Edit {
    let version = version_text(&desk.documents[&dossier()].heads());
    Edit::GiveVisa { dossier: dossier(), visa: row(id), version, verdict, remarks: "le budget".to_owned() }
}

fn cell(line: u8, field: Field, value: impl Into<Value>) -> Edit {
    Edit::SetField { document: dossier(), row: Some(row(line)), field, value: value.into() }
}

/// A dossier in which everything that any move wants is there, at the stage at which its visa is asked for.
fn ready(device: u8) -> Desk {
    let mut desk = Desk::new(device);
    let association = [(Field::OpapDay, Value::from("2025-01-15"))];
    desk.did(&Edit::CreateAssociation {
        association: document(ASSOCIATION),
        fields: titled("Tamont").into_iter().chain(association).collect(),
    });
    let section = |key: &str| CallSection {
        key: key.to_owned(),
        title: key.to_uppercase(),
        guidance: String::new(),
        chars_max: 60,
        required: true,
    };
    let sections = vec![section("context"), section("need")];
    desk.did(&Edit::CreateCall { call: document(CALL), fields: titled("PRA"), sections });
    let named = [
        (Field::Association, Value::Text(document(ASSOCIATION).to_string())),
        (Field::Call, Value::Text(document(CALL).to_string())),
    ];
    desk.did(&Edit::CreateDossier {
        dossier: dossier(),
        fields: titled("Puits").into_iter().chain(named).collect(),
        sections: vec!["context".to_owned(), "need".to_owned()],
    });
    desk.did(&reword("context", "", "La commune est en montagne."));
    desk.did(&reword("need", "", "Le puits est à sec."));
    for (line, side) in [(60, Side::Expense), (61, Side::Resource)] {
        desk.did(&Edit::AddLine { dossier: dossier(), line: row(line), side, label: "Pompe".to_owned() });
        desk.did(&cell(line, Field::UnitCents, 150_000));
    }
    desk.did(&cell(61, Field::Nature, "grant"));
    desk.did(&set(dossier(), Field::Stage, "visa"));
    desk
}

fn record(document: &Document) -> DossierRecord {
    match Record::read(document) {
        Record::Dossier(record) => record,
        other => panic!("{other:?}"),
    }
}

fn standing(desk: &Desk) -> Visaed {
    let document = &desk.documents[&dossier()];
    visaed(document, &record(document))
}

/// Everything that any move records.
fn all_recorded() -> [(Field, Value); 7] {
    [
        (Field::PortalReference, "PRA-2026-112".into()),
        (Field::FiledDay, "2026-02-20".into()),
        (Field::DecisionDay, "2026-02-22".into()),
        (Field::GrantedCents, 150_000.into()),
        (Field::DecisionRemarks, "Beau projet.".into()),
        (Field::AgreementDay, "2026-02-25".into()),
        (Field::AgreementNumber, "2026-17".into()),
    ]
}

/// What a server has, and when it is asked.
#[derive(Debug)]
struct Server<'a> {
    documents: &'a BTreeMap<DocumentId, Document>,
    restored: bool,
    now_ms: u64,
}

impl guard::Library for Server<'_> {
    fn document(&self, id: DocumentId) -> Option<Arc<Document>> {
        self.documents.get(&id).cloned().map(Arc::new)
    }

    fn may_lack(&self) -> bool {
        self.restored
    }

    fn now_ms(&self) -> u64 {
        self.now_ms
    }
}

/// What comes of an edit on the phone of that role, and of its change on the server.
fn both(desk: &Desk, edit: &Edit, role: Role) -> [Option<&'static str>; 2] {
    let server = Server { documents: &desk.documents, restored: false, now_ms: NOW_MS };
    both_where(desk, &server, edit, role)
}

/// The same, where the server does not have what the phone has.
fn both_where(desk: &Desk, server: &Server<'_>, edit: &Edit, role: Role) -> [Option<&'static str>; 2] {
    let phone = edit.apply(&mut desk.clone(), role, NOW_MS).err().map(Refusal::code);
    // With a reason, an administrator is held to nothing: that is the phone whose own check was taken out.
    let mut unchecked = edit.clone();
    if let Edit::MoveStage { reason, .. } = &mut unchecked {
        "why".clone_into(reason);
    }
    let made = unchecked.apply(&mut desk.clone(), Role::Admin, NOW_MS);
    let before = &desk.documents[&dossier()];
    let made = made.ok().and_then(|made| made.written.into_iter().next());
    let server = made.and_then(|(_, made)| judged_beside(before, &made, role, Some(server)));
    [phone, server]
}

#[test]
fn m9_every_move_by_every_role_is_what_the_table_says_on_the_phone_and_on_the_server() {
    let mut desk = ready(1);
    desk.did(&gives(&desk, 70, Verdict::Approved));
    for (field, value) in all_recorded() {
        desk.did(&set(dossier(), field, value));
    }
    let all: Vec<&str> = [""].into_iter().chain(STAGES.iter().copied()).collect();
    let mut made = 0;
    for from in &all {
        let mut desk = desk.clone();
        desk.did(&set(dossier(), Field::Stage, *from));
        for to in STAGES.iter().filter(|to| *to != from) {
            let row = table().find(|one| one.from == *from && one.to == *to);
            for role in Role::ALL {
                let expected = match &row {
                    // With a reason, whoever may correct stages brings it anywhere.
                    _ if role.may(Capability::CorrectStage) => None,
                    Some(one) if role.may(one.who) => None,
                    _ if role.may(Capability::MoveStage) => Some("stage.jump"),
                    _ => Some("permission.not_allowed"),
                };
                assert_eq!(both(&desk, &moves(80, to, "why"), role), [expected; 2], "{role:?} {from} to {to}");
                made += usize::from(expected.is_none());
            }
            // Without one, they too go along the table; and a step back always says why.
            let unsaid = moves(81, to, "").apply(&mut desk.clone(), Role::Staff, NOW_MS).err();
            let expected = match row {
                None => Some(Refusal::StageJump),
                Some(one) if one.says_why => Some(Refusal::ReasonMissing),
                Some(_) => None,
            };
            assert_eq!(unsaid, expected, "{from} to {to}");
        }
    }
    assert!(made > 2 * STAGES.len() * STAGES.len(), "staff and administrators alone make that many: {made}");
}

#[test]
fn m9_what_must_hold_is_told_one_by_one_by_the_phone_and_by_the_server() {
    let check = |unsay: &[Edit], to: &str, expected: Option<&str>| {
        let mut desk = ready(1);
        unsay.iter().for_each(|edit| desk.did(edit));
        assert_eq!(both(&desk, &moves(80, to, ""), Role::Coordinator), [expected; 2], "{unsay:?} to {to}");
    };
    let at = |stage: &'static str| set(dossier(), Field::Stage, stage);
    let without = |field| set(dossier(), field, Value::Empty);
    let started = at("accompaniment");
    let missing = Some("stage.association_missing");
    check(&[started.clone(), without(Field::Association)], "writing", missing);
    let missing = Some("stage.call_missing");
    check(&[started.clone(), without(Field::Call)], "writing", missing);
    check(&[started], "writing", None);
    // What its association, its call and its own texts and lines say.
    let writing = at("writing");
    check(std::slice::from_ref(&writing), "visa", None);
    let unsigned = set(document(ASSOCIATION), Field::OpapDay, Value::Empty);
    check(&[writing.clone(), unsigned.clone()], "visa", Some("stage.no_convention"));
    let over = set(document(ASSOCIATION), Field::OpapUntil, "2026-02-28");
    check(&[writing.clone(), over], "visa", Some("stage.no_convention"));
    let today = set(document(ASSOCIATION), Field::OpapUntil, "2026-03-01");
    check(&[writing.clone(), today], "visa", None);
    let optional = set(document(CALL), Field::OpapRequired, "no");
    check(&[writing.clone(), unsigned, optional], "visa", None);
    let empty = reword("need", "Le puits est à sec.", " ");
    check(&[writing.clone(), empty], "visa", Some("stage.section_empty"));
    let long = reword("need", "Le puits est à sec.", &"Le puits est à sec. ".repeat(4));
    check(&[writing.clone(), long], "visa", Some("stage.section_long"));
    check(&[writing, cell(60, Field::UnitCents, 150_001)], "visa", Some("stage.budget_wrong"));
    // What the dossier itself says.
    let none = Some("stage.no_visa");
    check(&[], "filed", none);
    let desk = ready(1);
    let given = gives(&desk, 70, Verdict::Approved);
    let lacks = Some("stage.field_missing");
    check(std::slice::from_ref(&given), "filed", lacks);
    let changed = Some("stage.visa_changed");
    check(&[given.clone(), reword("need", "Le puits", "Le vieux puits")], "filed", changed);
    let decided = at("instruction");
    for to in ["granted", "refused", "deferred"] {
        check(std::slice::from_ref(&decided), to, lacks);
    }
    check(&[at("granted")], "agreed", lacks);
    // What the move records is said with it, in one change.
    let mut desk = ready(1);
    desk.did(&given);
    let [reference, day, ..] = all_recorded();
    let files = |fields: &[(Field, Value)]| Edit::MoveStage {
        dossier: dossier(),
        moved: row(80),
        to: "filed".to_owned(),
        fields: fields.iter().cloned().collect(),
        reason: String::new(),
    };
    assert_eq!(both(&desk, &files(std::slice::from_ref(&reference)), Role::Volunteer), [lacks; 2]);
    assert_eq!(both(&desk, &files(&[reference.clone(), day.clone()]), Role::Volunteer), [None; 2]);
    let foreign = [reference, day, (Field::GrantedCents, 7.into())];
    assert_eq!(both(&desk, &files(&foreign), Role::Volunteer), [Some("permission.not_allowed"); 2]);
    let outcome = desk.edit(&files(&foreign)).unwrap();
    assert_eq!(outcome.written.len(), 1);
    let filed = record(&desk.documents[&dossier()]);
    assert_eq!(filed.fields.text(Field::Stage), "filed");
    assert_eq!(filed.fields.text(Field::PortalReference), "PRA-2026-112");
    assert_eq!(filed.filed(), Some(&*outcome.written[0].1.hash.to_string()));
    assert!(desk.edit(&files(&foreign)).unwrap().written.is_empty(), "done twice, it is done once");
}

#[test]
fn m9_the_server_judges_a_move_as_of_its_day_and_by_what_it_has() {
    let asks = moves(80, "visa", "");
    let check = |change: &[Edit], restored: bool, later_ms: u64, expected: [Option<&str>; 2]| {
        let mut desk = ready(1);
        desk.did(&set(dossier(), Field::Stage, "writing"));
        let mut documents = desk.documents.clone();
        let mut elsewhere = desk.clone();
        change.iter().for_each(|edit| elsewhere.did(edit));
        documents.clone_from(&elsewhere.documents);
        if restored {
            documents.remove(&document(ASSOCIATION));
        }
        let server = Server { documents: &documents, restored, now_ms: NOW_MS + later_ms };
        assert_eq!(both_where(&desk, &server, &asks, Role::Coordinator), expected, "{change:?}");
    };
    let month_ms = 30 * 24 * 60 * 60 * 1000;
    // The phone was away for a month; its convention ended meanwhile.
    let until = [set(document(ASSOCIATION), Field::OpapUntil, "2026-03-10")];
    check(&until, false, month_ms, [None, None]);
    // Staff had taken the convention out before, and the phone did not know.
    let unsigned = [set(document(ASSOCIATION), Field::OpapDay, Value::Empty)];
    check(&unsigned, false, month_ms, [None, Some("stage.no_convention")]);
    // A restored server waits for what it lacks, and holds nothing against anybody meanwhile.
    check(&[], true, 0, [None, None]);
}

#[test]
fn m9_a_visa_holds_until_what_would_be_filed_changes_and_again_once_it_is_as_it_was() {
    let mut desk = ready(1);
    assert_eq!(standing(&desk), Visaed::Never);
    desk.did(&Edit::ReviewDossier { dossier: dossier(), review: true });
    assert_eq!(record(&desk.documents[&dossier()]).reviews.len(), 1);
    desk.did(&gives(&desk, 70, Verdict::Approved));
    assert_eq!(standing(&desk), Visaed::Given, "its own recording is no change");
    assert_eq!(record(&desk.documents[&dossier()]).reviews, [], "and ends the review");
    // What goes with a dossier is no part of what is filed.
    let body = BTreeMap::from([(Field::About, "section/need".into()), (Field::Body, "Bravo !".into())]);
    desk.did(&Edit::AddRow { document: dossier(), table: Table::Comment, row: row(90), fields: body });
    desk.did(&set(dossier(), Field::Coordinator, "Karima"));
    assert_eq!(standing(&desk), Visaed::Given);
    let goal = BTreeMap::from([(Field::GoalNumber, Value::Number(6))]);
    for (does, undoes) in [
        (reword("need", "Le puits est à sec.", "Le puits est vide."), reword("need", "vide", "à sec")),
        (cell(60, Field::UnitCents, 150_001), cell(60, Field::UnitCents, 150_000)),
        (set(dossier(), Field::Title, "Un puits"), set(dossier(), Field::Title, "Puits")),
        (
            Edit::SetLineState { dossier: dossier(), line: row(60), keep: false },
            Edit::SetLineState { dossier: dossier(), line: row(60), keep: true },
        ),
        (
            Edit::AddRow { document: dossier(), table: Table::Goal, row: row(91), fields: goal },
            Edit::KeepRow { document: dossier(), row: row(91), keep: false },
        ),
    ] {
        desk.did(&does);
        assert_eq!(standing(&desk), Visaed::Changed, "{does:?}");
        let undoes = match undoes {
            Edit::EditSection { .. } => reword("need", "Le puits est vide.", "Le puits est à sec."),
            other => other,
        };
        desk.did(&undoes);
        assert_eq!(standing(&desk), Visaed::Given, "{undoes:?}");
    }
}

#[test]
fn m9_whoever_asks_for_changes_says_which_and_the_dossier_is_written_again() {
    let mut desk = ready(1);
    let mut unsaid = gives(&desk, 70, Verdict::ChangesAsked);
    if let Edit::GiveVisa { remarks, .. } = &mut unsaid {
        remarks.clear();
    }
    assert_eq!(desk.edit(&unsaid).unwrap_err(), Refusal::ReasonMissing);
    let asks = gives(&desk, 70, Verdict::ChangesAsked);
    for role in Role::ALL {
        let expected = if role.may(Capability::GiveVisa) { None } else { Some("permission.not_allowed") };
        assert_eq!(both(&desk, &asks, role), [expected; 2], "{role:?}");
    }
    desk.did(&asks);
    let asked = record(&desk.documents[&dossier()]);
    assert_eq!(asked.fields.text(Field::Stage), "writing");
    assert_eq!(asked.moves.last().map(|one| (one.to.as_str(), one.reason.as_str())), Some(("writing", "le budget")));
    assert_eq!(standing(&desk), Visaed::ChangesAsked);
    // Nobody gives a visa that was not asked for.
    assert_eq!(desk.edit(&gives(&desk, 71, Verdict::Approved)).unwrap_err(), Refusal::VisaNotAsked);
    desk.did(&moves(80, "visa", ""));
    desk.did(&gives(&desk, 71, Verdict::Approved));
    assert_eq!(standing(&desk), Visaed::Given);
    let mut nowhere = gives(&desk, 72, Verdict::Approved);
    if let Edit::GiveVisa { version, .. } = &mut nowhere {
        *version = "ab".repeat(32);
    }
    assert_eq!(desk.edit(&nowhere).unwrap_err(), Refusal::RowUnknown);
}

#[test]
fn m9_of_reviewers_who_spoke_apart_the_one_who_asks_for_changes_prevails_whatever_the_clocks_say() {
    let left = ready(1);
    let mut right = Desk::new(2);
    right.take(&left);
    let mut left = left;
    for desk in [&mut left, &mut right] {
        desk.did(&Edit::ReviewDossier { dossier: dossier(), review: true });
    }
    let mut seen = left.clone();
    seen.take(&right);
    let reviews = record(&seen.documents[&dossier()]).reviews;
    let by: BTreeSet<Option<DeviceId>> = reviews.iter().map(|review| review.by).collect();
    assert_eq!(by, BTreeSet::from([Some(left.device), Some(right.device)]), "both are told of each other");
    left.did(&gives(&left, 70, Verdict::Approved));
    right.did(&gives(&right, 71, Verdict::ChangesAsked));
    let mut other = right.clone();
    other.take(&left);
    left.take(&right);
    assert_eq!([standing(&left), standing(&other)], [Visaed::ChangesAsked; 2]);
    // Whoever knows both has the last word.
    left.did(&moves(80, "visa", ""));
    left.did(&gives(&left, 72, Verdict::Approved));
    assert_eq!(standing(&left), Visaed::Given);
}

#[test]
fn m9_moves_made_apart_that_disagree_ask_a_human_and_those_that_agree_ask_nobody() {
    let stages_asked = |left: &str, right: &str| {
        let mut desk = ready(1);
        desk.did(&set(dossier(), Field::Stage, "instruction"));
        for (field, value) in all_recorded() {
            desk.did(&set(dossier(), field, value));
        }
        let mut other = Desk::new(2);
        other.take(&desk);
        desk.did(&moves(80, left, ""));
        other.did(&moves(81, right, ""));
        desk.take(&other);
        desk
    };
    let desk = stages_asked("granted", "granted");
    assert_eq!(of_record(dossier(), &Record::read(&desk.documents[&dossier()])), []);
    assert_eq!(record(&desk.documents[&dossier()]).moves.len(), 2, "both are in the log");
    let mut desk = stages_asked("granted", "refused");
    let asked = of_record(dossier(), &Record::read(&desk.documents[&dossier()]));
    let [Question::FieldSetApart { field: Field::Stage, row: None, values, .. }] = &asked[..] else {
        panic!("{asked:?}");
    };
    let said: BTreeSet<&str> = values.iter().map(|apart| apart.value.text()).collect();
    assert_eq!(said, BTreeSet::from(["granted", "refused"]));
    // Settling on one of the two is no move: it takes what moving takes, and needs nothing else.
    let settles = set(dossier(), Field::Stage, "refused");
    assert_eq!(both(&desk, &settles, Role::Volunteer), [Some("permission.not_allowed"); 2]);
    assert_eq!(both(&desk, &settles, Role::Coordinator), [None; 2]);
    desk.did(&settles);
    assert_eq!(of_record(dossier(), &Record::read(&desk.documents[&dossier()])), []);
}

#[test]
fn m9_what_a_tampered_phone_forges_of_the_way_is_told_by_its_effect() {
    let mut desk = ready(1);
    desk.did(&gives(&desk, 70, Verdict::Approved));
    desk.did(&moves(80, "writing", "pour voir"));
    let before = &desk.documents[&dossier()];
    let check = |role: Role, write: &dyn Fn(&mut automerge::AutoCommit), code: &str| {
        assert_eq!(judged(before, &forged(before, |crdt| write(crdt)), role), Some(code), "{role:?}");
    };
    let row_of = |crdt: &automerge::AutoCommit, family: &str| {
        let key = crdt.keys(ROOT).find(|key| key.starts_with(family)).unwrap();
        crdt.get(ROOT, key).unwrap().unwrap().1
    };
    for role in Role::ALL {
        check(role, &|crdt| crdt.put(row_of(crdt, "visa/"), "verdict", "changes_asked").unwrap(), "permission.sealed");
        check(role, &|crdt| crdt.put(row_of(crdt, "move/"), "reason", "none").unwrap(), "permission.sealed");
        check(role, &|crdt| crdt.delete(ROOT, "visa/4646464646464646").unwrap(), "permission.sealed");
        check(role, &|crdt| crdt.put(ROOT, "visa/nobody", "x").unwrap(), "permission.no_such_edit");
    }
    let a_visa = |crdt: &mut automerge::AutoCommit| {
        let visa = crdt.put_object(ROOT, "visa/4747474747474747", ObjType::Map).unwrap();
        crdt.put(&visa, "verdict", "approved").unwrap();
    };
    check(Role::Volunteer, &a_visa, "permission.not_allowed");
    check(Role::Volunteer, &|crdt| crdt.put(ROOT, "review", 7).unwrap(), "permission.not_allowed");
    check(Role::Coordinator, &|crdt| crdt.put(ROOT, "review", "soon").unwrap(), "edit.value_invalid");
    // A log that tells another move than was made, or one that was not.
    let logs = |stage: Option<&'static str>| {
        move |crdt: &mut automerge::AutoCommit| {
            let moved = crdt.put_object(ROOT, "move/4848484848484848", ObjType::Map).unwrap();
            crdt.put(&moved, "to", "filed").unwrap();
            if let Some(stage) = stage {
                crdt.put(ROOT, "stage", stage).unwrap();
            }
        }
    };
    check(Role::Coordinator, &logs(None), "permission.no_such_edit");
    check(Role::Coordinator, &logs(Some("accompaniment")), "permission.no_such_edit");
    // A visa that names what nobody has seen proves nothing.
    let mut forger = desk.clone();
    forger.did(&set(dossier(), Field::Stage, "visa"));
    let stands = &forger.documents[&dossier()];
    let files = forged(stands, |crdt| {
        let visa = crdt.put_object(ROOT, "visa/4949494949494949", ObjType::Map).unwrap();
        for (cell, value) in [("verdict", "approved"), ("version", "nonsense")] {
            crdt.put(&visa, cell, value).unwrap();
        }
        crdt.put(&visa, "order", 99).unwrap();
        crdt.put(ROOT, "portal_reference", "PRA").unwrap();
        crdt.put(ROOT, "filed_day", "2026-02-20").unwrap();
        crdt.put(ROOT, "stage", "filed").unwrap();
    });
    assert_eq!(judged(stands, &files, Role::Coordinator), Some("stage.visa_changed"));
}

#[test]
fn m10_changes_of_one_device_within_minutes_are_one_version_and_any_of_them_can_be_read_and_put_back() {
    let mut desk = ready(1);
    let before = version_text(&desk.documents[&dossier()].heads());
    let mut other = Desk::new(2);
    other.take(&desk);
    other.did(&reword("need", "Le puits est à sec.", "Le puits est vide."));
    desk.did(&reword("context", "La commune est en montagne.", "La commune est en haute montagne."));
    desk.did(&gives(&desk, 70, Verdict::Approved));
    desk.take(&other);
    other.take(&desk);
    let [ours, theirs] = [&desk, &other].map(|desk| {
        let document = &desk.documents[&dossier()];
        versions(document, &BTreeSet::new(), 100)
    });
    assert_eq!(ours, theirs, "the same on every device");
    let (entries, older) = ours;
    assert_eq!(older, 0);
    assert_eq!(
        entries.iter().map(|entry| entry.changes).sum::<u32>() as usize,
        desk.documents[&dossier()].changes_since(&[]).len()
    );
    assert!(entries.len() <= 3, "{entries:?}");
    assert_eq!(entries[0].version, version_text(&desk.documents[&dossier()].heads()));
    assert!(entries.iter().any(|entry| entry.did.iter().any(|did| matches!(did, Did::Visaed { .. }))));
    // Each begins where the one before ended.
    for pair in entries.windows(2) {
        assert_eq!(pair[0].before, pair[1].version);
    }
    let heads: Vec<_> = before.split('.').map(|head| head.parse().unwrap()).collect();
    let then = DossierRecord::at(&desk.documents[&dossier()], &heads).unwrap();
    assert_eq!(then.sections["need"].text, "Le puits est à sec.");
    assert_eq!(then.visas, []);
    let now = record(&desk.documents[&dossier()]);
    let between = differences(&then, &now);
    assert_eq!(between.sections.iter().map(|change| change.section.as_str()).collect::<Vec<_>>(), ["context", "need"]);
    desk.did(&reword("need", &now.sections["need"].text, &then.sections["need"].text));
    assert_eq!(record(&desk.documents[&dossier()]).sections["need"].text, "Le puits est à sec.");
    // A version that is not here is none.
    assert_eq!(DossierRecord::at(&desk.documents[&dossier()], &[]), None);
}

#[test]
fn two_versions_differ_by_lines_rows_and_fields() {
    let mut desk = ready(1);
    let then = record(&desk.documents[&dossier()]);
    desk.did(&cell(60, Field::UnitCents, 160_000));
    desk.did(&Edit::SetLineState { dossier: dossier(), line: row(61), keep: false });
    desk.did(&Edit::AddTime { dossier: dossier(), time: row(62), label: "Creuser".to_owned() });
    desk.did(&Edit::AddRow {
        document: dossier(),
        table: Table::Risk,
        row: row(63),
        fields: [(Field::Label, "Sécheresse".into())].into(),
    });
    desk.did(&set(dossier(), Field::Title, "Un puits"));
    let between = differences(&then, &record(&desk.documents[&dossier()]));
    let rows: Vec<_> = between
        .rows
        .iter()
        .map(|row| (row.of.as_str(), row.label.as_str(), row.is, row.before_cents, row.after_cents))
        .collect();
    assert_eq!(
        rows,
        [
            ("expense", "Pompe", In::Both, Some(150_000), Some(160_000)),
            ("time", "Creuser", In::After, None, Some(0)),
            ("risk", "Sécheresse", In::After, None, None),
            ("resource", "Pompe", In::Before, Some(150_000), None),
        ]
    );
    assert_eq!(between.fields.iter().map(|change| change.field).collect::<Vec<_>>(), [Field::Title]);
    assert_eq!(between.sections, []);
}

fn told(before: &str, after: &str) -> String {
    let mut left = limit::WORD_STEPS_MAX;
    let signs = |is| match is {
        In::Both => ("", ""),
        In::Before => ("[", "]"),
        In::After => ("{", "}"),
    };
    let told = passages(before, after, &mut left).into_iter().map(|passage| {
        let (opens, closes) = signs(passage.is);
        format!("{opens}{}{closes}", passage.text)
    });
    told.collect()
}

#[test]
fn texts_are_compared_word_by_word() {
    let check = |before: &str, after: &str, expected: &str| assert_eq!(told(before, after), expected);
    check("Le puits est à sec.", "Le puits est vide.", "Le puits est [à sec]{vide}.");
    check("L’eau manque.", "L’eau y manque beaucoup.", "L’eau {y }manque{ beaucoup}.");
    check("Un.\nDeux.\nTrois.", "Un.\nTrois.", "Un.\n[Deux.\n]Trois.");
    check("", "Neuf.", "{Neuf.}");
    check("Vieux.", "", "[Vieux.]");
    check("الماء قليل في القرية", "الماء كثير في القرية", "الماء [قليل]{كثير} في القرية");
    check("pareil", "pareil", "pareil");
}

#[test]
fn whatever_is_compared_both_texts_can_be_read_out_of_it() {
    const WORDS: [&str; 9] = ["eau ", "puits", " ", "\n", ". ", "ماء ", "ⵜⵉⵡⵉⵣⵉ", "😀", "a\u{301}"];
    let mut rng = Rng::new(7);
    for turn in 0..400 {
        let mut text =
            |words: usize| -> String { (0..rng.below(words)).filter_map(|_| rng.pick(&WORDS)).copied().collect() };
        let (before, after) = (text(40), text(40));
        // With plenty of steps, with few, with none.
        let mut left = [limit::WORD_STEPS_MAX, 200, 0][turn % 3];
        let passages = passages(&before, &after, &mut left);
        let read = |other: In| -> String {
            passages.iter().filter(|one| one.is != other).map(|one| one.text.as_str()).collect()
        };
        assert_eq!([read(In::After), read(In::Before)], [before, after]);
        assert!(passages.windows(2).all(|pair| pair[0].is != pair[1].is), "{passages:?}");
    }
}

/// What people read of the table is the table: see docs/dossiers.md.
#[test]
fn m9_the_manual_tells_every_move() {
    let manual = include_str!("../../../docs/dossiers.md");
    let words = |words: Vec<&str>| if words.is_empty() { "-".to_owned() } else { words.join(", ") };
    for one in table() {
        let from = if one.from.is_empty() { "(none)" } else { one.from };
        let row = if one.says_why {
            format!("| {from} | {} |", one.to)
        } else {
            let who = Role::ALL.into_iter().filter(|role| role.may(one.who)).map(Role::as_str).collect();
            let needs = one.needs.iter().map(|need| need.as_str()).collect();
            let records = one.records.iter().map(|field| field.key()).collect();
            format!("| {from} | {} | {} | {} | {} |", one.to, words(who), words(needs), words(records))
        };
        assert!(manual.contains(&row), "docs/dossiers.md lacks the row {row}");
    }
}
