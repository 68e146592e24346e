//! Outcomes of effects, committed with the changes that follow.

use super::{Answer, Plan, Stage};
use crate::change;
use crate::decided;
use crate::parts::Look;
use crate::record::Follows;
use crate::record::{Change, Conflict, Process};
use crate::scenario::{Flaw, NOW, Scenario, WORKSPACE};
use crate::world::World;
use jiff::SignedDuration;
use signoff_core::action::{Action, ApprovalSpec, WhenRepeated};
use signoff_core::approval::{self as votes, Approval, Check, Dialog, Electorate, Frozen, Subject, Verdict};
use signoff_core::deploy::RulesChange;
use signoff_core::effect::{Effect, EffectState, backoff};
use signoff_core::id::ApprovalId;
use signoff_core::run;
use std::sync::Arc;

/// Commits what became of the effect.
pub(super) fn settle(
    world: &mut World,
    scenario: &Scenario,
    at: usize,
    plan: &Plan,
    answer: Answer,
) -> Option<Option<Stage>> {
    let effect = world.workers.get(at)?.effect.clone();
    Some(match (plan, answer) {
        (Plan::Open { step }, _) => open(world, scenario, at, &effect, *step)?,
        (Plan::Close { step, outcome }, _) => {
            let command = run::Command::Close(outcome.clone());
            advance(world, scenario, at, succeeded(&effect), *step, command)
        }
        (Plan::Act { step }, answer) => {
            let repeated = world.record.run.steps.get(*step)?.action.when_repeated();
            let (after, command) = settle_step(world, scenario, at, repeated, answer)?;
            advance(world, scenario, at, after, *step, command)
        }
        (Plan::Dialog { posts, unnamed, .. }, Answer::Done) => {
            let mut commands = Vec::new();
            if *posts {
                commands.push(votes::Command::DialogPosted(place()));
            }
            if !unnamed.is_empty() {
                let names = unnamed.iter().map(|voter| (voter.clone(), format!("name of {voter}")));
                commands.push(votes::Command::Name(names.collect()));
            }
            change_approval(world, scenario, at, &effect, &commands)
        }
        (Plan::Look { .. }, Answer::Retryable | Answer::Unanswered) => put_off(world, scenario, at, &effect),
        (Plan::Look { .. }, Answer::Permanent) => park(world, scenario, at, &effect)?,
        (Plan::Look { .. }, Answer::Done) => return None,
        (Plan::Confirm { told, look, .. }, _) => {
            let confirm = confirm(scenario, told, *look);
            if sets_older_base(world, scenario, &confirm, *look) {
                return Some(Some(put_off(world, scenario, at, &effect)?));
            }
            change_approval(world, scenario, at, &effect, &[confirm])
        }
        (Plan::LookAgain { .. }, _) => put_off(world, scenario, at, &effect),
        (Plan::Judge { round, look }, _) => {
            let electorate = electorate(scenario, *look);
            let base = change::base(scenario, *look);
            let judge = votes::Command::Judge { electorate, base, round: *round };
            change_approval(world, scenario, at, &effect, &[judge])
        }
        (Plan::Expire, _) => change_approval(world, scenario, at, &effect, &[votes::Command::Expire]),
        (Plan::Line { step, posts: true, .. }, Answer::Done) => {
            // The model draws every line again, as after a lost answer.
            let command = run::Command::LinePosted { line: place(), is_final: false };
            advance(world, scenario, at, succeeded(&effect), *step, command)
        }
        (Plan::Line { posts: false, .. } | Plan::Tell, Answer::Done) => done(world, scenario, at, &effect),
        (Plan::Dialog { .. } | Plan::Line { .. } | Plan::Tell, Answer::Retryable) => {
            let after = postponed(world, scenario, at, "503".to_owned())?;
            commit(world, scenario, at, Change { effect: Some((effect, after)), ..Change::default() })
        }
        (Plan::Dialog { .. } | Plan::Line { .. } | Plan::Tell, Answer::Unanswered) => {
            let after = effect.unanswered(NOW, backoff(effect.attempts, None), "timeout".to_owned());
            commit(world, scenario, at, Change { effect: Some((effect, after)), ..Change::default() })
        }
        (Plan::Dialog { .. } | Plan::Line { .. } | Plan::Tell, Answer::Permanent) => return None,
    })
}

