//! Another repository that took the name of a deploy's own: what it has counts for nothing.

use crate::handler::{RuleEvaluation, Tried};
use signoff_core::deploy::Deploy;
use signoff_providers::github::GitHub;
use signoff_runtime::same_repository::{numbered, same_repository};

impl RuleEvaluation {
    /// `github`, which reads the repository of `deploy` by the number that was kept when it was
    /// confirmed. One read.
    pub(crate) async fn numbered(&self, github: GitHub, deploy: &Deploy) -> Tried<GitHub> {
        let kept = self.store.kept_repository(&deploy.deployment, &deploy.repository).await?;
        Ok(numbered(github, kept.as_ref()))
    }

    /// Compares the number of the repository of `deploy` after something was read by its name that names no
    /// commit, or was not there. One read and one request to GitHub.
    ///
    /// # Errors
    ///
    /// Another repository has the name, or it can't be compared now: what was read counts for nothing,
    /// and the rules are evaluated again.
    pub(crate) async fn check_repository(&self, github: &GitHub, deploy: &Deploy) -> Tried<()> {
        Ok(same_repository(&self.store, github, deploy, &[]).await??)
    }

    /// Compares the number of the repository of `deploy` where the host did not tell something that it
    /// should have: another repository by the name has other commits. Nothing is compared where there is
    /// none by that name. A request to GitHub, and as of [`RuleEvaluation::check_repository`] besides.
    ///
    /// # Errors
    ///
    /// As of [`RuleEvaluation::check_repository`].
    pub(crate) async fn check_if_replaced(&self, github: &GitHub, deploy: &Deploy) -> Tried<()> {
        match github.repository(&deploy.repository).await? {
            Some(_) => self.check_repository(github, deploy).await,
            None => Ok(()),
        }
    }
}
