//! Territories: a région, département or province gives the events, associations and dossiers there.
//!
//! Codes are official ones, as text: of Morocco `RR` and `RR.PPP` of the HCP, of France the départements of INSEE and its régions
//! (`domain.md` section 5). A territory is given like a document, so it has an id of the same shape: its code, spelt out.

use crate::{document::Kind, field::Field, id::DocumentId, record::Record};

/// How the ids of territories begin; no document's does, since a UUID of ours has its version in another place.
pub const PREFIX: [u8; 4] = *b"ter:";

/// Régions of France (INSEE, code officiel géographique) with their départements.
const FRANCE: &[(&str, &[&str])] = &[
    ("01", &["971"]),
    ("02", &["972"]),
    ("03", &["973"]),
    ("04", &["974"]),
    ("06", &["976"]),
    ("11", &["75", "77", "78", "91", "92", "93", "94", "95"]),
    ("24", &["18", "28", "36", "37", "41", "45"]),
    ("27", &["21", "25", "39", "58", "70", "71", "89", "90"]),
    ("28", &["14", "27", "50", "61", "76"]),
    ("32", &["02", "59", "60", "62", "80"]),
    ("44", &["08", "10", "51", "52", "54", "55", "57", "67", "68", "88"]),
    ("52", &["44", "49", "53", "72", "85"]),
    ("53", &["22", "29", "35", "56"]),
    ("75", &["16", "17", "19", "23", "24", "33", "40", "47", "64", "79", "86", "87"]),
    ("76", &["09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"]),
    ("84", &["01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74"]),
    ("93", &["04", "05", "06", "13", "83", "84"]),
    ("94", &["2A", "2B"]),
];

/// The id under which a territory is given: `MA.09`, `MA.09.541`, `FR.13`, `FR.R93`. None where the code is too long to be one.
#[must_use]
pub fn id_of(code: &str) -> Option<DocumentId> {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&PREFIX);
    let fits = !code.is_empty() && code.len() <= 12 && code.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| {
        bytes[4..4 + code.len()].copy_from_slice(code.as_bytes());
        DocumentId(bytes)
    })
}

/// The code of a territory; none for the id of a document.
#[must_use]
pub fn code_of(id: DocumentId) -> Option<String> {
    let code = id.0.strip_prefix(&PREFIX)?;
    let length = code.iter().position(|byte| *byte == 0).unwrap_or(code.len());
    String::from_utf8(code[..length].to_vec()).ok()
}

/// The territories that a document lies in, by the codes that it states.
#[must_use]
pub fn of_record(kind: Kind, record: &Record) -> Vec<DocumentId> {
    let text = |field| record.fields().text(field);
    let mut codes = match kind {
        Kind::Event => {
            let by_code = around_commune(text(Field::CommuneCode));
            if by_code.is_empty() { around_commune(text(Field::Commune)) } else { by_code }
        }
        Kind::Dossier => around_commune(text(Field::Territory)),
        Kind::Association => {
            let by_commune = around_commune(text(Field::CommuneCode));
            if by_commune.is_empty() { around_postcode(text(Field::Postcode)) } else { by_commune }
        }
        Kind::Person | Kind::Contact | Kind::Call | Kind::Settings => Vec::new(),
    };
    codes.dedup();
    codes.iter().filter_map(|code| id_of(code)).collect()
}

/// The territories around a commune, given by its HCP code (`09.541.01.05`) or INSEE code (`13055`), or around a province or région
/// given by its HCP code. None for a name.
#[must_use]
pub fn around_commune(code: &str) -> Vec<String> {
    let parts: Vec<&str> = code.split('.').collect();
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [region] if digits(region, 2) => vec![format!("MA.{region}")],
        [region, province, rest @ ..] if digits(region, 2) && digits(province, 3) && rest.len() <= 2 => {
            vec![format!("MA.{region}"), format!("MA.{region}.{province}")]
        }
        [insee] if insee.len() == 5 && insee.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            let length = if insee.starts_with("97") { 3 } else { 2 };
            around_departement(&insee[..length])
        }
        _ => Vec::new(),
    }
}

/// The territories around a French postcode. None for what is no postcode.
#[must_use]
pub fn around_postcode(postcode: &str) -> Vec<String> {
    if postcode.len() != 5 || !postcode.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    match &postcode[..3] {
        // La Poste counts Corsica as 20; its two départements part here.
        "200" | "201" => around_departement("2A"),
        "202" | "206" => around_departement("2B"),
        overseas if overseas.starts_with("97") => around_departement(overseas),
        _ => around_departement(&postcode[..2]),
    }
}

fn around_departement(code: &str) -> Vec<String> {
    let region = FRANCE.iter().find(|(_, departements)| departements.contains(&code));
    region.map_or_else(Vec::new, |(region, _)| vec![format!("FR.R{region}"), format!("FR.{code}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_lies_in_its_territories() {
        let check = |code: &str, expected: &[&str]| assert_eq!(around_commune(code), expected, "{code}");
        check("09.541.01.05", &["MA.09", "MA.09.541"]);
        check("09", &["MA.09"]);
        check("13055", &["FR.R93", "FR.13"]);
        check("2A004", &["FR.R94", "FR.2A"]);
        check("97411", &["FR.R04", "FR.974"]);
        check("Taroudannt", &[]);
        check("99999", &[]);
        assert_eq!(around_postcode("20200"), ["FR.R94", "FR.2B"]);
        assert_eq!(around_postcode("75011"), ["FR.R11", "FR.75"]);
    }

    #[test]
    fn an_event_lies_where_the_code_of_its_commune_says() {
        let register = |value: &str| crate::record::Register { value: value.into(), apart: Vec::new() };
        let check = |all: &[(Field, &str)], expected: &[&str]| {
            let fields = crate::record::Fields(all.iter().map(|(field, value)| (*field, register(value))).collect());
            let event = crate::record::EventRecord { fields, ..Default::default() };
            let expected: Vec<_> = expected.iter().filter_map(|code| id_of(code)).collect();
            assert_eq!(of_record(Kind::Event, &Record::Event(event)), expected, "{all:?}");
        };
        check(&[(Field::Commune, "Tinzart"), (Field::CommuneCode, "09.541.04.61")], &["MA.09", "MA.09.541"]);
        check(&[(Field::Commune, "Marseille"), (Field::CommuneCode, "13055")], &["FR.R93", "FR.13"]);
        // As lists had it before there was a field for the code.
        check(&[(Field::Commune, "13055")], &["FR.R93", "FR.13"]);
        check(&[(Field::Commune, "Marseille")], &[]);
    }

    #[test]
    fn every_departement_is_there_once() {
        let mut all: Vec<&str> = FRANCE.iter().flat_map(|(_, departements)| departements.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 101);
    }

    #[test]
    fn an_id_reads_back_and_is_no_documents() {
        let id = id_of("MA.09.541").unwrap();
        assert_eq!(code_of(id).as_deref(), Some("MA.09.541"));
        assert_eq!(code_of(DocumentId::new(1_700_000_000_000, [7; 10])), None);
        assert_eq!(id_of("longer than twelve"), None);
    }
}
