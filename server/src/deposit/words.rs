//! What stands in words on a dossier's papers, in French, as the app has it.

use papers::Packed;
use shared::{
    field::{Accepts, Field, Value},
    table::Table,
};

use super::{gather::Gathered, pieces::PieceFile};

pub(super) const SUMMARY: &str = "00_sommaire.txt";
pub(super) const DOSSIER_PDF: &str = "01_dossier.pdf";
pub(super) const DOSSIER_DOCX: &str = "02_dossier.docx";
pub(super) const BUDGET_XLSX: &str = "03_budget.xlsx";

pub(super) const RNA: &str = "Numéro RNA";
pub(super) const SIRET: &str = "SIRET";
pub(super) const SEAT: &str = "Siège";
pub(super) const SECTOR: &str = "Secteur";
pub(super) const TERRITORY: &str = "Territoire";
pub(super) const DURATION: &str = "Durée";
pub(super) const BENEFICIARIES: &str = "Bénéficiaires directs";
pub(super) const TOTAL: &str = "Coût total";
pub(super) const GRANT: &str = "Subvention demandée";
pub(super) const SUPPORTED_BY: &str = "Accompagné par";
pub(super) const AWAY: &str = "pas encore arrivée";

/// The tables that are part of a dossier's text, in the order of the usual form.
pub(super) const TABLES: [(Table, &str); 8] = [
    (Table::Objective, "Objectifs"),
    (Table::Outcome, "Résultats attendus"),
    (Table::Activity, "Activités"),
    (Table::Beneficiary, "Bénéficiaires"),
    (Table::Partner, "Partenaires locaux"),
    (Table::Indicator, "Indicateurs"),
    (Table::Risk, "Risques"),
    (Table::Goal, "Objectifs de développement durable"),
];

/// The texts of the usual form, in its order.
const SECTIONS: [(&str, &str); 12] = [
    ("context", "Contexte"),
    ("need", "Origine du besoin"),
    ("objectives", "Objectifs"),
    ("activities", "Activités et résultats"),
    ("beneficiaries", "Bénéficiaires"),
    ("partners", "Partenaires"),
    ("diaspora", "Rôle de la diaspora"),
    ("means", "Moyens"),
    ("risks", "Risques"),
    ("durability", "Pérennité"),
    ("gender_environment", "Genre, jeunesse, environnement"),
    ("restitution", "Restitution en France"),
];

const HEADINGS: [(&str, &str); 10] = [
    ("works", "Travaux"),
    ("equipment", "Équipement"),
    ("supplies", "Fournitures"),
    ("staff", "Salaires et honoraires"),
    ("training", "Formation"),
    ("travel", "Déplacements"),
    ("communication", "Communication et restitution"),
    ("evaluation", "Suivi et évaluation"),
    ("overheads", "Frais administratifs"),
    ("contingency", "Imprévus"),
];

/// The goals of sustainable development, by their numbers.
const GOALS: [&str; 17] = [
    "Pas de pauvreté",
    "Faim « zéro »",
    "Bonne santé et bien-être",
    "Éducation de qualité",
    "Égalité entre les sexes",
    "Eau propre et assainissement",
    "Énergie propre et d’un coût abordable",
    "Travail décent et croissance économique",
    "Industrie, innovation et infrastructure",
    "Inégalités réduites",
    "Villes et communautés durables",
    "Consommation et production responsables",
    "Lutte contre les changements climatiques",
    "Vie aquatique",
    "Vie terrestre",
    "Paix, justice et institutions efficaces",
    "Partenariats",
];

