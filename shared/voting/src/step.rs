//! Retry, Skip and Mark as done: somebody acts on a step that failed, or of which nobody knows whether it
//! happened.

use crate::accounts::{ActingVoter, Left, Lookup};
use crate::cast::{RefusalKind, Refused};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::action::Kind;
use signoff_core::approval::{self as votes, Approval, Standing, Verdict, Voter};
use signoff_core::id::{DeployId, RunId};
use signoff_core::message;
use signoff_core::run::{Command, Refusal, Resolution, Run, decide};
use signoff_runtime::race;
use signoff_store::{Change, CommitError, Store};

/// The number of times that a lost race is decided again.
const MAX_RACES: u32 = 10;

/// A person's answer to the failure of a step. A window in Slack carries it until the reason is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The deploy.
    pub deploy: DeployId,
    /// The run.
    pub run: RunId,
    /// The step of it, from 0.
    pub step: usize,
    /// The time of the failure that they saw.
    pub failed_at: Timestamp,
    /// The team id of the app's workspace. Its admins may act where there is no approval whose voters can.
    pub workspace: String,
    /// The resolution that they chose.
    pub resolution: Resolution,
}

/// Commits at `now` the answer of `actor` to the step's failure, for this `reason`. `Some`: nothing was done,
/// and this is why. Sending the same answer again is not refused. If `actor` is an admin and not one of those
/// who may act, `lookup` asks Slack if all of them have left.
///
/// # Errors
///
/// The record can't be read or written, or others committed first each time: nothing was changed.
pub async fn resolve(
    store: &Store,
    lookup: Lookup<'_>,
    actor: &ActingVoter,
    answer: &Answer,
    reason: Option<String>,
    now: Timestamp,
) -> Result<Option<Refused>, CommitError> {
    race::decide(&actor.voter.id, MAX_RACES, || async {
        let run = match read(store, lookup, actor, answer, now).await? {
            Ok(run) => run,
            Err(refused) => return Ok(Some(refused)),
        };
        let command = Command::Resolve {
            by: actor.voter.id.clone(),
            name: actor.voter.name.clone(),
            resolution: answer.resolution,
            reason: reason.clone(),
            failed_at: answer.failed_at,
        };
        let decision = match decide(&run, answer.step, command, now) {
            Ok(decision) => decision,
            Err(Refusal::Repeated) if was_theirs(&run, actor, answer) => return Ok(None),
            Err(refusal) => {
                let text = message::resolution_refused(refusal);
                return Ok(Some(not_now(text)));
            }
        };
        store.commit(Change::to(&answer.deploy, now).run(decision)).await?;
        Ok(None)
    })
    .await
}

/// The run of the step, where `actor` may act on it at `now`, before they write a reason; `None`: they did
/// the same before, and there is nothing to say. `Err` of the answer: they may not, and why. `lookup`: as in
/// [`resolve`].
///
/// # Errors
///
/// The record can't be read.
pub async fn foresee_step(
    store: &Store,
    lookup: Lookup<'_>,
    actor: &ActingVoter,
    answer: &Answer,
    now: Timestamp,
) -> Result<Result<Option<Run>, Refused>, CommitError> {
    let run = match read(store, lookup, actor, answer, now).await? {
        Ok(run) => run,
        Err(refused) => return Ok(Err(refused)),
    };
    let is_current = is_current(&run, answer);
    let refusal = match run.offers(answer.step).contains(&answer.resolution) {
        _ if run.asked_again.is_some() => Refusal::AskedAgain,
        _ if !is_current && was_theirs(&run, actor, answer) => return Ok(Ok(None)),
        _ if !is_current => Refusal::Repeated,
        false => Refusal::OutOfTurn,
        true => return Ok(Ok(Some(run))),
    };
    Ok(Err(not_now(message::resolution_refused(refusal))))
}

/// The newest run, where `actor` may act on the step of `answer`.
async fn read(
    store: &Store,
    lookup: Lookup<'_>,
    actor: &ActingVoter,
    answer: &Answer,
    now: Timestamp,
) -> Result<Result<Run, Refused>, CommitError> {
    let Some(run) = store.run(&answer.deploy, &answer.run).await? else {
        return Ok(Err(not_on_record(message::NO_SUCH_RUN)));
    };
    let approval = match run.thread_of(answer.step) {
        Some(id) => match store.approval(&answer.deploy, &id).await? {
            Some(approval) => Some(approval),
            // Nobody can tell any more who may act.
            None => return Ok(Err(not_on_record(message::NO_SUCH_APPROVAL))),
        },
        None => None,
    };
    let is_other_admin = |approval: &&Approval| may_stand_in(approval, &actor.voter, actor.is_admin);
    let left = match approval.as_ref().filter(is_other_admin) {
        Some(approval) => Some(lookup.who_left(&who_may_act(approval)).await),
        None => None,
    };
    Ok(match refused(&run, approval.as_ref(), actor, left, answer, now) {
        Some(refused) => Err(refused),
        None => Ok(run),
    })
}

/// True if `voter` may act on what follows `approval` once all who are named have left: they are an admin,
/// and not named themselves. An admin who made some of the change may not.
pub fn may_stand_in(approval: &Approval, voter: &Voter, is_admin: bool) -> bool {
    let verdict = approval.admit(voter).err();
    is_admin && matches!(verdict, Some(votes::Refusal::NotEligible(Verdict::NotNamed, _)))
}

/// The people (Slack user ids) who may act on what follows `approval`, where they are named.
fn who_may_act(approval: &Approval) -> Vec<&str> {
    let electorate = &approval.electorate;
    let may = |person: &&String| electorate.verdict(person) == Verdict::Eligible;
    electorate.people.iter().flatten().filter(may).map(String::as_str).collect()
}

