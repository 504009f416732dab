//! A report that can be sent: indicators as they leave the house, in French, with their definitions and how complete they are.
//!
//! It bears the moment of the last change and not today's: the same input gives the same bytes.

use papers::{House, Picture, Report, ReportCell, ReportFigure, ReportSection, ReportTable, report_pdf, report_xlsx};
use rusqlite::Connection;
use serde::Deserialize;
use shared::{
    field::Field,
    figures::{IN_MOROCCO, SEVERAL, Shown},
    indicators::{Code, Grouping, Indicators, Table, Unit},
    settings::Settings,
};
use utoipa::ToSchema;

use super::{Asked, Completeness, Refusal, completeness, counted, said, territory};
use crate::{
    erasure,
    sheet::{File, calendar},
    storage::{access::Account, logos},
};

/// A part of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    Participation,
    Associations,
    Support,
    Dossiers,
    Satisfaction,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Pdf,
    Xlsx,
}

impl Section {
    /// Every one, in the order of a report.
    pub const ALL: [Self; 5] =
        [Self::Participation, Self::Associations, Self::Support, Self::Dossiers, Self::Satisfaction];

    fn title(self) -> &'static str {
        match self {
            Self::Participation => "Participation",
            Self::Associations => "Associations",
            Self::Support => "Appui",
            Self::Dossiers => "Dossiers",
            Self::Satisfaction => "Satisfaction",
        }
    }

    fn codes(self) -> &'static [Code] {
        match self {
            Self::Participation => &[Code::Events, Code::Participations, Code::People, Code::PeopleNew, Code::Unnamed],
            Self::Associations => &[Code::Associations, Code::AssociationsNew, Code::LedByWomen, Code::LedByYouth],
            Self::Support => &[Code::SupportAttended, Code::SupportIndividual, Code::SupportCollective],
            Self::Dossiers => &[
                Code::Dossiers,
                Code::DossiersVisaed,
                Code::DossiersFiled,
                Code::AskedCents,
                Code::DossiersGranted,
                Code::GrantedCents,
                Code::DossiersRefused,
                Code::SuccessRate,
            ],
            Self::Satisfaction => &[Code::Opinions, Code::Satisfaction],
        }
    }

    fn groupings(self) -> &'static [Grouping] {
        match self {
            Self::Participation => &[
                Grouping::Month,
                Grouping::Novelty,
                Grouping::Sex,
                Grouping::AgeBand,
                Grouping::Departement,
                Grouping::Origin,
                Grouping::UnnamedSex,
                Grouping::UnnamedAgeBand,
            ],
            Self::Associations => &[
                Grouping::AssociationOrigin,
                Grouping::AssociationDepartement,
                Grouping::LedByWomen,
                Grouping::LedByYouth,
            ],
            Self::Support => &[],
            Self::Dossiers => &[Grouping::Stage],
            Self::Satisfaction => &[Grouping::Useful, Grouping::Clear, Grouping::Again],
        }
    }
}

