//! What holds of an approval after any commands in any order.

use crate::samples::{WORKSPACE, approval, at, authors, vote_of};
use approval::approval::{Approval, Choice, Command, Dialog, Electorate, Refusal, Status, Voter, decide};
use approval::decision::Decision;
use approval::effect::EffectKind;
use approval::event::EventKind;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// An approval of any quorum, of anyone or of the first few people.
fn approvals() -> impl Strategy<Value = Approval> {
    let electorate = prop_oneof![Just(Electorate::Anyone), (1..6_usize).prop_map(authors)];
    (1..5_u32, 1..4_u32, electorate).prop_map(|(votes_required, rejections_required, electorate)| Approval {
        votes_required,
        rejections_required,
        electorate,
        ..approval()
    })
}

fn choices() -> impl Strategy<Value = Choice> {
    prop_oneof![2 => Just(Choice::Approve), 1 => Just(Choice::Reject)]
}

/// A vote of one of eight people, some of them from elsewhere.
fn votes() -> impl Strategy<Value = Command> {
    (1..9_usize, choices(), proptest::bool::weighted(0.9), 0..60_i64).prop_map(
        |(number, choice, ours, second)| {
            let workspace = if ours { WORKSPACE } else { "T2" };
            let (id, name) = (format!("U{number}"), format!("name of U{number}"));
            Command::Vote {
                voter: Voter { id, name, workspace: workspace.to_owned() },
                choice,
                clicked_at: at(second),
            }
        },
    )
}

fn commands() -> impl Strategy<Value = Command> {
    let dialog = (1..3_u8).prop_map(|ts| Dialog { channel: "C1".to_owned(), ts: format!("{ts}.0") });
    let name =
        (1..9_usize, "[a-c]").prop_map(|(number, name)| Command::Name(vec![(format!("U{number}"), name)]));
    prop_oneof![
        16 => votes(),
        2 => dialog.prop_map(Command::DialogPosted),
        2 => name,
        1 => Just(Command::Cancel { reason: "gone".to_owned() }),
    ]
}

/// What became of an approval, and everything that followed on the way.
struct History {
    last: Approval,
    effects: Vec<EffectKind>,
    events: Vec<EventKind>,
}

/// Carries out `commands`, one a second, and has `check` see each with the state before it.
fn carry_out(
    first: &Approval,
    commands: &[Command],
    mut check: impl FnMut(&Approval, &Command, &Result<Decision<Approval>, Refusal>),
) -> History {
    let mut history = History { last: first.clone(), effects: Vec::new(), events: Vec::new() };
    for (second, command) in (1..).zip(commands) {
        let result = decide(&history.last, command.clone(), at(second));
        check(&history.last, command, &result);
        if let Ok(decision) = result {
            history.last = decision.next;
            history.effects.extend(decision.effects);
            history.events.extend(decision.events);
        }
    }
    history
}

impl History {
    fn closings(&self) -> Vec<&str> {
        let closing = |event: &'_ EventKind| matches!(event, EventKind::ApprovalClosed { .. });
        let closed = self.events.iter().filter(|event| closing(event));
        closed
            .map(|event| if let EventKind::ApprovalClosed { outcome, .. } = event { outcome } else { "" })
            .collect()
    }

    fn advances(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, EffectKind::AdvanceRun { .. })).count()
    }
}

fn may_vote(approval: &Approval, voter: &Voter) -> bool {
    let named = match &approval.electorate {
        Electorate::Anyone => true,
        Electorate::Only { people, .. } => people.contains(&voter.id),
    };
    named && voter.workspace == approval.workspace
}