/// What a word of a field means.
const CHOICES: [(Field, &[(&str, &str)]); 9] = [
    (
        Field::Sector,
        &[
            ("health", "Santé"),
            ("education", "Éducation"),
            ("water", "Eau et assainissement"),
            ("environment", "Environnement"),
            ("economy", "Économie"),
            ("rural", "Développement rural"),
            ("social", "Action sociale"),
            ("climate", "Climat"),
            ("digital", "Numérique"),
        ],
    ),
    (Field::Sex, &[("f", "Femmes"), ("h", "Hommes"), ("other", "Autre"), ("unspecified", "Non précisé")]),
    (
        Field::AgeBand,
        &[
            ("under_18", "Moins de 18 ans"),
            ("18_30", "18 à 30 ans"),
            ("31_60", "31 à 60 ans"),
            ("over_60", "Plus de 60 ans"),
        ],
    ),
    (Field::Reach, &[("direct", "Directs"), ("indirect", "Indirects")]),
    (Field::Likelihood, LEVELS),
    (Field::Severity, LEVELS),
    (Field::MainGoal, YES_NO),
    (Field::Funding, &[("acquired", "Acquis"), ("requested", "Sollicité")]),
    (Field::Required, YES_NO),
];
const LEVELS: &[(&str, &str)] = &[("low", "Faible"), ("medium", "Moyenne"), ("high", "Forte")];
const YES_NO: &[(&str, &str)] = &[("yes", "Oui"), ("no", "Non")];

fn of<'a>(words: &[(&str, &'a str)], key: &'a str) -> &'a str {
    words.iter().find(|(known, _)| *known == key).map_or(key, |(_, word)| word)
}

/// A text of the usual form by its name; another by its key.
pub(super) fn section(key: &str) -> String {
    of(&SECTIONS, key).to_owned()
}

/// Where a text stands among those of the usual form.
pub(super) fn section_place(key: &str) -> usize {
    SECTIONS.iter().position(|(known, _)| *known == key).unwrap_or(SECTIONS.len())
}

/// A usual heading by its name; a call's own as it was written.
pub(super) fn heading(heading: &str) -> String {
    of(&HEADINGS, heading).to_owned()
}

/// What stands above a column.
pub(super) fn column(table: Table, field: Field) -> &'static str {
    match (table, field) {
        (Table::Objective, Field::Label) => "Objectif",
        (Table::Outcome, Field::Label) => "Résultat",
        (Table::Activity, Field::Label) => "Activité",
        (Table::Beneficiary, Field::Label) => "Qui",
        (Table::Partner, Field::Label) => "Partenaire",
        (Table::Indicator, Field::Label) => "Indicateur",
        (Table::Risk, Field::Label) => "Risque",
        (Table::Risk, Field::Detail) => "Ce qui est prévu",
        (Table::Goal, Field::Detail) => "En quoi le projet y contribue",
        (_, Field::Detail) => "Précisions",
        (_, Field::MonthFrom) => "Du mois",
        (_, Field::MonthTo) => "Au mois",
        (_, Field::Responsible) => "Responsable",
        (_, Field::Reach) => "Directs ou indirects",
        (_, Field::Sex) => "Sexe",
        (_, Field::AgeBand) => "Âge",
        (_, Field::People) => "Nombre",
        (_, Field::Contribution) => "Apport",
        (_, Field::Receipt) => "Récépissé",
        (_, Field::ReceiptDay) => "Date du récépissé",
        (_, Field::Ice) => "ICE",
        (_, Field::Unit) => "Unité",
        (_, Field::Baseline) => "Au départ",
        (_, Field::Target) => "Visé",
        (_, Field::Reached) => "Atteint",
        (_, Field::Source) => "Source",
        (_, Field::Likelihood) => "Probabilité",
        (_, Field::Severity) => "Gravité",
        (_, Field::GoalNumber) => "Objectif",
        (_, Field::MainGoal) => "Principal",
        (_, other) => other.key(),
    }
}

/// What stands in a field, as papers say it; nothing where nothing does.
pub(super) fn value(field: Field, value: &Value) -> String {
    let choice = CHOICES.iter().find(|(known, _)| *known == field);
    match (field, value) {
        (_, Value::Empty) => String::new(),
        (Field::GoalNumber, Value::Number(number)) => goal(*number),
        (Field::DurationMonths, Value::Number(months)) => format!("{months} mois"),
        (_, Value::Number(number)) => grouped(*number),
        (_, Value::Text(word)) if choice.is_some() => of(choice.map_or(&[], |(_, words)| words), word).to_owned(),
        (_, Value::Text(day)) if field.accepts() == Accepts::Day => turned(day),
        (_, Value::Text(text)) => text.clone(),
    }
}

