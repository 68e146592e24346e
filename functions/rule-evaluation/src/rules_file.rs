//! The rules file of a repository, from its default branch.

use crate::handler::{RuleEvaluation, Trouble};
use providers::github::{FileAnswer, GitHub};
use store::CachedRules;

/// Where rules files lie; the first one that there is counts.
const PATHS: [&str; 2] = [".signoff/rules.yml", ".sleuth/rules.yml"];

/// A rules file as it stands in the repository.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its path.
    pub(crate) path: &'static str,
    /// Its text.
    pub(crate) text: String,
}

impl RuleEvaluation {
    /// The rules file of `repository`; one that has not changed since it was last read is not sent again.
    pub(crate) async fn rules_file(
        &self,
        github: &GitHub,
        repository: &str,
    ) -> Result<Option<Source>, Trouble> {
        for path in PATHS {
            let cached = self.store.cached_rules(repository, path).await?;
            let etag = cached.as_ref().map(|cached| cached.etag.as_str());
            let text = match (github.file(repository, path, etag).await?, cached) {
                (FileAnswer::Missing, _) => continue,
                (FileAnswer::NotModified, Some(cached)) => cached.text,
                // Only a request that named an ETag is answered so; read the file without one.
                (FileAnswer::NotModified, None) => match github.file(repository, path, None).await? {
                    FileAnswer::Found { text, .. } => text,
                    FileAnswer::NotModified | FileAnswer::Missing => continue,
                },
                (FileAnswer::Found { text, etag }, _) => {
                    if let Some(etag) = etag {
                        let cached = CachedRules { etag, text: text.clone() };
                        self.store.cache_rules(repository, path, &cached, self.now()).await?;
                    }
                    text
                }
            };
            return Ok(Some(Source { path, text }));
        }
        Ok(None)
    }
}
