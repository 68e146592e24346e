//! action-execution: what one kind of effect does step by step, as its handlers do it. This is the place for
//! a new kind.
//!
//! A process that has claimed an effect ([`Stage::Claimed`]) first *prepares*: it reads, and puts on record
//! that it begins. Then it *calls* the outside world, where its [`Plan`] has it do so. Then it *settles*: it
//! commits what became of the effect, and sends what follows. A kind of effect is an arm in `read` or
//! `prepare`, a [`Plan`] with an arm in `call`, and an arm in `settle`.

mod settle;

use settle::{done, settle};

use crate::change;
use crate::decided;
use crate::law;
use crate::outside::Turn;
use crate::parts::Look;
use crate::record::{Change, Process, Queued};
use crate::scenario::{Flaw, Scenario};
use crate::world::World;
use signoff_core::action::{Action, WhenRepeated};
use signoff_core::approval::{Choice, Outcome, Status, Verdict};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::run::{self, StepState};
use std::sync::Arc;

/// Progress of a process that does an effect.
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

/// Next act of a process, with the state that it has read for it.
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
        /// The outcome.
        outcome: Outcome,
    },
    /// Look up whether those who approved still may.
    Look {
        /// Approving voters when the approval was read, in the order of their votes.
        voters: Vec<String>,
    },
    /// Tell the approval what the look said.
    Confirm {
        /// Verdict of the look on each voter.
        told: Vec<(String, Verdict)>,
        /// Those of them who had not left by then.
        eligible: Vec<String>,
        /// Result of the look at the change.
        look: Look,
    },
    /// Look again at the change of a blocked approval.
    LookAgain {
        /// Number of looks before.
        round: u32,
    },
    /// Judge the approval by what that look found.
    Judge {
        /// Number of looks before.
        round: u32,
        /// Result of the look.
        look: Look,
    },
    /// End the approval that nobody decided in time.
    Expire,
    /// Draw the dialog.
    Dialog {
        /// True if the dialog was not posted when the approval was read.
        posts: bool,
        /// True if the state that was read is the newest.
        newest: bool,
        /// The voters whose names are not known yet.
        unnamed: Vec<String>,
    },
    /// Draw a step's line.
    Line {
        /// The step.
        step: usize,
        /// True if the line was not posted when the run was read.
        posts: bool,
        /// True if the state that was read is the newest.
        newest: bool,
    },
    /// Tell a person something.
    Tell,
}

/// Answer to a call, as the process knows it: `signoff_providers::Failure`, in short.
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

    /// Whom this process has seen as eligible, where it looked.
    pub fn seen_eligible(&self) -> Option<&[String]> {
        match self {
            Self::Answered(Plan::Confirm { eligible, .. }, _) => Some(eligible),
            Self::Answered(..) | Self::Claimed | Self::Committed(_) | Self::Ready(_) => None,
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
    /// Returns the ways in which the call may fail.
    pub fn failures(&self) -> &'static [Turn] {
        match self {
            Self::Act { .. } => &[Turn::Unavailable, Turn::Refused, Turn::LostBefore, Turn::LostAfter],
            Self::Dialog { .. } | Self::Line { .. } | Self::Tell => {
                &[Turn::Unavailable, Turn::LostBefore, Turn::LostAfter]
            }
            // It changes nothing, whether it got there or not.
            Self::Look { .. } => &[Turn::Unavailable, Turn::Refused, Turn::LostBefore],
            Self::LookAgain { .. } => &[Turn::Unavailable],
            Self::Open { .. }
            | Self::Close { .. }
            | Self::Confirm { .. }
            | Self::Judge { .. }
            | Self::Expire => &[],
        }
    }
}

