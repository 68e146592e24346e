//! `trigger_build`: starts a GitHub Actions workflow or a CircleCI pipeline that builds the deploy's
//! revision.

use super::check_build::Known;
use super::{Done, rendering};
use crate::effect_error::{EffectError, Tried};
use crate::handler::ActionExecution;
use crate::source::nothing;
use signoff_core::action::{Action, ParameterValue, TriggerSpec};
use signoff_core::approval::{BuildSource, Start};
use signoff_core::deploy::Deploy;
use signoff_core::effect::StartedBuild;
use signoff_core::git_ref::GitRef;
use signoff_core::run::Run;
use signoff_providers::Failure;
use signoff_providers::circleci::{Target, Triggered};
use signoff_providers::github::StartedRun;
use signoff_rules::template::{Context, Mentions, render_plain};
use signoff_runtime::connections::Connected;
use signoff_runtime::effects::Attempt;
use std::borrow::Cow;
use std::collections::BTreeMap;

type Parameters = BTreeMap<String, ParameterValue>;

impl ActionExecution {
    /// Starts the build that `spec` describes. `start` is what people saw that it starts from; `None`: nobody
    /// was asked, and it is looked up now.
    pub(super) async fn trigger_build(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        (run, step): (&Run, usize),
        spec: &TriggerSpec,
        start: Option<&Start>,
    ) -> Tried<Done> {
        let context = self.context(attempt, deploy, &Mentions::default(), &templates(spec)).await?;
        let rendered = TriggerSpec {
            workflow: maybe(&spec.workflow, "name", &context)?,
            parameters: parameters(spec, &context)?,
            revision: maybe(&spec.revision, "revision", &context)?,
        };
        let connection = self.connection(deploy, connected)?;
        let start = match start {
            Some(start) => start.clone(),
            None => {
                self.start(deploy, connection, spec, &rendered).await.map_err(|trouble| match trouble {
                    EffectError::ProviderClients(failure) if attempt.lost => still_unanswered(failure).into(),
                    other => other,
                })?
            }
        };
        let source = match start {
            Start::From(source) => source,
            Start::Nothing(why) => return Err(nothing(&why).into()),
            Start::NoBuild | Start::Releases(_) => {
                return Err(nothing("it is not known what to start it from").into());
            }
        };
        let build = Build { spec: &rendered, source: &source };
        // It may have been started: what would keep it from being started now is no answer to that.
        if let Some(named) = attempt.started_build() {
            self.check_build(deploy, connection, build, &source.head, named, Known::Named).await?;
            return Ok(build.done(named));
        }
        if attempt.lost
            && let Some(found) = self.find_build(attempt, deploy, connection, (run, step), build).await?
        {
            self.check_build(deploy, connection, build, &source.head, &found, Known::Found).await?;
            if !self.store.claim_build(&found, &attempt.effect.id, self.now()).await? {
                return Err(Failure::Unanswered(format!("{} is another step's", found.url())).into());
            }
            let _ = attempt.build.set(found.clone());
            return Ok(build.done(&found));
        }
        self.check_tag(deploy, run, spec, &source).await?;
        let head = self.look_again(deploy, connection, &source, build.is_qualified()).await?;
        if rendered.workflow.is_none() {
            self.own_project(deploy, connection).await?;
            let circleci = self.outside.circleci(self.now()).await?;
            let (project, parameters) = (&connection.circleci_project, &rendered.parameters);
            self.note_request(attempt, (run, step), connection, build).await?;
            let triggered = match &connection.circleci_definition {
                Some(definition) => {
                    circleci.trigger_definition(project, definition, build.target(), parameters).await?
                }
                None => circleci.trigger_pipeline(project, build.target(), parameters).await?,
            };
            let Triggered { id, number, url } = triggered;
            let started = StartedBuild::Pipeline { id, number, url };
            self.keep_started(attempt, started.clone()).await;
            self.check_build(deploy, connection, build, &head, &started, Known::Named).await?;
            return Ok(build.done(&started));
        }
        let github = self.outside.github_writer(self.now()).await?;
        let (repository, workflow) = (&connection.repository, build.workflow());
        self.note_request(attempt, (run, step), connection, build).await?;
        let started =
            github.dispatch_workflow(repository, workflow, &build.r#ref(), &rendered.parameters).await?;
        let Some(StartedRun { id, url }) = started else {
            // Nothing is known of the run, so that nobody can say what it is of: the next attempt looks for
            // it.
            return Err(
                Failure::Unanswered(format!("GitHub started {workflow} without telling the run")).into()
            );
        };
        let started = StartedBuild::Run { id, url };
        self.keep_started(attempt, started.clone()).await;
        self.check_build(deploy, connection, build, &head, &started, Known::Named).await?;
        Ok(build.done(&started))
    }

    /// Checks that the policy allows a tag, which the rule's text may name as a branch is named.
    async fn check_tag(
        &self,
        deploy: &Deploy,
        run: &Run,
        spec: &TriggerSpec,
        source: &BuildSource,
    ) -> Tried<()> {
        if !source.is_tag {
            return Ok(());
        }
        let (tag, action) = (GitRef::tag(&source.name), Action::TriggerBuild(spec.clone()));
        let refs = self.allowed_refs(deploy, run, &action).await?.map_err(Failure::retryable)?;
        match refs.iter().all(|refs| refs.allow(Some(&tag))) {
            true => Ok(()),
            false => Err(nothing(&format!(
                "`allowed_refs` of the policy does not allow the tag {}. It allows a tag only by a pattern such as `refs/tags/v*`",
                source.name
            ))
            .into()),
        }
    }
}

/// Build to start, and its source.
#[derive(Clone, Copy)]
pub(super) struct Build<'a> {
    /// With its texts rendered.
    pub(super) spec: &'a TriggerSpec,
    pub(super) source: &'a BuildSource,
}

