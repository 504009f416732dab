//! Morocco's regions, provinces and communes: the lists of the Haut-Commissariat au Plan.
//!
//! Codes are text. Written in full a commune is `RR.PPP.CC.NN`: region, province, cercle, number; the six cities that are
//! divided into arrondissements have one digit at the end, and the prefectures of arrondissements look like communes. A
//! spreadsheet that takes a code for a number drops its zeros; such a row is refused, since nothing tells where they stood.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::Serialize;
use shared::names;

use super::{Problem, Readout, Unreadable, table};

/// The lists that come with the program. Source: Haut-Commissariat au Plan, see `reference/README.md`.
pub const REGIONS: &[u8] = include_bytes!("../../../reference/morocco/regions.csv");
/// See [`REGIONS`].
pub const PROVINCES: &[u8] = include_bytes!("../../../reference/morocco/provinces.csv");
/// See [`REGIONS`].
pub const COMMUNES: &[u8] = include_bytes!("../../../reference/morocco/communes.csv");

/// The three lists are far below.
const MEBIBYTES_MAX: usize = 16;

/// A region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Region {
    /// `09`.
    pub code: String,
    pub name_fr: String,
    pub name_ar: String,
}

/// A province or prefecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Province {
    /// `09.541`.
    pub code: String,
    pub name_fr: String,
    pub name_ar: String,
    pub kind: ProvinceKind,
    pub region: String,
}

/// What a province is called, by its nature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvinceKind {
    Province,
    Prefecture,
    /// Part of the prefecture of Casablanca.
    PrefectureOfArrondissements,
}

/// A commune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Commune {
    /// `09.541.05.13`.
    pub code: String,
    pub name_fr: String,
    pub name_ar: String,
    pub kind: CommuneKind,
    pub region: String,
    pub province: String,
    /// In 2024.
    pub population: Option<u32>,
}

/// How the census counts a commune.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommuneKind {
    Urban,
    Rural,
}

/// The French and the Arabic name of a région (`09`) or province (`09.541`) of the lists that ship.
#[must_use]
pub fn names_of(code: &str) -> Option<(&'static str, &'static str)> {
    static NAMES: LazyLock<HashMap<String, (String, String)>> = LazyLock::new(|| {
        let regions = regions(REGIONS).into_iter().flat_map(|list| list.rows);
        let regions = regions.map(|one| (one.code, (one.name_fr, one.name_ar)));
        let provinces = provinces(PROVINCES).into_iter().flat_map(|list| list.rows);
        regions.chain(provinces.map(|one| (one.code, (one.name_fr, one.name_ar)))).collect()
    });
    NAMES.get(code).map(|(name_fr, name_ar)| (name_fr.as_str(), name_ar.as_str()))
}

/// Reads `code,name_fr,name_ar`.
///
/// # Errors
/// Where the file is no text or has not these columns.
pub fn regions(bytes: &[u8]) -> Result<Readout<Region>, Unreadable> {
    read(bytes, &["code", "name_fr", "name_ar"], |cells| {
        let [code, name_fr, name_ar] = cells else { return Err(Problem::LayoutUnknown) };
        let code = checked_code(code, &[&[2]])?;
        Ok((code.clone(), Region { code, name_fr: name(name_fr)?, name_ar: name_ar.clone() }))
    })
}

/// Reads `code,name_fr,name_ar,type,region_code`.
///
/// # Errors
/// Where the file is no text or has not these columns.
pub fn provinces(bytes: &[u8]) -> Result<Readout<Province>, Unreadable> {
    read(bytes, &["code", "name_fr", "name_ar", "type", "region_code"], |cells| {
        let [code, name_fr, name_ar, kind, region] = cells else { return Err(Problem::LayoutUnknown) };
        let (kind, shape): (_, &[usize]) = match kind.as_str() {
            "province" => (ProvinceKind::Province, &[2, 3]),
            "prefecture" => (ProvinceKind::Prefecture, &[2, 3]),
            "prefecture_of_arrondissements" => (ProvinceKind::PrefectureOfArrondissements, &[2, 3, 2, 2]),
            _ => return Err(Problem::TerritoryKindUnknown),
        };
        let code = checked_code(code, &[shape])?;
        let region = within(&code, &checked_code(region, &[&[2]])?)?;
        Ok((code.clone(), Province { code, name_fr: name(name_fr)?, name_ar: name_ar.clone(), kind, region }))
    })
}

