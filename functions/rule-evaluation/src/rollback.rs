//! A rollback: a revision that stood in an environment before stands there again, and what asked about the
//! one in between closes.

use crate::handler::{EvaluationError, RuleEvaluation};
use signoff_core::approval::Successor;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::RunId;
use signoff_core::range::Direction;
use signoff_store::{Change, CommitError, MAX_SCANNED, WantedApprovals, WantedOutcome};
use std::collections::BTreeSet;

impl RuleEvaluation {
    /// Closes the approvals of the environment of `deploy`, which is a rollback, but for its own: whatever
    /// rule they are of, they ask about what is not there any more. An earlier attempt may have closed some.
    pub(crate) async fn close_what_was_rolled_back(
        &self,
        effect: &Effect,
        deploy: &Deploy,
    ) -> Result<(), EvaluationError> {
        let wanted = WantedApprovals {
            deployment: Some(deploy.deployment.clone()),
            environment: Some(deploy.environment.clone()),
            outcome: Some(WantedOutcome::Pending),
            ..WantedApprovals::default()
        };
        let mut asking = BTreeSet::new();
        let mut before = None;
        loop {
            let listing = self.store.approvals(&wanted, MAX_SCANNED, before.as_deref()).await?;
            // A proposed rules file or policy is not about what stands there.
            let is_of_deploy = |rule: &str| {
                ![signoff_core::rules_in_force::PROPOSAL, signoff_core::policy::PROPOSAL].contains(&rule)
            };
            let others = listing.approvals.into_iter();
            let others =
                others.filter(|approval| approval.deploy != deploy.id && is_of_deploy(&approval.rule));
            asking.extend(
                others.map(|approval| (RunId::derive(&approval.deploy, &approval.rule), approval.deploy)),
            );
            match listing.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        let by = Successor { url: self.deploy_url(deploy), deploy: deploy.id.clone(), title: deploy.title() };
        for (run, of) in asking {
            let owner = format!("rolls back {run} {}", effect.id);
            let supersede = EffectKind::Supersede { deploy: of, run, by: by.clone() };
            let change = Change::to(&deploy.id, self.now()).and(&owner, vec![supersede], Vec::new());
            match self.store.commit(change).await {
                // An earlier attempt did it.
                Ok(()) | Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The same for a revision of which only the source host's comparison with what stood there before says
    /// that it is a rollback: nobody registered it when it stood there first. Three requests where it is.
    pub(crate) async fn close_what_the_host_calls_rolled_back(
        &self,
        effect: &Effect,
        deploy: &Deploy,
    ) -> Result<(), EvaluationError> {
        if deploy.reading.direction != Some(Direction::Rollback) || deploy.reading.came_late {
            return Ok(());
        }
        self.store.note_rollback(deploy).await?;
        if self.store.newer(deploy).await?.is_some() {
            return Ok(());
        }
        self.close_what_was_rolled_back(effect, deploy).await
    }
}
