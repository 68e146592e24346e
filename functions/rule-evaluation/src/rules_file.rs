//! The rules file of a repository, and its default tags, from its default branch.

use crate::handler::{RuleEvaluation, Trouble};
use approval::deploy::{RulesChange, is_ci_file};
use providers::github::first_file::{RULES, TAGS};
use providers::github::{ChangedFiles, GitHub, Keeper, KeptFile, RepositoryFile};
use store::CachedRules;

/// Whether `files` has a file that rules or default tags are read from, or one that a CI reads: changed, removed, or moved to or
/// from there.
pub(crate) fn change(files: &ChangedFiles) -> RulesChange {
    let rules = RULES.into_iter().chain(TAGS);
    let rules = rules.filter(|path| files.paths.iter().any(|changed| changed == path)).map(str::to_owned);
    let ci = files.paths.iter().filter(|path| is_ci_file(path)).cloned();
    let changed: Vec<_> = rules.chain(ci).collect();
    match changed.is_empty() {
        false => RulesChange::Yes(changed),
        true if files.truncated => RulesChange::Unknown,
        true => RulesChange::No,
    }
}

impl RuleEvaluation {
    /// The rules file of `repository`.
    pub(crate) async fn rules_file(
        &self,
        github: &GitHub,
        repository: &str,
    ) -> Result<Option<RepositoryFile>, Trouble> {
        github.first_file(repository, RULES, self).await
    }

    /// The file of default tags of `repository`.
    pub(crate) async fn tags_file(
        &self,
        github: &GitHub,
        repository: &str,
    ) -> Result<Option<RepositoryFile>, Trouble> {
        github.first_file(repository, TAGS, self).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_rules_is_known_or_said_to_be_unknown() {
        let both = ["src/main.rs", ".sleuth/rules.yml", ".signoff/rules.yml"];
        let yes = |paths: &[&str]| RulesChange::Yes(paths.iter().map(|path| (*path).to_owned()).collect());
        for (paths, truncated, expected) in [
            (&[][..], false, RulesChange::No),
            (&[], true, RulesChange::Unknown),
            (&["src/main.rs", "docs/.signoff/rules.yml", ".signoff/rules.yml.orig"], false, RulesChange::No),
            (&["src/main.rs"], true, RulesChange::Unknown),
            (&["src/main.rs", ".signoff/rules.yml"], false, yes(&[".signoff/rules.yml"])),
            (&[".sleuth/rules.yml"], true, yes(&[".sleuth/rules.yml"])),
            (
                &[".github/workflows/promote.yml", ".signoff/TAGS"],
                false,
                yes(&[".signoff/TAGS", ".github/workflows/promote.yml"]),
            ),
            (&both, false, yes(&[".signoff/rules.yml", ".sleuth/rules.yml"])),
        ] {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            let files = ChangedFiles { paths, lines: 0, truncated };
            assert_eq!(change(&files), expected, "{files:?}");
        }
    }
}
