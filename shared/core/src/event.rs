//! The record: who did what, when, to which deploy.

use crate::approval::{Choice, Electorate, Standing, Verdict};
use crate::deploy_state::DeployState;
use crate::facts::{Health, Thumb};
use crate::id::{ApprovalId, DeployId, RunId};
use crate::run::Resolution;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of the record; never changed, never deleted before its retention ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// The deploy it is about.
    pub deploy: DeployId,
    /// The time at which it was committed.
    pub at: Timestamp,
    /// The kind of event, with its data.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// The kinds of events, each with its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A deploy was registered.
    DeployRegistered,
    /// A deploy was reported that is under way, or that failed. It does not change the revision that its
    /// environment has.
    DeployReported {
        /// The state that was reported.
        state: DeployState,
    },
    /// The rules file was read for the deploy, and these rules held.
    RulesEvaluated {
        /// The file's path in the repository; `None`: the repository has none.
        path: Option<String>,
        /// SHA-256 of the file.
        hash: Option<String>,
        /// The names of the rules that held, in the file's order.
        held: Vec<String>,
        /// The things that the file uses and that are known, but not supported yet.
        notices: Vec<String>,
    },
    /// The rules file could not be used, so nothing was opened.
    RulesRefused {
        /// Its problems, each with its place.
        problems: Vec<String>,
    },
    /// A rules file came into force.
    RulesInForce {
        /// The file's path in the repository; `None`: the repository has none any more.
        path: Option<String>,
        /// SHA-256 of the file.
        hash: String,
        /// The way in which it came into force.
        why: String,
    },
    /// The default branch has another rules file than the one in force, and it needs an approval before it
    /// counts.
    RulesProposed {
        /// The file's path in the repository; `None`: the repository has none any more.
        path: Option<String>,
        /// SHA-256 of the file.
        hash: String,
        /// The changes that it makes.
        changes: Vec<String>,
    },
    /// The default branch has a rules file with mistakes; the one in force still counts.
    ProposalRefused {
        /// Its problems, each with its place.
        problems: Vec<String>,
    },
    /// A policy of the stack came into force.
    PolicyInForce {
        /// The repository that it was read from, `owner/name`.
        repository: String,
        /// SHA-256 of the file.
        hash: String,
        /// The way in which it came into force.
        why: String,
    },
    /// The policy repository has another policy than the one in force, and its owners have to approve it
    /// first.
    PolicyProposed {
        /// The repository, `owner/name`.
        repository: String,
        /// SHA-256 of the file.
        hash: String,
        /// The lines that it removes and adds, the first ones.
        changes: Vec<String>,
    },
    /// The policy repository has no policy that can be used.
    PolicyRefused {
        /// The repository, `owner/name`.
        repository: String,
        /// SHA-256 of the policy that stays in force; `None`: there is none, and nothing acts.
        in_force: Option<String>,
        /// The problems, each with its place where it has one.
        problems: Vec<String>,
    },
    /// A rule is below the policy: it asks, and nothing that it would let act is done.
    RuleBlocked {
        /// The run.
        run: RunId,
        /// The rule.
        rule: String,
        /// The shortfalls and what to write, each with the lines of the policy and of the rule.
        shortfalls: Vec<String>,
    },
    /// The rules were not evaluated, because the deployment is not connected any more.
    NotEvaluated {
        /// The person who disconnected it, the time, and what can be done.
        reason: String,
    },
    /// A rule that held was not opened: it uses something that is not supported yet, or would act unasked for
    /// a deploy that another revision overtook.
    RuleNotOpened {
        /// The rule.
        rule: String,
        /// The reasons.
        reasons: Vec<String>,
    },
    /// An admin set the base of the place that an approval leads to: its range starts there.
    BaseSet {
        /// The approval.
        approval: ApprovalId,
        /// The place.
        place: String,
        /// The full SHA.
        revision: String,
        /// The admin's Slack user id.
        by: String,
        /// The admin's name.
        name: String,
    },
    /// A run was opened.
    RunOpened {
        /// The run.
        run: RunId,
        /// The rule that held.
        rule: String,
        /// The hash of the rule as it stood.
        rule_hash: String,
    },
    /// An approval was opened.
    ApprovalOpened {
        /// The approval.
        approval: ApprovalId,
        /// Its name.
        name: String,
        /// The channel that is asked, as the rule names it.
        channel: String,
        /// The people who may vote.
        electorate: Electorate,
    },
    /// The dialog stands in Slack.
    DialogPosted {
        /// The approval.
        approval: ApprovalId,
        /// The channel's id.
        channel: String,
        /// The message's timestamp, Slack's id of it.
        ts: String,
    },
    /// The dialog was deleted in Slack.
    DialogGone {
        /// The approval.
        approval: ApprovalId,
        /// The channel's id.
        channel: String,
        /// The message's timestamp, Slack's id of it.
        ts: String,
    },
    /// Somebody voted, or changed their vote.
    VoteCast {
        /// The approval.
        approval: ApprovalId,
        /// The voter's Slack user id.
        voter: String,
        /// The voter's name at that time.
        name: String,
        /// The vote.
        choice: Choice,
        /// The vote that it replaces.
        previous: Option<Choice>,
        /// The reason, in the voter's words.
        reason: Option<String>,
        /// The standing of the voter's account at that time, where Slack gave it.
        standing: Option<Standing>,
    },
    /// A vote was taken back.
    VoteWithdrawn {
        /// The approval.
        approval: ApprovalId,
        /// The voter's Slack user id.
        voter: String,
        /// The voter's name.
        name: String,
        /// The vote.
        choice: Choice,
        /// The Slack user id of the person who took it back: the voter, or whoever undid the quorum.
        by: String,
    },
    /// Enough people approved.
    QuorumReached {
        /// The approval.
        approval: ApprovalId,
        /// The time at which the undo window and the freeze are over.
        until: Timestamp,
    },
    /// A freeze holds a rule, or the quorum of an approval of it.
    Frozen {
        /// The rule.
        rule: String,
        /// The approval; `None`: the rule is not opened before it ends.
        approval: Option<ApprovalId>,
        /// The time at which it ends.
        until: Timestamp,
        /// The names of its windows.
        freeze: String,
    },
    /// Somebody lifted the freeze for an approval.
    FreezeLifted {
        /// The approval.
        approval: ApprovalId,
        /// The Slack user id.
        by: String,
        /// The name at that time.
        name: String,
        /// The names of the windows.
        freeze: String,
        /// The reason, in their words.
        reason: String,
    },
    /// Somebody broke the glass: the approval goes ahead without its votes.
    GlassBroken {
        /// The approval.
        approval: ApprovalId,
        /// The Slack user id.
        by: String,
        /// The name at that time.
        name: String,
        /// The reason, in their words.
        reason: String,
        /// The time by which a review is owed.
        due: Timestamp,
    },
    /// Whoever broke the glass was not allowed to, and the votes are needed again.
    GlassStruck {
        /// The approval.
        approval: ApprovalId,
        /// The Slack user id.
        by: String,
        /// The name at that time.
        name: String,
        /// The reason why it does not count.
        verdict: Verdict,
    },
    /// Somebody reviewed a revision that went ahead by a broken glass.
    GlassReviewed {
        /// The approval.
        approval: ApprovalId,
        /// The Slack user id.
        by: String,
        /// The name at that time.
        name: String,
        /// The result, in their words.
        note: String,
    },
    /// Somebody who may vote confirmed for this approval that a maker is nobody here.
    NobodyHereConfirmed {
        /// The approval.
        approval: ApprovalId,
        /// The maker's handle on the People page.
        handle: String,
        /// The maker's name.
        maker: String,
        /// The Slack user id of the admin who said so.
        said_by: String,
        /// The Slack user id of the person who confirmed it.
        by: String,
        /// Their name at that time.
        name: String,
    },
    /// Somebody undid the quorum before the actions ran.
    QuorumUndone {
        /// The approval.
        approval: ApprovalId,
        /// The Slack user id.
        by: String,
        /// The name at that time.
        name: String,
    },
    /// Those who approved were looked up before the first action.
    VotersChecked {
        /// The approval.
        approval: ApprovalId,
        /// The people who may vote at that time.
        electorate: Electorate,
        /// The voters: Slack user id and verdict.
        voters: Vec<(String, Verdict)>,
    },
    /// A vote does not count any more.
    VoteStruck {
        /// The approval.
        approval: ApprovalId,
        /// The voter's Slack user id.
        voter: String,
        /// The voter's name.
        name: String,
        /// The reason.
        verdict: Verdict,
    },
    /// Somebody clicked who was not allowed to, or who was too late.
    VoteRefused {
        /// The approval.
        approval: ApprovalId,
        /// The Slack user id.
        voter: String,
        /// The name at that time.
        name: String,
        /// The reason, as the person was told.
        reason: String,
    },
    /// An approval closed.
    ApprovalClosed {
        /// The approval.
        approval: ApprovalId,
        /// The outcome: `approved`, `rejected`, `expired`, `superseded` or `cancelled`.
        outcome: String,
        /// The Slack user id of the person who cancelled it.
        #[serde(default)]
        by: Option<String>,
        /// The name at that time.
        #[serde(default)]
        name: Option<String>,
        /// The reason, if it was cancelled; the newer deploy, if it was superseded.
        reason: Option<String>,
    },
    /// A step of a run began, or began again.
    StepStarted {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// The action's line.
        action: String,
    },
    /// A step will be tried again.
    StepRetrying {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// The thing that went wrong.
        reason: String,
    },
    /// Somebody asked for the rules to be evaluated again.
    EvaluationAsked {
        /// The Slack user id.
        by: String,
        /// Their name.
        name: String,
    },
    /// Somebody had an approval asked again.
    AskedAgain {
        /// The approval that was closed.
        approval: ApprovalId,
        /// The run that asks again.
        run: RunId,
        /// The Slack user id.
        by: String,
        /// Their name.
        name: String,
    },
    /// A step waits for something that is still to come.
    StepWaits {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// The thing that it waits for.
        reason: String,
    },
    /// A step did what it should.
    StepSucceeded {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// A summary of what was done.
        summary: String,
        /// The page that shows it.
        url: Option<String>,
    },
    /// A step failed for good. The rest of the run stops, unless the action's `on_failure` is `continue`.
    StepFailed {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// The reason.
        reason: String,
    },
    /// Nobody knows whether a step happened: its answer was lost and it must not be repeated unseen.
    StepUnknown {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// The reason why nobody knows.
        reason: String,
    },
    /// Somebody retried or skipped a step that failed or that nobody knew of, or marked it as done.
    StepResolved {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// The Slack user id.
        by: String,
        /// The name at that time.
        name: String,
        /// The resolution that they chose.
        resolution: Resolution,
        /// Their reason, where they gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Every step of a run succeeded, was skipped by hand, or failed without stopping the others.
    RunSucceeded {
        /// The run.
        run: RunId,
    },
    /// A run stopped before its last step.
    RunStopped {
        /// The run.
        run: RunId,
        /// The step at which it stopped, from 0.
        step: usize,
    },
    /// Somebody reported the deploy's health, and it is news.
    HealthReported {
        /// The source of the report: `api`, or an alarm.
        source: String,
        /// The health that it reports.
        health: Health,
        /// The time since which it is so.
        since: Timestamp,
        /// The worst of all reports.
        overall: Health,
    },
    /// Somebody took back what they had reported of the deploy's health.
    HealthWithdrawn {
        /// The source of the report: `api`.
        source: String,
        /// The worst of the other reports; `None`: there are none.
        overall: Option<Health>,
    },
    /// A rule gave the deploy a tag.
    TagAdded {
        /// The tag.
        tag: String,
        /// The rule's name.
        rule: String,
    },
    /// Somebody reacted to a message of the deploy, or took it back.
    Reacted {
        /// The Slack user id.
        user: String,
        /// The name at that time.
        name: String,
        /// The reaction.
        thumb: Thumb,
        /// True if it is there; false if it was taken back.
        is_there: bool,
    },
    /// A reaction was left out: the deploy has as many as are kept.
    ReactionsFull,
    /// A report of health was left out: as many others report as are kept.
    HealthFull,
    /// Something of the deploy can't be read by this release: it stays as it is and is looked at again each
    /// hour.
    PutAside {
        /// The row.
        row: String,
        /// The reason.
        reason: String,
    },
    /// A message could not be posted in Slack.
    NotTold {
        /// The channel.
        channel: String,
        /// The reason.
        reason: String,
    },
}
