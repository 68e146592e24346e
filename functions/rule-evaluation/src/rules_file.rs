//! The rules file of a repository, and its default tags, from its default branch.

use crate::handler::{RuleEvaluation, Trouble};
use approval::deploy::RulesChange;
use providers::github::{ChangedFiles, FileAnswer, GitHub};
use rules::tags::DefaultTags;
use store::CachedRules;

/// Where rules files lie; the first one that there is counts.
const PATHS: [&str; 2] = [".signoff/rules.yml", ".sleuth/rules.yml"];

/// Where default tags lie; the first one that there is counts.
const TAGS: [&str; 2] = [".signoff/TAGS", ".sleuth/TAGS"];

/// A file as it stands in the repository.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its path.
    pub(crate) path: &'static str,
    /// Its text.
    pub(crate) text: String,
}

/// Whether `files` has a file that rules are read from: changed, removed, or moved to or from there.
pub(crate) fn change(files: &ChangedFiles) -> RulesChange {
    let changed = PATHS.into_iter().filter(|path| files.paths.iter().any(|changed| changed == path));
    let changed: Vec<_> = changed.map(str::to_owned).collect();
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
    ) -> Result<Option<Source>, Trouble> {
        self.first_of(PATHS, github, repository).await
    }

    /// What `repository` has of default tags.
    pub(crate) async fn default_tags(
        &self,
        github: &GitHub,
        repository: &str,
    ) -> Result<Option<DefaultTags>, Trouble> {
        let file = self.first_of(TAGS, github, repository).await?;
        Ok(file.map(|file| DefaultTags::parse(&file.text, file.path)))
    }

    /// The first file of these that there is; one that has not changed since it was last read is not sent again.
    async fn first_of(
        &self,
        paths: [&'static str; 2],
        github: &GitHub,
        repository: &str,
    ) -> Result<Option<Source>, Trouble> {
        for path in paths {
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
            (&both, false, yes(&[".signoff/rules.yml", ".sleuth/rules.yml"])),
        ] {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            let files = ChangedFiles { paths, lines: 0, truncated };
            assert_eq!(change(&files), expected, "{files:?}");
        }
    }
}
