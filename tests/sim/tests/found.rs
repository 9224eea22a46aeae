//! What schedules found in the client, as plans: they stay what they are when the drawing changes.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use sim::*;

fn plan(setup: Setup, steps: &[(u64, Step)]) -> Plan {
    let mut plan = Plan {
        seed: 0,
        setup,
        steps: vec![
            (0, Step::Page(0, Act::Subscribe(0))),
            (0, Step::Page(0, Act::Connect)),
        ],
    };
    plan.steps.extend_from_slice(steps);
    plan
}

/// One failed question about the status was the last once a late line came live.
#[test]
fn an_end_is_heard_though_its_status_failed_and_a_line_came() {
    let steps = [
        (0, Step::Page(0, Act::Cancel(0))),
        (0, Step::Break(Fault::Drop)),
        (
            0,
            Step::Break(Fault::Every(Kind::Status, Trouble::Hangs, 234)),
        ),
        (50, Step::Job(0, Job::Milestone)),
    ];
    run(&plan(Setup::default(), &steps)).unwrap();
}

/// A POST that a proxy answered with nothing counted as delivered.
#[test]
fn a_subscription_that_a_proxy_swallowed_is_sent_again() {
    let nonsense = Fault::Every(Kind::Post, Trouble::Nonsense(0), 234);
    let steps = [
        (0, Step::Page(1, Act::Connect)),
        (50, Step::Break(nonsense)),
        (50, Step::Page(1, Act::Subscribe(0))),
    ];
    run(&plan(Setup::default(), &steps)).unwrap();
}

/// The question about the status overtook the subscription, and the end fell between them.
#[test]
fn an_end_between_status_and_subscription_is_heard() {
    let setup = Setup {
        release: Release::Newest,
        latency: 700,
        jitter: 3_000,
        ..Setup::default()
    };
    let steps = [(14_746, Step::Job(0, Job::End(Ending::Completed)))];
    run(&plan(setup, &steps)).unwrap();
}

fn without_watchdog() -> Setup {
    Setup {
        pieces: false,
        either_path: false,
        moved: false,
        keeps_persons: false,
        stall_after: None,
        ..Setup::default()
    }
}

/// The status was refused; a late line that came live counted as leave to forget the question.
#[test]
fn an_end_that_a_refusal_hid_is_heard_once_the_page_connects() {
    let line = Job::Lines {
        count: 1,
        text: 0,
        live: true,
        stored: true,
    };
    let steps = [
        (0, Step::Break(Fault::SignedIn(false))),
        (0, Step::Job(0, Job::End(Ending::Completed))),
        (50, Step::Job(0, line)),
        (65, Step::Break(Fault::Next(Kind::Poll, Trouble::Refused))),
    ];
    run(&plan(without_watchdog(), &steps)).unwrap();
}

/// A status that was asked for before a cancel counted as the answer to the question after it.
#[test]
fn an_end_by_cancel_is_heard_though_an_older_status_comes_later() {
    let setup = Setup {
        release: Release::Newest,
        ping_interval: 300,
        latency: 0,
        jitter: 300,
        ..without_watchdog()
    };
    let progress = Job::Progress {
        percent: 0,
        status: false,
    };
    let steps = [
        (433, Step::Page(0, Act::Connect)),
        (597, Step::Job(0, progress)),
        (597, Step::Job(0, progress)),
        (719, Step::Page(0, Act::Cancel(0))),
    ];
    let mut plan = plan(setup, &steps);
    plan.seed = 8_243;
    run(&plan).unwrap();
}

/// The heartbeat was shorter than the way: the end was said while the client connected anew, and
/// without a question for the status nobody can tell it to the page.
#[test]
fn an_end_between_two_sessions_is_nothing_to_be_heard_without_a_question() {
    let line = Job::Lines {
        count: 1,
        text: 0,
        live: true,
        stored: true,
    };
    let message = Act::Emit {
        ack: Ack::No,
        volatile: false,
        bytes: 0,
    };
    let setup = Setup {
        ping_interval: 300,
        ping_timeout: 3_500,
        latency: 700,
        fallback: None,
        ..Setup::default()
    };
    let steps = [
        (746, Step::Job(0, line)),
        (746, Step::Page(0, message)),
        (23_011, Step::Job(0, line)),
        (23_011, Step::Page(0, message)),
        (24_370, Step::Page(0, Act::Online(false))),
    ];
    let mut plan = plan(setup, &steps);
    plan.seed = 130;
    run(&plan).unwrap();
}

/// An answer that something in between had spoiled counted as the status.
#[test]
fn an_end_is_heard_though_its_status_was_spoiled() {
    let progress = Job::Progress {
        percent: 0,
        status: false,
    };
    let steps = [
        (0, Step::Page(0, Act::Cancel(0))),
        (
            0,
            Step::Break(Fault::Every(Kind::Status, Trouble::Doubled, 234)),
        ),
        (0, Step::Job(0, progress)),
        (398, Step::Page(0, Act::Connect)),
    ];
    run(&plan(without_watchdog(), &steps)).unwrap();
}

/// The end fell between the question for the status and the subscription, and nobody asked again.
#[test]
fn an_end_between_status_and_subscription_is_heard_without_watchdog() {
    let setup = Setup {
        release: Release::Newest,
        latency: 700,
        jitter: 3_000,
        ..without_watchdog()
    };
    for end in (14_000..16_000).step_by(50) {
        let steps = [(end, Step::Job(0, Job::End(Ending::Completed)))];
        run(&plan(setup.clone(), &steps)).unwrap();
    }
}

/// The stored log was asked for because the server did not take the subscription; lines from then
/// until it did were never asked for. The last of them comes with the answer to the subscription.
#[test]
fn lines_before_a_late_subscription_are_heard() {
    let lines = |count| Job::Lines {
        count,
        text: 0,
        live: true,
        stored: true,
    };
    let setup = Setup {
        release: Release::Newest,
        ..Setup::default()
    };
    for second in 10..20 {
        let slow = Fault::Next(Kind::Join, Trouble::Slow(15_000));
        let steps = [
            (0, Step::Break(slow)),
            (0, Step::Job(0, lines(1))),
            (second * 1_000, Step::Job(0, lines(2))),
        ];
        run(&plan(setup.clone(), &steps)).unwrap();
    }
}
