//! Days and hours as French writes them. What is no day or hour is printed as it was given.

/// A thin union of number and unit: a line must not break there.
const NB: char = '\u{a0}';

const WEEKDAYS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
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

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day {
    year: i64,
    /// 1 to 12.
    month: usize,
    day: i64,
}

impl Day {
    /// Reads `2026-11-25`.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let is_plain = |part: &str, digits: usize| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !is_plain(year, 4) || !is_plain(month, 2) || !is_plain(day, 2) {
            return None;
        }
        let read = Self { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        // The 31st of November is no day.
        ((1..=12).contains(&read.month) && Self::at(read.number()) == read).then_some(read)
    }

    /// Days since 1970. Years begin in March, so that the leap day is the last.
    fn number(self) -> i64 {
        let month = i64::try_from(self.month).unwrap_or(1);
        let year = if month <= 2 { self.year - 1 } else { self.year };
        let in_year = (153 * ((month + 9) % 12) + 2) / 5 + self.day - 1;
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year - 719_468
    }

    fn at(number: i64) -> Self {
        let days = number + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: era * 400 + year + i64::from(month <= 2),
            month: usize::try_from(month).unwrap_or(1),
            day: of_year - (153 * shifted + 2) / 5 + 1,
        }
    }

    fn weekday(self) -> &'static str {
        // 1 January 1970 was a Thursday.
        WEEKDAYS[usize::try_from((self.number() + 3).rem_euclid(7)).unwrap_or(0)]
    }

    fn ordinal(self) -> String {
        if self.day == 1 { "1er".to_owned() } else { self.day.to_string() }
    }
}

/// Year, month and day of `2026-11-25`, where it is one.
pub(crate) fn ymd(text: &str) -> Option<(u16, u8, u8)> {
    let Day { year, month, day } = Day::read(text)?;
    Some((u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?))
}

/// `2026-11-25` as `mercredi 25 novembre 2026`.
pub(crate) fn day(text: &str) -> String {
    Day::read(text).map_or_else(
        || text.to_owned(),
        |day| format!("{} {}{NB}{} {}", day.weekday(), day.ordinal(), MONTHS[day.month - 1], day.year),
    )
}

/// `2026-11-25` as `25 novembre 2026`.
pub(crate) fn date(text: &str) -> String {
    Day::read(text).map_or_else(
        || text.to_owned(),
        |day| format!("{}{NB}{}{NB}{}", day.ordinal(), MONTHS[day.month - 1], day.year),
    )
}

/// `2026-11` as `novembre 2026`.
pub(crate) fn month(text: &str) -> String {
    Day::read(&format!("{text}-01"))
        .map_or_else(|| text.to_owned(), |day| format!("{}{NB}{}", MONTHS[day.month - 1], day.year))
}

/// `09:05` as `9 h 05`.
pub(crate) fn clock(text: &str) -> String {
    match text.split_once(':') {
        Some((hour, minute))
            if minute.len() == 2
                && hour.len() <= 2
                && hour.bytes().chain(minute.bytes()).all(|b| b.is_ascii_digit()) =>
        {
            let hour = hour.strip_prefix('0').filter(|rest| !rest.is_empty()).unwrap_or(hour);
            format!("{hour}{NB}h{NB}{minute}")
        }
        _ => text.to_owned(),
    }
}

/// Two hours of one day, as `9 h 00 – 12 h 30`.
pub(crate) fn hours(starts: &str, ends: &str) -> String {
    match (starts.is_empty(), ends.is_empty()) {
        (_, true) => clock(starts),
        (true, false) => clock(ends),
        (false, false) => format!("{} – {}", clock(starts), clock(ends)),
    }
}

/// Minutes as `3 h 30`, `2 h` or `45 min`.
pub(crate) fn minutes(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest}{NB}min"),
        (hours, 0) => format!("{hours}{NB}h"),
        (hours, rest) => format!("{hours}{NB}h{NB}{rest:02}"),
    }
}

/// The days of a gathering, each once: `25 novembre 2026`, or `du 25 novembre 2026 au 2 décembre 2026`.
pub(crate) fn span<'a>(days: impl Iterator<Item = &'a str>) -> String {
    let mut days: Vec<_> = days.filter(|day| !day.is_empty()).collect();
    days.sort_unstable();
    match (days.first(), days.last()) {
        (Some(first), Some(last)) if first != last => format!("du {} au {}", day(first), day(last)),
        (Some(only), _) => day(only),
        _ => String::new(),
    }
}

/// Year, month, day, hour, minute and second of a moment, in universal time.
pub(crate) fn moment(at_ms: u64) -> (i32, u8, u8, u8, u8, u8) {
    let seconds = i64::try_from(at_ms / 1_000).unwrap_or(0);
    let day = Day::at(seconds / 86_400);
    let small = |number: i64| u8::try_from(number).unwrap_or(0);
    let rest = seconds % 86_400;
    (
        i32::try_from(day.year).unwrap_or(1970),
        u8::try_from(day.month).unwrap_or(1),
        small(day.day),
        small(rest / 3_600),
        small(rest / 60 % 60),
        small(rest % 60),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(NB, " ")
    }

    #[test]
    fn days_have_their_names() {
        for (given, said) in [
            ("2026-11-25", "mercredi 25 novembre 2026"),
            ("2024-02-29", "jeudi 29 février 2024"),
            ("2000-01-01", "samedi 1er janvier 2000"),
            ("2026-02-29", "2026-02-29"),
            ("2026-13-01", "2026-13-01"),
            ("demain", "demain"),
            ("", ""),
        ] {
            assert_eq!(plain(&day(given)), said);
        }
        assert_eq!(moment(1_795_644_000_123), (2026, 11, 25, 22, 0, 0));
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for number in 0..146_097 {
            assert_eq!(Day::at(number).number(), number);
        }
    }

    #[test]
    fn hours_are_french() {
        for (given, said) in [("09:05", "9 h 05"), ("00:00", "0 h 00"), ("12:30", "12 h 30"), ("midi", "midi")] {
            assert_eq!(plain(&clock(given)), said);
        }
        assert_eq!(plain(&hours("09:00", "12:30")), "9 h 00 – 12 h 30");
        assert_eq!(plain(&minutes(210)), "3 h 30");
        assert_eq!(plain(&minutes(120)), "2 h");
        assert_eq!(plain(&minutes(45)), "45 min");
        assert_eq!(plain(&minutes(65)), "1 h 05");
    }
}
