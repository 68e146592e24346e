//! A repository that the source host does not show: whether it is not there, not visible or gone since.

use crate::handler::{RuleEvaluation, Tried};
use signoff_core::confirmation::Doubt;
use signoff_core::deploy::Deploy;
use signoff_providers::github::{GitHub, Missing};

impl RuleEvaluation {
    /// `doubt`, and where it is that the host does not show the repository of `deploy`, what is known of
    /// that. One request to the record, and up to two to the host.
    pub(crate) async fn told_apart(&self, github: &GitHub, deploy: &Deploy, doubt: Doubt) -> Tried<Doubt> {
        if doubt != Doubt::UnknownRepository {
            return Ok(doubt);
        }
        let (slug, repository) = (&deploy.deployment, &deploy.repository);
        if self.store.kept_repository(slug, repository).await?.is_some() {
            return Ok(Doubt::RepositoryGone);
        }
        Ok(match github.missing(repository).await? {
            Missing::Owner => Doubt::UnknownOwner,
            // One that is there by now is found by the next look.
            Missing::Repository | Missing::Part => Doubt::UnknownRepository,
        })
    }
}
