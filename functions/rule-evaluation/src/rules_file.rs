//! The rules file of a repository, and its default tags, from its default branch.

use crate::handler::{RuleEvaluation, Trouble};
use providers::github::first_file::{RULES, TAGS};
use providers::github::{FirstFile, GitHub, Keeper, KeptFile};
use store::CachedRules;

impl RuleEvaluation {
    /// The rules file of `repository`.
    pub(crate) async fn rules_file(&self, github: &GitHub, repository: &str) -> Result<FirstFile, Trouble> {
        github.look_for_file(repository, RULES, self).await
    }

    /// The file of default tags of `repository`.
    pub(crate) async fn tags_file(&self, github: &GitHub, repository: &str) -> Result<FirstFile, Trouble> {
        github.look_for_file(repository, TAGS, self).await
    }
}

/// Files are kept in the cache's table.
impl Keeper for RuleEvaluation {
    type Error = Trouble;

    async fn kept(&self, repository: &str, path: &str) -> Result<Option<KeptFile>, Trouble> {
        let cached = self.store.cached_rules(repository, path).await?;
        Ok(cached.map(|CachedRules { etag, text }| KeptFile { etag, text }))
    }

    async fn keep(&self, repository: &str, path: &str, file: KeptFile) -> Result<(), Trouble> {
        let cached = CachedRules { etag: file.etag, text: file.text };
        Ok(self.store.cache_rules(repository, path, &cached, self.now()).await?)
    }
}
