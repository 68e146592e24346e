//! The number of a deploy's repository, compared before each action and where a range is read: another
//! repository may take the name between the vote and the action.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::approval::Subject;
use signoff_core::deploy::Deploy;
use signoff_providers::Failure;
use signoff_providers::github::GitHub;
use signoff_runtime::same_repository::{numbered, same_repository};
use signoff_store::StoreError;

impl ActionExecution {
    /// Compares the number of the repository of `deploy` with the one that was kept and with those that
    /// people voted on with `voted`, as [`same_repository`] does.
    ///
    /// # Errors
    ///
    /// The record can't be read or written. `Err` of the answer: [`Failure::Permanent`] that says which
    /// repository it is now and what to do, or the failure of the request.
    pub(crate) async fn same_repository(
        &self,
        deploy: &Deploy,
        voted: &[&Subject],
    ) -> Result<Result<(), Failure>, StoreError> {
        match self.outside.github(self.now()).await {
            Ok(github) => same_repository(&self.store, &github, deploy, voted).await,
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// The source host, which reads a large range of the repository of `deploy` over several
    /// invocations, and by the number that was kept: another repository by the name has the same
    /// commits, and other people's pull requests. One read; where no number was kept, or another one was
    /// noticed, it is compared first.
    ///
    /// # Errors
    ///
    /// The record can't be read or written. `Err` of the answer: as of [`ActionExecution::same_repository`].
    pub(crate) async fn reader_of(&self, deploy: &Deploy) -> Tried<Result<GitHub, Failure>> {
        let kept = self.store.kept_repository(&deploy.deployment, &deploy.repository).await?;
        if kept.as_ref().is_none_or(|kept| kept.noticed.is_some())
            && let Err(failure) = self.same_repository(deploy, &[]).await?
        {
            return Ok(Err(failure));
        }
        Ok(Ok(numbered(self.reader().await?, kept.as_ref())))
    }
}
