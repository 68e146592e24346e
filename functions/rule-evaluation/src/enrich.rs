//! The source host's word on a deploy: its commits since the one before, their authors and pull requests, and
//! the changed files.

use crate::handler::{EvaluationError, RuleEvaluation};
use signoff_core::authors::vouched_authors;
use signoff_core::deploy::{Deploy, Person, PullRequest, RulesChange, Size};
use signoff_core::message::shorten;
use signoff_core::range::{Direction, RangePullRequest};
use signoff_core::range_files::RangeFiles;
use signoff_core::reading::Files;
use signoff_providers::Failure;
use signoff_providers::github::{GitHub, RangeFailure, ReadRange};
use signoff_rules::tags::DefaultTags;
use signoff_store::DeploySummary;

/// The length of a git SHA that is not shortened.
const FULL_SHA: usize = 40;
/// Longest commit title that is kept, in characters.
const MAX_TITLE: usize = 200;

/// Result of reading the change of a deploy.
enum Found {
    /// All since the previous deploy, or the deployed commit where there is none before.
    Range(Box<ReadRange>),
    /// The deployed commit alone: the host lost the previous one.
    Head(Box<ReadRange>),
    /// Nothing: the host does not know the revision, or refuses to compare it.
    Nothing(Failure),
}

impl RuleEvaluation {
    /// `deploy` with its previous revision, full SHA, commits, pull requests, size, tags by the default tags
    /// `tags`, and whether the rules changed; and what its authors should know of how that was read. CI's
    /// word on any of these is kept beside the host's, and counts for nothing.
    pub(crate) async fn enrich(
        &self,
        github: &GitHub,
        mut deploy: Deploy,
        previous: Option<&DeploySummary>,
        tags: Option<&DefaultTags>,
    ) -> Result<(Deploy, Vec<String>), EvaluationError> {
        let before = previous.map(|previous| previous.revision.clone());
        deploy.previous_revision = before.filter(|before| *before != deploy.revision);
        deploy.forget_change();
        let read = match find(github, &deploy).await? {
            Found::Range(read) => read,
            Found::Head(mut read) => {
                let previous = deploy.previous_revision.as_deref().unwrap_or_default();
                read.files.truncated = true;
                deploy.reading.files = Files::Unknown;
                deploy.reading.missing.push(format!(
                    "GitHub can't compare the previous revision {previous} with this one; only the deployed commit was read."
                ));
                read
            }
            Found::Nothing(failure) => {
                self.check_if_replaced(github, &deploy).await?;
                tracing::warn!(deploy = %deploy.id, failure = failure.logged(), "the git host does not tell what the deploy changes");
                deploy.reading.files = Files::Unknown;
                deploy.reading.tags_cut = tags.is_some();
                deploy.reading.missing.push(format!("{failure}."));
                let notices = vec![unread(&deploy)];
                return Ok((deploy, notices));
            }
        };
        let ReadRange { range, commits, pull_requests, files, .. } = *read;
        deploy.reading.direction = match (previous, deploy.reading.files) {
            (None, _) => Some(Direction::Forward),
            (Some(_), Files::Unknown) => None,
            (Some(previous), _) if previous.revision == deploy.revision => Some(Direction::Same),
            (Some(_), _) => Some(range.direction),
        };
        // CI knows the build by the full SHA.
        if deploy.revision.len() < FULL_SHA && range.head.starts_with(&deploy.revision) {
            deploy.revision.clone_from(&range.head);
        }
        let ends = (range.base.as_str(), range.head.as_str());
        let RangeFiles { rules_change, moves } = github.guards(&deploy.repository, ends, &files).await?;
        deploy.rules_change = match rules_change {
            // Only the deployed commit was read: those before it may change them.
            RulesChange::No if deploy.reading.files == Files::Unknown => RulesChange::Unknown,
            told => told,
        };
        deploy.reading.moves = moves;
        if files.truncated && deploy.reading.files == Files::Whole {
            deploy.reading.files = Files::Cut;
        }
        let mut notices = Vec::new();
        if deploy.reading.files != Files::Unknown {
            let changed = u64::try_from(files.paths.len()).unwrap_or(u64::MAX);
            deploy.size = Some(Size { files: changed, lines: files.lines });
        }
        if let Some(tags) = tags.filter(|_| !files.paths.is_empty() || files.truncated) {
            let new = tags.of(&files.paths);
            deploy.tags.retain(|known| !new.contains(known));
            deploy.tags.extend(new);
            deploy.reading.tags_cut = files.truncated;
            notices.extend(tags.problems.iter().map(ToString::to_string));
        }
        deploy.commits = commits;
        for commit in &mut deploy.commits {
            commit.title = shorten(&commit.title, MAX_TITLE);
        }
        deploy.reading.vouched = match range.added.is_empty() {
            false => vouched_authors(&range, None),
            // A rollback adds nothing, and its revision is the deploy's own commit all the same.
            true => match github.single(&deploy.repository, &deploy.revision).await {
                Ok(own) => vouched_authors(&own.range, None),
                Err(Failure::Permanent(_) | Failure::Refusal(_)) => Vec::new(),
                Err(failure) => return Err(failure.into()),
            },
        };
        deploy.pull_requests = pull_requests.into_iter().map(listed).collect();
        deploy.reading.missing.extend(range.missing);
        deploy.keep_newest();
        let is_whole = deploy.reading.missing.is_empty() && !deploy.reading.tags_cut;
        if !is_whole || deploy.mentions_more_issues() || deploy.reading.people_cut {
            notices.insert(0, unread(&deploy));
        }
        Ok((deploy, notices))
    }
}

