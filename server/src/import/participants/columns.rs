//! Which column says what, from headers as people spell them.

use shared::names::fold_search;

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Family,
    Given,
    /// `Nom et prénom`.
    FamilyThenGiven,
    /// `Prénom et nom`, or a name in whatever order.
    GivenThenFamily,
    NameArabic,
    Phone,
    Email,
    Association,
    Role,
    Commune,
    Province,
    Region,
    Sex,
    /// A column that is ticked for women.
    FemaleMark,
    /// A column that is ticked for men.
    MaleMark,
    /// Years, or a band of years.
    Age,
    /// A date or a year of birth: read for the band, and not kept.
    Born,
    Remarks,
    /// Known, and not read: it says nothing of the person, or more than is needed.
    Passed,
}

impl Column {
    /// What somebody may say that a column says, by key.
    pub(super) const TOLD: [(&'static str, Self); 18] = [
        ("family", Self::Family),
        ("given", Self::Given),
        ("family_given", Self::FamilyThenGiven),
        ("given_family", Self::GivenThenFamily),
        ("name_ar", Self::NameArabic),
        ("phone", Self::Phone),
        ("email", Self::Email),
        ("association", Self::Association),
        ("role", Self::Role),
        ("commune", Self::Commune),
        ("province", Self::Province),
        ("region", Self::Region),
        ("sex", Self::Sex),
        ("female", Self::FemaleMark),
        ("male", Self::MaleMark),
        ("age", Self::Age),
        ("born", Self::Born),
        ("remarks", Self::Remarks),
    ];

    /// Its usual header.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Family | Self::Given | Self::FamilyThenGiven | Self::GivenThenFamily | Self::NameArabic => "Nom",
            Self::Phone => "Téléphone",
            Self::Email => "Courriel",
            Self::Association => "Association",
            Self::Role => "Fonction",
            Self::Commune => "Commune",
            Self::Province => "Province",
            Self::Region => "Région",
            Self::Sex | Self::FemaleMark | Self::MaleMark => "Sexe",
            Self::Age | Self::Born => "Âge",
            Self::Remarks => "Remarques",
            Self::Passed => "",
        }
    }

    fn is_name(self) -> bool {
        self.title() == "Nom"
    }

    /// What a header says. The first rule that fits decides: `Nom de l'association` is no name of a person.
    fn of(header: &str) -> Option<Self> {
        let folded = fold_search(header);
        if folded.is_empty() {
            return None;
        }
        if let Some((_, column)) = WHOLE.iter().find(|(headers, _)| headers.contains(&folded.as_str())) {
            return Some(*column);
        }
        let words: Vec<&str> = folded.split(' ').collect();
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word) || wanted.contains(&singular(word)));
        if let Some((_, column)) = WORDS.iter().find(|(wanted, _)| has(wanted)) {
            return Some(*column);
        }
        of_name(&words)
    }
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

