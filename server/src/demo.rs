//! A realistic data set to try Tiwizi with. The people and associations are invented; the places and the call are real.

use std::collections::BTreeMap;

use shared::{
    edit::{Edit, NewPerson, NewSlot, NewTrainer},
    field::{Field, Value},
    id::{DocumentId, RowId},
    limit,
    mark::{How, Status},
    phone::Phone,
    record::{CallSection, Side},
    role::Role,
};

use crate::{
    clock::Clock,
    hand::{Hand, HandError},
    secret,
    storage::{Store, documents},
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const MINUTE_MS: u64 = 60 * 1000;

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// Events and dossiers that a volunteer's invite may give.
    pub for_volunteers: Vec<DocumentId>,
    pub people: usize,
    pub events: usize,
    pub dossiers: usize,
}

/// Fills an empty database. Does nothing, and returns none, where there are documents already.
///
/// # Errors
/// See [`HandError`].
pub fn fill(store: &Store, clock: &Clock) -> Result<Option<Made>, HandError> {
    if !store.read_blocking(documents::all)?.is_empty() {
        return Ok(None);
    }
    let mut demo = Demo {
        now_ms: clock.now_ms(),
        karima: Hand::open(store, "Karima (équipe)", Role::Staff, clock)?,
        amina: Hand::open(store, "Amina", Role::Coordinator, clock)?,
        badr: Hand::open(store, "Badr", Role::Coordinator, clock)?,
    };
    demo.fill().map(Some)
}

struct Demo {
    now_ms: u64,
    karima: Hand,
    /// Two people who work apart from each other.
    amina: Hand,
    badr: Hand,
}

impl Demo {
    fn fill(&mut self) -> Result<Made, HandError> {
        let call = self.call()?;
        let associations = self.associations()?;
        let people = self.people(&associations)?;
        self.karima.keep(self.now_ms)?;
        let events = self.events(&people)?;
        self.karima.keep(self.now_ms)?;
        self.past_marks(&events, &people)?;
        let dossiers = self.dossiers(call, &associations)?;
        self.karima.keep(self.now_ms)?;
        self.work_apart(&events, &people, &dossiers)?;
        let for_volunteers = events.iter().map(|event| event.id).chain(dossiers.iter().copied()).collect();
        Ok(Made { for_volunteers, people: people.len(), events: events.len(), dossiers: dossiers.len() })
    }

    fn id(&self) -> DocumentId {
        DocumentId::new(self.now_ms, secret::draw())
    }

    /// The ordinary call of PRA/OSIM, as far as it is known; uncertain rules are left out.
    fn call(&mut self) -> Result<DocumentId, HandError> {
        let call = self.id();
        let closes_ms = self.now_ms + 45 * DAY_MS;
        let fields = BTreeMap::from([
            (Field::Title, "PRA/OSIM : microprojets".into()),
            (Field::Programme, "PRA/OSIM (FORIM)".into()),
            (Field::ClosesMs, Value::Number(i64::try_from(closes_ms).unwrap_or(i64::MAX))),
            (Field::GrantMaxCents, Value::Number(1_500_000)),
            (Field::GrantShareMaxBp, Value::Number(7_000)),
            (Field::TotalMaxCents, Value::Number(12_000_000)),
        ]);
        let sections = SECTIONS.iter().map(|(key, title, guidance, chars_max)| CallSection {
            key: (*key).to_owned(),
            title: (*title).to_owned(),
            guidance: (*guidance).to_owned(),
            chars_max: *chars_max,
        });
        self.karima.edit(&Edit::CreateCall { call, fields, sections: sections.collect() }, self.now_ms)?;
        Ok(call)
    }

    fn associations(&mut self) -> Result<Vec<DocumentId>, HandError> {
        let mut made = Vec::new();
        for (n, (title, postcode, city, origin)) in ASSOCIATIONS.iter().enumerate() {
            // The second is not there yet: no convention, no visa.
            let signed = n != 1;
            let association = self.id();
            let fields = BTreeMap::from([
                (Field::Title, (*title).into()),
                (Field::Postcode, (*postcode).into()),
                (Field::City, (*city).into()),
                (Field::Origin, (*origin).into()),
            ]);
            let fields = if signed {
                fields.into_iter().chain([(Field::OpapDay, "2025-02-03".into())]).collect()
            } else {
                fields
            };
            self.karima.edit(&Edit::CreateAssociation { association, fields }, self.now_ms - 200 * DAY_MS)?;
            made.push(association);
        }
        Ok(made)
    }

