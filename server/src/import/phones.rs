//! Phone numbers as people write them, brought to E.164 by the numbering plans of a library.

use std::str::FromStr;

use phonenumber::{Mode, country::Id};
use shared::phone::{self, Phone};

use super::Problem;

/// The country that a list's bare numbers are from, as its sender says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeCountry {
    France,
    Morocco,
}

impl HomeCountry {
    /// ISO 3166-1 alpha-2.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::France => "FR",
            Self::Morocco => "MA",
        }
    }

    fn id(self) -> Id {
        match self {
            Self::France => Id::FR,
            Self::Morocco => Id::MA,
        }
    }
}

impl FromStr for HomeCountry {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        match code.to_ascii_uppercase().as_str() {
            "FR" => Ok(Self::France),
            "MA" => Ok(Self::Morocco),
            _ => Err("FR ou MA".to_owned()),
        }
    }
}

/// Reads one number. Where it cannot be understood, the raw text is kept and the problem is named.
#[must_use]
pub fn read(raw: &str, home: Option<HomeCountry>) -> (Phone, Option<Problem>) {
    let unknown = Phone { e164: None, country: None, raw: raw.trim().to_owned() };
    match number(raw, home) {
        Ok((e164, country)) => {
            let phone = Phone { e164: Some(e164), country: Some(country), ..unknown };
            if phone.is_well_formed() {
                (phone, None)
            } else {
                (Phone { e164: None, country: None, ..phone }, Some(Problem::PhoneInvalid))
            }
        }
        Err(problem) => (unknown, Some(problem)),
    }
}

fn number(raw: &str, home: Option<HomeCountry>) -> Result<(String, String), Problem> {
    if is_rounded(raw) {
        return Err(Problem::PhoneDamaged);
    }
    let dialled = phone::clean_digits(raw);
    if dialled.starts_with('+') {
        return parsed(None, &dialled).ok_or(Problem::PhoneInvalid);
    }
    // A plus that was lost on the way: no number of either country is so long without it.
    if (dialled.len() == 11 && dialled.starts_with("33")) || (dialled.len() == 12 && dialled.starts_with("212")) {
        return parsed(None, &format!("+{dialled}")).ok_or(Problem::PhoneInvalid);
    }
    // A zero that a spreadsheet took for nothing.
    let national = if dialled.len() == 9 && !dialled.starts_with('0') { format!("0{dialled}") } else { dialled };
    if national.len() != 10 || !national.starts_with('0') {
        return Err(Problem::PhoneInvalid);
    }
    match home {
        Some(home) => parsed(Some(home.id()), &national).ok_or(Problem::PhoneNotInCountry),
        None if phone::ambiguous(&national) => Err(Problem::PhoneCountryNeeded),
        // Morocco has none of the other beginnings for its subscribers.
        None => parsed(Some(Id::FR), &national).ok_or(Problem::PhoneInvalid),
    }
}

/// `6,61235E+08`: the last digits are gone.
fn is_rounded(raw: &str) -> bool {
    let Some((mantissa, exponent)) = raw.split_once(['E', 'e']) else { return false };
    mantissa.ends_with(|c: char| c.is_ascii_digit()) && exponent.trim_start_matches('+').parse::<u8>().is_ok()
}

/// The number in E.164 and its country, where the numbering plan has it.
fn parsed(country: Option<Id>, dialled: &str) -> Option<(String, String)> {
    let number = phonenumber::parse(country, dialled).ok().filter(phonenumber::is_valid)?;
    let id = number.country().id()?;
    Some((number.format().mode(Mode::E164).to_string(), id.as_ref().to_owned()))
}

