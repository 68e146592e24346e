//! What holds of the whole protocol in every order of events, and what the checker finds where a mistake is made.

use protocol_model::scenario::{Flaw, Queue, Scenario, pipeline};
use protocol_model::{Protocol, law};
use stateright::{Checker, Expectation, HasDiscoveries, Model};
use std::collections::BTreeSet;

const THREADS: usize = 2;

/// Visits every state of `scenario`, and asserts that each law holds. Returns how many there are: a model that has
/// lost most of them proves nothing.
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

/// Whether the checker finds a way to break `law` in `scenario`.
fn is_broken(scenario: Scenario, law: &'static str) -> bool {
    let first = HasDiscoveries::AnyOf(BTreeSet::from([law]));
    let checker = Protocol { scenario }.checker().threads(THREADS).finish_when(first).spawn_bfs().join();
    checker.discovery(law).is_some()
}

#[test]
fn two_crashes_and_a_failed_call_on_the_way_to_two_actions() {
    assert!(states(Scenario::two_actions().with_trouble(2, 1)) > 1_000_000);
}

#[test]
fn two_failed_calls_and_a_crash_on_the_way_to_an_action_that_can_be_looked_up() {
    let scenario = Scenario { actions: vec![pipeline()], ..Scenario::two_actions() };
    assert!(states(scenario.with_trouble(1, 2)) > 300_000);
}

#[test]
fn two_people_who_click_twice_and_a_replay() {
    assert!(states(Scenario::five_clicks()) > 200_000);
}

#[test]
fn two_people_who_click_twice_where_two_have_to_reject() {
    assert!(states(Scenario { rejections_required: 2, ..Scenario::five_clicks() }) > 200_000);
}

#[test]
fn two_crashes_while_somebody_changes_their_vote_and_is_replayed() {
    let mut scenario = Scenario::five_clicks().with_trouble(2, 0);
    scenario.clicks.retain(|click| click.voter == "U1" || click.second == 1);
    assert!(states(scenario) > 400_000);
}

#[test]
fn a_queue_that_promises_nothing_costs_messages_and_no_action_or_vote() {
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
    assert!(is_broken(Scenario::two_actions().with_trouble(1, 1).with(Flaw::ForgetLost), law::ONCE));
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
