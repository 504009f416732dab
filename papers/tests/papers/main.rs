//! What papers say, read back from their bytes.

mod dossier;
mod hostile;
mod pages;
mod sample;
mod sample_dossier;
mod tables;

use papers::PaperError;

/// All text of a PDF, without blanks: where a line breaks is the layout's business.
fn text_of(pdf: &[u8]) -> String {
    packed(&pdf_extract::extract_text_from_mem(pdf).expect("a PDF"))
}

fn packed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{a0}')).collect()
}

fn pages_of(pdf: &[u8]) -> usize {
    pdf_extract::extract_text_from_mem_by_pages(pdf).expect("a PDF").len()
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let check = |name: &str, make: &dyn Fn() -> Result<Vec<u8>, PaperError>| {
        let first = make().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(first == make().unwrap(), "{name} differs from itself");
    };
    check("sheet", &|| papers::sheet_pdf(&sample::sheet(3, 5)));
    check("blank", &|| papers::blank_sheet_pdf(&sample::sheet(3, 2)));
    check("contacts", &|| papers::contact_list_pdf(&sample::contacts(3)));
    check("attestations", &|| papers::attestations_pdf(&sample::attestations(3, 2)));
    check("convocations", &|| papers::convocations_pdf(&sample::convocations(3, 2)));
    check("badges", &|| papers::badges_pdf(&sample::badges(3)));
    check("sheet, workbook", &|| papers::sheet_xlsx(&sample::sheet(3, 5)));
    check("contacts, workbook", &|| papers::contact_list_xlsx(&sample::contacts(3)));
    check("figures, workbook", &|| papers::figures_xlsx(&tables::figures()));
    check("sheet, CSV", &|| papers::sheet_csv(&sample::sheet(3, 5)));
    check("dossier", &|| papers::dossier_pdf(&sample_dossier::dossier()));
    check("dossier, Word", &|| papers::dossier_docx(&sample_dossier::dossier()));
    check("budget, workbook", &|| papers::budget_xlsx(&sample_dossier::dossier()));
    check("sheet, JSON", &|| papers::sheet_json(&sample::sheet(3, 5)));
}

#[test]
fn another_date_or_another_word_gives_other_bytes() {
    let sheet = sample::sheet(1, 1);
    let bytes = papers::sheet_pdf(&sheet).unwrap();
    let mut later = sheet.clone();
    later.made_ms += 1_000;
    let mut other = sheet;
    other.people[0].role = "Autre".to_owned();
    assert!(bytes != papers::sheet_pdf(&later).unwrap());
    assert!(bytes != papers::sheet_pdf(&other).unwrap());
}