/// Reads `code,name_fr,name_ar,type,region_code,province_code,population_2024`.
///
/// # Errors
/// Where the file is no text or has not these columns.
pub fn communes(bytes: &[u8]) -> Result<Readout<Commune>, Unreadable> {
    let columns = &["code", "name_fr", "name_ar", "type", "region_code", "province_code", "population_2024"];
    read(bytes, columns, |cells| {
        let [code, name_fr, name_ar, kind, region, province, population] = cells else {
            return Err(Problem::LayoutUnknown);
        };
        let kind = match kind.as_str() {
            "urban" => CommuneKind::Urban,
            "rural" => CommuneKind::Rural,
            _ => return Err(Problem::TerritoryKindUnknown),
        };
        let code = checked_code(code, &[&[2, 3, 2, 2], &[2, 3, 2, 1]])?;
        let province = within(&code, &checked_code(province, &[&[2, 3]])?)?;
        let region = within(&code, &checked_code(region, &[&[2]])?)?;
        let population = match population.as_str() {
            "" => None,
            number => Some(number.parse().map_err(|_| Problem::TerritoryPopulationInvalid)?),
        };
        let (name_fr, name_ar) = (name(name_fr)?, name_ar.clone());
        Ok((code.clone(), Commune { code, name_fr, name_ar, kind, region, province, population }))
    })
}

/// Reads a file with these columns, in any order and among others, row by row; a code may stand once.
fn read<T>(
    bytes: &[u8],
    columns: &[&'static str],
    territory: impl Fn(&[String]) -> Result<(String, T), Problem>,
) -> Result<Readout<T>, Unreadable> {
    table::check(bytes, MEBIBYTES_MAX)?;
    let delimiter = if bytes.iter().take_while(|byte| **byte != b'\n').any(|byte| *byte == b';') { b';' } else { b',' };
    let mut rows = table::Rows::new(bytes, delimiter);
    let Some(Ok(header)) = rows.next() else { return Err(Unreadable(Problem::LayoutUnknown)) };
    let names: Vec<String> = header.texts().map(|name| name.to_lowercase()).collect();
    let place = |column: &&'static str| {
        names.iter().position(|name| name == column).ok_or(Unreadable(Problem::ColumnMissing(column)))
    };
    let places: Vec<usize> = columns.iter().map(place).collect::<Result<_, _>>()?;
    let mut readout = Readout::default();
    let mut seen = HashSet::new();
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(finding) => {
                readout.refused.push(finding);
                continue;
            }
        };
        let cells: Vec<String> = places.iter().map(|column| row.text(*column)).collect();
        match territory(&cells) {
            Ok((code, _)) if !seen.insert(code.clone()) => readout.refuse(row.line, Problem::TerritoryCodeRepeated),
            Ok((_, territory)) => readout.rows.push(territory),
            Err(problem) => readout.refuse(row.line, problem),
        }
    }
    Ok(readout)
}

fn name(text: &str) -> Result<String, Problem> {
    let name = names::tidy(text);
    if name.is_empty() { Err(Problem::TerritoryNameMissing) } else { Ok(name) }
}

/// A code whose parts have one of these numbers of digits.
///
/// The nine digits of a commune may come without dots. Fewer digits without dots are refused: they may be a city's code, or one
/// whose zero was lost.
fn checked_code(code: &str, shapes: &[&[usize]]) -> Result<String, Problem> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut code = code.to_owned();
    if code.len() == 9 && digits(&code) && shapes.contains(&&[2, 3, 2, 2][..]) {
        code = format!("{}.{}.{}.{}", &code[..2], &code[2..5], &code[5..7], &code[7..]);
    }
    let parts: Vec<&str> = code.split('.').collect();
    let fits = |shape: &&[usize]| {
        shape.len() == parts.len()
            && shape.iter().zip(&parts).all(|(length, part)| part.len() == *length && digits(part))
    };
    if shapes.iter().any(fits) { Ok(code) } else { Err(Problem::TerritoryCodeInvalid) }
}

