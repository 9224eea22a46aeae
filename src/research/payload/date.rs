//! Dates of log lines: the two forms in which servers write the same instant.

/// An instant, as exactly as somebody wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::research) struct Instant {
    /// Whole seconds since the Unix epoch, within the years 0 to 9999.
    pub(in crate::research) second: i64,
    /// Nanoseconds after it; `None` where only whole seconds are written.
    pub(in crate::research) nanos: Option<u32>,
}

const DAY: i64 = 86_400;

/// 0000-01-01T00:00:00Z.
const FIRST_SECOND: i64 = -719_528 * DAY;

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 2_932_897 * DAY - 1;

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

impl Instant {
    /// Reads ISO 8601 (`2026-11-21T20:45:09.123456+00:00`; a space for the `T`, a comma for the
    /// point, `Z`, and no offset at all, which means UTC) and the date of HTTP (RFC 9110, 5.6.7:
    /// `Sat, 21 Nov 2026 20:45:09 GMT`). `None` for anything else.
    pub(in crate::research) fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor {
            rest: text.trim_ascii().as_bytes(),
        };
        let mut iso = cursor;
        if let Some(year) = iso.number(4) {
            iso.one_of(b"-")?;
            let month = iso.number(2)?;
            iso.one_of(b"-")?;
            let day = iso.number(2)?;
            iso.one_of(b"Tt ")?;
            return iso.time_of(days(year, month, day)?);
        }
        // The name of the day says nothing new.
        while cursor.one_of(b",").is_none() {
            cursor.next()?;
        }
        cursor.one_of(b" ")?;
        let day = cursor.number(2)?;
        cursor.one_of(b" ")?;
        let month = cursor.month()?;
        cursor.one_of(b" ")?;
        let year = cursor.number(4)?;
        cursor.one_of(b" ")?;
        cursor.time_of(days(year, month, day)?)
    }

    /// Whole milliseconds since the Unix epoch; 0 before it.
    pub(in crate::research) fn as_millis(self) -> u64 {
        let millis = u64::from(self.nanos.unwrap_or_default() / 1_000_000);
        self.second.max(0).cast_unsigned() * 1_000 + millis
    }

    /// The whole second in ISO 8601, with the offset in the form of live lines:
    /// `2026-11-21T20:45:09+00:00`.
    pub(in crate::research) fn to_iso(self) -> String {
        let (day, second) = (self.second.div_euclid(DAY), self.second.rem_euclid(DAY));
        // Years that begin in March have their leap day at the end.
        let shifted = day + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = from_march + if from_march < 10 { 3 } else { -9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let mut out = String::new();
        for (value, width, after) in [
            (year, 4, "-"),
            (month, 2, "-"),
            (day, 2, "T"),
            (second / 3_600, 2, ":"),
            (second / 60 % 60, 2, ":"),
            (second % 60, 2, ZONE),
        ] {
            push_padded(&mut out, value, width);
            out.push_str(after);
        }
        out
    }
}

/// Whether a date of ISO 8601 has no zone: read as UTC, but it may be the server's own time.
pub(in crate::research) fn is_local(text: &str) -> bool {
    // From behind, where a zone shows first.
    let mut text = text.trim_ascii().as_bytes();
    while let [rest @ .., b'0'..=b'9' | b':' | b'.' | b','] = text {
        text = rest;
    }
    text.len() <= "2026-11-21T".len()
}

/// A date in the one form that means the same to the client, with nothing in it that a date has not.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let instant = Instant::parse(text)?;
    let mut out = instant.to_iso();
    if let Some(nanos) = instant.nanos {
        // In microseconds, as servers write it, if it is no more exact.
        let (fraction, width) = if nanos.is_multiple_of(1_000) {
            (nanos / 1_000, 6)
        } else {
            (nanos, 9)
        };
        out.truncate(WHOLE_SECONDS);
        out.push('.');
        push_padded(&mut out, fraction.into(), width);
        out.push_str(ZONE);
    }
    Some(out)
}

/// The offset in the form of live lines.
const ZONE: &str = "+00:00";

/// The length of `2026-11-21T20:45:09`.
const WHOLE_SECONDS: usize = 19;

