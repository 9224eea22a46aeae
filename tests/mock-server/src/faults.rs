//! Decides which faults meet a request: it counts them and throws the dice.

use serde::Serialize;

use crate::Request;
use crate::fault::{Action, Fault, Kind};
use crate::random::Random;

/// The faults that were asked for, with their counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultBook {
    entries: Vec<FaultState>,
}

/// A fault and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultState {
    /// The fault.
    pub fault: Fault,
    /// Requests that it counted.
    pub seen: u32,
    /// Requests that it met.
    pub hits: u32,
}

impl FaultBook {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.entries.push(FaultState {
            fault,
            seen: 0,
            hits: 0,
        });
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn entries(&self) -> &[FaultState] {
        &self.entries
    }

    /// The actions for this request, in the order in which their faults were added.
    pub(crate) fn meet(&mut self, kind: Kind, request: &Request, dice: &mut Random) -> Vec<Action> {
        let mut actions = Vec::new();
        for entry in &mut self.entries {
            if !entry.fault.on.matches(kind, request) {
                continue;
            }
            entry.seen = entry.seen.saturating_add(1);
            let started = entry.seen >= entry.fault.nth;
            // A window, not a budget: what the dice spare still counts.
            let ended = entry
                .fault
                .count
                .is_some_and(|n| entry.seen >= entry.fault.nth.saturating_add(n));
            if !started || ended {
                continue;
            }
            let spared =
                entry.fault.percent < 100 && dice.below(100) >= u64::from(entry.fault.percent);
            if !spared {
                entry.hits = entry.hits.saturating_add(1);
                actions.push(entry.fault.action.clone());
            }
        }
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(fault: Fault, requests: u32) -> Vec<u32> {
        let mut book = FaultBook::default();
        book.add(fault);
        let mut dice = Random::new(3);
        let request = Request::default();
        (1..=requests)
            .filter(|_| !book.meet(Kind::Poll, &request, &mut dice).is_empty())
            .collect()
    }

    #[test]
    fn a_fault_meets_the_requests_of_its_window_only() {
        let fault = Fault {
            count: Some(2),
            ..Fault::next(Kind::Poll, Action::Refuse)
        };
        assert_eq!(hits(fault.from_nth(3), 9), [3, 4]);
    }

    #[test]
    fn a_fault_for_another_kind_meets_nothing() {
        assert_eq!(
            hits(Fault::every(Kind::Handshake, Action::Refuse), 3),
            [0; 0]
        );
        assert_eq!(
            hits(Fault::every(Kind::Socket, Action::Refuse), 3),
            [1, 2, 3]
        );
    }

    #[test]
    fn dice_spare_about_as_many_as_they_should() {
        let fault = Fault {
            percent: 25,
            ..Fault::every(Kind::Poll, Action::Refuse)
        };
        let met = hits(fault, 1_000).len();
        assert!((200..300).contains(&met), "{met}");
    }

    #[test]
    fn a_fault_in_json_needs_an_action_only() {
        let fault: Fault = serde_json::from_str(r#"{"action":"refuse"}"#).unwrap();
        assert_eq!(
            fault,
            Fault {
                on: Default::default(),
                ..Fault::next(Kind::Poll, Action::Refuse)
            }
        );
        let text = r#"{"on":{"kind":"poll"},"count":null,"action":{"status":{"code":503}}}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.count, None);
        assert!(matches!(fault.action, Action::Status { code: 503, .. }));
    }
}
