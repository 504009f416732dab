//! What people do with their phones, apart and together, and what everyone sees in the end. See `tests/src/story.rs` for the
//! house that each story begins with.

use expect_test::expect;
use tests::story::check;

// M1, M2: marks.

#[test]
fn m1_a_mark_reaches_everyone() {
    check(
        "
        amina marks Zahra present at 09:05
        badr marks Brahim partial for 90 minutes
        ",
        expect![[r#"
            server: Brahim partial for 90 minutes, Zahra present
            karima: Brahim partial for 90 minutes, Zahra present
            amina:  Brahim partial for 90 minutes, Zahra present
            badr:   Brahim partial for 90 minutes, Zahra present
        "#]],
    );
}

#[test]
fn m2_two_phones_that_disagree_ask_a_human() {
    check(
        "
        amina offline
        amina marks Zahra present at 09:05
        badr marks Zahra absent at 09:07
        amina online
        ",
        expect![[r#"
            server: Zahra present, 1 question (contradictory marks)
            karima: Zahra present, 1 question (contradictory marks)
            amina:  Zahra present, 1 question (contradictory marks)
            badr:   Zahra present, 1 question (contradictory marks)
        "#]],
    );
}

#[test]
fn m2_the_order_of_arrival_does_not_matter() {
    check(
        "
        amina offline
        badr offline
        amina marks Zahra present at 09:05
        badr marks Zahra absent at 09:07
        badr online
        amina online
        ",
        expect![[r#"
            server: Zahra present, 1 question (contradictory marks)
            karima: Zahra present, 1 question (contradictory marks)
            amina:  Zahra present, 1 question (contradictory marks)
            badr:   Zahra present, 1 question (contradictory marks)
        "#]],
    );
}

#[test]
fn m2_nor_does_a_clock() {
    check(
        "
        amina has a clock a year ahead
        badr has a clock a year behind
        amina offline
        badr offline
        amina marks Zahra absent
        badr marks Zahra present
        amina online
        badr online
        ",
        expect![[r#"
            server: Zahra present, 1 question (contradictory marks)
            karima: Zahra present, 1 question (contradictory marks)
            amina:  Zahra present, 1 question (contradictory marks)
            badr:   Zahra present, 1 question (contradictory marks)
        "#]],
    );
}

#[test]
fn m2_a_question_that_is_settled_on_one_phone_is_gone_from_the_others() {
    check(
        r#"
        amina offline
        amina marks Zahra present at 09:05
        badr marks Zahra absent at 09:07
        amina online
        show questions
        karima settles Zahra present because "Amina saw her"
        show questions
        show attendance
        "#,
        expect![[r#"
            server: Zahra: amina says present, badr says absent
            karima: Zahra: amina says present, badr says absent
            amina:  Zahra: amina says present, badr says absent
            badr:   Zahra: amina says present, badr says absent
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
            server: Zahra present (absent withdrawn: Amina saw her)
            karima: Zahra present (absent withdrawn: Amina saw her)
            amina:  Zahra present (absent withdrawn: Amina saw her)
            badr:   Zahra present (absent withdrawn: Amina saw her)
        "#]],
    );
}

#[test]
fn m1_undoing_keeps_the_mark_and_the_reason() {
    check(
        r#"
        amina marks Zahra present at 09:05
        badr undoes Zahra because "another Zahra" at 09:06
        show attendance
        show history Atelier
        "#,
        expect![[r#"
            server: Zahra unmarked (present withdrawn: another Zahra)
            karima: Zahra unmarked (present withdrawn: another Zahra)
            amina:  Zahra unmarked (present withdrawn: another Zahra)
            badr:   Zahra unmarked (present withdrawn: another Zahra)
            server: karima [Set { field: Title, value: Text("Atelier") }, SetCell { rows: "slots", row: "38d3b41d906efd9e", cell: "day", value: Text("2026-03-01") }, SetCell { rows: "slots", row: "38d3b41d906efd9e", cell: "ends", value: Text("12:30") }, SetCell { rows: "slots", row: "38d3b41d906efd9e", cell: "starts", value: Text("09:00") }, SetCell { rows: "slots", row: "1ef3e11ed85c9be5", cell: "day", value: Text("2026-03-01") }, SetCell { rows: "slots", row: "1ef3e11ed85c9be5", cell: "ends", value: Text("17:30") }, SetCell { rows: "slots", row: "1ef3e11ed85c9be5", cell: "starts", value: Text("14:00") }]
                    karima [Joined { person: "019ca869-5fa0-7bec-a6f8-1f05768ec321" }]
                    karima [Joined { person: "019ca869-6388-7d18-9a89-4b2364e7d6c1" }]
                    karima [Joined { person: "019ca869-6770-77d0-9681-23dc39c7fa6b" }]
                    amina [Marked { person: Some(019ca869-5fa0-7bec-a6f8-1f05768ec321), status: Some(Present) }]
                    badr [Withdrew { person: Some(019ca869-5fa0-7bec-a6f8-1f05768ec321), reason: "another Zahra" }]
        "#]],
    );
}

#[test]
fn m1_undoing_needs_a_reason() {
    check(
        r#"
        amina marks Zahra present
        amina undoes Zahra because " "
        "#,
        expect![[r#"
            amina is refused: edit.reason_missing
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
        "#]],
    );
}

#[test]
fn m1_what_is_undone_here_and_marked_again_there_stands() {
    check(
        r#"
        amina marks Zahra present
        amina offline
        badr offline
        amina undoes Zahra because "wrong row"
        badr marks Zahra present
        amina online
        badr online
        "#,
        expect![[r#"
            server: Zahra present (present withdrawn: wrong row)
            karima: Zahra present (present withdrawn: wrong row)
            amina:  Zahra present (present withdrawn: wrong row)
            badr:   Zahra present (present withdrawn: wrong row)
        "#]],
    );
}

#[test]
fn m1_undone_on_two_phones_is_undone_once() {
    check(
        r#"
        amina marks Zahra present
        amina offline
        amina undoes Zahra because "wrong row" at 09:10
        badr undoes Zahra because "not here" at 09:20
        amina online
        "#,
        expect![[r#"
            server: Zahra unmarked (present withdrawn: wrong row)
            karima: Zahra unmarked (present withdrawn: wrong row)
            amina:  Zahra unmarked (present withdrawn: wrong row)
            badr:   Zahra unmarked (present withdrawn: wrong row)
        "#]],
    );
}

#[test]
fn m1_each_half_day_is_marked_by_itself() {
    check(
        "
        amina marks Zahra present in the morning
        badr marks Zahra absent in the afternoon
        ",
        expect![[r#"
            server: Zahra present, Zahra absent in the afternoon
            karima: Zahra present, Zahra absent in the afternoon
            amina:  Zahra present, Zahra absent in the afternoon
            badr:   Zahra present, Zahra absent in the afternoon
        "#]],
    );
}

#[test]
fn m1_the_same_person_checked_in_on_two_phones_is_one_presence() {
    check(
        "
        amina offline
        badr offline
        amina marks Zahra present
        badr marks Zahra present
        amina online
        badr online
        ",
        expect![[r#"
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
        "#]],
    );
}

// M4: fields.

#[test]
fn m4_a_field_set_apart_keeps_both_values_until_it_is_settled() {
    check(
        r#"
        amina offline
        amina sets Puits territory to Tiznit
        badr sets Puits territory to "Tiznit, Souss"
        amina online
        show questions
        show Puits
        karima sets Puits territory to "Tiznit, Souss"
        show questions
        show Puits
        "#,
        expect![[r#"
            server: Puits territory: "Tiznit, Souss" by badr or "Tiznit" by amina
            karima: Puits territory: "Tiznit, Souss" by badr or "Tiznit" by amina
            amina:  Puits territory: "Tiznit, Souss" by badr or "Tiznit" by amina
            badr:   Puits territory: "Tiznit, Souss" by badr or "Tiznit" by amina
            server: title Puits, territory Tiznit, Souss (apart)
            karima: title Puits, territory Tiznit, Souss (apart)
            amina:  title Puits, territory Tiznit, Souss (apart)
            badr:   title Puits, territory Tiznit, Souss (apart)
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
            server: title Puits, territory Tiznit, Souss
            karima: title Puits, territory Tiznit, Souss
            amina:  title Puits, territory Tiznit, Souss
            badr:   title Puits, territory Tiznit, Souss
        "#]],
    );
}

#[test]
fn m4_the_same_value_set_apart_is_no_question() {
    check(
        "
        amina offline
        amina sets Puits territory to Tiznit
        badr sets Puits territory to Tiznit
        amina online
        show questions
        ",
        expect![[r#"
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
        "#]],
    );
}

#[test]
fn m4_a_value_set_after_the_other_was_seen_is_no_question() {
    check(
        "
        badr sets Puits territory to Agadir
        amina sets Puits territory to Tiznit
        show questions
        show Puits
        ",
        expect![[r#"
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
            server: title Puits, territory Tiznit
            karima: title Puits, territory Tiznit
            amina:  title Puits, territory Tiznit
            badr:   title Puits, territory Tiznit
        "#]],
    );
}

#[test]
fn m4_settling_twice_apart_asks_again() {
    check(
        "
        amina offline
        amina sets Puits territory to Tiznit
        badr sets Puits territory to Agadir
        amina online
        amina offline
        amina sets Puits territory to Agadir
        badr sets Puits territory to Tiznit
        amina online
        show questions
        ",
        expect![[r#"
            server: Puits territory: "Tiznit" by badr or "Agadir" by amina
            karima: Puits territory: "Tiznit" by badr or "Agadir" by amina
            amina:  Puits territory: "Tiznit" by badr or "Agadir" by amina
            badr:   Puits territory: "Tiznit" by badr or "Agadir" by amina
        "#]],
    );
}

#[test]
fn m4_cells_of_slots_and_budget_lines_are_fields_too() {
    check(
        "
        amina becomes coordinator
        badr becomes coordinator
        amina syncs
        badr syncs
        amina offline
        amina sets Pompe unit_cents to 160000
        amina sets morning starts to 08:30
        badr sets Pompe unit_cents to 170000
        badr sets morning starts to 10:00
        amina online
        show questions
        show budget
        ",
        expect![[r#"
            server: morning starts: "10:00" by badr or "08:30" by amina
                    Pompe unit_cents: "170000" by badr or "160000" by amina
            karima: morning starts: "10:00" by badr or "08:30" by amina
                    Pompe unit_cents: "170000" by badr or "160000" by amina
            amina:  morning starts: "10:00" by badr or "08:30" by amina
                    Pompe unit_cents: "170000" by badr or "160000" by amina
            badr:   morning starts: "10:00" by badr or "08:30" by amina
                    Pompe unit_cents: "170000" by badr or "160000" by amina
            server: Pompe 3400.00, total 3400.00, resources 0.00, 2 questions (set apart)
            karima: Pompe 3400.00, total 3400.00, resources 0.00, 2 questions (set apart)
            amina:  Pompe 3400.00, total 3400.00, resources 0.00, 2 questions (set apart)
            badr:   Pompe 3400.00, total 3400.00, resources 0.00, 2 questions (set apart)
        "#]],
    );
}

// M5: long text.

#[test]
fn m5_text_edited_apart_at_different_places_merges() {
    check(
        r#"
        karima writes motivation "Le puits est loin.\nLes femmes marchent.\nL'eau manque."
        amina offline
        badr offline
        amina changes motivation "loin" to "trop loin"
        badr changes motivation "manque" to "manque en été"
        amina online
        badr online
        show text motivation
        "#,
        expect![[r#"
            server: "Le puits est trop loin.\nLes femmes marchent.\nL'eau manque en été."
            karima: "Le puits est trop loin.\nLes femmes marchent.\nL'eau manque en été."
            amina:  "Le puits est trop loin.\nLes femmes marchent.\nL'eau manque en été."
            badr:   "Le puits est trop loin.\nLes femmes marchent.\nL'eau manque en été."
        "#]],
    );
}

#[test]
fn m5_text_edited_apart_in_one_paragraph_is_to_be_read_again() {
    check(
        r#"
        karima writes motivation "Le puits est loin."
        amina offline
        badr offline
        amina changes motivation "loin" to "à trois kilomètres"
        badr changes motivation "puits" to "vieux puits"
        amina online
        badr online
        show text motivation
        show questions
        karima reads motivation again
        show questions
        "#,
        expect![[r#"
            server: "Le vieux puits est à trois kilomètres.", 1 question (read again)
            karima: "Le vieux puits est à trois kilomètres.", 1 question (read again)
            amina:  "Le vieux puits est à trois kilomètres.", 1 question (read again)
            badr:   "Le vieux puits est à trois kilomètres.", 1 question (read again)
            server: motivation, read again "Le vieux puits est à trois kilomètres.": "Le puits est à trois kilomètres." by amina or "Le vieux puits est loin." by badr
            karima: motivation, read again "Le vieux puits est à trois kilomètres.": "Le puits est à trois kilomètres." by amina or "Le vieux puits est loin." by badr
            amina:  motivation, read again "Le vieux puits est à trois kilomètres.": "Le puits est à trois kilomètres." by amina or "Le vieux puits est loin." by badr
            badr:   motivation, read again "Le vieux puits est à trois kilomètres.": "Le puits est à trois kilomètres." by amina or "Le vieux puits est loin." by badr
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
        "#]],
    );
}

#[test]
fn m5_editing_the_paragraph_again_settles_it() {
    check(
        r#"
        karima writes motivation "Le puits est loin."
        amina offline
        amina changes motivation "loin" to "à trois kilomètres"
        badr changes motivation "puits" to "vieux puits"
        amina online
        badr changes motivation "est" to "se trouve"
        show text motivation
        "#,
        expect![[r#"
            server: "Le vieux puits se trouve à trois kilomètres."
            karima: "Le vieux puits se trouve à trois kilomètres."
            amina:  "Le vieux puits se trouve à trois kilomètres."
            badr:   "Le vieux puits se trouve à trois kilomètres."
        "#]],
    );
}

#[test]
fn m5_typing_that_began_before_others_news_lands_where_it_was_meant() {
    check(
        r#"
        karima writes motivation "Un puits.\nDeux femmes."
        amina opens motivation
        badr changes motivation "Un puits" to "D'abord, un grand puits"
        amina changes motivation "Deux" to "Trente-deux"
        show text motivation
        "#,
        expect![[r#"
            server: "D'abord, un grand puits.\nTrente-deux femmes."
            karima: "D'abord, un grand puits.\nTrente-deux femmes."
            amina:  "D'abord, un grand puits.\nTrente-deux femmes."
            badr:   "D'abord, un grand puits.\nTrente-deux femmes."
        "#]],
    );
}

#[test]
fn m5_emoji_arabic_and_marks_above_letters_keep_their_places() {
    check(
        r#"
        karima writes motivation "👩🏽‍🌾 الماء قليل\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ"
        amina opens motivation
        badr offline
        badr changes motivation "👩🏽‍🌾" to "👩🏽‍🌾👨🏿‍🌾"
        badr online
        amina changes motivation "ⵜⵉⵡⵉⵣⵉ" to "ⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
        show text motivation
        amina changes motivation "قليل" to "قليل جدا"
        show text motivation
        "#,
        expect![[r#"
            server: "👩🏽\u{200d}🌾👨🏿\u{200d}🌾 الماء قليل\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
            karima: "👩🏽\u{200d}🌾👨🏿\u{200d}🌾 الماء قليل\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
            amina:  "👩🏽\u{200d}🌾👨🏿\u{200d}🌾 الماء قليل\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
            badr:   "👩🏽\u{200d}🌾👨🏿\u{200d}🌾 الماء قليل\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
            server: "👩🏽\u{200d}🌾👨🏿\u{200d}🌾 الماء قليل جدا\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
            karima: "👩🏽\u{200d}🌾👨🏿\u{200d}🌾 الماء قليل جدا\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
            amina:  "👩🏽\u{200d}🌾👨🏿\u{200d}🌾 الماء قليل جدا\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
            badr:   "👩🏽\u{200d}🌾👨🏿\u{200d}🌾 الماء قليل جدا\nL'été 🌞 est sec\nⵜⵉⵡⵉⵣⵉ ⵏ ⵡⴰⵎⴰⵏ"
        "#]],
    );
}

#[test]
fn m5_paragraphs_joined_here_and_edited_there() {
    check(
        r#"
        karima writes motivation "Un.\nDeux.\nTrois."
        amina offline
        badr offline
        amina changes motivation "Un.\nDeux." to "Un et deux."
        badr changes motivation "Deux" to "Vingt-deux"
        amina online
        badr online
        show text motivation
        show questions
        "#,
        expect![[r#"
            server: "Un et dVingt-deux.\nTrois.", 1 question (read again)
            karima: "Un et dVingt-deux.\nTrois.", 1 question (read again)
            amina:  "Un et dVingt-deux.\nTrois.", 1 question (read again)
            badr:   "Un et dVingt-deux.\nTrois.", 1 question (read again)
            server: motivation, read again "Un et dVingt-deux.": "Un et deux." by amina or "Vingt-deux." by badr
            karima: motivation, read again "Un et dVingt-deux.": "Un et deux." by amina or "Vingt-deux." by badr
            amina:  motivation, read again "Un et dVingt-deux.": "Un et deux." by amina or "Vingt-deux." by badr
            badr:   motivation, read again "Un et dVingt-deux.": "Un et deux." by amina or "Vingt-deux." by badr
        "#]],
    );
}

#[test]
fn m5_a_paragraph_split_here_and_edited_there() {
    check(
        r#"
        karima writes motivation "Un deux trois."
        amina offline
        badr offline
        amina changes motivation "Un deux" to "Un.\nDeux"
        badr changes motivation "trois" to "quatre"
        amina online
        badr online
        show text motivation
        show questions
        "#,
        expect![[r#"
            server: "Un.\nDeux quatre.", 1 question (read again)
            karima: "Un.\nDeux quatre.", 1 question (read again)
            amina:  "Un.\nDeux quatre.", 1 question (read again)
            badr:   "Un.\nDeux quatre.", 1 question (read again)
            server: motivation, read again "Un.": "Un deux quatre." by badr or "Un." by amina
            karima: motivation, read again "Un.": "Un deux quatre." by badr or "Un." by amina
            amina:  motivation, read again "Un.": "Un deux quatre." by badr or "Un." by amina
            badr:   motivation, read again "Un.": "Un deux quatre." by badr or "Un." by amina
        "#]],
    );
}

#[test]
fn m5_a_paragraph_removed_here_and_edited_there_loses_nothing_typed() {
    check(
        r#"
        karima writes motivation "Un.\nDeux.\nTrois."
        amina offline
        badr offline
        amina changes motivation "\nDeux." to ""
        badr changes motivation "Deux" to "Deux cents"
        amina online
        badr online
        show text motivation
        show questions
        "#,
        expect![[r#"
            server: "Un.\n centsTrois.", 1 question (read again)
            karima: "Un.\n centsTrois.", 1 question (read again)
            amina:  "Un.\n centsTrois.", 1 question (read again)
            badr:   "Un.\n centsTrois.", 1 question (read again)
            server: motivation, read again " centsTrois.": "Deux cents." by badr or "Trois." by amina
            karima: motivation, read again " centsTrois.": "Deux cents." by badr or "Trois." by amina
            amina:  motivation, read again " centsTrois.": "Deux cents." by badr or "Trois." by amina
            badr:   motivation, read again " centsTrois.": "Deux cents." by badr or "Trois." by amina
        "#]],
    );
}

#[test]
fn m10_a_section_begun_on_two_phones_apart_keeps_both_texts() {
    check(
        r#"
        amina offline
        badr offline
        amina writes budget_notes "La pompe vient d'Agadir."
        badr writes budget_notes "Le devis est joint."
        amina online
        badr online
        show questions
        karima settles budget_notes as "La pompe vient d'Agadir. Le devis est joint."
        show questions
        show text budget_notes
        "#,
        expect![[r#"
            server: budget_notes, begun apart: ["La pompe vient d'Agadir.", "Le devis est joint."]
            karima: budget_notes, begun apart: ["La pompe vient d'Agadir.", "Le devis est joint."]
            amina:  budget_notes, begun apart: ["La pompe vient d'Agadir.", "Le devis est joint."]
            badr:   budget_notes, begun apart: ["La pompe vient d'Agadir.", "Le devis est joint."]
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
            server: "La pompe vient d'Agadir. Le devis est joint."
            karima: "La pompe vient d'Agadir. Le devis est joint."
            amina:  "La pompe vient d'Agadir. Le devis est joint."
            badr:   "La pompe vient d'Agadir. Le devis est joint."
        "#]],
    );
}

#[test]
fn m10_a_section_begun_apart_and_typed_on_loses_neither() {
    check(
        r#"
        amina offline
        badr offline
        amina writes notes "Un"
        badr writes notes "Deux"
        amina writes notes "Un mille"
        badr writes notes "Deux mille"
        amina online
        badr online
        show questions
        amina changes notes "mille" to "cents"
        show questions
        "#,
        expect![[r#"
            server: notes, begun apart: ["Deux mille", "Un mille"]
            karima: notes, begun apart: ["Deux mille", "Un mille"]
            amina:  notes, begun apart: ["Deux mille", "Un mille"]
            badr:   notes, begun apart: ["Deux mille", "Un mille"]
            server: notes, begun apart: ["Deux cents", "Un mille"]
            karima: notes, begun apart: ["Deux cents", "Un mille"]
            amina:  notes, begun apart: ["Deux cents", "Un mille"]
            badr:   notes, begun apart: ["Deux cents", "Un mille"]
        "#]],
    );
}

// M6: rows.

#[test]
fn m6_totals_follow_the_lines() {
    check(
        "
        amina adds line Forage
        amina sets Forage unit_cents to 1250050
        badr adds line Subvention resource
        badr sets Subvention unit_cents to 1000000
        show budget
        badr removes Forage
        show budget
        ",
        expect![[r#"
            server: Pompe 3000.00, Forage 12500.50, Subvention 10000.00, total 15500.50, resources 10000.00
            karima: Pompe 3000.00, Forage 12500.50, Subvention 10000.00, total 15500.50, resources 10000.00
            amina:  Pompe 3000.00, Forage 12500.50, Subvention 10000.00, total 15500.50, resources 10000.00
            badr:   Pompe 3000.00, Forage 12500.50, Subvention 10000.00, total 15500.50, resources 10000.00
            server: Pompe 3000.00, Forage 12500.50 (removed), Subvention 10000.00, total 3000.00, resources 10000.00
            karima: Pompe 3000.00, Forage 12500.50 (removed), Subvention 10000.00, total 3000.00, resources 10000.00
            amina:  Pompe 3000.00, Forage 12500.50 (removed), Subvention 10000.00, total 3000.00, resources 10000.00
            badr:   Pompe 3000.00, Forage 12500.50 (removed), Subvention 10000.00, total 3000.00, resources 10000.00
        "#]],
    );
}

#[test]
fn m6_a_line_removed_here_and_changed_there_asks() {
    check(
        "
        amina offline
        amina removes Pompe
        badr sets Pompe quantity to 3
        amina online
        show questions
        show budget
        karima removes Pompe
        show budget
        ",
        expect![[r#"
            server: Pompe was removed and changed, 4500.00
            karima: Pompe was removed and changed, 4500.00
            amina:  Pompe was removed and changed, 4500.00
            badr:   Pompe was removed and changed, 4500.00
            server: Pompe 4500.00 (removed and changed), total 4500.00, resources 0.00, 1 question (removed and changed)
            karima: Pompe 4500.00 (removed and changed), total 4500.00, resources 0.00, 1 question (removed and changed)
            amina:  Pompe 4500.00 (removed and changed), total 4500.00, resources 0.00, 1 question (removed and changed)
            badr:   Pompe 4500.00 (removed and changed), total 4500.00, resources 0.00, 1 question (removed and changed)
            server: Pompe 4500.00 (removed), total 0.00, resources 0.00
            karima: Pompe 4500.00 (removed), total 0.00, resources 0.00
            amina:  Pompe 4500.00 (removed), total 0.00, resources 0.00
            badr:   Pompe 4500.00 (removed), total 0.00, resources 0.00
        "#]],
    );
}

#[test]
fn m6_a_line_that_is_decided_to_stay_stays() {
    check(
        "
        amina offline
        amina sets Pompe label to Pompe
        amina sets Pompe quantity to 4
        badr removes Pompe
        amina online
        karima keeps Pompe
        show budget
        ",
        expect![[r#"
            server: Pompe 6000.00, total 6000.00, resources 0.00
            karima: Pompe 6000.00, total 6000.00, resources 0.00
            amina:  Pompe 6000.00, total 6000.00, resources 0.00
            badr:   Pompe 6000.00, total 6000.00, resources 0.00
        "#]],
    );
}

#[test]
fn m6_a_line_removed_on_two_phones_is_removed() {
    check(
        "
        amina offline
        amina removes Pompe
        badr removes Pompe
        amina online
        show budget
        ",
        expect![[r#"
            server: Pompe 3000.00 (removed), total 0.00, resources 0.00
            karima: Pompe 3000.00 (removed), total 0.00, resources 0.00
            amina:  Pompe 3000.00 (removed), total 0.00, resources 0.00
            badr:   Pompe 3000.00 (removed), total 0.00, resources 0.00
        "#]],
    );
}

#[test]
fn m6_a_rate_and_a_quantity_of_one_line_set_apart_make_one_amount() {
    check(
        "
        karima sets Pompe currency to mad
        karima sets Pompe rate_e4 to 100000
        show budget
        amina offline
        badr offline
        amina sets Pompe rate_e4 to 108500
        badr sets Pompe quantity to 3
        amina online
        badr online
        show budget
        show questions
        ",
        expect![[r#"
            server: Pompe 300.00, total 300.00, resources 0.00
            karima: Pompe 300.00, total 300.00, resources 0.00
            amina:  Pompe 300.00, total 300.00, resources 0.00
            badr:   Pompe 300.00, total 300.00, resources 0.00
            server: Pompe 414.75, total 414.75, resources 0.00
            karima: Pompe 414.75, total 414.75, resources 0.00
            amina:  Pompe 414.75, total 414.75, resources 0.00
            badr:   Pompe 414.75, total 414.75, resources 0.00
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
        "#]],
    );
}

#[test]
fn m6_a_row_of_a_table_removed_here_and_changed_there_asks() {
    check(
        "
        badr adds row activity Forage
        badr adds row partner Afoulki
        badr sets Forage month_from to 2
        amina offline
        badr offline
        amina removes row Forage
        amina adds row activity Pompe
        badr sets Forage month_to to 4
        amina online
        badr online
        show rows
        show questions
        karima keeps row Forage
        badr removes row Afoulki
        show rows
        ",
        expect![[r#"
            server: activity Forage 2 4 (removed and changed), activity Pompe, partner Afoulki, 1 question (removed and changed)
            karima: activity Forage 2 4 (removed and changed), activity Pompe, partner Afoulki, 1 question (removed and changed)
            amina:  activity Forage 2 4 (removed and changed), activity Pompe, partner Afoulki, 1 question (removed and changed)
            badr:   activity Forage 2 4 (removed and changed), activity Pompe, partner Afoulki, 1 question (removed and changed)
            server: activity Forage was removed and changed
            karima: activity Forage was removed and changed
            amina:  activity Forage was removed and changed
            badr:   activity Forage was removed and changed
            server: activity Forage 2 4, activity Pompe, partner Afoulki (removed)
            karima: activity Forage 2 4, activity Pompe, partner Afoulki (removed)
            amina:  activity Forage 2 4, activity Pompe, partner Afoulki (removed)
            badr:   activity Forage 2 4, activity Pompe, partner Afoulki (removed)
        "#]],
    );
}

#[test]
fn m6_an_hour_removed_here_and_changed_there_asks_and_counts_on_both_sides_meanwhile() {
    check(
        "
        badr logs Tranchée
        badr sets Tranchée hours_e2 to 250
        badr sets Tranchée hour_cents to 1300
        show budget
        amina offline
        amina removes Tranchée
        badr sets Tranchée hours_e2 to 300
        amina online
        show questions
        show budget
        karima removes Tranchée
        show budget
        ",
        expect![[r#"
            server: Pompe 3000.00, Tranchée 32.50, total 3032.50, resources 32.50
            karima: Pompe 3000.00, Tranchée 32.50, total 3032.50, resources 32.50
            amina:  Pompe 3000.00, Tranchée 32.50, total 3032.50, resources 32.50
            badr:   Pompe 3000.00, Tranchée 32.50, total 3032.50, resources 32.50
            server: Tranchée was removed and changed, 39.00
            karima: Tranchée was removed and changed, 39.00
            amina:  Tranchée was removed and changed, 39.00
            badr:   Tranchée was removed and changed, 39.00
            server: Pompe 3000.00, Tranchée 39.00 (removed and changed), total 3039.00, resources 39.00, 1 question (removed and changed)
            karima: Pompe 3000.00, Tranchée 39.00 (removed and changed), total 3039.00, resources 39.00, 1 question (removed and changed)
            amina:  Pompe 3000.00, Tranchée 39.00 (removed and changed), total 3039.00, resources 39.00, 1 question (removed and changed)
            badr:   Pompe 3000.00, Tranchée 39.00 (removed and changed), total 3039.00, resources 39.00, 1 question (removed and changed)
            server: Pompe 3000.00, Tranchée 39.00 (removed), total 3000.00, resources 0.00
            karima: Pompe 3000.00, Tranchée 39.00 (removed), total 3000.00, resources 0.00
            amina:  Pompe 3000.00, Tranchée 39.00 (removed), total 3000.00, resources 0.00
            badr:   Pompe 3000.00, Tranchée 39.00 (removed), total 3000.00, resources 0.00
        "#]],
    );
}

#[test]
fn m4_two_rates_of_one_line_ask_and_the_total_is_of_the_one_that_is_shown() {
    check(
        "
        karima sets Pompe currency to mad
        amina offline
        badr offline
        amina sets Pompe rate_e4 to 100000
        badr sets Pompe rate_e4 to 120000
        amina online
        badr online
        show questions
        show budget
        karima sets Pompe rate_e4 to 120000
        show budget
        ",
        expect![[r#"
            server: Pompe rate_e4: "120000" by badr or "100000" by amina
            karima: Pompe rate_e4: "120000" by badr or "100000" by amina
            amina:  Pompe rate_e4: "120000" by badr or "100000" by amina
            badr:   Pompe rate_e4: "120000" by badr or "100000" by amina
            server: Pompe 250.00, total 250.00, resources 0.00, 1 question (set apart)
            karima: Pompe 250.00, total 250.00, resources 0.00, 1 question (set apart)
            amina:  Pompe 250.00, total 250.00, resources 0.00, 1 question (set apart)
            badr:   Pompe 250.00, total 250.00, resources 0.00, 1 question (set apart)
            server: Pompe 250.00, total 250.00, resources 0.00
            karima: Pompe 250.00, total 250.00, resources 0.00
            amina:  Pompe 250.00, total 250.00, resources 0.00
            badr:   Pompe 250.00, total 250.00, resources 0.00
        "#]],
    );
}

// M7: people.

#[test]
fn m7_two_who_may_be_one_are_proposed_and_counted_once_when_linked() {
    check(
        r#"
        amina registers Zahra Amrani called Zahra2
        badr marks Zahra present
        show questions
        karima links Zahra2 to Zahra
        show questions
        show attendance
        show Zahra2
        karima unlinks Zahra2
        show questions
        "#,
        expect![[r#"
            server: no question
            karima: is Zahra Zahra2? [SameName]
            amina:  no question
            badr:   no question
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
            server: Zahra present, Zahra2 present, walk-in: Zahra2
            karima: Zahra present, Zahra2 present, walk-in: Zahra2
            amina:  Zahra present, Zahra2 present, walk-in: Zahra2
            badr:   Zahra present, Zahra2 present, walk-in: Zahra2
            server: given Zahra, family Amrani, same_as Zahra
            karima: given Zahra, family Amrani, same_as Zahra
            amina:  given Zahra, family Amrani, same_as Zahra
            badr:   given Zahra, family Amrani, same_as Zahra
            server: no question
            karima: is Zahra Zahra2? [SameName]
            amina:  no question
            badr:   no question
        "#]],
    );
}

#[test]
fn m7_people_told_apart_are_not_proposed_again() {
    check(
        r#"
        karima adds person Brahim Ouali called Brahim2
        show questions
        karima tells Brahim from Brahim2
        show questions
        "#,
        expect![[r#"
            server: no question
            karima: is Brahim Brahim2? [SameName]
            amina:  no question
            badr:   no question
            server: no question
            karima: no question
            amina:  no question
            badr:   no question
        "#]],
    );
}

#[test]
fn m7_whoever_is_written_down_at_the_door_may_be_known_in_either_script() {
    check(
        r#"
        karima adds person Mohamed Amrani
        karima adds person Mohammed "El Amrani" called Mohammed
        karima adds person زهرة عمراني called Zohra
        karima expects Mohamed
        karima expects Zohra
        amina offline
        amina writes down "محمد عمراني"
        amina writes down "Zahra AMRANI"
        amina writes down "Amrani Mohamed" or "محمد عمراني"
        amina writes down Mohamed
        amina writes down "M'hamed Amrani"
        amina writes down ""
        karima writes down "محمد عمراني"
        "#,
        expect![[r#"
            محمد عمراني? Mohamed (NameAcrossScripts)
            Zahra AMRANI? Zahra (SameName), Zohra (NameAcrossScripts)
            Amrani Mohamed? Mohamed (SameName)
            Mohamed? nobody
            M'hamed Amrani? nobody
            ? nobody
            محمد عمراني? Mohamed (NameAcrossScripts), Mohammed (NameAcrossScripts)
        "#]],
    );
}

#[test]
fn m7_a_phone_or_an_association_makes_a_likeness_surer_and_none_by_itself() {
    check(
        r#"
        karima adds association Tamont
        karima adds person Idir Benali
        karima adds person Idir "Ben Ali" called Idir2
        karima adds phone +212612345678 to Idir2
        karima sets Idir association to Tamont
        karima offline
        karima writes down "Idir Benali"
        karima writes down "Idir Benali" phone +212612345678
        karima writes down "Idir Benali" of Tamont phone +212612345678
        karima writes down "Tuda Benali" phone +212612345678
        karima adds phone +212687654321 to Idir
        karima writes down "Idir Benali" phone +212687654321
        "#,
        expect![[r#"
            Idir Benali? Idir (SameName), Idir2 (NameSounds)
            Idir Benali? Idir2 (NameSounds SamePhone), Idir (SameName)
            Idir Benali? Idir2 (NameSounds SamePhone), Idir (SameName SameAssociation)
            Tuda Benali? nobody
            Idir Benali? Idir (SameName SamePhone), Idir2 (NameSounds)
        "#]],
    );
}

#[test]
fn m7_what_was_said_of_people_holds_at_the_door() {
    check(
        r#"
        karima adds person Brahim Ouali called Brahim2
        karima adds person Brahim Ouali called Brahim3
        karima adds phone +212612345678 to Brahim
        karima writes down "Brahim Ouali" phone +212612345678
        karima links Brahim3 to Brahim2
        karima writes down "Brahim Ouali" phone +212612345678
        karima tells Brahim from Brahim2
        karima writes down "Brahim Ouali" phone +212612345678
        karima writes down "Brahim Ouali"
        karima writes down "Brahim Ouali" as Brahim2
        karima unlinks Brahim3
        karima writes down "Brahim Ouali" phone +212612345678
        "#,
        expect![[r#"
            Brahim Ouali? Brahim (SameName SamePhone), Brahim2 (SameName), Brahim3 (SameName)
            Brahim Ouali? Brahim (SameName SamePhone), Brahim2 (SameName)
            Brahim Ouali? Brahim (SameName SamePhone)
            Brahim Ouali? Brahim (SameName), Brahim2 (SameName)
            Brahim Ouali? nobody
            Brahim Ouali? Brahim (SameName SamePhone), Brahim3 (SameName)
        "#]],
    );
}

#[test]
fn m7_a_walk_in_of_a_moment_ago_is_known_and_whoever_left_is_not() {
    check(
        r#"
        amina offline
        amina writes down "Youssef Amrani"
        amina registers Youssef Amrani phone +212612345678
        amina writes down "Yusef Amrani" phone +212612345678
        amina online
        amina writes down "Yusef Amrani" phone +212612345678
        badr writes down "يوسف عمراني"
        karima writes down "Yusef Amrani" phone +212612345678
        karima erases Youssef
        amina syncs
        badr syncs
        karima syncs
        amina writes down "Youssef Amrani"
        karima writes down "Yusef Amrani" phone +212612345678
        badr writes down "Zahra Amrani"
        karima takes Atelier from badr
        badr syncs
        badr writes down "Zahra Amrani"
        "#,
        expect![[r#"
            Youssef Amrani? nobody
            Yusef Amrani? Youssef (NameSounds SamePhone)
            Yusef Amrani? Youssef (NameSounds)
            يوسف عمراني? Youssef (NameAcrossScripts)
            Yusef Amrani? Youssef (NameSounds SamePhone)
            Youssef Amrani? nobody
            Yusef Amrani? nobody
            Zahra Amrani? Zahra (SameName)
            Zahra Amrani? nobody
        "#]],
    );
}

// Walk-ins.

#[test]
fn a_walk_in_reaches_everyone_and_the_contact_only_those_who_call() {
    check(
        r#"
        amina registers Youssef Amrani phone +212612345678 of Tamont
        show attendance
        show held
        "#,
        expect![[r#"
            server: Youssef present, walk-in: Youssef
            karima: Youssef present, walk-in: Youssef
            amina:  Youssef present, walk-in: Youssef
            badr:   Youssef present, walk-in: Youssef
            server: Atelier Brahim Hassan Puits Tamont Youssef Youssef's contact Zahra
            karima: Atelier Brahim Hassan Puits Tamont Youssef Youssef's contact Zahra
            amina:  Atelier Brahim Hassan Puits Tamont Youssef Zahra
            badr:   Atelier Brahim Hassan Puits Tamont Youssef Zahra
        "#]],
    );
}

#[test]
fn a_walk_in_while_offline_is_there_at_once_and_everywhere_later() {
    check(
        r#"
        amina offline
        amina registers Youssef Amrani phone +212612345678
        show attendance
        show held
        show sync
        amina online
        show attendance
        show held
        show sync
        "#,
        expect![[r#"
            server: nobody is marked
            karima: nobody is marked
            amina:  Youssef present, walk-in: Youssef
            badr:   nobody is marked
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Youssef Youssef's contact Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: nothing set aside
            karima: 0 unsent
            amina:  3 unsent
            badr:   0 unsent
            server: Youssef present, walk-in: Youssef
            karima: Youssef present, walk-in: Youssef
            amina:  Youssef present, walk-in: Youssef
            badr:   Youssef present, walk-in: Youssef
            server: Atelier Brahim Hassan Puits Youssef Youssef's contact Zahra
            karima: Atelier Brahim Hassan Puits Youssef Youssef's contact Zahra
            amina:  Atelier Brahim Hassan Puits Youssef Zahra
            badr:   Atelier Brahim Hassan Puits Youssef Zahra
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_number_taken_twice_apart_is_kept_twice() {
    check(
        "
        amina offline
        badr offline
        amina adds phone +212611111111 to Zahra
        badr adds phone +212622222222 to Zahra
        amina online
        badr online
        karima adds phone +212633333333 to Zahra
        show held
        ",
        expect![[r#"
            server: Atelier Brahim Hassan Puits Zahra Zahra's contact
            karima: Atelier Brahim Hassan Puits Zahra Zahra's contact
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
        "#]],
    );
}

#[test]
fn a_walk_in_needs_the_notice() {
    check(
        r#"
        amina registers Youssef Amrani without notice
        "#,
        expect![[r#"
            amina is refused: edit.notice_not_read
            server: nobody is marked
            karima: nobody is marked
            amina:  nobody is marked
            badr:   nobody is marked
        "#]],
    );
}

// The network.

#[test]
fn a_lost_reply_costs_nothing() {
    check(
        "
        lose reply of amina
        amina marks Zahra present
        show sync
        amina marks Brahim present
        show attendance
        ",
        expect![[r#"
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
            server: Brahim present, Zahra present
            karima: Brahim present, Zahra present
            amina:  Brahim present, Zahra present
            badr:   Brahim present, Zahra present
        "#]],
    );
}

#[test]
fn a_lost_request_costs_nothing() {
    check(
        "
        lose request of amina
        amina marks Zahra present
        show attendance
        amina marks Brahim present
        show attendance
        ",
        expect![[r#"
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
            server: Brahim present, Zahra present
            karima: Brahim present, Zahra present
            amina:  Brahim present, Zahra present
            badr:   Brahim present, Zahra present
        "#]],
    );
}

#[test]
fn a_request_that_arrives_twice_does_nothing_twice() {
    check(
        r#"
        repeat request of amina
        amina registers Youssef Amrani phone +212612345678
        repeat request of badr
        badr writes motivation "Le puits est loin."
        show attendance
        show text motivation
        show sync
        "#,
        expect![[r#"
            server: Youssef present, walk-in: Youssef
            karima: Youssef present, walk-in: Youssef
            amina:  Youssef present, walk-in: Youssef
            badr:   Youssef present, walk-in: Youssef
            server: "Le puits est loin."
            karima: "Le puits est loin."
            amina:  "Le puits est loin."
            badr:   "Le puits est loin."
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn an_old_request_that_arrives_late_undoes_nothing() {
    check(
        r#"
        amina marks Zahra present
        amina undoes Zahra because "wrong row"
        badr marks Zahra absent
        old request 2 of amina arrives
        old request 3 of amina arrives
        show attendance
        show sync
        "#,
        expect![[r#"
            server: Zahra absent (present withdrawn: wrong row)
            karima: Zahra absent (present withdrawn: wrong row)
            amina:  Zahra absent (present withdrawn: wrong row)
            badr:   Zahra absent (present withdrawn: wrong row)
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_reply_that_the_phone_dies_over_is_asked_for_again() {
    check(
        "
        badr marks Brahim present
        amina falls while asking
        amina marks Zahra present
        amina online
        show attendance
        ",
        expect![[r#"
            server: Brahim present, Zahra present
            karima: Brahim present, Zahra present
            amina:  Brahim present, Zahra present
            badr:   Brahim present, Zahra present
        "#]],
    );
}

// The phone dies.

#[test]
fn an_edit_that_was_logged_survives_its_engine() {
    check(
        "
        amina offline
        amina falls before editing
        amina marks Zahra present
        amina online
        show attendance
        ",
        expect![[r#"
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
        "#]],
    );
}

#[test]
fn an_edit_that_was_not_stored_is_done_again() {
    check(
        r#"
        amina offline
        amina falls before storing
        amina registers Youssef Amrani phone +212612345678
        amina online
        show attendance
        "#,
        expect![[r#"
            server: Youssef present, walk-in: Youssef
            karima: Youssef present, walk-in: Youssef
            amina:  Youssef present, walk-in: Youssef
            badr:   Youssef present, walk-in: Youssef
        "#]],
    );
}

#[test]
fn an_edit_that_was_stored_is_not_done_again() {
    check(
        r#"
        karima writes motivation "Le puits"
        amina offline
        amina falls after storing
        amina writes motivation "Le puits est loin."
        amina online
        show text motivation
        "#,
        expect![[r#"
            server: "Le puits est loin."
            karima: "Le puits est loin."
            amina:  "Le puits est loin."
            badr:   "Le puits est loin."
        "#]],
    );
}

#[test]
fn a_reply_that_was_not_stored_is_fetched_again() {
    check(
        "
        amina offline
        badr marks Zahra present
        amina falls before storing
        amina syncs
        amina online
        show attendance
        ",
        expect![[r#"
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
        "#]],
    );
}

// The server dies.

#[test]
fn a_server_that_dies_before_its_commit_has_promised_nothing() {
    check(
        "
        server crashes before storing amina
        amina marks Zahra present
        show sync
        badr marks Brahim present
        show attendance
        show sync
        ",
        expect![[r#"
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
            server: Brahim present, Zahra present
            karima: Brahim present, Zahra present
            amina:  Brahim present, Zahra present
            badr:   Brahim present, Zahra present
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_server_that_dies_after_its_commit_knows_what_comes_again() {
    check(
        "
        server crashes after storing amina
        amina marks Zahra present
        show attendance
        amina marks Brahim present
        show attendance
        show sync
        ",
        expect![[r#"
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
            server: Brahim present, Zahra present
            karima: Brahim present, Zahra present
            amina:  Brahim present, Zahra present
            badr:   Brahim present, Zahra present
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_server_whose_disk_is_full_takes_the_same_later() {
    check(
        "
        server fails at the request of amina
        amina marks Zahra present
        show sync
        server restarts
        show attendance
        ",
        expect![[r#"
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
        "#]],
    );
}

// Copies of phones.

#[test]
fn a_cloned_phone_never_forks() {
    check(
        r#"
        amina offline
        amina marks Zahra present
        amina is cloned as salima
        amina marks Brahim present
        salima marks Hassan present
        amina writes motivation "Le puits est loin."
        salima writes motivation "L'eau manque."
        amina online
        salima online
        amina marks Brahim partial in the afternoon
        salima marks Hassan partial in the afternoon
        show attendance
        show text motivation
        show sync
        "#,
        expect![[r#"
            server: Brahim present, Hassan present, Zahra present, Brahim partial in the afternoon, Hassan partial in the afternoon, 1 question (read again)
            karima: Brahim present, Hassan present, Zahra present, Brahim partial in the afternoon, Hassan partial in the afternoon, 1 question (read again)
            amina:  Brahim present, Hassan present, Zahra present, Brahim partial in the afternoon, Hassan partial in the afternoon, 1 question (read again)
            badr:   Brahim present, Hassan present, Zahra present, Brahim partial in the afternoon, Hassan partial in the afternoon, 1 question (read again)
            salima: Brahim present, Hassan present, Zahra present, Brahim partial in the afternoon, Hassan partial in the afternoon, 1 question (read again)
            server: "L'eau manque.Le puits est loin.", 1 question (read again)
            karima: "L'eau manque.Le puits est loin.", 1 question (read again)
            amina:  "L'eau manque.Le puits est loin.", 1 question (read again)
            badr:   "L'eau manque.Le puits est loin.", 1 question (read again)
            salima: "L'eau manque.Le puits est loin.", 1 question (read again)
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
            salima: 0 unsent
        "#]],
    );
}

#[test]
fn a_phone_restored_from_an_older_copy_gets_back_what_it_had_sent() {
    check(
        "
        amina marks Zahra present
        amina is copied
        amina marks Brahim present
        badr marks Hassan present
        amina is restored
        amina marks Hassan partial in the afternoon
        show attendance
        show sync
        ",
        expect![[r#"
            server: Brahim present, Hassan present, Zahra present, Hassan partial in the afternoon
            karima: Brahim present, Hassan present, Zahra present, Hassan partial in the afternoon
            amina:  Brahim present, Hassan present, Zahra present, Hassan partial in the afternoon
            badr:   Brahim present, Hassan present, Zahra present, Hassan partial in the afternoon
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_phone_restored_offline_writes_on_without_forking() {
    check(
        "
        amina offline
        amina is copied
        amina marks Zahra present
        amina syncs
        amina is restored
        amina marks Zahra absent
        amina marks Brahim present
        amina online
        show attendance
        show sync
        ",
        expect![[r#"
            server: Brahim present, Zahra present, 1 question (contradictory marks)
            karima: Brahim present, Zahra present, 1 question (contradictory marks)
            amina:  Brahim present, Zahra present, 1 question (contradictory marks)
            badr:   Brahim present, Zahra present, 1 question (contradictory marks)
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

// Copies of the server.

#[test]
fn a_server_restored_from_an_older_copy_is_healed_by_its_phones() {
    check(
        r#"
        amina marks Zahra present
        server is copied
        amina marks Brahim present
        badr registers Youssef Amrani phone +212612345678
        karima sets Puits territory to Tiznit
        server is restored
        show attendance
        show Puits
        show sync
        show held
        "#,
        expect![[r#"
            server: Brahim present, Youssef present, Zahra present, walk-in: Youssef
            karima: Brahim present, Youssef present, Zahra present, walk-in: Youssef
            amina:  Brahim present, Youssef present, Zahra present, walk-in: Youssef
            badr:   Brahim present, Youssef present, Zahra present, walk-in: Youssef
            server: title Puits, territory Tiznit
            karima: title Puits, territory Tiznit
            amina:  title Puits, territory Tiznit
            badr:   title Puits, territory Tiznit
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
            server: Atelier Brahim Hassan Puits Youssef Youssef's contact Zahra
            karima: Atelier Brahim Hassan Puits Youssef Youssef's contact Zahra
            amina:  Atelier Brahim Hassan Puits Youssef Zahra
            badr:   Atelier Brahim Hassan Puits Youssef Zahra
        "#]],
    );
}

#[test]
fn a_restored_server_takes_from_a_coordinator_what_a_lost_phone_had_written() {
    check(
        "
        server is copied
        badr marks Zahra present
        badr marks Brahim present
        badr offline
        amina offline
        server is restored
        show attendance
        ",
        expect![[r#"
            server: Brahim present, Zahra present
            karima: Brahim present, Zahra present
            amina:  Brahim present, Zahra present
            badr:   Brahim present, Zahra present
        "#]],
    );
}

#[test]
fn what_was_built_on_anothers_lost_mark_waits_for_whoever_may_bring_that() {
    check(
        r#"
        server is copied
        badr marks Zahra present
        karima offline
        amina marks Brahim present
        badr offline
        server is restored
        show attendance
        show sync
        karima online
        show attendance
        show sync
        "#,
        expect![[r#"
            server: nobody is marked
            karima: Zahra present
            amina:  Brahim present, Zahra present
            badr:   Brahim present, Zahra present
            server: nothing set aside
            karima: 0 unsent
            amina:  2 unsent
            badr:   0 unsent
            server: Brahim present, Zahra present
            karima: Brahim present, Zahra present
            amina:  Brahim present, Zahra present
            badr:   Brahim present, Zahra present
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_volunteers_work_on_an_event_that_a_restored_server_lacks_waits_for_the_event() {
    check(
        "
        server is copied
        karima adds event Bilan
        karima gives Bilan to amina
        amina expects Hassan at Bilan
        karima offline
        server is restored
        show sync
        karima online
        show Bilan
        show sync
        ",
        expect![[r#"
            server: nothing set aside
            karima: 0 unsent
            amina:  2 unsent
            badr:   0 unsent
            server: title Bilan, day 2026-03-01, starts 09:00, ends 12:30, day 2026-03-01, starts 14:00, ends 17:30
            karima: title Bilan, day 2026-03-01, starts 09:00, ends 12:30, day 2026-03-01, starts 14:00, ends 17:30
            amina:  no Bilan
            badr:   no Bilan
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_restore_that_nobody_noticed_loses_nothing_either() {
    check(
        r#"
        amina offline
        server is copied
        badr marks Zahra present
        badr sets Puits duration_months to 12
        badr offline
        karima offline
        server is restored
        amina marks Hassan present
        amina sets Puits territory to Tiznit
        amina sets Puits coordinator to Karima
        amina sets Puits sector to water
        amina online
        badr marks Brahim present
        badr online
        show attendance
        karima online
        show attendance
        show Puits
        show sync
        "#,
        expect![[r#"
            server: Brahim present, Hassan present, Zahra present
            karima: Zahra present
            amina:  Brahim present, Hassan present, Zahra present
            badr:   Brahim present, Hassan present, Zahra present
            server: Brahim present, Hassan present, Zahra present
            karima: Brahim present, Hassan present, Zahra present
            amina:  Brahim present, Hassan present, Zahra present
            badr:   Brahim present, Hassan present, Zahra present
            server: title Puits, sector water, territory Tiznit, coordinator Karima, duration_months 12
            karima: title Puits, sector water, territory Tiznit, coordinator Karima, duration_months 12
            amina:  title Puits, sector water, territory Tiznit, coordinator Karima, duration_months 12
            badr:   title Puits, sector water, territory Tiznit, coordinator Karima, duration_months 12
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn what_is_taken_back_by_a_restore_is_given_back_before_it_is_forgotten() {
    check(
        r#"
        salma joins as volunteer
        server is copied
        karima gives Atelier to salma
        karima offline
        amina offline
        badr offline
        salma marks Zahra present
        salma offline
        salma marks Brahim present
        server is restored
        salma online
        show held
        show sync
        "#,
        expect![[r#"
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: set aside: 2 scope.outside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
            salma:  0 unsent, 2 of Atelier set aside: scope.outside
        "#]],
    );
}

#[test]
fn an_event_begun_without_a_network_survives_a_restore_of_the_server() {
    check(
        "
        server is copied
        karima adds event Bilan
        karima adds person Fatima Idrissi
        server is restored
        amina marks Zahra present
        show held
        show sync
        ",
        expect![[r#"
            server: Atelier Bilan Brahim Fatima Hassan Puits Zahra
            karima: Atelier Bilan Brahim Fatima Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

// Scope.

#[test]
fn a_document_given_later_arrives_whole_and_one_taken_back_is_forgotten() {
    check(
        "
        salma joins as volunteer
        show held
        karima gives Atelier to salma
        amina marks Zahra present
        show held
        show attendance
        karima takes Atelier from salma
        show held
        karima gives Atelier to salma
        show attendance
        ",
        expect![[r#"
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            salma:  Atelier Brahim Hassan Zahra
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
            salma:  Zahra present
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
            salma:  Zahra present
        "#]],
    );
}

#[test]
fn what_was_unsent_of_a_document_taken_back_arrives_before_it_is_forgotten() {
    check(
        "
        amina offline
        amina marks Zahra present
        amina sets Puits territory to Tiznit
        karima takes Atelier from amina
        amina online
        show attendance
        show Puits
        show held
        show sync
        ",
        expect![[r#"
            server: nobody is marked
            karima: nobody is marked
            amina:  no Atelier
            badr:   nobody is marked
            server: title Puits, territory Tiznit
            karima: title Puits, territory Tiznit
            amina:  title Puits, territory Tiznit
            badr:   title Puits, territory Tiznit
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Puits
            badr:   Atelier Brahim Hassan Puits Zahra
            server: set aside: 1 scope.outside
            karima: 0 unsent
            amina:  0 unsent, 1 of Atelier set aside: scope.outside
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_person_who_leaves_the_last_event_of_a_volunteer_leaves_the_phone() {
    check(
        "
        karima adds person Fatima Idrissi
        karima sets Zahra same_as to Fatima
        show held
        karima unlinks Zahra
        show held
        ",
        expect![[r#"
            server: Atelier Brahim Fatima Hassan Puits Zahra
            karima: Atelier Brahim Fatima Hassan Puits Zahra
            amina:  Atelier Brahim Fatima Hassan Puits Zahra
            badr:   Atelier Brahim Fatima Hassan Puits Zahra
            server: Atelier Brahim Fatima Hassan Puits Zahra
            karima: Atelier Brahim Fatima Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
        "#]],
    );
}

#[test]
fn a_role_that_grows_or_shrinks_brings_and_takes_documents() {
    check(
        r#"
        karima adds person Fatima Idrissi
        karima adds phone +212612345678 to Zahra
        show held
        badr becomes coordinator
        show held
        badr becomes volunteer
        show held
        show sync
        "#,
        expect![[r#"
            server: Atelier Brahim Fatima Hassan Puits Zahra Zahra's contact
            karima: Atelier Brahim Fatima Hassan Puits Zahra Zahra's contact
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: Atelier Brahim Fatima Hassan Puits Zahra Zahra's contact
            karima: Atelier Brahim Fatima Hassan Puits Zahra Zahra's contact
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Fatima Hassan Puits Zahra Zahra's contact
            server: Atelier Brahim Fatima Hassan Puits Zahra Zahra's contact
            karima: Atelier Brahim Fatima Hassan Puits Zahra Zahra's contact
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent
            badr:   0 unsent
        "#]],
    );
}

// Clocks.

#[test]
fn a_phone_a_year_off_works_like_any_other() {
    check(
        r#"
        amina has a clock a year ahead
        badr has a clock a year behind
        amina marks Zahra present
        badr registers Youssef Amrani
        amina writes motivation "Le puits"
        badr changes motivation "puits" to "vieux puits"
        amina adds line Forage
        show attendance
        show text motivation
        show budget
        "#,
        expect![[r#"
            server: Youssef present, Zahra present, walk-in: Youssef
            karima: Youssef present, Zahra present, walk-in: Youssef
            amina:  Youssef present, Zahra present, walk-in: Youssef
            badr:   Youssef present, Zahra present, walk-in: Youssef
            server: "Le vieux puits"
            karima: "Le vieux puits"
            amina:  "Le vieux puits"
            badr:   "Le vieux puits"
            server: Pompe 3000.00, Forage 0.00, total 3000.00, resources 0.00
            karima: Pompe 3000.00, Forage 0.00, total 3000.00, resources 0.00
            amina:  Pompe 3000.00, Forage 0.00, total 3000.00, resources 0.00
            badr:   Pompe 3000.00, Forage 0.00, total 3000.00, resources 0.00
        "#]],
    );
}

// M10: history.

#[test]
fn m10_every_value_stays_in_the_history() {
    check(
        r#"
        amina offline
        amina sets Puits territory to Tiznit
        badr sets Puits territory to Agadir
        amina online
        karima sets Puits territory to Taroudant
        amina writes motivation "Le puits"
        badr writes motivation "L'eau"
        show history Puits
        "#,
        expect![[r#"
            server: karima [Set { field: Title, value: Text("Puits") }]
                    karima [SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "label", value: Text("Pompe") }, SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "order", value: Text("019ca8697ee0") }, SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "side", value: Text("expense") }, SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "state", value: Text("kept") }]
                    karima [SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "quantity", value: Number(2) }]
                    karima [SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "unit_cents", value: Number(150000) }]
                    badr [Set { field: Territory, value: Text("Agadir") }]
                    amina [Set { field: Territory, value: Text("Tiznit") }]
                    karima [Set { field: Territory, value: Text("Taroudant") }]
                    amina [Reworded { section: "motivation", added: "Le puits", removed: 0 }]
                    badr [Reworded { section: "motivation", added: "'eau", removed: 7 }]
        "#]],
    );
}

// Trust: access that ends, what waits for staff, what is over, and territories.

#[test]
fn a_revoked_phone_still_delivers_what_it_had_not_sent_and_staff_decide() {
    check(
        r#"
        amina offline
        amina marks Zahra present
        amina marks Hassan absent
        karima ends access of amina
        show sync
        amina online
        show attendance
        show sync
        karima accepts everything
        show attendance
        show sync
        amina marks Brahim present
        show sync
        "#,
        expect![[r#"
            server: nothing set aside
            karima: 0 unsent
            amina:  2 unsent
            badr:   0 unsent
            server: nobody is marked
            karima: nobody is marked
            amina:  Hassan absent, Zahra present
            badr:   nobody is marked
            server: set aside: 2 device.access_ended
            karima: 0 unsent
            amina:  0 unsent, 2 of Atelier set aside: device.access_ended, access ended
            badr:   0 unsent
            server: Hassan absent, Zahra present
            karima: Hassan absent, Zahra present
            amina:  Hassan absent, Zahra present
            badr:   Hassan absent, Zahra present
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent, 2 of Atelier set aside: device.access_ended, access ended
            badr:   0 unsent
            server: set aside: 1 device.access_ended
            karima: 0 unsent
            amina:  0 unsent, 3 of Atelier set aside: device.access_ended, access ended
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn a_refusal_reaches_the_sender_with_a_word_and_innocent_work_goes_through() {
    check(
        r#"
        amina offline
        karima takes Puits from amina
        amina sets Puits territory to Tiznit
        amina marks Zahra present
        amina online
        show attendance
        show sync
        karima refuses everything saying Already done by Badr
        amina syncs
        show sync
        show Puits
        "#,
        expect![[r#"
            server: Zahra present
            karima: Zahra present
            amina:  Zahra present
            badr:   Zahra present
            server: set aside: 1 scope.outside
            karima: 0 unsent
            amina:  0 unsent, 1 of Puits set aside: scope.outside
            badr:   0 unsent
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent, 1 of Puits refused (Already done by Badr)
            badr:   0 unsent
            server: title Puits
            karima: title Puits
            amina:  no Puits
            badr:   title Puits
        "#]],
    );
}

#[test]
fn work_that_was_set_aside_and_accepted_is_its_authors_everywhere() {
    check(
        r#"
        amina offline
        amina sets Puits territory to Tiznit
        amina sets Puits sector to water
        karima takes Puits from amina
        amina online
        show sync
        karima accepts everything
        karima gives Puits to amina
        show Puits
        show history Puits
        show sync
        "#,
        expect![[r#"
            server: set aside: 2 scope.outside
            karima: 0 unsent
            amina:  0 unsent, 2 of Puits set aside: scope.outside
            badr:   0 unsent
            server: title Puits, sector water, territory Tiznit
            karima: title Puits, sector water, territory Tiznit
            amina:  title Puits, sector water, territory Tiznit
            badr:   title Puits, sector water, territory Tiznit
            server: karima [Set { field: Title, value: Text("Puits") }]
                    karima [SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "label", value: Text("Pompe") }, SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "order", value: Text("019ca8697ee0") }, SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "side", value: Text("expense") }, SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "state", value: Text("kept") }]
                    karima [SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "quantity", value: Number(2) }]
                    karima [SetCell { rows: "lines", row: "d51d4b147fb9f008", cell: "unit_cents", value: Number(150000) }]
                    amina [Set { field: Territory, value: Text("Tiznit") }]
                    amina [Set { field: Sector, value: Text("water") }]
            server: nothing set aside
            karima: 0 unsent
            amina:  0 unsent, 2 of Puits accepted
            badr:   0 unsent
        "#]],
    );
}

#[test]
fn an_event_that_is_over_leaves_a_volunteers_phone_by_itself_and_no_mark_with_it() {
    check(
        r#"
        amina offline
        badr offline
        badr marks Zahra present
        amina waits 29 days
        badr waits 0 days
        show held
        amina waits 3 days
        badr waits 0 days
        show held
        badr online
        show held
        show attendance
        "#,
        expect![[r#"
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Puits
            badr:   Atelier Brahim Hassan Puits Zahra
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Puits
            badr:   Atelier Brahim Hassan Puits Zahra
            server: Zahra present
            karima: Zahra present
            amina:  no Atelier
            badr:   Zahra present
        "#]],
    );
}

#[test]
fn a_territory_gives_what_lies_in_it_and_takes_it_back() {
    check(
        r#"
        tarik joins as auditor
        karima gives territory MA.09.581 to tarik
        tarik syncs
        show held
        karima sets Atelier commune to 09.581.01.05
        tarik syncs
        show held
        tarik marks Zahra absent
        karima sets Atelier commune to 09.541.01.05
        tarik syncs
        show held
        karima gives territory MA.09 to tarik
        tarik syncs
        karima takes territory MA.09.581 from tarik
        tarik syncs
        show held
        "#,
        expect![[r#"
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            tarik:  Atelier Brahim Hassan Zahra
            tarik is refused: permission.not_allowed
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            server: Atelier Brahim Hassan Puits Zahra
            karima: Atelier Brahim Hassan Puits Zahra
            amina:  Atelier Brahim Hassan Puits Zahra
            badr:   Atelier Brahim Hassan Puits Zahra
            tarik:  Atelier Brahim Hassan Zahra
        "#]],
    );
}
