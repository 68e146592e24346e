//! Identities of people, as Slack knows them: members of the app's own workspace, and the admins among them.

use crate::auth::visitor::Member;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use signoff_core::approval::Standing;
use signoff_providers::Failure;
use signoff_providers::slack::{Profile, SignIn, Slack};
use signoff_runtime::credentials::{SLACK_BOT_TOKEN, SLACK_CLIENT_ID, SLACK_CLIENT_SECRET};
use signoff_runtime::secrets::{SecretError, Secrets};
use signoff_runtime::settings::{SettingError, Settings};
use signoff_voting::Admins;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Time limit of each call to Slack: three of them fit into the time that the function has.
pub(crate) const ASK_WITHIN: Duration = Duration::from_millis(2500);

/// The people of the workspace.
#[derive(Debug)]
pub(crate) struct Members {
    secrets: Arc<Secrets>,
    api_url: String,
    /// Address at which people sign in.
    pub(crate) authorize_url: String,
    admins: Admins,
    http: OnceCell<reqwest::Client>,
    team: OnceCell<String>,
}

/// The Slack app, with which people sign in.
#[derive(Debug)]
pub(crate) struct App {
    bot_token: SecretString,
    client_id: String,
    client_secret: SecretString,
}

impl App {
    /// The app's client id.
    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }
}

impl Members {
    /// The workspace as the settings `SLACK_API_URL`, `SLACK_AUTHORIZE_URL` and `ADMINS` describe it. Error:
    /// one that is missing or can't be read.
    pub(crate) fn new(settings: &Settings, secrets: Arc<Secrets>) -> Result<Self, SettingError> {
        Ok(Self {
            secrets,
            api_url: settings.url("SLACK_API_URL")?,
            authorize_url: settings.url("SLACK_AUTHORIZE_URL")?,
            admins: Admins::new(settings)?,
            http: OnceCell::new(),
            team: OnceCell::new(),
        })
    }

    /// The token with which the app asks Slack.
    pub(crate) async fn bot_token(&self, now: Timestamp) -> Result<SecretString, SecretError> {
        self.secrets.text(&SLACK_BOT_TOKEN, now).await
    }

    /// The app; `None`: nobody signs in with Slack, as its secret has no client id and secret.
    pub(crate) async fn app(&self, now: Timestamp) -> Result<Option<App>, SecretError> {
        let bot_token = self.bot_token(now).await?;
        let client_id = self.secrets.optional(&SLACK_CLIENT_ID, now).await?;
        let client_secret = self.secrets.optional(&SLACK_CLIENT_SECRET, now).await?;
        Ok(client_id.zip(client_secret).map(|(client_id, client_secret)| {
            let client_id = client_id.expose_secret().trim().to_owned();
            App { bot_token, client_id, client_secret }
        }))
    }

    /// Slack, as a client that asks who people are.
    pub(crate) async fn slack(&self, app: &App) -> Result<Slack, Failure> {
        let http = self.http().await?.clone();
        Ok(Slack::new(http, &self.api_url, app.bot_token.clone()).within(ASK_WITHIN))
    }

    /// Slack, as a client that signs people in.
    pub(crate) async fn sign_in(&self, app: &App) -> Result<SignIn, Failure> {
        let http = self.http().await?.clone();
        Ok(SignIn::new(http, &self.api_url, app.client_id(), app.client_secret.clone()))
    }

    /// The id of the app's own workspace, asked once a process.
    pub(crate) async fn team(&self, app: &App) -> Result<&str, Failure> {
        let team = self.team.get_or_try_init(async || self.slack(app).await?.auth_test().await);
        Ok(team.await?)
    }

    /// The member with this Slack user id; `None`: they are none, or not any more.
    pub(crate) async fn member(&self, app: &App, user: &str) -> Result<Option<Member>, Failure> {
        let team = self.team(app).await?;
        let profile = self.slack(app).await?.user(user).await?;
        Ok(profile.and_then(|profile| member(&self.admins, profile, team)))
    }

    async fn http(&self) -> Result<&reqwest::Client, Failure> {
        self.http.get_or_try_init(async || signoff_providers::http::client()).await
    }
}

/// The member of the workspace `team` who has this account, if they are one.
fn member(admins: &Admins, profile: Profile, team: &str) -> Option<Member> {
    let is_admin = admins.have(&profile);
    let belongs = profile.standing() == Standing::Member && profile.team_id == team;
    belongs.then_some(Member { id: profile.id, name: profile.name, is_admin })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            id: "U1".into(),
            name: "Ana".into(),
            email: Some("Ana@acme.example".into()),
            deleted: false,
            guest: false,
            stranger: false,
            bot: false,
            admin: false,
            team_id: "T1".into(),
        }
    }

    #[test]
    fn members_of_the_own_workspace_only() {
        let name = |profile| member(&Admins::OfWorkspace, profile, "T1").map(|member| member.name);
        assert_eq!(name(profile()).as_deref(), Some("Ana"));
        for other in [
            Profile { deleted: true, ..profile() },
            Profile { guest: true, ..profile() },
            Profile { stranger: true, ..profile() },
            Profile { bot: true, ..profile() },
            Profile { team_id: "T2".into(), ..profile() },
            Profile { team_id: String::new(), ..profile() },
        ] {
            assert_eq!(name(other.clone()), None, "{other:?}");
        }
    }

    #[test]
    fn admins_are_those_of_the_workspace_or_those_who_are_named() {
        let admin = Profile { admin: true, ..profile() };
        let hidden = Profile { email: None, ..admin.clone() };
        for (admins, profile, is_admin) in [
            ("", profile(), false),
            (" , ", admin.clone(), true),
            ("", hidden.clone(), true),
            ("ben@acme.example, ANA@acme.example", profile(), true),
            ("ben@acme.example", admin, false),
            ("ana@acme.example", hidden, false),
        ] {
            let member = member(&Admins::parse(admins).unwrap(), profile.clone(), "T1").unwrap();
            assert_eq!(member.is_admin, is_admin, "{admins:?}: {profile:?}");
        }
    }

    #[test]
    fn an_entry_that_is_no_address_is_named() {
        for wrong in ["U0123", "ana@", "@sre", "ana@acme.example ben@acme.example"] {
            let error = Admins::parse(&format!("cleo@acme.example, {wrong}")).unwrap_err().to_string();
            let expected =
                format!("ADMINS has the entry `{}`; it must be e-mail addresses", wrong.to_lowercase());
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