/// `ActionExecution::settle_step`, where tries are left.
fn settle_step(
    world: &World,
    scenario: &Scenario,
    at: usize,
    repeated: WhenRepeated,
    answer: Answer,
) -> Option<(Effect, run::Command)> {
    let worker = world.workers.get(at)?;
    let effect = &worker.effect;
    let wait = backoff(effect.attempts, None);
    Some(match (answer, repeated) {
        (Answer::Done, _) => {
            let command = run::Command::Succeed { summary: "done.".to_owned(), url: None, build: None };
            (effect.closed(EffectState::Succeeded, None), command)
        }
        (Answer::Retryable, _) => {
            let reason = format!("503. Next attempt in {} s.", wait.as_secs());
            (postponed(world, scenario, at, reason.clone())?, run::Command::Retry { reason })
        }
        (Answer::Unanswered, WhenRepeated::Idempotent | WhenRepeated::Observable) => {
            let reason = format!("timeout. Signoff looks whether it happened in {} s.", wait.as_secs());
            (effect.unanswered(NOW, wait, reason.clone()), run::Command::Retry { reason })
        }
        (Answer::Unanswered, WhenRepeated::Neither) => {
            let reason = "timeout.".to_owned();
            (effect.closed(EffectState::Unknown, Some(reason.clone())), run::Command::Lose { reason })
        }
        // An earlier attempt may have done it, and nobody can look any more: that is no failure.
        (Answer::Permanent, WhenRepeated::Observable | WhenRepeated::Neither)
            if worker.lost && !scenario.has(Flaw::FailAfterLost) =>
        {
            let reason = "an earlier answer was lost, and now: 404.".to_owned();
            (effect.closed(EffectState::Unknown, Some(reason.clone())), run::Command::Lose { reason })
        }
        (Answer::Permanent, _) => {
            let reason = "404.".to_owned();
            (effect.closed(EffectState::Failed, Some(reason.clone())), run::Command::Fail { reason })
        }
    })
}

/// `Attempt::postponed`: where an earlier attempt's end is unknown, the next one has to look, too.
fn postponed(world: &World, scenario: &Scenario, at: usize, note: String) -> Option<Effect> {
    let worker = world.workers.get(at)?;
    let wait = backoff(worker.effect.attempts, None);
    Some(if worker.lost && !scenario.has(Flaw::ForgetLost) {
        worker.effect.unanswered(NOW, wait, note)
    } else {
        worker.effect.postponed(NOW, wait, note)
    })
}

/// `ActionExecution::open_approval`'s commit.
fn open(
    world: &mut World,
    scenario: &Scenario,
    at: usize,
    effect: &Arc<Effect>,
    step: usize,
) -> Option<Option<Stage>> {
    let run = &world.record.run;
    let Action::SlackChannelApproval(spec) = &run.steps.get(step)?.action else { return None };
    let approval = new_approval(run, step, spec, scenario, change::look(&world.outside));
    let after = effect.closed(EffectState::Succeeded, None);
    let mut change = Change { effect: Some((effect.clone(), after)), ..Change::default() };
    if let Ok(asking) = decided::run(run, step, &run::Command::Ask(approval.id.clone())) {
        change.approval = Some(decided::opened(votes::open(approval, spec.remind_after)));
        change.run = Some(asking);
    }
    Some(commit(world, scenario, at, change))
}

fn new_approval(
    run: &run::Run,
    step: usize,
    spec: &ApprovalSpec,
    scenario: &Scenario,
    look: Look,
) -> Approval {
    Approval {
        id: ApprovalId::derive(&run.id, step),
        deploy: run.deploy.clone(),
        deployment: None,
        environment: None,
        run: run.id.clone(),
        step,
        name: spec.name.clone(),
        subject: Subject {
            revision: run.revision.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
            base: change::base(scenario, look),
            plan: spec.on_success.iter().map(ToString::to_string).collect(),
            ..Subject::default()
        },
        rules_change: RulesChange::No,
        comparison: None,
        prompt: spec.prompt.clone(),
        channel: spec.channel.clone(),
        votes_required: spec.votes_required,
        rejections_required: spec.rejections_required,
        require_reason: spec.require_reason,
        undo_window: spec.undo_window,
        frozen: Frozen::new(spec.freeze.clone(), NOW),
        nobody_here: Vec::new(),
        expires_at: spec.expires_after.and_then(|after| NOW.checked_add(after).ok()),
        electorate: electorate(scenario, look),
        workspace: WORKSPACE.to_owned(),
        again: None,
        votes: Vec::new(),
        struck: Vec::new(),
        glass: Default::default(),
        names: Default::default(),
        clicks: Vec::new(),
        status: votes::Status::Pending,
        dialog: None,
        opened_at: NOW,
        version: 0,
    }
}

/// `ActionExecution::advance`: where the step went on without the effect, only the effect's end is committed.
fn advance(
    world: &mut World,
    scenario: &Scenario,
    at: usize,
    after: Effect,
    step: usize,
    command: run::Command,
) -> Option<Stage> {
    let worker = world.workers.get(at)?;
    let run = decided::run(&world.record.run, step, &command).ok();
    let change = Change { effect: Some((worker.effect.clone(), after)), run, ..Change::default() };
    commit(world, scenario, at, change)
}

