//! Approvals: how far one got, who voted how, and what each end of it starts.

use super::sections::{actions_of, is_open};
use super::votes::{at_opening, counted, struck, withdrawn};
use super::{
    ActionView, ElectorateView, FrozenView, GlassView, PersonView, StruckView, VoteView, WithdrawnView,
    web_link,
};
use crate::view::mrkdwn::People;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::action::Reasons;
use signoff_core::approval::{Approval, Choice, Closed, Origin, Status, Subject};
use signoff_core::deploy::RulesChange;
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::run::{Branch, Run};
use signoff_store::Page;

/// An approval.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ApprovalView {
    pub(crate) id: ApprovalId,
    pub(crate) run: RunId,
    pub(crate) name: String,
    /// `pending`, `quorum` (enough people approved, and Signoff still confirms them), `approved`, `rejected`,
    /// `expired`, `superseded` or `cancelled`.
    pub(crate) status: &'static str,
    /// Status that `status` is the word of.
    #[serde(skip)]
    pub(crate) state: Status,
    /// The reason for cancelling it; `null` if it was not cancelled.
    pub(crate) reason: Option<String>,
    /// The person who cancelled it; `null` if Signoff did, or nobody did.
    pub(crate) cancelled_by: Option<PersonView>,
    /// The newer deploy that took this one's place.
    pub(crate) superseded_by: Option<SuccessorView>,
    /// The quorum that Signoff still confirms; `null` if there is none.
    pub(crate) quorum: Option<QuorumView>,
    pub(crate) opened_at: Timestamp,
    /// Time at which it expires; `null` if it does not.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) closed_at: Option<Timestamp>,
    /// The question, as plain text.
    pub(crate) prompt: String,
    /// A `#name` or a channel ID, as in the rule.
    pub(crate) channel: String,
    /// The people who can vote, in words; `null` if anyone in the channel can.
    pub(crate) voters: Option<String>,
    /// The people who can vote, as last looked up.
    pub(crate) electorate: ElectorateView,
    /// The people who could vote when it opened.
    pub(crate) electorate_at_opening: Option<ElectorateView>,
    /// The number of votes so far that count towards the required ones.
    pub(crate) approvals: u32,
    pub(crate) votes_required: u32,
    pub(crate) rejections_required: u32,
    /// Votes that need a reason: `never`, `approve`, `reject` or `both`.
    pub(crate) require_reason: Reasons,
    /// The time that actions wait once enough people approved, as an ISO 8601 duration.
    pub(crate) undo_window: Option<SignedDuration>,
    /// The freeze windows of the rule; `null` if it has none.
    pub(crate) freeze: Option<FrozenView>,
    /// The broken glass. Left out if nobody broke it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub(crate) glass: Option<GlassView>,
    pub(crate) votes: Vec<VoteView>,
    /// Approving votes that no longer count.
    pub(crate) struck: Vec<StruckView>,
    /// Votes that were taken back, oldest first.
    pub(crate) withdrawn: Vec<WithdrawnView>,
    pub(crate) subject: SubjectView,
    /// True if the deploy changes its own rules, or what CI runs; `null` if the source host did not say.
    pub(crate) changes_rules: Option<bool>,
    /// The rules files and CI files that the deploy changes.
    pub(crate) changed_rules: Vec<String>,
    /// Actions that run once it is approved, in order.
    pub(crate) actions: Vec<ActionView>,
    /// Actions that run if it is rejected, in order.
    pub(crate) on_reject: Vec<ActionView>,
    /// Actions that run if it expires, in order.
    pub(crate) on_expire: Vec<ActionView>,
    /// The dialog in Slack; `null` until it is posted.
    pub(crate) dialog: Option<DialogView>,
}

/// A deploy that superseded another one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SuccessorView {
    pub(crate) deploy: DeployId,
    pub(crate) title: String,
    /// Its page.
    pub(crate) url: Option<String>,
}

/// Enough people approved, and Signoff still confirms them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct QuorumView {
    pub(crate) since: Timestamp,
    /// No action runs before this time. Until then, people can undo it.
    pub(crate) until: Timestamp,
    /// The reason why the voters could not be looked up yet.
    pub(crate) note: Option<String>,
}

/// The subject of an approval: what a vote is on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SubjectView {
    pub(crate) revision: String,
    pub(crate) rule: String,
    pub(crate) rule_hash: String,
    pub(crate) plan: Vec<String>,
    /// The deployment's repository and CI project at that time; `null` if it was not connected.
    pub(crate) origin: Option<Origin>,
    /// The branch or tag that the deploy named.
    pub(crate) branch: Option<String>,
    /// Actions that an approval starts, in words, with their parameters. Messages and comments are not among
    /// them.
    pub(crate) starts: Vec<String>,
    /// Actions that would fail as things stood when the approval opened, each with the reason and what to do.
    /// Left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) fails: Vec<String>,
    /// The base of the range that people vote on. Left out if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub(crate) base: Option<String>,
}

