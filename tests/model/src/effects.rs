//! action-execution: what one kind of effect does step by step, as its handlers do it. This is the place for a new
//! kind.
//!
//! A process that has claimed an effect ([`Stage::Claimed`]) first *prepares*: it reads, and puts on record that it
//! begins. Then it *calls* the outside world, where its [`Plan`] has it do so. Then it *settles*: it commits what
//! became of the effect, and sends what follows. A kind of effect is an arm in `prepare`, a [`Plan`] with an arm in
//! `call`, and an arm in `settle`.

use crate::decided;
use crate::law;
use crate::outside::Turn;
use crate::record::{Change, Conflict, Process, Queued};
use crate::scenario::{Flaw, NOW, Scenario, WORKSPACE};
use crate::world::World;
use approval::action::{Action, ApprovalSpec, WhenRepeated};
use approval::approval::{self as votes, Approval, Dialog, Electorate, Outcome, Subject};
use approval::decision::Decision;
use approval::effect::{Effect, EffectKind, EffectState, backoff};
use approval::id::ApprovalId;
use approval::run::{self, StepState};
use std::sync::Arc;

/// How far a process that does an effect got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It has claimed the effect, and nothing else.
    Claimed,
    /// It committed, and has to send what follows; then it goes on with this plan, or ends.
    Committed(Option<Plan>),
    /// It calls the outside world next.
    Ready(Plan),
    /// It knows how its call ended, or gave up waiting for the answer.
    Answered(Plan, Answer),
}

/// What a process is about to do, with what it has read for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Plan {
    /// Open the approval of a step.
    Open {
        /// The step.
        step: usize,
    },
    /// Run the action of a step.
    Act {
        /// The step.
        step: usize,
    },
    /// Tell the run how its approval ended.
    Close {
        /// The step.
        step: usize,
        /// How.
        outcome: Outcome,
    },
    /// Draw the dialog.
    Dialog {
        /// Whether it did not stand anywhere when the approval was read.
        posts: bool,
        /// Whether what was read is the newest.
        newest: bool,
        /// The voters whose names are not known yet.
        unnamed: Vec<String>,
    },
    /// Draw a step's line.
    Line {
        /// The step.
        step: usize,
        /// Whether it did not stand anywhere when the run was read.
        posts: bool,
        /// Whether what was read is the newest.
        newest: bool,
    },
    /// Tell a person something.
    Tell,
}

/// What a process knows about its call: `providers::Failure`, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is done.
    Done,
    /// It is not done, and may be asked again.
    Retryable,
    /// It is not done, and never will be.
    Permanent,
    /// Nobody knows.
    Unanswered,
}

impl Stage {
    /// The dialog that this process is about to draw shows an older state.
    pub fn dialog_is_old(&mut self) {
        if let Self::Ready(Plan::Dialog { newest, .. }) = self {
            *newest = false;
        }
    }

    /// The line of `step` that this process is about to draw shows an older state.
    pub fn line_is_old(&mut self, step: usize) {
        if let Self::Ready(Plan::Line { step: drawn, newest, .. }) = self
            && *drawn == step
        {
            *newest = false;
        }
    }
}

impl Plan {
    /// How the call may fail.
    pub fn failures(&self) -> &'static [Turn] {
        match self {
            Self::Act { .. } => &[Turn::Unavailable, Turn::Refused, Turn::LostBefore, Turn::LostAfter],
            Self::Dialog { .. } | Self::Line { .. } | Self::Tell => {
                &[Turn::Unavailable, Turn::LostBefore, Turn::LostAfter]
            }
            Self::Open { .. } | Self::Close { .. } => &[],
        }
    }
}

/// The process at this place takes its next step; a call ends as `turn` says.
pub fn go_on(world: &mut World, scenario: &Scenario, at: usize, turn: Turn) -> Option<()> {
    let next = match world.workers.get(at)?.stage.clone() {
        Stage::Claimed => prepare(world, scenario, at)?,
        Stage::Ready(plan) => {
            let answer = call(world, scenario, at, &plan, turn)?;
            match plan {
                // It may be told twice, so that it makes no difference when its process ends.
                Plan::Tell => settle(world, scenario, at, &plan, answer)?,
                _ => Some(Stage::Answered(plan, answer)),
            }
        }
        Stage::Answered(plan, answer) => settle(world, scenario, at, &plan, answer)?,
        Stage::Committed(plan) => {
            world.record.send(|row| row.queued == Queued::By(Process::Worker(at)));
            plan.map(Stage::Ready)
        }
    };
    match next {
        Some(Stage::Committed(None)) if !world.has_to_send(Process::Worker(at)) => world.leave(at),
        Some(stage) => world.workers.get_mut(at)?.stage = stage,
        None => world.leave(at),
    }
    Some(())
}

