//! Readers of files that people really have: bytes in, rows out, and for each row that cannot be taken its line and why.
//!
//! The readers know nothing of the database; [`apply`] alone does. They never guess what only a human can know (the country of a bare phone number), and
//! they keep no more than is needed (an age band, never a birth date).

pub mod morocco;
pub mod participants;
pub mod phones;
pub mod rna;

pub mod apply;
pub mod desk;
pub mod gazetteer;
mod plan;
mod table;
pub mod undo;
mod workbook;

use std::fmt;

use serde::Serialize;
use shared::{edit::Refusal, id::DocumentId, twin::Reason};

/// What a reader made of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readout<Row> {
    /// The rows, in the order of the file.
    pub rows: Vec<Row>,
    /// Rows that were left out.
    pub refused: Vec<Finding>,
    /// What somebody should look at in rows that were taken.
    pub notes: Vec<Finding>,
}

impl<Row> Default for Readout<Row> {
    fn default() -> Self {
        Self { rows: Vec::new(), refused: Vec::new(), notes: Vec::new() }
    }
}

impl<Row> Readout<Row> {
    fn refuse(&mut self, line: u64, problem: Problem) {
        self.refused.push(Finding { line, problem });
    }

    fn note(&mut self, line: u64, problem: Problem) {
        self.notes.push(Finding { line, problem });
    }
}

/// A problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line of the file where the row begins, from 1, as an editor counts.
    pub line: u64,
    /// What is wrong there.
    pub problem: Problem,
}

impl fmt::Display for Finding {
    /// For the person at the terminal, in French; without anything that the file said about somebody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ligne {} : {} [{}]", self.line, self.problem, self.problem.code())
    }
}

/// A file that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} [{code}]", code = .0.code())]
pub struct Unreadable(pub Problem);

