//! The actions, one file each: what it does to the outside world, and what it says was done.

mod add_deploy_tag;
mod add_to_deploy_message_thread;
mod auto_approve_build;
mod check_build;
mod issues;
mod lost_build;
mod notify;
mod policy;
mod rules_file;
mod send_event;
mod slack_channel_message;
mod trigger_build;
mod webhook;

pub(crate) use rules_file::kept_waiting;

use crate::effect_error::{EffectError, Tried};
use crate::handler::ActionExecution;
use crate::policy::is_bound;
use crate::settle::sentence;
use crate::subject::unmoved;
use signoff_core::action::{Action, IssueTransition};
use signoff_core::approval::Subject;
use signoff_core::deploy::Deploy;
use signoff_core::effect::EffectKind;
use signoff_core::happened::Happened;
use signoff_core::run::Run;
use signoff_core::slug::canonical;
use signoff_providers::Failure;
use signoff_rules::template::{Context, Mentions, is_of_record};
use signoff_runtime::connections::{Connected, disconnected};
use signoff_runtime::deployments::Connection;
use signoff_runtime::effects::Attempt;
use signoff_store::GitHost;

/// Result of an action that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// In words, for people.
    pub(crate) summary: String,
    /// Page that shows the result.
    pub(crate) url: Option<String>,
}

/// The subjects of the votes that let an action run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Voted<'a> {
    /// Subject of the last approval before the action, with the action as it runs; `None`: nobody was asked.
    pub(crate) subject: Option<&'a Subject>,
    /// Those of all approvals that decide about it.
    pub(crate) all: Vec<&'a Subject>,
}

impl ActionExecution {
    /// Runs `action`, which is step number `step` of `run`. Where people voted on it, it runs as `voted` has
    /// it.
    pub(crate) async fn act(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        action: &Action,
        voted: Voted<'_>,
    ) -> Tried<Done> {
        let connected = &self.connected(attempt, deploy).await?;
        let (action, start) = match voted.subject.filter(|_| action.acts()) {
            Some(subject) => {
                let act = subject.act(step).ok_or_else(|| {
                    Failure::Permanent("nothing was done: it is not among what people voted on".to_owned())
                })?;
                unmoved(deploy, voted.all.iter().copied(), connected.connection())?;
                (&act.action, Some(&act.start))
            }
            None => (action, None),
        };
        if action.acts() {
            let connection = self.connection(deploy, connected).map_err(|failure| match attempt.lost {
                true => Failure::Unanswered(failure.to_string()),
                false => failure,
            })?;
            confirmed_there(deploy, connection)?;
        }
        if is_bound(action) {
            let compared = self.same_repository(deploy, &voted.all).await?;
            compared.map_err(|failure| match failure {
                Failure::Permanent(why) if attempt.lost => Failure::Unanswered(why).into(),
                Failure::Permanent(why) => Failure::Permanent(format!("nothing was done: {why}")).into(),
                // Nothing was done yet, and what GitHub does not tell now is waited for.
                failure if failure.is_passing() && failure.retry_after().is_none() && !attempt.lost => {
                    EffectError::NotYet { reason: sentence(&failure.to_string()), needs_person: false }
                }
                failure => failure.into(),
            })?;
        }
        match action.plain() {
            // A plain action is no such thing.
            Action::SlackChannelApproval(_) | Action::WithOnFailure(_) => {
                Err(Failure::Permanent("an approval is opened, not run".to_owned()).into())
            }
            Action::AutoApproveBuild(build) => {
                let build = (action, build);
                self.auto_approve_build(attempt, deploy, connected, (run, step), build, start).await
            }
            Action::TriggerBuild(spec) => {
                self.trigger_build(attempt, deploy, connected, (run, step), spec, start).await
            }
            Action::SlackChannelMessage(message) => {
                self.slack_channel_message(attempt, deploy, message).await
            }
            Action::AddToDeployMessageThread(message) => {
                self.add_to_deploy_message_thread(attempt, deploy, connected, run, step, message).await
            }
            Action::NotifyDeployAuthors(message) => {
                self.notify_deploy_authors(attempt, deploy, message).await
            }
            Action::NotifyDeployer(message) => self.notify_deployer(attempt, deploy, message).await,
            Action::SlackPersonalMessage(message) => {
                self.slack_personal_message(attempt, deploy, message).await
            }
            Action::SlackDeployMessage(message) => {
                self.slack_deploy_message(attempt, deploy, connected, run, message).await
            }
            Action::MonitorDrift(monitor) => {
                Ok(Done { summary: format!("{} is watched from now on.", monitor.environment), url: None })
            }
            Action::AddDeployTag(tag) => self.add_deploy_tag(attempt, deploy, run, tag).await,
            Action::Webhook(spec) => self.webhook(attempt, deploy, connected, spec).await,
            Action::NotifyMentionedIssues(text) => self.notify_mentioned_issues(attempt, deploy, text).await,
            Action::TransitionMentionedIssues(transition) => {
                self.transition_mentioned_issues(attempt, deploy, transition).await
            }
            Action::TransitionIssues(state) => {
                let transition = IssueTransition { state: state.clone(), comment: None, resolution: None };
                self.transition_mentioned_issues(attempt, deploy, &transition).await
            }
            Action::UpdateMentionedIssues(field) => {
                self.update_mentioned_issues(attempt, deploy, field).await
            }
            Action::SendEvent(event) => self.send_event(attempt, deploy, event).await,
            Action::RulesFile(own) => self.rules_file(attempt, deploy, connected, run, own).await,
        }
    }

