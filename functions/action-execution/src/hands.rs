//! Everybody with a hand in a change, whatever its rule lets makers do.

use crate::effect_error::Tried;
use crate::electorate::each_once;
use crate::handler::ActionExecution;
use crate::members::InSlack;
use crate::people::Known;
use signoff_core::approval::{Hands, Member};
use signoff_core::base::Base;
use signoff_core::deploy::Deploy;
use signoff_core::shares::Changes;
use signoff_providers::slack::client::Slack;

impl ActionExecution {
    /// Everybody with a hand in the own commits of `deploy` and, where `start` is known, in what
    /// lies between it and `revision`. If that goes back to a revision which was never let through by
    /// `base` and `four_eyes`, also in what the revision holds. `kept` is that range as it was read
    /// before, where it was; one that is of something else is read anew.
    ///
    /// # Errors
    ///
    /// The record, Slack or the source host can't be asked now.
    pub(crate) async fn hands_since(
        &self,
        slack: &Slack,
        deploy: &Deploy,
        (start, revision): (Option<&str>, &str),
        let_through: (&Base, bool),
        kept: Option<Changes>,
    ) -> Tried<Hands> {
        let mut hands = Hands { members: Vec::new(), may_lack: false };
        let makers = self.makers(slack, deploy).await?;
        hands.may_lack |= makers.each().count() < deploy.makers().len() || deploy.reading.people_cut;
        for found in makers.each() {
            hands.members.extend(found.accounts().cloned());
            hands.members.extend(found.unconfirmed_by.iter().cloned());
            hands.may_lack |= found.known == Known::NotFound;
        }
        let Some(start) = start else { return Ok(finished(hands)) };
        let deployed_by = self.deployed_by(deploy).await?;
        let is_it =
            |kept: &Changes| kept.base == start && kept.head == revision && kept.started_by == deployed_by;
        let kept = kept.filter(is_it);
        let is_new = kept.is_none();
        let changes = match kept {
            Some(kept) => Ok(kept),
            // No range is kept where the rule lets makers vote.
            None => match self.read_range(deploy, &deployed_by, (start, revision)).await? {
                Ok(read) => self.with_held(deploy, &deployed_by, let_through, read).await?,
                Err(blocker) => Err(blocker),
            },
        };
        hands.may_lack |= is_new && changes.as_ref().is_ok_and(is_cut);
        let Ok(changes) = changes else {
            hands.may_lack = true;
            return Ok(finished(hands));
        };
        hands.members.extend(changes.held.as_ref().and_then(|held| held.set_by.clone()));
        hands.may_lack |= !changes.missing.is_empty() || changes.unvouched.count > 0;
        let InSlack { members, own_word, others } = self.members(slack, &changes.makers).await?;
        hands.members.extend(own_word.into_iter().chain(others));
        for member in members {
            match member {
                Member::Found(ids) => hands.members.extend(ids),
                Member::NobodyHere | Member::Bot => {}
                Member::SaidNobodyHere(_) | Member::BotWithoutSignature | Member::NotFound => {
                    hands.may_lack = true;
                }
            }
        }
        Ok(finished(hands))
    }
}

/// True if only the last commit of what the revision holds was read: no revision before it is known that was
/// let through.
fn is_cut(changes: &Changes) -> bool {
    changes.held.as_ref().is_some_and(|held| held.since.is_none())
}

fn finished(mut hands: Hands) -> Hands {
    hands.members = each_once(hands.members);
    hands
}
