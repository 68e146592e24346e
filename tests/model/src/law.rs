//! Laws for every state, and for every state in which nothing is left to do.

use crate::change;
use crate::decided;
use crate::model::Protocol;
use crate::outside::OutsideWorld;
use crate::record::{Kept, Process};
use crate::scenario::{Flaw, Scenario, build, webhook};
use crate::world::World;
use signoff_core::approval::{Approval, Choice, Closed, Status, Verdict};
use signoff_core::effect::Effect;
use signoff_core::run::{self, Run, StepState};
use stateright::Property;
use std::collections::BTreeSet;

/// A law that one step can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// Each commit moves a version by one.
    Versions,
    /// A vote that was committed stays, until the same person's later click or their leaving takes it away.
    Votes,
    /// A closed approval changes in its dialog and its voters' names only.
    Closed,
    /// An action happens only while its approval is approved.
    Approved,
    /// An action happens only after every step before it succeeded.
    Order,
    /// An approval is approved only where a look saw enough of those who approved.
    Looked,
    /// An approval is approved only where others than its makers voted for each part of the change.
    Makers,
    /// An action happens only while its step runs, and a step that failed or of which nobody knows runs again
    /// only when people say so.
    Asked,
    /// An effect is tried again only after something went wrong.
    Attempts,
    /// A process that is in the middle of something can go on.
    Stuck,
}

/// One outcome at most, which the run hears once at most.
pub const ONE_OUTCOME: &str = "an approval has one outcome at most, and its run hears it once";
/// [`Law::Versions`].
pub const VERSIONS: &str = "each commit moves a version by one";
/// [`Law::Votes`].
pub const VOTES: &str = "a committed vote is there until the same person's later click, or until they leave";
/// [`Law::Closed`].
pub const CLOSED: &str = "a closed approval does not change";
/// At most once, whatever is lost.
pub const ONCE: &str = "no action happens twice";
/// One message each.
pub const ONE_MESSAGE: &str = "a dialog and a line stand once";
/// [`Law::Approved`].
pub const APPROVED: &str = "no action happens without an approval that is approved";
/// [`Law::Order`].
pub const ORDER: &str = "steps run in order";
/// [`Law::Looked`].
pub const LOOKED: &str = "an approval is approved only where a look saw enough of those who approved";
/// [`Law::Makers`].
pub const MAKERS: &str =
    "an approval is approved only where others than its makers voted for each part of the change";
/// [`Law::Asked`].
pub const ASKED: &str = "a step of which nobody knows runs again only when people say so";
/// However many people say so.
pub const ANSWERED_ONCE: &str =
    "a step is to be run once, and once more for each failure or lost answer at most";
/// Truth of the record.
pub const TRUE: &str = "a step that failed did not happen, and one that succeeded did";
/// [`Law::Attempts`]: with it, everything that was begun comes to an end.
pub const ATTEMPTS: &str = "an effect is tried again only after something went wrong";
/// [`Law::Stuck`].
pub const STUCK: &str = "a process that has begun something can go on";
/// Nobody waits for votes that are there.
pub const DECIDED: &str = "in the end an approval that has its votes is approved";
/// Nothing is forgotten.
pub const EFFECTS_END: &str = "in the end every effect is closed";
/// People see how it stands.
pub const NEWEST_SHOWN: &str = "in the end the dialog and its lines show the newest state";
/// The run ends as the approval did.
pub const RUN_ENDS: &str = "in the end the run has ended as its approval did";