/// What the process at this place has read when it has claimed its effect. Claiming and reading is one step where
/// that is all that it does before its call: a claim touches nothing that others do.
pub fn read(world: &mut World, at: usize) -> Option<()> {
    let effect = world.workers.get(at)?.effect.clone();
    let stage = match &effect.kind {
        // What it reads, it commits upon.
        EffectKind::RunStep { .. } => return Some(()),
        EffectKind::AdvanceRun { step, outcome, .. } => {
            Stage::Answered(Plan::Close { step: *step, outcome: outcome.clone() }, Answer::Done)
        }
        EffectKind::DrawDialog { .. } => {
            let Some(approval) = &world.record.approval else { return Some(()) };
            let unnamed = approval.votes.iter().filter(|vote| !vote.named);
            let unnamed = unnamed.map(|vote| vote.voter.clone()).collect();
            Stage::Ready(Plan::Dialog { posts: approval.dialog.is_none(), newest: true, unnamed })
        }
        EffectKind::DrawStep { step, .. } => {
            let dialog = world.record.approval.as_ref().and_then(|approval| approval.dialog.as_ref());
            let shown = decided::lines(&world.record.run).get(*step).is_some_and(Option::is_some);
            if dialog.is_none() || !shown {
                return Some(());
            }
            let posts = world.record.run.steps.get(*step)?.line.is_none();
            Stage::Ready(Plan::Line { step: *step, posts, newest: true })
        }
        EffectKind::TellPerson { .. } => Stage::Ready(Plan::Tell),
        // No scenario comes to these: a run is open from the start, and what fails has a thread to say so in.
        EffectKind::EvaluateRules | EffectKind::TellChannel { .. } => return None,
    };
    world.workers.get_mut(at)?.stage = stage;
    Some(())
}

/// What a process does that has read nothing yet. `Some(None)`: it ends.
fn prepare(world: &mut World, scenario: &Scenario, at: usize) -> Option<Option<Stage>> {
    let effect = world.workers.get(at)?.effect.clone();
    match &effect.kind {
        EffectKind::RunStep { step, .. } => prepare_step(world, scenario, at, &effect, *step),
        EffectKind::AdvanceRun { .. }
        | EffectKind::DrawDialog { .. }
        | EffectKind::DrawStep { .. }
        | EffectKind::TellPerson { .. }
        | EffectKind::EvaluateRules
        | EffectKind::TellChannel { .. } => Some(done(world, scenario, at, &effect)),
    }
}

/// `ActionExecution::run_step` up to the action itself.
fn prepare_step(
    world: &mut World,
    scenario: &Scenario,
    at: usize,
    effect: &Arc<Effect>,
    step: usize,
) -> Option<Option<Stage>> {
    let current = world.record.run.steps.get(step)?;
    let plan = match &current.action {
        Action::SlackChannelApproval(_) => Plan::Open { step },
        _ => Plan::Act { step },
    };
    let repeated = current.action.when_repeated();
    Some(match &current.state {
        StepState::Waiting => match decided::run(&world.record.run, step, &run::Command::Begin) {
            Some(follows) => {
                let change = Change { run: Some(follows), ..Change::default() };
                world.commit(scenario, change, Process::Worker(at)).ok()?;
                Some(match world.has_to_send(Process::Worker(at)) {
                    true => Stage::Committed(Some(plan)),
                    false => Stage::Ready(plan),
                })
            }
            None => done(world, scenario, at, effect),
        },
        StepState::Running { .. } => {
            let lost = is_lost(world, scenario, at);
            Some(if lost && repeated == WhenRepeated::Neither {
                Stage::Answered(plan, Answer::Unanswered)
            } else {
                Stage::Ready(plan)
            })
        }
        StepState::Asking { .. }
        | StepState::Succeeded { .. }
        | StepState::Failed { .. }
        | StepState::Unknown { .. }
        | StepState::Skipped => done(world, scenario, at, effect),
    })
}

