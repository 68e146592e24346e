//! Confirmations for one approval that a maker has no member here. They come from people who may vote on it,
//! made none of the change, and did not say so themselves.

use super::{Approval, Blocker, Click, Electorate, Refusal, Verdict};
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::event::EventKind;
use crate::message;
use crate::people::Nobody;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An admin's statement on the People page that a maker has no member here, which nobody else confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SaidNobody {
    /// The maker's handle on that page.
    pub handle: String,
    /// The version of the entry that says so.
    pub version: u64,
    /// The maker's name.
    pub name: String,
    /// The kind of account.
    pub kind: Nobody,
    /// The reason, in the admin's words.
    pub reason: String,
    /// The admin's Slack user id.
    pub by: String,
}

/// A confirmation of such a statement, for one approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NobodyConfirmed {
    /// The handle.
    pub handle: String,
    /// The version of the entry: a new statement needs a new confirmation.
    pub version: u64,
    /// The Slack user id of the person who confirmed it.
    pub by: String,
    /// The time.
    pub at: Timestamp,
}

/// The reason for which somebody can't confirm that a maker is nobody here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoConfirmer {
    /// Nothing waits for it any more, or something else was said since.
    Outdated,
    /// They said so themselves.
    OwnWord,
    /// They made some of the change.
    MadeSome,
}

impl Electorate {
    /// The reason for which `person` (a Slack user id), who may vote, can't confirm `said`; `None`: they can.
    fn no_confirmer(&self, person: &str, said: &SaidNobody) -> Option<NoConfirmer> {
        let made = self.parts.iter().any(|part| part.makers.iter().any(|maker| maker == person));
        if said.by == person {
            Some(NoConfirmer::OwnWord)
        } else if made {
            Some(NoConfirmer::MadeSome)
        } else {
            None
        }
    }

    /// This electorate without the blockers that were `confirmed`, as far as the people who confirmed them
    /// still may.
    pub(super) fn with_confirmed(mut self, confirmed: &[NobodyConfirmed]) -> Self {
        let mut blocked = std::mem::take(&mut self.blocked);
        let is_confirmed = |said: &SaidNobody| {
            confirmed.iter().any(|by| {
                by.handle == said.handle
                    && by.version == said.version
                    && self.verdict(&by.by) == Verdict::Eligible
                    && self.no_confirmer(&by.by, said).is_none()
            })
        };
        blocked.retain(|blocker| !blocker.said_nobody_here().is_some_and(is_confirmed));
        self.blocked = blocked;
        self
    }
}

impl Approval {
    /// The unconfirmed statements about makers that keep this approval from being completed.
    pub fn said_nobody_here(&self) -> impl Iterator<Item = &SaidNobody> {
        self.electorate.blocked.iter().filter_map(Blocker::said_nobody_here)
    }
}

impl Blocker {
    /// The unconfirmed statement about a maker that blocks; `None`: something else does.
    pub fn said_nobody_here(&self) -> Option<&SaidNobody> {
        match self {
            Self::SaidNobodyHere(said) => Some(said),
            Self::NoBase
            | Self::BaseLost { .. }
            | Self::BaseRefused { .. }
            | Self::Unrelated { .. }
            | Self::TooLarge { .. }
            | Self::Incomplete { .. }
            | Self::MakersNotFound { .. }
            | Self::MakersUntold { .. }
            | Self::NotVouched { .. }
            | Self::NotVerified { .. }
            | Self::ApproversMissing { .. }
            | Self::NobodyLeft { .. }
            | Self::RulesUnread => None,
        }
    }
}

/// Puts on record that the person who clicked confirmed the statement about a maker: it counts for this
/// approval at once.
pub(super) fn confirm_nobody(
    decision: &mut Decision<Approval>,
    click: &Click,
    now: Timestamp,
) -> Result<(), Refusal> {
    let approval = &mut decision.next;
    let by = click.voter.id.clone();
    let is_it = |said: &&SaidNobody| {
        let maker = click.ask.maker.as_ref();
        maker.is_some_and(|maker| said.handle == maker.handle && said.version == maker.version)
    };
    let said = approval.said_nobody_here().find(is_it);
    let said = said.cloned().ok_or(Refusal::NotAConfirmer(NoConfirmer::Outdated))?;
    if let Some(why) = approval.electorate.no_confirmer(&by, &said) {
        return Err(Refusal::NotAConfirmer(why));
    }
    let (handle, version) = (said.handle.clone(), said.version);
    let confirmed = NobodyConfirmed { handle, version, by: by.clone(), at: now };
    approval.nobody_here.push(confirmed);
    approval.electorate = approval.electorate.clone().with_confirmed(&approval.nobody_here);
    decision.events.push(EventKind::NobodyHereConfirmed {
        approval: approval.id.clone(),
        handle: said.handle.clone(),
        maker: said.name.clone(),
        said_by: said.by.clone(),
        by: by.clone(),
        name: click.voter.name.clone(),
    });
    let text = message::nobody_here_confirmed(&by, &said);
    decision.follow(EffectKind::tell_thread(decision.next.id.clone(), text));
    Ok(())
}
