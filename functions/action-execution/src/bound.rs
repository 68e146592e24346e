//! The names by which the policy binds a deploy: its deployment's, and those of the other deployments of its
//! repository. Else a second deployment of the repository, under a name that no pattern of the policy fits,
//! would get around the floor of the first.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::policy::{Binding, judged};
use signoff_core::action::Action;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::run::Run;
use signoff_rules::policy::{AllowedRefs, BreakGlass, Judged, Policy};

/// The names by which a policy binds a deploy.
pub(crate) struct Names {
    own: Slug,
    /// The other deployments of the repository that the policy names.
    others: Vec<Slug>,
}

impl ActionExecution {
    /// The names by which `policy` binds `deploy`. No request where the policy names no deployments, and two
    /// otherwise.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn bound_as(&self, policy: &Policy, deploy: &Deploy) -> Tried<Names> {
        let (own, mut others) = (deploy.deployment.clone(), Vec::new());
        if policy.names_deployments()
            && let Some(kept) = self.store.kept_repository(&own, &deploy.repository).await?
        {
            others = self.store.deployments_of(kept.id).await?;
            others.retain(|other| *other != own && policy.names(other));
        }
        Ok(Names { own, others })
    }

    /// The branches and tags that the policy lets `action` of `run` build: lists, each of which has to allow
    /// them. `Err`: no policy is known, for this reason.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn allowed_refs(
        &self,
        deploy: &Deploy,
        run: &Run,
        action: &Action,
    ) -> Tried<Result<Vec<AllowedRefs>, String>> {
        let policy = match self.policy().await? {
            Binding::Nothing => return Ok(Ok(Vec::new())),
            Binding::Unknown(why) => return Ok(Err(why)),
            Binding::Policy(policy) => policy,
        };
        let (actions, before) = (run.actions(), self.runs_before(run).await?);
        let before: Vec<_> = before.iter().map(|run| (run.actions(), run.promotes_to.as_deref())).collect();
        let names = self.bound_as(&policy, deploy).await?;
        Ok(Ok(names.allowed_refs(&policy, &judged(run, &actions, &before), action)))
    }
}

impl Names {
    /// Every name, the deployment's own first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slug> {
        std::iter::once(&self.own).chain(&self.others)
    }

    /// The people who may break the glass by the floors of all names, and the shortest time for a review.
    pub(crate) fn break_glass(&self, policy: &Policy, judged: &Judged<'_>) -> BreakGlass {
        let BreakGlass { mut people, mut review_within } = policy.break_glass(&self.own, judged);
        for other in &self.others {
            let floor = policy.break_glass(other, judged);
            people.retain(|person| floor.people.iter().any(|known| known.eq_ignore_ascii_case(person)));
            review_within = review_within.min(floor.review_within);
        }
        BreakGlass { people, review_within }
    }

    /// The branches and tags that `action` may build by the floors of all names: each of these has to allow
    /// them.
    pub(crate) fn allowed_refs(
        &self,
        policy: &Policy,
        judged: &Judged<'_>,
        action: &Action,
    ) -> Vec<AllowedRefs> {
        self.iter().map(|name| policy.allowed_refs(name, judged, action)).collect()
    }
}