/// The laws, and states that must be reached so that they say something.
pub fn laws() -> Vec<Property<Protocol>> {
    vec![
        always(ONE_OUTCOME, |_, world| world.outcomes <= 1 && world.heard <= 1),
        always(VERSIONS, |_, world| !world.broken.contains(&Law::Versions)),
        always(VOTES, |_, world| !world.broken.contains(&Law::Votes)),
        always(CLOSED, |_, world| !world.broken.contains(&Law::Closed)),
        always(ONCE, |_, world| world.outside.webhooks <= 1 && world.outside.builds <= 1),
        always(ONE_MESSAGE, |_, world| one_message(world)),
        always(APPROVED, |_, world| !world.broken.contains(&Law::Approved)),
        always(ORDER, |_, world| !world.broken.contains(&Law::Order)),
        always(LOOKED, |_, world| !world.broken.contains(&Law::Looked)),
        always(MAKERS, |_, world| !world.broken.contains(&Law::Makers)),
        always(ASKED, |_, world| !world.broken.contains(&Law::Asked)),
        always(ANSWERED_ONCE, |_, world| world.tries.iter().all(|tries| tries.asked <= 1 + tries.lost)),
        always(TRUE, |_, world| is_true(world)),
        always(ATTEMPTS, |_, world| !world.broken.contains(&Law::Attempts)),
        always(STUCK, |_, world| !world.broken.contains(&Law::Stuck)),
        always(EFFECTS_END, |protocol, world| {
            !world.is_quiet(&protocol.scenario) || world.record.effects.iter().all(|row| world.is_early(row))
        }),
        always(DECIDED, |protocol, world| {
            !world.is_quiet(&protocol.scenario) || !waits_in_vain(&protocol.scenario, world)
        }),
        always(NEWEST_SHOWN, |protocol, world| !world.is_quiet(&protocol.scenario) || newest_shown(world)),
        always(RUN_ENDS, |protocol, world| {
            !world.is_quiet(&protocol.scenario) || run_ended(&protocol.scenario, world)
        }),
        sometimes("nobody decides", |protocol, world| {
            world.is_quiet(&protocol.scenario) && world.outcomes == 0
        }),
        sometimes("everything is done", |protocol, world| {
            world.is_quiet(&protocol.scenario) && world.record.run.status == run::Status::Succeeded
        }),
        sometimes("people reject", |protocol, world| {
            world.is_quiet(&protocol.scenario) && is_rejected(world) && !world.clicks.is_empty()
        }),
        sometimes("too few are left of those who approved", |protocol, world| {
            protocol.scenario.leavers == 0 || world.is_quiet(&protocol.scenario) && waits_again(world)
        }),
        sometimes("the time to decide is over", |protocol, world| {
            !protocol.scenario.expires || world.is_quiet(&protocol.scenario) && is_expired(world)
        }),
        sometimes("two people who made a part each approve together", |protocol, world| {
            let is_shared = protocol.scenario.change.parts.len() > 1;
            !is_shared || world.record.run.status == run::Status::Succeeded
        }),
        sometimes("a vote is struck since the base moved", |protocol, world| {
            protocol.scenario.change.moved.is_none()
                || world.record.approval.as_ref().is_some_and(has_struck_for_base)
        }),
        sometimes("all is done after a lost answer", |protocol, world| {
            let all_is_done = world.record.run.status == run::Status::Succeeded;
            protocol.scenario.answerers == 0 || all_is_done && world.tries.iter().any(|tries| tries.lost > 0)
        }),
    ]
}

type Condition = fn(&Protocol, &World) -> bool;

fn always(name: &'static str, condition: Condition) -> Property<Protocol> {
    Property::always(name, condition)
}

fn sometimes(name: &'static str, condition: Condition) -> Property<Protocol> {
    Property::sometimes(name, condition)
}

fn is_rejected(world: &World) -> bool {
    world.record.approval.as_ref().is_some_and(|approval| approval.status.is_rejected())
}

fn is_expired(world: &World) -> bool {
    world
        .record
        .approval
        .as_ref()
        .is_some_and(|approval| matches!(approval.status, Status::Closed(Closed::Expired { .. })))
}

/// True if an approval waits although it has enough votes, and nothing prevents its judgement.
fn waits_in_vain(scenario: &Scenario, world: &World) -> bool {
    let look = change::look(&world.outside);
    let is_stuck = |approval: &Approval| {
        let has_votes = scenario.change.has_four_eyes(look, &approval.votes, approval.votes_required);
        approval.status.is_open() && has_votes && approval.count(Choice::Approve) >= approval.votes_required
    };
    // Once the base moved, the next look says so: a vote, or the clock.
    !look.moved && !world.late && world.record.approval.as_ref().is_some_and(|approval| is_stuck(approval))
}