/// The refusal to let `actor` give `answer` at `now`; `None`: they may. `approval` is the one in whose thread
/// the failure is told. `left`: if all who may act on it have left, where `actor` is another admin.
fn refused(
    run: &Run,
    approval: Option<&Approval>,
    actor: &ActingVoter,
    left: Option<Left>,
    answer: &Answer,
    now: Timestamp,
) -> Option<Refused> {
    let voter = &actor.voter;
    let may_act = match approval {
        Some(_) if left == Some(Left::All) => None,
        Some(approval) => {
            let refused = approval.admit(voter).err().as_ref().and_then(Refused::of);
            let text = |text: String| match left {
                None | Some(Left::All) => text,
                Some(Left::NotAll) => format!("{text} {}", message::ADMIN_AFTER_ALL),
                Some(Left::Unknown) => format!("{text} {}", message::ADMIN_AGAIN),
                Some(Left::TooMany) => format!("{text} {}", message::ADMIN_OF_FEW),
            };
            refused.map(|Refused { text: why, kind }| Refused::new(kind, text(why)))
        }
        None => {
            let is_member = voter.workspace == answer.workspace && voter.standing == Some(Standing::Member);
            let is_admin = is_member && actor.is_admin;
            (!is_admin).then(|| may_not(message::ONLY_ADMINS))
        }
    };
    if may_act.is_some() {
        return may_act;
    }
    if !is_current(run, answer) {
        // Somebody dealt with it before; the second click of a double click is answered like the first.
        return None;
    }
    // An action that did not happen yet waits for the end by itself; a retry may look first, and act at once.
    let acts_now = answer.resolution == Resolution::Retry
        && run.steps.get(answer.step).is_some_and(|step| step.action.kind() == Kind::Acts);
    let frozen = match approval.filter(|_| acts_now) {
        None if !acts_now => None,
        None => message::run_still_frozen(run, now),
        // What runs when people reject, or nobody decides, is not held.
        Some(approval) => {
            approval.status.is_approved().then(|| message::still_frozen(approval, now)).flatten()
        }
    };
    if let Some(frozen) = frozen {
        return Some(not_now(frozen));
    }
    if answer.resolution != Resolution::MarkAsDone {
        return None;
    }
    let done = run.may_mark_as_done(answer.step, &voter.id, approval);
    done.err().map(|why| may_not(message::not_theirs(why)))
}

/// True if `answer` is about the last failure of its step, and nobody dealt with that.
fn is_current(run: &Run, answer: &Answer) -> bool {
    let failure = run.steps.get(answer.step).and_then(|step| step.failure());
    failure.is_some_and(|(at, _)| at.as_microsecond() == answer.failed_at.as_microsecond())
}

/// True if `actor` gave this answer before.
fn was_theirs(run: &Run, actor: &ActingVoter, answer: &Answer) -> bool {
    let resolved = run.steps.get(answer.step).and_then(|step| step.resolved.as_ref());
    resolved.is_some_and(|resolved| {
        resolved.failed_at.as_microsecond() == answer.failed_at.as_microsecond()
            && resolved.by == actor.voter.id
            && resolved.resolution == answer.resolution
    })
}

fn not_on_record(text: &str) -> Refused {
    Refused::new(RefusalKind::NotFound, text)
}

fn may_not(text: &str) -> Refused {
    Refused::new(RefusalKind::Forbidden, text)
}

fn not_now(text: impl Into<String>) -> Refused {
    Refused::new(RefusalKind::Conflict, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::action::{Action, ChannelMessage, WebhookSpec};
    use signoff_core::freeze::Freeze;
    use signoff_core::run::{Opening, StepState};

    #[test]
    fn freeze_refuses_only_the_retry_of_what_acts() {
        let (deploy, now) = (DeployId::from_text("d"), Timestamp::UNIX_EPOCH);
        let message = ChannelMessage { channel: "#a".to_owned(), message: "x".to_owned() };
        let actions = [
            Action::Webhook(WebhookSpec::to("https://hooks.example.com".to_owned())),
            Action::SlackChannelMessage(message),
        ];
        let opening = Opening {
            deploy: &deploy,
            revision: "7bf72269a1b2c3d4",
            rule: "promote",
            rule_hash: "hash",
            actions: &actions,
            followed: false,
        };
        let opened = Run::open(&opening, now);
        let mut run = opened.next;
        for step in &mut run.steps {
            step.state = StepState::Failed { at: now, reason: "no".to_owned() };
        }
        run.freeze.push(Freeze {
            name: "release day".to_owned(),
            days: Vec::new(),
            hours: None,
            dates: Vec::new(),
            time_zone: "UTC".to_owned(),
            break_glass: Vec::new(),
        });
        let voter = Voter {
            id: "U1".to_owned(),
            name: "ada".to_owned(),
            workspace: "T1".to_owned(),
            standing: Some(Standing::Member),
        };
        let admin = ActingVoter { voter, is_admin: true };
        for (step, resolution, expected) in [
            (0, Resolution::Retry, true),
            (0, Resolution::Skip, false),
            (1, Resolution::Retry, false),
            (1, Resolution::MarkAsDone, false),
        ] {
            let (deploy, run_id, workspace) = (deploy.clone(), run.id.clone(), "T1".to_owned());
            let answer = Answer { deploy, run: run_id, step, failed_at: now, workspace, resolution };
            let refused = refused(&run, None, &admin, None, &answer, now);
            assert_eq!(refused.is_some(), expected, "{step} {resolution:?}: {refused:?}");
        }
    }
}
