//! Whatever is seen in whatever order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tests::Truth;
use super::*;

/// What a client is shown of the truth, in which order.
#[derive(Clone, Debug)]
enum Sight {
    /// The line at this place comes live, so often.
    Live(usize, u8),
    /// The stored log is read while it ends here, in this form, and in parts of so many lines at least.
    /// A live line of this place comes before each but the first.
    Log {
        end: usize,
        form: Form,
        part: usize,
        between: usize,
    },
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Ids,
    NoIds,
    Exact,
}

fn truth() -> impl Strategy<Value = Vec<Truth>> {
    let line = (0_u64..3, 0_usize..3);
    prop::collection::vec(line, 1..30).prop_map(|lines| {
        let mut second = 0;
        let messages = ["a", "b", "c"];
        let number = lines.into_iter().enumerate().map(|(n, (step, message))| {
            second += u64::from(step == 0);
            Truth::new(second, n as u64, messages[message])
        });
        number.collect()
    })
}

fn sights(lines: usize) -> impl Strategy<Value = Vec<Sight>> {
    let form = prop::sample::select(vec![Form::Ids, Form::NoIds, Form::Exact]);
    let sight = prop_oneof![
        3 => (0..lines, 1_u8..3).prop_map(|(place, times)| Sight::Live(place, times)),
        1 => (0..=lines, form, 1_usize..40, 0..lines).prop_map(|(end, form, part, between)| {
            Sight::Log { end, form, part, between }
        }),
    ];
    prop::collection::vec(sight, 0..40)
}

fn count(lines: &[Truth]) -> BTreeMap<(u64, &str), usize> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts
            .entry((line.second, line.message.as_str()))
            .or_default() += 1;
    }
    counts
}

/// A log in parts of at least so many lines, each of which ends with its second.
fn parts(log: Vec<Stored>, least: usize) -> Vec<Vec<Stored>> {
    let mut parts: Vec<Vec<Stored>> = vec![Vec::new()];
    for line in log {
        let part = parts.last_mut().unwrap();
        let is_next = part
            .last()
            .is_some_and(|last| last.second() < line.second());
        if part.len() >= least && is_next {
            parts.push(Vec::new());
        }
        parts.last_mut().unwrap().push(line);
    }
    parts
}

/// What the page gets of these sights; checks that it is never more than the truth.
fn look(ledger: &mut Ledger, truth: &[Truth], sights: &[Sight], with_live: bool) -> Vec<Truth> {
    let mut page = Vec::new();
    for sight in sights {
        match sight {
            Sight::Live(place, times) => {
                let line = &truth[*place];
                for _ in 0..*times {
                    if ledger.live(line.live(), true) {
                        page.push(line.clone());
                    }
                }
            }
            Sight::Log {
                end,
                form,
                part,
                between,
            } => {
                let stored = (1..).zip(&truth[..*end]).map(|(id, line)| match form {
                    Form::Ids => line.stored(Some(id), false),
                    Form::NoIds => line.stored(None, false),
                    Form::Exact => line.stored(None, true),
                });
                let parts = parts(stored.collect(), *part);
                let last = parts.len() - 1;
                let mut rest = truth;
                for (at, mut lines) in parts.into_iter().enumerate() {
                    if at > 0 && with_live && ledger.live(truth[*between].live(), true) {
                        page.push(truth[*between].clone());
                    }
                    ledger.answer(&mut lines, if at < last { Part::More } else { Part::Last });
                    let (here, after) = rest.split_at(lines.len());
                    let told = here.iter().zip(&lines).filter(|(_, line)| line.is_missing);
                    page.extend(told.map(|(line, _)| line.clone()));
                    rest = after;
                }
            }
        }
        let all = count(truth);
        for (key, times) in count(&page) {
            assert!(times <= all[&key], "{key:?} {times} times after {sight:?}");
        }
    }
    page
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_line_is_delivered_once_whatever_comes_first(
        (truth, mut sights, last) in truth().prop_flat_map(|truth| {
            let sights = sights(truth.len());
            let form = prop::sample::select(vec![Form::Ids, Form::NoIds, Form::Exact]);
            (Just(truth), sights, form)
        }),
    ) {
        let end = truth.len();
        sights.push(Sight::Log { end, form: last, part: 1, between: 0 });
        let mut ledger = Ledger::new(1000);
        let page = look(&mut ledger, &truth, &sights, true);
        prop_assert_eq!(count(&page), count(&truth));
    }

    #[test]
    fn with_little_memory_no_line_is_delivered_twice_by_the_log(
        capacity in 1_usize..8,
        (truth, sights) in truth().prop_flat_map(|truth| {
            let sights = sights(truth.len());
            (Just(truth), sights)
        }),
    ) {
        // Live lines come in order and once: their copies are what memory is for.
        let mut next = 0;
        let sights: Vec<_> = sights
            .into_iter()
            .filter_map(|sight| match sight {
                Sight::Live(place, _) if place < next => None,
                Sight::Live(place, _) => {
                    next = place + 1;
                    Some(Sight::Live(place, 1))
                }
                log @ Sight::Log { .. } => Some(log),
            })
            .collect();
        let mut ledger = Ledger::new(capacity);
        let mut page: Vec<Truth> = Vec::new();
        for sight in &sights {
            let more = look(&mut ledger, &truth, std::slice::from_ref(sight), false);
            if let Sight::Log { .. } = sight {
                let (all, before) = (count(&truth), count(&page));
                for (key, times) in count(&more) {
                    let before = before.get(&key).copied().unwrap_or(0);
                    prop_assert!(before + times <= all[&key], "{key:?}");
                }
            }
            page.extend(more);
        }
    }
}
