//! The number of a repository, kept when an admin connects it: another one that takes its name is noticed
//! from then on, also before the first deploy.

use super::{Call, Console};
use signoff_store::{DeploymentSettings, GitHost, StoreError};

impl Console {
    /// Keeps the number that GitHub gives the repository of `saved`, unless one is kept already: 1 read, and
    /// then a request to GitHub and 2 or 3 writes. Where GitHub does not tell it now, the first confirmed
    /// deploy has it kept.
    pub(super) async fn keep_number(&self, saved: &DeploymentSettings, call: &Call<'_>) {
        if saved.disconnected.is_some() || saved.git_host != GitHost::Github {
            return;
        }
        let (deployment, repository) = (&saved.deployment, saved.repository.as_str());
        let kept = match self.store.kept_repository(deployment, repository).await {
            Ok(None) => match self.outside.repository_number(repository, call.now).await {
                Ok(Some(number)) => self.keep(saved, number).await,
                Ok(None) => return,
                Err(failure) => {
                    tracing::warn!(
                        request_id = call.id,
                        %deployment,
                        repository,
                        failure = failure.logged(),
                        "GitHub does not tell the repository's number"
                    );
                    return;
                }
            },
            Ok(Some(_)) => return,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(request_id = call.id, %deployment, repository, %error, "the repository's number is not kept");
        }
    }

    /// The deployment is among the repository's first: the others' rules and the policy's floors for their
    /// names bind it, and those who look for them ask by the number that is kept.
    async fn keep(&self, saved: &DeploymentSettings, number: u64) -> Result<(), StoreError> {
        self.store.own_repository(number, &saved.deployment).await?;
        self.store.keep_repository(&saved.deployment, &saved.repository, number).await.map(|_| ())
    }
}
