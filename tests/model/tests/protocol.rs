//! Tests that the whole protocol holds in every order of events, and that the checker finds each mistake.

use protocol_model::scenario::{ClickAction, Flaw, Queue, Scenario, build, webhook};
use protocol_model::{Protocol, law};
use stateright::{Checker, Expectation, HasDiscoveries, Model};
use std::collections::BTreeSet;

const THREADS: usize = 2;

/// Visits every state of `scenario`, and asserts that each law holds. Returns how many there are: a model
/// that has lost most of them proves nothing.
fn states(scenario: Scenario) -> usize {
    let checker = Protocol { scenario }.checker().threads(THREADS).spawn_dfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

/// Visits every state of `scenario`, and returns the laws that are broken in one of them.
fn broken(scenario: Scenario) -> BTreeSet<&'static str> {
    let checker = Protocol { scenario }.checker().threads(THREADS).spawn_dfs().join();
    let found = checker.discoveries().into_keys();
    found.filter(|name| checker.model().property(name).expectation == Expectation::Always).collect()
}

/// True if the checker finds a way to break `law` in `scenario`.
fn is_broken(scenario: Scenario, law: &'static str) -> bool {
    let first = HasDiscoveries::AnyOf(BTreeSet::from([law]));
    let checker = Protocol { scenario }.checker().threads(THREADS).finish_when(first).spawn_bfs().join();
    checker.discovery(law).is_some()
}

#[test]
fn a_crash_and_a_failed_call_on_the_way_to_two_actions() {
    assert!(states(Scenario::two_actions().with_trouble(1, 1)) > 500_000);
}

#[test]
fn two_crashes_and_a_failed_call_after_one_click() {
    let actions = vec![webhook(), build()];
    assert!(states(Scenario { actions, ..Scenario::one_click(build()) }.with_trouble(2, 1)) > 280_000);
}

#[test]
fn failed_calls_and_a_crash_before_an_observable_action() {
    assert!(states(Scenario::one_click(build()).with_trouble(1, 2)) > 90_000);
}

#[test]
fn two_people_who_click_twice() {
    assert!(states(Scenario::four_clicks()) > 180_000);
}

#[test]
fn replayed_votes_where_two_have_to_reject() {
    assert!(states(Scenario::withdrawn_and_replayed()) > 85_000);
}

#[test]
fn a_crash_while_somebody_votes_otherwise_or_not_at_all() {
    let mut scenario = Scenario::withdrawn_and_replayed().with_trouble(1, 0);
    scenario.clicks.pop();
    assert!(states(scenario) > 130_000);
}

#[test]
fn one_of_two_who_approve_leaves_and_another_approves() {
    let mut scenario = Scenario::somebody_leaves().and_click("U1", 2, None);
    scenario.clicks.iter_mut().skip(1).for_each(|click| click.wishes = &[ClickAction::Approve]);
    assert!(states(scenario) > 100_000);
}

#[test]
fn one_of_two_who_approve_leaves_and_a_call_fails() {
    assert!(states(Scenario::somebody_leaves().with_trouble(0, 1)) > 230_000);
}

#[test]
fn two_people_resolve_an_action_that_is_lost_again() {
    assert!(states(Scenario::lost_answers(webhook()).with_trouble(0, 2)) > 240_000);
}

#[test]
fn two_people_resolve_an_observable_action() {
    assert!(states(Scenario::lost_answers(build()).with_trouble(0, 3)) > 150_000);
}

#[test]
fn crash_while_people_resolve_an_action() {
    let scenario = Scenario { actions: vec![webhook(), build()], ..Scenario::lost_answers(webhook()) };
    assert!(states(scenario.with_trouble(1, 0)) > 49_000);
}

#[test]
fn deadline_passes_while_a_voter_may_leave() {
    let scenario = Scenario { actions: vec![webhook()], leavers: 1, ..Scenario::two_actions() };
    assert!(states(Scenario { expires: true, ..scenario }) > 68_000);
}

#[test]
fn the_time_to_decide_is_over_and_a_process_ends() {
    let scenario = Scenario { expires: true, leavers: 1, ..Scenario::one_click(webhook()) };
    assert!(states(scenario.with_trouble(1, 0)) > 41_000);
}

