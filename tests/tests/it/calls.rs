//! Calls for projects: what is published stays, what a dossier follows, what a move changes; and what others wrote since one looked.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use server::calls::models;
use shared::{
    call,
    document::Document,
    edit::{Edit, Refusal, version_heads},
    field::{Field, Value},
    id::{DeviceId, DocumentId, RowId},
    news,
    record::{CallRecord, DossierRecord, Record},
    table::Table,
};
use tests::world::Rng;

use super::rules::{Desk, document, row};

const CALL: u8 = 20;
const DOSSIER: u8 = 4;

fn titled(title: &str) -> BTreeMap<Field, Value> {
    BTreeMap::from([(Field::Title, title.into())])
}

/// A desk with a published call that asks for one text, and a dossier that answers it.
fn a_desk() -> Desk {
    let mut desk = Desk::new(1);
    let call = document(CALL);
    desk.did(&Edit::CreateCall { call, fields: titled("PRA"), sections: Vec::new() });
    add_section(&mut desk, 1, "Besoin", "need");
    set(&mut desk, Field::GrantMaxCents, 1_500_000);
    publish(&mut desk, 101);
    let fields = [(Field::Title, "Puits".into()), (Field::Call, call.to_string().as_str().into())].into();
    desk.did(&Edit::CreateDossier { dossier: document(DOSSIER), fields, sections: Vec::new() });
    desk
}

fn add_section(desk: &mut Desk, n: u8, label: &str, key: &str) {
    let fields = [(Field::Label, label.into()), (Field::Key, key.into())].into();
    desk.did(&Edit::AddRow { document: document(CALL), table: Table::Section, row: row(n), fields });
}

fn set(desk: &mut Desk, field: Field, value: i64) {
    desk.did(&Edit::SetField { document: document(CALL), row: None, field, value: value.into() });
}

fn publish(desk: &mut Desk, version: u8) {
    desk.did(&Edit::PublishCall { call: document(CALL), version: row(version), note: String::new() });
}

fn follow(desk: &mut Desk, version: u8) {
    let value = Value::Text(row(version).to_string());
    desk.did(&Edit::SetField { document: document(DOSSIER), row: None, field: Field::CallVersion, value });
}

/// Somebody else, with all that this desk holds.
fn other(desk: &Desk, device: u8) -> Desk {
    let mut other = desk.clone();
    (other.device, other.nonce) = (DeviceId([device; 16]), device);
    other
}

fn dossier(desk: &Desk) -> DossierRecord {
    match Record::read(&desk.documents[&document(DOSSIER)]) {
        Record::Dossier(dossier) => dossier,
        _ => panic!("no dossier"),
    }
}

fn the_call(desk: &Desk) -> CallRecord {
    match Record::read(&desk.documents[&document(CALL)]) {
        Record::Call(call) => call,
        _ => panic!("no call"),
    }
}

/// The rules that the dossier follows: the ceiling, and the texts that are asked for.
fn followed(desk: &Desk) -> String {
    let named = dossier(desk).fields.text(Field::CallVersion).parse::<RowId>().ok();
    let rules = call::rules(&desk.documents[&document(CALL)], named).expect("a call");
    let sections: Vec<_> = rules.sections.iter().map(|section| section.key.as_str()).collect();
    format!("{} {}", rules.fields.get(Field::GrantMaxCents), sections.join(" "))
}

#[test]
fn c1_what_is_published_stays_whatever_becomes_of_the_call() {
    let mut desk = a_desk();
    add_section(&mut desk, 2, "Jeunesse", "youth");
    set(&mut desk, Field::GrantMaxCents, 2_000_000);
    desk.did(&Edit::KeepRow { document: document(CALL), row: row(1), keep: false });
    let call = the_call(&desk);
    let published = call::at(&desk.documents[&document(CALL)], &call.versions[0]).expect("it is here");
    assert_eq!(published.fields.get(Field::GrantMaxCents), &Value::Number(1_500_000));
    assert_eq!(published.sections.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["Besoin"]);
    assert_eq!(call.sections.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["Jeunesse"]);
    // Publishing the same version twice publishes it once.
    publish(&mut desk, 101);
    assert_eq!(the_call(&desk).versions.len(), 1);
}

#[test]
fn c1_two_versions_published_apart_are_both_there_and_numbered_alike_everywhere() {
    let mut desk = a_desk();
    let mut there = other(&desk, 2);
    set(&mut desk, Field::GrantMaxCents, 2_000_000);
    publish(&mut desk, 102);
    set(&mut there, Field::TotalMaxCents, 9_000_000);
    publish(&mut there, 103);
    desk.take(&there);
    there.take(&desk);
    let numbers = |desk: &Desk| the_call(desk).versions.iter().map(|one| (one.number, one.id)).collect::<Vec<_>>();
    assert_eq!(numbers(&desk), numbers(&there));
    assert_eq!(numbers(&desk).iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3]);
    // Each says what its author saw, and nothing of the other's.
    let call = the_call(&desk);
    let total = |id: RowId| {
        let version = call.versions.iter().find(|version| version.id == id).expect("published");
        let at = call::at(&desk.documents[&document(CALL)], version).expect("it is here");
        (at.fields.get(Field::GrantMaxCents).number(), at.fields.get(Field::TotalMaxCents).number())
    };
    assert_eq!(total(row(102)), (Some(2_000_000), None));
    assert_eq!(total(row(103)), (Some(1_500_000), Some(9_000_000)));
}