/// Headers that decide as a whole, folded.
const WHOLE: &[(&[&str], Column)] = &[
    (&["f", "femme", "femmes", "feminin", "female", "women", "نساء", "انثي"], Column::FemaleMark),
    (&["h", "m", "homme", "hommes", "masculin", "male", "men", "رجال", "ذكر"], Column::MaleMark),
    (&["h f", "f h", "m f", "f m", "h m", "hf"], Column::Sex),
    (&["nom de naissance", "nom de jeune fille", "nom d usage", "nom de famille", "nom usuel"], Column::Family),
    (&["adresse electronique", "adresse internet", "البريد الالكتروني", "الايميل"], Column::Email),
    (&["الاسم العايلي", "الاسم العاءلي", "النسب", "اللقب", "اسم العايله"], Column::Family),
    (&["الاسم الشخصي", "الاسم الاول"], Column::Given),
    (&["الاسم", "الاسم الكامل", "الاسم والنسب", "الاسم و النسب", "الاسم واللقب"], Column::GivenThenFamily),
    (&["رقم الهاتف", "الهاتف", "هاتف", "النقال", "الهاتف النقال", "الجوال", "واتساب"], Column::Phone),
    (&["الجمعيه", "اسم الجمعيه", "المنظمه", "الهييه", "التعاونيه", "الموسسه"], Column::Association),
    (&["الجنس", "النوع"], Column::Sex),
    (&["السن", "العمر", "الفيه العمريه"], Column::Age),
    (&["تاريخ الازدياد", "تاريخ الميلاد", "سنه الازدياد"], Column::Born),
    (&["الجماعه", "المدينه", "الدوار", "القريه", "الجماعه الترابيه", "مكان الاقامه", "الاقامه"], Column::Commune),
    (&["الاقليم", "العماله", "الاقليم او العماله"], Column::Province),
    (&["الجهه"], Column::Region),
    (&["الصفه", "المهمه", "الوظيفه", "المسووليه"], Column::Role),
    (&["ملاحظات", "ملاحظه"], Column::Remarks),
    (&["الرقم", "رقم", "التوقيع", "توقيع", "التاريخ", "رقم البطاقه الوطنيه", "العنوان"], Column::Passed),
];

/// Words that decide where they stand in a header, the strongest first.
const WORDS: &[(&[&str], Column)] = &[
    (&["mail", "email", "mel", "courriel", "gmail"], Column::Email),
    // A birthplace, an identity number, a nationality, an origin: not kept of anybody.
    (
        &["lieu", "nationalite", "nationality", "cin", "cni", "passeport", "passport", "origine", "origin"],
        Column::Passed,
    ),
    (
        &["signature", "emargement", "paraphe", "formateur", "formatrice", "animateur", "animatrice", "trainer"],
        Column::Passed,
    ),
    (
        &["tel", "telephone", "portable", "mobile", "gsm", "whatsapp", "phone", "cell", "cellulaire", "fixe", "mob"],
        Column::Phone,
    ),
    (
        &["fonction", "role", "qualite", "poste", "responsabilite", "function", "position", "statut", "mandat"],
        Column::Role,
    ),
    (
        &[
            "association",
            "asso",
            "assoc",
            "structure",
            "organisme",
            "organisation",
            "organization",
            "osim",
            "institution",
            "cooperative",
            "ong",
            "ngo",
            "collectif",
            "etablissement",
        ],
        Column::Association,
    ),
    (&["naissance", "ne", "nee", "ddn", "birth", "birthday", "dob", "born"], Column::Born),
    (&["age", "ages"], Column::Age),
    (&["sexe", "genre", "civilite", "sex", "gender", "civ"], Column::Sex),
    (&["commune", "ville", "localite", "douar", "village", "city", "town", "residence", "territoire"], Column::Commune),
    (&["province", "prefecture"], Column::Province),
    (&["region"], Column::Region),
    (&["remarque", "observation", "commentaire", "note", "remark", "comment", "obs"], Column::Remarks),
    (
        &[
            "adresse",
            "address",
            "cp",
            "postal",
            "pays",
            "country",
            "profession",
            "date",
            "heure",
            "id",
            "n",
            "no",
            "num",
            "numero",
            "ordre",
            "departement",
        ],
        Column::Passed,
    ),
];

/// A header of names: by the words for the family name and the given name, and which comes first.
fn of_name(words: &[&str]) -> Option<Column> {
    let place = |wanted: &[&str]| words.iter().position(|word| wanted.contains(word));
    let given = place(&["prenom", "prenoms", "first", "given", "forename", "firstname"]);
    let family = place(&["nom", "noms", "last", "family", "surname", "lastname", "patronyme"]);
    let any = place(&[
        "name",
        "names",
        "fullname",
        "participant",
        "participants",
        "participante",
        "beneficiaire",
        "personne",
        "identite",
    ]);
    let arabic = place(&["arabe", "arabic", "بالعربيه", "العربيه"]).is_some();
    let complete = place(&["complet", "complets", "entier"]).is_some();
    match (given, family) {
        _ if arabic && (given.is_some() || family.is_some() || any.is_some()) => Some(Column::NameArabic),
        (Some(given), Some(family)) => {
            Some(if family < given { Column::FamilyThenGiven } else { Column::GivenThenFamily })
        }
        (Some(_), None) => Some(Column::Given),
        (None, Some(_)) if complete || any.is_some_and(|at| words[at] != "name") => Some(Column::GivenThenFamily),
        (None, Some(_)) => Some(Column::Family),
        (None, None) if any.is_some() => Some(Column::GivenThenFamily),
        (None, None) => None,
    }
}

