//! Limits of a check, and the mistake that is made on purpose.

use crate::parts::WhoseChange;
use jiff::Timestamp;
use signoff_core::action::{Action, ApprovalSpec, RangeRules, Reasons, TriggerSpec, WebhookSpec};
use signoff_core::approval::{ApprovalAction, Ask};
use signoff_core::decision::Decision;
use signoff_core::id::DeployId;
use signoff_core::run::{Opening, Run};
use std::collections::BTreeMap;

/// The moment at which every process acts: what lies ahead is what a process has to wait for.
pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;
/// The moment at which an approval expires, where one does; it is further away than any attempt.
pub const EXPIRES_AT: Timestamp = Timestamp::constant(86_400, 0);
/// The workspace of everybody who votes.
pub const WORKSPACE: &str = "T1";

/// The bounds of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Number of approving votes that approve.
    pub votes_required: u32,
    /// Number of rejecting votes that reject.
    pub rejections_required: u32,
    /// Actions after the approval, in order.
    pub actions: Vec<Action>,
    /// The clicks that people may make. Somebody's later click comes after the earlier one in this list.
    pub clicks: Vec<PlannedClick>,
    /// Number of people who may say what became of a lost answer, once each. They look up what happened, and
    /// say so.
    pub answerers: usize,
    /// Number of approvers whose account is deactivated.
    pub leavers: usize,
    /// True if the approval expires.
    pub expires: bool,
    /// Number of processes that end in the middle of their work.
    pub crashes: u8,
    /// Number of calls to the outside world that fail or get no answer.
    pub failures: u8,
    /// Change that the approval is about, with its makers.
    pub change: WhoseChange,
    /// Promise of the queue.
    pub queue: Queue,
    /// The mistake that is made on purpose.
    pub flaw: Option<Flaw>,
}

/// A click that somebody may make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedClick {
    /// Person who clicks.
    pub voter: &'static str,
    /// The second at which it is made, by Slack's clock.
    pub second: i64,
    /// Wishes that it may have.
    pub wishes: &'static [ClickAction],
    /// The click, by its place in the list, whose request this is once more.
    pub replays: Option<usize>,
}

/// Wish of a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClickAction {
    /// To vote for it.
    Approve,
    /// To vote against it.
    Reject,
    /// To take one's own vote back.
    Withdraw,
}

/// Promise of a queue.
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
    /// Writes and sends the effects of a click, or of the look at the voters, before they are committed.
    EffectsBeforeCommit,
    /// A vote is written whatever was committed since the approval was read.
    UnconditionalWrite,
    /// After a lost answer an action is done again, without a look whether it happened.
    RepeatUnseen,
    /// An answer was lost, the look whether it happened is refused for now, and the attempt after that does
    /// not look.
    ForgetLost,
    /// Nobody sends what was committed and not sent.
    NoClock,
    /// A process goes on after its lease ran out.
    OutlivesLease,
    /// Those who approved are taken for eligible, without a look.
    NoLook,
    /// An answer was lost, the look whether it happened is refused for good, and the step fails.
    FailAfterLost,
    /// Applies an answer about a lost answer to whatever is asked about by then.
    AnyQuestion,
    /// Somebody says that a step is to run again, and it does, whatever somebody else said first.
    AnswerTwice,
    /// A vote counts for what its voter made, too.
    OwnVoteCounts,
    /// An approval is approved though another one set the base since the look.
    OlderBase,
    /// Ignores the reasons that block an approval.
    NoBlock,
}

/// An action that can't be looked up: a webhook.
pub fn webhook() -> Action {
    Action::Webhook(WebhookSpec::to("https://hooks.example.com"))
}

/// An action that can be looked up: a build, a GitHub workflow's or a CircleCI pipeline's.
pub fn build() -> Action {
    let workflow = Some("deploy.yml".to_owned());
    Action::TriggerBuild(TriggerSpec { workflow, parameters: BTreeMap::new(), revision: None })
}

impl ClickAction {
    /// To vote.
    const VOTES: &'static [Self] = &[Self::Approve, Self::Reject];
    /// To vote, or to take one's own vote back.
    const ANY: &'static [Self] = &[Self::Approve, Self::Reject, Self::Withdraw];

    /// The same in the core's words.
    pub fn ask(self) -> Ask {
        match self {
            Self::Approve => ApprovalAction::Approve.into(),
            Self::Reject => ApprovalAction::Reject.into(),
            Self::Withdraw => ApprovalAction::Withdraw.into(),
        }
    }
}

