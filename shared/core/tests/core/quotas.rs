//! Votes that have to come from several groups, each from another person.

use crate::approval_table::{outcome, table};
use crate::samples::{after, all_may, approval, check, click, for_it, voted};
use proptest::prelude::*;
use signoff_core::approval::{
    Approval, ApprovalAction, Choice, Electorate, Needed, Quota, Status, Tally, Verdict,
};
use signoff_core::message::{dialog, reminder};

use Choice::Approve;

fn quota(from: &str, votes: u32, people: &[&str]) -> Quota {
    Quota { from: from.to_owned(), people: people.iter().map(ToString::to_string).collect(), votes }
}

/// Two of @sre (U1, U2, U3) and one of @qa (U3, U4).
fn electorate() -> Electorate {
    let people = ["U1", "U2", "U3", "U4"].map(str::to_owned).to_vec();
    let quotas = vec![quota("@sre", 2, &["U1", "U2", "U3"]), quota("@qa", 1, &["U3", "U4"])];
    Electorate {
        people: Some(people),
        who: "the approvers of this rule".to_owned(),
        quotas,
        ..Electorate::anyone()
    }
}

fn asking() -> Approval {
    Approval { electorate: electorate(), votes_required: 3, ..approval() }
}

fn approved_by(voters: &[&str]) -> Approval {
    voted(asking(), &voters.iter().map(|voter| (*voter, Approve)).collect::<Vec<_>>())
}

fn tally(voters: &[&str]) -> Tally {
    electorate().tally(voters, 3)
}

#[test]
fn vote_counts_for_one_quota() {
    let each =
        |given, needed, from: &[(usize, u32)]| Tally { given, needed, from: Needed::Each(from.to_vec()) };
    assert_eq!(tally(&[]), each(0, 3, &[(0, 2), (1, 1)]));
    assert_eq!(tally(&["U1"]), each(1, 2, &[(0, 1), (1, 1)]));
    assert_eq!(tally(&["U1", "U2"]), each(2, 1, &[(1, 1)]));
    // Whoever of them it is that votes for both groups: it counts once.
    assert_eq!(tally(&["U3"]), Tally { given: 1, needed: 2, from: Needed::AnyOf(vec![0, 1]) });
    assert_eq!(tally(&["U1", "U3"]), Tally { given: 2, needed: 1, from: Needed::AnyOf(vec![0, 1]) });
    // U3 votes for @qa once @sre has enough without them, whoever came first.
    for order in [["U3", "U1", "U2"], ["U1", "U3", "U2"], ["U1", "U2", "U3"]] {
        assert_eq!(tally(&order), Tally { given: 3, needed: 0, from: Needed::Anybody }, "{order:?}");
    }
    assert_eq!(tally(&["U1", "U2", "U9"]), each(2, 1, &[(1, 1)]), "somebody of no group");
}

