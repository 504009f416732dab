//! A dossier as PDF, Word file, workbook and ZIP says what it says, everywhere alike.

use std::io::{Cursor, Read as _};

use papers::{
    Bar, Budget, Chronogram, Currency, Dossier, Fact, Grid, Group, Line, Nature, Packed, PaperError, Part, Piece,
    Rules, Scan, Side, Time,
};

use crate::{packed, pages_of, sample, tables, text_of};

fn line(heading: &str, label: &str, nature: Nature, quantity: i64, unit_cents: i64, amount_cents: i64) -> Line {
    Line {
        heading: heading.to_owned(),
        label: label.to_owned(),
        nature,
        quantity: Some(quantity),
        unit: "jours".to_owned(),
        unit_cents,
        amount_cents,
        ..Line::default()
    }
}

fn group(side: Side, nature: Nature, heading: &str, cents: i64, share_bp: u32) -> Group {
    Group { side, nature, heading: heading.to_owned(), cents, share_bp }
}

/// A budget of € 21,428.57 in money: 70 % of it are € 14,999.99.
fn budget() -> Budget {
    let pump = Line {
        currency: Currency::Mad,
        rate_e4: Some(108_500),
        rate_day: "2026-11-02".to_owned(),
        // 3 × 1 234,56 MAD at 10.85.
        ..line("Équipement", "Pompe solaire", Nature::Cash, 3, 123_456, 34_135)
    };
    let own = Line {
        funding: "Acquis".to_owned(),
        proof: "Relevé bancaire".to_owned(),
        ..line("جمعية النخيل للتنمية", "Fonds propres", Nature::Cash, 1, 642_858, 642_858)
    };
    Budget {
        expenses: vec![
            line("Travaux", "Forage", Nature::Cash, 1, 2_108_722, 2_108_722),
            pump,
            line("Fournitures", "Sable donné", Nature::InKind, 2, 5_000, 10_000),
        ],
        resources: vec![
            line("FORIM", "Subvention", Nature::Grant, 1, 1_499_999, 1_499_999),
            own,
            line("Village", "Sable donné", Nature::InKind, 2, 5_000, 10_000),
        ],
        time: vec![Time {
            who: "Brahim".to_owned(),
            day: "2026-10-04".to_owned(),
            task: "Creuser la tranchée".to_owned(),
            hours_e2: 250,
            hour_cents: 1_500,
            amount_cents: 3_750,
        }],
        groups: vec![
            group(Side::Expense, Nature::Cash, "Travaux", 2_108_722, 9_779),
            group(Side::Expense, Nature::Cash, "Équipement", 34_135, 158),
            group(Side::Expense, Nature::InKind, "Fournitures", 10_000, 46),
            group(Side::Expense, Nature::Time, "", 3_750, 17),
            group(Side::Resource, Nature::Grant, "FORIM", 1_499_999, 6_956),
            group(Side::Resource, Nature::Cash, "جمعية النخيل للتنمية", 642_858, 2_981),
            group(Side::Resource, Nature::InKind, "Village", 10_000, 46),
            group(Side::Resource, Nature::Time, "", 3_750, 17),
        ],
        expenses_cents: 2_156_607,
        resources_cents: 2_156_607,
        expenses_cash_cents: 2_142_857,
        resources_cash_cents: 2_142_857,
        time_cents: 3_750,
        grant_cents: 1_499_999,
        counted_cents: 2_142_857,
        rules: Rules {
            grant_max_cents: Some(1_500_000),
            grant_share_max_bp: Some(7_000),
            total_max_cents: Some(12_000_000),
            valorisation_share_max_bp: None,
            valorisation_counts: false,
        },
    }
}

pub(crate) fn dossier() -> Dossier {
    let text = |text: &str| text.to_owned();
    let fact = |label: &str, value: &str| Fact { label: text(label), value: text(value) };
    Dossier {
        house: sample::gathering(0).house,
        title: text("Eau potable à Tagmout & Aït Abdallah"),
        association: text("Association Tinzert pour le développement"),
        association_ar: text("جمعية تينزرت للتنمية"),
        call: text("PRA/OSIM 2026, microprojets"),
        facts: vec![
            fact("Numéro RNA", "W133012345"),
            fact("Territoire", "Tagmout, Taroudannt"),
            fact("Coût total", "21 566,07 €"),
        ],
        parts: vec![
            Part {
                title: text("Contexte"),
                text: text(
                    "Le village de Tagmout <1 200 habitants> n’a pas d’eau potable.\n\nLa présidente, فاطمة الزهراء العمراني, l’a dit en 2019.\nالماء حق للجميع في قرية تگموت.",
                ),
            },
            Part { title: text("Moyens"), text: String::new() },
        ],
        tables: vec![Grid {
            title: text("Partenaires locaux"),
            columns: vec![text("Partenaire"), text("Apport"), text("ICE")],
            rows: vec![vec![text("جمعية أفولكي"), text("Terrain et gardiennage"), text("001234567000089")]],
        }],
        chronogram: Some(Chronogram {
            months: 12,
            bars: vec![
                Bar { label: text("Forage"), first: 1, last: 3 },
                Bar { label: text("Formation du comité de l’eau"), first: 4, last: 12 },
            ],
        }),
        budget: budget(),
        pieces: vec![
            Piece {
                title: text("Statuts"),
                file: text("01_statuts.pdf"),
                issued: text("2019-03-12"),
                expires: String::new(),
                required: true,
            },
            Piece { title: text("Relevé d’identité bancaire"), required: true, ..Piece::default() },
        ],
        version: text("4F1B9C02"),
        changed_at: text("22 novembre 2026 à 18 h 04"),
        made_ms: sample::MADE_MS,
    }
}

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
    assert_eq!(expenses[3].join("|"), "Équipement|Pompe solaire|Argent|3|jours|1234.56|MAD|10.85|46328|341.35");
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

/// A photo of a page, upright or across.
pub(crate) fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut jpeg = Cursor::new(Vec::new());
    let drawn = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x % 251) as u8, (y % 241) as u8, ((x + y) % 239) as u8])
    });
    drawn.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
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
        assert_eq!((entry.name(), &read), (file.path.as_str(), &file.bytes));
        let date = entry.last_modified().unwrap();
        assert_eq!((date.year(), date.month(), date.day(), date.hour()), (2026, 11, 22, 17));
    }
}