#[test]
fn c2_a_dossier_keeps_the_version_it_was_begun_with_until_it_is_moved() {
    let mut desk = a_desk();
    assert_eq!(dossier(&desk).fields.text(Field::CallVersion), row(101).to_string());
    assert_eq!(followed(&desk), "1500000 need");
    set(&mut desk, Field::GrantMaxCents, 2_000_000);
    add_section(&mut desk, 2, "Jeunesse", "youth");
    assert_eq!(followed(&desk), "1500000 need", "what is not published concerns no dossier");
    publish(&mut desk, 102);
    assert_eq!(followed(&desk), "1500000 need", "what is published neither, until somebody chooses");
    assert!(!dossier(&desk).sections.contains_key("youth"));
    follow(&mut desk, 102);
    assert_eq!(followed(&desk), "2000000 need youth");
    // The text is begun by whoever moved the dossier, so that all write in the same one.
    assert!(dossier(&desk).sections.contains_key("youth"));
}

#[test]
fn c2_a_dossier_that_names_no_version_follows_the_first_and_before_there_is_one_the_call() {
    let mut desk = a_desk();
    let clear =
        Edit::SetField { document: document(DOSSIER), row: None, field: Field::CallVersion, value: Value::Empty };
    desk.did(&clear);
    set(&mut desk, Field::GrantMaxCents, 2_000_000);
    publish(&mut desk, 102);
    desk.did(&clear);
    let first = call::followed(&the_call(&desk), None).map(|version| version.id);
    assert_eq!(first, Some(row(101)));
    let mut draft = Desk::new(3);
    draft.did(&Edit::CreateCall { call: document(CALL), fields: titled("PRA"), sections: Vec::new() });
    assert!(
        call::rules(&draft.documents[&document(CALL)], Some(row(9))).is_some_and(|rules| rules.versions.is_empty())
    );
}

#[test]
fn c3_a_dossier_moved_apart_to_two_versions_asks() {
    let mut desk = a_desk();
    publish(&mut desk, 102);
    publish(&mut desk, 103);
    let mut there = other(&desk, 2);
    follow(&mut desk, 102);
    follow(&mut there, 103);
    desk.take(&there);
    let apart = &dossier(&desk).fields.0[&Field::CallVersion].apart;
    assert_eq!(apart.len(), 2);
    follow(&mut desk, 103);
    assert!(dossier(&desk).fields.0[&Field::CallVersion].apart.is_empty());
}

#[test]
fn a_rule_is_marked_to_be_confirmed_and_only_a_rule_of_a_call_is() {
    let mut desk = a_desk();
    let confirm = |field, confirmed| Edit::ConfirmRule { call: document(CALL), field, confirmed };
    desk.did(&confirm(Field::GrantMaxCents, false));
    assert_eq!(the_call(&desk).to_confirm, [Field::GrantMaxCents]);
    desk.did(&confirm(Field::GrantMaxCents, true));
    assert_eq!(the_call(&desk).to_confirm, []);
    assert_eq!(desk.edit(&confirm(Field::Given, false)).unwrap_err(), Refusal::FieldUnknown);
}