/// The outer territory's code, where the inner one's begins with it.
fn within(inner: &str, outer: &str) -> Result<String, Problem> {
    let inside = inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    if inside { Ok(outer.to_owned()) } else { Err(Problem::TerritoryMisplaced) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_three_lists_are_read_whole_and_fit_together() {
        let (regions, provinces, communes) = (regions(REGIONS), provinces(PROVINCES), communes(COMMUNES));
        let regions = regions.expect("regions");
        let provinces = provinces.expect("provinces");
        let communes = communes.expect("communes");
        assert!(regions.refused.is_empty() && provinces.refused.is_empty() && communes.refused.is_empty());
        assert_eq!((regions.rows.len(), provinces.rows.len(), communes.rows.len()), (12, 83, 1_503));
        let known: HashSet<&str> = provinces.rows.iter().map(|province| province.code.as_str()).collect();
        assert!(communes.rows.iter().all(|commune| known.contains(commune.province.as_str())));
        let known: HashSet<&str> = regions.rows.iter().map(|region| region.code.as_str()).collect();
        assert!(provinces.rows.iter().all(|province| known.contains(province.region.as_str())));
    }

    #[test]
    fn souss_massa_has_the_communes_that_the_census_counts() {
        let communes = communes(COMMUNES).expect("communes").rows;
        let mut by_province: BTreeMap<&str, usize> = BTreeMap::new();
        for commune in communes.iter().filter(|commune| commune.region == "09") {
            *by_province.entry(&commune.province).or_default() += 1;
        }
        let expected = [("09.001", 13), ("09.163", 22), ("09.273", 6), ("09.541", 89), ("09.551", 20), ("09.581", 25)];
        assert_eq!(by_province.into_iter().collect::<Vec<_>>(), expected);
        let people: u32 = communes.iter().filter(|commune| commune.region == "09").filter_map(|c| c.population).sum();
        assert_eq!(people, 3_020_431);
        let tanger = &communes[0];
        assert_eq!((&*tanger.code, &*tanger.name_fr, tanger.kind), ("01.511.01.0", "Tanger", CommuneKind::Urban));
    }

    #[test]
    fn what_a_spreadsheet_did_to_a_code_is_refused() {
        let file = "\u{feff}type;code;name_fr;name_ar;province_code;region_code;population_2024\n\
                    rural;09.541.05.13;Tinzart;تينزرت;09.541;09;5000\n\
                    rural;095410515;Taliouine;تالوين;09.541;09;\n\
                    rural;95410517;Zéro perdu;;09.541;09;\n\
                    rural;9.541.05.19;Zéro perdu;;09.541;09;\n\
                    rural;09.541.05.13;Deux fois;;09.541;09;\n\
                    rural;09.541.05.21;Ailleurs;;09.581;09;\n\
                    rural;09.541.05.23;;;09.541;09;\n\
                    ville;09.541.05.25;Genre;;09.541;09;\n\
                    urban;09.541.05.27;Habitants;;09.541;09;beaucoup\n";
        let readout = communes(file.as_bytes()).expect("a file");
        let codes: Vec<&str> = readout.rows.iter().map(|commune| commune.code.as_str()).collect();
        assert_eq!(codes, ["09.541.05.13", "09.541.05.15"]);
        let refused: Vec<_> = readout.refused.iter().map(|finding| (finding.line, finding.problem.code())).collect();
        let expected = [
            (4, "territory.code_invalid"),
            (5, "territory.code_invalid"),
            (6, "territory.code_repeated"),
            (7, "territory.misplaced"),
            (8, "territory.name_missing"),
            (9, "territory.kind_unknown"),
            (10, "territory.population_invalid"),
        ];
        assert_eq!(refused, expected);
        assert_eq!(communes(b"code,name_fr\n").map(|_| ()), Err(Unreadable(Problem::ColumnMissing("name_ar"))));
    }
}