/// `ActionExecution::change_approval`; the effect is done with it.
fn change_approval(
    world: &mut World,
    scenario: &Scenario,
    at: usize,
    effect: &Arc<Effect>,
    commands: &[votes::Command],
) -> Option<Stage> {
    let approval = changed(world, scenario, commands);
    let effect = Some((effect.clone(), succeeded(effect)));
    commit(world, scenario, at, Change { approval, effect, ..Change::default() })
}

/// Applies `commands` to the newest approval; `None`: there is none, or it refuses them all.
fn changed(world: &World, scenario: &Scenario, commands: &[votes::Command]) -> Option<Follows<Approval>> {
    let mut follows = decided::approval(world.record.approval.as_ref()?, commands, world.now()).ok()?;
    if scenario.has(Flaw::EffectsBeforeCommit) && matches!(commands, [votes::Command::Confirm(_)]) {
        follows.effects.clear();
    }
    Some(follows)
}

/// `ActionExecution::settle_quorum`, where those who approved can't be looked up for now: the dialog says so,
/// and the clock sends the effect again.
fn park(world: &mut World, scenario: &Scenario, at: usize, effect: &Arc<Effect>) -> Option<Option<Stage>> {
    let worker = world.workers.get(at)?;
    let wait = SignedDuration::from_mins(i64::from(effect.attempts.clamp(1, 15)));
    let reason = "404.".to_owned();
    let after = match worker.lost {
        true => effect.unanswered(NOW, wait, reason.clone()),
        false => effect.postponed(NOW, wait, reason.clone()),
    };
    let approval = changed(world, scenario, &[votes::Command::Postpone { reason }]);
    let effect = Some((effect.clone(), after));
    Some(commit(world, scenario, at, Change { approval, effect, parked: true, ..Change::default() }))
}

/// Returns the command that confirms an approval after the look.
pub(super) fn confirm(scenario: &Scenario, told: &[(String, Verdict)], look: Look) -> votes::Command {
    let (electorate, base) = (electorate(scenario, look), change::base(scenario, look));
    votes::Command::Confirm(Check { electorate, voters: told.to_vec(), base, breaker: None })
}

/// Those who may vote, as a process judges it from `look`.
pub(super) fn electorate(scenario: &Scenario, look: Look) -> Electorate {
    let mut electorate = change::electorate(scenario, look);
    if scenario.has(Flaw::OwnVoteCounts) {
        (electorate.parts, electorate.except) = (Vec::new(), Vec::new());
    }
    if scenario.has(Flaw::NoBlock) {
        electorate.blocked.clear();
    }
    electorate
}

/// True if `confirm` approves and sets the base, and another approval set it since the `look`: the base's row
/// has a version.
fn sets_older_base(world: &World, scenario: &Scenario, confirm: &votes::Command, look: Look) -> bool {
    let has_moved = world.outside.base_moved != look.moved && !scenario.has(Flaw::OlderBase);
    let approves = |approval: &Approval| approval.status.is_approved();
    let next = changed(world, scenario, std::slice::from_ref(confirm));
    has_moved && next.is_some_and(|follows| approves(&follows.next))
}

/// A look that failed for now is made again.
fn put_off(world: &mut World, scenario: &Scenario, at: usize, effect: &Arc<Effect>) -> Option<Stage> {
    let after = effect.postponed(NOW, backoff(effect.attempts, None), "503".to_owned());
    commit(world, scenario, at, Change { effect: Some((effect.clone(), after)), ..Change::default() })
}

/// Place of every message: their number is counted elsewhere.
fn place() -> Dialog {
    Dialog { channel: "C1".to_owned(), ts: "1".to_owned() }
}

fn succeeded(effect: &Effect) -> Effect {
    effect.closed(EffectState::Succeeded, None)
}

/// The effect is done, and nothing else changes with it.
pub(super) fn done(world: &mut World, scenario: &Scenario, at: usize, effect: &Arc<Effect>) -> Option<Stage> {
    let change = Change { effect: Some((effect.clone(), succeeded(effect))), ..Change::default() };
    commit(world, scenario, at, change)
}

/// Commits; a process whose effect another one has taken over ends.
fn commit(world: &mut World, scenario: &Scenario, at: usize, change: Change) -> Option<Stage> {
    match world.commit(scenario, change, Process::Worker(at)) {
        Ok(()) => Some(Stage::Committed(None)),
        Err(Conflict) => None,
    }
}
