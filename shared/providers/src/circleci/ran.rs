//! A pipeline that was triggered, as it came to run: of which commit, and with which parameters.

use super::client::CircleCi;
use super::find::has_parameters;
use crate::failure::Failure;
use signoff_core::action::ParameterValue;
use std::collections::BTreeMap;

/// A pipeline as it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The full SHA of its commit.
    pub revision: String,
    /// True if it has other parameters than it was triggered with, as far as CircleCI tells.
    pub has_other_parameters: bool,
    /// The repository that it builds, for people, if that is not the one that was asked for.
    pub other_repository: Option<String>,
}

impl CircleCi {
    /// The pipeline with the id `id`, which was triggered for `repository` (`owner/name`) with `parameters`;
    /// `None` while CircleCI does not tell its commit.
    /// <https://circleci.com/docs/api/v2/#operation/getPipelineById>
    ///
    /// # Errors
    ///
    /// A request that CircleCI did not answer, or answered with an error.
    pub async fn ran(
        &self,
        id: &str,
        repository: &str,
        parameters: &BTreeMap<String, ParameterValue>,
    ) -> Result<Option<Ran>, Failure> {
        let pipeline = self.pipeline(id).await?;
        let has_other_parameters = has_parameters(&pipeline, parameters) == Some(false);
        let other_repository = pipeline.other_repository(repository);
        let revision = pipeline.revision().map(str::to_ascii_lowercase);
        Ok(revision.map(|revision| Ran { revision, has_other_parameters, other_repository }))
    }

    /// Asks for every workflow of the pipeline with the id `id` to be cancelled. They may have acted before,
    /// and one that is not there yet is not cancelled.
    /// <https://circleci.com/docs/api/v2/#operation/cancelWorkflow>
    ///
    /// # Errors
    ///
    /// [`Failure::Retryable`] if it has no workflow yet; else the first request that CircleCI did not answer,
    /// or refused.
    pub async fn cancel_pipeline(&self, id: &str) -> Result<(), Failure> {
        let pipeline = self.pipeline(id).await?;
        let workflows = self.workflows(&pipeline).await?;
        if workflows.is_empty() {
            return Err(Failure::retryable("it has no workflow yet"));
        }
        let mut refused = Ok(());
        for workflow in &workflows {
            let cancelled = self.cancel_workflow(workflow).await;
            refused = refused.and(cancelled);
        }
        refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Responder, json as reply};
    use serde_json::{Value, json};

    const REVISION: &str = "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b";

    #[tokio::test]
    async fn pipeline_of_another_repository_is_named() {
        let built = |url: &str| {
            json!({"revision": REVISION, "branch": "main", "origin_repository_url": url,
                "target_repository_url": url})
        };
        let fork = json!({"revision": REVISION, "branch": "main",
            "origin_repository_url": "https://github.com/eve/checkout",
            "target_repository_url": "https://github.com/acme/checkout"});
        for (vcs, expected) in [
            (built("https://github.com/Acme/checkout"), None),
            (built("https://github.acme.example/acme/checkout.git"), None),
            (built("https://github.com/acme/other"), Some("https://github.com/acme/other")),
            (built("https://bitbucket.org/acme/checkout"), Some("https://bitbucket.org/acme/checkout")),
            (fork, Some("https://github.com/eve/checkout")),
            (
                json!({"revision": REVISION, "branch": "main"}),
                Some("a repository that CircleCI does not name"),
            ),
            // CircleCI's GitHub App does not say which repository it builds.
            (Value::Null, None),
        ] {
            let told = json!({"id": "p1", "number": 1, "state": "created", "trigger": {"type": "api"},
                "created_at": "2021-05-11T11:40:00Z", "vcs": vcs,
                "trigger_parameters": {"git": {"checkout_sha": REVISION}}});
            let server = Responder::start(move |_, _| reply(200, &told)).await;
            let circleci = CircleCi::new(
                crate::http::client().unwrap(),
                format!("{}/api/v2", server.base),
                "https://app.circleci.com",
                "token".into(),
            );
            let ran = circleci.ran("p1", "acme/checkout", &BTreeMap::new()).await.unwrap().unwrap();
            assert_eq!(ran.other_repository.as_deref(), expected, "{vcs}");
        }
    }
}
