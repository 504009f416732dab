//! Times of a half-day, and days on which nobody works.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use shared::{
    field::Field,
    record::{Fields, Slot},
};

/// The time zone of a place: Morocco's where its commune has a code of the HCP (`09.541.01.01`), else that of metropolitan France.
pub(crate) fn zone(event: &Fields) -> TimeZone {
    let name = if event.text(Field::CommuneCode).contains('.') { "Africa/Casablanca" } else { "Europe/Paris" };
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// The time of metropolitan France, where the organisation is.
pub(crate) fn france() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC)
}

fn moment(zone: &TimeZone, slot: &Slot, of: Field) -> Option<u64> {
    let day: Date = slot.fields.text(Field::Day).parse().ok()?;
    let time: Time = slot.fields.text(of).parse().ok()?;
    let at = DateTime::from_parts(day, time).to_zoned_datetime(zone.clone()).ok()?;
    u64::try_from(at.timestamp().as_millisecond()).ok()
}

/// When a half-day begins and ends, in milliseconds since 1970; none where it does not say.
pub(crate) fn span(zone: &TimeZone, slot: &Slot) -> Option<(u64, u64)> {
    Some((moment(zone, slot, Field::Starts)?, moment(zone, slot, Field::Ends)?))
}

/// Minutes from its beginning to its end.
pub(super) fn minutes(slot: &Slot) -> u16 {
    let time = |of| slot.fields.text(of).parse::<Time>().ok();
    let (Some(starts), Some(ends)) = (time(Field::Starts), time(Field::Ends)) else { return 0 };
    let of_day = |time: Time| u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
    of_day(ends).saturating_sub(of_day(starts))
}

/// A moment as papers write it: `25 novembre 2026 à 18 h 04`.
pub(crate) fn written(zone: &TimeZone, at_ms: u64) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let Ok(at) = jiff::Timestamp::from_millisecond(i64::try_from(at_ms).unwrap_or(i64::MAX)) else {
        return String::new();
    };
    let at = at.to_zoned_datetime(zone.clone());
    let month = MONTHS.get(usize::from(at.month().unsigned_abs()) - 1).unwrap_or(&"");
    let day = if at.day() == 1 { "1er".to_owned() } else { at.day().to_string() };
    format!("{day} {month} {} à {:02} h {:02}", at.year(), at.hour(), at.minute())
}

/// What holiday a day is, where the event takes place.
///
/// In France those of article L. 3133-1 of the Code du travail. In Morocco those with a day in the civil calendar; the religious ones
/// follow the moon, and are announced when it is seen.
pub(super) fn holiday(event: &Fields, day: &str) -> Option<&'static str> {
    let date: Date = day.parse().ok()?;
    let in_morocco = event.text(Field::CommuneCode).contains('.');
    let fixed: &[(i8, i8, &str)] = if in_morocco {
        &[
            (1, 1, "Nouvel An"),
            (1, 11, "Manifeste de l’Indépendance"),
            (1, 14, "Nouvel An amazigh"),
            (5, 1, "Fête du Travail"),
            (7, 30, "Fête du Trône"),
            (8, 14, "Allégeance Oued Ed-Dahab"),
            (8, 20, "Révolution du Roi et du Peuple"),
            (8, 21, "Fête de la Jeunesse"),
            (10, 31, "Fête de l’Unité"),
            (11, 6, "Marche verte"),
            (11, 18, "Fête de l’Indépendance"),
        ]
    } else {
        &[
            (1, 1, "Jour de l’An"),
            (5, 1, "Fête du Travail"),
            (5, 8, "Victoire de 1945"),
            (7, 14, "Fête nationale"),
            (8, 15, "Assomption"),
            (11, 1, "Toussaint"),
            (11, 11, "Armistice de 1918"),
            (12, 25, "Noël"),
        ]
    };
    let fixed = fixed.iter().find(|(month, of_month, _)| (*month, *of_month) == (date.month(), date.day()));
    if let Some((_, _, name)) = fixed {
        return Some(name);
    }
    if in_morocco {
        return None;
    }
    match (date - easter(date.year())?).get_days() {
        1 => Some("Lundi de Pâques"),
        39 => Some("Ascension"),
        50 => Some("Lundi de Pentecôte"),
        _ => None,
    }
}

/// Easter Sunday (Gregorian; J.-M. Oudin, 1940, as printed in the 'Explanatory Supplement to the Astronomical Almanac').
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (g, c) = (y % 19, y / 100);
    let h = (c - c / 4 - (8 * c + 13) / 25 + 19 * g + 15) % 30;
    let i = h - (h / 28) * (1 - (29 / (h + 1)) * ((21 - g) / 11));
    let j = (y + y / 4 + i + 2 - c + c / 4) % 7;
    let l = i - j;
    let month = 3 + (l + 40) / 44;
    let day = l + 28 - 31 * (month / 4);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use shared::{field::Value, record::Register};

    use super::*;

    fn in_commune(code: &str) -> Fields {
        Fields([(Field::CommuneCode, Register { value: Value::from(code), apart: Vec::new() })].into())
    }

    #[test]
    fn holidays_are_those_of_the_place() {
        let (france, morocco) = (in_commune("13055"), in_commune("09.541.01.01"));
        for (day, name) in [
            ("2026-04-06", Some("Lundi de Pâques")),
            ("2026-05-14", Some("Ascension")),
            ("2026-05-25", Some("Lundi de Pentecôte")),
            ("2027-03-29", Some("Lundi de Pâques")),
            ("2026-11-11", Some("Armistice de 1918")),
            ("2026-11-18", None),
        ] {
            assert_eq!(holiday(&france, day), name, "{day}");
        }
        assert_eq!(holiday(&morocco, "2026-11-18"), Some("Fête de l’Indépendance"));
        assert_eq!(holiday(&morocco, "2026-11-11"), None);
        assert_eq!(holiday(&france, "nonsense"), None);
    }

    #[test]
    fn a_moment_is_written_in_the_time_of_the_place() {
        // 2026-07-01T12:00:00Z
        let noon = 1_782_907_200_000;
        assert_eq!(written(&zone(&in_commune("13055")), noon), "1er juillet 2026 à 14 h 00");
        assert_eq!(written(&zone(&in_commune("09.541.01.01")), noon), "1er juillet 2026 à 13 h 00");
    }
}
