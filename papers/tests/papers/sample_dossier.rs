//! A dossier with something of everything.

use std::io::Cursor;

use papers::{
    Bar, Budget, Chronogram, Currency, Dossier, Fact, Grid, Group, Line, Nature, Part, Piece, Rules, Side, Time,
};

use crate::sample;

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

/// The same with long texts of so many characters together.
pub(crate) fn long(chars: usize) -> Dossier {
    let mut dossier = dossier();
    let sentence =
        "Le comité de l’eau de Tagmout, avec جمعية تينزرت للتنمية, se réunit chaque mois pour décider des travaux. ";
    let paragraph = format!("{}\n", sentence.repeat(6));
    let count = paragraph.chars().count();
    let parts =
        (0..12).map(|n| Part { title: format!("Partie {}", n + 1), text: paragraph.repeat(chars / 12 / count) });
    dossier.parts = parts.collect();
    dossier
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