#[test]
fn a_quorum_needs_every_quota() {
    let next =
        |voters: &[&str], next: &str| outcome(&approved_by(voters), click(next, for_it(Approve), 90), 90);
    insta::assert_snapshot!(table([
        ("two of @sre, then @qa", next(&["U1", "U2"], "U4")),
        ("two of @sre, then a third", next(&["U1", "U2"], "U3")),
        ("@sre and @qa, then both", next(&["U1", "U4"], "U3")),
        ("one of each", next(&["U1"], "U4")),
    ]), @"
    two of @sre, then @qa      quorum 3:0; do: draw_dialog, confirm_quorum; record: vote_cast, quorum_reached
    two of @sre, then a third  quorum 3:0; do: draw_dialog, confirm_quorum; record: vote_cast, quorum_reached
    @sre and @qa, then both    quorum 3:0; do: draw_dialog, confirm_quorum; record: vote_cast, quorum_reached
    one of each                pending 2:0; do: judge_again, draw_dialog; record: vote_cast
    ");
    let all = approved_by(&["U1", "U2", "U4"]);
    assert_eq!(after(&all, all_may(&all), 100).status.word(), "approved");
}

#[test]
fn the_second_look_counts_by_quota_too() {
    // A fourth vote made up for the one that fell away.
    let four = approved_by(&["U1", "U2", "U3"]);
    let four = after(&four, click("U4", for_it(Approve), 70), 70);
    let look = |gone: &str| {
        let verdict = |id: &str| if id == gone { Verdict::Deactivated } else { Verdict::Eligible };
        let voters = ["U1", "U2", "U3", "U4"].map(|id| (id, verdict(id)));
        after(&four, check(electorate(), &voters), 90)
    };
    assert_eq!(look("U1").status.word(), "approved");
    assert_eq!(look("U4").status.word(), "approved");
    let three = approved_by(&["U1", "U2", "U4"]);
    let voters = [("U1", Verdict::Eligible), ("U2", Verdict::Eligible), ("U4", Verdict::Deactivated)];
    let left = after(&three, check(electorate(), &voters), 90);
    assert_eq!((left.status.clone(), left.tally().needed), (Status::Pending, 1));
}

#[test]
fn undoing_takes_votes_back_until_a_quota_is_short() {
    let window = Some(jiff::SignedDuration::from_mins(2));
    let first = Approval { undo_window: window, ..asking() };
    let quorum = voted(first, &[("U4", Approve), ("U1", Approve), ("U2", Approve)]);
    let undone = after(&quorum, click("U1", ApprovalAction::Undo.into(), 90), 90);
    assert_eq!((undone.status.clone(), undone.count(Approve)), (Status::Pending, 2));
}

#[test]
fn the_dialog_and_the_reminder_say_from_whom() {
    let says = |voters: &[&str]| {
        let approval = approved_by(voters);
        let text = dialog(&approval, None).text;
        let line = text.lines().find(|line| line.contains(" needed")).expect("what is needed").to_owned();
        format!("{line}\n{}", reminder(&approval).expect("a reminder"))
    };
    let all = [says(&[]), says(&["U1", "U2"]), says(&["U3"]), says(&["U1", "U4"])].join("\n\n");
    insta::assert_snapshot!(all, @"
    0 of 3 approvals, 3 more needed: 2 from @sre, 1 from @qa. Only the approvers of this rule can vote: <@U1>, <@U2>, <@U3>, <@U4>.
    :bell: Reminder: waiting for a decision: 0 of 3 approvals, more needed: 2 from @sre, 1 from @qa. Still to vote: <@U1>, <@U2>, <@U3>, <@U4>.

    2 of 3 approvals, 1 more needed: 1 from @qa. Only the approvers of this rule can vote: <@U1>, <@U2>, <@U3>, <@U4>.
    :bell: Reminder: waiting for a decision: 2 of 3 approvals, more needed: 1 from @qa. Still to vote: <@U3>, <@U4>.

    1 of 3 approvals, 2 more needed, from @sre or @qa. Only the approvers of this rule can vote: <@U1>, <@U2>, <@U3>, <@U4>.
    :bell: Reminder: waiting for a decision: 1 of 3 approvals, more needed, from @sre or @qa. Still to vote: <@U1>, <@U2>, <@U4>.

    2 of 3 approvals, 1 more needed: 1 from @sre. Only the approvers of this rule can vote: <@U1>, <@U2>, <@U3>, <@U4>.
    :bell: Reminder: waiting for a decision: 2 of 3 approvals, more needed: 1 from @sre. Still to vote: <@U2>, <@U3>.
    ");
    let markup = Electorate { quotas: vec![quota("<!channel>", 1, &["U1"])], ..electorate() };
    let text = dialog(&Approval { electorate: markup, ..approval() }, None).text;
    assert!(!text.contains("<!channel>"), "{text}");
}

/// The most of `voters` that can have a place, by trying everything.
fn most(quotas: &[(u32, u8)], voters: &[u8]) -> u32 {
    let Some((first, rest)) = voters.split_first() else { return 0 };
    let without = most(quotas, rest);
    let with = (0..quotas.len()).filter(|index| quotas[*index].0 > 0 && quotas[*index].1 & (1 << first) != 0);
    let with = with.map(|index| {
        let mut left = quotas.to_vec();
        left[index].0 -= 1;
        1 + most(&left, rest)
    });
    with.max().unwrap_or(0).max(without)
}

proptest! {
    /// As many votes count as can count at all, whatever the order; and another vote helps exactly those
    /// quotas that more are said to be needed from.
    #[test]
    fn as_many_votes_count_as_can(
        quotas in prop::collection::vec((1_u32..3, any::<u8>()), 1..4),
        voters in prop::sample::subsequence((0_u8..8).collect::<Vec<_>>(), 0..6).prop_shuffle(),
    ) {
        let name = |person: u8| format!("U{person}");
        let people = |mask: u8| (0..8).filter(|bit| mask & (1 << bit) != 0).map(name).collect::<Vec<_>>();
        let required: u32 = quotas.iter().map(|(votes, _)| votes).sum();
        let electorate = Electorate {
            quotas: quotas
                .iter()
                .map(|(votes, mask)| Quota { from: "g".to_owned(), people: people(*mask), votes: *votes })
                .collect(),
            ..Electorate::anyone()
        };
        let names: Vec<String> = voters.iter().copied().map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let tally = electorate.tally(&names, required);
        let given = most(&quotas, &voters);
        prop_assert_eq!((tally.given, tally.needed), (given, required - given));
        let helped: Vec<usize> = tally.from.quotas().collect();
        for index in 0..quotas.len() {
            // Somebody new, who belongs to this one alone.
            let mut wider = electorate.clone();
            wider.quotas[index].people.push("new".to_owned());
            let with: Vec<&str> = names.iter().copied().chain(["new"]).collect();
            let more = wider.tally(&with, required).given > given;
            prop_assert_eq!(helped.contains(&index), more, "{} of {:?}", index, tally);
        }
        if let Needed::Each(each) = &tally.from {
            prop_assert_eq!(each.iter().map(|(_, votes)| votes).sum::<u32>(), tally.needed);
        }
    }
}