/// The numbers in one cell: people write several with a slash, a comma, a line break or a word between them.
#[must_use]
pub fn several(cell: &str) -> Vec<&str> {
    let digits = |text: &str| phone::clean_digits(text).chars().filter(char::is_ascii_digit).count();
    for separator in ["\n", ";", " ou ", " et ", " / ", "/", ",", "|", " - ", "  "] {
        let parts: Vec<&str> = cell.split(separator).map(str::trim).filter(|part| !part.is_empty()).collect();
        // 06/12/34/56/78 is one number.
        if parts.len() > 1 && parts.iter().all(|part| digits(part) >= 8) {
            return parts;
        }
    }
    let cell = cell.trim();
    if digits(cell) == 0 { Vec::new() } else { vec![cell] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(raw: &str, home: Option<HomeCountry>) -> Result<String, &'static str> {
        let (phone, problem) = read(raw, home);
        assert_eq!(phone.raw, raw.trim());
        assert!(phone.is_well_formed());
        match problem {
            Some(problem) => {
                assert_eq!((phone.e164, phone.country), (None, None), "{raw}");
                Err(problem.code())
            }
            None => Ok(format!("{} {}", phone.country.unwrap_or_default(), phone.e164.unwrap_or_default())),
        }
    }

    #[test]
    fn numbers_with_a_country_code_need_no_country() {
        let cases = [
            ("+33 6 12 34 56 78", "FR +33612345678"),
            ("+33 (0)6 12 34 56 78", "FR +33612345678"),
            ("0033 6.12.34.56.78", "FR +33612345678"),
            ("+212 661-23-45-67", "MA +212661234567"),
            ("00212 (0)6 61 23 45 67", "MA +212661234567"),
            ("+٢١٢ ٦٦١ ٢٣ ٤٥ ٦٧", "MA +212661234567"),
            ("212661234567", "MA +212661234567"),
            ("33612345678", "FR +33612345678"),
            ("+212 5 28 82 12 34", "MA +212528821234"),
            ("Tél. +32 470 12 34 56 (soir)", "BE +32470123456"),
            ("+34 612 34 56 78", "ES +34612345678"),
        ];
        for (raw, expected) in cases {
            assert_eq!(outcome(raw, None).as_deref(), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn the_country_of_a_bare_mobile_is_asked_and_never_guessed() {
        for raw in ["06 12 34 56 78", "0661.23.45.67", "٠٦٦١٢٣٤٥٦٧", "612345678", "05 28 82 12 34"] {
            assert_eq!(outcome(raw, None), Err("phone.country_needed"), "{raw}");
        }
        let morocco = Some(HomeCountry::Morocco);
        let france = Some(HomeCountry::France);
        assert_eq!(outcome("06 61 23 45 67", morocco).as_deref(), Ok("MA +212661234567"));
        assert_eq!(outcome("06 61 23 45 67", france).as_deref(), Ok("FR +33661234567"));
        assert_eq!(outcome("661234567", morocco).as_deref(), Ok("MA +212661234567"));
        assert_eq!(outcome("0528 82 12 34", morocco).as_deref(), Ok("MA +212528821234"));
        assert_eq!(outcome("01 42 68 53 00", morocco), Err("phone.not_in_country"));
        assert_eq!(outcome("01 42 68 53 00", None).as_deref(), Ok("FR +33142685300"));
        assert_eq!("ma".parse(), Ok(HomeCountry::Morocco));
        assert!("Maroc".parse::<HomeCountry>().is_err());
    }

    #[test]
    fn what_is_no_number_says_so() {
        for raw in ["06 12 34", "06 12 34 56 78 9", "+33 6 12", "+999 123456789", "1234567890", "néant"] {
            assert_eq!(outcome(raw, None), Err("phone.invalid"), "{raw}");
        }
        assert_eq!(outcome("6,61235E+08", None), Err("phone.damaged"));
        assert_eq!(outcome("2.12661E+11", None), Err("phone.damaged"));
    }

    #[test]
    fn one_cell_may_hold_several_numbers() {
        assert_eq!(several("06 12 34 56 78 / 07 12 34 56 78"), ["06 12 34 56 78", "07 12 34 56 78"]);
        assert_eq!(several("0612345678/0712345678"), ["0612345678", "0712345678"]);
        assert_eq!(several("06 12 34 56 78 ou +212661234567"), ["06 12 34 56 78", "+212661234567"]);
        assert_eq!(several("0612345678\n0712345678\n"), ["0612345678", "0712345678"]);
        assert_eq!(several("06/12/34/56/78"), ["06/12/34/56/78"]);
        assert_eq!(several("06-12-34-56-78"), ["06-12-34-56-78"]);
        assert_eq!(several(" - "), Vec::<&str>::new());
    }
}
