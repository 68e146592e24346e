//! The approval: the step that waits for people, and how votes close it.

use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::event::EventKind;
use crate::id::{ApprovalId, DeployId, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The deploy that it is about.
    pub deploy: DeployId,
    /// The run that waits for it.
    pub run: RunId,
    /// The step of that run, from 0.
    pub step: usize,
    /// Its name.
    pub name: String,
    /// What a vote stands for; fixed when the approval opens.
    pub subject: Subject,
    /// The question, in Slack's mrkdwn.
    pub prompt: String,
    /// `#name` or a channel id, as the rule has it.
    pub channel: String,
    /// How many approving votes approve.
    pub votes_required: u32,
    /// How many rejecting votes reject.
    pub rejections_required: u32,
    /// Who may vote.
    pub electorate: Electorate,
    /// The Slack workspace (team id) whose members may vote.
    pub workspace: String,
    /// One vote a person, in the order in which they first voted.
    pub votes: Vec<Vote>,
    /// How far it got.
    pub status: Status,
    /// Where the dialog stands, once it was posted.
    pub dialog: Option<Dialog>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How often it was committed.
    pub version: u64,
}

/// What a vote stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The revision that is promoted.
    pub revision: String,
    /// The rule's name.
    pub rule: String,
    /// The hash of the rule as it stood.
    pub rule_hash: String,
    /// The actions that an approval starts, a line each.
    pub plan: Vec<String>,
}

/// Who may vote.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Electorate {
    /// Anyone in the channel.
    Anyone,
    /// These Slack user ids.
    Only {
        /// Who, in words ("the authors of this deploy").
        who: String,
        /// Their Slack user ids.
        people: Vec<String>,
    },
}

/// One person's vote.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Vote {
    /// The voter's Slack user id.
    pub voter: String,
    /// The voter's name: the handle that came with the click, then what Slack calls them.
    pub name: String,
    /// Whether Slack was asked what it calls them.
    pub named: bool,
    /// Approve or reject.
    pub choice: Choice,
    /// When it was cast, or last changed.
    pub at: Timestamp,
    /// When the person clicked, by Slack's clock; a click that is no later than this was counted or overtaken.
    pub clicked_at: Timestamp,
}

/// Approve or reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// For it.
    Approve,
    /// Against it.
    Reject,
}

/// How far an approval got.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Status {
    /// Waiting for votes.
    Pending,
    /// Enough people approved.
    Approved {
        /// When.
        at: Timestamp,
    },
    /// Enough people rejected.
    Rejected {
        /// When.
        at: Timestamp,
    },
    /// It ended without a verdict.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

/// How an approval ended, for the run that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The run goes on.
    Approved,
    /// The run stops.
    Rejected,
    /// The run stops, for this reason.
    Cancelled(String),
}

/// Where a dialog stands in Slack.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dialog {
    /// The channel's id.
    pub channel: String,
    /// The message's timestamp, Slack's id of it.
    pub ts: String,
}

/// Somebody who clicks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Voter {
    /// The Slack user id.
    pub id: String,
    /// The name that Slack gave.
    pub name: String,
    /// The workspace (team id) that the person belongs to.
    pub workspace: String,
}

/// What can happen to an approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// A person votes, or changes their vote.
    Vote {
        /// Who.
        voter: Voter,
        /// What.
        choice: Choice,
        /// When, by Slack's clock.
        clicked_at: Timestamp,
    },
    /// The dialog stands in Slack.
    DialogPosted(Dialog),
    /// Slack said what it calls these voters: user id and name.
    Name(Vec<(String, String)>),
    /// The approval can't be decided any more.
    Cancel {
        /// Why.
        reason: String,
    },
}

/// Why a command changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It was done before; there is nothing to tell.
    Repeated,
    /// It is a click that was counted already, or one from before the person's last: a replay.
    Replayed,
    /// The approval is closed; this is how it ended.
    Closed(Status),
    /// The person is not of this workspace.
    Stranger,
    /// The person may not vote on this approval; this is who may.
    NotEligible {
        /// Who may, in words.
        who: String,
        /// Their Slack user ids.
        people: Vec<String>,
    },
}

impl Approval {
    /// How many people voted for `choice`.
    pub fn count(&self, choice: Choice) -> u32 {
        self.votes.iter().filter(|vote| vote.choice == choice).count() as u32
    }

    /// Whether `voter` may vote.
    fn admit(&self, voter: &Voter) -> Result<(), Refusal> {
        if voter.workspace != self.workspace {
            return Err(Refusal::Stranger);
        }
        match &self.electorate {
            Electorate::Anyone => Ok(()),
            Electorate::Only { people, .. } if people.contains(&voter.id) => Ok(()),
            Electorate::Only { who, people } => {
                Err(Refusal::NotEligible { who: who.clone(), people: people.clone() })
            }
        }
    }
}

