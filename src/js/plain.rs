//! The core's structs as plain JavaScript objects, by one implementation of serde's for all.
//!
//! Deriving it for each struct would put serde's code into the module once for each, 10 kB in all.

use js_sys::Array;
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;

use crate::research::{
    End, Engine, Failure, Gap, Snapshot, Stats, Status, Timeline, TimelineEntry,
};

/// A value that JavaScript has too.
#[derive(Clone, Copy)]
enum Plain<'a> {
    Null,
    Number(f64),
    Text(&'a str),
    Object(&'a [(&'static str, Self)]),
}

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Object(members) => serializer.collect_map(members.iter().copied()),
        }
    }
}

impl From<f64> for Plain<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// The core's counters and times stay far below 2^53.
impl From<u64> for Plain<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl<'a> From<&'a str> for Plain<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Plain<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<Status> for Plain<'_> {
    fn from(status: Status) -> Self {
        Self::Text(status.as_str())
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Plain<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

pub(super) fn snapshot(snapshot: &Snapshot) -> JsValue {
    let Snapshot {
        id,
        status,
        progress,
        message,
        current_task,
        phase,
        error,
        engine,
        queue_position,
        started_at,
        updated_at,
        estimated_time_left,
        // Told by an event, and known to the facade since.
        history_read: _,
        source,
    } = snapshot;
    let number = id.number().map(|number| Plain::Number(number as f64));
    let engine = engine.as_ref().map(engine_members);
    let left = estimated_time_left.map(|left| [("min", left.min.into()), ("max", left.max.into())]);
    object(&[
        ("id", number.unwrap_or(Plain::Text(id.as_str()))),
        ("status", (*status).into()),
        ("progress", (*progress).into()),
        ("message", message.as_ref().into()),
        ("currentTask", current_task.as_ref().into()),
        ("phase", phase.as_ref().into()),
        ("error", error.as_ref().into()),
        (
            "engine",
            engine.as_ref().map_or(Plain::Null, |e| Plain::Object(e)),
        ),
        ("queuePosition", (*queue_position).into()),
        ("startedAt", (*started_at).into()),
        ("updatedAt", (*updated_at).into()),
        (
            "estimatedTimeLeft",
            left.as_ref()
                .map_or(Plain::Null, |left| Plain::Object(left)),
        ),
        ("source", source.as_str().into()),
    ])
}

pub(super) fn timeline(timeline: &Timeline) -> JsValue {
    let Timeline {
        entries,
        dropped,
        newest,
        ended,
        ..
    } = timeline;
    let all = Array::new();
    for entries in entries {
        let values = Array::new();
        for TimelineEntry { at, name, number } in entries {
            values.push(&(*at as f64).into());
            values.push(&name.into());
            values.push(&(*number).into());
        }
        all.push(&values);
    }
    all.push(&(*dropped).into());
    all.push(&(*newest as f64).into());
    all.push(&ended.map(|at| at as f64).into());
    all.into()
}

/// The counters of the client, and how many events no handler saw.
pub(super) fn stats(stats: Stats, dropped: u64) -> JsValue {
    let Stats {
        requests,
        bytes_received,
        connects,
        attempts,
        status_checks,
        history_requests,
        stall_checks,
        log_flushes,
        sign_in_checks,
        gaps,
        lines,
        recovered,
        duplicates,
        refused,
        unrequested,
    } = stats;
    object(&[
        ("requests", requests.into()),
        ("bytesReceived", bytes_received.into()),
        ("connects", connects.into()),
        ("attempts", attempts.into()),
        ("statusChecks", status_checks.into()),
        ("historyRequests", history_requests.into()),
        ("stallChecks", stall_checks.into()),
        ("logFlushes", log_flushes.into()),
        ("signInChecks", sign_in_checks.into()),
        ("gaps", gaps.into()),
        ("lines", lines.into()),
        ("recovered", recovered.into()),
        ("duplicates", duplicates.into()),
        ("refused", refused.into()),
        ("unrequested", unrequested.into()),
        ("dropped", dropped.into()),
    ])
}

pub(super) fn end(end: &End) -> JsValue {
    let End {
        status,
        message,
        error,
        progress,
        at,
        source,
    } = end;
    object(&[
        ("status", (*status).into()),
        ("message", message.as_ref().into()),
        ("error", error.as_ref().into()),
        ("progress", (*progress).into()),
        ("at", (*at).into()),
        ("source", source.as_str().into()),
    ])
}

pub(super) fn engine(engine: &Engine) -> JsValue {
    object(&engine_members(engine))
}

fn engine_members(engine: &Engine) -> [(&'static str, Plain<'_>); 2] {
    let Engine { name, result_count } = engine;
    [
        ("name", name.into()),
        ("resultCount", (*result_count).into()),
    ]
}

pub(super) fn failure(failure: &Failure) -> JsValue {
    let Failure {
        code,
        title,
        text,
        detail,
        suggestion,
    } = failure;
    object(&[
        ("code", code.into()),
        ("title", title.into()),
        ("text", text.into()),
        ("detail", detail.as_ref().into()),
        ("suggestion", suggestion.as_ref().into()),
    ])
}

pub(super) fn gap(gap: &Gap) -> JsValue {
    let Gap {
        from,
        to,
        recovered,
        missing,
    } = gap;
    object(&[
        ("from", (*from).into()),
        ("to", (*to).into()),
        ("recovered", (*recovered).into()),
        ("missing", (*missing).into()),
    ])
}

pub(super) fn status(status: Status, previous: Option<Status>) -> JsValue {
    object(&[("status", status.into()), ("previous", previous.into())])
}

fn object(members: &[(&'static str, Plain<'_>)]) -> JsValue {
    Plain::Object(members)
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or(JsValue::UNDEFINED)
}
