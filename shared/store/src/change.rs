//! One transaction: state, effects and events, all of it or nothing.

use crate::builds::{BuildOwner, BuildRequest};
use crate::error::{CommitError, StoreError, commit_error};
use crate::lanes::lane_of;
use crate::latest::Latest;
use crate::listing::DeploySummary;
use crate::packed::pack;
use crate::queries::DialogPlace;
use crate::size::{check_registered, check_row, check_transaction};
use crate::{Store, keys, row};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::Timestamp;
use signoff_core::approval::{Approval, Dialog};
use signoff_core::base::Base;
use signoff_core::decision::{Decision, Later};
use signoff_core::deploy::Deploy;
use signoff_core::deploy_state::DeployState;
use signoff_core::effect::{Effect, EffectKind, EffectState, StartedBuild};
use signoff_core::evaluation::Evaluation;
use signoff_core::event::{Event, EventKind};
use signoff_core::facts::Facts;
use signoff_core::id::{ApprovalId, DeployId, EffectId};
use signoff_core::newest::Newest;
use signoff_core::owed::OwedReviews;
use signoff_core::people::Entry;
use signoff_core::policy::StackPolicy;
use signoff_core::rules_in_force::RulesInForce;
use signoff_core::run::Run;
use signoff_core::shares::Changes;

/// Rows to commit for one deploy at one time.
#[derive(Debug)]
pub struct Change {
    deploy: DeployId,
    now: Timestamp,
    states: Vec<State>,
    effects: Vec<Effect>,
    events: Vec<(keys::Key, Event)>,
}

#[derive(Debug)]
enum State {
    NewDeploy(Box<Deploy>),
    Reported { deploy: Box<Deploy>, before: (DeployState, Timestamp) },
    Revision(Box<Deploy>),
    Deploy(Box<Deploy>),
    Approval(Box<Approval>),
    Run(Box<Run>),
    Newest(Box<Newest>),
    Latest(Box<Latest>),
    Facts(Box<Facts>),
    Rules(Box<RulesInForce>),
    Policy(Box<StackPolicy>),
    Base(Box<Base>),
    Owed(Box<OwedReviews>),
    Range { approval: ApprovalId, range: Box<Changes> },
    Dialog { dialog: Dialog, approval: ApprovalId },
    Evaluation { evaluation: Box<Evaluation>, effect: EffectId },
    Effect { before: Box<Effect>, after: Box<Effect> },
    Person(Box<Entry>),
    BuildRequest { source: String, request: Box<BuildRequest> },
    Build { build: StartedBuild, effect: EffectId },
}

impl Change {
    /// An empty change to the deploy `deploy`, committed at `now`.
    pub fn to(deploy: &DeployId, now: Timestamp) -> Self {
        Self { deploy: deploy.clone(), now, states: Vec::new(), effects: Vec::new(), events: Vec::new() }
    }

    /// Registers `deploy`, and has its rules evaluated. A deploy that is on record already is a conflict.
    pub fn register(deploy: &Deploy, now: Timestamp) -> Self {
        let mut change = Self::to(&deploy.id, now);
        change.follow(
            deploy.id.as_str(),
            1,
            vec![EffectKind::EvaluateRules { look: Some(0) }],
            Vec::new(),
            vec![EventKind::DeployRegistered],
        );
        change.states.push(State::NewDeploy(Box::new(deploy.clone())));
        change.states.push(State::Revision(Box::new(deploy.clone())));
        change
    }

    /// Puts on record that `deploy` is under way or failed: nothing follows from it. A deploy that is on
    /// record already is a conflict.
    pub fn report(deploy: &Deploy, now: Timestamp) -> Self {
        let mut change = Self::to(&deploy.id, now);
        let events = vec![EventKind::DeployReported { state: deploy.state }];
        change.follow(deploy.id.as_str(), 0, Vec::new(), Vec::new(), events);
        change.states.push(State::NewDeploy(Box::new(deploy.clone())));
        change.states.push(State::Revision(Box::new(deploy.clone())));
        change
    }

    /// Replaces the row of the deploy `before`, which did not arrive, by a later report of it; once it
    /// arrived, its rules are evaluated. Where another report came in between, that is a conflict.
    pub fn reported(before: &Deploy, deploy: &Deploy, now: Timestamp) -> Self {
        let mut change = if deploy.state.has_arrived() {
            let mut registered = Self::register(deploy, now);
            registered.states.clear();
            registered
        } else {
            let mut moved = Self::to(&deploy.id, now);
            let owner = format!("{} {} {}", deploy.id, deploy.state.word(), deploy.deployed_at);
            let events = vec![EventKind::DeployReported { state: deploy.state }];
            moved.follow(&owner, 0, Vec::new(), Vec::new(), events);
            moved
        };
        let before = (before.state, before.deployed_at);
        change.states.push(State::Reported { deploy: Box::new(deploy.clone()), before });
        change.states.push(State::Revision(Box::new(deploy.clone())));
        change
    }

