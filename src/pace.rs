//! When handlers of the page run, and how long, before the browser has its turn.
//!
//! A browser may paint whenever it has its turn, which costs a busy page some milliseconds each time.
//! So turns become longer as long as more waits than fits into one.
//!
//! Where nothing waited before, handlers may run in the task that has read what they are for: a task of their own comes
//! a good half millisecond later. What else is there already goes before the next ones, since these wait for the task
//! that was asked for when something began to wait.

/// How long the first turn takes, in milliseconds. Two such and a frame's own work fit into the 50 ms
/// from which on a page feels stuck; the last handler of a task may take longer.
pub const TASK_MS: f64 = 8.0;

/// How much of a task what has come may take to be read, in milliseconds. It comes first, since the server
/// waits for answers to some of it.
pub const READING_MS: f64 = 4.0;

/// What browsers call a long task. The next handler has no place in one that it may make so long.
pub const LONG_TASK_MS: f64 = 50.0;

/// What a client's tasks are at.
#[derive(Clone, Copy, Debug)]
enum Course {
    /// Nothing waits.
    Idle,
    /// A task was asked for, and no handler has run since.
    Asked,
    /// Handlers run next, in a task that has begun then. The one that was asked for is still to come.
    Hurried(f64),
    /// Handlers run. Whether the task that was asked for is still to come.
    Running(bool),
    /// A task was asked for, to go on or to see that nothing more has come.
    Further,
}

/// What the browser is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// It is asked for nothing.
    Nothing,
    /// A task, in its turn.
    Task,
    /// One that goes before all but the input of a person.
    Urgent,
}

