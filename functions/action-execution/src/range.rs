//! The range that an approval judges, as the source host tells it.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::approval::{Blocker, Electorate, Outline, WithoutRange};
use signoff_core::base::Passed;
use signoff_core::deploy::{Deploy, RulesChange};
use signoff_core::range::{Account, Identity};
use signoff_core::range_files::{Moves, RangeFiles};
use signoff_core::shares::{Changes, Maker, changes};
use signoff_providers::Failure;
use signoff_providers::github::{ChangedFiles, GitHub, RangeFailure, ReadRange};
use signoff_runtime::reading_parts::{KeptParts, read_at};
use std::sync::Arc;

/// The most that is kept of a range, in bytes as JSON: DynamoDB takes 400 KB a row.
const MOST_KEPT: usize = 300 * 1024;

/// The end of the addresses that GitHub makes up for people who hide theirs.
const NOREPLY: &str = "@users.noreply.github.com";

/// True if another reading of the range would say the same.
pub(crate) fn is_settled(changes: &Changes) -> bool {
    changes.missing.is_empty() && changes.unvouched.count == 0 && changes.unverified.count == 0
}

impl ActionExecution {
    /// Reads the commits between `base` and `revision` and their makers, those who deployed it among them.
    /// The inner error is the reason that blocks the approval if they can't be read.
    pub(crate) async fn read_range(
        &self,
        deploy: &Deploy,
        deployed_by: &[Identity],
        (base, revision): (&str, &str),
    ) -> Tried<Result<Changes, Blocker>> {
        let now = self.now();
        let github = match self.reader_of(deploy).await? {
            Ok(github) => github,
            Err(failure) => return Ok(Err(incomplete(&failure))),
        };
        let ReadRange { range, files, profiles, reading, is_too_large, .. } = match github
            .range(&deploy.repository, base, revision)
            .await
        {
            Ok(read) => read,
            Err(RangeFailure::Unfinished(failure)) => return Err(failure.into()),
            Err(failure) => {
                // In another repository by that name there may be no such commit.
                if let Err(other) = self.same_repository(deploy, &[]).await? {
                    return Ok(Err(incomplete(&other)));
                }
                tracing::warn!(deploy = %deploy.id, base, revision, failure = failure.logged(), "the range can't be read");
                return Ok(Err(match failure {
                    RangeFailure::BaseLost(_) => Blocker::BaseLost { base: base.to_owned() },
                    RangeFailure::Unrelated(_) => Blocker::Unrelated { base: base.to_owned() },
                    RangeFailure::HeadUnknown(failure)
                    | RangeFailure::Unfinished(failure)
                    | RangeFailure::Other(failure) => incomplete(&failure),
                }));
            }
        };
        let mut read =
            changes(&range, deployed_by, read_at(reading.as_deref(), now)).of_repository(&deploy.repository);
        read.is_too_large = is_too_large;
        read.files = self.files(&github, deploy, (base, revision), files).await;
        if let Err(failure) = addresses(&github, &mut read, profiles).await {
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
        read.of_bots.clear();
        read.is_too_large = true;
        read.missing.push("More people made it than Signoff can keep.".to_owned());
    }
    read
}

impl ActionExecution {
    /// This electorate of `deploy`, with the outline of what lies between `start` and the revision. Nobody's
    /// vote depends on it: where the source host does not tell, the dialog says so.
    pub(crate) async fn outlined(
        &self,
        electorate: Electorate,
        deploy: &Deploy,
        start: &Passed,
        shown: Option<&Electorate>,
    ) -> Tried<Electorate> {
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
            // What people voted on was compared: what they would vote on now may be known in a moment.
            Err(RangeFailure::HeadUnknown(failure) | RangeFailure::Other(failure))
                if failure.is_passing() && shown.is_some_and(|shown| shown.judged.is_some()) =>
            {
                Err(failure.into())
            }
            Err(failure) => {
                tracing::warn!(deploy = %deploy.id, base = start.revision, failure = failure.logged(), "the outline of a range can't be read");
                let mut electorate = electorate;
                electorate.except.extend(start.set_by.clone());
                let files =
                    RangeFiles { rules_change: not_less(deploy), moves: deploy.reading.moves.clone() };
                let why = WithoutRange::NotCompared { base: start.revision.clone() };
                Ok(electorate.without_range(why).changing(files))
            }
        }
    }