fn has_struck_for_base(approval: &Kept<Approval>) -> bool {
    approval.struck.iter().any(|struck| struck.why == Verdict::BaseMoved)
}

/// True if a vote was struck, and the approval waits for others.
fn waits_again(world: &World) -> bool {
    let waits = |approval: &Approval| approval.status == Status::Pending && !approval.struck.is_empty();
    world.record.approval.as_ref().is_some_and(|approval| waits(approval))
}

fn is_true(world: &World) -> bool {
    world.record.run.steps.iter().all(|step| match (&step.state, world.outside.count(&step.action)) {
        (StepState::Failed { .. }, happened) => happened.is_none_or(|times| times == 0),
        (StepState::Succeeded { .. }, happened) => happened.is_none_or(|times| times > 0),
        (
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Asking { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. },
            _,
        ) => true,
    })
}

fn one_message(world: &World) -> bool {
    world.outside.dialog.times <= 1 && world.outside.lines.iter().all(|line| line.times <= 1)
}

fn newest_shown(world: &World) -> bool {
    let run = &world.record.run;
    let texts = decided::lines(run);
    let has_line =
        |step: usize| run.thread_of(step).is_some() && texts.get(step).is_some_and(Option::is_some);
    let mut lines = world.outside.lines.iter().enumerate().filter(|(step, _)| has_line(*step));
    world.outside.dialog.newest && lines.all(|(_, line)| line.newest)
}

/// True if the run is in the state to which its approval's end leads; also for an approval that waits and has
/// time left, and for a step whose outcome nobody has given.
fn run_ended(scenario: &Scenario, world: &World) -> bool {
    let run = &world.record.run;
    let happened = (world.outside.webhooks, world.outside.builds);
    let wanted = |action| u8::from(scenario.actions.contains(&action));
    let everything_happened = happened == (wanted(webhook()), wanted(build()));
    let all_went_well = world.crashes == scenario.crashes && world.failures == scenario.failures;
    let stopped_by_trouble = run.steps.iter().skip(1).any(|step| match step.state {
        StepState::Failed { .. } => true,
        StepState::Waiting
        | StepState::Running { .. }
        | StepState::Asking { .. }
        | StepState::Unknown { .. }
        | StepState::Succeeded { .. }
        | StepState::Skipped
        | StepState::SkippedByHand { .. } => false,
    });
    let Some(approval) = &world.record.approval else { return false };
    match (&approval.status, run.status) {
        (Status::Pending, run::Status::Running) => happened == (0, 0) && !world.late,
        (Status::Closed(Closed::Approved { .. }), run::Status::Succeeded) => everything_happened,
        (Status::Closed(Closed::Approved { .. }), run::Status::Stopped) => {
            !all_went_well && stopped_by_trouble
        }
        (Status::Closed(Closed::Approved { .. }), run::Status::Running) => {
            !all_went_well && decided::failed(run).is_some()
        }
        (Status::Closed(_), run::Status::Stopped) => happened == (0, 0),
        (Status::Pending, run::Status::Succeeded | run::Status::Stopped)
        | (Status::Quorum { .. }, _)
        | (Status::Closed(_), run::Status::Running | run::Status::Succeeded) => false,
    }
}

/// Sees an approval before and after a commit, after what happened `outside`.
pub(crate) fn watch_approval(
    old: &Approval,
    new: &Approval,
    outside: &OutsideWorld,
    broken: &mut BTreeSet<Law>,
) {
    if new.version != old.version + 1 {
        broken.insert(Law::Versions);
    }
    let counted = |approval: &Approval| -> Vec<_> {
        approval.votes.iter().map(|vote| (vote.voter.clone(), vote.choice)).collect()
    };
    let (before, after) = (counted(old), counted(new));
    if !old.status.is_open() && (old.status != new.status || before != after) {
        broken.insert(Law::Closed);
    }
    let clicked = |approval: &Approval, person: &str| {
        approval.clicks.iter().find(|last| last.person == person).map(|last| last.at)
    };
    let is_kept = |(voter, choice): &(String, _)| {
        let is_newer = clicked(new, voter) > clicked(old, voter);
        let may_be_struck = outside.left.contains(voter.as_str()) || outside.base_moved;
        let is_struck = may_be_struck && new.struck.iter().any(|struck| struck.voter == *voter);
        is_newer || is_struck || after.iter().any(|vote| vote.0 == *voter && vote.1 == *choice)
    };
    let forgets_no_click = old.clicks.iter().all(|last| clicked(new, &last.person) >= Some(last.at));
    if !before.iter().all(is_kept) || !forgets_no_click {
        broken.insert(Law::Votes);
    }
}

