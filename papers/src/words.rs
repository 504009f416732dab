//! All wording on paper, in French.

use serde_json::Value;

use crate::{
    dossier::{Currency, Nature, Side},
    sheet::{How, Status},
};

pub(crate) const LATE: &str = "retard";
pub(crate) const ON_SCREEN: &str = "signé sur écran";
pub(crate) const ON_KIOSK: &str = "signé à la borne";
pub(crate) const ON_PAPER: &str = "signé sur papier";
pub(crate) const UNSIGNED: &str = "non signé";

pub(crate) const STATE_COMPLETE: &str = "Rien ne manque à cette version.";
pub(crate) const STATE_INCOMPLETE: &str = "Il manque quelque chose à cette version :";
pub(crate) const STATE_PRESENT: &str = "Présences entières";
pub(crate) const STATE_PARTIAL: &str = "Présences partielles";
pub(crate) const STATE_UNSIGNED: &str = "Présences sans signature";
pub(crate) const STATE_TO_CHECK: &str = "Points à vérifier";
pub(crate) const STATE_CONTRADICTORY: &str = "Pointages contradictoires";
pub(crate) const STATE_PHONES: &str = "Téléphones dont tout n’est pas arrivé";

/// One, several.
pub(crate) const PRESENCES: [&str; 2] = ["présence", "présences"];
pub(crate) const SIGNATURES: [&str; 2] = ["signature", "signatures"];

/// `1 présence`, `23 présences`. French counts nought as one.
pub(crate) fn count(count: usize, [one, several]: &[&str; 2]) -> String {
    format!("{count}\u{a0}{}", if count < 2 { one } else { several })
}

pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Present => "présence",
        Status::Partial => "présence partielle",
        Status::Absent => "absence",
        Status::Excused => "absence excusée",
        Status::Remote => "à distance",
        Status::None => "non renseigné",
    }
}

pub(crate) fn how(how: How) -> &'static str {
    match how {
        How::Screen => "écran",
        How::Paper => "papier",
        How::Kiosk => "borne",
    }
}

pub(crate) const FIGURES_TITLE: &str = "Chiffres de l’événement";
pub(crate) const FIGURES_TAB: &str = "Chiffres";
pub(crate) const NUMBERS_TAB: &str = "Nombres";
pub(crate) const WHOLE: &str = "Ensemble";
pub(crate) const PROVISIONAL: &str = "Chiffres provisoires";
pub(crate) const FINAL: &str = "Chiffres de la feuille scellée";
pub(crate) const FEW: &str = "< 5";
pub(crate) const WITHHELD: &str = "n. p.";
pub(crate) const UNPUBLISHED: &str = "Trop peu de personnes : détail non publié";
pub(crate) const MASKED: &str =
    "« < 5 » : de 1 à 4 personnes. « n. p. » : non publié, car un nombre plus petit s’en déduirait.";

pub(crate) const REPORT_TITLE: &str = "Rapport d’activité";
pub(crate) const INDICATOR: &str = "Indicateur";
pub(crate) const BEFORE: &str = "Période précédente";
pub(crate) const TARGET: &str = "Objectif";
pub(crate) const PERIOD_BEFORE: &str = "Comparé à :";
pub(crate) const PROGRAMME: &str = "Programme :";
pub(crate) const TERRITORY: &str = "Territoire :";
pub(crate) const DEFINITIONS: &str = "Définitions";
pub(crate) const COMPLETENESS: &str = "Ce qui manque encore";
pub(crate) const REPORT_TAB: &str = "Rapport";
pub(crate) const NOTHING: &str = "–";
pub(crate) const CHANGED_AT: &str = "État des données au";

