//! Events of an approval: its opening and its end, what people did about it, and what was found out about
//! them.

use super::super::ElectorateView;
use super::super::votes::{at_opening, settled};
use super::super::words::{account, choice as to, quoted, said, sentence, verdict as words, when};
use super::{Teller, TimelineEntry, Tone, told};
use jiff::Timestamp;
use signoff_core::approval::{Choice, Electorate, Standing, Verdict};
use signoff_core::deploy::RulesChange;
use signoff_core::id::ApprovalId;

impl Teller<'_> {
    pub(super) fn opened(&self, id: &ApprovalId, name: &str, channel: &str) -> TimelineEntry {
        let electorate = at_opening(id, self.page);
        let may_vote = electorate
            .map(|electorate| ElectorateView::of(electorate, &self.people).sentences(channel))
            .unwrap_or_default();
        let approval = self.page.approvals.iter().find(|approval| approval.id == *id);
        let (tone, rules) = match approval.map(|approval| approval.changed_rules()) {
            Some(RulesChange::Yes(paths)) => (
                Tone::Warning,
                Some(format!("The deploy changes its own rules, or what CI runs: {}.", paths.join(", "))),
            ),
            Some(RulesChange::Unknown) => (
                Tone::Plain,
                Some(
                    "Signoff couldn\u{2019}t find out from GitHub if the deploy changes its own rules or what CI runs.".to_owned(),
                ),
            ),
            Some(RulesChange::No) | None => (Tone::Plain, None),
        };
        let text = format!("The approval {} was opened for {channel}.", quoted(name));
        told(tone, text).with_notes(rules.into_iter().chain(may_vote))
    }

    pub(super) fn closed(
        &self,
        id: &ApprovalId,
        outcome: &str,
        by: Option<&str>,
        reason: Option<&str>,
    ) -> TimelineEntry {
        let name = self.approval_name(id);
        let because = || reason.map_or_else(|| ".".to_owned(), |reason| format!(": {}", sentence(reason)));
        match outcome {
            "approved" => told(Tone::Good, format!("{name} was approved.")),
            "rejected" => told(Tone::Bad, format!("{name} was rejected.")),
            "expired" => {
                let found = self.page.approvals.iter().find(|approval| approval.id == *id);
                let is_silent = found.is_some_and(|approval| approval.votes.is_empty());
                let who = if is_silent { "nobody" } else { "too few people" };
                told(Tone::Warning, format!("{name} expired: {who} voted in time."))
            }
            "superseded" => {
                let newer = reason.unwrap_or("a newer deploy");
                told(Tone::Warning, format!("{name} was superseded by {newer}.")).with_url(self.successor(id))
            }
            outcome => {
                let by = by.map(|by| format!(" by {}", self.people.name(by, by))).unwrap_or_default();
                told(Tone::Warning, format!("{name} was {outcome}{by}{}", because()))
            }
        }
    }

    /// The page of the deploy that took the approval's place.
    fn successor(&self, id: &ApprovalId) -> Option<&str> {
        let approval = self.page.approvals.iter().find(|approval| approval.id == *id)?;
        approval.status.successor().map(|by| by.url.as_str())
    }

    /// The vote of `who` was taken back; `undone`: because somebody undid the quorum.
    pub(super) fn withdrawn(
        &self,
        id: &ApprovalId,
        who: &str,
        choice: Choice,
        undone: bool,
    ) -> TimelineEntry {
        let (vote, name) = (to(choice), self.approval_name(id));
        told(
            Tone::Warning,
            if undone {
                format!("This withdrew the vote of {who} to {vote} {name}.")
            } else {
                format!("{who} withdrew their vote to {vote} {name}.")
            },
        )
    }

    /// Enough people approved. `until`: how long that can be undone.
    pub(super) fn quorum(&self, id: &ApprovalId, until: Option<Timestamp>) -> TimelineEntry {
        let held_back =
            until.map(|until| format!(" The actions start on {} unless somebody presses Undo.", when(until)));
        let name = self.approval_name(id);
        told(Tone::Good, format!("Enough people approved {name}.{}", held_back.unwrap_or_default()))
    }

    /// Entry about the check of those who approved.
    pub(super) fn checked(
        &self,
        id: &ApprovalId,
        electorate: &Electorate,
        voters: &[(String, Verdict)],
    ) -> TimelineEntry {
        let approval = self.page.approvals.iter().find(|approval| approval.id == *id);
        let channel = approval.map_or("the channel", |approval| approval.channel.as_str());
        let found = voters.iter().map(|(voter, verdict)| {
            let verdict = settled(*verdict, electorate, voter);
            format!("{}: {}.", self.people.name(voter, voter), words(verdict))
        });
        let may_vote = ElectorateView::of(electorate, &self.people).sentences(channel);
        let name = self.approval_name(id);
        told(Tone::Plain, format!("Everyone who approved {name} was checked again before its first action."))
            .with_notes(found.chain(may_vote))
    }
}

/// `who` votes on the approval called `name`: what now, and what before.
pub(super) fn cast(
    who: &str,
    name: &str,
    (choice, previous): (Choice, Option<Choice>),
    reason: Option<&str>,
    standing: Option<Standing>,
) -> TimelineEntry {
    let tone = match choice {
        Choice::Approve => Tone::Good,
        Choice::Reject => Tone::Bad,
    };
    let voted = match (previous, reason) {
        (None, _) => "voted to",
        (Some(before), _) if before != choice => "changed their vote to",
        (Some(_), Some(_)) => "gave another reason for their vote to",
        (Some(_), None) => "removed the reason from their vote to",
    };
    let end = reason.map_or_else(|| ".".to_owned(), |reason| format!(": {}", said(reason)));
    told(tone, format!("{who} {voted} {} {name}{end}", to(choice))).with_notes([account(standing)])
}