    /// Returns the changes to files between two revisions. If the source host does not tell them, people may
    /// still vote.
    async fn files(
        &self,
        github: &GitHub,
        deploy: &Deploy,
        ends: (&str, &str),
        files: ChangedFiles,
    ) -> RangeFiles {
        match github.guards(&deploy.repository, ends, &files).await {
            Ok(told) => told,
            Err(failure) => {
                tracing::warn!(deploy = %deploy.id, failure = failure.logged(), "the files that guard a deploy can't be read");
                RangeFiles { rules_change: not_less(deploy), moves: Moves::new(files.unread) }
            }
        }
    }
}

/// Returns the change of the rules by the deploy's own commits, where the others are unknown.
pub(crate) fn not_less(deploy: &Deploy) -> RulesChange {
    match &deploy.rules_change {
        RulesChange::Yes(paths) => RulesChange::Yes(paths.clone()),
        RulesChange::No | RulesChange::Unknown => RulesChange::Unknown,
    }
}

pub(crate) fn incomplete(failure: &Failure) -> Blocker {
    Blocker::Incomplete { missing: vec![format!("{}.", failure.to_string().trim_end_matches('.'))] }
}

/// Fills in the addresses that people's accounts show in public: a request for each hundred, `most` at most.
/// The address of a commit may be one that Slack does not know, so it takes the place of no other. The makers
/// whose profiles were left unread are marked so.
pub(crate) async fn addresses(github: &GitHub, read: &mut Changes, most: usize) -> Result<(), Failure> {
    let people = people_of(&read.makers);
    let found = github.shown_addresses(&people, most).await?;
    for maker in &mut read.makers {
        let Some(account) = maker.account.as_ref().filter(|account| people.contains(account)) else {
            continue;
        };
        maker.is_unread = found.unread.contains(&account.id);
        maker.emails.extend(found.shown.get(&account.id).cloned());
    }
    Ok(())
}

/// The accounts of people among `makers`: first those whose commits give no address that Slack could know.
fn people_of(makers: &[Maker]) -> Vec<Account> {
    let hides = |maker: &Maker| maker.emails.iter().all(|email| email.ends_with(NOREPLY));
    let (hidden, others): (Vec<&Maker>, Vec<&Maker>) = makers.iter().partition(|maker| hides(maker));
    let accounts = hidden.into_iter().chain(others).filter_map(|maker| maker.account.as_ref());
    accounts.filter(|account| !account.is_bot).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_is_read_of_makers_with_any_address() {
        let maker = |id: u64, login: &str, emails: &[&str]| Maker {
            account: Some(Account { id, login: login.to_owned(), is_bot: login.ends_with("[bot]") }),
            emails: emails.iter().map(|email| (*email).to_owned()).collect(),
            ..Maker::default()
        };
        let address = Maker { emails: ["ai@example.com".to_owned()].into(), ..Maker::default() };
        let makers = [
            address,
            maker(1, "mallory", &["1+mallory@users.noreply.github.com", "private@elsewhere.example"]),
            maker(2, "ana", &["2+ana@users.noreply.github.com"]),
            maker(3, "dependabot[bot]", &[]),
            maker(4, "ben", &[]),
        ];
        let logins: Vec<String> = people_of(&makers).into_iter().map(|account| account.login).collect();
        assert_eq!(logins, ["ana", "ben", "mallory"], "who hides theirs comes first");
    }
}
