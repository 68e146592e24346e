//! What is checked: how much may happen, and which mistake is made on purpose.

use approval::action::{Action, ApprovalSpec, TriggerSpec};
use approval::decision::Decision;
use approval::id::DeployId;
use approval::run::{Opening, Run};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The moment at which every process acts: what lies ahead is what a process has to wait for.
pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;
/// The workspace of everybody who votes.
pub const WORKSPACE: &str = "T1";

/// The bounds of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// How many approving votes approve.
    pub votes_required: u32,
    /// How many rejecting votes reject.
    pub rejections_required: u32,
    /// What follows the approval, in order.
    pub actions: Vec<Action>,
    /// The clicks that people may make, each with any choice. Somebody's later click comes after the earlier one in
    /// this list.
    pub clicks: Vec<PlannedClick>,
    /// How many processes end in the middle of their work.
    pub crashes: u8,
    /// How many calls to the outside world fail or get no answer.
    pub failures: u8,
    /// What the queue promises.
    pub queue: Queue,
    /// The mistake that is made on purpose.
    pub flaw: Option<Flaw>,
}

/// A click that somebody may make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedClick {
    /// Who.
    pub voter: &'static str,
    /// The second at which it is made, by Slack's clock.
    pub second: i64,
    /// The click, by its place in the list, whose request this is once more.
    pub replays: Option<usize>,
}

/// What a queue promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// In each group, one message at a time and in the order in which they were sent.
    Fifo,
    /// Nothing: any message at any time, two at a time.
    Standard,
}

/// A mistake that the laws must not let pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A click's effects are written and sent before its vote is committed.
    EffectsBeforeCommit,
    /// A vote is written whatever was committed since the approval was read.
    UnconditionalWrite,
    /// After a lost answer an action is done again, without a look whether it happened.
    RepeatUnseen,
    /// An answer was lost, the look whether it happened is refused for now, and the attempt after that does not look.
    ForgetLost,
    /// Nobody sends what was committed and not sent.
    NoClock,
    /// A process goes on after its lease ran out.
    OutlivesLease,
}

/// An action that can't be looked up: a webhook.
pub fn webhook() -> Action {
    Action::Webhook("https://hooks.example.com".to_owned())
}

/// An action that can be looked up: a CircleCI pipeline.
pub fn pipeline() -> Action {
    Action::TriggerBuild(TriggerSpec { workflow: None, parameters: BTreeMap::new(), revision: None })
}

impl Scenario {
    /// Two people who may click once each, two approving votes that approve or one that rejects, and two actions: one
    /// that can't be looked up, and one that can.
    pub fn two_actions() -> Self {
        let click = |voter| PlannedClick { voter, second: 1, replays: None };
        Self {
            votes_required: 2,
            rejections_required: 1,
            actions: vec![webhook(), pipeline()],
            clicks: vec![click("U1"), click("U2")],
            crashes: 0,
            failures: 0,
            queue: Queue::Fifo,
            flaw: None,
        }
    }

    /// The same people, who may click twice each, and a replay of the first one's first click; no action follows.
    pub fn five_clicks() -> Self {
        let scenario = Self { actions: Vec::new(), ..Self::two_actions() };
        scenario.and_click("U1", 2, None).and_click("U2", 2, None).and_click("U1", 1, Some(0))
    }

    /// The same with one more click.
    pub fn and_click(mut self, voter: &'static str, second: i64, replays: Option<usize>) -> Self {
        self.clicks.push(PlannedClick { voter, second, replays });
        self
    }

    /// The same in which so many processes end in the middle of their work, and so many calls fail.
    pub fn with_trouble(self, crashes: u8, failures: u8) -> Self {
        Self { crashes, failures, ..self }
    }

    /// The same with this mistake.
    pub fn with(self, flaw: Flaw) -> Self {
        Self { flaw: Some(flaw), ..self }
    }

    /// Whether this mistake is made.
    pub fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// The decision that opens the run: an approval, then the actions.
    pub fn open(&self) -> Decision<Run> {
        let asking = ApprovalSpec {
            name: "Promote".to_owned(),
            prompt: "Promote?".to_owned(),
            channel: "#deploys".to_owned(),
            votes_required: self.votes_required,
            rejections_required: self.rejections_required,
            authors_only: false,
            approvers: None,
            on_success: self.actions.clone(),
        };
        let deploy = DeployId::from_text("d");
        let actions = [Action::SlackChannelApproval(asking)];
        let opening = Opening {
            deploy: &deploy,
            revision: "7bf7226",
            rule: "promote",
            rule_hash: "hash",
            actions: &actions,
        };
        Run::open(&opening, NOW)
    }
}