/// A message in Slack.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DialogView {
    /// The channel's id.
    pub(crate) channel: String,
    /// The message's timestamp.
    pub(crate) ts: String,
}

impl SubjectView {
    fn of(subject: &Subject) -> Self {
        Self {
            revision: subject.revision.clone(),
            rule: subject.rule.clone(),
            rule_hash: subject.rule_hash.clone(),
            plan: subject.plan.clone(),
            origin: subject.origin.clone(),
            branch: subject.branch.clone(),
            starts: subject.lines(Branch::OnSuccess).collect(),
            fails: subject.fails.clone(),
            base: subject.base.clone(),
        }
    }
}

impl ApprovalView {
    /// `approval`, of `run`, both of `page`.
    pub(crate) fn of(approval: &Approval, run: &Run, page: &Page, people: &People<'_>) -> Self {
        let (changes_rules, changed_rules) = match approval.changed_rules() {
            RulesChange::Unknown => (None, Vec::new()),
            RulesChange::No => (Some(false), Vec::new()),
            RulesChange::Yes(paths) => (Some(true), paths.clone()),
        };
        let electorate = ElectorateView::of_approval(approval, people);
        let at_opening = at_opening(&approval.id, page);
        let is_open = is_open(page);
        let actions = |branch| actions_of(approval, run, branch, &is_open, page, people);
        let view = Self {
            id: approval.id.clone(),
            run: approval.run.clone(),
            name: approval.name.clone(),
            status: approval.status.word(),
            state: approval.status.clone(),
            reason: None,
            cancelled_by: None,
            superseded_by: None,
            quorum: None,
            opened_at: approval.opened_at,
            expires_at: approval.expires_at,
            closed_at: None,
            prompt: people.plain(&approval.prompt),
            channel: approval.channel.clone(),
            voters: electorate.people.is_some().then(|| electorate.who.clone()),
            electorate,
            electorate_at_opening: at_opening.map(|electorate| ElectorateView::of(electorate, people)),
            approvals: approval.tally().given,
            votes_required: approval.votes_required,
            rejections_required: approval.rejections_required,
            require_reason: approval.require_reason,
            undo_window: approval.undo_window,
            freeze: FrozenView::of(&approval.frozen, people),
            glass: GlassView::of(approval, people),
            votes: counted(approval, page),
            struck: struck(approval, page, people),
            withdrawn: withdrawn(approval, page, people),
            subject: SubjectView::of(&approval.subject),
            changes_rules,
            changed_rules,
            actions: actions(Branch::OnSuccess),
            on_reject: actions(Branch::OnReject),
            on_expire: actions(Branch::OnExpire),
            dialog: approval
                .dialog
                .clone()
                .map(|dialog| DialogView { channel: dialog.channel, ts: dialog.ts }),
        };
        view.with_status(&approval.status, people)
    }

    /// The view with what `status` says.
    fn with_status(self, status: &Status, people: &People<'_>) -> Self {
        match status.clone() {
            Status::Pending => self,
            Status::Quorum { since, until, note } => {
                Self { quorum: Some(QuorumView { since, until, note }), ..self }
            }
            Status::Closed(Closed::Approved { at } | Closed::Rejected { at } | Closed::Expired { at }) => {
                Self { closed_at: Some(at), ..self }
            }
            Status::Closed(Closed::Superseded { at, by }) => {
                let url = web_link(&by.url).map(str::to_owned);
                let by = SuccessorView { deploy: by.deploy, title: by.title, url };
                Self { closed_at: Some(at), superseded_by: Some(by), ..self }
            }
            Status::Closed(Closed::Cancelled { at, by, reason }) => {
                let cancelled_by = by.map(|by| PersonView::of(&by, people));
                Self { closed_at: Some(at), cancelled_by, reason: Some(reason), ..self }
            }
        }
    }

    /// Time from its opening to its end; `None`: it is open.
    pub(crate) fn took(&self) -> Option<SignedDuration> {
        self.closed_at.map(|at| at.duration_since(self.opened_at))
    }

    /// Number of people who voted for `choice`.
    pub(crate) fn count(&self, choice: Choice) -> usize {
        self.votes.iter().filter(|vote| vote.choice == choice).count()
    }
}
