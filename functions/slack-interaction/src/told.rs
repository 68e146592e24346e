//! Messages to people whose click changed nothing.

use crate::handler::{Call, SlackInteraction};
use approval::effect::EffectKind;
use approval::event::EventKind;
use approval::id::DeployId;
use providers::slack::parse::Click;
use store::{Change, CommitError};

impl SlackInteraction {
    /// Has who made `click` told `text` where they clicked, and puts `events` on the record of `deploy`.
    /// `false`: that was done before, and this is Slack's repetition of the click, or a replay.
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
        match self.store.commit(Change::to(deploy, call.now).and(&owner, vec![tell], events)).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