#[test]
fn makers_of_a_part_each_approve_together() {
    assert!(states(Scenario::makers_vote()) > 60_000);
}

#[test]
fn a_crash_and_a_failed_call_while_makers_vote() {
    let mut scenario = Scenario::makers_vote();
    scenario.clicks.pop();
    assert!(states(scenario.with_trouble(1, 1)) > 140_000);
}

#[test]
fn another_approval_sets_the_base_while_makers_vote() {
    assert!(states(Scenario::base_moves()) > 190_000);
}

#[test]
fn a_blocked_approval_keeps_votes_and_goes_on_once_mended() {
    let mut scenario = Scenario::blocked_at_first();
    scenario.clicks.pop();
    assert!(states(scenario) > 250_000);
}

#[test]
fn a_failed_call_while_an_approval_is_blocked() {
    let mut scenario = Scenario::blocked_at_first();
    scenario.clicks.pop();
    assert!(states(scenario.with_trouble(0, 1)) > 500_000);
}

#[test]
fn unordered_queue_loses_no_action_and_no_vote() {
    let scenario = Scenario { queue: Queue::Standard, ..Scenario::two_actions() };
    assert_eq!(broken(scenario), BTreeSet::from([law::ONE_MESSAGE, law::NEWEST_SHOWN]));
}

#[test]
fn effects_before_their_commit_are_found() {
    assert!(is_broken(Scenario::two_actions().with(Flaw::EffectsBeforeCommit), law::APPROVED));
}

#[test]
fn a_lost_update_of_a_vote_is_found() {
    assert!(is_broken(Scenario::two_actions().with(Flaw::UnconditionalWrite), law::VOTES));
}

#[test]
fn repeating_after_a_lost_answer_is_found() {
    assert!(is_broken(Scenario::two_actions().with_trouble(1, 0).with(Flaw::RepeatUnseen), law::ONCE));
}

#[test]
fn forgetting_a_lost_answer_is_found() {
    let scenario = Scenario::one_click(build()).with_trouble(1, 1);
    assert!(is_broken(scenario.with(Flaw::ForgetLost), law::ONCE));
}

#[test]
fn no_clock_is_found() {
    assert!(is_broken(Scenario::two_actions().with_trouble(1, 0).with(Flaw::NoClock), law::EFFECTS_END));
}

#[test]
fn a_process_that_outlives_its_lease_is_found() {
    let scenario = Scenario { queue: Queue::Standard, ..Scenario::two_actions() };
    assert!(is_broken(scenario.with(Flaw::OutlivesLease), law::ONCE));
}

#[test]
fn no_look_at_those_who_approved_is_found() {
    assert!(is_broken(Scenario::somebody_leaves().with(Flaw::NoLook), law::LOOKED));
}

#[test]
fn a_failure_after_a_lost_answer_is_found() {
    let scenario = Scenario::lost_answers(build()).with_trouble(0, 2);
    assert!(is_broken(scenario.with(Flaw::FailAfterLost), law::TRUE));
}

#[test]
fn an_answer_to_an_older_question_is_found() {
    let scenario = Scenario::lost_answers(webhook()).with_trouble(0, 2);
    assert!(is_broken(scenario.with(Flaw::AnyQuestion), law::ONCE));
}

#[test]
fn a_vote_for_ones_own_part_is_found() {
    assert!(is_broken(Scenario::makers_vote().with(Flaw::OwnVoteCounts), law::MAKERS));
}

#[test]
fn an_approval_by_an_older_base_is_found() {
    assert!(is_broken(Scenario::base_moves().with(Flaw::OlderBase), law::MAKERS));
}

#[test]
fn a_block_that_is_not_looked_at_is_found() {
    assert!(is_broken(Scenario::blocked_at_first().with(Flaw::NoBlock), law::MAKERS));
}

#[test]
fn doing_what_two_people_say_is_found() {
    let scenario = Scenario::lost_answers(webhook()).with_trouble(0, 1);
    assert!(is_broken(scenario.with(Flaw::AnswerTwice), law::ANSWERED_ONCE));
}
