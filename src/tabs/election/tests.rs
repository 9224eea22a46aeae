//! The election, one situation at a time.

use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn drain(election: &mut Election) -> Vec<Action> {
    std::iter::from_fn(|| election.poll_action()).collect()
}

/// A tab of a browser with locks, or without.
fn started(seed: u64, has_locks: bool) -> Election {
    let mut election = Election::new(seed);
    election.has_locks = has_locks;
    election.start(at(0));
    drain(&mut election);
    election
}

fn epoch(number: u64, leader: u64) -> Epoch {
    Epoch { number, leader }
}

/// A leader that is connected.
fn lead(turn: u64) -> Kind<'static> {
    Kind::Lead {
        turn,
        number: 0,
        max_payload: 100_000,
        sid: "s",
    }
}

fn hear(election: &mut Election, now: u64, from: u64, epoch: Epoch, kind: Kind<'_>) -> Vec<Action> {
    election.hear(at(now), &Message { from, epoch, kind });
    drain(election)
}

fn wait(election: &mut Election, now: u64) -> Vec<Action> {
    election.handle_timeout(at(now), false);
    drain(election)
}

/// A tab that follows leader 1 of epoch 4.
fn follower(has_locks: bool) -> Election {
    let mut election = started(1, has_locks);
    hear(&mut election, 10, 1, epoch(4, 1), lead(1));
    assert!(election.is_follower());
    election
}

/// Lets the leader be silent until it is asked.
fn ask(election: &mut Election) -> u64 {
    let due = election.poll_timeout().unwrap().as_millis();
    assert_eq!(wait(election, due), [ASKS]);
    due
}

const ASKS: Action = Action::Say(Kind::Ask { link: 0, number: 0 });

#[test]
fn a_tab_that_gets_the_lock_leads_at_once() {
    let mut election = started(1, true);
    election.lock(at(3), Lock::Granted);
    assert!(election.is_leader());
    assert_eq!(drain(&mut election), [Action::Lead, Action::Connect]);
    assert_eq!(election.epoch(), epoch(1, election.id()));
}

#[test]
fn a_wait_for_the_lock_is_no_failure_while_the_leader_answers() {
    let mut election = follower(true);
    let mut now = 10;
    for _ in 0..1_000 {
        now = election.poll_timeout().unwrap().as_millis();
        assert_eq!(wait(&mut election, now), [ASKS]);
        hear(&mut election, now + 20, 1, epoch(4, 1), lead(1));
    }
    assert!(election.is_follower());
    assert!(now > 2_500_000);
}

#[test]
fn a_page_that_comes_while_the_leader_is_suspended_looks_after_itself_soon() {
    let mut election = started(1, true);
    let mut now = 1;
    let mut actions = Vec::new();
    while !actions.contains(&Action::Connect) {
        now = election.poll_timeout().unwrap().as_millis();
        actions = wait(&mut election, now);
    }
    let most = FIRST_QUESTION_MS + JITTER_MS + 10;
    assert!((FIRST_QUESTION_MS..=most).contains(&now), "{now}");
    // Whom it has heard it gives more time, and when it comes back from an absence it is new again.
    hear(&mut election, now, 1, epoch(4, 1), lead(1));
    drain(&mut election);
    let asked = ask(&mut election);
    wait(&mut election, asked + FIRST_QUESTION_MS + JITTER_MS);
    assert!(!election.is_proving());
    election.leave(0);
    election.start(at(60_000));
    let due = 60_000 + FIRST_QUESTION_MS;
    wait(&mut election, due);
    wait(&mut election, due + JITTER_MS);
    assert!(election.is_proving());
}

#[test]
fn without_locks_a_tab_that_is_alone_leads_after_one_round() {
    let mut election = started(1, false);
    let due = election.poll_timeout().unwrap().as_millis();
    assert!((ROUND_MS..2 * ROUND_MS).contains(&due));
    assert_eq!(wait(&mut election, due), [Action::Lead, Action::Connect]);
}

#[test]
fn of_candidates_the_lowest_leads_and_the_others_wait_for_it() {
    let mut election = started(1, false);
    hear(&mut election, 20, 1, Epoch::default(), Kind::Run);
    let due = election.poll_timeout().unwrap().as_millis();
    let actions = wait(&mut election, due);
    assert_eq!(actions, [Action::Say(Kind::Run)]);
    assert!(!election.is_leader());
    hear(&mut election, due + 10, 1, epoch(1, 1), lead(0));
    assert!(election.is_follower());
}

#[test]
fn a_lower_candidate_that_never_claims_is_waited_for_three_rounds() {
    let mut election = started(1, false);
    let mut rounds = 0;
    while !election.is_leader() {
        let due = election.poll_timeout().unwrap().as_millis();
        hear(&mut election, due - 1, 1, Epoch::default(), Kind::Run);
        wait(&mut election, due);
        rounds += 1;
    }
    assert_eq!(rounds, ROUNDS);
}

