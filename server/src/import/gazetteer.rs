//! Communes of Morocco by name: which official code a name stands for, within a territory that somebody stated.
//!
//! A name alone says too little: some name several communes, a French village may be called like a Moroccan one, and
//! volunteers write 'Tinzert' where the census writes 'Tinzart'. So a code is taken only where one commune of the stated
//! territory has that very name, letter for letter but for accents and hyphens. What sounds alike is proposed, never taken.

use shared::names::{self, Heard};

use super::morocco::{Commune, Province, Region};

/// Words that people put before the name of a territory, folded.
const TITLES: &[&str] = &[
    "commune",
    "rurale",
    "urbaine",
    "municipalite",
    "cr",
    "cu",
    "ville",
    "province",
    "prefecture",
    "region",
    "de",
    "d",
    "du",
];
/// How people name the whole country, folded.
const COUNTRY: &[&str] = &["maroc", "morocco", "المغرب", "ma"];

/// The official lists, ready to be asked.
#[derive(Debug)]
pub struct Gazetteer {
    communes: Vec<Entry>,
    /// Provinces and regions: their folded names, and the code with which those of their communes begin.
    territories: Vec<([String; 2], Territory)>,
}

#[derive(Debug)]
struct Entry {
    commune: Commune,
    /// In Latin and in Arabic letters, folded.
    folded: [String; 2],
    heard: Heard,
}

/// A province or region, or the whole country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory(String);

impl Territory {
    fn holds(&self, commune: &Commune) -> bool {
        self.0.is_empty() || commune.province == self.0 || commune.region == self.0
    }
}

/// What a name may stand for.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// One commune has that name.
    One(&'a Commune),
    /// Several have.
    Several(Vec<&'a Commune>),
    /// None has; these sound alike.
    Near(Vec<&'a Commune>),
    /// Nothing there is called like it.
    Nothing,
}

impl Gazetteer {
    #[must_use]
    pub fn new(communes: Vec<Commune>, provinces: &[Province], regions: &[Region]) -> Self {
        let fold = |fr: &str, ar: &str| [fr, ar].map(bare);
        let provinces = provinces.iter().map(|of| (fold(&of.name_fr, &of.name_ar), Territory(of.code.clone())));
        let regions = regions.iter().map(|of| (fold(&of.name_fr, &of.name_ar), Territory(of.code.clone())));
        let territories = provinces.chain(regions).collect();
        let entry = |commune: Commune| Entry {
            folded: fold(&commune.name_fr, &commune.name_ar),
            heard: Heard::new(&commune.name_fr),
            commune,
        };
        Self { communes: communes.into_iter().map(entry).collect(), territories }
    }

    /// The territory of that name or code; none where there is no such one in Morocco, or more than one.
    #[must_use]
    pub fn territory(&self, stated: &str) -> Option<Territory> {
        let folded = bare(stated);
        if COUNTRY.contains(&folded.as_str()) {
            return Some(Territory(String::new()));
        }
        let is_it = |(names, territory): &&([String; 2], Territory)| {
            territory.0 == stated.trim() || !folded.is_empty() && names.contains(&folded)
        };
        let mut found = self.territories.iter().filter(is_it).map(|(_, territory)| territory);
        let one = found.next()?;
        found.next().is_none().then(|| one.clone())
    }

    /// What a name may stand for in a territory.
    #[must_use]
    pub fn find(&self, name: &str, within: &Territory) -> Found<'_> {
        let folded = bare(name);
        if folded.is_empty() {
            return Found::Nothing;
        }
        let there = || self.communes.iter().filter(|entry| within.holds(&entry.commune));
        let named: Vec<&Commune> = there()
            .filter(|entry| entry.folded.contains(&folded) || entry.commune.code == name.trim())
            .map(|entry| &entry.commune)
            .collect();
        match named[..] {
            [one] => return Found::One(one),
            [] => {}
            _ => return Found::Several(named),
        }
        let heard = Heard::new(&folded);
        let near: Vec<&Commune> =
            there().filter(|entry| heard.alike(&entry.heard).is_some()).map(|entry| &entry.commune).collect();
        if near.is_empty() { Found::Nothing } else { Found::Near(near) }
    }

    /// Whether some commune of the country has that name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        let folded = bare(name);
        self.communes.iter().any(|entry| entry.folded.contains(&folded))
    }
}

