//! Who clicked.

use crate::handler::{Call, SlackInteraction};
use approval::approval::{Standing, Voter};
use approval::effect::EffectKind;
use providers::slack::parse::ClickUser;

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
}

/// Has one person told `text`, where they clicked.
pub(crate) fn tell(channel: &str, user: &ClickUser, text: String) -> EffectKind {
    EffectKind::TellPerson { channel: channel.to_owned(), user: user.id.clone(), text }
}
