//! The tables say what the record says.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use papers::{FigureBook, FigureCell, FigureLine, FigureSection, Sheet};

use crate::sample;

pub(crate) fn pages(bytes: Vec<u8>) -> Vec<(String, Vec<Vec<String>>)> {
    let mut book = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let pages = book.worksheets().into_iter().map(|(name, range)| {
        let rows = range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect();
        (name, rows)
    });
    pages.collect()
}

#[test]
fn the_workbook_has_a_line_for_each_person_and_half_day() {
    let sheet = sample::sheet(25, 2);
    let pages = pages(papers::sheet_xlsx(&sheet).unwrap());
    let names: Vec<_> = pages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Feuille", "Présences", "État"]);
    let rows = &pages[1].1;
    assert_eq!(rows.len(), 1 + 25 * 2);
    assert_eq!(
        rows[1].join("|"),
        "PRA-2026-117|Atelier d’écriture : monter un dossier PRA/OSIM, du besoin au budget|2026-11-21|09:00|12:30|210|210|\
         El Amrani|Fatima-Zahra|فاطمة الزهراء العمراني|Association Tinzert pour le développement|Présidente|présence|210|oui|écran|non"
    );
    let all = pages[0].1.concat().join("|");
    for what in ["Migrations & Développement", "samedi 21\u{a0}novembre 2026", "زهرة السعيدي", "Jamal Lahoussain"]
    {
        assert!(all.contains(what), "{what}");
    }
    let state = pages[2].1.concat().join("|");
    assert!(state.contains("Galaxy A12 de Badr") && state.contains("W4TX-8HPC") && state.contains("|34|"), "{state}");
}

#[test]
fn the_contact_list_keeps_phones_as_text() {
    let pages = pages(papers::contact_list_xlsx(&sample::contacts(2)).unwrap());
    assert!(pages[0].1.concat().contains(&"+33 6 12 34 56 01, +212 6 61 23 45 67".to_owned()));
}

#[test]
fn csv_is_what_french_spreadsheets_read() {
    let bytes = papers::sheet_csv(&sample::sheet(25, 2)).unwrap();
    assert!(bytes.starts_with(&[0xef, 0xbb, 0xbf]));
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(&bytes[3..]);
    assert_eq!(reader.headers().unwrap().len(), 17);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 50);
    assert_eq!(&rows[0][7], "El Amrani");
    assert_eq!(&rows[0][9], "فاطمة الزهراء العمراني");
}

#[test]
fn no_cell_is_a_formula() {
    let mut sheet = sample::sheet(5, 1);
    for (row, bad) in sheet.people.iter_mut().zip(["=1+1", "+33", "-2", "@SUM(A1)", "\t=1"]) {
        row.family = bad.to_owned();
    }
    let bytes = papers::sheet_csv(&sheet).unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(&bytes[3..]);
    let names: Vec<_> = reader.records().map(|row| row.unwrap()[7].to_owned()).collect();
    assert_eq!(names, ["'=1+1", "'+33", "'-2", "'@SUM(A1)", "'=1"]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(papers::sheet_xlsx(&sheet).unwrap())).unwrap();
    assert!(book.worksheet_formula("Présences").unwrap().rows().flatten().all(String::is_empty));
}

pub(crate) fn figures() -> FigureBook {
    let line = |label: &str, cell| FigureLine { label: label.to_owned(), people: Some(cell), participations: cell };
    let unnamed = FigureLine { label: "femmes".to_owned(), people: None, participations: FigureCell::Number(12) };
    FigureBook {
        gathering: sample::gathering(2),
        is_provisional: true,
        head: vec![
            ("Personnes présentes", FigureCell::Number(23)),
            ("Heures d’appui collectif", FigureCell::Minutes(4_830)),
        ],
        sections: vec![
            FigureSection {
                title: "Par sexe",
                lines: vec![line("femmes", FigureCell::Withheld), line("hommes", FigureCell::Few)],
            },
            FigureSection { title: "Par département", lines: Vec::new() },
            FigureSection { title: "Sans nom, par sexe", lines: vec![unnamed] },
        ],
        made_at: "25 novembre 2026 à 18 h 04".to_owned(),
        made_ms: 1_795_623_840_000,
    }
}

#[test]
fn masked_figures_are_words_that_no_sum_takes_in() {
    let figures = figures();
    let text = String::from_utf8(papers::figures_csv(&figures).unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let title = "PRA-2026-117;Atelier d’écriture : monter un dossier PRA/OSIM, du besoin au budget";
    for line in [
        "Chiffres provisoires;Ensemble;Personnes présentes;;23",
        "Chiffres provisoires;Ensemble;Heures d’appui collectif;;80\u{a0}h\u{a0}30",
        "Chiffres provisoires;Par sexe;femmes;Personnes;n. p.",
        "Chiffres provisoires;Par sexe;hommes;Participations;< 5",
        "Chiffres provisoires;Sans nom, par sexe;femmes;Participations;12",
        "Chiffres provisoires;Par département;Trop peu de personnes : détail non publié;;",
    ] {
        assert!(lines.contains(&format!("{title};{line}").as_str()), "{line}: {lines:#?}");
    }
    let pages = pages(papers::figures_xlsx(&figures).unwrap());
    assert_eq!(pages.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Chiffres", "Nombres"]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(papers::figures_xlsx(&figures).unwrap())).unwrap();
    let page = book.worksheet_range("Chiffres").unwrap();
    let row = |label: &str| page.rows().find(|row| row[0] == Data::String(label.to_owned())).unwrap().to_vec();
    assert_eq!(row("Personnes présentes")[1], Data::Float(23.0));
    assert_eq!(row("femmes")[1..], [Data::String("n. p.".to_owned()), Data::String("n. p.".to_owned())]);
    assert_eq!(row("hommes")[1..], [Data::String("< 5".to_owned()), Data::String("< 5".to_owned())]);
}

#[test]
fn json_gives_everything_back() {
    let sheet = sample::sheet(3, 2);
    let bytes = papers::sheet_json(&sheet).unwrap();
    let read: Sheet = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read, sheet);
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["sheet"], 1);
}
