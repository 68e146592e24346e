//! What must hold in every state, and in every state in which nothing is left to do.

use crate::decided;
use crate::model::Protocol;
use crate::scenario::{Flaw, Scenario, pipeline, webhook};
use crate::world::World;
use approval::approval::{Approval, Status};
use approval::effect::Effect;
use approval::run::{self, Run, StepState};
use stateright::Property;
use std::collections::BTreeSet;

/// A law that one step can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// Each commit moves a version by one.
    Versions,
    /// A vote that was committed stays, until the same person's later one takes its place.
    Votes,
    /// A closed approval changes in its dialog and its voters' names only.
    Closed,
    /// An action happens only while its approval is approved.
    Approved,
    /// An action happens only after every step before it succeeded.
    Order,
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
pub const VOTES: &str = "a committed vote is there until the same person's later one";
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
/// [`Law::Attempts`]: with it, everything that was begun comes to an end.
pub const ATTEMPTS: &str = "an effect is tried again only after something went wrong";
/// [`Law::Stuck`].
pub const STUCK: &str = "a process that has begun something can go on";
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
        always(ONCE, |_, world| world.outside.webhooks <= 1 && world.outside.pipelines <= 1),
        always(ONE_MESSAGE, |_, world| one_message(world)),
        always(APPROVED, |_, world| !world.broken.contains(&Law::Approved)),
        always(ORDER, |_, world| !world.broken.contains(&Law::Order)),
        always(ATTEMPTS, |_, world| !world.broken.contains(&Law::Attempts)),
        always(STUCK, |_, world| !world.broken.contains(&Law::Stuck)),
        always(EFFECTS_END, |protocol, world| {
            !world.is_quiet(&protocol.scenario) || world.record.effects.is_empty()
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
    world.record.approval.as_ref().is_some_and(|approval| matches!(approval.status, Status::Rejected { .. }))
}

fn is_closed(status: &Status) -> bool {
    match status {
        Status::Pending => false,
        Status::Approved { .. } | Status::Rejected { .. } | Status::Cancelled { .. } => true,
    }
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

/// Whether the run stands where its approval's end leads; `true` for an approval that is not closed and a run that
/// waits.
fn run_ended(scenario: &Scenario, world: &World) -> bool {
    let run = &world.record.run;
    let happened = (world.outside.webhooks, world.outside.pipelines);
    let wanted = |action| u8::from(scenario.actions.contains(&action));
    let everything_happened = happened == (wanted(webhook()), wanted(pipeline()));
    let all_went_well = world.crashes == scenario.crashes && world.failures == scenario.failures;
    let stopped_by_trouble = run.steps.iter().skip(1).any(|step| match step.state {
        StepState::Failed { .. } | StepState::Unknown { .. } => true,
        StepState::Waiting
        | StepState::Running { .. }
        | StepState::Asking { .. }
        | StepState::Succeeded { .. }
        | StepState::Skipped => false,
    });
    let Some(approval) = &world.record.approval else { return false };
    match (&approval.status, run.status) {
        (Status::Pending, run::Status::Running) => happened == (0, 0),
        (Status::Approved { .. }, run::Status::Succeeded) => everything_happened,
        (Status::Approved { .. }, run::Status::Stopped) => !all_went_well && stopped_by_trouble,
        (Status::Rejected { .. } | Status::Cancelled { .. }, run::Status::Stopped) => happened == (0, 0),
        (Status::Pending, run::Status::Succeeded | run::Status::Stopped)
        | (Status::Approved { .. }, run::Status::Running)
        | (
            Status::Rejected { .. } | Status::Cancelled { .. },
            run::Status::Running | run::Status::Succeeded,
        ) => false,
    }
}

/// Sees an approval before and after a commit.
pub(crate) fn watch_approval(old: &Approval, new: &Approval, broken: &mut BTreeSet<Law>) {
    if new.version != old.version + 1 {
        broken.insert(Law::Versions);
    }
    let counted = |approval: &Approval| -> Vec<_> {
        approval.votes.iter().map(|vote| (vote.voter.clone(), vote.choice, vote.clicked_at)).collect()
    };
    let (before, after) = (counted(old), counted(new));
    if is_closed(&old.status) && (old.status != new.status || before != after) {
        broken.insert(Law::Closed);
    }
    let is_there = |(voter, choice, clicked_at): &(String, _, _)| {
        after.iter().any(|(other, now, at)| {
            other == voter && (at > clicked_at || (at == clicked_at && now == choice))
        })
    };
    if !before.iter().all(is_there) {
        broken.insert(Law::Votes);
    }
}

/// Sees a run before and after a commit.
pub(crate) fn watch_run(old: &Run, new: &Run, broken: &mut BTreeSet<Law>) {
    if new.version != old.version + 1 {
        broken.insert(Law::Versions);
    }
}

/// How many outcomes the run heard between `old` and `new`.
pub(crate) fn heard(old: &Run, new: &Run) -> u8 {
    let asking = |step: &run::Step| matches!(step.state, StepState::Asking { .. });
    old.steps.iter().zip(&new.steps).map(|(old, new)| u8::from(asking(old) && !asking(new))).sum()
}

/// Sees an action of step number `step` happen.
pub(crate) fn watch_action(world: &mut World, step: usize) {
    let approval = world.record.approval.as_ref();
    if !approval.is_some_and(|approval| matches!(approval.status, Status::Approved { .. })) {
        world.broken.insert(Law::Approved);
    }
    let mut earlier = world.record.run.steps.iter().take(step);
    if !earlier.all(|step| matches!(step.state, StepState::Succeeded { .. })) {
        world.broken.insert(Law::Order);
    }
}

/// Sees an effect claimed, where so many crashes and failures are `left`.
pub(crate) fn watch_attempts(
    claimed: &Effect,
    scenario: &Scenario,
    left: (u8, u8),
    broken: &mut BTreeSet<Law>,
) {
    let gone_wrong = u32::from(scenario.crashes - left.0) + u32::from(scenario.failures - left.1);
    // A process that outlives its lease needs no crash to have its effect tried again.
    if claimed.attempts > 1 + gone_wrong && !scenario.has(Flaw::OutlivesLease) {
        broken.insert(Law::Attempts);
    }
}