    /// Returns the connection of `deploy`'s deployment. Error: somebody disconnected it, and none of its
    /// actions runs any more.
    async fn connected(&self, attempt: &Attempt, deploy: &Deploy) -> Tried<Connected> {
        let connected = self.connections.of(&self.store, &deploy.deployment).await?;
        let Connected::No(done) = &connected else { return Ok(connected) };
        let reason = disconnected(&deploy.deployment, done, &self.public_url);
        // What may have happened before that is nothing that failed.
        let failure = if attempt.lost { Failure::Unanswered(reason) } else { Failure::Permanent(reason) };
        Err(failure.into())
    }

    /// Returns the repository and the CI project of `deploy`'s deployment. Error: the stack is not connected
    /// to it any more.
    fn connection<'c>(&self, deploy: &Deploy, connected: &'c Connected) -> Result<&'c Connection, Failure> {
        connected.connection().ok_or_else(|| {
            let slug = &deploy.deployment;
            Failure::Permanent(format!(
                "this stack is not connected to {slug} any more; an admin can connect it at {}/deployments/{slug}/edit",
                self.public_url
            ))
        })
    }

    /// Returns the values for the template of an action that posts to Slack. Looks up the people that the
    /// template mentions.
    async fn slack_context(&self, attempt: &Attempt, deploy: &Deploy, template: &str) -> Tried<Context> {
        let slack = self.outside.slack(self.now()).await?;
        let mentions = self.mentions_in(&slack, deploy, template).await?;
        self.context(attempt, deploy, &mentions, &[template]).await
    }

    /// The values of a deploy's variables outside Slack, without those that are known only when an action
    /// runs.
    pub(crate) fn early_context(&self, deploy: &Deploy) -> Context {
        Context::new(deploy, &self.deploy_url(&deploy.id), &Mentions::default())
    }

    /// Returns the values that `templates` can use for `deploy` in the step of `attempt`. Reads the deploy's
    /// page only if one of them uses a late value.
    pub(crate) async fn context(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        mentions: &Mentions,
        templates: &[&str],
    ) -> Tried<Context> {
        let context = Context::new(deploy, &self.deploy_url(&deploy.id), mentions);
        if !templates.iter().any(|template| is_of_record(template)) {
            return Ok(context);
        }
        Ok(context.with(&self.happened(attempt, deploy).await?))
    }

    /// Reads the runs, approvals and facts of `deploy` so far, for the step of `attempt`.
    async fn happened(&self, attempt: &Attempt, deploy: &Deploy) -> Tried<Happened> {
        let (EffectKind::RunStep { run, step } | EffectKind::RetryStep { run, step, .. }) =
            &attempt.effect.kind
        else {
            return Err(Failure::Permanent("nothing is known of a step here".to_owned()).into());
        };
        let page = self.store.page(&deploy.id).await?;
        let page = page.ok_or_else(|| Failure::retryable("the deploy is not on record".to_owned()))?;
        Ok(Happened::at(&page.runs, &page.approvals, &page.facts, run, *step))
    }
}

/// Checks that the host confirmed `deploy` in the repository that `connection` names. Error: it did not.
fn confirmed_there(deploy: &Deploy, connection: &Connection) -> Result<(), Failure> {
    let (slug, revision) = (&deploy.deployment, deploy.short_revision());
    let host = connection.git_host;
    if host != GitHost::Github {
        return Err(Failure::Permanent(format!(
            "nothing was done: {slug} is on {} by its settings, and Signoff confirms commits on GitHub only",
            host.title()
        )));
    }
    if canonical(&deploy.repository) != canonical(&connection.repository) {
        return Err(Failure::Permanent(format!(
            "nothing was done: {revision} was confirmed in {}, and the repository of {slug} is {} by now. Deploy again",
            deploy.repository, connection.repository
        )));
    }
    Ok(())
}

/// A template that can't be rendered won't be rendered by trying again.
fn rendering(what: &str) -> impl Fn(signoff_rules::template::TemplateError) -> Failure {
    let what = what.to_owned();
    move |error| Failure::Permanent(format!("{what} can't be rendered: {error}"))
}
