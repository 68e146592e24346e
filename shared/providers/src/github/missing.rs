//! The thing that a 404 of GitHub's is about: GitHub answers it for what is not there, and for what the
//! token may not see.

use super::client::{GitHub, JSON};
use super::failure::classify;
use crate::failure::{Failure, Repeat};
use crate::http::{Answer, MAX_ANSWER, send};
use reqwest::{Method, RequestBuilder, StatusCode};

/// The thing that is missing, as far as GitHub tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A part of the repository: the token sees the repository itself.
    Part,
    /// The repository. Its owner is there; GitHub does not tell whether the token may not see it.
    Repository,
    /// The repository's owner, and so the repository.
    Owner,
}

impl Missing {
    /// The missing thing of `repository`, and what to do, as a part of a sentence. A write that the token may
    /// not do is answered as one of something that is not there.
    fn sentence(self, repository: &str, repeat: Repeat) -> String {
        let owner = repository.split('/').next().unwrap_or(repository);
        match self {
            Self::Part => {
                let (cause, check) = match repeat {
                    Repeat::Harmless => ("", ""),
                    Repeat::MayDouble => {
                        (", or the token may not write there", ", and the permissions that the token has")
                    }
                };
                format!(
                    "Signoff's GitHub token sees {repository}, so this is not in it (any more){cause}; check the name{check}"
                )
            }
            Self::Repository => format!(
                "{repository} is not there, or Signoff's GitHub token may not see it, which GitHub answers in the same way; \
                 check the repository's name, and the repositories that the token has access to"
            ),
            Self::Owner => format!(
                "GitHub has no user or organization {owner}, so {repository} is not there; correct the repository's name in the \
                 deployment's settings"
            ),
        }
    }
}

impl GitHub {
    /// The thing that is missing where GitHub answered 404 about `repository`, or about a part of it. Up to
    /// two requests:
    /// <https://docs.github.com/rest/repos/repos#get-a-repository> and
    /// <https://docs.github.com/rest/users/users#get-a-user>, which answers for organizations too.
    ///
    /// # Errors
    ///
    /// GitHub does not answer now.
    pub async fn missing(&self, repository: &str) -> Result<Missing, Failure> {
        let doing = format!("finding out what is missing of {repository}");
        let whole = self.request(Method::GET, repository, [], JSON)?;
        if is_there(&doing, whole).await? {
            return Ok(Missing::Part);
        }
        let owner = repository.split('/').next().unwrap_or(repository);
        let owner = self.call(Method::GET, ["users", owner], JSON)?;
        Ok(if is_there(&doing, owner).await? { Missing::Repository } else { Missing::Owner })
    }

    /// The answer to a GET below `repository`, which is a 200.
    pub(super) async fn found_in(
        &self,
        repository: &str,
        doing: &str,
        request: RequestBuilder,
    ) -> Result<Answer, Failure> {
        let answer = send("GitHub", doing, request, Repeat::Harmless, MAX_ANSWER).await?;
        if answer.status == StatusCode::OK {
            return Ok(answer);
        }
        Err(self.refusal(repository, doing, &answer, Repeat::Harmless).await)
    }

    /// The failure of an answer about `repository` that is no success; that of a 404 says what is missing.
    pub(super) async fn refusal(
        &self,
        repository: &str,
        doing: &str,
        answer: &Answer,
        repeat: Repeat,
    ) -> Failure {
        let failure = classify(doing, answer, repeat);
        if answer.status != StatusCode::NOT_FOUND {
            return failure;
        }
        match self.missing(repository).await {
            Ok(missing) => Failure::Permanent(format!(
                "GitHub answered 404 while {doing}: {}",
                missing.sentence(repository, repeat)
            )),
            Err(_) => failure,
        }
    }
}

/// True if a GET is answered 200, and false if it is answered 404.
async fn is_there(doing: &str, request: RequestBuilder) -> Result<bool, Failure> {
    let answer = send("GitHub", doing, request, Repeat::Harmless, MAX_ANSWER).await?;
    match answer.status {
        StatusCode::OK => Ok(true),
        StatusCode::NOT_FOUND => Ok(false),
        _ => Err(classify(doing, &answer, Repeat::Harmless)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Reply, Responder};

    #[tokio::test]
    async fn missing_thing_is_named_as_far_as_github_tells() {
        let server = Responder::start(|line, _| match line {
            "GET /repos/acme/seen" | "GET /users/acme" => Reply::Answer(200, vec![], b"{}".to_vec()),
            "GET /repos/acme/limited" => Reply::Answer(429, vec![], b"{}".to_vec()),
            _ => Reply::Answer(404, vec![], b"{}".to_vec()),
        })
        .await;
        let github = GitHub::new(crate::http::client().unwrap(), server.base.clone(), "ghp_test".into());
        let mut told = Vec::new();
        for repository in ["acme/seen", "acme/hidden", "acmee/seen", "acme/limited"] {
            told.push(github.ci_files(repository, "7bf7226").await.unwrap_err().to_string());
        }
        insta::assert_snapshot!(told.join("\n"), @"
        GitHub answered 404 while reading the files at 7bf7226 in acme/seen: Signoff's GitHub token sees acme/seen, so this is not in it (any more); check the name
        GitHub answered 404 while reading the files at 7bf7226 in acme/hidden: acme/hidden is not there, or Signoff's GitHub token may not see it, which GitHub answers in the same way; check the repository's name, and the repositories that the token has access to
        GitHub answered 404 while reading the files at 7bf7226 in acmee/seen: GitHub has no user or organization acmee, so acmee/seen is not there; correct the repository's name in the deployment's settings
        GitHub answered 404 while reading the files at 7bf7226 in acme/limited: there is no such thing, or Signoff's GitHub token may not see it; check the name, and the repositories that the token has access to
        ");
    }

    #[test]
    fn write_names_the_permission_that_may_be_missing() {
        let told = |repeat| Missing::Part.sentence("acme/shop", repeat);
        assert!(
            told(Repeat::MayDouble)
                .contains("or the token may not write there; check the name, and the permissions")
        );
        assert!(!told(Repeat::Harmless).contains("permissions"));
    }
}