    fn people(&mut self, associations: &[DocumentId]) -> Result<Vec<DocumentId>, HandError> {
        let mut made = Vec::new();
        for (n, family) in FAMILIES.iter().enumerate() {
            for k in 0..4 {
                let (given, name_ar, sex) = GIVEN[(n * 4 + k * 7) % GIVEN.len()];
                let (family, family_ar) = family;
                let person = self.id();
                let (commune, commune_code) = COMMUNES[(n + k) % COMMUNES.len()];
                let new = NewPerson {
                    given: given.to_owned(),
                    family: family.to_uppercase(),
                    name_ar: if (n + k) % 3 == 0 { format!("{name_ar} {family_ar}") } else { String::new() },
                    sex: sex.to_owned(),
                    age_band: ["18_30", "31_60", "31_60", "over_60"][(n + 2 * k) % 4].to_owned(),
                    commune: commune.to_owned(),
                    commune_code: commune_code.to_owned(),
                    association: Some(associations[n % associations.len()]),
                    photo_consent: (n + k) % 3 != 1,
                    messages_consent: k == 0,
                };
                let at_ms = self.now_ms - 90 * DAY_MS;
                self.karima.edit(&Edit::CreatePerson { person, new, notice_read: true }, at_ms)?;
                if k % 2 == 0 {
                    let number = format!("6{:02}{:02}{:02}{:02}", 10 + n, 20 + k, (n * 13) % 100, (n * 7 + k) % 100);
                    let phone = Phone {
                        e164: Some(format!("+33{number}")),
                        country: Some("FR".to_owned()),
                        raw: format!("0{number}"),
                    };
                    self.karima.edit(&Edit::AddPhone { person, row: RowId(secret::draw()), phone }, at_ms)?;
                }
                made.push(person);
            }
        }
        Ok(made)
    }

    fn events(&mut self, people: &[DocumentId]) -> Result<Vec<Event>, HandError> {
        let mut made = Vec::new();
        for (n, (title, kind, place, commune, in_days, expected)) in EVENTS.iter().enumerate() {
            let event = Event {
                id: self.id(),
                morning: RowId(secret::draw()),
                afternoon: RowId(secret::draw()),
                in_days: *in_days,
                expected: (0..*expected).map(|k| (n * 17 + k * 3) % people.len()).collect(),
            };
            let day = day_of(self.now_ms.saturating_add_signed(in_days * i64::try_from(DAY_MS).unwrap_or(i64::MAX)));
            let slot = |slot, starts: &str, ends: &str| NewSlot {
                slot,
                day: day.clone(),
                starts: starts.to_owned(),
                ends: ends.to_owned(),
            };
            let fields = BTreeMap::from([
                (Field::Title, (*title).into()),
                (Field::EventKind, (*kind).into()),
                (Field::Place, (*place).into()),
                (Field::Commune, (*commune).into()),
                (Field::CommuneCode, code_of(commune).into()),
                (Field::Funders, "AFD, Région Sud".into()),
                (Field::Capacity, Value::Number(60)),
            ]);
            let slots = vec![slot(event.morning, "09:00", "12:30"), slot(event.afternoon, "14:00", "17:30")];
            self.karima.edit(&Edit::CreateEvent { event: event.id, fields, slots }, self.now_ms - 40 * DAY_MS)?;
            let trainer = NewTrainer { trainer: RowId(secret::draw()), name: "Naïma Aït Oufkir".to_owned() };
            self.karima.edit(&Edit::AddTrainer { event: event.id, trainer }, self.now_ms - 40 * DAY_MS)?;
            for person in &event.expected {
                let person = people[*person];
                self.karima.edit(&Edit::AddToRoster { event: event.id, person }, self.now_ms - 30 * DAY_MS)?;
            }
            made.push(event);
        }
        Ok(made)
    }

    /// Who came to the events that are over, with a few who did not.
    fn past_marks(&mut self, events: &[Event], people: &[DocumentId]) -> Result<(), HandError> {
        for event in events.iter().filter(|event| event.in_days < 0) {
            let began_ms = self.now_ms.saturating_add_signed(event.in_days * i64::try_from(DAY_MS).unwrap_or(i64::MAX));
            for (n, person) in (0_u64..).zip(&event.expected) {
                let status = match n % 9 {
                    7 => Status::Absent,
                    8 => Status::Excused,
                    _ => Status::Present,
                };
                let edit = check_in(event, people[*person], status);
                self.amina.edit(&edit, began_ms + n * MINUTE_MS / 2)?;
            }
            self.amina.keep(self.now_ms)?;
        }
        Ok(())
    }