/// A name folded, without what people write before it.
fn bare(name: &str) -> String {
    let folded = names::fold_search(name);
    let words: Vec<&str> = folded.split(' ').collect();
    let titles = words.iter().take_while(|word| TITLES.contains(word)).count();
    // A name that is nothing but such words is one: `Ville`.
    if titles == words.len() { folded } else { words[titles..].join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::morocco::{self, COMMUNES, PROVINCES, REGIONS};

    fn gazetteer() -> Gazetteer {
        let read = "the lists that come with the program";
        let provinces = morocco::provinces(PROVINCES).expect(read).rows;
        let regions = morocco::regions(REGIONS).expect(read).rows;
        Gazetteer::new(morocco::communes(COMMUNES).expect(read).rows, &provinces, &regions)
    }

    #[test]
    fn a_territory_has_a_name_or_a_code_and_people_write_it_in_many_ways() {
        let gazetteer = gazetteer();
        for (stated, code) in [
            ("Taroudannt", "09.541"),
            ("province de TAROUDANNT", "09.541"),
            ("09.541", "09.541"),
            ("Souss-Massa", "09"),
            ("Région Souss Massa", "09"),
            ("Chtouka Ait Baha", "09.163"),
            ("سوس-ماسة", "09"),
            ("Maroc", ""),
        ] {
            assert_eq!(gazetteer.territory(stated), Some(Territory(code.to_owned())), "{stated}");
        }
        for stated in ["", "Provence", "Bouches-du-Rhône", "9.541", "09.9"] {
            assert_eq!(gazetteer.territory(stated), None, "{stated}");
        }
    }

    #[test]
    fn a_name_is_taken_within_its_territory_and_only_proposed_where_it_merely_sounds_alike() {
        let gazetteer = gazetteer();
        let said = |name: &str, within: &str| {
            let within = gazetteer.territory(within).expect("a territory");
            let codes = |communes: Vec<&Commune>| {
                communes.iter().map(|commune| commune.code.clone()).collect::<Vec<_>>().join(" ")
            };
            match gazetteer.find(name, &within) {
                Found::One(one) => format!("one {}", one.code),
                Found::Several(several) => format!("several {}", several.len()),
                Found::Near(near) => format!("near {}", codes(near)),
                Found::Nothing => "nothing".to_owned(),
            }
        };
        let tinzart = gazetteer.communes.iter().find(|entry| entry.commune.name_fr == "Tinzart").expect("Tinzart");
        let code = &tinzart.commune.code;
        assert_eq!(said("TINZART", "Taroudannt"), format!("one {code}"));
        assert_eq!(said("commune de Tinzart", "Souss-Massa"), format!("one {code}"));
        assert_eq!(said(code, "Souss-Massa"), format!("one {code}"));
        assert_eq!(said(&tinzart.commune.name_ar, "Taroudannt"), format!("one {code}"));
        assert_eq!(said("Tinzert", "Taroudannt"), format!("near {code}"));
        assert_eq!(said("Tinzart", "Tata"), "nothing", "it lies elsewhere");
        assert_eq!(said("Arles", "Taroudannt"), "nothing");
        assert_eq!(said("", "Taroudannt"), "nothing");
        // Ten names stand for twenty-one communes of the country, and two more differ by an apostrophe.
        let several =
            gazetteer.communes.iter().filter(|entry| said(&entry.commune.name_fr, "Maroc").starts_with("several"));
        assert_eq!(several.count(), 23);
        // In Souss-Massa each has its own.
        let souss_massa = gazetteer.communes.iter().filter(|entry| entry.commune.region == "09");
        assert!(souss_massa.into_iter().all(|entry| said(&entry.commune.name_fr, "09").starts_with("one")));
    }
}
