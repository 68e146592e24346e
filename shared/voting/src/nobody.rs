//! Confirmations for one approval that a maker has no member here, as an admin said on the People page.

use crate::again::gone;
use crate::cast::Refused;
use jiff::Timestamp;
use signoff_core::approval::{
    Approval, ApprovalAction, Ask, Click, Command, MakerEntry, SaidNobody, Voter, decide,
};
use signoff_core::id::{ApprovalId, DeployId};
use signoff_runtime::race;
use signoff_store::{Change, CommitError, Store};

/// The number of times that a lost race is decided again before the person is asked to send it once more.
const MAX_RACES: u32 = 25;

/// A statement that somebody confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirming {
    /// The deploy that the approval is about.
    pub deploy: DeployId,
    /// The approval.
    pub approval: ApprovalId,
    /// The mark of the subject that the person was shown.
    pub subject: String,
    /// The maker's handle.
    pub handle: String,
    /// The version of the entry that the person was shown.
    pub version: u64,
}

impl Confirming {
    fn command(&self, voter: &Voter, at: Timestamp) -> Command {
        let maker = MakerEntry { handle: self.handle.clone(), version: self.version };
        let ask = Ask { maker: Some(maker), ..ApprovalAction::ConfirmNobody.into() };
        Command::Click(Click { voter: voter.clone(), ask, at, subject: self.subject.clone() })
    }
}

/// True if `voter` can confirm at `now` what was `said` of a maker of `approval`.
pub fn may_confirm(approval: &Approval, voter: &Voter, said: &SaidNobody, now: Timestamp) -> bool {
    let confirming = Confirming {
        deploy: approval.deploy.clone(),
        approval: approval.id.clone(),
        subject: approval.subject.mark(),
        handle: said.handle.clone(),
        version: said.version,
    };
    decide(approval, confirming.command(voter, now), now).is_ok()
}

/// Decides at `now` if `voter` confirms that, and commits it: from `read`, and from a new read where somebody
/// else committed first. `Some`: it is not confirmed, and this is the reason. It counts at once and nobody
/// looks at the voter again, so Slack has to say who they are.
///
/// Costs a commit, and a read for each lost race.
///
/// # Errors
///
/// The record can't be read or written, or others committed first each time: nothing was changed.
pub async fn confirm_nobody(
    store: &Store,
    read: Option<Approval>,
    voter: &Voter,
    confirming: &Confirming,
    now: Timestamp,
) -> Result<Option<Refused>, CommitError> {
    let mut read = Some(read);
    race::decide(&voter.id, MAX_RACES, || {
        // Good for the first time only: who lost the race has to read.
        let read = read.take();
        async {
            let newest = match read {
                Some(read) => read,
                None => store.approval(&confirming.deploy, &confirming.approval).await?,
            };
            let Some(approval) = newest else { return Ok(Some(gone())) };
            let decision = match decide(&approval, confirming.command(voter, now), now) {
                Ok(decision) => decision,
                Err(refusal) => return Ok(Refused::of(&refusal)),
            };
            if voter.standing.is_none() {
                return Ok(Some(Refused::unseen()));
            }
            store.commit(Change::to(&confirming.deploy, now).approval(decision)).await?;
            Ok(None)
        }
    })
    .await
}
