//! Which jobs run side by side. A job that keeps the processors busy has no other such beside it; pages mostly wait, for timers,
//! servers and browsers, so several of them do.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How a job shares the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// Keeps the processors busy.
    Busy,
    /// Waits most of its time.
    Waiting,
}

/// What can be run by itself: a step, or one file of it.
#[derive(Debug)]
pub(super) struct Job<T> {
    pub(super) step: &'static str,
    /// Steps that have to have ended, if they are run at all.
    pub(super) after: &'static [&'static str],
    pub(super) load: Load,
    /// How long it took the last time.
    pub(super) took: Duration,
    pub(super) work: T,
}

/// How many jobs that wait run at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    /// Beside one that is busy.
    pub(super) beside: usize,
    pub(super) only: usize,
}

impl Slots {
    pub(super) fn of_this_machine() -> Self {
        let processors = thread::available_parallelism().map_or(2, Into::into);
        Self {
            beside: 2 * processors,
            only: 3 * processors,
        }
    }
}

/// Runs all jobs, those first on which the end depends most, and returns what came of them, in the order in which they ended.
pub(super) fn run<T: Send, R: Send>(
    jobs: Vec<Job<T>>,
    slots: Slots,
    perform: impl Fn(&Job<T>) -> R + Sync,
) -> Vec<R> {
    let mut waiting = by_rank(jobs, slots);
    let mut running: Vec<(&'static str, Load)> = Vec::new();
    let mut results = Vec::new();
    let perform = &perform;
    thread::scope(|scope| {
        let (ended, ends) = mpsc::channel();
        loop {
            while let Some(at) = next(&waiting, &running, slots) {
                let job = waiting.remove(at);
                let ended = ended.clone();
                running.push((job.step, job.load));
                scope.spawn(move || {
                    let result = catch_unwind(AssertUnwindSafe(|| perform(&job)));
                    ended.send(((job.step, job.load), result))
                });
            }
            if running.is_empty() {
                return;
            }
            let Ok((job, result)) = ends.recv() else {
                return;
            };
            if let Some(at) = running.iter().position(|other| *other == job) {
                running.swap_remove(at);
            }
            results.push(result.unwrap_or_else(|panic| resume_unwind(panic)));
        }
    });
    results
}

/// The one to start now, if there is one.
fn next<T>(waiting: &[Job<T>], running: &[(&str, Load)], slots: Slots) -> Option<usize> {
    let has_ended = |step: &&str| {
        let waiting = waiting.iter().map(|job| job.step);
        let running = running.iter().map(|(step, _)| *step);
        !waiting.chain(running).any(|other| other == *step)
    };
    let count = |load| running.iter().filter(|(_, other)| *other == load).count();
    let is_busy = count(Load::Busy) > 0;
    let free = if is_busy { slots.beside } else { slots.only };
    waiting.iter().position(|job| {
        let has_room = match job.load {
            Load::Busy => !is_busy,
            Load::Waiting => count(Load::Waiting) < free,
        };
        has_room && job.after.iter().all(has_ended)
    })
}

/// First the one that takes longest together with what has to wait for it.
fn by_rank<T>(mut jobs: Vec<Job<T>>, slots: Slots) -> Vec<Job<T>> {
    let ranks: Vec<_> = jobs.iter().map(|job| rank(job, &jobs, slots)).collect();
    let mut order: Vec<_> = ranks.into_iter().zip(jobs.drain(..)).collect();
    order.sort_by(|(one, _), (other, _)| other.cmp(one));
    order.into_iter().map(|(_, job)| job).collect()
}

fn rank<T>(job: &Job<T>, jobs: &[Job<T>], slots: Slots) -> Duration {
    let behind = || jobs.iter().filter(|other| other.after.contains(&job.step));
    let longest = behind().map(|other| rank(other, jobs, slots)).max();
    // Of many that are short only so many run at once.
    let processors = u32::try_from(slots.beside).unwrap_or(1).max(1);
    let all: Duration = behind().map(|other| other.took).sum();
    job.took + longest.unwrap_or_default().max(all / processors)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const SLOTS: Slots = Slots { beside: 1, only: 2 };

    #[test]
    fn one_job_is_busy_at_a_time_and_few_wait_beside_it() {
        let waiting = [job("a", Load::Busy), job("b", Load::Waiting)];
        assert_eq!(next(&waiting, &[("x", Load::Busy)], SLOTS), Some(1));
        let running = [("x", Load::Busy), ("y", Load::Waiting)];
        assert_eq!(next(&waiting, &running, SLOTS), None);
        assert_eq!(next(&waiting, &[("y", Load::Waiting)], SLOTS), Some(0));
        let [busy, light] = waiting;
        let full = [("x", Load::Waiting), ("y", Load::Waiting)];
        assert_eq!(next(&[light], &full, SLOTS), None);
        assert_eq!(next(&[busy], &full, SLOTS), Some(0));
    }

    #[test]
    fn a_job_waits_for_all_of_a_step_before_it_if_that_is_run() {
        let page = || Job {
            after: &["build"],
            ..job("page", Load::Waiting)
        };
        assert_eq!(next(&[page()], &[("build", Load::Busy)], SLOTS), None);
        let both = [page(), job("build", Load::Busy)];
        assert_eq!(next(&both, &[], SLOTS), Some(1));
        assert_eq!(next(&[page()], &[("other", Load::Busy)], SLOTS), Some(0));
    }

    #[test]
    fn what_the_end_depends_on_most_comes_first() {
        let seconds = |step, took, after| Job {
            took: Duration::from_secs(took),
            after,
            ..job(step, Load::Busy)
        };
        let jobs = vec![
            seconds("short", 1, &[]),
            seconds("long", 5, &[]),
            seconds("build", 2, &[]),
            seconds("page", 4, &["build"]),
        ];
        let order: Vec<_> = by_rank(jobs, SLOTS).iter().map(|job| job.step).collect();
        assert_eq!(order, ["build", "long", "page", "short"]);
    }

    #[test]
    fn a_job_that_many_wait_for_comes_before_a_longer_one_that_few_wait_for() {
        let job = |step, took, after, load| Job {
            took: Duration::from_secs(took),
            after,
            ..job(step, load)
        };
        let mut jobs = vec![
            job("chrome-js", 10, &[][..], Load::Busy),
            job("firefox-js", 4, &["chrome-js"], Load::Waiting),
            job("build", 2, &[], Load::Busy),
        ];
        jobs.extend((0..10).map(|_| job("page", 3, &["build"], Load::Waiting)));
        let order: Vec<_> = by_rank(jobs, SLOTS).iter().map(|job| job.step).collect();
        assert_eq!(order.first(), Some(&"build"));
    }

    #[test]
    fn every_job_is_run_once() {
        let jobs = (0..20).map(|n| Job {
            work: n,
            ..job("page", [Load::Busy, Load::Waiting][n % 2])
        });
        let seen = Mutex::new(0);
        let mut results = run(jobs.collect(), SLOTS, |job| {
            *seen.lock().unwrap() += 1;
            job.work
        });
        results.sort_unstable();
        assert_eq!(results, (0..20).collect::<Vec<_>>());
        assert_eq!(*seen.lock().unwrap(), 20);
    }

    fn job(step: &'static str, load: Load) -> Job<usize> {
        Job {
            step,
            after: &[],
            load,
            took: Duration::ZERO,
            work: 0,
        }
    }
}
