use std::collections::BTreeMap;

use super::*;
use crate::{
    record::{CallSection, Fields, LineState, Register, Rows, Section},
    table::Table,
};

fn fields(cells: &[(Field, Value)]) -> Fields {
    let register = |value: &Value| Register { value: value.clone(), apart: Vec::new() };
    Fields(cells.iter().map(|(field, value)| (*field, register(value))).collect())
}

fn row(n: u8, cells: &[(Field, Value)]) -> Row {
    Row { id: RowId([n; 8]), fields: fields(cells), state: LineState::Kept, by: None, at_ms: 0 }
}

fn dossier(table: Table, rows: Vec<Row>) -> DossierRecord {
    DossierRecord { rows: Rows(BTreeMap::from([(table, rows)])), ..DossierRecord::default() }
}

fn goal(n: u8, number: i64, main: &str, reason: &str) -> Row {
    row(n, &[(Field::GoalNumber, number.into()), (Field::MainGoal, main.into()), (Field::Detail, reason.into())])
}

fn activity(n: u8, from: Option<i64>, to: Option<i64>) -> Row {
    let mut cells = vec![(Field::Label, "Forer".into())];
    cells.extend(from.map(|month| (Field::MonthFrom, month.into())));
    cells.extend(to.map(|month| (Field::MonthTo, month.into())));
    row(n, &cells)
}

fn codes(dossier: &DossierRecord, call: Option<&CallRecord>) -> Vec<PlanCode> {
    faults(dossier, call).into_iter().map(|fault| fault.code).collect()
}

#[test]
fn g1_to_g4_one_main_goal_and_at_most_three_others_each_with_its_reason() {
    use PlanCode::{G1None, G1Several, G2, G3, G4};
    let check =
        |goals: Vec<Row>, expected: &[PlanCode]| assert_eq!(codes(&dossier(Table::Goal, goals), None), expected);
    check(vec![], &[]);
    check(vec![goal(1, 6, "yes", "L’eau au village")], &[]);
    check(vec![goal(1, 6, "", "L’eau au village")], &[G1None]);
    check(vec![goal(1, 6, "yes", "Eau"), goal(2, 5, "yes", "Femmes")], &[G1Several]);
    check(vec![goal(1, 6, "yes", "Eau"), goal(2, 5, "no", "")], &[G3]);
    check(vec![goal(1, 6, "yes", "Eau"), goal(2, 6, "no", "Eau encore")], &[G4]);
    let goals = |others: u8| -> Vec<Row> {
        (0..=others).map(|n| goal(n, i64::from(n) + 1, if n == 0 { "yes" } else { "no" }, "Oui")).collect()
    };
    check(goals(3), &[]);
    check(goals(4), &[G2]);
    // A call may say otherwise.
    let call = CallRecord { fields: fields(&[(Field::GoalsOtherMax, 1.into())]), ..CallRecord::default() };
    assert_eq!(codes(&dossier(Table::Goal, goals(2)), Some(&call)), [G2]);
    let fault = &faults(&dossier(Table::Goal, goals(2)), Some(&call))[0];
    assert_eq!((fault.is, fault.should), (3, 2));
}

#[test]
fn g1_a_goal_that_was_taken_out_is_none_and_one_that_is_in_question_is_one() {
    let mut goals = vec![goal(1, 6, "yes", "Eau"), goal(2, 5, "yes", "Femmes")];
    goals[1].state = LineState::Removed;
    assert_eq!(codes(&dossier(Table::Goal, goals.clone()), None), []);
    goals[1].state = LineState::RemovedAndChanged;
    assert_eq!(codes(&dossier(Table::Goal, goals), None), [PlanCode::G1Several]);
}

/// Whatever months people write, and in whatever order: each activity is drawn whole, in months that are drawn, and a fault is told
/// exactly where the months do not hold.
#[test]
fn k1_to_k3_every_activity_is_drawn_within_the_months_that_are_shown() {
    let months = [None, Some(1), Some(3), Some(12), Some(120), Some(0), Some(-4), Some(1_000_000)];
    for duration in [None, Some(0), Some(6), Some(24)] {
        for (from, to) in months.into_iter().flat_map(|from| months.map(|to| (from, to))) {
            let mut of = dossier(Table::Activity, vec![activity(1, from, to), activity(2, Some(2), Some(2))]);
            of.fields = fields(
                &duration.map(|months: i64| (Field::DurationMonths, months.into())).into_iter().collect::<Vec<_>>(),
            );
            let shown = chronogram(&of);
            let one = &shown.rows[0];
            assert!(one.from <= one.to && one.to <= shown.months, "{from:?} {to:?} {shown:?}");
            assert!(shown.months <= 120 && i64::from(shown.months) >= duration.unwrap_or(0));
            let valid = |month: Option<i64>| month.filter(|month| (1..=120).contains(month));
            let (from, to) = (valid(from), valid(to));
            assert_eq!(one.from == 0, from.is_none() && to.is_none());
            let faults = faults(&of, None);
            let has = |code| faults.iter().any(|fault| fault.row == Some(RowId([1; 8])) && fault.code == code);
            assert_eq!(has(PlanCode::K3), one.from == 0);
            assert_eq!(has(PlanCode::K1), from.zip(to).is_some_and(|(from, to)| to < from));
            assert_eq!(has(PlanCode::K2), duration.is_some_and(|last| from.max(to).unwrap_or(0) > last));
        }
    }
}

#[test]
fn s1_and_s2_a_required_text_says_something_and_none_is_too_long() {
    let section = |key: &str, chars_max, required| CallSection {
        key: key.to_owned(),
        chars_max,
        required,
        ..CallSection::default()
    };
    let call = CallRecord {
        sections: vec![section("need", 4, true), section("youth", 0, false), section("risks", 4, false)],
        ..CallRecord::default()
    };
    let text = |text: &str| Section { text: text.to_owned(), ..Section::default() };
    let mut dossier = DossierRecord::default();
    assert_eq!(codes(&dossier, Some(&call)), [PlanCode::S1]);
    // A smiley is one character, and so is an accented letter.
    dossier.sections =
        BTreeMap::from([("need".to_owned(), text("eau😀")), ("youth".to_owned(), text("un long texte"))]);
    assert_eq!(codes(&dossier, Some(&call)), []);
    dossier.sections.insert("risks".to_owned(), text("risqué"));
    let fault = &faults(&dossier, Some(&call))[0];
    assert_eq!((fault.code, fault.is, fault.should, fault.about.text()), (PlanCode::S2, 6, 4, "risks"));
}

#[test]
fn d1_and_d2_the_call_bounds_the_duration_and_the_sectors() {
    let call = |cells: &[(Field, Value)]| CallRecord { fields: fields(cells), ..CallRecord::default() };
    let open = call(&[
        (Field::DurationMinMonths, 6.into()),
        (Field::DurationMaxMonths, 24.into()),
        (Field::Sectors, "water, health".into()),
    ]);
    let with = |months: i64, sector: &str| DossierRecord {
        fields: fields(&[(Field::DurationMonths, months.into()), (Field::Sector, sector.into())]),
        ..DossierRecord::default()
    };
    assert_eq!(codes(&with(18, "health"), Some(&open)), []);
    assert_eq!(codes(&with(3, "water"), Some(&open)), [PlanCode::D1Short]);
    assert_eq!(codes(&with(30, "digital"), Some(&open)), [PlanCode::D1Long, PlanCode::D2]);
    // What a call does not say is not checked (C4).
    assert_eq!(codes(&with(30, "digital"), Some(&call(&[]))), []);
}