/// What can be wrong with a file, a row, or a cell. The display is a French sentence, [`Problem::code`] the stable name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub enum Problem {
    #[error("le fichier dépasse {mebibytes_max} Mio")]
    FileTooLarge { mebibytes_max: usize },
    #[error("ce n'est pas un fichier CSV : dans le tableur, choisissez « Enregistrer sous », puis « CSV »")]
    FileNotText,
    #[error("ce classeur ne peut pas être lu : enregistrez-le en XLSX, en ODS ou en CSV, sans mot de passe")]
    WorkbookUnreadable,
    #[error("ce classeur contient beaucoup plus qu'une liste : gardez la seule feuille de la liste")]
    WorkbookTooLarge,
    #[error("la liste dépasse {rows_max} lignes")]
    RowsTooMany { rows_max: usize },
    #[error("le fichier est vide")]
    FileEmpty,
    #[error("aucune ligne d'en-têtes n'a été trouvée : il faut au moins une colonne « Nom »")]
    HeaderMissing,
    #[error("les colonnes ne sont celles d'aucun fichier connu")]
    LayoutUnknown,
    #[error("la colonne « {0} » manque")]
    ColumnMissing(&'static str),
    #[error("{found} colonnes au lieu de {expected}")]
    RowColumns { found: usize, expected: usize },
    #[error("un guillemet ouvert n'est jamais refermé")]
    RowQuoteOpen,
    #[error("la colonne « {0} » contient un texte trop long")]
    RowTextTooLong(&'static str),

    #[error("le numéro RNA n'a pas la forme W suivi de neuf signes")]
    RnaNumberInvalid,
    #[error("le numéro RNA n'est pas valable et n'a pas été repris")]
    RnaNumberLeft,
    #[error("la même association figure déjà à la ligne {0}")]
    AssociationRepeated(u64),
    #[error("l'association n'a ni titre ni titre court")]
    RnaTitleMissing,
    #[error("le SIRET n'est pas valable et n'a pas été repris")]
    RnaSiretInvalid,
    #[error("la date « {0} » n'est pas valable et n'a pas été reprise")]
    RnaDateInvalid(&'static str),
    #[error("des lettres accentuées sont perdues dans le fichier d'origine")]
    RnaAccentsLost,

    #[error("le code du territoire n'a pas la forme attendue : un tableur a-t-il supprimé ses zéros ?")]
    TerritoryCodeInvalid,
    #[error("le code du territoire figure deux fois")]
    TerritoryCodeRepeated,
    #[error("le territoire n'est pas dans celui que donne la ligne")]
    TerritoryMisplaced,
    #[error("le nom du territoire manque")]
    TerritoryNameMissing,
    #[error("le genre de territoire est inconnu")]
    TerritoryKindUnknown,
    #[error("la population n'est pas un nombre")]
    TerritoryPopulationInvalid,

    #[error("la ligne n'a pas de nom")]
    ParticipantNameMissing,
    #[error("ce n'est pas le nom d'une personne")]
    ParticipantNotAPerson,
    #[error("la même personne figure déjà à la ligne {0}")]
    ParticipantRepeated(u64),
    #[error("numéro valable en France et au Maroc : il faut indiquer le pays")]
    PhoneCountryNeeded,
    #[error("le numéro de téléphone n'est pas valable")]
    PhoneInvalid,
    #[error("le numéro n'est pas valable dans le pays indiqué")]
    PhoneNotInCountry,
    #[error("le tableur a changé le numéro de téléphone en un nombre arrondi")]
    PhoneDamaged,
    #[error("l'adresse électronique n'est pas valable et n'a pas été reprise")]
    EmailInvalid,
    #[error("le sexe n'est pas reconnu")]
    SexUnclear,
    #[error("l'âge ne correspond à aucune tranche")]
    AgeUnclear,

    #[error("la fiche {0} dit autre chose que le registre : elle reste comme elle est")]
    AssociationDiffers(DocumentId),
    #[error("plusieurs associations portent ce nom : la personne n'est rattachée à aucune")]
    AssociationAmbiguous,
    #[error("ressemble à une personne déjà connue, fiche {0} : à comparer, rien n'est réuni")]
    PersonMaybeKnown(DocumentId, Vec<Reason>),
    #[error("ressemble à une association déjà connue, fiche {0} : à comparer, rien n'est réuni")]
    AssociationMaybeKnown(DocumentId, Vec<Reason>),
    #[error("plusieurs communes portent ce nom ({0}) : le nom est gardé, sans code")]
    CommuneAmbiguous(String),
    #[error("aucune commune de ce nom dans le territoire indiqué, peut-être {0} : le nom est gardé, sans code")]
    CommuneMaybe(String),
    #[error("aucune commune de ce nom dans le territoire indiqué : le nom est gardé, sans code")]
    CommuneUnknown,
    #[error("la ligne n'a pas pu être reprise")]
    NotTaken(Refusal),
}

impl Problem {
    /// The name that programs know it by. It never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileTooLarge { .. } => "file.too_large",
            Self::FileNotText => "file.not_text",
            Self::WorkbookUnreadable => "file.workbook_unreadable",
            Self::WorkbookTooLarge => "file.workbook_too_large",
            Self::RowsTooMany { .. } => "file.rows_too_many",
            Self::FileEmpty => "file.empty",
            Self::HeaderMissing => "file.header_missing",
            Self::LayoutUnknown => "file.layout_unknown",
            Self::ColumnMissing(_) => "file.column_missing",
            Self::RowColumns { .. } => "row.columns",
            Self::RowQuoteOpen => "row.quote_open",
            Self::RowTextTooLong(_) => "row.text_too_long",
            Self::RnaNumberInvalid => "rna.number_invalid",
            Self::RnaNumberLeft => "rna.number_left",
            Self::AssociationRepeated(_) => "association.repeated",
            Self::RnaTitleMissing => "rna.title_missing",
            Self::RnaSiretInvalid => "rna.siret_invalid",
            Self::RnaDateInvalid(_) => "rna.date_invalid",
            Self::RnaAccentsLost => "rna.accents_lost",
            Self::TerritoryCodeInvalid => "territory.code_invalid",
            Self::TerritoryCodeRepeated => "territory.code_repeated",
            Self::TerritoryMisplaced => "territory.misplaced",
            Self::TerritoryNameMissing => "territory.name_missing",
            Self::TerritoryKindUnknown => "territory.kind_unknown",
            Self::TerritoryPopulationInvalid => "territory.population_invalid",
            Self::ParticipantNameMissing => "participant.name_missing",
            Self::ParticipantNotAPerson => "participant.not_a_person",
            Self::ParticipantRepeated(_) => "participant.repeated",
            Self::PhoneCountryNeeded => "phone.country_needed",
            Self::PhoneInvalid => "phone.invalid",
            Self::PhoneNotInCountry => "phone.not_in_country",
            Self::PhoneDamaged => "phone.damaged",
            Self::EmailInvalid => "email.invalid",
            Self::SexUnclear => "sex.unclear",
            Self::AgeUnclear => "age.unclear",
            Self::AssociationDiffers(_) => "association.differs",
            Self::AssociationAmbiguous => "association.ambiguous",
            Self::PersonMaybeKnown(..) => "person.maybe_known",
            Self::AssociationMaybeKnown(..) => "association.maybe_known",
            Self::CommuneAmbiguous(_) => "commune.ambiguous",
            Self::CommuneMaybe(_) => "commune.maybe",
            Self::CommuneUnknown => "commune.unknown",
            Self::NotTaken(refusal) => refusal.code(),
        }
    }
}