/// The call to the outside world: it ends as `turn` says. After a lost answer, what can be looked up is looked up
/// first.
fn call(world: &mut World, scenario: &Scenario, at: usize, plan: &Plan, turn: Turn) -> Option<Answer> {
    let lost = is_lost(world, scenario, at);
    let outside = &mut world.outside;
    match plan {
        // Who may vote is looked up; that changes nothing outside.
        Plan::Open { .. } | Plan::Close { .. } | Plan::Tell => {}
        Plan::Act { step } => {
            let action = &world.record.run.steps.get(*step)?.action;
            let count = outside.count(action)?;
            if lost && *count > 0 {
                // The look itself gets no answer where the call would not have.
                return Some(if turn == Turn::Done { Answer::Done } else { answer(turn) });
            }
            if turn.is_done() {
                *count = count.saturating_add(1);
                law::watch_action(world, *step);
            }
        }
        Plan::Dialog { posts, newest, .. } => {
            if turn.is_done() && !(*posts && lost && outside.dialog.times > 0) {
                outside.dialog.draw(*posts, *newest);
            }
        }
        Plan::Line { step, posts, newest } => {
            let line = outside.lines.get_mut(*step)?;
            if turn.is_done() && !(*posts && lost && line.times > 0) {
                line.draw(*posts, *newest);
            }
        }
    }
    Some(answer(turn))
}

fn answer(turn: Turn) -> Answer {
    match turn {
        Turn::Done => Answer::Done,
        Turn::Unavailable => Answer::Retryable,
        Turn::Refused => Answer::Permanent,
        Turn::LostBefore | Turn::LostAfter => Answer::Unanswered,
    }
}

/// Commits what became of the effect.
fn settle(
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
                let dialog = Dialog { channel: "C1".to_owned(), ts: "1".to_owned() };
                commands.push(votes::Command::DialogPosted(dialog));
            }
            if !unnamed.is_empty() {
                let names = unnamed.iter().map(|voter| (voter.clone(), format!("name of {voter}")));
                commands.push(votes::Command::Name(names.collect()));
            }
            change_approval(world, scenario, at, &effect, &commands)
        }
        (Plan::Line { step, posts: true, .. }, Answer::Done) => {
            let command = run::Command::LinePosted { ts: "1".to_owned() };
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
    let effect = &world.workers.get(at)?.effect;
    let wait = backoff(effect.attempts, None);
    Some(match (answer, repeated) {
        (Answer::Done, _) => {
            let command = run::Command::Succeed { summary: "done.".to_owned(), url: None };
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
    let approval = new_approval(run, step, spec);
    let after = effect.closed(EffectState::Succeeded, None);
    let mut change = Change { effect: Some((effect.clone(), after)), ..Change::default() };
    if let Some(asking) = decided::run(run, step, &run::Command::Ask(approval.id.clone())) {
        let opening = Decision { next: approval, effects: Vec::new(), events: Vec::new() };
        change.approval = Some(decided::opened(opening));
        change.run = Some(asking);
    }
    Some(commit(world, scenario, at, change))
}

fn new_approval(run: &run::Run, step: usize, spec: &ApprovalSpec) -> Approval {
    Approval {
        id: ApprovalId::derive(&run.id, step),
        deploy: run.deploy.clone(),
        run: run.id.clone(),
        step,
        name: spec.name.clone(),
        subject: Subject {
            revision: run.revision.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
            plan: spec.on_success.iter().map(ToString::to_string).collect(),
        },
        prompt: spec.prompt.clone(),
        channel: spec.channel.clone(),
        votes_required: spec.votes_required,
        rejections_required: spec.rejections_required,
        electorate: Electorate::Anyone,
        workspace: WORKSPACE.to_owned(),
        votes: Vec::new(),
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
    let run = decided::run(&world.record.run, step, &command);
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
    let approval = world.record.approval.as_ref();
    let approval = approval.and_then(|approval| decided::approval(approval, commands).ok());
    let effect = Some((effect.clone(), succeeded(effect)));
    commit(world, scenario, at, Change { approval, effect, ..Change::default() })
}

fn succeeded(effect: &Effect) -> Effect {
    effect.closed(EffectState::Succeeded, None)
}

/// The effect is done, and nothing else changes with it.
fn done(world: &mut World, scenario: &Scenario, at: usize, effect: &Arc<Effect>) -> Option<Stage> {
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

fn is_lost(world: &World, scenario: &Scenario, at: usize) -> bool {
    !scenario.has(Flaw::RepeatUnseen) && world.workers.get(at).is_some_and(|worker| worker.lost)
}
