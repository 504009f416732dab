//! An event as M&D has them, with as many people as are asked for.

use papers::{
    Attended, Attestations, Attested, Badge, Badges, Cell, Completeness, ContactList, ContactRow, Convocations, Funder,
    Gathering, HeadCount, House, How, Ink, Invited, Picture, Row, Seal, Sheet, Signatory, Slot, Status, Trainer,
};

/// 22 November 2026 at 17:04, universal time.
pub(crate) const MADE_MS: u64 = 1_795_367_040_000;

pub(crate) const PEOPLE: [(&str, &str, &str, &str); 10] = [
    ("El Amrani", "Fatima-Zahra", "فاطمة الزهراء العمراني", "Association Tinzert pour le développement"),
    ("Aït Lahcen", "Brahim", "إبراهيم آيت لحسن", "Solidarité Souss Provence"),
    ("Ben Haddou", "Naïma", "نعيمة بن حدو", "Les amis de Tafraout"),
    ("Oubella", "M’hamed", "امحمد أوبلا", "Jeunes d’ici et de là-bas"),
    ("Dupont-Lefèvre", "Marie-Angélique", "", "Eau vive Marseille"),
    ("Idrissi", "Khadija", "خديجة الإدريسي", "جمعية النخيل للتنمية"),
    ("Amghar", "Lahoucine", "ⵍⵃⵓⵙⵉⵏ ⴰⵎⵖⴰⵔ", "ⵜⵉⵡⵉⵣⵉ ⵏ ⵙⵓⵙⵙ"),
    (
        "Bennani-Smires El Fassi de la Bastide-Rouge",
        "Mohammed Abdelkrim Alexandre",
        "محمد عبد الكريم بناني سميرس الفاسي",
        "Fédération régionale des associations de solidarité internationale issues des migrations de Provence-Alpes-Côte d’Azur",
    ),
    ("Saïdi", "Zahra", "زهرة السعيدي", "Tiznit sans frontières"),
    ("Ouhmane", "Aïcha", "عائشة أوحمان", ""),
];

const ROLES: [&str; 4] = ["Présidente", "Trésorier", "Bénévole", "Chargée de projet"];

/// Numbers that look like chance and are always the same.
struct Seed(u64);

