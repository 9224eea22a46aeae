//! Decides how an instant is written: the live lines and the stored ones differ on the real server.

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `2026-11-21T20:45:09.123456+00:00`, the form of a live log line.
pub(crate) fn iso(micros: u64) -> String {
    let date = Date::new(micros / 1_000_000);
    let Date {
        year,
        month,
        day,
        hour,
        minute,
        second,
        ..
    } = date;
    let fraction = micros % 1_000_000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}+00:00")
}

/// `Sat, 21 Nov 2026 20:45:09 GMT`, the form of a stored log line: whole seconds only.
pub(crate) fn http_date(micros: u64) -> String {
    let date = Date::new(micros / 1_000_000);
    let Date {
        year,
        month,
        day,
        hour,
        minute,
        second,
        weekday,
    } = date;
    let weekday = DAYS.get(weekday as usize).copied().unwrap_or_default();
    let month = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

struct Date {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    weekday: u64,
}

impl Date {
    /// The usual civil calendar arithmetic, counted in years that begin in March.
    fn new(seconds: u64) -> Self {
        let days = seconds / 86_400;
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let of_era = shifted % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Self {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            hour: seconds / 3_600 % 24,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            weekday: days % 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_has_two_spellings() {
        let micros = 1_795_293_909_123_456;
        assert_eq!(iso(micros), "2026-11-21T20:45:09.123456+00:00");
        assert_eq!(http_date(micros), "Sat, 21 Nov 2026 20:45:09 GMT");
    }

    #[test]
    fn leap_days_and_new_years_are_right() {
        assert_eq!(
            iso(1_709_164_800_000_000),
            "2024-02-29T00:00:00.000000+00:00"
        );
        assert_eq!(
            iso(1_735_689_599_000_000),
            "2024-12-31T23:59:59.000000+00:00"
        );
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
