//! Amounts as French writes them, from whole cents.

/// No line breaks inside a number.
const THIN: char = '\u{202f}';
const NB: char = '\u{a0}';

/// `1 234,56`
pub(crate) fn plain(cents: i64) -> String {
    let (whole, rest) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
    let sign = if cents < 0 { "−" } else { "" };
    format!("{sign}{},{rest:02}", grouped(whole))
}

/// `1 234,56 €`
pub(crate) fn euros(cents: i64) -> String {
    format!("{}{NB}€", plain(cents))
}

/// `1 234`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * THIN.len_utf8());
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// Basis points: `66,66 %`
pub(crate) fn share(bp: u32) -> String {
    format!("{},{:02}{NB}%", bp / 100, bp % 100)
}

/// Ten-thousandths: `10,8500`
pub(crate) fn rate(e4: i64) -> String {
    format!("{},{:04}", e4 / 10_000, e4 % 10_000)
}

/// Hundredths: `2,5`, `3`
pub(crate) fn hundredths(e2: i64) -> String {
    let (whole, rest) = (e2 / 100, e2 % 100);
    match (rest % 10, rest) {
        (_, 0) => whole.to_string(),
        (0, _) => format!("{whole},{}", rest / 10),
        _ => format!("{whole},{rest:02}"),
    }
}

/// As a workbook keeps it: `1234.56`
pub(crate) fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

/// A part of a whole as a workbook keeps it: `0.7`, with as many digits as floating numbers have.
#[expect(clippy::cast_precision_loss, reason = "a share is shown to the hundredth of a percent")]
pub(crate) fn decimal_share(part: i64, whole: i64) -> String {
    if whole == 0 { "0".to_owned() } else { (part as f64 / whole as f64).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_french_to_the_cent() {
        for (cents, text) in [(0, "0,00"), (5, "0,05"), (123_456_789, "1 234 567,89"), (-1_400_000, "−14 000,00")] {
            assert_eq!(plain(cents).replace(THIN, " "), text);
        }
        assert_eq!(share(6_666), "66,66\u{a0}%");
        assert_eq!(rate(108_500), "10,8500");
        assert_eq!([300, 250, 225].map(hundredths), ["3", "2,5", "2,25"]);
        assert_eq!([decimal(-5), decimal(123_450)], ["-0.05", "1234.50"]);
    }
}
