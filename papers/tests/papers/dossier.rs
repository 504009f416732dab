//! A dossier as PDF, Word file, workbook and ZIP says what it says, everywhere alike.

use std::io::{Cursor, Read as _};

use papers::{Dossier, Line, Packed, PaperError, Part, Scan};

use crate::{
    packed, pages_of, sample,
    sample_dossier::{dossier, long, photo},
    tables, text_of,
};

/// What the Word file says, and how: its one text.
fn document_of(docx: Vec<u8>) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(docx)).expect("a ZIP");
    let mut text = String::new();
    zip.by_name("word/document.xml").expect("a document").read_to_string(&mut text).expect("UTF-8");
    text
}

fn words_of(document: &str) -> String {
    let mut words = String::new();
    for part in document.split("<w:t xml:space=\"preserve\">").skip(1) {
        words.push_str(part.split("</w:t>").next().unwrap_or_default());
    }
    words.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
}

#[test]
fn the_pages_and_the_word_file_say_all_of_it() {
    let dossier = dossier();
    let pdf = text_of(&papers::dossier_pdf(&dossier).unwrap());
    let word = words_of(&document_of(papers::dossier_docx(&dossier).unwrap()));
    // How Arabic is ordered in a PDF's text differs between readers: the Word file has it as it was written.
    for what in [
        "Eau potable à Tagmout & Aït Abdallah",
        "Association Tinzert pour le développement",
        "W133012345",
        "<1 200 habitants>",
        "Rien n’est encore écrit ici.",
        "Terrain et gardiennage",
        "001234567000089",
        "Formation du comité de l’eau",
        "Pompe solaire",
        "1 234,56 MAD",
        "taux 10,8500, 2 novembre 2026",
        "341,35",
        "21 566,07",
        "Relevé bancaire",
        "Creuser la tranchée",
        "Statuts",
        "12 mars 2019",
        "manque",
    ] {
        let what = packed(what).replace('\u{202f}', "");
        for (name, text) in [("PDF", &pdf), ("DOCX", &word)] {
            assert!(packed(text).replace('\u{202f}', "").contains(&what), "{what} is not in the {name}");
        }
    }
    for what in ["جمعية تينزرت للتنمية", "فاطمة الزهراء العمراني", "الماء حق للجميع في قرية تگموت.", "جمعية أفولكي"]
    {
        assert!(word.contains(what), "{what} is not whole in the Word file");
    }
}

#[test]
fn arabic_runs_from_the_right_in_a_word_file() {
    let document = document_of(papers::dossier_docx(&dossier()).unwrap());
    let paragraph = |words: &str| {
        let at = document.find(words).unwrap_or_else(|| panic!("{words}"));
        let begins = document[..at].rfind("<w:p>").expect("a paragraph");
        &document[begins..at]
    };
    assert!(
        paragraph("الماء حق").contains("<w:bidi/>")
            && paragraph("الماء حق").ends_with("<w:rPr><w:rtl/></w:rPr><w:t xml:space=\"preserve\">")
    );
    // An Arabic name in a French sentence is a run of its own, and the sentence stays French.
    let name = paragraph("فاطمة");
    assert!(!name.contains("<w:bidi/>") && name.contains("<w:rtl/>"));
    assert!(!paragraph("Le village de Tagmout").contains("<w:rtl/>"));
}

#[test]
fn the_workbook_computes_what_the_engine_computed() {
    let dossier = dossier();
    let pages = tables::pages(papers::budget_xlsx(&dossier).unwrap());
    let names: Vec<_> = pages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Synthèse", "Dépenses", "Ressources", "Temps bénévole"]);
    let whole: Vec<String> = pages[0].1.iter().map(|row| row.join("|")).collect();
    for line in [
        "Travaux|Argent|21087.22|",
        "Fournitures|Apport en nature|100|",
        "Temps donné par des bénévoles|Bénévolat|37.5|",
        "Total des dépenses||21566.07|",
        "Subvention demandée||14999.99|14999.99|conforme",
        "Ressources en argent : égales aux dépenses||21428.57||conforme",
        "Total du projet, sans les apports valorisés||21428.57|120000|conforme",
    ] {
        assert!(whole.iter().any(|row| row.starts_with(line)), "{line} is not in {whole:#?}");
    }
    let expenses = &pages[1].1;
    assert_eq!(expenses[5].join("|"), "Équipement|Pompe solaire|Argent|3|jours|1234.56|MAD|10.85|46328|341.35");
    // The sums are formulas, so that they follow whoever changes an amount.
    let mut book =
        calamine::open_workbook_from_rs::<calamine::Xlsx<_>, _>(Cursor::new(papers::budget_xlsx(&dossier).unwrap()))
            .unwrap();
    let formulas = calamine::Reader::worksheet_formula(&mut book, "Synthèse").unwrap();
    let all: Vec<&String> = formulas.used_cells().map(|(_, _, formula)| formula).collect();
    assert!(all.iter().any(|formula| formula.starts_with("SUMPRODUCT(EXACT('Dépenses'!$A$5:$A$7")), "{all:?}");
    let lines = calamine::Reader::worksheet_formula(&mut book, "Dépenses").unwrap();
    assert_eq!(lines.used_cells().count(), 5, "three lines, volunteers' time, the total");
}

