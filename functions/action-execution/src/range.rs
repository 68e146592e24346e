//! The range that an approval judges, as the source host tells it.

use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::approval::{Blocker, Electorate, Outline, WithoutRange};
use approval::base::Passed;
use approval::deploy::{Deploy, Person, RulesChange};
use approval::range::{Account, Identity, Range};
use approval::range_files::{Moves, RangeFiles};
use approval::shares::{Changes, Maker, changes};
use providers::Failure;
use providers::github::{ChangedFiles, GitHub, RangeFailure};
use runtime::reading_parts::KeptParts;
use std::sync::Arc;

/// The most that is kept of a range, in bytes as JSON: DynamoDB takes 400 KB a row.
const MOST_KEPT: usize = 300 * 1024;

/// How many accounts' profiles are read; of others that hide their address nobody is found.
const MAX_PROFILES: usize = 20;
/// The end of the addresses that GitHub makes up for people who hide theirs.
const NOREPLY: &str = "@users.noreply.github.com";

/// Whether a range that is read again would say the same.
pub(crate) fn is_settled(changes: &Changes) -> bool {
    changes.missing.is_empty() && changes.unvouched.count == 0 && changes.unverified.count == 0
}

impl ActionExecution {
    /// What lies between `base` and `revision`, and who made it; what blocks the approval where that can't be read.
    pub(crate) async fn read_range(
        &self,
        deploy: &Deploy,
        base: &str,
        revision: &str,
    ) -> Result<Result<Changes, Blocker>, Trouble> {
        let now = self.now();
        let github = self.reader().await?;
        let (range, files) = match github.range(&deploy.repository, base, revision).await {
            Ok(read) => (read.range, read.files),
            Err(RangeFailure::Unfinished(failure)) => return Err(failure.into()),
            Err(failure) => {
                tracing::warn!(deploy = %deploy.id, base, revision, %failure, "the range can't be read");
                return Ok(Err(match failure {
                    RangeFailure::BaseLost(_) => Blocker::BaseLost { base: base.to_owned() },
                    RangeFailure::HeadUnknown(failure)
                    | RangeFailure::Unfinished(failure)
                    | RangeFailure::Other(failure) => incomplete(&failure),
                }));
            }
        };
        let mut started_by = Vec::new();
        for person in deploy.deployers() {
            match identity(&github, &range, person).await {
                Ok(identity) => started_by.push(identity),
                Err(failure) => return Ok(Err(incomplete(&failure))),
            }
        }
        let mut read = changes(&range, &started_by, now);
        read.files = self.files(&github, deploy, (base, revision), files).await;
        if let Err(failure) = addresses(&github, &mut read).await {
            return Ok(Err(incomplete(&failure)));
        }
        Ok(Ok(within_a_row(read)))
    }
}

impl ActionExecution {
    /// The source host, which reads a large range over several invocations.
    pub(crate) async fn reader(&self) -> Result<GitHub, Failure> {
        let parts = Arc::new(KeptParts::new(self.store.clone(), self.clock));
        Ok(self.outside.github(self.now()).await?.keeping(parts))
    }
}

/// `read`, if a row can keep it; else what is left of it, which is told as incomplete.
pub(crate) fn within_a_row(mut read: Changes) -> Changes {
    let size = serde_json::to_vec(&read).map_or(usize::MAX, |json| json.len());
    if size > MOST_KEPT {
        read.makers.clear();
        read.shares.clear();
        read.authors.clear();
        read.missing.push("More people made it than Signoff can keep.".to_owned());
    }
    read
}

impl ActionExecution {
    /// This electorate of `deploy`, with the outline of what lies between `start` and the revision. Nobody's vote depends on it:
    /// where the source host does not tell, the dialog says so.
    pub(crate) async fn outlined(
        &self,
        electorate: Electorate,
        deploy: &Deploy,
        start: &Passed,
        shown: Option<&Electorate>,
    ) -> Result<Electorate, Trouble> {
        let known = shown.and_then(|shown| Some((shown.outline(&start.revision)?, shown.files.clone()?)));
        if let Some((outline, files)) = known {
            return Ok(electorate.since(start, outline).changing(files));
        }
        let github = self.outside.github(self.now()).await?;
        match github.outline(&deploy.repository, &start.revision, &deploy.revision).await {
            Ok(read) => {
                let ends = (start.revision.as_str(), deploy.revision.as_str());
                let files = self.files(&github, deploy, ends, read.files).await;
                let outline = Outline {
                    direction: read.direction,
                    added: u32::try_from(read.added).unwrap_or(u32::MAX),
                    removed: u32::try_from(read.removed).unwrap_or(u32::MAX),
                };
                Ok(electorate.since(start, outline).changing(files))
            }
            Err(failure) => {
                tracing::warn!(deploy = %deploy.id, base = start.revision, %failure, "the outline of a range can't be read");
                let mut electorate = electorate;
                electorate.except.extend(start.set_by.clone());
                let files =
                    RangeFiles { rules_change: not_less(deploy), moves: deploy.reading.moves.clone() };
                let why = WithoutRange::NotCompared { base: start.revision.clone() };
                Ok(electorate.without_range(why).changing(files))
            }
        }
    }