impl Scenario {
    /// Two people who may click once each, two approving votes that approve or one that rejects, and two
    /// actions: one that can't be looked up, and one that can.
    pub fn two_actions() -> Self {
        Self {
            votes_required: 2,
            rejections_required: 1,
            actions: vec![webhook(), build()],
            clicks: Vec::new(),
            answerers: 0,
            leavers: 0,
            expires: false,
            crashes: 0,
            failures: 0,
            change: WhoseChange::default(),
            queue: Queue::Fifo,
            flaw: None,
        }
        .and_click("U1", 1, None)
        .and_click("U2", 1, None)
    }

    /// One person, whose vote approves, and one action.
    pub fn one_click(action: Action) -> Self {
        let mut scenario = Self { votes_required: 1, actions: vec![action], ..Self::two_actions() };
        scenario.clicks.truncate(1);
        scenario
    }

    /// The same, with two people who may say what became of the action. A lost answer may be followed by
    /// another, so that states grow with each failure; it has one action for that.
    pub fn lost_answers(action: Action) -> Self {
        Self { answerers: 2, ..Self::one_click(action) }
    }

    /// One approving vote approves, and one of two people who click may leave. One action follows.
    pub fn somebody_leaves() -> Self {
        Self { votes_required: 1, actions: vec![webhook()], leavers: 1, ..Self::two_actions() }
    }

    /// Two people who may click twice each; no action follows. Each vote is drawn, and each order of draws
    /// and clicks is another state: a replay and a withdrawn vote have a check of their own
    /// ([`Self::withdrawn_and_replayed`]).
    pub fn four_clicks() -> Self {
        let scenario = Self { actions: Vec::new(), ..Self::two_actions() };
        scenario.and_click("U1", 2, None).and_click("U2", 2, None)
    }

    /// One of them may also take the vote back instead, and their first click is replayed; the other clicks
    /// once. Two have to reject.
    pub fn withdrawn_and_replayed() -> Self {
        let mut scenario = Self { rejections_required: 2, ..Self::four_clicks() };
        scenario.clicks.pop();
        scenario.clicks.iter_mut().skip(2).for_each(|click| click.wishes = ClickAction::ANY);
        scenario.and_click("U1", 1, Some(0))
    }

    /// Two people who made a part each, and a third who made nothing; one vote of others is needed for each
    /// part. One action follows.
    pub fn makers_vote() -> Self {
        let change = WhoseChange { parts: &[&["U1"], &["U2"]], ..WhoseChange::default() };
        let mut scenario =
            Self { votes_required: 1, actions: vec![webhook()], change, ..Self::two_actions() };
        scenario = scenario.and_click("U3", 1, None);
        scenario.clicks.iter_mut().skip(1).for_each(|click| click.wishes = &[ClickAction::Approve]);
        scenario
    }

    /// The same, where another approval for the same place may set the base: from there on the third person
    /// made all of it.
    pub fn base_moves() -> Self {
        let mut scenario = Self::makers_vote();
        scenario.change.moved = Some(&[&["U3"]]);
        scenario
    }

    /// The same, where the range can't be read until that is mended.
    pub fn blocked_at_first() -> Self {
        let mut scenario = Self::makers_vote();
        scenario.change.blocked = true;
        scenario
    }

    /// The same with one more click.
    pub fn and_click(mut self, voter: &'static str, second: i64, replays: Option<usize>) -> Self {
        self.clicks.push(PlannedClick { voter, second, wishes: ClickAction::VOTES, replays });
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

    /// True if this mistake is made.
    pub fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// The action that asks for the approval.
    pub fn asks(&self) -> Action {
        Action::SlackChannelApproval(ApprovalSpec {
            name: "Promote".to_owned(),
            prompt: "Promote?".to_owned(),
            channel: "#deploys".to_owned(),
            votes_required: self.votes_required,
            quotas: Vec::new(),
            rejections_required: self.rejections_required,
            authors_only: false,
            approvers: None,
            self_approval: self.change.parts.is_empty(),
            range: RangeRules::default(),
            ask_again: true,
            require_reason: Reasons::Never,
            expires_after: self.expires.then_some(EXPIRES_AT.duration_since(NOW)),
            remind_after: None,
            supersede: false,
            undo_window: None,
            freeze: Vec::new(),
            break_glass: Vec::new(),
            on_success: self.actions.clone(),
            on_reject: Vec::new(),
            on_expire: Vec::new(),
        })
    }

    /// The decision that opens the run: an approval, then the actions.
    pub fn open(&self) -> Decision<Run> {
        let deploy = DeployId::from_text("d");
        let actions = [self.asks()];
        let opening = Opening {
            deploy: &deploy,
            revision: "7bf7226",
            rule: "promote",
            rule_hash: "hash",
            actions: &actions,
            followed: false,
        };
        Run::open(&opening, NOW)
    }
}
