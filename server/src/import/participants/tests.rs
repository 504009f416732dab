use super::*;

const TODAY: Day = Day { year: 2025, month: 11, day: 23 };
const ABROAD: Circumstances = Circumstances { country: None, today: TODAY };
const MOROCCO: Circumstances = Circumstances { country: Some(HomeCountry::Morocco), today: TODAY };

const WORKSHOP: &[u8] = include_bytes!("../../../../tests/fixtures/participants/workshop_windows1252.csv");
const REGISTRATIONS: &[u8] = include_bytes!("../../../../tests/fixtures/participants/registrations_utf8.tsv");
const ARABIC: &[u8] = include_bytes!("../../../../tests/fixtures/participants/arabic_utf16.txt");
const EXPORT: &[u8] = include_bytes!("../../../../tests/fixtures/participants/export_utf8.csv");

/// A list as a person would check it: one line a row.
fn shown(list: &ParticipantList) -> Vec<String> {
    let person = |row: &Participant| {
        let phones = row.phones.iter().map(|phone| phone.e164.clone().unwrap_or_else(|| format!("?{}", phone.raw)));
        let cells = [
            format!("{} | {} | {}", row.given, row.family, row.name_ar),
            format!("{} {}", row.sex.word(), row.age.word().unwrap_or("-")),
            [&row.association, &row.role, &row.commune].map(|cell| cell.clone().unwrap_or_default()).join(" | "),
            phones.chain(row.emails.iter().cloned()).chain(row.remarks.iter().cloned()).collect::<Vec<_>>().join(", "),
        ];
        format!("{}: {}", row.line, cells.join(" / "))
    };
    list.readout.rows.iter().map(person).collect()
}

fn codes(findings: &[super::super::Finding]) -> Vec<(u64, &'static str)> {
    findings.iter().map(|finding| (finding.line, finding.problem.code())).collect()
}

#[test]
fn a_sheet_with_letterhead_and_totals_is_read() {
    let list = read(WORKSHOP, &ABROAD).expect("a list");
    assert_eq!((list.encoding, list.delimiter, list.header_line), ("windows-1252", Some(';'), 5));
    assert_eq!(
        shown(&list),
        [
            "6: Naïma | AÏT OUFKIR |  / f 31_60 / Les Amis de l’Oued | Présidente | Marseille / +33612345678, Naima.AO@exemple.fr",
            "7: Mohamed | BENALI |  / h 18_30 / Association \"Tizi\" – jeunes | Trésorier | Tiznit / +212661234567",
            "8: Khadija | OUBELLA |  / f over_60 / Association \"Tizi\" – jeunes | Secrétaire | Arles / ?06 12 34 56 78",
            "9: Zoé | El Amrani |  / f under_18 /  |  | Marseille / ",
            "11: Brahim |  |  / h - / Cœur du Souss |  |  / +33491000000, ?07 00 00 00 00",
            "13: Rachid | OUCHEN |  / h 31_60 / Cœur du Souss | Membre |  / ?6,12345E+08, rachid@exemple.org",
            "15: Mohamed | BENALI |  / h 18_30 / Association \"Tizi\" – jeunes | Trésorier | Tiznit / +212661234567",
        ]
    );
    let refused =
        [(14, "participant.name_missing"), (17, "participant.not_a_person"), (18, "participant.not_a_person")];
    assert_eq!(codes(&list.readout.refused), refused);
    let notes = [
        (8, "phone.country_needed"),
        (9, "email.invalid"),
        (11, "phone.country_needed"),
        (13, "phone.damaged"),
        (15, "participant.repeated"),
    ];
    assert_eq!(codes(&list.readout.notes), notes);
    assert_eq!(list.rows_passed_over, 2, "the headers once more, and the total");
    assert_eq!(list.columns_left_out, ["N°", "Signature matin"]);
}

#[test]
fn a_country_that_is_given_answers_for_bare_numbers() {
    let list = read(REGISTRATIONS, &MOROCCO).expect("a list");
    assert_eq!((list.encoding, list.delimiter, list.header_line), ("UTF-8", Some('\t'), 1));
    assert_eq!(
        shown(&list),
        [
            "2: Lahcen | TAZI |  / unspecified 31_60 / Coopérative Tamount |  |  / +212661234567, lahcen@exemple.ma, arrive à 10 h",
            "3: Fatima Zahra | Ait Ben Haddou |  / unspecified under_18 / Coopérative Tamount |  |  / +212661234568, fz@exemple.ma, \
             fz2@exemple.ma",
            "4: Khadija | BOUHADDOU | خديجة بوحدو / unspecified - / Coopérative Tamount |  |  / +212528821234",
            "5:  |  | نعيمة العلوي / unspecified over_60 /  |  |  / +212612345678",
            "6:  | Ali |  / unspecified - /  |  |  / ?12 34",
        ]
    );
    assert_eq!(codes(&list.readout.notes), [(6, "phone.invalid")]);
    assert_eq!(list.columns_left_out, ["Régime alimentaire"]);
    let asked = read(REGISTRATIONS, &ABROAD).expect("a list");
    let expected =
        [(2, "phone.country_needed"), (3, "phone.country_needed"), (5, "phone.country_needed"), (6, "phone.invalid")];
    assert_eq!(codes(&asked.readout.notes), expected);
    assert_eq!(asked.readout.rows[0].phones[0].raw, "0661 23 45 67", "the row keeps what was written");
}