    /// Replaces the deploy's row by `deploy`, which knows more of it.
    pub fn deploy(mut self, deploy: &Deploy) -> Self {
        self.states.push(State::Deploy(Box::new(deploy.clone())));
        self
    }

    /// An approval's next state (its first, where its version is 0) and all that follows from it.
    pub fn approval(mut self, decision: Decision<Approval>) -> Self {
        let Decision { mut next, effects, later, events } = decision;
        next.version += 1;
        self.follow(next.id.as_str(), next.version, effects, later, events);
        self.states.push(State::Approval(Box::new(next)));
        self
    }

    /// A run's next state (its first, where its version is 0) and all that follows from it.
    pub fn run(mut self, decision: Decision<Run>) -> Self {
        let Decision { mut next, effects, later, events } = decision;
        next.version += 1;
        self.follow(next.id.as_str(), next.version, effects, later, events);
        self.states.push(State::Run(Box::new(next)));
        self
    }

    /// Adds the facts of this deploy (its first facts, if their version is 0), and the effects and events
    /// that follow.
    pub fn facts(mut self, decision: Decision<Facts>) -> Self {
        let Decision { mut next, effects, later, events } = decision;
        next.version += 1;
        self.follow(&format!("facts {}", next.deploy), next.version, effects, later, events);
        self.states.push(State::Facts(Box::new(next)));
        self
    }

    /// The rules of the deploy's deployment; the first ones have the version 0.
    pub fn rules(mut self, mut rules: RulesInForce) -> Self {
        rules.version += 1;
        self.states.push(State::Rules(Box::new(rules)));
        self
    }

    /// The policy of the stack; the first one has the version 0.
    pub fn policy(mut self, mut policy: StackPolicy) -> Self {
        policy.version += 1;
        self.states.push(State::Policy(Box::new(policy)));
        self
    }

    /// Adds the deploy whose run a rule asks about; a first one has the version 0.
    pub fn newest(mut self, mut newest: Newest) -> Self {
        newest.version += 1;
        self.states.push(State::Newest(Box::new(newest)));
        self
    }

    /// Adds the base of a place; a first one has the version 0. If another approval has moved the base
    /// since it was read, the commit is a conflict.
    pub fn base(mut self, mut base: Base) -> Self {
        base.version += 1;
        self.states.push(State::Base(Box::new(base)));
        self
    }

    /// The reviews that the deploy's deployment owes; the first ones have the version 0.
    pub fn owed_reviews(mut self, mut owed: OwedReviews) -> Self {
        owed.version += 1;
        self.states.push(State::Owed(Box::new(owed)));
        self
    }

    /// Adds the range that an approval of this deploy judges, as it was read.
    pub fn range(mut self, approval: &ApprovalId, range: Changes) -> Self {
        self.states.push(State::Range { approval: approval.clone(), range: Box::new(range) });
        self
    }

    /// The latest deploy that was registered for its environment; a first one has the version 0.
    pub fn latest(mut self, mut latest: Latest) -> Self {
        latest.version += 1;
        self.states.push(State::Latest(Box::new(latest)));
        self
    }

    /// Replaces the deploy's row by `deploy`, whose confirmation came. From now on its revision is found by
    /// its full SHA, and a further report of a deploy is known as one there.
    pub fn confirmed(mut self, deploy: &Deploy) -> Self {
        self.states.push(State::Deploy(Box::new(deploy.clone())));
        self.states.push(State::Revision(Box::new(deploy.clone())));
        self
    }

    /// Adds the place of an approval's dialog, by which [`Store::approval_at`] finds the approval.
    pub fn dialog(mut self, dialog: &Dialog, approval: &ApprovalId) -> Self {
        self.states.push(State::Dialog { dialog: dialog.clone(), approval: approval.clone() });
        self
    }

    /// Adds the outcome of evaluating this deploy's rules, which was done for `effect`.
    pub fn evaluation(mut self, evaluation: Evaluation, effect: &EffectId) -> Self {
        self.states.push(State::Evaluation { evaluation: Box::new(evaluation), effect: effect.clone() });
        self
    }

    /// The next state of an entry of People (its first, where its version is 0), and what follows from it.
    pub fn person(mut self, mut next: Entry) -> Self {
        // One look at the approvals that are blocked is enough for all entries of a file.
        let is_new = |kind: &EffectKind| {
            let is_look = matches!(kind, EffectKind::JudgeOthers { .. });
            !is_look || self.effects.iter().all(|effect| effect.kind != *kind)
        };
        let follows = next.follows().filter(is_new);
        next.version += 1;
        self.follow(
            &format!("people {}", next.handle),
            next.version,
            follows.into_iter().collect(),
            Vec::new(),
            Vec::new(),
        );
        self.states.push(State::Person(Box::new(next)));
        self
    }

