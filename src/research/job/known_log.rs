//! A log that each update repeats as a whole: what the update before had need not be read again.

use crate::json::{Kind, Raw, unescape};
use crate::research::payload::hash::mix;

/// The bytes that are hashed together.
const WORD: usize = 8;

/// The cumulative log of the last update, where that was in a string, as servers write it, and all of it lines
/// that are known by their time, or have none.
#[derive(Clone, Debug)]
pub(super) struct KnownLog {
    beginning: Beginning,
    /// How many there are.
    entries: usize,
    /// How many of them have a time.
    pub(super) timed: u64,
    /// What the last of them says.
    pub(super) newest: Option<String>,
}

impl KnownLog {
    /// Of which nothing is known; `None` for one that is not in a string.
    pub(super) fn new(seed: u64, log: Raw<'_>) -> Option<Self> {
        let mut known = Self {
            beginning: Beginning::empty(seed),
            entries: 0,
            timed: 0,
            newest: None,
        };
        known.beginning.extend(inside(log)?.as_bytes());
        Some(known)
    }

    /// What this log has more, as a JSON array, and all of it, once those are added; `None` unless it begins with
    /// all that is known, and has no more than `most`.
    pub(super) fn go_on(mut self, seed: u64, log: Raw<'_>, most: usize) -> Option<(String, Self)> {
        let text = inside(log)?;
        let more = self.beginning.behind(seed, text)?;
        let mut array = String::from("[");
        if !more.is_empty() {
            array.push_str(&unescape(more.strip_prefix(',')?));
        }
        array.push(']');
        let entries = Raw::parse(&array).ok()?;
        let count = entries.elements().count();
        // Nothing behind a comma would be no JSON.
        let is_one = more.is_empty() == (count == 0) && entries.kind() == Kind::Array;
        if !is_one || entries.is_lax() || self.entries + count > most {
            return None;
        }
        self.beginning.extend(text.as_bytes());
        Some((array, self))
    }

    /// One more of the log's lines was read.
    pub(super) fn add(&mut self, has_time: bool) {
        self.entries += 1;
        self.timed += u64::from(has_time);
    }
}

/// A log as it stands in its string, without the bracket at its end.
fn inside(log: Raw<'_>) -> Option<&str> {
    log.as_str().strip_prefix('"')?.strip_suffix("]\"")
}

/// A hash of the beginning of a text, which is not kept.
#[derive(Clone, Debug)]
struct Beginning {
    words: usize,
    hash: u64,
    /// The bytes behind the last whole word.
    rest: Vec<u8>,
}

impl Beginning {
    fn empty(seed: u64) -> Self {
        Self {
            words: 0,
            hash: mix(seed),
            rest: Vec::new(),
        }
    }

    /// Goes on to the end of a text that begins so.
    fn extend(&mut self, text: &[u8]) {
        let (words, rest) = text.as_chunks::<WORD>();
        for word in words.iter().skip(self.words) {
            self.hash = mix(self.hash ^ u64::from_le_bytes(*word));
        }
        self.words = words.len();
        self.rest = rest.to_vec();
    }