    fn dossiers(&mut self, call: DocumentId, associations: &[DocumentId]) -> Result<Vec<DocumentId>, HandError> {
        let mut made = Vec::new();
        for (n, (title, stage, sector, territory, lines)) in DOSSIERS.iter().enumerate() {
            let dossier = self.id();
            let at_ms = self.now_ms - 20 * DAY_MS;
            let fields = BTreeMap::from([
                (Field::Title, (*title).into()),
                (Field::Stage, "idea".into()),
                (Field::Sector, (*sector).into()),
                (Field::Territory, (*territory).into()),
                (Field::Association, Value::Text(associations[n].to_string())),
                (Field::Call, Value::Text(call.to_string())),
                (Field::DurationMonths, Value::Number(18)),
            ]);
            let sections = SECTIONS.iter().map(|(key, ..)| (*key).to_owned()).collect();
            self.karima.edit(&Edit::CreateDossier { dossier, fields, sections }, at_ms)?;
            for (section, text) in TEXTS {
                self.karima.edit(&reword(dossier, section, "", text), at_ms)?;
            }
            for (side, label, quantity, unit_cents) in *lines {
                let line = RowId(secret::draw());
                let mut cells =
                    vec![(Field::Quantity, Value::Number(*quantity)), (Field::UnitCents, Value::Number(*unit_cents))];
                cells.extend((*label == GRANT).then(|| (Field::Nature, "grant".into())));
                let label = (*label).to_owned();
                self.karima.edit(&Edit::AddLine { dossier, line, side: *side, label }, at_ms)?;
                for (field, value) in cells {
                    self.karima.edit(&Edit::SetField { document: dossier, row: Some(line), field, value }, at_ms)?;
                }
            }
            let way = ["accompaniment", "writing", "visa"];
            let steps = way.iter().position(|step| step == stage).map_or(0, |n| n + 1);
            for (n, to) in (1_u64..).zip(&way[..steps]) {
                // The visa of the third was asked for on paper: nothing is checked there.
                let reason = if *to == "visa" { "Demandé sur papier, repris ici.".to_owned() } else { String::new() };
                let moved = RowId(secret::draw());
                let (to, fields) = ((*to).to_owned(), BTreeMap::new());
                self.karima.edit(&Edit::MoveStage { dossier, moved, to, fields, reason }, at_ms + n * 4 * DAY_MS)?;
            }
            made.push(dossier);
        }
        Ok(made)
    }

    /// What two people do without hearing of each other: the questions of the first morning.
    fn work_apart(
        &mut self,
        events: &[Event],
        people: &[DocumentId],
        dossiers: &[DocumentId],
    ) -> Result<(), HandError> {
        let at_ms = self.now_ms - DAY_MS;
        let Some(event) = events.iter().find(|event| event.in_days < 0) else { return Ok(()) };
        let person = people[event.expected[7 % event.expected.len()]];
        let (need, grown) = (TEXTS[0].1, TEXTS[0].1.replace("depuis", "déjà depuis"));
        let shrunk = TEXTS[0].1.replace("trois kilomètres", "plus de trois kilomètres");
        let territory = |text: &str| Edit::SetField {
            document: dossiers[0],
            row: None,
            field: Field::Territory,
            value: text.into(),
        };
        // Both read the same documents before either keeps what they did.
        self.amina.edit(&check_in(event, person, Status::Present), at_ms)?;
        self.amina.edit(&territory("Tinzert"), at_ms)?;
        self.amina.edit(&reword(dossiers[0], "need", need, &grown), at_ms)?;
        self.badr.edit(&check_in(event, person, Status::Absent), at_ms + MINUTE_MS)?;
        self.badr.edit(&territory("Tinzart, douar Imi n’Tizi"), at_ms + MINUTE_MS)?;
        self.badr.edit(&reword(dossiers[0], "need", need, &shrunk), at_ms + MINUTE_MS)?;
        self.amina.keep(self.now_ms)?;
        self.badr.keep(self.now_ms)?;
        Ok(())
    }
}

struct Event {
    id: DocumentId,
    morning: RowId,
    afternoon: RowId,
    in_days: i64,
    /// Places in the list of people.
    expected: Vec<usize>,
}

fn check_in(event: &Event, person: DocumentId, status: Status) -> Edit {
    let slot = if status == Status::Excused { event.afternoon } else { event.morning };
    Edit::CheckIn { event: event.id, slot, person, mark: RowId(secret::draw()), status, minutes: None, how: How::Tap }
}

