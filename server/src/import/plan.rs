//! What the rows of a file become: ids, fields and people. Follows from the rows and the server's identity alone, so that a
//! file that is read again asks for the same.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest as _, Sha256};
use shared::{
    edit::NewPerson,
    field::{Field, Value},
    id::{DocumentId, RowId},
    limit,
    names::fold_search,
    phone::{self, Phone},
};

use super::{
    Finding, Problem,
    participants::Participant,
    phones::{self, HomeCountry},
    rna::{Position, RnaRow},
};

/// An association as a row of the register has it.
#[derive(Debug)]
pub(super) struct PlannedAssociation {
    pub(super) id: DocumentId,
    pub(super) rna: Option<String>,
    pub(super) fields: BTreeMap<Field, Value>,
    pub(super) notes: Vec<Finding>,
}

/// A person as a row of a list has them.
#[derive(Debug)]
pub(super) struct PlannedPerson {
    /// The id under which they are begun, then those under which the same row may have been taken when less, or more, was
    /// known of its phone's country.
    pub(super) ids: Vec<DocumentId>,
    /// Without the association and the commune's code: the row only names them.
    pub(super) new: NewPerson,
}

/// Whether the register says that an association is gone and its document could not say so, having no day of it.
pub(super) fn is_gone(row: &RnaRow) -> bool {
    match row.position {
        Position::Removed => true,
        Position::Dissolved => row.dissolved.is_none(),
        Position::Active | Position::Replaced | Position::Unknown => false,
    }
}

/// The association of a row of the register; what is too long for its field is left out and said.
pub(super) fn association(row: &RnaRow) -> Result<PlannedAssociation, Problem> {
    if row.title.chars().count() > limit::SHORT_CHARS_MAX {
        return Err(Problem::RowTextTooLong("titre"));
    }
    let mut notes = Vec::new();
    let mut fields = BTreeMap::from([(Field::Title, Value::from(row.title.as_str()))]);
    let cells = [
        (Field::ShortTitle, &row.short_title, "titre_court", limit::SHORT_CHARS_MAX),
        (Field::NameAr, &row.name_ar, "nom en arabe", limit::SHORT_CHARS_MAX),
        (Field::RnaNumber, &row.rna_id, "id", limit::SHORT_CHARS_MAX),
        (Field::SiretNumber, &row.siret, "siret", limit::SHORT_CHARS_MAX),
        (Field::Object, &row.object, "objet", limit::LINES_CHARS_MAX),
        (Field::Address, &row.address, "adresse", limit::SHORT_CHARS_MAX),
        (Field::Postcode, &row.postcode, "adrs_codepostal", limit::SHORT_CHARS_MAX),
        (Field::City, &row.city, "commune", limit::SHORT_CHARS_MAX),
        (Field::CommuneCode, &row.insee_commune, "adrs_codeinsee", limit::SHORT_CHARS_MAX),
        (Field::Founded, &row.created, "date_creat", limit::SHORT_CHARS_MAX),
        (Field::Dissolved, &row.dissolved, "date_disso", limit::SHORT_CHARS_MAX),
    ];
    for (field, text, column, chars_max) in cells {
        let Some(text) = text else { continue };
        if text.chars().count() > chars_max {
            notes.push(Finding { line: row.line, problem: Problem::RowTextTooLong(column) });
        } else {
            fields.insert(field, Value::from(text.as_str()));
        }
    }
    let words = [(Field::RegisterNature, row.nature), (Field::Grouping, row.grouping)];
    fields.extend(words.into_iter().filter_map(|(field, word)| Some((field, Value::from(word?)))));
    // The register is one for the whole country: its numbers give the same id on every server.
    let id = match (&row.rna_id, &row.old_id) {
        (Some(number), _) => document_id(&["association", "rna", number]),
        (None, Some(old)) => document_id(&["association", "before 2009", old]),
        (None, None) => return Err(Problem::RnaNumberInvalid),
    };
    Ok(PlannedAssociation { id, rna: row.rna_id.clone(), fields, notes })
}

/// The association that a list names and nobody knows yet.
pub(super) fn named_association(server: &str, title_folded: &str) -> DocumentId {
    document_id(&["association", "named", server, title_folded])
}

/// The id under which a row is taken again once its record was taken back with an import.
pub(super) fn again(id: DocumentId) -> DocumentId {
    document_id(&["again", &id.to_string()])
}

/// The association of a row that somebody brings at the desk: by its number, else by its title.
pub(super) fn brought(server: &str, row: &RnaRow) -> Result<PlannedAssociation, Problem> {
    match row.rna_id {
        Some(_) => association(row),
        None => {
            // The older number is no part of what is kept.
            let planned = association(&RnaRow { old_id: Some(String::new()), ..row.clone() })?;
            Ok(PlannedAssociation { id: named_association(server, &fold_search(&row.title)), ..planned })
        }
    }
}

