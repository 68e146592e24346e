//! The rules file of a repository, and its default tags, from its default branch.

use crate::handler::{EvaluationError, RuleEvaluation};
use signoff_providers::github::first_file::{RULES, TAGS};
use signoff_providers::github::{CachedFile, FileCache, FirstFile, GitHub};
use signoff_store::CachedRules;

impl RuleEvaluation {
    /// The rules file of `repository`.
    pub(crate) async fn rules_file(
        &self,
        github: &GitHub,
        repository: &str,
    ) -> Result<FirstFile, EvaluationError> {
        github.look_for_file(repository, RULES, self).await
    }

    /// The file of default tags of `repository`.
    pub(crate) async fn tags_file(
        &self,
        github: &GitHub,
        repository: &str,
    ) -> Result<FirstFile, EvaluationError> {
        github.look_for_file(repository, TAGS, self).await
    }
}

/// Files are kept in the cache's table.
impl FileCache for RuleEvaluation {
    type Error = EvaluationError;

    async fn kept(&self, repository: &str, path: &str) -> Result<Option<CachedFile>, EvaluationError> {
        let cached = self.store.cached_rules(repository, path, self.now()).await?;
        Ok(cached.map(|CachedRules { etag, text }| CachedFile { etag, text }))
    }

    async fn keep(&self, repository: &str, path: &str, file: CachedFile) -> Result<(), EvaluationError> {
        let cached = CachedRules { etag: file.etag, text: file.text };
        Ok(self.store.cache_rules(repository, path, &cached, self.now()).await?)
    }
}