/// One line of headers.
#[derive(Debug, Clone)]
pub(super) struct Header {
    titles: Vec<String>,
    columns: Vec<Option<Column>>,
}

impl Header {
    pub(super) fn of(titles: &[String]) -> Self {
        let mut columns: Vec<Option<Column>> = titles.iter().map(|title| Column::of(title)).collect();
        let has = |columns: &[Option<Column>], wanted| columns.contains(&Some(wanted));
        let lone_family = has(&columns, Column::Family) && !has(&columns, Column::Given);
        let lone_full = has(&columns, Column::GivenThenFamily);
        for column in columns.iter_mut().flatten() {
            // `Nom` alone holds whole names; `الاسم` beside a family name holds the given one.
            if *column == Column::Family && lone_family && !lone_full {
                *column = Column::FamilyThenGiven;
            } else if *column == Column::GivenThenFamily && lone_family {
                *column = Column::Given;
            }
        }
        Self { titles: titles.to_vec(), columns }
    }

    /// The columns as somebody has told them apart.
    pub(super) fn told(titles: &[String], says: &[String]) -> Self {
        let column = |key: &String| Column::TOLD.iter().find(|(known, _)| known == key).map(|(_, column)| *column);
        let mut columns: Vec<Option<Column>> = says.iter().map(column).collect();
        columns.resize(titles.len(), None);
        Self { titles: titles.to_vec(), columns }
    }

    /// The keys of the columns; empty for what is not read.
    pub(super) fn keys(&self) -> Vec<String> {
        let key = |column: &Option<Column>| {
            let told = Column::TOLD.iter().find(|(_, told)| Some(*told) == *column);
            told.map_or_else(String::new, |(key, _)| (*key).to_owned())
        };
        self.columns.iter().map(key).collect()
    }

    pub(super) fn has_names(&self) -> bool {
        self.columns.iter().flatten().any(|column| column.is_name())
    }

    /// How many kinds of column were recognised. A sentence above the table that holds a known word has one at most.
    pub(super) fn understood(&self) -> usize {
        let known = self.columns.iter().zip(&self.titles).filter(|(_, title)| title.chars().count() <= 60);
        known.filter(|(column, _)| column.is_some()).count()
    }

    /// The columns of a kind, from the left.
    pub(super) fn columns(&self, kind: Column) -> impl Iterator<Item = usize> {
        self.columns.iter().enumerate().filter(move |(_, column)| **column == Some(kind)).map(|(place, _)| place)
    }

    /// The columns that are read.
    pub(super) fn read_columns(&self) -> impl Iterator<Item = usize> {
        let read = |column: &Option<Column>| !matches!(column, None | Some(Column::Passed));
        self.columns.iter().enumerate().filter(move |(_, column)| read(column)).map(|(place, _)| place)
    }

    pub(super) fn left_out(&self) -> Vec<String> {
        let titles = self.titles.iter().zip(&self.columns);
        let left_out =
            titles.filter(|(title, column)| matches!(column, None | Some(Column::Passed)) && !title.is_empty());
        left_out.map(|(title, _)| title.clone()).collect()
    }