impl Status {
    /// The word for it: `pending`, `approved`, `rejected`, `cancelled`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// What `command` makes of `approval` at `now`.
///
/// A closed approval never changes, but for where its dialog stands and what its voters are called.
pub fn decide(approval: &Approval, command: Command, now: Timestamp) -> Result<Decision<Approval>, Refusal> {
    match (&approval.status, command) {
        (Status::Pending, Command::Vote { voter, choice, clicked_at }) => {
            vote(approval, voter, choice, clicked_at, now)
        }
        (
            Status::Approved { .. } | Status::Rejected { .. } | Status::Cancelled { .. },
            Command::Vote { voter, choice, clicked_at },
        ) => {
            // Who voted so is not told that it is over.
            Err(match approval.votes.iter().find(|vote| vote.voter == voter.id) {
                Some(vote) if clicked_at <= vote.clicked_at => Refusal::Replayed,
                Some(vote) if vote.choice == choice => Refusal::Repeated,
                Some(_) | None => Refusal::Closed(approval.status.clone()),
            })
        }
        (Status::Pending, Command::Cancel { reason }) => {
            let outcome = Outcome::Cancelled(reason.clone());
            let mut decision = unchanged(approval);
            close(
                &mut decision,
                Status::Cancelled { at: now, reason: reason.clone() },
                outcome,
                Some(reason),
            );
            Ok(decision)
        }
        (
            Status::Approved { .. } | Status::Rejected { .. } | Status::Cancelled { .. },
            Command::Cancel { .. },
        ) => Err(Refusal::Closed(approval.status.clone())),
        (
            Status::Pending | Status::Approved { .. } | Status::Rejected { .. } | Status::Cancelled { .. },
            Command::DialogPosted(dialog),
        ) => {
            if approval.dialog.as_ref() == Some(&dialog) {
                return Err(Refusal::Repeated);
            }
            let mut decision = unchanged(approval);
            decision.events.push(EventKind::DialogPosted {
                approval: approval.id.clone(),
                channel: dialog.channel.clone(),
                ts: dialog.ts.clone(),
            });
            decision.next.dialog = Some(dialog);
            Ok(decision)
        }
        (
            Status::Pending | Status::Approved { .. } | Status::Rejected { .. } | Status::Cancelled { .. },
            Command::Name(names),
        ) => {
            let mut decision = unchanged(approval);
            for vote in &mut decision.next.votes {
                if let Some((_, name)) = names.iter().find(|(voter, _)| *voter == vote.voter) {
                    vote.name.clone_from(name);
                    vote.named = true;
                }
            }
            if decision.next == *approval { Err(Refusal::Repeated) } else { Ok(decision) }
        }
    }
}

fn unchanged(approval: &Approval) -> Decision<Approval> {
    Decision { next: approval.clone(), effects: Vec::new(), events: Vec::new() }
}

fn vote(
    approval: &Approval,
    voter: Voter,
    choice: Choice,
    clicked_at: Timestamp,
    now: Timestamp,
) -> Result<Decision<Approval>, Refusal> {
    approval.admit(&voter)?;
    let mut decision = unchanged(approval);
    let votes = &mut decision.next.votes;
    let previous = match votes.iter_mut().find(|vote| vote.voter == voter.id) {
        Some(vote) if clicked_at <= vote.clicked_at => return Err(Refusal::Replayed),
        Some(vote) if vote.choice == choice => return Err(Refusal::Repeated),
        Some(vote) => {
            let previous = vote.choice;
            vote.choice = choice;
            vote.at = now;
            vote.clicked_at = clicked_at;
            Some(previous)
        }
        None => {
            let (id, name) = (voter.id.clone(), voter.name.clone());
            votes.push(Vote { voter: id, name, named: false, choice, at: now, clicked_at });
            None
        }
    };
    decision.events.push(EventKind::VoteCast {
        approval: approval.id.clone(),
        voter: voter.id,
        name: voter.name,
        choice,
        previous,
    });
    decision.effects.push(EffectKind::DrawDialog { approval: approval.id.clone() });
    if decision.next.count(Choice::Reject) >= approval.rejections_required {
        close(&mut decision, Status::Rejected { at: now }, Outcome::Rejected, None);
    } else if decision.next.count(Choice::Approve) >= approval.votes_required {
        close(&mut decision, Status::Approved { at: now }, Outcome::Approved, None);
    }
    Ok(decision)
}

/// Closes the approval of `decision`: the run that waits for it is told, and its dialog is drawn.
fn close(decision: &mut Decision<Approval>, status: Status, outcome: Outcome, reason: Option<String>) {
    let approval = &mut decision.next;
    decision.events.push(EventKind::ApprovalClosed {
        approval: approval.id.clone(),
        outcome: status.word().to_owned(),
        reason,
    });
    let draw = EffectKind::DrawDialog { approval: approval.id.clone() };
    if !decision.effects.contains(&draw) {
        decision.effects.push(draw);
    }
    decision.effects.push(EffectKind::AdvanceRun { run: approval.run.clone(), step: approval.step, outcome });
    approval.status = status;
}