fn reword(dossier: DocumentId, section: &str, before: &str, after: &str) -> Edit {
    Edit::EditSection {
        dossier,
        section: section.to_owned(),
        version: String::new(),
        before: before.to_owned(),
        after: after.to_owned(),
    }
}

/// The calendar day of an instant, in UTC: `2026-11-23`.
fn day_of(ms: u64) -> String {
    let instant = time::OffsetDateTime::from_unix_timestamp(i64::try_from(ms / 1000).unwrap_or(0));
    let date = instant.unwrap_or(time::OffsetDateTime::UNIX_EPOCH).date();
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// The sections of the ordinary form: key, title, guidance, longest. After FORIM's guide as far as third parties quote it.
const SECTIONS: &[(&str, &str, &str, u32)] = &[
    (
        "context",
        "Contexte",
        "Le cadre géographique, humain, économique et social : au niveau national, puis local.",
        6_000,
    ),
    ("need", "Origine du besoin", "Qui a exprimé ce besoin, quand et comment ?", 4_000),
    ("objectives", "Objectifs", "L’objectif général et les objectifs précis.", 3_000),
    ("activities", "Activités et résultats attendus", "Ce qui sera fait, et ce qui en sortira.", 6_000),
    ("beneficiaries", "Bénéficiaires", "Directs et indirects : combien, femmes et hommes, âges.", 3_000),
    ("partners", "Partenaires locaux", "Qui ils sont, et ce que chacun apporte.", 4_000),
    ("diaspora", "Rôle de la diaspora", "Ce que l’association fait en France et sur place.", 3_000),
    ("risks", "Risques", "Ce qui peut empêcher le projet, et ce qui est prévu.", 3_000),
    ("durability", "Pérennité", "Qui fera vivre le projet après la subvention ?", 3_000),
    ("restitution", "Restitution en France", "Comment le projet sera raconté ici.", 2_000),
];

const TEXTS: &[(&str, &str)] = &[
    (
        "need",
        "Les femmes du douar vont chercher l’eau à trois kilomètres, depuis que le puits communal est à sec.\n\
         L’association du village a réuni les familles deux fois ; toutes demandent un réseau d’eau et une gestion par les usagers.",
    ),
    (
        "context",
        "La commune est située en zone de montagne, à deux heures de Taroudannt. L’arganier et l’amandier y sont les \
         principales ressources ; une partie des familles vit des envois des migrants.",
    ),
    (
        "objectives",
        "Donner à chaque foyer un accès à l’eau potable.\nFormer un comité d’usagers qui entretient le réseau.",
    ),
];

/// Title, postcode, city, and where in Morocco its people come from: HCP codes.
const ASSOCIATIONS: &[(&str, &str, &str, &str)] = &[
    ("Association Afra pour le développement", "13001", "Marseille", "09.541"),
    ("Les Amis de Tinzert", "13015", "Marseille", "09.541.04.61"),
    ("Tiwizi Solidarité Souss", "34000", "Montpellier", "09.541, 09.581"),
    ("Femmes d’ici et de Tafraout", "13003", "Marseille", "09.581.01.05"),
    ("Association Ighrem Loire", "42000", "Saint-Étienne", "09.541"),
    ("Jeunesse et Arganier", "06300", "Nice", ""),
    ("Solidarité Aït Baha", "92230", "Gennevilliers", "09.163.01.03"),
    ("Eau et Vie Taliouine", "84000", "Avignon", "09.541.01.11"),
];

/// Families, in Latin and in Arabic letters.
const FAMILIES: &[(&str, &str)] = &[
    ("Aït Oufkir", "آيت أوفقير"),
    ("El Bouazzaoui", "البوعزاوي"),
    ("Ouchen", "أوشن"),
    ("Benali", "بنعلي"),
    ("Amzil", "أمزيل"),
    ("Id Brahim", "إد براهيم"),
    ("Azoulay", "أزولاي"),
    ("El Mansouri", "المنصوري"),
    ("Bouhaddou", "بوحدو"),
    ("Tazi", "التازي"),
    ("Oubella", "أوبلا"),
    ("Agourram", "أكورام"),
    ("Lahlou", "لحلو"),
    ("Outaleb", "أوطالب"),
    ("Zemmouri", "الزموري"),
    ("Chafik", "شفيق"),
    ("Aboulkacem", "أبو القاسم"),
    ("Errami", "الرامي"),
    ("Boukhris", "بوخريص"),
    ("Idrissi", "الإدريسي"),
    ("Mokhtari", "المختاري"),
    ("Ouhssaine", "أوحساين"),
    ("Naciri", "الناصري"),
    ("Taleb", "الطالب"),
    ("Yacoubi", "اليعقوبي"),
];

const GIVEN: &[(&str, &str, &str)] = &[
    ("Fatima", "فاطمة", "f"),
    ("Mohamed", "محمد", "h"),
    ("Khadija", "خديجة", "f"),
    ("Lahcen", "لحسن", "h"),
    ("Naïma", "نعيمة", "f"),
    ("Brahim", "إبراهيم", "h"),
    ("Aïcha", "عائشة", "f"),
    ("Rachid", "رشيد", "h"),
    ("Zahra", "زهرة", "f"),
    ("Hassan", "حسن", "h"),
    ("Malika", "مليكة", "f"),
    ("Saïd", "سعيد", "h"),
    ("Rkia", "رقية", "f"),
    ("Abdellah", "عبد الله", "h"),
    ("Jamila", "جميلة", "f"),
    ("Omar", "عمر", "h"),
    ("Latifa", "لطيفة", "f"),
    ("Youssef", "يوسف", "h"),
    ("Samira", "سميرة", "f"),
];

/// With their INSEE codes.
const COMMUNES: &[(&str, &str)] = &[
    ("Marseille", "13055"),
    ("Avignon", "84007"),
    ("Nice", "06088"),
    ("Montpellier", "34172"),
    ("Aix-en-Provence", "13001"),
    ("Toulon", "83137"),
];

fn code_of(commune: &str) -> &'static str {
    COMMUNES.iter().find(|(name, _)| *name == commune).map_or("", |(_, code)| code)
}