/// The report of an account on what it asked for.
///
/// # Errors
/// As [`super::answer`]; [`Refusal::Paper`] if it cannot be made.
pub fn report(
    db: &Connection,
    account: &Account,
    asked: &Asked,
    sections: &[Section],
    form: Form,
) -> Result<File, Refusal> {
    let counted = counted(db, account, asked)?;
    let complete = completeness(db, &counted)?.outside();
    let settings = erasure::settings(db)?;
    let house = Settings(Some(&settings));
    let period = said(counted.period);
    let before_period = counted.before.as_ref().and(counted.period.before()).map(said);
    let (now, before) = (counted.now.outside(), counted.before.map(Indicators::outside));
    let territory = territory(asked.territory.clone()).name;
    let sections = Section::ALL.into_iter().filter(|one| sections.is_empty() || sections.contains(one));
    let sections: Vec<Section> = sections.collect();
    let codes = sections.iter().flat_map(|section| section.codes());
    let paper = Report {
        house: House {
            name: house.text(Field::HouseName).to_owned(),
            address: house.text(Field::HouseContact).to_owned(),
            // It was looked through before it was kept.
            logo: logos::picture_of(db, "")?.and_then(|bytes| Picture::new(bytes).ok()),
        },
        period,
        before_period: before_period.unwrap_or_default(),
        programme: asked.programme.trim().to_owned(),
        territory,
        definitions: codes.map(|code| [code.number(), code.label(), code.definition()].map(str::to_owned)).collect(),
        sections: sections.iter().map(|one| section(*one, &now, before.as_ref())).collect(),
        completeness: lines(&complete),
        changed_at: calendar::written(&calendar::france(), complete.changed_ms),
        made_ms: complete.changed_ms,
    };
    Ok(match form {
        Form::Pdf => File { bytes: report_pdf(&paper)?, media: "application/pdf", ending: "pdf" },
        Form::Xlsx => File {
            bytes: report_xlsx(&paper)?,
            media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ending: "xlsx",
        },
    })
}

fn section(section: Section, now: &Indicators, before: Option<&Indicators>) -> ReportSection {
    let figures = section.codes().iter().filter_map(|code| {
        let of = |indicators: &Indicators| {
            indicators
                .figures
                .iter()
                .find(|figure| figure.code == *code)
                .map(|one| cell(one.unit, one.value, one.shown))
        };
        let figure = now.figures.iter().find(|figure| figure.code == *code)?;
        Some(ReportFigure {
            number: code.number().to_owned(),
            label: code.label().to_owned(),
            value: of(now)?,
            before: before.and_then(of),
            target: figure.target.map(|target| cell(figure.unit, Some(target), Shown::Plain)),
        })
    });
    ReportSection {
        title: section.title().to_owned(),
        figures: figures.collect(),
        tables: section.groupings().iter().filter_map(|by| now.table(*by)).map(table).collect(),
    }
}

fn cell(unit: Unit, value: Option<u64>, shown: Shown) -> ReportCell {
    match (shown, value, unit) {
        (Shown::Few, ..) => ReportCell::Few,
        (Shown::Withheld, ..) => ReportCell::Withheld,
        (Shown::Plain, None, _) => ReportCell::None,
        (Shown::Plain, Some(value), Unit::Count) => ReportCell::Number(value),
        (Shown::Plain, Some(value), Unit::Minutes) => ReportCell::Minutes(value),
        (Shown::Plain, Some(value), Unit::Cents) => ReportCell::Cents(value),
        (Shown::Plain, Some(value), Unit::BasisPoints) => ReportCell::BasisPoints(value),
    }
}

fn table(table: &Table) -> ReportTable {
    let column = |code: &Code| match code {
        Code::People => "Personnes",
        Code::Associations => "Associations",
        Code::AssociationsNew => "dont nouvelles",
        Code::Dossiers => "Dossiers",
        Code::Opinions => "Réponses",
        other => other.label(),
    };
    let rows = table.rows.iter().map(|row| {
        let cells = row.values.iter().zip(&table.columns).map(|(value, code)| cell(code.unit(), *value, row.shown));
        (label(table.by, &row.key, &row.name), cells.collect())
    });
    ReportTable {
        title: title(table.by).to_owned(),
        columns: table.columns.iter().map(|code| column(code).to_owned()).collect(),
        rows: rows.collect(),
    }
}

fn title(by: Grouping) -> &'static str {
    match by {
        Grouping::Month => "Par mois",
        Grouping::Novelty => "Premières venues",
        Grouping::Sex => "Par sexe",
        Grouping::AgeBand => "Par tranche d’âge",
        Grouping::Departement => "Par département",
        Grouping::Origin => "Par territoire d’origine de l’association",
        Grouping::UnnamedSex => "Sans nom, par sexe",
        Grouping::UnnamedAgeBand => "Sans nom, par tranche d’âge",
        Grouping::AssociationOrigin => "Par territoire d’origine",
        Grouping::AssociationDepartement => "Par département du siège",
        Grouping::LedByWomen => "Dirigées par des femmes",
        Grouping::LedByYouth => "Dirigées par des jeunes",
        Grouping::Stage => "Par étape, à la fin de la période",
        Grouping::Useful => "Cela m’a été utile",
        Grouping::Clear => "C’était clair",
        Grouping::Again => "Je reviendrais",
    }
}

