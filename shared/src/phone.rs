//! Phone numbers: their stored form and its shape.
//!
//! What a person typed becomes an E.164 number elsewhere, where a numbering-plan library is at hand. The country is never
//! guessed: `06 12 34 56 78` is a number in France and another one in Morocco.

use serde::{Deserialize, Serialize};

/// One phone number, with what its owner wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Phone {
    /// The number as `+` and digits (E.164), once it is known.
    pub e164: Option<String>,
    /// The country that was chosen for it, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// As it was typed.
    pub raw: String,
}

impl Phone {
    /// Whether its parts have their shapes. A number whose country is still to be asked has its raw text only.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let country = match self.country.as_deref() {
            None => "",
            Some(country) if is_country(country) => country,
            Some(_) => return false,
        };
        match (self.e164.as_deref(), country) {
            (None, _) => true,
            (Some(_), "") => false,
            (Some(number), "FR") => is_french(number),
            (Some(number), "MA") => is_moroccan(number),
            (Some(number), _) => is_e164(number),
        }
    }
}

fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Any E.164 number: `+`, a country code, 7 to 15 digits in all (ITU-T E.164; no plan in use is shorter).
#[must_use]
pub fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default().as_bytes();
    (7..=15).contains(&digits.len()) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit)
}

/// `^\+33[1-9]\d{8}$`.
#[must_use]
pub fn is_french(number: &str) -> bool {
    national(number, "+33").is_some_and(|first| (b'1'..=b'9').contains(&first))
}

/// `^\+212[5-7]\d{8}$`: 5 is fixed, 6 and 7 are mobile.
#[must_use]
pub fn is_moroccan(number: &str) -> bool {
    national(number, "+212").is_some_and(|first| (b'5'..=b'7').contains(&first))
}

/// The first digit after the country code, where nine digits follow that code.
fn national(number: &str, code: &str) -> Option<u8> {
    let digits = number.strip_prefix(code)?.as_bytes();
    (digits.len() == 9 && digits.iter().all(u8::is_ascii_digit)).then(|| digits[0])
}

/// What is dialled: digits, with `+` in front where the country code follows.
///
/// Arabic-Indic digits become ASCII, a leading `00` becomes `+`, the `(0)` of `+33 (0)6…` goes, and so does everything else.
#[must_use]
pub fn clean_digits(raw: &str) -> String {
    let mut dialled = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '+' | '＋' if dialled.is_empty() => dialled.push('+'),
            _ => dialled.extend(digit(c)),
        }
    }
    if let Some(international) = dialled.strip_prefix("00") {
        dialled = format!("+{international}");
    }
    without_trunk_zero(&dialled)
}

/// An ASCII digit for a digit of the scripts that are typed here.
fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '０'..='９' => '０',
        _ => return None,
    };
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// `+33 0 6…` is how many write a French number, `+212 (0)6…` a Moroccan one: the zero is not dialled.
fn without_trunk_zero(dialled: &str) -> String {
    for code in ["+33", "+212"] {
        if let Some(number) = dialled.strip_prefix(code).and_then(|national| national.strip_prefix('0')) {
            return format!("{code}{number}");
        }
    }
    dialled.to_owned()
}

/// Whether a number is one in France and another one in Morocco, so that its country must be asked.
///
/// That is a bare `06` or `07`, and a bare `05`, which is the south-west of France and every fixed line of Morocco; also
/// without the zero, which spreadsheets drop.
#[must_use]
pub fn ambiguous(raw: &str) -> bool {
    let dialled = clean_digits(raw);
    let national = match dialled.len() {
        9 => &*dialled,
        10 => dialled.strip_prefix('0').unwrap_or_default(),
        _ => "",
    };
    national.starts_with(['5', '6', '7'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_cleaned_of_everything_that_is_not_dialled() {
        let cases = [
            ("06 12 34 56 78", "0612345678"),
            ("06.12.34.56.78", "0612345678"),
            ("06-12\u{a0}34\u{202f}56/78", "0612345678"),
            ("٠٦١٢٣٤٥٦٧٨", "0612345678"),
            ("۰۶۱۲۳۴۵۶۷۸", "0612345678"),
            ("00212 6 61 23 45 67", "+212661234567"),
            ("+33 (0)6 12 34 56 78", "+33612345678"),
            ("(+212) 0 661 23 45 67", "+212661234567"),
            ("+٢١٢٦٦١٢٣٤٥٦٧", "+212661234567"),
            ("tél : 05 28 82 12 34 (bureau)", "0528821234"),
            ("", ""),
        ];
        for (raw, dialled) in cases {
            assert_eq!(clean_digits(raw), dialled, "{raw}");
        }
    }

    #[test]
    fn a_bare_number_of_both_countries_is_ambiguous() {
        for raw in ["06 12 34 56 78", "07.61.23.45.67", "٠٦١٢٣٤٥٦٧٨", "05 28 82 12 34", "612345678"] {
            assert!(ambiguous(raw), "{raw}");
        }
        for raw in ["+33 6 12 34 56 78", "00212661234567", "01 42 68 53 00", "0612", "", "+212 (0)6 61 23 45 67"] {
            assert!(!ambiguous(raw), "{raw}");
        }
    }

    #[test]
    fn stored_numbers_have_the_shape_of_their_country() {
        let phone = |e164: Option<&str>, country: Option<&str>| Phone {
            e164: e164.map(str::to_owned),
            country: country.map(str::to_owned),
            raw: "06 12 34 56 78".to_owned(),
        };
        assert!(phone(None, None).is_well_formed());
        assert!(phone(None, Some("MA")).is_well_formed());
        assert!(phone(Some("+33612345678"), Some("FR")).is_well_formed());
        assert!(phone(Some("+212528821234"), Some("MA")).is_well_formed());
        assert!(phone(Some("+32470123456"), Some("BE")).is_well_formed());
        for (number, country) in [
            (Some("+33012345678"), Some("FR")),
            (Some("+3361234567"), Some("FR")),
            (Some("+33612345678"), Some("MA")),
            (Some("+212812345678"), Some("MA")),
            (Some("+33612345678"), None),
            (Some("0612345678"), Some("BE")),
            (Some("+324701234é6"), Some("BE")),
            (None, Some("fr")),
            (None, Some("France")),
        ] {
            assert!(!phone(number, country).is_well_formed(), "{number:?} {country:?}");
        }
    }
}
