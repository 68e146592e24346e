//! Freezes that began after an approval: a step that something held up does not act in one.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::overtaken::is_late;
use crate::waits::Beside;
use jiff::Timestamp;
use signoff_core::approval::Approval;
use signoff_core::message::waits_for_freeze;
use signoff_core::run::Run;
use signoff_runtime::effects::Attempt;

impl ActionExecution {
    /// Has step number `step` of `run` wait where a freeze holds it; whether one does. `voted` is the
    /// approval that the step follows. The clock looks again, at most a quarter of an hour later.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub(crate) async fn waits_for_freeze(
        &self,
        attempt: &Attempt,
        run: &Run,
        step: usize,
        voted: Option<&Approval>,
    ) -> Tried<bool> {
        let now = self.now();
        let Some((until, names)) = held(run, step, voted, now) else { return Ok(false) };
        let reason = waits_for_freeze(until, &names);
        self.hold(attempt, (&run.id, step), voted, &reason, Beside::default()).await?;
        Ok(true)
    }
}

/// The freeze that holds step number `step` at `now`: when it ends, and what its windows are called. What
/// runs at once after the approval is not held: the approval was. Neither is what runs when people reject, or
/// nobody decides.
fn held(run: &Run, step: usize, voted: Option<&Approval>, now: Timestamp) -> Option<(Timestamp, String)> {
    let Some(voted) = voted else { return run.held_at(now) };
    let approved_at = voted.status.approved_at()?;
    if is_late(run, step, approved_at, now) { voted.frozen.held_at(now) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::action::{Action, BuildRef};
    use signoff_core::freeze::Freeze;
    use signoff_core::id::DeployId;
    use signoff_core::run::Opening;

    #[test]
    fn freeze_holds_a_step_that_nobody_is_asked_about() {
        let opening = Opening {
            deploy: &DeployId::from_text("d"),
            revision: "7bf72269a1b2c3d4",
            rule: "nightly",
            rule_hash: "hash",
            actions: &[Action::AutoApproveBuild(BuildRef { build: "ship".to_owned(), job: None })],
            followed: false,
        };
        let now = Timestamp::UNIX_EPOCH;
        let mut run = Run::open(&opening, now).next;
        assert_eq!(held(&run, 0, None, now), None);
        let name = "release day".to_owned();
        let (days, hours, dates) = (Vec::new(), None, Vec::new());
        run.freeze.push(Freeze {
            name,
            days,
            hours,
            dates,
            time_zone: "UTC".to_owned(),
            break_glass: Vec::new(),
        });
        assert!(held(&run, 0, None, now).is_some_and(|(_, names)| names == "release day"));
    }
}
