//! The last look before an action: nothing acts for a deploy that another one overtook,
//! unless people voted for it since.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::policy::is_bound;
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::{Approval, Closed, Status};
use signoff_core::deploy::Deploy;
use signoff_core::message::{let_through_meanwhile, rolled_back_meanwhile, step_overtaken};
use signoff_core::run::{Run, StepState};
use signoff_providers::Failure;

/// Time after the end of its approval within which an action still runs at once.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(2);

impl ActionExecution {
    /// Refuses to run step number `step` of `run` where `deploy` was overtaken.
    ///
    /// `voted` is the approval that the step follows. Where people approved or rejected it, a step that does
    /// not run at once is refused where its deploy was rolled back, or where another revision was let through
    /// to the same place since. Where nobody's votes let the step run, it is refused as soon as another
    /// deploy came to the environment. A step that does not act is never refused.
    ///
    /// One to three requests, and none for a step that runs at once after votes.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] that says what overtook it and what to do.
    pub(crate) async fn unless_overtaken(
        &self,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        voted: Option<&Approval>,
    ) -> Tried<()> {
        let acts = run.steps.get(step).is_some_and(|step| is_bound(&step.action));
        if !acts || run.proposes().or(run.proposes_policy()).is_some() {
            return Ok(());
        }
        let Some((voted, ended_at)) = voted.and_then(|voted| Some((voted, votes_ended_at(&voted.status)?)))
        else {
            let after = self.store.after(deploy).await?;
            return match after.overtook() {
                Some(by) => Err(Failure::Permanent(step_overtaken(deploy, &by.revision)).into()),
                None => Ok(()),
            };
        };
        if !is_late(run, step, ended_at, self.now()) {
            return Ok(());
        }
        let environment = &deploy.environment;
        if let Some(by) = self.rolled_back_by(deploy).await? {
            return Err(nothing_done(&rolled_back_meanwhile(&by.title, environment)).into());
        }
        if !voted.status.is_approved() {
            return Ok(());
        }
        let base = self.store.base(&deploy.deployment, &voted.subject.place).await?;
        match base.let_through_since(ended_at, &run.revision) {
            Some(passed) => Err(nothing_done(&let_through_meanwhile(&passed.revision)).into()),
            None => Ok(()),
        }
    }
}

/// True if step number `step` of `run` does not run at once at `now`: it or a step before it waited or was
/// resolved by somebody, or its approval ended a while ago.
pub(crate) fn is_late(run: &Run, step: usize, ended_at: Timestamp, now: Timestamp) -> bool {
    let waits = |step: &StepState| matches!(step, StepState::Running { waits: true, .. });
    let is_held_up =
        run.steps.iter().take(step + 1).any(|step| step.resolved.is_some() || waits(&step.state));
    is_held_up || now.duration_since(ended_at) > AT_ONCE
}

/// The time at which people's votes ended an approval; `None`: it is open, or something else ended it.
fn votes_ended_at(status: &Status) -> Option<Timestamp> {
    match status.closed()? {
        Closed::Approved { at } | Closed::Rejected { at } => Some(*at),
        Closed::Expired { .. } | Closed::Superseded { .. } | Closed::Cancelled { .. } => None,
    }
}

fn nothing_done(why: &str) -> Failure {
    Failure::Permanent(format!("nothing was done: {why}. Deploy again to have it asked anew"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::action::{Action, BuildRef};
    use signoff_core::id::DeployId;
    use signoff_core::run::{Opening, Resolution, Resolved};

    #[test]
    fn step_is_late_once_something_held_it_up() {
        let build = || Action::AutoApproveBuild(BuildRef { build: "ship".to_owned(), job: None });
        let (deploy, actions) = (DeployId::from_text("d"), [build(), build(), build()]);
        let opening = Opening {
            deploy: &deploy,
            revision: "7bf72269a1b2c3d4",
            rule: "ship",
            rule_hash: "hash",
            actions: &actions,
            followed: false,
        };
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let run = Run::open(&opening, at(0)).next;
        let late = |run: &Run, seconds| is_late(run, 1, at(0), at(seconds));
        assert_eq!([late(&run, 120), late(&run, 121)], [false, true]);
        let resolved = Resolved {
            failed_at: at(1),
            failure: "no".to_owned(),
            was_unknown: false,
            by: "U1".to_owned(),
            resolution: Resolution::Skip,
            reason: None,
        };
        let waits = StepState::Running { note: None, waits: true };
        for (step, expected) in [(0, true), (1, true), (2, false)] {
            let (mut skipped, mut waiting) = (run.clone(), run.clone());
            skipped.steps[step].resolved = Some(resolved.clone());
            waiting.steps[step].state = waits.clone();
            assert_eq!([late(&skipped, 1), late(&waiting, 1)], [expected; 2], "{step}");
        }
    }
}