#[test]
fn a_leader_that_hears_of_a_newer_epoch_gives_up_connection_and_lock() {
    let mut election = started(1, true);
    election.lock(at(3), Lock::Granted);
    drain(&mut election);
    let actions = hear(&mut election, 50, 9, epoch(2, 9), lead(1));
    assert_eq!(actions, [Action::Rest, Action::DropLock, Action::AskLock]);
    assert!(election.is_follower());
}

#[test]
fn a_leader_tells_whoever_obeys_an_older_epoch() {
    let mut election = follower(true);
    election.lock(at(100), Lock::Granted);
    drain(&mut election);
    assert_eq!(election.epoch(), epoch(5, election.id()));
    let actions = hear(&mut election, 200, 1, epoch(4, 1), lead(1));
    assert_eq!(actions, [Action::Lead]);
    assert!(election.is_leader());
}

#[test]
fn a_silent_leader_is_asked_and_replaced_only_once_the_own_way_is_proven() {
    let mut election = follower(true);
    let asked = ask(&mut election);
    assert!((10 + SILENCE_MS..10 + SILENCE_MS + SPREAD_MS).contains(&asked));
    let mut now = asked;
    let mut actions = Vec::new();
    while actions != [Action::Say(Kind::Run), Action::Connect] {
        now = election.poll_timeout().unwrap().as_millis();
        actions = wait(&mut election, now);
        assert!(!election.is_leader());
    }
    assert!((asked + QUESTION_MS..=asked + QUESTION_MS + JITTER_MS).contains(&now));
    election.prove(at(now + 300));
    assert_eq!(drain(&mut election), [Action::StealLock]);
    assert!(!election.is_leader());
    election.lock(at(now + 310), Lock::Granted);
    assert_eq!(drain(&mut election), [Action::Lead, Action::Connect]);
    // It is another epoch: what is proven again changes nothing.
    election.prove(at(now + 400));
    assert_eq!(drain(&mut election), []);
}

#[test]
fn a_tab_whose_own_way_is_dead_steals_nothing_however_long_it_waits() {
    let mut election = follower(true);
    for _ in 0..1_000 {
        let now = election.poll_timeout().unwrap().as_millis();
        let actions = wait(&mut election, now);
        assert!(!actions.contains(&Action::StealLock));
        assert!(!election.is_leader());
    }
}

#[test]
fn of_tabs_that_have_found_the_leader_silent_one_finds_out_whether_it_reaches_the_server() {
    let mut election = follower(true);
    while !election.is_proving() {
        let now = election.poll_timeout().unwrap().as_millis();
        wait(&mut election, now);
    }
    assert_eq!(
        hear(&mut election, 9_000, u64::MAX, epoch(4, 1), Kind::Run),
        []
    );
    assert!(election.is_proving());
    // The lower id goes first, for a while.
    let actions = hear(&mut election, 9_000, 2, epoch(4, 1), Kind::Run);
    assert_eq!(actions, [Action::Rest]);
    wait(&mut election, 9_000 + PROOF_MS - 1);
    assert!(!election.is_proving());
    wait(&mut election, 9_000 + PROOF_MS);
    assert!(election.is_proving());
}

#[test]
fn a_leader_that_answers_late_keeps_its_place() {
    let mut election = follower(true);
    while !election.is_proving() {
        let now = election.poll_timeout().unwrap().as_millis();
        wait(&mut election, now);
    }
    let actions = hear(&mut election, 9_000, 1, epoch(4, 1), lead(1));
    assert_eq!(actions, [Action::Rest]);
    election.prove(at(9_100));
    assert!(election.is_follower());
}

#[test]
fn a_leader_without_a_connection_has_one_question_s_time_to_get_one() {
    let mut election = follower(true);
    for now in (100..QUESTION_MS + 100).step_by(200) {
        hear(&mut election, now, 1, epoch(4, 1), lead(0));
        wait(&mut election, now);
        assert!(election.is_follower());
    }
    let wary = 100 + QUESTION_MS;
    wait(&mut election, wary);
    wait(&mut election, wary + JITTER_MS);
    assert!(election.is_proving());
}

#[test]
fn of_two_that_claim_one_number_whoever_has_the_lock_goes_on() {
    let mut election = started(1, true);
    election.lock(at(3), Lock::Granted);
    drain(&mut election);
    let actions = hear(&mut election, 9, 1, epoch(1, 1), lead(1));
    assert!(actions.contains(&Action::Lead) && !actions.contains(&Action::Rest));
    assert_eq!(election.epoch(), epoch(2, election.id()));
}

