//! Four eyes over a team's whole history: commits, pull requests, registrations by SHA, by tag and with
//! dates, rules files of one or two rules that ask once or twice, rollbacks and votes in any order, by
//! people, programs, second names and people who are not here.
//!
//! What a completed approval with `self_approval: false` let through is compared with what the team did, by a
//! record of its own (`made`), which knows nothing of how the product finds makers.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod check;
mod deeds;
mod deploys;
mod host;
mod made;
mod places;
mod rules;
mod team;
mod waiting;

use deeds::{Deed, deed, file};
use deploys::{Date, Registration, Revision};
use made::{Change, Commit, Merger, Name, Signed};
use proptest::prelude::*;
use rules::{File, RULES, Rule, Then};
use team::Team;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever a team does: every commit and pull request in the range of a completed approval with
    /// `self_approval: false` has the votes that the rule asks of people who did not make it, but for a
    /// rollback without makers; nothing of it was cut, and nobody who made it is unknown unless the rule
    /// allows that. Nothing gets around such a range.
    #[test]
    fn every_change_of_a_team_has_the_votes_of_others(
        file in file(),
        deeds in prop_oneof![prop::collection::vec(deed(1), 1..60), prop::collection::vec(deed(10), 1..60)],
    ) {
        let mut team = Team::new();
        team.in_force = file;
        for deed in &deeds {
            if let Err(wrong) = team.does(deed) {
                prop_assert!(false, "{wrong}\nafter {file:?} and {deeds:#?}");
            }
        }
    }
}

fn pushed_by(person: u64, author: Name) -> Commit {
    Commit { author, co_author: None, pusher: Some(Name::Account(person)), signed: Signed::No }
}

/// A pull request of one person that another one merged.
fn merged(author: Name, opener: u64, merger: Merger) -> Change {
    Change::Merged { commit: pushed_by(opener, author), opener: Name::Account(opener), merger }
}

#[test]
fn team_that_votes_for_each_other_gets_through() {
    let listed = |merger| Change::Program {
        is_listed: true,
        is_signed: true,
        asked_by: None,
        more_asked_by: None,
        resolved_by: None,
        merger,
    };
    let on_page = |author| Commit { author, co_author: None, pusher: None, signed: Signed::ByHost };
    let by = |person| Merger::Account(Name::Account(person));
    let (second, left) = (Deed::Second { person: 0 }, Deed::Left);
    let allowing = File { first: Rule { allows_unknown: true, ..Rule::FIRST }, ..File::FIRST };
    let allows = Deed::Rules { author: 0, file: allowing };
    let next = Deed::Push(Change::Pushed(pushed_by(1, Name::Account(0))));
    for (change, mends, votes) in [
        (merged(Name::Account(0), 0, by(1)), vec![], vec![1, 0]),
        (listed(Merger::Token { asked_by: None }), vec![], vec![0]),
        (listed(by(1)), vec![], vec![0]),
        (merged(Name::Account(0), 0, Merger::Queue { asked_by: Some(1), earlier: None }), vec![], vec![1, 0]),
        // Accounts that exist stand for what they wrote on the host's page.
        (Change::Pushed(on_page(Name::Account(0))), vec![], vec![1]),
        (
            Change::Squashed {
                branch: vec![on_page(Name::Account(0))],
                opener: Name::Account(0),
                merger: by(1),
            },
            vec![],
            vec![1, 0],
        ),
        (merged(Name::NoAddress, 0, by(1)), vec![], vec![1, 0]),
        // Each of these waits until what is unknown was mended.
        (Change::Pushed(pushed_by(1, Name::SecondAccount(0))), vec![second], vec![2]),
        (Change::Pushed(pushed_by(1, Name::Left)), vec![left.clone(), left], vec![2]),
        (
            Change::Pushed(pushed_by(1, Name::Stranger)),
            vec![allows, Deed::VoteOnRules { voter: 2 }, next],
            vec![2],
        ),
    ] {
        let mut team = Team::new();
        let deploy = deploy(Revision::Commit { back: 0 }, Date::Unsaid, 3);
        let (first, last) = mends.split_at(mends.len().saturating_sub(1));
        team.does(&Deed::Push(change.clone())).unwrap();
        team.does(&deploy).unwrap();
        for deed in first.iter().chain([&Deed::Vote { voter: 2, rule: None }]).filter(|_| !mends.is_empty()) {
            team.does(deed).unwrap();
        }
        assert!(!team.waiting.is_empty(), "{change:?}");
        last.iter().chain([&deploy]).for_each(|deed| team.does(deed).unwrap());
        for voter in votes {
            assert!(!team.waiting.is_empty(), "{change:?}");
            team.does(&Deed::Vote { voter, rule: None }).unwrap();
        }
        let judged = &team.places.of(&Rule::FIRST.place(RULES[0])).judged;
        assert!(team.waiting.is_empty() && judged.contains(&1), "{change:?}: {:?}", team.waiting);
    }
}