/// Title, kind, place, commune, in how many days, how many are expected.
const EVENTS: &[(&str, &str, &str, &str, i64, usize)] = &[
    ("Atelier d’écriture : de l’idée au dossier", "writing_workshop", "Maison des associations", "Marseille", 0, 32),
    ("Formation au montage de projets", "project_training", "Centre social Bel Horizon", "Marseille", 6, 28),
    ("Réunion d’information PRA/OSIM", "information_meeting", "Salle Jean-Jaurès", "Avignon", 13, 45),
    ("Appui collectif : le budget", "group_support", "Maison de quartier", "Nice", 20, 14),
    ("Formation à la gestion financière", "finance_training", "Maison des associations", "Montpellier", -9, 26),
    ("Atelier d’écriture d’automne", "writing_workshop", "Centre social Bel Horizon", "Marseille", -37, 30),
];

/// The resource that the call itself is asked for.
const GRANT: &str = "Subvention demandée au PRA/OSIM";

type Lines = &'static [(Side, &'static str, i64, i64)];

/// Title, stage, sector, territory, budget lines (side, label, quantity, cents).
const DOSSIERS: &[(&str, &str, &str, &str, Lines)] = &[
    (
        "Un réseau d’eau pour le douar Imi n’Tizi",
        "writing",
        "water",
        "Tinzert, province de Taroudannt",
        &[
            (Side::Expense, "Forage et pompe solaire", 1, 1_280_000),
            (Side::Expense, "Château d’eau de 20 m³", 1, 640_000),
            (Side::Expense, "Conduites (mètres)", 1_800, 240),
            (Side::Resource, GRANT, 1, 1_450_000),
            (Side::Resource, "Cotisations des familles", 62, 5_000),
            (Side::Resource, "Association, fonds propres", 1, 350_000),
        ],
    ),
    (
        "Une classe préscolaire à Tafraout",
        "accompaniment",
        "education",
        "Tafraout, province de Tiznit",
        &[
            (Side::Expense, "Rénovation de la salle", 1, 720_000),
            (Side::Expense, "Mobilier et jeux", 24, 9_500),
            (Side::Resource, GRANT, 1, 660_000),
            (Side::Resource, "Commune", 1, 288_000),
        ],
    ),
    (
        "Coopérative féminine d’huile d’argan",
        "visa",
        "economy",
        "Aït Baha, province de Chtouka-Aït Baha",
        &[
            (Side::Expense, "Presse et filtration", 1, 980_000),
            (Side::Expense, "Formation (journées)", 15, 28_000),
            (Side::Resource, GRANT, 1, 980_000),
            (Side::Resource, "Coopérative", 1, 420_000),
        ],
    ),
    ("Transport scolaire d’Ighrem", "idea", "education", "Ighrem, province de Taroudannt", &[]),
];

// The texts and lists above stay within what edits accept.
const _: () = assert!(SECTIONS.len() <= limit::SECTIONS_MAX);