#[test]
fn whoever_has_the_lock_goes_on_where_nobody_leads_a_newer_epoch() {
    let newer = [
        (1, epoch(5, 1), Kind::Bye { heir: 0 }),
        (7, epoch(5, 1), Kind::Bye { heir: 0 }),
        (7, epoch(5, 1), Kind::Ask { link: 0, number: 0 }),
        (7, epoch(5, 1), Kind::Run),
        // It led until it lost the lock.
        (1, epoch(5, 1), Kind::Ask { link: 0, number: 0 }),
    ];
    for (from, newer, kind) in newer {
        let mut election = started(1, true);
        election.lock(at(3), Lock::Granted);
        drain(&mut election);
        let actions = hear(&mut election, 9, from, newer, kind);
        assert!(actions.contains(&Action::Lead) && !actions.contains(&Action::Rest));
        assert_eq!(election.epoch(), epoch(6, election.id()));
    }
}

#[test]
fn a_page_that_comes_back_is_no_reason_to_give_way() {
    for has_locks in [true, false] {
        let mut back = follower(has_locks);
        back.leave(0);
        back.start(at(99));
        assert_eq!(back.epoch(), Epoch::default());
        let mut leader = started(2, has_locks);
        leader.lock(at(3), Lock::Granted);
        drain(&mut leader);
        let mut said = 0;
        for action in drain(&mut back)
            .into_iter()
            .skip_while(|action| *action != Action::Open)
        {
            if let Action::Say(kind) = action {
                let answer = hear(&mut leader, 99, back.id(), back.epoch(), kind);
                assert_eq!(answer, [Action::Lead]);
                said += 1;
            }
        }
        assert!(said > 0 && leader.is_leader());
    }
}

#[test]
fn one_tab_asks_for_all() {
    let mut election = follower(true);
    let asked = 10 + SILENCE_MS;
    assert_eq!(
        hear(
            &mut election,
            asked,
            7,
            epoch(4, 1),
            Kind::Ask { link: 3, number: 0 }
        ),
        []
    );
    let due = election.poll_timeout().unwrap().as_millis();
    assert_eq!(due, asked + AGAIN_MS);
    hear(&mut election, asked + 5, 1, epoch(4, 1), lead(1));
    assert!(election.poll_timeout() >= Some(at(asked + 5 + SILENCE_MS)));
}

#[test]
fn where_locks_cannot_be_stolen_whoever_has_reached_the_server_leads() {
    let mut election = follower(true);
    while !election.is_proving() {
        let now = election.poll_timeout().unwrap().as_millis();
        wait(&mut election, now);
    }
    election.prove(at(9_000));
    election.lock(at(9_001), Lock::Refused);
    assert!(election.is_leader());
}

#[test]
fn nobody_takes_over_in_a_tab_that_is_not_seen() {
    let mut election = follower(false);
    election.see(at(20), false);
    assert_eq!(election.poll_timeout(), None);
    // What was due meanwhile is asked anew.
    election.see(at(90_000), true);
    assert_eq!(drain(&mut election), [ASKS]);
    let due = election.poll_timeout().unwrap().as_millis();
    assert!(due > 90_000);
}

#[test]
fn a_question_that_ended_while_nothing_ran_is_not_held_against_the_leader() {
    let mut election = follower(false);
    ask(&mut election);
    election.handle_timeout(at(60_000), true);
    assert_eq!(drain(&mut election), [ASKS]);
    assert!(election.is_follower());
    hear(&mut election, 60_001, 1, epoch(4, 1), lead(1));
    assert!(election.poll_timeout() >= Some(at(60_001 + SILENCE_MS)));
}

#[test]
fn after_a_goodbye_the_heir_leads_at_once() {
    let mut election = follower(false);
    let heir = election.id();
    let actions = hear(&mut election, 50, 1, epoch(4, 1), Kind::Bye { heir });
    assert_eq!(actions, [Action::Lead, Action::Connect]);
    assert_eq!(election.epoch(), epoch(5, heir));
}

#[test]
fn where_the_next_in_the_queue_is_frozen_the_heir_takes_the_lock_once_it_reaches_the_server() {
    let mut election = follower(true);
    let heir = election.id();
    assert_eq!(
        hear(&mut election, 50, 1, epoch(4, 1), Kind::Bye { heir }),
        []
    );
    let due = election.poll_timeout().unwrap().as_millis();
    assert!(due <= 50 + 2 * ROUND_MS);
    let expected = [Action::Say(Kind::Run), Action::Connect];
    assert_eq!(wait(&mut election, due), expected);
    election.prove(at(due + 50));
    assert_eq!(drain(&mut election), [Action::StealLock]);
    election.lock(at(due + 51), Lock::Granted);
    assert_eq!(drain(&mut election), [Action::Lead, Action::Connect]);
}

