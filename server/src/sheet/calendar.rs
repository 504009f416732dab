//! Times of a half-day.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use shared::{
    calendar::in_morocco,
    field::Field,
    record::{Fields, Slot},
};

/// The time zone of a place: Morocco's where its commune has a code of the HCP (`09.541.01.01`), else that of metropolitan France.
pub(crate) fn zone(event: &Fields) -> TimeZone {
    let name = if in_morocco(event) { "Africa/Casablanca" } else { "Europe/Paris" };
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

#[cfg(test)]
mod tests {
    use shared::{field::Value, record::Register};

    use super::*;

    fn in_commune(code: &str) -> Fields {
        Fields([(Field::CommuneCode, Register { value: Value::from(code), apart: Vec::new() })].into())
    }

    #[test]
    fn a_moment_is_written_in_the_time_of_the_place() {
        // 2026-07-01T12:00:00Z
        let noon = 1_782_907_200_000;
        assert_eq!(written(&zone(&in_commune("13055")), noon), "1er juillet 2026 à 14 h 00");
        assert_eq!(written(&zone(&in_commune("09.541.01.01")), noon), "1er juillet 2026 à 13 h 00");
    }
}