impl Seed {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A signature: two or three strokes of some forty points.
pub(crate) fn ink(number: u64) -> Ink {
    let mut seed = Seed(number.wrapping_mul(977) + 1);
    let strokes = (0..2 + seed.below(2)).map(|stroke| {
        let (mut x, y) = (40 + stroke * 150 + seed.below(60), 100 + seed.below(30));
        let swing = 20 + seed.below(60);
        let mut points = Vec::new();
        for step in 0..40_u64 {
            let wave = ((step as f64) * (0.5 + (number % 5) as f64 * 0.11)).sin() * swing as f64;
            x = (x + 2 + seed.below(7)).min(595);
            points.push(u16::try_from(x).unwrap());
            points.push((y as f64 + wave).clamp(2.0, 198.0) as u16);
        }
        points
    });
    let strokes = strokes.collect();
    Ink::new(600, 200, strokes).unwrap()
}

pub(crate) fn logo() -> Picture {
    let mut png = std::io::Cursor::new(Vec::new());
    let drawn = image::RgbaImage::from_fn(120, 60, |x, y| {
        let inside = (i64::from(x) - 60).pow(2) / 4 + (i64::from(y) - 30).pow(2) < 800;
        if inside { image::Rgba([23, 89, 92, 255]) } else { image::Rgba([0, 0, 0, 0]) }
    });
    drawn.write_to(&mut png, image::ImageFormat::Png).unwrap();
    Picture::new(png.into_inner()).unwrap()
}

pub(crate) fn gathering(slots: usize) -> Gathering {
    let halves = [("09:00", "12:30"), ("14:00", "17:30")];
    Gathering {
        house: House {
            name: "Migrations & Développement".to_owned(),
            address: "42, boulevard d’Annam, 13016 Marseille".to_owned(),
            logo: Some(logo()),
        },
        funders: vec![
            Funder { name: "Agence française de développement".to_owned(), logo: None },
            Funder { name: "Région Sud".to_owned(), logo: Some(logo()) },
        ],
        project: "PRA-2026-117".to_owned(),
        title: "Atelier d’écriture : monter un dossier PRA/OSIM, du besoin au budget".to_owned(),
        kind: "Atelier".to_owned(),
        place: "Maison des associations".to_owned(),
        address: "93, La Canebière".to_owned(),
        commune: "13001 Marseille".to_owned(),
        languages: vec!["français".to_owned(), "darija".to_owned()],
        modality: "En présence".to_owned(),
        slots: (0..slots)
            .map(|n| Slot {
                day: format!("2026-11-{:02}", 21 + n / 2),
                starts: halves[n % 2].0.to_owned(),
                ends: halves[n % 2].1.to_owned(),
                minutes_planned: 210,
                minutes_delivered: Some(if n == 1 { 195 } else { 210 }),
            })
            .collect(),
    }
}

/// A sealed sheet on which nearly everybody signed every half-day.
pub(crate) fn sheet(people: usize, slots: usize) -> Sheet {
    let rows = (0..people).map(|n| {
        let (family, given, name_ar, association) = PEOPLE[n % PEOPLE.len()];
        Row {
            family: if n < PEOPLE.len() { family.to_owned() } else { format!("{family} {}", n / PEOPLE.len()) },
            given: given.to_owned(),
            name_ar: name_ar.to_owned(),
            association: association.to_owned(),
            role: ROLES[n % ROLES.len()].to_owned(),
            cells: (0..slots).map(|slot| cell(n, slot)).collect(),
        }
    });
    Sheet {
        gathering: gathering(slots),
        trainers: vec![
            Trainer {
                name: "Jamal Lahoussain".to_owned(),
                inks: (0..slots).map(|n| Some(ink(900 + n as u64))).collect(),
            },
            Trainer {
                name: "Sonia Aubert".to_owned(),
                inks: (0..slots).map(|n| (n % 2 == 0).then(|| ink(950))).collect(),
            },
        ],
        people: rows.collect(),
        heads: vec![
            HeadCount { label: "Enfants accueillis pendant l’atelier".to_owned(), count: 7 },
            HeadCount { label: "Public de la restitution".to_owned(), count: 34 },
        ],
        completeness: Completeness {
            present: 21,
            partial: 1,
            to_check: 2,
            phones_outstanding: vec!["Téléphone d’Amina".to_owned(), "Galaxy A12 de Badr".to_owned()],
            unsigned: 1,
            contradictory: 1,
        },
        seal: Some(Seal {
            version: 2,
            reason: "La feuille papier de l’après-midi a été ajoutée".to_owned(),
            sealed_at: "22 novembre 2026 à 18 h 04".to_owned(),
            previous: Some("7KQM-2F9D".to_owned()),
            code: "W4TX-8HPC".to_owned(),
            url: "https://tiwizi.example.org/v/W4TX8HPC0N5Q3RJZ".to_owned(),
        }),
        made_ms: MADE_MS,
    }
}

fn cell(person: usize, slot: usize) -> Cell {
    let signed = || Some(ink((person * 7 + slot) as u64));
    match (person * 3 + slot) % 17 {
        4 => Cell { status: Status::Partial, minutes: Some(90), ink: signed(), how: Some(How::Kiosk), late: true },
        7 => Cell { status: Status::Absent, ..Cell::default() },
        9 => Cell { status: Status::Excused, ..Cell::default() },
        11 => Cell { status: Status::Remote, ..Cell::default() },
        13 => Cell { status: Status::Present, how: Some(How::Paper), ..Cell::default() },
        15 => Cell::default(),
        16 => Cell { status: Status::Present, ink: signed(), how: Some(How::Screen), late: true, ..Cell::default() },
        _ => Cell { status: Status::Present, ink: signed(), how: Some(How::Screen), ..Cell::default() },
    }
}

pub(crate) fn contacts(people: usize) -> ContactList {
    let rows = sheet(people, 0).people.into_iter().enumerate().map(|(n, row)| ContactRow {
        phones: vec![format!("+33 6 12 34 56 {:02}", n % 100), "+212 6 61 23 45 67".to_owned()][..1 + n % 2].to_vec(),
        emails: vec![format!("personne.numero.{n}@association-au-nom-tres-long.example.org")],
        family: row.family,
        given: row.given,
        name_ar: row.name_ar,
        association: row.association,
        role: row.role,
    });
    ContactList {
        gathering: gathering(2),
        people: rows.collect(),
        made_at: "22 novembre 2026 à 18 h 04".to_owned(),
        made_ms: MADE_MS,
    }
}

pub(crate) fn attestations(people: usize, slots: usize) -> Attestations {
    let gathering = gathering(slots);
    let attended: Vec<_> = gathering
        .slots
        .iter()
        .enumerate()
        .map(|(n, slot)| Attended {
            day: slot.day.clone(),
            starts: slot.starts.clone(),
            ends: slot.ends.clone(),
            minutes: 210,
            remote: n == 1,
        })
        .collect();
    Attestations {
        people: sheet(people, 0)
            .people
            .into_iter()
            .map(|row| Attested {
                family: row.family,
                given: row.given,
                name_ar: row.name_ar,
                association: row.association,
                role: row.role,
                attended: attended.clone(),
            })
            .collect(),
        trainers: vec!["Jamal Lahoussain".to_owned(), "Sonia Aubert".to_owned()],
        signatory: Signatory {
            name: "Abdallah Ziani".to_owned(),
            function: "Directeur".to_owned(),
            ink: Some(ink(77)),
        },
        done_at: "Marseille".to_owned(),
        done_on: "2026-11-22".to_owned(),
        gathering,
        made_ms: MADE_MS,
    }
}

pub(crate) fn convocations(people: usize, slots: usize) -> Convocations {
    Convocations {
        gathering: gathering(slots),
        message:
            "Apportez le brouillon de votre projet et un ordinateur si vous en avez un. Le repas de midi est offert."
                .to_owned(),
        contact: "Sonia Aubert, 04 91 46 47 48".to_owned(),
        people: sheet(people, 0)
            .people
            .into_iter()
            .enumerate()
            .map(|(n, row)| Invited {
                family: row.family,
                given: row.given,
                name_ar: row.name_ar,
                association: row.association,
                token: token(n),
            })
            .collect(),
        made_ms: MADE_MS,
    }
}

pub(crate) fn badges(people: usize) -> Badges {
    Badges {
        gathering: gathering(2),
        people: sheet(people, 0)
            .people
            .into_iter()
            .enumerate()
            .map(|(n, row)| Badge {
                family: row.family,
                given: row.given,
                name_ar: row.name_ar,
                association: row.association,
                role: row.role,
                token: token(n),
            })
            .collect(),
        made_ms: MADE_MS,
    }
}

fn token(number: usize) -> String {
    format!("TWZ1:{number:04}:Q2hhbmdlLW1laTc3ZjA5")
}