#[test]
fn nothing_written_yet_is_a_dossier_too() {
    let empty = Dossier::default();
    papers::dossier_pdf(&empty).unwrap();
    papers::dossier_docx(&empty).unwrap();
    let pages = tables::pages(papers::budget_xlsx(&empty).unwrap());
    assert!(pages[0].1.iter().any(|row| row.join("|").starts_with("Total des dépenses||0|")));
}

#[test]
fn what_people_write_is_text_in_every_form() {
    for text in crate::hostile::HOSTILE {
        let mut dossier = dossier();
        for field in [&mut dossier.title, &mut dossier.association, &mut dossier.call, &mut dossier.version] {
            text.clone_into(field);
        }
        dossier.parts[0] = Part { title: text.to_owned(), text: text.to_owned() };
        dossier.tables[0].title = text.to_owned();
        dossier.tables[0].rows[0][1] = text.to_owned();
        dossier.budget.expenses[0].label = text.to_owned();
        dossier.budget.expenses[0].heading = text.to_owned();
        dossier.budget.groups[0].heading = text.to_owned();
        dossier.pieces[0].title = text.to_owned();
        papers::dossier_pdf(&dossier).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        let word = words_of(&document_of(papers::dossier_docx(&dossier).unwrap()));
        if text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            assert!(packed(&word).matches(&packed(text)).count() >= 6, "{text}");
        }
        papers::budget_xlsx(&dossier).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    }
}

#[test]
fn dossiers_have_limits() {
    let mut wide = dossier();
    wide.tables[0].rows[0].pop();
    assert!(matches!(papers::dossier_pdf(&wide), Err(PaperError::Cells { row: 0, cells: 2, slots: 3 })));
    let mut long = dossier();
    long.budget.expenses = vec![Line::default(); 2_001];
    assert!(matches!(papers::budget_xlsx(&long), Err(PaperError::TooMany { what: "lines", .. })));
}

#[test]
fn photos_of_pages_are_one_pdf() {
    let pages = vec![photo(300, 400), photo(400, 300), photo(300, 400)];
    let scan = Scan { title: "Procès-verbal".to_owned(), pages, made_ms: sample::MADE_MS };
    let pdf = papers::scan_pdf(&scan).unwrap();
    assert_eq!(pages_of(&pdf), 3);
    assert!(pdf == papers::scan_pdf(&scan).unwrap(), "the same photos give the same bytes");
    let mut broken = scan;
    broken.pages[1].truncate(200);
    assert!(matches!(papers::scan_pdf(&broken), Err(PaperError::Photo { page: 2 })));
    broken.pages = vec![photo(10, 10); 41];
    assert!(matches!(papers::scan_pdf(&broken), Err(PaperError::TooMany { .. })));
}

#[test]
fn a_bundle_opens_and_is_the_same_each_time() {
    let file = |path: &str, bytes: &[u8]| Packed { path: path.to_owned(), bytes: bytes.to_vec() };
    let files = [file("00_sommaire.txt", "Été\r\n".repeat(100).as_bytes()), file("pieces/01_statuts.pdf", b"%PDF-1.7")];
    let bytes = papers::bundle(&files, sample::MADE_MS).unwrap();
    assert!(bytes == papers::bundle(&files, sample::MADE_MS).unwrap());
    assert!(bytes != papers::bundle(&files, sample::MADE_MS + 60_000).unwrap(), "it bears its date");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for (n, file) in files.iter().enumerate() {
        let mut entry = zip.by_index(n).unwrap();
        let mut read = Vec::new();
        entry.read_to_end(&mut read).unwrap();
        assert_eq!((entry.name().unwrap().as_ref(), &read), (file.path.as_str(), &file.bytes));
        let date = entry.last_modified().unwrap();
        assert_eq!((date.year(), date.month(), date.day(), date.hour()), (2026, 11, 22, 17));
    }
}

#[test]
fn long_texts_run_over_pages_and_lose_nothing() {
    let dossier = long(20_000);
    let pdf = text_of(&papers::dossier_pdf(&dossier).unwrap());
    let said = packed("se réunit chaque mois pour décider des travaux.");
    let written: usize = dossier.parts.iter().map(|part| packed(&part.text).matches(&said).count()).sum();
    assert!(written > 100);
    // A sentence may be cut by the end of a page, where its number stands.
    assert!(pdf.matches(&said).count() + pages_of(&papers::dossier_pdf(&dossier).unwrap()) >= written);
    let word = words_of(&document_of(papers::dossier_docx(&dossier).unwrap()));
    assert_eq!(packed(&word).matches(&said).count(), written);
}
