//! The branches and tags whose pipelines the policy in force lets an action release.

use crate::handler::ActionExecution;
use crate::policy::Binding;
use crate::trouble::Trouble;
use approval::action::Action;
use approval::deploy::Deploy;
use approval::run::Run;
use rules::policy::{AllowedRefs, Judged};

impl ActionExecution {
    /// The branches and tags that `action` of `run` may build. With a policy: 1 GetItem, and 1 for each run that the rule came after.
    pub(crate) async fn allowed_refs(
        &self,
        deploy: &Deploy,
        run: &Run,
        action: &Action,
    ) -> Result<AllowedRefs, Trouble> {
        let policy = match self.policy().await? {
            Binding::Nothing | Binding::Unknown(_) => return Ok(AllowedRefs::default()),
            Binding::Policy(policy) => policy,
        };
        let (actions, before) = (run.actions(), self.runs_before(run).await?);
        let before: Vec<Vec<Action>> = before.iter().map(Run::actions).collect();
        let after = before.iter().map(Vec::as_slice).collect();
        let judged = Judged { rule: &run.rule, line: run.line, actions: &actions, after };
        Ok(policy.allowed_refs(&deploy.deployment, &judged, action))
    }
}
