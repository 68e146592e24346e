//! Opening an approval: who may vote and what a vote stands for are fixed here.

use crate::electorate::{electorate, mentions};
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::action::ApprovalSpec;
use approval::approval::{Approval, Status, Subject};
use approval::decision::Decision;
use approval::deploy::Deploy;
use approval::event::EventKind;
use approval::id::ApprovalId;
use approval::run::{self, Run};
use providers::Failure;
use rules::template::{Context, render};
use runtime::effects::Attempt;
use store::Change;

impl ActionExecution {
    /// Opens the approval of step number `step`, whose dialog is then drawn.
    pub(crate) async fn open_approval(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        spec: &ApprovalSpec,
    ) -> Result<(), Trouble> {
        let effect = &attempt.effect;
        let slack = self.outside.slack(self.now()).await?;
        let mentions = mentions(&slack, deploy).await?;
        let context = Context::new(deploy, &self.deploy_url(&deploy.id), &mentions);
        let prompt = render(&spec.prompt, &context).map_err(|error| {
            Failure::Permanent(format!("the prompt of \u{201c}{}\u{201d}: {error}", spec.name))
        })?;
        let approval = Approval {
            id: ApprovalId::derive(&run.id, step),
            deploy: deploy.id.clone(),
            run: run.id.clone(),
            step,
            name: spec.name.clone(),
            subject: Subject {
                revision: run.revision.clone(),
                rule: run.rule.clone(),
                rule_hash: run.rule_hash.clone(),
                plan: spec.on_success.iter().map(ToString::to_string).collect(),
            },
            prompt,
            channel: spec.channel.clone(),
            votes_required: spec.votes_required,
            rejections_required: spec.rejections_required,
            electorate: electorate(&slack, spec, deploy, &mentions).await?,
            workspace: self.outside.workspace(&slack).await?,
            votes: Vec::new(),
            status: Status::Pending,
            dialog: None,
            opened_at: self.now(),
            version: 0,
        };
        let opened = EventKind::ApprovalOpened {
            approval: approval.id.clone(),
            name: approval.name.clone(),
            channel: approval.channel.clone(),
        };
        self.commit_newest(effect, async || {
            let now = self.now();
            let Some(run) = self.store.run(&deploy.id, &run.id).await? else { return Ok(None) };
            let change = Change::to(&deploy.id, now).done(effect);
            // A step that is asking already has its approval, from an attempt whose end was lost.
            let Ok(asking) = run::decide(&run, step, run::Command::Ask(approval.id.clone()), now) else {
                return Ok(Some(change));
            };
            let opening =
                Decision { next: approval.clone(), effects: Vec::new(), events: vec![opened.clone()] };
            Ok(Some(change.approval(opening).run(asking)))
        })
        .await
    }
}