    /// What follows it, if the text begins so.
    fn behind<'a>(&self, seed: u64, text: &'a str) -> Option<&'a str> {
        let len = self.words * WORD;
        let mut other = Self::empty(seed);
        other.extend(text.as_bytes().get(..len)?);
        if other.hash != self.hash {
            return None;
        }
        text.as_bytes().get(len..)?.strip_prefix(&*self.rest)?;
        text.get(len + self.rest.len()..)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::research::{Job, JobEvent, Limits, ResearchEvent, ResearchId, Source};
    use crate::time::Timestamp;

    const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

    fn entry() -> impl Strategy<Value = String> {
        let timed = (0..6_u8, 0..2_u8).prop_map(|(micros, words)| {
            format!(
                r#"{{"message":"say \"{words}\"é","time":"2026-11-21T20:45:09.00000{micros}+00:00"}}"#
            )
        });
        let odd = prop::sample::select(vec![
            r#"{"message":"no time"}"#,
            r#"{"message":"whole","time":"2026-11-21T20:45:09Z"}"#,
            r#"{"message":"soon","time":"soon"}"#,
            r#"{"message":"wrong","time":{}}"#,
            r#"{"message":"NaN","time":"2026-11-21T20:45:09.1Z","x":NaN}"#,
            r#"{"message":""}"#,
            "null",
            "7",
        ]);
        // Of which the zone shows when it comes alone.
        let local = (0..3_u8)
            .prop_map(|words| format!(r#"{{"message":"{words}","time":"2025-11-24T17:00:03.5"}}"#));
        prop_oneof![6 => timed, 1 => odd.prop_map(str::to_owned), 2 => local]
    }

    /// What becomes of the log before the next update.
    #[derive(Clone, Debug)]
    enum Change {
        Add(Vec<String>),
        Cut(usize),
        Replace(usize, String),
        /// A line comes alone, and the zone of the server may become known by it.
        Line(String),
        Broken,
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            6 => prop::collection::vec(entry(), 0..4).prop_map(Change::Add),
            1 => (0..10_usize).prop_map(Change::Cut),
            1 => (0..10_usize, entry()).prop_map(|(place, entry)| Change::Replace(place, entry)),
            2 => entry().prop_map(Change::Line),
            1 => Just(Change::Broken),
        ]
    }

    fn job(dedup_entries: usize) -> Job {
        let limits = Limits {
            dedup_entries,
            seed: 7,
        };
        Job::new(ResearchId::from_text("r").unwrap(), limits)
    }

    /// What follows from a payload, but for the update itself.
    fn events(job: &mut Job, payload: &str) -> Vec<JobEvent> {
        job.handle_payload(NOW, Source::Live, payload);
        let events = std::iter::from_fn(|| job.poll_event());
        events
            .filter(|event| !matches!(event, JobEvent::Research(ResearchEvent::Update(_))))
            .collect()
    }

    proptest! {
        /// An array is read anew each time.
        #[test]
        fn a_log_in_a_string_is_told_as_one_that_is_read_anew_each_time(
            changes in prop::collection::vec(change(), 1..12),
            remembered in prop::sample::select(vec![3, 8, 1000]),
        ) {
            let (mut known, mut anew) = (job(remembered), job(remembered));
            let mut log: Vec<String> = Vec::new();
            for (n, change) in changes.into_iter().enumerate() {
                let mut end = "]";
                match change {
                    Change::Add(entries) => log.extend(entries),
                    Change::Cut(len) => log.truncate(len),
                    Change::Replace(place, entry) => {
                        if let Some(old) = log.get_mut(place) {
                            *old = entry;
                        }
                    }
                    Change::Line(entry) => {
                        let line = format!(r#"{{"log_entry":{entry}}}"#);
                        prop_assert_eq!(events(&mut known, &line), events(&mut anew, &line));
                    }
                    Change::Broken => end = ",]",
                }
                let list = format!("[{}{end}", log.join(","));
                // In whatever way a string is written.
                let quoted = if n % 5 < 4 {
                    serde_json::to_string(&list).unwrap()
                } else {
                    serde_json::to_string(&list).unwrap().replace('é', "\\u00e9")
                };
                let list = if end == "]" { list } else { quoted.clone() };
                let update = |log: &str| format!(r#"{{"n":{n},"progress_log":{log}}}"#);
                prop_assert_eq!(events(&mut known, &update(&quoted)), events(&mut anew, &update(&list)));
                prop_assert_eq!(known.counters(), anew.counters());
                prop_assert_eq!(known.snapshot(), anew.snapshot());
            }
        }
    }

    #[test]
    fn of_a_long_cumulative_log_the_newest_entries_are_used_and_the_rest_is_counted() {
        let mut job = job(2);
        let line = |micros: u8| {
            format!(r#"{{"message":"{micros}","time":"2026-11-21T20:45:09.00000{micros}Z"}}"#)
        };
        let log = format!("[{},{},{}]", line(1), line(2), line(3));
        let told = format!(
            "{:?}",
            events(&mut job, &format!(r#"{{"progress_log":{log}}}"#))
        );
        let expected = "progress_log: expected at most 2 entries (the newest are used), got 3";
        assert!(told.contains(expected), "{told}");
        assert_eq!(
            (job.counters().lines, job.counters().dropped_entries),
            (2, 1)
        );
        assert_eq!(job.snapshot().current_task.as_deref(), Some("3"));
    }

    #[test]
    fn of_a_log_that_grows_only_what_is_new_is_read() {
        let entry = |n: usize| {
            format!(r#"{{"message":"line {n}","time":"2026-11-21T20:45:09.{n:06}+00:00"}}"#)
        };
        let mut job = job(1000);
        let mut log = String::new();
        for n in 0..100 {
            log += if n == 0 { "" } else { "," };
            log += &entry(n);
            let quoted = serde_json::to_string(&format!("[{log}]")).unwrap();
            let update = format!(r#"{{"n":{n},"progress_log":{quoted}}}"#);
            assert_eq!(events(&mut job, &update).len(), 2, "a line and a task");
            assert_eq!(job.known_log.as_ref().unwrap().entries, n + 1);
        }
        assert_eq!(job.counters().lines, 100);
        assert_eq!(job.counters().duplicate_lines, 4950);
    }
}
