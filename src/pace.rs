//! How long handlers of the page run before the browser has its turn.
//!
//! A browser may paint whenever it has its turn, which costs a busy page some milliseconds each time.
//! So turns become longer as long as more waits than fits into one.

/// How long the first turn takes, in milliseconds. Two such and a frame's own work fit into the 50 ms
/// from which on a page feels stuck; the last handler of a task may take longer.
pub const TASK_MS: f64 = 8.0;

/// What browsers call a long task. The next handler has no place in one that it may make so long.
pub const LONG_TASK_MS: f64 = 50.0;

/// The tasks and turns of a client, by a clock in milliseconds that never runs backwards.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Whether tasks of the same turn follow one another before all else.
    ranked: bool,
    /// How long a turn may become.
    most_ms: f64,
    /// How long this turn may take.
    turn_ms: f64,
    /// When it began, while it is under way.
    turn: Option<f64>,
    /// When this task began.
    task: f64,
    /// When the handler before began.
    before: f64,
}

impl Pace {
    /// `ranked`: whether a turn is of several tasks, for which the browser lets nothing through but the
    /// input of a person. The protocol, timers and the screen wait for `most_ms` at most.
    pub const fn new(ranked: bool, most_ms: f64) -> Self {
        Self {
            ranked,
            most_ms,
            turn_ms: TASK_MS,
            turn: None,
            task: 0.0,
            before: 0.0,
        }
    }

    /// A task begins.
    pub fn begin(&mut self, now: f64) {
        self.turn.get_or_insert(now);
        self.task = now;
        self.before = now;
    }

    /// Whether the task is to end, after a handler.
    pub fn is_over(&mut self, now: f64) -> bool {
        let spent = now - self.task;
        let next = now - self.before;
        self.before = now;
        let limit = if self.ranked { TASK_MS } else { self.turn_ms };
        spent >= limit || spent + next >= LONG_TASK_MS
    }

    /// The task has ended. Whether the next one is to come before all but input.
    pub fn end(&mut self, now: f64, has_more: bool) -> bool {
        if !has_more {
            (self.turn, self.turn_ms) = (None, TASK_MS);
            return false;
        }
        let goes_on = self.turn.is_some_and(|begun| now - begun < self.turn_ms);
        if goes_on && self.ranked {
            return true;
        }
        self.turn = None;
        self.turn_ms = (2.0 * self.turn_ms).min(self.most_ms);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The handlers of each task of each turn, until nothing waits any more.
    fn drain(pace: &mut Pace, mut now: f64, cost: f64, mut lines: usize) -> Vec<Vec<usize>> {
        let mut turns = vec![Vec::new()];
        loop {
            pace.begin(now);
            let mut handlers = 0;
            while lines > 0 {
                now += cost;
                lines -= 1;
                handlers += 1;
                if pace.is_over(now) {
                    break;
                }
            }
            turns.last_mut().unwrap().push(handlers);
            let is_urgent = pace.end(now, lines > 0);
            if lines == 0 {
                return turns;
            }
            if !is_urgent {
                turns.push(Vec::new());
            }
        }
    }

    #[test]
    fn a_backlog_gives_the_browser_fewer_turns_than_it_has_lines() {
        for (ranked, most_ms, most) in [(true, 48.0, 8), (false, 40.0, 6), (false, 16.0, 3)] {
            let turns = drain(&mut Pace::new(ranked, most_ms), 0.0, 7.0, 3_000);
            let handlers: Vec<usize> = turns.iter().map(|tasks| tasks.iter().sum()).collect();
            assert_eq!(handlers.iter().sum::<usize>(), 3_000);
            assert_eq!(handlers.iter().max(), Some(&most), "{handlers:?}");
            assert!(turns.len() <= 3_000 / most + 4, "{}", turns.len());
        }
    }

    #[test]
    fn turns_are_short_at_first_and_again_once_nothing_waits() {
        for ranked in [true, false] {
            let mut pace = Pace::new(ranked, 40.0);
            for now in [0.0, 1e6] {
                let turns = drain(&mut pace, now, 1.0, 500);
                let mut lengths = turns.iter().map(|tasks| tasks.iter().sum::<usize>());
                assert_eq!(lengths.next(), Some(8));
                assert_eq!(lengths.next(), Some(16));
                assert_eq!(lengths.next(), Some(32));
            }
        }
    }

    #[test]
    fn a_task_of_several_handlers_is_no_long_one() {
        for ranked in [true, false] {
            for cost in [
                0.25, 3.0, 7.0, 9.0, 12.0, 19.0, 24.0, 26.0, 39.0, 45.0, 300.0,
            ] {
                let turns = drain(&mut Pace::new(ranked, 40.0), 0.0, cost, 400);
                for handlers in turns.into_iter().flatten() {
                    let spent = cost * handlers as f64;
                    assert!(
                        handlers == 1 || spent < LONG_TASK_MS,
                        "{handlers} of {cost} ms"
                    );
                }
            }
        }
    }

    #[test]
    fn where_tasks_can_go_first_a_person_waits_for_one_short_task() {
        let turns = drain(&mut Pace::new(true, 48.0), 0.0, 1.0, 3_000);
        assert!(turns.iter().flatten().all(|handlers| *handlers <= 8));
    }
}