/// The person of a row.
///
/// Known by their name with a phone or an email; without either, by all that the row says, so that two people who share
/// nothing but a name stay two.
pub(super) fn person(server: &str, row: &Participant) -> PlannedPerson {
    let new = NewPerson {
        given: row.given.clone(),
        family: row.family.clone(),
        name_ar: row.name_ar.clone(),
        sex: row.sex.word().to_owned(),
        age_band: row.age.word().unwrap_or_default().to_owned(),
        commune: row.commune.clone().unwrap_or_default(),
        commune_code: String::new(),
        association: None,
        // What a list says of consents is no consent.
        photo_consent: false,
        messages_consent: false,
    };
    let folded = |text: Option<&str>| fold_search(text.unwrap_or_default());
    let names = [&row.given, &row.family, &row.name_ar].map(|name| fold_search(name));
    let id = |parts: &[&str]| {
        let mut all = vec!["person", server, &names[0], &names[1], &names[2]];
        all.extend(parts);
        document_id(&all)
    };
    let numbers = row.phones.iter().map(numbers).find(|numbers| !numbers.is_empty()).unwrap_or_default();
    let ids = match (numbers.is_empty(), row.emails.first()) {
        (false, _) => numbers.iter().map(|number| id(&["phone", number])).collect(),
        (true, Some(email)) => vec![id(&["email", email])],
        (true, None) => {
            let association = folded(row.association.as_deref());
            let commune = folded(row.commune.as_deref());
            vec![id(&["row", &association, &commune, &new.sex, &new.age_band])]
        }
    };
    PlannedPerson { ids, new }
}

/// What one phone may be known by, the likeliest first: its number, its digits as written, and its number in each country
/// that it may be from. Nothing where it is a number nowhere.
fn numbers(phone: &Phone) -> Vec<String> {
    let mut numbers: Vec<String> = phone.e164.iter().cloned().collect();
    let elsewhere: Vec<String> = [HomeCountry::France, HomeCountry::Morocco]
        .into_iter()
        .filter_map(|home| phones::read(&phone.raw, Some(home)).0.e164)
        .collect();
    if phone.e164.is_some() || !elsewhere.is_empty() {
        numbers.push(phone::clean_digits(&phone.raw));
    }
    if phone.e164.is_none() {
        numbers.extend(elsewhere);
    }
    let mut seen = HashSet::new();
    numbers.retain(|number| seen.insert(number.clone()));
    numbers
}

/// The row of a phone in its person's contact.
pub(super) fn phone_row(person: DocumentId, phone: &Phone) -> RowId {
    row_id(&["phone", &person.to_string(), phone.e164.as_deref().unwrap_or(&phone.raw)])
}

/// The row of an email there.
pub(super) fn email_row(person: DocumentId, address: &str) -> RowId {
    row_id(&["email", &person.to_string(), address])
}

/// A UUIDv8 of the parts.
fn document_id(parts: &[&str]) -> DocumentId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(parts)[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    DocumentId(bytes)
}

fn row_id(parts: &[&str]) -> RowId {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest(parts)[..8]);
    RowId(bytes)
}

/// Each part with its length before it: no two lists of parts are hashed alike.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"tiwizi import ");
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::participants::{self, Circumstances, Day};

    fn people(list: &str, country: Option<HomeCountry>) -> Vec<PlannedPerson> {
        let circumstances = Circumstances { country, today: Day { year: 2026, month: 3, day: 1 } };
        let list = participants::read(list.as_bytes(), &circumstances).expect("a list");
        list.readout.rows.iter().map(|row| person("server", row)).collect()
    }

    #[test]
    fn a_row_is_known_again_whether_or_not_its_country_was_told() {
        let list = "Nom;Prénom;Tél\nAmrani;Zoé;06 12 34 56 78\n";
        let untold = people(list, None).remove(0).ids;
        for country in [HomeCountry::France, HomeCountry::Morocco] {
            let told = people(list, Some(country)).remove(0).ids;
            assert!(told.contains(&untold[0]) && untold.contains(&told[0]), "{country:?}");
        }
        let french = people("Nom;Prénom;Tél\nAMRANI;Zoe;+33612345678\n", None).remove(0).ids;
        assert_eq!(french[0], people(list, Some(HomeCountry::France)).remove(0).ids[0]);
    }

    #[test]
    fn a_name_alone_makes_nobody_the_same() {
        let list = "Nom;Prénom;Tél;Mail;Commune\n\
                    Benali;Ali;+33612345678;;\n\
                    Benali;Ali;+33612345679;;\n\
                    Benali;Ali;;ali@exemple.fr;\n\
                    Benali;Ali;;;Arles\n\
                    Benali;Ali;;;Tiznit\n";
        let mut ids: Vec<_> = people(list, None).into_iter().map(|person| person.ids[0]).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 5);
        assert!(ids.iter().all(|id| id.to_string().as_bytes()[14] == b'8'), "UUIDv8");
    }
}
