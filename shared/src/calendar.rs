//! Clocks and public holidays where an event takes place, as far as they follow from the calendar alone.

use crate::{
    field::Field,
    indicators::{date, day, number},
    record::{Fields, Slot},
};

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
/// Days since 1970 of a Sunday.
const SUNDAY: i32 = 3;

/// Whether an event takes place in Morocco: its commune has a code of the HCP (`09.541.01.01`).
#[must_use]
pub fn in_morocco(event: &Fields) -> bool {
    event.text(Field::CommuneCode).contains('.')
}

/// When a half-day begins at the earliest and ends at the latest, in milliseconds since 1970; none where it does not say.
///
/// Clocks of France change on the last Sundays of March and October, here for the whole of that day. Those of Morocco are an hour
/// ahead of UTC, and not during Ramadan, which is announced: both are allowed for.
#[must_use]
pub fn span_at_most(event: &Fields, slot: &Slot) -> Option<(u64, u64)> {
    let on = day(slot.fields.text(Field::Day))?;
    let minute = |field| {
        let (hours, minutes) = slot.fields.text(field).split_once(':')?;
        Some(hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?)
    };
    let moment = |minute: i64, hours_ahead: i64| {
        u64::try_from((i64::from(on) * DAY_MINUTES + minute - hours_ahead * 60) * MINUTE_MS).ok()
    };
    let (earliest, latest) = match (in_morocco(event), is_summer_in_france(on)) {
        (true, _) => (1, 0),
        (false, true) => (2, 2),
        (false, false) => (1, 1),
    };
    Some((moment(minute(Field::Starts)?, earliest)?, moment(minute(Field::Ends)?, latest)?))
}

fn is_summer_in_france(on: i32) -> bool {
    let (year, ..) = date(on);
    let last_sunday = |month| {
        let last = number(year, month, 31);
        last - (last - SUNDAY).rem_euclid(7)
    };
    (last_sunday(3)..last_sunday(10)).contains(&on)
}

/// What public holiday a day is, where the event takes place, in French.
///
/// In France those of article L. 3133-1 of the Code du travail. In Morocco those with a day in the civil calendar; the religious ones
/// follow the moon, and are announced when it is seen.
#[must_use]
pub fn holiday(event: &Fields, text: &str) -> Option<&'static str> {
    let on = day(text)?;
    let (year, month, of_month) = date(on);
    let fixed: &[(i32, i32, &str)] = if in_morocco(event) {
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
    let fixed = fixed.iter().find(|(of, day, _)| (*of, *day) == (month, of_month));
    if let Some((_, _, name)) = fixed {
        return Some(name);
    }
    if in_morocco(event) {
        return None;
    }
    match on - easter(year) {
        1 => Some("Lundi de Pâques"),
        39 => Some("Ascension"),
        50 => Some("Lundi de Pentecôte"),
        _ => None,
    }
}

/// Easter Sunday (Gregorian; J.-M. Oudin, 1940, as printed in the 'Explanatory Supplement to the Astronomical Almanac').
fn easter(y: i32) -> i32 {
    let (g, c) = (y % 19, y / 100);
    let h = (c - c / 4 - (8 * c + 13) / 25 + 19 * g + 15) % 30;
    let i = h - (h / 28) * (1 - (29 / (h + 1)) * ((21 - g) / 11));
    let j = (y + y / 4 + i + 2 - c + c / 4) % 7;
    let l = i - j;
    let month = 3 + (l + 40) / 44;
    number(y, month, l + 28 - 31 * (month / 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{field::Value, id::RowId, record::Register};

    fn fields(all: &[(Field, &str)]) -> Fields {
        let register = |value: &str| Register { value: Value::from(value), apart: Vec::new() };
        Fields(all.iter().map(|(field, value)| (*field, register(value))).collect())
    }

    fn in_commune(code: &str) -> Fields {
        fields(&[(Field::CommuneCode, code)])
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
    fn a_half_day_is_where_its_clocks_may_put_it() {
        let check = |commune: &str, day: &str, expected: (u64, u64)| {
            let said = fields(&[(Field::Day, day), (Field::Starts, "09:00"), (Field::Ends, "12:30")]);
            let slot = Slot { id: RowId([1; 8]), fields: said };
            let midnight = u64::try_from(crate::indicators::day(day).unwrap()).unwrap() * 24 * 60;
            let span = span_at_most(&in_commune(commune), &slot).map(|(from, to)| {
                let of_day = |at: u64| at / 60_000 - midnight;
                (of_day(from), of_day(to))
            });
            assert_eq!(span, Some(expected), "{commune} {day}");
        };
        check("13055", "2026-01-15", (8 * 60, 11 * 60 + 30));
        check("13055", "2026-03-28", (8 * 60, 11 * 60 + 30));
        check("13055", "2026-03-29", (7 * 60, 10 * 60 + 30));
        check("", "2026-10-24", (7 * 60, 10 * 60 + 30));
        check("", "2026-10-25", (8 * 60, 11 * 60 + 30));
        check("09.541.01.01", "2026-07-01", (8 * 60, 12 * 60 + 30));
    }
}