    /// Adds a request for a build of `source` (a repository, or a project of CircleCI), which is about to be
    /// sent.
    pub fn build_request(mut self, source: &str, request: BuildRequest) -> Self {
        self.states.push(State::BuildRequest { source: source.to_owned(), request: Box::new(request) });
        self
    }

    /// Gives `build`, which its CI named or which was claimed, to the step that `effect` tried first.
    pub fn build(mut self, build: &StartedBuild, effect: &EffectId) -> Self {
        self.states.push(State::Build { build: build.clone(), effect: effect.clone() });
        self
    }

    /// Returns the number of rows that committing it writes so far; DynamoDB takes 100 in one transaction.
    pub fn rows(&self) -> usize {
        self.states.len() + self.effects.len() + self.events.len()
    }

    /// The bytes that its runs take, about; DynamoDB takes 4 MB in one transaction.
    pub fn bytes_of_runs(&self) -> usize {
        let bytes = |state: &State| match state {
            State::Run(run) => serde_json::to_string(run).map_or(0, |text| text.len()),
            _ => 0,
        };
        self.states.iter().map(bytes).sum()
    }

    /// Adds the outcome of an effect that this process has claimed; `before` is the effect as it was
    /// claimed.
    pub fn effect(mut self, before: &Effect, after: Effect) -> Self {
        self.states.push(State::Effect { before: Box::new(before.clone()), after: Box::new(after) });
        self
    }

    /// The effect `claimed` is done.
    pub fn done(self, claimed: &Effect) -> Self {
        self.effect(claimed, claimed.closed(EffectState::Succeeded, None))
    }

    /// Effects and events that follow from something that has no version; `owner` tells it from everything
    /// else about the deploy, so that its effects are committed once: the second time is a conflict.
    pub fn and(mut self, owner: &str, effects: Vec<EffectKind>, events: Vec<EventKind>) -> Self {
        let owner = format!("{} {owner}", self.deploy);
        self.follow(&owner, 0, effects, Vec::new(), events);
        self
    }

    /// Something to do at the time `at`; `owner` as in [`Change::and`]. Up to ten minutes ahead its message
    /// waits in the queue; what is due later is sent by the clock.
    pub fn later(mut self, owner: &str, kind: EffectKind, at: Timestamp) -> Self {
        let owner = format!("{} {owner}", self.deploy);
        self.follow(&owner, 0, Vec::new(), vec![Later { at, kind }], Vec::new());
        self
    }

    fn follow(
        &mut self,
        owner: &str,
        version: u64,
        effects: Vec<EffectKind>,
        later: Vec<Later>,
        events: Vec<EventKind>,
    ) {
        let at_once = effects.into_iter().map(|kind| Later { at: self.now, kind });
        for (index, Later { at, kind }) in at_once.chain(later).enumerate() {
            let id = EffectId::derive(owner, version, index);
            let mut effect = Effect::later(id, self.deploy.clone(), kind, at, self.now);
            effect.lane = lane_of(&effect, self.now);
            self.effects.push(effect);
        }
        for kind in events {
            let key = keys::event(&self.deploy, self.now, self.events.len(), owner, version);
            self.events.push((key, Event { deploy: self.deploy.clone(), at: self.now, kind }));
        }
    }
}

impl Store {
    /// Commits `change` in one transaction, then sends its effects (one request a queue).
    ///
    /// This is the only place that moves a version. Errors: [`CommitError::Conflict`] where another process
    /// committed first; in every case of an error nothing was written.
    pub async fn commit(&self, change: Change) -> Result<(), CommitError> {
        let mut writes = Vec::new();
        for state in &change.states {
            writes.push(self.write_state(&change.deploy, state, change.now)?);
        }
        for effect in &change.effects {
            writes.push(self.put(
                row::effect(effect, self.places.retention)?,
                Some("attribute_not_exists(pk)"),
                &[],
            )?);
        }
        for (key, events) in pack(change.events) {
            let row = row::write(&key, &events, change.now, self.places.retention)?;
            writes.push(self.put(row, None, &[])?);
        }
        check_transaction(&writes)?;
        let request = self.dynamo.transact_write_items().set_transact_items(Some(writes));
        request.send().await.map_err(commit_error)?;
        let sent: Vec<_> =
            change.effects.into_iter().filter(|effect| effect.is_sent_at(change.now)).collect();
        if !sent.is_empty() {
            self.send_committed(&sent).await;
        }
        Ok(())
    }