/// Sees an approval before and after the commit of a process that has `seen` that these people were no
/// leavers; `None` for one that did not look.
pub(crate) fn watch_look(
    old: &Approval,
    new: &Approval,
    seen: Option<&[String]>,
    broken: &mut BTreeSet<Law>,
) {
    let is_approved = |approval: &Approval| approval.status.is_approved();
    if is_approved(old) || !is_approved(new) {
        return;
    }
    let for_it = new.votes.iter().filter(|vote| vote.choice == Choice::Approve);
    let eligible = for_it.filter(|vote| seen.unwrap_or_default().contains(&vote.voter)).count();
    if u32::try_from(eligible).unwrap_or(u32::MAX) < new.votes_required {
        broken.insert(Law::Looked);
    }
}

/// Sees an approval before and after a commit, as the change of `scenario` is by then.
pub(crate) fn watch_makers(
    old: &Approval,
    new: &Approval,
    scenario: &Scenario,
    outside: &OutsideWorld,
    broken: &mut BTreeSet<Law>,
) {
    let is_approved = |approval: &Approval| approval.status.is_approved();
    let has_four_eyes = scenario.change.has_four_eyes(change::look(outside), &new.votes, new.votes_required);
    if !is_approved(old) && is_approved(new) && !has_four_eyes {
        broken.insert(Law::Makers);
    }
}

/// Sees a run before and after a commit of process `by`.
pub(crate) fn watch_run(old: &Run, new: &Run, by: Process, broken: &mut BTreeSet<Law>) {
    if new.version != old.version + 1 {
        broken.insert(Law::Versions);
    }
    let is_answer = matches!(by, Process::Answer(_));
    let has_failed = |step: &run::Step| step.failure().is_some();
    let mut changed = old.steps.iter().zip(&new.steps).filter(|(old, new)| old.state != new.state);
    if changed.any(|(old, _)| has_failed(old) && !is_answer) {
        broken.insert(Law::Asked);
    }
}

/// Returns the number of outcomes that the run heard between `old` and `new`.
pub(crate) fn heard(old: &Run, new: &Run) -> u8 {
    let asking = |step: &run::Step| matches!(step.state, StepState::Asking { .. });
    old.steps.iter().zip(&new.steps).map(|(old, new)| u8::from(asking(old) && !asking(new))).sum()
}

/// Sees an action of step number `step` happen.
pub(crate) fn watch_action(world: &mut World, step: usize) {
    let approval = world.record.approval.as_ref();
    if !approval.is_some_and(|approval| approval.status.is_approved()) {
        world.broken.insert(Law::Approved);
    }
    if !matches!(world.record.run.steps.get(step).map(|step| &step.state), Some(StepState::Running { .. })) {
        world.broken.insert(Law::Asked);
    }
    let mut earlier = world.record.run.steps.iter().take(step);
    if !earlier.all(|step| matches!(step.state, StepState::Succeeded { .. })) {
        world.broken.insert(Law::Order);
    }
}

/// Sees an effect claimed, where so many crashes and failures are `left`, and another approval set the base
/// or not.
pub(crate) fn watch_attempts(
    claimed: &Effect,
    scenario: &Scenario,
    left: (u8, u8),
    base_moved: bool,
    broken: &mut BTreeSet<Law>,
) {
    let gone_wrong =
        u32::from(scenario.crashes - left.0) + u32::from(scenario.failures - left.1) + u32::from(base_moved);
    // A process that outlives its lease needs no crash to have its effect tried again.
    if claimed.attempts > 1 + gone_wrong && !scenario.has(Flaw::OutlivesLease) {
        broken.insert(Law::Attempts);
    }
}
