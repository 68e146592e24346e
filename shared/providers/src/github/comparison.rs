//! One way of GitHub's comparison of two commits, page by page.

use super::client::{ChangedFiles, GitHub, JSON};
use super::failure::classify;
use super::{parse, wire};
use crate::failure::{Failure, Repeat};
use crate::http::{Answer, MAX_ANSWER, send};
use futures_util::future::try_join_all;
use reqwest::{Method, StatusCode};
use signoff_core::range::Direction;

/// The most commits of a range that are read, each way.
pub const MAX_COMMITS: usize = 2_500;
/// The commits on a page.
const PAGE: usize = 100;
/// The number of requests that are under way at the same time. GitHub allows 100 for all that a token does.
///
/// Source:
/// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits>.
pub(super) const LANES: usize = 6;

/// One way of a comparison: what one commit has that another one has not.
pub(super) struct Side {
    /// GitHub's word for how the two lie to each other.
    pub status: String,
    /// The number of commits, also of those that were not read.
    pub total: usize,
    /// The commit that is compared with.
    pub base: wire::Commit,
    /// The commits, oldest first; the newest 2,500 of them.
    pub commits: Vec<wire::Commit>,
    /// The files that these change.
    pub files: ChangedFiles,
    /// Facts that were not read, a sentence each.
    pub missing: Vec<String>,
}

impl Side {
    /// True if there are more commits than are read.
    pub(super) fn is_cut(&self) -> bool {
        self.total > MAX_COMMITS
    }
}

/// A commit that GitHub was asked for.
pub(super) enum Sought {
    /// It is there.
    There(Box<wire::Commit>),
    /// GitHub has no such commit, and says so in these words.
    Nowhere(Failure),
}

impl GitHub {
    /// One way of a comparison, page by page from its `first` one on: all commits, or the newest 2,500.
    ///
    /// # Errors
    ///
    /// Any answer but a page: nobody knows then what is missing.
    pub(super) async fn whole(
        &self,
        repository: &str,
        (base, head): (&str, &str),
        mut first: Side,
    ) -> Result<Side, Failure> {
        let total = first.total;
        let last = total.div_ceil(PAGE);
        // The newest ones, where there are too many: they are what people look for.
        let from = (last + 1).saturating_sub(MAX_COMMITS / PAGE).max(1);
        let mut commits = if from == 1 { first.commits.split_off(0) } else { Vec::new() };
        let pages: Vec<usize> = (from.max(2)..=last).collect();
        for pages in pages.chunks(LANES) {
            let asked = pages.iter().map(|page| self.commits_of_page(repository, base, head, *page));
            commits.extend(try_join_all(asked).await?.into_iter().flatten());
        }
        let mut missing = Vec::new();
        if commits.len() != total {
            let read = commits.len();
            missing
                .push(format!("GitHub counts {total} commits between {base} and {head}; {read} were read."));
        }
        Ok(Side { commits, missing, ..first })
    }

    /// The commits on a later page of one way of a comparison.
    async fn commits_of_page(
        &self,
        repository: &str,
        base: &str,
        head: &str,
        number: usize,
    ) -> Result<Vec<wire::Commit>, Failure> {
        let name = format!("commits {base} {head} {number}");
        if let Some(kept) = self.kept(&name).await? {
            return Ok(kept);
        }
        let answer = self.compared(repository, base, head, number).await?;
        let commits = page(repository, base, head, answer)?.commits;
        self.keep(&name, &commits).await?;
        Ok(commits)
    }

    /// The first page of one way of a comparison, which alone has the files. `Err` of the answer: GitHub does
    /// not know one of the two, or says that they have nothing in common.
    pub(super) async fn first_page(
        &self,
        repository: &str,
        base: &str,
        head: &str,
    ) -> Result<Result<Side, Failure>, Failure> {
        let answer = self.compared(repository, base, head, 1).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Err(classify(&doing(repository, base, head), &answer, Repeat::Harmless)));
        }
        let first = page(repository, base, head, answer)?;
        Ok(Ok(Side {
            status: first.status,
            total: first.total_commits,
            base: first.base_commit,
            commits: first.commits,
            files: parse::changed_files(first.files),
            missing: Vec::new(),
        }))
    }

    async fn compared(
        &self,
        repository: &str,
        base: &str,
        head: &str,
        page: usize,
    ) -> Result<Answer, Failure> {
        let (range, page) = (format!("{base}...{head}"), page.to_string());
        let request = self.request(Method::GET, repository, ["compare", &range], JSON)?;
        let request = request.query(&[("per_page", "100"), ("page", page.as_str())]);
        self.count_request();
        send("GitHub", &doing(repository, base, head), request, Repeat::Harmless, MAX_ANSWER).await
    }

    /// The commit `revision` (a SHA, also a shortened one, a branch or a tag).
    /// <https://docs.github.com/rest/commits/commits#get-a-commit>
    ///
    /// # Errors
    ///
    /// GitHub does not say whether there is one.
    pub(super) async fn sought(&self, repository: &str, revision: &str) -> Result<Sought, Failure> {
        let doing = format!("reading the commit {revision} of {repository}");
        let request = self.request(Method::GET, repository, ["commits", revision], JSON)?;
        self.count_request();
        let answer = send("GitHub", &doing, request, Repeat::Harmless, MAX_ANSWER).await?;
        match answer.status {
            StatusCode::OK => Ok(Sought::There(answer.json("GitHub", &doing, Repeat::Harmless)?)),
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => {
                Ok(Sought::Nowhere(classify(&doing, &answer, Repeat::Harmless)))
            }
            _ => Err(classify(&doing, &answer, Repeat::Harmless)),
        }
    }
}

impl Side {
    /// Returns the direction from the base to the head.
    pub(super) fn direction(&self) -> Direction {
        match self.status.as_str() {
            "identical" => Direction::Same,
            "ahead" => Direction::Forward,
            "behind" => Direction::Rollback,
            _ => Direction::Diverged,
        }
    }
}

fn page(repository: &str, base: &str, head: &str, answer: Answer) -> Result<wire::ComparisonPage, Failure> {
    let doing = doing(repository, base, head);
    match answer.status {
        StatusCode::OK => answer.json("GitHub", &doing, Repeat::Harmless),
        _ => Err(classify(&doing, &answer, Repeat::Harmless)),
    }
}

fn doing(repository: &str, base: &str, head: &str) -> String {
    format!("comparing {base} with {head} in {repository}")
}