    /// What the range between two revisions does to files. That the source host does not tell keeps nobody from voting.
    async fn files(
        &self,
        github: &GitHub,
        deploy: &Deploy,
        ends: (&str, &str),
        files: ChangedFiles,
    ) -> RangeFiles {
        let rules_change = match github.guards(&deploy.repository, ends, &files).await {
            Ok(change) => change,
            Err(failure) => {
                tracing::warn!(deploy = %deploy.id, %failure, "the files that guard a deploy can't be read");
                not_less(deploy)
            }
        };
        RangeFiles { rules_change, moves: Moves::new(files.unread) }
    }
}

/// What the deploy's own commits change of the rules, where nobody knows about the others.
pub(crate) fn not_less(deploy: &Deploy) -> RulesChange {
    match &deploy.rules_change {
        RulesChange::Yes(paths) => RulesChange::Yes(paths.clone()),
        RulesChange::No | RulesChange::Unknown => RulesChange::Unknown,
    }
}

pub(crate) fn incomplete(failure: &Failure) -> Blocker {
    Blocker::Incomplete { missing: vec![format!("{}.", failure.to_string().trim_end_matches('.'))] }
}

/// The account of who deployed. Whoever the host says has it acted; an address alone is CI's word, which adds a maker.
async fn identity(github: &GitHub, range: &Range, person: &Person) -> Result<Identity, Failure> {
    let (name, email) = (person.name.clone(), person.email.clone());
    let Some(login) = &person.username else {
        return Ok(Identity { name, email, account: None, vouched: false });
    };
    if let Some(known) = accounts(range).find(|account| account.login.eq_ignore_ascii_case(login)) {
        return Ok(Identity { name, email, account: Some(known.clone()), vouched: true });
    }
    match github.account(login).await {
        Ok(identity) => Ok(Identity { email: email.or(identity.email.clone()), ..identity }),
        Err(Failure::Permanent(_) | Failure::Refusal(_)) => {
            let is_bot = login.ends_with("[bot]");
            let account = Account { id: 0, login: login.clone(), is_bot };
            Ok(Identity { name, email, account: Some(account), vouched: true })
        }
        Err(failure) => Err(failure),
    }
}

/// Fills in the addresses that accounts show in public, of accounts whose commits give none.
pub(crate) async fn addresses(github: &GitHub, read: &mut Changes) -> Result<(), Failure> {
    let hides = |maker: &&mut Maker| maker.emails.iter().all(|email| email.ends_with(NOREPLY));
    for maker in read.makers.iter_mut().filter(hides).take(MAX_PROFILES) {
        let Some(account) = maker.account.as_ref().filter(|account| !account.is_bot) else { continue };
        match github.account(&account.login).await {
            Ok(shown) if shown.account.as_ref().is_some_and(|known| known.id == account.id) => {
                maker.emails.extend(shown.email.map(|email| email.to_lowercase()));
            }
            // Another account by that name now, or none.
            Ok(_) | Err(Failure::Permanent(_) | Failure::Refusal(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// Every account of a range.
fn accounts(range: &Range) -> impl Iterator<Item = &Account> {
    let of_branches = range.pull_requests.iter().flat_map(|from| &from.commits);
    let commits = range.added.iter().chain(&range.removed).chain(of_branches);
    let of_commits = commits.flat_map(|commit| {
        std::iter::once(&commit.author)
            .chain(&commit.committer)
            .chain(&commit.co_authors)
            .chain(&commit.pushed_by)
    });
    let of_pull_requests = range
        .pull_requests
        .iter()
        .flat_map(|from| from.opened_by.iter().chain(&from.merged_by).chain(&from.opening_asked_by));
    of_commits.chain(of_pull_requests).filter_map(|identity| identity.account.as_ref())
}
