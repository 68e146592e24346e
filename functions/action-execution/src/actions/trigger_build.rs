//! `trigger_build`: starts a GitHub Actions workflow or a CircleCI pipeline that builds the deploy's
//! revision.

use super::{Done, rendering};
use crate::effect_error::{EffectError, Tried};
use crate::handler::ActionExecution;
use crate::source::{nothing, short};
use signoff_core::action::{Action, ParameterValue, TriggerSpec};
use signoff_core::approval::{BuildSource, Start};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, StartedBuild};
use signoff_core::git_ref::GitRef;
use signoff_core::run::{Run, StepState};
use signoff_providers::Failure;
use signoff_providers::circleci::{self, Target, Triggered};
use signoff_providers::github::{self, StartedRun};
use signoff_rules::template::{Context, Mentions, render_plain};
use signoff_runtime::connections::Connected;
use signoff_runtime::deployments::Connection;
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
        run: &Run,
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
        let found = match attempt.started_build() {
            Some(named) => Some(sighted(named)),
            None if attempt.lost => {
                self.find_build(attempt, deploy, connection, run, build).await.map_err(still_unanswered)?
            }
            None => None,
        };
        match found {
            Some(Sighted::Pipeline(triggered)) => {
                let Triggered { id, number, url } = triggered.clone();
                let _ = attempt.build.set(StartedBuild::Pipeline { id, number, url });
                self.check_pipeline(deploy, connection, build, &source.head, &triggered).await?;
                return Ok(done_by(triggered));
            }
            Some(Sighted::Run(started)) => {
                self.check_run(deploy, connection, &source, &source.head, &started).await?;
                return Ok(build.started(started));
            }
            None => {}
        }
        self.check_tag(deploy, run, spec, &source).await?;
        let head = self.look_again(deploy, connection, &source, build.is_qualified()).await?;
        if rendered.workflow.is_none() {
            self.own_project(deploy, connection).await?;
            let circleci = self.outside.circleci(self.now()).await?;
            let (project, parameters) = (&connection.circleci_project, &rendered.parameters);
            let triggered = match &connection.circleci_definition {
                Some(definition) => {
                    circleci.trigger_definition(project, definition, build.target(), parameters).await?
                }
                None => circleci.trigger_pipeline(project, build.target(), parameters).await?,
            };
            let Triggered { id, number, url } = triggered.clone();
            self.keep_build(attempt, StartedBuild::Pipeline { id, number, url }).await;
            self.check_pipeline(deploy, connection, build, &head, &triggered).await?;
            return Ok(done_by(triggered));
        }
        let github = self.outside.github_writer(self.now()).await?;
        let (repository, workflow) = (&connection.repository, build.workflow());
        let started =
            github.dispatch_workflow(repository, workflow, &build.r#ref(), &rendered.parameters).await?;
        let Some(started) = started else {
            // Nothing is known of the run, so that nobody can say what it is of: the next attempt looks for
            // it.
            return Err(
                Failure::Unanswered(format!("GitHub started {workflow} without telling the run")).into()
            );
        };
        let StartedRun { id, url } = started.clone();
        self.keep_build(attempt, StartedBuild::Run { id, url }).await;
        self.check_run(deploy, connection, &source, &head, &started).await?;
        Ok(build.started(started))
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

    /// Puts on record which build `attempt` started, or is about to release, so that a later attempt looks at
    /// it by its id. If that can't be written, a later attempt of another process searches for the build.
    pub(super) async fn keep_build(&self, attempt: &Attempt, build: StartedBuild) {
        // A retry acts as the effect before it, whose row is closed.
        let claimed = attempt.claimed();
        let started = Effect { build: Some(build.clone()), ..claimed.clone() };
        let _ = attempt.build.set(build);
        if let Err(error) = self.store.settle(claimed, &started).await {
            tracing::warn!(deploy = %claimed.deploy, effect = %claimed.id, %error, "the id of the build is not kept");
        }
    }

    /// Checks that a started run is of the commit `head`, or of one with the same CI files where a parameter
    /// names the revision. Cancels any other run. Error: it is another one; the message says that it may have
    /// acted.
    async fn check_run(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        source: &BuildSource,
        head: &str,
        started: &StartedRun,
    ) -> Tried<()> {
        let github = self.outside.github(self.now()).await?;
        let repository = &connection.repository;
        let ran = github.head_of_run(repository, started.id).await.map_err(still_unanswered)?;
        let Some(changed) = self.differs(deploy, connection, source, head, &ran).await? else {
            return Ok(());
        };
        let expected = short(expected(deploy, source, head));
        let what = format!(
            "{} moved while the build was started: the run {} is of {}, and not of {expected}{changed}",
            source.name,
            started.url,
            short(&ran),
        );
        let canceled = match self.outside.github_writer(self.now()).await {
            Ok(github) => github.cancel_run(repository, started.id).await,
            Err(failure) => Err(failure),
        };
        Err(refused(&what, canceled).into())
    }

    /// The same for a pipeline of CircleCI's, which has to build the deployment's repository and to have the
    /// parameters of `build` too.
    async fn check_pipeline(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        build: Build<'_>,
        head: &str,
        triggered: &Triggered,
    ) -> Tried<()> {
        let circleci = self.outside.circleci(self.now()).await?;
        let (source, url) = (build.source, &triggered.url);
        let repository = &connection.repository;
        let ran = circleci.ran(&triggered.id, repository, &build.spec.parameters).await;
        let ran = ran.map_err(still_unanswered)?;
        let Some(ran) = ran else {
            return Err(Failure::Unanswered(format!(
                "CircleCI does not tell yet what the pipeline {url} is of"
            ))
            .into());
        };
        if let Some(other) = ran.other_repository {
            let what = format!("the pipeline {url} builds {other}, and not {repository}");
            return Err(refused(&what, circleci.cancel_pipeline(&triggered.id).await).into());
        }
        let changed = self.differs(deploy, connection, source, head, &ran.revision).await?;
        let what = match (changed, ran.has_other_parameters) {
            (None, false) => return Ok(()),
            (None, true) => format!("the pipeline {url} has other parameters than were asked for"),
            (Some(changed), _) => format!(
                "{} moved while the build was started: the pipeline {url} is of {}, and not of {}{changed}",
                source.name,
                short(&ran.revision),
                short(expected(deploy, source, head))
            ),
        };
        Err(refused(&what, circleci.cancel_pipeline(&triggered.id).await).into())
    }

    /// Compares the commit `ran`, at which the build from `source` runs, with `head`, at which `source` stood
    /// when people saw it. Returns the difference as the end of a sentence, which may be empty; `None`: it is
    /// the same build.
    async fn differs(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        source: &BuildSource,
        head: &str,
        ran: &str,
    ) -> Tried<Option<String>> {
        if ran == expected(deploy, source, head) {
            return Ok(None);
        }
        if !(source.is_told && source.may_move) {
            return Ok(Some(String::new()));
        }
        let github = self.outside.github(self.now()).await?;
        let files = github.ci_files(&connection.repository, ran).await.map_err(still_unanswered)?;
        let changed = source.changed_files(&files);
        Ok(changed.map(|changed| format!(", whose CI files differ ({changed})")))
    }

    /// The build that an earlier attempt started, if it did. Error: nobody can tell, or not yet.
    async fn find_build(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connection: &Connection,
        run: &Run,
        build: Build<'_>,
    ) -> Result<Option<Sighted>, Failure> {
        let since = attempt.effect.created_at;
        let unclear =
            |what: String| Err(Failure::Unanswered(format!("{what} may be the one that was asked for")));
        let parameters = &build.spec.parameters;
        if build.spec.workflow.is_none() {
            let circleci = self.outside.circleci(self.now()).await?;
            let project = &connection.circleci_project;
            return match circleci.find_triggered(project, build.target(), parameters, since).await? {
                circleci::SearchResult::Seen(triggered) => Ok(Some(Sighted::Pipeline(triggered))),
                circleci::SearchResult::NotSeen if attempt.backoff >= circleci::PIPELINE_APPEARS_WITHIN => {
                    Ok(None)
                }
                circleci::SearchResult::NotSeen => Err(Failure::Unanswered(
                    "CircleCI shows no pipeline of it yet, which may take it a moment".to_owned(),
                )),
                circleci::SearchResult::Unclear(triggered) => {
                    unclear(format!("the pipeline {}", triggered.url))
                }
            };
        }
        let (workflow, branch) = (build.workflow(), build.source.name.as_str());
        let head = (!build.source.is_told).then_some(deploy.revision.as_str());
        let others = builds_of_other_steps(run);
        let github = self.outside.github(self.now()).await?;
        let repository = &connection.repository;
        match github.find_dispatched(repository, workflow, branch, head, since, &others).await? {
            github::SearchResult::Seen(started) => Ok(Some(Sighted::Run(started))),
            github::SearchResult::NotSeen if attempt.backoff >= github::RUN_APPEARS_WITHIN => Ok(None),
            github::SearchResult::NotSeen => Err(Failure::Unanswered(format!(
                "GitHub shows no run of the workflow {workflow} on {branch} yet, which may take it a moment"
            ))),
            github::SearchResult::Unclear(url) => unclear(format!("the run {url}")),
        }
    }
}

