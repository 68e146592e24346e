//! The outside world: what really happened there, which nobody is told but by an answer.

use signoff_core::action::Action;
use std::collections::BTreeSet;

/// Things that really happened outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OutsideWorld {
    /// Number of times that the webhook was posted.
    pub webhooks: u8,
    /// Number of builds that were started.
    pub builds: u8,
    /// People whose account was deactivated.
    pub left: BTreeSet<&'static str>,
    /// True if another approval set the base of the same place.
    pub base_moved: bool,
    /// True if somebody mended the range.
    pub mended: bool,
    /// The dialog in the channel.
    pub dialog: Shown,
    /// The steps' lines in its thread.
    pub lines: Vec<Shown>,
}

/// A message in Slack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shown {
    /// Number of times that it was posted.
    pub times: u8,
    /// True if it shows the newest state.
    pub newest: bool,
}

/// End of a call to the outside world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// It is done, and answered.
    Done,
    /// It is not done, and may be asked again: 429, 503.
    Unavailable,
    /// It is not done, and never will be: 404.
    Refused,
    /// It is not done, and there was no answer.
    LostBefore,
    /// It is done, and there was no answer.
    LostAfter,
}

impl Turn {
    /// True if the call had its effect.
    pub fn is_done(self) -> bool {
        match self {
            Self::Done | Self::LostAfter => true,
            Self::Unavailable | Self::Refused | Self::LostBefore => false,
        }
    }
}

impl OutsideWorld {
    /// The world before anything happened, for a run of so many steps.
    pub fn before(steps: usize) -> Self {
        let nothing = Shown::default();
        let (dialog, lines) = (nothing, vec![nothing; steps]);
        let left = BTreeSet::new();
        Self { webhooks: 0, builds: 0, left, base_moved: false, mended: false, dialog, lines }
    }

    /// Returns the number of times that `action` happened; `None` for one that does not happen here, or that
    /// no scenario has.
    pub fn count(&self, action: &Action) -> Option<u8> {
        match action {
            Action::Webhook(_) => Some(self.webhooks),
            Action::TriggerBuild(_) => Some(self.builds),
            Action::SlackChannelApproval(_)
            | Action::AutoApproveBuild(_)
            | Action::SlackChannelMessage(_)
            | Action::AddToDeployMessageThread(_)
            | Action::NotifyDeployAuthors(_)
            | Action::NotifyDeployer(_)
            | Action::SlackPersonalMessage(_)
            | Action::SlackDeployMessage(_)
            | Action::AddDeployTag(_)
            | Action::MonitorDrift(_)
            | Action::NotifyMentionedIssues(_)
            | Action::TransitionMentionedIssues(_)
            | Action::TransitionIssues(_)
            | Action::UpdateMentionedIssues(_)
            | Action::SendEvent(_)
            | Action::WithOnFailure(_)
            | Action::RulesFile(_) => None,
        }
    }

    /// `action` happens.
    pub fn happen(&mut self, action: &Action) {
        let count = match action {
            Action::Webhook(_) => &mut self.webhooks,
            Action::TriggerBuild(_) => &mut self.builds,
            Action::SlackChannelApproval(_)
            | Action::AutoApproveBuild(_)
            | Action::SlackChannelMessage(_)
            | Action::AddToDeployMessageThread(_)
            | Action::NotifyDeployAuthors(_)
            | Action::NotifyDeployer(_)
            | Action::SlackPersonalMessage(_)
            | Action::SlackDeployMessage(_)
            | Action::AddDeployTag(_)
            | Action::MonitorDrift(_)
            | Action::NotifyMentionedIssues(_)
            | Action::TransitionMentionedIssues(_)
            | Action::TransitionIssues(_)
            | Action::UpdateMentionedIssues(_)
            | Action::SendEvent(_)
            | Action::WithOnFailure(_)
            | Action::RulesFile(_) => return,
        };
        *count = count.saturating_add(1);
    }
}

impl Shown {
    /// Draws it: once more where `posts`, else in the place of what stands there.
    pub fn draw(&mut self, posts: bool, newest: bool) {
        self.times += u8::from(posts);
        self.newest = newest;
    }
}
