//! Taking a change back: whole, or not at all.

use std::collections::BTreeSet;

use expect_test::expect;
use serde_json::Value as Json;
use shared::{
    edit::Edit,
    id::RowId,
    record::Record,
    revert::{Stands, reverting},
};

use tests::story::check;

use crate::{permission::edits, rules::Desk};

/// What a record says, whoever said it and when. What was taken back or removed says nothing.
fn says(record: &Record) -> Json {
    let mut json = serde_json::to_value(record).unwrap();
    prune(&mut json);
    json
}

fn prune(json: &mut Json) {
    let gone = |one: &Json| {
        let told = |key: &str, word: &str| one.get(key).and_then(Json::as_str) == Some(word);
        one.get("withdrawn").is_some_and(|word| !word.is_null()) || told("state", "removed") || told("state", "Removed")
    };
    match json {
        Json::Array(all) => {
            all.retain(|one| !gone(one));
            all.iter_mut().for_each(prune);
        }
        Json::Object(all) => {
            let is_mark = all.contains_key("status");
            all.retain(|key, _| !(["by", "at_ms", "version", "touched"].contains(&&**key) || is_mark && key == "id"));
            all.values_mut().for_each(prune);
            // A field that says nothing is as one that never was, and so are a table without rows and a text without words.
            all.retain(|_, value| {
                let empty = value.as_array().is_some_and(Vec::is_empty);
                !empty
                    && value.get("text") != Some(&Json::from(""))
                    && value.get("value").is_none_or(|value| !value.is_null())
            });
        }
        _ => {}
    }
}

fn tag(edit: &Edit) -> String {
    serde_json::to_value(edit).unwrap()["do"].as_str().unwrap().to_owned()
}

