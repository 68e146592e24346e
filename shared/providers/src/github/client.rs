//! The calls to GitHub's REST API.

use super::failure::classify;
use super::parts::{Parts, Reading};
use super::{parse, wire};
use crate::failure::{Failure, Repeat};
use crate::http::{Answer, MAX_ANSWER, TooLong, secret_header, send, send_within, url};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, Method, StatusCode};
use secrecy::SecretString;
use signoff_core::deploy::{Commit, Person};
use signoff_core::range_files::Unread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The version of the API that these calls are written for. From 2026-03-10 on, starting a workflow answers
/// 200 always.
const API_VERSION: &str = "2022-11-28";
/// The largest file that is read.
const MAX_FILE: usize = 512 * 1024;
/// The end of a sentence about a larger one.
const LARGE: &str = "is larger than 512 KiB";
/// The code by which GitHub refuses a file that is larger than it sends to anybody.
const TOO_LARGE: &[u8] = b"too_large";
/// The media type of a file's bytes, which a directory is not answered with.
const RAW: &str = "application/vnd.github.raw+json";
pub(super) const JSON: &str = "application/vnd.github+json";

/// A client with one token. Clones share their connections.
#[derive(Clone, Debug)]
pub struct GitHub {
    http: Client,
    base: String,
    token: SecretString,
    /// The place that keeps the parts of large ranges.
    pub(super) parts: Option<Arc<dyn Parts>>,
    /// The reading of a large range that this client is for.
    pub(super) reading: Option<Reading>,
    /// The number of requests that the reading of a range took so far.
    spent: Arc<AtomicUsize>,
    /// The number of the repository that is read.
    pub(super) number: Option<u64>,
}

/// A file of a repository's default branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAnswer {
    /// It is what it was when the ETag was given.
    NotModified,
    /// It is there.
    Found {
        /// Content of the file.
        text: String,
        /// ETag for the next read, if GitHub gives one.
        etag: Option<String>,
    },
    /// Something is there that is no text file, or too large a one. The reason follows the path in a
    /// sentence.
    Unusable(&'static str),
    /// There is no such file (or repository, or the token may see neither: GitHub does not tell these apart).
    Missing,
}

/// The files that one commit or several change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedFiles {
    /// Their paths; of a file that was renamed the old one too.
    pub paths: Vec<String>,
    /// Number of lines added and removed in them.
    pub lines: u64,
    /// True if there may be more: GitHub lists 300 at most.
    pub truncated: bool,
    /// Code that they bring in without showing it.
    pub unread: Vec<Unread>,
}

impl GitHub {
    /// A client for the API at `base` (`https://api.github.com`).
    pub fn new(http: Client, base: impl Into<String>, token: SecretString) -> Self {
        Self {
            http,
            base: base.into(),
            token,
            parts: None,
            reading: None,
            spent: Arc::default(),
            number: None,
        }
    }

    /// The same client, for the repository with the number `number`: each query asks for the number
    /// along with the rest, and one that another repository by the name answers counts for nothing. A
    /// failure of [`GitHub::range`] or [`GitHub::single`] may then mean that another repository has the
    /// name.
    ///
    /// Comparisons, commits and files by a full SHA are not compared: they are the same in every repository.
    pub fn numbered(self, number: u64) -> Self {
        Self { number: Some(number), ..self }
    }

    /// The number of the repository that it reads, as [`GitHub::numbered`] has it.
    pub fn number(&self) -> Option<u64> {
        self.number
    }

    /// The same client, which counts the requests of one range from zero on.
    pub(super) fn counting(&self) -> Self {
        Self { spent: Arc::default(), ..self.clone() }
    }

