//! The actions, one file each: what it does to the outside world, and what it says was done.

mod add_deploy_tag;
mod add_to_deploy_message_thread;
mod auto_approve_build;
mod issues;
mod notify;
mod policy;
mod rules_file;
mod send_event;
mod slack_channel_message;
mod trigger_build;
mod webhook;

pub(crate) use rules_file::kept_waiting;

use crate::handler::ActionExecution;
use crate::subject::unmoved;
use crate::trouble::Trouble;
use approval::action::{Action, IssueTransition};
use approval::approval::Subject;
use approval::deploy::Deploy;
use approval::run::Run;
use providers::Failure;
use rules::template::{Context, FAILED_RULES, Mentions};
use runtime::connections::{Connected, disconnected};
use runtime::deployments::Connection;
use runtime::effects::Attempt;

/// What an action did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// In words, for people.
    pub(crate) summary: String,
    /// Where to look at it.
    pub(crate) url: Option<String>,
}

impl ActionExecution {
    /// Runs `action`, which is step number `step` of `run`. Where people voted on it, it runs as `subject`, which they voted
    /// on, has it.
    pub(crate) async fn act(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        action: &Action,
        subject: Option<&Subject>,
    ) -> Result<Done, Trouble> {
        let connected = &self.connected(attempt, deploy).await?;
        let (action, start) = match subject.filter(|_| action.acts()) {
            Some(subject) => {
                let act = subject.act(step).ok_or_else(|| {
                    Failure::Permanent("nothing was done: it is not among what people voted on".to_owned())
                })?;
                unmoved(deploy, subject, connected.connection())?;
                (&act.action, Some(&act.start))
            }
            None => (action, None),
        };
        match action.plain() {
            // A plain action is no such thing.
            Action::SlackChannelApproval(_) | Action::WithOnFailure(_) => {
                Err(Failure::Permanent("an approval is opened, not run".to_owned()).into())
            }
            Action::AutoApproveBuild(build) => self.auto_approve_build(deploy, connected, build).await,
            Action::TriggerBuild(spec) => {
                self.trigger_build(attempt, deploy, connected, run, spec, start).await
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
                self.slack_deploy_message(attempt, deploy, connected, message).await
            }
            Action::MonitorDrift(monitor) => {
                Ok(Done { summary: format!("{} is watched from now on.", monitor.environment), url: None })
            }
            Action::AddDeployTag(tag) => self.add_deploy_tag(attempt, deploy, run, tag).await,
            Action::Webhook(url) => self.webhook(attempt, deploy, connected, url).await,
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

    /// Whether `deploy`'s deployment is connected. Error: somebody disconnected it, so that none of its actions runs any more.
    async fn connected(&self, attempt: &Attempt, deploy: &Deploy) -> Result<Connected, Trouble> {
        let connected = self.connections.of(&self.store, &deploy.deployment).await?;
        let Connected::No(done) = &connected else { return Ok(connected) };
        let reason = disconnected(&deploy.deployment, done, &self.public_url);
        // What may have happened before that is nothing that failed.
        let failure = if attempt.lost { Failure::Unanswered(reason) } else { Failure::Permanent(reason) };
        Err(failure.into())
    }

    /// Where `deploy`'s deployment has its repository and its project. Error: the stack knows it no more.
    fn connection<'c>(&self, deploy: &Deploy, connected: &'c Connected) -> Result<&'c Connection, Failure> {
        connected.connection().ok_or_else(|| {
            let slug = &deploy.deployment;
            Failure::Permanent(format!(
                "this stack is not connected to {slug} any more; an admin can connect it at {}/deployments/{slug}/edit",
                self.public_url
            ))
        })
    }

    /// What the template of an action that posts to Slack can say; its people are looked up there.
    async fn slack_context(&self, deploy: &Deploy, template: &str) -> Result<Context, Trouble> {
        let slack = self.outside.slack(self.now()).await?;
        let mentions = self.mentions(&slack, deploy).await?;
        self.context(deploy, &mentions, &[template]).await
    }

    /// What the templates of an action outside Slack can say.
    pub(crate) async fn plain_context(
        &self,
        deploy: &Deploy,
        templates: &[&str],
    ) -> Result<Context, Trouble> {
        self.context(deploy, &Mentions::default(), templates).await
    }

    /// What `templates` can say of `deploy`. Which rules stopped is read where one of them asks.
    pub(crate) async fn context(
        &self,
        deploy: &Deploy,
        mentions: &Mentions,
        templates: &[&str],
    ) -> Result<Context, Trouble> {
        let context = Context::new(deploy, &self.deploy_url(&deploy.id), mentions);
        if !templates.iter().any(|template| template.contains(FAILED_RULES)) {
            return Ok(context);
        }
        let page = self.store.page(&deploy.id).await?;
        Ok(context.with_failed_rules(&page.map(|page| page.failed_rules()).unwrap_or_default()))
    }
}

/// A template that can't be rendered won't be rendered by trying again.
fn rendering(what: &str) -> impl Fn(rules::template::TemplateError) -> Failure {
    let what = what.to_owned();
    move |error| Failure::Permanent(format!("{what} can't be rendered: {error}"))
}