/// A build that an earlier attempt started.
enum Sighted {
    Pipeline(Triggered),
    Run(StartedRun),
}

/// The build that the record names.
fn sighted(build: &StartedBuild) -> Sighted {
    match build.clone() {
        StartedBuild::Pipeline { id, number, url } => Sighted::Pipeline(Triggered { number, id, url }),
        StartedBuild::Run { id, url } => Sighted::Run(StartedRun { id, url }),
    }
}

/// Build to start, and its source.
#[derive(Clone, Copy)]
struct Build<'a> {
    /// With its texts rendered.
    spec: &'a TriggerSpec,
    source: &'a BuildSource,
}

impl<'a> Build<'a> {
    /// The workflow's file; empty for a CircleCI pipeline.
    fn workflow(self) -> &'a str {
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
    fn target(self) -> Target<'a> {
        let name = self.source.name.as_str();
        if self.source.is_tag { Target::Tag(name) } else { Target::Branch(name) }
    }

    fn started(self, run: StartedRun) -> Done {
        let (workflow, branch) = (self.workflow(), &self.source.name);
        Done { summary: format!("started the workflow {workflow} on {branch}."), url: Some(run.url) }
    }
}

/// The commit that a build from `source`, which stood at `head`, has to be of.
fn expected<'a>(deploy: &'a Deploy, source: &BuildSource, head: &'a str) -> &'a str {
    if source.is_told { head } else { &deploy.revision }
}

