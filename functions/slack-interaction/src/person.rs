//! Who clicked, and what they are told.

use crate::handler::{Call, SlackInteraction};
use approval::approval::{Standing, Voter};
use approval::effect::EffectKind;
use approval::event::EventKind;
use approval::id::DeployId;
use providers::slack::parse::{Click, ClickUser};
use store::{Change, CommitError};

impl SlackInteraction {
    /// Who `user` is, as Slack says now. Where it does not say in time, a vote counts until the look before the first
    /// action: no vote is lost because Slack is slow.
    pub(crate) async fn person(&self, call: &Call<'_>, user: &ClickUser) -> Voter {
        let (id, name, workspace) = (user.id.clone(), user.name.clone(), user.team_id.clone());
        let asked = match self.slack(call).await {
            Ok(slack) => slack.user(&user.id).await,
            Err(failure) => Err(failure),
        };
        match asked {
            Ok(Some(profile)) => {
                let standing = Some(profile.standing());
                Voter { id, name: profile.name, workspace, standing }
            }
            Ok(None) => Voter { id, name, workspace, standing: Some(Standing::Deactivated) },
            Err(failure) => {
                let request_id = call.request_id;
                tracing::warn!(request_id, voter = id, %failure, "Slack did not say in time who clicked");
                Voter { id, name, workspace, standing: None }
            }
        }
    }

    /// Has who made `click` told `text` where they clicked, and puts `events` on the record of `deploy`. `false`: that
    /// was done before, and this is Slack's repetition of the click, or a replay.
    pub(crate) async fn tell_once(
        &self,
        call: &Call<'_>,
        click: &Click,
        deploy: &DeployId,
        text: String,
        events: Vec<EventKind>,
    ) -> Result<bool, CommitError> {
        let Click { channel_id, user, action_ts, .. } = click;
        let tell = EffectKind::TellPerson { channel: channel_id.clone(), user: user.id.clone(), text };
        let owner = format!("click {} {action_ts}", user.id);
        self.commit_once(Change::to(deploy, call.now).and(&owner, vec![tell], events)).await
    }

    /// Commits a change whose owner tells it from every other. `false`: it was committed before.
    pub(crate) async fn commit_once(&self, change: Change) -> Result<bool, CommitError> {
        match self.store.commit(change).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