/// Sentences for the record of a deploy whose change was not read in full.
fn unread(deploy: &Deploy) -> String {
    let mut told = deploy.reading.missing.clone();
    if !told.is_empty() {
        told.push("No condition on pull requests or issues holds for this deploy.".to_owned());
    }
    if deploy.reading.tags_cut {
        told.push("Not all changed files are known: no condition on tags holds for this deploy.".to_owned());
    }
    if deploy.mentions_more_issues() {
        told.push(
            "It mentions more issues than are looked up: no condition on issues holds for this deploy."
                .to_owned(),
        );
    }
    if deploy.reading.people_cut {
        told.push("Messages don't name all of its authors and mergers.".to_owned());
    }
    told.join(" ")
}

/// Reads the change of `deploy` from the source host. Error: worth trying again.
async fn find(github: &GitHub, deploy: &Deploy) -> Result<Found, Failure> {
    let (repository, revision) = (&deploy.repository, &deploy.revision);
    let mut is_lost = false;
    if let Some(previous) = &deploy.previous_revision {
        match github.range(repository, previous, revision).await {
            Ok(read) => return Ok(Found::Range(Box::new(read))),
            Err(RangeFailure::HeadUnknown(failure)) => return Ok(Found::Nothing(failure)),
            Err(RangeFailure::BaseLost(_) | RangeFailure::Unrelated(_)) => is_lost = true,
            Err(RangeFailure::Unfinished(failure)) => return Err(failure),
            Err(RangeFailure::Other(failure)) if failure.is_passing() => return Err(failure),
            // It will be refused again: rules that ask people open all the same.
            Err(RangeFailure::Other(failure)) => return Ok(Found::Nothing(failure)),
        }
    }
    match github.single(repository, revision).await {
        Ok(read) if is_lost => Ok(Found::Head(Box::new(read))),
        Ok(read) => Ok(Found::Range(Box::new(read))),
        Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_))) => Ok(Found::Nothing(failure)),
        Err(failure) => Err(failure),
    }
}

/// A pull request as a deploy's record lists it.
fn listed(pull_request: RangePullRequest) -> PullRequest {
    let RangePullRequest { number, title, url, opened_by, merged_by, labels, issues, .. } = pull_request;
    let author = opened_by.and_then(|opener| opener.account).map(|account| account.login);
    let merger = merged_by.into_iter().next();
    PullRequest {
        number,
        title: shorten(&title, MAX_TITLE),
        url,
        author: author.unwrap_or_default(),
        merged_by: merger.map(|merger| Person {
            name: merger.name,
            email: merger.email,
            username: merger.account.map(|account| account.login),
        }),
        labels,
        issues,
    }
}
