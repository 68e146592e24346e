//! The outside world: what really happened there, which nobody is told but by an answer.

use approval::action::{Action, TriggerSpec};

/// What really happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outside {
    /// How often the webhook was posted.
    pub webhooks: u8,
    /// How many pipelines were started.
    pub pipelines: u8,
    /// The dialog in the channel.
    pub dialog: Shown,
    /// The steps' lines in its thread.
    pub lines: Vec<Shown>,
}

/// A message in Slack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shown {
    /// How often it stands there.
    pub times: u8,
    /// Whether it shows the newest state.
    pub newest: bool,
}

/// How a call to the outside world ends.
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
    /// Whether it was done.
    pub fn is_done(self) -> bool {
        match self {
            Self::Done | Self::LostAfter => true,
            Self::Unavailable | Self::Refused | Self::LostBefore => false,
        }
    }
}

impl Outside {
    /// The world before anything happened, for a run of so many steps.
    pub fn before(steps: usize) -> Self {
        let nothing = Shown::default();
        Self { webhooks: 0, pipelines: 0, dialog: nothing, lines: vec![nothing; steps] }
    }

    /// How often `action` happened; `None` for one that no scenario has.
    pub fn count(&mut self, action: &Action) -> Option<&mut u8> {
        match action {
            Action::Webhook(_) => Some(&mut self.webhooks),
            Action::TriggerBuild(TriggerSpec { workflow: None, .. }) => Some(&mut self.pipelines),
            Action::TriggerBuild(_)
            | Action::SlackChannelApproval(_)
            | Action::AutoApproveBuild(_)
            | Action::SlackChannelMessage(_)
            | Action::AddToDeployMessageThread(_) => None,
        }
    }
}

impl Shown {
    /// Draws it: once more where `posts`, else in the place of what stands there.
    pub fn draw(&mut self, posts: bool, newest: bool) {
        self.times += u8::from(posts);
        self.newest = newest;
    }
}
