//! The people who may vote on a proposed rules file: its makers are those of the commits that changed it.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::judge::{Asked, Judgement};
use crate::late_news::Again;
use crate::members::InSlack;
use crate::range::{addresses, incomplete, within_a_row};
use signoff_core::approval::{Blocker, Electorate};
use signoff_core::base::Base;
use signoff_core::id::ApprovalId;
use signoff_core::rules_in_force::RulesInForce;
use signoff_core::shares::{Changes, changes_of};
use signoff_providers::Failure;
use signoff_providers::github::first_file::{RULES, TAGS};
use signoff_providers::github::{Changing, GitHub, RangeFailure, ReadRange};
use signoff_providers::slack::client::Slack;
use signoff_runtime::reading_parts::read_at;
use signoff_store::Change;

/// The place that the approvals of a rules file lead to.
const PLACE: &str = "rules file";

impl ActionExecution {
    /// Judges who may vote on the rules file with the id `file`, which the run of `asked` proposes, by the
    /// reading that is on record where that counts for `again`. Error: it is not proposed any more.
    pub(crate) async fn judge_file(
        &self,
        slack: &Slack,
        asked: Asked<'_>,
        file: &str,
        again: Again,
    ) -> Tried<Judgement> {
        let Asked { spec, deploy, .. } = asked;
        let Some(state) = self.store.rules_in_force(&deploy.deployment).await? else {
            return Err(gone().into());
        };
        let changes = self.changes_of_file(asked, &state, file, again).await?;
        let authors = match &changes {
            Ok(changes) if spec.authors_only => self.authors(slack, &changes.authors).await?,
            Ok(_) | Err(_) => Vec::new(),
        };
        let mut electorate = self.electorate(slack, spec, authors).await?;
        self.forget_approvers(spec).await;
        electorate.people_page = Some(self.people_page());
        let start = state.in_force.revision.clone();
        let base = Base::none(&deploy.deployment, PLACE);
        let of_file = base.clone().after(start.as_deref().unwrap_or_default(), true, state.in_force.since);
        let electorate = match &changes {
            Ok(changes) => {
                let InSlack { members, own_word, others } = self.members(slack, &changes.makers).await?;
                if !spec.self_approval {
                    electorate.own_word = own_word;
                    electorate.except.extend(others);
                }
                electorate.judging(spec, &of_file, Ok((changes, &members)), self.now())
            }
            Err(blocker) => electorate.judging(spec, &of_file, Err(blocker.clone()), self.now()),
        };
        let mut electorate = electorate;
        if spec.approvers.as_ref().is_some_and(Vec::is_empty) {
            electorate.blocked.push(Blocker::RulesUnread);
        }
        let electorate = Electorate { is_of_rules: true, ..electorate.with_those_left(spec.votes_required) };
        Ok(Judgement { electorate, base, start, read: None, sets_base: false, rolled_back_by: None })
    }

    /// The commits that changed the proposed rules file since the one in force was read, and who made them.
    /// They are kept with the first approval of the run, also where no approval can be opened: whoever
    /// accepts the file on the page made none.
    async fn changes_of_file(
        &self,
        asked: Asked<'_>,
        state: &RulesInForce,
        file: &str,
        again: Again,
    ) -> Tried<Result<Changes, Blocker>> {
        let Asked { deploy, run, .. } = asked;
        let proposal = state.proposed(file).map_err(|_| gone())?;
        let (Some(base), Some(head)) = (&state.in_force.revision, &proposal.revision) else {
            return Ok(Err(untold("GitHub did not name the commits between which the rules file changed.")));
        };
        let first = ApprovalId::derive(&run.id, 0);
        let kept = self.store.range(&deploy.id, &first).await?;
        let is_it = |kept: &Changes| kept.base == *base && kept.head == *head;
        let kept = kept.filter(is_it);
        let had_one = kept.is_some();
        if let Some(kept) = kept.filter(|kept| again.takes(kept, deploy.registered_at)) {
            return Ok(Ok(kept));
        }
        let github = match self.reader_of(deploy).await? {
            Ok(github) => github,
            Err(failure) => return Ok(again.or_tried_again(Err(incomplete(&failure)), had_one)?),
        };
        let read = match read(&github, &deploy.repository, base, head).await {
            Ok((read, changing)) => {
                let read = self.of_file(&github, read, changing).await;
                read.map(|changes| changes.of_repository(&deploy.repository))
            }
            Err(failure) => Err(failure),
        };
        if matches!(
            read,
            Err(RangeFailure::BaseLost(_) | RangeFailure::HeadUnknown(_) | RangeFailure::Other(_))
        ) && let Err(other) = self.same_repository(deploy, &[]).await?
        {
            // In another repository by that name there may be no such commit.
            return Ok(again.or_tried_again(Err(incomplete(&other)), had_one)?);
        }
        let changes = match read {
            Ok(changes) => changes,
            Err(RangeFailure::Unfinished(failure)) => return Err(failure.into()),
            Err(RangeFailure::BaseLost(_)) => {
                let base = base.get(..7).unwrap_or(base);
                let lost = format!("GitHub no longer has `{base}`, where the file in force was read.");
                return Ok(again.or_tried_again(Err(untold(&lost)), had_one)?);
            }
            Err(
                RangeFailure::HeadUnknown(failure)
                | RangeFailure::Unrelated(failure)
                | RangeFailure::Other(failure),
            ) => {
                return Ok(again.or_tried_again(Err(incomplete(&failure)), had_one)?);
            }
        };
        let change = Change::to(&deploy.id, self.now()).range(&first, changes.clone());
        self.store.commit(change).await?;
        Ok(Ok(changes))
    }

    async fn of_file(
        &self,
        github: &GitHub,
        read: ReadRange,
        changing: Changing,
    ) -> Result<Changes, RangeFailure> {
        let ReadRange { mut range, profiles, reading, .. } = read;
        range.missing.extend(changing.missing);
        if changing.commits.is_empty() {
            let since = range.base.get(..7).unwrap_or(&range.base);
            range.missing.push(format!("No commit since {since} is known to have changed the rules file."));
        }
        let read_at = read_at(reading.as_deref(), self.now());
        let mut changes = changes_of(&range, Some(&changing.commits), &[], read_at);
        addresses(github, &mut changes, profiles).await?;
        Ok(within_a_row(changes))
    }
}

/// Everything between `base` and `head`, and which of its commits changed the rules file or the default tags.
async fn read(
    github: &GitHub,
    repository: &str,
    base: &str,
    head: &str,
) -> Result<(ReadRange, Changing), RangeFailure> {
    let read = github.range(repository, base, head).await?;
    let range = &read.range;
    let shas: Vec<&str> =
        range.added.iter().chain(&range.removed).map(|commit| commit.revision.as_str()).collect();
    let changing = github.changing(repository, &shas, &[RULES, TAGS].concat()).await?;
    Ok((read, changing))
}

fn untold(why: &str) -> Blocker {
    Blocker::Incomplete { missing: vec![why.to_owned()] }
}

fn gone() -> Failure {
    Failure::Permanent("the default branch has another rules file by now".to_owned())
}