fn goal(number: i64) -> String {
    let name = usize::try_from(number - 1).ok().and_then(|nth| GOALS.get(nth));
    name.map_or_else(|| number.to_string(), |name| format!("ODD {number} : {name}"))
}

/// `2026-11-25` as `25/11/2026`.
fn turned(day: &str) -> String {
    let mut parts: Vec<&str> = day.split('-').collect();
    parts.reverse();
    parts.join("/")
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "−".to_owned() } else { String::new() };
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `1 234,56 €`; nothing where there is nothing.
pub(super) fn euros(cents: i64) -> String {
    if cents == 0 {
        String::new()
    } else {
        format!("{},{:02}\u{a0}€", grouped(cents / 100), cents.unsigned_abs() % 100)
    }
}

/// What is in the ZIP and what is missing, for whoever files it. Lines end as Windows has them; a byte order mark says that it is
/// UTF-8.
pub(super) fn summary(gathered: &Gathered, files: &[Packed], unread: &[String]) -> String {
    let paper = &gathered.paper;
    let mut lines = vec![
        paper.title.clone(),
        paper.association.clone(),
        paper.association_ar.clone(),
        paper.call.clone(),
        format!("Version {}, modifiée le {}", paper.version, paper.changed_at),
    ];
    lines.retain(|line| !line.is_empty());
    lines.push(String::new());
    lines.push("CONTENU".to_owned());
    let mut title_of: Vec<(&str, &str)> = vec![
        (DOSSIER_PDF, "le dossier, à lire et à imprimer"),
        (DOSSIER_DOCX, "le dossier, à reprendre dans Word"),
        (BUDGET_XLSX, "le budget, avec ses formules"),
    ];
    title_of.extend(gathered.files().map(|file| (file.path.as_str(), file.title.as_str())));
    for file in files {
        let title = title_of.iter().find(|(path, _)| *path == file.path).map_or("", |(_, title)| title);
        lines.push(if title.is_empty() { file.path.clone() } else { format!("{} : {title}", file.path) });
    }
    let missing = missing(gathered, unread);
    lines.push(String::new());
    lines.push(if missing.is_empty() { "RIEN NE MANQUE" } else { "À COMPLÉTER AVANT LE DÉPÔT" }.to_owned());
    lines.extend(missing);
    format!("\u{feff}{}\r\n", lines.join("\r\n"))
}

fn missing(gathered: &Gathered, unread: &[String]) -> Vec<String> {
    let mut missing = Vec::new();
    for piece in &gathered.pieces {
        if piece.papers.is_empty() && piece.required {
            missing.push(format!("Pièce demandée, absente : {}", piece.title));
        }
        let is_away = piece.papers.iter().flat_map(|paper| &paper.files).any(PieceFile::is_away);
        let is_bare = piece.papers.iter().any(|paper| paper.files.is_empty());
        if is_away || is_bare {
            missing.push(format!("Pièce dont le fichier n’est pas encore arrivé : {}", piece.title));
        }
    }
    missing.extend(unread.iter().map(|path| format!("Photos illisibles, à refaire : {path}")));
    missing.extend(gathered.empty.iter().map(|title| format!("Texte vide : {title}")));
    for (title, over) in &gathered.long {
        missing.push(format!(
            "Texte trop long : {title} ({over} {} de trop)",
            if *over == 1 { "signe" } else { "signes" }
        ));
    }
    match gathered.checks {
        0 => {}
        1 => missing.push("Budget : 1 point à corriger".to_owned()),
        many => missing.push(format!("Budget : {many} points à corriger")),
    }
    missing
}
