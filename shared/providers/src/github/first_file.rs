//! Paths of Signoff's files in a repository, and reading the one that counts.

use super::client::{FileAnswer, GitHub};
use crate::failure::Failure;

/// Paths of rules files; the first one that exists counts.
pub const RULES: [&str; 2] = [".signoff/rules.yml", ".sleuth/rules.yml"];
/// Paths of default tags; the first one that exists counts.
pub const TAGS: [&str; 2] = [".signoff/TAGS", ".sleuth/TAGS"];

/// A file as it stands on the default branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFile {
    /// Its path.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

/// A file as it was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// GitHub's mark of this version.
    pub etag: String,
    /// Its text.
    pub text: String,
}

/// Cache of files between two reads, so that GitHub does not send an unchanged one again.
pub trait Keeper {
    /// Error of the cache, or of reading from GitHub.
    type Error: From<Failure>;

    /// The file as it was last read.
    fn kept(
        &self,
        repository: &str,
        path: &str,
    ) -> impl Future<Output = Result<Option<KeptFile>, Self::Error>> + Send;

    /// Keeps the file.
    fn keep(
        &self,
        repository: &str,
        path: &str,
        file: KeptFile,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct Forgetful;

impl Keeper for Forgetful {
    type Error = Failure;

    async fn kept(&self, _: &str, _: &str) -> Result<Option<KeptFile>, Failure> {
        Ok(None)
    }

    async fn keep(&self, _: &str, _: &str, _: KeptFile) -> Result<(), Failure> {
        Ok(())
    }
}

impl GitHub {
    /// The first file of `paths` that `repository` (`owner/name`) has on its default branch; `None`: it has
    /// none of them.
    ///
    /// # Errors
    ///
    /// Those of [`GitHub::file`], and the keeper's own.
    pub async fn first_file<K: Keeper, const N: usize>(
        &self,
        repository: &str,
        paths: [&'static str; N],
        keeper: &K,
    ) -> Result<Option<RepositoryFile>, K::Error> {
        for path in paths {
            let kept = keeper.kept(repository, path).await?;
            let etag = kept.as_ref().map(|kept| kept.etag.as_str());
            let text = match (self.file(repository, path, etag).await?, kept) {
                (FileAnswer::Missing, _) => continue,
                (FileAnswer::NotModified, Some(kept)) => kept.text,
                // Only a request that named an ETag is answered so; read the file without one.
                (FileAnswer::NotModified, None) => match self.file(repository, path, None).await? {
                    FileAnswer::Found { text, .. } => text,
                    FileAnswer::NotModified | FileAnswer::Missing => continue,
                },
                (FileAnswer::Found { text, etag }, _) => {
                    if let Some(etag) = etag {
                        keeper.keep(repository, path, KeptFile { etag, text: text.clone() }).await?;
                    }
                    text
                }
            };
            return Ok(Some(RepositoryFile { path, text }));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Reply, Responder};
    use std::sync::Mutex;

    /// Keeps one file.
    struct One(Mutex<Option<KeptFile>>);

    impl Keeper for One {
        type Error = Failure;

        async fn kept(&self, _: &str, path: &str) -> Result<Option<KeptFile>, Failure> {
            Ok(self.0.lock().unwrap().clone().filter(|_| path == RULES[1]))
        }

        async fn keep(&self, _: &str, _: &str, file: KeptFile) -> Result<(), Failure> {
            *self.0.lock().unwrap() = Some(file);
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_first_file_that_there_is_counts_and_one_that_is_kept_is_not_sent_again() {
        let server = Responder::start(|line, request| match line {
            "GET /repos/acme/old/contents/.sleuth/rules.yml" if request.contains("if-none-match: \"1\"") => {
                Reply::Answer(304, vec![], vec![])
            }
            "GET /repos/acme/old/contents/.sleuth/rules.yml" => {
                Reply::Answer(200, vec!["ETag: \"1\"".into()], b"rules: []\n".to_vec())
            }
            "GET /repos/acme/new/contents/.signoff/rules.yml" => Reply::Answer(200, vec![], b"x".to_vec()),
            _ => Reply::Answer(404, vec![], b"{}".to_vec()),
        })
        .await;
        let github = GitHub::new(crate::http::client().unwrap(), server.base.clone(), "ghp_test".into());
        let keeper = One(Mutex::new(None));
        let file = |path, text: &str| Ok(Some(RepositoryFile { path, text: text.to_owned() }));
        for _ in 0..2 {
            let read = github.first_file("acme/old", RULES, &keeper).await;
            assert_eq!(read, file(".sleuth/rules.yml", "rules: []\n"));
        }
        assert!(server.asked()[3].contains("if-none-match: \"1\""));
        assert_eq!(github.first_file("acme/new", RULES, &Forgetful).await, file(".signoff/rules.yml", "x"));
        assert_eq!(github.first_file("acme/none", RULES, &Forgetful).await, Ok(None));
    }
}
