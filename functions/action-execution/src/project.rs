//! The repository that has a project of CircleCI's GitHub App. CircleCI does not say which repository such a
//! project builds. So a deployment whose settings name the project of another repository starts and releases
//! nothing there: its rules do not guard that project.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::deploy::Deploy;
use signoff_core::slug::{canonical, is_app_project};
use signoff_providers::Failure;
use signoff_runtime::deployments::Connection;

impl ActionExecution {
    /// Checks that the CircleCI project of `connection` is no other repository's, and keeps it for this one
    /// where none had it. Once no deployment of the other repository is connected to it, this one has it. No
    /// request for other projects, two for those of CircleCI's GitHub App, and three and one for each
    /// deployment of the other repository where it is another's.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] that names the other deployment and says what to do; or the record can't be
    /// read or written.
    pub(crate) async fn own_project(&self, deploy: &Deploy, connection: &Connection) -> Tried<()> {
        let project = connection.circleci_project.as_str();
        if !is_app_project(project) {
            return Ok(());
        }
        let kept = self.store.kept_repository(&deploy.deployment, &connection.repository).await?;
        let Some(kept) = kept else { return Ok(()) };
        let owner = self.store.own_project(project, kept.id).await?;
        if owner == kept.id {
            return Ok(());
        }
        for other in self.store.deployments_of(owner).await? {
            let connected = self.connections.of(&self.store, &other).await?;
            let has_it = |other: &Connection| canonical(&other.circleci_project) == canonical(project);
            if other != deploy.deployment && connected.connection().is_some_and(has_it) {
                return Err(Failure::Permanent(format!(
                    "nothing was done: the CircleCI project {project} is that of {other}, which has another repository. An admin can \
                     correct the project in the settings of either, at {}/deployments/{}/edit",
                    self.public_url, deploy.deployment
                ))
                .into());
            }
        }
        match self.store.move_project(project, owner, kept.id).await? {
            true => Ok(()),
            false => Err(Failure::retryable("another repository took the CircleCI project").into()),
        }
    }
}
