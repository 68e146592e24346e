//! `trigger_build`: starts a GitHub Actions workflow or a CircleCI pipeline that builds the deploy's revision.

use super::{Done, rendering};
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::action::{ParameterValue, TriggerSpec};
use approval::deploy::Deploy;
use providers::Failure;
use providers::circleci::{Sighting, Target, Triggered};
use rules::template::{Context, render_plain};
use runtime::effects::Attempt;
use std::collections::BTreeMap;

type Parameters = BTreeMap<String, ParameterValue>;

impl ActionExecution {
    pub(super) async fn trigger_build(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        spec: &TriggerSpec,
    ) -> Result<Done, Trouble> {
        let context = self.plain_context(deploy);
        let parameters = parameters(spec, &context)?;
        let branch = match &spec.revision {
            Some(revision) => Some(render_plain(revision, &context).map_err(rendering("revision"))?),
            None => deploy.branch.clone(),
        };
        self.still_that_revision(deploy, branch.as_deref(), &parameters).await?;
        match &spec.workflow {
            Some(workflow) => {
                let workflow = render_plain(workflow, &context).map_err(rendering("name"))?;
                self.dispatch_workflow(deploy, &workflow, branch.as_deref(), &parameters).await
            }
            None => self.trigger_pipeline(attempt, deploy, branch.as_deref(), &parameters).await,
        }
    }

    /// CI builds the head of a branch. It is the revision that was voted on where the branch still stands there, or
    /// where the build is told the revision as a parameter.
    async fn still_that_revision(
        &self,
        deploy: &Deploy,
        branch: Option<&str>,
        parameters: &Parameters,
    ) -> Result<(), Trouble> {
        let told = |value: &ParameterValue| match value {
            ParameterValue::Text(text) => deploy.revision.starts_with(text.as_str()) && text.len() >= 7,
            ParameterValue::Bool(_) | ParameterValue::Integer(_) => false,
        };
        if parameters.values().any(told) {
            return Ok(());
        }
        let repository = self.connection(deploy)?.repository;
        let github = self.outside.github(self.now()).await?;
        let r#ref = branch.unwrap_or("HEAD");
        let head = github.commit(&repository, r#ref).await?.0.revision;
        if head == deploy.revision {
            return Ok(());
        }
        let (head, approved) = (head.get(..7).unwrap_or(&head), deploy.short_revision());
        Err(Failure::Permanent(format!(
            "nothing was started: {ref} has moved on to {head}, and {approved} is what was deployed and approved. To build \
             that revision, hand it to the build as a parameter, such as `revision: '{{{{ deploy_revision }}}}'`",
            r#ref = r#ref
        ))
        .into())
    }

    async fn dispatch_workflow(
        &self,
        deploy: &Deploy,
        workflow: &str,
        branch: Option<&str>,
        parameters: &Parameters,
    ) -> Result<Done, Trouble> {
        let repository = self.connection(deploy)?.repository;
        let branch = branch.ok_or_else(|| {
            Failure::Permanent(
                "it is not known which branch to start the workflow on: register the deploy with its branch, or name it \
                 as `revision` of trigger_build"
                    .to_owned(),
            )
        })?;
        let github = self.outside.github(self.now()).await?;
        let url = github.dispatch_workflow(&repository, workflow, branch, parameters).await?;
        Ok(Done { summary: format!("started the workflow {workflow} on {branch}."), url })
    }

    async fn trigger_pipeline(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        branch: Option<&str>,
        parameters: &Parameters,
    ) -> Result<Done, Trouble> {
        let project = self.connection(deploy)?.circleci_project;
        let circleci = self.outside.circleci(self.now()).await?;
        let target = branch.map_or(Target::DefaultBranch, Target::Branch);
        if attempt.lost {
            let since = attempt.effect.created_at;
            match circleci.find_triggered(&project, target, parameters, since).await? {
                Sighting::Seen(triggered) => return Ok(done(triggered)),
                Sighting::NotSeen => {}
                Sighting::Unclear(triggered) => {
                    let unclear = format!("the pipeline {} may be the one that was asked for", triggered.url);
                    return Err(Failure::Unanswered(unclear).into());
                }
            }
        }
        Ok(done(circleci.trigger_pipeline(&project, target, parameters).await?))
    }
}

fn done(triggered: Triggered) -> Done {
    Done { summary: format!("triggered pipeline {}.", triggered.number), url: Some(triggered.url) }
}

fn parameters(spec: &TriggerSpec, context: &Context) -> Result<Parameters, Failure> {
    let mut parameters = Parameters::new();
    for (name, value) in &spec.parameters {
        let value = match value {
            ParameterValue::Text(text) => ParameterValue::Text(
                render_plain(text, context).map_err(rendering(&format!("parameter {name}")))?,
            ),
            ParameterValue::Bool(_) | ParameterValue::Integer(_) => value.clone(),
        };
        parameters.insert(name.clone(), value);
    }
    Ok(parameters)
}
