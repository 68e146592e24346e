//! Opening an approval: who may vote and what a vote stands for are fixed here.

use crate::earlier::EarlierVotes;
use crate::effect_error::Tried;
use crate::electorate::reachable;
use crate::handler::ActionExecution;
use crate::judge::{Asked, Judgement};
use crate::late_news::Again;
use signoff_core::action::ApprovalSpec;
use signoff_core::approval::{self as votes, Approval, Frozen, Status, Subject, Successor};
use signoff_core::deploy::{Deploy, RulesChange};
use signoff_core::effect::EffectKind;
use signoff_core::id::ApprovalId;
use signoff_core::newest::{Arrival, Newest};
use signoff_core::run::{self, Run};
use signoff_providers::Failure;
use signoff_rules::template::render;
use signoff_runtime::effects::Attempt;
use signoff_store::{Change, StoreError};

impl ActionExecution {
    /// Opens the approval of step number `step`, whose dialog is then drawn. `earlier` are the run's
    /// approvals before it.
    pub(crate) async fn open_approval(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        spec: &ApprovalSpec,
        earlier: &[Approval],
    ) -> Tried<()> {
        let effect = &attempt.effect;
        if let Some(reason) = self.gone_since(deploy, run, (step, spec), earlier).await? {
            return Err(Failure::Permanent(reason).into());
        }
        let slack = self.outside.slack(self.now()).await?;
        match self.earlier_votes(&slack, deploy, run, step, earlier).await? {
            EarlierVotes::Stand => {}
            EarlierVotes::OtherChange(reason) => return Err(Failure::Permanent(reason).into()),
            EarlierVotes::Unknown(reason) => return self.wait_on(attempt, &run.id, step, reason).await,
        }
        let prompt = match run.proposes().or(run.proposes_policy()) {
            // It says what a file has: no template.
            Some(_) => spec.prompt.clone(),
            None => {
                let mentions = self.mentions_in(&slack, deploy, &spec.prompt).await?;
                let context = self.context(attempt, deploy, &mentions, &[&spec.prompt]).await?;
                render(&spec.prompt, &context).map_err(|error| {
                    Failure::Permanent(format!("the prompt of \u{201c}{}\u{201d}: {error}", spec.name))
                })?
            }
        };
        let id = ApprovalId::derive(&run.id, step);
        let asked = Asked { id: &id, spec, deploy, run, step, shown: None };
        let Judgement { electorate, base, start, read, .. } =
            self.judge(&slack, asked, Again::Unsettled).await?;
        let is_of_rules = electorate.is_of_rules;
        let is_of_policy = run.proposes_policy().is_some();
        if !is_of_rules {
            reachable(&electorate, spec, deploy)?;
        }
        let place = base.place.clone();
        let subject = match self.subject(deploy, run, step, spec, earlier).await? {
            Ok(subject) => subject,
            Err(reason) => return self.wait_on(attempt, &run.id, step, reason).await,
        };
        let opened_at = self.now();
        let approval = Approval {
            id: id.clone(),
            deploy: deploy.id.clone(),
            deployment: Some(deploy.deployment.clone()),
            environment: Some(deploy.environment.clone()),
            run: run.id.clone(),
            step,
            name: spec.name.clone(),
            subject: Subject { base: start.clone(), place, ..subject },
            rules_change: if is_of_rules || is_of_policy {
                RulesChange::No
            } else {
                deploy.rules_change.clone()
            },
            comparison: match &start {
                _ if is_of_policy => None,
                Some(base) if !is_of_rules => deploy.comparison_since(base),
                Some(_) | None => deploy.comparison_url(),
            },
            prompt,
            channel: spec.channel.clone(),
            votes_required: spec.votes_required,
            rejections_required: spec.rejections_required,
            require_reason: spec.require_reason,
            undo_window: spec.undo_window,
            frozen: Frozen::new(spec.freeze.clone(), opened_at),
            nobody_here: Vec::new(),
            expires_at: spec.expires_after.and_then(|after| opened_at.checked_add(after).ok()),
            electorate,
            workspace: self.outside.workspace(&slack).await?,
            again: run.again.clone(),
            votes: Vec::new(),
            struck: Vec::new(),
            glass: Default::default(),
            names: Default::default(),
            clicks: Vec::new(),
            status: Status::Pending,
            dialog: None,
            opened_at,
            version: 0,
        };
        let opening = votes::open(approval.named(|id| self.names.of(id)), spec.remind_after);
        self.commit_newest(effect, async || {
            let now = self.now();
            let Some(run) = self.store.run(&deploy.id, &run.id).await? else { return Ok(None) };
            let change = Change::to(&deploy.id, now).done(effect);
            let approval = opening.next.id.clone();
            // A step that is asking already has its approval, from an attempt whose end was lost.
            let Ok(asking) = run::decide(&run, step, run::Command::Ask(approval), now) else {
                return Ok(Some(change));
            };
            let change = match &read {
                Some(read) => change.range(&id, read.clone()),
                None => change,
            };
            let change = match self.rolled_back(deploy, &run).await? {
                // It takes nobody's place: what stands there again may be asking.
                Some(by) => closing(change, deploy, &run, step, by),
                None if spec.supersede => self.arrive(change, deploy, &run, step).await?,
                None => change,
            };
            let change = match is_of_policy {
                true => {
                    let owners = EffectKind::Remind { approval: id.clone() };
                    change.and(&format!("owners asked {id}"), vec![owners], Vec::new())
                }
                false => change,
            };
            Ok(Some(change.approval(opening.clone()).run(asking)))
        })
        .await
    }

    /// The deploy that rolled `deploy` back before the approval of `run` opened: it closed only those that it
    /// found.
    async fn rolled_back(&self, deploy: &Deploy, run: &Run) -> Result<Option<Successor>, StoreError> {
        match run.proposes().or(run.proposes_policy()) {
            Some(_) => Ok(None),
            None => self.rolled_back_by(deploy).await,
        }
    }

    /// Puts on record that this run asks now: the older deploy's approval closes, or this one where a newer
    /// asked before.
    async fn arrive(
        &self,
        change: Change,
        deploy: &Deploy,
        run: &Run,
        step: usize,
    ) -> Result<Change, StoreError> {
        let asking = Newest::of(deploy, &run.rule, &run.id);
        let known = self.store.newest(&asking).await?;
        let (change, closed, by) = match asking.arrive(known) {
            Arrival::Newest { next, older } => {
                let by = next.clone();
                (change.newest(next), older, by)
            }
            Arrival::Outdated { newer } => {
                let this = (deploy.id.clone(), run.id.clone());
                // The record of the newest is written though it does not change, so that one of two that ask
                // at the same time decides again.
                (change.newest(newer.clone()), Some(this), newer)
            }
        };
        let Some((closed, closed_run)) = closed else { return Ok(change) };
        let by =
            Successor { url: self.deploy_url(&by.moment.deploy), deploy: by.moment.deploy, title: by.title };
        let supersede = EffectKind::Supersede { deploy: closed, run: closed_run, by };
        Ok(change.and(&format!("run {} asks {step}", run.id), vec![supersede], Vec::new()))
    }
}

/// `change`, which closes the approval of `run` as soon as it is open: `by` rolled its deploy back.
fn closing(change: Change, deploy: &Deploy, run: &Run, step: usize, by: Successor) -> Change {
    let supersede = EffectKind::Supersede { deploy: deploy.id.clone(), run: run.id.clone(), by };
    change.and(&format!("run {} is rolled back {step}", run.id), vec![supersede], Vec::new())
}
