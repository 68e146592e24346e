//! What the git host knows of a deploy: its commits since the one before, their authors and pull requests.

use crate::handler::{RuleEvaluation, Trouble};
use crate::rules_file;
use approval::deploy::{Commit, Deploy, PullRequest, Size};
use approval::message::shorten;
use providers::Failure;
use providers::github::{ChangedFiles, Comparison, GitHub};
use rules::tags::DefaultTags;
use store::DeploySummary;

/// The most commits that a deploy keeps, the newest ones; GitHub compares as many at a time.
const MAX_COMMITS: usize = 250;
/// How many of the newest commits are asked for their pull requests, a request each.
const MAX_PULL_REQUEST_LOOKUPS: usize = 20;
/// The length of a git SHA that is not shortened.
const FULL_SHA: usize = 40;
/// How much of a commit's first line is kept, in characters.
const MAX_TITLE: usize = 200;

impl RuleEvaluation {
    /// `deploy` with its previous revision, full SHA, commits, pull requests, size, tags by the default tags `tags`, and whether the rules changed;
    /// and what its authors should know of the files that this was read from. What the deploy's own registration said stands.
    /// A revision that the git host does not know leaves the deploy as it is.
    pub(crate) async fn enrich(
        &self,
        github: &GitHub,
        mut deploy: Deploy,
        previous: Option<&DeploySummary>,
        tags: Option<&DefaultTags>,
    ) -> Result<(Deploy, Vec<String>), Trouble> {
        let previous = previous.map(|previous| previous.revision.clone());
        deploy.previous_revision = previous.filter(|previous| *previous != deploy.revision);
        let head = if deploy.revision.len() < FULL_SHA { head(github, &deploy).await? } else { None };
        if let Some((head, _)) = head {
            // CI knows the build by the full SHA.
            deploy.revision = head.revision;
        }
        let Comparison { commits, files } = comparison(github, &deploy).await?;
        deploy.rules_change = rules_file::change(&files);
        let mut notices = Vec::new();
        if !files.paths.is_empty() {
            let changed = u64::try_from(files.paths.len()).unwrap_or(u64::MAX);
            deploy.size = Some(Size { files: changed, lines: files.lines });
            if let Some(tags) = tags {
                deploy.tags.extend(tags.of(&files.paths));
                notices.extend(tags.problems.iter().map(ToString::to_string));
            }
        }
        if deploy.commits.is_empty() {
            deploy.commits = commits;
        }
        let surplus = deploy.commits.len().saturating_sub(MAX_COMMITS);
        deploy.commits.drain(..surplus);
        for commit in &mut deploy.commits {
            commit.title = shorten(&commit.title, MAX_TITLE);
        }
        if deploy.pull_requests.is_empty() {
            deploy.pull_requests = pull_requests(github, &deploy).await?;
        }
        Ok((deploy, notices))
    }
}

/// The commits since the previous deploy and the files that they change, or those of the deployed commit alone where there
/// is none before or the two can't be compared. In the latter case other commits may change other files.
async fn comparison(github: &GitHub, deploy: &Deploy) -> Result<Comparison, Failure> {
    let mut unknown_range = false;
    if let Some(previous) = &deploy.previous_revision {
        match github.compare(&deploy.repository, previous, &deploy.revision).await {
            Ok(comparison) if !comparison.commits.is_empty() => return Ok(comparison),
            // Nothing new, or a rollback.
            Ok(_) => {}
            // A history that was rewritten.
            Err(Failure::Permanent(_) | Failure::Refusal(_)) => unknown_range = true,
            Err(failure) => return Err(failure),
        }
    }
    let Some((commit, mut files)) = head(github, deploy).await? else {
        let files = ChangedFiles { truncated: true, ..ChangedFiles::default() };
        return Ok(Comparison { commits: Vec::new(), files });
    };
    files.truncated |= unknown_range;
    Ok(Comparison { commits: vec![commit], files })
}

/// The deployed commit and the files that it changes, if the git host knows it.
async fn head(github: &GitHub, deploy: &Deploy) -> Result<Option<(Commit, ChangedFiles)>, Failure> {
    match github.commit(&deploy.repository, &deploy.revision).await {
        Ok(found) => Ok(Some(found)),
        Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_))) => {
            tracing::warn!(deploy = %deploy.id, %failure, "the git host does not know the deployed commit");
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

async fn pull_requests(github: &GitHub, deploy: &Deploy) -> Result<Vec<PullRequest>, Failure> {
    let mut found: Vec<PullRequest> = Vec::new();
    for commit in deploy.commits.iter().rev().take(MAX_PULL_REQUEST_LOOKUPS) {
        let of_commit = match github.pull_requests(&deploy.repository, &commit.revision).await {
            Ok(of_commit) => of_commit,
            Err(Failure::Permanent(_) | Failure::Refusal(_)) => continue,
            Err(failure) => return Err(failure),
        };
        for pull_request in of_commit {
            if found.iter().all(|known| known.number != pull_request.number) {
                found.push(pull_request);
            }
        }
    }
    Ok(found)
}