#[test]
fn what_differs_between_two_versions_is_told_rule_by_rule_and_row_by_row() {
    let mut desk = a_desk();
    let before = the_call(&desk);
    set(&mut desk, Field::GrantMaxCents, 2_000_000);
    add_section(&mut desk, 2, "Jeunesse", "youth");
    let limit = Edit::SetField {
        document: document(CALL),
        row: Some(row(1)),
        field: Field::CharsMax,
        value: Value::Number(4_000),
    };
    desk.did(&limit);
    let told = call::differences(&before, &the_call(&desk)).into_iter().map(|one| {
        let table = one.table.map_or("", Table::key);
        format!("{table}|{}|{}|{}→{}\n", one.label, one.field.map_or("", Field::key), one.before, one.after)
    });
    expect![[r#"
        ||grant_max_cents|1500000→2000000
        section|Besoin|chars_max|→4000
        section|Jeunesse||→Jeunesse
    "#]]
    .assert_eq(&told.collect::<String>());
    assert_eq!(call::differences(&before, &before), []);
}

/// The calls that come with the program are whole: every edit of theirs is taken, in the order of the file, and the budget's rules are
/// those of the programme.
#[test]
fn the_models_of_calls_can_be_taken_over() {
    let check = |key: &str, expected: Expect| {
        let model = models().into_iter().find(|model| model.key == key).expect("a model");
        let mut desk = Desk::new(1);
        let call = document(CALL);
        for edit in model.edits(call, []) {
            desk.did(&edit);
        }
        let call = the_call(&desk);
        let number = |field| call.fields.get(field).number().unwrap_or(0);
        let rows: Vec<_> = Table::of(shared::document::Kind::Call).map(|of| call.rows.kept(of).count()).collect();
        let points: i64 =
            call.rows.kept(Table::Criterion).filter_map(|row| row.fields.get(Field::Points).number()).sum();
        let keys: Vec<_> = call.sections.iter().map(|section| section.key.as_str()).collect();
        expected.assert_eq(&format!(
            "{} / {} bp / {}–{}; rows {rows:?}; {points} points; {} to confirm\n{}\n",
            number(Field::GrantMaxCents),
            number(Field::GrantShareMaxBp),
            number(Field::TotalMinCents),
            number(Field::TotalMaxCents),
            call.to_confirm.len(),
            keys.join(" "),
        ));
    };
    check(
        "micro",
        expect![[r#"
        1500000 / 7000 bp / 0–12000000; rows [23, 6, 16, 10]; 100 points; 9 to confirm
        experience context policy need objectives activities beneficiaries partners diaspora means risks durability environment gender youth restitution
    "#]],
    );
    check(
        "meso",
        expect![[r#"
        10000000 / 7000 bp / 12000000–30000000; rows [23, 6, 16, 10]; 100 points; 7 to confirm
        experience context policy need objectives activities beneficiaries partners diaspora means risks durability environment gender youth restitution
    "#]],
    );
}

/// Whatever two people write apart: what is called new is exactly what the other wrote and stands there, nothing of one's own is, and
/// together the marks are the other's words in their order.
#[test]
fn what_is_new_is_what_others_wrote_and_stands_where_it_is_said_to_stand() {
    let mut rng = Rng::new(11);
    let text = |desk: &Desk| desk.text(document(DOSSIER), "motivation");
    for round in 0..60 {
        let mut desk = Desk::new(1);
        desk.did(&Edit::CreateDossier {
            dossier: document(DOSSIER),
            fields: titled("Puits"),
            sections: vec!["motivation".to_owned()],
        });
        desk.rewords(document(DOSSIER), "", "", "Les familles du douar ont demandé un puits.");
        let looked = desk.version(document(DOSSIER));
        let mut there = other(&desk, 2);
        let mut theirs = String::new();
        for n in 0..1 + rng.below(6) {
            let now = text(&there);
            let chars: Vec<char> = now.chars().collect();
            let (at, word) = (rng.below(chars.len() + 1), ["é😀", "ماء", "eau "][rng.below(3)]);
            let after: String =
                chars[..at].iter().copied().chain(word.chars()).chain(chars[at..].iter().copied()).collect();
            there.rewords(document(DOSSIER), &there.version(document(DOSSIER)), &now, &after);
            theirs.push_str(word);
            if rng.chance(50) {
                let mine = text(&desk);
                desk.rewords(document(DOSSIER), &desk.version(document(DOSSIER)), &mine, &format!("{mine} Moi {n}."));
            }
        }
        desk.take(&there);
        let here: &Document = &desk.documents[&document(DOSSIER)];
        let found = news::since(here, &version_heads(&looked), |device| device == DeviceId([1; 16]));
        let chars: Vec<char> = text(&desk).chars().collect();
        let mut marked = String::new();
        let mut end = 0;
        for span in &found[0].spans {
            assert!(span.at >= end && span.by == Some(DeviceId([2; 16])), "round {round}: {found:?}");
            end = span.at + span.chars;
            marked.extend(&chars[span.at as usize..end as usize]);
        }
        let sorted = |text: &str| {
            let mut chars: Vec<char> = text.chars().collect();
            chars.sort_unstable();
            chars
        };
        assert_eq!(sorted(&marked), sorted(&theirs), "round {round}: {marked:?} in {:?}", text(&desk));
        assert!(news::since(here, &here.heads(), |_| false).is_empty(), "nothing is new in what one has just seen");
        assert!(news::since(here, &[], |_| false).is_empty());
    }
}

/// Only the id of a dossier's call is needed to know of what it is a version.
#[test]
fn c2_a_dossier_begun_where_its_call_is_not_held_follows_what_it_names() {
    let mut desk = Desk::new(1);
    let call = DocumentId([9; 16]);
    let fields = [(Field::Title, "Puits".into()), (Field::Call, call.to_string().as_str().into())].into();
    desk.did(&Edit::CreateDossier { dossier: document(DOSSIER), fields, sections: vec!["need".to_owned()] });
    assert_eq!(dossier(&desk).fields.text(Field::CallVersion), "");
    follow(&mut desk, 101);
    assert_eq!(dossier(&desk).fields.text(Field::CallVersion), row(101).to_string());
}
