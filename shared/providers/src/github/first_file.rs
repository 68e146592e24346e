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

/// The first file of some that a repository has on its default branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstFile {
    /// It has none of them.
    Missing,
    /// This one.
    Found(RepositoryFile),
    /// Something is there that is no text file, or too large a one. It counts all the same: what stands at
    /// the next path does not take its place.
    Unusable {
        /// Its path.
        path: &'static str,
        /// The reason, which follows the path in a sentence.
        why: &'static str,
    },
}

impl FirstFile {
    /// The file, where it can be used.
    pub fn found(&self) -> Option<&RepositoryFile> {
        match self {
            Self::Found(file) => Some(file),
            Self::Missing | Self::Unusable { .. } => None,
        }
    }
}

/// A file as it was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedFile {
    /// GitHub's mark of this version.
    pub etag: String,
    /// Its text.
    pub text: String,
}

/// Cache of files between two reads, so that GitHub does not send an unchanged one again.
pub trait FileCache {
    /// Error of the cache, or of reading from GitHub.
    type Error: From<Failure>;

    /// The file as it was last read.
    fn kept(
        &self,
        repository: &str,
        path: &str,
    ) -> impl Future<Output = Result<Option<CachedFile>, Self::Error>> + Send;

    /// Keeps the file.
    fn keep(
        &self,
        repository: &str,
        path: &str,
        file: CachedFile,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoCache;

impl FileCache for NoCache {
    type Error = Failure;

    async fn kept(&self, _: &str, _: &str) -> Result<Option<CachedFile>, Failure> {
        Ok(None)
    }

    async fn keep(&self, _: &str, _: &str, _: CachedFile) -> Result<(), Failure> {
        Ok(())
    }
}

impl GitHub {
    /// The first file of `paths` that `repository` (`owner/name`) has on its default branch; `None`: it has
    /// none of them.
    ///
    /// # Errors
    ///
    /// Those of [`GitHub::file`], and the keeper's own; [`Failure::Permanent`] if it can't be used.
    pub async fn first_file<K: FileCache, const N: usize>(
        &self,
        repository: &str,
        paths: [&'static str; N],
        keeper: &K,
    ) -> Result<Option<RepositoryFile>, K::Error> {
        match self.look_for_file(repository, paths, keeper).await? {
            FirstFile::Missing => Ok(None),
            FirstFile::Found(file) => Ok(Some(file)),
            FirstFile::Unusable { path, why } => {
                Err(Failure::Permanent(format!("{path} of {repository} {why}")).into())
            }
        }
    }

    /// The same, with a file that can't be used told apart from one that can't be read now.
    ///
    /// # Errors
    ///
    /// Those of [`GitHub::file`], and the keeper's own.
    pub async fn look_for_file<K: FileCache, const N: usize>(
        &self,
        repository: &str,
        paths: [&'static str; N],
        keeper: &K,
    ) -> Result<FirstFile, K::Error> {
        for path in paths {
            let kept = keeper.kept(repository, path).await?;
            let etag = kept.as_ref().map(|kept| kept.etag.as_str());
            let text = match (self.file(repository, path, etag).await?, kept) {
                (FileAnswer::Missing, _) => continue,
                (FileAnswer::Unusable(why), _) => return Ok(FirstFile::Unusable { path, why }),
                (FileAnswer::NotModified, Some(kept)) => kept.text,
                // Only a request that named an ETag is answered so; read the file without one.
                (FileAnswer::NotModified, None) => match self.file(repository, path, None).await? {
                    FileAnswer::Found { text, .. } => text,
                    FileAnswer::Unusable(why) => return Ok(FirstFile::Unusable { path, why }),
                    FileAnswer::NotModified | FileAnswer::Missing => continue,
                },
                (FileAnswer::Found { text, etag }, _) => {
                    if let Some(etag) = etag {
                        keeper.keep(repository, path, CachedFile { etag, text: text.clone() }).await?;
                    }
                    text
                }
            };
            return Ok(FirstFile::Found(RepositoryFile { path, text }));
        }
        Ok(FirstFile::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Reply, Responder};
    use std::sync::Mutex;

    /// Keeps one file.
    struct One(Mutex<Option<CachedFile>>);

    impl FileCache for One {
        type Error = Failure;

        async fn kept(&self, _: &str, path: &str) -> Result<Option<CachedFile>, Failure> {
            Ok(self.0.lock().unwrap().clone().filter(|_| path == RULES[1]))
        }

        async fn keep(&self, _: &str, _: &str, file: CachedFile) -> Result<(), Failure> {
            *self.0.lock().unwrap() = Some(file);
            Ok(())
        }
    }

    #[tokio::test]
    async fn first_existing_file_counts_and_is_cached() {
        let server = Responder::start(|line, request| match line {
            "GET /repos/acme/old/contents/.sleuth/rules.yml" if request.contains("if-none-match: \"1\"") => {
                Reply::Answer(304, vec![], vec![])
            }
            "GET /repos/acme/old/contents/.sleuth/rules.yml" => {
                Reply::Answer(200, vec!["ETag: \"1\"".into()], b"rules: []\n".to_vec())
            }
            "GET /repos/acme/odd/contents/.signoff/rules.yml" => Reply::Answer(200, vec![], vec![0xff]),
            "GET /repos/acme/odd/contents/.sleuth/rules.yml" => Reply::Answer(200, vec![], b"x".to_vec()),
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
        assert_eq!(github.first_file("acme/new", RULES, &NoCache).await, file(".signoff/rules.yml", "x"));
        assert_eq!(github.first_file("acme/none", RULES, &NoCache).await, Ok(None));
        let unusable = FirstFile::Unusable { path: RULES[0], why: "is not UTF-8" };
        assert_eq!(github.look_for_file("acme/odd", RULES, &NoCache).await, Ok(unusable));
        let told = github.first_file("acme/odd", RULES, &NoCache).await.unwrap_err().to_string();
        assert_eq!(told, ".signoff/rules.yml of acme/odd is not UTF-8");
    }
}