#[test]
fn after_a_goodbye_without_a_heir_there_is_a_round() {
    let mut election = follower(false);
    hear(&mut election, 50, 1, epoch(4, 1), Kind::Bye { heir: 3 });
    let due = election.poll_timeout().unwrap().as_millis();
    assert!(due <= 50 + 2 * ROUND_MS);
    wait(&mut election, due);
    assert!(election.is_leader());
}

#[test]
fn a_leader_that_goes_says_so_and_gives_lock_and_channel_back() {
    let mut election = started(1, true);
    election.lock(at(3), Lock::Granted);
    drain(&mut election);
    election.leave(7);
    let expected = [
        Action::Say(Kind::Bye { heir: 7 }),
        Action::DropLock,
        Action::Close,
    ];
    assert_eq!(drain(&mut election), expected);
    assert_eq!(election.poll_timeout(), None);
    // It comes back as a candidate, whatever it was.
    election.start(at(60_000));
    let expected = [Action::Open, Action::AskLock, Action::Say(Kind::Run)];
    assert_eq!(drain(&mut election), expected);
    assert!(!election.is_leader());
}

#[test]
fn a_lock_that_comes_after_the_page_has_gone_is_given_back() {
    let mut election = started(1, true);
    election.leave(0);
    drain(&mut election);
    election.lock(at(3), Lock::Granted);
    assert_eq!(drain(&mut election), [Action::DropLock]);
    assert!(election.is_away());
}

#[test]
fn a_leader_whose_lock_is_taken_leads_no_more_and_queues_up() {
    let mut election = started(1, true);
    election.lock(at(3), Lock::Granted);
    drain(&mut election);
    election.lock(at(90), Lock::Lost);
    let bye = Action::Say(Kind::Bye { heir: 0 });
    let expected = [bye, Action::Rest, Action::AskLock, ASKS];
    assert_eq!(drain(&mut election), expected);
    assert!(!election.is_leader());
}

#[test]
fn where_there_turn_out_to_be_no_locks_leases_decide() {
    let mut election = started(1, true);
    election.lock(at(3), Lock::Refused);
    drain(&mut election);
    let due = election.poll_timeout().unwrap().as_millis();
    assert_eq!(wait(&mut election, due), [Action::Lead, Action::Connect]);
}

#[test]
fn who_has_waited_for_others_before_it_came_leads_at_once_where_there_are_no_locks() {
    let mut election = started(1, true);
    election.lock(at(3), Lock::Unopposed);
    assert_eq!(drain(&mut election), [Action::Lead, Action::Connect]);
    // It knows better by now.
    let mut election = started(2, true);
    hear(&mut election, 2, 1, epoch(4, 1), lead(1));
    drain(&mut election);
    election.lock(at(3), Lock::Unopposed);
    assert_eq!(drain(&mut election), []);
    assert!(election.is_follower());
}

#[test]
fn a_leader_that_came_back_as_another_s_follower_is_not_taken_for_the_leader() {
    let mut election = follower(true);
    ask(&mut election);
    let before = election.poll_timeout();
    for kind in [
        Kind::Ask { link: 0, number: 0 },
        Kind::Run,
        Kind::Here { link: 1, number: 0 },
    ] {
        hear(&mut election, 3_500, 1, epoch(4, 1), kind);
    }
    assert_eq!(election.poll_timeout(), before);
}

#[test]
fn whoever_stands_alone_hears_nobody() {
    let mut election = follower(true);
    election.stand_alone();
    let expected = [
        Action::Say(Kind::Bye { heir: 0 }),
        Action::DropLock,
        Action::Close,
        Action::Connect,
    ];
    assert_eq!(drain(&mut election), expected);
    assert_eq!(hear(&mut election, 99, 1, epoch(9, 1), lead(1)), []);
    assert!(election.is_alone());
}

#[test]
fn takeovers_that_do_not_help_come_ever_later() {
    let mut election = follower(true);
    let (mut now, mut number, mut waits) = (10, 4, Vec::new());
    for _ in 0..8 {
        let began = now;
        while !election.is_proving() {
            now = election.poll_timeout().unwrap().as_millis();
            wait(&mut election, now);
        }
        election.prove(at(now));
        election.lock(at(now), Lock::Granted);
        waits.push(now - began);
        // Nobody hears it: another tab takes over as well.
        number += 2;
        hear(&mut election, now, 1, epoch(number, 1), lead(1));
    }
    assert!(waits[0] <= SILENCE_MS + SPREAD_MS + QUESTION_MS + JITTER_MS);
    assert!(waits[2] <= SILENCE_MS + SPREAD_MS + QUESTION_MS + JITTER_MS);
    assert!(waits[7] > 60_000, "{waits:?}");
}
