//! Looking at a build that was started: it has to be the one that people saw.

use super::trigger_build::{Build, still_unanswered};
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::source::short;
use signoff_core::approval::BuildSource;
use signoff_core::deploy::Deploy;
use signoff_core::effect::StartedBuild;
use signoff_providers::Failure;
use signoff_runtime::deployments::Connection;

/// The way in which a build is known to be the step's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Its CI named it when Signoff asked for it.
    Named,
    /// A search found it, and it may be somebody else's: Signoff never cancels it.
    Found,
}

impl ActionExecution {
    /// Checks that the build `started` is of the commit `head`, or of one with the same CI files where a
    /// parameter names the revision. Cancels any other one that its CI named. Error: it is another one; the
    /// message says that it may have acted.
    pub(super) async fn check_build(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        build: Build<'_>,
        head: &str,
        started: &StartedBuild,
        known: Known,
    ) -> Tried<()> {
        match started {
            StartedBuild::Pipeline { id, url, .. } => {
                self.check_pipeline(deploy, connection, build, head, (id, url), known).await
            }
            StartedBuild::Run { id, url } => {
                self.check_run(deploy, connection, build.source, head, (*id, url), known).await
            }
        }
    }

    async fn check_run(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        source: &BuildSource,
        head: &str,
        (run, url): (u64, &str),
        known: Known,
    ) -> Tried<()> {
        let github = self.outside.github(self.now()).await?;
        let repository = &connection.repository;
        let ran = github.head_of_run(repository, run).await.map_err(still_unanswered)?;
        let Some(changed) = self.differs(deploy, connection, source, head, &ran).await? else {
            return Ok(());
        };
        let expected = short(expected(deploy, source, head));
        let what = format!(
            "{} moved while the build was started: the run {url} is of {}, and not of {expected}{changed}",
            source.name,
            short(&ran),
        );
        let what = match known {
            Known::Found => return Err(not_cancelled(&what).into()),
            Known::Named => what,
        };
        let canceled = match self.outside.github_writer(self.now()).await {
            Ok(github) => github.cancel_run(repository, run).await,
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
        (id, url): (&str, &str),
        known: Known,
    ) -> Tried<()> {
        let circleci = self.outside.circleci(self.now()).await?;
        let source = build.source;
        let repository = &connection.repository;
        let ran = circleci.ran(id, repository, &build.spec.parameters).await;
        let ran = ran.map_err(still_unanswered)?;
        let Some(ran) = ran else {
            return Err(Failure::Unanswered(format!(
                "CircleCI does not tell yet what the pipeline {url} is of"
            ))
            .into());
        };
        if let Some(other) = ran.other_repository {
            let what = format!("the pipeline {url} builds {other}, and not {repository}");
            return self.cancel_pipeline(id, &what, known).await;
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
        self.cancel_pipeline(id, &what, known).await
    }

    /// Cancels the pipeline `id`, which is another one than people saw, for the reason `what`.
    async fn cancel_pipeline(&self, id: &str, what: &str, known: Known) -> Tried<()> {
        match known {
            Known::Found => Err(not_cancelled(what).into()),
            Known::Named => {
                let circleci = self.outside.circleci(self.now()).await?;
                Err(refused(what, circleci.cancel_pipeline(id).await).into())
            }
        }
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

/// The failure of a step for which a search found a build that people did not see, for the reason `what`.
fn not_cancelled(what: &str) -> Failure {
    Failure::Unanswered(format!(
        "{what}. The answer to the start was lost, so it may be somebody else's build. Signoff did not cancel it"
    ))
}
