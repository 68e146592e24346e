//! Runs that wait for votes, and what their earlier approvals were given for.

use crate::rules::Rule;
use jiff::Timestamp;
use signoff_core::action::{ApprovalSpec, Reasons};
use signoff_core::approval::{Approval, Carried, Electorate, Frozen, Status, Subject};
use signoff_core::deploy::RulesChange;
use signoff_core::id::{ApprovalId, DeployId, RunId};
use std::collections::BTreeSet;

/// A run of a rule that waits for votes.
#[derive(Debug)]
pub struct Waiting {
    pub rule: Rule,
    /// The deploy, by its number.
    pub deploy: usize,
    /// The commit that it brings.
    pub head: usize,
    pub place: String,
    /// Its approvals, in the order in which they are asked.
    pub asks: Vec<ApprovalSpec>,
    /// Those that are completed.
    pub ended: Vec<Ended>,
    /// The votes on the one that is open.
    pub votes: BTreeSet<u64>,
    /// The commits that its completed approvals with four eyes judged.
    pub judged: BTreeSet<usize>,
}

/// An approval of it that was completed.
#[derive(Debug)]
pub struct Ended {
    pub spec: ApprovalSpec,
    pub votes: BTreeSet<u64>,
    /// The commit where its range began.
    pub start: usize,
    pub electorate: Electorate,
}

impl Waiting {
    /// The approval that is open.
    pub fn open(&self) -> &ApprovalSpec {
        &self.asks[self.ended.len()]
    }
}

impl Ended {
    /// The worth of its votes by the electorate of its range as it is `now`.
    pub fn carried(&self, now: &Electorate) -> Carried {
        let approval = Approval {
            id: ApprovalId::from_text("a"),
            deploy: DeployId::from_text("d"),
            deployment: None,
            environment: None,
            run: RunId::from_text("r"),
            step: 0,
            name: self.spec.name.clone(),
            subject: Subject::default(),
            rules_change: RulesChange::No,
            comparison: None,
            prompt: String::new(),
            channel: self.spec.channel.clone(),
            votes_required: self.spec.votes_required,
            rejections_required: 1,
            require_reason: Reasons::Never,
            undo_window: None,
            frozen: Frozen::default(),
            glass: Default::default(),
            nobody_here: Vec::new(),
            expires_at: None,
            electorate: self.electorate.clone(),
            names: Default::default(),
            workspace: String::new(),
            again: None,
            votes: Vec::new(),
            struck: Vec::new(),
            clicks: Vec::new(),
            status: Status::Pending,
            dialog: None,
            opened_at: Timestamp::UNIX_EPOCH,
            version: 1,
        };
        approval.carried(now)
    }
}