fn label(by: Grouping, key: &str, name: &str) -> String {
    let word = match (by, key) {
        (_, "") => "non renseigné",
        (Grouping::Month, month) => return papers::month(month),
        (Grouping::Novelty, "new") => "venues pour la première fois",
        (Grouping::Novelty, _) => "déjà venues",
        (Grouping::Sex | Grouping::UnnamedSex, "f") => "femmes",
        (Grouping::Sex | Grouping::UnnamedSex, "h") => "hommes",
        (Grouping::Sex | Grouping::UnnamedSex, "other") => "autre",
        (Grouping::AgeBand | Grouping::UnnamedAgeBand, "under_18") => "moins de 18 ans",
        (Grouping::AgeBand | Grouping::UnnamedAgeBand, "18_30") => "18 à 30 ans",
        (Grouping::AgeBand | Grouping::UnnamedAgeBand, "31_60") => "31 à 60 ans",
        (Grouping::AgeBand | Grouping::UnnamedAgeBand, "over_60") => "plus de 60 ans",
        (Grouping::Departement | Grouping::AssociationDepartement, IN_MOROCCO) => "au Maroc",
        (Grouping::Origin | Grouping::AssociationOrigin, SEVERAL) => "plusieurs territoires",
        (Grouping::LedByWomen | Grouping::LedByYouth, "yes") => "oui",
        (Grouping::LedByWomen | Grouping::LedByYouth, _) => "non",
        (Grouping::Stage, stage) => stage_label(stage),
        (Grouping::Useful | Grouping::Clear | Grouping::Again, "good") => "satisfait",
        (Grouping::Useful | Grouping::Clear | Grouping::Again, "fair") => "moyen",
        (Grouping::Useful | Grouping::Clear | Grouping::Again, _) => "pas satisfait",
        (_, key) if name.is_empty() => key,
        (_, key) => return format!("{name} ({key})"),
    };
    word.to_owned()
}

fn stage_label(stage: &str) -> &str {
    match stage {
        "idea" => "idée",
        "accompaniment" => "accompagnement",
        "writing" => "rédaction",
        "visa" => "visa demandé",
        "filed" => "déposé",
        "instruction" => "en instruction",
        "granted" => "accordé",
        "refused" => "refusé",
        "deferred" => "ajourné",
        "agreed" => "convention signée",
        "running" => "en cours",
        "interim_report" => "rapport intermédiaire",
        "final_report" => "rapport final",
        "closed" => "clos",
        other => other,
    }
}

/// The statement of completeness: what is said, and how many.
fn lines(complete: &Completeness) -> Vec<(String, ReportCell)> {
    let number = |label: &str, value| (label.to_owned(), ReportCell::Number(value));
    let mut lines = vec![
        number("Événements tenus pendant la période", complete.events),
        number("dont la feuille d’émargement n’est pas scellée", complete.unsealed),
        number("dont la feuille a changé depuis son scellement", complete.changed),
        number("Questions ouvertes sur ces événements et sur les dossiers comptés", complete.questions),
        number("Demi-journées sans date, comptées dans aucune période", complete.undated),
        number("Téléphones dont tout n’est pas encore arrivé", complete.phones),
    ];
    let shares = ["sexe", "tranche d’âge", "département", "territoire d’origine"].into_iter().zip(complete.unknown_bp);
    lines.extend(shares.map(|(what, share)| {
        (
            format!("Personnes dont ceci n’est pas renseigné\u{a0}: {what} (arrondi à 10\u{a0}%)"),
            ReportCell::BasisPoints(share),
        )
    }));
    lines
}