    /// Counts a request of a range.
    pub(super) fn count_request(&self) {
        self.spent.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of comparisons and queries that were counted.
    pub(super) fn requests_spent(&self) -> usize {
        self.spent.load(Ordering::Relaxed)
    }

    /// The file at `path` of `repository` (`owner/name`), on its default branch. With the `etag` of an
    /// earlier answer, a file that is still the same costs nothing of the rate limit.
    /// <https://docs.github.com/rest/repos/contents#get-repository-content>
    ///
    /// # Errors
    ///
    /// GitHub can't be asked, or declines.
    pub async fn file(
        &self,
        repository: &str,
        path: &str,
        etag: Option<&str>,
    ) -> Result<FileAnswer, Failure> {
        let doing = format!("reading {path} of {repository}");
        let segments = ["contents"].into_iter().chain(path.split('/'));
        let mut request = self.request(Method::GET, repository, segments, RAW)?;
        if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let answer = match send_within("GitHub", &doing, request, Repeat::Harmless, MAX_FILE).await? {
            Ok(answer) => answer,
            Err(TooLong(StatusCode::OK)) => return Ok(FileAnswer::Unusable(LARGE)),
            Err(TooLong(status)) => {
                let told = format!("GitHub answered {status} with more than a file may have while {doing}");
                return Err(Failure::Permanent(told));
            }
        };
        match answer.status {
            StatusCode::OK => {}
            StatusCode::FORBIDDEN if answer.body.windows(TOO_LARGE.len()).any(|part| part == TOO_LARGE) => {
                return Ok(FileAnswer::Unusable(LARGE));
            }
            StatusCode::NOT_MODIFIED => return Ok(FileAnswer::NotModified),
            StatusCode::NOT_FOUND => return Ok(FileAnswer::Missing),
            _ => return Err(classify(&doing, &answer, Repeat::Harmless)),
        }
        let is_json =
            answer.header(CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("application/json"));
        if is_json {
            let is_directory = answer.body.starts_with(b"[");
            let what = if is_directory {
                "is a directory, not a file"
            } else {
                "is a link or a submodule, not a file"
            };
            return Ok(FileAnswer::Unusable(what));
        }
        let etag = answer.header(ETAG.as_str()).map(str::to_owned);
        Ok(match String::from_utf8(answer.body) {
            Ok(text) => FileAnswer::Found { text, etag },
            Err(_) => FileAnswer::Unusable("is not UTF-8"),
        })
    }

    /// The commit that `ref` (a SHA, also a shortened one, a branch or a tag) stands for, and what it
    /// changes. <https://docs.github.com/rest/commits/commits#get-a-commit>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] or [`Failure::Refusal`] if there is none.
    pub async fn commit(&self, repository: &str, r#ref: &str) -> Result<(Commit, ChangedFiles), Failure> {
        let doing = format!("reading the commit {ref} of {repository}", r#ref = r#ref);
        let answer = self.read(repository, ["commits", r#ref], &doing).await?;
        let mut commit: wire::Commit = answer.json("GitHub", &doing, Repeat::Harmless)?;
        let files = parse::changed_files(std::mem::take(&mut commit.files));
        Ok((parse::commit(&commit), files))
    }

    /// Reads the public profile of the account `login`; many show no e-mail address there.
    /// <https://docs.github.com/rest/users/users#get-a-user>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if there is no such account.
    pub async fn person(&self, login: &str) -> Result<Person, Failure> {
        let doing = format!("reading the profile of {login}");
        let request = self.call(Method::GET, ["users", login], JSON)?;
        let profile: wire::Profile =
            found(&doing, request).await?.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(parse::person(login, profile))
    }

    /// A GET below the repository, answered 200.
    pub(super) async fn read<'a>(
        &self,
        repository: &'a str,
        segments: impl IntoIterator<Item = &'a str>,
        doing: &str,
    ) -> Result<Answer, Failure> {
        self.found_in(repository, doing, self.request(Method::GET, repository, segments, JSON)?).await
    }

    /// A GET below the repository with a query, answered 200.
    pub(super) async fn read_with<'a>(
        &self,
        repository: &'a str,
        segments: impl IntoIterator<Item = &'a str>,
        query: &[(&str, &str)],
        doing: &str,
    ) -> Result<Answer, Failure> {
        let request = self.request(Method::GET, repository, segments, JSON)?.query(query);
        self.found_in(repository, doing, request).await
    }

    /// A question to the GraphQL API: of github.com beside the REST API, of an Enterprise Server at
    /// `/api/graphql` instead of `/api/v3`.
    /// <https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql>
    pub(super) fn graphql(&self, accept: &str) -> Result<reqwest::RequestBuilder, Failure> {
        let base = self.base.trim_end_matches('/');
        let base = base.strip_suffix("/v3").filter(|base| base.ends_with("/api")).unwrap_or(base);
        let token = secret_header("GitHub token in the stack's secret", "Bearer ", &self.token)?;
        let url = url(base, ["graphql"])?;
        Ok(self.http.request(Method::POST, url).header(AUTHORIZATION, token).header(ACCEPT, accept))
    }

    pub(super) fn request<'a>(
        &self,
        method: Method,
        repository: &'a str,
        segments: impl IntoIterator<Item = &'a str>,
        accept: &str,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let wrong = || {
            Failure::Permanent(format!("`{repository}` is not a repository on GitHub: it needs `owner/name`"))
        };
        let (owner, name) = repository.split_once('/').ok_or_else(wrong)?;
        self.call(method, ["repos", owner, name].into_iter().chain(segments), accept)
    }

    pub(super) fn call<'a>(
        &self,
        method: Method,
        segments: impl IntoIterator<Item = &'a str>,
        accept: &str,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let token = secret_header("GitHub token in the stack's secret", "Bearer ", &self.token)?;
        let url = url(&self.base, segments)?;
        let request = self.http.request(method, url).header(AUTHORIZATION, token).header(ACCEPT, accept);
        Ok(request.header("X-GitHub-Api-Version", API_VERSION))
    }
}

/// Sends a GET; the answer is a 200.
pub(super) async fn found(doing: &str, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
    let answer = send("GitHub", doing, request, Repeat::Harmless, MAX_ANSWER).await?;
    if answer.status == StatusCode::OK { Ok(answer) } else { Err(classify(doing, &answer, Repeat::Harmless)) }
}

#[cfg(test)]
mod tests;