proptest! {
    #[test]
    fn the_order_of_the_same_approving_votes_does_not_matter(
        first in approvals(),
        (people, shuffled) in proptest::collection::btree_set(1..9_usize, 0..9).prop_flat_map(|people| {
            let people: Vec<_> = people.into_iter().collect();
            (Just(people.clone()), Just(people).prop_shuffle())
        }),
    ) {
        let outcome = |people: &[usize]| {
            let votes: Vec<_> = people.iter().map(|number| vote_of(&format!("U{number}"), Choice::Approve)).collect();
            let history = carry_out(&first, &votes, |_, _, _| {});
            (history.last.status.word(), history.last.count(Choice::Approve), history.events.len(), history.advances())
        };
        prop_assert_eq!(outcome(&people), outcome(&shuffled));
    }

    #[test]
    fn an_approval_has_one_outcome_and_its_run_hears_it_once(
        first in approvals(),
        commands in proptest::collection::vec(commands(), 0..60),
    ) {
        let history = carry_out(&first, &commands, |_, _, _| {});
        match history.last.status {
            Status::Pending => prop_assert!(history.closings().is_empty() && history.advances() == 0),
            ref closed => {
                prop_assert_eq!(history.closings(), [closed.word()]);
                prop_assert_eq!(history.advances(), 1);
            }
        }
    }

    #[test]
    fn the_votes_say_the_outcome(
        first in approvals(),
        commands in proptest::collection::vec(commands(), 0..60),
    ) {
        let last = carry_out(&first, &commands, |_, _, _| {}).last;
        let enough = last.count(Choice::Approve) >= last.votes_required;
        let against = last.count(Choice::Reject) >= last.rejections_required;
        match last.status {
            Status::Pending | Status::Cancelled { .. } => prop_assert!(!enough && !against),
            Status::Approved { .. } => prop_assert!(enough && !against),
            Status::Rejected { .. } => prop_assert!(against && !enough),
        }
    }

    #[test]
    fn a_closed_approval_changes_in_its_dialog_and_its_voters_names_only(
        first in approvals(),
        commands in proptest::collection::vec(commands(), 0..60),
    ) {
        let nameless = |approval: &Approval| {
            let mut same = Approval { dialog: None, ..approval.clone() };
            for vote in &mut same.votes {
                (vote.name, vote.named) = (String::new(), false);
            }
            same
        };
        carry_out(&first, &commands, |before, command, result| {
            if let (true, Ok(decision)) = (before.status != Status::Pending, result) {
                assert_eq!(nameless(before), nameless(&decision.next), "{command:?}");
                assert_eq!(decision.effects, [], "{command:?}");
            }
        });
    }

    #[test]
    fn one_person_has_at_most_one_vote_and_only_who_may_vote_has_one(
        first in approvals(),
        commands in proptest::collection::vec(commands(), 0..60),
    ) {
        carry_out(&first, &commands, |before, command, result| {
            let Command::Vote { voter, .. } = command else { return };
            if may_vote(before, voter) {
                return;
            }
            let refusal = result.as_ref().expect_err("a vote of somebody who may not vote");
            match refusal {
                Refusal::Stranger => assert_ne!(voter.workspace, before.workspace),
                Refusal::NotEligible { people, .. } => assert!(!people.contains(&voter.id)),
                Refusal::Closed(status) => assert_eq!(status, &before.status),
                // Somebody of another workspace with a voter's id, after the vote: nothing is told.
                Refusal::Repeated | Refusal::Replayed => assert_ne!(before.status, Status::Pending),
            }
        });
        let last = carry_out(&first, &commands, |_, _, _| {}).last;
        let voters: BTreeSet<_> = last.votes.iter().map(|vote| vote.voter.as_str()).collect();
        prop_assert_eq!(voters.len(), last.votes.len());
        if let Electorate::Only { people, .. } = &last.electorate {
            prop_assert!(last.votes.iter().all(|vote| people.contains(&vote.voter)));
        }
    }

    #[test]
    fn what_changes_nothing_is_refused_and_the_version_is_left_to_the_commit(
        first in approvals(),
        commands in proptest::collection::vec(commands(), 0..60),
    ) {
        carry_out(&first, &commands, |before, command, result| {
            if let Ok(decision) = result {
                assert_ne!(before, &decision.next, "{command:?}");
                assert_eq!(before.version, decision.next.version);
            }
        });
    }
}