/// Days from the epoch to this date; `None` if the calendar has no such day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=12).contains(&month) || !(1..=length).contains(&day) {
        return None;
    }
    let (year, from_march) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn push_padded(out: &mut String, value: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = value / 10_i64.pow(place) % 10;
        out.push(char::from(b'0' + digit as u8));
    }
}

#[derive(Clone, Copy)]
struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        for byte in bytes {
            if byte == first {
                self.rest = rest;
                return Some(*first);
            }
        }
        None
    }

    fn need(&mut self, text: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn digit(&mut self) -> Option<i64> {
        let [digit @ b'0'..=b'9', rest @ ..] = self.rest else {
            return None;
        };
        self.rest = rest;
        Some(i64::from(digit - b'0'))
    }

    /// A number of exactly so many digits.
    fn number(&mut self, digits: u32) -> Option<i64> {
        let mut value = 0;
        for _ in 0..digits {
            value = value * 10 + self.digit()?;
        }
        Some(value)
    }

    fn month(&mut self) -> Option<i64> {
        let name = [self.next()?, self.next()?, self.next()?].map(|byte| byte.to_ascii_lowercase());
        let place = MONTHS.iter().position(|month| **month == name)?;
        Some(place as i64 + 1)
    }

    /// The time of day and the zone, to the end of the text.
    fn time_of(mut self, day: i64) -> Option<Instant> {
        let hour = self.number(2)?;
        self.one_of(b":")?;
        let minute = self.number(2)?;
        self.one_of(b":")?;
        let second = self.number(2)?;
        // 60 is a leap second.
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let nanos = match self.one_of(b".,") {
            Some(_) => Some(self.fraction()?),
            None => None,
        };
        let offset = self.offset()?;
        let second = day * DAY + hour * 3_600 + minute * 60 + second - offset;
        let is_in_range = (FIRST_SECOND..=LAST_SECOND).contains(&second);
        (self.rest.is_empty() && is_in_range).then_some(Instant { second, nanos })
    }

    /// At least one digit; those beyond nanoseconds are left out.
    fn fraction(&mut self) -> Option<u32> {
        let (mut nanos, mut place) = (self.digit()? as u32 * 100_000_000, 10_000_000);
        while let Some(digit) = self.digit() {
            nanos += digit as u32 * place;
            place /= 10;
        }
        Some(nanos)
    }

    /// Seconds east of Greenwich.
    fn offset(&mut self) -> Option<i64> {
        // HTTP writes a space before its zone.
        let _ = self.one_of(b" ");
        let Some(sign) = self.one_of(b"+-") else {
            for utc in [b"Z".as_slice(), b"z", b"GMT", b"UTC"] {
                if self.need(utc).is_some() {
                    break;
                }
            }
            return Some(0);
        };
        let hours = self.number(2)?;
        let colon = self.one_of(b":").is_some();
        let minutes = if colon || !self.rest.is_empty() {
            self.number(2)?
        } else {
            0
        };
        if hours > 23 || minutes > 59 {
            return None;
        }
        let offset = hours * 3_600 + minutes * 60;
        Some(if sign == b'-' { -offset } else { offset })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<(i64, Option<u32>)> {
        Instant::parse(text).map(|instant| (instant.second, instant.nanos))
    }

    #[test]
    fn one_instant_has_many_spellings() {
        for text in [
            "2026-11-21T20:45:09.123456+00:00",
            "2026-11-21T20:45:09.123456Z",
            "2026-11-21t20:45:09,123456z",
            "2026-11-21 20:45:09.123456",
            "2026-11-21T20:45:09.123456000999",
            "2026-11-21T22:15:09.123456+01:30",
            "2026-11-21T22:15:09.123456+0130",
            "2026-11-21T15:45:09.123456-05",
            " 2026-11-21T20:45:09.123456Z\n",
        ] {
            assert_eq!(
                parse(text),
                Some((1_795_293_909, Some(123_456_000))),
                "{text}"
            );
        }
        for text in [
            "Sat, 21 Nov 2026 20:45:09 GMT",
            "Saturday, 21 NOV 2026 20:45:09 UTC",
            "Sat, 21 Nov 2026 21:45:09 +0100",
            "2026-11-21T20:45:09",
            "2026-11-21 20:45:09+00:00",
        ] {
            assert_eq!(parse(text), Some((1_795_293_909, None)), "{text}");
        }
    }

    #[test]
    fn days_that_a_calendar_does_not_have_are_no_dates() {
        for (text, exists) in [
            ("2024-02-29T00:00:00Z", true),
            ("2026-02-29T00:00:00Z", false),
            ("2000-02-29T00:00:00Z", true),
            ("1900-02-29T00:00:00Z", false),
            ("2026-04-31T00:00:00Z", false),
            ("2026-00-10T00:00:00Z", false),
            ("2026-13-10T00:00:00Z", false),
            ("2026-01-00T00:00:00Z", false),
            ("2026-01-01T24:00:00Z", false),
            ("2026-01-01T00:60:00Z", false),
            ("2026-12-31T23:59:60Z", true),
            ("2026-12-31T23:59:61Z", false),
            ("2026-12-31T23:59:59+23:59", true),
            ("2026-12-31T23:59:59+24:00", false),
            ("2026-12-31T23:59:59-00:60", false),
            ("0000-01-01T00:00:00Z", true),
            ("0000-01-01T00:00:00+00:01", false),
            ("9999-12-31T23:59:59Z", true),
            ("9999-12-31T23:59:59-00:01", false),
        ] {
            assert_eq!(parse(text).is_some(), exists, "{text}");
        }
        assert_eq!(parse("0000-01-01T00:00:00Z"), Some((FIRST_SECOND, None)));
        assert_eq!(parse("9999-12-31T23:59:59Z"), Some((LAST_SECOND, None)));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "t1",
            "1763757909",
            "2026-11-21",
            "2026-11-21T20:45",
            "2026-11-21T20:45:09.",
            "2026-11-21T20:45:09.Z",
            "2026-11-21T20:45:09X",
            "2026-11-21T20:45:09Z ago",
            "2026-11-21T20:45:09+1",
            "2026-11-21T20:45:09+01:",
            "26-11-21T20:45:09Z",
            "２026-11-21T20:45:09Z",
            "Sat, 21 Foo 2026 20:45:09 GMT",
            "Sat, 1 Nov 2026 20:45:09 GMT",
            "Sat 21 Nov 2026 20:45:09 GMT",
            "Saturday, 21-Nov-26 20:45:09 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    /// Counts the days one by one, as the calendar does.
    #[test]
    fn each_day_of_four_centuries_has_its_number_and_its_name() {
        let mut number = (1600..1970)
            .map(|year| -365 - i64::from(is_leap(year)))
            .sum();
        for year in 1600..2001 {
            for month in 1..=12 {
                let length = match month {
                    2 if is_leap(year) => 29,
                    2 => 28,
                    4 | 6 | 9 | 11 => 30,
                    _ => 31,
                };
                for day in 1..=length {
                    assert_eq!(days(year, month, day), Some(number));
                    let name = Instant {
                        second: number * DAY + DAY - 1,
                        nanos: None,
                    };
                    let expected = format!("{year:04}-{month:02}-{day:02}T23:59:59+00:00");
                    assert_eq!(name.to_iso(), expected);
                    number += 1;
                }
            }
        }
    }

    fn is_leap(year: i64) -> bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    #[test]
    fn the_canonical_form_has_nothing_that_a_date_has_not() {
        for (text, same) in [
            (
                "2026-11-21T20:45:09.123456+00:00",
                "2026-11-21T20:45:09.123456+00:00",
            ),
            ("2026-11-21t20:45:09,1Z", "2026-11-21T20:45:09.100000+00:00"),
            (
                "2026-11-21T20:45:09.1234567890123Z",
                "2026-11-21T20:45:09.123456789+00:00",
            ),
            ("2026-11-21T22:15:09+01:30", "2026-11-21T20:45:09+00:00"),
            (
                "my secret, 21 Nov 2026 20:45:09 GMT",
                "2026-11-21T20:45:09+00:00",
            ),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(same), "{text}");
            assert_eq!(parse(same), parse(text), "{text}");
        }
        assert_eq!(canonical("soon"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(second in FIRST_SECOND..=LAST_SECOND) {
            let instant = Instant { second, nanos: None };
            prop_assert_eq!(Instant::parse(&instant.to_iso()), Some(instant));
        }

        #[test]
        fn any_text_is_a_date_or_none(text in "[0-9T:.,+Zz GMTSatNov-]{0,40}|.{0,40}") {
            let _ = Instant::parse(&text);
        }
    }
}