/// The tasks and turns of a client, by a clock in milliseconds that never runs backwards.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    course: Course,
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
            course: Course::Idle,
            ranked,
            most_ms,
            turn_ms: TASK_MS,
            turn: None,
            task: 0.0,
            before: 0.0,
        }
    }

    /// Something waits. Whether the browser is to be asked for a task.
    pub fn ask(&mut self) -> bool {
        let is_idle = matches!(self.course, Course::Idle);
        if is_idle {
            self.course = Course::Asked;
        }
        is_idle
    }

    /// The task that was asked for will not come any more.
    pub fn lose(&mut self) {
        self.course = match self.course {
            Course::Running(_) => Course::Running(false),
            Course::Idle | Course::Asked | Course::Hurried(_) | Course::Further => Course::Idle,
        };
    }

    /// A task that has begun then has read what came. Whether handlers run in it: if something waits, and it is a short one; but
    /// not a second time before the one that was asked for has come, since what else is there already would wait for them.
    pub fn has_read(&mut self, begun: f64, now: f64) -> bool {
        let hurries = matches!(self.course, Course::Asked) && now - begun < READING_MS;
        if hurries {
            self.course = Course::Hurried(begun);
        }
        hurries
    }

    /// A task begins. Whether handlers may run in it: not in one that a handler lets the browser run meanwhile.
    pub fn begin(&mut self, now: f64) -> bool {
        let (begun, is_ahead) = match self.course {
            Course::Hurried(begun) => (begun, true),
            Course::Running(_) => {
                self.course = Course::Running(false);
                return false;
            }
            Course::Idle | Course::Asked | Course::Further => (now, false),
        };
        self.course = Course::Running(is_ahead);
        self.turn.get_or_insert(begun);
        self.task = begun;
        self.before = now;
        true
    }

    /// Whether the task is to end, after a handler.
    pub fn is_over(&mut self, now: f64) -> bool {
        let spent = now - self.task;
        let next = now - self.before;
        self.before = now;
        let limit = if self.ranked { TASK_MS } else { self.turn_ms };
        spent >= limit || spent + next >= LONG_TASK_MS
    }

    /// The task has ended.
    pub fn end(&mut self, now: f64, has_more: bool) -> Next {
        let is_ahead = matches!(self.course, Course::Running(true));
        self.course = if has_more || is_ahead {
            Course::Further
        } else {
            Course::Idle
        };
        if !has_more {
            (self.turn, self.turn_ms) = (None, TASK_MS);
            return Next::Nothing;
        }
        let goes_on = self.turn.is_some_and(|begun| now - begun < self.turn_ms);
        if goes_on && self.ranked && !is_ahead {
            return Next::Urgent;
        }
        self.turn = None;
        self.turn_ms = (2.0 * self.turn_ms).min(self.most_ms);
        if is_ahead { Next::Nothing } else { Next::Task }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The handlers of each task of each turn, until nothing waits any more.
    fn drain(pace: &mut Pace, mut now: f64, cost: f64, mut lines: usize) -> Vec<Vec<usize>> {
        let mut turns = vec![Vec::new()];
        loop {
            assert!(pace.begin(now));
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
            match pace.end(now, lines > 0) {
                Next::Nothing => return turns,
                Next::Task => turns.push(Vec::new()),
                Next::Urgent => {}
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

    /// Whether handlers run in a task that reads from `begun` to `now`, and finds something for the page.
    fn read(pace: &mut Pace, begun: f64, now: f64) -> bool {
        pace.ask();
        pace.has_read(begun, now)
    }

    #[test]
    fn where_nothing_waited_handlers_run_in_the_task_that_has_read_and_the_next_ones_in_one_behind_it()
     {
        let mut pace = Pace::new(true, 48.0);
        for now in [0.0, 1e6] {
            assert!(pace.ask(), "a task is asked for");
            assert!(pace.has_read(now, now + 1.0));
            assert!(pace.begin(now + 1.0) && !pace.is_over(now + 2.0));
            assert_eq!(pace.end(now + 2.0, false), Next::Nothing);
            // A second line of the same task.
            assert!(!read(&mut pace, now + 2.0, now + 3.0));
            assert!(pace.begin(now + 4.0) && !pace.is_over(now + 5.0));
            assert_eq!(pace.end(now + 5.0, false), Next::Nothing);
        }
    }

    #[test]
    fn a_task_that_has_read_nothing_for_the_page_needs_no_other_one() {
        let mut pace = Pace::new(true, 48.0);
        assert!(!pace.has_read(0.0, 1.0));
        assert!(pace.ask());
    }

    #[test]
    fn what_does_not_fit_into_the_task_that_has_read_goes_on_in_the_one_behind_it() {
        for ranked in [true, false] {
            let mut pace = Pace::new(ranked, 40.0);
            assert!(read(&mut pace, 0.0, 3.0));
            assert!(pace.begin(3.0));
            assert!(!pace.is_over(7.0));
            assert!(pace.is_over(8.0), "what was read counts");
            assert_eq!(pace.end(8.0, true), Next::Nothing, "one is coming");
            assert!(!read(&mut pace, 9.0, 9.0), "a backlog");
            assert!(pace.begin(10.0));
            assert!(pace.is_over(26.0));
            assert_eq!(pace.end(26.0, true), Next::Task);
            assert!(!read(&mut pace, 27.0, 27.0));
        }
    }

    #[test]
    fn handlers_have_a_task_of_their_own_behind_what_took_long_to_read() {
        let mut pace = Pace::new(true, 48.0);
        assert!(!read(&mut pace, 0.0, READING_MS));
        assert!(pace.begin(5.0));
        assert_eq!(pace.end(5.0, false), Next::Nothing);
        // 23 ms twice would be 46, but not behind 3.9 ms of reading.
        assert!(read(&mut pace, 10.0, 13.9));
        assert!(pace.begin(13.9) && pace.is_over(36.9));
    }

    #[test]
    fn a_task_within_a_handler_runs_none_and_is_made_up_for() {
        let mut pace = Pace::new(true, 48.0);
        assert!(read(&mut pace, 0.0, 0.0));
        assert!(pace.begin(0.0));
        assert!(!pace.begin(1.0) && !pace.ask());
        assert!(pace.is_over(9.0));
        assert_eq!(pace.end(9.0, true), Next::Task);
        assert!(pace.begin(10.0));
        assert_eq!(pace.end(11.0, false), Next::Nothing);
        assert!(pace.ask());
    }

    #[test]
    fn a_task_that_was_lost_is_asked_for_again() {
        let mut pace = Pace::new(true, 48.0);
        assert!(pace.ask() && !pace.ask());
        pace.lose();
        assert!(pace.ask() && pace.begin(0.0));
        pace.lose();
        assert!(!pace.ask(), "handlers run");
        assert!(pace.is_over(9.0));
        assert_eq!(pace.end(9.0, true), Next::Task);
    }
}
