//! Numbers of official registers: what they look like and whether their check digit holds.
//!
//! Every function takes the number as it is stored: upper case, without spaces. [`bare`] brings what somebody typed to that form.

/// A number as it is stored: without spaces, dots or hyphens of any kind, in upper case.
#[must_use]
pub fn bare(typed: &str) -> String {
    typed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// A number in the Répertoire National des Associations: `W`, nine signs, the second of which may be a letter.
///
/// The letter stands for Corsica and overseas (`W2A…`, `W9R…`). Associations of Alsace-Moselle have no number, and some
/// founded before 2009 still have an older one of another shape.
#[must_use]
pub fn is_rna(number: &str) -> bool {
    matches!(number.as_bytes(), [b'W', first, second, rest @ ..]
        if first.is_ascii_digit()
            && (second.is_ascii_digit() || second.is_ascii_uppercase())
            && rest.len() == 7
            && all_digits(rest))
}

/// A SIREN: nine digits, the last of which is a check digit (Luhn).
#[must_use]
pub fn is_siren(number: &str) -> bool {
    number.len() == 9 && all_digits(number.as_bytes()) && luhn_remainder(number.as_bytes()) == 0
}

/// A SIRET: a SIREN and five digits for the place, again with a check digit.
///
/// La Poste ran out of numbers: the SIRETs of its offices need only a digit sum that is a multiple of five.
#[must_use]
pub fn is_siret(number: &str) -> bool {
    const LA_POSTE: &str = "356000000";
    let digits = number.as_bytes();
    if digits.len() != 14 || !all_digits(digits) || !is_siren(&number[..9]) {
        return false;
    }
    luhn_remainder(digits) == 0 || (number.starts_with(LA_POSTE) && digit_sum(digits).is_multiple_of(5))
}

/// A number of the register as it was before 2009: the département, a letter, eight digits (`751P00085568`). Associations that have
/// declared no change since are still known by it.
#[must_use]
pub fn is_old_rna(number: &str) -> bool {
    matches!(number.as_bytes(), [a, b, c, letter, rest @ ..]
        if letter.is_ascii_uppercase() && rest.len() == 8 && all_digits(&[*a, *b, *c]) && all_digits(rest))
}

/// Digits, so many of them.
#[must_use]
pub fn is_digits(number: &str, count: usize) -> bool {
    number.len() == count && all_digits(number.as_bytes())
}

/// An ICE (identifiant commun de l'entreprise), the number of Moroccan companies and associations: fifteen digits.
#[must_use]
pub fn is_ice(number: &str) -> bool {
    number.len() == 15 && all_digits(number.as_bytes())
}

/// An INSEE commune code: five signs, `2A` and `2B` standing for the two départements of Corsica.
#[must_use]
pub fn is_insee_commune(code: &str) -> bool {
    matches!(code.as_bytes(), [first, second, rest @ ..]
        if first.is_ascii_digit()
            && (second.is_ascii_digit() || (*first == b'2' && matches!(second, b'A' | b'B')))
            && rest.len() == 3
            && all_digits(rest))
}

fn all_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

fn digit_sum(digits: &[u8]) -> u32 {
    digits.iter().map(|digit| u32::from(digit - b'0')).sum()
}

/// Luhn's sum modulo ten: zero for a valid number. Every second digit from the right counts double.
fn luhn_remainder(digits: &[u8]) -> u32 {
    let weighed = digits.iter().rev().enumerate().map(|(place, digit)| {
        let value = u32::from(digit - b'0') * if place % 2 == 0 { 1 } else { 2 };
        if value > 9 { value - 9 } else { value }
    });
    weighed.sum::<u32>() % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rna_numbers_have_one_place_where_a_letter_may_stand() {
        for number in ["W751085568", "W632007046", "W012000002", "W2A1000123", "W9R2001234"] {
            assert!(is_rna(number), "{number}");
        }
        for number in
            ["", "W75108556", "W7510855680", "751P00085568", "w751085568", "WA51085568", "W75108556X", "W7é1085568"]
        {
            assert!(!is_rna(number), "{number}");
        }
        assert_eq!(bare(" w 751-085 568 "), "W751085568");
    }

    #[test]
    fn siren_and_siret_are_checked_by_their_last_digit() {
        assert!(is_siren("732829320"));
        assert!(is_siret("73282932000074"));
        for number in ["732829321", "73282932", "7328293200", "73282932A", "", "７32829320"] {
            assert!(!is_siren(number), "{number}");
        }
        for number in ["73282932000075", "7328293200007", "73282932100074", "7328293200007é", ""] {
            assert!(!is_siret(number), "{number}");
        }
        assert_eq!(bare("732 829 320 00074"), "73282932000074");
    }

    #[test]
    fn numbers_from_before_2009_have_another_shape() {
        assert!(is_old_rna("751P00085568") && is_old_rna("132S00012345"));
        for number in ["W751085568", "751P0008556", "751p00085568", "751P000855689", ""] {
            assert!(!is_old_rna(number), "{number}");
        }
        assert!(is_digits("230780001234567890123456", 24) && !is_digits("23078000123456789012345é", 24));
    }

    #[test]
    fn an_ice_is_fifteen_digits() {
        assert!(is_ice("001525713000091"));
        for number in ["00152571300009", "0015257130000911", "00152571300009A", ""] {
            assert!(!is_ice(number), "{number}");
        }
    }

    #[test]
    fn offices_of_la_poste_are_an_exception() {
        assert!(is_siret("35600000000048"), "the head office, by Luhn");
        assert!(is_siret("35600000049837"), "an office, by its digit sum");
        assert!(!is_siret("35600000049838"));
    }

    #[test]
    fn commune_codes_know_corsica() {
        for code in ["75114", "63113", "2A004", "2B033", "97411"] {
            assert!(is_insee_commune(code), "{code}");
        }
        for code in ["7511", "2C004", "A2004", "751145", "é114"] {
            assert!(!is_insee_commune(code), "{code}");
        }
    }
}
