//! Settings of deployments, as they were saved in the console, and which deployment a repository's deliveries
//! lead to.

use crate::api_keys::Done;
use crate::ci_trust::CiTrust;
use crate::error::{CommitError, StoreError, commit_error};
use crate::row;
use crate::secret_numbers::SecretNumbers;
use crate::{Store, keys};
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use serde::{Deserialize, Serialize};
use signoff_core::deploy::Slug;

/// Source host of a repository. The console's wizard leads there to create the rules file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GitHost {
    /// GitHub.
    #[default]
    Github,
    /// GitLab.
    Gitlab,
    /// Bitbucket.
    Bitbucket,
}

/// The settings of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentSettings {
    /// The deployment.
    pub deployment: Slug,
    /// Its repository, `owner/name`.
    pub repository: String,
    /// The channel for what no dialog can show; `None`: the record only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// CircleCI's slug of the project; `None`: the one of the repository on GitHub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circleci_project: Option<String>,
    /// The id of the project's pipeline definition; `None`: the project is triggered without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circleci_definition: Option<String>,
    /// Source host of the repository.
    pub git_host: GitHost,
    /// The person who disconnected the deployment, and the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnected: Option<Done>,
    /// True if GitHub's deliveries of the repository lead here. If several deployments have one repository,
    /// they lead to the first one.
    #[serde(default)]
    pub leads: bool,
    /// The numbers that its secrets are derived with.
    #[serde(default)]
    pub secrets: SecretNumbers,
    /// The CI jobs whose tokens register its deploys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ci: Vec<CiTrust>,
    /// The person who saved them, and the time.
    pub saved: Done,
    /// Grows by one each time; 0: not saved yet.
    pub version: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    deployment: Slug,
}

impl GitHost {
    /// Every git host.
    pub const ALL: [Self; 3] = [Self::Github, Self::Gitlab, Self::Bitbucket];

    /// Its name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Bitbucket => "bitbucket",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
            Self::Bitbucket => "Bitbucket",
        }
    }
}

impl Store {
    /// The settings of `deployment`, where they were saved.
    pub async fn deployment_settings(
        &self,
        deployment: &Slug,
    ) -> Result<Option<DeploymentSettings>, StoreError> {
        self.get(&keys::deployment(deployment)).await
    }

    /// The deployment whose saved settings name `repository` (`owner/name`); the first one, where several do.
    pub async fn deployment_of(&self, repository: &str) -> Result<Option<Slug>, StoreError> {
        Ok(self.get::<Place>(&keys::repository(repository)).await?.map(|place| place.deployment))
    }

    /// Saves `next`, which was made from `before` (`None`: there were none), and has the repository's
    /// deliveries lead to it unless they lead to another deployment; what was saved. Error:
    /// [`CommitError::Conflict`] where somebody else saved first.
    pub async fn save_deployment(
        &self,
        before: Option<&DeploymentSettings>,
        next: DeploymentSettings,
    ) -> Result<DeploymentSettings, CommitError> {
        let owner = self.deployment_of(&next.repository).await?;
        let leads = owner.is_none_or(|owner| owner == next.deployment);
        let version = before.map_or(0, |before| before.version) + 1;
        // It is called as it was first connected, which the repository's place is compared with below.
        let deployment = before.map_or_else(|| next.deployment.clone(), |before| before.deployment.clone());
        let next = DeploymentSettings { deployment, leads, version, ..next };
        let row = row::keep(&keys::deployment(&next.deployment), &next)?;
        let mut writes = vec![self.versioned(row, version)?];
        let own = [(":own", row::text(next.deployment.as_str()))];
        if leads {
            let place = row::keep(
                &keys::repository(&next.repository),
                &Place { deployment: next.deployment.clone() },
            )?;
            writes.push(self.put(place, Some("attribute_not_exists(pk) OR deployment = :own"), &own)?);
        }
        if let Some(left) =
            before.filter(|before| before.leads).map(|before| keys::repository(&before.repository))
            && left != keys::repository(&next.repository)
        {
            let [(name, value)] = own;
            let delete = Delete::builder()
                .table_name(&self.places.record_table)
                .set_key(Some(row::key(&left)))
                .condition_expression("deployment = :own")
                .expression_attribute_values(name, value)
                .build()
                .map_err(|error| StoreError::row("delete", error))?;
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        let request = self.dynamo.transact_write_items().set_transact_items(Some(writes));
        request.send().await.map_err(commit_error)?;
        Ok(next)
    }
}