/// The failure of a step whose build is not the one that people saw, for the reason `what`. A later attempt
/// looks at a build that can't be cancelled yet by its id, and cancels it then.
fn refused(what: &str, cancelled: Result<(), Failure>) -> Failure {
    match cancelled {
        Ok(()) => {
            Failure::Permanent(format!("{what}. Signoff cancelled it; it may have acted before. Look at it"))
        }
        Err(failure) => {
            let told = format!(
                "{what}. Signoff could not cancel it ({failure}), so cancel it by hand; it may have acted before. Look at it"
            );
            if failure.is_passing() { Failure::Unanswered(told) } else { Failure::Permanent(told) }
        }
    }
}

/// A look that failed leaves open what happened: the next attempt has to look again. A rate limit stays one,
/// as it ends nothing: the effect names the build, or knows that an answer was lost.
fn still_unanswered(failure: Failure) -> Failure {
    if failure.retry_after().is_some() { failure } else { Failure::Unanswered(failure.to_string()) }
}

/// The pages of what other steps of `run` started: two steps may start one workflow with different inputs.
fn builds_of_other_steps(run: &Run) -> Vec<String> {
    let pages = run.steps.iter().filter_map(|step| match &step.state {
        StepState::Succeeded { url, .. } => url.clone(),
        StepState::Waiting
        | StepState::Running { .. }
        | StepState::Asking { .. }
        | StepState::Failed { .. }
        | StepState::Unknown { .. }
        | StepState::Skipped
        | StepState::SkippedByHand { .. } => None,
    });
    pages.collect()
}

fn done_by(triggered: Triggered) -> Done {
    Done { summary: format!("triggered pipeline {}.", triggered.number), url: Some(triggered.url) }
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
