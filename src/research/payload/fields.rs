//! Reading the fields that have a range: what is valid, what is refused, what the page gets.

use super::status::Status;
use super::warning::Refusals;
use super::words::Field;
use crate::json::{Kind, Raw};

/// A field's value, if it has a valid one, and what must be done to the field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::research) struct Reading<T> {
    pub(in crate::research) value: Option<T>,
    pub(in crate::research) field: Field<T>,
}

impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self {
            value: None,
            field: Field::Keep,
        }
    }
}

/// Per cent, 0 to 100. Fractions are ordinary; some servers send the number as a string.
pub(in crate::research) fn read_progress(raw: Raw<'_>, refusals: &mut Refusals) -> Reading<f64> {
    let value = read_number(raw);
    match value {
        Some(number) if (0.0..=100.0).contains(&number) => {
            let field = match raw.kind() {
                Kind::Number => Field::Keep,
                Kind::Null | Kind::Bool | Kind::String | Kind::Array | Kind::Object => {
                    Field::Set(number)
                }
            };
            Reading { value, field }
        }
        Some(_) | None => {
            if !raw.is_null() {
                let is_number = value.is_some() || raw.kind() == Kind::Number;
                let code = if is_number {
                    "out-of-range"
                } else {
                    "wrong-type"
                };
                refusals.refuse(code, &["progress"], "a number from 0 to 100", raw.as_str());
            }
            Reading {
                value: None,
                field: Field::Delete,
            }
        }
    }
}

pub(in crate::research) fn read_status(raw: Raw<'_>, refusals: &mut Refusals) -> Reading<Status> {
    let name = refusals.text(&["status"], raw);
    let value = name
        .as_deref()
        .and_then(|name| Status::parse(name.trim_ascii()));
    let field = match (value, &name) {
        (Some(status), Some(name)) if name == status.as_str() => Field::Keep,
        (Some(status), _) => Field::Set(status),
        (None, _) => Field::Delete,
    };
    if name.is_some() && value.is_none() {
        refusals.refuse("unknown-value", &["status"], "a known status", raw.as_str());
    }
    Reading { value, field }
}

/// A number of things: an integer that JavaScript can hold, not negative.
pub(in crate::research) fn read_count(
    field: &[&str],
    raw: Raw<'_>,
    refusals: &mut Refusals,
) -> Option<u64> {
    let text = raw.string();
    let number = match &text {
        Some(text) => Raw::parse(text).ok().and_then(Raw::integer),
        None => raw.integer(),
    };
    let count = number.and_then(|number| u64::try_from(number).ok());
    let count = count.filter(|count| *count <= MAX_SAFE_INTEGER);
    if count.is_none() && !raw.is_null() {
        let is_number = number.is_some() || raw.kind() == Kind::Number;
        let code = if is_number {
            "out-of-range"
        } else {
            "wrong-type"
        };
        refusals.refuse(code, field, "a whole number, 0 or more", raw.as_str());
    }
    count
}

/// Whether the value is an object; `null` is none without a warning.
pub(in crate::research) fn check_object(
    field: &[&str],
    raw: Raw<'_>,
    refusals: &mut Refusals,
) -> bool {
    let is_object = raw.kind() == Kind::Object;
    if !is_object && !raw.is_null() {
        refusals.refuse("wrong-type", field, "an object", raw.as_str());
    }
    is_object
}

/// A number, or a string that holds nothing else.
fn read_number(raw: Raw<'_>) -> Option<f64> {
    match raw.string() {
        Some(text) => Raw::parse(&text).ok()?.number(),
        None => raw.number(),
    }
}

/// The largest integer that a number of JavaScript holds exactly.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_number_from_0_to_100_or_absent() {
        for (text, value, field) in [
            ("0", Some(0.0), Field::Keep),
            ("100", Some(100.0), Field::Keep),
            ("33.33333333333333", Some(33.33333333333333), Field::Keep),
            ("1e1", Some(10.0), Field::Keep),
            (r#""45""#, Some(45.0), Field::Set(45.0)),
            (r#"" 45.5 ""#, Some(45.5), Field::Set(45.5)),
            ("null", None, Field::Delete),
            ("136.66666666666666", None, Field::Delete),
            (r#""abc""#, None, Field::Delete),
        ] {
            let raw = Raw::parse(text).unwrap();
            let reading = read_progress(raw, &mut Refusals::default());
            assert_eq!(reading, Reading { value, field }, "{text}");
        }
    }

    #[test]
    fn a_status_is_a_known_one_or_absent() {
        for (text, value, field) in [
            (r#""completed""#, Some(Status::Completed), Field::Keep),
            (r#""not_started""#, Some(Status::NotStarted), Field::Keep),
            (
                r#"" FAILED""#,
                Some(Status::Failed),
                Field::Set(Status::Failed),
            ),
            (r#""paused""#, None, Field::Delete),
            ("null", None, Field::Delete),
            ("3", None, Field::Delete),
        ] {
            let raw = Raw::parse(text).unwrap();
            let reading = read_status(raw, &mut Refusals::default());
            assert_eq!(reading, Reading { value, field }, "{text}");
        }
    }

    #[test]
    fn a_count_is_a_whole_number_that_javascript_can_hold() {
        for (text, expected) in [
            ("0", Some(0)),
            ("3.0", Some(3)),
            (r#""7""#, Some(7)),
            ("9007199254740991", Some(9_007_199_254_740_991)),
            ("9007199254740992", None),
            ("-1", None),
            ("1.5", None),
            ("null", None),
        ] {
            let raw = Raw::parse(text).unwrap();
            let count = read_count(&["result_count"], raw, &mut Refusals::default());
            assert_eq!(count, expected, "{text}");
        }
    }
}