/// The heads of the tables that spreadsheets read.
pub(crate) mod column {
    pub(crate) const STATE: &str = "État";
    pub(crate) const TABLE: &str = "Tableau";
    pub(crate) const LINE: &str = "Ligne";
    pub(crate) const MEASURE: &str = "Mesure";
    pub(crate) const VALUE: &str = "Valeur";
    pub(crate) const PEOPLE: &str = "Personnes";
    pub(crate) const PARTICIPATIONS: &str = "Participations";
    pub(crate) const PROJECT: &str = "Code projet";
    pub(crate) const TITLE: &str = "Intitulé";
    pub(crate) const DAY: &str = "Jour";
    pub(crate) const STARTS: &str = "Début";
    pub(crate) const ENDS: &str = "Fin";
    pub(crate) const PLANNED: &str = "Minutes prévues";
    pub(crate) const DELIVERED: &str = "Minutes réalisées";
    pub(crate) const FAMILY: &str = "Nom";
    pub(crate) const GIVEN: &str = "Prénom";
    pub(crate) const NAME_AR: &str = "Nom en arabe";
    pub(crate) const ASSOCIATION: &str = "Structure";
    pub(crate) const ROLE: &str = "Rôle";
    pub(crate) const STATUS: &str = "Présence";
    pub(crate) const MINUTES: &str = "Minutes suivies";
    pub(crate) const SIGNED: &str = "Signature";
    pub(crate) const SIGNED_ON: &str = "Signé sur";
    pub(crate) const LATE: &str = "Retard";
    pub(crate) const PHONES: &str = "Téléphones";
    pub(crate) const EMAILS: &str = "Adresses électroniques";
    pub(crate) const HEADING: &str = "Rubrique";
    pub(crate) const SOURCE: &str = "Origine";
    pub(crate) const LABEL: &str = "Libellé";
    pub(crate) const NATURE: &str = "Nature";
    pub(crate) const QUANTITY: &str = "Quantité";
    pub(crate) const UNIT: &str = "Unité";
    pub(crate) const UNIT_COST: &str = "Coût unitaire";
    pub(crate) const CURRENCY: &str = "Devise";
    pub(crate) const RATE: &str = "MAD pour 1 EUR";
    pub(crate) const RATE_DAY: &str = "Date du taux";
    pub(crate) const AMOUNT: &str = "Montant (EUR)";
    pub(crate) const SHARE: &str = "Part";
    pub(crate) const FUNDING: &str = "Acquis ou sollicité";
    pub(crate) const PROOF: &str = "Justificatif";
    pub(crate) const WHO: &str = "Bénévole";
    pub(crate) const TASK: &str = "Tâche";
    pub(crate) const HOURS: &str = "Heures";
    pub(crate) const HOUR_WORTH: &str = "Valeur de l’heure (EUR)";
    pub(crate) const CHECKED: &str = "Contrôles";
    pub(crate) const CEILING: &str = "Plafond";
    pub(crate) const RESULT: &str = "Résultat";
    pub(crate) const ISSUED: &str = "Établie le";
    pub(crate) const EXPIRES: &str = "Valable jusqu’au";
    pub(crate) const FILE: &str = "Fichier";
}

pub(crate) const YES: &str = "oui";
pub(crate) const NO: &str = "non";

pub(crate) const SHEET_TITLE: &str = "Feuille d’émargement";
pub(crate) const SHEET_TAB: &str = "Feuille";
pub(crate) const ROWS_TAB: &str = "Présences";
pub(crate) const STATE_TAB: &str = "État";
pub(crate) const CONTACTS_TITLE: &str = "Liste de contacts";
pub(crate) const CONTACTS_TAB: &str = "Contacts";
pub(crate) const CONFIDENTIAL: &str = "Confidentiel : coordonnées personnelles. Ne pas afficher, ne pas joindre à la feuille d’émargement, détruire après usage.";

pub(crate) const BUDGET_TITLE: &str = "Budget";
pub(crate) const BUDGET_TAB: &str = "Synthèse";
pub(crate) const EXPENSES_TAB: &str = "Dépenses";
pub(crate) const RESOURCES_TAB: &str = "Ressources";
pub(crate) const TIME_TAB: &str = "Temps bénévole";
pub(crate) const TIME_GROUP: &str = "Temps donné par des bénévoles";
pub(crate) const TIME_TOTAL: &str = "Total du temps donné";
pub(crate) const NO_HEADING: &str = "Sans rubrique";
pub(crate) const CASH_EXPENSES: &str = "Dépenses en argent";
pub(crate) const CASH_RESOURCES: &str = "Ressources en argent : égales aux dépenses";
pub(crate) const GIVEN_USED: &str = "Apports valorisés, emplois (classe 86)";
pub(crate) const GIVEN_GIVEN: &str = "Apports valorisés, contributions (classe 87) : égales aux emplois";
pub(crate) const GRANT_ASKED: &str = "Subvention demandée";
pub(crate) const TOTAL_COUNTED: &str = "Total du projet, apports valorisés compris";
pub(crate) const TOTAL_CASH_COUNTED: &str = "Total du projet, sans les apports valorisés";
pub(crate) const HOLDS: &str = "conforme";
pub(crate) const HOLDS_NOT: &str = "à corriger";
pub(crate) const RATE: &str = "taux";
pub(crate) const CHRONOGRAM: &str = "Chronogramme (mois du projet)";
pub(crate) const ACTIVITY: &str = "Activité";
pub(crate) const PIECES: &str = "Pièces jointes";
pub(crate) const PIECE: &str = "Pièce";
pub(crate) const MISSING: &str = "manque";
pub(crate) const NOT_WRITTEN: &str = "Rien n’est encore écrit ici.";
pub(crate) const VERSION: &str = "Version";
pub(crate) const PAGE: &str = "page";

pub(crate) fn nature(nature: Nature) -> &'static str {
    match nature {
        Nature::Cash => "Argent",
        Nature::InKind => "Apport en nature",
        Nature::Grant => "Subvention demandée",
        Nature::Time => "Bénévolat",
    }
}

