//! Accounts: Slack's word on a person, while that person waits.

use crate::admins::Admins;
use crate::gate::{Gate, Passage};
use secrecy::SecretString;
use signoff_core::approval::{Standing, Voter};
use signoff_providers::Failure;
use signoff_providers::slack::{Membership, Slack};
use signoff_runtime::settings::{SettingError, Settings};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

/// The longest time to wait for one answer from Slack.
const ASK_WITHIN: Duration = Duration::from_millis(1200);

/// The most pages of a channel's people that are looked through, of 999 people each.
const PAGES: usize = 5;
/// The longest time to wait for all of these pages together.
const LOOK_WITHIN: Duration = Duration::from_millis(2400);
/// The most people of whom somebody may ask if they have left: Slack takes about 100 calls a minute.
const MOST_PEOPLE: usize = 40;

/// Slack, for lookups while a person waits.
#[derive(Debug)]
pub struct Accounts {
    api_url: String,
    http: OnceCell<reqwest::Client>,
    admins: Admins,
}

/// Somebody who acts on a failed step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActingVoter {
    /// The person.
    pub voter: Voter,
    /// True if they are an admin of the stack. False where Slack did not say who they are.
    pub is_admin: bool,
}

/// The means to look up other people while somebody acts on a failed step.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// Slack.
    pub accounts: &'a Accounts,
    /// The bot's token.
    pub token: &'a SecretString,
    /// The id of the request, for the log.
    pub request_id: &'a str,
}

impl Lookup<'_> {
    /// Asks Slack if any of `people` (Slack user ids) still has an account of a full member.
    pub(crate) async fn who_left(&self, people: &[&str]) -> Left {
        if people.len() > MOST_PEOPLE {
            return Left::TooMany;
        }
        let failure = match tokio::time::timeout(ASK_WITHIN, self.is_anybody_left(people)).await {
            Ok(Ok(true)) => return Left::NotAll,
            Ok(Ok(false)) => return Left::All,
            Ok(Err(failure)) => failure.logged(),
            Err(_) => format!("no answer within {ASK_WITHIN:?}"),
        };
        tracing::warn!(request_id = self.request_id, failure, "Slack did not say in time who has left");
        Left::Unknown
    }

    /// True if one of `people`, who are all asked about at once, is a full member.
    async fn is_anybody_left(&self, people: &[&str]) -> Result<bool, Failure> {
        let slack = self.accounts.slack(self.token).await?;
        let mut looks = JoinSet::new();
        for person in people {
            let (slack, person) = (slack.clone(), (*person).to_owned());
            looks.spawn(async move { slack.user(&person).await });
        }
        let mut failed = None;
        while let Some(look) = looks.join_next().await {
            match look {
                Ok(Ok(Some(profile))) if profile.standing() == Standing::Member => return Ok(true),
                Ok(Ok(_)) => {}
                Ok(Err(failure)) => failed = Some(failure),
                Err(error) => failed = Some(Failure::Permanent(error.to_string())),
            }
        }
        failed.map_or(Ok(false), Err)
    }
}

/// The answer to the question if people have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Slack says that all of them have.
    All,
    /// Slack says that one of them has not.
    NotAll,
    /// Slack did not say.
    Unknown,
    /// They are too many to ask about.
    TooMany,
}

/// Somebody, as Slack named them with a click or when they signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The Slack user id.
    pub id: String,
    /// The name that came with it; their id where Slack did not say.
    pub name: String,
    /// The workspace (team id) that they belong to.
    pub workspace: String,
}

impl Accounts {
    /// Slack at the address in the setting `SLACK_API_URL`, with the admins in `ADMINS`. Error: one can't be
    /// read. Nothing is asked yet.
    pub fn new(settings: &Settings) -> Result<Self, SettingError> {
        let (api_url, admins) = (settings.url("SLACK_API_URL")?, Admins::new(settings)?);
        Ok(Self { api_url, http: OnceCell::new(), admins })
    }

    /// The client, whose calls with `token` (the bot's) give up after 1.2 seconds. Error: it can't be made.
    pub async fn slack(&self, token: &SecretString) -> Result<Slack, Failure> {
        let http = self.http.get_or_try_init(async || signoff_providers::http::client()).await?;
        Ok(Slack::new(http.clone(), &self.api_url, token.clone()).within(ASK_WITHIN))
    }

    /// The voter that `person` is, as Slack says now. If Slack does not say in time, they have no standing: a
    /// vote counts until the look before the first action, so that no vote is lost because Slack is slow.
    /// `request_id` is for the log.
    pub async fn voter(&self, token: &SecretString, person: &Person, request_id: &str) -> Voter {
        self.actor(token, person, request_id).await.voter
    }

    /// The same, and whether they are an admin.
    pub async fn actor(&self, token: &SecretString, person: &Person, request_id: &str) -> ActingVoter {
        let Person { id, name, workspace } = person.clone();
        let asked = match self.slack(token).await {
            Ok(slack) => slack.user(&id).await,
            Err(failure) => Err(failure),
        };
        match asked {
            Ok(Some(profile)) => {
                let standing = Some(profile.standing());
                let is_admin = self.admins.have(&profile);
                ActingVoter { voter: Voter { id, name: profile.name, workspace, standing }, is_admin }
            }
            Ok(None) => {
                let standing = Some(Standing::Deactivated);
                ActingVoter { voter: Voter { id, name, workspace, standing }, is_admin: false }
            }
            Err(failure) => {
                tracing::warn!(
                    request_id,
                    voter = id,
                    failure = failure.logged(),
                    "Slack did not say in time who asks"
                );
                ActingVoter { voter: Voter { id, name, workspace, standing: None }, is_admin: false }
            }
        }
    }

    /// The answer of `gate` to a request that the person `user` (a Slack user id) makes on a page. This waits
    /// 2.4 seconds for Slack at most, and asks nothing about a channel that is not known. `request_id` is for
    /// the log.
    pub async fn passage(&self, token: &SecretString, gate: &Gate, user: &str, request_id: &str) -> Passage {
        let membership = match gate.channel() {
            Some(channel) => self.membership(token, channel, user, request_id).await,
            None => None,
        };
        gate.passage(membership)
    }

    /// The membership of `user` in `channel`; `None`: Slack did not say in time.
    async fn membership(
        &self,
        token: &SecretString,
        channel: &str,
        user: &str,
        request_id: &str,
    ) -> Option<Membership> {
        let look = async { self.slack(token).await?.membership(channel, user, PAGES).await };
        let looked = tokio::time::timeout(LOOK_WITHIN, look).await;
        let failure = match looked {
            Ok(Ok(membership)) => return Some(membership),
            Ok(Err(failure)) => failure.to_string(),
            Err(_) => format!("no answer within {LOOK_WITHIN:?}"),
        };
        tracing::warn!(request_id, user, channel, failure, "Slack did not say who is in the channel");
        None
    }
}