#[test]
fn every_edit_is_taken_back_whole_or_stands() {
    let mut rows = 0_u64;
    let mut new_row = || {
        rows += 1;
        RowId((0xFEED_0000_0000_0000 + 100 * rows).to_be_bytes())
    };
    let mut desk = Desk::new(1);
    let mut stand = BTreeSet::new();
    let mut back = BTreeSet::new();
    for edit in edits() {
        let before = desk.clone();
        let written = desk.edit(&edit).unwrap().written;
        for (document, made) in written {
            let Ok(edits) = reverting(&document, &made.hash.0, "Par erreur", &mut new_row) else {
                stand.insert(tag(&edit));
                continue;
            };
            let mut after = desk.clone();
            for undoing in &edits {
                after.edit(undoing).unwrap_or_else(|refusal| panic!("{edit:?}: {undoing:?}: {refusal}"));
            }
            let [mut was, mut is] = [&before, &after].map(|desk| says(&Record::read(&desk.documents[&document.id])));
            if matches!(edit, Edit::RegisterWalkIn { .. }) {
                // Whoever was put on the list to be marked stays there.
                for json in [&mut was, &mut is] {
                    json["Event"]["roster"].take();
                }
            }
            back.insert(tag(&edit));
            // A decision is taken back as Q3 says: it is asked again.
            if edits.iter().any(|edit| matches!(edit, Edit::Reopen { .. })) {
                continue;
            }
            assert_eq!(was, is, "{edit:?}: {edits:?}");
            // A second time nothing of it stands.
            let again = reverting(&after.documents[&document.id], &made.hash.0, "Par erreur", &mut new_row);
            if !edits.iter().any(|edit| matches!(edit, Edit::EditSection { .. })) {
                for undoing in again.unwrap() {
                    let made = after.edit(&undoing).map_or_else(|_| Vec::new(), |outcome| outcome.written);
                    assert!(
                        made.iter().all(|(document, _)| says(&Record::read(document)) == is),
                        "{edit:?}: {undoing:?}"
                    );
                }
            }
        }
    }
    expect![[r#"
        taken back: add_line add_paper add_row add_slot add_time add_to_roster add_trainer assign_question check_in confirm_rule edit_section keep_event_row keep_row link_event link_same register_walk_in set_consent set_field set_headcount set_line_state settle settle_marks sign take_from_roster undo
        stand: add_email add_phone create_association create_call create_dossier create_event create_person move_stage not_same publish_call register_walk_in reopen review_dossier set_field withdraw_signature
    "#]].assert_eq(&format!("taken back: {}\nstand: {}\n", all(back), all(stand)));
}

fn all(tags: BTreeSet<String>) -> String {
    tags.into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_not_in_the_document_stands() {
    let mut desk = Desk::new(1);
    let made = desk.edit(&edits()[0]).unwrap().written.remove(0);
    assert_eq!(reverting(&made.0, &[7; 32], "Par erreur", || RowId([0; 8])), Err(Stands));
    // The first change of a document: there would be nothing left of it.
    assert_eq!(reverting(&made.0, &made.1.hash.0, "Par erreur", || RowId([0; 8])), Err(Stands));
}

#[test]
fn an_acceptance_is_taken_back_and_given_again_and_what_others_wrote_since_stays() {
    check(
        r#"
        karima writes motivation "Le puits est loin."
        amina offline
        amina marks Zahra present
        amina sets Puits territory to Tiznit
        amina sets Puits sector to water
        amina changes motivation "Le" to "Hélas, le"
        karima ends access of amina
        amina online
        show sync
        karima accepts everything
        show attendance
        show Puits
        badr sets Puits sector to health
        badr changes motivation "loin" to "très loin"
        karima takes every judgement back
        show attendance
        show Puits
        show text motivation
        show sync
        karima accepts everything
        show attendance
        show Puits
        show text motivation
        show sync
        "#,
        expect![[r#"
            server: set aside: 4 device.access_ended
            karima: 0 unsent
            amina:  0 unsent, 1 of Atelier set aside: device.access_ended, 3 of Puits set aside: device.access_ended, access ended
            badr:   0 unsent
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
            server: title Puits, sector water, territory Tiznit
            karima: title Puits, sector water, territory Tiznit
            amina:  title Puits, sector water, territory Tiznit
            badr:   title Puits, sector water, territory Tiznit
            server: Zahra unmarked (present withdrawn: Jugé trop vite)
            karima: Zahra unmarked (present withdrawn: Jugé trop vite)
            amina:  Zahra present
            badr:   Zahra unmarked (present withdrawn: Jugé trop vite)
            server: title Puits, sector health
            karima: title Puits, sector health
            amina:  title Puits, sector water, territory Tiznit
            badr:   title Puits, sector health
            server: "Le puits est très loin."
            karima: "Le puits est très loin."
            amina:  "Hélas, le puits est loin."
            badr:   "Le puits est très loin."
            server: set aside: 4 device.access_ended
            karima: 0 unsent
            amina:  0 unsent, 1 of Atelier set aside: device.access_ended, 3 of Puits set aside: device.access_ended, access ended
            badr:   0 unsent
            server: Zahra present (present withdrawn: Jugé trop vite)
            karima: Zahra present (present withdrawn: Jugé trop vite)
            amina:  Zahra present
            badr:   Zahra present (present withdrawn: Jugé trop vite)
            server: title Puits, sector health, territory Tiznit
            karima: title Puits, sector health, territory Tiznit
            amina:  title Puits, sector water, territory Tiznit
            badr:   title Puits, sector health, territory Tiznit
            server: "Hélas, le puits est très loin."
            karima: "Hélas, le puits est très loin."
            amina:  "Hélas, le puits est loin."
            badr:   "Hélas, le puits est très loin."
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent, 1 of Atelier set aside: device.access_ended, 3 of Puits set aside: device.access_ended, access ended
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_refusal_is_taken_back_and_the_sender_hears_the_next_word_too() {
    check(
        r#"
        amina offline
        karima takes Puits from amina
        amina sets Puits territory to Tiznit
        amina online
        karima refuses everything saying No
        karima takes every judgement back
        show sync
        show Puits
        karima accepts everything
        karima gives Puits to amina
        amina syncs
        show sync
        show Puits
        "#,
        expect![[r#"
            server: set aside: 1 scope.outside
            karima: 0 unsent
            amina:  0 unsent, 1 of Puits refused (No)
            badr:   0 unsent
            server: title Puits
            karima: title Puits
            amina:  no Puits
            badr:   title Puits
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent, 1 of  accepted, 1 of Puits refused (No)
            badr:   0 unsent
            server: title Puits, territory Tiznit
            karima: title Puits, territory Tiznit
            amina:  title Puits, territory Tiznit
            badr:   title Puits, territory Tiznit
        "#]],
    );
}
