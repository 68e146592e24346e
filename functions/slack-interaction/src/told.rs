//! Messages to people whose click changed nothing.

use crate::handler::{Call, SlackInteraction};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::{DeployId, digest};
use signoff_providers::slack::parse::Click;
use signoff_store::{Change, CommitError};

impl SlackInteraction {
    /// Has who made `click` told `text` where they clicked, and puts `events` on the record of `deploy`, once
    /// a minute. If they clicked again, or this is Slack's repetition of the click or a replay, nothing is
    /// done.
    pub(crate) async fn tell_once(
        &self,
        call: &Call<'_>,
        click: &Click,
        deploy: &DeployId,
        text: String,
        events: Vec<EventKind>,
    ) -> Result<(), CommitError> {
        let Click { channel_id, user, .. } = click;
        let owner = once_a_minute(click, &text);
        let tell = EffectKind::TellPerson { channel: channel_id.clone(), user: user.id.clone(), text };
        match self.store.commit(Change::to(deploy, call.now).and(&owner, vec![tell], events)).await {
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The owner of the refusal `text` of `click`. Whoever goes on clicking the same button within a minute of
/// Slack's clock is told once.
fn once_a_minute(click: &Click, text: &str) -> String {
    let Click { user, message_ts, action_id, action_ts, .. } = click;
    let seconds = action_ts.split('.').next().and_then(|seconds| seconds.parse::<u64>().ok());
    let minute = seconds.map_or_else(|| action_ts.clone(), |seconds| (seconds / 60).to_string());
    format!("click {} {message_ts} {action_id} {minute} {}", user.id, digest(&[text]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_providers::slack::parse::ClickUser;

    fn click(user: &str, action_id: &str, action_ts: &str) -> Click {
        Click {
            user: ClickUser { id: user.to_owned(), name: String::new(), team_id: String::new() },
            team_id: String::new(),
            channel_id: "C1".to_owned(),
            message_ts: "1.0".to_owned(),
            action_id: action_id.to_owned(),
            value: String::new(),
            action_ts: action_ts.to_owned(),
            trigger_id: String::new(),
        }
    }

    #[test]
    fn refused_clicks_are_told_once_a_minute() {
        let closed = "It is closed.";
        let first = once_a_minute(&click("U1", "approve", "1620733320.000100"), closed);
        for (user, action_id, action_ts, text, is_same) in [
            ("U1", "approve", "1620733379.999999", closed, true),
            ("U1", "approve", "1620733380.000000", closed, false),
            ("U1", "approve", "1620733319.999999", closed, false),
            ("U1", "reject", "1620733320.000100", closed, false),
            ("U2", "approve", "1620733320.000100", closed, false),
            ("U1", "approve", "1620733320.000100", "You may not vote.", false),
        ] {
            let other = once_a_minute(&click(user, action_id, action_ts), text);
            assert_eq!(other == first, is_same, "{user} {action_id} {action_ts} {text}");
        }
        let unknown = ["a", "b"].map(|at| once_a_minute(&click("U1", "approve", at), closed));
        assert_ne!(unknown[0], unknown[1], "an unknown form of time");
    }
}
