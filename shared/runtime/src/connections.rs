//! Lookup of a deployment's repository, channel and project: as an admin saved them in the console, else as
//! the stack's parameter `Deployments` has them.

use crate::deployments::{Connection, Deployments};
use jiff::tz::TimeZone;
use signoff_core::deploy::Slug;
use signoff_store::{DeploymentSettings, Done, SecretNumbers, Store, StoreError};

/// The deployments that this stack knows.
#[derive(Clone, Debug)]
pub struct Connections(Deployments);

/// State of a deployment's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connected {
    /// It is.
    Yes(Connection),
    /// It was, until somebody disconnected it.
    No(Done),
    /// Neither the record nor the parameter knows it.
    Unknown,
}

/// A deployment that a repository's deliveries lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The deployment.
    pub deployment: Slug,
    /// State of its connection.
    pub connected: Connected,
    /// The numbers that its secrets are derived with, connected or not.
    pub secrets: SecretNumbers,
}

impl Connected {
    /// The connection, where there is one.
    pub fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Yes(connection) => Some(connection),
            Self::No(_) | Self::Unknown => None,
        }
    }

    fn saved(settings: DeploymentSettings) -> Self {
        match settings.disconnected {
            Some(done) => Self::No(done),
            None => Self::Yes(connection(&settings)),
        }
    }
}

/// Connection that `settings` describe.
pub fn connection(settings: &DeploymentSettings) -> Connection {
    let own = || format!("gh/{}", settings.repository);
    Connection {
        is_of_organization: false,
        deployment: settings.deployment.clone(),
        repository: settings.repository.clone(),
        channel: settings.channel.clone(),
        circleci_project: settings.circleci_project.clone().unwrap_or_else(own),
        circleci_definition: settings.circleci_definition.clone(),
        git_host: settings.git_host,
        secrets: settings.secrets,
        ci: settings.ci.clone(),
    }
}

/// Message that nothing is done for `deployment`, which `done` disconnected, and that an admin can connect it
/// again in the console at `public_url`.
pub fn disconnected(deployment: &Slug, done: &Done, public_url: &str) -> String {
    format!(
        "{deployment} was disconnected by {} on {}. An admin can connect it again at {public_url}/deployments/{deployment}/edit",
        done.by.name,
        done.at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d at %H:%M UTC"),
    )
}

impl Connections {
    /// Connections of the parameter, and those on record.
    pub fn new(parameter: Deployments) -> Self {
        Self(parameter)
    }

    /// Connection of `deployment` in the parameter, whatever is on record.
    pub fn of_parameter(&self, deployment: &Slug) -> Option<Connection> {
        self.0.connection(deployment)
    }

    /// State of the connection of `deployment`. One request.
    pub async fn of(&self, store: &Store, deployment: &Slug) -> Result<Connected, StoreError> {
        self.with_secrets(store, deployment).await.map(|(connected, _)| connected)
    }

    async fn with_secrets(
        &self,
        store: &Store,
        deployment: &Slug,
    ) -> Result<(Connected, SecretNumbers), StoreError> {
        Ok(match store.deployment_settings(deployment).await? {
            Some(settings) => {
                let secrets = settings.secrets;
                (Connected::saved(settings), secrets)
            }
            None => {
                let connected = self.0.connection(deployment).map_or(Connected::Unknown, Connected::Yes);
                (connected, SecretNumbers::default())
            }
        })
    }

    /// The deployment that deliveries of `repository` (`owner/name`) lead to; `None`: there is none.
    /// Two requests, and one where none is found.
    pub async fn of_repository(&self, store: &Store, repository: &str) -> Result<Option<Lead>, StoreError> {
        let Some(deployment) =
            store.deployment_of(repository).await?.or_else(|| self.0.of_repository(repository))
        else {
            return Ok(None);
        };
        let (connected, secrets) = self.with_secrets(store, &deployment).await?;
        // The parameter may lead to a deployment whose saved settings name another repository.
        let elsewhere = |connection: &Connection| !connection.repository.eq_ignore_ascii_case(repository);
        if connected.connection().is_some_and(elsewhere) {
            return Ok(None);
        }
        Ok(Some(Lead { deployment, connected, secrets }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_store::{Actor, CiTrust, GitHost};

    #[test]
    fn a_connection_is_what_was_saved() {
        let by = Actor { id: "U1".to_owned(), name: "Ana".to_owned() };
        let settings = DeploymentSettings {
            deployment: Slug::new("acme", "web").unwrap(),
            repository: "acme/store".to_owned(),
            channel: Some("#web".to_owned()),
            circleci_project: None,
            circleci_definition: Some("2338d0ae-5541-4bbf-88a2-55e9f7281f80".to_owned()),
            git_host: GitHost::Gitlab,
            disconnected: None,
            leads: true,
            secrets: SecretNumbers { outgoing: 2, ..SecretNumbers::default() },
            ci: vec![CiTrust::parse("gitlab project_id=7").unwrap()],
            saved: Done { by, at: "2026-11-23T10:42:07Z".parse().unwrap() },
            version: 1,
        };
        let expected = Connection {
            is_of_organization: false,
            deployment: Slug::new("acme", "web").unwrap(),
            repository: "acme/store".to_owned(),
            channel: Some("#web".to_owned()),
            circleci_project: "gh/acme/store".to_owned(),
            circleci_definition: settings.circleci_definition.clone(),
            git_host: GitHost::Gitlab,
            secrets: settings.secrets,
            ci: settings.ci.clone(),
        };
        assert_eq!(connection(&settings), expected);
    }

    #[test]
    fn who_disconnected_a_deployment_is_said_with_what_can_be_done() {
        let by = Actor { id: "U1".to_owned(), name: "Ana".to_owned() };
        let done = Done { by, at: "2026-11-23T10:42:07Z".parse().unwrap() };
        assert_eq!(
            disconnected(&Slug::new("acme", "web").unwrap(), &done, "https://signoff.example.com"),
            "acme/web was disconnected by Ana on 2026-11-23 at 10:42 UTC. An admin can connect it again at \
             https://signoff.example.com/deployments/acme/web/edit"
        );
    }
}