    pub(super) fn is_repeated_by(&self, cells: &[String]) -> bool {
        self.titles.len() == cells.len() && self.titles.iter().zip(cells).all(|(a, b)| fold_search(a) == fold_search(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(titles: &[&str]) -> Vec<Option<Column>> {
        Header::of(&titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>()).columns
    }

    #[test]
    fn headers_are_recognised_in_many_spellings() {
        let cases: &[(&[&str], Column)] = &[
            (&["Nom et prénom", "NOM & PRENOM", "Noms, prénoms", "Nom/Prénom", "Nom Prénom"], Column::FamilyThenGiven),
            (
                &["Prénom et nom", "PRENOM NOM", "Nom complet", "Participant(e)", "Full name", "Name", "الاسم الكامل"],
                Column::GivenThenFamily,
            ),
            (&["Nom du participant", "Nom de la personne"], Column::GivenThenFamily),
            (&["Prénom", "Prénom(s)", "PRENOMS", "First name", "Given Name", "الاسم الشخصي"], Column::Given),
            (&["Nom en arabe", "Nom et prénom (arabe)", "الاسم بالعربية name"], Column::NameArabic),
            (
                &[
                    "Tél",
                    "Tél.",
                    "TELEPHONE",
                    "N° de téléphone",
                    "Portable",
                    "Mobile 2",
                    "GSM",
                    "WhatsApp",
                    "Phone",
                    "رقم الهاتف",
                ],
                Column::Phone,
            ),
            (
                &[
                    "E-mail",
                    "Mail",
                    "Courriel",
                    "Adresse mail",
                    "Adresse électronique",
                    "Email address",
                    "البريد الإلكتروني",
                ],
                Column::Email,
            ),
            (
                &["Association", "ASSO.", "Structure", "Nom de l'association", "Organisme / OSIM", "الجمعية"],
                Column::Association,
            ),
            (&["Fonction", "Fonction dans l'association", "Rôle", "Qualité", "المهمة", "الصفة"], Column::Role),
            (
                &[
                    "Commune",
                    "Ville",
                    "Nom de la commune",
                    "Commune de résidence",
                    "Douar",
                    "City",
                    "المدينة",
                    "الجماعة",
                ],
                Column::Commune,
            ),
            (&["Sexe", "Genre", "H/F", "F/H", "Sexe (H/F)", "Civilité", "Gender", "الجنس"], Column::Sex),
            (
                &["Âge", "Age", "Tranche d'âge", "TRANCHE D’AGE", "Tranches d'âges", "السن", "الفئة العمرية"],
                Column::Age,
            ),
            (&["Date de naissance", "Né(e) le", "Année de naissance", "DDN", "تاريخ الازدياد"], Column::Born),
            (&["Remarques", "Observations", "Commentaire", "Notes", "ملاحظات"], Column::Remarks),
            (
                &[
                    "N°",
                    "Nº",
                    "Signature",
                    "Émargement matin",
                    "Adresse",
                    "CIN",
                    "Nationalité",
                    "Lieu de naissance",
                    "Date",
                    "CP",
                ],
                Column::Passed,
            ),
            (&["F", "Femme"], Column::FemaleMark),
            (&["H", "Hommes"], Column::MaleMark),
        ];
        for (titles, column) in cases {
            for title in *titles {
                assert_eq!(Column::of(title), Some(*column), "{title}");
            }
        }
        assert_eq!(Column::of("Nom de famille"), Some(Column::Family));
        assert_eq!(Column::of("NOM"), Some(Column::Family));
        assert_eq!(Column::of("Régime alimentaire"), None);
        assert_eq!(Column::of(""), None);
    }

    #[test]
    fn a_column_of_names_depends_on_the_others() {
        assert_eq!(columns(&["Nom", "Tél"]), [Some(Column::FamilyThenGiven), Some(Column::Phone)]);
        assert_eq!(columns(&["Nom", "Prénom"]), [Some(Column::Family), Some(Column::Given)]);
        assert_eq!(columns(&["النسب", "الاسم"]), [Some(Column::Family), Some(Column::Given)]);
        assert_eq!(columns(&["Name", "Surname"]), [Some(Column::Given), Some(Column::Family)]);
    }
}
