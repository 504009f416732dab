//! The papers say what the record says.

use papers::{PaperError, Sheet, Status};

use crate::{packed, pages_of, sample, text_of};

/// Everything Latin that must be on a sheet. How Arabic is ordered in a PDF's text differs between readers; see `hostile`.
fn check_sheet(sheet: &Sheet) {
    let text = text_of(&papers::sheet_pdf(sheet).unwrap());
    let has = |what: &str| assert!(text.contains(&packed(what)), "{what:?} is not on the sheet");
    let event = &sheet.gathering;
    for what in [&event.house.name, &event.title, &event.project, &event.place, &event.commune, &event.modality] {
        has(what);
    }
    has("Agence française de développement");
    for row in &sheet.people {
        has(&format!("{} {}", row.family.to_uppercase(), row.given));
    }
    for trainer in &sheet.trainers {
        has(&trainer.name);
    }
    for what in
        ["9 h 00 – 12 h 30", "prévu 3 h 30", "réalisé", "NOM et prénom", "Structure", "Rôle", "Feuille 1/1", "page 1/"]
    {
        has(what);
    }
    let seal = sheet.seal.as_ref().unwrap();
    for what in [&seal.code, &seal.url, &seal.reason, &seal.sealed_at, seal.previous.as_ref().unwrap()] {
        has(what);
    }
    for what in &sheet.completeness.phones_outstanding {
        has(what);
    }
    let partial = sheet.people.iter().flat_map(|row| &row.cells).filter(|cell| cell.status == Status::Partial).count();
    assert_eq!(text.matches(&packed("présence partielle, 1 h 30")).count(), partial);
}

#[test]
fn one_person() {
    check_sheet(&sample::sheet(1, 1));
}

#[test]
fn twenty_five_people() {
    check_sheet(&sample::sheet(25, 2));
}

#[test]
fn two_hundred_people() {
    let sheet = sample::sheet(200, 2);
    check_sheet(&sheet);
    let pdf = papers::sheet_pdf(&sheet).unwrap();
    let pages = pdf_extract::extract_text_from_mem_by_pages(&pdf).unwrap();
    for (number, page) in (1..).zip(&pages) {
        let page = packed(page);
        assert!(page.contains(&format!("Feuille1/1,page{number}/{}", pages.len())), "page {number} has no number");
        assert!(page.contains("W4TX-8HPC"), "page {number} has no code");
        // The last one may hold what closes the sheet only.
        assert!(page.contains("NOMetprénom") || number == pages.len(), "page {number} has no head");
    }
}

#[test]
fn more_than_four_half_days_make_further_sheets() {
    let text = text_of(&papers::sheet_pdf(&sample::sheet(2, 6)).unwrap());
    assert!(text.contains("Feuille1/2") && text.contains("Feuille2/2"));
    assert_eq!(text.matches(&packed("EL AMRANI Fatima-Zahra")).count(), 2);
    // What closes a sheet stands once.
    assert_eq!(text.matches(&packed("Ce que vaut cette version")).count(), 1);
}

#[test]
fn a_blank_sheet_says_nothing_of_presence() {
    let text = text_of(&papers::blank_sheet_pdf(&sample::sheet(3, 2)).unwrap());
    assert!(text.contains("AÏTLAHCENBrahim") && text.contains("JamalLahoussain"));
    // Three people and eight more rows.
    assert!(text.contains(&packed("à signer à la main")));
    for word in ["présence", "signé", "scellée", "W4TX"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn a_draft_says_so() {
    let mut sheet = sample::sheet(1, 1);
    sheet.seal = None;
    assert!(text_of(&papers::sheet_pdf(&sheet).unwrap()).contains(&packed("Brouillon, sans valeur")));
}

#[test]
fn nothing_at_all_still_makes_papers() {
    let empty = Sheet::default();
    assert!(text_of(&papers::sheet_pdf(&empty).unwrap()).contains(&packed("Personne n’est inscrit.")));
    papers::blank_sheet_pdf(&empty).unwrap();
    papers::sheet_xlsx(&empty).unwrap();
    papers::contact_list_pdf(&papers::ContactList::default()).unwrap();
    papers::attestations_pdf(&papers::Attestations::default()).unwrap();
    papers::convocations_pdf(&papers::Convocations::default()).unwrap();
    papers::badges_pdf(&papers::Badges::default()).unwrap();
}

#[test]
fn rows_have_one_cell_for_each_slot() {
    let mut sheet = sample::sheet(3, 2);
    sheet.people[1].cells.pop();
    let refused = papers::sheet_pdf(&sheet).unwrap_err();
    assert!(matches!(refused, PaperError::Cells { row: 1, cells: 1, slots: 2 }), "{refused}");
    assert_eq!(refused.code(), "paper_cells");
}

#[test]
fn papers_have_limits() {
    let mut sheet = sample::sheet(1, 1);
    sheet.seal.as_mut().unwrap().url = "x".repeat(301);
    assert!(matches!(papers::sheet_pdf(&sheet), Err(PaperError::Code)));
    let people = sample::sheet(papers::PEOPLE_MAX + 1, 0);
    assert!(matches!(papers::sheet_pdf(&people), Err(PaperError::TooMany { what: "people", .. })));
    let slots = sample::sheet(1, papers::SLOTS_MAX + 1);
    assert!(matches!(papers::sheet_csv(&slots), Err(PaperError::TooMany { what: "slots", .. })));
}

#[test]
fn each_person_has_a_certificate_and_an_invitation() {
    let pdf = papers::attestations_pdf(&sample::attestations(10, 4)).unwrap();
    assert_eq!(pages_of(&pdf), 10);
    let text = text_of(&pdf);
    for what in ["BENHADDOUNaïma", "Duréetotalesuivie", "14h", "JamalLahoussain", "AbdallahZiani", "le22novembre2026"]
    {
        assert!(text.contains(what), "{what}");
    }
    let pdf = papers::convocations_pdf(&sample::convocations(10, 4)).unwrap();
    assert_eq!(pages_of(&pdf), 10);
    assert!(text_of(&pdf).contains("BENHADDOUNaïma"));
    // With as many half-days as there can be, a page is enough as well.
    let full = papers::convocations_pdf(&sample::convocations(2, 24)).unwrap();
    assert_eq!(pages_of(&full), 2);
}

#[test]
fn eight_badges_stand_on_a_page() {
    let pdf = papers::badges_pdf(&sample::badges(17)).unwrap();
    assert_eq!(pages_of(&pdf), 3);
    let text = text_of(&pdf);
    assert!(text.contains("Brahim") && text.contains("AÏTLAHCEN"));
}

#[test]
fn phones_stand_on_the_contact_list_only() {
    let text = text_of(&papers::contact_list_pdf(&sample::contacts(25)).unwrap());
    assert!(text.contains("+33612345624") && text.contains("Confidentiel"));
    assert!(text.contains("personne.numero.24@association-au-nom-tres-long.example.org"));
}