impl<'a> Build<'a> {
    /// The workflow's file; empty for a CircleCI pipeline.
    pub(super) fn workflow(self) -> &'a str {
        self.spec.workflow.as_deref().unwrap_or_default()
    }

    /// True if the rule says whether its ref is a branch or a tag.
    fn is_qualified(self) -> bool {
        self.spec.revision.as_deref().is_some_and(|name| name.starts_with("refs/"))
    }

    /// The ref as GitHub is told it: always the source's, whatever the rule's text is rendered to by now.
    fn r#ref(self) -> Cow<'a, str> {
        let name = self.source.name.as_str();
        match (self.is_qualified(), self.source.is_tag) {
            (false, _) => Cow::Borrowed(name),
            (true, false) => Cow::Owned(format!("refs/heads/{name}")),
            (true, true) => Cow::Owned(format!("refs/tags/{name}")),
        }
    }

    /// Returns the branch or tag that CircleCI builds.
    pub(super) fn target(self) -> Target<'a> {
        let name = self.source.name.as_str();
        if self.source.is_tag { Target::Tag(name) } else { Target::Branch(name) }
    }

    /// The words for `started`, which is this build.
    fn done(self, started: &StartedBuild) -> Done {
        let summary = match started {
            StartedBuild::Pipeline { number, .. } => format!("triggered pipeline {number}."),
            StartedBuild::Run { .. } => {
                format!("started the workflow {} on {}.", self.workflow(), self.source.name)
            }
        };
        Done { summary, url: Some(started.url().to_owned()) }
    }
}

/// A look that failed leaves open what happened: the next attempt has to look again. A rate limit stays one,
/// as it ends nothing: the effect names the build, or knows that an answer was lost.
pub(super) fn still_unanswered(failure: Failure) -> Failure {
    if failure.retry_after().is_some() { failure } else { Failure::Unanswered(failure.to_string()) }
}

/// A text of the rule, rendered, where it has one.
fn maybe(template: &Option<String>, what: &str, context: &Context) -> Result<Option<String>, Failure> {
    template.as_deref().map(|template| render_plain(template, context).map_err(rendering(what))).transpose()
}

/// Returns the texts of `spec` that are rendered.
fn templates(spec: &TriggerSpec) -> Vec<&str> {
    let texts = spec.parameters.values().filter_map(|value| match value {
        ParameterValue::Text(text) => Some(text.as_str()),
        ParameterValue::Bool(_) | ParameterValue::Integer(_) => None,
    });
    let own = [&spec.revision, &spec.workflow].into_iter().flatten().map(String::as_str);
    texts.chain(own).collect()
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