#[test]
fn birth_dates_are_read_for_their_band_and_not_kept() {
    let list = read(REGISTRATIONS, &MOROCCO).expect("a list");
    let kept = serde_json::to_string(&list).expect("json");
    for date in ["1985", "2010", "1950"] {
        assert!(!kept.contains(date), "{date}");
    }
}

#[test]
fn arabic_lists_in_utf16_are_read() {
    let list = read(ARABIC, &MOROCCO).expect("a list");
    assert_eq!((list.encoding, list.delimiter, list.header_line), ("UTF-16LE", Some('\t'), 2));
    assert_eq!(
        shown(&list),
        [
            "3:  |  | محمد العلوي / h - / جمعية أيت باها |  | أيت باها / +212661234567",
            "4:  |  | نعيمة أيت أوفقير / f - / جمعية أيت باها |  | تيزنيت / +212661234569",
        ]
    );
    assert_eq!(list.rows_passed_over, 1);
    assert_eq!((codes(&list.readout.refused), codes(&list.readout.notes)), (vec![], vec![]));
}

#[test]
fn quoted_cells_and_ticked_columns_are_read() {
    let list = read(EXPORT, &ABROAD).expect("a list");
    assert_eq!((list.encoding, list.delimiter), ("UTF-8", Some(',')));
    assert_eq!(
        shown(&list),
        [
            "2: Aïcha | Ben Ali |  / f 18_30 / Dar, Agadir |  | Agadir / +33612345678, +212661234567, said \"yes\"",
            "4: Samir | Naciri |  / h under_18 /  |  |  / ",
            "6: Leïla | Fassi |  / f - /  |  |  / ",
        ]
    );
    assert_eq!(codes(&list.readout.refused), [(5, "row.quote_open")]);
}

#[test]
fn an_encoding_that_the_bytes_do_not_tell_is_told_by_the_headers() {
    let mac = b"Pr\x8enom;Nom;T\x8el\x8ephone\rZo\x8e;Ali;0142685300\r";
    let list = read(mac, &ABROAD).expect("a list");
    assert_eq!(list.encoding, "macintosh");
    assert_eq!(shown(&list), ["2: Zoé | Ali |  / unspecified - /  |  |  / +33142685300"]);
    // Nom, Tel, then a name in the encoding of Arabic Windows.
    let (arabic, _, _) = encoding_rs::WINDOWS_1256.encode("الاسم;الهاتف\nمحمد العلوي;0661234567\n");
    let list = read(&arabic, &MOROCCO).expect("a list");
    assert_eq!((list.encoding, &*list.readout.rows[0].name_ar), ("windows-1256", "محمد العلوي"));
}

#[test]
fn a_file_that_is_no_list_says_so() {
    let code = |bytes: &[u8]| read(bytes, &ABROAD).map(|_| ()).map_err(|refused| refused.0.code());
    assert_eq!(code(b"a;b;c\n1;2;3\n"), Err("file.header_missing"));
    assert_eq!(code(b"PK\x03\x04"), Err("file.workbook_unreadable"));
    assert_eq!(code(b"\xd0\xcf\x11\xe0 an old workbook"), Err("file.not_text"));
    assert_eq!(code(b"\xef\xbb\xbf\r\n"), Err("file.header_missing"));
    assert_eq!(code("Nom;Tél\n".as_bytes()), Ok(()));
    assert_eq!(Unreadable(Problem::FileEmpty).to_string(), "le fichier est vide [file.empty]");
}

#[test]
fn findings_name_the_line_and_nobody() {
    let list = read(WORKSHOP, &ABROAD).expect("a list");
    let said: Vec<String> = list.readout.refused.iter().chain(&list.readout.notes).map(ToString::to_string).collect();
    assert_eq!(said[0], "ligne 14 : la ligne n'a pas de nom [participant.name_missing]");
    for text in ["BENALI", "06 12", "exemple"] {
        assert!(said.iter().all(|line| !line.contains(text)), "{text}");
    }
}

#[test]
fn texts_beyond_every_use_are_refused() {
    let long = "x".repeat(limit::SHORT_CHARS_MAX + 1);
    let file = format!("Nom;Association\n{long};\nAli;{long}\nZoé;ok\n");
    let list = read(file.as_bytes(), &ABROAD).expect("a list");
    assert_eq!(codes(&list.readout.refused), [(2, "row.text_too_long"), (3, "row.text_too_long")]);
    assert_eq!(list.readout.rows.len(), 1);
}

#[test]
fn random_bytes_never_panic() {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for _ in 0..150 {
        let mut file = if next() % 2 == 0 {
            b"Nom;T\xe9l;Age;Email;H/F\n".to_vec()
        } else {
            WORKSHOP[..next() % WORKSHOP.len()].to_vec()
        };
        for _ in 0..next() % 60 {
            let byte = if next() % 3 == 0 { b";\"\n,\t/0@+- "[next() % 11] } else { (next() % 256) as u8 };
            file.insert(next() % (file.len() + 1), byte);
        }
        let _ = read(&file, &MOROCCO);
    }
}