    fn write_state(
        &self,
        deploy: &DeployId,
        state: &State,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let retention = self.places.retention;
        match state {
            State::NewDeploy(new) => {
                let row = row::deploy(new, now, retention)?;
                check_registered(&row)?;
                self.put(row, Some("attribute_not_exists(pk)"), &[])
            }
            State::Reported { deploy, before: (state, at) } => {
                let row = row::deploy(deploy, now, retention)?;
                check_registered(&row)?;
                self.put(
                    row,
                    Some("#state = :before AND deployed_at = :at"),
                    &[(":before", row::text(state.word())), (":at", row::text(at.to_string()))],
                )
            }
            State::Revision(deploy) => {
                let key = keys::revision(deploy);
                self.put(row::write(&key, &DeploySummary::of(deploy), now, retention)?, None, &[])
            }
            State::Deploy(known) => {
                self.put(row::deploy(known, now, retention)?, Some("attribute_exists(pk)"), &[])
            }
            State::Approval(approval) => {
                self.versioned(row::approval(approval, now, retention)?, approval.version)
            }
            State::Run(run) => self.versioned(row::run(run, now, retention)?, run.version),
            State::Newest(newest) => {
                let key = keys::newest(&newest.deployment, &newest.environment, &newest.rule);
                // What is open may outlive any retention, and is compared with it.
                self.versioned(row::keep(&key, newest)?, newest.version)
            }
            State::Latest(latest) => {
                let key = keys::latest(&latest.deployment, &latest.environment);
                self.versioned(row::keep(&key, latest)?, latest.version)
            }
            State::Facts(facts) => {
                self.versioned(row::write(&keys::facts(deploy), facts, now, retention)?, facts.version)
            }
            State::Rules(rules) => {
                let row = row::keep(&keys::rules_in_force(&rules.deployment), rules)?;
                self.versioned(row, rules.version)
            }
            State::Policy(policy) => self.versioned(row::keep(&keys::policy(), policy)?, policy.version),
            State::Base(base) => {
                // A place keeps its base however long nothing is let through to it.
                self.versioned(row::keep(&keys::base(&base.deployment, &base.place), base)?, base.version)
            }
            State::Owed(owed) => {
                self.versioned(row::keep(&keys::owed_reviews(&owed.deployment), owed)?, owed.version)
            }
            State::Range { approval, range } => {
                self.put(row::write(&keys::range(deploy, approval), range, now, retention)?, None, &[])
            }
            State::Dialog { dialog, approval } => {
                let place = DialogPlace { deploy: deploy.clone(), approval: approval.clone() };
                self.put(row::write(&keys::dialog(dialog), &place, now, retention)?, None, &[])
            }
            State::Evaluation { evaluation, effect } => {
                self.put(row::evaluation(evaluation, effect, retention)?, None, &[])
            }
            // A removed entry stays: it says who removed it.
            State::Person(entry) => {
                self.versioned(row::keep(&keys::person(&entry.handle), entry)?, entry.version)
            }
            State::BuildRequest { source, request } => {
                let key = keys::build_request(source, now, &request.effect);
                self.put(row::write(&key, request, now, retention)?, None, &[])
            }
            State::Build { build, effect } => {
                let owner = BuildOwner { effect: effect.clone() };
                self.put(row::write(&keys::build(build), &owner, now, retention)?, None, &[])
            }
            State::Effect { before, after } => self.put(
                row::effect(after, retention)?,
                Some("#state = :started AND attempts = :attempts"),
                &[(":started", row::text("started")), (":attempts", row::number(before.attempts))],
            ),
        }
    }

    /// A row that moves to `version` from the one before, or is new at 1.
    pub(crate) fn versioned(&self, item: row::Row, version: u64) -> Result<TransactWriteItem, StoreError> {
        match version.saturating_sub(1) {
            0 => self.put(item, Some("attribute_not_exists(pk)"), &[]),
            read => self.put(item, Some("version = :read"), &[(":read", row::number(read))]),
        }
    }

    pub(crate) fn put(
        &self,
        item: row::Row,
        condition: Option<&str>,
        values: &[(&str, aws_sdk_dynamodb::types::AttributeValue)],
    ) -> Result<TransactWriteItem, StoreError> {
        check_row(&item)?;
        let mut put = Put::builder()
            .table_name(&self.places.record_table)
            .set_item(Some(item))
            .set_condition_expression(condition.map(str::to_owned));
        for (name, value) in values {
            put = put.expression_attribute_values(*name, value.clone());
        }
        if condition.is_some_and(|condition| condition.contains("#state")) {
            put = put.expression_attribute_names("#state", "state");
        }
        let put = put.build().map_err(|error| StoreError::row("put", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}