#[test]
fn rule_that_asks_twice_lets_through_after_both() {
    let twice = Rule { then: Some(Then { votes: 1, four_eyes: true }), ..Rule::FIRST };
    let mut team = Team::new();
    team.in_force = File { first: twice, second: Some(twice), tells: false };
    team.does(&Deed::Push(Change::Pushed(pushed_by(0, Name::Account(0))))).unwrap();
    team.does(&deploy(Revision::Commit { back: 0 }, Date::Unsaid, 3)).unwrap();
    let place = twice.place(RULES[0]);
    for (voter, rule, passed, waiting) in [
        (0, 0, 1, 2),
        (3, 0, 1, 2),
        (1, 0, 1, 2),
        (0, 0, 1, 2),
        (2, 0, 2, 1),
        // The other rule's votes are about the same range.
        (0, 1, 2, 1),
        (1, 1, 2, 1),
        (1, 1, 3, 0),
    ] {
        team.does(&Deed::Vote { voter, rule: Some(rule) }).unwrap();
        assert_eq!(
            (team.places.of(&place).passed.len(), team.waiting.len()),
            (passed, waiting),
            "{voter} votes on the rule {rule}"
        );
    }
}

#[test]
fn votes_stand_after_the_base_moved_for_the_same_people_only() {
    let twice = Rule { then: Some(Then { votes: 1, four_eyes: true }), ..Rule::FIRST };
    for (author, passed) in [(0, 3), (2, 2)] {
        let mut team = Team::new();
        team.in_force = File { first: Rule::FIRST, second: Some(twice), tells: false };
        for person in [0, 0, author] {
            team.does(&Deed::Push(Change::Pushed(pushed_by(person, Name::Account(person))))).unwrap();
        }
        team.does(&deploy(Revision::Commit { back: 0 }, Date::Unsaid, 0)).unwrap();
        team.does(&Deed::Vote { voter: 1, rule: Some(1) }).unwrap();
        // The rule that asks twice is gone, so that nothing takes the place of its run.
        team.in_force = File::FIRST;
        team.does(&deploy(Revision::Commit { back: 1 }, Date::Unsaid, 0)).unwrap();
        team.does(&Deed::Vote { voter: 1, rule: Some(0) }).unwrap();
        team.does(&Deed::Vote { voter: 3, rule: Some(1) }).unwrap();
        assert!(team.waiting.is_empty());
        assert_eq!(team.places.of(&twice.place(RULES[1])).passed.len(), passed, "the last by {author}");
    }
}

#[test]
fn later_deploy_takes_the_place_whatever_the_dates_say() {
    let mut team = Team::new();
    for _ in 0..3 {
        team.does(&Deed::Push(Change::Pushed(pushed_by(0, Name::Account(0))))).unwrap();
    }
    for (back, date, waits_for) in [
        (1, Date::Unsaid, 2),
        (0, Date::Ago(60), 2),
        (0, Date::Ahead(9), 3),
        (2, Date::Unsaid, 1),
        (1, Date::OfEarlier(3), 1),
        // It is the deploy with that date once more.
        (0, Date::OfEarlier(1), 1),
        (0, Date::Ago(1), 3),
    ] {
        team.does(&deploy(Revision::Commit { back }, date, 3)).unwrap();
        assert_eq!(team.waiting[RULES[0]].head, waits_for, "{back} {date:?}");
    }
}

#[test]
fn tag_registration_waits_for_the_commit_of_its_tag() {
    let mut team = Team::new();
    let push = Deed::Push(Change::Pushed(pushed_by(0, Name::Account(0))));
    let tagged = |is_ref, person| deploy(Revision::Tag { number: 0, is_ref }, Date::Unsaid, person);
    let (tag, vote) = (Deed::Tag { number: 0, back: 0 }, Deed::Vote { voter: 1, rule: None });
    team.does(&push).unwrap();
    team.does(&tagged(true, 3)).unwrap();
    assert!(team.waiting.is_empty(), "there is no such tag");
    team.does(&tag).unwrap();
    team.does(&tagged(false, 3)).unwrap();
    // Whoever registers what stands there once more made it too.
    team.does(&deploy(Revision::Commit { back: 0 }, Date::Unsaid, 1)).unwrap();
    team.does(&push).unwrap();
    team.does(&tag).unwrap();
    team.does(&vote).unwrap();
    assert_eq!((team.waiting[RULES[0]].head, team.waiting[RULES[0]].votes.len()), (1, 0));
    team.does(&tagged(true, 3)).unwrap();
    assert_eq!(team.waiting[RULES[0]].head, 2);
    team.does(&vote).unwrap();
    assert!(team.waiting.is_empty());
}

/// A registration by the job of a person.
fn deploy(revision: Revision, date: Date, person: u64) -> Deed {
    let job_of = Some(Name::Account(person));
    Deed::Deploy(Registration { revision, date, job_of, email: None, is_cut: false })
}
