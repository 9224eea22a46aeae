//! Schedules that failed once, a bounded number of new ones, and proof that a failure is seen.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use research_socket::research::Input;
use sim::*;

/// How many new schedules are run here; `cargo xtask sim` runs as many as one likes.
const NEW: u64 = 400;

#[test]
fn every_kept_schedule_passes() {
    for kept in hunt::kept() {
        assert_eq!(kept.try_again(false).err(), None, "{}", kept.name);
    }
}

#[test]
fn new_schedules_pass() {
    for seed in 0..NEW {
        let outcome = hunt::try_bytes(&seeded_bytes(seed));
        assert_eq!(
            outcome.err(),
            None,
            "cargo xtask sim --seed {seed} --minimise"
        );
    }
}

#[test]
fn new_schedules_over_a_websocket_pass() {
    for seed in 0..NEW {
        let outcome = hunt::try_bytes_over_websocket(&seeded_bytes(seed));
        assert_eq!(
            outcome.err(),
            None,
            "cargo xtask sim --websocket --seed {seed} --minimise"
        );
    }
}

#[test]
fn a_schedule_without_faults_passes_and_reaches_its_end() {
    let plan = Plan::draw(&mut Entropy::from_bytes(&[]));
    let report = run(&plan).unwrap();
    assert!(report.steps > 10, "{report:?}");
}

#[test]
fn equal_plans_lead_to_equal_outputs() {
    for seed in 0..20 {
        let plan = Plan::draw(&mut Entropy::from_seed(seed));
        assert_eq!(hunt::try_repeatedly(&plan).err(), None, "seed {seed}");
    }
}

#[test]
fn a_printed_plan_is_a_test() {
    let plan = Plan {
        seed: 3,
        setup: Setup {
            release: Release::Newest,
            attempts: None,
            ..Setup::default()
        },
        steps: vec![
            (0, Step::Page(0, Act::Subscribe(0))),
            (
                5,
                Step::Break(Fault::Next(Kind::Poll, Trouble::Status(503, Some(7)))),
            ),
            (9, Step::Job(0, Job::End(Ending::Failed))),
            (9, Step::Page(1, Act::Vouch(Vouch::Never))),
        ],
    };
    let script = plan.script("a_name");
    for line in [
        "fn a_name() {",
        "let plan = Plan {",
        "seed: 3,",
        "release: Release::Newest",
        "(0, Step::Page(0, Act::Subscribe(0))),",
        "(5, Step::Break(Fault::Next(Kind::Poll, Trouble::Status(503, Some(7))))),",
        "(9, Step::Job(0, Job::End(Ending::Failed))),",
        "(9, Step::Page(1, Act::Vouch(Vouch::Never))),",
    ] {
        assert!(script.contains(line), "{line} is not in\n{script}");
    }
}

#[test]
fn the_minimiser_keeps_only_the_bytes_that_matter() {
    let bytes: Vec<u8> = (0..200).collect();
    let has_both = |bytes: &[u8]| {
        let seven = bytes.iter().position(|byte| *byte == 7);
        seven.is_some_and(|at| bytes.iter().skip(at).any(|byte| *byte == 150))
    };
    assert_eq!(hunt::minimise(&bytes, 10_000, has_both), [7, 150]);
}

#[test]
fn a_journal_with_another_input_is_not_what_came_out() {
    let plan = Plan::draw(&mut Entropy::from_seed(3));
    let (_, mut journal) = record(&plan);
    assert_eq!(play(&plan, &journal), Ok(()));
    let connects = |input: &Input| *input == Input::Connect;
    let place = journal
        .inputs
        .iter()
        .position(|(.., input)| connects(input));
    journal.inputs.remove(place.unwrap());
    assert!(play(&plan, &journal).is_err());
}

#[test]
fn answers_beyond_all_bounds_are_refused_by_name_and_survived() {
    for body in [OddBody::Packets, OddBody::Endless] {
        let which = ODD_BODIES.iter().position(|other| *other == body).unwrap() as u8;
        for kind in [Kind::Poll, Kind::Logs, Kind::Status] {
            let oversize = Fault::Next(kind, Trouble::Nonsense(which));
            let plan = Plan {
                seed: 0,
                setup: Setup::default(),
                steps: vec![
                    (0, Step::Page(0, Act::Subscribe(0))),
                    (0, Step::Page(0, Act::Connect)),
                    (0, Step::Break(oversize)),
                    (5_000, Step::Job(0, Job::End(Ending::Completed))),
                ],
            };
            let (result, story) = tell(&plan);
            assert!(result.is_ok(), "{kind:?}, {body:?}: {result:?}");
            let words = match (kind, body) {
                // Nothing is wrong with them.
                (Kind::Poll, OddBody::Packets) => "name: Connected",
                (Kind::Poll, _) => "ConnectError(TooLarge(\"32 MiB\"))",
                // It is read as it arrives.
                (Kind::Logs, OddBody::Endless) => "name: Connected",
                (_, OddBody::Endless) => "is too large (more than 32 MiB)",
                // Separators are no JSON.
                (Kind::Logs, _) => "code: \"not-json\"",
                _ => "code: \"damaged-answer\"",
            };
            assert!(
                story.contains(words),
                "{words}, {kind:?}, {body:?}: {story}"
            );
        }
    }
}
