//! Evaluate again: somebody asks for the rules of a deploy that could not be read or evaluated.

use crate::cast::{RefusalKind, Refused};
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::{Standing, Voter};
use signoff_core::effect::EffectKind;
use signoff_core::event::{Event, EventKind};
use signoff_core::id::{DeployId, EffectId};
use signoff_core::message;
use signoff_store::{Change, CommitError, Store};

/// The time after a request for which the same person's next one is the second click of a double click.
const SAME_REQUEST: SignedDuration = SignedDuration::from_secs(60);

/// Commits at `now` that the rules of `deploy` are evaluated again, on behalf of `voter`, a member of
/// `workspace`. `Some`: they are not, and this is the reason. All requests within the same minute of the
/// clock count as one, until it is done. So does a person's second request within a minute, even if the rules
/// were evaluated between the two. Costs one read and one commit, or two reads; another read and commit where
/// a request of the same minute is done.
///
/// # Errors
///
/// The record can't be read or written: nothing was changed.
pub async fn evaluate_again(
    store: &Store,
    voter: &Voter,
    deploy: &DeployId,
    workspace: &str,
    now: Timestamp,
) -> Result<Option<Refused>, CommitError> {
    if voter.workspace != workspace || voter.standing != Some(Standing::Member) {
        return Ok(Some(Refused::new(RefusalKind::Forbidden, message::MEMBERS_ONLY)));
    }
    let Some(known) = store.deploy(deploy).await? else {
        return Ok(Some(Refused::new(RefusalKind::NotFound, message::NO_SUCH_DEPLOY)));
    };
    if !known.may_be_evaluated_again() {
        let page = store.page(deploy).await?;
        if page.is_some_and(|page| has_asked(&page.events, &voter.id, now)) {
            return Ok(None);
        }
        return Ok(Some(Refused::new(RefusalKind::Conflict, message::EVALUATED_MEANWHILE)));
    }
    let owner = format!("evaluate again {}", now.as_second() / 60);
    let asked = EventKind::EvaluationAsked { by: voter.id.clone(), name: voter.name.clone() };
    let ask = |owner: &str| {
        Change::to(deploy, now).and(owner, vec![EffectKind::EvaluateAgain], vec![asked.clone()])
    };
    match store.commit(ask(&owner)).await {
        Ok(()) => Ok(None),
        Err(CommitError::Conflict) => {
            let earlier = EffectId::derive(&format!("{deploy} {owner}"), 0, 0);
            if store.effect(deploy, &earlier).await?.is_some_and(|earlier| earlier.is_closed()) {
                // That evaluation is over, and what kept it from the rules may be mended since.
                match store.commit(ask(&format!("{owner} {now}"))).await {
                    Ok(()) | Err(CommitError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// True if the member `person` asked for an evaluation within [`SAME_REQUEST`] before `now`.
fn has_asked(events: &[Event], person: &str, now: Timestamp) -> bool {
    let is_theirs = |kind: &EventKind| matches!(kind, EventKind::EvaluationAsked { by, .. } if by == person);
    events.iter().any(|event| is_theirs(&event.kind) && now.duration_since(event.at) <= SAME_REQUEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_second_click_is_the_first_ones() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let asked = EventKind::EvaluationAsked { by: "U1".to_owned(), name: "ana".to_owned() };
        let events = [Event { deploy: DeployId::from_text("d"), at: at(100), kind: asked }];
        for (person, second, expected) in
            [("U1", 101, true), ("U1", 160, true), ("U1", 161, false), ("U2", 101, false)]
        {
            assert_eq!(has_asked(&events, person, at(second)), expected, "{person} {second}");
        }
    }
}
