//! A rollback: a revision that stood in an environment before stands there again, and what asked about the one in between closes.

use crate::handler::{RuleEvaluation, Trouble};
use approval::approval::Successor;
use approval::deploy::Deploy;
use approval::effect::{Effect, EffectKind};
use approval::id::RunId;
use approval::slug::canonical;
use std::collections::BTreeSet;
use store::{Change, CommitError, DeploySummary, MOST_LOOKED_AT, WantedApprovals, WantedOutcome};

/// The most approvals that one rollback closes; a transaction holds 100 rows.
const MAX_CLOSED: usize = 60;

impl RuleEvaluation {
    /// Closes the approvals of the environment of `deploy`, which took the place of `previous`, if `deploy` is a rollback: whatever
    /// rule they are of, they ask about what is not there any more.
    pub(crate) async fn close_what_was_rolled_back(
        &self,
        effect: &Effect,
        deploy: &Deploy,
        previous: &DeploySummary,
    ) -> Result<(), Trouble> {
        let environment = canonical(&deploy.environment);
        let of_revision = self.store.of_revision(&deploy.deployment, &deploy.revision).await?;
        let stood_before = of_revision.iter().any(|earlier| {
            earlier.id != deploy.id
                && canonical(&earlier.environment) == environment
                && earlier.deployed_at < previous.deployed_at
        });
        if !stood_before {
            return Ok(());
        }
        let wanted = WantedApprovals {
            deployment: Some(deploy.deployment.clone()),
            environment: Some(deploy.environment.clone()),
            outcome: Some(WantedOutcome::Pending),
            ..WantedApprovals::default()
        };
        let open = self.store.approvals(&wanted, MOST_LOOKED_AT, None).await?.approvals;
        let asking: BTreeSet<_> = open
            .into_iter()
            .filter(|approval| approval.deploy != deploy.id)
            .map(|approval| (RunId::derive(&approval.deploy, &approval.rule), approval.deploy))
            .collect();
        if asking.is_empty() {
            return Ok(());
        }
        let by = Successor { url: self.deploy_url(deploy), deploy: deploy.id.clone(), title: deploy.title() };
        let supersede = |(run, deploy)| EffectKind::Supersede { deploy, run, by: by.clone() };
        let effects: Vec<_> = asking.into_iter().take(MAX_CLOSED).map(supersede).collect();
        let change = Change::to(&deploy.id, self.now());
        match self.store.commit(change.and(&format!("rolls back {}", effect.id), effects, Vec::new())).await {
            // An earlier attempt did it.
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
