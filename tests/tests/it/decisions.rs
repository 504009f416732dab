//! Decisions (Q1 to Q4): how Questions are settled is part of the history, is taken back as easily, and two who decide differently
//! apart are asked again.

use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};
use server::hand::Hand;
use shared::{
    edit::Edit,
    field::{Field, Value},
    id::DocumentId,
    role::Role,
};
use tests::{
    server::{START_MS, TestServer},
    story::check,
};

/// A story that begins with two territories of one dossier, set apart.
fn check_apart(story: &str, expected: Expect) {
    let begins = "
        amina offline
        amina sets Puits territory to Tiznit
        badr sets Puits territory to Agadir
        amina online
    ";
    check(&format!("{begins}{story}"), expected);
}

#[test]
fn q1_how_a_field_was_settled_and_why_stands_in_the_history() {
    check_apart(
        r#"
        karima gives the question to amina
        karima decides "set apart" Tiznit because "la convention le dit"
        show decisions
        show Puits
        "#,
        expect![[r#"
            server: Puits field: Tiznit by karima, because la convention le dit
            server: title Puits, territory Tiznit
            karima: title Puits, territory Tiznit
            amina:  title Puits, territory Tiznit
            badr:   title Puits, territory Tiznit
        "#]],
    );
}

#[test]
fn q1_a_question_that_somebody_has_settled_is_not_settled_again() {
    check_apart(
        r#"
        karima decides "set apart" Tiznit
        karima takes it back
        badr sets Puits territory to Taroudant
        show questions
        "#,
        expect![[r#"
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
        "#]],
    );
}

#[test]
fn q2_a_field_settled_apart_is_asked_again_with_both() {
    check_apart(
        r#"
        amina offline
        amina decides "set apart" Tiznit because moi
        badr decides "set apart" Agadir because lui
        amina online
        show questions
        show decisions
        "#,
        expect![[r#"
            server: Puits territory: "Agadir" by badr or "Tiznit" by amina
            karima: Puits territory: "Agadir" by badr or "Tiznit" by amina
            amina:  Puits territory: "Agadir" by badr or "Tiznit" by amina
            badr:   Puits territory: "Agadir" by badr or "Tiznit" by amina
            server: Puits field: Tiznit by amina, because moi (does not stand)
                    Puits field: Agadir by badr, because lui (does not stand)
        "#]],
    );
}

#[test]
fn q2_marks_settled_apart_are_asked_again_and_none_is_lost() {
    check(
        r#"
        amina offline
        amina marks Zahra present at 09:05
        badr marks Zahra absent at 09:07
        amina online
        amina offline
        amina decides "contradictory marks" present
        badr decides "contradictory marks" absent
        amina online
        show questions
        karima decides "contradictory marks" absent because "vu la feuille"
        show attendance
        show decisions
        "#,
        expect![[r#"
            server: Zahra: amina says present, badr says absent
            karima: Zahra: amina says present, badr says absent
            amina:  Zahra: amina says present, badr says absent
            badr:   Zahra: amina says present, badr says absent
            server: Zahra absent (present withdrawn: decided)
            karima: Zahra absent (present withdrawn: decided)
            amina:  Zahra absent (present withdrawn: decided)
            badr:   Zahra absent (present withdrawn: decided)
            server: Atelier marks: present by amina (does not stand)
                    Atelier marks: absent by badr (does not stand)
                    Atelier marks: absent by karima, because vu la feuille
        "#]],
    );
}

#[test]
fn q2_marks_settled_alike_apart_are_settled_and_stay_so_until_one_of_them_is_taken_back() {
    check(
        r#"
        amina offline
        amina marks Zahra present at 09:05
        badr marks Zahra absent at 09:07
        amina online
        amina offline
        amina decides "contradictory marks" present
        badr decides "contradictory marks" present
        amina online
        show attendance
        badr takes it back
        show attendance
        "#,
        expect![[r#"
            server: Zahra present (absent withdrawn: decided)
            karima: Zahra present (absent withdrawn: decided)
            amina:  Zahra present (absent withdrawn: decided)
            badr:   Zahra present (absent withdrawn: decided)
            server: Zahra present, 1 question (contradictory marks)
            karima: Zahra present, 1 question (contradictory marks)
            amina:  Zahra present, 1 question (contradictory marks)
            badr:   Zahra present, 1 question (contradictory marks)
        "#]],
    );
}

#[test]
fn q2_a_row_kept_by_one_and_taken_out_by_another_apart_is_asked_again() {
    check(
        r#"
        amina offline
        amina removes Pompe
        badr sets Pompe quantity to 3
        amina online
        amina offline
        amina decides "removed and changed" removed
        badr decides "removed and changed" kept
        amina online
        show questions
        karima decides "removed and changed" removed
        show budget
        karima takes it back
        show budget
        "#,
        expect![[r#"
            server: Pompe was removed and changed, 4500.00
            karima: Pompe was removed and changed, 4500.00
            amina:  Pompe was removed and changed, 4500.00
            badr:   Pompe was removed and changed, 4500.00
            server: Pompe 4500.00 (removed), total 0.00, resources 0.00
            karima: Pompe 4500.00 (removed), total 0.00, resources 0.00
            amina:  Pompe 4500.00 (removed), total 0.00, resources 0.00
            badr:   Pompe 4500.00 (removed), total 0.00, resources 0.00
            server: Pompe 4500.00 (removed and changed), total 4500.00, resources 0.00, 1 question (removed and changed)
            karima: Pompe 4500.00 (removed and changed), total 4500.00, resources 0.00, 1 question (removed and changed)
            amina:  Pompe 4500.00 (removed and changed), total 4500.00, resources 0.00, 1 question (removed and changed)
            badr:   Pompe 4500.00 (removed and changed), total 4500.00, resources 0.00, 1 question (removed and changed)
        "#]],
    );
}

#[test]
fn q2_sections_settled_apart_are_asked_again() {
    check(
        r#"
        amina offline
        badr offline
        amina writes besoin "Un puits"
        badr writes besoin "Une pompe"
        amina online
        badr online
        amina offline
        amina decides "begun apart" "Un puits"
        badr decides "begun apart" "Une pompe"
        amina online
        show questions
        karima decides "begun apart" "Un puits et une pompe"
        show text besoin
        karima takes it back
        show questions
        "#,
        expect![[r#"
            server: besoin, begun apart: ["Un puits", "Une pompe"]
            karima: besoin, begun apart: ["Un puits", "Une pompe"]
            amina:  besoin, begun apart: ["Un puits", "Une pompe"]
            badr:   besoin, begun apart: ["Un puits", "Une pompe"]
            server: "Un puits et une pompe"
            karima: "Un puits et une pompe"
            amina:  "Un puits et une pompe"
            badr:   "Un puits et une pompe"
            server: besoin, begun apart: ["Un puits", "Un puits et une pompe", "Une pompe"]
            karima: besoin, begun apart: ["Un puits", "Un puits et une pompe", "Une pompe"]
            amina:  besoin, begun apart: ["Un puits", "Un puits et une pompe", "Une pompe"]
            badr:   besoin, begun apart: ["Un puits", "Un puits et une pompe", "Une pompe"]
        "#]],
    );
}

#[test]
fn q2_two_who_read_a_paragraph_again_and_leave_it_agree() {
    check(
        r#"
        amina writes motivation "Le puits est sec."
        amina offline
        amina changes motivation sec to vide
        badr changes motivation "Le puits" to "Notre puits"
        amina online
        amina offline
        amina decides "read again" right
        badr decides "read again" right because "relu à voix haute"
        amina online
        show text motivation
        badr takes it back
        show questions
        "#,
        expect![[r#"
            server: "Notre puits est vide."
            karima: "Notre puits est vide."
            amina:  "Notre puits est vide."
            badr:   "Notre puits est vide."
            server: motivation, read again "Notre puits est vide.": "Le puits est vide." by amina or "Notre puits est sec." by badr
            karima: motivation, read again "Notre puits est vide.": "Le puits est vide." by amina or "Notre puits est sec." by badr
            amina:  motivation, read again "Notre puits est vide.": "Le puits est vide." by amina or "Notre puits est sec." by badr
            badr:   motivation, read again "Notre puits est vide.": "Le puits est vide." by amina or "Notre puits est sec." by badr
        "#]],
    );
}

#[test]
fn q2_two_people_joined_by_one_and_told_apart_by_another_are_asked_about_again() {
    check(
        r#"
        karima adds person Zahra Amrani called Twin
        nora joins as staff
        nora offline
        nora decides "possible duplicate" same
        karima decides "possible duplicate" not_same because "deux âges"
        nora online
        show questions
        karima decides "possible duplicate" same
        show questions
        karima takes it back because "erreur"
        show questions
        show decisions
        "#,
        expect![[r#"
            server: no question
            karima: is Twin Zahra? []
            amina:  no question
            badr:   no question
            nora:   is Twin Zahra? []
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
            nora:   no question
            server: no question
            karima: is Twin Zahra? [SameName]
            amina:  no question
            badr:   no question
            nora:   is Twin Zahra? [SameName]
            server: Zahra same: same by nora (does not stand)
                    Zahra same: not_same by karima, because deux âges (does not stand)
                    Zahra same: same by karima (does not stand)
                    Zahra same: taken back by karima, because erreur (does not stand)
        "#]],
    );
}

#[test]
fn q2_people_counted_apart_are_asked_about() {
    check(
        r#"
        amina offline
        amina counts 12 f
        badr counts 15 f
        amina online
        show questions
        amina decides "counted apart" 12
        show questions
        amina takes it back
        show questions
        "#,
        expect![[r#"
            server: people of sex f: "15" by badr or "12" by amina
            karima: people of sex f: "15" by badr or "12" by amina
            amina:  people of sex f: "15" by badr or "12" by amina
            badr:   people of sex f: "15" by badr or "12" by amina
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
            server: people of sex f: "12" by amina or "15" by badr
            karima: people of sex f: "12" by amina or "15" by badr
            amina:  people of sex f: "12" by amina or "15" by badr
            badr:   people of sex f: "12" by amina or "15" by badr
        "#]],
    );
}

#[test]
fn q3_a_decision_that_is_taken_back_asks_again_with_all_that_stood_before() {
    check_apart(
        r#"
        karima decides "set apart" Taroudant
        karima takes it back because "pas sûre"
        show questions
        karima decides "set apart" Agadir
        show questions
        karima takes it back
        show questions
        "#,
        expect![[r#"
            server: Puits territory: "Taroudant" by karima or "Agadir" by badr or "Tiznit" by amina
            karima: Puits territory: "Taroudant" by karima or "Agadir" by badr or "Tiznit" by amina
            amina:  Puits territory: "Taroudant" by karima or "Agadir" by badr or "Tiznit" by amina
            badr:   Puits territory: "Taroudant" by karima or "Agadir" by badr or "Tiznit" by amina
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
            server: Puits territory: "Agadir" by badr or "Tiznit" by amina or "Taroudant" by karima
            karima: Puits territory: "Agadir" by badr or "Tiznit" by amina or "Taroudant" by karima
            amina:  Puits territory: "Agadir" by badr or "Tiznit" by amina or "Taroudant" by karima
            badr:   Puits territory: "Agadir" by badr or "Tiznit" by amina or "Taroudant" by karima
        "#]],
    );
}

#[test]
fn q3_marks_stand_again_when_the_decision_that_took_them_back_is_taken_back() {
    check(
        r#"
        amina offline
        amina marks Zahra present at 09:05
        badr marks Zahra absent at 09:07
        amina online
        badr decides "contradictory marks" absent because "vu"
        show attendance
        amina takes it back
        show questions
        "#,
        expect![[r#"
            server: Zahra absent (present withdrawn: decided)
            karima: Zahra absent (present withdrawn: decided)
            amina:  Zahra absent (present withdrawn: decided)
            badr:   Zahra absent (present withdrawn: decided)
            server: Zahra: amina says present, badr says absent
            karima: Zahra: amina says present, badr says absent
            amina:  Zahra: amina says present, badr says absent
            badr:   Zahra: amina says present, badr says absent
        "#]],
    );
}

#[test]
fn q3_a_decision_taken_back_apart_from_an_answer_asks_again() {
    check_apart(
        r#"
        karima decides "set apart" Tiznit
        amina offline
        amina takes it back
        badr sets Puits territory to Taroudant
        amina online
        show questions
        "#,
        expect![[r#"
            server: Puits territory: "Taroudant" by badr or "Agadir" by badr or "Tiznit" by amina
            karima: Puits territory: "Taroudant" by badr or "Agadir" by badr or "Tiznit" by amina
            amina:  Puits territory: "Taroudant" by badr or "Agadir" by badr or "Tiznit" by amina
            badr:   Puits territory: "Taroudant" by badr or "Agadir" by badr or "Tiznit" by amina
        "#]],
    );
}

#[test]
fn q4_what_is_odd_about_a_sheet_is_seen_and_what_comes_later_is_asked_anew() {
    check(
        r#"
        karima sets Atelier capacity to 1
        amina marks Zahra present
        amina marks Brahim present
        show questions
        karima decides "odd sheet" seen because "salle ouverte"
        show decisions
        amina marks Hassan present
        show questions
        "#,
        expect![[r#"
            server: Atelier: OverCapacity { people: 2, capacity: 1 }
            karima: Atelier: OverCapacity { people: 2, capacity: 1 }
            amina:  Atelier: OverCapacity { people: 2, capacity: 1 }
            badr:   Atelier: OverCapacity { people: 2, capacity: 1 }
            server: Atelier sheet: 2/1 by karima, because salle ouverte
            server: Atelier: OverCapacity { people: 3, capacity: 1 }
            karima: Atelier: OverCapacity { people: 3, capacity: 1 }
            amina:  Atelier: OverCapacity { people: 3, capacity: 1 }
            badr:   Atelier: OverCapacity { people: 3, capacity: 1 }
        "#]],
    );
}

#[test]
fn q4_who_signed_out_of_time_or_on_a_holiday_is_asked_about() {
    check(
        r#"
        amina signs Zahra at 07:15
        amina signs Brahim at 09:00
        amina signs Hassan at 12:10
        show questions
        karima decides "odd sheet" seen because "arrivée avec le bus"
        show decisions
        karima sets Atelier commune_code to 09.541.01.01
        karima sets morning day to 2026-05-01
        show questions
        "#,
        expect![[r#"
            server: Atelier: BeforeItBegan { signatures: 1 }
                    Atelier: AfterItEnded { signatures: 1 }
            karima: Atelier: BeforeItBegan { signatures: 1 }
                    Atelier: AfterItEnded { signatures: 1 }
            amina:  Atelier: BeforeItBegan { signatures: 1 }
                    Atelier: AfterItEnded { signatures: 1 }
            badr:   Atelier: BeforeItBegan { signatures: 1 }
                    Atelier: AfterItEnded { signatures: 1 }
            server: Atelier sheet: 1 by karima, because arrivée avec le bus
            server: Atelier: BeforeItBegan { signatures: 3 }
                    Atelier: Holiday { day: "2026-05-01" }
            karima: Atelier: BeforeItBegan { signatures: 3 }
                    Atelier: Holiday { day: "2026-05-01" }
            amina:  Atelier: BeforeItBegan { signatures: 3 }
                    Atelier: Holiday { day: "2026-05-01" }
            badr:   Atelier: BeforeItBegan { signatures: 3 }
                    Atelier: Holiday { day: "2026-05-01" }
        "#]],
    );
}

#[test]
fn who_is_no_longer_expected_leaves_the_list_unless_somebody_says_otherwise() {
    check(
        r#"
        karima expects Hassan no longer
        karima expects Brahim no longer
        show roster
        amina offline
        amina expects Hassan
        karima expects Hassan
        karima expects Hassan no longer
        badr offline
        badr marks Zahra present
        karima expects Zahra no longer
        amina online
        badr online
        show roster
        karima expects Zahra no longer
        amina expects Brahim no longer
        show attendance
        "#,
        expect![[r#"
            server: Zahra
            karima: Zahra
            amina:  Zahra
            badr:   Zahra
            server: Hassan Zahra
            karima: Hassan Zahra
            amina:  Hassan Zahra
            badr:   Hassan Zahra
            karima is refused: edit.row_in_use
            amina is refused: permission.not_allowed
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
        "#]],
    );
}

#[test]
fn a_volunteer_settles_what_is_theirs_without_a_network_and_is_refused_what_is_not() {
    check_apart(
        r#"
        amina offline
        amina decides "set apart" Agadir because "Badr y était"
        amina online
        karima offline
        karima sets Atelier place to "Salle 1"
        nora joins as coordinator
        nora sets Atelier place to "Salle 2"
        karima online
        amina decides "set apart" "Salle 1"
        show decisions
        "#,
        expect![[r#"
            amina is refused: permission.not_allowed
            server: Puits field: Agadir by amina, because Badr y était
        "#]],
    );
}

#[test]
fn q1_what_was_decided_survives_a_server_that_was_restored() {
    check_apart(
        r#"
        server is copied
        karima decides "set apart" Tiznit because "la convention"
        server is restored
        amina syncs
        karima syncs
        show decisions
        "#,
        expect![[r#"
            server: Puits field: Tiznit by karima, because la convention
        "#]],
    );
}

fn receipts_address(document: DocumentId, moments: &str) -> String {
    format!("/api/v1/documents/{document}/receipts?moments={moments}")
}

#[test]
fn the_server_tells_when_it_received_what_is_shown_to_whoever_holds_the_document() {
    let server = TestServer::start();
    let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
    let association = DocumentId([7; 16]);
    let fields = [(Field::Title, Value::from("Tamont"))].into();
    hand.edit(&Edit::CreateAssociation { association, fields }, START_MS).unwrap();
    hand.keep(START_MS + 90_000).unwrap();
    let mut staff = server.enrolled(Role::Staff, "Salma");
    let made = START_MS / 1_000;
    let told = staff.get(&receipts_address(association, &format!("{made},5"))).json();
    assert_eq!((&told["total"], &told["next"]), (&json!(1), &Json::Null));
    let receipt = &told["items"][0];
    assert_eq!(receipt["made_ms"], json!(made * 1_000));
    assert_eq!(receipt["received_ms"], json!(START_MS + 90_000));
    assert_eq!(staff.get(&receipts_address(association, "5")).json()["items"], json!([]));
    assert_eq!(staff.get(&receipts_address(association, "soon")).status, 400);
    let many = vec!["1"; 1_001].join(",");
    assert_eq!(staff.get(&receipts_address(association, &many)).status, 400);
    // Nobody hears of what does not exist, or was not given to them; a volunteer looks nothing up.
    assert_eq!(staff.get(&receipts_address(DocumentId([8; 16]), "5")).status, 404);
    let mut coordinator = server.enrolled(Role::Coordinator, "Driss");
    let account = coordinator.get("/api/session").json()["account"]["id"].as_str().unwrap().to_owned();
    let narrow = json!({ "role": "coordinator", "scope": "assigned" });
    let mut admin = server.enrolled(Role::Admin, "Amina");
    assert_eq!(admin.post(&format!("/api/accounts/{account}/change"), &narrow).status, 200);
    assert_eq!(coordinator.get(&receipts_address(association, "5")).refusal(), (404, "document.unknown".to_owned()));
    let mut volunteer = server.enrolled(Role::Volunteer, "Badr");
    assert_eq!(volunteer.get(&receipts_address(association, "5")).status, 403);
}