pub(crate) fn currency(currency: Currency) -> &'static str {
    match currency {
        Currency::Eur => "EUR",
        Currency::Mad => "MAD",
    }
}

pub(crate) fn of_side(side: Side) -> &'static str {
    match side {
        Side::Expense => EXPENSES_TAB,
        Side::Resource => RESOURCES_TAB,
    }
}

pub(crate) fn total_of(side: Side) -> &'static str {
    match side {
        Side::Expense => "Total des dépenses",
        Side::Resource => "Total des ressources",
    }
}

/// What the templates say, by the key that they use.
const WORDS: &[(&str, &str)] = &[
    ("sheet", SHEET_TITLE),
    ("sheet_blank", "à signer à la main"),
    ("draft", "Brouillon, sans valeur : cette feuille n’est pas scellée."),
    ("sheet_number", "Feuille"),
    ("page", PAGE),
    ("organiser", "Organisation"),
    ("funders", "Avec le soutien de"),
    ("project", "Code projet"),
    ("kind", "Nature"),
    ("modality", "Modalité"),
    ("languages", "Langues"),
    ("place", "Lieu"),
    ("dates", "Dates"),
    ("date", "Date"),
    ("duration", "Durée"),
    ("planned", "prévu"),
    ("delivered", "réalisé"),
    ("number", "N°"),
    ("name", "NOM et prénom"),
    ("association", "Structure"),
    ("role", "Rôle"),
    ("signature_of", "Signature :"),
    ("people", "Participantes et participants"),
    ("nobody", "Personne n’est inscrit."),
    ("trainers", "Intervenantes et intervenants"),
    ("trainer", "Intervention"),
    ("totals", "Total de la demi-journée"),
    ("heads", "Personnes comptées sans leur nom"),
    ("heads_none", "Aucune."),
    ("total", "Total"),
    ("state", "Ce que vaut cette version"),
    ("version", VERSION),
    ("sealed", "scellée le"),
    ("reason", "Motif :"),
    ("replaces", "Remplace la version de code"),
    ("verify", "Vérifier cette feuille :"),
    ("code", "Code"),
    ("qr_verify", "Code QR qui mène à la page de vérification"),
    ("qr_entry", "Code QR à présenter à l’entrée"),
    ("logo", "Logo :"),
    ("contacts", CONTACTS_TITLE),
    ("confidential", CONFIDENTIAL),
    ("phones", "Téléphones"),
    ("emails", "Adresses électroniques"),
    ("made_on", "Établie le"),
    ("attestation", "Attestation de présence"),
    ("attest", "atteste que"),
    ("of", "Structure :"),
    ("as", "Rôle :"),
    ("took_part", "a participé à l’événement suivant :"),
    ("attended", "Présences constatées"),
    ("attended_remote", "à distance"),
    ("day", "Jour"),
    ("hours", "Horaires"),
    ("time", "Durée suivie"),
    ("time_total", "Durée totale suivie"),
    ("done_at", "Fait à"),
    ("done_on", "le"),
    ("for_use", "Attestation délivrée pour servir et valoir ce que de droit."),
    ("signature", "Signature et cachet"),
    ("convocation", "Convocation"),
    ("invited", "Vous êtes attendu, attendue à l’événement suivant :"),
    ("programme", "Horaires"),
    ("show_code", "Présentez ce code à l’entrée. Il est personnel."),
    ("show_code_ar", "المرجو تقديم هذا الرمز عند المدخل. وهو شخصي."),
    ("contact", "Pour toute question"),
    ("badge", "Badges"),
    ("not_written", NOT_WRITTEN),
    ("chronogram", CHRONOGRAM),
    ("activity", ACTIVITY),
    ("budget", BUDGET_TITLE),
    ("time_given", TIME_TAB),
    ("time_total_given", TIME_TOTAL),
    ("pieces", PIECES),
    ("piece", PIECE),
    ("issued", column::ISSUED),
    ("expires", column::EXPIRES),
    ("file", column::FILE),
    ("report", REPORT_TITLE),
    ("report_before", BEFORE),
    ("report_target", TARGET),
    ("report_value", column::VALUE),
    ("report_indicator", INDICATOR),
    ("report_period_before", PERIOD_BEFORE),
    ("report_programme", PROGRAMME),
    ("report_territory", TERRITORY),
    ("report_definitions", DEFINITIONS),
    ("report_completeness", COMPLETENESS),
    ("report_changed", CHANGED_AT),
    ("unpublished", UNPUBLISHED),
    ("masked", MASKED),
];

/// All of them, for the templates.
pub(crate) fn all() -> Value {
    WORDS.iter().map(|(key, word)| ((*key).to_owned(), Value::from(*word))).collect::<serde_json::Map<_, _>>().into()
}