/// The process at this place takes its next step; a call ends as `turn` says.
pub fn go_on(world: &mut World, scenario: &Scenario, at: usize, turn: Turn) -> Option<()> {
    let next = match world.workers.get(at)?.stage.clone() {
        Stage::Claimed => prepare(world, scenario, at)?,
        Stage::Ready(plan) => {
            let answer = call(world, scenario, at, &plan, turn)?;
            match (plan, answer) {
                (Plan::Look { voters }, Answer::Done) => {
                    let told = look(world, scenario, &voters)?;
                    Some(Stage::Answered(told, answer))
                }
                (Plan::LookAgain { round }, Answer::Done) => {
                    let judge = Plan::Judge { round, look: change::look(&world.outside) };
                    Some(Stage::Answered(judge, answer))
                }
                // It may be told or asked twice, so that it makes no difference when its process ends.
                (plan @ (Plan::Tell | Plan::Look { .. } | Plan::LookAgain { .. }), _) => {
                    settle(world, scenario, at, &plan, answer)?
                }
                (plan, _) => Some(Stage::Answered(plan, answer)),
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

/// Reads the state for a process that has claimed its effect. Claiming and reading is one step if that is all
/// that it does before its call: a claim touches nothing that others do.
pub fn read(world: &mut World, at: usize) -> Option<()> {
    let effect = world.workers.get(at)?.effect.clone();
    let stage = match &effect.kind {
        // What it reads, it commits upon.
        EffectKind::RunStep { .. } | EffectKind::RetryStep { .. } => return Some(()),
        EffectKind::AdvanceRun { step, outcome, .. } => {
            Stage::Answered(Plan::Close { step: *step, outcome: outcome.clone() }, Answer::Done)
        }
        EffectKind::ConfirmQuorum { .. } => {
            let Some(approval) = &world.record.approval else { return Some(()) };
            match approval.status {
                Status::Quorum { until, .. } if until <= world.now() => {}
                Status::Quorum { .. } | Status::Pending | Status::Closed(_) => return Some(()),
            }
            let for_it = approval.votes.iter().filter(|vote| vote.choice == Choice::Approve);
            Stage::Ready(Plan::Look { voters: for_it.map(|vote| vote.voter.clone()).collect() })
        }
        EffectKind::Expire { .. } => Stage::Answered(Plan::Expire, Answer::Done),
        EffectKind::DrawDialog { .. } => {
            let Some(approval) = &world.record.approval else { return Some(()) };
            let unnamed = approval.votes.iter().filter(|vote| !vote.named);
            let unnamed = unnamed.map(|vote| vote.voter.clone()).collect();
            Stage::Ready(Plan::Dialog { posts: approval.dialog.is_none(), newest: true, unnamed })
        }
        EffectKind::DrawStep { approval: Some(_), step, .. } => {
            let dialog = world.record.approval.as_ref().and_then(|approval| approval.dialog.as_ref());
            let shown = decided::lines(&world.record.run).get(*step).is_some_and(Option::is_some);
            if dialog.is_none() || !shown {
                return Some(());
            }
            let posts = world.record.run.steps.get(*step)?.line.is_none();
            Stage::Ready(Plan::Line { step: *step, posts, newest: true })
        }
        // A failure is told once more without harm; people answer it on the page, too.
        EffectKind::TellPerson { .. } | EffectKind::TellThread { .. } | EffectKind::TellFailure { .. } => {
            Stage::Ready(Plan::Tell)
        }
        EffectKind::JudgeAgain { round, .. } => {
            let Some(approval) = &world.record.approval else { return Some(()) };
            if !approval.status.is_open() {
                return Some(());
            }
            Stage::Ready(Plan::LookAgain { round: *round })
        }
        // No scenario comes to these: a run is open from the start, nobody is reminded, no freeze comes, no
        // newer deploy comes, and what fails has a thread to say so in.
        EffectKind::EvaluateRules { .. }
        | EffectKind::EvaluateAgain
        | EffectKind::AskAgain { .. }
        | EffectKind::RecordHealth { .. }
        | EffectKind::OfferEvaluation { .. }
        | EffectKind::Remind { .. }
        | EffectKind::WatchFreeze { .. }
        | EffectKind::WatchApprovers { .. }
        | EffectKind::JudgeOthers { .. }
        | EffectKind::ApplyPolicy { .. }
        | EffectKind::ListHeaderSecrets
        | EffectKind::TellFreezeLifted { .. }
        | EffectKind::TellGlassBroken { .. }
        | EffectKind::RemindReview { .. }
        | EffectKind::SettleReview { .. }
        | EffectKind::Supersede { .. }
        | EffectKind::DrawStep { approval: None, .. }
        | EffectKind::TellMember { .. }
        | EffectKind::TellChannel { .. }
        | EffectKind::AskMember { .. } => return None,
    };
    world.workers.get_mut(at)?.stage = stage;
    Some(())
}

/// Goes on with a process that has read nothing yet. `Some(None)`: it ends.
fn prepare(world: &mut World, scenario: &Scenario, at: usize) -> Option<Option<Stage>> {
    let effect = world.workers.get(at)?.effect.clone();
    match &effect.kind {
        EffectKind::RunStep { step, .. } | EffectKind::RetryStep { step, .. } => {
            prepare_step(world, scenario, at, &effect, *step)
        }
        EffectKind::AdvanceRun { .. }
        | EffectKind::ConfirmQuorum { .. }
        | EffectKind::Expire { .. }
        | EffectKind::Remind { .. }
        | EffectKind::WatchFreeze { .. }
        | EffectKind::JudgeAgain { .. }
        | EffectKind::WatchApprovers { .. }
        | EffectKind::JudgeOthers { .. }
        | EffectKind::ApplyPolicy { .. }
        | EffectKind::ListHeaderSecrets
        | EffectKind::TellFreezeLifted { .. }
        | EffectKind::TellGlassBroken { .. }
        | EffectKind::RemindReview { .. }
        | EffectKind::SettleReview { .. }
        | EffectKind::Supersede { .. }
        | EffectKind::DrawDialog { .. }
        | EffectKind::DrawStep { .. }
        | EffectKind::TellFailure { .. }
        | EffectKind::TellPerson { .. }
        | EffectKind::TellThread { .. }
        | EffectKind::EvaluateRules { .. }
        | EffectKind::EvaluateAgain
        | EffectKind::AskAgain { .. }
        | EffectKind::RecordHealth { .. }
        | EffectKind::OfferEvaluation { .. }
        | EffectKind::TellMember { .. }
        | EffectKind::TellChannel { .. }
        | EffectKind::AskMember { .. } => Some(done(world, scenario, at, &effect)),
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
        StepState::Waiting => match decided::run(&world.record.run, step, &begin(effect)) {
            Ok(follows) => {
                let change = Change { run: Some(follows), ..Change::default() };
                world.commit(scenario, change, Process::Worker(at)).ok()?;
                Some(match world.has_to_send(Process::Worker(at)) {
                    true => Stage::Committed(Some(plan)),
                    false => Stage::Ready(plan),
                })
            }
            Err(_) => done(world, scenario, at, effect),
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
        | StepState::Skipped
        | StepState::SkippedByHand { .. } => done(world, scenario, at, effect),
    })
}

/// A step begins for `effect`.
fn begin(effect: &Effect) -> run::Command {
    run::Command::Begin(run::FirstTry { effect: effect.id.clone(), at: effect.created_at })
}

/// The call to the outside world: it ends as `turn` says. After a lost answer, what can be looked up is
/// looked up first.
fn call(world: &mut World, scenario: &Scenario, at: usize, plan: &Plan, turn: Turn) -> Option<Answer> {
    let lost = is_lost(world, scenario, at);
    let outside = &mut world.outside;
    match plan {
        // Who may vote is looked up; that changes nothing outside.
        Plan::Open { .. }
        | Plan::Close { .. }
        | Plan::Look { .. }
        | Plan::LookAgain { .. }
        | Plan::Confirm { .. }
        | Plan::Judge { .. }
        | Plan::Expire
        | Plan::Tell => {}
        Plan::Act { step } => {
            let action = &world.record.run.steps.get(*step)?.action;
            if lost && outside.count(action)? > 0 {
                // The look itself gets no answer where the call would not have.
                return Some(if turn == Turn::Done { Answer::Done } else { answer(turn) });
            }
            if turn.is_done() {
                outside.happen(action);
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

/// The look at `voters`, in their order until enough of them may.
fn look(world: &mut World, scenario: &Scenario, voters: &[String]) -> Option<Plan> {
    let approval = world.record.approval.as_ref()?;
    let (mut told, mut eligible) = (Vec::new(), Vec::new());
    let look = change::look(&world.outside);
    let electorate = settle::electorate(scenario, look);
    for voter in voters {
        let confirmed: Vec<&str> = eligible.iter().map(String::as_str).collect();
        if electorate.is_enough(&confirmed, approval.votes_required) {
            break;
        }
        let has_left = world.outside.left.contains(voter.as_str());
        let is_told = has_left && !scenario.has(Flaw::NoLook);
        let verdict = match electorate.verdict(voter) {
            Verdict::Eligible if is_told => Verdict::Deactivated,
            verdict => verdict,
        };
        eligible.extend((!has_left && verdict == Verdict::Eligible).then(|| voter.clone()));
        told.push((voter.clone(), verdict));
    }
    if scenario.has(Flaw::EffectsBeforeCommit)
        && let Ok(follows) =
            decided::approval(approval, &[settle::confirm(scenario, &told, look)], world.now())
    {
        world.record.send_early(follows.effects);
    }
    Some(Plan::Confirm { told, eligible, look })
}

fn answer(turn: Turn) -> Answer {
    match turn {
        Turn::Done => Answer::Done,
        Turn::Unavailable => Answer::Retryable,
        Turn::Refused => Answer::Permanent,
        Turn::LostBefore | Turn::LostAfter => Answer::Unanswered,
    }
}

fn is_lost(world: &World, scenario: &Scenario, at: usize) -> bool {
    !scenario.has(Flaw::RepeatUnseen) && world.workers.get(at).is_some_and(|worker| worker.lost)
}
